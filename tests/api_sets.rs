//! Over HTTP: standing sets, and everything that makes an item enter or leave one.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};
use support::{Answer, Server, item, sample, store, tombstone};

const SETS: &str = "/api/v1/sets";

fn put(server: &Server, name: &str, rules: &str) -> Answer {
    server.put(&format!("{SETS}/{name}"), &json!({ "rules": rules, "targetWallet": "GCASH" }))
}

fn set(server: &Server, name: &str) -> Value {
    let answer = server.get(&format!("{SETS}/{name}"));
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn ok(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// `ENTERED s1 TAG scene` of each change, in order.
fn changes(server: &Server, name: &str, of: &str) -> Vec<String> {
    let list = ok(server.get(&format!("{SETS}/{name}/changes?of={of}&limit=1000")));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told =
        |c: &Value| ["change", "contentId", "cause", "detail"].map(|m| text(&c[m])).join(" ").trim_end().to_owned();
    list["changes"].as_array().unwrap().iter().map(told).collect()
}

/// All of a set's items in a state, page by page.
fn pages(server: &Server, name: &str, state: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = ok(server.get(&format!("{SETS}/{name}/items?state={state}&limit={limit}{after}")));
        all.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => {
                assert_eq!(page["total"], all.len());
                return all;
            }
        }
    }
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|i| format!("{}/{}", i["contentType"], i["contentId"])).collect()
}

fn problem(answer: &Answer, status: u16, kind: &str) -> Value {
    let problem = answer.json();
    assert_eq!((answer.status, problem["type"].as_str().unwrap()), (status, kind), "{problem}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    problem
}

const NO_SET: &str = "urn:penstock:problem:no-such-set";

#[test]
fn a_set_of_real_content_agrees_with_its_preview_its_pages_and_its_journal() {
    let server = Server::start();
    let items = sample("generated.ndjson.zst");
    let (before, after) = items.split_at(items.len() / 2);
    before.chunks(50).for_each(|batch| drop(server.sync(batch)));
    let merchants: BTreeSet<String> = before
        .iter()
        .filter_map(|i| {
            serde_json::from_str::<Value>(i["contentInfo"].as_str()?).ok()?["merchantId"].as_str().map(String::from)
        })
        .collect();
    let onboarding: Vec<Value> = merchants.iter().step_by(2).map(|id| onboarding(id, true, 1)).collect();

    let rules = "STORE { city is set } BENEFIT { all } LOCAL_SKU { salePrice in PHP 1..100000 }";
    let asked = json!({ "rules": rules, "limit": 3, "targetWallet": "GCASH" });
    let strange = ok(server.post("/api/v1/preview", &asked));
    let created = put(&server, "real", rules);
    assert_eq!(created.status, 201);
    let created = created.json();
    assert_eq!((&created["created"], &created["entered"]), (&json!(true), &created["matched"]));
    assert_eq!(strange["funnel"], created["funnel"], "of a wallet that nobody had heard of");
    assert!(created["funnel"]["notOnboarded"].as_u64().unwrap() > 0, "{created}");

    ok(server.post("/api/v1/onboarding", &json!({ "onboarding": onboarding })));
    after.chunks(50).for_each(|batch| drop(server.sync(batch)));
    let now = set(&server, "real");
    let preview = ok(server.post("/api/v1/preview", &asked));
    assert_eq!((&preview["funnel"], &preview["counts"]["matched"]), (&now["funnel"], &now["matched"]));
    let next = json!({ "rules": rules, "limit": 3, "targetWallet": "GCASH", "after": preview["next"] });
    assert_eq!(ok(server.post("/api/v1/preview", &next))["funnel"], now["funnel"]);
    let other = json!({ "rules": rules, "limit": 3, "after": preview["next"] });
    assert_eq!(server.post("/api/v1/preview", &other).status, 400, "a cursor is good for its wallet");

    let matched = pages(&server, "real", "matched", 97);
    assert_eq!(now["matched"], matched.len());
    for state in ["takenOut", "missingFields", "notOnboarded", "riskStopped", "deliverable"] {
        let at = pages(&server, "real", state, 1000);
        assert_eq!(now["funnel"][state], at.len(), "{state}");
        let same: Vec<Value> = matched.iter().filter(|item| item["state"] == state).cloned().collect();
        assert_eq!(ids(&at), ids(&same), "{state}");
    }
    for (of, state) in [("matched", "matched"), ("deliverable", "deliverable")] {
        assert_eq!(replayed(&server, of), ids(&pages(&server, "real", state, 1000)), "{of}");
    }

    let server = server.kill_and_restart();
    assert_eq!(set(&server, "real")["funnel"], now["funnel"]);
    assert_eq!(replayed(&server, "matched"), ids(&matched));
}

/// A set's journal applied to nothing, read in small pages.
fn replayed(server: &Server, of: &str) -> BTreeSet<String> {
    let (mut held, mut after) = (BTreeSet::new(), 0);
    loop {
        let page = ok(server.get(&format!("{SETS}/real/changes?of={of}&limit=7&after={after}")));
        for change in page["changes"].as_array().unwrap() {
            let id = format!("{}/{}", change["contentType"], change["contentId"]);
            match change["change"].as_str().unwrap() {
                "ENTERED" => assert!(held.insert(id)),
                _ => assert!(held.remove(&id)),
            }
        }
        after = page["next"].as_u64().unwrap();
        if page["more"] == false {
            return held;
        }
    }
}

fn onboarding(merchant: &str, onboarded: bool, version: i64) -> Value {
    json!({ "targetWallet": "GCASH", "merchantId": merchant, "onboarded": onboarded, "accountIds": ["A1"], "version": version })
}

fn tag(id: &str, values: &[&str], version: i64) -> Value {
    let tag = json!({ "kind": "algo", "name": "scene", "contentType": "STORE", "contentId": id, "values": values,
                      "version": version });
    json!({ "tags": [tag] })
}

#[test]
fn what_is_matched_follows_content_rules_tags_and_merchants() {
    let server = Server::start();
    let hotel = |name: &str, version| store("s1", version, &json!({ "storeName": name, "merchantId": "M1" }));
    put(&server, "names", "STORE { storeName ~ \"hotel\" }");
    put(&server, "tags", "STORE { tag.algo.scene in (\"beach\") }");
    put(&server, "merchants", "STORE { merchant.merchantName ~ \"harbour\" }");
    server.sync(&[hotel("Peak Hotel", 1)]);
    server.sync(&[item("MERCHANT", "M1", 1, &json!({ "merchantName": "Harbour", "merchantId": "M1" }))]);
    let tagged =
        |values: &[&str], version| ok(server.post("/api/v1/tags", &tag("s1", values, version)))["results"][0].clone();
    assert_eq!(tagged(&["beach", "sun"], 5)["outcome"], "APPLIED");
    assert_eq!(tagged(&["sun", "beach"], 5)["outcome"], "DUPLICATE");
    assert_eq!(tagged(&["city"], 4)["outcome"], "STALE_IGNORED");
    let conflict = tagged(&["city"], 5);
    assert_eq!(
        (&conflict["outcome"], &conflict["issues"][0]["pointer"]),
        (&json!("VERSION_CONFLICT"), &json!("/version"))
    );
    assert_eq!(tagged(&[], 6)["outcome"], "APPLIED");
    server.sync(&[hotel("Peak Cafe", 2)]);
    let again = put(&server, "names", "STORE { storeName ~ \"cafe\" }").json();
    assert_eq!((&again["revision"], &again["entered"], &again["created"]), (&json!(2), &json!(1), &json!(false)));
    let unchanged = put(&server, "names", "STORE { storeName ~ \"cafe\" }").json();
    assert_eq!((&unchanged["revision"], &unchanged["unchanged"]), (&json!(2), &json!(true)));
    server.sync(&[tombstone("MERCHANT", "M1", 2)]);
    server.sync(&[tombstone("STORE", "s1", 3)]);

    let content = ["ENTERED s1 CONTENT_VERSION", "LEFT s1 CONTENT_VERSION"];
    let names = [content[0], content[1], "ENTERED s1 RULE_REVISION 2", content[1]];
    assert_eq!(changes(&server, "names", "matched"), names);
    assert_eq!(changes(&server, "tags", "matched"), ["ENTERED s1 TAG scene", "LEFT s1 TAG scene"]);
    let merchants = ["ENTERED s1 PARENT_MERCHANT M1", "LEFT s1 PARENT_MERCHANT M1"];
    assert_eq!(changes(&server, "merchants", "matched"), merchants);
}

#[test]
fn what_is_deliverable_follows_policies_onboarding_risk_and_hands() {
    let server = Server::start();
    put(&server, "all", "STORE { all }");
    server.sync(&[store("s1", 1, &json!({ "storeName": "One", "merchantId": "M1" }))]);
    let first = |path: &str, body: Value| ok(server.post(path, &body))["results"][0]["outcome"].clone();
    let policy = |required: &[&str], version: i64| {
        server.put("/api/v1/wallets/GCASH/policies/STORE", &json!({ "required": required, "version": version }))
    };
    let risk = |decision: &str, version: i64| {
        let decision = json!({ "targetWallet": "GCASH", "contentType": "STORE", "contentId": "s1", "decision": decision,
                               "reason": "counterfeit", "version": version });
        json!({ "decisions": [decision] })
    };
    let one = || pages(&server, "all", "matched", 10).remove(0);
    let wanting = one();
    assert_eq!((&wanting["state"], &wanting["notOnboarded"]), (&json!("missingFields"), &json!(true)));
    assert!(wanting["missingFields"].as_array().unwrap().contains(&json!("coverImageUrl")), "{wanting}");
    assert_eq!(ok(policy(&["storeName", "merchantId"], 1))["outcome"], "APPLIED");
    assert_eq!(one()["state"], "notOnboarded");
    assert_eq!(first("/api/v1/onboarding", json!({ "onboarding": [onboarding("M1", true, 1)] })), "APPLIED");
    assert_eq!(one()["state"], "deliverable");
    assert_eq!(first("/api/v1/risk", risk("STOP", 1)), "APPLIED");
    assert_eq!((&one()["state"], &one()["riskReason"]), (&json!("riskStopped"), &json!("counterfeit")));
    server.sync(&[store("s1", 2, &json!({ "storeName": "Two", "merchantId": "M1" }))]);
    assert_eq!(one()["state"], "riskStopped", "whatever version follows");
    assert_eq!(first("/api/v1/risk", risk("ALLOW", 2)), "APPLIED");
    let key = json!({ "items": [{ "contentType": "STORE", "contentId": "s1" }] });
    assert_eq!(ok(server.post(&format!("{SETS}/all/take-out"), &key))["outcome"], "APPLIED");
    assert_eq!(ok(server.post(&format!("{SETS}/all/take-out"), &key))["outcome"], "UNCHANGED");
    assert_eq!(set(&server, "all")["funnel"]["takenOut"], 1);
    assert_eq!(ok(server.post(&format!("{SETS}/all/take-in"), &key))["outcome"], "APPLIED");
    assert_eq!(policy(&["description"], 1).status, 409);
    assert_eq!(ok(policy(&["description"], 2))["outcome"], "APPLIED");

    let expected = [
        "ENTERED s1 ONBOARDING M1",
        "LEFT s1 RISK_DECISION",
        "ENTERED s1 RISK_DECISION",
        "LEFT s1 TAKEN_OUT",
        "ENTERED s1 TAKEN_OUT",
        "LEFT s1 POLICY",
    ];
    assert_eq!(changes(&server, "all", "deliverable"), expected);
    assert_eq!(changes(&server, "all", "matched"), ["ENTERED s1 CONTENT_VERSION"]);
    let history = "/api/v1/items/STORE/s1/memberships";
    let memberships = ok(server.get(history));
    assert_eq!(memberships["sets"], json!([{ "name": "all", "state": "missingFields" }]));
    let told: Vec<_> = memberships["history"].as_array().unwrap().iter().map(|entry| entry["cause"].clone()).collect();
    assert_eq!(told[0], "POLICY");
    assert_eq!(told.len(), expected.len() + 1);
    let page = ok(server.get(&format!("{history}?limit=2")));
    let rest = ok(server.get(&format!("{history}?before={}", page["next"])));
    assert_eq!(rest["history"].as_array().unwrap().len(), told.len() - 2);
    let policies = ok(server.get("/api/v1/wallets/GCASH/policies"))["policies"].clone();
    let store_policy = json!({ "contentType": "STORE", "required": ["description"], "version": 2, "isDefault": false });
    assert_eq!((&policies[1], &policies[0]["isDefault"]), (&store_policy, &json!(true)));
    let known = json!([{ "merchantId": "M1", "onboarded": true, "accountIds": ["A1"], "version": 1, "items": 1 }]);
    assert_eq!(ok(server.get("/api/v1/wallets/GCASH/merchants"))["merchants"], known);
    assert_eq!(ok(server.get("/api/v1/wallets/OTHER/merchants"))["merchants"], json!([]));
}

#[test]
fn a_coupon_leaves_by_the_clock() {
    let server = Server::start();
    put(&server, "running", "BENEFIT { endTime > now() }");
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    server.sync(&[item("BENEFIT", "b1", 1, &json!({ "benefitName": "Coupon", "endTime": now_ms + 3_000 }))]);
    // Nobody sends anything any more; at worst this asks in vain until the tests' own patience ends.
    while changes(&server, "running", "matched").len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(changes(&server, "running", "matched"), ["ENTERED b1 CONTENT_VERSION", "LEFT b1 CLOCK"]);
    assert_eq!(set(&server, "running")["matched"], 0);
}

#[test]
fn sets_are_listed_by_name_and_are_of_one_tenant() {
    let mut server = Server::start();
    for name in ["b", "a%2Fb%20%E6%9D%B1", "c"] {
        assert_eq!(put(&server, name, "STORE { all }").status, 201, "{name}");
    }
    let names = |query: &str| {
        let page = ok(server.get(&format!("{SETS}{query}")));
        let names: Vec<_> =
            page["sets"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect();
        (names, page["next"].clone())
    };
    assert_eq!(names("?limit=2"), (vec!["a/b 東".into(), "b".into()], json!("b")));
    assert_eq!(names("?after=b"), (vec!["c".into()], Value::Null));
    let other = server.add_key("U");
    let own = std::mem::replace(&mut server.key, other);
    assert_eq!(ok(server.get(SETS))["sets"], json!([]));
    problem(&server.get(&format!("{SETS}/b")), 404, NO_SET);
    problem(&server.delete(&format!("{SETS}/b")), 404, NO_SET);
    server.key = own;
    assert_eq!(server.delete(&format!("{SETS}/b")).status, 204);
    for path in ["b", "b/items", "b/changes", "b/events"] {
        problem(&server.get(&format!("{SETS}/{path}")), 404, NO_SET);
    }
    let key = json!({ "items": [{ "contentType": "STORE", "contentId": "s1" }] });
    problem(&server.post(&format!("{SETS}/b/take-out"), &key), 404, NO_SET);
    assert_eq!(server.get("/api/v1/items/STORE/nope/memberships").status, 404);
}
