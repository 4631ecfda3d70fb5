//! `/api/v1/wallets/{wallet}/supply`: what a target wallet gets, of all source wallets: first all that there is, then what
//! changes.

mod cursor;

use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::commands::{decide, refused, unexpected};
use crate::entries::counted;
use crate::parameters::{limit, wallet};
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::Operation;
use crate::sets::changes::Why;
use crate::tasks::id::of;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use cursor::Cursor;
use penstock_dsl::registry::ContentType;
use penstock_engine::Engine;
use penstock_engine::api::{PreviewItem as EngineItem, Seq, TenantId};
use penstock_engine::command::{Command, CommandOutcome, ItemKey};
use penstock_engine::engine::Asker;
use penstock_engine::sets::{SetChange, SetError};
use penstock_engine::supply::change::Cause;
use penstock_engine::task::command::{ItemReport, Report, TaskCommand};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Characters of what a wallet says about an item.
const FAILURE_CHARS_MAX: usize = 500;

/// Which part of the feed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SupplyQuery {
    /// `next` of the answer before; from the beginning if not given.
    after: Option<String>,
    /// 1 to 1,000; 100 if not given. What one record has changed is never cut, so there may be more.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
}

/// A part of the feed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyResponse {
    /// To be applied in order: by item, the last one stands.
    changes: Vec<SupplyChange>,
    /// What to ask with next, also where there is nothing new yet.
    next: String,
    /// Whether there is more now.
    more: bool,
}

/// What became of an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyChange {
    /// `DELIVERED`: the item is to be shown, in this version or a later one; `WITHDRAWN`: it is not to be shown any more.
    #[schema(value_type = String, example = "DELIVERED")]
    change: &'static str,
    #[schema(example = "GOF")]
    source_wallet: String,
    /// The source wallet's record; null for what was there when the feed was begun.
    seq: Option<Seq>,
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    #[schema(value_type = String)]
    content_id: Box<str>,
    content_version: i64,
    #[serde(flatten)]
    cause: Option<Why>,
    /// The tasks that hold the item; of what was there when the feed was begun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<String>,
    /// The item as it is now; null where it is withdrawn, or was since.
    item: Option<PreviewItem>,
}

/// Read a wallet's supply
///
/// A feed: without `after` it begins with all that is delivered, and goes on with what changes: an item is delivered, delivered
/// again in another version, or withdrawn. Keep `next`; a feed that is read on after any pause misses nothing.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/supply", tag = "delivery",
    params(("wallet" = String, Path, example = "GCASH"), SupplyQuery), responses(
    (status = 200, description = "A part of the feed", body = SupplyResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn feed(
    State(app): State<App>,
    actor: Actor,
    Path(name): Path<String>,
    query: Result<Query<SupplyQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wallet = wallet(&name)?;
    actor.require_at(Operation::ReadSupply, &wallet)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let cursor = query.after.as_deref().map(Cursor::read).transpose()?;
    app.query(&actor.tenant().clone(), move |engine| {
        let read = match cursor {
            None => begin(engine, &wallet, Cursor::begin(engine), limit),
            Some(cursor) if cursor.is_beginning() => begin(engine, &wallet, cursor, limit),
            Some(cursor) => go_on(engine, &wallet, cursor, limit),
        };
        read.map(|response| Json(response).into_response()).map_err(|e| Problem::set(&e))
    })
    .await?
}

/// What was there, source wallet by source wallet, and what has changed since the first page.
fn begin(engine: &Engine, wallet: &str, mut cursor: Cursor, limit: usize) -> Result<SupplyResponse, SetError> {
    let mut changes = Vec::new();
    while let Some((source, after)) = cursor.place() {
        let tenant = TenantId(Arc::from(&*source));
        let page = engine.supply(&tenant, wallet, after, limit - changes.len())?;
        let item = |(item, tasks): (EngineItem, Vec<u32>)| SupplyChange {
            change: "DELIVERED",
            source_wallet: source.clone(),
            seq: None,
            content_type: item.content_type.name(),
            content_id: item.content_id.as_str().into(),
            content_version: item.content_version,
            cause: None,
            tasks: tasks.into_iter().map(|task| of(&source, task)).collect(),
            item: Some(item.into()),
        };
        changes.extend(page.items.into_iter().map(item));
        cursor.advance(page.next);
        if changes.len() >= limit {
            return Ok(SupplyResponse { changes, next: cursor.write(), more: true });
        }
    }
    let since = go_on(engine, wallet, cursor, limit - changes.len())?;
    changes.extend(since.changes);
    Ok(SupplyResponse { changes, ..since })
}

/// What has changed since.
fn go_on(engine: &Engine, wallet: &str, mut cursor: Cursor, limit: usize) -> Result<SupplyResponse, SetError> {
    let mut changes = Vec::new();
    let mut more = false;
    for tenant in engine.tenants() {
        let after = cursor.seen(&tenant.0);
        if changes.len() >= limit {
            more = true;
            break;
        }
        let Some(page) = engine.supply_changes(&tenant, wallet, after, limit - changes.len())? else { continue };
        more |= page.more;
        cursor.see(&tenant.0, page.next);
        let items = current(engine, &tenant, wallet, &page.changes)?;
        changes.extend(page.changes.into_iter().map(|change| told(&tenant, change, &items)));
    }
    Ok(SupplyResponse { changes, next: cursor.write(), more })
}

/// Items that are delivered, by their keys.
type Items = HashMap<(ContentType, Box<str>), EngineItem>;

/// The items of these changes that are delivered now.
fn current(engine: &Engine, tenant: &TenantId, wallet: &str, changes: &[SetChange]) -> Result<Items, SetError> {
    let key = |change: &SetChange| (change.content_type, change.content_id.clone());
    let mut keys: Vec<_> = changes.iter().filter(|change| change.entered).map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    let items = engine.delivered_items(tenant, wallet, &keys)?;
    Ok(items.into_iter().map(|item| ((item.content_type, item.content_id.as_str().into()), item)).collect())
}

fn told(tenant: &TenantId, change: SetChange, items: &Items) -> SupplyChange {
    let item = items.get(&(change.content_type, change.content_id.clone())).filter(|_| change.entered);
    let detail = match &change.cause {
        Cause::Activated { task } | Cause::Terminated { task } => Some(of(&tenant.0, *task)),
        _ => None,
    };
    let mut cause = Why::from(change.cause);
    cause.detail = detail.or(cause.detail);
    SupplyChange {
        change: if change.entered { "DELIVERED" } else { "WITHDRAWN" },
        source_wallet: tenant.0.to_string(),
        seq: Some(change.seq),
        content_type: change.content_type.name(),
        content_id: change.content_id,
        content_version: change.content_version,
        cause: Some(cause),
        tasks: Vec::new(),
        item: item.cloned().map(PreviewItem::from),
    }
}

/// What the wallet could do with items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportsRequest {
    /// 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<ReportEntry>,
}

/// What the wallet could do with an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReportEntry {
    #[schema(example = "GOF")]
    source_wallet: String,
    #[schema(example = "STORE")]
    content_type: String,
    content_id: String,
    /// The version that this is about.
    content_version: i64,
    /// Why it could not be taken, up to 500 characters; it could, if not given.
    failure: Option<String>,
}

/// How many items were taken note of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportsResponse {
    /// Those that are delivered now, in the version that the report is about.
    noted: u64,
}

/// Report what became of items
///
/// A wallet tells which items it could not take, and why: they are shown as failed, and can be offered again. A later report
/// without a failure takes it back.
#[utoipa::path(post, path = "/api/v1/wallets/{wallet}/supply/reports", tag = "delivery",
    params(("wallet" = String, Path, example = "GCASH")), request_body = ReportsRequest, responses(
    (status = 200, description = "What was taken note of", body = ReportsResponse),
    (status = 400, description = "Not reports; none was taken note of", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn report(
    State(app): State<App>,
    actor: Actor,
    Path(name): Path<String>,
    ApiJson(request): ApiJson<ReportsRequest>,
) -> Result<Json<ReportsResponse>, Problem> {
    let wallet = wallet(&name)?;
    actor.require_at(Operation::AcknowledgeDeliveries, &wallet)?;
    let mut by_source: BTreeMap<String, Vec<ItemReport>> = BTreeMap::new();
    for (at, entry) in counted("items", request.items)?.into_iter().enumerate() {
        let (source, report) = read(at, entry)?;
        by_source.entry(source).or_default().push(report);
    }
    let known = app.ask(|engine| engine.tenants()).await?;
    let mut noted = 0;
    for (source, items) in by_source {
        let Some(tenant) = known.iter().find(|tenant| *tenant.0 == *source) else { continue };
        let command = Command::Task(TaskCommand::Report(Report { wallet: wallet.clone(), items }));
        noted += match decide(&app, tenant, Asker::new(actor.name()), command).await?.1 {
            CommandOutcome::Task(outcome) => outcome.items,
            CommandOutcome::Refused(refusal) => return Err(refused(refusal, "")),
            other => return Err(unexpected(&other)),
        };
    }
    Ok(Json(ReportsResponse { noted }))
}

fn read(at: usize, entry: ReportEntry) -> Result<(String, ItemReport), Problem> {
    let wrong = || Problem::bad_request(format!("/items/{at}/contentType is needed"));
    let content_type = content_type(Some(&entry.content_type))?.ok_or_else(wrong)?;
    if entry.failure.as_ref().is_some_and(|failure| failure.chars().count() > FAILURE_CHARS_MAX) {
        return Err(Problem::bad_request(format!("/items/{at}/failure has at most {FAILURE_CHARS_MAX} characters")));
    }
    let item = ItemKey { content_type, content_id: entry.content_id.into() };
    let failure = entry.failure.map(|failure| Box::<str>::from(failure.trim())).filter(|failure| !failure.is_empty());
    Ok((entry.source_wallet, ItemReport { item, version: entry.content_version, failure }))
}
