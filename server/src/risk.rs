//! `POST /api/v1/risk`: target wallets' decisions to stop an item, or to let it through.

use crate::app::App;
use crate::auth::{Allowed, SourceQuery};
use crate::body::ApiJson;
use crate::entries::{Entry, Fields, Read, WriteResponse, write};
use crate::problem::Problem;
use crate::rights::{Operation, need};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use penstock_engine::command::{Command, RiskWrite};
use penstock_engine::supply::wallet::RiskDecision;
use serde::Deserialize;
use utoipa::ToSchema;

/// The longest reason, bytes.
const REASON_BYTES_MAX: usize = 1_000;

/// Risk decisions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskRequest {
    /// 1 to 1,000.
    #[schema(value_type = Vec<RiskEntry>, min_items = 1, max_items = 1000)]
    decisions: Vec<Read<RiskWrite>>,
}

/// A wallet's decision about an item. Written down for the documentation; entries are read member by member.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct RiskEntry {
    #[schema(example = "GCASH")]
    target_wallet: String,
    #[schema(example = "STORE")]
    content_type: String,
    /// The item; it need not be there yet.
    content_id: String,
    /// `STOP` or `ALLOW`.
    #[schema(example = "STOP")]
    decision: String,
    /// Whether a system decided, and no person; not if not given.
    automatic: Option<bool>,
    /// In the words of whoever decided; at most 1,000 bytes.
    reason: Option<String>,
    /// Grows with each decision of this wallet about this item.
    #[schema(minimum = 0)]
    version: i64,
}

impl Entry for RiskWrite {
    fn read(fields: &mut Fields) -> Option<Self> {
        let (wallet, item) = (fields.wallet(), fields.item());
        let stopped = fields.word("decision", &[("STOP", true), ("ALLOW", false)]);
        let reason = fields.optional_text("reason", REASON_BYTES_MAX);
        let automatic = fields.optional_flag("automatic");
        let version = fields.version()?;
        let decision = RiskDecision { stopped: stopped?, reason: reason?, automatic: automatic?, by_target: false };
        Some(RiskWrite { wallet: wallet?, item: item?, decision, version })
    }
}

/// Send risk decisions
///
/// A risk reviewer decides for their own target wallet, and names the source wallet whose items these are.
/// A decision stays with the item's key, whatever versions of the item follow, until another one. What the target wallet's own
/// people have stopped, a key of the source wallet does not change: that entry is `FORBIDDEN`.
#[utoipa::path(post, path = "/api/v1/risk", tag = "supply", params(SourceQuery), request_body = RiskRequest, responses(
    (status = 200, description = "What became of each entry", body = WriteResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn send(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::DecideRisk>,
    query: Result<Query<SourceQuery>, QueryRejection>,
    ApiJson(request): ApiJson<RiskRequest>,
) -> Result<Json<WriteResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let tenant = actor.source_named(&app, Operation::DecideRisk, query.source_wallet).await?;
    for decision in request.decisions.iter().filter_map(|Read(entry)| entry.as_ref().ok()) {
        actor.require_at(Operation::DecideRisk, &decision.wallet)?;
    }
    write(&app, &tenant, actor.asker(), ("decisions", request.decisions), Command::Risk).await
}
