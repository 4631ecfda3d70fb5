//! What is between the fold, the writing thread and readers: the changes not written yet, and what is asked of the thread.
//!
//! Invariant: what was appended is in `waiting` until its commit has returned, so a reader who looks here first and into the
//! file then misses nothing.

use super::error::JournalError;
use super::file::Contents;
use super::places::{BLOCK_PLACES, Place, Touch};
use super::{Entry, EntryPlace};
use crate::api::Seq;
use crate::supply::change::{Changes, JournalId, Ordinal, Stream};
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Changes wait this long for others to be written with: rows of one set are neighbours in the file, so with 10,000 sets each
/// transaction writes up to as many pages, whether it has one row for each or ten. What waits is lost in no crash: it is folded again.
const WRITE_PAUSE: Duration = Duration::from_millis(4_000);
/// Waiting bytes that do not wait for more, and those of one transaction: so nobody waits long for one.
const WRITE_BYTES: usize = 16 << 20;
/// Waiting bytes beyond which the fold waits.
const WAITING_BYTES_MAX: usize = 96 << 20;

/// Shared by the journal and its thread.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Told when the thread has something to do.
    work: Condvar,
    /// Told when the thread has done something.
    progress: Condvar,
}

struct State {
    /// In order of their records.
    waiting: VecDeque<Arc<Changes>>,
    /// In order.
    entries: VecDeque<(EntryPlace, Entry)>,
    bytes: usize,
    /// The last record appended.
    appended: Seq,
    /// Places of what is written, and in no block.
    tail: Vec<Touch>,
    blocks: Arc<Vec<Seq>>,
    /// Journals whose rows are to be deleted, or being deleted.
    dropped: BTreeSet<JournalId>,
    /// Those of them that the file does not know of yet.
    drops: Vec<JournalId>,
    forget: Option<Seq>,
    flushes_asked: u64,
    flushes_done: u64,
    /// What the last of them waits for.
    flush_to: Seq,
    stop: bool,
    /// Whether the thread has ended.
    ended: bool,
}

/// What the thread does next, in one transaction.
pub(super) struct Work {
    pub records: Vec<Arc<Changes>>,
    pub entries: Vec<(EntryPlace, Entry)>,
    /// The record up to which nothing is missing after it.
    pub last: Seq,
    pub drops: Vec<JournalId>,
    /// Journals whose rows are not written any more.
    pub dropped: BTreeSet<JournalId>,
    /// A journal of which some rows are deleted.
    pub delete: Option<JournalId>,
    pub forget: Option<Seq>,
    pub durable: bool,
    /// Whether nothing comes after this.
    pub stop: bool,
    flushes: u64,
}

/// What became of a [`Work`].
pub(super) struct Done {
    /// Places of its rows that are in no block.
    pub touches: Vec<Touch>,
    /// Whether all places are in a block now, the tail's too.
    pub in_block: bool,
    /// The journal that has no rows any more.
    pub deleted: Option<JournalId>,
}

/// Where an item's changes are, as of one moment.
pub(super) struct Traces {
    /// Newest first.
    pub waiting: Vec<Arc<Changes>>,
    /// Newest first.
    pub tail: Vec<Place>,
    pub blocks: Arc<Vec<Seq>>,
    pub dropped: BTreeSet<JournalId>,
}

impl Queue {
    pub fn new(contents: Contents, appended: Seq) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            entries: VecDeque::new(),
            bytes: 0,
            appended,
            tail: contents.tail,
            blocks: Arc::new(contents.blocks),
            dropped: contents.dropped,
            drops: Vec::new(),
            forget: None,
            flushes_asked: 0,
            flushes_done: 0,
            flush_to: 0,
            stop: false,
            ended: false,
        };
        Queue { state: Mutex::new(state), work: Condvar::new(), progress: Condvar::new() }
    }

    /// Takes a record's changes, and waits while too much waits. After the end of the thread nothing is taken.
    pub fn append(&self, changes: Changes, entries: Vec<Entry>) {
        let seq = changes.seq();
        let changes = Some(changes).filter(|changes| !changes.all().is_empty());
        let told: usize = entries.iter().map(Entry::heap_bytes).sum();
        let bytes = told + changes.as_ref().map_or(0, Changes::heap_bytes);
        let mut state = self.state.lock();
        while state.bytes > 0 && bytes > 0 && state.bytes + bytes > WAITING_BYTES_MAX && !state.ended {
            self.progress.wait(&mut state);
        }
        debug_assert!(seq > state.appended, "records come in order");
        state.appended = seq;
        if state.ended || bytes == 0 {
            return;
        }
        let before = state.bytes;
        state.bytes += bytes;
        state.waiting.extend(changes.into_iter().map(Arc::new));
        state.entries.extend((0..).zip(entries).map(|(n, entry)| ((seq, n), entry)));
        if before == 0 || (before < WRITE_BYTES && state.bytes >= WRITE_BYTES) {
            self.work.notify_one();
        }
    }

    /// Waits until all that was appended is durable.
    pub fn flush(&self) -> Result<(), JournalError> {
        let mut state = self.state.lock();
        state.flushes_asked += 1;
        state.flush_to = state.appended;
        let asked = state.flushes_asked;
        self.work.notify_one();
        while state.flushes_done < asked && !state.ended {
            self.progress.wait(&mut state);
        }
        if state.flushes_done >= asked { Ok(()) } else { Err(JournalError::Closed) }
    }

    pub fn drop_journal(&self, journal: JournalId) {
        let mut state = self.state.lock();
        state.dropped.insert(journal);
        state.drops.push(journal);
        self.work.notify_one();
    }

    pub fn forget_backfills(&self, up_to: Seq) {
        let mut state = self.state.lock();
        state.forget = state.forget.max(Some(up_to));
        self.work.notify_one();
    }

    /// Asks the thread to end when all is written.
    pub fn stop(&self) {
        self.state.lock().stop = true;
        self.work.notify_one();
    }

    /// Says that the thread has ended.
    pub fn end(&self) {
        self.state.lock().ended = true;
        self.progress.notify_all();
    }

    /// Waits for something to do.
    pub fn next(&self) -> Work {
        let mut state = self.state.lock();
        while !state.has_work() {
            self.work.wait(&mut state);
        }
        let until = Instant::now() + WRITE_PAUSE;
        while !state.is_urgent() && !self.work.wait_until(&mut state, until).timed_out() {}
        state.take()
    }

    /// The places in no block, for a block to be made of them.
    pub fn tail(&self) -> Vec<Touch> {
        self.state.lock().tail.clone()
    }

    /// How many places are in no block.
    pub fn tail_len(&self) -> usize {
        self.state.lock().tail.len()
    }

    /// Says that a work is committed.
    pub fn done(&self, work: &Work, done: Done) {
        let mut state = self.state.lock();
        let written: usize = state.waiting.drain(..work.records.len()).map(|changes| changes.heap_bytes()).sum();
        let told: usize = state.entries.drain(..work.entries.len()).map(|(_, entry)| entry.heap_bytes()).sum();
        state.bytes -= written + told;
        if work.durable {
            state.flushes_done = work.flushes;
        }
        match done.in_block {
            true => {
                state.tail = Vec::new();
                Arc::make_mut(&mut state.blocks).push(work.last);
            }
            false => state.tail.extend(done.touches),
        }
        // One that was dropped again meanwhile, when the log is folded again, may have new rows.
        if let Some(journal) = done.deleted.filter(|journal| !state.drops.contains(journal)) {
            state.dropped.remove(&journal);
        }
        drop(state);
        self.progress.notify_all();
    }

    /// The waiting changes of a journal with some of a stream, after one record and up to another; `None` for a journal that
    /// is being deleted.
    pub fn waiting(&self, journal: JournalId, stream: Stream, after: Seq, up_to: Seq) -> Option<Vec<Arc<Changes>>> {
        let state = self.state.lock();
        if state.dropped.contains(&journal) {
            return None;
        }
        let wanted = |c: &&Arc<Changes>| {
            c.seq() > after && c.seq() <= up_to && c.of(journal).iter().any(|(_, change)| change.stream == stream)
        };
        Some(state.waiting.iter().filter(wanted).cloned().collect())
    }

    /// The entries of the audit trail that wait, oldest first.
    pub fn entries(&self) -> Vec<(EntryPlace, Entry)> {
        self.state.lock().entries.iter().cloned().collect()
    }

    /// Where to look for an item's changes before a record.
    pub fn traces(&self, ordinal: Ordinal, before: Seq) -> Traces {
        let state = self.state.lock();
        let waiting = state.waiting.iter().rev().filter(|changes| changes.seq() < before).cloned().collect();
        let tail = state.tail.iter().filter(|t| t.ordinal == ordinal && t.place.seq < before).map(|t| t.place);
        let mut tail: Vec<Place> = tail.collect();
        tail.sort_unstable_by(|a, b| b.cmp(a));
        Traces { waiting, tail, blocks: state.blocks.clone(), dropped: state.dropped.clone() }
    }
}

impl Entry {
    /// Bytes in memory, roughly.
    fn heap_bytes(&self) -> usize {
        size_of::<(EntryPlace, Self)>() + self.body.len()
    }
}

impl State {
    fn has_work(&self) -> bool {
        !self.waiting.is_empty() || !self.entries.is_empty() || !self.dropped.is_empty() || self.is_urgent()
    }

    fn is_urgent(&self) -> bool {
        self.bytes >= WRITE_BYTES || self.flushes_asked > self.flushes_done || self.stop || self.forget.is_some()
    }

    fn take(&mut self) -> Work {
        let records = self.first_records();
        let is_all = records.len() == self.waiting.len();
        let last = if is_all { self.appended } else { records.last().map_or(0, |record| record.seq()) };
        let entries = self.entries.iter().take_while(|((seq, _), _)| *seq <= last).cloned().collect();
        Work {
            records,
            entries,
            last,
            drops: std::mem::take(&mut self.drops),
            dropped: self.dropped.clone(),
            // Else some of its rows may be still to come.
            delete: self.dropped.first().copied().filter(|_| is_all),
            forget: self.forget.take(),
            durable: self.stop || (self.flushes_asked > self.flushes_done && last >= self.flush_to),
            stop: self.stop && is_all,
            flushes: self.flushes_asked,
        }
    }

    /// What waits longest: records, until they are enough for a transaction.
    fn first_records(&self) -> Vec<Arc<Changes>> {
        let mut bytes = 0;
        let fits = |record: &&Arc<Changes>| {
            let before = bytes;
            bytes += record.heap_bytes();
            before < WRITE_BYTES
        };
        self.waiting.iter().take_while(fits).cloned().collect()
    }
}

impl Work {
    /// Whether this work's places, with those in no block yet, make a block.
    pub fn makes_block(&self, tail: usize) -> bool {
        let touches: usize = self.records.iter().map(|record| record.all().len()).sum();
        touches > 0 && tail + touches >= BLOCK_PLACES
    }
}
