//! Places of a text in UTF-16 code units beside those in bytes.
//!
//! In answers, a span is an object of `start` and `end`, in bytes; it gets `from` and `to`, in UTF-16 code units, and
//! keeps the rest. One rule for all answers: whatever the language makes a span of, here it is both.

use serde_json::{Map, Value};

/// Where each byte of a text stands in UTF-16.
pub struct Places {
    /// By byte, and one for the text's end; a byte inside a character stands where the character begins.
    utf16: Vec<u32>,
}

impl Places {
    /// The places of a text.
    pub fn new(text: &str) -> Self {
        let mut utf16 = Vec::with_capacity(text.len() + 1);
        let mut at = 0;
        for c in text.chars() {
            utf16.extend(std::iter::repeat_n(at, c.len_utf8()));
            at += c.len_utf16() as u32;
        }
        utf16.push(at);
        Places { utf16 }
    }

    /// The UTF-16 place of a byte offset; of one outside the text, its end.
    pub fn utf16(&self, byte: usize) -> u32 {
        self.utf16[byte.min(self.utf16.len() - 1)]
    }

    /// The byte offset of a UTF-16 place; inside a pair of surrogates it is the character's start, outside the text its end.
    pub fn byte(&self, utf16: usize) -> usize {
        let wanted = u32::try_from(utf16).unwrap_or(u32::MAX);
        let after = self.utf16.partition_point(|&at| at <= wanted);
        let at = self.utf16[after.saturating_sub(1)];
        self.utf16.partition_point(|&other| other < at)
    }

    /// Gives every span in `answer` its UTF-16 places.
    pub fn add_to(&self, answer: &mut Value) {
        match answer {
            Value::Array(items) => items.iter_mut().for_each(|item| self.add_to(item)),
            Value::Object(fields) => {
                if let Some((from, to)) = self.span(fields) {
                    fields.insert("from".to_owned(), from.into());
                    fields.insert("to".to_owned(), to.into());
                } else {
                    fields.values_mut().for_each(|field| self.add_to(field));
                }
            }
            _ => {}
        }
    }

    fn span(&self, fields: &Map<String, Value>) -> Option<(u32, u32)> {
        let place = |name| Some(self.utf16(usize::try_from(fields.get(name)?.as_u64()?).ok()?));
        if fields.len() == 2 { Some((place("start")?, place("end")?)) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_utf16_code_units() {
        let places = Places::new("aé東😀z");
        let bytes = [0, 1, 2, 3, 5, 6, 9, 10, 11, 99];
        assert_eq!(bytes.map(|at| places.utf16(at)), [0, 1, 1, 2, 2, 3, 3, 5, 6, 6]);
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 99].map(|at| places.byte(at)), [0, 1, 3, 6, 6, 10, 11, 11]);
        assert_eq!((Places::new("").utf16(7), Places::new("").byte(7)), (0, 0));
    }

    #[test]
    fn every_span_gets_both() {
        let mut answer = json!({"a": [{"span": {"start": 2, "end": 5}}], "start": 1, "end": {"start": 0, "end": "x"}});
        Places::new("é東").add_to(&mut answer);
        let span = json!({"start": 2, "end": 5, "from": 1, "to": 2});
        assert_eq!(answer, json!({"a": [{"span": span}], "start": 1, "end": {"start": 0, "end": "x"}}));
    }
}
