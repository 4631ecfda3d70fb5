//! Sign-ins that are under way: begun here, not yet come back from the provider. In memory alone; a restart forgets them.

use super::provider::Proof;
use crate::private::hash;
use openidconnect::url::Url;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a person may take at the provider.
pub const TIME_MAX: Duration = Duration::from_secs(10 * 60);
/// Sign-ins under way at once; of more the oldest is forgotten, for anybody may begin one.
const COUNT_MAX: usize = 4_096;

/// What a sign-in needs when it comes back.
pub struct Begun {
    /// For the provider.
    pub proof: Proof,
    /// The wallet to work for.
    pub wallet: Option<String>,
    /// Where to go then.
    pub back: Url,
}

/// The sign-ins under way, oldest first.
#[derive(Default)]
pub struct Waiting {
    all: VecDeque<Entry>,
}

/// Secrets as hashes, so that comparing them tells nothing by the time it takes.
struct Entry {
    state: Vec<u8>,
    browser: Vec<u8>,
    since: Instant,
    begun: Begun,
}

impl Waiting {
    /// Keeps a sign-in, by its state, for the browser with this secret.
    pub fn add(&mut self, state: &str, browser: &str, begun: Begun, now: Instant) {
        while self.all.len() >= COUNT_MAX || self.all.front().is_some_and(|entry| entry.is_over(now)) {
            self.all.pop_front();
        }
        self.all.push_back(Entry { state: hash(state), browser: hash(browser), since: now, begun });
    }

    /// The sign-in of a state, if this browser began it not too long ago. Whoever asks, it is gone then: a state is good once.
    pub fn take(&mut self, state: &str, browser: &str, now: Instant) -> Option<Begun> {
        let state = hash(state);
        let at = self.all.iter().position(|entry| entry.state == state)?;
        let entry = self.all.remove(at)?;
        (entry.browser == hash(browser) && !entry.is_over(now)).then_some(entry.begun)
    }
}

impl Entry {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= TIME_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(wallet: &str) -> Begun {
        Begun {
            proof: Proof::of_none(),
            wallet: Some(wallet.to_string()),
            back: Url::parse("https://penstock.example/").unwrap(),
        }
    }

    #[test]
    fn a_state_is_good_once_for_its_browser_and_not_for_long() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        for state in ["a", "b", "c", "d"] {
            waiting.add(state, "mine", begun(state), now);
        }
        assert_eq!(waiting.take("b", "mine", now).unwrap().wallet.as_deref(), Some("b"));
        assert!(waiting.take("b", "mine", now).is_none(), "twice");
        assert!(waiting.take("a", "another", now).is_none(), "another browser");
        assert!(waiting.take("a", "mine", now).is_none(), "after another browser tried");
        assert!(waiting.take("c", "mine", now + TIME_MAX - Duration::from_millis(1)).is_some());
        assert!(waiting.take("d", "mine", now + TIME_MAX).is_none(), "too late");
        assert!(waiting.take("x", "mine", now).is_none(), "never begun");
    }

    #[test]
    fn there_is_room_for_so_many() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        for state in 0..=COUNT_MAX {
            waiting.add(&state.to_string(), "mine", begun(""), now);
        }
        assert_eq!(waiting.all.len(), COUNT_MAX);
        assert!(waiting.take("0", "mine", now).is_none(), "the oldest");
        assert!(waiting.take("1", "mine", now).is_some());
        waiting.add("late", "mine", begun(""), now + TIME_MAX);
        assert_eq!(waiting.all.len(), 1, "what is over takes no room");
    }
}
