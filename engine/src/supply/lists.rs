//! Which targets have an item in their base, by item: what the new answer of the matcher is compared with.
//!
//! An item's own list has the narrow targets; broad ones are looked up in their bases, for in lists they would take more
//! memory than the items. Invariant: the lists have exactly the narrow targets, each by its base.

use super::change::Ordinal;
use super::target::TargetId;

/// Targets by item.
#[derive(Default)]
pub struct Lists {
    /// Sorted.
    narrow: Vec<Box<[TargetId]>>,
    /// Sorted.
    broad: Vec<TargetId>,
}

impl Lists {
    /// The narrow targets of an item, sorted.
    pub fn narrow(&self, ordinal: Ordinal) -> &[TargetId] {
        self.narrow.get(ordinal as usize).map_or(&[], |list| list)
    }

    /// All broad targets, sorted.
    pub fn broad(&self) -> &[TargetId] {
        &self.broad
    }

    /// Replaces an item's narrow targets, sorted.
    pub fn set_narrow(&mut self, ordinal: Ordinal, targets: Box<[TargetId]>) {
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
            let list: Vec<_> = self.narrow(ordinal).iter().copied().filter(|other| *other != target).collect();
            self.set_narrow(ordinal, list.into());
        }
    }

    /// Makes a target broad.
    pub fn add_broad(&mut self, target: TargetId) {
        if let Err(at) = self.broad.binary_search(&target) {
            self.broad.insert(at, target);
        }
    }

    /// Forgets a broad target.
    pub fn remove_broad(&mut self, target: TargetId) {
        self.broad.retain(|other| *other != target);
    }

    /// Heap bytes, roughly.
    pub fn heap_bytes(&self) -> usize {
        let lists = self.narrow.iter().map(|list| size_of_val(&**list)).sum::<usize>();
        self.narrow.capacity() * size_of::<Box<[TargetId]>>() + lists
    }
}
