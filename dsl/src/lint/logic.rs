//! What follows from what: sound tests between predicates.
//!
//! Each answer is `true` only where no item of any shape can say otherwise. Any declared property but the price range may have
//! several values, one a language, for content's locales are read whether or not the property should have them; each value of
//! an undeclared list counts alone. So two tests that no single value passes may both hold of one item, but a value that
//! passes one test passes every test that follows from it.

use super::stretch::Stretch;
use crate::expr::{Interval, MoneyRange, Predicate, PropertyRef, Rule, Subject, Test, TimePoint, locale_in_range};
use crate::registry::Kind;
use rust_decimal::Decimal;
use std::collections::HashSet;

/// Whether every item that passes `a` passes `b`.
pub fn rule_implies(a: &Rule, b: &Rule) -> bool {
    match (a.negated, b.negated) {
        (false, false) => implies(&a.predicate, &b.predicate),
        (true, true) => implies(&b.predicate, &a.predicate),
        (false, true) => exclude(&a.predicate, &b.predicate),
        (true, false) => false,
    }
}

/// Whether every item that passes `a` passes `b`.
pub fn implies(a: &Predicate, b: &Predicate) -> bool {
    match (a, b) {
        (_, Predicate::All) => true,
        (Predicate::All, _) => false,
        (Predicate::Test { subject: of_a, test: a }, Predicate::Test { subject: of_b, test: b }) => {
            reads_within(of_a, of_b) && test_implies(a, b)
        }
    }
}

/// Whether every value that `a` reads is one that `b` reads.
fn reads_within(a: &Subject, b: &Subject) -> bool {
    a.of == b.of
        && a.property == b.property
        && match (&a.locale, &b.locale) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => locale_in_range(a, b),
        }
}

/// Whether a value that passes `a` passes `b`.
fn test_implies(a: &Test, b: &Test) -> bool {
    match (a, b) {
        (_, Test::IsSet) => true,
        (Test::KeywordIn(a), Test::KeywordIn(b)) | (Test::TextIn(a), Test::TextIn(b)) => subset(a, b),
        (Test::KeywordAll(a), Test::KeywordAll(b)) | (Test::TextAll(a), Test::TextAll(b)) => subset(b, a),
        (Test::KeywordAll(a), Test::KeywordIn(b)) | (Test::TextAll(a), Test::TextIn(b)) => meet(a, b),
        (Test::TextIn(texts), Test::Contains(needle)) => texts.iter().all(|t| t.contains(needle.as_str())),
        (Test::TextAll(texts), Test::Contains(needle)) => texts.iter().any(|t| t.contains(needle.as_str())),
        (Test::Contains(a), Test::Contains(b)) => a.contains(b.as_str()),
        (Test::Fuzzy(a), Test::Fuzzy(b)) => a == b,
        (Test::Number(a), Test::Number(b)) => Stretch::of(a).inside(Stretch::of(b)),
        (Test::Time(a), Test::Time(b)) => Stretch::of(a).inside(Stretch::of(b)),
        (Test::Money(a), Test::Money(b))
        | (Test::PriceOverlaps(a), Test::PriceOverlaps(b))
        | (Test::PriceWithin(a), Test::PriceWithin(b) | Test::PriceOverlaps(b)) => money_inside(a, b),
        (Test::Bool(a), Test::Bool(b)) => a == b,
        _ => false,
    }
}

/// Whether no item passes both.
pub fn exclude(a: &Predicate, b: &Predicate) -> bool {
    let (Predicate::Test { subject: of_a, test: test_a }, Predicate::Test { subject: of_b, test: test_b }) = (a, b)
    else {
        return never(a) || never(b);
    };
    let one_range = of_a == of_b
        && match (test_a, test_b) {
            // An item has one price range, which would have to lie inside the one and reach into the other.
            (Test::PriceWithin(a), Test::PriceWithin(b) | Test::PriceOverlaps(b))
            | (Test::PriceOverlaps(a), Test::PriceWithin(b)) => money_apart(a, b),
            (Test::PriceOverlaps(a), Test::PriceOverlaps(b)) => no_common_currency(a, b),
            _ => false,
        };
    one_range || never(a) || never(b)
}

/// Whether no item passes, whatever it holds.
pub fn never(predicate: &Predicate) -> bool {
    let Predicate::Test { subject, test } = predicate else { return false };
    match test {
        // Each value of a keyword property is one keyword.
        Test::KeywordAll(all) => kind(subject) == Some(Kind::Keyword) && all.len() > 1,
        Test::Number(interval) => Stretch::of(interval).is_empty(),
        Test::Time(interval) => Stretch::of(interval).is_empty(),
        Test::Money(ranges) => ranges.iter().all(|r| Stretch::of(&r.amounts).is_empty()),
        _ => false,
    }
}

/// Whether no one value passes both, so that only an item with several values of the property can.
///
/// Not asked of lists and of what differs by language, where several values are the rule.
pub fn exclude_in_one_value(a: &Predicate, b: &Predicate) -> bool {
    let (Predicate::Test { subject: of_a, test: a }, Predicate::Test { subject: of_b, test: b }) = (a, b) else {
        return false;
    };
    of_a == of_b
        && match (a, b) {
            (Test::Number(a), Test::Number(b)) => Stretch::of(a).apart(Stretch::of(b)),
            (Test::Time(a), Test::Time(b)) => Stretch::of(a).apart(Stretch::of(b)),
            (Test::Money(a), Test::Money(b)) => money_apart(a, b),
            (Test::Bool(a), Test::Bool(b)) => a != b,
            (Test::KeywordIn(a), Test::KeywordIn(b)) => kind(of_a) == Some(Kind::Keyword) && !meet(a, b),
            (Test::TextIn(a), Test::TextIn(b)) => has_one_text(of_a) && !meet(a, b),
            (Test::TextIn(texts), Test::Contains(needle)) | (Test::Contains(needle), Test::TextIn(texts)) => {
                has_one_text(of_a) && !texts.iter().any(|t| t.contains(needle.as_str()))
            }
            _ => false,
        }
}

/// Whether a text property is not one that content gives by language.
fn has_one_text(subject: &Subject) -> bool {
    match subject.property {
        PropertyRef::Declared(id) => id.kind() == Kind::Text && id.get().declared.iter().all(|d| !d.localized),
        _ => false,
    }
}

fn kind(subject: &Subject) -> Option<Kind> {
    match subject.property {
        PropertyRef::Declared(id) => Some(id.kind()),
        PropertyRef::Ext(_) | PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => None,
    }
}

/// Whether every item that passes `predicate` passes one of `others`.
pub fn covered(predicate: &Predicate, others: &[&Predicate]) -> bool {
    if others.iter().any(|other| implies(predicate, other)) {
        return true;
    }
    let Predicate::Test { subject, test } = predicate else { return false };
    let tests = || {
        others.iter().filter_map(|other| match other {
            Predicate::Test { subject: of, test } if reads_within(subject, of) => Some(test),
            _ => None,
        })
    };
    match test {
        Test::KeywordIn(values) => each_passes(values, tests(), |test| match test {
            Test::KeywordIn(wanted) => Some(wanted),
            _ => None,
        }),
        Test::TextIn(values) => each_passes(values, tests(), |test| match test {
            Test::TextIn(wanted) => Some(wanted),
            _ => None,
        }),
        Test::Number(interval) => Stretch::of(interval).covered(numbers(tests())),
        Test::Time(interval) => Stretch::of(interval).covered(times(tests())),
        // A number or date that is set has a value, and that value lies somewhere.
        Test::IsSet if kind(subject) == Some(Kind::Number) => Stretch::all().covered(numbers(tests())),
        Test::IsSet if kind(subject) == Some(Kind::Time) => Stretch::all().covered(times(tests())),
        _ => false,
    }
}

fn each_passes<'a>(
    values: &[String],
    tests: impl Iterator<Item = &'a Test>,
    list: impl Fn(&'a Test) -> Option<&'a Vec<String>>,
) -> bool {
    let wanted: HashSet<&str> = tests.filter_map(list).flatten().map(String::as_str).collect();
    values.iter().all(|value| wanted.contains(value.as_str()))
}

fn numbers<'a>(tests: impl Iterator<Item = &'a Test>) -> Vec<Stretch<Decimal>> {
    tests
        .filter_map(|test| if let Test::Number(interval) = test { Some(Stretch::of(interval)) } else { None })
        .collect()
}

fn times<'a>(tests: impl Iterator<Item = &'a Test>) -> Vec<Stretch<TimePoint>> {
    tests.filter_map(|test| if let Test::Time(interval) = test { Some(Stretch::of(interval)) } else { None }).collect()
}

/// Whether the first of two sorted lists lies in the second.
fn subset(a: &[String], b: &[String]) -> bool {
    a.len() <= b.len() && a.iter().all(|value| b.binary_search(value).is_ok())
}

/// Whether two sorted lists have a value in common.
fn meet(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().any(|value| long.binary_search(value).is_ok())
}

/// Whether, for each currency, what `a` asks lies inside what `b` asks.
fn money_inside(a: &[MoneyRange], b: &[MoneyRange]) -> bool {
    let inside = |a: &Interval<_>, b: &Interval<_>| Stretch::of(a).inside(Stretch::of(b));
    a.iter().all(|a| MoneyRange::of(b, a.currency).is_some_and(|b| inside(&a.amounts, b)))
}

/// Whether, for each currency, the two share no amount.
fn money_apart(a: &[MoneyRange], b: &[MoneyRange]) -> bool {
    let apart = |a: &Interval<_>, b: &Interval<_>| Stretch::of(a).apart(Stretch::of(b));
    a.iter().all(|a| MoneyRange::of(b, a.currency).is_none_or(|b| apart(&a.amounts, b)))
}

fn no_common_currency(a: &[MoneyRange], b: &[MoneyRange]) -> bool {
    a.iter().all(|a| MoneyRange::of(b, a.currency).is_none())
}
