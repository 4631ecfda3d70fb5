//! `POST /api/v1/rules/hover`: what a cursor of a rule text points at.

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::preview::ValueCount;
use crate::problem::{Problem, Span};
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_dsl::registry::{ContentType, Kind};
use penstock_engine::hover as engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A cursor in a rule text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoverRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    rules: String,
    /// The cursor, in bytes of the UTF-8 text, as spans are; inside a character it is its start, beyond the text its end.
    #[schema(example = 10)]
    offset: usize,
}

/// What the cursor points at.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoverResponse {
    /// Null where there is nothing to tell.
    hover: Option<Hover>,
}

/// What there is to say of a part of a rule text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hover {
    /// What it is about, in bytes of the UTF-8 text.
    span: Span,
    /// `contentType`, `property`, `operator`, `value` or `keyword`.
    #[schema(value_type = String, example = "property")]
    what: &'static str,
    /// Its name in words, or as it stands in rules.
    #[schema(example = "store name")]
    label: String,
    /// What it is or does.
    description: String,
    /// A declared property's kind, as `/api/v1/properties` names it.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// In what its values are given, where numbers alone do not say it.
    #[schema(value_type = Option<String>)]
    unit: Option<&'static str>,
    /// What missing values do to a rule.
    #[schema(value_type = Option<String>)]
    missing: Option<&'static str>,
    /// The type whose items are counted: the block's, or `MERCHANT` for `merchant.` properties.
    #[schema(value_type = Option<String>)]
    content_type: Option<&'static str>,
    /// Items that have the property. Of a value: items that a rule with this value alone matches, by its operator and locale,
    /// negation aside.
    items: Option<u64>,
    /// Items of the type.
    of: Option<u64>,
    /// The property's most frequent values, at most 10.
    values: Vec<ValueCount>,
    /// The property's smallest and largest number, amounts by currency; empty where none has one or one is too long to tell.
    ends: Vec<Ends>,
}

/// The smallest and the largest number of a property.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ends {
    /// ISO 4217; null for what is no money.
    currency: Option<String>,
    /// A decimal, or a time in UTC.
    #[schema(example = "10.5")]
    low: String,
    /// The same.
    high: String,
}

/// Explain a part of a rule set
#[utoipa::path(post, path = "/api/v1/rules/hover", tag = "rules", request_body = HoverRequest, responses(
    (status = 200, description = "What the cursor points at", body = HoverResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn hover(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(request): ApiJson<HoverRequest>,
) -> Result<Json<HoverResponse>, Problem> {
    let found = app.ask(move |engine| engine.hover(&tenant, &request.rules, request.offset)).await?;
    let hover = found.map_err(|error| Problem::internal(&error))?.map(Hover::from);
    Ok(Json(HoverResponse { hover }))
}

impl From<engine::Hover> for Hover {
    fn from(found: engine::Hover) -> Self {
        let is_time = found.kind == Some(Kind::Time);
        Hover {
            span: found.span.into(),
            what: found.what,
            label: found.label,
            description: found.description,
            kind: found.kind,
            unit: found.unit,
            missing: found.missing,
            content_type: found.content_type.map(ContentType::name),
            items: found.items,
            of: found.of,
            values: found.values.into_iter().map(|(value, count)| ValueCount { value, count }).collect(),
            ends: found.ends.into_iter().map(|ends| on_wire(ends, is_time)).collect(),
        }
    }
}

fn on_wire(ends: engine::Ends, is_time: bool) -> Ends {
    let shown = |value: rust_decimal::Decimal| {
        let time = i64::try_from(value).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        match time.filter(|_| is_time) {
            Some(time) => time.to_string(),
            None => value.to_string(),
        }
    };
    Ends { currency: ends.currency.map(|c| c.to_string()), low: shown(ends.low), high: shown(ends.high) }
}
