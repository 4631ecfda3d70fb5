//! Over HTTP: what operations on standing sets, tags and wallets refuse, each with a place and a reason.

mod support;

use serde_json::{Value, json};
use support::{Answer, Server};

const SETS: &str = "/api/v1/sets";
const BAD: &str = "urn:penstock:problem:bad-request";

/// The problem's pointers.
fn pointers(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    assert_eq!((answer.status, problem["type"].as_str().unwrap()), (400, BAD), "{problem}");
    pointers_of(&problem)
}

fn pointers_of(told: &Value) -> Vec<String> {
    let issues = told["issues"].as_array().map(Vec::as_slice).unwrap_or_default();
    issues.iter().map(|issue| issue["pointer"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_definition_is_checked_as_a_preview_is() {
    let server = Server::start();
    let put = |name: &str, body: Value| server.put(&format!("{SETS}/{name}"), &body);
    let wrong = put("a", json!({ "rules": "STORE { storeNam = \"x\" }", "targetWallet": "W" }));
    let preview = server.post("/api/v1/preview", &json!({ "rules": "STORE { storeNam = \"x\" }" }));
    assert_eq!((wrong.status, wrong.json()), (422, preview.json()));
    let dated = json!({ "rules": "STORE { all }", "targetWallet": "W", "fxDate": "2026-01-31" });
    assert_eq!(put("a", dated).json()["type"], "urn:penstock:problem:no-rates");
    let long = "w".repeat(65);
    for wallet in ["", "a b", "é", long.as_str()] {
        assert_eq!(pointers(&put("a", json!({ "rules": "STORE { all }", "targetWallet": wallet }))), ["/targetWallet"]);
    }
    let preview = json!({ "rules": "STORE { all }", "targetWallet": "a b" });
    assert_eq!(pointers(&server.post("/api/v1/preview", &preview)), ["/targetWallet"]);
    let good = json!({ "rules": "STORE { all }", "targetWallet": "W" });
    for name in ["%20", "a%0Ab", &"x".repeat(201), "%FF"] {
        assert_eq!(put(name, good.clone()).status, 400, "{name}");
    }
    assert_eq!(put(&"%E6%9D%B1".repeat(200), good.clone()).status, 201);
    for body in [json!({ "rules": "STORE { all }" }), json!({ "targetWallet": "W" }), json!([]), json!({ "rules": 1 })]
    {
        assert_eq!(put("a", body).status, 400);
    }
    assert_eq!(server.get(&format!("{SETS}/a")).status, 404, "nothing of it stands");
}

#[test]
fn bad_parameters_are_told() {
    let server = Server::start();
    server.put(&format!("{SETS}/a"), &json!({ "rules": "STORE { all }", "targetWallet": "W" }));
    for path in [
        "/sets?limit=0",
        "/sets?limit=1001",
        "/sets/a/items?limit=x",
        "/sets/a/items?after=zz",
        "/sets/a/items?state=gone",
        "/sets/a/changes?after=-1",
        "/sets/a/changes?of=all",
        "/sets/a/events?of=all",
        "/sets/a/events?after=x",
        "/items/STORE/s1/memberships?before=x",
        "/items/SHOP/s1/memberships",
        "/wallets/a%20b/merchants",
        "/wallets/W/merchants?after=zz",
        "/wallets/a%20b/policies",
    ] {
        let answer = server.get(&format!("/api/v1{path}"));
        assert_eq!((answer.status, answer.json()["detail"].as_str().is_some()), (400, true), "{path}");
    }
}

#[test]
fn an_entry_that_is_wrong_does_not_stop_the_others() {
    let server = Server::start();
    let good = json!({ "kind": "custom", "name": "vip", "contentType": "SKU", "contentId": "s1", "values": ["gold"], "version": 0 });
    let with = |name: &str, value: Value| {
        let mut entry = good.clone();
        entry[name] = value;
        entry
    };
    let cases = [
        (good.clone(), &[][..]),
        (with("kind", json!("model")), &["/kind"][..]),
        (with("name", json!("x".repeat(65))), &["/name"]),
        (with("name", json!(" ")), &["/name"]),
        (with("contentType", json!("SHOP")), &["/contentType"]),
        (with("contentId", json!("")), &["/contentId"]),
        (with("values", json!("gold")), &["/values"]),
        (with("values", json!(["gold", 1, ""])), &["/values/1", "/values/2"]),
        (with("values", json!(["x".repeat(257)])), &["/values/0"]),
        (with("values", json!(vec!["x"; 201])), &["/values"]),
        (with("version", json!(-1)), &["/version"]),
        (with("version", json!("1")), &["/version"]),
        (with("version", Value::Null), &["/version"]),
        (with("verison", json!(1)), &["/verison"]),
        (json!(7), &[""]),
    ];
    let entries: Vec<&Value> = cases.iter().map(|(entry, _)| entry).collect();
    let answer = server.post("/api/v1/tags", &json!({ "tags": entries })).json();
    for ((entry, expected), result) in cases.iter().zip(answer["results"].as_array().unwrap()) {
        assert_eq!(pointers_of(result), *expected, "{entry}");
        assert_eq!(result["outcome"], if expected.is_empty() { "APPLIED" } else { "INVALID" }, "{entry}");
    }
    assert!(answer["seq"].is_u64());
    let nothing = server.post("/api/v1/tags", &json!({ "tags": [1] })).json();
    assert_eq!((&nothing["seq"], &nothing["results"][0]["outcome"]), (&Value::Null, &json!("INVALID")));

    let result = |path: &str, body: Value| pointers_of(&server.post(path, &body).json()["results"][0]);
    let merchant =
        json!({ "targetWallet": "a b", "merchantId": "", "onboarded": 1, "accountIds": [""], "version": 1.5 });
    let expected = ["/targetWallet", "/merchantId", "/onboarded", "/accountIds/0", "/version"];
    assert_eq!(result("/api/v1/onboarding", json!({ "onboarding": [merchant] })), expected);
    let decision = json!({ "decision": "MAYBE", "reason": "x".repeat(1001) });
    let expected = ["/targetWallet", "/contentType", "/contentId", "/decision", "/reason", "/version"];
    assert_eq!(result("/api/v1/risk", json!({ "decisions": [decision] })), expected);
}

#[test]
fn batches_are_bounded_and_taken_out_whole_or_not_at_all() {
    let server = Server::start();
    server.put(&format!("{SETS}/a"), &json!({ "rules": "STORE { all }", "targetWallet": "W" }));
    for (path, name) in [
        ("/api/v1/tags", "tags"),
        ("/api/v1/onboarding", "onboarding"),
        ("/api/v1/risk", "decisions"),
        ("/api/v1/sets/a/take-out", "items"),
    ] {
        for count in [0, 1001] {
            let answer = server.post(path, &json!({ name: vec![1; count] }));
            assert_eq!(pointers(&answer), [format!("/{name}")], "{path}");
        }
        assert_eq!(server.post(path, &json!({ "other": [] })).status, 400, "{path}");
    }
    let items = json!({ "items": [{ "contentType": "STORE", "contentId": "s1" }, { "contentType": "STORE" }] });
    assert_eq!(pointers(&server.post(&format!("{SETS}/a/take-out"), &items)), ["/items/1/contentId"]);
    let items = json!({ "items": [{ "contentType": "STORE", "contentId": "s1" }] });
    let out = server.post(&format!("{SETS}/a/take-out"), &items).json();
    assert_eq!(out["outcome"], "APPLIED", "nothing of the batch before was taken out");
}

#[test]
fn a_policy_names_fields_of_its_type() {
    let server = Server::start();
    let put = |path: &str, body: Value| server.put(&format!("/api/v1/wallets/{path}"), &body);
    let policy = json!({ "required": ["storeName", "salePrice", "x"], "version": -1 });
    assert_eq!(pointers(&put("W/policies/STORE", policy)), ["/version", "/required/1", "/required/2"]);
    let policy = json!({ "required": ["multilLang"], "version": 3 });
    assert_eq!(put("a%20b/policies/STORE", policy.clone()).status, 400);
    assert_eq!(put("W/policies/SHOP", policy.clone()).status, 400);
    let outcome = |version: i64| {
        put("W/policies/MERCHANT", json!({ "required": ["multilLang"], "version": version })).json()["outcome"].clone()
    };
    assert_eq!([3, 3, 2, 4].map(outcome), ["APPLIED", "DUPLICATE", "STALE_IGNORED", "APPLIED"]);
}
