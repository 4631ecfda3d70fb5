//! An item's actual values of a property, in words.

use crate::content::document::{Document, ExtValue, Localized, Money, Values};
use crate::matcher::evaluate::{Tagged, in_range};
use penstock_dsl::expr::{PropertyRef, Subject};

/// Values shown.
const VALUES_MAX: usize = 20;
/// Characters shown of a value.
const VALUE_CHARS_MAX: usize = 200;

/// The values that a subject selects, and how many more there are.
pub fn of(item: Tagged<'_>, subject: &Subject) -> (Vec<String>, usize) {
    let mut all = Vec::new();
    match &subject.property {
        PropertyRef::Declared(id) => declared(item.document, *id, subject, &mut all),
        PropertyRef::Ext(key) => {
            for list in selected(item.document.ext(key).unwrap_or_default(), subject) {
                all.extend(list.value.iter().map(|value| (list.locale.as_deref(), scalar(value))));
            }
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {
            let tags = item.tags.iter().filter(|tag| tag.property == subject.property);
            all.extend(tags.flat_map(|tag| &tag.values).map(|value| (None, value.to_string())));
        }
    }
    let more = all.len().saturating_sub(VALUES_MAX);
    let shown = all.into_iter().take(VALUES_MAX).map(|(locale, value)| match locale {
        Some(locale) => format!("@{locale} {}", cut(&value)),
        None => cut(&value),
    });
    (shown.collect(), more)
}

type Shown<'a> = Vec<(Option<&'a str>, String)>;

fn declared<'a>(document: &'a Document, id: penstock_dsl::registry::PropId, subject: &Subject, all: &mut Shown<'a>) {
    let Some(values) = document.get(id) else { return };
    match values {
        Values::Presence(v) => each(v, subject, all, |()| "(set)".to_owned()),
        Values::Keywords(lists) => {
            for list in selected(lists, subject) {
                all.extend(list.value.iter().map(|value| (list.locale.as_deref(), value.to_string())));
            }
        }
        Values::Texts(v) => each(v, subject, all, |text| text.raw.to_string()),
        Values::Numbers(v) => each(v, subject, all, ToString::to_string),
        Values::Money(v) => each(v, subject, all, money),
        Values::Times(v) => each(v, subject, all, |ms| time(*ms)),
        Values::PriceRange(range) => {
            all.push((None, format!("{} {}..{}", range.currency.code(), range.low, range.high)));
        }
    }
}

fn each<'a, T>(values: &'a [Localized<T>], subject: &Subject, all: &mut Shown<'a>, show: impl Fn(&T) -> String) {
    all.extend(selected(values, subject).map(|value| (value.locale.as_deref(), show(&value.value))));
}

fn selected<'a, T>(values: &'a [Localized<T>], subject: &Subject) -> impl Iterator<Item = &'a Localized<T>> {
    values.iter().filter(|value| in_range(value.locale.as_deref(), subject.locale.as_deref()))
}

fn scalar(value: &ExtValue) -> String {
    match value {
        ExtValue::Text { text, .. } | ExtValue::Number { text, .. } => text.raw.to_string(),
        ExtValue::Bool(is) => is.to_string(),
        ExtValue::Money(amount) => money(amount),
    }
}

fn money(money: &Money) -> String {
    format!("{} {}", money.currency.code(), money.amount)
}

/// A point in time as rules write it.
fn time(ms: i64) -> String {
    penstock_dsl::literal::time_point(ms)
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}
