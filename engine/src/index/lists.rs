//! Lists of frequent values that a segment keeps: a cache bounded in lists and in bytes.
//!
//! Invariant: the least recently used lists go first, and the newest one stays whatever its size.

use super::frequent::Frequent;
use parking_lot::Mutex;
use penstock_dsl::registry::ContentType;
use std::collections::HashMap;
use std::sync::Arc;

/// Lists that a segment keeps.
const LISTS_MAX: usize = 64;
/// Bytes of the lists that a segment keeps; only a single list may be larger.
const LISTS_BYTES_MAX: usize = 8 << 20;

/// The start of a property's terms, and the content type asked about.
pub(super) type Key = (Vec<u8>, Option<ContentType>);

/// The lists that a segment keeps.
#[derive(Default)]
pub struct Lists(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    lists: HashMap<Key, List>,
    bytes: usize,
    /// Counts uses.
    clock: u64,
}

struct List {
    list: Arc<Frequent>,
    bytes: usize,
    used: u64,
}

impl Lists {
    /// A list, if it is kept.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Frequent>> {
        let mut kept = self.0.lock();
        kept.clock += 1;
        let now = kept.clock;
        let list = kept.lists.get_mut(key)?;
        list.used = now;
        Some(list.list.clone())
    }

    /// Keeps a list that takes some bytes.
    pub(super) fn insert(&self, key: Key, list: Arc<Frequent>, bytes: usize) {
        let mut kept = self.0.lock();
        kept.remove(&key);
        while kept.lists.len() >= LISTS_MAX || kept.bytes + bytes > LISTS_BYTES_MAX {
            let oldest = kept.lists.iter().min_by_key(|(_, list)| list.used).map(|(key, _)| key.clone());
            match oldest {
                Some(oldest) => kept.remove(&oldest),
                None => break,
            }
        }
        kept.clock += 1;
        kept.bytes += bytes;
        let used = kept.clock;
        kept.lists.insert(key, List { list, bytes, used });
    }
}

impl Kept {
    fn remove(&mut self, key: &Key) {
        if let Some(list) = self.lists.remove(key) {
            self.bytes -= list.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        (number.to_be_bytes().to_vec(), None)
    }

    fn insert(lists: &Lists, number: usize, bytes: usize) {
        lists.insert(key(number), Arc::default(), bytes);
    }

    #[test]
    fn the_least_recently_used_list_goes_when_there_are_too_many() {
        let lists = Lists::default();
        (0..LISTS_MAX).for_each(|number| insert(&lists, number, 1));
        assert!(lists.get(&key(0)).is_some());
        insert(&lists, LISTS_MAX, 1);
        assert!(lists.get(&key(1)).is_none());
        assert!(lists.get(&key(0)).is_some());
        assert_eq!((2..=LISTS_MAX).filter(|&number| lists.get(&key(number)).is_some()).count(), LISTS_MAX - 1);
        assert_eq!(lists.0.lock().bytes, LISTS_MAX);
    }

    #[test]
    fn lists_are_bounded_in_bytes() {
        let lists = Lists::default();
        insert(&lists, 0, LISTS_BYTES_MAX / 2);
        insert(&lists, 1, LISTS_BYTES_MAX / 2);
        insert(&lists, 1, LISTS_BYTES_MAX / 2);
        assert!(lists.get(&key(0)).is_some());
        insert(&lists, 2, 1);
        assert_eq!([0, 1, 2].map(|number| lists.get(&key(number)).is_some()), [true, false, true]);
        insert(&lists, 3, 2 * LISTS_BYTES_MAX);
        assert_eq!([0, 2, 3].map(|number| lists.get(&key(number)).is_some()), [false, false, true]);
        insert(&lists, 4, 1);
        assert_eq!((lists.get(&key(3)).is_some(), lists.0.lock().bytes), (false, 1));
    }
}
