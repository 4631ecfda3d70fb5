//! The file: its tables, its opening, and commits that are durable or not.
//!
//! Rows are derived from the log, so a commit is not synced on its own (`synchronous=NORMAL`): what a power cut takes is
//! folded again. A durable commit is made with `synchronous=FULL`: SQLite then syncs the whole write-ahead log, so all
//! earlier commits are durable with it. (Those it has already moved into the file were synced when they were moved.)

use super::Opened;
use super::body::Sealed;
use super::error::{JournalError, RowKey};
use super::places::{Place, Touch, touches};
use crate::api::Seq;
use crate::supply::change::JournalId;
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Raise when the tables or what bodies mean changes: a file of another version is made anew.
const VERSION: i64 = 2;
/// `streams` has a bit for each stream that the row tells of.
const SCHEMA: &str = "
    CREATE TABLE state (id INTEGER PRIMARY KEY, flushed INTEGER NOT NULL, durable_commits INTEGER NOT NULL);
    INSERT INTO state VALUES (1, 0, 0);
    CREATE TABLE changes (
        journal INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        part INTEGER NOT NULL,
        streams INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (journal, seq, part)
    ) WITHOUT ROWID;
    CREATE TABLE places (
        last INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (last, bucket)
    ) WITHOUT ROWID;
    CREATE TABLE entries (
        seq INTEGER NOT NULL,
        n INTEGER NOT NULL,
        subject INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (seq, n)
    ) WITHOUT ROWID;
    CREATE INDEX entries_by_subject ON entries (subject, seq, n);
    CREATE TABLE dropped (journal INTEGER PRIMARY KEY);
    CREATE TABLE backfills (
        seq INTEGER NOT NULL,
        name INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (seq, name)
    ) WITHOUT ROWID;";
/// Small, for a commit writes a page for every journal that has grown.
const PAGE_BYTES: u32 = 4_096;
/// Log of writes that SQLite moves back into the file at a time, in pages.
const WAL_AUTOCHECKPOINT_PAGES: u32 = 8_000;
/// Pages that the writer keeps, in KiB: a transaction's pages should fit, or they are written and read twice.
const CACHE_KIB: i32 = 64 << 10;

/// The connection that writes.
pub(super) struct File {
    path: PathBuf,
    connection: Connection,
}

/// What the file holds, as far as it is kept in memory.
#[derive(Default)]
pub(super) struct Contents {
    /// The last records of the blocks of places, ascending.
    pub blocks: Vec<Seq>,
    /// The places that are in no block yet.
    pub tail: Vec<Touch>,
    /// Journals whose rows are still to be deleted.
    pub dropped: BTreeSet<JournalId>,
}

impl File {
    /// Opens the file, or makes it anew where it is missing or damaged; then cuts it back to `derived`, or empties it where it
    /// does not reach that far. Backfills stay.
    pub fn open(path: &Path, derived: Seq) -> Result<(File, Contents, Opened), JournalError> {
        let existed = path.exists();
        match File::open_at(path, derived) {
            Err(error) if error.is_damage() => {
                tracing::warn!(%error, "making the journal anew");
                move_away(path).map_err(|source| JournalError::file(path, source))?;
                let (file, contents, _) = File::open_at(path, 0)?;
                Ok((file, contents, Opened::Damaged))
            }
            Ok((file, contents, Opened::Behind { .. })) if !existed => Ok((file, contents, Opened::Missing)),
            opened => opened,
        }
    }

    fn open_at(path: &Path, derived: Seq) -> Result<(File, Contents, Opened), JournalError> {
        let store = |error| JournalError::store(path, error);
        let mut file = File { path: path.into(), connection: Connection::open(path).map_err(store)? };
        file.prepare().map_err(store)?;
        let flushed: i64 =
            file.connection.query_row("SELECT flushed FROM state", [], |row| row.get(0)).map_err(store)?;
        let flushed = flushed as Seq;
        let (kept, opened) = match flushed < derived {
            true => (0, Opened::Behind { flushed }),
            false => (derived, Opened::Ready),
        };
        file.commit(false, |transaction| cut(transaction, kept))?;
        let contents = file.contents()?;
        Ok((file, contents, opened))
    }

    fn prepare(&mut self) -> rusqlite::Result<()> {
        let connection = &mut self.connection;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "wal_autocheckpoint", WAL_AUTOCHECKPOINT_PAGES)?;
        // Negative: KiB, not pages.
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let transaction = connection.transaction()?;
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != VERSION {
            for table in tables(&transaction)? {
                transaction.execute_batch(&format!("DROP TABLE {table}"))?;
            }
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()
    }

    /// Commits what `write` does, and durably if so asked, together with all that was committed before.
    pub fn commit<T>(
        &mut self,
        durable: bool,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let result = self.try_commit(durable, write);
        result.map_err(|error| JournalError::store(&self.path, error))
    }

    fn try_commit<T>(
        &mut self,
        durable: bool,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        let transaction = self.connection.transaction()?;
        if durable {
            // A transaction that changes nothing writes nothing, and would sync nothing.
            transaction.execute("UPDATE state SET durable_commits = durable_commits + 1", [])?;
        }
        let value = write(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    fn contents(&self) -> Result<Contents, JournalError> {
        let store = |error| JournalError::store(&self.path, error);
        let blocks: Vec<Seq> =
            distinct(&self.connection, "places", "last").map_err(store)?.into_iter().map(|last| last as Seq).collect();
        let tail = self.tail(blocks.last().copied().unwrap_or(0))?;
        let mut statement = self.connection.prepare("SELECT journal FROM dropped").map_err(store)?;
        let dropped = statement.query_map([], |row| row.get(0)).map_err(store)?;
        Ok(Contents { blocks, tail, dropped: dropped.collect::<Result<_, _>>().map_err(store)? })
    }

    /// The places of all records after `after`, from the rows.
    fn tail(&self, after: Seq) -> Result<Vec<Touch>, JournalError> {
        let store = |error| JournalError::store(&self.path, error);
        let mut statement = self
            .connection
            .prepare("SELECT seq, part, checksum, body FROM changes WHERE journal = ?1 AND seq > ?2")
            .map_err(store)?;
        let mut tail = Vec::new();
        for journal in distinct(&self.connection, "changes", "journal").map_err(store)? {
            let mut rows = statement.query(params![journal, after as i64]).map_err(store)?;
            while let Some(row) = rows.next().map_err(store)? {
                let seq = row.get::<_, i64>(0).map_err(store)? as Seq;
                let place = Place { seq, journal: journal as JournalId, part: row.get(1).map_err(store)? };
                let (checksum, body): (i64, Vec<u8>) = (row.get(2).map_err(store)?, row.get(3).map_err(store)?);
                let sealed = Sealed { path: &self.path, key: RowKey::from(place), checksum, body: &body };
                tail.extend(touches(place, &sealed.changes(|_| true)?));
            }
        }
        Ok(tail)
    }
}

/// Takes away the rows after a record.
fn cut(transaction: &Transaction<'_>, last: Seq) -> rusqlite::Result<()> {
    let last = last as i64;
    if last == 0 {
        // Not row by row.
        transaction
            .execute_batch("DELETE FROM changes; DELETE FROM places; DELETE FROM dropped; DELETE FROM entries")?;
    } else {
        let mut delete = transaction.prepare("DELETE FROM changes WHERE journal = ?1 AND seq > ?2")?;
        for journal in distinct(transaction, "changes", "journal")? {
            delete.execute([journal, last])?;
        }
        transaction.execute("DELETE FROM places WHERE last > ?1", [last])?;
        transaction.execute("DELETE FROM entries WHERE seq > ?1", [last])?;
    }
    transaction.execute("UPDATE state SET flushed = ?1", [last])?;
    Ok(())
}

/// The values of the first column of a primary key, ascending: one look-up each, not a walk over the table.
fn distinct(connection: &Connection, table: &str, column: &str) -> rusqlite::Result<Vec<i64>> {
    let next = format!("SELECT min({column}) FROM {table} WHERE {column} > ?1");
    let mut next = connection.prepare(&next)?;
    let mut values = Vec::new();
    while let Some(value) = next.query_row([values.last().copied().unwrap_or(-1)], |row| row.get(0))? {
        values.push(value);
    }
    Ok(values)
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Moves a damaged file and its write-ahead log aside, in place of those moved before; they may still tell why.
fn move_away(path: &Path) -> io::Result<()> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    for (from, to) in [("", ".damaged"), ("-wal", ".damaged-wal"), ("-shm", ".damaged-shm")] {
        match fs::rename(beside(from), beside(to)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
