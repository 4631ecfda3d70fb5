//! How full every property is: exact counts by content type, declared and learned.

use super::Reading;
use crate::api::PropertyInfo;
use crate::content::learned::Learned;
use crate::index::IndexError;
use crate::index::fill::PropertyName;
use crate::tenant::Tenant;
use penstock_dsl::registry::{ContentType, PropId};
use rayon::prelude::*;
use std::collections::HashMap;

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
    /// Counts on a snapshot.
    pub fn of(reading: &Reading<'_>) -> Result<Self, IndexError> {
        let snapshot = &reading.snapshot;
        let outdated = &snapshot.overlay.latest().ordinals;
        let parts = snapshot.index.segments.par_iter().map(|segment| {
            let mut part = Fill::default();
            let mut gone = segment.live(outdated);
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
            document.declared.iter().for_each(|(id, _)| fill.add(&PropertyName::Declared(*id), one));
            document.ext.iter().for_each(|(key, _)| fill.add(&PropertyName::Ext(key.clone()), one));
        }
        Ok(fill)
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
