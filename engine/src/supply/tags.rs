//! Tags: lists of values that models and wallets give to items, beside the items' own content (D-45).
//!
//! A tag is known by who writes it (a model or a wallet) and its name; an item has one list of values of it, with a version of its
//! own, by the same rules as content versions (D-16). Tags may come before the item's content does.

use super::bits::Bits;
use super::change::Ordinal;
use super::outcome::WriteOutcome;
use penstock_dsl::expr::{Predicate, PropertyRef, Subject, Test};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Different values of one tag; more are refused, for a tag is a vocabulary and no text.
pub const VALUES_MAX: usize = 10_000;
/// Tags of a tenant.
pub const TAGS_MAX: usize = 1_000;

/// Who writes a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TagKind {
    /// A model (`tag.algo.<name>`).
    Algo,
    /// A wallet (`tag.custom.<name>`).
    Custom,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TagName {
    /// Who writes it.
    pub kind: TagKind,
    /// Its name.
    pub name: Box<str>,
}

impl TagName {
    /// The tag that a rule reads; `None` where it reads something else.
    pub fn of(property: &PropertyRef) -> Option<TagName> {
        match property {
            PropertyRef::TagAlgo(name) => Some(TagName { kind: TagKind::Algo, name: name.as_str().into() }),
            PropertyRef::TagCustom(name) => Some(TagName { kind: TagKind::Custom, name: name.as_str().into() }),
            PropertyRef::Declared(_) | PropertyRef::Ext(_) => None,
        }
    }
}

/// The values of one tag: which items have them. Cheap to copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TagValues {
    by_value: BTreeMap<Arc<str>, Bits>,
    set: Bits,
}

/// What rules read of tags; snapshots hold copies of it.
pub type TagView = BTreeMap<TagName, Arc<TagValues>>;

/// All tags of a tenant.
#[derive(Default)]
pub struct Tags {
    view: Arc<TagView>,
    written: BTreeMap<TagName, BTreeMap<Ordinal, Written>>,
}

/// What an item was last given of a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    version: i64,
    /// Sorted, each once.
    values: Box<[Arc<str>]>,
}

impl TagValues {
    /// Whether an item passes a test of this tag.
    pub fn passes(&self, test: &Test, ordinal: Ordinal) -> bool {
        let has = |value: &String| self.by_value.get(value.as_str()).is_some_and(|items| items.contains(ordinal));
        match test {
            Test::IsSet => self.set.contains(ordinal),
            Test::KeywordIn(values) => values.iter().any(has),
            Test::KeywordAll(values) => values.iter().all(has),
            _ => false,
        }
    }

    /// Items that have each value, by value.
    pub fn values(&self) -> impl Iterator<Item = (&Arc<str>, &Bits)> {
        self.by_value.iter()
    }
}

/// Whether an item passes a predicate on a tag; false for a predicate on anything else.
pub fn passes(view: &TagView, predicate: &Predicate, ordinal: Ordinal) -> bool {
    let Predicate::Test { subject: Subject { property, .. }, test } = predicate else { return false };
    let values = TagName::of(property).and_then(|tag| view.get(&tag));
    values.is_some_and(|values| values.passes(test, ordinal))
}

impl Tags {
    /// What rules read.
    pub fn view(&self) -> &Arc<TagView> {
        &self.view
    }

    /// Gives an item a tag's values; none take the tag away.
    pub fn write(&mut self, tag: &TagName, ordinal: Ordinal, version: i64, values: &[Box<str>]) -> WriteOutcome {
        let mut values: Vec<Arc<str>> = values.iter().map(|value| value.trim().into()).collect();
        values.retain(|value: &Arc<str>| !value.is_empty());
        values.sort_unstable();
        values.dedup();
        let known = self.written.get(tag).and_then(|items| items.get(&ordinal));
        if let Some(known) = known {
            match (version.cmp(&known.version), *known.values == *values) {
                (std::cmp::Ordering::Less, _) => return WriteOutcome::StaleIgnored,
                (std::cmp::Ordering::Equal, true) => return WriteOutcome::Duplicate,
                (std::cmp::Ordering::Equal, false) => return WriteOutcome::VersionConflict,
                (std::cmp::Ordering::Greater, _) => {}
            }
        }
        if !self.view.contains_key(tag) && self.view.len() >= TAGS_MAX {
            return WriteOutcome::Refused(format!("there are {TAGS_MAX} tags already; use one of them"));
        }
        let shared = Arc::make_mut(Arc::make_mut(&mut self.view).entry(tag.clone()).or_default());
        let fresh = values.iter().filter(|value| !shared.by_value.contains_key(*value)).count();
        if shared.by_value.len() + fresh > VALUES_MAX {
            return WriteOutcome::Refused(format!(
                "this tag has {VALUES_MAX} different values already; use one of them"
            ));
        }
        let before = known.map_or(&[][..], |known| &known.values[..]);
        for value in before.iter().filter(|value| values.binary_search(value).is_err()) {
            let items = shared.by_value.get_mut(value);
            if let Some(items) = items {
                items.set(ordinal, false);
                if items.is_empty() {
                    shared.by_value.remove(value);
                }
            }
        }
        for value in &values {
            shared.by_value.entry(value.clone()).or_default().set(ordinal, true);
        }
        shared.set.set(ordinal, !values.is_empty());
        let written = Written { version, values: values.into() };
        self.written.entry(tag.clone()).or_default().insert(ordinal, written);
        WriteOutcome::Applied
    }

    /// The tags of an item with their versions and values.
    pub fn of_item(&self, ordinal: Ordinal) -> impl Iterator<Item = (&TagName, i64, &[Arc<str>])> {
        self.written.iter().filter_map(move |(tag, items)| {
            let written = items.get(&ordinal)?;
            Some((tag, written.version, &written.values[..]))
        })
    }

    /// For a checkpoint.
    pub fn export(&self) -> TagsBody {
        TagsBody(self.written.clone())
    }
}

/// The tags in a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct TagsBody(BTreeMap<TagName, BTreeMap<Ordinal, Written>>);

impl TagsBody {
    /// The tags.
    pub fn tags(self) -> Tags {
        let mut view = TagView::new();
        for (tag, items) in &self.0 {
            let mut values = TagValues::default();
            for (ordinal, written) in items {
                for value in &written.values {
                    values.by_value.entry(value.clone()).or_default().set(*ordinal, true);
                }
                values.set.set(*ordinal, !written.values.is_empty());
            }
            view.insert(tag.clone(), Arc::new(values));
        }
        Tags { view: Arc::new(view), written: self.0 }
    }
}
