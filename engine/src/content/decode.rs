//! One element of `contents`, as it comes over the wire, to an [`Item`] or a refusal (D-01, D-14, D-17, D-22, D-73).

use super::contents_info::{parse, read_document};
use super::issue::{Issue, Issues, Quoted, code};
use super::item::Item;
use super::json::{self, Value};
use super::payload;
use penstock_dsl::registry::ContentType;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The longest `contentId`, bytes (D-73).
pub const MAX_CONTENT_ID_BYTES: usize = 1024;
/// A `contentType` longer than this is not echoed, bytes.
const MAX_ECHO_BYTES: usize = 64;
/// How far ahead of now a version may lie unremarked, milliseconds (D-17).
const MAX_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;
/// Versions that look like epoch milliseconds: September 2001 to November 2286. `yyyyMMddHHmmss` is longer.
const LOOKS_LIKE_MS: std::ops::Range<i64> = 1_000_000_000_000..10_000_000_000_000;

/// What decoding knows besides the item.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The tenant of the credential.
    pub tenant: &'a str,
    /// When the request was received, epoch milliseconds.
    pub received_ms: i64,
}

/// A refused item: what could be read of its head, for the answer, and why. At least one issue is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The content type, canonical where it is known.
    pub content_type: Option<String>,
    /// The content id.
    pub content_id: Option<String>,
    /// The content version.
    pub content_version: Option<i64>,
    /// Everything that is wrong with the item.
    pub issues: Vec<Issue>,
}

/// Decodes one element of `contents`. Members other than the seed's are ignored.
///
/// # Errors
///
/// The item's envelope is wrong, or `contentInfo` is no JSON object within the limits. What is wrong *inside*
/// `contentInfo` never refuses an item (D-74).
pub fn decode(item: &RawValue, context: &Context<'_>) -> Result<Item, Rejected> {
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(item.get()) else {
        let message = "The item is no JSON object; it was refused; send an object with contentType, contentId ...";
        return Err(Rejected::bare(Issue::new(code::ITEM_NOT_OBJECT, "", message)));
    };
    let mut issues = Issues::default();
    let content_type = envelope.content_type(&mut issues);
    let content_id = envelope.content_id(&mut issues);
    let version = envelope.version(context, &mut issues);
    let valid = envelope.status(&mut issues);
    envelope.check_tenant(context, &mut issues);
    let content_info = envelope.content_info(valid, &mut issues);
    let parsed = match content_info.as_deref() {
        None => None,
        Some("") if valid == Some(false) => None,
        Some(text) => parse(text).map_err(|issue| issues.push(issue)).ok(),
    };
    let head = (content_type, content_id.as_deref(), version, valid, content_info.as_deref());
    let (Some(content_type), Some(content_id), Some(version), Some(valid), Some(content_info)) = head else {
        return Err(envelope.rejected(issues));
    };
    if issues.has_errors() {
        return Err(envelope.rejected(issues));
    }
    let document = parsed.as_ref().filter(|_| valid).map(|parsed| read_document(content_type, parsed, &mut issues));
    Ok(Item {
        content_type,
        content_id: content_id.into(),
        version,
        content_info: content_info.into(),
        payload_hash: payload::hash(valid, parsed.as_ref().map_or(&Value::Null, |parsed| &parsed.value)),
        document,
        issues: issues.into_vec(),
    })
}

/// The members of an item, unread; of repeated ones the last.
#[derive(Default)]
struct Envelope<'a> {
    content_type: Option<&'a RawValue>,
    content_id: Option<&'a RawValue>,
    content_info: Option<&'a RawValue>,
    content_status: Option<&'a RawValue>,
    content_version: Option<&'a RawValue>,
    tenant: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    ContentType,
    ContentId,
    ContentInfo,
    ContentStatus,
    ContentVersion,
    TntInstId,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(member) = map.next_key()? {
            let slot = match member {
                Member::ContentType => &mut envelope.content_type,
                Member::ContentId => &mut envelope.content_id,
                Member::ContentInfo => &mut envelope.content_info,
                Member::ContentStatus => &mut envelope.content_status,
                Member::ContentVersion => &mut envelope.content_version,
                Member::TntInstId => &mut envelope.tenant,
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = Some(map.next_value::<&RawValue>()?).filter(|raw| raw.get() != "null");
        }
        Ok(envelope)
    }
}

impl<'a> Envelope<'a> {
    fn content_type(&self, issues: &mut Issues) -> Option<ContentType> {
        let text = string(self.content_type, "contentType", issues)?;
        let found = known_type(&text);
        match found {
            Some((_, true)) => {
                let message = format_args!("contentType SKU was read as LOCAL_SKU; send LOCAL_SKU.");
                issues.add(code::CONTENT_TYPE_ALIAS, "/contentType", message);
            }
            Some((_, false)) => {}
            None => {
                let text = Quoted(&text);
                let message = format_args!(
                    "contentType is {text}; the item was refused; send MERCHANT, STORE, BENEFIT or LOCAL_SKU."
                );
                issues.add(code::CONTENT_TYPE_UNKNOWN, "/contentType", message);
            }
        }
        found.map(|(content_type, _)| content_type)
    }

    fn content_id(&self, issues: &mut Issues) -> Option<Cow<'a, str>> {
        let id = string(self.content_id, "contentId", issues)?;
        if (1..=MAX_CONTENT_ID_BYTES).contains(&id.len()) {
            return Some(id);
        }
        let bytes = id.len();
        let message =
            format_args!("contentId has {bytes} bytes; the item was refused; send 1 to {MAX_CONTENT_ID_BYTES}.");
        issues.add(code::FIELD_INVALID, "/contentId", message);
        None
    }

    fn version(&self, context: &Context<'_>, issues: &mut Issues) -> Option<i64> {
        let raw = present(self.content_version, "contentVersion", issues)?;
        let Some(version) = integer(raw) else {
            let message = format_args!(
                "contentVersion is no integer from 0 to 2^63-1; the item was refused; send digits without quotes or point."
            );
            issues.add(code::FIELD_INVALID, "/contentVersion", message);
            return None;
        };
        if LOOKS_LIKE_MS.contains(&version) && version > context.received_ms.saturating_add(MAX_AHEAD_MS) {
            let message = format_args!(
                "contentVersion {version} is a time more than 24 hours ahead; it was taken, and older versions are now stale; \
                 send the time of the change."
            );
            issues.add(code::VERSION_FROM_FUTURE, "/contentVersion", message);
        }
        Some(version)
    }

    /// Whether the item is valid; false makes it a tombstone.
    fn status(&self, issues: &mut Issues) -> Option<bool> {
        match present(self.content_status, "contentStatus", issues)?.get() {
            "0" => Some(false),
            "1" => Some(true),
            _ => {
                let message =
                    format_args!("contentStatus is neither 0 nor 1; the item was refused; send 0 or 1 as a number.");
                issues.add(code::FIELD_INVALID, "/contentStatus", message);
                None
            }
        }
    }

    fn check_tenant(&self, context: &Context<'_>, issues: &mut Issues) {
        let Some(raw) = self.tenant else { return };
        let sent = text(raw);
        if sent.as_deref() != Some(context.tenant) {
            let (sent, tenant) = (Quoted(sent.as_deref().unwrap_or(raw.get())), Quoted(context.tenant));
            let message = format_args!(
                "tntInstId is {sent}, the credential's tenant {tenant}; the item was refused; send the tenant or leave it out."
            );
            issues.add(code::TENANT_MISMATCH, "/tntInstId", message);
        }
    }

    /// `contentInfo`'s text; empty for a tombstone without one (D-22: absent, null or `{}`; an empty string too).
    fn content_info(&self, valid: Option<bool>, issues: &mut Issues) -> Option<Cow<'a, str>> {
        let tombstone = valid == Some(false);
        if tombstone && self.content_info.is_none_or(|raw| is_empty_object(raw.get())) {
            return Some(Cow::Borrowed(""));
        }
        let text = string(self.content_info, "contentInfo", issues)?;
        Some(if tombstone && text.trim().is_empty() { Cow::Borrowed("") } else { text })
    }

    fn rejected(&self, issues: Issues) -> Rejected {
        let short = |text: &Cow<'_, str>, most| (1..=most).contains(&text.len());
        let sent_type = self.content_type.and_then(text).filter(|text| short(text, MAX_ECHO_BYTES));
        Rejected {
            content_type: sent_type.map(|sent| match known_type(&sent) {
                Some((known, _)) => known.name().to_owned(),
                None => sent.into_owned(),
            }),
            content_id: self
                .content_id
                .and_then(text)
                .filter(|id| short(id, MAX_CONTENT_ID_BYTES))
                .map(Cow::into_owned),
            content_version: self.content_version.and_then(integer),
            issues: issues.into_vec(),
        }
    }
}

/// A content type by its name, or by the alias `SKU` (true), in any case.
fn known_type(text: &str) -> Option<(ContentType, bool)> {
    if text.eq_ignore_ascii_case("SKU") {
        return Some((ContentType::LocalSku, true));
    }
    ContentType::from_name(text).map(|content_type| (content_type, false))
}

/// A member that must be there.
fn present<'a>(raw: Option<&'a RawValue>, name: &str, issues: &mut Issues) -> Option<&'a RawValue> {
    if raw.is_none() {
        let message = format_args!("{name} is absent or null; the item was refused; send it.");
        issues.add(code::FIELD_MISSING, format_args!("/{name}"), message);
    }
    raw
}

/// A member that must be there and be a string.
fn string<'a>(raw: Option<&'a RawValue>, name: &str, issues: &mut Issues) -> Option<Cow<'a, str>> {
    let found = text(present(raw, name, issues)?);
    if found.is_none() {
        let message = format_args!("{name} is no JSON string; the item was refused; send a string.");
        issues.add(code::FIELD_INVALID, format_args!("/{name}"), message);
    }
    found
}

/// The text of a JSON string.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    if !raw.get().starts_with('"') {
        return None;
    }
    match json::parse(raw.get()).ok()?.value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A JSON number written as digits alone, within 2^63-1 (`7.0` and `"7"` are none: D-75).
fn integer(raw: &RawValue) -> Option<i64> {
    let digits = raw.get();
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn is_empty_object(raw: &str) -> bool {
    raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|inside| inside.trim().is_empty())
}

impl Rejected {
    fn bare(issue: Issue) -> Rejected {
        Rejected { content_type: None, content_id: None, content_version: None, issues: vec![issue] }
    }
}
