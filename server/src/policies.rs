//! `/api/v1/wallets/{targetWallet}/policies`: the fields that a target wallet requires of each content type (D-28).

use crate::app::App;
use crate::auth::{Allowed, SourceQuery, Tenant};
use crate::body::ApiJson;
use crate::commands::{decide, unexpected};
use crate::entries::invalid;
use crate::parameters::wallet;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::{Operation, need};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use penstock_dsl::registry::ContentType;
use penstock_engine::api::Seq;
use penstock_engine::command::{Command, CommandOutcome, PolicyWrite};
use penstock_engine::content::eligibility::FieldSet;
use penstock_engine::supply::outcome::WriteOutcome;
use penstock_engine::wallets::PolicyInfo;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More than all fields of a content type.
const REQUIRED_MAX: usize = 64;

/// What a wallet requires of a content type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRequest {
    /// Fields by name in rules, and `multilLang`; may be empty.
    #[schema(example = json!(["merchantId", "storeName", "location"]))]
    required: Vec<String>,
    /// Grows with each change of this policy.
    #[schema(minimum = 0)]
    version: i64,
}

/// What became of a policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyResponse {
    /// `APPLIED`; `DUPLICATE` where it was so already, `STALE_IGNORED` where a newer version was there.
    #[schema(value_type = String, example = "APPLIED")]
    outcome: &'static str,
    /// The record that decided it.
    seq: Seq,
}

/// What a wallet requires.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoliciesResponse {
    /// One a content type.
    policies: Vec<Policy>,
}

/// What a wallet requires of a content type.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    /// By name in rules, and `multilLang`.
    #[schema(value_type = Vec<String>)]
    required: Vec<&'static str>,
    /// The version that was sent; null where the default stands.
    version: Option<i64>,
    /// Whether this is what is required where nothing was sent.
    is_default: bool,
}

impl From<PolicyInfo> for Policy {
    fn from(info: PolicyInfo) -> Policy {
        let (content_type, required) = (info.content_type.name(), info.required.names().collect());
        Policy { content_type, required, version: info.version, is_default: info.version.is_none() }
    }
}

/// List a wallet's policies
#[utoipa::path(get, path = "/api/v1/wallets/{targetWallet}/policies", tag = "supply",
    params(("targetWallet" = String, Path, example = "GCASH"), SourceQuery), responses(
    (status = 200, description = "One a content type", body = PoliciesResponse),
    (status = 400, description = "Not a wallet's name", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn list(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadWallets>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<SourceQuery>, QueryRejection>,
) -> Result<Json<PoliciesResponse>, Problem> {
    let Path(name) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let wallet = wallet(&name)?;
    actor.require_at(Operation::ReadWallets, &wallet)?;
    let tenant = actor.source_named(&app, Operation::ReadWallets, query.source_wallet).await?;
    let policies = app.ask(move |engine| engine.wallet_policies(&tenant, &wallet)).await?;
    Ok(Json(PoliciesResponse { policies: policies.into_iter().map(Policy::from).collect() }))
}

/// Set a wallet's policy
///
/// Items that miss a required field are not deliverable to the wallet. Nothing is ever refused for it.
#[utoipa::path(put, path = "/api/v1/wallets/{targetWallet}/policies/{contentType}", tag = "supply",
    params(("targetWallet" = String, Path, example = "GCASH"), ("contentType" = String, Path, example = "STORE")),
    request_body = PolicyRequest, responses(
    (status = 200, description = "It holds, or a newer one does", body = PolicyResponse),
    (status = 400, description = "Not a policy", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The version was sent with something else", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn put(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::EditPolicies>,
    path: Result<Path<(String, String)>, PathRejection>,
    ApiJson(request): ApiJson<PolicyRequest>,
) -> Result<Json<PolicyResponse>, Problem> {
    let Path((name, type_name)) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
    let content_type = content_type(Some(&type_name))?.ok_or_else(|| Problem::not_found("no content type"))?;
    let policy = request.write(wallet(&name)?, content_type)?;
    let (seq, outcome) = decide(&app, &tenant, by, Command::Policies(vec![policy])).await?;
    let CommandOutcome::Each(mut outcomes) = outcome else { return Err(unexpected(&outcome)) };
    let outcome = match outcomes.pop() {
        Some(WriteOutcome::Applied) => "APPLIED",
        Some(WriteOutcome::Duplicate) => "DUPLICATE",
        Some(WriteOutcome::StaleIgnored) => "STALE_IGNORED",
        Some(WriteOutcome::VersionConflict) => return Err(conflict()),
        Some(WriteOutcome::Refused(why) | WriteOutcome::Forbidden(why)) => return Err(Problem::limit_reached(why)),
        None => return Err(Problem::internal("a policy was answered without an outcome")),
    };
    Ok(Json(PolicyResponse { outcome, seq }))
}

impl PolicyRequest {
    /// The policy, checked.
    fn write(self, wallet: Box<str>, content_type: ContentType) -> Result<PolicyWrite, Problem> {
        let mut issues = Vec::new();
        if self.version < 0 {
            issues.push(invalid("/version", "version is an integer from 0 to 2^63-1"));
        }
        if self.required.len() > REQUIRED_MAX {
            issues.push(invalid("/required", format!("required has at most {REQUIRED_MAX} fields")));
        }
        for (at, name) in self.required.iter().enumerate().take(REQUIRED_MAX) {
            if FieldSet::of_names(content_type, [name.as_str()]).is_err() {
                let message = format!("{content_type} has no field {name:?}; name fields as rules do, or multilLang");
                issues.push(invalid(format!("/required/{at}"), message));
            }
        }
        let required = self.required.into_iter().map(String::into_boxed_str).collect();
        let policy = PolicyWrite { wallet, content_type, required, version: self.version };
        if issues.is_empty() { Ok(policy) } else { Err(Problem::invalid(issues)) }
    }
}

fn conflict() -> Problem {
    let detail =
        "this version was sent before with other fields; the first one stands; send the change with a higher version";
    Problem::new(StatusCode::CONFLICT, "version-conflict", "The version was sent before", detail)
}
