//! Commands: what a record may say beside items. Decided in the fold, in log order, so every machine decides alike.

use crate::fx::FxRefused;
use penstock_dsl::fx::Rates;
use serde::{Deserialize, Serialize};

/// A change of a tenant's own state, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// The exchange rates of a day.
    FxRates(Rates),
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// The state has changed.
    Applied,
    /// The state was so already.
    Unchanged,
    /// Nothing has changed.
    Refused(Refusal),
}

/// Why the fold refused a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Exchange rates.
    Fx(FxRefused),
}
