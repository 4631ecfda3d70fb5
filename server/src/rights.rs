//! Who may do what: one table.
//!
//! A role is held at a wallet, or, where it holds everywhere, at all of them. What else a request must be (of the right
//! wallet, not one's own) is asked where it is decided; this is only whether a role, or a key, may ask at all.

use serde::Serialize;
use utoipa::ToSchema;

/// What a person is at a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[clap(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Makes tasks of a source wallet.
    SourceOperator,
    /// The source wallet's business supervisor: decides about its tasks.
    SourceSupervisor,
    /// The target wallet's platform supply operator: decides about deliveries to it.
    SupplyOperator,
    /// Decides at the target wallet which items are stopped.
    RiskReviewer,
    /// Runs the platform; at all wallets.
    AsapOperator,
    /// Reads everything; at all wallets.
    Auditor,
}

/// The side of a delivery on which a role works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// At a source wallet.
    Source,
    /// At a target wallet.
    Target,
    /// At all wallets.
    Everywhere,
}

impl Role {
    /// Every role, in the table's order.
    pub const ALL: [Role; 6] = [
        Role::SourceOperator,
        Role::SourceSupervisor,
        Role::SupplyOperator,
        Role::RiskReviewer,
        Role::AsapOperator,
        Role::Auditor,
    ];

    /// As the wire and the command line spell it.
    pub fn name(self) -> &'static str {
        match self {
            Role::SourceOperator => "SOURCE_OPERATOR",
            Role::SourceSupervisor => "SOURCE_SUPERVISOR",
            Role::SupplyOperator => "SUPPLY_OPERATOR",
            Role::RiskReviewer => "RISK_REVIEWER",
            Role::AsapOperator => "ASAP_OPERATOR",
            Role::Auditor => "AUDITOR",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Where it can be held.
    pub fn side(self) -> Side {
        match self {
            Role::SourceOperator | Role::SourceSupervisor => Side::Source,
            Role::SupplyOperator | Role::RiskReviewer => Side::Target,
            Role::AsapOperator | Role::Auditor => Side::Everywhere,
        }
    }
}

/// What a handler can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // The table has the words.
pub enum Operation {
    ReadTasks,
    EditTasks,
    DecideDeliveryAsSource,
    DecideDeliveryAsTarget,
    DecideTermination,
    PullItems,
    RequestRisk,
    DecideRisk,
    OnboardMerchants,
    EditPolicies,
    ProposePolicies,
    ReadWallets,
    CustomTags,
    ModelTags,
    Preview,
    ReadSupply,
    ReadAudit,
    ManageRates,
    SynchronizeContent,
    AcknowledgeDeliveries,
    ManageWebhooks,
}

/// Who may do an operation: the six roles in their order, then keys of all scopes, keys for content alone, and those for supply.
type Row = (Operation, &'static str, [bool; 9]);
const KEY_ALL: usize = 6;
const KEY_CONTENT: usize = 7;
const KEY_SUPPLY: usize = 8;

const X: bool = true;
const O: bool = false;

/// The table. A tenant's key does what the source wallet's operators and ASAP's do for it, and decides about risk as keys always
/// did; it does not decide about approvals: four eyes are people's.
#[rustfmt::skip]
const TABLE: [Row; 21] = {
    use Operation::*;
    [
        //                                                         source   target   asap       key
        //                                                         op  sup  op  risk op  audit  all  content supply
        (ReadTasks,              "read tasks",                     [X, X,   X, X,   X, X,      X, O, O]),
        (EditTasks,              "make and change tasks and sets", [X, O,   O, O,   O, O,      X, O, O]),
        (DecideDeliveryAsSource, "decide about a delivery for the source wallet",
                                                                   [O, X,   O, O,   O, O,      O, O, O]),
        (DecideDeliveryAsTarget, "decide about a delivery for the target wallet",
                                                                   [O, O,   X, O,   O, O,      O, O, O]),
        (DecideTermination,      "decide about a termination",     [O, X,   O, O,   O, O,      O, O, O]),
        (PullItems,              "pull items",                     [X, O,   O, O,   O, O,      X, O, O]),
        (RequestRisk,            "ask for items to be stopped or resumed",
                                                                   [O, O,   X, O,   O, O,      O, O, O]),
        (DecideRisk,             "stop and resume items",          [O, O,   O, X,   O, O,      X, O, O]),
        (OnboardMerchants,       "onboard merchants",              [O, O,   O, O,   X, O,      X, O, O]),
        (EditPolicies,           "set wallets' policies",          [O, O,   O, O,   X, O,      X, O, O]),
        (ProposePolicies,        "propose wallets' policies",      [O, O,   X, O,   O, O,      O, O, O]),
        (ReadWallets,            "read what wallets require and whom they onboarded",
                                                                   [X, X,   X, X,   X, X,      X, O, O]),
        (CustomTags,             "send custom tags",               [X, O,   X, O,   X, O,      X, O, O]),
        (ModelTags,              "send models' tags",              [O, O,   O, O,   X, O,      X, O, O]),
        (Preview,                "preview content and read reports",
                                                                   [X, X,   O, O,   X, X,      X, O, O]),
        (ReadSupply,             "read the supply of a target wallet",
                                                                   [O, O,   X, X,   X, X,      O, O, X]),
        (ReadAudit,              "read the audit log",             [X, X,   X, X,   X, X,      X, O, O]),
        (ManageRates,            "send exchange rates",            [O, O,   O, O,   X, O,      X, O, O]),
        (SynchronizeContent,     "synchronize content",            [O, O,   O, O,   O, O,      X, X, O]),
        (AcknowledgeDeliveries,  "acknowledge deliveries",         [O, O,   X, O,   O, O,      O, O, X]),
        (ManageWebhooks,         "manage webhooks",                [X, O,   X, O,   X, O,      X, O, O]),
    ]
};

impl Operation {
    /// Every operation, in the table's order.
    pub fn all() -> impl Iterator<Item = Operation> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// What it is, in words that follow "may".
    pub fn words(self) -> &'static str {
        self.row().1
    }

    /// Whether a role may.
    pub fn allows(self, role: Role) -> bool {
        self.row().2[role as usize]
    }

    /// Who may, in words.
    pub fn holders(self) -> String {
        let mut names: Vec<&str> = Role::ALL.into_iter().filter(|role| self.allows(*role)).map(Role::name).collect();
        if self.row().2[KEY_ALL] {
            names.push("an API key of the source wallet");
        }
        if self.row().2[KEY_SUPPLY] {
            names.push("a supply key of the target wallet");
        }
        match &names[..] {
            [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
            names => names.concat(),
        }
    }
}

/// Operations that someone may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u32);

impl Rights {
    fn of(may: impl Fn(&Row) -> bool) -> Rights {
        Rights(TABLE.iter().filter(|row| may(row)).fold(0, |rights, row| rights | 1 << row.0 as u32))
    }

    /// What any of the roles may.
    pub fn of_roles(roles: &[Role]) -> Rights {
        Rights::of(|row| roles.iter().any(|role| row.2[*role as usize]))
    }

    /// What a key of scope `all` may.
    pub fn of_key() -> Rights {
        Rights::of(|row| row.2[KEY_ALL])
    }

    /// What a key of scope `content` may.
    pub fn of_content_key() -> Rights {
        Rights::of(|row| row.2[KEY_CONTENT])
    }

    /// What a key of scope `supply` may.
    pub fn of_supply_key() -> Rights {
        Rights::of(|row| row.2[KEY_SUPPLY])
    }

    /// Whether the operation is among them.
    pub fn allow(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u32) != 0
    }

    /// All of them, in the table's order.
    pub fn operations(self) -> Vec<Operation> {
        Operation::all().filter(|operation| self.allow(*operation)).collect()
    }
}

/// An operation as a type, so that a handler's signature says what it asks for.
pub trait Need: Send {
    /// The operation.
    const OPERATION: Operation;
}

/// The operations that signatures name.
pub mod need {
    use super::{Need, Operation};

    macro_rules! needs {
        ($($name:ident),*) => { $(
            /// See the table.
            pub enum $name {}
            impl Need for $name {
                const OPERATION: Operation = Operation::$name;
            }
        )* };
    }
    needs!(
        ReadTasks,
        EditTasks,
        DecideRisk,
        OnboardMerchants,
        EditPolicies,
        ReadWallets,
        CustomTags,
        Preview,
        PullItems,
        ReadSupply,
        RequestRisk,
        ManageRates,
        ManageWebhooks
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_own_row() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, at, "{:?}", row.0);
            assert_eq!(Rights::of_key().allow(row.0), row.2[KEY_ALL]);
        }
        let spelled = |role: Role| serde_json::to_value(role).unwrap();
        assert!(
            Role::ALL.into_iter().all(|role| spelled(role) == role.name() && Role::of_name(role.name()) == Some(role))
        );
    }

    /// The requirements' table, copied: source operator, source supervisor, supply operator, risk reviewer, ASAP operator,
    /// merchant API client, auditor.
    const REQUIRED: &str = "
        See tasks of own source tenant / target wallet                        | ✓ | ✓ | from Under Review on, own wallet | delivered only | ✓ all | – | ✓ all
        Create, edit (P1), delete/recover, submit, terminate, withdraw        | ✓ | – | – | – | – | – | –
        Approve / reject delivery                                             | – | ✓ source part | ✓ target part | – | – | – | –
        Approve / reject termination                                          | – | ✓ | – | – | – | – | –
        Deactivate / re-activate delivered item                               | tenant side via contentStatus or Pull | – | request | decide | – | contentStatus | –
        Onboard merchant to wallet                                            | – | – | – | – | ✓ | – | –
        Edit wallet policy (required fields)                                  | – | – | propose | – | ✓ | – | –
        synchronizeContent                                                    | – | – | – | – | – | ✓ own tenant | –
        Custom tags                                                           | own wallet | – | own wallet | – | ✓ | – | –
        Audit log, downloads                                                  | own | own | own | own | all | own results | all";

    /// Which operations a cell of the requirements' table stands for.
    fn meant(capability: &str, cell: &str) -> Vec<Operation> {
        use Operation::*;
        if cell == "–" {
            return Vec::new();
        }
        match (capability.split(' ').next().unwrap(), cell) {
            ("See", _) => vec![ReadTasks],
            ("Create,", _) => vec![EditTasks],
            ("Approve", "✓ source part") => vec![DecideDeliveryAsSource],
            ("Approve", "✓ target part") => vec![DecideDeliveryAsTarget],
            ("Approve", _) => vec![DecideTermination],
            ("Deactivate", "request") => vec![RequestRisk],
            ("Deactivate", "decide") => vec![DecideRisk],
            // A merchant's client does it by the content that it sends.
            ("Deactivate", "contentStatus") => vec![SynchronizeContent],
            ("Deactivate", _) => vec![PullItems],
            ("Onboard", _) => vec![OnboardMerchants],
            ("Edit", "propose") => vec![ProposePolicies],
            ("Edit", _) => vec![EditPolicies],
            ("synchronizeContent", _) => vec![SynchronizeContent],
            ("Custom", _) => vec![CustomTags],
            // A client's own results are in the answers that it gets.
            ("Audit", "own results") => Vec::new(),
            ("Audit", _) => vec![ReadAudit],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_table_is_the_requirements() {
        let columns = [
            Rights::of_roles(&[Role::SourceOperator]),
            Rights::of_roles(&[Role::SourceSupervisor]),
            Rights::of_roles(&[Role::SupplyOperator]),
            Rights::of_roles(&[Role::RiskReviewer]),
            Rights::of_roles(&[Role::AsapOperator]),
            Rights::of_content_key(),
            Rights::of_roles(&[Role::Auditor]),
        ];
        let mut wanted = vec![Vec::new(); columns.len()];
        for line in REQUIRED.trim().lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            for (column, cell) in cells[1..].iter().enumerate() {
                wanted[column].extend(meant(cells[0], cell));
            }
        }
        // What the requirements' table does not name.
        use Operation::{
            AcknowledgeDeliveries, ManageRates, ManageWebhooks, ModelTags, Preview, ReadSupply, ReadWallets,
        };
        let ours = [ReadWallets, ModelTags, Preview, ReadSupply, ManageRates, AcknowledgeDeliveries, ManageWebhooks];
        for (rights, wanted) in columns.iter().zip(wanted) {
            for operation in Operation::all().filter(|operation| !ours.contains(operation)) {
                assert_eq!(rights.allow(operation), wanted.contains(&operation), "{operation:?} {wanted:?}");
            }
        }
    }

    #[test]
    fn no_key_decides_about_approvals() {
        use Operation::{DecideDeliveryAsSource, DecideDeliveryAsTarget, DecideTermination};
        for operation in [DecideDeliveryAsSource, DecideDeliveryAsTarget, DecideTermination] {
            assert!(!Rights::of_key().allow(operation) && !Rights::of_content_key().allow(operation));
        }
        assert_eq!(Rights::of_content_key().operations(), [Operation::SynchronizeContent]);
        let of_supply = [Operation::ReadSupply, Operation::AcknowledgeDeliveries];
        assert_eq!(Rights::of_supply_key().operations(), of_supply);
    }
}
