//! `GET /api/v1/properties`: what rules can name, declared or seen.

use crate::app::App;
use crate::auth::Tenant;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use penstock_dsl::registry::{ContentType, Kind};
use penstock_engine::api::PropertyInfo;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct PropertiesQuery {
    /// Only properties of this type, or of all.
    #[param(example = "STORE")]
    content_type: Option<String>,
}

/// All properties of a tenant's content.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertiesResponse {
    properties: Vec<Property>,
}

/// A property of a content type.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// Name as in rules.
    #[schema(example = "ext.reviewCount")]
    name: String,
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    /// `keyword`, `list`, `text`, `number`, `money`, `priceRange`, `time`, `location` or `presence`; null for an undeclared key, which
    /// takes the kind that a rule asks.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// Whether an item needs it for delivery.
    required: bool,
    /// Items that have it.
    filled: u64,
    /// Items of the type.
    of: u64,
    /// Undeclared keys: shapes seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen_shapes: Vec<String>,
    /// Undeclared keys: estimated number of distinct values.
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct_estimate: Option<u64>,
    /// Undeclared keys: epoch milliseconds of the first record that had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen_ms: Option<i64>,
    /// Undeclared keys: epoch milliseconds of the last record that had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_ms: Option<i64>,
}

/// List properties
#[utoipa::path(get, path = "/api/v1/properties", tag = "rules", params(PropertiesQuery), responses(
    (status = 200, description = "Declared properties and keys seen", body = PropertiesResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn properties(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    query: Result<Query<PropertiesQuery>, QueryRejection>,
) -> Result<Json<PropertiesResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let only = content_type(query.content_type.as_deref())?;
    let all = app.query(&tenant.clone(), move |engine| engine.properties(&tenant)).await?;
    let all = all.map_err(|error| Problem::internal(&error))?;
    let properties = all.into_iter().filter(|p| only.is_none_or(|t| t == p.content_type)).map(Property::from).collect();
    Ok(Json(PropertiesResponse { properties }))
}

/// A content type as a parameter: canonical or the alias `SKU`, in any case; none or an empty one is all.
pub fn content_type(name: Option<&str>) -> Result<Option<ContentType>, Problem> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.eq_ignore_ascii_case("SKU") {
        return Ok(Some(ContentType::LocalSku));
    }
    let known = ContentType::ALL.map(ContentType::name).join(", ");
    let unknown = || Problem::bad_request(format!("there is no content type {name:?}; there are {known}"));
    ContentType::from_name(name).map(Some).ok_or_else(unknown)
}

impl From<PropertyInfo> for Property {
    fn from(info: PropertyInfo) -> Property {
        Property {
            name: info.name,
            content_type: info.content_type.name(),
            kind: info.kind,
            required: info.required,
            filled: info.filled,
            of: info.of,
            seen_shapes: info.seen_shapes.iter().map(ToString::to_string).collect(),
            distinct_estimate: info.distinct_estimate,
            first_seen_ms: info.first_last_seen_ms.map(|(first, _)| first),
            last_seen_ms: info.first_last_seen_ms.map(|(_, last)| last),
        }
    }
}
