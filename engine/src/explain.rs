//! Explanations: why an item is in what rules select, or is not, and what stands between it and the wallet (F-4.3).
//!
//! The bare evaluator decides every rule here, the one that index and matcher are held against, so an explanation cannot say
//! otherwise than they do.

mod values;

use crate::api::{NoRates, PreviewError, Seq};
use crate::catalog::{Entry, Ordinal};
use crate::content::document::Document;
use crate::fold::State;
use crate::log::LogReader;
use crate::matcher::evaluate::{Facts, Tag, Tagged, group_matches, rule_matches};
use crate::preview::page;
use crate::supply::funnel::Step;
use crate::supply::sets::Definition;
use crate::supply::tags::{TagKind, Tags};
use crate::tenant::Tenant;
use penstock_dsl::check::check;
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Block, Expr, Group, Owner, Predicate, PropertyRef, Rule};
use penstock_dsl::registry::ContentType;

/// What is to be explained: the rules of a standing set, or of a text for a wallet.
#[derive(Clone, Debug)]
pub enum Asked<'a> {
    /// A standing set, by name.
    Set(&'a str),
    /// A rule text.
    Rules {
        /// The text.
        rules: &'a str,
        /// The day of exchange rates; the latest if not given.
        fx_date: Option<&'a str>,
        /// The wallet that its items would go to.
        target_wallet: Option<&'a str>,
    },
}

/// An item against rules, after record `as_of`.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The record.
    pub as_of: Seq,
    /// The time of evaluation, epoch milliseconds.
    pub now_ms: i64,
    /// The text that spans point into.
    pub rules: String,
    /// How the item stands: its version, or why it has none.
    pub item: Presence,
    /// Whether the rules match it.
    pub matched: bool,
    /// The text's blocks, in order.
    pub blocks: Vec<BlockExplained>,
    /// What stands between it and the wallet, step by step; empty where no wallet was asked about.
    pub chain: Vec<Link>,
    /// The step of the funnel that it is at, if it is matched and a wallet was asked about.
    pub step: Option<Step>,
}

/// How an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing of it has come.
    Unknown,
    /// It was deleted by this version.
    Deleted(i64),
    /// It is at this version.
    Live(i64),
}

/// A block against an item.
#[derive(Clone, Debug)]
pub struct BlockExplained {
    /// The block's content type.
    pub content_type: ContentType,
    /// Whether the item is live and of it; else its groups are not looked at.
    pub applies: bool,
    /// Its groups, in order.
    pub groups: Vec<GroupExplained>,
}

/// A group against an item.
#[derive(Clone, Debug)]
pub struct GroupExplained {
    /// The operator's title.
    pub title: Option<String>,
    /// Whether it matches.
    pub matched: bool,
    /// Its rules, in order.
    pub rules: Vec<RuleExplained>,
}

/// A rule against an item.
#[derive(Clone, Debug)]
pub struct RuleExplained {
    /// Where it stands in the text.
    pub span: Span,
    /// Whether it holds.
    pub holds: bool,
    /// The values that it was asked of, in words; none where the property is missing.
    pub values: Vec<String>,
    /// Values beyond those.
    pub more_values: usize,
    /// Whether there is no MERCHANT item to ask.
    pub no_merchant: bool,
}

/// A step between a matched item and the wallet.
#[derive(Clone, Debug)]
pub struct Link {
    /// What would stop it here.
    pub step: Step,
    /// Whether it passes.
    pub passes: bool,
    /// Why not: missing fields, the merchant, the reason of the risk decision.
    pub why: Vec<String>,
}

/// Why there is no explanation.
#[derive(Debug)]
pub enum ExplainError {
    /// There is no set of this name.
    NoSuchSet,
    /// The rules, the rates or the store.
    Preview(PreviewError),
}

impl From<PreviewError> for ExplainError {
    fn from(error: PreviewError) -> Self {
        ExplainError::Preview(error)
    }
}

/// Explains an item against rules. A text is evaluated at `now_ms`, a set at the time of the last record.
pub fn run(
    tenant: &Tenant,
    log: &dyn LogReader,
    asked: &Asked<'_>,
    content_type: ContentType,
    content_id: &str,
    now_ms: i64,
) -> Result<Explanation, ExplainError> {
    let question = Question::of(tenant, asked, now_ms)?;
    let subject = ItemSubject::read(tenant, log, content_type, content_id)?;
    let facts = subject.facts(question.now_ms);
    let content_type = subject.item.is_some().then_some(content_type);
    let blocks: Vec<_> = question.expr.blocks.iter().map(|block| explain_block(block, content_type, facts)).collect();
    let matched = blocks.iter().any(|block| block.groups.iter().any(|group| group.matched));
    let chain = question
        .wallet
        .as_ref()
        .map_or_else(Vec::new, |wallet| chain(&tenant.state.read(), wallet, question.set.as_deref(), &subject));
    let stopped = chain.iter().find(|link| !link.passes).map_or(Step::Deliverable, |link| link.step);
    let step = (matched && question.wallet.is_some()).then_some(stopped);
    Ok(Explanation {
        as_of: subject.as_of,
        now_ms: question.now_ms,
        rules: question.rules,
        item: subject.presence(),
        matched,
        blocks,
        chain,
        step,
    })
}

/// Checked rules and what they are asked for.
struct Question {
    rules: String,
    expr: Expr,
    wallet: Option<String>,
    set: Option<String>,
    now_ms: i64,
}

impl Question {
    fn of(tenant: &Tenant, asked: &Asked<'_>, now_ms: i64) -> Result<Self, ExplainError> {
        let state = tenant.state.read();
        let (rules, fx_date, wallet, set, now_ms) = match asked {
            Asked::Set(name) => {
                let id = state.supply.sets.find(name).ok_or(ExplainError::NoSuchSet)?;
                let set = state.supply.sets.get(id).ok_or(ExplainError::NoSuchSet)?;
                let Definition { rules, target_wallet, fx_date } = set.definition.clone();
                (rules.into(), fx_date, Some(target_wallet.into()), Some((*name).to_owned()), state.supply.now_ms)
            }
            Asked::Rules { rules, fx_date, target_wallet } => {
                let wallet = target_wallet.map(str::to_owned);
                ((*rules).to_owned(), fx_date.map(str::to_owned), wallet, None, now_ms)
            }
        };
        let options = state.check_options(fx_date.as_deref()).map_err(|e: NoRates| PreviewError::from(e))?;
        drop(state);
        let checked = check(&rules, &options);
        let expr = checked.expr.ok_or(PreviewError::Rules(checked.diagnostics))?;
        Ok(Question { rules, expr, wallet, set, now_ms })
    }
}

/// An item, its merchant and the tags of both, as rules read them.
pub(crate) struct ItemSubject {
    pub(crate) as_of: Seq,
    pub(crate) ordinal: Option<Ordinal>,
    entry: Option<Entry>,
    item: Option<Document>,
    tags: Vec<Tag>,
    merchant: Option<(Document, Vec<Tag>)>,
    nothing: Document,
}

impl ItemSubject {
    /// Reads an item as of the latest record.
    pub(crate) fn read(
        tenant: &Tenant,
        log: &dyn LogReader,
        content_type: ContentType,
        content_id: &str,
    ) -> Result<Self, PreviewError> {
        let mut subject = {
            let state = tenant.state.read();
            let ordinal = state.catalog.ordinal(content_type, content_id);
            let entry = ordinal.and_then(|ordinal| state.catalog.entry(ordinal)).copied();
            let tags = ordinal.map_or_else(Vec::new, |ordinal| tags_of(&state.supply.tags, ordinal));
            let nothing = Document { content_type, declared: Vec::new(), ext: Vec::new() };
            ItemSubject { as_of: state.seq, ordinal, entry, item: None, tags, merchant: None, nothing }
        };
        if let Some(entry) = subject.entry.filter(|entry| entry.live) {
            subject.take(tenant, log, page::document(tenant, log, &entry)?)?;
        }
        Ok(subject)
    }

    /// Takes a document for the item's, and the MERCHANT item that its merchantId names.
    pub(crate) fn take(
        &mut self,
        tenant: &Tenant,
        log: &dyn LogReader,
        document: Document,
    ) -> Result<(), PreviewError> {
        let merchant = {
            let state = tenant.state.read();
            let name = document.merchant_id().and_then(|id| state.names.merchants.find(id));
            let ordinal = name.and_then(|name| state.merchant_item(name));
            ordinal.and_then(|m| Some((*state.catalog.entry(m)?, tags_of(&state.supply.tags, m))))
        };
        self.item = Some(document);
        let read = |(entry, tags)| page::document(tenant, log, &entry).map(|document| (document, tags));
        self.merchant = merchant.map(read).transpose()?;
        Ok(())
    }

    /// What rules read; an item that is not live has nothing.
    pub(crate) fn facts(&self, now_ms: i64) -> Facts<'_> {
        let item = match &self.item {
            Some(document) => Tagged { document, tags: &self.tags },
            None => Tagged::from(&self.nothing),
        };
        let merchant = self.merchant.as_ref().map(|(document, tags)| Tagged { document, tags });
        Facts { item, merchant, now_ms }
    }

    fn presence(&self) -> Presence {
        match self.entry {
            Some(entry) if entry.live => Presence::Live(entry.version),
            Some(entry) if entry.version >= 0 => Presence::Deleted(entry.version),
            _ => Presence::Unknown,
        }
    }
}

/// The tags of an item, as rules name them.
pub(crate) fn tags_of(tags: &Tags, ordinal: Ordinal) -> Vec<Tag> {
    let of_item = tags.of_item(ordinal).filter(|(_, _, values)| !values.is_empty());
    of_item
        .map(|(tag, _, values)| Tag {
            property: match tag.kind {
                TagKind::Algo => PropertyRef::TagAlgo(tag.name.to_string()),
                TagKind::Custom => PropertyRef::TagCustom(tag.name.to_string()),
            },
            values: values.iter().map(|value| Box::from(&**value)).collect(),
        })
        .collect()
}

/// A block against an item of a content type; of an item that is not live it is `None`, and no block applies.
pub(crate) fn explain_block(block: &Block, content_type: Option<ContentType>, facts: Facts<'_>) -> BlockExplained {
    let applies = Some(block.content_type) == content_type;
    let groups = block.groups.iter().filter(|_| applies).map(|group| explain_group(group, facts)).collect();
    BlockExplained { content_type: block.content_type, applies, groups }
}

fn explain_group(group: &Group, facts: Facts<'_>) -> GroupExplained {
    let rules = group.rules.iter().map(|rule| explain_rule(rule, facts)).collect();
    GroupExplained { title: group.title.clone(), matched: group_matches(group, facts), rules }
}

fn explain_rule(rule: &Rule, facts: Facts<'_>) -> RuleExplained {
    let (asked, subject) = match &rule.predicate {
        Predicate::Test { subject, .. } if subject.of == Owner::Merchant => (facts.merchant, Some(subject)),
        Predicate::Test { subject, .. } => (Some(facts.item), Some(subject)),
        Predicate::All => (Some(facts.item), None),
    };
    let (values, more_values) = match (asked, subject) {
        (Some(asked), Some(subject)) => values::of(asked, subject),
        _ => Default::default(),
    };
    RuleExplained {
        span: rule.span,
        holds: rule_matches(rule, facts),
        values,
        more_values,
        no_merchant: asked.is_none(),
    }
}

fn chain(state: &State, wallet: &str, set: Option<&str>, subject: &ItemSubject) -> Vec<Link> {
    let Some(ordinal) = subject.ordinal else { return Vec::new() };
    let set = set.and_then(|name| state.supply.sets.find(name)).and_then(|id| state.supply.sets.get(id));
    let taken_out = set.is_some_and(|set| set.taken_out.contains(ordinal));
    let barriers = crate::sets::Standing::of_wallet(state, wallet, ordinal);
    let merchant = state.supply.items.merchant(ordinal).and_then(|name| state.names.merchants.get(name));
    let link = |step, why: Vec<String>| Link { step, passes: why.is_empty(), why };
    let taken = if taken_out { vec!["the operator took it out of the set".to_owned()] } else { Vec::new() };
    let not_onboarded = merchant.filter(|_| barriers.not_onboarded).map(|id| format!("merchant {id}"));
    vec![
        link(Step::TakenOut, taken),
        link(Step::MissingFields, barriers.missing.names().map(str::to_owned).collect()),
        link(Step::NotOnboarded, not_onboarded.into_iter().collect()),
        link(Step::RiskStopped, barriers.risk_reason.into_iter().map(Into::into).collect()),
    ]
}
