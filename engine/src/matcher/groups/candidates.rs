//! Which groups an item makes candidates: those under the questions that it passes, and those that stand under none.

use super::group::Group;
use crate::matcher::standing::QuestionId;
use penstock_dsl::registry::ContentType;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A group under its way in.
pub struct Candidate {
    /// The group.
    pub group: u32,
    content_type: ContentType,
    looked_at: AtomicU32,
    in_vain: AtomicU32,
}

/// All groups by their ways in.
#[derive(Default)]
pub struct Candidates {
    /// By question.
    under: Vec<Vec<Candidate>>,
    /// Of every item, by content type.
    always: [Vec<Candidate>; ContentType::ALL.len()],
}

impl Candidate {
    /// Counts that it was looked at.
    pub fn count(&self, matches: bool) {
        self.looked_at.fetch_add(1, Relaxed);
        if !matches {
            self.in_vain.fetch_add(1, Relaxed);
        }
    }

    /// Times that it was looked at.
    pub fn looked_at(&self) -> u32 {
        self.looked_at.load(Relaxed)
    }

    /// Those of them where it did not match.
    pub fn in_vain(&self) -> u32 {
        self.in_vain.load(Relaxed)
    }
}

impl Candidates {
    /// The candidates of an item of a type that has passed some questions.
    pub fn of(&self, content_type: ContentType, passed: &[QuestionId]) -> impl Iterator<Item = &Candidate> {
        let under = passed.iter().filter_map(|question| self.under.get(question.0 as usize)).flatten();
        let of_type = under.filter(move |candidate| candidate.content_type == content_type);
        self.always[content_type.index()].iter().chain(of_type)
    }

    /// Puts a group in by its way in; tells at which place.
    pub fn put(&mut self, group: &Group, id: u32) -> u32 {
        if let Some(question) = group.way_in()
            && self.under.len() <= question.0 as usize
        {
            self.under.resize_with(question.0 as usize + 1, Vec::new);
        }
        let list = self.list_mut(group);
        list.push(Candidate {
            group: id,
            content_type: group.content_type(),
            looked_at: AtomicU32::new(0),
            in_vain: AtomicU32::new(0),
        });
        (list.len() - 1) as u32
    }

    /// Takes a group out; tells which other has taken its place.
    pub fn take(&mut self, group: &Group) -> Option<u32> {
        let at = group.at() as usize;
        let list = self.list_mut(group);
        list.swap_remove(at);
        let moved = list.get(at).map(|candidate| candidate.group);
        if list.len() < list.capacity() / 4 {
            list.shrink_to(list.len() * 2);
        }
        moved
    }

    /// A group's entry.
    pub fn get(&self, group: &Group) -> Option<&Candidate> {
        let list = match group.way_in() {
            Some(question) => self.under.get(question.0 as usize)?,
            None => &self.always[group.content_type().index()],
        };
        list.get(group.at() as usize)
    }

    /// Forgets ways in that no group takes.
    pub fn give_memory_back(&mut self) {
        while self.under.last().is_some_and(Vec::is_empty) {
            self.under.pop();
        }
        if self.under.len() < self.under.capacity() / 4 {
            self.under.shrink_to(self.under.len() * 2);
        }
    }

    fn list_mut(&mut self, group: &Group) -> &mut Vec<Candidate> {
        match group.way_in() {
            Some(question) => &mut self.under[question.0 as usize],
            None => &mut self.always[group.content_type().index()],
        }
    }
}
