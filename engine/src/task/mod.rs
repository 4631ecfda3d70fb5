//! Cross-wallet tasks: their states, revisions, tickets and deliveries (R001-R086, D-34 to D-72).
//!
//! This module knows what a task is and which moves it allows; the [fold](crate::fold) decides commands, where tasks, their
//! standing sets and the deliveries meet. What a task's rules are, stands in its set alone.

pub mod command;
pub mod event;
pub mod ledger;
pub mod refusal;
pub mod requests;
pub mod risk;
pub mod state;
pub mod ticket;
pub mod work;

use command::{DriftLimits, Schedule};
use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use ledger::Ledger;
use requests::Requests;
use serde::{Deserialize, Serialize};
use state::{Move, TaskState};
use std::collections::BTreeMap;
use ticket::{Ticket, TicketId};
use work::{Agenda, Delivery};

/// Number of a task of a tenant, from 1.
pub type TaskId = u32;

/// Tasks of a tenant.
pub const TASKS_MAX: usize = 100_000;
/// Characters of a task's name.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of a reason, at least, where one is needed (D-55).
pub const REASON_CHARS_MIN: usize = 5;
/// Characters of a reason at most.
pub const REASON_CHARS_MAX: usize = 2_000;
/// Items taken out of a task.
pub const EXCLUSIONS_MAX: usize = 1_000_000;
/// For so long a discarded or archived task can be restored (D-71).
pub const RESTORABLE_MS: i64 = 30 * 24 * 3_600_000;

/// Who and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The account, or `key:` and a key's number.
    pub by: Box<str>,
    /// Epoch milliseconds.
    pub ms: i64,
}

impl Stamp {
    /// Whether it is an account: no account's id has a colon, and the names of keys have one.
    pub fn is_person(&self) -> bool {
        !self.by.contains(':') && &*self.by != SYSTEM
    }
}

/// A reason as it is kept: without white space around it, `None` where none is given and none needed. An error where it is too
/// short or too long, or has control characters other than line breaks and tabs.
pub fn reason_given(given: Option<&str>, needed: bool) -> Result<Option<Box<str>>, BadReason> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else {
        return if needed { Err(BadReason) } else { Ok(None) };
    };
    let chars = given.chars().count();
    let fits = chars <= REASON_CHARS_MAX && (!needed || chars >= REASON_CHARS_MIN);
    let is_plain = given.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    if fits && is_plain { Ok(Some(given.into())) } else { Err(BadReason) }
}

/// A reason that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReason;

/// Who does what nobody asked for.
pub const SYSTEM: &str = "system";

/// A funnel's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Items that the rules match.
    pub matched: u64,
    /// Of them taken out.
    pub taken_out: u64,
    /// Of the rest, without a required field.
    pub missing_fields: u64,
    /// Of the rest, of merchants that are not onboarded.
    pub not_onboarded: u64,
    /// Of the rest, stopped by a risk decision.
    pub risk_stopped: u64,
    /// What is left.
    pub deliverable: u64,
}

/// Why a task is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HiddenKind {
    /// T16.
    Discarded,
    /// T17.
    Archived,
}

/// A task that is not shown: it has no set and its name is free, until it is restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Why.
    pub kind: HiddenKind,
    /// Who did it and when.
    pub stamp: Stamp,
    /// Its rules.
    pub rules: Box<str>,
    /// The day of their exchange rates.
    pub fx_date: Option<String>,
}

/// How a live task's next revision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DraftState {
    /// It is being edited.
    Draft,
    /// It is submitted.
    UnderReview,
    /// It was rejected, and can be edited again.
    Rejected,
}

/// A live task's next revision, beside what is delivered (F-6.4). Its rules stand in a set of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveDraft {
    /// Its number.
    pub revision: u32,
    /// How it stands.
    pub state: DraftState,
    /// Who began it, and when.
    pub begun: Stamp,
    /// Who submitted it, and when.
    pub submitted: Option<Stamp>,
    /// Items that it takes out, with who and when.
    pub exclusions: BTreeMap<u32, Stamp>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// Its name.
    pub name: Box<str>,
    /// The one wallet that it delivers to (D-57).
    pub target_wallet: Box<str>,
    /// Where it stands.
    pub state: TaskState,
    /// Counts its changes: what `If-Match` compares.
    pub version: u64,
    /// Number of its revision.
    pub revision: u32,
    /// Who created it (D-56).
    pub created: Stamp,
    /// When anything of it changed last, and by whom.
    pub changed: Stamp,
    /// Who submitted it last.
    pub submitted: Option<Stamp>,
    /// When it is to begin and end.
    pub schedule: Schedule,
    /// How far its set may drift from what was approved.
    pub drift: Option<DriftLimits>,
    /// Items taken out (D-39), with who and when.
    pub exclusions: BTreeMap<u32, Stamp>,
    /// Its tickets, oldest first.
    pub tickets: Vec<TicketId>,
    /// Its next revision, while it is live.
    pub draft: Option<LiveDraft>,
    /// The first of the tasks that were cloned from one (D-57).
    pub family: TaskId,
    /// Why it is not shown.
    pub hidden: Option<Hidden>,
    /// What it delivers.
    pub delivery: Delivery,
}

impl Task {
    /// The standing set of its rules.
    pub fn set_name(&self) -> String {
        set_name(self.id)
    }

    /// The standing set of its next revision's rules.
    pub fn draft_set_name(&self) -> String {
        draft_set_name(self.id)
    }

    /// Makes a move.
    pub fn make(&mut self, then: Move) -> Result<(), refusal::TaskRefusal> {
        let refused = refusal::TaskRefusal::NotNow { then, state: self.state };
        self.state = self.state.after(then).ok_or(refused)?;
        Ok(())
    }
}

/// What the names of tasks' sets begin with; no other set's may.
pub const SET_PREFIX: &str = "task:";

/// The standing set of a task's rules.
pub fn set_name(task: TaskId) -> String {
    format!("{SET_PREFIX}{task}")
}

/// The standing set of a live task's next revision.
pub fn draft_set_name(task: TaskId) -> String {
    format!("{SET_PREFIX}{task}:next")
}

/// All tasks of a tenant.
#[derive(Clone, Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tasks {
    tasks: BTreeMap<TaskId, Task>,
    tickets: BTreeMap<TicketId, Ticket>,
    /// By target wallet and folded name; hidden tasks are not in it (D-58).
    names: BTreeMap<(Box<str>, String), TaskId>,
    /// Deliveries by wallet.
    pub ledgers: BTreeMap<Box<str>, Ledger>,
    /// What is to be done when.
    pub agenda: Agenda,
    /// Tasks by their set's journal, while they are live.
    live: BTreeMap<u32, TaskId>,
    /// Requests that were carried out.
    pub requests: Requests,
    /// Requests for decisions on risk.
    pub risk: risk::RiskRequests,
    last_task: TaskId,
}

impl Tasks {
    /// A task.
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// A task, to change.
    pub fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.tasks.get_mut(&id)
    }

    /// All tasks, hidden ones too, by number.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.tasks.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// A ticket.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    /// A ticket, to change.
    pub fn ticket_mut(&mut self, id: TicketId) -> Option<&mut Ticket> {
        self.tickets.get_mut(&id)
    }

    /// All tickets, by number.
    pub fn tickets(&self) -> impl DoubleEndedIterator<Item = &Ticket> {
        self.tickets.values()
    }

    /// The number of the next task.
    pub fn next_id(&self) -> TaskId {
        self.last_task + 1
    }

    /// Adds a task, which has the next number.
    pub fn add(&mut self, task: Task) {
        self.last_task = task.id;
        self.names.insert((task.target_wallet.clone(), folded(&task.name)), task.id);
        self.tasks.insert(task.id, task);
    }

    /// Opens a ticket; its number.
    pub fn open(&mut self, ticket: impl FnOnce(TicketId) -> Ticket) -> TicketId {
        let id = self.tickets.last_key_value().map_or(1, |(last, _)| last + 1);
        let ticket = ticket(id);
        if let Some(task) = self.tasks.get_mut(&ticket.task) {
            task.tickets.push(id);
        }
        self.tickets.insert(id, ticket);
        id
    }

    /// The open ticket of a task.
    pub fn open_ticket(&self, task: TaskId) -> Option<&Ticket> {
        let tickets = self.tasks.get(&task)?.tickets.iter().rev().filter_map(|id| self.tickets.get(id));
        tickets.into_iter().find(|ticket| ticket.status == ticket::TicketStatus::Open)
    }

    /// The task of a wallet that has a name (D-58).
    pub fn named(&self, wallet: &str, name: &str) -> Option<TaskId> {
        self.names.get(&(wallet.into(), folded(name))).copied()
    }

    /// Gives a task another name.
    pub fn rename(&mut self, id: TaskId, name: &str) {
        self.free_name(id);
        if let Some(task) = self.tasks.get_mut(&id) {
            task.name = name.into();
            self.names.insert((task.target_wallet.clone(), folded(name)), id);
        }
    }

    /// Lets others have a task's name.
    pub fn free_name(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get(&id) {
            self.names.remove(&(task.target_wallet.clone(), folded(&task.name)));
        }
    }

    /// Follows a set's journal for a task.
    pub fn go_live(&mut self, journal: u32, task: TaskId) {
        self.live.insert(journal, task);
    }

    /// Follows a task's set no more.
    pub fn end_live(&mut self, task: TaskId) {
        self.live.retain(|_, live| *live != task);
    }

    /// The live task whose set has a journal.
    pub fn live(&self, journal: u32) -> Option<TaskId> {
        self.live.get(&journal).copied()
    }

    /// Whether any task is live.
    pub fn any_live(&self) -> bool {
        !self.live.is_empty()
    }

    /// The tasks of a wallet that hold anything.
    pub fn holders<'a>(&'a self, wallet: &'a str) -> impl Iterator<Item = &'a Task> {
        self.tasks.values().filter(move |task| &*task.target_wallet == wallet && !task.delivery.held.is_empty())
    }

    /// The tasks of a wallet that hold an item.
    pub fn holding<'a>(&'a self, wallet: &'a str, ordinal: u32) -> impl Iterator<Item = &'a Task> {
        self.holders(wallet).filter(move |task| task.delivery.held.contains(ordinal))
    }
}

/// A name as it is compared: trimmed, NFC, without case (D-58).
fn folded(name: &str) -> String {
    CaseMapper::new().fold_string(&ComposingNormalizerBorrowed::new_nfc().normalize(name.trim())).into_owned()
}
