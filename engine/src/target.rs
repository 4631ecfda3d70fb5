//! What concerns a target wallet beside its feed, one source wallet at a time: what the source has pulled, what waits for
//! another look by risk control, and all that is known of one item.

mod item;
mod list;
mod merchants;

pub use item::{Held, Known, TimelineEntry, item};
pub use list::{Category, Listed, TypeCounts, counts, list};
pub use merchants::{HubMerchant, HubPage, Sought, hub, supply_of_merchant};

use crate::api::PreviewItem;
use crate::catalog::{Entry, Ordinal};
use crate::fold::State;
use crate::log::LogReader;
use crate::preview::page;
use crate::sets::SetError;
use crate::supply::items::MerchantName;
use crate::supply::wallet::{RiskDecision, Versioned};
use crate::task::risk::{RequestId, RequestState, RiskRequest};
use crate::tenant::Tenant;
use penstock_dsl::registry::ContentType;
use std::ops::Bound;
use std::sync::Arc;

/// What the source keeps from a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// An item.
    Item {
        /// Its type.
        content_type: ContentType,
        /// Its id.
        content_id: Box<str>,
        /// Whether it is there and no tombstone.
        live: bool,
    },
    /// All of a merchant.
    Merchant {
        /// Which.
        merchant_id: Arc<str>,
        /// Its live items.
        items: u64,
    },
}

/// Where an entry of what is pulled stands: items first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PulledPlace {
    /// An item's.
    Item(Ordinal),
    /// A merchant's.
    Merchant(MerchantName),
}

/// What is pulled from a wallet, at most `limit` after a place.
pub fn pulled(tenant: &Tenant, wallet: &str, after: Option<PulledPlace>, limit: usize) -> Vec<(PulledPlace, Pulled)> {
    let state = tenant.state.read();
    let Some(wallet) = state.supply.wallets.get(wallet) else { return Vec::new() };
    let (items, merchants) = wallet.pulled();
    let (from_item, from_merchant) = match after {
        None => (Some(Bound::Unbounded), Bound::Unbounded),
        Some(PulledPlace::Item(after)) => (Some(Bound::Excluded(after)), Bound::Unbounded),
        Some(PulledPlace::Merchant(after)) => (None, Bound::Excluded(after)),
    };
    let items = from_item.into_iter().flat_map(|from| items.range((from, Bound::Unbounded))).filter_map(|ordinal| {
        let entry = state.catalog.entry(*ordinal)?;
        let content_id = state.catalog.content_id(*ordinal).into();
        Some((
            PulledPlace::Item(*ordinal),
            Pulled::Item { content_type: entry.content_type, content_id, live: entry.live },
        ))
    });
    let merchants = merchants.range((from_merchant, Bound::Unbounded)).filter_map(|name| {
        let items = state.supply.items.of_merchant(*name).map_or(0, |items| items.len());
        let merchant_id = state.names.merchants.get(*name)?.clone();
        Some((PulledPlace::Merchant(*name), Pulled::Merchant { merchant_id, items }))
    });
    items.chain(merchants).take(limit).collect()
}

/// An item that a decision stopped and of which a newer version has come: risk control is to look at it again (D-64).
#[derive(Clone, Debug)]
pub struct Review {
    /// Its number.
    pub ordinal: Ordinal,
    /// The item now.
    pub item: PreviewItem,
    /// The decision.
    pub decision: Versioned<RiskDecision>,
    /// The version that it was made about; `None` where the item was not there yet.
    pub reviewed_version: Option<i64>,
    /// The open request about the item, if there is one.
    pub request: Option<RequestId>,
}

/// What is to be looked at again, at most `limit` after an ordinal, or fewer where they are many bytes; and what the next page
/// comes after.
pub fn reviews(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    after: Option<Ordinal>,
    limit: usize,
) -> Result<(Vec<Review>, Option<Ordinal>), SetError> {
    let mut page = due_for_review(tenant, wallet, after, limit + 1); // one more than asked for tells whether there is a next page
    let more = page.len() > limit;
    page.truncate(limit);
    let entries: Vec<Entry> = page.iter().map(|due| due.entry).collect();
    let rendered = page::render_entries(tenant, log, &entries).map_err(|e| SetError::Store(e.to_string()))?;
    let whole = rendered.len() == page.len();
    let next = page.get(rendered.len().wrapping_sub(1)).map(|due| due.ordinal).filter(|_| more || !whole);
    let review = |(item, due): (PreviewItem, Due)| Review {
        ordinal: due.ordinal,
        item,
        decision: due.decision,
        reviewed_version: Some(due.reviewed).filter(|reviewed| *reviewed >= 0),
        request: due.request,
    };
    Ok((rendered.into_iter().zip(page).map(review).collect(), next))
}

/// A review before its item is rendered.
struct Due {
    ordinal: Ordinal,
    decision: Versioned<RiskDecision>,
    /// The version that the decision was made about, or less than 0.
    reviewed: i64,
    entry: Entry,
    request: Option<RequestId>,
}

/// At most `limit` items due for a review, after an ordinal.
fn due_for_review(tenant: &Tenant, wallet: &str, after: Option<Ordinal>, limit: usize) -> Vec<Due> {
    let state = tenant.state.read();
    let Some(known) = state.supply.wallets.get(wallet) else { return Vec::new() };
    let offered = state.offered(wallet);
    let ended = |ordinal| state.tasks.ledgers.get(wallet).is_some_and(|ledger| ledger.ended(ordinal).is_some());
    let later = known.stopped().filter(|(ordinal, ..)| after.is_none_or(|after| *ordinal > after));
    let due = later.filter_map(|(ordinal, decision, reviewed)| {
        let entry = state.catalog.entry(ordinal).filter(|entry| entry.live && entry.version > reviewed)?;
        let request = state.tasks.risk.open_about(wallet, ordinal);
        (offered.contains(ordinal) || ended(ordinal)).then(|| Due {
            ordinal,
            decision: decision.clone(),
            reviewed,
            entry: *entry,
            request,
        })
    });
    due.take(limit).collect()
}

/// A request for a decision on risk, with the item that it is about.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// The request.
    pub request: RiskRequest,
    /// The item's type.
    pub content_type: ContentType,
    /// The item's id.
    pub content_id: Box<str>,
}

impl RequestView {
    fn of(state: &State, request: &RiskRequest) -> Option<RequestView> {
        Some(RequestView {
            content_type: state.catalog.entry(request.item)?.content_type,
            content_id: state.catalog.content_id(request.item).into(),
            request: request.clone(),
        })
    }
}

/// Requests about a wallet's items, newest first: at most `limit` before one, in a state or in any.
pub fn risk_requests(
    tenant: &Tenant,
    wallet: &str,
    before: Option<RequestId>,
    limit: usize,
    wanted: Option<RequestState>,
) -> Vec<RequestView> {
    let state = tenant.state.read();
    let requests = state.tasks.risk.all().rev().filter(|request| {
        *request.wallet == *wallet
            && before.is_none_or(|before| request.id < before)
            && wanted.is_none_or(|wanted| wanted == request.state())
    });
    requests.take(limit).filter_map(|request| RequestView::of(&state, request)).collect()
}

/// A request.
pub fn risk_request(tenant: &Tenant, id: RequestId) -> Option<RequestView> {
    let state = tenant.state.read();
    state.tasks.risk.get(id).and_then(|request| RequestView::of(&state, request))
}
