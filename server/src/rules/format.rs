//! `POST /api/v1/rules/format` and `/echo`: a rule text in its one layout, and in plain words.

use super::options;
use crate::app::App;
use crate::auth::{Allowed, Tenant};
use crate::body::ApiJson;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_dsl::echo::{Echo, Language, echo};
use penstock_dsl::format::format;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatRequest {
    /// The rule text.
    #[schema(example = "store{all}")]
    rules: String,
}

/// The text in its one layout.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormatResponse {
    /// The rule text; it means the same, and has all comments.
    rules: String,
}

/// Format a rule set
///
/// Names and values need not be right, only the syntax.
#[utoipa::path(post, path = "/api/v1/rules/format", tag = "rules", request_body = FormatRequest, responses(
    (status = 200, description = "The text in its one layout", body = FormatResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The text has errors of syntax", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn format_rules(
    State(app): State<App>,
    _allowed: Allowed<need::ReadTasks>,
    ApiJson(request): ApiJson<FormatRequest>,
) -> Result<Json<FormatResponse>, Problem> {
    let work = move || format(&request.rules).map_err(|errors| Problem::rules(&request.rules, &errors));
    Ok(Json(FormatResponse { rules: app.decode(work).await? }))
}

/// A rule text, and the language to say it in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EchoRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    rules: String,
    /// `en`, or `zh-Hant` for Traditional Chinese; English if not given.
    #[serde(default = "english")]
    language: Language,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    #[schema(example = "2026-01-31")]
    fx_date: Option<String>,
}

fn english() -> Language {
    Language::English
}

/// What a rule set selects, in plain words.
#[derive(Debug, Serialize, ToSchema)]
pub struct EchoResponse {
    /// All of it as one text.
    text: String,
    /// Its parts.
    #[serde(flatten)]
    parts: Echo,
}

/// Read a rule set back
///
/// What the rules select, in plain English or Traditional Chinese, for those who do not know the language.
#[utoipa::path(post, path = "/api/v1/rules/echo", tag = "rules", request_body = EchoRequest, responses(
    (status = 200, description = "The rule set in plain words", body = EchoResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There are no exchange rates of the day asked for", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rule text does not check", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn echo_rules(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::ReadTasks>,
    ApiJson(request): ApiJson<EchoRequest>,
) -> Result<Json<EchoResponse>, Problem> {
    let options = options(&app, &tenant, request.fx_date.as_deref())?;
    let work = move || {
        let said = echo(&request.rules, &options, request.language);
        said.map_err(|errors| Problem::rules(&request.rules, &errors))
    };
    let parts = app.decode(work).await?;
    Ok(Json(EchoResponse { text: parts.to_string(), parts }))
}
