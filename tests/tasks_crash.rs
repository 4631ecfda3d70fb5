//! kill -9 in the middle of activation and of commands about tasks: nothing lost, doubled or half done.

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::team::{Feed, Team};
use support::{Server, store};

/// Items, so many that activating them takes several steps.
const ITEMS: usize = 25_000;

fn open() -> (Server, Team) {
    let server = Server::start();
    let team = Team::hire(&server);
    let policy = json!({ "required": ["storeName"], "version": 1 });
    team.must(&server, "asap", "PUT", "/api/v1/wallets/GCASH/policies/STORE", &policy);
    let entry =
        json!({ "targetWallet": "GCASH", "merchantId": "m1", "onboarded": true, "accountIds": [], "version": 1 });
    team.must(&server, "asap", "POST", "/api/v1/onboarding", &json!({ "onboarding": [entry] }));
    (server, team)
}

fn push(server: &Server, count: usize) {
    let items: Vec<Value> = (0..count)
        .map(|n| store(&format!("s{n}"), 1, &json!({ "merchantId": "m1", "storeName": "A", "n": n })))
        .collect();
    items.chunks(50).for_each(|chunk| drop(server.sync(chunk)));
}

fn read_all(server: &Server, team: &Team) -> Feed {
    let mut feed = Feed::of(1_000);
    feed.read(server, team, "supply", "GCASH");
    feed
}

#[test]
fn activation_and_termination_go_on_after_kills_in_their_middle() {
    let (mut server, team) = open();
    push(&server, ITEMS);
    let id = team.create(&server, "Large", "STORE { all }");
    team.act(&server, &id, "submit");
    assert_eq!(team.decide(&server, "boss", &id, "approve").status, 200);
    assert_eq!(team.decide(&server, "supply", &id, "approve").status, 200);
    for pause in [0, 60, 120] {
        std::thread::sleep(Duration::from_millis(pause));
        server = server.kill_and_restart();
    }
    let live = team.until(&server, &id, "ACTIVE");
    assert_eq!(live["delivery"]["delivered"], ITEMS);
    let mut feed = read_all(&server, &team);
    assert_eq!(feed.items.len(), ITEMS);

    team.act(&server, &id, "terminate");
    assert_eq!(team.decide(&server, "boss", &id, "approve").status, 200);
    for pause in [0, 60, 120] {
        std::thread::sleep(Duration::from_millis(pause));
        server = server.kill_and_restart();
    }
    let ended = team.until(&server, &id, "TERMINATED");
    assert_eq!(ended["delivery"]["delivered"], 0);
    feed.read(&server, &team, "supply", "GCASH");
    assert!(feed.items.is_empty(), "each withdrawn once: a second time would have been noticed");
    let again = read_all(&server, &team);
    assert!(again.items.is_empty());
}

/// A command in a task's life: who sends it, how, where to and what.
type Step = (&'static str, &'static str, &'static str, Value);

/// Sends a command while the server is killed some milliseconds later, and again to the next server until it is answered; the
/// answer.
fn send_through_a_kill(
    mut server: Server,
    team: &Team,
    (who, method, path, body): &Step,
    after_ms: u64,
) -> (Server, Value) {
    let headers = [("idempotency-key", *path), ("if-match", "*")];
    let send = |server: &Server| team.try_ask(server, who, method, path, &headers, body);
    let first = std::thread::scope(|scope| {
        let server = &server;
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(after_ms));
            server.kill();
        });
        send(server)
    });
    server = server.kill_and_restart();
    let answer = send(&server).expect("the server stays");
    let said = String::from_utf8_lossy(&answer.body).into_owned();
    assert!((200..300).contains(&answer.status), "{who} {path}: {said}");
    if let Some(first) = first {
        assert_eq!(first.status, answer.status, "{who} {path}: {said}");
    }
    let answer = answer.json();
    (server, answer)
}

#[test]
fn each_command_is_carried_out_once_wherever_the_server_dies() {
    let (mut server, team) = open();
    push(&server, 100);
    let reason = json!({ "reason": "a good reason" });
    let item = json!({ "items": [{ "contentType": "STORE", "contentId": "s1" }] });
    let steps: [Step; 11] = [
        ("op", "POST", "/api/v1/tasks", json!({ "name": "A", "targetWallet": "GCASH", "rules": "STORE { all }" })),
        ("op", "PUT", "/api/v1/tasks/T-1", json!({ "rules": "STORE { ext.n < 50 }" })),
        ("op", "POST", "/api/v1/tasks/T-1/take-out", item),
        ("op", "POST", "/api/v1/tasks/T-1/submit", Value::Null),
        ("boss", "POST", "/api/v1/tickets/T-1/reject", reason.clone()),
        ("op", "POST", "/api/v1/tasks/T-1/revise", Value::Null),
        ("op2", "POST", "/api/v1/tasks/T-1/submit", Value::Null),
        ("boss", "POST", "/api/v1/tickets/T-2/approve", reason.clone()),
        ("supply", "POST", "/api/v1/tickets/T-2/approve", reason.clone()),
        ("op", "POST", "/api/v1/tasks/T-1/terminate", reason.clone()),
        ("boss", "POST", "/api/v1/tickets/T-3/approve", reason),
    ];
    // Kills come from before the request is read to after it is answered.
    for (n, step) in (0_u64..).zip(&steps) {
        (server, _) = send_through_a_kill(server, &team, step, n * 3 % 10);
        if step.2 == "/api/v1/tickets/T-2/approve" && step.0 == "supply" {
            assert_eq!(team.until(&server, "T-1", "ACTIVE")["delivery"]["delivered"], 49);
        }
    }
    let ended = team.until(&server, "T-1", "TERMINATED");
    assert_eq!((&ended["revision"], &ended["delivery"]["delivered"]), (&json!(2), &json!(0)));
    let trail = team.must(&server, "op", "GET", "/api/v1/audit?task=T-1&order=asc&limit=1000", &Value::Null);
    let entries = trail["entries"].as_array().unwrap();
    let done: Vec<&str> = entries
        .iter()
        .filter(|entry| entry["by"] != "system")
        .map(|entry| {
            assert_eq!(entry["outcome"], "DONE", "{entry}");
            entry["what"].as_str().unwrap()
        })
        .collect();
    let each = [
        "create",
        "save",
        "takeOut",
        "submit",
        "reject",
        "revise",
        "submit",
        "approve",
        "approve",
        "terminate",
        "approve",
    ];
    assert_eq!(done, each, "each once, in order");
}
