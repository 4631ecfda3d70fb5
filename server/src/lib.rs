//! Penstock's HTTP server and command line.
//!
//! Wire formats live here and nowhere else: one module a resource holds its wire types and handlers, [`problem`] is the one
//! place that turns errors into answers, and `app` is what handlers share. The engine does the work; nothing here
//! knows how content is stored, indexed or matched.

mod app;
mod audit;
mod auth;
mod body;
pub mod cli;
mod commands;
mod download;
mod entries;
mod fx;
pub mod generate;
mod health;
mod inbox;
mod items;
mod json;
pub mod keys;
mod landing;
mod memberships;
mod metrics;
pub mod notify;
mod onboarding;
mod openapi;
mod pace;
mod parameters;
pub mod people;
mod pieces;
mod policies;
mod preview;
mod private;
mod problem;
mod properties;
mod pull;
mod reports;
mod request;
pub mod rights;
mod risk;
mod router;
mod rules;
mod serve;
mod session;
mod sets;
mod supply;
mod sync;
mod tags;
mod target;
mod tasks;
mod tickets;
mod values;
mod webhooks;

pub use app::Settings;
pub use serve::{Hooks, ServeOptions, serve};
pub use session::oidc::{OidcOptions, OidcOptionsError};
