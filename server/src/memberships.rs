//! `GET /api/v1/items/{contentType}/{contentId}/memberships`: the sets that an item is in, and those that it was in.

use crate::app::App;
use crate::auth::Tenant;
use crate::parameters::{limit, seq};
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::need;
use crate::sets::changes::{Why, direction, stream_name};
use crate::sets::wire::step_name;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use penstock_engine::api::Seq;
use penstock_engine::sets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How much of the history to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembershipsQuery {
    /// Only entries of earlier records than this; from the newest if not given.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// 1 to 1,000; 100 if not given. A page never ends inside a record, so it may have more.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
}

/// An item's memberships.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipsResponse {
    /// The sets that match it now, by name.
    sets: Vec<MemberOf>,
    /// Entries and exits, newest first.
    history: Vec<HistoryEntry>,
    /// What to send as `before` for the next page; null after the last.
    next: Option<Seq>,
}

/// A set that matches the item.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberOf {
    #[schema(value_type = String, example = "hotels")]
    name: Box<str>,
    /// The first step of the funnel that stops it, or `deliverable`.
    #[schema(value_type = String, example = "deliverable")]
    state: &'static str,
}

/// The item entered or left a set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The set's name; null where it was removed.
    #[schema(value_type = Option<String>)]
    set: Option<Box<str>>,
    /// `matched`, or `deliverable`: what of the set it entered or left.
    #[schema(value_type = String, example = "matched")]
    of: &'static str,
    /// The record.
    seq: Seq,
    /// `ENTERED` or `LEFT`.
    #[schema(value_type = String, example = "ENTERED")]
    change: &'static str,
    /// The item's version then.
    content_version: i64,
    #[serde(flatten)]
    cause: Why,
}

impl From<sets::Membership> for HistoryEntry {
    fn from(membership: sets::Membership) -> HistoryEntry {
        let sets::Membership { set, stream, change } = membership;
        HistoryEntry {
            set,
            of: stream_name(stream),
            seq: change.seq,
            change: direction(change.entered),
            content_version: change.content_version,
            cause: change.cause.into(),
        }
    }
}

/// Read an item's memberships
#[utoipa::path(get, path = "/api/v1/items/{contentType}/{contentId}/memberships", tag = "sets",
    params(("contentType" = String, Path, example = "STORE"), ("contentId" = String, Path), MembershipsQuery), responses(
    (status = 200, description = "Sets and history", body = MembershipsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The item was never heard of", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn memberships(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<MembershipsQuery>, QueryRejection>,
) -> Result<Json<MembershipsResponse>, Problem> {
    let Path((type_name, content_id)) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let content_type = content_type(Some(&type_name))?.ok_or_else(|| Problem::not_found("no content type"))?;
    let before = seq("before", query.before.as_deref())?.unwrap_or(Seq::MAX);
    let limit = limit(query.limit.as_deref())?;
    let unknown = format!("there was never a {content_type} {content_id:?}");
    let (sets, history) = app
        .query(&tenant.clone(), move |engine| {
            let sets = engine.sets_holding(&tenant, content_type, &content_id);
            (sets, engine.item_history(&tenant, content_type, &content_id, before, limit))
        })
        .await?;
    let history = history.map_err(|e| Problem::set(&e))?.ok_or_else(|| Problem::not_found(unknown))?;
    let next = history.last().map(|oldest| oldest.change.seq).filter(|_| history.len() >= limit);
    let sets = sets.into_iter().map(|(name, step)| MemberOf { name, state: step_name(step) }).collect();
    Ok(Json(MembershipsResponse { sets, history: history.into_iter().map(HistoryEntry::from).collect(), next }))
}
