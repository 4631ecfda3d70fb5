//! Optimal string alignment distance, bounded at 2: what `~` allows between a query word and a value's word.

/// Bits for the characters of a word.
const CHAR_BITS: u32 = 56;

/// The characters of a word, each as one bit of 56, and above them how many there are, 255 at most: words that are near each
/// other have nearly the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letters(u64);

impl Letters {
    /// The characters of a word.
    pub fn of(word: &str) -> Self {
        let (mut bits, mut length) = (0, 0u8);
        for c in word.chars() {
            bits |= 1 << (u32::from(c) % CHAR_BITS);
            length = length.saturating_add(1);
        }
        Letters(bits | u64::from(length) << CHAR_BITS)
    }

    /// Whether all of another's characters are here: a word has those of what it begins with.
    pub fn has(self, other: Letters) -> bool {
        other.chars() & !self.chars() == 0
    }

    /// Whether words of these characters can be within a distance: no edit takes or brings more than one.
    pub fn within(self, other: Letters, limit: u8) -> bool {
        let (ours, theirs, limit) = (self.chars(), other.chars(), u32::from(limit));
        self.length().abs_diff(other.length()) <= u64::from(limit)
            && (ours & !theirs).count_ones() <= limit
            && (theirs & !ours).count_ones() <= limit
    }

    fn chars(self) -> u64 {
        self.0 & ((1 << CHAR_BITS) - 1)
    }

    fn length(self) -> u64 {
        self.0 >> CHAR_BITS
    }
}

/// Whether the optimal string alignment distance (insert, delete, substitute, swap of neighbours; each once a place) of
/// the two words, in code points, is at most `limit`.
///
/// What both begin with needs no edit; at the first difference every edit is tried. So the work is at most 4^`limit`
/// comparisons of what is left, nearly all of which end at their first character.
pub fn within_distance(a: &str, b: &str, limit: u8) -> bool {
    let (a, b) = without_common_head(a, b);
    let Some(left) = limit.checked_sub(1).filter(|_| !a.is_empty() && !b.is_empty()) else {
        return a.chars().chain(b.chars()).nth(limit.into()).is_none();
    };
    let (mut after_a, mut after_b) = (a.chars(), b.chars());
    let (first_a, first_b) = (after_a.next(), after_b.next());
    let (rest_a, rest_b) = (after_a.as_str(), after_b.as_str());
    let swapped = after_a.next() == first_b && after_b.next() == first_a;
    within_distance(rest_a, rest_b, left)
        || within_distance(rest_a, b, left)
        || within_distance(a, rest_b, left)
        || (swapped && within_distance(after_a.as_str(), after_b.as_str(), left))
}

/// What is left of both words after the characters that both begin with.
fn without_common_head<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let mut common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    while !a.is_char_boundary(common) {
        common -= 1;
    }
    (&a[common..], &b[common..])
}

#[cfg(test)]
mod tests {
    use super::{Letters, within_distance};
    use proptest::prelude::*;

    #[test]
    fn counts_edits_in_code_points() {
        for (a, b, distance) in [
            ("hotel", "hotel", 0),
            ("hotel", "hotl", 1),
            ("hotel", "hoetl", 1),
            ("hotel", "motels", 2),
            ("ca", "abc", 3),
            ("서울역", "서울", 1),
        ] {
            for limit in 0..=2u8 {
                assert_eq!(within_distance(a, b, limit), distance <= limit, "{a} {b} {limit}");
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_whole_table(a in "[abé]{0,9}", b in "[abé]{0,9}", limit in 0..3u8) {
            let within = within_distance(&a, &b, limit);
            prop_assert_eq!(within, by_table(&a, &b, limit));
            prop_assert!(!within || Letters::of(&a).within(Letters::of(&b), limit));
        }

        #[test]
        fn letters_never_tell_near_words_apart(a in "[a-z0-9é한]{0,12}", more in 0..300usize, cut in 0..3usize, limit in 0..3u8) {
            let long = a.clone() + &"x".repeat(more);
            let near: String = long.chars().skip(cut.min(limit.into())).collect();
            prop_assert!(Letters::of(&long).within(Letters::of(&near), limit));
            prop_assert!(Letters::of(&long).has(Letters::of(&a)));
        }
    }

    /// Source: the Wagner-Fischer table, with the transposition of Damerau restricted to neighbours that are edited once.
    fn by_table(a: &str, b: &str, limit: u8) -> bool {
        if limit == 0 {
            return a == b;
        }
        let a: Vec<char> = a.chars().collect();
        let b: Vec<char> = b.chars().collect();
        let limit = usize::from(limit);
        if a.len().abs_diff(b.len()) > limit {
            return false;
        }
        let width = b.len() + 1;
        let mut before = vec![usize::MAX; width];
        let mut last: Vec<usize> = (0..width).collect();
        let mut row = vec![0; width];
        for i in 1..=a.len() {
            row[0] = i;
            for j in 1..=b.len() {
                let substitution = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = substitution.min(last[j] + 1).min(row[j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(before[j - 2] + 1);
                }
                row[j] = best;
            }
            if row.iter().all(|&cost| cost > limit) {
                return false;
            }
            std::mem::swap(&mut before, &mut last);
            std::mem::swap(&mut last, &mut row);
        }
        last[b.len()] <= limit
    }
}
