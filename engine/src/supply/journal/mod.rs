//! The membership journal of a tenant: every change of every set, by record; and what registrations found in the index.
//!
//! Derived state: folding the log writes the same rows again. It is one SQLite file in the tenant's folder. The fold
//! appends to memory and a thread writes, every few seconds; readers see what was appended at once.

mod body;
mod entries;
mod error;
mod file;
mod places;
mod queue;
mod read;
mod writer;

pub use entries::{Range, Wanted};
pub use error::JournalError;

use crate::api::Seq;
use crate::supply::change::{Change, Changes, JournalId, Ordinal, Stream};
use body::{checksum, pack};
use error::RowKey;
use file::File;
use parking_lot::Mutex;
use queue::Queue;
use read::Readers;
use rusqlite::params;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

const FILE: &str = "journal.db";

/// How the file was found. Unless [`Opened::Ready`], the journal is empty now and awaits the records from the first on: the
/// checkpoint must be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It holds all up to the checkpoint's record.
    Ready,
    /// There was none.
    Missing,
    /// It was damaged. It has been moved aside, and backfills with it.
    Damaged,
    /// It ended before the checkpoint's record, or was of another version.
    Behind {
        /// Its last record.
        flushed: Seq,
    },
}

/// Changes of one stream of a journal, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Each with its record.
    pub changes: Vec<(Seq, Change)>,
    /// Where to read on after: the record of the page's last change, or what was asked for if the page is empty.
    pub next: Seq,
    /// Whether there is another change, not later than what was asked for.
    pub more: bool,
}

/// A change of an item: its record, its set's journal, and what changed.
pub type ItemChange = (Seq, JournalId, Change);

/// An entry of the audit trail; the journal does not look into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is about: entries of one subject can be read alone.
    pub subject: u32,
    /// What it says.
    pub body: Box<[u8]>,
}

/// Where an entry of the audit trail stands: its record, and its place among the record's entries.
pub type EntryPlace = (Seq, u32);

/// The journal of one tenant.
pub struct Journal {
    file: Arc<Mutex<File>>,
    queue: Arc<Queue>,
    readers: Readers,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Opens the journal in a tenant's folder. Rows after `derived`, the checkpoint's record, are cut off: they will be folded
    /// again. Backfills stay, for they serve that. `failed` is told when the writing thread cannot go on.
    pub fn open(
        dir: &Path,
        derived: Seq,
        failed: impl Fn(String) + Send + 'static,
    ) -> Result<(Journal, Opened), JournalError> {
        let path = dir.join(FILE);
        let (file, contents, opened) = File::open(&path, derived)?;
        let appended = if opened == Opened::Ready { derived } else { 0 };
        let (file, queue) = (Arc::new(Mutex::new(file)), Arc::new(Queue::new(contents, appended)));
        let (its_file, its_queue) = (file.clone(), queue.clone());
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| writer::run(&its_file, &its_queue)));
            its_queue.end();
            match result {
                Ok(Ok(())) => {}
                Ok(Err(error)) => failed(format!("writing the journal failed: {error}")),
                Err(_) => failed("the journal's thread panicked".into()),
            }
        };
        let thread = std::thread::Builder::new().name("journal".into()).spawn(run);
        let thread = Mutex::new(Some(thread.map_err(|source| JournalError::file(&path, source))?));
        Ok((Journal { file, queue, readers: Readers::new(path), thread }, opened))
    }

    /// Takes the changes of the next record, which may be none, and its entries of the audit trail. Cheap: they are written
    /// later. Waits while too much is to be written. After a failure nothing is taken: it has been told.
    pub fn append(&self, changes: Changes, entries: Vec<Entry>) {
        self.queue.append(changes, entries);
    }

    /// Entries of the audit trail, of one subject or of all: at most `limit` after a place, oldest first, or before it,
    /// newest first.
    pub fn entries(&self, wanted: Wanted, limit: usize) -> Result<Vec<(EntryPlace, Entry)>, JournalError> {
        self.readers.entries(&self.queue, wanted, limit)
    }

    /// How many entries the audit trail has, of one subject or of all, and the place of the last of them.
    pub fn count_entries(&self, subject: Option<u32>) -> Result<(u64, Option<EntryPlace>), JournalError> {
        self.readers.count_entries(&self.queue, subject)
    }

    /// Waits until all that was appended is durable: to be called before a checkpoint of it is written.
    pub fn flush(&self) -> Result<(), JournalError> {
        self.queue.flush()
    }

    /// Changes of one stream of a journal after one record and up to another, in order: at least `limit` if there are as
    /// many, and always all of a record. A journal that was dropped has none.
    pub fn read(
        &self,
        journal: JournalId,
        stream: Stream,
        after: Seq,
        limit: usize,
        up_to: Seq,
    ) -> Result<Page, JournalError> {
        self.readers.page(&self.queue, (journal, stream), (after, up_to), limit)
    }

    /// Changes of an item in all journals before a record (`Seq::MAX` for all), newest record first, those of one record by
    /// journal: at least `limit` if there are as many, and always all of a record. So the record of the last goes on, and
    /// fewer than `limit` are the oldest.
    pub fn by_item(&self, ordinal: Ordinal, before: Seq, limit: usize) -> Result<Vec<ItemChange>, JournalError> {
        self.readers.history(&self.queue, ordinal, before, limit)
    }

    /// Deletes a journal, in the background. Nothing may be appended to it any more.
    pub fn drop_journal(&self, journal: JournalId) {
        self.queue.drop_journal(journal);
    }

    /// Keeps what the registration `name` of a record found in the index, so that folding the record again gives the same
    /// without an index as of then. Durable on return.
    pub fn put_backfill(&self, seq: Seq, name: u32, bytes: &[u8]) -> Result<(), JournalError> {
        let body = pack(bytes);
        let checksum = checksum(RowKey::Backfill { seq, name }, &body);
        self.file.lock().commit(true, |transaction| {
            let sql = "INSERT OR REPLACE INTO backfills (seq, name, checksum, body) VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(sql, params![seq as i64, name, checksum, body])?;
            Ok(())
        })
    }

    /// What a registration found, if it is kept.
    pub fn backfill(&self, seq: Seq, name: u32) -> Result<Option<Vec<u8>>, JournalError> {
        self.readers.backfill(seq, name)
    }

    /// Deletes the backfills of records up to one that a checkpoint holds, in the background.
    pub fn forget_backfills(&self, up_to: Seq) {
        self.queue.forget_backfills(up_to);
    }

    /// Writes what waits, durably, and ends the thread. A failure has been told, and is returned as
    /// [`JournalError::Closed`].
    pub fn close(&self) -> Result<(), JournalError> {
        let Some(thread) = self.thread.lock().take() else { return Ok(()) };
        let flushed = self.queue.flush();
        self.queue.stop();
        // The thread catches its panics.
        let _ = thread.join();
        flushed
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // A failure has been told.
        let _ = self.close();
    }
}
