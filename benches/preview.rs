//! Preview: how long exact counts, a page of 20 and facets of a rule set take on a million items.
//!
//! Data: the project's generator (seed `load::SEED`), `PENSTOCK_BENCH_ITEMS` items (default 1,000,000) as first published,
//! sent over HTTP; or what `PENSTOCK_BENCH_DIR` holds from an earlier run. Questions: `PENSTOCK_BENCH_QUESTIONS` (240) rule
//! sets of three groups of four rules (`benches/questions/mod.rs`), constants drawn with a fixed seed, so that no two are
//! alike and no answer comes from a cache of answers. Each is asked once, over HTTP, by one client.
//!
//! Peer: DuckDB in memory with 2 threads, asked for the counts alone (every rule, group and the whole: no page, no facets),
//! on tables that have exactly the columns asked for, folded and split into words beforehand
//! (`benches/peers/duckdb.rs`). Asked twice: with the rules' fuzzy words, and with substrings in their place. Its counts
//! are compared with ours. `PENSTOCK_BENCH_PEERS=0` leaves it out.

#[path = "peers/duckdb.rs"]
mod duckdb_peer;
mod questions;
#[allow(dead_code, reason = "the ingest bench uses the rest")]
mod support;

use anyhow::{Context, Result, bail};
use penstock_server::generate::Generator;
use questions::{Dice, Question};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::load::{self, SEED};
use support::server::{DataDir, Server};
use support::{setting, stats};
use ureq::Agent;

const CATCH_UP_WITHIN: Duration = Duration::from_secs(600);
const PAGE: u64 = 20;

/// One answered question.
struct Answer {
    took: Duration,
    matched: u64,
    /// Every rule's count, block by block, each block's groups after its rules, then the block: the order of the peer's SQL.
    counts: Vec<u64>,
}

fn main() -> Result<()> {
    let items: u64 = setting("PENSTOCK_BENCH_ITEMS", 1_000_000);
    let count: usize = setting("PENSTOCK_BENCH_QUESTIONS", 240);
    let generator = Generator::new(SEED);
    let data = DataDir::from_env()?;
    let server = Server::start(data.path())?;
    let client = Client::new(&server);
    let fresh = fill(&server, &client, &generator, items)?;

    let mut dice = Dice::new(SEED);
    let questions: Vec<Question> = (0..count).map(|_| Question::draw(&mut dice)).collect();
    let answers = questions.iter().map(|question| client.ask(&question.rules())).collect::<Result<Vec<_>>>()?;
    let mine = report(&answers);
    drop(server);

    if setting("PENSTOCK_BENCH_PEERS", 1) == 0 {
        println!("peers: left out (PENSTOCK_BENCH_PEERS=0)");
        return Ok(());
    }
    let sets = [true, false].map(|fuzzy| questions.iter().map(|question| question.sql(fuzzy)).collect());
    if let Some([fuzzy, plain]) = duckdb_peer::ask(&generator, items, &sets)? {
        compare("fuzzy words", mine, &fuzzy);
        match fresh {
            true => compare_counts(&answers, &fuzzy.counts),
            false => println!("duckdb: counts not compared, the data is of an earlier run"),
        }
        compare("substrings in place of fuzzy words", mine, &plain);
    }
    Ok(())
}

/// Sends the items unless they are there; whether the server now has just these.
fn fill(server: &Server, client: &Client, generator: &Generator, items: u64) -> Result<bool> {
    let there = client.ask("MERCHANT { all } STORE { all } BENEFIT { all } LOCAL_SKU { all }")?.matched;
    if there < items / 2 {
        let connections = setting("PENSTOCK_BENCH_CONNECTIONS", 8);
        let rate = load::fill(generator, items, connections, || Ok(load::http_client(server)))?;
        println!("preview: filled with {items} items at {rate:.0} items/s");
    } else {
        println!("preview: {there} items are there from an earlier run");
    }
    let (took, done) = server.wait_for_index(CATCH_UP_WITHIN)?;
    if !done {
        println!("preview: the index has NOT caught up after {:.0} s", took.as_secs_f64());
    }
    Ok(there == 0)
}

/// A client that asks for previews.
struct Client {
    agent: Agent,
    url: String,
    bearer: String,
}

impl Client {
    fn new(server: &Server) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).build();
        let url = format!("{}/api/v1/preview", server.base);
        Client { agent: Agent::new_with_config(config), url, bearer: server.bearer.clone() }
    }

    fn ask(&self, rules: &str) -> Result<Answer> {
        let body = json!({ "rules": rules, "limit": PAGE, "after": null, "facets": true }).to_string();
        let begun = Instant::now();
        let request = self.agent.post(&self.url).header("authorization", &self.bearer);
        let mut response = request.content_type("application/json").send(body.as_bytes())?;
        let text = response.body_mut().with_config().limit(1 << 28).read_to_string()?;
        let took = begun.elapsed();
        if response.status() != 200 {
            bail!("preview answered {}: {text}\n{rules}", response.status());
        }
        let answer: Value = serde_json::from_str(&text)?;
        let counts = &answer["counts"];
        let matched = counts["matched"].as_u64().context("counts.matched")?;
        Ok(Answer { took, matched, counts: flat_counts(counts) })
    }
}

/// The counts of an answer in the order of the peer's SQL.
fn flat_counts(counts: &Value) -> Vec<u64> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let matched = |value: &Value| value["matched"].as_u64().unwrap_or(0);
    let mut flat = Vec::new();
    for block in list(counts, "blocks") {
        let groups = list(&block, "groups");
        flat.extend(groups.iter().flat_map(|group| list(group, "rules")).map(|rule| matched(&rule)));
        flat.extend(groups.iter().map(matched));
        flat.push(matched(&block));
    }
    flat
}

/// Prints our own figures; p50 and p99 in milliseconds.
fn report(answers: &[Answer]) -> (f64, f64) {
    let mut took: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
    let first = took.first().copied().unwrap_or_default();
    let mut matched: Vec<u64> = answers.iter().map(|answer| answer.matched).collect();
    matched.sort_unstable();
    let [low, middle, high] =
        [0, matched.len() / 2, matched.len().saturating_sub(1)].map(|i| matched.get(i).unwrap_or(&0));
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|q| stats::quantile_ms(&mut took, q));
    println!(
        "penstock: {} previews with counts, page and facets: p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms, \
         the first {:.1} ms; matched {low} to {high} items, median {middle}",
        answers.len(),
        first.as_secs_f64() * 1e3
    );
    (p50, p99)
}

fn compare(words: &str, mine: (f64, f64), theirs: &duckdb_peer::Answers) {
    let mut took = theirs.took.clone();
    let (p50, p99) = (stats::quantile_ms(&mut took, 0.5), stats::quantile_ms(&mut took, 0.99));
    println!("duckdb {}: counts alone, {words}: p50 {p50:.1} ms, p99 {p99:.1} ms", theirs.version);
    println!("ratio: duckdb / penstock = {:.1} at p50, {:.1} at p99", p50 / mine.0, p99 / mine.1);
}

fn compare_counts(mine: &[Answer], theirs: &[Vec<u64>]) {
    let equal = mine.iter().zip(theirs).filter(|(mine, theirs)| mine.counts == **theirs).count();
    println!("duckdb: all counts equal in {equal} of {} questions", mine.len());
}
