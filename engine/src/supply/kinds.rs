//! What is asked of every target and set of an item at each of its versions, in a few bytes each that lie side by side: most
//! targets and sets are then never read themselves, which would be several reads of memory each.

use super::change::JournalId;
use super::target::{Purpose, SetId, Target, TargetId};

const BROAD: u8 = 1;
const CONDITIONS: u8 = 1 << 1;
const CLOCK: u8 = 1 << 2;
const SELECTS_MERCHANTS: u8 = 1 << 3;

/// Targets at a glance.
#[derive(Default)]
pub struct Kinds {
    kinds: Vec<u8>,
    /// The set that each is a part of.
    part_of: Vec<Option<SetId>>,
}

impl Kinds {
    /// Takes over what a target is now.
    pub fn set(&mut self, id: TargetId, target: &Target) {
        let at = id as usize;
        if self.kinds.len() <= at {
            self.kinds.resize(at + 1, 0);
            self.part_of.resize(at + 1, None);
        }
        let kinds = [
            (BROAD, target.broad),
            (CONDITIONS, !target.conditions().is_empty()),
            (CLOCK, target.has_clock()),
            (SELECTS_MERCHANTS, matches!(target.purpose, Purpose::MerchantsOf(_))),
        ];
        self.kinds[at] = kinds.into_iter().filter(|(_, is)| *is).fold(0, |all, (kind, _)| all | kind);
        self.part_of[at] = if let Purpose::PartOf(set) = target.purpose { Some(set) } else { None };
    }

    /// Whether items have it as a bit in a row and not in their lists.
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

    /// The set that it is a part of.
    pub fn part_of(&self, id: TargetId) -> Option<SetId> {
        *self.part_of.get(id as usize)?
    }

    fn has(&self, id: TargetId, kind: u8) -> bool {
        self.kinds.get(id as usize).is_some_and(|kinds| kinds & kind != 0)
    }
}

/// Dense number of a wallet that sets are for.
pub type WalletNumber = u16;

/// A set at a glance.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetGlance {
    /// Its journal.
    pub journal: JournalId,
    /// Where its items go.
    pub wallet: WalletNumber,
    /// Whether it is one target, and so what that holds.
    pub is_one_target: bool,
    /// Whether anything is taken out of it.
    pub takes_out: bool,
}
