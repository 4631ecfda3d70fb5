//! `/api/v1/sets`: standing sets, what a rule set matches at every record from now on.

pub mod changes;
pub mod events;
pub mod items;
pub mod take_out;
pub mod wire;

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::commands::{decide, refused, unexpected};
use crate::parameters::{SetName, limit, wallet_at};
use crate::problem::Problem;
use crate::rights::need;
use crate::rules::options;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use penstock_dsl::check::check;
use penstock_engine::command::{Command, CommandOutcome, PutSet, SetOutcome};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PutSetRequest, PutSetResponse, SetResponse, SetsResponse};

/// Make or change a standing set
///
/// What the rules match now is looked up, and followed from the next record on; no version slips between. The old definition
/// stands until the new one does. The same definition again changes nothing.
#[utoipa::path(put, path = "/api/v1/sets/{name}", tag = "sets", params(("name" = String, Path, example = "hotels")),
    request_body = PutSetRequest, responses(
    (status = 200, description = "The set stands, changed or as it was", body = PutSetResponse),
    (status = 201, description = "The set is new and stands", body = PutSetResponse),
    (status = 400, description = "Not a name or not a definition", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There are no exchange rates of the day asked for", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "There are as many sets or target wallets as there can be", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rule text does not check", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn put(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::EditTasks>,
    SetName(name): SetName,
    ApiJson(PutSetRequest { rules, target_wallet, fx_date }): ApiJson<PutSetRequest>,
) -> Result<Response, Problem> {
    let target_wallet = wallet_at("/targetWallet", &target_wallet)?;
    let options = options(&app, &tenant, fx_date.as_deref())?;
    // What does not check is not worth a record. The record decides all the same: by then the rates may be others.
    let rules = app
        .decode(move || {
            let checked = check(&rules, &options);
            checked.expr.map(|_| ()).ok_or_else(|| Problem::rules(&rules, &checked.diagnostics)).map(|()| rules)
        })
        .await?;
    let put = PutSet { name: name.clone(), rules: rules.as_str().into(), target_wallet, fx_date };
    let (_, outcome) = decide(&app, &tenant, by, Command::PutSet(put)).await?;
    let outcome = match outcome {
        CommandOutcome::Set(outcome) => Some(outcome),
        CommandOutcome::Unchanged => None,
        CommandOutcome::Refused(refusal) => return Err(refused(refusal, &rules)),
        other => return Err(unexpected(&other)),
    };
    let info = app.ask(move |engine| engine.set(&tenant, &name)).await?.map_err(|e| Problem::set(&e))?;
    let created = matches!(outcome, Some(SetOutcome { created: true, .. }));
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(PutSetResponse::new(info, outcome))).into_response())
}

/// Read a standing set
///
/// How many items it holds after record `asOf`, and what becomes of them on the way to the target wallet.
#[utoipa::path(get, path = "/api/v1/sets/{name}", tag = "sets", params(("name" = String, Path, example = "hotels")), responses(
    (status = 200, description = "The set", body = SetResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn get(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    SetName(name): SetName,
) -> Result<Json<SetResponse>, Problem> {
    let info = app.ask(move |engine| engine.set(&tenant, &name)).await?;
    Ok(Json(info.map_err(|e| Problem::set(&e))?.into()))
}

/// Remove a standing set
///
/// Its journal goes with it. A set made again by this name begins a new one.
#[utoipa::path(delete, path = "/api/v1/sets/{name}", tag = "sets", params(("name" = String, Path, example = "hotels")), responses(
    (status = 204, description = "There is no such set any more"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There was no such set", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn delete(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::EditTasks>,
    SetName(name): SetName,
) -> Result<StatusCode, Problem> {
    match decide(&app, &tenant, by, Command::DeleteSet(name)).await? {
        (_, CommandOutcome::Applied) => Ok(StatusCode::NO_CONTENT),
        (_, CommandOutcome::Refused(refusal)) => Err(refused(refusal, "")),
        (_, other) => Err(unexpected(&other)),
    }
}

/// Which sets to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SetsQuery {
    /// Only sets whose names come after this one, by bytes.
    after: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
}

/// List standing sets
#[utoipa::path(get, path = "/api/v1/sets", tag = "sets", params(SetsQuery), responses(
    (status = 200, description = "A page of sets, by name", body = SetsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn list(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    query: Result<Query<SetsQuery>, QueryRejection>,
) -> Result<Json<SetsResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    // One more than asked for tells whether there is a next page.
    let listed =
        app.query(&tenant.clone(), move |engine| engine.sets(&tenant, query.after.as_deref(), limit + 1)).await?;
    Ok(Json(SetsResponse::new(listed, limit)))
}
