//! One tenant at work: its state, the thread that feeds its index, its recovery and its checkpoints.

use crate::api::{NoRates, Seq, TenantId, TenantStatus};
use crate::checkpoint;
use crate::command::{Command, CommandOutcome, PutSet, Refusal};
use crate::fold::registration::{Found, Registration};
use crate::fold::tasks::Asked;
use crate::fold::{Applied, Deferred, Frame, FrameOutcome, Snapshot, State, Told};
use crate::index::IndexError;
use crate::index::writer::{Feed, IndexStore};
use crate::log::{LogError, LogReader, Row, frame};
use crate::preview;
use crate::preview::cursor::Pins;
use crate::supply::change::Changes;
use crate::supply::journal::{Entry, Journal, JournalError, Opened};
use crate::task::SET_PREFIX;
use crate::task::command::TaskCommand;
use crate::task::event::Event;
use crossbeam_channel::Sender;
use parking_lot::{Mutex, RwLock};
use penstock_dsl::check::CheckOptions;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use thiserror::Error;

/// Batches between the fold and the feed thread; the fold waits when they are full.
const FEED_BATCHES_MAX: usize = 1_024;
/// Rows read and decoded together in recovery.
const RECOVERY_ROWS: usize = 64;
/// Rule groups that are given rarer ways in at once: so few that the fold is not held up.
const SETTLED_AT_ONCE: usize = 500;
/// Rule groups that are tried together while there are new ones; to try more takes hardly longer.
const TRIED_AT_ONCE: usize = 4_096;
/// Items that show what is rare: before these have come by, to look at new rule groups would be to guess again.
const SETTLED_AFTER_ITEMS: u64 = 1_024;
/// Rule groups that were looked at before are looked at again after so many items.
const SETTLED_AGAIN_ITEMS: u64 = 32_768;
/// How long recovery waits for the index at a time.
const RECOVERY_PAUSE: Duration = Duration::from_millis(20);
/// Items that may wait for the index; beyond, batches are refused so that previews stay quick.
const OVERLAY_ITEMS_MAX: u64 = 400_000;
/// Bytes of `contentInfo` that may wait for the index; decoded, they take several times as much memory.
const OVERLAY_BYTES_MAX: u64 = 512 << 20;
/// A checkpoint is due after this many items, or a quarter of the catalog where that is more.
const CHECKPOINT_ITEMS_MIN: u64 = 200_000;

/// A command at its record's end: the record, which of its commands this is, and whether the record is folded again.
type CommandPlace = (Seq, u32, bool);

/// Why a tenant cannot be opened.
#[derive(Debug, Error)]
pub enum TenantError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The index, even after it was made anew.
    #[error("the index of tenant {tenant} cannot be opened: {source}")]
    Index {
        /// Whose.
        tenant: String,
        /// Why.
        source: IndexError,
    },
    /// The log has lost records: derived state has seen more of it.
    #[error(
        "the log ends at record {head} of tenant {tenant}, but {folder} was derived from record {derived}: the log has lost \
         records; restore it from a backup, or delete {folder} to go on with what the log has"
    )]
    AheadOfLog {
        /// Whose.
        tenant: String,
        /// The log's last record.
        head: Seq,
        /// What derived state has seen.
        derived: Seq,
        /// Where derived state is.
        folder: String,
    },
    /// The journal.
    #[error("the membership journal of tenant {tenant} cannot be used: {source}")]
    Journal {
        /// Whose.
        tenant: String,
        /// Why.
        source: JournalError,
    },
    /// A standing set cannot be made again as it was.
    #[error("record {seq} of tenant {tenant} cannot be folded: {what}")]
    Fold {
        /// Whose.
        tenant: String,
        /// The record.
        seq: Seq,
        /// What is wrong.
        what: FoldError,
    },
    /// The folder.
    #[error("the folder {path} cannot be used: {source}")]
    Folder {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Why a record cannot be folded.
#[derive(Debug, Error)]
pub enum FoldError {
    /// What a set's rules match was to be looked up, and the index holds later records already.
    #[error("the index is ahead of the record")]
    IndexAhead,
    /// The index.
    #[error("looking up what a standing set matches failed: {0}")]
    Index(IndexError),
    /// The journal.
    #[error("the membership journal: {0}")]
    Journal(#[from] JournalError),
    /// What was found by a registration cannot be written or read.
    #[error("what a standing set matched: {0}")]
    Found(#[from] postcard::Error),
}

/// A tenant.
pub struct Tenant {
    /// Its name.
    pub id: TenantId,
    dir: PathBuf,
    /// What the fold derives; written by the fold and by the feed thread's publishing only.
    pub state: RwLock<State>,
    /// Cursors of previews.
    pub pins: Pins,
    /// Who entered and left which set when, and why.
    pub journal: Journal,
    /// Whether the log has been asked for a record of the time, for timers that are due.
    pub tick_asked: AtomicBool,
    /// Held while a record is folded, so that no checkpoint is of half of one, or of one that the journal does not have.
    folding: Mutex<()>,
    feed: Mutex<Option<Sender<Feed>>>,
    feeder: Mutex<Option<JoinHandle<()>>>,
    overlay_items: AtomicU64,
    overlay_bytes: AtomicU64,
    since_checkpoint: AtomicU64,
    /// How many items had come by when rule groups were last looked at.
    settled_items: AtomicU64,
}

impl Tenant {
    /// Opens a tenant's folder and folds what its checkpoint and its index do not have yet, up to `head`. `failed` is told
    /// when the feed thread cannot go on.
    pub fn open(
        id: TenantId,
        tenants_dir: &Path,
        log: &dyn LogReader,
        head: Seq,
        failed: impl Fn(String) + Clone + Send + 'static,
    ) -> Result<Arc<Self>, TenantError> {
        let dir = tenants_dir.join(folder_name(&id));
        let folder = |source| TenantError::Folder { path: dir.display().to_string(), source };
        std::fs::create_dir_all(&dir).map_err(folder)?;
        let opened = Self::open_once(id.clone(), &dir, log, head, failed.clone());
        match opened {
            Err(TenantError::Fold { what: FoldError::IndexAhead, seq, .. }) => {
                tracing::warn!(tenant = %id.0, seq, "the index is ahead of a standing set's record; rebuilding it");
                std::fs::remove_dir_all(dir.join("index")).map_err(folder)?;
                Self::open_once(id, &dir, log, head, failed)
            }
            opened => opened,
        }
    }

    fn open_once(
        id: TenantId,
        dir: &Path,
        log: &dyn LogReader,
        head: Seq,
        failed: impl Fn(String) + Clone + Send + 'static,
    ) -> Result<Arc<Self>, TenantError> {
        let dir = dir.to_owned();
        let index_error = |source: IndexError| TenantError::Index { tenant: id.0.to_string(), source };
        let mut state = checkpoint::read(&dir);
        let journal_error = |source| TenantError::Journal { tenant: id.0.to_string(), source };
        let (journal, opened) = Journal::open(&dir, state.seq, failed.clone()).map_err(journal_error)?;
        if opened != Opened::Ready && state.seq > 0 {
            tracing::warn!(tenant = %id.0, ?opened, "the membership journal does not fit the checkpoint; folding the whole log");
            state = State::default();
        }
        let store = IndexStore::open(&dir.join("index")).map_err(|e| index_error(e.into()))?;
        let indexed = store.committed;
        let derived = state.seq.max(indexed);
        if derived > head {
            let (tenant, folder) = (id.0.to_string(), dir.display().to_string());
            return Err(TenantError::AheadOfLog { tenant, head, derived, folder });
        }
        let view = Arc::new(store.view(&Default::default()).map_err(|e| index_error(e.into()))?);
        state.snapshot = Arc::new(Snapshot {
            seq: state.seq,
            index: view.clone(),
            supply: state.supply.view(),
            ..Default::default()
        });
        let (sender, receiver) = crossbeam_channel::bounded(FEED_BATCHES_MAX);
        let tenant = Arc::new(Tenant {
            id,
            dir,
            state: RwLock::new(state),
            pins: Pins::default(),
            journal,
            tick_asked: AtomicBool::new(false),
            folding: Mutex::new(()),
            feed: Mutex::new(Some(sender)),
            feeder: Mutex::default(),
            overlay_items: AtomicU64::new(0),
            overlay_bytes: AtomicU64::new(0),
            since_checkpoint: AtomicU64::new(0),
            settled_items: AtomicU64::new(0),
        });
        let publishing = Arc::downgrade(&tenant);
        let publish = move |view| {
            if let Some(tenant) = publishing.upgrade() {
                let mut state = tenant.state.write();
                let before = state.publish_index(view);
                tenant.measure_overlay(&state);
                drop(state);
                // Here, for it takes long: all items that the index has now may go with it.
                drop(before);
            }
        };
        let name = format!("feed-{}", tenant.id.0);
        let feeder = std::thread::Builder::new().name(name).spawn(move || {
            match catch_unwind(AssertUnwindSafe(|| store.run(&receiver, view, publish))) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => failed(format!("indexing failed: {error}")),
                Err(_) => failed("the feed thread panicked".into()),
            }
        });
        *tenant.feeder.lock() =
            Some(feeder.map_err(|source| TenantError::Folder { path: "a new thread".into(), source })?);
        let recovered = tenant.recover(log, head, indexed);
        if recovered.is_err() {
            // Nobody will use it: its threads must not keep the folder's files open.
            let ended = tenant.end_feed().and(tenant.journal.close().map_err(std::io::Error::other));
            ended.unwrap_or_else(|error| tracing::error!(%error, tenant = %tenant.id.0, "closing a tenant failed"));
        }
        recovered.map(|()| tenant)
    }

    /// Folds the rows after the checkpoint, and feeds the index those after its commit.
    fn recover(&self, log: &dyn LogReader, head: Seq, indexed: Seq) -> Result<(), TenantError> {
        let folded = self.state.read().seq;
        let mut next = folded.min(indexed) + 1;
        if next <= head {
            tracing::info!(tenant = %self.id.0, from = next, to = head, folded, indexed, "folding the log");
        }
        while next <= head {
            // Folding is faster than indexing: what is folded and not indexed must still fit into memory.
            while self.is_behind() && !self.feeder.lock().as_ref().is_none_or(JoinHandle::is_finished) {
                std::thread::sleep(RECOVERY_PAUSE);
            }
            let rows = log.read(&self.id, next, RECOVERY_ROWS.min((head - next) as usize + 1))?;
            if rows.is_empty() {
                return Err(LogError::Missing { tenant: self.id.0.to_string(), seq: next }.into());
            }
            let decoded: Vec<_> = rows.par_iter().map(|row| (row.seq, decode(row))).collect();
            for (seq, frames) in decoded {
                let frames = frames.map_err(|what| LogError::Damaged { tenant: self.id.0.to_string(), seq, what })?;
                let what = |what| TenantError::Fold { tenant: self.id.0.to_string(), seq, what };
                self.recover_row(seq, frames, folded, indexed).map_err(what)?;
                next = seq + 1;
            }
        }
        Ok(())
    }

    fn recover_row(&self, seq: Seq, frames: Vec<Frame>, folded: Seq, indexed: Seq) -> Result<(), FoldError> {
        let _whole = self.folding.lock();
        let mut state = self.state.write();
        let mut applied = match seq > folded {
            true => state.apply(seq, frames),
            false => Applied { frames: Vec::new(), batch: state.refeed(seq, frames), deferred: Vec::new() },
        };
        match seq > indexed {
            true => state.publish(applied.batch.clone()),
            false => state.publish_indexed(),
        }
        self.measure_overlay(&state);
        drop(state);
        if seq > folded {
            self.since_checkpoint.fetch_add(applied.batch.items.len() as u64, Ordering::Relaxed);
            self.end_record(seq, &mut applied, true)?;
        }
        if seq > indexed {
            self.send(Feed::Batch(applied.batch));
        }
        Ok(())
    }

    /// Folds one record, makes it visible, and calls `answer`; then hands it to the index, for which it may have to wait.
    pub fn fold(&self, seq: Seq, frames: Vec<Frame>, answer: impl FnOnce(Vec<FrameOutcome>)) -> Result<(), FoldError> {
        let _whole = self.folding.lock();
        let mut state = self.state.write();
        let mut applied = state.apply(seq, frames);
        state.publish(applied.batch.clone());
        self.measure_overlay(&state);
        drop(state);
        self.end_record(seq, &mut applied, false)?;
        self.since_checkpoint.fetch_add(applied.batch.items.len() as u64, Ordering::Relaxed);
        answer(applied.frames);
        self.send(Feed::Batch(applied.batch));
        Ok(())
    }

    /// Lets the commands at a record's end take effect, and hands over what the record has changed.
    fn end_record(&self, seq: Seq, applied: &mut Applied, again: bool) -> Result<(), FoldError> {
        for (n, Deferred { frame, command, asked }) in (0..).zip(std::mem::take(&mut applied.deferred)) {
            let audited = command.audited();
            let outcome = match command {
                Command::PutSet(put) => self.put_set((seq, n, again), put)?,
                Command::DeleteSet(name) => self.state.write().delete_set_by_name(&name),
                Command::Task(command) => self.task_command((seq, n, again), &command, &asked)?,
                _ => continue,
            };
            if let Some((name, subject)) = audited {
                self.state.write().tell_command(name, &subject, &outcome, &asked.stamp);
            }
            applied.frames[frame].command = Some(outcome);
        }
        let Told { changes, ended, events } = self.state.write().end_record();
        self.journal.append(Changes::new(seq, changes), events.iter().map(journal_entry).collect());
        ended.into_iter().for_each(|journal| self.journal.drop_journal(journal));
        Ok(())
    }

    /// Makes a set stand.
    fn put_set(&self, at: CommandPlace, put: PutSet) -> Result<CommandOutcome, FoldError> {
        if put.name.starts_with(SET_PREFIX) {
            return Ok(CommandOutcome::Refused(Refusal::SetOfTask));
        }
        let prepared = self.state.read().prepare(put);
        let registration = match prepared {
            Ok(registration) => registration,
            Err(outcome) => return Ok(outcome),
        };
        let found = self.look_up(at, &registration)?;
        Ok(self.state.write().register(registration, found))
    }

    /// Carries out a command about tasks that asks what rules match.
    fn task_command(
        &self,
        at: CommandPlace,
        command: &TaskCommand,
        asked: &Asked,
    ) -> Result<CommandOutcome, FoldError> {
        let prepared = self.state.write().prepare_task(command, asked);
        let registration = match prepared {
            Ok(registration) => registration,
            Err(outcome) => return Ok(outcome),
        };
        let found = match registration {
            Some(registration) => {
                let found = self.look_up(at, &registration)?;
                Some((registration, found))
            }
            None => None,
        };
        Ok(self.state.write().finish_task(command, asked, found))
    }

    /// What the rules of a set match now. This stops neither previews nor other readers: only the fold changes what is looked
    /// at. What was found is kept until a checkpoint has it, for when the record is folded `again` the index may hold later
    /// records.
    fn look_up(&self, (seq, n, again): CommandPlace, registration: &Registration) -> Result<Found, FoldError> {
        let snapshot = self.state.read().snapshot.clone();
        let kept = if again { self.journal.backfill(seq, n)? } else { None };
        match kept {
            Some(bytes) => Ok(postcard::from_bytes(&bytes)?),
            None if snapshot.index.seq > seq => Err(FoldError::IndexAhead),
            None => {
                let found = preview::standing::find(&snapshot, registration).map_err(FoldError::Index)?;
                self.journal.put_backfill(seq, n, &postcard::to_stdvec(&found)?)?;
                Ok(found)
            }
        }
    }

    /// After a failed feed thread nobody listens; that failure is told by the thread itself.
    fn send(&self, message: Feed) {
        if let Some(feed) = &*self.feed.lock() {
            let _ = feed.send(message);
        }
    }

    fn measure_overlay(&self, state: &State) {
        let overlay = &state.snapshot.overlay;
        self.overlay_items.store(overlay.len() as u64, Ordering::Relaxed);
        self.overlay_bytes.store(overlay.bytes(), Ordering::Relaxed);
    }

    /// Whether so much waits for the index that nothing more should be taken.
    pub fn is_behind(&self) -> bool {
        let (items, bytes) = (&self.overlay_items, &self.overlay_bytes);
        items.load(Ordering::Relaxed) > OVERLAY_ITEMS_MAX || bytes.load(Ordering::Relaxed) > OVERLAY_BYTES_MAX
    }

    /// Waits until the index holds everything folded so far.
    pub fn flush(&self) {
        // A record that is answered may be on its way to the index still.
        drop(self.folding.lock());
        let (done, wait) = crossbeam_channel::bounded(1);
        self.send(Feed::Flush(done));
        // An error means that the feed thread ended; there is nothing more to wait for.
        let _ = wait.recv();
    }

    /// Writes a checkpoint if enough was folded since the last.
    pub fn checkpoint_if_due(&self) -> std::io::Result<()> {
        let items = self.state.read().catalog.len() as u64;
        let due = CHECKPOINT_ITEMS_MIN.max(items / 4);
        if self.since_checkpoint.load(Ordering::Relaxed) >= due { self.checkpoint() } else { Ok(()) }
    }

    /// Writes a checkpoint.
    pub fn checkpoint(&self) -> std::io::Result<()> {
        let items = self.since_checkpoint.swap(0, Ordering::Relaxed);
        let body = {
            let _whole = self.folding.lock();
            checkpoint::Body::of(&self.state.read())
        };
        let written = self.journal.flush().map_err(std::io::Error::other);
        let written = written.and_then(|()| checkpoint::write(&self.dir, &body));
        if written.is_ok() {
            self.journal.forget_backfills(body.seq);
        }
        if written.is_err() {
            // What a failed checkpoint does not hold still counts towards the next.
            self.since_checkpoint.fetch_add(items, Ordering::Relaxed);
        }
        written
    }

    /// Writes a checkpoint, if the state is sound, and ends the feed thread after its last commit.
    pub fn close(&self, sound: bool) -> std::io::Result<()> {
        // First, for an impatient supervisor may not wait for the index's merges.
        if sound {
            self.checkpoint()?;
        }
        let journal = self.journal.close().map_err(std::io::Error::other);
        self.end_feed().and(journal)
    }

    /// Ends the feed thread after its last commit.
    fn end_feed(&self) -> std::io::Result<()> {
        self.feed.lock().take();
        if let Some(feeder) = self.feeder.lock().take() {
            feeder.join().map_err(|_| std::io::Error::other("the feed thread panicked"))?;
        }
        Ok(())
    }

    /// What a check of this tenant's rules depends on; the exchange rates are those of `fx_date`, or the latest.
    pub fn check_options(&self, fx_date: Option<&str>) -> Result<CheckOptions, NoRates> {
        self.state.read().check_options(fx_date)
    }

    /// Lets some rule groups be entered by rarer ways, where items have come by that may have shown some; it changes what
    /// matching costs, never its answers. The fold goes on while they are tried.
    pub fn settle(&self) {
        let (groups, guesses, items) = {
            let groups = &self.state.read().groups;
            (groups.len(), groups.guesses(), groups.items())
        };
        let new_items = items.saturating_sub(self.settled_items.load(Ordering::Relaxed));
        let due = (guesses > 0 && items >= SETTLED_AFTER_ITEMS) || new_items >= SETTLED_AGAIN_ITEMS;
        if groups > 0 && due {
            self.settled_items.store(items, Ordering::Relaxed);
            let tried_at_once = if guesses > 0 { TRIED_AT_ONCE } else { SETTLED_AT_ONCE };
            let settling = self.state.write().groups.begin_settling(tried_at_once);
            let mut tried = settling.run();
            while !tried.is_empty() {
                self.state.write().groups.end_settling(&mut tried, SETTLED_AT_ONCE);
            }
        }
    }

    /// How it stands.
    pub fn status(&self) -> TenantStatus {
        let state = self.state.read();
        let items = state.catalog.live();
        TenantStatus {
            tenant: self.id.clone(),
            seq: state.seq,
            indexed_seq: state.snapshot.index.seq,
            overlay_items: state.snapshot.overlay.len() as u64,
            items,
            tombstones: (state.catalog.len() - state.catalog.reserved()) as u64 - items.iter().sum::<u64>(),
            catalog_bytes: state.catalog.heap_bytes(),
        }
    }
}

/// An entry of the audit trail as the journal keeps it.
fn journal_entry(event: &Event) -> Entry {
    let body = serde_json::to_vec(event).expect("plain data is serialisable");
    Entry { subject: event.task.unwrap_or(0), body: body.into() }
}

/// The frames of a row, decoded as when they were accepted.
fn decode(row: &Row) -> Result<Vec<Frame>, String> {
    let decode = |(offset, bytes): (u32, &[u8])| {
        let (header, items) = frame::decode_lines(&frame::decompress(bytes)?)?;
        Ok(Frame { offset, length: bytes.len() as u32, header, items })
    };
    frame::split(&row.body)?.into_iter().map(decode).collect()
}

/// Refuses folders of tenants of which the log has no record: it has lost them all.
pub fn refuse_strangers(tenants_dir: &Path, known: &[TenantId]) -> Result<(), TenantError> {
    let folder = |source| TenantError::Folder { path: tenants_dir.display().to_string(), source };
    let entries = match std::fs::read_dir(tenants_dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(folder)?,
    };
    let known: Vec<String> = known.iter().map(folder_name).collect();
    for entry in entries {
        let entry = entry.map_err(folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let derived = entry.path().join("index/meta.json").exists() || entry.path().join("checkpoint").exists();
        if derived && !known.contains(&name) {
            let derived = checkpoint::read(&entry.path()).seq;
            let folder = entry.path().display().to_string();
            return Err(TenantError::AheadOfLog { tenant: name, head: 0, derived, folder });
        }
    }
    Ok(())
}

/// A folder name for any tenant name: letters, digits, `-` and `_` stay, other bytes become `%xx`.
fn folder_name(id: &TenantId) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    id.0.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02x}") }).collect()
}
