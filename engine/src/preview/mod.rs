//! Previews: a rule set's exact counts, a page of its items and its facets, all of one snapshot.
//!
//! This is where index (candidates, fast), evaluator (verification, overlay), catalog (what an item was then) and log
//! (what the merchant sent) meet on the reading side. Nothing here changes state, but for the register of readers.

mod candidates;
pub mod categories;
mod count;
pub mod cursor;
mod facets;
pub mod fill;
mod merchants;
pub(crate) mod page;
mod plan;
pub mod standing;
pub mod values;

use crate::api::{Counts, NoRates, Preview, PreviewError, PreviewRequest, Seq};
use crate::fold::{Snapshot, State};
use crate::index::IndexError;
use crate::log::LogReader;
use crate::supply::funnel::{Funnel, Steps};
use crate::supply::wallet::{Barriers, Wallet};
use crate::tenant::Tenant;
use cursor::{Cursor, Pin};
use fixedbitset::FixedBitSet;
use merchants::Directory;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Block, Expr, Group, Owner, Predicate, Rule, Subject};
use penstock_dsl::registry::ContentType;
use plan::Plan;
use roaring::RoaringBitmap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Items on a page at most (D-79).
pub const PAGE_ITEMS_MAX: usize = 1_000;

/// A snapshot that stays readable, in catalog and history, until this is dropped.
pub struct Reading<'a> {
    tenant: &'a Tenant,
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// Live items in it by content type.
    pub live: [u64; 4],
}

impl<'a> Reading<'a> {
    /// Reads a tenant's latest snapshot.
    pub fn begin(tenant: &'a Tenant) -> Self {
        Self::begin_with(tenant, |_| ()).0
    }

    /// Reads a tenant's latest snapshot, and of its state what `read` takes at the same record.
    pub fn begin_with<T>(tenant: &'a Tenant, read: impl FnOnce(&State) -> T) -> (Self, T) {
        let mut state = tenant.state.write();
        let snapshot = state.snapshot.clone();
        state.catalog.enter(snapshot.seq);
        let (live, taken) = (state.catalog.live(), read(&state));
        (Reading { tenant, snapshot, live }, taken)
    }

    /// The same, and what stands in the items' way to a wallet.
    fn begin_for(tenant: &'a Tenant, wallet: Option<&str>) -> (Self, Option<Arc<Barriers>>) {
        Self::begin_with(tenant, |state| {
            // Of a wallet that nobody wrote of nothing is kept: what stands in the way is worked out, before the next record.
            wallet.map(|name| match state.snapshot.supply.wallets.get(name) {
                Some(barriers) => barriers.clone(),
                None => Wallet::of(&state.supply.items).barriers().clone(),
            })
        })
    }

    /// The snapshot's merchants.
    fn directory(&self) -> Directory {
        Directory::of(&self.snapshot, &self.tenant.state.read())
    }

    /// Evaluates a rule set on the snapshot: its counts, and the ordinals that it matches.
    pub fn evaluate(&self, expr: &Expr, now_ms: i64) -> Result<(Counts, FixedBitSet), PreviewError> {
        let plan = Plan::of(expr);
        let slices = count::evaluate(&plan, &self.snapshot, || self.directory(), now_ms)
            .map_err(|e| PreviewError::Store(e.to_string()))?;
        Ok((count::total(&plan, &slices), count::ordinals(&self.snapshot, &slices)))
    }

    /// Items of a type that a predicate holds of, read of the items themselves, whosever property it names.
    pub fn matched(&self, content_type: ContentType, predicate: Predicate, now_ms: i64) -> Result<u64, IndexError> {
        let predicate = match predicate {
            Predicate::Test { subject, test } => {
                Predicate::Test { subject: Subject { of: Owner::Item, ..subject }, test }
            }
            Predicate::All => Predicate::All,
        };
        let span = Span { start: 0, end: 0 };
        let group = Group { title: None, rules: vec![Rule { negated: false, predicate, span }], span };
        let expr = Expr { blocks: vec![Block { content_type, groups: vec![group], span }] };
        let plan = Plan::of(&expr);
        let slices = count::evaluate(&plan, &self.snapshot, || self.directory(), now_ms)?;
        Ok(count::total(&plan, &slices).matched)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.tenant.state.write().catalog.leave(self.snapshot.seq);
    }
}

/// Answers a preview request at `now_ms`.
pub fn run(
    tenant: &Tenant,
    log: &dyn LogReader,
    request: &PreviewRequest,
    now_ms: i64,
) -> Result<Preview, PreviewError> {
    let rules_hash = hash(request);
    match &request.after {
        Some(after) => {
            let cursor = Cursor::parse(after).ok_or(PreviewError::BadCursor)?;
            let held = tenant.pins.hold(&cursor, tenant).ok_or(PreviewError::CursorExpired)?;
            let pin = &held.pin;
            if pin.rules_hash != rules_hash {
                return Err(PreviewError::BadCursor);
            }
            next_page(tenant, log, pin, cursor, request.limit)
        }
        None => {
            let checked = check(&request.rules, &tenant.check_options(request.fx_date.as_deref())?);
            let expr = checked.expr.ok_or(PreviewError::Rules(checked.diagnostics))?;
            let rules = Rules { expr, fx_date: checked.fx_date, hash: rules_hash };
            first_page(tenant, log, &rules, request, now_ms)
        }
    }
}

/// Rules to preview.
struct Rules {
    expr: Expr,
    fx_date: Option<String>,
    hash: u128,
}

/// What a cursor is good for: a rule text, at the rates asked for, on the way to the wallet asked for.
fn hash(request: &PreviewRequest) -> u128 {
    let (date, wallet) = (request.fx_date.as_deref().unwrap_or_default(), request.target_wallet.as_deref());
    xxh3_128(format!("{}\0{date}\0{}", request.rules, wallet.unwrap_or_default()).as_bytes())
}

/// The preview of a tenant that has no content.
pub fn of_nothing(request: &PreviewRequest, now_ms: i64) -> Result<Preview, PreviewError> {
    if request.after.is_some() {
        return Err(PreviewError::CursorExpired);
    }
    if let Some(date) = &request.fx_date {
        return Err(NoRates(date.clone()).into());
    }
    let checked = check(&request.rules, &CheckOptions::default());
    let expr = checked.expr.ok_or(PreviewError::Rules(checked.diagnostics))?;
    let plan = Plan::of(&expr);
    let nothing = Snapshot::default();
    let slices = count::evaluate(&plan, &nothing, || Directory::of(&nothing, &State::default()), now_ms)
        .map_err(|e| PreviewError::Store(e.to_string()))?;
    Ok(Preview {
        as_of: 0,
        counts: count::total(&plan, &slices),
        items: Vec::new(),
        next: None,
        facets: request.facets.then(Default::default),
        fx_date: None,
        funnel: request.target_wallet.as_ref().map(|_| Funnel::default()),
    })
}

fn first_page(
    tenant: &Tenant,
    log: &dyn LogReader,
    rules: &Rules,
    request: &PreviewRequest,
    now_ms: i64,
) -> Result<Preview, PreviewError> {
    let (reading, barriers) = Reading::begin_for(tenant, request.target_wallet.as_deref());
    let snapshot = &reading.snapshot;
    let plan = Plan::of(&rules.expr);
    let slices = count::evaluate(&plan, snapshot, || reading.directory(), now_ms)
        .map_err(|e| PreviewError::Store(e.to_string()))?;
    let facets = request.facets.then(|| facets::count(snapshot, &slices, &tenant.state));
    let matched = bitmap(&count::ordinals(snapshot, &slices));
    let mut page: Vec<u32> = matched.iter().take(request.limit).collect();
    let mut preview = Preview {
        as_of: snapshot.seq,
        counts: count::total(&plan, &slices),
        items: page::render(tenant, log, snapshot.seq, &page)?,
        next: None,
        facets,
        fx_date: rules.fx_date.clone(),
        funnel: barriers.map(|barriers| Steps::of(&matched, &RoaringBitmap::new(), &barriers).counts()),
    };
    page.truncate(preview.items.len());
    if request.limit > 0 && preview.counts.matched > page.len() as u64 {
        let id = tenant.pins.insert(Pin::new(rules.hash, &preview, matched), &tenant.state);
        preview.next = Some(Cursor::new(id, page.last().copied().unwrap_or_default()).to_string());
    }
    Ok(preview)
}

fn next_page(
    tenant: &Tenant,
    log: &dyn LogReader,
    pin: &Pin,
    cursor: Cursor,
    limit: usize,
) -> Result<Preview, PreviewError> {
    let mut rest = pin.matched.range(cursor.after.saturating_add(1)..);
    let mut page: Vec<u32> = rest.by_ref().take(limit).collect();
    let items = page::render(tenant, log, pin.as_of, &page)?;
    let more = items.len() < page.len() || rest.next().is_some();
    page.truncate(items.len());
    let next = page.last().filter(|_| more).map(|&last| cursor.at(last).to_string());
    Ok(Preview {
        as_of: pin.as_of,
        counts: pin.counts.clone(),
        items,
        next,
        facets: None,
        fx_date: pin.fx_date.clone(),
        funnel: pin.funnel,
    })
}

fn bitmap(ordinals: &FixedBitSet) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(ordinals.ones().map(|o| o as u32)).expect("ones come in order")
}

/// Evaluates a rule set on the latest snapshot by index and overlay: the ordinals it matches. For tests and self-checks.
pub fn matched_ordinals(tenant: &Tenant, expr: &Expr, now_ms: i64) -> Result<(Seq, RoaringBitmap), PreviewError> {
    let reading = Reading::begin(tenant);
    let (snapshot, plan) = (&reading.snapshot, Plan::of(expr));
    let slices = count::evaluate(&plan, snapshot, || reading.directory(), now_ms)
        .map_err(|e| PreviewError::Store(e.to_string()))?;
    Ok((snapshot.seq, bitmap(&count::ordinals(snapshot, &slices))))
}
