//! The funnel: how many items of what rules match can be delivered, and what becomes of the others, step by step (F-3.3).

use super::wallet::Barriers;
use roaring::RoaringBitmap;

/// Steps of the funnel, in order; each item that is matched is at exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The operator took it out, or pulled it from everything that goes to the wallet.
    TakenOut,
    /// It misses a required field.
    MissingFields,
    /// Its merchant is not onboarded to the wallet.
    NotOnboarded,
    /// A risk decision stops it.
    RiskStopped,
    /// Nothing stands in its way.
    Deliverable,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Step; 5] =
        [Step::TakenOut, Step::MissingFields, Step::NotOnboarded, Step::RiskStopped, Step::Deliverable];
}

/// Counts of a funnel; the steps add up to `matched`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Items that the rules match.
    pub matched: u64,
    /// Of them taken out.
    pub taken_out: u64,
    /// Of the rest, without a required field.
    pub missing_fields: u64,
    /// Of the rest, of merchants that are not onboarded.
    pub not_onboarded: u64,
    /// Of the rest, stopped by a risk decision.
    pub risk_stopped: u64,
    /// What is left.
    pub deliverable: u64,
}

/// The items at each step, in the order of [`Step::ALL`].
pub struct Steps(pub [RoaringBitmap; 5]);

impl Steps {
    /// Leads the matched items through the funnel.
    pub fn of(matched: &RoaringBitmap, taken_out: &RoaringBitmap, barriers: &Barriers) -> Steps {
        let mut left = matched.clone();
        let mut stop = |at: RoaringBitmap| {
            let stopped = &left & at;
            left -= &stopped;
            stopped
        };
        let taken_out = stop(taken_out | barriers.pulled.to_bitmap());
        let lacking = stop(barriers.lacking.to_bitmap());
        let not_onboarded = stop(barriers.not_onboarded.to_bitmap());
        let stopped = stop(barriers.stopped.to_bitmap());
        Steps([taken_out, lacking, not_onboarded, stopped, left])
    }

    /// The items at a step.
    pub fn at(&self, step: Step) -> &RoaringBitmap {
        &self.0[step as usize]
    }

    /// Their numbers.
    pub fn counts(&self) -> Funnel {
        let [taken_out, missing_fields, not_onboarded, risk_stopped, deliverable] =
            self.0.each_ref().map(|at| at.len());
        let matched = taken_out + missing_fields + not_onboarded + risk_stopped + deliverable;
        Funnel { matched, taken_out, missing_fields, not_onboarded, risk_stopped, deliverable }
    }
}
