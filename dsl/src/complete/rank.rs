//! How well a name or value fits what was typed: the one order of all completions.

use crate::suggest::edits_to_prefix;
use crate::text::{default_distance, fold};

/// How a candidate fits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It begins with what was typed.
    Prefix,
    /// One of its words does.
    Word,
    /// What was typed stands in it.
    Within,
    /// It, or one of its words, begins with what was typed but for a slip, by as many as `~` allows.
    Slip,
    /// It begins with the first letter that was typed and has the others in this order. Names only.
    Scattered,
}

/// More than this is no start of a name; comparing it would only cost time.
const SLIP_CHARS_MAX: usize = 40;

/// How a property, operator or keyword fits. `typed` is folded; a capital in `name` begins a word.
pub fn name_fit(typed: &str, name: &str) -> Option<Fit> {
    let folded = fold(name);
    let word = || humps(name).into_iter().any(|word| fold(word).starts_with(typed)).then_some(Fit::Word);
    let best = value_fit(typed, &folded);
    match best {
        Some(Fit::Prefix | Fit::Word) => best,
        _ => word().or(best).or_else(|| scattered(typed, &folded).then_some(Fit::Scattered)),
    }
}

/// How a value fits; both are folded.
pub fn value_fit(typed: &str, folded: &str) -> Option<Fit> {
    if folded.starts_with(typed) {
        return Some(Fit::Prefix);
    }
    if let Some(at) = folded.find(typed) {
        let begins = |at: usize| !folded[..at].ends_with(char::is_alphanumeric);
        let words = begins(at) || folded.match_indices(typed).any(|(at, _)| begins(at));
        return Some(if words { Fit::Word } else { Fit::Within });
    }
    slips(typed, folded).then_some(Fit::Slip)
}

fn slips(typed: &str, folded: &str) -> bool {
    let allowed = usize::from(default_distance(typed));
    let length = typed.chars().count();
    if allowed == 0 || length > SLIP_CHARS_MAX {
        return false;
    }
    let starts = word_starts(folded);
    let near = |start: usize| {
        let rest = &folded[start..];
        let end = rest.char_indices().nth(length + allowed).map_or(rest.len(), |(at, _)| at);
        edits_to_prefix(typed, &rest[..end]) <= allowed
    };
    // The first letter is seldom wrong, and telling by it leaves few words to compare.
    let first = typed.chars().next();
    let likely = |&start: &usize| folded[start..].chars().take(2).any(|c| Some(c) == first);
    starts.into_iter().filter(likely).any(near)
}

fn word_starts(folded: &str) -> Vec<usize> {
    let mut in_word = false;
    let starts =
        folded.char_indices().filter(|&(_, c)| !std::mem::replace(&mut in_word, c.is_alphanumeric()) && in_word);
    starts.map(|(at, _)| at).collect()
}

/// What stands from each capital of a name on.
fn humps(name: &str) -> Vec<&str> {
    name.char_indices().filter(|(at, c)| *at > 0 && c.is_uppercase()).map(|(at, _)| &name[at..]).collect()
}

/// Begins alike, or too much would fit.
fn scattered(typed: &str, folded: &str) -> bool {
    if typed.chars().next() != folded.chars().next() {
        return false;
    }
    let mut letters = folded.chars();
    typed.chars().filter(|c| !c.is_whitespace()).all(|c| letters.any(|l| l == c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_by_start_then_word_then_letters() {
        for (typed, name, fit) in [
            ("", "storeName", Some(Fit::Prefix)),
            ("store", "storeName", Some(Fit::Prefix)),
            ("name", "storeName", Some(Fit::Word)),
            ("count", "ext.reviewCount", Some(Fit::Word)),
            ("review", "ext.reviewCount", Some(Fit::Word)),
            ("ena", "storeName", Some(Fit::Within)),
            ("stroe", "storeName", Some(Fit::Slip)),
            ("sn", "storeName", Some(Fit::Scattered)),
            ("sn", "description", None),
            ("xyz", "storeName", None),
        ] {
            assert_eq!(name_fit(typed, name), fit, "{typed} {name}");
        }
    }

    #[test]
    fn values_fit_by_start_then_word_then_slip() {
        for (typed, value, fit) in [
            ("man", "manila", Some(Fit::Prefix)),
            ("man", "metro manila", Some(Fit::Word)),
            ("nil", "manila", Some(Fit::Within)),
            ("mnaila", "metro manila", Some(Fit::Slip)),
            ("mna", "manila", None),
            ("酒店", "香港酒店", Some(Fit::Within)),
            ("ml", "manila", None),
        ] {
            assert_eq!(value_fit(typed, value), fit, "{typed} {value}");
        }
    }
}
