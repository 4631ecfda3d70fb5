//! One item's way through the structures: which questions it has passed, and which have yet to be asked.

use super::entry::value_key;
use super::glance::Glance;
use super::in_place::InPlace;
use super::marks::Marks;
use super::question::Known;
use super::seen::{Counter, Seen};
use super::sights::{Sights, Slots};
use super::texts::Texts;
use super::{QuestionId, Standing};
use crate::content::document::Document;
use crate::matcher::evaluate::in_range;
use penstock_dsl::registry::ContentType;

/// The content types that a question is entered for.
pub const TYPES: u8 = (1 << ContentType::ALL.len()) - 1;
/// A question's entry decides it.
pub const DECIDED: u8 = 1 << 4;
/// A question's test is a fuzzy one, decided text by text.
pub const FUZZY: u8 = 1 << 5;

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
    glances: Vec<Glance>,
    /// How many of those the evaluator was asked, in all.
    evaluated: u64,
}

/// Room for words.
#[derive(Default)]
pub struct Room {
    /// Places of query words.
    pub places: Vec<u32>,
    /// Words of the item.
    pub texts: Texts,
}

impl Probe {
    /// What a glance tells of an item's answer.
    pub(super) fn glance(&mut self, glance: Glance, slots: &Slots, document: &Document) -> Option<bool> {
        if !self.sights.ready {
            self.sights.look(slots, document, &mut self.room.texts);
        }
        glance.answer(&self.sights)
    }

    /// Room for what is asked; to be given back.
    pub(super) fn take_glances(&mut self) -> Vec<Glance> {
        std::mem::take(&mut self.glances)
    }

    /// Takes the room back.
    pub(super) fn give_back_glances(&mut self, mut glances: Vec<Glance>) {
        glances.clear();
        self.glances = glances;
    }

    /// The answer to a question that was not entered, asked once.
    pub(super) fn ask(&mut self, id: QuestionId, question: Known<'_>, document: &Document, now_ms: i64) -> bool {
        if self.known.has(id.0) {
            return self.passed.has(id.0);
        }
        self.known.mark(id.0);
        self.evaluated += 1;
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

    /// Questions that were not entered and that the evaluator was asked, in all.
    pub(crate) fn evaluated(&self) -> u64 {
        self.evaluated
    }
}

/// One item's walk.
pub struct Walk<'a> {
    standing: &'a Standing,
    probe: &'a mut Probe,
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
        document: &Document,
        now_ms: i64,
        seen: Option<&'a Seen>,
    ) -> Self {
        for marks in [&mut probe.passed, &mut probe.asked, &mut probe.here, &mut probe.known] {
            marks.clear(standing.flags.len());
        }
        probe.sights.ready = false;
        probe.room.texts.clear();
        Walk { standing, probe, type_bit: 1 << document.content_type.index(), seen, now_ms }
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
        let Probe { passed, here, room, .. } = &mut *self.probe;
        let words = room.texts.words(folded);
        for id in here.list() {
            let (false, Some(question)) = (passed.has(*id), self.standing.questions.get(QuestionId(*id))) else {
                continue;
            };
            let Some(predicate) = InPlace::of(question.predicate) else { continue };
            let Some(query) = predicate.query() else { continue };
            let passes = in_range(locale, predicate.locale) && query.matches(folded, words.clone());
            question.count(passes);
            if passes {
                passed.mark(*id);
            }
        }
        here.clear(0);
    }

    /// Asks the item what is still open; the questions that it passes.
    pub fn finish(self, document: &Document) -> &'a [QuestionId] {
        let Probe { passed, asked, answer, room, .. } = self.probe;
        for id in asked.list() {
            if passed.has(*id) {
                continue;
            }
            let Some(question) = self.standing.questions.get(QuestionId(*id)) else { continue };
            if question.ask(document, self.now_ms, &mut room.texts) {
                passed.mark(*id);
            }
        }
        answer.clear();
        answer.extend(passed.list().iter().map(|id| QuestionId(*id)));
        answer
    }
}
