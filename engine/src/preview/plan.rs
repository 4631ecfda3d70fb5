//! A rule set with its predicates told apart: each distinct one is evaluated once.

use crate::supply::tags::TagName;
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Block, Expr, Group, Owner, Predicate};
use penstock_dsl::registry::ContentType;
use std::collections::HashMap;

/// What is evaluated for a rule set.
pub struct Plan<'a> {
    /// Distinct questions, in the text's order.
    pub questions: Vec<Question<'a>>,
    /// The rule set over them.
    pub blocks: Vec<PlanBlock<'a>>,
}

/// A predicate asked of the items of some content types.
pub struct Question<'a> {
    /// The predicate; it is read of the item itself, whosever property it names.
    pub predicate: &'a Predicate,
    /// Content types whose items are asked.
    pub types: Vec<ContentType>,
    /// Where it is not asked of the items but of their merchants: the question asked of those.
    pub via: Option<usize>,
}

impl Question<'_> {
    /// Whether the items' tags answer it.
    pub fn reads_tags(&self) -> bool {
        match self.predicate {
            Predicate::Test { subject, .. } => self.via.is_none() && TagName::of(&subject.property).is_some(),
            Predicate::All => false,
        }
    }

    /// Whether the items' own content answers it.
    pub fn reads_item(&self) -> bool {
        self.via.is_none() && !self.reads_tags()
    }
}

/// A block over the questions.
pub struct PlanBlock<'a> {
    /// Its content type.
    pub content_type: ContentType,
    /// Its groups.
    pub groups: Vec<PlanGroup<'a>>,
}

/// A group over the questions.
pub struct PlanGroup<'a> {
    /// The operator's title.
    pub title: Option<&'a str>,
    /// Its rules.
    pub rules: Vec<PlanRule>,
}

/// A rule over the questions.
pub struct PlanRule {
    /// Its question.
    pub question: usize,
    /// Whether it holds where the answer is no.
    pub negated: bool,
    /// Where it stands in the text.
    pub span: Span,
}

impl<'a> Plan<'a> {
    /// The plan of a rule set.
    pub fn of(expr: &'a Expr) -> Self {
        let mut plan = Plan { questions: Vec::new(), blocks: Vec::new() };
        let mut known = HashMap::new();
        for block in &expr.blocks {
            let groups = block.groups.iter().map(|group| plan.group(block, group, &mut known)).collect();
            plan.blocks.push(PlanBlock { content_type: block.content_type, groups });
        }
        plan
    }

    fn group(&mut self, block: &Block, group: &'a Group, known: &mut HashMap<&'a Predicate, usize>) -> PlanGroup<'a> {
        let rules = group.rules.iter().map(|rule| {
            let question = *known.entry(&rule.predicate).or_insert_with(|| self.question(&rule.predicate));
            let types = &mut self.questions[question].types;
            if !types.contains(&block.content_type) {
                types.push(block.content_type);
            }
            PlanRule { question, negated: rule.negated, span: rule.span }
        });
        PlanGroup { rules: rules.collect(), title: group.title.as_deref() }
    }

    fn question(&mut self, predicate: &'a Predicate) -> usize {
        let via = match predicate {
            Predicate::Test { subject, .. } if subject.of == Owner::Merchant => {
                self.questions.push(Question { predicate, types: vec![ContentType::Merchant], via: None });
                Some(self.questions.len() - 1)
            }
            _ => None,
        };
        self.questions.push(Question { predicate, types: Vec::new(), via });
        self.questions.len() - 1
    }

    /// Whether any rule reads a property of the item's merchant.
    pub fn reads_merchants(&self) -> bool {
        self.questions.iter().any(|q| q.via.is_some())
    }

    /// Whether the items of a content type are looked at.
    pub fn looks_at(&self, content_type: ContentType) -> bool {
        let asked = self.questions.iter().any(|q| q.types.contains(&content_type));
        asked || self.blocks.iter().any(|b| b.content_type == content_type)
    }
}
