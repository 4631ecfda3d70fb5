//! `POST /api/v1/content/simulate`: which sets an item would enter or leave, were it sent now (F-1.5).

use super::explain::{BlockExplained, blocks};
use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::problem::Problem;
use crate::rights::need;
use crate::sets::wire::step_name;
use crate::sync::now_ms;
use axum::Json;
use axum::extract::State;
use penstock_engine::content::decode::{Context, decode};
use penstock_engine::simulate as engine;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What a payload would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulateResponse {
    /// The record that this is of.
    as_of: u64,
    /// Sets that the item would enter, leave or stay in, by name.
    sets: Vec<SetEffect>,
}

/// What a payload would do to one set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetEffect {
    #[schema(value_type = String, example = "hotels")]
    name: Box<str>,
    #[schema(value_type = String, example = "GCASH")]
    target_wallet: Box<str>,
    /// `ENTERS`, `LEAVES` or `STAYS`.
    #[schema(value_type = String)]
    change: &'static str,
    /// The step of the funnel that it is at now; null where the set does not match it.
    #[schema(value_type = Option<String>)]
    before: Option<&'static str>,
    /// The step that it would be at.
    #[schema(value_type = Option<String>)]
    after: Option<&'static str>,
    /// Fields that the wallet requires and the payload misses.
    #[schema(value_type = Vec<String>)]
    missing_fields: Vec<&'static str>,
    /// Of sets that it enters or leaves, up to 50: the rules against the payload.
    blocks: Vec<BlockExplained>,
}

/// Try an item against all standing sets
///
/// The body is one item as `synchronizeContent` takes it. Nothing is stored. Items that read this one as their merchant are not
/// looked at.
#[utoipa::path(post, path = "/api/v1/content/simulate", tag = "content", request_body = Object, responses(
    (status = 200, description = "What it would do", body = SimulateResponse),
    (status = 400, description = "Not an item", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn simulate(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(sent): ApiJson<Box<RawValue>>,
) -> Result<Json<SimulateResponse>, Problem> {
    let of = tenant.clone();
    let simulated = app.query(&of, move |engine| {
        let context = Context { tenant: &tenant.0, received_ms: now_ms() };
        let item = decode(&sent, &context).map_err(|rejected| Problem::invalid(rejected.issues))?;
        match engine.simulate(&tenant, &item) {
            Some(simulated) => simulated.map(SimulateResponse::from).map_err(|e| Problem::preview(e, "")),
            None => Ok(SimulateResponse { as_of: 0, sets: Vec::new() }),
        }
    });
    simulated.await?.map(Json)
}

impl From<engine::Simulation> for SimulateResponse {
    fn from(simulation: engine::Simulation) -> SimulateResponse {
        let effect = |effect: engine::SetEffect| SetEffect {
            change: match (effect.before.is_some(), effect.after.is_some()) {
                (false, true) => "ENTERS",
                (true, false) => "LEAVES",
                _ => "STAYS",
            },
            name: effect.name,
            target_wallet: effect.target_wallet,
            before: effect.before.map(step_name),
            after: effect.after.map(step_name),
            missing_fields: effect.missing_fields,
            blocks: blocks(effect.blocks, &effect.rules),
        };
        SimulateResponse { as_of: simulation.as_of, sets: simulation.sets.into_iter().map(effect).collect() }
    }
}
