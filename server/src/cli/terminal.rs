//! Text from elsewhere on a terminal: nothing that a merchant wrote may move the cursor, colour the screen or turn a line around.

pub use penstock_dsl::lint::thousands;
use std::borrow::Cow;
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with control, format and separator characters spelled out (`\u{1b}`); line feeds too.
pub fn safe(text: &str) -> Cow<'_, str> {
    escaped(text, is_risky, |out, c| out.extend(c.escape_unicode()))
}

/// The same of a text of several lines, whose line feeds and tabs stay.
pub fn safe_lines(text: &str) -> Cow<'_, str> {
    let risky = |c| is_risky(c) && !matches!(c, '\n' | '\t');
    escaped(text, risky, |out, c| out.extend(c.escape_unicode()))
}

/// JSON that means the same, with such characters as `\uXXXX`; outside strings JSON has none but white space.
pub fn safe_json(json: &str) -> Cow<'_, str> {
    let risky = |c| is_risky(c) && !matches!(c, '\n' | '\r' | '\t');
    escaped(json, risky, |out, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn escaped(text: &str, risky: impl Fn(char) -> bool, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.chars().any(&risky) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if risky(c) {
            escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn is_risky(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Safe text cut to a width in columns, with an ellipsis where something is missing.
pub fn cut(text: &str, columns_max: usize) -> String {
    let text = safe(text);
    if text.width() <= columns_max {
        return text.into_owned();
    }
    let (mut out, mut columns) = (String::new(), 0);
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if columns + width + 1 > columns_max {
            break;
        }
        columns += width;
        out.push(c);
    }
    out.push('…');
    out
}

/// Rows as lines with columns in line, two spaces between them. Columns named in `right` are aligned to the right.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.width());
            let (before, after) = if right.contains(&column) { (&*pad, "") } else { ("", &*pad) };
            line.push_str(&[before, cell, after, "  "].concat());
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(safe("Mga McDonald's ラーメン"), "Mga McDonald's ラーメン");
        assert_eq!(safe("a\u{1b}[31mb\r\n"), "a\\u{1b}[31mb\\u{d}\\u{a}");
        assert_eq!(safe("\u{9b}1m\u{202e}x\u{200b}"), "\\u{9b}1m\\u{202e}x\\u{200b}");
        assert_eq!(safe_lines("a\u{1b}[31m\r\n\tb\u{2028}\n"), "a\\u{1b}[31m\\u{d}\n\tb\\u{2028}\n");
    }

    #[test]
    fn json_stays_the_same_json() {
        let risky = "a\u{7f}\u{9b}1m\u{202e}\u{e0001}\u{2066}é";
        let json = format!("{{\n\t\"k\": {}}}", serde_json::to_string(risky).unwrap());
        let safe = safe_json(&json);
        assert!(safe.contains("a\\u007f\\u009b1m\\u202e\\udb40\\udc01\\u2066é"), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap()["k"], risky);
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("ラーメン屋", 6), "ラー…");
    }

    #[test]
    fn tables_are_in_line() {
        let rows = [vec!["ラ".into(), "1".into()], vec!["abc".into(), "20".into()]];
        assert_eq!(table(&rows, &[1]), "ラ    1\nabc  20\n");
    }
}
