//! A way out for letters, and when one that failed is tried again.

use super::outbox::Letter;
use std::time::Duration;

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3_600);

/// A way out. Its name is what the outbox knows it by.
pub trait Channel: Send + Sync {
    /// Sends letters of one lane that are due, in order, at least the first: how many of them, and what came of these. What was
    /// sent before a crash is sent again.
    fn send(&self, lane: &str, letters: &[Letter]) -> (usize, Result<(), Failure>);
}

/// Why letters were not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was not tried: the channel must rest for so long.
    Rest(Duration),
    /// Another try may work.
    Again(String),
    /// No other try would.
    Never(String),
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The pause after the first try; then twice as long each time, up to six hours. So long a lane rests after a failure too.
    pub first: Duration,
    /// After so many tries a letter is dead.
    pub tries_max: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Retries { first: Duration::from_secs(5), tries_max: 15 }
    }
}

impl Retries {
    /// The pause after a number of tries, from one half of what it could be at most to all of it, as `chance` says: those
    /// whose letters failed together shall not all come again together. `None` where it was the last try.
    pub fn pause(&self, tries: u32, chance: u8) -> Option<Duration> {
        if tries >= self.tries_max {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << tries.saturating_sub(1).min(30)).min(PAUSE_MAX);
        Some(doubled / 2 + doubled * u32::from(chance) / (2 * u32::from(u8::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_a_limit_with_jitter() {
        let retries = Retries::default();
        let seconds = |tries, chance| retries.pause(tries, chance).map(|pause| pause.as_secs_f64());
        assert_eq!((seconds(1, 0), seconds(1, 255)), (Some(2.5), Some(5.0)));
        assert_eq!((seconds(4, 0), seconds(4, 255)), (Some(20.0), Some(40.0)));
        assert_eq!(seconds(14, 255), Some(21_600.0));
        assert_eq!(seconds(15, 255), None);
        let all: f64 = (1..15).filter_map(|tries| seconds(tries, 127)).sum();
        assert!((6.0..24.0).contains(&(all / 3_600.0)), "a night's outage is survived: {all} s");
        let long = Retries { tries_max: u32::MAX, ..retries };
        assert_eq!(long.pause(u32::MAX - 1, 255), Some(PAUSE_MAX));
    }
}
