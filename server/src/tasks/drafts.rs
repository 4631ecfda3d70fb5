//! Creating, reading and saving tasks (T1, T2).

use super::conditions::{Conditions, etag};
use super::id::{Numbered, own, seen};
use super::wire::{TaskResponse, WireDrift, WireSchedule};
use super::{decide_task, require_target, view};
use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::entries::invalid;
use crate::parameters::wallet_at;
use crate::private::now_ms;
use crate::problem::Problem;
use crate::rights::Operation;
use crate::rules::options;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use penstock_dsl::check::check;
use penstock_engine::api::TenantId;
use penstock_engine::task::command::{Create, DriftLimits, OfTask, Save, Schedule, TaskCommand};
use penstock_engine::task::{Task, TaskId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateTaskRequest {
    /// 1 to 200 characters; no other task for the wallet has it, whatever the case.
    #[schema(example = "Hong Kong hotels")]
    pub name: String,
    /// 1 to 64 ASCII letters, digits, `_` and `-`.
    #[schema(example = "GCASH")]
    pub target_wallet: String,
    /// The rule text.
    #[schema(example = "STORE { stdCategories in (\"hotel\") }")]
    pub rules: String,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    pub fx_date: Option<String>,
    /// When it is to begin and end; at once and never if not given.
    #[serde(default)]
    pub schedule: WireSchedule,
    /// How far its set may drift once it is live; the target wallet's limits if not given.
    pub drift: Option<WireDrift>,
}

/// What a draft is to be, or a live task's next revision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SaveTaskRequest {
    /// Another name; as it was if not given. A live task keeps its name.
    name: Option<String>,
    /// The rule text.
    rules: String,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    fx_date: Option<String>,
    /// When it is to begin and end; as it was if not given, at once and never if null. A live task keeps its own.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<WireSchedule>)]
    schedule: Option<Option<WireSchedule>>,
    /// How far its set may drift once it is live; as it was if not given, no limits if null. A live task keeps its own.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<WireDrift>)]
    drift: Option<Option<WireDrift>>,
}

/// Tells a member that is null from one that is not there.
fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

impl SaveTaskRequest {
    /// Refuses times that cannot be meant, and of a live task's next revision what is the task's and not the revision's.
    fn check(&self, task: &Task) -> Result<(), Problem> {
        self.schedule.flatten().unwrap_or_default().check()?;
        if task.draft.is_none() {
            return Ok(());
        }
        let name = self.name.as_ref().is_some_and(|name| *name.trim() != *task.name);
        let schedule = self.schedule.is_some_and(|new| Schedule::from(new.unwrap_or_default()) != task.schedule);
        let drift = self.drift.is_some_and(|new| new.map(DriftLimits::from) != task.drift);
        let others = [("name", name), ("schedule", schedule), ("drift", drift)];
        let Some((member, _)) = others.into_iter().find(|(_, other)| *other) else { return Ok(()) };
        let message = format!("a live task keeps its {member}; leave `{member}` away, or clone the task to change it");
        Err(Problem::invalid(vec![invalid(format!("/{member}"), message)]))
    }
}

/// Create a task
///
/// Create and Preview: the draft stands with its rules, and its funnel follows the content from now on. Send an
/// `Idempotency-Key` to be able to repeat the request safely.
#[utoipa::path(post, path = "/api/v1/tasks", tag = "tasks", request_body = CreateTaskRequest, responses(
    (status = 201, description = "The task", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
    (status = 400, description = "Not a task", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There are no exchange rates of the day asked for", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The name is taken, or there are too many tasks", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rules do not check, or something else about the task cannot be", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn create(
    State(app): State<App>,
    actor: Actor,
    conditions: Conditions,
    ApiJson(request): ApiJson<CreateTaskRequest>,
) -> Result<Response, Problem> {
    actor.require(Operation::EditTasks)?;
    let tenant = actor.source()?.clone();
    let CreateTaskRequest { name, target_wallet, rules, fx_date, schedule, drift } = request;
    let target_wallet = wallet_at("/targetWallet", &target_wallet)?;
    require_target(&app, "/targetWallet", &target_wallet).await?;
    schedule.check()?;
    let rules = checked(&app, &tenant, rules, fx_date.as_deref()).await?;
    let drift = match drift {
        Some(drift) => Some(drift.into()),
        None => drift_of(&app, &target_wallet).await?,
    };
    let create = Create {
        name: name.into(),
        target_wallet,
        rules: rules.as_str().into(),
        fx_date,
        schedule: schedule.into(),
        drift,
        clone_of: None,
    };
    let outcome = decide_task(&app, &actor, &tenant, &conditions, TaskCommand::Create(create), &rules).await?;
    answer(&app, &actor, &tenant, outcome.task, StatusCode::CREATED).await
}

/// Read a task
#[utoipa::path(get, path = "/api/v1/tasks/{id}", tag = "tasks", params(("id" = String, Path, example = "GOF-12")), responses(
    (status = 200, description = "The task; its ETag is what If-Match takes", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
    (status = 401, description = "Nobody asks", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task, or the asker may not see it", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn get(State(app): State<App>, actor: Actor, id: Numbered) -> Result<Response, Problem> {
    let view = seen(&app, &actor, &id).await?;
    Ok(tagged(TaskResponse::new(&id.source, view, &actor, now_ms()), StatusCode::OK))
}

/// Save a task
///
/// Save and Preview, of a draft or of a live task's next revision. What the body leaves away of name, schedule and drift stays.
#[utoipa::path(put, path = "/api/v1/tasks/{id}", tag = "tasks", params(("id" = String, Path, example = "GOF-12")),
    request_body = SaveTaskRequest, responses(
    (status = 200, description = "The task", body = TaskResponse, headers(("ETag" = String, description = "The version, as If-Match takes it"))),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task, or there are no exchange rates of the day asked for", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Not in this state, or the name is taken", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "Somebody else has changed it", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rules do not check, or something else about the task cannot be", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn save(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(request): ApiJson<SaveTaskRequest>,
) -> Result<Response, Problem> {
    let task = own(&actor, &id, Operation::EditTasks)?;
    let of = OfTask { task, version: conditions.version()? };
    let now = view(&app, &id.source, task).await?.task;
    require_target(&app, "", &now.target_wallet).await?;
    request.check(&now)?;
    let SaveTaskRequest { name, rules, fx_date, schedule, drift } = request;
    let rules = checked(&app, &id.source, rules, fx_date.as_deref()).await?;
    let save = Save {
        of,
        name: name.map(Into::into),
        rules: rules.as_str().into(),
        fx_date,
        keep_schedule: schedule.is_none(),
        schedule: schedule.flatten().unwrap_or_default().into(),
        keep_drift: drift.is_none(),
        drift: drift.flatten().map(Into::into),
    };
    decide_task(&app, &actor, &id.source, &conditions, TaskCommand::Save(save), &rules).await?;
    answer(&app, &actor, &id.source, task, StatusCode::OK).await
}

/// Rules that check. What does not is not worth a record; the record decides all the same.
pub async fn checked(app: &App, tenant: &TenantId, rules: String, fx_date: Option<&str>) -> Result<String, Problem> {
    let options = options(app, tenant, fx_date)?;
    let check = move || {
        let checked = check(&rules, &options);
        checked.expr.map(|_| ()).ok_or_else(|| Problem::rules(&rules, &checked.diagnostics)).map(|()| rules)
    };
    app.decode(check).await
}

/// The drift limits of a wallet, if it has any.
pub async fn drift_of(app: &App, wallet: &str) -> Result<Option<DriftLimits>, Problem> {
    let wallet = wallet.to_owned();
    let found = app.people(move |people| people.wallet(&wallet)).await;
    let drift = found.map_err(|e| Problem::internal(&e.to_string()))?.map(|wallet| wallet.drift).unwrap_or_default();
    let limits = DriftLimits { percent: drift.percent, count: drift.count.map(u64::from) };
    Ok(Some(limits).filter(|limits| limits.percent.is_some() || limits.count.is_some()))
}

/// A task as it stands, as an answer to a change of it.
pub async fn answer(
    app: &App,
    actor: &Actor,
    tenant: &TenantId,
    task: TaskId,
    status: StatusCode,
) -> Result<Response, Problem> {
    let view = view(app, tenant, task).await?;
    Ok(tagged(TaskResponse::new(tenant, view, actor, now_ms()), status))
}

fn tagged(task: TaskResponse, status: StatusCode) -> Response {
    let etag = etag(task.version());
    let mut response = (status, Json(task)).into_response();
    response.headers_mut().insert(header::ETAG, etag);
    response
}
