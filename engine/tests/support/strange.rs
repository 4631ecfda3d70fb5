//! Random items that are hard to read: texts that are hard to cut into words, odd numbers, keys and locales.

#![allow(dead_code)]

use super::support::Random;
use penstock_engine::content::item::Item;

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

/// A STORE, LOCAL_SKU or MERCHANT with a few of everything, one of 400.
pub fn item(random: &mut Random, id: usize, version: i64) -> Item {
    item_among(random, 400, id, version)
}

/// The same, one of so many.
pub fn item_among(random: &mut Random, ids: usize, id: usize, version: i64) -> Item {
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
        1 => format!("i{}", random.below(ids)),
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
    super::support::item("T", &line.to_string())
}
