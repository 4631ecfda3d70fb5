//! A segment's number column, decoded: range scans over plain memory.
//!
//! The packed column answers a range by finding each row's document alone, which costs more than the comparison; and one
//! that lies wholly below its values it answers with the rows of its smallest value. Decoded, a row costs 12 bytes and a
//! scan about a nanosecond a row.

use fixedbitset::FixedBitSet;
use std::ops::RangeInclusive;
use tantivy::columnar::{Column, ColumnIndex};

/// Values in document order.
pub struct NumberColumn {
    /// The document of each value; `None` where every document has exactly one.
    docs: Option<Vec<u32>>,
    values: Vec<i64>,
}

impl NumberColumn {
    /// Decodes a column of a segment of `len` documents.
    pub fn decode(column: &Column<i64>, len: usize) -> Self {
        let all = |rows: u32| {
            let mut values = vec![0; rows as usize];
            column.values.get_range(0, &mut values);
            values
        };
        match &column.index {
            ColumnIndex::Full => NumberColumn { docs: None, values: all(column.values.num_vals()) },
            ColumnIndex::Optional(index) => {
                NumberColumn { docs: Some(index.iter_non_null_docs().collect()), values: all(index.num_non_nulls()) }
            }
            ColumnIndex::Empty { .. } | ColumnIndex::Multivalued(_) => {
                let rows = (0..len as u32).flat_map(|doc| column.values_for_doc(doc).map(move |value| (doc, value)));
                let (docs, values) = rows.unzip();
                NumberColumn { docs: Some(docs), values }
            }
        }
    }

    /// Adds the documents with a value in `range` to a set.
    pub fn collect(&self, range: RangeInclusive<i64>, into: &mut FixedBitSet) {
        let hits = self.values.iter().enumerate().filter(|(_, value)| range.contains(value)).map(|(row, _)| row);
        match &self.docs {
            None => hits.for_each(|doc| into.insert(doc)),
            Some(docs) => hits.for_each(|row| into.insert(docs[row] as usize)),
        }
    }
}
