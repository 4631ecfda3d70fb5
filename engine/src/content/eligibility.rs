//! Which fields a document has, and which a wallet requires: what gates delivery, never ingest (D-12, D-28).

use super::document::{Document, Values};
use penstock_dsl::registry::{ContentType, PROPERTIES, PropId};
use serde::{Deserialize, Serialize};

/// The required "field" of a MERCHANT that is no property: some localised value (R116).
const LOCALE_MAP: &str = "multilLang";
const LOCALE_MAP_BIT: u32 = u64::BITS - 1;
const _: () = assert!(PROPERTIES.len() <= LOCALE_MAP_BIT as usize, "a field set has a bit for each property");

/// A set of fields: declared properties, and `multilLang`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSet(u64);

impl FieldSet {
    /// The fields that a document has. A localised value alone counts.
    pub fn of(document: &Document) -> FieldSet {
        let declared = document.declared.iter().fold(0, |bits, (id, _)| bits | bit(*id));
        FieldSet(declared | u64::from(has_localized_value(document)) << LOCALE_MAP_BIT)
    }

    /// The fields that the appendix requires of a content type: what a wallet requires that says nothing else.
    pub fn appendix(content_type: ContentType) -> FieldSet {
        let required = |id: &PropId| id.get().declared_by(content_type).is_some_and(|declared| declared.required);
        let declared = PropId::all().filter(required).fold(0, |bits, id| bits | bit(id));
        FieldSet(declared | u64::from(content_type == ContentType::Merchant) << LOCALE_MAP_BIT)
    }

    /// The fields by these names, as in rules; the name that no field of the content type has, if there is one.
    pub fn of_names<'a>(
        content_type: ContentType,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<FieldSet, &'a str> {
        names.into_iter().try_fold(FieldSet::default(), |fields, name| {
            let declared = |id: &PropId| id.get().declared_by(content_type).is_some();
            match PropId::from_name(name).filter(declared) {
                Some(id) => Ok(FieldSet(fields.0 | bit(id))),
                None if name == LOCALE_MAP => Ok(FieldSet(fields.0 | 1 << LOCALE_MAP_BIT)),
                None => Err(name),
            }
        })
    }

    /// The fields of this set that `other` has not.
    pub fn without(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & !other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of fields.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Names as in rules, in alphabetical order, then `multilLang`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let declared = PropId::all().filter(move |id| self.0 & bit(*id) != 0).map(PropId::name);
        declared.chain((self.0 >> LOCALE_MAP_BIT == 1).then_some(LOCALE_MAP))
    }
}

fn bit(id: PropId) -> u64 {
    1 << id.0
}

/// The fields that the appendix requires of the document's content type and that it misses, by name.
pub fn missing_required(document: &Document) -> Vec<&'static str> {
    FieldSet::appendix(document.content_type).without(FieldSet::of(document)).names().collect()
}

fn has_localized_value(document: &Document) -> bool {
    // Base values come first, so the last tells.
    macro_rules! last_is_localized {
        ($values:expr) => {
            $values.last().is_some_and(|value| value.locale.is_some())
        };
    }
    let declared = document.declared.iter().any(|(_, values)| match values {
        Values::Presence(values) => last_is_localized!(values),
        Values::Keywords(values) => last_is_localized!(values),
        Values::Texts(values) => last_is_localized!(values),
        Values::Numbers(values) => last_is_localized!(values),
        Values::Money(values) => last_is_localized!(values),
        Values::Times(values) => last_is_localized!(values),
        Values::PriceRange(_) => false,
    });
    declared || document.ext.iter().any(|(_, values)| last_is_localized!(values))
}
