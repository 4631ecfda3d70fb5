//! Intervals that a value, or a range of values, is looked up in.
//!
//! Ends are kept as whole numbers ([`scaled`], [`unsigned`]) whose order never contradicts that of the exact values. So a value
//! strictly between an interval's ends certainly lies inside, and one on an end is left to the evaluator.
//!
//! Intervals are sorted by size class (the power of two above their width), then by their lower end: those of one class
//! that can reach a value begin within twice their width before it, so what is looked at grows with what is found.
//! Open ends have two classes of their own.

use super::multimap::Change;
use crate::matcher::grow;
use rust_decimal::Decimal;
use std::ops::Bound;

/// Digits after the point that tell two decimals apart here; most prices and ratings have fewer.
const FRACTION_DIGITS: u32 = 4;
/// Size classes of intervals with two ends: 0 (one value) to 64.
const CLOSED: usize = 65;
/// The class of intervals without an upper end.
const UPWARD: usize = CLOSED;
/// The class of intervals without a lower end; they are sorted by their upper one.
const DOWNWARD: usize = CLOSED + 1;
/// Intervals that lie side by side: to put one in moves so many at most.
const CHUNK_MAX: usize = 256;

/// A decimal as a whole number: order is kept, but neighbours may become equal.
pub fn scaled(value: &Decimal) -> u64 {
    let (mantissa, scale) = (value.mantissa(), value.scale());
    let whole = match scale.checked_sub(FRACTION_DIGITS) {
        Some(more) => mantissa.div_euclid(10i128.pow(more)),
        None => mantissa * 10i128.pow(FRACTION_DIGITS - scale),
    };
    unsigned(whole.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// A signed number as an unsigned one in the same order.
pub fn unsigned(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

/// What is asked of an interval about the range `low..=high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Whether it has a value in common with the range.
    Overlaps,
    /// Whether the range lies inside it.
    Holds,
}

/// A set of intervals, each of a question.
#[derive(Default)]
pub struct Intervals {
    /// Those that are not empty, by number.
    classes: Vec<(usize, Class)>,
}

impl Intervals {
    /// Puts an interval of a question in, or takes it out. One whose ends are the wrong way round holds nothing and is not
    /// kept; see [`is_inverted`].
    pub fn change(&mut self, change: Change, low: Bound<u64>, high: Bound<u64>, question: u32) {
        let (number, first, second) = match (end(low), end(high)) {
            (Some(low), Some(high)) if low > high => return,
            (Some(low), Some(high)) => (size_class(high - low), low, high),
            (None, Some(high)) => (DOWNWARD, high, 0),
            (low, None) => (UPWARD, low.unwrap_or(0), u64::MAX),
        };
        let entry = Entry::new(first, second, question);
        match (self.classes.binary_search_by_key(&number, |(number, _)| *number), change) {
            (Ok(at), Change::Enter) => self.classes[at].1.insert(entry),
            (Err(at), Change::Enter) => {
                self.classes.insert(at, (number, Class::default()));
                self.classes[at].1.insert(entry);
            }
            (Ok(at), Change::Leave) => {
                self.classes[at].1.remove(entry);
                if self.classes[at].1.is_empty() {
                    self.classes.remove(at);
                }
            }
            (Err(_), Change::Leave) => {}
        }
    }

    /// Calls `found` with every question that may pass, and whether it certainly does.
    pub fn find(&self, ask: Ask, low: u64, high: u64, found: &mut impl FnMut(u32, bool)) {
        // An interval that holds the range begins before its lower end and reaches its upper one; one that overlaps the
        // range begins before its upper end and reaches its lower one.
        let (begins, reaches) = match ask {
            Ask::Holds => (low, high),
            Ask::Overlaps => (high, low),
        };
        for (number, class) in &self.classes {
            match *number {
                UPWARD => class.between(0, begins).for_each(|entry| found(entry.question, entry.first() < begins)),
                DOWNWARD => {
                    class.between(reaches, u64::MAX).for_each(|entry| found(entry.question, entry.first() > reaches))
                }
                number => {
                    let width = 1u64.checked_shl(number as u32).map_or(u64::MAX, |over| over - 1);
                    for entry in class.between(reaches.saturating_sub(width), begins) {
                        let (first, second) = (entry.first(), entry.second());
                        if second >= reaches {
                            found(entry.question, first < begins && second > reaches);
                        }
                    }
                }
            }
        }
    }

    /// Every question.
    pub fn all(&self) -> impl Iterator<Item = u32> {
        self.classes.iter().flat_map(|(_, class)| class.chunks.iter().flatten()).map(|entry| entry.question)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}

/// An interval of a question: the end that it is sorted by, and the other one, each in two halves so that no room is lost to
/// alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    first: [u32; 2],
    second: [u32; 2],
    question: u32,
}

impl Entry {
    fn new(first: u64, second: u64, question: u32) -> Self {
        let halves = |end: u64| [(end >> 32) as u32, end as u32];
        Entry { first: halves(first), second: halves(second), question }
    }

    fn first(&self) -> u64 {
        whole(self.first)
    }

    fn second(&self) -> u64 {
        whole(self.second)
    }
}

fn whole([high, low]: [u32; 2]) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The intervals of a size class in order, in chunks none of which is empty.
#[derive(Default)]
struct Class {
    chunks: Vec<Vec<Entry>>,
}

impl Class {
    /// Nothing happens to an entry that is there.
    fn insert(&mut self, entry: Entry) {
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        let at = self.chunk_of(entry).min(self.chunks.len() - 1);
        let chunk = &mut self.chunks[at];
        let Err(place) = chunk.binary_search(&entry) else { return };
        grow::make_room(chunk, 1);
        chunk.insert(place, entry);
        if chunk.len() > CHUNK_MAX {
            let upper = chunk.split_off(CHUNK_MAX / 2);
            chunk.shrink_to_fit();
            self.chunks.insert(at + 1, upper);
        }
    }

    fn remove(&mut self, entry: Entry) {
        let at = self.chunk_of(entry);
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        let Ok(place) = chunk.binary_search(&entry) else { return };
        chunk.remove(place);
        if chunk.is_empty() {
            self.chunks.remove(at);
        } else if chunk.len() < chunk.capacity() / 2 {
            chunk.shrink_to_fit();
        }
    }

    fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Those whose first end is among these, both included.
    fn between(&self, from: u64, to: u64) -> impl Iterator<Item = &Entry> {
        let from = Entry::new(from, 0, 0);
        let at = self.chunk_of(from);
        let begin = self.chunks.get(at).map_or(0, |chunk| chunk.partition_point(|entry| *entry < from));
        let rest = self.chunks.iter().skip(at + 1).flatten();
        let found = self.chunks.get(at).into_iter().flat_map(move |chunk| &chunk[begin..]).chain(rest);
        found.take_while(move |entry| entry.first() <= to)
    }

    /// The first chunk that reaches an entry.
    fn chunk_of(&self, entry: Entry) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| *last < entry))
    }
}

/// Whether the ends are the wrong way round; such an interval holds nothing, yet may overlap a range.
pub fn is_inverted(low: Bound<u64>, high: Bound<u64>) -> bool {
    matches!((end(low), end(high)), (Some(low), Some(high)) if low > high)
}

fn end(bound: Bound<u64>) -> Option<u64> {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
        Bound::Unbounded => None,
    }
}

/// Bits of a width: it is below 2^class.
fn size_class(width: u64) -> usize {
    (u64::BITS - width.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstock_dsl::expr::Interval;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn value() -> impl Strategy<Value = i64> {
        prop_oneof![-20..20i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX), 0..5_000_000_000i64]
    }

    fn bound() -> impl Strategy<Value = Bound<i64>> {
        prop_oneof![
            4 => value().prop_map(Bound::Included),
            3 => value().prop_map(Bound::Excluded),
            1 => Just(Bound::Unbounded)
        ]
    }

    proptest! {
        #[test]
        fn finds_what_a_scan_finds(
            intervals in prop::collection::vec((bound(), bound(), any::<bool>()), 0..60),
            ranges in prop::collection::vec((value(), value()), 1..10),
        ) {
            let mut index = Intervals::default();
            let ends = |low: &Bound<i64>, high: &Bound<i64>| (low.map(unsigned), high.map(unsigned));
            for (n, (low, high, _)) in intervals.iter().enumerate() {
                let (low, high) = ends(low, high);
                index.change(Change::Enter, low, high, n as u32);
            }
            for (n, (low, high, _)) in intervals.iter().enumerate().filter(|(_, i)| !i.2) {
                let (low, high) = ends(low, high);
                index.change(Change::Leave, low, high, n as u32);
            }
            for (a, b) in ranges {
                let (a, b) = (a.min(b), a.max(b));
                for ask in [Ask::Overlaps, Ask::Holds] {
                    let mut found = BTreeMap::new();
                    index.find(ask, unsigned(a), unsigned(b), &mut |n, sure| assert!(found.insert(n, sure).is_none()));
                    for (n, (low, high, kept)) in intervals.iter().enumerate() {
                        let (start, end) = ends(low, high);
                        let interval = Interval { low: *low, high: *high };
                        let passes = match ask {
                            Ask::Overlaps => interval.overlaps(&a, &b) && !is_inverted(start, end),
                            Ask::Holds => interval.contains(&a) && interval.contains(&b),
                        };
                        match found.get(&(n as u32)) {
                            Some(sure) => prop_assert!(*kept && (passes || !sure)),
                            None => prop_assert!(!(*kept && passes)),
                        }
                    }
                }
            }
            for (n, (low, high, _)) in intervals.iter().enumerate() {
                let (low, high) = ends(low, high);
                index.change(Change::Leave, low, high, n as u32);
            }
            prop_assert!(index.is_empty());
        }

        #[test]
        fn a_class_is_a_sorted_set(steps in prop::collection::vec((0..3u8, 0..900u64, 0..3u32), 0..3000), ends in (0..900u64, 0..900u64)) {
            let (mut class, mut model) = (Class::default(), BTreeSet::new());
            for (kind, first, question) in steps {
                let entry = Entry::new(first << 31, first, question);
                match kind {
                    0 => {
                        class.remove(entry);
                        model.remove(&entry);
                    }
                    _ => {
                        class.insert(entry);
                        model.insert(entry);
                    }
                }
            }
            prop_assert!(class.chunks.iter().flatten().eq(&model));
            prop_assert!(class.chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK_MAX));
            let (from, to) = (ends.0 << 31, ends.1 << 31);
            let between = model.iter().filter(|entry| (from..=to).contains(&entry.first()));
            prop_assert!(class.between(from, to).eq(between));
        }

        #[test]
        fn scaling_keeps_the_order(a in any::<i64>(), b in any::<i64>(), scales in (0..28u32, 0..28u32)) {
            let (a, b) = (Decimal::from_i128_with_scale(a.into(), scales.0), Decimal::from_i128_with_scale(b.into(), scales.1));
            prop_assert!(a > b || scaled(&a) <= scaled(&b));
            prop_assert!(a < b || scaled(&a) >= scaled(&b));
        }
    }
}
