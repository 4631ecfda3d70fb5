//! Packed predicates on texts and keywords, read where they lie. They are asked most, and to unpack one takes longer than to
//! answer it.
//!
//! Invariant: an answer given here is the evaluator's.

use super::packed::{CONTAINS, FUZZY, KEYWORD_ALL, KEYWORD_IN, Packed, Reader, TEXT_ALL, TEXT_IN};
use super::texts::Texts;
use crate::content::document::{Document, ExtValue, Localized, Values};
use crate::matcher::evaluate::{Wanted, Word, in_range, some_word_matches};
use penstock_dsl::registry::PropId;

/// A predicate on texts or keywords.
pub struct InPlace<'a> {
    property: Property<'a>,
    /// Its locale range.
    pub locale: Option<&'a str>,
    test: Test<'a>,
}

enum Property<'a> {
    Declared(PropId),
    Ext(&'a str),
}

enum Test<'a> {
    KeywordIn(List<'a>),
    KeywordAll(List<'a>),
    TextIn(List<'a>),
    TextAll(List<'a>),
    Contains(&'a str),
    Fuzzy(Query<'a>),
}

/// A fuzzy query.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    words: usize,
    /// Begins with the words; what must be there as it is follows.
    bytes: Reader<'a>,
}

/// A list of texts.
#[derive(Clone, Copy)]
struct List<'a> {
    left: usize,
    bytes: Reader<'a>,
}

impl<'a> Iterator for List<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        Some(self.bytes.str())
    }
}

impl<'a> InPlace<'a> {
    /// Reads a predicate; `None` where it tests something else.
    pub fn of(packed: Packed<'a>) -> Option<Self> {
        let mut bytes = packed.reader()?;
        // Whose property it is says nothing here.
        bytes.byte();
        let property = match bytes.byte() {
            0 => Property::Declared(PropId(bytes.number() as u16)),
            1 => Property::Ext(bytes.str()),
            _ => return None,
        };
        let locale = (bytes.number() > 0).then(|| bytes.str());
        let test = bytes.byte();
        let mut list = || List { left: bytes.number() as usize, bytes };
        let test = match test {
            KEYWORD_IN => Test::KeywordIn(list()),
            KEYWORD_ALL => Test::KeywordAll(list()),
            TEXT_IN => Test::TextIn(list()),
            TEXT_ALL => Test::TextAll(list()),
            CONTAINS => Test::Contains(bytes.str()),
            FUZZY => Test::Fuzzy(Query { words: bytes.number() as usize, bytes }),
            _ => return None,
        };
        Some(InPlace { property, locale, test })
    }

    /// The query, if it is a fuzzy one.
    pub fn query(&self) -> Option<Query<'a>> {
        if let Test::Fuzzy(query) = self.test { Some(query) } else { None }
    }

    /// Whether it holds; `texts` has the document's texts cut into words, or will.
    pub fn holds(&self, document: &Document, texts: &mut Texts) -> bool {
        match self.property {
            Property::Declared(id) => document.get(id).is_some_and(|values| match values {
                Values::Keywords(lists) => self.selected(lists).any(|list| self.keywords(list)),
                Values::Texts(list) => self.selected(list).any(|text| self.text(&text.folded, texts)),
                _ => false,
            }),
            Property::Ext(key) => document.ext(key).is_some_and(|lists| {
                self.selected(lists).any(|list| {
                    let mut folded = list.iter().filter_map(ExtValue::text).map(|text| &*text.folded);
                    match self.test {
                        Test::TextAll(mut wanted) => wanted.all(|wanted| folded.clone().any(|text| text == wanted)),
                        _ => folded.any(|text| self.text(text, texts)),
                    }
                })
            }),
        }
    }

    fn selected<'v, T>(&self, values: &'v [Localized<T>]) -> impl Iterator<Item = &'v T> {
        values.iter().filter(|value| in_range(value.locale.as_deref(), self.locale)).map(|value| &value.value)
    }

    fn keywords(&self, list: &[Box<str>]) -> bool {
        let has = |wanted: &str| list.iter().any(|value| **value == *wanted);
        match self.test {
            Test::KeywordIn(mut wanted) => wanted.any(has),
            Test::KeywordAll(mut wanted) => wanted.all(has),
            _ => false,
        }
    }

    fn text(&self, folded: &str, texts: &mut Texts) -> bool {
        match self.test {
            Test::TextIn(mut wanted) => wanted.any(|wanted| wanted == folded),
            Test::Contains(needle) => folded.contains(needle),
            Test::Fuzzy(query) => query.matches(folded, texts.words(folded)),
            _ => false,
        }
    }
}

impl Query<'_> {
    /// Whether a folded text matches; `words` are the text's.
    pub fn matches<'t>(self, folded: &str, words: impl Iterator<Item = Word<'t>> + Clone) -> bool {
        let Query { words: count, mut bytes } = self;
        let all_words = (0..count).all(|_| {
            let (text, distance, prefix) = (bytes.str(), bytes.byte(), bytes.byte() != 0);
            some_word_matches(words.clone(), Wanted { text, distance, prefix })
        });
        all_words && List { left: bytes.number() as usize, bytes }.all(|run| folded.contains(run))
    }
}
