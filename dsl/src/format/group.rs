//! The layout of a group: on one line where it fits and no comment stands inside, else a rule a line; long lists are broken.

use super::{COLUMNS_MAX, Layout};
use crate::ast::{Group, Operand, Rule, RuleBody, Value};
use crate::diagnostic::Span;
use crate::print;

/// Where a group begins.
const GROUP_INDENT: usize = 2;
/// Where its further rules begin.
const RULE_INDENT: usize = 4;

/// A rule and its comments.
struct Row<'t> {
    above: Vec<&'t str>,
    /// The rule on one line.
    line: String,
    list: Option<List<'t>>,
    trailing: Option<&'t str>,
}

/// A rule's list, should it need lines of its own.
struct List<'t> {
    /// The rule up to the opening parenthesis.
    head: String,
    /// The rule from the closing parenthesis.
    tail: &'static str,
    /// The comment behind the opening parenthesis.
    trailing: Option<&'t str>,
    entries: Vec<Entry<'t>>,
    /// The comments above the closing parenthesis.
    last: Vec<&'t str>,
}

/// A value and its comments.
struct Entry<'t> {
    above: Vec<&'t str>,
    value: String,
    trailing: Option<&'t str>,
}

impl Row<'_> {
    /// Whether a comment forces the list onto several lines.
    fn list_has_comments(&self) -> bool {
        self.list.as_ref().is_some_and(|list| {
            list.trailing.is_some()
                || !list.last.is_empty()
                || list.entries.iter().any(|e| e.trailing.is_some() || !e.above.is_empty())
        })
    }
}

impl<'t> Layout<'t> {
    /// Writes a group; what comes after it begins at `until`.
    pub(super) fn group(&mut self, group: &Group, until: usize) {
        let starts = group.rules.iter().skip(1).map(|rule| rule.span.start).chain([until]);
        let rows: Vec<Row<'t>> = group.rules.iter().zip(starts).map(|(rule, until)| self.row(rule, until)).collect();
        let title = group.title.as_ref().map(|title| format!("{}: ", print::string(&title.node))).unwrap_or_default();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        match one_line(&title, &rows) {
            Some(line) => {
                self.lines(GROUP_INDENT, &first.above);
                self.line(GROUP_INDENT, &line, last.trailing);
            }
            None => {
                self.rule(GROUP_INDENT, &title, first);
                rows[1..].iter().for_each(|row| self.rule(RULE_INDENT, "and ", row));
            }
        }
    }

    /// A rule and its comments: those in a list stay there, one behind the list goes behind the rule, others go above it.
    fn row(&mut self, rule: &Rule, until: usize) -> Row<'t> {
        let list = list_of(rule);
        let above = self.comments.before(list.map_or(rule.span.end, |(_, list)| list.start));
        let list = list.map(|(values, span)| self.list(rule, values, span));
        Row { above, line: print::rule(rule), list, trailing: self.comments.trailing(rule.span.end, until) }
    }

    fn list(&mut self, rule: &Rule, values: &[Value], list: Span) -> List<'t> {
        let head = format!("{} (", print::head(rule));
        let tail = if has_fx(rule) { ") ~fx" } else { ")" };
        let first = values.first().map_or(list.end, |value| value.span.start);
        let trailing = self.comments.trailing(list.start + 1, first);
        let starts = values.iter().skip(1).map(|value| value.span.start).chain([list.end]);
        let entries = values.iter().zip(starts).map(|(value, until)| Entry {
            above: self.comments.before(value.span.end),
            value: print::value(value),
            trailing: self.comments.trailing(value.span.end, until),
        });
        let entries = entries.collect();
        List { head, tail, trailing, entries, last: self.comments.before(list.end) }
    }

    /// Writes a rule on a line, or its list on several.
    fn rule(&mut self, indent: usize, prefix: &str, row: &Row<'t>) {
        self.lines(indent, &row.above);
        let fits = indent + width(prefix) + width(&row.line) <= COLUMNS_MAX;
        match &row.list {
            Some(list) if !fits || row.list_has_comments() => {
                self.line(indent, &format!("{prefix}{}", list.head), list.trailing);
                self.entries(indent + 2, &list.entries);
                self.lines(indent + 2, &list.last);
                self.line(indent, list.tail, row.trailing);
            }
            _ => self.line(indent, &format!("{prefix}{}", row.line), row.trailing),
        }
    }

    /// Writes values, as many on a line as fit; a comment ends its line.
    fn entries(&mut self, indent: usize, entries: &[Entry<'t>]) {
        let mut line = String::new();
        let mut columns = 0;
        for (at, entry) in entries.iter().enumerate() {
            let comma = if at + 1 < entries.len() { "," } else { "" };
            let entry_columns = width(&entry.value) + comma.len();
            let fits = indent + columns + 1 + entry_columns <= COLUMNS_MAX;
            if !line.is_empty() && (!fits || !entry.above.is_empty()) {
                self.line(indent, &std::mem::take(&mut line), None);
                columns = 0;
            }
            self.lines(indent, &entry.above);
            if !line.is_empty() {
                line.push(' ');
                columns += 1;
            }
            line.push_str(&entry.value);
            line.push_str(comma);
            columns += entry_columns;
            if entry.trailing.is_some() {
                self.line(indent, &std::mem::take(&mut line), entry.trailing);
                columns = 0;
            }
        }
        if !line.is_empty() {
            self.line(indent, &line, None);
        }
    }
}

/// The group on one line, where it fits and no comment stands between its rules or in a list.
fn one_line(title: &str, rows: &[Row<'_>]) -> Option<String> {
    let between = rows.iter().skip(1).any(|row| !row.above.is_empty())
        || rows.iter().rev().skip(1).any(|row| row.trailing.is_some())
        || rows.iter().any(Row::list_has_comments);
    let rules: Vec<&str> = rows.iter().map(|row| row.line.as_str()).collect();
    let line = format!("{title}{}", rules.join(" and "));
    (!between && GROUP_INDENT + width(&line) <= COLUMNS_MAX).then_some(line)
}

fn list_of(rule: &Rule) -> Option<(&[Value], Span)> {
    match &rule.body {
        RuleBody::Test { operation, .. } => match &operation.operand {
            Operand::List(values, span) => Some((values, *span)),
            Operand::None | Operand::Value(_) | Operand::Range(_) => None,
        },
        RuleBody::All => None,
    }
}

fn has_fx(rule: &Rule) -> bool {
    matches!(&rule.body, RuleBody::Test { operation, .. } if operation.fx.is_some())
}

fn width(text: &str) -> usize {
    text.chars().count()
}
