//! Matching: what it costs to find the standing rule sets that an item matches (`benches/matching/`) and the standing
//! questions that it passes, beside asking it every one.
//!
//! Data: the project's generator (seed `load::SEED`), `PENSTOCK_BENCH_MATCH_ITEMS` items (default 20,000), decoded beforehand. Questions
//! (`benches/questions/standing.rs`): single rules as operators write them, drawn with a fixed seed about what other items of the
//! same generator have; 1,000, 10,000 and `PENSTOCK_BENCH_STANDING` (100,000) different ones. No threads, no log, no index.
//!
//! Peer, in the same run: the bare evaluator on every standing question, on as many items as take a few seconds. Both
//! answers are compared on those items.

#[path = "matching/a_tree_peer.rs"]
mod a_tree_peer;
#[path = "peers/cluster.rs"]
mod cluster;
#[path = "matching/groups.rs"]
mod groups;
#[path = "matching/postgres_peer.rs"]
mod postgres_peer;
#[path = "matching/rule_sets.rs"]
mod rule_sets;
#[path = "questions/standing.rs"]
mod standing_questions;
#[allow(dead_code, reason = "the other benches use the rest")]
mod support;

use anyhow::{Context as _, Result, ensure};
use cap::Cap;
use mimalloc::MiMalloc;
use penstock_dsl::expr::{Expr, Predicate};
use penstock_dsl::registry::ContentType;
use penstock_engine::content::decode::{Context, decode};
use penstock_engine::content::document::Document;
use penstock_engine::matcher::standing::{Evaluated, Probe, QuestionId, Standing};
use penstock_server::generate::{BASE_TIME_MS, Generator};
use standing_questions::Writer;
use std::time::{Duration, Instant};
use support::load::SEED;
use support::setting;
use support::stats::on_cpu;

const NOW_MS: i64 = BASE_TIME_MS as i64;
/// How long the peer is given for each number of questions.
const SCAN_FOR: Duration = Duration::from_secs(3);
/// Questions are written about items from here on, which are not among those asked.
const WRITTEN_ABOUT: u64 = 5_000_000;
const US: f64 = 1e6;

type Asked = (Predicate, ContentType);

/// As the server has it, and what is allocated is counted.
#[global_allocator]
static ALLOCATOR: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

fn main() -> Result<()> {
    let count: u64 = setting("PENSTOCK_BENCH_MATCH_ITEMS", 20_000);
    let most: usize = setting("PENSTOCK_BENCH_STANDING", 100_000);
    let generator = Generator::new(SEED);
    let documents = (0..count).map(|n| document(&generator, n)).collect::<Result<Vec<_>>>()?;
    let documents: Vec<Document> = documents.into_iter().flatten().collect();
    groups::measure(&generator, &documents)?;
    if setting("PENSTOCK_BENCH_PEERS", 1) != 0 {
        a_tree_peer::measure(&generator, &documents)?;
    }
    let questions = draw(&generator, most)?;
    println!("matching: {} items, {} different questions drawn", documents.len(), questions.len());
    weigh(&questions)?;
    for standing in [1_000, 10_000, most] {
        measure(&documents, &questions[..standing.min(questions.len())])?;
    }
    Ok(())
}

fn document(generator: &Generator, n: u64) -> Result<Option<Document>> {
    let line = generator.line(n);
    let raw = serde_json::from_str(&line)?;
    let context = Context { tenant: "BENCH", received_ms: NOW_MS };
    let item = decode(raw, &context).map_err(|refused| anyhow::anyhow!("{:?}", refused.issues))?;
    Ok(item.document)
}

/// Draws questions until `count` different ones are there.
fn draw(generator: &Generator, count: usize) -> Result<Vec<Asked>> {
    let mut writer = Writer::new(SEED);
    let (mut standing, mut questions) = (Standing::default(), Vec::with_capacity(count));
    for n in WRITTEN_ABOUT.. {
        if questions.len() >= count {
            break;
        }
        let Some(document) = document(generator, n)? else { continue };
        let Some(text) = writer.rule(&document) else { continue };
        // A word of an item may be none that a fuzzy query can have, such as a single sign.
        let Some(expr) = penstock_dsl::check::check(&text, &Default::default()).expr else { continue };
        let (predicate, content_type) = only_rule(expr).context("one rule")?;
        let before = standing.len();
        standing.insert(&predicate);
        if standing.len() > before {
            questions.push((predicate, content_type));
        }
    }
    Ok(questions)
}

fn only_rule(expr: Expr) -> Option<Asked> {
    let block = expr.blocks.into_iter().next()?;
    let rule = block.groups.into_iter().next()?.rules.into_iter().next()?;
    Some((rule.predicate, block.content_type))
}

fn measure(documents: &[Document], questions: &[Asked]) -> Result<()> {
    let begun = Instant::now();
    let (mut standing, ids) = stand(questions);
    let insert_us = begun.elapsed().as_secs_f64() * US / questions.len() as f64;
    println!("{} standing: inserted in {insert_us:.1} us each", standing.len());

    let (cold_us, _) = pass(&standing, documents, 1);
    let begun = Instant::now();
    let moved = standing.settle(usize::MAX);
    println!(
        "  as inserted {cold_us:.1} us an item; settled {moved} of them in {:.0} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    pass(&standing, &documents[..documents.len() / 4], 1);
    let rounds = setting("PENSTOCK_BENCH_ROUNDS", 3);
    let (item_us, (passed, evaluated)) = pass(&standing, documents, rounds);
    let looked_at = (documents.len() * rounds) as f64;
    println!(
        "  passing: {item_us:.1} us an item ({:.0} items/s); an item passes {:.1} questions, {:.2} are verified, {:.2} of them in vain",
        US / item_us,
        passed as f64 / looked_at,
        evaluated.entered as f64 / looked_at,
        evaluated.in_vain as f64 / looked_at,
    );
    compare(&standing, documents, item_us)?;

    let begun = Instant::now();
    for id in &ids {
        standing.leave(*id);
        standing.remove(*id);
    }
    println!("  removed in {:.1} us each", begun.elapsed().as_secs_f64() * US / ids.len() as f64);
    ensure!(standing.is_empty(), "nothing is left");
    Ok(())
}

fn stand(questions: &[Asked]) -> (Standing, Vec<QuestionId>) {
    let mut standing = Standing::default();
    let mut take_in = |(predicate, content_type): &Asked| {
        let id = standing.insert(predicate);
        standing.enter(id, *content_type);
        id
    };
    let ids = questions.iter().map(&mut take_in).collect();
    (standing, ids)
}

/// Prints the memory of standing questions.
fn weigh(questions: &[Asked]) -> Result<()> {
    let before = ALLOCATOR.allocated();
    let (standing, ids) = stand(questions);
    let each = |bytes: f64| bytes / ids.len() as f64;
    let taken = each((ALLOCATOR.allocated() - before) as f64);
    let costs = ids.iter().map(|id| standing.cost(*id)).collect::<Option<Vec<_>>>().context("a standing question")?;
    let told = each(costs.iter().map(|cost| cost.bytes as f64).sum());
    let places = each(costs.iter().map(|cost| cost.places as f64).sum());
    println!(
        "{} standing: {taken:.0} bytes each (by their own account {told:.0}), in {places:.1} places each; {} asked of every item",
        ids.len(),
        standing.always_asked()
    );
    Ok(())
}

/// Microseconds of processor time an item in the fastest round (the machine may have other work); how many questions passed in
/// all, and what the evaluator was asked.
fn pass(standing: &Standing, documents: &[Document], rounds: usize) -> (f64, (usize, Evaluated)) {
    let mut probe = Probe::default();
    let (mut fastest, mut passed) = (Duration::MAX, 0);
    for _ in 0..rounds {
        let begun = on_cpu();
        passed += documents.iter().map(|document| standing.passing(document, NOW_MS, &mut probe).len()).sum::<usize>();
        fastest = fastest.min(on_cpu().saturating_sub(begun));
    }
    (fastest.as_secs_f64() * US / documents.len() as f64, (passed, probe.evaluated()))
}

/// Asks items every question, for a while, and holds the answers against each other.
fn compare(standing: &Standing, documents: &[Document], item_us: f64) -> Result<()> {
    let mut probe = Probe::default();
    let (mut scanned, mut took) = (0u32, Duration::ZERO);
    for document in documents {
        let begun = on_cpu();
        let expected = standing.scan(document, NOW_MS);
        took += on_cpu().saturating_sub(begun);
        scanned += 1;
        let mut found = standing.passing(document, NOW_MS, &mut probe).to_vec();
        found.sort_unstable();
        ensure!(found == expected, "answers differ: {document:?}");
        if took > SCAN_FOR {
            break;
        }
    }
    let scan_us = took.as_secs_f64() * US / f64::from(scanned);
    println!(
        "  scan: {scan_us:.1} us an item ({:.0} items/s), on {scanned} items, all answers equal; ratio {:.0}",
        US / scan_us,
        scan_us / item_us
    );
    Ok(())
}
