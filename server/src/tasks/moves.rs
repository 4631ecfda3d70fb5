//! Moves of tasks: submitting, withdrawing, revising, terminating, hiding, restoring (T3, T4, T8, T10, T11, T16, T17).

use super::conditions::Conditions;
use super::drafts::answer;
use super::id::{Numbered, own, seen};
use super::wire::TaskResponse;
use super::{decide_task, is_parallel, unstaffed, view};
use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::problem::Problem;
use crate::rights::Operation;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use penstock_engine::task::command::{OfTask, Submit, TaskCommand, Terminate};
use penstock_engine::task::ticket::Side;
use serde::Deserialize;
use utoipa::ToSchema;

/// Why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// Up to 2,000 characters.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A move of a task that takes nothing but its version.
macro_rules! plain_move {
    ($(#[$doc:meta])* $name:ident, $path:literal, $command:ident) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "tasks", params(("id" = String, Path, example = "GOF-12")), responses(
            (status = 200, description = "The task as it stands then", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
            (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
            (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
            (status = 409, description = "Not now: the detail says when", body = Problem, content_type = "application/problem+json"),
            (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
            (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
        ), security(("apiKey" = []), ("session" = [])))]
        pub async fn $name(
            State(app): State<App>,
            actor: Actor,
            id: Numbered,
            conditions: Conditions,
        ) -> Result<Response, Problem> {
            let task = own(&actor, &id, Operation::EditTasks)?;
            let of = OfTask { task, version: conditions.version()? };
            decide_task(&app, &actor, &id.source, &conditions, TaskCommand::$command(of), "").await?;
            answer(&app, &actor, &id.source, task, StatusCode::OK).await
        }
    };
}

plain_move! {
    /// Withdraw a request
    ///
    /// To deliver, to take a next revision over, or to terminate: whichever is under review. Approvals given are void.
    withdraw, "/api/v1/tasks/{id}/withdraw", Withdraw
}
plain_move! {
    /// Revise a task
    ///
    /// A rejected task becomes a draft again. A live task gets a next revision, a draft beside what is delivered.
    revise, "/api/v1/tasks/{id}/revise", Revise
}
plain_move! {
    /// Give the next revision up
    ///
    /// What is delivered stays as it is.
    drop_revision, "/api/v1/tasks/{id}/drop-revision", DropRevision
}
plain_move! {
    /// Discard a draft
    ///
    /// One that was never submitted. It can be restored for 30 days.
    discard, "/api/v1/tasks/{id}/discard", Discard
}
plain_move! {
    /// Archive a terminated task
    ///
    /// Its name is free then. It can be restored for 30 days.
    archive, "/api/v1/tasks/{id}/archive", Archive
}
plain_move! {
    /// Restore a discarded or archived task
    restore, "/api/v1/tasks/{id}/restore", Restore
}
plain_move! {
    /// Offer items again that the wallet could not take
    retry, "/api/v1/tasks/{id}/retry", Retry
}

/// Submit a task
///
/// Asks both wallets to approve what it is now: this revision is pinned. Refused where nothing could be delivered, or where
/// nobody could approve it.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/submit", tag = "tasks", params(("id" = String, Path, example = "GOF-12")), responses(
    (status = 200, description = "The task, under review", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Not now: nothing can be delivered, nobody could approve it, or not in this state", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn submit(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let task = own(&actor, &id, Operation::EditTasks)?;
    let of = OfTask { task, version: conditions.version()? };
    let target = view(&app, &id.source, task).await?.task.target_wallet;
    let unstaffed = unstaffed(&app, &[Side::Source, Side::Target], &id.source.0, &target).await?;
    let parallel = is_parallel(&app, &target).await?;
    let submit = Submit { of, parallel, unstaffed };
    decide_task(&app, &actor, &id.source, &conditions, TaskCommand::Submit(submit), "").await?;
    answer(&app, &actor, &id.source, task, StatusCode::OK).await
}

/// Ask for a task to be terminated
///
/// Delivery goes on until the source wallet's business supervisor approves it. The target wallet is not asked.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/terminate", tag = "tasks", params(("id" = String, Path, example = "GOF-12")),
    request_body = ReasonRequest, responses(
    (status = 200, description = "The task, its termination under review", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Not now: the detail says when", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn terminate(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(ReasonRequest { reason }): ApiJson<ReasonRequest>,
) -> Result<Response, Problem> {
    let task = own(&actor, &id, Operation::EditTasks)?;
    let of = OfTask { task, version: conditions.version()? };
    let unstaffed = unstaffed(&app, &[Side::Source], &id.source.0, "").await?;
    let terminate = Terminate { of, reason: reason.map(Into::into), unstaffed };
    decide_task(&app, &actor, &id.source, &conditions, TaskCommand::Terminate(terminate), "").await?;
    answer(&app, &actor, &id.source, task, StatusCode::OK).await
}

/// Let items join again
///
/// The set of the live task has drifted from what was approved, and items wait. What it holds now is approved from now on: by
/// the source wallet's business supervisor or the target wallet's platform supply operator.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/release", tag = "tasks", params(("id" = String, Path, example = "GOF-12")), responses(
    (status = 200, description = "The task; what waited joins", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "No items are held back", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn release(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let view = seen(&app, &actor, &id).await?;
    let at_target = *view.task.target_wallet == *actor.tenant().0 && actor.is_at_target();
    if !(at_target && actor.may(Operation::DecideDeliveryAsTarget)) {
        actor.require_any(Operation::DecideDeliveryAsSource, &[Operation::DecideDeliveryAsTarget])?;
        own(&actor, &id, Operation::DecideDeliveryAsSource)?;
    }
    let of = OfTask { task: view.task.id, version: conditions.version()? };
    decide_task(&app, &actor, &id.source, &conditions, TaskCommand::Release(of), "").await?;
    answer(&app, &actor, &id.source, view.task.id, StatusCode::OK).await
}
