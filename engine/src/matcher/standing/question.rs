//! A standing question: its predicate, who asks it, and what it costs.

use super::QuestionId;
use super::arena::{self, Place};
use super::entry::Entry;
use super::glance::Glance;
use super::in_place::InPlace;
use super::packed::Packed;
use super::texts::Texts;
use crate::content::document::Document;
use crate::matcher::evaluate::holds;
use penstock_dsl::expr::{Predicate, Test};
use std::ops::Deref;

/// What a question takes in tables that all share: its own, the one where it is found by its predicate, the one of ways in, flags.
const TABLES_BYTES: usize = size_of::<Question>() + size_of::<Glance>() + 3 * size_of::<QuestionId>() + 1;
/// About what an allocation takes beside its bytes: sizes are rounded up.
const ALLOCATED_BYTES: usize = 8;
/// About what a place in a structure takes, bytes; texts come on top.
const PLACE_BYTES: usize = 32;
/// About what a needle takes beside its text: itself, and its n-gram in a table.
const NEEDLE_BYTES: usize = 40;
/// About what an interval takes, bytes.
const INTERVAL_BYTES: usize = 24;
/// About what a key of a fuzzy word takes: a number in a table, and a second one in place where words share it.
const WORD_KEY_BYTES: usize = 20;
/// About what such a word takes beside its keys and its text, however many ask for it.
const WORD_BYTES: usize = 64;

/// What a question costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// About how much memory it takes, bytes.
    pub bytes: usize,
    /// Places where it stands in the structures.
    pub places: usize,
    /// Whether every item of its types is asked.
    pub always: bool,
}

/// A question.
pub struct Question {
    /// Where what is asked stands.
    pub(super) predicate: Place,
    /// How often it was taken in.
    pub askers: u32,
    /// How often it was entered.
    pub enterers: u32,
    /// Where it stands; nowhere until it is entered.
    pub entry: Option<Entry>,
}

/// A question and what it asks.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What is asked.
    pub predicate: Packed<'a>,
    /// All else.
    pub question: &'a Question,
}

impl Deref for Known<'_> {
    type Target = Question;

    fn deref(&self) -> &Question {
        self.question
    }
}

impl Question {
    /// A question that nobody asks yet.
    pub fn new(predicate: Place) -> Self {
        Question { predicate, askers: 0, enterers: 0, entry: None }
    }
}

impl Known<'_> {
    /// Whether an item passes; `texts` has its texts cut into words, or will.
    pub fn ask(&self, document: &Document, now_ms: i64, texts: &mut Texts) -> bool {
        match InPlace::of(self.predicate) {
            Some(predicate) => predicate.holds(document, texts),
            None => holds(&self.predicate.unpack(), document, now_ms),
        }
    }

    /// What it costs.
    pub fn cost(&self) -> Cost {
        let (places, in_structures) = match (self.predicate.unpack(), self.entry) {
            (_, None) => (0, 0),
            (Predicate::All, Some(_)) => (1, PLACE_BYTES),
            (Predicate::Test { test, .. }, Some(entry)) => (entry.places(&test), in_structures(entry, &test)),
        };
        Cost {
            bytes: TABLES_BYTES + arena::taken(self.predicate.0.len()) + in_structures,
            places,
            always: self.entry == Some(Entry::Always),
        }
    }
}

/// What a test that is entered so takes in the structures, bytes.
fn in_structures(entry: Entry, test: &Test) -> usize {
    let (texts, text_bytes) = entry.texts(test);
    let places = match entry {
        Entry::Word(_) => WORD_BYTES + entry.places(test) * WORD_KEY_BYTES,
        Entry::Needle { .. } => NEEDLE_BYTES,
        _ if is_interval(test) => entry.places(test) * INTERVAL_BYTES,
        _ => entry.places(test) * PLACE_BYTES,
    };
    places + texts * ALLOCATED_BYTES + text_bytes
}

fn is_interval(test: &Test) -> bool {
    matches!(
        test,
        Test::Number(_)
            | Test::Money(_)
            | Test::PriceOverlaps(_)
            | Test::PriceWithin(_)
            | Test::Time(_)
            | Test::Bool(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_small() {
        assert_eq!((size_of::<Question>(), size_of::<Option<Question>>(), size_of::<Glance>()), (16, 16, 16));
    }
}
