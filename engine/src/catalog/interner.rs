//! Strings that facets count, each once, as a small number: index columns hold the number, results the string.

use std::collections::HashMap;
use std::sync::Arc;

/// Numbers by string and strings by number; append-only, in the order of the log.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    ids: HashMap<Arc<str>, u32>,
    strings: Vec<Arc<str>>,
}

impl Interner {
    /// The number of a string, given on first sight.
    pub fn intern(&mut self, string: &str) -> u32 {
        if let Some(&id) = self.ids.get(string) {
            return id;
        }
        let shared: Arc<str> = string.into();
        let id = self.strings.len() as u32;
        self.ids.insert(shared.clone(), id);
        self.strings.push(shared);
        id
    }

    /// The number of a string, if it has one.
    pub fn find(&self, string: &str) -> Option<u32> {
        self.ids.get(string).copied()
    }

    /// The string of a number that this interner gave.
    pub fn get(&self, id: u32) -> Option<&Arc<str>> {
        self.strings.get(id as usize)
    }

    /// Strings known.
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// All strings, by number.
    pub fn strings(&self) -> &[Arc<str>] {
        &self.strings
    }
}

impl<S: AsRef<str>> FromIterator<S> for Interner {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Self {
        let mut interner = Interner::default();
        strings.into_iter().for_each(|s| {
            interner.intern(s.as_ref());
        });
        interner
    }
}
