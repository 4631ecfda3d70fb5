//! Taking items out of a standing set, and back in (D-39).

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::commands::{decide, refused, unexpected};
use crate::entries::{Read, all};
use crate::parameters::SetName;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_engine::api::{Seq, TenantId};
use penstock_engine::command::{Command, CommandOutcome, ItemKey, TakeOut};
use penstock_engine::engine::Asker;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeOutRequest {
    /// 1 to 1,000; they need not be in the set, or be there yet.
    #[schema(value_type = Vec<ItemKeyEntry>, min_items = 1, max_items = 1000)]
    items: Vec<Read<ItemKey>>,
}

/// An item's key. Written down for the documentation; entries are read member by member.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct ItemKeyEntry {
    #[schema(example = "STORE")]
    content_type: String,
    content_id: String,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakeOutResponse {
    /// `APPLIED`, or `UNCHANGED` where all of them were out, or in, already.
    #[schema(value_type = String, example = "APPLIED")]
    outcome: &'static str,
    /// The record that decided it.
    seq: Seq,
}

/// Take items out of a set
///
/// They stay out, whatever versions and rules follow, until they are taken in again.
#[utoipa::path(post, path = "/api/v1/sets/{name}/take-out", tag = "sets", params(("name" = String, Path, example = "hotels")),
    request_body = TakeOutRequest, responses(
    (status = 200, description = "They are out", body = TakeOutResponse),
    (status = 400, description = "Not a list of items; none was taken out", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn take_out(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::EditTasks>,
    SetName(set): SetName,
    ApiJson(request): ApiJson<TakeOutRequest>,
) -> Result<Json<TakeOutResponse>, Problem> {
    take(&app, &tenant, by, set, request, true).await
}

/// Take items back into a set
#[utoipa::path(post, path = "/api/v1/sets/{name}/take-in", tag = "sets", params(("name" = String, Path, example = "hotels")),
    request_body = TakeOutRequest, responses(
    (status = 200, description = "They are in, as far as the rules match them", body = TakeOutResponse),
    (status = 400, description = "Not a list of items; none was taken in", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn take_in(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::EditTasks>,
    SetName(set): SetName,
    ApiJson(request): ApiJson<TakeOutRequest>,
) -> Result<Json<TakeOutResponse>, Problem> {
    take(&app, &tenant, by, set, request, false).await
}

async fn take(
    app: &App,
    tenant: &TenantId,
    by: Asker,
    set: Box<str>,
    request: TakeOutRequest,
    out: bool,
) -> Result<Json<TakeOutResponse>, Problem> {
    let items = all("items", request.items)?;
    let (seq, outcome) = decide(app, tenant, by, Command::TakeOut(TakeOut { set, items, out })).await?;
    let outcome = match outcome {
        CommandOutcome::Applied => "APPLIED",
        CommandOutcome::Unchanged => "UNCHANGED",
        CommandOutcome::Refused(refusal) => return Err(refused(refusal, "")),
        other => return Err(unexpected(&other)),
    };
    Ok(Json(TakeOutResponse { outcome, seq }))
}
