//! Making, changing and removing standing sets.
//!
//! A definition takes effect at the end of its record: what its rules match then is read from the index and its overlay,
//! which at that moment are exactly the state after the record, and from the next record on the matcher keeps it. No
//! version slips between. A changed definition takes the place of the old one in the same step, and what differs is told.

use super::parts::{Part, PartTest};
use super::{Snapshot, State};
use crate::catalog::Ordinal;
use crate::command::{CommandOutcome, PutSet, Refusal, SetOutcome, TakeOut};
use crate::content::document::Document;
use crate::matcher::groups::GroupId;
use crate::supply::SETS_MAX;
use crate::supply::bits::BitmapBytes;
use crate::supply::change::{Cause, Change, JournalId, Stream};
use crate::supply::clock::times_of;
use crate::supply::sets::{Definition, Set};
use crate::supply::target::{Condition, ConditionTest, Purpose, SetId, Target, TargetId};
use crate::task::SET_PREFIX;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::expr::Predicate;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A definition whose rules check.
pub struct Registration {
    name: Box<str>,
    definition: Definition,
    /// Its parts, each to be looked up with [`Part::with_merchants`].
    pub parts: Vec<Part>,
}

/// What the index has found for a registration: one for each part with its merchants' parts, in order.
#[derive(Serialize, Deserialize)]
pub struct Found(pub Vec<FoundPart>);

/// What the index has found for a part.
#[derive(Serialize, Deserialize)]
pub struct FoundPart {
    /// What the own-content rules match.
    pub base: BitmapBytes,
    /// The times of those items that the part's clock conditions read.
    pub times: Vec<(Ordinal, Document)>,
}

impl State {
    /// Reads a set's definition; the outcome where nothing is to be looked up.
    pub fn prepare(&self, put: PutSet) -> Result<Registration, CommandOutcome> {
        let refused = |refusal| Err(CommandOutcome::Refused(refusal));
        let known = self.supply.sets.find(&put.name);
        if known.is_none() && self.supply.sets.len() >= SETS_MAX {
            return refused(Refusal::TooManySets);
        }
        let options = match self.check_options(put.fx_date.as_deref()) {
            Ok(options) => options,
            Err(no_rates) => return refused(Refusal::NoRates(no_rates)),
        };
        let checked = check(&put.rules, &options);
        let Some(expr) = checked.expr else { return refused(Refusal::Rules(checked.diagnostics)) };
        let definition = Definition { rules: put.rules, target_wallet: put.target_wallet, fx_date: checked.fx_date };
        if known.and_then(|id| self.supply.sets.get(id)).is_some_and(|set| set.definition == definition) {
            return Err(CommandOutcome::Unchanged);
        }
        Ok(Registration { name: put.name, definition, parts: Part::of(&expr) })
    }

    /// Makes a set stand, or takes a new definition over.
    pub fn register(&mut self, registration: Registration, found: Found) -> CommandOutcome {
        let Registration { name, definition, parts } = registration;
        if self.supply.wallet(&definition.target_wallet).is_none() {
            return CommandOutcome::Refused(Refusal::TooManyWallets);
        }
        let known = self.supply.sets.find(&name);
        let before = known.map(|id| self.in_reach(id)).unwrap_or_default();
        let id = match known {
            Some(id) => {
                self.remove_targets(id);
                self.supply.sets.redefine(id, definition);
                id
            }
            None => self.supply.sets.add(name, definition),
        };
        let mut found = found.0.into_iter();
        let targets: Vec<TargetId> =
            parts.iter().map(|part| self.add_part(part, Purpose::PartOf(id), &mut found)).collect();
        targets.iter().for_each(|target| self.fill(*target));
        let after = self.in_reach(id);
        let (journal, revision) = self.supply.sets.get(id).map_or((0, 0), |set| (set.journal, set.revision));
        let cause = Cause::Rules { revision };
        let (entered, left) = self.tell_difference(journal, &before, &after, &cause);
        self.publish_wallets();
        CommandOutcome::Set(SetOutcome { created: known.is_none(), revision, entered, left })
    }

    /// Lets previews see a wallet that a registration has brought up.
    fn publish_wallets(&mut self) {
        if self.snapshot.supply.wallets.len() != self.supply.wallets.len() {
            let Snapshot { seq, index, overlay, .. } = &*self.snapshot;
            let (index, overlay) = (index.clone(), overlay.after(index.seq));
            self.snapshot = Arc::new(Snapshot { seq: *seq, index, overlay, supply: self.supply.view() });
        }
    }

    /// Removes a set, unless it is a task's.
    pub fn delete_set_by_name(&mut self, name: &str) -> CommandOutcome {
        match name.starts_with(SET_PREFIX) {
            true => CommandOutcome::Refused(Refusal::SetOfTask),
            false => self.delete_set(name),
        }
    }

    /// Removes a set.
    pub(super) fn delete_set(&mut self, name: &str) -> CommandOutcome {
        let Some(id) = self.supply.sets.find(name) else { return CommandOutcome::Refused(Refusal::NoSuchSet) };
        self.remove_targets(id);
        let journal = self.supply.sets.remove(id);
        self.supply.ended.extend(journal);
        CommandOutcome::Applied
    }

    /// Takes items out of a set or back in.
    pub(super) fn take_out(&mut self, take: TakeOut) -> CommandOutcome {
        let Some(id) = self.supply.sets.find(&take.set) else { return CommandOutcome::Refused(Refusal::NoSuchSet) };
        let ordinals: Vec<Ordinal> = take.items.iter().map(|item| self.reserve(item)).collect();
        let before = self.in_reach(id);
        let journal = self.supply.sets.glance(id).journal;
        let changed = self.supply.sets.change_taken_out(id, |taken_out| {
            let change = |ordinal: &Ordinal| match take.out {
                true => taken_out.insert(*ordinal),
                false => taken_out.remove(*ordinal),
            };
            ordinals.iter().map(change).filter(|changed| *changed).count()
        });
        let after = self.in_reach(id);
        self.tell_difference(journal, &before, &after, &Cause::TakenOut);
        if changed > Some(0) { CommandOutcome::Applied } else { CommandOutcome::Unchanged }
    }

    /// What a check of the tenant's rules depends on.
    pub fn check_options(&self, fx_date: Option<&str>) -> Result<CheckOptions, crate::api::NoRates> {
        let rates = self.fx.get(fx_date).cloned();
        match (fx_date, &rates) {
            (Some(date), None) => Err(crate::api::NoRates(date.to_owned())),
            _ => Ok(CheckOptions { rates, ..CheckOptions::default() }),
        }
    }

    /// Adds a part and those that it asks of merchants, with what was found for them.
    fn add_part(&mut self, part: &Part, purpose: Purpose, found: &mut impl Iterator<Item = FoundPart>) -> TargetId {
        let FoundPart { base, times } = found.next().expect("something was looked up for each part");
        let base = base.bitmap().expect("it was a bitmap when it was found");
        let id = self.add_target(part, purpose, base);
        for (ordinal, times) in times {
            self.supply.clock.keep_more(ordinal, times);
        }
        for (n, condition) in part.conditions.iter().enumerate() {
            if let PartTest::Merchant(asked) = &condition.test {
                let of = self.add_part(asked, Purpose::MerchantsOf(id), found);
                self.fill(of);
                self.supply.sets.ask_merchants(id, n, of);
            }
        }
        self.list_base(id);
        id
    }

    /// Adds a part's target with its groups.
    pub(super) fn add_target(&mut self, part: &Part, purpose: Purpose, base: RoaringBitmap) -> TargetId {
        let conditions = part.conditions.iter().map(|condition| Condition {
            negated: condition.negated,
            test: match &condition.test {
                PartTest::Tag(predicate) => ConditionTest::Tag(predicate.clone()),
                PartTest::Clock(predicate) => ConditionTest::Clock(predicate.clone()),
                PartTest::Merchant(_) => ConditionTest::Merchant(TargetId::MAX),
            },
        });
        let id = self.supply.sets.add_target(Target::new(purpose, conditions.collect(), base));
        self.enter_groups(id, part);
        id
    }

    /// Lets the matcher know the groups of a target.
    pub(super) fn enter_groups(&mut self, id: TargetId, part: &Part) {
        let mut ids: Vec<GroupId> = Vec::new();
        for block in &part.own.blocks {
            for group in &block.groups {
                let rules = group.rules.iter().filter(|rule| rule.negated || rule.predicate != Predicate::All);
                let rules: Vec<(bool, &Predicate)> = rules.map(|rule| (rule.negated, &rule.predicate)).collect();
                ids.push(self.groups.insert(block.content_type, &rules, id));
            }
        }
        self.group_ids.insert(id, ids);
    }

    /// Makes items' lists know a target by its base.
    pub(super) fn list_base(&mut self, id: TargetId) {
        let items = self.catalog.len();
        let Some(target) = self.supply.sets.target(id) else { return };
        let (broad, base) = (target.is_broad(items), &target.base);
        match broad {
            true => self.supply.lists.add_broad(id, base),
            false => self.supply.lists.add_narrow(id, base),
        }
        self.supply.sets.set_broad(id, broad);
    }

    /// Works out what a target with conditions holds of its base.
    fn fill(&mut self, id: TargetId) {
        let Some(target) = self.supply.sets.target(id).filter(|target| !target.conditions().is_empty()) else { return };
        let has_clock = target.has_clock();
        let passes = |ordinal| {
            let times = has_clock.then(|| self.supply.clock.times(ordinal)).flatten();
            self.conditions_hold(target.conditions(), self.condition_facts(ordinal, times.as_ref()))
        };
        let passing: Vec<(Ordinal, bool)> = target.base.iter().map(|ordinal| (ordinal, passes(ordinal))).collect();
        for (ordinal, passes) in passing {
            self.supply.sets.target_mut(id).into_iter().for_each(|target| _ = target.hold(ordinal, passes));
            if has_clock {
                self.set_timer(ordinal);
            }
        }
    }

    pub(super) fn remove_targets(&mut self, set: SetId) {
        for (id, target) in self.supply.sets.take_targets(set) {
            self.group_ids.remove(&id).into_iter().flatten().for_each(|group| self.groups.remove(group));
            match target.broad {
                true => self.supply.lists.remove_broad(id, &target.base),
                false => self.supply.lists.remove_narrow(id, &target.base),
            }
            if target.has_clock() {
                self.forget_times(&target.base);
            }
        }
    }

    /// Keeps of these items' times only what targets that are left read.
    fn forget_times(&mut self, ordinals: &RoaringBitmap) {
        for ordinal in ordinals {
            let supply = &self.supply;
            let Some(times) = supply.clock.times(ordinal) else { continue };
            let is_asked = supply.clock_targets(ordinal).next().is_some();
            let times = times_of(&times, supply.sets.clock_properties()).filter(|_| is_asked);
            self.supply.clock.keep(ordinal, times.as_ref());
            self.set_timer(ordinal);
        }
    }

    /// What a set matches, and what of it is deliverable.
    pub(super) fn in_reach(&self, id: SetId) -> InReach {
        let Some(set) = self.supply.sets.get(id) else { return InReach::default() };
        let matched = self.supply.sets.matched(set).into_owned();
        InReach { deliverable: self.deliverable(set), matched }
    }

    /// The items of a set that can be delivered.
    pub fn deliverable(&self, set: &Set) -> RoaringBitmap {
        let mut left = &*self.supply.sets.matched(set) - &set.taken_out;
        if let Some(wallet) = self.supply.wallets.get(&set.definition.target_wallet) {
            let barriers = wallet.barriers();
            for barred in [&barriers.lacking, &barriers.not_onboarded, &barriers.stopped, &barriers.pulled] {
                left -= barred.to_bitmap();
            }
        }
        left
    }

    pub(super) fn tell_difference(
        &mut self,
        journal: JournalId,
        before: &InReach,
        after: &InReach,
        cause: &Cause,
    ) -> (u64, u64) {
        let (entered, left) = (&after.matched - &before.matched, &before.matched - &after.matched);
        let counts = (entered.len(), left.len());
        self.tell_all(journal, Stream::Matched, false, &left, cause);
        self.tell_all(journal, Stream::Matched, true, &entered, cause);
        self.tell_all(journal, Stream::Deliverable, false, &(&before.deliverable - &after.deliverable), cause);
        self.tell_all(journal, Stream::Deliverable, true, &(&after.deliverable - &before.deliverable), cause);
        counts
    }

    fn tell_all(&mut self, journal: JournalId, stream: Stream, entered: bool, items: &RoaringBitmap, cause: &Cause) {
        for ordinal in items {
            let version = self.version(ordinal);
            self.supply.changes.push((journal, Change { stream, entered, ordinal, version, cause: cause.clone() }));
        }
    }
}

/// What a set matches, and what of it is deliverable.
#[derive(Default)]
pub(super) struct InReach {
    matched: RoaringBitmap,
    deliverable: RoaringBitmap,
}
