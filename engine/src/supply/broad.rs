//! Which broad targets have an item in their base, by item: a bit a target, side by side, so that an item's are read at once and
//! not looked up base by base. A broad base has at least one item in 32, so its bits take no more than entries in lists would.

use super::change::Ordinal;
use super::target::TargetId;

const WORD_BITS: usize = u64::BITS as usize;
const NONE: u32 = u32::MAX;

/// A row of bits an item, a column a broad target.
#[derive(Default)]
pub struct Broad {
    /// The target of each column, where one has it.
    targets: Vec<Option<TargetId>>,
    /// By target.
    columns: Vec<u32>,
    free: Vec<u32>,
    /// Words of a row.
    width: usize,
    rows: Vec<u64>,
}

impl Broad {
    /// Whether a target's base has an item; false for one that is not broad.
    pub fn has(&self, ordinal: Ordinal, target: TargetId) -> bool {
        let Some(column) = self.column(target) else { return false };
        self.row(ordinal).get(column / WORD_BITS).is_some_and(|word| word >> (column % WORD_BITS) & 1 == 1)
    }

    /// The broad targets whose base has an item.
    pub fn of(&self, ordinal: Ordinal) -> impl Iterator<Item = TargetId> + Clone {
        let words = self.row(ordinal).iter().enumerate();
        words
            .flat_map(|(at, word)| ones(*word).map(move |bit| at * WORD_BITS + bit))
            .filter_map(|column| self.targets[column])
    }

    /// Makes a target broad that has these items in its base.
    pub fn add(&mut self, target: TargetId, ordinals: impl IntoIterator<Item = Ordinal>) {
        let column = self.free.pop().map_or(self.targets.len(), |column| column as usize);
        if column == self.targets.len() {
            self.targets.push(None);
        }
        self.targets[column] = Some(target);
        let at = target as usize;
        if self.columns.len() <= at {
            self.columns.resize(at + 1, NONE);
        }
        self.columns[at] = column as u32;
        self.widen(self.targets.len().div_ceil(WORD_BITS));
        ordinals.into_iter().for_each(|ordinal| self.set(ordinal, column, true));
    }

    /// Forgets a target that has these items in its base.
    pub fn remove(&mut self, target: TargetId, ordinals: impl IntoIterator<Item = Ordinal>) {
        let Some(column) = self.column(target) else { return };
        ordinals.into_iter().for_each(|ordinal| self.set(ordinal, column, false));
        self.columns[target as usize] = NONE;
        self.targets[column] = None;
        self.free.push(column as u32);
        if self.free.len() == self.targets.len() {
            *self = Broad::default();
        }
    }

    /// Says of which broad targets an item is in the base, of those among `targets` that are broad.
    pub fn put(&mut self, ordinal: Ordinal, targets: &[TargetId]) {
        let from = (ordinal as usize * self.width).min(self.rows.len());
        self.rows[from..].iter_mut().take(self.width).for_each(|word| *word = 0);
        for target in targets {
            if let Some(column) = self.column(*target) {
                self.set(ordinal, column, true);
            }
        }
    }

    fn column(&self, target: TargetId) -> Option<usize> {
        self.columns.get(target as usize).filter(|column| **column != NONE).map(|column| *column as usize)
    }

    fn row(&self, ordinal: Ordinal) -> &[u64] {
        let from = ordinal as usize * self.width;
        self.rows.get(from..from + self.width).unwrap_or_default()
    }

    fn set(&mut self, ordinal: Ordinal, column: usize, is_in: bool) {
        let at = ordinal as usize * self.width + column / WORD_BITS;
        if self.rows.len() <= at {
            if !is_in {
                return;
            }
            self.rows.resize((ordinal as usize + 1) * self.width, 0);
        }
        let bit = 1 << (column % WORD_BITS);
        self.rows[at] = if is_in { self.rows[at] | bit } else { self.rows[at] & !bit };
    }

    /// Rows are moved apart by half of what is there: seldom, and not by much more than is needed.
    fn widen(&mut self, width: usize) {
        if width <= self.width {
            return;
        }
        let wide = width.max(self.width + self.width / 2);
        let rows = self.rows.chunks(self.width.max(1));
        let pad = std::iter::repeat_n(0, wide - self.width);
        self.rows = rows.flat_map(|row| row.iter().copied().chain(pad.clone())).collect();
        self.width = wide;
    }
}

/// The places of the bits that are set.
fn ones(mut word: u64) -> impl Iterator<Item = usize> + Clone {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[derive(Clone, Debug)]
    enum Step {
        Add(TargetId, BTreeSet<Ordinal>),
        Remove(TargetId),
        Put(Ordinal, Vec<TargetId>),
    }

    fn step() -> impl Strategy<Value = Step> {
        let target = 0..200u32;
        prop_oneof![
            3 => (target.clone(), prop::collection::btree_set(0..40u32, 0..20)).prop_map(|(t, o)| Step::Add(t, o)),
            1 => target.clone().prop_map(Step::Remove),
            3 => (0..40u32, prop::collection::vec(target, 0..30)).prop_map(|(o, t)| Step::Put(o, t)),
        ]
    }

    proptest! {
        #[test]
        fn rows_tell_what_the_bases_do(steps in prop::collection::vec(step(), 0..250)) {
            let (mut broad, mut bases) = (Broad::default(), BTreeMap::<TargetId, BTreeSet<Ordinal>>::new());
            for step in steps {
                match step {
                    Step::Add(target, base) if !bases.contains_key(&target) => {
                        broad.add(target, base.iter().copied());
                        bases.insert(target, base);
                    }
                    Step::Add(..) => {}
                    Step::Remove(target) => broad.remove(target, bases.remove(&target).unwrap_or_default()),
                    Step::Put(ordinal, targets) => {
                        broad.put(ordinal, &targets);
                        for (target, base) in &mut bases {
                            if targets.contains(target) { base.insert(ordinal) } else { base.remove(&ordinal) };
                        }
                    }
                }
            }
            for ordinal in 0..41 {
                let expected: BTreeSet<_> = bases.iter().filter(|(_, b)| b.contains(&ordinal)).map(|(t, _)| *t).collect();
                prop_assert_eq!(broad.of(ordinal).collect::<BTreeSet<_>>(), expected.clone());
                prop_assert!((0..200).all(|target| broad.has(ordinal, target) == expected.contains(&target)));
            }
        }
    }
}
