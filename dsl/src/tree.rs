//! The tree of a text for tools that work on what is written and not on what it means: formatter, form, completion.

use crate::ast::RuleSet;
use crate::diagnostic::Diagnostic;
use crate::limits::{DIAGNOSTICS_MAX, TEXT_BYTES_MAX};
use crate::recover;

/// A text's tree and what is wrong with its syntax.
#[derive(Clone, Debug)]
pub struct Tree {
    /// What could be read; all of the text where there is no error.
    pub rule_set: RuleSet,
    /// Errors of syntax, by place; at most [`DIAGNOSTICS_MAX`] of them. Names, kinds and values are not looked at.
    pub errors: Vec<Diagnostic>,
}

/// Reads a text's tree. Never panics; a text over the limit gives no tree and one error.
pub fn tree(text: &str) -> Tree {
    if text.len() > TEXT_BYTES_MAX {
        return Tree { rule_set: RuleSet::default(), errors: vec![Diagnostic::text_too_long(text)] };
    }
    let mut errors = Vec::new();
    let rule_set = recover::parse(text, &mut errors);
    errors.sort_by_key(|d| (d.span.start, d.span.end, d.code));
    errors.truncate(DIAGNOSTICS_MAX);
    Tree { rule_set, errors }
}
