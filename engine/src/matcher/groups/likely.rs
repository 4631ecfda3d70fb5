//! How likely an item is to pass a rule, and what it costs to ask.

use penstock_dsl::expr::{Fuzzy, Interval, MoneyRange, Predicate, Test};
use std::ops::Bound;

/// The share of a predicate that every item passes.
pub const EVERY: f32 = 1.0;
/// Of the items that have so much of a text so many have one character more.
const FEWER: f32 = 0.7;
/// A guess weighs as much as so many items.
const GUESS_WEIGHS: f32 = 4.0;

/// The share of items that pass a question, as `passed` of `items` did that were looked at; a guess where these are few.
pub fn share(predicate: &Predicate, passed: u32, items: u32) -> f32 {
    (passed as f32 + guess(predicate) * GUESS_WEIGHS) / (items as f32 + GUESS_WEIGHS)
}

/// Of two rules the one with the smaller number is best asked first: `share` of the items hold it.
pub fn rank(predicate: &Predicate, share: f32) -> f32 {
    cost(predicate) / (EVERY - share).max(f32::MIN_POSITIVE)
}

/// What it costs to ask, in about a hundredth of a microsecond.
fn cost(predicate: &Predicate) -> f32 {
    match predicate {
        Predicate::Test { test: Test::Fuzzy(_), .. } => 100.0,
        Predicate::Test { test: Test::Contains(_), .. } => 3.0,
        _ => 1.0,
    }
}

/// The share of items that pass, from what is asked alone.
fn guess(predicate: &Predicate) -> f32 {
    let Predicate::Test { test, .. } = predicate else { return EVERY };
    match test {
        Test::KeywordAll(_) => 0.005,
        Test::KeywordIn(values) => (0.03 * values.len() as f32).min(0.5),
        Test::TextAll(_) => 0.001,
        Test::TextIn(values) => (0.001 * values.len() as f32).min(0.5),
        // One word is in many names; few have another, or a run, beside it.
        Test::Fuzzy(Fuzzy { words, runs }) => {
            let more_words = words.len().saturating_sub(1) as i32;
            0.05 * 0.25f32.powi(more_words) * 0.1f32.powi(runs.len() as i32)
        }
        Test::Contains(needle) => 0.1 * FEWER.powi(needle.chars().take(20).count() as i32 - 1),
        // One currency of several, and a part of its amounts.
        Test::Money(ranges) | Test::PriceWithin(ranges) => 0.15 * any(ranges),
        Test::PriceOverlaps(ranges) => 0.2 * any(ranges),
        Test::Number(interval) => ends(interval),
        Test::Time(interval) => ends(interval),
        Test::Bool(_) => 0.5,
        Test::IsSet => 0.8,
    }
}

fn any(ranges: &[MoneyRange]) -> f32 {
    ranges.iter().map(|range| ends(&range.amounts)).sum::<f32>().min(EVERY)
}

fn ends<T: PartialEq>(interval: &Interval<T>) -> f32 {
    match (&interval.low, &interval.high) {
        (Bound::Included(low), Bound::Included(high)) if low == high => 0.01,
        (Bound::Unbounded, Bound::Unbounded) => 0.8,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => 0.4,
        _ => 0.2,
    }
}
