//! The tree: every node lies in the text and inside its parent, in order, and a checked text has no error of syntax.

use crate::{OPTIONS, lies_in, well_formed};
use penstock_dsl::ast::{Block, Group, Operand, Rule, RuleBody};
use penstock_dsl::check::check;
use penstock_dsl::diagnostic::Span;
use penstock_dsl::tree;

/// Asserts what every tree promises.
pub fn holds(text: &str) {
    let tree = tree(text);
    well_formed(text, &tree.errors);
    assert!(tree.errors.iter().all(|finding| finding.is_error()));
    let whole = Span { start: 0, end: text.len() };
    inside(whole, tree.rule_set.blocks.iter().map(|block| block.span));
    tree.rule_set.blocks.iter().for_each(|b| block(text, b));
    if check(text, &OPTIONS).expr.is_some() {
        assert!(tree.errors.is_empty(), "a text with a meaning has errors of syntax: {:?}", tree.errors);
    }
}

/// Asserts that spans stand in a parent, one after the other.
fn inside(parent: Span, children: impl Iterator<Item = Span>) {
    let mut at = parent.start;
    for span in children {
        assert!(at <= span.start && span.start <= span.end && span.end <= parent.end, "{span:?} in {parent:?} at {at}");
        at = span.end;
    }
}

fn block(text: &str, block: &Block) {
    lies_in(text, block.span);
    inside(block.span, [block.content_type.span, block.body].into_iter());
    inside(block.body, block.groups.iter().map(|group| group.span));
    block.groups.iter().for_each(|g| group(text, g));
}

fn group(text: &str, group: &Group) {
    lies_in(text, group.span);
    let title = group.title.iter().map(|title| title.span);
    inside(group.span, title.chain(group.rules.iter().map(|rule| rule.span)));
    group.rules.iter().for_each(|r| rule(text, r));
}

fn rule(text: &str, rule: &Rule) {
    lies_in(text, rule.span);
    let RuleBody::Test { path, operation } = &rule.body else { return };
    inside(rule.span, rule.not.into_iter().chain([path.span, operation.span]));
    inside(path.span, path.segments.iter().map(|s| s.span).chain(path.locale.iter().map(|l| l.span)));
    let operand = match &operation.operand {
        Operand::None => None,
        Operand::Value(value) => Some(value.span),
        Operand::List(values, span) => {
            inside(*span, values.iter().map(|value| value.span));
            Some(*span)
        }
        Operand::Range(range) => {
            inside(range.span, range.low.iter().chain(&range.high).map(|value| value.span));
            Some(range.span)
        }
    };
    inside(operation.span, [operation.operator.span].into_iter().chain(operand).chain(operation.fx));
}
