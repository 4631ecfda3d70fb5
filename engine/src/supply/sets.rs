//! Standing sets: each the union of what its targets hold.

use super::bits::BitmapBytes;
use super::change::JournalId;
use super::change::Ordinal;
use super::clock::property;
use super::kinds::{Kinds, SetGlance, WalletNumber};
use super::slab::Slab;
use super::tags::TagName;
use super::target::{ConditionTest, Purpose, SetId, Target, TargetBody, TargetId};
use penstock_dsl::expr::{Predicate, PropertyRef};
use roaring::{MultiOps, RoaringBitmap};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::ops::{BitXor, Bound};

/// What the operator says of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The rules as written.
    pub rules: Box<str>,
    /// Where its items are to go.
    pub target_wallet: Box<str>,
    /// The day of the exchange rates that its rules convert at.
    pub fx_date: Option<String>,
}

/// A standing set.
#[derive(Debug)]
pub struct Set {
    /// Its name.
    pub name: Box<str>,
    /// What the operator says of it.
    pub definition: Definition,
    /// Counts changes of the definition, from 1.
    pub revision: u32,
    /// Its journal.
    pub journal: JournalId,
    /// Its parts.
    pub targets: Vec<TargetId>,
    /// Items that the operator took out; they stay out whatever versions follow (D-39).
    pub taken_out: RoaringBitmap,
}

/// All sets and targets.
#[derive(Default)]
pub struct Sets {
    sets: Slab<Set>,
    targets: Slab<Target>,
    kinds: Kinds,
    /// By set.
    glances: Vec<SetGlance>,
    /// Wallets that sets have been for, by number.
    wallet_names: Vec<Box<str>>,
    by_name: BTreeMap<Box<str>, SetId>,
    by_wallet: BTreeMap<Box<str>, BTreeSet<SetId>>,
    /// Targets by the tags that they ask for.
    by_tag: BTreeMap<TagName, BTreeSet<TargetId>>,
    /// Targets that ask something of merchants.
    of_merchants: BTreeSet<TargetId>,
    /// The properties that clock conditions read, and how many do.
    clock_properties: BTreeMap<PropertyRef, u32>,
    journals: JournalId,
}

impl Sets {
    /// Makes a set that has no parts yet, with a journal of its own.
    pub fn add(&mut self, name: Box<str>, definition: Definition) -> SetId {
        let set = Set {
            name,
            definition,
            revision: 1,
            journal: self.new_journal(),
            targets: Vec::new(),
            taken_out: RoaringBitmap::new(),
        };
        let (name, wallet) = (set.name.clone(), set.definition.target_wallet.clone());
        let id = self.sets.add(set);
        self.by_name.insert(name, id);
        self.by_wallet.entry(wallet).or_default().insert(id);
        self.glance_at(id);
        id
    }

    /// Takes over what a set is now.
    fn glance_at(&mut self, id: SetId) {
        let Some(set) = self.sets.get(id) else { return };
        let wallet = &set.definition.target_wallet;
        let number = self.wallet_names.iter().position(|name| name == wallet).unwrap_or_else(|| {
            self.wallet_names.push(wallet.clone());
            self.wallet_names.len() - 1
        });
        let at = id as usize;
        if self.glances.len() <= at {
            self.glances.resize_with(at + 1, Default::default);
        }
        self.glances[at] =
            SetGlance { journal: set.journal, wallet: number as WalletNumber, takes_out: !set.taken_out.is_empty() };
    }

    /// A set that stands, at a glance.
    pub fn glance(&self, id: SetId) -> SetGlance {
        self.glances.get(id as usize).copied().unwrap_or_default()
    }

    /// The name of a wallet that sets are for.
    pub fn wallet_name(&self, number: WalletNumber) -> &str {
        self.wallet_names.get(usize::from(number)).map_or("", |name| name)
    }

    /// Changes what is taken out of a set; `None` where there is no such set.
    pub fn change_taken_out<T>(&mut self, id: SetId, change: impl FnOnce(&mut RoaringBitmap) -> T) -> Option<T> {
        let result = change(&mut self.sets.get_mut(id)?.taken_out);
        self.glance_at(id);
        Some(result)
    }

    /// The number of a journal that nothing was told in yet.
    pub fn new_journal(&mut self) -> JournalId {
        self.journals += 1;
        self.journals
    }

    /// Makes the parts of a set those of another one that has none.
    pub fn hand_over(&mut self, from: SetId, to: SetId) {
        let parts = self.sets.get_mut(from).map(|set| std::mem::take(&mut set.targets)).unwrap_or_default();
        for part in &parts {
            if let Some(target) = self.targets.get_mut(*part) {
                target.purpose = Purpose::PartOf(to);
                self.kinds.set(*part, target);
            }
        }
        if let Some(set) = self.sets.get_mut(to) {
            set.targets.extend(&parts);
            self.kinds.link(&set.targets);
        }
    }

    /// Gives a set, whose parts were taken, another definition.
    pub fn redefine(&mut self, id: SetId, definition: Definition) {
        let Some(set) = self.sets.get_mut(id) else { return };
        let before = std::mem::replace(&mut set.definition, definition);
        set.revision += 1;
        let wallet = set.definition.target_wallet.clone();
        self.forget_wallet(&before.target_wallet, id);
        self.by_wallet.entry(wallet).or_default().insert(id);
        self.glance_at(id);
    }

    /// Removes a set whose parts were taken; its journal.
    pub fn remove(&mut self, id: SetId) -> Option<JournalId> {
        let set = self.sets.remove(id)?;
        self.by_name.remove(&set.name);
        self.forget_wallet(&set.definition.target_wallet, id);
        Some(set.journal)
    }

    fn forget_wallet(&mut self, wallet: &str, id: SetId) {
        if let Some(sets) = self.by_wallet.get_mut(wallet) {
            sets.remove(&id);
            if sets.is_empty() {
                self.by_wallet.remove(wallet);
            }
        }
    }

    /// Adds a target to what it serves; the targets that its conditions ask for are told with [`Sets::ask_merchants`].
    pub fn add_target(&mut self, target: Target) -> TargetId {
        let purpose = target.purpose;
        let id = self.targets.add(target);
        self.index_conditions(id);
        if let Purpose::PartOf(set) = purpose
            && let Some(set) = self.sets.get_mut(set)
        {
            set.targets.push(id);
            self.kinds.link(&set.targets);
        }
        id
    }

    /// Makes the n-th condition of a target ask for what another target holds among merchants.
    pub fn ask_merchants(&mut self, id: TargetId, n: usize, of: TargetId) {
        if let Some(target) = self.targets.get_mut(id) {
            target.ask_merchants(n, of);
            self.of_merchants.insert(id);
        }
    }

    fn index_conditions(&mut self, id: TargetId) {
        let Some(target) = self.targets.get(id) else { return };
        self.kinds.set(id, target);
        for condition in target.conditions() {
            match &condition.test {
                ConditionTest::Tag(predicate) => {
                    tag_of(predicate).into_iter().for_each(|tag| _ = self.by_tag.entry(tag).or_default().insert(id))
                }
                ConditionTest::Merchant(_) => _ = self.of_merchants.insert(id),
                ConditionTest::Clock(predicate) => {
                    property(predicate)
                        .into_iter()
                        .for_each(|read| *self.clock_properties.entry(read.clone()).or_default() += 1);
                }
            }
        }
    }

    /// Takes all targets of a set, those that they ask of merchants included.
    pub fn take_targets(&mut self, id: SetId) -> Vec<(TargetId, Target)> {
        let Some(set) = self.sets.get_mut(id) else { return Vec::new() };
        let mut left = std::mem::take(&mut set.targets);
        self.glance_at(id);
        let mut taken = Vec::new();
        while let Some(id) = left.pop() {
            if let Some(target) = self.targets.remove(id) {
                left.extend(target.merchant_targets());
                self.kinds.forget(id);
                self.of_merchants.remove(&id);
                self.by_tag.retain(|_, targets| {
                    targets.remove(&id);
                    !targets.is_empty()
                });
                target.clock_predicates().filter_map(property).for_each(|read| self.read_no_more(read));
                taken.push((id, target));
            }
        }
        taken
    }

    /// One clock condition less reads a property.
    fn read_no_more(&mut self, property: &PropertyRef) {
        if let Some(count) = self.clock_properties.get_mut(property) {
            *count -= 1;
            if *count == 0 {
                self.clock_properties.remove(property);
            }
        }
    }

    /// The properties that clock conditions read.
    pub fn clock_properties(&self) -> impl Iterator<Item = &PropertyRef> {
        self.clock_properties.keys()
    }

    /// A set's id.
    pub fn find(&self, name: &str) -> Option<SetId> {
        self.by_name.get(name).copied()
    }

    /// A set.
    pub fn get(&self, id: SetId) -> Option<&Set> {
        self.sets.get(id)
    }

    /// All sets, by name.
    pub fn by_name(&self) -> impl Iterator<Item = (SetId, &Set)> {
        self.by_name.values().filter_map(|id| Some((*id, self.sets.get(*id)?)))
    }

    /// Sets after a name, by name.
    pub fn by_name_after(&self, after: Option<&str>) -> impl Iterator<Item = (SetId, &Set)> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.by_name.range::<str, _>((after, Bound::Unbounded));
        ids.filter_map(|(_, id)| Some((*id, self.sets.get(*id)?)))
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The sets of a wallet.
    pub fn of_wallet(&self, wallet: &str) -> impl Iterator<Item = (SetId, &Set)> {
        let ids = self.by_wallet.get(wallet).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.sets.get(*id)?)))
    }

    /// Wallets that some set is for.
    pub fn wallets(&self) -> impl Iterator<Item = &str> {
        self.by_wallet.keys().map(|wallet| &**wallet)
    }

    /// A target.
    pub fn target(&self, id: TargetId) -> Option<&Target> {
        self.targets.get(id)
    }

    /// A target, to change.
    pub fn target_mut(&mut self, id: TargetId) -> Option<&mut Target> {
        self.targets.get_mut(id)
    }

    /// Says whether items have a target as a bit in a row, or in their lists.
    pub fn set_broad(&mut self, id: TargetId, broad: bool) {
        if let Some(target) = self.targets.get_mut(id) {
            target.broad = broad;
            self.kinds.set(id, target);
        }
    }

    /// What targets are, at a glance.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// All targets.
    pub fn targets(&self) -> impl Iterator<Item = (TargetId, &Target)> {
        self.targets.iter()
    }

    /// Targets that ask for a tag.
    pub fn asking_tag(&self, tag: &TagName) -> impl Iterator<Item = TargetId> {
        self.by_tag.get(tag).into_iter().flatten().copied()
    }

    /// Targets that ask something of merchants.
    pub fn asking_merchants(&self) -> impl Iterator<Item = TargetId> {
        self.of_merchants.iter().copied()
    }

    /// What a set matches: what its targets hold together.
    pub fn matched<'a>(&'a self, set: &'a Set) -> Cow<'a, RoaringBitmap> {
        let mut held = self.held(set);
        match (held.next(), held.next()) {
            (None, _) => Cow::Owned(RoaringBitmap::new()),
            (Some(only), None) => Cow::Borrowed(only),
            (Some(first), Some(second)) => Cow::Owned([first, second].into_iter().chain(held).union()),
        }
    }

    /// What a set matches of some items.
    pub fn matched_of(&self, set: &Set, items: &RoaringBitmap) -> RoaringBitmap {
        self.held(set).map(|held| held & items).union()
    }

    /// Whether a set matches an item.
    pub fn matches(&self, set: &Set, ordinal: Ordinal) -> bool {
        self.held(set).any(|held| held.contains(ordinal))
    }

    fn held<'a>(&'a self, set: &'a Set) -> impl Iterator<Item = &'a RoaringBitmap> {
        set.targets.iter().filter_map(|target| self.targets.get(*target)).map(Target::held)
    }

    /// Reads what a new member of these targets changes, so that the machine need not wait for it when they are changed one
    /// after the other: most of it lies far apart. Level by level, since where a level lies is read in the one before it.
    pub fn read_ahead(&self, targets: &[TargetId]) {
        let all = |read: &dyn Fn(&Target) -> Option<bool>| {
            let read = |id: &TargetId| self.targets.get(*id).and_then(read);
            black_box(targets.iter().filter_map(read).fold(false, BitXor::bitxor));
        };
        all(&|target| Some(target.base.is_empty()));
        all(&|target| Some(target.base.contains(Ordinal::MAX)));
        all(&|target| Some(target.base.max() == Some(0)));
        all(&|target| Some(target.conditions().first()?.negated));
        all(&|target| target.passing().map(|held| held.contains(Ordinal::MAX)));
        all(&|target| target.passing().map(|held| held.max() == Some(0)));
    }

    /// For a checkpoint.
    pub fn export(&self) -> SetsBody {
        let body = |(id, set): (SetId, &Set)| SetBody {
            id,
            name: set.name.clone(),
            definition: set.definition.clone(),
            revision: set.revision,
            journal: set.journal,
            targets: set.targets.clone(),
            taken_out: (&set.taken_out).into(),
        };
        let targets = self.targets.iter().map(|(id, target)| (id, target.export())).collect();
        SetsBody { sets: self.sets.iter().map(body).collect(), targets, journals: self.journals }
    }

    /// Takes a set of a checkpoint over, whose targets come with [`Sets::restore_target`]; sets come by id.
    pub fn restore(&mut self, body: SetBody) -> Option<()> {
        self.by_name.insert(body.name.clone(), body.id);
        self.by_wallet.entry(body.definition.target_wallet.clone()).or_default().insert(body.id);
        let set = Set {
            name: body.name,
            definition: body.definition,
            revision: body.revision,
            journal: body.journal,
            targets: body.targets,
            taken_out: body.taken_out.bitmap()?,
        };
        self.sets.restore(body.id, set);
        self.glance_at(body.id);
        Some(())
    }

    /// Takes a target of a checkpoint over; targets come by id.
    pub fn restore_target(&mut self, id: TargetId, target: Target) {
        self.targets.restore(id, target);
        self.index_conditions(id);
    }

    /// Takes over what follows when all sets and targets are there; `journals` is the number of the last journal.
    pub fn end_restoring(&mut self, journals: JournalId) {
        self.sets.iter().for_each(|(_, set)| self.kinds.link(&set.targets));
        self.journals = journals;
    }
}

/// Sets and targets in a checkpoint. What the targets ask follows from the sets' rules.
#[derive(Serialize, Deserialize)]
pub struct SetsBody {
    /// By id.
    pub sets: Vec<SetBody>,
    /// By id.
    pub targets: Vec<(TargetId, TargetBody)>,
    /// The number of the last journal.
    pub journals: JournalId,
}

/// A set in a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct SetBody {
    /// Its id.
    pub id: SetId,
    name: Box<str>,
    /// What the operator says of it.
    pub definition: Definition,
    revision: u32,
    journal: JournalId,
    /// In the order in which its rules make them.
    pub targets: Vec<TargetId>,
    taken_out: BitmapBytes,
}

fn tag_of(predicate: &Predicate) -> Option<TagName> {
    match predicate {
        Predicate::Test { subject, .. } => TagName::of(&subject.property),
        Predicate::All => None,
    }
}
