//! Optimal string alignment distance, bounded at 2: what `~` allows between a query word and a value's word.

/// Whether the optimal string alignment distance (insert, delete, substitute, swap of neighbours; each once a place) of
/// the two words, in code points, is at most `limit`.
///
/// Source: E. Ukkonen's band over the Wagner-Fischer table, with the transposition of Damerau restricted to neighbours
/// that are edited only once.
pub fn within_distance(a: &str, b: &str, limit: u8) -> bool {
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

#[cfg(test)]
mod tests {
    use super::within_distance;

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
}
