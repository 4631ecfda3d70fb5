//! Data to text. Data may come from anywhere: what is printed is read back, and refused where it says something else.

use super::change::Reason;
use super::data::{Namespace, Operand, Owner, Property, RuleData, Test, Value};
use super::project::rule_data;
use crate::limits::SPELLED_BYTES_MAX;
use crate::{parser, print};

impl Property {
    /// The canonical spelling: `city`, ``ext.`ship-on-time` ``, `merchant.storeName@zh`.
    pub fn path(&self) -> String {
        let owner = match self.owner {
            Owner::Item => "",
            Owner::Merchant => "merchant.",
        };
        let (namespace, name) = match self.namespace {
            Namespace::Property => ("", name(&self.name)),
            Namespace::Ext => ("ext.", name(&self.name)),
            Namespace::TagAlgo => ("tag.algo.", name(&self.name)),
            Namespace::TagCustom => ("tag.custom.", name(&self.name)),
            Namespace::Other => ("", self.name.clone()),
        };
        match &self.locale {
            Some(locale) => format!("{owner}{namespace}{name}@{locale}"),
            None => format!("{owner}{namespace}{name}"),
        }
    }
}

fn name(name: &str) -> String {
    if print::is_identifier(name) { name.to_owned() } else { print::quoted_name(name) }
}

/// A rule's text; refused where no text reads as this data.
pub(super) fn rule(data: &RuleData) -> Result<String, Reason> {
    let not = if data.negated { "not " } else { "" };
    let text = match &data.test {
        None => format!("{not}all"),
        Some(test) => format!("{not}{} {}", test.property.path(), operation(test)),
    };
    if text.len() > SPELLED_BYTES_MAX {
        return Err(Reason::TextTooLong);
    }
    let mut findings = Vec::new();
    match parser::parse_rule(&text, 0, &mut findings) {
        Ok(read) if findings.is_empty() && rule_data(&read) == *data => Ok(text),
        _ => Err(Reason::NoSuchRule),
    }
}

/// Operator and operand.
pub(super) fn operation(test: &Test) -> String {
    let mut out = operator(test);
    if test.operand != Operand::None {
        out.push(' ');
        out.push_str(&operand(&test.operand));
    }
    if test.fx {
        out.push_str(" ~fx");
    }
    out
}

pub(super) fn operator(test: &Test) -> String {
    print::operator(test.operator.with_distance(test.distance))
}

pub(super) fn operand(operand: &Operand) -> String {
    match operand {
        Operand::None => String::new(),
        Operand::Value { value: one } => value(one),
        Operand::List { values } => format!("({})", values.iter().map(value).collect::<Vec<_>>().join(", ")),
        Operand::Range { currency, low, high, stray_currency } => {
            let end = |end: &Option<Value>| end.as_ref().map(value).unwrap_or_default();
            let currency = currency.as_ref().map(|c| format!("{c} ")).unwrap_or_default();
            // Before the second end it may be spelled in any way.
            let stray = stray_currency.as_ref().map(|c| format!("{c} ")).unwrap_or_default();
            format!("{currency}{}..{stray}{}", end(low), end(high)).trim_end().to_owned()
        }
    }
}

pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text { text } => print::string(text),
        Value::Number { number } => number.clone(),
        Value::Date { date } => date.clone(),
        Value::Now { offset: None } => "now()".to_owned(),
        Value::Now { offset: Some(offset) } => match offset.strip_prefix('-') {
            Some(duration) => format!("now() - {duration}"),
            None => format!("now() + {}", offset.strip_prefix('+').unwrap_or(offset)),
        },
        Value::Boolean { boolean } => boolean.to_string(),
        Value::Money { currency, amount } => format!("{currency} {amount}"),
        Value::ReversedMoney { currency, amount } => format!("{amount} {currency}"),
        Value::Word { word } => word.clone(),
    }
}
