//! Completion and hover: how long an editor waits for names, values and explanations on a million items.
//!
//! Data: the project's generator (seed `load::SEED`), `PENSTOCK_BENCH_ITEMS` items (default 1,000,000) as first published,
//! sent over HTTP; or what `PENSTOCK_BENCH_DIR` holds from an earlier run. Each question is asked once for its first answer,
//! which may have to walk a property's values, and then `PENSTOCK_BENCH_QUESTIONS` (50) times, over HTTP, by one client.
//! The budget is 50 ms (F-2.5).

#[allow(dead_code, reason = "the other benches use the rest")]
mod support;

use anyhow::{Result, bail};
use penstock_server::generate::Generator;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::load::{self, SEED};
use support::server::{DataDir, Server};
use support::{setting, stats};
use ureq::Agent;

const CATCH_UP_WITHIN: Duration = Duration::from_secs(600);

/// What is asked, and where; `|` is the cursor.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("property names", "complete", "STORE { |"),
    ("property names, typed", "complete", "LOCAL_SKU { pri|"),
    ("values, few distinct, nothing typed", "complete", "STORE { stdCategories in (\"|"),
    ("values, few distinct, typed", "complete", "STORE { stdCategories in (\"h|"),
    ("values, few distinct, a slip", "complete", "STORE { stdCategories in (\"hotle|"),
    ("values, all distinct, nothing typed", "complete", "LOCAL_SKU { outItemId = \"|"),
    ("values, all distinct, one letter", "complete", "LOCAL_SKU { outItemId = \"s|"),
    ("values, all distinct, a number", "complete", "LOCAL_SKU { outItemId = \"1|"),
    ("names, nothing typed", "complete", "LOCAL_SKU { name = \"|"),
    ("names, one letter", "complete", "LOCAL_SKU { name = \"s|"),
    ("names, three letters", "complete", "LOCAL_SKU { name = \"cof|"),
    ("names, a slip", "complete", "LOCAL_SKU { name = \"cofee|"),
    ("names, Chinese", "complete", "LOCAL_SKU { name = \"咖|"),
    ("values shared by types, nothing typed", "complete", "STORE { merchantId = \"|"),
    ("hover, list", "hover", "STORE { stdCat|egories is set }"),
    ("hover, all distinct", "hover", "LOCAL_SKU { outItem|Id is set }"),
    ("hover, money", "hover", "LOCAL_SKU { sale|Price is set }"),
    ("hover, value", "hover", "STORE { stdCategories in (\"ho|tel\") }"),
];

fn main() -> Result<()> {
    let items: u64 = setting("PENSTOCK_BENCH_ITEMS", 1_000_000);
    let times: usize = setting("PENSTOCK_BENCH_QUESTIONS", 50);
    let generator = Generator::new(SEED);
    let data = DataDir::from_env()?;
    let server = Server::start(data.path())?;
    let client = Client::new(&server);
    if client.ask("hover", "LOCAL_SKU| { all }")?.1["hover"]["of"].as_u64().unwrap_or(0) == 0 {
        let rate =
            load::fill(&generator, items, setting("PENSTOCK_BENCH_CONNECTIONS", 8), || Ok(load::http_client(&server)))?;
        println!("complete: filled with {items} items at {rate:.0} items/s");
    }
    let (took, done) = server.wait_for_index(CATCH_UP_WITHIN)?;
    if !done {
        println!("complete: the index has NOT caught up after {:.0} s", took.as_secs_f64());
    }
    let mut all = Vec::new();
    for (what, operation, marked) in QUESTIONS {
        let (first, answer) = client.ask(operation, marked)?;
        let mut took = (0..times).map(|_| Ok(client.ask(operation, marked)?.0)).collect::<Result<Vec<_>>>()?;
        all.extend_from_slice(&took);
        let [p50, p99] = [0.5, 0.99].map(|q| stats::quantile_ms(&mut took, q));
        println!(
            "{what}: p50 {p50:.1} ms, p99 {p99:.1} ms, the first {:.1} ms; {}",
            first.as_secs_f64() * 1e3,
            told(&answer)
        );
    }
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|q| stats::quantile_ms(&mut all, q));
    println!("complete: {} answers: p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms", all.len());
    Ok(())
}

/// How much an answer told.
fn told(answer: &Value) -> String {
    let candidates = answer["candidates"].as_array().map_or(0, Vec::len);
    match &answer["hover"] {
        Value::Null => format!(
            "{candidates} candidates, the best {} with {}",
            answer["candidates"][0]["label"], answer["candidates"][0]["items"]
        ),
        hover => format!("{} of {} items, ends {}", hover["items"], hover["of"], hover["ends"]),
    }
}

/// A client that asks as an editor does.
struct Client {
    agent: Agent,
    base: String,
    bearer: String,
}

impl Client {
    fn new(server: &Server) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).build();
        Client { agent: Agent::new_with_config(config), base: server.base.clone(), bearer: server.bearer.clone() }
    }

    fn ask(&self, operation: &str, marked: &str) -> Result<(Duration, Value)> {
        let body = json!({ "rules": marked.replacen('|', "", 1), "offset": marked.find('|') }).to_string();
        let begun = Instant::now();
        let url = format!("{}/api/v1/rules/{operation}", self.base);
        let request = self.agent.post(&url).header("authorization", &self.bearer);
        let mut response = request.content_type("application/json").send(body.as_bytes())?;
        let text = response.body_mut().read_to_string()?;
        let took = begun.elapsed();
        if response.status() != 200 {
            bail!("{operation} answered {}: {text}\n{marked}", response.status());
        }
        Ok((took, serde_json::from_str(&text)?))
    }
}
