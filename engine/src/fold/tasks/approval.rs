//! Requests and decisions: submitting, withdrawing, approving, rejecting, terminating (T3 to T7, T10 to T13).

use super::drafts::checked_schedule;
use super::{Decided, ordinals};
use crate::command::Refusal;
use crate::fold::State;
use crate::supply::change::Cause;
use crate::task::command::{Decide, OfTask, Submit, TaskOutcome, Terminate};
use crate::task::refusal::TaskRefusal;
use crate::task::state::Move;
use crate::task::ticket::{Decision, Pinned, Side, Ticket, TicketId, TicketKind, TicketStatus};
use crate::task::work::Job;
use crate::task::{DraftState, Stamp, Task, TaskId, draft_set_name, reason_given, set_name};
use penstock_dsl::check::check;
use penstock_dsl::registry::ContentType;

impl State {
    /// T3, or the same of a live task's next revision.
    pub(super) fn submit(&mut self, submit: &Submit, by: &Stamp) -> Decided {
        let task = self.task(submit.of)?;
        let id = task.id;
        let (kind, set) = match task.draft.as_ref().map(|draft| draft.state) {
            Some(DraftState::UnderReview) => {
                return Err(TaskRefusal::RevisionOpen(DraftState::UnderReview).into());
            }
            Some(DraftState::Draft | DraftState::Rejected) => {
                task.clone().make(Move::ReviseLive)?;
                (TicketKind::Revision, draft_set_name(id))
            }
            None => {
                task.clone().make(Move::Submit)?;
                checked_schedule(task.schedule, by)?;
                (TicketKind::Deliver, set_name(id))
            }
        };
        let counts = self.counts_of(&set);
        if counts.deliverable == 0 {
            return Err(TaskRefusal::NothingDeliverable(counts).into());
        }
        if !submit.unstaffed.is_empty() {
            return Err(TaskRefusal::Unstaffed(submit.unstaffed.clone()).into());
        }
        let ticket = self.open_ticket(id, kind, &set, submit.parallel, None, by)?;
        if let Some(task) = self.tasks.get_mut(id) {
            match (&mut task.draft, kind) {
                (Some(draft), TicketKind::Revision) => {
                    draft.state = DraftState::UnderReview;
                    draft.submitted = Some(by.clone());
                }
                _ => {
                    task.make(Move::Submit)?;
                    task.submitted = Some(by.clone());
                }
            }
        }
        Ok(TaskOutcome { ticket: Some(ticket), ..self.changed(id, by) })
    }

    /// T10.
    pub(super) fn terminate(&mut self, terminate: &Terminate, by: &Stamp) -> Decided {
        let task = self.task(terminate.of)?;
        let id = task.id;
        task.clone().make(Move::Terminate)?;
        if !terminate.unstaffed.is_empty() {
            return Err(TaskRefusal::Unstaffed(terminate.unstaffed.clone()).into());
        }
        let why = reason_given(terminate.reason.as_deref(), false).map_err(TaskRefusal::from)?;
        // Whoever decides whether the task ends must not be asked at the same time what it is to become.
        self.void_open_ticket(id, by.ms);
        let ticket = self.open_ticket(id, TicketKind::Terminate, &set_name(id), false, why, by)?;
        if let Some(task) = self.tasks.get_mut(id) {
            task.make(Move::Terminate)?;
            task.draft.iter_mut().for_each(|draft| draft.state = DraftState::Draft);
        }
        Ok(TaskOutcome { ticket: Some(ticket), ..self.changed(id, by) })
    }

    /// T4 and T11.
    pub(super) fn withdraw(&mut self, of: OfTask, by: &Stamp) -> Decided {
        let task = self.task(of)?;
        let id = task.id;
        let open = self.tasks.open_ticket(id).map(|ticket| (ticket.id, ticket.kind));
        let Some((ticket, kind)) = open else {
            return Err(TaskRefusal::NotNow { then: Move::Withdraw, state: task.state }.into());
        };
        if let Some(task) = self.tasks.get_mut(id) {
            match (&mut task.draft, kind) {
                (Some(draft), TicketKind::Revision) => draft.state = DraftState::Draft,
                _ => task.make(Move::Withdraw)?,
            }
        }
        self.close(ticket, TicketStatus::Withdrawn, by.ms);
        Ok(TaskOutcome { ticket: Some(ticket), ..self.changed(id, by) })
    }

    /// T5 to T7, T12 and T13.
    pub(super) fn decide_ticket(&mut self, decide: &Decide, by: &Stamp) -> Decided {
        let ticket = self.tasks.ticket(decide.ticket).ok_or(TaskRefusal::NoSuchTicket)?;
        let task = self.task(OfTask { task: ticket.task, version: None })?;
        let why = may_decide(task, ticket, decide, by)?;
        let (id, kind) = (task.id, ticket.kind);
        let decision = Decision { side: decide.side, approved: decide.approve, stamp: by.clone(), reason: why };
        let Some(ticket) = self.tasks.ticket_mut(decide.ticket) else { return Err(TaskRefusal::NoSuchTicket.into()) };
        ticket.decisions.push(decision);
        if !decide.approve {
            ticket.close(TicketStatus::Rejected, by.ms);
            self.rejected(id, kind)?;
        } else if ticket.awaited().is_empty() {
            ticket.close(TicketStatus::Approved, by.ms);
            self.approved(id, kind, by.ms)?;
        } else if let (TicketKind::Deliver, Some(task)) = (kind, self.tasks.get_mut(id)) {
            task.make(Move::ApproveFirst)?;
        }
        Ok(TaskOutcome { ticket: Some(decide.ticket), ..self.changed(id, by) })
    }

    fn rejected(&mut self, id: TaskId, kind: TicketKind) -> Result<(), Refusal> {
        let Some(task) = self.tasks.get_mut(id) else { return Ok(()) };
        match (&mut task.draft, kind) {
            (Some(draft), TicketKind::Revision) => draft.state = DraftState::Rejected,
            _ => task.make(Move::Reject)?,
        }
        Ok(())
    }

    fn approved(&mut self, id: TaskId, kind: TicketKind, now_ms: i64) -> Result<(), Refusal> {
        match kind {
            TicketKind::Deliver => self.go_live(id, now_ms)?,
            TicketKind::Revision => self.take_revision_over(id, now_ms),
            TicketKind::Terminate => {
                self.tasks.get_mut(id).map_or(Ok(()), |task| task.make(Move::ApproveLast))?;
                self.begin_to_end(id, now_ms);
            }
        }
        Ok(())
    }

    /// The task's set is followed from this record on; what it holds now is activated in steps.
    fn go_live(&mut self, id: TaskId, now_ms: i64) -> Result<(), Refusal> {
        let baseline = self.deliverable_of(id).len();
        let journal = self.set_of(&set_name(id)).map(|(_, set)| set.journal);
        let Some(task) = self.tasks.get_mut(id) else { return Ok(()) };
        task.make(Move::ApproveLast)?;
        task.delivery.baseline = baseline;
        task.delivery.brake = None;
        let start = task.schedule.start_ms.map_or(now_ms, |start| start.max(now_ms));
        let end = task.schedule.end_ms;
        task.delivery.job = Some(Job::begin(start, baseline));
        journal.into_iter().for_each(|journal| self.tasks.go_live(journal, id));
        self.tasks.agenda.put(start, id);
        end.into_iter().for_each(|end| self.tasks.agenda.put(end, id));
        Ok(())
    }

    /// The next revision takes the place of the one that is delivered; only the difference is told (F-6.4).
    fn take_revision_over(&mut self, id: TaskId, now_ms: i64) {
        self.swap_sets(&draft_set_name(id), &set_name(id));
        let Some(draft) = self.tasks.get_mut(id).and_then(|task| task.draft.take()) else { return };
        let baseline = self.deliverable_of(id).len();
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.revision = draft.revision;
        task.exclusions = draft.exclusions;
        task.delivery.baseline = baseline;
        task.delivery.brake = None;
        self.tasks.agenda.put(now_ms, id);
    }

    /// Gives a set the rules, the members and the exclusions of another one, which is removed. The journal goes on.
    fn swap_sets(&mut self, from: &str, to: &str) {
        let (Some((from_id, from_set)), Some((to_id, to_set))) = (self.set_of(from), self.set_of(to)) else { return };
        let (definition, taken_out) = (from_set.definition.clone(), from_set.taken_out.clone());
        let (ended, journal, before) = (from_set.journal, to_set.journal, self.in_reach(to_id));
        self.remove_targets(to_id);
        self.supply.sets.redefine(to_id, definition);
        self.supply.sets.hand_over(from_id, to_id);
        self.supply.sets.change_taken_out(to_id, |to| *to = taken_out);
        self.supply.sets.remove(from_id);
        self.supply.ended.push(ended);
        let revision = self.supply.sets.get(to_id).map_or(0, |set| set.revision);
        let after = self.in_reach(to_id);
        self.tell_difference(journal, &before, &after, &Cause::Rules { revision });
    }

    /// What is delivered is taken back in steps. Nothing joins any more.
    pub(super) fn begin_to_end(&mut self, id: TaskId, now_ms: i64) {
        self.void_open_ticket(id, now_ms);
        self.end_draft(id);
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.delivery.brake = None;
        task.delivery.job = Some(Job::begin(now_ms, task.delivery.held.len()));
        self.tasks.agenda.drop(id);
        self.tasks.agenda.put(now_ms, id);
    }

    fn open_ticket(
        &mut self,
        task: TaskId,
        kind: TicketKind,
        set: &str,
        parallel: bool,
        reason: Option<Box<str>>,
        by: &Stamp,
    ) -> Result<TicketId, TaskRefusal> {
        let pinned = self.pin(task, kind, set).ok_or(TaskRefusal::NoSuchTask)?;
        Ok(self.tasks.open(|id| Ticket {
            id,
            task,
            kind,
            pinned,
            parallel,
            opened: by.clone(),
            reason,
            status: TicketStatus::Open,
            decisions: Vec::new(),
            closed_ms: None,
        }))
    }

    /// What somebody is asked to approve.
    fn pin(&self, task: TaskId, kind: TicketKind, set: &str) -> Option<Pinned> {
        let (_, standing) = self.set_of(set)?;
        let task = self.tasks.get(task)?;
        let definition = &standing.definition;
        let options = self.check_options(definition.fx_date.as_deref()).ok()?;
        let wallet = self.supply.wallets.get(&task.target_wallet);
        let policy = |content_type: &ContentType| wallet.and_then(|wallet| wallet.policy_version(*content_type));
        let draft = task.draft.as_ref().filter(|_| kind == TicketKind::Revision);
        Some(Pinned {
            revision: draft.map_or(task.revision, |draft| draft.revision),
            rules: definition.rules.clone(),
            fx_date: definition.fx_date.clone(),
            rule_hash: format!("{:032x}", check(&definition.rules, &options).expr?.hash()).into(),
            excluded: ordinals(draft.map_or(&task.exclusions, |draft| &draft.exclusions)).len(),
            policies: ContentType::ALL.iter().map(policy).collect(),
            counts: self.counts_of(set),
            as_of: self.seq + 1,
        })
    }

    fn void_open_ticket(&mut self, task: TaskId, ms: i64) {
        if let Some(open) = self.tasks.open_ticket(task).map(|ticket| ticket.id) {
            self.close(open, TicketStatus::Void, ms);
        }
    }

    fn close(&mut self, ticket: TicketId, status: TicketStatus, ms: i64) {
        self.tasks.ticket_mut(ticket).into_iter().for_each(|ticket| ticket.close(status, ms));
    }
}

/// Whether somebody may decide a ticket so; the reason to keep.
fn may_decide(task: &Task, ticket: &Ticket, decide: &Decide, by: &Stamp) -> Result<Option<Box<str>>, TaskRefusal> {
    if ticket.status != TicketStatus::Open {
        return Err(TaskRefusal::Closed(ticket.status));
    }
    let awaited = ticket.awaited();
    if !awaited.contains(&decide.side) {
        return Err(TaskRefusal::NotYourTurn(awaited));
    }
    if decide.side == Side::Target && decide.wallet != task.target_wallet {
        return Err(TaskRefusal::OtherWallet);
    }
    if ticket.involves(task, &by.by) {
        return Err(TaskRefusal::OwnRequest);
    }
    let over = task.schedule.end_ms.is_some_and(|end| end <= by.ms);
    if decide.approve && ticket.kind == TicketKind::Deliver && over {
        return Err(TaskRefusal::Over);
    }
    Ok(reason_given(decide.reason.as_deref(), !decide.approve)?)
}
