//! Where in a dictionary of raw values those stand whose folded form begins with a prefix.
//!
//! Values are stored as the merchant wrote them and compared folded. Folding turns an ASCII letter or digit into itself but
//! for its case, so the raw values of a prefix begin with case variants of it; only where a character that is not ASCII
//! comes in between (a mark that folding drops, a wide letter), or white space in front, can they begin otherwise. The
//! ranges hold every such value and few others: whoever reads them folds each value to be sure.

use std::ops::Range;

/// Characters that are no start of what another script folds to, and whose own folding stays among them: Thai, kana, Han
/// (each of which folds to itself, whatever follows), Hangul. Most values that are not ASCII begin with one.
const APART: &[(char, char)] = &[
    ('\u{E01}', '\u{E5B}'),
    ('\u{3041}', '\u{30FF}'),
    ('\u{3400}', '\u{4DBF}'),
    ('\u{4E00}', '\u{9FFF}'),
    ('\u{AC00}', '\u{D7A3}'),
];
/// Of [`APART`], those that fold to themselves.
const HAN: std::ops::RangeInclusive<char> = '\u{3400}'..='\u{9FFF}';

/// Spellings in upper and lower case that are told apart; what follows them is left to folding.
const VARIANTS_MAX: usize = 16;

/// Ranges of raw values, in order and apart; the end is exclusive, `None` the end of all values.
pub fn fold_ranges(prefix: &str) -> Vec<Range<Vec<u8>>> {
    let Some(first) = prefix.chars().next() else { return vec![vec![]..END.to_vec()] };
    let mut ranges = beyond_ascii(first);
    if !first.is_ascii_alphanumeric() {
        // A letter or digit stays one in folding, whatever follows it.
        let signs = [(0, b'0'), (b'9' + 1, b'A'), (b'Z' + 1, b'a'), (b'z' + 1, 0x80)];
        ranges.extend(signs.map(|(low, high)| vec![low]..vec![high]));
        ranges.sort_by(|a, b| a.start.cmp(&b.start));
        return ranges;
    }
    ranges.push(vec![]..vec![b' ' + 1]);
    let mut variants = vec![Vec::new()];
    for byte in prefix.bytes().take_while(u8::is_ascii_alphanumeric) {
        let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
        let cases = if lower == upper { vec![lower] } else { vec![upper, lower] };
        if variants.len() * cases.len() > VARIANTS_MAX {
            break;
        }
        let longer = variants.iter().filter(|variant| !variant.is_empty());
        ranges.extend(longer.map(|variant| [variant, &[0x80][..]].concat()..[variant, END].concat()));
        let longer = |variant: &Vec<u8>| cases.iter().map(|case| [variant, &[*case][..]].concat()).collect::<Vec<_>>();
        variants = variants.iter().flat_map(longer).collect();
    }
    ranges.extend(variants.into_iter().map(|variant| variant.clone()..[&variant, END].concat()));
    ranges.sort_by(|a, b| a.start.cmp(&b.start));
    ranges
}

/// Values that begin with a character that is not ASCII, and may fold to one that begins with `first`.
fn beyond_ascii(first: char) -> Vec<Range<Vec<u8>>> {
    let bytes = |c: char| c.to_string().into_bytes();
    let mut ranges = Vec::new();
    let mut from = vec![0x80];
    for &(low, high) in APART {
        let own = (low..=high).contains(&first);
        if own && !HAN.contains(&first) {
            continue;
        }
        let past = [&bytes(high), END].concat();
        ranges.push(std::mem::replace(&mut from, past)..bytes(low));
        if own {
            ranges.push(bytes(first)..[&bytes(first), END].concat());
        }
    }
    ranges.push(from..END.to_vec());
    ranges
}

/// After every byte of UTF-8.
const END: &[u8] = &[0xFF];

#[cfg(test)]
mod tests {
    use super::*;
    use penstock_dsl::text::fold;
    use proptest::prelude::*;

    fn holds(prefix: &str, value: &str) -> bool {
        fold_ranges(prefix)
            .iter()
            .any(|range| range.start.as_slice() <= value.as_bytes() && value.as_bytes() < &range.end)
    }

    #[test]
    fn ranges_are_apart_and_narrow() {
        for prefix in ["", "a", "hotel", "00000001234", "7-el", "酒", "(x", "é", "a b"] {
            let ranges = fold_ranges(prefix);
            assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start), "{prefix}: {ranges:?}");
        }
        assert!(!holds("hotel", "Hot pot") && !holds("00000001234", "000000012") && !holds("a", "Beta"));
        assert!(!holds("a", "酒店") && !holds("酒", "店") && !holds("酒", "Hotel") && holds("酒", "酒店"));
    }

    proptest! {
        /// The start of any folded value finds the value again.
        #[test]
        fn every_value_of_a_prefix_is_in_range(value in "([aAbBzZ09 (]|\\PC|[酒店かｶﾞไทยำ가각㎏﨑⼀\u{3099}\u{11A8}]|\u{301}|\u{AD}|Ａ|ﬁ|İ|ß|Ⅸ){1,6}", cut in 0usize..6) {
            let folded = fold(&value);
            let prefix: String = folded.chars().take(cut).collect();
            prop_assert!(holds(&prefix, &value), "{value:?} folds to {folded:?}");
        }
    }
}
