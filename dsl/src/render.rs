//! Findings as a terminal shows them: code, place, the line with carets under the span, and the fixes.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity, Span};
use icu_properties::CodePointMapData;
use icu_properties::props::{EastAsianWidth, GeneralCategory};
use std::borrow::Cow;
use std::fmt::Write;

/// Characters of a line that are shown around a span; longer lines are cut, with `…` where something is left out.
const LINE_CHARS_MAX: usize = 120;
/// Fixes shown of one finding.
const FIXES_MAX: usize = 5;

/// Renders findings about `text`, with carets under each span; empty when there are none. Lines and columns count from 1,
/// columns in characters. Spans that are not of `text` are clamped to it. Of control and format characters only line
/// feeds between lines come out: a tab is one space, others are spelled out (`\u{202e}`), so no text steers a terminal.
pub fn render(text: &str, file_name: &str, diagnostics: &[Diagnostic]) -> String {
    let lines = line_starts(text);
    let rendered: Vec<String> = diagnostics.iter().map(|d| one(text, &lines, file_name, d)).collect();
    rendered.join("\n")
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

fn one(text: &str, lines: &[usize], file_name: &str, finding: &Diagnostic) -> String {
    let start = text.floor_char_boundary(finding.span.start);
    let end = text.floor_char_boundary(finding.span.end).max(start);
    let number = lines.partition_point(|&at| at <= start);
    let line_start = lines[number - 1];
    let line_end = lines.get(number).map_or(text.len(), |&next| next - 1).max(start);
    let line = text[line_start..line_end].trim_end_matches('\r');
    let column = text[line_start..start].chars().count() + 1;
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (shown, carets) = underline(line, (start - line_start).min(line.len()), (end - line_start).min(line.len()));
    let margin = " ".repeat(number.to_string().len());
    let mut out = format!("{severity}[{}]: {}\n", finding.code, safe(&finding.message));
    let _ = writeln!(out, "{margin}--> {}:{number}:{column}", safe(file_name));
    let _ = writeln!(out, "{margin} |\n{number} | {shown}\n{margin} | {carets}");
    for fix in finding.fixes.iter().take(FIXES_MAX) {
        let _ = writeln!(out, "{margin} = help: {}", safe(&(fix.title.clone() + &replacement(text, fix))));
    }
    out
}

/// What a fix of one edit makes of the text, where the title does not show it already.
fn replacement(text: &str, fix: &Fix) -> String {
    match fix.edits.as_slice() {
        [edit] if !edit.text.is_empty() && !fix.title.contains(edit.text.trim()) && edit.text.len() <= 80 => {
            match edit.span.of(text) {
                "" => format!(": insert {}", edit.text.trim()),
                _ if edit.text.contains('`') => format!(": {}", edit.text),
                _ => format!(": `{}`", edit.text),
            }
        }
        _ => String::new(),
    }
}

/// The line, cut to what surrounds the span, and the carets that go under it.
fn underline(whole: &str, start: usize, end: usize) -> (String, String) {
    // However long the line is, no more of it is looked at than could be shown.
    let from = whole[..start].char_indices().rev().take(LINE_CHARS_MAX).last().map_or(start, |(at, _)| at);
    let to = whole[start..].char_indices().nth(LINE_CHARS_MAX).map_or(whole.len(), |(at, _)| start + at);
    let line = &whole[from..to];
    let (start, end) = (start - from, end.clamp(start, to) - from);
    let before = line[..start].chars().count();
    let chars: Vec<char> = line.chars().collect();
    let after = before + line[start..end].chars().count();
    let first = before.saturating_sub(LINE_CHARS_MAX / 3).min(chars.len().saturating_sub(LINE_CHARS_MAX));
    let last = (first + LINE_CHARS_MAX).min(chars.len());
    let mut shown = String::new();
    let mut carets = String::new();
    for (at, &c) in chars.iter().enumerate().take(last).skip(first) {
        let spelled = spelled(c);
        let columns = spelled.chars().map(width).sum();
        shown.push_str(&spelled);
        match at {
            _ if at < before => carets.push_str(&" ".repeat(columns)),
            _ if at < after => carets.push_str(&"^".repeat(columns)),
            _ => {}
        }
    }
    if !carets.ends_with('^') {
        carets.push('^');
    }
    if from > 0 || first > 0 {
        shown.insert(0, '…');
        carets.insert(0, ' ');
    }
    if last < chars.len() || to < whole.len() {
        shown.push('…');
    }
    (shown, carets)
}

/// A text on one line, with nothing in it that steers a terminal.
fn safe(text: &str) -> String {
    text.chars().map(spelled).collect()
}

/// A character as it is shown.
fn spelled(c: char) -> Cow<'static, str> {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    match category {
        _ if c == '\t' => Cow::Borrowed(" "),
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::Unassigned => Cow::Owned(c.escape_unicode().to_string()),
        _ => Cow::Owned(c.to_string()),
    }
}

/// Columns of a terminal that a character takes.
fn width(c: char) -> usize {
    if c.is_ascii() {
        return 1;
    }
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => return 0,
        _ => {}
    }
    match CodePointMapData::<EastAsianWidth>::new().get(c) {
        EastAsianWidth::Wide | EastAsianWidth::Fullwidth => 2,
        _ => 1,
    }
}

/// Applies a fix's edits to a text. Edits that overlap or do not fit are left out.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Edit { span: Span { start, end }, text: new } in edits {
        if *start < at || end < start || !text.is_char_boundary(*start) || !text.is_char_boundary(*end) {
            continue;
        }
        out.push_str(&text[at..*start]);
        out.push_str(new);
        at = *end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line as shown, and what of it the carets underline.
    fn shown(text: &str, marked: &str) -> (String, String) {
        let start = text.find(marked).unwrap();
        let (line, carets) = underline(text, start, start + marked.len());
        let columns = |text: &str| text.chars().map(width).sum::<usize>();
        let before = carets.len() - carets.trim_start().len();
        let under = line.char_indices().filter(|(at, _)| (before..carets.len()).contains(&columns(&line[..*at])));
        let under = under.map(|(_, c)| c).collect();
        (line, under)
    }

    #[test]
    fn carets_stand_under_what_is_shown() {
        for (text, marked, line, under) in [
            ("\ta\t= b", "a\t=", " a = b", "a ="),
            ("\"\u{1f468}\u{200d}\u{1f469}\" xyz", "xyz", "\"\u{1f468}\\u{200d}\u{1f469}\" xyz", "xyz"),
            ("\"\u{202e}a\" b", "\u{202e}a", "\"\\u{202e}a\" b", "\\u{202e}a"),
            ("東京\u{1b}[31m = 1", "=", "東京\\u{1b}[31m = 1", "="),
        ] {
            assert_eq!(shown(text, marked), (line.to_owned(), under.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_span() {
        let (many, few) = ("é".repeat(500), "é".repeat(30));
        for (before, after, kept_before, kept_after) in
            [(&many, &many, 40, 79), (&many, &few, 89, 30), (&few, &many, 30, 89), (&few, &few, 30, 30)]
        {
            let (line, under) = shown(&format!("{before}x{after}"), "x");
            let dots = |cut: bool| if cut { "…" } else { "" };
            let (left, right) = (dots(before == &many), dots(after == &many));
            assert_eq!(line, format!("{left}{}x{}{right}", "é".repeat(kept_before), "é".repeat(kept_after)));
            assert_eq!(under, "x");
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let text = "\u{9b}1m\u{2028}\r \u{202e}\u{feff}x";
        let finding =
            Diagnostic::error("E001", Span { start: 0, end: 2 }, text).fix(text, Span { start: 0, end: 1 }, text);
        let rendered = render(text, text, &[finding]);
        let steers = |c: char| c != '\n' && (c.is_control() || "\u{2028}\u{202e}\u{feff}".contains(c));
        assert!(!rendered.contains(steers), "{rendered:?}");
        assert_eq!(rendered.lines().count(), 6, "{rendered}");
    }
}
