//! Signing in at a provider, by OpenID Connect: the way there and back, and everything that must not get in.

#[path = "support/issuer.rs"]
mod issuer;
mod support;

use issuer::{CLIENT_ID, CLIENT_SECRET, Issuer};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::{Answer, Server, given, penstock};

const SESSION: &str = "/api/v1/session";
const BEGIN: &str = "/api/v1/session/oidc";
/// Where browsers would find the server; these tests know better.
const PUBLIC: &str = "http://localhost:7";
/// How long a server may take to get to know its provider.
const KNOWN_TIME_MAX: Duration = Duration::from_secs(20);

fn run(server: &Server, arguments: &[&str]) {
    let (command, rest) = arguments.split_at(2);
    let output = given(&[command, &["--data", server.data().to_str().unwrap()], rest].concat(), "");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A server with this provider, and Maria, a source operator of HK and PH.
fn server_of(issuer: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).unwrap();
    let file = secret.to_str().unwrap();
    let server = Server::start_with(
        &[
            &["--oidc-issuer", issuer, "--oidc-client-id", CLIENT_ID][..],
            &["--oidc-client-secret-file", file, "--public-url", PUBLIC],
        ]
        .concat(),
    );
    run(&server, &["user", "add", "maria.lee@example.com", "--no-password"]);
    for wallet in ["HK", "PH"] {
        run(&server, &["wallet", "add", wallet, "--kind", "source"]);
        run(&server, &["role", "grant", "maria.lee@example.com", "SOURCE_OPERATOR", wallet]);
    }
    server
}

fn get(server: &Server, path: &str, cookie: &str) -> Answer {
    server.request("GET", path, &[("cookie", cookie)], b"")
}

/// Begins to sign in; where to go, and the cookie. Waits until the server knows its provider.
fn begin(server: &Server, query: &str) -> (String, String) {
    let started = Instant::now();
    loop {
        let answer = get(server, &format!("{BEGIN}{query}"), "");
        match answer.status {
            503 if started.elapsed() < KNOWN_TIME_MAX => std::thread::sleep(Duration::from_millis(20)),
            status => {
                assert_eq!(status, 303, "{:?}", String::from_utf8_lossy(&answer.body));
                assert_eq!(answer.header("cache-control"), Some("no-store"));
                return (answer.header("location").unwrap().to_string(), pair(&answer, "penstock_oidc"));
            }
        }
    }
}

/// A cookie that an answer sets, as it is sent back.
fn pair(answer: &Answer, name: &str) -> String {
    let set = answer.headers.iter().filter(|(header, _)| header == "set-cookie");
    let mut pairs = set.filter_map(|(_, value)| value.split(';').next()).filter(|pair| pair.starts_with(name));
    pairs.next().unwrap_or_else(|| panic!("no {name}: {:?}", answer.headers)).to_string()
}

/// The person agrees at the provider; where that leads back to, on the server.
fn agree(to: &str) -> String {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
    let agent: ureq::Agent = config.build().into();
    let mut answer = agent.get(to).call().unwrap();
    let words = answer.body_mut().read_to_string().unwrap();
    let back = answer.headers().get("location").unwrap_or_else(|| panic!("{words}")).to_str().unwrap();
    back.strip_prefix(PUBLIC).unwrap_or_else(|| panic!("{back}")).to_string()
}

/// All the way, from one browser.
fn sign_in(server: &Server, query: &str) -> Answer {
    let (to, cookie) = begin(server, query);
    get(server, &agree(&to), &cookie)
}

/// An answer's status and kind of problem; it signs nobody in.
fn refusal(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("set-cookie"), None);
    let kind = answer.json()["type"].as_str().unwrap().trim_start_matches("urn:penstock:problem:").to_string();
    (answer.status, kind)
}

fn refused() -> (u16, String) {
    (403, "sign-in-refused".to_string())
}

fn over() -> (u16, String) {
    (400, "sign-in-over".to_string())
}

#[test]
fn a_person_signs_in_at_the_provider() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    let (to, cookie) = begin(&server, "?return=/console?a=1%232&wallet=PH");
    assert!(to.starts_with(&format!("{}/authorize?", issuer.url)), "{to}");
    let answer = get(&server, &agree(&to), &cookie);
    assert_eq!((answer.status, answer.header("location")), (303, Some(&*format!("{PUBLIC}/console?a=1#2"))));
    let set: Vec<&str> =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    assert!(set[0].contains("HttpOnly; SameSite=Strict") && set[0].contains("Max-Age=43200"), "{set:?}");
    assert!(set[1].starts_with("penstock_oidc=;") && set[1].contains("Max-Age=0"), "{set:?}");
    let me = get(&server, SESSION, &pair(&answer, "penstock_session")).json();
    assert_eq!((&me["account"], &me["wallet"]["name"]), (&json!("maria.lee@example.com"), &json!("PH")));

    let answer = sign_in(&server, "");
    assert_eq!(answer.header("location"), Some(&*format!("{PUBLIC}/")));
    let me = get(&server, SESSION, &pair(&answer, "penstock_session")).json();
    assert_eq!(me["wallet"], Value::Null, "of two wallets none is chosen");
    assert_eq!(sign_in(&server, "?wallet=GCASH").status, 400, "no role there");
    assert_eq!(get(&server, "/api/v1/session/ways", "").json(), json!({ "password": true, "oidc": true }));
}

#[test]
fn a_provider_may_change_its_key() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    assert_eq!(sign_in(&server, "").status, 303);
    issuer.rotate();
    assert_eq!(sign_in(&server, "").status, 303);
}

#[test]
fn a_sign_in_is_finished_once_by_the_browser_that_began_it() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    let (to, mine) = begin(&server, "");
    let (_, theirs) = begin(&server, "");
    let back = agree(&to);
    assert_eq!(refusal(&get(&server, &back, &theirs)), over(), "another browser's cookie");
    assert_eq!(refusal(&get(&server, &back, &mine)), over(), "after another browser tried");
    let (to, mine) = begin(&server, "");
    assert_eq!(refusal(&get(&server, &agree(&to), "")), over(), "no cookie");

    let (to, mine_too) = begin(&server, "");
    let (code, _) = agree(&to).split_once("&state=").map(|(a, b)| (a.to_string(), b.to_string())).unwrap();
    assert_eq!(refusal(&get(&server, &format!("{code}&state=wrong"), &mine_too)), over(), "a wrong state");
    assert_eq!(refusal(&get(&server, &code, &mine_too)), over(), "no state");
    assert_ne!(mine, mine_too);

    let (to, mine) = begin(&server, "");
    let back = agree(&to);
    assert_eq!(get(&server, &back, &mine).status, 303);
    assert_eq!(refusal(&get(&server, &back, &mine)), over(), "the same once more");

    // A code that is used already, in a sign-in of one's own.
    let (used, _) = back.split_once("&state=").unwrap();
    let (to, mine) = begin(&server, "");
    let (_, state) = to.split_once("&state=").unwrap();
    let state = state.split('&').next().unwrap();
    let answer = get(&server, &format!("{used}&state={state}"), &mine);
    assert_eq!(refusal(&answer), refused());
    assert!(answer.json()["detail"].as_str().unwrap().contains("invalid_grant"));

    // And one that was made for another sign-in.
    let (other, _) = begin(&server, "");
    let fresh = agree(&other);
    let (fresh, _) = fresh.split_once("&state=").unwrap();
    let (to, mine) = begin(&server, "");
    let state = to.split_once("&state=").unwrap().1.split('&').next().unwrap();
    assert_eq!(refusal(&get(&server, &format!("{fresh}&state={state}"), &mine)), refused(), "the verifier is another");
}

#[test]
fn a_token_that_is_not_for_this_sign_in_gets_nobody_in() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    for bent in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "aud": "another" }),
        json!({ "aud": [CLIENT_ID, "another"] }),
        json!({ "iss": "https://id.example" }),
        json!({ "exp": 1_700_000_000 }),
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": null }),
    ] {
        issuer.bend(bent.clone());
        assert_eq!(refusal(&sign_in(&server, "")), refused(), "{bent}");
    }
    issuer.bend(json!({ "aud": [CLIENT_ID] }));
    assert_eq!(sign_in(&server, "").status, 303, "a list of one is as good");
}

#[test]
fn an_account_that_is_not_there_is_answered_like_a_disabled_one() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    run(&server, &["user", "add", "admin", "--no-password"]);
    run(&server, &["user", "disable", "maria.lee@example.com"]);
    let disabled = sign_in(&server, "");
    assert_eq!(refusal(&disabled), refused());
    // The third is no k, though it becomes one in lower case.
    for email in ["nobody@example.com", "admin", "mi\u{212a}e@example.com", "a b@example.com"] {
        run(&server, &["user", "disable", "maria.lee@example.com"]);
        issuer.bend(json!({ "email": email }));
        let answer = sign_in(&server, "");
        assert_eq!((refusal(&answer), &answer.body), (refused(), &disabled.body), "{email}");
    }
    run(&server, &["user", "enable", "maria.lee@example.com"]);
    issuer.bend(json!({}));
    assert_eq!(sign_in(&server, "").status, 303);
}

#[test]
fn the_provider_may_say_no() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    for (said, shown) in [("access_denied", "access_denied"), ("%3Cscript%3E", "unknown")] {
        let (to, cookie) = begin(&server, "");
        let state = to.split_once("&state=").unwrap().1.split('&').next().unwrap();
        let answer = get(&server, &format!("{BEGIN}/callback?error={said}&state={state}"), &cookie);
        assert_eq!(refusal(&answer), refused());
        assert!(answer.json()["detail"].as_str().unwrap().contains(shown));
    }
    let browser = [("accept", "text/html,*/*;q=0.8")];
    let page = server.request("GET", &format!("{BEGIN}/callback?state=x"), &browser, b"");
    assert_eq!((page.status, page.header("content-type")), (400, Some("text/html; charset=utf-8")));
    assert!(String::from_utf8(page.body).unwrap().contains("begin again"));
}

#[test]
fn a_provider_that_is_down_keeps_nobody_else_out() {
    let issuer = Issuer::start();
    issuer.set_down(true);
    let server = server_of(&issuer.url);
    assert_eq!(server.get("/readyz").status, 200);
    let answer = get(&server, BEGIN, "");
    assert_eq!(refusal(&answer), (503, "provider-unavailable".to_string()));
    assert!(answer.header("retry-after").is_some());
    issuer.set_down(false);
    let (to, cookie) = begin(&server, "");
    let back = agree(&to);
    issuer.set_down(true);
    assert_eq!(refusal(&get(&server, &back, &cookie)), (503, "provider-unavailable".to_string()));
    issuer.set_down(false);
    assert_eq!(sign_in(&server, "").status, 303);
}

#[test]
fn nobody_is_led_elsewhere() {
    let issuer = Issuer::start();
    let server = server_of(&issuer.url);
    begin(&server, "?return=/console");
    for to in
        ["https://evil.example/", "//evil.example", "/%5Cevil.example", "%5C%5Cevil.example", "/%09/evil.example", ""]
    {
        assert_eq!(
            refusal(&get(&server, &format!("{BEGIN}?return={to}"), "")),
            (400, "bad-request".to_string()),
            "{to}"
        );
    }
    for query in ["?wallet=a%0Ab", "?other=1", "?return=/a&return=/b"] {
        assert_eq!(get(&server, &format!("{BEGIN}{query}"), "").status, 400, "{query}");
    }
}

#[test]
fn without_a_provider_there_is_no_such_way() {
    let server = Server::start();
    assert_eq!(get(&server, "/api/v1/session/ways", "").json(), json!({ "password": true, "oidc": false }));
    assert_eq!((get(&server, BEGIN, "").status, get(&server, &format!("{BEGIN}/callback"), "").status), (404, 404));
}

#[test]
fn options_that_are_not_safe_or_not_whole_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (data, secret, empty) = (path("data"), path("secret"), path("empty"));
    std::fs::write(&secret, "hush").unwrap();
    std::fs::write(&empty, "\n").unwrap();
    let good = ["https://id.example", "penstock", &secret, "https://penstock.example"];
    let names = ["--oidc-issuer", "--oidc-client-id", "--oidc-client-secret-file", "--public-url"];
    let refused = |values: &[Option<&str>; 4]| {
        let given = names.iter().zip(values).filter_map(|(name, value)| value.map(|value| [*name, value]));
        let output = penstock(
            &[&["serve", "--listen", "127.0.0.1:0", "--data", &data][..], &given.collect::<Vec<_>>().concat()].concat(),
        );
        assert!(!output.status.success(), "{values:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for missing in 0..4 {
        let mut values = good.map(Some);
        values[missing] = None;
        assert!(refused(&values).contains(names[missing]));
    }
    for (at, bad, why) in [
        (0, "http://id.example", "https"),
        (3, "http://penstock.example", "https"),
        (3, "https://penstock.example/here", "alone"),
        (2, &empty, "empty"),
        (2, "/nowhere", "/nowhere"),
    ] {
        let mut values = good.map(Some);
        values[at] = Some(bad);
        assert!(refused(&values).contains(why), "{bad}");
    }
}
