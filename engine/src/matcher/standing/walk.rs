//! One item's way through the structures: which questions it has passed, and which have yet to be asked.

use super::entry::value_key;
use super::glance::Glance;
use super::in_place::InPlace;
use super::marks::Marks;
use super::question::Known;
use super::seen::{Counter, Seen};
use super::sights::{Sights, Slots};
use super::texts::Texts;
use super::words;
use super::{QuestionId, Standing};
use crate::content::document::Document;
use crate::matcher::evaluate::in_range;
use penstock_dsl::registry::ContentType;
use smallvec::SmallVec;

/// The content types that a question is entered for.
pub const TYPES: u8 = (1 << ContentType::ALL.len()) - 1;
/// A question's entry decides it.
pub const DECIDED: u8 = 1 << 4;
/// A question's test is a fuzzy one, decided text by text.
pub const FUZZY: u8 = 1 << 5;
/// Questions about a text that take no memory of their own while they wait for an answer.
const OPEN_IN_PLACE: usize = 64;

/// Room to work in, kept from one item to the next; a thread needs one of its own.
#[derive(Default)]
pub struct Probe {
    passed: Marks,
    /// To be asked of the item by the evaluator.
    asked: Marks,
    /// To be asked of the text at hand.
    here: Marks,
    room: Room,
    answer: Vec<QuestionId>,
    /// Questions that were not entered and have an answer.
    known: Marks,
    sights: Sights,
    waiting: Waiting,
    asked_of: Evaluated,
}

/// Questions that the evaluator was asked of items, in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evaluated {
    /// Such as were entered.
    pub entered: u64,
    /// Those of them where the answer was no.
    pub in_vain: u64,
    /// Such as were not.
    pub others: u64,
}

/// Room for what waits for answers.
#[derive(Default)]
pub(super) struct Waiting {
    pub glances: Vec<Glance>,
    pub told: Vec<bool>,
}

/// Room for words.
#[derive(Default)]
pub struct Room {
    /// Words of the item.
    pub texts: Texts,
    /// To look words up.
    pub words: words::Room,
}

impl Probe {
    /// What a glance tells of an item's answer.
    pub(super) fn glance(&mut self, glance: Glance, slots: &Slots, document: &Document) -> Option<bool> {
        self.look(slots, document);
        glance.answer(&self.sights)
    }

    /// Looks at an item, once.
    fn look(&mut self, slots: &Slots, document: &Document) {
        if !self.sights.ready {
            self.sights.look(slots, document, &mut self.room.texts);
        }
    }

    /// Room for what is asked; to be given back.
    pub(super) fn take_waiting(&mut self) -> Waiting {
        std::mem::take(&mut self.waiting)
    }

    /// Takes the room back.
    pub(super) fn give_back_waiting(&mut self, mut waiting: Waiting) {
        waiting.glances.clear();
        waiting.told.clear();
        self.waiting = waiting;
    }

    /// The answer to a question that was not entered, asked once.
    pub(super) fn ask(&mut self, id: QuestionId, question: Known<'_>, document: &Document, now_ms: i64) -> bool {
        if self.known.has(id.0) {
            return self.passed.has(id.0);
        }
        self.known.mark(id.0);
        self.asked_of.others += 1;
        let passes = question.ask(document, now_ms, &mut self.room.texts);
        if passes {
            self.passed.mark(id.0);
        }
        passes
    }

    /// Whether an item has passed a question that was entered.
    pub(super) fn has_passed(&self, id: QuestionId) -> bool {
        self.passed.has(id.0)
    }

    /// What the evaluator was asked.
    pub fn evaluated(&self) -> Evaluated {
        self.asked_of
    }
}

impl Evaluated {
    fn count(&mut self, passed: bool) {
        self.entered += 1;
        self.in_vain += u64::from(!passed);
    }
}

/// One item's walk.
pub struct Walk<'a> {
    standing: &'a Standing,
    probe: &'a mut Probe,
    document: &'a Document,
    /// The bit of the item's content type among a question's.
    type_bit: u8,
    /// Where what is seen is counted, if this item is.
    seen: Option<&'a Seen>,
    /// The time of evaluation, epoch milliseconds.
    pub now_ms: i64,
}

impl<'a> Walk<'a> {
    /// Begins a walk.
    pub fn new(
        standing: &'a Standing,
        probe: &'a mut Probe,
        document: &'a Document,
        now_ms: i64,
        seen: Option<&'a Seen>,
    ) -> Self {
        for marks in [&mut probe.passed, &mut probe.asked, &mut probe.here, &mut probe.known] {
            marks.clear(standing.flags.len());
        }
        probe.sights.ready = false;
        probe.room.texts.clear();
        Walk { standing, probe, document, type_bit: 1 << document.content_type.index(), seen, now_ms }
    }

    /// What counts a property's keys, if this item is counted.
    pub fn counter(&self, salt: u64) -> Counter<'a> {
        self.seen.map_or(Counter::none(), |seen| Counter::of(seen, salt))
    }

    /// Counts a whole value.
    pub fn count_value(&self, salt: u64, value: &str) {
        if self.seen.is_some() {
            self.counter(salt).count(value_key(value));
        }
    }

    /// The item has what these questions' entries say.
    pub fn hit_all(&mut self, questions: &[u32]) {
        questions.iter().for_each(|question| self.hit(*question, true));
    }

    /// The item has what the question's entry says, or (not `sure`) may have it.
    pub fn hit(&mut self, question: u32, sure: bool) {
        let flags = self.standing.flags[question as usize];
        if flags & self.type_bit == 0 {
            return;
        }
        if sure && flags & DECIDED != 0 {
            self.probe.passed.mark(question);
        } else {
            self.probe.asked.mark(question);
        }
    }

    /// The same of the text at hand.
    pub fn hit_text(&mut self, question: u32, sure: bool) {
        let flags = self.standing.flags[question as usize];
        if flags & FUZZY == 0 || (sure && flags & DECIDED != 0) {
            self.hit(question, sure);
        } else if flags & self.type_bit != 0 {
            self.probe.here.mark(question);
        }
    }

    /// The questions are to be asked of the item.
    pub fn ask_all(&mut self, questions: &[u32]) {
        questions.iter().for_each(|question| self.ask(*question));
    }

    /// The question is to be asked of the item.
    pub fn ask(&mut self, question: u32) {
        self.hit(question, false);
    }

    /// Room for words; to be given back.
    pub fn take_room(&mut self) -> Room {
        std::mem::take(&mut self.probe.room)
    }

    /// Takes the room back.
    pub fn give_back(&mut self, room: Room) {
        self.probe.room = room;
    }

    /// Asks the text at hand what its words and substrings have brought up.
    pub fn decide_here(&mut self, folded: &str, locale: Option<&str>) {
        if self.probe.here.list().is_empty() {
            return;
        }
        self.probe.look(&self.standing.slots, self.document);
        let Probe { passed, here, room, sights, asked_of, waiting, .. } = &mut *self.probe;
        let words = room.texts.words(folded);
        // All are read before any is answered, so that the machine need not wait for one read after the other.
        let glances = &mut waiting.glances;
        glances.extend(here.list().iter().map(|id| self.standing.glances[*id as usize]));
        let maybe = |(id, glance): &(&u32, &Glance)| !passed.has(**id) && glance.answer(sights) != Some(false);
        let open: SmallVec<[u32; OPEN_IN_PLACE]> =
            here.list().iter().zip(&*glances).filter(maybe).map(|(id, _)| *id).collect();
        glances.clear();
        let known = |id| Some((id, self.standing.questions.get(QuestionId(id))?));
        let open: SmallVec<[_; OPEN_IN_PLACE]> = open.into_iter().filter_map(known).collect();
        for (id, question) in open {
            let Some(predicate) = InPlace::of(question.predicate) else { continue };
            let Some(query) = predicate.query() else { continue };
            let passes = in_range(locale, predicate.locale) && query.matches(folded, words.clone());
            asked_of.count(passes);
            if passes {
                passed.mark(id);
            }
        }
        here.clear(0);
    }

    /// Asks the item what is still open; the questions that it passes.
    pub fn finish(self) -> &'a [QuestionId] {
        let Probe { passed, asked, answer, room, asked_of, .. } = self.probe;
        for id in asked.list() {
            if passed.has(*id) {
                continue;
            }
            let Some(question) = self.standing.questions.get(QuestionId(*id)) else { continue };
            let passes = question.ask(self.document, self.now_ms, &mut room.texts);
            asked_of.count(passes);
            if passes {
                passed.mark(*id);
            }
        }
        answer.clear();
        answer.extend(passed.list().iter().map(|id| QuestionId(*id)));
        answer
    }
}
