//! The latest version of every item, by key and by ordinal; and, for readers of an older snapshot, what it was then.
//!
//! An ordinal is a dense `u32` given to a key at its first record, for ever. Tombstones keep their entry, so an older
//! version never comes back. The catalog holds where an item stands in the log, never its content.

pub mod interner;
mod keys;

use crate::api::Seq;
use crate::content::item::Item;
use keys::Keys;
use penstock_dsl::registry::ContentType;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Dense number of an item of a tenant.
pub type Ordinal = u32;

/// Where an item's line stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The row.
    pub seq: Seq,
    /// First compressed byte of the frame in the row's body.
    pub offset: u32,
    /// Compressed bytes of the frame.
    pub length: u32,
    /// The item's place in the frame.
    pub index: u16,
}

/// The latest accepted version of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its version.
    pub version: i64,
    payload_hash: [u64; 2],
    /// Where its line is.
    pub location: Location,
    /// Its content type.
    pub content_type: ContentType,
    /// Whether it is valid; false for a tombstone.
    pub live: bool,
}

/// What the version gate says of a submitted version (D-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The key is new.
    New,
    /// Newer than what is there.
    Newer(Ordinal),
    /// Older than what is there.
    Stale,
    /// The same version and payload.
    Duplicate,
    /// The same version, another payload.
    Conflict,
}

/// The catalog of one tenant.
#[derive(Default)]
pub struct Catalog {
    keys: Keys,
    entries: Vec<Entry>,
    live: [u64; 4],
    reserved: usize,
    history: History,
}

/// The version of a key whose content has not come yet: below all that can come.
const NOT_YET: i64 = -1;

/// Replaced entries that some reader's snapshot may still show.
#[derive(Default)]
struct History {
    readers: BTreeMap<Seq, usize>,
    replaced: HashMap<Ordinal, Vec<(Seq, Entry)>>,
    /// What was kept, in order: trimming walks only what it frees.
    order: VecDeque<(Seq, Ordinal)>,
}

impl Entry {
    /// The entry for an item that stands at `location`.
    pub fn new(item: &Item, location: Location) -> Self {
        Entry {
            version: item.version,
            payload_hash: halves(item.payload_hash),
            location,
            content_type: item.content_type,
            live: item.document.is_some(),
        }
    }
}

fn halves(hash: u128) -> [u64; 2] {
    [(hash >> 64) as u64, hash as u64]
}

impl Catalog {
    /// Compares a submitted version with what is there.
    pub fn gate(&self, content_type: ContentType, content_id: &str, version: i64, payload_hash: u128) -> Gate {
        let Some(ordinal) = self.keys.find(content_type, content_id) else { return Gate::New };
        let entry = &self.entries[ordinal as usize];
        if version != entry.version {
            return if version > entry.version { Gate::Newer(ordinal) } else { Gate::Stale };
        }
        if entry.payload_hash == halves(payload_hash) { Gate::Duplicate } else { Gate::Conflict }
    }

    /// Puts an entry in place of the latest, at record `seq`; a new key gets the next ordinal.
    pub fn put(&mut self, content_id: &str, known: Option<Ordinal>, entry: Entry, seq: Seq) -> Ordinal {
        if entry.live {
            self.live[entry.content_type.index()] += 1;
        }
        let Some(ordinal) = known else {
            let ordinal = self.keys.insert(entry.content_type, content_id);
            debug_assert_eq!(ordinal as usize, self.entries.len());
            self.entries.push(entry);
            return ordinal;
        };
        let old = std::mem::replace(&mut self.entries[ordinal as usize], entry);
        if old.live {
            self.live[old.content_type.index()] -= 1;
        }
        self.reserved -= usize::from(old.version == NOT_YET);
        self.history.keep(ordinal, old, seq);
        ordinal
    }

    /// The ordinal of a key, given ahead of its content where that has not come yet.
    pub fn reserve(&mut self, content_type: ContentType, content_id: &str, nowhere: Location) -> Ordinal {
        self.keys.find(content_type, content_id).unwrap_or_else(|| {
            self.reserved += 1;
            let entry = Entry { version: NOT_YET, payload_hash: [0; 2], location: nowhere, content_type, live: false };
            self.put(content_id, None, entry, nowhere.seq)
        })
    }

    /// Ordinals given ahead of content that has not come yet.
    pub fn reserved(&self) -> usize {
        self.reserved
    }

    /// The ordinal of a key.
    pub fn ordinal(&self, content_type: ContentType, content_id: &str) -> Option<Ordinal> {
        self.keys.find(content_type, content_id)
    }

    /// The latest entry of an ordinal.
    pub fn entry(&self, ordinal: Ordinal) -> Option<&Entry> {
        self.entries.get(ordinal as usize)
    }

    /// The entry of an ordinal as of record `as_of`, for a reader registered with [`Catalog::enter`].
    pub fn entry_as_of(&self, ordinal: Ordinal, as_of: Seq) -> Option<&Entry> {
        let replaced = self.history.replaced.get(&ordinal).map_or(&[][..], Vec::as_slice);
        replaced.iter().find(|(seq, _)| *seq > as_of).map(|(_, entry)| entry).or_else(|| self.entry(ordinal))
    }

    /// The content id of an ordinal.
    pub fn content_id(&self, ordinal: Ordinal) -> &str {
        self.keys.content_id(ordinal)
    }

    /// Number of ordinals given out.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no ordinal was given out.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Live items, by [`ContentType::index`].
    pub fn live(&self) -> [u64; 4] {
        self.live
    }

    /// Registers a reader of the snapshot at `as_of`, so that entries replaced later stay readable for it.
    pub fn enter(&mut self, as_of: Seq) {
        *self.history.readers.entry(as_of).or_default() += 1;
    }

    /// Lets a registered reader go.
    pub fn leave(&mut self, as_of: Seq) {
        if let Some(count) = self.history.readers.get_mut(&as_of) {
            *count -= 1;
            if *count == 0 {
                let oldest = self.history.readers.keys().next() == Some(&as_of);
                self.history.readers.remove(&as_of);
                // Only the oldest reader's leaving frees anything.
                if oldest {
                    self.history.trim();
                }
            }
        }
    }

    /// Replaced entries kept for readers.
    pub fn history_len(&self) -> usize {
        self.history.replaced.len()
    }

    /// Estimated heap bytes.
    pub fn heap_bytes(&self) -> u64 {
        self.keys.heap_bytes() + (self.entries.capacity() * size_of::<Entry>()) as u64
    }

    /// Entries by ordinal, for a checkpoint.
    pub fn export(&self) -> (Vec<Entry>, Vec<u8>, Vec<u64>) {
        let (bytes, ends) = self.keys.export();
        (self.entries.clone(), bytes, ends)
    }

    /// The catalog of a checkpoint; `None` when its parts do not fit together.
    pub fn import(entries: Vec<Entry>, key_bytes: Vec<u8>, key_ends: Vec<u64>) -> Option<Self> {
        let keys = Keys::import(key_bytes, key_ends)?;
        if keys.len() != entries.len() {
            return None;
        }
        let mut live = [0; 4];
        entries.iter().filter(|e| e.live).for_each(|e| live[e.content_type.index()] += 1);
        let reserved = entries.iter().filter(|e| e.version == NOT_YET).count();
        Some(Catalog { keys, entries, live, reserved, history: History::default() })
    }
}

impl History {
    /// Keeps an entry that is replaced at `seq`, if any reader may still look at it.
    fn keep(&mut self, ordinal: Ordinal, old: Entry, seq: Seq) {
        let newest_reader = self.readers.keys().next_back();
        if newest_reader.is_some_and(|&reader| reader >= old.location.seq && reader < seq) {
            self.replaced.entry(ordinal).or_default().push((seq, old));
            self.order.push_back((seq, ordinal));
        }
    }

    /// Drops what no reader needs any more.
    fn trim(&mut self) {
        let Some(&oldest) = self.readers.keys().next() else {
            self.replaced = HashMap::new();
            self.order = VecDeque::new();
            return;
        };
        while let Some(&(seq, ordinal)) = self.order.front().filter(|(seq, _)| *seq <= oldest) {
            self.order.pop_front();
            if let Some(versions) = self.replaced.get_mut(&ordinal) {
                versions.retain(|(replaced, _)| *replaced > seq);
                if versions.is_empty() {
                    self.replaced.remove(&ordinal);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(version: i64, seq: Seq) -> Entry {
        let location = Location { seq, offset: 0, length: 0, index: 0 };
        Entry { version, payload_hash: [0, 0], location, content_type: ContentType::Store, live: true }
    }

    proptest! {
        /// Readers come and go while entries are replaced; each sees what was latest when it came.
        #[test]
        fn every_reader_sees_its_own_snapshot(steps in prop::collection::vec((0..3u8, 0..4u32), 1..80)) {
            let mut catalog = Catalog::default();
            for ordinal in 0..4 {
                catalog.put(&format!("s{ordinal}"), None, entry(0, 1), 1);
            }
            let mut seq = 1;
            let mut readers: Vec<(Seq, Vec<i64>)> = Vec::new();
            for (step, which) in steps {
                match step {
                    0 => {
                        seq += 1;
                        catalog.put("", Some(which), entry(seq as i64, seq), seq);
                    }
                    1 => {
                        catalog.enter(seq);
                        readers.push((seq, (0..4).map(|o| catalog.entry(o).unwrap().version).collect()));
                    }
                    _ if !readers.is_empty() => {
                        let (as_of, _) = readers.remove(which as usize % readers.len());
                        catalog.leave(as_of);
                    }
                    _ => {}
                }
                for (as_of, expected) in &readers {
                    let seen: Vec<i64> = (0..4).map(|o| catalog.entry_as_of(o, *as_of).unwrap().version).collect();
                    prop_assert_eq!(&seen, expected);
                }
            }
            readers.iter().for_each(|(as_of, _)| catalog.leave(*as_of));
            prop_assert_eq!(catalog.history_len(), 0);
        }
    }
}
