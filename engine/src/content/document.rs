//! What rules read of one version of an item: typed, folded values by property.
//!
//! A [`Document`] is a pure function of the item's `contentInfo`, so decoding may run anywhere, ahead of the fold. Values
//! that could not be read are not in it (LANGUAGE.md, Missing). It knows neither rules nor the index.

use penstock_dsl::registry::{ContentType, Currency, PropId};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// The readable values of one item version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The item's content type.
    pub content_type: ContentType,
    /// Declared properties that are not missing, sorted by id, each once.
    pub declared: Vec<(PropId, Values)>,
    /// Undeclared keys that are not missing, sorted by name, each once.
    pub ext: Vec<(Box<str>, UndeclaredValues)>,
}

/// The values of an undeclared key: the base value first, then one a locale, by locale. Never empty.
pub type UndeclaredValues = Vec<Localized<Vec<ExtValue>>>;

/// A value and the locale it was given for; `None` is the base value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Localized<T> {
    /// BCP 47 tag in canonical spelling (`en-PH`), or `None`.
    pub locale: Option<Box<str>>,
    /// The value.
    pub value: T,
}

/// The values of a declared property: the base value first, then one a locale, by locale. Never empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// Presence only (URLs, images, location).
    Presence(Vec<Localized<()>>),
    /// Keyword (one element) and list: trimmed, not empty, in the merchant's order.
    Keywords(Vec<Localized<Vec<Box<str>>>>),
    /// Text.
    Texts(Vec<Localized<Text>>),
    /// Number.
    Numbers(#[serde(with = "super::exact::localized")] Vec<Localized<Decimal>>),
    /// Money.
    Money(Vec<Localized<Money>>),
    /// Epoch milliseconds.
    Times(Vec<Localized<i64>>),
    /// A STORE's price range, ends in one currency and in order.
    PriceRange(PriceRange),
}

/// A text and its folded form ([`penstock_dsl::text::fold`]); the folded form is not empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// As the merchant wrote it, trimmed.
    pub raw: Box<str>,
    /// Folded.
    pub folded: Box<str>,
}

/// An amount of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Money {
    /// The amount in major units.
    #[serde(with = "super::exact::one")]
    pub amount: Decimal,
    /// The currency that the signals agree on (D-05).
    pub currency: Currency,
}

/// `[minPriceRange, maxPriceRange]`; a missing end equals the other (LANGUAGE.md).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceRange {
    /// The currency of both ends.
    pub currency: Currency,
    /// The lower end.
    #[serde(with = "super::exact::one")]
    pub low: Decimal,
    /// The upper end.
    #[serde(with = "super::exact::one")]
    pub high: Decimal,
}

/// One scalar of an undeclared key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExtValue {
    /// A string; `number` is set where it is a plain decimal (`-?digits[.digits]`).
    Text {
        /// The string.
        text: Text,
        /// Its value as a number.
        #[serde(with = "super::exact::option")]
        number: Option<Decimal>,
    },
    /// A JSON number; `text` is its decimal text, which text operators read.
    Number {
        /// The value; `None` where it has more than 28 digits.
        #[serde(with = "super::exact::option")]
        number: Option<Decimal>,
        /// Its decimal text.
        text: Text,
    },
    /// A JSON boolean.
    Bool(bool),
    /// An object of money's shape.
    Money(Money),
}

impl Document {
    /// The values of a declared property, `None` where it is missing.
    pub fn get(&self, property: PropId) -> Option<&Values> {
        self.declared.binary_search_by_key(&property, |(id, _)| *id).ok().map(|at| &self.declared[at].1)
    }

    /// The values of an undeclared key, `None` where it is missing.
    pub fn ext(&self, key: &str) -> Option<&[Localized<Vec<ExtValue>>]> {
        self.ext.binary_search_by(|(name, _)| (**name).cmp(key)).ok().map(|at| &*self.ext[at].1)
    }
}

impl ExtValue {
    /// What text operators read.
    pub fn text(&self) -> Option<&Text> {
        match self {
            ExtValue::Text { text, .. } | ExtValue::Number { text, .. } => Some(text),
            ExtValue::Bool(_) | ExtValue::Money(_) => None,
        }
    }

    /// What number operators read.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            ExtValue::Text { number, .. } | ExtValue::Number { number, .. } => *number,
            ExtValue::Bool(_) | ExtValue::Money(_) => None,
        }
    }
}

/// A whole number as a point in time: epoch milliseconds, or seconds below 10^11 (D-24).
pub fn epoch_ms(number: Decimal) -> Option<i64> {
    if !number.fract().is_zero() {
        return None;
    }
    let value = number.to_i64()?;
    if value.unsigned_abs() < SECONDS_BELOW { value.checked_mul(1000) } else { Some(value) }
}

/// Below this a `Long` time is read as seconds (D-24).
const SECONDS_BELOW: u64 = 100_000_000_000;
