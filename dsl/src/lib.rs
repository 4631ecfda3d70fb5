//! Penstock's rule language, alone: text to tree to a checked, canonical [`expr::Expr`].
//!
//! No I/O, no index, no async. Whoever evaluates rules gets an [`expr::Expr`] in which all typing and folding is done.
//! The way of a text: `mend` replaces spellings of other languages; `recover` and `parser` make the tree of [`ast`];
//! [`check`] gives it meaning; [`diagnostic`] says what is wrong with it. [`print`] spells parts of a tree, [`format`] lays a
//! whole text out, [`echo`] says what it selects in plain words, with the labels of [`vocabulary`], and [`complete`] what may
//! stand at a cursor.
//!
//! The console's form is a projection of the text ([`form::form`]), and a change of it an edit of the text
//! ([`form::change`]); nothing is stored but the text.
//! [`lint`] and [`cost`] judge what is right but perhaps not wanted.

pub mod ast;
mod canonical;
pub mod check;
pub mod code;
pub mod complete;
pub mod cost;
pub mod diagnostic;
pub mod echo;
pub mod expr;
pub mod form;
pub mod format;
pub mod fx;
mod lexeme;
pub mod limits;
pub mod lint;
pub mod literal;
mod mend;
mod parser;
pub mod print;
mod recover;
pub mod registry;
mod render;
mod suggest;
mod syntax;
pub mod text;
pub mod vocabulary;

pub use tree::{Tree, tree};
mod tree;
