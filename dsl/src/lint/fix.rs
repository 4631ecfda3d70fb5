//! Taking a rule or a group out of a text, with the word that joins it to its neighbour.
//!
//! Comments outside what is taken out stay. Where a comment stands inside a rule or a group, nothing is offered: it may say
//! something that its writer wants to keep.

use crate::diagnostic::{Edit, Fix, Span};
use crate::expr::{Block, Group};
use crate::lexeme::{Lexeme, Shape, lexemes};

/// Takes out one of several rules; `None` where there is no other, or a comment would be lost.
pub fn remove_rule(text: &str, group: &Group, at: usize) -> Option<Fix> {
    let rule = group.rules.get(at)?.span;
    if has_comment(rule.of(text)) {
        return None;
    }
    // The gap to the neighbour holds `and`, white space and comments.
    let (gap, whole) = match at.checked_sub(1) {
        Some(before) => {
            let end = group.rules[before].span.end;
            (Span { start: end, end: rule.start }, Span { start: end, end: rule.end })
        }
        None => {
            let start = group.rules.get(1)?.span.start;
            (Span { start: rule.end, end: start }, Span { start: rule.start, end: start })
        }
    };
    let spans = match has_comment(gap.of(text)) {
        false => vec![whole],
        true => vec![word(text, gap, "and")?, rule],
    };
    Some(removal("remove this rule", spans))
}

/// Takes out one of several groups; `None` where there is no other, or a comment would be lost.
pub fn remove_group(text: &str, block: &Block, at: usize) -> Option<Fix> {
    let span = block.groups.get(at)?.span;
    let before =
        Span { start: at.checked_sub(1).map_or(block.span.start, |b| block.groups[b].span.end), end: span.start };
    let after = Span { start: span.end, end: block.groups.get(at + 1).map_or(block.span.end, |next| next.span.start) };
    // Parentheses around a group's rules are outside its span, but for an opening one after a title.
    let end = match pieces(text, after).first() {
        Some(close) if close.shape == Shape::Sign(')') => close.span.end,
        _ => span.end,
    };
    let whole = if at > 0 {
        let or = word(text, before, "or")?.start;
        let head = text[before.start..or].trim_end().len() + before.start;
        let start = if has_comment(&text[before.start..or]) { or } else { head };
        Span { start, end }
    } else {
        let start = match pieces(text, before).last() {
            Some(open) if open.shape == Shape::Sign('(') => open.span.start,
            _ => span.start,
        };
        let or = word(text, after, "or")?.end;
        let rest = &text[or..after.end];
        Span { start, end: or + (rest.len() - rest.trim_start().len()) }
    };
    (!has_comment(whole.of(text))).then(|| removal("remove this group", vec![whole]))
}

fn removal(title: &str, spans: Vec<Span>) -> Fix {
    let edits = spans.into_iter().map(|span| Edit { span, text: String::new() }).collect();
    Fix { title: title.to_owned(), edits }
}

/// Whether there may be a comment; two slashes in a string count too.
fn has_comment(text: &str) -> bool {
    text.contains("//")
}

/// The words and signs in a gap between rules or groups.
fn pieces(text: &str, gap: Span) -> Vec<Lexeme> {
    let found = lexemes(gap.of(text), &mut Vec::new());
    let placed =
        |l: Lexeme| Lexeme { span: Span { start: gap.start + l.span.start, end: gap.start + l.span.end }, ..l };
    found.into_iter().map(placed).collect()
}

fn word(text: &str, gap: Span, wanted: &str) -> Option<Span> {
    let is = |l: &&Lexeme| l.shape == Shape::Word && l.span.of(text).eq_ignore_ascii_case(wanted);
    pieces(text, gap).iter().find(is).map(|l| l.span)
}
