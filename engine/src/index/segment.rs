//! One segment of a commit, as previews read it: bit sets of documents, terms, columns, stored documents.

use super::currencies::CurrencyColumns;
use super::fill::Fills;
use super::lists::Lists;
use super::number_column::NumberColumn;
use super::overlay::FacetValues;
use super::terms::type_term;
use super::{Fields, field};
use crate::api::Seq;
use crate::content::document::Document;
use fixedbitset::FixedBitSet;
use parking_lot::Mutex;
use penstock_dsl::registry::ContentType;
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;
use tantivy::columnar::Column;
use tantivy::index::SegmentId;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::store::StoreReader;
use tantivy::{DocId, InvertedIndexReader, SegmentReader, TantivyDocument, TantivyError};

/// Blocks of stored documents that one verification keeps decompressed.
const STORE_CACHE_BLOCKS: usize = 8;
/// Candidates that a thread verifies at a time.
const VERIFY_DOCS: usize = 2_048;

/// A commit of the index.
#[derive(Default)]
pub struct IndexView {
    /// Everything up to this record is in it.
    pub seq: Seq,
    /// Its segments.
    pub segments: Vec<Arc<SegmentView>>,
}

/// A segment of a commit.
pub struct SegmentView {
    pub(super) reader: SegmentReader,
    fields: Fields,
    pub(super) terms: Arc<InvertedIndexReader>,
    /// Ordinal by document.
    ordinals: Arc<Vec<u32>>,
    /// Documents by content type, deleted ones too.
    by_type: Arc<[FixedBitSet; 4]>,
    /// Documents that are not deleted.
    alive: FixedBitSet,
    merchant: Column<u64>,
    category: Column<u64>,
    currency: Column<u64>,
    price: Column<i64>,
    /// Number columns decoded so far; shared with the same segment in later commits.
    numbers: Arc<Mutex<HashMap<String, Arc<NumberColumn>>>>,
    /// Lists of values and shapes of documents made so far; shared likewise.
    pub(super) lists: Arc<Lists>,
    pub(super) fills: Arc<Fills>,
    pub(super) currency_columns: CurrencyColumns,
}

impl SegmentView {
    /// Opens a segment; `known` is the same segment in an earlier commit, if any, and `lists` makes the lists of a new one.
    pub(super) fn open(
        reader: &SegmentReader,
        fields: Fields,
        known: Option<&Arc<SegmentView>>,
        lists: impl FnOnce() -> Lists,
    ) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let ordinals = match known {
            Some(known) => known.ordinals.clone(),
            None => {
                let column = fast.column_first_or_default::<u64>(field::ORDINAL)?;
                let mut wide = vec![0; reader.max_doc() as usize];
                column.get_range(0, &mut wide);
                Arc::new(wide.into_iter().map(|o| o as u32).collect())
            }
        };
        let terms = reader.inverted_index(fields.terms)?;
        let by_type = match known {
            Some(known) => known.by_type.clone(),
            None => Arc::new(by_type(&terms, reader.max_doc() as usize)?),
        };
        Ok(SegmentView {
            terms,
            ordinals,
            by_type,
            alive: alive(reader),
            merchant: fast.u64(field::MERCHANT)?,
            category: fast.u64(field::CATEGORY)?,
            currency: fast.u64(field::CURRENCY)?,
            price: fast.i64(field::PRICE)?,
            numbers: known.map_or_else(Default::default, |known| known.numbers.clone()),
            lists: known.map_or_else(|| Arc::new(lists()), |known| known.lists.clone()),
            fills: known.map_or_else(Default::default, |known| known.fills.clone()),
            currency_columns: known.map_or_else(Default::default, |known| known.currency_columns.clone()),
            reader: reader.clone(),
            fields,
        })
    }

    /// The segment's identity, stable over commits.
    pub fn id(&self) -> SegmentId {
        self.reader.segment_id()
    }

    /// Number of documents, deleted ones too: the length of all its bit sets.
    pub fn len(&self) -> usize {
        self.ordinals.len()
    }

    /// Whether it has no document.
    pub fn is_empty(&self) -> bool {
        self.ordinals.is_empty()
    }

    /// An empty bit set of this segment's length.
    pub fn none(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.len())
    }

    /// Ordinal by document.
    pub fn ordinals(&self) -> &[u32] {
        &self.ordinals
    }

    /// Documents of a content type, deleted ones too.
    pub fn of_type(&self, content_type: ContentType) -> &FixedBitSet {
        &self.by_type[content_type.index()]
    }

    /// Documents that are neither deleted nor outdated by an overlay of these ordinals.
    pub fn live(&self, outdated: &FixedBitSet) -> FixedBitSet {
        let mut live = self.alive.clone();
        if outdated.is_clear() {
            return live;
        }
        for (doc, &ordinal) in self.ordinals.iter().enumerate() {
            if outdated.contains(ordinal as usize) {
                live.set(doc, false);
            }
        }
        live
    }

    /// A number column, if any document of the segment has it. It is decoded when it is first asked for.
    pub(super) fn number_column(&self, name: &str) -> tantivy::Result<Option<Arc<NumberColumn>>> {
        if let Some(known) = self.numbers.lock().get(name) {
            return Ok(Some(known.clone()));
        }
        let column = self.reader.fast_fields().column_opt::<i64>(&format!("{}.{name}", field::NUMBERS))?;
        let decoded = column.map(|column| Arc::new(NumberColumn::decode(&column, self.len())));
        // Two previews may decode the same column at once; that is rarer than waiting for each other would be.
        if let Some(decoded) = &decoded {
            self.numbers.lock().insert(name.to_owned(), decoded.clone());
        }
        Ok(decoded)
    }

    /// Adds a term's documents to a set; `postings` is kept for the next call.
    pub(super) fn collect(
        &self,
        postings: &mut Option<BlockSegmentPostings>,
        term: &TermInfo,
        into: &mut FixedBitSet,
    ) -> tantivy::Result<()> {
        self.each_doc(postings, term, |doc| into.insert(doc))
    }

    /// Calls `see` with each document of a term; `postings` is kept for the next call.
    pub(super) fn each_doc(
        &self,
        postings: &mut Option<BlockSegmentPostings>,
        term: &TermInfo,
        see: impl FnMut(usize),
    ) -> tantivy::Result<()> {
        each_doc(&self.terms, postings, term, see)
    }

    /// Keeps of each candidate set the documents of which its question holds. Each document is read once, however many sets
    /// have it; several threads read at once. Gives up at `deadline`.
    pub fn verify(
        &self,
        candidates: &mut [FixedBitSet],
        deadline: Instant,
        holds: impl Fn(usize, &Document) -> bool + Sync,
    ) -> tantivy::Result<()> {
        let mut any = self.none();
        candidates.iter().for_each(|docs| any.union_with(docs));
        let docs: Vec<usize> = any.ones().collect();
        let asked = &*candidates;
        let refused = docs
            .par_chunks(VERIFY_DOCS)
            .map(|docs| {
                if Instant::now() > deadline {
                    let what = "it took too long; make the rules more selective";
                    return Err(TantivyError::InternalError(what.into()));
                }
                let store = self.reader.get_store_reader(STORE_CACHE_BLOCKS)?;
                let mut refused = Vec::new();
                for &doc in docs {
                    let document = self.stored(&store, doc as DocId)?;
                    let asking = (0..asked.len()).filter(|&question| asked[question].contains(doc));
                    let fails = asking.filter(|&question| !holds(question, &document));
                    refused.extend(fails.map(|question| (question, doc)));
                }
                Ok(refused)
            })
            .collect::<tantivy::Result<Vec<_>>>()?;
        refused.into_iter().flatten().for_each(|(question, doc)| candidates[question].set(doc, false));
        Ok(())
    }

    /// Hands stored documents to `see`, deleted ones too.
    pub fn each_stored(
        &self,
        docs: impl Iterator<Item = usize>,
        mut see: impl FnMut(usize, &Document),
    ) -> tantivy::Result<()> {
        let store = self.reader.get_store_reader(STORE_CACHE_BLOCKS)?;
        for doc in docs {
            see(doc, &self.stored(&store, doc as DocId)?);
        }
        Ok(())
    }

    fn stored(&self, store: &StoreReader, doc: DocId) -> tantivy::Result<Document> {
        let row: TantivyDocument = store.get(doc)?;
        let damaged = |what: String| TantivyError::InternalError(format!("stored document {doc}: {what}"));
        let value = row.get_first(self.fields.document).ok_or_else(|| damaged("missing".into()))?;
        let bytes = value.as_bytes().ok_or_else(|| damaged("no bytes".into()))?;
        postcard::from_bytes(bytes).map_err(|e| damaged(e.to_string()))
    }

    /// The interned merchantId of a document.
    pub fn merchant(&self, doc: usize) -> Option<u32> {
        self.merchant.first(doc as DocId).map(|m| m as u32)
    }

    /// Those of the documents whose interned merchantId is one of `ids`.
    pub fn of_merchants(&self, ids: &FixedBitSet, among: &FixedBitSet) -> FixedBitSet {
        let mut docs = self.none();
        let of_merchants = |doc: &usize| self.merchant(*doc).is_some_and(|id| ids.contains(id as usize));
        among.ones().filter(of_merchants).for_each(|doc| docs.insert(doc));
        docs
    }

    /// Hands the facet values of the documents in `docs` to `see`, one document a call. Only documents in `range` are read,
    /// so that several threads can share a segment; its ends are multiples of [`FACET_DOCS_ALIGN`] or the segment's end.
    pub fn facets(&self, docs: &FixedBitSet, range: Range<usize>, mut see: impl FnMut(&FacetValues)) {
        let mut values = FacetValues::default();
        for doc in ones_in(docs, range) {
            values.merchant = self.merchant.first(doc).map(|m| m as u32);
            values.categories.clear();
            values.categories.extend(self.category.values_for_doc(doc).map(|c| c as u32));
            let currency = self.currency.first(doc).map(|c| c as u32);
            values.price = currency.zip(self.price.first(doc));
            see(&values);
        }
    }
}

/// Documents in a machine word of a bit set.
pub const FACET_DOCS_ALIGN: usize = usize::BITS as usize;

fn ones_in(docs: &FixedBitSet, range: Range<usize>) -> impl Iterator<Item = DocId> {
    let words = range.start / FACET_DOCS_ALIGN..range.end.div_ceil(FACET_DOCS_ALIGN);
    docs.as_slice()[words.clone()].iter().zip(words).flat_map(|(&word, at)| {
        let mut left = word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (bit < usize::BITS).then_some((at * FACET_DOCS_ALIGN) as DocId + bit)
        })
    })
}

fn each_doc(
    terms: &InvertedIndexReader,
    postings: &mut Option<BlockSegmentPostings>,
    term: &TermInfo,
    mut see: impl FnMut(usize),
) -> tantivy::Result<()> {
    let postings = match postings {
        Some(postings) => {
            terms.reset_block_postings_from_terminfo(term, postings)?;
            postings
        }
        None => postings.insert(terms.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?),
    };
    while !postings.docs().is_empty() {
        postings.docs().iter().for_each(|&doc| see(doc as usize));
        postings.advance();
    }
    Ok(())
}

fn by_type(terms: &InvertedIndexReader, len: usize) -> tantivy::Result<[FixedBitSet; 4]> {
    let mut by_type = [const { FixedBitSet::new() }; 4];
    for content_type in ContentType::ALL {
        let docs = &mut by_type[content_type.index()];
        docs.grow(len);
        if let Some(term) = terms.terms().get(type_term(content_type))? {
            each_doc(terms, &mut None, &term, |doc| docs.insert(doc))?;
        }
    }
    Ok(by_type)
}

fn alive(reader: &SegmentReader) -> FixedBitSet {
    let mut alive = FixedBitSet::with_capacity(reader.max_doc() as usize);
    match reader.alive_bitset() {
        None => alive.insert_range(..),
        Some(bits) => bits.iter_alive().for_each(|doc| alive.insert(doc as usize)),
    }
    alive
}
