//! Data-driven cases: `cases/NAME.rules` holds texts, `cases/NAME.expected` what the checker makes of each.
//!
//! In a `.rules` file each case begins with a line `=== name`. The expected file has the rendered findings and, where the
//! text has a meaning, the canonical form, the text formatted, and what it says in English and Chinese;
//! `cases/NAME.form` has what the console draws. `UPDATE_EXPECT=1 cargo test -p penstock-dsl` rewrites the expected files.

#[allow(dead_code)] // each test has use for a part
mod support;

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::echo::{Language, echo};
use penstock_dsl::form::{Comment, Form, form};
use penstock_dsl::format::format;
use penstock_dsl::{code, diagnostic};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use support::options;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "rules"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Names and texts of a file's cases.
fn cases(file: &Path) -> Vec<(String, String)> {
    let content = std::fs::read_to_string(file).unwrap();
    let mut parts = content.split("=== ").map(|part| part.split_once('\n').unwrap_or((part, "")));
    assert_eq!(parts.next(), Some(("", "")), "{} begins with a case", file.display());
    parts.map(|(name, text)| (name.to_owned(), text.trim_end().to_owned())).collect()
}

/// Cases without rates differ from the others in this one code.
#[test]
fn without_rates_nothing_is_converted() {
    let options = CheckOptions { rates: None, ..options() };
    let found = check("STORE { minPriceRange > HKD 5 ~fx }", &options).diagnostics;
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [code::NO_RATES]);
}

fn outcome(name: &str, text: &str) -> String {
    let checked = check(text, &options());
    let mut out = format!("=== {name}\n");
    if let Some(expr) = &checked.expr {
        out.push_str(&expr.canonical());
    }
    let _ = write!(out, "{}", diagnostic::render(text, "rules", &checked.diagnostics));
    if checked.expr.is_some() {
        let said = |language| echo(text, &options(), language).unwrap();
        let _ = write!(out, "--- formatted\n{}", format(text).unwrap());
        let _ = write!(out, "--- in English\n{}", said(Language::English));
        let _ = write!(out, "--- 中文\n{}", said(Language::Chinese));
    }
    out
}

#[test]
fn every_case_has_its_expected_outcome() {
    for file in files() {
        let outcomes: Vec<String> = cases(&file).iter().map(|(name, text)| outcome(name, text)).collect();
        expect_test::expect_file![file.with_extension("expected")].assert_eq(&outcomes.join("\n"));
    }
}

/// A form in few words: a line a rule, with its operand as the console gets it, its widget and its comments.
fn outline(form: &Form) -> String {
    let comments = |list: &[Comment]| list.iter().map(|c| format!(" //{:?} {}", c.place, c.text)).collect::<String>();
    let mut out = if form.complete { String::new() } else { "incomplete\n".to_owned() };
    for block in &form.blocks {
        let _ = writeln!(out, "{}{}", block.content_type, comments(&block.comments));
        for group in &block.groups {
            let title = group.title.as_ref().map(|t| format!(" {t:?}")).unwrap_or_default();
            let _ = writeln!(out, "  group{title}{}", comments(&group.comments));
            for rule in &group.rules {
                let said = rule.data.test.as_ref().map(|test| {
                    let distance = test.distance.map(|d| d.to_string()).unwrap_or_default();
                    let operand = serde_json::to_string(&test.operand).unwrap();
                    let fx = if test.fx { " ~fx" } else { "" };
                    let path = test.property.path();
                    format!("{path} {}{distance} {operand}{fx} ", test.operator.symbol())
                });
                let not = if rule.data.negated { "not " } else { "" };
                let said = said.unwrap_or_default();
                let _ = writeln!(out, "    {not}{said}-> {:?}{}", rule.widget, comments(&rule.comments));
            }
        }
    }
    out + &comments(&form.comments)
}

#[test]
fn every_case_has_its_expected_form() {
    for file in files() {
        let outline = |(name, text): &(String, String)| format!("=== {name}\n{}", outline(&form(text)));
        let outlines: Vec<String> = cases(&file).iter().map(outline).collect();
        expect_test::expect_file![file.with_extension("form")].assert_eq(&outlines.join("\n"));
    }
}

#[test]
fn every_code_has_a_case_and_a_row_in_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = std::fs::read_to_string(root.join("docs/diagnostics.md")).unwrap();
    let texts: Vec<String> = files().iter().flat_map(|f| cases(f)).map(|(_, text)| text).collect();
    let found: Vec<&str> = texts.iter().flat_map(|t| check(t, &options()).diagnostics).map(|d| d.code).collect();
    for code in code::ALL {
        assert!(docs.contains(&format!("\n| {code} |")), "docs/diagnostics.md does not explain {code}");
        // Lint's codes have their cases in tests/lint.rs, here and in the engine.
        let elsewhere = SIZE_CODES.contains(code) || code.starts_with("W5");
        assert!(found.contains(code) || elsewhere, "{code} has no case");
    }
    let rows = docs.lines().filter_map(|l| l.strip_prefix("| ")?.split(' ').next()).filter(|c| c.len() == 4);
    for row in rows.filter(|c| c.starts_with(['E', 'W']) && c[1..].bytes().all(|b| b.is_ascii_digit())) {
        assert!(code::ALL.contains(&row), "docs/diagnostics.md explains {row}, which does not exist");
    }
}

/// Codes of limits, whose cases are too large for a file: see `limits.rs`.
const SIZE_CODES: &[&str] = &[
    code::TEXT_TOO_LONG,
    code::TOO_MANY_RULES,
    code::TOO_MANY_VALUES,
    code::TOO_MANY_GROUPS,
    code::STRING_TOO_LONG,
    code::TOO_MANY_FINDINGS,
];

/// A fix may uncover something else, but what it claims to mend is gone.
#[test]
fn every_fix_mends_its_finding() {
    for (name, text) in files().iter().flat_map(|f| cases(f)) {
        let findings = check(&text, &options()).diagnostics;
        let same = |text: &str, of: &diagnostic::Diagnostic| {
            let again = check(text, &options()).diagnostics;
            again.iter().filter(|d| d.code == of.code && d.message == of.message).count()
        };
        for finding in &findings {
            for fix in &finding.fixes {
                let fixed = diagnostic::apply(&text, &fix.edits);
                assert!(same(&fixed, finding) < same(&text, finding), "{name}: {fix:?} of {finding:?} gives\n{fixed}");
            }
        }
    }
}

/// Where only the syntax is right, the formatter neither mends nor breaks what is wrong with the rest.
#[test]
fn formatting_leaves_findings_and_comments_as_they_are() {
    let texts: Vec<String> = files().iter().flat_map(|f| cases(f)).map(|(_, text)| text).collect();
    let codes = |text: &str| check(text, &options()).diagnostics.iter().map(|d| d.code).collect::<Vec<_>>();
    let formatted: Vec<_> = texts.iter().filter_map(|text| Some((text, format(text).ok()?))).collect();
    assert!(formatted.iter().filter(|(text, _)| check(text, &options()).expr.is_none()).count() > 20);
    for (text, formatted) in formatted {
        assert_eq!(codes(&formatted), codes(text), "{formatted}");
        assert_eq!(support::comments(&formatted), support::comments(text));
        assert_eq!(format(&formatted).as_ref(), Ok(&formatted));
    }
}
