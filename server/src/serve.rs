//! The server's life: bind, open the engine, answer, and stop without losing anything.
//!
//! The address is bound first, so that a taken port is known before a long log is read; until the engine is open `/readyz` and
//! every request that needs it answer 503. A failed write stops the process: what cannot be made durable must not be
//! answered for.

use crate::app::{App, Settings};
use crate::keys::Keys;
use crate::notify::{self, Notices, Notifier, Prepared};
use crate::people::People;
use crate::session::oidc::OidcOptions;
use anyhow::{Context, anyhow};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use penstock_engine::{Engine, OpenError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a client may take to send a request's headers, and how long an idle connection is kept.
const HEADERS_TIME_MAX: Duration = Duration::from_secs(60);
/// How long requests under way may take once the server was asked to stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(40);
/// How often the engine is asked whether it still writes.
const WATCH_INTERVAL: Duration = Duration::from_millis(200);
/// A pause when no connection can be accepted, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where and what to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The data folder; made if there is none.
    pub data: PathBuf,
    /// `HOST:PORT`; port 0 is any free one.
    pub listen: String,
    /// The operator's settings.
    pub settings: Settings,
    /// How notices go out.
    pub notices: notify::Options,
}

/// What happens on the way up.
pub struct Hooks {
    /// The address is bound.
    pub bound: Box<dyn FnOnce(SocketAddr) + Send>,
    /// The engine is open and requests are answered.
    pub opened: Box<dyn FnOnce() + Send>,
}

/// Serves until a signal or a failure; returns once everything acknowledged is safe. An error is a failure to start or to
/// write.
pub fn serve(options: ServeOptions, hooks: Hooks) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(run(options, hooks));
    // Queries that were given up on need not be waited for.
    runtime.shutdown_background();
    result
}

async fn run(options: ServeOptions, hooks: Hooks) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let listener =
        TcpListener::bind(&options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    let (keys, people) = (Keys::open(&options.data)?, People::open(&options.data)?);
    let notices = Arc::new(Notices::open(&options.data)?);
    refuse_in_use(&options.data)?;
    let prepared = Prepared::new(options.notices, &options.data, notices.clone())?;
    let notifier = OnceLock::new();
    let mut settings = options.settings;
    // A public address says more than the one behind a proxy.
    settings.secure_cookies &= settings.oidc.as_ref().map_or(!address.ip().is_loopback(), OidcOptions::is_https);
    let app = App::new(keys, people, notices, crate::metrics::install()?, settings);
    if let Some(oidc) = app.oidc() {
        tokio::spawn(oidc.watch());
    }
    (hooks.bound)(address);
    tracing::info!(%address, data = %options.data.display(), "listening");

    let connections = GracefulShutdown::new();
    let end = tokio::select! {
        () = accept(&listener, &app, &connections) => Ok(()),
        end = live(&app, options.data, (prepared, &notifier), hooks.opened) => end,
        name = signals.next() => { tracing::info!(signal = name, "stopping"); Ok(()) }
    };
    drop(listener);
    app.stop();
    tokio::select! {
        () = stop(&app, notifier.into_inner(), connections) => {}
        name = signals.next() => tracing::warn!(signal = name, "stopping at once"),
    }
    end
}

/// Fails if another process serves the folder, before anything is announced. The engine takes the lock for good.
fn refuse_in_use(data: &Path) -> anyhow::Result<()> {
    let free = match std::fs::File::open(data.join("lock")) {
        Ok(lock) => !matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)),
        Err(_) => true,
    };
    let path = data.display().to_string();
    if free { Ok(()) } else { Err(OpenError::InUse { path }).context("cannot open the store") }
}

/// Opens the engine and watches it; returns only with an error.
async fn live(
    app: &App,
    data: PathBuf,
    (prepared, notifier): (Prepared, &OnceLock<Notifier>),
    opened: Box<dyn FnOnce() + Send>,
) -> anyhow::Result<()> {
    let opening = tokio::task::spawn_blocking(move || Engine::open(&data, penstock_engine::Options::default()));
    let engine = Arc::new(opening.await?.context("cannot open the store")?);
    let running = prepared.start(engine.clone())?;
    app.opened(engine.clone());
    notifier.get_or_init(|| running);
    tracing::info!("ready");
    opened();
    loop {
        tokio::time::sleep(WATCH_INTERVAL).await;
        app.metrics().run_upkeep();
        if let Some(cause) = engine.failure() {
            tracing::error!(cause, "the store cannot be written; stopping");
            return Err(anyhow!("the store cannot be written: {cause}"));
        }
    }
}

/// Accepts connections for ever.
async fn accept(listener: &TcpListener, app: &App, connections: &GracefulShutdown) {
    let router = crate::router::router(app.clone());
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_TIME_MAX);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => prepared(stream),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // Clients that break off, or talk no HTTP, are not news.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

fn prepared(stream: TcpStream) -> TcpStream {
    // Answers are written whole, so waiting to fill packets only costs time; without it they are slower, not wrong.
    let _ = stream.set_nodelay(true);
    stream
}

/// Lets requests under way finish, then ends the notices and closes the engine.
async fn stop(app: &App, notifier: Option<Notifier>, connections: GracefulShutdown) {
    if tokio::time::timeout(DRAIN_TIME_MAX, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    if let Some(notifier) = notifier {
        // What it says is in its own log lines.
        let _ = tokio::task::spawn_blocking(move || notifier.stop()).await;
    }
    if let Some(engine) = app.engine().cloned()
        && let Err(error) = tokio::task::spawn_blocking(move || engine.shutdown()).await
    {
        tracing::error!(%error, "closing the store failed; the next start reads the log instead");
    }
    tracing::info!("stopped");
}

/// SIGTERM and SIGINT; elsewhere than on Unix, Ctrl-C.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
