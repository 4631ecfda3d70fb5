//! What if: which standing sets an item would enter or leave, were this payload sent now (F-1.5). Nothing is stored.

use crate::api::{PreviewError, Seq};
use crate::catalog::Ordinal;
use crate::content::document::Document;
use crate::content::eligibility::FieldSet;
use crate::content::item::Item;
use crate::explain::{BlockExplained, ItemSubject, explain_block};
use crate::fold::State;
use crate::fold::memberships::ConditionFacts;
use crate::log::LogReader;
use crate::matcher::groups::GroupProbe;
use crate::sets::Standing;
use crate::supply::funnel::Step;
use crate::supply::sets::Set;
use crate::supply::target::{Purpose, SetId};
use crate::tenant::Tenant;
use penstock_dsl::check::check;
use penstock_dsl::registry::ContentType;
use std::collections::{BTreeMap, BTreeSet};

/// Sets that are explained rule by rule.
pub const EXPLAINED_MAX: usize = 50;

/// What a payload would do, after record `as_of`. Items that read it as their merchant are not counted.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The record.
    pub as_of: Seq,
    /// Sets that it would enter, leave, or be in before and after, by name.
    pub sets: Vec<SetEffect>,
}

/// What a payload would do to one set.
#[derive(Clone, Debug)]
pub struct SetEffect {
    /// The set.
    pub name: Box<str>,
    /// Its wallet.
    pub target_wallet: Box<str>,
    /// The step of the funnel that the item is at now; `None` where the set does not match it.
    pub before: Option<Step>,
    /// The step that it would be at.
    pub after: Option<Step>,
    /// Fields that the wallet requires and the payload misses.
    pub missing_fields: Vec<&'static str>,
    /// Its rules, which the blocks' spans point into.
    pub rules: String,
    /// Where the item would enter or leave: the rules against the payload, for the first sets.
    pub blocks: Vec<BlockExplained>,
}

/// Simulates one decoded item.
pub fn run(tenant: &Tenant, log: &dyn LogReader, item: &Item) -> Result<Simulation, PreviewError> {
    let mut subject = ItemSubject::read(tenant, log, item.content_type, &item.content_id)?;
    if let Some(document) = &item.document {
        subject.take(tenant, log, document.clone())?;
    }
    let state = tenant.state.read();
    let ordinal = state.catalog.ordinal(item.content_type, &item.content_id);
    let before = ordinal.map_or_else(BTreeSet::new, |ordinal| state.supply.sets_of(ordinal));
    let after = item.document.as_ref().map_or_else(BTreeSet::new, |document| sets_of(&state, ordinal, document));
    let mut effects: BTreeMap<Box<str>, SetEffect> = BTreeMap::new();
    let mut explained = 0;
    for id in before.union(&after) {
        let Some(set) = state.supply.sets.get(*id) else { continue };
        let mut effect = effect(&state, set, ordinal, item, (before.contains(id), after.contains(id)));
        let moves = before.contains(id) != after.contains(id);
        if moves && item.document.is_some() && explained < EXPLAINED_MAX {
            explained += 1;
            effect.blocks = explain(&state, set, item.content_type, &subject);
        }
        effects.insert(set.name.clone(), effect);
    }
    Ok(Simulation { as_of: state.seq, sets: effects.into_values().collect() })
}

/// The sets that would match a document.
fn sets_of(state: &State, ordinal: Option<Ordinal>, document: &Document) -> BTreeSet<SetId> {
    let merchant = document.merchant_id().and_then(|id| state.names.merchants.find(id));
    let facts = ConditionFacts { ordinal, merchant, times: Some(document) };
    let mut probe = GroupProbe::default();
    let targets = state.groups.matching(document, &mut probe).iter().filter_map(|id| state.supply.sets.target(*id));
    let holding = targets.filter(|target| state.conditions_hold(target.conditions(), facts));
    let sets = holding.filter_map(|target| if let Purpose::PartOf(set) = target.purpose { Some(set) } else { None });
    sets.collect()
}

fn effect(state: &State, set: &Set, ordinal: Option<Ordinal>, item: &Item, (was_in, is_in): (bool, bool)) -> SetEffect {
    let before = ordinal.filter(|_| was_in).map(|ordinal| Standing::of(state, set, ordinal).step);
    let missing = item.document.as_ref().map_or_else(FieldSet::default, |document| {
        let wallet = state.supply.wallets.get(&set.definition.target_wallet);
        let required = wallet.map(|wallet| wallet.required(item.content_type));
        required.unwrap_or(FieldSet::appendix(item.content_type)).without(FieldSet::of(document))
    });
    SetEffect {
        name: set.name.clone(),
        target_wallet: set.definition.target_wallet.clone(),
        before,
        after: is_in.then(|| step_of(state, set, ordinal, item, missing)),
        missing_fields: missing.names().collect(),
        rules: set.definition.rules.to_string(),
        blocks: Vec::new(),
    }
}

/// The step of the funnel that a payload would be at.
fn step_of(state: &State, set: &Set, ordinal: Option<Ordinal>, item: &Item, missing: FieldSet) -> Step {
    let wallet = state.supply.wallets.get(&set.definition.target_wallet);
    let merchant_id = item.document.as_ref().and_then(Document::merchant_id);
    let onboarded = merchant_id.is_none_or(|id| {
        let name = state.names.merchants.find(id);
        name.is_some_and(|name| wallet.is_some_and(|wallet| wallet.is_onboarded(name)))
    });
    let stopped = ordinal.is_some_and(|o| wallet.is_some_and(|wallet| wallet.barriers().stopped.contains(o)));
    match () {
        () if ordinal.is_some_and(|ordinal| set.taken_out.contains(ordinal)) => Step::TakenOut,
        () if !missing.is_empty() => Step::MissingFields,
        () if !onboarded => Step::NotOnboarded,
        () if stopped => Step::RiskStopped,
        () => Step::Deliverable,
    }
}

fn explain(state: &State, set: &Set, content_type: ContentType, subject: &ItemSubject) -> Vec<BlockExplained> {
    let Ok(options) = state.check_options(set.definition.fx_date.as_deref()) else { return Vec::new() };
    let Some(expr) = check(&set.definition.rules, &options).expr else { return Vec::new() };
    let facts = subject.facts(state.supply.now_ms);
    expr.blocks.iter().map(|block| explain_block(block, Some(content_type), facts)).collect()
}
