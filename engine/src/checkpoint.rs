//! Checkpoints: the derived state after a record, so that a restart folds only what came later.
//!
//! A file is the magic, a checksum of the rest, and the zstd-compressed state. It is written beside its final name, synced
//! and renamed; the previous one stays until then. A checkpoint that cannot be read is only a longer restart.

use crate::api::Seq;
use crate::catalog::interner::Interner;
use crate::catalog::{Catalog, Entry};
use crate::content::learned::Learned;
use crate::fold::restore::SupplyBody;
use crate::fold::{Names, State};
use crate::fx::FxTables;
use crate::task::Tasks;
use penstock_dsl::fx::Rates;
use penstock_dsl::registry::FINGERPRINT_VERSION;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Raise when [`Body`] changes.
const MAGIC: &[u8; 8] = b"penstk07";
const COMPRESSION_LEVEL: i32 = 1;
const FILE: &str = "checkpoint";

/// A consistent copy of a state, ready to be written.
#[derive(Serialize, Deserialize)]
pub struct Body {
    registry: u32,
    /// The last record folded.
    pub seq: Seq,
    entries: Vec<Entry>,
    key_bytes: Vec<u8>,
    key_ends: Vec<u64>,
    learned: Learned,
    merchants: Vec<Arc<str>>,
    categories: Vec<Arc<str>>,
    currencies: Vec<Arc<str>>,
    fx: Vec<Rates>,
    supply: SupplyBody,
    tasks: Tasks,
}

impl Body {
    /// Copies a state; the fold waits only for this.
    pub fn of(state: &State) -> Self {
        let (entries, key_bytes, key_ends) = state.catalog.export();
        Body {
            registry: FINGERPRINT_VERSION,
            seq: state.seq,
            entries,
            key_bytes,
            key_ends,
            learned: state.learned.clone(),
            merchants: state.names.merchants.strings().to_vec(),
            categories: state.names.categories.strings().to_vec(),
            currencies: state.names.currencies.strings().to_vec(),
            fx: state.fx.iter().map(|rates| Rates::clone(rates)).collect(),
            supply: SupplyBody::of(state),
            tasks: state.tasks.clone(),
        }
    }

    /// The bytes of the checkpoint file: equal for equal states.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let plain = postcard::to_stdvec(self).map_err(io::Error::other)?;
        let body = zstd::bulk::compress(&plain, COMPRESSION_LEVEL)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&xxh3_128(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    fn into_state(self) -> Option<State> {
        let intern = |strings: Vec<Arc<str>>| strings.into_iter().collect::<Interner>();
        let mut state = State::default();
        state.seq = self.seq;
        state.catalog = Catalog::import(self.entries, self.key_bytes, self.key_ends)?;
        state.learned = self.learned;
        state.names = Names {
            merchants: intern(self.merchants),
            categories: intern(self.categories),
            currencies: intern(self.currencies),
        };
        state.fx = FxTables::of(self.fx);
        self.supply.restore(&mut state)?;
        state.tasks = self.tasks;
        Some(state)
    }
}

/// Writes a checkpoint into a tenant's folder, durably, in place of the last one.
pub fn write(dir: &Path, body: &Body) -> io::Result<()> {
    let beside = dir.join(format!("{FILE}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(&body.to_bytes()?)?;
    file.sync_all()?;
    fs::rename(&beside, dir.join(FILE))?;
    File::open(dir)?.sync_all()
}

/// The state of the folder's checkpoint, or an empty one where there is none, or one that is damaged or of another version.
pub fn read(dir: &Path) -> State {
    let path = dir.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return State::default(),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the checkpoint cannot be read; folding the whole log");
            return State::default();
        }
    };
    match parse(&bytes) {
        Some(state) => state,
        None => {
            tracing::warn!(path = %path.display(), "the checkpoint does not fit; folding the whole log");
            State::default()
        }
    }
}

/// The state of a checkpoint file's bytes; `None` where they are damaged or of another version.
pub fn parse(bytes: &[u8]) -> Option<State> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (checksum, body) = rest.split_at_checked(16)?;
    if xxh3_128(body).to_le_bytes() != checksum {
        return None;
    }
    let plain = zstd::stream::decode_all(body).ok()?;
    let body: Body = postcard::from_bytes(&plain).ok()?;
    if body.registry == FINGERPRINT_VERSION { body.into_state() } else { None }
}
