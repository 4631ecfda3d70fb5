//! A list that most often has one thing or none, which then lies in place.

use crate::matcher::grow;

/// Things in no order.
#[derive(Debug, Default)]
pub enum List<T> {
    /// Nothing.
    #[default]
    None,
    /// One thing.
    One(T),
    /// At least two.
    Many(Vec<T>),
}

impl<T> List<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            List::None => &[],
            List::One(thing) => std::slice::from_ref(thing),
            List::Many(things) => things,
        }
    }

    /// One of them, to change.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        match self {
            List::None => None,
            List::One(thing) => Some(thing).filter(|_| at == 0),
            List::Many(things) => things.get_mut(at),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, List::None)
    }

    /// Puts a thing at the end; its place.
    pub fn push(&mut self, thing: T) -> usize {
        *self = match std::mem::take(self) {
            List::None => List::One(thing),
            List::One(first) => List::Many(vec![first, thing]),
            List::Many(mut things) => {
                grow::push(&mut things, thing);
                List::Many(things)
            }
        };
        self.as_slice().len() - 1
    }

    /// Takes a thing out, in whose place the last one comes.
    pub fn swap_remove(&mut self, at: usize) -> Option<T> {
        if at >= self.as_slice().len() {
            return None;
        }
        let (taken, left) = match std::mem::take(self) {
            List::None => return None,
            List::One(thing) => (thing, List::None),
            List::Many(mut things) => {
                let taken = things.swap_remove(at);
                if things.len() < things.capacity() / 4 {
                    things.shrink_to(things.len() * 2);
                }
                match things.len() {
                    1 => (taken, things.pop().map_or(List::None, List::One)),
                    _ => (taken, List::Many(things)),
                }
            }
        };
        *self = left;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_a_vec(steps in prop::collection::vec(prop::option::of(0..6usize), 0..60)) {
            let (mut list, mut model) = (List::None, Vec::new());
            for (n, step) in steps.into_iter().enumerate() {
                match step {
                    None => {
                        model.push(n);
                        prop_assert_eq!(list.push(n), model.len() - 1);
                    }
                    Some(at) => {
                        let taken = (at < model.len()).then(|| model.swap_remove(at));
                        prop_assert_eq!(list.swap_remove(at), taken);
                    }
                }
                prop_assert_eq!(list.as_slice(), &model[..]);
                prop_assert_eq!((list.is_empty(), list.get_mut(1).copied()), (model.is_empty(), model.get(1).copied()));
            }
        }
    }
}
