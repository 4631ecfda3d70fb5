//! `contentInfo` to [`Document`]: the whole way, deterministic, so that replaying the log gives what was given before.

use super::collect::{collect, report_repeated, sort};
use super::document::{Document, Money, PriceRange, Values};
use super::issue::{Issue, Issues, code};
use super::json::{self, JsonError, Parsed, Value};
use super::{read, undeclared};
use penstock_dsl::registry::{ContentType, PropId};
use std::sync::LazyLock;

/// The longest `contentInfo`, bytes (D-73).
pub const MAX_CONTENT_INFO_BYTES: usize = 1024 * 1024;

static MIN_PRICE: LazyLock<Option<PropId>> = LazyLock::new(|| PropId::from_name("minPriceRange"));
static MAX_PRICE: LazyLock<Option<PropId>> = LazyLock::new(|| PropId::from_name("maxPriceRange"));
static PRICE_RANGE: LazyLock<Option<PropId>> = LazyLock::new(|| PropId::from_name("priceRange"));

/// Reads a `contentInfo`: what rules read of it, and what was found on the way. A pure function of its arguments.
///
/// # Errors
///
/// The text is over 1 MiB, no JSON, no object, or nested deeper than 32 levels; the item is INVALID then (D-73, D-75).
pub fn document(content_type: ContentType, content_info: &str) -> Result<(Document, Vec<Issue>), Issue> {
    let parsed = parse(content_info)?;
    let mut issues = Issues::default();
    let document = read_document(content_type, &parsed, &mut issues);
    Ok((document, issues.into_vec()))
}

/// Parses a `contentInfo` and checks that it is an object within the limits.
pub(crate) fn parse(content_info: &str) -> Result<Parsed<'_>, Issue> {
    let issue = |code, message: String| Err(Issue::new(code, "/contentInfo", message));
    let bytes = content_info.len();
    if bytes > MAX_CONTENT_INFO_BYTES {
        let message =
            format!("contentInfo has {bytes} bytes; the item was refused; send at most {MAX_CONTENT_INFO_BYTES}.");
        return issue(code::CONTENT_INFO_TOO_LONG, message);
    }
    match json::parse(content_info) {
        Ok(parsed) if matches!(parsed.value, Value::Object(_)) => Ok(parsed),
        Ok(parsed) => {
            let found = super::collect::describe(&parsed.value);
            let message = format!("contentInfo holds {found}; the item was refused; send a JSON object in a string.");
            issue(code::CONTENT_INFO_NOT_OBJECT, message)
        }
        Err(JsonError::TooDeep) => {
            let most = json::MAX_DEPTH;
            let message = format!("contentInfo is nested deeper than {most} levels; the item was refused; flatten it.");
            issue(code::CONTENT_INFO_TOO_DEEP, message)
        }
        Err(JsonError::Syntax(what, at)) => {
            let message = format!("contentInfo is no JSON ({what}, byte {at}); the item was refused; mend the JSON.");
            issue(code::CONTENT_INFO_NOT_JSON, message)
        }
    }
}

/// Reads a parsed `contentInfo`.
pub(crate) fn read_document(content_type: ContentType, parsed: &Parsed<'_>, issues: &mut Issues) -> Document {
    let mut document = Document { content_type, declared: Vec::new(), ext: Vec::new() };
    let Value::Object(members) = &parsed.value else { return document };
    report_repeated(parsed, "/contentInfo", issues);
    let mut found = collect(content_type, members, issues);
    let ext_infos = found.read_ext_infos(content_type, issues);
    found.add_ext_infos(&ext_infos, issues);
    sort(&mut found.declared);
    document.declared.reserve(members.len());
    for group in found.declared.chunk_by(|a, b| a.key == b.key) {
        let property = group[0].key;
        let Some(declared) = property.get().declared_by(content_type) else { continue };
        let values = read::read(declared, property.kind(), group, &found.locales, issues);
        document.declared.extend(values.map(|values| (property, values)));
    }
    if content_type == ContentType::Store {
        add_price_range(&mut document, issues);
    }
    document.ext = undeclared::read(found.undeclared, &found.locales, issues);
    document
}

/// Computes a STORE's price range from its ends.
fn add_price_range(document: &mut Document, issues: &mut Issues) {
    let end = |id: &Option<PropId>| match document.get((*id)?)? {
        Values::Money(values) => values.first().filter(|v| v.locale.is_none()).map(|v| v.value),
        _ => None,
    };
    let (min, max) = (end(&MIN_PRICE), end(&MAX_PRICE));
    let (Some(low), Some(high), Some(id)) = (min.or(max), max.or(min), *PRICE_RANGE) else { return };
    let Some(range) = price_range(low, high, issues) else { return };
    let at = document.declared.partition_point(|(other, _)| *other < id);
    document.declared.insert(at, (id, Values::PriceRange(range)));
}

fn price_range(low: Money, high: Money, issues: &mut Issues) -> Option<PriceRange> {
    let currency = low.currency;
    if currency != high.currency {
        let message = format_args!(
            "minPriceRange is in {currency} and maxPriceRange in {}; there is no priceRange; use one currency.",
            high.currency
        );
        issues.add(code::PRICE_RANGE_CURRENCIES, "/contentInfo", message);
        return None;
    }
    if low.amount <= high.amount {
        return Some(PriceRange { currency, low: low.amount, high: high.amount });
    }
    let message = format_args!("minPriceRange is above maxPriceRange; priceRange has them swapped; swap them.");
    issues.add(code::PRICE_RANGE_SWAPPED, "/contentInfo", message);
    Some(PriceRange { currency, low: high.amount, high: low.amount })
}
