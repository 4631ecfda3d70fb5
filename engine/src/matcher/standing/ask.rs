//! What is asked of an item: which questions it passes of those that are entered, and whether it passes one that is not.

use super::glance::Glance;
use super::walk::Walk;
use super::{Probe, QuestionId, Standing};
use crate::content::document::Document;
use crate::matcher::evaluate::holds;
use std::sync::atomic::Ordering::Relaxed;

impl Standing {
    /// The questions that an item passes of those that are entered for its type, in no order. What it looks at is counted, for
    /// [`Standing::cost`] and for choosing rare entries.
    pub fn passing<'a>(&'a self, document: &Document, now_ms: i64, probe: &'a mut Probe) -> &'a [QuestionId] {
        let n = self.items.fetch_add(1, Relaxed);
        let seen = self.seen.samples(n).then_some(&self.seen);
        let mut walk = Walk::new(self, probe, document, now_ms, seen);
        self.always.iter().for_each(|id| walk.hit(*id, true));
        for (property, values) in &document.declared {
            if let Some(Some(field)) = self.declared.get(usize::from(property.0)) {
                field.walk_declared(values, &mut walk);
            }
        }
        if !self.ext.is_empty() {
            for (key, values) in &document.ext {
                if let Some(field) = self.ext.get(key) {
                    field.walk_ext(values, &mut walk);
                }
            }
        }
        walk.finish(document)
    }

    /// Whether an item passes a question, entered or not. `probe` has just been through [`Standing::passing`] with the same
    /// item and time; it keeps the answer, so that the evaluator is asked once an item.
    pub fn passes(&self, id: QuestionId, document: &Document, now_ms: i64, probe: &mut Probe) -> bool {
        self.decide(id, self.glances[id.0 as usize], document, now_ms, probe)
    }

    /// Keeps those that wait for an item to pass a question, or not to pass it, and are not disappointed; who waits for
    /// nothing goes too. As [`Standing::passes`] for each, but what all ask is read before any is answered, so that the
    /// machine need not wait for one read after the other.
    pub fn retain<T>(
        &self,
        document: &Document,
        now_ms: i64,
        probe: &mut Probe,
        waiting: &mut Vec<T>,
        waits_for: impl Fn(&T) -> Option<(QuestionId, bool)>,
    ) {
        let mut glances = probe.take_glances();
        let glance = |waits: &T| waits_for(waits).map_or(Glance::Ask, |(id, _)| self.glances[id.0 as usize]);
        glances.extend(waiting.iter().map(glance));
        let mut glance = glances.iter();
        waiting.retain(|waits| match (waits_for(waits), glance.next()) {
            (Some((id, passes)), Some(glance)) => self.decide(id, *glance, document, now_ms, probe) == passes,
            _ => false,
        });
        probe.give_back_glances(glances);
    }

    fn decide(&self, id: QuestionId, glance: Glance, document: &Document, now_ms: i64, probe: &mut Probe) -> bool {
        if let Some(answer) = probe.glance(glance, &self.slots, document) {
            return answer;
        }
        if self.flags[id.0 as usize] & (1 << document.content_type.index()) != 0 {
            return probe.has_passed(id);
        }
        self.questions.get(id).is_some_and(|question| probe.ask(id, question, document, now_ms))
    }

    /// The same by asking the item every entered question: what [`Standing::passing`] is held against.
    pub fn scan(&self, document: &Document, now_ms: i64) -> Vec<QuestionId> {
        let type_bit = 1 << document.content_type.index();
        let asked = self.flags.iter().enumerate().filter(|(_, flags)| **flags & type_bit != 0);
        let passes =
            |id: &QuestionId| self.questions.get(*id).is_some_and(|q| holds(&q.predicate.unpack(), document, now_ms));
        asked.map(|(id, _)| QuestionId(id as u32)).filter(passes).collect()
    }
}
