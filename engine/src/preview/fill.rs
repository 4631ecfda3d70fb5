//! How full every property is: exact counts by content type, declared and learned.

use super::Reading;
use crate::api::PropertyInfo;
use crate::content::document::Document;
use crate::content::learned::Learned;
use crate::index::IndexError;
use crate::index::fill::PropertyName;
use crate::tenant::Tenant;
use penstock_dsl::registry::{ContentType, PropId};
use rayon::prelude::*;
use std::collections::HashMap;

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
#[derive(Default)]
pub struct Fill {
    by_property: HashMap<PropertyName, [u64; 4]>,
}

impl Fill {
    /// Counts on a snapshot; where these are not known of a new segment, it is read.
    pub fn of(reading: &Reading<'_>) -> Result<Self, IndexError> {
        let snapshot = &reading.snapshot;
        let parts = snapshot.index.segments.par_iter().map(|segment| {
            let mut part = Fill::default();
            let mut gone = segment.live(&snapshot.overlay.latest().ordinals);
            gone.toggle_range(..);
            segment.fills(&gone, |property, by_type| part.add(property, by_type))?;
            Ok(part)
        });
        let mut fill = Fill::default();
        for part in parts.collect::<Result<Vec<Fill>, IndexError>>()? {
            part.by_property.iter().for_each(|(property, by_type)| fill.add(property, *by_type));
        }
        for (document, _) in snapshot.overlay.live() {
            let mut one = [0; 4];
            one[document.content_type.index()] = 1;
            properties_of(document).for_each(|property| fill.add(&property, one));
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
        let newer = of_type.filter(|(document, _)| properties_of(document).any(|has| has == *property));
        Ok(indexed + newer.count() as u64)
    }

    fn add(&mut self, property: &PropertyName, by_type: [u64; 4]) {
        match self.by_property.get_mut(property) {
            Some(sum) => sum.iter_mut().zip(by_type).for_each(|(sum, count)| *sum += count),
            None => drop(self.by_property.insert(property.clone(), by_type)),
        }
    }

    /// Live items of a type that have a property.
    pub fn count(&self, property: &PropertyName, content_type: ContentType) -> u64 {
        self.by_property.get(property).map_or(0, |by_type| by_type[content_type.index()])
    }
}

fn properties_of(document: &Document) -> impl Iterator<Item = PropertyName> {
    let declared = document.declared.iter().map(|(id, _)| PropertyName::Declared(*id));
    declared.chain(document.ext.iter().map(|(key, _)| PropertyName::Ext(key.clone())))
}
