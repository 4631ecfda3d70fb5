//! Checking: a text has a meaning exactly when no finding is an error, and every fix of a finding can be applied.

use crate::{OPTIONS, well_formed};
use penstock_dsl::check::check;
use penstock_dsl::diagnostic;

/// Fixes tried of one text; each is checked again.
const FIXES_MAX: usize = 4;

/// Asserts what every check promises.
pub fn holds(text: &str) {
    let checked = check(text, &OPTIONS);
    assert_eq!(checked.expr.is_some(), !checked.diagnostics.iter().any(|finding| finding.is_error()));
    well_formed(text, &checked.diagnostics);
    for fix in checked.diagnostics.iter().flat_map(|finding| &finding.fixes).take(FIXES_MAX) {
        let fixed = diagnostic::apply(text, &fix.edits);
        well_formed(&fixed, &check(&fixed, &OPTIONS).diagnostics);
    }
}
