//! What is wrong with a text, in the operator's words: one shape for library, command line, HTTP and editor.
//!
//! Codes are stable and never reused; `docs/diagnostics.md` lists them.

use serde::Serialize;

/// A half-open range of byte offsets into the rule text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}
