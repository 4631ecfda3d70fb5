//! Which MERCHANT item stands behind a merchantId, kept as content comes: what `merchant.<property>` conditions ask.
//!
//! It is the live MERCHANT item whose own merchantId is this one, of several the one with the highest version, then the
//! smallest content id (D-77); where there is none, the live MERCHANT item whose content id it is (LANGUAGE.md, Properties).

use super::change::Ordinal;
use super::items::MerchantName;
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BTreeMap;

type Rank = (Reverse<i64>, Box<str>, Ordinal);

/// MERCHANT items by their own merchantId.
#[derive(Default)]
pub struct Merchants {
    /// Sorted; nearly always one.
    by_name: BTreeMap<MerchantName, SmallVec<[Rank; 1]>>,
    ranks: BTreeMap<Ordinal, (MerchantName, i64)>,
}

impl Merchants {
    /// Takes a MERCHANT item's merchantId and version over; `None` where it has none or is a tombstone.
    pub fn set(&mut self, ordinal: Ordinal, content_id: &str, now: Option<(MerchantName, i64)>) {
        if let Some((name, version)) = self.ranks.remove(&ordinal)
            && let Some(items) = self.by_name.get_mut(&name)
        {
            if let Ok(at) = items.binary_search(&(Reverse(version), content_id.into(), ordinal)) {
                items.remove(at);
            }
            if items.is_empty() {
                self.by_name.remove(&name);
            }
        }
        if let Some((name, version)) = now {
            self.ranks.insert(ordinal, (name, version));
            let (items, rank) = (self.by_name.entry(name).or_default(), (Reverse(version), content_id.into(), ordinal));
            if let Err(at) = items.binary_search(&rank) {
                items.insert(at, rank);
            }
        }
    }

    /// The item whose own merchantId this is.
    pub fn named(&self, name: MerchantName) -> Option<Ordinal> {
        self.by_name.get(&name)?.first().map(|(_, _, ordinal)| *ordinal)
    }
}
