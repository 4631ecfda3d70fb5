//! Follows the audit trail of every source wallet and tells whom each event concerns; and the feeds of target wallets that want
//! to be told when they go on.
//!
//! What is told and how far was read is one transaction, so an event is told once even if the process is killed in between.
//! Nothing here sends anything.

use super::kind::{Audience, Kind};
use super::store::{Digest, Notices, NoticesError, Routes, Telling};
use super::told::{Told, Turn, deed, may_void, turn, void};
use crate::people::{Contact, People, PeopleError};
use crate::private::now_ms;
use crate::rights::Role;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use penstock_engine::Engine;
use penstock_engine::api::{Seq, TenantId};
use penstock_engine::sets::SetError;
use penstock_engine::supply::journal::{EntryPlace, JournalError, Range, Wanted};
use penstock_engine::task::event::{Event, What};
use penstock_engine::task::ticket::{Side, Ticket, TicketId, TicketKind, TicketStatus};
use penstock_engine::task::{SYSTEM, Task, TaskId};
use penstock_engine::tasks::Audited;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often wallets with new records are looked at.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// And all others: a record is counted a moment before its entries can be read.
const POLL_ALL_EVERY: Duration = Duration::from_secs(2);
/// A pause when something cannot be read or written.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
/// Entries of one transaction.
const PAGE: usize = 256;
/// Changes of a feed that are looked at together.
const SUPPLY_PAGE: usize = 1_000;
/// Tickets of a task that one event can close.
const VOIDED_MAX: usize = 4;

/// Follows all audit trails.
pub struct Follower {
    /// Where they are.
    pub engine: Arc<Engine>,
    /// Who is told.
    pub people: People,
    /// Where it is told.
    pub notices: Arc<Notices>,
    /// The ways out.
    pub routes: Routes,
    /// For so long fixed items are collected.
    pub digest: Duration,
}

/// Why a trail cannot be followed for now.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The trail cannot be read.
    #[error("the audit trail cannot be read: {0}")]
    Trail(#[from] JournalError),
    /// A feed cannot be read.
    #[error("a wallet's feed cannot be read: {0}")]
    Supply(#[from] SetError),
    /// People cannot be read.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Notices cannot be written.
    #[error(transparent)]
    Notices(#[from] NoticesError),
}

impl Follower {
    /// Follows until `stop` is closed.
    pub fn run(self, stop: &Receiver<()>) {
        let (mut seen, mut all_at) = (HashMap::new(), Instant::now());
        loop {
            if all_at.elapsed() >= POLL_ALL_EVERY {
                seen.clear();
                all_at = Instant::now();
            }
            let pause = match self.round(&mut seen) {
                Ok(()) => POLL_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "notices wait");
                    FAILURE_PAUSE
                }
            };
            match stop.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Tells what is new. `seen` is how far each wallet was looked at.
    pub fn round(&self, seen: &mut HashMap<TenantId, Seq>) -> Result<(), FollowError> {
        if !self.notices.has_begun()? {
            self.begin()?;
        }
        for status in self.engine.status() {
            if seen.get(&status.tenant) != Some(&status.seq) {
                while self.follow(&status.tenant)? == PAGE {}
                self.follow_supply(&status.tenant, status.seq)?;
                seen.insert(status.tenant, status.seq);
            }
        }
        for (tenant, digest) in self.notices.due_digests(now_ms())? {
            let telling = self.fixed(&TenantId(Arc::from(tenant.as_str())), &digest)?;
            self.notices.take_digest(&tenant, digest.task, telling.as_ref(), self.routes, now_ms())?;
        }
        Ok(())
    }

    /// Tells wallets that want it that there is more in their feeds; from when they first wanted it.
    fn follow_supply(&self, tenant: &TenantId, seq: Seq) -> Result<(), FollowError> {
        for (wallet, told_to) in self.notices.supply_told(tenant)? {
            let Some(told_to) = told_to else {
                self.notices.take_supply(tenant, &wallet, seq, None, now_ms())?;
                continue;
            };
            let mut to = told_to;
            while let Some(page) = self.engine.supply_changes(tenant, &wallet, to, SUPPLY_PAGE)? {
                to = page.next.max(to);
                if !page.more {
                    break;
                }
            }
            if to > told_to {
                let told = Told::of_supply(&tenant.0, &wallet, to, now_ms());
                self.notices.take_supply(tenant, &wallet, to, Some(told), now_ms())?;
            }
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), FollowError> {
        let end = |tenant: TenantId| {
            let wanted = Wanted { subject: None, range: Range::Before((Seq::MAX, u32::MAX)) };
            let last = self.engine.audit(&tenant, wanted, 1)?.pop();
            Ok(last.map(|(place, _)| (tenant, place)))
        };
        let ends: Result<Vec<_>, FollowError> = self.engine.tenants().into_iter().map(end).collect();
        Ok(self.notices.begin(&ends?.into_iter().flatten().collect::<Vec<_>>(), now_ms())?)
    }

    /// Tells a page of a tenant's trail; how many entries it had.
    fn follow(&self, tenant: &TenantId) -> Result<usize, FollowError> {
        let range = Range::After(self.notices.cursor(tenant)?);
        let page = self.engine.audit(tenant, Wanted { subject: None, range }, PAGE)?;
        let Some((end, _)) = page.last() else { return Ok(0) };
        let (mut tellings, mut digests) = (Vec::new(), Vec::new());
        for entry in &page {
            self.read(tenant, entry, &mut tellings, &mut digests)?;
        }
        self.notices.take(tenant, *end, (&tellings, &digests), self.routes, now_ms())?;
        Ok(page.len())
    }

    fn read(
        &self,
        tenant: &TenantId,
        (place, event): &Audited,
        tellings: &mut Vec<Telling>,
        digests: &mut Vec<Digest>,
    ) -> Result<(), FollowError> {
        if let (What::Done { .. }, Some(id)) = (&event.what, event.ticket)
            && let Some((ticket, task)) = self.ticket(tenant, id)
            && let Some(turn) = turn(event, &ticket)
        {
            tellings.push(self.of_ticket(tenant, (*place, event), turn, &ticket, &task)?);
        }
        if let (Some((kind, items)), Some(id)) = (deed(&event.what), event.task) {
            match &event.what {
                What::Fixed { items } => {
                    let due_ms = now_ms() + self.digest.as_millis() as i64;
                    digests.push(Digest { task: id, place: *place, items: *items, at_ms: event.stamp.ms, due_ms });
                }
                _ => tellings.extend(self.of_task(tenant, *place, (kind, items), id, event.stamp.ms)?),
            }
        }
        if may_void(event) {
            for (ticket, task) in self.voided(tenant, event) {
                tellings.push(self.of_ticket(tenant, (*place, event), void(&ticket), &ticket, &task)?);
            }
        }
        Ok(())
    }

    fn ticket(&self, tenant: &TenantId, id: TicketId) -> Option<(Ticket, Task)> {
        self.engine.tickets(tenant, Some(id.saturating_add(1)), 1, |ticket, _| ticket.id == id).pop()
    }

    /// The tickets that an event has closed without being about them.
    fn voided(&self, tenant: &TenantId, event: &Event) -> Vec<(Ticket, Task)> {
        let task = event.task;
        let closed = |ticket: &Ticket| {
            ticket.status == TicketStatus::Void
                && Some(ticket.task) == task
                && ticket.closed_ms == Some(event.stamp.ms)
                && Some(ticket.id) != event.ticket
        };
        self.engine.tickets(tenant, None, VOIDED_MAX, |ticket, _| closed(ticket))
    }

    fn of_ticket(
        &self,
        tenant: &TenantId,
        (place, event): (EntryPlace, &Event),
        turn: Turn,
        ticket: &Ticket,
        task: &Task,
    ) -> Result<Telling, FollowError> {
        let by = (&*event.stamp.by, event.stamp.ms);
        let told = Told::new(&tenant.0, place, turn.kind, by, task).of_ticket(ticket, turn.reason.clone());
        let to = self.recipients(&told, task, Some((ticket, &turn)))?;
        Ok(Telling { told, to })
    }

    /// `None` where the task is gone.
    fn of_task(
        &self,
        tenant: &TenantId,
        place: EntryPlace,
        (kind, items): (Kind, Option<u64>),
        id: TaskId,
        at_ms: i64,
    ) -> Result<Option<Telling>, FollowError> {
        let Some(view) = self.engine.task(tenant, id) else { return Ok(None) };
        let told = Told { items, ..Told::new(&tenant.0, place, kind, (SYSTEM, at_ms), &view.task) };
        let to = self.recipients(&told, &view.task, None)?;
        Ok(Some(Telling { told, to }))
    }

    fn fixed(&self, tenant: &TenantId, digest: &Digest) -> Result<Option<Telling>, FollowError> {
        let items = Some(digest.items);
        self.of_task(tenant, digest.place, (Kind::TaskFixed, items), digest.task, digest.at_ms)
    }

    /// Who is told, each once, and never whoever did it.
    fn recipients(
        &self,
        told: &Told,
        task: &Task,
        about: Option<(&Ticket, &Turn)>,
    ) -> Result<Vec<Contact>, FollowError> {
        let mut all = BTreeMap::new();
        for audience in told.kind.audience() {
            let found = match (audience, about) {
                (Audience::Deciders, Some((ticket, turn))) => {
                    let mut found = self.sides(told, &turn.deciders)?;
                    found.retain(|contact| may_decide(&contact.account, (ticket, turn.decided), task));
                    found
                }
                (Audience::Asked, Some((ticket, turn))) => {
                    let mut found = self.sides(told, &turn.asked)?;
                    found.retain(|contact| !asks(&contact.account, ticket, task));
                    found
                }
                (Audience::Requester, Some((ticket, _))) => self.person(&ticket.opened.by, &told.source_wallet)?,
                (Audience::Deciders | Audience::Asked | Audience::Requester, None) => Vec::new(),
                (Audience::Creator, _) => self.person(&task.created.by, &told.source_wallet)?,
                (Audience::Submitter, _) => match &task.submitted {
                    Some(submitted) => self.person(&submitted.by, &told.source_wallet)?,
                    None => Vec::new(),
                },
                (Audience::Supervisors, _) => self.sides(told, &[Side::Source])?,
                (Audience::Operators, _) => self.sides(told, &[Side::Target])?,
            };
            all.extend(found.into_iter().map(|contact| (contact.account.clone(), contact)));
        }
        all.remove(&*told.by);
        Ok(all.into_values().collect())
    }

    /// Those who decide for these sides.
    fn sides(&self, told: &Told, sides: &[Side]) -> Result<Vec<Contact>, FollowError> {
        let mut found = Vec::new();
        for side in sides {
            found.extend(match side {
                Side::Source => self.people.holders(Role::SourceSupervisor, &told.source_wallet)?,
                Side::Target => self.people.holders(Role::SupplyOperator, &told.target_wallet)?,
            });
        }
        Ok(found)
    }

    /// An account, while it works for the wallet; no API key has an inbox.
    fn person(&self, id: &str, wallet: &str) -> Result<Vec<Contact>, FollowError> {
        let works = self.people.acting(id, wallet)?.is_some_and(|acting| !acting.roles.is_empty());
        let account = self.people.account(id)?.filter(|_| works);
        let contact = |account: crate::people::Account| Contact {
            account: account.id,
            display_name: account.display_name,
            notifications: account.notifications,
        };
        Ok(account.map(contact).into_iter().collect())
    }
}

/// Whether it is somebody's own request, or own task.
fn asks(account: &str, ticket: &Ticket, task: &Task) -> bool {
    *ticket.opened.by == *account || (ticket.kind == TicketKind::Deliver && *task.created.by == *account)
}

/// Whether somebody may decide next after so many, as far as four eyes ask for it.
fn may_decide(account: &str, (ticket, decided): (&Ticket, usize), task: &Task) -> bool {
    !asks(account, ticket, task)
        && !ticket.decisions.iter().take(decided).any(|decision| *decision.stamp.by == *account)
}
