//! `POST /api/v1/preview`: what a rule set matches, exactly.

mod wire;

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::parameters::wallet_at;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use penstock_engine::api;

pub use wire::{PreviewItem, PreviewRequest, PreviewResponse, ValueCount};

/// The most items of a page (D-79).
const LIMIT_MAX: i64 = 1000;
const LIMIT_DEFAULT: i64 = 20;

/// Preview a rule set
///
/// Counts, page and facets are of one snapshot, which includes every item acknowledged before the request. `next` goes on in the
/// same snapshot for at least 15 minutes.
#[utoipa::path(post, path = "/api/v1/preview", tag = "rules", request_body = PreviewRequest, responses(
    (status = 200, description = "Exact counts and a page of items", body = PreviewResponse),
    (status = 400, description = "A bad cursor or limit", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There are no exchange rates of the day asked for", body = Problem, content_type = "application/problem+json"),
    (status = 410, description = "The cursor has expired", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rule text does not check", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn preview(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(wire): ApiJson<PreviewRequest>,
) -> Result<Response, Problem> {
    let limit = wire.limit.unwrap_or(LIMIT_DEFAULT);
    let limit = usize::try_from(limit)
        .ok()
        .filter(|_| limit <= LIMIT_MAX)
        .ok_or_else(|| Problem::bad_request(format!("limit must be from 0 to {LIMIT_MAX}, not {limit}")))?;
    let facets = wire.facets.unwrap_or(wire.after.is_none());
    let (rules, after, fx_date) = (wire.rules, wire.after, wire.fx_date);
    let target_wallet = wire.target_wallet.map(|name| wallet_at("/targetWallet", &name)).transpose()?.map(String::from);
    let request = api::PreviewRequest { rules, limit, after, facets, fx_date, target_wallet };
    app.query(&tenant.clone(), move |engine| match engine.preview(&tenant, &request) {
        // A page can be large: it is written here, off the async threads.
        Ok(preview) => Ok(Json(PreviewResponse::new(preview, &request.rules)).into_response()),
        Err(error) => Err(Problem::preview(error, &request.rules)),
    })
    .await?
}
