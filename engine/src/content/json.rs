//! A small JSON reader that keeps what decoding needs: member order, number spelling, borrowed strings, bounded depth.
//!
//! It accepts what RFC 8259 and `serde_json` accept (lone surrogates are refused) down to [`MAX_DEPTH`] levels. Of members
//! of one object that have the same key the last one stands, and the first such key is reported. Linear in the input's
//! length; the recursion is bounded by the depth. It knows nothing of content.

use std::borrow::Cow;
use std::collections::HashSet;

/// Arrays and objects inside one another; the outermost is level 1 (D-75).
pub(crate) const MAX_DEPTH: usize = 32;

/// A JSON value that borrows from its text where it can.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object: distinct keys, in the text's order.
    Object(Members<'a>),
}

/// The members of an object.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// A parsed text.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    /// The value.
    pub(crate) value: Value<'a>,
    /// A key that stood twice in one object, where there was one.
    pub(crate) repeated_key: Option<Cow<'a, str>>,
}

/// Why a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// No JSON: what is wrong, and at which byte.
    Syntax(&'static str, usize),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Reads one JSON text.
pub(crate) fn parse(text: &str) -> Result<Parsed<'_>, JsonError> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, repeated_key: None };
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < reader.bytes.len() {
        return Err(reader.error("something stands after the value"));
    }
    Ok(Parsed { value, repeated_key: reader.repeated_key })
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    repeated_key: Option<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    fn error(&self, what: &'static str) -> JsonError {
        JsonError::Syntax(what, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.error("no value begins like this")),
            None => Err(self.error("it ends too early")),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("no value begins like this"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        let mut members = Vec::new();
        if self.open(depth, b']')? {
            return Ok(Value::Array(members));
        }
        loop {
            self.skip_space();
            members.push(self.value(depth)?);
            if self.close(b']')? {
                return Ok(Value::Array(members));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        let mut members = Members::new();
        if self.open(depth, b'}')? {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.error("a key is due"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.error("a colon is due"));
            }
            self.at += 1;
            self.skip_space();
            members.push((key, self.value(depth)?));
            if self.close(b'}')? {
                if let Some(repeated) = keep_last(&mut members) {
                    self.repeated_key.get_or_insert(repeated);
                }
                return Ok(Value::Object(members));
            }
        }
    }

    /// Steps over an opening bracket; true where the closing one follows at once.
    fn open(&mut self, depth: usize, close: u8) -> Result<bool, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        self.at += 1;
        self.skip_space();
        let empty = self.peek() == Some(close);
        self.at += usize::from(empty);
        Ok(empty)
    }

    /// Steps over a comma (false) or the closing bracket (true).
    fn close(&mut self, close: u8) -> Result<bool, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.error("a comma or a closing bracket is due")),
        }
    }

    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(Value::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("a digit is due")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        self.at = self.end_of_plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut out = String::with_capacity((self.at - start) * 2 + 16);
        out.push_str(&self.text[start..self.at]);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(out));
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.error("a control character stands in a string")),
                None => return Err(self.error("it ends inside a string")),
            }
            let plain = self.at;
            self.at = self.end_of_plain();
            out.push_str(&self.text[plain..self.at]);
        }
    }

    /// Where the run of characters that stand for themselves ends.
    fn end_of_plain(&self) -> usize {
        let rest = &self.bytes[self.at..];
        self.at + rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(rest.len())
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.error("no such escape")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let mut unit = self.hex4()?;
        if (0xD800..0xDC00).contains(&unit) && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.hex4()?;
            if (0xDC00..0xE000).contains(&low) {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        char::from_u32(unit).ok_or_else(|| self.error("half of a surrogate pair stands alone"))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.error("four hexadecimal digits are due"))?;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// Keeps the last of members with equal keys; returns one such key.
fn keep_last<'a>(members: &mut Members<'a>) -> Option<Cow<'a, str>> {
    const FEW: usize = 16;
    let repeated: Vec<usize> = if members.len() <= FEW {
        let later = |at: usize| members[at + 1..].iter().any(|(key, _)| *key == members[at].0);
        (0..members.len()).filter(|&at| later(at)).collect()
    } else {
        let mut seen = HashSet::with_capacity(members.len());
        let mut found: Vec<usize> = (0..members.len()).rev().filter(|&at| !seen.insert(&*members[at].0)).collect();
        found.reverse();
        found
    };
    let first = members[*repeated.first()?].0.clone();
    let mut drop = repeated.into_iter().peekable();
    let mut at = 0;
    members.retain(|_| {
        let dropped = drop.next_if_eq(&at).is_some();
        at += 1;
        !dropped
    });
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same value by way of `serde_json`, for comparison.
    fn to_serde(value: &Value<'_>) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Number(text) => serde_json::from_str(text).unwrap(),
            Value::String(text) => (**text).into(),
            Value::Array(members) => members.iter().map(to_serde).collect(),
            Value::Object(members) => members.iter().map(|(k, v)| (k.to_string(), to_serde(v))).collect(),
        }
    }

    fn agree(text: &str) {
        let theirs = serde_json::from_str::<serde_json::Value>(text).ok();
        match parse(text) {
            Ok(parsed) => assert_eq!(Some(to_serde(&parsed.value)), theirs, "{text:?}"),
            Err(JsonError::Syntax(..)) => assert_eq!(theirs, None, "{text:?}"),
            Err(JsonError::TooDeep) => {}
        }
    }

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            "",
            " ",
            "nul",
            "null",
            " true ",
            "[1,]",
            "[1 2]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "-",
            "-0",
            "1.",
            ".5",
            "1e",
            "1E+5",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\\u00e9\\n\\/\"",
            "\"\\x\"",
            "\"\n\"",
            "\"a\\",
            "\"",
            "[[[]]]",
            "{\"a\":{\"b\":[1,2,{}]}}",
            "{\"a\":1,\"b\":2,\"a\":3}",
            "1 1",
            "[",
            "{\"a\"",
            "{\"a\":",
            "é",
        ] {
            agree(text);
        }
    }

    #[test]
    fn the_last_of_repeated_keys_stands_in_small_and_large_objects() {
        for filler in [0, 40] {
            let more: String = (0..filler).map(|i| format!(",\"k{i}\":{i}")).collect();
            let text = format!("{{\"a\":1,\"b\":2{more},\"a\":3,\"b\":4}}");
            let parsed = parse(&text).unwrap();
            assert_eq!(parsed.repeated_key.as_deref(), Some("a"));
            agree(&text);
            let Value::Object(members) = parsed.value else { panic!("no object") };
            assert_eq!(members.len(), filler + 2);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH + 1)).unwrap_err(), JsonError::TooDeep);
        assert_eq!(parse(&"[{\"a\":".repeat(1_000_000)).unwrap_err(), JsonError::TooDeep);
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_random_text(text in r#"[\[\]{}:,"\\a0-9eE.+\- tfn]{0,30}|\PC{0,20}"#) {
            agree(&text);
        }
    }
}
