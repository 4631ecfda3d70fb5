//! A text cut into words, strings and signs: enough to see where blocks, groups and rules begin and end when the whole
//! does not parse. Linear in the text, and knows strings and comments, so that no brace in them counts.

use crate::code;
use crate::diagnostic::{Diagnostic, Edit, Fix, Span};

/// What a lexeme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Letters, digits, `_` and `-`.
    Word,
    /// A string in quotation marks.
    Text,
    /// A name in backticks.
    Quoted,
    /// Any other character.
    Sign(char),
    /// A string or name whose quote does not close; reported already.
    Broken,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub shape: Shape,
    /// Its place.
    pub span: Span,
}

/// Cuts a text into lexemes, white space and comments left out; reports quotes that do not close on their line.
pub fn lexemes(text: &str, findings: &mut Vec<Diagnostic>) -> Vec<Lexeme> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (shape, length) = match c {
            _ if c.is_whitespace() || c == '\u{FEFF}' => (None, c.len_utf8()),
            '/' if rest.starts_with("//") => (None, line_length(rest)),
            '"' => quoted(rest, Shape::Text),
            '`' => quoted(rest, Shape::Quoted),
            '“' | '”' | '„' => (Some(Shape::Broken), curly_length(rest)),
            _ if is_word(c) => (Some(Shape::Word), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            _ => (Some(Shape::Sign(c)), c.len_utf8()),
        };
        let span = Span { start: at, end: at + length };
        if shape == Some(Shape::Broken) {
            findings.push(unclosed(text, span, c));
        }
        out.extend(shape.map(|shape| Lexeme { shape, span }));
        at += length;
    }
    out
}

/// The comments of a text with these lexemes, each from its `//` to the end of its line.
pub fn comments(text: &str, lexemes: &[Lexeme]) -> Vec<Span> {
    let mut out = Vec::new();
    let ends = std::iter::once(0).chain(lexemes.iter().map(|l| l.span.end));
    let starts = lexemes.iter().map(|l| l.span.start).chain([text.len()]);
    for (mut at, end) in ends.zip(starts) {
        while let Some(found) = text[at..end].find("//") {
            let start = at + found;
            at = start + line_length(&text[start..end]);
            out.push(Span { start, end: at });
        }
    }
    out
}

/// Whether a character may stand in a word.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

fn line_length(rest: &str) -> usize {
    rest.find(['\n', '\r']).unwrap_or(rest.len())
}

/// A string or quoted name at the start of `rest`, on one line.
fn quoted(rest: &str, shape: Shape) -> (Option<Shape>, usize) {
    let quote = rest.as_bytes()[0];
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' | b'\r' => return (Some(Shape::Broken), at),
            _ if escaped => escaped = false,
            b'\\' if shape == Shape::Text => escaped = true,
            _ if byte == quote => return (Some(shape), at + 1),
            _ => {}
        }
    }
    (Some(Shape::Broken), rest.len())
}

/// A string in typographic quotation marks, on one line; only the mark where no other follows.
fn curly_length(rest: &str) -> usize {
    let mark = '“'.len_utf8();
    // An opening mark ends the search, so that many of them are not each searched to the text's end.
    match rest[mark..].find(['“', '”', '„', '\n', '\r']) {
        Some(at) if !rest[mark + at..].starts_with(['„', '\n', '\r']) => mark + at + mark,
        _ => mark,
    }
}

fn unclosed(text: &str, span: Span, quote: char) -> Diagnostic {
    match quote {
        '"' | '`' => {
            let name = if quote == '"' { "quotation mark" } else { "backtick" };
            let message = format!("this {name} is not closed on its line");
            // Where it was meant to end is a guess: before the signs that may close the line.
            let spelled = span.of(text);
            let length = match quote {
                '`' => spelled[1..].find(char::is_whitespace).map_or(spelled.len(), |at| at + 1),
                _ => spelled.len(),
            };
            let spelled = spelled[..length].trim_end_matches([' ', '\t', ')', '}', ',']);
            let end = span.start + spelled.len().max(1);
            let finding = Diagnostic::error(code::UNCLOSED_QUOTE, span, message);
            finding.fix("close it", Span { start: end, end }, quote)
        }
        _ => {
            let message = "strings stand in straight quotation marks: `\"`";
            let mut finding = Diagnostic::error(code::UNCLOSED_QUOTE, span, message);
            let mark = quote.len_utf8();
            let first = Edit { span: Span { start: span.start, end: span.start + mark }, text: "\"".to_owned() };
            let last = Edit { span: Span { start: span.end - mark, end: span.end }, text: "\"".to_owned() };
            let edits = if span.of(text).len() > mark { vec![first, last] } else { vec![first] };
            finding.fixes.push(Fix { title: "use straight quotation marks".to_owned(), edits });
            finding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_hide_signs() {
        let mut findings = Vec::new();
        let text = "a-1 \"}\\\"\" // } // \"\n`//{` }///";
        let lexemes = lexemes(text, &mut findings);
        let shapes: Vec<Shape> = lexemes.iter().map(|l| l.shape).collect();
        let comments: Vec<&str> = comments(text, &lexemes).iter().map(|span| span.of(text)).collect();
        assert_eq!(comments, ["// } // \"", "///"]);
        assert_eq!(shapes, [Shape::Word, Shape::Text, Shape::Quoted, Shape::Sign('}')]);
        assert!(findings.is_empty());
    }

    #[test]
    fn a_quote_ends_with_its_line() {
        let mut findings = Vec::new();
        let text = "\"abc\ndef `\n“x”";
        let shapes: Vec<Shape> = lexemes(text, &mut findings).iter().map(|l| l.shape).collect();
        assert_eq!(shapes, [Shape::Broken, Shape::Word, Shape::Broken, Shape::Broken]);
        assert_eq!(findings.len(), 3);
    }
}
