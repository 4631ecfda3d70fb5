//! The Merchant Hub of a target wallet (R085, D-68): whose supply it gets, found by account, merchantId or name.

use crate::catalog::Ordinal;
use crate::fold::State;
use crate::ineligible::{MerchantNames, account_ids};
use crate::log::LogReader;
use crate::preview::Reading;
use crate::sets::SetError;
use crate::supply::items::MerchantName;
use crate::supply::wallet::Wallet;
use crate::tasks::{Supply, supply_of};
use crate::tenant::Tenant;
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Block, Expr, Group, Owner, Predicate, PropertyRef, Rule, Subject, Test};
use penstock_dsl::registry::{ContentType, PropId};
use penstock_dsl::text::fold;
use roaring::RoaringBitmap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A merchant of a wallet's hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubMerchant {
    /// Which.
    pub merchant_id: Arc<str>,
    /// Its name, where a MERCHANT item tells it.
    pub name: Option<Arc<str>>,
    /// Its accounts in the wallet.
    pub account_ids: Vec<Box<str>>,
    /// Whether it is onboarded to the wallet.
    pub onboarded: bool,
    /// Items that are delivered, by content type.
    pub delivered: [u64; 4],
}

/// A page of the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubPage {
    /// In the order in which they were first heard of.
    pub merchants: Vec<HubMerchant>,
    /// What the next page comes after; `None` after the last.
    pub next: Option<MerchantName>,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// An account, a merchantId, or a part of a name.
    pub text: Box<str>,
}

/// Merchants that deliver to a wallet or are onboarded to it, at most `limit` after one.
pub fn hub(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    sought: Option<&Sought>,
    (after, limit): (Option<MerchantName>, usize),
    now_ms: i64,
) -> Result<HubPage, SetError> {
    let named = match sought {
        Some(sought) => Some(items_named(tenant, &sought.text, now_ms)?),
        None => None,
    };
    let (mut page, numbers) = {
        let state = tenant.state.read();
        let found = sought.zip(named).map(|(sought, named)| found(&state, wallet, &sought.text, &named));
        page_of(&state, wallet, found, after, limit)
    };
    let mut names = MerchantNames::new(tenant, log);
    for (merchant, number) in page.merchants.iter_mut().zip(numbers) {
        merchant.name = names.of(number);
    }
    Ok(page)
}

fn page_of(
    state: &State,
    wallet: &str,
    found: Option<BTreeSet<MerchantName>>,
    after: Option<MerchantName>,
    limit: usize,
) -> (HubPage, Vec<MerchantName>) {
    let from = after.map_or(0, |after| after.saturating_add(1));
    let known = state.supply.wallets.get(wallet);
    let nothing = RoaringBitmap::new();
    let delivered = state.tasks.ledgers.get(wallet).map_or(&nothing, |ledger| ledger.delivered());
    let merchant = |number: MerchantName| {
        let of_merchant = state.supply.items.of_merchant(number).unwrap_or(&nothing);
        let onboarding = known.and_then(|known| known.onboarding(number));
        if onboarding.is_none() && of_merchant.is_disjoint(delivered) {
            return None;
        }
        let delivered = of_merchant & delivered;
        Some(HubMerchant {
            merchant_id: state.names.merchants.get(number)?.clone(),
            name: None,
            account_ids: account_ids(known, number),
            onboarded: onboarding.is_some_and(|known| known.value.onboarded),
            delivered: ContentType::ALL.map(|of| state.supply.items.live(of).intersection_len(&delivered)),
        })
    };
    let all: Box<dyn Iterator<Item = MerchantName>> = match found {
        Some(found) => Box::new(found.into_iter().filter(move |number| *number >= from)),
        None => Box::new(from..state.names.merchants.len() as MerchantName),
    };
    let mut known = all.filter_map(|number| Some((number, merchant(number)?)));
    let (numbers, merchants): (Vec<_>, Vec<_>) = known.by_ref().take(limit).unzip();
    let next = numbers.last().copied().filter(|_| known.next().is_some());
    (HubPage { merchants, next }, numbers)
}

/// The merchants that a text names: by their id, an account in the wallet, or one of the MERCHANT items with it in their name.
fn found(state: &State, wallet: &str, text: &str, named: &[Ordinal]) -> BTreeSet<MerchantName> {
    let mut found: BTreeSet<MerchantName> = with_account(state.supply.wallets.get(wallet), text).collect();
    found.extend(state.names.merchants.find(text));
    for &ordinal in named {
        let by_content_id = state.names.merchants.find(state.catalog.content_id(ordinal));
        let own = state.supply.items.merchant(ordinal);
        found.extend(own.into_iter().chain(by_content_id).filter(|name| state.merchant_item(*name) == Some(ordinal)));
    }
    found
}

/// The merchants that have an account in a wallet.
pub(super) fn with_account<'a>(
    wallet: Option<&'a Wallet>,
    account: &'a str,
) -> impl Iterator<Item = MerchantName> + 'a {
    let merchants = wallet.into_iter().flat_map(|wallet| wallet.merchants());
    let has = |ids: &[Box<str>]| ids.iter().any(|id| **id == *account);
    merchants.filter(move |(_, known)| has(&known.value.account_ids)).map(|(name, _)| name)
}

/// The MERCHANT items that have a text in their name: looked up in the index, as a rule's `merchantName contains`.
fn items_named(tenant: &Tenant, text: &str, now_ms: i64) -> Result<Vec<Ordinal>, SetError> {
    let needle = fold(text);
    let Some(property) = PropId::from_name("merchantName").filter(|_| !needle.is_empty()) else {
        return Ok(Vec::new());
    };
    let subject = Subject { of: Owner::Item, property: PropertyRef::Declared(property), locale: None };
    let (predicate, span) = (Predicate::Test { subject, test: Test::Contains(needle) }, Span { start: 0, end: 0 });
    let group = Group { title: None, rules: vec![Rule { negated: false, predicate, span }], span };
    let expr = Expr { blocks: vec![Block { content_type: ContentType::Merchant, groups: vec![group], span }] };
    let found = Reading::begin(tenant).evaluate(&expr, now_ms).map_err(|e| SetError::Store(e.to_string()))?;
    Ok(found.1.ones().map(|ordinal| ordinal as Ordinal).collect())
}

/// A page of what a wallet gets of a merchant's items.
pub fn supply_of_merchant(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    merchant_id: &str,
    page: (Option<Ordinal>, usize),
) -> Result<Supply, SetError> {
    let items = |state: &State| {
        let delivered = state.tasks.ledgers.get(wallet).map(|ledger| ledger.delivered());
        let name = state.names.merchants.find(merchant_id);
        let of_merchant = name.and_then(|name| state.supply.items.of_merchant(name));
        delivered.zip(of_merchant).map(|(delivered, items)| delivered & items).unwrap_or_default()
    };
    supply_of(tenant, log, wallet, items, page)
}
