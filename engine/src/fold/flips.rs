//! Which sets an item enters or leaves when some of its targets take it or let it go: a set has an item as long as any of its
//! targets holds it.

use crate::supply::kinds::Kinds;
use crate::supply::target::{SetId, TargetId};

/// A target that holds an item now (`true`), or holds it no more.
pub type TargetFlip = (TargetId, bool);
/// A set that an item enters (`true`) or leaves.
pub type SetFlip = (SetId, bool);

/// The target may hold the item.
const OPEN: u8 = 1;
/// It has changed: it holds the item now, or holds it no more.
const TOOK: u8 = 1 << 1;
const LET_GO: u8 = 1 << 2;

/// Room to mark targets in, kept from one item to the next.
#[derive(Default)]
pub struct Marks(Vec<u8>);

impl Marks {
    /// The sets that an item enters or leaves, each once, given its targets that have changed, each once. `open` are those that
    /// may hold it, and `holds` tells whether one does; it is asked only of targets beside one that has changed.
    pub fn flips(
        &mut self,
        kinds: &Kinds,
        changed: &[TargetFlip],
        open: impl Iterator<Item = TargetId> + Clone,
        holds: impl Fn(TargetId) -> bool,
    ) -> Vec<SetFlip> {
        open.clone().for_each(|id| self.mark(id, OPEN));
        changed.iter().for_each(|(id, holds)| self.mark(*id, if *holds { TOOK } else { LET_GO }));
        let flip = |(id, holds_now): &TargetFlip| {
            let (mut before, mut now) = (!holds_now, *holds_now);
            for other in kinds.beside(*id) {
                let (was, is) = match self.of(other) {
                    // The first of a set speaks for it.
                    TOOK.. if other < *id => return None,
                    mark if mark & TOOK != 0 => (false, true),
                    mark if mark & LET_GO != 0 => (true, false),
                    OPEN if holds(other) => return None,
                    _ => (false, false),
                };
                (before, now) = (before || was, now || is);
            }
            (before != now).then_some((kinds.part_of(*id)?, now))
        };
        let flips = changed.iter().filter_map(flip).collect();
        open.chain(changed.iter().map(|(id, _)| *id)).for_each(|id| self.0[id as usize] = 0);
        flips
    }

    fn mark(&mut self, id: TargetId, mark: u8) {
        let at = id as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= mark;
    }

    fn of(&self, id: TargetId) -> u8 {
        self.0.get(id as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::target::{Purpose, Target};
    use proptest::prelude::*;
    use roaring::RoaringBitmap;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_has_what_any_of_its_targets_holds(
            sets in prop::collection::vec(0..4u32, 10),
            items in prop::collection::vec(prop::collection::vec((any::<bool>(), any::<bool>()), 10), 1..8),
        ) {
            let mut kinds = Kinds::default();
            for (id, set) in (0..).zip(&sets) {
                kinds.set(id, &Target::new(Purpose::PartOf(*set), Vec::new(), RoaringBitmap::new()));
            }
            for set in 0..4 {
                let targets: Vec<TargetId> = (0..).zip(&sets).filter(|(_, of)| **of == set).map(|(id, _)| id).collect();
                kinds.link(&targets);
            }
            let mut marks = Marks::default();
            // Of each target whether it held the item before, and whether it holds it now.
            for held in items {
                let holding = |which: fn(&(bool, bool)) -> bool| {
                    sets.iter().zip(&held).filter(|(_, held)| which(held)).map(|(set, _)| *set).collect::<BTreeSet<_>>()
                };
                let (before, now) = (holding(|held| held.0), holding(|held| held.1));
                let changed = (0..10).zip(&held).filter(|(_, (was, is))| was != is).map(|(id, held)| (id, held.1));
                let changed: Vec<TargetFlip> = changed.rev().collect();
                let mut flips = marks.flips(&kinds, &changed, 0..10, |id| held[id as usize].1);
                flips.sort_unstable();
                let expected = before.symmetric_difference(&now).map(|set| (*set, now.contains(set)));
                prop_assert!(expected.eq(flips));
                prop_assert!(marks.0.iter().all(|mark| *mark == 0));
            }
        }
    }
}
