//! Reading: a journal from a record on, and the history of an item.

use super::body::{Sealed, bit};
use super::error::{JournalError, RowKey};
use super::places::{Place, bucket_of, places};
use super::queue::{Queue, Traces};
use super::{Entry, EntryPlace, ItemChange, Page, Wanted, entries};
use crate::api::Seq;
use crate::supply::change::{JournalChange, JournalId, Ordinal, Stream};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::PathBuf;

/// Idle connections kept for the next reader.
const IDLE_MAX: usize = 4;

/// Connections that read the file.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub fn new(path: PathBuf) -> Self {
        Readers { path, idle: Mutex::default() }
    }

    fn with<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T, JournalError>) -> Result<T, JournalError> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().map_err(|error| JournalError::store(&self.path, error))?,
        };
        let result = read(&Reader { readers: self, connection: &connection });
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
        result
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    /// See [`super::Journal::read`].
    pub fn page(
        &self,
        queue: &Queue,
        (journal, stream): (JournalId, Stream),
        (after, up_to): (Seq, Seq),
        limit: usize,
    ) -> Result<Page, JournalError> {
        let mut page = Page { changes: Vec::new(), next: after, more: false };
        // First: what is written meanwhile is found in both, and taken from here.
        let Some(waiting) = queue.waiting(journal, stream, after, up_to) else { return Ok(page) };
        let written = waiting.first().map_or(up_to, |changes| changes.seq() - 1);
        self.with(|reader| reader.fill(&mut page, (journal, stream), written, limit))?;
        for record in waiting {
            if !page.takes(record.seq(), limit) {
                break;
            }
            let wanted = record.of(journal).iter().filter(|(_, change)| change.stream == stream);
            page.changes.extend(wanted.map(|(_, change)| (record.seq(), change.clone())));
        }
        Ok(page)
    }

    /// See [`super::Journal::by_item`].
    pub fn history(
        &self,
        queue: &Queue,
        ordinal: Ordinal,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<ItemChange>, JournalError> {
        let traces = queue.traces(ordinal, before);
        let mut history = History { changes: Vec::new(), limit };
        for record in &traces.waiting {
            let wanted = record.all().iter().filter(|(_, change)| change.ordinal == ordinal);
            let wanted: Vec<_> = wanted.filter(|(journal, _)| !traces.dropped.contains(journal)).cloned().collect();
            if !wanted.is_empty() && !history.takes(record.seq(), wanted) {
                return Ok(history.in_order());
            }
        }
        self.with(|reader| reader.trace(&mut history, &traces, ordinal, before))?;
        Ok(history.in_order())
    }

    /// See [`super::Journal::entries`].
    pub fn entries(
        &self,
        queue: &Queue,
        wanted: Wanted,
        limit: usize,
    ) -> Result<Vec<(EntryPlace, Entry)>, JournalError> {
        self.with(|reader| entries::read(reader, queue, wanted, limit))
    }

    /// See [`super::Journal::count_entries`].
    pub fn count_entries(
        &self,
        queue: &Queue,
        subject: Option<u32>,
    ) -> Result<(u64, Option<EntryPlace>), JournalError> {
        self.with(|reader| entries::count(reader, queue, subject))
    }

    /// See [`super::Journal::backfill`].
    pub fn backfill(&self, seq: Seq, name: u32) -> Result<Option<Vec<u8>>, JournalError> {
        self.with(|reader| {
            let sql = "SELECT checksum, body FROM backfills WHERE seq = ?1 AND name = ?2";
            let row = reader.one(sql, params![seq as i64, name])?;
            let key = RowKey::Backfill { seq, name };
            row.map(|row| reader.sealed(key, &row).bytes()).transpose()
        })
    }
}

impl Page {
    /// Whether the page goes on with a record's changes, or is full.
    fn takes(&mut self, seq: Seq, limit: usize) -> bool {
        if seq != self.next && self.changes.len() >= limit {
            self.more = true;
            return false;
        }
        self.next = seq;
        true
    }
}

/// An item's changes so far, newest first.
struct History {
    changes: Vec<ItemChange>,
    limit: usize,
}

impl History {
    /// Takes changes of a record; false, without taking them, when there were enough at later records.
    fn takes(&mut self, seq: Seq, changes: Vec<JournalChange>) -> bool {
        let full = self.changes.len() >= self.limit && self.changes.last().is_none_or(|(last, ..)| *last != seq);
        if !full {
            self.changes.extend(changes.into_iter().map(|(journal, change)| (seq, journal, change)));
        }
        !full
    }

    fn in_order(mut self) -> Vec<ItemChange> {
        self.changes.sort_by_key(|&(seq, journal, _)| (std::cmp::Reverse(seq), journal));
        self.changes
    }
}

/// A connection at work.
pub(super) struct Reader<'a> {
    readers: &'a Readers,
    connection: &'a Connection,
}

impl Reader<'_> {
    fn store(&self, error: rusqlite::Error) -> JournalError {
        JournalError::store(&self.readers.path, error)
    }

    pub(super) fn sealed<'b>(&'b self, key: RowKey, (checksum, body): &'b (i64, Vec<u8>)) -> Sealed<'b> {
        Sealed { path: &self.readers.path, key, checksum: *checksum, body }
    }

    /// What is read of each row of a query.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, JournalError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.store(e))?;
        let rows = statement.query_map(params, read).map_err(|e| self.store(e))?;
        rows.collect::<Result<_, _>>().map_err(|e| self.store(e))
    }

    /// The checksum and the body of a row.
    fn one(&self, sql: &str, key: impl rusqlite::Params) -> Result<Option<(i64, Vec<u8>)>, JournalError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.store(e))?;
        let row = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?)));
        row.optional().map_err(|e| self.store(e))
    }

    /// Fills a page with what is written, up to a record.
    fn fill(
        &self,
        page: &mut Page,
        (journal, stream): (JournalId, Stream),
        up_to: Seq,
        limit: usize,
    ) -> Result<(), JournalError> {
        let store = |error| self.store(error);
        let sql = "SELECT seq, part, checksum, body FROM changes
                   WHERE journal = ?1 AND seq > ?2 AND seq <= ?3 AND streams & ?4 ORDER BY seq, part";
        let mut statement = self.connection.prepare_cached(sql).map_err(store)?;
        let wanted = params![journal, clamp(page.next), clamp(up_to), bit(stream)];
        let mut rows = statement.query(wanted).map_err(store)?;
        while let Some(row) = rows.next().map_err(store)? {
            let seq = row.get::<_, i64>(0).map_err(store)? as Seq;
            if !page.takes(seq, limit) {
                break;
            }
            let place = Place { seq, journal, part: row.get(1).map_err(store)? };
            let row = (row.get(2).map_err(store)?, row.get(3).map_err(store)?);
            let changes = self.sealed(place.into(), &row).changes(|change| change.stream == stream)?;
            page.changes.extend(changes.into_iter().map(|change| (seq, change)));
        }
        Ok(())
    }

    /// Adds what is written of an item before a record, newest first.
    fn trace(&self, history: &mut History, traces: &Traces, ordinal: Ordinal, before: Seq) -> Result<(), JournalError> {
        if !self.take_places(history, traces, ordinal, &traces.tail)? {
            return Ok(());
        }
        for (i, &last) in traces.blocks.iter().enumerate().rev() {
            let begins_after = i.checked_sub(1).map_or(0, |i| traces.blocks[i]);
            if begins_after + 1 >= before {
                continue;
            }
            let bucket = bucket_of(ordinal);
            let sql = "SELECT checksum, body FROM places WHERE last = ?1 AND bucket = ?2";
            let Some(row) = self.one(sql, params![last as i64, bucket])? else { continue };
            let mut found = places(&self.sealed(RowKey::Places { last, bucket }, &row), ordinal, last)?;
            found.retain(|place| place.seq < before);
            if !self.take_places(history, traces, ordinal, &found)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Adds an item's changes at some places, newest first; whether the history goes on.
    fn take_places(
        &self,
        history: &mut History,
        traces: &Traces,
        ordinal: Ordinal,
        places: &[Place],
    ) -> Result<bool, JournalError> {
        let mut last = None;
        for &place in places.iter().filter(|place| !traces.dropped.contains(&place.journal)) {
            // Two changes of an item at one place leave two traces.
            if last.replace(place) == Some(place) {
                continue;
            }
            let sql = "SELECT checksum, body FROM changes WHERE journal = ?1 AND seq = ?2 AND part = ?3";
            // A row that is gone was its journal's that was deleted.
            let Some(row) = self.one(sql, params![place.journal, place.seq as i64, place.part])? else { continue };
            let changes = self.sealed(place.into(), &row).changes(|change| change.ordinal == ordinal)?;
            if !history.takes(place.seq, changes.into_iter().map(|change| (place.journal, change)).collect()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A record's number as SQLite has it.
fn clamp(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
