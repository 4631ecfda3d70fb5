//! Which rule a group is best entered by, and in which order the others are best asked.

use super::candidates::{Place, Rule};
use super::sample::{Sample, Trial};
use super::{Groups, NO_TIME_MS, likely};
use crate::matcher::standing::{QuestionId, ranges};
use parking_lot::Mutex;
use penstock_dsl::expr::Predicate;
use penstock_dsl::registry::ContentType;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A better way in must be less than half as likely as the one it replaces: moving has its price.
const RARER: f32 = 2.0;
/// A question that so many ask may be the way in of a crowd. To look ranges up among fewer takes longer than to ask each.
const CROWD: u32 = 1024;
/// Groups whose questions are tried together.
const TRIED_TOGETHER: usize = 4096;

/// What makes a group a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// The question of a positive rule.
    pub question: QuestionId,
    /// Where the group is in that question's crowd, that of another, a range that has to hold too.
    pub range: Option<QuestionId>,
}

/// How a group is best asked.
#[derive(Debug, PartialEq)]
pub struct Best {
    /// By the positive rule that is the rarest, or two of which one is a range; if there is one that not every item holds.
    pub way_in: Option<WayIn>,
    /// How likely an item is to pass it.
    pub share: f32,
    /// All rules but the way in's question, in order, the range first.
    pub others: Vec<Rule>,
}

/// A rule, and what is known of it.
struct Rated {
    rule: Rule,
    /// The share of items that it holds of.
    share: f32,
    /// See [`likely::rank`].
    rank: f32,
    /// Whether intervals find every item that it holds of.
    is_range: bool,
}

impl Rated {
    fn is_way_in(&self) -> bool {
        !self.rule.is_negated() && self.share < likely::EVERY
    }
}

/// Groups that are looked at, and what they ask.
pub struct Settling {
    groups: Vec<u32>,
    questions: Vec<(QuestionId, Predicate, ContentType)>,
    sample: Arc<Mutex<Sample>>,
}

/// What items have shown of these groups.
pub struct Tried {
    /// Those left to be given another way in.
    groups: Vec<u32>,
    trial: Trial,
}

impl Tried {
    /// Whether all has been taken over.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Settling {
    /// Tries the groups' questions on the items that came by.
    pub fn run(self) -> Tried {
        let mut trial = Trial::default();
        for (id, predicate, content_type) in &self.questions {
            trial.enter(*id, predicate, *content_type);
        }
        trial.run(&self.sample.lock(), NO_TIME_MS);
        Tried { groups: self.groups, trial }
    }
}

impl Groups {
    /// Looks at `most` groups, those first whose way in is a guess as yet, and at as many questions a group as there are, and
    /// gives those a rarer way in for which items have shown one; tells how many. Beside that each call looks at a thousand
    /// items, a few milliseconds: a few large calls are better than many small ones.
    pub fn settle(&mut self, most: usize) -> usize {
        let (mut moved, mut left) = (0, most.min(self.len()));
        while left > 0 {
            let together = left.min(TRIED_TOGETHER);
            moved += self.settle_some(together);
            left -= together;
        }
        moved
    }

    fn settle_some(&mut self, count: usize) -> usize {
        let mut tried = self.begin_settling(count).run();
        self.end_settling(&mut tried, count)
    }

    /// Begins what [`Groups::settle`] does, for who must not keep others from the groups meanwhile: what takes long is
    /// [`Settling::run`].
    pub fn begin_settling(&mut self, count: usize) -> Settling {
        let groups: Vec<u32> = (0..count.min(self.len())).filter_map(|_| self.next_to_settle()).collect();
        let mut questions = Vec::new();
        for (_, content_type, rules) in groups.iter().filter_map(|id| self.rules(*id)) {
            let asked = rules.iter().map(|rule| rule.question());
            let predicate = |id| Some((id, self.standing.predicate(id)?, content_type));
            questions.extend(asked.filter_map(predicate));
        }
        Settling { groups, questions, sample: self.sample.clone() }
    }

    /// Takes over what was found of `most` groups; tells how many groups and questions have another way in. What has changed
    /// since it began costs, at most, a worse way in.
    pub fn end_settling(&mut self, tried: &mut Tried, most: usize) -> usize {
        let Tried { groups, trial } = tried;
        let taken = groups.split_off(groups.len().saturating_sub(most));
        let moved = taken.iter().filter(|id| self.settle_one(**id, trial)).count();
        let questions_a_group = self.questions().div_ceil(self.len().max(1));
        moved + self.standing.settle(taken.len() * questions_a_group)
    }

    /// Groups whose way in is a guess as yet.
    pub fn guesses(&self) -> usize {
        self.guessed.len()
    }

    /// Items that came by.
    pub fn items(&self) -> u64 {
        self.items.load(Relaxed)
    }

    fn next_to_settle(&mut self) -> Option<u32> {
        if let Some(id) = self.guessed.pop_front() {
            return Some(id);
        }
        self.next_to_settle = (self.next_to_settle + 1) % self.groups.len();
        Some(self.next_to_settle as u32)
    }

    /// Whether a group was given another way in.
    fn settle_one(&mut self, id: u32, trial: &Trial) -> bool {
        let Some((place, content_type, rules)) = self.rules(id) else { return false };
        let items = self.sample.lock().items(content_type);
        let share =
            |predicate: &Predicate, question| likely::share(predicate, trial.passed(question, content_type), items);
        let best = self.best(&rules, share);
        let way_in = self.way_in(place);
        let share_of = |question| self.standing.predicate(question).map_or(likely::EVERY, |p| share(&p, question));
        let questions = way_in.into_iter().flat_map(|way_in| [Some(way_in.question), way_in.range]).flatten();
        let now: f32 = questions.map(share_of).product();
        let moves = best.way_in != way_in && best.share * RARER < now;
        if best.way_in == way_in {
            self.candidates.reorder(place, &best.others);
        }
        if moves && let Some((content_type, target, _)) = self.leave(id) {
            self.enter(id, target, content_type, &best);
        }
        moves
    }

    fn way_in(&self, place: Place) -> Option<WayIn> {
        let range = || self.candidates.get(place)?.rule(0).map(Rule::question);
        place.way_in().map(|question| WayIn { question, range: place.is_in_crowd().then(range).flatten() })
    }

    fn rules(&self, id: u32) -> Option<(Place, ContentType, Vec<Rule>)> {
        let place = (*self.groups.get(id as usize)?)?;
        let candidate = self.candidates.get(place)?;
        let way_in = place.way_in().map(|question| Rule::new(question, false));
        Some((place, candidate.content_type, way_in.into_iter().chain(candidate.rules()).collect()))
    }

    /// How a group is best asked, given the share of items that pass each of its questions.
    pub(super) fn best(&self, rules: &[Rule], share: impl Fn(&Predicate, QuestionId) -> f32) -> Best {
        let rated = rules.iter().filter_map(|rule| {
            let predicate = self.standing.predicate(rule.question())?;
            let passes = share(&predicate, rule.question());
            let holds = if rule.is_negated() { likely::EVERY - passes } else { passes };
            let rank = likely::rank(&predicate, holds);
            Some(Rated { rule: *rule, share: holds, rank, is_range: ranges::tells(&predicate) })
        });
        let mut rated: Vec<Rated> = rated.collect();
        rated.sort_by(|a, b| a.rank.total_cmp(&b.rank));
        let (question, range, share) = self.rarest(&rated);
        let question_at = |at: usize| rated[at].rule.question();
        let others = rated.iter().enumerate().filter(|(at, _)| Some(*at) != question && Some(*at) != range);
        Best {
            way_in: question.map(|at| WayIn { question: question_at(at), range: range.map(question_at) }),
            share,
            others: range.map(|at| rated[at].rule).into_iter().chain(others.map(|(_, rated)| rated.rule)).collect(),
        }
    }

    /// Where the rarest rule is; or where the rarest of those is that many groups ask for, and the rarest range beside it. And the
    /// share of items that it, or both, hold of.
    fn rarest(&self, rated: &[Rated]) -> (Option<usize>, Option<usize>, f32) {
        let rarest = |takes: &dyn Fn(usize, &Rated) -> bool| {
            let ways_in = rated.iter().enumerate().filter(|(at, rated)| rated.is_way_in() && takes(*at, rated));
            ways_in.min_by(|(_, a), (_, b)| a.share.total_cmp(&b.share)).map(|(at, rated)| (at, rated.share))
        };
        let Some((single, single_share)) = rarest(&|_, _| true) else { return (None, None, likely::EVERY) };
        let crowded = rarest(&|_, rated| self.standing.askers(rated.rule.question()) >= CROWD);
        let range = crowded.and_then(|(crowded, _)| rarest(&|at, rated| at != crowded && rated.is_range));
        match crowded.zip(range) {
            Some(((crowded, share), (range, range_share))) if share * range_share * RARER < single_share => {
                (Some(crowded), Some(range), share * range_share)
            }
            _ => (Some(single), None, single_share),
        }
    }
}
