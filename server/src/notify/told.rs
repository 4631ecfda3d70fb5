//! What is told: an event of a source wallet's audit trail with what it takes to understand it.
//!
//! Everything here comes from the event, and from what tickets and tasks never forget, so an event that is read late, or again
//! after a crash, says the same.

use super::kind::Kind;
use crate::private::hash;
use crate::tasks::id::of;
use penstock_engine::task::event::{Event, What};
use penstock_engine::task::ticket::{Decision, Side, Ticket, TicketKind};
use penstock_engine::task::{SYSTEM, Task};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Bytes of a hash that make an id.
const ID_BYTES: usize = 16;

/// What is told, about one task, or about a wallet's feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The same whoever is told, and however often it is sent.
    pub id: String,
    /// What happened.
    pub kind: Kind,
    /// When, epoch milliseconds.
    pub at: i64,
    /// The account, `key:` and an API key's label or number, or `system`.
    pub by: Box<str>,
    /// Where the content comes from.
    pub source_wallet: String,
    /// Where it goes.
    pub target_wallet: Box<str>,
    /// The task, such as `GOF-12`; empty where it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task: String,
    /// Its name, as people wrote it.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub task_name: Box<str>,
    /// The ticket, such as `GOF-7`.
    pub ticket: Option<String>,
    /// What the ticket asks for.
    pub asks: Option<TicketKind>,
    /// Why, where it was said; as people wrote it.
    pub reason: Option<Box<str>>,
    /// Items that it was about.
    pub items: Option<u64>,
}

/// What came of an event about a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What happened.
    pub kind: Kind,
    /// Whose turn it is from now on.
    pub deciders: Vec<Side>,
    /// How many had decided then; more may have by now.
    pub decided: usize,
    /// Who was asked until now.
    pub asked: Vec<Side>,
    /// Why.
    pub reason: Option<Box<str>>,
}

/// What a command that was carried out meant for the ticket that it named. `None` where nobody is told.
pub fn turn(event: &Event, ticket: &Ticket) -> Option<Turn> {
    let What::Done { command, .. } = &event.what else { return None };
    let sides = |from: usize, to: usize| ticket.needed().iter().skip(from).take(to - from).copied().collect();
    let needed = ticket.needed().len();
    // As far as it was asked after so many decisions.
    let reach = |decided: usize| if ticket.parallel { needed } else { (decided + 1).min(needed) };
    let told = |kind, deciders: (usize, Vec<Side>), asked, reason| {
        Some(Turn { kind, decided: deciders.0, deciders: deciders.1, asked, reason })
    };
    match &**command {
        "submit" | "terminate" => told(Kind::TicketOpened, (0, sides(0, reach(0))), Vec::new(), ticket.reason.clone()),
        "approve" | "reject" => {
            let (at, decision) = decision_of(event, ticket)?;
            let (asked, reason) = (sides(0, reach(at)), decision.reason.clone());
            match decision.approved {
                false => told(Kind::TicketRejected, (at + 1, Vec::new()), asked, reason),
                true if at + 1 == needed => told(Kind::TicketApproved, (at + 1, Vec::new()), asked, reason),
                true => told(Kind::TicketAdvanced, (at + 1, sides(reach(at), reach(at + 1))), asked, reason),
            }
        }
        "withdraw" => {
            let decided = ticket.decisions.len();
            told(Kind::TicketWithdrawn, (decided, Vec::new()), sides(0, reach(decided)), None)
        }
        _ => None,
    }
}

/// What it meant that a ticket was closed by something else.
pub fn void(ticket: &Ticket) -> Turn {
    let reach = if ticket.parallel { usize::MAX } else { ticket.decisions.len() + 1 };
    let asked = ticket.needed().iter().take(reach).copied().collect();
    Turn { kind: Kind::TicketVoid, deciders: Vec::new(), decided: ticket.decisions.len(), asked, reason: None }
}

fn decision_of<'a>(event: &Event, ticket: &'a Ticket) -> Option<(usize, &'a Decision)> {
    ticket.decisions.iter().enumerate().find(|(_, decision)| decision.stamp == event.stamp)
}

/// Whether an event may have closed another ticket of its task.
pub fn may_void(event: &Event) -> bool {
    match &event.what {
        What::Done { command, .. } => matches!(&**command, "terminate" | "approve"),
        What::Ended => true,
        _ => false,
    }
}

/// What the system did for a task, and how many items it was about.
pub fn deed(what: &What) -> Option<(Kind, Option<u64>)> {
    match what {
        What::Activated { items } => Some((Kind::TaskActivated, Some(*items))),
        What::Deactivated => Some((Kind::TaskDeactivated, None)),
        What::Ended => Some((Kind::TaskEnded, None)),
        What::Empty => Some((Kind::TaskEmpty, None)),
        What::Braked { held, .. } => Some((Kind::TaskBraked, Some(*held))),
        What::Fixed { items } => Some((Kind::TaskFixed, Some(*items))),
        What::Failed { items } => Some((Kind::TaskFailed, Some(*items))),
        What::Done { .. } | What::Refused { .. } | What::Command { .. } => None,
    }
}

impl Told {
    /// What is told of a task; `place` is that of its event in the source wallet's trail.
    pub fn new(source: &str, place: (u64, u32), kind: Kind, (by, at): (&str, i64), task: &Task) -> Told {
        Told {
            id: id(source, place, kind),
            kind,
            at,
            by: by.into(),
            source_wallet: source.to_string(),
            target_wallet: task.target_wallet.clone(),
            task: of(source, task.id),
            task_name: task.name.clone(),
            ticket: None,
            asks: None,
            reason: None,
            items: None,
        }
    }

    /// That a wallet's feed of a source wallet's items goes on up to a record.
    pub fn of_supply(source: &str, wallet: &str, to: u64, at: i64) -> Told {
        let kind = Kind::SupplyChanged;
        Told {
            id: id(&format!("{source} {wallet}"), (to, 0), kind),
            kind,
            at,
            by: SYSTEM.into(),
            source_wallet: source.to_string(),
            target_wallet: wallet.into(),
            task: String::new(),
            task_name: "".into(),
            ticket: None,
            asks: None,
            reason: None,
            items: None,
        }
    }

    /// The same, of a ticket.
    pub fn of_ticket(self, ticket: &Ticket, reason: Option<Box<str>>) -> Told {
        let id = of(&self.source_wallet, ticket.id);
        Told { ticket: Some(id), asks: Some(ticket.kind), reason, ..self }
    }

    /// A line of plain English. It repeats what people wrote: whoever shows it makes that harmless.
    pub fn line(&self) -> String {
        let Told { by, task, task_name, source_wallet, target_wallet, .. } = self;
        let what = format!("{task} \"{task_name}\" ({source_wallet} to {target_wallet})");
        let request = match self.asks {
            Some(TicketKind::Terminate) => "the end",
            Some(TicketKind::Revision) => "a new revision",
            Some(TicketKind::Deliver) | None => "the delivery",
        };
        let items = match self.items.unwrap_or_default() {
            1 => "1 item".to_string(),
            n => format!("{n} items"),
        };
        let mut line = match self.kind {
            Kind::TicketOpened => format!("{by} asks to approve {request} of {what}"),
            Kind::TicketAdvanced => format!("{by} has approved {request} of {what}; the other side decides now"),
            Kind::TicketApproved => format!("{by} has approved {request} of {what}"),
            Kind::TicketRejected => format!("{by} has rejected {request} of {what}"),
            Kind::TicketWithdrawn => format!("{by} has withdrawn the request to approve {request} of {what}"),
            Kind::TicketVoid => format!("Nothing is to be decided any more about {request} of {what}"),
            Kind::TaskActivated => format!("{what} is active with {items}"),
            Kind::TaskDeactivated => format!("{what} delivers nothing any more"),
            Kind::TaskEnded => format!("{what} has reached its end"),
            Kind::TaskEmpty => format!("{what} is active and has no item"),
            Kind::TaskBraked => format!("{what} has drifted too far from what was approved and is held at {items}"),
            Kind::TaskFixed => format!("{items} fixed and delivered: {what}"),
            Kind::TaskFailed => format!("{target_wallet} could not take {items} of {what}"),
            Kind::SupplyChanged => format!("What {target_wallet} gets from {source_wallet} has changed"),
        };
        if let Some(reason) = &self.reason {
            // Writing to a String cannot fail.
            let _ = write!(line, ": {reason}");
        }
        line
    }
}

/// An id that the event alone decides, so that it is the same after a crash.
fn id(source: &str, (seq, n): (u64, u32), kind: Kind) -> String {
    let digest = hash(&format!("{source}/{seq}.{n}/{}", kind.name()));
    digest.iter().take(ID_BYTES).fold("msg_".to_string(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstock_engine::task::ticket::{Pinned, TicketStatus};
    use penstock_engine::task::{Counts, Stamp};

    fn stamp(by: &str, ms: i64) -> Stamp {
        Stamp { by: by.into(), ms }
    }

    fn ticket(kind: TicketKind, parallel: bool, decisions: &[(Side, bool)]) -> Ticket {
        let decide = |(at, (side, approved)): (usize, &(Side, bool))| Decision {
            side: *side,
            approved: *approved,
            stamp: stamp("boss", 10 + at as i64),
            reason: (!approved).then(|| "too dear".into()),
        };
        let pinned = Pinned {
            revision: 1,
            rules: "".into(),
            fx_date: None,
            rule_hash: "".into(),
            excluded: 0,
            policies: Vec::new(),
            counts: Counts::default(),
            as_of: 1,
        };
        Ticket {
            id: 1,
            task: 1,
            kind,
            pinned,
            parallel,
            opened: stamp("maria", 1),
            reason: None,
            status: TicketStatus::Open,
            decisions: decisions.iter().enumerate().map(decide).collect(),
            closed_ms: None,
        }
    }

    fn done(command: &str, stamp: Stamp) -> Event {
        let what = What::Done { command: command.into(), reason: None, items: 0 };
        Event { stamp, task: Some(1), ticket: Some(1), what }
    }

    /// Kind, deciders, asked.
    fn turned(command: &str, ms: i64, ticket: &Ticket) -> (Kind, Vec<Side>, Vec<Side>) {
        let turn = turn(&done(command, stamp("boss", ms)), ticket).unwrap();
        (turn.kind, turn.deciders, turn.asked)
    }

    #[test]
    fn turns_come_one_after_the_other_or_all_at_once() {
        use Side::{Source, Target};
        use TicketKind::{Deliver, Terminate};
        let both = [(Source, true), (Target, true)];
        let row = |kind, parallel, command, ms| turned(command, ms, &ticket(kind, parallel, &both));
        assert_eq!(row(Deliver, false, "submit", 1), (Kind::TicketOpened, vec![Source], vec![]));
        assert_eq!(row(Deliver, true, "submit", 1), (Kind::TicketOpened, vec![Source, Target], vec![]));
        assert_eq!(row(Terminate, false, "terminate", 1), (Kind::TicketOpened, vec![Source], vec![]));
        assert_eq!(row(Deliver, false, "approve", 10), (Kind::TicketAdvanced, vec![Target], vec![Source]));
        assert_eq!(row(Deliver, true, "approve", 10), (Kind::TicketAdvanced, vec![], vec![Source, Target]));
        assert_eq!(row(Deliver, false, "approve", 11), (Kind::TicketApproved, vec![], vec![Source, Target]));
        assert_eq!(row(Terminate, false, "approve", 10), (Kind::TicketApproved, vec![], vec![Source]));
        let rejected = ticket(Deliver, false, &[(Source, false)]);
        assert_eq!(turned("reject", 10, &rejected), (Kind::TicketRejected, vec![], vec![Source]));
        let reason = turn(&done("reject", stamp("boss", 10)), &rejected).unwrap().reason;
        assert_eq!(reason.as_deref(), Some("too dear"));
        let late = turn(&done("approve", stamp("boss", 10)), &ticket(Deliver, false, &both)).unwrap();
        assert_eq!(late.decided, 1, "who has decided since was still to be asked");
    }

    #[test]
    fn those_who_were_asked_are_told_that_they_need_not_decide() {
        use Side::{Source, Target};
        let asked = |parallel, decisions: &[(Side, bool)]| {
            let ticket = ticket(TicketKind::Deliver, parallel, decisions);
            assert_eq!(void(&ticket).asked, turned("withdraw", 99, &ticket).2);
            void(&ticket).asked
        };
        assert_eq!(asked(false, &[]), [Source]);
        assert_eq!(asked(true, &[]), [Source, Target]);
        assert_eq!(asked(false, &[(Source, true)]), [Source, Target]);
    }

    #[test]
    fn ids_are_the_events_own() {
        let all =
            [id("A", (1, 2), Kind::TaskEmpty), id("A", (1, 3), Kind::TaskEmpty), id("A", (1, 2), Kind::TaskEnded)];
        assert!(all[0] != all[1] && all[0] != all[2] && all[0] == id("A", (1, 2), Kind::TaskEmpty));
        assert!(all[0].starts_with("msg_") && all[0].len() == 36, "{}", all[0]);
    }
}
