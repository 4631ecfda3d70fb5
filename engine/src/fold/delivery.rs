//! Delivery follows the sets: at a record's end, what entered or left what live tasks can deliver changes what their
//! wallets get, and the wallets' feeds tell it.

use super::State;
use crate::catalog::Ordinal;
use crate::supply::change::{Cause, Change, JournalId, Stream};
use crate::task::event::What;
use crate::task::ledger::{EndCause, Ended, Failure, Ledger};
use crate::task::state::TaskState;
use crate::task::{Task, TaskId};
use std::collections::{BTreeMap, BTreeSet};

/// What a record changes in deliveries, until its end.
#[derive(Default)]
pub struct Moved {
    /// By wallet and item: whether it was delivered before, and why that may have changed, lastly.
    items: BTreeMap<(Box<str>, Ordinal), (bool, Cause)>,
    /// Items of which a new version has come.
    pub touched: BTreeSet<Ordinal>,
}

impl State {
    /// Takes over what the record has changed in the sets of live tasks, and tells the wallets' feeds.
    pub(super) fn follow_deliveries(&mut self, now_ms: i64) {
        if self.tasks.any_live() {
            let changes = std::mem::take(&mut self.supply.changes);
            self.follow(&changes, now_ms);
            debug_assert!(self.supply.changes.is_empty(), "following changes no sets");
            self.supply.changes = changes;
        }
        self.tell_feeds();
    }

    fn follow(&mut self, changes: &[(JournalId, Change)], now_ms: i64) {
        let mut matched: BTreeSet<(JournalId, Ordinal)> = BTreeSet::new();
        let mut fixed: BTreeMap<TaskId, u64> = BTreeMap::new();
        for (journal, change) in changes {
            let Some(id) = self.tasks.live(*journal) else { continue };
            match (change.stream, change.entered) {
                (Stream::Matched, true) => _ = matched.insert((*journal, change.ordinal)),
                (Stream::Deliverable, true) => {
                    let joined = self.join(id, change.ordinal, &change.cause, now_ms);
                    if joined && mends(&change.cause) && !matched.contains(&(*journal, change.ordinal)) {
                        *fixed.entry(id).or_default() += 1;
                    }
                }
                (Stream::Deliverable, false) => self.leave(id, change.ordinal, &change.cause, now_ms),
                (Stream::Matched, false) | (Stream::Delivered, _) => {}
            }
        }
        for (id, items) in fixed {
            self.tell_event(id, now_ms, What::Fixed { items });
        }
    }

    /// Whether an item that can be delivered now joins a live task at once. Many at a time, as with other rules, join in steps.
    fn join(&mut self, id: TaskId, ordinal: Ordinal, cause: &Cause, now_ms: i64) -> bool {
        let Some(task) = self.tasks.get(id) else { return false };
        if !task.state.is_live() || !task.is_started(now_ms) || task.delivery.brake.is_some() {
            return false;
        }
        if matches!(cause, Cause::Rules { .. }) {
            self.tasks.agenda.put(now_ms, id);
            return false;
        }
        if task.room() == 0 {
            self.brake(id, true, now_ms);
            return false;
        }
        self.hold(id, ordinal, cause);
        true
    }

    fn leave(&mut self, id: TaskId, ordinal: Ordinal, cause: &Cause, now_ms: i64) {
        let ended = self.end_cause(id, ordinal, cause);
        self.let_go(id, ordinal, cause, ended, now_ms);
        let Some(task) = self.tasks.get(id).filter(|task| task.state.is_live()) else { return };
        let fewest = task.drift.map_or(0, |drift| drift.fewest(task.delivery.baseline));
        // While it is being filled it holds fewer for another reason.
        let filled = !task.state.is_activating();
        if filled && task.delivery.held.len() < fewest && !matches!(cause, Cause::Rules { .. }) {
            self.brake(id, false, now_ms);
        }
    }

    fn end_cause(&self, id: TaskId, ordinal: Ordinal, cause: &Cause) -> EndCause {
        let wallet = self.tasks.get(id).and_then(|task| self.supply.wallets.get(&task.target_wallet));
        match cause {
            Cause::Content if !self.catalog.entry(ordinal).is_some_and(|entry| entry.live) => EndCause::Tenant,
            Cause::Risk => match wallet.and_then(|wallet| wallet.risk(ordinal)) {
                Some(decision) if decision.value.automatic => EndCause::RiskAuto,
                _ => EndCause::RiskManual,
            },
            Cause::TakenOut | Cause::Pulled => EndCause::Pulled,
            Cause::Terminated { .. } => EndCause::TaskTerminated,
            _ => EndCause::LeftSet,
        }
    }

    /// A task holds an item from now on.
    pub(super) fn hold(&mut self, id: TaskId, ordinal: Ordinal, cause: &Cause) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !task.delivery.held.insert(ordinal) {
            return;
        }
        task.delivery.released.remove(ordinal);
        let wallet = task.target_wallet.clone();
        if !self.tasks.ledgers.contains_key(&wallet) {
            let journal = self.supply.sets.new_journal();
            self.tasks.ledgers.insert(wallet.clone(), Ledger::new(journal));
        }
        let Some(ledger) = self.tasks.ledgers.get_mut(&wallet) else { return };
        let was = ledger.holders(ordinal) > 0;
        ledger.hold(ordinal);
        self.moved.note(wallet, ordinal, was, cause);
    }

    /// A task holds an item no more.
    pub(super) fn let_go(&mut self, id: TaskId, ordinal: Ordinal, cause: &Cause, ended: EndCause, now_ms: i64) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !task.delivery.held.remove(ordinal) {
            return;
        }
        task.delivery.released.insert(ordinal);
        let wallet = task.target_wallet.clone();
        let Some(ledger) = self.tasks.ledgers.get_mut(&wallet) else { return };
        let was = ledger.holders(ordinal) > 0;
        ledger.release(ordinal, Ended { cause: ended, ms: now_ms });
        self.moved.note(wallet, ordinal, was, cause);
    }

    /// Tells the wallets' feeds what is delivered now and was not, the other way round, and what has a new version.
    fn tell_feeds(&mut self) {
        let Moved { items, touched } = std::mem::take(&mut self.moved);
        let mut told = Vec::new();
        for (wallet, ledger) in &self.tasks.ledgers {
            for &ordinal in touched.iter().filter(|ordinal| ledger.holders(**ordinal) > 0) {
                let stays = items.get(&(wallet.clone(), ordinal)).is_none_or(|(was, _)| *was);
                if stays {
                    told.push((ledger.journal, ordinal, true, Cause::Content));
                }
            }
        }
        for ((wallet, ordinal), (was, cause)) in items {
            let Some(ledger) = self.tasks.ledgers.get(&wallet) else { continue };
            let is = ledger.holders(ordinal) > 0;
            if is != was {
                told.push((ledger.journal, ordinal, is, cause));
            }
        }
        for (journal, ordinal, entered, cause) in told {
            let version = self.version(ordinal);
            let change = Change { stream: Stream::Delivered, entered, ordinal, version, cause };
            self.supply.changes.push((journal, change));
        }
    }

    /// How an item stands with a task: what the list of its supply shows (R050, D-66).
    pub fn delivery_state(&self, id: TaskId, ordinal: Ordinal) -> DeliveryState {
        let Some(task) = self.tasks.get(id) else { return DeliveryState::None };
        let ledger = self.tasks.ledgers.get(&task.target_wallet);
        if task.delivery.held.contains(ordinal) {
            return match () {
                () if ledger.is_some_and(|ledger| ledger.failure(ordinal).is_some()) => DeliveryState::Failed,
                () if task.state == TaskState::Terminating => DeliveryState::Deactivating,
                () => DeliveryState::Active,
            };
        }
        match ledger.and_then(|ledger| ledger.ended(ordinal)) {
            Some(ended) => DeliveryState::Deactivated(ended.cause),
            None if task.state.is_activating() => DeliveryState::Activating,
            None if task.state.is_live() => DeliveryState::Pending,
            None => DeliveryState::None,
        }
    }

    /// What a task's wallet could not do with an item that it holds.
    pub fn failure_of(&self, task: &Task, ordinal: Ordinal) -> Option<&Failure> {
        let ledger = self.tasks.ledgers.get(&task.target_wallet)?;
        task.delivery.held.contains(ordinal).then(|| ledger.failure(ordinal))?
    }

    /// How an item stands with a wallet, of all tasks together.
    pub fn delivery_to(&self, wallet: &str, ordinal: Ordinal) -> DeliveryState {
        let ledger = self.tasks.ledgers.get(wallet);
        let mut holders = self.tasks.holding(wallet, ordinal).peekable();
        if holders.peek().is_some() {
            return match () {
                () if ledger.is_some_and(|ledger| ledger.failure(ordinal).is_some()) => DeliveryState::Failed,
                () if holders.all(|task| task.state == TaskState::Terminating) => DeliveryState::Deactivating,
                () => DeliveryState::Active,
            };
        }
        match ledger.and_then(|ledger| ledger.ended(ordinal)) {
            Some(ended) => DeliveryState::Deactivated(ended.cause),
            None => DeliveryState::Pending,
        }
    }
}

/// Whether somebody has mended what stood in an item's way, rather than taken a decision back.
fn mends(cause: &Cause) -> bool {
    matches!(cause, Cause::Content | Cause::Onboarding { .. } | Cause::Merchant { .. } | Cause::Tag { .. })
}

/// How an item stands with a task, or with a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// The task delivers nothing now.
    None,
    /// It waits: for the task's start, or because the drift brake is on, or something stands in its way.
    Pending,
    /// It is about to be delivered.
    Activating,
    /// It is delivered.
    Active,
    /// The wallet could not take it.
    Failed,
    /// It is about to be taken back.
    Deactivating,
    /// It was delivered.
    Deactivated(EndCause),
}

impl Moved {
    fn note(&mut self, wallet: Box<str>, ordinal: Ordinal, was: bool, cause: &Cause) {
        self.items.entry((wallet, ordinal)).or_insert((was, cause.clone())).1 = cause.clone();
    }
}
