//! How likely an item is to pass a rule, before any item has been seen.

use penstock_dsl::expr::{Interval, Predicate, Test};
use std::ops::Bound;

/// The share of a predicate that every item passes.
pub const EVERY: f32 = 1.0;

/// A guess at the share of items for which a rule holds, from what it asks.
pub fn guess(negated: bool, predicate: &Predicate) -> f32 {
    let share = match predicate {
        Predicate::All => EVERY,
        Predicate::Test { test, .. } => share(test),
    };
    if negated { EVERY - share } else { share }
}

fn share(test: &Test) -> f32 {
    match test {
        Test::KeywordAll(_) | Test::TextAll(_) => 0.005,
        Test::KeywordIn(values) | Test::TextIn(values) => (0.01 * values.len() as f32).min(0.5),
        Test::Fuzzy(_) => 0.02,
        Test::Contains(_) => 0.03,
        Test::Money(_) | Test::PriceWithin(_) => 0.1,
        Test::PriceOverlaps(_) => 0.15,
        Test::Number(interval) => ends(interval),
        Test::Time(interval) => ends(interval),
        Test::Bool(_) => 0.5,
        Test::IsSet => 0.8,
    }
}

fn ends<T: PartialEq>(interval: &Interval<T>) -> f32 {
    match (&interval.low, &interval.high) {
        (Bound::Included(low), Bound::Included(high)) if low == high => 0.01,
        (Bound::Unbounded, Bound::Unbounded) => 0.8,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => 0.4,
        _ => 0.2,
    }
}
