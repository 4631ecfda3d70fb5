//! The embedded log: one SQLite file in WAL mode with `synchronous=FULL`, so that a commit that returned is on disk.
//!
//! A head row a tenant gives the next sequence number inside the same transaction. SQLite itself cuts back a torn tail of
//! its write-ahead log; each body carries an XXH3 checksum, so damage anywhere else is found when the row is read.
//!
//! What is in the write-ahead log is moved into the file by a thread of its own, so that no append waits while tens of megabytes
//! are written and synced.

use super::{LogError, LogReader, LogWriter, NewRow, Row};
use crate::api::{Seq, TenantId};
use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use xxhash_rust::xxh3::xxh3_64;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS head (tenant TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS log (
        id INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        seq INTEGER NOT NULL,
        items INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (tenant, seq)
    );";
/// Idle read connections kept for the next reader.
const IDLE_READERS_MAX: usize = 8;
/// Pages of the write-ahead log, about, after which they are moved into the file.
const MOVED_PAGES: usize = 2_000;
/// Pages after which an append moves them itself: it begins anew only once all are moved, which a thread beside steady appends
/// may never see. Few are left to be moved then.
const MOVED_AT_ONCE_PAGES: u32 = 8_000;
/// Pages that a row touches beside those that its body fills: the head's, the index's, and the body's first.
const PAGES_A_ROW: usize = 3;
const PAGE_BYTES: u32 = 16_384;

/// The writer: one a file.
pub struct SqliteLog {
    connection: Connection,
    mover: Mover,
    /// Pages written since the mover was last told, about.
    pages: usize,
}

/// The thread that moves the write-ahead log into the file.
struct Mover {
    tell: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Readers of the file.
pub struct SqliteReader {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

/// Opens or creates the log at `path`: its writer and its readers.
pub fn open(path: &Path) -> Result<(SqliteLog, SqliteReader), LogError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", MOVED_AT_ONCE_PAGES)?;
    connection.execute_batch(SCHEMA)?;
    let mover = Mover::start(Connection::open(path)?)?;
    Ok((SqliteLog { connection, mover, pages: 0 }, SqliteReader { path: path.into(), idle: Mutex::default() }))
}

impl Mover {
    fn start(connection: Connection) -> Result<Self, LogError> {
        // One is enough: what comes while it is at work is moved the next time.
        let (tell, told) = crossbeam_channel::bounded(1);
        let run = move || move_pages(&connection, &told);
        let thread = std::thread::Builder::new().name("log-pages".into()).spawn(run);
        let thread = thread.map_err(|error| LogError::Store(Box::new(error)))?;
        Ok(Mover { tell: Some(tell), thread: Some(thread) })
    }

    fn wake(&self) {
        if let Some(tell) = &self.tell {
            // Where it has been told already, that will do.
            let _ = tell.try_send(());
        }
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        self.tell.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that moves the log's pages panicked; appends moved them");
        }
    }
}

fn move_pages(connection: &Connection, told: &Receiver<()>) {
    while told.recv().is_ok() {
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = moved {
            tracing::warn!(%error, "the log's pages could not be moved; an append will");
        }
    }
}

impl LogWriter for SqliteLog {
    fn append(&mut self, rows: &[NewRow]) -> Result<Vec<Seq>, LogError> {
        let transaction = self.connection.transaction()?;
        let mut seqs = Vec::with_capacity(rows.len());
        {
            let mut next = transaction.prepare_cached(
                "INSERT INTO head (tenant, seq) VALUES (?1, 1)
                 ON CONFLICT (tenant) DO UPDATE SET seq = seq + 1 RETURNING seq",
            )?;
            let mut insert = transaction
                .prepare_cached("INSERT INTO log (tenant, seq, items, checksum, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for row in rows {
                let seq: Seq = next.query_row([&*row.tenant.0], |r| r.get::<_, i64>(0))? as Seq;
                let checksum = xxh3_64(&row.body) as i64;
                insert.execute(params![&*row.tenant.0, seq as i64, row.items, checksum, row.body])?;
                seqs.push(seq);
            }
        }
        transaction.commit()?;
        self.pages += rows.iter().map(|row| PAGES_A_ROW + row.body.len() / PAGE_BYTES as usize).sum::<usize>();
        if self.pages >= MOVED_PAGES {
            self.pages = 0;
            self.mover.wake();
        }
        Ok(seqs)
    }
}

impl SqliteReader {
    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, LogError>) -> Result<T, LogError> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = Connection::open(&self.path)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let result = read(&connection);
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_READERS_MAX {
            idle.push(connection);
        }
        result
    }
}

impl LogReader for SqliteReader {
    fn heads(&self) -> Result<Vec<(TenantId, Seq)>, LogError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT tenant, seq FROM head ORDER BY tenant")?;
            let rows = statement
                .query_map([], |r| Ok((TenantId(r.get::<_, String>(0)?.into()), r.get::<_, i64>(1)? as Seq)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn read(&self, tenant: &TenantId, from: Seq, limit: usize) -> Result<Vec<Row>, LogError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, checksum, body FROM log WHERE tenant = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
            )?;
            let mut rows = statement.query(params![&*tenant.0, from as i64, limit as i64])?;
            let mut out = Vec::new();
            let mut expected = from.max(1);
            while let Some(row) = rows.next()? {
                let (seq, checksum, body): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
                if seq as Seq != expected {
                    return Err(LogError::Missing { tenant: tenant.0.to_string(), seq: expected });
                }
                if xxh3_64(&body) as i64 != checksum {
                    let what = "its checksum does not fit".to_string();
                    return Err(LogError::Damaged { tenant: tenant.0.to_string(), seq: expected, what });
                }
                out.push(Row { seq: expected, body });
                expected += 1;
            }
            Ok(out)
        })
    }

    fn read_frame(&self, tenant: &TenantId, seq: Seq, offset: u32, length: u32) -> Result<Vec<u8>, LogError> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT substr(body, ?3, ?4) FROM log WHERE tenant = ?1 AND seq = ?2")?;
            let wanted = params![&*tenant.0, seq as i64, i64::from(offset) + 1, length];
            statement
                .query_row(wanted, |r| r.get(0))
                .optional()?
                .ok_or_else(|| LogError::Missing { tenant: tenant.0.to_string(), seq })
        })
    }

    fn disk_bytes(&self) -> u64 {
        let size = |suffix: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |m| m.len())
        };
        size("") + size("-wal")
    }
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        LogError::Store(Box::new(error))
    }
}
