//! Failed sign-ins slow an account down, known or not, for everybody who tries it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 4;
/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// How long failures count.
const MEMORY_TIME: Duration = Duration::from_secs(15 * 60);
/// Names that are remembered; of more the one that was tried longest ago is forgotten.
const NAMES_MAX: usize = 10_000;

/// Who has to wait for how long.
#[derive(Default)]
pub struct Throttle {
    names: HashMap<String, Tries>,
}

#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    last: Instant,
}

impl Tries {
    fn wait(self) -> Duration {
        match self.count.checked_sub(FREE) {
            Some(over) => Duration::from_secs(1).saturating_mul(2_u32.saturating_pow(over)).min(WAIT_MAX),
            None => Duration::ZERO,
        }
    }
}

impl Throttle {
    /// Lets a try begin, or says how long to wait. It counts as failed until [`Throttle::succeeded`], so that many at once do not
    /// slip through.
    pub fn begin(&mut self, name: &str, now: Instant) -> Result<(), Duration> {
        let before = self.names.get(name).copied().filter(|tries| now.duration_since(tries.last) < MEMORY_TIME);
        let left = before.map_or(Duration::ZERO, |tries| tries.wait().saturating_sub(now.duration_since(tries.last)));
        if !left.is_zero() {
            return Err(left);
        }
        if before.is_none() && self.names.len() >= NAMES_MAX {
            let oldest = self.names.iter().min_by_key(|(_, tries)| tries.last).map(|(name, _)| name.clone());
            oldest.map(|name| self.names.remove(&name));
        }
        let count = before.map_or(0, |tries| tries.count).saturating_add(1);
        self.names.insert(name.to_string(), Tries { count, last: now });
        Ok(())
    }

    /// The try was right: nothing is held against the name any more.
    pub fn succeeded(&mut self, name: &str) {
        self.names.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_after_the_first_few_doubles_the_wait() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        for _ in 0..FREE {
            assert_eq!(throttle.begin("maria", start), Ok(()));
        }
        assert_eq!(throttle.begin("maria", start), Err(Duration::from_secs(1)));
        assert_eq!(throttle.begin("other", start), Ok(()));
        let mut now = start;
        for wait_s in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = Duration::from_secs(wait_s);
            assert_eq!(throttle.begin("maria", now), Err(wait));
            now += wait;
            assert_eq!(throttle.begin("maria", now), Ok(()));
        }
        throttle.succeeded("maria");
        assert_eq!(throttle.begin("maria", now), Ok(()));
        let mut again = Throttle::default();
        assert!((0..FREE).all(|_| again.begin("maria", start).is_ok()) && again.begin("maria", start).is_err());
        assert_eq!(again.begin("maria", start + MEMORY_TIME), Ok(()), "forgotten");
    }

    #[test]
    fn names_are_bounded() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        for n in 0..NAMES_MAX + 10 {
            assert_eq!(throttle.begin(&n.to_string(), start + Duration::from_micros(n as u64)), Ok(()));
        }
        assert_eq!(throttle.names.len(), NAMES_MAX);
        assert!(!throttle.names.contains_key("9") && throttle.names.contains_key("10"));
    }
}
