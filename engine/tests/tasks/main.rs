//! Tasks against a small model: random commands of several people over content that changes, with restarts in between.
//!
//! The model is written the simplest way: the state machine as words, sets worked out from scratch, a delivery as what any
//! live task holds. After every record the states agree, nothing is delivered that should not be, and the wallet's feed
//! replayed is what it gets; after all due steps everything is delivered that should be.

mod acts;
mod model;
#[path = "../support/mod.rs"]
mod support;
mod world;

use acts::decision;
use penstock_engine::checkpoint::{self, Body};
use penstock_engine::command::Command;
use penstock_engine::fold::Snapshot;
use penstock_engine::log::frame::Header;
use penstock_engine::task::command::*;
use penstock_engine::task::state::{TaskState, TaskStatus};
use penstock_engine::task::ticket::{Side, TicketStatus};
use penstock_engine::task::work::STEP_ITEMS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::{NOW_MS, item};
use world::{ITEMS, MERCHANTS, WALLETS, World, rules};

impl World {
    /// All that is due; afterwards nothing is on its way.
    fn steps(&mut self) {
        while self.state.due(self.now_ms) == Some(Command::Task(TaskCommand::Step)) {
            self.command("system", Command::Task(TaskCommand::Step));
        }
        for (id, task) in &mut self.model.tasks {
            match task.status {
                TaskStatus::Activating => task.status = TaskStatus::Active,
                TaskStatus::Terminating => task.status = TaskStatus::Terminated,
                _ => {}
            }
            let live = matches!(task.status, TaskStatus::Active);
            let held: BTreeSet<u32> = self.state.tasks.get(*id).unwrap().delivery.held.iter().collect();
            if !live {
                assert!(held.is_empty(), "{id} {task:?} holds {held:?}");
            }
        }
        for (id, task) in &self.model.tasks {
            let delivery = &self.state.tasks.get(*id).unwrap().delivery;
            if task.status == TaskStatus::Active && delivery.brake.is_none() {
                let expected = self.model.deliverable(task.wallet, task.rules, &task.out);
                assert_eq!(self.ids(&delivery.held), expected, "task {id} {task:?}");
            }
        }
    }

    fn ids(&self, ordinals: &roaring::RoaringBitmap) -> BTreeSet<usize> {
        ordinals.iter().map(|o| self.state.catalog.content_id(o)[1..].parse().unwrap()).collect()
    }

    /// As [`Tasks`](penstock_engine::task::Tasks) and its checkpoint: ends and starts again.
    fn restart(&mut self) {
        let bytes = Body::of(&self.state).to_bytes().unwrap();
        let snapshot = self.state.snapshot.clone();
        let mut state = checkpoint::parse(&bytes).expect("a checkpoint that was just written");
        assert!(Body::of(&state).to_bytes().unwrap() == bytes, "a checkpoint read and written again is another");
        let Snapshot { seq, index, overlay, .. } = &*snapshot;
        let (index, overlay) = (index.clone(), overlay.after(0));
        state.snapshot = Arc::new(Snapshot { seq: *seq, index, overlay, supply: state.supply.view() });
        self.state = state;
    }

    fn agrees(&self) {
        let mut delivered: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for (id, model) in &self.model.tasks {
            let task = self.state.tasks.get(*id).unwrap();
            let pair = (task.state.approval_status(), task.state.task_status());
            assert_eq!(pair, (model.approval, model.status), "task {id} {model:?}");
            assert_eq!(task.hidden.is_some(), model.hidden, "task {id}");
            assert_eq!(task.draft.is_some(), model.next.is_some(), "task {id} {model:?}");
            assert_eq!(self.state.tasks.open_ticket(*id).map(|t| t.id), model.ticket.as_ref().map(|t| t.id));
            delivered.entry(&task.target_wallet).or_default().extend(&task.delivery.held);
            if task.state.is_live() {
                let deliverable = self.state.deliverable_of(*id);
                assert!(task.delivery.held.is_subset(&deliverable), "task {id} holds what it must not deliver");
                let expected = self.model.deliverable(model.wallet, model.rules, &model.out);
                assert_eq!(self.ids(&deliverable), expected, "task {id} {model:?}");
                let most = task.drift.map_or(u64::MAX, |drift| drift.most(task.delivery.baseline));
                assert!(!model.drift || task.delivery.held.len() <= most, "task {id} holds more than its limit");
            } else if task.state != TaskState::Terminating {
                assert!(task.delivery.held.is_empty(), "task {id} {model:?}");
            }
        }
        for (wallet, ledger) in &self.state.tasks.ledgers {
            let expected = delivered.remove(&**wallet).unwrap_or_default();
            assert!(ledger.delivered().iter().eq(expected.iter().copied()), "{wallet}: {ledger:?} {expected:?}");
            for ordinal in &expected {
                let holders = self.state.tasks.holding(wallet, *ordinal).count();
                assert_eq!(ledger.holders(*ordinal) as usize, holders);
            }
            let current = |o: &u32| (*o, self.state.catalog.entry(*o).unwrap().version);
            let expected: BTreeMap<u32, i64> = expected.iter().map(current).collect();
            assert_eq!(self.feeds.get(&ledger.journal).cloned().unwrap_or_default(), expected, "the feed of {wallet}");
        }
        assert!(delivered.values().all(BTreeSet::is_empty), "{delivered:?}");
        for ticket in self.state.tasks.tickets() {
            let people: BTreeSet<_> = ticket.decisions.iter().map(|d| &d.stamp.by).chain([&ticket.opened.by]).collect();
            assert_eq!(people.len(), ticket.decisions.len() + 1, "four eyes: {ticket:?}");
            let approvals = ticket.decisions.iter().filter(|decision| decision.approved).count();
            assert_eq!(ticket.status == TicketStatus::Approved, approvals == ticket.needed().len(), "{ticket:?}");
        }
    }
}

/// Histories; more for a longer hunt.
fn histories() -> u64 {
    std::env::var("PENSTOCK_TASK_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

#[test]
fn tasks_and_deliveries_follow_the_model_through_random_histories() {
    let (mut done, mut refusals): (BTreeMap<&str, usize>, BTreeMap<String, usize>) = Default::default();
    for seed in 0..histories() {
        let mut world = World::new(seed);
        (0..ITEMS).for_each(|_| world.push());
        for _ in 0..300 {
            match world.random.below(16) {
                0..=3 => world.push(),
                4 => {
                    let (wallet, merchant) = (world.random.below(WALLETS.len()), world.random.below(MERCHANTS));
                    let onboarded = !world.random.chance(4);
                    world.onboard(wallet, merchant, onboarded);
                }
                5 if world.random.chance(2) => world.pull(),
                5 => world.risk(),
                6 if world.model.tasks.len() < 3 || world.random.chance(20) => world.create(),
                6..=9 => world.act(),
                10..=13 => world.decide(),
                14 => world.steps(),
                _ => world.restart(),
            }
            world.agrees();
        }
        world.steps();
        world.agrees();
        world.done.iter().for_each(|(name, n)| *done.entry(name).or_default() += n);
        world.refusals.into_iter().for_each(|(name, n)| *refusals.entry(name).or_default() += n);
    }
    println!("done: {done:?}\nrefused: {refusals:?}");
    for name in [
        "save",
        "takeOut",
        "takeIn",
        "submit",
        "withdraw",
        "approve",
        "reject",
        "revise",
        "terminate",
        "archive",
        "dropRevision",
        "release",
    ] {
        assert!(done.get(name).is_some_and(|n| *n > 0), "{name} never happened");
    }
}

#[test]
fn a_large_activation_goes_in_steps_and_survives_a_restart_in_the_middle() {
    let mut world = World::new(1);
    let count = STEP_ITEMS * 5 / 2;
    let line = |id: usize| {
        let info = serde_json::json!({"n": 1, "merchantId": "m0", "storeName": "Café"}).to_string();
        let line = serde_json::json!({
            "contentType": "STORE", "contentId": format!("s{id}"), "contentVersion": 1, "contentStatus": 1, "contentInfo": info,
        });
        item("T", &line.to_string())
    };
    world.record(Header { received_ms: NOW_MS, ..Header::default() }, (0..count).map(line).collect());
    let create = |name: &str| {
        TaskCommand::Create(Create {
            name: name.into(),
            target_wallet: WALLETS[0].into(),
            rules: rules(5),
            fx_date: None,
            schedule: Schedule::default(),
            drift: None,
            clone_of: None,
        })
    };
    let step = || TaskCommand::Step;
    for (task, name) in [(1, "A"), (2, "B")] {
        world.task(0, create(name)).unwrap();
        let of = OfTask { task, version: None };
        let ticket = world.task(0, TaskCommand::Submit(Submit { of, parallel: false, unstaffed: vec![] })).unwrap();
        let ticket = ticket.ticket.unwrap();
        world.task(1, decision(ticket, Side::Source, "any", true)).unwrap();
        world.task(2, decision(ticket, Side::Target, WALLETS[0], true)).unwrap();
        for held in [STEP_ITEMS, 2 * STEP_ITEMS, count] {
            world.task(3, step()).unwrap();
            world.restart();
            let task = world.state.tasks.get(task).unwrap();
            assert_eq!(task.delivery.held.len() as usize, held);
            assert_eq!(task.state == TaskState::Active, held == count);
            let job = task.delivery.job.as_ref().unwrap();
            assert_eq!((job.done as usize, job.total as usize, job.finished), (held, count, held == count));
        }
    }
    // G11: both hold all items; what A gives up, B still delivers.
    let of = OfTask { task: 1, version: None };
    let ticket = world.task(0, TaskCommand::Terminate(Terminate { of, reason: None, unstaffed: vec![] })).unwrap();
    world.task(1, decision(ticket.ticket.unwrap(), Side::Source, "any", true)).unwrap();
    let told = world.feeds.values().map(BTreeMap::len).sum::<usize>();
    while world.state.tasks.get(1).unwrap().state != TaskState::Terminated {
        world.task(3, step()).unwrap();
        world.restart();
    }
    assert_eq!(told, count);
    assert_eq!(world.state.tasks.ledgers[WALLETS[0]].delivered().len() as usize, count);
    assert!(world.feeds.values().all(|feed| feed.len() == count));
}
