//! Byte strings one after the other. There are very many, most of them short: an allocation each would take more than they do.
//!
//! Room of those that are gone is used again once it is half of all.

use crate::matcher::grow;

/// Strings begin at multiples of this, so that the number of a place reaches further.
const ALIGN: usize = 4;

/// Where a byte string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

/// Byte strings.
#[derive(Default)]
pub struct Arena {
    /// Of each string its length, seven bits a byte, the lowest first; the string; room up to the next.
    bytes: Vec<u8>,
    gone: usize,
}

impl Arena {
    /// Puts a string in.
    pub fn put(&mut self, string: &[u8]) -> Place {
        let place = Place(u32::try_from(self.bytes.len() / ALIGN).expect("standing questions take less than 16 GiB"));
        grow::make_room(&mut self.bytes, taken(string.len()));
        let mut length = string.len();
        while length >= 0x80 {
            self.bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.bytes.push(length as u8);
        self.bytes.extend_from_slice(string);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGN), 0);
        place
    }

    /// A string that is there.
    pub fn get(&self, place: Place) -> &[u8] {
        let (mut at, mut length, mut shift) = (place.0 as usize * ALIGN, 0, 0);
        loop {
            let byte = self.bytes[at];
            at += 1;
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return &self.bytes[at..at + length];
            }
        }
    }

    /// Takes a string out.
    pub fn drop(&mut self, place: Place) {
        self.gone += taken(self.get(place).len());
    }

    /// Whether the strings should be moved together with [`Arena::gather`].
    pub fn is_sparse(&self) -> bool {
        self.gone > self.bytes.len() / 2
    }

    /// Moves all strings together that are there; their places become others.
    pub fn gather<'a>(&mut self, places: impl Iterator<Item = &'a mut Place>) {
        let mut gathered = Arena { bytes: Vec::with_capacity(self.bytes.len() - self.gone), gone: 0 };
        places.for_each(|place| *place = gathered.put(self.get(*place)));
        *self = gathered;
    }
}

/// What a string takes, bytes.
pub fn taken(length: usize) -> usize {
    let bits = usize::BITS - length.leading_zeros();
    (bits.div_ceil(7).max(1) as usize + length).next_multiple_of(ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn has_what_was_put_in_and_not_taken_out(steps in prop::collection::vec((0..4usize, 0..300usize, any::<u8>()), 0..60)) {
            let (mut arena, mut model): (Arena, Vec<(Place, Vec<u8>)>) = Default::default();
            for (kind, n, byte) in steps {
                match kind {
                    0 if !model.is_empty() => arena.drop(model.swap_remove(n % model.len()).0),
                    _ => {
                        let string = vec![byte; n];
                        let before = arena.bytes.len();
                        model.push((arena.put(&string), string));
                        prop_assert_eq!(arena.bytes.len() - before, taken(n));
                    }
                }
                if arena.is_sparse() {
                    arena.gather(model.iter_mut().map(|(place, _)| place));
                    prop_assert_eq!(arena.gone, 0);
                }
                model.iter().try_for_each(|(place, string)| { prop_assert_eq!(arena.get(*place), &string[..]); Ok(()) })?;
            }
        }
    }
}
