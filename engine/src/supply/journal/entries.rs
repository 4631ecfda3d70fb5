//! The audit trail: written in the order of the log, read forwards or backwards, of one subject or of all.

use super::body::{checksum, pack};
use super::error::{JournalError, RowKey};
use super::queue::Queue;
use super::read::Reader;
use super::{Entry, EntryPlace};
use crate::api::Seq;
use rusqlite::{Transaction, params};

/// Which entries of the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Those about this; of all subjects if not given.
    pub subject: Option<u32>,
    /// From where.
    pub range: Range,
}

/// From where entries are read, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Those after a place, oldest first.
    After(EntryPlace),
    /// Those before a place, newest first.
    Before(EntryPlace),
}

impl Wanted {
    fn wants(&self, place: EntryPlace, entry: &Entry) -> bool {
        let there = match self.range {
            Range::After(after) => place > after,
            Range::Before(before) => place < before,
        };
        there && self.subject.is_none_or(|subject| subject == entry.subject)
    }
}

/// Writes entries.
pub(super) fn write(transaction: &Transaction<'_>, entries: &[(EntryPlace, Entry)]) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO entries (seq, n, subject, checksum, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = transaction.prepare_cached(sql)?;
    for ((seq, n), entry) in entries {
        let body = pack(&entry.body);
        let checksum = checksum(RowKey::Entry { seq: *seq, n: *n }, &body);
        insert.execute(params![*seq as i64, n, entry.subject, checksum, body])?;
    }
    Ok(())
}

/// Reads entries: what waits, and what is written.
pub(super) fn read(
    reader: &Reader<'_>,
    queue: &Queue,
    wanted: Wanted,
    limit: usize,
) -> Result<Vec<(EntryPlace, Entry)>, JournalError> {
    // First: what is written meanwhile is found in both, and taken from here.
    let waiting = queue.entries();
    let first = waiting.first().map(|(place, _)| *place);
    let mut waiting: Vec<_> = waiting.into_iter().filter(|(place, entry)| wanted.wants(*place, entry)).collect();
    let written = written(reader, wanted, first, limit)?;
    Ok(match wanted.range {
        Range::After(_) => written.into_iter().chain(waiting).take(limit).collect(),
        Range::Before(_) => {
            waiting.reverse();
            waiting.into_iter().chain(written).take(limit).collect()
        }
    })
}

fn written(
    reader: &Reader<'_>,
    wanted: Wanted,
    before: Option<EntryPlace>,
    limit: usize,
) -> Result<Vec<(EntryPlace, Entry)>, JournalError> {
    let end = before.unwrap_or((Seq::MAX, u32::MAX));
    let (after, before, order) = match wanted.range {
        Range::After(after) => (Some(after), end, "ASC"),
        Range::Before(before) => (None, before.min(end), "DESC"),
    };
    let after = after.map_or((-1, -1), |(seq, n)| (clamp(seq), i64::from(n)));
    let subject = if wanted.subject.is_some() { "subject = ?5 AND" } else { "?5 IS NULL AND" };
    let sql = format!(
        "SELECT seq, n, subject, checksum, body FROM entries
         WHERE {subject} (seq, n) > (?1, ?2) AND (seq, n) < (?3, ?4) ORDER BY seq {order}, n {order} LIMIT ?6"
    );
    let bounds = params![after.0, after.1, clamp(before.0), before.1, wanted.subject, limit as i64];
    let rows = reader.rows(&sql, bounds, |row| {
        let place: (i64, u32) = (row.get(0)?, row.get(1)?);
        Ok((place, row.get::<_, u32>(2)?, (row.get::<_, i64>(3)?, row.get::<_, Vec<u8>>(4)?)))
    })?;
    let entry = |((seq, n), subject, sealed): ((i64, u32), u32, (i64, Vec<u8>))| {
        let seq = seq as Seq;
        let body = reader.sealed(RowKey::Entry { seq, n }, &sealed).bytes()?;
        Ok(((seq, n), Entry { subject, body: body.into() }))
    };
    rows.into_iter().map(entry).collect()
}

/// How many entries there are, of one subject or of all, and the place of the last.
pub(super) fn count(
    reader: &Reader<'_>,
    queue: &Queue,
    subject: Option<u32>,
) -> Result<(u64, Option<EntryPlace>), JournalError> {
    // First, as above.
    let waiting = queue.entries();
    let (seq, n) = waiting.first().map_or((Seq::MAX, u32::MAX), |(place, _)| *place);
    let sql = "SELECT count(*) FROM entries WHERE (?1 IS NULL OR subject = ?1) AND (seq, n) < (?2, ?3)";
    let counted = reader.rows(sql, params![subject, clamp(seq), n], |row| row.get::<_, i64>(0))?;
    let wanted = Wanted { subject, range: Range::Before((Seq::MAX, u32::MAX)) };
    let waiting: Vec<_> = waiting.iter().filter(|(place, entry)| wanted.wants(*place, entry)).collect();
    let last = match waiting.last() {
        Some((place, _)) => Some(*place),
        None => written(reader, wanted, Some((seq, n)), 1)?.first().map(|(place, _)| *place),
    };
    Ok((counted.into_iter().sum::<i64>() as u64 + waiting.len() as u64, last))
}

/// A record's number as SQLite has it.
fn clamp(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
