//! Text to meaning: parses, resolves names, types and folds, and reports every error of a text in one pass.
//!
//! Invariants: what comes out of here is as [`crate::expr`] promises (folded, sorted, no empty test, no contradictory
//! range); there is an [`Expr`] exactly when no error was found. Dates are fixed here, in the zone given; `now()` is not.

mod convert;
pub(crate) mod literals;
mod operation;
pub(crate) mod operator;
mod size;
mod subject;

use crate::ast;
use crate::code;
use crate::diagnostic::{Diagnostic, Edit, Fix, Span};
use crate::expr::{self, Block, Expr, Group, Predicate, Rule};
use crate::fx::Rates;
use crate::limits::{DIAGNOSTICS_MAX, TEXT_BYTES_MAX};
use crate::mend::mend;
use crate::recover;
use crate::registry::ContentType;
use crate::suggest::nearest;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// What a check depends on besides the text.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The zone of dates that name none: the source wallet's.
    pub time_zone: TimeZone,
    /// The rates that `~fx` converts at; without any it is an error.
    pub rates: Option<Arc<Rates>>,
}

impl Default for CheckOptions {
    /// UTC, and no rates.
    fn default() -> Self {
        CheckOptions { time_zone: TimeZone::UTC, rates: None }
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The meaning; there is one exactly when no finding is an error.
    pub expr: Option<Expr>,
    /// The day of the rates that `~fx` converted at, where the text has one.
    pub fx_date: Option<String>,
    /// By their place in the text; at most [`DIAGNOSTICS_MAX`] and one that says that there are more.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a text. Never panics, whatever the text; time grows with its length, and stack not at all.
pub fn check(text: &str, options: &CheckOptions) -> Checked {
    if text.len() > TEXT_BYTES_MAX {
        return Checked { expr: None, fx_date: None, diagnostics: vec![Diagnostic::text_too_long(text)] };
    }
    let mended = mend(text);
    let read = mended.as_ref().map_or(text, |mended| &mended.text);
    let mut checker = Checker { text: read, options, converted: false, findings: Vec::new() };
    let tree = recover::parse(read, &mut checker.findings);
    checker.size(&tree);
    let expr = checker.rule_set(&tree);
    let Checker { converted, findings, .. } = checker;
    let findings = match mended {
        Some(mended) => mended.findings(findings),
        None => findings,
    };
    let rates = options.rates.as_ref().filter(|_| converted);
    Checked { fx_date: rates.map(|rates| rates.date()), ..finish(expr, findings) }
}

/// What a path names in a block of this type, and the operators that it takes; `None` where it names nothing. For tools
/// that look at one path of a text.
pub(crate) fn subject(
    text: &str,
    path: &ast::Path,
    content_type: Option<ContentType>,
) -> Option<(expr::Subject, operator::Kindred)> {
    let options = CheckOptions::default();
    Checker { text, options: &options, findings: Vec::new(), converted: false }.subject(path, content_type)
}

/// Sorts and bounds the findings; drops the meaning when one of them is an error.
fn finish(expr: Expr, mut findings: Vec<Diagnostic>) -> Checked {
    let expr = (!findings.iter().any(Diagnostic::is_error)).then_some(expr);
    findings.sort_by_key(|d| (d.span.start, d.span.end, d.code));
    if findings.len() > DIAGNOSTICS_MAX {
        let span = findings[DIAGNOSTICS_MAX].span;
        let rest = findings.len() - DIAGNOSTICS_MAX;
        findings.truncate(DIAGNOSTICS_MAX);
        let message = format!("{rest} more findings from here on are not shown; mend the ones above first");
        findings.push(match expr {
            Some(_) => Diagnostic::warning(code::TOO_MANY_FINDINGS, span, message),
            None => Diagnostic::error(code::TOO_MANY_FINDINGS, span, message),
        });
    }
    Checked { expr, fx_date: None, diagnostics: findings }
}

/// One pass over one text.
struct Checker<'a> {
    text: &'a str,
    options: &'a CheckOptions,
    /// Whether a rule was converted at the rates.
    converted: bool,
    findings: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    fn rule_set(&mut self, tree: &ast::RuleSet) -> Expr {
        let mut seen: Vec<(ContentType, &ast::Block)> = Vec::new();
        let mut blocks = Vec::new();
        for block in &tree.blocks {
            let content_type = self.content_type(&block.content_type);
            if let Some(content_type) = content_type {
                match seen.iter().find(|(t, _)| *t == content_type) {
                    Some((_, first)) => self.report(type_twice(self.text, content_type, first, block)),
                    None => seen.push((content_type, block)),
                }
            }
            if block.groups.is_empty() && !block.lost {
                self.report(empty_block(block));
            }
            let groups = block.groups.iter().map(|g| self.group(g, content_type)).collect();
            blocks.extend(content_type.map(|content_type| Block { content_type, groups, span: block.span }));
        }
        Expr { blocks }
    }

    fn content_type(&mut self, name: &ast::Spanned<String>) -> Option<ContentType> {
        if let Some(content_type) = ContentType::from_name(&name.node) {
            return Some(content_type);
        }
        let message = format!("unknown content type `{}`", name.node);
        let near = match name.node.eq_ignore_ascii_case("SKU") {
            true => Some("LOCAL_SKU"),
            false => nearest(&name.node, ContentType::ALL.map(ContentType::name)),
        };
        let names = "`MERCHANT`, `STORE`, `BENEFIT` or `LOCAL_SKU`";
        self.report(match near {
            Some(near) => Diagnostic::error(
                code::UNKNOWN_TYPE,
                name.span,
                format!("{message}; did you mean `{near}`?"),
            )
            .fix(format!("write `{near}`"), name.span, near),
            None => Diagnostic::error(code::UNKNOWN_TYPE, name.span, format!("{message}; it is one of {names}")),
        });
        // The block is checked on as the type that was surely meant; the error stands.
        near.and_then(ContentType::from_name)
    }

    fn group(&mut self, group: &ast::Group, content_type: Option<ContentType>) -> Group {
        let rules = group.rules.iter().filter_map(|r| self.rule(r, content_type)).collect();
        Group { title: group.title.as_ref().map(|t| t.node.clone()), rules, span: group.span }
    }

    fn rule(&mut self, rule: &ast::Rule, content_type: Option<ContentType>) -> Option<Rule> {
        let (negated, predicate) = match &rule.body {
            ast::RuleBody::All => {
                if rule.not.is_some() {
                    self.error(
                        code::NOT_ALL,
                        rule.span,
                        "`not all` would select nothing; remove this rule or its group",
                    );
                }
                (false, Predicate::All)
            }
            ast::RuleBody::Test { path, operation } => {
                let resolved = self.subject(path, content_type);
                let kindred = resolved.as_ref().map(|(_, kindred)| *kindred);
                // An operation on an unknown property is checked as far as its own literals go.
                let tested = self.operation(path, kindred, operation);
                let ((subject, _), (negated, test)) = (resolved?, tested?);
                (negated, Predicate::Test { subject, test })
            }
        };
        Some(Rule { negated: negated != rule.not.is_some(), predicate, span: rule.span })
    }
}

fn empty_block(block: &ast::Block) -> Diagnostic {
    let message = "a block needs at least one rule; write `all` to select every item of the type";
    Diagnostic::error(code::EMPTY_BLOCK, block.span, message).fix(
        "select every item with `all`",
        Span { start: block.body.start, end: block.body.start },
        " all ",
    )
}

/// The fix moves the second block's groups to the end of the first.
fn type_twice(text: &str, content_type: ContentType, first: &ast::Block, second: &ast::Block) -> Diagnostic {
    let message = format!(
        "a second block for {content_type}; a rule set has one block a content type, with groups joined by `or`"
    );
    let mut finding = Diagnostic::error(code::TYPE_TWICE, second.content_type.span, message);
    if !first.groups.is_empty() && !second.groups.is_empty() {
        let at = Span { start: first.body.end, end: first.body.end };
        let moved = format!("\nor\n{}\n", second.body.of(text).trim_end_matches([' ', '\t', '\n', '\r']));
        finding.fixes.push(Fix {
            title: "join the two blocks with `or`".to_owned(),
            edits: vec![Edit { span: at, text: moved }, Edit { span: second.span, text: String::new() }],
        });
    }
    finding
}
