//! A standing group: its rules, and where it stands.

use super::Target;
use crate::matcher::standing::QuestionId;
use penstock_dsl::registry::ContentType;

/// What a group costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupCost {
    /// About how much memory it takes, bytes; what it shares with other groups counts in part.
    pub bytes: usize,
    /// Times that it was a candidate, since it took its way in.
    pub looked_at: u32,
    /// Those of them where it did not match.
    pub in_vain: u32,
    /// Whether every item of its type has to be asked.
    pub always: bool,
}

/// A rule of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The question of its predicate.
    pub question: QuestionId,
    /// Whether it holds where the question is not passed.
    pub negated: bool,
}

/// A group.
pub struct Group {
    /// The way in comes first, if there is one; then the others, as they are best asked.
    rules: Box<[Rule]>,
    target: Target,
    /// Its place among the candidates of its way in.
    at: u32,
    content_type: ContentType,
    has_way_in: bool,
}

impl Group {
    /// A group that stands nowhere yet.
    pub fn new(content_type: ContentType, target: Target, rules: Box<[Rule]>, has_way_in: bool) -> Self {
        Group { rules, target, at: 0, content_type, has_way_in }
    }

    /// Whose items it is about.
    pub fn content_type(&self) -> ContentType {
        self.content_type
    }

    /// What the caller knows it by.
    pub fn target(&self) -> Target {
        self.target
    }

    /// All rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules to be asked of a candidate.
    pub fn checks(&self) -> &[Rule] {
        &self.rules[usize::from(self.has_way_in)..]
    }

    /// The question that an item passes to make it a candidate; `None` where every item of its type does.
    pub fn way_in(&self) -> Option<QuestionId> {
        self.rules.first().filter(|_| self.has_way_in).map(|rule| rule.question)
    }

    /// Its place among the candidates of its way in.
    pub fn at(&self) -> u32 {
        self.at
    }

    /// Says where it stands among the candidates of its way in.
    pub fn stands_at(&mut self, at: u32) {
        self.at = at;
    }

    /// About how much memory it takes without its questions, bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Group>() + size_of_val(&*self.rules)
    }
}
