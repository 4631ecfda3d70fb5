//! Bodies of rows: serialised, compressed when that pays, and under a checksum.
//!
//! Changes are stored in runs of equal stream, direction and cause, their ordinals and versions as differences from the
//! one before: most of a backfill is then one byte an ordinal.

use super::error::{JournalError, RowKey};
use crate::supply::change::{Cause, Change, JournalChange, Stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bodies of fewer bytes are stored as they are.
const COMPRESSED_BYTES_MIN: usize = 512;
const COMPRESSION_LEVEL: i32 = 1;
/// The last byte of a body.
const PLAIN: u8 = 0;
const COMPRESSED: u8 = 1;

/// Changes of equal stream, direction and cause; `C` is a [`Cause`], borrowed when written.
#[derive(Serialize, Deserialize)]
struct Run<C> {
    stream: Stream,
    entered: bool,
    cause: C,
    ordinal_steps: Vec<i64>,
    version_steps: Vec<i64>,
}

impl<'a> Run<&'a Cause> {
    /// A run of at least one change.
    fn of(changes: &'a [JournalChange]) -> Self {
        let (_, Change { stream, entered, cause, .. }) = &changes[0];
        Run {
            stream: *stream,
            entered: *entered,
            cause,
            ordinal_steps: steps(changes.iter().map(|(_, change)| i64::from(change.ordinal))),
            version_steps: steps(changes.iter().map(|(_, change)| change.version)),
        }
    }
}

impl Run<Cause> {
    /// Fails when the two lists do not fit each other, or an ordinal is none.
    fn changes(self) -> Option<impl Iterator<Item = Change>> {
        let ordinals: Option<Vec<u32>> = sums(self.ordinal_steps).map(|ordinal| ordinal.try_into().ok()).collect();
        let ordinals = ordinals.filter(|ordinals| ordinals.len() == self.version_steps.len())?;
        let (stream, entered, cause) = (self.stream, self.entered, self.cause);
        let changes = ordinals.into_iter().zip(sums(self.version_steps));
        Some(changes.map(move |(ordinal, version)| Change { stream, entered, ordinal, version, cause: cause.clone() }))
    }
}

fn steps(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let step = |last: &mut i64, value: i64| Some(value.wrapping_sub(std::mem::replace(last, value)));
    values.scan(0, step).collect()
}

fn sums(steps: Vec<i64>) -> impl Iterator<Item = i64> {
    steps.into_iter().scan(0_i64, |sum, step| {
        *sum = sum.wrapping_add(step);
        Some(*sum)
    })
}

/// The body of a row of changes.
pub(super) fn encode_changes(changes: &[JournalChange]) -> Vec<u8> {
    let same = |(_, a): &JournalChange, (_, b): &JournalChange| {
        (a.stream, a.entered, &a.cause) == (b.stream, b.entered, &b.cause)
    };
    encode(&changes.chunk_by(same).map(Run::of).collect::<Vec<_>>())
}

/// A bit for each stream that some change is of.
pub(super) fn streams(changes: &[JournalChange]) -> u8 {
    changes.iter().fold(0, |bits, (_, change)| bits | bit(change.stream))
}

/// A stream's bit.
pub(super) fn bit(stream: Stream) -> u8 {
    match stream {
        Stream::Matched => 1,
        Stream::Deliverable => 2,
        Stream::Delivered => 4,
    }
}

/// A value's body.
pub(super) fn encode(value: &impl Serialize) -> Vec<u8> {
    // Writing these plain types to memory cannot fail.
    pack(&postcard::to_stdvec(value).expect("plain data is serialisable"))
}

/// Bytes as a body.
pub(super) fn pack(plain: &[u8]) -> Vec<u8> {
    let (kind, mut body) = match plain.len() >= COMPRESSED_BYTES_MIN {
        true => (COMPRESSED, zstd::bulk::compress(plain, COMPRESSION_LEVEL).expect("compressing in memory")),
        false => (PLAIN, plain.to_vec()),
    };
    body.push(kind);
    body
}

/// The checksum that is stored beside a body.
pub(super) fn checksum(key: RowKey, body: &[u8]) -> i64 {
    xxh3_64_with_seed(body, key.seed()) as i64
}

/// A row as it was read. Opening it fails with [`JournalError::Damaged`] when it is not what was written.
pub(super) struct Sealed<'a> {
    pub path: &'a Path,
    pub key: RowKey,
    pub checksum: i64,
    pub body: &'a [u8],
}

impl Sealed<'_> {
    /// The changes for which `wanted` holds, in order.
    pub fn changes(&self, wanted: impl Fn(&Change) -> bool) -> Result<Vec<Change>, JournalError> {
        let mut out = Vec::new();
        for run in self.decode::<Vec<Run<Cause>>>()? {
            let changes = run.changes().ok_or_else(|| self.damaged("its lists do not fit each other"))?;
            out.extend(changes.filter(&wanted));
        }
        Ok(out)
    }

    /// The value.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, JournalError> {
        postcard::from_bytes(&self.bytes()?).map_err(|error| self.damaged(error))
    }

    /// The bytes that were packed.
    pub fn bytes(&self) -> Result<Vec<u8>, JournalError> {
        if checksum(self.key, self.body) != self.checksum {
            return Err(self.damaged("its checksum does not fit"));
        }
        match self.body.split_last() {
            Some((&PLAIN, plain)) => Ok(plain.to_vec()),
            Some((&COMPRESSED, packed)) => zstd::stream::decode_all(packed).map_err(|error| self.damaged(error)),
            _ => Err(self.damaged("it is of no known kind")),
        }
    }

    fn damaged(&self, what: impl ToString) -> JournalError {
        self.key.damaged(self.path, what)
    }
}
