//! Writes one Content object: JSON, with JSON in its `contentInfo` string, with JSON in that one's `extInfo` string.
//!
//! Text is written as it is: the word lists hold no quote, backslash or control character (a test parses every kind of
//! line), so that no pass for escapes is needed.

use super::market::Money;

/// The quote as it is spelled inside no, one or two strings.
const QUOTES: [&str; 3] = ["\"", "\\\"", "\\\\\\\""];

/// A JSON object under construction, with commas and nested strings taken care of.
pub struct Writer {
    out: String,
    level: usize,
    comma: bool,
}

impl Writer {
    /// Begins an object with room for `capacity` bytes.
    pub fn new(capacity: usize) -> Self {
        let mut out = String::with_capacity(capacity);
        out.push('{');
        Writer { out, level: 0, comma: false }
    }

    /// Ends the object and returns its text.
    pub fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }

    /// A string whose text `write` appends.
    pub fn text(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        self.key(key);
        self.quoted(write);
    }

    /// A string.
    pub fn str(&mut self, key: &str, value: &str) {
        self.text(key, |out| out.push_str(value));
    }

    /// An integer.
    pub fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        push_number(&mut self.out, value);
    }

    /// A boolean.
    pub fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// A list of strings.
    pub fn list<'a>(&mut self, key: &str, values: impl IntoIterator<Item = &'a str>) {
        self.key(key);
        self.out.push('[');
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            self.quoted(|out| out.push_str(value));
        }
        self.out.push(']');
    }

    /// An object, whose members `write` adds.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push('{');
        self.comma = false;
        write(self);
        self.out.push('}');
        self.comma = true;
    }

    /// An object inside a string, whose members `write` adds.
    pub fn embedded(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.quote();
        self.level += 1;
        self.out.push('{');
        self.comma = false;
        write(self);
        self.out.push('}');
        self.level -= 1;
        self.quote();
        self.comma = true;
    }

    /// A money object with all of its three currency signals.
    pub fn money(&mut self, key: &str, money: &Money) {
        self.object(key, |w| {
            w.key("amount");
            money.push_amount(&mut w.out);
            w.number("cent", money.cent);
            w.number("centFactor", money.currency.factor);
            w.str("currency", money.currency.code);
            w.str("currencyCode", money.currency.code);
            w.str("currencyValue", money.currency.numeric);
        });
    }

    fn key(&mut self, key: &str) {
        if self.comma {
            self.out.push(',');
        }
        self.quoted(|out| out.push_str(key));
        self.out.push(':');
        self.comma = true;
    }

    fn quoted(&mut self, write: impl FnOnce(&mut String)) {
        self.quote();
        write(&mut self.out);
        self.quote();
    }

    fn quote(&mut self) {
        self.out.push_str(QUOTES[self.level]);
    }
}

/// Appends a number in decimal.
pub fn push_number(out: &mut String, value: u64) {
    push_padded(out, value, 1);
}

/// Appends a number in decimal with leading zeros to at least `width` digits, 20 at most.
pub fn push_padded(out: &mut String, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut start = 20;
    while value > 0 || start > 20 - width {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend(digits[start..].iter().map(|d| char::from(*d)));
}

/// Appends a number in hexadecimal, `width` digits.
pub fn push_hex(out: &mut String, value: u64, width: u32) {
    for i in (0..width).rev() {
        let digit = (value >> (4 * i) & 0xF) as u32;
        out.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
}
