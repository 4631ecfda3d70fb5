//! What the fuzz targets assert: one module a promise of the rule language about any text. A panic is a find.

pub mod check;
pub mod complete;
pub mod form;
pub mod format;
pub mod tree;

use jiff::tz::TimeZone;
use penstock_dsl::check::CheckOptions;
use penstock_dsl::diagnostic::{self, Diagnostic, Span};
use penstock_dsl::fx::Rates;
use penstock_dsl::limits::TEXT_BYTES_MAX;
use std::sync::{Arc, LazyLock};

/// Not UTC, and with rates, so that every path is open.
pub static OPTIONS: LazyLock<CheckOptions> = LazyLock::new(|| {
    let rates = Rates::new("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5"), ("JPY", "156")]);
    let time_zone = TimeZone::get("Asia/Hong_Kong").expect("a zone of the database");
    CheckOptions { time_zone, rates: Some(Arc::new(rates.expect("a table of rates"))) }
});

/// Asserts that a span is one of the text.
pub fn lies_in(text: &str, span: Span) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} is no span of a text of {} bytes", text.len());
}

/// Asserts that findings are in order and lie in the text, and that every fix applies; then renders them.
pub fn well_formed(text: &str, findings: &[Diagnostic]) {
    assert!(findings.is_sorted_by_key(|finding| finding.span.start), "findings are by place");
    for finding in findings {
        lies_in(text, finding.span);
        for fix in &finding.fixes {
            fix.edits.iter().for_each(|edit| lies_in(text, edit.span));
            let mut spans: Vec<Span> = fix.edits.iter().map(|edit| edit.span).collect();
            spans.sort_by_key(|span| span.start);
            assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "edits overlap: {fix:?}");
        }
    }
    let rendered = diagnostic::render(text, "rules", findings);
    assert_eq!(rendered.is_empty(), findings.is_empty());
}

/// A text as long as one may be: `unit` repeated between `before` and `after`, which an input gives separated by a
/// character that no rule needs. An input without separators is a unit.
pub fn long(input: &str) -> String {
    let pieces: Vec<&str> = input.splitn(3, '\u{1}').collect();
    let (before, unit, after) = match pieces[..] {
        [before, unit, after] => (before, unit, after),
        [before, unit] => (before, unit, ""),
        _ => ("", input, ""),
    };
    let room = TEXT_BYTES_MAX.saturating_sub(before.len() + after.len());
    format!("{before}{}{after}", unit.repeat(room / unit.len().max(1)))
}
