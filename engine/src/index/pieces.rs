//! A `contains` needle cut into parts that the dictionary can be asked for.

use super::terms::{self, RUN_CHARS};
use penstock_dsl::text::is_no_space;
use unicode_segmentation::UnicodeSegmentation;

/// A part of a needle that the dictionary can be asked for.
#[derive(PartialEq)]
pub enum Piece<'a> {
    /// Letters and digits between which no word boundary can fall, whatever stands around them: part of one word. At a
    /// space of the needle that word certainly begins, or ends.
    Word {
        /// The letters and digits.
        text: &'a str,
        /// Whether the word begins with them.
        starts: bool,
        /// Whether the word ends with them.
        ends: bool,
    },
    /// Characters of scripts without spaces.
    Run(&'a str),
    /// One other character.
    Symbol(&'a str),
}

impl Piece<'_> {
    /// The part of the needle.
    pub fn text(&self) -> &str {
        match self {
            Piece::Word { text, .. } | Piece::Run(text) | Piece::Symbol(text) => text,
        }
    }

    /// Whether this piece alone decides about the whole needle.
    pub fn covers(&self, needle: &str) -> bool {
        match self {
            Piece::Word { text, .. } | Piece::Symbol(text) => *text == needle,
            Piece::Run(text) => *text == needle && text.chars().nth(RUN_CHARS).is_none(),
        }
    }
}

/// The pieces of a folded needle, in order.
pub fn pieces(needle: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(c) = needle[start..].chars().next() {
        let rest = &needle[start..];
        let run = rest.len() - rest.trim_start_matches(is_no_space).len();
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() && !is_no_space(c)).len();
        let length = run.max(word).max(c.len_utf8());
        let text = &rest[..length];
        if run > 0 {
            pieces.push(Piece::Run(text));
        } else if word > 0 {
            // Only what is one word by itself is inside one word everywhere.
            if text.unicode_words().eq([text]) {
                let starts = needle[..start].ends_with(' ');
                pieces.push(Piece::Word { text, starts, ends: rest[length..].starts_with(' ') });
            }
        } else if terms::is_symbol(c) {
            pieces.push(Piece::Symbol(text));
        }
        start += length;
    }
    pieces
}
