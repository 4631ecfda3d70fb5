//! Lists of tasks (R010, R011, R023-R038).

use super::id::{Numbered, of, sees};
use super::wire::TaskResponse;
use crate::app::App;
use crate::auth::Actor;
use crate::parameters::{limit, words};
use crate::private::now_ms;
use crate::problem::Problem;
use crate::rights::Operation;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::Engine;
use penstock_engine::api::TenantId;
use penstock_engine::task::state::TaskState;
use penstock_engine::task::{HiddenKind, Task};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which tasks to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TasksQuery {
    /// Only tasks that deliver to this wallet.
    target_wallet: Option<String>,
    /// Only tasks with one of these approval statuses, separated by commas, such as `DRAFT,REJECTED`.
    approval_status: Option<String>,
    /// Only tasks with one of these task statuses, separated by commas, such as `ACTIVE,ACTIVATING`.
    task_status: Option<String>,
    /// Only tasks whose name has this in it, in any case.
    name: Option<String>,
    /// Only tasks that this account created.
    created_by: Option<String>,
    /// `DISCARDED` or `ARCHIVED` tasks instead of those that are shown.
    hidden: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of tasks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TasksResponse {
    /// By source wallet, of each the newest first.
    tasks: Vec<TaskResponse>,
    /// How many tasks the asker sees by target wallet, whatever page and filter: the tabs.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    target_wallets: BTreeMap<Box<str>, u64>,
    /// What the next page comes after; null after the last.
    next: Option<String>,
}

/// List tasks
///
/// Those of the own source wallet, and those of others that lead to the own target wallet, from their first review on.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "tasks", params(TasksQuery), responses(
    (status = 200, description = "A page of tasks", body = TasksResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn list(
    State(app): State<App>,
    actor: Actor,
    query: Result<Query<TasksQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    actor.require(Operation::ReadTasks)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let filter = Filter::read(&query)?;
    let after = match &query.after {
        Some(after) => Some(Numbered::read(after).ok_or_else(|| Problem::bad_cursor("after is no next of this list"))?),
        None => None,
    };
    let asked = actor.tenant().clone();
    app.query(&asked, move |engine| {
        let (tasks, next) = page(engine, &actor, &filter, after, limit);
        let target_wallets = tabs(engine, &actor);
        Ok(Json(TasksResponse { tasks, target_wallets, next }).into_response())
    })
    .await?
}

fn page(
    engine: &Engine,
    actor: &Actor,
    filter: &Filter,
    after: Option<Numbered>,
    limit: usize,
) -> (Vec<TaskResponse>, Option<String>) {
    let now_ms = now_ms();
    let mut tasks = Vec::new();
    for tenant in sources(engine, actor).into_iter().filter(|t| after.as_ref().is_none_or(|after| *t >= after.source)) {
        let before = after.as_ref().filter(|after| after.source == tenant).map(|after| after.number);
        let wanted = |task: &Task| sees(actor, &tenant, task) && filter.wants(task);
        // One more than asked for tells whether there is a next page.
        for view in engine.tasks(&tenant, before, limit + 1 - tasks.len(), wanted) {
            tasks.push((of(&tenant.0, view.task.id), TaskResponse::new(&tenant, view, actor, now_ms)));
        }
        if tasks.len() > limit {
            break;
        }
    }
    let more = tasks.len() > limit;
    tasks.truncate(limit);
    let next = tasks.last().map(|(id, _)| id.clone()).filter(|_| more);
    (tasks.into_iter().map(|(_, task)| task).collect(), next)
}

fn tabs(engine: &Engine, actor: &Actor) -> BTreeMap<Box<str>, u64> {
    let mut tabs = BTreeMap::new();
    for tenant in sources(engine, actor) {
        let shown = |task: &Task| task.hidden.is_none() && sees(actor, &tenant, task);
        for (wallet, count) in engine.count_tasks(&tenant, shown) {
            *tabs.entry(wallet).or_default() += count;
        }
    }
    tabs
}

/// The source wallets of which somebody may see tasks.
pub fn sources(engine: &Engine, actor: &Actor) -> Vec<TenantId> {
    match actor.is_at_target() {
        true => engine.tenants(),
        false => vec![actor.tenant().clone()],
    }
}

/// What a list is filtered by.
struct Filter {
    target_wallet: Option<String>,
    approval: Option<Vec<String>>,
    status: Option<Vec<String>>,
    name: Option<String>,
    created_by: Option<String>,
    hidden: Option<HiddenKind>,
}

impl Filter {
    fn read(query: &TasksQuery) -> Result<Filter, Problem> {
        let approvals = TaskState::ALL.map(|state| spelled(&state.approval_status()));
        let statuses = TaskState::ALL.map(|state| spelled(&state.task_status()));
        let names = |name, list: &Option<String>, all: &[String]| words(name, list.as_deref(), &distinct(all));
        let hidden = match query.hidden.as_deref() {
            None => None,
            Some("DISCARDED") => Some(HiddenKind::Discarded),
            Some("ARCHIVED") => Some(HiddenKind::Archived),
            Some(other) => {
                return Err(Problem::bad_request(format!("hidden must be DISCARDED or ARCHIVED, not {other:?}")));
            }
        };
        Ok(Filter {
            target_wallet: query.target_wallet.clone(),
            approval: names("approvalStatus", &query.approval_status, &approvals)?,
            status: names("taskStatus", &query.task_status, &statuses)?,
            name: query.name.as_ref().map(|name| name.to_lowercase()),
            created_by: query.created_by.clone(),
            hidden,
        })
    }

    fn wants(&self, task: &Task) -> bool {
        let among = |wanted: &Option<Vec<String>>, name: String| wanted.as_ref().is_none_or(|all| all.contains(&name));
        task.hidden.as_ref().map(|hidden| hidden.kind) == self.hidden
            && self.target_wallet.as_ref().is_none_or(|wallet| **wallet == *task.target_wallet)
            && among(&self.approval, spelled(&task.state.approval_status()))
            && among(&self.status, spelled(&task.state.task_status()))
            && self.name.as_ref().is_none_or(|name| task.name.to_lowercase().contains(&**name))
            && self.created_by.as_ref().is_none_or(|by| **by == *task.created.by)
    }
}

/// Each once, in the order in which they come first.
fn distinct(names: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}

/// A plain enumeration's value as the wire spells it.
pub fn spelled(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
