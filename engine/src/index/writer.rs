//! The feed thread: takes batches behind the log, indexes them, commits by seconds and publishes each commit.

use super::columns::Numbers;
use super::frequent::Asked;
use super::lists::Lists;
use super::overlay::{Batch, BatchItem};
use super::priority::give_way;
use super::segment::{IndexView, SegmentView};
use super::terms::TermSet;
use super::warm::Warmer;
use super::{Fields, LAYOUT_VERSION, schema};
use crate::api::Seq;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use penstock_dsl::registry::FINGERPRINT_VERSION;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::schema::OwnedValue;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term, directory::MmapDirectory};

/// Longest time that many items wait in the overlay while the feed thread keeps up. Where the machine is busy and a commit takes
/// longer, the next one waits as long as that: larger segments take less to write and to merge, an item.
const COMMIT_EVERY: Duration = Duration::from_millis(1_000);
/// Fewer items wait longer: a commit syncs a dozen files, for which the log's own syncs have to wait, and previews can read so
/// few items in the overlay.
const FEW_ITEMS: usize = 5_000;
/// Longest time that few items wait.
const COMMIT_FEW_EVERY: Duration = Duration::from_millis(10_000);
/// Commit earlier when this many items wait.
const COMMIT_ITEMS: usize = 40_000;
const WRITER_BYTES: usize = 256 << 20;
const MERGE_THREADS_MAX: usize = 2;
/// Merges take most of the processor time of the index, and nobody waits for them.
const MERGE_NICE: i32 = 10;
/// Segments smaller than this are one size to the merge policy.
const SMALL_SEGMENT_DOCS: u32 = 10_000;
/// A segment with a larger share of deleted documents is merged, so that updates give their space back. Of a share `d` each
/// update costs `(1 - d) / d` more documents to be merged, which is what most of the index's time goes into.
const DELETED_SHARE_MAX: f32 = 0.4;

/// What the feed thread is told.
pub enum Feed {
    /// Index this.
    Batch(Arc<Batch>),
    /// Commit what is there, then answer.
    Flush(Sender<()>),
}

/// The index on disk, opened for writing.
pub struct IndexStore {
    fields: Fields,
    reader: IndexReader,
    writer: IndexWriter<TantivyDocument>,
    warmer: Warmer,
    /// The record up to which the last commit holds everything.
    pub committed: Seq,
}

impl IndexStore {
    /// Opens or creates the index in `dir`. An index of another layout, or one that is damaged, is thrown away and made
    /// anew: it is derived state. Every file's checksum is read, so that damage is found here and not by a preview.
    pub fn open(dir: &Path) -> tantivy::Result<Self> {
        match Self::open_existing(dir) {
            Ok(Some(store)) => return Ok(store),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, dir = %dir.display(), "the index is damaged; rebuilding it from the log")
            }
        }
        if dir.exists() {
            std::fs::remove_dir_all(dir)?;
        }
        std::fs::create_dir_all(dir)?;
        let (schema, _) = schema();
        Self::over(Index::create(MmapDirectory::open(dir)?, schema, tantivy::IndexSettings::default())?, 0)
    }

    /// `None` when there is none, or one of another layout.
    fn open_existing(dir: &Path) -> tantivy::Result<Option<Self>> {
        if !dir.join("meta.json").exists() {
            return Ok(None);
        }
        let index = Index::open(MmapDirectory::open(dir)?)?;
        let Some(payload) = index.load_metas()?.payload else { return Ok(None) };
        let Some(seq) = parse_payload(&payload).filter(|_| index.schema() == schema().0) else { return Ok(None) };
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            let what = format!("these files do not fit their checksums: {damaged:?}");
            return Err(tantivy::TantivyError::InternalError(what));
        }
        Self::over(index, seq).map(Some)
    }

    fn over(index: Index, committed: Seq) -> tantivy::Result<Self> {
        let (_, fields) = schema();
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(merge_threads())
            .memory_budget_per_thread(WRITER_BYTES)
            .build();
        // Its merging threads have the priority of the one that opens it.
        let open = || {
            give_way(MERGE_NICE);
            index.writer_with_options(options)
        };
        let writer = std::thread::scope(|scope| scope.spawn(open).join());
        let writer = writer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let mut policy = LogMergePolicy::default();
        policy.set_min_layer_size(SMALL_SEGMENT_DOCS);
        policy.set_del_docs_ratio_before_merge(DELETED_SHARE_MAX);
        writer.set_merge_policy(Box::new(policy));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(IndexStore { fields, reader, writer, warmer: Warmer::start()?, committed })
    }

    /// The last commit, for readers. Segments that `before` knows are not read again; new ones are warmed from now on.
    pub fn view(&self, before: &IndexView) -> tantivy::Result<IndexView> {
        self.reader.reload()?;
        let known: HashMap<_, _> = before.segments.iter().map(|s| (s.id(), s)).collect();
        let searcher = self.reader.searcher();
        let lists = || Lists::new(wanted(before), self.warmer.bell());
        let open = |r: &tantivy::SegmentReader| {
            SegmentView::open(r, self.fields, known.get(&r.segment_id()).copied(), lists).map(Arc::new)
        };
        let segments = searcher.segment_readers().iter().map(open).collect::<Result<Vec<_>, _>>()?;
        self.warmer.warm(&segments);
        Ok(IndexView { seq: self.committed, segments })
    }

    fn add(&mut self, item: &BatchItem) -> tantivy::Result<()> {
        if item.replaces {
            self.writer.delete_term(Term::from_field_u64(self.fields.ordinal, item.ordinal.into()));
        }
        if let Some(document) = &item.document {
            self.writer.add_document(self.row(item, document)?)?;
        }
        Ok(())
    }

    fn row(&self, item: &BatchItem, document: &crate::content::document::Document) -> tantivy::Result<TantivyDocument> {
        let fields = &self.fields;
        let mut row = TantivyDocument::new();
        row.add_u64(fields.ordinal, item.ordinal.into());
        for term in TermSet::of(document).iter() {
            row.add_bytes(fields.terms, term);
        }
        let numbers = Numbers::of(document);
        for term in &numbers.wide {
            row.add_bytes(fields.terms, term);
        }
        if !numbers.columns.is_empty() {
            let array = |values: Vec<i64>| OwnedValue::Array(values.into_iter().map(OwnedValue::I64).collect());
            row.add_object(fields.numbers, numbers.columns.into_iter().map(|(k, v)| (k, array(v))).collect());
        }
        let bytes = postcard::to_stdvec(document).map_err(|e| tantivy::TantivyError::InternalError(e.to_string()))?;
        row.add_bytes(fields.document, &bytes);
        item.facets.merchant.iter().for_each(|&m| row.add_u64(fields.merchant, m.into()));
        item.facets.categories.iter().for_each(|&c| row.add_u64(fields.category, c.into()));
        if let Some((currency, amount)) = item.facets.price {
            row.add_u64(fields.currency, currency.into());
            row.add_i64(fields.price, amount);
        }
        Ok(row)
    }

    fn commit(&mut self, seq: Seq) -> tantivy::Result<()> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&payload(seq));
        prepared.commit()?;
        self.committed = seq;
        Ok(())
    }

    /// Takes batches until the channel closes, then commits and waits for merges. `publish` gets every commit's view.
    pub fn run(
        mut self,
        feed: &Receiver<Feed>,
        mut view: Arc<IndexView>,
        publish: impl Fn(Arc<IndexView>),
    ) -> tantivy::Result<()> {
        let mut pending = Pending::default();
        loop {
            let message = feed.recv_timeout(pending.wait());
            let (mut flushed, mut closed) = (None, false);
            match message {
                Ok(Feed::Batch(batch)) => {
                    batch.items.iter().try_for_each(|item| self.add(item))?;
                    pending.add(&batch);
                }
                Ok(Feed::Flush(done)) => flushed = Some(done),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => closed = true,
            }
            if pending.is_due(closed || flushed.is_some()) {
                let begun = Instant::now();
                self.commit(pending.seq)?;
                view = Arc::new(self.view(&view)?);
                publish(view.clone());
                pending = Pending::after_commit_of(begun.elapsed());
            }
            // Whoever asked may have gone; that is no failure of the index.
            if let Some(done) = flushed {
                let _ = done.send(());
            }
            if closed {
                drop(self.warmer);
                return self.writer.wait_merging_threads();
            }
        }
    }
}

/// At most every second core merges: where all do, whoever answers has to wait for one however low the priority of merges.
fn merge_threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, MERGE_THREADS_MAX)
}

/// The lists that a new segment should have, the first last: of declared properties, and those that were asked for before.
fn wanted(before: &IndexView) -> Vec<Asked> {
    let declared: HashSet<Asked> = Asked::declared().collect();
    let asked: HashSet<Asked> = before.segments.iter().flat_map(|segment| segment.lists.kept()).collect();
    let others: Vec<Asked> = asked.difference(&declared).cloned().collect();
    declared.into_iter().chain(others).collect()
}

/// What is added and not committed.
#[derive(Default)]
struct Pending {
    since: Option<Instant>,
    items: usize,
    seq: Seq,
    last_commit: Duration,
}

impl Pending {
    /// Nothing yet, after a commit that took so long.
    fn after_commit_of(last_commit: Duration) -> Self {
        Pending { last_commit, ..Pending::default() }
    }

    fn add(&mut self, batch: &Batch) {
        self.since.get_or_insert_with(Instant::now);
        self.items += batch.items.len();
        self.seq = batch.seq;
    }

    fn wait(&self) -> Duration {
        self.since.map_or(Duration::from_secs(3_600), |since| self.pause().saturating_sub(since.elapsed()))
    }

    fn is_due(&self, flush: bool) -> bool {
        self.since.is_some_and(|since| flush || self.items >= COMMIT_ITEMS || since.elapsed() >= self.pause())
    }

    fn pause(&self) -> Duration {
        if self.items < FEW_ITEMS { COMMIT_FEW_EVERY } else { COMMIT_EVERY.max(self.last_commit) }
    }
}

fn payload(seq: Seq) -> String {
    format!("{LAYOUT_VERSION}.{FINGERPRINT_VERSION}:{seq}")
}

fn parse_payload(payload: &str) -> Option<Seq> {
    payload.strip_prefix(&format!("{LAYOUT_VERSION}.{FINGERPRINT_VERSION}:"))?.parse().ok()
}
