//! What a rule reads: paths to properties, with "did you mean".

use super::Checker;
use super::operator::Kindred;
use crate::ast::{Path, Segment, Spanned};
use crate::code;
use crate::diagnostic::Diagnostic;
use crate::expr::{Owner, PropertyRef, Subject};
use crate::limits::{DIAGNOSTICS_MAX, LOCALE_CHARS_MAX};
use crate::print::quoted_name as quote;
use crate::registry::{ContentType, EXT_INFO_KEY, Kind, LOCALE_MAP_KEYS, PROPERTIES, PropId, WIRE_ALIASES};
use crate::suggest::nearest;

impl Checker<'_> {
    /// The property of a path and the operators that it takes. Without a content type only names are checked.
    pub(super) fn subject(&mut self, path: &Path, content_type: Option<ContentType>) -> Option<(Subject, Kindred)> {
        // The first name is one of the language's own; where it is not, that is the finding.
        let keys = path.segments.iter().enumerate().filter(|(at, s)| *at > 0 || s.quoted);
        let names_ok = keys.filter(|(_, s)| !self.segment(s)).count() == 0;
        let (of, property, kindred) = self.owned(path, content_type)?;
        let locale = match &path.locale {
            Some(locale) => Some(self.locale(locale, &property, kindred)?),
            None => None,
        };
        names_ok.then_some((Subject { of, property, locale }, kindred))
    }

    /// Whether a segment may stand without backticks, if it does.
    fn segment(&mut self, segment: &Segment) -> bool {
        if segment.quoted && segment.name.is_empty() {
            self.error(code::BAD_PATH, segment.span, "a name cannot be empty");
            return false;
        }
        let identifier = is_plain(&segment.name);
        if !segment.quoted && !identifier {
            let quoted = quote(&segment.name);
            let message =
                format!("`{}` must stand in backticks: letters a to z, digits and `_` need none", segment.name);
            self.report(Diagnostic::error(code::NEEDS_BACKTICKS, segment.span, message).fix(
                "quote it",
                segment.span,
                quoted,
            ));
        }
        segment.quoted || identifier
    }

    /// Whose property a path names, and which.
    fn owned(&mut self, path: &Path, content_type: Option<ContentType>) -> Option<(Owner, PropertyRef, Kindred)> {
        match path.segments.as_slice() {
            [first, rest @ ..] if first.name == "merchant" && !rest.is_empty() => {
                if rest[0].name == "merchant" && rest.len() > 1 {
                    let finding = Diagnostic::error(code::BAD_PATH, path.span, "a merchant has no merchant of its own");
                    let span = first.span.to(rest[0].span);
                    self.report(finding.fix("write `merchant` once", span, "merchant"));
                    return None;
                }
                let (property, kindred) = self.property(path, rest, Some(ContentType::Merchant))?;
                Some((Owner::Merchant, property, kindred))
            }
            segments => self.property(path, segments, content_type).map(|(p, kindred)| (Owner::Item, p, kindred)),
        }
    }

    /// The property that `segments`, the last ones of a path, name at a content type.
    fn property(
        &mut self,
        path: &Path,
        segments: &[Segment],
        content_type: Option<ContentType>,
    ) -> Option<(PropertyRef, Kindred)> {
        let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
        let first = segments.first()?;
        match names.as_slice() {
            ["ext", key] => {
                self.undeclared(segments, key, content_type)?;
                Some((PropertyRef::Ext((*key).to_owned()), Kindred::Open))
            }
            ["ext", ..] => {
                self.bad_ext(path, segments);
                None
            }
            ["tag", "algo", name] => Some((PropertyRef::TagAlgo((*name).to_owned()), Kindred::Keyword(Kind::List))),
            ["tag", "custom", name] => Some((PropertyRef::TagCustom((*name).to_owned()), Kindred::Keyword(Kind::List))),
            ["tag", ..] => {
                self.error(code::BAD_PATH, path.span, "a tag is written `tag.algo.<name>` or `tag.custom.<name>`");
                None
            }
            [name] => self.declared(first, name, content_type),
            [prefix, ..] => {
                self.bad_prefix(path, first, prefix);
                None
            }
            [] => None,
        }
    }

    fn bad_ext(&mut self, path: &Path, segments: &[Segment]) {
        let message = "`ext.` is followed by one key; a key that has a dot stands in backticks";
        let mut finding = Diagnostic::error(code::BAD_PATH, path.span, message);
        if let [_, first, .., last] = segments {
            let keys: Vec<&str> = segments[1..].iter().map(|s| s.name.as_str()).collect();
            let quoted = quote(&keys.join("."));
            let span = first.span.to(last.span);
            finding = finding.fix(format!("read the key {quoted}"), span, quoted);
        }
        self.report(finding);
    }

    fn bad_prefix(&mut self, path: &Path, first: &Segment, prefix: &str) {
        let first = first.span;
        let finding = match nearest(prefix, ["ext", "tag", "merchant"]) {
            Some(near) => {
                Diagnostic::error(code::BAD_PATH, first, format!("unknown name `{prefix}`; did you mean `{near}`?"))
                    .fix(format!("write `{near}`"), first, near)
            }
            None => {
                let message = format!(
                    "`{prefix}` has nothing inside; only `ext.`, `tag.algo.`, `tag.custom.` and `merchant.` are followed by a name"
                );
                Diagnostic::error(code::BAD_PATH, path.span, message)
            }
        };
        self.report(finding);
    }

    /// `ext.<key>`: the key must not be one that the type declares, or that carries structure.
    fn undeclared(&mut self, segments: &[Segment], key: &str, content_type: Option<ContentType>) -> Option<()> {
        let content_type = match content_type {
            Some(content_type) => content_type,
            None => return Some(()),
        };
        let span = segments[0].span.to(segments[1].span);
        if let Some(property) = by_wire(content_type, key) {
            let message = format!("{content_type} declares the key `{key}`; write `{property}`, without `ext.`");
            let finding = Diagnostic::error(code::DECLARED_AS_EXT, span, message);
            self.report(finding.fix(format!("write `{property}`"), span, property));
            return None;
        }
        if LOCALE_MAP_KEYS.iter().any(|k| k.eq_ignore_ascii_case(key)) {
            let message = format!("`{key}` holds the locales of other properties; name the locale, as `storeName@zh`");
            self.error(code::DECLARED_AS_EXT, span, message);
            return None;
        }
        // An `extInfo` that holds no object is one value, under this spelling.
        if EXT_INFO_KEY.eq_ignore_ascii_case(key) && key != EXT_INFO_KEY {
            let message = format!("the key is spelled `{EXT_INFO_KEY}`; a key inside it is written `ext.<key>`");
            let finding = Diagnostic::error(code::DECLARED_AS_EXT, segments[1].span, message);
            self.report(finding.fix(format!("write `{EXT_INFO_KEY}`"), segments[1].span, EXT_INFO_KEY));
            return None;
        }
        Some(())
    }

    fn declared(
        &mut self,
        segment: &Segment,
        name: &str,
        content_type: Option<ContentType>,
    ) -> Option<(PropertyRef, Kindred)> {
        let id = match PropId::from_name(name) {
            Some(id) => id,
            None => {
                // Of so many findings the last are not shown, and suggestions are what takes time.
                let finding = match self.findings.len() > 2 * DIAGNOSTICS_MAX {
                    true => {
                        let message = format!("unknown property `{name}`");
                        Diagnostic::error(code::UNKNOWN_PROPERTY, segment.span, message)
                    }
                    false => unknown_property(segment, name, content_type),
                };
                self.report(finding);
                return None;
            }
        };
        let elsewhere = content_type.filter(|&t| id.get().declared_by(t).is_none());
        if let Some(content_type) = elsewhere {
            self.report(property_of_other_type(segment, id, content_type));
        }
        Some((PropertyRef::Declared(id), Kindred::of(id.kind())))
    }

    fn locale(&mut self, locale: &Spanned<String>, property: &PropertyRef, kindred: Kindred) -> Option<String> {
        let tag = matches!(property, PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_));
        if tag || !kindred.has_locales() {
            let what = if tag { "a tag" } else { kindred.noun() };
            let start = locale.span.start - 1;
            let span = crate::diagnostic::Span { start, end: locale.span.end };
            let finding = Diagnostic::error(code::NO_LOCALES, span, format!("{what} has no locales"));
            self.report(finding.fix("remove the locale", span, ""));
            return None;
        }
        let range = locale.node.replace('_', "-").to_ascii_lowercase();
        let valid = range == "*"
            || range.len() <= LOCALE_CHARS_MAX
                && range.split('-').enumerate().all(|(i, part)| {
                    let letters =
                        part.bytes().all(|b| if i == 0 { b.is_ascii_alphabetic() } else { b.is_ascii_alphanumeric() });
                    letters && (1..=8).contains(&part.len())
                });
        if !valid {
            let message = format!(
                "`{}` is no locale; write a language, perhaps with a region or script: `zh`, `zh-HK`, `en-PH`",
                locale.node
            );
            self.error(code::BAD_LOCALE, locale.span, message);
        }
        valid.then_some(range)
    }
}

/// Whether a name has only the characters that need no backticks; [`crate::print::is_identifier`] asks more of one that is printed.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The property whose key on the wire, or its alias, is `key` in this type's content (keys match in any case: D-11).
fn by_wire(content_type: ContentType, key: &str) -> Option<&'static str> {
    let declared = PROPERTIES
        .iter()
        .find(|p| p.declared_by(content_type).is_some_and(|d| !d.wire.is_empty() && d.wire.eq_ignore_ascii_case(key)));
    declared.map(|p| p.name).or_else(|| alias(content_type, key))
}

fn alias(content_type: ContentType, key: &str) -> Option<&'static str> {
    WIRE_ALIASES.iter().find(|(t, k, _)| *t == content_type && k.eq_ignore_ascii_case(key)).map(|(_, _, name)| *name)
}

/// The name that was meant: the wire's spelling first, then the nearest of the block's type, then of any type.
fn meant(name: &str, content_type: Option<ContentType>) -> Option<&'static str> {
    let types = || content_type.into_iter().chain(ContentType::ALL);
    let of_type = |t: ContentType| PROPERTIES.iter().filter(move |p| p.declared_by(t).is_some()).map(|p| p.name);
    types()
        .find_map(|t| by_wire(t, name))
        .or_else(|| content_type.and_then(|t| nearest(name, of_type(t))))
        .or_else(|| nearest(name, PROPERTIES.iter().map(|p| p.name)))
}

fn unknown_property(segment: &Segment, name: &str, content_type: Option<ContentType>) -> Diagnostic {
    let span = segment.span;
    let (undeclared, cited) = match segment.quoted || !is_plain(name) {
        true => (format!("ext.{}", quote(name)), format!("ext.{}", quote(name))),
        false => (format!("ext.{name}"), format!("`ext.{name}`")),
    };
    let finding = match meant(name, content_type) {
        Some(near) => {
            let message = format!("unknown property `{name}`; did you mean `{near}`?");
            Diagnostic::error(code::UNKNOWN_PROPERTY, span, message).fix(format!("write `{near}`"), span, near)
        }
        None if matches!(name, "ext" | "tag" | "merchant") => {
            let message = format!("`{name}` is followed by a dot and a name");
            return Diagnostic::error(code::BAD_PATH, span, message);
        }
        None => {
            let message = format!("unknown property `{name}`; a key that is not declared is written {cited}");
            Diagnostic::error(code::UNKNOWN_PROPERTY, span, message)
        }
    };
    // A key that the type declares is not reached as an undeclared one.
    match content_type.and_then(|t| by_wire(t, name)) {
        Some(_) => finding,
        None => finding.fix(format!("read the undeclared key {cited}"), span, undeclared),
    }
}

fn property_of_other_type(segment: &Segment, id: PropId, content_type: ContentType) -> Diagnostic {
    let name = id.name();
    let owners: Vec<&str> = id.get().declared.iter().map(|d| d.content_type.name()).collect();
    let message = format!("{content_type} has no property `{name}`; {} it", have(&owners));
    let finding = Diagnostic::error(code::PROPERTY_OF_OTHER_TYPE, segment.span, message);
    match alias(content_type, name) {
        Some(meant) => finding.fix(format!("write `{meant}`"), segment.span, meant),
        None => finding,
    }
}

fn have(owners: &[&str]) -> String {
    match owners {
        [one] => format!("{one} has"),
        [first @ .., last] => format!("{} and {last} have", first.join(", ")),
        [] => "nothing has".to_owned(),
    }
}
