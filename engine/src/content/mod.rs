//! Merchants' content: the item as sent, and what rules read of it.
//!
//! [`decode::decode`] takes one element of a request to an [`item::Item`]; [`contents_info::document`] reads a stored
//! `contentInfo` again. Both are pure: the same input gives the same document, on any thread, today and on replay.

mod collect;
pub mod contents_info;
mod decimal;
pub mod decode;
pub mod document;
pub mod eligibility;
mod exact;
mod headline;
pub mod issue;
pub mod item;
mod json;
mod keys;
pub mod learned;
mod locale;
mod money;
pub mod payload;
mod read;
mod undeclared;
