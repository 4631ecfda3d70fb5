//! Standing rule groups: from an item to the targets of which some group matches it, in time that grows with what matches
//! and not with how many groups stand.
//!
//! A group is a candidate for the items that pass its way in: one positive rule, the one that items pass most rarely; or one
//! that many groups ask for, together with a range of the group's own ([`crowd`]). Only ways in stand among the questions
//! ([`super::standing`]); a candidate's other rules are asked until one fails, each question once an item whoever asks. A group without a positive rule is a candidate for every item of its type. Invariant:
//! [`Groups::matching`] equals [`Groups::scan`] for every item, whatever the ways in.
//!
//! Rules read the document alone: who asks about merchants, tags or the time of day asks elsewhere. This module knows no sets,
//! no ordinals, no log and no threads, and nothing of what a target is.

mod candidates;
mod crowd;
mod likely;
mod list;
mod looks;
mod sample;
mod settle;

pub use settle::{Settling, Tried};

use crate::content::document::Document;
use crate::matcher::evaluate::holds;
use crate::matcher::grow;
use crate::matcher::standing::{Probe, QuestionId, Standing};
use candidates::{Candidate, Candidates, Place, Rule};
use hashbrown::HashMap;
use looks::Looks;
use parking_lot::Mutex;
use penstock_dsl::expr::Predicate;
use penstock_dsl::registry::ContentType;
use sample::Sample;
use settle::Best;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What the caller knows a group by; several groups may share a target.
pub type Target = u32;

/// A standing group. The id of a group that was removed may become another's, the smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u32);

/// About what a member of a crowd takes beside what any candidate does, bytes.
const RANGE_BYTES: usize = 24;
/// No rule of a group reads the time of evaluation.
const NO_TIME_MS: i64 = 0;

/// Standing groups.
#[derive(Default)]
pub struct Groups {
    standing: Standing,
    groups: Vec<Option<Place>>,
    /// Of each group, since it took its way in.
    looks: Vec<Looks>,
    free: BTreeSet<u32>,
    candidates: Candidates,
    /// Never waited for: an item is left out where another thread has it.
    sample: Arc<Mutex<Sample>>,
    items: AtomicU64,
    /// Groups whose way in is a guess as yet.
    guessed: VecDeque<u32>,
    /// Where [`Groups::settle`] goes on when there are none.
    next_to_settle: usize,
}

/// What a group costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupCost {
    /// About how much memory it takes, bytes; what it shares with other groups counts in part.
    pub bytes: usize,
    /// Times that it was a candidate of the items that are counted, since it took its way in: the first thousand items, and one
    /// in sixteen after them.
    pub looked_at: u32,
    /// Those of them where it did not match.
    pub in_vain: u32,
    /// Whether every item of its type has to be asked.
    pub always: bool,
}

/// What answering took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Items.
    pub items: u64,
    /// Ways in that they passed.
    pub passed: u64,
    /// Groups that were candidates.
    pub candidates: u64,
    /// Other questions that the evaluator was asked.
    pub asked: u64,
    /// Groups that matched.
    pub matched: u64,
}

/// Room to work in, kept from one item to the next; a thread needs one of its own.
#[derive(Default)]
pub struct GroupProbe {
    questions: Probe,
    passed: Vec<QuestionId>,
    targets: Vec<Target>,
    work: Work,
}

impl GroupProbe {
    /// What it has been used for so far.
    pub fn work(&self) -> Work {
        Work { asked: self.questions.evaluated().others, ..self.work }
    }
}

impl Groups {
    /// Takes in a group of rules in AND, each a predicate and whether it is negated; without a rule it matches every item of
    /// its type. Rules read neither tags, nor merchants, nor the time of evaluation.
    pub fn insert(&mut self, content_type: ContentType, rules: &[(bool, &Predicate)], target: Target) -> GroupId {
        let rules: Vec<Rule> =
            rules.iter().map(|(negated, predicate)| Rule::new(self.standing.insert(predicate), *negated)).collect();
        let id = self.free.pop_first().unwrap_or_else(|| {
            grow::push(&mut self.looks, Looks::default());
            grow::push(&mut self.groups, None) as u32
        });
        let best = self.best(&rules, |predicate, _| likely::share(predicate, 0, 0));
        self.enter(id, target, content_type, &best);
        // More than there are groups would be some that are gone.
        if self.guessed.len() < self.groups.len() {
            self.guessed.push_back(id);
        }
        GroupId(id)
    }

    /// Takes a group out; nothing happens where there is none.
    pub fn remove(&mut self, id: GroupId) {
        let Some((_, _, rules)) = self.leave(id.0) else { return };
        rules.iter().for_each(|rule| self.standing.remove(rule.question()));
        self.groups[id.0 as usize] = None;
        self.free.insert(id.0);
        self.give_memory_back();
    }

    /// The targets of which some group matches an item, in order, each once. What it looks at is counted, for
    /// [`Groups::cost`] and for choosing rare ways in.
    pub fn matching<'a>(&'a self, document: &Document, probe: &'a mut GroupProbe) -> &'a [Target] {
        let counted = sample::takes(self.items.fetch_add(1, Relaxed));
        if counted && let Some(mut sample) = self.sample.try_lock() {
            sample.take(document);
        }
        let GroupProbe { questions, passed, targets, work } = probe;
        targets.clear();
        passed.clear();
        passed.extend(self.standing.passing(document, NO_TIME_MS, questions));
        let mut open = Vec::with_capacity(passed.len());
        self.candidates.of(document, passed, &mut open);
        work.candidates += open.len() as u64;
        if counted {
            open.iter().for_each(|candidate| self.looks[candidate.group as usize].count_look());
        }
        for nth in 0.. {
            // Those whose rules have all held.
            open.retain(|candidate| {
                let matches = candidate.rule(nth).is_none();
                if matches {
                    targets.push(candidate.target);
                    if counted {
                        self.looks[candidate.group as usize].count_match();
                    }
                }
                !matches
            });
            if open.is_empty() {
                break;
            }
            let rule = |candidate: &&Candidate| candidate.rule(nth).map(|rule| (rule.question(), !rule.is_negated()));
            self.standing.retain(document, NO_TIME_MS, questions, &mut open, rule);
        }
        work.items += 1;
        work.passed += passed.len() as u64;
        work.matched += targets.len() as u64;
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// The same by evaluating every group, each predicate once: what [`Groups::matching`] is held against.
    pub fn scan(&self, document: &Document) -> Vec<Target> {
        let mut answers: HashMap<QuestionId, bool> = HashMap::new();
        let mut holds = |rule: Rule| {
            let ask = || self.standing.predicate(rule.question()).is_some_and(|p| holds(&p, document, NO_TIME_MS));
            *answers.entry(rule.question()).or_insert_with(ask) != rule.is_negated()
        };
        let matching = self.groups.iter().flatten().filter_map(|place| {
            let way_in = place.way_in().map(|question| Rule::new(question, false));
            let candidate = self.candidates.get(*place).filter(|c| c.content_type == document.content_type)?;
            way_in.into_iter().chain(candidate.rules()).all(&mut holds).then_some(candidate.target)
        });
        let mut targets: Vec<Target> = matching.collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// What a group costs; `None` where there is none.
    pub fn cost(&self, id: GroupId) -> Option<GroupCost> {
        let (place, looks) = ((*self.groups.get(id.0 as usize)?)?, self.looks.get(id.0 as usize)?);
        let candidate = self.candidates.get(place)?;
        let questions = place.way_in().into_iter().chain(candidate.rules().map(Rule::question));
        let shared = questions.filter_map(|question| self.standing.share(question)).sum::<usize>();
        Some(GroupCost {
            bytes: shared
                + candidate.bytes()
                + if place.is_in_crowd() { RANGE_BYTES } else { 0 }
                + size_of::<Option<Place>>()
                + size_of::<Looks>(),
            looked_at: looks.looked_at(),
            in_vain: looks.looked_at().saturating_sub(looks.matched()),
            always: place.way_in().is_none_or(|id| self.standing.cost(id).is_some_and(|cost| cost.always)),
        })
    }

    /// Groups.
    pub fn len(&self) -> usize {
        self.groups.len() - self.free.len()
    }

    /// Whether there is no group, and so nothing in memory but this.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Different predicates in all groups together.
    pub fn questions(&self) -> usize {
        self.standing.len()
    }

    /// About how much memory the groups take, bytes.
    pub fn bytes(&self) -> usize {
        (0..self.groups.len()).filter_map(|id| self.cost(GroupId(id as u32))).map(|cost| cost.bytes).sum()
    }

    /// Makes a group a candidate by its way in.
    fn enter(&mut self, id: u32, target: Target, content_type: ContentType, best: &Best) {
        let question = best.way_in.map(|way_in| way_in.question);
        if let Some(question) = question {
            self.standing.enter(question, content_type);
        }
        let candidate = Candidate::new(id, target, content_type, &best.others);
        let range = best.way_in.and_then(|way_in| self.standing.predicate(way_in.range?));
        let place = match (question, range) {
            (Some(question), Some(range)) => self.candidates.put_in_crowd(question, candidate, &range),
            _ => self.candidates.put(question, candidate),
        };
        self.groups[id as usize] = Some(place);
        self.looks[id as usize] = Looks::default();
    }

    /// Takes a group from its way in: its content type, target and rules.
    fn leave(&mut self, id: u32) -> Option<(ContentType, Target, Vec<Rule>)> {
        let place = (*self.groups.get(id as usize)?)?;
        let standing = &self.standing;
        let (candidate, moved) = self.candidates.take(place, |question| standing.predicate(question))?;
        if let Some(Some(moved)) = moved.map(|moved| self.groups[moved as usize].as_mut()) {
            moved.take_over(place);
        }
        if let Some(question) = place.way_in() {
            self.standing.leave(question);
        }
        let way_in = place.way_in().map(|question| Rule::new(question, false));
        Some((candidate.content_type, candidate.target, way_in.into_iter().chain(candidate.rules()).collect()))
    }

    fn give_memory_back(&mut self) {
        if self.is_empty() {
            *self = Groups::default();
            return;
        }
        while let Some(None) = self.groups.last() {
            self.groups.pop();
            self.looks.pop();
            self.free.remove(&(self.groups.len() as u32));
        }
        if self.groups.len() < self.groups.capacity() / 4 {
            self.groups.shrink_to(self.groups.len() * 2);
            self.looks.shrink_to(self.looks.len() * 2);
        }
        self.candidates.give_memory_back();
    }
}
