//! Standing questions: many predicates asked of every item, in time that grows with what an item passes and not with how
//! many stand.
//!
//! Equal predicates are one question, whoever asks. A question that is entered for a content type stands in a structure of
//! its property under something that an item must have to pass it (its [`entry`]); an item looks up what it has, and where
//! that alone does not decide, the bare evaluator does. Invariant: [`Standing::passing`] equals [`Standing::scan`] for every
//! item. The other questions stand nowhere; somebody who wants to know asks ([`Standing::passes`]), and most are answered at
//! a glance at the item ([`glance`]).
//!
//! A predicate is read of the document that it is asked of, whosever property it names. This module knows no rule sets, no
//! ordinals, no log and no threads, and nothing of why a question is asked.

mod arena;
mod ask;
mod entry;
mod field;
mod glance;
mod in_place;
mod intervals;
mod lazy;
mod marks;
mod memo;
pub(super) mod multimap;
mod needles;
mod packed;
mod question;
mod questions;
pub(super) mod ranges;
mod seen;
mod sights;
mod texts;
mod walk;
mod words;

pub use entry::ENTRIES_MAX;
pub use question::Cost;
pub use walk::{Evaluated, Probe};

use super::grow;
use entry::Entry;
use field::Field;
use glance::Glance;
use hashbrown::HashMap;
use multimap::Change;
use penstock_dsl::expr::{Predicate, PropertyRef, Test};
use penstock_dsl::registry::ContentType;
use questions::Questions;
use seen::{Counter, Seen};
use sights::Slots;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use walk::{DECIDED, FUZZY, TYPES};
use xxhash_rust::xxh3::xxh3_64;

/// A standing question. The id of a question that nobody asks any more may become another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(pub u32);

/// A better entry must have been seen less than half as often as the one it replaces: moving has its price.
const RARER: u32 = 2;

/// Standing questions.
#[derive(Default)]
pub struct Standing {
    questions: Questions,
    /// Of each question: the content types that it is entered for, [`DECIDED`], [`FUZZY`].
    flags: Vec<u8>,
    /// Of each question, what it asks.
    glances: Vec<Glance>,
    /// Where glances look.
    slots: Slots,
    /// Questions of every item.
    always: BTreeSet<u32>,
    declared: Vec<Option<Box<Field>>>,
    ext: HashMap<Box<str>, Box<Field>>,
    seen: Seen,
    items: AtomicU64,
    /// Where [`Standing::settle`] goes on.
    next_to_settle: usize,
}

impl Standing {
    /// Takes a question in. Each call needs its own [`Standing::remove`].
    pub fn insert(&mut self, predicate: &Predicate) -> QuestionId {
        let (id, new) = self.questions.of(predicate);
        if new {
            grow::lengthen(&mut self.flags, self.questions.ids_end(), 0);
            grow::lengthen(&mut self.glances, self.questions.ids_end(), Glance::Ask);
            self.glances[id.0 as usize] = Glance::of(predicate, None, &mut self.slots);
        }
        if let Some(question) = self.questions.get_mut(id) {
            question.askers += 1;
        }
        id
    }

    /// Takes back one [`Standing::insert`]; nothing happens where there was none. A question goes with its last asker, and
    /// is to be left before.
    pub fn remove(&mut self, id: QuestionId) {
        let Some(question) = self.questions.get_mut(id) else { return };
        question.askers -= 1;
        if question.askers == 0 {
            self.stand_down(id.0);
            self.questions.drop(id);
            self.give_memory_back();
        }
    }

    /// Lets the items of a content type pass a question that was taken in. Each call needs its own [`Standing::leave`].
    pub fn enter(&mut self, id: QuestionId, content_type: ContentType) {
        let Some(question) = self.questions.get_mut(id) else { return };
        question.enterers += 1;
        if question.entry.is_none() {
            self.stand(id.0);
        }
        self.flags[id.0 as usize] |= 1 << content_type.index();
    }

    /// Takes back one [`Standing::enter`]; nothing happens where there was none. With the last the question stands nowhere;
    /// until then the items of a content type that it was entered for may still pass it.
    pub fn leave(&mut self, id: QuestionId) {
        let Some(question) = self.questions.get_mut(id) else { return };
        question.enterers = question.enterers.saturating_sub(1);
        if question.enterers == 0 {
            self.stand_down(id.0);
        }
    }

    /// Looks at `most` questions, in turn, and gives those a rarer entry for which items have shown one; tells how many.
    /// Questions that came before any item had no choice but to guess.
    pub fn settle(&mut self, most: usize) -> usize {
        let mut moved = 0;
        for _ in 0..most.min(self.flags.len()) {
            self.next_to_settle = (self.next_to_settle + 1) % self.flags.len();
            moved += usize::from(self.settle_one(self.next_to_settle as u32));
        }
        moved
    }

    /// What a question costs; `None` where there is none.
    pub fn cost(&self, id: QuestionId) -> Option<Cost> {
        self.questions.get(id).map(|question| question.cost())
    }

    /// About how much of a question's memory falls to each who asks it, bytes; `None` where there is none.
    pub fn share(&self, id: QuestionId) -> Option<usize> {
        self.questions.get(id).map(|question| question.cost().bytes / question.askers as usize)
    }

    /// How often a question was taken in.
    pub fn askers(&self, id: QuestionId) -> u32 {
        self.questions.get(id).map_or(0, |question| question.askers)
    }

    /// The predicate of a question.
    pub fn predicate(&self, id: QuestionId) -> Option<Predicate> {
        self.questions.get(id).map(|question| question.predicate.unpack())
    }

    /// Questions.
    pub fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether there is no question, and so nothing in memory but this.
    pub fn is_empty(&self) -> bool {
        self.questions.len() == 0
    }

    /// Questions that every item of their types is asked, since no structure can tell them apart.
    pub fn always_asked(&self) -> usize {
        self.always.len()
    }

    /// Properties that some question is about, as far as structures know.
    pub fn properties(&self) -> usize {
        self.declared.iter().flatten().count() + self.ext.len()
    }

    /// Puts a question in where items most rarely come by.
    fn stand(&mut self, id: u32) {
        self.seen.open();
        let id = QuestionId(id);
        let Some(question) = self.questions.get(id) else { return };
        let predicate = question.predicate.unpack();
        let (entry, _) = Entry::rarest(&predicate, Counter::of(&self.seen, salt(&predicate)));
        self.change(Change::Enter, &predicate, entry, id.0);
        self.flags[id.0 as usize] |= flags(&predicate, entry);
        self.glances[id.0 as usize] = Glance::of(&predicate, Some(entry), &mut self.slots);
        if let Some(question) = self.questions.get_mut(id) {
            question.entry = Some(entry);
        }
    }

    fn stand_down(&mut self, id: u32) {
        self.flags[id as usize] = 0;
        let Some(predicate) = self.predicate(QuestionId(id)) else { return };
        if let Some(entry) = self.questions.get_mut(QuestionId(id)).and_then(|question| question.entry.take()) {
            self.change(Change::Leave, &predicate, entry, id);
            self.glances[id as usize] = Glance::of(&predicate, None, &mut self.slots);
        }
    }

    fn give_memory_back(&mut self) {
        if self.is_empty() {
            *self = Standing::default();
            return;
        }
        self.flags.truncate(self.questions.ids_end());
        self.glances.truncate(self.questions.ids_end());
        if self.flags.len() < self.flags.capacity() / 4 {
            self.flags.shrink_to(self.flags.len() * 2);
            self.glances.shrink_to(self.glances.len() * 2);
        }
    }

    fn settle_one(&mut self, id: u32) -> bool {
        let Some(question) = self.questions.get(QuestionId(id)) else { return false };
        let Some(old) = question.entry else { return false };
        let predicate = question.predicate.unpack();
        let Predicate::Test { test, .. } = &predicate else { return false };
        let counter = Counter::of(&self.seen, salt(&predicate));
        let times = old.times(test, counter);
        if times == 0 {
            return false;
        }
        let (entry, rarest) = Entry::rarest(&predicate, counter);
        if entry == old || rarest.saturating_mul(RARER) >= times {
            return false;
        }
        let types = self.flags[id as usize] & TYPES;
        self.stand_down(id);
        self.stand(id);
        self.flags[id as usize] |= types;
        true
    }

    /// Puts a question in where its entry says, or takes it out.
    fn change(&mut self, change: Change, predicate: &Predicate, entry: Entry, id: u32) {
        match (entry, change) {
            (Entry::Never, _) => return,
            (Entry::Always, Change::Enter) => {
                self.always.insert(id);
                return;
            }
            (Entry::Always, Change::Leave) => {
                self.always.remove(&id);
                return;
            }
            _ => {}
        }
        let Predicate::Test { subject, test } = predicate else { return };
        match &subject.property {
            PropertyRef::Declared(property) => {
                let at = usize::from(property.0);
                if self.declared.len() <= at {
                    self.declared.resize_with(at + 1, || None);
                }
                let field = self.declared[at].get_or_insert_with(|| Field::of(salt(predicate)));
                field.change(change, entry, test, id);
                if field.is_empty() {
                    self.declared[at] = None;
                }
            }
            PropertyRef::Ext(key) => {
                let field = self.ext.entry(key.as_str().into()).or_insert_with(|| Field::of(salt(predicate)));
                field.change(change, entry, test, id);
                if field.is_empty() {
                    self.ext.remove(key.as_str());
                    self.ext.shrink_to(self.ext.len() * 2);
                }
            }
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {}
        }
    }
}

fn flags(predicate: &Predicate, entry: Entry) -> u8 {
    let fuzzy = matches!(predicate, Predicate::Test { test: Test::Fuzzy(_), .. });
    (if entry.decides(predicate) { DECIDED } else { 0 }) | (if fuzzy { FUZZY } else { 0 })
}

/// Tells the counts of one property from those of another.
fn salt(predicate: &Predicate) -> u64 {
    match predicate {
        Predicate::Test { subject, .. } => match &subject.property {
            PropertyRef::Declared(property) => xxh3_64(&property.0.to_le_bytes()),
            PropertyRef::Ext(key) => xxh3_64(key.as_bytes()),
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => 0,
        },
        Predicate::All => 0,
    }
}
