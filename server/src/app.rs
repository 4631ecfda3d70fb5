//! What all handlers share: the engine once it is open, the API keys, people, and the bounds on blocking work.
//!
//! Invariant: nothing that can take longer than some microseconds runs on an async thread; it goes through
//! [`App::decode`], [`App::query`], [`App::ask`] or [`App::hash`], which bound how many run at once, [`App::people`] or
//! [`App::notices`].

use crate::keys::Keys;
use crate::notify::{Notices, NoticesError};
use crate::pace::Pace;
use crate::people::{People, Throttle};
use crate::problem::Problem;
use crate::session::oidc::{Oidc, OidcOptions};
use metrics_exporter_prometheus::PrometheusHandle;
use parking_lot::Mutex;
use penstock_engine::{Engine, TenantId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A tenant's queries under way at once; more wait.
const QUERIES_OF_A_TENANT: usize = 2;
/// Passwords hashed at once, each on a core of its own for tens of milliseconds; more wait.
const HASHES: usize = 2;
/// A tenant's event streams open at once; more are refused.
pub const STREAMS_OF_A_TENANT: usize = 32;
/// Downloads of a tenant under way at once, each with a thread of its own; more are refused.
pub const DOWNLOADS_OF_A_TENANT: usize = 4;

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether `synchronizeContent` answers with the flat copy of `result` too (D-02).
    pub flat_result: bool,
    /// How long a batch may wait for its durability before it is answered `U` (D-19).
    pub submit_timeout: Duration,
    /// How long a client may take to send a body.
    pub body_timeout: Duration,
    /// How long a preview or a list of values may take.
    pub query_timeout: Duration,
    /// Whether browsers send session cookies over HTTPS alone; `serve` turns it off where only this machine can connect.
    pub secure_cookies: bool,
    /// Whether webhooks may go to this machine.
    pub webhook_loopback: bool,
    /// The provider at which people can sign in.
    pub oidc: Option<OidcOptions>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            flat_result: true,
            submit_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            query_timeout: Duration::from_secs(30),
            secure_cookies: true,
            webhook_loopback: false,
            oidc: None,
        }
    }
}

/// The state of a running server; cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    engine: OnceLock<Arc<Engine>>,
    keys: Keys,
    people: People,
    notices: Arc<Notices>,
    throttle: Mutex<Throttle>,
    pace: Pace,
    hashing: Arc<Semaphore>,
    metrics: PrometheusHandle,
    oidc: Option<Oidc>,
    settings: Settings,
    decoding: Arc<Semaphore>,
    querying: Arc<Semaphore>,
    tenants: Mutex<HashMap<TenantId, Bounds>>,
    asking: Arc<Semaphore>,
    stopping: AtomicBool,
}

/// What each tenant may have at once.
#[derive(Clone)]
struct Bounds {
    queries: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
}

impl Default for Bounds {
    fn default() -> Self {
        let most = |permits| Arc::new(Semaphore::new(permits));
        Bounds {
            queries: most(QUERIES_OF_A_TENANT),
            streams: most(STREAMS_OF_A_TENANT),
            downloads: most(DOWNLOADS_OF_A_TENANT),
        }
    }
}

impl App {
    /// A server whose engine is still opening.
    pub fn new(
        keys: Keys,
        people: People,
        notices: Arc<Notices>,
        metrics: PrometheusHandle,
        settings: Settings,
    ) -> App {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        App {
            inner: Arc::new(Inner {
                engine: OnceLock::new(),
                keys,
                people,
                notices,
                throttle: Mutex::default(),
                pace: Pace::default(),
                hashing: Arc::new(Semaphore::new(HASHES)),
                metrics,
                oidc: settings.oidc.clone().map(Oidc::new),
                settings,
                decoding: Arc::new(Semaphore::new(cores)),
                querying: Arc::new(Semaphore::new(cores * 2)),
                tenants: Mutex::default(),
                asking: Arc::new(Semaphore::new(cores)),
                stopping: AtomicBool::new(false),
            }),
        }
    }

    /// The engine has opened: from now on requests are answered.
    pub fn opened(&self, engine: Arc<Engine>) {
        // Called once by `serve`; a second call would be a second engine on the same folder.
        assert!(self.inner.engine.set(engine).is_ok(), "the engine was opened twice");
    }

    /// The engine, once it is open.
    pub fn engine(&self) -> Option<&Arc<Engine>> {
        self.inner.engine.get()
    }

    /// The engine, or the answer that it is still reading its log.
    pub fn ready_engine(&self) -> Result<&Arc<Engine>, Problem> {
        self.engine().ok_or_else(Problem::starting)
    }

    /// The API keys.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// Reads or changes people, off the async threads.
    pub async fn people<T: Send + 'static>(&self, work: impl FnOnce(&People) -> T + Send + 'static) -> T {
        let app = self.clone();
        joined(tokio::task::spawn_blocking(move || work(&app.inner.people)).await)
    }

    /// Reads or changes notices and webhooks, off the async threads.
    pub async fn notices<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Notices) -> Result<T, NoticesError> + Send + 'static,
    ) -> Result<T, NoticesError> {
        let notices = self.inner.notices.clone();
        joined(tokio::task::spawn_blocking(move || work(&notices)).await)
    }

    /// Hashes a password, off the async threads; answers 503 when others keep it waiting for too long.
    pub async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = tokio::time::timeout(self.settings().query_timeout, self.inner.hashing.clone().acquire_owned());
        let permit = permit.await.map_err(|_| Problem::timeout())?;
        let work = move || {
            let _permit = permit;
            work()
        };
        Ok(joined(tokio::task::spawn_blocking(work).await))
    }

    /// Whose sign-ins have to wait.
    pub fn throttle(&self) -> &Mutex<Throttle> {
        &self.inner.throttle
    }

    /// How fast accounts may change tasks.
    pub fn pace(&self) -> &Pace {
        &self.inner.pace
    }

    /// What `/metrics` renders.
    pub fn metrics(&self) -> &PrometheusHandle {
        &self.inner.metrics
    }

    /// The provider at which people can sign in, if there is one.
    pub fn oidc(&self) -> Option<&Oidc> {
        self.inner.oidc.as_ref()
    }

    /// The operator's settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// From now on `/readyz` says no, so that a load balancer looks elsewhere.
    pub fn stop(&self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server is on its way out.
    pub fn is_stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::Relaxed)
    }

    /// Runs CPU-bound work on a request's body off the async threads, at most one a core at once. The permit stays with the
    /// work, so that work whose client has gone still counts.
    pub async fn decode<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // The semaphore is never closed; without a permit there would still be the right answer, only less politely.
        let permit = self.inner.decoding.clone().acquire_owned().await;
        let work = move || {
            let _permit = permit;
            work()
        };
        joined(tokio::task::spawn_blocking(work).await)
    }

    /// Runs a tenant's blocking query; answers 503 when it takes longer than the settings allow. The permits stay with the
    /// work, so that queries given up on still count. A tenant's queries wait for each other before they keep others waiting.
    pub async fn query<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        work: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (own, all) = (self.bounds(tenant).queries, self.inner.querying.clone());
        self.run(async move { (own.acquire_owned().await.ok(), all.acquire_owned().await.ok()) }, work).await
    }

    /// Runs what an editor asks while its user types. It takes milliseconds, so it does not queue behind queries.
    pub async fn ask<T: Send + 'static>(&self, work: impl FnOnce(&Engine) -> T + Send + 'static) -> Result<T, Problem> {
        let asking = self.inner.asking.clone();
        self.run(async move { asking.acquire_owned().await.ok() }, work).await
    }

    /// Room for one more event stream of a tenant, for as long as it is held; `None` where there is none.
    pub fn stream(&self, tenant: &TenantId) -> Option<OwnedSemaphorePermit> {
        self.bounds(tenant).streams.try_acquire_owned().ok()
    }

    /// Room for one more download of a tenant, for as long as it is held; `None` where there is none.
    pub fn download(&self, tenant: &TenantId) -> Option<OwnedSemaphorePermit> {
        self.bounds(tenant).downloads.try_acquire_owned().ok()
    }

    fn bounds(&self, tenant: &TenantId) -> Bounds {
        self.inner.tenants.lock().entry(tenant.clone()).or_default().clone()
    }

    async fn run<P: Send + 'static, T: Send + 'static>(
        &self,
        permits: impl Future<Output = P>,
        work: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let engine = self.ready_engine()?.clone();
        let run = async move {
            // The semaphores are never closed; without a permit there would still be the right answer, only less politely.
            let permits = permits.await;
            let work = move || {
                let _permits = permits;
                work(&engine)
            };
            joined(tokio::task::spawn_blocking(work).await)
        };
        tokio::time::timeout(self.settings().query_timeout, run).await.map_err(|_| Problem::timeout())
    }
}

/// A panic of blocking work goes on in the request that asked for it, where it is caught and answered.
fn joined<T>(result: Result<T, tokio::task::JoinError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("blocking work was cancelled: {error}"),
        },
    }
}
