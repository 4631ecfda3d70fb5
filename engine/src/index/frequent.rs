//! A property's values in a segment, most frequent first.
//!
//! Invariant: a list's counts are of all the segment's documents of a type, deleted ones too, so a list never changes and
//! is kept as long as its segment. A list that leaves values out says how frequent these can be at most, but a partial one,
//! which tells nothing of values that were not read.

use super::fold_range::fold_ranges;
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag};
use super::walk::{Counter, Walk};
use fixedbitset::FixedBitSet;
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, Kind, PropId};
use penstock_dsl::text::fold;
use std::ops::Range;
use std::sync::Arc;
use tantivy::postings::TermInfo;

/// Values that a list keeps.
const LISTED_MAX: usize = 2_048;
/// Terms that one request reads, in all segments together, where no list is there or a list does not do.
pub const WALKED_MAX: usize = 15_000;
/// A property's values, and of which items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The start of the terms that hold the values.
    pub(super) terms: Vec<u8>,
    /// Only items of this type; `None` also where items of one type alone can have the property.
    pub(super) content_type: Option<ContentType>,
}

impl Asked {
    /// The values of a property; `None` where it has none that are listed.
    pub fn of(property: &PropertyRef, content_type: Option<ContentType>) -> Option<Self> {
        let (tag, shared) = match property {
            PropertyRef::Declared(id) => (listed_tag(*id)?, id.get().declared.len() > 1),
            PropertyRef::Ext(_) => (Tag::Display, true),
            PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => return None,
        };
        Some(Self::new(tag, PropertyKey::of(property)?, content_type.filter(|_| shared)))
    }

    pub(super) fn new(tag: Tag, property: PropertyKey<'_>, content_type: Option<ContentType>) -> Self {
        Asked { terms: terms::prefix(tag, property), content_type }
    }

    /// Ranges of terms that hold the values that begin with `prefix`, both folded, and few others.
    pub(super) fn ranges(&self, prefix: &str) -> Vec<Range<Vec<u8>>> {
        let bound = |value: &[u8]| {
            let mut out = self.terms.clone();
            terms::push_escaped(&mut out, value);
            out
        };
        fold_ranges(prefix).iter().map(|values| bound(&values.start)..bound(&values.end)).collect()
    }

    /// The values of every declared property, of items of each type that has it.
    pub fn declared() -> impl Iterator<Item = Self> {
        let types = PropId::all().flat_map(|id| id.get().declared.iter().map(move |d| (id, d.content_type)));
        types.filter_map(|(id, content_type)| Self::of(&PropertyRef::Declared(id), Some(content_type)))
    }
}

/// Which terms hold a declared property's values as drop-downs show them.
fn listed_tag(id: PropId) -> Option<Tag> {
    match id.kind() {
        Kind::Keyword | Kind::List => Some(Tag::Keyword),
        Kind::Text => Some(Tag::Display),
        Kind::Number | Kind::Money | Kind::PriceRange | Kind::Time | Kind::Location | Kind::Presence => None,
    }
}

/// Values of a property in a segment.
#[derive(Default)]
pub struct Frequent {
    /// Most frequent first, then alphabetical.
    pub values: Vec<FrequentValue>,
    /// No value that was read and is left out stands in more documents; 0 where none is left out.
    pub rest_max: u64,
    /// Distinct values at most, those that were not read too.
    pub distinct: u64,
    /// Whether values were not read.
    pub partial: bool,
}

/// A value in a segment.
pub struct FrequentValue {
    /// As the merchant wrote it.
    pub value: Box<str>,
    /// Folded.
    pub folded: Box<str>,
    /// Documents of the type that have it, deleted ones too.
    pub docs: u64,
    slots: Box<[TermInfo]>,
}

impl FrequentValue {
    pub(super) fn new(value: Box<str>, docs: u64, slots: Box<[TermInfo]>) -> Self {
        FrequentValue { folded: fold(&value).into(), value, docs, slots }
    }
}

impl Frequent {
    /// Whether it has every value.
    pub fn is_complete(&self) -> bool {
        self.rest_max == 0 && !self.partial
    }

    /// Memory that it takes, but for what allocations add.
    pub(super) fn bytes(&self) -> usize {
        let of = |value: &FrequentValue| {
            size_of::<FrequentValue>() + value.value.len() + value.folded.len() + size_of_val(&*value.slots)
        };
        size_of::<Frequent>() + self.values.iter().map(of).sum::<usize>()
    }
}

impl SegmentView {
    /// The list of the most frequent values, if it is made already; if not, it will be.
    pub fn known_list(&self, asked: &Asked) -> Option<Arc<Frequent>> {
        self.lists.get(asked)
    }

    /// Whether the list is made; asks for nothing.
    pub fn has_list(&self, asked: &Asked) -> bool {
        self.lists.has(asked)
    }

    /// The most frequent values, of which `walked_max` terms are read; kept where these are all.
    pub fn frequent(&self, asked: &Asked, walked_max: usize) -> tantivy::Result<Arc<Frequent>> {
        let list = Arc::new(Walk::new(self, asked, LISTED_MAX, walked_max).read("")?);
        if !list.partial {
            self.lists.insert(asked.clone(), list.clone());
        }
        Ok(list)
    }

    /// The most frequent values that begin with `prefix`, both folded, of which `walked_max` terms are read.
    pub fn frequent_with(
        &self,
        asked: &Asked,
        prefix: &str,
        listed_max: usize,
        walked_max: usize,
    ) -> tantivy::Result<Frequent> {
        Walk::new(self, asked, listed_max, walked_max).read(prefix)
    }

    /// The list of the most frequent values; reads them all.
    pub(super) fn list(&self, asked: &Asked) -> tantivy::Result<Arc<Frequent>> {
        Ok(Arc::new(Walk::new(self, asked, LISTED_MAX, usize::MAX).read("")?))
    }

    /// How many of `docs` have a value.
    pub fn count_value(&self, asked: &Asked, value: &str, docs: &FixedBitSet) -> tantivy::Result<u64> {
        let mut slots = Vec::new();
        let prefix = terms::value_under(asked.terms.clone(), value.as_bytes(), terms::KEYWORD_BYTES_MAX);
        self.terms_under(&prefix, |_, term| {
            slots.push(term.clone());
            Ok(())
        })?;
        Counter::new(self).count(&slots, |doc| docs.contains(doc))
    }

    /// How many of `docs` have a value of one of this segment's lists.
    pub fn count_listed(&self, value: &FrequentValue, docs: &FixedBitSet) -> tantivy::Result<u64> {
        Counter::new(self).count(&value.slots, |doc| docs.contains(doc))
    }

    /// Terms among which those of the values are that begin with `prefix`, both folded.
    pub fn terms_with(&self, asked: &Asked, prefix: &str) -> tantivy::Result<u64> {
        let terms = |range: Range<Vec<u8>>| Ok(self.terms_before(&range.end)? - self.terms_before(&range.start)?);
        asked.ranges(prefix).into_iter().map(terms).sum()
    }

    fn terms_before(&self, term: &[u8]) -> tantivy::Result<u64> {
        let terms = self.terms.terms();
        let mut stream = terms.range().ge(term).into_stream()?;
        Ok(if stream.advance() { stream.term_ord() } else { terms.num_terms() as u64 })
    }
}
