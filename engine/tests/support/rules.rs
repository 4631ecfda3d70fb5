//! Random rule texts about given documents: every operator and kind, with values that occur, nearly occur or do not.

#![allow(dead_code)]

use super::Random;
use penstock_dsl::check::CheckOptions;
use penstock_dsl::fx::Rates;
use penstock_dsl::registry::{ContentType, PROPERTIES, PropId};
use penstock_engine::content::document::{Document, ExtValue, Localized, Values};

/// What random rules are checked with: rates of the currencies that content has most.
pub fn options() -> CheckOptions {
    options_on("2026-05-31")
}

/// The same with rates of a day.
pub fn options_on(date: &str) -> CheckOptions {
    let rates = [("HKD", "7.8"), ("PHP", "58.5"), ("JPY", "156"), ("KWD", "0.3"), ("MYR", "4.2"), ("THB", "33.7")];
    CheckOptions { rates: Some(Rates::new(date, "USD", rates).unwrap().into()), ..CheckOptions::default() }
}

/// A random rule set text; `documents` must not be empty.
pub fn rule_set(random: &mut Random, documents: &[&Document]) -> String {
    let mut blocks = Vec::new();
    let mut used = Vec::new();
    for _ in 0..1 + random.below(2) {
        let content_type = random.pick(documents).content_type;
        if !used.contains(&content_type) {
            used.push(content_type);
            blocks.push(block(random, documents, content_type));
        }
    }
    blocks.join("\n")
}

fn block(random: &mut Random, documents: &[&Document], content_type: ContentType) -> String {
    let groups: Vec<String> = (0..1 + random.below(3)).map(|_| group(random, documents, content_type)).collect();
    format!("{content_type} {{\n  {}\n}}", groups.join("\n  or\n  "))
}

fn group(random: &mut Random, documents: &[&Document], content_type: ContentType) -> String {
    if random.chance(30) {
        return "all".into();
    }
    let rules: Vec<String> = (0..1 + random.below(3)).map(|_| rule(random, documents, content_type)).collect();
    rules.join(" and ")
}

fn rule(random: &mut Random, documents: &[&Document], content_type: ContentType) -> String {
    let merchants = random.chance(6) && documents.iter().any(|d| d.content_type == ContentType::Merchant);
    let rule = loop {
        if random.chance(12) {
            break tag(random, merchants);
        }
        if merchants {
            let document = random.pick(documents);
            if document.content_type == ContentType::Merchant
                && let Some(rule) = about(random, document)
            {
                break format!("merchant.{rule}");
            }
            continue;
        }
        let document = documents[random.below(documents.len())];
        if document.content_type == content_type
            && let Some(rule) = about(random, document)
        {
            break rule;
        }
    };
    if random.chance(5) { format!("not {rule}") } else { rule }
}

/// A rule about a tag.
fn tag(random: &mut Random, of_merchant: bool) -> String {
    let owner = if of_merchant { "merchant." } else { "" };
    let name = format!("{owner}tag.{}", random.pick(TAGS));
    let (one, other) = (random.pick(TAG_VALUES), random.pick(TAG_VALUES));
    match random.below(4) {
        0 => format!("{name} is set"),
        1 => format!("{name} all of (\"{one}\", \"{other}\")"),
        2 => format!("{name} none of (\"{one}\", \"{other}\")"),
        _ => format!("{name} in (\"{one}\", \"{other}\")"),
    }
}

/// Tags that random rules read, as rules name them after `tag.`.
pub const TAGS: &[&str] = &["algo.scene", "custom.scene", "custom.season"];
/// Their values.
pub const TAG_VALUES: &[&str] = &["beach", "city", "夜市", "family"];

/// A rule about some property of a document, or about one that it does not have.
fn about(random: &mut Random, document: &Document) -> Option<String> {
    if random.chance(12) {
        let declared = PROPERTIES.iter().filter(|p| p.declared_by(document.content_type).is_some());
        let names: Vec<&str> = declared.map(|p| p.name).collect();
        let name = random.pick(&names).to_string();
        return Some(format!("{name} {}", random.pick(&["is set", "is missing"])));
    }
    if !document.ext.is_empty() && random.chance(3) {
        let (key, values) = &document.ext[random.below(document.ext.len())];
        return ext(random, &format!("ext.`{key}`"), values);
    }
    let (id, values) = &document.declared[random.below(document.declared.len())];
    declared(random, *id, values)
}

fn subject(random: &mut Random, name: &str, locale: Option<&str>) -> String {
    match locale {
        Some(locale) if random.chance(2) => match random.chance(2) {
            true => format!("{name}@{locale}"),
            false => format!("{name}@{}", locale.split('-').next().unwrap()),
        },
        _ if random.chance(20) => format!("{name}@zh"),
        _ => name.to_owned(),
    }
}

fn declared(random: &mut Random, id: PropId, values: &Values) -> Option<String> {
    let name = id.name();
    Some(match values {
        Values::Presence(_) => format!("{name} is set"),
        Values::Keywords(lists) => {
            let list = random.pick(lists);
            let subject = subject(random, name, list.locale.as_deref());
            let value = quote(&list.value[random.below(list.value.len())]);
            let other = quote(list.value.last().unwrap());
            let operators = ["in", "none of", "all of"];
            match random.below(4) {
                0 => format!("{subject} = {value}"),
                1 => format!("{subject} != {value}"),
                _ => {
                    let operator = operators[random.below(3)];
                    format!("{subject} {operator} ({value}, {other})")
                }
            }
        }
        Values::Texts(texts) => {
            let text = random.pick(texts);
            let subject = subject(random, name, text.locale.as_deref());
            text_rule(random, &subject, &text.value.raw)
        }
        Values::Numbers(numbers) => {
            let number = random_value(random, numbers);
            number_rule(random, name, &number.to_string())
        }
        Values::Money(money) => {
            let money = random_value(random, money);
            money_rule(random, name, money.currency.code(), &money.amount.to_string(), false)
        }
        Values::PriceRange(range) => money_rule(random, name, range.currency.code(), &range.low.to_string(), true),
        Values::Times(times) => {
            let time = random_value(random, times);
            time_rule(random, name, time)
        }
    })
}

fn random_value<T: Copy>(random: &mut Random, values: &[Localized<T>]) -> T {
    random.pick(values).value
}

fn ext(random: &mut Random, name: &str, values: &[Localized<Vec<ExtValue>>]) -> Option<String> {
    let list = random.pick(values);
    let subject = subject(random, name, list.locale.as_deref());
    Some(match random.pick(&list.value) {
        ExtValue::Bool(is) => format!("{subject} {} {is}", random.pick(&["=", "!="])),
        ExtValue::Money(money) => money_rule(random, &subject, money.currency.code(), &money.amount.to_string(), false),
        value => match (value.number(), random.below(3)) {
            (Some(number), 0) => number_rule(random, &subject, &number.to_string()),
            (Some(_), 1) => time_rule(random, &subject, 1_600_000_000_000),
            _ if random.chance(4) => format!("{subject} all of ({})", quote(&value.text()?.raw)),
            _ => text_rule(random, &subject, &value.text()?.raw),
        },
    })
}

fn text_rule(random: &mut Random, subject: &str, raw: &str) -> String {
    let piece = piece(random, raw);
    match random.below(8) {
        0 => format!("{subject} = {}", quote(raw)),
        1 => format!("{subject} in ({}, \"Nowhere\")", quote(&raw.to_uppercase())),
        2 => format!("{subject} none of ({})", quote(raw)),
        3 | 4 => format!("{subject} contains {}", quote(&piece)),
        5 => format!("{subject} ~{} {}", random.below(3), quote(&typo(random, &piece))),
        _ => format!("{subject} ~ {}", quote(&typo(random, &piece))),
    }
}

/// A random stretch of a text, often of one word.
fn piece(random: &mut Random, raw: &str) -> String {
    let chars: Vec<char> = raw.chars().collect();
    let longest = if random.chance(4) { 30 } else { 9 };
    let length = 1 + random.below(longest);
    let start = random.below(chars.len());
    chars[start..chars.len().min(start + length)].iter().collect()
}

/// The text, perhaps with one edit.
fn typo(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    match random.below(6) {
        0 if chars.len() > 1 => drop(chars.remove(at)),
        1 if at + 1 < chars.len() => chars.swap(at, at + 1),
        2 => chars.insert(at, 'e'),
        3 => chars[at] = 'a',
        _ => {}
    }
    chars.into_iter().collect()
}

fn number_rule(random: &mut Random, subject: &str, value: &str) -> String {
    match random.below(5) {
        0 => format!("{subject} in {value}.."),
        1 => format!("{subject} in ..{value}"),
        _ => format!("{subject} {} {value}", random.pick(&["=", "!=", "<", "<=", ">", ">="])),
    }
}

fn money_rule(random: &mut Random, subject: &str, currency: &str, amount: &str, range: bool) -> String {
    let currency = if random.chance(8) { "HKD" } else { currency };
    let bounds = match random.below(3) {
        0 => format!("{amount}.."),
        1 => format!("..{amount}"),
        _ => format!("{amount}..{}", amount.parse::<rust_decimal::Decimal>().unwrap() + rust_decimal::Decimal::TEN),
    };
    let fx = if random.chance(4) { " ~fx" } else { "" };
    if range {
        return format!("{subject} {} {currency} {bounds}{fx}", random.pick(&["in", "within"]));
    }
    match random.below(3) {
        0 => format!("{subject} {} {currency} {amount}{fx}", random.pick(&["=", "!=", "<", "<=", ">", ">="])),
        _ => format!("{subject} in {currency} {bounds}{fx}"),
    }
}

fn time_rule(random: &mut Random, subject: &str, ms: i64) -> String {
    let day = jiff::Timestamp::from_millisecond(ms).unwrap().strftime("%Y-%m-%d").to_string();
    match random.below(8) {
        0 => format!("{subject} on {day}"),
        1 => format!("{subject} after now() - {}d", random.below(3000)),
        2 => format!("{subject} {} now() + {}h", random.pick(&["before", "after", "<=", ">="]), random.below(100)),
        3 => format!("{subject} in now() - {}h..now() + {}d", random.below(100), random.below(5)),
        4 => format!("{subject} in now()..{day}"),
        _ => format!("{subject} {} {day}", random.pick(&["before", "after", "<=", ">="])),
    }
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}
