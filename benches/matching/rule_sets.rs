//! Rule sets of the matching bench: one to three groups of two to four rules, each group about what some generated item has.
//!
//! The rules are those of `benches/questions/standing.rs` with days in place of the time of evaluation, and one in ten of them
//! negated. A third of the groups of a set are about the same item as the one before.

use crate::standing_questions::Writer;
use penstock_dsl::expr::Predicate;
use penstock_dsl::registry::ContentType;
use penstock_engine::content::document::{Document, Values};

/// A group as it is taken in: its content type and rules.
pub type Rules = (ContentType, Vec<(bool, Predicate)>);

/// What the rule sets of a workload have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Rules of all kinds.
    Mixed,
    /// The same, but one set in ten matches every item of its type.
    MatchAll,
    /// No lists, no keywords, no whole names: words, substrings, numbers, prices and days alone.
    NoEquality,
    /// Each group asks for the one hot category, and beside it for prices, numbers and days alone.
    HotCategory,
}

/// Writes rule sets.
pub struct RuleSets {
    shape: Shape,
    writer: Writer,
    dice: u64,
}

impl RuleSets {
    /// A writer that draws the same for the same seed.
    pub fn new(shape: Shape, seed: u64) -> Self {
        RuleSets { shape, writer: Writer::new(seed), dice: seed }
    }

    /// A rule set that begins with a group about `document`; `next` gives other items.
    pub fn draw(&mut self, next: &mut impl FnMut() -> Document) -> Vec<Rules> {
        let mut document = next();
        if self.shape == Shape::MatchAll && self.below(10) == 0 {
            return vec![(document.content_type, vec![(false, Predicate::All)])];
        }
        let mut groups = Vec::new();
        for _ in 0..1 + self.below(3) {
            groups.push(self.group(&document, next));
            if self.below(3) > 0 {
                document = next();
            }
        }
        groups
    }

    fn group(&mut self, document: &Document, next: &mut impl FnMut() -> Document) -> Rules {
        let count = 2 + self.below(3);
        let mut rules: Vec<String> = Vec::new();
        for _ in 0..40 {
            if rules.len() == count {
                break;
            }
            match self.rule(document) {
                Some(rule) if !rules.contains(&rule) => rules.push(rule),
                _ => {}
            }
        }
        if self.shape == Shape::HotCategory && rules.len() > 1 {
            rules[0] = "stdCategories = \"dining\"".into();
        }
        let text = format!("{} {{ {} }}", document.content_type, rules.join(" and "));
        let expr = penstock_dsl::check::check(&text, &Default::default()).expr;
        match expr.and_then(|expr| expr.blocks.into_iter().next()) {
            Some(block) if rules.len() == count => {
                let rules = block.groups.into_iter().flat_map(|group| group.rules);
                (block.content_type, rules.map(|rule| (rule.negated, rule.predicate)).collect())
            }
            // An item with too little to say, or words that no fuzzy query can have.
            _ => {
                let document = next();
                self.group(&document, next)
            }
        }
    }

    fn rule(&mut self, document: &Document) -> Option<String> {
        let text = self.writer.rule(document)?;
        let rule = text.split_once("{ ")?.1.strip_suffix(" }")?.to_owned();
        let rule = if rule.contains("now()") { self.days(document)? } else { rule };
        let equality = [" = ", " in (", " all of ("].iter().any(|operator| rule.contains(operator));
        let words = [" ~ ", " contains "].iter().any(|operator| rule.contains(operator));
        match self.shape {
            Shape::NoEquality if equality => return None,
            Shape::HotCategory if equality || words => return None,
            _ => {}
        }
        // What every item of a type has must not be turned round: nothing would match.
        Some(if self.below(10) == 0 && (equality || words) { format!("not {rule}") } else { rule })
    }

    /// A day in June or July 2026, which the generated content lies around.
    fn days(&mut self, document: &Document) -> Option<String> {
        let times = document.declared.iter().filter(|(_, values)| matches!(values, Values::Times(_)));
        let names: Vec<&str> = times.map(|(id, _)| id.name()).collect();
        let name = names.get(self.below(names.len()))?;
        let (from, to) = (1 + self.below(30), 1 + self.below(31));
        Some(match self.below(3) {
            0 => format!("{name} >= 2026-06-{from:02}"),
            1 => format!("{name} before 2026-07-{to:02}"),
            _ => format!("{name} in 2026-06-{from:02}..2026-07-{to:02}"),
        })
    }

    fn below(&mut self, n: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.dice >> 32) * n as u128) >> 32) as usize
    }
}
