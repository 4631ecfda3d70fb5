//! `GET /api/v1/sets/{name}/events`: a set's changes as they come, as server-sent events.
//!
//! A stream reads the set's journal page by page and asks a few times a second whether there is more; nothing is pushed, so
//! a slow client costs one page of memory and no record waits for it.

use super::changes::{SetChange, stream};
use crate::app::{App, STREAMS_OF_A_TENANT};
use crate::auth::Tenant;
use crate::parameters::{LIMIT_MAX, SetName, seq};
use crate::pieces::Pieces;
use crate::problem::Problem;
use crate::rights::need;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use penstock_engine::api::{Seq, TenantId};
use penstock_engine::sets::{SetChanges, SetError};
use penstock_engine::supply::change::{JournalId, Stream};
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Sender, channel};
use utoipa::IntoParams;

/// How often the engine is asked for a new record.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// A quiet stream says that it lives.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// Events are handed over in pieces of about this size, bytes: small, for they are written on the async threads.
const PIECE_BYTES: usize = 8 * 1024;
/// Pieces that wait for a slow client.
const PIECES_MAX: usize = 4;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only changes of later records than this; from the first if not given. The header `Last-Event-ID` goes before it.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// Changes of what the rules match, `matched`, or of what of it can be delivered, `deliverable`.
    #[param(default = "matched")]
    of: Option<String>,
}

/// Follow a standing set's changes
///
/// Server-sent events: `event: change`, its data as an entry of `changes`. The last change of each record has the record as its
/// `id`, so that a stream which resumes after an id misses nothing and repeats at most what came without one. A quiet stream sends a
/// comment every 15 seconds. `event: gone` is the last where the set is removed.
#[utoipa::path(get, path = "/api/v1/sets/{name}/events", tag = "sets",
    params(("name" = String, Path, example = "hotels"), ("Last-Event-ID" = Option<u64>, Header), EventsQuery), responses(
    (status = 200, description = "Changes, for as long as the client listens", body = String, content_type = "text/event-stream"),
    (status = 400, description = "A bad parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such set", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "The tenant has too many streams open", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn events(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    SetName(name): SetName,
    headers: HeaderMap,
    query: Result<Query<EventsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::query(&e))?;
    let (stream, after) = (stream(query.of.as_deref())?, resumed(&headers, query.after.as_deref())?);
    let permit = app.stream(&tenant).ok_or_else(too_many)?;
    let feed = Feed { app, tenant, name, stream, after, seen: 0, journal: None };
    let first = feed.read().await?.map_err(|e| Problem::set(&e))?;
    let (sender, receiver) = channel(PIECES_MAX);
    tokio::spawn(async move {
        let _permit = permit;
        feed.run(first, &sender).await;
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::new(Pieces::endless(receiver))).into_response())
}

/// The record to go on after.
fn resumed(headers: &HeaderMap, after: Option<&str>) -> Result<Seq, Problem> {
    let last = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()));
    let last = seq("Last-Event-ID", last.as_deref().filter(|id| !id.is_empty()))?;
    Ok(last.or(seq("after", after)?).unwrap_or(0))
}

fn too_many() -> Problem {
    let detail =
        format!("{STREAMS_OF_A_TENANT} event streams of this tenant are open already; close one, or ask for changes");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", "There are too many streams", detail)
}

/// A stream at work.
struct Feed {
    app: App,
    tenant: TenantId,
    name: Box<str>,
    stream: Stream,
    /// The last record that was told.
    after: Seq,
    /// The newest record when the journal was last read.
    seen: Seq,
    /// The set's journal, once it was read: another one is another set.
    journal: Option<JournalId>,
}

/// Nobody is to be told anything more.
struct Ended;

impl Feed {
    async fn run(mut self, first: SetChanges, sender: &Sender<Bytes>) {
        let mut page = first;
        while let Ok(next) = self.step(page, sender).await {
            page = next;
        }
    }

    /// Tells a page and waits for the next.
    async fn step(&mut self, page: SetChanges, sender: &Sender<Bytes>) -> Result<SetChanges, Ended> {
        let more = page.more;
        self.journal = Some(page.journal);
        self.after = page.next;
        tell(page, sender).await?;
        if !more {
            self.wait(sender).await?;
        }
        self.next_page(sender).await
    }

    /// Waits until there is a newer record.
    async fn wait(&mut self, sender: &Sender<Bytes>) -> Result<(), Ended> {
        let mut told = Instant::now();
        loop {
            tokio::select! {
                () = sender.closed() => return Err(Ended),
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
            if self.app.is_stopping() {
                return Err(Ended);
            }
            if told.elapsed() >= KEEP_ALIVE_EVERY {
                send(": quiet\n\n", sender).await?;
                told = Instant::now();
            }
            let tenant = self.tenant.clone();
            // An engine that is too busy to answer is asked again.
            let Ok(seq) = self.app.ask(move |engine| engine.seq(&tenant)).await else { continue };
            if seq != self.seen {
                self.seen = seq;
                return Ok(());
            }
        }
    }

    async fn next_page(&self, sender: &Sender<Bytes>) -> Result<SetChanges, Ended> {
        loop {
            match self.read().await {
                Ok(Ok(page)) if self.journal.is_none_or(|journal| journal == page.journal) => return Ok(page),
                Ok(Ok(_) | Err(SetError::NoSuchSet)) => {
                    send("event: gone\ndata: {}\n\n", sender).await?;
                    return Err(Ended);
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, set = ?self.name, "an event stream ends");
                    return Err(Ended);
                }
                // The engine was too busy to answer in time.
                Err(_) if self.app.is_stopping() || sender.is_closed() => return Err(Ended),
                Err(_) => tokio::time::sleep(POLL_EVERY).await,
            }
        }
    }

    async fn read(&self) -> Result<Result<SetChanges, SetError>, Problem> {
        let (tenant, name, stream, after) = (self.tenant.clone(), self.name.clone(), self.stream, self.after);
        let read = move |engine: &penstock_engine::Engine| engine.set_changes(&tenant, &name, stream, after, LIMIT_MAX);
        self.app.query(&self.tenant, read).await
    }
}

async fn tell(page: SetChanges, sender: &Sender<Bytes>) -> Result<(), Ended> {
    let mut piece = String::new();
    let mut changes = page.changes.into_iter().peekable();
    while let Some(change) = changes.next() {
        let seq = change.seq;
        let ends_record = changes.peek().is_none_or(|next| next.seq != seq);
        piece.push_str("event: change\n");
        if ends_record {
            piece.push_str(&format!("id: {seq}\n"));
        }
        // A change is plain data: it can be written.
        let data = serde_json::to_string(&SetChange::from(change)).unwrap_or_default();
        piece.push_str(&format!("data: {data}\n\n"));
        if piece.len() >= PIECE_BYTES {
            send(std::mem::take(&mut piece), sender).await?;
        }
    }
    if piece.is_empty() { Ok(()) } else { send(piece, sender).await }
}

async fn send(piece: impl Into<Bytes>, sender: &Sender<Bytes>) -> Result<(), Ended> {
    sender.send(piece.into()).await.map_err(|_| Ended)
}
