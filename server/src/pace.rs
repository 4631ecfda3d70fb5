//! How often one account may send commands about tasks.

use crate::problem::Problem;
use axum::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Commands at once.
const BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Commands a second after that.
const A_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// After so many commands, accounts that have not sent any for a while are forgotten.
const FORGET_EVERY: u32 = 1_000;

/// The pace of every account.
pub struct Pace {
    limiter: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
    asked: AtomicU32,
}

impl Default for Pace {
    fn default() -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(BURST);
        Pace { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), asked: AtomicU32::new(0) }
    }
}

impl Pace {
    /// Lets a command of an account pass, or answers 429 with how long to wait.
    pub fn keep(&self, account: &str) -> Result<(), Problem> {
        if self.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&account.to_owned()).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now()).as_secs_f64();
            let detail = format!(
                "{account} has sent more than {BURST} commands about tasks at once, or more than {A_SECOND} a second; wait \
                 {wait:.1} seconds"
            );
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", "Too many commands", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_what_comes_after_waits_each_account_for_itself() {
        let pace = Pace::default();
        assert!((0..BURST.get()).all(|_| pace.keep("mei").is_ok()));
        let refused = (0..BURST.get()).find_map(|_| pace.keep("mei").err()).expect("too many");
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.detail().contains("wait"), "{}", refused.detail());
        assert!(pace.keep("ana").is_ok());
    }
}
