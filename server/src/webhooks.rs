//! `/api/v1/webhooks`: where a wallet's systems want to be told (F-9.7).

use crate::app::App;
use crate::auth::Allowed;
use crate::body::ApiJson;
use crate::notify::{Endpoint, Kind, LOOPBACK_REFUSED, is_this_machine};
use crate::private::now_ms;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The webhook that a path names.
pub struct WebhookId(i64);

impl FromRequestParts<App> for WebhookId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        path.ok().and_then(|Path(id)| id.parse().ok()).map(WebhookId).ok_or_else(no_such_webhook)
    }
}

fn no_such_webhook() -> Problem {
    Problem::not_found("there is no such webhook of this wallet; GET /api/v1/webhooks lists them")
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// `https://HOST/PATH`; its host must be one that anybody may reach.
    #[schema(example = "https://example.com/penstock")]
    url: String,
    /// What it is told of; everything if not given.
    kinds: Option<Vec<Kind>>,
}

/// A webhook that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewWebhook {
    id: i64,
    /// What letters are signed with, as Standard Webhooks says. It is not to be had again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// A wallet's webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhooksResponse {
    /// Oldest first.
    webhooks: Vec<WireWebhook>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireWebhook {
    id: i64,
    url: String,
    /// What it is told of; null for everything.
    kinds: Option<Vec<Kind>>,
    created_by: String,
    /// Epoch milliseconds.
    created_at: i64,
    /// When it answered 410, so that it gets no more letters until a replay, epoch milliseconds; null where it did not.
    stopped_at: Option<i64>,
    /// Letters that wait for their next try.
    waiting: u64,
    /// Letters that could not be sent; a replay tries them again.
    dead: u64,
    /// What went wrong last with a letter that is not sent.
    error: Option<String>,
}

impl From<Endpoint> for WireWebhook {
    fn from(endpoint: Endpoint) -> WireWebhook {
        let Endpoint { id, url, kinds, created_by, created_ms, stopped_ms, waiting, dead, error, .. } = endpoint;
        let (created_at, stopped_at) = (created_ms, stopped_ms);
        WireWebhook { id, url, kinds, created_by, created_at, stopped_at, waiting, dead, error }
    }
}

/// List webhooks
///
/// Those of the own wallet.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "notices", responses(
    (status = 200, description = "All of them", body = WebhooksResponse),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn list(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ManageWebhooks>,
) -> Result<Json<WebhooksResponse>, Problem> {
    let found = app.notices(move |notices| notices.endpoints(&actor.tenant().0)).await;
    let webhooks = found.map_err(|e| Problem::notices(&e))?.into_iter().map(WireWebhook::from).collect();
    Ok(Json(WebhooksResponse { webhooks }))
}

/// Make a webhook
///
/// What happens to tasks that come from the own wallet, or lead to it, is sent to it as CloudEvents, signed as Standard Webhooks
/// says. A wallet has 20 at most.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "notices", request_body = WebhookRequest, responses(
    (status = 201, description = "It is made", body = NewWebhook),
    (status = 400, description = "Not a URL to send to, or there are too many", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn add(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ManageWebhooks>,
    ApiJson(request): ApiJson<WebhookRequest>,
) -> Result<(StatusCode, Json<NewWebhook>), Problem> {
    let WebhookRequest { url, kinds } = request;
    if !app.settings().webhook_loopback && is_this_machine(&url) {
        return Err(Problem::bad_request(format!("{LOOPBACK_REFUSED}; use https://HOST/PATH of another machine")));
    }
    let add = app.notices(move |notices| {
        notices.add_endpoint(&actor.tenant().0, &url, kinds.as_deref(), actor.name(), now_ms())
    });
    let (id, secret) = add.await.map_err(|e| Problem::notices(&e))?;
    Ok((StatusCode::CREATED, Json(NewWebhook { id, secret })))
}

/// Remove a webhook
///
/// What waits for it is forgotten.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "notices", params(("id" = i64, Path)), responses(
    (status = 204, description = "It is gone"),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such webhook", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn remove(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ManageWebhooks>,
    WebhookId(id): WebhookId,
) -> Result<StatusCode, Problem> {
    let remove = app.notices(move |notices| notices.remove_endpoint(&actor.tenant().0, id));
    match remove.await.map_err(|e| Problem::notices(&e))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_such_webhook()),
    }
}

/// What is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayResponse {
    /// Letters.
    replayed: usize,
}

/// Replay dead letters
///
/// What could not be sent is tried again at once, with the ids that it had.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", tag = "notices", params(("id" = i64, Path)), responses(
    (status = 200, description = "They are on their way", body = ReplayResponse),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such webhook", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn replay(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ManageWebhooks>,
    WebhookId(id): WebhookId,
) -> Result<Json<ReplayResponse>, Problem> {
    let replay = app.notices(move |notices| notices.replay(&actor.tenant().0, id, now_ms()));
    let replayed = replay.await.map_err(|e| Problem::notices(&e))?.ok_or_else(no_such_webhook)?;
    Ok(Json(ReplayResponse { replayed }))
}
