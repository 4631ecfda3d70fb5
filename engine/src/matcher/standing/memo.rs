//! What words of items have brought up, remembered: most words of an item have come before (G. K. Zipf, 1949), and to look one
//! up among query words takes some thirty keys.
//!
//! So many words are remembered and no more, those that came lately. Invariant: an answer is the one that the structure gave at
//! that version.

use hashbrown::{Equivalent, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Words remembered before the older half of them is forgotten.
const WORDS_MAX: usize = 32_768;
/// Questions that these may bring up together; likewise.
const QUESTIONS_MAX: usize = 1 << 20;
/// Longer words are not remembered, bytes.
const WORD_BYTES_MAX: usize = 64;

/// What a structure is at a time: no two are alike, whatever structure and whenever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Default for Version {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Version(NEXT.fetch_add(1, Relaxed))
    }
}

/// What is remembered.
#[derive(Default)]
pub struct Memo {
    young: Answers,
    old: Answers,
    /// What was found last and is not remembered yet.
    last: Vec<u32>,
}

/// Words, and the questions that each brings up.
#[derive(Default)]
struct Answers {
    places: HashMap<Key, (u32, u32)>,
    questions: Vec<u32>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key(Version, Box<str>);

#[derive(Hash)]
struct KeyRef<'a>(Version, &'a str);

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.0, self.1) == (key.0, &*key.1)
    }
}

impl Memo {
    /// The questions that a word brings up in a structure of some version: as remembered, or as `find` says.
    pub fn of(&mut self, version: Version, word: &str, find: impl FnOnce(&mut Vec<u32>)) -> &[u32] {
        let key = KeyRef(version, word);
        if let Some(place) = self.young.places.get(&key) {
            return self.young.at(*place);
        }
        self.last.clear();
        match self.old.places.get(&key) {
            Some(place) => self.last.extend(self.old.at(*place)),
            None => find(&mut self.last),
        }
        if word.len() <= WORD_BYTES_MAX && self.last.len() <= QUESTIONS_MAX / 2 {
            self.remember(version, word);
        }
        &self.last
    }

    fn remember(&mut self, version: Version, word: &str) {
        let Answers { places, questions } = &self.young;
        if places.len() >= WORDS_MAX / 2 || questions.len() + self.last.len() > QUESTIONS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let Answers { places, questions } = &mut self.young;
        let begin = questions.len();
        questions.extend(&self.last);
        places.insert(Key(version, word.into()), (begin as u32, questions.len() as u32));
    }
}

impl Answers {
    fn at(&self, (begin, end): (u32, u32)) -> &[u32] {
        &self.questions[begin as usize..end as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn answers_as_the_structure_does(asked in prop::collection::vec((0..2usize, 0..60u32), 0..400)) {
            let versions = [Version::default(), Version::default()];
            prop_assert_ne!(versions[0], versions[1]);
            let mut memo = Memo::default();
            for (version, n) in asked {
                let answer: Vec<u32> = (0..n % 4).map(|at| n * 8 + version as u32 * 4 + at).collect();
                let found = memo.of(versions[version], &format!("word {n}"), |out| out.extend(&answer));
                prop_assert_eq!(found, &answer[..]);
            }
        }
    }

    #[test]
    fn what_comes_often_stays_and_memory_is_bounded() {
        let (mut memo, version, mut asked) = (Memo::default(), Version::default(), 0);
        let long = "long ".repeat(20);
        for n in 0..100_000u32 {
            for word in ["often", &format!("rare {n}"), &long] {
                let found = memo.of(version, word, |out| {
                    asked += 1;
                    out.extend([7; 100]);
                });
                assert_eq!(found, [7; 100]);
            }
            assert!(memo.young.places.len() + memo.old.places.len() <= WORDS_MAX);
            assert!(memo.young.questions.len() + memo.old.questions.len() <= QUESTIONS_MAX);
        }
        assert_eq!(asked, 1 + 100_000 + 100_000);
        let many = memo.of(version, "many", |out| out.resize(QUESTIONS_MAX, 1)).len();
        assert_eq!((many, memo.of(version, "many", |_| {}).len()), (QUESTIONS_MAX, 0));
    }
}
