//! Content keys and their ordinals: an append-only arena and a hash table of ordinals into it.

use super::Ordinal;
use hashbrown::HashTable;
use penstock_dsl::registry::ContentType;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// All keys of a tenant, in ordinal order. A key is the content type's byte and the content id.
#[derive(Default)]
pub struct Keys {
    bytes: Vec<u8>,
    /// End of each key in `bytes`.
    ends: Vec<u64>,
    table: HashTable<Ordinal>,
}

fn hash(content_type: u8, content_id: &[u8]) -> u64 {
    xxh3_64_with_seed(content_id, content_type.into())
}

impl Keys {
    pub fn find(&self, content_type: ContentType, content_id: &str) -> Option<Ordinal> {
        let tag = content_type.index() as u8;
        let same = |&ordinal: &Ordinal| {
            let key = self.key(ordinal);
            key[0] == tag && &key[1..] == content_id.as_bytes()
        };
        self.table.find(hash(tag, content_id.as_bytes()), same).copied()
    }

    /// Adds a key that is not there yet.
    pub fn insert(&mut self, content_type: ContentType, content_id: &str) -> Ordinal {
        let ordinal = Ordinal::try_from(self.ends.len()).expect("fewer than 2^32 items a tenant");
        self.bytes.push(content_type.index() as u8);
        self.bytes.extend_from_slice(content_id.as_bytes());
        self.ends.push(self.bytes.len() as u64);
        self.enter(ordinal);
        ordinal
    }

    fn enter(&mut self, ordinal: Ordinal) {
        let Keys { bytes, ends, table } = self;
        let rehash = |&ordinal: &Ordinal| {
            let key = key_of(bytes, ends, ordinal);
            hash(key[0], &key[1..])
        };
        table.insert_unique(rehash(&ordinal), ordinal, rehash);
    }

    pub fn content_id(&self, ordinal: Ordinal) -> &str {
        std::str::from_utf8(&self.key(ordinal)[1..]).expect("keys are made of strings")
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn heap_bytes(&self) -> u64 {
        (self.bytes.capacity() + self.ends.capacity() * 8 + self.table.capacity() * 5) as u64
    }

    pub fn export(&self) -> (Vec<u8>, Vec<u64>) {
        (self.bytes.clone(), self.ends.clone())
    }

    /// `None` when the parts do not fit together.
    pub fn import(bytes: Vec<u8>, ends: Vec<u64>) -> Option<Self> {
        let mut start = 0u64;
        for &end in &ends {
            let key = bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
            let (_, id) = key.split_first()?;
            std::str::from_utf8(id).ok()?;
            start = end;
        }
        let mut keys = Keys { bytes, table: HashTable::with_capacity(ends.len()), ends };
        (0..keys.len() as Ordinal).for_each(|ordinal| keys.enter(ordinal));
        Some(keys)
    }

    fn key(&self, ordinal: Ordinal) -> &[u8] {
        key_of(&self.bytes, &self.ends, ordinal)
    }
}

fn key_of<'a>(bytes: &'a [u8], ends: &[u64], ordinal: Ordinal) -> &'a [u8] {
    let at = ordinal as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &bytes[start..ends[at] as usize]
}
