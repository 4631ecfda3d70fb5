//! The examples of `docs/language.md` are what they claim: rule sets without a finding, or with the code they name.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic;
use penstock_dsl::fx::Rates;
use std::path::Path;

/// Fenced examples: what stands after `rules` on the fence, and the text.
fn examples(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```rules").skip(1);
    fenced.map(|part| part.split_once("```").unwrap().0.split_once('\n').unwrap()).collect()
}

#[test]
fn every_example_is_checked() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    let page = std::fs::read_to_string(path).unwrap();
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
