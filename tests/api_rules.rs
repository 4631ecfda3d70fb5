//! Operations on rule texts over real HTTP: completion and hover with the content's counts.

mod support;

use serde_json::{Value, json};
use support::{Server, item, store, tombstone};

const COMPLETE: &str = "/api/v1/rules/complete";
const HOVER: &str = "/api/v1/rules/hover";

/// 30 stores: a city for two in three, ratings 0 to 29, an undeclared key for ten, and names in two languages.
fn filled() -> Server {
    let server = Server::start();
    let stores: Vec<Value> = (0..30)
        .map(|n| {
            let mut info = json!({ "merchantId": "M1", "storeName": format!("Shop {n}"), "externalRating": n,
                                   "stdCategories": [if n % 5 == 0 { "Hotel" } else { "hostel" }, "travel"] });
            if n % 3 != 0 {
                info["city"] = json!(if n < 10 { "Cebu" } else { "Manila" });
            }
            if n < 10 {
                info["ship-on-time"] = json!(true);
            }
            store(&format!("s{n}"), 1, &info)
        })
        .collect();
    server.sync(&stores);
    let merchant = json!({ "merchantId": "M1", "merchantName": "Jollibee" }).to_string();
    server.sync(&[json!({ "contentType": "MERCHANT", "contentId": "M1", "contentVersion": 1, "contentStatus": 1,
                          "contentInfo": merchant })]);
    server
}

/// The text without its cursor `|`, and the cursor's offset.
fn cursor(marked: &str) -> (String, usize) {
    (marked.replacen('|', "", 1), marked.find('|').unwrap())
}

fn complete(server: &Server, marked: &str) -> Value {
    let (rules, offset) = cursor(marked);
    let answer = server.post(COMPLETE, &json!({ "rules": rules, "offset": offset }));
    assert_eq!(answer.status, 200, "{marked}: {}", answer.json());
    answer.json()
}

/// Labels and counts of a completion's candidates.
fn counts(server: &Server, marked: &str) -> Vec<(String, Option<u64>)> {
    let answer = complete(server, marked);
    let candidates = answer["candidates"].as_array().unwrap();
    candidates.iter().map(|c| (c["label"].as_str().unwrap().to_owned(), c["items"].as_u64())).collect()
}

fn hover(server: &Server, marked: &str) -> Value {
    let (rules, offset) = cursor(marked);
    server.post(HOVER, &json!({ "rules": rules, "offset": offset })).json()["hover"].clone()
}

fn some(pairs: &[(&str, u64)]) -> Vec<(String, Option<u64>)> {
    pairs.iter().map(|(label, count)| ((*label).to_owned(), Some(*count))).collect()
}

#[test]
fn values_come_with_counts_by_prefix_then_by_word_and_slip() {
    let server = filled();
    assert_eq!(
        counts(&server, "STORE { stdCategories in (\"|\") }"),
        some(&[("travel", 30), ("hostel", 24), ("Hotel", 6)])
    );
    assert_eq!(counts(&server, "STORE { stdCategories in (\"HO|"), some(&[("hostel", 24), ("Hotel", 6)]));
    assert_eq!(counts(&server, "STORE { stdCategories in (\"travel\", \"hostl|"), some(&[("hostel", 24)]));
    assert_eq!(counts(&server, "STORE { stdCategories in (\"hostel\", |"), some(&[("travel", 30), ("Hotel", 6)]));
    assert_eq!(counts(&server, "LOCAL_SKU { merchant.merchantName = \"|"), some(&[("Jollibee", 1)]));
    let answer = complete(&server, "STORE { city = \"Mani|lla\" }");
    assert_eq!(answer["span"], json!({ "start": 15, "end": 24 }));
    let expected = json!([{ "label": "Manila", "kind": "value", "insert": "\"Manila\"", "cursor": 8, "detail": "",
                            "items": 14, "of": 30 }]);
    assert_eq!((&answer["candidates"], &answer["truncated"]), (&expected, &json!(false)));
    assert_eq!(counts(&server, "BENEFIT { benefitType = \"cash|"), some(&[("3", 0)]));
}

#[test]
fn properties_come_by_fill_and_undeclared_keys_among_them() {
    let server = filled();
    let all = counts(&server, "STORE { |");
    let at = |label: &str| all.iter().position(|(l, _)| l == label).unwrap_or_else(|| panic!("{label} in {all:?}"));
    assert_eq!(all[at("city")].1, Some(20));
    assert_eq!(all[at("ext.`ship-on-time`")].1, Some(10));
    assert!(at("storeName") < at("city") && at("city") < at("ext.`ship-on-time`"));
    assert!(at("ext.`ship-on-time`") < at("badgeText"), "what no store has comes last");
    assert_eq!(counts(&server, "STORE { ext.sh|"), some(&[("`ship-on-time`", 10)]));
    let limited = server.post(COMPLETE, &json!({ "rules": "STORE { ", "offset": 8, "limit": 2 })).json();
    assert_eq!((limited["candidates"].as_array().unwrap().len(), &limited["truncated"]), (2, &json!(true)));
}

#[test]
fn the_language_is_completed_without_content() {
    let server = Server::start();
    let answer = complete(&server, "STORE { city |");
    assert_eq!(answer["candidates"][0]["insert"], "in (\"\")");
    assert_eq!(answer["candidates"][0]["cursor"], 5);
    assert_eq!(complete(&server, "STORE { city in (\"|")["candidates"], json!([]));
    assert_eq!(complete(&server, "STORE { 東京 // é|")["candidates"], json!([]));
    for (body, status) in [
        (json!({ "rules": "STORE { ", "offset": 8, "limit": 0 }), 400),
        (json!({ "rules": "STORE { ", "offset": 8, "limit": 201 }), 400),
        (json!({ "rules": "STORE { ", "offset": -1 }), 400),
        (json!({ "rules": "STORE { ", "offset": 4_000_000_000u64 }), 200),
        (json!({ "rules": "STORE { é", "offset": 9 }), 200),
    ] {
        assert_eq!(server.post(COMPLETE, &body).status, status, "{body}");
    }
}

#[test]
fn a_hover_tells_kind_fill_values_and_ends() {
    let server = filled();
    let city = hover(&server, "STORE { ci|ty = \"Cebu\" }");
    assert_eq!((&city["what"], &city["label"], &city["kind"]), (&json!("property"), &json!("city"), &json!("keyword")));
    assert_eq!((&city["items"], &city["of"], &city["span"]["start"]), (&json!(20), &json!(30), &json!(8)));
    assert_eq!(city["values"], json!([{ "value": "Manila", "count": 14 }, { "value": "Cebu", "count": 6 }]));
    assert!(city["missing"].as_str().unwrap().contains("counts as false"));
    let rating = hover(&server, "STORE { externalRating| > 3 }");
    assert_eq!(rating["ends"], json!([{ "currency": null, "low": "0", "high": "29" }]));
    let value = hover(&server, "STORE { city = \"Ce|bu\" }");
    assert_eq!((&value["what"], &value["items"], &value["of"]), (&json!("value"), &json!(6), &json!(30)));
    let operator = hover(&server, "STORE { city n|one of (\"Cebu\") }");
    assert!(operator["missing"].as_str().unwrap().contains("passes"), "{operator}");
    assert_eq!(hover(&server, "ST|ORE { all }")["of"], 30);
    assert_eq!(hover(&server, "STORE { all } |"), Value::Null);
    assert_eq!(hover(&server, "BENEFIT { benefitType = \"3|\" }")["description"], "Cashback");
}

#[test]
fn a_hover_on_a_value_counts_what_the_rule_matches() {
    let server = filled();
    let long = format!("{} tower", "very ".repeat(60));
    server.sync(&[
        store("long", 1, &json!({ "merchantId": "M1", "storeName": long })),
        store("two", 1, &json!({ "merchantId": "M1", "storeName": "Esso", "multilLang": { "zh-HK": { "storeName": "東京 Esso" } } })),
    ]);
    for (marked, alone) in [
        ("STORE { storeName = \"|SHOP 7\" }", "STORE { storeName = \"SHOP 7\" }"),
        ("STORE { storeName in (\"ESSO|\", \"Shop 7\") }", "STORE { storeName = \"ESSO\" }"),
        ("STORE { storeName ~ \"sh|op\" }", "STORE { storeName ~ \"shop\" }"),
        ("STORE { storeName contains \"op 1|\" }", "STORE { storeName contains \"op 1\" }"),
        ("STORE { storeName@zh contains \"|東\" }", "STORE { storeName@zh contains \"東\" }"),
        ("STORE { storeName@en = \"|Esso\" }", "STORE { storeName@en = \"Esso\" }"),
        ("STORE { stdCategories all of (\"travel\", \"ho|stel\") }", "STORE { stdCategories all of (\"hostel\") }"),
        ("STORE { not city != \"Ce|bu\" }", "STORE { city = \"Cebu\" }"),
        (&format!("STORE {{ storeName = \"|{long}\" }}"), &format!("STORE {{ storeName = \"{long}\" }}")),
    ] {
        let value = hover(&server, marked);
        assert_eq!(value["items"], server.matched(alone), "{marked}");
        assert_eq!((&value["of"], value["items"] == 0), (&json!(32), marked.contains("@en")), "{marked}");
    }
    let merchants = hover(&server, "STORE { merchant.merchantName = \"JOLLI|BEE\" }");
    assert_eq!(
        (&merchants["items"], &merchants["of"], &merchants["contentType"]),
        (&json!(1), &json!(1), &json!("MERCHANT"))
    );
    assert_eq!(hover(&server, "STORE { storeNaem = \"|x\" }")["items"], Value::Null);
}

#[test]
fn a_hover_on_money_has_the_ends_of_every_currency() {
    let server = Server::start();
    let product = |n: u32, original: &str, info: Value| {
        let mut all =
            json!({ "title": format!("P{n}"), "merchantId": "M1", "salePrice": { "amount": n, "currency": "HKD" } });
        let (currency, amount) = original.split_once(' ').unwrap();
        all["originalPrice"] = json!({ "amount": amount, "currency": currency });
        all.as_object_mut().unwrap().extend(info.as_object().unwrap().clone());
        item("LOCAL_SKU", &format!("p{n}"), 1, &all)
    };
    server.sync(&[product(1, "PHP 20", json!({})), product(2, "PHP 7.5", json!({})), product(3, "USD 1", json!({}))]);
    server.sync(&[tombstone("LOCAL_SKU", "p3", 2)]);
    let price = hover(&server, "LOCAL_SKU { original|Price is set }");
    assert_eq!(price["ends"], json!([{ "currency": "PHP", "low": "7.5", "high": "20" }]));
    assert_eq!((&price["items"], &price["of"]), (&json!(2), &json!(2)));
    let price = hover(&server, "LOCAL_SKU { sale|Price is set }");
    assert_eq!(price["ends"], json!([{ "currency": "HKD", "low": "1", "high": "2" }]));
}
