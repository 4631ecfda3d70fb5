//! Vectors of what there are very many of: they grow by an eighth, where they would double, so that no third of them is empty.

/// Puts a thing at the end; its place.
pub fn push<T>(list: &mut Vec<T>, thing: T) -> usize {
    make_room(list, 1);
    list.push(thing);
    list.len() - 1
}

/// Makes a list as long as that, with copies of `thing` at the end.
pub fn lengthen<T: Clone>(list: &mut Vec<T>, length: usize, thing: T) {
    make_room(list, length.saturating_sub(list.len()));
    list.resize(length.max(list.len()), thing);
}

/// Makes room for so many more things.
pub fn make_room<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighth_is_room_at_most() {
        let mut list = Vec::new();
        for n in 0..10_000 {
            assert_eq!(push(&mut list, n), n);
            assert!(list.capacity() - list.len() <= list.len() / 8);
        }
        lengthen(&mut list, 20_000, 7);
        lengthen(&mut list, 5, 7);
        assert!(list.len() == 20_000 && list.capacity() < 20_100 && list.ends_with(&[7, 7]));
        assert!(list[..10_000].iter().copied().eq(0..10_000));
    }
}
