//! Keys to sets of numbers, where nearly every key has one number.
//!
//! Invariant: a key is there exactly while it has a number, and a number stands once under a key.

use crate::matcher::grow;
use hashbrown::HashMap;
use smallvec::{SmallVec, smallvec};
use std::borrow::Borrow;
use std::hash::Hash;

/// Set in a head that stands for a list.
const LIST: u32 = 1 << 31;
/// Below this share of what is allocated a map is made smaller: one in so many.
const SHRINK_BELOW_ONE_IN: usize = 8;
/// Numbers of a list that take no memory of their own: as many as fit where the place of others would be.
const IN_PLACE: usize = 4;

type Numbers = SmallVec<[u32; IN_PLACE]>;

/// Whether an entry is put in or taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Put in.
    Enter,
    /// Taken out.
    Leave,
}

/// A set of numbers below 2^31 a key.
pub struct Multimap<K> {
    /// A key's only number, or the place of its list.
    heads: HashMap<K, u32>,
    lists: Vec<Numbers>,
    free: Vec<u32>,
}

impl<K> Default for Multimap<K> {
    fn default() -> Self {
        Multimap { heads: HashMap::new(), lists: Vec::new(), free: Vec::new() }
    }
}

impl<K: Hash + Eq> Multimap<K> {
    /// The numbers under a key, in no order.
    pub fn get<Q>(&self, key: &Q) -> &[u32]
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        match self.heads.get(key) {
            None => &[],
            Some(head) if head & LIST == 0 => std::slice::from_ref(head),
            Some(head) => &self.lists[(head & !LIST) as usize],
        }
    }

    /// Puts a number in under a key, or takes it out.
    pub fn change<Q>(&mut self, change: Change, key: &Q, number: u32)
    where
        K: Borrow<Q> + From<Q::Owned>,
        Q: Hash + Eq + ToOwned + ?Sized,
    {
        match change {
            Change::Enter => self.enter(key, number),
            Change::Leave => self.leave(key, number),
        }
    }

    /// Whether no key is there.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    fn enter<Q>(&mut self, key: &Q, number: u32)
    where
        K: Borrow<Q> + From<Q::Owned>,
        Q: Hash + Eq + ToOwned + ?Sized,
    {
        debug_assert_eq!(number & LIST, 0);
        let Some(head) = self.heads.get_mut(key) else {
            self.heads.insert(key.to_owned().into(), number);
            return;
        };
        if *head & LIST != 0 {
            self.lists[(*head & !LIST) as usize].push(number);
            return;
        }
        let list: Numbers = smallvec![*head, number];
        let place = match self.free.pop() {
            Some(place) => {
                self.lists[place as usize] = list;
                place
            }
            None => grow::push(&mut self.lists, list) as u32,
        };
        *head = LIST | place;
    }

    fn leave<Q>(&mut self, key: &Q, number: u32)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some(head) = self.heads.get_mut(key) else { return };
        if *head & LIST == 0 {
            if *head == number {
                self.heads.remove(key);
                self.shrink();
            }
            return;
        }
        let place = *head & !LIST;
        let list = &mut self.lists[place as usize];
        if let Some(at) = list.iter().position(|n| *n == number) {
            list.swap_remove(at);
        }
        if let [last] = list[..] {
            *head = last;
            *list = Numbers::new();
            self.free.push(place);
        }
    }

    fn shrink(&mut self) {
        if self.heads.len() < self.heads.capacity() / SHRINK_BELOW_ONE_IN {
            self.heads.shrink_to(self.heads.len() * 2);
        }
        if self.free.len() == self.lists.len() {
            self.lists = Vec::new();
            self.free = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn holds_what_was_put_in_and_not_taken_out(steps in prop::collection::vec((any::<bool>(), 0..6u32, 0..8u32), 0..200)) {
            let mut map: Multimap<u32> = Multimap::default();
            let mut mirror: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for (enter, key, number) in steps {
                let numbers = mirror.entry(key).or_default();
                match enter {
                    // A number enters a key once.
                    true if numbers.insert(number) => map.change(Change::Enter, &key, number),
                    true => {}
                    false => {
                        numbers.remove(&number);
                        map.change(Change::Leave, &key, number);
                    }
                }
                for key in 0..6 {
                    let found: BTreeSet<u32> = map.get(&key).iter().copied().collect();
                    prop_assert_eq!(found, mirror.get(&key).cloned().unwrap_or_default());
                }
            }
            prop_assert_eq!(map.is_empty(), mirror.values().all(BTreeSet::is_empty));
        }
    }
}
