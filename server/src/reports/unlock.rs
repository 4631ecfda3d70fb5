//! What would let most items through: fields of merchants, and onboardings (F-5.3, F-5.6).

use crate::app::App;
use crate::auth::Tenant;
use crate::parameters::{SetName, limit, wallet};
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use penstock_engine::unlock as engine;
use penstock_engine::unlock::Blocker;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RankQuery {
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<String>,
}

/// What stops a set's items, most unlocked first.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnlockResponse {
    unlocks: Vec<Unlock>,
}

/// Something that stops a merchant's items, and what its removal brings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unlock {
    /// `MISSING_FIELD` or `NOT_ONBOARDED`.
    #[schema(value_type = String)]
    blocker: &'static str,
    /// The missing field, as rules name it.
    #[schema(value_type = Option<String>, example = "coverImageUrl")]
    field: Option<&'static str>,
    /// At which merchant; null for items without one.
    merchant_id: Option<String>,
    /// Items that nothing else stops: so many become deliverable.
    unlocks: u64,
    /// Items that it stops, among others.
    stops: u64,
}

/// Rank what stops a set's items
#[utoipa::path(get, path = "/api/v1/sets/{name}/unlock", tag = "sets",
    params(("name" = String, Path, example = "hotels"), RankQuery), responses(
    (status = 200, description = "Blockers, most unlocked first", body = UnlockResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn unlock(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    SetName(name): SetName,
    query: Result<Query<RankQuery>, QueryRejection>,
) -> Result<Json<UnlockResponse>, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let ranked = app.query(&tenant.clone(), move |engine| engine.unlock(&tenant, &name, limit)).await?;
    let unlocks = ranked.map_err(|e| Problem::set(&e))?.into_iter().map(Unlock::from).collect();
    Ok(Json(UnlockResponse { unlocks }))
}

impl From<engine::Unlock> for Unlock {
    fn from(unlock: engine::Unlock) -> Unlock {
        let (blocker, field) = match unlock.blocker {
            Blocker::MissingField(field) => ("MISSING_FIELD", Some(field)),
            Blocker::NotOnboarded => ("NOT_ONBOARDED", None),
        };
        Unlock { blocker, field, merchant_id: unlock.merchant_id, unlocks: unlock.unlocks, stops: unlock.stops }
    }
}

/// Merchants by what their onboarding would bring.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnboardingQueueResponse {
    merchants: Vec<OnboardingGain>,
}

/// What a merchant's onboarding to a wallet would bring.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnboardingGain {
    merchant_id: String,
    /// Items that would become deliverable, each once.
    items: u64,
    /// The same by set, most first; sets that gain none are left out.
    sets: Vec<SetGain>,
}

/// Items that a set would gain.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetGain {
    #[schema(value_type = String, example = "hotels")]
    name: Box<str>,
    items: u64,
}

/// Which merchants to ask about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct GainQuery {
    /// One merchant; those that would bring most if not given.
    merchant_id: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
}

/// What onboarding would bring
///
/// Nothing is changed: what each merchant that is not onboarded to the wallet would bring its sets, were it so.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/onboarding-gain", tag = "wallets",
    params(("wallet" = String, Path, example = "GCASH"), GainQuery), responses(
    (status = 200, description = "Merchants, most gained first", body = OnboardingQueueResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn onboarding_gain(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<GainQuery>, QueryRejection>,
) -> Result<Json<OnboardingQueueResponse>, Problem> {
    let Path(name) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
    let wallet = wallet(&name)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let of = tenant.clone();
    let gains = app.query(&of, move |engine| match &query.merchant_id {
        Some(merchant) => engine.onboarding_gain(&tenant, &wallet, merchant).into_iter().collect(),
        None => engine.onboarding_queue(&tenant, &wallet, limit),
    });
    Ok(Json(OnboardingQueueResponse { merchants: gains.await?.into_iter().map(OnboardingGain::from).collect() }))
}

impl From<engine::OnboardingGain> for OnboardingGain {
    fn from(gain: engine::OnboardingGain) -> OnboardingGain {
        let sets = gain.sets.into_iter().map(|(name, items)| SetGain { name, items }).collect();
        OnboardingGain { merchant_id: gain.merchant_id, items: gain.items, sets }
    }
}
