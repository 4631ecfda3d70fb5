//! Completion and hover: whatever the text and the place, what comes lies in the text.

use crate::lies_in;
use penstock_dsl::complete::{complete_syntax, hover_at};

/// Asserts what completion and hover promise at byte `at`, which need not be a character's.
pub fn holds(text: &str, at: usize) {
    let completions = complete_syntax(text, at);
    lies_in(text, completions.span);
    for candidate in &completions.candidates {
        assert!(candidate.insert.is_char_boundary(candidate.cursor), "{candidate:?}");
    }
    if let Some(target) = hover_at(text, at) {
        lies_in(text, target.span);
    }
}
