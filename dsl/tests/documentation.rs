//! The examples of `docs/language.md` are what they claim: rule sets without a finding, or with the code they name, and
//! what the formatter and the reading back make of them.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic;
use penstock_dsl::echo::{Language, echo};
use penstock_dsl::format::format;
use penstock_dsl::fx::Rates;
use std::path::Path;

/// Fenced examples: what stands after `rules` on the fence, and the text.
fn examples(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```rules").skip(1);
    fenced.map(|part| part.split_once("```").unwrap().0.split_once('\n').unwrap()).collect()
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md")).unwrap()
}

/// The fenced texts below a heading, each without its fence.
fn section(heading: &str) -> Vec<String> {
    let page = page();
    let section = page.split("\n## ").find(|s| s.starts_with(heading)).unwrap();
    section.split("```").skip(1).step_by(2).map(|fenced| fenced.split_once('\n').unwrap().1.to_owned()).collect()
}

#[test]
fn formatting_is_as_shown() {
    let [from, to] = section("Formatting").try_into().unwrap();
    assert_eq!(format(&from).unwrap(), to);
}

#[test]
fn reading_back_is_as_shown() {
    let [text, english, chinese] = section("Reading back").try_into().unwrap();
    for (language, shown) in [(Language::English, english), (Language::Chinese, chinese)] {
        assert_eq!(echo(&text, &CheckOptions::default(), language).unwrap().to_string(), shown);
    }
}

#[test]
fn every_example_is_checked() {
    let page = page();
    let examples = examples(&page);
    assert!(examples.len() > 10);
    let rates = Rates::new("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5")]).unwrap();
    let options = CheckOptions { rates: Some(rates.into()), ..CheckOptions::default() };
    for (codes, text) in examples {
        let found = check(text, &options).diagnostics;
        let found_codes: Vec<&str> = found.iter().map(|d| d.code).collect();
        let want: Vec<&str> = codes.split_whitespace().collect();
        assert_eq!(found_codes, want, "{}", diagnostic::render(text, "docs/language.md", &found));
    }
}
