//! Where in the journal an item's changes are, so that its history is found without reading everything.
//!
//! Places are collected in memory and written in blocks of many: a block holds those of all records after the block
//! before it, in one row for each bucket of neighbouring ordinals that has any. So writing is appending, well compressed,
//! and one item's history is one look-up a block. What is in no block yet is read from the rows when the file is opened.

use super::body::{Sealed, encode};
use super::error::{JournalError, RowKey};
use crate::api::Seq;
use crate::supply::change::{Change, JournalId, Ordinal};
use serde::{Deserialize, Serialize};

/// Places that make a block.
pub(super) const BLOCK_PLACES: usize = 65_536;
/// Ordinals of a bucket.
const BUCKET_ORDINALS: u32 = 1_024;
/// Changes of one part of a row: what is decoded at once to find one item's.
pub(super) const PART_CHANGES: usize = 16_384;

/// A row that holds a change of some item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub seq: Seq,
    pub journal: JournalId,
    pub part: u32,
}

impl From<Place> for RowKey {
    fn from(place: Place) -> Self {
        RowKey::Changes { journal: place.journal, seq: place.seq, part: place.part }
    }
}

/// That an item has a change at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub ordinal: Ordinal,
    pub place: Place,
}

/// The ordinals of one bucket with changes at one place.
#[derive(Serialize, Deserialize)]
struct Group {
    /// Records from here to the block's last.
    back: u64,
    journal: JournalId,
    part: u32,
    /// Ascending; the first from the bucket's start, each other from the one before.
    ordinal_steps: Vec<u16>,
}

/// The bucket of an item.
pub(super) fn bucket_of(ordinal: Ordinal) -> u32 {
    ordinal / BUCKET_ORDINALS
}

/// The touches of a part of a row.
pub(super) fn touches<'a>(place: Place, changes: impl IntoIterator<Item = &'a Change>) -> impl Iterator<Item = Touch> {
    changes.into_iter().map(move |change| Touch { ordinal: change.ordinal, place })
}

/// The bodies of a block, by bucket.
pub(super) fn block(mut touches: Vec<Touch>, last: Seq) -> Vec<(u32, Vec<u8>)> {
    touches.sort_unstable_by_key(|touch| (bucket_of(touch.ordinal), touch.place, touch.ordinal));
    let same_bucket = |a: &Touch, b: &Touch| bucket_of(a.ordinal) == bucket_of(b.ordinal);
    let body = |touches: &[Touch]| {
        let groups = touches.chunk_by(|a, b| a.place == b.place);
        (bucket_of(touches[0].ordinal), encode(&groups.map(|group| Group::of(group, last)).collect::<Vec<_>>()))
    };
    touches.chunk_by(same_bucket).map(body).collect()
}

/// The places of one item in its bucket's row of the block that ends at `last`, newest first.
pub(super) fn places(row: &Sealed<'_>, ordinal: Ordinal, last: Seq) -> Result<Vec<Place>, JournalError> {
    let groups: Vec<Group> = row.decode()?;
    let having = groups.iter().rev().filter(|group| group.has(ordinal % BUCKET_ORDINALS));
    Ok(having.map(|g| Place { seq: last.saturating_sub(g.back), journal: g.journal, part: g.part }).collect())
}

impl Group {
    /// Of touches at one place, at least one, in ascending order.
    fn of(touches: &[Touch], last: Seq) -> Self {
        let Place { seq, journal, part } = touches[0].place;
        let mut before = 0;
        let mut step = |touch: &Touch| {
            let low = touch.ordinal % BUCKET_ORDINALS;
            (low - std::mem::replace(&mut before, low)) as u16
        };
        Group { back: last - seq, journal, part, ordinal_steps: touches.iter().map(&mut step).collect() }
    }

    fn has(&self, low: u32) -> bool {
        let mut at = 0;
        self.ordinal_steps.iter().any(|&step| {
            at += u32::from(step);
            at == low
        })
    }
}
