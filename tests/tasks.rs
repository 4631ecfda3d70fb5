//! Tasks over HTTP: the whole story on real content, the golden cases G9 to G11, and who is refused what.

mod support;

use serde_json::{Value, json};
use support::team::{Feed, Team};
use support::{Answer, Server, item, sample, store, tombstone};

/// What a store of the golden cases has.
fn shop(merchant: &str, n: i64) -> Value {
    json!({ "merchantId": merchant, "storeName": "Harbour Café", "ext": n, "n": n })
}

/// A server where GCASH requires a store's name alone and merchants m1 and m2 are onboarded.
fn open() -> (Server, Team) {
    let server = Server::start();
    let team = Team::hire(&server);
    for wallet in ["GCASH", "MAYA"] {
        let policy = json!({ "required": ["storeName"], "version": 1 });
        team.must(&server, "asap", "PUT", &format!("/api/v1/wallets/{wallet}/policies/STORE"), &policy);
    }
    onboard(&server, &team, &["m1", "m2"], true, 1);
    (server, team)
}

fn onboard(server: &Server, team: &Team, merchants: &[&str], onboarded: bool, version: i64) {
    let entry = |merchant: &&str| {
        json!({
            "targetWallet": "GCASH", "merchantId": merchant, "onboarded": onboarded,
            "accountIds": [format!("2102-{merchant}")], "version": version,
        })
    };
    let entries: Vec<Value> = merchants.iter().map(entry).collect();
    let answer = team.must(server, "asap", "POST", "/api/v1/onboarding", &json!({ "onboarding": entries }));
    for result in answer["results"].as_array().unwrap() {
        assert_eq!(result["outcome"], "APPLIED", "{answer}");
    }
}

fn risk(server: &Server, team: &Team, id: &str, decision: &str, version: i64) {
    let entry = json!({
        "targetWallet": "GCASH", "contentType": "STORE", "contentId": id, "decision": decision,
        "reason": "looked at", "version": version,
    });
    let answer = team.must(server, "risk", "POST", "/api/v1/risk?sourceWallet=T", &json!({ "decisions": [entry] }));
    assert_eq!(answer["results"][0]["outcome"], "APPLIED", "{answer}");
}

fn kind(answer: &Answer) -> String {
    answer.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_string()
}

#[test]
fn the_whole_story_on_real_content() {
    let (server, team) = open();
    for items in sample("bestbuy-stores.ndjson.zst").chunks(50) {
        server.sync(items);
    }
    let preview = server.preview("STORE { all }", 1, None);
    let all = preview["counts"]["matched"].as_u64().unwrap();
    assert!(all > 1_000);

    // An operator writes rules and looks at what they match.
    let id = team.create(&server, "Electronics", "STORE { all }");
    let task = team.task(&server, "op", &id);
    assert_eq!((&task["approvalStatus"], &task["taskStatus"]), (&json!("DRAFT"), &json!("INACTIVE")));
    assert_eq!(task["funnel"]["matched"], all);
    assert_eq!(task["funnel"]["deliverable"], 0, "nobody is onboarded yet");
    let refused = team.ask(&server, "op", "POST", &format!("/api/v1/tasks/{id}/submit"), &Value::Null);
    assert_eq!((refused.status, kind(&refused).as_str()), (409, "nothing-deliverable"), "G9");
    assert!(refused.json()["detail"].as_str().unwrap().contains("not onboarded"), "{}", refused.json());

    // The merchant is onboarded; the funnel follows by itself.
    onboard(&server, &team, &["BESTBUY"], true, 1);
    let deliverable = team.task(&server, "op", &id)["funnel"]["deliverable"].as_u64().unwrap();
    assert!(deliverable > 2, "{deliverable}");

    // Single items are taken out; they stay out whatever rules follow.
    let page =
        team.must(&server, "op", "GET", &format!("/api/v1/tasks/{id}/items?state=deliverable&limit=2"), &Value::Null);
    let key = |n: usize| {
        let item = &page["items"][n];
        json!({ "contentType": item["contentType"], "contentId": item["contentId"] })
    };
    let out = json!({ "items": [key(0)] });
    let taken = team.must(&server, "op", "POST", &format!("/api/v1/tasks/{id}/take-out"), &out);
    assert_eq!(taken["changed"], 1);
    let list = team.must(&server, "op", "GET", &format!("/api/v1/tasks/{id}/taken-out"), &Value::Null);
    assert_eq!((&list["items"][0]["contentId"], &list["items"][0]["by"]), (&key(0)["contentId"], &json!("op")));

    // Submit, refuse, revise, submit again, approve twice.
    team.act(&server, &id, "submit");
    let seen = team.task(&server, "supply", &id);
    assert_eq!(seen["awaiting"], json!(["SOURCE"]));
    assert_eq!(team.decide(&server, "supply", &id, "approve").status, 409, "the source decides first");
    assert_eq!(team.decide(&server, "boss", &id, "reject").status, 200);
    assert_eq!(team.task(&server, "op", &id)["approvalStatus"], "REJECTED");
    assert_eq!(team.act(&server, &id, "revise")["revision"], 2);
    let live = team.go_live(&server, &id);
    assert_eq!(live["delivery"]["delivered"].as_u64().unwrap(), deliverable - 1);
    assert_eq!(live["delivery"]["job"]["finished"], true);
    let mut feed = Feed::default();
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.items.len() as u64, deliverable - 1);

    // Content goes on: a version stays, a tombstone leaves, and a new item enters.
    let second = key(1)["contentId"].as_str().unwrap().to_string();
    server.sync(&[tombstone("STORE", &second, i64::MAX / 2)]);
    server.sync(&[store("new", 1, &json!({ "merchantId": "m1", "storeName": "New" }))]);
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.items.len() as u64, deliverable - 1);
    assert!(feed.ids().contains(&"new") && !feed.ids().contains(&second.as_str()));
    server.sync(&[store("new", 2, &json!({ "merchantId": "m1", "storeName": "Newer" }))]);
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.items[&("STORE".to_string(), "new".to_string())], 2);

    // A risk stop; the item's next version does not bring it back.
    risk(&server, &team, "new", "STOP", 1);
    server.sync(&[store("new", 3, &json!({ "merchantId": "m1", "storeName": "Newest" }))]);
    feed.read(&server, &team, "supply", "GCASH");
    assert!(!feed.ids().contains(&"new"));
    assert_eq!(feed.told.last().unwrap().2, "RISK_DECISION");
    let stopped = team.must(&server, "op", "GET", &format!("/api/v1/tasks/{id}/items?state=riskStopped"), &Value::Null);
    let item = &stopped["items"][0];
    assert_eq!((&item["contentStatus"], &item["cause"]), (&json!("DEACTIVATED"), &json!("RISK_MANUAL")));

    // A second task shares what it has with the first; ending the first takes only the rest away.
    let shared = feed.ids()[0].to_string();
    let other =
        team.create(&server, "A few", &format!("STORE {{ storeId = \"{shared}\" or storeName is set and all }}"));
    team.go_live(&server, &other);
    team.act(&server, &id, "terminate");
    assert_eq!(team.task(&server, "op", &id)["taskStatus"], "ACTIVE", "delivery goes on meanwhile");
    let own = team.decide(&server, "op", &id, "approve");
    assert_eq!(own.status, 403);
    assert_eq!(team.decide(&server, "boss", &id, "approve").status, 200);
    team.until(&server, &id, "TERMINATED");
    feed.read(&server, &team, "supply", "GCASH");
    let still = team.task(&server, "op", &other)["delivery"]["delivered"].as_u64().unwrap();
    assert_eq!(feed.items.len() as u64, still, "G11");
    assert!(feed.ids().contains(&shared.as_str()));

    // The audit trail has all of it, by whom.
    let trail = team.must(&server, "auditor", "GET", &format!("/api/v1/audit?task={id}&order=asc"), &Value::Null);
    let told: Vec<String> = trail["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["by"].as_str().unwrap(),
                entry["what"].as_str().unwrap(),
                entry["outcome"].as_str().unwrap()
            )
        })
        .collect();
    for wanted in [
        "op create DONE",
        "op submit REFUSED",
        "op takeOut DONE",
        "boss reject DONE",
        "op revise DONE",
        "supply approve DONE",
        "system activated DONE",
        "op terminate DONE",
        "boss approve DONE",
        "system deactivated DONE",
    ] {
        assert!(told.iter().any(|line| line == wanted), "{wanted}: {told:#?}");
    }
}

#[test]
fn what_is_fixed_flows_on_by_itself() {
    let (server, team) = open();
    server.sync(&[store("good", 1, &shop("m1", 1)), store("bare", 1, &json!({ "merchantId": "m1" }))]);
    let id = team.create(&server, "G10", "STORE { all }");
    let live = team.go_live(&server, &id);
    assert_eq!(live["delivery"]["delivered"], 1);
    assert_eq!(live["funnel"]["missingFields"], 1);
    server.sync(&[store("bare", 2, &shop("m1", 1))]);
    let mut feed = Feed::default();
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.ids(), ["bare", "good"], "no human action");
    // A merchant that is onboarded later, too.
    server.sync(&[store("late", 1, &shop("m9", 1))]);
    onboard(&server, &team, &["m9"], true, 1);
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.ids(), ["bare", "good", "late"]);
    let trail = team.must(&server, "op", "GET", &format!("/api/v1/audit?task={id}"), &Value::Null);
    assert!(trail["entries"].as_array().unwrap().iter().any(|entry| entry["what"] == "fixed"), "{trail}");
}

#[test]
fn the_four_reasons_why_nothing_can_be_submitted() {
    let (server, team) = open();
    let refused = |id: &str| {
        let answer = team.ask(&server, "op", "POST", &format!("/api/v1/tasks/{id}/submit"), &Value::Null);
        assert_eq!(answer.status, 409);
        answer.json()["detail"].as_str().unwrap().to_string()
    };
    let id = team.create(&server, "G9", "STORE { all }");
    assert!(refused(&id).contains("nothing matches"));
    server.sync(&[store("a", 1, &json!({ "merchantId": "m1" }))]);
    assert!(refused(&id).contains("missing required fields"));
    server.sync(&[store("a", 2, &shop("m7", 1))]);
    assert!(refused(&id).contains("not onboarded"));
    let out = json!({ "rules": "STORE { storeName ~ \"harbour\" }" });
    assert_eq!(team.must(&server, "op", "POST", &format!("/api/v1/tasks/{id}/take-out"), &out)["changed"], 1);
    assert!(refused(&id).contains("taken out"));
}

#[test]
fn versions_and_keys_of_requests_are_kept_to() {
    let (server, team) = open();
    let body = json!({ "name": "Once", "targetWallet": "GCASH", "rules": "STORE { all }" });
    let keyed =
        |body: &Value| team.ask_with(&server, "op", "POST", "/api/v1/tasks", &[("idempotency-key", "k1")], body);
    let (first, again) = (keyed(&body), keyed(&body));
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json()["id"], again.json()["id"]);
    let other = keyed(&json!({ "name": "Twice", "targetWallet": "GCASH", "rules": "STORE { all }" }));
    assert_eq!((other.status, kind(&other).as_str()), (422, "key-reused"));
    let taken = team.ask(
        &server,
        "op",
        "POST",
        "/api/v1/tasks",
        &json!({ "name": " ONCE ", "targetWallet": "GCASH", "rules": "STORE { all }" }),
    );
    assert_eq!((taken.status, kind(&taken).as_str()), (409, "name-taken"));

    let id = first.json()["id"].as_str().unwrap().to_string();
    let path = format!("/api/v1/tasks/{id}");
    let etag = team.ask(&server, "op", "GET", &path, &Value::Null).header("etag").unwrap().to_string();
    let save = json!({ "rules": "STORE { storeName is set }" });
    let with = |etag: Option<&str>, body: &Value| {
        let headers: Vec<_> = etag.iter().map(|etag| ("if-match", *etag)).collect();
        team.ask_with(&server, "op", "PUT", &path, &headers, body)
    };
    assert_eq!(with(None, &save).status, 428);
    let saved = with(Some(&etag), &save);
    assert_eq!((saved.status, saved.json()["rules"].as_str()), (200, Some("STORE { storeName is set }")));
    let stale = with(Some(&etag), &save);
    assert_eq!((stale.status, kind(&stale).as_str()), (412, "changed-since"));
    let wrong = with(Some("*"), &json!({ "rules": "STORE { storeNam ~ \"x\" and }" }));
    assert_eq!(wrong.status, 422);
    assert!(!wrong.json()["diagnostics"].as_array().unwrap().is_empty());
    let name = with(Some("*"), &json!({ "rules": "STORE { all }", "name": "x".repeat(201) }));
    assert_eq!((name.status, kind(&name).as_str()), (422, "bad-name"));
}

#[test]
fn each_role_does_its_own_and_nothing_else() {
    let (server, team) = open();
    server.sync(&[store("a", 1, &shop("m1", 1))]);
    let id = team.create(&server, "Rights", "STORE { all }");
    let path = format!("/api/v1/tasks/{id}");
    let submit = format!("{path}/submit");
    // A draft is the source's alone.
    for (who, status) in
        [("op2", 200), ("boss", 200), ("asap", 200), ("auditor", 200), ("supply", 404), ("risk", 404), ("maya", 404)]
    {
        assert_eq!(team.ask(&server, who, "GET", &path, &Value::Null).status, status, "{who}");
    }
    for who in ["boss", "asap", "auditor", "supply", "risk", "maya"] {
        assert_eq!(team.ask(&server, who, "POST", &submit, &Value::Null).status, 403, "{who}");
    }
    team.act(&server, &id, "submit");
    let ticket = team.task(&server, "op", &id)["ticket"]["id"].as_str().unwrap().to_string();
    for (who, status) in [("supply", 200), ("risk", 404), ("maya", 404)] {
        assert_eq!(team.ask(&server, who, "GET", &path, &Value::Null).status, status, "{who}");
        assert_eq!(
            team.ask(&server, who, "GET", &format!("/api/v1/tickets/{ticket}"), &Value::Null).status,
            status,
            "{who}"
        );
    }
    let approve = format!("/api/v1/tickets/{ticket}/approve");
    for (who, status) in
        [("op", 403), ("op2", 403), ("asap", 403), ("auditor", 403), ("risk", 404), ("maya", 404), ("supply", 409)]
    {
        assert_eq!(team.ask(&server, who, "POST", &approve, &json!({})).status, status, "{who}");
    }
    assert_eq!(server.post(&approve, &json!({})).status, 403, "a key is nobody");
    let mine = |who: &str, which: &str| {
        let list = team.must(&server, who, "GET", &format!("/api/v1/tickets?mine={which}&status=OPEN"), &Value::Null);
        list["tickets"].as_array().unwrap().len()
    };
    assert_eq!((mine("boss", "approvals"), mine("supply", "approvals"), mine("op", "requests")), (1, 0, 1));
    let card = team.must(&server, "boss", "GET", &format!("/api/v1/tickets/{ticket}"), &Value::Null);
    assert_eq!((&card["impact"]["added"], &card["canDecideAs"]), (&json!(1), &json!("SOURCE")));
    assert!(card["plain"]["selections"][0]["heading"].as_str().unwrap().contains("tores"), "{card}");
    team.must(&server, "boss", "POST", &approve, &json!({}));
    assert_eq!((mine("boss", "approvals"), mine("supply", "approvals")), (0, 1));
    let again = team.ask(&server, "boss", "POST", &approve, &json!({}));
    assert_eq!((again.status, kind(&again).as_str()), (409, "not-your-turn"));
    let reject =
        team.ask(&server, "supply", "POST", &format!("/api/v1/tickets/{ticket}/reject"), &json!({ "reason": "no" }));
    assert_eq!((reject.status, kind(&reject).as_str()), (422, "reason-needed"));
    team.must(&server, "supply", "POST", &approve, &json!({}));
    team.until(&server, &id, "ACTIVE");
    // What is delivered is its own wallet's to read.
    assert_eq!(team.ask(&server, "risk", "GET", &path, &Value::Null).status, 200, "delivered");
    for (who, status) in [("supply", 200), ("risk", 200), ("maya", 403), ("op", 403)] {
        assert_eq!(team.ask(&server, who, "GET", "/api/v1/wallets/GCASH/supply", &Value::Null).status, status, "{who}");
    }
}

#[test]
fn a_live_task_is_revised_without_a_gap() {
    let (server, team) = open();
    let items: Vec<Value> = (0..6).map(|n| store(&format!("s{n}"), 1, &shop("m1", n))).collect();
    server.sync(&items);
    let id = team.create(&server, "Live", "STORE { ext.n < 4 }");
    team.go_live(&server, &id);
    let mut feed = Feed::default();
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.ids(), ["s0", "s1", "s2", "s3"]);
    let before = feed.told.len();

    assert_eq!(team.act(&server, &id, "revise")["next"]["state"], "DRAFT");
    let path = format!("/api/v1/tasks/{id}");
    let saved = team.must(&server, "op", "PUT", &path, &json!({ "rules": "STORE { ext.n > 1 }" }));
    assert_eq!((&saved["next"]["funnel"]["deliverable"], &saved["rules"]), (&json!(4), &json!("STORE { ext.n < 4 }")));
    let out = json!({ "items": [{ "contentType": "STORE", "contentId": "s5" }] });
    team.must(&server, "op", "POST", &format!("{path}/take-out"), &out);
    team.act(&server, &id, "submit");
    let ticket = team.task(&server, "boss", &id)["ticket"]["id"].as_str().unwrap().to_string();
    let card = team.must(&server, "boss", "GET", &format!("/api/v1/tickets/{ticket}"), &Value::Null);
    let impact = &card["impact"];
    assert_eq!((&impact["added"], &impact["removed"], &impact["kept"]), (&json!(1), &json!(2), &json!(2)));
    for who in ["boss", "supply"] {
        assert_eq!(team.decide(&server, who, &id, "approve").status, 200);
    }
    let settled = |feed: &mut Feed| {
        for _ in 0..500 {
            feed.read(&server, &team, "supply", "GCASH");
            if feed.ids() == ["s2", "s3", "s4"] {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("{:?}", feed.ids());
    };
    settled(&mut feed);
    let told: Vec<_> = feed.told[before..].iter().map(|(change, id, _)| (change.as_str(), id.as_str())).collect();
    assert_eq!(told, [("WITHDRAWN", "s0"), ("WITHDRAWN", "s1"), ("DELIVERED", "s4")], "only the difference");
    let task = team.task(&server, "op", &id);
    assert_eq!((&task["revision"], &task["next"]), (&json!(2), &Value::Null));
}

#[test]
fn a_set_that_grows_too_much_waits_for_somebody() {
    let (server, team) = open();
    let push = |from: i64, to: i64| {
        let items: Vec<Value> = (from..to).map(|n| store(&format!("s{n}"), 1, &shop("m1", n))).collect();
        server.sync(&items);
    };
    push(0, 10);
    let body =
        json!({ "name": "Drift", "targetWallet": "GCASH", "rules": "STORE { all }", "drift": { "percent": 20 } });
    let id = team.must(&server, "op", "POST", "/api/v1/tasks", &body)["id"].as_str().unwrap().to_string();
    team.go_live(&server, &id);
    push(10, 20);
    let task = team.task(&server, "op", &id);
    assert_eq!((&task["delivery"]["delivered"], &task["delivery"]["waiting"]), (&json!(12), &json!(8)));
    assert!(task["delivery"]["heldBackSince"].is_i64());
    let release = format!("/api/v1/tasks/{id}/release");
    assert_eq!(team.ask(&server, "op", "POST", &release, &Value::Null).status, 403);
    team.must(&server, "supply", "POST", &release, &Value::Null);
    let mut delivered = 0;
    for _ in 0..500 {
        delivered = team.task(&server, "op", &id)["delivery"]["delivered"].as_u64().unwrap();
        if delivered == 20 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(delivered, 20);
    let again = team.ask(&server, "supply", "POST", &release, &Value::Null);
    assert_eq!((again.status, kind(&again).as_str()), (409, "nothing-held-back"));
}

#[test]
fn a_task_is_cloned_discarded_restored_and_archived() {
    let (server, team) = open();
    server.sync(&[store("a", 1, &shop("m1", 1)), store("b", 1, &shop("m1", 1))]);
    let id = team.create(&server, "First", "STORE { all }");
    let out = json!({ "items": [{ "contentType": "STORE", "contentId": "b" }] });
    team.must(&server, "op", "POST", &format!("/api/v1/tasks/{id}/take-out"), &out);
    let check = json!({ "rules": "STORE { all }", "wallets": ["GCASH", "MAYA"] });
    let wallets = team.must(&server, "op", "POST", "/api/v1/wallets-check", &check);
    assert_eq!(wallets["wallets"][0]["funnel"]["deliverable"], 2);
    assert_eq!(wallets["wallets"][1]["funnel"]["notOnboarded"], 2);
    let clones = team.must(
        &server,
        "op",
        "POST",
        &format!("/api/v1/tasks/{id}/clone"),
        &json!({ "wallets": ["MAYA", "GCASH"] }),
    );
    let clone = clones["clones"][0]["task"].as_str().unwrap().to_string();
    assert!(clones["clones"][1]["refused"].as_str().unwrap().contains("name"), "{clones}");
    let cloned = team.task(&server, "op", &clone);
    assert_eq!((&cloned["family"], &cloned["funnel"]["takenOut"]), (&json!(id), &json!(1)));

    team.act(&server, &clone, "discard");
    let listed = |query: &str| {
        let list = team.must(&server, "op", "GET", &format!("/api/v1/tasks{query}"), &Value::Null);
        list["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|task| task["id"].as_str().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(""), std::slice::from_ref(&id));
    assert_eq!(listed("?hidden=DISCARDED"), std::slice::from_ref(&clone));
    let restored = team.act(&server, &clone, "restore");
    assert_eq!((&restored["hidden"], &restored["funnel"]["takenOut"]), (&Value::Null, &json!(1)));
    assert_eq!(listed("?targetWallet=MAYA"), std::slice::from_ref(&clone));

    team.go_live(&server, &id);
    team.act(&server, &id, "terminate");
    assert_eq!(team.decide(&server, "boss", &id, "approve").status, 200);
    team.until(&server, &id, "TERMINATED");
    team.act(&server, &id, "archive");
    assert_eq!(listed("?hidden=ARCHIVED"), std::slice::from_ref(&id));
    team.create(&server, "First", "STORE { all }");
    let taken = team.ask(&server, "op", "POST", &format!("/api/v1/tasks/{id}/restore"), &Value::Null);
    assert_eq!((taken.status, kind(&taken).as_str()), (409, "name-taken"));
}

#[test]
fn a_task_begins_and_ends_by_the_clock() {
    let (server, team) = open();
    server.sync(&[store("a", 1, &shop("m1", 1))]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let schedule = json!({ "startAt": now + 3_000, "endAt": now + 6_000 });
    let body = json!({ "name": "Timed", "targetWallet": "GCASH", "rules": "STORE { all }", "schedule": schedule });
    let id = team.must(&server, "op", "POST", "/api/v1/tasks", &body)["id"].as_str().unwrap().to_string();
    team.act(&server, &id, "submit");
    for who in ["boss", "supply"] {
        assert_eq!(team.decide(&server, who, &id, "approve").status, 200);
    }
    let waiting = team.task(&server, "op", &id);
    assert_eq!((&waiting["taskStatus"], &waiting["delivery"]["delivered"]), (&json!("ACTIVATING"), &json!(0)));
    team.until(&server, &id, "ACTIVE");
    team.until(&server, &id, "TERMINATED");
    let mut feed = Feed::default();
    feed.read(&server, &team, "supply", "GCASH");
    assert!(feed.items.is_empty());
}

#[test]
fn a_wallet_reports_what_it_could_not_take() {
    let (server, team) = open();
    server.sync(&[store("a", 5, &shop("m1", 1)), item("STORE", "b", 5, &shop("m1", 1))]);
    let id = team.create(&server, "Reports", "STORE { all }");
    team.go_live(&server, &id);
    let report = |version: i64, failure: Option<&str>| {
        let entry = json!({ "sourceWallet": "T", "contentType": "STORE", "contentId": "a", "contentVersion": version, "failure": failure });
        team.must(&server, "supply", "POST", "/api/v1/wallets/GCASH/supply/reports", &json!({ "items": [entry] }))["noted"].clone()
    };
    assert_eq!(report(4, Some("no picture")), 0, "of an older version");
    assert_eq!(report(5, Some("no picture")), 1);
    assert_eq!(team.task(&server, "op", &id)["delivery"]["failed"], 1);
    assert_eq!(report(5, Some("no picture at all")), 1, "once more, and nobody is told again");
    let trail = team.must(&server, "op", "GET", &format!("/api/v1/audit?task={id}&limit=100"), &Value::Null);
    let told = trail["entries"].as_array().unwrap().iter().filter(|entry| entry["what"] == "failed");
    assert_eq!(told.map(|entry| entry["items"].clone()).collect::<Vec<_>>(), [1]);
    let items = team.must(&server, "op", "GET", &format!("/api/v1/tasks/{id}/items"), &Value::Null);
    let status = |n: usize| items["items"][n]["contentStatus"].clone();
    assert_eq!((status(0), status(1)), (json!("FAILED"), json!("ACTIVE")));
    let mut feed = Feed::default();
    feed.read(&server, &team, "supply", "GCASH");
    let told = feed.told.len();
    team.act(&server, &id, "retry");
    feed.read(&server, &team, "supply", "GCASH");
    assert_eq!(feed.told.len(), told + 1, "it is offered again");
    assert_eq!(team.task(&server, "op", &id)["delivery"]["failed"], 0);
}
