//! Lint, driven by data: `lint/NAME.rules` holds texts, `lint/NAME.expected` what lint says of each.
//!
//! The form of the files is that of `cases`; `UPDATE_EXPECT=1 cargo test -p penstock-dsl` rewrites the expected ones.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::{self, Diagnostic};
use penstock_dsl::fx::Rates;
use penstock_dsl::lint::{Finding, lint};
use penstock_dsl::{code, limits};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn options() -> CheckOptions {
    let rates = Rates::new("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5")]).unwrap();
    CheckOptions { rates: Some(rates.into()), ..CheckOptions::default() }
}

fn findings(text: &str) -> Vec<Finding> {
    let checked = check(text, &options());
    let expr = checked.expr.unwrap_or_else(|| panic!("{}", diagnostic::render(text, "rules", &checked.diagnostics)));
    lint(text, &expr)
}

fn diagnostics(text: &str) -> Vec<Diagnostic> {
    findings(text).into_iter().map(|f| f.diagnostic).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "rules"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn cases(file: &Path) -> Vec<(String, String)> {
    let content = std::fs::read_to_string(file).unwrap();
    let parts = content.split("=== ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(name, text)| (name.to_owned(), text.trim_end().to_owned())).collect()
}

#[test]
fn every_case_has_its_expected_outcome() {
    for file in files() {
        let outcome = |(name, text): (String, String)| {
            format!("=== {name}\n{}", diagnostic::render(&text, "rules", &diagnostics(&text)))
        };
        let outcomes: Vec<String> = cases(&file).into_iter().map(outcome).collect();
        expect_test::expect_file![file.with_extension("expected")].assert_eq(&outcomes.join("\n"));
    }
}

/// The codes that need no items.
const CODES: &[&str] = &[
    code::CONTRADICTION,
    code::SEVERAL_VALUES,
    code::TAUTOLOGY,
    code::REDUNDANT_RULE,
    code::DUPLICATE_RULE,
    code::CONTAINED_GROUP,
    code::DUPLICATE_GROUP,
];

#[test]
fn every_code_has_a_case() {
    let texts = files().into_iter().flat_map(|f| cases(&f)).map(|(_, text)| text);
    let found: Vec<&str> = texts.flat_map(|t| diagnostics(&t)).map(|d| d.code).collect();
    for code in CODES {
        assert!(found.contains(code), "{code} has no case");
    }
}

/// A fix leaves a text that has a meaning, with all comments that stood outside what it removed, and one finding less.
#[test]
fn every_fix_mends_its_finding() {
    let mut fixed_texts = 0;
    for (name, text) in files().iter().flat_map(|f| cases(f)) {
        let before = diagnostics(&text);
        for fix in before.iter().flat_map(|d| &d.fixes) {
            let fixed = diagnostic::apply(&text, &fix.edits);
            assert!(diagnostics(&fixed).len() < before.len(), "{name}: {fix:?} gives\n{fixed}");
            assert_eq!(fixed.matches("//").count(), text.matches("//").count(), "{name}: {fix:?} gives\n{fixed}");
            fixed_texts += 1;
        }
    }
    assert!(fixed_texts > 20);
}

/// The largest rule sets, of rules that all have to be compared to the end.
#[test]
fn the_largest_rule_sets_are_linted_in_time() {
    let rules = limits::RULES_MAX;
    let lists = |operator: &str| {
        let values = |rule: usize| (0..40).map(|v| format!("\"{v:x}{rule:x}\"")).collect::<Vec<_>>().join(",");
        (0..rules).map(|rule| format!("city {operator} ({})", values(rule))).collect::<Vec<_>>()
    };
    let mixed: Vec<String> = lists("in")
        .into_iter()
        .zip(lists("none of"))
        .enumerate()
        .map(|(n, (a, b))| if n % 2 == 0 { a } else { b })
        .collect();
    let texts: Vec<String> = (0..rules).map(|n| format!("storeName contains \"{}{n}\"", "ab".repeat(120))).collect();
    let equal: Vec<String> = vec!["city = \"x\"".to_owned(); rules];
    let converted: Vec<String> = (0..rules).map(|n| format!("minPriceRange > HKD {n} ~fx")).collect();
    for body in [
        lists("in").join(" and "),
        lists("none of").join(" and "),
        mixed.join(" and "),
        texts.join(" and "),
        equal.join(" and "),
        converted.join(" and "),
        lists("in")[..limits::GROUPS_MAX].join(" or "),
    ] {
        let started = Instant::now();
        let found = findings(&format!("STORE {{ {body} }}"));
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert!(found.len() <= 2 * rules);
    }
}

#[test]
fn thousands_are_apart() {
    for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")] {
        assert_eq!(penstock_dsl::lint::thousands(number), text);
    }
}
