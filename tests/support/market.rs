//! Source wallets, a target wallet and the people of both, with live tasks between them.

use super::{Answer, Server, given, item};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";
/// How long an activation may take.
const ACTIVE_TIME_MAX: Duration = Duration::from_secs(30);

/// Who is what where.
const STAFF: [(&str, &str, Option<&str>); 10] = [
    ("sop", "SOURCE_OPERATOR", Some("HK")),
    ("ssu", "SOURCE_SUPERVISOR", Some("HK")),
    ("sop2", "SOURCE_OPERATOR", Some("PH")),
    ("ssu2", "SOURCE_SUPERVISOR", Some("PH")),
    ("sup", "SUPPLY_OPERATOR", Some("GCASH")),
    ("risk", "RISK_REVIEWER", Some("GCASH")),
    ("both", "SUPPLY_OPERATOR", Some("GCASH")),
    ("both", "RISK_REVIEWER", Some("GCASH")),
    ("maya", "RISK_REVIEWER", Some("MAYA")),
    ("audit", "AUDITOR", None),
];

/// A server with wallets HK and PH (sources) and GCASH and MAYA (targets), and its staff signed in.
pub struct Market {
    /// With the key of HK.
    pub server: Server,
    sessions: BTreeMap<&'static str, String>,
    /// Keys by source wallet.
    pub keys: BTreeMap<&'static str, String>,
}

impl Market {
    /// Opens it.
    pub fn open() -> Market {
        let mut server = Server::start();
        for (wallet, kind) in [("HK", "source"), ("PH", "source"), ("GCASH", "target"), ("MAYA", "target")] {
            run(&server, &["wallet", "add", wallet, "--kind", kind], "");
        }
        let mut sessions = BTreeMap::new();
        for (id, role, wallet) in STAFF {
            if !sessions.contains_key(id) {
                run(&server, &["user", "add", id, "--password-stdin"], PASSWORD);
                sessions.insert(id, String::new());
            }
            run(&server, &[&["role", "grant", id, role][..], wallet.as_slice()].concat(), "");
        }
        let keys: BTreeMap<_, _> = ["HK", "PH"].map(|wallet| (wallet, server.add_key(wallet))).into();
        server.key = keys["HK"].clone();
        let mut market = Market { server, sessions, keys };
        market.sign_in();
        market
    }

    fn sign_in(&mut self) {
        for (id, cookie) in &mut self.sessions {
            let wallet = STAFF.iter().find(|(of, ..)| of == id).and_then(|(_, _, wallet)| *wallet).unwrap_or("HK");
            let body = json!({ "account": id, "password": PASSWORD, "wallet": wallet });
            let answer = self.server.post("/api/v1/session", &body);
            assert_eq!(answer.status, 200, "{}", answer.json());
            *cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        }
    }

    /// Kills the server and starts another on the same folder.
    pub fn kill_and_restart(self) -> Market {
        let Market { server, sessions, keys } = self;
        let mut server = server.kill_and_restart();
        server.key = keys["HK"].clone();
        Market { server, sessions, keys }
    }

    /// A request of somebody.
    pub fn ask(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers =
            [("cookie", self.sessions[who].as_str()), ("if-match", "*"), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.server.request(method, path, &headers, body.as_bytes())
    }

    /// What somebody reads.
    pub fn read(&self, who: &str, path: &str) -> Value {
        ok(self.ask(who, "GET", path, &Value::Null))
    }

    /// What somebody does.
    pub fn act(&self, who: &str, path: &str, body: &Value) -> Value {
        ok(self.ask(who, "POST", path, body))
    }

    /// Sends items of a source wallet.
    pub fn sync(&mut self, source: &str, items: &[Value]) {
        let key = std::mem::replace(&mut self.server.key, self.keys[source].clone());
        let answer = self.server.sync(items);
        assert!(answer.to_string().contains("\"resultStatus\":\"S\""), "{answer}");
        self.server.key = key;
    }

    /// Lets a target wallet require but a name and a merchant of stores, and a name of benefits and merchants; and onboards
    /// merchants with their accounts.
    pub fn prepare(&mut self, source: &str, target: &str, merchants: &[(&str, &[&str])]) {
        let key = std::mem::replace(&mut self.server.key, self.keys[source].clone());
        for (content_type, required) in [
            ("STORE", &["storeName", "merchantId"][..]),
            ("BENEFIT", &["benefitName"]),
            ("MERCHANT", &["merchantName"]),
        ] {
            let body = json!({ "required": required, "version": 1 });
            ok(self.server.put(&format!("/api/v1/wallets/{target}/policies/{content_type}"), &body));
        }
        let entry = |(merchant, accounts): &(&str, &[&str])| json!({ "targetWallet": target, "merchantId": merchant, "onboarded": true, "accountIds": accounts, "version": 1 });
        let body = json!({ "onboarding": merchants.iter().map(entry).collect::<Vec<_>>() });
        ok(self.server.post("/api/v1/onboarding", &body));
        self.server.key = key;
    }

    /// A draft of a source wallet's operator.
    pub fn draft(&self, source: &str, target: &str, name: &str, rules: &str) -> String {
        let body = json!({ "name": name, "targetWallet": target, "rules": rules });
        let answer = self.ask(operator(source), "POST", "/api/v1/tasks", &body);
        assert_eq!(answer.status, 201, "{}", answer.json());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// A task to GCASH that delivers.
    pub fn live(&self, source: &str, name: &str, rules: &str) -> String {
        let id = self.draft(source, "GCASH", name, rules);
        let (sop, ssu) = if source == "HK" { ("sop", "ssu") } else { ("sop2", "ssu2") };
        let ticket = self.act(sop, &format!("/api/v1/tasks/{id}/submit"), &json!({}))["ticket"]["id"].clone();
        for who in [ssu, "sup"] {
            self.act(who, &format!("/api/v1/tickets/{}/approve", ticket.as_str().unwrap()), &json!({}));
        }
        let started = Instant::now();
        while self.read(sop, &format!("/api/v1/tasks/{id}"))["taskStatus"] != "ACTIVE" {
            assert!(started.elapsed() < ACTIVE_TIME_MAX, "not active in time");
            std::thread::sleep(Duration::from_millis(20));
        }
        id
    }
}

fn operator(source: &str) -> &'static str {
    if source == "HK" { "sop" } else { "sop2" }
}

/// The body of an answer with status 200.
pub fn ok(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// A store of a merchant, with categories.
pub fn store_of(merchant: &str, id: &str, version: i64, categories: &[&str]) -> Value {
    let info = json!({ "storeName": format!("Store {id}"), "merchantId": merchant, "stdCategories": categories });
    item("STORE", id, version, &info)
}

/// A merchant's own item.
pub fn merchant(id: &str, name: &str) -> Value {
    item("MERCHANT", id, 1, &json!({ "merchantId": id, "merchantName": name }))
}

fn run(server: &Server, arguments: &[&str], input: &str) {
    let (command, rest) = arguments.split_at(2);
    let data = server.data().to_str().unwrap();
    let output = given(&[command, &["--data", data], rest].concat(), input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
