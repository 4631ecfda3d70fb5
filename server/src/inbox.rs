//! `/api/v1/inbox`: what one was told.

use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::notify::{Kind, Notice, Which};
use crate::parameters::{LIMIT_MAX, limit};
use crate::private::now_ms;
use crate::problem::Problem;
use crate::rights::Operation;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use penstock_engine::task::ticket::TicketKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which notices to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InboxQuery {
    /// Only what was not read yet.
    #[serde(default)]
    unread: bool,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of an inbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxResponse {
    /// Newest first.
    notices: Vec<WireNotice>,
    /// How many are not read, on all pages.
    unread: u64,
    /// What the next page comes after; null after the last.
    next: Option<String>,
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireNotice {
    id: i64,
    /// What happened.
    kind: Kind,
    /// In plain English, in one line unless a name or reason in it has several.
    text: String,
    /// Epoch milliseconds.
    at: i64,
    /// The account, `key:` and the label or number of an API key, or `system`.
    #[schema(value_type = String, example = "mei")]
    by: Box<str>,
    #[schema(example = "GOF-12")]
    task: String,
    #[schema(value_type = String)]
    task_name: Box<str>,
    source_wallet: String,
    #[schema(value_type = String)]
    target_wallet: Box<str>,
    #[schema(example = "GOF-7")]
    ticket: Option<String>,
    /// `DELIVER`, `REVISION` or `TERMINATE`, of a ticket.
    #[schema(value_type = Option<String>)]
    asks: Option<TicketKind>,
    /// Why, where it was said.
    #[schema(value_type = Option<String>)]
    reason: Option<Box<str>>,
    /// Items that it was about.
    items: Option<u64>,
    /// When it was read, epoch milliseconds; null where it was not.
    read_at: Option<i64>,
}

impl From<Notice> for WireNotice {
    fn from(Notice { id, told, read_ms }: Notice) -> WireNotice {
        WireNotice {
            id,
            kind: told.kind,
            text: told.line(),
            at: told.at,
            by: told.by,
            task: told.task,
            task_name: told.task_name,
            source_wallet: told.source_wallet,
            target_wallet: told.target_wallet,
            ticket: told.ticket,
            asks: told.asks,
            reason: told.reason,
            items: told.items,
            read_at: read_ms,
        }
    }
}

/// The account that asks; whoever may not read tasks reads nothing about them either.
fn account(actor: &Actor) -> Result<String, Problem> {
    actor.require(Operation::ReadTasks)?;
    match actor.is_person() {
        true => Ok(actor.name().to_string()),
        false => {
            let detail = "people have inboxes, API keys have none; a wallet's systems are told by webhooks";
            Err(Problem::new(StatusCode::FORBIDDEN, "not-allowed", "This needs another right", detail))
        }
    }
}

/// Read the inbox
///
/// The own notices, of all wallets; the newest 2,000 are kept.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "notices", params(InboxQuery), responses(
    (status = 200, description = "A page of notices", body = InboxResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A tenant's key asks", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn list(
    State(app): State<App>,
    actor: Actor,
    query: Result<Query<InboxQuery>, QueryRejection>,
) -> Result<Json<InboxResponse>, Problem> {
    let account = account(&actor)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let wrong = |_| Problem::bad_cursor("after is no next of this list");
    let before = query.after.map(|after| after.parse().map_err(wrong)).transpose()?;
    let read = app.notices(move |notices| {
        // One more than asked for tells whether there is a next page.
        let page = notices.inbox(&account, before, query.unread, limit + 1)?;
        Ok((page, notices.unread(&account)?))
    });
    let (mut page, unread) = read.await.map_err(|e| Problem::notices(&e))?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().map(|notice| notice.id.to_string()).filter(|_| more);
    Ok(Json(InboxResponse { notices: page.into_iter().map(WireNotice::from).collect(), unread, next }))
}

/// What was read: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReadRequest {
    /// These notices, at most 1,000.
    ids: Option<Vec<i64>>,
    /// All up to this one.
    up_to: Option<i64>,
}

/// What was read then.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadResponse {
    /// How many were not read before.
    marked: usize,
    /// How many are still not read.
    unread: u64,
}

/// Mark notices as read
///
/// `ids`, or all `upTo` one. Notices that are not one's own, or read already, are left alone.
#[utoipa::path(post, path = "/api/v1/inbox/read", tag = "notices", request_body = ReadRequest, responses(
    (status = 200, description = "They are read", body = ReadResponse),
    (status = 400, description = "Not which", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A tenant's key asks", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn read(
    State(app): State<App>,
    actor: Actor,
    ApiJson(request): ApiJson<ReadRequest>,
) -> Result<Json<ReadResponse>, Problem> {
    let account = account(&actor)?;
    let which = match request {
        ReadRequest { ids: Some(ids), up_to: None } if ids.len() <= LIMIT_MAX => Which::These(ids),
        ReadRequest { ids: None, up_to: Some(last) } => Which::UpTo(last),
        _ => {
            let detail = format!("say which: ids, at most {LIMIT_MAX}, or upTo");
            return Err(Problem::bad_request(detail));
        }
    };
    let mark = app.notices(move |notices| {
        let marked = notices.mark_read(&account, &which, now_ms())?;
        Ok(ReadResponse { marked, unread: notices.unread(&account)? })
    });
    mark.await.map(Json).map_err(|e| Problem::notices(&e))
}
