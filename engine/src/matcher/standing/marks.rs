//! Marked questions, forgotten in time that grows with how many were marked.

use fixedbitset::FixedBitSet;

/// A set of questions.
#[derive(Default)]
pub struct Marks {
    set: FixedBitSet,
    /// What is in the set, in the order in which it came.
    list: Vec<u32>,
}

impl Marks {
    /// Forgets all, and makes room for questions below `count`.
    pub fn clear(&mut self, count: usize) {
        self.list.drain(..).for_each(|question| self.set.remove(question as usize));
        self.set.grow(count);
    }

    /// Marks a question.
    pub fn mark(&mut self, question: u32) {
        if !self.set.put(question as usize) {
            self.list.push(question);
        }
    }

    /// Whether a question is marked.
    pub fn has(&self, question: u32) -> bool {
        self.set.contains(question as usize)
    }

    /// What is marked, in the order in which it came.
    pub fn list(&self) -> &[u32] {
        &self.list
    }
}
