//! Values of a property with item counts, for drop-downs and completion.
//!
//! Each segment has a list of its most frequent values, with bounds on what it leaves out ([`frequent`]); what the lists of
//! all segments offer is counted ([`super::candidates`]). Every count of an answer is exact.
//!
//! A new segment's list is made in the background. Until then a bounded part of its values is read, and an answer that this
//! leaves something out of says that it is cut short and not surely the most frequent.
//!
//! [`frequent`]: crate::index::frequent

use super::Reading;
use super::candidates::{Candidates, Slice};
use crate::api::{ValueList, ValuesError, ValuesRequest};
use crate::content::document::{Document, Localized, Text, Values};
use crate::index::IndexError;
use crate::index::frequent::{Asked, Frequent, WALKED_MAX};
use crate::index::segment::SegmentView;
use crate::index::terms;
use crate::tenant::Tenant;
use fixedbitset::FixedBitSet;
use hashbrown::HashMap;
use penstock_dsl::complete::rank::{Fit, value_fit};
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, PropId};
use penstock_dsl::text::fold;
use rayon::prelude::*;

use std::sync::Arc;

/// Drop-downs list at most this many values (R056, D-35).
pub const VALUES_MAX: usize = 200;
/// Values of a segment that are read at least, where they are read.
const WALKED_MIN: usize = 256;

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
        let walked_max = (WALKED_MAX * segment.len()).div_ceil(walked.max(1)).max(WALKED_MIN);
        let list = match (list, prefix) {
            (Some(list), None) => list,
            (Some(list), Some(_)) if list.is_complete() => list,
            (None, None) => segment.frequent(asked, walked_max)?,
            // Of more than can be read now, the frequent ones.
            (Some(list), Some(prefix)) if segment.terms_with(asked, prefix)? > walked_max as u64 => list,
            (_, Some(prefix)) => Arc::new(segment.frequent_with(asked, prefix, 2 * limit, walked_max)?),
        };
        let fitting = list.values.iter().enumerate().filter(|(_, value)| matching.holds(&value.folded));
        let matching = fitting.map(|(at, _)| at as u32).collect();
        let whole = docs.count_ones(..) == of_type;
        Ok(Slice { segment, list, docs, whole, matching })
    };
    known.into_par_iter().map(slice).collect()
}

/// Items of the overlay by value.
fn in_overlay<'a>(
    reading: &'a Reading<'_>,
    property: &PropertyRef,
    content_type: Option<ContentType>,
    matching: Matching<'_>,
) -> HashMap<&'a str, u64> {
    let mut counts: HashMap<&'a str, (u64, Option<&'a str>)> = HashMap::new();
    let mut values = Vec::new();
    for (document, _) in reading.snapshot.overlay.live() {
        if content_type.is_none_or(|t| t == document.content_type) {
            values_of(document, property, &mut values);
            values.sort_unstable();
            values.dedup_by_key(|(value, _)| *value);
            values.drain(..).for_each(|(value, folded)| counts.entry(value).or_insert((0, folded)).0 += 1);
        }
    }
    let holds = |value: &str, folded: Option<&str>| match folded {
        Some(folded) => matching.holds(folded),
        None => matching.holds(&fold(value)),
    };
    let matches = counts.into_iter().filter(|(value, (_, folded))| holds(value, *folded));
    matches.map(|(value, (count, _))| (value, count)).collect()
}

/// Adds a document's values of a property as drop-downs show them, and how they fold where that is known.
fn values_of<'a>(document: &'a Document, property: &PropertyRef, into: &mut Vec<(&'a str, Option<&'a str>)>) {
    let shown =
        |text: &'a Text| (text.raw.len() <= terms::DISPLAY_BYTES_MAX).then_some((&*text.raw, Some(&*text.folded)));
    match property {
        PropertyRef::Declared(id) => match document.get(*id) {
            Some(Values::Keywords(lists)) => {
                let values = lists.iter().flat_map(|list| list.value.iter().map(|v| &**v));
                into.extend(values.filter(|v| v.len() <= terms::KEYWORD_BYTES_MAX).map(|v| (v, None)));
            }
            Some(Values::Texts(texts)) => into.extend(texts.iter().filter_map(|text| shown(&text.value))),
            _ => {}
        },
        PropertyRef::Ext(key) => {
            let lists = document.ext(key).unwrap_or_default().iter();
            let scalars = lists.flat_map(|list: &Localized<_>| list.value.iter().take(terms::PLACES_MAX));
            into.extend(scalars.filter_map(|value| shown(value.text()?)));
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => {}
    }
}
