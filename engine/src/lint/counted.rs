//! Findings from a preview's exact counts: what is empty, and what changes nothing.

use super::{Evidence, LintFinding, Linted, Place};
use crate::api::{BlockCount, GroupCount, RuleCount};
use penstock_dsl::code;
use penstock_dsl::diagnostic::{Diagnostic, Span};
use penstock_dsl::expr::{Block, Predicate};
use penstock_dsl::lint::{Claim, Finding, cite, thousands};
use std::collections::HashSet;

/// All findings of counts; `told` are rules of which the reason is told already.
pub(super) fn find(linted: &Linted<'_>, claims: &[Finding], told: &HashSet<Place>) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for (at, (block, counts)) in linted.expr.blocks.iter().zip(&linted.counts.blocks).enumerate() {
        let of_block = claims.iter().filter(|claim| claim.block == at).map(|finding| &finding.claim).collect();
        Blocks { linted, at, block, counts, claims: of_block, told, findings: &mut findings }.block();
    }
    let some = linted.counts.blocks.iter().any(|block| block.total > 0);
    if let Some(block) = linted.expr.blocks.first().filter(|_| some && linted.counts.matched == 0) {
        let total = linted.counts.blocks.iter().map(|block| block.total).sum();
        let evidence = Evidence { total, matched: Some(0), ..Evidence::default() };
        findings.push(finding(code::EMPTY_SET, block.span, "the rule set selects no item", evidence));
    }
    findings
}

fn finding(code: &'static str, span: Span, message: impl Into<String>, evidence: Evidence) -> LintFinding {
    LintFinding { diagnostic: Diagnostic::warning(code, span, message), related: Vec::new(), evidence: Some(evidence) }
}

struct Blocks<'a> {
    linted: &'a Linted<'a>,
    at: usize,
    block: &'a Block,
    counts: &'a BlockCount,
    claims: Vec<&'a Claim>,
    told: &'a HashSet<Place>,
    findings: &'a mut Vec<LintFinding>,
}

impl Blocks<'_> {
    fn block(&mut self) {
        let content_type = self.block.content_type;
        if self.counts.total == 0 {
            let message = format!("there is no {content_type}, so this block selects nothing");
            self.findings.push(finding(code::NO_ITEM_OF_TYPE, self.block.span, message, Evidence::default()));
            return;
        }
        for (at, counts) in self.counts.groups.iter().enumerate() {
            if self.claims.iter().any(|claim| matches!(claim, Claim::Contradiction { group, .. } if *group == at)) {
                continue;
            }
            match counts.matched {
                0 => self.empty_group(at, counts),
                _ => self.rules(at, counts),
            }
            self.idle_group(at, counts);
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence { total: self.counts.total, ..Evidence::default() }
    }

    fn is_told(&self, group: usize, rule: usize) -> bool {
        self.told.contains(&(self.at, group, rule))
    }

    /// A group that nothing passes: its rules that nothing passes, else the rules together.
    fn empty_group(&mut self, group: usize, counts: &GroupCount) {
        let content_type = self.block.content_type;
        let unmet: Vec<usize> = (0..counts.rules.len()).filter(|&rule| counts.rules[rule].matched == 0).collect();
        for &rule in &unmet {
            if self.is_told(group, rule) {
                continue;
            }
            let evidence = Evidence { matched: Some(0), ..self.evidence() };
            let message = format!("no {content_type} passes this rule");
            self.findings.push(finding(code::UNMET_RULE, counts.rules[rule].span, message, evidence));
        }
        let clash =
            |claim: &&Claim| matches!(claim, Claim::SeveralValues { group: clashing, .. } if *clashing == group);
        if !unmet.is_empty() || counts.rules.len() < 2 || self.claims.iter().any(clash) {
            return;
        }
        let mut message = format!("each rule of this group has items, but no {content_type} passes all of them");
        let most: Option<&RuleCount> = counts.rules.iter().max_by_key(|rule| rule.removed);
        if let Some(rule) = most.filter(|rule| rule.removed > 0) {
            let cited = cite(self.linted.text, rule.span);
            message.push_str(&format!("; without {cited} there would be {}", thousands(rule.removed)));
        }
        let evidence = Evidence { matched: Some(0), ..self.evidence() };
        self.findings.push(finding(code::EMPTY_GROUP, self.block.groups[group].span, message, evidence));
    }

    fn rules(&mut self, group: usize, counts: &GroupCount) {
        let content_type = self.block.content_type;
        for (rule, count) in counts.rules.iter().enumerate() {
            let all = self.block.groups[group].rules[rule].predicate == Predicate::All;
            if count.removed > 0 || all || self.is_told(group, rule) {
                continue;
            }
            let message = match counts.rules.len() {
                1 => format!("every {content_type} passes this rule ({})", thousands(count.matched)),
                _ => format!(
                    "this rule removes nothing: every {content_type} that passes the rest of the group passes it too ({})",
                    thousands(counts.matched)
                ),
            };
            let evidence = Evidence { matched: Some(count.matched), removed: Some(0), ..self.evidence() };
            self.findings.push(finding(code::IDLE_RULE, count.span, message, evidence));
        }
    }

    fn idle_group(&mut self, group: usize, counts: &GroupCount) {
        let told = self.claims.iter().any(|claim| match claim {
            Claim::Tautology { .. } => true,
            // Of the two the other one stays, and must not be called idle because of the one that goes.
            Claim::ContainedGroup { group: contained, by } => *contained == group || *by == group,
            _ => false,
        });
        if told || counts.matched == 0 || counts.only > 0 || self.counts.groups.len() < 2 {
            return;
        }
        let (content_type, matched) = (self.block.content_type, thousands(counts.matched));
        let message = format!(
            "this group adds nothing: every {content_type} in it ({matched}) is in another group of the block too"
        );
        let evidence = Evidence { matched: Some(counts.matched), only: Some(0), ..self.evidence() };
        self.findings.push(finding(code::IDLE_GROUP, self.block.groups[group].span, message, evidence));
    }
}
