//! What is asked of every target and set of an item at each of its versions, in a few bytes each that lie side by side: most
//! targets and sets are then never read themselves, which would be several reads of memory each.

use super::change::JournalId;
use super::target::{Purpose, SetId, Target, TargetId};

/// No set, no target.
const NONE: u32 = u32::MAX;

const BROAD: u8 = 1;
const CONDITIONS: u8 = 1 << 1;
const CLOCK: u8 = 1 << 2;
const SELECTS_MERCHANTS: u8 = 1 << 3;

/// Which part of a set a target is.
#[derive(Clone, Copy)]
struct Part {
    /// The set, or [`NONE`].
    of: SetId,
    /// The next part, after the last the first again; [`NONE`] where there is no other.
    next: TargetId,
}

const NO_PART: Part = Part { of: NONE, next: NONE };

/// Targets at a glance.
#[derive(Default)]
pub struct Kinds {
    kinds: Vec<u8>,
    /// The part that each is.
    parts: Vec<Part>,
}

impl Kinds {
    /// Takes over what a target is now.
    pub fn set(&mut self, id: TargetId, target: &Target) {
        let at = id as usize;
        if self.kinds.len() <= at {
            self.kinds.resize(at + 1, 0);
            self.parts.resize(at + 1, NO_PART);
        }
        let kinds = [
            (BROAD, target.broad),
            (CONDITIONS, !target.conditions().is_empty()),
            (CLOCK, target.has_clock()),
            (SELECTS_MERCHANTS, matches!(target.purpose, Purpose::MerchantsOf(_))),
        ];
        self.kinds[at] = kinds.into_iter().filter(|(_, is)| *is).fold(0, |all, (kind, _)| all | kind);
        self.parts[at].of = if let Purpose::PartOf(set) = target.purpose { set } else { NONE };
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
        self.parts.get(id as usize).map(|part| part.of).filter(|set| *set != NONE)
    }

    /// Takes over that a target is no more.
    pub fn forget(&mut self, id: TargetId) {
        if let (Some(kinds), Some(part)) = (self.kinds.get_mut(id as usize), self.parts.get_mut(id as usize)) {
            (*kinds, *part) = (0, NO_PART);
        }
    }

    /// Takes over that these targets, each of which is known, are all parts of a set.
    pub fn link(&mut self, targets: &[TargetId]) {
        for (target, next) in targets.iter().zip(targets.iter().cycle().skip(1)) {
            self.parts[*target as usize].next = if next == target { NONE } else { *next };
        }
    }

    /// The other parts of the set that a target is a part of.
    pub fn beside(&self, id: TargetId) -> impl Iterator<Item = TargetId> {
        let next = move |id: &TargetId| self.parts.get(*id as usize).map(|part| part.next).filter(|next| *next != NONE);
        std::iter::successors(next(&id), next).take_while(move |other| *other != id)
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
    /// Whether anything is taken out of it.
    pub takes_out: bool,
}
