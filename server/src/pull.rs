//! `/api/v1/wallets/{wallet}/pull`: the source takes items, or all of a merchant, out of everything that goes to a wallet, at
//! once and without a review (F-7.6).

use crate::app::App;
use crate::auth::{Actor, Allowed};
use crate::body::ApiJson;
use crate::commands::{decide, refused, unexpected};
use crate::entries::{Read, all, invalid};
use crate::onboarding::MERCHANT_ID_BYTES_MAX;
use crate::parameters::{limit, wallet};
use crate::problem::Problem;
use crate::rights::{Operation, need};
use crate::sets::take_out::ItemKeyEntry;
use crate::tasks::require_target;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use penstock_engine::api::Seq;
use penstock_engine::command::{Command, CommandOutcome, ItemKey, Pull, WRITES_MAX};
use penstock_engine::target::{Pulled, PulledPlace};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The longest reason, characters.
const REASON_CHARS_MAX: usize = 2_000;

/// What to pull, or to let go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PullRequest {
    /// At most 1,000; they need not be there yet.
    #[schema(value_type = Option<Vec<ItemKeyEntry>>, max_items = 1000)]
    items: Option<Vec<Read<ItemKey>>>,
    /// At most 1,000: all that these merchants have and will have.
    #[schema(max_items = 1000)]
    merchant_ids: Option<Vec<String>>,
    /// Why; at most 2,000 characters.
    reason: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PullResponse {
    /// `APPLIED`, or `UNCHANGED` where all of it was so already.
    #[schema(value_type = String, example = "APPLIED")]
    outcome: &'static str,
    /// The record that decided it: what was delivered is withdrawn with it.
    seq: Seq,
}

/// Pull items
///
/// They, or all items of a merchant, are withdrawn from the wallet at once, whatever tasks deliver them, and stay out of all tasks
/// to it until they are let go. No review is asked for; the audit trail tells who, when and why.
#[utoipa::path(post, path = "/api/v1/wallets/{wallet}/pull", tag = "delivery", params(("wallet" = String, Path, example = "GCASH")),
    request_body = PullRequest, responses(
    (status = 200, description = "They are pulled", body = PullResponse),
    (status = 400, description = "Nothing to pull, or not a list of items; nothing was pulled", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn pull(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::PullItems>,
    Path(name): Path<String>,
    ApiJson(request): ApiJson<PullRequest>,
) -> Result<Json<PullResponse>, Problem> {
    send(&app, &actor, &name, request, true).await
}

/// Let pulled items go again
///
/// They are delivered like any others, as far as tasks hold them.
#[utoipa::path(post, path = "/api/v1/wallets/{wallet}/let-go", tag = "delivery", params(("wallet" = String, Path, example = "GCASH")),
    request_body = PullRequest, responses(
    (status = 200, description = "They are free", body = PullResponse),
    (status = 400, description = "Nothing to let go, or not a list of items; nothing was let go", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn let_go(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::PullItems>,
    Path(name): Path<String>,
    ApiJson(request): ApiJson<PullRequest>,
) -> Result<Json<PullResponse>, Problem> {
    send(&app, &actor, &name, request, false).await
}

async fn send(
    app: &App,
    actor: &Actor,
    name: &str,
    request: PullRequest,
    out: bool,
) -> Result<Json<PullResponse>, Problem> {
    let tenant = actor.source()?;
    let pull = read(wallet(name)?, request, out)?;
    if out {
        require_target(app, "", &pull.wallet).await?;
    }
    let (seq, outcome) = decide(app, tenant, actor.asker(), Command::Pull(pull)).await?;
    let outcome = match outcome {
        CommandOutcome::Applied => "APPLIED",
        CommandOutcome::Unchanged => "UNCHANGED",
        CommandOutcome::Refused(refusal) => return Err(refused(refusal, "")),
        other => return Err(unexpected(&other)),
    };
    Ok(Json(PullResponse { outcome, seq }))
}

fn read(wallet: Box<str>, request: PullRequest, out: bool) -> Result<Pull, Problem> {
    let PullRequest { items, merchant_ids, reason } = request;
    let items = match items {
        Some(items) if !items.is_empty() => all("items", items)?,
        _ => Vec::new(),
    };
    let merchants = merchant_ids.unwrap_or_default();
    if items.is_empty() && merchants.is_empty() {
        return Err(Problem::bad_request("send items, merchantIds or both"));
    }
    if merchants.len() > WRITES_MAX {
        let message = format!("merchantIds has {} entries; send at most {WRITES_MAX}", merchants.len());
        return Err(Problem::invalid(vec![invalid("/merchantIds", message)]));
    }
    let wrong = merchants.iter().position(|id| !(1..=MERCHANT_ID_BYTES_MAX).contains(&id.len()));
    if let Some(at) = wrong {
        let message = format!("a merchantId has 1 to {MERCHANT_ID_BYTES_MAX} bytes");
        return Err(Problem::invalid(vec![invalid(format!("/merchantIds/{at}"), message)]));
    }
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_CHARS_MAX) {
        let message = format!("reason has at most {REASON_CHARS_MAX} characters");
        return Err(Problem::invalid(vec![invalid("/reason", message)]));
    }
    let merchants = merchants.into_iter().map(Into::into).collect();
    Ok(Pull { wallet, items, merchants, out, reason: reason.map(Into::into) })
}

/// Which of what is pulled.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PulledQuery {
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// For those who work for a target wallet: the source wallet that has pulled. Else one's own.
    source_wallet: Option<String>,
}

/// A page of what is pulled.
#[derive(Debug, Serialize, ToSchema)]
pub struct PulledResponse {
    /// Items first, then merchants.
    pulled: Vec<PulledEntry>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
}

/// An item that is pulled, or a merchant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PulledEntry {
    /// Null where it is a merchant.
    #[schema(value_type = Option<String>, example = "STORE")]
    content_type: Option<&'static str>,
    #[schema(value_type = Option<String>)]
    content_id: Option<Box<str>>,
    /// The merchant that is pulled whole; null where it is an item.
    merchant_id: Option<String>,
    /// Live items that this keeps from the wallet.
    items: u64,
}

impl From<Pulled> for PulledEntry {
    fn from(pulled: Pulled) -> PulledEntry {
        match pulled {
            Pulled::Item { content_type, content_id, live } => PulledEntry {
                content_type: Some(content_type.name()),
                content_id: Some(content_id),
                merchant_id: None,
                items: u64::from(live),
            },
            Pulled::Merchant { merchant_id, items } => {
                PulledEntry { content_type: None, content_id: None, merchant_id: Some(merchant_id.to_string()), items }
            }
        }
    }
}

/// List what is pulled
#[utoipa::path(get, path = "/api/v1/wallets/{wallet}/pulled", tag = "delivery",
    params(("wallet" = String, Path, example = "GCASH"), PulledQuery), responses(
    (status = 200, description = "A page", body = PulledResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn pulled(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::ReadWallets>,
    Path(name): Path<String>,
    query: Result<Query<PulledQuery>, QueryRejection>,
) -> Result<Json<PulledResponse>, Problem> {
    let wallet = wallet(&name)?;
    actor.require_at(Operation::ReadWallets, &wallet)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (after, limit) = (query.after.as_deref().map(place).transpose()?, limit(query.limit.as_deref())?);
    let tenant = actor.source_named(&app, Operation::ReadWallets, query.source_wallet).await?;
    // One more than asked for tells whether there is a next page.
    let mut page = app.ask(move |engine| engine.pulled(&tenant, &wallet, after, limit + 1)).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().map(|(place, _)| spelled(*place)).filter(|_| more);
    Ok(Json(PulledResponse { pulled: page.into_iter().map(|(_, entry)| entry.into()).collect(), next }))
}

fn spelled(place: PulledPlace) -> String {
    match place {
        PulledPlace::Item(ordinal) => format!("i{ordinal:x}"),
        PulledPlace::Merchant(name) => format!("m{name:x}"),
    }
}

fn place(text: &str) -> Result<PulledPlace, Problem> {
    let number = |rest: &str| u32::from_str_radix(rest, 16).ok();
    let read = |text: &str| match text.split_at_checked(1)? {
        ("i", rest) => number(rest).map(PulledPlace::Item),
        ("m", rest) => number(rest).map(PulledPlace::Merchant),
        _ => None,
    };
    read(text).ok_or_else(|| Problem::bad_cursor("the cursor is not one of this list; send next as it was given"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_through_the_wire() {
        for written in [PulledPlace::Item(0), PulledPlace::Item(77), PulledPlace::Merchant(u32::MAX)] {
            assert_eq!(place(&spelled(written)).ok(), Some(written));
        }
        for bad in ["", "i", "x1", "é", "i-1", "m100000000"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
