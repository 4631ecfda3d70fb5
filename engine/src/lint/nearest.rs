//! "Did you mean": of the values that are there, the one nearest to one that is not.
//!
//! Candidates are what drop-downs list, which may be of a later moment; what is offered has its count in the report's snapshot.

use super::seen::Items;
use crate::api::ValuesRequest;
use crate::index::IndexError;
use crate::matcher::fuzzy::within_distance;
use crate::preview::values::{VALUES_MAX, list};
use crate::tenant::Tenant;
use penstock_dsl::expr::{PropertyRef, Subject, Test};
use penstock_dsl::registry::Kind;
use penstock_dsl::text::{default_distance, fold};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Characters of a wanted value that candidates begin with; the most frequent values of the property are candidates too.
const BEGINNING_CHARS: usize = 3;
/// Candidates of one wanted value that are counted.
const COUNTED_MAX: usize = 3;

/// For each folded value the nearest that is there, with its number of items. Near is: the same after folding, within the
/// distance that `~` allows, or one that begins with it; of equally near ones the most frequent.
pub(super) fn nearest(
    tenant: &Tenant,
    items: &Items<'_>,
    subject: &Subject,
    wanted: &[String],
) -> Result<Vec<Option<(String, u64)>>, IndexError> {
    let frequent = listed(tenant, items, &subject.property, "")?;
    let nearest = |wanted: &String| {
        if items.is_late() {
            return Ok(None);
        }
        let beginning: String = wanted.chars().take(BEGINNING_CHARS).collect();
        let mut candidates = listed(tenant, items, &subject.property, &beginning)?;
        candidates.extend(frequent.iter().cloned());
        let mut best: Option<(u8, String, u64)> = None;
        for (far, value) in near(wanted, candidates) {
            let count = items.count(&super::seen::of(subject, equals(&subject.property, &value)))?;
            let better = best.as_ref().is_none_or(|(nearest, _, most)| far == *nearest && count > *most);
            if count > 0 && better {
                best = Some((far, value, count));
            }
        }
        Ok(best.map(|(_, value, count)| (value, count)))
    };
    wanted.iter().map(nearest).collect()
}

/// Values and their numbers of items.
type Listed = Vec<(String, u64)>;

/// The most frequent values that begin with something, as merchants wrote them.
fn listed(tenant: &Tenant, items: &Items<'_>, property: &PropertyRef, prefix: &str) -> Result<Listed, IndexError> {
    let property = match property {
        PropertyRef::Declared(id) => id.name().to_owned(),
        PropertyRef::Ext(key) => format!("ext.{key}"),
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => return Ok(Vec::new()),
    };
    let content_type = Some(items.content_type);
    let request = ValuesRequest { content_type, property, prefix: prefix.to_owned(), limit: VALUES_MAX };
    let found = list(tenant, &request).map_err(|error| error.to_string())?;
    Ok(found.values)
}

/// Those of the candidates that are near, each once, and how far; the nearest first, of equally near ones the most frequent.
fn near(wanted: &str, candidates: Listed) -> Vec<(u8, String)> {
    let each: HashMap<String, u64> = candidates.into_iter().collect();
    let far = |(value, count): (String, u64)| Some((distance(wanted, &fold(&value))?, Reverse(count), value));
    let mut near: Vec<(u8, Reverse<u64>, String)> = each.into_iter().filter_map(far).collect();
    near.sort_unstable();
    near.into_iter().map(|(far, _, value)| (far, value)).take(COUNTED_MAX).collect()
}

fn equals(property: &PropertyRef, value: &str) -> Test {
    match property {
        PropertyRef::Declared(id) if id.kind() != Kind::Text => Test::KeywordIn(vec![value.to_owned()]),
        _ => Test::TextIn(vec![fold(value)]),
    }
}

/// How far a folded value is from a folded wanted one; `None` where it is not near.
fn distance(wanted: &str, value: &str) -> Option<u8> {
    if wanted == value {
        return Some(0);
    }
    let edits_max = default_distance(wanted);
    // A character is at most four bytes.
    if edits_max > 0
        && wanted.len().abs_diff(value.len()) <= 8
        && let Some(edits) = (1..=edits_max).find(|&edits| within_distance(wanted, value, edits))
    {
        return Some(edits);
    }
    let rest = value.strip_prefix(wanted).filter(|_| wanted.chars().nth(BEGINNING_CHARS - 1).is_some())?;
    rest.starts_with(|c: char| !c.is_alphanumeric()).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::{distance, near};

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

    #[test]
    fn of_equally_near_values_the_most_frequent_comes_first_and_none_twice() {
        let listed = [("Abce", 2), ("abcdx", 1), ("Abcf", 9), ("Abce", 2), ("zbcd", 5), ("abcd", 1), ("xxxx", 99)];
        let listed = listed.map(|(value, count)| (value.to_owned(), count));
        let found = near("abcd", listed.to_vec());
        let found: Vec<_> = found.iter().map(|(far, value)| (*far, value.as_str())).collect();
        assert_eq!(found, [(0, "abcd"), (1, "Abcf"), (1, "zbcd")]);
    }
}
