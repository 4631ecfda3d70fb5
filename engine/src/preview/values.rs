//! Values of a property with item counts, for drop-downs and completion.
//!
//! Each segment has a list of its most frequent values, with bounds on what it leaves out ([`frequent`]). Candidates are
//! counted in order of the most that they can have, until no other can be among the answer: a threshold algorithm (R. Fagin
//! et al., "Optimal aggregation algorithms for middleware", 2001). Every count of an answer is exact.
//!
//! A new segment's list is made in the background. Until then a bounded part of its values is read, and an answer that this
//! leaves something out of says that it is cut short and not surely the most frequent.
//!
//! [`frequent`]: crate::index::frequent

use super::Reading;
use crate::api::{ValueList, ValuesError, ValuesRequest};
use crate::content::document::{Document, Localized, Values};
use crate::index::IndexError;
use crate::index::frequent::{Asked, Frequent, FrequentValue, WALKED_MAX};
use crate::index::segment::SegmentView;
use crate::index::terms;
use crate::tenant::Tenant;
use fixedbitset::FixedBitSet;
use penstock_dsl::complete::rank::{Fit, value_fit};
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, PropId};
use penstock_dsl::text::fold;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Drop-downs list at most this many values (R056, D-35).
pub const VALUES_MAX: usize = 200;
/// Candidates that are counted together.
const BATCH: usize = 256;
/// Candidates that are counted at most. More are needed only where nearly all values are equally rare.
const COUNTED_MAX: usize = 8 * BATCH;
/// Candidates among which the best are, as a rule.
const LIKELY: usize = 2 * BATCH;

/// Which values are asked for.
#[derive(Clone, Copy)]
pub enum Matching<'a> {
    /// Those that begin with this, both folded.
    Prefix(&'a str),
    /// Those that do not begin with this, folded, but fit it otherwise; among the most frequent of each segment.
    Otherwise(&'a str),
}

impl<'a> Matching<'a> {
    /// What the values begin with, if that says anything.
    fn prefix(self) -> Option<&'a str> {
        match self {
            Matching::Prefix(typed) => Some(typed).filter(|typed| !typed.is_empty()),
            Matching::Otherwise(_) => None,
        }
    }

    fn holds(self, folded: &str) -> bool {
        match self {
            Matching::Prefix(typed) => folded.starts_with(typed),
            Matching::Otherwise(typed) => value_fit(typed, folded).is_some_and(|fit| fit != Fit::Prefix),
        }
    }
}

/// Answers a request for values.
pub fn list(tenant: &Tenant, request: &ValuesRequest) -> Result<ValueList, ValuesError> {
    let property = property(&request.property)?;
    let prefix = fold(&request.prefix);
    let limit = request.limit.clamp(1, VALUES_MAX);
    let reading = Reading::begin(tenant);
    most_frequent(&reading, &property, request.content_type, Matching::Prefix(&prefix), limit)
        .map_err(|error| ValuesError::Store(error.to_string()))
}

/// The property of a name as rules write it, if it is of a kind with values.
pub fn property(name: &str) -> Result<PropertyRef, ValuesError> {
    if let Some(key) = name.strip_prefix("ext.") {
        return Ok(PropertyRef::Ext(key.trim_matches('`').to_owned()));
    }
    let id = PropId::from_name(name).ok_or_else(|| ValuesError::UnknownProperty(name.to_owned()))?;
    match has_values(&PropertyRef::Declared(id)) {
        true => Ok(PropertyRef::Declared(id)),
        false => Err(ValuesError::NoValues(name.to_owned(), id.kind())),
    }
}

/// Whether a property has values that can be listed.
pub fn has_values(property: &PropertyRef) -> bool {
    Asked::of(property, None).is_some()
}

/// The most frequent of the values that match, with exact counts.
pub fn most_frequent(
    reading: &Reading<'_>,
    property: &PropertyRef,
    content_type: Option<ContentType>,
    matching: Matching<'_>,
    limit: usize,
) -> Result<ValueList, IndexError> {
    let asked = Asked::of(property, content_type).filter(|_| may_have(content_type, property));
    let Some(asked) = asked else { return Ok(ValueList { exact: true, ..ValueList::default() }) };
    let overlay = in_overlay(reading, property, content_type, matching);
    let slices = slices(reading, &asked, content_type, matching, limit)?;
    Candidates::of(&slices, &overlay).best(&asked, &slices, limit)
}

/// Whether items of a type can have a property.
fn may_have(content_type: Option<ContentType>, property: &PropertyRef) -> bool {
    match (property, content_type) {
        (PropertyRef::Declared(id), Some(content_type)) => id.get().declared_by(content_type).is_some(),
        _ => true,
    }
}

/// Live documents of a type.
pub fn wanted(segment: &SegmentView, outdated: &FixedBitSet, content_type: Option<ContentType>) -> FixedBitSet {
    let mut docs = segment.live(outdated);
    if let Some(content_type) = content_type {
        docs.intersect_with(segment.of_type(content_type));
    }
    docs
}

/// A segment's part of a question.
struct Slice<'a> {
    segment: &'a SegmentView,
    list: Arc<Frequent>,
    /// The items asked about.
    docs: FixedBitSet,
    /// Whether these are all documents of their type, so that the list's counts are right as they stand.
    whole: bool,
    /// Places in the list of the values that match.
    matching: Vec<u32>,
}

fn slices<'a>(
    reading: &'a Reading<'_>,
    asked: &Asked,
    content_type: Option<ContentType>,
    matching: Matching<'_>,
    limit: usize,
) -> Result<Vec<Slice<'a>>, IndexError> {
    let snapshot = &reading.snapshot;
    let outdated = &snapshot.overlay.latest().ordinals;
    let prefix = matching.prefix();
    let known: Vec<_> = snapshot.index.segments.iter().map(|segment| (segment, segment.known_list(asked))).collect();
    let is_walked = |list: &Option<Arc<Frequent>>| list.as_ref().is_none_or(|l| prefix.is_some() && !l.is_complete());
    let walked: usize = known.iter().filter(|(_, list)| is_walked(list)).map(|(segment, _)| segment.len()).sum();
    let slice = |(segment, list): (&'a Arc<SegmentView>, Option<Arc<Frequent>>)| {
        let docs = wanted(segment, outdated, content_type);
        let of_type = content_type.map_or(segment.len(), |t| segment.of_type(t).count_ones(..));
        let walked_max = (WALKED_MAX * segment.len()).div_ceil(walked.max(1)).max(BATCH);
        let list = match (list, prefix) {
            (Some(list), None) => list,
            (Some(list), Some(_)) if list.is_complete() => list,
            (None, None) => segment.frequent(asked, walked_max)?,
            (list, Some(prefix)) => {
                let begun = segment.frequent_with(asked, prefix, 2 * limit, walked_max)?;
                // Of more than can be read now, the frequent ones.
                list.filter(|_| begun.partial).unwrap_or_else(|| Arc::new(begun))
            }
        };
        let fitting = list.values.iter().enumerate().filter(|(_, value)| matching.holds(&value.folded));
        let matching = fitting.map(|(at, _)| at as u32).collect();
        let whole = docs.count_ones(..) == of_type;
        Ok(Slice { segment, list, docs, whole, matching })
    };
    known.into_par_iter().map(slice).collect()
}

/// A value that may be among the answer.
struct Candidate<'a> {
    value: &'a str,
    /// Items that have it at most.
    bound: u64,
    /// Items of the overlay that have it.
    overlay: u64,
    /// Segments that list it, and where.
    listed: Vec<(u32, u32)>,
}

struct Candidates<'a> {
    /// By what they can have at most, most first, then alphabetical; only as many as may be counted, and the next.
    first: Vec<Candidate<'a>>,
    /// How many there are.
    len: usize,
    /// What a value can have at most that no segment lists.
    rest_max: u64,
    /// Whether the segments list every value.
    complete: bool,
    distinct_max: u64,
}

impl<'a> Candidates<'a> {
    fn of(slices: &'a [Slice<'_>], overlay: &'a HashMap<String, u64>) -> Self {
        let rest_max = slices.iter().map(|slice| slice.list.rest_max).sum();
        let mut by_value: HashMap<&str, Candidate<'a>> = HashMap::with_capacity(overlay.len());
        let new = |value| Candidate { value, bound: rest_max, overlay: 0, listed: Vec::new() };
        for (value, &count) in overlay {
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
                candidate.listed.push((s, at));
            }
        }
        let complete = slices.iter().all(|slice| slice.list.is_complete());
        let distinct_max = match complete {
            true => by_value.len() as u64,
            false => overlay.len() as u64 + slices.iter().map(|slice| slice.list.distinct).sum::<u64>(),
        };
        let mut first: Vec<Candidate<'a>> = by_value.into_values().collect();
        let (len, before) = (first.len(), |a: &Candidate<'_>, b: &Candidate<'_>| {
            b.bound.cmp(&a.bound).then_with(|| a.value.cmp(b.value))
        });
        if len > COUNTED_MAX {
            first.select_nth_unstable_by(COUNTED_MAX, before);
            first.truncate(COUNTED_MAX + 1);
        }
        first.sort_unstable_by(before);
        Candidates { first, len, rest_max, complete, distinct_max }
    }

    /// Counts candidates until no other can be among the best, or, where that will not be, until the best are likely found.
    fn best(&self, asked: &Asked, slices: &[Slice<'_>], limit: usize) -> Result<ValueList, IndexError> {
        let mut best: Vec<(&str, u64)> = Vec::new();
        let (mut counted, mut found) = (0, 0);
        for batch in self.first.chunks(BATCH).take(COUNTED_MAX / BATCH) {
            let counts = count(asked, slices, batch)?;
            best.extend(batch.iter().zip(counts).map(|(c, count)| (c.value, count)).filter(|(_, count)| *count > 0));
            counted += batch.len();
            found = found.max(best.len());
            best.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            best.truncate(limit);
            let last = best.get(limit - 1);
            let settled =
                |next: &Candidate<'_>| last.is_some_and(|(value, count)| (next.bound, *value) < (*count, next.value));
            // All that may be counted could have as many as these.
            let in_vain =
                last.is_some() && counted >= LIKELY && self.first.get(COUNTED_MAX).is_some_and(|c| !settled(c));
            if in_vain || self.first.get(counted).is_none_or(settled) {
                break;
            }
        }
        let all_counted = counted == self.len && self.complete;
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
            let listed = candidate.listed.iter().find(|(at, _)| *at as usize == s);
            match listed.map(|(_, at)| &slice.list.values[*at as usize]) {
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

/// Items of the overlay by value.
fn in_overlay(
    reading: &Reading<'_>,
    property: &PropertyRef,
    content_type: Option<ContentType>,
    matching: Matching<'_>,
) -> HashMap<String, u64> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for (document, _) in reading.snapshot.overlay.live() {
        if content_type.is_none_or(|t| t == document.content_type) {
            for value in values_of(document, property) {
                match counts.get_mut(value) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(value.to_owned(), 1)),
                }
            }
        }
    }
    counts.retain(|value, _| matching.holds(&fold(value)));
    counts
}

/// A document's distinct values of a property, as drop-downs show them.
fn values_of<'a>(document: &'a Document, property: &PropertyRef) -> BTreeSet<&'a str> {
    let short = |raw: &&str| raw.len() <= terms::DISPLAY_BYTES_MAX;
    match property {
        PropertyRef::Declared(id) => match document.get(*id) {
            Some(Values::Keywords(lists)) => lists
                .iter()
                .flat_map(|list| list.value.iter().map(|v| &**v))
                .filter(|v| v.len() <= terms::KEYWORD_BYTES_MAX)
                .collect(),
            Some(Values::Texts(texts)) => texts.iter().map(|t| &*t.value.raw).filter(short).collect(),
            _ => BTreeSet::new(),
        },
        PropertyRef::Ext(key) => {
            let lists = document.ext(key).unwrap_or_default().iter();
            let scalars = lists.flat_map(|list: &Localized<_>| list.value.iter().take(terms::PLACES_MAX));
            scalars.filter_map(|value| value.text()).map(|text| &*text.raw).filter(short).collect()
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => BTreeSet::new(),
    }
}
