//! Ineligible supply: what a task's rules match and its wallet cannot get, and why (R042-R046, D-42).
//!
//! Everything is counted in one pass over the items that something stops, into a bitmap for each content type, reason and
//! field: counts, pages and downloads read these. An item stands under everything that stops it, not under the first alone.

use crate::api::{PreviewItem, Seq};
use crate::catalog::{Entry, Ordinal};
use crate::fold::State;
use crate::log::LogReader;
use crate::preview::page;
use crate::sets::{SetError, barriers, find};
use crate::supply::items::MerchantName;
use crate::supply::wallet::Wallet;
use crate::task::{TaskId, draft_set_name, set_name};
use crate::tenant::Tenant;
use penstock_dsl::registry::ContentType;
use roaring::{MultiOps, RoaringBitmap};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Merchants' names that are kept while rows are read.
const NAMES_KEPT_MAX: usize = 10_000;

/// What stops an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It misses a field that the wallet requires.
    MissingField(&'static str),
    /// Its merchant is not onboarded to the wallet.
    NotOnboarded,
    /// The wallet's decision on risk.
    RiskStopped,
}

/// Which items are asked for; all if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this type.
    pub content_type: Option<ContentType>,
    /// Only what a reason like this stops; with its field where that is given too.
    pub reason: Option<Kind>,
    /// Only what misses this field.
    pub field: Option<Box<str>>,
    /// Only of this merchant.
    pub merchant_id: Option<Box<str>>,
}

/// Reasons without their field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// See [`Reason::MissingField`].
    MissingField,
    /// See [`Reason::NotOnboarded`].
    NotOnboarded,
    /// See [`Reason::RiskStopped`].
    RiskStopped,
}

/// What stops a task's items, as of one record.
#[derive(Clone, Debug, Default)]
pub struct Ineligible {
    /// The record.
    pub as_of: Seq,
    wallet: Box<str>,
    issues: BTreeMap<(usize, Reason), RoaringBitmap>,
    items: RoaringBitmap,
}

/// A merchant that is not onboarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedMerchant {
    /// Which.
    pub merchant_id: Arc<str>,
    /// Its name, where a MERCHANT item tells it.
    pub name: Option<Arc<str>>,
    /// Its accounts in the wallet, where it had any.
    pub account_ids: Vec<Box<str>>,
    /// Items that this stops.
    pub items: u64,
}

/// An item that something stops.
#[derive(Clone, Debug)]
pub struct StoppedItem {
    /// Its number.
    pub ordinal: Ordinal,
    /// Its merchant.
    pub merchant_id: Option<Arc<str>>,
    /// The merchant's name, where a MERCHANT item tells it.
    pub merchant_name: Option<Arc<str>>,
    /// Content type.
    pub content_type: ContentType,
    /// Content id.
    pub content_id: Box<str>,
    /// Its latest version.
    pub content_version: i64,
    /// All that stops it, of what was asked for.
    pub reasons: Vec<Reason>,
    /// Why the wallet stops it, in the words of whoever decided.
    pub risk_reason: Option<Box<str>>,
    entry: Entry,
}

impl Reason {
    /// Without its field.
    pub fn kind(self) -> Kind {
        match self {
            Reason::MissingField(_) => Kind::MissingField,
            Reason::NotOnboarded => Kind::NotOnboarded,
            Reason::RiskStopped => Kind::RiskStopped,
        }
    }

    /// The field that is missing.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Reason::MissingField(field) => Some(field),
            Reason::NotOnboarded | Reason::RiskStopped => None,
        }
    }
}

impl Filter {
    fn wants(&self, content_type: ContentType, reason: Reason) -> bool {
        let field = |field: &str| reason.field() == Some(field);
        self.content_type.is_none_or(|wanted| wanted == content_type)
            && self.reason.is_none_or(|wanted| wanted == reason.kind())
            && self.field.as_deref().is_none_or(field)
    }
}

impl Ineligible {
    /// What stops items, by content type: how many each stops. One item may be stopped by several.
    pub fn counts(&self) -> impl Iterator<Item = (ContentType, Reason, u64)> {
        self.issues.iter().map(|((at, reason), items)| (ContentType::ALL[*at], *reason, items.len()))
    }

    /// Items of a type that a kind of reason stops, each once.
    pub fn items_of(&self, content_type: ContentType, kind: Kind) -> u64 {
        self.union_of(content_type, |of| of == kind).len()
    }

    /// Items of a type that cannot be delivered by their own state or their merchant's, each once; a decision on risk is
    /// another matter.
    pub fn ineligible_of(&self, content_type: ContentType) -> u64 {
        self.union_of(content_type, |of| of != Kind::RiskStopped).len()
    }

    fn union_of(&self, content_type: ContentType, wanted: impl Fn(Kind) -> bool) -> RoaringBitmap {
        let of = |(at, reason): &(usize, Reason)| *at == content_type.index() && wanted(reason.kind());
        self.issues.iter().filter(|(key, _)| of(key)).map(|(_, items)| items).union()
    }

    /// All items that something stops.
    pub fn items(&self) -> &RoaringBitmap {
        &self.items
    }

    /// Items times what stops them: the rows of a download.
    pub fn rows(&self) -> u64 {
        self.issues.values().map(RoaringBitmap::len).sum()
    }

    fn reasons(&self, ordinal: Ordinal) -> Vec<Reason> {
        self.issues.iter().filter(|(_, items)| items.contains(ordinal)).map(|((_, reason), _)| *reason).collect()
    }

    fn of(state: &State, set: &str, filter: &Filter) -> Result<Ineligible, SetError> {
        let set = find(state, set)?;
        let wallet = state.supply.wallets.get(&set.definition.target_wallet);
        let barriers = barriers(state, &set.definition.target_wallet);
        let mut reach = &*state.supply.sets.matched(set) - &set.taken_out;
        reach -= barriers.pulled.to_bitmap();
        if let Some(merchant) = &filter.merchant_id {
            let name = state.names.merchants.find(merchant);
            match name.and_then(|name| state.supply.items.of_merchant(name)) {
                Some(items) => reach &= items,
                None => reach.clear(),
            }
        }
        let wallet_name = set.definition.target_wallet.clone();
        let mut found = Ineligible { as_of: state.seq, wallet: wallet_name, ..Ineligible::default() };
        for content_type in ContentType::ALL {
            let of_type = &reach & state.supply.items.live(content_type);
            let required = wallet.map(|wallet| wallet.required(content_type)).unwrap_or_default();
            for ordinal in &of_type & barriers.lacking.to_bitmap() {
                for field in required.without(state.supply.items.fields(ordinal)).names() {
                    found
                        .issues
                        .entry((content_type.index(), Reason::MissingField(field)))
                        .or_default()
                        .insert(ordinal);
                }
            }
            let others = [(Reason::NotOnboarded, &barriers.not_onboarded), (Reason::RiskStopped, &barriers.stopped)];
            for (reason, barred) in others {
                found.issues.insert((content_type.index(), reason), &of_type & barred.to_bitmap());
            }
        }
        found.issues.retain(|(at, reason), items| !items.is_empty() && filter.wants(ContentType::ALL[*at], *reason));
        found.items = found.issues.values().union();
        Ok(found)
    }
}

/// What stops a task's items; `of_next`: those of its next revision.
pub fn find_of_task(tenant: &Tenant, id: TaskId, of_next: bool, filter: &Filter) -> Result<Ineligible, SetError> {
    let name = if of_next { draft_set_name(id) } else { set_name(id) };
    Ineligible::of(&tenant.state.read(), &name, filter)
}

/// Merchants that are not onboarded, those with most items first, at most `limit`; and how many there are.
pub fn merchants(
    tenant: &Tenant,
    names: &mut MerchantNames<'_>,
    of: &Ineligible,
    limit: usize,
) -> (u64, Vec<StoppedMerchant>) {
    let (total, mut merchants, numbers) = {
        let state = tenant.state.read();
        let stopped = of.issues.iter().filter(|((_, reason), _)| *reason == Reason::NotOnboarded);
        let mut items: HashMap<MerchantName, u64> = HashMap::new();
        for ordinal in stopped.flat_map(|(_, items)| items) {
            state.supply.items.merchant(ordinal).into_iter().for_each(|name| *items.entry(name).or_default() += 1);
        }
        let mut counted: Vec<(MerchantName, u64)> = items.into_iter().collect();
        counted.sort_unstable_by_key(|(name, items)| (Reverse(*items), *name));
        let total = counted.len() as u64;
        counted.truncate(limit);
        let wallet = state.supply.wallets.get(&of.wallet);
        let merchant = |(name, items): &(MerchantName, u64)| StoppedMerchant {
            merchant_id: state.names.merchants.get(*name).cloned().unwrap_or_else(|| "".into()),
            name: None,
            account_ids: account_ids(wallet, *name),
            items: *items,
        };
        let numbers: Vec<MerchantName> = counted.iter().map(|(name, _)| *name).collect();
        (total, counted.iter().map(merchant).collect::<Vec<_>>(), numbers)
    };
    for (merchant, number) in merchants.iter_mut().zip(numbers) {
        merchant.name = names.of(number);
    }
    (total, merchants)
}

/// A merchant's accounts in a wallet.
pub(crate) fn account_ids(wallet: Option<&Wallet>, name: MerchantName) -> Vec<Box<str>> {
    wallet.and_then(|wallet| wallet.onboarding(name)).map(|known| known.value.account_ids.clone()).unwrap_or_default()
}

/// Items that something stops, in the order in which their keys first came: at most `limit` after an ordinal.
pub fn items(
    tenant: &Tenant,
    names: &mut MerchantNames<'_>,
    of: &Ineligible,
    after: Option<Ordinal>,
    limit: usize,
) -> Vec<StoppedItem> {
    let from = after.map_or(0, |after| after.saturating_add(1));
    let page: Vec<Ordinal> = of.items().range(from..).take(limit).collect();
    let mut items: Vec<(StoppedItem, Option<MerchantName>)> = {
        let state = tenant.state.read();
        let wallet = state.supply.wallets.get(&of.wallet);
        let item = |ordinal: &Ordinal| {
            let entry = *state.catalog.entry(*ordinal)?;
            let merchant = state.supply.items.merchant(*ordinal);
            let reasons = of.reasons(*ordinal);
            let risk =
                wallet.and_then(|wallet| wallet.risk(*ordinal)).filter(|_| reasons.contains(&Reason::RiskStopped));
            let item = StoppedItem {
                ordinal: *ordinal,
                merchant_id: merchant.and_then(|name| state.names.merchants.get(name).cloned()),
                merchant_name: None,
                content_type: entry.content_type,
                content_id: state.catalog.content_id(*ordinal).into(),
                content_version: entry.version,
                reasons,
                risk_reason: risk.map(|risk| risk.value.reason.clone()),
                entry,
            };
            Some((item, merchant))
        };
        page.iter().filter_map(item).collect()
    };
    for (item, merchant) in &mut items {
        item.merchant_name = merchant.and_then(|name| names.of(name));
    }
    items.into_iter().map(|(item, _)| item).collect()
}

/// The same with their content: as many as one page's bytes allow.
pub fn items_with_content(
    tenant: &Tenant,
    log: &dyn LogReader,
    of: &Ineligible,
    after: Option<Ordinal>,
    limit: usize,
) -> Result<Vec<(StoppedItem, PreviewItem)>, SetError> {
    let mut items = items(tenant, &mut MerchantNames::new(tenant, log), of, after, limit);
    // What became a tombstone meanwhile is stopped by nothing any more.
    items.retain(|item| item.entry.live);
    let entries: Vec<Entry> = items.iter().map(|item| item.entry).collect();
    let rendered = page::render_entries(tenant, log, &entries).map_err(|e| SetError::Store(e.to_string()))?;
    Ok(items.into_iter().zip(rendered).collect())
}

/// Merchants' names, as their MERCHANT items tell them: each is read from the log once.
pub struct MerchantNames<'a> {
    tenant: &'a Tenant,
    log: &'a dyn LogReader,
    known: HashMap<MerchantName, Option<Arc<str>>>,
}

impl<'a> MerchantNames<'a> {
    /// Knows none yet.
    pub fn new(tenant: &'a Tenant, log: &'a dyn LogReader) -> Self {
        MerchantNames { tenant, log, known: HashMap::new() }
    }

    /// A merchant's name; `None` where no item tells it.
    pub fn of(&mut self, merchant: MerchantName) -> Option<Arc<str>> {
        if let Some(name) = self.known.get(&merchant) {
            return name.clone();
        }
        if self.known.len() >= NAMES_KEPT_MAX {
            self.known.clear();
        }
        let entry = {
            let state = self.tenant.state.read();
            state.merchant_item(merchant).and_then(|ordinal| state.catalog.entry(ordinal)).copied()
        };
        // A name is for people's eyes: a list without it is better than none.
        let document = entry.and_then(|entry| page::document(self.tenant, self.log, &entry).ok());
        let name = document.and_then(|document| document.title().map(Arc::from));
        self.known.insert(merchant, name.clone());
        name
    }
}
