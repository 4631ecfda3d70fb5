//! Standing sets: what it costs to keep every set right at every content version, journal included, on one thread.
//!
//! Data: the project's generator (seed `load::SEED`): `PENSTOCK_BENCH_SET_ITEMS` items (default 20,000), each then sent again in
//! a new version, 50 a record, decoded beforehand. Rule sets (`benches/questions/rule_texts.rs`): one to three groups of
//! two to four rules, drawn with a fixed seed about other items of the same generator; 10,000 and `PENSTOCK_BENCH_SETS`
//! (100,000) of them. Folded are whole records: version gate, catalog, registry, facets, matching, sets, journal; no log
//! and no index. The same records without any set are folded first, so the difference is what sets cost.

#[path = "questions/rule_texts.rs"]
mod rule_texts;
#[path = "questions/standing.rs"]
mod standing_questions;
#[allow(dead_code, reason = "the other benches use the rest")]
mod support;

use anyhow::{Context as _, Result, bail};
use penstock_engine::command::{Command, CommandOutcome, PutSet};
use penstock_engine::content::decode::{Context, decode};
use penstock_engine::content::document::Document;
use penstock_engine::content::item::Item;
use penstock_engine::fold::{Frame, State};
use penstock_engine::log::frame::Header;
use penstock_engine::preview;
use penstock_engine::supply::change::Changes;
use penstock_engine::supply::journal::Journal;
use penstock_server::generate::{BASE_TIME_MS, Generator};
use rule_texts::RuleTexts;
use std::time::{Duration, Instant};
use support::load::{ITEMS_PER_REQUEST, SEED};
use support::{setting, stats};

const NOW_MS: i64 = BASE_TIME_MS as i64;
/// Rules are written about items from here on, which are not among those sent.
const WRITTEN_ABOUT: u64 = 5_000_000;

fn main() -> Result<()> {
    let items: u64 = setting("PENSTOCK_BENCH_SET_ITEMS", 20_000);
    let most: usize = setting("PENSTOCK_BENCH_SETS", 100_000);
    let generator = Generator::new(SEED);
    let versions: Vec<Vec<Item>> =
        (0..2).map(|v| (0..items).map(|n| item(&generator.version(n, v))).collect()).collect::<Result<_>>()?;
    println!("sets: {items} items, each in two versions");
    let sizes = [0, 10_000, most];
    let mut bench = Bench::new(&generator)?;
    for size in sizes {
        let before = stats::memory_bytes(std::process::id()).0;
        let took = bench.put_sets(size)?;
        let added = stats::memory_bytes(std::process::id()).0.saturating_sub(before);
        if size > 0 {
            println!(
                "{size} sets, {} groups: {:.1} us a set to put; {:.0} bytes a group",
                bench.groups(),
                us(took, size),
                added as f64 / bench.groups() as f64
            );
        }
        let mut state = bench.take_state();
        for (v, items) in versions.iter().enumerate() {
            let run = fold(&mut state, items)?;
            println!(
                "  version {v}: {:.0} items/s, {:.1} us an item; {:.2} changes of membership an item",
                items.len() as f64 / run.took.as_secs_f64(),
                us(run.took, items.len()),
                run.changes as f64 / items.len() as f64,
            );
            // As the engine does beside its work.
            state.groups.settle(usize::MAX);
        }
    }
    Ok(())
}

fn us(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e6 / count as f64
}

fn item(line: &str) -> Result<Item> {
    let raw = serde_json::from_str(line)?;
    let context = Context { tenant: "BENCH", received_ms: NOW_MS };
    decode(raw, &context).map_err(|refused| anyhow::anyhow!("{:?}", refused.issues))
}

/// Sets to put, and a state that has them and no content.
struct Bench<'a> {
    generator: &'a Generator,
    texts: RuleTexts,
    about: u64,
    rules: Vec<String>,
    state: State,
}

impl<'a> Bench<'a> {
    fn new(generator: &'a Generator) -> Result<Self> {
        let texts = RuleTexts::new(SEED);
        Ok(Bench { generator, texts, about: WRITTEN_ABOUT, rules: Vec::new(), state: State::default() })
    }

    fn draw(&mut self) -> String {
        let (generator, about) = (self.generator, &mut self.about);
        let mut next = || -> Document {
            loop {
                *about += 1;
                let document = item(&generator.line(*about)).ok().and_then(|item| item.document);
                if let Some(document) = document {
                    break document;
                }
            }
        };
        self.texts.draw(&mut next)
    }

    /// Puts sets into a new state until it has so many.
    fn put_sets(&mut self, count: usize) -> Result<Duration> {
        while self.rules.len() < count {
            let text = self.draw();
            // A word of an item may be none that a fuzzy query can have, such as a single sign.
            if penstock_dsl::check::check(&text, &Default::default()).expr.is_some() {
                self.rules.push(text);
            }
        }
        self.state = State::default();
        let begun = Instant::now();
        for (n, rules) in self.rules[..count].iter().enumerate() {
            let put = PutSet {
                name: format!("set {n}").into(),
                rules: rules.as_str().into(),
                target_wallet: "gcash".into(),
                fx_date: None,
            };
            let registration = self.state.prepare(put).map_err(|outcome| anyhow::anyhow!("{outcome:?}"))?;
            let found = preview::standing::find(&self.state, &registration).map_err(|e| anyhow::anyhow!("{e}"))?;
            match self.state.register(registration, found) {
                CommandOutcome::Set(_) => {}
                outcome => bail!("{outcome:?}"),
            }
        }
        Ok(begun.elapsed())
    }

    fn groups(&self) -> usize {
        self.state.groups.len()
    }

    fn take_state(&mut self) -> State {
        std::mem::take(&mut self.state)
    }
}

struct Run {
    took: Duration,
    changes: u64,
}

/// Folds items, 50 a record.
fn fold(state: &mut State, items: &[Item]) -> Result<Run> {
    let dir = tempfile::tempdir()?;
    let (journal, _) = Journal::open(dir.path(), 0, |what| panic!("{what}")).context("the journal")?;
    let records: Vec<Vec<Item>> = items.chunks(ITEMS_PER_REQUEST).map(<[Item]>::to_vec).collect();
    let mut changes = 0;
    let begun = Instant::now();
    for (n, items) in (1..).zip(records) {
        let header = Header { received_ms: NOW_MS, biz_date: None, command: None::<Command> };
        let applied = state.apply(state.seq + 1, vec![Frame { offset: 0, length: 0, header, items }]);
        let told: Vec<Changes> =
            state.take_changes().into_iter().map(|(journal, changes)| Changes { journal, seq: n, changes }).collect();
        changes += told.iter().map(|c| c.changes.len() as u64).sum::<u64>();
        journal.append(n, told);
        drop(applied);
    }
    Ok(Run { took: begun.elapsed(), changes })
}
