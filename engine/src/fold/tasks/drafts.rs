//! Drafts: creating, saving, taking items out, revising, hiding and restoring (T1, T2, T8, T16, T17, F-6.4).

use super::{Decided, ordinals, put};
use crate::catalog::Ordinal;
use crate::command::{CommandOutcome, PutSet, Refusal};
use crate::fold::State;
use crate::fold::registration::{Found, Registration};
use crate::task::command::{Create, DriftLimits, OfTask, Save, Schedule, TakeOutOf, TaskCommand, TaskOutcome, Which};
use crate::task::refusal::TaskRefusal;
use crate::task::state::{Move, TaskState};
use crate::task::work::Delivery;
use crate::task::{
    DraftState, EXCLUSIONS_MAX, Hidden, HiddenKind, LiveDraft, NAME_CHARS_MAX, RESTORABLE_MS, Stamp, TASKS_MAX, Task,
    draft_set_name, set_name,
};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

/// A task's text that is being edited: its draft, or the next revision of a live task.
#[derive(Clone, Copy, PartialEq)]
enum Edited {
    Draft,
    NextRevision,
}

impl State {
    /// What a command asks to be looked up, after all that can be refused before.
    pub(super) fn task_lookup(&self, command: &TaskCommand, by: &Stamp) -> Result<Option<PutSet>, Refusal> {
        match command {
            TaskCommand::Create(create) => {
                self.may_create(create, by)?;
                let name = set_name(self.tasks.next_id());
                Ok(Some(put(name, &create.rules, &create.target_wallet, create.fx_date.as_deref())))
            }
            TaskCommand::Save(save) => {
                let (task, edited) = self.edited(save.of)?;
                self.may_save(task, edited, save, by)?;
                Ok(Some(put(edited.set(task), &save.rules, &task.target_wallet, save.fx_date.as_deref())))
            }
            TaskCommand::TakeOut(take) => {
                let (task, edited) = self.edited(take.of)?;
                let Which::Rules(rules) = &take.which else { return Ok(None) };
                let fx_date = self.set_of(&edited.set(task)).and_then(|(_, set)| set.definition.fx_date.clone());
                Ok(Some(put(filter_name(task), rules, &task.target_wallet, fx_date.as_deref())))
            }
            TaskCommand::Restore(of) => {
                let task = self.restorable(*of, by)?;
                let hidden = task.hidden.as_ref().ok_or(TaskRefusal::NotRestorable)?;
                Ok(Some(put(task.set_name(), &hidden.rules, &task.target_wallet, hidden.fx_date.as_deref())))
            }
            TaskCommand::Revise(of) => {
                let task = self.task(*of)?;
                if task.state == TaskState::Rejected {
                    return Ok(None);
                }
                let then = if task.state.is_live() { Move::ReviseLive } else { Move::Revise };
                task.clone().make(then)?;
                if let Some(draft) = &task.draft {
                    return Err(TaskRefusal::RevisionOpen(draft.state).into());
                }
                let (_, set) = self.set_of(&task.set_name()).ok_or(TaskRefusal::NoSuchTask)?;
                let definition = &set.definition;
                let fx_date = definition.fx_date.as_deref();
                Ok(Some(put(task.draft_set_name(), &definition.rules, &task.target_wallet, fx_date)))
            }
            _ => Ok(None),
        }
    }

    /// Carries out a command that [`State::task_lookup`] has let pass.
    pub(super) fn carry_out(
        &mut self,
        command: &TaskCommand,
        by: &Stamp,
        found: Option<(Registration, Found)>,
    ) -> Decided {
        let told_before = self.supply.changes.len();
        if let Some((registration, found)) = found {
            match self.register(registration, found) {
                CommandOutcome::Refused(refusal) => return Err(refusal),
                CommandOutcome::Set(_) => {}
                outcome => unreachable!("a registration answers with a set or a refusal, not {outcome:?}"),
            }
        }
        match command {
            TaskCommand::Create(create) => Ok(self.create(create, by)),
            TaskCommand::Save(save) => self.save(save, by),
            TaskCommand::TakeOut(take) => self.take_out_matched(take, told_before, by),
            TaskCommand::Restore(of) => Ok(self.restore_task(*of, by)),
            TaskCommand::Revise(of) => self.revise(*of, by),
            _ => unreachable!("it looks nothing up"),
        }
    }

    fn may_create(&self, create: &Create, by: &Stamp) -> Result<(), TaskRefusal> {
        if self.tasks.len() >= TASKS_MAX {
            return Err(TaskRefusal::TooManyTasks);
        }
        if let Some(of) = create.clone_of {
            self.task(OfTask { task: of, version: None })?;
        }
        let name = checked_name(&create.name)?;
        checked_schedule(create.schedule, by)?;
        checked_drift(create.drift)?;
        match self.tasks.named(&create.target_wallet, name) {
            Some(by) => Err(TaskRefusal::NameTaken { by }),
            None => Ok(()),
        }
    }

    fn create(&mut self, create: &Create, by: &Stamp) -> TaskOutcome {
        let id = self.tasks.next_id();
        let origin = create.clone_of.and_then(|of| self.tasks.get(of));
        let exclusions: BTreeMap<Ordinal, Stamp> = origin.map(|task| task.exclusions.clone()).unwrap_or_default();
        let task = Task {
            id,
            name: create.name.trim().into(),
            target_wallet: create.target_wallet.clone(),
            state: TaskState::Draft,
            version: 1,
            revision: 1,
            created: by.clone(),
            changed: by.clone(),
            submitted: None,
            schedule: create.schedule,
            drift: create.drift,
            family: origin.map_or(id, |task| task.family),
            exclusions,
            tickets: Vec::new(),
            draft: None,
            hidden: None,
            delivery: Delivery::default(),
        };
        let taken_out = ordinals(&task.exclusions);
        self.tasks.add(task);
        self.set_taken_out(&set_name(id), taken_out);
        TaskOutcome::of(id, 1)
    }

    /// What of a task can be edited now.
    fn edited(&self, of: OfTask) -> Result<(&Task, Edited), TaskRefusal> {
        let task = self.task(of)?;
        match task.draft.as_ref().map(|draft| draft.state) {
            Some(DraftState::UnderReview) => Err(TaskRefusal::RevisionOpen(DraftState::UnderReview)),
            Some(DraftState::Draft | DraftState::Rejected) => Ok((task, Edited::NextRevision)),
            None => task.clone().make(Move::Edit).map(|()| (task, Edited::Draft)),
        }
    }

    fn may_save(&self, task: &Task, edited: Edited, save: &Save, by: &Stamp) -> Result<(), TaskRefusal> {
        if edited == Edited::NextRevision {
            // The next revision is another text for the same task.
            return Ok(());
        }
        if !save.keep_schedule {
            checked_schedule(save.schedule, by)?;
        }
        if !save.keep_drift {
            checked_drift(save.drift)?;
        }
        let Some(name) = &save.name else { return Ok(()) };
        match self.tasks.named(&task.target_wallet, checked_name(name)?) {
            Some(other) if other != task.id => Err(TaskRefusal::NameTaken { by: other }),
            _ => Ok(()),
        }
    }

    fn save(&mut self, save: &Save, by: &Stamp) -> Decided {
        let (task, edited) = self.edited(save.of)?;
        let id = task.id;
        match edited {
            Edited::Draft => {
                if let Some(name) = &save.name {
                    self.tasks.rename(id, name.trim());
                }
                if let Some(task) = self.tasks.get_mut(id) {
                    task.schedule = if save.keep_schedule { task.schedule } else { save.schedule };
                    task.drift = if save.keep_drift { task.drift } else { save.drift };
                }
            }
            Edited::NextRevision => {
                let draft = self.tasks.get_mut(id).and_then(|task| task.draft.as_mut());
                draft.into_iter().for_each(|draft| draft.state = DraftState::Draft);
            }
        }
        Ok(self.changed(id, by))
    }

    /// Takes items out of a task or back in, by their keys.
    pub(super) fn take_out_of_task(&mut self, take: &TakeOutOf, by: &Stamp) -> Decided {
        self.edited(take.of)?;
        let Which::Items(items) = &take.which else { unreachable!("rules are looked up") };
        let items: RoaringBitmap = items.iter().map(|item| self.reserve(item)).collect();
        self.exclude(take, items, by)
    }

    /// Takes out or back in what a filter has matched, which stands as a set for this moment alone.
    fn take_out_matched(&mut self, take: &TakeOutOf, told_before: usize, by: &Stamp) -> Decided {
        let (task, edited) = self.edited(take.of)?;
        let (filter, set) = (filter_name(task), edited.set(task));
        let matched = |name: &str| {
            self.set_of(name).map(|(_, set)| self.supply.sets.matched(set).into_owned()).unwrap_or_default()
        };
        let items = matched(&filter) & matched(&set);
        self.drop_set(&filter);
        // Nobody can have heard of it.
        self.supply.changes.truncate(told_before);
        self.exclude(take, items, by)
    }

    fn exclude(&mut self, take: &TakeOutOf, items: RoaringBitmap, by: &Stamp) -> Decided {
        let (task, edited) = self.edited(take.of)?;
        let (id, set, version) = (task.id, edited.set(task), task.version);
        let Some(task) = self.tasks.get_mut(id) else { return Err(TaskRefusal::NoSuchTask.into()) };
        let exclusions = match &mut task.draft {
            Some(draft) => &mut draft.exclusions,
            None => &mut task.exclusions,
        };
        if take.out && exclusions.len() as u64 + items.len() > EXCLUSIONS_MAX as u64 {
            return Err(TaskRefusal::TooManyExclusions.into());
        }
        let before = exclusions.len();
        for item in items {
            match take.out {
                true => _ = exclusions.entry(item).or_insert_with(|| by.clone()),
                false => _ = exclusions.remove(&item),
            }
        }
        let (changed, taken_out) = (before.abs_diff(exclusions.len()) as u64, ordinals(&*exclusions));
        if changed == 0 {
            return Ok(TaskOutcome::of(id, version));
        }
        self.set_taken_out(&set, taken_out);
        Ok(TaskOutcome { items: changed, ..self.changed(id, by) })
    }

    fn revise(&mut self, of: OfTask, by: &Stamp) -> Decided {
        let id = self.task(of)?.id;
        let Some(task) = self.tasks.get_mut(id) else { return Err(TaskRefusal::NoSuchTask.into()) };
        if task.state == TaskState::Rejected {
            task.make(Move::Revise)?;
            task.revision += 1;
        } else {
            let (revision, begun, exclusions) = (task.revision + 1, by.clone(), task.exclusions.clone());
            let taken_out = ordinals(&exclusions);
            task.draft = Some(LiveDraft { revision, state: DraftState::Draft, begun, submitted: None, exclusions });
            self.set_taken_out(&draft_set_name(id), taken_out);
        }
        Ok(self.changed(id, by))
    }

    /// Gives a live task's next revision up.
    pub(super) fn drop_revision(&mut self, of: OfTask, by: &Stamp) -> Decided {
        let task = self.task(of)?;
        let id = task.id;
        match task.draft.as_ref().map(|draft| draft.state) {
            None => return Err(TaskRefusal::NoRevision.into()),
            Some(DraftState::UnderReview) => return Err(TaskRefusal::RevisionOpen(DraftState::UnderReview).into()),
            Some(DraftState::Draft | DraftState::Rejected) => {}
        }
        self.end_draft(id);
        Ok(self.changed(id, by))
    }

    /// Removes a live task's next revision, if there is one.
    pub(super) fn end_draft(&mut self, id: u32) {
        self.drop_set(&draft_set_name(id));
        self.tasks.get_mut(id).into_iter().for_each(|task| task.draft = None);
    }

    /// Discards or archives a task.
    pub(super) fn hide(&mut self, of: OfTask, then: Move, kind: HiddenKind, by: &Stamp) -> Decided {
        let task = self.task(of)?;
        task.clone().make(then)?;
        if kind == HiddenKind::Discarded && !task.tickets.is_empty() {
            return Err(TaskRefusal::Submitted.into());
        }
        let (id, name) = (task.id, task.set_name());
        let definition = self.set_of(&name).map(|(_, set)| set.definition.clone());
        let (rules, fx_date) = definition.map(|of| (of.rules, of.fx_date)).unwrap_or_default();
        self.drop_set(&name);
        self.tasks.free_name(id);
        let hidden = Hidden { kind, stamp: by.clone(), rules, fx_date };
        self.tasks.get_mut(id).into_iter().for_each(|task| task.hidden = Some(hidden.clone()));
        Ok(self.changed(id, by))
    }

    fn restorable(&self, of: OfTask, by: &Stamp) -> Result<&Task, TaskRefusal> {
        let task = self.tasks.get(of.task).ok_or(TaskRefusal::NoSuchTask)?;
        let hidden = task.hidden.as_ref().ok_or(TaskRefusal::NotRestorable)?;
        if by.ms - hidden.stamp.ms > RESTORABLE_MS {
            return Err(TaskRefusal::NotRestorable);
        }
        match self.tasks.named(&task.target_wallet, &task.name) {
            Some(by) => Err(TaskRefusal::NameTaken { by }),
            None => Ok(task),
        }
    }

    fn restore_task(&mut self, of: OfTask, by: &Stamp) -> TaskOutcome {
        let Some(task) = self.tasks.get_mut(of.task) else { return TaskOutcome::of(of.task, 0) };
        task.hidden = None;
        let (name, taken_out) = (task.name.clone(), ordinals(&task.exclusions));
        self.tasks.rename(of.task, &name);
        self.set_taken_out(&set_name(of.task), taken_out);
        self.changed(of.task, by)
    }
}

impl Edited {
    /// The standing set of its rules.
    fn set(self, task: &Task) -> String {
        match self {
            Edited::Draft => task.set_name(),
            Edited::NextRevision => task.draft_set_name(),
        }
    }
}

/// A set that stands while a filter is looked up.
fn filter_name(task: &Task) -> String {
    format!("{}:filter", task.set_name())
}

fn checked_name(name: &str) -> Result<&str, TaskRefusal> {
    let name = name.trim();
    let good = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if good { Ok(name) } else { Err(TaskRefusal::Name) }
}

pub(super) fn checked_schedule(schedule: Schedule, by: &Stamp) -> Result<(), TaskRefusal> {
    match (schedule.start_ms, schedule.end_ms) {
        (Some(start), Some(end)) if end <= start => Err(TaskRefusal::Schedule),
        (_, Some(end)) if end <= by.ms => Err(TaskRefusal::Schedule),
        _ => Ok(()),
    }
}

fn checked_drift(drift: Option<DriftLimits>) -> Result<(), TaskRefusal> {
    match drift {
        Some(DriftLimits { percent: None, count: None }) => Err(TaskRefusal::Drift),
        _ => Ok(()),
    }
}
