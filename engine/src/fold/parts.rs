//! A rule set taken apart for standing: what the items' own content decides, and what other things do.

use penstock_dsl::expr::{Block, Expr, Group, Owner, Predicate, PropertyRef, Rule, Subject};
use penstock_dsl::registry::ContentType;

use crate::supply::clock::{property, reads_clock};

/// A part of a rule set: one target to be.
#[derive(Clone, Debug)]
pub struct Part {
    /// The rules that read the items' own content, as a rule set of its own.
    pub own: Expr,
    /// The others.
    pub conditions: Vec<PartCondition>,
}

/// A rule that reads something else than the item's own content.
#[derive(Clone, Debug)]
pub struct PartCondition {
    /// Whether it holds where the test does not.
    pub negated: bool,
    /// What is tested.
    pub test: PartTest,
}

/// What such a rule tests.
#[derive(Clone, Debug)]
pub enum PartTest {
    /// Tags.
    Tag(Predicate),
    /// Times against the clock.
    Clock(Predicate),
    /// The MERCHANT item, which this part must match.
    Merchant(Box<Part>),
}

impl Part {
    /// The parts of a rule set: first all groups that the items' own content decides, then each other group.
    pub fn of(expr: &Expr) -> Vec<Part> {
        let mut alone: Vec<Block> = Vec::new();
        let mut parts = Vec::new();
        for block in &expr.blocks {
            let (own, others): (Vec<&Group>, Vec<&Group>) =
                block.groups.iter().partition(|g| g.rules.iter().all(is_own));
            if !own.is_empty() {
                alone.push(Block { groups: own.into_iter().cloned().collect(), ..block.clone() });
            }
            parts.extend(others.into_iter().map(|group| Part::conditional(block, group)));
        }
        if !alone.is_empty() {
            parts.insert(0, Part { own: Expr { blocks: alone }, conditions: Vec::new() });
        }
        parts
    }

    fn conditional(block: &Block, group: &Group) -> Part {
        let (mut own, others): (Vec<Rule>, Vec<Rule>) = group.rules.iter().cloned().partition(is_own);
        if own.is_empty() {
            own.push(Rule { negated: false, predicate: Predicate::All, span: group.span });
        }
        let group = Group { rules: own, ..group.clone() };
        let block = Block { groups: vec![group], ..block.clone() };
        let conditions =
            others.into_iter().map(|rule| PartCondition { negated: rule.negated, test: PartTest::of(rule) });
        Part { own: Expr { blocks: vec![block] }, conditions: conditions.collect() }
    }

    /// The properties that its conditions on the clock read.
    pub fn clock_properties(&self) -> impl Iterator<Item = &PropertyRef> {
        self.conditions.iter().filter_map(|condition| match &condition.test {
            PartTest::Clock(predicate) => property(predicate),
            _ => None,
        })
    }

    /// This part and those that its conditions ask of merchants, in order.
    pub fn with_merchants(&self) -> Vec<&Part> {
        let asked = self.conditions.iter().filter_map(|condition| match &condition.test {
            PartTest::Merchant(part) => Some(&**part),
            _ => None,
        });
        std::iter::once(self).chain(asked).collect()
    }
}

impl PartTest {
    fn of(rule: Rule) -> PartTest {
        match rule.predicate {
            Predicate::Test { subject, test } if subject.of == Owner::Merchant => {
                // The merchant is asked the positive question as an item of its own.
                let subject = Subject { of: Owner::Item, ..subject };
                let rule = Rule { negated: false, predicate: Predicate::Test { subject, test }, span: rule.span };
                let group = Group { title: None, span: rule.span, rules: vec![rule] };
                let block = Block { content_type: ContentType::Merchant, span: group.span, groups: vec![group] };
                let mut parts = Part::of(&Expr { blocks: vec![block] });
                PartTest::Merchant(Box::new(parts.remove(0)))
            }
            predicate if reads_clock(&predicate) => PartTest::Clock(predicate),
            predicate => PartTest::Tag(predicate),
        }
    }
}

/// Whether an item's own content decides a rule for good.
fn is_own(rule: &Rule) -> bool {
    match &rule.predicate {
        Predicate::All => true,
        Predicate::Test { subject, .. } => {
            subject.of == Owner::Item && !subject.property.is_tag() && !reads_clock(&rule.predicate)
        }
    }
}
