//! Reports about rules and standing sets: why, what differs, what would unlock most, what if, what it costs.

pub mod cost;
pub mod difference;
pub mod explain;
pub mod simulate;
pub mod unlock;
