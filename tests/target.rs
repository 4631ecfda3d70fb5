//! Over HTTP: what concerns target wallets: pulls, reviews, requests for decisions on risk, the Merchant Hub and the Supply List.

mod support;

use serde_json::{Value, json};
use support::market::{Market, merchant, ok, store_of};
use support::{item, tombstone};

const ACCOUNT: &str = "2102900000001172";

/// Two source wallets, each with a live task to GCASH.
fn delivering() -> (Market, String, String) {
    let mut market = Market::open();
    for source in ["HK", "PH"] {
        market.prepare(source, "GCASH", &[("M1", &[ACCOUNT, "7"]), ("M2", &["8"])]);
    }
    let benefit = |id: &str| {
        item("BENEFIT", id, 1, &json!({ "benefitName": id, "merchantId": "M1", "stdCategories": ["coupon"] }))
    };
    market.sync(
        "HK",
        &[
            merchant("M1", "Harbour Tea House"),
            merchant("M2", "Noodle Bar"),
            store_of("M1", "s1", 1, &["food", "tea"]),
            store_of("M1", "s2", 1, &["food"]),
            store_of("M2", "s3", 1, &[]),
            store_of("M2", "s4", 1, &["food"]),
            benefit("b1"),
        ],
    );
    market.sync("PH", &[store_of("M1", "p1", 1, &["food"]), store_of("M1", "p2", 1, &["spa"])]);
    let rules = "STORE { storeName contains \"Store\" } BENEFIT { all }";
    let (hk, ph) = (market.live("HK", "hk", rules), market.live("PH", "ph", rules));
    (market, hk, ph)
}

/// What GCASH gets: `source/id`, page by page.
fn listed(market: &Market, path: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    let join = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = market.read("sup", &format!("/api/v1/wallets/GCASH/{path}{join}limit=2{after}"));
        let name = |i: &Value| format!("{}/{}", i["sourceWallet"].as_str().unwrap(), i["contentId"].as_str().unwrap());
        all.extend(page["items"].as_array().unwrap().iter().map(name));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

const LIST: &str = "supply-list/items";

#[test]
fn a_source_pulls_items_and_merchants_at_once_and_lets_them_go() {
    let (market, ..) = delivering();
    let pull =
        |who: &str, verb: &str, body: Value| market.ask(who, "POST", &format!("/api/v1/wallets/GCASH/{verb}"), &body);
    let s1 = json!([{ "contentType": "STORE", "contentId": "s1" }]);
    let answer = ok(pull("sop", "pull", json!({ "items": s1, "merchantIds": ["M2"], "reason": "wrong prices" })));
    assert_eq!(answer["outcome"], "APPLIED");
    assert_eq!(listed(&market, LIST), ["HK/s2", "HK/b1", "PH/p1", "PH/p2"]);
    let pulled = market.read("sop", "/api/v1/wallets/GCASH/pulled?limit=1");
    assert_eq!((&pulled["pulled"][0]["contentId"], &pulled["pulled"][0]["items"]), (&json!("s1"), &json!(1)));
    let path = format!("/api/v1/wallets/GCASH/pulled?after={}", pulled["next"].as_str().unwrap());
    let rest = market.read("sop", &path);
    assert_eq!(
        (&rest["pulled"][0]["merchantId"], &rest["pulled"][0]["items"], &rest["next"]),
        (&json!("M2"), &json!(3), &Value::Null)
    );
    let item = market.read("sup", "/api/v1/wallets/GCASH/supply-list/items/STORE/s1?sourceWallet=HK");
    assert_eq!((&item["contentStatus"], &item["cause"]), (&json!("DEACTIVATED"), &json!("PULLED")));
    assert_eq!(ok(pull("sop", "pull", json!({ "merchantIds": ["M2"] })))["outcome"], "UNCHANGED");
    let answer = ok(pull("sop", "let-go", json!({ "items": s1, "merchantIds": ["M2"] })));
    assert_eq!((&answer["outcome"], listed(&market, LIST).len()), (&json!("APPLIED"), 7));
    let audit = market.read("sop", "/api/v1/audit?order=desc");
    let told = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["what"] == "pull" && entry["detail"].as_str().unwrap().contains("wrong prices"));
    assert_eq!(told.unwrap()["by"], "sop");

    for bad in [
        json!({}),
        json!({ "items": [], "merchantIds": [] }),
        json!({ "items": [{ "contentType": "SHOP", "contentId": "s" }] }),
        json!({ "merchantIds": [""] }),
        json!({ "merchantIds": vec!["m"; 1_001] }),
        json!({ "merchantIds": ["M"], "reason": "x".repeat(2_001) }),
    ] {
        assert_eq!(pull("sop", "pull", bad.clone()).status, 400, "{bad}");
    }
    for who in ["ssu", "sup", "risk", "audit"] {
        assert_eq!(pull(who, "pull", json!({ "merchantIds": ["M1"] })).status, 403, "{who}");
    }
}

/// The merchants of GCASH's hub: `source/id name delivered`.
fn hub(market: &Market, query: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = market.read("sup", &format!("/api/v1/wallets/GCASH/hub/merchants?limit=1{query}{after}"));
        all.extend(page["merchants"].as_array().unwrap().iter().map(|m| {
            let text = |name: &str| m[name].as_str().unwrap_or("-").to_owned();
            format!("{}/{} {} {}", text("sourceWallet"), text("merchantId"), text("name"), m["delivered"])
        }));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

#[test]
fn the_hub_finds_merchants_by_account_id_and_name() {
    let (mut market, ..) = delivering();
    let all = ["HK/M1 Harbour Tea House 3", "HK/M2 Noodle Bar 2", "PH/M1 - 2", "PH/M2 - 0"];
    assert_eq!(hub(&market, ""), all);
    assert_eq!(hub(&market, &format!("&q={ACCOUNT}")), [all[0], all[2]]);
    assert_eq!(hub(&market, "&q=M2"), [all[1], all[3]]);
    assert_eq!(hub(&market, "&q=tea%20h"), [all[0]], "a part of a name, in any case");
    assert_eq!(hub(&market, "&q=21029"), [""; 0], "a part of an account is none");
    assert_eq!(hub(&market, "&sourceWallet=PH"), all[2..]);
    let first = market.read("sup", "/api/v1/wallets/GCASH/hub/merchants?q=7")["merchants"][0].clone();
    assert_eq!(
        (&first["accountIds"], &first["byType"], &first["onboarded"]),
        (&json!([ACCOUNT, "7"]), &json!({ "STORE": 2, "BENEFIT": 1 }), &json!(true))
    );
    assert_eq!(listed(&market, "hub/merchants/M1/supply"), ["HK/s1", "HK/s2", "HK/b1", "PH/p1", "PH/p2"]);
    assert_eq!(listed(&market, "hub/merchants/M1/supply?sourceWallet=PH"), ["PH/p1", "PH/p2"]);
    assert!(listed(&market, "hub/merchants/M9/supply").is_empty());
    market.sync("HK", &[tombstone("STORE", "s1", 2)]);
    assert_eq!(hub(&market, "&q=tea"), ["HK/M1 Harbour Tea House 2"]);
    let ask = |who: &str, path: &str| market.ask(who, "GET", path, &Value::Null).status;
    for path in ["hub/merchants", "hub/merchants/M1/supply", "supply-list/tree", LIST, "reviews"] {
        assert_eq!(ask("maya", &format!("/api/v1/wallets/GCASH/{path}")), 403, "another wallet's {path}");
        assert_eq!(ask("sop", &format!("/api/v1/wallets/GCASH/{path}")), 403, "a source's operator: {path}");
        assert_eq!(ask("audit", &format!("/api/v1/wallets/GCASH/{path}")), 200, "{path}");
    }
    assert_eq!(ask("sup", &format!("/api/v1/wallets/GCASH/hub/merchants?q={}", "x".repeat(201))), 400);
}

#[test]
fn the_supply_list_counts_categories_and_lists_them() {
    let (market, ..) = delivering();
    let tree = |query: &str| {
        market.read("sup", &format!("/api/v1/wallets/GCASH/supply-list/tree{query}"))["contentTypes"].clone()
    };
    let store = json!({ "contentType": "STORE", "items": 6, "distinct": 3, "uncategorized": 1,
        "categories": [{ "value": "food", "count": 4 }, { "value": "spa", "count": 1 }, { "value": "tea", "count": 1 }] });
    let benefit = json!({ "contentType": "BENEFIT", "items": 1, "distinct": 1, "uncategorized": 0,
        "categories": [{ "value": "coupon", "count": 1 }] });
    // What is in the index and what is newer is counted alike.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert_eq!(tree(""), json!([store, benefit]));
    assert_eq!(tree("?accountId=8")[0]["items"], 2);
    assert_eq!(tree("?merchantId=M1&sourceWallet=PH")[0]["items"], 2);
    assert_eq!(tree("?accountId=none"), json!([]));
    assert_eq!(listed(&market, LIST), ["HK/s1", "HK/s2", "HK/s3", "HK/s4", "HK/b1", "PH/p1", "PH/p2"]);
    let of = |query: &str| listed(&market, &format!("{LIST}?{query}"));
    assert_eq!(of("contentType=BENEFIT"), ["HK/b1"]);
    assert_eq!(of("contentType=STORE&category=food"), ["HK/s1", "HK/s2", "HK/s4", "PH/p1"]);
    assert_eq!(of(&format!("category=food&accountId={ACCOUNT}")), ["HK/s1", "HK/s2", "PH/p1"]);
    assert_eq!(of("merchantId=M2&category=food"), ["HK/s4"]);
    assert!(of("category=nothing").is_empty() && of("accountId=nobody").is_empty());
    assert_eq!(market.ask("sup", "GET", "/api/v1/wallets/GCASH/supply-list/items?after=x", &Value::Null).status, 400);
}

#[test]
fn an_item_tells_who_delivers_it_and_how_that_came_about() {
    let (mut market, hk, _) = delivering();
    let path = "/api/v1/wallets/GCASH/supply-list/items/STORE/s1";
    let item = |market: &Market| market.read("sup", &format!("{path}?sourceWallet=HK"));
    let now = item(&market);
    assert_eq!((&now["contentStatus"], &now["holders"]), (&json!("ACTIVE"), &json!([{ "task": hk, "name": "hk" }])));
    assert_eq!(now["item"]["title"], "Store s1");
    let report = json!({ "items": [{ "sourceWallet": "HK", "contentType": "STORE", "contentId": "s1", "contentVersion": 1, "failure": "no picture" }] });
    assert_eq!(market.act("sup", "/api/v1/wallets/GCASH/supply/reports", &report)["noted"], 1);
    let now = item(&market);
    assert_eq!((&now["contentStatus"], &now["failure"]["reason"]), (&json!("FAILED"), &json!("no picture")));
    market.sync("HK", &[tombstone("STORE", "s1", 2)]);
    let now = item(&market);
    assert_eq!(
        (&now["contentStatus"], &now["cause"], &now["item"]),
        (&json!("DEACTIVATED"), &json!("TENANT"), &Value::Null)
    );
    let told: Vec<String> = now["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["of", "change", "cause"].map(|member| entry[member].as_str().unwrap()).join(" "))
        .collect();
    for wanted in [
        "delivered LEFT CONTENT_VERSION",
        "deliverable LEFT CONTENT_VERSION",
        "delivered ENTERED ACTIVATED",
        "deliverable ENTERED RULE_REVISION",
    ] {
        assert!(told.iter().any(|entry| entry == wanted), "{wanted} in {told:?}");
    }
    assert!(!now["timeline"].to_string().contains("matched"), "what rules match is the source's");
    let status = |path: &str| market.ask("sup", "GET", path, &Value::Null).status;
    assert_eq!(
        (status(path), status(&format!("{path}?sourceWallet=PH")), status(&format!("{path}?sourceWallet=none"))),
        (400, 404, 404)
    );
    // What no task delivers is not told of.
    market.sync("HK", &[merchant("M7", "Secret")]);
    assert_eq!(
        market
            .ask("sup", "GET", "/api/v1/wallets/GCASH/supply-list/items/MERCHANT/M7?sourceWallet=HK", &Value::Null)
            .status,
        404
    );
}

fn request(content_id: &str, action: &str, reason: &str) -> Value {
    json!({ "sourceWallet": "HK", "contentType": "STORE", "contentId": content_id, "action": action, "reason": reason })
}

const REQUESTS: &str = "/api/v1/risk-requests";

#[test]
fn operators_ask_reviewers_decide_and_never_on_their_own() {
    let (mut market, ..) = delivering();
    let asked = market.ask("both", "POST", REQUESTS, &request("s1", "STOP", "counterfeit goods"));
    assert_eq!(asked.status, 201, "{}", asked.json());
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((&*id, &asked.json()["status"], &asked.json()["asked"]["by"]), ("HK-1", &json!("OPEN"), &json!("both")));
    let decide = |market: &Market, who: &str, verb: &str, body: Value| {
        let answer = market.ask(who, "POST", &format!("{REQUESTS}/{id}/{verb}"), &body);
        (answer.status, answer.json())
    };
    let kind = |answer: &(u16, Value)| {
        (answer.0, answer.1["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap().to_owned())
    };
    assert_eq!(kind(&decide(&market, "both", "approve", json!({}))), (403, "own-request".into()));
    assert_eq!(decide(&market, "sup", "approve", json!({})).0, 403, "operators do not decide");
    assert_eq!(
        kind(&decide(&market, "maya", "approve", json!({}))),
        (404, "no-such-request".into()),
        "another wallet's"
    );
    assert_eq!(kind(&decide(&market, "risk", "reject", json!({}))), (422, "reason-needed".into()));
    let again = market.ask("sup", "POST", REQUESTS, &request("s1", "STOP", "once again"));
    assert_eq!((again.status, &again.json()["type"]), (409, &json!("urn:penstock:problem:request-open")));
    let by_key = market.server.post(&format!("{REQUESTS}/{id}/approve"), &json!({}));
    assert_eq!(by_key.status, 404, "four eyes are people's");

    // It survives a crash, and so does the decision.
    market = market.kill_and_restart();
    let open = market.read("risk", &format!("{REQUESTS}?status=OPEN"));
    assert_eq!((&open["requests"][0]["id"], open["requests"].as_array().unwrap().len()), (&json!(id), 1));
    let (status, approved) = decide(&market, "risk", "approve", json!({ "reason": "seen" }));
    assert_eq!((status, &approved["status"], &approved["decided"]["version"]), (200, &json!("APPROVED"), &json!(1)));
    assert_eq!(
        kind(&decide(&market, "risk", "reject", json!({ "reason": "on second thought" }))),
        (409, "request-closed".into())
    );
    assert!(!listed(&market, LIST).contains(&"HK/s1".to_owned()));
    let item = market.read("sup", "/api/v1/wallets/GCASH/supply-list/items/STORE/s1?sourceWallet=HK");
    assert_eq!((&item["cause"], &item["risk"]["reason"]), (&json!("RISK_MANUAL"), &json!("counterfeit goods")));

    // A newer version waits for another look, and stays stopped.
    let reviews = |market: &Market| market.read("risk", "/api/v1/wallets/GCASH/reviews")["reviews"].clone();
    assert_eq!(reviews(&market), json!([]));
    market.sync("HK", &[store_of("M1", "s1", 5, &["food"])]);
    let due = reviews(&market);
    assert_eq!(
        (
            due.as_array().unwrap().len(),
            &due[0]["item"]["contentVersion"],
            &due[0]["reviewedVersion"],
            &due[0]["decision"]["version"]
        ),
        (1, &json!(5), &json!(1), &json!(1))
    );
    assert!(!listed(&market, LIST).contains(&"HK/s1".to_owned()));
    let allow = market.ask("sup", "POST", REQUESTS, &request("s1", "ALLOW", "mended since")).json();
    assert_eq!(reviews(&market)[0]["request"], allow["id"]);
    market.act("risk", &format!("{REQUESTS}/{}/approve", allow["id"].as_str().unwrap()), &json!({}));
    assert_eq!(reviews(&market), json!([]));
    assert!(listed(&market, LIST).contains(&"HK/s1".to_owned()));

    let rejected = market.ask("sup", "POST", REQUESTS, &request("s2", "STOP", "looks odd")).json();
    let rejected = market.act(
        "risk",
        &format!("{REQUESTS}/{}/reject", rejected["id"].as_str().unwrap()),
        &json!({ "reason": "it is fine" }),
    );
    assert_eq!((&rejected["status"], &rejected["decided"]["version"]), (&json!("REJECTED"), &Value::Null));
    let page = market.read("sup", &format!("{REQUESTS}?limit=2"));
    let ids = |page: &Value| {
        page["requests"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&page), ["HK-3", "HK-2"]);
    assert_eq!(
        ids(&market.read("sup", &format!("{REQUESTS}?limit=2&after={}", page["next"].as_str().unwrap()))),
        ["HK-1"]
    );
    assert!(ids(&market.read("maya", REQUESTS)).is_empty());
    let audit = market.read("sop", "/api/v1/audit")["entries"].to_string();
    for told in ["askRisk", "approveRisk", "rejectRisk", "stop STORE s1 for GCASH: counterfeit goods"] {
        assert!(audit.contains(told), "{told}");
    }
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let (market, ..) = delivering();
    let asked = |who: &str, body: &Value| {
        let answer = market.ask(who, "POST", REQUESTS, body);
        (answer.status, answer.json()["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap().to_owned())
    };
    let decision = json!({ "targetWallet": "GCASH", "contentType": "STORE", "contentId": "s3", "decision": "STOP", "automatic": true, "version": 7 });
    ok(market.server.post("/api/v1/risk", &json!({ "decisions": [decision] })));
    for (body, status, kind) in [
        (request("nothing", "STOP", "a good reason"), 404, "no-such-item"),
        (
            json!({ "sourceWallet": "XX", "contentType": "STORE", "contentId": "s1", "action": "STOP", "reason": "a good reason" }),
            404,
            "no-such-item",
        ),
        (request("s1", "ALLOW", "a good reason"), 409, "nothing-stops-it"),
        (request("s3", "STOP", "a good reason"), 409, "stopped-already"),
        (request("s3", "ALLOW", "a good reason"), 409, "stopped-by-system"),
        (request("s1", "STOP", " no "), 422, "reason-needed"),
        (request("s1", "PAUSE", "a good reason"), 400, "bad-request"),
    ] {
        assert_eq!(asked("sup", &body), (status, kind.to_owned()), "{body}");
    }
    for who in ["risk", "sop", "audit"] {
        assert_eq!(asked(who, &request("s1", "STOP", "a good reason")).0, 403, "{who}");
    }
    assert!(
        market.server.get("/api/v1/sets").status == 200
            && asked("sup", &request("s1", "STOP", "a good reason")).0 == 201
    );
}
