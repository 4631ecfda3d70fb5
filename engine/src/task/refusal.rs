//! Why a command about tasks is refused, in words for whoever asked.

use super::state::{Move, TaskState};
use super::ticket::{Side, TicketStatus};
use super::{
    BadReason, Counts, DraftState, EXCLUSIONS_MAX, NAME_CHARS_MAX, REASON_CHARS_MAX, REASON_CHARS_MIN, TASKS_MAX,
    TaskId,
};
use thiserror::Error;

/// Why a command about tasks is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TaskRefusal {
    /// No such task, or it is hidden.
    #[error("there is no such task")]
    NoSuchTask,
    /// It is discarded or archived.
    #[error("the task is discarded or archived: restore it first")]
    Hidden,
    /// No such ticket.
    #[error("there is no such ticket")]
    NoSuchTicket,
    /// The state does not allow it.
    #[error("not in this state: the task is {state}; {}", then.allowed_when())]
    NotNow {
        /// What was tried.
        then: Move,
        /// Where the task stands.
        state: TaskState,
    },
    /// It was changed since it was seen.
    #[error("somebody else has changed the task since you read it: it is at version {current} now; read it again")]
    Changed {
        /// Its version.
        current: u64,
    },
    /// The name is taken.
    #[error("another task for this wallet has this name; names differ in more than case and spaces around them")]
    NameTaken {
        /// By whom.
        by: TaskId,
    },
    /// Not a name.
    #[error("a task's name has 1 to {NAME_CHARS_MAX} characters, none of them control characters")]
    Name,
    /// A reason is needed, or is none.
    #[error("give a reason of {REASON_CHARS_MIN} to {REASON_CHARS_MAX} characters, without control characters")]
    Reason,
    /// A schedule that cannot be.
    #[error("the end must come after the start and after now")]
    Schedule,
    /// What is approved would be over.
    #[error(
        "the task's end has passed, so there is nothing to deliver any more: reject it, or withdraw it and give it another end"
    )]
    Over,
    /// Limits that say nothing.
    #[error("drift limits need a percentage, a number of items, or both")]
    Drift,
    /// Nothing can be delivered (D-41).
    #[error("{}", nothing_deliverable(.0))]
    NothingDeliverable(Counts),
    /// Nobody can decide.
    #[error("nobody could approve this: {}", unstaffed(.0))]
    Unstaffed(Vec<Side>),
    /// Four eyes (D-52).
    #[error("nobody decides on a request of their own, nor twice on one: another person must")]
    OwnRequest,
    /// Decided already.
    #[error("the ticket is {} already", status(*.0))]
    Closed(TicketStatus),
    /// The other side comes first, or has to decide alone.
    #[error("{}", not_your_turn(.0))]
    NotYourTurn(Vec<Side>),
    /// Somebody of another wallet.
    #[error("only the task's own target wallet decides for the target")]
    OtherWallet,
    /// It was submitted once.
    #[error(
        "a task that was submitted once is not discarded: its tickets are kept; leave it a draft, where nothing comes of it"
    )]
    Submitted,
    /// It is not hidden, or too long ago.
    #[error("only a task that was discarded or archived within 30 days can be restored")]
    NotRestorable,
    /// There is a next revision already.
    #[error("the task has another revision in the works already: {}", draft(*.0))]
    RevisionOpen(DraftState),
    /// There is none.
    #[error("the task has no other revision in the works")]
    NoRevision,
    /// The brake is not on.
    #[error("no items are held back")]
    NotHeld,
    /// The wallet took all that it got.
    #[error("the wallet has reported no item of this task as failed, so there is none to offer again")]
    NothingFailed,
    /// The key was used for something else.
    #[error("this Idempotency-Key was used for another request; use a new one for each")]
    KeyReused,
    /// Too many.
    #[error("there are {TASKS_MAX} tasks already; archive those that are over")]
    TooManyTasks,
    /// Too many.
    #[error("at most {EXCLUSIONS_MAX} items can be taken out of a task; change its rules instead")]
    TooManyExclusions,
}

fn nothing_deliverable(counts: &Counts) -> String {
    let Counts { matched, taken_out, missing_fields, not_onboarded, risk_stopped, .. } = *counts;
    let stopped = [
        (taken_out, "taken out"),
        (missing_fields, "missing required fields"),
        (not_onboarded, "of merchants that are not onboarded to the wallet"),
        (risk_stopped, "stopped by a risk decision"),
    ];
    let stopped: Vec<_> = stopped.into_iter().filter(|(count, _)| *count > 0).collect();
    match &stopped[..] {
        _ if matched == 0 => "nothing matches the rules: there is nothing to deliver; change them".into(),
        [(_, all)] if *all == "taken out" => "all matching items are taken out: recover some".into(),
        [(_, all)] => format!("no matching item can be delivered: all {matched} are {all}; {WHERE_TO_LOOK}"),
        mix => {
            let mix: Vec<_> = mix.iter().map(|(count, what)| format!("{count} {what}")).collect();
            format!("no matching item can be delivered: {}; {WHERE_TO_LOOK}", mix.join(", "))
        }
    }
}

/// What to do about items that cannot be delivered.
const WHERE_TO_LOOK: &str = "the task's ineligible supply says for each item what is missing and who can mend it";

fn unstaffed(sides: &[Side]) -> String {
    let who = |side: &Side| match side {
        Side::Source => "the source wallet has no business supervisor",
        Side::Target => "the target wallet has no platform supply operator",
    };
    sides.iter().map(who).collect::<Vec<_>>().join(", and ")
}

fn not_your_turn(awaited: &[Side]) -> String {
    match awaited {
        [Side::Source] => "it is for the source wallet's business supervisor to decide now".into(),
        [Side::Target] => "it is for the target wallet's platform supply operator to decide now".into(),
        _ => "your side has decided already".into(),
    }
}

fn status(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Open => "open",
        TicketStatus::Approved => "approved",
        TicketStatus::Rejected => "rejected",
        TicketStatus::Withdrawn => "withdrawn",
        TicketStatus::Void => "void",
    }
}

fn draft(state: DraftState) -> &'static str {
    match state {
        DraftState::Draft => "it is being edited",
        DraftState::UnderReview => "it is under review",
        DraftState::Rejected => "it was rejected, and can be edited again",
    }
}

impl From<BadReason> for TaskRefusal {
    fn from(_: BadReason) -> Self {
        TaskRefusal::Reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_messages_of_an_empty_delivery() {
        let of = |matched, taken_out, missing_fields, not_onboarded| {
            let counts = Counts { matched, taken_out, missing_fields, not_onboarded, ..Counts::default() };
            TaskRefusal::NothingDeliverable(counts).to_string()
        };
        let messages = [of(0, 0, 0, 0), of(3, 3, 0, 0), of(3, 0, 3, 0), of(3, 0, 0, 3), of(3, 1, 1, 1)];
        assert!(messages[0].contains("nothing matches"));
        assert!(messages[1].contains("taken out"));
        assert!(messages[2].contains("missing required fields"));
        assert!(messages[3].contains("not onboarded"));
        assert!(messages[4].contains("1 taken out, 1 missing required fields, 1 of merchants"));
    }
}
