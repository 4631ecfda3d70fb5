//! Facets: merchants, categories, currencies and price histograms, counted exactly over all matched items.

use super::count::Slice;
use crate::api::{FacetCounts, Facets, PriceHistogram};
use crate::catalog::interner::Interner;
use crate::fold::{Snapshot, State};
use crate::index::columns::SCALE;
use crate::index::overlay::FacetValues;
use crate::index::segment::{FACET_DOCS_ALIGN, SegmentView};
use parking_lot::RwLock;
use penstock_dsl::registry::Currency;
use rayon::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Values of a facet that are listed.
const TOP: usize = 20;
/// Documents that a thread counts at a time.
const PIECE_DOCS: usize = FACET_DOCS_ALIGN << 12;
const UNIT: i64 = 10_i64.pow(SCALE);

/// Lower ends of the histogram's buckets, scaled: below zero, zero, then 1-2-5 steps from one hundredth to ten billion.
fn bucket_ends() -> Vec<i64> {
    let mut ends = vec![i64::MIN, 0, 1];
    let mut step = UNIT / 100;
    while step <= UNIT * 10_000_000_000 {
        ends.extend([step, step * 2, step * 5]);
        step *= 10;
    }
    ends
}

/// Counts by interned number; sums of partial counts.
#[derive(Default)]
struct Tally {
    items: u64,
    merchants: Vec<u64>,
    no_merchant: u64,
    categories: Vec<u64>,
    no_category: u64,
    currencies: Vec<u64>,
    no_price: u64,
    /// By currency and bucket.
    prices: BTreeMap<u32, Vec<u64>>,
}

/// Counts the facets of what the slices match.
pub fn count(snapshot: &Snapshot, slices: &[Slice], state: &RwLock<State>) -> Facets {
    let ends = bucket_ends();
    let segments = &snapshot.index.segments;
    let mut tally = pieces(segments)
        .into_par_iter()
        .fold(Tally::default, |mut tally, (segment, range)| {
            segments[segment].facets(&slices[segment].matched, range, |values| tally.see(values, &ends));
            tally
        })
        .reduce(Tally::default, Tally::plus);
    let matched = &slices.last().expect("the overlay is always a slice").matched;
    for (_, (_, item)) in snapshot.overlay.live().enumerate().filter(|(at, _)| matched.contains(*at)) {
        tally.see(&item.facets, &ends);
    }
    let names = &state.read().names;
    Facets {
        merchants: top(&tally.merchants, tally.no_merchant, &names.merchants),
        categories: top(&tally.categories, tally.no_category, &names.categories),
        currencies: top(&tally.currencies, tally.no_price, &names.currencies),
        prices: histograms(&tally.prices, &ends, &names.currencies),
    }
}

/// Segments and ranges of their documents, small enough to spread over threads.
fn pieces(segments: &[Arc<SegmentView>]) -> Vec<(usize, Range<usize>)> {
    let ranges = |(at, segment): (usize, &Arc<SegmentView>)| {
        let len = segment.len();
        (0..len).step_by(PIECE_DOCS).map(move |start| (at, start..len.min(start + PIECE_DOCS))).collect::<Vec<_>>()
    };
    segments.iter().enumerate().flat_map(ranges).collect()
}

fn bump(counts: &mut Vec<u64>, at: u32) {
    let at = at as usize;
    if at >= counts.len() {
        counts.resize((at + 1).next_power_of_two(), 0);
    }
    counts[at] += 1;
}

impl Tally {
    fn see(&mut self, values: &FacetValues, ends: &[i64]) {
        self.items += 1;
        match values.merchant {
            Some(merchant) => bump(&mut self.merchants, merchant),
            None => self.no_merchant += 1,
        }
        self.no_category += u64::from(values.categories.is_empty());
        values.categories.iter().for_each(|&category| bump(&mut self.categories, category));
        match values.price {
            Some((currency, amount)) => {
                bump(&mut self.currencies, currency);
                let bucket = ends.partition_point(|&end| end <= amount) - 1;
                self.prices.entry(currency).or_insert_with(|| vec![0; ends.len()])[bucket] += 1;
            }
            None => self.no_price += 1,
        }
    }

    fn plus(mut self, other: Tally) -> Tally {
        self.items += other.items;
        self.no_merchant += other.no_merchant;
        self.no_category += other.no_category;
        self.no_price += other.no_price;
        add(&mut self.merchants, &other.merchants);
        add(&mut self.categories, &other.categories);
        add(&mut self.currencies, &other.currencies);
        for (currency, counts) in other.prices {
            add(self.prices.entry(currency).or_default(), &counts);
        }
        self
    }
}

fn add(sum: &mut Vec<u64>, other: &[u64]) {
    if sum.len() < other.len() {
        sum.resize(other.len(), 0);
    }
    sum.iter_mut().zip(other).for_each(|(s, o)| *s += o);
}

/// The most frequent values, most first, then by name.
fn top(counts: &[u64], missing: u64, names: &Interner) -> FacetCounts {
    let mut seen: Vec<(u64, u32)> =
        counts.iter().zip(0..).filter(|(count, _)| **count > 0).map(|(count, id)| (*count, id)).collect();
    let distinct = seen.len() as u64;
    let name = |id: u32| names.get(id).map_or("", |name| &**name);
    let order = |a: &(u64, u32), b: &(u64, u32)| b.0.cmp(&a.0).then_with(|| name(a.1).cmp(name(b.1)));
    if seen.len() > TOP {
        seen.select_nth_unstable_by(TOP, order);
        seen.truncate(TOP);
    }
    seen.sort_unstable_by(order);
    FacetCounts { top: seen.into_iter().map(|(count, id)| (name(id).to_owned(), count)).collect(), distinct, missing }
}

fn histograms(prices: &BTreeMap<u32, Vec<u64>>, ends: &[i64], names: &Interner) -> Vec<PriceHistogram> {
    let decimal = |scaled: i64| Decimal::new(scaled, SCALE).normalize();
    let mut all: Vec<PriceHistogram> = prices
        .iter()
        .filter_map(|(&currency, counts)| {
            let currency = Currency::from_code(names.get(currency)?)?;
            let filled = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            let bucket =
                |(at, count): (usize, &u64)| (decimal(ends[at]), ends.get(at + 1).map(|&end| decimal(end)), *count);
            Some(PriceHistogram { currency, buckets: filled.map(bucket).collect() })
        })
        .collect();
    all.sort_by_key(|h| h.currency);
    all
}
