//! The Supply List (R086, D-69): what a target wallet gets, in a tree of content types and categories.

use super::{DeliveredItem, DeliveredResponse, Place, page, readable};
use crate::app::App;
use crate::auth::Allowed;
use crate::parameters::limit;
use crate::preview::ValueCount;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use penstock_dsl::registry::ContentType;
use penstock_engine::Engine;
use penstock_engine::target::{Listed, TypeCounts};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Categories of a content type that the tree lists.
const CATEGORIES_MAX: usize = 1_000;

/// What the tree is of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TreeQuery {
    /// Only what merchants with this account in the wallet deliver.
    account_id: Option<String>,
    /// Only what this merchant delivers.
    merchant_id: Option<String>,
    /// Only of this source wallet.
    source_wallet: Option<String>,
}

/// The tree.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TreeResponse {
    /// Types of which nothing is delivered are left out.
    content_types: Vec<TreeType>,
}

/// A content type of the tree.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TreeType {
    #[schema(value_type = String, example = "BENEFIT")]
    content_type: &'static str,
    /// Items that are delivered.
    items: u64,
    /// At most 1,000, those with most items first; an item may have several. They are `stdCategories`, of items without any
    /// `externalCategories`.
    categories: Vec<ValueCount>,
    /// Categories in all.
    distinct: u64,
    /// Items without a category.
    uncategorized: u64,
}

/// Sums of all source wallets.
#[derive(Default)]
struct Sum {
    items: u64,
    uncategorized: u64,
    categories: BTreeMap<Arc<str>, u64>,
}

impl Sum {
    fn add(&mut self, counts: TypeCounts) {
        self.items += counts.items;
        self.uncategorized += counts.uncategorized;
        counts.categories.into_iter().for_each(|(name, items)| *self.categories.entry(name).or_default() += items);
    }

    fn shown(self, content_type: ContentType) -> TreeType {
        let distinct = self.categories.len() as u64;
        let mut categories: Vec<(Arc<str>, u64)> = self.categories.into_iter().collect();
        categories.sort_by_key(|(_, items)| Reverse(*items));
        categories.truncate(CATEGORIES_MAX);
        let value = |(name, count): (Arc<str>, u64)| ValueCount { value: name.to_string(), count };
        TreeType {
            content_type: content_type.name(),
            items: self.items,
            categories: categories.into_iter().map(value).collect(),
            distinct,
            uncategorized: self.uncategorized,
        }
    }
}

fn sums(engine: &Engine, wallet: &str, named: Option<&str>, of: &Listed) -> TreeResponse {
    let mut sums: BTreeMap<usize, Sum> = BTreeMap::new();
    for source in engine.tenants().into_iter().filter(|source| named.is_none_or(|named| *source.0 == *named)) {
        for counts in engine.supply_counts(&source, wallet, of) {
            sums.entry(counts.content_type.index()).or_default().add(counts);
        }
    }
    TreeResponse { content_types: sums.into_iter().map(|(at, sum)| sum.shown(ContentType::ALL[at])).collect() }
}

/// Read the tree of a wallet's supply
///
/// Content types, then categories, with the items that are delivered, of all source wallets.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/supply-list/tree", tag = "target wallets",
    params(("wallet" = String, Path, example = "GCASH"), TreeQuery), responses(
    (status = 200, description = "The tree", body = TreeResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn tree(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    Path(name): Path<String>,
    query: Result<Query<TreeQuery>, QueryRejection>,
) -> Result<Json<TreeResponse>, Problem> {
    let wallet = readable(&actor, &name)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let of = Listed {
        account_id: query.account_id.map(Into::into),
        merchant_id: query.merchant_id.map(Into::into),
        ..Listed::default()
    };
    let sums = move |engine: &Engine| sums(engine, &wallet, query.source_wallet.as_deref(), &of);
    Ok(Json(app.query(actor.tenant(), sums).await?))
}

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListQuery {
    /// Only of this type.
    #[param(example = "BENEFIT")]
    content_type: Option<String>,
    /// Only with this category, as the tree has it.
    category: Option<String>,
    /// Only what merchants with this account in the wallet deliver.
    #[param(example = "2102900000001172")]
    account_id: Option<String>,
    /// Only what this merchant delivers.
    merchant_id: Option<String>,
    /// Only of this source wallet.
    source_wallet: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// List a wallet's supply
///
/// What is delivered now, of all source wallets. What changes it is in the feed, `GET /api/v1/wallets/{wallet}/supply`.
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/supply-list/items", tag = "target wallets",
    params(("wallet" = String, Path, example = "GCASH"), ListQuery), responses(
    (status = 200, description = "A page of delivered items", body = DeliveredResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn items(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadSupply>,
    Path(name): Path<String>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wallet = readable(&actor, &name)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit) = (Place::read(query.after.as_deref())?, limit(query.limit.as_deref())?);
    let of = Listed {
        content_type: content_type(query.content_type.as_deref())?,
        category: query.category.map(Into::into),
        account_id: query.account_id.map(Into::into),
        merchant_id: query.merchant_id.map(Into::into),
    };
    app.query(actor.tenant(), move |engine| {
        let (items, next) =
            page(engine, query.source_wallet.as_deref(), after.as_ref(), limit, |source, after, limit| {
                let found = engine.supply_list(source, &wallet, &of, (after, limit));
                Ok(DeliveredItem::all(source, found.map_err(|e| Problem::set(&e))?))
            })?;
        Ok(Json(DeliveredResponse { items, next }).into_response())
    })
    .await?
}
