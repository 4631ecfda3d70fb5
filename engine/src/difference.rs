//! The difference of two rule texts: what the second selects more, less, and alike, with reasons (F-4.4).

use crate::api::{PreviewError, Seq};
use crate::catalog::Ordinal;
use crate::explain::{self, Asked, ExplainError, Explanation};
use crate::log::LogReader;
use crate::preview::Reading;
use crate::tenant::Tenant;
use penstock_dsl::check::check;
use penstock_dsl::expr::Expr;
use roaring::RoaringBitmap;

/// Two rule texts to compare.
#[derive(Clone, Debug)]
pub struct DifferenceRequest {
    /// The first.
    pub before: String,
    /// The second.
    pub after: String,
    /// The day of exchange rates of both; the latest if not given.
    pub fx_date: Option<String>,
    /// Items of each sort to show with reasons.
    pub samples: usize,
}

/// How the second text's items differ from the first's, after record `as_of`.
#[derive(Clone, Debug)]
pub struct RuleDifference {
    /// The record.
    pub as_of: Seq,
    /// Items that only the second selects.
    pub added: u64,
    /// Items that only the first selects.
    pub removed: u64,
    /// Items that both select.
    pub kept: u64,
    /// Some of those added, and why the first does not select them.
    pub added_items: Vec<ItemDifference>,
    /// Some of those removed, and why the second does not.
    pub removed_items: Vec<ItemDifference>,
}

/// An item that one text selects and the other does not.
#[derive(Clone, Debug)]
pub struct ItemDifference {
    /// Its content id; its type is in the explanations' blocks.
    pub content_id: String,
    /// Its content type.
    pub content_type: penstock_dsl::registry::ContentType,
    /// By the first text.
    pub before: Explanation,
    /// By the second.
    pub after: Explanation,
}

/// Which text did not check.
#[derive(Debug)]
pub enum DifferenceError {
    /// The first.
    Before(PreviewError),
    /// The second, or the store.
    After(PreviewError),
}

/// Compares two rule texts on the latest snapshot.
pub fn run(
    tenant: &Tenant,
    log: &dyn LogReader,
    request: &DifferenceRequest,
    now_ms: i64,
) -> Result<RuleDifference, DifferenceError> {
    let before = checked(tenant, &request.before, request).map_err(DifferenceError::Before)?;
    let after = checked(tenant, &request.after, request).map_err(DifferenceError::After)?;
    let reading = Reading::begin(tenant);
    let select = |expr: &Expr| {
        let (_, found) = reading.evaluate(expr, now_ms)?;
        Ok(found.ones().map(|ordinal| ordinal as Ordinal).collect::<RoaringBitmap>())
    };
    let (before, after) =
        (select(&before).map_err(DifferenceError::Before)?, select(&after).map_err(DifferenceError::After)?);
    let (added, removed) = (&after - &before, &before - &after);
    let explain = |items: &RoaringBitmap| {
        let some = items.iter().take(request.samples);
        some.filter_map(|ordinal| both(tenant, log, request, ordinal, now_ms).transpose()).collect::<Result<_, _>>()
    };
    Ok(RuleDifference {
        as_of: reading.snapshot.seq,
        added: added.len(),
        removed: removed.len(),
        kept: before.intersection_len(&after),
        added_items: explain(&added).map_err(DifferenceError::After)?,
        removed_items: explain(&removed).map_err(DifferenceError::After)?,
    })
}

fn checked(tenant: &Tenant, rules: &str, request: &DifferenceRequest) -> Result<Expr, PreviewError> {
    let checked = check(rules, &tenant.check_options(request.fx_date.as_deref())?);
    checked.expr.ok_or(PreviewError::Rules(checked.diagnostics))
}

/// An item by both texts; `None` where it has changed since so that they agree now.
fn both(
    tenant: &Tenant,
    log: &dyn LogReader,
    request: &DifferenceRequest,
    ordinal: Ordinal,
    now_ms: i64,
) -> Result<Option<ItemDifference>, PreviewError> {
    let key = {
        let state = tenant.state.read();
        state.catalog.entry(ordinal).map(|e| (e.content_type, state.catalog.content_id(ordinal).to_owned()))
    };
    let Some((content_type, content_id)) = key else { return Ok(None) };
    let explained = |rules: &str| {
        let asked = Asked::Rules { rules, fx_date: request.fx_date.as_deref(), target_wallet: None };
        explain::run(tenant, log, &asked, content_type, &content_id, now_ms).map_err(|error| match error {
            ExplainError::Preview(error) => error,
            ExplainError::NoSuchSet => PreviewError::Store("no such set".into()),
        })
    };
    let (before, after) = (explained(&request.before)?, explained(&request.after)?);
    Ok((before.matched != after.matched).then_some(ItemDifference { content_id, content_type, before, after }))
}
