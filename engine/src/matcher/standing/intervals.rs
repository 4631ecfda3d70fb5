//! Intervals that a value, or a range of values, is looked up in.
//!
//! Ends are kept as whole numbers ([`scaled`], [`unsigned`]) whose order never contradicts that of the exact values. So a value
//! strictly between an interval's ends certainly lies inside, and one on an end is left to the evaluator.
//!
//! Intervals are sorted by size class (the power of two above their width), then by their lower end: those of one class
//! that can reach a value begin within twice their width before it, so what is looked at grows with what is found.
//! Open ends have two classes of their own.

use super::multimap::Change;
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::ops::Bound;

/// Digits after the point that tell two decimals apart here; most prices and ratings have fewer.
const FRACTION_DIGITS: u32 = 4;
/// Size classes of intervals with two ends: 0 (one value) to 64.
const CLOSED: usize = 65;
/// The class of intervals without an upper end.
const UPWARD: usize = CLOSED;
/// The class of intervals without a lower end; they are sorted by their upper one.
const DOWNWARD: usize = CLOSED + 1;
const CLASSES: usize = CLOSED + 2;

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
pub struct Intervals {
    /// Class, the end that it is sorted by, the other end, question.
    entries: BTreeSet<(u8, u64, u64, u32)>,
    /// Entries of each class.
    counts: [u32; CLASSES],
}

impl Default for Intervals {
    fn default() -> Self {
        Intervals { entries: BTreeSet::new(), counts: [0; CLASSES] }
    }
}

impl Intervals {
    /// Puts an interval of a question in, or takes it out. One whose ends are the wrong way round holds nothing and is not
    /// kept; see [`is_inverted`].
    pub fn change(&mut self, change: Change, low: Bound<u64>, high: Bound<u64>, question: u32) {
        let (class, first, second) = match (end(low), end(high)) {
            (Some(low), Some(high)) if low > high => return,
            (Some(low), Some(high)) => (size_class(high - low), low, high),
            (None, Some(high)) => (DOWNWARD, high, 0),
            (low, None) => (UPWARD, low.unwrap_or(0), u64::MAX),
        };
        let entry = (class as u8, first, second, question);
        match change {
            Change::Enter if self.entries.insert(entry) => self.counts[class] += 1,
            Change::Leave if self.entries.remove(&entry) => self.counts[class] -= 1,
            _ => {}
        }
    }

    /// Calls `found` with every question that may pass, and whether it certainly does.
    pub fn find(&self, ask: Ask, low: u64, high: u64, mut found: impl FnMut(u32, bool)) {
        // An interval that holds the range begins before its lower end and reaches its upper one; one that overlaps the
        // range begins before its upper end and reaches its lower one.
        let (begins, reaches) = match ask {
            Ask::Holds => (low, high),
            Ask::Overlaps => (high, low),
        };
        for class in (0..CLOSED).filter(|class| self.counts[*class] > 0) {
            let width = 1u64.checked_shl(class as u32).map_or(u64::MAX, |over| over - 1);
            for (first, second, question) in self.class(class, reaches.saturating_sub(width), begins) {
                if second >= reaches {
                    found(question, first < begins && second > reaches);
                }
            }
        }
        for (first, _, question) in self.class(UPWARD, 0, begins) {
            found(question, first < begins);
        }
        for (first, _, question) in self.class(DOWNWARD, reaches, u64::MAX) {
            found(question, first > reaches);
        }
    }

    /// Every question.
    pub fn all(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|entry| entry.3)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn class(&self, class: usize, from: u64, to: u64) -> impl Iterator<Item = (u64, u64, u32)> {
        let there = self.counts[class] > 0 && from <= to;
        let class = class as u8;
        let range = there.then(|| self.entries.range((class, from, 0, 0)..=(class, to, u64::MAX, u32::MAX)));
        range.into_iter().flatten().map(|&(_, first, second, question)| (first, second, question))
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
    use std::collections::BTreeMap;

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
                    index.find(ask, unsigned(a), unsigned(b), |n, sure| assert!(found.insert(n, sure).is_none()));
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
            prop_assert!(index.is_empty() && index.counts == [0; CLASSES]);
        }

        #[test]
        fn scaling_keeps_the_order(a in any::<i64>(), b in any::<i64>(), scales in (0..28u32, 0..28u32)) {
            let (a, b) = (Decimal::from_i128_with_scale(a.into(), scales.0), Decimal::from_i128_with_scale(b.into(), scales.1));
            prop_assert!(a > b || scaled(&a) <= scaled(&b));
            prop_assert!(a < b || scaled(&a) >= scaled(&b));
        }
    }
}
