//! The second pass: values of declared properties, read by kind. What cannot be read is missing, with an issue (D-74).

use super::collect::{Occurrence, describe, groups, is_blank, pick};
use super::decimal::{self, Canonical};
use super::document::{Localized, Money, Text, Values};
use super::issue::{Issues, Quoted, code};
use super::json::Value;
use super::keys::Nearness;
use super::money;
use penstock_dsl::registry::{Declared, Kind, PropId};
use penstock_dsl::text::fold;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// Times nearer to the epoch than this are read as seconds (D-24).
const SECONDS_BELOW: i128 = 100_000_000_000;

/// One value on its way in.
pub(crate) struct Input<'a, 'v> {
    occurrence: Occurrence<'v, PropId>,
    declared: &'a Declared,
}

/// Reads all values of one property, base value first, then by locale; `None` where it is missing.
pub(crate) fn read(
    declared: &Declared,
    kind: Kind,
    sorted: &[Occurrence<'_, PropId>],
    locales: &[Box<str>],
    issues: &mut Issues,
) -> Option<Values> {
    let mut picked = Vec::with_capacity(1 + locales.len());
    for group in groups(sorted) {
        picked.extend(pick(group, issues).map(|occurrence| Input { occurrence, declared }));
    }
    report_unexpected_locale(declared, &picked, issues);
    let all = Picked { picked: &picked, locales, issues };
    match kind {
        Kind::Keyword => all.read(|input, issues| Some(vec![keyword(input, issues)?])).map(Values::Keywords),
        Kind::List => all.read(list).map(Values::Keywords),
        Kind::Text => all.texts().map(Values::Texts),
        Kind::Number => all.read(number).map(Values::Numbers),
        Kind::Money => all.read(money).map(Values::Money),
        Kind::Time => all.read(time).map(Values::Times),
        Kind::Location => all.read(location).map(Values::Presence),
        Kind::Presence => all.read(presence).map(Values::Presence),
        // Not on the wire: computed from its ends.
        Kind::PriceRange => None,
    }
}

fn report_unexpected_locale(declared: &Declared, picked: &[Input<'_, '_>], issues: &mut Issues) {
    let localized = picked.iter().find(|input| input.occurrence.slot > 0);
    if let Some(input) = localized.filter(|_| !declared.localized) {
        let (key, of) = (Quoted(input.occurrence.place.key), declared.content_type);
        let message = format_args!("{key} of {of} is not a localised property; its locales were read; send it once.");
        issues.add(code::LOCALE_UNEXPECTED, input.occurrence.place, message);
    }
}

/// The values of one property that are to be read.
struct Picked<'a, 'v> {
    picked: &'a [Input<'a, 'v>],
    locales: &'a [Box<str>],
    issues: &'a mut Issues,
}

impl<'v> Picked<'_, 'v> {
    fn read<T>(self, read: impl Fn(&Input<'_, 'v>, &mut Issues) -> Option<T>) -> Option<Vec<Localized<T>>> {
        let mut values = Vec::with_capacity(self.picked.len());
        for input in self.picked {
            if let Some(value) = read(input, self.issues) {
                values.push(Localized { locale: locale(input, self.locales), value });
            }
        }
        (!values.is_empty()).then_some(values)
    }

    /// Like [`Picked::read`], folding a text only once where a locale repeats the base value or the one before.
    fn texts(self) -> Option<Vec<Localized<Text>>> {
        let mut values: Vec<Localized<Text>> = Vec::with_capacity(self.picked.len());
        for input in self.picked {
            let Some(raw) = text(input, self.issues) else { continue };
            let known = [values.first(), values.last()].into_iter().flatten().find(|known| *known.value.raw == *raw);
            let value = known.map(|known| known.value.clone()).or_else(|| folded(&raw));
            values.extend(value.map(|value| Localized { locale: locale(input, self.locales), value }));
        }
        (!values.is_empty()).then_some(values)
    }
}

fn locale(input: &Input<'_, '_>, locales: &[Box<str>]) -> Option<Box<str>> {
    let number = input.occurrence.slot.checked_sub(1)?;
    locales.get(number as usize).cloned()
}

/// A trimmed text with its folded form; `None` where nothing is left.
pub(crate) fn folded(raw: &str) -> Option<Text> {
    let folded = fold(raw);
    (!folded.is_empty()).then(|| Text { raw: raw.into(), folded: folded.into() })
}

impl<'v> Input<'_, 'v> {
    fn wrong_type(&self, due: &str, issues: &mut Issues) {
        let (key, found) = (Quoted(self.occurrence.place.key), describe(self.occurrence.value));
        let message = format_args!("{key} is {found} where {due} is due; it was left out; send {due}.");
        issues.add(code::WRONG_TYPE, self.occurrence.place, message);
    }

    fn coerced(&self, found: &str, due: &str, issues: &mut Issues) {
        let key = Quoted(self.occurrence.place.key);
        let message = format_args!("{key} is {found} where {due} is due; its value was read all the same; send {due}.");
        issues.add(code::VALUE_COERCED, self.occurrence.place, message);
    }

    /// The value, or the only member of a list.
    fn single(&self, due: &str, issues: &mut Issues) -> Option<&'v Value<'v>> {
        let Value::Array(members) = self.occurrence.value else { return Some(self.occurrence.value) };
        let mut filled = members.iter().filter(|member| !is_blank(member));
        match (filled.next(), filled.next()) {
            (Some(only), None) if !matches!(only, Value::Array(_)) => {
                self.coerced("a list of one", due, issues);
                Some(only)
            }
            _ => {
                self.wrong_type(due, issues);
                None
            }
        }
    }

    /// The text of a scalar, trimmed.
    fn scalar_text(&self, value: &'v Value<'v>, due: &str, issues: &mut Issues) -> Option<Cow<'v, str>> {
        let Some(text) = scalar_text(value) else {
            self.wrong_type(due, issues);
            return None;
        };
        if !matches!(value, Value::String(_)) {
            self.coerced(describe(value), due, issues);
        }
        Some(text)
    }
}

/// A scalar's text: a string trimmed, a number as decimal text; `None` for null, lists and objects.
fn scalar_text<'v>(value: &'v Value<'v>) -> Option<Cow<'v, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        Value::Number(text) => Some(Cow::Owned(Canonical::of(text).text())),
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text<'v>(input: &Input<'_, 'v>, issues: &mut Issues) -> Option<Cow<'v, str>> {
    let value = input.single("a string", issues)?;
    input.scalar_text(value, "a string", issues)
}

fn keyword(input: &Input<'_, '_>, issues: &mut Issues) -> Option<Box<str>> {
    text(input, issues).map(Box::from)
}

fn list(input: &Input<'_, '_>, issues: &mut Issues) -> Option<Vec<Box<str>>> {
    let due = "a list of strings";
    let Value::Array(members) = input.occurrence.value else {
        let text = scalar_text(input.occurrence.value);
        // A locale's leaf may be a string (D-07), and an alias for a list is a single value by its meaning (D-10).
        let regular = input.occurrence.slot > 0 || input.occurrence.rank.1 >= Nearness::Alias as u32;
        match (&text, regular && matches!(input.occurrence.value, Value::String(_))) {
            (None, _) => input.wrong_type(due, issues),
            (Some(_), true) => {}
            (Some(_), false) => input.coerced(describe(input.occurrence.value), due, issues),
        }
        return text.map(|text| vec![Box::from(text)]);
    };
    let mut values = Vec::with_capacity(members.len());
    let mut coerced = None;
    for (at, member) in members.iter().enumerate().filter(|(_, member)| !is_blank(member)) {
        match scalar_text(member) {
            Some(text) => values.push(Box::from(text)),
            None => {
                let place = input.occurrence.place;
                let message =
                    format_args!("{} stands in a list of strings; it was left out; send strings.", capital(member));
                issues.add(code::WRONG_TYPE, format_args!("{place}/{at}"), message);
            }
        }
        if matches!(member, Value::Number(_) | Value::Bool(_)) {
            coerced = Some(member);
        }
    }
    if let Some(member) = coerced {
        let found = if matches!(member, Value::Number(_)) { "a list with numbers" } else { "a list with booleans" };
        input.coerced(found, due, issues);
    }
    (!values.is_empty()).then_some(values)
}

fn capital(value: &Value<'_>) -> &'static str {
    if matches!(value, Value::Array(_)) { "A list" } else { "An object" }
}

fn number(input: &Input<'_, '_>, issues: &mut Issues) -> Option<Decimal> {
    let due = "a number";
    let value = input.single(due, issues)?;
    let read = match value {
        Value::Number(text) => decimal::decimal(text),
        Value::String(text) => decimal::plain(text.trim()),
        _ => {
            input.wrong_type(due, issues);
            return None;
        }
    };
    if read.is_none() {
        unreadable_number(input, value, issues);
    }
    read
}

fn unreadable_number(input: &Input<'_, '_>, value: &Value<'_>, issues: &mut Issues) {
    let text = scalar_text(value).unwrap_or_default();
    let message = format_args!("{} is no decimal of at most 28 digits; it was left out; send one.", Quoted(&text));
    issues.add(code::NUMBER_UNREADABLE, input.occurrence.place, message);
}

fn money(input: &Input<'_, '_>, issues: &mut Issues) -> Option<Money> {
    let due = "a money object";
    match input.single(due, issues)? {
        Value::Object(members) => money::read(members, input.occurrence.place, issues),
        _ => {
            input.wrong_type(due, issues);
            None
        }
    }
}

fn time(input: &Input<'_, '_>, issues: &mut Issues) -> Option<i64> {
    let due = "an integer (epoch milliseconds)";
    let value = input.single(due, issues)?;
    let integer = match value {
        Value::Number(text) => decimal::decimal(text),
        Value::String(text) => decimal::plain(text.trim()),
        _ => {
            input.wrong_type(due, issues);
            return None;
        }
    };
    let integer = integer.filter(|n| n.scale() == 0).map(|n| n.mantissa()).filter(|n| i64::try_from(*n).is_ok());
    let Some(integer) = integer else {
        let text = scalar_text(value).unwrap_or_default();
        let message = format_args!("{} is no time; it was left out; send epoch milliseconds.", Quoted(&text));
        issues.add(code::TIME_UNREADABLE, input.occurrence.place, message);
        return None;
    };
    if integer == 0 || integer.abs() >= SECONDS_BELOW {
        return i64::try_from(integer).ok();
    }
    let message =
        format_args!("{integer} is too small for milliseconds; it was read as seconds; send epoch milliseconds.");
    issues.add(code::TIME_UNIT_GUESSED, input.occurrence.place, message);
    i64::try_from(integer * 1000).ok()
}

fn location(input: &Input<'_, '_>, issues: &mut Issues) -> Option<()> {
    let text = text(input, issues)?;
    let point = text.split_once(',').and_then(|(latitude, longitude)| {
        let within = |text: &str, limit: i64| decimal::plain(text.trim()).filter(|n| n.abs() <= Decimal::from(limit));
        within(latitude, 90).zip(within(longitude, 180))
    });
    if point.is_none() {
        let text = Quoted(&text);
        let message =
            format_args!("{text} is no point; it was left out; send \"latitude,longitude\" in decimal degrees.");
        issues.add(code::LOCATION_MALFORMED, input.occurrence.place, message);
    }
    point.map(|_| ())
}

/// URLs: one string or a list of them, whatever the table says.
fn presence(input: &Input<'_, '_>, issues: &mut Issues) -> Option<()> {
    let due = if input.declared.list { "a list of strings" } else { "a string" };
    let value = input.occurrence.value;
    match value {
        Value::Array(members) => {
            let readable = members.iter().any(|member| scalar_text(member).is_some_and(|text| !text.is_empty()));
            match (readable, input.declared.list) {
                (false, _) => input.wrong_type(due, issues),
                (true, false) => input.coerced("a list", due, issues),
                (true, true) => {}
            }
            readable.then_some(())
        }
        Value::String(_) if !input.declared.list || input.occurrence.slot > 0 => Some(()),
        _ if scalar_text(value).is_some() => {
            input.coerced(describe(value), due, issues);
            Some(())
        }
        _ => {
            input.wrong_type(due, issues);
            None
        }
    }
}
