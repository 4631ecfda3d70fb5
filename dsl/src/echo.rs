//! What a rule set selects, said in plain words for one who does not know the language (docs/language.md, Reading back).
//!
//! A text that checks becomes clauses (`clause`), one a rule, which know meaning and no language; each language is one file of
//! templates (`english`, `chinese`). Invariants: rules of different meaning are said in different words; negation says what
//! it does with a missing value; an operator's string stands in quotation marks that nothing in it can close.

mod chinese;
mod clause;
mod english;
mod quote;

use crate::ast;
use crate::check::{CheckOptions, check};
use crate::diagnostic::Diagnostic;
use crate::expr;
use crate::registry::ContentType;
use crate::tree::tree;
use crate::vocabulary::{self, Noun};
use clause::{Clause, Note};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The language of an echo.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = echo::Language))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Traditional Chinese, as written in Hong Kong.
    #[serde(rename = "zh-Hant", alias = "zh-hant")]
    Chinese,
}

/// A rule set in plain words. Its `Display` is all of it as text.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = echo::Echo))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Echo {
    /// One a content type; an item is selected by the one of its type.
    pub selections: Vec<Selection>,
    /// What the words above stand for, as far as they were used.
    pub notes: Vec<String>,
}

/// What is selected of one content type.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = echo::Selection))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// `Stores that match at least one of these:`
    pub heading: String,
    /// The alternatives, in the text's order; none where everything is selected.
    pub groups: Vec<Group>,
}

/// One alternative: all its clauses hold.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = echo::Group))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The operator's title, in quotation marks.
    pub title: Option<String>,
    /// `the city is “Cebu”`, `and the logo is given`.
    pub clauses: Vec<String>,
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for selection in &self.selections {
            writeln!(f, "{}", selection.heading)?;
            for (at, group) in selection.groups.iter().enumerate() {
                let mut lead = format!("  {}. ", at + 1);
                for line in group.title.iter().chain(&group.clauses) {
                    writeln!(f, "{lead}{line}")?;
                    lead = " ".repeat(lead.len());
                }
            }
            writeln!(f)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// Says what a text selects. Errors are those of its check; warnings do not matter. Never panics, and time grows with the
/// text's length.
pub fn echo(text: &str, options: &CheckOptions, language: Language) -> Result<Echo, Vec<Diagnostic>> {
    let checked = check(text, options);
    let Some(expr) = checked.expr else {
        return Err(checked.diagnostics.into_iter().filter(Diagnostic::is_error).collect());
    };
    let tree = tree(text).rule_set;
    let speech: &dyn Speech = match language {
        Language::English => &english::English,
        Language::Chinese => &chinese::Chinese,
    };
    let mut notes = BTreeSet::from([Note::NothingElse]);
    // Without an error the tree and its meaning have the same parts.
    let blocks = tree.blocks.iter().zip(&expr.blocks);
    let selections = blocks.map(|(written, meant)| selection(written, meant, options, speech, &mut notes)).collect();
    Ok(Echo { selections, notes: notes.into_iter().map(|note| speech.note(note).to_owned()).collect() })
}

/// What a language says of each part.
trait Speech {
    /// Above alternatives: how many there are, and of a single one how many clauses it has.
    fn heading(&self, items: Noun, groups: usize, clauses: usize) -> String;
    /// In place of a heading: everything of a type is selected.
    fn everything(&self, items: Noun) -> String;
    /// The clause of `all`.
    fn every(&self, items: Noun) -> String;
    /// A rule.
    fn clause(&self, clause: &Clause<'_>) -> String;
    /// A clause that follows another of its group.
    fn further(&self, clause: &str) -> String;
    /// An operator's title.
    fn title(&self, title: &str) -> String;
    /// An explanation.
    fn note(&self, note: Note) -> &'static str;
}

fn selection(
    written: &ast::Block,
    meant: &expr::Block,
    options: &CheckOptions,
    speech: &dyn Speech,
    notes: &mut BTreeSet<Note>,
) -> Selection {
    let items = noun(meant.content_type);
    let groups: Vec<Group> = written
        .groups
        .iter()
        .zip(&meant.groups)
        .map(|(written, meant)| {
            let rules = written.rules.iter().zip(&meant.rules);
            let clauses: Vec<Clause<'_>> = rules.filter_map(|(w, m)| Clause::new(w, m, options)).collect();
            clauses.iter().for_each(|clause| clause.notes(notes));
            let said = clauses.iter().map(|clause| speech.clause(clause)).enumerate();
            let mut said: Vec<String> =
                said.map(|(at, clause)| if at == 0 { clause } else { speech.further(&clause) }).collect();
            // `all` beside other rules adds nothing.
            if said.is_empty() {
                said.push(speech.every(items));
            }
            Group { title: written.title.as_ref().map(|title| speech.title(&title.node)), clauses: said }
        })
        .collect();
    let is_all = meant.groups.iter().all(|g| g.rules.iter().all(|r| matches!(r.predicate, expr::Predicate::All)));
    match groups.as_slice() {
        [Group { title: None, .. }] if is_all => Selection { heading: speech.everything(items), groups: Vec::new() },
        [first, ..] => Selection { heading: speech.heading(items, groups.len(), first.clauses.len()), groups },
        [] => Selection { heading: speech.heading(items, 0, 0), groups },
    }
}

fn noun(content_type: ContentType) -> Noun {
    vocabulary::content_type(content_type)
}
