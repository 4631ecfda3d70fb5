//! The smallest and the largest number of a property, from its columns.

use super::columns::{money_column, scaled};
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag};
use crate::content::document::{Document, ExtValue, Values};
use fixedbitset::FixedBitSet;
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{Currency, Kind};

impl SegmentView {
    /// The ends among some documents, scaled but for times; `None` where no document has a number.
    pub fn ends(
        &self,
        property: PropertyKey<'_>,
        currency: Option<Currency>,
        docs: &FixedBitSet,
    ) -> tantivy::Result<Option<(i64, i64)>> {
        let name = currency.map_or_else(|| property.column(), |currency| money_column(property, currency));
        Ok(self.number_column(&name)?.and_then(|column| column.ends(docs)))
    }

    /// Whether the property has a number that stands in no column.
    pub fn has_wide(&self, property: PropertyKey<'_>) -> tantivy::Result<bool> {
        let mut any = false;
        self.terms_under(&terms::prefix(Tag::Wide, property), |_, _| {
            any = true;
            Ok(())
        })?;
        Ok(any)
    }
}

/// A document's numbers of a property as columns hold them; `None` for one that fits none.
pub fn column_values(document: &Document, property: &PropertyRef) -> Vec<(Option<Currency>, Option<i64>)> {
    match property {
        PropertyRef::Declared(id) => match document.get(*id) {
            Some(Values::Numbers(v)) => v.iter().map(|n| (None, scaled(n.value))).collect(),
            Some(Values::Money(v)) => v.iter().map(|m| (Some(m.value.currency), scaled(m.value.amount))).collect(),
            Some(Values::Times(v)) => v.iter().map(|t| (None, Some(t.value))).collect(),
            _ => Vec::new(),
        },
        PropertyRef::Ext(key) => {
            let values = document.ext(key).unwrap_or_default().iter().flat_map(|list| &list.value);
            let number = |value: &ExtValue| Some((None, scaled(value.number()?)));
            values.filter_map(number).collect()
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => Vec::new(),
    }
}

/// Whether columns hold the values of a property as they are, and not scaled.
pub fn is_unscaled(property: &PropertyRef) -> bool {
    matches!(property, PropertyRef::Declared(id) if id.kind() == Kind::Time)
}
