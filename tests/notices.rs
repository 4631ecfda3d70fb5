//! Notices over HTTP: who is told what, webhooks through failures and crashes, mail, and the robot.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::team::Team;
use support::{Server, penstock, store};

/// How long what must come may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long what must not come is waited for.
const QUIET: Duration = Duration::from_millis(1_500);
const QUICK: [&str; 5] = ["--webhook-loopback", "--notice-retry-ms", "20", "--notice-digest-ms", "3000"];

/// A letter as a receiver got it.
#[derive(Clone, Debug)]
struct Got {
    path: String,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// A receiver of webhooks on this machine: answers as it is told to.
struct Receiver {
    port: u16,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    /// `answer` is given how many letters came before.
    fn start(answer: impl Fn(usize) -> u16 + Send + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, got) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
        let all = got.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(letter) = read(&stream) else { continue };
                let mut all = all.lock().unwrap();
                let status = answer(all.len());
                all.push(letter);
                let body = r#"{"errcode":0,"errmsg":"ok"}"#;
                let head = format!("HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:{port}/elsewhere\r\n");
                let rest = format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                let _ = (&stream).write_all((head + &rest).as_bytes());
            }
        });
        Receiver { port, got }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// Waits until so many letters have come.
    fn wait(&self, count: usize) -> Vec<Got> {
        until(|| self.got().len() >= count, || format!("{count} letters, not {:?}", self.got()));
        self.got()
    }
}

fn read(stream: &TcpStream) -> Option<Got> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_string();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_string()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got { path, headers, body: serde_json::from_slice(&body).ok()? })
}

fn until(mut done: impl FnMut() -> bool, wanted: impl Fn() -> String) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited for {}", wanted());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A server where one store can be delivered to GCASH, and a draft task `T-1`.
fn drafted(arguments: &[&str]) -> (Server, Team) {
    let server = Server::start_with(arguments);
    let team = Team::hire(&server);
    let policy = json!({ "required": ["storeName"], "version": 1 });
    team.must(&server, "asap", "PUT", "/api/v1/wallets/GCASH/policies/STORE", &policy);
    onboard(&server, &team, "m1");
    server.sync(&[store("s1", 1, &json!({ "merchantId": "m1", "storeName": "One" }))]);
    assert_eq!(team.create(&server, "Hotels", "STORE { all }"), "T-1");
    (server, team)
}

fn onboard(server: &Server, team: &Team, merchant: &str) {
    let entry = json!({ "targetWallet": "GCASH", "merchantId": merchant, "onboarded": true, "accountIds": ["A"], "version": 1 });
    team.must(server, "asap", "POST", "/api/v1/onboarding", &json!({ "onboarding": [entry] }));
}

fn inbox(server: &Server, team: &Team, who: &str) -> Value {
    team.must(server, who, "GET", "/api/v1/inbox", &Value::Null)
}

/// Kinds in somebody's inbox, oldest first.
fn kinds(server: &Server, team: &Team, who: &str) -> Vec<String> {
    let inbox = inbox(server, team, who);
    let kind = |notice: &Value| notice["kind"].as_str().unwrap().to_string();
    inbox["notices"].as_array().unwrap().iter().rev().map(kind).collect()
}

/// Waits until somebody was told these.
fn told(server: &Server, team: &Team, who: &str, wanted: &[&str]) {
    until(|| kinds(server, team, who) == wanted, || format!("{who}: {wanted:?}, not {:?}", kinds(server, team, who)));
}

fn webhook(server: &Server, wallet: &str, arguments: &[&str]) -> std::process::Output {
    let (command, rest) = arguments.split_first().unwrap();
    let data = server.data().to_str().unwrap();
    penstock(&[&["webhook", command, "--data", data, "--wallet", wallet], rest].concat())
}

fn listed(server: &Server, wallet: &str) -> Value {
    serde_json::from_slice(&webhook(server, wallet, &["list", "--json"]).stdout).unwrap()
}

#[test]
fn each_is_told_what_concerns_them_once_and_nobody_of_their_own_deeds() {
    let (server, team) = drafted(&QUICK);
    team.act(&server, "T-1", "submit");
    told(&server, &team, "boss", &["ticket.opened"]);
    assert_eq!(kinds(&server, &team, "supply"), [""; 0], "it is not their turn yet");
    assert_eq!(team.decide(&server, "boss", "T-1", "approve").status, 200);
    told(&server, &team, "supply", &["ticket.advanced"]);
    assert_eq!(team.decide(&server, "supply", "T-1", "reject").status, 200);
    told(&server, &team, "op", &["ticket.rejected"]);
    team.act(&server, "T-1", "revise");
    team.go_live(&server, "T-1");
    let live = ["ticket.rejected", "ticket.approved", "task.activated"];
    told(&server, &team, "op", &live);
    let newest = inbox(&server, &team, "op")["notices"][1].clone();
    assert_eq!(newest["text"], "supply has approved the delivery of T-1 \"Hotels\" (T to GCASH): because of the rules");
    assert_eq!((&newest["task"], &newest["ticket"], &newest["by"]), (&json!("T-1"), &json!("T-2"), &json!("supply")));

    // Two records fix one item each; they are told together.
    for (id, merchant) in [("s2", "m2"), ("s3", "m3")] {
        server.sync(&[store(id, 1, &json!({ "merchantId": merchant, "storeName": "Later" }))]);
    }
    for merchant in ["m2", "m3"] {
        onboard(&server, &team, merchant);
    }
    told(&server, &team, "op", &[&live[..], &["task.fixed"]].concat());
    let fixed = inbox(&server, &team, "op")["notices"][0].clone();
    assert_eq!(
        (&fixed["items"], &fixed["text"]),
        (&json!(2), &json!("2 items fixed and delivered: T-1 \"Hotels\" (T to GCASH)"))
    );

    // Withdrawn: those who were asked are told.
    team.act(&server, "T-1", "terminate");
    told(&server, &team, "boss", &["ticket.opened", "ticket.opened", "ticket.opened"]);
    team.act(&server, "T-1", "withdraw");
    told(&server, &team, "boss", &["ticket.opened", "ticket.opened", "ticket.opened", "ticket.withdrawn"]);
    assert_eq!(kinds(&server, &team, "supply"), ["ticket.advanced", "ticket.advanced"], "it was not their turn");
    for nobody in ["op2", "maya", "risk", "asap", "auditor"] {
        assert_eq!(kinds(&server, &team, nobody), [""; 0], "{nobody}");
    }

    // A restart tells nothing again, and the file has a line for each event.
    let server = server.stop_and_restart();
    team.act(&server, "T-1", "terminate");
    assert_eq!(team.decide(&server, "boss", "T-1", "approve").status, 200);
    let ended = ["task.fixed", "ticket.approved", "task.deactivated"];
    told(&server, &team, "op", &[&live[..], &ended].concat());
    let lines = || std::fs::read_to_string(server.data().join("notices.ndjson")).unwrap();
    until(|| lines().lines().count() >= 13, || format!("13 lines, not {}", lines()));
    let ids: BTreeSet<String> = lines()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_string())
        .collect();
    assert_eq!(ids.len(), lines().lines().count());
    let metrics = String::from_utf8(server.get("/metrics").body).unwrap();
    assert!(metrics.contains(r#"penstock_notices_total{channel="file",outcome="sent"}"#), "{metrics}");
    assert!(metrics.contains(r#"penstock_outbox_letters{channel="webhook"} 0"#), "{metrics}");
}

#[test]
fn an_inbox_has_pages_and_is_ones_own() {
    let (server, team) = drafted(&QUICK);
    for _ in 0..3 {
        team.act(&server, "T-1", "submit");
        team.act(&server, "T-1", "withdraw");
    }
    until(|| inbox(&server, &team, "boss")["unread"] == 6, || "six".to_string());
    let get = |who: &str, query: &str| team.must(&server, who, "GET", &format!("/api/v1/inbox{query}"), &Value::Null);
    let first = get("boss", "?limit=4");
    assert_eq!(first["notices"].as_array().unwrap().len(), 4);
    let rest = get("boss", &format!("?limit=4&after={}", first["next"].as_str().unwrap()));
    assert_eq!((rest["notices"].as_array().unwrap().len(), &rest["next"]), (2, &Value::Null));

    let mark = |who: &str, body: Value| team.ask(&server, who, "POST", "/api/v1/inbox/read", &body);
    let newest = first["notices"][0]["id"].clone();
    assert_eq!(mark("op", json!({ "ids": [newest] })).json(), json!({ "marked": 0, "unread": 0 }), "it is the boss's");
    assert_eq!(mark("boss", json!({ "ids": [newest] })).json(), json!({ "marked": 1, "unread": 5 }));
    assert!(get("boss", "")["notices"][0]["readAt"].is_i64());
    assert_eq!(get("boss", "?unread=true")["notices"].as_array().unwrap().len(), 5);
    let last = rest["notices"][0]["id"].clone();
    assert_eq!(mark("boss", json!({ "upTo": last })).json(), json!({ "marked": 2, "unread": 3 }));
    for bad in [json!({}), json!({ "ids": [1], "upTo": 1 }), json!({ "ids": vec![1; 1_001] }), json!({ "all": true })] {
        assert_eq!(mark("boss", bad.clone()).status, 400, "{bad}");
    }
    for bad in ["?limit=0", "?after=x", "?unread=maybe", "?page=2"] {
        assert_eq!(team.ask(&server, "boss", "GET", &format!("/api/v1/inbox{bad}"), &Value::Null).status, 400, "{bad}");
    }
    let key = server.get("/api/v1/inbox");
    assert_eq!((key.status, key.header("content-type")), (403, Some("application/problem+json")));
}

#[test]
fn webhooks_are_signed_events_that_survive_failures_and_can_be_replayed() {
    let (server, team) = drafted(&[&QUICK[..], &["--notice-tries", "3"]].concat());
    let good = Receiver::start(|_| 200);
    let shaky = Receiver::start(|before| if before == 0 { 500 } else { 204 });
    let moved = Receiver::start(|_| 302);
    let mended = Arc::new(Mutex::new(false));
    let its = mended.clone();
    let dead = Receiver::start(move |_| if *its.lock().unwrap() { 200 } else { 503 });

    let add = |who: &str, body: Value| team.must(&server, who, "POST", "/api/v1/webhooks", &body);
    let made = add("op", json!({ "url": good.url(), "kinds": ["ticket.opened", "ticket.withdrawn"] }));
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    add("supply", json!({ "url": shaky.url() }));
    add("supply", json!({ "url": moved.url(), "kinds": ["ticket.opened"] }));
    let secret = webhook(&server, "T", &["add", "--url", &dead.url(), "--kinds", "ticket.opened"]);
    assert!(String::from_utf8(secret.stdout).unwrap().starts_with("whsec_"));
    let other = Receiver::start(|_| 200);
    add("maya", json!({ "url": other.url() }));

    team.act(&server, "T-1", "submit");
    let letter = good.wait(1).remove(0);
    assert_eq!(letter.header("content-type"), "application/cloudevents+json");
    let id = letter.header("webhook-id").to_string();
    assert!(letter.header("webhook-signature").starts_with("v1,") && letter.header("webhook-timestamp").len() == 10);
    assert_eq!((&letter.body["specversion"], &letter.body["id"]), (&json!("1.0"), &json!(id)));
    assert_eq!((&letter.body["type"], &letter.body["subject"]), (&json!("penstock.ticket.opened"), &json!("T-1")));
    assert_eq!(letter.body["data"]["taskName"], "Hotels");

    // 500, then good: the same letter again.
    let twice = shaky.wait(2);
    assert!(twice.iter().all(|letter| letter.header("webhook-id") == id));
    // Redirects are not followed, and never good is dead after three tries.
    let gone = |wallet: &str, at: usize| listed(&server, wallet)[at]["dead"] == 1;
    until(|| gone("GCASH", 1) && gone("T", 1), || format!("{} {}", listed(&server, "GCASH"), listed(&server, "T")));
    assert!(moved.got().iter().all(|letter| letter.path == "/hook"), "nobody went elsewhere");
    assert_eq!((moved.got().len(), dead.got().len()), (3, 3));
    assert_eq!(listed(&server, "T")[1]["error"], "it answered 503");
    let metrics = String::from_utf8(server.get("/metrics").body).unwrap();
    assert!(metrics.contains(r#"penstock_outbox_dead_letters{channel="webhook"} 2"#), "{metrics}");

    // Mended and replayed, by the command line and over HTTP.
    *mended.lock().unwrap() = true;
    let list = team.must(&server, "op", "GET", "/api/v1/webhooks", &Value::Null)["webhooks"].clone();
    assert!(list[0].get("secret").is_none() && list[1]["dead"] == 1, "{list}");
    let replay = format!("/api/v1/webhooks/{}/replay", list[1]["id"]);
    assert_eq!(team.ask(&server, "supply", "POST", &replay, &Value::Null).status, 404, "it is another wallet's");
    assert_eq!(team.must(&server, "op", "POST", &replay, &Value::Null)["replayed"], 1);
    assert_eq!(dead.wait(4)[3].header("webhook-id"), id);
    until(|| listed(&server, "T")[1]["dead"] == 0, || "no dead letter".to_string());
    let again = webhook(&server, "GCASH", &["replay", &listed(&server, "GCASH")[1]["id"].to_string()]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), "1 to be sent again\n");

    // What is removed is told nothing more; other kinds were not asked for.
    let path = format!("/api/v1/webhooks/{}", list[1]["id"]);
    assert_eq!(team.ask(&server, "op", "DELETE", &path, &Value::Null).status, 204);
    assert_eq!(team.ask(&server, "op", "DELETE", &path, &Value::Null).status, 404);
    team.act(&server, "T-1", "withdraw");
    assert_eq!(good.wait(2)[1].body["type"], "penstock.ticket.withdrawn");
    shaky.wait(3);
    std::thread::sleep(QUIET);
    assert_eq!((dead.got().len(), other.got().len()), (4, 0));

    for (body, status) in [
        (json!({ "url": "http://example.com/" }), 400),
        (json!({ "url": "https://169.254.169.254/latest" }), 400),
        (json!({ "url": "https://[::ffff:10.0.0.1]/" }), 400),
        (json!({ "url": "https://example.com/", "kinds": ["ticket.lost"] }), 400),
        (json!({}), 400),
    ] {
        assert_eq!(team.ask(&server, "op", "POST", "/api/v1/webhooks", &body).status, status, "{body}");
    }
    assert_eq!(webhook(&server, "T", &["add", "--url", "ftp://x/"]).status.code(), Some(2));
    assert_eq!(webhook(&server, "T", &["remove", "999"]).status.code(), Some(1));
}

#[test]
fn a_wallet_that_wants_it_is_told_that_its_feed_goes_on() {
    let (server, team) = drafted(&QUICK);
    let (feed, rest) = (Receiver::start(|_| 200), Receiver::start(|_| 200));
    let by_name = webhook(&server, "GCASH", &["add", "--url", &feed.url(), "--kinds", "supply.changed"]);
    assert!(by_name.status.success());
    assert!(webhook(&server, "GCASH", &["add", "--url", &rest.url()]).status.success());
    // So that it is known from when on the feed is followed.
    std::thread::sleep(QUIET + QUIET);
    team.go_live(&server, "T-1");
    let first = feed.wait(1)[0].body.clone();
    assert_eq!(
        (&first["type"], &first["subject"]),
        (&json!("penstock.supply.changed"), &json!("/wallets/GCASH/supply"))
    );
    assert_eq!((&first["data"]["sourceWallet"], &first["data"]["targetWallet"]), (&json!("T"), &json!("GCASH")));
    server.sync(&[store("s1", 2, &json!({ "merchantId": "m1", "storeName": "One again" }))]);
    let second = feed.wait(2)[1].clone();
    assert_ne!(second.body["id"], first["id"]);
    let server = server.kill_and_restart();
    std::thread::sleep(QUIET);
    assert_eq!(feed.got().len(), 2, "nothing is told again");
    assert!(rest.got().iter().all(|letter| letter.body["type"] != "penstock.supply.changed"), "{:?}", rest.got());
    drop(server);
}

#[test]
fn without_the_option_no_letter_goes_to_this_machine() {
    let (server, team) = drafted(&["--notice-retry-ms", "20", "--notice-tries", "2"]);
    let receiver = Receiver::start(|_| 200);
    // A name that means this machine, as https, is found out when it is resolved.
    for url in [receiver.url(), format!("https://localhost:{}/", receiver.port)] {
        assert!(webhook(&server, "T", &["add", "--url", &url]).status.success());
    }
    team.act(&server, "T-1", "submit");
    until(|| (0..2).all(|at| listed(&server, "T")[at]["dead"] == 1), || listed(&server, "T").to_string());
    assert!(listed(&server, "T")[1]["error"].as_str().unwrap().contains("--webhook-loopback"));
    let refused = team.ask(&server, "op", "POST", "/api/v1/webhooks", &json!({ "url": receiver.url() }));
    assert!(refused.status == 400 && refused.json()["detail"].as_str().unwrap().contains("--webhook-loopback"));
    assert!(receiver.got().is_empty());
}

#[test]
fn a_killed_server_tells_once_and_sends_at_least_once() {
    let (server, team) = drafted(&QUICK);
    // It answers late, so that the server is killed while it waits.
    let slow = Receiver::start(|before| {
        std::thread::sleep(Duration::from_millis(if before == 0 { 3_000 } else { 0 }));
        200
    });
    assert!(webhook(&server, "T", &["add", "--url", &slow.url(), "--kinds", "ticket.opened"]).status.success());
    team.act(&server, "T-1", "submit");
    told(&server, &team, "boss", &["ticket.opened"]);
    std::thread::sleep(Duration::from_millis(500));
    let server = server.kill_and_restart();
    let letters = slow.wait(2);
    assert!(letters.iter().all(|letter| letter.header("webhook-id") == letters[0].header("webhook-id")), "{letters:?}");
    assert_eq!(kinds(&server, &team, "boss"), ["ticket.opened"]);

    // Killed at any moment after a command was answered: told once, all the same.
    let mut server = server;
    let mut wanted = vec!["ticket.opened"];
    for pause in [0, 30, 250] {
        team.act(&server, "T-1", "withdraw");
        team.act(&server, "T-1", "submit");
        std::thread::sleep(Duration::from_millis(pause));
        server = server.kill_and_restart();
        wanted.extend(["ticket.withdrawn", "ticket.opened"]);
        told(&server, &team, "boss", &wanted);
    }
    let ids =
        || -> BTreeSet<String> { slow.got().iter().map(|letter| letter.header("webhook-id").to_string()).collect() };
    until(|| ids().len() == 4, || format!("a letter for each submission, not {:?}", slow.got()));
    std::thread::sleep(QUIET);
    assert_eq!(ids().len(), 4);
    told(&server, &team, "boss", &wanted);
}

/// A mail server that takes everything; each message's text.
fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, got) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let all = got.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let all = all.clone();
            std::thread::spawn(move || take_mail(&stream, &all));
        }
    });
    (port, got)
}

fn take_mail(stream: &TcpStream, all: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let say = |text: &str| (&*stream).write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 hello")?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 0 {
        match line.trim_end() {
            "DATA" => {
                say("354 go on")?;
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    if reader.read_line(&mut text).ok()? == 0 {
                        return None;
                    }
                }
                all.lock().unwrap().push(text);
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
        line.clear();
    }
    Some(())
}

#[test]
fn mail_and_the_robot_tell_those_who_want_it() {
    let (port, mails) = mail_server();
    let robot = Receiver::start(|_| 200);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_string()
    };
    let url_file = file("url", &format!("{}?access_token=T\n", robot.url()));
    let secret_file = file("secret", "SEC123\n");
    let smtp = format!("smtp://127.0.0.1:{port}");
    let channels = ["--smtp", &smtp, "--mail-from", "Penstock <penstock@example.com>"];
    let ding = ["--dingtalk-url-file", &url_file, "--dingtalk-secret-file", &secret_file, "--no-notice-file"];
    let (server, team) = drafted(&[&QUICK[..], &channels, &ding].concat());
    let settings = |who: &str, kinds: Value| {
        // A password's session: keys that act as an account have no settings.
        let body = json!({ "account": who, "password": "a long password" }).to_string();
        let json = ("content-type", "application/json");
        let session = server.request("POST", "/api/v1/session", &[json], body.as_bytes());
        let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_string();
        let wanted = json!({ "email": format!("{who}@example.com"), "employeeId": format!("E-{who}"), "kinds": kinds });
        let path = "/api/v1/session/notifications";
        let set = server.request("PUT", path, &[json, ("cookie", &cookie)], wanted.to_string().as_bytes());
        assert_eq!(set.status, 200, "{}", set.json());
    };
    settings("boss", json!(["APPROVAL_REQUESTED"]));
    settings("supply", json!([]));
    team.go_live(&server, "T-1");
    told(&server, &team, "op", &["ticket.approved", "task.activated"]);
    told(&server, &team, "supply", &["ticket.advanced"]);
    let message = robot.wait(1).remove(0);
    assert!(message.path.contains("access_token=T&timestamp=") && message.path.contains("&sign="), "{}", message.path);
    assert_eq!(message.body["at"]["atUserIds"], json!(["E-boss"]));
    let text = message.body["text"]["content"].as_str().unwrap();
    assert_eq!(text, "op asks to approve the delivery of T-1 \"Hotels\" (T to GCASH)");
    until(|| !mails.lock().unwrap().is_empty(), || "a mail".to_string());
    std::thread::sleep(QUIET);
    let mails = mails.lock().unwrap().clone();
    assert_eq!((mails.len(), robot.got().len()), (1, 1), "{mails:?}");
    assert!(mails[0].contains("To: boss@example.com") && mails[0].contains("Ticket: T-1"), "{}", mails[0]);
    assert!(!server.data().join("notices.ndjson").exists());
    let data = folder.path().to_str().unwrap();
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--data", data, "--smtp", "smtp://me:pass@x", "--mail-from", "a@b.c"];
    let wrong = penstock(&serve);
    let why = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(2) && why.contains("not in the URL"), "{why}");
}
