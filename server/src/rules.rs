//! Operations on rule texts. Here `POST /api/v1/rules/check`: every finding about a rule text at once.

pub mod complete;
pub mod form;
pub mod format;
pub mod hover;
pub mod lint;

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::problem::{Diagnostic, Problem, diagnostics};
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::cost::{Cost, cost};
use penstock_engine::api::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CheckRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    rules: String,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    #[schema(example = "2026-01-31")]
    fx_date: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckResponse {
    /// Whether the text has a meaning; it may still have warnings.
    ok: bool,
    /// Equal for equal rule sets, whatever their spelling; null with errors.
    hash: Option<String>,
    /// The day of the exchange rates that the rules used; null where they convert nothing.
    fx_date: Option<String>,
    /// What evaluating the rules will about cost, in exact look-ups of a value; null with errors.
    cost: Option<Cost>,
    /// Every finding, errors and warnings.
    diagnostics: Vec<Diagnostic>,
}

/// Check a rule set
#[utoipa::path(post, path = "/api/v1/rules/check", tag = "rules", request_body = CheckRequest, responses(
    (status = 200, description = "Findings, perhaps none", body = CheckResponse),
    (status = 404, description = "There are no exchange rates of the day asked for", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn check_rules(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(request): ApiJson<CheckRequest>,
) -> Result<Json<CheckResponse>, Problem> {
    let options = options(&app, &tenant, request.fx_date.as_deref())?;
    let answer = app.decode(move || {
        let text = &request.rules;
        let checked = check(text, &options);
        CheckResponse {
            ok: checked.expr.is_some(),
            fx_date: checked.fx_date,
            cost: checked.expr.as_ref().map(cost),
            hash: checked.expr.map(|expr| format!("{:032x}", expr.hash())),
            diagnostics: diagnostics(text, &checked.diagnostics),
        }
    });
    Ok(Json(answer.await))
}

/// What a check of the tenant's rules depends on.
pub fn options(app: &App, tenant: &TenantId, fx_date: Option<&str>) -> Result<CheckOptions, Problem> {
    app.ready_engine()?.check_options(tenant, fx_date).map_err(|e| Problem::no_rates(e.to_string()))
}
