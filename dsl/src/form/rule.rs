//! One rule set to other data: edits of the parts that differ, and of no more.
//!
//! Comments within a replaced part stay, above what replaces it; those of values that are taken out go with them.

use super::change::Reason;
use super::data::{Operand, RuleData, Value};
use super::project::rule_data;
use super::reading::Reading;
use super::sequence::{Chunk, insertion, trimmed};
use super::spell;
use crate::ast::{self, Literal, RuleBody};
use crate::diagnostic::{Edit, Span};

/// Edits of a rule, and the comments that go with them.
#[derive(Debug, Default)]
pub(super) struct RuleEdits {
    pub edits: Vec<Edit>,
    pub lost: Vec<Span>,
}

impl Reading<'_> {
    /// Makes a rule say something else.
    pub fn set_rule(&self, rule: &ast::Rule, new: &RuleData) -> Result<RuleEdits, Reason> {
        let old = rule_data(rule);
        let mut out = RuleEdits::default();
        if old == *new {
            return Ok(out);
        }
        let spelled = spell::rule(new)?;
        let (RuleBody::Test { path, operation }, Some(before), Some(after)) = (&rule.body, &old.test, &new.test) else {
            if !self.between(rule.span).is_empty() {
                return Err(Reason::CommentsInside);
            }
            out.edits.push(trimmed(self.text, Edit { span: rule.span, text: spelled }));
            return Ok(out);
        };
        self.negate(rule, new.negated, path, &mut out.edits);
        if before.property != after.property {
            out.edits.push(Edit { span: path.span, text: after.property.path() });
        }
        let same_operator = before.operator == after.operator && before.distance == after.distance;
        let same_fx = before.fx == after.fx;
        if before.operand == after.operand && same_fx {
            if !same_operator {
                out.edits.push(self.replaced(operation.operator.span, &spell::operator(after)));
            }
        } else if !same_fx || !same_operator || !self.operand(&operation.operand, &after.operand, &mut out) {
            out.edits.push(self.replaced(operation.span, &spell::operation(after)));
        }
        Ok(out)
    }

    /// Writes or removes `not`. Comments behind it go behind the property, where they are the rule's still.
    fn negate(&self, rule: &ast::Rule, negated: bool, path: &ast::Path, edits: &mut Vec<Edit>) {
        match rule.not {
            None if negated => edits.push(insertion(rule.span.start, "not ".to_owned())),
            Some(not) if !negated => {
                let head = Span { start: not.start, end: path.span.start };
                edits.push(Edit { span: head, text: String::new() });
                let comments = self.above(head, path.span.end);
                if !comments.is_empty() {
                    edits.push(insertion(path.span.end, format!(" {comments}")));
                }
            }
            _ => {}
        }
    }

    /// Changes an operand part by part; `false` where it has other parts now.
    fn operand(&self, old: &ast::Operand, new: &Operand, out: &mut RuleEdits) -> bool {
        match (old, new) {
            (ast::Operand::Value(old), Operand::Value { value }) => out.edits.push(self.value(old, value)),
            (ast::Operand::List(old, span), Operand::List { values }) => return self.list(old, *span, values, out),
            (ast::Operand::Range(old), Operand::Range { low, high, .. }) => {
                let range = super::project::operand(&ast::Operand::Range(old.clone()));
                if !same_but_ends(&range, new) {
                    out.edits.push(self.replaced(old.span, &spell::operand(new)));
                    return true;
                }
                for (old, new) in [(&old.low, low), (&old.high, high)] {
                    out.edits.extend(old.as_ref().zip(new.as_ref()).and_then(|(o, n)| self.changed_value(o, n)));
                }
            }
            _ => return false,
        }
        true
    }

    /// Changes the values between those that both lists begin and end with.
    fn list(&self, old: &[ast::Value], span: Span, new: &[Value], out: &mut RuleEdits) -> bool {
        let sequence = self.values_of(old, span);
        let same = |(old, new): &(&ast::Value, &Value)| super::project::value(old) == **new;
        let start = old.iter().zip(new).take_while(same).count();
        let (old_rest, new_rest) = (&old[start..], &new[start..]);
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
        let (old_rest, new_rest) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
        let pairs = old_rest.iter().zip(new_rest);
        let count = pairs.len();
        out.edits.extend(pairs.filter_map(|(old, new)| self.changed_value(old, new)));
        if old_rest.len() > count {
            let range = start + count..start + old_rest.len();
            let (first, last) = (&sequence.elements[range.start], &sequence.elements[range.end - 1]);
            let Some(edits) = self.remove(&sequence, range) else { return false };
            out.edits.extend(edits);
            out.lost.extend(&first.before);
            out.lost.extend(self.between(first.span.to(last.span)));
            out.lost.extend(last.after);
        }
        if new_rest.len() > count {
            let texts: Vec<String> = new_rest[count..].iter().map(spell::value).collect();
            let text = self.joined(&sequence, start + count, &texts);
            let Some(edit) = self.insert(&sequence, start + count, &Chunk { text, ..Chunk::default() }) else {
                return false;
            };
            out.edits.push(edit);
        }
        true
    }

    fn changed_value(&self, old: &ast::Value, new: &Value) -> Option<Edit> {
        (super::project::value(old) != *new).then(|| self.value(old, new))
    }

    fn value(&self, old: &ast::Value, new: &Value) -> Edit {
        match (&old.literal, super::project::value(old), new) {
            (
                Literal::Money { amount, .. },
                Value::Money { currency: was, .. },
                Value::Money { currency, amount: to },
            ) if was == *currency && self.between(old.span).is_empty() => self.replaced(amount.span, to),
            _ => self.replaced(old.span, &spell::value(new)),
        }
    }

    /// Replaces a part that is not the rule's first; its comments stay above what replaces it.
    fn replaced(&self, span: Span, text: &str) -> Edit {
        let before = self.text[..span.start].chars().next_back();
        let apart = before.is_some_and(|c| !c.is_whitespace() && !matches!(c, '(' | ',' | '.' | '$'));
        let behind = self.text[span.end..].chars().next();
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '(' | '-' | '.' | '$');
        let space = |needed| if needed { " " } else { "" };
        let comments = self.above(span, span.start);
        let start = space(apart);
        // Between the ends of a range and at its dots nothing needs a space.
        let end = space(behind.is_some_and(word) && !self.text[span.end..].starts_with(".."));
        Edit { span, text: [start, &comments, text, end].concat() }
    }

    /// The comments of a span, each with the start of the next line behind it.
    fn above(&self, span: Span, at: usize) -> String {
        let comments = self.between(span);
        // A line's start may be far, and most parts have no comments.
        if comments.is_empty() {
            return String::new();
        }
        let line = self.line(at);
        comments.iter().map(|c| [c.of(self.text).trim_end(), &line].concat()).collect()
    }
}

fn same_but_ends(old: &Operand, new: &Operand) -> bool {
    let (
        Operand::Range { currency: c1, low: l1, high: h1, stray_currency: s1 },
        Operand::Range { currency: c2, low: l2, high: h2, stray_currency: s2 },
    ) = (old, new)
    else {
        return false;
    };
    c1 == c2 && s1.is_none() && s2.is_none() && l1.is_some() == l2.is_some() && h1.is_some() == h2.is_some()
}
