//! Folding and words: the one analyzer of values and queries (LANGUAGE.md, Text folding, Words).
//!
//! [`fold`] makes two texts that an operator reads as the same compare equal; [`tokens`] splits a folded text into words
//! (UAX #29) and into runs of scripts that write no spaces, which are matched as substrings. Both are pure functions of
//! the text and of the Unicode data compiled in; the index, the evaluator and the checker call nothing else.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// A piece of a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A UAX #29 word with a letter or a digit.
    Word(&'a str),
    /// A maximal run of Han, kana, Thai, Lao, Khmer or Burmese.
    Run(&'a str),
}

/// Folds a text: NFKC_Casefold (UAX #44), combining marks dropped after Latin, Greek and Cyrillic letters, white space
/// collapsed to single spaces and trimmed. The result is NFC and folding it again changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return collapse_white_space(&text.to_ascii_lowercase());
    }
    // Normalization, case folding and the dropping of marks never reach across an ASCII space (it is a starter that
    // composes with nothing), so each piece folds alone, and most pieces of most texts are ASCII.
    let mut out = String::with_capacity(text.len());
    for piece in text.split(' ').filter(|piece| !piece.is_empty()) {
        let start = out.len();
        if piece.is_ascii() {
            append_words(&mut out, piece);
            out[start..].make_ascii_lowercase();
        } else {
            append_words(&mut out, &fold_piece(piece));
        }
    }
    out
}

/// Folds a text without collapsing its white space.
fn fold_piece(text: &str) -> String {
    let mut folded = nfkc_casefold(text);
    // Dropping a mark can bring characters together that compose or fold once more; two rounds settle all of Unicode.
    for _ in 0..4 {
        let next = nfkc_casefold(&drop_marks(&folded));
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// Splits a folded text into words and no-space runs, in order; everything else separates.
pub fn tokens(folded: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    if folded.is_ascii() {
        out.extend(folded.unicode_words().map(Token::Word));
        return out;
    }
    let mut start = 0;
    let mut in_run = false;
    for (at, c) in folded.char_indices() {
        let no_space = is_no_space(c);
        if no_space != in_run {
            push_piece(&mut out, &folded[start..at], in_run);
            start = at;
            in_run = no_space;
        }
    }
    push_piece(&mut out, &folded[start..], in_run);
    out
}

fn push_piece<'a>(out: &mut Vec<Token<'a>>, piece: &'a str, is_run: bool) {
    match is_run {
        _ if piece.is_empty() => {}
        true => out.push(Token::Run(piece)),
        false => out.extend(piece.unicode_words().map(Token::Word)),
    }
}

/// Whether a character belongs to a script written without spaces. Script extensions count, so the shared prolonged
/// sound mark is kana; punctuation and symbols do not, so a Japanese comma separates.
pub fn is_no_space(c: char) -> bool {
    // Nothing before Thai is written without spaces; most text ends here.
    if c < '\u{0E00}' {
        return false;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let in_words = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Number);
    in_words.contains(category) && {
        let scripts = ScriptWithExtensions::new();
        [Script::Han, Script::Hiragana, Script::Katakana, Script::Thai, Script::Lao, Script::Khmer, Script::Myanmar]
            .into_iter()
            .any(|script| scripts.has_script(c, script))
    }
}

/// The distance that `~` allows a query word by default, from its length in code points.
pub fn default_distance(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// toNFKC_Casefold: default-ignorable code points removed, full case folding, compatibility composition.
fn nfkc_casefold(text: &str) -> String {
    const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfd();
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let case = CaseMapper::new();
    let once = |text: &str| drop_ignorable(&NFKC.normalize(&case.fold_string(text))).into_owned();
    // UAX #44 derives NFKC_CF as NFKC(toCasefold(NFKC(toCasefold(NFD(X))))), ignorable code points removed.
    once(&once(&NFD.normalize(&drop_ignorable(text))))
}

fn drop_ignorable(text: &str) -> Cow<'_, str> {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    if text.chars().any(|c| ignorable.contains(c)) {
        Cow::Owned(text.chars().filter(|&c| !ignorable.contains(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Drops combining marks (Mn) that follow a Latin, Greek or Cyrillic letter; leaves other scripts' marks alone.
fn drop_marks(text: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let scripts = CodePointMapData::<Script>::new();
    let mut after_letter = false;
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    decomposed
        .chars()
        .filter(|&c| {
            if c.is_ascii() {
                after_letter = c.is_ascii_alphabetic();
                return true;
            }
            if categories.get(c) == GeneralCategory::NonspacingMark {
                return !after_letter;
            }
            after_letter = matches!(scripts.get(c), Script::Latin | Script::Greek | Script::Cyrillic);
            true
        })
        .collect()
}

fn collapse_white_space(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    append_words(&mut out, text);
    out
}

fn append_words(out: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_case_width_accents_and_space() {
        for (from, to) in [
            ("  Café\u{a0} CRÈME ", "cafe creme"),
            ("ﾏｸﾄﾞﾅﾙﾄﾞ", "マクドナルド"),
            ("Straße", "strasse"),
            ("ΌΣΟΣ", "οσοσ"),
            ("Йод", "иод"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("a\u{200b}b", "ab"),
            ("①②", "12"),
            ("İstanbul", "istanbul"),
            ("Łódź", "łodz"),
            ("서울", "서울"),
            ("ก\u{e34}", "ก\u{e34}"),
        ] {
            assert_eq!(fold(from), to, "{from:?}");
        }
    }

    #[test]
    fn words_and_runs() {
        let split = |text: &str| format!("{:?}", tokens(&fold(text)));
        assert_eq!(split("Mga McDonald's, 24h"), r#"[Word("mga"), Word("mcdonald's"), Word("24h")]"#);
        assert_eq!(split("東京Towerカフェ、寿司"), r#"[Run("東京"), Word("tower"), Run("カフェ"), Run("寿司")]"#);
        assert_eq!(split("스타 벅스"), r#"[Word("스타"), Word("벅스")]"#);
        assert_eq!(split("ラーメン"), r#"[Run("ラーメン")]"#);
        assert_eq!(split("--- !"), "[]");
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
