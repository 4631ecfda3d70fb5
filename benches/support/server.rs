//! A `penstock serve` of its own, on a free loopback port and a data folder, stopped when dropped.

use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The release binary that Cargo built beside the bench.
const PENSTOCK: &str = env!("CARGO_BIN_EXE_penstock");
/// A start may replay a long log.
const READY_WITHIN: Duration = Duration::from_secs(300);
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// Where the server keeps its data: a folder of the caller's, kept, or a temporary one, removed.
pub enum DataDir {
    /// Named by `PENSTOCK_BENCH_DIR`.
    Kept(PathBuf),
    /// Removed at the end.
    Temporary(TempDir),
}

impl DataDir {
    /// The folder that `PENSTOCK_BENCH_DIR` names, or else a new temporary one.
    pub fn from_env() -> Result<Self> {
        match std::env::var_os("PENSTOCK_BENCH_DIR") {
            Some(dir) => {
                std::fs::create_dir_all(&dir)?;
                Ok(DataDir::Kept(dir.into()))
            }
            None => Ok(DataDir::Temporary(tempfile::tempdir()?)),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        match self {
            DataDir::Kept(path) => path,
            DataDir::Temporary(dir) => dir.path(),
        }
    }
}

/// A running server and a key to it.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// The value of the `Authorization` header.
    pub bearer: String,
}

impl Server {
    /// Makes a key for the tenant `bench`, starts the server on `data` and waits until it is ready.
    pub fn start(data: &Path) -> Result<Self> {
        let output = Command::new(PENSTOCK).args(["key", "add", "--tenant", "bench", "--data"]).arg(data).output()?;
        if !output.status.success() {
            bail!("penstock key add: {}", String::from_utf8_lossy(&output.stderr));
        }
        let key = String::from_utf8(output.stdout)?.trim().to_owned();
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child = Command::new(PENSTOCK)
            .args(["serve", "--listen", &address, "--data"])
            .arg(data)
            .env("PENSTOCK_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .context("starting penstock serve")?;
        let mut server = Server { child, base: format!("http://{address}"), bearer: format!("Bearer {key}") };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < READY_WITHIN {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended while starting: {status}");
            }
            if ureq::get(format!("{}/readyz", self.base)).call().is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the server is not ready after {READY_WITHIN:?}")
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The text of `/metrics`.
    pub fn metrics(&self) -> Result<String> {
        Ok(ureq::get(format!("{}/metrics", self.base)).call()?.body_mut().read_to_string()?)
    }

    /// How far the index is behind the log.
    pub fn lag(&self) -> Result<Lag> {
        let text = self.metrics()?;
        let seq = gauge(&text, "penstock_seq").unwrap_or(0.0);
        let indexed = gauge(&text, "penstock_indexed_seq").unwrap_or(0.0);
        let overlay = gauge(&text, "penstock_index_lag_items").unwrap_or(0.0);
        Ok(Lag { records: seq - indexed, overlay_items: overlay })
    }

    /// Waits until the index has everything, `limit` at most; how long that took, and whether it got there.
    pub fn wait_for_index(&self, limit: Duration) -> Result<(Duration, bool)> {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            let lag = self.lag()?;
            if lag.records <= 0.0 && lag.overlay_items <= 0.0 {
                return Ok((begun.elapsed(), true));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok((begun.elapsed(), false))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        let begun = Instant::now();
        while asked.is_ok() && begun.elapsed() < STOP_WITHIN {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How far the index is behind the log.
#[derive(Clone, Copy, Debug)]
pub struct Lag {
    /// Records of the log that no index commit holds.
    pub records: f64,
    /// Items that previews read from the overlay.
    pub overlay_items: f64,
}

/// The sum of a metric over its labels, from Prometheus text.
fn gauge(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        if !rest.starts_with(['{', ' ']) {
            return None;
        }
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    samples.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
}
