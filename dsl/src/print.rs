//! The one spelling of each part of a tree: keywords in small letters, one space between words, currencies by code.
//!
//! What this writes for a part reads back as the same part. Layout over lines, and comments, are `format`'s business.

use crate::ast::{Literal, Operand, Operation, Operator, Path, Range, Rule, RuleBody, Segment, Spanned, Value};
use crate::literal::{CurrencySpelling, currency};

/// `not storeName ~ "x"`.
pub fn rule(rule: &Rule) -> String {
    let not = if rule.not.is_some() { "not " } else { "" };
    match &rule.body {
        RuleBody::All => format!("{not}all"),
        RuleBody::Test { path: property, operation: op } => format!("{not}{} {}", path(property), operation(op)),
    }
}

/// What stands before a rule's value: `not city in`.
pub fn head(rule: &Rule) -> String {
    let not = if rule.not.is_some() { "not " } else { "" };
    match &rule.body {
        RuleBody::All => format!("{not}all"),
        RuleBody::Test { path: property, operation: op } => {
            format!("{not}{} {}", path(property), operator(op.operator.node))
        }
    }
}

/// `ext.reviewCount`, `storeName@zh`.
pub fn path(path: &Path) -> String {
    let mut out = path.segments.iter().map(segment).collect::<Vec<_>>().join(".");
    if let Some(locale) = &path.locale {
        out.push('@');
        out.push_str(&locale.node);
    }
    out
}

/// A name, in backticks where it stood in them and needs them.
pub fn segment(segment: &Segment) -> String {
    if segment.quoted && !is_identifier(&segment.name) { quoted_name(&segment.name) } else { segment.name.clone() }
}

/// Whether a name may stand without backticks: letters a to z, digits and `_`, not first a digit, and no keyword.
pub fn is_identifier(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plain && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && !is_reserved(name)
}

fn is_reserved(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "and", "or", "not", "in", "is", "of", "all", "none", "within", "contains", "before", "after", "on", "now",
        "true", "false", "set", "missing",
    ];
    RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// A name in backticks.
pub fn quoted_name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Operator and operand: `in ("a", "b")`, `in HKD 1..5 ~fx`, `is set`.
pub fn operation(operation: &Operation) -> String {
    let mut out = operator(operation.operator.node);
    match &operation.operand {
        Operand::None => {}
        Operand::Value(one) => out = format!("{out} {}", value(one)),
        Operand::List(values, _) => {
            out = format!("{out} ({})", values.iter().map(value).collect::<Vec<_>>().join(", "));
        }
        Operand::Range(ends) => out = format!("{out} {}", range(ends)),
    }
    if operation.fx.is_some() {
        out.push_str(" ~fx");
    }
    out
}

/// An operator with its distance, if it has one.
pub fn operator(operator: Operator) -> String {
    match operator {
        Operator::Fuzzy(Some(distance)) => format!("~{distance}"),
        other => other.symbol().to_owned(),
    }
}

/// `HKD 100..500`, `..5`.
pub fn range(range: &Range) -> String {
    let end = |end: &Option<Value>| end.as_ref().map(value).unwrap_or_default();
    let currency = range.currency.as_ref().map(|c| format!("{} ", code(c))).unwrap_or_default();
    let (low, high) = (end(&range.low), end(&range.high));
    match (&range.stray_currency, &range.high) {
        // Only a code in capitals reads back from behind.
        (Some(stray), Some(at)) if stray.span.start < at.span.start => {
            format!("{currency}{low}..{} {high}", stray.node)
        }
        (Some(stray), _) => format!("{currency}{low}..{high} {}", stray.node),
        (None, _) => format!("{currency}{low}..{high}"),
    }
}

/// A literal.
pub fn value(value: &Value) -> String {
    match &value.literal {
        Literal::Text(text) => string(text),
        Literal::Number(spelled) | Literal::Word(spelled) => spelled.clone(),
        Literal::Date(spelled) => spelled.to_ascii_uppercase().replacen(' ', "T", 1),
        Literal::Now(None) => "now()".to_owned(),
        Literal::Now(Some(offset)) => {
            format!("now() {} {}", if offset.minus { '-' } else { '+' }, offset.duration.node)
        }
        Literal::Bool(value) => value.to_string(),
        Literal::Money { currency, amount } => format!("{} {}", code(currency), amount.node),
        Literal::ReversedMoney { currency, amount } => format!("{} {}", amount.node, currency.node),
    }
}

/// A string in quotation marks, its special characters escaped.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // Line ends of any script, controls and what reorders text on a screen.
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}') =>
            {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A currency's code where the spelling stands for one, else as written.
pub(crate) fn code(spelling: &Spanned<String>) -> String {
    match currency(&spelling.node) {
        CurrencySpelling::Known(currency) => currency.to_string(),
        _ => spelling.node.clone(),
    }
}
