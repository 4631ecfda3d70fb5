//! A task's ineligible supply: how many items what stops, which, and as files for those who are to act (R042-R046, R070).

use super::blockers::{Blocker, Known};
use super::id::{Numbered, of, seen_items};
use crate::app::App;
use crate::auth::Actor;
use crate::download::{self, Cell, Format, Head, Rows};
use crate::parameters::{cursor, cursor_of, limit};
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::properties::content_type;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_dsl::registry::ContentType;
use penstock_engine::ineligible::{Filter, Ineligible, Kind, Reason, StoppedItem, StoppedMerchant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Merchants that a summary names.
const MERCHANTS_MAX: usize = 100;
/// Items that a download reads at a time.
const PAGE_ITEMS: usize = 500;
/// One row an item and what stops it.
const COLUMNS: &[&str] =
    &["merchantId", "merchantName", "contentType", "contentId", "contentVersion", "code", "field", "owner"];

/// Which supply.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SummaryQuery {
    /// `true` for the items of a live task's next revision.
    #[param(value_type = Option<bool>, default = false)]
    next: Option<bool>,
}

/// Which items.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IneligibleQuery {
    /// Only items of this type.
    #[param(example = "STORE")]
    content_type: Option<String>,
    /// Only what this stops: `MISSING_FIELD`, `MERCHANT_NOT_ONBOARDED` or `RISK_STOPPED`.
    #[param(example = "MISSING_FIELD")]
    reason: Option<String>,
    /// Only what misses this field.
    field: Option<String>,
    /// Only of this merchant.
    merchant_id: Option<String>,
    /// `true` for the items of a live task's next revision.
    #[param(value_type = Option<bool>, default = false)]
    next: Option<bool>,
    /// 1 to 1,000; 100 if not given. Of pages alone.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before. Of pages alone.
    after: Option<String>,
    /// `csv`, `xlsx` or `json`. Of downloads alone.
    #[param(default = "csv")]
    format: Option<String>,
}

impl IneligibleQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let code = |code: &String| {
            let wrong = || {
                let all: Vec<&str> = super::blockers::KNOWN.iter().map(|known| known.code).collect();
                Problem::bad_request(format!("reason must be one of {}, not {code:?}", all.join(", ")))
            };
            Known::kind_of(code).ok_or_else(wrong)
        };
        Ok(Filter {
            content_type: content_type(self.content_type.as_deref())?,
            reason: self.reason.as_ref().map(code).transpose()?,
            field: self.field.as_deref().map(Into::into),
            merchant_id: self.merchant_id.as_deref().map(Into::into),
        })
    }
}

/// A task's ineligible supply.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IneligibleResponse {
    /// The record that all counts are of.
    as_of: u64,
    /// By content type; types of which nothing is stopped are left out.
    content_types: Vec<OfType>,
    /// Merchants that are not onboarded to the target wallet: of those with most items, at most 100.
    merchants: Vec<WireMerchant>,
    /// How many there are.
    merchants_total: u64,
    /// Rows of a download of all: items times what stops each.
    rows: u64,
}

/// A content type's part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfType {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    /// Items that miss a field or whose merchant is not onboarded, each once.
    ineligible: u64,
    /// Items that miss a field.
    missing_field: u64,
    /// Items whose merchant is not onboarded.
    merchant_not_onboarded: u64,
    /// Apart: items that a decision on risk stops, whatever else does.
    risk_stopped: u64,
    /// What stops items, and how many; an item counts under everything that stops it.
    issues: Vec<Counted>,
}

/// What stops items, and how many.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counted {
    #[serde(flatten)]
    issue: Blocker,
    items: u64,
}

/// A merchant that is not onboarded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireMerchant {
    #[schema(value_type = String)]
    merchant_id: std::sync::Arc<str>,
    /// As its MERCHANT item tells it; null where there is none.
    #[schema(value_type = Option<String>)]
    name: Option<std::sync::Arc<str>>,
    /// Its accounts in the target wallet, where it had any.
    #[schema(value_type = Vec<String>)]
    account_ids: Vec<Box<str>>,
    /// Items that this stops.
    items: u64,
}

impl From<StoppedMerchant> for WireMerchant {
    fn from(merchant: StoppedMerchant) -> WireMerchant {
        let StoppedMerchant { merchant_id, name, account_ids, items } = merchant;
        WireMerchant { merchant_id, name, account_ids, items }
    }
}

impl OfType {
    fn of(found: &Ineligible, content_type: ContentType) -> Option<OfType> {
        let of = |kind| found.items_of(content_type, kind);
        let issues: Vec<Counted> = found
            .counts()
            .filter(|(of, ..)| *of == content_type)
            .map(|(_, reason, items)| Counted { issue: reason.into(), items })
            .collect();
        (!issues.is_empty()).then(|| OfType {
            content_type: content_type.name(),
            ineligible: found.ineligible_of(content_type),
            missing_field: of(Kind::MissingField),
            merchant_not_onboarded: of(Kind::NotOnboarded),
            risk_stopped: of(Kind::RiskStopped),
            issues,
        })
    }
}

/// Read a task's ineligible supply
///
/// What the rules match and the target wallet cannot get: by content type and by what stops it, with the merchants that are not
/// onboarded. What was taken out or pulled is not in it.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/ineligible", tag = "tasks",
    params(("id" = String, Path, example = "GOF-12"), SummaryQuery), responses(
    (status = 200, description = "Counts", body = IneligibleResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task, or it is hidden", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn summary(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    query: Result<Query<SummaryQuery>, QueryRejection>,
) -> Result<Json<IneligibleResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let task = seen_items(&app, &actor, &id, query.next.unwrap_or(false)).await?;
    let (tenant, of_next) = (id.source, query.next.unwrap_or(false));
    app.query(&tenant.clone(), move |engine| {
        let found = engine.ineligible(&tenant, task, of_next, &Filter::default()).map_err(|e| Problem::set(&e))?;
        let (merchants_total, merchants) = engine.ineligible_merchants(&tenant, &found, MERCHANTS_MAX);
        Ok(Json(IneligibleResponse {
            as_of: found.as_of,
            content_types: ContentType::ALL.into_iter().filter_map(|of| OfType::of(&found, of)).collect(),
            merchants: merchants.into_iter().map(WireMerchant::from).collect(),
            merchants_total,
            rows: found.rows(),
        }))
    })
    .await?
}

/// A page of ineligible items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IneligibleItemsResponse {
    /// The record that this page is of; the next page may be of a later one.
    as_of: u64,
    /// Items in all.
    total: u64,
    items: Vec<IneligibleItem>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
}

/// An ineligible item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IneligibleItem {
    #[serde(flatten)]
    item: PreviewItem,
    /// The name of its merchant, as its MERCHANT item tells it; null where there is none.
    #[schema(value_type = Option<String>)]
    merchant_name: Option<std::sync::Arc<str>>,
    /// All that stops it, of what was asked for.
    issues: Vec<Blocker>,
    /// Why the wallet stopped it, where it did.
    #[schema(value_type = Option<String>)]
    risk_reason: Option<Box<str>>,
}

/// List a task's ineligible items
#[utoipa::path(get, path = "/api/v1/tasks/{id}/ineligible/items", tag = "tasks",
    params(("id" = String, Path, example = "GOF-12"), IneligibleQuery), responses(
    (status = 200, description = "A page of items", body = IneligibleItemsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task, or it is hidden", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn items(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    query: Result<Query<IneligibleQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let task = seen_items(&app, &actor, &id, query.next.unwrap_or(false)).await?;
    let (filter, after, limit) = (query.filter()?, cursor(query.after.as_deref())?, limit(query.limit.as_deref())?);
    let (tenant, of_next) = (id.source, query.next.unwrap_or(false));
    app.query(&tenant.clone(), move |engine| {
        let found = engine.ineligible(&tenant, task, of_next, &filter).map_err(|e| Problem::set(&e))?;
        let page = engine.ineligible_items(&tenant, &found, after, limit).map_err(|e| Problem::set(&e))?;
        let last = page.last().map(|(item, _)| item.ordinal).filter(|last| found.items().max() > Some(*last));
        let item = |(stopped, item): (StoppedItem, penstock_engine::api::PreviewItem)| IneligibleItem {
            item: item.into(),
            merchant_name: stopped.merchant_name,
            issues: stopped.reasons.into_iter().map(Blocker::from).collect(),
            risk_reason: stopped.risk_reason,
        };
        let items = page.into_iter().map(item).collect();
        let (as_of, total) = (found.as_of, found.items().len());
        Ok(Json(IneligibleItemsResponse { as_of, total, items, next: last.map(cursor_of) }).into_response())
    })
    .await?
}

/// Download a task's ineligible items
///
/// One row an item and what stops it, as of one record; `X-Total-Count` says how many rows come. What was sent breaks off with the
/// connection where it cannot be whole.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/ineligible/download", tag = "tasks",
    params(("id" = String, Path, example = "GOF-12"), IneligibleQuery), responses(
    (status = 200, description = "A file", body = String, content_type = "text/csv",
        headers(("X-Total-Count" = u64, description = "Rows that come"), ("Content-Disposition" = String))),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task, or it is hidden", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "There are too many downloads", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn download(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    query: Result<Query<IneligibleQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let task = seen_items(&app, &actor, &id, query.next.unwrap_or(false)).await?;
    let (filter, of_next) = (query.filter()?, query.next.unwrap_or(false));
    let format = Format::of(query.format.as_deref(), &[Format::Csv, Format::Xlsx, Format::Json])?;
    let (tenant, by) = (id.source.clone(), actor.tenant().clone());
    let find = move |engine: &penstock_engine::Engine| engine.ineligible(&id.source, task, of_next, &filter);
    let found = app.query(&by, find).await?.map_err(|e| Problem::set(&e))?;
    let name = format!("{}-ineligible", of(&tenant.0, task));
    let head = Head { name, format, columns: COLUMNS, rows: found.rows() };
    download::answer(&app, &by, head, move |engine, table| {
        engine.each_ineligible(&tenant, &found, PAGE_ITEMS, |item| rows(&item, table))
    })
}

fn rows(item: &StoppedItem, table: &mut Rows) -> std::io::Result<()> {
    let row = |reason: &Reason| {
        let known = Known::of(reason.kind());
        table.row(&[
            item.merchant_id.as_deref().into(),
            item.merchant_name.as_deref().into(),
            Cell::Text(item.content_type.name()),
            Cell::Text(&item.content_id),
            Cell::Number(item.content_version),
            Cell::Text(known.code),
            reason.field().into(),
            Cell::Text(known.owner),
        ])
    };
    item.reasons.iter().try_for_each(row)
}
