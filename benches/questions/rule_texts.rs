//! Rule sets as texts: one to three groups of two to four rules, each group about what some generated item has.

use crate::standing_questions::Writer;
use penstock_engine::content::document::Document;

/// Draws rule sets.
pub struct RuleTexts {
    writer: Writer,
    dice: u64,
}

impl RuleTexts {
    /// A writer that draws the same for the same seed.
    pub fn new(seed: u64) -> Self {
        RuleTexts { writer: Writer::new(seed), dice: seed }
    }

    /// A rule set about an item and others of its type, which `next` gives.
    pub fn draw(&mut self, next: &mut impl FnMut() -> Document) -> String {
        let mut document = next();
        let content_type = document.content_type;
        let mut groups = Vec::new();
        for _ in 0..1 + self.below(3) {
            while document.content_type != content_type {
                document = next();
            }
            groups.push(self.group(&document));
            if self.below(3) > 0 {
                document = next();
            }
        }
        format!("{content_type} {{ {} }}", groups.join(" or "))
    }

    fn group(&mut self, document: &Document) -> String {
        let count = 2 + self.below(3);
        let mut rules: Vec<String> = Vec::new();
        for _ in 0..40 {
            let text = self.writer.rule(document);
            let rule = text.as_deref().and_then(|text| text.split_once("{ ")?.1.strip_suffix(" }"));
            match rule {
                Some(rule) if rules.len() < count && !rules.iter().any(|known| known == rule) => {
                    rules.push(rule.into())
                }
                _ => {}
            }
        }
        if rules.is_empty() { "all".into() } else { rules.join(" and ") }
    }

    fn below(&mut self, n: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.dice >> 32) * n as u128) >> 32) as usize
    }
}
