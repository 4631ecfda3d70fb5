//! Data-driven cases of completion and hover: `cases/complete.cursor` holds texts, one a line, with `|` at the cursor;
//! `cases/complete.expected` what is offered there, and what a hover names. `UPDATE_EXPECT=1 cargo test` rewrites it.

use penstock_dsl::complete::{Candidate, complete_syntax, context, hover_at};
use penstock_dsl::limits::TEXT_BYTES_MAX;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Candidates that a case shows.
const SHOWN: usize = 6;

#[test]
fn every_cursor_has_its_expected_offers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/complete.cursor");
    let cases = std::fs::read_to_string(&file).unwrap();
    let mut out = String::new();
    for case in cases.lines() {
        let (before, after) = case.split_once('|').unwrap_or_else(|| panic!("no cursor in {case}"));
        let text = [before, after].concat();
        out.push_str(&shown(case, &text, before.len()));
    }
    expect_test::expect_file![file.with_extension("expected")].assert_eq(&out);
}

fn shown(case: &str, text: &str, offset: usize) -> String {
    let found = complete_syntax(text, offset);
    let mut out = format!("{case}\n");
    let replaced = found.span.of(text);
    if !replaced.is_empty() {
        let _ = writeln!(out, "    replaces {replaced}");
    }
    for candidate in found.candidates.iter().take(SHOWN) {
        let Candidate { label, thing, insert, cursor, detail } = candidate;
        let marked = format!("{}|{}", &insert[..*cursor], &insert[*cursor..]);
        let _ = writeln!(out, "    {thing:?} {label}: {marked:?} ({detail})");
    }
    if found.candidates.len() > SHOWN {
        let _ = writeln!(out, "    and {} more", found.candidates.len() - SHOWN);
    }
    if let Some(target) = hover_at(text, offset) {
        let _ = writeln!(out, "    hover {:?} {:?}", target.span.of(text), target.what);
    }
    out
}

/// A title or a comment is the operator's own, a number nobody's to guess.
#[test]
fn some_places_offer_nothing() {
    for case in
        ["STORE { \"na|", "// STO|", "STORE { discount = 4.|", "STORE { endTime > 2026-01|", "STORE { a = \"b\" \"c|"]
    {
        let (text, _) = case.split_once('|').unwrap();
        assert_eq!(context(text, text.len()).expected, [], "{case}");
    }
}

/// Each of these, repeated up to the longest text allowed, is answered at once.
#[test]
fn hostile_texts_are_completed_fast() {
    for unit in
        ["(", "\"", "`", "a.", "~", "<", "STORE {", "city in (\"x\", ", "\"x\", ", "// ", "é", "now()", "..", "@"]
    {
        for before in ["", "STORE { ", "STORE { city in (", "STORE { city = \""] {
            let text = format!("{before}{}", unit.repeat((TEXT_BYTES_MAX - before.len()) / unit.len()));
            let begun = Instant::now();
            complete_syntax(&text, text.len());
            hover_at(&text, text.len() / 2);
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?} for {before}{unit}", begun.elapsed());
        }
    }
}
