//! Deciding memberships: what an event about an item changes in the sets, and the journal's entries about it.
//!
//! Five triggers, one path. An event changes bases (a content version) or asks conditions again (tags, the clock, the
//! merchant) or moves barriers (onboarding, policy, risk). All targets of an item are brought up to date before any set is
//! looked at, so that an item that one group lets go and another takes stays in without a trace.

use super::State;
use super::flips::{SetFlip, TargetFlip};
use crate::catalog::Ordinal;
use crate::content::document::Document;
use crate::content::eligibility::FieldSet;
use crate::matcher::evaluate::holds;
use crate::supply::Supply;
use crate::supply::change::{Cause, Change, Stream};
use crate::supply::clock::{next_turn, times_of};
use crate::supply::items::{Facts, MerchantName};
use crate::supply::kinds::WalletNumber;
use crate::supply::tags;
use crate::supply::target::{Condition, ConditionTest, SetId, Target, TargetId};
use crate::supply::wallet::Flip;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};

/// What conditions read of an item.
#[derive(Clone, Copy)]
pub struct ConditionFacts<'a> {
    /// The item, if anything of it has come.
    pub ordinal: Option<Ordinal>,
    /// Its merchantId, if any item or onboarding has named it.
    pub merchant: Option<MerchantName>,
    /// Its times.
    pub times: Option<&'a Document>,
}

impl State {
    /// Takes a new version of an item over; `None` for a tombstone.
    pub(super) fn decide_content(&mut self, ordinal: Ordinal, document: Option<&Document>, version: i64) {
        let merchant = document.and_then(Document::merchant_id).map(|id| self.names.merchants.intern(id));
        let facts = document.map(|document| Facts {
            content_type: document.content_type,
            fields: FieldSet::of(document),
            merchant,
        });
        let was = self.supply.items.set(ordinal, facts);
        let asked_as_merchant = self.take_merchant_over(ordinal, was, facts, version);
        let matching: Vec<TargetId> = match document {
            Some(document) => self.groups.matching(document, &mut self.probe).to_vec(),
            None => Vec::new(),
        };
        let (off, on, kept) = self.compare(ordinal, &matching);
        let same_times = self.keep_times(ordinal, document, &matching);
        self.supply.sets.read_ahead(&on);
        self.supply.sets.read_ahead(&off);
        let has_clock = |id: &TargetId| self.supply.sets.kinds().has_clock(*id);
        let same_turns = same_times && !on.iter().chain(&off).any(has_clock);
        let mut changed = Vec::new();
        for &target in &off {
            self.set_base(target, ordinal, false, &mut changed);
        }
        for &target in &on {
            self.set_base(target, ordinal, true, &mut changed);
        }
        if !off.is_empty() || !on.is_empty() {
            self.list(ordinal, &matching, &on);
        }
        // What conditions have answered holds for as long as what they read stays as it is; a merchant may read itself.
        let of_merchant = |facts: Option<Facts>| facts.map(|facts| (facts.content_type, facts.merchant));
        let is_merchant = facts.is_some_and(|facts| facts.content_type == ContentType::Merchant);
        let same_answers = same_times && !is_merchant && of_merchant(was) == of_merchant(facts);
        let kept = if same_answers { Vec::new() } else { kept };
        self.ask_again(ordinal, on.into_iter().chain(kept).collect(), document, &mut changed);
        let flips = self.set_flips(ordinal, &changed);
        self.supply.tell(ordinal, version, &flips, false, &Cause::Content);
        self.move_barriers(ordinal, facts, version, was.is_some(), &flips);
        self.supply.tell(ordinal, version, &flips, true, &Cause::Content);
        if !same_turns {
            self.set_timer(ordinal);
        }
        self.redo_merchants(ordinal, asked_as_merchant, &changed);
    }

    /// Asks the conditions of some targets again about an item, where it is in their bases.
    pub(super) fn decide_conditions(&mut self, ordinal: Ordinal, targets: &[TargetId], cause: &Cause) {
        let mut changed = Vec::new();
        let in_base = targets.iter().copied().filter(|target| self.has(*target, ordinal)).collect();
        let times = self.supply.clock.times(ordinal);
        self.ask_again(ordinal, in_base, times.as_ref(), &mut changed);
        let flips = self.set_flips(ordinal, &changed);
        let version = self.version(ordinal);
        self.supply.tell(ordinal, version, &flips, false, cause);
        self.supply.tell(ordinal, version, &flips, true, cause);
        self.redo_merchants(ordinal, BTreeSet::new(), &changed);
    }

    /// Fires the timers that are due by the record's time.
    pub(super) fn advance_clock(&mut self, now_ms: i64) {
        self.supply.now_ms = self.supply.now_ms.max(now_ms);
        for ordinal in self.supply.clock.take_due(self.supply.now_ms) {
            let targets: Vec<_> = self.supply.clock_targets(ordinal).collect();
            self.decide_conditions(ordinal, &targets, &Cause::Clock);
            self.set_timer(ordinal);
        }
    }

    /// Tells the sets of a wallet of items whose way to it has opened or closed.
    pub(super) fn tell_barriers(&mut self, wallet: &str, flips: &[Flip], cause: &Cause) {
        let of =
            |barred: bool| flips.iter().filter(|f| f.barred == barred).map(|f| f.ordinal).collect::<RoaringBitmap>();
        let (closed, opened) = (of(true), of(false));
        let mut told = Vec::new();
        for (_, set) in self.supply.sets.of_wallet(wallet) {
            for (ordinals, entered) in [(&closed, false), (&opened, true)] {
                let in_reach = self.supply.sets.matched_of(set, ordinals) - &set.taken_out;
                told.extend(in_reach.into_iter().map(|ordinal| (set.journal, ordinal, entered)));
            }
        }
        for (journal, ordinal, entered) in told {
            let version = self.version(ordinal);
            let change = Change { stream: Stream::Deliverable, entered, ordinal, version, cause: cause.clone() };
            self.supply.changes.push((journal, change));
        }
    }

    /// What conditions read of an item as it stands.
    pub(super) fn condition_facts<'a>(&self, ordinal: Ordinal, times: Option<&'a Document>) -> ConditionFacts<'a> {
        ConditionFacts { ordinal: Some(ordinal), merchant: self.supply.items.merchant(ordinal), times }
    }

    /// Whether all conditions of a target hold of an item of which this is known.
    pub fn conditions_hold(&self, conditions: &[Condition], of: ConditionFacts<'_>) -> bool {
        conditions.iter().all(|condition| self.condition_test(&condition.test, of) != condition.negated)
    }

    fn condition_test(&self, test: &ConditionTest, of: ConditionFacts<'_>) -> bool {
        let supply = &self.supply;
        match test {
            ConditionTest::Tag(predicate) => {
                of.ordinal.is_some_and(|ordinal| tags::passes(supply.tags.view(), predicate, ordinal))
            }
            ConditionTest::Clock(predicate) => of.times.is_some_and(|times| holds(predicate, times, supply.now_ms)),
            ConditionTest::Merchant(target) => {
                let merchant = of.merchant.and_then(|name| self.merchant_item(name));
                merchant.is_some_and(|m| supply.sets.target(*target).is_some_and(|t| t.held().contains(m)))
            }
        }
    }

    /// The MERCHANT item behind a merchantId.
    pub fn merchant_item(&self, name: MerchantName) -> Option<Ordinal> {
        self.supply.merchants.named(name).or_else(|| {
            let ordinal = self.catalog.ordinal(ContentType::Merchant, self.names.merchants.get(name)?)?;
            self.supply.items.live(ContentType::Merchant).contains(ordinal).then_some(ordinal)
        })
    }

    /// The latest version of an item.
    pub(super) fn version(&self, ordinal: Ordinal) -> i64 {
        self.catalog.entry(ordinal).map_or(-1, |entry| entry.version)
    }

    /// Takes a MERCHANT item's place behind merchantIds over; those whose item is another now.
    fn take_merchant_over(
        &mut self,
        ordinal: Ordinal,
        was: Option<Facts>,
        now: Option<Facts>,
        version: i64,
    ) -> BTreeSet<MerchantName> {
        if was.or(now).is_none_or(|facts| facts.content_type != ContentType::Merchant) {
            return BTreeSet::new();
        }
        let content_id = self.catalog.content_id(ordinal);
        let by_content_id = self.names.merchants.find(content_id);
        let names: BTreeSet<_> =
            [was.and_then(|f| f.merchant), now.and_then(|f| f.merchant), by_content_id].into_iter().flatten().collect();
        // The facts are the new ones already: who stood behind a name by its content id shows only in what it was.
        let live_before = |state: &State, name: MerchantName| {
            state.supply.merchants.named(name).or_else(|| match by_content_id == Some(name) {
                true => was.map(|_| ordinal),
                false => state.merchant_item(name),
            })
        };
        let before: Vec<_> = names.iter().map(|name| live_before(self, *name)).collect();
        let merchant = now.and_then(|facts| facts.merchant).map(|name| (name, version));
        self.supply.merchants.set(ordinal, content_id, merchant);
        let changed = names.into_iter().zip(before).filter(|(name, before)| self.merchant_item(*name) != *before);
        changed.map(|(name, _)| name).collect()
    }

    /// Targets that an item is no more in the base of, is now, and still is; read of the item's own lists, not of the bases.
    fn compare(&self, ordinal: Ordinal, matching: &[TargetId]) -> (Vec<TargetId>, Vec<TargetId>, Vec<TargetId>) {
        let (mut off, mut on, mut kept) = (Vec::new(), Vec::new(), Vec::with_capacity(matching.len()));
        let broad = self.supply.lists.broad();
        let mut listed = self.supply.narrow_of(ordinal).peekable();
        for &target in matching {
            off.extend(std::iter::from_fn(|| listed.next_if(|listed| *listed < target)));
            match listed.next_if_eq(&target).is_some() || broad.has(ordinal, target) {
                true => kept.push(target),
                false => on.push(target),
            }
        }
        off.extend(listed);
        off.extend(broad.of(ordinal).filter(|target| matching.binary_search(target).is_err()));
        (off, on, kept)
    }

    fn has(&self, target: TargetId, ordinal: Ordinal) -> bool {
        self.supply.sets.target(target).is_some_and(|target| target.base.contains(ordinal))
    }

    fn set_base(&mut self, id: TargetId, ordinal: Ordinal, is_in: bool, changed: &mut Vec<TargetFlip>) {
        if self.supply.sets.target_mut(id).is_some_and(|target| target.set_base(ordinal, is_in)) {
            changed.push((id, is_in));
        }
    }

    /// Asks the conditions of targets about an item that is in their bases; those that select merchants come first, for
    /// others read what they hold. `times` are the item's, or all of it.
    fn ask_again(
        &mut self,
        ordinal: Ordinal,
        mut targets: Vec<TargetId>,
        times: Option<&Document>,
        changed: &mut Vec<TargetFlip>,
    ) {
        let kinds = self.supply.sets.kinds();
        targets.retain(|id| kinds.has_conditions(*id));
        targets.sort_by_key(|id| !kinds.selects_merchants(*id));
        let facts = self.condition_facts(ordinal, times);
        for id in targets {
            let conditions = self.supply.sets.target(id).map_or(&[][..], Target::conditions);
            let passes = self.conditions_hold(conditions, facts);
            if self.supply.sets.target_mut(id).is_some_and(|target| target.hold(ordinal, passes)) {
                changed.push((id, passes));
            }
        }
    }

    /// The sets that an item enters or leaves by what its targets hold now.
    fn set_flips(&mut self, ordinal: Ordinal, changed: &[TargetFlip]) -> Vec<SetFlip> {
        if changed.is_empty() {
            return Vec::new();
        }
        let supply = &self.supply;
        self.marks.flips(supply.sets.kinds(), changed, supply.bases_of(ordinal), |id| supply.holds(id, ordinal))
    }

    /// Takes an item's new facts over in every wallet, and tells the sets that the item was in and stays in.
    fn move_barriers(
        &mut self,
        ordinal: Ordinal,
        facts: Option<Facts>,
        version: i64,
        was_live: bool,
        flips: &[SetFlip],
    ) {
        let Supply { wallets, .. } = &mut self.supply;
        let moved: Vec<(Box<str>, bool)> = wallets
            .iter_mut()
            .filter_map(|(name, wallet)| Some((name.clone(), wallet.update(ordinal, facts)?.barred)))
            .collect();
        if moved.is_empty() || !was_live {
            return;
        }
        let entered = |set: SetId| flips.contains(&(set, true));
        let stays: Vec<_> = self.supply.sets_of(ordinal).into_iter().filter(|set| !entered(*set)).collect();
        for set in stays {
            let Some(set) = self.supply.sets.get(set) else { continue };
            let moved = moved.iter().find(|(wallet, _)| *wallet == set.definition.target_wallet);
            if let Some((_, barred)) = moved.filter(|_| !set.taken_out.contains(ordinal)) {
                let (stream, entered, cause) = (Stream::Deliverable, !barred, Cause::Content);
                self.supply.changes.push((set.journal, Change { stream, entered, ordinal, version, cause }));
            }
        }
    }

    /// Keeps the item's times where the clock matters to some target of it; whether they are what was kept before.
    fn keep_times(&mut self, ordinal: Ordinal, document: Option<&Document>, matching: &[TargetId]) -> bool {
        let kinds = self.supply.sets.kinds();
        let document = document.filter(|_| matching.iter().any(|id| kinds.has_clock(*id)));
        let times = document.and_then(|document| times_of(document, self.supply.sets.clock_properties()));
        self.supply.clock.keep(ordinal, times.as_ref())
    }

    pub(super) fn set_timer(&mut self, ordinal: Ordinal) {
        let supply = &self.supply;
        let Some(times) = supply.clock.times(ordinal) else { return };
        let targets = supply.clock_targets(ordinal).filter_map(|id| supply.sets.target(id));
        let due = next_turn(&times, targets.flat_map(Target::clock_predicates), supply.now_ms);
        self.supply.clock.set_timer(ordinal, due);
    }

    /// Writes an item's list anew; targets whose base has grown broad are in lists no more from then on.
    fn list(&mut self, ordinal: Ordinal, matching: &[TargetId], grown: &[TargetId]) {
        let items = self.catalog.len();
        for &id in grown {
            if let Some(target) = self.supply.sets.target(id).filter(|t| !t.broad && t.is_broad(items)) {
                self.supply.lists.add_broad(id, &target.base);
                self.supply.sets.set_broad(id, true);
            }
        }
        let kinds = self.supply.sets.kinds();
        let narrow = matching.iter().copied().filter(|id| !kinds.is_broad(*id)).collect();
        self.supply.lists.put(ordinal, narrow, matching);
    }

    /// Decides the items of merchants again of which a condition may be answered otherwise: those with these names, and those
    /// that stand behind what is said of the item at hand.
    fn redo_merchants(&mut self, ordinal: Ordinal, mut names: BTreeSet<MerchantName>, changed: &[TargetFlip]) {
        if self.supply.sets.asking_merchants().next().is_none() {
            return;
        }
        let kinds = self.supply.sets.kinds();
        if changed.iter().any(|(id, _)| kinds.selects_merchants(*id)) {
            let own = self.supply.items.merchant(ordinal);
            let by_content_id = self.names.merchants.find(self.catalog.content_id(ordinal));
            let stands_behind = |name: &MerchantName| self.merchant_item(*name) == Some(ordinal);
            names.extend(own.into_iter().chain(by_content_id).filter(stands_behind));
        }
        for name in names {
            self.redo_merchant(name);
        }
    }

    fn redo_merchant(&mut self, name: MerchantName) {
        let (Some(items), Some(id)) = (self.supply.items.of_merchant(name), self.names.merchants.get(name)) else {
            return;
        };
        let cause = Cause::Merchant { merchant_id: (**id).into() };
        let mut asked: BTreeMap<Ordinal, Vec<TargetId>> = BTreeMap::new();
        for target in self.supply.sets.asking_merchants() {
            let base = self.supply.sets.target(target).map(|target| items & &target.base);
            base.into_iter().flatten().for_each(|ordinal| asked.entry(ordinal).or_default().push(target));
        }
        for (ordinal, targets) in asked {
            self.decide_conditions(ordinal, &targets, &cause);
        }
    }
}

impl Supply {
    /// The targets that have an item in their base, narrow ones first.
    pub fn bases_of(&self, ordinal: Ordinal) -> impl Iterator<Item = TargetId> + Clone {
        self.narrow_of(ordinal).chain(self.lists.broad().of(ordinal))
    }

    fn narrow_of(&self, ordinal: Ordinal) -> impl Iterator<Item = TargetId> + Clone {
        self.lists.narrow(ordinal).iter().copied().filter(|id| !self.sets.kinds().is_broad(*id))
    }

    /// The sets that an item is matched by.
    pub fn sets_of(&self, ordinal: Ordinal) -> BTreeSet<SetId> {
        let holding = self.bases_of(ordinal).filter(|id| self.holds(*id, ordinal));
        holding.filter_map(|id| self.sets.kinds().part_of(id)).collect()
    }

    /// Whether a target that has an item in its base holds it.
    fn holds(&self, id: TargetId, ordinal: Ordinal) -> bool {
        !self.sets.kinds().has_conditions(id)
            || self.sets.target(id).is_some_and(|target| target.held().contains(ordinal))
    }

    /// The targets that have an item in their base and that the clock matters to.
    pub(super) fn clock_targets(&self, ordinal: Ordinal) -> impl Iterator<Item = TargetId> {
        self.bases_of(ordinal).filter(|id| self.sets.kinds().has_clock(*id))
    }

    /// An item enters those of these sets that it does, or leaves those that it does: entries for what is matched and for what
    /// is deliverable.
    fn tell(&mut self, ordinal: Ordinal, version: i64, flips: &[SetFlip], entered: bool, cause: &Cause) {
        let Supply { sets, wallets, changes, .. } = self;
        let is_open =
            |wallet| wallets.get(sets.wallet_name(wallet)).is_some_and(|wallet| !wallet.barriers().bar(ordinal));
        let mut open_ways: Vec<(WalletNumber, bool)> = Vec::new();
        let change = |stream| Change { stream, entered, ordinal, version, cause: cause.clone() };
        for &(id, _) in flips.iter().filter(|(_, is_in)| *is_in == entered) {
            let set = sets.glance(id);
            changes.push((set.journal, change(Stream::Matched)));
            let known = open_ways.iter().find(|(wallet, _)| *wallet == set.wallet).map(|(_, open)| *open);
            let open = known.unwrap_or_else(|| {
                let open = is_open(set.wallet);
                open_ways.push((set.wallet, open));
                open
            });
            let taken_out = || sets.get(id).is_some_and(|set| set.taken_out.contains(ordinal));
            if open && !(set.takes_out && taken_out()) {
                changes.push((set.journal, change(Stream::Deliverable)));
            }
        }
    }
}
