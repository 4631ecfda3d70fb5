//! What is wrong or doubtful in an item, told to the merchant's engineers: one model, stable codes (F-5.2).

use serde::Serialize;
use std::fmt::{self, Write as _};

/// A finding about an item: a stable code, where it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Stable, upper snake case, listed in `docs/issues.md`.
    pub code: &'static str,
    /// Whether the item was refused for it.
    pub severity: Severity,
    /// JSON pointer (RFC 6901) into the request's item; inside `contentInfo`, the path goes on into the parsed string.
    pub pointer: String,
    /// One sentence: what was found, what was done, what to do.
    pub message: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// The item was refused.
    Error,
    /// The item was accepted; something in it was not read as meant.
    Warning,
    /// Worth knowing.
    Info,
}

/// A kind of finding: its stable code and how bad it is. Codes are never reused for another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub name: &'static str,
    /// The severity of every issue with this code.
    pub severity: Severity,
}

macro_rules! codes {
    ($( $(#[$doc:meta])+ $name:ident $severity:ident; )+) => {
        /// Every code that decoding and the fold can give.
        pub mod code {
            use super::{Code, Severity};
            $( $(#[$doc])+ pub const $name: Code = Code { name: stringify!($name), severity: Severity::$severity }; )+
            /// All of them.
            pub const ALL: &[Code] = &[ $( $name ),+ ];
        }
    };
}

codes! {
    /// The element of `contents` is no JSON object.
    ITEM_NOT_OBJECT Error;
    /// A required member of the item is absent or null.
    FIELD_MISSING Error;
    /// A member of the item has the wrong JSON type or an impossible value.
    FIELD_INVALID Error;
    /// `contentType` is none of the known types.
    CONTENT_TYPE_UNKNOWN Error;
    /// `tntInstId` is not the tenant of the credential (D-14).
    TENANT_MISMATCH Error;
    /// `contentInfo` is over 1 MiB (D-73).
    CONTENT_INFO_TOO_LONG Error;
    /// `contentInfo` is nested deeper than 32 levels (D-75).
    CONTENT_INFO_TOO_DEEP Error;
    /// `contentInfo` is no JSON text.
    CONTENT_INFO_NOT_JSON Error;
    /// `contentInfo` is JSON, but no object.
    CONTENT_INFO_NOT_OBJECT Error;
    /// `contentType` was `SKU` (D-01).
    CONTENT_TYPE_ALIAS Info;
    /// `contentVersion` looks like a time more than 24 hours ahead (D-17).
    VERSION_FROM_FUTURE Warning;
    /// The same version of the item was sent before with another payload; the first one stands (D-16).
    VERSION_CONFLICT Error;
    /// There are as many tags, values or wallets as there can be.
    LIMIT_REACHED Error;
    /// It is for others to change.
    NOT_YOURS Error;
    /// Several keys mean the same value; one of them was read.
    DUPLICATE_KEY Warning;
    /// An undeclared key is over 256 bytes.
    KEY_TOO_LONG Warning;
    /// An item has more than 200 undeclared keys.
    UNDECLARED_KEYS_EXCEEDED Warning;
    /// A key of the locale map is no BCP 47 tag.
    LOCALE_INVALID Warning;
    /// A key of the locale map is over 35 characters.
    LOCALE_TOO_LONG Warning;
    /// One locale is given in several spellings (D-04).
    LOCALE_DUPLICATE Warning;
    /// A property is localised where its table says No (D-09).
    LOCALE_UNEXPECTED Warning;
    /// `extInfo` holds no JSON object (D-75).
    EXT_INFO_UNREADABLE Warning;
    /// A value of another JSON type than the property's was read all the same.
    VALUE_COERCED Info;
    /// A value has a JSON type that cannot be read for this property.
    WRONG_TYPE Warning;
    /// A number is none, or has more than 28 digits.
    NUMBER_UNREADABLE Warning;
    /// A time is no integer.
    TIME_UNREADABLE Warning;
    /// A time is so small that it was read as seconds (D-24).
    TIME_UNIT_GUESSED Warning;
    /// `location` is not `latitude,longitude` (D-25).
    LOCATION_MALFORMED Warning;
    /// A money object has no readable amount.
    MONEY_UNREADABLE Warning;
    /// `amount` and `cent` disagree, or one of them cannot be read (D-06).
    MONEY_INCONSISTENT Warning;
    /// A currency signal is no ISO 4217 code; the others decided.
    CURRENCY_UNKNOWN Warning;
    /// A money object names no known currency.
    CURRENCY_MISSING Warning;
    /// The currency signals of a money object disagree (D-05).
    CURRENCY_CONFLICT Warning;
    /// `minPriceRange` is above `maxPriceRange`.
    PRICE_RANGE_SWAPPED Warning;
    /// `minPriceRange` and `maxPriceRange` are in two currencies.
    PRICE_RANGE_CURRENCIES Warning;
    /// There are more issues than an answer holds.
    ISSUES_TRUNCATED Info;
}

/// Issues that an answer holds for one item; one more tells how many were left out.
const MAX_ISSUES: usize = 100;

/// Collects an item's issues. Does not allocate while there are none; formats no more than an answer holds.
#[derive(Debug, Default)]
pub(crate) struct Issues {
    list: Vec<Issue>,
    left_out: usize,
}

impl Issue {
    /// An issue of this code at this pointer.
    pub fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Issue {
        Issue { code: code.name, severity: code.severity, pointer: pointer.into(), message: message.into() }
    }
}

impl Issues {
    pub(crate) fn add(&mut self, code: Code, pointer: impl fmt::Display, message: fmt::Arguments<'_>) {
        if self.list.len() < MAX_ISSUES {
            self.list.push(Issue::new(code, pointer.to_string(), message.to_string()));
        } else {
            self.left_out += 1;
        }
    }

    pub(crate) fn push(&mut self, issue: Issue) {
        self.list.push(issue);
    }

    /// Whether one of them refuses the item.
    pub(crate) fn has_errors(&self) -> bool {
        self.list.iter().any(|issue| issue.severity == Severity::Error)
    }

    pub(crate) fn into_vec(mut self) -> Vec<Issue> {
        if self.left_out > 0 {
            let message =
                format!("{} more issues were left out; mend these first and send the item again.", self.left_out);
            self.list.push(Issue::new(code::ISSUES_TRUNCATED, "", message));
        }
        self.list
    }
}

/// A piece of a merchant's text for a message: in quotes, shortened, control and format characters escaped.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 40;
        f.write_str("\"")?;
        for c in self.0.chars().take(MAX_CHARS) {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if is_invisible(c) => write!(f, "{}", c.escape_unicode())?,
                c => f.write_char(c)?,
            }
        }
        f.write_str(if self.0.chars().nth(MAX_CHARS).is_some() { "\"..." } else { "\"" })
    }
}

/// Characters that break a line, turn the writing direction or cannot be seen: Cc, Zl, Zp and the Cf in use.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// One segment of a JSON pointer (RFC 6901), with its slash.
pub(crate) struct Segment<'a>(pub(crate) &'a str);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        for piece in self.0.split_inclusive(['~', '/']) {
            match piece.as_bytes().last() {
                Some(b'~') => write!(f, "{}~0", &piece[..piece.len() - 1])?,
                Some(b'/') => write!(f, "{}~1", &piece[..piece.len() - 1])?,
                _ => f.write_str(piece)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A merchant's text cannot put control characters, line breaks or direction marks into a message or make it long.
    #[test]
    fn quotes_are_short_and_safe() {
        assert_eq!(Quoted("a\"b\n\u{0}\u{202e}\u{2028}é").to_string(), "\"a\\\"b\\u{a}\\u{0}\\u{202e}\\u{2028}é\"");
        assert_eq!(Quoted(&"x".repeat(1000)).to_string().len(), 45);
    }

    #[test]
    fn pointers_are_escaped() {
        assert_eq!(Segment("a/b~c").to_string(), "/a~1b~0c");
        assert_eq!(Segment("").to_string(), "/");
    }

    #[test]
    fn the_list_is_bounded() {
        let mut issues = Issues::default();
        (0..150).for_each(|i| issues.add(code::WRONG_TYPE, "", format_args!("{i}")));
        let list = issues.into_vec();
        assert_eq!(list.len(), MAX_ISSUES + 1);
        assert!(list[MAX_ISSUES].message.starts_with("50 more"));
    }

    /// `docs/issues.md` has one row a code, in this order, with the same severity.
    #[test]
    fn the_documentation_lists_every_code() {
        let doc = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/issues.md")).unwrap();
        let rows = doc.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            Some((cells.next()?.trim_end_matches('`').to_string(), cells.next()?.to_string()))
        });
        let codes = code::ALL.iter().map(|code| (code.name.to_string(), format!("{:?}", code.severity)));
        assert_eq!(rows.collect::<Vec<_>>(), codes.collect::<Vec<_>>());
    }
}
