//! The wire types of tasks.

use super::actions::{Offered, offered};
use super::id;
use crate::auth::Actor;
use crate::entries::invalid;
use crate::problem::Problem;
use crate::sets::wire::Funnel;
use penstock_engine::api::TenantId;
use penstock_engine::supply::funnel;
use penstock_engine::task::command::{DriftLimits, Schedule};
use penstock_engine::task::ticket::{Side, TicketKind, TicketStatus};
use penstock_engine::task::work::Job;
use penstock_engine::task::{Counts, DraftState, HiddenKind, LiveDraft, Stamp};
use penstock_engine::tasks::{Standing, TaskView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// After so long in one job an operator should look, milliseconds (D-60).
const AMBER_AFTER_MS: i64 = 10 * 60_000;
/// After so long somebody must.
const RED_AFTER_MS: i64 = 30 * 60_000;

/// Times before, in 2001, are no milliseconds that anybody means.
const EARLIEST_MS: i64 = 1_000_000_000_000;

/// When a task is to begin and end.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WireSchedule {
    /// Nothing is delivered before, epoch milliseconds.
    pub start_at: Option<i64>,
    /// All is taken back then, epoch milliseconds; approved with the task.
    pub end_at: Option<i64>,
}

impl WireSchedule {
    /// Refuses times that are seconds, or before there was anything to deliver.
    pub fn check(self) -> Result<(), Problem> {
        for (member, at) in [("startAt", self.start_at), ("endAt", self.end_at)] {
            if at.is_some_and(|at| at < EARLIEST_MS) {
                let message = format!(
                    "{member} is in milliseconds since the beginning of 1970 in UTC, such as 1767225600000 for the beginning \
                     of 2026, not in seconds; leave it away for {}",
                    if member == "startAt" { "at once" } else { "never" }
                );
                return Err(Problem::invalid(vec![invalid(format!("/schedule/{member}"), message)]));
            }
        }
        Ok(())
    }
}

impl From<WireSchedule> for Schedule {
    fn from(wire: WireSchedule) -> Schedule {
        Schedule { start_ms: wire.start_at, end_ms: wire.end_at }
    }
}

/// How far the set of a live task may drift from what was approved; beyond, items wait until somebody releases them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WireDrift {
    /// By so many in a hundred.
    pub percent: Option<u32>,
    /// By so many items.
    pub count: Option<u64>,
}

impl From<WireDrift> for DriftLimits {
    fn from(wire: WireDrift) -> DriftLimits {
        DriftLimits { percent: wire.percent, count: wire.count }
    }
}

/// Who, and when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireStamp {
    /// The account, or `key:` and the label or number of an API key.
    #[schema(value_type = String, example = "mei")]
    by: Box<str>,
    /// Epoch milliseconds.
    at: i64,
}

impl From<Stamp> for WireStamp {
    fn from(stamp: Stamp) -> WireStamp {
        WireStamp { by: stamp.by, at: stamp.ms }
    }
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskResponse {
    /// The source wallet and a number.
    #[schema(example = "GOF-12")]
    id: String,
    #[schema(value_type = String)]
    name: Box<str>,
    #[schema(value_type = String, example = "GOF")]
    source_wallet: String,
    #[schema(value_type = String, example = "GCASH")]
    target_wallet: Box<str>,
    /// `DRAFT`, `UNDER_REVIEW`, `REJECTED`, `APPROVED`, `TERMINATION_UNDER_REVIEW`, `TERMINATION_APPROVED` or `TERMINATION_REJECTED`.
    #[schema(value_type = String, example = "UNDER_REVIEW")]
    approval_status: penstock_engine::task::state::ApprovalStatus,
    /// `INACTIVE`, `ACTIVATING`, `ACTIVE`, `TERMINATING` or `TERMINATED`.
    #[schema(value_type = String, example = "INACTIVE")]
    task_status: penstock_engine::task::state::TaskStatus,
    /// Whose decision is awaited: `SOURCE`, `TARGET`, or both where they may decide in any order.
    #[schema(value_type = Vec<String>)]
    awaiting: Vec<Side>,
    /// What `If-Match` compares; the ETag.
    version: u64,
    /// Number of the revision that is delivered, or is to be.
    revision: u32,
    created: WireStamp,
    changed: WireStamp,
    /// Who submitted it last; null where nobody did.
    submitted: Option<WireStamp>,
    schedule: WireSchedule,
    /// Null where it may drift as it likes.
    drift: Option<WireDrift>,
    #[serde(flatten)]
    standing: WireStanding,
    /// The next revision of a live task; null where there is none.
    next: Option<NextRevision>,
    /// The open ticket, or the last one; null where it was never submitted.
    ticket: Option<TicketHead>,
    delivery: WireDelivery,
    /// The task from which this one was cloned, or its own id: tasks of one family differ in their wallets.
    family: String,
    /// Null for a task that is shown.
    hidden: Option<WireHidden>,
    /// What the asker can do with it now, and why not.
    actions: Vec<Offered>,
    /// The record that all counts are of.
    as_of: u64,
}

/// A task's rules, and what becomes of what they match.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireStanding {
    /// The rule text as sent.
    #[schema(value_type = String)]
    rules: Box<str>,
    /// The day of the exchange rates that the rules convert at; null where they convert nothing.
    fx_date: Option<String>,
    funnel: Funnel,
}

/// A live task's next revision.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextRevision {
    revision: u32,
    /// `DRAFT`, `UNDER_REVIEW` or `REJECTED`.
    #[schema(value_type = String, example = "DRAFT")]
    state: DraftState,
    begun: WireStamp,
    submitted: Option<WireStamp>,
    #[serde(flatten)]
    standing: WireStanding,
}

/// A ticket, in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketHead {
    #[schema(example = "GOF-7")]
    id: String,
    /// `DELIVER`, `REVISION` or `TERMINATE`.
    #[schema(value_type = String)]
    kind: TicketKind,
    /// `OPEN`, `APPROVED`, `REJECTED`, `WITHDRAWN` or `VOID`.
    #[schema(value_type = String)]
    status: TicketStatus,
}

/// What a task delivers, and what is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireDelivery {
    /// Items that it delivers.
    delivered: u64,
    /// Of them, items that the wallet could not take.
    failed: u64,
    /// Items that could be delivered and wait.
    waiting: u64,
    /// How many could be delivered when it was approved.
    approved: u64,
    /// The last activation or deactivation; null where there was none.
    job: Option<WireJob>,
    /// Since when items wait because the set has drifted, epoch milliseconds; null where they do not.
    held_back_since: Option<i64>,
}

/// An activation or deactivation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireJob {
    /// Epoch milliseconds; in the future where the task has a start.
    started_at: i64,
    /// Items attempted.
    done: u64,
    /// Items in all.
    total: u64,
    /// Items a second so far; null before the first step.
    rate: Option<f64>,
    /// Seconds until it is over, at this rate; null where that cannot be told.
    eta_seconds: Option<f64>,
    finished: bool,
    /// `OK`; `AMBER` when it takes longer than 10 minutes, `RED` when longer than 30.
    #[schema(value_type = String, example = "OK")]
    level: &'static str,
}

/// Why a task is not shown in lists.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireHidden {
    /// `DISCARDED` or `ARCHIVED`.
    #[schema(value_type = String)]
    kind: HiddenKind,
    #[serde(flatten)]
    stamp: WireStamp,
}

impl From<Counts> for Funnel {
    fn from(counts: Counts) -> Funnel {
        let Counts { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable } = counts;
        funnel::Funnel { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable }.into()
    }
}

impl From<Standing> for WireStanding {
    fn from(standing: Standing) -> WireStanding {
        WireStanding { rules: standing.rules, fx_date: standing.fx_date, funnel: standing.counts.into() }
    }
}

impl From<(LiveDraft, Standing)> for NextRevision {
    fn from((draft, standing): (LiveDraft, Standing)) -> NextRevision {
        NextRevision {
            revision: draft.revision,
            state: draft.state,
            begun: draft.begun.into(),
            submitted: draft.submitted.map(Into::into),
            standing: standing.into(),
        }
    }
}

/// A tenth is more than anybody can tell of a guess.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

impl WireJob {
    fn new(job: &Job, now_ms: i64) -> WireJob {
        let worked_ms = job.stepped_ms - job.started_ms;
        let rate = (worked_ms > 0).then(|| job.done as f64 * 1e3 / worked_ms as f64);
        let left = job.total.saturating_sub(job.done) as f64;
        let age_ms = if job.finished { 0 } else { now_ms - job.started_ms };
        WireJob {
            started_at: job.started_ms,
            done: job.done,
            total: job.total,
            rate: rate.map(rounded),
            eta_seconds: rate.filter(|rate| *rate > 0.0 && !job.finished).map(|rate| rounded(left / rate)),
            finished: job.finished,
            level: match age_ms {
                age if age > RED_AFTER_MS => "RED",
                age if age > AMBER_AFTER_MS => "AMBER",
                _ => "OK",
            },
        }
    }
}

impl TaskResponse {
    /// A task as somebody sees it at a time.
    pub fn new(source: &TenantId, view: TaskView, actor: &Actor, now_ms: i64) -> TaskResponse {
        let TaskView { task, standing, next, ticket, held, failed, waiting, as_of } = view;
        let submits = next.as_ref().map_or(&standing, |(_, standing)| standing).counts;
        let actions = offered(&task, submits, actor, actor.tenant() == source);
        let next = next.filter(|_| id::sees_next(actor, source, &task));
        let head = |ticket: &penstock_engine::task::ticket::Ticket| TicketHead {
            id: id::of(&source.0, ticket.id),
            kind: ticket.kind,
            status: ticket.status,
        };
        TaskResponse {
            id: id::of(&source.0, task.id),
            name: task.name,
            source_wallet: source.0.to_string(),
            target_wallet: task.target_wallet,
            approval_status: task.state.approval_status(),
            task_status: task.state.task_status(),
            awaiting: ticket.as_ref().map(|ticket| ticket.awaited()).unwrap_or_default(),
            version: task.version,
            revision: task.revision,
            created: task.created.into(),
            changed: task.changed.into(),
            submitted: task.submitted.map(Into::into),
            schedule: WireSchedule { start_at: task.schedule.start_ms, end_at: task.schedule.end_ms },
            drift: task.drift.map(|drift| WireDrift { percent: drift.percent, count: drift.count }),
            standing: standing.into(),
            next: next.map(NextRevision::from),
            ticket: ticket.as_ref().map(head),
            delivery: WireDelivery {
                delivered: held,
                failed,
                waiting,
                approved: task.delivery.baseline,
                job: task.delivery.job.as_ref().map(|job| WireJob::new(job, now_ms)),
                held_back_since: task.delivery.brake.map(|brake| brake.since_ms),
            },
            family: id::of(&source.0, task.family),
            hidden: task.hidden.map(|hidden| WireHidden { kind: hidden.kind, stamp: hidden.stamp.into() }),
            actions,
            as_of,
        }
    }

    /// The task's version.
    pub fn version(&self) -> u64 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_tells_its_rate_and_what_is_left_and_ages() {
        let job = Job { started_ms: 1_000, stepped_ms: 3_000, done: 50, total: 200, finished: false };
        let wire = WireJob::new(&job, 4_000);
        assert_eq!((wire.rate, wire.eta_seconds, wire.level), (Some(25.0), Some(6.0), "OK"));
        assert_eq!(WireJob::new(&job, 1_000 + AMBER_AFTER_MS + 1).level, "AMBER");
        assert_eq!(WireJob::new(&job, 1_000 + RED_AFTER_MS + 1).level, "RED");
        let finished = Job { finished: true, ..job };
        assert_eq!(WireJob::new(&finished, i64::MAX).level, "OK");
        let waiting = WireJob::new(&Job::begin(9_000, 10), 1_000);
        assert_eq!((waiting.rate, waiting.eta_seconds, waiting.level), (None, None, "OK"));
    }
}
