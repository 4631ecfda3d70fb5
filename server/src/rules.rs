//! `POST /api/v1/rules/check`: every finding about a rule text at once.

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::problem::{Diagnostic, Problem, diagnostics};
use axum::Json;
use axum::extract::State;
use penstock_dsl::check::{CheckOptions, check};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    rules: String,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckResponse {
    /// Whether the text has a meaning; it may still have warnings.
    ok: bool,
    /// Equal for equal rule sets, whatever their spelling; null with errors.
    hash: Option<String>,
    /// Every finding, errors and warnings.
    diagnostics: Vec<Diagnostic>,
}

/// Check a rule set
#[utoipa::path(post, path = "/api/v1/rules/check", tag = "rules", request_body = CheckRequest, responses(
    (status = 200, description = "Findings, perhaps none", body = CheckResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn check_rules(
    State(app): State<App>,
    _tenant: Tenant,
    ApiJson(request): ApiJson<CheckRequest>,
) -> Json<CheckResponse> {
    let answer = app.decode(move || {
        let text = &request.rules;
        let checked = check(text, &CheckOptions::default());
        CheckResponse {
            ok: checked.expr.is_some(),
            hash: checked.expr.map(|expr| format!("{:032x}", expr.hash())),
            diagnostics: diagnostics(text, &checked.diagnostics),
        }
    });
    Json(answer.await)
}
