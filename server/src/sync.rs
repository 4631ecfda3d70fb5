//! `POST /asap/synchronizeContent`: the seed's endpoint (R087-R108, D-01 to D-28).
//!
//! Every answer carries a ResultInfo. What is wrong with the request as a whole is `F` and nothing is applied; else each item
//! has its own outcome (D-18). Items are decoded off the async threads, accepted ones go to the engine in the request's
//! order, and outcomes are put back in the request's order.

mod envelope;
mod wire;

use crate::app::App;
use crate::auth::{self, AuthError};
use crate::body::{self, BodyError};
use crate::metrics::{self, Tally};
use crate::rights::Operation;
use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use envelope::Envelope;
use penstock_dsl::registry::ContentType;
use penstock_engine::api::{ItemOutcome, SubmitError, TenantId};
use penstock_engine::content::decode::{Context, Rejected, decode};
use penstock_engine::content::issue::Issue;
use penstock_engine::content::item::Item;
use penstock_engine::{BatchMeta, Engine, Reply};
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

use wire::{Answer, ItemResult, SyncRequest, SyncResponse};
pub use wire::{Issue as WireIssue, outcome_name};

/// Where it is served.
pub const PATH: &str = "/asap/synchronizeContent";
/// The most items of a request (R089).
pub const CONTENTS_MAX: usize = 50;

/// Synchronize content
///
/// Takes up to 50 content items of a tenant, decided by the API key. Each item has its own outcome: `APPLIED`, `DUPLICATE` and
/// `STALE_IGNORED` are success, `VERSION_CONFLICT` and `INVALID` are failure. `resultStatus` is `S` only if no item failed. `U` means
/// that it is unknown whether the batch was stored: sending the same versions again is safe. Bodies may be compressed.
#[utoipa::path(post, path = "/asap/synchronizeContent", tag = "content", request_body = SyncRequest,
    params(("validateOnly" = Option<bool>, Query, description = "Go through everything and store nothing")),
    responses(
        (status = 200, description = "S, F or U", body = SyncResponse),
        (status = 400, description = "Not JSON, or a damaged body", body = SyncResponse),
        (status = 401, description = "No API key, or a wrong one", body = SyncResponse),
        (status = 403, description = "The key is not for content", body = SyncResponse),
        (status = 408, description = "The body did not arrive in time", body = SyncResponse),
        (status = 413, description = "Over 10 MiB, or nested deeper than 32", body = SyncResponse),
        (status = 415, description = "Not a JSON type, or an unknown encoding", body = SyncResponse),
        (status = 429, description = "The write queue is full; Retry-After says when to come again", body = SyncResponse),
        (status = 503, description = "The server is starting, or has stopped taking writes", body = SyncResponse),
    ), security(("apiKey" = [])))]
pub async fn synchronize(State(app): State<App>, RawQuery(query): RawQuery, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match answer(&app, &parts.headers, query.as_deref(), body).await {
        Ok(answer) | Err(answer) => answer,
    };
    metrics::batch(answer.status_name());
    answer.into_response(app.settings().flat_result)
}

async fn answer(app: &App, headers: &HeaderMap, query: Option<&str>, body: Body) -> Result<Answer, Answer> {
    let tenant = tenant(app, headers).await?;
    let validate_only = validate_only(query)?;
    let engine =
        app.engine().ok_or_else(|| Answer::stopped("the server is still reading its store; try again"))?.clone();
    let body = body::read(headers, body, body::BYTES_MAX, app.settings().body_timeout).await.map_err(refused_body)?;
    let received_ms = now_ms();
    let who = tenant.clone();
    let taken = app.decode(move || Taken::take(body, &engine, &who, received_ms, validate_only)).await?;
    let outcomes = taken.outcomes.wait(app.settings().submit_timeout).await.map_err(refused_batch)?;
    Ok(merge(&tenant, taken.places, outcomes, validate_only, taken.issues))
}

/// The tenant whose content may be sent; the path takes POST alone.
async fn tenant(app: &App, headers: &HeaderMap) -> Result<TenantId, Answer> {
    let actor = auth::actor(app, &Method::POST, headers).await.map_err(|error| refused_key(&error))?;
    match actor.require(Operation::SynchronizeContent) {
        Ok(()) => Ok(actor.tenant().clone()),
        Err(problem) => Err(Answer::failure(StatusCode::FORBIDDEN, "ACCESS_DENIED", problem.into_detail())),
    }
}

/// A request whose items were decoded and, where accepted, given to the engine.
struct Taken {
    places: Vec<Place>,
    outcomes: Outcomes,
    issues: Vec<Issue>,
}

/// Outcomes of the accepted items.
enum Outcomes {
    Known(Vec<ItemOutcome>),
    Awaited(oneshot::Receiver<Result<Vec<ItemOutcome>, SubmitError>>),
}

impl Taken {
    /// All the CPU work of a request: decompressing, parsing, decoding, and the engine's encoding of the log's record.
    fn take(
        body: body::Body,
        engine: &Engine,
        tenant: &TenantId,
        received_ms: i64,
        validate_only: bool,
    ) -> Result<Taken, Answer> {
        let Decoded { items, biz_date, issues } = Decoded::read(body, tenant, received_ms)?;
        let (items, places) = split(items);
        let outcomes = match validate_only {
            true => Outcomes::Known(engine.validate(tenant, &items)),
            false if items.is_empty() => Outcomes::Known(Vec::new()),
            false => Outcomes::Awaited(submit(engine, tenant, items, BatchMeta { received_ms, biz_date })),
        };
        Ok(Taken { places, outcomes, issues })
    }
}

impl Outcomes {
    /// Waits for the batch to be durable; when that takes too long, whether it is so is unknown.
    async fn wait(self, patience: Duration) -> Result<Vec<ItemOutcome>, SubmitError> {
        match self {
            Outcomes::Known(outcomes) => Ok(outcomes),
            Outcomes::Awaited(replied) => match tokio::time::timeout(patience, replied).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) | Err(_) => Err(SubmitError::Unknown),
            },
        }
    }
}

fn submit(
    engine: &Engine,
    tenant: &TenantId,
    items: Vec<Item>,
    meta: BatchMeta,
) -> oneshot::Receiver<Result<Vec<ItemOutcome>, SubmitError>> {
    let (reply, replied) = oneshot::channel();
    // The receiver is gone when the client went away: the batch stands all the same.
    let told: Reply = Box::new(move |result| drop(reply.send(result.map(|(_, outcome)| outcome.items))));
    engine.submit(tenant, items, meta, told);
    replied
}

/// A request that went through decoding: one entry an item, in the request's order.
struct Decoded {
    items: Vec<Result<Item, Rejected>>,
    biz_date: Option<String>,
    issues: Vec<Issue>,
}

impl Decoded {
    fn read(body: body::Body, tenant: &TenantId, received_ms: i64) -> Result<Decoded, Answer> {
        let text = body.unpack().map_err(refused_body)?;
        let envelope = Envelope::parse(&text)?;
        if let Some(request_time_ms) = envelope.request_time_ms() {
            metrics::client_lag(request_time_ms, received_ms);
        }
        let context = Context { tenant: &tenant.0, received_ms };
        let items = envelope.contents.iter().map(|raw| decode(raw, &context)).collect();
        let (biz_date, issues) = envelope.biz_date();
        Ok(Decoded { items, biz_date, issues })
    }
}

/// What is left of an item when it has gone to the engine: enough to answer.
enum Place {
    Accepted { content_type: ContentType, content_id: Box<str>, version: i64 },
    Rejected(Rejected),
}

fn split(decoded: Vec<Result<Item, Rejected>>) -> (Vec<Item>, Vec<Place>) {
    let mut items = Vec::with_capacity(decoded.len());
    let places = decoded.into_iter().map(|result| match result {
        Ok(item) => {
            let (content_type, version) = (item.content_type, item.version);
            let content_id = item.content_id.clone();
            items.push(item);
            Place::Accepted { content_type, content_id, version }
        }
        Err(rejected) => Place::Rejected(rejected),
    });
    let places = places.collect();
    (items, places)
}

fn merge(
    tenant: &TenantId,
    places: Vec<Place>,
    outcomes: Vec<ItemOutcome>,
    validate_only: bool,
    issues: Vec<Issue>,
) -> Answer {
    let mut tally = Tally::default();
    let mut outcomes = outcomes.into_iter();
    let results: Vec<ItemResult> = places
        .into_iter()
        .map(|place| {
            let (content_type, result) = match place {
                Place::Accepted { content_type, content_id, version } => {
                    // The engine answers for every item that it was given.
                    let told = outcomes.next().expect("an outcome for every accepted item");
                    (Some(content_type), ItemResult::accepted(content_type, content_id, version, told))
                }
                Place::Rejected(rejected) => (None, ItemResult::rejected(rejected)),
            };
            tally.item(content_type, result.outcome, result.issues.iter().map(|issue| issue.code));
            result
        })
        .collect();
    if !validate_only {
        tally.publish(tenant);
    }
    Answer::of_items(results, validate_only, issues)
}

/// `validateOnly` as `true`, `false` or without a value; anything else is refused, for it may have been meant as a trial.
fn validate_only(query: Option<&str>) -> Result<bool, Answer> {
    let mut found = false;
    for pair in query.unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "validateOnly" {
            continue;
        }
        found = match value {
            "" | "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                let message = "validateOnly must be true or false; nothing was applied";
                return Err(Answer::failure(StatusCode::BAD_REQUEST, "PARAM_ILLEGAL", message));
            }
        };
    }
    Ok(found)
}

/// The answer to another method than POST.
pub fn no_method(app: &App, method: &str) -> Response {
    let message = format!("{PATH} takes POST, not {method}");
    let answer = Answer::failure(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_SUPPORTED", message);
    answer.into_response(app.settings().flat_result)
}

fn refused_key(error: &AuthError) -> Answer {
    match error {
        AuthError::Missing | AuthError::Unknown | AuthError::Ended => {
            Answer::failure(StatusCode::UNAUTHORIZED, "ACCESS_DENIED", error.to_string())
        }
        AuthError::CrossSite | AuthError::NoWallet => {
            Answer::failure(StatusCode::FORBIDDEN, "ACCESS_DENIED", error.to_string())
        }
        AuthError::Store(cause) => {
            tracing::error!(cause, "API keys could not be read");
            Answer::stopped("the API keys could not be read; try again")
        }
    }
}

fn refused_body(error: BodyError) -> Answer {
    let code = match &error {
        BodyError::ContentType(_) => "UNSUPPORTED_CONTENT_TYPE",
        BodyError::ContentEncoding(_) => "UNSUPPORTED_CONTENT_ENCODING",
        BodyError::TooLarge { .. } => "BODY_TOO_LARGE",
        BodyError::TooDeep => "BODY_TOO_DEEP",
        BodyError::Damaged(..) | BodyError::Broken(_) => "BODY_DAMAGED",
        BodyError::NotUtf8(_) | BodyError::NotJson(_) => "BODY_NOT_JSON",
        BodyError::Slow => "BODY_TIMEOUT",
    };
    Answer::failure(error.status(), code, format!("{error}; nothing was applied"))
}

fn refused_batch(error: SubmitError) -> Answer {
    let message = error.to_string();
    match error {
        SubmitError::Overloaded { retry_after_s } => {
            Answer::failure(StatusCode::TOO_MANY_REQUESTS, "OVERLOADED", message).retry_after(retry_after_s)
        }
        SubmitError::Stopped => Answer::stopped(message),
        SubmitError::Unknown => Answer::unknown(message),
    }
}

/// Epoch milliseconds by the system's clock.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn a_batch_without_outcomes_is_answered_by_its_reason() {
        for (error, status, result, retry_after) in [
            (SubmitError::Overloaded { retry_after_s: 3 }, 429, "F", Some("3")),
            (SubmitError::Stopped, 503, "F", Some("1")),
            (SubmitError::Unknown, 200, "U", None),
        ] {
            let answer = refused_batch(error);
            assert_eq!(answer.status_name(), result);
            let response = answer.into_response(true);
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers().get(header::RETRY_AFTER).map(|v| v.to_str().unwrap()), retry_after);
        }
    }

    #[tokio::test]
    async fn a_batch_whose_fate_is_not_told_is_unknown() {
        let (reply, replied) = oneshot::channel();
        let late = Outcomes::Awaited(replied).wait(Duration::from_millis(1)).await;
        assert!(matches!(late, Err(SubmitError::Unknown)));
        drop(reply);
        let (reply, replied) = oneshot::channel();
        drop(reply);
        let gone = Outcomes::Awaited(replied).wait(Duration::from_secs(60)).await;
        assert!(matches!(gone, Err(SubmitError::Unknown)));
    }

    #[test]
    fn a_trial_is_never_taken_for_the_real_thing() {
        for (query, expected) in [
            (None, Some(false)),
            (Some("a=b"), Some(false)),
            (Some("validateOnly=true"), Some(true)),
            (Some("validateOnly"), Some(true)),
            (Some("a=b&validateOnly=1"), Some(true)),
            (Some("validateOnly=false"), Some(false)),
            (Some("validateOnly=yes"), None),
            (Some("validateOnly=TRUE"), None),
        ] {
            assert_eq!(validate_only(query).ok(), expected, "{query:?}");
        }
    }
}
