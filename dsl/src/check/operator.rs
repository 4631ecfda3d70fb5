//! Which operators a kind of property takes, and how messages name them (LANGUAGE.md, Rules).

use crate::ast::{Literal, Operand, Operation, Operator};
use crate::registry::Kind;

/// Properties that take the same operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kindred {
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
    pub(crate) fn of(kind: Kind) -> Self {
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
    pub(crate) fn noun(self) -> &'static str {
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

    /// The operators it takes, in the order in which messages and completions list them.
    pub(crate) fn takes(self) -> &'static [Operator] {
        use Operator::{
            After, AllOf, AtLeast, AtMost, Before, Contains, Equal, Fuzzy, Greater, In, IsMissing, IsSet, Less, NoneOf,
            NotEqual, On, Within,
        };
        match self {
            Kindred::Keyword(_) => &[In, AllOf, NoneOf, Equal, NotEqual, IsSet, IsMissing],
            Kindred::Text => &[Fuzzy(None), Contains, Equal, NotEqual, In, NoneOf, IsSet, IsMissing],
            Kindred::OpenText => &[Fuzzy(None), Contains, Equal, NotEqual, In, AllOf, NoneOf],
            Kindred::Number => &[Equal, NotEqual, Less, AtMost, Greater, AtLeast, In, IsSet, IsMissing],
            Kindred::Money => &[In, Equal, NotEqual, Less, AtMost, Greater, AtLeast, IsSet, IsMissing],
            Kindred::PriceRange => &[In, Within, IsSet, IsMissing],
            Kindred::Time => {
                &[Before, After, On, Equal, NotEqual, Less, AtMost, Greater, AtLeast, In, IsSet, IsMissing]
            }
            Kindred::Bool => &[Equal, NotEqual],
            Kindred::Presence(_) => &[IsSet, IsMissing],
            Kindred::Open => &[
                In,
                AllOf,
                NoneOf,
                Equal,
                NotEqual,
                Fuzzy(None),
                Contains,
                Less,
                AtMost,
                Greater,
                AtLeast,
                Before,
                After,
                On,
                IsSet,
                IsMissing,
            ],
        }
    }

    /// An operator with what stands on its right, where that tells kinds apart.
    pub(crate) fn example(self, operator: Operator) -> String {
        let symbol = operator.symbol();
        match (operator, self) {
            (Operator::In, Kindred::Number) => format!("{symbol} 1..5"),
            (Operator::In | Operator::Within, Kindred::Money | Kindred::PriceRange) => {
                format!("{symbol} HKD 100..500")
            }
            (Operator::In, Kindred::Time) => format!("{symbol} 2026-01-01..2026-01-31"),
            (Operator::Equal, Kindred::Money) => format!("{symbol} HKD 500"),
            (Operator::In | Operator::AllOf | Operator::NoneOf, _) => format!("{symbol} (...)"),
            _ => symbol.to_owned(),
        }
    }

    /// The operators it takes, as a message lists them.
    pub(super) fn operators(self) -> String {
        if self == Kindred::Open {
            return "every other operator".to_owned();
        }
        let quoted: Vec<String> = self.takes().iter().map(|&o| format!("`{}`", self.example(o))).collect();
        match quoted.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            all => all.concat(),
        }
    }

    /// Whether values may differ by locale; numbers, money, dates and places do not.
    pub(crate) fn has_locales(self) -> bool {
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
