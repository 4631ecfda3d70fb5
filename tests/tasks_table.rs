//! The state machine and the permissions over HTTP: in every state that lasts, every role tries every move; what is not in the
//! table is refused and changes nothing (G12).

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::team::Team;
use support::{Server, store};

const MOVES: &[&str] = &[
    "save",
    "take-out",
    "submit",
    "withdraw",
    "approve",
    "reject",
    "revise",
    "terminate",
    "discard",
    "archive",
    "restore",
    "release",
    "drop-revision",
];
/// Everybody but those who may: the platform's own people, and another wallet's.
const OTHERS: &[&str] = &["asap", "auditor", "risk", "maya"];

/// What may be done in a state: by the source's operator, its supervisor, and the target's operator.
struct State {
    name: &'static str,
    operator: &'static [&'static str],
    supervisor: &'static [&'static str],
    target: &'static [&'static str],
}

/// REQUIREMENTS 1.3, with what goes beyond it: revising a live task. Tasks here were submitted before, but for the first.
const STATES: &[State] = &[
    State { name: "P1 new", operator: &["save", "take-out", "submit", "discard"], supervisor: &[], target: &[] },
    State { name: "P1 withdrawn", operator: &["save", "take-out", "submit"], supervisor: &[], target: &[] },
    State { name: "P2", operator: &["withdraw"], supervisor: &["approve", "reject"], target: &[] },
    State { name: "P2 awaiting target", operator: &["withdraw"], supervisor: &[], target: &["approve", "reject"] },
    State { name: "P3", operator: &["revise"], supervisor: &[], target: &[] },
    State { name: "P4", operator: &["terminate", "revise"], supervisor: &[], target: &[] },
    State { name: "P5", operator: &["terminate", "revise"], supervisor: &[], target: &[] },
    State { name: "P6", operator: &["withdraw"], supervisor: &["approve", "reject"], target: &[] },
    State { name: "P7", operator: &["withdraw"], supervisor: &["approve", "reject"], target: &[] },
    State { name: "P8", operator: &["terminate", "revise"], supervisor: &[], target: &[] },
    State { name: "P9", operator: &["terminate", "revise"], supervisor: &[], target: &[] },
    State { name: "P11", operator: &["archive"], supervisor: &[], target: &[] },
];

/// Brings a new task of this name into a state; its id.
fn bring(server: &Server, team: &Team, state: &str, name: &str) -> String {
    let activating = ["P4", "P6", "P8"].contains(&state);
    let start = activating.then_some(4_000_000_000_000_i64);
    let body =
        json!({ "name": name, "targetWallet": "GCASH", "rules": "STORE { all }", "schedule": { "startAt": start } });
    let id = team.must(server, "op", "POST", "/api/v1/tasks", &body)["id"].as_str().unwrap().to_string();
    let decide =
        |who: &str, what: &str| assert_eq!(team.decide(server, who, &id, what).status, 200, "{state}: {who} {what}");
    if state == "P1 new" {
        return id;
    }
    team.act(server, &id, "submit");
    match state {
        "P1 withdrawn" => drop(team.act(server, &id, "withdraw")),
        "P2" => {}
        "P2 awaiting target" => decide("boss", "approve"),
        "P3" => decide("boss", "reject"),
        _ => {
            decide("boss", "approve");
            decide("supply", "approve");
            if !activating {
                team.until(server, &id, "ACTIVE");
            }
        }
    }
    match state {
        "P6" | "P7" | "P8" | "P9" | "P11" => drop(team.act(server, &id, "terminate")),
        _ => {}
    }
    match state {
        "P8" | "P9" => decide("boss", "reject"),
        "P11" => {
            decide("boss", "approve");
            team.until(server, &id, "TERMINATED");
        }
        _ => {}
    }
    id
}

fn attempt(server: &Server, team: &Team, who: &str, id: &str, ticket: &str, what: &str) -> u16 {
    let task = format!("/api/v1/tasks/{id}");
    let (method, path, body) = match what {
        "save" => ("PUT", task, json!({ "rules": "STORE { all }" })),
        "take-out" => {
            ("POST", format!("{task}/take-out"), json!({ "items": [{ "contentType": "STORE", "contentId": "x" }] }))
        }
        "approve" | "reject" => {
            ("POST", format!("/api/v1/tickets/{ticket}/{what}"), json!({ "reason": "a good reason" }))
        }
        "terminate" => ("POST", format!("{task}/terminate"), json!({ "reason": "a good reason" })),
        _ => ("POST", format!("{task}/{what}"), Value::Null),
    };
    team.ask(server, who, method, &path, &body).status
}

#[test]
fn in_every_state_every_role_does_what_the_table_says_and_nothing_else() {
    let server = Server::start();
    let team = Team::hire(&server);
    let policy = json!({ "required": ["storeName"], "version": 1 });
    team.must(&server, "asap", "PUT", "/api/v1/wallets/GCASH/policies/STORE", &policy);
    let entry =
        json!({ "targetWallet": "GCASH", "merchantId": "m1", "onboarded": true, "accountIds": [], "version": 1 });
    team.must(&server, "asap", "POST", "/api/v1/onboarding", &json!({ "onboarding": [entry] }));
    server.sync(&[store("a", 1, &json!({ "merchantId": "m1", "storeName": "A" }))]);

    for State { name, operator, supervisor, target } in STATES {
        let may: BTreeMap<&str, &[&str]> = [("op2", *operator), ("boss", *supervisor), ("supply", *target)].into();
        let id = bring(&server, &team, name, name);
        let before = team.task(&server, "op", &id);
        let ticket = before["ticket"]["id"].as_str().unwrap_or("T-999999").to_string();
        for who in may.keys().chain(OTHERS) {
            for what in MOVES {
                if may.get(who).is_some_and(|may| may.contains(what)) {
                    continue;
                }
                let status = attempt(&server, &team, who, &id, &ticket, what);
                assert!([403, 404, 409].contains(&status), "{name}: {who} {what}: {status}");
            }
        }
        let after = team.task(&server, "op", &id);
        assert_eq!(
            (&after["version"], &after["approvalStatus"]),
            (&before["version"], &before["approvalStatus"]),
            "{name}"
        );
        let offered = |action: &str| {
            after["actions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|offer| offer["action"] == action && offer["allowed"] == true)
        };
        for (action, what) in [
            ("EDIT", "save"),
            ("SUBMIT", "submit"),
            ("WITHDRAW_APPROVAL", "withdraw"),
            ("TERMINATE", "terminate"),
            ("REVISE", "revise"),
            ("DISCARD", "discard"),
            ("ARCHIVE", "archive"),
        ] {
            assert_eq!(offered(action), operator.contains(&what), "{name}: {action}");
        }
        // Each move that is allowed works, on a task of its own.
        for (who, moves) in may {
            for what in moves {
                let id = bring(&server, &team, name, &format!("{name}: {what}"));
                let ticket = team.task(&server, "op", &id)["ticket"]["id"].as_str().unwrap_or("T-999999").to_string();
                let status = attempt(&server, &team, who, &id, &ticket, what);
                assert_eq!(status, 200, "{name}: {who} {what}");
            }
        }
    }
}
