//! Standing rule sets: what it costs to find those that an item matches, as they are taken in, settled and out.

use crate::rule_sets::{RuleSets, Rules, Shape};
use crate::support::load::SEED;
use crate::support::setting;
use crate::support::stats::on_cpu;
use crate::{ALLOCATOR, US, WRITTEN_ABOUT, document};
use anyhow::{Result, ensure};
use penstock_engine::content::document::Document;
use penstock_engine::matcher::groups::{GroupId, GroupProbe, Groups, Work};
use penstock_server::generate::Generator;
use std::time::{Duration, Instant};

/// How long the scan is given.
const SCAN_FOR: Duration = Duration::from_secs(3);
/// Rule sets of the skewed workloads.
const SKEWED: usize = 100_000;

/// Measures all workloads.
pub fn measure(generator: &Generator, documents: &[Document]) -> Result<()> {
    let most: usize = setting("PENSTOCK_BENCH_RULE_SETS", 100_000);
    // Which workloads: all, or the one of that name.
    let only: String = setting("PENSTOCK_BENCH_WORKLOAD", String::new());
    let sizes: Vec<usize> = [10_000, 100_000, 1_000_000].into_iter().filter(|size| *size <= most).collect();
    for shape in [Shape::Mixed, Shape::MatchAll, Shape::NoEquality, Shape::HotCategory] {
        let sizes = if shape == Shape::Mixed { &sizes[..] } else { &[SKEWED.min(most)] };
        if only.is_empty() || only == format!("{shape:?}") {
            Bench::new(generator, shape).run(documents, sizes)?;
        }
    }
    Ok(())
}

struct Bench<'a> {
    generator: &'a Generator,
    shape: Shape,
    writer: RuleSets,
    /// The next item to write about.
    about: u64,
    sets: usize,
    groups: Groups,
    ids: Vec<GroupId>,
    rules: usize,
    inserting: Duration,
}

impl<'a> Bench<'a> {
    fn new(generator: &'a Generator, shape: Shape) -> Self {
        Bench {
            generator,
            shape,
            writer: RuleSets::new(shape, SEED),
            about: WRITTEN_ABOUT,
            sets: 0,
            groups: Groups::default(),
            ids: Vec::new(),
            rules: 0,
            inserting: Duration::ZERO,
        }
    }

    fn run(mut self, documents: &[Document], sizes: &[usize]) -> Result<()> {
        println!("{:?}", self.shape);
        let before = ALLOCATOR.allocated();
        let bytes_a_group = |groups: &Groups| (ALLOCATOR.allocated() - before) as f64 / groups.len() as f64;
        for size in sizes {
            while self.sets < *size {
                self.insert();
            }
            println!(
                "{} rule sets, {} groups, {:.2} rules and {:.2} different predicates a group: {:.0} bytes a group (by their own \
                 account {:.0}), inserted in {:.1} us each",
                self.sets,
                self.groups.len(),
                self.rules as f64 / self.groups.len() as f64,
                self.groups.questions() as f64 / self.groups.len() as f64,
                bytes_a_group(&self.groups),
                self.groups.bytes() as f64 / self.groups.len() as f64,
                self.inserting.as_secs_f64() * US / self.groups.len() as f64,
            );
            self.matching(documents)?;
            println!("  settled: {:.0} bytes a group", bytes_a_group(&self.groups));
        }
        self.empty()
    }

    fn insert(&mut self) {
        let mut next = || loop {
            self.about += 1;
            if let Ok(Some(document)) = document(self.generator, self.about) {
                return document;
            }
        };
        let set: Vec<Rules> = self.writer.draw(&mut next);
        let begun = Instant::now();
        for (content_type, rules) in &set {
            self.rules += rules.len();
            let rules: Vec<_> = rules.iter().map(|(negated, predicate)| (*negated, predicate)).collect();
            self.ids.push(self.groups.insert(*content_type, &rules, self.sets as u32));
        }
        self.inserting += begun.elapsed();
        self.sets += 1;
    }

    fn matching(&mut self, documents: &[Document]) -> Result<()> {
        let few = &documents[..documents.len() / 4];
        print_work("as inserted", &self.pass(few, 1));
        let begun = Instant::now();
        let moved = self.groups.settle(usize::MAX);
        println!("  settled {moved} ways in, in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
        self.pass(few, 1);
        let warm = self.pass(documents, setting("PENSTOCK_BENCH_ROUNDS", 5));
        print_work("matching", &warm);
        self.compare(documents, warm.0)
    }

    /// Microseconds of processor time an item in the fastest of several rounds (the machine may have other work), and what
    /// all were made of.
    fn pass(&self, documents: &[Document], rounds: usize) -> (f64, usize, Work) {
        let mut probe = GroupProbe::default();
        let (mut fastest, mut matched) = (Duration::MAX, 0);
        for _ in 0..rounds {
            let begun = on_cpu();
            matched += documents.iter().map(|d| self.groups.matching(d, &mut probe).len()).sum::<usize>();
            fastest = fastest.min(on_cpu().saturating_sub(begun));
        }
        (fastest.as_secs_f64() * US / documents.len() as f64, matched, probe.work())
    }

    fn compare(&self, documents: &[Document], item_us: f64) -> Result<()> {
        let mut probe = GroupProbe::default();
        let (mut scanned, mut took) = (0, Duration::ZERO);
        for document in documents {
            let begun = on_cpu();
            let expected = self.groups.scan(document);
            took += on_cpu().saturating_sub(begun);
            scanned += 1;
            ensure!(self.groups.matching(document, &mut probe) == expected, "answers differ: {document:?}");
            if took > SCAN_FOR {
                break;
            }
        }
        let scan_us = took.as_secs_f64() * US / f64::from(scanned);
        println!(
            "  scan: {scan_us:.0} us an item, on {scanned} items, all answers equal; ratio {:.0}",
            scan_us / item_us
        );
        Ok(())
    }

    fn empty(mut self) -> Result<()> {
        let begun = Instant::now();
        self.ids.iter().for_each(|id| self.groups.remove(*id));
        println!("  removed in {:.1} us each", begun.elapsed().as_secs_f64() * US / self.ids.len() as f64);
        ensure!(self.groups.is_empty(), "nothing is left");
        Ok(())
    }
}

fn print_work(what: &str, (item_us, targets, work): &(f64, usize, Work)) {
    let an_item = |count: u64| count as f64 / work.items as f64;
    println!(
        "  {what}: {item_us:.1} us an item ({:.0} items/s); an item matches {:.2} groups of {:.2} sets, {:.1} are candidates ({:.2} a match), \
         passes {:.1} entered questions and is asked {:.1} others",
        US / item_us,
        an_item(work.matched),
        *targets as f64 / work.items as f64,
        an_item(work.candidates),
        work.candidates as f64 / work.matched as f64,
        an_item(work.passed),
        an_item(work.asked),
    );
}
