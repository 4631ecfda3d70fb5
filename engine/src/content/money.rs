//! Money objects: `{amount, cent, centFactor, currency, currencyCode, currencyValue}` (R105), by D-05 and D-06.

use super::collect::describe;
use super::decimal;
use super::document::Money;
use super::issue::{Issues, Quoted, code};
use super::json::{Members, Value};
use penstock_dsl::registry::Currency;
use rust_decimal::Decimal;
use std::fmt::Display;

/// The members that say which currency it is, most trusted first (D-05).
const SIGNALS: [&str; 3] = ["currency", "currencyCode", "currencyValue"];

/// Whether an object is meant as money: an amount and a currency are there.
pub(crate) fn has_shape(members: &Members<'_>) -> bool {
    let has = |name| member(members, name).is_some();
    (has("amount") || has("cent")) && SIGNALS.into_iter().any(has)
}

/// Reads a money object; `None`, with an issue, where it has no readable amount or currency.
pub(crate) fn read(members: &Members<'_>, place: impl Display + Copy, issues: &mut Issues) -> Option<Money> {
    let currency = read_currency(members, place, issues)?;
    let amount = Part::of(member(members, "amount"), number);
    let minor = match member(members, "cent") {
        None => Part::Absent,
        Some(cent) => Part::from(minor_units(cent, member(members, "centFactor"), currency)),
    };
    let amount = match (minor, amount) {
        (Part::Read(minor), Part::Absent) => minor,
        (Part::Absent, Part::Read(amount)) => amount,
        (Part::Read(minor), Part::Read(amount)) if minor == amount => minor,
        (Part::Read(minor), _) => {
            let message =
                format_args!("amount is not cent / centFactor ({minor}), which was read; send the same in both.");
            issues.add(code::MONEY_INCONSISTENT, place, message);
            minor
        }
        (Part::Unreadable, Part::Read(amount)) => {
            let message =
                format_args!("cent / centFactor is no exact amount; amount was read; send integers, or amount alone.");
            issues.add(code::MONEY_INCONSISTENT, place, message);
            amount
        }
        (Part::Absent | Part::Unreadable, Part::Absent | Part::Unreadable) => {
            let message = format_args!(
                "There is no amount of at most 28 digits; the money was left out; send amount, or cent and centFactor."
            );
            issues.add(code::MONEY_UNREADABLE, place, message);
            return None;
        }
    };
    Some(Money { amount, currency })
}

/// A member's value, which may be absent or no number.
enum Part {
    Absent,
    Unreadable,
    Read(Decimal),
}

impl Part {
    fn of(value: Option<&Value<'_>>, read: fn(&Value<'_>) -> Option<Decimal>) -> Part {
        value.map_or(Part::Absent, |value| Part::from(read(value)))
    }
}

impl From<Option<Decimal>> for Part {
    fn from(read: Option<Decimal>) -> Part {
        read.map_or(Part::Unreadable, Part::Read)
    }
}

/// A JSON number or a plain decimal string.
fn number(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(text) => decimal::decimal(text),
        Value::String(text) => decimal::plain(text.trim()),
        _ => None,
    }
}

/// `cent / centFactor`, where both are integers and the quotient is exact; without a factor ISO 4217 gives it.
fn minor_units(cent: &Value<'_>, factor: Option<&Value<'_>>, currency: Currency) -> Option<Decimal> {
    let integer = |value| number(value).filter(|n| n.scale() == 0);
    let cent = integer(cent)?;
    let factor = match factor {
        Some(factor) => integer(factor).filter(|f| *f > Decimal::ZERO)?,
        None => Decimal::from(10u64.pow(currency.exponent())),
    };
    let quotient = cent.checked_div(factor)?.normalize();
    (quotient.checked_mul(factor)? == cent).then_some(quotient)
}

fn read_currency(members: &Members<'_>, place: impl Display + Copy, issues: &mut Issues) -> Option<Currency> {
    let mut signals: [Option<Currency>; 3] = [None; 3];
    let mut texts: [&str; 3] = [""; 3];
    for (at, name) in SIGNALS.into_iter().enumerate() {
        let Some(value) = member(members, name) else { continue };
        texts[at] = match value {
            Value::String(text) => text.trim(),
            Value::Number(text) => text,
            value => describe(value),
        };
        // Two of the three are the same text as a rule.
        let same = (0..at).find(|&earlier| texts[earlier] == texts[at]);
        signals[at] = match same {
            Some(earlier) => signals[earlier],
            None => Currency::from_code(texts[at]).or_else(|| Currency::from_numeric(texts[at])),
        };
    }
    let known: Vec<Currency> = signals.into_iter().flatten().collect();
    let Some(&chosen) = known.iter().find(|c| count(&known, c) > 1).or(known.first()) else {
        let message =
            format_args!("No ISO 4217 currency is named; the money was left out; send currency, such as PHP.");
        issues.add(code::CURRENCY_MISSING, place, message);
        return None;
    };
    if count(&known, &chosen) < known.len() {
        let [a, b, c] = signals.each_ref().map(|signal| signal.as_ref().map_or("nothing", Currency::code));
        let message = format_args!(
            "currency, currencyCode and currencyValue mean {a}, {b} and {c}; {chosen} was read; send one currency in all."
        );
        issues.add(code::CURRENCY_CONFLICT, place, message);
    }
    for at in (0..3).filter(|&at| signals[at].is_none() && !texts[at].is_empty()) {
        let (name, text) = (SIGNALS[at], Quoted(texts[at]));
        let message =
            format_args!("{name} {text} is no ISO 4217 code; {chosen} was read; send a code in every member.");
        issues.add(code::CURRENCY_UNKNOWN, place, message);
    }
    Some(chosen)
}

fn count(known: &[Currency], currency: &Currency) -> usize {
    known.iter().filter(|c| *c == currency).count()
}

/// A member that is not blank, by its name or, failing that, by its name in another case.
fn member<'a, 'v>(members: &'a Members<'v>, name: &str) -> Option<&'a Value<'v>> {
    let find = |same: fn(&str, &str) -> bool| members.iter().find(|(key, _)| same(key, name)).map(|(_, value)| value);
    let value = find(|a, b| a == b).or_else(|| find(str::eq_ignore_ascii_case))?;
    (!super::collect::is_blank(value)).then_some(value)
}
