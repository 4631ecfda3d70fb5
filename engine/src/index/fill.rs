//! How many documents of a segment have each property: one pass over the dictionary's presence terms.

use super::segment::SegmentView;
use super::terms::{Tag, split_presence};
use crate::content::document::Document;
use fixedbitset::FixedBitSet;
use parking_lot::Mutex;
use penstock_dsl::registry::{ContentType, PropId};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tantivy::postings::{BlockSegmentPostings, TermInfo};

/// A property as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PropertyName {
    /// Declared.
    Declared(PropId),
    /// An undeclared key.
    Ext(Box<str>),
}

/// A property's documents in a segment, deleted ones too.
struct Fill {
    property: PropertyName,
    by_type: [u64; 4],
    slots: Vec<TermInfo>,
}

/// What is known of a segment's fills; shared with the same segment in later commits.
#[derive(Default)]
pub struct Fills {
    all: OnceLock<Vec<Fill>>,
    gone: Mutex<Option<Arc<Gone>>>,
}

/// What some documents have of each property, in the order of the fills.
struct Gone {
    docs: FixedBitSet,
    by_property: Vec<[u64; 4]>,
}

/// Passing over all postings takes about as long as reading one in so many of the documents.
const POSTINGS_DOCS: usize = 256;

impl SegmentView {
    /// Hands each property and the number of its documents by content type to `see`, those in `gone` left out. What is asked
    /// first reads the postings of every property; later on only documents are read that have gone since it was last asked,
    /// unless these are many.
    pub fn fills(&self, gone: &FixedBitSet, mut see: impl FnMut(&PropertyName, [u64; 4])) -> tantivy::Result<()> {
        let fills = match self.fills.all.get() {
            Some(fills) => fills,
            None => {
                let read = self.read_fills()?;
                self.fills.all.get_or_init(|| read)
            }
        };
        let gone = self.count_gone(fills, gone)?;
        for (fill, gone) in fills.iter().zip(&gone.by_property) {
            let mut by_type = fill.by_type;
            by_type.iter_mut().zip(gone).for_each(|(count, gone)| *count -= gone);
            see(&fill.property, by_type);
        }
        Ok(())
    }

    fn count_gone(&self, fills: &[Fill], docs: &FixedBitSet) -> tantivy::Result<Arc<Gone>> {
        let known = self.fills.gone.lock().clone();
        let known =
            known.unwrap_or_else(|| Arc::new(Gone { docs: self.none(), by_property: vec![[0; 4]; fills.len()] }));
        let changed = docs.symmetric_difference(&known.docs).count();
        let by_property = match changed {
            0 => return Ok(known),
            _ if changed * POSTINGS_DOCS <= self.len() => self.corrected(fills, &known, docs)?,
            _ => {
                let mut counter = TypeCounter::new(self);
                let count = |fill: &Fill| counter.count(&fill.slots, |doc| docs.contains(doc));
                fills.iter().map(count).collect::<tantivy::Result<_>>()?
            }
        };
        let gone = Arc::new(Gone { docs: docs.clone(), by_property });
        *self.fills.gone.lock() = Some(gone.clone());
        Ok(gone)
    }

    /// Counts of `docs` from those of others that are nearly the same.
    fn corrected(&self, fills: &[Fill], known: &Gone, docs: &FixedBitSet) -> tantivy::Result<Vec<[u64; 4]>> {
        let places: HashMap<&PropertyName, usize> = fills.iter().map(|fill| &fill.property).zip(0..).collect();
        let mut by_property = known.by_property.clone();
        let mut each = |document: &Document, change: fn(&mut u64)| {
            let declared = document.declared.iter().map(|(id, _)| PropertyName::Declared(*id));
            let undeclared = document.ext.iter().map(|(key, _)| PropertyName::Ext(key.clone()));
            for property in declared.chain(undeclared) {
                if let Some(&place) = places.get(&property) {
                    change(&mut by_property[place][document.content_type.index()]);
                }
            }
        };
        self.each_stored(docs.difference(&known.docs), |_, document| each(document, |count| *count += 1))?;
        self.each_stored(known.docs.difference(docs), |_, document| each(document, |count| *count -= 1))?;
        Ok(by_property)
    }

    fn read_fills(&self) -> tantivy::Result<Vec<Fill>> {
        let mut fills: Vec<Fill> = Vec::new();
        self.terms_under(&[Tag::Presence as u8], |rest, term| {
            if let Some(property) = split_presence(rest) {
                match fills.last_mut().filter(|fill| fill.property == property) {
                    Some(fill) => fill.slots.push(term.clone()),
                    None => fills.push(Fill { property, by_type: [0; 4], slots: vec![term.clone()] }),
                }
            }
            Ok(())
        })?;
        let mut counter = TypeCounter::new(self);
        for fill in &mut fills {
            fill.by_type = match (&fill.property, &fill.slots[..]) {
                (PropertyName::Declared(id), [slot]) if id.get().declared.len() == 1 => {
                    let mut by_type = [0; 4];
                    by_type[id.get().declared[0].content_type.index()] = slot.doc_freq.into();
                    by_type
                }
                _ => counter.count(&fill.slots, |_| true)?,
            };
        }
        Ok(fills)
    }
}

/// Counts documents by content type, each once.
struct TypeCounter<'a> {
    segment: &'a SegmentView,
    postings: Option<BlockSegmentPostings>,
    several: Vec<usize>,
}

impl<'a> TypeCounter<'a> {
    fn new(segment: &'a SegmentView) -> Self {
        TypeCounter { segment, postings: None, several: Vec::new() }
    }

    fn count(&mut self, slots: &[TermInfo], counts: impl Fn(usize) -> bool) -> tantivy::Result<[u64; 4]> {
        let TypeCounter { segment, postings, several } = self;
        let mut by_type = [0; 4];
        let mut add = |doc: usize| {
            let is_of = |t: &ContentType| segment.of_type(*t).contains(doc);
            ContentType::ALL.into_iter().find(is_of).into_iter().for_each(|t| by_type[t.index()] += 1);
        };
        if let [one] = slots {
            segment.each_doc(postings, one, |doc| {
                if counts(doc) {
                    add(doc);
                }
            })?;
            return Ok(by_type);
        }
        several.clear();
        for slot in slots {
            segment.each_doc(postings, slot, |doc| several.extend(counts(doc).then_some(doc)))?;
        }
        several.sort_unstable();
        several.dedup();
        several.iter().for_each(|&doc| add(doc));
        Ok(by_type)
    }
}
