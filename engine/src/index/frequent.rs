//! A property's values in a segment, most frequent first.
//!
//! Invariant: a list's counts are of all the segment's documents of a type, deleted ones too, so a list never changes and
//! is kept as long as its segment. A list that leaves values out says how frequent these can be at most.

use super::fold_range::fold_ranges;
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag, split_slot, unescape};
use fixedbitset::FixedBitSet;
use penstock_dsl::registry::ContentType;
use penstock_dsl::text::fold;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use tantivy::postings::{BlockSegmentPostings, TermInfo};

/// Values that a list keeps.
pub const LISTED_MAX: usize = 2_048;
/// Values that a walk through those of a prefix reads, in all segments together; with more the kept lists answer.
pub const WALKED_MAX: usize = 30_000;

/// A property and the items that are asked about.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Which terms hold its values.
    pub tag: Tag,
    /// The property.
    pub property: PropertyKey<'a>,
    /// Only items of this type.
    pub content_type: Option<ContentType>,
    /// Whether items of other types can have the property.
    pub shared: bool,
}

/// Values of a property in a segment.
#[derive(Default)]
pub struct Frequent {
    /// Most frequent first, then alphabetical.
    pub values: Vec<FrequentValue>,
    /// No value that is left out stands in more documents; 0 where none is left out.
    pub rest_max: u64,
    /// Distinct values at most.
    pub distinct: u64,
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

impl Frequent {
    /// Memory that it takes, but for what allocations add.
    fn bytes(&self) -> usize {
        let of = |value: &FrequentValue| {
            size_of::<FrequentValue>() + value.value.len() + value.folded.len() + size_of_val(&*value.slots)
        };
        size_of::<Frequent>() + self.values.iter().map(of).sum::<usize>()
    }
}

impl SegmentView {
    /// The most frequent values. Walks all values of the property when it is first asked; the list is kept.
    pub fn frequent(&self, asked: Asked<'_>) -> tantivy::Result<Arc<Frequent>> {
        let key = (terms::prefix(asked.tag, asked.property), asked.content_type);
        if let Some(known) = self.lists.get(&key) {
            return Ok(known);
        }
        let mut walk = Walk::new(self, asked, LISTED_MAX);
        walk.range(&[], &[0xFF], usize::MAX, |_| true)?;
        let list = Arc::new(walk.finish());
        self.lists.insert(key, list.clone(), list.bytes());
        Ok(list)
    }

    /// The most frequent values that begin with `prefix`, both folded; `None` where that means reading over `walked_max`.
    pub fn frequent_with(
        &self,
        asked: Asked<'_>,
        prefix: &str,
        listed_max: usize,
        walked_max: usize,
    ) -> tantivy::Result<Option<Frequent>> {
        let mut walk = Walk::new(self, asked, listed_max);
        for range in fold_ranges(prefix) {
            if !walk.range(&range.start, &range.end, walked_max, |value| fold(value).starts_with(prefix))? {
                return Ok(None);
            }
        }
        Ok(Some(walk.finish()))
    }

    /// How many of `docs` have a value.
    pub fn count_value(&self, asked: Asked<'_>, value: &str, docs: &FixedBitSet) -> tantivy::Result<u64> {
        let mut slots = Vec::new();
        let prefix = terms::value_prefix(asked.tag, asked.property, value.as_bytes(), terms::KEYWORD_BYTES_MAX);
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
}

/// A walk through values in dictionary order, which keeps the most frequent.
struct Walk<'a> {
    segment: &'a SegmentView,
    asked: Asked<'a>,
    listed_max: usize,
    counter: Counter<'a>,
    kept: BinaryHeap<Kept>,
    rest_max: u64,
    distinct: u64,
    seen: usize,
}

impl<'a> Walk<'a> {
    fn new(segment: &'a SegmentView, asked: Asked<'a>, listed_max: usize) -> Self {
        let (kept, counter) = (BinaryHeap::new(), Counter::new(segment));
        Walk { segment, asked, listed_max, counter, kept, rest_max: 0, distinct: 0, seen: 0 }
    }

    /// Reads the values from `from` to before `to` that are wanted; `false` where that would be more than `walked_max`.
    fn range(
        &mut self,
        from: &[u8],
        to: &[u8],
        walked_max: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> tantivy::Result<bool> {
        let prefix = terms::prefix(self.asked.tag, self.asked.property);
        let bound = |value: &[u8]| {
            let mut out = prefix.clone();
            terms::push_escaped(&mut out, value);
            out
        };
        let mut stream = self.segment.terms.terms().range().ge(bound(from)).lt(bound(to)).into_stream()?;
        let (mut value, mut slots): (Vec<u8>, Vec<TermInfo>) = Default::default();
        while let Some((key, info)) = stream.next() {
            let Some((next, _)) = split_slot(&key[prefix.len()..]) else { continue };
            if next != value || slots.is_empty() {
                self.see(&value, &slots, &wanted)?;
                self.seen += 1;
                if self.seen > walked_max {
                    return Ok(false);
                }
                slots.clear();
                value.clear();
                value.extend_from_slice(next);
            }
            slots.push(info.clone());
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
        let docs = match (slots, self.asked.content_type.filter(|_| self.asked.shared)) {
            ([_], None) => at_most,
            (_, None) => self.counter.count(slots, |_| true)?,
            (_, Some(content_type)) => {
                let of_type = self.segment.of_type(content_type);
                self.counter.count(slots, |doc| of_type.contains(doc))?
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
        let shown = |kept: Kept| FrequentValue {
            folded: fold(&kept.value).into(),
            value: kept.value,
            docs: kept.docs,
            slots: kept.slots,
        };
        let values: Vec<FrequentValue> = self.kept.into_sorted_vec().into_iter().map(shown).collect();
        Frequent { values, rest_max: self.rest_max, distinct: self.distinct }
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
