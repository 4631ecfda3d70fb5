//! Cursors: a page's place in the matches of one snapshot, kept until they expire.

use crate::api::{Counts, Preview, Seq};
use crate::fold::State;
use crate::supply::funnel::Funnel;
use crate::tenant::Tenant;
use parking_lot::{Mutex, RwLock};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a cursor lives: at least a quarter of an hour (D-79), also when it is shared.
pub const CURSOR_LIFE: Duration = Duration::from_secs(16 * 60);
/// A cursor this young is given again for the same preview of the same snapshot.
const SHARED_FOR: Duration = Duration::from_secs(30);
/// Memory that a tenant's cursors may hold, bytes; over it the oldest go early, so that previews cannot exhaust the server.
pub const PINS_BYTES_MAX: usize = 1 << 30;

/// What a pin's counts and titles may take at most, bytes.
const PIN_COUNTS_BYTES: usize = 64 << 10;

/// The matches of one preview, for its further pages.
pub struct Pin {
    /// Hash of the rule text: a cursor is good for this text alone.
    pub rules_hash: u128,
    /// The snapshot.
    pub as_of: Seq,
    /// Ordinals matched.
    pub matched: RoaringBitmap,
    /// The preview's counts, the same on every page.
    pub counts: Counts,
    /// The day of the exchange rates that the rules used.
    pub fx_date: Option<String>,
    /// What becomes of the matches on the way to the target wallet.
    pub funnel: Option<Funnel>,
    made: Instant,
}

impl Pin {
    /// A pin, made now, of a preview's first page; what it matched, by the hash of its rule text.
    pub fn new(rules_hash: u128, preview: &Preview, matched: RoaringBitmap) -> Self {
        let Preview { as_of, counts, fx_date, funnel, .. } = preview;
        let (counts, fx_date) = (counts.clone(), fx_date.clone());
        Pin { rules_hash, as_of: *as_of, matched, counts, fx_date, funnel: *funnel, made: Instant::now() }
    }

    fn bytes(&self) -> usize {
        self.matched.serialized_size() + PIN_COUNTS_BYTES
    }
}

/// A pin in use.
pub struct Held<'a> {
    /// The pin.
    pub pin: Arc<Pin>,
    tenant: &'a Tenant,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.tenant.state.write().catalog.leave(self.pin.as_of);
    }
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Tells this run of the server from others: their cursors are gone.
    run: u64,
    id: u64,
    /// The last ordinal of the page.
    pub after: u32,
}

impl Cursor {
    /// A cursor after an ordinal of a pin.
    pub fn new((run, id): (u64, u64), after: u32) -> Self {
        Cursor { run, id, after }
    }

    /// The same pin's cursor after another ordinal.
    pub fn at(self, after: u32) -> Self {
        Cursor { after, ..self }
    }

    /// Reads a cursor's text; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let cursor = Cursor { run: parts.next()??, id: parts.next()??, after: parts.next()??.try_into().ok()? };
        parts.next().is_none().then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}-{:x}", self.run, self.id, self.after)
    }
}

/// All pins of a tenant, oldest first.
pub struct Pins {
    run: u64,
    pins: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_id: BTreeMap<u64, Arc<Pin>>,
    last_id: u64,
    bytes: usize,
}

impl Default for Pins {
    fn default() -> Self {
        let run = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
        Pins { run, pins: Mutex::default() }
    }
}

impl Pins {
    /// Keeps a pin, and the catalog's history for it. The same preview of the same snapshot is kept once.
    pub fn insert(&self, pin: Pin, state: &RwLock<State>) -> (u64, u64) {
        let mut kept = self.pins.lock();
        let same = |known: &Pin| {
            let young =
                known.rules_hash == pin.rules_hash && known.as_of == pin.as_of && known.made.elapsed() < SHARED_FOR;
            // A rule on the time of evaluation may match other items of the same snapshot.
            young && known.matched == pin.matched && known.counts == pin.counts && known.funnel == pin.funnel
        };
        if let Some((&id, _)) = kept.by_id.iter().next_back().filter(|(_, known)| same(known)) {
            return (self.run, id);
        }
        state.write().catalog.enter(pin.as_of);
        kept.bytes += pin.bytes();
        kept.last_id += 1;
        let id = kept.last_id;
        kept.by_id.insert(id, Arc::new(pin));
        kept.drop_while(state, |kept, _| kept.bytes > PINS_BYTES_MAX && kept.by_id.len() > 1);
        (self.run, id)
    }

    /// The pin of a cursor, if it still lives; its items stay readable until the answer is dropped.
    pub fn hold<'a>(&self, cursor: &Cursor, tenant: &'a Tenant) -> Option<Held<'a>> {
        if cursor.run != self.run {
            return None;
        }
        let kept = self.pins.lock();
        let pin = kept.by_id.get(&cursor.id).filter(|pin| pin.made.elapsed() <= CURSOR_LIFE)?.clone();
        tenant.state.write().catalog.enter(pin.as_of);
        Some(Held { pin, tenant })
    }

    /// Lets expired pins go.
    pub fn expire(&self, state: &RwLock<State>) {
        self.pins.lock().drop_while(state, |_, pin| pin.made.elapsed() > CURSOR_LIFE);
    }

    /// Number of live pins.
    pub fn len(&self) -> usize {
        self.pins.lock().by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Kept {
    fn drop_while(&mut self, state: &RwLock<State>, condition: impl Fn(&Kept, &Pin) -> bool) {
        while let Some((&id, pin)) = self.by_id.iter().next() {
            if !condition(self, pin) {
                return;
            }
            let pin = self.by_id.remove(&id).expect("just seen");
            self.bytes -= pin.bytes();
            state.write().catalog.leave(pin.as_of);
        }
    }
}
