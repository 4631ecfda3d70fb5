//! A set of ordinals that is cheap to copy and to change afterwards: what snapshots hold on to while the fold goes on.
//!
//! It is cut into chunks of 65,536 ordinals that copies share until one of them changes a chunk. Invariant: no chunk at the
//! end is empty, so equal sets have equal chunks.

use super::change::Ordinal;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const CHUNK_BITS: u32 = 16;

/// A set of ordinals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bits {
    chunks: Vec<Arc<RoaringBitmap>>,
}

impl Bits {
    /// Whether an ordinal is in it.
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.chunks.get((ordinal >> CHUNK_BITS) as usize).is_some_and(|chunk| chunk.contains(ordinal))
    }

    /// Puts an ordinal in or takes it out; tells whether that changed anything.
    pub fn set(&mut self, ordinal: Ordinal, is_in: bool) -> bool {
        if self.contains(ordinal) == is_in {
            return false;
        }
        let at = (ordinal >> CHUNK_BITS) as usize;
        if self.chunks.len() <= at {
            self.chunks.resize_with(at + 1, Arc::default);
        }
        let chunk = Arc::make_mut(&mut self.chunks[at]);
        if is_in {
            chunk.insert(ordinal)
        } else {
            chunk.remove(ordinal)
        };
        self.trim();
        true
    }

    /// Ordinals in it.
    pub fn len(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Ordinals in order.
    pub fn iter(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// The same set as one bitmap.
    pub fn to_bitmap(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        self.chunks.iter().for_each(|chunk| all |= &**chunk);
        all
    }

    fn trim(&mut self) {
        while self.chunks.last().is_some_and(|chunk| chunk.is_empty()) {
            self.chunks.pop();
        }
    }
}

impl From<&RoaringBitmap> for Bits {
    fn from(all: &RoaringBitmap) -> Self {
        let chunks = all.max().map_or(0, |max| (max >> CHUNK_BITS) + 1);
        let chunk = |at: u32| {
            let first = at << CHUNK_BITS;
            let inside = all.range(first..=first | ((1 << CHUNK_BITS) - 1));
            Arc::new(RoaringBitmap::from_sorted_iter(inside).expect("a range is in order"))
        };
        Bits { chunks: (0..chunks).map(chunk).collect() }
    }
}

/// A bitmap's portable serialization, for checkpoints.
#[derive(Clone, Serialize, Deserialize)]
pub struct BitmapBytes(Vec<u8>);

impl From<&RoaringBitmap> for BitmapBytes {
    fn from(bitmap: &RoaringBitmap) -> Self {
        let mut bytes = Vec::with_capacity(bitmap.serialized_size());
        bitmap.serialize_into(&mut bytes).expect("memory takes every byte");
        BitmapBytes(bytes)
    }
}

impl BitmapBytes {
    /// The bitmap; `None` where the bytes are none.
    pub fn bitmap(&self) -> Option<RoaringBitmap> {
        RoaringBitmap::deserialize_from(&self.0[..]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_copy_stays_as_it_was(steps in prop::collection::vec((0..300_000u32, any::<bool>()), 0..60)) {
            let (mut bits, mut model) = (Bits::default(), BTreeSet::new());
            for (ordinal, is_in) in steps {
                let (before, then) = (bits.clone(), model.clone());
                let changed = if is_in { model.insert(ordinal) } else { model.remove(&ordinal) };
                prop_assert_eq!(bits.set(ordinal, is_in), changed);
                prop_assert!(before.iter().eq(then.iter().copied()));
            }
            prop_assert!(bits.iter().eq(model.iter().copied()));
            prop_assert_eq!(bits.len(), model.len() as u64);
            let bitmap = bits.to_bitmap();
            prop_assert_eq!(Bits::from(&bitmap), bits);
            prop_assert_eq!(BitmapBytes::from(&bitmap).bitmap(), Some(bitmap));
        }
    }
}
