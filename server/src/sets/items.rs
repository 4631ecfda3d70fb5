//! `GET /api/v1/sets/{name}/items`: a set's items, and what becomes of each.

use super::wire::step_name;
use crate::app::App;
use crate::auth::Tenant;
use crate::parameters::{SetName, cursor, cursor_of, limit};
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::sets;
use penstock_engine::supply::funnel::Step;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which items to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SetItemsQuery {
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// `matched` for all, or a step of the funnel: `takenOut`, `missingFields`, `notOnboarded`, `riskStopped`, `deliverable`.
    #[param(default = "matched")]
    state: Option<String>,
}

/// A page of a set's items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetItemsResponse {
    /// The record that this page is of; the next page may be of a later one.
    as_of: u64,
    /// Items in this state in all.
    total: u64,
    items: Vec<SetItem>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
}

/// An item of a set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetItem {
    #[serde(flatten)]
    item: PreviewItem,
    /// The first step of the funnel that stops it, or `deliverable`.
    #[schema(value_type = String, example = "deliverable")]
    state: &'static str,
    /// Fields that the target wallet requires and it has not.
    #[schema(value_type = Vec<String>)]
    missing_fields: Vec<&'static str>,
    /// Whether its merchant is not onboarded to the target wallet.
    not_onboarded: bool,
    /// Why a risk decision stops it; null where none does.
    #[schema(value_type = Option<String>)]
    risk_reason: Option<Box<str>>,
}

impl From<sets::SetItem> for SetItem {
    fn from(item: sets::SetItem) -> SetItem {
        let sets::SetItem { item, step, missing_fields, not_onboarded, risk_reason, .. } = item;
        SetItem { item: item.into(), state: step_name(step), missing_fields, not_onboarded, risk_reason }
    }
}

/// List a standing set's items
///
/// In the order in which their keys first came. Each page is of the newest record.
#[utoipa::path(get, path = "/api/v1/sets/{name}/items", tag = "sets",
    params(("name" = String, Path, example = "hotels"), SetItemsQuery), responses(
    (status = 200, description = "A page of items", body = SetItemsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn items(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    SetName(name): SetName,
    query: Result<Query<SetItemsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (step, after) = (step(query.state.as_deref())?, cursor(query.after.as_deref())?);
    let limit = limit(query.limit.as_deref())?;
    app.query(&tenant.clone(), move |engine| {
        let page = engine.set_items(&tenant, &name, step, after, limit).map_err(|e| Problem::set(&e))?;
        let items = page.items.into_iter().map(SetItem::from).collect();
        let next = page.next.map(cursor_of);
        // A page can be large: it is written here, off the async threads.
        Ok(Json(SetItemsResponse { as_of: page.as_of, total: page.total, items, next }).into_response())
    })
    .await?
}

/// The step of the funnel that a `state` names; `None` for all that is matched.
pub fn step(state: Option<&str>) -> Result<Option<Step>, Problem> {
    let Some(name) = state.filter(|name| *name != "matched") else { return Ok(None) };
    let known = Step::ALL.into_iter().find(|step| step_name(*step) == name);
    let all = || Step::ALL.map(step_name).join(", ");
    known
        .map(Some)
        .ok_or_else(|| Problem::bad_request(format!("there is no state {name:?}; there are matched, {}", all())))
}
