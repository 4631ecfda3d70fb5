//! When two payloads are the same: equal `contentStatus` and `contentInfo` equal as parsed JSON (D-16, D-73).

use super::decimal::Canonical;
use super::json::{self, Value};
use xxhash_rust::xxh3::xxh3_128;

/// A hash that is equal for equal payloads: key order, white space, escapes and the spelling of numbers (160.00, 160,
/// 1.6e2) do not count. For a tombstone (`valid` false) an absent, null or empty `contentInfo` are the same.
///
/// It stands in checkpoints: where the walk below changes, so must their version.
pub fn payload_hash(valid: bool, content_info: &str) -> u128 {
    if !valid && content_info.trim().is_empty() {
        return hash(valid, &Value::Null);
    }
    match json::parse(content_info) {
        Ok(parsed) => hash(valid, &parsed.value),
        // Refused as an item, but a hash of anything must exist.
        Err(_) => xxh3_128(&[&[u8::from(valid), b'?'], content_info.as_bytes()].concat()),
    }
}

/// The hash of a parsed `contentInfo`.
pub(crate) fn hash(valid: bool, value: &Value<'_>) -> u128 {
    let empty = Value::Object(Vec::new());
    let value = if !valid && *value == Value::Null { &empty } else { value };
    let mut canonical = Vec::with_capacity(1024);
    canonical.push(u8::from(valid));
    walk(value, &mut canonical);
    xxh3_128(&canonical)
}

/// Writes a value so that equal values, and no others, give equal bytes: a tag, then length and content.
fn walk(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Value::Number(text) => walk_number(text, out),
        Value::String(text) => walk_text(b's', text, out),
        Value::Array(members) => {
            open(b'[', members.len(), out);
            members.iter().for_each(|member| walk(member, out));
        }
        Value::Object(members) => {
            open(b'{', members.len(), out);
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            for (key, value) in sorted {
                walk_text(b'k', key, out);
                walk(value, out);
            }
        }
    }
}

fn open(tag: u8, len: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(len as u64).to_le_bytes());
}

fn walk_text(tag: u8, text: &str, out: &mut Vec<u8>) {
    open(tag, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn walk_number(text: &str, out: &mut Vec<u8>) {
    let number = Canonical::of(text);
    out.push(if number.negative { b'-' } else { b'+' });
    out.extend_from_slice(&number.exponent.to_le_bytes());
    walk_text(b'd', &number.digits, out);
}
