//! What is asked of tasks, as the log keeps it.

use super::TaskId;
use super::ticket::{Side, TicketId};
use crate::command::ItemKey;
use serde::{Deserialize, Serialize};

/// A command about tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskCommand {
    /// T1: Create and Preview.
    Create(Create),
    /// T2: Save and Preview, of a draft or of a live task's next revision.
    Save(Save),
    /// T2: Delete and Recover.
    TakeOut(TakeOutOf),
    /// T3.
    Submit(Submit),
    /// T4 and T11.
    Withdraw(OfTask),
    /// T5 to T7, T12 and T13.
    Decide(Decide),
    /// T8, or a live task's next revision.
    Revise(OfTask),
    /// Gives a live task's next revision up.
    DropRevision(OfTask),
    /// T10.
    Terminate(Terminate),
    /// T16.
    Discard(OfTask),
    /// T17.
    Archive(OfTask),
    /// Takes T16 or T17 back.
    Restore(OfTask),
    /// Lets items join again that the drift brake held (F-4.8).
    Release(OfTask),
    /// Offers items again that the wallet could not take.
    Retry(OfTask),
    /// What the wallet could do with items that it got.
    Report(Report),
    /// The system: what is due of activations, deactivations, starts and ends.
    Step,
}

/// A task, and the version of it that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfTask {
    /// The task.
    pub task: TaskId,
    /// Its version that the command is about; any, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// When a task is to begin and end (F-6.10). It stands in checkpoints too, whose format skips nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Nothing is delivered before, epoch milliseconds.
    #[serde(default)]
    pub start_ms: Option<i64>,
    /// All is taken back then, epoch milliseconds.
    #[serde(default)]
    pub end_ms: Option<i64>,
}

/// How far a live set may drift from what was approved; beyond, items wait (F-4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftLimits {
    /// By so many in a hundred.
    #[serde(default)]
    pub percent: Option<u32>,
    /// By so many items.
    #[serde(default)]
    pub count: Option<u64>,
}

/// A new task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    /// Its name.
    pub name: Box<str>,
    /// The wallet.
    pub target_wallet: Box<str>,
    /// Its rules.
    pub rules: Box<str>,
    /// The day of their exchange rates; the latest if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_date: Option<String>,
    /// When it is to begin and end.
    #[serde(default)]
    pub schedule: Schedule,
    /// How far it may drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftLimits>,
    /// The task that this is a clone of: items taken out of it are taken out of this one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clone_of: Option<TaskId>,
}

/// What a draft is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Save {
    /// Which.
    #[serde(flatten)]
    pub of: OfTask,
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// The rules.
    pub rules: Box<str>,
    /// The day of their exchange rates; the latest if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_date: Option<String>,
    /// When it is to begin and end.
    #[serde(default)]
    pub schedule: Schedule,
    /// Whether that stays as it is instead.
    #[serde(default)]
    pub keep_schedule: bool,
    /// How far it may drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftLimits>,
    /// Whether that stays as it is instead.
    #[serde(default)]
    pub keep_drift: bool,
}

/// Which items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Which {
    /// These; they need not be there yet.
    Items(Vec<ItemKey>),
    /// Those of the task's items that a rule set matches now.
    Rules(Box<str>),
}

/// Items to take out of a task or back in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeOutOf {
    /// The task.
    #[serde(flatten)]
    pub of: OfTask,
    /// Out, or back in.
    pub out: bool,
    /// The items.
    pub which: Which,
}

/// A request to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Submit {
    /// The task.
    #[serde(flatten)]
    pub of: OfTask,
    /// Whether both sides may decide in any order.
    #[serde(default)]
    pub parallel: bool,
    /// Sides of which nobody is there to decide, as it was when this was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unstaffed: Vec<Side>,
}

/// A request to terminate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terminate {
    /// The task.
    #[serde(flatten)]
    pub of: OfTask,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// Sides of which nobody is there to decide, as it was when this was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unstaffed: Vec<Side>,
}

/// What somebody decides of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decide {
    /// The ticket.
    pub ticket: TicketId,
    /// For which wallet; its right to do so was looked at when this was asked.
    pub side: Side,
    /// That wallet; for the target's side it must be the task's.
    pub wallet: Box<str>,
    /// Approve, or reject.
    pub approve: bool,
    /// Why; needed to reject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

/// What the wallet could do with items that it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The wallet.
    pub wallet: Box<str>,
    /// Item by item.
    pub items: Vec<ItemReport>,
}

/// What the wallet could do with an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemReport {
    /// The item.
    pub item: ItemKey,
    /// Its version.
    pub version: i64,
    /// Why it could not be taken; it could, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<str>>,
}

/// What a command about tasks has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskOutcome {
    /// The task; 0 for what is about many.
    pub task: TaskId,
    /// Its version now.
    pub version: u64,
    /// The ticket that was opened or decided.
    pub ticket: Option<TicketId>,
    /// Items that it was about, where it was about items.
    pub items: u64,
}

impl TaskCommand {
    /// Whether it asks what rules match at the end of its record.
    pub fn looks_up(&self) -> bool {
        match self {
            TaskCommand::Create(_) | TaskCommand::Save(_) | TaskCommand::Restore(_) | TaskCommand::Revise(_) => true,
            TaskCommand::TakeOut(take) => matches!(take.which, Which::Rules(_)),
            _ => false,
        }
    }

    /// Its name in the audit trail.
    pub fn name(&self) -> &'static str {
        match self {
            TaskCommand::Create(_) => "create",
            TaskCommand::Save(_) => "save",
            TaskCommand::TakeOut(take) if take.out => "takeOut",
            TaskCommand::TakeOut(_) => "takeIn",
            TaskCommand::Submit(_) => "submit",
            TaskCommand::Withdraw(_) => "withdraw",
            TaskCommand::Decide(decide) if decide.approve => "approve",
            TaskCommand::Decide(_) => "reject",
            TaskCommand::Revise(_) => "revise",
            TaskCommand::DropRevision(_) => "dropRevision",
            TaskCommand::Terminate(_) => "terminate",
            TaskCommand::Discard(_) => "discard",
            TaskCommand::Archive(_) => "archive",
            TaskCommand::Restore(_) => "restore",
            TaskCommand::Release(_) => "release",
            TaskCommand::Retry(_) => "retry",
            TaskCommand::Report(_) => "report",
            TaskCommand::Step => "step",
        }
    }

    /// The task that it names.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            TaskCommand::Save(save) => Some(save.of.task),
            TaskCommand::TakeOut(take) => Some(take.of.task),
            TaskCommand::Submit(submit) => Some(submit.of.task),
            TaskCommand::Terminate(terminate) => Some(terminate.of.task),
            TaskCommand::Withdraw(of)
            | TaskCommand::Revise(of)
            | TaskCommand::DropRevision(of)
            | TaskCommand::Discard(of)
            | TaskCommand::Archive(of)
            | TaskCommand::Restore(of)
            | TaskCommand::Release(of)
            | TaskCommand::Retry(of) => Some(of.task),
            TaskCommand::Create(_) | TaskCommand::Decide(_) | TaskCommand::Report(_) | TaskCommand::Step => None,
        }
    }
}
