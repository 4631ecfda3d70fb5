//! Standing rule groups: from an item to the targets of which some group matches it, in time that grows with what matches
//! and not with how many groups stand.
//!
//! A group is a candidate for the items that pass its way in: one positive rule, the one that items pass most rarely. Only
//! these stand among the questions ([`super::standing`]); a candidate's other rules are asked until one fails, each question
//! once an item whoever asks. A group without a positive rule is a candidate for every item of its type. Invariant:
//! [`Groups::matching`] equals [`Groups::scan`] for every item, whatever the ways in.
//!
//! Rules read the document alone: who asks about merchants, tags or the time of day asks elsewhere. This module knows no sets,
//! no ordinals, no log and no threads, and nothing of what a target is.

mod candidates;
mod group;
mod likely;

pub use group::GroupCost;

use crate::content::document::Document;
use crate::matcher::evaluate::holds;
use crate::matcher::standing::{Probe, QuestionId, Standing};
use candidates::{Candidate, Candidates};
use group::{Group, Rule};
use penstock_dsl::expr::Predicate;
use penstock_dsl::registry::ContentType;
use std::collections::BTreeSet;

/// What the caller knows a group by; several groups may share a target.
pub type Target = u32;

/// A standing group. The id of a group that was removed may become another's, the smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u32);

/// No rule of a group reads the time of evaluation.
const NO_TIME_MS: i64 = 0;

/// Standing groups.
#[derive(Default)]
pub struct Groups {
    standing: Standing,
    groups: Vec<Option<Group>>,
    free: BTreeSet<u32>,
    candidates: Candidates,
}

/// Room to work in, kept from one item to the next; a thread needs one of its own.
#[derive(Default)]
pub struct GroupProbe {
    questions: Probe,
    passed: Vec<QuestionId>,
    targets: Vec<Target>,
}

impl Groups {
    /// Takes in a group of rules in AND, each a predicate and whether it is negated; without a rule it matches every item of
    /// its type. Rules read neither tags, nor merchants, nor the time of evaluation.
    pub fn insert(&mut self, content_type: ContentType, rules: &[(bool, &Predicate)], target: Target) -> GroupId {
        let mut rules: Vec<(f32, Rule)> = rules
            .iter()
            .map(|(negated, predicate)| {
                let rule = Rule { question: self.standing.insert(predicate), negated: *negated };
                (likely::guess(*negated, predicate), rule)
            })
            .collect();
        rules.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let way_in = rules.iter().position(|(likely, rule)| !rule.negated && *likely < likely::EVERY);
        if let Some(at) = way_in {
            rules[..=at].rotate_right(1);
        }
        let rules = rules.iter().map(|(_, rule)| *rule).collect();
        let id = self.free.pop_first().unwrap_or_else(|| {
            self.groups.push(None);
            (self.groups.len() - 1) as u32
        });
        let mut group = Group::new(content_type, target, rules, way_in.is_some());
        self.enter(id, &mut group);
        self.groups[id as usize] = Some(group);
        GroupId(id)
    }

    /// Takes a group out; nothing happens where there is none.
    pub fn remove(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(id.0 as usize).and_then(Option::take) else { return };
        self.leave(&group);
        group.rules().iter().for_each(|rule| self.standing.remove(rule.question));
        self.free.insert(id.0);
        self.give_memory_back();
    }

    /// The targets of which some group matches an item, in order, each once. What it looks at is counted, for
    /// [`Groups::cost`] and for choosing rare ways in.
    pub fn matching<'a>(&'a self, document: &Document, probe: &'a mut GroupProbe) -> &'a [Target] {
        let GroupProbe { questions, passed, targets } = probe;
        targets.clear();
        passed.clear();
        passed.extend(self.standing.passing(document, NO_TIME_MS, questions));
        for candidate in self.candidates.of(document.content_type, passed) {
            if let Some(group) = self.group(candidate.group) {
                let matches = group
                    .checks()
                    .iter()
                    .all(|rule| self.standing.passes(rule.question, document, NO_TIME_MS, questions) != rule.negated);
                candidate.count(matches);
                if matches {
                    targets.push(group.target());
                }
            }
        }
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// The same by evaluating every group: what [`Groups::matching`] is held against.
    pub fn scan(&self, document: &Document) -> Vec<Target> {
        let holds = |rule: &Rule| {
            let predicate = self.standing.predicate(rule.question);
            predicate.is_some_and(|predicate| holds(predicate, document, NO_TIME_MS) != rule.negated)
        };
        let groups = self.groups.iter().flatten().filter(|group| group.content_type() == document.content_type);
        let mut targets: Vec<Target> =
            groups.filter(|group| group.rules().iter().all(holds)).map(Group::target).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// Looks at `most` groups and `most` questions, in turn, and gives those a rarer way in for which items have shown one;
    /// tells how many.
    pub fn settle(&mut self, most: usize) -> usize {
        self.standing.settle(most)
    }

    /// What a group costs; `None` where there is none.
    pub fn cost(&self, id: GroupId) -> Option<GroupCost> {
        let group = self.group(id.0)?;
        let candidate = self.candidates.get(group)?;
        let asked_always = group.way_in().is_none_or(|question| self.standing.cost(question).is_some_and(|c| c.always));
        let bytes = group.rules().iter().filter_map(|rule| self.standing.share(rule.question)).sum::<usize>();
        Some(GroupCost {
            bytes: bytes + group.bytes() + size_of::<Candidate>(),
            looked_at: candidate.looked_at(),
            in_vain: candidate.in_vain(),
            always: asked_always,
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

    fn group(&self, id: u32) -> Option<&Group> {
        self.groups.get(id as usize)?.as_ref()
    }

    /// Makes a group a candidate by its way in.
    fn enter(&mut self, id: u32, group: &mut Group) {
        if let Some(question) = group.way_in() {
            self.standing.enter(question, group.content_type());
        }
        group.stands_at(self.candidates.put(group, id));
    }

    fn leave(&mut self, group: &Group) {
        if let Some(moved) = self.candidates.take(group)
            && let Some(moved) = self.groups[moved as usize].as_mut()
        {
            moved.stands_at(group.at());
        }
        if let Some(question) = group.way_in() {
            self.standing.leave(question, group.content_type());
        }
    }

    fn give_memory_back(&mut self) {
        if self.is_empty() {
            *self = Groups::default();
            return;
        }
        while let Some(None) = self.groups.last() {
            self.groups.pop();
            self.free.remove(&(self.groups.len() as u32));
        }
        if self.groups.len() < self.groups.capacity() / 4 {
            self.groups.shrink_to(self.groups.len() * 2);
        }
        self.candidates.give_memory_back();
    }
}
