//! `POST /api/v1/rules/lint`: what a right rule text says that its writer hardly wants, with items as evidence.

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::preview::ValueCount;
use crate::problem::{Diagnostic, Problem, Span, on_wire};
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_engine::lint as engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule text, and others to compare it with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LintRequest {
    /// The rule text.
    #[schema(example = "STORE { city = \"Cebu\" and city in (\"Cebu\", \"Manila\") }")]
    rules: String,
    /// Rule sets that would be duplicates if they are the same; the first 200 are compared.
    #[serde(default)]
    against: Vec<NamedRules>,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    #[schema(example = "2026-01-31")]
    fx_date: Option<String>,
}

/// A rule set with a name to call it by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NamedRules {
    /// The name, for the finding.
    name: String,
    /// The rule text; one that does not check is equal to none.
    rules: String,
    /// The day whose exchange rates its `~fx` converts at; the latest if not given, whatever the request's own day.
    #[schema(example = "2026-01-31")]
    fx_date: Option<String>,
}

/// What was found, of one snapshot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LintResponse {
    /// Whether the text has a meaning; if not, its errors are all that is found.
    ok: bool,
    /// The snapshot: the sequence number of the last record in it.
    as_of: u64,
    /// By their place in the text, at most 100.
    diagnostics: Vec<LintDiagnostic>,
    /// Whether something was left out: values that were not looked up, items that were not fetched, further findings.
    truncated: bool,
}

/// A finding about a rule text, with evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct LintDiagnostic {
    /// The finding.
    #[serde(flatten)]
    diagnostic: Diagnostic,
    /// Places of other rules and groups that it is about.
    related: Vec<Span>,
    /// What the items say; null where they have nothing to say.
    evidence: Option<Evidence>,
}

/// What the items that are there say of a finding. Counts are of items of the block's content type.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// Items in all.
    total: u64,
    /// Items that the rule, group or value matches.
    matched: Option<u64>,
    /// Items that the rest of the group matches and the rule takes away.
    removed: Option<u64>,
    /// Items that of all groups only this one matches.
    only: Option<u64>,
    /// An item that shows it.
    item: Option<ItemName>,
    /// Values, or currencies, that are there instead.
    instead: Vec<ValueCount>,
}

/// Which item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemName {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    content_id: String,
    /// Its name in its base locale.
    title: Option<String>,
}

/// Lint a rule set
///
/// Contradictions, tautologies, rules and groups in vain, values that no item has, other rule sets that are the same. Warnings
/// all; `docs/diagnostics.md` explains each code.
#[utoipa::path(post, path = "/api/v1/rules/lint", tag = "rules", request_body = LintRequest, responses(
    (status = 200, description = "Findings, perhaps none", body = LintResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There are no exchange rates of a day asked for", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn lint_rules(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(request): ApiJson<LintRequest>,
) -> Result<Json<LintResponse>, Problem> {
    let engine = app.ready_engine()?;
    let options = engine.check_options(&tenant, request.fx_date.as_deref());
    let options = options.map_err(|e| Problem::no_rates(e.to_string()))?;
    let named = |other: NamedRules| {
        let options = engine.check_options(&tenant, other.fx_date.as_deref());
        let options = options.map_err(|e| Problem::no_rates(format!("\"{}\": {e}", other.name)))?;
        Ok(engine::NamedRules { name: other.name, rules: other.rules, options })
    };
    let against = request.against.into_iter().map(named).collect::<Result<_, Problem>>()?;
    let asked = engine::LintRequest { rules: request.rules, options, against, time_max: engine::TIME_MAX };
    app.query(&tenant.clone(), move |engine| match engine.lint(&tenant, &asked) {
        Ok(report) => Ok(Json(LintResponse::new(report, &asked.rules))),
        Err(error) => Err(Problem::preview(error, &asked.rules)),
    })
    .await?
}

impl LintResponse {
    fn new(report: engine::LintReport, text: &str) -> LintResponse {
        let finding = |found: engine::LintFinding| LintDiagnostic {
            diagnostic: on_wire(text, &found.diagnostic),
            related: found.related.into_iter().map(Span::from).collect(),
            evidence: found.evidence.map(Evidence::from),
        };
        LintResponse {
            ok: report.ok,
            as_of: report.as_of,
            diagnostics: report.findings.into_iter().map(finding).collect(),
            truncated: report.truncated,
        }
    }
}

impl From<engine::Evidence> for Evidence {
    fn from(evidence: engine::Evidence) -> Evidence {
        let value = |(value, count)| ValueCount { value, count };
        Evidence {
            total: evidence.total,
            matched: evidence.matched,
            removed: evidence.removed,
            only: evidence.only,
            item: evidence.item.map(|item| ItemName {
                content_type: item.content_type.name(),
                content_id: item.content_id,
                title: item.title,
            }),
            instead: evidence.instead.into_iter().map(value).collect(),
        }
    }
}
