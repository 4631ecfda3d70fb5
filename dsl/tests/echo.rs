//! What reading back promises: different rules are said in different words, and nothing of a text gets out of its quotes.

#[allow(dead_code)] // each test has use for a part
mod support;

use penstock_dsl::check::check;
use penstock_dsl::echo::{Language, echo};
use penstock_dsl::format::format;
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::{Sample, options, samples};

const LANGUAGES: [Language; 2] = [Language::English, Language::Chinese];

fn said(text: &str, language: Language) -> String {
    echo(text, &options(), language).unwrap_or_else(|findings| panic!("{text}\n{findings:?}")).to_string()
}

/// Properties and what may be asked of them.
const ASKED: &[(&str, &[&str], &[&str])] = &[
    (
        "STORE",
        &["storeName", "storeName@zh", "storeName@zh-HK", "storeName@*", "address", "ext.x", "merchant.merchantName"],
        &["~ \"coffee\"", "~0 \"coffee\"", "~1 \"coffee\"", "~2 \"coffee\"", "~ \"coffee tea\"", "contains \"coffee\""],
    ),
    (
        "STORE",
        &["city", "storeId", "merchantId", "merchant.merchantId", "stdCategories", "stdCategories@zh", "storeName"],
        &[
            "in (\"a\")",
            "in (\"a\", \"b\")",
            "= \"a”, “b\"",
            "= \"a」、「b\"",
            "= \"\\\\u{201d}\"",
            "= \"“\"",
            "is set",
        ],
    ),
    (
        "STORE",
        &["stdCategories", "externalTags", "tag.algo.x", "tag.custom.x", "ext.x", "ext.`tag.algo.x`", "ext.`x”`"],
        &["in (\"a\", \"b\")", "all of (\"a\", \"b\")", "all of (\"a\")", "= \"A\"", "= \"1\"", "is set"],
    ),
    (
        "STORE",
        &["externalRating", "ext.x", "ext.y"],
        &["= 1", "= 2", "< 1", "<= 1", "> 1", ">= 1", "in 1..2", "= -1", "in -2..-1", "is set"],
    ),
    (
        "STORE",
        &["minPriceRange", "maxPriceRange", "ext.x"],
        &[
            "= HKD 1",
            "= PHP 1",
            "< HKD 1",
            "<= HKD 1",
            "> HKD 1",
            ">= HKD 1",
            "in HKD 1..2",
            "= HKD 1 ~fx",
            "> HKD 1 ~fx",
        ],
    ),
    (
        "STORE",
        &["priceRange"],
        &[
            "in HKD 1..2",
            "within HKD 1..2",
            "in HKD 1..",
            "within HKD 1..",
            "in HKD ..2",
            "within HKD ..2",
            "in HKD 1..2 ~fx",
        ],
    ),
    ("STORE", &["ext.x"], &["= true", "= false", "= \"true\""]),
    ("STORE", &["logoUrl", "coverImageUrl", "location", "imageUrls", "priceRange"], &["is set"]),
    (
        "BENEFIT",
        &["startTime", "endTime", "ext.x"],
        &[
            "< 2026-01-31",
            "<= 2026-01-31",
            "> 2026-01-31",
            ">= 2026-01-31",
            "on 2026-01-31",
            "< 2026-01-31T10:00",
            "<= 2026-01-31T10:00",
            "> 2026-01-31T10:00",
            "= 2026-01-31T10:00",
            "= 2026-01-31T10:00Z",
            "= 2026-01-31T10:00-05:00",
            "> now()",
            "> now() + 7d",
            "> now() - 7d",
            "< now() + 7d",
            "> now() + 7m",
            "> now() + 1w1d",
            "in 2026-01-01..2026-01-31",
            "in 2026-01-01..2026-01-31T00:00",
            "in 2026-01-01T00:00..2026-01-31",
            "in now()..now() + 7d",
        ],
    ),
    ("BENEFIT", &["benefitType", "benefitId"], &["= \"1\"", "= \"4\"", "= \"8\"", "in (\"1\", \"4\")"]),
];

/// One who reads only the words can tell any two rules apart that select differently.
#[test]
fn rules_of_different_meaning_are_said_in_different_words() {
    let mut heard: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (content_type, properties, operations) in ASKED {
        let rules = properties.iter().flat_map(|p| operations.iter().map(move |o| format!("{p} {o}")));
        for rule in rules.flat_map(|rule| [format!("not {rule}"), rule]) {
            let text = format!("{content_type} {{ {rule} }}");
            let meaning = check(&text, &options()).expr.unwrap_or_else(|| panic!("{text}")).canonical();
            for language in LANGUAGES {
                let before = heard.insert(said(&text, language), (meaning.clone(), text.clone()));
                assert!(
                    before.as_ref().is_none_or(|(other, _)| *other == meaning),
                    "{text} and {before:?} sound alike"
                );
            }
        }
    }
    assert!(heard.len() > 400, "{}", heard.len());
}

#[test]
fn a_text_with_an_error_is_not_said() {
    let found = echo("STORE { benefitType in (\"9\") and city = Manila }", &options(), Language::English).unwrap_err();
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["E104", "E207"]);
    assert!(echo("", &options(), Language::Chinese).is_err());
}

proptest! {
    #[test]
    fn layout_and_comments_say_nothing(Sample { text, .. } in samples()) {
        for language in LANGUAGES {
            prop_assert_eq!(said(&format(&text).unwrap(), language), said(&text, language));
        }
    }

    /// An item each rule, on a line of its own, and no line that the operator made.
    #[test]
    fn lines_are_the_echos_own(Sample { text, .. } in samples()) {
        for language in LANGUAGES {
            let echo = echo(&text, &options(), language).unwrap();
            let text = echo.to_string();
            let groups = echo.selections.iter().flat_map(|s| &s.groups);
            let lines = groups.map(|g| g.clauses.len() + usize::from(g.title.is_some())).sum::<usize>();
            prop_assert_eq!(text.lines().count(), lines + 2 * echo.selections.len() + echo.notes.len());
            prop_assert!(!text.contains(|c: char| c != '\n' && c.is_control() || "\u{202e}\u{2028}\u{feff}".contains(c)), "{:?}", text);
        }
    }

    #[test]
    fn any_title_and_value_is_said(title in "([“”「」]|\\PC){1,30}", value in "([“”「」]|\\PC){1,30}") {
        use penstock_dsl::print::string;
        let text = format!("STORE {{ {}: storeName = {} }}", string(&title), string(&format!("a{value}")));
        for language in LANGUAGES {
            let marks = if language == Language::English { ['“', '”'] } else { ['「', '」'] };
            let echo = echo(&text, &options(), language).unwrap();
            let group = &echo.selections[0].groups[0];
            for line in group.title.iter().chain(&group.clauses) {
                prop_assert_eq!(line.matches(marks).count(), 2, "{}", line);
            }
        }
    }
}
