//! Supply: standing sets, what stands between their items and the target wallets, and why anything enters or leaves.
//!
//! All of it is sets of ordinals, so counts, funnels and differences are set algebra. This module knows what sets hold; the
//! [fold](crate::fold) decides it, where rules, items and the clock meet.

pub mod bits;
pub mod broad;
pub mod change;
pub mod clock;
pub mod funnel;
pub mod items;
pub mod journal;
pub mod kinds;
pub mod lists;
pub mod merchants;
pub mod outcome;
pub mod sets;
pub mod slab;
pub mod tags;
pub mod target;
pub mod wallet;

use change::{JournalChange, JournalId};
use clock::Clock;
use items::Items;
use lists::Lists;
use merchants::Merchants;
use sets::Sets;
use std::collections::BTreeMap;
use std::sync::Arc;
use tags::{TagView, Tags};
use wallet::{Barriers, Wallet};

/// Sets that can stand at a time.
pub const SETS_MAX: usize = 2_000_000;
/// Target wallets of a tenant.
pub const WALLETS_MAX: usize = 256;

/// The supply side of a tenant's state.
#[derive(Default)]
pub struct Supply {
    /// The latest time that a record has told, epoch milliseconds: the time at which sets are evaluated.
    pub now_ms: i64,
    /// Facts by item.
    pub items: Items,
    /// MERCHANT items by merchantId.
    pub merchants: Merchants,
    /// Tags.
    pub tags: Tags,
    /// Target wallets.
    pub wallets: BTreeMap<Box<str>, Wallet>,
    /// Sets and targets.
    pub sets: Sets,
    /// Targets by item.
    pub lists: Lists,
    /// Timers.
    pub clock: Clock,
    /// What the record at hand has changed, in order.
    pub changes: Vec<JournalChange>,
    /// Journals of sets that the record at hand has removed.
    pub ended: Vec<JournalId>,
}

/// What previews read of supply; a cheap copy that stays as it is.
#[derive(Clone, Debug, Default)]
pub struct SupplyView {
    /// Tags.
    pub tags: Arc<TagView>,
    /// What stands in items' way, by target wallet.
    pub wallets: BTreeMap<Box<str>, Arc<Barriers>>,
}

impl Supply {
    /// What previews read.
    pub fn view(&self) -> SupplyView {
        let wallets = self.wallets.iter().map(|(name, wallet)| (name.clone(), wallet.barriers().clone()));
        SupplyView { tags: self.tags.view().clone(), wallets: wallets.collect() }
    }

    /// A wallet, made where there is none yet; `None` where there are too many.
    pub fn wallet(&mut self, name: &str) -> Option<&mut Wallet> {
        if !self.wallets.contains_key(name) {
            if self.wallets.len() >= WALLETS_MAX {
                return None;
            }
            self.wallets.insert(name.into(), Wallet::of(&self.items));
        }
        self.wallets.get_mut(name)
    }
}
