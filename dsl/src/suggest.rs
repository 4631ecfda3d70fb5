//! "Did you mean": names near a wrong one.

/// Names longer than this are no slip of the pen; comparing them would only cost time.
const NAME_CHARS_MAX: usize = 40;

/// The candidate nearest to `wrong`: the same but for case, else within a few edits; the first wins among equals.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let length = wrong.chars().count();
    if length > NAME_CHARS_MAX {
        return None;
    }
    let edits_max = match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let distance = |name: &&str| edits(&wrong, &name.to_lowercase());
    candidates
        .into_iter()
        // Each character more or less is an edit.
        .filter(|name| name.chars().count().abs_diff(length) <= edits_max)
        .map(|name| (distance(&name), name))
        .filter(|&(d, _)| d <= edits_max)
        .min_by_key(|&(d, _)| d)
        .map(|(_, name)| name)
}

/// Optimal string alignment distance in characters.
fn edits(a: &str, b: &str) -> usize {
    distances(a, b).pop().unwrap_or_default()
}

/// The distance from `typed` to the nearest prefix of `name`.
pub fn edits_to_prefix(typed: &str, name: &str) -> usize {
    distances(typed, name).into_iter().min().unwrap_or_default()
}

/// Distances from `a` to each prefix of `b`, the empty one first.
fn distances(a: &str, b: &str) -> Vec<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substitute = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitute.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_a_swap_as_one() {
        for (a, b, n) in
            [("", "", 0), ("abc", "", 3), ("ca", "ac", 1), ("storname", "storename", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(edits(a, b), n, "{a} {b}");
        }
    }

    #[test]
    fn a_prefix_is_near_however_long_the_name_is() {
        for (typed, name, n) in [("stroe", "storeName", 1), ("citi", "city", 1), ("", "abc", 0), ("abc", "", 3)] {
            assert_eq!(edits_to_prefix(typed, name), n, "{typed} {name}");
        }
    }

    #[test]
    fn nearest_prefers_the_same_letters() {
        assert_eq!(nearest("storename", ["storeNamed", "storeName"]), Some("storeName"));
        assert_eq!(nearest("adress", ["city", "address"]), Some("address"));
        assert_eq!(nearest("reviews", ["city", "address"]), None);
    }
}
