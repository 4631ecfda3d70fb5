//! What completions and hovers say of the language itself.

use crate::ast::Operator;
use crate::registry::Kind;

/// What a rule with this operator asks of a property of this kind, in a few words; `None` for an undeclared key, which may
/// be read as any.
pub fn operator_help(operator: Operator, kind: Option<Kind>) -> &'static str {
    let time = kind == Some(Kind::Time);
    match (operator, kind) {
        (Operator::In, Some(Kind::PriceRange)) => "overlaps this range",
        (Operator::In, Some(Kind::Number | Kind::Money | Kind::Time)) => "inside this range, both ends included",
        (Operator::In, Some(_)) => "one of these values",
        (Operator::In, None) => "one of these values, or inside this range with both ends",
        (Operator::AllOf, _) => "all of these values, in the base list or in one language's",
        (Operator::NoneOf, _) => "none of these values; true of missing values",
        (Operator::Within, _) => "wholly inside this range",
        (Operator::Contains, _) => "has this part, capitals and accents aside",
        (Operator::Fuzzy(_), _) => "has all of these words, small slips allowed",
        (Operator::Equal, _) if time => "some time on this day, or at this millisecond",
        (Operator::Equal, _) => "is this value",
        (Operator::NotEqual, _) => "is not this value; true of missing values",
        (Operator::Less, _) if time => "earlier; of a day: before it begins",
        (Operator::Less, _) => "less than this",
        (Operator::AtMost, _) if time => "not later; the whole of a day counts",
        (Operator::AtMost, _) => "this or less",
        (Operator::Greater, _) if time => "later; of a day: after it is over",
        (Operator::Greater, _) => "more than this",
        (Operator::AtLeast, _) if time => "not earlier; the whole of a day counts",
        (Operator::AtLeast, _) => "this or more",
        (Operator::Before, _) => "earlier; of a day: before it begins",
        (Operator::After, _) => "later; of a day: after it is over",
        (Operator::On, _) => "some time on this day",
        (Operator::IsSet, _) => "there is a value",
        (Operator::IsMissing, _) => "there is no value",
    }
}

/// What missing values do to a rule with this operator, `not` aside (LANGUAGE.md, Null).
pub fn missing_note(operator: Option<Operator>) -> &'static str {
    match operator {
        Some(Operator::NotEqual | Operator::NoneOf) => {
            "An item without a value passes; add `is set` to leave those out."
        }
        Some(Operator::IsMissing) => "An item without a value passes.",
        Some(_) => "An item without a value does not pass; with `not` before the rule it does.",
        None => {
            "A missing value counts as false: an item without one does not pass, but passes the rule with `not`, `!=` or `none of`."
        }
    }
}

/// What a word or sign of the language does, in a few words; empty where it needs none.
pub fn keyword_help(word: &str) -> &'static str {
    match word {
        "and" => "both rules must hold",
        "or" => "another group: one of them must hold",
        "not" => "turns the rule round; true of missing values",
        "all" => "every item of the type",
        "set" => operator_help(Operator::IsSet, None),
        "missing" => operator_help(Operator::IsMissing, None),
        "~fx" => "other currencies too, converted at pinned rates",
        "{" | "}" => "the block's rules",
        _ => "",
    }
}
