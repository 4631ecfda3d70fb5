//! The request around the items: parsed once, each item left as the text it was sent as.

use super::CONTENTS_MAX;
use super::wire::Answer;
use crate::body::BodyError;
use penstock_engine::content::issue::{Issue, Severity};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A request whose `contents` is a list of 1 to [`CONTENTS_MAX`] things.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// The items as sent.
    pub contents: Vec<&'a RawValue>,
    biz_date: Option<&'a RawValue>,
    request_time: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    contents: Contents<'a>,
    #[serde(borrow, rename = "bizDate")]
    biz_date: Option<&'a RawValue>,
    #[serde(borrow, rename = "requestTime")]
    request_time: Option<&'a RawValue>,
}

/// What stands at `contents`.
#[derive(Default)]
enum Contents<'a> {
    #[default]
    Missing,
    NotAList,
    /// The first items, and how many there are in all.
    List(Vec<&'a RawValue>, usize),
}

impl<'a> Envelope<'a> {
    /// Reads a request; what is wrong with it as a whole is the answer.
    pub fn parse(text: &'a str) -> Result<Envelope<'a>, Answer> {
        let illegal = |message: String| Err(Answer::illegal(format!("{message}; nothing was applied")));
        let not_json = |e: serde_json::Error| super::refused_body(BodyError::NotJson(e.to_string()));
        if !text.trim_start().starts_with('{') {
            serde_json::from_str::<IgnoredAny>(text).map_err(not_json)?;
            return illegal("the body must be a JSON object with a list `contents`".to_string());
        }
        let wire: Wire<'a> = match serde_json::from_str(text) {
            Ok(wire) => wire,
            // A key of ours that is there twice: which one was meant?
            Err(error) if error.is_data() => return illegal(format!("the body does not fit: {error}")),
            Err(error) => return Err(not_json(error)),
        };
        match wire.contents {
            Contents::Missing => illegal("`contents` is missing".to_string()),
            Contents::NotAList => illegal("`contents` must be a list".to_string()),
            Contents::List(_, 0) => illegal("`contents` is empty".to_string()),
            Contents::List(_, n) if n > CONTENTS_MAX => {
                illegal(format!("`contents` has {n} items, at most {CONTENTS_MAX} are allowed"))
            }
            Contents::List(contents, _) => {
                Ok(Envelope { contents, biz_date: wire.biz_date, request_time: wire.request_time })
            }
        }
    }

    /// `requestTime`, if it is epoch milliseconds as a number or a string; it serves the lag metric only (D-14).
    pub fn request_time_ms(&self) -> Option<i64> {
        self.request_time?.get().trim_matches('"').parse().ok()
    }

    /// `bizDate` as sent if it is a date, a date-time or epoch milliseconds (D-15); else it is ignored, with an issue.
    pub fn biz_date(&self) -> (Option<String>, Vec<Issue>) {
        let Some(raw) = self.biz_date else { return (None, Vec::new()) };
        let text = match serde_json::from_str::<String>(raw.get()) {
            Ok(text) if text.trim().is_empty() => return (None, Vec::new()),
            Ok(text) => text.trim().to_string(),
            Err(_) => raw.get().to_string(),
        };
        if is_date(&text) {
            return (Some(text), Vec::new());
        }
        let message = "bizDate is no ISO 8601 date, date-time or epoch milliseconds; it was ignored".to_string();
        let (code, severity, pointer) = ("BIZ_DATE_UNREADABLE", Severity::Warning, "/bizDate".to_string());
        (None, vec![Issue { code, severity, pointer, message }])
    }
}

fn is_date(text: &str) -> bool {
    // The longest that makes sense is a date-time with nanoseconds, offset and zone name.
    text.len() <= 100
        && (text.parse::<i64>().is_ok()
            || text.parse::<jiff::Timestamp>().is_ok()
            || text.parse::<jiff::civil::DateTime>().is_ok()
            || text.parse::<jiff::civil::Date>().is_ok())
}

impl<'de: 'a, 'a> Deserialize<'de> for Contents<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentsVisitor)
    }
}

struct ContentsVisitor;

impl<'de> Visitor<'de> for ContentsVisitor {
    type Value = Contents<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of content items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (mut first, mut count) = (Vec::new(), 0);
        while first.len() < CONTENTS_MAX {
            let Some(item) = seq.next_element::<&'de RawValue>()? else { break };
            first.push(item);
            count += 1;
        }
        while count >= CONTENTS_MAX && seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Contents::List(first, count))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Contents::NotAList)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Contents::Missing)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Contents::NotAList)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Contents::NotAList)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Contents::NotAList)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Contents::NotAList)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Contents::NotAList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        match Envelope::parse(text) {
            Ok(envelope) => format!("{} items", envelope.contents.len()),
            Err(answer) => format!("{} {}", answer.http_status().as_u16(), answer.message()),
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_as_a_whole() {
        let over = format!(r#"{{"contents":[{}1]}}"#, "1,".repeat(60));
        let full = format!(r#"{{"contents":[{}{{}}]}}"#, "1,".repeat(49));
        for (text, expected) in [
            (r#"{"contents":[{"a":"]"},2]}"#, "2 items"),
            (&full, "50 items"),
            (&over, "200 `contents` has 61 items"),
            (r#"{}"#, "200 `contents` is missing"),
            (r#"{"contents":null}"#, "200 `contents` is missing"),
            (r#"{"contents":[]}"#, "200 `contents` is empty"),
            (r#"{"contents":{"a":[]}}"#, "200 `contents` must be a list"),
            (r#"{"contents":"[]"}"#, "200 `contents` must be a list"),
            (r#"{"contents":1.5e3}"#, "200 `contents` must be a list"),
            (r#"{"contents":[1],"contents":[1]}"#, "200 the body does not fit"),
            (r#"[[{}],null,null]"#, "200 the body must be a JSON object"),
            (r#"nul"#, "400 the body is not JSON"),
            (r#"{"contents":[1}"#, "400 the body is not JSON"),
            (r#"{"contents":[1]} x"#, "400 the body is not JSON"),
            ("", "400 the body is not JSON"),
        ] {
            let said = refusal(text);
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }

    #[test]
    fn business_dates_are_kept_if_they_can_be_read() {
        let read = |value: &str| {
            let text = format!(r#"{{"contents":[1],"bizDate":{value}}}"#);
            let (date, issues) = Envelope::parse(&text).unwrap().biz_date();
            (date, issues.len())
        };
        for good in ["2026-06-01", "2026-06-01T10:00:00+08:00", "2026-06-01T10:00:00Z", "2026-06-01 10:00:00"] {
            assert_eq!(read(&format!("\"{good}\"")), (Some(good.to_string()), 0));
        }
        assert_eq!(read("1764000000000"), (Some("1764000000000".to_string()), 0));
        assert_eq!(read("null"), (None, 0));
        assert_eq!(read("\" \""), (None, 0));
        for bad in ["\"01/06/2026\"", "{}", "true", "\"2026-13-01\""] {
            assert_eq!(read(bad), (None, 1), "{bad}");
        }
    }
}
