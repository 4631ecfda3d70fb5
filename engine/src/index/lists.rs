//! Lists of frequent values that a segment keeps: a cache bounded in lists and in bytes; and what is to be listed.
//!
//! Invariants: the least recently used lists go first, and the newest one that was asked for stays whatever its size. A list
//! made in advance never takes the place of another, so lists do not drive each other out unless they are asked for.

use super::frequent::{Asked, Frequent};
use super::warm::Bell;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Lists that a segment keeps.
const LISTS_MAX: usize = 64;
/// Bytes of the lists that a segment keeps; only a single list may be larger.
const LISTS_BYTES_MAX: usize = 8 << 20;

/// The lists that a segment keeps.
#[derive(Default)]
pub struct Lists {
    kept: Mutex<Kept>,
    bell: Bell,
}

#[derive(Default)]
struct Kept {
    lists: HashMap<Asked, List>,
    bytes: usize,
    /// Counts uses.
    clock: u64,
    /// To be made in advance, the last first.
    wanted: Vec<Asked>,
    /// Asked for in vain.
    missed: Vec<Asked>,
}

struct List {
    list: Arc<Frequent>,
    bytes: usize,
    used: u64,
}

impl Lists {
    /// No lists yet; `wanted` are to be made in advance, the last first. `bell` rings when one is missed.
    pub(super) fn new(wanted: Vec<Asked>, bell: Bell) -> Self {
        Lists { kept: Mutex::new(Kept { wanted, ..Kept::default() }), bell }
    }

    /// A list, if it is kept; if not, it is to be made soon.
    pub(super) fn get(&self, asked: &Asked) -> Option<Arc<Frequent>> {
        let mut kept = self.kept.lock();
        kept.clock += 1;
        let now = kept.clock;
        if let Some(list) = kept.lists.get_mut(asked) {
            list.used = now;
            return Some(list.list.clone());
        }
        if !kept.missed.contains(asked) {
            kept.missed.push(asked.clone());
            drop(kept);
            self.bell.ring();
        }
        None
    }

    pub(super) fn has(&self, asked: &Asked) -> bool {
        self.kept.lock().lists.contains_key(asked)
    }

    /// What lists are of.
    pub(super) fn kept(&self) -> Vec<Asked> {
        self.kept.lock().lists.keys().cloned().collect()
    }

    /// What was asked for in vain and is not there still.
    pub(super) fn next_missed(&self) -> Option<Asked> {
        let mut kept = self.kept.lock();
        while let Some(asked) = kept.missed.pop() {
            if !kept.lists.contains_key(&asked) {
                return Some(asked);
            }
        }
        None
    }

    /// What is to be made in advance and is not there.
    pub(super) fn next_wanted(&self) -> Option<Asked> {
        let mut kept = self.kept.lock();
        while let Some(asked) = kept.wanted.pop() {
            if !kept.lists.contains_key(&asked) {
                return Some(asked);
            }
        }
        None
    }

    /// Keeps a list that was asked for; older ones make room.
    pub(super) fn insert(&self, asked: Asked, list: Arc<Frequent>) {
        let mut kept = self.kept.lock();
        kept.remove(&asked);
        while !kept.has_room(list.bytes()) {
            let oldest = kept.lists.iter().min_by_key(|(_, list)| list.used).map(|(asked, _)| asked.clone());
            match oldest {
                Some(oldest) => kept.remove(&oldest),
                None => break,
            }
        }
        kept.insert(asked, list);
    }

    /// Keeps a list that was made in advance, where there is room.
    pub(super) fn offer(&self, asked: Asked, list: Arc<Frequent>) {
        let mut kept = self.kept.lock();
        if kept.has_room(list.bytes()) && !kept.lists.contains_key(&asked) {
            kept.insert(asked, list);
        }
    }
}

impl Kept {
    fn has_room(&self, bytes: usize) -> bool {
        self.lists.len() < LISTS_MAX && self.bytes + bytes <= LISTS_BYTES_MAX
    }

    fn insert(&mut self, asked: Asked, list: Arc<Frequent>) {
        self.clock += 1;
        let (bytes, used) = (list.bytes(), self.clock);
        self.bytes += bytes;
        self.lists.insert(asked, List { list, bytes, used });
    }

    fn remove(&mut self, asked: &Asked) {
        if let Some(list) = self.lists.remove(asked) {
            self.bytes -= list.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::frequent::FrequentValue;
    use crate::index::terms::{PropertyKey, Tag};

    fn asked(number: usize) -> Asked {
        Asked::new(Tag::Keyword, PropertyKey::Declared(number as u16), None)
    }

    /// A list of about so many bytes.
    fn list(bytes: usize) -> Arc<Frequent> {
        let value = FrequentValue::new("x".repeat(bytes).into(), 1, Box::default());
        Arc::new(Frequent { values: vec![value], ..Frequent::default() })
    }

    fn there(lists: &Lists, numbers: std::ops::Range<usize>) -> Vec<bool> {
        let kept = lists.kept();
        numbers.map(|number| kept.contains(&asked(number))).collect()
    }

    #[test]
    fn the_least_recently_used_list_goes_when_there_are_too_many() {
        let lists = Lists::default();
        (0..LISTS_MAX).for_each(|number| lists.insert(asked(number), list(1)));
        assert!(lists.get(&asked(0)).is_some());
        lists.insert(asked(LISTS_MAX), list(1));
        assert!(lists.get(&asked(1)).is_none());
        assert_eq!(there(&lists, 0..3), [true, false, true]);
        assert_eq!(lists.kept().len(), LISTS_MAX);
    }

    #[test]
    fn lists_are_bounded_in_bytes() {
        let lists = Lists::default();
        // The folded value takes as much again.
        let (small, half) = (list(1), list(LISTS_BYTES_MAX / 4 - 200));
        lists.insert(asked(0), half.clone());
        lists.insert(asked(1), half.clone());
        lists.insert(asked(1), half);
        assert!(lists.get(&asked(0)).is_some());
        lists.insert(asked(2), list(1_000));
        assert_eq!(there(&lists, 0..3), [true, false, true]);
        lists.insert(asked(3), list(LISTS_BYTES_MAX));
        assert_eq!(there(&lists, 0..4), [false, false, false, true]);
        lists.insert(asked(4), small.clone());
        assert_eq!(there(&lists, 0..5), [false, false, false, false, true]);
        assert_eq!(lists.kept.lock().bytes, small.bytes());
    }

    #[test]
    fn what_is_made_in_advance_drives_nothing_out() {
        let wanted = (0..LISTS_MAX + 2).rev().map(asked).collect();
        let lists = Lists::new(wanted, Bell::default());
        lists.insert(asked(0), list(1));
        assert!(lists.get(&asked(9)).is_none());
        assert_eq!((lists.next_missed(), lists.next_missed()), (Some(asked(9)), None));
        let mut made = 0;
        while let Some(asked) = lists.next_wanted() {
            lists.offer(asked, list(1));
            made += 1;
        }
        assert_eq!((made, lists.kept().len()), (LISTS_MAX + 1, LISTS_MAX));
        assert_eq!(there(&lists, 0..LISTS_MAX), [true; LISTS_MAX]);
    }
}
