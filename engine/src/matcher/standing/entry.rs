//! The way in to a question: the values, n-gram or word that an item must have before the question is looked at.
//!
//! Invariant: an item that passes a question has what its entry says. Where a question has several ways in, the one that
//! items were seen to have least often is taken.

use super::intervals::{is_inverted, scaled, unsigned};
use super::needles;
use super::seen::Counter;
use super::words::{self, End, Words};
use penstock_dsl::expr::{Fuzzy, Interval, Predicate, PropertyRef, Subject, Test, TimePoint};
use penstock_dsl::limits::{DURATION_MS_MAX, VALUES_MAX};
use rust_decimal::Decimal;
use std::ops::Bound;
use xxhash_rust::xxh3::xxh3_64;

/// The most places where a question may stand; one with more is asked of every item. No rule set has more values.
pub const ENTRIES_MAX: usize = VALUES_MAX;

/// How a question is entered. Places further on than these numbers reach are no ways in: no text is so long that it has no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// No item passes.
    Never,
    /// Every item of its types is asked.
    Always,
    /// By the property being set.
    Present,
    /// By any of the test's values or intervals.
    Any,
    /// By this one of the values that must all be there.
    Value(u16),
    /// By the n-gram at byte `at` of the `needle`-th substring.
    Needle {
        /// Which substring: 0 of `contains`, which run of a fuzzy query.
        needle: u8,
        /// Where its n-gram begins.
        at: u16,
    },
    /// By this word of a fuzzy query.
    Word(u16),
}

impl Entry {
    /// The rarest way in, and how often items were seen to take it; 0 where there is no choice.
    pub fn rarest(predicate: &Predicate, counter: Counter<'_>) -> (Entry, u32) {
        match predicate {
            Predicate::All => (Entry::Always, 0),
            Predicate::Test { subject, test } => match subject.property {
                PropertyRef::Declared(_) | PropertyRef::Ext(_) => Entry::of_test(test, counter),
                // No item has tags until tags have an endpoint.
                PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => (Entry::Never, 0),
            },
        }
    }

    fn of_test(test: &Test, counter: Counter<'_>) -> (Entry, u32) {
        let entry = match test {
            Test::IsSet => Entry::Present,
            Test::Bool(_) => Entry::Any,
            Test::KeywordIn(values) | Test::TextIn(values) => any_of(values.len()),
            Test::KeywordAll(values) | Test::TextAll(values) => return rarest_value(values, counter),
            Test::Contains(needle) => return rarest_needle([needle.as_str()], counter).unwrap_or((Entry::Present, 0)),
            Test::Fuzzy(query) => return rarest_part(query, counter),
            Test::Number(interval) if is_inverted_scaled(interval) => Entry::Never,
            Test::Number(_) => Entry::Any,
            Test::Money(ranges) | Test::PriceWithin(ranges) => any_of(ranges.len()),
            Test::PriceOverlaps(ranges) if ranges.iter().any(|r| is_inverted_scaled(&r.amounts)) => Entry::Always,
            Test::PriceOverlaps(ranges) => any_of(ranges.len()),
            Test::Time(interval) => match TimeEnds::of(interval) {
                Some(_) => Entry::Any,
                None => Entry::Always,
            },
        };
        (entry, 0)
    }

    /// How often items were seen to take this way in.
    pub fn times(self, test: &Test, counter: Counter<'_>) -> u32 {
        match (self, test) {
            (Entry::Value(at), Test::KeywordAll(values) | Test::TextAll(values)) => {
                counter.times(value_key(&values[usize::from(at)]))
            }
            (Entry::Needle { needle, at }, _) => {
                needle_text(test, needle).map_or(0, |text| needles::times(text, at, counter))
            }
            (Entry::Word(at), Test::Fuzzy(query)) => words::times(&query.words[usize::from(at)], counter),
            _ => 0,
        }
    }

    /// Whether an item that has what the entry says surely passes.
    pub fn decides(self, predicate: &Predicate) -> bool {
        match (self, predicate) {
            (Entry::Always, Predicate::All) => true,
            (_, Predicate::Test { subject: Subject { locale: None, .. }, test }) => match (self, test) {
                (Entry::Any, Test::Time(interval)) => TimeEnds::of(interval).is_some_and(|ends| ends.whole),
                (Entry::Any, _) | (Entry::Needle { .. }, Test::Contains(_)) => true,
                (Entry::Value(_), Test::KeywordAll(values) | Test::TextAll(values)) => values.len() == 1,
                (Entry::Needle { .. } | Entry::Word(_), Test::Fuzzy(query)) => {
                    query.words.len() + query.runs.len() == 1
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The texts that the structures keep of it, and how long they are together, bytes.
    pub fn texts(self, test: &Test) -> (usize, usize) {
        let all = |values: &[String]| (values.len(), values.iter().map(String::len).sum());
        match (self, test) {
            (Entry::Any, Test::KeywordIn(values) | Test::TextIn(values)) => all(values),
            (Entry::Value(at), Test::KeywordAll(values) | Test::TextAll(values)) => (1, values[usize::from(at)].len()),
            (Entry::Needle { needle, .. }, _) => needle_text(test, needle).map_or((0, 0), |text| (1, text.len())),
            (Entry::Word(at), Test::Fuzzy(query)) => (1, query.words[usize::from(at)].text.len()),
            _ => (0, 0),
        }
    }

    /// Places in the structures that it takes.
    pub fn places(self, test: &Test) -> usize {
        match (self, test) {
            (Entry::Never, _) => 0,
            (Entry::Any, Test::KeywordIn(values) | Test::TextIn(values)) => values.len(),
            (Entry::Any, Test::Money(ranges) | Test::PriceOverlaps(ranges) | Test::PriceWithin(ranges)) => ranges.len(),
            (Entry::Word(at), Test::Fuzzy(query)) => {
                words::keys((&query.words[usize::from(at)]).into(), End::Head).len()
            }
            _ => 1,
        }
    }
}

/// The key by which values are counted.
pub fn value_key(value: &str) -> u64 {
    xxh3_64(value.as_bytes())
}

/// The substring that an entry names.
pub fn needle_text(test: &Test, needle: u8) -> Option<&str> {
    match test {
        Test::Contains(text) => Some(text),
        Test::Fuzzy(query) => query.runs.get(usize::from(needle)).map(String::as_str),
        _ => None,
    }
}

/// The bounds of an interval of decimals, scaled.
pub fn scaled_ends(interval: &Interval<Decimal>) -> (Bound<u64>, Bound<u64>) {
    (interval.low.as_ref().map(scaled), interval.high.as_ref().map(scaled))
}

/// Where an interval of time points is looked up.
pub struct TimeEnds {
    /// Whether the ends count from the time of evaluation.
    pub relative: bool,
    /// Lower end.
    pub low: Bound<u64>,
    /// Upper end.
    pub high: Bound<u64>,
    /// Whether that is the whole interval; else one end is left out.
    pub whole: bool,
}

impl TimeEnds {
    /// `None` where an end is too far from the time of evaluation to be told by a difference. An interval with an end of each
    /// sort is looked up by its absolute one.
    pub fn of(interval: &Interval<TimePoint>) -> Option<Self> {
        let ends = [&interval.low, &interval.high];
        let absolute =
            ends.map(|end| matches!(end, Bound::Included(TimePoint::At(_)) | Bound::Excluded(TimePoint::At(_))));
        let open = ends.map(|end| matches!(end, Bound::Unbounded));
        let relative = !absolute[0] && !absolute[1];
        let [low, high] = [0, 1].map(|i| {
            let at = |point: &TimePoint| match (point, relative) {
                (TimePoint::At(ms), _) | (TimePoint::FromNow(ms), true) => Some(*ms),
                (TimePoint::FromNow(_), false) => None,
            };
            match ends[i] {
                Bound::Included(point) => at(point).map_or(Bound::Unbounded, Bound::Included),
                Bound::Excluded(point) => at(point).map_or(Bound::Unbounded, Bound::Excluded),
                Bound::Unbounded => Bound::Unbounded,
            }
        });
        let far = |end: &Bound<i64>| {
            let (Bound::Included(ms) | Bound::Excluded(ms)) = end else { return false };
            ms.unsigned_abs() > DURATION_MS_MAX.unsigned_abs()
        };
        if relative && (far(&low) || far(&high)) {
            return None;
        }
        let whole = (0..2).all(|i| open[i] || absolute[i] != relative);
        Some(TimeEnds { relative, low: low.map(unsigned), high: high.map(unsigned), whole })
    }
}

fn any_of(places: usize) -> Entry {
    match places {
        0 => Entry::Never,
        1..=ENTRIES_MAX => Entry::Any,
        _ => Entry::Always,
    }
}

fn rarest_value(values: &[String], counter: Counter<'_>) -> (Entry, u32) {
    let counted = (0..=u16::MAX).zip(values).map(|(at, value)| (Entry::Value(at), counter.times(value_key(value))));
    counted.min_by_key(|(_, times)| *times).unwrap_or((Entry::Present, 0))
}

fn rarest_needle<'a>(texts: impl IntoIterator<Item = &'a str>, counter: Counter<'_>) -> Option<(Entry, u32)> {
    let rarest = (0..=u8::MAX).zip(texts).filter(|(_, text)| !text.is_empty()).map(|(needle, text)| {
        let (at, times) = needles::rarest(text, counter);
        (Entry::Needle { needle, at }, times, text.len())
    });
    let best = rarest.min_by_key(|(_, times, length)| (*times, std::cmp::Reverse(*length)));
    best.map(|(entry, times, _)| (entry, times))
}

/// The rarest run or word of a fuzzy query; of equals the longest word.
fn rarest_part(query: &Fuzzy, counter: Counter<'_>) -> (Entry, u32) {
    if query.words.is_empty() && query.runs.iter().all(String::is_empty) {
        return (Entry::Present, 0);
    }
    let words = (0..=u16::MAX).zip(&query.words).filter(|(_, word)| Words::takes(word));
    let words = words.map(|(at, word)| (Entry::Word(at), words::times(word, counter), word.text.len()));
    let word = words.min_by_key(|(_, times, length)| (*times, std::cmp::Reverse(*length)));
    let run = rarest_needle(query.runs.iter().map(String::as_str), counter);
    match (word, run) {
        (Some((entry, times, _)), Some((_, run_times))) if times < run_times => (entry, times),
        (_, Some(run)) => run,
        (Some((entry, times, _)), None) => (entry, times),
        (None, None) => (Entry::Always, 0),
    }
}

fn is_inverted_scaled(interval: &Interval<Decimal>) -> bool {
    let (low, high) = scaled_ends(interval);
    is_inverted(low, high)
}
