//! Reading a property's distinct values, with document counts, from a segment's dictionary.

use super::lower::prefix_end;
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag, split_slot, unescape};
use fixedbitset::FixedBitSet;
use tantivy::postings::{BlockSegmentPostings, TermInfo};

impl SegmentView {
    /// Calls `see` with each distinct value of a property and the number of `docs` that have it, in any slot; values that
    /// were cut are left out, values of no such document come with 0.
    pub fn values(
        &self,
        tag: Tag,
        property: PropertyKey<'_>,
        docs: &FixedBitSet,
        see: &mut dyn FnMut(&str, u64),
    ) -> tantivy::Result<()> {
        let prefix = terms::prefix(tag, property);
        let mut counter = Counter { segment: self, docs, all: docs.count_ones(..) == self.len(), postings: None };
        let mut stream =
            self.terms.terms().range().ge(&prefix).lt(prefix_end(&prefix).expect("tags are small")).into_stream()?;
        let mut value: Vec<u8> = Vec::new();
        let mut slots: Vec<TermInfo> = Vec::new();
        while let Some((key, info)) = stream.next() {
            let Some((next, _)) = split_slot(&key[prefix.len()..]) else { continue };
            if next != value {
                counter.tell(&value, &slots, see)?;
                slots.clear();
                value.clear();
                value.extend_from_slice(next);
            }
            slots.push(info.clone());
        }
        counter.tell(&value, &slots, see)
    }
}

struct Counter<'a> {
    segment: &'a SegmentView,
    docs: &'a FixedBitSet,
    /// Whether `docs` is every document of the segment: then the dictionary's own count is right.
    all: bool,
    postings: Option<BlockSegmentPostings>,
}

impl Counter<'_> {
    fn tell(&mut self, escaped: &[u8], slots: &[TermInfo], see: &mut dyn FnMut(&str, u64)) -> tantivy::Result<()> {
        let count = match slots {
            [] => return Ok(()),
            [one] if self.all => u64::from(one.doc_freq),
            _ => self.count(slots)?,
        };
        let value = unescape(escaped);
        match std::str::from_utf8(&value) {
            Ok(value) if value.len() <= terms::KEYWORD_BYTES_MAX => see(value, count),
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, slots: &[TermInfo]) -> tantivy::Result<u64> {
        if let [one] = slots {
            let mut count = 0;
            self.segment.each_doc(&mut self.postings, one, |doc| count += u64::from(self.docs.contains(doc)))?;
            return Ok(count);
        }
        let mut docs = self.segment.none();
        for slot in slots {
            self.segment.collect(&mut self.postings, slot, &mut docs)?;
        }
        Ok(docs.intersection_count(self.docs) as u64)
    }
}
