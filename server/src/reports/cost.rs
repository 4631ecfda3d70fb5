//! What rule groups cost at each content version, and whose cost most.

use super::unlock::RankQuery;
use crate::app::App;
use crate::auth::Tenant;
use crate::parameters::{SetName, limit};
use crate::problem::{Problem, Span};
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use penstock_engine::fold::blame::GroupBlame;
use serde::Serialize;
use utoipa::ToSchema;

/// What a set's rule groups cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetCostResponse {
    /// The rule text that spans point into.
    #[schema(value_type = String)]
    rules: Box<str>,
    /// In the text's order.
    groups: Vec<GroupCost>,
}

/// What a rule group costs. Items are counted from when the set took this definition, or the server started.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupCost {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    title: Option<String>,
    /// Where it stands in the text, in bytes of UTF-8.
    span: Span,
    /// About how much memory it takes beside its items.
    bytes: usize,
    /// Items that were looked at for it.
    looked_at: u64,
    /// Those of them that it does not match.
    in_vain: u64,
    /// Whether every item of its type is looked at, for nothing in its rules is rare.
    every_item: bool,
}

/// What a set's rules cost
#[utoipa::path(get, path = "/api/v1/sets/{name}/cost", tag = "sets", params(("name" = String, Path, example = "hotels")), responses(
    (status = 200, description = "The cost of each rule group", body = SetCostResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn cost(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    SetName(name): SetName,
) -> Result<Json<SetCostResponse>, Problem> {
    let cost = app.ask(move |engine| engine.set_cost(&tenant, &name)).await?;
    let (rules, groups) = cost.map_err(|e| Problem::set(&e))?;
    Ok(Json(SetCostResponse { rules, groups: groups.into_iter().map(GroupCost::from).collect() }))
}

impl From<GroupBlame> for GroupCost {
    fn from(group: GroupBlame) -> GroupCost {
        GroupCost {
            content_type: group.content_type.name(),
            title: group.title,
            span: group.span.into(),
            bytes: group.bytes,
            looked_at: group.looked_at,
            in_vain: group.in_vain,
            every_item: group.every_item,
        }
    }
}

/// Sets by what they cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostlySetsResponse {
    /// Those for which most items were looked at come first.
    sets: Vec<CostlySet>,
}

/// What a set costs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostlySet {
    #[schema(value_type = String, example = "hotels")]
    name: Box<str>,
    /// Items that were looked at for its groups.
    looked_at: u64,
    /// Those of them that the group does not match.
    in_vain: u64,
}

/// Which sets cost most
#[utoipa::path(get, path = "/api/v1/costly-sets", tag = "sets", params(RankQuery), responses(
    (status = 200, description = "Sets, costliest first", body = CostlySetsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn costly(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    query: Result<Query<RankQuery>, QueryRejection>,
) -> Result<Json<CostlySetsResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let of = tenant.clone();
    let sets = app.query(&of, move |engine| engine.costly_sets(&tenant, limit)).await?;
    let set = |(name, looked_at, in_vain)| CostlySet { name, looked_at, in_vain };
    Ok(Json(CostlySetsResponse { sets: sets.into_iter().map(set).collect() }))
}
