//! Entries of batches: each is read by itself, so that one that is wrong does not stop the others (D-18).

mod fields;

use crate::app::App;
use crate::commands::{decide, unexpected};
use crate::problem::Problem;
use crate::sync::WireIssue;
use axum::Json;
use penstock_engine::api::{Seq, TenantId};
use penstock_engine::command::{Command, CommandOutcome, WRITES_MAX};
use penstock_engine::content::issue::{Issue, code};
use penstock_engine::engine::Asker;
use penstock_engine::supply::outcome::WriteOutcome;
use serde::Serialize;
use utoipa::ToSchema;

pub use fields::{Entry, Fields, Read, invalid};

/// Refuses a batch of no entries, or of too many; `name` is the member that holds them.
pub fn counted<E>(name: &str, entries: Vec<E>) -> Result<Vec<E>, Problem> {
    match entries.len() {
        1..=WRITES_MAX => Ok(entries),
        n => {
            let message = format!("{name} has {n} entries; send 1 to {WRITES_MAX}");
            Err(Problem::invalid(vec![invalid(format!("/{name}"), message)]))
        }
    }
}

/// The entries, where all of them can be read; else what is wrong with any.
pub fn all<E>(name: &str, entries: Vec<Read<E>>) -> Result<Vec<E>, Problem> {
    let (mut read, mut issues) = (Vec::new(), Vec::new());
    for (at, Read(entry)) in counted(name, entries)?.into_iter().enumerate() {
        match entry {
            Ok(entry) => read.push(entry),
            Err(wrong) => {
                issues.extend(wrong.into_iter().map(|i| Issue { pointer: format!("/{name}/{at}{}", i.pointer), ..i }))
            }
        }
    }
    if issues.is_empty() { Ok(read) } else { Err(Problem::invalid(issues)) }
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct WriteResponse {
    /// The record that decided it; null where no entry could be read.
    seq: Option<Seq>,
    /// One an entry, in the request's order.
    results: Vec<WriteResult>,
}

/// What became of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct WriteResult {
    /// `APPLIED`, `DUPLICATE`, `STALE_IGNORED`, `VERSION_CONFLICT`, `INVALID` or `FORBIDDEN`.
    #[schema(value_type = String, example = "APPLIED")]
    outcome: &'static str,
    /// Why, where it did not apply; pointers lead into the entry.
    issues: Vec<WireIssue>,
}

/// Writes the entries that can be read, by one command; tells what became of each.
pub async fn write<E>(
    app: &App,
    tenant: &TenantId,
    by: Asker,
    (name, entries): (&str, Vec<Read<E>>),
    command: impl FnOnce(Vec<E>) -> Command,
) -> Result<Json<WriteResponse>, Problem> {
    let (mut writes, mut wrong) = (Vec::new(), Vec::new());
    for Read(entry) in counted(name, entries)? {
        wrong.push(entry.map(|write| writes.push(write)).err());
    }
    if writes.is_empty() {
        let results = wrong.into_iter().flatten().map(WriteResult::invalid).collect();
        return Ok(Json(WriteResponse { seq: None, results }));
    }
    let (seq, outcome) = decide(app, tenant, by, command(writes)).await?;
    let CommandOutcome::Each(outcomes) = outcome else { return Err(unexpected(&outcome)) };
    let mut outcomes = outcomes.into_iter();
    let result = |wrong: Option<Vec<Issue>>| match wrong {
        Some(issues) => Some(WriteResult::invalid(issues)),
        None => outcomes.next().map(WriteResult::from),
    };
    Ok(Json(WriteResponse { seq: Some(seq), results: wrong.into_iter().filter_map(result).collect() }))
}

impl WriteResult {
    fn invalid(issues: Vec<Issue>) -> WriteResult {
        WriteResult { outcome: "INVALID", issues: issues.into_iter().map(WireIssue::from).collect() }
    }
}

impl From<WriteOutcome> for WriteResult {
    fn from(outcome: WriteOutcome) -> WriteResult {
        let plain = |outcome| WriteResult { outcome, issues: Vec::new() };
        match outcome {
            WriteOutcome::Applied => plain("APPLIED"),
            WriteOutcome::Duplicate => plain("DUPLICATE"),
            WriteOutcome::StaleIgnored => plain("STALE_IGNORED"),
            WriteOutcome::VersionConflict => {
                let message = "this version was sent before with something else; the first one stands; send the change with a \
                               higher version";
                let issue = Issue::new(code::VERSION_CONFLICT, "/version", message);
                WriteResult { outcome: "VERSION_CONFLICT", issues: vec![issue.into()] }
            }
            WriteOutcome::Forbidden(why) => {
                let issue = Issue::new(code::NOT_YOURS, "", why);
                WriteResult { outcome: "FORBIDDEN", issues: vec![issue.into()] }
            }
            WriteOutcome::Refused(why) => WriteResult::invalid(vec![Issue::new(code::LIMIT_REACHED, "", why)]),
        }
    }
}
