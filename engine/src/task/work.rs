//! What a task delivers, and the work that is still to be done: in steps, each a record, so that any of them may be the last
//! before a crash.

use super::TaskId;
use super::command::DriftLimits;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Items that a step activates or deactivates, of all tasks together: so few that the fold is not held up.
pub const STEP_ITEMS: usize = 10_000;

/// What a task holds in its wallet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Items that it holds: they are delivered at least because of it.
    pub held: RoaringBitmap,
    /// Items that it held once and does not now.
    pub released: RoaringBitmap,
    /// What is being activated or deactivated, or was last.
    pub job: Option<Job>,
    /// How many items could be delivered when it was approved.
    pub baseline: u64,
    /// Since when items do not join by themselves (F-4.8).
    pub brake: Option<Brake>,
}

/// Activation or deactivation in steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// When it began, epoch milliseconds.
    pub started_ms: i64,
    /// When its last step was, epoch milliseconds.
    pub stepped_ms: i64,
    /// Items attempted.
    pub done: u64,
    /// Items in all, as far as known.
    pub total: u64,
    /// Whether it is over.
    pub finished: bool,
}

/// Why items wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brake {
    /// Epoch milliseconds.
    pub since_ms: i64,
    /// Whether the set had grown; else it had shrunk.
    pub grown: bool,
}

impl Job {
    /// A job that begins.
    pub fn begin(ms: i64, total: u64) -> Self {
        Job { started_ms: ms, stepped_ms: ms, done: 0, total, finished: false }
    }
}

impl DriftLimits {
    /// The most items that may be held.
    pub fn most(&self, baseline: u64) -> u64 {
        let by_percent = self.percent.map(|percent| baseline.saturating_add(part(baseline, percent)));
        let by_count = self.count.map(|count| baseline.saturating_add(count));
        by_percent.into_iter().chain(by_count).min().unwrap_or(u64::MAX)
    }

    /// The fewest items that may be held.
    pub fn fewest(&self, baseline: u64) -> u64 {
        let by_percent = self.percent.map(|percent| baseline.saturating_sub(part(baseline, percent)));
        let by_count = self.count.map(|count| baseline.saturating_sub(count));
        by_percent.into_iter().chain(by_count).max().unwrap_or(0)
    }
}

fn part(of: u64, percent: u32) -> u64 {
    (u128::from(of) * u128::from(percent) / 100) as u64
}

/// When the system has something to do for which task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agenda(BTreeSet<(i64, TaskId)>);

impl Agenda {
    /// Something is to be done for a task from a time on, epoch milliseconds.
    pub fn put(&mut self, ms: i64, task: TaskId) {
        self.0.insert((ms, task));
    }

    /// The time of what comes first.
    pub fn next_due(&self) -> Option<i64> {
        self.0.first().map(|(ms, _)| *ms)
    }

    /// Takes the tasks that are due, each once.
    pub fn take_due(&mut self, now_ms: i64) -> BTreeSet<TaskId> {
        let later = self.0.split_off(&(now_ms.saturating_add(1), 0));
        std::mem::replace(&mut self.0, later).into_iter().map(|(_, task)| task).collect()
    }

    /// Forgets a task.
    pub fn drop(&mut self, task: TaskId) {
        self.0.retain(|(_, of)| *of != task);
    }
}
