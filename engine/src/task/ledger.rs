//! The delivery ledger of a target wallet: which items it gets, and how many live tasks hold each (D-63).
//!
//! An item is delivered as long as one live task holds it, so ending a task never takes away what another one delivers.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use roaring::RoaringBitmap;

/// What a wallet could not do with an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The item's version.
    pub version: i64,
    /// In the wallet's words.
    pub reason: Box<str>,
    /// Epoch milliseconds.
    pub ms: i64,
}

/// Why an item that was delivered is so no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndCause {
    /// The tenant that provides the content took it away (R050 a).
    Tenant,
    /// The wallet's risk control, automatically (R050 b).
    RiskAuto,
    /// A person in the wallet's risk-control approval process (R050 c).
    RiskManual,
    /// The last task that held it was terminated.
    TaskTerminated,
    /// It left the set, or cannot be delivered any more.
    LeftSet,
    /// The source took it out of live tasks at once (F-7.6).
    Pulled,
}

/// The end of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why.
    pub cause: EndCause,
    /// Epoch milliseconds.
    pub ms: i64,
}

/// One wallet's deliveries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The wallet's feed in the journal.
    pub journal: u32,
    delivered: RoaringBitmap,
    /// How many tasks hold an item, where it is more than one.
    shared: BTreeMap<u32, u32>,
    failed: BTreeMap<u32, Failure>,
    ended: BTreeMap<u32, Ended>,
}

impl Ledger {
    /// A ledger whose feed is this journal.
    pub fn new(journal: u32) -> Self {
        Ledger { journal, ..Ledger::default() }
    }

    /// One task more holds an item.
    pub fn hold(&mut self, ordinal: u32) {
        if self.delivered.insert(ordinal) {
            self.ended.remove(&ordinal);
        } else {
            *self.shared.entry(ordinal).or_insert(1) += 1;
        }
    }

    /// One task less holds an item.
    pub fn release(&mut self, ordinal: u32, ended: Ended) {
        match self.shared.get_mut(&ordinal) {
            Some(holders) => {
                *holders -= 1;
                if *holders == 1 {
                    self.shared.remove(&ordinal);
                }
            }
            None => {
                if self.delivered.remove(ordinal) {
                    self.failed.remove(&ordinal);
                    self.ended.insert(ordinal, ended);
                }
            }
        }
    }

    /// How many live tasks hold an item.
    pub fn holders(&self, ordinal: u32) -> u32 {
        match self.delivered.contains(ordinal) {
            true => self.shared.get(&ordinal).copied().unwrap_or(1),
            false => 0,
        }
    }

    /// The items that the wallet gets.
    pub fn delivered(&self) -> &RoaringBitmap {
        &self.delivered
    }

    /// Whether anything was ever delivered of an item and is no more, and why.
    pub fn ended(&self, ordinal: u32) -> Option<&Ended> {
        self.ended.get(&ordinal)
    }

    /// What the wallet could not do with an item that it gets.
    pub fn failure(&self, ordinal: u32) -> Option<&Failure> {
        self.failed.get(&ordinal)
    }

    /// Items that the wallet reported as failed.
    pub fn failures(&self) -> impl Iterator<Item = (u32, &Failure)> {
        self.failed.iter().map(|(ordinal, failure)| (*ordinal, failure))
    }

    /// Takes over what the wallet says of an item that it gets; whether that is so.
    pub fn report(&mut self, ordinal: u32, failure: Option<Failure>) -> bool {
        let delivered = self.delivered.contains(ordinal);
        match failure.filter(|_| delivered) {
            Some(failure) => _ = self.failed.insert(ordinal, failure),
            None => _ = self.failed.remove(&ordinal),
        }
        delivered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_delivered_as_long_as_one_task_holds_it() {
        let end = Ended { cause: EndCause::TaskTerminated, ms: 7 };
        let mut ledger = Ledger::new(1);
        for holders in 1..=3 {
            ledger.hold(5);
            assert_eq!(ledger.holders(5), holders);
        }
        for holders in [2, 1] {
            ledger.release(5, end.clone());
            assert_eq!((ledger.holders(5), ledger.ended(5)), (holders, None));
        }
        ledger.release(5, end.clone());
        assert_eq!((ledger.holders(5), ledger.ended(5)), (0, Some(&end)));
        ledger.release(5, end);
        ledger.hold(5);
        assert_eq!((ledger.holders(5), ledger.ended(5)), (1, None));
    }

    #[test]
    fn a_failure_is_of_a_delivered_item_and_ends_with_it() {
        let failure = Failure { version: 1, reason: "no picture".into(), ms: 1 };
        let mut ledger = Ledger::new(1);
        assert!(!ledger.report(5, Some(failure.clone())));
        ledger.hold(5);
        assert!(ledger.report(5, Some(failure.clone())));
        assert_eq!(ledger.failure(5), Some(&failure));
        ledger.release(5, Ended { cause: EndCause::LeftSet, ms: 2 });
        assert_eq!(ledger.failure(5), None);
    }
}
