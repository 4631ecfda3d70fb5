//! Lint with items as witnesses: what logic says of a rule set, and what the items that are there say of it.
//!
//! Everything in a report is of one snapshot. What logic claims (`penstock_dsl::lint`) gets counts and, where one helps, an item that
//! shows it; a claim that such items would disprove in practice is left out. What only the items tell (a value that none
//! has, a rule that removes none) is added. Work is bounded: look-ups, witnesses and findings have limits, and a report says where it
//! was cut.

mod counted;
mod nearest;
mod seen;
mod witness;

use crate::api::{Counts, PreviewError, Seq};
use crate::log::LogReader;
use crate::preview::Reading;
use crate::tenant::Tenant;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::{Diagnostic, Span};
use penstock_dsl::expr::Expr;
use penstock_dsl::limits::DIAGNOSTICS_MAX;
use penstock_dsl::lint::{Claim, Finding, duplicate_of, lint};
use penstock_dsl::registry::ContentType;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Values that are looked up for one report.
pub const VALUES_MAX: usize = 1_000;
/// Rule sets that one is compared with.
pub const AGAINST_MAX: usize = 200;

/// After this nothing more is looked up. Counting what the rule set itself selects is not cut short by it, no more than a preview's.
pub const TIME_MAX: Duration = Duration::from_secs(10);

/// What to lint.
#[derive(Clone, Debug)]
pub struct LintRequest {
    /// The rule text.
    pub rules: String,
    /// What its check depends on.
    pub options: CheckOptions,
    /// Rule sets that would be duplicates if they are the same.
    pub against: Vec<NamedRules>,
    /// How long to look things up: [`TIME_MAX`].
    pub time_max: Duration,
}

/// A rule set to compare with.
#[derive(Clone, Debug)]
pub struct NamedRules {
    /// The name to call it by.
    pub name: String,
    /// The rule text; one that does not check is equal to none.
    pub rules: String,
    /// What its check depends on.
    pub options: CheckOptions,
}

/// What lint says of a rule set.
#[derive(Clone, Debug, PartialEq)]
pub struct LintReport {
    /// Whether the text has a meaning; if not, the findings are its errors.
    pub ok: bool,
    /// The snapshot's sequence number.
    pub as_of: Seq,
    /// By their place in the text.
    pub findings: Vec<LintFinding>,
    /// Whether something was left out because of a limit.
    pub truncated: bool,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct LintFinding {
    /// What is said.
    pub diagnostic: Diagnostic,
    /// Places of other rules and groups that it is about.
    pub related: Vec<Span>,
    /// What the items say.
    pub evidence: Option<Evidence>,
}

/// What the items that are there say of a finding. Counts are of live items of the block's content type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Items in all.
    pub total: u64,
    /// Items that the rule, group or value matches.
    pub matched: Option<u64>,
    /// Items that the rest of the group matches and the rule takes away.
    pub removed: Option<u64>,
    /// Items that of all groups only this one matches.
    pub only: Option<u64>,
    /// An item that shows it.
    pub item: Option<Witness>,
    /// Values, or currencies, that are there instead, with their items.
    pub instead: Vec<(String, u64)>,
}

/// An item that shows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Content type.
    pub content_type: ContentType,
    /// Content id.
    pub content_id: String,
    /// Its name in its base locale.
    pub title: Option<String>,
}

/// Lints a rule text on a tenant's latest snapshot.
pub fn run(
    tenant: &Tenant,
    log: &dyn LogReader,
    request: &LintRequest,
    now_ms: i64,
) -> Result<LintReport, PreviewError> {
    let deadline = Instant::now() + request.time_max;
    let rules = request.rules.as_str();
    let reading = Reading::begin(tenant);
    let as_of = reading.snapshot.seq;
    let (expr, mut report) = match checked(rules, &request.options, as_of) {
        Ok(checked) => checked,
        Err(refused) => return Ok(refused),
    };
    let claims = lint(rules, &expr);
    let (counts, _) = reading.evaluate(&expr, now_ms)?;
    let linted = Linted { text: rules, expr: &expr, counts: &counts, now_ms, deadline };
    let shown = witness::show(&linted, &reading, tenant, log, claims)?;
    report.truncated |= shown.truncated;
    report.findings.extend(shown.findings);
    let seen = seen::find(&linted, &reading, tenant).map_err(|e| PreviewError::Store(e.to_string()))?;
    report.truncated |= seen.truncated;
    let told: HashSet<Place> = seen.told.into_iter().chain(told_by(&shown.claims)).collect();
    report.findings.extend(seen.findings);
    report.findings.extend(counted::find(&linted, &shown.claims, &told));
    same_as(&expr, &request.against, deadline, &mut report);
    Ok(finish(report))
}

/// The report for a tenant that has no content: what logic says.
pub fn of_nothing(request: &LintRequest) -> LintReport {
    let deadline = Instant::now() + request.time_max;
    let rules = request.rules.as_str();
    let (expr, mut report) = match checked(rules, &request.options, 0) {
        Ok(checked) => checked,
        Err(refused) => return refused,
    };
    let bare = |f: Finding| LintFinding { diagnostic: f.diagnostic, related: f.related, evidence: None };
    report.findings.extend(lint(rules, &expr).into_iter().map(bare));
    same_as(&expr, &request.against, deadline, &mut report);
    finish(report)
}

/// The meaning of a text and a report with its warnings, or a report of its errors.
fn checked(rules: &str, options: &CheckOptions, as_of: Seq) -> Result<(Expr, LintReport), LintReport> {
    let checked = check(rules, options);
    let bare = |diagnostic| LintFinding { diagnostic, related: Vec::new(), evidence: None };
    let findings = checked.diagnostics.into_iter().map(bare).collect();
    let report = LintReport { ok: checked.expr.is_some(), as_of, findings, truncated: false };
    match checked.expr {
        Some(expr) => Ok((expr, report)),
        None => Err(report),
    }
}

/// Sorts and bounds the findings.
fn finish(mut report: LintReport) -> LintReport {
    let place = |f: &LintFinding| (f.diagnostic.span.start, f.diagnostic.span.end, f.diagnostic.code);
    report.findings.sort_by_key(place);
    report.truncated |= report.findings.len() > DIAGNOSTICS_MAX;
    report.findings.truncate(DIAGNOSTICS_MAX);
    report
}

/// Reports rule sets that are equal but for their spelling.
fn same_as(expr: &Expr, against: &[NamedRules], deadline: Instant, report: &mut LintReport) {
    report.truncated |= against.len() > AGAINST_MAX;
    for other in against.iter().take(AGAINST_MAX) {
        if Instant::now() > deadline {
            report.truncated = true;
            return;
        }
        let same = check(&other.rules, &other.options).expr.and_then(|meant| duplicate_of(expr, &other.name, &meant));
        let bare = |diagnostic| LintFinding { diagnostic, related: Vec::new(), evidence: None };
        report.findings.extend(same.map(bare));
    }
}

/// A rule set on its way through lint.
struct Linted<'a> {
    text: &'a str,
    expr: &'a Expr,
    counts: &'a Counts,
    now_ms: i64,
    deadline: Instant,
}

impl Linted<'_> {
    /// Whether there is no time left to look more up.
    fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }
}

/// A rule's place: block, group, rule.
type Place = (usize, usize, usize);

/// Rules of which the reason why they remove nothing or everything is told already.
fn told_by(claims: &[Finding]) -> Vec<Place> {
    let mut told = Vec::new();
    for finding in claims {
        match &finding.claim {
            Claim::Contradiction { group, rules } => {
                told.extend(rules.iter().map(|rule| (finding.block, *group, *rule)));
            }
            Claim::SeveralValues { group, rules } => {
                told.extend(rules.iter().map(|rule| (finding.block, *group, *rule)));
            }
            Claim::RedundantRule { group, rule, .. } => told.push((finding.block, *group, *rule)),
            Claim::Tautology { .. } | Claim::ContainedGroup { .. } => {}
        }
    }
    told
}
