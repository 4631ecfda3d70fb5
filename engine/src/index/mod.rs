//! From rules to items: the tantivy index, and the overlay of what is newer than its last commit.
//!
//! Invariants: the index holds at most one live document an ordinal; its commit payload is the sequence number up to which
//! it holds everything; it is written only by the feed thread of [`writer`], behind the log. This folder alone names
//! tantivy. It knows documents and predicates, neither the catalog nor the evaluator: whoever asks hands in a way to
//! verify candidates.

pub mod columns;
pub mod currencies;
pub mod ends;
pub mod fill;
mod fold_range;
pub mod frequent;
mod lists;
pub mod lower;
mod near;
mod number_column;
pub mod overlay;
mod pieces;
mod priority;
pub mod segment;
pub mod terms;
mod walk;
mod warm;
pub mod writer;

use tantivy::schema::{BytesOptions, FAST, Field, INDEXED, JsonObjectOptions, STORED, Schema};

/// Why the index could not be read or written; the library's own error, kept from the rest of the engine.
pub type IndexError = Box<dyn std::error::Error + Send + Sync>;

/// Raise when terms, columns or the stored document change: an index made by another layout is rebuilt from the log.
pub const LAYOUT_VERSION: u32 = 2;

/// The index's fields.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// Ordinal; the key of deletes.
    pub ordinal: Field,
    /// All terms ([`terms`]).
    pub terms: Field,
    /// The document, for verification.
    pub document: Field,
    /// Scaled numbers by property ([`columns`]).
    pub numbers: Field,
    /// Interned merchantId.
    pub merchant: Field,
    /// Interned categories.
    pub category: Field,
    /// Interned currency of the price.
    pub currency: Field,
    /// Scaled price.
    pub price: Field,
}

/// Names of the fast fields.
pub mod field {
    /// See [`super::Fields::ordinal`].
    pub const ORDINAL: &str = "ordinal";
    /// See [`super::Fields::numbers`].
    pub const NUMBERS: &str = "n";
    /// See [`super::Fields::merchant`].
    pub const MERCHANT: &str = "merchant";
    /// See [`super::Fields::category`].
    pub const CATEGORY: &str = "category";
    /// See [`super::Fields::currency`].
    pub const CURRENCY: &str = "currency";
    /// See [`super::Fields::price`].
    pub const PRICE: &str = "price";
}

/// The schema and its fields.
pub fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fields = Fields {
        ordinal: builder.add_u64_field(field::ORDINAL, INDEXED | FAST),
        terms: builder.add_bytes_field("terms", BytesOptions::default().set_indexed()),
        document: builder.add_bytes_field("document", STORED),
        numbers: builder.add_json_field(field::NUMBERS, JsonObjectOptions::default().set_fast("raw")),
        merchant: builder.add_u64_field(field::MERCHANT, FAST),
        category: builder.add_u64_field(field::CATEGORY, FAST),
        currency: builder.add_u64_field(field::CURRENCY, FAST),
        price: builder.add_i64_field(field::PRICE, FAST),
    };
    (builder.build(), fields)
}
