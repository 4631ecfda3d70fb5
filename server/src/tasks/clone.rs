//! Cloning a task to other wallets, after a look at what each of them could get (F-6.9, D-57).

use super::conditions::Conditions;
use super::drafts::drift_of;
use super::id::{Numbered, of, own};
use super::{decide_task, no_target, require_target, view};
use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::parameters::wallet_at;
use crate::problem::Problem;
use crate::rights::Operation;
use crate::sets::wire::Funnel;
use axum::Json;
use axum::extract::State;
use penstock_engine::api::{PreviewRequest, TenantId};
use penstock_engine::task::command::{Create, Schedule, TaskCommand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Wallets of one request.
const WALLETS_PER_REQUEST_MAX: usize = 20;

/// Rules, and wallets that they might deliver to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WalletsCheckRequest {
    /// The rule text.
    rules: String,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    fx_date: Option<String>,
    /// 1 to 20.
    #[schema(min_items = 1, max_items = 20)]
    wallets: Vec<String>,
}

/// What each wallet could get.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletsCheckResponse {
    /// In the request's order.
    wallets: Vec<WalletCheck>,
}

/// What a wallet could get.
#[derive(Debug, Serialize, ToSchema)]
pub struct WalletCheck {
    #[schema(value_type = String, example = "GCASH")]
    wallet: Box<str>,
    funnel: Funnel,
    /// The record that the counts are of.
    #[serde(rename = "asOf")]
    as_of: u64,
}

/// Compare wallets
///
/// The same rules for several target wallets, side by side: what each could get, and why not more.
#[utoipa::path(post, path = "/api/v1/wallets-check", tag = "tasks", request_body = WalletsCheckRequest, responses(
    (status = 200, description = "A funnel for each wallet", body = WalletsCheckResponse),
    (status = 400, description = "Not wallets", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rules do not check", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn check(
    State(app): State<App>,
    actor: Actor,
    ApiJson(request): ApiJson<WalletsCheckRequest>,
) -> Result<Json<WalletsCheckResponse>, Problem> {
    actor.require(Operation::Preview)?;
    let tenant = actor.source()?.clone();
    let wallets = read_wallets(&request.wallets)?;
    for (at, wallet) in wallets.iter().enumerate() {
        require_target(&app, &format!("/wallets/{at}"), wallet).await?;
    }
    let mut checked = Vec::with_capacity(wallets.len());
    for wallet in wallets {
        checked.push(check_wallet(&app, &tenant, &request, wallet).await?);
    }
    Ok(Json(WalletsCheckResponse { wallets: checked }))
}

async fn check_wallet(
    app: &App,
    tenant: &TenantId,
    request: &WalletsCheckRequest,
    wallet: Box<str>,
) -> Result<WalletCheck, Problem> {
    let asked = PreviewRequest {
        rules: request.rules.clone(),
        limit: 0,
        after: None,
        facets: false,
        fx_date: request.fx_date.clone(),
        target_wallet: Some(wallet.to_string()),
    };
    let (of, rules) = (tenant.clone(), request.rules.clone());
    let preview = app.query(tenant, move |engine| engine.preview(&of, &asked)).await?;
    let preview = preview.map_err(|e| Problem::preview(e, &rules))?;
    let funnel = preview.funnel.unwrap_or_default();
    Ok(WalletCheck { wallet, funnel: funnel.into(), as_of: preview.as_of })
}

/// Where to clone a task to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneRequest {
    /// 1 to 20.
    #[schema(min_items = 1, max_items = 20)]
    wallets: Vec<String>,
    /// The clones' name; the task's own if not given.
    name: Option<String>,
}

/// What became of the clones.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloneResponse {
    /// In the request's order.
    clones: Vec<WireClone>,
}

/// A clone.
#[derive(Debug, Serialize, ToSchema)]
pub struct WireClone {
    #[schema(value_type = String, example = "GCASH")]
    wallet: Box<str>,
    /// The new draft; null where there is none.
    #[schema(example = "GOF-13")]
    task: Option<String>,
    /// Why there is none; null where there is one.
    refused: Option<String>,
}

/// Clone a task to other wallets
///
/// A draft for each, with the same rules, exchange rates and items taken out. Schedules and drift limits are each wallet's own.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/clone", tag = "tasks", params(("id" = String, Path, example = "GOF-12")),
    request_body = CloneRequest, responses(
    (status = 200, description = "What became of each clone", body = CloneResponse),
    (status = 400, description = "Not wallets", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn clone(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(request): ApiJson<CloneRequest>,
) -> Result<Json<CloneResponse>, Problem> {
    let task = own(&actor, &id, Operation::EditTasks)?;
    let origin = view(&app, &id.source, task).await?;
    let mut clones = Vec::new();
    for wallet in read_wallets(&request.wallets)? {
        if let Some(why) = no_target(&app, &wallet).await? {
            clones.push(WireClone { wallet, task: None, refused: Some(why) });
            continue;
        }
        let create = Create {
            name: request.name.as_deref().unwrap_or(&origin.task.name).into(),
            target_wallet: wallet.clone(),
            rules: origin.standing.rules.clone(),
            fx_date: origin.standing.fx_date.clone(),
            schedule: Schedule::default(),
            drift: drift_of(&app, &wallet).await?,
            clone_of: Some(task),
        };
        // Each clone is a request of its own under the same key.
        let request_key = conditions.request_key.as_ref().map(|key| format!("{key} {wallet}").into());
        let conditions = Conditions::with_key(request_key);
        let command = TaskCommand::Create(create);
        clones.push(match decide_task(&app, &actor, &id.source, &conditions, command, "").await {
            Ok(outcome) => WireClone { wallet, task: Some(of(&id.source.0, outcome.task)), refused: None },
            Err(problem) if problem.status().is_client_error() => {
                WireClone { wallet, task: None, refused: Some(problem.detail().to_owned()) }
            }
            Err(problem) => return Err(problem),
        });
    }
    Ok(Json(CloneResponse { clones }))
}

fn read_wallets(names: &[String]) -> Result<Vec<Box<str>>, Problem> {
    if !(1..=WALLETS_PER_REQUEST_MAX).contains(&names.len()) {
        return Err(Problem::bad_request(format!(
            "wallets has {} entries; send 1 to {WALLETS_PER_REQUEST_MAX}",
            names.len()
        )));
    }
    names.iter().enumerate().map(|(at, name)| wallet_at(&format!("/wallets/{at}"), name)).collect()
}
