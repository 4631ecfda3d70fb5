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

    /// The smallest and the largest value of some documents.
    pub fn ends(&self, docs: &FixedBitSet) -> Option<(i64, i64)> {
        let doc = |row: usize| self.docs.as_ref().map_or(row, |docs| docs[row] as usize);
        let values =
            self.values.iter().enumerate().filter(|(row, _)| docs.contains(doc(*row))).map(|(_, value)| *value);
        values.fold(None, |ends, value| {
            Some(ends.map_or((value, value), |(low, high): (i64, i64)| (low.min(value), high.max(value))))
        })
    }

    /// Adds the documents with a value in `range` to a set.
    pub fn collect(&self, range: RangeInclusive<i64>, into: &mut FixedBitSet) {
        let (low, width) = (*range.start(), range.end().wrapping_sub(*range.start()) as u64);
        for (at, chunk) in self.values.chunks(u64::BITS as usize).enumerate() {
            // One bit a value and no branch, for half of the values may lie inside, in no order.
            let mut inside = 0u64;
            for (bit, value) in chunk.iter().enumerate() {
                inside |= u64::from(value.wrapping_sub(low) as u64 <= width) << bit;
            }
            while inside != 0 {
                let row = at * u64::BITS as usize + inside.trailing_zeros() as usize;
                into.insert(self.docs.as_ref().map_or(row, |docs| docs[row] as usize));
                inside &= inside - 1;
            }
        }
    }
}
