//! From an item to the rules: evaluation of checked predicates on documents.
//!
//! [`evaluate`] is the bare evaluator, the meaning of the language in executable form: no index, no candidate selection.
//! Everything faster must agree with it on every rule and item; [`standing`] is that for many standing predicates,
//! [`groups`] for many standing groups of them.

pub mod evaluate;
pub mod fuzzy;
pub mod groups;
mod grow;
pub mod standing;
