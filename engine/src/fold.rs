//! The fold: the only place where a record meets catalog, registry, index, matcher and supply.
//!
//! [`State::apply`] is a deterministic function of the state and the record: no clock (the record carries its time), no
//! randomness, no map order. Folding the same log twice gives byte-equal checkpoints.

pub mod blame;
pub mod delivery;
mod flips;
pub mod memberships;
mod overlays;
pub mod parts;
pub mod registration;
pub mod restore;
mod risk;
pub mod tasks;

use crate::api::{ItemOutcome, Outcome, Seq};
use crate::catalog::interner::Interner;
use crate::catalog::{Catalog, Entry, Gate, Location, Ordinal};
use crate::command::{Command, CommandOutcome, Refusal};
use crate::content::document::Document;
use crate::content::issue::{Issue, Quoted, code};
use crate::content::item::Item;
use crate::content::learned::{KEYS_MAX, Learned};
use crate::fx::FxTables;
use crate::index::columns::scaled;
use crate::index::overlay::{Batch, BatchItem, FacetValues, Overlay};
use crate::index::segment::IndexView;
use crate::log::frame::Header;
use crate::matcher::groups::{GroupId, GroupProbe, Groups};
use crate::supply::change::{JournalChange, JournalId};
use crate::supply::target::TargetId;
use crate::supply::{Supply, SupplyView};
use crate::task::command::TaskCommand;
use crate::task::event::Event;
use crate::task::{SET_PREFIX, Stamp, Tasks};
use delivery::Moved;
use flips::Marks;
use penstock_dsl::registry::ContentType;
use std::collections::HashMap;
use std::sync::Arc;
use tasks::Asked;

/// One request's items as they stand in a log row.
pub struct Frame {
    /// First compressed byte in the row's body.
    pub offset: u32,
    /// Compressed bytes.
    pub length: u32,
    /// What the request said beside its items.
    pub header: Header,
    /// Its items, in order.
    pub items: Vec<Item>,
}

/// What became of a frame.
#[derive(Debug)]
pub struct FrameOutcome {
    /// Of its items, in order.
    pub items: Vec<ItemOutcome>,
    /// Of its command, where it is one.
    pub command: Option<CommandOutcome>,
}

/// Everything derived from one tenant's log up to a record.
#[derive(Default)]
pub struct State {
    /// The last record folded.
    pub seq: Seq,
    /// Latest versions.
    pub catalog: Catalog,
    /// Undeclared keys.
    pub learned: Learned,
    /// Strings that facets count.
    pub names: Names,
    /// Exchange rates.
    pub fx: FxTables,
    /// Standing sets, and what stands between their items and the target wallets.
    pub supply: Supply,
    /// The sets' rule groups, by target.
    pub groups: Groups,
    group_ids: HashMap<TargetId, Vec<GroupId>>,
    probe: GroupProbe,
    marks: Marks,
    /// Cross-wallet tasks and what they deliver.
    pub tasks: Tasks,
    /// The record's entries of the audit trail.
    events: Vec<Event>,
    moved: Moved,
    /// What previews read.
    pub snapshot: Arc<Snapshot>,
}

/// What a record has made of the state.
pub struct Applied {
    /// What became of each frame; of commands in `deferred` it is yet to come.
    pub frames: Vec<FrameOutcome>,
    /// What the index must take over.
    pub batch: Arc<Batch>,
    /// Commands that take effect at the record's end: they ask what items match then.
    pub deferred: Vec<Deferred>,
}

/// A command that takes effect at its record's end.
#[derive(Debug)]
pub struct Deferred {
    /// Its frame in the record.
    pub frame: usize,
    /// The command.
    pub command: Command,
    /// Who asked.
    pub asked: Asked,
}

/// What a record has told, for the journal.
pub struct Told {
    /// Changes, those of each journal in order.
    pub changes: Vec<JournalChange>,
    /// Journals that have ended with it.
    pub ended: Vec<JournalId>,
    /// Entries of the audit trail, in order.
    pub events: Vec<Event>,
}

/// Interned facet strings.
#[derive(Default)]
pub struct Names {
    /// merchantIds.
    pub merchants: Interner,
    /// Categories.
    pub categories: Interner,
    /// Currencies.
    pub currencies: Interner,
}

/// What a preview reads: the index's last commit and the overlay of what is newer, together the state after `seq`.
#[derive(Default)]
pub struct Snapshot {
    /// The last record in it.
    pub seq: Seq,
    /// The index's last commit.
    pub index: Arc<IndexView>,
    /// What is newer.
    pub overlay: Overlay,
    /// Tags and barriers.
    pub supply: SupplyView,
}

impl State {
    /// Folds record `seq`, but for what is deferred to its end.
    pub fn apply(&mut self, seq: Seq, frames: Vec<Frame>) -> Applied {
        debug_assert_eq!(seq, self.seq + 1);
        let mut batch = Batch { seq, items: Vec::new(), bytes: 0 };
        let mut deferred = Vec::new();
        let apply = |(at, frame): (usize, Frame)| {
            let place =
                |index: usize| Location { seq, offset: frame.offset, length: frame.length, index: index as u16 };
            let now_ms = frame.header.received_ms;
            self.advance_clock(now_ms);
            let items = frame.items.into_iter().enumerate();
            let items = items.map(|(index, item)| self.apply_item(item, place(index), now_ms, &mut batch)).collect();
            let Header { actor, request_key: key, command, .. } = frame.header;
            let stamp = Stamp { by: actor.unwrap_or_else(|| "unknown".into()), ms: now_ms };
            let asked = Asked { stamp, key };
            let command = match command {
                Some(command) if command.waits() => {
                    deferred.push(Deferred { frame: at, command, asked });
                    None
                }
                command => command.map(|command| self.apply_command(command, &asked)),
            };
            FrameOutcome { items, command }
        };
        let frames = frames.into_iter().enumerate().map(apply).collect();
        self.seq = seq;
        Applied { frames, batch: Arc::new(batch), deferred }
    }

    fn apply_command(&mut self, command: Command, asked: &Asked) -> CommandOutcome {
        let audited = command.audited();
        let outcome = self.decide_command(command, asked);
        if let Some((name, subject)) = audited {
            self.tell_command(name, &subject, &outcome, &asked.stamp);
        }
        outcome
    }

    fn decide_command(&mut self, command: Command, asked: &Asked) -> CommandOutcome {
        match command {
            Command::FxRates(rates) => match self.fx.put(rates, asked.stamp.ms) {
                Ok(true) => CommandOutcome::Applied,
                Ok(false) => CommandOutcome::Unchanged,
                Err(refused) => CommandOutcome::Refused(Refusal::Fx(refused)),
            },
            Command::TakeOut(take) if take.set.starts_with(SET_PREFIX) => CommandOutcome::Refused(Refusal::SetOfTask),
            Command::TakeOut(take) => self.take_out(take),
            Command::Task(command) => self.task_command(command, asked),
            Command::Tags(writes) => self.write_tags(writes),
            Command::Onboarding(writes) => self.onboard(writes),
            Command::Policies(writes) => self.set_policies(writes),
            Command::Risk(writes) => self.decide_risk(writes, &asked.stamp),
            Command::Pull(pull) => self.pull(pull),
            Command::AskRisk(ask) => self.ask_risk(ask, &asked.stamp),
            Command::DecideRequest(decide) => self.decide_request(decide, &asked.stamp),
            // The clock was advanced by the frame's time already.
            Command::Tick => CommandOutcome::Applied,
            Command::PutSet(_) | Command::DeleteSet(_) => unreachable!("deferred to the record's end"),
        }
    }

    /// The record that the time asks for, if any.
    pub fn due(&self, now_ms: i64) -> Option<Command> {
        let due = |at: Option<i64>| at.is_some_and(|at| at <= now_ms);
        if due(self.tasks.agenda.next_due()) {
            return Some(Command::Task(TaskCommand::Step));
        }
        due(self.supply.clock.next_due()).then_some(Command::Tick)
    }

    /// Ends a record: deliveries follow what it has changed in the sets. What it has told of all that.
    pub fn end_record(&mut self) -> Told {
        self.follow_deliveries(self.supply.now_ms);
        let changes = std::mem::take(&mut self.supply.changes);
        let (ended, events) = (std::mem::take(&mut self.supply.ended), std::mem::take(&mut self.events));
        Told { changes, ended, events }
    }

    fn apply_item(&mut self, mut item: Item, location: Location, now_ms: i64, batch: &mut Batch) -> ItemOutcome {
        let gate = self.catalog.gate(item.content_type, &item.content_id, item.version, item.payload_hash);
        let outcome = |outcome, issues| ItemOutcome { outcome, issues };
        let mut issues = std::mem::take(&mut item.issues);
        let known = match gate {
            Gate::New => None,
            Gate::Newer(ordinal) => Some(ordinal),
            Gate::Stale => return outcome(Outcome::StaleIgnored, issues),
            Gate::Duplicate => return outcome(Outcome::Duplicate, issues),
            Gate::Conflict => {
                issues.push(version_conflict(item.version));
                return outcome(Outcome::VersionConflict, issues);
            }
        };
        let replaces = known.and_then(|ordinal| self.catalog.entry(ordinal)).is_some_and(|entry| entry.live);
        if let Some(document) = &mut item.document {
            let over = self.learned.learn(document, now_ms);
            issues.extend(over.iter().map(|key| undeclared_key_over_limit(key)));
        }
        let entry = Entry::new(&item, location);
        let ordinal = self.catalog.put(&item.content_id, known, entry, location.seq);
        self.decide_content(ordinal, item.document.as_ref(), item.version);
        if !self.tasks.ledgers.is_empty() {
            self.moved.touched.insert(ordinal);
        }
        batch.bytes += item.content_info.len() as u64;
        batch.items.push(self.batch_item(ordinal, replaces, item.document));
        outcome(Outcome::Applied, issues)
    }

    fn batch_item(&mut self, ordinal: Ordinal, replaces: bool, document: Option<Document>) -> BatchItem {
        let facets = document.as_ref().map(|d| self.names.facets(d)).unwrap_or_default();
        BatchItem { ordinal, replaces, document: document.map(Arc::new), facets }
    }

    /// What the index must take over of a record that the state has already folded: the items that are still the latest.
    pub fn refeed(&mut self, seq: Seq, frames: Vec<Frame>) -> Arc<Batch> {
        let mut batch = Batch { seq, items: Vec::new(), bytes: 0 };
        for frame in frames {
            for (index, mut item) in frame.items.into_iter().enumerate() {
                let location = Location { seq, offset: frame.offset, length: frame.length, index: index as u16 };
                let ordinal = self.catalog.ordinal(item.content_type, &item.content_id);
                let latest = ordinal.filter(|&o| self.catalog.entry(o).is_some_and(|e| e.location == location));
                if let Some(ordinal) = latest {
                    item.document.iter_mut().for_each(|document| self.learned.keep_known(document));
                    batch.bytes += item.content_info.len() as u64;
                    batch.items.push(self.batch_item(ordinal, true, item.document));
                }
            }
        }
        Arc::new(batch)
    }

    /// Makes a folded record visible to previews.
    pub fn publish(&mut self, batch: Arc<Batch>) {
        let snapshot = &self.snapshot;
        let overlay = snapshot.overlay.with(batch);
        let index = snapshot.index.clone();
        self.snapshot = Arc::new(Snapshot { seq: self.seq, index, overlay, supply: self.supply.view() });
    }

    /// Moves the snapshot on to a folded record that the index has already.
    pub fn publish_indexed(&mut self) {
        let Snapshot { index, overlay, .. } = &*self.snapshot;
        let overlay = overlay.after(index.seq);
        self.snapshot = Arc::new(Snapshot { seq: self.seq, index: index.clone(), overlay, supply: self.supply.view() });
    }

    /// Lets previews read a newer commit of the index, and drops from the overlay what it holds; the snapshot before.
    pub fn publish_index(&mut self, index: Arc<IndexView>) -> Arc<Snapshot> {
        let overlay = self.snapshot.overlay.after(index.seq);
        let supply = self.snapshot.supply.clone();
        let now = Arc::new(Snapshot { seq: self.snapshot.seq, index, overlay, supply });
        std::mem::replace(&mut self.snapshot, now)
    }

    /// What would become of these items, were they submitted now; nothing is changed.
    pub fn validate(&self, items: &[Item]) -> Vec<ItemOutcome> {
        let mut ahead: HashMap<(ContentType, &str), (i64, u128)> = HashMap::new();
        items
            .iter()
            .map(|item| {
                let key = (item.content_type, &*item.content_id);
                let gate = match ahead.get(&key) {
                    Some(&(version, hash)) => gate_against(item, version, hash),
                    None => self.catalog.gate(item.content_type, &item.content_id, item.version, item.payload_hash),
                };
                let mut issues = item.issues.clone();
                let outcome = match gate {
                    Gate::New | Gate::Newer(_) => Outcome::Applied,
                    Gate::Stale => Outcome::StaleIgnored,
                    Gate::Duplicate => Outcome::Duplicate,
                    Gate::Conflict => Outcome::VersionConflict,
                };
                match outcome {
                    Outcome::Applied => drop(ahead.insert(key, (item.version, item.payload_hash))),
                    Outcome::VersionConflict => issues.push(version_conflict(item.version)),
                    _ => {}
                }
                ItemOutcome { outcome, issues }
            })
            .collect()
    }
}

/// The gate against an earlier item of the same batch.
fn gate_against(item: &Item, version: i64, payload_hash: u128) -> Gate {
    match item.version.cmp(&version) {
        std::cmp::Ordering::Greater => Gate::New,
        std::cmp::Ordering::Less => Gate::Stale,
        std::cmp::Ordering::Equal if item.payload_hash == payload_hash => Gate::Duplicate,
        std::cmp::Ordering::Equal => Gate::Conflict,
    }
}

impl Names {
    fn facets(&mut self, document: &Document) -> FacetValues {
        let mut categories: Vec<u32> = document.categories().iter().map(|c| self.categories.intern(c)).collect();
        categories.sort_unstable();
        categories.dedup();
        let price = document.price();
        FacetValues {
            merchant: document.merchant_id().map(|m| self.merchants.intern(m)),
            categories,
            // An amount that is no whole number of ten-thousandths is left out of the histogram, not rounded.
            price: price.and_then(|p| Some((self.currencies.intern(p.currency.code()), scaled(p.amount)?))),
        }
    }
}

fn version_conflict(version: i64) -> Issue {
    let message = format!(
        "Version {version} was sent before with another payload; the first one stands; send the change with a higher version."
    );
    Issue::new(code::VERSION_CONFLICT, "/contentVersion", message)
}

fn undeclared_key_over_limit(key: &str) -> Issue {
    let message = format!(
        "This content type has {KEYS_MAX} undeclared keys already; {} is kept but rules cannot reach it; use fewer keys.",
        Quoted(key)
    );
    Issue::new(code::UNDECLARED_KEYS_EXCEEDED, "/contentInfo", message)
}
