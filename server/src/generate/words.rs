//! The vocabulary of generated names: for each language lists of words, and the shapes that put them together.
//!
//! Lists are written as comma-separated text in the language's own file and split once. Words come early in a list
//! more often than late ones, as in real names, so that some words are on thousands of items and others on a few.

mod chinese;
mod english;
mod japanese;
mod korean;
mod malay;
mod tagalog;
mod thai;

use super::rng::Rng;

/// A language that names are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese in traditional characters.
    Chinese,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Thai.
    Thai,
    /// Malay.
    Malay,
    /// Tagalog.
    Tagalog,
}

/// A language's lists as its file has them, comma-separated.
struct Source {
    /// What stands between two words.
    space: &'static str,
    /// Beginnings, middles and ends of coined words.
    syllables: [&'static str; 3],
    /// Words that praise.
    praise: &'static str,
    /// What the eight trades sell, in the order of the category tree.
    goods: [&'static str; 8],
    /// What follows a brand in a merchant's name, one list a trade.
    houses: [&'static str; 8],
    /// Colours, flavours, origins.
    kinds: &'static str,
    /// Streets and quarters.
    streets: &'static str,
    /// A street address.
    address: &'static str,
    /// Offers.
    offers: &'static str,
    /// Sentences about an item.
    sentences: &'static str,
    /// Badges.
    badges: &'static str,
    /// Tags.
    tags: &'static str,
    /// The eight trades' own names.
    trades: &'static str,
}

/// A language's word lists.
#[derive(Debug)]
pub struct Lexicon {
    /// What stands between two words.
    pub space: &'static str,
    /// Beginnings, middles and ends of coined words.
    pub syllables: [Vec<&'static str>; 3],
    /// Words that praise.
    pub praise: Vec<&'static str>,
    /// What each trade sells.
    pub goods: [Vec<&'static str>; 8],
    /// What follows a brand in the name of a merchant of each trade.
    pub houses: [Vec<&'static str>; 8],
    /// Colours, flavours, origins.
    pub kinds: Vec<&'static str>,
    /// Streets and quarters.
    pub streets: Vec<&'static str>,
    /// The shape of a street address.
    pub address: &'static str,
    /// The shapes of offers.
    pub offers: Vec<&'static str>,
    /// The shapes of sentences about an item.
    pub sentences: Vec<&'static str>,
    /// Badges.
    pub badges: Vec<&'static str>,
    /// Tags.
    pub tags: Vec<&'static str>,
    /// The trades' own names.
    pub trades: Vec<&'static str>,
}

impl Lexicon {
    fn new(source: &Source) -> Self {
        Lexicon {
            space: source.space,
            syllables: source.syllables.map(split),
            praise: split(source.praise),
            goods: source.goods.map(split),
            houses: source.houses.map(split),
            kinds: split(source.kinds),
            streets: split(source.streets),
            address: source.address,
            offers: split(source.offers),
            sentences: split(source.sentences),
            badges: split(source.badges),
            tags: split(source.tags),
            trades: split(source.trades),
        }
    }
}

/// All languages' lists.
#[derive(Debug)]
pub struct Lexicons([Lexicon; 7]);

impl Lexicons {
    /// Splits every list.
    pub fn new() -> Self {
        let sources = [
            &english::SOURCE,
            &chinese::SOURCE,
            &japanese::SOURCE,
            &korean::SOURCE,
            &thai::SOURCE,
            &malay::SOURCE,
            &tagalog::SOURCE,
        ];
        Lexicons(sources.map(Lexicon::new))
    }

    /// The lists of one language.
    pub fn get(&self, language: Language) -> &Lexicon {
        &self.0[language as usize]
    }
}

fn split(list: &'static str) -> Vec<&'static str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// Picks a word, early ones more often.
pub fn pick(list: &[&'static str], rng: &mut Rng) -> &'static str {
    list[rng.early(list.len())]
}

/// Picks a word, all alike.
pub fn pick_even(list: &[&'static str], rng: &mut Rng) -> &'static str {
    list[rng.below(list.len() as u64) as usize]
}

/// Appends a coined word: two or three syllables, tens of thousands of different ones in a language.
pub fn push_coined(out: &mut String, lexicon: &Lexicon, rng: &mut Rng) {
    out.push_str(pick_even(&lexicon.syllables[0], rng));
    out.push_str(pick_even(&lexicon.syllables[1], rng));
    if rng.chance(75) {
        out.push_str(pick_even(&lexicon.syllables[2], rng));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_full_and_need_no_escapes() {
        for lexicon in &Lexicons::new().0 {
            assert_eq!(lexicon.trades.len(), 8);
            assert!(lexicon.praise.len() >= 20 && lexicon.kinds.len() >= 20 && lexicon.streets.len() >= 8);
            assert!(lexicon.goods.iter().all(|goods| goods.len() >= 10));
            assert!(lexicon.houses.iter().all(|houses| houses.len() >= 2));
            assert!(lexicon.syllables[0].len() * lexicon.syllables[1].len() * lexicon.syllables[2].len() > 5_000);
            let all = lexicon.goods.iter().chain([&lexicon.offers, &lexicon.sentences, &lexicon.badges, &lexicon.tags]);
            for word in all.flatten() {
                assert!(!word.contains(['"', '\\']) && !word.chars().any(char::is_control), "{word}");
            }
        }
    }
}
