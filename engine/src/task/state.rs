//! The eleven states of a task and the moves between them (R025-R041, D-46 to D-50): one table, everything else is refused.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a task stands: the legal pairs of approval status and task status, and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskState {
    /// P1: created and not submitted, or withdrawn.
    Draft,
    /// P2: submitted.
    UnderReview,
    /// P3: rejected by either wallet.
    Rejected,
    /// P4: approved; its items are being activated.
    Activating,
    /// P5: approved; its items are delivered.
    Active,
    /// P6: as `Activating`, with an open request to terminate.
    ActivatingTerminationUnderReview,
    /// P7: as `Active`, with an open request to terminate.
    ActiveTerminationUnderReview,
    /// P8: as `Activating`; the request to terminate was rejected.
    ActivatingTerminationRejected,
    /// P9: as `Active`; the request to terminate was rejected.
    ActiveTerminationRejected,
    /// P10: termination approved; its items are being deactivated.
    Terminating,
    /// P11: termination approved, and nothing is delivered any more.
    Terminated,
}

/// The seven approval statuses (R025).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalStatus {
    /// R026.
    Draft,
    /// R027.
    UnderReview,
    /// R028.
    Rejected,
    /// R029.
    Approved,
    /// R030.
    TerminationUnderReview,
    /// R031.
    TerminationApproved,
    /// R031.
    TerminationRejected,
}

/// The five task statuses (R032).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// R033.
    Inactive,
    /// R034.
    Activating,
    /// R035.
    Active,
    /// R036.
    Terminating,
    /// R037.
    Terminated,
}

/// What may happen to a task: by a person, or by the system where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Move {
    /// T2: its draft changes: rules, settings, items taken out or back in.
    Edit,
    /// T3.
    Submit,
    /// T4 and T11.
    Withdraw,
    /// T5: an approval, and another one is needed.
    ApproveFirst,
    /// T6 and T13: the last approval that is needed.
    ApproveLast,
    /// T7 and T12.
    Reject,
    /// T8.
    Revise,
    /// T9 and T14, by the system: every item was attempted.
    Activated,
    /// T10.
    Terminate,
    /// T15, by the system: no item is held any more.
    Deactivated,
    /// T16, of a draft that was never submitted.
    Discard,
    /// T17.
    Archive,
    /// Beyond the table, by the system: the end that was approved with the task has come (F-6.10).
    End,
    /// A live task gets a draft of another revision beside what is delivered (F-6.4).
    ReviseLive,
}

impl TaskState {
    /// All states, P1 to P11.
    pub const ALL: [TaskState; 11] = [
        TaskState::Draft,
        TaskState::UnderReview,
        TaskState::Rejected,
        TaskState::Activating,
        TaskState::Active,
        TaskState::ActivatingTerminationUnderReview,
        TaskState::ActiveTerminationUnderReview,
        TaskState::ActivatingTerminationRejected,
        TaskState::ActiveTerminationRejected,
        TaskState::Terminating,
        TaskState::Terminated,
    ];

    /// The state after a move; `None` where the move is not allowed.
    pub fn after(self, then: Move) -> Option<TaskState> {
        use Move::*;
        use TaskState::*;
        Some(match (self, then) {
            (Draft, Edit | Discard) => Draft,
            (Draft, Submit) => UnderReview,
            (UnderReview, Withdraw) => Draft,
            (UnderReview, ApproveFirst) => UnderReview,
            (UnderReview, ApproveLast) => Activating,
            (UnderReview, Reject) => Rejected,
            (Rejected, Revise) => Draft,
            (Activating, Activated) => Active,
            (ActivatingTerminationUnderReview, Activated) => ActiveTerminationUnderReview,
            (ActivatingTerminationRejected, Activated) => ActiveTerminationRejected,
            (Activating | ActivatingTerminationRejected, Terminate) => ActivatingTerminationUnderReview,
            (Active | ActiveTerminationRejected, Terminate) => ActiveTerminationUnderReview,
            (ActivatingTerminationUnderReview, Withdraw) => Activating,
            (ActiveTerminationUnderReview, Withdraw) => Active,
            (ActivatingTerminationUnderReview, Reject) => ActivatingTerminationRejected,
            (ActiveTerminationUnderReview, Reject) => ActiveTerminationRejected,
            (ActivatingTerminationUnderReview | ActiveTerminationUnderReview, ApproveLast) => Terminating,
            (Terminating, Deactivated) => Terminated,
            (Terminated, Archive) => Terminated,
            (live, End) if live.is_live() => Terminating,
            (live @ (Activating | Active | ActivatingTerminationRejected | ActiveTerminationRejected), ReviseLive) => {
                live
            }
            _ => return None,
        })
    }

    /// The approval status of the pair.
    pub fn approval_status(self) -> ApprovalStatus {
        match self {
            TaskState::Draft => ApprovalStatus::Draft,
            TaskState::UnderReview => ApprovalStatus::UnderReview,
            TaskState::Rejected => ApprovalStatus::Rejected,
            TaskState::Activating | TaskState::Active => ApprovalStatus::Approved,
            TaskState::ActivatingTerminationUnderReview | TaskState::ActiveTerminationUnderReview => {
                ApprovalStatus::TerminationUnderReview
            }
            TaskState::ActivatingTerminationRejected | TaskState::ActiveTerminationRejected => {
                ApprovalStatus::TerminationRejected
            }
            TaskState::Terminating | TaskState::Terminated => ApprovalStatus::TerminationApproved,
        }
    }

    /// The task status of the pair.
    pub fn task_status(self) -> TaskStatus {
        match self {
            TaskState::Draft | TaskState::UnderReview | TaskState::Rejected => TaskStatus::Inactive,
            state if state.is_activating() => TaskStatus::Activating,
            TaskState::Terminating => TaskStatus::Terminating,
            TaskState::Terminated => TaskStatus::Terminated,
            _ => TaskStatus::Active,
        }
    }

    /// Whether the items are on their way to the wallet.
    pub fn is_activating(self) -> bool {
        matches!(
            self,
            TaskState::Activating
                | TaskState::ActivatingTerminationUnderReview
                | TaskState::ActivatingTerminationRejected
        )
    }

    /// Whether the task's items are delivered, or on their way: its set is followed.
    pub fn is_live(self) -> bool {
        matches!(self.task_status(), TaskStatus::Activating | TaskStatus::Active)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let approval = match self.approval_status() {
            ApprovalStatus::Draft => "Draft",
            ApprovalStatus::UnderReview => "Under Review",
            ApprovalStatus::Rejected => "Rejected",
            ApprovalStatus::Approved => "Approved",
            ApprovalStatus::TerminationUnderReview => "Termination Under Review",
            ApprovalStatus::TerminationApproved => "Termination Approved",
            ApprovalStatus::TerminationRejected => "Termination Rejected",
        };
        let status = match self.task_status() {
            TaskStatus::Inactive => "Inactive",
            TaskStatus::Activating => "Activating",
            TaskStatus::Active => "Active",
            TaskStatus::Terminating => "Terminating",
            TaskStatus::Terminated => "Terminated",
        };
        write!(f, "{approval}, {status}")
    }
}

impl Move {
    /// All moves.
    pub const ALL: [Move; 14] = [
        Move::Edit,
        Move::Submit,
        Move::Withdraw,
        Move::ApproveFirst,
        Move::ApproveLast,
        Move::Reject,
        Move::Revise,
        Move::Activated,
        Move::Terminate,
        Move::Deactivated,
        Move::Discard,
        Move::Archive,
        Move::End,
        Move::ReviseLive,
    ];

    /// When it is allowed, in words for whoever tried it at another time.
    pub fn allowed_when(self) -> &'static str {
        match self {
            Move::Edit => {
                "a task is edited while it is a Draft; Revise makes a Rejected task one, and begins a next revision of a live task"
            }
            Move::Submit => "a task is submitted while it is a Draft",
            Move::Withdraw => "an approval is withdrawn while it is Under Review or Termination Under Review",
            Move::ApproveFirst | Move::ApproveLast | Move::Reject => {
                "a ticket is decided while the task is Under Review or Termination Under Review"
            }
            Move::Revise => "a task is revised while it is Rejected, Active or Activating; a Draft is simply edited",
            Move::Activated | Move::Deactivated | Move::End => "only the system does this",
            Move::Terminate => {
                "a task is terminated while it is Active or Activating, with no request to terminate open"
            }
            Move::Discard => "a task is discarded while it is a Draft that was never submitted",
            Move::Archive => "a task is archived when it is Terminated",
            Move::ReviseLive => {
                "a live revision begins while the task is Active or Activating, with no request to terminate open"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskState::*;

    /// REQUIREMENTS 1.3 as it is written there: every transition by its number.
    const TRANSITIONS: &[(&str, TaskState, Move, TaskState)] = &[
        ("T2", Draft, Move::Edit, Draft),
        ("T3", Draft, Move::Submit, UnderReview),
        ("T4", UnderReview, Move::Withdraw, Draft),
        ("T5", UnderReview, Move::ApproveFirst, UnderReview),
        ("T6", UnderReview, Move::ApproveLast, Activating),
        ("T7", UnderReview, Move::Reject, Rejected),
        ("T8", Rejected, Move::Revise, Draft),
        ("T9", Activating, Move::Activated, Active),
        ("T10", Activating, Move::Terminate, ActivatingTerminationUnderReview),
        ("T10", Active, Move::Terminate, ActiveTerminationUnderReview),
        ("T10", ActivatingTerminationRejected, Move::Terminate, ActivatingTerminationUnderReview),
        ("T10", ActiveTerminationRejected, Move::Terminate, ActiveTerminationUnderReview),
        ("T11", ActivatingTerminationUnderReview, Move::Withdraw, Activating),
        ("T11", ActiveTerminationUnderReview, Move::Withdraw, Active),
        ("T12", ActivatingTerminationUnderReview, Move::Reject, ActivatingTerminationRejected),
        ("T12", ActiveTerminationUnderReview, Move::Reject, ActiveTerminationRejected),
        ("T13", ActivatingTerminationUnderReview, Move::ApproveLast, Terminating),
        ("T13", ActiveTerminationUnderReview, Move::ApproveLast, Terminating),
        ("T14", ActivatingTerminationUnderReview, Move::Activated, ActiveTerminationUnderReview),
        ("T14", ActivatingTerminationRejected, Move::Activated, ActiveTerminationRejected),
        ("T15", Terminating, Move::Deactivated, Terminated),
        ("T16", Draft, Move::Discard, Draft),
        ("T17", Terminated, Move::Archive, Terminated),
        ("F-6.10", Activating, Move::End, Terminating),
        ("F-6.10", Active, Move::End, Terminating),
        ("F-6.10", ActivatingTerminationUnderReview, Move::End, Terminating),
        ("F-6.10", ActiveTerminationUnderReview, Move::End, Terminating),
        ("F-6.10", ActivatingTerminationRejected, Move::End, Terminating),
        ("F-6.10", ActiveTerminationRejected, Move::End, Terminating),
        ("F-6.4", Activating, Move::ReviseLive, Activating),
        ("F-6.4", Active, Move::ReviseLive, Active),
        ("F-6.4", ActivatingTerminationRejected, Move::ReviseLive, ActivatingTerminationRejected),
        ("F-6.4", ActiveTerminationRejected, Move::ReviseLive, ActiveTerminationRejected),
    ];

    #[test]
    fn the_table_has_each_transition_and_nothing_else() {
        for state in TaskState::ALL {
            for then in Move::ALL {
                let written = TRANSITIONS.iter().find(|(_, from, by, _)| (*from, *by) == (state, then));
                assert_eq!(state.after(then), written.map(|(.., to)| *to), "{state:?} {then:?} {written:?}");
            }
        }
    }

    #[test]
    fn eleven_of_the_thirty_five_pairs_are_legal_and_differ() {
        let pairs: std::collections::BTreeSet<_> =
            TaskState::ALL.iter().map(|state| (state.approval_status(), state.task_status())).collect();
        assert_eq!(pairs.len(), 11);
        for state in TaskState::ALL {
            // R033.
            let inactive = state.task_status() == TaskStatus::Inactive;
            let early = matches!(
                state.approval_status(),
                ApprovalStatus::Draft | ApprovalStatus::UnderReview | ApprovalStatus::Rejected
            );
            assert_eq!(inactive, early, "{state}");
        }
    }
}
