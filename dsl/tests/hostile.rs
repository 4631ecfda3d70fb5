//! Texts made to hurt: every one gets its diagnostic at once, on a small stack, whatever it is made of.

use penstock_dsl::check::{CheckOptions, Checked, check};
use penstock_dsl::echo::{Language, echo};
use penstock_dsl::form::{Change, Reason, RuleAt, Value, change};
use penstock_dsl::format::format;
use penstock_dsl::{code, diagnostic, limits};
use std::time::{Duration, Instant};

/// Several times what a check takes; quadratic time would take more, even in an optimised build.
const TIME_MAX: Duration = Duration::from_secs(1);
/// Smaller than any thread of the server has.
const STACK_BYTES: usize = 256 * 1024;

fn run(text: String) -> Checked {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let check = move || {
        let start = Instant::now();
        let checked = check(&text, &CheckOptions::default());
        let rendered = diagnostic::render(&text, "rules", &checked.diagnostics);
        assert!(start.elapsed() < TIME_MAX, "{:?} for {:.40}", start.elapsed(), text);
        let start = Instant::now();
        let formatted = format(&text);
        if checked.expr.is_some() {
            for language in [Language::English, Language::Chinese] {
                assert!(echo(&text, &CheckOptions::default(), language).is_ok());
            }
        }
        assert!(start.elapsed() < 3 * TIME_MAX, "{:?} for {:.40}", start.elapsed(), text);
        if let (Some(_), Err(errors)) = (&checked.expr, formatted) {
            assert_eq!(errors.iter().map(|e| e.code).collect::<Vec<_>>(), [code::TEXT_TOO_LONG]);
        }
        assert_eq!(rendered.is_empty(), checked.diagnostics.is_empty());
        checked
    };
    thread.spawn(check).unwrap().join().unwrap()
}

/// `unit` repeated up to the longest text allowed, between `before` and `after`.
fn fill(before: &str, unit: &str, after: &str) -> String {
    let room = limits::TEXT_BYTES_MAX - before.len() - after.len();
    format!("{before}{}{after}", unit.repeat(room / unit.len()))
}

fn codes(checked: &Checked) -> Vec<&str> {
    checked.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn repeated_pieces_are_refused_fast_and_flat() {
    let units = [
        "(",
        ")",
        "{",
        "}",
        "((",
        "not ",
        "\"",
        "\"\"",
        "`",
        "\\",
        "and ",
        "or ",
        "STORE {",
        "STORE{}",
        "STORE{all}",
        "in (",
        "/",
        "// \n",
        "a.",
        "a",
        "1",
        "==",
        "&& ",
        "'",
        "a like 'b' ",
        "-",
        "..",
        "1..",
        "now(",
        "now()",
        "~",
        "@",
        ",",
        "é",
        "東",
        "\u{301}",
        "“",
        "„a",
        "\0",
        "\n",
        "= ",
        "city = \"x\" and ",
        "\"a\",",
        "city in (",
        "\"t\": ",
        "\\u",
        "HKD ",
        "$",
        "HK$ 1 ",
        "a and (",
        "1d",
        "2026-01-01 ",
        "is not ",
    ];
    for unit in units {
        for (before, after) in [
            ("", ""),
            ("STORE { ", " }"),
            ("STORE { city ", " }"),
            ("STORE { city in (\"x\", ", ") }"),
            ("STORE { city = \"", "\" }"),
        ] {
            let checked = run(fill(before, unit, after));
            assert_eq!(checked.expr.is_none(), checked.diagnostics.iter().any(|d| d.is_error()), "{before}{unit}");
            assert!(checked.diagnostics.len() <= limits::DIAGNOSTICS_MAX + 1);
        }
    }
}

/// Comments and values in every place, as many as there is room for.
#[test]
fn long_texts_are_formatted_fast_or_refused_for_their_length() {
    for (before, unit, after) in [
        ("STORE { all ", "//\n", "}"),
        ("", "//\n\n", "STORE { all }"),
        ("STORE { city in (\"a\"", ",\"a\"//\n", ") }"),
        ("STORE { city in (\"a\"", ", //\n\"aaaaaaaaaaaaaa\"", ") }"),
        ("STORE { city in (", "\"a\",", "\"a\") } // behind"),
        ("STORE { city = ", "//\n", "\"a\" }"),
        ("STORE { city in (", "//\n", "\"a\") ~fx }"),
        ("STORE { \"", "\u{1}", "\": all }"),
        ("STORE { all } //", "//", ""),
        ("STORE { storeName ~ \"", "aé ", "\" }"),
    ] {
        let text = fill(before, unit, after);
        run(text.clone());
        match format(&text) {
            Ok(formatted) => assert_eq!(format(&formatted), Ok(formatted)),
            Err(errors) => assert!(errors.iter().all(|e| e.code == code::TEXT_TOO_LONG), "{before}{unit}: {errors:?}"),
        }
    }
}

/// Every value of the longest lists becomes another one; half go; one comes in before the last; the last goes.
#[test]
fn long_lists_are_changed_fast() {
    let at = RuleAt { block: 0, group: 0, rule: 0 };
    for unit in ["\"a\",", "\"a\",\r\n", "\"a\",//\n", "HKD//\n1,", "HKD 1,//\n"] {
        let text = fill("STORE { city in (", unit, ") }");
        let count = text.matches(',').count();
        let values = vec![Value::Text { text: "b".to_owned() }; count];
        for one in [
            Change::SetValues { at, values: values.clone() },
            Change::SetValues { at, values: values[..count / 2].to_vec() },
            Change::AddValues { at, value: count - 1, values: values[..1].to_vec() },
            Change::RemoveValue { at, value: count - 1 },
        ] {
            let start = Instant::now();
            let changed = change(&text, &[one]).map(|changed| changed.text.len());
            assert!(start.elapsed() < TIME_MAX / 2, "{:?} for {text:.40}", start.elapsed());
            let refused = changed.err().map(|e| e.reason);
            assert!(matches!(refused, None | Some(Reason::TextTooLong)), "{refused:?} for {text:.40}");
        }
    }
}

#[test]
fn a_text_has_a_greatest_length() {
    let fits = format!("STORE {{ all }} //{}", "x".repeat(limits::TEXT_BYTES_MAX - 16));
    assert_eq!(fits.len(), limits::TEXT_BYTES_MAX);
    assert!(run(fits.clone()).expr.is_some());
    assert_eq!(codes(&run(fits + "x")), [code::TEXT_TOO_LONG]);
    assert_eq!(codes(&run("é".repeat(40_000))), [code::TEXT_TOO_LONG]);
}

#[test]
fn rules_groups_and_values_are_counted() {
    let store = |body: String| run(format!("STORE {{ {body} }}"));
    let rules = |n: usize| store(vec!["city = \"x\""; n].join(" and "));
    assert!(rules(limits::RULES_MAX).expr.is_some());
    assert_eq!(codes(&rules(limits::RULES_MAX + 1)), [code::TOO_MANY_RULES]);

    let groups = |n: usize| store(vec!["all"; n].join(" or "));
    assert!(groups(limits::GROUPS_MAX).expr.is_some());
    assert_eq!(codes(&groups(limits::GROUPS_MAX + 1)), [code::TOO_MANY_GROUPS]);

    let values = |n: usize| store(format!("city in ({})", vec!["\"x\""; n].join(",")));
    assert!(values(limits::VALUES_MAX).expr.is_some());
    assert_eq!(codes(&values(limits::VALUES_MAX + 1)), [code::TOO_MANY_VALUES]);
}

#[test]
fn strings_names_and_findings_have_limits() {
    let value = |n: usize| run(format!("STORE {{ city = \"{}\" }}", "é".repeat(n)));
    assert!(value(limits::STRING_CHARS_MAX).expr.is_some());
    assert_eq!(codes(&value(limits::STRING_CHARS_MAX + 1)), [code::STRING_TOO_LONG]);
    let title = run(format!("STORE {{ \"{}\": all }}", "x".repeat(limits::STRING_CHARS_MAX + 1)));
    assert_eq!(codes(&title), [code::STRING_TOO_LONG]);
    let key = |n: usize| run(format!("STORE {{ ext.`{}` = 1 }}", "k".repeat(n)));
    assert!(key(limits::KEY_BYTES_MAX).expr.is_some());
    assert_eq!(codes(&key(limits::KEY_BYTES_MAX + 1)), [code::STRING_TOO_LONG]);

    let many = run(format!("STORE {{ city in ({}) }}", vec!["1"; 500].join(",")));
    assert_eq!(many.diagnostics.len(), limits::DIAGNOSTICS_MAX + 1);
    assert_eq!(codes(&many).last(), Some(&code::TOO_MANY_FINDINGS));
    let tree = penstock_dsl::tree(&fill("STORE { city in (", "\"\\q\", ", ") }"));
    assert_eq!(tree.errors.len(), limits::DIAGNOSTICS_MAX);
}
