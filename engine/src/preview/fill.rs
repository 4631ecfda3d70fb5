//! How full every property is: exact counts by content type, declared and learned.

use super::Reading;
use crate::api::PropertyInfo;
use crate::content::document::Document;
use crate::content::learned::Learned;
use crate::index::IndexError;
use crate::index::fill::PropertyName;
use crate::tenant::Tenant;
use hashbrown::HashMap;
use penstock_dsl::registry::{ContentType, PropId};
use rayon::prelude::*;

/// Documents of which completion reads what properties they have rather than do without.
const READ_DOCS_MAX: usize = 100_000;

/// What is known of every property of every content type.
pub fn properties(tenant: &Tenant) -> Result<Vec<PropertyInfo>, IndexError> {
    let reading = Reading::begin(tenant);
    let learned = tenant.state.read().learned.clone();
    let fill = Fill::of(&reading)?;
    Ok(ContentType::ALL.into_iter().flat_map(|t| of_type(t, &fill, reading.live[t.index()], &learned)).collect())
}

fn of_type(content_type: ContentType, fill: &Fill, of: u64, learned: &Learned) -> Vec<PropertyInfo> {
    let declared = PropId::all().filter_map(|id| {
        let filled = fill.count(&PropertyName::Declared(id), content_type);
        declared_info(id, content_type, filled, of)
    });
    let undeclared = learned.keys(content_type).map(|(name, key)| PropertyInfo {
        name: format!("ext.{name}"),
        kind: None,
        content_type,
        required: false,
        filled: fill.count(&PropertyName::Ext(name.into()), content_type),
        of,
        seen_shapes: key.shapes(),
        distinct_estimate: Some(key.distinct_estimate()),
        first_last_seen_ms: Some((key.first_seen_ms, key.last_seen_ms)),
    });
    declared.chain(undeclared).collect()
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

/// Live items that have each property, by content type.
pub struct Fill {
    declared: Vec<[u64; 4]>,
    ext: HashMap<Box<str>, [u64; 4]>,
}

impl Default for Fill {
    fn default() -> Self {
        Fill { declared: vec![[0; 4]; PropId::all().count()], ext: HashMap::new() }
    }
}

impl Fill {
    /// Counts on a snapshot; where these are not known of a new segment, it is read.
    pub fn of(reading: &Reading<'_>) -> Result<Self, IndexError> {
        let snapshot = &reading.snapshot;
        let parts = snapshot.index.segments.par_iter().map(|segment| {
            let mut part = Fill::default();
            let mut gone = segment.live(&snapshot.overlay.latest().ordinals);
            gone.toggle_range(..);
            segment.fills(&gone, |property, by_type| match property {
                PropertyName::Declared(id) => part.declared[usize::from(id.0)] = by_type,
                PropertyName::Ext(key) => drop(part.ext.insert(key.clone(), by_type)),
            })?;
            Ok(part)
        });
        let mut fill = Fill::default();
        for part in parts.collect::<Result<Vec<Fill>, IndexError>>()? {
            fill.declared.iter_mut().zip(part.declared).for_each(|(sum, by_type)| add(sum, by_type));
            part.ext.into_iter().for_each(|(key, by_type)| add(fill.ext.entry(key).or_default(), by_type));
        }
        for (document, _) in snapshot.overlay.live() {
            let at = document.content_type.index();
            document.declared.iter().for_each(|(id, _)| fill.declared[usize::from(id.0)][at] += 1);
            document.ext.iter().for_each(|(key, _)| fill.ext.entry_ref(key).or_default()[at] += 1);
        }
        Ok(fill)
    }

    /// The same, but `None` where much would have to be read.
    pub fn soon(reading: &Reading<'_>) -> Result<Option<Self>, IndexError> {
        let unknown = reading.snapshot.index.segments.iter().filter(|segment| !segment.knows_fills());
        let read = unknown.map(|segment| segment.len()).sum::<usize>();
        (read <= READ_DOCS_MAX).then(|| Fill::of(reading)).transpose()
    }

    /// Live items of a type that have one property.
    pub fn of_one(
        reading: &Reading<'_>,
        property: &PropertyName,
        content_type: ContentType,
    ) -> Result<u64, IndexError> {
        let snapshot = &reading.snapshot;
        let parts = snapshot.index.segments.par_iter().map(|segment| {
            let docs = segment.live(&snapshot.overlay.latest().ordinals);
            Ok(segment.fill(property, &docs)?[content_type.index()])
        });
        let indexed = parts.collect::<Result<Vec<u64>, IndexError>>()?.into_iter().sum::<u64>();
        let of_type = snapshot.overlay.live().filter(|(document, _)| document.content_type == content_type);
        let newer = of_type.filter(|(document, _)| has(document, property));
        Ok(indexed + newer.count() as u64)
    }

    /// Live items of a type that have a property.
    pub fn count(&self, property: &PropertyName, content_type: ContentType) -> u64 {
        let by_type = match property {
            PropertyName::Declared(id) => self.declared.get(usize::from(id.0)),
            PropertyName::Ext(key) => self.ext.get(key),
        };
        by_type.map_or(0, |by_type| by_type[content_type.index()])
    }
}

fn add(sum: &mut [u64; 4], by_type: [u64; 4]) {
    sum.iter_mut().zip(by_type).for_each(|(sum, count)| *sum += count);
}

fn has(document: &Document, property: &PropertyName) -> bool {
    match property {
        PropertyName::Declared(id) => document.get(*id).is_some(),
        PropertyName::Ext(key) => document.ext(key).is_some(),
    }
}
