//! What a rule set will about cost to evaluate, before any index is asked.
//!
//! The unit is one exact look-up of a value: a rule of 600 units is about as dear as 600 of them. It is a rough scale of how
//! each kind of rule is answered (by the index's dictionary, by its columns of numbers, or from the stored items themselves), the
//! same for the same rules everywhere: how many items there are, and how many a rule matches, is not in it. The figures are from
//! previews of 400,000 made-up items, where a look-up took some 20 us.

use crate::diagnostic::Span;
use crate::expr::{Expr, Fuzzy, FuzzyWord, Predicate, PropertyRef, Subject, Test};
use crate::text::{Token, tokens};
use serde::Serialize;
use std::collections::HashSet;

/// One value, looked up exactly.
const LOOK_UP: u64 = 1;
/// A pass over a column of numbers.
const COLUMN: u64 = 15;
/// A column that hardly any item has, as most currencies'.
const RARE_COLUMN: u64 = 1;
/// The words that begin with something.
const PREFIX: u64 = 10;
/// The words within one edit, and within two.
const NEAR: [u64; 2] = [50, 150];
/// A pass over all words of a property.
const ALL_WORDS: u64 = 600;
/// Stored items, read one by one.
const ITEMS: u64 = 30_000;
/// From merchants to their items.
const MERCHANTS: u64 = 400;
/// From here on a rule set is of middle, and of high cost.
const LEVELS: [u64; 2] = [1_000, ITEMS];

/// Longer runs are cut in the dictionary, so that items have to be read.
const RUN_CHARS: usize = 8;

/// The estimate for a rule set, in look-ups.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = cost::Cost))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// All rules together; equal rules are evaluated once and count once.
    pub total: u64,
    /// The total in a word.
    pub level: Level,
    /// One a rule, in the text's order.
    pub rules: Vec<RuleCost>,
}

/// The estimate for one rule.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = cost::RuleCost))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleCost {
    /// Where the rule stands in the text.
    pub span: Span,
    /// Look-ups that it is about as dear as.
    pub units: u64,
}

/// How dear a rule set is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = cost::Level))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Answered by look-ups and columns.
    Low,
    /// Passes over many words, or many look-ups.
    Middle,
    /// Reads stored items.
    High,
}

/// Estimates what evaluating a rule set costs.
pub fn cost(expr: &Expr) -> Cost {
    let mut seen = HashSet::new();
    let mut total = 0;
    let rules = expr.blocks.iter().flat_map(|b| &b.groups).flat_map(|g| &g.rules);
    let rules = rules.map(|rule| {
        let units = units(&rule.predicate);
        if seen.insert(&rule.predicate) {
            total += units;
        }
        RuleCost { span: rule.span, units }
    });
    let rules = rules.collect();
    let level = match total {
        _ if total < LEVELS[0] => Level::Low,
        _ if total < LEVELS[1] => Level::Middle,
        _ => Level::High,
    };
    Cost { total, level, rules }
}

fn units(predicate: &Predicate) -> u64 {
    match predicate {
        Predicate::All => LOOK_UP,
        Predicate::Test { subject, test } => match subject.of {
            crate::expr::Owner::Item => of_test(subject, test),
            crate::expr::Owner::Merchant => of_test(subject, test) + MERCHANTS,
        },
    }
}

fn of_test(subject: &Subject, test: &Test) -> u64 {
    // Columns hold the values of all languages: for one language the items are read.
    let column = if subject.locale.is_some() { ITEMS } else { COLUMN };
    match test {
        Test::IsSet | Test::Bool(_) => LOOK_UP,
        Test::KeywordIn(values) | Test::TextIn(values) => LOOK_UP * values.len() as u64,
        // By language, or by place in a list.
        Test::KeywordAll(values) | Test::TextAll(values) => 2 * LOOK_UP * values.len() as u64,
        Test::Contains(needle) => contains(needle),
        Test::Fuzzy(query) => fuzzy(query),
        Test::Number(_) => column,
        Test::Money(ranges) => column + RARE_COLUMN * (ranges.len() as u64).saturating_sub(1),
        Test::PriceOverlaps(ranges) | Test::PriceWithin(ranges) => {
            2 * (COLUMN + RARE_COLUMN * (ranges.len() as u64).saturating_sub(1))
        }
        // An undeclared number may be seconds or milliseconds, which only the item tells.
        Test::Time(_) => match subject.property {
            PropertyRef::Ext(_) => ITEMS,
            PropertyRef::Declared(_) | PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => column,
        },
    }
}

/// One word or run is found in the dictionary; of several pieces only the item tells whether they stand side by side.
fn contains(needle: &str) -> u64 {
    match tokens(needle).as_slice() {
        [Token::Word(word)] if *word == needle => ALL_WORDS,
        [Token::Run(run)] if *run == needle && !is_cut(run) => PREFIX,
        [] if needle.chars().nth(1).is_none() => PREFIX,
        _ => ALL_WORDS + ITEMS,
    }
}

fn fuzzy(query: &Fuzzy) -> u64 {
    let words: u64 = query.words.iter().map(word).sum();
    let runs = PREFIX * query.runs.len() as u64;
    let read = if query.runs.iter().any(|run| is_cut(run)) { ITEMS } else { 0 };
    words + runs + read
}

fn word(word: &FuzzyWord) -> u64 {
    let near = match word.distance {
        0 => LOOK_UP,
        1 => NEAR[0],
        _ => NEAR[1],
    };
    near + if word.prefix { PREFIX } else { 0 }
}

fn is_cut(run: &str) -> bool {
    run.chars().nth(RUN_CHARS).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{CheckOptions, check};

    fn of(text: &str) -> Cost {
        cost(&check(text, &CheckOptions::default()).expr.unwrap())
    }

    #[test]
    fn what_needs_more_work_costs_more() {
        let dearer = [
            "STORE { city = \"a\" }",
            "STORE { city in (\"a\", \"b\", \"c\") }",
            "STORE { externalRating > 4 }",
            "STORE { storeName contains \"東京\" and externalRating > 4 }",
            "STORE { storeName ~ \"hotel\" }",
            "STORE { storeName contains \"hotel\" }",
            "STORE { storeName contains \"hotel - spa\" }",
            "STORE { storeName contains \"hotel - spa\" and ext.a before now() }",
        ];
        let totals = dearer.map(|text| of(text).total);
        assert!(totals.is_sorted_by(|a, b| a < b), "{totals:?}");
        assert_eq!([0, 3, 5, 6].map(|at| of(dearer[at]).level), [Level::Low, Level::Low, Level::Low, Level::High]);
    }

    #[test]
    fn equal_rules_count_once() {
        let twice = of("STORE { city = \"a\" and externalRating > 4 or not city = \"a\" }");
        assert_eq!((twice.total, twice.level), (16, Level::Low));
        assert_eq!(twice.rules.iter().map(|r| r.units).collect::<Vec<_>>(), [1, 15, 1]);
        assert_eq!(twice.rules[2].span.start, 45);
    }

    #[test]
    fn a_merchant_s_property_and_a_language_cost_their_way() {
        let total = |rule: &str| of(&format!("STORE {{ {rule} }}")).total;
        assert!(total("merchant.merchantName = \"a\"") > total("storeName = \"a\""));
        assert!(total("ext.a@zh > 1") > total("ext.a > 1"));
    }
}
