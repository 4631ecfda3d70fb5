//! What lint claims by logic alone is tried against random items of every strange shape: none may prove it wrong.

mod support;

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::apply;
use penstock_dsl::expr::{Block, Expr, Owner, Predicate, PropertyRef, Rule};
use penstock_dsl::fx::Rates;
use penstock_dsl::lint::{Claim, Finding, lint};
use penstock_engine::content::document::{Document, Values};
use penstock_engine::matcher::evaluate::{Facts, group_matches, matches, rule_matches};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{NOW_MS, Random, item};

const LOCALES: &[&str] = &["zh", "zh-HK", "zh-Hant-HK", "en", "en-PH"];
const RANGES: &[&str] = &["", "", "", "@zh", "@zh-HK", "@en", "@*"];
const WORDS: &[&str] = &["a", "b", "A", "a b", "ab", "hotel", "hotels", "grand hotel", "東京", "東京タワー"];
const CURRENCIES: &[&str] = &["HKD", "PHP"];

fn rule_sets() -> usize {
    std::env::var("PENSTOCK_RULE_SETS").ok().and_then(|n| n.parse().ok()).unwrap_or(6_000)
}

fn money(random: &mut Random) -> Value {
    json!({ "amount": random.below(6).to_string(), "currency": random.pick(CURRENCIES) })
}

fn words(random: &mut Random) -> Value {
    let count = 1 + random.below(3);
    (0..count).map(|_| json!(random.pick(WORDS))).collect()
}

fn scalar(random: &mut Random) -> Value {
    match random.below(4) {
        0 => json!(random.pick(WORDS)),
        1 => json!(random.chance(2)),
        2 => json!(random.below(6).to_string()),
        _ => json!(random.below(6)),
    }
}

fn undeclared(random: &mut Random) -> Value {
    match random.below(5) {
        0 => money(random),
        1 | 2 => (0..1 + random.below(3)).map(|_| scalar(random)).collect(),
        _ => scalar(random),
    }
}

/// Values of some properties, as the base or as one language has them.
fn values(random: &mut Random, content_type: &str) -> Value {
    let mut out = serde_json::Map::new();
    let mut put = |random: &mut Random, key: &str, value: Value| {
        if !random.chance(3) {
            out.insert(key.to_owned(), value);
        }
    };
    let day = |random: &mut Random| json!(NOW_MS + (random.below(5) as i64 - 2) * 86_400_000 + random.below(2) as i64);
    let (word, list, number, price, other) =
        (json!(random.pick(WORDS)), words(random), json!(random.below(6)), money(random), undeclared(random));
    put(random, "externalCategories", list);
    put(random, "k", other);
    if content_type == "STORE" {
        let (name, low, high) = (json!(random.pick(WORDS)), money(random), money(random));
        put(random, "city", word);
        put(random, "storeName", name);
        put(random, "externalRating", number);
        put(random, "minPriceRange", low);
        put(random, "maxPriceRange", high);
    } else {
        let time = day(random);
        put(random, "campaignId", word);
        put(random, "amount", price);
        put(random, "discount", number);
        put(random, "endTime", time);
    }
    Value::Object(out)
}

fn document(random: &mut Random, content_type: &str) -> Document {
    let mut info = values(random, content_type);
    let mut locales = serde_json::Map::new();
    for locale in LOCALES {
        if random.chance(3) {
            locales.insert((*locale).to_owned(), values(random, content_type));
        }
    }
    info["multilLang"] = Value::Object(locales);
    let line = json!({ "contentType": content_type, "contentId": "x", "contentVersion": 1, "contentStatus": 1,
        "contentInfo": info.to_string() });
    item("T", &line.to_string()).document.unwrap()
}

fn list(random: &mut Random) -> String {
    let count = 1 + random.below(4);
    let values: Vec<String> = (0..count).map(|_| format!("\"{}\"", random.pick(WORDS))).collect();
    format!("({})", values.join(", "))
}

fn number_test(random: &mut Random, unit: &str) -> String {
    let (low, more) = (random.below(6), random.below(4));
    match random.below(4) {
        0 => format!("in {unit}{low}..{}", low + more),
        1 => format!("in {unit}{low}.."),
        _ => format!("{} {unit}{low}", random.pick(&["=", "!=", "<", "<=", ">", ">="])),
    }
}

fn keyword_test(random: &mut Random) -> String {
    match random.below(4) {
        0 => format!("{} \"{}\"", random.pick(&["=", "!="]), random.pick(WORDS)),
        _ => format!("{} {}", random.pick(&["in", "in", "none of", "all of"]), list(random)),
    }
}

fn text_test(random: &mut Random) -> String {
    match random.below(4) {
        0 => format!("contains \"{}\"", random.pick(WORDS)),
        1 => format!("~ \"{}\"", random.pick(WORDS)),
        _ => format!("{} {}", random.pick(&["in", "none of"]), list(random)),
    }
}

fn money_test(random: &mut Random) -> String {
    let currency = format!("{} ", random.pick(CURRENCIES));
    let fx = if random.chance(4) { " ~fx" } else { "" };
    number_test(random, &currency) + fx
}

fn time_test(random: &mut Random) -> String {
    let days = ["2026-05-31", "2026-06-01", "2026-06-02", "now()", "now() - 1d", "now() + 1d", "2026-06-01T00:00"];
    format!("{} {}", random.pick(&["<", "<=", ">", ">=", "=", "!="]), random.pick(&days))
}

fn test(random: &mut Random, content_type: &str) -> String {
    let range = random.pick(RANGES);
    let subject_and_test = match (random.below(6), content_type) {
        (0, _) => (format!("externalCategories{range}"), keyword_test(random)),
        (1, _) => {
            let test = match random.below(6) {
                0 => number_test(random, ""),
                1 => money_test(random),
                2 => format!("{} {}", random.pick(&["=", "!="]), random.pick(&["true", "false"])),
                3 => format!("all of {}", list(random)),
                4 => time_test(random),
                _ => text_test(random),
            };
            (format!("ext.k{range}"), test)
        }
        (2, "STORE") => (format!("city{range}"), keyword_test(random)),
        (3, "STORE") => (format!("storeName{range}"), text_test(random)),
        (4, "STORE") => ("externalRating".to_owned(), number_test(random, "")),
        (_, "STORE") if random.chance(2) => {
            let (currency, low) = (random.pick(CURRENCIES), random.below(6));
            let fx = if random.chance(4) { " ~fx" } else { "" };
            let high = low + random.below(3);
            ("priceRange".to_owned(), format!("{} {currency} {low}..{high}{fx}", random.pick(&["in", "within"])))
        }
        (_, "STORE") => ("minPriceRange".to_owned(), money_test(random)),
        (2, _) => (format!("campaignId{range}"), keyword_test(random)),
        (3, _) => ("amount".to_owned(), money_test(random)),
        (4, _) => ("discount".to_owned(), number_test(random, "")),
        _ => ("endTime".to_owned(), time_test(random)),
    };
    let (subject, test) = subject_and_test;
    match random.below(6) {
        0 => format!("{subject} is set"),
        1 => format!("{subject} is missing"),
        2 => format!("not {subject} {test}"),
        _ => format!("{subject} {test}"),
    }
}

/// Few different rules in a set, so that they meet.
fn rule_set(random: &mut Random) -> String {
    let content_type = *random.pick(&["STORE", "BENEFIT"]);
    let few: Vec<String> = (0..2 + random.below(4))
        .map(|_| {
            let rule = test(random, content_type);
            // Of the item's merchant, where the property is one that a merchant has too.
            match random.chance(4) && (rule.contains("externalCategories") || rule.contains("ext.k")) {
                true => {
                    rule.replace("externalCategories", "merchant.externalCategories").replace("ext.k", "merchant.ext.k")
                }
                false => rule,
            }
        })
        .collect();
    let groups: Vec<String> = (0..1 + random.below(3))
        .map(|_| {
            let rules: Vec<&str> = (0..1 + random.below(3)).map(|_| random.pick(&few).as_str()).collect();
            if random.chance(25) { "all".to_owned() } else { rules.join(" and ") }
        })
        .collect();
    format!("{content_type} {{ {} }}", groups.join(" or "))
}

/// Values of the property that a rule reads, whatever their language.
fn values_of(rule: &Rule, facts: Facts<'_>) -> usize {
    let Predicate::Test { subject, .. } = &rule.predicate else { return 0 };
    let document = match subject.of {
        Owner::Item => facts.item.document,
        Owner::Merchant => facts.merchant.expect("something passes").document,
    };
    match &subject.property {
        PropertyRef::Declared(id) => match document.get(*id) {
            Some(Values::Keywords(lists)) => lists.iter().map(|list| list.value.len()).sum(),
            Some(Values::Texts(v)) => v.len(),
            Some(Values::Numbers(v)) => v.len(),
            Some(Values::Money(v)) => v.len(),
            Some(Values::Times(v)) => v.len(),
            Some(Values::Presence(_) | Values::PriceRange(_)) => 1,
            None => 0,
        },
        PropertyRef::Ext(key) => document.ext(key).unwrap_or_default().iter().map(|list| list.value.len()).sum(),
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => 0,
    }
}

/// Whether an item of the block's type proves a claim wrong.
fn disproved(claim: &Claim, block: &Block, facts: Facts<'_>) -> bool {
    let passes = |group: usize, rule: usize| rule_matches(&block.groups[group].rules[rule], facts);
    let is_in = |group: usize| group_matches(&block.groups[group], facts);
    match claim {
        Claim::Contradiction { group, rules } => rules.iter().all(|&rule| passes(*group, rule)),
        Claim::SeveralValues { group, rules } => {
            let both = rules.iter().all(|&rule| passes(*group, rule));
            both && values_of(&block.groups[*group].rules[rules[0]], facts) < 2
        }
        Claim::Tautology { groups } => !groups.iter().any(|&group| is_in(group)),
        Claim::RedundantRule { group, rule, by } => by.is_none_or(|by| passes(*group, by)) && !passes(*group, *rule),
        Claim::ContainedGroup { group, by } => is_in(*group) && !is_in(*by),
    }
}

fn kind(finding: &Finding) -> &'static str {
    match finding.claim {
        Claim::Contradiction { .. } => "contradiction",
        Claim::SeveralValues { .. } => "several values",
        Claim::Tautology { .. } => "tautology",
        Claim::RedundantRule { .. } => "redundant rule",
        Claim::ContainedGroup { .. } => "contained group",
    }
}

#[test]
fn no_item_proves_lint_wrong() {
    let mut random = Random(7);
    let documents: Vec<Document> =
        (0..600).map(|n| document(&mut random, if n % 2 == 0 { "STORE" } else { "BENEFIT" })).collect();
    let merchants: Vec<Option<Document>> =
        documents.iter().map(|_| (!random.chance(3)).then(|| document(&mut random, "MERCHANT"))).collect();
    let rates = Rates::new("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5")]).unwrap();
    let options = CheckOptions { rates: Some(rates.into()), ..CheckOptions::default() };
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let meaning = |text: &str| -> Option<Expr> { check(text, &options).expr };
    for _ in 0..rule_sets() {
        let text = rule_set(&mut random);
        let Some(expr) = meaning(&text) else { continue };
        for finding in lint(&text, &expr) {
            *found.entry(kind(&finding)).or_default() += 1;
            let block = &expr.blocks[finding.block];
            let fixed = finding.diagnostic.fixes.first().map(|fix| apply(&text, &fix.edits));
            let fixed = fixed.map(|fixed| meaning(&fixed).unwrap_or_else(|| panic!("{text}\nis mended to\n{fixed}")));
            for (document, merchant) in documents.iter().zip(&merchants) {
                let facts =
                    Facts { item: document.into(), merchant: merchant.as_ref().map(Into::into), now_ms: NOW_MS };
                if document.content_type == block.content_type && disproved(&finding.claim, block, facts) {
                    panic!("{text}\n{finding:?}\n{document:?}");
                }
                if let Some(fixed) = &fixed {
                    assert_eq!(matches(fixed, facts), matches(&expr, facts), "{text}\n{finding:?}\n{document:?}");
                }
            }
        }
    }
    for kind in ["contradiction", "several values", "tautology", "redundant rule", "contained group"] {
        let times = found.get(kind).copied().unwrap_or_default();
        assert!(times * 300 > rule_sets(), "{kind} was claimed {times} times only: {found:?}");
    }
}
