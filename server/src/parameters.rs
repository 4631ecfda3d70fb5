//! Names and page bounds, as paths and query strings carry them.

use crate::app::App;
use crate::entries::invalid;
use crate::problem::Problem;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use penstock_engine::api::Seq;
use penstock_engine::content::issue::Issue;

/// Entries on a page at most (D-79).
pub const LIMIT_MAX: usize = 1_000;
/// Entries on a page where the request does not say.
pub const LIMIT_DEFAULT: usize = 100;
/// The longest name of a set, characters.
const SET_NAME_CHARS_MAX: usize = 200;
/// The longest name of a target wallet, bytes.
const WALLET_BYTES_MAX: usize = 64;

/// `limit`: 1 to [`LIMIT_MAX`].
pub fn limit(sent: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = sent else { return Ok(LIMIT_DEFAULT) };
    let known = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    known.ok_or_else(|| Problem::bad_request(format!("limit must be from 1 to {LIMIT_MAX}, not {text:?}")))
}

/// The words of a parameter that is a list of them, separated by commas, in any case; a word that is none names those there are.
pub fn words(name: &str, sent: Option<&str>, all: &[String]) -> Result<Option<Vec<String>>, Problem> {
    let Some(sent) = sent else { return Ok(None) };
    let word = |word: &str| {
        let known = all.iter().find(|known| known.eq_ignore_ascii_case(word.trim())).cloned();
        known.ok_or_else(|| Problem::bad_request(format!("{name} has {word:?}; there are {}", all.join(", "))))
    };
    sent.split(',').map(word).collect::<Result<_, _>>().map(Some)
}

/// A sequence number, of a parameter of this name.
pub fn seq(name: &str, sent: Option<&str>) -> Result<Option<Seq>, Problem> {
    let wrong = |text| Problem::bad_request(format!("{name} must be a sequence number, from 0, not {text:?}"));
    sent.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

/// A cursor: an ordinal that means nothing to a client.
pub fn cursor(sent: Option<&str>) -> Result<Option<u32>, Problem> {
    let wrong = |_| Problem::bad_cursor("the cursor is not one of this list; send next as it was given");
    sent.map(|text| u32::from_str_radix(text, 16).map_err(wrong)).transpose()
}

/// The cursor after an ordinal.
pub fn cursor_of(ordinal: u32) -> String {
    format!("{ordinal:x}")
}

/// The set that a path names.
pub struct SetName(pub Box<str>);

impl FromRequestParts<App> for SetName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Path(name) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
        match is_set_name(&name) {
            true => Ok(SetName(name.into())),
            false => Err(Problem::bad_request(format!(
                "a set's name has 1 to {SET_NAME_CHARS_MAX} characters, none of them a control character, and no space at \
                 its ends; `.` and `..` are none"
            ))),
        }
    }
}

fn is_set_name(name: &str) -> bool {
    let plain = !name.chars().any(char::is_control) && name.trim() == name && !matches!(name, "" | "." | "..");
    plain && name.chars().count() <= SET_NAME_CHARS_MAX
}

/// A target wallet of a path.
pub fn wallet(name: &str) -> Result<Box<str>, Problem> {
    if is_wallet(name) { Ok(name.into()) } else { Err(Problem::bad_request(wallet_rule())) }
}

/// A target wallet at a JSON pointer of a body.
pub fn wallet_at(pointer: &str, name: &str) -> Result<Box<str>, Problem> {
    let wrong = || Problem::invalid(vec![wallet_issue(pointer)]);
    if is_wallet(name) { Ok(name.into()) } else { Err(wrong()) }
}

/// Whether a target wallet may be called so.
pub fn is_wallet(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=WALLET_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain)
}

/// What is wrong with a wallet's name at a JSON pointer.
pub fn wallet_issue(pointer: &str) -> Issue {
    invalid(pointer, wallet_rule())
}

fn wallet_rule() -> String {
    format!("a target wallet's name has 1 to {WALLET_BYTES_MAX} of the ASCII letters, digits, `_` and `-`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_can_stand_in_a_path() {
        for good in ["a", "Hotels / 東京 100%", &"é".repeat(200)] {
            assert!(is_set_name(good), "{good}");
        }
        for bad in ["", " a", "a ", "a\nb", ".", "..", &"x".repeat(201)] {
            assert!(!is_set_name(bad), "{bad}");
        }
        assert!(is_wallet("ALIPAY_HK-1"));
        for bad in ["", "a b", "é", &"x".repeat(65)] {
            assert!(!is_wallet(bad), "{bad}");
        }
    }

    #[test]
    fn pages_are_bounded() {
        assert_eq!(limit(None).ok(), Some(LIMIT_DEFAULT));
        assert_eq!(limit(Some("1000")).ok(), Some(1000));
        for bad in ["0", "1001", "-1", "x", ""] {
            assert!(limit(Some(bad)).is_err(), "{bad}");
        }
        let all = ["OPEN".to_owned(), "VOID".to_owned()];
        assert_eq!(words("status", Some("open, VOID"), &all).ok(), Some(Some(all.to_vec())));
        assert!(words("status", Some("OPEN,X"), &all).is_err() && words("status", Some(""), &all).is_err());
        assert_eq!(cursor(Some(&cursor_of(77))).ok(), Some(Some(77)));
    }
}
