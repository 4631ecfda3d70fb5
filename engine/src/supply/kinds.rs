//! What is asked of every target of an item at each of its versions, in a byte a target: most targets are then never read
//! themselves, which would be several reads of memory each.

use super::target::{Purpose, Target, TargetId};

const BROAD: u8 = 1;
const CONDITIONS: u8 = 1 << 1;
const CLOCK: u8 = 1 << 2;
const SELECTS_MERCHANTS: u8 = 1 << 3;

/// Kinds by target.
#[derive(Default)]
pub struct Kinds(Vec<u8>);

impl Kinds {
    /// Takes over what a target is now.
    pub fn set(&mut self, id: TargetId, target: &Target) {
        let at = id as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        let kinds = [
            (BROAD, target.broad),
            (CONDITIONS, !target.conditions.is_empty()),
            (CLOCK, target.has_clock()),
            (SELECTS_MERCHANTS, matches!(target.purpose, Purpose::MerchantsOf(_))),
        ];
        self.0[at] = kinds.into_iter().filter(|(_, is)| *is).fold(0, |all, (kind, _)| all | kind);
    }

    /// Whether it is looked up in its base and not in items' lists.
    pub fn is_broad(&self, id: TargetId) -> bool {
        self.has(id, BROAD)
    }

    /// Whether it has conditions.
    pub fn has_conditions(&self, id: TargetId) -> bool {
        self.has(id, CONDITIONS)
    }

    /// Whether the clock matters to it.
    pub fn has_clock(&self, id: TargetId) -> bool {
        self.has(id, CLOCK)
    }

    /// Whether it selects the MERCHANT items that another target asks for.
    pub fn selects_merchants(&self, id: TargetId) -> bool {
        self.has(id, SELECTS_MERCHANTS)
    }

    fn has(&self, id: TargetId, kind: u8) -> bool {
        self.0.get(id as usize).is_some_and(|kinds| kinds & kind != 0)
    }
}
