//! What is wrong or doubtful in an item, told to the merchant's engineers: one model, stable codes (F-5.2).

use serde::Serialize;

/// A finding about an item: a stable code, where it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Stable, upper snake case, listed in `docs/issues.md`.
    pub code: &'static str,
    /// Whether the item was refused for it.
    pub severity: Severity,
    /// JSON pointer (RFC 6901) into the request's item; inside `contentInfo`, the path goes on into the parsed string.
    pub pointer: String,
    /// One sentence: what was found, what was done, what to do.
    pub message: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// The item was refused.
    Error,
    /// The item was accepted; something in it was not read as meant.
    Warning,
    /// Worth knowing.
    Info,
}
