//! Formatting: what comes out means the same, keeps its comments, and is laid out already.

use crate::{OPTIONS, well_formed};
use penstock_dsl::check::check;
use penstock_dsl::format::format;
use penstock_dsl::tree;

/// Asserts what the formatter promises.
pub fn holds(text: &str) {
    let formatted = match format(text) {
        Ok(formatted) => formatted,
        Err(errors) => {
            assert!(!errors.is_empty());
            return well_formed(text, &errors);
        }
    };
    assert!(tree(text).errors.is_empty(), "a text with errors of syntax was laid out");
    assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "formatting again changes something");
    let hash = |text| check(text, &OPTIONS).expr.map(|expr| expr.hash());
    assert_eq!(hash(&formatted), hash(text), "formatting changes the meaning");
}
