//! Rule sets as texts: one to three groups of two to four rules, each group about what some generated item has.

use crate::standing_questions::Writer;
use penstock_engine::content::decode::{Context, decode};
use penstock_engine::content::document::Document;
use penstock_engine::content::item::Item;
use penstock_server::generate::{BASE_TIME_MS, Generator};

/// The time of generated content, epoch milliseconds.
pub const NOW_MS: i64 = BASE_TIME_MS as i64;
/// Rules are written about items from here on, which are not among those sent.
const WRITTEN_ABOUT: u64 = 5_000_000;

/// Draws rule sets.
pub struct RuleTexts<'a> {
    generator: &'a Generator,
    writer: Writer,
    dice: u64,
    about: u64,
}

impl<'a> RuleTexts<'a> {
    /// A writer that draws the same for the same seed.
    pub fn new(generator: &'a Generator, seed: u64) -> Self {
        RuleTexts { generator, writer: Writer::new(seed), dice: seed, about: WRITTEN_ABOUT }
    }

    /// The next rule set, which checks.
    pub fn draw(&mut self) -> String {
        loop {
            let text = self.text();
            // A word of an item may be none that a fuzzy query can have, such as a single sign.
            if penstock_dsl::check::check(&text, &Default::default()).expr.is_some() {
                return text;
            }
        }
    }

    fn text(&mut self) -> String {
        let mut document = self.document();
        let content_type = document.content_type;
        let mut groups = Vec::new();
        for _ in 0..1 + self.below(3) {
            while document.content_type != content_type {
                document = self.document();
            }
            groups.push(self.group(&document));
            if self.below(3) > 0 {
                document = self.document();
            }
        }
        format!("{content_type} {{ {} }}", groups.join(" or "))
    }

    /// The next item to write about.
    fn document(&mut self) -> Document {
        loop {
            self.about += 1;
            let document = decoded(&self.generator.line(self.about)).and_then(|item| item.document);
            if let Some(document) = document {
                return document;
            }
        }
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

/// A generated line as the engine takes it; `None` for one that it would refuse.
pub fn decoded(line: &str) -> Option<Item> {
    decode(serde_json::from_str(line).ok()?, &Context { tenant: "BENCH", received_ms: NOW_MS }).ok()
}
