//! A walk through a property's values in dictionary order, which keeps the most frequent; and counting documents by value.
//!
//! A walk is bounded by the terms that it reads: it says when that left values unread.

use super::frequent::{Asked, Frequent, FrequentValue};
use super::segment::SegmentView;
use super::terms::{self, split_slot, unescape};
use penstock_dsl::text::fold;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use tantivy::postings::{BlockSegmentPostings, TermInfo};

/// Values in one document that a list keeps beside the more frequent, where it leaves some out: all that an answer can show.
const SINGLES_MAX: usize = 400;
/// Counting so many postings takes about as long as reading one term.
const POSTINGS_A_TERM: u64 = 256;

/// A walk through values in dictionary order, which keeps the most frequent.
pub(super) struct Walk<'a> {
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
    pub fn new(segment: &'a SegmentView, asked: &'a Asked, listed_max: usize, walked_max: usize) -> Self {
        let (kept, counter) = (BinaryHeap::new(), Counter::new(segment));
        let walked_max = walked_max as u64;
        Walk { segment, asked, listed_max, walked_max, counter, kept, rest_max: 0, distinct: 0, walked: 0 }
    }

    /// Reads the values that begin with `prefix` when folded, until `walked_max` terms are read.
    pub fn read(mut self, prefix: &str) -> tantivy::Result<Frequent> {
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
        let raw = unescape(escaped);
        let Ok(value) = std::str::from_utf8(&raw) else { return Ok(()) };
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
pub(super) struct Counter<'a> {
    segment: &'a SegmentView,
    postings: Option<BlockSegmentPostings>,
    several: Vec<usize>,
}

impl<'a> Counter<'a> {
    pub fn new(segment: &'a SegmentView) -> Self {
        Counter { segment, postings: None, several: Vec::new() }
    }

    pub fn count(&mut self, slots: &[TermInfo], counts: impl Fn(usize) -> bool) -> tantivy::Result<u64> {
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

/// Whether a value begins with `prefix` when folded.
fn begins_with(value: &str, prefix: &str) -> bool {
    let (bytes, len) = (value.as_bytes(), prefix.len());
    let plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) && bytes.get(len).is_none_or(u8::is_ascii);
    // Folding changes nothing but the case of an ASCII letter or digit that no mark can follow.
    prefix.is_empty()
        || plain && bytes.get(..len).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        || fold(value).starts_with(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_one_of_the_folded_value() {
        let values = ["", "a", "A b", " ab", "aB", "a\u{301}b", "ab\u{301}", "Ａｂ", "a-b", "ba", "咖啡", "1a"];
        for prefix in ["", "a", "ab", "a b", "a-", "á", "咖", "1"] {
            for value in values {
                assert_eq!(begins_with(value, prefix), fold(value).starts_with(prefix), "{value:?} {prefix:?}");
            }
        }
    }
}
