//! Ingest: how many items a second are durable, acknowledged and visible in previews, and what an item costs.
//!
//! Data: the project's generator (seed `load::SEED`): merchants' content of seven markets, about 1.1 KB an item. A server
//! on an empty folder is filled with `PENSTOCK_BENCH_ITEMS` items (default 1,000,000) over HTTP, 50 a request. Then
//! `PENSTOCK_BENCH_CONNECTIONS` (8) clients send for `PENSTOCK_BENCH_SECONDS` (60): 70% new versions of random items that
//! are there, 30% new items; as fast as answers come, or, once the fill is merged, paced to `PENSTOCK_BENCH_RATE` items a
//! second. Items are made while sending; the client's processor time, which includes that, is printed beside the server's.
//!
//! With `PENSTOCK_BENCH_SETS` so many standing sets are put before the first item (`benches/questions/rule_texts.rs`): an answer then
//! means that every set is right, and the latency of a paced run is that from the request to there.
//!
//! Peer: PostgreSQL 15 with the same items, mix, batch size and number of connections, a batch a transaction, default
//! durability; once with a primary key alone and once with a GIN index over the JSON too (`benches/peers/postgres.rs`).
//! `PENSTOCK_BENCH_PEERS=0` leaves it out; `PENSTOCK_BENCH_DIR` names a folder to keep the data in, for the preview bench.

#[path = "peers/cluster.rs"]
mod cluster;
#[path = "peers/postgres.rs"]
mod postgres_peer;
#[path = "questions/rule_texts.rs"]
mod rule_texts;
#[path = "questions/standing.rs"]
mod standing_questions;
#[allow(dead_code, reason = "the other benches use the rest")]
mod support;

use anyhow::Result;
use penstock_server::generate::Generator;
use rule_texts::RuleTexts;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::load::{self, Lane, Pace, Run, SEED};
use support::server::{DataDir, Server};
use support::{setting, stats};

/// Index lag is printed this often during the sustained phase.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
const CATCH_UP_WITHIN: Duration = Duration::from_secs(600);
/// A server is at rest when it uses less than this share of a core for so long.
const REST_SHARE: f64 = 0.05;
const REST_SEEN_FOR: Duration = Duration::from_secs(3);

/// What the environment asks for.
struct Settings {
    items: u64,
    connections: u64,
    pace: Pace,
    peers: bool,
    sets: usize,
}

impl Settings {
    fn from_env() -> Self {
        Settings {
            items: setting("PENSTOCK_BENCH_ITEMS", 1_000_000),
            connections: setting("PENSTOCK_BENCH_CONNECTIONS", 8),
            pace: Pace {
                duration: Duration::from_secs(setting("PENSTOCK_BENCH_SECONDS", 60)),
                rate: std::env::var("PENSTOCK_BENCH_RATE").ok().and_then(|rate| rate.parse().ok()),
            },
            peers: setting("PENSTOCK_BENCH_PEERS", 1) != 0,
            sets: setting("PENSTOCK_BENCH_SETS", 0),
        }
    }
}

fn main() -> Result<()> {
    let settings = Settings::from_env();
    let generator = Generator::new(SEED);
    println!("ingest: {} items first, then {:?}", settings.items, settings.pace);
    let penstock = penstock(&settings, &generator)?;
    report("penstock", &penstock);
    if !settings.peers {
        println!("peers: left out (PENSTOCK_BENCH_PEERS=0)");
        return Ok(());
    }
    for (name, run) in postgres_peer::measure(&generator, settings.items, settings.connections, settings.pace)? {
        report(name, &run);
        println!("ratio: penstock / {name} = {:.2}", penstock.rate() / run.rate());
    }
    Ok(())
}

/// Fills a server and loads it; prints all but the run itself.
fn penstock(settings: &Settings, generator: &Generator) -> Result<Run> {
    let data = DataDir::from_env()?;
    let server = Server::start(data.path())?;
    put_sets(&server, generator, settings)?;
    let connect = || Ok(load::http_client(&server));
    let rate = load::fill(generator, settings.items, settings.connections, connect)?;
    println!("penstock: filled at {rate:.0} items/s; {}", caught_up(&server)?);
    costs(&server, data.path(), settings.items);
    if settings.pace.rate.is_some() {
        println!("penstock: {}", rested(&server));
    }

    let before = (stats::cpu_seconds(server.pid()), stats::cpu_seconds(std::process::id()));
    let mut lanes: Vec<Lane> =
        (0..settings.connections).map(|lane| Lane::new(lane, settings.connections, settings.items)).collect();
    let run = watched(&server, || load::sustain(generator, &mut lanes, settings.pace, connect))?;
    let lag = server.lag()?;
    println!("penstock: lag at the end {} records, {} items in the overlay", lag.records, lag.overlay_items);
    let after = (stats::cpu_seconds(server.pid()), stats::cpu_seconds(std::process::id()));
    println!("penstock: processor time {:.1} s server, {:.1} s client", after.0 - before.0, after.1 - before.1);
    println!("penstock: {}", caught_up(&server)?);
    costs(&server, data.path(), settings.items + run.sent.applied * 3 / 10);
    Ok(run)
}

/// Puts standing sets, as many at a time as there are connections.
fn put_sets(server: &Server, generator: &Generator, settings: &Settings) -> Result<()> {
    if settings.sets == 0 {
        return Ok(());
    }
    let mut texts = RuleTexts::new(generator, SEED);
    let rules: Vec<String> = (0..settings.sets).map(|_| texts.draw()).collect();
    let begun = Instant::now();
    thread::scope(|scope| {
        let share = rules.len().div_ceil(settings.connections as usize);
        let clients: Vec<_> = rules
            .chunks(share)
            .enumerate()
            .map(|(lane, rules)| scope.spawn(move || put_some(server, lane, rules)))
            .collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client does not panic"))
    })?;
    println!("penstock: {} standing sets put in {:.1} s", rules.len(), begun.elapsed().as_secs_f64());
    Ok(())
}

fn put_some(server: &Server, lane: usize, rules: &[String]) -> Result<()> {
    let mut put = load::set_client(server);
    rules.iter().enumerate().try_for_each(|(n, rules)| put(&format!("set-{lane}-{n}"), rules))
}

/// Runs `work` while another thread prints how far the index is behind.
fn watched<T>(server: &Server, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let begun = Instant::now();
            let mut due = SAMPLE_EVERY;
            while !done.load(Ordering::Relaxed) {
                if begun.elapsed() >= due {
                    due += SAMPLE_EVERY;
                    print_lag(server, begun.elapsed());
                }
                thread::sleep(Duration::from_millis(50));
            }
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}

fn print_lag(server: &Server, at: Duration) {
    match server.lag() {
        Ok(lag) => println!(
            "  at {:3.0} s: index {} records behind, {} items in the overlay",
            at.as_secs_f64(),
            lag.records,
            lag.overlay_items
        ),
        Err(error) => println!("  at {:3.0} s: no metrics: {error}", at.as_secs_f64()),
    }
}

fn caught_up(server: &Server) -> Result<String> {
    let (took, done) = server.wait_for_index(CATCH_UP_WITHIN)?;
    let word = if done { "index caught up after" } else { "index had NOT caught up after" };
    Ok(format!("{word} {:.1} s", took.as_secs_f64()))
}

/// Waits until what the fill has left to be merged is merged: a light load would not have left it.
fn rested(server: &Server) -> String {
    let begun = Instant::now();
    loop {
        let before = stats::cpu_seconds(server.pid());
        thread::sleep(REST_SEEN_FOR);
        let used = stats::cpu_seconds(server.pid()) - before;
        if used < REST_SHARE * REST_SEEN_FOR.as_secs_f64() {
            return format!("at rest after {:.0} s", begun.elapsed().as_secs_f64());
        }
        if begun.elapsed() > CATCH_UP_WITHIN {
            return format!("NOT at rest after {:.0} s", begun.elapsed().as_secs_f64());
        }
    }
}

fn costs(server: &Server, data: &Path, items: u64) {
    let (anonymous, mapped) = stats::memory_bytes(server.pid());
    let disk = stats::disk_bytes(data);
    let each = |bytes: u64| bytes / items.max(1);
    println!(
        "penstock: about {items} items: {} bytes of disk, {} of memory (and {} of mapped files) an item",
        each(disk),
        each(anonymous),
        each(mapped)
    );
}

fn report(name: &str, run: &Run) {
    let mut latencies = run.latencies.clone();
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|q| stats::quantile_ms(&mut latencies, q));
    println!(
        "{name}: {:.0} items/s acknowledged over {:.1} s in {} requests ({} with another outcome, {} refusals); \
         request p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms",
        run.rate(),
        run.elapsed.as_secs_f64(),
        run.latencies.len(),
        run.sent.other,
        run.sent.refused,
    );
}
