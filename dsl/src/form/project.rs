//! Tree to form. All that is derived for a rule (kind, widget, operators) depends on its data alone.

use super::data::{
    Block, Comment, Form, Group, Namespace, Operand, Operator, Owner, Place, Property, Rule, RuleData, Test, Value,
    Widget,
};
use super::reading::{Reading, Sequence};
use crate::ast;
use crate::check::operator::Kindred;
use crate::code;
use crate::diagnostic::Span;
use crate::print;
use crate::registry::{ContentType, Kind, PropId};

impl Reading<'_> {
    /// The form of the text.
    pub(super) fn form(&self) -> Form {
        let blocks = self.tree.rule_set.blocks.iter().enumerate().map(|(at, block)| self.block(at, block)).collect();
        // A text without rules was read to its end.
        let complete = self.tree.errors.iter().all(|e| e.code == code::EMPTY_TEXT);
        let comments = self.comments(&self.blocks.rest, Place::After).collect();
        Form { blocks, comments, complete, errors: self.tree.errors.clone() }
    }

    fn block(&self, at: usize, block: &ast::Block) -> Block {
        let (element, groups) = (&self.blocks.elements[at], &self.groups[at]);
        let head = Span { start: block.content_type.span.end, end: block.body.start };
        let mut comments: Vec<Comment> = self.comments(&element.before, Place::Before).collect();
        comments.extend(self.comments(self.between(head), Place::Before));
        comments.extend(self.comments(groups.opening.as_slice(), Place::Before));
        comments.extend(self.comments(&groups.rest, Place::After));
        comments.extend(self.comments(element.after.as_slice(), Place::After));
        Block {
            content_type: block.content_type.node.clone(),
            canonical_type: ContentType::from_name(&block.content_type.node),
            groups: block.groups.iter().enumerate().map(|(g, group)| self.group(at, g, group)).collect(),
            comments,
            span: block.span,
        }
    }

    fn group(&self, block: usize, at: usize, group: &ast::Group) -> Group {
        let (element, rules) = (&self.groups[block].elements[at], &self.rules[block][at]);
        let first = rules.elements.first().map_or(group.span.end, |e| e.span.start);
        let mut comments: Vec<Comment> = self.comments(&element.before, Place::Before).collect();
        comments.extend(self.comments(self.between(Span { start: group.span.start, end: first }), Place::Before));
        if in_parens(group) {
            comments.extend(self.comments(&rules.rest, Place::After));
            comments.extend(self.comments(element.after.as_slice(), Place::After));
        }
        Group {
            title: group.title.as_ref().map(|t| t.node.clone()),
            rules: group.rules.iter().enumerate().map(|(r, rule)| self.rule(rules, r, rule)).collect(),
            comments,
            span: group.span,
        }
    }

    fn rule(&self, rules: &Sequence, at: usize, rule: &ast::Rule) -> Rule {
        let element = &rules.elements[at];
        let before = self.comments(&element.before, Place::Before);
        let inside = self.comments(self.between(rule.span), Place::Inside);
        let after = self.comments(element.after.as_slice(), Place::After);
        Rule::new(rule_data(rule), before.chain(inside).chain(after).collect(), rule.span)
    }

    fn comments<'c>(&'c self, spans: &'c [Span], place: Place) -> impl Iterator<Item = Comment> + 'c {
        spans.iter().map(move |&span| Comment {
            text: span.of(self.text).trim_start_matches("//").trim().to_owned(),
            place,
            span,
        })
    }
}

/// Whether a group stands in parentheses.
pub(super) fn in_parens(group: &ast::Group) -> bool {
    group.rules.last().is_some_and(|last| last.span.end < group.span.end)
}

impl Rule {
    /// A rule with all that is derived from its data.
    pub(super) fn new(data: RuleData, comments: Vec<Comment>, span: Span) -> Self {
        let kindred = data.test.as_ref().map(|test| kindred(&test.property));
        Rule {
            path: data.test.as_ref().map(|test| test.property.path()),
            kind: data.test.as_ref().and_then(|test| kind(&test.property)),
            widget: widget(&data),
            operators: kindred.map_or(&[][..], Kindred::takes).iter().map(|&o| Operator::of(o)).collect(),
            data,
            comments,
            span,
        }
    }
}

/// What a rule says.
pub(super) fn rule_data(rule: &ast::Rule) -> RuleData {
    let test = match &rule.body {
        ast::RuleBody::All => None,
        ast::RuleBody::Test { path, operation } => Some(Test {
            property: property(path),
            operator: Operator::of(operation.operator.node),
            distance: match operation.operator.node {
                ast::Operator::Fuzzy(distance) => distance,
                _ => None,
            },
            operand: operand(&operation.operand),
            fx: operation.fx.is_some(),
        }),
    };
    RuleData { negated: rule.not.is_some(), test }
}

fn property(path: &ast::Path) -> Property {
    let (owner, segments) = match path.segments.as_slice() {
        [first, rest @ ..] if first.name == "merchant" && !rest.is_empty() => (Owner::Merchant, rest),
        all => (Owner::Item, all),
    };
    let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
    let (namespace, name) = match names.as_slice() {
        [name] => (Namespace::Property, (*name).to_owned()),
        ["ext", key] => (Namespace::Ext, (*key).to_owned()),
        ["tag", "algo", name] => (Namespace::TagAlgo, (*name).to_owned()),
        ["tag", "custom", name] => (Namespace::TagCustom, (*name).to_owned()),
        _ => (Namespace::Other, segments.iter().map(spelled).collect::<Vec<_>>().join(".")),
    };
    Property { owner, namespace, name, locale: path.locale.as_ref().map(|l| l.node.clone()) }
}

/// A segment as it must be written to be read as it was.
fn spelled(segment: &ast::Segment) -> String {
    if segment.quoted { print::quoted_name(&segment.name) } else { segment.name.clone() }
}

pub(super) fn operand(operand: &ast::Operand) -> Operand {
    match operand {
        ast::Operand::None => Operand::None,
        ast::Operand::Value(one) => Operand::Value { value: value(one) },
        ast::Operand::List(values, _) => Operand::List { values: values.iter().map(value).collect() },
        ast::Operand::Range(range) => Operand::Range {
            currency: range.currency.as_ref().map(print::code),
            low: range.low.as_ref().map(value),
            high: range.high.as_ref().map(value),
            stray_currency: range.stray_currency.as_ref().map(|c| c.node.clone()),
        },
    }
}

pub(super) fn value(value: &ast::Value) -> Value {
    match &value.literal {
        ast::Literal::Text(text) => Value::Text { text: text.clone() },
        ast::Literal::Number(number) => Value::Number { number: number.clone() },
        ast::Literal::Date(_) => Value::Date { date: print::value(value) },
        ast::Literal::Now(offset) => Value::Now {
            offset: offset.as_ref().map(|o| format!("{}{}", if o.minus { '-' } else { '+' }, o.duration.node)),
        },
        ast::Literal::Bool(boolean) => Value::Boolean { boolean: *boolean },
        ast::Literal::Money { currency, amount } => {
            Value::Money { currency: print::code(currency), amount: amount.node.clone() }
        }
        ast::Literal::ReversedMoney { currency, amount } => {
            Value::ReversedMoney { currency: currency.node.clone(), amount: amount.node.clone() }
        }
        ast::Literal::Word(word) => Value::Word { word: word.clone() },
    }
}

/// The kind of a declared property; tags are lists.
fn kind(property: &Property) -> Option<Kind> {
    match property.namespace {
        Namespace::Property => PropId::from_name(&property.name).map(PropId::kind),
        Namespace::TagAlgo | Namespace::TagCustom => Some(Kind::List),
        Namespace::Ext | Namespace::Other => None,
    }
}

fn kindred(property: &Property) -> Kindred {
    kind(property).map_or(Kindred::Open, Kindred::of)
}

/// What draws a rule: what its values ask for, where the property takes them and the operator.
fn widget(data: &RuleData) -> Widget {
    let Some(test) = &data.test else { return Widget::All };
    let kindred = kindred(&test.property);
    let asked = match (asked(&test.operand), kindred) {
        (Widget::TextMatch | Widget::TagInput, Kindred::Keyword(_)) => Widget::KeywordPicker,
        (asked, _) => asked,
    };
    let fits = match kindred {
        Kindred::Open => true,
        Kindred::Keyword(_) => asked == Widget::KeywordPicker,
        Kindred::Text => matches!(asked, Widget::TextMatch | Widget::TagInput),
        Kindred::Number => matches!(asked, Widget::Number | Widget::NumberRange),
        Kindred::Money => matches!(asked, Widget::Money | Widget::MoneyRange),
        Kindred::PriceRange => asked == Widget::MoneyRange,
        Kindred::Time => matches!(asked, Widget::DateTime | Widget::DateRange),
        Kindred::Presence(_) | Kindred::OpenText | Kindred::Bool => false,
    };
    let takes = kindred.takes().iter().any(|&o| Operator::of(o) == test.operator);
    if takes && (fits || asked == Widget::Presence) { asked } else { Widget::Text }
}

/// What draws these values, whatever the property.
fn asked(operand: &Operand) -> Widget {
    match operand {
        Operand::None => Widget::Presence,
        Operand::List { values } if values.iter().all(|v| matches!(v, Value::Text { .. })) => Widget::TagInput,
        Operand::List { .. } => Widget::Text,
        Operand::Value { value } => match value {
            Value::Text { .. } => Widget::TextMatch,
            Value::Number { .. } => Widget::Number,
            Value::Money { .. } => Widget::Money,
            Value::Date { .. } | Value::Now { .. } => Widget::DateTime,
            Value::Boolean { .. } => Widget::Boolean,
            Value::ReversedMoney { .. } | Value::Word { .. } => Widget::Text,
        },
        Operand::Range { stray_currency: Some(_), .. } | Operand::Range { low: None, high: None, .. } => Widget::Text,
        Operand::Range { currency, low, high, .. } => {
            let ends = || low.iter().chain(high);
            let numbers = ends().all(|v| matches!(v, Value::Number { .. }));
            let dates = ends().all(|v| matches!(v, Value::Date { .. } | Value::Now { .. }));
            match currency {
                Some(_) if numbers => Widget::MoneyRange,
                None if numbers => Widget::NumberRange,
                None if dates => Widget::DateRange,
                _ => Widget::Text,
            }
        }
    }
}
