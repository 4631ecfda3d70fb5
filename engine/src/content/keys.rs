//! What a key of `contentInfo` means, by content type: the registry's wire spellings and aliases in any case (D-10, D-11).

use penstock_dsl::registry::{ContentType, EXT_INFO_KEY, LOCALE_MAP_KEYS, PROPERTIES, PropId, WIRE_ALIASES};
use std::sync::LazyLock;

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A declared property.
    Property(PropId),
    /// The locale map.
    LocaleMap,
    /// Extended information.
    ExtInfo,
}

/// How near a key's spelling is to the table's; of several keys for one value the nearest is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    /// The table's key, exactly.
    Table,
    /// The table's key in another case.
    TableOtherCase,
    /// An alias, exactly.
    Alias,
    /// An alias in another case.
    AliasOtherCase,
}

/// Finds the meaning of a key; `None` where the content type does not declare it.
pub(crate) fn look_up(content_type: ContentType, key: &str) -> Option<(Target, Nearness)> {
    let mut buffer = [0; LONGEST];
    let lower = buffer.get_mut(..key.len())?;
    lower.copy_from_slice(key.as_bytes());
    lower.make_ascii_lowercase();
    let table = &TABLES[content_type.index()];
    let row = &table[table.binary_search_by(|row| row.lower.as_bytes().cmp(lower)).ok()?];
    let nearness = match (row.alias, row.spelling == key) {
        (false, true) => Nearness::Table,
        (false, false) => Nearness::TableOtherCase,
        (true, true) => Nearness::Alias,
        (true, false) => Nearness::AliasOtherCase,
    };
    Some((row.target, nearness))
}

/// No declared key is longer, bytes (a test holds it).
const LONGEST: usize = 24;

struct Row {
    lower: String,
    spelling: &'static str,
    target: Target,
    alias: bool,
}

/// One table a content type, sorted by the key in lower case.
static TABLES: LazyLock<[Vec<Row>; 4]> = LazyLock::new(|| ContentType::ALL.map(table));

fn table(content_type: ContentType) -> Vec<Row> {
    let row =
        |spelling: &'static str, target, alias| Row { lower: spelling.to_ascii_lowercase(), spelling, target, alias };
    let declared = PropId::all().filter_map(|id| {
        let wire = PROPERTIES[usize::from(id.0)].declared_by(content_type)?.wire;
        (!wire.is_empty()).then(|| row(wire, Target::Property(id), false))
    });
    let aliases = WIRE_ALIASES.iter().filter(|(of, ..)| *of == content_type);
    let aliases = aliases.filter_map(|(_, key, name)| Some(row(key, Target::Property(PropId::from_name(name)?), true)));
    let locale_maps = LOCALE_MAP_KEYS.iter().enumerate().map(|(at, key)| row(key, Target::LocaleMap, at > 0));
    let mut rows: Vec<Row> = declared.chain(locale_maps).chain([row(EXT_INFO_KEY, Target::ExtInfo, false)]).collect();
    rows.extend(aliases);
    // Stable, so a table key stays before an alias of the same spelling.
    rows.sort_by(|a, b| a.lower.cmp(&b.lower));
    rows.dedup_by(|later, earlier| later.lower == earlier.lower);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(content_type: ContentType, key: &str) -> Option<(&'static str, Nearness)> {
        match look_up(content_type, key)? {
            (Target::Property(id), nearness) => Some((id.name(), nearness)),
            _ => None,
        }
    }

    #[test]
    fn keys_match_in_any_case_and_by_alias() {
        use ContentType::*;
        assert_eq!(property(Store, "linkURL"), Some(("linkUrl", Nearness::Table)));
        assert_eq!(property(Store, "linkUrl"), Some(("linkUrl", Nearness::TableOtherCase)));
        assert_eq!(property(Benefit, "imageurl"), Some(("imageUrls", Nearness::TableOtherCase)));
        assert_eq!(property(LocalSku, "skuName"), Some(("name", Nearness::Alias)));
        assert_eq!(property(LocalSku, "SKUNAME"), Some(("name", Nearness::AliasOtherCase)));
        assert_eq!(property(Store, "skuName"), None);
        assert_eq!(property(Store, "priceRange"), None);
        assert_eq!(property(Store, ""), None);
        assert_eq!(look_up(Benefit, "multilang"), Some((Target::LocaleMap, Nearness::AliasOtherCase)));
        assert_eq!(look_up(Benefit, "MULTILLANG"), Some((Target::LocaleMap, Nearness::TableOtherCase)));
        assert_eq!(look_up(Benefit, "extinfo"), Some((Target::ExtInfo, Nearness::TableOtherCase)));
    }

    #[test]
    fn every_declared_key_is_found() {
        for content_type in ContentType::ALL {
            for row in &TABLES[content_type.index()] {
                assert!(row.lower.len() <= LONGEST);
                assert_eq!(look_up(content_type, row.spelling).map(|found| found.0), Some(row.target));
            }
        }
    }
}
