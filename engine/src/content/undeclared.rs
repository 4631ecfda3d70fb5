//! Undeclared keys: their scalars, whatever shape they have (LANGUAGE.md, Undeclared keys).

use super::collect::{Occurrence, Place, groups, is_blank, pick, sort};
use super::decimal::{self, Canonical};
use super::document::{ExtValue, Localized, Text, UndeclaredValues};
use super::issue::{Issues, code};
use super::json::Value;
use super::money;
use super::read::folded;
use std::collections::HashSet;

/// Undeclared keys that rules can reach in one item.
const MAX_KEYS: usize = 200;

/// Reads the undeclared keys, given in order of appearance; the result is sorted by name.
pub(crate) fn read<'v>(
    mut occurrences: Vec<Occurrence<'v, &'v str>>,
    locales: &[Box<str>],
    issues: &mut Issues,
) -> Vec<(Box<str>, UndeclaredValues)> {
    occurrences.retain(|occurrence| is_reachable(occurrence.value));
    limit(&mut occurrences, issues);
    sort(&mut occurrences);
    let mut out: Vec<(Box<str>, UndeclaredValues)> = Vec::new();
    for group in groups(&occurrences) {
        let Some(chosen) = pick(group, issues) else { continue };
        let value = scalars(&chosen, issues);
        if value.is_empty() {
            continue;
        }
        let locale = chosen.slot.checked_sub(1).and_then(|number| locales.get(number as usize).cloned());
        let localized = Localized { locale, value };
        match out.last_mut().filter(|(name, _)| **name == *chosen.key) {
            Some((_, values)) => values.push(localized),
            None => out.push((chosen.key.into(), vec![localized])),
        }
    }
    out
}

/// Keeps the first [`MAX_KEYS`] keys.
fn limit(occurrences: &mut Vec<Occurrence<'_, &str>>, issues: &mut Issues) {
    if occurrences.len() <= MAX_KEYS {
        return;
    }
    let mut kept = HashSet::with_capacity(MAX_KEYS);
    let mut over = HashSet::new();
    occurrences.retain(|occurrence| {
        let keep = kept.contains(occurrence.key) || (kept.len() < MAX_KEYS && kept.insert(occurrence.key));
        if !keep {
            over.insert(occurrence.key);
        }
        keep
    });
    if !over.is_empty() {
        let count = kept.len() + over.len();
        let message = format_args!(
            "There are {count} undeclared keys; rules reach the first {MAX_KEYS}; send fewer, or put the important ones first."
        );
        issues.add(code::UNDECLARED_KEYS_EXCEEDED, "/contentInfo", message);
    }
}

/// Whether there is anything that a rule could read; other objects are none of our business.
fn is_reachable(value: &Value<'_>) -> bool {
    match value {
        Value::Object(members) => money::has_shape(members),
        Value::Array(members) => {
            members.iter().any(|m| !matches!(m, Value::Array(_) | Value::Object(_)) && !is_blank(m))
        }
        value => !is_blank(value),
    }
}

fn scalars(occurrence: &Occurrence<'_, &str>, issues: &mut Issues) -> Vec<ExtValue> {
    let mut values = Vec::new();
    match occurrence.value {
        Value::Object(members) => {
            values.extend(money::read(members, occurrence.place, issues).map(ExtValue::Money));
        }
        Value::Array(members) => {
            let members = members.iter().filter(|member| !matches!(member, Value::Array(_) | Value::Object(_)));
            values.extend(members.filter_map(|member| scalar(member, occurrence.place, issues)));
        }
        value => values.extend(scalar(value, occurrence.place, issues)),
    }
    values
}

fn scalar(value: &Value<'_>, place: Place<'_>, issues: &mut Issues) -> Option<ExtValue> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            Some(ExtValue::Text { text: folded(text)?, number: decimal::plain(text) })
        }
        Value::Number(text) => {
            let canonical = Canonical::of(text);
            let number = canonical.decimal();
            if number.is_none() {
                let message =
                    format_args!("The number has more than 28 digits; only its text was read; send a shorter one.");
                issues.add(code::NUMBER_UNREADABLE, place, message);
            }
            let text: Box<str> = canonical.text().into();
            Some(ExtValue::Number { number, text: Text { raw: text.clone(), folded: text } })
        }
        Value::Bool(value) => Some(ExtValue::Bool(*value)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
