//! All that a target wallet may know of one item: how it stands, who delivers it, and how that came about.

use crate::api::{PreviewItem, Seq};
use crate::catalog::Ordinal;
use crate::fold::State;
use crate::fold::delivery::DeliveryState;
use crate::log::LogReader;
use crate::preview::page;
use crate::sets::SetError;
use crate::supply::change::{Cause, JournalId, Stream};
use crate::supply::wallet::{RiskDecision, Versioned};
use crate::task::TaskId;
use crate::task::ledger::{Ended, Failure};
use crate::task::risk::RequestId;
use crate::tenant::Tenant;
use penstock_dsl::registry::ContentType;
use std::collections::HashMap;

/// Entries of the item's journal that are read at a time, most of which may be of other wallets.
const PAGE_ENTRIES: usize = 1_000;
/// Pages of them that are read for one answer.
const PAGES_MAX: usize = 10;

/// A task that holds an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub task: TaskId,
    /// Its name.
    pub name: Box<str>,
}

/// What happened to an item on its way to the wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// The record.
    pub seq: Seq,
    /// `None` for what the wallet gets of all tasks together; else the task for which it could or could not be delivered.
    pub task: Option<TaskId>,
    /// Whether it entered; else it left.
    pub entered: bool,
    /// The item's version then.
    pub content_version: i64,
    /// Why.
    pub cause: Cause,
}

/// All that a wallet may know of an item.
#[derive(Clone, Debug)]
pub struct Known {
    /// The record.
    pub as_of: Seq,
    /// Its latest version.
    pub content_version: i64,
    /// Its content, where it is there.
    pub item: Option<PreviewItem>,
    /// How it stands with the wallet.
    pub delivery: DeliveryState,
    /// The tasks that hold it.
    pub holders: Vec<Held>,
    /// What the wallet could not do with it.
    pub failure: Option<Failure>,
    /// When it was withdrawn, and why, where it is not delivered any more.
    pub ended: Option<Ended>,
    /// The wallet's decision on risk.
    pub risk: Option<Versioned<RiskDecision>>,
    /// The open request about it.
    pub request: Option<RequestId>,
    /// Newest first.
    pub timeline: Vec<TimelineEntry>,
    /// The record before which the timeline goes on; `None` at its beginning.
    pub next: Option<Seq>,
}

/// What a wallet may know of an item, with its timeline before a record; `None` where it is none of the wallet's concern.
pub fn item(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    (content_type, content_id): (ContentType, &str),
    (before, limit): (Seq, usize),
) -> Result<Option<Known>, SetError> {
    let (ordinal, journals, entry, mut known) = {
        let state = tenant.state.read();
        let ordinal = state.catalog.ordinal(content_type, content_id);
        let Some(ordinal) = ordinal.filter(|ordinal| state.concerns(wallet, *ordinal)) else { return Ok(None) };
        let Some(entry) = state.catalog.entry(ordinal).copied() else { return Ok(None) };
        (ordinal, journals(&state, wallet), entry, known(&state, wallet, ordinal))
    };
    if entry.live {
        let rendered = page::render_entries(tenant, log, &[entry]).map_err(|e| SetError::Store(e.to_string()))?;
        known.item = rendered.into_iter().next();
    }
    (known.timeline, known.next) = timeline(tenant, ordinal, &journals, before, limit)?;
    Ok(Some(known))
}

fn known(state: &State, wallet: &str, ordinal: Ordinal) -> Known {
    let ledger = state.tasks.ledgers.get(wallet);
    let held = |task: &crate::task::Task| Held { task: task.id, name: task.name.clone() };
    Known {
        as_of: state.seq,
        content_version: state.catalog.entry(ordinal).map_or(-1, |entry| entry.version),
        item: None,
        delivery: state.delivery_to(wallet, ordinal),
        holders: state.tasks.holding(wallet, ordinal).map(held).collect(),
        failure: ledger.and_then(|ledger| ledger.failure(ordinal)).cloned(),
        ended: ledger.and_then(|ledger| ledger.ended(ordinal)).cloned(),
        risk: state.supply.wallets.get(wallet).and_then(|wallet| wallet.risk(ordinal)).cloned(),
        request: state.tasks.risk.open_about(wallet, ordinal),
        timeline: Vec::new(),
        next: None,
    }
}

/// The journals that a wallet may see: its feed's, and those of the sets of tasks that deliver or delivered to it.
fn journals(state: &State, wallet: &str) -> HashMap<JournalId, Option<TaskId>> {
    let feed = state.tasks.ledgers.get(wallet).map(|ledger| (ledger.journal, None));
    let tasks = state.tasks.all().filter(|task| *task.target_wallet == *wallet && task.delivery.job.is_some());
    let sets = tasks.filter_map(|task| {
        let set = state.supply.sets.find(&task.set_name()).and_then(|id| state.supply.sets.get(id))?;
        Some((set.journal, Some(task.id)))
    });
    feed.into_iter().chain(sets).collect()
}

/// The item's entries in these journals; what rules match is the source's business.
fn timeline(
    tenant: &Tenant,
    ordinal: Ordinal,
    journals: &HashMap<JournalId, Option<TaskId>>,
    mut before: Seq,
    limit: usize,
) -> Result<(Vec<TimelineEntry>, Option<Seq>), SetError> {
    let mut entries = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = tenant.journal.by_item(ordinal, before, PAGE_ENTRIES)?;
        let whole = page.len() < PAGE_ENTRIES;
        for (seq, journal, change) in page {
            // All of a record is told together, so that the next page can begin before it.
            if entries.len() >= limit && seq != before {
                return Ok((entries, Some(before)));
            }
            before = seq;
            let Some(task) = journals.get(&journal).filter(|_| change.stream != Stream::Matched) else { continue };
            let (entered, content_version, cause) = (change.entered, change.version, change.cause);
            entries.push(TimelineEntry { seq, task: *task, entered, content_version, cause });
        }
        if whole {
            return Ok((entries, None));
        }
    }
    Ok((entries, Some(before)))
}
