//! What is wrong with a text, in the operator's words: one shape for library, command line, HTTP and editor.
//!
//! Codes are stable and never reused; `docs/diagnostics.md` lists them.

use crate::code;
use crate::limits::TEXT_BYTES_MAX;
pub use crate::render::{apply, render};
use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into the rule text.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Span))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// How bad a finding is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Severity))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text has no meaning as it stands.
    Error,
    /// The text means something that its writer may not want.
    Warning,
}

/// One finding about a rule text.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Finding))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code, `E...` or `W...`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong and what to do, in the operator's words.
    pub message: String,
    /// Changes that would mend it, best first; perhaps none.
    pub fixes: Vec<Fix>,
}

/// A change that an editor can apply.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Fix))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, as a button would say.
    pub title: String,
    /// Replacements of spans of the text, not overlapping.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Edit))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What to replace.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Span {
    /// From the start of `self` to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }

    /// The text at this span; empty where the span is not one of `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

impl Diagnostic {
    /// An error without a fix.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { code, severity: Severity::Error, span, message: message.into(), fixes: Vec::new() }
    }

    /// A warning without a fix.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The error of a text of more than [`TEXT_BYTES_MAX`] bytes; it stands at what is over.
    pub(crate) fn text_too_long(text: &str) -> Self {
        let span = Span { start: text.floor_char_boundary(TEXT_BYTES_MAX), end: text.len() };
        let message = format!("the text is too long: {} bytes, and at most {TEXT_BYTES_MAX} are read", text.len());
        Self::error(code::TEXT_TOO_LONG, span, message)
    }

    /// Adds a fix that replaces one span.
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    /// Whether the text has no meaning because of this.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
