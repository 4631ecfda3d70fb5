//! Completion and hover: how long an editor waits for names, values and explanations on a million items.
//!
//! Data: the project's generator (seed `load::SEED`), `PENSTOCK_BENCH_ITEMS` items (default 1,000,000) as first published,
//! sent over HTTP; or what `PENSTOCK_BENCH_DIR` holds from an earlier run. One client asks, over HTTP:
//!
//! - cold: each question once directly after a start, and once directly after the index has taken in new items; several
//!   times, each time beginning with another question;
//! - steady: each question `PENSTOCK_BENCH_QUESTIONS` (50) times, with nothing else going on;
//! - under updates: one question after the other for `PENSTOCK_BENCH_SECONDS` (60), with a pause between them, while
//!   `PENSTOCK_BENCH_RATE` (3,000) items a second come in, so that commits and merges happen.
//!
//! The budget is 50 ms (F-2.5).

#[allow(dead_code, reason = "the other benches use the rest")]
mod support;

use anyhow::{Result, bail};
use penstock_server::generate::Generator;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};
use support::load::{self, Lane, Pace, SEED};
use support::server::{DataDir, Server};
use support::{setting, stats};
use ureq::Agent;

const CATCH_UP_WITHIN: Duration = Duration::from_secs(600);
/// Starts, and likewise flushes, after which is asked.
const COLD_ROUNDS: usize = 6;
/// How long items come in before a flush.
const FILL_FOR: Duration = Duration::from_secs(2);
/// What is made in the background is made by then.
const SETTLED_AFTER: Duration = Duration::from_secs(10);
/// Between two questions of the client while items come in.
const PAUSE: Duration = Duration::from_millis(10);

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
    let generator = Generator::new(SEED);
    let data = DataDir::from_env()?;
    let there = filled(&generator, items, data.path())?;
    let mut lanes = [Lane::new(0, 1, there)];
    let mut opened = Answers::new("cold, after a start");
    for round in 0..COLD_ROUNDS {
        opened.ask_each(&Client::new(&Server::start(data.path())?), round)?;
    }
    opened.print();

    let server = Server::start(data.path())?;
    let client = Client::new(&server);
    let mut updates = Updates { generator: &generator, server: &server, lanes: &mut lanes };
    let mut flushed = Answers::new("cold, after a flush");
    for round in 0..COLD_ROUNDS {
        updates.send(FILL_FOR)?;
        while server.lag()?.overlay_items > 0.0 {}
        flushed.ask_each(&client, round)?;
    }
    flushed.print();

    thread::sleep(SETTLED_AFTER);
    let mut steady = Answers::new("steady");
    (0..setting("PENSTOCK_BENCH_QUESTIONS", 50)).try_for_each(|_| steady.ask_each(&client, 0))?;
    steady.print();

    let duration = Duration::from_secs(setting("PENSTOCK_BENCH_SECONDS", 60));
    let mut busy = Answers::new("under updates");
    thread::scope(|scope| -> Result<()> {
        let sending = scope.spawn(|| updates.send(duration));
        while !sending.is_finished() {
            for at in 0..QUESTIONS.len() {
                busy.ask(&client, at)?;
                thread::sleep(PAUSE);
            }
        }
        let rate = sending.join().unwrap_or_else(|_| bail!("sending failed"))?;
        println!("complete: {rate:.0} items/s came in");
        Ok(())
    })?;
    busy.print();
    Ok(())
}

/// Fills an empty folder; how many items are there then.
fn filled(generator: &Generator, items: u64, data: &std::path::Path) -> Result<u64> {
    let server = Server::start(data)?;
    let client = Client::new(&server);
    let of = |content_type| -> Result<u64> {
        let (_, answer) = client.ask("hover", &format!("{content_type}| {{ all }}"))?;
        Ok(answer["hover"]["of"].as_u64().unwrap_or(0))
    };
    let there = ["MERCHANT", "STORE", "BENEFIT", "LOCAL_SKU"].into_iter().map(of).sum::<Result<u64>>()?;
    if there > 0 {
        return Ok(there);
    }
    let connections = setting("PENSTOCK_BENCH_CONNECTIONS", 8);
    let rate = load::fill(generator, items, connections, || Ok(load::http_client(&server)))?;
    println!("complete: filled with {items} items at {rate:.0} items/s");
    let (took, done) = server.wait_for_index(CATCH_UP_WITHIN)?;
    if !done {
        println!("complete: the index has NOT caught up after {:.0} s", took.as_secs_f64());
    }
    Ok(items)
}

/// New versions and new items, at a steady rate.
struct Updates<'a> {
    generator: &'a Generator,
    server: &'a Server,
    lanes: &'a mut [Lane],
}

impl Updates<'_> {
    /// Items a second that were applied.
    fn send(&mut self, duration: Duration) -> Result<f64> {
        let pace = Pace { duration, rate: Some(setting("PENSTOCK_BENCH_RATE", 3_000.0)) };
        let run = load::sustain(self.generator, self.lanes, pace, || Ok(load::http_client(self.server)))?;
        Ok(run.rate())
    }
}

/// How long the answers to each question took.
struct Answers {
    when: &'static str,
    by_question: Vec<Vec<Duration>>,
    last: Vec<Value>,
}

impl Answers {
    fn new(when: &'static str) -> Self {
        Answers { when, by_question: vec![Vec::new(); QUESTIONS.len()], last: vec![Value::Null; QUESTIONS.len()] }
    }

    fn ask(&mut self, client: &Client, at: usize) -> Result<()> {
        let (_, operation, marked) = QUESTIONS[at];
        let (took, answer) = client.ask(operation, marked)?;
        self.by_question[at].push(took);
        self.last[at] = answer;
        Ok(())
    }

    /// Asks every question once; which one comes first depends on the round.
    fn ask_each(&mut self, client: &Client, round: usize) -> Result<()> {
        let first = round * QUESTIONS.len() / COLD_ROUNDS;
        (0..QUESTIONS.len()).try_for_each(|at| self.ask(client, (first + at) % QUESTIONS.len()))
    }

    fn print(mut self) {
        let when = self.when;
        for (((what, ..), took), last) in QUESTIONS.iter().zip(&mut self.by_question).zip(&self.last) {
            println!("{when}: {what}: {}; {}", quantiles(took), told(last));
        }
        let mut all = self.by_question.concat();
        println!("complete: {when}: {} answers: {}", all.len(), quantiles(&mut all));
    }
}

fn quantiles(took: &mut [Duration]) -> String {
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|q| stats::quantile_ms(took, q));
    format!("p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")
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
