//! Currencies that a property has, from the names of its money columns.

use super::field;
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag};
use crate::content::document::{Document, ExtValue, Values};
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::Currency;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The currencies of a segment by a property's column name, once they are known.
pub type CurrencyColumns = Arc<OnceLock<HashMap<String, Vec<Currency>>>>;

impl SegmentView {
    /// Currencies in which a document of the segment has the property, deleted ones too; each once, by code. What is asked
    /// first reads the names of all columns.
    pub fn currencies(&self, property: PropertyKey<'_>) -> tantivy::Result<Vec<Currency>> {
        let columns = match self.currency_columns.get() {
            Some(columns) => columns,
            None => {
                let read = self.read_currency_columns()?;
                self.currency_columns.get_or_init(|| read)
            }
        };
        let mut currencies = columns.get(&property.column()).cloned().unwrap_or_default();
        self.terms_under(&terms::prefix(Tag::Wide, property), |rest, _| {
            let code = rest.split(|&byte| byte == b':').next().and_then(|code| std::str::from_utf8(code).ok());
            match code.and_then(Currency::from_code) {
                Some(currency) if !currencies.contains(&currency) => currencies.push(currency),
                _ => {}
            }
            Ok(())
        })?;
        currencies.sort_unstable();
        Ok(currencies)
    }

    fn read_currency_columns(&self) -> tantivy::Result<HashMap<String, Vec<Currency>>> {
        let mut columns: HashMap<String, Vec<Currency>> = HashMap::new();
        for column in self.reader.fields_metadata()? {
            let Some((property, currency)) = money_column_of(&column.field_name) else { continue };
            let currencies = columns.entry(property.to_owned()).or_default();
            if !currencies.contains(&currency) {
                currencies.push(currency);
            }
        }
        Ok(columns)
    }
}

/// Undoes [`super::columns::money_column`] and [`super::columns::range_columns`]: a property's column name, and a currency.
fn money_column_of(name: &str) -> Option<(&str, Currency)> {
    let name = name.strip_prefix(field::NUMBERS)?.strip_prefix('.')?;
    let (property, currency) = name.split_once('_')?;
    let code = currency.split('_').next()?;
    Some((property, Currency::from_code(code)?))
}

/// Currencies in which a document has a property; one may come twice.
pub fn of_document(document: &Document, property: &PropertyRef) -> Vec<Currency> {
    match property {
        PropertyRef::Declared(id) => match document.get(*id) {
            Some(Values::Money(v)) => v.iter().map(|money| money.value.currency).collect(),
            Some(Values::PriceRange(range)) => vec![range.currency],
            _ => Vec::new(),
        },
        PropertyRef::Ext(key) => {
            let values = document.ext(key).unwrap_or_default().iter().flat_map(|list| &list.value);
            let currency = |value: &ExtValue| match value {
                ExtValue::Money(money) => Some(money.currency),
                _ => None,
            };
            values.filter_map(currency).collect()
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::columns::{money_column, range_columns};

    #[test]
    fn names_of_money_columns_are_read_as_they_are_written() {
        let php = Currency::from_code("PHP").unwrap();
        for property in [PropertyKey::Declared(7), PropertyKey::Ext("a_b.c")] {
            let column = property.column();
            let (low, high) = range_columns(property, php);
            for name in [money_column(property, php), low, high] {
                assert_eq!(money_column_of(&format!("n.{name}")), Some((column.as_str(), php)), "{name}");
            }
            assert_eq!(money_column_of(&format!("n.{column}")), None);
        }
        assert_eq!(money_column_of("currency"), None);
    }
}
