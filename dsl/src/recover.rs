//! Text to as much of a tree as can be had.

use crate::ast::RuleSet;
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::parser;

/// Parses a text; every finding makes the tree incomplete.
pub fn parse(text: &str, findings: &mut Vec<Diagnostic>) -> RuleSet {
    match parser::parse_rule_set(text, findings) {
        Ok(tree) => tree,
        Err(stop) => {
            let message = format!("expected {}", stop.expected.join(", "));
            findings.push(Diagnostic::error(code::SYNTAX, Span { start: stop.at, end: stop.at }, message));
            RuleSet::default()
        }
    }
}
