//! The Merchant Hub (R085): merchants whose supply a target wallet gets, and what each delivers.

use super::{DeliveredItem, DeliveredResponse, Place, page, readable};
use crate::app::App;
use crate::auth::Allowed;
use crate::parameters::limit;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use penstock_dsl::registry::ContentType;
use penstock_engine::api::TenantId;
use penstock_engine::target::{HubMerchant, Sought};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The longest text that is looked for, characters.
const QUERY_CHARS_MAX: usize = 200;

/// Which merchants.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HubQuery {
    /// A whole account id or merchantId, or a part of the name; at most 200 characters.
    #[param(example = "2102900000001172")]
    q: Option<String>,
    /// Only merchants of this source wallet.
    source_wallet: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of merchants.
#[derive(Debug, Serialize, ToSchema)]
pub struct HubResponse {
    /// By source wallet, in the order in which they were first heard of.
    merchants: Vec<WireHubMerchant>,
    /// Where the next page begins, which may be empty; null after the last.
    next: Option<String>,
}

/// A merchant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireHubMerchant {
    #[schema(example = "GOF")]
    source_wallet: String,
    #[schema(value_type = String)]
    merchant_id: Arc<str>,
    /// As its MERCHANT item tells it; null where there is none.
    #[schema(value_type = Option<String>)]
    name: Option<Arc<str>>,
    /// Its accounts in the target wallet.
    #[schema(value_type = Vec<String>)]
    account_ids: Vec<Box<str>>,
    /// Whether it is onboarded to the target wallet.
    onboarded: bool,
    /// Items that are delivered now.
    delivered: u64,
    /// The same by content type.
    by_type: BTreeMap<&'static str, u64>,
}

impl WireHubMerchant {
    fn new(source: &TenantId, merchant: HubMerchant) -> WireHubMerchant {
        let HubMerchant { merchant_id, name, account_ids, onboarded, delivered } = merchant;
        let by_type = ContentType::ALL.into_iter().zip(delivered).filter(|(_, items)| *items > 0);
        WireHubMerchant {
            source_wallet: source.0.to_string(),
            merchant_id,
            name,
            account_ids,
            onboarded,
            delivered: delivered.iter().sum(),
            by_type: by_type.map(|(content_type, items)| (content_type.name(), items)).collect(),
        }
    }
}

/// List merchants
///
/// Those that are onboarded to the wallet or deliver to it, of all source wallets.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/hub/merchants", tag = "target wallets",
    params(("wallet" = String, Path, example = "GCASH"), HubQuery), responses(
    (status = 200, description = "A page of merchants", body = HubResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn merchants(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    Path(name): Path<String>,
    query: Result<Query<HubQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wallet = readable(&actor, &name)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit) = (Place::read(query.after.as_deref())?, limit(query.limit.as_deref())?);
    let text = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > QUERY_CHARS_MAX) {
        return Err(Problem::bad_request(format!("q has at most {QUERY_CHARS_MAX} characters")));
    }
    let sought = text.map(|text| Sought { text: text.into() });
    app.query(actor.tenant(), move |engine| {
        let named = query.source_wallet.as_deref();
        let (merchants, next) = page(engine, named, after.as_ref(), limit, |source, after, limit| {
            let found = engine.hub(source, &wallet, sought.as_ref(), (after, limit)).map_err(|e| Problem::set(&e))?;
            let merchant = |merchant| WireHubMerchant::new(source, merchant);
            Ok((found.merchants.into_iter().map(merchant).collect(), found.next))
        })?;
        Ok(Json(HubResponse { merchants, next }).into_response())
    })
    .await?
}

/// Which of a merchant's items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MerchantSupplyQuery {
    /// Only of this source wallet; a merchantId may be known to several.
    source_wallet: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// List what a merchant delivers
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/hub/merchants/{merchantId}/supply", tag = "target wallets",
    params(("wallet" = String, Path, example = "GCASH"), ("merchantId" = String, Path), MerchantSupplyQuery), responses(
    (status = 200, description = "A page of delivered items", body = DeliveredResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn supply_of_merchant(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    Path((name, merchant)): Path<(String, String)>,
    query: Result<Query<MerchantSupplyQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wallet = readable(&actor, &name)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit) = (Place::read(query.after.as_deref())?, limit(query.limit.as_deref())?);
    app.query(actor.tenant(), move |engine| {
        let (items, next) =
            page(engine, query.source_wallet.as_deref(), after.as_ref(), limit, |source, after, limit| {
                let found = engine.supply_of_merchant(source, &wallet, &merchant, (after, limit));
                Ok(DeliveredItem::all(source, found.map_err(|e| Problem::set(&e))?))
            })?;
        Ok(Json(DeliveredResponse { items, next }).into_response())
    })
    .await?
}
