//! The seed's samples, verbatim, through the whole of the server (golden cases G1, G2, G6, G8).

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Server, item};

fn sample(name: &str) -> Value {
    let path = support::repository("engine/tests/content/fixtures").join(name);
    let request: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    request["contents"][0].clone()
}

/// A server with both samples, pushed by their tenant.
fn with_samples() -> Server {
    let mut server = Server::start();
    server.key = server.add_key("GCASH");
    let answer = server.sync(&[sample("store.json"), sample("sku.json")]);
    assert_eq!(answer["resultStatus"], "S", "{answer}");
    server
}

fn only_item(server: &Server, rules: &str) -> Value {
    let page = server.preview(rules, 10, None);
    assert_eq!(page["counts"]["matched"], 1, "{rules}: {page}");
    page["items"][0].clone()
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn g1_the_store_sample_is_found_by_locale_and_misses_six_required_fields() {
    let server = with_samples();
    let store = only_item(&server, "STORE { storeName@en-PH = \"Mga McDonald's\" }");
    assert_eq!((&store["contentType"], &store["contentId"]), (&json!("STORE"), &json!("000001010101010101")));
    let six = ["linkUrl", "imageUrls", "description", "minPriceRange", "maxPriceRange", "coverImageUrl"];
    assert_eq!(names(&store["missingRequired"]), BTreeSet::from(six));
    for (rules, expected) in [
        ("STORE { storeName@en-US = \"Mga McDonald's\" }", 0),
        ("STORE { storeName@en = \"mcdonald's\" }", 1),
        ("STORE { storeName ~ \"mcdonlds\" }", 1),
        ("STORE { address contains \"Maynila\" and phoneNumbers = \"0123456789\" and city = \"810000\" }", 1),
        ("STORE { linkUrl is missing and location is set }", 1),
    ] {
        assert_eq!(server.matched(rules), expected, "{rules}");
    }
}

#[test]
fn g2_the_product_sample_is_read_by_its_aliases() {
    let server = with_samples();
    let sku = only_item(&server, "LOCAL_SKU { name ~ \"hamburg\" and salePrice = PHP 160 }");
    assert_eq!(sku["contentType"], "LOCAL_SKU");
    assert_eq!(names(&sku["missingRequired"]), BTreeSet::from(["outItemId"]));
    for (rules, expected) in [
        ("LOCAL_SKU { originalPrice in PHP 200..200 }", 1),
        ("LOCAL_SKU { originalPrice = HKD 200 }", 0),
        ("LOCAL_SKU { brandName@en-PH = \"Mga McDonald's\" and brandName@en-US = \"McDonald's\" }", 1),
        ("LOCAL_SKU { keywords all of (\"Hamburg\", \"Snack\") and storeIds = \"100101\" and discount = 80 }", 1),
    ] {
        assert_eq!(server.matched(rules), expected, "{rules}");
    }
    // Which of the sample's currency signals disagree is said, and so is the alias.
    let mut again = sample("sku.json");
    again["contentVersion"] = json!(again["contentVersion"].as_i64().unwrap() + 1);
    let answer = server.sync(&[again]);
    let issues = answer["itemResults"][0]["issues"].as_array().unwrap();
    let codes: BTreeSet<&str> = issues.iter().map(|issue| issue["code"].as_str().unwrap()).collect();
    assert!(codes.is_superset(&BTreeSet::from(["CURRENCY_CONFLICT", "CONTENT_TYPE_ALIAS"])), "{codes:?}");
}

#[test]
fn g6_another_currency_does_not_match() {
    let server = with_samples();
    assert_eq!(server.matched("LOCAL_SKU { salePrice in HKD 100..500 }"), 0);
    assert_eq!(server.matched("LOCAL_SKU { salePrice in PHP 100..500 }"), 1);
    assert_eq!(server.matched("LOCAL_SKU { salePrice != HKD 160 }"), 1);
}

#[test]
fn g8_groups_and_types_are_a_union_without_leaks() {
    let server = Server::start();
    let info =
        |city: &str, rating: &str| json!({ "storeName": "S", "name": "S", "city": city, "externalRating": rating });
    let items = [
        item("STORE", "both", 1, &info("A", "5")),
        item("STORE", "city only", 1, &info("A", "1")),
        item("STORE", "rating only", 1, &info("B", "5")),
        item("STORE", "other group", 1, &info("C", "1")),
        item("LOCAL_SKU", "product", 1, &json!({ "name": "S", "brandId": "A" })),
        item("LOCAL_SKU", "other product", 1, &json!({ "name": "S", "brandId": "C" })),
        item("BENEFIT", "benefit", 1, &json!({ "benefitName": "S" })),
    ];
    server.sync(&items);
    let rules = "STORE { city = \"A\" and externalRating > 4 or city = \"C\" } LOCAL_SKU { brandId = \"A\" }";
    let page = server.preview(rules, 10, None);
    let ids: BTreeSet<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["contentId"].as_str().unwrap()).collect();
    assert_eq!(ids, BTreeSet::from(["both", "other group", "product"]));
}
