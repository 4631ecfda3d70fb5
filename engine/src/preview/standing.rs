//! What a registration's rules match at the end of its record: looked up once, then kept by the matcher.

use super::count;
use super::merchants::Directory;
use super::plan::Plan;
use crate::fold::parts::Part;
use crate::fold::registration::{Found, FoundPart, Registration};
use crate::fold::{Snapshot, State};
use crate::index::IndexError;
use crate::supply::bits::BitmapBytes;
use crate::supply::clock::times_of;

/// Looks up the parts of a registration in a state's snapshot.
pub fn find(state: &State, registration: &Registration) -> Result<Found, IndexError> {
    let parts = registration.parts.iter().flat_map(Part::with_merchants);
    parts.map(|part| find_part(&state.snapshot, state, part)).collect::<Result<_, _>>().map(Found)
}

fn find_part(snapshot: &Snapshot, state: &State, part: &Part) -> Result<FoundPart, IndexError> {
    // No part reads the clock or merchants by itself.
    let slices = count::evaluate(&Plan::of(&part.own), snapshot, || Directory::of(snapshot, state), 0)?;
    let base = super::bitmap(&count::ordinals(snapshot, &slices));
    let mut times = Vec::new();
    if part.clock_predicates().next().is_some() {
        for (segment, slice) in snapshot.index.segments.iter().zip(&slices) {
            segment.each_stored(slice.matched.ones(), |doc, document| {
                let of = times_of(document, part.clock_predicates());
                times.extend(of.map(|of| (segment.ordinals()[doc], of)));
            })?;
        }
        let newest = slices.last().map(|slice| &slice.matched);
        for (at, (document, item)) in snapshot.overlay.live().enumerate() {
            if newest.is_some_and(|matched| matched.contains(at)) {
                times.extend(times_of(document, part.clock_predicates()).map(|of| (item.ordinal, of)));
            }
        }
    }
    Ok(FoundPart { base: BitmapBytes::from(&base), times })
}
