//! Tasks over HTTP: what the target sees of them, which wallets they can be for, and what is refused, told and listed.

mod support;

use serde_json::{Value, json};
use support::team::{Feed, Team};
use support::{Answer, Server, given, item, store, tombstone};

/// A server where GCASH and MAYA require a store's name alone and onboard m1, with two stores of it.
fn open() -> (Server, Team) {
    let server = Server::start();
    let team = Team::hire(&server);
    for wallet in ["GCASH", "MAYA"] {
        let policy = json!({ "required": ["storeName"], "version": 1 });
        team.must(&server, "asap", "PUT", &format!("/api/v1/wallets/{wallet}/policies/STORE"), &policy);
        let entry =
            json!({ "targetWallet": wallet, "merchantId": "m1", "onboarded": true, "accountIds": ["A"], "version": 1 });
        team.must(&server, "asap", "POST", "/api/v1/onboarding", &json!({ "onboarding": [entry] }));
    }
    server.sync(&[shop("a", 1, 1), shop("b", 1, 2)]);
    (server, team)
}

fn shop(id: &str, version: i64, n: i64) -> Value {
    store(id, version, &json!({ "merchantId": "m1", "storeName": "Harbour Café", "ext": n, "n": n }))
}

fn detail(answer: &Answer) -> String {
    answer.json()["detail"].as_str().unwrap_or_default().to_string()
}

/// Why an action cannot be taken; `None` where it can.
fn why(task: &Value, action: &str) -> Option<String> {
    let offered = task["actions"].as_array().unwrap().iter().find(|offered| offered["action"] == action).unwrap();
    (offered["allowed"] == false).then(|| offered["why"].as_str().unwrap().to_string())
}

#[test]
fn the_target_sees_what_was_submitted_to_it_and_nothing_else() {
    let (server, team) = open();
    let id = team.create(&server, "Secret", "STORE { ext.n = 1 }");
    let path = format!("/api/v1/tasks/{id}");
    let status = |path: &str| team.ask(&server, "supply", "GET", path, &Value::Null).status;
    let listed = || {
        let list = team.must(&server, "supply", "GET", "/api/v1/tasks", &Value::Null);
        (list["tasks"].as_array().unwrap().len(), list["targetWallets"].clone())
    };
    team.act(&server, &id, "submit");
    assert_eq!((status(&path), listed()), (200, (1, json!({ "GCASH": 1 }))));
    let ticket = team.task(&server, "op", &id)["ticket"]["id"].as_str().unwrap().to_string();
    team.act(&server, &id, "withdraw");
    team.must(&server, "op", "PUT", &path, &json!({ "rules": "STORE { all }" }));
    for hidden in [&path, &format!("{path}/items"), &format!("{path}/taken-out"), &format!("/api/v1/tickets/{ticket}")]
    {
        assert_eq!(status(hidden), 404, "{hidden}");
    }
    assert_eq!(listed(), (0, json!({})));

    // Of a live task it sees the next revision only while that is under review.
    team.go_live(&server, &id);
    team.act(&server, &id, "revise");
    team.must(&server, "op", "PUT", &path, &json!({ "rules": "STORE { ext.n = 2 }" }));
    let out = json!({ "items": [{ "contentType": "STORE", "contentId": "a" }] });
    team.must(&server, "op", "POST", &format!("{path}/take-out"), &out);
    let next = |who: &str| team.task(&server, who, &id)["next"]["state"].clone();
    let taken_out = |who: &str| {
        let page = team.must(&server, who, "GET", &format!("{path}/taken-out"), &Value::Null);
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(
        (next("op"), next("supply"), status(&format!("{path}/items?next=true"))),
        (json!("DRAFT"), Value::Null, 404)
    );
    assert_eq!((taken_out("op"), taken_out("supply")), (1, 0));
    for (query, of_op) in [("ineligible?next=true", 200), ("ineligible/items?next=true", 200), ("ineligible", 200)] {
        let path = format!("{path}/{query}");
        assert_eq!(team.ask(&server, "op", "GET", &path, &Value::Null).status, of_op);
        assert_eq!(status(&path), if query.contains("next") { 404 } else { 200 }, "{path}");
    }
    team.act(&server, &id, "submit");
    assert_eq!((next("supply"), status(&format!("{path}/items?next=true"))), (json!("UNDER_REVIEW"), 200));
    assert_eq!(taken_out("supply"), 1);
    team.act(&server, &id, "withdraw");
    assert_eq!((next("supply"), status(&path)), (Value::Null, 200));
}

#[test]
fn tasks_are_for_target_wallets_that_there_are() {
    let (server, team) = open();
    let create = |wallet: &str| {
        let body = json!({ "name": "N", "targetWallet": wallet, "rules": "STORE { all }" });
        team.ask(&server, "op", "POST", "/api/v1/tasks", &body)
    };
    let sentence = |wallet: &str| format!("there is no target wallet {wallet:?}; there are GCASH, MAYA");
    for wallet in ["NOPE", "T"] {
        let refused = create(wallet);
        assert_eq!((refused.status, detail(&refused)), (400, format!("/targetWallet: {}", sentence(wallet))));
    }
    let id = team.create(&server, "N", "STORE { all }");
    let clones = json!({ "wallets": ["NOPE", "MAYA"] });
    let clones = team.must(&server, "op", "POST", &format!("/api/v1/tasks/{id}/clone"), &clones)["clones"].clone();
    assert_eq!((&clones[0]["task"], &clones[0]["refused"]), (&Value::Null, &json!(sentence("NOPE"))));
    assert!(clones[1]["task"].is_string(), "{clones}");
    let check = json!({ "rules": "STORE { all }", "wallets": ["MAYA", "NOPE"] });
    let check = team.ask(&server, "op", "POST", "/api/v1/wallets-check", &check);
    assert_eq!((check.status, detail(&check)), (400, format!("/wallets/1: {}", sentence("NOPE"))));
    let pull = json!({ "merchantIds": ["m1"], "reason": "not theirs" });
    let pull = team.ask(&server, "op", "POST", "/api/v1/wallets/NOPE/pull", &pull);
    assert_eq!((pull.status, detail(&pull)), (400, sentence("NOPE")));
    let data = server.data().to_str().unwrap();
    let webhook = |wallet: &str| {
        let output =
            given(&["webhook", "add", "--data", data, "--wallet", wallet, "--url", "https://example.com/"], "");
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let refused = webhook("NOPE");
    assert!(!refused.0 && refused.1.contains("there is no wallet \"NOPE\"; there are GCASH, MAYA, T"), "{refused:?}");
    assert!(webhook("T").0 && webhook("GCASH").0);
}

#[test]
fn what_the_targets_people_have_stopped_only_they_let_through_again() {
    let (mut server, team) = open();
    let id = team.create(&server, "Live", "STORE { all }");
    team.go_live(&server, &id);
    let ask = |action: &str| {
        let body = json!({ "sourceWallet": "T", "contentType": "STORE", "contentId": "a", "action": action, "reason": "counterfeit goods" });
        let id =
            team.must(&server, "supply", "POST", "/api/v1/risk-requests", &body)["id"].as_str().unwrap().to_string();
        team.must(&server, "risk", "POST", &format!("/api/v1/risk-requests/{id}/approve"), &json!({}));
    };
    ask("STOP");
    let feed = |server: &Server| {
        let mut feed = Feed::default();
        feed.read(server, &team, "supply", "GCASH");
        feed.ids().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(feed(&server), ["b"]);
    let by_key = |server: &Server, content_id: &str, decision: &str, version: i64| {
        let entry = json!({ "targetWallet": "GCASH", "contentType": "STORE", "contentId": content_id, "decision": decision,
            "reason": "we say so", "version": version });
        server.post("/api/v1/risk", &json!({ "decisions": [entry] })).json()["results"][0].clone()
    };
    // Nor by another stop of its own first.
    for decision in ["ALLOW", "STOP"] {
        let refused = by_key(&server, "a", decision, 1_000_000);
        assert_eq!((&refused["outcome"], &refused["issues"][0]["code"]), (&json!("FORBIDDEN"), &json!("NOT_YOURS")));
        assert!(refused["issues"][0]["message"].as_str().unwrap().contains("RISK_REVIEWER"), "{refused}");
    }
    // What its own risk system has stopped, the source's integration lets through again.
    assert_eq!(by_key(&server, "b", "STOP", 1)["outcome"], "APPLIED");
    assert_eq!(by_key(&server, "b", "ALLOW", 2)["outcome"], "APPLIED");
    assert_eq!(feed(&server), ["b"]);
    // The log says the same again, with nothing but it to go by.
    server.stop();
    std::fs::remove_dir_all(server.data().join("tenants")).unwrap();
    let server = server.kill_and_restart();
    assert_eq!(
        (feed(&server), by_key(&server, "a", "ALLOW", 2_000_000)["outcome"].clone()),
        (vec!["b".to_owned()], json!("FORBIDDEN"))
    );
    ask_on(&server, &team);
    assert_eq!(feed(&server), ["a", "b"]);
}

/// Lets the item through again, by the target's people.
fn ask_on(server: &Server, team: &Team) {
    let body = json!({ "sourceWallet": "T", "contentType": "STORE", "contentId": "a", "action": "ALLOW", "reason": "it was genuine" });
    let id = team.must(server, "supply", "POST", "/api/v1/risk-requests", &body)["id"].as_str().unwrap().to_string();
    team.must(server, "risk", "POST", &format!("/api/v1/risk-requests/{id}/approve"), &json!({}));
}

#[test]
fn the_source_lists_what_is_no_longer_delivered_and_what_failed() {
    let (server, team) = open();
    server.sync(&[shop("c", 1, 3)]);
    let id = team.create(&server, "Live", "STORE { ext.n < 10 }");
    team.go_live(&server, &id);
    let path = format!("/api/v1/tasks/{id}/items");
    let listed = |state: &str| -> Vec<String> {
        let page = team.must(&server, "op", "GET", &format!("{path}?state={state}"), &Value::Null);
        let words = |item: &Value| {
            ["contentId", "contentStatus", "cause", "failure"]
                .map(|name| item[name].as_str().unwrap_or("-").to_owned())
                .join(" ")
        };
        assert_eq!(page["total"], page["items"].as_array().unwrap().len());
        page["items"].as_array().unwrap().iter().map(words).collect()
    };
    let report = json!({ "items": [{ "sourceWallet": "T", "contentType": "STORE", "contentId": "c", "contentVersion": 1, "failure": "no picture" }] });
    team.must(&server, "supply", "POST", "/api/v1/wallets/GCASH/supply/reports", &report);
    server.sync(&[tombstone("STORE", "a", 2), shop("b", 2, 99)]);
    assert_eq!(listed("deactivated"), ["a DEACTIVATED TENANT -", "b DEACTIVATED LEFT_SET -"]);
    assert_eq!(listed("failed"), ["c FAILED - no picture"]);
    server.sync(&[shop("b", 3, 1)]);
    assert_eq!(listed("deactivated"), ["a DEACTIVATED TENANT -"]);
    team.act(&server, &id, "retry");
    assert!(listed("failed").is_empty());
    let version = team.task(&server, "op", &id)["version"].clone();
    let again = team.ask(&server, "op", "POST", &format!("/api/v1/tasks/{id}/retry"), &Value::Null);
    assert_eq!((again.status, &team.task(&server, "op", &id)["version"]), (409, &version), "{}", again.json());
    let wrong = team.ask(&server, "op", "GET", &format!("{path}?state=x"), &Value::Null);
    assert!(wrong.status == 400 && detail(&wrong).contains("deactivated, failed"), "{}", detail(&wrong));
}

#[test]
fn submitting_is_offered_only_where_something_can_be_delivered() {
    let (server, team) = open();
    let id = team.create(&server, "Empty", "STORE { ext.n = 77 }");
    let refused = team.ask(&server, "op", "POST", &format!("/api/v1/tasks/{id}/submit"), &Value::Null);
    assert_eq!((refused.status, why(&team.task(&server, "op", &id), "SUBMIT")), (409, Some(detail(&refused))));
    server.sync(&[shop("c", 1, 77)]);
    assert_eq!(why(&team.task(&server, "op", &id), "SUBMIT"), None);
    let told = why(&team.task(&server, "boss", &id), "SUBMIT").unwrap();
    assert_eq!(told, "it is for SOURCE_OPERATOR or an API key of the source wallet");
}

#[test]
fn a_saved_draft_keeps_what_is_left_away_and_times_are_milliseconds() {
    let (server, team) = open();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let (schedule, drift) =
        (json!({ "startAt": null, "endAt": now + 3_600_000 }), json!({ "percent": 20, "count": null }));
    let body = json!({ "name": "Kept", "targetWallet": "GCASH", "rules": "STORE { all }", "schedule": schedule, "drift": drift });
    let id = team.must(&server, "op", "POST", "/api/v1/tasks", &body)["id"].as_str().unwrap().to_string();
    let path = format!("/api/v1/tasks/{id}");
    let put = |body: &Value| team.ask(&server, "op", "PUT", &path, body);
    let saved = put(&json!({ "rules": "STORE { ext.n < 9 }" })).json();
    assert_eq!((&saved["name"], &saved["schedule"], &saved["drift"]), (&json!("Kept"), &schedule, &drift));
    let cleared = put(&json!({ "rules": "STORE { all }", "schedule": null, "drift": null })).json();
    assert_eq!((&cleared["schedule"]["endAt"], &cleared["drift"]), (&Value::Null, &Value::Null));
    for (at, start) in [("startAt", -1), ("endAt", now / 1_000)] {
        let refused = put(&json!({ "rules": "STORE { all }", "schedule": { at: start } }));
        assert_eq!(refused.status, 400);
        assert!(
            detail(&refused).starts_with(&format!("/schedule/{at}: {at} is in milliseconds")),
            "{}",
            detail(&refused)
        );
    }

    // A live task keeps its name, schedule and limits, whatever its next revision says.
    team.go_live(&server, &id);
    team.act(&server, &id, "revise");
    for body in [
        json!({ "rules": "STORE { all }", "name": "Other" }),
        json!({ "rules": "STORE { all }", "schedule": { "endAt": now + 9_000_000 } }),
        json!({ "rules": "STORE { all }", "drift": { "percent": 1 } }),
    ] {
        let refused = put(&body);
        assert!(refused.status == 400 && detail(&refused).contains("a live task keeps its"), "{}", refused.json());
    }
    let same =
        put(&json!({ "rules": "STORE { ext.n = 1 }", "name": "Kept", "schedule": { "endAt": null }, "drift": null }));
    assert_eq!(same.status, 200, "{}", same.json());
}

#[test]
fn what_is_over_is_not_approved() {
    let (server, team) = open();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let body = json!({ "name": "Over", "targetWallet": "GCASH", "rules": "STORE { all }", "schedule": { "endAt": now + 2_000 } });
    let id = team.must(&server, "op", "POST", "/api/v1/tasks", &body)["id"].as_str().unwrap().to_string();
    team.act(&server, &id, "submit");
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let refused = team.decide(&server, "boss", &id, "approve");
    assert!(refused.status == 409 && detail(&refused).contains("end has passed"), "{}", refused.json());
    assert_eq!(team.decide(&server, "boss", &id, "reject").status, 200);
}

#[test]
fn a_filter_that_cannot_be_names_what_there_is() {
    let (server, team) = open();
    for (path, wanted) in [
        ("/api/v1/tasks?approvalStatus=FOO", "approvalStatus has \"FOO\"; there are DRAFT, UNDER_REVIEW,"),
        ("/api/v1/tasks?taskStatus=ACTIVE,x", "taskStatus has \"x\"; there are INACTIVE, "),
        ("/api/v1/tickets?status=x", "status has \"x\"; there are OPEN, APPROVED, REJECTED, WITHDRAWN, VOID"),
        ("/api/v1/tickets?kind=x", "kind has \"x\"; there are DELIVER, REVISION, TERMINATE"),
        ("/api/v1/tickets?task=X", "task must be a task's id such as GOF-12, not \"X\""),
        ("/api/v1/tasks?foo=1", "unknown field `foo`, expected one of `targetWallet`"),
    ] {
        let answer = team.ask(&server, "op", "GET", path, &Value::Null);
        assert!(answer.status == 400 && detail(&answer).contains(wanted), "{path}: {}", detail(&answer));
    }
    let good = team.ask(&server, "op", "GET", "/api/v1/tasks?approvalStatus=draft,REJECTED", &Value::Null);
    assert_eq!(good.status, 200);
}

#[test]
fn a_supply_key_reads_the_feed_and_reports_and_does_nothing_else() {
    let (mut server, team) = open();
    let id = team.create(&server, "Live", "STORE { all }");
    team.go_live(&server, &id);
    let data = server.data().to_str().unwrap().to_owned();
    let add = |tenant: &str| given(&["key", "add", "--data", &data, "--tenant", tenant, "--scope", "supply"], "");
    assert!(!add("T").status.success() && !add("NOPE").status.success(), "no target wallets");
    server.key = String::from_utf8(add("GCASH").stdout).unwrap().trim().to_owned();
    let feed = server.get("/api/v1/wallets/GCASH/supply");
    assert_eq!((feed.status, feed.json()["changes"].as_array().unwrap().len()), (200, 2));
    let report = json!({ "items": [{ "sourceWallet": "T", "contentType": "STORE", "contentId": "a", "contentVersion": 1, "failure": "no picture" }] });
    assert_eq!(server.post("/api/v1/wallets/GCASH/supply/reports", &report).json()["noted"], 1);
    for path in ["/api/v1/wallets/MAYA/supply", "/api/v1/tasks", "/api/v1/audit", "/api/v1/tickets", "/api/v1/webhooks"]
    {
        assert_eq!(server.get(path).status, 403, "{path}");
    }
    let sent = server.post("/api/v1/preview", &json!({ "rules": "STORE { all }", "limit": 1 }));
    assert_eq!(sent.status, 403);
}

#[test]
fn the_impact_card_shows_what_the_wallet_requires_of_its_samples() {
    let (server, team) = open();
    let id = team.create(&server, "Card", "STORE { all }");
    team.act(&server, &id, "submit");
    let ticket = team.task(&server, "boss", &id)["ticket"]["id"].as_str().unwrap().to_string();
    let card = team.must(&server, "boss", "GET", &format!("/api/v1/tickets/{ticket}"), &Value::Null);
    assert_eq!(card["impact"]["sample"][0]["missingRequired"], json!([]), "storeName is all that GCASH requires");
}

#[test]
fn only_what_somebody_mended_is_told_as_fixed() {
    let (server, team) = open();
    let id = team.create(&server, "Live", "STORE { all }");
    team.go_live(&server, &id);
    let fixed = || {
        let trail = team.must(&server, "op", "GET", &format!("/api/v1/audit?task={id}"), &Value::Null);
        trail["entries"].as_array().unwrap().iter().filter(|entry| entry["what"] == "fixed").count()
    };
    let items = json!({ "items": [{ "contentType": "STORE", "contentId": "a" }], "reason": "a mistake" });
    team.must(&server, "op", "POST", "/api/v1/wallets/GCASH/pull", &items);
    team.must(&server, "op", "POST", "/api/v1/wallets/GCASH/let-go", &items);
    assert_eq!(fixed(), 0);
    server.sync(&[item("STORE", "d", 1, &json!({ "merchantId": "m1" }))]);
    server.sync(&[shop("d", 2, 1)]);
    assert_eq!(fixed(), 1);
}

#[test]
fn the_trail_says_what_was_done_and_the_target_reads_of_its_tasks() {
    let (server, team) = open();
    let id = team.create(&server, "Live", "STORE { all }");
    team.create(&server, "Draft", "STORE { all }");
    team.go_live(&server, &id);
    let pull = json!({ "items": [{ "contentType": "STORE", "contentId": "a" }], "merchantIds": ["m9"], "reason": "a mistake" });
    team.must(&server, "op", "POST", "/api/v1/wallets/GCASH/pull", &pull);
    let trail = |who: &str, query: &str| team.ask(&server, who, "GET", &format!("/api/v1/audit{query}"), &Value::Null);
    let details = trail("op", "").json().to_string();
    for wanted in [
        "STORE a; all of merchant m9 for GCASH: a mistake",
        "GCASH requires of STORE: storeName",
        "m1 onboarded to GCASH",
    ] {
        assert!(details.contains(wanted), "{wanted}: {details}");
    }
    let refused = trail("supply", "");
    assert!(refused.status == 400 && detail(&refused).contains("sourceWallet"), "{}", refused.json());
    let read = trail("supply", "?sourceWallet=T&order=asc").json();
    let entries = read["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["task"] == json!(id)), "{read}");
    assert!(entries.iter().any(|entry| entry["what"] == "approve") && entries.len() > 4, "{read}");
    let first = trail("supply", "?sourceWallet=T&order=asc&limit=2").json();
    let rest = trail("supply", &format!("?sourceWallet=T&order=asc&after={}", first["next"].as_str().unwrap())).json();
    assert_eq!(first["entries"].as_array().unwrap().len() + rest["entries"].as_array().unwrap().len(), entries.len());
    assert_eq!(trail("maya", "?sourceWallet=T").json()["entries"], json!([]));
    assert_eq!(trail("op", "?sourceWallet=GCASH").status, 403);
}

#[test]
fn a_discarded_task_says_so_and_a_ticket_that_is_none_is_no_task() {
    let (server, team) = open();
    let id = team.create(&server, "Gone", "STORE { all }");
    team.act(&server, &id, "discard");
    let submit = team.ask(&server, "op", "POST", &format!("/api/v1/tasks/{id}/submit"), &Value::Null);
    assert!(submit.status == 409 && detail(&submit).contains("restore it first"), "{}", submit.json());
    let ticket = team.ask(&server, "op", "GET", "/api/v1/tickets/T-99", &Value::Null);
    assert!(ticket.status == 404 && detail(&ticket).contains("no such ticket"), "{}", ticket.json());
    let release = team.ask(&server, "risk", "POST", &format!("/api/v1/tasks/{id}/release"), &Value::Null);
    assert_eq!(release.status, 404);
}

#[test]
fn taking_out_what_is_out_changes_nothing() {
    let (server, team) = open();
    let id = team.create(&server, "Out", "STORE { all }");
    let out = json!({ "items": [{ "contentType": "STORE", "contentId": "a" }] });
    let take = || team.must(&server, "op", "POST", &format!("/api/v1/tasks/{id}/take-out"), &out);
    let (first, again) = (take(), take());
    assert_eq!((&first["changed"], &again["changed"]), (&json!(1), &json!(0)));
    assert_eq!(first["version"], again["version"]);
}

#[test]
fn the_api_documents_its_headers_and_who_is_refused() {
    let server = Server::start();
    let document = server.get("/openapi.json").json();
    let mut versioned = 0;
    for (path, item) in document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/api/")) {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(_, operation)| operation.is_object()) {
            let at = format!("{method} {path}");
            let header = |name: &str| {
                let parameters = operation["parameters"].as_array();
                parameters.is_some_and(|all| all.iter().any(|one| one["name"] == name && one["in"] == "header"))
            };
            let answers = &operation["responses"];
            if operation["security"].is_array() {
                assert!(answers["401"].is_object(), "{at}");
            }
            if answers["428"].is_object() {
                versioned += 1;
                assert!(header("If-Match") && header("Idempotency-Key") && answers["422"].is_object(), "{at}");
            }
            let task =
                answers["200"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/TaskResponse";
            assert!(!task || answers["200"]["headers"]["ETag"].is_object(), "{at}");
        }
    }
    assert_eq!(versioned, 13);
    let approve = &document["paths"]["/api/v1/tickets/{id}/approve"]["post"];
    assert!(
        approve["parameters"].to_string().contains("Idempotency-Key")
            && !approve["parameters"].to_string().contains("If-Match")
    );
}
