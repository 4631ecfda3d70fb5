//! Standing sets: what it costs to keep every set right at every content version, journal included, on one thread.
//!
//! Data: the project's generator (seed `load::SEED`): `PENSTOCK_BENCH_SET_ITEMS` items (default 20,000), each then sent again in
//! a new version, and as many others after them, 50 a record, decoded beforehand. Groups are settled between these: the first
//! items are the first that any group has seen, the others come to a server that has been running. Rule sets
//! (`benches/questions/rule_texts.rs`): one to three groups of two to four rules, drawn with a fixed seed about other items of
//! the same generator; 10,000 and `PENSTOCK_BENCH_SETS` (100,000) of them. Folded are whole records: version gate, catalog, registry, facets, matching, sets, journal; no log
//! and no index. The same records without any set are folded first, so the difference is what sets cost.

#[path = "questions/rule_texts.rs"]
mod rule_texts;
#[path = "questions/standing.rs"]
mod standing_questions;
#[allow(dead_code, reason = "the other benches use the rest")]
mod support;

use anyhow::{Context as _, Result, bail};
use cap::Cap;
use mimalloc::MiMalloc;
use penstock_engine::command::{CommandOutcome, PutSet};
use penstock_engine::content::item::Item;
use penstock_engine::fold::{Frame, State};
use penstock_engine::log::frame::Header;
use penstock_engine::preview;
use penstock_engine::supply::change::Changes;
use penstock_engine::supply::journal::Journal;
use penstock_server::generate::Generator;
use rule_texts::{NOW_MS, RuleTexts, decoded};
use std::time::{Duration, Instant};
use support::load::{ITEMS_PER_REQUEST, SEED};
use support::setting;
use support::stats::on_cpu;

/// As the server has it, and what is allocated is counted.
#[global_allocator]
static ALLOCATOR: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

fn main() -> Result<()> {
    let items: u64 = setting("PENSTOCK_BENCH_SET_ITEMS", 20_000);
    let most: usize = setting("PENSTOCK_BENCH_SETS", 100_000);
    let generator = Generator::new(SEED);
    let decoded = |(from, version)| -> Vec<Item> {
        (from..from + items).filter_map(|n| decoded(&generator.version(n, version))).collect()
    };
    let runs = [("first items", (0, 0)), ("next versions", (0, 1)), ("other items", (items, 0))];
    let runs = runs.map(|(name, which)| (name, decoded(which)));
    println!("sets: {items} items, each in two versions, then {items} others");
    let sizes = [0, 10_000, most];
    let mut bench = Bench::new(&generator);
    for size in sizes {
        let took = bench.put_sets(size)?;
        if size > 0 {
            println!("{size} sets, {} groups: {:.1} us a set to put", bench.groups(), us(took, size));
        }
        let mut state = bench.take_state();
        let before = ALLOCATOR.allocated();
        let own = state.groups.bytes() as f64 / state.groups.len().max(1) as f64;
        println!("  {own:.0} bytes a group of the matcher by its own account");
        for (name, items) in &runs {
            let run = fold(&mut state, items)?;
            println!(
                "  {name}: {:.0} items/s, {:.1} us an item on the processor, {:.1} us in all; {:.2} changes of membership \
                 an item",
                items.len() as f64 / run.on_cpu.as_secs_f64(),
                us(run.on_cpu, items.len()),
                us(run.took, items.len()),
                run.changes as f64 / items.len() as f64,
            );
            // As the engine does beside its work.
            state.groups.settle(usize::MAX);
        }
        print_bytes(state, before, 2 * items);
    }
    Ok(())
}

/// Prints what items take in derived memory, as allocated since `before`: a part takes what is free once it has gone.
fn print_bytes(mut state: State, before: usize, items: u64) {
    let an_item = |bytes: usize| bytes as f64 / items as f64;
    let all = ALLOCATOR.allocated() - before;
    let State { catalog, supply, .. } = &mut state;
    let catalog = freed(catalog);
    let facts = freed(&mut supply.items) + freed(&mut supply.merchants);
    let (times, lists) = (freed(&mut supply.clock), freed(&mut supply.lists));
    println!(
        "  {:.0} bytes an item beside index and overlay: catalog {:.0}, facts {:.0}, times {:.0}, lists of targets {:.0}, bitmaps of \
         sets and what does not grow with items {:.0}",
        an_item(all),
        an_item(catalog),
        an_item(facts),
        an_item(times),
        an_item(lists),
        an_item(all - catalog - facts - times - lists)
    );
}

fn freed<T: Default>(part: &mut T) -> usize {
    let before = ALLOCATOR.allocated();
    drop(std::mem::take(part));
    before - ALLOCATOR.allocated()
}

fn us(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e6 / count as f64
}

/// Sets to put, and a state that has them and no content.
struct Bench<'a> {
    texts: RuleTexts<'a>,
    rules: Vec<String>,
    state: State,
}

impl<'a> Bench<'a> {
    fn new(generator: &'a Generator) -> Self {
        Bench { texts: RuleTexts::new(generator, SEED), rules: Vec::new(), state: State::default() }
    }

    /// Puts sets into a new state until it has so many.
    fn put_sets(&mut self, count: usize) -> Result<Duration> {
        while self.rules.len() < count {
            self.rules.push(self.texts.draw());
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
            let found =
                preview::standing::find(&self.state.snapshot, &registration).map_err(|e| anyhow::anyhow!("{e}"))?;
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
    /// Of which this thread was on the processor.
    on_cpu: Duration,
    changes: u64,
}

/// Folds items, 50 a record.
fn fold(state: &mut State, items: &[Item]) -> Result<Run> {
    let dir = tempfile::tempdir()?;
    let (journal, _) = Journal::open(dir.path(), 0, |what| panic!("{what}")).context("the journal")?;
    let records: Vec<Vec<Item>> = items.chunks(ITEMS_PER_REQUEST).map(<[Item]>::to_vec).collect();
    let mut changes = 0;
    let (begun, begun_on_cpu) = (Instant::now(), on_cpu());
    for (n, items) in (1..).zip(records) {
        let header = Header { received_ms: NOW_MS, ..Header::default() };
        let applied = state.apply(state.seq + 1, vec![Frame { offset: 0, length: 0, header, items }]);
        let told = Changes::new(n, state.end_record().changes);
        changes += told.all().len() as u64;
        journal.append(told, Vec::new());
        drop(applied);
    }
    Ok(Run { took: begun.elapsed(), on_cpu: on_cpu().saturating_sub(begun_on_cpu), changes })
}
