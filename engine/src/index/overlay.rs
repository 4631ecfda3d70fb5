//! Items newer than the index's last commit: batches as the fold made them, and their latest state by ordinal.

use crate::api::Seq;
use crate::content::document::Document;
use fixedbitset::FixedBitSet;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// What the fold hands to the index for one record.
#[derive(Debug)]
pub struct Batch {
    /// The record.
    pub seq: Seq,
    /// Accepted items, in order; an ordinal may stand in it twice.
    pub items: Vec<BatchItem>,
    /// Bytes of the items' `contentInfo`: a measure of the memory that it holds.
    pub bytes: u64,
}

/// One accepted item version.
#[derive(Debug)]
pub struct BatchItem {
    /// The item.
    pub ordinal: u32,
    /// Whether an older document of it may be in the index.
    pub replaces: bool,
    /// The new document; `None` for a tombstone.
    pub document: Option<Arc<Document>>,
    /// What facets count.
    pub facets: FacetValues,
}

/// An item's facet values, interned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FacetValues {
    /// merchantId.
    pub merchant: Option<u32>,
    /// Categories, each once.
    pub categories: Vec<u32>,
    /// Currency and scaled amount of the price.
    pub price: Option<(u32, i64)>,
}

/// The batches after the index's commit.
#[derive(Debug, Default)]
pub struct Overlay {
    batches: Vec<Arc<Batch>>,
    items: usize,
    bytes: u64,
    latest: OnceLock<Latest>,
}

/// The latest state of every item in the overlay.
#[derive(Debug, Default)]
pub struct Latest {
    /// Every ordinal in the overlay, tombstones too: what the index says of these is out of date.
    pub ordinals: FixedBitSet,
    /// Live items: batch and place.
    live: Vec<(u32, u32)>,
}

impl Overlay {
    /// This overlay and one batch more.
    pub fn with(&self, batch: Arc<Batch>) -> Overlay {
        let (items, bytes) = (self.items + batch.items.len(), self.bytes + batch.bytes);
        let mut batches = Vec::with_capacity(self.batches.len() + 1);
        batches.extend(self.batches.iter().cloned());
        batches.push(batch);
        Overlay { batches, items, bytes, latest: OnceLock::new() }
    }

    /// This overlay without what the index has committed.
    pub fn after(&self, committed: Seq) -> Overlay {
        let batches: Vec<_> = self.batches.iter().filter(|b| b.seq > committed).cloned().collect();
        let items = batches.iter().map(|b| b.items.len()).sum();
        let bytes = batches.iter().map(|b| b.bytes).sum();
        Overlay { batches, items, bytes, latest: OnceLock::new() }
    }

    /// Item versions in it.
    pub fn len(&self) -> usize {
        self.items
    }

    /// Bytes of `contentInfo` that its items were read from.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the index is up to date.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The latest state of its items; worked out once.
    pub fn latest(&self) -> &Latest {
        self.latest.get_or_init(|| self.find_latest())
    }

    fn find_latest(&self) -> Latest {
        let mut seen = HashSet::with_capacity(self.len());
        let mut latest = Latest::default();
        for (b, batch) in self.batches.iter().enumerate().rev() {
            for (i, item) in batch.items.iter().enumerate().rev() {
                if seen.insert(item.ordinal) {
                    latest.ordinals.grow_and_insert(item.ordinal as usize);
                    if item.document.is_some() {
                        latest.live.push((b as u32, i as u32));
                    }
                }
            }
        }
        latest
    }

    /// Live items, each once, as `(document, item)`.
    pub fn live(&self) -> impl ExactSizeIterator<Item = (&Document, &BatchItem)> {
        self.latest().live.iter().map(|&(b, i)| {
            let item = &self.batches[b as usize].items[i as usize];
            (&**item.document.as_ref().expect("only live items are listed"), item)
        })
    }
}
