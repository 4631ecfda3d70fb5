//! `/api/v1/tickets`: requests for approval, and decisions (R077-R083).

use crate::app::App;
use crate::auth::Actor;
use crate::body::ApiJson;
use crate::parameters::{limit, words};
use crate::preview::PreviewItem;
use crate::private::now_ms;
use crate::problem::Problem;
use crate::rights::Operation;
use crate::sets::wire::Funnel;
use crate::tasks::conditions::Conditions;
use crate::tasks::id::{Numbered, of, sees};
use crate::tasks::list::{sources, spelled};
use crate::tasks::wire::{TaskResponse, WireStamp};
use crate::tasks::{decide_task, no_such_ticket};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_dsl::echo::{Echo, Language, echo};
use penstock_engine::api::TenantId;
use penstock_engine::task::Task;
use penstock_engine::task::command::{Decide, TaskCommand};
use penstock_engine::task::ticket::{Decision, Side, Ticket, TicketKind, TicketStatus};
use penstock_engine::tasks::Impact;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A request for approval.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketResponse {
    /// The source wallet and a number.
    #[schema(example = "GOF-7")]
    id: String,
    /// The task that it is about.
    #[schema(example = "GOF-12")]
    task: String,
    #[schema(value_type = String)]
    task_name: Box<str>,
    source_wallet: String,
    #[schema(value_type = String)]
    target_wallet: Box<str>,
    /// `DELIVER`, `REVISION` or `TERMINATE`.
    #[schema(value_type = String)]
    kind: TicketKind,
    /// `OPEN`, `APPROVED`, `REJECTED`, `WITHDRAWN` or `VOID`.
    #[schema(value_type = String)]
    status: TicketStatus,
    /// Whose decision is awaited now.
    #[schema(value_type = Vec<String>)]
    awaiting: Vec<Side>,
    opened: WireStamp,
    /// Why, where it was said.
    #[schema(value_type = Option<String>)]
    reason: Option<Box<str>>,
    decisions: Vec<WireDecision>,
    /// Epoch milliseconds; null while it is open.
    closed_at: Option<i64>,
    /// What exactly is approved: nothing of it changes.
    pinned: WirePinned,
}

/// What somebody decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct WireDecision {
    /// `SOURCE` or `TARGET`.
    #[schema(value_type = String)]
    side: Side,
    approved: bool,
    #[serde(flatten)]
    stamp: WireStamp,
    #[schema(value_type = Option<String>)]
    reason: Option<Box<str>>,
}

/// The revision that is approved.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WirePinned {
    revision: u32,
    /// The rule text.
    #[schema(value_type = String)]
    rules: Box<str>,
    fx_date: Option<String>,
    /// Equal for equal meanings.
    #[schema(value_type = String)]
    rule_hash: Box<str>,
    /// Items taken out.
    excluded: u64,
    /// The target wallet's policy versions: MERCHANT, STORE, BENEFIT, LOCAL_SKU; null where the default holds.
    policies: Vec<Option<i64>>,
    /// The funnel when it was submitted.
    funnel: Funnel,
    /// The record of the submission.
    as_of: u64,
}

impl TicketResponse {
    fn new(source: &TenantId, ticket: Ticket, task: &Task) -> TicketResponse {
        let awaiting = ticket.awaited();
        let decision = |decision: Decision| WireDecision {
            side: decision.side,
            approved: decision.approved,
            stamp: decision.stamp.into(),
            reason: decision.reason,
        };
        let pinned = ticket.pinned;
        TicketResponse {
            id: of(&source.0, ticket.id),
            task: of(&source.0, ticket.task),
            task_name: task.name.clone(),
            source_wallet: source.0.to_string(),
            target_wallet: task.target_wallet.clone(),
            kind: ticket.kind,
            status: ticket.status,
            awaiting,
            opened: ticket.opened.into(),
            reason: ticket.reason,
            decisions: ticket.decisions.into_iter().map(decision).collect(),
            closed_at: ticket.closed_ms,
            pinned: WirePinned {
                revision: pinned.revision,
                rules: pinned.rules,
                fx_date: pinned.fx_date,
                rule_hash: pinned.rule_hash,
                excluded: pinned.excluded,
                policies: pinned.policies,
                funnel: pinned.counts.into(),
                as_of: pinned.as_of,
            },
        }
    }
}

/// Which tickets to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TicketsQuery {
    /// `approvals` for those that the asker can decide now, `requests` for those that the asker opened; all that the asker sees
    /// if not given.
    mine: Option<String>,
    /// Only tickets with one of these statuses, separated by commas, such as `OPEN,REJECTED`.
    status: Option<String>,
    /// Only tickets of this kind: `DELIVER`, `REVISION` or `TERMINATE`.
    kind: Option<String>,
    /// Only tickets of this task.
    task: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of tickets.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketsResponse {
    /// By source wallet, of each the newest first.
    tickets: Vec<TicketResponse>,
    /// What the next page comes after; null after the last.
    next: Option<String>,
}

/// List tickets
///
/// My approvals, my requests, or all that one sees.
#[utoipa::path(get, path = "/api/v1/tickets", tag = "tickets", params(TicketsQuery), responses(
    (status = 200, description = "A page of tickets", body = TicketsResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn list(
    State(app): State<App>,
    actor: Actor,
    query: Result<Query<TicketsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    actor.require(Operation::ReadTasks)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let filter = Filter::read(&query)?;
    if !matches!(query.mine.as_deref(), None | Some("approvals" | "requests")) {
        return Err(Problem::bad_request("mine must be approvals or requests"));
    }
    let after = match &query.after {
        Some(after) => Some(Numbered::read(after).ok_or_else(|| Problem::bad_cursor("after is no next of this list"))?),
        None => None,
    };
    let asked = actor.tenant().clone();
    app.query(&asked, move |engine| {
        let mut tickets = Vec::new();
        let from = |tenant: &TenantId| after.as_ref().is_none_or(|after| *tenant >= after.source);
        for tenant in sources(engine, &actor).into_iter().filter(from) {
            let before = after.as_ref().filter(|after| after.source == tenant).map(|after| after.number);
            let wanted = |ticket: &Ticket, task: &Task| filter.wants(&actor, &tenant, ticket, task);
            for (ticket, task) in engine.tickets(&tenant, before, limit + 1 - tickets.len(), wanted) {
                tickets.push(TicketResponse::new(&tenant, ticket, &task));
            }
            if tickets.len() > limit {
                break;
            }
        }
        let more = tickets.len() > limit;
        tickets.truncate(limit);
        let next = tickets.last().map(|ticket| ticket.id.clone()).filter(|_| more);
        Ok(Json(TicketsResponse { tickets, next }).into_response())
    })
    .await?
}

/// What a list is filtered by.
struct Filter {
    mine: Option<String>,
    status: Option<Vec<String>>,
    kind: Option<Vec<String>>,
    task: Option<Numbered>,
}

impl Filter {
    fn read(query: &TicketsQuery) -> Result<Filter, Problem> {
        let statuses = TicketStatus::ALL.map(|status| spelled(&status));
        let kinds = TicketKind::ALL.map(|kind| spelled(&kind));
        let wrong = |id: &String| Problem::bad_request(format!("task must be a task's id such as GOF-12, not {id:?}"));
        Ok(Filter {
            mine: query.mine.clone(),
            status: words("status", query.status.as_deref(), &statuses)?,
            kind: words("kind", query.kind.as_deref(), &kinds)?,
            task: query.task.as_ref().map(|id| Numbered::read(id).ok_or_else(|| wrong(id))).transpose()?,
        })
    }

    fn wants(&self, actor: &Actor, source: &TenantId, ticket: &Ticket, task: &Task) -> bool {
        let among = |wanted: &Option<Vec<String>>, name: String| wanted.as_ref().is_none_or(|all| all.contains(&name));
        let mine = match self.mine.as_deref() {
            Some("approvals") => side(actor, source, ticket, task).is_some() && !ticket.involves(task, actor.name()),
            Some(_) => *ticket.opened.by == *actor.name(),
            None => true,
        };
        mine && sees(actor, source, task)
            && among(&self.status, spelled(&ticket.status))
            && among(&self.kind, spelled(&ticket.kind))
            && self.task.as_ref().is_none_or(|id| id.source == *source && id.number == ticket.task)
    }
}

/// The side for which somebody can decide a ticket now.
fn side(actor: &Actor, source: &TenantId, ticket: &Ticket, task: &Task) -> Option<Side> {
    let can = |side: &Side| match side {
        Side::Source => actor.tenant() == source && actor.may(as_source(ticket.kind)),
        Side::Target => {
            *task.target_wallet == *actor.tenant().0
                && actor.is_at_target()
                && actor.may(Operation::DecideDeliveryAsTarget)
        }
    };
    ticket.awaited().into_iter().find(|side| can(side))
}

fn as_source(kind: TicketKind) -> Operation {
    match kind {
        TicketKind::Terminate => Operation::DecideTermination,
        TicketKind::Deliver | TicketKind::Revision => Operation::DecideDeliveryAsSource,
    }
}

/// A ticket with all that helps to decide it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketDetails {
    #[serde(flatten)]
    ticket: TicketResponse,
    /// The task as it stands.
    #[serde(rename = "taskNow")]
    task_now: TaskResponse,
    /// The pinned rules in plain English.
    plain: Option<Echo>,
    /// The pinned rules in plain Chinese.
    #[serde(rename = "plainZhHant")]
    plain_zh_hant: Option<Echo>,
    impact: WireImpact,
    /// The side for which the asker can decide it now; null where the asker cannot.
    #[serde(rename = "canDecideAs")]
    #[schema(value_type = Option<String>)]
    can_decide_as: Option<Side>,
}

/// What an approval would change, as of now.
#[derive(Debug, Serialize, ToSchema)]
pub struct WireImpact {
    /// The funnel now of what was submitted.
    funnel: Funnel,
    /// Items that it would deliver and the task does not now.
    added: u64,
    /// Items that it would take back.
    removed: u64,
    /// Items that stay as they are.
    kept: u64,
    /// Other live tasks of the wallet that share items with it, most first.
    overlaps: Vec<Overlap>,
    /// Some of the items that it is about.
    sample: Vec<PreviewItem>,
    /// Whether nothing could be delivered now: it would be live with an empty set.
    empty: bool,
}

/// A task that shares items.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overlap {
    #[schema(example = "GOF-3")]
    task: String,
    #[schema(value_type = String)]
    name: Box<str>,
    /// Items that both have.
    items: u64,
}

impl WireImpact {
    fn new(source: &TenantId, impact: Impact) -> WireImpact {
        let overlap = |(task, name, items): (u32, Box<str>, u64)| Overlap { task: of(&source.0, task), name, items };
        WireImpact {
            empty: impact.counts.deliverable == 0,
            funnel: impact.counts.into(),
            added: impact.added,
            removed: impact.removed,
            kept: impact.kept,
            overlaps: impact.overlaps.into_iter().map(overlap).collect(),
            sample: impact.sample.into_iter().map(PreviewItem::from).collect(),
        }
    }
}

/// Read a ticket
///
/// With its impact card: what the pinned rules mean in plain words, what an approval would change now, which other tasks share
/// its items, and some of them.
#[utoipa::path(get, path = "/api/v1/tickets/{id}", tag = "tickets", params(("id" = String, Path, example = "GOF-7")), responses(
    (status = 200, description = "The ticket", body = TicketDetails),
    (status = 404, description = "There is no such ticket, or the asker may not see it", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn get(State(app): State<App>, actor: Actor, id: Numbered) -> Result<Response, Problem> {
    actor.require(Operation::ReadTasks)?;
    let Numbered { source, number } = id;
    app.query(&source.clone(), move |engine| {
        let found = engine.ticket(&source, number).map_err(|e| Problem::set(&e))?;
        let (ticket, view, impact) =
            found.filter(|(_, view, _)| sees(&actor, &source, &view.task)).ok_or_else(no_such_ticket)?;
        let options = engine.check_options(&source, ticket.pinned.fx_date.as_deref());
        let rules = ticket.pinned.rules.clone();
        let plain = |language| {
            let options = options.as_ref().ok()?;
            echo(&rules, options, language).ok()
        };
        let details = TicketDetails {
            plain: plain(Language::English),
            plain_zh_hant: plain(Language::Chinese),
            impact: WireImpact::new(&source, impact),
            can_decide_as: side(&actor, &source, &ticket, &view.task)
                .filter(|_| !ticket.involves(&view.task, actor.name())),
            ticket: TicketResponse::new(&source, ticket, &view.task),
            task_now: TaskResponse::new(&source, view, &actor, now_ms()),
        };
        Ok(Json(details).into_response())
    })
    .await?
}

/// A decision.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// Needed to reject: 5 to 2,000 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// Approve a ticket
///
/// For the side at which the asker works. Never one's own request, and never for both sides.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/approve", tag = "tickets", params(("id" = String, Path, example = "GOF-7")),
    request_body = DecisionRequest, responses(
    (status = 200, description = "The ticket then", body = TicketDetails),
    (status = 403, description = "Somebody who may not, or one's own request", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such ticket", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is decided, or it is for another side now", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn approve(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(request): ApiJson<DecisionRequest>,
) -> Result<Response, Problem> {
    decide(app, actor, id, conditions, request, true).await
}

/// Reject a ticket
///
/// For the side at which the asker works; a reason is needed.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/reject", tag = "tickets", params(("id" = String, Path, example = "GOF-7")),
    request_body = DecisionRequest, responses(
    (status = 200, description = "The ticket then", body = TicketDetails),
    (status = 403, description = "Somebody who may not, or one's own request", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such ticket", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is decided, or it is for another side now", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A reason is needed", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn reject(
    State(app): State<App>,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    ApiJson(request): ApiJson<DecisionRequest>,
) -> Result<Response, Problem> {
    decide(app, actor, id, conditions, request, false).await
}

async fn decide(
    app: App,
    actor: Actor,
    id: Numbered,
    conditions: Conditions,
    request: DecisionRequest,
    approve: bool,
) -> Result<Response, Problem> {
    let (source, number) = (id.source.clone(), id.number);
    let found = app.ask(move |engine| engine.ticket(&source, number)).await?.map_err(|e| Problem::set(&e))?;
    let (ticket, view, _) =
        found.filter(|(_, view, _)| sees(&actor, &id.source, &view.task)).ok_or_else(no_such_ticket)?;
    let side = match side(&actor, &id.source, &ticket, &view.task) {
        Some(side) => side,
        None => own_side(&actor, &id.source, &ticket)?,
    };
    let reason = request.reason.map(Into::into);
    let decide = Decide { ticket: number, side, wallet: (*actor.tenant().0).into(), approve, reason };
    decide_task(&app, &actor, &id.source, &conditions, TaskCommand::Decide(decide), "").await?;
    get(State(app), actor, id).await
}

/// The side at which somebody works, where it is not that side's turn: the fold says so. 403 for who decides for none.
fn own_side(actor: &Actor, source: &TenantId, ticket: &Ticket) -> Result<Side, Problem> {
    if actor.tenant() == source && actor.may(as_source(ticket.kind)) {
        return Ok(Side::Source);
    }
    if actor.is_at_target() && actor.tenant() != source && ticket.kind != TicketKind::Terminate {
        return actor.require(Operation::DecideDeliveryAsTarget).map(|()| Side::Target);
    }
    Err(actor.require(as_source(ticket.kind)).err().unwrap_or_else(no_such_ticket))
}
