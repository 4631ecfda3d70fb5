//! What can be done with a task now, and why not (REQUIREMENTS 1.3, Action visibility; F-8.2).

use crate::auth::Actor;
use crate::rights::Operation;
use penstock_engine::task::refusal::TaskRefusal;
use penstock_engine::task::state::{Move, TaskState};
use penstock_engine::task::{Counts, DraftState, Task};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that can be done with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// R038.
    IneligibleSupply,
    /// R039: in Draft only; of a live task, its next revision.
    Edit,
    /// T3.
    Submit,
    /// R038.
    Details,
    /// D-70: when it was submitted once.
    ViewApproval,
    /// R040.
    WithdrawApproval,
    /// R041.
    Terminate,
    /// D-49; of a live task, a next revision.
    Revise,
    /// F-7.6.
    PullItem,
    /// D-71.
    Discard,
    /// D-71.
    Archive,
    /// D-71.
    Restore,
    /// F-4.8.
    ReleaseBrake,
}

/// An action, and whether it can be taken now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Offered {
    action: Action,
    allowed: bool,
    /// Why it cannot, in words; null where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Action {
    const ALL: [Action; 13] = [
        Action::IneligibleSupply,
        Action::Edit,
        Action::Submit,
        Action::Details,
        Action::ViewApproval,
        Action::WithdrawApproval,
        Action::Terminate,
        Action::Revise,
        Action::PullItem,
        Action::Discard,
        Action::Archive,
        Action::Restore,
        Action::ReleaseBrake,
    ];

    /// The right that it takes.
    fn operation(self) -> Operation {
        match self {
            Action::IneligibleSupply | Action::Details | Action::ViewApproval => Operation::ReadTasks,
            Action::PullItem => Operation::PullItems,
            Action::ReleaseBrake => Operation::DecideDeliveryAsSource,
            _ => Operation::EditTasks,
        }
    }

    /// Who has that right, in words.
    fn holders(self) -> String {
        let holders = self.operation().holders();
        match self {
            Action::ReleaseBrake => format!("{holders} or {}", Operation::DecideDeliveryAsTarget.holders()),
            _ => holders,
        }
    }

    /// Why the task's state does not allow it.
    fn refused(self, task: &Task) -> Option<&'static str> {
        let may = |then: Move| task.state.after(then).is_none().then(|| then.allowed_when());
        let next = task.draft.as_ref().map(|draft| draft.state);
        if task.hidden.is_some() && !matches!(self, Action::Restore | Action::Details | Action::ViewApproval) {
            return Some("the task is discarded or archived; restore it first");
        }
        match self {
            Action::IneligibleSupply | Action::Details => None,
            Action::Edit | Action::Submit if next == Some(DraftState::UnderReview) => {
                Some("the next revision is under review; withdraw it first")
            }
            Action::Edit | Action::Submit if next.is_some() => None,
            Action::Edit => may(Move::Edit),
            Action::Submit => may(Move::Submit),
            Action::ViewApproval => task.tickets.is_empty().then_some("the task was never submitted"),
            Action::WithdrawApproval if next == Some(DraftState::UnderReview) => None,
            Action::WithdrawApproval => may(Move::Withdraw),
            Action::Terminate => may(Move::Terminate),
            Action::Revise if next.is_some() => Some("the task has another revision in the works already"),
            Action::Revise if task.state.is_live() => may(Move::ReviseLive),
            Action::Revise => may(Move::Revise),
            Action::PullItem => (!task.state.is_live()).then_some("items are pulled from Active or Activating tasks"),
            Action::Discard if !task.tickets.is_empty() => Some("a task that was submitted once is not discarded"),
            Action::Discard => may(Move::Discard),
            Action::Archive if task.state != TaskState::Terminated => may(Move::Archive),
            Action::Archive => None,
            Action::Restore => task.hidden.is_none().then_some("the task is neither discarded nor archived"),
            Action::ReleaseBrake => task.delivery.brake.is_none().then_some("no items are held back"),
        }
    }
}

impl Action {
    /// Why it would be refused for what can be delivered (D-41).
    fn in_vain(self, submits: Counts) -> Option<String> {
        let empty = self == Action::Submit && submits.deliverable == 0;
        empty.then(|| TaskRefusal::NothingDeliverable(submits).to_string())
    }
}

/// What somebody can do with a task; `submits` is what becomes of what a submission would ask for.
pub fn offered(task: &Task, submits: Counts, actor: &Actor, is_source: bool) -> Vec<Offered> {
    let offer = |action: Action| {
        let reads = action.operation() == Operation::ReadTasks;
        let by_target = action == Action::ReleaseBrake && actor.may(Operation::DecideDeliveryAsTarget);
        let right = by_target || (actor.may(action.operation()) && (reads || is_source));
        let why = match right {
            true => action.refused(task).map(str::to_owned).or_else(|| action.in_vain(submits)),
            false => Some(format!("it is for {}", action.holders())),
        };
        Offered { action, allowed: why.is_none(), why }
    };
    Action::ALL.into_iter().map(offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstock_engine::task::command::Schedule;
    use penstock_engine::task::{Stamp, TaskId};

    fn task(state: TaskState, tickets: &[u32]) -> Task {
        let stamp = Stamp { by: "ana".into(), ms: 0 };
        Task {
            id: 1 as TaskId,
            name: "A".into(),
            target_wallet: "GCASH".into(),
            state,
            version: 1,
            revision: 1,
            created: stamp.clone(),
            changed: stamp,
            submitted: None,
            schedule: Schedule::default(),
            drift: None,
            exclusions: Default::default(),
            tickets: tickets.to_vec(),
            draft: None,
            family: 1,
            hidden: None,
            delivery: Default::default(),
        }
    }

    /// REQUIREMENTS 1.3, Action visibility, as it is written there: P1, P2, P3, P4, P5, P6/P7, P8/P9, P10, P11.
    const VISIBLE: &[(Action, &str)] = &[
        (Action::IneligibleSupply, "✓✓✓✓✓✓✓✓✓"),
        (Action::Edit, "✓––––––––"),
        (Action::Details, "✓✓✓✓✓✓✓✓✓"),
        (Action::ViewApproval, "✓✓✓✓✓✓✓✓✓"),
        (Action::WithdrawApproval, "–✓–––✓–––"),
        (Action::Terminate, "–––✓✓–✓––"),
        // Of a live task: its next revision (F-6.4).
        (Action::Revise, "––✓✓✓–✓––"),
        (Action::PullItem, "–––✓✓✓✓––"),
    ];

    #[test]
    fn actions_are_offered_as_the_table_says() {
        let columns = [0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 8];
        for (action, row) in VISIBLE {
            for (state, column) in TaskState::ALL.into_iter().zip(columns) {
                let visible = row.chars().nth(column) == Some('✓');
                assert_eq!(action.refused(&task(state, &[1])).is_none(), visible, "{action:?} {state}");
            }
        }
        assert!(Action::ViewApproval.refused(&task(TaskState::Draft, &[])).is_some(), "D-70");
        assert!(Action::Discard.refused(&task(TaskState::Draft, &[])).is_none());
        assert!(Action::Discard.refused(&task(TaskState::Draft, &[1])).is_some());
    }
}
