//! `GET /api/v1/values`: the most frequent values of a property, for drop-downs (R055-R057).

use crate::app::App;
use crate::auth::Tenant;
use crate::preview::ValueCount;
use crate::problem::Problem;
use crate::properties::content_type;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use penstock_engine::api;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most values of an answer (D-35).
const LIMIT_MAX: usize = 200;

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ValuesQuery {
    /// Only items of this type, or of all.
    #[param(example = "STORE")]
    content_type: Option<String>,
    /// Property name as in rules, without locale.
    #[param(example = "stdCategories")]
    property: String,
    /// Only values that begin with this, both folded.
    #[serde(default)]
    #[param(required = false)]
    prefix: String,
    /// 1 to 200; 200 if not given.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<i64>,
}

/// The most frequent values of a property.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValuesResponse {
    /// Most first, then alphabetical.
    values: Vec<ValueCount>,
    /// Whether there are more.
    truncated: bool,
    /// Distinct matching values in all.
    distinct: u64,
}

/// List values
#[utoipa::path(get, path = "/api/v1/values", tag = "rules", params(ValuesQuery), responses(
    (status = 200, description = "Values by number of items", body = ValuesResponse),
    (status = 400, description = "A bad parameter, or a property without values", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn values(
    State(app): State<App>,
    Tenant(tenant): Tenant,
    query: Result<Query<ValuesQuery>, QueryRejection>,
) -> Result<Json<ValuesResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::bad_request(e.body_text()))?;
    let limit = query.limit.unwrap_or(LIMIT_MAX as i64);
    let request = api::ValuesRequest {
        content_type: content_type(query.content_type.as_deref())?,
        property: query.property,
        prefix: query.prefix,
        limit: usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Problem::bad_request(format!("limit must be from 1 to {LIMIT_MAX}, not {limit}")))?,
    };
    let list = app.query(move |engine| engine.values(&tenant, &request)).await?.map_err(|e| Problem::values(&e))?;
    let values = list.values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
    Ok(Json(ValuesResponse { values, truncated: list.truncated, distinct: list.distinct }))
}
