//! Clients that send content: a first fill of items in order, and a sustained mix of updates and new items.
//!
//! Items are made while sending, by the generator: it makes several hundred thousand lines a second on a core, so that its share of
//! the time is a few percent. Every lane (a connection) has items of its own, so that no two connections update the same
//! item: neither Penstock nor a peer waits for a row that another connection holds.

use super::server::Server;
use anyhow::{Result, bail};
use penstock_server::generate::Generator;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use ureq::Agent;

/// The most items that a request may hold.
pub const ITEMS_PER_REQUEST: usize = 50;
/// Of a hundred items of the sustained mix these many are new versions of items that are there.
const UPDATES_PERCENT: u64 = 70;
/// The seed of all generated content and choices.
pub const SEED: u64 = 20_260_601;

/// What became of one batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    /// Items acknowledged as applied.
    pub applied: u64,
    /// Items acknowledged with another outcome.
    pub other: u64,
    /// Times that the other side said that it is too busy, before it took the batch.
    pub refused: u64,
}

/// What a sustained run measured.
#[derive(Debug, Default)]
pub struct Run {
    /// How long it took.
    pub elapsed: Duration,
    /// Sum over all batches.
    pub sent: Sent,
    /// Of each batch, refusals and waiting included.
    pub latencies: Vec<Duration>,
}

impl Run {
    /// Items applied a second.
    pub fn rate(&self) -> f64 {
        self.sent.applied as f64 / self.elapsed.as_secs_f64()
    }
}

/// One connection's share of the items, and what it has sent of them.
pub struct Lane {
    lane: u64,
    lanes: u64,
    /// The last version sent of each of the lane's items, by position.
    versions: Vec<u32>,
    random: u64,
}

impl Lane {
    /// Lane `lane` of `lanes`, with items below `items` there already at version 0.
    pub fn new(lane: u64, lanes: u64, items: u64) -> Self {
        let own = items / lanes + u64::from(lane < items % lanes);
        Lane { lane, lanes, versions: vec![0; own as usize], random: SEED ^ lane << 32 }
    }

    /// The next batch of the mix, as lines of Content; no item is in it twice.
    fn batch(&mut self, generator: &Generator) -> Vec<String> {
        let mut picked: Vec<usize> = Vec::with_capacity(ITEMS_PER_REQUEST);
        while picked.len() < ITEMS_PER_REQUEST {
            let there = self.versions.len();
            if there > ITEMS_PER_REQUEST && self.below(100) < UPDATES_PERCENT {
                let position = self.below(there as u64) as usize;
                if !picked.contains(&position) {
                    self.versions[position] += 1;
                    picked.push(position);
                }
            } else {
                self.versions.push(0);
                picked.push(there);
            }
        }
        let line = |&position: &usize| {
            let n = position as u64 * self.lanes + self.lane;
            generator.version(n, self.versions[position])
        };
        picked.iter().map(line).collect()
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 32) * n) >> 32
    }
}

/// Sends items 0 to `items`, each `send` from a thread of its own; returns items a second.
pub fn fill<S: FnMut(&[String]) -> Result<Sent>>(
    generator: &Generator,
    items: u64,
    lanes: u64,
    connect: impl Fn() -> Result<S> + Sync,
) -> Result<f64> {
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let step = ITEMS_PER_REQUEST as u64;
    thread::scope(|scope| {
        let work = || -> Result<()> {
            let mut send = connect()?;
            loop {
                let from = next.fetch_add(step, Ordering::Relaxed);
                if from >= items {
                    return Ok(());
                }
                let lines: Vec<String> = (from..items.min(from + step)).map(|n| generator.line(n)).collect();
                send(&lines)?;
            }
        };
        let workers: Vec<_> = (0..lanes).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a client failed")))
    })?;
    Ok(items as f64 / begun.elapsed().as_secs_f64())
}

/// How a sustained run is paced.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long to send.
    pub duration: Duration,
    /// Items a second over all lanes; `None` for as fast as answers come.
    pub rate: Option<f64>,
}

/// Sends the mix from every lane at once. With a rate, latency counts from when a batch was due, not from when it was sent.
pub fn sustain<S: FnMut(&[String]) -> Result<Sent>>(
    generator: &Generator,
    lanes: &mut [Lane],
    pace: Pace,
    connect: impl Fn() -> Result<S> + Sync,
) -> Result<Run> {
    let count = lanes.len() as f64;
    let interval = pace.rate.map(|rate| Duration::from_secs_f64(ITEMS_PER_REQUEST as f64 * count / rate));
    let run = Mutex::new(Run::default());
    let begun = Instant::now();
    let work = |lane: &mut Lane| -> Result<()> {
        let mut send = connect()?;
        let mut own = Run::default();
        // Lanes send in turn, not all at once.
        let mut due = begun + interval.unwrap_or_default().mul_f64(lane.lane as f64 / count);
        while begun.elapsed() < pace.duration {
            let lines = lane.batch(generator);
            match interval {
                Some(interval) => {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    note(&mut own, due, send(&lines)?);
                    due += interval;
                }
                None => {
                    let start = Instant::now();
                    note(&mut own, start, send(&lines)?);
                }
            }
        }
        merge(&run, own);
        Ok(())
    };
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> = lanes.iter_mut().map(|lane| scope.spawn(move || work(lane))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a client failed")))
    })?;
    let mut run = run.into_inner().unwrap_or_default();
    run.elapsed = begun.elapsed();
    Ok(run)
}

fn note(run: &mut Run, start: Instant, sent: Sent) {
    run.latencies.push(start.elapsed());
    run.sent.applied += sent.applied;
    run.sent.other += sent.other;
    run.sent.refused += sent.refused;
}

fn merge(run: &Mutex<Run>, own: Run) {
    if let Ok(mut run) = run.lock() {
        run.latencies.extend(own.latencies);
        run.sent.applied += own.sent.applied;
        run.sent.other += own.sent.other;
        run.sent.refused += own.sent.refused;
    }
}

/// A client of the server: sends batches to synchronizeContent on a connection of its own.
pub fn http_client(server: &Server) -> impl FnMut(&[String]) -> Result<Sent> + use<> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
    let agent = Agent::new_with_config(config.build());
    let (url, bearer) = (format!("{}/asap/synchronizeContent", server.base), server.bearer.clone());
    move |lines| {
        let body = format!("{{\"contents\":[{}]}}", lines.join(","));
        let mut refused = 0;
        loop {
            let request = agent.post(&url).header("authorization", &bearer).content_type("application/json");
            let mut response = request.send(body.as_bytes())?;
            let text = response.body_mut().read_to_string()?;
            match response.status().as_u16() {
                200 => {
                    let applied = text.matches("\"APPLIED\"").count() as u64;
                    return Ok(Sent { applied, other: lines.len() as u64 - applied, refused });
                }
                429 | 503 if refused < 1_000 => {
                    refused += 1;
                    thread::sleep(Duration::from_millis(20));
                }
                status => bail!("synchronizeContent answered {status}: {text}"),
            }
        }
    }
}

/// A client of the server: puts standing sets on a connection of its own.
pub fn set_client(server: &Server) -> impl FnMut(&str, &str) -> Result<()> + use<> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
    let agent = Agent::new_with_config(config.build());
    let (url, bearer) = (format!("{}/api/v1/sets", server.base), server.bearer.clone());
    move |name, rules| {
        let body = serde_json::json!({ "rules": rules, "targetWallet": "gcash" }).to_string();
        let request = agent.put(format!("{url}/{name}")).header("authorization", &bearer);
        let mut response = request.content_type("application/json").send(body.as_bytes())?;
        let text = response.body_mut().read_to_string()?;
        match response.status().as_u16() {
            200 | 201 => Ok(()),
            status => bail!("putting a set was answered {status}: {text}"),
        }
    }
}
