//! Which targets have an item in their base, by item: what the new answer of the matcher is compared with.
//!
//! An item's own list has the narrow targets; broad ones are bits in a row, for in lists they would take more memory than the
//! items. Invariant: the two have exactly the targets, each by its base, but that a list may still have some that have grown
//! broad since it was written.

use super::broad::Broad;
use super::change::Ordinal;
use super::target::TargetId;

/// Targets by item.
#[derive(Default)]
pub struct Lists {
    /// Sorted.
    narrow: Vec<Box<[TargetId]>>,
    broad: Broad,
}

impl Lists {
    /// The narrow targets of an item, sorted, and maybe some that are broad now.
    pub fn narrow(&self, ordinal: Ordinal) -> &[TargetId] {
        self.narrow.get(ordinal as usize).map_or(&[], |list| list)
    }

    /// The broad targets of an item, and of which an item is one.
    pub fn broad(&self) -> &Broad {
        &self.broad
    }

    /// Replaces an item's targets: the narrow ones, and all, sorted.
    pub fn put(&mut self, ordinal: Ordinal, narrow: Box<[TargetId]>, all: &[TargetId]) {
        self.set_narrow(ordinal, narrow);
        self.broad.put(ordinal, all);
    }

    fn set_narrow(&mut self, ordinal: Ordinal, targets: Box<[TargetId]>) {
        let at = ordinal as usize;
        if self.narrow.len() <= at {
            if targets.is_empty() {
                return;
            }
            self.narrow.resize_with(at + 1, Default::default);
        }
        self.narrow[at] = targets;
    }

    /// Puts a target into the lists of these items.
    pub fn add_narrow(&mut self, target: TargetId, ordinals: impl IntoIterator<Item = Ordinal>) {
        for ordinal in ordinals {
            let mut list = self.narrow(ordinal).to_vec();
            if let Err(at) = list.binary_search(&target) {
                list.insert(at, target);
                self.set_narrow(ordinal, list.into());
            }
        }
    }

    /// Takes a target out of the lists of these items.
    pub fn remove_narrow(&mut self, target: TargetId, ordinals: impl IntoIterator<Item = Ordinal>) {
        for ordinal in ordinals {
            let list = self.narrow(ordinal);
            if let Ok(at) = list.binary_search(&target) {
                let without = [&list[..at], &list[at + 1..]].concat();
                self.set_narrow(ordinal, without.into());
            }
        }
    }

    /// Puts a broad target in by its base.
    pub fn add_broad(&mut self, target: TargetId, ordinals: impl IntoIterator<Item = Ordinal>) {
        self.broad.add(target, ordinals);
    }

    /// Takes a broad target out by its base.
    pub fn remove_broad(&mut self, target: TargetId, ordinals: impl IntoIterator<Item = Ordinal> + Clone) {
        self.broad.remove(target, ordinals.clone());
        self.remove_narrow(target, ordinals);
    }
}
