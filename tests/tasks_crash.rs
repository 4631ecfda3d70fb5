//! kill -9 in the middle of activation and of commands about tasks: nothing lost, doubled or half done.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use support::team::{Feed, Team};
use support::{Server, store};

/// Items, so many that activating them takes several steps.
const ITEMS: usize = 25_000;
/// Kills while commands are under way.
const KILLS: u64 = 12;

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

#[test]
fn a_command_is_carried_out_once_however_often_the_server_dies() {
    let (mut server, team) = open();
    push(&server, 100);
    let mut created = BTreeSet::new();
    for round in 0..KILLS {
        // The client sends and the server dies; the client sends the same again until it hears what became of it.
        let body = json!({ "name": format!("Task {round}"), "targetWallet": "GCASH", "rules": "STORE { all }" });
        let key = format!("create {round}");
        let send =
            |server: &Server| team.try_ask(server, "op", "POST", "/api/v1/tasks", &[("idempotency-key", &key)], &body);
        let killer = std::thread::scope(|scope| {
            let server = &server;
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(round * 2));
                server.kill();
            });
            send(server)
        });
        server = server.kill_and_restart();
        let answer = send(&server).expect("the server stays");
        assert_eq!(answer.status, 201, "{}", answer.json());
        if let Some(first) = killer.filter(|first| first.status == 201) {
            assert_eq!(first.json()["id"], answer.json()["id"]);
        }
        assert!(created.insert(answer.json()["id"].as_str().unwrap().to_string()), "one task a round");
    }
    let list = team.must(&server, "op", "GET", "/api/v1/tasks?limit=1000", &Value::Null);
    assert_eq!(list["tasks"].as_array().unwrap().len() as u64, KILLS);
    let trail = team.must(&server, "op", "GET", "/api/v1/audit?limit=1000", &Value::Null);
    let done = |entry: &&Value| entry["what"] == "create" && entry["outcome"] == "DONE";
    let tasks: BTreeSet<&str> =
        trail["entries"].as_array().unwrap().iter().filter(done).map(|entry| entry["task"].as_str().unwrap()).collect();
    assert_eq!(tasks.len() as u64, KILLS);
}
