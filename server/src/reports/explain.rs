//! `POST /api/v1/explain`: why an item is in a set, or is not (F-4.3).

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::parameters::wallet_at;
use crate::problem::{Problem, Span};
use crate::properties::content_type;
use crate::rights::need;
use crate::sets::wire::step_name;
use axum::Json;
use axum::extract::State;
use penstock_dsl::literal::time_point;
use penstock_engine::explain as engine;
use penstock_engine::explain::{Asked, ExplainError, Presence};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item, and the rules to hold it against: those of a standing set, or a text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExplainRequest {
    #[schema(example = "STORE")]
    content_type: String,
    #[schema(example = "000001010101010101")]
    content_id: String,
    /// A standing set's name; then no rules.
    #[schema(example = "hotels")]
    set: Option<String>,
    /// A rule text; then no set.
    rules: Option<String>,
    /// With rules: the day of exchange rates; the latest if not given.
    fx_date: Option<String>,
    /// With rules: the wallet that the items would go to; without one the way to it is not explained.
    target_wallet: Option<String>,
}

/// An item against rules.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainResponse {
    /// The record that all of this is of.
    as_of: u64,
    /// The time of evaluation.
    #[schema(example = "2026-06-01T00:00:00Z")]
    now: String,
    /// `live`, `deleted`, or `unknown` where nothing of the item has come.
    #[schema(value_type = String)]
    item: &'static str,
    /// Its version, where something has come.
    content_version: Option<i64>,
    /// Whether the rules match it.
    matched: bool,
    /// The rule text that spans point into, in bytes of UTF-8.
    rules: String,
    /// The text's blocks, in order.
    blocks: Vec<BlockExplained>,
    /// The way to the target wallet, step by step; empty where none was asked about.
    chain: Vec<Link>,
    /// The first step that stops it, or `deliverable`; null where it is not matched or no wallet was asked about.
    #[schema(value_type = Option<String>)]
    state: Option<&'static str>,
}

/// A block against an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockExplained {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    /// Whether the item is live and of this type; else the block's groups are not looked at.
    applies: bool,
    groups: Vec<GroupExplained>,
}

/// A group against an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupExplained {
    title: Option<String>,
    /// Whether all its rules hold.
    matched: bool,
    rules: Vec<RuleExplained>,
}

/// A rule against an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleExplained {
    /// Where it stands in the text.
    span: Span,
    /// The rule as written.
    text: String,
    /// Whether it holds.
    holds: bool,
    /// The item's values that it was asked of, with `@locale` before localized ones; none where the property is missing.
    values: Vec<String>,
    /// Values beyond those.
    more_values: usize,
    /// Whether it asks the item's merchant and there is no MERCHANT item to ask.
    no_merchant: bool,
}

/// A step on the way to the target wallet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Link {
    /// `takenOut`, `missingFields`, `notOnboarded` or `riskStopped`.
    #[schema(value_type = String)]
    step: &'static str,
    /// Whether the item passes it.
    passes: bool,
    /// What stops it: missing fields, the merchant, the reason of the decision.
    why: Vec<String>,
}

/// Explain an item
///
/// Each rule with the item's actual values, then the way to the target wallet. The evaluator that decides here is the one that
/// previews and standing sets are held against.
#[utoipa::path(post, path = "/api/v1/explain", tag = "sets", request_body = ExplainRequest, responses(
    (status = 200, description = "The explanation", body = ExplainResponse),
    (status = 400, description = "Not one set or one rule text, or no content type", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set, or no rates of that day, or nothing has been sent yet", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The rule text does not check", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn explain(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(request): ApiJson<ExplainRequest>,
) -> Result<Json<ExplainResponse>, Problem> {
    let kind = content_type(Some(&request.content_type))?.ok_or_else(|| Problem::not_found("no content type"))?;
    if let Some(wallet) = &request.target_wallet {
        wallet_at("/targetWallet", wallet)?;
    }
    let explained = app.ask(move |engine| {
        let asked = request.asked()?;
        match engine.explain(&tenant, &asked, kind, &request.content_id) {
            Some(explained) => explained.map_err(|error| problem(error, request.rules.as_deref())),
            None => Err(Problem::not_found("nothing has been sent yet; send content first")),
        }
    });
    Ok(Json(explained.await??.into()))
}

impl ExplainRequest {
    fn asked(&self) -> Result<Asked<'_>, Problem> {
        match (&self.set, &self.rules) {
            (Some(set), None) if self.fx_date.is_none() && self.target_wallet.is_none() => Ok(Asked::Set(set)),
            (None, Some(rules)) => {
                let (fx_date, target_wallet) = (self.fx_date.as_deref(), self.target_wallet.as_deref());
                Ok(Asked::Rules { rules, fx_date, target_wallet })
            }
            _ => {
                let what = "send either set, alone, or rules with or without fxDate and targetWallet";
                Err(Problem::bad_request(what))
            }
        }
    }
}

fn problem(error: ExplainError, rules: Option<&str>) -> Problem {
    match error {
        ExplainError::NoSuchSet => Problem::no_such_set(),
        ExplainError::Preview(error) => Problem::preview(error, rules.unwrap_or_default()),
    }
}

impl From<engine::Explanation> for ExplainResponse {
    fn from(explained: engine::Explanation) -> ExplainResponse {
        let (item, content_version) = match explained.item {
            Presence::Live(version) => ("live", Some(version)),
            Presence::Deleted(version) => ("deleted", Some(version)),
            Presence::Unknown => ("unknown", None),
        };
        let link = |link: engine::Link| Link { step: step_name(link.step), passes: link.passes, why: link.why };
        ExplainResponse {
            as_of: explained.as_of,
            now: time_point(explained.now_ms),
            item,
            content_version,
            matched: explained.matched,
            blocks: blocks(explained.blocks, &explained.rules),
            chain: explained.chain.into_iter().map(link).collect(),
            state: explained.step.map(step_name),
            rules: explained.rules,
        }
    }
}

/// Blocks on the wire; `text` is the rule text that their spans point into.
pub fn blocks(blocks: Vec<engine::BlockExplained>, text: &str) -> Vec<BlockExplained> {
    let rule = |rule: engine::RuleExplained| RuleExplained {
        text: text.get(rule.span.start..rule.span.end).unwrap_or_default().to_owned(),
        span: rule.span.into(),
        holds: rule.holds,
        values: rule.values,
        more_values: rule.more_values,
        no_merchant: rule.no_merchant,
    };
    let group = |group: engine::GroupExplained| GroupExplained {
        title: group.title,
        matched: group.matched,
        rules: group.rules.into_iter().map(rule).collect(),
    };
    let block = |block: engine::BlockExplained| BlockExplained {
        content_type: block.content_type.name(),
        applies: block.applies,
        groups: block.groups.into_iter().map(group).collect(),
    };
    blocks.into_iter().map(block).collect()
}
