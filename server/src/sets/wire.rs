//! The wire types of standing sets.

use penstock_engine::command::SetOutcome;
use penstock_engine::sets::SetInfo;
use penstock_engine::supply::funnel;
use penstock_engine::supply::funnel::Step;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A standing set's definition.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PutSetRequest {
    /// The rule text.
    #[schema(example = "STORE { stdCategories in (\"hotel\") }")]
    pub rules: String,
    /// Where its items are to go: 1 to 64 ASCII letters, digits, `_` and `-`.
    #[schema(example = "GCASH")]
    pub target_wallet: String,
    /// The day whose exchange rates `~fx` converts at, from now on; the latest if not given.
    #[schema(example = "2026-01-31")]
    pub fx_date: Option<String>,
}

/// A standing set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetResponse {
    #[schema(value_type = String, example = "hotels")]
    name: Box<str>,
    /// The rule text as sent.
    #[schema(value_type = String)]
    rules: Box<str>,
    #[schema(value_type = String, example = "GCASH")]
    target_wallet: Box<str>,
    /// The day of the exchange rates that the rules convert at; null where they convert nothing.
    fx_date: Option<String>,
    /// Counts changes of the definition, from 1.
    revision: u32,
    /// The record that all counts are of.
    as_of: u64,
    /// Items that the rules match.
    matched: u64,
    funnel: Funnel,
}

impl From<SetInfo> for SetResponse {
    fn from(info: SetInfo) -> SetResponse {
        SetResponse {
            name: info.name,
            rules: info.rules,
            target_wallet: info.target_wallet,
            fx_date: info.fx_date,
            revision: info.revision,
            as_of: info.as_of,
            matched: info.funnel.matched,
            funnel: info.funnel.into(),
        }
    }
}

/// What becomes of matched items on the way to the target wallet. Each is counted once, at the first step that stops it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Funnel {
    /// The sum of the steps.
    matched: u64,
    /// Taken out by hand.
    taken_out: u64,
    /// Without a field that the wallet requires.
    missing_fields: u64,
    /// Of merchants that are not onboarded to the wallet.
    not_onboarded: u64,
    /// Stopped by a risk decision.
    risk_stopped: u64,
    /// Nothing stands in their way.
    deliverable: u64,
}

impl From<funnel::Funnel> for Funnel {
    fn from(funnel: funnel::Funnel) -> Funnel {
        let funnel::Funnel { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable } = funnel;
        Funnel { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable }
    }
}

/// How the wire calls a step of the funnel.
pub fn step_name(step: Step) -> &'static str {
    match step {
        Step::TakenOut => "takenOut",
        Step::MissingFields => "missingFields",
        Step::NotOnboarded => "notOnboarded",
        Step::RiskStopped => "riskStopped",
        Step::Deliverable => "deliverable",
    }
}

/// What became of a definition, and the set that stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct PutSetResponse {
    #[serde(flatten)]
    set: SetResponse,
    /// Whether the set is new.
    created: bool,
    /// Whether the definition was so already.
    unchanged: bool,
    /// Items that entered by this definition.
    entered: u64,
    /// Items that left by it.
    left: u64,
}

impl PutSetResponse {
    /// Of a set, and what changed; `None` where nothing did.
    pub fn new(set: SetInfo, outcome: Option<SetOutcome>) -> PutSetResponse {
        PutSetResponse {
            set: set.into(),
            created: outcome.is_some_and(|outcome| outcome.created),
            unchanged: outcome.is_none(),
            entered: outcome.map_or(0, |outcome| outcome.entered),
            left: outcome.map_or(0, |outcome| outcome.left),
        }
    }
}

/// A page of sets.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetsResponse {
    /// By name, in the order of its bytes.
    sets: Vec<SetResponse>,
    /// What the next page comes after; null after the last.
    #[schema(value_type = Option<String>)]
    next: Option<Box<str>>,
}

impl SetsResponse {
    /// The first so many of the sets; there is a next page where there are more.
    pub fn new(mut sets: Vec<SetInfo>, limit: usize) -> SetsResponse {
        let more = sets.len() > limit;
        sets.truncate(limit);
        let next = sets.last().map(|set| set.name.clone()).filter(|_| more);
        SetsResponse { sets: sets.into_iter().map(SetResponse::from).collect(), next }
    }
}
