//! The clock: which items have a time at which a rule about them may turn, so that a coupon leaves a set when it ends.
//!
//! An item that a clock condition is asked about has its times kept here, and a timer at the next moment at which one of
//! these conditions can change. When a timer is due the conditions are asked again; nothing is scanned. Times are kept packed:
//! nearly every item has some, and they are read seldom.

use super::change::Ordinal;
use crate::content::document::{Document, ExtValue, Values, epoch_ms};
use penstock_dsl::expr::{Interval, Predicate, PropertyRef, Test, TimePoint};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Bound;

/// Times of items, and timers.
#[derive(Default)]
pub struct Clock {
    /// By ordinal; empty where nothing is kept.
    items: Vec<Kept>,
    /// Items of which something is kept.
    kept: usize,
    timers: BTreeSet<(i64, Ordinal)>,
}

/// What is kept of an item, in one piece: when its timer is due ([`DUE_BYTES`]), epoch milliseconds; and, packed, the item with
/// nothing but the properties that clock conditions read.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Kept(Box<[u8]>);

const DUE_BYTES: usize = size_of::<i64>();
/// No moment: the last that there is.
const NEVER: i64 = i64::MAX;

impl Kept {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn due(&self) -> Option<i64> {
        self.0.first_chunk().map(|due| i64::from_le_bytes(*due)).filter(|due| *due != NEVER)
    }

    fn set_due(&mut self, due: Option<i64>) {
        if let Some(place) = self.0.first_chunk_mut() {
            *place = due.unwrap_or(NEVER).to_le_bytes();
        }
    }

    fn packed_times(&self) -> Option<&[u8]> {
        self.0.get(DUE_BYTES..)
    }
}

fn packed(times: &Document) -> Vec<u8> {
    postcard::to_stdvec(times).expect("plain data is serialisable")
}

impl Clock {
    /// The times of an item.
    pub fn times(&self, ordinal: Ordinal) -> Option<Document> {
        let times = self.items.get(ordinal as usize)?.packed_times()?;
        Some(postcard::from_bytes(times).expect("as it was packed"))
    }

    /// Makes an item's times these; where they have changed its timer goes. Whether they are what was kept before.
    pub fn keep(&mut self, ordinal: Ordinal, times: Option<&Document>) -> bool {
        let (at, times) = (ordinal as usize, times.map(packed));
        if self.items.get(at).and_then(Kept::packed_times) == times.as_deref() {
            return true;
        }
        self.forget(ordinal);
        if let Some(times) = times {
            if self.items.len() <= at {
                self.items.resize_with(at + 1, Kept::default);
            }
            self.items[at] = Kept([&NEVER.to_le_bytes(), &times[..]].concat().into());
            self.kept += 1;
        }
        false
    }

    /// Keeps more of an item's times, beside those that are kept.
    pub fn keep_more(&mut self, ordinal: Ordinal, more: Document) {
        let Some(mut times) = self.times(ordinal) else {
            self.keep(ordinal, Some(&more));
            return;
        };
        for (id, values) in more.declared {
            if let Err(at) = times.declared.binary_search_by_key(&id, |(id, _)| *id) {
                times.declared.insert(at, (id, values));
            }
        }
        for (key, values) in more.ext {
            if let Err(at) = times.ext.binary_search_by(|(name, _)| name.cmp(&key)) {
                times.ext.insert(at, (key, values));
            }
        }
        self.keep(ordinal, Some(&times));
    }

    fn forget(&mut self, ordinal: Ordinal) {
        let Some(kept) = self.items.get_mut(ordinal as usize).filter(|kept| !kept.is_empty()) else { return };
        kept.due().into_iter().for_each(|due| _ = self.timers.remove(&(due, ordinal)));
        *kept = Kept::default();
        self.kept -= 1;
        if self.kept == 0 {
            self.items = Vec::new();
        }
    }

    /// Sets the timer of an item whose times are kept.
    pub fn set_timer(&mut self, ordinal: Ordinal, due: Option<i64>) {
        let Some(kept) = self.items.get_mut(ordinal as usize).filter(|kept| !kept.is_empty()) else { return };
        let before = kept.due();
        kept.set_due(due);
        before.into_iter().for_each(|before| _ = self.timers.remove(&(before, ordinal)));
        kept.due().into_iter().for_each(|due| _ = self.timers.insert((due, ordinal)));
    }

    /// When the next timer is due, epoch milliseconds.
    pub fn next_due(&self) -> Option<i64> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Takes the timers that are due by `now_ms`: their items, in order of time.
    pub fn take_due(&mut self, now_ms: i64) -> Vec<Ordinal> {
        let mut due = Vec::new();
        while let Some((_, ordinal)) = self.timers.first().copied().filter(|(at, _)| *at <= now_ms) {
            self.timers.pop_first();
            self.items[ordinal as usize].set_due(None);
            due.push(ordinal);
        }
        due
    }

    /// Items whose times are kept.
    pub fn len(&self) -> usize {
        self.kept
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept == 0
    }

    /// For a checkpoint.
    pub fn export(&self) -> ClockBody {
        ClockBody(self.items.clone())
    }
}

/// The clock in a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct ClockBody(Vec<Kept>);

impl ClockBody {
    /// The clock; `None` where times are not readable.
    pub fn clock(self) -> Option<Clock> {
        let ClockBody(items) = self;
        let kept = items.iter().filter(|kept| !kept.is_empty());
        let is_readable =
            |kept: &Kept| kept.packed_times().is_some_and(|times| postcard::from_bytes::<Document>(times).is_ok());
        let count = kept.clone().count();
        if !kept.clone().all(is_readable) {
            return None;
        }
        let timers = (0..).zip(&items).filter_map(|(ordinal, kept)| Some((kept.due()?, ordinal))).collect();
        Some(Clock { items, kept: count, timers })
    }
}

/// A document with nothing but these properties, which clock conditions read; `None` where it has none of them.
pub fn times_of<'a>(document: &Document, properties: impl Iterator<Item = &'a PropertyRef>) -> Option<Document> {
    let mut times = Document { content_type: document.content_type, declared: Vec::new(), ext: Vec::new() };
    for property in properties {
        match property {
            PropertyRef::Declared(id) => {
                if let (Some(values), Err(at)) =
                    (document.get(*id), times.declared.binary_search_by_key(id, |(id, _)| *id))
                {
                    times.declared.insert(at, (*id, values.clone()));
                }
            }
            PropertyRef::Ext(key) => {
                if let (Some(values), Err(at)) =
                    (document.ext(key), times.ext.binary_search_by(|(name, _)| (**name).cmp(key.as_str())))
                {
                    times.ext.insert(at, (key.as_str().into(), values.to_vec()));
                }
            }
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {}
        }
    }
    (!times.declared.is_empty() || !times.ext.is_empty()).then_some(times)
}

/// The first moment after `now_ms` at which one of these clock conditions may turn for an item.
pub fn next_turn<'a>(times: &Document, conditions: impl Iterator<Item = &'a Predicate>, now_ms: i64) -> Option<i64> {
    let turns = conditions.filter_map(|predicate| {
        let (property, Test::Time(interval)) = (property(predicate)?, test(predicate)?) else { return None };
        let mut first: Option<i64> = None;
        each_time(times, property, |time| {
            for turn in turns_of(interval, time).into_iter().flatten().filter(|turn| *turn > now_ms) {
                first = Some(first.map_or(turn, |first| first.min(turn)));
            }
        });
        first
    });
    turns.min()
}

/// Whether the clock alone can turn a predicate.
pub fn reads_clock(predicate: &Predicate) -> bool {
    let relative = |end: &Bound<TimePoint>| {
        matches!(end, Bound::Included(TimePoint::FromNow(_)) | Bound::Excluded(TimePoint::FromNow(_)))
    };
    matches!(test(predicate), Some(Test::Time(Interval { low, high })) if relative(low) || relative(high))
}

/// The moments at which a time enters or leaves an interval: where an end, counted from the time of evaluation, meets it, and
/// a millisecond later, for of the two the end's being inclusive decides.
fn turns_of(interval: &Interval<TimePoint>, time: i64) -> [Option<i64>; 4] {
    let meets = |end: &Bound<TimePoint>| match end {
        Bound::Included(TimePoint::FromNow(offset)) | Bound::Excluded(TimePoint::FromNow(offset)) => {
            Some(time.saturating_sub(*offset))
        }
        _ => None,
    };
    let after = |turn: Option<i64>| turn.map(|turn| turn.saturating_add(1));
    let (low, high) = (meets(&interval.low), meets(&interval.high));
    [low, after(low), high, after(high)]
}

fn each_time(document: &Document, property: &PropertyRef, mut see: impl FnMut(i64)) {
    match property {
        PropertyRef::Declared(id) => {
            if let Some(Values::Times(times)) = document.get(*id) {
                times.iter().for_each(|time| see(time.value));
            }
        }
        PropertyRef::Ext(key) => {
            let values = document.ext(key).into_iter().flatten().flat_map(|list| &list.value);
            values.filter_map(ExtValue::number).filter_map(epoch_ms).for_each(see);
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {}
    }
}

/// The property that a predicate reads.
pub fn property(predicate: &Predicate) -> Option<&PropertyRef> {
    match predicate {
        Predicate::Test { subject, .. } => Some(&subject.property),
        Predicate::All => None,
    }
}

fn test(predicate: &Predicate) -> Option<&Test> {
    match predicate {
        Predicate::Test { test, .. } => Some(test),
        Predicate::All => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::document::Localized;
    use penstock_dsl::registry::{ContentType, PropId};

    fn ends(ms: i64) -> Document {
        let times = Values::Times(vec![Localized { locale: None, value: ms }]);
        let declared = vec![(PropId::from_name("endTime").unwrap(), times)];
        Document { content_type: ContentType::Benefit, declared, ext: Vec::new() }
    }

    #[test]
    fn a_timer_stands_for_as_long_as_the_times_it_was_set_for() {
        let mut clock = Clock::default();
        assert!(clock.keep(3, None) && !clock.keep(3, Some(&ends(7))));
        clock.set_timer(3, Some(100));
        clock.set_timer(9, Some(50));
        assert!(clock.keep(3, Some(&ends(7))));
        assert_eq!((clock.next_due(), clock.take_due(99)), (Some(100), vec![]));
        assert!(!clock.keep(3, Some(&ends(8))));
        assert_eq!((clock.next_due(), clock.times(3), clock.len()), (None, Some(ends(8)), 1));
        clock.set_timer(3, Some(100));
        assert_eq!((clock.take_due(100), clock.take_due(100), clock.next_due()), (vec![3], vec![], None));
        assert!(!clock.keep(3, None));
        assert!(clock.is_empty() && clock.times(3).is_none());
    }

    #[test]
    fn a_checkpoint_has_times_and_timers() {
        let mut clock = Clock::default();
        for ordinal in [2, 5] {
            clock.keep(ordinal, Some(&ends(7)));
        }
        clock.set_timer(5, Some(100));
        let bytes = |clock: &Clock| postcard::to_stdvec(&clock.export()).unwrap();
        let again = postcard::from_bytes::<ClockBody>(&bytes(&clock)).unwrap().clock().unwrap();
        assert_eq!((again.len(), again.next_due(), again.times(2)), (2, Some(100), Some(ends(7))));
        assert_eq!(bytes(&again), bytes(&clock));
        assert!(ClockBody(vec![Kept([0xFF; 12].into())]).clock().is_none());
    }
}
