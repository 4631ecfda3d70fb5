//! Properties of completion over random texts and every offset of them.

use super::*;
use crate::diagnostic::{Edit, apply};
use crate::parser::parse_rule_set;
use proptest::prelude::*;

const TEXT: &str = "// note\nSTORE {\n  \"Title\": stdCategories in (\"hotel\", \"homestay\") and ext.`a b` > 1000\n    and \
                    priceRange in HKD 100..500 ~fx\n  or (not storeName@zh-HK ~1 \"東京 x\" and merchant.ext.x is set)\n}\n\
                    BENEFIT { benefitType all of (\"1\") and endTime > now() + 7d and amount != HK$ 4.5 }";

/// Where the grammar stops in a text; its end where it does not.
fn reach(text: &str) -> usize {
    parse_rule_set(text, &mut Vec::new()).map_or_else(|stop| stop.at, |_| text.len())
}

/// Every candidate at this place, applied, reads on to its own end, if the text before it reads on to there.
fn completions_fit(text: &str, offset: usize) {
    let found = complete_syntax(text, offset);
    let before = &text[..found.span.start];
    if reach(before) < before.trim_end().len() {
        return;
    }
    for candidate in &found.candidates {
        assert!(candidate.insert.is_char_boundary(candidate.cursor), "{candidate:?}");
        let edit = Edit { span: found.span, text: candidate.insert.clone() };
        let after = apply(&text[..found.span.end], &[edit]);
        assert!(
            reach(&after) >= after.trim_end().len(),
            "{candidate:?} in {before:?} gives {after:?}, read to {}",
            reach(&after)
        );
    }
}

#[test]
fn every_completion_fits_at_every_offset_of_a_text() {
    for offset in 0..=TEXT.len() + 2 {
        completions_fit(&TEXT[..TEXT.floor_char_boundary(offset)], offset);
        let found = complete_syntax(TEXT, offset);
        assert!(TEXT.get(found.span.start..found.span.end).is_some());
        hover_at(TEXT, offset);
    }
    assert_eq!(complete_syntax(TEXT, usize::MAX).span.start, TEXT.len());
}

proptest! {
    #[test]
    fn any_text_has_a_context_at_any_offset(text in "(\\PC|[\"`{}()@.~\n]|and |STORE |in |now){0,40}", offset in 0usize..200) {
        for text in [text.clone(), format!("STORE {{ storeName {text}"), format!("STORE {{ city in (\"{text}")] {
            let found = complete_syntax(&text, offset);
            prop_assert!(text.get(found.span.start..found.span.end).is_some());
            prop_assert!(found.candidates.iter().all(|c| c.insert.is_char_boundary(c.cursor)));
            hover_at(&text, offset);
        }
    }

    #[test]
    fn completions_fit_after_any_part_of_a_text(from in 0usize..TEXT.len(), length in 0usize..8) {
        let (from, to) = (TEXT.floor_char_boundary(from), TEXT.floor_char_boundary(from + length));
        completions_fit(&[&TEXT[..from], &TEXT[to..]].concat(), from);
    }
}
