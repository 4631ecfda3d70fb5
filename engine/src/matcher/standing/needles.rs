//! Substrings that texts are searched for, all in one pass over a text.
//!
//! Each needle stands under one of its n-grams (three characters; of a shorter needle, all of it), the rarest that was known
//! when it came. Where a text has that n-gram the needle is compared in place. A text made so that this takes long is left
//! to the evaluator, which asks each question in question once ([`COMPARED_MAX_A_BYTE`]).

use super::multimap::{Change, Multimap};
use super::seen::Counter;
use crate::matcher::grow;
use smallvec::SmallVec;

/// The longest n-gram, characters.
const GRAM_CHARS: usize = 3;
/// Bits of a code point in a packed n-gram; each is stored one higher, so that shorter n-grams differ from longer ones.
const CHAR_BITS: u32 = 21;
/// So many needles are compared whatever the length of the text, and so many more for each of its bytes.
const COMPARED_MIN: usize = 4096;
const COMPARED_MAX_A_BYTE: usize = 16;
/// Needles that are compared together.
const COMPARED_TOGETHER: usize = 64;
/// Bytes compared that count as one more needle.
const BYTES_A_COMPARISON: usize = 16;

/// Needles, each of a question; a question has at most one.
#[derive(Default)]
pub struct Needles {
    /// The needles of the n-grams of a hash.
    by_gram: Multimap<u32>,
    needles: Vec<Option<Needle>>,
    free: Vec<u32>,
    /// Needles by the length of their n-gram, less one.
    by_length: [u32; GRAM_CHARS],
}

struct Needle {
    text: Box<str>,
    /// Where in it its n-gram begins, bytes.
    gram_at: u16,
    question: u32,
}

impl Needles {
    /// Puts a question's needle in under the n-gram at a byte offset, or takes it out.
    pub fn change(&mut self, change: Change, text: &str, gram_at: u16, question: u32) {
        let (gram, length) = gram(&text[gram_at.into()..]);
        let key = key(gram);
        match change {
            Change::Enter => {
                let needle = Some(Needle { text: text.into(), gram_at, question });
                let place = match self.free.pop() {
                    Some(place) => {
                        self.needles[place as usize] = needle;
                        place
                    }
                    None => grow::push(&mut self.needles, needle) as u32,
                };
                self.by_gram.change(Change::Enter, &key, place);
                self.by_length[length - 1] += 1;
            }
            Change::Leave => {
                let of_question = |place: &u32| {
                    self.needles[*place as usize].as_ref().is_some_and(|needle| needle.question == question)
                };
                let Some(place) = self.by_gram.get(&key).iter().copied().find(of_question) else { return };
                self.by_gram.change(Change::Leave, &key, place);
                self.by_length[length - 1] -= 1;
                self.needles[place as usize] = None;
                self.free.push(place);
                if self.is_empty() {
                    *self = Needles::default();
                }
            }
        }
    }

    /// Calls `found` with questions whose needle the text has, or (`false`) may have. A question may come several times.
    pub fn find(&self, text: &str, counter: Counter<'_>, mut found: impl FnMut(u32, bool)) {
        let mut left = COMPARED_MIN + text.len() * COMPARED_MAX_A_BYTE;
        // Needles are compared some together: the machine need not wait for one read after the other.
        let mut waiting: SmallVec<[(u32, usize); COMPARED_TOGETHER]> = SmallVec::new();
        let mut compare_all = |waiting: &mut SmallVec<_>| {
            waiting.drain(..).for_each(|(place, at)| self.compare(place, text, at, &mut left, &mut found));
        };
        let (mut starts, mut packed) = ([0; GRAM_CHARS], 0u64);
        for (n, (at, c)) in text.char_indices().enumerate() {
            starts = [starts[1], starts[2], at];
            packed = (packed << CHAR_BITS | u64::from(u32::from(c) + 1)) & mask(GRAM_CHARS);
            for length in 1..=GRAM_CHARS.min(n + 1) {
                if self.by_length[length - 1] == 0 {
                    continue;
                }
                let gram = packed & mask(length);
                counter.count(gram);
                for &place in self.by_gram.get(&key(gram)) {
                    if waiting.len() == COMPARED_TOGETHER {
                        compare_all(&mut waiting);
                    }
                    waiting.push((place, starts[GRAM_CHARS - length]));
                }
            }
        }
        compare_all(&mut waiting);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_gram.is_empty()
    }

    fn compare(&self, place: u32, text: &str, gram_at: usize, left: &mut usize, found: &mut impl FnMut(u32, bool)) {
        let Some(needle) = &self.needles[place as usize] else { return };
        if *left == 0 {
            return found(needle.question, false);
        }
        *left = left.saturating_sub(1 + needle.text.len() / BYTES_A_COMPARISON);
        let Some(start) = gram_at.checked_sub(needle.gram_at.into()) else { return };
        if text.as_bytes()[start..].starts_with(needle.text.as_bytes()) {
            found(needle.question, true);
        }
    }
}

/// Where the rarest n-gram of a needle begins, bytes, and how often it was seen. The needle is not empty.
pub fn rarest(needle: &str, counter: Counter<'_>) -> (u16, u32) {
    let last = needle.char_indices().rev().nth(GRAM_CHARS - 1).map_or(0, |(at, _)| at);
    let starts = needle.char_indices().map(|(at, _)| at).take_while(|at| *at <= last);
    let starts = starts.map_while(|at| u16::try_from(at).ok());
    let counted = starts.map(|at| (at, times(needle, at, counter)));
    counted.min_by_key(|(_, times)| *times).unwrap_or((0, 0))
}

/// How often the n-gram at a byte offset was seen.
pub fn times(needle: &str, gram_at: u16, counter: Counter<'_>) -> u32 {
    counter.times(gram(&needle[gram_at.into()..]).0)
}

/// The hash of an n-gram. What others of the same hash bring is compared in vain.
fn key(gram: u64) -> u32 {
    (gram.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// The n-gram that a text begins with, packed, and its characters.
fn gram(text: &str) -> (u64, usize) {
    let chars = text.chars().take(GRAM_CHARS);
    chars.fold((0, 0), |(gram, length), c| (gram << CHAR_BITS | u64::from(u32::from(c) + 1), length + 1))
}

fn mask(chars: usize) -> u64 {
    (1 << (CHAR_BITS as usize * chars)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::standing::seen::Seen;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn found_in(needles: &Needles, text: &str) -> BTreeMap<u32, bool> {
        let mut found = BTreeMap::new();
        needles.find(text, Counter::none(), |question, sure| *found.entry(question).or_default() |= sure);
        found
    }

    proptest! {
        #[test]
        fn finds_what_a_scan_finds(needles in prop::collection::vec(("[ab東\u{0}]{1,5}", any::<bool>()), 0..40), texts in prop::collection::vec("[ab東\u{0}]{0,30}", 1..8)) {
            let seen = Seen::default();
            let mut index = Needles::default();
            let place = |needle: &str| rarest(needle, Counter::of(&seen, 1)).0;
            for (n, (needle, _)) in needles.iter().enumerate() {
                index.change(Change::Enter, needle, place(needle), n as u32);
            }
            for (n, (needle, _)) in needles.iter().enumerate().filter(|(_, needle)| !needle.1) {
                index.change(Change::Leave, needle, place(needle), n as u32);
            }
            for text in texts {
                let found = found_in(&index, &text);
                for (n, (needle, kept)) in needles.iter().enumerate() {
                    prop_assert_eq!(found.get(&(n as u32)).copied(), (*kept && text.contains(needle.as_str())).then_some(true));
                }
            }
            for (n, (needle, _)) in needles.iter().enumerate() {
                index.change(Change::Leave, needle, place(needle), n as u32);
            }
            prop_assert!(index.is_empty() && index.needles.is_empty());
        }
    }

    #[test]
    fn a_text_that_nearly_has_many_long_needles_is_left_to_the_evaluator() {
        let mut index = Needles::default();
        for n in 0..300u32 {
            index.change(Change::Enter, &format!("{}b{n}", "a".repeat(1000)), 0, n);
        }
        let text = "a".repeat(10_000);
        let found = found_in(&index, &text);
        assert_eq!(found.len(), 300);
        assert!(found.values().all(|sure| !sure));
    }
}
