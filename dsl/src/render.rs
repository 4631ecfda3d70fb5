//! Findings as a terminal shows them: code, place, the line with carets under the span, and the fixes.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity, Span};
use icu_properties::CodePointMapData;
use icu_properties::props::{EastAsianWidth, GeneralCategory};
use std::fmt::Write;

/// Characters of a line that are shown around a span; longer lines are cut, with `…` where something is left out.
const LINE_CHARS_MAX: usize = 120;
/// Fixes shown of one finding.
const FIXES_MAX: usize = 5;

/// Renders findings about `text`, with carets under each span; empty when there are none. Lines and columns count from 1,
/// columns in characters. Spans that are not of `text` are clamped to it.
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
    let mut out = format!("{severity}[{}]: {}\n", finding.code, finding.message);
    let _ = writeln!(out, "{margin}--> {file_name}:{number}:{column}");
    let _ = writeln!(out, "{margin} |\n{number} | {shown}\n{margin} | {carets}");
    for fix in finding.fixes.iter().take(FIXES_MAX) {
        let _ = writeln!(out, "{margin} = help: {}{}", fix.title, replacement(text, fix));
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
fn underline(line: &str, start: usize, end: usize) -> (String, String) {
    let before = line[..start].chars().count();
    let chars: Vec<char> = line.chars().collect();
    let after = before + line[start..end].chars().count();
    let first = before.saturating_sub(LINE_CHARS_MAX / 3).min(chars.len().saturating_sub(LINE_CHARS_MAX));
    let last = (first + LINE_CHARS_MAX).min(chars.len());
    let mut shown: String =
        chars[first..last].iter().map(|&c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }).collect();
    let mut carets: String = chars[first..before].iter().map(|&c| blank(c)).collect();
    let width: usize = chars[before..after.min(last)].iter().map(|&c| width(c)).sum();
    carets.push_str(&"^".repeat(width.max(1)));
    if first > 0 {
        shown.insert(0, '…');
        carets.insert(0, ' ');
    }
    if last < chars.len() {
        shown.push('…');
    }
    (shown, carets)
}

fn blank(c: char) -> String {
    if c == '\t' { "\t".to_owned() } else { " ".repeat(width(c)) }
}

/// Columns of a terminal that a character takes.
fn width(c: char) -> usize {
    if c.is_ascii() {
        return 1;
    }
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::Format => return 0,
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
