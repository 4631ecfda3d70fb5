//! An entry's members, taken one by one, so that every one that is wrong is pointed at.

use crate::parameters::{is_wallet, wallet_issue};
use penstock_dsl::registry::ContentType;
use penstock_engine::command::ItemKey;
use penstock_engine::content::decode::MAX_CONTENT_ID_BYTES;
use penstock_engine::content::issue::{Issue, code};
use serde::de::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Unknown members that are named; who sends more has read enough.
const UNKNOWN_NAMED_MAX: usize = 10;

/// What can be read from an entry's members.
pub trait Entry: Sized {
    /// Reads it; `None` where an issue says why not.
    fn read(fields: &mut Fields) -> Option<Self>;
}

/// An entry, or what is wrong with it.
#[derive(Debug)]
pub struct Read<E>(pub Result<E, Vec<Issue>>);

impl<'de, E: Entry> Deserialize<'de> for Read<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(members) = Value::deserialize(deserializer)? else {
            let message = "the entry is no JSON object";
            return Ok(Read(Err(vec![Issue::new(code::ITEM_NOT_OBJECT, "", message)])));
        };
        let mut fields = Fields { members, issues: Vec::new() };
        let entry = E::read(&mut fields);
        let issues = fields.end();
        Ok(Read(entry.filter(|_| issues.is_empty()).ok_or(issues)))
    }
}

impl Entry for ItemKey {
    fn read(fields: &mut Fields) -> Option<Self> {
        fields.item()
    }
}

/// An entry's members, taken one by one; each that is wrong leaves an issue.
pub struct Fields {
    members: Map<String, Value>,
    issues: Vec<Issue>,
}

impl Fields {
    fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.issues.push(invalid(format!("/{name}"), message));
        None
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        match self.members.remove(name) {
            Some(Value::Null) | None => {
                let message = format!("{name} is missing");
                self.issues.push(Issue::new(code::FIELD_MISSING, format!("/{name}"), message));
                None
            }
            value => value,
        }
    }

    /// A text of 1 to so many bytes, trimmed.
    pub fn text(&mut self, name: &str, bytes_max: usize) -> Option<Box<str>> {
        let value = self.take(name)?;
        match value.as_str().and_then(|text| bounded(text, bytes_max)) {
            Some(text) => Some(text),
            None => self.wrong(name, format!("{name} is a string of 1 to {bytes_max} bytes")),
        }
    }

    /// A text of at most so many bytes that may be missing.
    pub fn optional_text(&mut self, name: &str, bytes_max: usize) -> Option<Box<str>> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Some("".into()),
            Some(Value::String(text)) if text.len() <= bytes_max => Some(text.trim().into()),
            Some(_) => self.wrong(name, format!("{name} is a string of at most {bytes_max} bytes")),
        }
    }

    /// True or false; false if not given.
    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Some(false),
            Some(Value::Bool(flag)) => Some(flag),
            Some(_) => self.wrong(name, format!("{name} is true or false")),
        }
    }

    /// A list of at most so many texts, each as [`Fields::text`].
    pub fn texts(&mut self, name: &str, count_max: usize, bytes_max: usize) -> Option<Vec<Box<str>>> {
        let value = self.take(name)?;
        let Some(values) = value.as_array().filter(|values| values.len() <= count_max) else {
            return self.wrong(name, format!("{name} is a list of at most {count_max} strings"));
        };
        let mut texts = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            match value.as_str().and_then(|text| bounded(text, bytes_max)) {
                Some(text) => texts.push(text),
                None => {
                    let message = format!("each of {name} is a string of 1 to {bytes_max} bytes");
                    self.issues.push(invalid(format!("/{name}/{at}"), message));
                }
            }
        }
        Some(texts)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        value.as_bool().or_else(|| self.wrong(name, format!("{name} is true or false")))
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.take(name)?;
        let known = words.iter().find(|(word, _)| value.as_str() == Some(word));
        let all = || words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(" or ");
        known.map(|(_, meaning)| *meaning).or_else(|| self.wrong(name, format!("{name} is {}", all())))
    }

    /// `version` (D-73).
    pub fn version(&mut self) -> Option<i64> {
        let value = self.take("version")?;
        let version = value.as_i64().filter(|version| *version >= 0);
        version.or_else(|| self.wrong("version", "version is an integer from 0 to 2^63-1, written as digits"))
    }

    /// `targetWallet`.
    pub fn wallet(&mut self) -> Option<Box<str>> {
        let value = self.take("targetWallet")?;
        let name = value.as_str().filter(|name| is_wallet(name));
        if name.is_none() {
            self.issues.push(wallet_issue("/targetWallet"));
        }
        name.map(Box::from)
    }

    /// `contentType` and `contentId`.
    pub fn item(&mut self) -> Option<ItemKey> {
        let content_type = self.content_type();
        let content_id = self.take("contentId").and_then(|value| {
            let id = value.as_str().filter(|id| (1..=MAX_CONTENT_ID_BYTES).contains(&id.len())).map(Box::from);
            id.or_else(|| {
                self.wrong("contentId", format!("contentId is a string of 1 to {MAX_CONTENT_ID_BYTES} bytes"))
            })
        });
        Some(ItemKey { content_type: content_type?, content_id: content_id? })
    }

    fn content_type(&mut self) -> Option<ContentType> {
        let value = self.take("contentType")?;
        let known = value.as_str().and_then(|name| match name.eq_ignore_ascii_case("SKU") {
            true => Some(ContentType::LocalSku),
            false => ContentType::from_name(name),
        });
        if known.is_none() {
            let all = ContentType::ALL.map(ContentType::name).join(", ");
            let message = format!("contentType is one of {all}");
            self.issues.push(Issue::new(code::CONTENT_TYPE_UNKNOWN, "/contentType", message));
        }
        known
    }

    /// What was wrong: a member that nobody asked for too.
    fn end(mut self) -> Vec<Issue> {
        let unknown = self.members.keys().take(UNKNOWN_NAMED_MAX);
        let pointer = |name: &String| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.issues.extend(unknown.map(|name| invalid(pointer(name), "there is no such member here")));
        self.issues
    }
}

fn bounded(text: &str, bytes_max: usize) -> Option<Box<str>> {
    let text = text.trim();
    (1..=bytes_max).contains(&text.len()).then(|| text.into())
}

/// An issue of a value that cannot be.
pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Issue {
    Issue::new(code::FIELD_INVALID, pointer, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers<E: Entry>(text: &str) -> Vec<String> {
        let Read(entry) = serde_json::from_str::<Read<E>>(text).unwrap();
        entry.err().into_iter().flatten().map(|issue| issue.pointer).collect()
    }

    #[test]
    fn every_member_that_is_wrong_is_pointed_at() {
        for (text, expected) in [
            (r#"{"contentType": "sku", "contentId": "a"}"#, &[][..]),
            (r#"{"contentType": "SHOP", "contentId": ""}"#, &["/contentType", "/contentId"]),
            (r#"{"contentType": "STORE", "contentId": "a", "b/~": 1}"#, &["/b~1~0"]),
            (r#"{"contentId": null}"#, &["/contentType", "/contentId"]),
            ("[]", &[""]),
        ] {
            assert_eq!(pointers::<ItemKey>(text), expected, "{text}");
        }
    }

    #[test]
    fn versions_are_whole_numbers_written_as_digits() {
        struct Version;
        impl Entry for Version {
            fn read(fields: &mut Fields) -> Option<Self> {
                fields.version().map(|_| Version)
            }
        }
        for (version, good) in
            [("0", true), ("9223372036854775807", true), ("9223372036854775808", false), ("-1", false), ("7.0", false)]
        {
            assert_eq!(pointers::<Version>(&format!("{{\"version\": {version}}}")).is_empty(), good, "{version}");
        }
    }
}
