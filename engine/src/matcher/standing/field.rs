//! The questions about one property, by what an item must have to be asked them.

use super::entry::{Entry, needle_text};
use super::lazy::{Lazy, change_in};
use super::multimap::{Change, Multimap};
use super::needles::Needles;
use super::ranges::Ranges;
use super::walk::{Room, Walk};
use super::words::Words;
use crate::content::document::{ExtValue, Localized, Text, Values};
use penstock_dsl::expr::Test;

/// The structures of one property.
#[derive(Default)]
pub struct Field {
    /// Tells this property's counts from others'.
    salt: u64,
    /// Entered by the property being set.
    present: Vec<u32>,
    keywords: Multimap<Box<str>>,
    texts: Multimap<Box<str>>,
    booleans: [Vec<u32>; 2],
    ranges: Ranges,
    needles: Lazy<Needles>,
    words: Lazy<Words>,
    /// Questions that entered by one of several values, which are counted for them.
    one_of_all: u32,
}

impl Field {
    /// An empty field; `salt` tells its counts from other properties'.
    pub fn of(salt: u64) -> Box<Self> {
        Box::new(Field { salt, ..Field::default() })
    }

    /// Puts a question in, or takes it out.
    pub fn change(&mut self, change: Change, entry: Entry, test: &Test, question: u32) {
        match entry {
            // Of every item: the caller's business.
            Entry::Never | Entry::Always => {}
            Entry::Present => change_list(&mut self.present, change, question),
            Entry::Any => self.change_any(change, test, question),
            Entry::Value(at) => {
                match test {
                    Test::KeywordAll(values) => {
                        self.keywords.change(change, values[usize::from(at)].as_str(), question)
                    }
                    Test::TextAll(values) => self.texts.change(change, values[usize::from(at)].as_str(), question),
                    _ => {}
                }
                match change {
                    Change::Enter => self.one_of_all += 1,
                    Change::Leave => self.one_of_all -= 1,
                }
            }
            Entry::Needle { needle, at } => {
                let Some(text) = needle_text(test, needle) else { return };
                change_in(&mut self.needles, Needles::is_empty, |all| all.change(change, text, at, question));
            }
            Entry::Word(at) => {
                let Test::Fuzzy(query) = test else { return };
                change_in(&mut self.words, Words::is_empty, |all| {
                    all.change(change, &query.words[usize::from(at)], question)
                });
            }
        }
    }

    fn change_any(&mut self, change: Change, test: &Test, question: u32) {
        match test {
            Test::KeywordIn(values) => values.iter().for_each(|v| self.keywords.change(change, v.as_str(), question)),
            Test::TextIn(values) => values.iter().for_each(|v| self.texts.change(change, v.as_str(), question)),
            Test::Bool(is) => change_list(&mut self.booleans[usize::from(*is)], change, question),
            Test::Number(_) | Test::Money(_) | Test::PriceOverlaps(_) | Test::PriceWithin(_) | Test::Time(_) => {
                self.ranges.change(change, test, question);
            }
            // These enter in other ways.
            Test::IsSet | Test::KeywordAll(_) | Test::TextAll(_) | Test::Contains(_) | Test::Fuzzy(_) => {}
        }
    }

    /// Whether no question is in it.
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
            && self.keywords.is_empty()
            && self.texts.is_empty()
            && self.booleans.iter().all(Vec::is_empty)
            && self.ranges.is_empty()
            && self.needles.is_none()
            && self.words.is_none()
    }

    /// Asks about the values of a declared property.
    pub fn walk_declared(&self, values: &Values, walk: &mut Walk<'_>) {
        walk.ask_all(&self.present);
        match values {
            Values::Presence(_) => {}
            Values::Keywords(lists) => {
                lists.iter().flat_map(|list| &list.value).for_each(|value| self.keyword(value, walk));
            }
            Values::Texts(texts) => texts.iter().for_each(|text| self.text(&text.value, text.locale.as_deref(), walk)),
            Values::Numbers(_) | Values::Money(_) | Values::Times(_) | Values::PriceRange(_) => {
                let now_ms = walk.now_ms;
                self.ranges.find(values, now_ms, &mut |question, sure| walk.hit(question, sure));
            }
        }
    }

    /// Asks about the values of an undeclared key.
    pub fn walk_ext(&self, values: &[Localized<Vec<ExtValue>>], walk: &mut Walk<'_>) {
        walk.ask_all(&self.present);
        for list in values {
            for value in &list.value {
                if let Some(text) = value.text() {
                    self.text(text, list.locale.as_deref(), walk);
                }
                let now_ms = walk.now_ms;
                self.ranges.find_ext(value, now_ms, &mut |question, sure| walk.hit(question, sure));
                if let ExtValue::Bool(is) = value {
                    walk.hit_all(&self.booleans[usize::from(*is)]);
                }
            }
        }
    }

    fn keyword(&self, value: &str, walk: &mut Walk<'_>) {
        if self.one_of_all > 0 {
            walk.count_value(self.salt, value);
        }
        walk.hit_all(self.keywords.get(value));
    }

    fn text(&self, text: &Text, locale: Option<&str>, walk: &mut Walk<'_>) {
        let folded = &*text.folded;
        if self.one_of_all > 0 {
            walk.count_value(self.salt, folded);
        }
        walk.hit_all(self.texts.get(folded));
        let counter = walk.counter(self.salt);
        if let Some(needles) = &self.needles {
            needles.find(folded, counter, |question, sure| walk.hit_text(question, sure));
        }
        if let Some(words) = &self.words {
            let Room { mut texts, words: mut room } = walk.take_room();
            for word in texts.words(folded) {
                words.count(word.text, counter);
                words.find(word, &mut room).iter().for_each(|question| walk.hit_text(*question, true));
            }
            walk.give_back(Room { texts, words: room });
        }
        walk.decide_here(folded, locale);
    }
}

fn change_list(list: &mut Vec<u32>, change: Change, question: u32) {
    match change {
        Change::Enter => list.push(question),
        Change::Leave => {
            list.retain(|other| *other != question);
            if list.is_empty() {
                *list = Vec::new();
            }
        }
    }
}
