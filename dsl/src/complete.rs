//! Completion and hover, as far as a text alone tells: no index, no I/O, so that an editor can run it too.
//!
//! [`context`] says what may stand at a cursor, [`complete_syntax`] offers what the language and the registry know, and
//! [`hover_at`] names what a cursor points at. Whoever has content adds undeclared keys and values to a [`Context`]'s offers
//! and ranks them with the same [`rank`]. Broken texts are normal here, for a text is broken while it is written; nothing
//! panics, whatever the text and the offset.

mod candidates;
mod context;
mod hover;
pub mod rank;
mod walk;
mod words;

pub use context::{Context, Expected, Names, context};
pub use hover::{HoverTarget, Hovered, hover_at};
pub use words::{keyword_help, missing_note, operator_help};

use crate::diagnostic::Span;
use crate::text::fold;
use rank::{Fit, name_fit};
use std::cmp::Reverse;

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A content type.
    ContentType,
    /// A property.
    Property,
    /// A locale.
    Locale,
    /// An operator.
    Operator,
    /// A value of a property.
    Value,
    /// A currency.
    Currency,
    /// A date, `now()` or a duration.
    Date,
    /// A word or sign of the language.
    Keyword,
}

/// Something that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How it is shown.
    pub label: String,
    /// What it is.
    pub thing: Thing,
    /// What to write in place of [`Completions::span`]: quotes, brackets and spaces included.
    pub insert: String,
    /// Where the cursor goes, in bytes from the insert's start.
    pub cursor: usize,
    /// A few words about it; perhaps none.
    pub detail: String,
}

impl Candidate {
    /// How it fits what was typed, folded; a value also by its name.
    pub fn fit(&self, typed: &str) -> Option<Fit> {
        match self.thing {
            Thing::Value => rank::value_fit(typed, &fold(&self.label)).or_else(|| {
                let named = !self.detail.is_empty();
                if named { rank::value_fit(typed, &fold(&self.detail)) } else { None }
            }),
            _ => name_fit(typed, &self.label),
        }
    }
}

/// What may stand at a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// What each candidate replaces.
    pub span: Span,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

/// Completes from the language and the registry alone.
pub fn complete_syntax(text: &str, offset: usize) -> Completions {
    let context = context(text, offset);
    let typed = fold(&context.prefix);
    let offered = candidates::offers(text, &context);
    let fitting = offered.into_iter().filter_map(|c| Some((c.fit(&typed)?, 0, c)));
    Completions { span: context.span, candidates: ranked(fitting.collect()) }
}

/// Candidates by fit, then by weight (the number of items that have them, say), then as given.
pub fn ranked<T>(mut candidates: Vec<(Fit, u64, T)>) -> Vec<T> {
    candidates.sort_by_key(|(fit, weight, _)| (*fit, Reverse(*weight)));
    candidates.into_iter().map(|(_, _, candidate)| candidate).collect()
}

impl Context {
    /// What the language and the registry offer here, whatever was typed; values and undeclared keys are not among it.
    pub fn offers(&self, text: &str) -> Vec<Candidate> {
        candidates::offers(text, self)
    }

    /// The candidate for an undeclared key; `None` where no such name may stand.
    pub fn undeclared(&self, key: &str) -> Option<Candidate> {
        candidates::undeclared(self, key)
    }

    /// The candidate for a value; `None` where no value may stand or the list has it already.
    pub fn value(&self, value: &str) -> Option<Candidate> {
        candidates::value(self, value)
    }
}

#[cfg(test)]
mod tests;
