//! A crowd: candidates under a way in that many groups take, such as a category that everybody asks for. To ask each of them for
//! each item of that category would take too long, so these are candidates only where one of their other rules, a range that
//! numbers, amounts, prices or times are in, may hold too. It is the first of their rules.

use super::NO_TIME_MS;
use super::candidates::Candidate;
use crate::content::document::Document;
use crate::matcher::grow;
use crate::matcher::standing::multimap::Change;
use crate::matcher::standing::ranges::Ranges;
use hashbrown::HashMap;
use penstock_dsl::expr::{Predicate, PropertyRef, Test};
use penstock_dsl::registry::PropId;
use std::hash::Hash;

/// Candidates by a range of theirs.
#[derive(Default)]
pub struct Crowd {
    members: Vec<Candidate>,
    /// The members' places by range, by declared property.
    declared: HashMap<PropId, Ranges>,
    /// The same by undeclared key.
    ext: HashMap<Box<str>, Ranges>,
}

impl Crowd {
    /// Puts a candidate in whose first rule is this range; its place.
    pub fn push(&mut self, candidate: Candidate, range: &Predicate) -> usize {
        let place = grow::push(&mut self.members, candidate);
        self.change(Change::Enter, range, place);
        place
    }

    /// Takes a candidate out, in whose place the last one comes; `range` tells what a candidate's first rule asks.
    pub fn swap_remove(&mut self, at: usize, range: impl Fn(&Candidate) -> Option<Predicate>) -> Option<Candidate> {
        let last = self.members.len().checked_sub(1)?;
        let (leaving, moving) = (range(self.members.get(at)?)?, range(&self.members[last])?);
        self.change(Change::Leave, &leaving, at);
        if at < last {
            self.change(Change::Leave, &moving, last);
            self.change(Change::Enter, &moving, at);
        }
        let taken = self.members.swap_remove(at);
        if self.members.len() < self.members.capacity() / 4 {
            self.members.shrink_to(self.members.len() * 2);
        }
        Some(taken)
    }

    /// The members whose range may hold of an item, and which are about its type, each once.
    pub fn find<'a>(&'a self, document: &Document, found: &mut Vec<&'a Candidate>) {
        let mut places: Vec<u32> = Vec::new();
        let mut see = |place, _| places.push(place);
        for (id, values) in &document.declared {
            if let Some(ranges) = self.declared.get(id) {
                ranges.find(values, NO_TIME_MS, &mut see);
            }
        }
        if !self.ext.is_empty() {
            for (key, lists) in &document.ext {
                if let Some(ranges) = self.ext.get(key) {
                    let values = lists.iter().flat_map(|list| &list.value);
                    values.for_each(|value| ranges.find_ext(value, NO_TIME_MS, &mut see));
                }
            }
        }
        // A range of several currencies, or several values of an item, may bring one up twice.
        places.sort_unstable();
        places.dedup();
        let members = places.into_iter().filter_map(|place| self.members.get(place as usize));
        found.extend(members.filter(|candidate| candidate.content_type == document.content_type));
    }

    /// A member.
    pub fn get(&self, at: usize) -> Option<&Candidate> {
        self.members.get(at)
    }

    /// A member, to change all but its first rule.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Candidate> {
        self.members.get_mut(at)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn change(&mut self, change: Change, range: &Predicate, place: usize) {
        let Predicate::Test { subject, test } = range else { return };
        match &subject.property {
            PropertyRef::Declared(id) => change_in(&mut self.declared, *id, change, test, place),
            PropertyRef::Ext(key) => change_in(&mut self.ext, key.as_str().into(), change, test, place),
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {}
        }
    }
}

fn change_in<K: Hash + Eq + Clone>(by: &mut HashMap<K, Ranges>, key: K, change: Change, test: &Test, place: usize) {
    let ranges = by.entry(key.clone()).or_default();
    ranges.change(change, test, place as u32);
    if ranges.is_empty() {
        by.remove(&key);
    }
}
