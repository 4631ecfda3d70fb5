//! A standing question: its predicate, who asks it, and what it has cost.

use super::entry::Entry;
use penstock_dsl::expr::{Fuzzy, FuzzyWord, MoneyRange, Predicate, PropertyRef, Subject, Test};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// About what a place in a structure takes, bytes; strings come on top.
const PLACE_BYTES: usize = 32;

/// What a question costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// About how much memory it takes, bytes.
    pub bytes: usize,
    /// Places where it stands in the structures.
    pub places: usize,
    /// Whether every item of its types is asked.
    pub always: bool,
    /// Times that the evaluator was asked, since the question came.
    pub asked: u32,
    /// Those of them where the answer was no.
    pub in_vain: u32,
}

/// A question.
pub struct Question {
    /// What is asked.
    pub predicate: Predicate,
    /// How often it was taken in.
    pub askers: u32,
    /// How often it was entered.
    pub enterers: u32,
    /// Where it stands; nowhere until it is entered.
    pub entry: Option<Entry>,
    asked: AtomicU32,
    in_vain: AtomicU32,
}

impl Question {
    /// A question that nobody asks yet.
    pub fn new(predicate: Predicate) -> Self {
        Question {
            predicate,
            askers: 0,
            enterers: 0,
            entry: None,
            asked: AtomicU32::new(0),
            in_vain: AtomicU32::new(0),
        }
    }

    /// Counts an answer of the evaluator.
    pub fn count(&self, passed: bool) {
        add_one(&self.asked);
        if !passed {
            add_one(&self.in_vain);
        }
    }

    /// What it costs.
    pub fn cost(&self) -> Cost {
        let places = match (&self.predicate, self.entry) {
            (_, None) => 0,
            (Predicate::All, Some(_)) => 1,
            (Predicate::Test { test, .. }, Some(entry)) => entry.places(test),
        };
        let text = heap_bytes(&self.predicate);
        // What it is entered by is kept again in the structure.
        let copies = if places > 0 { 2 } else { 1 };
        Cost {
            bytes: size_of::<Question>() + copies * text + places * PLACE_BYTES,
            places,
            always: self.entry == Some(Entry::Always),
            asked: self.asked.load(Relaxed),
            in_vain: self.in_vain.load(Relaxed),
        }
    }
}

/// Counts; what several threads count at the same time may be lost.
pub fn add_one(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
}

fn heap_bytes(predicate: &Predicate) -> usize {
    let Predicate::Test { subject: Subject { property, locale, .. }, test } = predicate else { return 0 };
    let key = match property {
        PropertyRef::Declared(_) => 0,
        PropertyRef::Ext(key) | PropertyRef::TagAlgo(key) | PropertyRef::TagCustom(key) => key.len(),
    };
    key + locale.as_ref().map_or(0, String::len) + test_bytes(test)
}

fn test_bytes(test: &Test) -> usize {
    let strings = |list: &[String]| list.iter().map(|text| size_of::<String>() + text.len()).sum::<usize>();
    match test {
        Test::KeywordIn(list) | Test::KeywordAll(list) | Test::TextIn(list) | Test::TextAll(list) => strings(list),
        Test::Contains(needle) => needle.len(),
        Test::Fuzzy(Fuzzy { words, runs }) => {
            strings(runs) + words.iter().map(|word| size_of::<FuzzyWord>() + word.text.len()).sum::<usize>()
        }
        Test::Money(ranges) | Test::PriceOverlaps(ranges) | Test::PriceWithin(ranges) => {
            size_of::<MoneyRange>() * ranges.len()
        }
        Test::IsSet | Test::Number(_) | Test::Time(_) | Test::Bool(_) => 0,
    }
}
