//! Which merchants are onboarded to which target wallet, with their accounts there (D-68).

use crate::app::App;
use crate::auth::{Allowed, Tenant};
use crate::body::ApiJson;
use crate::entries::{Entry, Fields, Read, WriteResponse, write};
use crate::parameters::{cursor, cursor_of, limit, wallet};
use crate::problem::Problem;
use crate::rights::{Operation, need};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use penstock_engine::command::{Command, OnboardingWrite};
use penstock_engine::supply::wallet::Onboarding;
use penstock_engine::wallets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The longest merchantId, bytes.
pub const MERCHANT_ID_BYTES_MAX: usize = 1_024;
/// Accounts of a merchant in one wallet.
const ACCOUNTS_MAX: usize = 100;
/// The longest account id, bytes.
const ACCOUNT_BYTES_MAX: usize = 256;

/// Merchants' onboarding.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnboardingRequest {
    /// 1 to 1,000.
    #[schema(value_type = Vec<OnboardingEntry>, min_items = 1, max_items = 1000)]
    onboarding: Vec<Read<OnboardingWrite>>,
}

/// How a merchant stands with a wallet. Written down for the documentation; entries are read member by member.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct OnboardingEntry {
    #[schema(example = "GCASH")]
    target_wallet: String,
    /// As in the items' `merchantId`; 1 to 1,024 bytes.
    merchant_id: String,
    /// Whether its items may be delivered.
    onboarded: bool,
    /// Its accounts in the wallet, at most 100 of 1 to 256 bytes.
    #[schema(max_items = 100)]
    account_ids: Vec<String>,
    /// Grows with each change of this merchant's onboarding to this wallet.
    #[schema(minimum = 0)]
    version: i64,
}

impl Entry for OnboardingWrite {
    fn read(fields: &mut Fields) -> Option<Self> {
        let (wallet, merchant_id) = (fields.wallet(), fields.text("merchantId", MERCHANT_ID_BYTES_MAX));
        let onboarded = fields.boolean("onboarded");
        let account_ids = fields.texts("accountIds", ACCOUNTS_MAX, ACCOUNT_BYTES_MAX);
        let version = fields.version()?;
        let onboarding = Onboarding { onboarded: onboarded?, account_ids: account_ids? };
        Some(OnboardingWrite { wallet: wallet?, merchant_id: merchant_id?, onboarding, version })
    }
}

/// Onboard merchants
///
/// Items of a merchant that is not onboarded to a wallet are not deliverable to it.
#[utoipa::path(post, path = "/api/v1/onboarding", tag = "supply", request_body = OnboardingRequest, responses(
    (status = 200, description = "What became of each entry", body = WriteResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn send(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::OnboardMerchants>,
    ApiJson(request): ApiJson<OnboardingRequest>,
) -> Result<Json<WriteResponse>, Problem> {
    write(&app, &tenant, by, ("onboarding", request.onboarding), Command::Onboarding).await
}

/// Which merchants to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct MerchantsQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// For those who work for a target wallet: the source wallet whose merchants these are. Else one's own.
    source_wallet: Option<String>,
}

/// Merchants that a wallet has heard of.
#[derive(Debug, Serialize, ToSchema)]
pub struct MerchantsResponse {
    merchants: Vec<Merchant>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
}

/// How a merchant stands with the wallet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Merchant {
    merchant_id: String,
    onboarded: bool,
    #[schema(value_type = Vec<String>)]
    account_ids: Vec<Box<str>>,
    version: i64,
    /// Its live items.
    items: u64,
}

impl From<wallets::MerchantInfo> for Merchant {
    fn from(info: wallets::MerchantInfo) -> Merchant {
        let Onboarding { onboarded, account_ids } = info.onboarding;
        Merchant {
            merchant_id: info.merchant_id.to_string(),
            onboarded,
            account_ids,
            version: info.version,
            items: info.items,
        }
    }
}

/// List a wallet's merchants
///
/// Merchants of which an onboarding was sent, onboarded or not. All others are not onboarded.
#[utoipa::path(get, path = "/api/v1/wallets/{targetWallet}/merchants", tag = "supply",
    params(("targetWallet" = String, Path, example = "GCASH"), MerchantsQuery), responses(
    (status = 200, description = "A page of merchants", body = MerchantsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn merchants(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadWallets>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<MerchantsQuery>, QueryRejection>,
) -> Result<Json<MerchantsResponse>, Problem> {
    let Path(name) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (wallet, after, limit) = (wallet(&name)?, cursor(query.after.as_deref())?, limit(query.limit.as_deref())?);
    actor.require_at(Operation::ReadWallets, &wallet)?;
    let tenant = actor.source_named(&app, Operation::ReadWallets, query.source_wallet).await?;
    let page = app.ask(move |engine| engine.wallet_merchants(&tenant, &wallet, after, limit)).await?;
    let merchants = page.merchants.into_iter().map(Merchant::from).collect();
    Ok(Json(MerchantsResponse { merchants, next: page.next.map(cursor_of) }))
}
