//! `GET /api/v1/wallets/{wallet}/reviews`: items that risk control stopped and of which a newer version has come (D-64).

use super::{Place, page, readable};
use crate::app::App;
use crate::auth::Allowed;
use crate::parameters::limit;
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::rights::need;
use crate::tasks::id::of;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::supply::wallet::{RiskDecision, Versioned};
use penstock_engine::target::Review;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReviewsQuery {
    /// Only items of this source wallet.
    source_wallet: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of what is to be looked at again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewsResponse {
    reviews: Vec<WireReview>,
    /// Where the next page begins, which may be empty; null after the last.
    next: Option<String>,
}

/// An item to be looked at again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireReview {
    #[schema(example = "GOF")]
    source_wallet: String,
    /// The item now.
    item: PreviewItem,
    /// The version that the decision was made about; null where the item was not there yet.
    reviewed_version: Option<i64>,
    decision: WireDecision,
    /// The open request about it, such as `GOF-3`.
    request: Option<String>,
}

/// A decision on risk.
#[derive(Debug, Serialize, ToSchema)]
pub struct WireDecision {
    /// `STOP` or `ALLOW`.
    #[schema(value_type = String, example = "STOP")]
    decision: &'static str,
    #[schema(value_type = String)]
    reason: Box<str>,
    /// Whether a system decided, and no person.
    automatic: bool,
    /// A later decision has a higher one.
    version: i64,
}

impl From<Versioned<RiskDecision>> for WireDecision {
    fn from(known: Versioned<RiskDecision>) -> WireDecision {
        let Versioned { version, value: RiskDecision { stopped, reason, automatic, .. } } = known;
        WireDecision { decision: if stopped { "STOP" } else { "ALLOW" }, reason, automatic, version }
    }
}

/// List what is to be reviewed again
///
/// A decision to stop an item stays, whatever versions of it follow: those with a newer version are listed here until somebody
/// decides again, with `POST /api/v1/risk` or by a request.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/reviews", tag = "target wallets",
    params(("wallet" = String, Path, example = "GCASH"), ReviewsQuery), responses(
    (status = 200, description = "A page of items", body = ReviewsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn reviews(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    Path(name): Path<String>,
    query: Result<Query<ReviewsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wallet = readable(&actor, &name)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit) = (Place::read(query.after.as_deref())?, limit(query.limit.as_deref())?);
    app.query(actor.tenant(), move |engine| {
        let (reviews, next) =
            page(engine, query.source_wallet.as_deref(), after.as_ref(), limit, |source, after, limit| {
                let (found, next) = engine.reviews(source, &wallet, after, limit).map_err(|e| Problem::set(&e))?;
                let review = |review: Review| WireReview {
                    source_wallet: source.0.to_string(),
                    item: review.item.into(),
                    reviewed_version: review.reviewed_version,
                    decision: review.decision.into(),
                    request: review.request.map(|id| of(&source.0, id)),
                };
                Ok((found.into_iter().map(review).collect(), next))
            })?;
        Ok(Json(ReviewsResponse { reviews, next }).into_response())
    })
    .await?
}
