//! Short ways to decode one item and to look at what came of it.

use penstock_dsl::registry::{ContentType, PropId};
use penstock_engine::content::contents_info::document;
use penstock_engine::content::decode::{Context, Rejected, decode};
use penstock_engine::content::document::{Document, ExtValue, Localized, Values};
use penstock_engine::content::issue::Issue;
use penstock_engine::content::item::Item;
use serde_json::value::RawValue;
use std::fmt::Debug;

/// When the tests' requests are received: 2027-01-01T00:00:00Z.
pub const NOW_MS: i64 = 1_798_761_600_000;

/// Decodes one element of `contents` for the tenant GCASH.
pub fn decode_text(item: &str) -> Result<Item, Rejected> {
    decode_for(item, "GCASH")
}

/// Decodes one element of `contents`.
pub fn decode_for(item: &str, tenant: &str) -> Result<Item, Rejected> {
    let raw: &RawValue = serde_json::from_str(item).expect("a JSON text");
    decode(raw, &Context { tenant, received_ms: NOW_MS })
}

/// An element of `contents` with this `contentInfo`.
pub fn item(content_type: &str, status: u8, info: &str) -> String {
    let info = serde_json::to_string(info).unwrap();
    format!(
        r#"{{"contentType":"{content_type}","contentId":"1","contentStatus":{status},"contentVersion":7,"contentInfo":{info}}}"#
    )
}

/// Reads a `contentInfo`.
pub fn read(content_type: ContentType, info: &str) -> (Document, Vec<Issue>) {
    document(content_type, info).expect("an object")
}

/// `code pointer` of each issue, in order.
pub fn codes(issues: &[Issue]) -> String {
    issues.iter().map(|issue| format!("{} {}", issue.code, issue.pointer)).collect::<Vec<_>>().join("; ")
}

/// A property's values as text: `base | locale=value`; `-` where it is missing.
pub fn show(document: &Document, name: &str) -> String {
    if let Some(key) = name.strip_prefix("ext.") {
        return document.ext(key).map_or("-".into(), |values| all(values, |list| joined(list.iter().map(show_ext))));
    }
    let id = PropId::from_name(name).expect("a property");
    match document.get(id) {
        None => "-".into(),
        Some(Values::Presence(values)) => all(values, |()| "set".into()),
        Some(Values::Keywords(values)) => all(values, |list| joined(list.iter().map(|value| value.to_string()))),
        Some(Values::Texts(values)) => all(values, |text| text.raw.to_string()),
        Some(Values::Numbers(values)) => all(values, |number| number.to_string()),
        Some(Values::Money(values)) => all(values, |money| format!("{} {}", money.currency, money.amount)),
        Some(Values::Times(values)) => all(values, |ms| ms.to_string()),
        Some(Values::PriceRange(range)) => format!("{} {}..{}", range.currency, range.low, range.high),
    }
}

fn show_ext(value: &ExtValue) -> String {
    match value {
        ExtValue::Text { text, number: None } => format!("{:?}", text.raw),
        ExtValue::Text { text, number: Some(number) } => format!("{:?}={number}", text.raw),
        ExtValue::Number { text, number } => {
            format!("#{}{}", text.raw, if number.is_some() { "" } else { "?" })
        }
        ExtValue::Bool(value) => value.to_string(),
        ExtValue::Money(money) => format!("{} {}", money.currency, money.amount),
    }
}

fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}

fn all<T: Debug>(values: &[Localized<T>], show: impl Fn(&T) -> String) -> String {
    assert!(!values.is_empty());
    let one = |value: &Localized<T>| match &value.locale {
        None => show(&value.value),
        Some(locale) => format!("{locale}={}", show(&value.value)),
    };
    values.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// One row of a table of cases: `contentInfo`, the property looked at, its value, the issues.
pub type Case = (&'static str, &'static str, &'static str, &'static str);

/// Checks a table of cases of one content type.
pub fn check(content_type: ContentType, cases: &[Case]) {
    for (info, name, value, issues) in cases {
        let (document, found) = read(content_type, info);
        assert_eq!((show(&document, name).as_str(), codes(&found).as_str()), (*value, *issues), "{info}");
    }
}
