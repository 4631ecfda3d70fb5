//! What standing sets are made of.
//!
//! A set's rule groups fall into targets: all groups that read the items' own content alone are one target, and each group
//! that reads something else too (tags, the clock, the merchant) is one of its own, with those rules as conditions. A target's
//! base is what its own-content rules match, as the matcher tells at each content version; what it holds is the part of the
//! base that passes the conditions. So a trigger other than content never needs an item's content, only a look at conditions.

use super::bits::BitmapBytes;
use super::change::Ordinal;
use penstock_dsl::expr::Predicate;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

/// A set, for as long as it stands.
pub type SetId = u32;
/// A target, for as long as it stands.
pub type TargetId = u32;

/// A base with a larger share of the items, one in so many, is a bit in each item's row and no entry in items' lists.
const BROAD_ONE_IN: u64 = 32;
/// A smaller base is never broad.
const BROAD_MIN: u64 = 2_048;

/// Whom a target serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// It is a part of a set.
    PartOf(SetId),
    /// It selects the MERCHANT items that a condition of this target asks for.
    MerchantsOf(TargetId),
}

/// A rule that reads something else than the item's own content.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Whether it holds where the test does not.
    pub negated: bool,
    /// What is tested.
    pub test: ConditionTest,
}

/// What a condition tests.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionTest {
    /// The item's tags.
    Tag(Predicate),
    /// Times of the item, against the clock.
    Clock(Predicate),
    /// Whether this target holds the item's merchant.
    Merchant(TargetId),
}

/// A target.
#[derive(Debug)]
pub struct Target {
    /// Whom it serves.
    pub purpose: Purpose,
    /// What its own-content rules match.
    pub base: RoaringBitmap,
    /// Most have none, so that much less memory is read and taken.
    asks: Option<Box<Asks>>,
    /// Whether items have it as a bit in a row, and not in their lists.
    pub broad: bool,
}

/// A target's rules beside the items' own content.
#[derive(Debug)]
struct Asks {
    /// At least one.
    conditions: Vec<Condition>,
    /// The part of the base that passes them.
    held: RoaringBitmap,
}

impl Target {
    /// A target with what its own-content rules match.
    pub fn new(purpose: Purpose, conditions: Vec<Condition>, base: RoaringBitmap) -> Self {
        let asks = (!conditions.is_empty()).then(|| Box::new(Asks { conditions, held: RoaringBitmap::new() }));
        Target { purpose, base, asks, broad: false }
    }

    /// Its rules beside the items' own content.
    pub fn conditions(&self) -> &[Condition] {
        self.asks.as_ref().map_or(&[], |asks| &asks.conditions)
    }

    /// Makes its n-th condition ask for what another target holds among merchants.
    pub fn ask_merchants(&mut self, n: usize, of: TargetId) {
        let condition = self.asks.as_mut().and_then(|asks| asks.conditions.get_mut(n));
        condition.into_iter().for_each(|condition| condition.test = ConditionTest::Merchant(of));
    }

    /// What of the base passes its conditions, if it has any.
    pub fn passing(&self) -> Option<&RoaringBitmap> {
        self.asks.as_ref().map(|asks| &asks.held)
    }

    /// What it holds.
    pub fn held(&self) -> &RoaringBitmap {
        self.passing().unwrap_or(&self.base)
    }

    /// Says that the conditions hold of an item of the base, or not; whether that is new. Nothing where there are none.
    pub fn hold(&mut self, ordinal: Ordinal, holds: bool) -> bool {
        match &mut self.asks {
            Some(asks) if holds => put(&mut asks.held, ordinal),
            Some(asks) => asks.held.remove(ordinal),
            None => false,
        }
    }

    /// Puts an item into the base or takes it out, and out of what is held; whether what is held has changed.
    pub fn set_base(&mut self, ordinal: Ordinal, is_in: bool) -> bool {
        let changed = if is_in { put(&mut self.base, ordinal) } else { self.base.remove(ordinal) };
        match &mut self.asks {
            None => changed,
            Some(asks) => !is_in && asks.held.remove(ordinal),
        }
    }

    /// Whether a base of this size is broad among so many items.
    pub fn is_broad(&self, items: usize) -> bool {
        self.base.len() > BROAD_MIN.max(items as u64 / BROAD_ONE_IN)
    }

    /// What it asks of the clock.
    pub fn clock_predicates(&self) -> impl Iterator<Item = &Predicate> {
        self.conditions().iter().filter_map(|condition| match &condition.test {
            ConditionTest::Clock(predicate) => Some(predicate),
            _ => None,
        })
    }

    /// Whether the clock matters to it.
    pub fn has_clock(&self) -> bool {
        self.clock_predicates().next().is_some()
    }

    /// Whether merchants matter to it.
    pub fn has_merchants(&self) -> bool {
        self.merchant_targets().next().is_some()
    }

    /// The targets that its conditions ask of merchants.
    pub fn merchant_targets(&self) -> impl Iterator<Item = TargetId> {
        self.conditions().iter().filter_map(|condition| match condition.test {
            ConditionTest::Merchant(target) => Some(target),
            _ => None,
        })
    }

    /// For a checkpoint.
    pub fn export(&self) -> TargetBody {
        TargetBody {
            base: (&self.base).into(),
            held: self.passing().map(BitmapBytes::from),
            merchants: self.merchant_targets().collect(),
        }
    }

    /// Takes over what a checkpoint has of it; `None` where that does not fit.
    pub fn restore(&mut self, body: &TargetBody) -> Option<()> {
        self.base = body.base.bitmap()?;
        match (&mut self.asks, &body.held) {
            (Some(asks), Some(bytes)) => asks.held = bytes.bitmap()?,
            (None, None) => {}
            _ => return None,
        }
        Some(())
    }
}

/// Puts an item into a bitmap; whether it is new there. Most items that come into a set are the newest of all.
fn put(bitmap: &mut RoaringBitmap, ordinal: Ordinal) -> bool {
    bitmap.try_push(ordinal).is_ok() || bitmap.insert(ordinal)
}

/// A target's items in a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct TargetBody {
    base: BitmapBytes,
    held: Option<BitmapBytes>,
    /// The targets that its conditions ask of merchants, in order.
    pub merchants: Vec<TargetId>,
}
