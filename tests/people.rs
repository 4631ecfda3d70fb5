//! People over HTTP: signing in, what each role may, and what each key may.

mod support;

use serde_json::{Value, json};
use support::{Answer, SYNC, Server, given, penstock, store};

const PASSWORD: &str = "correct horse battery";
const SESSION: &str = "/api/v1/session";

/// Who is what where.
const STAFF: [(&str, &str, Option<&str>); 6] = [
    ("sop", "SOURCE_OPERATOR", Some("HK")),
    ("ssu", "SOURCE_SUPERVISOR", Some("HK")),
    ("sup", "SUPPLY_OPERATOR", Some("GCASH")),
    ("risk", "RISK_REVIEWER", Some("GCASH")),
    ("asap", "ASAP_OPERATOR", None),
    ("audit", "AUDITOR", None),
];

/// Runs a command on the server's folder, which must work.
fn run(server: &Server, arguments: &[&str], input: &str) -> String {
    let (command, rest) = arguments.split_at(2);
    let data = server.data().to_str().unwrap();
    let output = given(&[command, &["--data", data], rest].concat(), input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

fn add_user(server: &Server, id: &str) {
    run(server, &["user", "add", id, "--password-stdin"], PASSWORD);
}

/// A server with wallets HK and PH (sources) and GCASH and MAYA (targets), and the staff.
fn staffed() -> Server {
    let server = Server::start();
    for (wallet, kind) in [("HK", "source"), ("PH", "source"), ("GCASH", "target"), ("MAYA", "target")] {
        run(&server, &["wallet", "add", wallet, "--kind", kind], "");
    }
    for (id, role, wallet) in STAFF {
        add_user(&server, id);
        run(&server, &[&["role", "grant", id, role][..], wallet.as_slice()].concat(), "");
    }
    server
}

fn json_request(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let all = [headers, &[("content-type", "application/json")]].concat();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.request(method, path, &all, body.as_bytes())
}

fn try_sign_in(server: &Server, account: &str, password: &str, wallet: Option<&str>) -> Answer {
    let body = json!({ "account": account, "password": password, "wallet": wallet });
    json_request(server, "POST", SESSION, &[], &body)
}

/// Signs in; the `Cookie` header.
fn sign_in(server: &Server, account: &str, wallet: Option<&str>) -> String {
    let answer = try_sign_in(server, account, PASSWORD, wallet);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_string()
}

fn as_session(server: &Server, cookie: &str, method: &str, path: &str, body: &Value) -> Answer {
    json_request(server, method, path, &[("cookie", cookie)], body)
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[test]
fn a_session_lives_from_signing_in_to_signing_out() {
    let server = staffed();
    let answer = try_sign_in(&server, "sop", PASSWORD, None);
    let set = answer.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(!set.contains("Secure"), "the server listens on this machine alone");
    let me = answer.json();
    assert_eq!(
        (&me["account"], &me["wallet"]["name"], &me["roles"]),
        (&json!("sop"), &json!("HK"), &json!(["SOURCE_OPERATOR"]))
    );
    assert!(me["operations"].as_array().unwrap().contains(&json!("EDIT_TASKS")));
    assert_eq!(names(&me["wallets"]), ["HK"]);

    let cookie = set.split(';').next().unwrap();
    assert_eq!(as_session(&server, cookie, "GET", SESSION, &Value::Null).json()["account"], "sop");
    assert_eq!(as_session(&server, cookie, "GET", "/api/v1/sets", &Value::Null).status, 200);
    let gone = as_session(&server, cookie, "DELETE", SESSION, &Value::Null);
    assert_eq!(gone.status, 204);
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"));
    for path in [SESSION, "/api/v1/sets"] {
        assert_eq!(as_session(&server, cookie, "GET", path, &Value::Null).status, 401, "{path}");
    }
    assert_eq!(server.request("GET", SESSION, &[], b"").status, 401);
}

#[test]
fn a_wrong_password_an_unknown_account_and_a_disabled_one_are_answered_alike() {
    let server = staffed();
    run(&server, &["user", "disable", "ssu"], "");
    let wrong = try_sign_in(&server, "sop", "correct horse batters", None);
    assert_eq!(wrong.status, 401);
    for (account, password) in [("nobody", PASSWORD), ("ssu", PASSWORD), ("No Id", PASSWORD), ("sop", "")] {
        let answer = try_sign_in(&server, account, password, None);
        assert_eq!((answer.status, &answer.body), (401, &wrong.body), "{account}");
        assert!(answer.header("set-cookie").is_none());
    }
    // Some more of each, known or not, and both have to wait, whatever comes then.
    for account in ["sop", "nobody"] {
        let mut tries = (0..8).map(|_| try_sign_in(&server, account, "wrong", None));
        let slowed = tries.find(|answer| answer.status != 401).unwrap();
        assert_eq!((slowed.status, &slowed.json()["type"]), (429, &json!("urn:penstock:problem:too-many-tries")));
        assert!(slowed.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert_eq!(try_sign_in(&server, account, PASSWORD, None).status, 429);
    }
}

#[test]
fn a_session_ends_when_its_account_is_disabled_or_gets_another_password() {
    let server = staffed();
    let status = |cookie: &str| as_session(&server, cookie, "GET", SESSION, &Value::Null).status;
    let cookie = sign_in(&server, "sop", None);
    run(&server, &["user", "disable", "sop"], "");
    assert_eq!(status(&cookie), 401);
    run(&server, &["user", "enable", "sop"], "");
    assert_eq!(status(&cookie), 401, "it has to sign in again");

    let (first, second) = (sign_in(&server, "sop", None), sign_in(&server, "sop", None));
    let change = |old: &str, new: &str| {
        let body = json!({ "password": old, "new": new });
        as_session(&server, &first, "PUT", "/api/v1/session/password", &body).status
    };
    assert_eq!((change("wrong", "another horse battery"), change(PASSWORD, "short")), (401, 400));
    assert_eq!(change(PASSWORD, "another horse battery"), 204);
    assert_eq!((status(&first), status(&second)), (200, 401));
    assert_eq!(try_sign_in(&server, "sop", PASSWORD, None).status, 401);
    run(&server, &["user", "password", "sop", "--password-stdin"], PASSWORD);
    assert_eq!((status(&first), try_sign_in(&server, "sop", PASSWORD, None).status), (401, 200));
}

#[test]
fn a_session_is_in_one_wallet_at_a_time() {
    let mut server = staffed();
    for wallet in ["HK", "PH"] {
        server.key = server.add_key(wallet);
        server.sync(&[store(wallet, 1, &json!({ "storeName": wallet }))]);
    }
    run(&server, &["role", "grant", "sop", "SOURCE_OPERATOR", "PH"], "");
    let cookie = sign_in(&server, "sop", None);
    let ask = |method: &str, path: &str, body: &Value| as_session(&server, &cookie, method, path, body);
    let me = ask("GET", SESSION, &Value::Null).json();
    assert_eq!((&me["wallet"], names(&me["wallets"]), &me["operations"]), (&Value::Null, vec!["HK", "PH"], &json!([])));
    assert_eq!(ask("GET", "/api/v1/sets", &Value::Null).json()["type"], "urn:penstock:problem:no-wallet");
    for wallet in ["HK", "PH"] {
        let chosen = ask("PUT", "/api/v1/session/wallet", &json!({ "wallet": wallet }));
        assert_eq!((chosen.status, &chosen.json()["wallet"]["name"]), (200, &json!(wallet)));
        let items = ask("POST", "/api/v1/preview", &json!({ "rules": "STORE { all }" })).json()["items"].clone();
        assert_eq!((items.as_array().unwrap().len(), &items[0]["contentId"]), (1, &json!(wallet)));
    }
    for wallet in ["GCASH", "NONE"] {
        assert_eq!(ask("PUT", "/api/v1/session/wallet", &json!({ "wallet": wallet })).status, 400);
        assert_eq!(try_sign_in(&server, "sop", PASSWORD, Some(wallet)).status, 400);
    }
    // What is taken away is gone at the next request.
    run(&server, &["role", "revoke", "sop", "SOURCE_OPERATOR", "PH"], "");
    let refused = ask("GET", "/api/v1/sets", &Value::Null);
    assert_eq!(refused.status, 403);
    assert!(refused.json()["detail"].as_str().unwrap().contains("has no role at PH"), "{}", refused.json());
    let everywhere = as_session(&server, &sign_in(&server, "asap", None), "GET", SESSION, &Value::Null).json();
    assert_eq!(names(&everywhere["wallets"]), ["GCASH", "HK", "MAYA", "PH"]);
}

#[test]
fn people_set_where_and_of_what_they_are_told() {
    let server = staffed();
    let cookie = sign_in(&server, "sop", None);
    let path = "/api/v1/session/notifications";
    let set = |body: Value| as_session(&server, &cookie, "PUT", path, &body);
    let first = as_session(&server, &cookie, "GET", path, &Value::Null).json();
    assert_eq!((&first["email"], first["kinds"].as_array().unwrap().len()), (&Value::Null, 5));
    let wanted = json!({ "email": "sop@example.com", "employeeId": "E1", "kinds": ["APPROVAL_DECIDED"] });
    assert_eq!(set(wanted.clone()).json(), wanted);
    for wrong in [
        json!({ "email": "no address", "employeeId": null, "kinds": [] }),
        json!({ "email": null, "employeeId": "", "kinds": [] }),
        json!({ "email": null, "employeeId": null, "kinds": ["GOSSIP"] }),
    ] {
        assert_eq!(set(wrong.clone()).status, 400, "{wrong}");
    }
    assert_eq!(as_session(&server, &cookie, "GET", path, &Value::Null).json(), wanted);
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let server = staffed();
    let cookie = sign_in(&server, "asap", Some("HK"));
    let key = format!("Bearer {}", server.add_key("HK"));
    let rates = json!({ "date": "2026-01-30", "base": "USD", "rates": { "HKD": 7.8 } });
    let send = |headers: &[(&str, &str)]| json_request(&server, "POST", "/api/v1/fx", headers, &rates);
    let own = server.url.clone();
    let session = ("cookie", cookie.as_str());
    for (header, status) in [
        (("sec-fetch-site", "cross-site"), 403),
        (("sec-fetch-site", "same-site"), 403),
        (("origin", "https://evil.example"), 403),
        (("origin", "null"), 403),
        (("sec-fetch-site", "same-origin"), 200),
        (("origin", own.as_str()), 200),
    ] {
        let answer = send(&[session, header]);
        assert_eq!(answer.status, status, "{header:?}: {}", answer.json());
        // A key is not added by browsers unasked.
        assert_eq!(send(&[("authorization", &key), header]).status, 200);
        // Nor may a page sign its visitor in as somebody else.
        let body = json!({ "account": "sop", "password": PASSWORD });
        assert_eq!(json_request(&server, "POST", SESSION, &[header], &body).status, status);
    }
    let refused = send(&[session, ("sec-fetch-site", "cross-site")]);
    assert_eq!(refused.json()["type"], "urn:penstock:problem:cross-site");
    let read = server.request("GET", "/api/v1/fx", &[session, ("sec-fetch-site", "cross-site")], b"");
    assert_eq!(read.status, 200, "what may be read there is the browser's to say");
}

/// Method, path, body, and who may: the staff in its order, a tenant's key, a key for content alone.
fn operations() -> Vec<(&'static str, &'static str, Value, [bool; 8])> {
    const X: bool = true;
    const O: bool = false;
    let readers = [X, X, O, O, X, X, X, O];
    let everybody = [X, X, X, X, X, X, X, O];
    let editors = [X, O, O, O, O, O, X, O];
    let asap = [O, O, O, O, X, O, X, O];
    let rules = json!({ "rules": "STORE { all }" });
    let tag = |kind: &str| {
        let tag = json!({ "kind": kind, "name": "n", "contentType": "STORE", "contentId": "s", "values": ["v"], "version": 1 });
        json!({ "tags": [tag] })
    };
    let risk =
        json!({ "targetWallet": "GCASH", "contentType": "STORE", "contentId": "s", "decision": "STOP", "version": 1 });
    let onboarding =
        json!({ "targetWallet": "GCASH", "merchantId": "M", "onboarded": true, "accountIds": [], "version": 1 });
    let put = json!({ "rules": "STORE { all }", "targetWallet": "GCASH" });
    let items = json!({ "items": [{ "contentType": "STORE", "contentId": "s" }] });
    vec![
        ("POST", SYNC, json!({ "contents": [store("s", 1, &json!({ "storeName": "S" }))] }), [O, O, O, O, O, O, X, X]),
        ("PUT", "/api/v1/sets/a", put, editors),
        ("POST", "/api/v1/sets/a/take-out", items.clone(), editors),
        ("POST", "/api/v1/sets/a/take-in", items, editors),
        ("GET", "/api/v1/sets", Value::Null, readers),
        ("GET", "/api/v1/sets/a/items", Value::Null, readers),
        ("GET", "/api/v1/sets/a/changes", Value::Null, readers),
        ("GET", "/api/v1/sets/a/unlock", Value::Null, readers),
        ("GET", "/api/v1/costly-sets", Value::Null, readers),
        ("GET", "/api/v1/items/STORE/s", Value::Null, readers),
        ("GET", "/api/v1/fx", Value::Null, readers),
        ("POST", "/api/v1/preview", rules.clone(), readers),
        ("POST", "/api/v1/rules/check", rules.clone(), readers),
        ("POST", "/api/v1/rules/format", rules.clone(), everybody),
        ("POST", "/api/v1/rules/form", rules, everybody),
        ("POST", "/api/v1/tags", tag("custom"), [X, O, O, O, X, O, X, O]),
        ("POST", "/api/v1/tags", tag("algo"), asap),
        ("POST", "/api/v1/onboarding", json!({ "onboarding": [onboarding] }), asap),
        ("PUT", "/api/v1/wallets/GCASH/policies/STORE", json!({ "required": ["storeName"], "version": 1 }), asap),
        ("GET", "/api/v1/wallets/GCASH/policies?sourceWallet=HK", Value::Null, everybody),
        ("GET", "/api/v1/wallets/GCASH/merchants?sourceWallet=HK", Value::Null, everybody),
        ("POST", "/api/v1/risk?sourceWallet=HK", json!({ "decisions": [risk] }), [O, O, O, X, O, O, X, O]),
        ("POST", "/api/v1/fx", json!({ "date": "2026-01-30", "base": "USD", "rates": { "HKD": 7.8 } }), asap),
        ("DELETE", "/api/v1/sets/gone", Value::Null, editors),
        ("GET", "/api/v1/webhooks", Value::Null, [X, O, X, O, X, O, X, O]),
        ("POST", "/api/v1/webhooks", json!({ "url": "https://example.com/" }), [X, O, X, O, X, O, X, O]),
        ("GET", "/api/v1/inbox", Value::Null, [X, X, X, X, X, X, O, O]),
    ]
}

#[test]
fn each_role_and_key_may_what_the_table_says() {
    let server = staffed();
    let at = |wallet: Option<&'static str>| wallet.unwrap_or("HK");
    let mut credentials: Vec<(String, &str, String)> = STAFF
        .iter()
        .map(|(id, _, wallet)| ((*id).to_string(), "cookie", sign_in(&server, id, Some(at(*wallet)))))
        .collect();
    for scope in ["all", "content"] {
        let key = run(&server, &["key", "add", "--tenant", "HK", "--scope", scope], "");
        credentials.push((format!("key for {scope}"), "authorization", format!("Bearer {key}")));
    }
    // A key first makes what the others read.
    for (method, path, body, _) in operations() {
        json_request(&server, method, path, &[(credentials[6].1, &credentials[6].2)], &body);
    }
    for (method, path, body, may) in operations() {
        for ((who, header, value), may) in credentials.iter().zip(may) {
            let answer = json_request(&server, method, path, &[(header, value)], &body);
            let gone = path.ends_with("gone") && answer.status == 404;
            let done = (200..300).contains(&answer.status) || gone;
            assert_eq!((done, answer.status == 403), (may, !may), "{who}: {method} {path}: {}", answer.status);
        }
    }
}

#[test]
fn a_role_counts_at_its_wallet_alone() {
    let server = staffed();
    let reviewer = sign_in(&server, "risk", None);
    let decision = |target: &str| {
        let risk = json!({ "targetWallet": target, "contentType": "STORE", "contentId": "s", "decision": "STOP", "version": 1 });
        json!({ "decisions": [risk] })
    };
    let decide = |source: &str, target: &str| {
        as_session(&server, &reviewer, "POST", &format!("/api/v1/risk{source}"), &decision(target)).status
    };
    assert_eq!(decide("?sourceWallet=HK", "GCASH"), 200);
    assert_eq!(decide("?sourceWallet=PH", "GCASH"), 200);
    assert_eq!(decide("?sourceWallet=HK", "MAYA"), 403, "another wallet's");
    assert_eq!(decide("", "GCASH"), 403, "GCASH has no content");
    assert_eq!((decide("?sourceWallet=MAYA", "GCASH"), decide("?sourceWallet=NONE", "GCASH")), (400, 400));
    let policies = |cookie: &str, path: &str| as_session(&server, cookie, "GET", path, &Value::Null).status;
    assert_eq!(policies(&reviewer, "/api/v1/wallets/MAYA/policies?sourceWallet=HK"), 403);
    let operator = sign_in(&server, "sop", None);
    assert_eq!(policies(&operator, "/api/v1/wallets/MAYA/policies"), 200, "where its content may go");
    assert_eq!(policies(&operator, "/api/v1/wallets/MAYA/policies?sourceWallet=PH"), 403, "another source's");
    let asap = sign_in(&server, "asap", Some("HK"));
    assert_eq!(policies(&asap, "/api/v1/wallets/MAYA/policies?sourceWallet=PH"), 200);
    assert_eq!(try_sign_in(&server, "risk", PASSWORD, Some("MAYA")).status, 400);
    let key = format!("Bearer {}", server.add_key("HK"));
    let by_key = |path: &str| server.request("GET", path, &[("authorization", &key)], b"").status;
    assert_eq!(by_key("/api/v1/wallets/MAYA/policies"), 200);
    assert_eq!(by_key("/api/v1/wallets/MAYA/policies?sourceWallet=PH"), 403, "a key is of one tenant");
}

#[test]
fn a_key_can_act_as_an_account() {
    let server = staffed();
    let key = run(&server, &["key", "add", "--account", "sop", "--wallet", "HK"], "");
    let bearer = format!("Bearer {key}");
    let ask = |method: &str, path: &str, body: &Value| {
        json_request(&server, method, path, &[("authorization", &bearer)], body).status
    };
    let set = json!({ "rules": "STORE { all }", "targetWallet": "GCASH" });
    assert_eq!((ask("PUT", "/api/v1/sets/a", &set), ask("POST", SYNC, &json!({ "contents": [] }))), (201, 403));
    assert_eq!(ask("PUT", "/api/v1/wallets/GCASH/policies/STORE", &json!({ "required": [], "version": 1 })), 403);
    assert_eq!(ask("GET", SESSION, &Value::Null), 401, "a key is no session");
    run(&server, &["user", "disable", "sop"], "");
    assert_eq!(ask("GET", "/api/v1/sets", &Value::Null), 401);
    run(&server, &["user", "enable", "sop"], "");
    assert_eq!(ask("GET", "/api/v1/sets", &Value::Null), 200);
    let data = server.data().to_str().unwrap();
    for wrong in [
        &["--account", "sop", "--wallet", "GCASH"][..],
        &["--account", "nobody", "--wallet", "HK"],
        &["--account", "sop"],
        &["--account", "sop", "--wallet", "HK", "--tenant", "HK"],
        &["--account", "sop", "--wallet", "HK", "--scope", "content"],
        &[],
    ] {
        let output = penstock(&[&["key", "add", "--data", data], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let list = run(&server, &["key", "list"], "");
    assert!(list.lines().any(|line| line.contains(&key[..11]) && line.contains(" sop ")), "{list}");
}

/// No operation forgets to ask: what the document says takes a key is refused to whoever has none, and no right. Those about
/// tasks read the request first, which has nothing that they could answer with more than that it does not fit.
#[test]
fn every_documented_operation_asks_who_may() {
    let server = staffed();
    let cookie = sign_in(&server, "sop", None);
    run(&server, &["role", "revoke", "sop", "SOURCE_OPERATOR", "HK"], "");
    let content = format!("Bearer {}", run(&server, &["key", "add", "--tenant", "HK", "--scope", "content"], ""));
    let document = server.request("GET", "/openapi.json", &[], b"").json();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let keyed = operation["security"].as_array().is_some_and(|all| all.contains(&json!({ "apiKey": [] })));
            if !keyed || path == SYNC {
                assert!(!path.starts_with("/api/") || path.starts_with(SESSION), "{method} {path} is open to all");
                continue;
            }
            let filled = path.replace("{contentType}", "STORE").replace("{id}", "HK-1");
            let filled = filled.replace(['{', '}'], "");
            let method = method.to_uppercase();
            let status = |headers: &[(&str, &str)]| json_request(&server, &method, &filled, headers, &json!({})).status;
            let late = ["tasks", "tickets", "delivery"].iter().any(|tag| operation["tags"][0] == *tag);
            let refused = |status: u16| status == 403 || late && [400, 404, 428].contains(&status);
            let (no_one, no_role, no_right) =
                (status(&[]), status(&[("cookie", &cookie)]), status(&[("authorization", &content)]));
            assert!(no_one == 401 || late && no_one == 404, "{method} {path} {no_one}");
            assert!(refused(no_role), "{method} {path} without a role {no_role}");
            assert!(refused(no_right), "{method} {path} with a key for content {no_right}");
            asked += 1;
        }
    }
    assert!(asked > 35, "{asked}");
}
