//! Reading tasks, tickets, deliveries and the audit trail.
//!
//! All counts of one answer are of one record. Nothing here changes state.

use crate::api::{PreviewItem, Seq};
use crate::catalog::Ordinal;
use crate::fold::State;
use crate::fold::delivery::DeliveryState;
use crate::log::LogReader;
use crate::preview::page;
use crate::sets::{self, SetChanges, SetError, SetItem};
use crate::supply::change::Stream;
use crate::supply::funnel::Step;
use crate::supply::journal::{EntryPlace, JournalError, Wanted};
use crate::supply::sets::Set;
use crate::task::event::Event;
use crate::task::ticket::{Ticket, TicketId, TicketKind, TicketStatus};
use crate::task::{Counts, LiveDraft, Stamp, Task, TaskId, draft_set_name, set_name};
use crate::tenant::Tenant;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

/// Tasks that share items with a ticket's, at most.
const OVERLAPS_MAX: usize = 20;
/// Sample items of an impact card.
const SAMPLE_ITEMS: usize = 10;

/// A rule set that stands for a task, and what becomes of what it matches.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The rules as written.
    pub rules: Box<str>,
    /// The day of their exchange rates.
    pub fx_date: Option<String>,
    /// The funnel.
    pub counts: Counts,
}

/// A task as it stands after record `as_of`.
#[derive(Clone, Debug)]
pub struct TaskView {
    /// The task.
    pub task: Task,
    /// Its rules; of a hidden task, with nothing counted.
    pub standing: Standing,
    /// The next revision of a live task.
    pub next: Option<(LiveDraft, Standing)>,
    /// Its open ticket, or its last one.
    pub ticket: Option<Ticket>,
    /// Items that it delivers.
    pub held: u64,
    /// Of them, items that the wallet could not take.
    pub failed: u64,
    /// Items that could be delivered and wait: for the start, for steps, or for the brake's release.
    pub waiting: u64,
    /// The record.
    pub as_of: Seq,
}

/// What a decision would change (F-6.3).
#[derive(Clone, Debug)]
pub struct Impact {
    /// The funnel now, of what was submitted.
    pub counts: Counts,
    /// Items that an approval would deliver and the task does not now.
    pub added: u64,
    /// Items that it would take back.
    pub removed: u64,
    /// Items that it would leave as they are.
    pub kept: u64,
    /// Other live tasks of the wallet with items of it: which, its name, how many.
    pub overlaps: Vec<(TaskId, Box<str>, u64)>,
    /// Some of the items that it would deliver.
    pub sample: Vec<PreviewItem>,
}

/// Which of a task's items to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// All that it matches.
    #[default]
    Matched,
    /// Those at a step of its funnel.
    Step(Step),
    /// Those that it delivered and nobody does any more, whether it matches them or not (D-61).
    Deactivated,
    /// Those that the wallet could not take.
    Failed,
}

/// An item of a task.
#[derive(Clone, Debug)]
pub struct TaskItem {
    /// As an item of its set.
    pub item: SetItem,
    /// How it stands with the wallet.
    pub delivery: DeliveryState,
    /// Why the wallet could not take it, in its words.
    pub failure: Option<Box<str>>,
    /// Who took it out of the task, and when.
    pub taken_out: Option<Stamp>,
}

/// A page of a task's items.
#[derive(Clone, Debug)]
pub struct TaskItems {
    /// The record.
    pub as_of: Seq,
    /// In the order in which their keys first came.
    pub items: Vec<TaskItem>,
    /// Items at this step in all.
    pub total: u64,
    /// What the next page comes after; `None` after the last.
    pub next: Option<Ordinal>,
}

/// A page of what a wallet gets from a tenant.
#[derive(Clone, Debug)]
pub struct Supply {
    /// The record.
    pub as_of: Seq,
    /// Items, each with the tasks that hold it.
    pub items: Vec<(PreviewItem, Vec<TaskId>)>,
    /// Items in all.
    pub total: u64,
    /// What the next page comes after; `None` after the last.
    pub next: Option<Ordinal>,
}

/// An entry of the audit trail with its place.
pub type Audited = (EntryPlace, Event);

/// Tasks, newest first, that are wanted, at most `limit` before one; hidden ones only where `wanted` says so.
pub fn list(tenant: &Tenant, before: Option<TaskId>, limit: usize, wanted: impl FnMut(&Task) -> bool) -> Vec<TaskView> {
    let state = tenant.state.read();
    let mut wanted = wanted;
    let tasks = state.tasks.all().rev().filter(|task| before.is_none_or(|before| task.id < before));
    tasks.filter(|task| wanted(task)).take(limit).map(|task| view(&state, task)).collect()
}

/// How many tasks are wanted, by target wallet.
pub fn count(tenant: &Tenant, wanted: impl Fn(&Task) -> bool) -> BTreeMap<Box<str>, u64> {
    let state = tenant.state.read();
    let mut counts = BTreeMap::new();
    for task in state.tasks.all().filter(|task| wanted(task)) {
        *counts.entry(task.target_wallet.clone()).or_default() += 1;
    }
    counts
}

/// A task.
pub fn get(tenant: &Tenant, id: TaskId) -> Option<TaskView> {
    let state = tenant.state.read();
    state.tasks.get(id).map(|task| view(&state, task))
}

/// Tickets, newest first, that are wanted, at most `limit` before one, each with its task.
pub fn tickets(
    tenant: &Tenant,
    before: Option<TicketId>,
    limit: usize,
    wanted: impl FnMut(&Ticket, &Task) -> bool,
) -> Vec<(Ticket, Task)> {
    let mut wanted = wanted;
    let state = tenant.state.read();
    let tickets = state.tasks.tickets().rev().filter(|ticket| before.is_none_or(|before| ticket.id < before));
    let with_task = tickets.filter_map(|ticket| Some((ticket, state.tasks.get(ticket.task)?)));
    let wanted = with_task.filter(|(ticket, task)| wanted(ticket, task)).take(limit);
    wanted.map(|(ticket, task)| (ticket.clone(), task.clone())).collect()
}

/// A ticket, its task, and what a decision would change; of a closed one, what it would change now.
pub fn ticket(
    tenant: &Tenant,
    log: &dyn LogReader,
    id: TicketId,
) -> Result<Option<(Ticket, TaskView, Impact)>, SetError> {
    let (ticket, view, mut impact, entries) = {
        let state = tenant.state.read();
        let Some(ticket) = state.tasks.ticket(id).cloned() else { return Ok(None) };
        let Some(task) = state.tasks.get(ticket.task) else { return Ok(None) };
        let (impact, sample) = impact(&state, &ticket, task);
        let lacks = |ordinal| sets::Standing::of_wallet(&state, &task.target_wallet, ordinal).missing;
        let entry = |ordinal: Ordinal| Some((*state.catalog.entry(ordinal)?, lacks(ordinal)));
        let entries: Vec<_> = sample.into_iter().filter_map(entry).collect();
        (ticket, view(&state, task), impact, entries)
    };
    let (entries, lacking): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
    impact.sample = page::render_entries(tenant, log, &entries).map_err(|e| SetError::Store(e.to_string()))?;
    // What the wallet requires, which is not what everybody does who has set nothing.
    for (item, lacking) in impact.sample.iter_mut().zip(lacking) {
        item.missing_required = lacking.names().map(str::to_owned).collect();
    }
    Ok(Some((ticket, view, impact)))
}

/// A page of some of a task's items after an ordinal. `of_next`: those of its next revision.
pub fn items(
    tenant: &Tenant,
    log: &dyn LogReader,
    id: TaskId,
    of_next: bool,
    page: (Shown, Option<Ordinal>, usize),
) -> Result<TaskItems, SetError> {
    let name = if of_next { draft_set_name(id) } else { set_name(id) };
    let (shown, after, limit) = page;
    let wanted = |state: &State, set: &Set| match shown {
        Shown::Matched => state.supply.sets.matched(set).into_owned(),
        Shown::Step(step) => sets::steps(state, set).0[step as usize].clone(),
        Shown::Deactivated => deactivated(state, id),
        Shown::Failed => failed(state, id),
    };
    let items = sets::items_of(tenant, log, &name, wanted, after, limit)?;
    let state = tenant.state.read();
    let task = state.tasks.get(id).ok_or(SetError::NoSuchSet)?;
    let exclusions = exclusions(task, of_next);
    let item = |item: SetItem| TaskItem {
        delivery: state.delivery_state(id, item.ordinal),
        failure: state.failure_of(task, item.ordinal).map(|failure| failure.reason.clone()),
        taken_out: exclusions.get(&item.ordinal).cloned(),
        item,
    };
    Ok(TaskItems {
        as_of: items.as_of,
        items: items.items.into_iter().map(item).collect(),
        total: items.total,
        next: items.next,
    })
}

/// What a task delivered and nobody does any more.
fn deactivated(state: &State, id: TaskId) -> RoaringBitmap {
    let Some(task) = state.tasks.get(id) else { return RoaringBitmap::new() };
    let ended = |ordinal: &Ordinal| matches!(state.delivery_state(id, *ordinal), DeliveryState::Deactivated(_));
    task.delivery.released.iter().filter(ended).collect()
}

/// What of a task's items the wallet could not take.
fn failed(state: &State, id: TaskId) -> RoaringBitmap {
    let Some(task) = state.tasks.get(id) else { return RoaringBitmap::new() };
    task.delivery.held.iter().filter(|ordinal| state.failure_of(task, *ordinal).is_some()).collect()
}

/// What a task takes out, or its next revision, if it has one.
fn exclusions(task: &Task, of_next: bool) -> &BTreeMap<Ordinal, Stamp> {
    match (&task.draft, of_next) {
        (Some(draft), true) => &draft.exclusions,
        _ => &task.exclusions,
    }
}

/// What was taken out of a task, or of its next revision, by whom and when, whether its rules match it or not: at most `limit`
/// after an ordinal.
pub fn taken_out(
    tenant: &Tenant,
    id: TaskId,
    of_next: bool,
    after: Option<Ordinal>,
    limit: usize,
) -> Vec<(Ordinal, ContentType, Box<str>, Stamp)> {
    let state = tenant.state.read();
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    let exclusions = exclusions(task, of_next);
    let from = after.map_or(0, |after| after.saturating_add(1));
    let entries = exclusions.range(from..).take(limit).filter_map(|(ordinal, stamp)| {
        let content_type = state.catalog.entry(*ordinal)?.content_type;
        Some((*ordinal, content_type, state.catalog.content_id(*ordinal).into(), stamp.clone()))
    });
    entries.collect()
}

/// A page of what a wallet gets, after an ordinal.
pub fn supply(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    after: Option<Ordinal>,
    limit: usize,
) -> Result<Supply, SetError> {
    let delivered =
        |state: &State| state.tasks.ledgers.get(wallet).map(|ledger| ledger.delivered().clone()).unwrap_or_default();
    supply_of(tenant, log, wallet, delivered, (after, limit))
}

/// A page of those items that `of` selects, with the tasks that hold them for a wallet.
pub fn supply_of(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    of: impl FnOnce(&State) -> RoaringBitmap,
    (after, limit): (Option<Ordinal>, usize),
) -> Result<Supply, SetError> {
    let (as_of, total, last, page, entries) = {
        let state = tenant.state.read();
        let ordinals = of(&state);
        let from = after.map_or(0, |after| after.saturating_add(1));
        let page: Vec<Ordinal> = ordinals.range(from..).take(limit).collect();
        let all: Vec<&Task> = state.tasks.holders(wallet).collect();
        let holding = |ordinal: &Ordinal| {
            all.iter().filter(|task| task.delivery.held.contains(*ordinal)).map(|task| task.id).collect()
        };
        let holders: Vec<(Ordinal, Vec<TaskId>)> = page.iter().map(|ordinal| (*ordinal, holding(ordinal))).collect();
        let entries: Vec<_> = page.iter().filter_map(|ordinal| state.catalog.entry(*ordinal)).copied().collect();
        (state.seq, ordinals.len(), ordinals.max(), holders, entries)
    };
    let rendered = page::render_entries(tenant, log, &entries).map_err(|e| SetError::Store(e.to_string()))?;
    let next = page.get(rendered.len().wrapping_sub(1)).map(|(ordinal, _)| *ordinal).filter(|next| Some(*next) < last);
    let items = rendered.into_iter().zip(page.into_iter().map(|(_, holders)| holders)).collect();
    Ok(Supply { as_of, items, total, next })
}

/// What has changed in what a wallet gets, after a record: an item that enters again has a new version.
pub fn supply_changes(tenant: &Tenant, wallet: &str, after: Seq, limit: usize) -> Result<Option<SetChanges>, SetError> {
    let (journal, seq) = {
        let state = tenant.state.read();
        let Some(ledger) = state.tasks.ledgers.get(wallet) else { return Ok(None) };
        (ledger.journal, state.seq)
    };
    sets::changes_of(tenant, journal, Stream::Delivered, after, limit, seq).map(Some)
}

/// The latest versions of items that a wallet gets now, by their keys; nothing for those that it does not get.
pub fn delivered_items(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    keys: &[(ContentType, Box<str>)],
) -> Result<Vec<PreviewItem>, SetError> {
    let entries: Vec<_> = {
        let state = tenant.state.read();
        let Some(ledger) = state.tasks.ledgers.get(wallet) else { return Ok(Vec::new()) };
        let ordinals = keys.iter().filter_map(|(content_type, id)| state.catalog.ordinal(*content_type, id));
        let delivered = ordinals.filter(|ordinal| ledger.holders(*ordinal) > 0);
        delivered.filter_map(|ordinal| state.catalog.entry(ordinal)).copied().collect()
    };
    page::render_entries(tenant, log, &entries).map_err(|e| SetError::Store(e.to_string()))
}

/// Entries of the audit trail.
pub fn events(tenant: &Tenant, wanted: Wanted, limit: usize) -> Result<Vec<Audited>, JournalError> {
    let entries = tenant.journal.entries(wanted, limit)?;
    // What this very program has written, and the journal has a checksum of.
    let event = |body: &[u8]| serde_json::from_slice(body).expect("an entry of the audit trail is readable");
    Ok(entries.into_iter().map(|(place, entry)| (place, event(&entry.body))).collect())
}

fn view(state: &State, task: &Task) -> TaskView {
    let current = match (state.supply.sets.find(&task.set_name()), &task.hidden) {
        (Some(id), _) => standing(state, state.supply.sets.get(id)),
        (None, Some(hidden)) => {
            Standing { rules: hidden.rules.clone(), fx_date: hidden.fx_date.clone(), counts: Counts::default() }
        }
        (None, None) => standing(state, None),
    };
    let next = task.draft.clone().map(|draft| {
        let set = state.supply.sets.find(&task.draft_set_name()).and_then(|id| state.supply.sets.get(id));
        (draft, standing(state, set))
    });
    let ticket = state.tasks.open_ticket(task.id).or_else(|| state.tasks.ticket(*task.tickets.last()?));
    let held = &task.delivery.held;
    let failed = state
        .tasks
        .ledgers
        .get(&task.target_wallet)
        .map_or(0, |ledger| ledger.failures().filter(|(ordinal, _)| held.contains(*ordinal)).count() as u64);
    let waiting = if task.state.is_live() { standing_waiting(state, task) } else { 0 };
    TaskView {
        task: task.clone(),
        standing: current,
        next,
        ticket: ticket.cloned(),
        held: held.len(),
        failed,
        waiting,
        as_of: state.seq,
    }
}

fn standing_waiting(state: &State, task: &Task) -> u64 {
    (state.deliverable_of(task.id) - &task.delivery.held).len()
}

fn standing(state: &State, set: Option<&Set>) -> Standing {
    Standing {
        rules: set.map(|set| set.definition.rules.clone()).unwrap_or_default(),
        fx_date: set.and_then(|set| set.definition.fx_date.clone()),
        counts: set.map(|set| Counts::from(state.steps_of(set).counts())).unwrap_or_default(),
    }
}

/// What an approval would change, and some of the items that it would deliver.
fn impact(state: &State, ticket: &Ticket, task: &Task) -> (Impact, Vec<Ordinal>) {
    let of_next = ticket.kind == TicketKind::Revision && ticket.status == TicketStatus::Open;
    let name = if of_next { task.draft_set_name() } else { task.set_name() };
    let set = state.supply.sets.find(&name).and_then(|id| state.supply.sets.get(id));
    let held = &task.delivery.held;
    let after = match ticket.kind {
        TicketKind::Terminate => RoaringBitmap::new(),
        TicketKind::Deliver | TicketKind::Revision => set.map(|set| state.deliverable(set)).unwrap_or_default(),
    };
    let concerned = if ticket.kind == TicketKind::Terminate { held } else { &after };
    let others = state.tasks.all().filter(|other| other.id != task.id && other.target_wallet == task.target_wallet);
    let shared = others.map(|other| (other.id, other.name.clone(), other.delivery.held.intersection_len(concerned)));
    let mut overlaps: Vec<_> = shared.filter(|(.., shared)| *shared > 0).collect();
    overlaps.sort_by_key(|(id, _, shared)| (std::cmp::Reverse(*shared), *id));
    overlaps.truncate(OVERLAPS_MAX);
    let added = &after - held;
    let sample = concerned.iter().take(SAMPLE_ITEMS).collect();
    let impact = Impact {
        counts: standing(state, set).counts,
        added: added.len(),
        removed: (held - &after).len(),
        kept: held.intersection_len(&after),
        overlaps,
        sample: Vec::new(),
    };
    (impact, sample)
}
