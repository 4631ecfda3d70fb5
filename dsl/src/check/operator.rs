//! Which operators a kind of property takes, and how messages name them (LANGUAGE.md, Rules).

use crate::ast::{Literal, Operand, Operation, Operator};
use crate::registry::Kind;

/// Properties that take the same operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kindred {
    /// Keyword or list.
    Keyword(Kind),
    /// Text.
    Text,
    /// An undeclared key, read as text.
    OpenText,
    /// Number.
    Number,
    /// Money.
    Money,
    /// The price range.
    PriceRange,
    /// Date-time.
    Time,
    /// An undeclared key, read as a boolean.
    Bool,
    /// Location, URL, image.
    Presence(Kind),
    /// An undeclared key: the operator decides.
    Open,
}

impl Kindred {
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Keyword | Kind::List => Kindred::Keyword(kind),
            Kind::Text => Kindred::Text,
            Kind::Number => Kindred::Number,
            Kind::Money => Kindred::Money,
            Kind::PriceRange => Kindred::PriceRange,
            Kind::Time => Kindred::Time,
            Kind::Location | Kind::Presence => Kindred::Presence(kind),
        }
    }

    /// What a property of this kind is called, with its article.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Kindred::Keyword(Kind::List) => "a list",
            Kindred::Keyword(_) => "a keyword",
            Kindred::Text => "a text",
            Kindred::OpenText | Kindred::Bool | Kindred::Open => "an undeclared key",
            Kindred::Number => "a number",
            Kindred::Money => "an amount of money",
            Kindred::PriceRange => "a price range",
            Kindred::Time => "a date",
            Kindred::Presence(Kind::Location) => "a location",
            Kindred::Presence(_) => "a link or image",
        }
    }

    /// The operators it takes, as a message lists them.
    pub(super) fn operators(self) -> &'static str {
        match self {
            Kindred::Keyword(_) => "`in (...)`, `all of (...)`, `none of (...)`, `=`, `!=`, `is set` and `is missing`",
            Kindred::Text => "`~`, `contains`, `=`, `!=`, `in (...)`, `none of (...)`, `is set` and `is missing`",
            Kindred::OpenText => "`~`, `contains`, `=`, `!=`, `in (...)`, `all of (...)` and `none of (...)`",
            Kindred::Number => "`=`, `!=`, `<`, `<=`, `>`, `>=`, `in 1..5`, `is set` and `is missing`",
            Kindred::Money => {
                "`in HKD 100..500`, `=`, `!=`, `<`, `<=`, `>` and `>=` with `HKD 500`, `is set` and `is missing`"
            }
            Kindred::PriceRange => "`in HKD 100..500`, `within HKD 100..500`, `is set` and `is missing`",
            Kindred::Time => {
                "`before`, `after`, `on`, `=`, `!=`, `<`, `<=`, `>`, `>=`, `in 2026-01-01..2026-01-31`, `is set` and `is missing`"
            }
            Kindred::Bool => "`=` and `!=`",
            Kindred::Presence(_) => "`is set` and `is missing`",
            Kindred::Open => "every other operator",
        }
    }

    /// Whether values may differ by locale; numbers, money, dates and places do not.
    pub(super) fn has_locales(self) -> bool {
        match self {
            Kindred::Keyword(_) | Kindred::Text | Kindred::OpenText | Kindred::Bool | Kindred::Open => true,
            Kindred::Number | Kindred::Money | Kindred::PriceRange | Kindred::Time => false,
            Kindred::Presence(kind) => kind != Kind::Location,
        }
    }

    /// The kind that an operation asks of an undeclared key; `None` where it tells none.
    pub(super) fn asked_by(operation: &Operation) -> Option<Self> {
        match operation.operator.node {
            Operator::NoneOf | Operator::AllOf | Operator::Contains | Operator::Fuzzy(_) => {
                return Some(Kindred::OpenText);
            }
            Operator::Before | Operator::After | Operator::On => return Some(Kindred::Time),
            Operator::IsSet | Operator::IsMissing | Operator::Within => return None,
            _ => {}
        }
        match &operation.operand {
            Operand::None => None,
            Operand::List(..) => Some(Kindred::OpenText),
            Operand::Value(value) => Some(Self::of_literal(&value.literal)),
            Operand::Range(range) if range.currency.is_some() || range.stray_currency.is_some() => Some(Kindred::Money),
            Operand::Range(range) => match Self::of_literal(&range.low.as_ref().or(range.high.as_ref())?.literal) {
                Kindred::OpenText => Some(Kindred::Number),
                kindred => Some(kindred),
            },
        }
    }

    fn of_literal(literal: &Literal) -> Self {
        match literal {
            Literal::Text(_) | Literal::Word(_) => Kindred::OpenText,
            Literal::Number(_) => Kindred::Number,
            Literal::Date(_) | Literal::Now(_) => Kindred::Time,
            Literal::Bool(_) => Kindred::Bool,
            Literal::Money { .. } | Literal::ReversedMoney { .. } => Kindred::Money,
        }
    }
}
