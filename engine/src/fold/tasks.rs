//! Commands about tasks, decided in log order.
//!
//! Each is looked at in full before anything changes, so a refused one has changed nothing. A command that asks what rules
//! match ([`TaskCommand::looks_up`]) takes effect at the end of its record, like a set's definition; the others at once.

mod approval;
mod drafts;
mod reports;
mod steps;

use super::State;
use super::registration::{Found, Registration};
use crate::command::{Command, CommandOutcome, PutSet, Refusal};
use crate::supply::change::{Cause, Ordinal};
use crate::supply::funnel::{Funnel, Steps};
use crate::supply::outcome::WriteOutcome;
use crate::supply::sets::Set;
use crate::supply::target::SetId;
use crate::task::command::{OfTask, TaskCommand, TaskOutcome};
use crate::task::event::{Event, What};
use crate::task::refusal::TaskRefusal;
use crate::task::requests::Remembered;
use crate::task::state::Move;
use crate::task::{Counts, HiddenKind, SYSTEM, Stamp, Task, TaskId, set_name};
use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

/// What the header of a command's record says of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who and when.
    pub stamp: Stamp,
    /// The request's own key, if it has one (F-9.3).
    pub key: Option<Box<str>>,
}

type Decided = Result<TaskOutcome, Refusal>;

impl From<TaskRefusal> for Refusal {
    fn from(refusal: TaskRefusal) -> Refusal {
        Refusal::Task(refusal)
    }
}

impl State {
    /// Decides a command that looks nothing up.
    pub(super) fn task_command(&mut self, command: TaskCommand, asked: &Asked) -> CommandOutcome {
        if let Some(decided) = self.asked_before(&command, asked) {
            return told(decided);
        }
        let decided = self.decide_task(&command, &asked.stamp);
        self.end_task_command(&command, asked, decided)
    }

    /// What a command asks to be looked up, after all that can be refused before; `Err` where it is decided without.
    pub fn prepare_task(
        &mut self,
        command: &TaskCommand,
        asked: &Asked,
    ) -> Result<Option<Registration>, CommandOutcome> {
        if let Some(decided) = self.asked_before(command, asked) {
            return Err(told(decided));
        }
        let put = match self.task_lookup(command, &asked.stamp) {
            Ok(Some(put)) => put,
            Ok(None) => return Ok(None),
            Err(refusal) => return Err(self.end_task_command(command, asked, Err(refusal))),
        };
        match self.prepare(put) {
            Ok(registration) => Ok(Some(registration)),
            Err(CommandOutcome::Refused(refusal)) => Err(self.end_task_command(command, asked, Err(refusal))),
            // The set has this definition already.
            Err(_) => Ok(None),
        }
    }

    /// Carries a command out for which was found what it asked for.
    pub fn finish_task(
        &mut self,
        command: &TaskCommand,
        asked: &Asked,
        found: Option<(Registration, Found)>,
    ) -> CommandOutcome {
        let decided = self.carry_out(command, &asked.stamp, found);
        self.end_task_command(command, asked, decided)
    }

    fn decide_task(&mut self, command: &TaskCommand, by: &Stamp) -> Decided {
        match command {
            TaskCommand::TakeOut(take) => self.take_out_of_task(take, by),
            TaskCommand::Submit(submit) => self.submit(submit, by),
            TaskCommand::Withdraw(of) => self.withdraw(*of, by),
            TaskCommand::Decide(decide) => self.decide_ticket(decide, by),
            TaskCommand::DropRevision(of) => self.drop_revision(*of, by),
            TaskCommand::Terminate(terminate) => self.terminate(terminate, by),
            TaskCommand::Discard(of) => self.hide(*of, Move::Discard, HiddenKind::Discarded, by),
            TaskCommand::Archive(of) => self.hide(*of, Move::Archive, HiddenKind::Archived, by),
            TaskCommand::Release(of) => self.release_brake(*of, by),
            TaskCommand::Retry(of) => self.retry(*of, by),
            TaskCommand::Report(report) => self.report(report, by),
            TaskCommand::Step => Ok(self.step(by.ms)),
            TaskCommand::Create(_) | TaskCommand::Save(_) | TaskCommand::Restore(_) | TaskCommand::Revise(_) => {
                unreachable!("they look something up")
            }
        }
    }

    /// What came of the same request before, if it was carried out (F-9.3).
    fn asked_before(&mut self, command: &TaskCommand, asked: &Asked) -> Option<Decided> {
        let key = (asked.stamp.by.clone(), asked.key.clone()?);
        let remembered = self.tasks.requests.get(&key, asked.stamp.ms)?;
        Some(match remembered.fingerprint == fingerprint(command) {
            true => Ok(remembered.outcome),
            false => Err(TaskRefusal::KeyReused.into()),
        })
    }

    /// Writes what came of a command into the audit trail, and remembers it for its key.
    fn end_task_command(&mut self, command: &TaskCommand, asked: &Asked, decided: Decided) -> CommandOutcome {
        if let (Ok(outcome), Some(key)) = (&decided, &asked.key) {
            let remembered = Remembered { fingerprint: fingerprint(command), outcome: *outcome };
            self.tasks.requests.put((asked.stamp.by.clone(), key.clone()), asked.stamp.ms, remembered);
        }
        if *command != TaskCommand::Step {
            let outcome = decided.as_ref().map_err(Refusal::to_string);
            self.events.push(Event::of(command, outcome, &asked.stamp));
        }
        told(decided)
    }

    /// Writes another command into the audit trail.
    pub fn tell_command(&mut self, name: &str, subject: &str, outcome: &CommandOutcome, stamp: &Stamp) {
        let (applied, subject) = match outcome {
            CommandOutcome::Refused(refusal) => (false, format!("{subject}; refused: {refusal}")),
            CommandOutcome::Each(outcomes) => each_told(subject, outcomes),
            _ => (true, subject.to_owned()),
        };
        let what = What::Command { command: name.into(), subject: subject.into(), applied };
        self.events.push(Event { stamp: stamp.clone(), task: None, ticket: None, what });
    }

    pub(super) fn tell_event(&mut self, task: TaskId, ms: i64, what: What) {
        let stamp = Stamp { by: SYSTEM.into(), ms };
        self.events.push(Event { stamp, task: Some(task), ticket: None, what });
    }

    /// A task that is shown, at the version that was seen.
    fn task(&self, of: OfTask) -> Result<&Task, TaskRefusal> {
        let task = self.tasks.get(of.task).ok_or(TaskRefusal::NoSuchTask)?;
        if task.hidden.is_some() {
            return Err(TaskRefusal::Hidden);
        }
        match of.version {
            Some(version) if version != task.version => Err(TaskRefusal::Changed { current: task.version }),
            _ => Ok(task),
        }
    }

    /// Ends a change of a task: a new version of it, by somebody.
    fn changed(&mut self, id: TaskId, by: &Stamp) -> TaskOutcome {
        let Some(task) = self.tasks.get_mut(id) else { return TaskOutcome::of(id, 0) };
        task.version += 1;
        task.changed = by.clone();
        TaskOutcome::of(id, task.version)
    }

    fn set_of(&self, name: &str) -> Option<(SetId, &Set)> {
        let id = self.supply.sets.find(name)?;
        Some((id, self.supply.sets.get(id)?))
    }

    /// The items of a set at each step of its funnel.
    pub fn steps_of(&self, set: &Set) -> Steps {
        let wallet = self.supply.wallets.get(&set.definition.target_wallet);
        let barriers = wallet.map(|wallet| wallet.barriers().clone()).unwrap_or_default();
        Steps::of(&self.supply.sets.matched(set), &set.taken_out, &barriers)
    }

    /// The funnel of a set, by name; nothing for one that is not there.
    fn counts_of(&self, name: &str) -> Counts {
        self.set_of(name).map(|(_, set)| Counts::from(self.steps_of(set).counts())).unwrap_or_default()
    }

    /// What of a task's set can be delivered now.
    pub fn deliverable_of(&self, task: TaskId) -> RoaringBitmap {
        self.set_of(&set_name(task)).map(|(_, set)| self.deliverable(set)).unwrap_or_default()
    }

    /// Makes a set take these items out, and no others.
    fn set_taken_out(&mut self, name: &str, taken_out: RoaringBitmap) {
        let Some((id, set)) = self.set_of(name) else { return };
        let journal = set.journal;
        let before = self.in_reach(id);
        self.supply.sets.change_taken_out(id, |out| *out = taken_out);
        let after = self.in_reach(id);
        self.tell_difference(journal, &before, &after, &Cause::TakenOut);
    }

    /// Removes a set, if there is one.
    fn drop_set(&mut self, name: &str) {
        if self.supply.sets.find(name).is_some() {
            self.delete_set(name);
        }
    }
}

impl TaskOutcome {
    fn of(task: TaskId, version: u64) -> Self {
        TaskOutcome { task, version, ticket: None, items: 0 }
    }
}

impl From<Funnel> for Counts {
    fn from(funnel: Funnel) -> Counts {
        let Funnel { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable } = funnel;
        Counts { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable }
    }
}

fn told(decided: Decided) -> CommandOutcome {
    match decided {
        Ok(outcome) => CommandOutcome::Task(outcome),
        Err(refusal) => CommandOutcome::Refused(refusal),
    }
}

/// Whether a batch was carried out at all, and its subject, with how much of it was where that is not all.
fn each_told(subject: &str, outcomes: &[WriteOutcome]) -> (bool, String) {
    let applied = outcomes.iter().filter(|outcome| **outcome == WriteOutcome::Applied).count();
    let refused = |outcome: &WriteOutcome| matches!(outcome, WriteOutcome::Refused(_) | WriteOutcome::Forbidden(_));
    let subject = match applied == outcomes.len() {
        true => subject.to_owned(),
        false => format!("{subject}; {applied} of {} applied", outcomes.len()),
    };
    (!outcomes.iter().all(refused), subject)
}

/// A number that two different commands have in common once in 2^64 times.
fn fingerprint(command: &TaskCommand) -> u64 {
    let command = Command::Task(command.clone());
    xxh3_64(&serde_json::to_vec(&command).expect("plain data is serialisable"))
}

/// The ordinals that somebody took out.
fn ordinals<'a>(exclusions: impl IntoIterator<Item = (&'a Ordinal, &'a Stamp)>) -> RoaringBitmap {
    exclusions.into_iter().map(|(ordinal, _)| *ordinal).collect()
}

/// A set's definition for the fold, as a command would give it.
fn put(name: String, rules: &str, target_wallet: &str, fx_date: Option<&str>) -> PutSet {
    PutSet {
        name: name.into(),
        rules: rules.into(),
        target_wallet: target_wallet.into(),
        fx_date: fx_date.map(str::to_owned),
    }
}
