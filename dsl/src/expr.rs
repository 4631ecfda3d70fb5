//! The checked meaning of a rule set: typed, folded, canonical. What both evaluators are lowered from.
//!
//! Invariants: every text in here is already folded or trimmed as its test needs, so no lowering interprets text on its
//! own; `!=`, `none of` and `is missing` are the negation of a positive test; lists are sorted and without duplicates.
//! Null (LANGUAGE.md): every positive test is false on a missing property; negation is plain boolean `not`.

use crate::diagnostic::Span;
use crate::registry::{ContentType, Currency, PropId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::ops::Bound;

/// A checked rule set: blocks in OR.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// One or more blocks, at most one a content type, in the text's order.
    pub blocks: Vec<Block>,
}

/// The rules for one content type: groups in OR.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The type whose items this block selects.
    pub content_type: ContentType,
    /// At least one group.
    pub groups: Vec<Group>,
    /// Where it stands in the text.
    pub span: Span,
}

/// Rules in AND.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The operator's own title.
    pub title: Option<String>,
    /// At least one rule.
    pub rules: Vec<Rule>,
    /// Where it stands in the text.
    pub span: Span,
}

/// One rule: a predicate, perhaps negated.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Whether the rule holds where the predicate does not.
    pub negated: bool,
    /// The positive predicate.
    pub predicate: Predicate,
    /// Where it stands in the text.
    pub span: Span,
}

/// A positive test of one property; equal predicates are one predicate to the evaluators.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// Every item of the block's content type (`all`).
    All,
    /// A test of a property.
    Test {
        /// What is read.
        subject: Subject,
        /// What must hold of it.
        test: Test,
    },
}

/// What a predicate reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Whose property it is.
    pub of: Owner,
    /// The property.
    pub property: PropertyRef,
    /// Only locales in this RFC 4647 basic language range, in lower case (`zh`, `zh-hk`); the base value is left out then.
    pub locale: Option<String>,
}

/// Whose property a predicate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Owner {
    /// The item's own.
    Item,
    /// That of the MERCHANT item with the item's merchantId (`merchant.<property>`); missing where there is none.
    Merchant,
}

/// A property as a rule names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PropertyRef {
    /// A declared property.
    Declared(PropId),
    /// An undeclared key, `ext.<key>`, spelled exactly.
    Ext(String),
    /// `tag.algo.<name>`, written by models.
    TagAlgo(String),
    /// `tag.custom.<name>`, written by a wallet.
    TagCustom(String),
}

impl PropertyRef {
    /// Whether it is a tag: a list of values beside the item's own content.
    pub fn is_tag(&self) -> bool {
        matches!(self, PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_))
    }
}

/// A positive test. A property of several values passes when one of them does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Something is there.
    IsSet,
    /// A keyword or list value is one of these (trimmed, exact code points).
    KeywordIn(Vec<String>),
    /// One value of the property (the base list or one locale's) has all of these.
    KeywordAll(Vec<String>),
    /// A text, folded, is one of these (folded).
    TextIn(Vec<String>),
    /// One value of an undeclared list has all of these, all folded.
    TextAll(Vec<String>),
    /// A text, folded, has this substring (folded, not empty).
    Contains(String),
    /// A text matches fuzzily.
    Fuzzy(Fuzzy),
    /// A number lies in the interval.
    Number(Interval<Decimal>),
    /// An amount lies in the range of its currency.
    Money(Vec<MoneyRange>),
    /// The price range overlaps the range of its currency.
    PriceOverlaps(Vec<MoneyRange>),
    /// The price range lies inside the range of its currency.
    PriceWithin(Vec<MoneyRange>),
    /// A point in time lies in the interval.
    Time(Interval<TimePoint>),
    /// An undeclared boolean has this value.
    Bool(bool),
}

/// An interval of amounts in one currency. A test has one, or with `~fx` one a currency of the rates table; they are
/// sorted by currency, each at most once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MoneyRange {
    /// The currency.
    pub currency: Currency,
    /// The amounts.
    pub amounts: Interval<Decimal>,
}

impl MoneyRange {
    /// The range of a currency among `ranges`.
    pub fn of(ranges: &[MoneyRange], currency: Currency) -> Option<&Interval<Decimal>> {
        ranges.binary_search_by_key(&currency, |r| r.currency).ok().map(|at| &ranges[at].amounts)
    }
}

/// A fuzzy query, tokenized as values are ([`crate::text::tokens`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fuzzy {
    /// Each must match a word of the value.
    pub words: Vec<FuzzyWord>,
    /// Runs of a script without spaces; each must be a substring of the value.
    pub runs: Vec<String>,
}

/// One word of a fuzzy query.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuzzyWord {
    /// The folded word.
    pub text: String,
    /// Optimal-string-alignment distance allowed, in code points: 0, 1 or 2.
    pub distance: u8,
    /// Whether a value's word that begins with `text` matches too (the query's last token).
    pub prefix: bool,
}

/// A range of ordered values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interval<T> {
    /// Lower end.
    pub low: Bound<T>,
    /// Upper end.
    pub high: Bound<T>,
}

impl<T: Ord> Interval<T> {
    /// `[value, value]`.
    pub fn exactly(value: T) -> Self
    where
        T: Clone,
    {
        Interval { low: Bound::Included(value.clone()), high: Bound::Included(value) }
    }

    /// Whether `value` lies inside.
    pub fn contains(&self, value: &T) -> bool {
        let above = match &self.low {
            Bound::Included(low) => value >= low,
            Bound::Excluded(low) => value > low,
            Bound::Unbounded => true,
        };
        above
            && match &self.high {
                Bound::Included(high) => value <= high,
                Bound::Excluded(high) => value < high,
                Bound::Unbounded => true,
            }
    }

    /// Whether some value of the closed interval `[low, high]` lies inside.
    pub fn overlaps(&self, low: &T, high: &T) -> bool {
        let above = match &self.low {
            Bound::Included(bound) => high >= bound,
            Bound::Excluded(bound) => high > bound,
            Bound::Unbounded => true,
        };
        above
            && match &self.high {
                Bound::Included(bound) => low <= bound,
                Bound::Excluded(bound) => low < bound,
                Bound::Unbounded => true,
            }
    }

    /// The same interval over another type; `map` must keep the order.
    pub fn map<U>(&self, map: impl Fn(&T) -> U) -> Interval<U> {
        Interval { low: self.low.as_ref().map(&map), high: self.high.as_ref().map(&map) }
    }
}

/// A point in time of a rule, resolved against the time of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimePoint {
    /// Epoch milliseconds.
    At(i64),
    /// The time of evaluation plus this many milliseconds (`now() + 7d`).
    FromNow(i64),
}

impl TimePoint {
    /// Epoch milliseconds, when it is `now_ms`. Saturates at the ends of `i64`.
    pub fn resolve(self, now_ms: i64) -> i64 {
        match self {
            TimePoint::At(ms) => ms,
            TimePoint::FromNow(offset) => now_ms.saturating_add(offset),
        }
    }
}

/// Whether a locale tag (BCP 47, any case) lies in a basic language range (RFC 4647 section 3.3.1; `range` in lower case).
pub fn locale_in_range(locale: &str, range: &str) -> bool {
    let head = match locale.get(..range.len()) {
        Some(head) => head,
        None => return false,
    };
    range == "*"
        || (head.eq_ignore_ascii_case(range) && matches!(locale.as_bytes().get(range.len()), None | Some(b'-')))
}
