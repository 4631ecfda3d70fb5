//! Requests that were carried out, by who made them and their key, in case they come again (F-9.3).

use super::command::TaskOutcome;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// For so long a request is remembered.
pub const REMEMBERED_MS: i64 = 24 * 3_600_000;
/// So many requests are remembered at most; beyond, the oldest are forgotten first.
pub const REMEMBERED_MAX: usize = 100_000;

/// Who asked, and the request's key.
pub type RequestKey = (Box<str>, Box<str>);

/// A request that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Hash of what was asked.
    pub fingerprint: u64,
    /// What came of it.
    pub outcome: TaskOutcome,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    by_key: BTreeMap<RequestKey, Remembered>,
    /// As they came, each with its time, epoch milliseconds.
    order: VecDeque<(i64, RequestKey)>,
}

impl Requests {
    /// A request that was carried out not too long ago.
    pub fn get(&mut self, key: &RequestKey, now_ms: i64) -> Option<&Remembered> {
        while self.order.front().is_some_and(|(ms, _)| now_ms - ms >= REMEMBERED_MS) {
            self.forget_first();
        }
        self.by_key.get(key)
    }

    /// Remembers a request that was not remembered yet.
    pub fn put(&mut self, key: RequestKey, ms: i64, remembered: Remembered) {
        self.order.push_back((ms, key.clone()));
        self.by_key.insert(key, remembered);
        if self.order.len() > REMEMBERED_MAX {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.by_key.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_remembered_for_a_day_and_the_oldest_is_forgotten_first() {
        let remembered = |n: u64| {
            let outcome = TaskOutcome { task: 1, version: n, ticket: None, items: 0 };
            Remembered { fingerprint: n, outcome }
        };
        let key = |n: usize| ("ana".into(), n.to_string().into());
        let mut requests = Requests::default();
        requests.put(key(0), 0, remembered(7));
        assert_eq!(requests.get(&key(0), REMEMBERED_MS - 1), Some(&remembered(7)));
        assert_eq!(requests.get(&("bo".into(), "0".into()), 1), None);
        assert_eq!(requests.get(&key(0), REMEMBERED_MS), None);
        (0..=REMEMBERED_MAX).for_each(|n| requests.put(key(n), 1, remembered(n as u64)));
        assert_eq!(requests.get(&key(0), 1), None);
        assert_eq!(requests.by_key.len(), REMEMBERED_MAX);
        assert!(requests.get(&key(1), 1).is_some());
    }
}
