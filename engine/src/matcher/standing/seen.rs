//! How often keys have been seen in items: what makes one way in to a question rarer than another.
//!
//! A count-min sketch (G. Cormode and S. Muthukrishnan, 2005) of fixed size: counts are never too low, and too high only where
//! keys share a cell in every row. It decides what a question costs, never what it answers.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const ROWS: usize = 2;
const CELLS: usize = 1 << 16;
/// Of the items after the first [`ALL_OF`], one in so many is counted.
const ONE_IN: u64 = 16;
/// So many items are counted, each.
const ALL_OF: u64 = 4096;

/// Counters of keys, given as well-mixed hashes.
#[derive(Default)]
pub struct Seen {
    /// Empty until the first count.
    cells: Box<[AtomicU32]>,
}

impl Seen {
    /// Makes room for counts, where there is none.
    pub fn open(&mut self) {
        if self.cells.is_empty() {
            self.cells = (0..ROWS * CELLS).map(|_| AtomicU32::new(0)).collect();
        }
    }

    /// Whether the `n`-th item is one to count.
    pub fn samples(&self, n: u64) -> bool {
        !self.cells.is_empty() && (n < ALL_OF || n.is_multiple_of(ONE_IN))
    }

    /// Counts a key. Counts of threads at the same time may be lost.
    pub fn count(&self, hash: u64) {
        for cell in self.cells_of(hash) {
            cell.store(cell.load(Relaxed).saturating_add(1), Relaxed);
        }
    }

    /// How often a key was counted.
    pub fn times(&self, hash: u64) -> u32 {
        self.cells_of(hash).map(|cell| cell.load(Relaxed)).min().unwrap_or(0)
    }

    fn cells_of(&self, hash: u64) -> impl Iterator<Item = &AtomicU32> {
        let row = move |row: usize| {
            let cell = (hash >> (20 * row)) as usize % CELLS;
            self.cells.get(row * CELLS + cell)
        };
        (0..ROWS).filter_map(row)
    }
}

/// The counts of one property's keys.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    seen: Option<&'a Seen>,
    salt: u64,
}

impl<'a> Counter<'a> {
    /// Counts into, and from, `seen`; `salt` tells properties apart.
    pub fn of(seen: &'a Seen, salt: u64) -> Self {
        Counter { seen: Some(seen), salt }
    }

    /// Counts nothing.
    pub fn none() -> Self {
        Counter { seen: None, salt: 0 }
    }

    /// Counts a key.
    pub fn count(self, key: u64) {
        if let Some(seen) = self.seen {
            seen.count(mixed(key ^ self.salt));
        }
    }

    /// How often a key was counted.
    pub fn times(self, key: u64) -> u32 {
        self.seen.map_or(0, |seen| seen.times(mixed(key ^ self.salt)))
    }
}

/// Spreads a key's bits (the finish of splitmix64).
fn mixed(key: u64) -> u64 {
    let key = (key ^ (key >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    key ^ (key >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_never_too_low_and_cost_nothing_unopened() {
        let mut seen = Seen::default();
        seen.count(7);
        assert_eq!((seen.times(7), seen.samples(0)), (0, false));
        seen.open();
        let hash = |n: u64| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes());
        for n in 0..1000 {
            (0..n % 5).for_each(|_| seen.count(hash(n)));
        }
        assert!((0..1000).all(|n| u64::from(seen.times(hash(n))) >= n % 5));
        let exact = (0..1000).filter(|&n| u64::from(seen.times(hash(n))) == n % 5).count();
        assert!(exact > 990, "{exact}");
    }
}
