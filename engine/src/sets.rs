//! Reading standing sets: how they stand, their items, and who entered and left when and why.
//!
//! All counts and ordinals of one answer are of one record. Nothing here changes state.

use crate::api::{PreviewItem, Seq};
use crate::catalog::Ordinal;
use crate::content::eligibility::FieldSet;
use crate::fold::State;
use crate::fold::blame::GroupBlame;
use crate::log::LogReader;
use crate::preview::page;
use crate::supply::change::{Cause, Change, JournalId, Stream};
use crate::supply::funnel::{Funnel, Step, Steps};
use crate::supply::journal::JournalError;
use crate::supply::sets::Set;
use crate::supply::wallet::Barriers;
use crate::tenant::Tenant;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;
use std::sync::Arc;
use thiserror::Error;

/// How a set stands after record `as_of`.
#[derive(Clone, Debug)]
pub struct SetInfo {
    /// Its name.
    pub name: Box<str>,
    /// Its rules as written.
    pub rules: Box<str>,
    /// Where its items are to go.
    pub target_wallet: Box<str>,
    /// The day of the exchange rates that its rules convert at.
    pub fx_date: Option<String>,
    /// Counts changes of the definition, from 1.
    pub revision: u32,
    /// The record.
    pub as_of: Seq,
    /// What becomes of what it matches.
    pub funnel: Funnel,
}

/// An item of a set.
#[derive(Clone, Debug)]
pub struct SetItem {
    /// Its number.
    pub ordinal: Ordinal,
    /// The item.
    pub item: PreviewItem,
    /// The step of the funnel that it is at.
    pub step: Step,
    /// Fields that the wallet requires and it misses, by name.
    pub missing_fields: Vec<&'static str>,
    /// Whether its merchant is not onboarded to the wallet.
    pub not_onboarded: bool,
    /// Why a risk decision stops it, where one does.
    pub risk_reason: Option<Box<str>>,
}

/// A page of a set's items.
#[derive(Clone, Debug)]
pub struct SetItems {
    /// The record.
    pub as_of: Seq,
    /// In the order in which their keys first came.
    pub items: Vec<SetItem>,
    /// Items at this step in all, or matched in all.
    pub total: u64,
    /// What the next page comes after; `None` after the last.
    pub next: Option<Ordinal>,
}

/// An entry of a set's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetChange {
    /// The record.
    pub seq: Seq,
    /// Whether the item entered; else it left.
    pub entered: bool,
    /// Content type.
    pub content_type: ContentType,
    /// Content id.
    pub content_id: Box<str>,
    /// The item's version then.
    pub content_version: i64,
    /// Why.
    pub cause: Cause,
}

/// Entries of a set's journal.
#[derive(Clone, Debug)]
pub struct SetChanges {
    /// The journal; a set that was removed and made again has another.
    pub journal: JournalId,
    /// In order; a page never ends inside one record.
    pub changes: Vec<SetChange>,
    /// What the next page comes after.
    pub next: Seq,
    /// Whether there are more now.
    pub more: bool,
}

/// An entry of an item's history.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The set, by its name; `None` where it was removed.
    pub set: Option<Box<str>>,
    /// What of it.
    pub stream: Stream,
    /// The entry.
    pub change: SetChange,
}

/// Why a set could not be read.
#[derive(Debug, Error)]
pub enum SetError {
    /// There is no set of this name.
    #[error("there is no set of this name")]
    NoSuchSet,
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The log.
    #[error("reading the store failed: {0}")]
    Store(String),
}

/// Sets by name, at most `limit` after one.
pub fn list(tenant: &Tenant, after: Option<&str>, limit: usize) -> Vec<SetInfo> {
    let state = tenant.state.read();
    state.supply.sets.by_name_after(after).take(limit).map(|(_, set)| info(&state, set)).collect()
}

/// A set.
pub fn get(tenant: &Tenant, name: &str) -> Result<SetInfo, SetError> {
    let state = tenant.state.read();
    Ok(info(&state, find(&state, name)?))
}

/// A page of a set's items: those at a step of the funnel, or all that it matches.
pub fn items(
    tenant: &Tenant,
    log: &dyn LogReader,
    name: &str,
    step: Option<Step>,
    after: Option<Ordinal>,
    limit: usize,
) -> Result<SetItems, SetError> {
    let wanted = |state: &State, set: &Set| match step {
        Some(step) => steps(state, set).0[step as usize].clone(),
        None => state.supply.sets.matched(set).into_owned(),
    };
    items_of(tenant, log, name, wanted, after, limit)
}

/// A page of those items that `wanted` selects, as items of a set.
pub(crate) fn items_of(
    tenant: &Tenant,
    log: &dyn LogReader,
    name: &str,
    wanted: impl FnOnce(&State, &Set) -> RoaringBitmap,
    after: Option<Ordinal>,
    limit: usize,
) -> Result<SetItems, SetError> {
    let (as_of, total, page, entries) = {
        let state = tenant.state.read();
        let set = find(&state, name)?;
        let ordinals = wanted(&state, set);
        let from = after.map_or(0, |after| after.saturating_add(1));
        let page: Vec<Ordinal> = ordinals.range(from..).take(limit).collect();
        let entries: Vec<_> = page.iter().filter_map(|ordinal| state.catalog.entry(*ordinal)).copied().collect();
        let standing: Vec<_> = page.iter().map(|ordinal| (*ordinal, Standing::of(&state, set, *ordinal))).collect();
        (state.seq, ordinals.len(), (standing, ordinals.max()), entries)
    };
    let (standing, last) = page;
    let rendered = page::render_entries(tenant, log, &entries).map_err(|e| SetError::Store(e.to_string()))?;
    let next = standing.get(rendered.len().wrapping_sub(1)).map(|(ordinal, _)| *ordinal);
    let items =
        rendered.into_iter().zip(standing).map(|(item, (ordinal, standing))| standing.item(ordinal, item)).collect();
    Ok(SetItems { as_of, items, total, next: next.filter(|next| Some(*next) < last) })
}

/// What a set's groups cost, with its text.
pub fn cost(tenant: &Tenant, name: &str) -> Result<(Box<str>, Vec<GroupBlame>), SetError> {
    let state = tenant.state.read();
    let set = find(&state, name)?;
    Ok((set.definition.rules.clone(), state.blame(set)))
}

/// The sets for which most items are looked at, most first: name, how many, how many in vain.
pub fn costly(tenant: &Tenant, limit: usize) -> Vec<(Box<str>, u64, u64)> {
    let state = tenant.state.read();
    let named = |(id, looked_at, in_vain)| Some((state.supply.sets.get(id)?.name.clone(), looked_at, in_vain));
    state.most_looked_at(limit).into_iter().filter_map(named).collect()
}

/// Entries of a set's journal after a record.
pub fn changes(tenant: &Tenant, name: &str, stream: Stream, after: Seq, limit: usize) -> Result<SetChanges, SetError> {
    let (journal, seq) = {
        let state = tenant.state.read();
        (find(&state, name)?.journal, state.seq)
    };
    changes_of(tenant, journal, stream, after, limit, seq)
}

/// Entries of a journal after one record and up to another.
pub(crate) fn changes_of(
    tenant: &Tenant,
    journal: JournalId,
    stream: Stream,
    after: Seq,
    limit: usize,
    up_to: Seq,
) -> Result<SetChanges, SetError> {
    let page = tenant.journal.read(journal, stream, after, limit, up_to)?;
    let state = tenant.state.read();
    let changes = page.changes.into_iter().map(|(seq, change)| told(&state, seq, change)).collect();
    Ok(SetChanges { journal, changes, next: page.next, more: page.more })
}

/// An item's history over all sets before a record, newest first; `None` where the item was never heard of.
pub fn history(
    tenant: &Tenant,
    content_type: ContentType,
    content_id: &str,
    before: Seq,
    limit: usize,
) -> Result<Option<Vec<Membership>>, SetError> {
    let Some(ordinal) = tenant.state.read().catalog.ordinal(content_type, content_id) else { return Ok(None) };
    let history = tenant.journal.by_item(ordinal, before, limit)?;
    let state = tenant.state.read();
    let names: std::collections::HashMap<_, _> =
        state.supply.sets.by_name().map(|(_, set)| (set.journal, set.name.clone())).collect();
    let memberships = history.into_iter().map(|(seq, journal, change)| Membership {
        set: names.get(&journal).cloned(),
        stream: change.stream,
        change: told(&state, seq, change),
    });
    Ok(Some(memberships.collect()))
}

/// The sets that match an item now, by name, each with the step of its funnel that the item is at.
pub fn holding(tenant: &Tenant, content_type: ContentType, content_id: &str) -> Vec<(Box<str>, Step)> {
    let state = tenant.state.read();
    let Some(ordinal) = state.catalog.ordinal(content_type, content_id) else { return Vec::new() };
    let sets = state.supply.sets_of(ordinal).into_iter().filter_map(|id| state.supply.sets.get(id));
    let mut holding: Vec<_> = sets.map(|set| (set.name.clone(), Standing::of(&state, set, ordinal).step)).collect();
    holding.sort();
    holding
}

pub(crate) fn find<'a>(state: &'a State, name: &str) -> Result<&'a Set, SetError> {
    let id = state.supply.sets.find(name).ok_or(SetError::NoSuchSet)?;
    state.supply.sets.get(id).ok_or(SetError::NoSuchSet)
}

pub(crate) fn barriers(state: &State, wallet: &str) -> Arc<Barriers> {
    state.supply.wallets.get(wallet).map_or_else(Default::default, |wallet| wallet.barriers().clone())
}

pub(crate) fn steps(state: &State, set: &Set) -> Steps {
    let matched = state.supply.sets.matched(set);
    Steps::of(&matched, &set.taken_out, &barriers(state, &set.definition.target_wallet))
}

fn info(state: &State, set: &Set) -> SetInfo {
    SetInfo {
        name: set.name.clone(),
        rules: set.definition.rules.clone(),
        target_wallet: set.definition.target_wallet.clone(),
        fx_date: set.definition.fx_date.clone(),
        revision: set.revision,
        as_of: state.seq,
        funnel: steps(state, set).counts(),
    }
}

fn told(state: &State, seq: Seq, change: Change) -> SetChange {
    SetChange {
        seq,
        entered: change.entered,
        content_type: state.catalog.entry(change.ordinal).map_or(ContentType::Merchant, |entry| entry.content_type),
        content_id: state.catalog.content_id(change.ordinal).into(),
        content_version: change.version,
        cause: change.cause,
    }
}

/// What stands between an item and a wallet.
pub(crate) struct Standing {
    /// The first step that stops it.
    pub(crate) step: Step,
    pub(crate) missing: FieldSet,
    pub(crate) not_onboarded: bool,
    pub(crate) risk_reason: Option<Box<str>>,
}

impl Standing {
    pub(crate) fn of(state: &State, set: &Set, ordinal: Ordinal) -> Standing {
        let standing = Standing::of_wallet(state, &set.definition.target_wallet, ordinal);
        let pulled = state.supply.wallets.get(&set.definition.target_wallet);
        let pulled = pulled.is_some_and(|wallet| wallet.barriers().pulled.contains(ordinal));
        let taken_out = pulled || set.taken_out.contains(ordinal);
        Standing { step: if taken_out { Step::TakenOut } else { standing.step }, ..standing }
    }

    pub(crate) fn of_wallet(state: &State, wallet: &str, ordinal: Ordinal) -> Standing {
        let wallet = state.supply.wallets.get(wallet);
        let facts = state.supply.items.get(ordinal);
        let missing = facts.map_or_else(FieldSet::default, |facts| {
            let required = wallet.map(|wallet| wallet.required(facts.content_type));
            required.unwrap_or(FieldSet::appendix(facts.content_type)).without(facts.fields)
        });
        let merchant = facts.and_then(|facts| facts.merchant);
        let not_onboarded = merchant.is_some_and(|name| !wallet.is_some_and(|wallet| wallet.is_onboarded(name)));
        let risk = wallet.and_then(|wallet| wallet.risk(ordinal)).filter(|risk| risk.value.stopped);
        let step = match () {
            () if !missing.is_empty() => Step::MissingFields,
            () if not_onboarded => Step::NotOnboarded,
            () if risk.is_some() => Step::RiskStopped,
            () => Step::Deliverable,
        };
        Standing { step, missing, not_onboarded, risk_reason: risk.map(|risk| risk.value.reason.clone()) }
    }

    fn item(self, ordinal: Ordinal, item: PreviewItem) -> SetItem {
        SetItem {
            ordinal,
            item,
            step: self.step,
            missing_fields: self.missing.names().collect(),
            not_onboarded: self.not_onboarded,
            risk_reason: self.risk_reason,
        }
    }
}
