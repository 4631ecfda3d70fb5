//! Lint: what a right rule set says that its writer hardly wants. Contradictions, tautologies, rules and groups in vain.
//!
//! Invariants: only what is certain is claimed, for every item that content can hold, not only for those that are there;
//! each claim is in [`Claim`], so that whoever has items can show some, and tests can try to prove it wrong. Not everything
//! that follows is found. Applying a finding's fix never changes what the rule set selects.

mod fix;
mod logic;
mod stretch;

use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::{Block, Expr, Group, Owner, Predicate, PropertyRef, Rule, Test};
use logic::{covered, exclude, exclude_in_one_value, never, rule_implies};

/// Characters of a rule that a message cites.
const CITED_CHARS_MAX: usize = 60;

/// One finding of lint.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// A warning, with a fix where one is safe.
    pub diagnostic: Diagnostic,
    /// Places of the other rules or groups that it is about.
    pub related: Vec<Span>,
    /// Which block of the rule set it is about.
    pub block: usize,
    /// What is claimed.
    pub claim: Claim,
}

/// What a finding claims about a block. Numbers are places in the block's groups and a group's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No item passes all these rules.
    Contradiction {
        /// The group.
        group: usize,
        /// The rules.
        rules: Vec<usize>,
    },
    /// Only an item with several values of the rules' property passes both.
    SeveralValues {
        /// The group.
        group: usize,
        /// The rules.
        rules: [usize; 2],
    },
    /// Every item of the type is in one of these groups.
    Tautology {
        /// The groups.
        groups: Vec<usize>,
    },
    /// Every item that passes `by`, or every item where that is none, passes this rule.
    RedundantRule {
        /// The group.
        group: usize,
        /// The rule.
        rule: usize,
        /// Another rule of the group.
        by: Option<usize>,
    },
    /// Every item in this group is in the group `by` too.
    ContainedGroup {
        /// The group.
        group: usize,
        /// Another group of the block.
        by: usize,
    },
}

/// Lints a checked rule set; `text` is the text that `expr` was checked from. Findings come by their place.
pub fn lint(text: &str, expr: &Expr) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, block) in expr.blocks.iter().enumerate() {
        Linter { text, block, at, findings: &mut findings }.block();
    }
    findings.sort_by_key(|f| (f.diagnostic.span.start, f.diagnostic.span.end, f.diagnostic.code));
    findings
}

/// A finding that another rule set, called by a name, is the same but for its spelling; `None` where it is not.
pub fn duplicate_of(expr: &Expr, name: &str, other: &Expr) -> Option<Diagnostic> {
    let (first, last) = (expr.blocks.first()?, expr.blocks.last()?);
    let message = format!("the rule set \"{name}\" selects the same items, for its rules are the same");
    let same = expr.hash() == other.hash();
    same.then(|| Diagnostic::warning(code::DUPLICATE_RULE_SET, first.span.to(last.span), message))
}

/// A number in a message, thousands apart: `86,318`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A rule's text in a message: on one line and not too long.
pub fn cite(text: &str, span: Span) -> String {
    let words: Vec<&str> = span.of(text).split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(CITED_CHARS_MAX) {
        Some((end, _)) => format!("`{} ...`", line[..end].trim_end()),
        None => format!("`{line}`"),
    }
}

/// A group as messages name it: by its title, else by its place.
pub fn group_name(block: &Block, group: usize) -> String {
    match &block.groups[group].title {
        Some(title) => format!("group \"{title}\""),
        None => format!("group {}", group + 1),
    }
}

struct Linter<'a> {
    text: &'a str,
    block: &'a Block,
    at: usize,
    findings: &'a mut Vec<Finding>,
}

impl Linter<'_> {
    fn block(&mut self) {
        // Of each group the rules that say something; none of a group that nothing can pass.
        let mut groups: Vec<Option<Vec<&Rule>>> = Vec::new();
        for (at, group) in self.block.groups.iter().enumerate() {
            groups.push(match self.contradiction(at, group) {
                true => None,
                false => {
                    self.several_values(at, group);
                    Some(self.rules(at, group))
                }
            });
        }
        if !self.tautology(&groups) {
            self.groups(&groups);
        }
    }

    fn report(&mut self, diagnostic: Diagnostic, related: Vec<Span>, claim: Claim) {
        self.findings.push(Finding { diagnostic, related, block: self.at, claim });
    }

    fn cite(&self, rule: &Rule) -> String {
        cite(self.text, rule.span)
    }

    /// Reports the first contradiction of a group.
    fn contradiction(&mut self, at: usize, group: &Group) -> bool {
        let Some(rules) = contradiction(&group.rules) else { return false };
        let content_type = self.block.content_type;
        let (&last, others) = rules.split_last().expect("a contradiction has rules");
        let last = &group.rules[last];
        let cited: Vec<String> = others.iter().map(|&rule| self.cite(&group.rules[rule])).collect();
        let message = match cited.as_slice() {
            [] => never_message(content_type.name(), last),
            [other] => format!("no {content_type} can pass both {other} and this rule, so the group selects nothing"),
            [first @ .., other] => {
                let first = first.join(", ");
                format!("no {content_type} can pass {first}, {other} and this rule, so the group selects nothing")
            }
        };
        let related = others.iter().map(|&rule| group.rules[rule].span).collect();
        let diagnostic = Diagnostic::warning(code::CONTRADICTION, last.span, message);
        self.report(diagnostic, related, Claim::Contradiction { group: at, rules });
        true
    }

    /// Reports rules that no one value passes, each at most once.
    fn several_values(&mut self, at: usize, group: &Group) {
        for (second, b) in group.rules.iter().enumerate() {
            let clashes = |a: &Rule| !a.negated && !b.negated && exclude_in_one_value(&a.predicate, &b.predicate);
            let Some(first) = group.rules[..second].iter().position(clashes) else { continue };
            let (content_type, other) = (self.block.content_type, self.cite(&group.rules[first]));
            let property = property_name(&b.predicate);
            let message = format!(
                "no value of `{property}` passes both {other} and this rule; only a {content_type} with several values of it would"
            );
            let diagnostic = Diagnostic::warning(code::SEVERAL_VALUES, b.span, message);
            let claim = Claim::SeveralValues { group: at, rules: [first, second] };
            self.report(diagnostic, vec![group.rules[first].span], claim);
        }
    }

    /// Reports rules that remove nothing; gives the others.
    fn rules<'g>(&mut self, at: usize, group: &'g Group) -> Vec<&'g Rule> {
        let mut left = Vec::new();
        for (number, rule) in group.rules.iter().enumerate() {
            match vain(&group.rules, number) {
                Some(by) => self.vain_rule(at, group, number, by),
                None if rule.predicate == Predicate::All => {}
                None => left.push(rule),
            }
        }
        left
    }

    fn vain_rule(&mut self, at: usize, group: &Group, number: usize, by: Option<usize>) {
        let (content_type, rule) = (self.block.content_type, &group.rules[number]);
        let other = by.map(|by| &group.rules[by]);
        let (code, message) = match other {
            None => (code::REDUNDANT_RULE, format!("every {content_type} passes this rule, so it removes nothing")),
            Some(other) if rule_implies(rule, other) => {
                (code::DUPLICATE_RULE, format!("this rule asks the same as {}", self.cite(other)))
            }
            Some(other) => {
                let other = self.cite(other);
                let message = format!("what passes {other} passes this rule too, so it removes nothing");
                (code::REDUNDANT_RULE, message)
            }
        };
        let mut diagnostic = Diagnostic::warning(code, rule.span, message);
        diagnostic.fixes.extend(fix::remove_rule(self.text, group, number));
        let related = other.map(|o| o.span).into_iter().collect();
        self.report(diagnostic, related, Claim::RedundantRule { group: at, rule: number, by });
    }

    /// Reports groups that together select everything, where that is more than one lone `all`.
    fn tautology(&mut self, groups: &[Option<Vec<&Rule>>]) -> bool {
        if groups.len() < 2 {
            return false;
        }
        let content_type = self.block.content_type;
        let Some(everything) = tautology(groups) else { return false };
        let names: Vec<String> = everything.iter().map(|&g| group_name(self.block, g)).collect();
        let message = match names.as_slice() {
            [_] => format!("every {content_type} passes this group, so the other groups of the block change nothing"),
            [first @ .., last] => format!(
                "every {content_type} is in {} or {last}, so the block selects all of them; write `all` if that is meant",
                first.join(", ")
            ),
            [] => return false,
        };
        let spans: Vec<Span> = everything.iter().map(|&g| self.block.groups[g].span).collect();
        let diagnostic = Diagnostic::warning(code::TAUTOLOGY, spans[0], message);
        self.report(diagnostic, spans[1..].to_vec(), Claim::Tautology { groups: everything });
        true
    }

    /// Reports groups that another group makes vain.
    fn groups(&mut self, groups: &[Option<Vec<&Rule>>]) {
        let contained = |a: usize, b: usize| match (&groups[a], &groups[b]) {
            (Some(a), Some(b)) => b.iter().all(|rule| a.iter().any(|stricter| rule_implies(stricter, rule))),
            _ => false,
        };
        for group in 0..groups.len() {
            let by = (0..groups.len()).find(|&other| {
                other != group && contained(group, other) && (other < group || !contained(other, group))
            });
            let Some(by) = by else { continue };
            let (code, message) = match contained(by, group) {
                true => {
                    (code::DUPLICATE_GROUP, format!("this group selects the same as {}", group_name(self.block, by)))
                }
                false => {
                    let name = group_name(self.block, by);
                    (
                        code::CONTAINED_GROUP,
                        format!("{name} selects all that this group selects, so this one adds nothing"),
                    )
                }
            };
            let mut diagnostic = Diagnostic::warning(code, self.block.groups[group].span, message);
            diagnostic.fixes.extend(fix::remove_group(self.text, self.block, group));
            let related = vec![self.block.groups[by].span];
            self.report(diagnostic, related, Claim::ContainedGroup { group, by });
        }
    }
}

/// Rules of a group that no item passes together, in the text's order.
fn contradiction(rules: &[Rule]) -> Option<Vec<usize>> {
    let negated: Vec<usize> = (0..rules.len()).filter(|&at| rules[at].negated).collect();
    for (second, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule.negated) {
        if never(&rule.predicate) {
            return Some(vec![second]);
        }
        let excluded = |first: &Rule| !first.negated && exclude(&first.predicate, &rule.predicate);
        if let Some(first) = rules[..second].iter().position(excluded) {
            return Some(vec![first, second]);
        }
        let refused: Vec<&Predicate> = negated.iter().map(|&at| &rules[at].predicate).collect();
        if covered(&rule.predicate, &refused) {
            let mut together = needed(&rule.predicate, &negated, rules);
            together.push(second);
            together.sort_unstable();
            return Some(together);
        }
    }
    None
}

/// Of `among`, no more rules than cover the predicate; found by leaving out one after the other.
fn needed(predicate: &Predicate, among: &[usize], rules: &[Rule]) -> Vec<usize> {
    if let Some(&one) = among.iter().find(|&&at| covered(predicate, &[&rules[at].predicate])) {
        return vec![one];
    }
    let about: Vec<usize> =
        among.iter().copied().filter(|&at| same_property(predicate, &rules[at].predicate)).collect();
    let mut kept = about.clone();
    for out in about {
        let without: Vec<&Predicate> = kept.iter().filter(|&&at| at != out).map(|&at| &rules[at].predicate).collect();
        if covered(predicate, &without) {
            kept.retain(|&at| at != out);
        }
    }
    kept
}

fn same_property(a: &Predicate, b: &Predicate) -> bool {
    match (a, b) {
        (Predicate::Test { subject: a, .. }, Predicate::Test { subject: b, .. }) => {
            a.of == b.of && a.property == b.property
        }
        _ => false,
    }
}

/// Whether a rule removes nothing: `Some(None)` where every item passes it, else the rule that makes it so. Of equal rules
/// the first one stays.
fn vain(rules: &[Rule], at: usize) -> Option<Option<usize>> {
    let rule = &rules[at];
    let asks = |rule: &Rule| rule.predicate != Predicate::All;
    let idle_all = !asks(rule) && rules.iter().enumerate().any(|(other, r)| other < at || asks(r));
    if idle_all || rule.negated && never(&rule.predicate) {
        return Some(None);
    }
    let makes_vain = |&other: &usize| {
        other != at && rule_implies(&rules[other], rule) && (other < at || !rule_implies(rule, &rules[other]))
    };
    (0..rules.len()).find(makes_vain).map(Some)
}

/// Groups of which every item is in one: one that asks nothing, or some of one rule each that leave nothing out.
fn tautology(groups: &[Option<Vec<&Rule>>]) -> Option<Vec<usize>> {
    let of = |rules: &Option<Vec<&Rule>>| rules.as_ref().is_some_and(Vec::is_empty);
    if let Some(all) = groups.iter().position(of) {
        return Some(vec![all]);
    }
    let single = |(at, rules): (usize, &Option<Vec<&Rule>>)| match rules.as_deref() {
        Some([rule]) => Some((at, (*rule).clone())),
        _ => None,
    };
    let singles: Vec<(usize, Rule)> = groups.iter().enumerate().filter_map(single).collect();
    // An OR holds always where the AND of its negations never does.
    let turned: Vec<Rule> = singles.iter().map(|(_, rule)| Rule { negated: !rule.negated, ..rule.clone() }).collect();
    let together = contradiction(&turned)?;
    Some(together.into_iter().map(|at| singles[at].0).collect())
}

fn never_message(content_type: &str, rule: &Rule) -> String {
    let property = property_name(&rule.predicate);
    let why = match &rule.predicate {
        Predicate::Test { test: Test::KeywordAll(_), .. } => {
            format!("`{property}` holds no list, so no value of it has all of these")
        }
        _ => format!("no value of `{property}` is within it"),
    };
    format!("no {content_type} can pass this rule: {why}")
}

/// The name in rules of what a predicate reads.
fn property_name(predicate: &Predicate) -> String {
    match predicate {
        Predicate::Test { subject, .. } => {
            let owner = match subject.of {
                Owner::Item => "",
                Owner::Merchant => "merchant.",
            };
            match &subject.property {
                PropertyRef::Declared(id) => format!("{owner}{}", id.name()),
                PropertyRef::Ext(key) => format!("{owner}ext.{key}"),
                PropertyRef::TagAlgo(name) => format!("{owner}tag.algo.{name}"),
                PropertyRef::TagCustom(name) => format!("{owner}tag.custom.{name}"),
            }
        }
        Predicate::All => "all".to_owned(),
    }
}
