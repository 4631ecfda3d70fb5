//! Penstock's engine: content in, exact previews out. No HTTP, no async.
//!
//! Ground state is the log alone ([`log`]). Everything else is derived from it by the [`fold`] and may be thrown away:
//! the [`catalog`] (latest versions, ordinals), what undeclared keys have taught ([`content::learned`]), the [`index`] and
//! its overlay, and the checkpoints of these. [`engine::Engine`] is the facade.

pub mod api;
pub mod catalog;
pub mod checkpoint;
pub mod command;
pub mod complete;
pub mod content;
pub mod difference;
pub mod engine;
pub mod explain;
pub mod fold;
pub mod fx;
pub mod hover;
pub mod index;
pub mod ineligible;
pub mod lint;
pub mod log;
pub mod matcher;
pub mod preview;
pub mod sets;
pub mod simulate;
pub mod supply;
pub mod target;
pub mod task;
pub mod tasks;
pub mod tenant;
pub mod unlock;
pub mod verify;
pub mod wallets;

pub use api::*;
pub use engine::{BatchMeta, Engine, OpenError, Options, Reply};
