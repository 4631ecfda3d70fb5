//! Merchants' texts in cells: nothing that a spreadsheet would run, nothing that XML cannot hold.

use std::borrow::Cow;

/// Characters of a cell that Excel takes, UTF-16 code units.
pub const CELL_UNITS_MAX: usize = 32_767;

/// A text as a field of CSV, that no spreadsheet takes for a formula: one that begins like one gets an apostrophe before it
/// (OWASP, "CSV injection"). What spreadsheets skip before it does not hide it. Control characters are left out.
pub fn inert(text: &str) -> Cow<'_, str> {
    let plain = printable(text);
    if plain.starts_with(['\t', '\r', '\n']) || plain.trim_start_matches(skipped).starts_with(begins_formula) {
        return Cow::Owned(format!("'{plain}"));
    }
    plain
}

/// A text without the characters that XML 1.0 does not allow, which terminals may obey.
fn printable(text: &str) -> Cow<'_, str> {
    let illegal = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(illegal) { Cow::Owned(text.replace(illegal, "")) } else { Cow::Borrowed(text) }
}

fn skipped(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

/// The ASCII signs, and their full-width and small forms, which some locales read as the same.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '\u{2212}')
}

/// A text as a cell of a workbook: without characters that XML 1.0 does not allow, and cut where Excel would refuse it.
pub fn in_sheet(text: &str) -> Cow<'_, str> {
    let plain = printable(text);
    // A text has at most as many code units as bytes.
    if plain.len() <= CELL_UNITS_MAX {
        return plain;
    }
    let mut units = 0;
    let end = plain.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > CELL_UNITS_MAX
    });
    match end {
        Some((at, _)) => Cow::Owned(plain[..at].to_owned()),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_a_formula_is_made_inert() {
        for bad in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\tx",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            " =1",
            "\u{feff}=1",
            "\u{a0}@x",
            "−1",
            "﹦1",
        ] {
            assert_eq!(inert(bad), format!("'{bad}"), "{bad:?}");
        }
        assert_eq!(inert("\u{0}=1"), "'=1");
        assert_eq!(inert("a\u{1b}[2Jb"), "a[2Jb");
        for good in ["", "a=1", "'=1", "7 Eleven", "東京", "a\t=1"] {
            assert_eq!(inert(good), good);
        }
    }

    #[test]
    fn a_sheet_gets_what_xml_and_excel_take() {
        assert_eq!(in_sheet("a\u{0}b\u{1f}\tc\u{ffff}"), "ab\tc");
        assert_eq!(in_sheet(&"x".repeat(40_000)).len(), CELL_UNITS_MAX);
        assert_eq!(in_sheet(&"😀".repeat(20_000)).chars().count(), CELL_UNITS_MAX / 2);
        assert_eq!(in_sheet(&"東".repeat(20_000)).chars().count(), 20_000);
    }
}
