//! A standing question: its predicate, who asks it, and what it has cost.

use super::QuestionId;
use super::arena::{self, Place};
use super::entry::Entry;
use super::glance::Glance;
use super::in_place::InPlace;
use super::packed::Packed;
use super::texts::Texts;
use crate::content::document::Document;
use crate::matcher::evaluate::holds;
use penstock_dsl::expr::Predicate;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What a question takes in tables that all share: its own, the one where it is found by its predicate, the one of ways in, flags.
const TABLES_BYTES: usize = size_of::<Question>() + size_of::<Glance>() + 3 * size_of::<QuestionId>() + 1;
/// About what an allocation takes beside its bytes.
const ALLOCATED_BYTES: usize = 16;
/// About what a place in a structure takes, bytes; strings come on top.
const PLACE_BYTES: usize = 32;
/// About what a key of a fuzzy word takes: a number in a table, and a second one in place where words share it.
const WORD_KEY_BYTES: usize = 20;
/// What such a word takes beside its keys and its text, however many ask for it.
const WORD_BYTES: usize = 80;

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
    /// Where what is asked stands.
    pub(super) predicate: Place,
    /// How often it was taken in.
    pub askers: u32,
    /// How often it was entered.
    pub enterers: u32,
    /// Where it stands; nowhere until it is entered.
    pub entry: Option<Entry>,
    asked: AtomicU32,
    in_vain: AtomicU32,
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
}

impl Known<'_> {
    /// Whether an item passes; `texts` has its texts cut into words, or will. Counted.
    pub fn ask(&self, document: &Document, now_ms: i64, texts: &mut Texts) -> bool {
        let passes = match InPlace::of(self.predicate) {
            Some(predicate) => predicate.holds(document, texts),
            None => holds(&self.predicate.unpack(), document, now_ms),
        };
        self.count(passes);
        passes
    }

    /// What it costs.
    pub fn cost(&self) -> Cost {
        let places = match (self.predicate.unpack(), self.entry) {
            (_, None) => 0,
            (Predicate::All, Some(_)) => 1,
            (Predicate::Test { test, .. }, Some(entry)) => entry.places(&test),
        };
        let in_structures = match self.entry {
            Some(Entry::Word(_)) => WORD_BYTES + places * WORD_KEY_BYTES,
            _ => places * PLACE_BYTES,
        };
        let length = self.predicate.0.len();
        // What it is entered by is kept again in the structure.
        let copy = if places > 0 { length + ALLOCATED_BYTES } else { 0 };
        Cost {
            bytes: TABLES_BYTES + arena::taken(length) + copy + in_structures,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_small() {
        assert_eq!((size_of::<Question>(), size_of::<Option<Question>>(), size_of::<Glance>()), (28, 28, 16));
    }
}
