//! An item of a target wallet's supply: its content, who delivers it, how it stands, and how that came about.

use super::readable;
use super::reviews::WireDecision;
use crate::app::App;
use crate::auth::Allowed;
use crate::parameters::{limit, seq};
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::need;
use crate::sets::changes::{Why, direction};
use crate::tasks::id::of;
use crate::tasks::items::content_status;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::api::{Seq, TenantId};
use penstock_engine::supply::change::Cause;
use penstock_engine::target::{Known, TimelineEntry};
use penstock_engine::task::ledger::{EndCause, Failure};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which item, and how much of its timeline.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ItemQuery {
    /// The source wallet that the item is of.
    #[param(example = "GOF")]
    source_wallet: String,
    /// Only entries of earlier records than this; from the newest if not given.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// Entries of the timeline: 1 to 1,000; 100 if not given. A page never ends inside a record, so it may have more.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
}

/// All that a target wallet may know of an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyItemResponse {
    source_wallet: String,
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    content_id: String,
    /// Its latest version.
    content_version: i64,
    /// The record that this is of.
    as_of: u64,
    /// Cross-wallet Content Status, of all tasks together: `PENDING`, `ACTIVE`, `FAILED`, `DEACTIVATING` or `DEACTIVATED`.
    #[schema(value_type = String, example = "ACTIVE")]
    content_status: &'static str,
    /// Why it is deactivated: `TENANT`, `RISK_AUTO`, `RISK_MANUAL`, `TASK_TERMINATED`, `LEFT_SET` or `PULLED`; null where it is not.
    #[schema(value_type = Option<String>)]
    cause: Option<EndCause>,
    /// When it was deactivated, epoch milliseconds; null where it is not.
    ended_at: Option<i64>,
    /// The tasks that hold it.
    holders: Vec<Holder>,
    /// What the wallet could not do with it; null where it reported nothing.
    failure: Option<WireFailure>,
    /// The wallet's decision on risk; null where there is none.
    risk: Option<WireDecision>,
    /// The open request for a decision, such as `GOF-3`.
    request: Option<String>,
    /// As it is now; null where the source has taken it away.
    item: Option<PreviewItem>,
    /// Newest first.
    timeline: Vec<WireEntry>,
    /// What to send as `before` for the timeline's next page; null at its end.
    next: Option<Seq>,
}

/// A task that holds an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct Holder {
    #[schema(example = "GOF-12")]
    task: String,
    #[schema(value_type = String)]
    name: Box<str>,
}

/// What a wallet could not do with an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireFailure {
    /// The version that this is about.
    content_version: i64,
    /// In the wallet's words.
    #[schema(value_type = String)]
    reason: Box<str>,
    /// Epoch milliseconds.
    at: i64,
}

/// What happened to an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireEntry {
    /// The record.
    seq: Seq,
    /// `delivered`: what the wallet gets of all tasks together; `deliverable`: what one task could deliver.
    #[schema(value_type = String, example = "delivered")]
    of: &'static str,
    /// Of `deliverable`, the task.
    task: Option<String>,
    /// `ENTERED` or `LEFT`; an item that is delivered again in another version enters again.
    #[schema(value_type = String, example = "ENTERED")]
    change: &'static str,
    /// The item's version then.
    content_version: i64,
    #[serde(flatten)]
    cause: Why,
}

impl WireEntry {
    fn new(source: &TenantId, entry: TimelineEntry) -> WireEntry {
        let TimelineEntry { seq, task, entered, content_version, cause } = entry;
        let detail = match &cause {
            Cause::Activated { task } | Cause::Terminated { task } => Some(of(&source.0, *task)),
            _ => None,
        };
        let mut cause = Why::from(cause);
        cause.detail = detail.or(cause.detail);
        WireEntry {
            seq,
            of: if task.is_some() { "deliverable" } else { "delivered" },
            task: task.map(|task| of(&source.0, task)),
            change: direction(entered),
            content_version,
            cause,
        }
    }
}

/// Read an item of a wallet's supply
///
/// One that is or was delivered, or that a task would deliver if nothing stopped it.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/supply-list/items/{contentType}/{contentId}", tag = "target wallets",
    params(("wallet" = String, Path, example = "GCASH"), ("contentType" = String, Path, example = "STORE"),
        ("contentId" = String, Path), ItemQuery), responses(
    (status = 200, description = "The item", body = SupplyItemResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such item in the wallet's supply", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn item(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    Path((name, type_name, content_id)): Path<(String, String, String)>,
    query: Result<Query<ItemQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wallet = readable(&actor, &name)?;
    let Query(query) =
        query.map_err(|_| Problem::bad_request("send sourceWallet, and each parameter once, as name=value"))?;
    let content_type = content_type(Some(&type_name))?.ok_or_else(|| Problem::not_found("no content type"))?;
    let before = seq("before", query.before.as_deref())?.unwrap_or(Seq::MAX);
    let limit = limit(query.limit.as_deref())?;
    app.query(actor.tenant(), move |engine| {
        let source = TenantId(Arc::from(query.source_wallet));
        let found = engine.supply_item(&source, &wallet, (content_type, &content_id), (before, limit));
        let unknown = || Problem::not_found("there is no such item in this wallet's supply");
        let known = found.map_err(|e| Problem::set(&e))?.ok_or_else(unknown)?;
        Ok(Json(response(&source, (content_type.name(), content_id), known)).into_response())
    })
    .await?
}

fn response(source: &TenantId, (content_type, content_id): (&'static str, String), known: Known) -> SupplyItemResponse {
    let (content_status, cause) = content_status(known.delivery);
    let failure =
        |failure: Failure| WireFailure { content_version: failure.version, reason: failure.reason, at: failure.ms };
    SupplyItemResponse {
        source_wallet: source.0.to_string(),
        content_type,
        content_id,
        content_version: known.content_version,
        as_of: known.as_of,
        content_status,
        cause,
        ended_at: known.ended.map(|ended| ended.ms),
        holders: known
            .holders
            .into_iter()
            .map(|held| Holder { task: of(&source.0, held.task), name: held.name })
            .collect(),
        failure: known.failure.map(failure),
        risk: known.risk.map(WireDecision::from),
        request: known.request.map(|id| of(&source.0, id)),
        item: known.item.map(PreviewItem::from),
        timeline: known.timeline.into_iter().map(|entry| WireEntry::new(source, entry)).collect(),
        next: known.next,
    }
}
