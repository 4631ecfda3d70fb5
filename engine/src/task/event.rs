//! The audit trail: what was done, by whom, and what came of it. Other parts of the system hear of it from here.

use super::command::{TaskCommand, TaskOutcome};
use super::ticket::TicketId;
use super::{Stamp, TaskId};
use serde::{Deserialize, Serialize};

/// An entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Who and when; `system` where nobody asked.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The task, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The ticket, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// A command about tasks was carried out.
    Done {
        /// Its name.
        command: Box<str>,
        /// Why, where a reason was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Box<str>>,
        /// Items that it was about.
        #[serde(default, skip_serializing_if = "is_zero")]
        items: u64,
    },
    /// A command about tasks was refused.
    Refused {
        /// Its name.
        command: Box<str>,
        /// Why, in words.
        why: Box<str>,
    },
    /// Another command: a set, tags, onboarding, a policy, risk decisions, exchange rates.
    Command {
        /// Its name.
        command: Box<str>,
        /// What it is about.
        subject: Box<str>,
        /// Whether it was carried out.
        applied: bool,
    },
    /// Every item was attempted.
    Activated {
        /// Items that are delivered.
        items: u64,
    },
    /// Nothing is delivered any more.
    Deactivated,
    /// The end that was approved with the task has come.
    Ended,
    /// Items wait, for the set has drifted from what was approved.
    Braked {
        /// Items held.
        held: u64,
        /// Items that were approved.
        baseline: u64,
    },
    /// Items that could not be delivered at first were fixed and are delivered now (F-5.5).
    Fixed {
        /// How many.
        items: u64,
    },
    /// A live task's set is empty (D-67).
    Empty,
    /// Its wallet has reported items that it could not take, where none had failed before.
    Failed {
        /// How many.
        items: u64,
    },
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Event {
    /// What came of a command about tasks.
    pub fn of(command: &TaskCommand, outcome: Result<&TaskOutcome, String>, stamp: &Stamp) -> Event {
        let named = command.name().into();
        let (task, ticket, what) = match outcome {
            Ok(outcome) => {
                let reason = match command {
                    TaskCommand::Decide(decide) => decide.reason.clone(),
                    TaskCommand::Terminate(terminate) => terminate.reason.clone(),
                    _ => None,
                };
                let task = Some(outcome.task).filter(|task| *task > 0);
                (task, outcome.ticket, What::Done { command: named, reason, items: outcome.items })
            }
            Err(why) => {
                let ticket = if let TaskCommand::Decide(decide) = command { Some(decide.ticket) } else { None };
                (command.task(), ticket, What::Refused { command: named, why: why.into() })
            }
        };
        Event { stamp: stamp.clone(), task, ticket, what }
    }
}
