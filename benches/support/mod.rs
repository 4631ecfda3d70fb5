//! What the HTTP benches share: a server under measurement, clients that load it, and figures about both.

pub mod load;
pub mod server;
pub mod stats;

use std::str::FromStr;

/// The value of an environment variable, or `default` where it is unset or does not read.
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}
