//! The limits on a tree: how many rules, groups and values, and how long their strings.

use super::Checker;
use crate::ast::{Literal, Operand, RuleBody, RuleSet, Value};
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::limits::{GROUPS_MAX, KEY_BYTES_MAX, RULES_MAX, STRING_CHARS_MAX, VALUES_MAX};

/// Counts up to a limit; remembers where it was first exceeded.
struct Counter {
    left: usize,
    over: Option<Span>,
}

impl Counter {
    fn new(most: usize) -> Self {
        Counter { left: most, over: None }
    }

    fn count(&mut self, span: Span) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.over = self.over.or(Some(span)),
        }
    }
}

impl Checker<'_> {
    /// Reports each limit that the tree exceeds, once.
    pub(super) fn size(&mut self, tree: &RuleSet) {
        let (mut groups, mut rules) = (Counter::new(GROUPS_MAX), Counter::new(RULES_MAX));
        let mut values = Counter::new(VALUES_MAX);
        for group in tree.blocks.iter().flat_map(|b| &b.groups) {
            groups.count(group.span);
            if let Some(title) = &group.title {
                self.string_size(&title.node, title.span);
            }
            for rule in &group.rules {
                rules.count(rule.span);
                if let RuleBody::Test { path, operation } = &rule.body {
                    for segment in path.segments.iter().filter(|s| s.name.len() > KEY_BYTES_MAX) {
                        let message = format!("a name has at most {KEY_BYTES_MAX} bytes");
                        self.error(code::STRING_TOO_LONG, segment.span, message);
                    }
                    operand_values(&operation.operand).for_each(|v| {
                        values.count(v.span);
                        if let Literal::Text(text) = &v.literal {
                            self.string_size(text, v.span);
                        }
                    });
                }
            }
        }
        self.over(groups.over, code::TOO_MANY_GROUPS, "rule groups", GROUPS_MAX);
        self.over(rules.over, code::TOO_MANY_RULES, "rules", RULES_MAX);
        self.over(values.over, code::TOO_MANY_VALUES, "values", VALUES_MAX);
    }

    fn over(&mut self, over: Option<Span>, code: &'static str, what: &str, most: usize) {
        if let Some(span) = over {
            self.report(Diagnostic::error(
                code,
                span,
                format!("a rule set has at most {most} {what}; this one is over"),
            ));
        }
    }

    fn string_size(&mut self, text: &str, span: Span) {
        let chars = text.chars().count();
        if chars > STRING_CHARS_MAX {
            let message = format!("a string has at most {STRING_CHARS_MAX} characters, and this one has {chars}");
            self.error(code::STRING_TOO_LONG, span, message);
        }
    }
}

fn operand_values(operand: &Operand) -> impl Iterator<Item = &Value> {
    let (list, one, ends) = match operand {
        Operand::None => (&[][..], None, [None, None]),
        Operand::Value(value) => (&[][..], Some(value), [None, None]),
        Operand::List(values, _) => (&values[..], None, [None, None]),
        Operand::Range(range) => (&[][..], None, [range.low.as_ref(), range.high.as_ref()]),
    };
    list.iter().chain(one).chain(ends.into_iter().flatten())
}
