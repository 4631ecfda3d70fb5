//! Which MERCHANT item stands behind a merchantId: what `merchant.<property>` rules read (LANGUAGE.md, Properties).
//!
//! It is the live MERCHANT item whose own merchantId is this one, of several the one with the highest version, then the
//! smallest content id (D-77); where there is none, the live MERCHANT item whose content id it is.

use crate::fold::{Snapshot, State};
use crate::index::overlay::FacetValues;
use fixedbitset::FixedBitSet;
use penstock_dsl::registry::ContentType;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The merchants of a snapshot.
pub struct Directory {
    /// Ordinal of the MERCHANT item, by interned merchantId.
    items: HashMap<u32, u32>,
    /// Interned merchantIds known.
    ids: usize,
}

impl Directory {
    /// Reads all live MERCHANT items of a snapshot; `state` is the tenant's, and the caller a registered reader of the snapshot.
    pub fn of(snapshot: &Snapshot, state: &State) -> Directory {
        let merchants = merchants(snapshot);
        let mut items: HashMap<u32, u32> = HashMap::with_capacity(merchants.len());
        let rank = |ordinal: u32| {
            let version = state.catalog.entry_as_of(ordinal, snapshot.seq).map(|entry| entry.version);
            (Reverse(version), state.catalog.content_id(ordinal))
        };
        for &(ordinal, id) in &merchants {
            if let Some(id) = id {
                let first = items.entry(id).or_insert(ordinal);
                if rank(ordinal) < rank(*first) {
                    *first = ordinal;
                }
            }
        }
        for (ordinal, _) in merchants {
            if let Some(id) = state.names.merchants.find(state.catalog.content_id(ordinal)) {
                items.entry(id).or_insert(ordinal);
            }
        }
        Directory { items, ids: state.names.merchants.len() }
    }

    /// The interned merchantIds whose MERCHANT item is one of these ordinals.
    pub fn ids_of(&self, ordinals: &FixedBitSet) -> FixedBitSet {
        let mut ids = FixedBitSet::with_capacity(self.ids);
        let passing = self.items.iter().filter(|(_, ordinal)| ordinals.contains(**ordinal as usize));
        passing.for_each(|(id, _)| ids.insert(*id as usize));
        ids
    }
}

/// Ordinal and interned merchantId of each live MERCHANT item.
fn merchants(snapshot: &Snapshot) -> Vec<(u32, Option<u32>)> {
    let outdated = &snapshot.overlay.latest().ordinals;
    let mut out = Vec::new();
    for segment in &snapshot.index.segments {
        let mut docs = segment.of_type(ContentType::Merchant).clone();
        docs.intersect_with(&segment.live(outdated));
        out.extend(docs.ones().map(|doc| (segment.ordinals()[doc], segment.merchant(doc))));
    }
    let overlay = snapshot.overlay.live().filter(|(document, _)| document.content_type == ContentType::Merchant);
    out.extend(overlay.map(|(_, item)| (item.ordinal, item.facets.merchant)));
    out
}

/// Whether an item's merchant is one of these.
pub fn is_of(facets: &FacetValues, ids: &FixedBitSet) -> bool {
    facets.merchant.is_some_and(|id| ids.contains(id as usize))
}
