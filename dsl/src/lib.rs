//! Penstock's rule language, alone: text to tree to a checked, canonical [`expr::Expr`].
//!
//! No I/O, no index, no async. Whoever evaluates rules gets an [`expr::Expr`] in which all typing and folding is done.

pub mod diagnostic;
pub mod expr;
pub mod registry;
pub mod text;
