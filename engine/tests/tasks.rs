//! Tasks against a small model: random commands of several people over content that changes, with restarts in between.
//!
//! The model is written the simplest way: the state machine as words, sets worked out from scratch, a delivery as what any
//! live task holds. After every record the states agree, nothing is delivered that should not be, and the wallet's feed
//! replayed is what it gets; after all due steps everything is delivered that should be.

mod support;

use penstock_dsl::registry::ContentType;
use penstock_engine::checkpoint::{self, Body};
use penstock_engine::command::{
    Command, CommandOutcome, ItemKey, OnboardingWrite, PolicyWrite, Pull, Refusal, RiskWrite,
};
use penstock_engine::content::item::Item;
use penstock_engine::fold::{Deferred, Frame, Snapshot, State};
use penstock_engine::log::frame::Header;
use penstock_engine::preview;
use penstock_engine::supply::change::Stream;
use penstock_engine::supply::wallet::{Onboarding, RiskDecision};
use penstock_engine::task::TaskId;
use penstock_engine::task::command::*;
use penstock_engine::task::refusal::TaskRefusal;
use penstock_engine::task::state::{ApprovalStatus, TaskState, TaskStatus};
use penstock_engine::task::ticket::{Side, TicketStatus};
use penstock_engine::task::work::STEP_ITEMS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::{NOW_MS, Random, item};

const PEOPLE: &[&str] = &["ana", "bo", "cy", "dee"];
const WALLETS: &[&str] = &["gcash", "alipayhk"];
const ITEMS: usize = 12;
const MERCHANTS: usize = 3;

/// What an item has that matters here.
#[derive(Clone, Debug)]
struct Facts {
    n: usize,
    named: bool,
    merchant: usize,
}

#[derive(Clone, Debug)]
struct ModelTask {
    wallet: usize,
    approval: ApprovalStatus,
    status: TaskStatus,
    creator: usize,
    rules: usize,
    out: BTreeSet<usize>,
    drift: bool,
    /// Rules and what is taken out, who began it, and whether it is under review.
    next: Option<(usize, BTreeSet<usize>, usize, bool)>,
    ticket: Option<ModelTicket>,
    tickets: usize,
    hidden: bool,
}

#[derive(Clone, Debug)]
struct ModelTicket {
    id: u32,
    terminates: bool,
    of_next: bool,
    opened: usize,
    source: Option<usize>,
    parallel: bool,
    target: Option<usize>,
}

#[derive(Default)]
struct Model {
    items: BTreeMap<usize, Option<Facts>>,
    onboarded: BTreeSet<(usize, usize)>,
    stopped: BTreeSet<(usize, usize)>,
    pulled: BTreeSet<(usize, usize)>,
    pulled_merchants: BTreeSet<(usize, usize)>,
    tasks: BTreeMap<TaskId, ModelTask>,
}

impl Model {
    fn deliverable(&self, wallet: usize, rules: usize, out: &BTreeSet<usize>) -> BTreeSet<usize> {
        let passes = |(id, facts): (&usize, &Option<Facts>)| {
            let facts = facts.as_ref()?;
            let good = facts.n < rules
                && facts.named
                && self.onboarded.contains(&(wallet, facts.merchant))
                && !self.stopped.contains(&(wallet, *id))
                && !self.pulled.contains(&(wallet, *id))
                && !self.pulled_merchants.contains(&(wallet, facts.merchant))
                && !out.contains(id);
            good.then_some(*id)
        };
        self.items.iter().filter_map(passes).collect()
    }
}

struct World {
    random: Random,
    state: State,
    now_ms: i64,
    version: i64,
    model: Model,
    /// What each wallet has, by its feed: item to version.
    feeds: BTreeMap<u32, BTreeMap<u32, i64>>,
    refusals: BTreeMap<String, usize>,
    done: BTreeMap<&'static str, usize>,
}

fn key(id: usize) -> ItemKey {
    ItemKey { content_type: ContentType::Store, content_id: format!("s{id}").into() }
}

fn rules(below: usize) -> Box<str> {
    format!("STORE {{ ext.n < {below} }}").into()
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = World {
            random: Random(seed),
            state: State::default(),
            now_ms: NOW_MS,
            version: 1,
            model: Model::default(),
            feeds: BTreeMap::new(),
            refusals: BTreeMap::new(),
            done: BTreeMap::new(),
        };
        for wallet in WALLETS {
            let required = vec!["storeName".into()];
            let write =
                PolicyWrite { wallet: (*wallet).into(), content_type: ContentType::Store, required, version: 1 };
            world.command("ana", Command::Policies(vec![write]));
        }
        for wallet in 0..WALLETS.len() {
            (0..MERCHANTS).for_each(|merchant| world.onboard(wallet, merchant, true));
        }
        world
    }

    fn record(&mut self, header: Header, items: Vec<Item>) -> Option<CommandOutcome> {
        let seq = self.state.seq + 1;
        let mut applied = self.state.apply(seq, vec![Frame { offset: 0, length: 0, header, items }]);
        self.state.publish(applied.batch.clone());
        for Deferred { frame, command, asked } in std::mem::take(&mut applied.deferred) {
            let Command::Task(command) = command else { unreachable!() };
            let outcome = match self.state.prepare_task(&command, &asked) {
                Ok(registration) => {
                    let found = registration.map(|registration| {
                        let found = preview::standing::find(&self.state.snapshot, &registration).unwrap();
                        (registration, found)
                    });
                    self.state.finish_task(&command, &asked, found)
                }
                Err(outcome) => outcome,
            };
            applied.frames[frame].command = Some(outcome);
        }
        let told = self.state.end_record();
        for (journal, changes) in told.changes {
            for change in changes.into_iter().filter(|change| change.stream == Stream::Delivered) {
                let feed = self.feeds.entry(journal).or_default();
                let had = match change.entered {
                    true => feed.insert(change.ordinal, change.version),
                    false => feed.remove(&change.ordinal),
                };
                assert!(change.entered || had.is_some(), "{change:?} takes back what was never there");
                assert_ne!(had, Some(change.version).filter(|_| change.entered), "{change:?} is told twice");
            }
        }
        applied.frames.remove(0).command
    }

    fn command(&mut self, by: &str, command: Command) -> CommandOutcome {
        self.now_ms += 1;
        let header =
            Header { received_ms: self.now_ms, actor: Some(by.into()), command: Some(command), ..Header::default() };
        self.record(header, Vec::new()).expect("a command has an outcome")
    }

    fn task(&mut self, by: usize, command: TaskCommand) -> Result<TaskOutcome, TaskRefusal> {
        match self.command(PEOPLE[by], Command::Task(command)) {
            CommandOutcome::Task(outcome) => Ok(outcome),
            CommandOutcome::Refused(Refusal::Task(refusal)) => {
                let name = format!("{refusal:?}");
                let name = name.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
                *self.refusals.entry(name).or_default() += 1;
                assert!(!refusal.to_string().is_empty());
                Err(refusal)
            }
            outcome => panic!("{outcome:?}"),
        }
    }

    fn push(&mut self) {
        let id = self.random.below(ITEMS);
        self.version += 1;
        let gone = self.random.chance(5);
        let facts =
            Facts { n: self.random.below(10), named: !self.random.chance(5), merchant: self.random.below(MERCHANTS) };
        let mut info = serde_json::json!({"n": facts.n, "merchantId": format!("m{}", facts.merchant)});
        if facts.named {
            info["storeName"] = "Café".into();
        }
        let line = serde_json::json!({
            "contentType": "STORE", "contentId": format!("s{id}"), "contentVersion": self.version,
            "contentStatus": u8::from(!gone), "contentInfo": info.to_string(),
        });
        let items = vec![item("T", &line.to_string())];
        self.now_ms += 1;
        self.record(Header { received_ms: self.now_ms, ..Header::default() }, items);
        self.model.items.insert(id, Some(facts).filter(|_| !gone));
    }

    fn onboard(&mut self, wallet: usize, merchant: usize, onboarded: bool) {
        self.version += 1;
        let write = OnboardingWrite {
            wallet: WALLETS[wallet].into(),
            merchant_id: format!("m{merchant}").into(),
            onboarding: Onboarding { onboarded, account_ids: Vec::new() },
            version: self.version,
        };
        self.command("asap", Command::Onboarding(vec![write]));
        match onboarded {
            true => self.model.onboarded.insert((wallet, merchant)),
            false => self.model.onboarded.remove(&(wallet, merchant)),
        };
    }

    fn risk(&mut self) {
        let (wallet, id) = (self.random.below(WALLETS.len()), self.random.below(ITEMS));
        let stopped = !self.random.chance(3);
        self.version += 1;
        let decision = RiskDecision { stopped, reason: "a reason".into(), automatic: false };
        let write = RiskWrite { wallet: WALLETS[wallet].into(), item: key(id), decision, version: self.version };
        self.command("risk", Command::Risk(vec![write]));
        match stopped {
            true => self.model.stopped.insert((wallet, id)),
            false => self.model.stopped.remove(&(wallet, id)),
        };
    }

    fn pull(&mut self) {
        let (wallet, out) = (self.random.below(WALLETS.len()), !self.random.chance(2));
        let (id, merchant) = (self.random.below(ITEMS), self.random.below(MERCHANTS));
        let whole = self.random.chance(4);
        let pull = Pull {
            wallet: WALLETS[wallet].into(),
            items: if whole { Vec::new() } else { vec![key(id)] },
            merchants: if whole { vec![format!("m{merchant}").into()] } else { Vec::new() },
            out,
            reason: None,
        };
        let outcome = self.command("ana", Command::Pull(pull));
        let (pulled, what) = match whole {
            true => (&mut self.model.pulled_merchants, (wallet, merchant)),
            false => (&mut self.model.pulled, (wallet, id)),
        };
        let changed = if out { pulled.insert(what) } else { pulled.remove(&what) };
        assert_eq!(outcome == CommandOutcome::Applied, changed);
    }

    fn some_task(&mut self) -> TaskId {
        let unknown = usize::from(self.random.chance(8));
        1 + self.random.below(self.model.tasks.len() + unknown) as TaskId
    }

    fn person(&mut self) -> usize {
        self.random.below(PEOPLE.len())
    }

    fn of(&mut self, task: TaskId) -> OfTask {
        let version = self.state.tasks.get(task).map(|task| task.version);
        OfTask { task, version: version.filter(|_| self.random.chance(2)) }
    }

    fn create(&mut self) {
        let (by, wallet, below) = (self.person(), self.random.below(WALLETS.len()), self.random.below(11));
        let name = format!("Task {}", self.random.below(40));
        let drift = self.random.chance(3).then_some(DriftLimits { percent: Some(100), count: Some(2) });
        let create = Create {
            name: name.as_str().into(),
            target_wallet: WALLETS[wallet].into(),
            rules: rules(below),
            fx_date: None,
            schedule: Schedule::default(),
            drift,
            clone_of: None,
        };
        let taken = self.state.tasks.named(WALLETS[wallet], &name.to_uppercase());
        match self.task(by, TaskCommand::Create(create)) {
            Ok(outcome) => {
                assert_eq!(taken, None);
                let task = ModelTask {
                    wallet,
                    approval: ApprovalStatus::Draft,
                    status: TaskStatus::Inactive,
                    creator: by,
                    rules: below,
                    out: BTreeSet::new(),
                    drift: drift.is_some(),
                    next: None,
                    ticket: None,
                    tickets: 0,
                    hidden: false,
                };
                assert_eq!(self.model.tasks.insert(outcome.task, task).map(|_| ()), None);
            }
            Err(refusal) => assert_eq!(refusal, TaskRefusal::NameTaken { by: taken.unwrap() }),
        }
    }

    /// Does something to some task; the model says whether it may be done, and what comes of it.
    fn act(&mut self) {
        let (id, by) = (self.some_task(), self.person());
        let of = self.of(id);
        let mut model = self.model.tasks.get(&id).cloned();
        let shown = model.as_ref().is_some_and(|task| !task.hidden);
        let Some(task) = model.as_mut() else {
            assert_eq!(self.task(by, TaskCommand::Withdraw(of)), Err(TaskRefusal::NoSuchTask));
            return;
        };
        let live = matches!(task.status, TaskStatus::Active | TaskStatus::Activating);
        let ending = task.approval == ApprovalStatus::TerminationUnderReview;
        let (draft, rejected) = (task.approval == ApprovalStatus::Draft, task.approval == ApprovalStatus::Rejected);
        let next_open = task.next.as_ref().map(|next| next.3);
        let (command, may): (TaskCommand, bool) = match self.random.below(13) {
            0 => {
                let below = self.random.below(11);
                let may = if let Some(next) = task.next.as_mut().filter(|next| !next.3) {
                    next.0 = below;
                    true
                } else {
                    task.rules = if draft { below } else { task.rules };
                    draft
                };
                let drift = self.state.tasks.get(id).and_then(|task| task.drift);
                let save =
                    Save { of, name: None, rules: rules(below), fx_date: None, schedule: Schedule::default(), drift };
                (TaskCommand::Save(save), may)
            }
            1 | 2 => {
                let out = !self.random.chance(3);
                let by_rules = self.random.chance(2).then(|| self.random.below(11));
                let some = [self.random.below(ITEMS)].into();
                let within = task.next.as_ref().filter(|next| !next.3).map_or(task.rules, |next| next.0);
                let items: BTreeSet<usize> = match by_rules {
                    Some(below) => {
                        let matched = |(id, facts): (&usize, &Option<Facts>)| {
                            facts.as_ref().is_some_and(|facts| facts.n < below.min(within)).then_some(*id)
                        };
                        self.model.items.iter().filter_map(matched).collect()
                    }
                    None => some,
                };
                let which = match by_rules {
                    Some(below) => Which::Rules(rules(below)),
                    None => Which::Items(items.iter().map(|id| key(*id)).collect()),
                };
                let (exclusions, may) = match task.next.as_mut().filter(|next| !next.3) {
                    Some(next) => (&mut next.1, true),
                    None => (&mut task.out, draft),
                };
                match out {
                    true => exclusions.extend(&items),
                    false => exclusions.retain(|id| !items.contains(id)),
                }
                (TaskCommand::TakeOut(TakeOutOf { of, out, which }), may)
            }
            3 | 4 => {
                let parallel = self.random.chance(2);
                let (below, out) = match &task.next {
                    Some((below, out, ..)) => (*below, out),
                    None => (task.rules, &task.out),
                };
                let some = !self.model.deliverable(task.wallet, below, out).is_empty();
                let may = match next_open {
                    Some(open) => !open && live && !ending && some,
                    None => draft && some,
                };
                let of_next = task.next.is_some();
                match &mut task.next {
                    Some(next) => next.3 = true,
                    None => task.approval = ApprovalStatus::UnderReview,
                }
                let id = self.state.tasks.tickets().count() as u32 + 1;
                let ticket =
                    ModelTicket { id, terminates: false, of_next, opened: by, source: None, target: None, parallel };
                task.ticket = Some(ticket);
                task.tickets += 1;
                (TaskCommand::Submit(Submit { of, parallel, unstaffed: Vec::new() }), may)
            }
            5 => {
                let may = task.ticket.is_some();
                if let Some(ticket) = task.ticket.take() {
                    match (&mut task.next, ticket.of_next) {
                        (Some(next), true) => next.3 = false,
                        _ if ticket.terminates => task.approval = ApprovalStatus::Approved,
                        _ => task.approval = ApprovalStatus::Draft,
                    }
                }
                (TaskCommand::Withdraw(of), may)
            }
            6 => {
                let may = rejected || (live && !ending && task.next.is_none());
                match rejected {
                    true => task.approval = ApprovalStatus::Draft,
                    false => task.next = Some((task.rules, task.out.clone(), by, false)),
                }
                (TaskCommand::Revise(of), may)
            }
            7 => {
                let may = next_open == Some(false);
                task.next = None;
                (TaskCommand::DropRevision(of), may)
            }
            8 => {
                let may = live && !ending;
                task.approval = ApprovalStatus::TerminationUnderReview;
                task.next.iter_mut().for_each(|next| next.3 = false);
                let id = self.state.tasks.tickets().count() as u32 + 1;
                task.ticket = Some(ModelTicket {
                    id,
                    terminates: true,
                    of_next: false,
                    opened: by,
                    source: None,
                    target: None,
                    parallel: false,
                });
                task.tickets += 1;
                (TaskCommand::Terminate(Terminate { of, reason: None, unstaffed: Vec::new() }), may)
            }
            9 => {
                let may = draft && task.tickets == 0;
                task.hidden = true;
                (TaskCommand::Discard(of), may)
            }
            10 => {
                let may = task.status == TaskStatus::Terminated;
                task.hidden = true;
                (TaskCommand::Archive(of), may)
            }
            11 => {
                let name = self.state.tasks.get(id).map(|task| task.name.clone()).unwrap_or_default();
                let free = self.state.tasks.named(WALLETS[task.wallet], &name).is_none();
                let restored = TaskCommand::Restore(OfTask { task: id, version: None });
                let outcome = self.task(by, restored);
                assert_eq!(outcome.is_ok(), task.hidden && free, "{task:?} {outcome:?}");
                self.model.tasks.get_mut(&id).unwrap().hidden &= outcome.is_err();
                return;
            }
            _ => {
                let braked = self.state.tasks.get(id).is_some_and(|task| task.delivery.brake.is_some());
                (TaskCommand::Release(of), braked)
            }
        };
        let (name, may) = (command.name(), may && shown);
        let outcome = self.task(by, command);
        assert_eq!(outcome.is_ok(), may, "{name} by {by} of {:?}: {outcome:?}", self.model.tasks[&id]);
        if may {
            *self.done.entry(name).or_default() += 1;
            self.model.tasks.insert(id, model.unwrap());
        }
    }

    fn decide(&mut self) {
        let with_ticket = self.model.tasks.iter().filter(|(_, task)| task.ticket.is_some());
        let with_ticket: Vec<TaskId> = with_ticket.map(|(id, _)| *id).collect();
        let by = self.person();
        let Some(&id) = with_ticket.get(self.random.below(with_ticket.len())) else {
            let closed = self.state.tasks.tickets().next_back().map_or(1, |ticket| ticket.id);
            let outcome = self.task(by, decision(closed, Side::Source, "source", true));
            assert!(outcome.is_err(), "{outcome:?}");
            return;
        };
        let mut task = self.model.tasks[&id].clone();
        let mut ticket = task.ticket.clone().unwrap();
        let side = if self.random.chance(2) { Side::Source } else { Side::Target };
        let approve = !self.random.chance(4);
        let right_wallet = !self.random.chance(10);
        let wallet = if right_wallet { WALLETS[task.wallet] } else { WALLETS[1 - task.wallet] };
        let outcome = self.task(by, decision(ticket.id, side, wallet, approve));
        let turn = match side {
            Side::Source => ticket.source.is_none(),
            Side::Target => {
                !ticket.terminates
                    && ticket.target.is_none()
                    && (ticket.parallel || ticket.source.is_some())
                    && right_wallet
            }
        };
        let wrote = match (&task.next, ticket.of_next) {
            (Some(next), true) => next.2 == by,
            _ => !ticket.terminates && task.creator == by,
        };
        let own = ticket.opened == by || wrote || [ticket.source, ticket.target].contains(&Some(by));
        assert_eq!(outcome.is_ok(), turn && !own, "{side:?} {by} {ticket:?} {outcome:?}");
        if outcome.is_err() {
            return;
        }
        *self.done.entry(if approve { "approve" } else { "reject" }).or_default() += 1;
        match side {
            Side::Source => ticket.source = Some(by),
            Side::Target => ticket.target = Some(by),
        }
        let all = ticket.source.is_some() && (ticket.terminates || ticket.target.is_some());
        match (approve, all) {
            (true, false) => task.ticket = Some(ticket),
            (false, _) => {
                match (&mut task.next, ticket.of_next) {
                    (Some(next), true) => next.3 = false,
                    _ if ticket.terminates => task.approval = ApprovalStatus::TerminationRejected,
                    _ => task.approval = ApprovalStatus::Rejected,
                }
                task.ticket = None;
            }
            (true, true) => {
                task.ticket = None;
                if ticket.of_next {
                    let (below, out, ..) = task.next.take().unwrap();
                    (task.rules, task.out) = (below, out);
                } else if ticket.terminates {
                    (task.approval, task.status) = (ApprovalStatus::TerminationApproved, TaskStatus::Terminating);
                    task.next = None;
                } else {
                    (task.approval, task.status) = (ApprovalStatus::Approved, TaskStatus::Activating);
                }
            }
        }
        self.model.tasks.insert(id, task);
    }

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

fn decision(ticket: u32, side: Side, wallet: &str, approve: bool) -> TaskCommand {
    let reason = Some("for a reason".into());
    TaskCommand::Decide(Decide { ticket, side, wallet: wallet.into(), approve, reason })
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
