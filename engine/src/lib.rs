//! Penstock's engine.
//!
//! Ground state is the log alone; everything else (catalog, registry of seen keys, index) is derived from it by the fold.

pub mod api;
pub mod content;
