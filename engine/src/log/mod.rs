//! Ground state: one ordered, durable log a tenant.
//!
//! A row is one group-committed append of a tenant; its position is the sequence number. A row's body is a run of
//! [`frame`]s, one a request, so that a single item can be read without its neighbours' bytes. What `append` returned is
//! durable; a failed append leaves it open whether the rows are there, and the log must not be written again.

pub mod frame;
pub mod memory;
pub mod sqlite;

use crate::api::{Seq, TenantId};
use thiserror::Error;

/// One row to append.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// Whose log.
    pub tenant: TenantId,
    /// Frames, back to back.
    pub body: Vec<u8>,
    /// Items in all frames.
    pub items: u32,
}

/// One row read back.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its sequence number.
    pub seq: Seq,
    /// Frames, back to back.
    pub body: Vec<u8>,
}

/// Why the log could not be read or written.
#[derive(Debug, Error)]
pub enum LogError {
    /// The store failed.
    #[error("the log (log.db) cannot be read or written: {0}; if the file is damaged, restore it from a backup")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row's bytes are not what was written.
    #[error("record {seq} of tenant {tenant} is damaged ({what}); restore the log from a backup")]
    Damaged {
        /// Whose log.
        tenant: String,
        /// The row.
        seq: Seq,
        /// What is wrong with it.
        what: String,
    },
    /// A row that must be there is not.
    #[error("record {seq} of tenant {tenant} is missing; restore the log from a backup")]
    Missing {
        /// Whose log.
        tenant: String,
        /// The row.
        seq: Seq,
    },
}

/// The single writer of the log.
pub trait LogWriter: Send {
    /// Appends the rows in one transaction, in order, and returns their sequence numbers once all are durable. After an
    /// error nothing is known about these rows, and the caller must not append again.
    fn append(&mut self, rows: &[NewRow]) -> Result<Vec<Seq>, LogError>;
}

/// Any number of readers, from any thread, beside the writer.
pub trait LogReader: Send + Sync {
    /// All tenants that have a row, and their last sequence number, by name.
    fn heads(&self) -> Result<Vec<(TenantId, Seq)>, LogError>;

    /// Up to `limit` rows of a tenant with `seq >= from`, in order, without gaps.
    fn read(&self, tenant: &TenantId, from: Seq, limit: usize) -> Result<Vec<Row>, LogError>;

    /// One frame: `length` bytes of a row's body from `offset`.
    fn read_frame(&self, tenant: &TenantId, seq: Seq, offset: u32, length: u32) -> Result<Vec<u8>, LogError>;

    /// Bytes that the log takes on disk; 0 where it has none.
    fn disk_bytes(&self) -> u64;
}
