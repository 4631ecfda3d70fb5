//! The bare evaluator: what a checked rule set means for one item.
//!
//! It reads nothing but the item, its merchant and the time of evaluation; texts are folded on both sides already.

use super::fuzzy::{Letters, within_distance};
use crate::content::document::{Document, ExtValue, Localized, Money, PriceRange, Text, Values, epoch_ms};
use penstock_dsl::expr::{
    Block, Expr, Fuzzy, FuzzyWord, Group, Interval, MoneyRange, Owner, Predicate, PropertyRef, Rule, Subject, Test,
    TimePoint, locale_in_range,
};
use penstock_dsl::text::{Token, tokens};
use rust_decimal::Decimal;

/// What rules read of one item.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The item.
    pub item: Tagged<'a>,
    /// Its merchant's MERCHANT item, which `merchant.` rules read; without one those properties are missing.
    pub merchant: Option<Tagged<'a>>,
    /// The time of evaluation, epoch milliseconds.
    pub now_ms: i64,
}

/// An item with its tags.
#[derive(Clone, Copy)]
pub struct Tagged<'a> {
    /// The item.
    pub document: &'a Document,
    /// Its tags, each once.
    pub tags: &'a [Tag],
}

impl<'a> From<&'a Document> for Tagged<'a> {
    fn from(document: &'a Document) -> Self {
        Tagged { document, tags: &[] }
    }
}

/// The values that an item has of a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// The tag, as rules name it.
    pub property: PropertyRef,
    /// Its values, at least one.
    pub values: Box<[Box<str>]>,
}

/// Whether the rule set matches the item.
pub fn matches(expr: &Expr, facts: Facts<'_>) -> bool {
    expr.blocks.iter().any(|block| block_matches(block, facts))
}

/// Whether one block matches: the type, and any of its groups.
pub fn block_matches(block: &Block, facts: Facts<'_>) -> bool {
    block.content_type == facts.item.document.content_type && block.groups.iter().any(|g| group_matches(g, facts))
}

/// Whether all rules of a group hold; the content type is the caller's business.
pub fn group_matches(group: &Group, facts: Facts<'_>) -> bool {
    group.rules.iter().all(|rule| rule_matches(rule, facts))
}

/// Whether one rule holds.
pub fn rule_matches(rule: &Rule, facts: Facts<'_>) -> bool {
    predicate_matches(&rule.predicate, facts) != rule.negated
}

/// Whether a positive predicate holds; false on a missing property.
pub fn predicate_matches(predicate: &Predicate, facts: Facts<'_>) -> bool {
    let asked = match predicate {
        Predicate::Test { subject, .. } if subject.of == Owner::Merchant => facts.merchant,
        _ => Some(facts.item),
    };
    asked.is_some_and(|asked| match predicate {
        Predicate::Test { subject, test } if subject.property.is_tag() => {
            let tag = asked.tags.iter().find(|tag| tag.property == subject.property);
            tag.is_some_and(|tag| keywords_match(&tag.values, test))
        }
        _ => holds(predicate, asked.document, facts.now_ms),
    })
}

/// Whether a predicate holds of the document whose property it reads. A document has no tags.
pub fn holds(predicate: &Predicate, document: &Document, now_ms: i64) -> bool {
    match predicate {
        Predicate::All => true,
        Predicate::Test { subject, test } => match &subject.property {
            PropertyRef::Declared(id) => {
                document.get(*id).is_some_and(|values| declared_matches(values, subject, test, now_ms))
            }
            PropertyRef::Ext(key) => document.ext(key).is_some_and(|values| ext_matches(values, subject, test, now_ms)),
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => false,
        },
    }
}

/// The values that a subject's locale range selects.
fn selected<'a, T>(values: &'a [Localized<T>], subject: &'a Subject) -> impl Iterator<Item = &'a T> {
    values.iter().filter(move |v| in_range(v.locale.as_deref(), subject.locale.as_deref())).map(|v| &v.value)
}

/// Without a range every value counts, the base value too; with one only the locales inside it.
pub fn in_range(locale: Option<&str>, range: Option<&str>) -> bool {
    match (locale, range) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(locale), Some(range)) => locale_in_range(locale, range),
    }
}

fn declared_matches(values: &Values, subject: &Subject, test: &Test, now_ms: i64) -> bool {
    match values {
        Values::Presence(v) => matches!(test, Test::IsSet) && selected(v, subject).next().is_some(),
        Values::Keywords(v) => selected(v, subject).any(|list| keywords_match(list, test)),
        Values::Texts(v) => selected(v, subject).any(|text| text_matches(text, test)),
        Values::Numbers(v) => selected(v, subject).any(|n| number_matches(n, test)),
        Values::Money(v) => selected(v, subject).any(|m| money_matches(m, test)),
        Values::Times(v) => selected(v, subject).any(|t| time_matches(*t, test, now_ms)),
        Values::PriceRange(range) => subject.locale.is_none() && price_range_matches(range, test),
    }
}

fn keywords_match(list: &[Box<str>], test: &Test) -> bool {
    match test {
        Test::IsSet => true,
        Test::KeywordIn(wanted) => list.iter().any(|value| wanted.binary_search_by(|w| w.as_str().cmp(value)).is_ok()),
        Test::KeywordAll(wanted) => wanted.iter().all(|w| list.iter().any(|value| **value == **w)),
        _ => false,
    }
}

fn text_matches(text: &Text, test: &Test) -> bool {
    match test {
        Test::IsSet => true,
        Test::TextIn(wanted) => wanted.binary_search_by(|w| w.as_str().cmp(&text.folded)).is_ok(),
        Test::Contains(needle) => text.folded.contains(needle.as_str()),
        Test::Fuzzy(query) => fuzzy_matches(&text.folded, query),
        _ => false,
    }
}

/// A word of a text.
#[derive(Clone, Copy, Debug)]
pub struct Word<'t> {
    /// The word.
    pub text: &'t str,
    /// Its characters.
    pub letters: Letters,
}

/// A word of a fuzzy query, wherever it is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted<'q> {
    /// The word.
    pub text: &'q str,
    /// The edits that it allows.
    pub distance: u8,
    /// Whether a longer word that begins with it matches too.
    pub prefix: bool,
}

impl<'q> From<&'q FuzzyWord> for Wanted<'q> {
    fn from(word: &'q FuzzyWord) -> Self {
        Wanted { text: &word.text, distance: word.distance, prefix: word.prefix }
    }
}

/// Whether a folded text matches a fuzzy query.
pub fn fuzzy_matches(folded: &str, query: &Fuzzy) -> bool {
    let words = |tokens: Vec<Token<'_>>| {
        let words = tokens.iter().filter_map(Word::of);
        query.words.iter().all(|wanted| some_word_matches(words.clone(), wanted.into()))
    };
    query.runs.iter().all(|run| folded.contains(run.as_str())) && (query.words.is_empty() || words(tokens(folded)))
}

/// Whether some word of a text matches a word of a fuzzy query.
pub fn some_word_matches<'t>(mut words: impl Iterator<Item = Word<'t>>, wanted: Wanted<'_>) -> bool {
    let letters = Letters::of(wanted.text);
    words.any(|word| {
        (wanted.prefix && word.text.starts_with(wanted.text))
            || (word.letters.within(letters, wanted.distance)
                && within_distance(wanted.text, word.text, wanted.distance))
    })
}

/// Whether a word of a text matches a word of a fuzzy query.
pub fn word_matches(word: Word<'_>, wanted: Wanted<'_>) -> bool {
    some_word_matches(std::iter::once(word), wanted)
}

impl<'t> Word<'t> {
    /// A word.
    pub fn new(text: &'t str) -> Self {
        Word { text, letters: Letters::of(text) }
    }

    fn of(token: &Token<'t>) -> Option<Self> {
        match token {
            Token::Word(word) => Some(Word::new(word)),
            Token::Run(_) => None,
        }
    }
}

fn number_matches(number: &Decimal, test: &Test) -> bool {
    match test {
        Test::IsSet => true,
        Test::Number(interval) => interval.contains(number),
        _ => false,
    }
}

fn money_matches(money: &Money, test: &Test) -> bool {
    match test {
        Test::IsSet => true,
        Test::Money(ranges) => MoneyRange::of(ranges, money.currency).is_some_and(|r| r.contains(&money.amount)),
        _ => false,
    }
}

fn time_matches(time_ms: i64, test: &Test, now_ms: i64) -> bool {
    match test {
        Test::IsSet => true,
        Test::Time(interval) => resolve(interval, now_ms).contains(&time_ms),
        _ => false,
    }
}

/// An interval of time points as epoch milliseconds.
pub fn resolve(interval: &Interval<TimePoint>, now_ms: i64) -> Interval<i64> {
    interval.map(|point| point.resolve(now_ms))
}

fn price_range_matches(range: &PriceRange, test: &Test) -> bool {
    let asked = |ranges: &[MoneyRange], passes: &dyn Fn(&Interval<Decimal>) -> bool| {
        MoneyRange::of(ranges, range.currency).is_some_and(passes)
    };
    match test {
        Test::IsSet => true,
        Test::PriceOverlaps(ranges) => asked(ranges, &|r| r.overlaps(&range.low, &range.high)),
        Test::PriceWithin(ranges) => asked(ranges, &|r| r.contains(&range.low) && r.contains(&range.high)),
        _ => false,
    }
}

fn ext_matches(values: &[Localized<Vec<ExtValue>>], subject: &Subject, test: &Test, now_ms: i64) -> bool {
    selected(values, subject).any(|list| match test {
        Test::IsSet => !list.is_empty(),
        // `all of` asks for all within one value of the property.
        Test::TextAll(wanted) => wanted.iter().all(|w| list.iter().any(|v| v.text().is_some_and(|t| *t.folded == **w))),
        _ => list.iter().any(|value| ext_scalar_matches(value, test, now_ms)),
    })
}

fn ext_scalar_matches(value: &ExtValue, test: &Test, now_ms: i64) -> bool {
    match (test, value) {
        (Test::TextIn(_) | Test::Contains(_) | Test::Fuzzy(_), _) => {
            value.text().is_some_and(|t| text_matches(t, test))
        }
        (Test::Number(interval), _) => value.number().is_some_and(|n| interval.contains(&n)),
        (Test::Time(interval), _) => {
            value.number().and_then(epoch_ms).is_some_and(|ms| resolve(interval, now_ms).contains(&ms))
        }
        (Test::Money(..), ExtValue::Money(money)) => money_matches(money, test),
        (Test::Bool(wanted), ExtValue::Bool(is)) => wanted == is,
        _ => false,
    }
}
