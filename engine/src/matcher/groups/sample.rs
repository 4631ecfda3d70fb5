//! A sample of the items that came by, on which questions are tried: how many pass says which is the rarest way in.

use crate::content::document::Document;
use crate::matcher::standing::{Probe, QuestionId, Standing};
use hashbrown::HashMap;
use penstock_dsl::expr::Predicate;
use penstock_dsl::registry::ContentType;

/// Items kept of a content type.
const KEPT: usize = 256;
/// Every item is taken until so many have come, then one in [`ONE_IN`].
const ALL_OF: u64 = 1024;
const ONE_IN: u64 = 16;

/// Items that came by, of each content type the latest of those that were taken.
#[derive(Default)]
pub struct Sample {
    documents: [Vec<Document>; ContentType::ALL.len()],
    /// Where the next goes.
    next: [usize; ContentType::ALL.len()],
}

/// Whether the `n`-th item is taken.
pub fn takes(n: u64) -> bool {
    n < ALL_OF || n.is_multiple_of(ONE_IN)
}

impl Sample {
    /// Takes an item, in place of the oldest.
    pub fn take(&mut self, document: &Document) {
        let at = document.content_type.index();
        let (documents, next) = (&mut self.documents[at], &mut self.next[at]);
        match documents.get_mut(*next) {
            Some(oldest) => oldest.clone_from(document),
            None => documents.push(document.clone()),
        }
        *next = (*next + 1) % KEPT;
    }

    /// Items of a content type.
    pub fn items(&self, content_type: ContentType) -> u32 {
        self.documents[content_type.index()].len() as u32
    }
}

/// Questions that are tried on a sample.
#[derive(Default)]
pub struct Trial {
    standing: Standing,
    /// By the asker's own ids: the questions here.
    ids: HashMap<QuestionId, QuestionId>,
    /// Items of each type that passed, by question.
    passed: Vec<[u32; ContentType::ALL.len()]>,
}

impl Trial {
    /// Has a question tried on the items of a content type.
    pub fn enter(&mut self, id: QuestionId, predicate: &Predicate, content_type: ContentType) {
        let here = *self.ids.entry(id).or_insert_with(|| self.standing.insert(predicate));
        self.standing.enter(here, content_type);
    }

    /// Tries all on a sample, in which questions then are as rare as they are in it.
    pub fn run(&mut self, sample: &Sample, now_ms: i64) {
        let mut probe = Probe::default();
        self.passed.resize(self.ids.len(), Default::default());
        for document in sample.documents.iter().flatten() {
            for question in self.standing.passing(document, now_ms, &mut probe) {
                self.passed[question.0 as usize][document.content_type.index()] += 1;
            }
        }
    }

    /// Items of a content type that passed a question.
    pub fn passed(&self, id: QuestionId, content_type: ContentType) -> u32 {
        self.ids.get(&id).map_or(0, |here| self.passed[here.0 as usize][content_type.index()])
    }
}
