//! Which groups an item makes candidates: those under the questions that it passes, and those that stand under none.
//!
//! What it takes to verify a candidate lies beside its neighbours under the same way in, and in place where it is the only
//! one, so that looking at one is one read of memory and not many.

use super::Target;
use super::crowd::Crowd;
use super::list::List;
use crate::content::document::Document;
use crate::matcher::grow;
use crate::matcher::standing::QuestionId;
use hashbrown::HashMap;
use penstock_dsl::expr::Predicate;
use penstock_dsl::registry::ContentType;
use std::hint::black_box;
use std::num::NonZeroU32;

/// Rules kept beside a candidate.
const NEAR: usize = 3;
/// No rule.
const NONE: u32 = u32::MAX;
/// Above all ids of questions, of which there are less than a billion.
const IN_CROWD: u32 = 1 << 30;
/// Above these, in a crowd or not.
const EVERY_ITEM: u32 = 1 << 31;
/// Set of what stands under a question that has a crowd too.
const CROWDED: u32 = 1 << 31;
/// No list, with or without a crowd.
const NO_LIST: u32 = !CROWDED;

/// A rule of a group: its question, and whether it holds where the question is not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule(u32);

impl Rule {
    /// A rule; ids of questions are below 2^31.
    pub fn new(question: QuestionId, negated: bool) -> Self {
        Rule(question.0 << 1 | u32::from(negated))
    }

    /// The question of its predicate.
    pub fn question(self) -> QuestionId {
        QuestionId(self.0 >> 1)
    }

    /// Whether it holds where the question is not passed.
    pub fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Where a group stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// A question, and whether it is in its crowd ([`IN_CROWD`]); or [`EVERY_ITEM`] and the content type.
    way_in: u32,
    /// Its place among the candidates of that way in, from 1.
    nth: NonZeroU32,
}

impl Place {
    fn new(way_in: u32, at: usize) -> Self {
        Place { way_in, nth: NonZeroU32::MIN.saturating_add(at as u32) }
    }

    /// The question that an item passes to make it a candidate; `None` where every item of its type does.
    pub fn way_in(self) -> Option<QuestionId> {
        (self.way_in < EVERY_ITEM).then_some(QuestionId(self.way_in & !IN_CROWD))
    }

    /// Whether it is in the crowd of its way in: its first rule is the range by which it is found there.
    pub fn is_in_crowd(self) -> bool {
        self.way_in < EVERY_ITEM && self.way_in & IN_CROWD != 0
    }

    /// Where another group is that was the last of this one's way in, now that it has taken its place.
    pub fn take_over(&mut self, place: Place) {
        self.nth = place.nth;
    }

    fn at(self) -> usize {
        self.nth.get() as usize - 1
    }
}

/// Rules that are not near: few groups have any, so they take one pointer where there is none.
struct More(Box<[Rule]>);

/// A group under its way in.
pub struct Candidate {
    /// The group.
    pub group: u32,
    /// What the caller knows it by.
    pub target: Target,
    /// Whose items it is about.
    pub content_type: ContentType,
    near: [u32; NEAR],
    more: Option<Box<More>>,
}

/// All groups by their ways in.
#[derive(Default)]
pub struct Candidates {
    /// By question, its list among `lists`, or [`NO_LIST`] as most questions are nobody's way in; and whether it is [`CROWDED`].
    under: Vec<u32>,
    lists: Vec<List<Candidate>>,
    /// By question.
    crowds: HashMap<u32, Crowd>,
    /// Lists that are no question's.
    free: Vec<u32>,
    /// Of every item, by content type.
    always: [List<Candidate>; ContentType::ALL.len()],
}

impl Candidate {
    /// A candidate with the rules that are to be asked of it.
    pub fn new(group: u32, target: Target, content_type: ContentType, rules: &[Rule]) -> Self {
        let mut candidate = Candidate { group, target, content_type, near: [NONE; NEAR], more: None };
        candidate.keep(rules);
        candidate
    }

    fn keep(&mut self, rules: &[Rule]) {
        let (near, more) = rules.split_at(rules.len().min(NEAR));
        self.near = std::array::from_fn(|at| near.get(at).map_or(NONE, |rule| rule.0));
        self.more = (!more.is_empty()).then(|| Box::new(More(more.into())));
    }

    /// The rules to be asked, in that order.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        let near = self.near.iter().take_while(|rule| **rule != NONE).map(|rule| Rule(*rule));
        near.chain(self.more.iter().flat_map(|more| &*more.0).copied())
    }

    /// The `at`-th of them.
    pub fn rule(&self, at: usize) -> Option<Rule> {
        match self.near.get(at) {
            Some(rule) => (*rule != NONE).then_some(Rule(*rule)),
            None => self.more.as_ref()?.0.get(at - NEAR).copied(),
        }
    }

    /// About how much memory it takes, bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Candidate>() + self.more.as_ref().map_or(0, |more| size_of_val(&*more.0))
    }
}

impl Candidates {
    /// The candidates of an item of a type that has passed some questions. Where lists are is read of all of them before
    /// any list is, and where their candidates are before any candidate, so that the machine need not wait for one after the other.
    pub fn of<'a>(&'a self, document: &Document, passed: &[QuestionId], found: &mut Vec<&'a Candidate>) {
        let content_type = document.content_type;
        let mut lists: Vec<&List<Candidate>> = Vec::with_capacity(passed.len());
        for id in passed {
            let under = self.under.get(id.0 as usize).copied().unwrap_or(NO_LIST);
            lists.extend(self.lists.get((under & NO_LIST) as usize));
            if under & CROWDED != 0 {
                self.crowds.get(&id.0).into_iter().for_each(|crowd| crowd.find(document, found));
            }
        }
        black_box(lists.iter().fold(0, |seen, list| seen ^ usize::from(list.is_empty())));
        let slices: Vec<&[Candidate]> = lists.into_iter().map(List::as_slice).collect();
        black_box(slices.iter().fold(0, |seen, list| seen ^ list.first().map_or(0, |first| first.target)));
        found.extend(self.always[content_type.index()].as_slice());
        found.extend(slices.into_iter().flatten().filter(|candidate| candidate.content_type == content_type));
    }

    /// Puts a candidate under a way in.
    pub fn put(&mut self, way_in: Option<QuestionId>, candidate: Candidate) -> Place {
        let content_type = candidate.content_type.index();
        match way_in {
            Some(question) => Place::new(question.0, self.list_under(question).push(candidate)),
            None => Place::new(EVERY_ITEM + content_type as u32, self.always[content_type].push(candidate)),
        }
    }

    /// Puts a candidate into the crowd of a way in, whose first rule is this range.
    pub fn put_in_crowd(&mut self, question: QuestionId, candidate: Candidate, range: &Predicate) -> Place {
        *self.under_mut(question) |= CROWDED;
        Place::new(question.0 | IN_CROWD, self.crowds.entry(question.0).or_default().push(candidate, range))
    }

    fn under_mut(&mut self, question: QuestionId) -> &mut u32 {
        let at = question.0 as usize;
        if self.under.len() <= at {
            grow::lengthen(&mut self.under, at + 1, NO_LIST);
        }
        &mut self.under[at]
    }

    /// The list of a question, a new one if it has none.
    fn list_under(&mut self, question: QuestionId) -> &mut List<Candidate> {
        let under = *self.under_mut(question);
        let list = match under & NO_LIST {
            NO_LIST => self.free.pop().unwrap_or_else(|| grow::push(&mut self.lists, List::None) as u32),
            list => list,
        };
        *self.under_mut(question) = under & CROWDED | list;
        &mut self.lists[list as usize]
    }

    fn list_of(&self, question: QuestionId) -> Option<usize> {
        self.under.get(question.0 as usize).map(|under| (under & NO_LIST) as usize)
    }

    fn list_mut(&mut self, place: Place) -> Option<&mut List<Candidate>> {
        match place.way_in() {
            Some(question) => self.list_of(question).and_then(|list| self.lists.get_mut(list)),
            None => self.always.get_mut((place.way_in - EVERY_ITEM) as usize),
        }
    }

    /// Takes out what is at a place; tells which other group is there now. `predicate` knows questions.
    pub fn take(
        &mut self,
        place: Place,
        predicate: impl Fn(QuestionId) -> Option<Predicate>,
    ) -> Option<(Candidate, Option<u32>)> {
        let at = place.at();
        if let Some(question) = place.way_in().filter(|_| place.is_in_crowd()) {
            let crowd = self.crowds.get_mut(&question.0)?;
            let taken = crowd.swap_remove(at, |candidate| predicate(candidate.rule(0)?.question()))?;
            let moved = crowd.get(at).map(|candidate| candidate.group);
            if crowd.is_empty() {
                self.crowds.remove(&question.0);
                *self.under_mut(question) &= !CROWDED;
            }
            return Some((taken, moved));
        }
        let list = self.list_mut(place)?;
        let taken = list.swap_remove(at)?;
        let (moved, is_empty) = (list.as_slice().get(at).map(|candidate| candidate.group), list.is_empty());
        if let Some(question) = place.way_in().filter(|_| is_empty) {
            let under = self.under_mut(question);
            let list = std::mem::replace(under, *under | NO_LIST) & NO_LIST;
            self.free.push(list);
        }
        Some((taken, moved))
    }

    /// Has the rules of what is at a place asked in another order, but for the first in a crowd.
    pub fn reorder(&mut self, place: Place, rules: &[Rule]) {
        let candidate = match place.way_in().filter(|_| place.is_in_crowd()) {
            Some(question) => self.crowds.get_mut(&question.0).and_then(|crowd| crowd.get_mut(place.at())),
            None => self.list_mut(place).and_then(|list| list.get_mut(place.at())),
        };
        candidate.into_iter().for_each(|candidate| candidate.keep(rules));
    }

    /// What is at a place.
    pub fn get(&self, place: Place) -> Option<&Candidate> {
        let list = match place.way_in() {
            Some(question) if place.is_in_crowd() => return self.crowds.get(&question.0)?.get(place.at()),
            Some(question) => self.lists.get(self.list_of(question)?),
            None => self.always.get((place.way_in - EVERY_ITEM) as usize),
        };
        list?.as_slice().get(place.at())
    }

    /// Forgets ways in that no group takes.
    pub fn give_memory_back(&mut self) {
        while self.under.last() == Some(&NO_LIST) {
            self.under.pop();
        }
        if self.under.len() < self.under.capacity() / 4 {
            self.under.shrink_to(self.under.len() * 2);
        }
        // Lists are in no order, so those that are used are put together.
        if self.lists.len() - self.free.len() < self.lists.len() / 4 {
            let mut kept = Vec::with_capacity(self.lists.len() - self.free.len());
            for under in self.under.iter_mut().filter(|under| **under & NO_LIST != NO_LIST) {
                kept.push(std::mem::take(&mut self.lists[(*under & NO_LIST) as usize]));
                *under = *under & CROWDED | (kept.len() - 1) as u32;
            }
            (self.lists, self.free) = (kept, Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_in_takes_no_more_memory_than_its_only_candidate() {
        assert_eq!((size_of::<List<Candidate>>(), size_of::<Candidate>(), size_of::<Option<Place>>()), (32, 32, 8));
    }
}
