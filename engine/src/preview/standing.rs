//! What a registration's rules match at the end of its record: looked up once, then kept by the matcher.

use super::count;
use super::merchants::Directory;
use super::plan::Plan;
use crate::catalog::Ordinal;
use crate::content::document::Document;
use crate::fold::parts::Part;
use crate::fold::registration::{Found, FoundPart, Registration};
use crate::fold::{Snapshot, State};
use crate::index::IndexError;
use crate::index::segment::SegmentView;
use crate::supply::bits::BitmapBytes;
use crate::supply::clock::times_of;
use rayon::prelude::*;

/// Stored items that a thread reads at a time.
const READ_ITEMS: usize = 2_048;

/// Looks up the parts of a registration in a snapshot.
pub fn find(snapshot: &Snapshot, registration: &Registration) -> Result<Found, IndexError> {
    let parts = registration.parts.iter().flat_map(Part::with_merchants);
    parts.map(|part| find_part(snapshot, part)).collect::<Result<_, _>>().map(Found)
}

fn find_part(snapshot: &Snapshot, part: &Part) -> Result<FoundPart, IndexError> {
    // No part reads merchants or the clock by itself.
    let no_merchants = || Directory::of(&Snapshot::default(), &State::default());
    let slices = count::evaluate(&Plan::of(&part.own), snapshot, no_merchants, 0)?;
    let base = super::bitmap(&count::ordinals(snapshot, &slices));
    let mut times = Vec::new();
    if part.clock_properties().next().is_some() {
        for (segment, slice) in snapshot.index.segments.iter().zip(&slices) {
            let docs: Vec<usize> = slice.matched.ones().collect();
            let read = docs.par_chunks(READ_ITEMS).map(|docs| stored_times(segment, docs, part));
            times.extend(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten());
        }
        let newest = slices.last().map(|slice| &slice.matched);
        for (at, (document, item)) in snapshot.overlay.live().enumerate() {
            if newest.is_some_and(|matched| matched.contains(at)) {
                times.extend(times_of(document, part.clock_properties()).map(|of| (item.ordinal, of)));
            }
        }
    }
    Ok(FoundPart { base: BitmapBytes::from(&base), times })
}

/// The times of stored items that a part's clock conditions read.
fn stored_times(segment: &SegmentView, docs: &[usize], part: &Part) -> Result<Vec<(Ordinal, Document)>, IndexError> {
    let mut times = Vec::with_capacity(docs.len());
    segment.each_stored(docs.iter().copied(), |doc, document| {
        times.extend(times_of(document, part.clock_properties()).map(|of| (segment.ordinals()[doc], of)));
    })?;
    Ok(times)
}
