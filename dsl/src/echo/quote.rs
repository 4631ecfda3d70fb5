//! An operator's strings, made safe to show between quotation marks.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

/// A string without white space at its ends, as no rule heeds it; what cannot be seen, what steers a screen, a backslash and
/// any of `marks` is spelled out (`\u{202e}`), so that different strings look different and none closes its quotation marks.
pub(super) fn spelled(text: &str, marks: [char; 2]) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.trim().chars().enumerate() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if marks.contains(&c) || is_hidden(c) || at == 0 && is_mark(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn is_hidden(c: char) -> bool {
    let hidden = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    );
    hidden || c.is_whitespace() || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character joins the one before it, which would be the quotation mark.
fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_show_what_is_in_them() {
        for (text, shown) in [
            (" Café  東京 ", "Café  東京"),
            ("a” or “b", "a\\u{201d} or \\u{201c}b"),
            ("\\u{201d}\n\t\0", "\\\\u{201d}\\n\\t\\u{0}"),
            ("\u{202e}a\u{200b}b\u{3000}c\u{3164}", "\\u{202e}a\\u{200b}b\\u{3000}c\\u{3164}"),
            ("\u{301}e\u{301}", "\\u{301}e\u{301}"),
        ] {
            assert_eq!(spelled(text, ['“', '”']), shown);
        }
    }
}
