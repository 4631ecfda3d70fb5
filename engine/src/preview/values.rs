//! Values of a property with item counts, for drop-downs; and how full properties are.

use super::Reading;
use crate::api::{PropertyInfo, ValueList, ValuesError, ValuesRequest};
use crate::content::document::{Document, Localized, Values};
use crate::index::IndexError;
use crate::index::segment::SegmentView;
use crate::index::terms::{self, PropertyKey, Tag};
use crate::matcher::evaluate::holds;
use crate::tenant::Tenant;
use fixedbitset::FixedBitSet;
use penstock_dsl::expr::{Owner, Predicate, PropertyRef, Subject, Test};
use penstock_dsl::registry::{ContentType, Kind, PropId};
use penstock_dsl::text::fold;
use std::collections::{BTreeSet, HashMap};

/// Drop-downs list at most this many values (R056, D-35).
pub const VALUES_MAX: usize = 200;

/// Answers a request for values.
pub fn list(tenant: &Tenant, request: &ValuesRequest) -> Result<ValueList, ValuesError> {
    let property = property(&request.property)?;
    let prefix = fold(&request.prefix);
    let reading = Reading::begin(tenant);
    let mut counts = HashMap::new();
    let outdated = &reading.snapshot.overlay.latest().ordinals;
    for segment in &reading.snapshot.index.segments {
        let docs = wanted(segment, outdated, request.content_type).map_err(store_error)?;
        let mut add = |value: &str, count: u64| {
            if fold_starts_with(value, &prefix) {
                *counts.entry(value.to_owned()).or_default() += count;
            }
        };
        segment
            .values(tag(&property), PropertyKey::of(&property).expect("has values"), &docs, &mut add)
            .map_err(store_error)?;
    }
    for (document, _) in reading.snapshot.overlay.live() {
        if request.content_type.is_none_or(|t| t == document.content_type) {
            for value in values_of(document, &property).into_iter().filter(|v| fold_starts_with(v, &prefix)) {
                *counts.entry(value.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(most_frequent(counts, request.limit.clamp(1, VALUES_MAX)))
}

fn store_error(error: impl ToString) -> ValuesError {
    ValuesError::Store(error.to_string())
}

fn most_frequent(counts: HashMap<String, u64>, limit: usize) -> ValueList {
    let mut values: Vec<(String, u64)> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    let distinct = values.len();
    values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values.truncate(limit);
    ValueList { values, truncated: distinct > limit, distinct: distinct as u64 }
}

fn fold_starts_with(value: &str, prefix: &str) -> bool {
    match (value.bytes().next(), prefix.bytes().next()) {
        (_, None) => true,
        // Folding keeps a leading ASCII letter or digit but for its case: most values need no folding to be told apart.
        (Some(value), Some(prefix)) if value.is_ascii_alphanumeric() && value.to_ascii_lowercase() != prefix => false,
        _ => fold(value).starts_with(prefix),
    }
}

/// The property of a name as rules write it, if it is of a kind with values.
pub fn property(name: &str) -> Result<PropertyRef, ValuesError> {
    if let Some(key) = name.strip_prefix("ext.") {
        return Ok(PropertyRef::Ext(key.trim_matches('`').to_owned()));
    }
    let id = PropId::from_name(name).ok_or_else(|| ValuesError::UnknownProperty(name.to_owned()))?;
    match id.kind() {
        Kind::Keyword | Kind::List | Kind::Text => Ok(PropertyRef::Declared(id)),
        kind => Err(ValuesError::NoValues(name.to_owned(), kind)),
    }
}

fn tag(property: &PropertyRef) -> Tag {
    match property {
        PropertyRef::Declared(id) if id.kind() != Kind::Text => Tag::Keyword,
        _ => Tag::Display,
    }
}

fn wanted(
    segment: &SegmentView,
    outdated: &FixedBitSet,
    content_type: Option<ContentType>,
) -> Result<FixedBitSet, IndexError> {
    let mut docs = segment.live(outdated);
    if let Some(content_type) = content_type {
        docs.intersect_with(segment.of_type(content_type));
    }
    Ok(docs)
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

/// What is known of every property of every content type: fill by exact count, undeclared keys as learned.
pub fn properties(tenant: &Tenant) -> Result<Vec<PropertyInfo>, IndexError> {
    let reading = Reading::begin(tenant);
    let (live, learned) = {
        let state = tenant.state.read();
        (state.catalog.live(), state.learned.clone())
    };
    let mut out = Vec::new();
    for content_type in ContentType::ALL {
        let fill = Fill::of(&reading, content_type)?;
        let of = live[content_type.index()];
        for id in PropId::all() {
            if id.get().declared_by(content_type).is_some() {
                let filled = fill.count(PropertyRef::Declared(id))?;
                out.extend(declared_info(id, content_type, filled, of));
            }
        }
        for (name, key) in learned.keys(content_type) {
            out.push(PropertyInfo {
                name: format!("ext.{name}"),
                kind: None,
                content_type,
                required: false,
                filled: fill.count(PropertyRef::Ext(name.to_owned()))?,
                of,
                seen_shapes: key.shapes(),
                distinct_estimate: Some(key.distinct_estimate()),
                first_last_seen_ms: Some((key.first_seen_ms, key.last_seen_ms)),
            });
        }
    }
    Ok(out)
}

/// The same for a tenant without content: what is declared, filled 0 of 0.
pub fn properties_of_nothing() -> Vec<PropertyInfo> {
    let of_type = |t| PropId::all().filter_map(move |id| declared_info(id, t, 0, 0));
    ContentType::ALL.into_iter().flat_map(of_type).collect()
}

fn declared_info(id: PropId, content_type: ContentType, filled: u64, of: u64) -> Option<PropertyInfo> {
    let declared = id.get().declared_by(content_type)?;
    Some(PropertyInfo {
        name: id.name().to_owned(),
        kind: Some(id.kind()),
        content_type,
        required: declared.required,
        filled,
        of,
        seen_shapes: Vec::new(),
        distinct_estimate: None,
        first_last_seen_ms: None,
    })
}

/// Counts live items of a type that have a property.
struct Fill<'a> {
    reading: &'a Reading<'a>,
    content_type: ContentType,
    docs: Vec<FixedBitSet>,
}

impl<'a> Fill<'a> {
    fn of(reading: &'a Reading<'a>, content_type: ContentType) -> Result<Self, IndexError> {
        let outdated = &reading.snapshot.overlay.latest().ordinals;
        let segments = reading.snapshot.index.segments.iter();
        let docs = segments.map(|s| wanted(s, outdated, Some(content_type))).collect::<Result<_, _>>()?;
        Ok(Fill { reading, content_type, docs })
    }

    fn count(&self, property: PropertyRef) -> Result<u64, IndexError> {
        let is_set =
            Predicate::Test { subject: Subject { of: Owner::Item, property, locale: None }, test: Test::IsSet };
        let snapshot = &self.reading.snapshot;
        let mut count = 0;
        for (segment, docs) in snapshot.index.segments.iter().zip(&self.docs) {
            count += segment.lower(&is_set, 0)?.passing.intersection_count(docs);
        }
        let in_overlay = |d: &Document| d.content_type == self.content_type && holds(&is_set, d, 0);
        count += snapshot.overlay.live().filter(|(document, _)| in_overlay(document)).count();
        Ok(count as u64)
    }
}
