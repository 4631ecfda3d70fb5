//! Which of the values that segments list are the most frequent of all.
//!
//! Candidates are counted in order of the most that they can have, until no other can be among the answer: a threshold
//! algorithm (R. Fagin et al., "Optimal aggregation algorithms for middleware", 2001). Counting is bounded: where nearly all
//! values are equally rare, it ends with the most likely ones, and the answer does not claim to be proven.

use crate::api::ValueList;
use crate::index::IndexError;
use crate::index::frequent::{Asked, Frequent, FrequentValue};
use crate::index::segment::SegmentView;
use fixedbitset::FixedBitSet;
use hashbrown::HashMap;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::sync::Arc;

/// Candidates that are counted together; fewer for a short answer.
const BATCH_MAX: usize = 256;
const BATCH_MIN: usize = 32;
/// Candidates that are counted at most.
const COUNTED_MAX: usize = 2_048;
/// Dictionaries that are asked for a value, over all candidates; more only for the answer to be as long as it may.
const LOOKED_UP_MAX: usize = 8_192;

/// A segment's part of a question.
pub(super) struct Slice<'a> {
    pub segment: &'a SegmentView,
    pub list: Arc<Frequent>,
    /// The items asked about.
    pub docs: FixedBitSet,
    /// Whether these are all documents of their type, so that the list's counts are right as they stand.
    pub whole: bool,
    /// Places in the list of the values that match.
    pub matching: Vec<u32>,
}

/// A value that may be among the answer.
struct Candidate<'a> {
    value: &'a str,
    /// Items that have it at most.
    bound: u64,
    /// Items of the overlay that have it.
    overlay: u64,
    /// A segment that lists it, and where; most values stand in one.
    listed: Option<(u32, u32)>,
    also_listed: Vec<(u32, u32)>,
}

impl Candidate<'_> {
    /// Where segment `s` lists it.
    fn listed_in(&self, s: usize) -> Option<usize> {
        let mut listed = self.listed.iter().chain(&self.also_listed);
        listed.find(|(at, _)| *at as usize == s).map(|(_, place)| *place as usize)
    }

    /// Those that can have the most come first, then by the alphabet.
    fn cmp(&self, other: &Self) -> Ordering {
        other.bound.cmp(&self.bound).then_with(|| self.value.cmp(other.value))
    }
}

/// The values that may be among the answer.
pub(super) struct Candidates<'a> {
    /// As many as may be counted, and the next.
    first: Vec<Candidate<'a>>,
    /// How many there are.
    len: usize,
    /// What a value can have at most that no segment lists.
    rest_max: u64,
    distinct_max: u64,
}

impl<'a> Candidates<'a> {
    /// Of what segments list, and of the overlay's items by value.
    pub fn of(slices: &'a [Slice<'_>], overlay: &HashMap<&'a str, u64>) -> Self {
        let rest_max = slices.iter().map(|slice| slice.list.rest_max).sum();
        let listed: usize = slices.iter().map(|slice| slice.matching.len()).sum();
        let mut by_value: HashMap<&str, Candidate<'a>> = HashMap::with_capacity(overlay.len() + listed);
        let new = |value| Candidate { value, bound: rest_max, overlay: 0, listed: None, also_listed: Vec::new() };
        for (&value, &count) in overlay {
            let candidate = by_value.entry(value).or_insert_with(|| new(value));
            candidate.bound += count;
            candidate.overlay = count;
        }
        for (s, slice) in (0..).zip(slices) {
            for &at in &slice.matching {
                let FrequentValue { value, docs, .. } = &slice.list.values[at as usize];
                let candidate = by_value.entry(value).or_insert_with(|| new(value));
                // Instead of what the slice could hide at most, what it has.
                candidate.bound = candidate.bound + docs - slice.list.rest_max;
                candidate.also_listed.extend(candidate.listed.replace((s, at)));
            }
        }
        let distinct_max = match slices.iter().all(|slice| slice.list.is_complete()) {
            true => by_value.len() as u64,
            false => overlay.len() as u64 + slices.iter().map(|slice| slice.list.distinct).sum::<u64>(),
        };
        let len = by_value.len();
        let mut first: Vec<Candidate<'a>> = by_value.into_values().collect();
        if len > COUNTED_MAX {
            first.select_nth_unstable_by(COUNTED_MAX, Candidate::cmp);
            first.truncate(COUNTED_MAX + 1);
        }
        first.sort_unstable_by(Candidate::cmp);
        Candidates { first, len, rest_max, distinct_max }
    }

    /// The most frequent.
    pub fn best(&self, asked: &Asked, slices: &[Slice<'_>], limit: usize) -> Result<ValueList, IndexError> {
        let incomplete = slices.iter().filter(|slice| !slice.list.is_complete()).count();
        let mut best: Vec<(&str, u64)> = Vec::new();
        let (mut counted, mut found) = (0, 0);
        let size = (limit + limit / 4).clamp(BATCH_MIN, BATCH_MAX);
        for batch in self.first[..self.first.len().min(COUNTED_MAX)].chunks(size) {
            let counts = count(asked, slices, batch)?;
            best.extend(batch.iter().zip(counts).map(|(c, count)| (c.value, count)).filter(|(_, count)| *count > 0));
            counted += batch.len();
            found = found.max(best.len());
            best.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            best.truncate(limit);
            let next = self.first.get(counted);
            let last = best.get(limit - 1);
            let settled =
                |next: &Candidate<'_>| last.is_some_and(|(value, count)| (next.bound, *value) < (*count, next.value));
            let enough = last.is_some() && (counted + size) * incomplete > LOOKED_UP_MAX;
            if enough || next.is_none_or(settled) {
                break;
            }
        }
        let all_counted = counted == self.len && incomplete == 0;
        let truncated = found > limit || !all_counted;
        let last = best.get(limit - 1).map_or(0, |(_, count)| *count);
        let open = self.first.get(counted).map_or(0, |next| next.bound);
        let partial = slices.iter().any(|slice| slice.list.partial);
        Ok(ValueList {
            // Of equally frequent values those counted come first in the alphabet.
            exact: all_counted || !partial && self.rest_max < last && open <= last,
            distinct_max: if truncated { self.distinct_max } else { best.len() as u64 },
            values: best.into_iter().map(|(value, count)| (value.to_owned(), count)).collect(),
            truncated,
        })
    }
}

/// Exact counts of candidates.
fn count(asked: &Asked, slices: &[Slice<'_>], batch: &[Candidate<'_>]) -> Result<Vec<u64>, IndexError> {
    let of_slice = |(s, slice): (usize, &Slice<'_>)| -> Result<Vec<u64>, IndexError> {
        let count = |candidate: &Candidate<'_>| -> Result<u64, IndexError> {
            match candidate.listed_in(s).map(|at| &slice.list.values[at]) {
                Some(value) if slice.whole => Ok(value.docs),
                Some(value) => Ok(slice.segment.count_listed(value, &slice.docs)?),
                None if slice.list.is_complete() => Ok(0),
                None => Ok(slice.segment.count_value(asked, candidate.value, &slice.docs)?),
            }
        };
        batch.iter().map(count).collect()
    };
    let counts = slices.par_iter().enumerate().map(of_slice).collect::<Result<Vec<_>, _>>()?;
    let total = |at: usize| batch[at].overlay + counts.iter().map(|slice| slice[at]).sum::<u64>();
    Ok((0..batch.len()).map(total).collect())
}
