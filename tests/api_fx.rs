//! Over HTTP: exchange rates, the rules that convert at them, and rules on a merchant's properties.

mod support;

use serde_json::{Value, json};
use support::{Server, item, store, tombstone};

const FX: &str = "/api/v1/fx";

fn product(id: &str, price: &str, currency: &str) -> Value {
    let price = json!({ "amount": price, "currency": currency });
    item("LOCAL_SKU", id, 1, &json!({ "title": id, "salePrice": price, "merchantId": "M1" }))
}

fn ids(preview: &Value) -> Vec<&str> {
    preview["items"].as_array().unwrap().iter().map(|i| i["contentId"].as_str().unwrap()).collect()
}

fn preview_at(server: &Server, rules: &str, date: Option<&str>) -> Value {
    let answer = server.post("/api/v1/preview", &json!({ "rules": rules, "fxDate": date }));
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

#[test]
fn rules_convert_at_the_rates_of_a_day() {
    let server = Server::start();
    server.sync(&[
        product("hk", "100", "HKD"),
        product("ph", "750.00", "PHP"),
        product("ph-more", "750.01", "PHP"),
        product("eur", "5", "EUR"),
    ]);
    let rules = "LOCAL_SKU { salePrice in HKD 50..100 ~fx }";
    let refused = server.post("/api/v1/preview", &json!({ "rules": rules }));
    assert_eq!((refused.status, &refused.json()["diagnostics"][0]["code"]), (422, &json!("E210")));

    let first = json!({ "date": "2026-01-30", "base": "USD", "rates": { "HKD": 7.8, "PHP": "58.5" } });
    assert_eq!(server.post(FX, &first).json()["outcome"], "APPLIED");
    assert_eq!(server.post(FX, &first).json()["outcome"], "UNCHANGED");
    let preview = preview_at(&server, rules, None);
    assert_eq!((ids(&preview), &preview["fxDate"]), (vec!["hk", "ph"], &json!("2026-01-30")));

    // The next day the peso has fallen; yesterday's rates stay what they were.
    let next = json!({ "date": "2026-01-31", "base": "USD", "rates": { "HKD": 7.8, "PHP": 60, "EUR": "0.8" } });
    assert_eq!(server.post(FX, &next).status, 200);
    assert_eq!(ids(&preview_at(&server, rules, None)), ["hk", "ph", "ph-more", "eur"][..3]);
    assert_eq!(ids(&preview_at(&server, rules, Some("2026-01-30"))), ["hk", "ph"]);
    assert_eq!(preview_at(&server, "LOCAL_SKU { all }", None)["fxDate"], Value::Null);

    let other = json!({ "date": "2026-01-30", "base": "USD", "rates": { "HKD": 7.9 } });
    let taken = server.post(FX, &other);
    assert_eq!((taken.status, taken.json()["type"].as_str().unwrap()), (409, "urn:penstock:problem:rates-refused"));
    assert_eq!(server.post("/api/v1/preview", &json!({ "rules": rules, "fxDate": "2026-01-01" })).status, 404);
    for wrong in [
        json!({ "date": "31.1.2026", "base": "USD", "rates": { "HKD": 7.8 } }),
        json!({ "date": "2026-01-29", "base": "USD", "rates": { "HKD": -1 } }),
        json!({ "date": "2026-01-29", "base": "USD", "rates": { "HKD": true } }),
        json!({ "date": "2026-01-29", "base": "USD", "rates": {} }),
        json!({ "date": "2026-01-29", "base": "Dollar", "rates": { "HKD": 7.8 } }),
    ] {
        assert_eq!(server.post(FX, &wrong).status, 400, "{wrong}");
    }
    let server = server.kill_and_restart();
    let tables = server.get(FX).json();
    assert_eq!(
        tables["tables"][1],
        json!({ "date": "2026-01-30", "base": "USD", "rates": { "HKD": "7.8", "PHP": "58.5", "USD": "1" } })
    );
    assert_eq!(ids(&preview_at(&server, rules, Some("2026-01-30"))), ["hk", "ph"]);
    let checked = server.post("/api/v1/rules/check", &json!({ "rules": rules, "fxDate": "2026-01-31" })).json();
    assert_eq!((&checked["ok"], &checked["fxDate"]), (&json!(true), &json!("2026-01-31")));
}

#[test]
fn a_merchants_new_version_decides_its_items_anew() {
    let server = Server::start();
    let merchant = |id: &str, version, info: Value| item("MERCHANT", id, version, &info);
    server.sync(&[
        store("s1", 1, &json!({ "storeName": "One", "merchantId": "M1" })),
        store("s2", 1, &json!({ "storeName": "Two", "merchantId": "M2" })),
        store("s3", 1, &json!({ "storeName": "Three", "merchantId": "M3" })),
        store("s4", 1, &json!({ "storeName": "Four" })),
        merchant("first", 1, json!({ "merchantName": "Harbour Hotels", "merchantId": "M1", "tier": 3 })),
        // Found by its content id, for no MERCHANT says that its merchantId is M2.
        merchant("M2", 1, json!({ "merchantName": "Peak Hotels" })),
        // A MERCHANT that says that it is M1 goes before one whose content id that is.
        merchant("M1", 9, json!({ "merchantName": "An impostor", "tier": 9 })),
    ]);
    let hotels = "STORE { merchant.merchantName ~ \"hotels\" }";
    assert_eq!(ids(&server.preview(hotels, 10, None)), ["s1", "s2"]);
    assert_eq!(ids(&server.preview("STORE { merchant.ext.tier in 3..9 }", 10, None)), ["s1"]);
    assert_eq!(ids(&server.preview("STORE { not merchant.merchantName is set }", 10, None)), ["s3", "s4"]);
    assert_eq!(ids(&server.preview("MERCHANT { merchant.merchantName ~ \"harbour\" }", 10, None)), ["first"]);

    server.sync(&[merchant("first", 2, json!({ "merchantName": "Harbour Cafes", "merchantId": "M1", "tier": 1 }))]);
    assert_eq!(ids(&server.preview(hotels, 10, None)), ["s2"]);
    // Of two that say so the highest version counts, then the smallest content id.
    let tiers = |server: &Server| {
        let tier = |n: u32| server.matched(&format!("STORE {{ merchantId = \"M1\" and merchant.ext.tier = {n} }}"));
        [1, 2, 3].map(tier)
    };
    server.sync(&[merchant("b", 2, json!({ "merchantName": "B", "merchantId": "M1", "tier": 2 }))]);
    assert_eq!(tiers(&server), [0, 1, 0]);
    server.sync(&[merchant("first", 3, json!({ "merchantName": "First", "merchantId": "M1", "tier": 3 }))]);
    assert_eq!(tiers(&server), [0, 0, 1]);
    server.sync(&[tombstone("MERCHANT", "b", 9), tombstone("MERCHANT", "first", 4)]);
    assert_eq!(ids(&server.preview("STORE { merchant.ext.tier = 9 }", 10, None)), ["s1"]);
    assert_eq!(server.matched("STORE { merchant.merchantName is missing }"), 2);
}
