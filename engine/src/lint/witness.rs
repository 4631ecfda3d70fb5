//! Evidence for what logic claims: counts, and an item that shows it.

use super::{Evidence, LintFinding, Linted, Witness};
use crate::api::PreviewError;
use crate::log::LogReader;
use crate::preview::{Reading, page};
use crate::tenant::Tenant;
use penstock_dsl::cost::cost;
use penstock_dsl::expr::{Block, Expr, Group, Rule};
use penstock_dsl::lint::{Claim, Finding};

/// Evaluations that show something, for one report; further findings come with counts alone.
const SHOWN_MAX: usize = 16;
/// What these may cost together (`penstock_dsl::cost`): items are not read again and again only to show some.
const UNITS_MAX: u64 = 40_000;

/// Findings with their evidence.
pub(super) struct Shown {
    /// The findings.
    pub findings: Vec<LintFinding>,
    /// Whether some have no item because there were too many.
    pub truncated: bool,
}

/// Gives each claim its evidence.
pub(super) fn show(
    linted: &Linted<'_>,
    reading: &Reading<'_>,
    tenant: &Tenant,
    log: &dyn LogReader,
    claims: &[Finding],
) -> Result<Shown, PreviewError> {
    let (mut left, mut units_left) = (SHOWN_MAX, UNITS_MAX);
    let mut shown = Shown { findings: Vec::new(), truncated: false };
    for finding in claims {
        let mut evidence = counts(linted, finding);
        let (block, rules) = (&linted.expr.blocks[finding.block], rules(linted, finding));
        let worth = !rules.is_empty() && evidence.total > 0;
        let expr = group(block, rules);
        let units = cost(&expr).total;
        if worth && (left == 0 || units > units_left) {
            shown.truncated = true;
        } else if worth {
            left -= 1;
            units_left -= units;
            let (counts, ordinals) = reading.evaluate(&expr, linted.now_ms)?;
            let (matched, first) = (counts.matched, ordinals.minimum());
            if let Claim::SeveralValues { .. } = finding.claim {
                // Items with several values are there, so the rules are surely meant.
                if matched > 0 {
                    continue;
                }
                evidence.matched = Some(0);
            }
            evidence.item = match first {
                Some(ordinal) => witness(reading, tenant, log, ordinal as u32)?,
                None => None,
            };
        }
        let (diagnostic, related) = (finding.diagnostic.clone(), finding.related.clone());
        shown.findings.push(LintFinding { diagnostic, related, evidence: Some(evidence) });
    }
    Ok(shown)
}

fn counts(linted: &Linted<'_>, finding: &Finding) -> Evidence {
    let block = &linted.counts.blocks[finding.block];
    let evidence = Evidence { total: block.total, ..Evidence::default() };
    match &finding.claim {
        Claim::Contradiction { group, .. } | Claim::SeveralValues { group, .. } => {
            Evidence { matched: Some(block.groups[*group].matched), ..evidence }
        }
        Claim::Tautology { .. } => Evidence { matched: Some(block.matched), ..evidence },
        Claim::RedundantRule { group, rule, .. } => {
            let count = &block.groups[*group].rules[*rule];
            Evidence { matched: Some(count.matched), removed: Some(count.removed), ..evidence }
        }
        Claim::ContainedGroup { group, .. } => {
            let count = &block.groups[*group];
            Evidence { matched: Some(count.matched), only: Some(count.only), ..evidence }
        }
    }
}

/// The rules that an item has to pass to show a claim; none where no item can, or any would.
fn rules(linted: &Linted<'_>, finding: &Finding) -> Vec<Rule> {
    let groups = &linted.expr.blocks[finding.block].groups;
    let of = |group: usize, rules: &[usize]| rules.iter().map(|&rule| groups[group].rules[rule].clone()).collect();
    match &finding.claim {
        Claim::Contradiction { .. } | Claim::Tautology { .. } => Vec::new(),
        Claim::SeveralValues { group, rules } => of(*group, rules),
        Claim::RedundantRule { group, rule, by: Some(by) } => of(*group, &[*by, *rule]),
        Claim::RedundantRule { by: None, .. } => Vec::new(),
        // Whoever is in the contained group is in both.
        Claim::ContainedGroup { group, .. } => groups[*group].rules.clone(),
    }
}

/// A rule set of one group.
fn group(block: &Block, rules: Vec<Rule>) -> Expr {
    let group = Group { title: None, rules, span: block.span };
    Expr { blocks: vec![Block { content_type: block.content_type, groups: vec![group], span: block.span }] }
}

fn witness(
    reading: &Reading<'_>,
    tenant: &Tenant,
    log: &dyn LogReader,
    ordinal: u32,
) -> Result<Option<Witness>, PreviewError> {
    let items = page::render(tenant, log, reading.snapshot.seq, &[ordinal])?;
    Ok(items.into_iter().next().map(|item| Witness {
        content_type: item.content_type,
        content_id: item.content_id,
        title: item.title,
    }))
}
