//! Exact counts by set algebra: every distinct predicate becomes a set of documents once, all else is AND, OR and NOT.
//!
//! The snapshot falls into slices: the index's segments, and the overlay. Slices share no item, so counts add up.

use crate::api::{BlockCount, Counts, GroupCount, RuleCount};
use crate::content::document::Document;
use crate::fold::Snapshot;
use crate::index::IndexError;
use crate::index::segment::SegmentView;
use crate::matcher::evaluate::predicate_matches;
use fixedbitset::FixedBitSet;
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Block, Expr, Group, Predicate};
use penstock_dsl::registry::ContentType;
use rayon::prelude::*;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A rule set with its predicates told apart: each distinct one is evaluated once.
pub struct Plan<'a> {
    predicates: Vec<&'a Predicate>,
    /// Content types that ask for each predicate.
    types: Vec<Vec<ContentType>>,
    blocks: Vec<PlanBlock<'a>>,
}

struct PlanBlock<'a> {
    content_type: ContentType,
    groups: Vec<PlanGroup<'a>>,
}

struct PlanGroup<'a> {
    title: Option<&'a str>,
    rules: Vec<PlanRule>,
}

struct PlanRule {
    predicate: usize,
    negated: bool,
    span: Span,
}

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

impl<'a> Plan<'a> {
    /// The plan of a rule set.
    pub fn of(expr: &'a Expr) -> Self {
        let mut plan = Plan { predicates: Vec::new(), types: Vec::new(), blocks: Vec::new() };
        let mut known = HashMap::new();
        for block in &expr.blocks {
            let groups = block.groups.iter().map(|group| plan.group(block, group, &mut known)).collect();
            plan.blocks.push(PlanBlock { content_type: block.content_type, groups });
        }
        plan
    }

    fn group(&mut self, block: &Block, group: &'a Group, known: &mut HashMap<&'a Predicate, usize>) -> PlanGroup<'a> {
        let rules = group.rules.iter().map(|rule| {
            let predicate = *known.entry(&rule.predicate).or_insert_with(|| {
                self.predicates.push(&rule.predicate);
                self.types.push(Vec::new());
                self.predicates.len() - 1
            });
            if !self.types[predicate].contains(&block.content_type) {
                self.types[predicate].push(block.content_type);
            }
            PlanRule { predicate, negated: rule.negated, span: rule.span }
        });
        PlanGroup { rules: rules.collect(), title: group.title.as_deref() }
    }
}

/// After this a preview gives up, so that rules that read many documents cannot keep the server busy for long.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Evaluates a plan on all slices of a snapshot: the segments in order, then the overlay.
pub fn evaluate(plan: &Plan<'_>, snapshot: &Snapshot, now_ms: i64) -> Result<Vec<Slice>, IndexError> {
    let deadline = Instant::now() + TIME_MAX;
    let outdated = &snapshot.overlay.latest().ordinals;
    let mut bases =
        snapshot.index.segments.par_iter().map(|s| Base::of(plan, s, outdated)).collect::<Result<Vec<_>, _>>()?;
    let tasks: Vec<_> = (0..bases.len()).flat_map(|s| (0..plan.predicates.len()).map(move |p| (s, p))).collect();
    let sets = tasks
        .par_iter()
        .map(|&(s, p)| predicate_set(plan, &snapshot.index.segments[s], &bases[s], p, now_ms, deadline))
        .collect::<Result<Vec<_>, _>>()?;
    let mut sets = sets.into_iter();
    let mut slices: Vec<Slice> = bases
        .drain(..)
        .map(|base| base.slice(plan, &sets.by_ref().take(plan.predicates.len()).collect::<Vec<_>>()))
        .collect();
    slices.push(overlay_slice(plan, snapshot, now_ms));
    Ok(slices)
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
        for block in &plan.blocks {
            let mut docs = live.clone();
            docs.intersect_with(segment.of_type(block.content_type));
            by_type[block.content_type.index()] = Some(docs);
        }
        Ok(Base { len: segment.len(), by_type })
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

fn predicate_set(
    plan: &Plan<'_>,
    segment: &SegmentView,
    base: &Base,
    p: usize,
    now_ms: i64,
    deadline: Instant,
) -> Result<FixedBitSet, IndexError> {
    let predicate = plan.predicates[p];
    let lowered = segment.lower(predicate, now_ms)?;
    let mut passing = lowered.passing;
    if let Some(mut candidates) = lowered.candidates {
        let mut wanted = segment.none();
        plan.types[p].iter().for_each(|&t| wanted.union_with(base.of_type(t)));
        candidates.intersect_with(&wanted);
        segment.verify(&mut candidates, deadline, |document| predicate_matches(predicate, document, now_ms))?;
        passing.union_with(&candidates);
    }
    Ok(passing)
}

fn overlay_slice(plan: &Plan<'_>, snapshot: &Snapshot, now_ms: i64) -> Slice {
    let documents: Vec<&Document> = snapshot.overlay.live().map(|(document, _)| document).collect();
    let len = documents.len();
    let set = |passes: &(dyn Fn(&Document) -> bool + Sync)| {
        let mut docs = FixedBitSet::with_capacity(len);
        let hits: Vec<bool> = documents.par_iter().with_min_len(256).map(|d| passes(d)).collect();
        hits.into_iter().enumerate().filter(|(_, hit)| *hit).for_each(|(at, _)| docs.insert(at));
        docs
    };
    let mut by_type = [const { None }; 4];
    for block in &plan.blocks {
        by_type[block.content_type.index()] = Some(set(&|d| d.content_type == block.content_type));
    }
    let asked = |p: usize| move |d: &Document| plan.types[p].contains(&d.content_type);
    let sets: Vec<_> = (0..plan.predicates.len())
        .map(|p| set(&|d| asked(p)(d) && predicate_matches(plan.predicates[p], d, now_ms)))
        .collect();
    Base { len, by_type }.slice(plan, &sets)
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
                false => docs.intersect_with(&sets[rule.predicate]),
                true => docs.difference_with(&sets[rule.predicate]),
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
