//! `GET /api/v1/values`: the most frequent values of a property, for drop-downs (R055-R057).

use crate::app::App;
use crate::auth::Tenant;
use crate::preview::ValueCount;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::registry::{ContentType, PropId};
use penstock_engine::api;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most values of an answer (D-35).
const LIMIT_MAX: usize = 200;
/// Longer names are near nothing.
const NAME_BYTES_MAX: usize = 64;

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ValuesQuery {
    /// Only items of this type, or of all.
    #[param(example = "STORE")]
    content_type: Option<String>,
    /// Property name as in rules, without locale.
    #[param(example = "stdCategories", required = true)]
    property: Option<String>,
    /// Only values that begin with this, both folded.
    #[serde(default)]
    #[param(required = false)]
    prefix: String,
    /// 1 to 200; 200 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, default = 200)]
    limit: Option<String>,
}

/// The most frequent values of a property.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValuesResponse {
    /// Most first, then alphabetical; counts are exact.
    values: Vec<ValueCount>,
    /// Whether there may be more.
    truncated: bool,
    /// Whether these are surely the most frequent. Where a property has many thousands of values that are about equally rare,
    /// others may have as many items.
    exact: bool,
    /// Distinct matching values at most; the number of values listed where there are no more.
    distinct_max: u64,
}

/// List values
#[utoipa::path(get, path = "/api/v1/values", tag = "rules", params(ValuesQuery), responses(
    (status = 200, description = "Values by number of items", body = ValuesResponse),
    (status = 400, description = "A bad parameter, or a property without values", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn values(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    query: Result<Query<ValuesQuery>, QueryRejection>,
) -> Result<Json<ValuesResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let content_type = content_type(query.content_type.as_deref())?;
    let property = query.property.ok_or_else(|| Problem::bad_request("the parameter property is missing"))?;
    check_property(content_type, &property)?;
    let limit = query.limit.unwrap_or_else(|| LIMIT_MAX.to_string());
    let request = api::ValuesRequest {
        content_type,
        property,
        prefix: query.prefix,
        limit: (limit.parse().ok())
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Problem::bad_request(format!("limit must be from 1 to {LIMIT_MAX}, not {limit:?}")))?,
    };
    let list = app
        .query(&tenant.clone(), move |engine| engine.values(&tenant, &request))
        .await?
        .map_err(|e| Problem::values(&e))?;
    let values = list.values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
    let api::ValueList { truncated, exact, distinct_max, .. } = list;
    Ok(Json(ValuesResponse { values, truncated, exact, distinct_max }))
}

/// Refuses a name that no item of the type can have; undeclared keys may come with the next item.
fn check_property(content_type: Option<ContentType>, name: &str) -> Result<(), Problem> {
    let what = match (name.strip_prefix("ext."), PropId::from_name(name), content_type) {
        (Some(key), ..) if !key.trim_matches('`').is_empty() => return Ok(()),
        (Some(_), ..) => "ext. needs a key, as in ext.reviewCount".to_string(),
        (None, Some(id), Some(t)) if id.get().declared_by(t).is_none() => format!("{t} has no property {name:?}"),
        (None, Some(_), _) => return Ok(()),
        (None, None, _) => format!("there is no property {name:?}"),
    };
    let meant = suggested(content_type, name).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Err(Problem::unknown_property(what + &meant))
}

/// The declared name that a rule with this one would be told.
fn suggested(content_type: Option<ContentType>, name: &str) -> Option<String> {
    let is_name = name.len() <= NAME_BYTES_MAX && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return None;
    }
    let rule = format!("{} {{ {name} is set }}", content_type.unwrap_or(ContentType::Store));
    let checked = check(&rule, &CheckOptions::default());
    let texts = checked.diagnostics.iter().flat_map(|d| &d.fixes).flat_map(|f| &f.edits).map(|e| e.text.to_string());
    let fits = |near: &String| {
        PropId::from_name(near).is_some_and(|id| content_type.is_none_or(|t| id.get().declared_by(t).is_some()))
    };
    texts.into_iter().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_near_one_of_the_types_is_offered() {
        assert_eq!(suggested(None, "storname").as_deref(), Some("storeName"));
        assert_eq!(suggested(Some(ContentType::Store), "storname").as_deref(), Some("storeName"));
        assert_eq!(suggested(Some(ContentType::Merchant), "zzzz"), None);
        assert_eq!(suggested(None, "a b { \" }"), None);
        for (content_type, name) in
            [(Some(ContentType::Store), "salePrice"), (None, "ext."), (None, "ext.``"), (None, "")]
        {
            assert!(check_property(content_type, name).is_err(), "{name}");
        }
        for (content_type, name) in [(Some(ContentType::Store), "storeName"), (None, "salePrice"), (None, "ext.new")] {
            assert!(check_property(content_type, name).is_ok(), "{name}");
        }
    }
}
