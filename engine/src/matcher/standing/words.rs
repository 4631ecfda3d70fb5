//! Words of fuzzy queries, found by a word of an item without looking at the others.
//!
//! A word within `d` edits of another has, in its first [`HEAD_CHARS`] characters, a string that is also left of the other's
//! when up to `d` characters are deleted from each (symmetric deletion; W. Garbe's SymSpell. A swap deletes one on each
//! side). So a query word stands under all that is left of its head, and an item's word is looked up by all that is left of
//! its own. Where many query words have one head (`item0001`, `item0002`) those that come later stand by their tail, read
//! backwards. Keys are hashes: whatever they bring is checked by the evaluator's own comparison.

use super::memo::{Memo, Version};
use super::multimap::{Change, Multimap};
use super::seen::Counter;
use crate::matcher::evaluate::{self, Wanted, word_matches};
use crate::matcher::fuzzy::Letters;
use crate::matcher::grow;
use penstock_dsl::expr::FuzzyWord;
use penstock_dsl::limits::FUZZY_WORD_CHARS_MAX;
use smallvec::{SmallVec, smallvec};

/// Characters of a word from which deletions are made: this bounds the keys of a word to 24.
const HEAD_CHARS: usize = 6;
/// A head that so many words have is crowded.
const CROWD: usize = 64;
/// Greatest edit distance of the language.
const DISTANCE_MAX: usize = 2;
/// Lengths told apart; longer words count as of this length.
const LENGTHS: usize = FUZZY_WORD_CHARS_MAX + DISTANCE_MAX + 1;

/// Kinds of keys, each the start of its hashes.
const WHOLE: u64 = 0x243F_6A88_85A3_08D3;
const PREFIX: u64 = 0x1319_8A2E_0370_7344;
const LEFT_OF_HEAD: u64 = 0xA409_3822_299F_31D0;
const LEFT_OF_TAIL: u64 = 0x082E_FA98_EC4E_6C89;

/// Query words, each with the questions that enter by it.
pub struct Words {
    /// Hash of a key to places in `words`.
    by_key: Multimap<u32>,
    words: Vec<Option<Word>>,
    free: Vec<u32>,
    /// Words that match as prefixes, by their length.
    prefixes: [u32; LENGTHS],
    /// Words within distance 1 and 2, by their length.
    near: [[u32; LENGTHS]; DISTANCE_MAX],
    /// Words that stand by their tail.
    by_tail: u32,
    version: Version,
}

/// Room to work in, kept from one word to the next.
#[derive(Default)]
pub struct Room {
    /// Places of query words.
    places: Vec<u32>,
    memo: Memo,
}

/// An end of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Head,
    Tail,
}

struct Word {
    text: Box<str>,
    /// What tells most other words from it without reading it.
    letters: Letters,
    distance: u8,
    prefix: bool,
    end: End,
    questions: Questions,
}

/// Most words have few.
type Questions = SmallVec<[u32; 4]>;

impl Word {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { text: &self.text, distance: self.distance, prefix: self.prefix }
    }

    fn matches(&self, word: evaluate::Word<'_>) -> bool {
        let near = word.letters.within(self.letters, self.distance);
        (near || (self.prefix && word.letters.has(self.letters))) && word_matches(word, self.wanted())
    }
}

impl Default for Words {
    fn default() -> Self {
        Words {
            by_key: Multimap::default(),
            words: Vec::new(),
            free: Vec::new(),
            prefixes: [0; LENGTHS],
            near: [[0; LENGTHS]; DISTANCE_MAX],
            by_tail: 0,
            version: Version::default(),
        }
    }
}

impl Words {
    /// Whether a word can be kept here.
    pub fn takes(wanted: &FuzzyWord) -> bool {
        let fits = wanted.text.chars().nth(FUZZY_WORD_CHARS_MAX).is_none();
        fits && !wanted.text.is_empty() && usize::from(wanted.distance) <= DISTANCE_MAX
    }

    /// Puts a question in under a word, or takes it out.
    pub fn change(&mut self, change: Change, wanted: &FuzzyWord, question: u32) {
        self.version = Version::default();
        match (change, self.place(wanted.into())) {
            (Change::Enter, Some(place)) => self.questions_mut(place).push(question),
            (Change::Enter, None) => {
                let &FuzzyWord { ref text, distance, prefix } = wanted;
                let (end, letters) = (self.roomier_end(wanted.into()), Letters::of(text));
                let text = text.as_str().into();
                self.enter(Word { text, letters, distance, prefix, end, questions: smallvec![question] });
            }
            (Change::Leave, Some(place)) => {
                let questions = self.questions_mut(place);
                if let Some(at) = questions.iter().position(|q| *q == question) {
                    questions.swap_remove(at);
                }
                if questions.is_empty() {
                    self.leave(place);
                }
            }
            (Change::Leave, None) => {}
        }
    }

    /// The questions that enter by a word which `word` matches.
    pub fn find<'r>(&self, word: evaluate::Word<'_>, room: &'r mut Room) -> &'r [u32] {
        let Room { places, memo } = room;
        memo.of(self.version, word.text, |found| self.look_up(word, places, found))
    }

    /// Counts that an item has a word.
    pub fn count(&self, word: &str, counter: Counter<'_>) {
        for (prefix, length) in prefixes(word) {
            if length < LENGTHS && self.prefixes[length] > 0 {
                counter.count(prefix);
            }
        }
        counter.count(word.chars().fold(WHOLE, step));
    }

    fn look_up(&self, word: evaluate::Word<'_>, places: &mut Vec<u32>, found: &mut Vec<u32>) {
        self.candidates(word.text, places);
        places.sort_unstable();
        places.dedup();
        for &place in places.iter() {
            if let Some(candidate) = &self.words[place as usize]
                && candidate.matches(word)
            {
                found.extend(&candidate.questions);
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    fn candidates(&self, word: &str, places: &mut Vec<u32>) {
        places.clear();
        let mut length = 0;
        for (prefix, chars) in prefixes(word) {
            length = chars;
            if length < LENGTHS && self.prefixes[length] > 0 {
                places.extend(self.by_key.get(&finish(prefix)));
            }
        }
        let whole = word.chars().fold(WHOLE, step);
        places.extend(self.by_key.get(&finish(whole)));
        let deletions = (1..=DISTANCE_MAX).rev().find(|distance| self.has_near(*distance, length)).unwrap_or(0);
        if deletions == 0 {
            return;
        }
        each_left_of(word, End::Head, deletions, |key| places.extend(self.by_key.get(&key)));
        if self.by_tail > 0 {
            each_left_of(word, End::Tail, deletions, |key| places.extend(self.by_key.get(&key)));
        }
    }

    /// Whether some word of that distance has a length that a word of `length` can reach.
    fn has_near(&self, distance: usize, length: usize) -> bool {
        let length = length.min(LENGTHS - 1);
        let reach = length.saturating_sub(distance)..=(length + distance).min(LENGTHS - 1);
        self.near[distance - 1][reach].iter().any(|count| *count > 0)
    }

    fn place(&self, wanted: Wanted<'_>) -> Option<u32> {
        let whole = wanted.text.chars().fold(WHOLE, step);
        let is = |place: &u32| self.words[*place as usize].as_ref().is_some_and(|word| word.wanted() == wanted);
        self.by_key.get(&finish(whole)).iter().copied().find(is)
    }

    /// The tail where the head is crowded.
    fn roomier_end(&self, wanted: Wanted<'_>) -> End {
        let mut crowded = false;
        if wanted.distance > 0 {
            each_left_of(wanted.text, End::Head, 0, |key| crowded = self.by_key.get(&key).len() >= CROWD);
        }
        if crowded { End::Tail } else { End::Head }
    }

    fn questions_mut(&mut self, place: u32) -> &mut Questions {
        &mut self.words[place as usize].as_mut().expect("a word stands under its keys only while it is there").questions
    }

    fn enter(&mut self, word: Word) {
        self.change_keys(Change::Enter, &word, self.free.last().copied().unwrap_or(self.words.len() as u32));
        match self.free.pop() {
            Some(place) => {
                self.words[place as usize] = Some(word);
            }
            None => {
                grow::push(&mut self.words, Some(word));
            }
        }
    }

    fn leave(&mut self, place: u32) {
        let Some(word) = self.words[place as usize].take() else { return };
        self.free.push(place);
        self.change_keys(Change::Leave, &word, place);
        if self.is_empty() {
            *self = Words::default();
        }
    }

    fn change_keys(&mut self, change: Change, word: &Word, place: u32) {
        let (wanted, end) = (word.wanted(), word.end);
        for key in keys(wanted, end) {
            self.by_key.change(change, &key, place);
        }
        let step = |count: &mut u32| match change {
            Change::Enter => *count += 1,
            Change::Leave => *count -= 1,
        };
        let length = wanted.text.chars().count().min(LENGTHS - 1);
        if wanted.prefix {
            step(&mut self.prefixes[length]);
        }
        if end == End::Tail {
            step(&mut self.by_tail);
        }
        if wanted.distance > 0 {
            step(&mut self.near[usize::from(wanted.distance) - 1][length]);
        }
    }
}

/// The hashes of all that a word begins with, and how many characters that is.
fn prefixes(word: &str) -> impl Iterator<Item = (u64, usize)> {
    let hashes = word.chars().scan(PREFIX, |hash, c| {
        *hash = step(*hash, c);
        Some(*hash)
    });
    hashes.zip(1..)
}

/// How often a word was seen, and words that begin with it where those match too.
pub fn times(wanted: &FuzzyWord, counter: Counter<'_>) -> u32 {
    let seen = |kind| counter.times(wanted.text.chars().fold(kind, step));
    if wanted.prefix { seen(WHOLE).max(seen(PREFIX)) } else { seen(WHOLE) }
}

/// The keys of a query word that stands by an end, each once.
pub fn keys(wanted: Wanted<'_>, end: End) -> Vec<u32> {
    let mut keys = vec![finish(wanted.text.chars().fold(WHOLE, step))];
    if wanted.prefix {
        keys.push(finish(wanted.text.chars().fold(PREFIX, step)));
    }
    if wanted.distance > 0 {
        each_left_of(wanted.text, end, wanted.distance.into(), |key| keys.push(key));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Calls `left` with the key of everything that is left of an end of a word when up to `deletions` characters go.
fn each_left_of(word: &str, end: End, deletions: usize, mut left: impl FnMut(u32)) {
    let (mut chars, mut length) = (['\0'; HEAD_CHARS], 0);
    let mut put = |c| {
        chars[length] = c;
        length += 1;
    };
    let kind = match end {
        End::Head => {
            word.chars().take(HEAD_CHARS).for_each(&mut put);
            LEFT_OF_HEAD
        }
        End::Tail => {
            word.chars().rev().take(HEAD_CHARS).for_each(&mut put);
            LEFT_OF_TAIL
        }
    };
    each_left(&chars[..length], deletions, kind, &mut |hash| left(finish(hash)));
}

/// Calls `left` with the hash of everything that is left of `head` when up to `deletions` characters go.
fn each_left(head: &[char], deletions: usize, hash: u64, left: &mut impl FnMut(u64)) {
    let Some((first, rest)) = head.split_first() else { return left(hash) };
    each_left(rest, deletions, step(hash, *first), left);
    if deletions > 0 {
        each_left(rest, deletions - 1, hash, left);
    }
}

fn step(hash: u64, c: char) -> u64 {
    (hash.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn finish(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[abc]{1,12}",
            2 => "[a-e한글é]{1,9}",
            2 => "abcabcab[a-c]{0,4}",
            1 => "[ab]{60,64}",
        ]
    }

    proptest! {
        #[test]
        fn finds_what_a_scan_finds(
            wanted in prop::collection::vec((word(), 0..3u8, any::<bool>(), any::<bool>()), 0..40),
            words in prop::collection::vec(prop_oneof![word(), "[ab]{0,70}".prop_map(|s| s + "c")], 1..20),
        ) {
            let (mut index, mut room) = (Words::default(), Room::default());
            let fuzzy = |(text, distance, prefix, _): &(String, u8, bool, bool)| {
                FuzzyWord { text: text.clone(), distance: *distance, prefix: *prefix }
            };
            for (n, word) in wanted.iter().enumerate() {
                index.change(Change::Enter, &fuzzy(word), n as u32);
            }
            for (n, word) in wanted.iter().enumerate().filter(|(_, word)| !word.3) {
                index.change(Change::Leave, &fuzzy(word), n as u32);
            }
            for word in words {
                let mut found = BTreeSet::new();
                let questions = index.find(evaluate::Word::new(&word), &mut room);
                let questions = questions.to_vec();
                prop_assert_eq!(index.find(evaluate::Word::new(&word), &mut room), &questions[..]);
                questions.iter().for_each(|question| assert!(found.insert(*question)));
                for (n, wanted) in wanted.iter().enumerate() {
                    let passes = wanted.3 && word_matches(evaluate::Word::new(&word), (&fuzzy(wanted)).into());
                    prop_assert_eq!(found.contains(&(n as u32)), passes, "{} {:?}", word, wanted);
                }
            }
            for (n, word) in wanted.iter().enumerate().filter(|(_, word)| word.3) {
                index.change(Change::Leave, &fuzzy(word), n as u32);
            }
            prop_assert!(index.is_empty() && index.words.is_empty());
        }
    }

    #[test]
    fn a_word_has_few_keys_however_long() {
        let long = FuzzyWord { text: "abcdefghij".repeat(6), distance: 2, prefix: true };
        assert_eq!(keys((&long).into(), End::Head).len(), 24);
    }

    #[test]
    fn words_that_begin_alike_are_told_apart_by_their_ends() {
        let mut index = Words::default();
        let word = |n: u32| FuzzyWord {
            text: format!("product{:06}", n.wrapping_mul(7_919) % 1_000_000),
            distance: 2,
            prefix: false,
        };
        (0..2000).for_each(|n| index.change(Change::Enter, &word(n), n));
        for n in 0..2000 {
            let (mut found, mut places) = (Vec::new(), Vec::new());
            index.look_up(evaluate::Word::new(&word(n).text), &mut places, &mut found);
            found.sort_unstable();
            let passes = |other: &u32| word_matches(evaluate::Word::new(&word(n).text), (&word(*other)).into());
            assert!(found.into_iter().eq((0..2000).filter(passes)));
            assert!(places.len() < 300, "{}", places.len());
        }
        (0..2000).for_each(|n| index.change(Change::Leave, &word(n), n));
        assert!(index.is_empty() && index.by_tail == 0);
    }
}
