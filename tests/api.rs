//! The API beside the seed's endpoint, over HTTP: previews and paging, values, properties, items, rule checks, operations.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Server, item, store};

const PREVIEW: &str = "/api/v1/preview";

/// Problem details, checked for what all have.
fn problem(answer: &support::Answer, status: u16) -> Value {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(body["status"], json!(status));
    assert!(body["type"].is_string() && body["title"].is_string() && body["detail"].is_string(), "{body}");
    body
}

/// Stores with a name, a category and a price, products with a price.
fn filled() -> Server {
    let server = Server::start();
    let stores: Vec<Value> = (0..45)
        .map(|n| {
            let info = json!({
                "storeName": format!("Store {n}"), "merchantId": format!("M{}", n % 3),
                "stdCategories": [if n % 2 == 0 { "food" } else { "hotel" }],
            });
            store(&format!("s{n}"), 1, &info)
        })
        .collect();
    server.sync(&stores);
    let product = |n: i64| {
        let price = json!({ "amount": format!("{}.50", n * 100), "currency": "HKD" });
        item("LOCAL_SKU", &format!("p{n}"), 1, &json!({ "title": format!("Product {n}"), "salePrice": price }))
    };
    server.sync(&(0..10).map(product).collect::<Vec<_>>());
    server
}

#[test]
fn a_preview_counts_by_type_group_and_rule() {
    let server = filled();
    let rules = "STORE { \"Food\": stdCategories in (\"food\") and merchantId in (\"M0\") or merchantId in (\"M1\") }
                 LOCAL_SKU { salePrice in HKD 100..500 }";
    let preview = server.preview(rules, 5, None);
    assert!(preview["asOf"].as_u64().unwrap() >= 1);
    let counts = &preview["counts"];
    assert_eq!(counts["matched"], 8 + 15 + 4);
    assert_eq!(counts["byType"], json!({ "LOCAL_SKU": 4, "STORE": 23 }));
    let block = &counts["blocks"][0];
    assert_eq!((&block["contentType"], &block["total"], &block["matched"]), (&json!("STORE"), &json!(45), &json!(23)));
    let group = &block["groups"][0];
    assert_eq!((&group["title"], &group["matched"], &group["only"]), (&json!("Food"), &json!(8), &json!(8)));
    let rule = &group["rules"][1];
    assert_eq!(rule["text"], "merchantId in (\"M0\")");
    assert_eq!((&rule["matched"], &rule["removed"]), (&json!(15), &json!(15)));
    let span = |end: &str| rule["span"][end].as_u64().unwrap() as usize;
    assert_eq!(&rules[span("start")..span("end")], "merchantId in (\"M0\")");
    let first = &preview["items"][0];
    assert_eq!(first["contentVersion"], 1);
    assert!(first["contentInfo"].is_string() && first["missingRequired"].is_array());
    assert_eq!(preview["items"].as_array().unwrap().len(), 5);
    assert_eq!(preview["facets"]["merchants"]["distinct"], 2);
    assert_eq!(preview["facets"]["currencies"]["top"], json!([{ "value": "HKD", "count": 4 }]));
}

#[test]
fn an_amount_is_text_and_exact() {
    let server = filled();
    let preview = server.preview("LOCAL_SKU { salePrice = HKD 100.50 }", 1, None);
    assert_eq!(preview["items"][0]["price"], json!({ "currency": "HKD", "amount": "100.50" }));
}

#[test]
fn pages_are_of_one_snapshot_and_each_item_is_on_one_of_them() {
    let server = filled();
    let rules = "STORE { all }";
    let first = server.preview(rules, 20, None);
    // What comes in between is in new previews, not on the next pages.
    server.sync(&[store("new", 1, &json!({ "storeName": "New" }))]);
    let mut seen = BTreeSet::new();
    let mut page = first.clone();
    let mut pages = 1;
    loop {
        assert_eq!((&page["asOf"], &page["counts"]), (&first["asOf"], &first["counts"]));
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["contentId"].as_str().unwrap().to_string()), "{item} is there twice");
        }
        let Some(next) = page["next"].as_str() else { break };
        let next = next.to_string();
        page = server.preview(rules, 20, Some(&next));
        assert_eq!(page["facets"], Value::Null, "facets are on first pages unless asked for");
        pages += 1;
    }
    assert_eq!((seen.len(), pages), (45, 3));
    assert_eq!(server.matched(rules), 46);
}

#[test]
fn a_cursor_of_another_life_or_text_is_refused() {
    let server = filled();
    let next = server.preview("STORE { all }", 1, None)["next"].as_str().unwrap().to_string();
    let send = |server: &Server, rules: &str, after: &str| {
        server.post(PREVIEW, &json!({ "rules": rules, "limit": 1, "after": after }))
    };
    assert_eq!(problem(&send(&server, "LOCAL_SKU { all }", &next), 400)["type"], "urn:penstock:problem:bad-cursor");
    for bad in ["", "x", "🦀", &"9".repeat(10_000)] {
        problem(&send(&server, "STORE { all }", bad), 400);
    }
    let server = server.kill_and_restart();
    assert_eq!(problem(&send(&server, "STORE { all }", &next), 410)["type"], "urn:penstock:problem:cursor-expired");
}

#[test]
fn rule_errors_have_places() {
    let server = Server::start();
    let rules = "STORE {\n  storname = \"x\" and salePrice in HKD 5..1\n}";
    let body = problem(&server.post(PREVIEW, &json!({ "rules": rules })), 422);
    let first = &body["diagnostics"][0];
    assert_eq!((&first["line"], &first["column"], &first["severity"]), (&json!(2), &json!(3), &json!("error")));
    assert_eq!(first["span"], json!({ "start": 10, "end": 18 }));
    assert_eq!(first["fixes"][0]["edits"][0]["text"], "storeName");
    let check = server.post("/api/v1/rules/check", &json!({ "rules": rules })).json();
    assert_eq!((&check["ok"], &check["hash"]), (&json!(false), &Value::Null));
    assert_eq!(check["diagnostics"], body["diagnostics"]);
    let hash = |rules: &str| {
        let check = server.post("/api/v1/rules/check", &json!({ "rules": rules })).json();
        assert_eq!(check["ok"], json!(true), "{check}");
        check["hash"].as_str().unwrap().to_string()
    };
    assert_eq!(hash("STORE{all}"), hash("// the same\nSTORE { all }"));
    assert_ne!(hash("STORE { all }"), hash("MERCHANT { all }"));
}

#[test]
fn bad_requests_are_told_what_is_bad() {
    let server = filled();
    let all = "STORE { all }";
    for (body, status) in [
        (json!({ "rules": all, "limit": 1001 }), 400),
        (json!({ "rules": all, "limit": -1 }), 400),
        (json!({ "rules": all, "limit": "ten" }), 400),
        (json!({ "rules": all, "offset": 3 }), 400),
        (json!({ "rules": null }), 400),
        (json!({}), 400),
        (json!([all, 1, null, null]), 400),
        (json!({ "rules": "" }), 422),
        (json!({ "rules": "STORE { all } ".repeat(10_000) }), 422),
        (json!({ "rules": "x".repeat(2 << 20) }), 413),
    ] {
        problem(&server.post(PREVIEW, &body), status);
    }
    assert_eq!(server.preview(all, 1000, None)["items"].as_array().unwrap().len(), 45);
    problem(&server.post_bytes(PREVIEW, &[], b"{\"rules\":"), 400);
    problem(&server.post_bytes(PREVIEW, &[("content-type", "text/csv")], b"{}"), 415);
    problem(&server.post_bytes(PREVIEW, &[], "[".repeat(100_000).as_bytes()), 413);
    for path in ["/api/v1/values", "/api/v1/values?property=nope", "/api/v1/values?property=storeName&limit=0"] {
        problem(&server.get(path), 400);
    }
    problem(&server.get("/api/v1/values?property=stdCategories&limit=201"), 400);
    problem(&server.get("/api/v1/values?property=stdCategories&contentType=SHOP"), 400);
    problem(&server.get("/api/v1/properties?contentType=SHOP"), 400);
    for (query, words) in [
        ("contentType=STORE&property=name", "STORE has no property \"name\""),
        ("contentType=STORE&property=storname", "did you mean storeName?"),
        ("property=ext.", "ext. needs a key"),
        ("contentType=STORE&property=priceRange", "of kind priceRange"),
        ("prefix=a", "the parameter property is missing"),
        ("property=storeName&limit=ten", "limit must be from 1 to 200"),
        ("property=storeName&property=city", "each parameter stands once"),
    ] {
        let body = problem(&server.get(&format!("/api/v1/values?{query}")), 400);
        assert!(body["detail"].as_str().unwrap().contains(words), "{query}: {body}");
    }
    problem(&server.get("/api/v1/items/SHOP/x"), 400);
    problem(&server.get("/api/v1/items/STORE/%FF"), 400);
    problem(&server.get("/api/v1/items/STORE/nope"), 404);
    problem(&server.get("/nope"), 404);
    let answer = server.request("DELETE", PREVIEW, &[], b"");
    problem(&answer, 405);
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[test]
fn the_api_needs_a_key() {
    let server = Server::start();
    for path in ["/api/v1/values?property=storeName", "/api/v1/properties", "/api/v1/items/STORE/a"] {
        let answer = server.request("GET", path, &[("authorization", "Bearer pk_wrong")], b"");
        problem(&answer, 401);
        assert!(answer.header("www-authenticate").is_some());
    }
    for path in [PREVIEW, "/api/v1/rules/check"] {
        problem(&server.request("POST", path, &[("content-type", "application/json")], b"{}"), 401);
    }
}

#[test]
fn a_refusal_is_read_by_clients_that_still_send() {
    let server = Server::start();
    let body = "x".repeat(900 << 10);
    for _ in 0..20 {
        let headers = [("content-type", "application/json"), ("authorization", "Bearer pk_wrong")];
        problem(&server.request("POST", PREVIEW, &headers, body.as_bytes()), 401);
        problem(&server.request("POST", "/nope", &headers, body.as_bytes()), 404);
    }
}

#[test]
fn g7_values_are_the_most_frequent_two_hundred() {
    let server = Server::start();
    let stores: Vec<Value> = (0..201)
        .map(|n| store(&format!("s{n}"), 1, &json!({ "stdCategories": [format!("Cat {n:03}"), "all"] })))
        .collect();
    stores.chunks(50).for_each(|chunk| drop(server.sync(chunk)));
    let values = |query: &str| server.get(&format!("/api/v1/values?property=stdCategories&{query}")).json();
    let answer = values("contentType=STORE&prefix=cat");
    assert_eq!((answer["values"].as_array().unwrap().len(), &answer["truncated"]), (200, &json!(true)));
    let answer = values("contentType=STORE&prefix=cat%20000");
    assert_eq!(
        (&answer["values"], &answer["truncated"]),
        (&json!([{ "value": "Cat 000", "count": 1 }]), &json!(false))
    );
    assert_eq!(values("limit=1")["values"], json!([{ "value": "all", "count": 201 }]));
    assert_eq!(values("contentType=MERCHANT")["values"], json!([]));
}

#[test]
fn properties_are_declared_or_seen() {
    let server = Server::start();
    let empty = server.get("/api/v1/properties?contentType=STORE").json();
    let declared = empty["properties"].as_array().unwrap();
    assert!(declared.iter().any(|p| p["name"] == "storeName" && p["filled"] == 0 && p["of"] == 0), "{empty}");
    server.sync(&[store("a", 1, &json!({ "storeName": "A", "reviewCount": 12 }))]);
    let properties = server.get("/api/v1/properties?contentType=STORE").json();
    let find = |name: &str| {
        let all = properties["properties"].as_array().unwrap();
        all.iter().find(|p| p["name"] == name).unwrap_or_else(|| panic!("{name}: {properties}")).clone()
    };
    let name = find("storeName");
    assert_eq!(
        (&name["kind"], &name["required"], &name["filled"], &name["of"]),
        (&json!("text"), &json!(true), &json!(1), &json!(1))
    );
    let seen = find("ext.reviewCount");
    assert_eq!((&seen["kind"], &seen["filled"], &seen["contentType"]), (&Value::Null, &json!(1), &json!("STORE")));
    assert_eq!(seen["seenShapes"], json!(["number"]));
    let all = server.get("/api/v1/properties").json()["properties"].as_array().unwrap().len();
    assert!(all > properties["properties"].as_array().unwrap().len());
}

#[test]
fn an_item_is_read_by_any_id() {
    let server = Server::start();
    let id = "a/b c%ラーメン?";
    server.sync(&[store(id, 9, &json!({ "storeName": "A" }))]);
    let item = server.get("/api/v1/items/STORE/a%2Fb%20c%25%E3%83%A9%E3%83%BC%E3%83%A1%E3%83%B3%3F").json();
    assert_eq!((&item["contentId"], &item["contentVersion"], &item["title"]), (&json!(id), &json!(9), &json!("A")));
    assert_eq!(item["contentInfo"], json!({ "storeName": "A" }).to_string());
}

#[test]
fn operators_see_health_metrics_and_documents_without_a_key() {
    let server = filled();
    let get = |path: &str| server.request("GET", path, &[], b"");
    for path in ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/"] {
        assert_eq!(get(path).status, 200, "{path}");
    }
    let document = get("/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/asap/synchronizeContent"]["post"]["requestBody"].is_object());
    let metrics = String::from_utf8(get("/metrics").body).unwrap();
    for line in [
        "penstock_sync_items_total{tenant=\"T\",type=\"STORE\",outcome=\"APPLIED\"} 45",
        "penstock_items{tenant=\"T\",type=\"LOCAL_SKU\"} 10",
        "penstock_http_requests_total{method=\"POST\",route=\"/asap/synchronizeContent\",status=\"200\"} 2",
        "penstock_http_request_seconds_count{route=\"/asap/synchronizeContent\",status=\"200\"} 2",
        "penstock_seq{tenant=\"T\"}",
        "penstock_index_lag_items{tenant=\"T\"}",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[test]
fn every_answer_carries_a_request_id() {
    let server = Server::start();
    let get = |id: &str| {
        let answer = server.request("GET", "/healthz", &[("x-request-id", id)], b"");
        answer.header("x-request-id").unwrap().to_string()
    };
    assert_eq!(get("trace-1.a_B"), "trace-1.a_B");
    assert_ne!(get("no good"), "no good");
    assert!(server.get("/nope").header("x-request-id").is_some());
}

#[test]
fn a_stop_is_clean() {
    let mut server = filled();
    assert!(server.stop().success());
}
