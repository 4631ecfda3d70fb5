//! `/api/v1/risk-requests`: a target wallet's supply operators ask for decisions on risk, its risk reviewers decide.

use super::{Place, page};
use crate::app::App;
use crate::auth::{Actor, Allowed};
use crate::body::ApiJson;
use crate::commands::{decide, refused, unexpected};
use crate::parameters::limit;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::need;
use crate::tasks::id::{Numbered, of};
use crate::tasks::wire::WireStamp;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use penstock_engine::api::TenantId;
use penstock_engine::command::{AskRisk, Command, CommandOutcome, DecideRequest, ItemKey};
use penstock_engine::target::RequestView;
use penstock_engine::task::risk::{RequestId, RequestState, RiskRefusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AskRequest {
    #[schema(example = "GOF")]
    source_wallet: String,
    #[schema(example = "STORE")]
    content_type: String,
    content_id: String,
    action: Action,
    /// 5 to 2,000 characters.
    reason: String,
}

/// What is to be decided.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// The item is not to be delivered.
    Stop,
    /// It may be delivered again.
    Allow,
}

/// A request for a decision on risk.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestResponse {
    /// The source wallet and a number.
    #[schema(example = "GOF-3")]
    id: String,
    source_wallet: String,
    #[schema(value_type = String)]
    target_wallet: Box<str>,
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    #[schema(value_type = String)]
    content_id: Box<str>,
    action: Action,
    #[schema(value_type = String)]
    reason: Box<str>,
    /// `OPEN`, `APPROVED` or `REJECTED`.
    #[schema(value_type = String)]
    status: RequestState,
    asked: WireStamp,
    /// Null while it is open.
    decided: Option<WireClosed>,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireClosed {
    #[serde(flatten)]
    stamp: WireStamp,
    #[schema(value_type = Option<String>)]
    reason: Option<Box<str>>,
    /// The version of the decision on risk that an approval wrote.
    version: Option<i64>,
}

impl RequestResponse {
    fn new(source: &TenantId, view: RequestView) -> RequestResponse {
        let RequestView { request, content_type, content_id } = view;
        RequestResponse {
            id: of(&source.0, request.id),
            source_wallet: source.0.to_string(),
            status: request.state(),
            target_wallet: request.wallet,
            content_type: content_type.name(),
            content_id,
            action: if request.stop { Action::Stop } else { Action::Allow },
            reason: request.reason,
            asked: request.asked.into(),
            decided: request.closed.map(|closed| WireClosed {
                stamp: closed.stamp.into(),
                reason: closed.reason,
                version: closed.version,
            }),
        }
    }
}

/// Ask for a decision on risk
///
/// For the own target wallet, about an item that is or was delivered to it or that a task would deliver. `ALLOW` asks for a decision of
/// people to be taken back; what risk control has stopped by itself, or the source, cannot be asked for.
#[utoipa::path(post, path = "/api/v1/risk-requests", tag = "target wallets", request_body = AskRequest, responses(
    (status = 201, description = "The request", body = RequestResponse),
    (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such item", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is so already, or is asked for already", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A reason is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn ask(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::RequestRisk>,
    ApiJson(request): ApiJson<AskRequest>,
) -> Result<(StatusCode, Json<RequestResponse>), Problem> {
    let AskRequest { source_wallet, content_type: type_name, content_id, action, reason } = request;
    let wrong = || Problem::bad_request("contentType is needed");
    let content_type = content_type(Some(&type_name))?.ok_or_else(wrong)?;
    let known = app.ask(move |engine| engine.tenants().into_iter().find(|source| *source.0 == *source_wallet)).await?;
    let source = known.ok_or_else(|| Problem::risk_request(&RiskRefusal::NoSuchItem))?;
    let ask = AskRisk {
        wallet: (*actor.tenant().0).into(),
        item: ItemKey { content_type, content_id: content_id.into() },
        stop: matches!(action, Action::Stop),
        reason: reason.into(),
    };
    let id = carried_out(&app, &actor, &source, Command::AskRisk(ask)).await?;
    Ok((StatusCode::CREATED, Json(view(&app, &actor, &source, id).await?)))
}

async fn carried_out(app: &App, actor: &Actor, source: &TenantId, command: Command) -> Result<RequestId, Problem> {
    match decide(app, source, actor.asker(), command).await?.1 {
        CommandOutcome::RiskRequest(id) => Ok(id),
        CommandOutcome::Refused(refusal) => Err(refused(refusal, "")),
        other => Err(unexpected(&other)),
    }
}

/// A request of the own wallet.
async fn view(app: &App, actor: &Actor, source: &TenantId, id: RequestId) -> Result<RequestResponse, Problem> {
    let (of, wallet) = (source.clone(), actor.tenant().clone());
    let found = app.ask(move |engine| engine.risk_request(&of, id)).await?;
    let own = found.filter(|view| actor.is_at_target() && *view.request.wallet == *wallet.0);
    let own = own.ok_or_else(|| Problem::risk_request(&RiskRefusal::NoSuchRequest))?;
    Ok(RequestResponse::new(source, own))
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RequestsQuery {
    /// Only `OPEN`, `APPROVED` or `REJECTED` ones.
    #[param(value_type = Option<String>)]
    status: Option<RequestState>,
    /// Only about items of this source wallet.
    source_wallet: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestsResponse {
    /// By source wallet, of each the newest first.
    requests: Vec<RequestResponse>,
    /// Where the next page begins, which may be empty; null after the last.
    next: Option<String>,
}

/// List requests for decisions on risk
///
/// Those of the own target wallet.
#[utoipa::path(get, path = "/api/v1/risk-requests", tag = "target wallets", params(RequestsQuery), responses(
    (status = 200, description = "A page of requests", body = RequestsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn list(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    query: Result<Query<RequestsQuery>, QueryRejection>,
) -> Result<Json<RequestsResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit) = (Place::read(query.after.as_deref())?, limit(query.limit.as_deref())?);
    let wallet = actor.tenant().clone();
    app.ask(move |engine| {
        // Newest first: they are numbered downwards, as if from the top.
        let (requests, next) =
            page(engine, query.source_wallet.as_deref(), after.as_ref(), limit, |source, after, limit| {
                let before = after.map(|after| u32::MAX - after);
                // One more than asked for tells whether there is a next page.
                let mut found = engine.risk_requests(source, &wallet.0, before, limit + 1, query.status);
                let more = found.len() > limit;
                found.truncate(limit);
                let next = found.last().map(|last| u32::MAX - last.request.id).filter(|_| more);
                Ok((found.into_iter().map(|view| RequestResponse::new(source, view)).collect(), next))
            })?;
        Ok(Json(RequestsResponse { requests, next }))
    })
    .await?
}

/// A decision.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequestBody {
    /// Needed to reject: 5 to 2,000 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// Approve a request
///
/// The decision on risk is written at once, with the item's next version. Never one's own request.
#[utoipa::path(post, path = "/api/v1/risk-requests/{id}/approve", tag = "target wallets",
    params(("id" = String, Path, example = "GOF-3")), request_body = DecideRequestBody, responses(
    (status = 200, description = "The request then", body = RequestResponse),
    (status = 403, description = "Somebody who may not, or one's own request", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such request at this wallet", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is decided", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn approve(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::DecideRisk>,
    id: Numbered,
    ApiJson(body): ApiJson<DecideRequestBody>,
) -> Result<Json<RequestResponse>, Problem> {
    answer(&app, &actor, &id, body, true).await
}

/// Reject a request
#[utoipa::path(post, path = "/api/v1/risk-requests/{id}/reject", tag = "target wallets",
    params(("id" = String, Path, example = "GOF-3")), request_body = DecideRequestBody, responses(
    (status = 200, description = "The request then", body = RequestResponse),
    (status = 403, description = "Somebody who may not, or one's own request", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such request at this wallet", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is decided", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A reason is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn reject(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::DecideRisk>,
    id: Numbered,
    ApiJson(body): ApiJson<DecideRequestBody>,
) -> Result<Json<RequestResponse>, Problem> {
    answer(&app, &actor, &id, body, false).await
}

async fn answer(
    app: &App,
    actor: &Actor,
    id: &Numbered,
    body: DecideRequestBody,
    approve: bool,
) -> Result<Json<RequestResponse>, Problem> {
    // A key decides by `POST /api/v1/risk` alone: four eyes are people's. This is also where another wallet's request is none.
    view(app, actor, &id.source, id.number).await?;
    let decide = DecideRequest {
        wallet: (*actor.tenant().0).into(),
        request: id.number,
        approve,
        reason: body.reason.map(Into::into),
    };
    carried_out(app, actor, &id.source, Command::DecideRequest(decide)).await?;
    Ok(Json(view(app, actor, &id.source, id.number).await?))
}
