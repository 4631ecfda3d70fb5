//! The words of an item's texts, each text cut into words once an item.

use crate::matcher::evaluate::Word;
use crate::matcher::fuzzy::Letters;
use penstock_dsl::text::{Token, tokens};
use std::ops::Range;

/// Words of the texts that were asked for; to be cleared before the next item.
#[derive(Default)]
pub struct Texts {
    /// Where in memory a text is, and where its words are in `words`.
    cut: Vec<(usize, Range<usize>)>,
    /// Where in its text a word is, and its characters.
    words: Vec<(Range<u32>, Letters)>,
}

impl Texts {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.cut.clear();
        self.words.clear();
    }

    /// The words of a folded text of the item at hand.
    pub fn words<'a>(&'a mut self, folded: &'a str) -> impl Iterator<Item = Word<'a>> + Clone {
        let at = folded.as_ptr() as usize;
        let known = self.cut.iter().find(|(text, _)| *text == at).map(|(_, words)| words.clone());
        let words = known.unwrap_or_else(|| self.cut(folded));
        let word = |(place, letters): &(Range<u32>, Letters)| Word {
            text: &folded[place.start as usize..place.end as usize],
            letters: *letters,
        };
        self.words[words].iter().map(word)
    }

    fn cut(&mut self, folded: &str) -> Range<usize> {
        let (text, begin) = (folded.as_ptr() as usize, self.words.len());
        for token in tokens(folded) {
            if let Token::Word(word) = token {
                let start = word.as_ptr() as usize - text;
                self.words.push((start as u32..(start + word.len()) as u32, Letters::of(word)));
            }
        }
        self.cut.push((text, begin..self.words.len()));
        begin..self.words.len()
    }
}
