//! The standing questions of the matching bench: single rules about what a generated item has, as operators write them.
//!
//! Of a hundred: 20 fuzzy names of one to three words, some misspelled, 8 fuzzy words in descriptions, 10 substrings of names,
//! 22 lists and keywords (categories, tags, merchants, areas), 25 prices, 5 ratings or discounts, 6 dates and times, and 4
//! about undeclared keys or whole names. Constants come from the item, so how often they pass follows how often content has
//! them.

use penstock_dsl::registry::{ContentType, PropId};
use penstock_engine::content::document::{Document, Text, Values};
use rust_decimal::Decimal;

/// Writes rules about items.
pub struct Writer(u64);

impl Writer {
    /// A writer that draws the same for the same seed.
    pub fn new(seed: u64) -> Self {
        Writer(seed)
    }

    /// A rule set of one rule about an item; `None` where the drawn kind of rule has nothing to say about it.
    pub fn rule(&mut self, document: &Document) -> Option<String> {
        let rule = match self.below(100) {
            0..20 => self.fuzzy_name(document),
            20..28 => self.fuzzy_description(document),
            28..38 => self.substring(document),
            38..60 => self.keywords(document),
            60..85 => self.price(document),
            85..90 => self.number(document),
            90..96 => self.time(document),
            96..98 => self.review_count(document),
            _ => self.whole_name(document),
        }?;
        Some(format!("{} {{ {rule} }}", document.content_type))
    }

    fn fuzzy_name(&mut self, document: &Document) -> Option<String> {
        let (name, text) = self.name(document)?;
        let words: Vec<&str> = text.raw.split_whitespace().collect();
        let length = [1, 1, 2, 2, 3][self.below(5)].min(words.len());
        let start = self.below(words.len() - length + 1);
        let words = words[start..start + length].join(" ");
        Some(format!("{name} ~ {}", quote(&self.misspelled(&words))))
    }

    fn fuzzy_description(&mut self, document: &Document) -> Option<String> {
        let (name, text) = self.text(document, &["description", "detailDesc"])?;
        let words: Vec<&str> = text.raw.split_whitespace().collect();
        Some(format!("{name} ~ {}", quote(words[self.below(words.len())])))
    }

    fn substring(&mut self, document: &Document) -> Option<String> {
        let (name, text) = self.name(document)?;
        let chars: Vec<char> = text.raw.chars().collect();
        let length = (3 + self.below(8)).min(chars.len());
        let start = self.below(chars.len() - length + 1);
        let piece: String = chars[start..start + length].iter().collect();
        (!piece.trim().is_empty()).then(|| format!("{name} contains {}", quote(piece.trim())))
    }

    fn whole_name(&mut self, document: &Document) -> Option<String> {
        let (name, text) = self.name(document)?;
        Some(format!("{name} = {}", quote(&text.raw)))
    }

    fn keywords(&mut self, document: &Document) -> Option<String> {
        let lists: Vec<(&str, Vec<&str>)> = document
            .declared
            .iter()
            .filter_map(|(id, values)| match values {
                Values::Keywords(lists) => {
                    Some((id.name(), lists.iter().flat_map(|l| &l.value).map(|v| &**v).collect()))
                }
                _ => None,
            })
            .collect();
        let (name, values) = lists.get(self.below(lists.len()))?;
        let first = quote(values[self.below(values.len())]);
        let second = quote(values[self.below(values.len())]);
        Some(match self.below(4) {
            0 => format!("{name} = {first}"),
            1 => format!("{name} all of ({first}, {second})"),
            _ => format!("{name} in ({first}, {second}, \"{}\")", self.below(1000)),
        })
    }

    fn price(&mut self, document: &Document) -> Option<String> {
        let (name, code, amount) = document.declared.iter().find_map(|(id, values)| match values {
            Values::Money(money) => Some((id.name(), money[0].value.currency, money[0].value.amount)),
            Values::PriceRange(range) => Some((id.name(), range.currency, range.low)),
            _ => None,
        })?;
        // A store has its range; the ends by themselves are rarely asked for.
        let name = if document.content_type == ContentType::Store { "priceRange" } else { name };
        let low = amount.trunc();
        let high = low + low * Decimal::from(1 + self.below(8)) / Decimal::from(4) + Decimal::from(1 + self.below(20));
        let high = high.trunc();
        Some(match self.below(5) {
            0 => format!("{name} in {code} ..{high}"),
            _ => format!("{name} in {code} {low}..{high}"),
        })
    }

    fn number(&mut self, document: &Document) -> Option<String> {
        let rating = PropId::from_name("externalRating").filter(|id| document.get(*id).is_some());
        match rating {
            Some(_) => Some(format!("externalRating >= {}.{}", 3 + self.below(2), self.below(100))),
            None => Some(format!("discount in {}..{}", self.below(40), 40 + self.below(60))),
        }
    }

    fn time(&mut self, document: &Document) -> Option<String> {
        let times = document.declared.iter().filter(|(_, values)| matches!(values, Values::Times(_)));
        let names: Vec<&str> = times.map(|(id, _)| id.name()).collect();
        let name = names.get(self.below(names.len()))?;
        Some(match self.below(2) {
            0 => format!("{name} after now() + {}h", self.below(3000)),
            _ => format!("{name} in now() - {}h..now() + {}h", self.below(2000), self.below(2000)),
        })
    }

    fn review_count(&mut self, document: &Document) -> Option<String> {
        document.ext("reviewCount")?;
        Some(format!("ext.reviewCount > {}", self.below(5000)))
    }

    fn name<'a>(&mut self, document: &'a Document) -> Option<(&'static str, &'a Text)> {
        self.text(document, &["storeName", "name", "benefitName", "merchantName", "brandName"])
    }

    /// A text of the first of these properties that the item has, in any locale.
    fn text<'a>(&mut self, document: &'a Document, names: &[&'static str]) -> Option<(&'static str, &'a Text)> {
        names.iter().find_map(|name| match document.get(PropId::from_name(name)?)? {
            Values::Texts(texts) => Some((*name, &texts[self.below(texts.len())].value)),
            _ => None,
        })
    }

    /// One in three has a letter too few, or two swapped.
    fn misspelled(&mut self, words: &str) -> String {
        let mut chars: Vec<char> = words.chars().collect();
        let at = self.below(chars.len());
        match self.below(6) {
            0 if chars.len() > 4 => drop(chars.remove(at)),
            1 if at + 1 < chars.len() => chars.swap(at, at + 1),
            _ => {}
        }
        chars.into_iter().collect()
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0 >> 32) * n as u128) >> 32) as usize
    }
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
