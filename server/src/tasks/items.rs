//! A task's items: the collection, the eligible and the ineligible supply, what was taken out (R042-R050, R065-R069).

use super::conditions::Conditions;
use super::drafts::checked;
use super::id::{Numbered, own, seen, seen_items, sees_next};
use super::wire::WireStamp;
use super::{decide_task, view};
use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::entries::{Read, all};
use crate::parameters::{cursor, cursor_of, limit};
use crate::problem::Problem;
use crate::rights::Operation;
use crate::sets::items::{SetItem, step};
use crate::sets::take_out::ItemKeyEntry;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::command::ItemKey;
use penstock_engine::fold::delivery::DeliveryState;
use penstock_engine::task::command::{OfTask, TakeOutOf, TaskCommand, Which};
use penstock_engine::task::ledger::EndCause;
use penstock_engine::tasks::{self, Shown};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which items to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TaskItemsQuery {
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// `matched` for all, or a step of the funnel: `takenOut`, `missingFields`, `notOnboarded`, `riskStopped`, `deliverable`;
    /// `deactivated` for what it delivered and nobody does any more, `failed` for what the wallet could not take.
    #[param(default = "matched")]
    state: Option<String>,
    /// `true` for the items of a live task's next revision.
    #[param(value_type = Option<bool>, default = false)]
    next: Option<bool>,
}

/// A page of a task's items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskItemsResponse {
    /// The record that this page is of; the next page may be of a later one.
    as_of: u64,
    /// Items in this state in all.
    total: u64,
    items: Vec<TaskItem>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
}

/// An item of a task.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskItem {
    #[serde(flatten)]
    item: SetItem,
    /// Cross-wallet Content Status: `NONE`, `PENDING`, `ACTIVATING`, `ACTIVE`, `FAILED`, `DEACTIVATING` or `DEACTIVATED`.
    #[schema(value_type = String, example = "ACTIVE")]
    content_status: &'static str,
    /// Why it is deactivated: `TENANT`, `RISK_AUTO`, `RISK_MANUAL`, `TASK_TERMINATED`, `LEFT_SET` or `PULLED`; null where it is not.
    #[schema(value_type = Option<String>)]
    cause: Option<EndCause>,
    /// Why the wallet could not take it, in its words; null where it did not say so.
    #[schema(value_type = Option<String>)]
    failure: Option<Box<str>>,
    /// Who took it out of the task, and when; null where nobody did.
    taken_out: Option<WireStamp>,
}

impl From<tasks::TaskItem> for TaskItem {
    fn from(item: tasks::TaskItem) -> TaskItem {
        let (content_status, cause) = content_status(item.delivery);
        let (failure, taken_out) = (item.failure, item.taken_out.map(Into::into));
        TaskItem { item: item.item.into(), content_status, cause, failure, taken_out }
    }
}

/// How the wire calls the state of a delivery, and why it ended.
pub fn content_status(state: DeliveryState) -> (&'static str, Option<EndCause>) {
    match state {
        DeliveryState::None => ("NONE", None),
        DeliveryState::Pending => ("PENDING", None),
        DeliveryState::Activating => ("ACTIVATING", None),
        DeliveryState::Active => ("ACTIVE", None),
        DeliveryState::Failed => ("FAILED", None),
        DeliveryState::Deactivating => ("DEACTIVATING", None),
        DeliveryState::Deactivated(cause) => ("DEACTIVATED", Some(cause)),
    }
}

/// List a task's items
///
/// Each with its step of the funnel, everything that stands in its way, and how it stands with the target wallet.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/items", tag = "tasks",
    params(("id" = String, Path, example = "GOF-12"), TaskItemsQuery), responses(
    (status = 200, description = "A page of items", body = TaskItemsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task, or it is hidden", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn items(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    query: Result<Query<TaskItemsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let of_next = query.next.unwrap_or(false);
    let task = seen_items(&app, &actor, &id, of_next).await?;
    let page = (shown(query.state.as_deref())?, cursor(query.after.as_deref())?, limit(query.limit.as_deref())?);
    let tenant = id.source;
    app.query(&tenant.clone(), move |engine| {
        let page = engine.task_items(&tenant, task, of_next, page).map_err(|e| Problem::set(&e))?;
        let items = page.items.into_iter().map(TaskItem::from).collect();
        let next = page.next.map(cursor_of);
        Ok(Json(TaskItemsResponse { as_of: page.as_of, total: page.total, items, next }).into_response())
    })
    .await?
}

/// Which items a `state` names.
fn shown(state: Option<&str>) -> Result<Shown, Problem> {
    match state {
        Some("deactivated") => Ok(Shown::Deactivated),
        Some("failed") => Ok(Shown::Failed),
        state => match step(state) {
            Ok(step) => Ok(step.map_or(Shown::Matched, Shown::Step)),
            Err(wrong) => Err(Problem::bad_request(format!("{}, deactivated, failed", wrong.detail()))),
        },
    }
}

/// Which exclusions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TakenOutQuery {
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of what was taken out of a task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenOutResponse {
    items: Vec<TakenOut>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
}

/// An item that was taken out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakenOut {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    #[schema(value_type = String)]
    content_id: Box<str>,
    #[serde(flatten)]
    stamp: WireStamp,
}

/// List what was taken out of a task
///
/// Whether the rules match it now or not. Of a live task with a next revision that the asker sees, what that one takes out.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/taken-out", tag = "tasks",
    params(("id" = String, Path, example = "GOF-12"), TakenOutQuery), responses(
    (status = 200, description = "A page of keys", body = TakenOutResponse),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn taken_out(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    query: Result<Query<TakenOutQuery>, QueryRejection>,
) -> Result<Json<TakenOutResponse>, Problem> {
    let task = seen(&app, &actor, &id).await?.task;
    let (of_next, task) = (sees_next(&actor, &id.source, &task), task.id);
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit, tenant) = (cursor(query.after.as_deref())?, limit(query.limit.as_deref())?, id.source);
    // One more than asked for tells whether there is a next page.
    let mut page = app.ask(move |engine| engine.taken_out(&tenant, task, of_next, after, limit + 1)).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().map(|(ordinal, ..)| cursor_of(*ordinal)).filter(|_| more);
    let item = |(_, content_type, content_id, stamp): (u32, penstock_dsl::registry::ContentType, Box<str>, _)| {
        TakenOut { content_type: content_type.name(), content_id, stamp: WireStamp::from(stamp) }
    };
    Ok(Json(TakenOutResponse { items: page.into_iter().map(item).collect(), next }))
}

/// Which items: either these, or those that a filter matches.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskTakeOutRequest {
    /// 1 to 1,000; they need not be in the task, or be there yet.
    #[schema(value_type = Option<Vec<ItemKeyEntry>>, min_items = 1, max_items = 1000)]
    items: Option<Vec<Read<ItemKey>>>,
    /// A rule text: those of the task's items that it matches now.
    #[schema(example = "STORE { externalRating < 3 }")]
    rules: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskTakeOutResponse {
    /// Items that were not so before.
    changed: u64,
    /// The task's version then.
    version: u64,
}

/// Take items out of a task
///
/// Delete: they are not delivered, whatever versions and rules follow, until they are taken in again.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/take-out", tag = "tasks", params(("id" = String, Path, example = "GOF-12")),
    request_body = TaskTakeOutRequest, responses(
    (status = 200, description = "They are out", body = TaskTakeOutResponse),
    (status = 400, description = "Neither items nor a filter, or both", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Not in this state, or too many items", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The filter does not check", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn take_out(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(request): ApiJson<TaskTakeOutRequest>,
) -> Result<Json<TaskTakeOutResponse>, Problem> {
    take(&app, &actor, &id, &conditions, request, true).await
}

/// Take items back into a task
///
/// Recover: they are delivered like any other, as far as the rules match them.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/take-in", tag = "tasks", params(("id" = String, Path, example = "GOF-12")),
    request_body = TaskTakeOutRequest, responses(
    (status = 200, description = "They are in", body = TaskTakeOutResponse),
    (status = 400, description = "Neither items nor a filter, or both", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Not in this state", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The filter does not check", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn take_in(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(request): ApiJson<TaskTakeOutRequest>,
) -> Result<Json<TaskTakeOutResponse>, Problem> {
    take(&app, &actor, &id, &conditions, request, false).await
}

async fn take(
    app: &App,
    actor: &Actor,
    id: &Numbered,
    conditions: &Conditions,
    request: TaskTakeOutRequest,
    out: bool,
) -> Result<Json<TaskTakeOutResponse>, Problem> {
    let task = own(actor, id, Operation::EditTasks)?;
    let of = OfTask { task, version: conditions.version()? };
    let (which, rules) = match (request.items, request.rules) {
        (Some(items), None) => (Which::Items(all("items", items)?), String::new()),
        (None, Some(rules)) => {
            let fx_date = view(app, &id.source, task).await?.standing.fx_date;
            let rules = checked(app, &id.source, rules, fx_date.as_deref()).await?;
            (Which::Rules(rules.as_str().into()), rules)
        }
        _ => return Err(Problem::bad_request("send either items or rules")),
    };
    let command = TaskCommand::TakeOut(TakeOutOf { of, out, which });
    let outcome = decide_task(app, actor, &id.source, conditions, command, &rules).await?;
    Ok(Json(TaskTakeOutResponse { changed: outcome.items, version: outcome.version }))
}
