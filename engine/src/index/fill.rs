//! How many documents of a segment have each property: one pass over the dictionary's presence terms.

use super::segment::SegmentView;
use super::terms::{Tag, split_presence};
use fixedbitset::FixedBitSet;
use penstock_dsl::registry::{ContentType, PropId};
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
pub struct Fill {
    /// The property.
    pub property: PropertyName,
    by_type: [u64; 4],
    slots: Vec<TermInfo>,
}

/// The fills of a segment, once they are known.
pub type Fills = Arc<OnceLock<Vec<Fill>>>;

impl SegmentView {
    /// Hands each property and the number of its documents by content type to `see`, those in `gone` left out. What is asked
    /// first reads the postings of every property, and later ones only where something is gone.
    pub fn fills(&self, gone: &FixedBitSet, mut see: impl FnMut(&PropertyName, [u64; 4])) -> tantivy::Result<()> {
        let fills = match self.fills.get() {
            Some(fills) => fills,
            None => {
                let read = self.read_fills()?;
                self.fills.get_or_init(|| read)
            }
        };
        let mut counter = TypeCounter::new(self);
        let nothing_gone = gone.is_clear();
        for fill in fills {
            let mut by_type = fill.by_type;
            if !nothing_gone {
                let gone = counter.count(&fill.slots, |doc| gone.contains(doc))?;
                by_type.iter_mut().zip(gone).for_each(|(count, gone)| *count -= gone);
            }
            see(&fill.property, by_type);
        }
        Ok(())
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
