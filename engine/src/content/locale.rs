//! Locale tags as merchants write them (`en_PH`, `zh-hant-HK`), in one canonical spelling (D-04).

/// The longest tag, characters (D-73).
pub(crate) const MAX_TAG_CHARS: usize = 35;

/// The canonical spelling of a language tag: hyphens, language in lower case, script in title case, region in upper case
/// (RFC 5646, section 2.1.1). `None` where the tag is not well-formed (section 2.1; grandfathered and private tags are not
/// taken). Underscores count as hyphens.
pub(crate) fn canonical(tag: &str) -> Option<Box<str>> {
    let mut out = String::with_capacity(tag.len());
    let mut stage = Stage::Start;
    for subtag in tag.split(['-', '_']) {
        if subtag.is_empty() || subtag.len() > 8 || !subtag.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        stage = stage.next(subtag)?;
        if !out.is_empty() {
            out.push('-');
        }
        let start = out.len();
        out.push_str(subtag);
        match stage {
            Stage::Region => out[start..].make_ascii_uppercase(),
            _ => out[start..].make_ascii_lowercase(),
        }
        if matches!(stage, Stage::Script) {
            out[start..=start].make_ascii_uppercase();
        }
    }
    stage.may_end().then(|| out.into_boxed_str())
}

/// What the last subtag was; subtags come in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Language,
    /// An extended language subtag, the first to the third.
    Extended(u8),
    Script,
    Region,
    Variant,
    /// The letter that opens an extension; something must follow.
    Singleton,
    Extension,
    /// The `x` before private subtags; something must follow.
    PrivateSingleton,
    Private,
}

impl Stage {
    fn next(self, subtag: &str) -> Option<Stage> {
        let alphabetic = subtag.bytes().all(|b| b.is_ascii_alphabetic());
        let leading_digit = subtag.as_bytes()[0].is_ascii_digit();
        match (self, subtag.len()) {
            (Stage::Start, 2..=8) if alphabetic => Some(Stage::Language),
            (Stage::Start, _) => None,
            (Stage::PrivateSingleton | Stage::Private, _) => Some(Stage::Private),
            (Stage::Singleton | Stage::Extension, 2..) => Some(Stage::Extension),
            (Stage::Singleton, _) => None,
            (_, 1) if subtag.eq_ignore_ascii_case("x") => Some(Stage::PrivateSingleton),
            (_, 1) => Some(Stage::Singleton),
            (Stage::Language, 3) if alphabetic => Some(Stage::Extended(1)),
            (Stage::Extended(n @ 1..=2), 3) if alphabetic => Some(Stage::Extended(n + 1)),
            (Stage::Language | Stage::Extended(_), 4) if alphabetic => Some(Stage::Script),
            (before, 2) if before < Stage::Region && alphabetic => Some(Stage::Region),
            (before, 3) if before < Stage::Region && subtag.bytes().all(|b| b.is_ascii_digit()) => Some(Stage::Region),
            (_, 5..) => Some(Stage::Variant),
            (_, 4) if leading_digit => Some(Stage::Variant),
            _ => None,
        }
    }

    fn may_end(self) -> bool {
        !matches!(self, Stage::Start | Stage::Singleton | Stage::PrivateSingleton)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_get_one_spelling() {
        for (tag, expected) in [
            ("en_PH", "en-PH"),
            ("en-ph", "en-PH"),
            ("ZH_HANT_hk", "zh-Hant-HK"),
            ("zh", "zh"),
            ("es_419", "es-419"),
            ("be-tarask", "be-tarask"),
            ("sl-ROZAJ-biske-1994", "sl-rozaj-biske-1994"),
            ("zh-min-nan", "zh-min-nan"),
            ("en-u-CA-Gregory", "en-u-ca-gregory"),
            ("de-DE-x-Foo-1", "de-DE-x-foo-1"),
        ] {
            assert_eq!(canonical(tag).as_deref(), Some(expected), "{tag}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for tag in [
            "",
            "e",
            "1e",
            "en-",
            "-en",
            "en--PH",
            "en PH",
            "en_PH.UTF-8",
            "zh_HK_#Hant",
            "i-klingon",
            "x-a",
            "en-x",
            "en-u",
            "en-u-x",
            "englishlanguage",
            "en-PH-US",
            "en-Latn-Cyrl",
            "日本",
            "en-é",
        ] {
            assert_eq!(canonical(tag), None, "{tag}");
        }
    }
}
