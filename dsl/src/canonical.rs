//! One spelling for equal rule sets, and its hash.
//!
//! Order of blocks, groups and rules, repeats, titles, spacing and comments leave no trace; neither does the way a bound
//! of whole milliseconds is written (`<= 2026-01-31` is `before 2026-02-01`). This is no text of the rule language.

use crate::expr::{Expr, Group, Interval, MoneyRange, Owner, Predicate, PropertyRef, Rule, Subject, Test, TimePoint};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Bound;
use xxhash_rust::xxh3::xxh3_128;

impl Expr {
    /// The canonical form: equal for rule sets that differ only in order, repeats, titles and layout.
    pub fn canonical(&self) -> String {
        let blocks: BTreeSet<_> = self.blocks.iter().map(|b| (b.content_type, groups(&b.groups))).collect();
        blocks.into_iter().map(|(content_type, groups)| format!("{content_type} {{\n{groups}}}\n")).collect()
    }

    /// A hash of the canonical form (XXH3, 128 bits): stable across builds and machines.
    pub fn hash(&self) -> u128 {
        xxh3_128(self.canonical().as_bytes())
    }
}

fn groups(groups: &[Group]) -> String {
    let lines: BTreeSet<String> = groups.iter().map(group).collect();
    lines.into_iter().map(|line| format!("  {line}\n")).collect()
}

/// Rules in AND; `all` beside another rule asks nothing.
fn group(group: &Group) -> String {
    let all = |rule: &&Rule| !rule.negated && rule.predicate == Predicate::All;
    let rules: BTreeSet<String> = group.rules.iter().filter(|r| !all(r)).map(rule).collect();
    match rules.is_empty() {
        true => "all".to_owned(),
        false => rules.into_iter().collect::<Vec<_>>().join(" and "),
    }
}

fn rule(rule: &Rule) -> String {
    let not = if rule.negated { "not " } else { "" };
    match &rule.predicate {
        Predicate::All => format!("{not}all"),
        Predicate::Test { subject, test } => format!("{not}{} {}", name(subject), spell(test)),
    }
}

fn name(subject: &Subject) -> String {
    let property = match &subject.property {
        PropertyRef::Declared(id) => id.name().to_owned(),
        PropertyRef::Ext(key) => format!("ext.{}", quoted(key)),
        PropertyRef::TagAlgo(key) => format!("tag.algo.{}", quoted(key)),
        PropertyRef::TagCustom(key) => format!("tag.custom.{}", quoted(key)),
    };
    let owner = match subject.of {
        Owner::Item => "",
        Owner::Merchant => "merchant.",
    };
    match &subject.locale {
        Some(locale) => format!("{owner}{property}@{locale}"),
        None => format!("{owner}{property}"),
    }
}

fn spell(test: &Test) -> String {
    match test {
        Test::IsSet => "is set".to_owned(),
        Test::KeywordIn(values) => format!("keyword in {}", list(values)),
        Test::KeywordAll(values) => format!("keyword all of {}", list(values)),
        Test::TextIn(values) => format!("text in {}", list(values)),
        Test::TextAll(values) => format!("text all of {}", list(values)),
        Test::Contains(needle) => format!("contains {}", quoted(needle)),
        Test::Fuzzy(query) => {
            let star = |prefix| if prefix { "*" } else { "" };
            let words = query.words.iter().map(|w| format!("{}~{}{}", quoted(&w.text), w.distance, star(w.prefix)));
            let runs = query.runs.iter().map(|r| format!("run {}", quoted(r)));
            format!("fuzzy ({})", words.chain(runs).collect::<Vec<_>>().join(", "))
        }
        Test::Number(interval) => format!("number {}", bounds(interval)),
        Test::Money(ranges) => format!("money {}", money(ranges)),
        Test::PriceOverlaps(ranges) => format!("overlaps {}", money(ranges)),
        Test::PriceWithin(ranges) => format!("within {}", money(ranges)),
        Test::Time(interval) => format!("time {}", bounds(&half_open(interval).map(|&at| Spelled(at)))),
        Test::Bool(value) => format!("boolean {value}"),
    }
}

fn money(ranges: &[MoneyRange]) -> String {
    ranges.iter().map(|r| format!("{} {}", r.currency, bounds(&r.amounts))).collect::<Vec<_>>().join(" | ")
}

fn list(values: &[String]) -> String {
    format!("({})", values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn bounds<T: Display>(interval: &Interval<T>) -> String {
    let low = match &interval.low {
        Bound::Included(low) => format!("[{low}"),
        Bound::Excluded(low) => format!("({low}"),
        Bound::Unbounded => "(".to_owned(),
    };
    match &interval.high {
        Bound::Included(high) => format!("{low}, {high}]"),
        Bound::Excluded(high) => format!("{low}, {high})"),
        Bound::Unbounded => format!("{low}, )"),
    }
}

/// Whole milliseconds: every interval is `[low, high)`.
fn half_open(interval: &Interval<TimePoint>) -> Interval<TimePoint> {
    let next = |at: TimePoint| match at {
        TimePoint::At(ms) => TimePoint::At(ms.saturating_add(1)),
        TimePoint::FromNow(ms) => TimePoint::FromNow(ms.saturating_add(1)),
    };
    Interval {
        low: match interval.low {
            Bound::Excluded(at) => Bound::Included(next(at)),
            low => low,
        },
        high: match interval.high {
            Bound::Included(at) => Bound::Excluded(next(at)),
            high => high,
        },
    }
}

struct Spelled(TimePoint);

impl Display for Spelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            TimePoint::At(ms) => write!(f, "{ms}"),
            TimePoint::FromNow(ms) => write!(f, "now{ms:+}"),
        }
    }
}
