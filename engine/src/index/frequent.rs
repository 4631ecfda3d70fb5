//! A property's values in a segment, most frequent first.
//!
//! Invariant: a list's counts are of all the segment's documents of a type, deleted ones too, so a list never changes and
//! is kept as long as its segment. A list that leaves values out says how frequent these can be at most, but a partial one,
//! which tells nothing of values that were not read.

use super::fold_range::fold_ranges;
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag, split_slot, unescape};
use fixedbitset::FixedBitSet;
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, Kind, PropId};
use penstock_dsl::text::fold;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;
use tantivy::postings::{BlockSegmentPostings, TermInfo};

/// Values that a list keeps.
const LISTED_MAX: usize = 2_048;
/// Values in one document that a list keeps beside the more frequent, where it leaves some out: all that an answer can show.
const SINGLES_MAX: usize = 400;
/// Terms that one request reads, in all segments together, where no list is there or a list does not do.
pub const WALKED_MAX: usize = 15_000;
/// Counting so many postings takes about as long as reading one term.
const POSTINGS_A_TERM: u64 = 256;

/// A property's values, and of which items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The start of the terms that hold the values.
    terms: Vec<u8>,
    /// Only items of this type; `None` also where items of one type alone can have the property.
    content_type: Option<ContentType>,
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
    fn ranges(&self, prefix: &str) -> Vec<Range<Vec<u8>>> {
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

/// Whether a value begins with `prefix` when folded.
fn begins_with(value: &str, prefix: &str) -> bool {
    let (bytes, len) = (value.as_bytes(), prefix.len());
    let plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) && bytes.get(len).is_none_or(u8::is_ascii);
    // Folding changes nothing but the case of an ASCII letter or digit that no mark can follow.
    prefix.is_empty()
        || plain && bytes.get(..len).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        || fold(value).starts_with(prefix)
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

/// A walk through values in dictionary order, which keeps the most frequent.
struct Walk<'a> {
    segment: &'a SegmentView,
    asked: &'a Asked,
    listed_max: usize,
    walked_max: u64,
    counter: Counter<'a>,
    kept: BinaryHeap<Kept>,
    rest_max: u64,
    distinct: u64,
    /// Terms read, and what took as long as reading one.
    walked: u64,
}

impl<'a> Walk<'a> {
    fn new(segment: &'a SegmentView, asked: &'a Asked, listed_max: usize, walked_max: usize) -> Self {
        let (kept, counter) = (BinaryHeap::new(), Counter::new(segment));
        let walked_max = walked_max as u64;
        Walk { segment, asked, listed_max, walked_max, counter, kept, rest_max: 0, distinct: 0, walked: 0 }
    }

    /// Reads the values that begin with `prefix` when folded, until `walked_max` terms are read.
    fn read(mut self, prefix: &str) -> tantivy::Result<Frequent> {
        for range in self.asked.ranges(prefix) {
            if !self.range(&range, |value| begins_with(value, prefix))? {
                let distinct = self.segment.terms_with(self.asked, prefix)?;
                return Ok(Frequent { distinct, partial: true, ..self.finish() });
            }
        }
        Ok(self.finish())
    }

    /// Reads the wanted values of a range; `false` where that would be more than `walked_max`.
    fn range(&mut self, terms: &Range<Vec<u8>>, wanted: impl Fn(&str) -> bool) -> tantivy::Result<bool> {
        let dictionary = self.segment.terms.terms();
        let mut stream = dictionary.range().ge(&terms.start).lt(&terms.end).into_stream()?;
        let (mut value, mut slots): (Vec<u8>, Vec<TermInfo>) = Default::default();
        while let Some((key, info)) = stream.next() {
            let Some((next, _)) = split_slot(&key[self.asked.terms.len()..]) else { continue };
            if next != value || slots.is_empty() {
                self.see(&value, &slots, &wanted)?;
                if self.walked >= self.walked_max {
                    return Ok(false);
                }
                slots.clear();
                value.clear();
                value.extend_from_slice(next);
            }
            slots.push(info.clone());
            self.walked += 1;
        }
        self.see(&value, &slots, &wanted)?;
        Ok(true)
    }

    fn see(&mut self, escaped: &[u8], slots: &[TermInfo], wanted: &impl Fn(&str) -> bool) -> tantivy::Result<()> {
        let plain = memchr::memchr(0, escaped).is_none();
        let unescaped = if plain { Default::default() } else { unescape(escaped) };
        let raw = if plain { escaped } else { &unescaped };
        let Ok(value) = std::str::from_utf8(raw) else { return Ok(()) };
        // A longer value was cut.
        if slots.is_empty() || value.len() > terms::KEYWORD_BYTES_MAX || !wanted(value) {
            return Ok(());
        }
        self.distinct += 1;
        let at_most = slots.iter().map(|slot| u64::from(slot.doc_freq)).sum();
        // Of equally frequent values the first stay, and later ones are greater.
        let full = self.kept.len() >= self.listed_max;
        if full && self.kept.peek().is_some_and(|least| at_most <= least.docs) {
            self.rest_max = self.rest_max.max(at_most);
            return Ok(());
        }
        let docs = match (slots, self.asked.content_type) {
            ([_], None) => at_most,
            (_, content_type) => {
                self.walked += at_most / POSTINGS_A_TERM;
                let of_type = content_type.map(|t| self.segment.of_type(t));
                self.counter.count(slots, |doc| of_type.is_none_or(|docs| docs.contains(doc)))?
            }
        };
        if docs > 0 {
            self.keep(Kept { docs, place: self.distinct, value: value.into(), slots: slots.into() });
        }
        Ok(())
    }

    fn keep(&mut self, kept: Kept) {
        self.kept.push(kept);
        if self.kept.len() > self.listed_max
            && let Some(least) = self.kept.pop()
        {
            self.rest_max = self.rest_max.max(least.docs);
        }
    }

    fn finish(self) -> Frequent {
        let (rest_max, distinct) = (self.rest_max, self.distinct);
        let mut kept = self.kept.into_sorted_vec();
        if rest_max > 0 {
            let several = kept.partition_point(|kept| kept.docs > 1);
            kept.truncate(several + SINGLES_MAX);
        }
        let values = kept.into_iter().map(|kept| FrequentValue::new(kept.value, kept.docs, kept.slots)).collect();
        Frequent { values, rest_max, distinct, partial: false }
    }
}

/// A value that is kept so far; the greatest is the first to go.
struct Kept {
    docs: u64,
    /// In dictionary order.
    place: u64,
    value: Box<str>,
    slots: Box<[TermInfo]>,
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        other.docs.cmp(&self.docs).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Kept {}

/// Counts documents, each once however many slots it has the value in.
struct Counter<'a> {
    segment: &'a SegmentView,
    postings: Option<BlockSegmentPostings>,
    several: Vec<usize>,
}

impl<'a> Counter<'a> {
    fn new(segment: &'a SegmentView) -> Self {
        Counter { segment, postings: None, several: Vec::new() }
    }

    fn count(&mut self, slots: &[TermInfo], counts: impl Fn(usize) -> bool) -> tantivy::Result<u64> {
        if let [one] = slots {
            let mut count = 0;
            self.segment.each_doc(&mut self.postings, one, |doc| count += u64::from(counts(doc)))?;
            return Ok(count);
        }
        self.several.clear();
        for slot in slots {
            let several = &mut self.several;
            self.segment.each_doc(&mut self.postings, slot, |doc| several.extend(counts(doc).then_some(doc)))?;
        }
        self.several.sort_unstable();
        self.several.dedup();
        Ok(self.several.len() as u64)
    }
}
