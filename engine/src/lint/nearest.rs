//! "Did you mean": of the values that are there, the one nearest to one that is not.

use super::seen::Items;
use crate::content::document::{Document, Values};
use crate::index::IndexError;
use crate::index::terms::{PropertyKey, Tag};
use crate::matcher::fuzzy::within_distance;
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::Kind;
use penstock_dsl::text::{default_distance, fold};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Distinct values of a segment, and of the newest items, that are compared.
const COMPARED_MAX: usize = 200_000;
/// Shorter values are the beginning of too many.
const BEGINNING_CHARS_MIN: usize = 3;

/// For each folded value the nearest that is there, with its number of items. Near is: the same after folding, within the
/// distance that `~` allows, or one that begins with it; of equally near ones the most frequent.
pub(super) fn nearest(
    items: &Items<'_>,
    property: &PropertyRef,
    wanted: &[String],
) -> Result<Vec<Option<(String, u64)>>, IndexError> {
    let Some(key) = PropertyKey::of(property) else { return Ok(vec![None; wanted.len()]) };
    let tag = match property {
        PropertyRef::Declared(id) if id.kind() != Kind::Text => Tag::Keyword,
        _ => Tag::Display,
    };
    let mut near: Vec<Near<'_>> = wanted.iter().map(|wanted| Near { wanted, found: HashMap::new() }).collect();
    for (segment, docs) in items.snapshot.index.segments.iter().zip(&items.docs) {
        let mut compared = 0;
        segment.values(tag, key, docs, &mut |value, count| {
            compared += 1;
            if count > 0 && compared <= COMPARED_MAX {
                see(&mut near, value, count);
            }
        })?;
    }
    let newest = items.newest().flat_map(|document| values(document, property));
    newest.take(COMPARED_MAX).for_each(|value| see(&mut near, value, 1));
    Ok(near.into_iter().map(Near::best).collect())
}

fn see(near: &mut [Near<'_>], value: &str, count: u64) {
    let folded = fold(value);
    near.iter_mut().for_each(|near| near.see(value, &folded, count));
}

/// The values near a wanted one.
struct Near<'a> {
    wanted: &'a str,
    /// How far, and how many items.
    found: HashMap<String, (u8, u64)>,
}

impl Near<'_> {
    fn see(&mut self, value: &str, folded: &str, count: u64) {
        if let Some(far) = distance(self.wanted, folded) {
            self.found.entry(value.to_owned()).or_insert((far, 0)).1 += count;
        }
    }

    fn best(self) -> Option<(String, u64)> {
        let found = self.found.into_iter();
        let best =
            found.min_by(|(a, (near, many)), (b, (far, few))| (near, Reverse(many), a).cmp(&(far, Reverse(few), b)));
        best.map(|(value, (_, count))| (value, count))
    }
}

/// How far a folded value is from a folded wanted one; `None` where it is not near.
fn distance(wanted: &str, value: &str) -> Option<u8> {
    if wanted == value {
        return Some(0);
    }
    let edits_max = default_distance(wanted);
    // A character is at most four bytes.
    if edits_max > 0 && wanted.len().abs_diff(value.len()) <= 8 {
        if let Some(edits) = (1..=edits_max).find(|&edits| within_distance(wanted, value, edits)) {
            return Some(edits);
        }
    }
    let rest = value.strip_prefix(wanted).filter(|_| wanted.chars().nth(BEGINNING_CHARS_MIN - 1).is_some())?;
    rest.starts_with(|c: char| !c.is_alphanumeric()).then_some(3)
}

/// A document's distinct values of a property as they were sent.
fn values<'d>(document: &'d Document, property: &PropertyRef) -> BTreeSet<&'d str> {
    match property {
        PropertyRef::Declared(id) => match document.get(*id) {
            Some(Values::Keywords(lists)) => {
                lists.iter().flat_map(|list| list.value.iter().map(|value| &**value)).collect()
            }
            Some(Values::Texts(texts)) => texts.iter().map(|text| &*text.value.raw).collect(),
            _ => BTreeSet::new(),
        },
        PropertyRef::Ext(key) => {
            let lists = document.ext(key).unwrap_or_default().iter();
            lists.flat_map(|list| list.value.iter().filter_map(|v| v.text()).map(|t| &*t.raw)).collect()
        }
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn near_is_what_an_operator_may_have_meant() {
        for (wanted, value, expected) in [
            ("cebu city", "cebu city", Some(0)),
            ("cebu ctiy", "cebu city", Some(1)),
            ("cebu", "cebu city", Some(3)),
            ("cebu", "cebuano", None),
            ("ce", "ce 1", None),
            ("abc", "abd", None),
            ("manila", "quezon", None),
            ("東京都港区", "東京都港區", Some(1)),
        ] {
            assert_eq!(distance(wanted, value), expected, "{wanted} {value}");
        }
    }
}
