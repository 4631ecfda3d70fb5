//! A change of membership: an item enters or leaves a set, and why.

use crate::api::Seq;
use serde::{Deserialize, Serialize};

/// Dense number of an item of a tenant, the catalog's.
pub type Ordinal = u32;

/// A set's journal. A set that is made again after its deletion gets a new one; a number is never used twice.
pub type JournalId = u32;

/// What an item is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stream {
    /// What the rules match.
    Matched,
    /// What of it is deliverable to the wallet.
    Deliverable,
    /// What a wallet gets, of all tasks together: the stream of its feed, where an item enters again with each new version.
    Delivered,
}

/// Why an item entered or left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// A version of the item.
    Content,
    /// The rules became those of a revision.
    Rules {
        /// Which, from 1.
        revision: u32,
    },
    /// An external tag was put on the item or taken off.
    Tag {
        /// Which.
        name: Box<str>,
    },
    /// A merchant was onboarded to the wallet, or offboarded.
    Onboarding {
        /// Whose content.
        merchant_id: Box<str>,
    },
    /// The wallet's policy.
    Policy,
    /// A decision on risk.
    Risk,
    /// Time passed: a validity began or ended.
    Clock,
    /// The item's merchant changed.
    Merchant {
        /// Which.
        merchant_id: Box<str>,
    },
    /// The operator took the item out of the set, or back in.
    TakenOut,
    /// The source pulled the item, or all of its merchant, from everything that goes to the wallet, or let it go again.
    Pulled,
    /// A task began to deliver what it had, or went on.
    Activated {
        /// Which.
        task: u32,
    },
    /// A task was terminated.
    Terminated {
        /// Which.
        task: u32,
    },
}

impl Cause {
    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Cause::Tag { name } => name.len(),
            Cause::Onboarding { merchant_id } | Cause::Merchant { merchant_id } => merchant_id.len(),
            Cause::Content
            | Cause::Rules { .. }
            | Cause::Policy
            | Cause::Risk
            | Cause::Clock
            | Cause::TakenOut
            | Cause::Pulled
            | Cause::Activated { .. }
            | Cause::Terminated { .. } => 0,
        }
    }
}

/// One item enters or leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it enters or leaves.
    pub stream: Stream,
    /// Whether it enters.
    pub entered: bool,
    /// The item.
    pub ordinal: Ordinal,
    /// Its `contentVersion` then.
    pub version: i64,
    /// Why.
    pub cause: Cause,
}

/// A change and the journal that it is told in.
pub type JournalChange = (JournalId, Change);

/// All changes of one record, by journal, those of one journal in order.
///
/// There may be a million, when a set is made or its rules change: they are stored compactly where neighbours agree in
/// stream, direction and cause, so one stream is best told after the other, each by ascending ordinal. Or a few of each of
/// thousands of journals: so they lie in one list, not in one each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    seq: Seq,
    changes: Vec<JournalChange>,
}

impl Changes {
    /// The changes of a record, those of each journal in order.
    pub fn new(seq: Seq, mut changes: Vec<JournalChange>) -> Self {
        // Keys are sorted alone: changes are ten times as large.
        changes.sort_by_cached_key(|(journal, _)| *journal);
        Changes { seq, changes }
    }

    /// The record.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// All of them.
    pub fn all(&self) -> &[JournalChange] {
        &self.changes
    }

    /// Those of each journal that has any.
    pub fn by_journal(&self) -> impl Iterator<Item = (JournalId, &[JournalChange])> {
        self.changes.chunk_by(|(a, _), (b, _)| a == b).map(|changes| (changes[0].0, changes))
    }

    /// Those of one journal.
    pub fn of(&self, journal: JournalId) -> &[JournalChange] {
        let from = self.changes.partition_point(|(other, _)| *other < journal);
        let to = self.changes.partition_point(|(other, _)| *other <= journal);
        &self.changes[from..to]
    }

    /// Bytes in memory, roughly.
    pub fn heap_bytes(&self) -> usize {
        let causes: usize = self.changes.iter().map(|(_, change)| change.cause.heap_bytes()).sum();
        size_of::<Self>() + self.changes.len() * size_of::<JournalChange>() + causes
    }
}
