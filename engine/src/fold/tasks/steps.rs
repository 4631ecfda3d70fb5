//! What the system does for tasks when it is due: starts, activation, deactivation, ends (T9, T14, T15, F-6.10). Each step is
//! a record, so a crash between two loses nothing and does nothing twice.

use crate::catalog::Ordinal;
use crate::fold::State;
use crate::supply::change::Cause;
use crate::task::command::TaskOutcome;
use crate::task::event::What;
use crate::task::ledger::EndCause;
use crate::task::state::{Move, TaskState};
use crate::task::work::{Brake, STEP_ITEMS};
use crate::task::{Task, TaskId};

impl State {
    /// Does what is due, at most so much that others need not wait long.
    pub(super) fn step(&mut self, now_ms: i64) -> TaskOutcome {
        let mut left = STEP_ITEMS;
        for id in self.tasks.agenda.take_due(now_ms) {
            if self.is_over(id, now_ms) {
                self.tasks.get_mut(id).into_iter().for_each(|task| _ = task.make(Move::End));
                self.tell_event(id, now_ms, What::Ended);
                self.begin_to_end(id, now_ms);
                self.tasks.agenda.drop(id);
            }
            let before = left;
            let finished = match self.tasks.get(id).map(|task| task.state) {
                Some(TaskState::Terminating) => self.take_back(id, &mut left, now_ms),
                Some(state) if state.is_live() => self.activate(id, &mut left, now_ms),
                _ => true,
            };
            self.advance_job(id, (before - left) as u64, finished, now_ms);
            if !finished {
                self.tasks.agenda.put(now_ms, id);
            }
        }
        TaskOutcome::of(0, 0)
    }

    fn is_over(&self, id: TaskId, now_ms: i64) -> bool {
        let live = self.tasks.get(id).filter(|task| task.state.is_live());
        live.and_then(|task| task.schedule.end_ms).is_some_and(|end| end <= now_ms)
    }

    fn advance_job(&mut self, id: TaskId, done: u64, finished: bool, now_ms: i64) {
        let Some(job) = self.tasks.get_mut(id).and_then(|task| task.delivery.job.as_mut()) else { return };
        if job.finished {
            return;
        }
        job.done += done;
        job.total = job.total.max(job.done);
        job.stepped_ms = now_ms;
        job.finished = finished;
        if finished {
            job.total = job.done;
        }
    }

    /// Activates some of what a live task does not hold yet; whether nothing is left.
    fn activate(&mut self, id: TaskId, left: &mut usize, now_ms: i64) -> bool {
        let deliverable = self.deliverable_of(id);
        let Some(task) = self.tasks.get(id) else { return true };
        if !task.is_started(now_ms) {
            return true;
        }
        let waiting = deliverable - &task.delivery.held;
        let room = task.room();
        let (cause, braked) = (Cause::Activated { task: id }, task.delivery.brake.is_some());
        let now: Vec<Ordinal> =
            if braked { Vec::new() } else { waiting.iter().take(room.min(*left as u64) as usize).collect() };
        *left -= now.len();
        let rest = waiting.len() - now.len() as u64;
        now.into_iter().for_each(|ordinal| self.hold(id, ordinal, &cause));
        if rest > 0 && self.tasks.get(id).is_some_and(|task| task.room() == 0) {
            self.brake(id, true, now_ms);
        }
        let held_back = self.tasks.get(id).is_some_and(|task| task.delivery.brake.is_some());
        if rest > 0 && !held_back {
            return false;
        }
        self.activated(id, now_ms);
        true
    }

    fn activated(&mut self, id: TaskId, now_ms: i64) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.make(Move::Activated).is_ok() {
            let items = task.delivery.held.len();
            self.tell_event(id, now_ms, What::Activated { items });
            if items == 0 {
                self.tell_event(id, now_ms, What::Empty);
            }
        }
    }

    /// Takes back some of what an ending task holds; whether nothing is left.
    fn take_back(&mut self, id: TaskId, left: &mut usize, now_ms: i64) -> bool {
        let Some(task) = self.tasks.get(id) else { return true };
        let now: Vec<Ordinal> = task.delivery.held.iter().take(*left).collect();
        *left -= now.len();
        let cause = Cause::Terminated { task: id };
        now.into_iter().for_each(|ordinal| self.let_go(id, ordinal, &cause, EndCause::TaskTerminated, now_ms));
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.delivery.held.is_empty()) else { return false };
        let ended = task.make(Move::Deactivated).is_ok();
        self.tasks.end_live(id);
        if ended {
            self.tell_event(id, now_ms, What::Deactivated);
        }
        true
    }

    /// Lets nothing join a task by itself any more (F-4.8).
    pub(in crate::fold) fn brake(&mut self, id: TaskId, grown: bool, now_ms: i64) {
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.delivery.brake.is_none()) else { return };
        task.delivery.brake = Some(Brake { since_ms: now_ms, grown });
        let (held, baseline) = (task.delivery.held.len(), task.delivery.baseline);
        self.tell_event(id, now_ms, What::Braked { held, baseline });
    }
}

impl Task {
    /// Whether its time has begun.
    pub fn is_started(&self, now_ms: i64) -> bool {
        self.schedule.start_ms.is_none_or(|start| start <= now_ms)
    }

    /// How many items more it may hold.
    pub fn room(&self) -> u64 {
        let most = self.drift.map_or(u64::MAX, |drift| drift.most(self.delivery.baseline));
        most.saturating_sub(self.delivery.held.len())
    }
}
