//! Random commands about tasks; the model says whether each may be carried out, and what comes of it.

use crate::model::Facts;
use crate::model::{ModelTask, ModelTicket};
use crate::world::{ITEMS, PEOPLE, WALLETS, World, key, rules};
use penstock_engine::task::TaskId;
use penstock_engine::task::command::*;
use penstock_engine::task::refusal::TaskRefusal;
use penstock_engine::task::state::{ApprovalStatus, TaskStatus};
use penstock_engine::task::ticket::Side;
use std::collections::BTreeSet;

impl World {
    pub fn some_task(&mut self) -> TaskId {
        let unknown = usize::from(self.random.chance(8));
        1 + self.random.below(self.model.tasks.len() + unknown) as TaskId
    }

    pub fn person(&mut self) -> usize {
        self.random.below(PEOPLE.len())
    }

    pub fn of(&mut self, task: TaskId) -> OfTask {
        let version = self.state.tasks.get(task).map(|task| task.version);
        OfTask { task, version: version.filter(|_| self.random.chance(2)) }
    }

    pub fn create(&mut self) {
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
    pub fn act(&mut self) {
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
                let save = Save {
                    of,
                    name: None,
                    rules: rules(below),
                    fx_date: None,
                    schedule: Schedule::default(),
                    keep_schedule: false,
                    drift,
                    keep_drift: false,
                };
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

    pub fn decide(&mut self) {
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
}

/// A decision about a ticket.
pub fn decision(ticket: u32, side: Side, wallet: &str, approve: bool) -> TaskCommand {
    let reason = Some("for a reason".into());
    TaskCommand::Decide(Decide { ticket, side, wallet: wallet.into(), approve, reason })
}
