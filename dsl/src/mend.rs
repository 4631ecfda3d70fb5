//! Spellings of other languages, read as what is written here, so that they hide no other error of a text.
//!
//! Invariants: a text that the grammar takes is left alone; each spelling gives one error with one fix, and the mended
//! text is the text with these fixes applied. Findings about it are brought back to the places of the text as written.

use crate::diagnostic::{Diagnostic, Span};
use crate::lexeme::{Lexeme, Shape, lexemes};
use crate::parser;
use crate::syntax;
use std::collections::BTreeSet;

/// A text without foreign spellings.
pub struct Mended {
    /// The text to read instead.
    pub text: String,
    slips: Vec<Diagnostic>,
    /// By place: what was replaced, and where its replacement stands.
    moved: Vec<(Span, Span)>,
}

/// Replaces foreign spellings; `None` where there are none.
pub fn mend(text: &str) -> Option<Mended> {
    let slips = slips(text);
    if slips.is_empty() || parser::parse_rule_set(text, &mut Vec::new()).is_ok() {
        return None;
    }
    let mut mended = Mended { text: String::with_capacity(2 * text.len()), slips, moved: Vec::new() };
    let mut at = 0;
    for edit in mended.slips.iter().flat_map(|s| &s.fixes).flat_map(|f| &f.edits) {
        mended.text.push_str(&text[at..edit.span.start]);
        let start = mended.text.len();
        mended.text.push_str(&edit.text);
        mended.moved.push((edit.span, Span { start, end: mended.text.len() }));
        at = edit.span.end;
    }
    mended.text.push_str(&text[at..]);
    Some(mended)
}

impl Mended {
    /// Findings about the mended text as findings about the text as written, and the foreign spellings' own.
    pub fn findings(self, mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for finding in &mut findings {
            finding.span = self.written(finding.span);
            for edit in finding.fixes.iter_mut().flat_map(|f| &mut f.edits) {
                edit.span = self.written(edit.span);
            }
        }
        // An operator that would not fit either has a better fix already.
        let fixed: BTreeSet<_> =
            findings.iter().filter(|d| !d.fixes.is_empty()).map(|d| (d.span.start, d.span.end)).collect();
        findings.extend(self.slips.into_iter().map(|mut slip| {
            if fixed.contains(&(slip.span.start, slip.span.end)) {
                slip.fixes.clear();
            }
            slip
        }));
        findings
    }

    fn written(&self, span: Span) -> Span {
        let start = self.place(span.start, |was| was.start);
        let end = if span.end > span.start { self.place(span.end, |was| was.end) } else { start };
        Span { start, end }
    }

    /// A place as written; `inside` gives it where it lies within a replacement.
    fn place(&self, at: usize, inside: impl Fn(Span) -> usize) -> usize {
        match self.moved.partition_point(|(_, new)| new.start < at).checked_sub(1).map(|i| self.moved[i]) {
            Some((was, new)) if at < new.end => inside(was),
            Some((was, new)) => was.end + (at - new.end),
            None => at,
        }
    }
}

/// The foreign spellings, by place.
fn slips(text: &str) -> Vec<Diagnostic> {
    // Quotes that do not close are reported when the mended text is read.
    let lexemes = lexemes(text, &mut Vec::new());
    let mut out: Vec<Diagnostic> = Vec::new();
    let mut end = 0;
    for (at, lexeme) in lexemes.iter().enumerate().filter(|(_, l)| matches!(l.shape, Shape::Sign(_) | Shape::Word)) {
        let start = lexeme.span.start;
        if start < end || lexeme.shape == Shape::Word && !is_operator(text, &lexemes, at) {
            continue;
        }
        if let Some(slip) = syntax::foreign(text, start).or_else(|| syntax::single_quoted(text, start)) {
            end = slip.span.end;
            out.push(slip);
        }
    }
    out
}

/// Whether a word stands between a path and a value, where only an operator can.
fn is_operator(text: &str, lexemes: &[Lexeme], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|i| lexemes[i]), lexemes.get(at + 1)) else {
        return false;
    };
    let path = match before.shape {
        Shape::Word => {
            let in_path = text[..before.span.start].ends_with(['.', '@']);
            in_path || !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(before.span.of(text)))
        }
        Shape::Quoted | Shape::Sign('*') => true,
        Shape::Text | Shape::Sign(_) | Shape::Broken => false,
    };
    let value = match after.shape {
        Shape::Text | Shape::Broken | Shape::Sign('\'' | '(') => true,
        // `not in`
        Shape::Word => after.span.of(text).eq_ignore_ascii_case("in"),
        Shape::Quoted | Shape::Sign(_) => false,
    };
    path && value
}

/// Words that end no path.
const RESERVED: &[&str] =
    &["and", "or", "not", "in", "is", "of", "all", "none", "within", "contains", "before", "after", "on"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_spellings_are_replaced() {
        for (text, mended) in [
            ("a==1&&b like 'x \"y'", "a=1 and b contains \"x \\\"y\""),
            ("`a b` LIKE \"==\" || c@* has (\"x\") // &&", "`a b` contains \"==\" or c@* contains (\"x\") // &&"),
            ("ext.not not in (\"a\"，\"b\")", "ext.not none of (\"a\",\"b\")"),
        ] {
            assert_eq!(mend(text).map(|m| m.text).as_deref(), Some(mended), "{text}");
        }
        for alone in ["STORE { ext.like = \"&&\" and not ext.has is set }", "like { has = 1 }", "a matches \"x\""] {
            assert!(mend(alone).is_none(), "{alone}");
        }
    }

    #[test]
    fn places_are_those_of_the_text_as_written() {
        let text = "a==1&&b ≥ 2 and c";
        let mended = mend(text).unwrap();
        for piece in ["a", "1", "b", "2 and c"] {
            let start = mended.text.rfind(piece).unwrap_or_else(|| panic!("{piece}"));
            let start = if piece == "a" { 0 } else { start };
            let written = mended.written(Span { start, end: start + piece.len() });
            assert_eq!(written.of(text), piece);
        }
        let and = mended.text.find("and").unwrap();
        assert_eq!(mended.written(Span { start: and, end: and + 3 }).of(text), "&&");
        let end = mended.text.len();
        assert_eq!(mended.written(Span { start: end, end }), Span { start: text.len(), end: text.len() });
    }
}
