//! Exact counts by set algebra: every distinct predicate becomes a set of documents once, all else is AND, OR and NOT.
//!
//! The snapshot falls into slices: the index's segments, and the overlay. Slices share no item, so counts add up.

use super::merchants::{self, Directory};
use super::plan::{Plan, PlanBlock, PlanGroup, Question};
use crate::api::{BlockCount, Counts, GroupCount, RuleCount};
use crate::content::document::Document;
use crate::fold::Snapshot;
use crate::index::IndexError;
use crate::index::overlay::BatchItem;
use crate::index::segment::SegmentView;
use crate::matcher::evaluate::holds;
use crate::supply::tags;
use fixedbitset::FixedBitSet;
use penstock_dsl::registry::ContentType;
use rayon::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a rule set selects of one slice.
pub struct Slice {
    blocks: Vec<SliceBlock>,
    /// Documents that the rule set matches.
    pub matched: FixedBitSet,
}

struct SliceBlock {
    total: u64,
    matched: u64,
    groups: Vec<SliceGroup>,
}

struct SliceGroup {
    matched: u64,
    only: u64,
    /// Matched and removed, by rule.
    rules: Vec<(u64, u64)>,
}

/// After this a preview gives up, so that rules that read many documents cannot keep the server busy for long.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Evaluates a plan on all slices of a snapshot: the segments in order, then the overlay. Where rules read
/// merchants, `directory` is asked for those of the snapshot.
pub fn evaluate(
    plan: &Plan<'_>,
    snapshot: &Snapshot,
    directory: impl FnOnce() -> Directory,
    now_ms: i64,
) -> Result<Vec<Slice>, IndexError> {
    let deadline = Instant::now() + TIME_MAX;
    let outdated = &snapshot.overlay.latest().ordinals;
    let segments = &snapshot.index.segments;
    let mut bases = segments.par_iter().map(|s| Base::of(plan, s, outdated)).collect::<Result<Vec<_>, _>>()?;
    let mut answered = answer_by_index(plan, segments, &bases, now_ms, deadline)?;
    let overlay: Vec<_> = snapshot.overlay.live().collect();
    bases.push(Base::of_overlay(plan, &overlay));
    answered.push(plan.questions.iter().map(|q| overlay_answer(q, &overlay, now_ms)).collect());
    let all = Slices { snapshot, overlay: &overlay, bases: &bases };
    for (q, question) in plan.questions.iter().enumerate().filter(|(_, question)| question.reads_tags()) {
        all.answer_by_tags(question, q, &mut answered);
    }
    if plan.reads_merchants() {
        let directory = directory();
        for (q, via) in plan.questions.iter().enumerate().filter_map(|(q, question)| Some((q, question.via?))) {
            all.answer_via_merchants(&plan.questions[q], q, via, &directory, &mut answered);
        }
    }
    Ok(bases.iter().zip(answered).map(|(base, answers)| base.slice(plan, &answers)).collect())
}

/// All slices of a snapshot, the overlay last.
struct Slices<'a> {
    snapshot: &'a Snapshot,
    overlay: &'a [(&'a Document, &'a BatchItem)],
    bases: &'a [Base],
}

impl Slices<'_> {
    /// Answers question `q` by the items' tags.
    fn answer_by_tags(&self, question: &Question<'_>, q: usize, answered: &mut [Vec<FixedBitSet>]) {
        let tags = &self.snapshot.supply.tags;
        let passes = |ordinal: u32| tags::passes(tags, question.predicate, ordinal);
        for ((segment, base), answers) in self.snapshot.index.segments.iter().zip(self.bases).zip(answered.iter_mut()) {
            let mut docs = base.of_types(&question.types);
            let failing: Vec<usize> = docs.ones().filter(|doc| !passes(segment.ordinals()[*doc])).collect();
            failing.into_iter().for_each(|doc| docs.remove(doc));
            answers[q] = docs;
        }
        answered[self.bases.len() - 1][q] = filtered(self.overlay, |(document, item): &(&Document, &BatchItem)| {
            question.types.contains(&document.content_type) && passes(item.ordinal)
        });
    }

    /// Answers question `q` by the answers that the items' merchants gave to question `via`.
    fn answer_via_merchants(
        &self,
        question: &Question<'_>,
        q: usize,
        via: usize,
        directory: &Directory,
        answered: &mut [Vec<FixedBitSet>],
    ) {
        let segments = &self.snapshot.index.segments;
        let mut passing = FixedBitSet::new();
        for ((segment, base), answers) in segments.iter().zip(self.bases).zip(answered.iter()) {
            let docs = answers[via].intersection(base.of_type(ContentType::Merchant));
            docs.for_each(|doc| passing.grow_and_insert(segment.ordinals()[doc] as usize));
        }
        let newest = &answered[segments.len()][via];
        newest.ones().for_each(|at| passing.grow_and_insert(self.overlay[at].1.ordinal as usize));
        let ids = directory.ids_of(&passing);
        for (s, segment) in segments.iter().enumerate() {
            answered[s][q] = segment.of_merchants(&ids, &self.bases[s].of_types(&question.types));
        }
        let of_merchants = |(document, item): &(&Document, &BatchItem)| {
            question.types.contains(&document.content_type) && merchants::is_of(&item.facets, &ids)
        };
        answered[segments.len()][q] = filtered(self.overlay, of_merchants);
    }
}

/// Live documents of a slice by content type; `None` for types that the plan does not ask for.
struct Base {
    len: usize,
    by_type: [Option<FixedBitSet>; 4],
}

impl Base {
    fn of(plan: &Plan<'_>, segment: &SegmentView, outdated: &FixedBitSet) -> Result<Self, IndexError> {
        let live = segment.live(outdated);
        let mut by_type = [const { None }; 4];
        for content_type in ContentType::ALL.into_iter().filter(|t| plan.looks_at(*t)) {
            let mut docs = live.clone();
            docs.intersect_with(segment.of_type(content_type));
            by_type[content_type.index()] = Some(docs);
        }
        Ok(Base { len: segment.len(), by_type })
    }

    fn of_overlay(plan: &Plan<'_>, overlay: &[(&Document, &BatchItem)]) -> Self {
        let of_type = |t| plan.looks_at(t).then(|| filtered(overlay, |(d, _)| d.content_type == t));
        Base { len: overlay.len(), by_type: ContentType::ALL.map(of_type) }
    }

    fn of_types(&self, types: &[ContentType]) -> FixedBitSet {
        let mut docs = FixedBitSet::with_capacity(self.len);
        types.iter().for_each(|&t| docs.union_with(self.of_type(t)));
        docs
    }

    fn of_type(&self, content_type: ContentType) -> &FixedBitSet {
        self.by_type[content_type.index()].as_ref().expect("the base has all types of the plan")
    }

    /// Combines the predicates' sets into counts and matches.
    fn slice(&self, plan: &Plan<'_>, sets: &[FixedBitSet]) -> Slice {
        let mut matched = FixedBitSet::with_capacity(self.len);
        let blocks = plan
            .blocks
            .iter()
            .map(|block| {
                let (counts, docs) = count_block(block, self.of_type(block.content_type), sets);
                matched.union_with(&docs);
                counts
            })
            .collect();
        Slice { blocks, matched }
    }
}

/// Answers the questions that are asked of the items themselves, by segment and question.
fn answer_by_index(
    plan: &Plan<'_>,
    segments: &[Arc<SegmentView>],
    bases: &[Base],
    now_ms: i64,
    deadline: Instant,
) -> Result<Vec<Vec<FixedBitSet>>, IndexError> {
    let own = (0..plan.questions.len()).filter(|&q| plan.questions[q].reads_item());
    let tasks: Vec<_> = own.flat_map(|q| (0..segments.len()).map(move |s| (s, q))).collect();
    let lowered = tasks
        .par_iter()
        .map(|&(s, q)| segments[s].lower(plan.questions[q].predicate, now_ms))
        .collect::<Result<Vec<_>, _>>()?;
    let nothing = vec![FixedBitSet::new(); plan.questions.len()];
    let mut answered = vec![nothing; segments.len()];
    // By segment: questions that the index alone cannot decide, and the documents in doubt.
    let mut in_doubt: Vec<(Vec<usize>, Vec<FixedBitSet>)> = vec![Default::default(); segments.len()];
    for ((s, q), lowered) in tasks.into_iter().zip(lowered) {
        answered[s][q] = lowered.passing;
        if let Some(mut candidates) = lowered.candidates {
            candidates.intersect_with(&bases[s].of_types(&plan.questions[q].types));
            in_doubt[s].0.push(q);
            in_doubt[s].1.push(candidates);
        }
    }
    for (s, (questions, mut docs)) in in_doubt.into_iter().enumerate() {
        let asked = |at: usize, document: &_| holds(plan.questions[questions[at]].predicate, document, now_ms);
        segments[s].verify(&mut docs, deadline, asked)?;
        questions.iter().zip(docs).for_each(|(&q, docs)| answered[s][q].union_with(&docs));
    }
    Ok(answered)
}

fn overlay_answer(question: &Question<'_>, overlay: &[(&Document, &BatchItem)], now_ms: i64) -> FixedBitSet {
    match question.reads_item() {
        false => FixedBitSet::with_capacity(overlay.len()),
        true => filtered(overlay, |(document, _)| {
            question.types.contains(&document.content_type) && holds(question.predicate, document, now_ms)
        }),
    }
}

/// The places in the overlay of the items that pass.
fn filtered(
    overlay: &[(&Document, &BatchItem)],
    passes: impl Fn(&(&Document, &BatchItem)) -> bool + Sync,
) -> FixedBitSet {
    let mut docs = FixedBitSet::with_capacity(overlay.len());
    let hits: Vec<bool> = overlay.par_iter().with_min_len(256).map(&passes).collect();
    hits.into_iter().enumerate().filter(|(_, hit)| *hit).for_each(|(at, _)| docs.insert(at));
    docs
}

fn count_block(block: &PlanBlock<'_>, base: &FixedBitSet, sets: &[FixedBitSet]) -> (SliceBlock, FixedBitSet) {
    let counted: Vec<_> = block.groups.iter().map(|group| count_group(group, base, sets)).collect();
    // Documents in one group, and in more than one.
    let mut once = FixedBitSet::with_capacity(base.len());
    let mut twice = FixedBitSet::with_capacity(base.len());
    for (_, docs) in &counted {
        let mut again = once.clone();
        again.intersect_with(docs);
        twice.union_with(&again);
        once.union_with(docs);
    }
    let groups = counted
        .into_iter()
        .map(|(mut group, docs)| {
            group.only = docs.difference_count(&twice) as u64;
            group
        })
        .collect();
    let counts = SliceBlock { total: count(base), matched: count(&once), groups };
    (counts, once)
}

fn count_group(group: &PlanGroup<'_>, base: &FixedBitSet, sets: &[FixedBitSet]) -> (SliceGroup, FixedBitSet) {
    let rules: Vec<FixedBitSet> = group
        .rules
        .iter()
        .map(|rule| {
            let mut docs = base.clone();
            match rule.negated {
                false => docs.intersect_with(&sets[rule.question]),
                true => docs.difference_with(&sets[rule.question]),
            }
            docs
        })
        .collect();
    // after[i]: documents that all rules from i on match.
    let mut after = vec![base.clone(); rules.len() + 1];
    for i in (0..rules.len()).rev() {
        let mut docs = after[i + 1].clone();
        docs.intersect_with(&rules[i]);
        after[i] = docs;
    }
    let mut before = base.clone();
    let mut counts = Vec::with_capacity(rules.len());
    for (i, rule) in rules.iter().enumerate() {
        let mut others = before.clone();
        others.intersect_with(&after[i + 1]);
        counts.push((count(rule), others.difference_count(rule) as u64));
        before.intersect_with(rule);
    }
    (SliceGroup { matched: count(&before), only: 0, rules: counts }, before)
}

fn count(docs: &FixedBitSet) -> u64 {
    docs.count_ones(..) as u64
}

/// The counts of all slices together.
pub fn total(plan: &Plan<'_>, slices: &[Slice]) -> Counts {
    let blocks = plan.blocks.iter().enumerate().map(|(b, block)| {
        let sum = |of: &dyn Fn(&SliceBlock) -> u64| slices.iter().map(|s| of(&s.blocks[b])).sum::<u64>();
        let groups = block.groups.iter().enumerate().map(|(g, group)| {
            let rules = group.rules.iter().enumerate().map(|(r, rule)| RuleCount {
                span: rule.span,
                matched: sum(&|s| s.groups[g].rules[r].0),
                removed: sum(&|s| s.groups[g].rules[r].1),
            });
            GroupCount {
                title: group.title.map(str::to_owned),
                matched: sum(&|s| s.groups[g].matched),
                only: sum(&|s| s.groups[g].only),
                rules: rules.collect(),
            }
        });
        let groups = groups.collect();
        BlockCount { content_type: block.content_type, total: sum(&|s| s.total), matched: sum(&|s| s.matched), groups }
    });
    let blocks: Vec<BlockCount> = blocks.collect();
    // Blocks are of different types, so no item is in two.
    Counts { matched: blocks.iter().map(|b| b.matched).sum(), blocks }
}

/// The ordinals that all slices match.
pub fn ordinals(snapshot: &Snapshot, slices: &[Slice]) -> FixedBitSet {
    let mut out = FixedBitSet::new();
    for (segment, slice) in snapshot.index.segments.iter().zip(slices) {
        let ordinals = segment.ordinals();
        if let Some(&highest) = ordinals.iter().max() {
            out.grow(highest as usize + 1);
        }
        slice.matched.ones().for_each(|doc| out.insert(ordinals[doc] as usize));
    }
    let overlay: Vec<u32> = snapshot.overlay.live().map(|(_, item)| item.ordinal).collect();
    let matched = &slices.last().expect("the overlay is always a slice").matched;
    matched.ones().for_each(|at| out.grow_and_insert(overlay[at] as usize));
    out
}
