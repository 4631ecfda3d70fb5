//! The first pass over `contentInfo`: every key, wherever it stands, brought to the property, locale and rank it means.
//!
//! A value may stand at the top, in a locale's map or inside `extInfo`, under the table's key, another spelling or an
//! alias. This pass only sorts that out; it reads no values.

use super::issue::{Issues, Quoted, Segment, code};
use super::json::{self, Members, Parsed, Value};
use super::keys::{self, Target};
use super::locale;
use penstock_dsl::registry::{ContentType, PropId};
use std::fmt;

/// The longest undeclared key, bytes (D-73).
const MAX_KEY_BYTES: usize = 256;
/// The types whose table says that `extInfo` may be localised (R117, R159).
const LOCALIZED_EXT_INFO: [ContentType; 2] = [ContentType::Merchant, ContentType::Store];

/// Where a value stands, for pointers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'v> {
    /// The keys of the locale map and of the locale in it, as written.
    locale: Option<(&'v str, &'v str)>,
    /// The key of `extInfo`, as written, where the value is inside.
    ext_info: Option<&'v str>,
    /// The value's own key, as written.
    pub(crate) key: &'v str,
}

/// One value of a property in one locale. Of several for the same property and locale, the first in order is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence<'v, K> {
    /// The property or the undeclared key.
    pub(crate) key: K,
    /// 0 for the base value, else the locale's number in order of tags, from 1.
    pub(crate) slot: u32,
    /// Lower is better; within one rank the spelling decides, so the order of members does not.
    pub(crate) rank: (u32, u32),
    /// Where it stands.
    pub(crate) place: Place<'v>,
    /// The value.
    pub(crate) value: &'v Value<'v>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(crate) struct Collected<'v> {
    /// Values of declared properties.
    pub(crate) declared: Vec<Occurrence<'v, PropId>>,
    /// Values of undeclared keys, in order of appearance.
    pub(crate) undeclared: Vec<Occurrence<'v, &'v str>>,
    /// Values of `extInfo`.
    pub(crate) ext_infos: Vec<Occurrence<'v, ()>>,
    /// Canonical locale tags, sorted; slot n is the n-th, from 1.
    pub(crate) locales: Vec<Box<str>>,
}

/// `extInfo` of one locale, parsed where it was a string.
pub(crate) struct ExtInfo<'v> {
    occurrence: Occurrence<'v, ()>,
    parsed: Option<Parsed<'v>>,
}

/// One entry of a locale map.
struct Locale<'v> {
    tag: Box<str>,
    /// Whether it is the canonical spelling, has hyphens only, or neither; then the map it stands in.
    rank: (u32, u32),
    slot: u32,
    place: (&'v str, &'v str),
    members: &'v Members<'v>,
}

/// Sorts out the members of a `contentInfo`.
pub(crate) fn collect<'v>(content_type: ContentType, members: &'v Members<'v>, issues: &mut Issues) -> Collected<'v> {
    let mut found = Collected::default();
    found.declared.reserve(members.len() * 2);
    let mut maps = Vec::new();
    found.object(content_type, members, None, &mut maps, issues);
    sort(&mut maps);
    let mut locales = Vec::new();
    for (rank, map) in maps.iter().enumerate() {
        read_locale_map(rank as u32, map, &mut locales, issues);
    }
    found.locales = number_locales(&mut locales, issues);
    for locale in &locales {
        found.object(content_type, locale.members, Some(locale), &mut Vec::new(), issues);
    }
    found
}

impl<'v> Collected<'v> {
    fn object(
        &mut self,
        content_type: ContentType,
        members: &'v Members<'v>,
        locale: Option<&Locale<'v>>,
        maps: &mut Vec<Occurrence<'v, ()>>,
        issues: &mut Issues,
    ) {
        let slot = locale.map_or(0, |l| l.slot);
        let spelling = locale.map_or(0, |l| l.rank.0 * 1024 + l.rank.1.min(1023));
        for (key, value) in members {
            let place = Place { locale: locale.map(|l| l.place), ext_info: None, key };
            let of = |nearness| Occurrence { key: (), slot, rank: (spelling, nearness), place, value };
            match keys::look_up(content_type, key) {
                Some((Target::Property(id), nearness)) => self.declared.push(of(nearness as u32).with_key(id)),
                Some((Target::ExtInfo, nearness)) => self.ext_infos.push(of(nearness as u32)),
                Some((Target::LocaleMap, nearness)) if locale.is_none() => maps.push(of(nearness as u32)),
                _ if key.len() > MAX_KEY_BYTES => key_too_long(&place, issues),
                _ => self.undeclared.push(Occurrence { rank: (0, spelling), ..of(0).with_key(&**key) }),
            }
        }
    }

    /// Chooses one `extInfo` a locale and parses it.
    pub(crate) fn read_ext_infos(&mut self, content_type: ContentType, issues: &mut Issues) -> Vec<ExtInfo<'v>> {
        let mut occurrences = std::mem::take(&mut self.ext_infos);
        sort(&mut occurrences);
        let mut out: Vec<ExtInfo<'v>> = Vec::with_capacity(occurrences.len());
        for group in groups(&occurrences) {
            let Some(occurrence) = pick(group, issues) else { continue };
            let first_locale = occurrence.slot > 0 && out.last().is_none_or(|ext_info| ext_info.occurrence.slot == 0);
            if first_locale && !LOCALIZED_EXT_INFO.contains(&content_type) {
                let message =
                    format_args!("extInfo of {content_type} is not localised; its locales were read; send it once.");
                issues.add(code::LOCALE_UNEXPECTED, occurrence.place, message);
            }
            out.push(ExtInfo { occurrence, parsed: parse_ext_info(&occurrence, issues) });
        }
        out
    }

    /// Adds what stands inside `extInfo`, after `contentInfo`'s own undeclared keys. What is no object is itself a value.
    pub(crate) fn add_ext_infos(&mut self, ext_infos: &'v [ExtInfo<'v>], issues: &mut Issues) {
        for ExtInfo { occurrence, parsed } in ext_infos {
            let value = parsed.as_ref().map_or(occurrence.value, |parsed| &parsed.value);
            let Value::Object(members) = value else {
                self.undeclared.push(Occurrence { rank: (1, occurrence.rank.0), ..occurrence.with_key("extInfo") });
                continue;
            };
            for (key, value) in members {
                let place = Place { ext_info: Some(occurrence.place.key), key, ..occurrence.place };
                if key.len() > MAX_KEY_BYTES {
                    key_too_long(&place, issues);
                    continue;
                }
                let (slot, rank) = (occurrence.slot, (1, occurrence.rank.0));
                self.undeclared.push(Occurrence { key: &**key, slot, rank, place, value });
            }
        }
    }
}

/// Reads an `extInfo` string as an object; with an issue where it holds none.
fn parse_ext_info<'v>(occurrence: &Occurrence<'v, ()>, issues: &mut Issues) -> Option<Parsed<'v>> {
    let text = match occurrence.value {
        Value::Object(_) => return None,
        Value::String(text) => text,
        _ => "",
    };
    let why = match json::parse(text) {
        Ok(parsed) if matches!(parsed.value, Value::Object(_)) => {
            report_repeated(&parsed, occurrence.place, issues);
            return Some(parsed);
        }
        Err(json::JsonError::TooDeep) => "an object nested deeper than 32 levels",
        _ => "no JSON object",
    };
    let message = format_args!("extInfo holds {why}; it was kept as one value; send a JSON object in a string.");
    issues.add(code::EXT_INFO_UNREADABLE, occurrence.place, message);
    None
}

/// Tells that a JSON object had a key twice.
pub(crate) fn report_repeated(parsed: &Parsed<'_>, place: impl fmt::Display, issues: &mut Issues) {
    if let Some(key) = &parsed.repeated_key {
        let key = Quoted(key);
        let message = format_args!("The key {key} stands twice in one object; the last one was read; send it once.");
        issues.add(code::DUPLICATE_KEY, place, message);
    }
}

fn key_too_long(place: &Place<'_>, issues: &mut Issues) {
    let (key, bytes) = (Quoted(place.key), place.key.len());
    let message = format_args!("The key {key} has {bytes} bytes; it was left out; use at most {MAX_KEY_BYTES}.");
    issues.add(code::KEY_TOO_LONG, Parent(*place), message);
}

/// Reads one locale map's entries.
fn read_locale_map<'v>(rank: u32, map: &Occurrence<'v, ()>, out: &mut Vec<Locale<'v>>, issues: &mut Issues) {
    let entries = match map.value {
        Value::Object(entries) => entries,
        value if is_blank(value) => return,
        value => return wrong_map(map.place, value, issues),
    };
    for (key, value) in entries {
        let place = Place::in_locale((map.place.key, key));
        let Some(tag) = read_tag(key, place, issues) else { continue };
        match value {
            Value::Object(members) => {
                let spelling = if **key == *tag { 0 } else { 1 + u32::from(key.contains('_')) };
                let rank = (spelling, rank);
                out.push(Locale { tag, rank, slot: 0, place: (map.place.key, key), members });
            }
            value if is_blank(value) => {}
            value => wrong_map(Parent(place), value, issues),
        }
    }
}

/// The canonical tag; with an issue where there is none. An over-long tag's issue points to the map.
fn read_tag(key: &str, place: Place<'_>, issues: &mut Issues) -> Option<Box<str>> {
    let quoted = Quoted(key);
    if key.chars().nth(locale::MAX_TAG_CHARS).is_some() {
        let map = Place { key: place.locale?.0, locale: None, ext_info: None };
        let most = locale::MAX_TAG_CHARS;
        let message = format_args!("The locale {quoted} is too long; it was left out; use at most {most} characters.");
        issues.add(code::LOCALE_TOO_LONG, map, message);
        return None;
    }
    let tag = locale::canonical(key);
    if tag.is_none() {
        let message = format_args!("{quoted} is no locale; it was left out; use a BCP 47 tag such as en-PH.");
        issues.add(code::LOCALE_INVALID, Parent(place), message);
    }
    tag
}

fn wrong_map(pointer: impl fmt::Display, value: &Value<'_>, issues: &mut Issues) {
    let found = describe(value);
    let message = format_args!("{found} stands where localised values are due; it was left out; send an object.");
    issues.add(code::WRONG_TYPE, pointer, message);
}

/// Numbers the locales by tag, gives each entry its locale's number and returns the tags.
fn number_locales(locales: &mut [Locale<'_>], issues: &mut Issues) -> Vec<Box<str>> {
    let mut order: Vec<usize> = (0..locales.len()).collect();
    order.sort_by(|&a, &b| {
        let key = |at: usize| (&locales[at].tag, locales[at].rank, locales[at].place.1);
        key(a).cmp(&key(b))
    });
    let mut tags: Vec<Box<str>> = Vec::with_capacity(order.len());
    let mut reported = 0;
    for at in order {
        let locale = &mut locales[at];
        if tags.last() != Some(&locale.tag) {
            tags.push(locale.tag.clone());
        } else if reported != tags.len() {
            reported = tags.len();
            let message =
                format_args!("{} is given more than once; the entries were merged; send it once.", locale.tag);
            issues.add(code::LOCALE_DUPLICATE, Parent(Place::in_locale(locale.place)), message);
        }
        locale.slot = tags.len() as u32;
    }
    tags
}

impl<'v, K> Occurrence<'v, K> {
    fn with_key<L>(&self, key: L) -> Occurrence<'v, L> {
        Occurrence { key, slot: self.slot, rank: self.rank, place: self.place, value: self.value }
    }
}

/// Brings all values of one property and locale together, the one to be read first.
pub(crate) fn sort<K: Ord + Copy>(occurrences: &mut [Occurrence<'_, K>]) {
    let order = |o: &Occurrence<'_, K>| (o.key, o.slot, o.rank);
    occurrences.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.place.key.cmp(b.place.key)));
}

/// The runs of one property and locale, in a sorted list.
pub(crate) fn groups<'a, 'v, K: PartialEq>(
    sorted: &'a [Occurrence<'v, K>],
) -> impl Iterator<Item = &'a [Occurrence<'v, K>]> {
    sorted.chunk_by(|a, b| a.key == b.key && a.slot == b.slot)
}

/// The first value of a group that is not blank, with an issue for each other one that is not.
pub(crate) fn pick<'v, K: Copy>(group: &[Occurrence<'v, K>], issues: &mut Issues) -> Option<Occurrence<'v, K>> {
    let mut filled = group.iter().filter(|occurrence| !is_blank(occurrence.value));
    let chosen = *filled.next()?;
    for other in filled {
        // Two spellings of one locale have their own issue.
        if other.place.locale == chosen.place.locale {
            let (left, read) = (Quoted(other.place.key), Quoted(chosen.place.key));
            let message = format_args!("{left} gives what {read} gives too; the latter was read; send one of them.");
            issues.add(code::DUPLICATE_KEY, other.place, message);
        }
    }
    Some(chosen)
}

/// Whether nothing is there: null, white space, or an empty list or object, or a list of nothing else.
pub(crate) fn is_blank(value: &Value<'_>) -> bool {
    match value {
        Value::Array(members) => members.iter().all(is_blank_scalar),
        Value::Object(members) => members.is_empty(),
        scalar => is_blank_scalar(scalar),
    }
}

fn is_blank_scalar(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// A value's JSON type, in words.
pub(crate) fn describe(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'v> Place<'v> {
    fn in_locale(locale: (&'v str, &'v str)) -> Place<'v> {
        Place { locale: Some(locale), ext_info: None, key: "" }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Parent(*self), Segment(self.key))
    }
}

/// The pointer to the object that a value stands in.
struct Parent<'v>(Place<'v>);

impl fmt::Display for Parent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/contentInfo")?;
        let (map, locale) = self.0.locale.unzip();
        [map, locale, self.0.ext_info].into_iter().flatten().try_for_each(|key| write!(f, "{}", Segment(key)))
    }
}
