//! `GET /api/v1/sets/{name}/changes`: which items entered and left, when and why.

use crate::app::App;
use crate::auth::Tenant;
use crate::parameters::{SetName, limit, seq};
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::api::Seq;
use penstock_engine::sets;
use penstock_engine::supply::change::{Cause, Stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which changes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// Only changes of later records than this; from the first if not given.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// 1 to 1,000; 100 if not given. A page never ends inside a record, so it may have more.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// Changes of what the rules match, `matched`, or of what of it can be delivered, `deliverable`.
    #[param(default = "matched")]
    of: Option<String>,
}

/// Entries of a set's journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangesResponse {
    /// In order.
    changes: Vec<SetChange>,
    /// What the next page comes after; the same as asked for where there was nothing.
    next: Seq,
    /// Whether there are more now.
    more: bool,
}

/// An item entered or left.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetChange {
    /// The record.
    seq: Seq,
    /// `ENTERED` or `LEFT`.
    #[schema(value_type = String, example = "ENTERED")]
    change: &'static str,
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    #[schema(value_type = String)]
    content_id: Box<str>,
    /// The item's version then.
    content_version: i64,
    #[serde(flatten)]
    cause: Why,
}

/// Why an item entered or left.
#[derive(Debug, Serialize, ToSchema)]
pub struct Why {
    /// `CONTENT_VERSION`, `RULE_REVISION`, `TAG`, `ONBOARDING`, `POLICY`, `RISK_DECISION`, `CLOCK`, `PARENT_MERCHANT`, `TAKEN_OUT`, `PULLED`,
    /// `ACTIVATED` or `TERMINATED`.
    #[schema(value_type = String, example = "CONTENT_VERSION")]
    cause: &'static str,
    /// The revision, the tag's name or the merchantId, where the cause has one.
    pub detail: Option<String>,
}

impl From<Cause> for Why {
    fn from(cause: Cause) -> Why {
        let plain = |cause| Why { cause, detail: None };
        let with = |cause, detail: Box<str>| Why { cause, detail: Some(detail.into()) };
        match cause {
            Cause::Content => plain("CONTENT_VERSION"),
            Cause::Rules { revision } => with("RULE_REVISION", revision.to_string().into()),
            Cause::Tag { name } => with("TAG", name),
            Cause::Onboarding { merchant_id } => with("ONBOARDING", merchant_id),
            Cause::Policy => plain("POLICY"),
            Cause::Risk => plain("RISK_DECISION"),
            Cause::Clock => plain("CLOCK"),
            Cause::Merchant { merchant_id } => with("PARENT_MERCHANT", merchant_id),
            Cause::TakenOut => plain("TAKEN_OUT"),
            Cause::Pulled => plain("PULLED"),
            Cause::Activated { task } => with("ACTIVATED", task.to_string().into()),
            Cause::Terminated { task } => with("TERMINATED", task.to_string().into()),
        }
    }
}

/// How the wire calls a direction.
pub fn direction(entered: bool) -> &'static str {
    if entered { "ENTERED" } else { "LEFT" }
}

impl From<sets::SetChange> for SetChange {
    fn from(change: sets::SetChange) -> SetChange {
        SetChange {
            seq: change.seq,
            change: direction(change.entered),
            content_type: change.content_type.name(),
            content_id: change.content_id,
            content_version: change.content_version,
            cause: change.cause.into(),
        }
    }
}

/// How the wire calls what an item enters or leaves.
pub fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Matched => "matched",
        Stream::Deliverable => "deliverable",
        Stream::Delivered => "delivered",
    }
}

/// What an `of` names.
pub fn stream(of: Option<&str>) -> Result<Stream, Problem> {
    match of {
        None | Some("matched") => Ok(Stream::Matched),
        Some("deliverable") => Ok(Stream::Deliverable),
        Some(other) => Err(Problem::bad_request(format!("of must be matched or deliverable, not {other:?}"))),
    }
}

/// List a standing set's changes
///
/// The set's journal: applied in order to nothing, it gives the set. It begins with what the first definition matched.
#[utoipa::path(get, path = "/api/v1/sets/{name}/changes", tag = "sets",
    params(("name" = String, Path, example = "hotels"), ChangesQuery), responses(
    (status = 200, description = "Changes in order", body = ChangesResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn changes(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    SetName(name): SetName,
    query: Result<Query<ChangesQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (stream, after) = (stream(query.of.as_deref())?, seq("after", query.after.as_deref())?.unwrap_or(0));
    let limit = limit(query.limit.as_deref())?;
    app.query(&tenant.clone(), move |engine| {
        let page = engine.set_changes(&tenant, &name, stream, after, limit).map_err(|e| Problem::set(&e))?;
        let changes = page.changes.into_iter().map(SetChange::from).collect();
        // A page can be large: it is written here, off the async threads.
        Ok(Json(ChangesResponse { changes, next: page.next, more: page.more }).into_response())
    })
    .await?
}
