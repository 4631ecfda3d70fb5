//! Merchants' content: the item as sent, and what rules read of it.

pub mod document;
pub mod issue;
pub mod item;
