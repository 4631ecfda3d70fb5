//! How often groups were candidates, and how often they matched.
//!
//! Apart from what it takes to verify a candidate: only one item in sixteen is counted.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Counts of one group. What several threads count at the same time may be lost.
#[derive(Debug, Default)]
pub struct Looks {
    looked_at: AtomicU32,
    matched: AtomicU32,
}

impl Looks {
    /// Counts that it was a candidate.
    pub fn count_look(&self) {
        self.looked_at.store(self.looked_at().wrapping_add(1), Relaxed);
    }

    /// Counts that it matched.
    pub fn count_match(&self) {
        self.matched.store(self.matched().wrapping_add(1), Relaxed);
    }

    /// Times that it was a candidate.
    pub fn looked_at(&self) -> u32 {
        self.looked_at.load(Relaxed)
    }

    /// Those of them where it matched.
    pub fn matched(&self) -> u32 {
        self.matched.load(Relaxed)
    }
}
