//! Whoever asks, at work for one wallet.

use super::AuthError;
use crate::app::App;
use crate::keys::{Holder, Scope};
use crate::people::Acting;
use crate::problem::Problem;
use crate::rights::{Operation, Rights, Role, Side};
use axum::http::StatusCode;
use penstock_engine::api::TenantId;
use penstock_engine::engine::Asker;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Who asks, for which wallet, and what they may.
#[derive(Clone, Debug)]
pub struct Actor {
    name: String,
    wallet: TenantId,
    is_source: bool,
    is_target: bool,
    kind: Kind,
    rights: Rights,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A key of its tenant, and what it is for.
    Key(Scope),
    /// An account, by what it is at the wallet.
    Person(Vec<Role>),
}

/// Which tasks somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSight {
    /// All tasks whose source is the wallet.
    pub as_source: bool,
    /// Tasks whose target is the wallet.
    pub as_target: TargetSight,
}

/// How much of the tasks of other wallets that lead to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetSight {
    /// None.
    Nothing,
    /// Those whose content is or was delivered.
    Delivered,
    /// Those that were ever under review.
    Offered,
}

/// The source wallet that a target wallet's request is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct SourceQuery {
    /// For those who work for a target wallet: the source wallet that it is about. Else one's own.
    pub source_wallet: Option<String>,
}

impl Actor {
    pub(super) fn key(holder: Holder) -> Actor {
        let is_target = holder.scope == Scope::Supply;
        Actor {
            name: holder.name,
            wallet: holder.tenant,
            is_source: !is_target,
            is_target,
            rights: match holder.scope {
                Scope::Supply => Rights::of_supply_key(),
                Scope::All => Rights::of_key(),
                Scope::Content | Scope::Account(_) => Rights::of_content_key(),
            },
            kind: Kind::Key(holder.scope),
        }
    }

    pub(super) fn person(acting: Acting) -> Actor {
        let Acting { account, wallet, roles } = acting;
        Actor {
            name: account,
            wallet: TenantId(Arc::from(wallet.name)),
            is_source: wallet.source,
            is_target: wallet.target,
            rights: Rights::of_roles(&roles),
            kind: Kind::Person(roles),
        }
    }

    /// The account's id, or `key:` and the key's label or number. No account's id has a colon.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is an account, in a session or by a key of its own, and no tenant's key.
    pub fn is_person(&self) -> bool {
        matches!(self.kind, Kind::Person(_))
    }

    /// Whether the wallet acted for is a target wallet; a tenant's key acts for a source alone, unless it is for supply.
    pub fn is_at_target(&self) -> bool {
        self.is_target
    }

    /// Who asks, for the log.
    pub fn asker(&self) -> Asker {
        Asker::new(&self.name)
    }

    /// The wallet acted for.
    pub fn tenant(&self) -> &TenantId {
        &self.wallet
    }

    /// Whether the operation is among the rights held at the wallet.
    pub fn may(&self, operation: Operation) -> bool {
        self.rights.allow(operation)
    }

    /// Refuses whoever has no right to the operation, with 403.
    pub fn require(&self, operation: Operation) -> Result<(), Problem> {
        self.require_any(operation, &[])
    }

    /// Refuses whoever has a right to none of the operations, with 403 about the first.
    pub fn require_any(&self, operation: Operation, others: &[Operation]) -> Result<(), Problem> {
        if self.may(operation) || others.iter().any(|other| self.may(*other)) {
            return Ok(());
        }
        let (wallet, words) = (&self.wallet.0, operation.words());
        let holders = others.iter().fold(operation.holders(), |all, other| format!("{all} or {}", other.holders()));
        let who = match &self.kind {
            Kind::Key(Scope::Content) => "this key is for synchronizeContent alone; it".to_string(),
            Kind::Key(Scope::Supply) => "this key is for the wallet's feed and its reports alone; it".to_string(),
            Kind::Key(_) => "an API key of a tenant".to_string(),
            Kind::Person(roles) if roles.is_empty() => format!("{} has no role at {wallet} and", self.name),
            Kind::Person(_) => self.name.clone(),
        };
        Err(forbidden(format!("{who} may not {words} at {wallet}; {holders} may")))
    }

    /// Refuses an operation about a target wallet that is not the own one of who may do it for a target wallet only.
    pub fn require_at(&self, operation: Operation, target: &str) -> Result<(), Problem> {
        self.require(operation)?;
        if self.may_as(operation, &[Side::Source, Side::Everywhere]) || (self.is_target && *self.wallet.0 == *target) {
            return Ok(());
        }
        let (words, wallet) = (operation.words(), &self.wallet.0);
        Err(forbidden(format!("{} may {words} for {wallet} alone, not for {target}; choose that wallet", self.name)))
    }

    /// Whether the operation is a right by a role of one of these sides. A tenant's key has its rights as a source.
    fn may_as(&self, operation: Operation, sides: &[Side]) -> bool {
        match &self.kind {
            Kind::Key(scope) => {
                let side = if *scope == Scope::Supply { Side::Target } else { Side::Source };
                self.may(operation) && sides.contains(&side)
            }
            Kind::Person(roles) => roles.iter().any(|role| operation.allows(*role) && sides.contains(&role.side())),
        }
    }

    /// The wallet acted for as a tenant with content; a target wallet has none of its own.
    pub fn source(&self) -> Result<&TenantId, Problem> {
        if self.is_source {
            return Ok(&self.wallet);
        }
        Err(forbidden(format!("{} is no source wallet and has no content; choose one that is", self.wallet.0)))
    }

    /// The source wallet that a request is about: the own one, or, for who may do the operation for a target wallet or at
    /// all wallets, the one that the request names.
    pub async fn source_named(
        &self,
        app: &App,
        operation: Operation,
        named: Option<String>,
    ) -> Result<TenantId, Problem> {
        self.require(operation)?;
        let Some(named) = named.filter(|named| **named != *self.wallet.0) else { return self.source().cloned() };
        if !self.may_as(operation, &[Side::Target, Side::Everywhere]) {
            let (words, wallet) = (operation.words(), &self.wallet.0);
            return Err(forbidden(format!("{} may {words} for {wallet} alone; leave sourceWallet away", self.name)));
        }
        let asked = named.clone();
        let found = app.people(move |people| people.wallet(&asked)).await.map_err(AuthError::store)?;
        match found {
            Some(wallet) if wallet.source => Ok(TenantId(Arc::from(wallet.name))),
            _ => Err(Problem::bad_request(format!("sourceWallet: there is no source wallet {named:?}"))),
        }
    }

    /// Which tasks are seen, at the wallet acted for.
    pub fn task_sight(&self) -> TaskSight {
        let roles = match &self.kind {
            Kind::Key(scope) => {
                return TaskSight { as_source: *scope == Scope::All, as_target: TargetSight::Nothing };
            }
            Kind::Person(roles) => roles,
        };
        let target = |role: &Role| match role {
            Role::SourceOperator | Role::SourceSupervisor => TargetSight::Nothing,
            Role::RiskReviewer => TargetSight::Delivered,
            Role::SupplyOperator | Role::AsapOperator | Role::Auditor => TargetSight::Offered,
        };
        TaskSight {
            as_source: self.is_source && roles.iter().any(|role| role.side() != Side::Target),
            as_target: roles.iter().map(target).max().filter(|_| self.is_target).unwrap_or(TargetSight::Nothing),
        }
    }
}

fn forbidden(detail: String) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-allowed", "This needs another right", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Wallet;

    fn person(source: bool, target: bool, roles: &[Role]) -> Actor {
        let wallet = Wallet::new("W", source, target);
        Actor::person(Acting { account: "maria".to_string(), wallet, roles: roles.to_vec() })
    }

    fn key(scope: Scope) -> Actor {
        Actor::key(Holder { tenant: TenantId(Arc::from("W")), name: "key:1".to_string(), scope })
    }

    #[test]
    fn a_refusal_names_the_operation_and_who_may() {
        let detail = |actor: &Actor, operation| serde_json::to_value(actor.require(operation).unwrap_err()).unwrap();
        let refused = detail(&person(true, false, &[Role::SourceOperator]), Operation::DecideTermination);
        assert_eq!(refused["detail"], "maria may not decide about a termination at W; SOURCE_SUPERVISOR may");
        assert_eq!(refused["status"], 403);
        let refused = detail(&key(Scope::Content), Operation::Preview)["detail"].as_str().unwrap().to_string();
        assert!(refused.starts_with("this key is for synchronizeContent alone"), "{refused}");
        assert!(refused.ends_with("ASAP_OPERATOR, AUDITOR or an API key of the source wallet may"), "{refused}");
    }

    #[test]
    fn target_sides_decide_for_their_own_wallet_alone() {
        let reviewer = person(false, true, &[Role::RiskReviewer]);
        assert!(reviewer.require_at(Operation::DecideRisk, "W").is_ok());
        assert!(reviewer.require_at(Operation::DecideRisk, "V").is_err() && reviewer.source().is_err());
        assert!(key(Scope::All).require_at(Operation::DecideRisk, "V").is_ok());
        let operator = person(true, false, &[Role::SourceOperator]);
        assert!(operator.require_at(Operation::ReadWallets, "V").is_ok(), "where its content goes");
        assert!(person(true, true, &[Role::AsapOperator]).require_at(Operation::EditPolicies, "V").is_ok());
        // What one may as one side is not what one may as the other.
        let both = person(true, true, &[Role::SourceOperator, Role::RiskReviewer]);
        assert!(both.require_at(Operation::DecideRisk, "V").is_err());
    }

    #[test]
    fn tasks_are_seen_as_far_as_ones_side_is() {
        let sight = |actor: &Actor| (actor.task_sight().as_source, actor.task_sight().as_target);
        assert_eq!(sight(&key(Scope::All)), (true, TargetSight::Nothing));
        assert_eq!(sight(&key(Scope::Content)), (false, TargetSight::Nothing));
        assert_eq!(sight(&key(Scope::Supply)), (false, TargetSight::Nothing));
        for (role, wanted) in [
            (Role::SourceOperator, (true, TargetSight::Nothing)),
            (Role::SourceSupervisor, (true, TargetSight::Nothing)),
            (Role::SupplyOperator, (false, TargetSight::Offered)),
            (Role::RiskReviewer, (false, TargetSight::Delivered)),
            (Role::AsapOperator, (true, TargetSight::Offered)),
            (Role::Auditor, (true, TargetSight::Offered)),
        ] {
            assert_eq!(sight(&person(true, true, &[role])), wanted, "{role:?}");
        }
        assert_eq!(sight(&person(true, true, &[])), (false, TargetSight::Nothing));
        assert_eq!(sight(&person(false, true, &[Role::Auditor])), (false, TargetSight::Offered));
    }
}
