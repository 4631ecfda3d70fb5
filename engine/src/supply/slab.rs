//! Things by small numbers; a number is given again after its thing was removed, the smallest first, so that the same
//! steps give the same numbers everywhere.

use std::collections::BTreeSet;

/// Things by number.
#[derive(Debug)]
pub struct Slab<T> {
    things: Vec<Option<T>>,
    free: BTreeSet<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { things: Vec::new(), free: BTreeSet::new() }
    }
}

impl<T> Slab<T> {
    /// Puts a thing in; its number.
    pub fn add(&mut self, thing: T) -> u32 {
        let id = self.free.pop_first().unwrap_or_else(|| {
            self.things.push(None);
            (self.things.len() - 1) as u32
        });
        self.things[id as usize] = Some(thing);
        id
    }

    /// Puts a thing back under the number that it had; numbers come in order.
    pub fn restore(&mut self, id: u32, thing: T) {
        while self.things.len() < id as usize {
            self.free.insert(self.things.len() as u32);
            self.things.push(None);
        }
        self.things.push(Some(thing));
    }

    /// Takes a thing out.
    pub fn remove(&mut self, id: u32) -> Option<T> {
        let thing = self.things.get_mut(id as usize)?.take()?;
        self.free.insert(id);
        while let Some(None) = self.things.last() {
            self.things.pop();
            self.free.remove(&(self.things.len() as u32));
        }
        Some(thing)
    }

    /// A thing.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.things.get(id as usize)?.as_ref()
    }

    /// A thing, to change.
    pub fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.things.get_mut(id as usize)?.as_mut()
    }

    /// All things, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.things.iter().enumerate().filter_map(|(id, thing)| Some((id as u32, thing.as_ref()?)))
    }

    /// Number of things.
    pub fn len(&self) -> usize {
        self.things.len() - self.free.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
