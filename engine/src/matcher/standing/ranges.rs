//! The intervals that the values of one property are looked up in: numbers, amounts of money, prices and times.
//!
//! What is found may hold, or (`true`) does as far as values go: whose locale a rule names is the caller's to look at.

use super::entry::{TimeEnds, scaled_ends};
use super::intervals::{Ask, Intervals, is_inverted, scaled, unsigned};
use super::lazy::{Lazy, change_in};
use super::multimap::Change;
use crate::content::document::{ExtValue, Money, PriceRange, Values, epoch_ms};
use hashbrown::HashMap;
use penstock_dsl::expr::{MoneyRange, Predicate, Test};
use penstock_dsl::limits::DURATION_MS_MAX;
use penstock_dsl::registry::Currency;
use rust_decimal::Decimal;

type ByCurrency = HashMap<Currency, Intervals>;

/// Intervals by what is looked up in them, each under the number of who asks.
#[derive(Default)]
pub struct Ranges {
    numbers: Lazy<Intervals>,
    /// Amounts of money, by currency.
    money: ByCurrency,
    /// Price ranges that must overlap, by currency.
    overlaps: ByCurrency,
    /// Price ranges that must lie inside, by currency.
    within: ByCurrency,
    times: Lazy<Intervals>,
    /// Milliseconds from the time of evaluation.
    relative: Lazy<Intervals>,
}

/// Whether an item that passes a predicate is always found by its intervals.
pub fn tells(predicate: &Predicate) -> bool {
    let Predicate::Test { test, .. } = predicate else { return false };
    match test {
        Test::Number(_) | Test::Money(_) | Test::PriceWithin(_) => true,
        Test::PriceOverlaps(ranges) => !ranges.iter().any(is_inverted_range),
        Test::Time(interval) => TimeEnds::of(interval).is_some(),
        _ => false,
    }
}

fn is_inverted_range(range: &MoneyRange) -> bool {
    let (low, high) = scaled_ends(&range.amounts);
    is_inverted(low, high)
}

impl Ranges {
    /// Puts the intervals of a test in, or takes them out; nothing happens to other tests.
    pub fn change(&mut self, change: Change, test: &Test, id: u32) {
        match test {
            Test::Number(interval) => {
                let (low, high) = scaled_ends(interval);
                change_in(&mut self.numbers, Intervals::is_empty, |all| all.change(change, low, high, id));
            }
            Test::Money(ranges) => change_ranges(&mut self.money, change, ranges, id),
            Test::PriceOverlaps(ranges) => change_ranges(&mut self.overlaps, change, ranges, id),
            Test::PriceWithin(ranges) => change_ranges(&mut self.within, change, ranges, id),
            Test::Time(interval) => {
                let Some(ends) = TimeEnds::of(interval) else { return };
                let times = if ends.relative { &mut self.relative } else { &mut self.times };
                change_in(times, Intervals::is_empty, |all| all.change(change, ends.low, ends.high, id));
            }
            _ => {}
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        [&self.money, &self.overlaps, &self.within].iter().all(|ranges| ranges.is_empty())
            && [&self.numbers, &self.times, &self.relative].iter().all(|intervals| intervals.is_none())
    }

    /// Looks the values of a declared property up.
    pub fn find(&self, values: &Values, now_ms: i64, found: &mut impl FnMut(u32, bool)) {
        match values {
            Values::Presence(_) | Values::Keywords(_) | Values::Texts(_) => {}
            Values::Numbers(numbers) => numbers.iter().for_each(|number| self.number(&number.value, found)),
            Values::Money(amounts) => amounts.iter().for_each(|money| self.amount(&money.value, found)),
            Values::Times(times) => times.iter().for_each(|time| self.time(time.value, now_ms, found)),
            Values::PriceRange(range) => self.price_range(range, found),
        }
    }

    /// Looks a value of an undeclared key up.
    pub fn find_ext(&self, value: &ExtValue, now_ms: i64, found: &mut impl FnMut(u32, bool)) {
        if let Some(number) = value.number() {
            self.number(&number, found);
            if (self.times.is_some() || self.relative.is_some())
                && let Some(ms) = epoch_ms(number)
            {
                self.time(ms, now_ms, found);
            }
        }
        if let ExtValue::Money(money) = value {
            self.amount(money, found);
        }
    }

    fn number(&self, number: &Decimal, found: &mut impl FnMut(u32, bool)) {
        if let Some(numbers) = &self.numbers {
            let at = scaled(number);
            numbers.find(Ask::Holds, at, at, found);
        }
    }

    fn amount(&self, money: &Money, found: &mut impl FnMut(u32, bool)) {
        if let Some(amounts) = self.money.get(&money.currency) {
            let at = scaled(&money.amount);
            amounts.find(Ask::Holds, at, at, found);
        }
    }

    fn price_range(&self, range: &PriceRange, found: &mut impl FnMut(u32, bool)) {
        let (low, high) = (scaled(&range.low), scaled(&range.high));
        for (ranges, ask) in [(&self.overlaps, Ask::Overlaps), (&self.within, Ask::Holds)] {
            if let Some(intervals) = ranges.get(&range.currency) {
                intervals.find(ask, low, high, found);
            }
        }
    }

    fn time(&self, ms: i64, now_ms: i64, found: &mut impl FnMut(u32, bool)) {
        if let Some(times) = &self.times {
            times.find(Ask::Holds, unsigned(ms), unsigned(ms), found);
        }
        let Some(relative) = &self.relative else { return };
        if now_ms.unsigned_abs() > (i64::MAX - DURATION_MS_MAX).unsigned_abs() {
            // Near the ends of time points in time saturate, and differences say nothing.
            return relative.all().for_each(|id| found(id, false));
        }
        let at = unsigned(ms.saturating_sub(now_ms));
        relative.find(Ask::Holds, at, at, found);
    }
}

fn change_ranges(by_currency: &mut ByCurrency, change: Change, ranges: &[MoneyRange], id: u32) {
    for range in ranges {
        let (low, high) = scaled_ends(&range.amounts);
        let intervals = by_currency.entry(range.currency).or_default();
        intervals.change(change, low, high, id);
        if intervals.is_empty() {
            by_currency.remove(&range.currency);
        }
    }
    if by_currency.is_empty() {
        *by_currency = HashMap::new();
    }
}
