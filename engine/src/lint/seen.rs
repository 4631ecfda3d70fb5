//! Values, currencies and properties that rules name and no item has.
//!
//! Every look-up is of the snapshot and of live items of the block's type. Rules on a merchant's properties are left out: what their
//! items have is another type's.

use super::nearest::nearest;
use super::{Evidence, LintFinding, Linted, Place, VALUES_MAX};
use crate::content::document::{Document, Values};
use crate::fold::Snapshot;
use crate::index::IndexError;
use crate::index::currencies::of_document;
use crate::index::terms::PropertyKey;
use crate::matcher::evaluate::{holds, in_range};
use crate::preview::Reading;
use crate::tenant::Tenant;
use fixedbitset::FixedBitSet;
use penstock_dsl::ast::{self, Literal, Operand, RuleBody};
use penstock_dsl::code;
use penstock_dsl::diagnostic::{Diagnostic, Span};
use penstock_dsl::expr::{Interval, MoneyRange, Owner, Predicate, PropertyRef, Rule, Subject, Test};
use penstock_dsl::lint::thousands;
use penstock_dsl::registry::{ContentType, Currency};
use penstock_dsl::{print, text, tree};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::time::Instant;

/// Unseen values of one rule that get a finding each; more share one.
const APART_MAX: usize = 5;
/// Rules for which it is found out what is there instead.
const INSTEAD_MAX: usize = 4;
/// Currencies that a message lists.
const CURRENCIES_NAMED: usize = 3;

/// What no item has.
pub(super) struct Unseen {
    /// The findings.
    pub findings: Vec<LintFinding>,
    /// Rules that match nothing because of it.
    pub told: Vec<Place>,
    /// Whether not all values were looked up.
    pub truncated: bool,
}

/// Looks up what a rule set names.
pub(super) fn find(linted: &Linted<'_>, reading: &Reading<'_>, tenant: &Tenant) -> Result<Unseen, IndexError> {
    let tree = tree(linted.text).rule_set;
    let written = tree.blocks.iter().flat_map(|b| &b.groups).flat_map(|g| &g.rules).map(|r| (r.span, r)).collect();
    let unseen = Unseen { findings: Vec::new(), told: Vec::new(), truncated: false };
    let mut finder = Finder { linted, tenant, written, values_left: VALUES_MAX, instead_left: INSTEAD_MAX, unseen };
    for (at, block) in linted.expr.blocks.iter().enumerate() {
        let total = linted.counts.blocks[at].total;
        if total == 0 {
            continue;
        }
        let items = Items::of(&reading.snapshot, block.content_type, linted, total);
        let mut missing = HashMap::new();
        let mut newest = HashMap::new();
        for (g, group) in block.groups.iter().enumerate() {
            for (r, rule) in group.rules.iter().enumerate() {
                if linted.is_late() {
                    finder.unseen.truncated = true;
                    return Ok(finder.unseen);
                }
                finder.rule(&items, rule, (at, g, r), &mut missing, &mut newest)?;
            }
        }
    }
    Ok(finder.unseen)
}

/// The live items of one content type.
pub(super) struct Items<'a> {
    snapshot: &'a Snapshot,
    pub content_type: ContentType,
    /// By segment.
    docs: Vec<FixedBitSet>,
    now_ms: i64,
    deadline: Instant,
    total: u64,
}

impl<'a> Items<'a> {
    fn of(snapshot: &'a Snapshot, content_type: ContentType, linted: &Linted<'_>, total: u64) -> Self {
        let (now_ms, deadline) = (linted.now_ms, linted.deadline);
        let outdated = &snapshot.overlay.latest().ordinals;
        let live = snapshot.index.segments.iter().map(|segment| {
            let mut docs = segment.live(outdated);
            docs.intersect_with(segment.of_type(content_type));
            docs
        });
        Items { snapshot, content_type, docs: live.collect(), now_ms, deadline, total }
    }

    /// Those that are newer than the index.
    fn newest(&self) -> impl Iterator<Item = &'a Document> {
        let content_type = self.content_type;
        let documents = self.snapshot.overlay.live().map(|(document, _)| document);
        documents.filter(move |document| document.content_type == content_type)
    }

    /// Indexed items that pass; where the index has candidates only, those.
    fn indexed(&self, predicate: &Predicate) -> Result<u64, IndexError> {
        let mut count = 0;
        for (segment, docs) in self.snapshot.index.segments.iter().zip(&self.docs) {
            let lowered = segment.lower(predicate, self.now_ms)?;
            count += lowered.passing.intersection_count(docs);
            count += lowered.candidates.map_or(0, |candidates| candidates.intersection_count(docs));
        }
        Ok(count as u64)
    }

    /// Items that pass.
    pub fn count(&self, predicate: &Predicate) -> Result<u64, IndexError> {
        let newest = self.newest().filter(|document| holds(predicate, document, self.now_ms)).count();
        Ok(self.indexed(predicate)? + newest as u64)
    }

    /// Currencies in which some of them may have a property.
    fn currencies(&self, property: &PropertyRef) -> Result<BTreeSet<Currency>, IndexError> {
        let mut currencies = BTreeSet::new();
        if let Some(key) = PropertyKey::of(property) {
            for segment in &self.snapshot.index.segments {
                currencies.extend(segment.currencies(key)?);
            }
        }
        currencies.extend(self.newest().flat_map(|document| of_document(document, property)));
        Ok(currencies)
    }

    /// Whether there is no time left to look more up.
    pub fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }

    fn evidence(&self) -> Evidence {
        Evidence { total: self.total, matched: Some(0), ..Evidence::default() }
    }
}

/// The values of the newest items, as tests compare them.
type Newest<'a> = HashMap<Subject, HashSet<&'a str>>;

struct Finder<'a> {
    linted: &'a Linted<'a>,
    tenant: &'a Tenant,
    written: HashMap<Span, &'a ast::Rule>,
    values_left: usize,
    instead_left: usize,
    unseen: Unseen,
}

impl<'a> Finder<'a> {
    fn rule<'s>(
        &mut self,
        items: &Items<'s>,
        rule: &Rule,
        place: Place,
        missing: &mut HashMap<Subject, bool>,
        newest: &mut Newest<'s>,
    ) -> Result<(), IndexError> {
        let Predicate::Test { subject, test } = &rule.predicate else { return Ok(()) };
        if subject.of == Owner::Merchant {
            return Ok(());
        }
        let known = missing.get(subject).copied();
        let is_missing = match known {
            Some(known) => known,
            None => items.count(&of(subject, Test::IsSet))? == 0,
        };
        if is_missing {
            if known.is_none() {
                self.property(items, rule, subject);
            }
            missing.insert(subject.clone(), true);
            self.unseen.told.push(place);
            return Ok(());
        }
        missing.insert(subject.clone(), false);
        match test {
            Test::KeywordIn(_) | Test::KeywordAll(_) | Test::TextIn(_) | Test::TextAll(_) => {
                let newest = newest.entry(subject.clone()).or_insert_with(|| newest_values(items, subject));
                self.values(items, rule, subject, test, place, newest)
            }
            Test::Money(ranges) | Test::PriceOverlaps(ranges) | Test::PriceWithin(ranges) => match ranges.as_slice() {
                [range] => self.currency(items, rule, subject, test, range.currency, place),
                _ => Ok(()),
            },
            Test::IsSet | Test::Contains(_) | Test::Fuzzy(_) | Test::Number(_) | Test::Time(_) | Test::Bool(_) => {
                Ok(())
            }
        }
    }

    fn report(&mut self, code: &'static str, span: Span, message: String, evidence: Evidence) {
        let diagnostic = Diagnostic::warning(code, span, message);
        self.unseen.findings.push(LintFinding { diagnostic, related: Vec::new(), evidence: Some(evidence) });
    }

    fn property(&mut self, items: &Items<'_>, rule: &Rule, subject: &Subject) {
        let message = format!("no {} has {}", items.content_type, self.name(rule, subject));
        self.report(code::UNSEEN_PROPERTY, rule.span, message, items.evidence());
    }

    /// The property as the rule spells it.
    fn name(&self, rule: &Rule, subject: &Subject) -> String {
        match self.written.get(&rule.span).map(|written| &written.body) {
            Some(RuleBody::Test { path, .. }) => format!("`{}`", path.span.of(self.linted.text)),
            _ => match &subject.property {
                PropertyRef::Declared(id) => format!("`{}`", id.name()),
                PropertyRef::Ext(key) | PropertyRef::TagAlgo(key) | PropertyRef::TagCustom(key) => format!("`{key}`"),
            },
        }
    }

    fn values(
        &mut self,
        items: &Items<'_>,
        rule: &Rule,
        subject: &Subject,
        test: &Test,
        place: Place,
        newest: &HashSet<&str>,
    ) -> Result<(), IndexError> {
        let keyword = matches!(test, Test::KeywordIn(_) | Test::KeywordAll(_));
        let mut unseen: Vec<(Span, &str)> = Vec::new();
        let (mut seen, mut cut) = (0, false);
        for (span, written) in self.strings(rule) {
            let Some(left) = self.values_left.checked_sub(1).filter(|_| !items.is_late()) else {
                cut = true;
                break;
            };
            self.values_left = left;
            let shaped = if keyword { written.trim().to_owned() } else { text::fold(written) };
            let one = if keyword { Test::KeywordIn } else { Test::TextIn };
            let there = newest.contains(shaped.as_str()) || items.indexed(&of(subject, one(vec![shaped])))? > 0;
            match there {
                true => seen += 1,
                false => unseen.push((span, written)),
            }
        }
        let all = matches!(test, Test::KeywordAll(_) | Test::TextAll(_));
        if !cut && seen == 0 || all && !unseen.is_empty() {
            self.unseen.told.push(place);
        }
        self.unseen.truncated |= cut;
        match unseen.len() {
            0 => {}
            1..=APART_MAX => self.apart(items, rule, subject, &unseen)?,
            _ => self.together(items, rule, subject, &unseen, seen),
        }
        Ok(())
    }

    /// The strings of a rule's operand.
    fn strings(&self, rule: &Rule) -> Vec<(Span, &'a str)> {
        let written: Option<&'a ast::Rule> = self.written.get(&rule.span).copied();
        let Some(RuleBody::Test { operation, .. }) = written.map(|written| &written.body) else { return Vec::new() };
        let values = match &operation.operand {
            Operand::Value(value) => std::slice::from_ref(value),
            Operand::List(values, _) => values,
            Operand::None | Operand::Range(_) => &[],
        };
        let strings = values.iter().filter_map(|value| match &value.literal {
            Literal::Text(text) => Some((value.span, text.as_str())),
            _ => None,
        });
        strings.collect()
    }

    /// A finding for each value, with the nearest one that is there.
    fn apart(
        &mut self,
        items: &Items<'_>,
        rule: &Rule,
        subject: &Subject,
        unseen: &[(Span, &str)],
    ) -> Result<(), IndexError> {
        let mut near = vec![None; unseen.len()];
        if subject.locale.is_none() {
            if let Some(left) = self.instead_left.checked_sub(1) {
                self.instead_left = left;
                let wanted: Vec<String> = unseen.iter().map(|(_, value)| text::fold(value)).collect();
                near = nearest(self.tenant, items, subject, &wanted)?;
                self.unseen.truncated |= items.is_late();
            } else {
                self.unseen.truncated = true;
            }
        }
        let name = self.name(rule, subject);
        for ((span, value), near) in unseen.iter().zip(near) {
            let spelled = print::string(value);
            let mut message = format!("no {} has the value {spelled} in {name}", items.content_type);
            let mut evidence = items.evidence();
            let mut fix = None;
            if let Some((value, count)) = near {
                let instead = print::string(&value);
                message.push_str(&format!("; did you mean {instead} ({})?", items_of(count)));
                fix = Some(instead);
                evidence.instead = vec![(value, count)];
            }
            let diagnostic = Diagnostic::warning(code::UNSEEN_VALUE, *span, message);
            let diagnostic = match fix {
                Some(instead) => diagnostic.fix(format!("write {instead}"), *span, instead),
                None => diagnostic,
            };
            self.unseen.findings.push(LintFinding { diagnostic, related: Vec::new(), evidence: Some(evidence) });
        }
        Ok(())
    }

    fn together(&mut self, items: &Items<'_>, rule: &Rule, subject: &Subject, unseen: &[(Span, &str)], seen: usize) {
        let (content_type, name) = (items.content_type, self.name(rule, subject));
        let named: Vec<String> = unseen.iter().take(APART_MAX).map(|(_, value)| print::string(value)).collect();
        let (count, all) = (thousands(unseen.len() as u64), thousands((unseen.len() + seen) as u64));
        let message = format!(
            "{count} of the {all} values looked up are in no {content_type}'s {name}: {} ...",
            named.join(", ")
        );
        self.report(code::UNSEEN_VALUE, rule.span, message, items.evidence());
    }

    fn currency(
        &mut self,
        items: &Items<'_>,
        rule: &Rule,
        subject: &Subject,
        test: &Test,
        currency: Currency,
        place: Place,
    ) -> Result<(), IndexError> {
        if items.count(&of(subject, in_currency(test, currency)))? > 0 {
            return Ok(());
        }
        self.unseen.told.push(place);
        let (mut instead, asked_before) = (Vec::new(), self.instead_left);
        if let Some(left) = self.instead_left.checked_sub(1) {
            self.instead_left = left;
            for other in items.currencies(&subject.property)? {
                if items.is_late() {
                    break;
                }
                let count = items.count(&of(subject, in_currency(test, other)))?;
                instead.extend((count > 0).then(|| (other.to_string(), count)));
            }
        }
        self.unseen.truncated |= asked_before == 0 || items.is_late();
        instead.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut message = format!("no {} has {} in {currency}", items.content_type, self.name(rule, subject));
        let named: Vec<String> = instead
            .iter()
            .take(CURRENCIES_NAMED)
            .map(|(code, count)| format!("{code} ({})", thousands(*count)))
            .collect();
        if !named.is_empty() {
            message.push_str(&format!("; there are amounts in {}", named.join(", ")));
        }
        let evidence = Evidence { instead, ..items.evidence() };
        self.report(code::UNSEEN_CURRENCY, rule.span, message, evidence);
        Ok(())
    }
}

pub(super) fn of(subject: &Subject, test: Test) -> Predicate {
    Predicate::Test { subject: subject.clone(), test }
}

/// Any amount of a currency, as the test reads amounts.
fn in_currency(test: &Test, currency: Currency) -> Test {
    let any = vec![MoneyRange { currency, amounts: Interval { low: Bound::Unbounded, high: Bound::Unbounded } }];
    match test {
        Test::Money(_) => Test::Money(any),
        _ => Test::PriceOverlaps(any),
    }
}

/// `1 item`, `1,204 items`.
fn items_of(count: u64) -> String {
    match count {
        1 => "1 item".to_owned(),
        _ => format!("{} items", thousands(count)),
    }
}

fn newest_values<'s>(items: &Items<'s>, subject: &Subject) -> HashSet<&'s str> {
    let mut out = HashSet::new();
    for document in items.newest() {
        let counts = |locale: Option<&str>| in_range(locale, subject.locale.as_deref());
        match &subject.property {
            PropertyRef::Declared(id) => match document.get(*id) {
                Some(Values::Keywords(lists)) => {
                    let lists = lists.iter().filter(|list| counts(list.locale.as_deref()));
                    out.extend(lists.flat_map(|list| list.value.iter().map(|value| &**value)));
                }
                Some(Values::Texts(texts)) => {
                    let texts = texts.iter().filter(|text| counts(text.locale.as_deref()));
                    out.extend(texts.map(|text| &*text.value.folded));
                }
                _ => {}
            },
            PropertyRef::Ext(key) => {
                let lists = document.ext(key).unwrap_or_default().iter();
                let lists = lists.filter(|list| counts(list.locale.as_deref()));
                out.extend(lists.flat_map(|list| list.value.iter().filter_map(|v| v.text()).map(|t| &*t.folded)));
            }
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {}
        }
    }
    out
}
