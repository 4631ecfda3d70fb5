//! What content has taught about undeclared keys: the learning half of the attribute registry (F-1.8).
//!
//! Fed by the fold in log order, so the cap on keys a content type falls on the same keys on every machine. How many live
//! items have a key is the index's business, which counts exactly; here stands what only the history knows.

use super::document::{Document, ExtValue};
use penstock_dsl::registry::ContentType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Undeclared keys a tenant and content type that rules can reach (LANGUAGE.md, Properties).
pub const KEYS_MAX: usize = 10_000;

/// Undeclared keys by content type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    keys: [BTreeMap<Box<str>, LearnedKey>; 4],
}

/// What is known of one undeclared key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedKey {
    /// Epoch milliseconds of the first record that had it.
    pub first_seen_ms: i64,
    /// Epoch milliseconds of the last.
    pub last_seen_ms: i64,
    /// Item versions that had it.
    pub versions: u64,
    shapes: u8,
    distinct: Sketch,
}

const SHAPES: [&str; 5] = ["text", "number", "boolean", "money", "list"];

impl Learned {
    /// Learns from a document that the fold accepted, and takes out of it the keys that are over [`KEYS_MAX`]; returns
    /// those, which no rule can reach.
    pub fn learn(&mut self, document: &mut Document, now_ms: i64) -> Vec<Box<str>> {
        let keys = &mut self.keys[document.content_type.index()];
        let mut over = Vec::new();
        document.ext.retain(|(name, values)| {
            let Some(key) = keys.get_mut(name) else {
                if keys.len() >= KEYS_MAX {
                    over.push(name.clone());
                    return false;
                }
                keys.insert(name.clone(), LearnedKey::new(now_ms));
                keys.get_mut(name).expect("just inserted").see(values.iter().map(|v| &*v.value), now_ms);
                return true;
            };
            key.see(values.iter().map(|v| &*v.value), now_ms);
            true
        });
        over
    }

    /// Takes out of a document the keys that are not known: those that [`Learned::learn`] took out when it came first.
    pub fn keep_known(&self, document: &mut Document) {
        let keys = &self.keys[document.content_type.index()];
        document.ext.retain(|(name, _)| keys.contains_key(name));
    }

    /// The keys seen at a content type, by name.
    pub fn keys(&self, content_type: ContentType) -> impl Iterator<Item = (&str, &LearnedKey)> {
        self.keys[content_type.index()].iter().map(|(name, key)| (&**name, key))
    }
}

impl LearnedKey {
    fn new(now_ms: i64) -> Self {
        LearnedKey { first_seen_ms: now_ms, last_seen_ms: now_ms, versions: 0, shapes: 0, distinct: Sketch::default() }
    }

    fn see<'a>(&mut self, lists: impl Iterator<Item = &'a [ExtValue]>, now_ms: i64) {
        self.last_seen_ms = now_ms;
        self.versions += 1;
        for list in lists {
            self.shapes |= u8::from(list.len() > 1) << 4;
            for value in list {
                self.shapes |= 1 << shape(value);
                if let Some(text) = value.text() {
                    self.distinct.add(xxh3_64(text.raw.as_bytes()));
                }
            }
        }
    }

    /// Names of the shapes seen.
    pub fn shapes(&self) -> Vec<&'static str> {
        SHAPES.iter().enumerate().filter(|(bit, _)| self.shapes & (1 << bit) != 0).map(|(_, name)| *name).collect()
    }

    /// About how many distinct values were seen.
    pub fn distinct_estimate(&self) -> u64 {
        self.distinct.estimate()
    }
}

fn shape(value: &ExtValue) -> u8 {
    match value {
        ExtValue::Text { number: None, .. } => 0,
        ExtValue::Text { .. } | ExtValue::Number { .. } => 1,
        ExtValue::Bool(_) => 2,
        ExtValue::Money(_) => 3,
    }
}

/// The k smallest hashes seen; exact up to k values, about 1/sqrt(k) off beyond.
///
/// Source: Z. Bar-Yossef et al., "Counting distinct elements in a data stream" (2002), the k-minimum-values sketch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sketch {
    /// Ascending, without duplicates.
    smallest: Vec<u64>,
}

const SKETCH_VALUES: usize = 128;

impl Sketch {
    fn add(&mut self, hash: u64) {
        if self.smallest.len() == SKETCH_VALUES && hash >= self.smallest[SKETCH_VALUES - 1] {
            return;
        }
        if let Err(at) = self.smallest.binary_search(&hash) {
            self.smallest.insert(at, hash);
            self.smallest.truncate(SKETCH_VALUES);
        }
    }

    fn estimate(&self) -> u64 {
        match self.smallest.get(SKETCH_VALUES - 1) {
            None => self.smallest.len() as u64,
            Some(&kth) => ((SKETCH_VALUES - 1) as f64 / (kth as f64 / u64::MAX as f64)) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sketch_is_exact_when_small_and_close_when_large() {
        let mut sketch = Sketch::default();
        (0..100u64).for_each(|n| sketch.add(xxh3_64(&(n % 50).to_le_bytes())));
        assert_eq!(sketch.estimate(), 50);
        (0..100_000u64).for_each(|n| sketch.add(xxh3_64(&n.to_le_bytes())));
        assert!((70_000..130_000).contains(&sketch.estimate()), "{}", sketch.estimate());
    }
}
