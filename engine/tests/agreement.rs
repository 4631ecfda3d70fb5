//! One meaning, two evaluators: for random rules over all real content, the index with its overlay selects exactly the
//! items that the bare evaluator selects, whatever part of the content is indexed, newer than the index, or replaced.

#[path = "support/rules.rs"]
mod rules;
mod support;

use penstock_dsl::check::check;
use penstock_dsl::registry::ContentType;
use penstock_engine::content::document::Document;
use penstock_engine::content::item::Item;
use penstock_engine::matcher::evaluate::{Facts, matches};
use penstock_engine::{Engine, Options, Outcome, TenantId, preview};
use std::collections::BTreeMap;
use support::{NOW_MS, Random, item, real_lines, submit, tenant};

/// Rule sets a tenant and stage; more for a longer hunt.
fn rule_sets() -> usize {
    std::env::var("PENSTOCK_RULE_SETS").ok().and_then(|n| n.parse().ok()).unwrap_or(120)
}

/// The latest documents by ordinal, kept beside the engine.
struct Mirror {
    tenant: TenantId,
    documents: BTreeMap<u32, Document>,
    /// Content id and version by ordinal.
    keys: BTreeMap<u32, (String, i64)>,
}

impl Mirror {
    fn new(name: &str) -> Self {
        Mirror { tenant: tenant(name), documents: BTreeMap::new(), keys: BTreeMap::new() }
    }

    fn submit(&mut self, engine: &Engine, items: &[Item]) {
        for batch in items.chunks(50) {
            let outcomes = submit(engine, &self.tenant, batch.to_vec());
            let tenant = engine.tenant(&self.tenant).unwrap();
            let state = tenant.state.read();
            for (item, outcome) in batch.iter().zip(outcomes) {
                let ordinal = state.catalog.ordinal(item.content_type, &item.content_id).unwrap();
                if outcome.outcome == Outcome::Applied {
                    self.keys.insert(ordinal, (item.content_id.to_string(), item.version));
                }
                match (&item.document, outcome.outcome) {
                    (Some(document), Outcome::Applied) => drop(self.documents.insert(ordinal, document.clone())),
                    (None, Outcome::Applied) => drop(self.documents.remove(&ordinal)),
                    _ => {}
                }
            }
        }
    }

    /// The MERCHANT item by each merchantId of its own (the highest version, then the smallest content id: D-77), then by
    /// each content id.
    fn merchants(&self) -> [BTreeMap<&str, &Document>; 2] {
        let (mut by_merchant_id, mut by_content_id) = (BTreeMap::new(), BTreeMap::new());
        let mut merchants: Vec<_> =
            self.documents.iter().filter(|(_, d)| d.content_type == ContentType::Merchant).collect();
        merchants.sort_by_key(|(ordinal, _)| (-self.keys[ordinal].1, &self.keys[ordinal].0));
        for (ordinal, document) in merchants {
            document.merchant_id().map(|id| by_merchant_id.entry(id).or_insert(document));
            by_content_id.insert(self.keys[ordinal].0.as_str(), document);
        }
        [by_merchant_id, by_content_id]
    }

    fn agrees(&self, engine: &Engine, random: &mut Random, stage: &str) {
        let documents: Vec<&Document> = self.documents.values().collect();
        let tenant = engine.tenant(&self.tenant).unwrap();
        let merchants = self.merchants();
        let facts = |document| {
            let id = Document::merchant_id(document);
            let merchant = id.and_then(|id| merchants.iter().find_map(|by_id| by_id.get(id).copied()));
            Facts { document, merchant, now_ms: NOW_MS }
        };
        let options = rules::options();
        let mut checked = 0;
        for _ in 0..rule_sets() {
            let text = rules::rule_set(random, &documents);
            // A random piece may be a text that the language refuses, such as a fuzzy query without a word.
            let Some(expr) = check(&text, &options).expr else { continue };
            checked += 1;
            let (_, found) = preview::matched_ordinals(&tenant, &expr, NOW_MS).unwrap();
            let expected = self.documents.iter().filter(|(_, d)| matches(&expr, facts(d))).map(|(o, _)| *o);
            let expected: roaring::RoaringBitmap = expected.collect();
            if found != expected {
                let wrong = (&found ^ &expected).min().unwrap();
                let side = if found.contains(wrong) { "index only" } else { "evaluator only" };
                panic!("{} {stage}: {side}\n{text}\n{expr:?}\n{:?}", self.tenant.0, self.documents.get(&wrong));
            }
        }
        assert!(checked * 2 > rule_sets(), "{stage}: only {checked} of the random rule sets checked");
    }
}

#[test]
fn index_and_overlay_agree_with_the_bare_evaluator_on_real_content() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let mut random = Random(1);
    for (name, lines) in real_lines() {
        let items: Vec<Item> = lines.iter().map(|line| item(&name, line)).collect();
        let mut mirror = Mirror::new(&name);
        let (first, second) = items.split_at(items.len() / 2);
        mirror.submit(&engine, first);
        engine.flush();
        mirror.agrees(&engine, &mut random, "indexed");
        mirror.submit(&engine, second);
        mirror.agrees(&engine, &mut random, "partly in the overlay");
        // New versions that swap contents and delete, so that the index's documents are out of date.
        let replaced = items.iter().step_by(7).enumerate().map(|(n, old)| Item {
            version: i64::MAX - 1,
            document: items[(n * 31) % items.len()]
                .document
                .clone()
                .filter(|d| d.content_type == old.content_type && n % 5 > 0),
            ..old.clone()
        });
        mirror.submit(&engine, &replaced.collect::<Vec<_>>());
        mirror.agrees(&engine, &mut random, "replaced in the overlay");
        engine.flush();
        mirror.agrees(&engine, &mut random, "replaced in the index");
    }
    engine.shutdown();
}

/// Texts that are hard to cut into words, or to find again.
const TEXTS: &[&str] = &[
    "a",
    "ab",
    "abcd",
    "Abcde fgh",
    "hotel",
    "hotels & spa",
    "Shangri-La",
    "shangri la",
    "O'Neil's",
    "can't",
    "3.5",
    "3,500",
    "東京タワーのカフェ店です",
    "東京",
    "カフェ",
    "ｶﾌｪ",
    "ラーメン二郎 三田本店",
    "ร้านอาหารไทยใจกลางเมือง",
    "서울 호텔",
    "스타벅스",
    "x\u{0}y",
    "x\u{0}",
    "\u{0}",
    "naïve Café",
    "İstanbul",
    "straße",
    "a_b_c",
    "1000",
    "-7.25",
    "0.00001",
    "12345678901234567890",
    "👩‍👩‍👧 family",
    "٣٤",
    "foo\u{200b}bar",
    "ﬁne",
    "— – -",
    "...",
    "a-b-c-d",
    "e\u{301}e\u{301}",
    "ﾊﾞﾅﾅ",
    "H2O CO2",
    "你好，世界",
    "ab ab ab",
];
const LOCALES: &[&str] = &["en", "en_PH", "zh-Hant-HK", "zh", "th"];

fn text(random: &mut Random) -> String {
    match random.below(12) {
        0 => "長い文".repeat(1 + random.below(5)),
        1 => format!("{} {}", random.pick(TEXTS), random.pick(TEXTS)),
        2 => format!("{}{}", random.pick(TEXTS), random.pick(TEXTS)),
        // Longer than words, texts and drop-down values are kept whole in the dictionary.
        3 => random.pick(&["w", "wordy", "long words "]).repeat(random.below(300)) + "end",
        _ => random.pick(TEXTS).to_string(),
    }
}

fn number(random: &mut Random) -> serde_json::Value {
    let texts = [
        "0",
        "-1",
        "7",
        "0.0001",
        "0.00001",
        "99999999999999.9999",
        "1234567890123456789012345678",
        "1600000000000",
        "1600000000",
    ];
    let text = random.pick(&texts).to_string();
    if random.chance(3) { serde_json::Value::String(text) } else { serde_json::from_str(&text).unwrap() }
}

fn money(random: &mut Random) -> serde_json::Value {
    serde_json::json!({ "amount": number(random), "currency": random.pick(&["HKD", "JPY", "KWD"]) })
}

fn ext_value(random: &mut Random) -> serde_json::Value {
    match random.below(7) {
        0 => serde_json::json!(random.chance(2)),
        1 => number(random),
        2 => money(random),
        3 => serde_json::json!([text(random), text(random), number(random)]),
        4 => serde_json::Value::Array((0..random.below(5)).map(|_| text(random).into()).collect()),
        _ => text(random).into(),
    }
}

/// A STORE, LOCAL_SKU or MERCHANT with a few of everything.
fn strange_item(random: &mut Random, id: usize, version: i64) -> Item {
    let mut info = serde_json::Map::new();
    let content_type = *random.pick(&["STORE", "LOCAL_SKU", "STORE", "LOCAL_SKU", "MERCHANT"]);
    let (name, price) = match content_type {
        "STORE" => ("storeName", "minPriceRange"),
        "LOCAL_SKU" => ("name", "salePrice"),
        _ => ("merchantName", "deposit"),
    };
    // Some are the merchantId of a MERCHANT, some the content id of one, some of none.
    let merchant_id = match random.below(3) {
        0 => format!("m{}", random.below(6)),
        1 => format!("i{}", random.below(400)),
        _ => text(random),
    };
    info.insert(name.into(), text(random).into());
    info.insert("merchantId".into(), merchant_id.into());
    info.insert("externalCategories".into(), serde_json::json!([text(random), text(random)]));
    info.insert(price.into(), money(random));
    info.insert("maxPriceRange".into(), money(random));
    info.insert("externalRating".into(), number(random));
    info.insert("soldEndTime".into(), serde_json::json!(1_600_000_000_000_i64 + random.below(1_000_000_000) as i64));
    for key in ["k", "weird.key", "other key"] {
        if random.chance(2) {
            info.insert(key.into(), ext_value(random));
        }
    }
    let mut locales = serde_json::Map::new();
    for locale in LOCALES {
        if random.chance(3) {
            let localized = serde_json::json!({ name: text(random), "externalCategories": [text(random)], "k": ext_value(random),
                "discount": number(random) });
            locales.insert((*locale).into(), localized);
        }
    }
    info.insert("multilLang".into(), locales.into());
    let line = serde_json::json!({ "contentType": content_type, "contentId": format!("i{id}"), "contentVersion": version,
        "contentStatus": i32::from(!random.chance(20)), "contentInfo": serde_json::Value::from(info).to_string() });
    item("T", &line.to_string())
}

#[test]
fn index_and_overlay_agree_with_the_bare_evaluator_on_strange_content() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let mut random = Random(2);
    let mut mirror = Mirror::new("T");
    for round in 0..12 {
        let items: Vec<Item> = (0..150)
            .map(|_| {
                let id = random.below(400);
                strange_item(&mut random, id, round)
            })
            .collect();
        mirror.submit(&engine, &items);
        if round % 3 == 1 {
            engine.flush();
        }
        mirror.agrees(&engine, &mut random, &format!("round {round}"));
    }
    engine.shutdown();
}
