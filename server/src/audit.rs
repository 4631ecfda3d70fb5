//! `/api/v1/audit`: what was done, by whom, when, and what came of it.

use crate::app::App;
use crate::auth::Actor;
use crate::download::{self, Cell, Format, Head, Rows};
use crate::parameters::limit;
use crate::problem::Problem;
use crate::rights::Operation;
use crate::tasks::id::{Numbered, of, seen, sees};
use crate::tasks::no_such_task;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use penstock_engine::Engine;
use penstock_engine::api::{Seq, TenantId};
use penstock_engine::supply::journal::{JournalError, Range, Wanted};
use penstock_engine::task::event::{Event, What};
use penstock_engine::tasks::Audited;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use utoipa::{IntoParams, ToSchema};

/// Entries that an export reads at a time.
const PAGE_ENTRIES: usize = 1_000;
/// As in the list.
const COLUMNS: &[&str] = &["id", "at", "by", "task", "ticket", "what", "outcome", "detail", "items"];

/// Which entries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only what was done to this task, which may be one that leads to the own target wallet. Else all of the own source wallet.
    task: Option<String>,
    /// For those who work for a target wallet: the source wallet whose tasks to read of, as far as they lead to the own wallet
    /// and can be seen.
    #[serde(rename = "sourceWallet")]
    source_wallet: Option<String>,
    /// `asc` for the oldest first.
    #[param(default = "desc")]
    order: Option<String>,
    /// 1 to 1,000; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditResponse {
    /// Newest first, or as asked for.
    entries: Vec<AuditEntry>,
    /// What the next page comes after; null after the last.
    next: Option<String>,
}

/// An entry of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The record, and the entry's place among those of the record.
    #[schema(example = "4711.0")]
    id: String,
    /// Epoch milliseconds.
    at: i64,
    /// The account, `key:` and the label or number of an API key, or `system`.
    #[schema(value_type = String, example = "mei")]
    by: Box<str>,
    #[schema(example = "GOF-12")]
    task: Option<String>,
    #[schema(example = "GOF-7")]
    ticket: Option<String>,
    /// The command, such as `submit`, or what the system did: `activated`, `deactivated`, `ended`, `braked`, `fixed`, `empty`.
    #[schema(value_type = String, example = "submit")]
    what: Box<str>,
    /// `DONE` or `REFUSED`.
    #[schema(value_type = String, example = "DONE")]
    outcome: &'static str,
    /// The reason that was given, why it was refused, or what it was about.
    #[schema(value_type = Option<String>)]
    detail: Option<Box<str>>,
    /// Items that it was about.
    items: Option<u64>,
}

impl AuditEntry {
    /// An entry of a source wallet's trail.
    pub fn new(source: &str, ((seq, n), event): Audited) -> AuditEntry {
        let Event { stamp, task, ticket, what } = event;
        let (what, outcome, detail, items): (Box<str>, _, Option<Box<str>>, _) = match what {
            What::Done { command, reason, items } => (command, "DONE", reason, Some(items).filter(|n| *n > 0)),
            What::Refused { command, why } => (command, "REFUSED", Some(why), None),
            What::Command { command, subject, applied } => {
                (command, if applied { "DONE" } else { "REFUSED" }, Some(subject), None)
            }
            What::Activated { items } => ("activated".into(), "DONE", None, Some(items)),
            What::Deactivated => ("deactivated".into(), "DONE", None, None),
            What::Ended => ("ended".into(), "DONE", None, None),
            What::Braked { held, baseline } => {
                ("braked".into(), "DONE", Some(format!("{held} items held, {baseline} approved").into()), None)
            }
            What::Fixed { items } => ("fixed".into(), "DONE", None, Some(items)),
            What::Empty => ("empty".into(), "DONE", None, None),
            What::Failed { items } => ("failed".into(), "DONE", None, Some(items)),
        };
        AuditEntry {
            id: format!("{seq}.{n}"),
            at: stamp.ms,
            by: stamp.by,
            task: task.map(|task| of(source, task)),
            ticket: ticket.map(|ticket| of(source, ticket)),
            what,
            outcome,
            detail,
            items,
        }
    }
}

impl AuditEntry {
    fn row(&self, table: &mut Rows) -> io::Result<()> {
        table.row(&[
            Cell::Text(&self.id),
            Cell::Number(self.at),
            Cell::Text(&self.by),
            self.task.as_deref().into(),
            self.ticket.as_deref().into(),
            Cell::Text(&self.what),
            Cell::Text(self.outcome),
            self.detail.as_deref().into(),
            self.items.map_or(Cell::Nothing, |items| Cell::Number(items as i64)),
        ])
    }
}

/// Read the audit trail
///
/// Every command that changes a source wallet's tasks, sets, tags, onboarding, policies, risk decisions and rates, refused ones
/// too, and what the system did for tasks.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery), responses(
    (status = 200, description = "A page of entries", body = AuditResponse),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn list(
    State(app): State<App>,
    actor: Actor,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    actor.require(Operation::ReadAudit)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let limit = limit(query.limit.as_deref())?;
    let range = range(query.order.as_deref(), query.after.as_deref())?;
    if query.task.is_none() && query.source_wallet.is_none() && actor.source().is_err() {
        let wallet = &actor.tenant().0;
        let why =
            format!("{wallet} is no source wallet: name a task, or the sourceWallet of tasks that lead to {wallet}");
        return Err(Problem::bad_request(why));
    }
    let (tenant, subject) = subject(&app, &actor, query.task.as_deref(), query.source_wallet).await?;
    app.query(&tenant.clone(), move |engine| {
        // One more than asked for tells whether there is a next page.
        let found = match subject.is_none() && actor.tenant() != &tenant {
            true => seen_entries(engine, &actor, &tenant, range, limit + 1),
            false => engine.audit(&tenant, Wanted { subject, range }, limit + 1),
        };
        let mut entries = found.map_err(|e| Problem::internal(&e.to_string()))?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let entries: Vec<_> = entries.into_iter().map(|entry| AuditEntry::new(&tenant.0, entry)).collect();
        let next = entries.last().map(|entry| entry.id.clone()).filter(|_| more);
        Ok(Json(AuditResponse { entries, next }).into_response())
    })
    .await?
}

/// The first entries about tasks that somebody of another wallet sees.
fn seen_entries(
    engine: &Engine,
    actor: &Actor,
    source: &TenantId,
    mut range: Range,
    limit: usize,
) -> Result<Vec<Audited>, JournalError> {
    let mut found = Vec::new();
    let mut known: HashMap<u32, bool> = HashMap::new();
    let mut is_seen = |id: u32| {
        *known.entry(id).or_insert_with(|| engine.task(source, id).is_some_and(|view| sees(actor, source, &view.task)))
    };
    while found.len() < limit {
        let page = engine.audit(source, Wanted { subject: None, range }, PAGE_ENTRIES)?;
        let Some(last) = page.last().map(|(place, _)| *place) else { break };
        found.extend(page.into_iter().filter(|(_, event)| event.task.is_some_and(&mut is_seen)));
        range = match range {
            Range::After(_) => Range::After(last),
            Range::Before(_) => Range::Before(last),
        };
    }
    found.truncate(limit);
    Ok(found)
}

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `ndjson` or `csv`.
    #[param(default = "ndjson")]
    format: Option<String>,
    /// Only what was done to this task, as in the list.
    task: Option<String>,
}

/// Export the audit trail
///
/// All of it, oldest first; `X-Total-Count` says how many entries come. What comes after the request is not in it.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(ExportQuery), responses(
    (status = 200, description = "A file", body = String, content_type = "application/x-ndjson",
        headers(("X-Total-Count" = u64, description = "Entries that come"), ("Content-Disposition" = String))),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Somebody who may not", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "There are too many downloads", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = []), ("session" = [])))]
pub async fn export(
    State(app): State<App>,
    actor: Actor,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    actor.require(Operation::ReadAudit)?;
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let format = Format::of(query.format.as_deref(), &[Format::Ndjson, Format::Csv])?;
    let (tenant, subject) = subject(&app, &actor, query.task.as_deref(), None).await?;
    let of = tenant.clone();
    let counted = app.query(actor.tenant(), move |engine| engine.count_audit(&of, subject)).await?;
    let (rows, last) = counted.map_err(|e| Problem::internal(&e.to_string()))?;
    let name = format!("{}-audit", query.task.as_deref().unwrap_or(&tenant.0));
    let head = Head { name, format, columns: COLUMNS, rows };
    download::answer(&app, actor.tenant(), head, move |engine, table| {
        let (mut after, Some(last)) = ((0, 0), last) else { return Ok(()) };
        while after < last {
            let wanted = Wanted { subject, range: Range::After(after) };
            let page = engine.audit(&tenant, wanted, PAGE_ENTRIES).map_err(io::Error::other)?;
            let Some((read_to, _)) = page.last() else { break };
            after = *read_to;
            let page = page.into_iter().filter(|(place, _)| *place <= last);
            page.map(|entry| AuditEntry::new(&tenant.0, entry)).try_for_each(|entry| entry.row(table))?;
        }
        Ok(())
    })
}

/// Whose trail somebody may read, and about which task.
async fn subject(
    app: &App,
    actor: &Actor,
    task: Option<&str>,
    source_wallet: Option<String>,
) -> Result<(TenantId, Option<u32>), Problem> {
    match task {
        Some(task) => {
            let id = Numbered::read(task).ok_or_else(no_such_task)?;
            let task = seen(app, actor, &id).await?.task.id;
            Ok((id.source, Some(task)))
        }
        None => Ok((actor.source_named(app, Operation::ReadAudit, source_wallet).await?, None)),
    }
}

fn range(order: Option<&str>, after: Option<&str>) -> Result<Range, Problem> {
    let wrong = || Problem::bad_cursor("after is no next of this list");
    let place = |text: &str| -> Option<(Seq, u32)> {
        let (seq, n) = text.split_once('.')?;
        Some((seq.parse().ok()?, n.parse().ok()?))
    };
    let after = after.map(|after| place(after).ok_or_else(wrong)).transpose()?;
    match order {
        Some("asc") => Ok(Range::After(after.unwrap_or((0, 0)))),
        None | Some("desc") => Ok(Range::Before(after.unwrap_or((Seq::MAX, u32::MAX)))),
        Some(other) => Err(Problem::bad_request(format!("order must be asc or desc, not {other:?}"))),
    }
}
