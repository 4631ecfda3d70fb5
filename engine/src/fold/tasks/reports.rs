//! What people and wallets say of deliveries under way: the brake's release, what a wallet could not take, another try.

use super::Decided;
use crate::fold::State;
use crate::supply::change::{Cause, Change, Stream};
use crate::task::command::{OfTask, Report, TaskOutcome};
use crate::task::event::What;
use crate::task::ledger::Failure;
use crate::task::refusal::TaskRefusal;
use crate::task::{Stamp, TaskId};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

impl State {
    /// What the set holds now is what is approved from now on; what waits joins in steps.
    pub(super) fn release_brake(&mut self, of: OfTask, by: &Stamp) -> Decided {
        let task = self.task(of)?;
        let id = task.id;
        if task.delivery.brake.is_none() {
            return Err(TaskRefusal::NotHeld.into());
        }
        let baseline = self.deliverable_of(id).len();
        if let Some(task) = self.tasks.get_mut(id) {
            task.delivery.brake = None;
            task.delivery.baseline = baseline;
        }
        self.tasks.agenda.put(by.ms, id);
        Ok(self.changed(id, by))
    }

    /// Offers the items of a task again that its wallet could not take.
    pub(super) fn retry(&mut self, of: OfTask, by: &Stamp) -> Decided {
        let task = self.task(of)?;
        let (id, wallet, held) = (task.id, task.target_wallet.clone(), task.delivery.held.clone());
        let ledger = self.tasks.ledgers.get_mut(&wallet);
        let mut told = Vec::new();
        if let Some(ledger) = ledger {
            let failed: Vec<u32> =
                ledger.failures().map(|(ordinal, _)| ordinal).filter(|o| held.contains(*o)).collect();
            for ordinal in failed {
                ledger.report(ordinal, None);
                told.push((ledger.journal, ordinal));
            }
        }
        let items = told.len() as u64;
        if items == 0 {
            return Err(TaskRefusal::NothingFailed.into());
        }
        for (journal, ordinal) in told {
            let (stream, version, cause) = (Stream::Delivered, self.version(ordinal), Cause::Activated { task: id });
            self.supply.changes.push((journal, Change { stream, entered: true, ordinal, version, cause }));
        }
        Ok(TaskOutcome { items, ..self.changed(id, by) })
    }

    /// Takes over what a wallet could do with items. What it says of older versions, or of items that it does not get any more,
    /// is of no use to anybody.
    pub(super) fn report(&mut self, report: &Report, by: &Stamp) -> Decided {
        let failed_before = self.failed_by_task(&report.wallet);
        let mut items = 0;
        for of in &report.items {
            let Some(ordinal) = self.catalog.ordinal(of.item.content_type, &of.item.content_id) else { continue };
            let current = self.version(ordinal) == of.version;
            let failure =
                of.failure.as_ref().map(|reason| Failure { version: of.version, reason: reason.clone(), ms: by.ms });
            let ledger = self.tasks.ledgers.get_mut(&report.wallet).filter(|_| current);
            items += u64::from(ledger.is_some_and(|ledger| ledger.report(ordinal, failure)));
        }
        for (task, items) in self.failed_by_task(&report.wallet) {
            if !failed_before.contains_key(&task) {
                self.tell_event(task, by.ms, What::Failed { items });
            }
        }
        Ok(TaskOutcome { items, ..TaskOutcome::of(0, 0) })
    }

    /// The tasks that hold items which the wallet could not take, and how many.
    fn failed_by_task(&self, wallet: &str) -> BTreeMap<TaskId, u64> {
        let Some(ledger) = self.tasks.ledgers.get(wallet) else { return BTreeMap::new() };
        let failed: RoaringBitmap = ledger.failures().map(|(ordinal, _)| ordinal).collect();
        if failed.is_empty() {
            return BTreeMap::new();
        }
        let of_task = self.tasks.holders(wallet).map(|task| (task.id, task.delivery.held.intersection_len(&failed)));
        of_task.filter(|(_, items)| *items > 0).collect()
    }
}
