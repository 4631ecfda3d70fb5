//! The engine at work: the log's writer thread, the fold's thread, the tenants.
//!
//! A batch is encoded on its caller's thread, group-committed with its neighbours by the log thread, folded by the fold
//! thread in log order, and only then answered. Queues are bounded; a full one refuses the batch before it is stored.

mod standing;
mod target;
mod tasks;

pub use standing::SelfCheck;

use crate::api::*;
use crate::command::Command;
use crate::complete::{self, CompleteRequest, Completion};
use crate::content::item::Item;
use crate::fold::{Frame, FrameOutcome};
use crate::hover::{self, Hover};
use crate::lint::{self, LintReport, LintRequest};
use crate::log::frame::{self, Header, PREFIX_BYTES};
use crate::log::{LogError, LogReader, LogWriter, NewRow, sqlite};
use crate::preview::{self, fill, page, values};
use crate::tenant::{Tenant, TenantError, refuse_strangers};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use parking_lot::{Mutex, RwLock};
use penstock_dsl::check::CheckOptions;
use penstock_dsl::fx::Rates;
use penstock_dsl::registry::ContentType;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// Batches that wait for the log; more are refused.
const QUEUE_BATCHES_MAX: usize = 256;
/// Batches in one group commit.
const GROUP_BATCHES_MAX: usize = 64;
/// Bytes in one group commit, compressed.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// Committed groups that wait for the fold.
const FOLD_GROUPS_MAX: usize = 8;
/// Bytes of `contentInfo` that wait for the log and the fold; more are refused.
const QUEUE_BYTES_MAX: u64 = 256 << 20;
const RETRY_AFTER_S: u32 = 1;
/// Short, for a shutdown waits for it.
const HOUSEKEEPING_EVERY: Duration = Duration::from_millis(100);

/// How an engine is opened.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {}

/// What a batch said beside its items.
#[derive(Clone, Debug)]
pub struct BatchMeta {
    /// When it was received, epoch milliseconds.
    pub received_ms: i64,
    /// `bizDate` as sent (D-15).
    pub biz_date: Option<String>,
}

/// Who asks for a command.
#[derive(Clone, Debug)]
pub struct Asker {
    /// An account, or `key:` and the number of an API key.
    pub actor: Box<str>,
    /// The request's own key, under which it is carried out once (F-9.3).
    pub request_key: Option<Box<str>>,
}

impl Asker {
    /// Somebody whose request has no key.
    pub fn new(actor: &str) -> Self {
        Asker { actor: actor.into(), request_key: None }
    }
}

/// Why an engine cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data folder.
    #[error("the data folder {path} cannot be used: {source}")]
    Folder {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the folder open.
    #[error("another penstock runs on the data folder {path}; stop it first")]
    InUse {
        /// Which.
        path: String,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A tenant.
    #[error(transparent)]
    Tenant(#[from] TenantError),
}

/// Gets what became of a batch or command, or why nothing did; called exactly once.
pub type Reply = Box<dyn FnOnce(Result<(Seq, FrameOutcome), SubmitError>) + Send>;

struct Submission {
    tenant: TenantId,
    frame: Vec<u8>,
    header: Header,
    items: Vec<Item>,
    reply: Reply,
    charge: Charge,
}

/// Bytes counted for as long as this lives.
struct Charge {
    total: Arc<AtomicU64>,
    bytes: u64,
}

impl Charge {
    fn of(total: &Arc<AtomicU64>, items: &[Item]) -> Self {
        let bytes = items.iter().map(|item| item.content_info.len() as u64).sum();
        total.fetch_add(bytes, Ordering::Relaxed);
        Charge { total: total.clone(), bytes }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// One tenant's part of a committed group.
struct Committed {
    tenant: TenantId,
    seq: Seq,
    submissions: Vec<Submission>,
}

/// A running engine on one data folder.
pub struct Engine {
    shared: Arc<Shared>,
    queue: Mutex<Option<Sender<Submission>>>,
    queued_bytes: Arc<AtomicU64>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held open for its lock on the folder.
    lock: Mutex<Option<std::fs::File>>,
}

struct Shared {
    log: Box<dyn LogReader>,
    tenants_dir: PathBuf,
    tenants: RwLock<BTreeMap<TenantId, Arc<Tenant>>>,
    failure: OnceLock<String>,
    stopping: AtomicBool,
    self_check: Mutex<SelfCheck>,
}

impl Shared {
    /// After this nothing more is acknowledged; the first failure is the one told.
    fn fail(&self, what: String) {
        tracing::error!(failure = %what, "the engine stops");
        drop(self.failure.set(what));
    }

    fn open_tenant(self: &Arc<Self>, id: TenantId, head: Seq) -> Result<Arc<Tenant>, TenantError> {
        let shared = Arc::downgrade(self);
        let failed = move |what| {
            if let Some(shared) = shared.upgrade() {
                shared.fail(what);
            }
        };
        let tenant = Tenant::open(id.clone(), &self.tenants_dir, &*self.log, head, failed)?;
        self.tenants.write().insert(id, tenant.clone());
        Ok(tenant)
    }

    fn tenant(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.tenants.read().get(id).cloned()
    }
}

impl Engine {
    /// Opens the data folder, recovers every tenant and starts the threads.
    pub fn open(dir: &Path, _options: Options) -> Result<Engine, OpenError> {
        let folder = |source| OpenError::Folder { path: dir.display().to_string(), source };
        std::fs::create_dir_all(dir).map_err(folder)?;
        let lock = std::fs::File::create(dir.join("lock")).map_err(folder)?;
        lock.try_lock().map_err(|_| OpenError::InUse { path: dir.display().to_string() })?;
        let (writer, reader) = sqlite::open(&dir.join("log.db"))?;
        let shared = Arc::new(Shared {
            log: Box::new(reader),
            tenants_dir: dir.join("tenants"),
            tenants: RwLock::default(),
            failure: OnceLock::new(),
            stopping: AtomicBool::new(false),
            self_check: Mutex::default(),
        });
        let heads = shared.log.heads()?;
        let known: Vec<TenantId> = heads.iter().map(|(tenant, _)| tenant.clone()).collect();
        refuse_strangers(&shared.tenants_dir, &known)?;
        for (tenant, head) in heads {
            shared.open_tenant(tenant, head)?;
        }
        let (queue, submissions) = crossbeam_channel::bounded(QUEUE_BATCHES_MAX);
        let (committed, groups) = crossbeam_channel::bounded(FOLD_GROUPS_MAX);
        let ticks = queue.clone();
        let threads = [
            spawn("log", &shared, move |shared| write_log(shared, writer, &submissions, &committed)),
            spawn("fold", &shared, move |shared| fold_groups(shared, &groups)),
            spawn("housekeeping", &shared, move |shared| keep_house(shared, &ticks)),
            spawn("self-check", &shared, standing::keep_checking),
        ];
        let threads = threads.into_iter().collect::<Result<_, _>>().map_err(folder)?;
        Ok(Engine {
            shared,
            queue: Mutex::new(Some(queue)),
            queued_bytes: Arc::default(),
            threads: Mutex::new(threads),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Submits a batch; never blocks on the log. `reply` is called from another thread once the batch is durable and
    /// visible in previews, or at once where it is refused.
    pub fn submit(&self, tenant: &TenantId, items: Vec<Item>, meta: BatchMeta, reply: Reply) {
        let header = Header { received_ms: meta.received_ms, biz_date: meta.biz_date, ..Header::default() };
        self.append(tenant, header, items, reply);
    }

    /// Submits a command, as [`Engine::submit`] does a batch: `reply` is called once it is durable and decided.
    pub fn command(&self, tenant: &TenantId, command: Command, by: Asker, received_ms: i64, reply: Reply) {
        let Asker { actor, request_key } = by;
        let header = Header { received_ms, biz_date: None, actor: Some(actor), request_key, command: Some(command) };
        self.append(tenant, header, Vec::new(), reply);
    }

    fn append(&self, tenant: &TenantId, header: Header, items: Vec<Item>, reply: Reply) {
        if self.shared.failure.get().is_some() {
            return reply(Err(SubmitError::Stopped));
        }
        if self.shared.tenant(tenant).is_some_and(|t| t.is_behind()) {
            return reply(Err(SubmitError::Overloaded { retry_after_s: RETRY_AFTER_S }));
        }
        let charge = Charge::of(&self.queued_bytes, &items);
        if self.queued_bytes.load(Ordering::Relaxed) > QUEUE_BYTES_MAX {
            return reply(Err(SubmitError::Overloaded { retry_after_s: RETRY_AFTER_S }));
        }
        let frame = match frame::encode(&header, &items) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::error!(%error, "a batch cannot be encoded");
                return reply(Err(SubmitError::Stopped));
            }
        };
        let submission = Submission { tenant: tenant.clone(), frame, header, items, reply, charge };
        let refused = match &*self.queue.lock() {
            Some(queue) => queue.try_send(submission),
            None => Err(TrySendError::Disconnected(submission)),
        };
        match refused {
            Ok(()) => {}
            Err(TrySendError::Full(s)) => (s.reply)(Err(SubmitError::Overloaded { retry_after_s: RETRY_AFTER_S })),
            Err(TrySendError::Disconnected(s)) => (s.reply)(Err(SubmitError::Stopped)),
        }
    }

    /// What would become of a batch, were it submitted now; nothing is stored (F-1.4).
    pub fn validate(&self, tenant: &TenantId, items: &[Item]) -> Vec<ItemOutcome> {
        match self.shared.tenant(tenant) {
            Some(tenant) => tenant.state.read().validate(items),
            None => crate::fold::State::default().validate(items),
        }
    }

    /// Previews a rule set. Blocks for as long as it takes.
    pub fn preview(&self, tenant: &TenantId, request: &PreviewRequest) -> Result<Preview, PreviewError> {
        match self.shared.tenant(tenant) {
            Some(tenant) => preview::run(&tenant, &*self.shared.log, request, now_ms()),
            None => preview::of_nothing(request, now_ms()),
        }
    }

    /// What a check of a tenant's rules depends on; the exchange rates are those of `fx_date`, or the latest.
    pub fn check_options(&self, tenant: &TenantId, fx_date: Option<&str>) -> Result<CheckOptions, NoRates> {
        match (self.shared.tenant(tenant), fx_date) {
            (Some(tenant), _) => tenant.check_options(fx_date),
            (None, Some(date)) => Err(NoRates(date.to_owned())),
            (None, None) => Ok(CheckOptions::default()),
        }
    }

    /// A tenant's tables of exchange rates, latest first.
    pub fn fx_tables(&self, tenant: &TenantId) -> Vec<Arc<Rates>> {
        let tenant = self.shared.tenant(tenant);
        tenant.map_or_else(Vec::new, |tenant| tenant.state.read().fx.iter().rev().cloned().collect())
    }

    /// Lints a rule set with the items that are there as evidence, and compares it with other rule sets, given by name.
    pub fn lint(&self, tenant: &TenantId, request: &LintRequest) -> Result<LintReport, PreviewError> {
        match self.shared.tenant(tenant) {
            Some(tenant) => lint::run(&tenant, &*self.shared.log, request, now_ms()),
            None => Ok(lint::of_nothing(request)),
        }
    }

    /// Values of a property, most frequent first.
    pub fn values(&self, tenant: &TenantId, request: &ValuesRequest) -> Result<ValueList, ValuesError> {
        match self.shared.tenant(tenant) {
            Some(tenant) => values::list(&tenant, request),
            None => values::property(&request.property).map(|_| ValueList::default()),
        }
    }

    /// What is known of every property; the error is that of reading the store.
    pub fn properties(&self, tenant: &TenantId) -> Result<Vec<PropertyInfo>, String> {
        match self.shared.tenant(tenant) {
            Some(tenant) => fill::properties(&tenant).map_err(|e| e.to_string()),
            None => Ok(fill::properties_of_nothing()),
        }
    }

    /// What may stand at a cursor, with what the tenant's content has.
    pub fn complete(&self, tenant: &TenantId, request: &CompleteRequest) -> Result<Completion, String> {
        complete::run(self.shared.tenant(tenant).as_deref(), request).map_err(|e| e.to_string())
    }

    /// What a cursor points at, with what the tenant's content has of it; `None` where there is nothing to tell.
    pub fn hover(&self, tenant: &TenantId, rules: &str, offset: usize) -> Result<Option<Hover>, String> {
        hover::run(self.shared.tenant(tenant).as_deref(), rules, offset, now_ms()).map_err(|e| e.to_string())
    }

    /// The latest version of an item; `None` where there is none or it is a tombstone.
    pub fn item(
        &self,
        tenant: &TenantId,
        content_type: ContentType,
        content_id: &str,
    ) -> Result<Option<PreviewItem>, String> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(None) };
        let entry = {
            let state = tenant.state.read();
            let ordinal = state.catalog.ordinal(content_type, content_id);
            ordinal.and_then(|ordinal| state.catalog.entry(ordinal)).filter(|entry| entry.live).copied()
        };
        let Some(entry) = entry else { return Ok(None) };
        let mut items = page::render_entries(&tenant, &*self.shared.log, &[entry]).map_err(|e| e.to_string())?;
        Ok(items.pop())
    }

    /// How every tenant stands.
    pub fn status(&self) -> Vec<TenantStatus> {
        self.shared.tenants.read().values().map(|tenant| tenant.status()).collect()
    }

    /// Bytes of the log on disk.
    pub fn log_bytes(&self) -> u64 {
        self.shared.log.disk_bytes()
    }

    /// A tenant, for tests and checks that look inside.
    pub fn tenant(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.shared.tenant(id)
    }

    /// Waits until every tenant's index holds what is folded now.
    pub fn flush(&self) {
        let tenants: Vec<_> = self.shared.tenants.read().values().cloned().collect();
        tenants.iter().for_each(|tenant| tenant.flush());
    }

    /// What made the engine stop acknowledging, if anything: the process must end and start again.
    pub fn failure(&self) -> Option<String> {
        self.shared.failure.get().cloned()
    }

    /// Finishes what was submitted, commits every index, writes checkpoints and leaves the folder to others.
    pub fn shutdown(&self) {
        self.queue.lock().take();
        self.shared.stopping.store(true, Ordering::Relaxed);
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("an engine thread panicked");
            }
        }
        // After a failure the state may be half of a record further than it says: no checkpoint of it.
        let sound = self.shared.failure.get().is_none();
        for tenant in self.shared.tenants.read().values() {
            if let Err(error) = tenant.close(sound) {
                tracing::error!(%error, tenant = %tenant.id.0, "closing a tenant failed; the next start folds more of the log");
            }
        }
        self.lock.lock().take();
    }
}

/// Starts an engine thread; its panic is a failure of the engine like any other.
fn spawn(
    name: &str,
    shared: &Arc<Shared>,
    run: impl FnOnce(&Arc<Shared>) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let shared = shared.clone();
    let title = name.to_owned();
    std::thread::Builder::new().name(name.into()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(|| run(&shared))).is_err() {
            shared.fail(format!("the {title} thread panicked"));
        }
    })
}

/// The log thread: group commit.
fn write_log(
    shared: &Arc<Shared>,
    mut log: impl LogWriter,
    queue: &Receiver<Submission>,
    committed: &Sender<Vec<Committed>>,
) {
    while let Ok(first) = queue.recv() {
        let group = gather(first, queue);
        if shared.failure.get().is_some() {
            group.into_iter().flat_map(|part| part.submissions).for_each(|s| (s.reply)(Err(SubmitError::Stopped)));
            continue;
        }
        let rows: Vec<NewRow> = group.iter().map(row).collect();
        match log.append(&rows) {
            Ok(seqs) => {
                let group = group.into_iter().zip(seqs).map(|(part, seq)| Committed { seq, ..part }).collect();
                if committed.send(group).is_err() {
                    shared.fail("the fold has stopped".into());
                }
            }
            Err(error) => {
                // Whether the rows are there is unknown; never written again, never answered S or F.
                shared.fail(format!("appending to the log failed: {error}"));
                group.into_iter().flat_map(|part| part.submissions).for_each(|s| (s.reply)(Err(SubmitError::Unknown)));
            }
        }
    }
}

/// The first submission and what waits behind it, by tenant, within the group's bounds.
fn gather(first: Submission, queue: &Receiver<Submission>) -> Vec<Committed> {
    let mut group: Vec<Committed> = Vec::new();
    let (mut batches, mut bytes) = (0, 0);
    let mut next = Some(first);
    while let Some(submission) = next {
        batches += 1;
        bytes += submission.frame.len();
        match group.iter_mut().find(|part| part.tenant == submission.tenant) {
            Some(part) => part.submissions.push(submission),
            None => group.push(Committed { tenant: submission.tenant.clone(), seq: 0, submissions: vec![submission] }),
        }
        next = if batches < GROUP_BATCHES_MAX && bytes < GROUP_BYTES_MAX { queue.try_recv().ok() } else { None };
    }
    group
}

fn row(part: &Committed) -> NewRow {
    NewRow {
        tenant: part.tenant.clone(),
        body: part.submissions.iter().map(|s| &s.frame[..]).collect::<Vec<_>>().concat(),
        items: part.submissions.iter().map(|s| s.items.len() as u32).sum(),
    }
}

/// The fold thread.
fn fold_groups(shared: &Arc<Shared>, groups: &Receiver<Vec<Committed>>) {
    while let Ok(group) = groups.recv() {
        for part in group {
            // A tenant's first record is not folded yet, so it is opened as of the record before.
            let tenant = match shared.tenant(&part.tenant) {
                Some(tenant) => Ok(tenant),
                None => shared.open_tenant(part.tenant.clone(), part.seq - 1),
            };
            match tenant {
                Ok(tenant) => fold(shared, &tenant, part),
                Err(error) => {
                    shared.fail(format!("opening tenant {} failed: {error}", part.tenant.0));
                    part.submissions.into_iter().for_each(|s| (s.reply)(Err(SubmitError::Unknown)));
                }
            }
        }
    }
}

fn fold(shared: &Shared, tenant: &Tenant, part: Committed) {
    if shared.failure.get().is_some() {
        // The state may be half of a record further than it says.
        return part.submissions.into_iter().for_each(|s| (s.reply)(Err(SubmitError::Unknown)));
    }
    let mut offset = 0;
    let mut replies = Vec::with_capacity(part.submissions.len());
    let mut frames = Vec::with_capacity(part.submissions.len());
    for submission in part.submissions {
        let length = submission.frame.len();
        frames.push(Frame {
            offset: (offset + PREFIX_BYTES) as u32,
            length: (length - PREFIX_BYTES) as u32,
            header: submission.header,
            items: submission.items,
        });
        offset += length;
        replies.push((submission.reply, submission.charge));
    }
    let mut replies = replies.into_iter();
    let answer = |outcomes: Vec<FrameOutcome>| {
        replies.by_ref().zip(outcomes).for_each(|((reply, _charge), outcome)| reply(Ok((part.seq, outcome))));
    };
    if let Err(error) = tenant.fold(part.seq, frames, answer) {
        shared.fail(format!("record {} of tenant {} cannot be folded: {error}", part.seq, part.tenant.0));
        replies.for_each(|(reply, _charge)| reply(Err(SubmitError::Unknown)));
    }
}

/// The housekeeping thread: expired cursors, checkpoints and timers that are due.
fn keep_house(shared: &Arc<Shared>, queue: &Sender<Submission>) {
    while !shared.stopping.load(Ordering::Relaxed) {
        std::thread::sleep(HOUSEKEEPING_EVERY);
        let tenants: Vec<_> = shared.tenants.read().values().cloned().collect();
        for tenant in tenants {
            tenant.pins.expire(&tenant.state);
            if let Err(error) = tenant.checkpoint_if_due() {
                tracing::error!(%error, tenant = %tenant.id.0, "writing a checkpoint failed; it will be tried again");
            }
            tenant.settle();
            tick(&tenant, queue);
        }
    }
}

/// Appends a record of the time where a timer is due that no other record has fired, or a step where tasks have something to do.
fn tick(tenant: &Arc<Tenant>, queue: &Sender<Submission>) {
    let now_ms = now_ms();
    let Some(command) = tenant.state.read().due(now_ms) else { return };
    if tenant.tick_asked.swap(true, Ordering::Relaxed) {
        return;
    }
    let header = Header { received_ms: now_ms, command: Some(command), ..Header::default() };
    let asked = tenant.clone();
    // Whatever becomes of it, the next round sees what is due then.
    let reply: Reply = Box::new(move |_| asked.tick_asked.store(false, Ordering::Relaxed));
    let charge = Charge::of(&Arc::default(), &[]);
    match frame::encode(&header, &[]) {
        Ok(frame) => {
            let submission = Submission { tenant: tenant.id.clone(), frame, header, items: Vec::new(), reply, charge };
            if let Err(TrySendError::Full(s) | TrySendError::Disconnected(s)) = queue.try_send(submission) {
                (s.reply)(Err(SubmitError::Stopped));
            }
        }
        Err(error) => {
            tracing::error!(%error, "a record of the time cannot be encoded");
            reply(Err(SubmitError::Stopped));
        }
    }
}

/// Epoch milliseconds by the system's clock.
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}
