//! What the formatter promises, over random texts; how it lays out is in `cases/`.

#[allow(dead_code)] // each test has use for a part
mod support;

use penstock_dsl::check::check;
use penstock_dsl::format::format;
use proptest::prelude::*;
use support::{Sample, comments, options, samples, shape};

proptest! {
    #[test]
    fn the_tree_and_the_meaning_stay(Sample { text, .. } in samples()) {
        let formatted = format(&text).unwrap();
        prop_assert_eq!(shape(&formatted), shape(&text));
        let meaning = |text: &str| {
            let checked = check(text, &options());
            let expr = checked.expr.unwrap_or_else(|| panic!("{text}\n{:?}", checked.diagnostics));
            (expr.canonical(), expr.hash())
        };
        prop_assert_eq!(meaning(&formatted), meaning(&text));
    }

    #[test]
    fn every_comment_stays_in_order(sample in samples()) {
        prop_assert_eq!(&comments(&sample.text), &sample.comments, "the generator");
        prop_assert_eq!(comments(&format(&sample.text).unwrap()), sample.comments);
    }

    #[test]
    fn what_is_formatted_stays_as_it_is(Sample { text, .. } in samples()) {
        let once = format(&text).unwrap();
        prop_assert_eq!(format(&once).unwrap(), once);
    }

    #[test]
    fn lines_are_neat(Sample { text, .. } in samples()) {
        let formatted = format(&text).unwrap();
        prop_assert!(formatted.ends_with('\n'));
        prop_assert!(!formatted.starts_with('\n') && !formatted.ends_with("\n\n") && !formatted.contains("\n\n\n"));
        for line in formatted.split('\n') {
            prop_assert_eq!(line.trim_end(), line);
            prop_assert!(!line.contains(['\t', '\r', '\u{FEFF}']), "{:?}", line);
            // Only a string or a comment is ever too long, not two values of a list.
            prop_assert!(line.chars().count() <= 100 || !line.contains("\", \"") || line.contains("//"), "{}", line);
        }
    }

    #[test]
    fn any_text_is_formatted_or_refused(text in "\\PC{0,80}", Sample { text: valid, .. } in samples(), at in any::<prop::sample::Index>()) {
        let _ = format(&text);
        let cut = valid.floor_char_boundary(at.index(valid.len()));
        for text in [format!("STORE {{ {text} }}"), valid[cut..].to_owned(), format!("{}{text}{}", &valid[..cut], &valid[cut..])] {
            if let Ok(formatted) = format(&text) {
                prop_assert_eq!(format(&formatted), Ok(formatted));
            }
        }
    }
}
