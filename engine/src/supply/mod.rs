//! Supply sets: what of a tenant's content a group of rules matches, and what of that may be delivered to its wallet.

pub mod change;
pub mod journal;
