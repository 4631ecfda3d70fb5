//! What to say where the grammar stopped: what was found, what was expected, and how to mend the commonest slips.

use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::lexeme::{Lexeme, Shape, is_word};
use crate::parser::Stop;
use crate::registry::PropId;

/// How messages name what opens a block.
pub const CONTENT_TYPE: &str = "a content type (`STORE`, `BENEFIT`, `LOCAL_SKU`, `MERCHANT`)";

/// How messages name what follows `is`.
pub const PRESENCE: &str = "`set` or `missing`";

/// The error at a stop; `lexemes` are those of the whole text.
pub fn error(text: &str, lexemes: &[Lexeme], stop: &Stop) -> Diagnostic {
    if let Some(slip) = slip(text, stop.at) {
        return slip;
    }
    let next = lexemes.partition_point(|l| l.span.end <= stop.at);
    if let Some(special) = misplaced_title(lexemes, next).or_else(|| is_for_equals(text, lexemes, next, stop)) {
        return special;
    }
    let (span, found) = match lexemes.get(next) {
        Some(lexeme) => {
            let span = Span { start: lexeme.span.start.max(stop.at), end: lexeme.span.end };
            (span, found(lexeme.shape, span.of(text)))
        }
        None => (Span { start: text.len(), end: text.len() }, "the end of the text".to_owned()),
    };
    let message = match stop.expected.as_slice() {
        [] => format!("{found} does not belong here"),
        expected => format!("expected {}, found {found}", either(expected)),
    };
    let finding = Diagnostic::error(code::SYNTAX, span, message);
    match stop.after_rule() {
        true => after_a_rule(finding, text),
        false => finding,
    }
}

/// Something follows a rule that should not: perhaps another rule, a comma, or the rest of a number with separators.
fn after_a_rule(finding: Diagnostic, text: &str) -> Diagnostic {
    let span = finding.span;
    let title = "join the rules with `and`";
    match span.of(text) {
        "," if is_separator(text, span.start) => {
            Diagnostic { message: "a number has no separators: `1000`, not `1,000`".to_owned(), ..finding }.fix(
                "remove the comma",
                span,
                "",
            )
        }
        "," if is_decimal_comma(text, span.start) => {
            Diagnostic { message: "a number has a decimal point: `4.5`, not `4,5`".to_owned(), ..finding }.fix(
                "write a decimal point",
                span,
                ".",
            )
        }
        "," | ";" => finding.fix(title, span, " and"),
        name if begins_rule(name) => finding.fix(title, Span { start: span.start, end: span.start }, "and "),
        _ => finding,
    }
}

/// Whether a word surely is a rule's first.
pub fn begins_rule(word: &str) -> bool {
    PropId::from_name(word).is_some() || matches!(word, "ext" | "tag" | "not")
}

/// Whether the comma at `at` stands between a digit and three digits.
fn is_separator(text: &str, at: usize) -> bool {
    let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
    text[..at].ends_with(|c: char| c.is_ascii_digit()) && digits == 3
}

/// Whether the comma at `at` stands between two digits.
fn is_decimal_comma(text: &str, at: usize) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    text[..at].ends_with(digit) && text[at + 1..].starts_with(digit)
}

/// A title that is not the first thing of its group.
fn misplaced_title(lexemes: &[Lexeme], at: usize) -> Option<Diagnostic> {
    let (text, colon) = (lexemes.get(at)?, lexemes.get(at + 1)?);
    let is_title = text.shape == Shape::Text && colon.shape == Shape::Sign(':');
    let message = "a title stands at the very start of a group: `\"title\": rule and rule`";
    is_title.then(|| Diagnostic::error(code::SYNTAX, text.span.to(colon.span), message))
}

/// `city is "x"`.
fn is_for_equals(text: &str, lexemes: &[Lexeme], at: usize, stop: &Stop) -> Option<Diagnostic> {
    let value = lexemes.get(at).filter(|l| l.shape == Shape::Text)?;
    let is = lexemes.get(at.checked_sub(1)?).filter(|_| stop.expected == [PRESENCE])?;
    let message = "`is` is followed by `set` or `missing`; equality is written `=`";
    let finding = Diagnostic::error(code::SYNTAX, is.span.to(value.span), message);
    is.span.of(text).eq_ignore_ascii_case("is").then(|| finding.fix("write `=`", is.span, "="))
}

fn found(shape: Shape, spelled: &str) -> String {
    match shape {
        Shape::Text => "a string".to_owned(),
        Shape::Broken => "an unfinished string".to_owned(),
        Shape::Sign('`') | Shape::Quoted => "a name in backticks".to_owned(),
        Shape::Word | Shape::Sign(_) if spelled.chars().count() <= 40 => format!("`{spelled}`"),
        Shape::Word | Shape::Sign(_) => "a long word".to_owned(),
    }
}

fn either(expected: &[&str]) -> String {
    match expected {
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
        [] => String::new(),
    }
}

/// Spellings of other languages: what stands there and what to write. A sign may begin one character before the stop.
const SLIPS: &[(&str, &str)] = &[
    ("==", "="),
    ("<>", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("not in", "none of"),
    ("like", "contains"),
    ("has", "contains"),
    ("between", "in"),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
    ("…", ".."),
    ("–", ".."),
    ("，", ","),
    ("（", "("),
    ("）", ")"),
    ("：", ":"),
];

fn slip(text: &str, at: usize) -> Option<Diagnostic> {
    let start = text[..at].trim_end().len();
    let one_before = text[..start].char_indices().next_back().map_or(at, |(before, _)| before);
    let rest = |from: usize| text[from..].trim_start();
    let next = text.len() - rest(at).len();
    foreign(text, next).or_else(|| foreign(text, one_before)).or_else(|| single_quoted(text, next))
}

/// The error about a spelling of another language that begins at `from`; its fix is what to write.
pub fn foreign(text: &str, from: usize) -> Option<Diagnostic> {
    let here = &text[from..];
    let (wrong, right) = SLIPS.iter().find(|(wrong, _)| {
        here.get(..wrong.len()).is_some_and(|h| h.eq_ignore_ascii_case(wrong))
            && !(wrong.ends_with(char::is_alphabetic) && here[wrong.len()..].starts_with(is_word))
    })?;
    let span = Span { start: from, end: from + wrong.len() };
    // `a&&b` needs spaces once it is `and`.
    let space = |needed: bool| if needed && right.ends_with(char::is_alphabetic) { " " } else { "" };
    let before = space(text[..span.start].ends_with(is_word));
    let fixed = [before, right, space(text[span.end..].starts_with(is_word))].concat();
    let message = format!("`{wrong}` is written `{right}` here");
    Some(Diagnostic::error(code::SYNTAX, span, message).fix(format!("write `{right}`"), span, fixed))
}

/// The error about a string in single quotation marks that begins at `start`.
pub fn single_quoted(text: &str, start: usize) -> Option<Diagnostic> {
    let inner = text[start..].strip_prefix('\'')?;
    let close = inner.find(['\'', '\n']).filter(|&at| inner[at..].starts_with('\''))?;
    let end = start + 2 + close;
    let span = Span { start, end };
    let fixed = format!("\"{}\"", text[start + 1..end - 1].replace('"', "\\\""));
    let message = "a string stands in double quotation marks";
    Some(Diagnostic::error(code::SYNTAX, span, message).fix("use double quotation marks", span, fixed))
}
