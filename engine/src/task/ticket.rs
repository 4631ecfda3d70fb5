//! Tickets: a request, the revision that it pins, and what people decided of it (R077-R083, D-51 to D-55).

use super::{Counts, Stamp, Task, TaskId};
use serde::{Deserialize, Serialize};

/// Number of a ticket of a tenant, from 1.
pub type TicketId = u32;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketKind {
    /// To deliver.
    Deliver,
    /// To take a live task's new revision over (F-6.4).
    Revision,
    /// To terminate.
    Terminate,
}

impl TicketKind {
    /// All kinds.
    pub const ALL: [TicketKind; 3] = [TicketKind::Deliver, TicketKind::Revision, TicketKind::Terminate];
}

/// Whose people decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    /// The source wallet's business supervisor.
    Source,
    /// The target wallet's platform supply operator.
    Target,
}

/// How a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketStatus {
    /// Somebody has to decide.
    Open,
    /// By all who had to.
    Approved,
    /// By one.
    Rejected,
    /// By whoever asked.
    Withdrawn,
    /// Something else ended the task first.
    Void,
}

impl TicketStatus {
    /// All statuses.
    pub const ALL: [TicketStatus; 5] = [
        TicketStatus::Open,
        TicketStatus::Approved,
        TicketStatus::Rejected,
        TicketStatus::Withdrawn,
        TicketStatus::Void,
    ];
}

/// What one person decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// For which wallet.
    pub side: Side,
    /// Whether it is approved.
    pub approved: bool,
    /// Who and when.
    pub stamp: Stamp,
    /// Why; always there where it is rejected.
    pub reason: Option<Box<str>>,
}

/// What exactly is approved (D-53): nothing of it changes after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Number of the task's revision.
    pub revision: u32,
    /// The rules as written.
    pub rules: Box<str>,
    /// The day of their exchange rates.
    pub fx_date: Option<String>,
    /// Hash of what they mean.
    pub rule_hash: Box<str>,
    /// Items that are taken out.
    pub excluded: u64,
    /// The wallet's policy versions by content type, where one is set.
    pub policies: Vec<Option<i64>>,
    /// The funnel at the submission.
    pub counts: Counts,
    /// The record of the submission.
    pub as_of: u64,
}

/// A request for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// The task.
    pub task: TaskId,
    /// What is asked for.
    pub kind: TicketKind,
    /// What is approved.
    pub pinned: Pinned,
    /// Whether the two sides may decide in any order; else the source decides first (D-51).
    pub parallel: bool,
    /// Who asked, and when.
    pub opened: Stamp,
    /// Why, where it was said.
    pub reason: Option<Box<str>>,
    /// How it stands.
    pub status: TicketStatus,
    /// What was decided, in order.
    pub decisions: Vec<Decision>,
    /// When it was closed, epoch milliseconds.
    pub closed_ms: Option<i64>,
}

impl Ticket {
    /// The sides that must approve.
    pub fn needed(&self) -> &'static [Side] {
        match self.kind {
            TicketKind::Deliver | TicketKind::Revision => &[Side::Source, Side::Target],
            TicketKind::Terminate => &[Side::Source],
        }
    }

    /// The sides whose decision is awaited now.
    pub fn awaited(&self) -> Vec<Side> {
        if self.status != TicketStatus::Open {
            return Vec::new();
        }
        let open = |side: &&Side| !self.decisions.iter().any(|decision| decision.side == **side);
        let limit = if self.parallel { usize::MAX } else { 1 };
        self.needed().iter().filter(open).copied().take(limit).collect()
    }

    /// Whether somebody has a hand in it already, so that others must decide (D-52): who asked, who wrote what is asked for, and who
    /// has decided for the other side.
    pub fn involves(&self, task: &Task, by: &str) -> bool {
        let wrote = match self.kind {
            TicketKind::Deliver => &*task.created.by == by,
            TicketKind::Revision => task.draft.as_ref().is_some_and(|draft| &*draft.begun.by == by),
            TicketKind::Terminate => false,
        };
        wrote || &*self.opened.by == by || self.decisions.iter().any(|decision| &*decision.stamp.by == by)
    }

    /// Closes it.
    pub fn close(&mut self, status: TicketStatus, ms: i64) {
        self.status = status;
        self.closed_ms = Some(ms);
    }
}
