//! The questions that are known, each once, by predicate and by id.

use super::QuestionId;
use super::arena::Arena;
use super::packed::{Packed, pack};
use super::question::{Known, Question};
use crate::matcher::grow;
use hashbrown::{DefaultHashBuilder, HashTable};
use penstock_dsl::expr::Predicate;
use std::collections::BTreeSet;
use std::hash::BuildHasher;

/// Known questions.
#[derive(Default)]
pub struct Questions {
    slots: Vec<Option<Question>>,
    /// What they ask, packed.
    predicates: Arena,
    free: BTreeSet<u32>,
    /// Ids by predicate.
    known: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Questions {
    /// The question of a predicate, and whether it is new.
    pub fn of(&mut self, predicate: &Predicate) -> (QuestionId, bool) {
        let packed = pack(predicate);
        let hash = self.hasher.hash_one(&packed[..]);
        let is = |id: &u32| self.get(QuestionId(*id)).is_some_and(|question| question.predicate.0 == packed);
        if let Some(id) = self.known.find(hash, is) {
            return (QuestionId(*id), false);
        }
        let question = Some(Question::new(self.predicates.put(&packed)));
        let id = match self.free.pop_first() {
            Some(id) => {
                self.slots[id as usize] = question;
                id
            }
            None => grow::push(&mut self.slots, question) as u32,
        };
        let Questions { slots, predicates, hasher, known, .. } = self;
        known.insert_unique(hash, id, |id| hash_of(slots, predicates, hasher, *id));
        (QuestionId(id), true)
    }

    /// Forgets a question.
    pub fn drop(&mut self, id: QuestionId) {
        let Some(question) = self.slots.get_mut(id.0 as usize).and_then(Option::take) else { return };
        let hash = self.hasher.hash_one(self.predicates.get(question.predicate));
        self.predicates.drop(question.predicate);
        if let Ok(entry) = self.known.find_entry(hash, |known| *known == id.0) {
            entry.remove();
        }
        self.free.insert(id.0);
        while let Some(None) = self.slots.last() {
            self.slots.pop();
            self.free.remove(&(self.slots.len() as u32));
        }
        if self.slots.len() < self.slots.capacity() / 4 {
            self.slots.shrink_to(self.slots.len() * 2);
            let Questions { slots, predicates, hasher, known, .. } = self;
            known.shrink_to(known.len() * 2, |id| hash_of(slots, predicates, hasher, *id));
        }
        if self.predicates.is_sparse() {
            let places = self.slots.iter_mut().flatten().map(|question| &mut question.predicate);
            self.predicates.gather(places);
        }
    }

    /// A question.
    pub fn get(&self, id: QuestionId) -> Option<Known<'_>> {
        let question = self.slots.get(id.0 as usize)?.as_ref()?;
        Some(Known { predicate: Packed(self.predicates.get(question.predicate)), question })
    }

    /// A question, to be changed.
    pub fn get_mut(&mut self, id: QuestionId) -> Option<&mut Question> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    /// Questions.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// All ids are below this.
    pub fn ids_end(&self) -> usize {
        self.slots.len()
    }
}

fn hash_of(slots: &[Option<Question>], predicates: &Arena, hasher: &DefaultHashBuilder, id: u32) -> u64 {
    slots[id as usize].as_ref().map_or(0, |question| hasher.hash_one(predicates.get(question.predicate)))
}
