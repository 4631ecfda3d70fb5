//! What can go wrong with a journal.

use crate::api::Seq;
use crate::supply::change::JournalId;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the journal cannot be opened, read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The store: the disk, mostly.
    #[error("the journal {} cannot be used: {source}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file or its folder.
    #[error("the journal {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is stored is not what was written.
    #[error(
        "the journal {} is damaged at {row}: {what}; stop the server and delete this file to have it rebuilt from the log",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        row: String,
        /// What is wrong.
        what: String,
    },
    /// The thread that writes has ended: after a failure, which it told, or because the journal was closed.
    #[error("the journal is closed")]
    Closed,
}

impl JournalError {
    /// Whether the file is not what was written, so that only making it anew helps.
    pub fn is_damage(&self) -> bool {
        matches!(self, JournalError::Damaged { .. })
    }

    pub(super) fn store(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => {
                JournalError::Damaged { path, row: "a page".into(), what: source.to_string() }
            }
            _ => JournalError::Store { path, source },
        }
    }

    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        JournalError::File { path: path.to_path_buf(), source }
    }
}

/// A row of the file, as errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKey {
    /// A part of a journal's changes at a record.
    Changes { journal: JournalId, seq: Seq, part: u32 },
    /// The places of a bucket of items up to a record.
    Places { last: Seq, bucket: u32 },
    /// An entry of the audit trail.
    Entry { seq: Seq, n: u32 },
    /// What a registration found.
    Backfill { seq: Seq, name: u32 },
}

impl RowKey {
    /// Mixed into the row's checksum, so that a row under another row's key is damage, too.
    pub(super) fn seed(self) -> u64 {
        let (kind, a, b, c) = match self {
            RowKey::Changes { journal, seq, part } => (1, seq, u64::from(journal), u64::from(part)),
            RowKey::Places { last, bucket } => (2, last, u64::from(bucket), 0),
            RowKey::Backfill { seq, name } => (3, seq, u64::from(name), 0),
            RowKey::Entry { seq, n } => (4, seq, u64::from(n), 0),
        };
        let mix = |seed: u64, x: u64| (seed ^ x).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        [kind, a, b, c].into_iter().fold(0, mix)
    }

    pub(super) fn damaged(self, path: &Path, what: impl ToString) -> JournalError {
        let row = match self {
            RowKey::Changes { journal, seq, part } => format!("record {seq} of journal {journal}, part {part}"),
            RowKey::Places { last, bucket } => format!("bucket {bucket} of the items changed up to record {last}"),
            RowKey::Backfill { seq, name } => format!("backfill {name} of record {seq}"),
            RowKey::Entry { seq, n } => format!("entry {n} of record {seq} of the audit trail"),
        };
        JournalError::Damaged { path: path.to_path_buf(), row, what: what.to_string() }
    }
}
