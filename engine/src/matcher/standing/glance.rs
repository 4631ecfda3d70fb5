//! What a question asks, in sixteen bytes: enough to answer it, most times, from what is seen of an item ([`super::sights`]).
//!
//! Invariant: an answer given here is the evaluator's.

use super::entry::{Entry, TimeEnds};
use super::intervals::scaled;
use super::sights::{InTexts, Sight, Sights, Slots, bit, grams, rough};
use crate::matcher::fuzzy::Letters;
use penstock_dsl::expr::{Fuzzy, FuzzyWord, Interval, MoneyRange, Predicate, Subject, Test};
use rust_decimal::Decimal;
use std::ops::Bound;

/// A question at a glance.
#[derive(Clone, Copy, Debug, Default)]
pub enum Glance {
    /// It takes the evaluator.
    #[default]
    Ask,
    /// No item passes that lacks the property; if `sure`, all others do.
    Set { slot: u16, sure: bool },
    /// No item passes that has none of these values.
    Any { slot: u16, values: u64 },
    /// No item passes that lacks one of these values.
    All { slot: u16, values: u64 },
    /// No item passes that lacks one of these grams.
    Grams { slot: u16, grams: u64 },
    /// No item passes that has no word with about these characters.
    Word { slot: u16, letters: Letters, distance: u8, prefix: bool },
    /// A number, or an amount of money, between these.
    Between(Range),
    /// A range of amounts that has some between these.
    Overlapping(Range),
    /// A range of amounts that has all between these.
    Within(Range),
}

/// Ends of an interval, rounded.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    slot: u16,
    /// Whether passing can be told, and not only failing.
    sure: bool,
    low: f32,
    high: f32,
}

impl Glance {
    /// What a predicate asks beside what its entry has told already, where it has one.
    pub fn of(predicate: &Predicate, entry: Option<Entry>, slots: &mut Slots) -> Self {
        let Predicate::Test { subject, test } = predicate else { return Glance::Ask };
        Glance::of_test(subject, test, entry, slots).unwrap_or(Glance::Ask)
    }

    fn of_test(subject: &Subject, test: &Test, entry: Option<Entry>, slots: &mut Slots) -> Option<Self> {
        let sure = subject.locale.is_none();
        let mut open = |texts: InTexts| slots.open(&subject.property, None, texts);
        let mut plain = || open(InTexts::default());
        let bits = |values: &[String]| values.iter().fold(0, |bits, value| bits | bit(value));
        Some(match test {
            Test::IsSet => Glance::Set { slot: plain()?, sure },
            Test::Bool(_) => Glance::Set { slot: plain()?, sure: false },
            Test::KeywordIn(values) | Test::TextIn(values) => Glance::Any { slot: plain()?, values: bits(values) },
            // An empty list has all of no values, and nothing is seen of it.
            Test::KeywordAll(values) | Test::TextAll(values) if values.is_empty() => Glance::Ask,
            Test::KeywordAll(values) | Test::TextAll(values) => Glance::All { slot: plain()?, values: bits(values) },
            Test::Contains(needle) => {
                Glance::Grams { slot: open(InTexts { grams: true, words: false })?, grams: grams(needle) }
            }
            Test::Fuzzy(query) => match (most_telling(query, entry), all_grams(&query.runs)) {
                (Some(word), _) => Glance::Word {
                    slot: open(InTexts { grams: false, words: true })?,
                    letters: Letters::of(&word.text),
                    distance: word.distance,
                    prefix: word.prefix,
                },
                (None, 0) => Glance::Set { slot: plain()?, sure: false },
                (None, grams) => Glance::Grams { slot: open(InTexts { grams: true, words: false })?, grams },
            },
            Test::Number(interval) => Glance::Between(Range::of(plain()?, sure, interval)),
            Test::Time(interval) => match TimeEnds::of(interval) {
                Some(ends) if is_declared(subject) && ends.whole && !ends.relative => {
                    Glance::Between(Range { slot: plain()?, sure, low: low(ends.low), high: high(ends.high) })
                }
                _ => Glance::Set { slot: plain()?, sure: false },
            },
            Test::Money(ranges) => Glance::Between(Range::of_money(subject, ranges, slots)?),
            Test::PriceOverlaps(ranges) => Glance::Overlapping(Range::of_money(subject, ranges, slots)?),
            Test::PriceWithin(ranges) => Glance::Within(Range::of_money(subject, ranges, slots)?),
        })
    }

    /// The answer, if it can be seen.
    pub fn answer(self, sights: &Sights) -> Option<bool> {
        let fails = |fails: bool| if fails { Some(false) } else { None };
        match self {
            Glance::Ask => None,
            Glance::Set { slot, sure } => match sights.at(slot).set {
                true => sure.then_some(true),
                false => Some(false),
            },
            Glance::Any { slot, values } => fails(sights.at(slot).values & values == 0),
            Glance::All { slot, values } => fails(values & !sights.at(slot).values != 0 || !sights.at(slot).set),
            Glance::Grams { slot, grams } => fails(grams & !sights.at(slot).grams != 0 || !sights.at(slot).set),
            Glance::Word { slot, letters, distance, prefix } => {
                let near = |word: &Letters| word.within(letters, distance) || (prefix && word.has(letters));
                fails(!sights.words(slot).iter().any(near))
            }
            Glance::Between(range) => range.answer(sights, |sight| {
                // Of several numbers only the least and the greatest are known.
                (sight.high < range.low || sight.low > range.high, sight.low == sight.high && range.holds(sight))
            }),
            Glance::Overlapping(range) => range.answer(sights, |sight| {
                (sight.high < range.low || sight.low > range.high, sight.high > range.low && sight.low < range.high)
            }),
            Glance::Within(range) => {
                range.answer(sights, |sight| (sight.low < range.low || sight.high > range.high, range.holds(sight)))
            }
        }
    }
}

impl Range {
    fn of(slot: u16, sure: bool, interval: &Interval<Decimal>) -> Self {
        Range {
            slot,
            sure,
            low: low(interval.low.as_ref().map(scaled)),
            high: high(interval.high.as_ref().map(scaled)),
        }
    }

    /// `None` where there is not exactly one currency.
    fn of_money(subject: &Subject, ranges: &[MoneyRange], slots: &mut Slots) -> Option<Self> {
        let [range] = ranges else { return None };
        let slot = slots.open(&subject.property, Some(range.currency), InTexts::default())?;
        Some(Range::of(slot, subject.locale.is_none(), &range.amounts))
    }

    fn answer(self, sights: &Sights, tell: impl Fn(&Sight) -> (bool, bool)) -> Option<bool> {
        let sight = sights.at(self.slot);
        match tell(sight) {
            _ if !sight.set => Some(false),
            (true, _) => Some(false),
            (_, true) if self.sure => Some(true),
            _ => None,
        }
    }

    fn holds(self, sight: &Sight) -> bool {
        sight.low > self.low && sight.high < self.high
    }
}

fn low(bound: Bound<u64>) -> f32 {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => rough(value),
        Bound::Unbounded => f32::NEG_INFINITY,
    }
}

fn high(bound: Bound<u64>) -> f32 {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => rough(value),
        Bound::Unbounded => f32::INFINITY,
    }
}

/// The grams of texts that must all be there.
fn all_grams(texts: &[String]) -> u64 {
    texts.iter().fold(0, |bits, text| bits | grams(text))
}

/// Of the words that a query is not entered by the one that the fewest others are like: a long one, in which few characters may
/// differ.
fn most_telling(query: &Fuzzy, entry: Option<Entry>) -> Option<&FuzzyWord> {
    let is_entered = |at: usize| matches!(entry, Some(Entry::Word(way_in)) if usize::from(way_in) == at);
    let others = query.words.iter().enumerate().filter(|(at, _)| !is_entered(*at)).map(|(_, word)| word);
    others.max_by_key(|word| word.text.len() as isize - 2 * isize::from(word.distance))
}

/// Times of undeclared keys are numbers that are read in another way.
fn is_declared(subject: &Subject) -> bool {
    matches!(subject.property, penstock_dsl::expr::PropertyRef::Declared(_))
}
