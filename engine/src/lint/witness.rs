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

/// Claims with their evidence.
pub(super) struct Shown {
    /// The findings.
    pub findings: Vec<LintFinding>,
    /// The claims that are made; of the others items are there that pass, or it could not be found out.
    pub claims: Vec<Finding>,
    /// Whether some have no item, or are not made, because there were too many.
    pub truncated: bool,
}

/// Gives each claim its evidence.
pub(super) fn show(
    linted: &Linted<'_>,
    reading: &Reading<'_>,
    tenant: &Tenant,
    log: &dyn LogReader,
    claims: Vec<Finding>,
) -> Result<Shown, PreviewError> {
    let mut showing = Showing { linted, reading, tenant, log, left: SHOWN_MAX, units_left: UNITS_MAX };
    let mut shown = Shown { findings: Vec::new(), claims: Vec::new(), truncated: false };
    for finding in claims {
        let (evidence, whole) = showing.evidence(&finding)?;
        shown.truncated |= !whole;
        if let Some(evidence) = evidence {
            let (diagnostic, related) = (finding.diagnostic.clone(), finding.related.clone());
            shown.findings.push(LintFinding { diagnostic, related, evidence: Some(evidence) });
            shown.claims.push(finding);
        }
    }
    Ok(shown)
}

struct Showing<'a> {
    linted: &'a Linted<'a>,
    reading: &'a Reading<'a>,
    tenant: &'a Tenant,
    log: &'a dyn LogReader,
    left: usize,
    units_left: u64,
}

impl Showing<'_> {
    /// A claim's evidence, `None` for a claim that is not made, and whether no limit was in the way.
    fn evidence(&mut self, finding: &Finding) -> Result<(Option<Evidence>, bool), PreviewError> {
        let mut evidence = counts(self.linted, finding);
        let (block, rules) = (&self.linted.expr.blocks[finding.block], rules(self.linted, finding));
        let several = matches!(finding.claim, Claim::SeveralValues { .. });
        // Items with several values are there, so the rules are surely meant.
        if several && evidence.matched.is_some_and(|matched| matched > 0) {
            return Ok((None, true));
        }
        if rules.is_empty() || evidence.total == 0 || several && rules.len() == self.rules_of_group(finding) {
            return Ok((Some(evidence), true));
        }
        let expr = group(block, rules);
        let units = cost(&expr).total;
        if self.left == 0 || units > self.units_left || self.linted.is_late() {
            // Said only if no item has them, which is not known.
            return Ok(((!several).then_some(evidence), false));
        }
        self.left -= 1;
        self.units_left -= units;
        let (counts, ordinals) = self.reading.evaluate(&expr, self.linted.now_ms)?;
        if several && counts.matched > 0 {
            return Ok((None, true));
        }
        if let Some(ordinal) = ordinals.minimum() {
            evidence.item = witness(self.reading, self.tenant, self.log, ordinal as u32)?;
        }
        Ok((Some(evidence), true))
    }

    /// Rules of the group that several values are said of: where these are all, the group's count is theirs.
    fn rules_of_group(&self, finding: &Finding) -> usize {
        match &finding.claim {
            Claim::SeveralValues { group, .. } => self.linted.expr.blocks[finding.block].groups[*group].rules.len(),
            _ => 0,
        }
    }
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
