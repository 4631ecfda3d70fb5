//! The rule language: how long a check of large rule texts takes, and what else an editor asks after each key stroke.
//!
//! Data: made here with a fixed seed. `200 rules` is near every limit of rules and groups: four blocks, 64 groups, 200 rules of
//! every kind and operator, some 1,000 values, part of the texts in Chinese, Japanese and Thai. `10,000 values` is one
//! rule's list. `errors` is 64 KiB of rules with a misspelt property, operator or value each. `PENSTOCK_BENCH_ROUNDS`
//! (300) rounds a line, after a tenth as many to warm up; no two texts of the first kind in a row are alike.

#[path = "../../benches/support/stats.rs"]
#[allow(dead_code, reason = "the HTTP benches use the rest")]
mod stats;

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::complete::complete_syntax;
use penstock_dsl::form::form;
use penstock_dsl::format::format;
use penstock_dsl::fx::Rates;
use penstock_dsl::limits::{GROUPS_MAX, RULES_MAX, TEXT_BYTES_MAX, VALUES_MAX};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SEED: u64 = 0x5eed;
/// Texts of one kind that are taken in turn.
const TEXTS: usize = 8;

fn main() {
    let rounds: usize = std::env::var("PENSTOCK_BENCH_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(300);
    let rates = Rates::new("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5"), ("JPY", "156")]);
    let options = CheckOptions { rates: rates.ok().map(Into::into), ..CheckOptions::default() };
    let mut dice = Dice(SEED);
    let full: Vec<String> = (0..TEXTS).map(|_| full(&mut dice)).collect();
    let small = ["STORE { \"By name\": storeName ~ \"shangri-la\" and priceRange in HKD 100..500 }".to_owned()];
    let values = [values(&mut dice)];
    let errors = [errors(&mut dice)];

    for (name, texts) in
        [("3 rules", &small[..]), ("200 rules", &full), ("10,000 values", &values), ("64 KiB of errors", &errors)]
    {
        let bytes = texts.iter().map(String::len).sum::<usize>() / texts.len();
        measure(&format!("check, {name}, {bytes} bytes"), rounds, texts, |text| check(text, &options));
    }
    measure("format, 200 rules", rounds, &full, |text| format(text));
    measure("format, 10,000 values", rounds, &values, |text| format(text));
    measure("form, 200 rules", rounds, &full, |text| form(text));
    measure("completion at the end, 200 rules", rounds, &full, |text| complete_syntax(text, text.len()));
    let exprs: Vec<_> = full.iter().map(|text| check(text, &options).expr.expect("the text has no error")).collect();
    measure("hash, 200 rules", rounds, &exprs, |expr| expr.hash());
}

/// Runs `work` on each input in turn and prints p50 and p99.
fn measure<I, T>(name: &str, rounds: usize, inputs: &[I], work: impl Fn(&I) -> T) {
    let run = |i: usize| {
        let begun = Instant::now();
        black_box(work(black_box(&inputs[i % inputs.len()])));
        begun.elapsed()
    };
    let mut took: Vec<Duration> = (0..rounds / 10 + rounds).map(run).skip(rounds / 10).collect();
    let [p50, p99] = [0.5, 0.99].map(|q| stats::quantile_ms(&mut took, q));
    println!("{name}: p50 {p50:.3} ms, p99 {p99:.3} ms");
}

/// A text with as many rules and groups as there may be, in four blocks.
fn full(dice: &mut Dice) -> String {
    let mut text = String::new();
    for block in ["MERCHANT", "STORE", "BENEFIT", "LOCAL_SKU"] {
        let own = BLOCKS.iter().find(|(name, _)| *name == block).map_or(&[][..], |(_, rules)| rules);
        let groups = GROUPS_MAX / 4;
        let mut left = RULES_MAX / 4;
        text.push_str(&format!("// {block}: 第一組\n{block} {{\n"));
        for group in 0..groups {
            let share = left / (groups - group);
            left -= share;
            let or = if group == 0 { "" } else { "  or\n" };
            text.push_str(&format!("{or}  \"Group {group}: 酒店\": "));
            let rules: Vec<String> = (0..share).map(|_| rule(dice, own)).collect();
            text.push_str(&rules.join("\n    and "));
            text.push('\n');
        }
        text.push_str("}\n");
    }
    text
}

/// A rule of the block's own or of those that every type has; `#` is a number, `$` a word, `*` a list of words.
fn rule(dice: &mut Dice, own: &[&str]) -> String {
    let pattern = match dice.below(2) {
        0 => dice.one_of(own),
        _ => dice.one_of(COMMON),
    };
    let not = if dice.below(5) == 0 { "not " } else { "" };
    let spell = |c| match c {
        '#' => (dice.below(9_000) + 10).to_string(),
        '$' => word(dice),
        '*' => (0..dice.below(10) + 5).map(|_| word(dice)).collect::<Vec<_>>().join(", "),
        c => c.to_string(),
    };
    format!("{not}{}", pattern.chars().map(spell).collect::<String>())
}

/// A list as long as a text may have.
fn values(dice: &mut Dice) -> String {
    let values: Vec<String> = (0..VALUES_MAX).map(|_| format!("\"{}\"", dice.below(1000))).collect();
    format!("STORE {{ city in ({}) }}", values.join(","))
}

/// A text as long as one may be, with something wrong in each rule.
fn errors(dice: &mut Dice) -> String {
    let mut text = "STORE {\n  all".to_owned();
    loop {
        let wrong = dice.one_of(WRONG).replace('$', &word(dice));
        if text.len() + wrong.len() + 9 > TEXT_BYTES_MAX {
            return text + "\n}";
        }
        text.push_str("\n  and ");
        text.push_str(&wrong);
    }
}

fn word(dice: &mut Dice) -> String {
    format!("\"{}\"", dice.one_of(WORDS))
}

/// Random numbers, the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

const WORDS: &[&str] = &[
    "hotel",
    "homestay",
    "Café",
    "harbour",
    "Shangri-La",
    "酒店",
    "香港",
    "東京 ラーメン",
    "กรุงเทพ",
    "Kuala Lumpur",
    "resort & spa",
    "manila",
    "late-checkout",
    "부산",
    "breakfast",
];

/// Rules of any type.
const COMMON: &[&str] = &[
    "stdCategories in (*)",
    "stdCategories none of ($, $)",
    "externalTags all of ($, $)",
    "badgeText contains $",
    "badgeText@zh-HK ~ $",
    "merchantId in (*)",
    "merchant.merchantName ~1 $",
    "ext.reviewCount > #",
    "ext.`late-checkout` = true",
    "ext.openedAt after 2026-01-31T10:00+08:00",
    "ext.score in 1..#.5",
    "ext.fee <= HKD #",
    "tag.algo.scene in (*)",
    "tag.custom.promoted is missing",
    "linkUrl is set",
];

/// Rules of one type.
const BLOCKS: &[(&str, &[&str])] = &[
    ("MERCHANT", &["merchantEmail contains $", "merchantName ~ $", "logoUrl is set"]),
    (
        "STORE",
        &[
            "storeName ~ $",
            "storeName@en contains $",
            "city in (*)",
            "priceRange in HKD 10..#",
            "priceRange within HKD 10..# ~fx",
            "minPriceRange >= ₱#",
            "externalRating > 4.5",
            "location is set",
        ],
    ),
    (
        "BENEFIT",
        &[
            "benefitType in (\"1\", \"4\")",
            "benefitName ~2 $",
            "endTime > now() + 7d",
            "startTime on 2026-01-31",
            "discount < 0.#",
            "amount = HKD # ~fx",
        ],
    ),
    (
        "LOCAL_SKU",
        &[
            "name contains $",
            "salePrice in HKD 1..#",
            "soldEndTime in 2026-01-01..2026-12-31",
            "keywords all of (*)",
            "originalPrice != RM #",
            "refundRule in (*)",
        ],
    ),
];

/// Rules with something wrong.
const WRONG: &[&str] = &[
    "storename ~ $",
    "city > $",
    "citty in ($, $)",
    "externalRating > > 5",
    "priceRange in $ 1..5",
    "city == $",
    "ext. = 1",
    "storeName like 'x'",
    "minPriceRange > 5",
    "city in ($ $)",
];
