//! People at work on a server: two wallets, the staff of the requirements' table, and requests in their names.

use super::{Answer, Server, given};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Who is what where; `op2` is a second operator.
const STAFF: &[(&str, &str, &str)] = &[
    ("op", "SOURCE_OPERATOR", "T"),
    ("op2", "SOURCE_OPERATOR", "T"),
    ("boss", "SOURCE_SUPERVISOR", "T"),
    ("supply", "SUPPLY_OPERATOR", "GCASH"),
    ("risk", "RISK_REVIEWER", "GCASH"),
    ("maya", "SUPPLY_OPERATOR", "MAYA"),
    ("asap", "ASAP_OPERATOR", "T"),
    ("auditor", "AUDITOR", "T"),
];

/// How long the system may take to activate or deactivate a few items.
const SETTLED_TIME_MAX: Duration = Duration::from_secs(30);

/// The keys of everybody.
pub struct Team {
    keys: BTreeMap<&'static str, String>,
}

fn run(server: &Server, arguments: &[&str]) -> String {
    let (command, rest) = arguments.split_at(2);
    let output = given(&[command, &["--data", server.data().to_str().unwrap()], rest].concat(), "a long password");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

impl Team {
    /// Hires everybody: source wallet T, target wallets GCASH and MAYA.
    pub fn hire(server: &Server) -> Team {
        for (wallet, kind) in [("T", "source"), ("GCASH", "target"), ("MAYA", "target")] {
            run(server, &["wallet", "add", wallet, "--kind", kind]);
        }
        let mut keys = BTreeMap::new();
        for (id, role, wallet) in STAFF {
            run(server, &["user", "add", id, "--password-stdin"]);
            let everywhere = matches!(*role, "ASAP_OPERATOR" | "AUDITOR");
            let at: &[&str] = if everywhere { &[] } else { &[wallet] };
            run(server, &[&["role", "grant", id, role], at].concat());
            keys.insert(*id, run(server, &["key", "add", "--account", id, "--wallet", wallet]));
        }
        Team { keys }
    }

    /// A request in somebody's name.
    pub fn ask(&self, server: &Server, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.ask_with(server, who, method, path, &[("if-match", "*")], body)
    }

    /// A request in somebody's name, with these headers.
    pub fn ask_with(
        &self,
        server: &Server,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.keys[who]);
        let all = [headers, &[("authorization", &bearer), ("content-type", "application/json")]].concat();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        server.request(method, path, &all, body.as_bytes())
    }

    /// A request in somebody's name to a server that may go away before it answers.
    pub fn try_ask(
        &self,
        server: &Server,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Option<Answer> {
        let bearer = format!("Bearer {}", self.keys[who]);
        let all = [headers, &[("authorization", &bearer), ("content-type", "application/json")]].concat();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        server.try_request(method, path, &all, body.as_bytes())
    }

    /// A request in somebody's name that must work.
    pub fn must(&self, server: &Server, who: &str, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(server, who, method, path, body);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!((200..300).contains(&answer.status), "{who} {method} {path}: {} {text}", answer.status);
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// Creates a task for GCASH as `op`; its id.
    pub fn create(&self, server: &Server, name: &str, rules: &str) -> String {
        let body = json!({ "name": name, "targetWallet": "GCASH", "rules": rules });
        self.must(server, "op", "POST", "/api/v1/tasks", &body)["id"].as_str().unwrap().to_string()
    }

    /// A task as somebody sees it.
    pub fn task(&self, server: &Server, who: &str, id: &str) -> Value {
        self.must(server, who, "GET", &format!("/api/v1/tasks/{id}"), &Value::Null)
    }

    /// A move of a task by `op`; the task then.
    pub fn act(&self, server: &Server, id: &str, what: &str) -> Value {
        let body = if what == "terminate" { json!({ "reason": "no longer needed" }) } else { Value::Null };
        self.must(server, "op", "POST", &format!("/api/v1/tasks/{id}/{what}"), &body)
    }

    /// A decision about the open ticket of a task.
    pub fn decide(&self, server: &Server, who: &str, id: &str, what: &str) -> Answer {
        let task = self.task(server, who, id);
        let ticket = task["ticket"]["id"].as_str().unwrap();
        let body = json!({ "reason": "because of the rules" });
        self.ask(server, who, "POST", &format!("/api/v1/tickets/{ticket}/{what}"), &body)
    }

    /// Submits a task and has both sides approve it; waits until it is active.
    pub fn go_live(&self, server: &Server, id: &str) -> Value {
        self.act(server, id, "submit");
        for who in ["boss", "supply"] {
            let answer = self.decide(server, who, id, "approve");
            assert_eq!(answer.status, 200, "{who}: {}", answer.json());
        }
        self.until(server, id, "ACTIVE")
    }

    /// Waits until a task has a task status.
    pub fn until(&self, server: &Server, id: &str, status: &str) -> Value {
        let started = Instant::now();
        loop {
            let task = self.task(server, "op", id);
            if task["taskStatus"] == status {
                return task;
            }
            assert!(started.elapsed() < SETTLED_TIME_MAX, "still {task}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What a reader of a wallet's feed has: item to version.
#[derive(Default)]
pub struct Feed {
    cursor: Option<String>,
    /// Changes that it asks for at a time; few, so that pages end everywhere, if 0.
    limit: usize,
    /// By content type and id.
    pub items: BTreeMap<(String, String), i64>,
    /// Changes read, with their causes.
    pub told: Vec<(String, String, String)>,
}

impl Feed {
    /// A reader of so many changes at a time.
    pub fn of(limit: usize) -> Feed {
        Feed { limit, ..Feed::default() }
    }

    /// Reads on to the end.
    pub fn read(&mut self, server: &Server, team: &Team, who: &str, wallet: &str) {
        loop {
            let after = self.cursor.as_ref().map(|cursor| format!("&after={cursor}")).unwrap_or_default();
            let limit = if self.limit == 0 { 7 } else { self.limit };
            let path = format!("/api/v1/wallets/{wallet}/supply?limit={limit}{after}");
            let page = team.must(server, who, "GET", &path, &Value::Null);
            for change in page["changes"].as_array().unwrap() {
                let text = |name: &str| change[name].as_str().unwrap_or_default().to_string();
                let key = (text("contentType"), text("contentId"));
                let version = change["contentVersion"].as_i64().unwrap();
                match change["change"].as_str().unwrap() {
                    "DELIVERED" => _ = self.items.insert(key.clone(), version),
                    "WITHDRAWN" => assert!(self.items.remove(&key).is_some(), "{change}"),
                    other => panic!("{other}"),
                }
                self.told.push((text("change"), key.1, text("cause")));
            }
            self.cursor = Some(page["next"].as_str().unwrap().to_string());
            if page["more"] == false {
                return;
            }
        }
    }

    /// The content ids that it has.
    pub fn ids(&self) -> Vec<&str> {
        self.items.keys().map(|(_, id)| id.as_str()).collect()
    }
}
