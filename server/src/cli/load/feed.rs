//! From a file's lines to batches to connections and back.
//!
//! The reading thread deals lines out to lanes by contentId; a lane is one thread with one connection, so the lines of an item keep
//! their order. Lanes tell what became of their lines to one shared place, which also knows up to which line all is done.

use super::lines::{self, Lines};
use super::resume::Mark;
use super::send::{GaveUp, Sender, Told};
use super::summary::Summary;
use super::{Plan, terminal};
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender as Queue, bounded};
use indicatif::ProgressBar;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Items of a request.
const BATCH_ITEMS_MAX: usize = crate::sync::CONTENTS_MAX;
/// Bytes of a request: well below the server's limit.
const BATCH_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Batches that wait before each connection.
const QUEUE_BATCHES: usize = 2;

/// An item on its way.
pub struct Line {
    /// Line in the file, from 1.
    pub number: u64,
    /// The item.
    pub json: String,
}

/// Lines that go in one request.
#[derive(Default)]
struct Batch {
    key: usize,
    lines: Vec<Line>,
    bytes: usize,
}

/// Loads one file.
pub struct Feed<'a> {
    plan: &'a Plan,
    name: &'a str,
    bar: &'a ProgressBar,
    shared: Mutex<Shared<'a>>,
}

/// What lanes and reader share.
struct Shared<'a> {
    summary: &'a mut Summary,
    /// The first line of each batch that has no answers yet.
    open: BTreeSet<u64>,
    /// The last line read.
    read: u64,
    /// Refused lines after those that are counted in `refused_before`.
    refused: BTreeSet<u64>,
    refused_before: u64,
    failed: Option<anyhow::Error>,
}

impl<'a> Feed<'a> {
    /// Of a file called `name`; what becomes of its lines is added to the summary.
    pub fn new(plan: &'a Plan, name: &'a str, bar: &'a ProgressBar, summary: &'a mut Summary) -> Feed<'a> {
        let (open, refused) = (BTreeSet::new(), BTreeSet::new());
        let shared = Mutex::new(Shared { summary, open, read: 0, refused, refused_before: 0, failed: None });
        Feed { plan, name, bar, shared }
    }

    /// Reads, sends, and returns when every line has its answer.
    pub fn run(self, lines: Lines, mut mark: Option<&mut Mark>) -> anyhow::Result<()> {
        if let Some(mark) = &mark {
            let mut shared = self.shared.lock();
            shared.refused_before = mark.refused();
            shared.summary.add_earlier(mark.lines(), mark.refused());
        }
        let result = std::thread::scope(|scope| {
            let lanes: Vec<Queue<Batch>> = (0..self.plan.connections)
                .map(|_| {
                    let (queue, batches) = bounded(QUEUE_BATCHES);
                    let feed = &self;
                    scope.spawn(move || feed.lane(&batches));
                    queue
                })
                .collect();
            self.deal(lines, &lanes, mark.as_deref_mut())
        });
        let (done, refused) = self.done_up_to();
        let failed = self.shared.into_inner().failed;
        match (failed.map_or(result, Err), mark) {
            (Ok(()), Some(mark)) => {
                mark.done();
                Ok(())
            }
            (Err(error), Some(mark)) => {
                if done > mark.lines() {
                    mark.reached(done, refused);
                    mark.write();
                }
                // What is wrong with the file or the key stays wrong.
                match error.is::<GaveUp>() {
                    true => Err(error.context("the same command goes on from here")),
                    false => Err(error),
                }
            }
            (result, None) => result,
        }
    }

    /// Reads lines into batches and batches into lanes, until the end or until a lane failed.
    fn deal(&self, mut lines: Lines, lanes: &[Queue<Batch>], mut mark: Option<&mut Mark>) -> anyhow::Result<()> {
        let skip = mark.as_ref().map_or(0, |mark| mark.lines());
        let keys = self.plan.keys.all.len();
        let mut filling: Vec<Batch> = Vec::new();
        filling.resize_with(lanes.len() * keys, Batch::default);
        loop {
            let next = lines.next().with_context(|| {
                let thousands = terminal::thousands(lines.number());
                format!("nothing can be read after line {thousands}; the file may be cut off or damaged")
            });
            let (number, line) = match next? {
                lines::Line::End => break,
                lines::Line::Item(number, _) | lines::Line::Unreadable(number, _) if number <= skip => {
                    self.shared.lock().read = number;
                    continue;
                }
                lines::Line::Unreadable(number, code) => {
                    self.told(number, Told::refused(code, "the line cannot be sent"));
                    continue;
                }
                lines::Line::Item(number, line) => (number, line),
            };
            let Some((lane, key, line)) = self.place(number, &line, lanes.len()) else { continue };
            let batch = &mut filling[lane * keys + key];
            if batch.lines.len() == BATCH_ITEMS_MAX
                || (!batch.lines.is_empty() && batch.bytes + line.json.len() > BATCH_BYTES_MAX)
            {
                let full = std::mem::take(batch);
                if lanes[lane].send(full).is_err() || self.shared.lock().failed.is_some() {
                    return Ok(());
                }
                if let Some(mark) = &mut mark {
                    let (done, refused) = self.done_up_to();
                    mark.reached(done, refused);
                }
            }
            self.put(batch, key, line);
        }
        for (at, batch) in filling.into_iter().enumerate().filter(|(_, batch)| !batch.lines.is_empty()) {
            // A lane that is gone has left its reason.
            let _ = lanes[at / keys].send(batch);
        }
        Ok(())
    }

    fn put(&self, batch: &mut Batch, key: usize, line: Line) {
        let mut shared = self.shared.lock();
        shared.read = line.number;
        if batch.lines.is_empty() {
            shared.open.insert(line.number);
        }
        batch.key = key;
        batch.bytes += line.json.len();
        batch.lines.push(line);
    }

    /// The lane and the key of a line, or `None` if it is refused here.
    fn place(&self, number: u64, line: &str, lanes: usize) -> Option<(usize, usize, Line)> {
        let Some(parsed) = lines::parse(line, self.plan.strip_tenant) else {
            self.told(number, Told::refused("NOT_JSON", "the line is not JSON"));
            return None;
        };
        let Some(key) = self.plan.keys.choose(parsed.tenant.as_deref()) else {
            let message = format!("no key was given for tenant {:?}", parsed.tenant.unwrap_or_default());
            self.told(number, Told::refused("NO_KEY", &message));
            return None;
        };
        let mut hasher = DefaultHasher::new();
        parsed.id.hash(&mut hasher);
        let lane = (hasher.finish() % lanes as u64) as usize;
        Some((lane, key, Line { number, json: parsed.json.into_owned() }))
    }

    /// A connection's thread: one request at a time.
    fn lane(&self, batches: &Receiver<Batch>) {
        for batch in batches {
            if self.shared.lock().failed.is_some() {
                return;
            }
            let key = &self.plan.keys.all[batch.key].1;
            let sender = Sender { client: &self.plan.client, key, patience: self.plan.patience };
            match sender.send(&batch.lines) {
                Ok(told) => {
                    batch.lines.iter().zip(told).for_each(|(line, told)| self.told(line.number, told));
                    self.shared.lock().open.remove(&batch.lines[0].number);
                }
                Err(error) => {
                    self.shared.lock().failed.get_or_insert(error);
                    return;
                }
            }
        }
    }

    /// What became of a line; a refused one is shown at once.
    fn told(&self, number: u64, told: Told) {
        if told.is_refused() {
            let issue = told.issues.iter().find(|i| i.severity == "ERROR").or(told.issues.first());
            let (code, pointer, message) =
                issue.map_or(("", "", ""), |issue| (&issue.code, &issue.pointer, &issue.message));
            let outcome = &told.outcome;
            let code = if code == outcome { String::new() } else { format!(" {code}") };
            let text = format!("{}:{number}: {outcome}{code} {pointer}: {message}", self.name);
            self.bar.suspend(|| eprintln!("{}", terminal::safe(&text)));
        }
        let mut shared = self.shared.lock();
        shared.read = shared.read.max(number);
        if told.is_refused() {
            shared.refused.insert(number);
        }
        shared.summary.add(self.name, number, told);
    }

    /// All lines up to this one have their answers, and so many of them were refused.
    fn done_up_to(&self) -> (u64, u64) {
        let shared = &mut *self.shared.lock();
        let done = shared.open.first().map_or(shared.read, |first| first - 1);
        let later = shared.refused.split_off(&(done + 1));
        shared.refused_before += std::mem::replace(&mut shared.refused, later).len() as u64;
        (done, shared.refused_before)
    }
}
