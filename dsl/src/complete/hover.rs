//! What a cursor points at.

use crate::ast::{Block, Literal};
use crate::ast::{Operand, Operation, Operator, Path, Range, Rule, RuleBody, Value};
use crate::check::{self, CheckOptions, check};
use crate::diagnostic::Span;
use crate::expr::{Predicate, Subject};
use crate::lexeme::{Shape, lexemes};
use crate::print;
use crate::registry::ContentType;
use crate::tree::tree;

/// What stands under a cursor, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoverTarget {
    /// Its place.
    pub span: Span,
    /// The block's content type.
    pub content_type: Option<ContentType>,
    /// The rule's property, where the cursor is in a rule whose property is known.
    pub subject: Option<Subject>,
    /// Of a value: what its rule's operator asks with this value alone, without negation; `None` where that is an error.
    pub alone: Option<Predicate>,
    /// What it is.
    pub what: Hovered,
}

/// What a cursor points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hovered {
    /// A block's content type.
    ContentType(ContentType),
    /// A property.
    Property,
    /// An operator.
    Operator(Operator),
    /// A string on an operator's right.
    Value(String),
    /// A word of the language, in small letters.
    Keyword(&'static str),
}

const KEYWORDS: &[&str] = &["and", "or", "not", "all", "~fx"];

/// What the cursor at byte `offset` points at, in as much of the text as can be read.
pub fn hover_at(text: &str, offset: usize) -> Option<HoverTarget> {
    let offset = text.floor_char_boundary(offset);
    let tree = tree(text);
    let block = tree.rule_set.blocks.iter().find(|b| touches(b.span, offset))?;
    let content_type = ContentType::from_name(&block.content_type.node);
    let target = |span, what| HoverTarget { span, content_type, subject: None, alone: None, what };
    if touches(block.content_type.span, offset) {
        return content_type.map(|t| target(block.content_type.span, Hovered::ContentType(t)));
    }
    in_rules(text, block, content_type, offset).or_else(|| {
        let titles = block.groups.iter().filter_map(|g| g.title.as_ref());
        let in_title = titles.into_iter().any(|t| touches(t.span, offset));
        let (span, word) = keyword(text, offset).filter(|_| !in_title)?;
        Some(target(span, Hovered::Keyword(word)))
    })
}

fn touches(span: Span, offset: usize) -> bool {
    span.start <= offset && offset <= span.end
}

fn in_rules(text: &str, block: &Block, content_type: Option<ContentType>, offset: usize) -> Option<HoverTarget> {
    let mut rules = block.groups.iter().flat_map(|g| &g.rules).filter(|r| touches(r.span, offset));
    rules.find_map(|rule| in_rule(text, rule, content_type, offset))
}

fn in_rule(text: &str, rule: &Rule, content_type: Option<ContentType>, offset: usize) -> Option<HoverTarget> {
    let RuleBody::Test { path, operation } = &rule.body else { return None };
    let (span, what) = part(path, operation, offset)?;
    let subject = check::subject(text, path, content_type).map(|(subject, _)| subject);
    let alone = match &what {
        Hovered::Value(value) => content_type.and_then(|t| alone(text, path, operation, value, t)),
        _ => None,
    };
    Some(HoverTarget { span, content_type, subject, alone, what })
}

/// The meaning of a rule with one of its values alone.
fn alone(text: &str, path: &Path, operation: &Operation, value: &str, content_type: ContentType) -> Option<Predicate> {
    let [path, operator] = [path.span, operation.operator.span].map(|span| span.of(text));
    let (open, close) = match operation.operand {
        Operand::List(..) => ("(", ")"),
        Operand::Value(_) => ("", ""),
        Operand::Range(_) | Operand::None => return None,
    };
    let rule = format!("{content_type} {{ {path} {operator} {open}{}{close} }}", print::string(value));
    let block = check(&rule, &CheckOptions::default()).expr?.blocks.pop()?;
    let rule = block.groups.into_iter().flat_map(|group| group.rules).next()?;
    Some(rule.predicate)
}

/// The part of a rule under the cursor. Between two parts that touch, the later one counts.
fn part(path: &Path, operation: &Operation, offset: usize) -> Option<(Span, Hovered)> {
    if let Some(fx) = operation.fx.filter(|&fx| touches(fx, offset)) {
        return Some((fx, Hovered::Keyword("~fx")));
    }
    let texts = values(&operation.operand).filter_map(|value| match &value.literal {
        Literal::Text(text) => Some((value.span, text)),
        _ => None,
    });
    if let Some((span, text)) = texts.into_iter().find(|(span, _)| touches(*span, offset)) {
        return Some((span, Hovered::Value(text.clone())));
    }
    if touches(operation.operator.span, offset) {
        return Some((operation.operator.span, Hovered::Operator(operation.operator.node)));
    }
    touches(path.span, offset).then_some((path.span, Hovered::Property))
}

fn values(operand: &Operand) -> impl Iterator<Item = &Value> {
    let (list, one, other) = match operand {
        Operand::List(values, _) => (values.as_slice(), None, None),
        Operand::Value(value) => (&[][..], Some(value), None),
        Operand::Range(Range { low, high, .. }) => (&[][..], low.as_ref(), high.as_ref()),
        Operand::None => (&[][..], None, None),
    };
    list.iter().chain(one).chain(other)
}

/// The keyword under the cursor, outside of strings and comments.
fn keyword(text: &str, offset: usize) -> Option<(Span, &'static str)> {
    let lexemes = lexemes(text, &mut Vec::new());
    let lexeme = lexemes.iter().find(|l| l.shape == Shape::Word && touches(l.span, offset))?;
    let word = KEYWORDS.iter().find(|word| word.eq_ignore_ascii_case(lexeme.span.of(text)))?;
    Some((lexeme.span, word))
}
