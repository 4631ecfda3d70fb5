//! The index's terms: one dictionary of byte strings, each a tag, a property, a value and a slot.
//!
//! ```text
//! term     = tag property [escaped value  00] slot
//! property = u16 id, or FF FF u16 length, key      (big-endian; declared, undeclared)
//! slot     = [01 u16 place in a list] locale tag   (no place: the first; no locale: the base value)
//! ```
//!
//! The slot is last, so that all of a value's terms are neighbours, and a query of several words can ask for them in one
//! value. No escaped value has a zero byte, so no value's terms stand under another's prefix. Each byte by which a term differs
//! from its neighbours is a node of the dictionary, which is what indexing and merging cost: so the usual slot is empty.

use super::fill::PropertyName;
use crate::content::document::{Document, ExtValue, Localized, Text, Values};
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, Kind, PROPERTIES, PropId};
use penstock_dsl::text::{Token, tokens};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_128;

/// What a term says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// The item is of this content type.
    Type = 1,
    /// The property is set (in this locale).
    Presence,
    /// A keyword or list value, exact.
    Keyword,
    /// A folded text, whole, as its hash ([`text_hash`]): texts are long and mostly distinct, and are never listed from here.
    Text,
    /// A word of a text.
    Word,
    /// A suffix of a no-space run of a text, cut to [`RUN_CHARS`]: a run's substrings are its suffixes' prefixes.
    Run,
    /// A character of a text that is in no word and no run, and is no white space.
    Symbol,
    /// A text as the merchant wrote it, for drop-downs.
    Display,
    /// An undeclared boolean.
    Bool,
    /// A decimal that does not fit the scaled columns, as text.
    Wide,
    /// The property has a text that is not wholly in the dictionary: a word over [`WORD_BYTES_MAX`], or a value in a list
    /// after [`PLACES_MAX`] others. Whoever asks for text reads such items themselves.
    Unindexed,
}

/// Characters of a run's suffix that are kept: most words of the scripts without spaces are shorter.
pub const RUN_CHARS: usize = 8;
/// Of ten million distinct texts two share 80 bits with a chance under 1 in 10^10.
const TEXT_HASH_BYTES: usize = 10;
/// Longer words are not in the dictionary ([`Tag::Unindexed`]).
pub const WORD_BYTES_MAX: usize = 1_000;
/// Values of an undeclared list that are in the dictionary ([`Tag::Unindexed`]).
pub const PLACES_MAX: usize = 65_000;
/// Longer texts are not offered in drop-downs.
pub const DISPLAY_BYTES_MAX: usize = 128;
/// Keywords are cut like texts, but later: ids stay whole.
pub const KEYWORD_BYTES_MAX: usize = 2_048;

/// A property in a term.
#[derive(Clone, Copy)]
pub enum PropertyKey<'a> {
    /// By its registry id.
    Declared(u16),
    /// By its name.
    Ext(&'a str),
}

impl<'a> PropertyKey<'a> {
    /// The key of a rule's property; `None` where nothing is indexed (tags have no items yet).
    pub fn of(property: &'a PropertyRef) -> Option<Self> {
        match property {
            PropertyRef::Declared(id) => Some(Self::Declared(id.0)),
            PropertyRef::Ext(key) => Some(Self::Ext(key)),
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => None,
        }
    }

    /// The name of this property's column in the dynamic columns, without currency. Keys may hold any character, column
    /// names may not: an undeclared key stands by its 128-bit hash.
    pub fn column(self) -> String {
        match self {
            Self::Declared(id) => format!("d{id}"),
            Self::Ext(key) => format!("x{:032x}", xxh3_128(key.as_bytes())),
        }
    }
}

/// The start of all terms of a tag and property.
pub fn prefix(tag: Tag, property: PropertyKey<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    push_prefix(&mut out, tag, property);
    out
}

fn push_prefix(out: &mut Vec<u8>, tag: Tag, property: PropertyKey<'_>) {
    out.push(tag as u8);
    match property {
        PropertyKey::Declared(id) => out.extend_from_slice(&id.to_be_bytes()),
        PropertyKey::Ext(key) => {
            out.extend_from_slice(&[0xFF, 0xFF]);
            out.extend_from_slice(&(key.len() as u16).to_be_bytes());
            out.extend_from_slice(key.as_bytes());
        }
    }
}

/// What stands before a slot, where a value does.
const VALUE_END: u8 = 0;
/// What `0` and `1` in values are escaped with, as `01 01` and `01 02`: values keep their order.
const ESCAPE: u8 = 1;
/// What a place in a list begins with; no locale tag does.
const PLACE: u8 = 1;

/// Appends a value, escaped.
pub fn push_escaped(out: &mut Vec<u8>, value: &[u8]) {
    if memchr::memchr2(VALUE_END, ESCAPE, value).is_none() {
        return out.extend_from_slice(value);
    }
    for &byte in value {
        match byte {
            VALUE_END | ESCAPE => out.extend_from_slice(&[ESCAPE, byte + 1]),
            _ => out.push(byte),
        }
    }
}

/// Undoes [`push_escaped`].
pub fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(ESCAPE, value).is_none() {
        return value.into();
    }
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        let escaped = if byte == ESCAPE { bytes.next() } else { None };
        out.push(escaped.map_or(byte, |next| next.wrapping_sub(1)));
    }
    out.into()
}

/// What a folded text stands by.
pub fn text_hash(folded: &str) -> [u8; TEXT_HASH_BYTES] {
    let hash = xxh3_128(folded.as_bytes()).to_be_bytes();
    hash[..TEXT_HASH_BYTES].try_into().expect("it is shorter")
}

/// The start of all terms of a whole value (any slot).
pub fn value_prefix(tag: Tag, property: PropertyKey<'_>, value: &[u8], bytes_max: usize) -> Vec<u8> {
    value_under(prefix(tag, property), value, bytes_max)
}

/// The same, where the start of all terms of the tag and property is given.
pub fn value_under(mut prefix: Vec<u8>, value: &[u8], bytes_max: usize) -> Vec<u8> {
    push_cut(&mut prefix, value, bytes_max);
    prefix.push(VALUE_END);
    prefix
}

/// Appends a value, a too long one cut and told apart by its hash.
fn push_cut(out: &mut Vec<u8>, value: &[u8], bytes_max: usize) {
    if value.len() <= bytes_max {
        return push_escaped(out, value);
    }
    push_escaped(out, &value[..bytes_max]);
    push_escaped(out, &xxh3_128(value).to_be_bytes());
}

/// Splits what follows a term's property into value (still escaped) and slot.
pub fn split_slot(rest: &[u8]) -> Option<(&[u8], Slot<'_>)> {
    let at = memchr::memchr(VALUE_END, rest)?;
    Some((&rest[..at], Slot(&rest[at + 1..])))
}

/// The property of a presence term, given its bytes after the tag.
pub fn split_presence(rest: &[u8]) -> Option<PropertyName> {
    let number = |at: usize| Some(u16::from_be_bytes(rest.get(at..at + 2)?.try_into().ok()?));
    match number(0)? {
        0xFFFF => {
            let key = rest.get(4..4 + usize::from(number(2)?))?;
            Some(PropertyName::Ext(std::str::from_utf8(key).ok()?.into()))
        }
        id => (usize::from(id) < PROPERTIES.len()).then_some(PropertyName::Declared(PropId(id))),
    }
}

/// Which value of a property a term stands for, as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot<'a>(pub &'a [u8]);

impl<'a> Slot<'a> {
    /// The locale tag; `None` for the base value.
    pub fn locale(self) -> Option<&'a str> {
        let tag = match self.0 {
            [PLACE, _, _, tag @ ..] => tag,
            tag => tag,
        };
        if tag.is_empty() { None } else { std::str::from_utf8(tag).ok() }
    }
}

/// Collects an item's terms.
#[derive(Default)]
pub struct TermSet {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl TermSet {
    /// All terms of a document.
    pub fn of(document: &Document) -> Self {
        let mut set = TermSet::default();
        set.bytes.reserve(4096);
        set.add(|out| out.extend_from_slice(&type_term(document.content_type)));
        for (id, values) in &document.declared {
            set.declared(PropertyKey::Declared(id.0), id.kind(), values);
        }
        for (key, values) in &document.ext {
            for value in values {
                set.ext(PropertyKey::Ext(key), value);
            }
        }
        set
    }

    /// The terms; a term may come twice, which the index counts once.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    fn valued(&mut self, tag: Tag, property: PropertyKey<'_>, value: &[u8], bytes_max: usize, slot: &[u8]) {
        self.add(|out| {
            push_prefix(out, tag, property);
            push_cut(out, value, bytes_max);
            out.push(VALUE_END);
            out.extend_from_slice(slot);
        });
    }

    fn bare(&mut self, tag: Tag, property: PropertyKey<'_>, slot: &[u8]) {
        self.valued(tag, property, &[], 0, slot);
    }

    fn presence(&mut self, property: PropertyKey<'_>, slot: &[u8]) {
        self.bare(Tag::Presence, property, slot);
    }

    fn declared(&mut self, property: PropertyKey<'_>, kind: Kind, values: &Values) {
        match values {
            Values::Keywords(lists) => {
                for list in lists {
                    let slot = slot(0, list.locale.as_deref());
                    self.presence(property, &slot);
                    for value in &list.value {
                        self.valued(Tag::Keyword, property, value.as_bytes(), KEYWORD_BYTES_MAX, &slot);
                    }
                }
            }
            Values::Texts(texts) => {
                for text in texts {
                    let slot = slot(0, text.locale.as_deref());
                    self.presence(property, &slot);
                    self.text(property, &text.value, &slot);
                }
            }
            Values::Presence(v) => self.presences(property, v),
            Values::Numbers(v) => self.presences(property, v),
            Values::Money(v) => self.presences(property, v),
            Values::Times(v) => self.presences(property, v),
            Values::PriceRange(_) => {
                debug_assert_eq!(kind, Kind::PriceRange);
                self.presence(property, &slot(0, None));
            }
        }
    }

    fn presences<T>(&mut self, property: PropertyKey<'_>, values: &[Localized<T>]) {
        for value in values {
            self.presence(property, &slot(0, value.locale.as_deref()));
        }
    }

    fn ext(&mut self, property: PropertyKey<'_>, list: &Localized<Vec<ExtValue>>) {
        self.presence(property, &slot(0, list.locale.as_deref()));
        if list.value.len() > PLACES_MAX {
            self.bare(Tag::Unindexed, property, &slot(0, list.locale.as_deref()));
        }
        for (place, value) in list.value.iter().take(PLACES_MAX).enumerate() {
            let slot = slot(place, list.locale.as_deref());
            if let Some(text) = value.text() {
                self.text(property, text, &slot);
            }
            if let ExtValue::Bool(is) = value {
                self.valued(Tag::Bool, property, &[b'0' + u8::from(*is)], 1, &slot);
            }
        }
    }

    fn text(&mut self, property: PropertyKey<'_>, text: &Text, slot: &[u8]) {
        self.valued(Tag::Text, property, &text_hash(&text.folded), usize::MAX, slot);
        if text.raw.len() <= DISPLAY_BYTES_MAX {
            self.valued(Tag::Display, property, text.raw.as_bytes(), DISPLAY_BYTES_MAX, slot);
        }
        for token in tokens(&text.folded) {
            match token {
                Token::Word(word) if word.len() > WORD_BYTES_MAX => self.bare(Tag::Unindexed, property, slot),
                Token::Word(word) => self.valued(Tag::Word, property, word.as_bytes(), usize::MAX, slot),
                Token::Run(run) => self.run(property, run, slot),
            }
        }
        for symbol in symbols(&text.folded) {
            self.valued(Tag::Symbol, property, symbol.encode_utf8(&mut [0; 4]).as_bytes(), usize::MAX, slot);
        }
    }

    fn run(&mut self, property: PropertyKey<'_>, run: &str, slot: &[u8]) {
        for (at, _) in run.char_indices() {
            self.valued(Tag::Run, property, cut_chars(&run[at..], RUN_CHARS).as_bytes(), usize::MAX, slot);
        }
    }
}

/// The term of a content type.
pub fn type_term(content_type: ContentType) -> [u8; 2] {
    [Tag::Type as u8, content_type.index() as u8]
}

/// The term of a wide decimal of a property, and currency where it is money.
pub fn wide_prefix(property: PropertyKey<'_>, currency: Option<&str>) -> Vec<u8> {
    let mut out = prefix(Tag::Wide, property);
    out.extend_from_slice(currency.unwrap_or_default().as_bytes());
    out.push(b':');
    out
}

fn slot(place: usize, locale: Option<&str>) -> Vec<u8> {
    let place = u16::try_from(place).expect("places are bounded by PLACES_MAX");
    let locale = locale.unwrap_or_default();
    let mut out = Vec::with_capacity(3 + locale.len());
    if place > 0 {
        out.push(PLACE);
        out.extend_from_slice(&place.to_be_bytes());
    }
    out.extend_from_slice(locale.as_bytes());
    out
}

/// The first `chars` characters.
pub fn cut_chars(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

/// Whether a character of a folded text gets a symbol term.
pub fn is_symbol(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace() && !penstock_dsl::text::is_no_space(c)
}

fn symbols(folded: &str) -> impl Iterator<Item = char> {
    folded.chars().filter(|&c| is_symbol(c))
}
