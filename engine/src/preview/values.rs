//! Values of a property with item counts, for drop-downs and completion.
//!
//! Each segment has a list of its most frequent values, with bounds on what it leaves out ([`frequent`]). Candidates are
//! counted in order of the most that they can have, until no other can be among the answer: a threshold algorithm (R. Fagin
//! et al., "Optimal aggregation algorithms for middleware", 2001). Every count of an answer is exact.
//!
//! [`frequent`]: crate::index::frequent

use super::Reading;
use crate::api::{ValueList, ValuesError, ValuesRequest};
use crate::content::document::{Document, Localized, Values};
use crate::index::IndexError;
use crate::index::frequent::{Asked, Frequent, FrequentValue, WALKED_MAX};
use crate::index::segment::SegmentView;
use crate::index::terms::{self, PropertyKey, Tag};
use crate::tenant::Tenant;
use fixedbitset::FixedBitSet;
use penstock_dsl::complete::rank::{Fit, value_fit};
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, Kind, PropId};
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

/// Which values are asked for.
#[derive(Clone, Copy)]
pub enum Matching<'a> {
    /// Those that begin with this, both folded.
    Prefix(&'a str),
    /// Those that do not begin with this, folded, but fit it otherwise; among the most frequent of each segment.
    Otherwise(&'a str),
}

impl Matching<'_> {
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
    match property {
        PropertyRef::Declared(id) => matches!(id.kind(), Kind::Keyword | Kind::List | Kind::Text),
        PropertyRef::Ext(_) => true,
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => false,
    }
}

/// The most frequent of the values that match, with exact counts.
pub fn most_frequent(
    reading: &Reading<'_>,
    property: &PropertyRef,
    content_type: Option<ContentType>,
    matching: Matching<'_>,
    limit: usize,
) -> Result<ValueList, IndexError> {
    let Some(key) = PropertyKey::of(property).filter(|_| may_have(content_type, property)) else {
        return Ok(ValueList { exact: true, ..ValueList::default() });
    };
    let asked = Asked { tag: tag(property), property: key, content_type, shared: is_shared(property) };
    let overlay = in_overlay(reading, property, content_type, matching);
    let slices = slices(reading, asked, matching, limit)?;
    Candidates::of(&slices, &overlay).best(asked, &slices, limit)
}

fn tag(property: &PropertyRef) -> Tag {
    match property {
        PropertyRef::Declared(id) if id.kind() != Kind::Text => Tag::Keyword,
        _ => Tag::Display,
    }
}

/// Whether items of a type can have a property.
fn may_have(content_type: Option<ContentType>, property: &PropertyRef) -> bool {
    match (property, content_type) {
        (PropertyRef::Declared(id), Some(content_type)) => id.get().declared_by(content_type).is_some(),
        _ => true,
    }
}

fn is_shared(property: &PropertyRef) -> bool {
    !matches!(property, PropertyRef::Declared(id) if id.get().declared.len() == 1)
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
    asked: Asked<'_>,
    matching: Matching<'_>,
    limit: usize,
) -> Result<Vec<Slice<'a>>, IndexError> {
    let snapshot = &reading.snapshot;
    let outdated = &snapshot.overlay.latest().ordinals;
    let all: usize = snapshot.index.segments.iter().map(|segment| segment.len()).sum();
    let slice = |segment: &'a Arc<SegmentView>| {
        let docs = wanted(segment, outdated, asked.content_type);
        let of_type = asked.content_type.map_or(segment.len(), |t| segment.of_type(t).count_ones(..));
        let walked_max = (WALKED_MAX * segment.len()).div_ceil(all.max(1)).max(BATCH);
        let list = matching_list(segment, asked, matching, limit, walked_max)?;
        let fitting = list.values.iter().enumerate().filter(|(_, value)| matching.holds(&value.folded));
        let matching = fitting.map(|(at, _)| at as u32).collect();
        let whole = docs.count_ones(..) == of_type;
        Ok(Slice { segment, list, docs, whole, matching })
    };
    snapshot.index.segments.par_iter().map(slice).collect()
}

/// A list that has the values that match: the segment's own where that leaves none out, or where a list of theirs would
/// take too long.
fn matching_list(
    segment: &SegmentView,
    asked: Asked<'_>,
    matching: Matching<'_>,
    limit: usize,
    walked_max: usize,
) -> Result<Arc<Frequent>, IndexError> {
    let list = segment.frequent(asked)?;
    if let Matching::Prefix(prefix) = matching
        && !prefix.is_empty()
        && list.rest_max > 0
        && let Some(list) = segment.frequent_with(asked, prefix, 2 * limit, walked_max)?
    {
        return Ok(Arc::new(list));
    }
    Ok(list)
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
    /// By what they can have at most, most first, then alphabetical.
    all: Vec<Candidate<'a>>,
    /// What a value can have at most that no segment lists.
    rest_max: u64,
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
        let mut all: Vec<Candidate<'a>> = by_value.into_values().collect();
        all.sort_unstable_by(|a, b| b.bound.cmp(&a.bound).then_with(|| a.value.cmp(b.value)));
        let distinct_max = match rest_max {
            0 => all.len() as u64,
            _ => overlay.len() as u64 + slices.iter().map(|slice| slice.list.distinct).sum::<u64>(),
        };
        Candidates { all, rest_max, distinct_max }
    }

    /// Counts candidates until no other can be among the best.
    fn best(&self, asked: Asked<'_>, slices: &[Slice<'_>], limit: usize) -> Result<ValueList, IndexError> {
        let mut best: Vec<(&str, u64)> = Vec::new();
        let (mut counted, mut found) = (0, 0);
        for batch in self.all.chunks(BATCH).take(COUNTED_MAX / BATCH) {
            let counts = count(asked, slices, batch)?;
            best.extend(batch.iter().zip(counts).map(|(c, count)| (c.value, count)).filter(|(_, count)| *count > 0));
            counted += batch.len();
            found = found.max(best.len());
            best.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            best.truncate(limit);
            let next = self.all.get(counted);
            let last = best.get(limit - 1);
            let settled =
                |next: &Candidate<'_>| last.is_some_and(|(value, count)| (next.bound, *value) < (*count, next.value));
            if next.is_none_or(settled) {
                break;
            }
        }
        let all_counted = counted == self.all.len() && self.rest_max == 0;
        let truncated = found > limit || !all_counted;
        let last = best.get(limit - 1).map_or(0, |(_, count)| *count);
        let open = self.all.get(counted).map_or(0, |next| next.bound);
        Ok(ValueList {
            // Of equally frequent values those counted come first in the alphabet.
            exact: all_counted || self.rest_max < last && open <= last,
            distinct_max: if truncated { self.distinct_max } else { best.len() as u64 },
            values: best.into_iter().map(|(value, count)| (value.to_owned(), count)).collect(),
            truncated,
        })
    }
}

/// Exact counts of candidates.
fn count(asked: Asked<'_>, slices: &[Slice<'_>], batch: &[Candidate<'_>]) -> Result<Vec<u64>, IndexError> {
    let of_slice = |(s, slice): (usize, &Slice<'_>)| -> Result<Vec<u64>, IndexError> {
        let count = |candidate: &Candidate<'_>| -> Result<u64, IndexError> {
            let listed = candidate.listed.iter().find(|(at, _)| *at as usize == s);
            match listed.map(|(_, at)| &slice.list.values[*at as usize]) {
                Some(value) if slice.whole => Ok(value.docs),
                Some(value) => Ok(slice.segment.count_listed(value, &slice.docs)?),
                None if slice.list.rest_max == 0 => Ok(0),
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
