//! `POST /api/v1/rules/diff`: what a second rule text selects more, less and alike (F-4.4).

use super::explain::{BlockExplained, blocks};
use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_engine::difference as engine;
use penstock_engine::difference::DifferenceError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Items of each sort that are shown where the request does not say.
const SAMPLES_DEFAULT: usize = 10;
/// Items of each sort that are shown at most.
const SAMPLES_MAX: usize = 100;

/// Two rule texts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DiffRequest {
    /// The first.
    #[schema(example = "STORE { city = \"Tokyo\" }")]
    before: String,
    /// The second.
    #[schema(example = "STORE { city in (\"Tokyo\", \"Osaka\") }")]
    after: String,
    /// The day of exchange rates of both; the latest if not given.
    fx_date: Option<String>,
    /// Items of each sort to show, 0 to 100; 10 if not given.
    #[schema(maximum = 100, default = 10)]
    samples: Option<usize>,
}

/// How the second text's items differ from the first's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffResponse {
    /// The record that the counts are of.
    as_of: u64,
    /// Items that only the second selects.
    added: u64,
    /// Items that only the first selects.
    removed: u64,
    /// Items that both select.
    kept: u64,
    /// Some of those added: why the second selects them and the first does not.
    added_items: Vec<ItemDiff>,
    /// Some of those removed: why the first selects them and the second does not.
    removed_items: Vec<ItemDiff>,
}

/// An item by both texts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemDiff {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    content_id: String,
    /// The first text's blocks.
    before: Vec<BlockExplained>,
    /// The second's.
    after: Vec<BlockExplained>,
}

/// Compare two rule texts
#[utoipa::path(post, path = "/api/v1/rules/diff", tag = "rules", request_body = DiffRequest, responses(
    (status = 200, description = "The difference", body = DiffResponse),
    (status = 400, description = "Too many samples", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No rates of that day, or nothing has been sent yet", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A rule text does not check", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn diff(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(request): ApiJson<DiffRequest>,
) -> Result<Json<DiffResponse>, Problem> {
    let samples = request.samples.unwrap_or(SAMPLES_DEFAULT);
    if samples > SAMPLES_MAX {
        return Err(Problem::bad_request(format!("samples must be from 0 to {SAMPLES_MAX}, not {samples}")));
    }
    let DiffRequest { before, after, fx_date, .. } = request;
    let asked = engine::DifferenceRequest { before, after, fx_date, samples };
    let of = tenant.clone();
    let found = app.query(&of, move |engine| match engine.difference(&tenant, &asked) {
        Some(Ok(difference)) => Ok(DiffResponse::from(difference)),
        Some(Err(DifferenceError::Before(error))) => Err(Problem::preview(error, &asked.before)),
        Some(Err(DifferenceError::After(error))) => Err(Problem::preview(error, &asked.after)),
        None => Err(Problem::not_found("nothing has been sent yet; send content first")),
    });
    found.await?.map(Json)
}

impl From<engine::RuleDifference> for DiffResponse {
    fn from(difference: engine::RuleDifference) -> DiffResponse {
        let item = |item: engine::ItemDifference| ItemDiff {
            content_type: item.content_type.name(),
            content_id: item.content_id,
            before: blocks(item.before.blocks, &item.before.rules),
            after: blocks(item.after.blocks, &item.after.rules),
        };
        DiffResponse {
            as_of: difference.as_of,
            added: difference.added,
            removed: difference.removed,
            kept: difference.kept,
            added_items: difference.added_items.into_iter().map(item).collect(),
            removed_items: difference.removed_items.into_iter().map(item).collect(),
        }
    }
}
