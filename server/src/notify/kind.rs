//! Which event tells whom: one table.

use crate::people::Notice;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What people and wallets are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Kind {
    /// A ticket waits for its first decision.
    #[serde(rename = "ticket.opened")]
    TicketOpened,
    /// One side has approved; the other has not decided yet.
    #[serde(rename = "ticket.advanced")]
    TicketAdvanced,
    /// All who had to have approved.
    #[serde(rename = "ticket.approved")]
    TicketApproved,
    /// Somebody has rejected.
    #[serde(rename = "ticket.rejected")]
    TicketRejected,
    /// Whoever asked does not ask any more.
    #[serde(rename = "ticket.withdrawn")]
    TicketWithdrawn,
    /// Something else ended the task, or asked for its end, first.
    #[serde(rename = "ticket.void")]
    TicketVoid,
    /// Every item was attempted.
    #[serde(rename = "task.activated")]
    TaskActivated,
    /// Nothing is delivered any more.
    #[serde(rename = "task.deactivated")]
    TaskDeactivated,
    /// The end that was approved with the task has come.
    #[serde(rename = "task.ended")]
    TaskEnded,
    /// A live task's set is empty.
    #[serde(rename = "task.empty")]
    TaskEmpty,
    /// Items wait, for the set has drifted from what was approved.
    #[serde(rename = "task.braked")]
    TaskBraked,
    /// Items that could not be delivered at first were fixed and are delivered now.
    #[serde(rename = "task.fixed")]
    TaskFixed,
    /// The wallet could not take items, where none had failed before.
    #[serde(rename = "task.failed")]
    TaskFailed,
    /// There is more in a target wallet's feed.
    #[serde(rename = "supply.changed")]
    SupplyChanged,
}

/// Somebody to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Those whose turn it is to decide, from now on.
    Deciders,
    /// Those who were asked to decide until now.
    Asked,
    /// Who opened the ticket.
    Requester,
    /// Who created the task.
    Creator,
    /// Who submitted the task last.
    Submitter,
    /// The source wallet's business supervisors.
    Supervisors,
    /// The target wallet's platform supply operators.
    Operators,
}

/// A kind, its name, what a person's settings call it, and who is told.
type Row = (Kind, &'static str, Notice, &'static [Audience]);

/// The table. Whoever did it is never told, and only who works at one of the two wallets.
#[rustfmt::skip]
const TABLE: [Row; 14] = {
    use Audience::*;
    use Kind::*;
    [
        (TicketOpened,    "ticket.opened",    Notice::ApprovalRequested, &[Deciders]),
        (TicketAdvanced,  "ticket.advanced",  Notice::ApprovalRequested, &[Deciders]),
        (TicketApproved,  "ticket.approved",  Notice::ApprovalDecided,   &[Requester, Creator]),
        (TicketRejected,  "ticket.rejected",  Notice::ApprovalDecided,   &[Requester, Creator]),
        (TicketWithdrawn, "ticket.withdrawn", Notice::ApprovalDecided,   &[Asked]),
        (TicketVoid,      "ticket.void",      Notice::ApprovalDecided,   &[Asked]),
        (TaskActivated,   "task.activated",   Notice::DeliveryProgress,  &[Creator, Submitter]),
        (TaskDeactivated, "task.deactivated", Notice::DeliveryProgress,  &[Creator, Submitter]),
        (TaskEnded,       "task.ended",       Notice::DeliveryProgress,  &[Creator, Submitter]),
        (TaskEmpty,       "task.empty",       Notice::SupplyDrift,       &[Creator, Submitter]),
        (TaskBraked,      "task.braked",      Notice::SupplyDrift,       &[Creator, Supervisors, Operators]),
        (TaskFixed,       "task.fixed",       Notice::DeliveryProgress,  &[Creator, Submitter]),
        (TaskFailed,      "task.failed",      Notice::DeliveryFailed,    &[Creator, Submitter]),
        (SupplyChanged,   "supply.changed",   Notice::DeliveryProgress,  &[]),
    ]
};

impl Kind {
    /// Every kind, in the table's order.
    pub fn all() -> impl Iterator<Item = Kind> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// As the wire and the command line spell it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Kind> {
        Kind::all().find(|kind| kind.name() == name)
    }

    /// What a person's settings call it.
    pub fn notice(self) -> Notice {
        self.row().2
    }

    /// Whether only those webhooks are told that name it, for it comes often.
    pub fn is_by_name_only(self) -> bool {
        self == Kind::SupplyChanged
    }

    /// Who is told.
    pub fn audience(self) -> &'static [Audience] {
        self.row().3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_row_and_name() {
        for (at, kind) in Kind::all().enumerate() {
            assert_eq!(kind as usize, at);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
            assert_eq!(kind.audience().is_empty(), kind.is_by_name_only());
        }
        assert_eq!(Kind::of_name("ticket.lost"), None);
    }
}
