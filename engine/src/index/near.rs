//! An automaton over the dictionary's word terms: words within an edit distance, in any slot.

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use std::sync::LazyLock;
use tantivy_fst::Automaton;

/// Building the parametric tables takes long, a query's automaton does not.
pub fn automaton_builder(distance: u8) -> &'static LevenshteinAutomatonBuilder {
    static ONE: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
    static TWO: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));
    if distance == 1 { &ONE } else { &TWO }
}

/// Accepts word terms of one property whose word is within a distance, in any slot.
pub struct NearWords<'a> {
    /// What stands before the word in a term.
    pub prefix: &'a [u8],
    /// The query word's automaton.
    pub dfa: &'a DFA,
    /// The distance allowed.
    pub distance: u8,
}

/// Where in a term the automaton is.
#[derive(Clone, Copy)]
pub enum NearState {
    /// In the prefix.
    Prefix(usize),
    /// In the word.
    Word(u32),
    /// Past the word, which matches.
    Slot,
    /// No match is possible.
    Dead,
}

impl Automaton for NearWords<'_> {
    type State = NearState;

    fn start(&self) -> NearState {
        NearState::Prefix(0)
    }

    fn is_match(&self, state: &NearState) -> bool {
        matches!(state, NearState::Slot)
    }

    fn can_match(&self, state: &NearState) -> bool {
        !matches!(state, NearState::Dead)
    }

    fn will_always_match(&self, state: &NearState) -> bool {
        matches!(state, NearState::Slot)
    }

    fn accept(&self, state: &NearState, byte: u8) -> NearState {
        match *state {
            NearState::Prefix(at) if self.prefix[at] != byte => NearState::Dead,
            NearState::Prefix(at) if at + 1 == self.prefix.len() => NearState::Word(self.dfa.initial_state()),
            NearState::Prefix(at) => NearState::Prefix(at + 1),
            // Words have no zero byte; the slot's separator begins with one.
            NearState::Word(state) if byte == 0 => match self.dfa.distance(state) {
                Distance::Exact(distance) if distance <= self.distance => NearState::Slot,
                _ => NearState::Dead,
            },
            NearState::Word(state) => match self.dfa.transition(state, byte) {
                SINK_STATE => NearState::Dead,
                next => NearState::Word(next),
            },
            NearState::Slot => NearState::Slot,
            NearState::Dead => NearState::Dead,
        }
    }
}
