//! Requests for decisions on risk: a target wallet's supply operators ask, its risk reviewers decide, never on their own (R050 c).
//!
//! This is only who asked for what and what came of it; the [fold](crate::fold) writes the decision of an approved one.

use super::{BadReason, REASON_CHARS_MAX, REASON_CHARS_MIN, Stamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Number of a request of a tenant, from 1.
pub type RequestId = u32;

/// Requests of a tenant that are open at once.
pub const OPEN_MAX: usize = 10_000;
/// Closed requests that are listed; of older ones the audit trail tells.
pub const CLOSED_MAX: usize = 100_000;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskRequest {
    /// Its number.
    pub id: RequestId,
    /// The target wallet whose decision it is.
    pub wallet: Box<str>,
    /// The item.
    pub item: u32,
    /// Whether it is to be stopped; else let through.
    pub stop: bool,
    /// Why, in the words of whoever asked.
    pub reason: Box<str>,
    /// Who asked, and when.
    pub asked: Stamp,
    /// What came of it.
    pub closed: Option<Closed>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Whether it was approved.
    pub approved: bool,
    /// Who decided, and when.
    pub stamp: Stamp,
    /// Why.
    pub reason: Option<Box<str>>,
    /// The version of the decision on risk that an approval wrote.
    pub version: Option<i64>,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestState {
    /// Nobody has decided.
    Open,
    /// The decision was written.
    Approved,
    /// Nothing was changed.
    Rejected,
}

/// Why a request, or a decision on one, is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RiskRefusal {
    /// Of what was never offered to the wallet nothing is told.
    #[error("there is no such item among those that were offered or delivered to this wallet")]
    NoSuchItem,
    /// No such request at this wallet.
    #[error("there is no such request at this wallet")]
    NoSuchRequest,
    /// There is one about the item.
    #[error("request {0} about this item is open; wait for its decision")]
    OpenAlready(RequestId),
    /// It is so already.
    #[error("a decision stops this item already")]
    StoppedAlready,
    /// There is no decision to take back (D-65).
    #[error("no decision of this wallet stops this item, so there is none to take back")]
    NothingStops,
    /// A system decided, and only it takes that back (D-65).
    #[error("risk control has stopped this item by itself; only decisions of people can be taken back on request")]
    Automatic,
    /// Four eyes.
    #[error("nobody decides on a request of their own: another person must")]
    Own,
    /// It is decided.
    #[error("this request is decided already")]
    Closed,
    /// A reason is needed, or is none.
    #[error("give a reason of {REASON_CHARS_MIN} to {REASON_CHARS_MAX} characters, without control characters")]
    Reason,
    /// Too many wait.
    #[error("{OPEN_MAX} requests are open already; decide on some first")]
    TooMany,
    /// The decision's versions have been used up.
    #[error("the item's decisions have reached the highest version that there is")]
    NoVersionLeft,
}

impl RiskRequest {
    /// How it stands.
    pub fn state(&self) -> RequestState {
        match &self.closed {
            None => RequestState::Open,
            Some(closed) if closed.approved => RequestState::Approved,
            Some(_) => RequestState::Rejected,
        }
    }
}

/// All requests of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RiskRequests {
    requests: BTreeMap<RequestId, RiskRequest>,
    open: BTreeMap<(Box<str>, u32), RequestId>,
    closed: BTreeSet<RequestId>,
    last: RequestId,
}

impl RiskRequests {
    /// A request.
    pub fn get(&self, id: RequestId) -> Option<&RiskRequest> {
        self.requests.get(&id)
    }

    /// All of them, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &RiskRequest> {
        self.requests.values()
    }

    /// The open request about an item.
    pub fn open_about(&self, wallet: &str, item: u32) -> Option<RequestId> {
        self.open.get(&(wallet.into(), item)).copied()
    }

    /// Takes a request; its number.
    pub fn ask(
        &mut self,
        wallet: &str,
        item: u32,
        stop: bool,
        reason: Box<str>,
        asked: Stamp,
    ) -> Result<RequestId, RiskRefusal> {
        if let Some(open) = self.open_about(wallet, item) {
            return Err(RiskRefusal::OpenAlready(open));
        }
        if self.open.len() >= OPEN_MAX {
            return Err(RiskRefusal::TooMany);
        }
        self.last += 1;
        let request = RiskRequest { id: self.last, wallet: wallet.into(), item, stop, reason, asked, closed: None };
        self.open.insert((wallet.into(), item), self.last);
        self.requests.insert(self.last, request);
        Ok(self.last)
    }

    /// Closes an open request.
    pub fn close(&mut self, id: RequestId, closed: Closed) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        self.open.remove(&(request.wallet.clone(), request.item));
        request.closed = Some(closed);
        self.closed.insert(id);
        if self.closed.len() > CLOSED_MAX
            && let Some(oldest) = self.closed.pop_first()
        {
            self.requests.remove(&oldest);
        }
    }
}

impl From<BadReason> for RiskRefusal {
    fn from(_: BadReason) -> Self {
        RiskRefusal::Reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(ms: i64) -> Stamp {
        Stamp { by: "ana".into(), ms }
    }

    #[test]
    fn one_request_an_item_is_open_and_old_ones_are_forgotten() {
        let mut requests = RiskRequests::default();
        let ask = |requests: &mut RiskRequests, item| requests.ask("W", item, true, "why not".into(), stamp(1));
        assert_eq!(ask(&mut requests, 7), Ok(1));
        assert_eq!(ask(&mut requests, 7), Err(RiskRefusal::OpenAlready(1)));
        let closed = Closed { approved: true, stamp: stamp(2), reason: None, version: Some(1) };
        requests.close(1, closed.clone());
        assert_eq!((requests.open_about("W", 7), requests.get(1).unwrap().state()), (None, RequestState::Approved));
        assert_eq!(ask(&mut requests, 7), Ok(2));
        for item in 0..OPEN_MAX as u32 - 1 {
            ask(&mut requests, 100 + item).unwrap();
        }
        assert_eq!(ask(&mut requests, 8), Err(RiskRefusal::TooMany));
        for n in 0..CLOSED_MAX as u32 {
            let item = 1_000_000 + n;
            requests.close(n + 2, closed.clone());
            ask(&mut requests, item).unwrap();
        }
        assert_eq!((requests.get(1), requests.closed.len()), (None, CLOSED_MAX));
    }
}
