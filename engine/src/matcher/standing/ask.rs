//! What is asked of an item: which questions it passes of those that are entered, and whether it passes one that is not.

use super::glance::Glance;
use super::walk::{Waiting, Walk};
use super::{Probe, QuestionId, Standing};
use crate::content::document::Document;
use crate::matcher::evaluate::holds;
use smallvec::SmallVec;
use std::sync::atomic::Ordering::Relaxed;

/// Questions for the evaluator that take no memory of their own while they wait for it.
const OPEN_IN_PLACE: usize = 64;

impl Standing {
    /// The questions that an item passes of those that are entered for its type, in no order. What it looks at is counted, for
    /// [`Standing::cost`] and for choosing rare entries.
    pub fn passing<'a>(&'a self, document: &'a Document, now_ms: i64, probe: &'a mut Probe) -> &'a [QuestionId] {
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
        walk.finish()
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
        let Waiting { mut glances, mut told } = probe.take_waiting();
        let glance = |waits: &T| waits_for(waits).map_or(Glance::Ask, |(id, _)| self.glances[id.0 as usize]);
        glances.extend(waiting.iter().map(glance));
        let mut open: SmallVec<[_; OPEN_IN_PLACE]> = SmallVec::new();
        for (at, (waits, glance)) in waiting.iter().zip(&glances).enumerate() {
            let Some((id, _)) = waits_for(waits) else {
                told.push(false);
                continue;
            };
            let answer = self.tell(id, *glance, document, probe);
            told.push(answer.unwrap_or(false));
            if answer.is_none() {
                open.push((at, id));
            }
        }
        let known = |(at, id)| Some((at, id, self.questions.get(id)?));
        let open: SmallVec<[_; OPEN_IN_PLACE]> = open.into_iter().filter_map(known).collect();
        for (at, id, question) in open {
            told[at] = probe.ask(id, question, document, now_ms);
        }
        let mut answer = told.iter();
        waiting.retain(|waits| waits_for(waits).map(|(_, passes)| passes) == answer.next().copied());
        probe.give_back_waiting(Waiting { glances, told });
    }

    fn decide(&self, id: QuestionId, glance: Glance, document: &Document, now_ms: i64, probe: &mut Probe) -> bool {
        let ask = |probe: &mut Probe| {
            self.questions.get(id).is_some_and(|question| probe.ask(id, question, document, now_ms))
        };
        self.tell(id, glance, document, probe).unwrap_or_else(|| ask(probe))
    }

    /// Whether an item passes a question, if that can be told without asking the evaluator.
    fn tell(&self, id: QuestionId, glance: Glance, document: &Document, probe: &mut Probe) -> Option<bool> {
        probe.glance(glance, &self.slots, document).or_else(|| {
            let entered = self.flags[id.0 as usize] & (1 << document.content_type.index()) != 0;
            entered.then(|| probe.has_passed(id))
        })
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
