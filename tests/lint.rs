//! Lint over HTTP and from the command line.

mod support;

use serde_json::{Value, json};
use std::process::Output;
use support::{Server, penstock, store};

const LINT: &str = "/api/v1/rules/lint";

/// Ten stores in Cebu City, the last in Manila.
fn filled() -> Server {
    let server = Server::start();
    let city = |n: usize| if n == 9 { "Manila" } else { "Cebu City" };
    let stores: Vec<Value> = (0..10)
        .map(|n| store(&format!("s{n}"), 1, &json!({ "storeName": format!("Store {n}"), "city": city(n) })))
        .collect();
    server.sync(&stores);
    server
}

fn lint(server: &Server, body: &Value) -> Value {
    let answer = server.post(LINT, body);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

#[test]
fn findings_have_places_fixes_and_evidence() {
    let server = filled();
    let rules = "STORE {\n  city = \"Cebu\"\n  or city = \"Manila\" and city in (\"Manila\", \"Cebu City\")\n}";
    let report = lint(&server, &json!({ "rules": rules }));
    assert_eq!((&report["ok"], &report["truncated"]), (&json!(true), &json!(false)));
    assert!(report["asOf"].as_u64().unwrap() >= 1);
    let [unseen, redundant] = report["diagnostics"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&unseen["code"], &unseen["severity"], &unseen["line"]), (&json!("W511"), &json!("warning"), &json!(2)));
    assert_eq!(unseen["fixes"][0]["edits"][0]["text"], "\"Cebu City\"");
    assert_eq!(unseen["evidence"]["instead"], json!([{ "value": "Cebu City", "count": 9 }]));
    assert_eq!(redundant["code"], "W504");
    let evidence = json!({ "total": 10, "matched": 10, "removed": 0, "only": null, "instead": [],
        "item": { "contentType": "STORE", "contentId": "s9", "title": "Store 9" } });
    assert_eq!(redundant["evidence"], evidence);
    let place = &redundant["related"][0];
    let span = |end: &str| place[end].as_u64().unwrap() as usize;
    assert_eq!(&rules[span("start")..span("end")], "city = \"Manila\"");
}

#[test]
fn rule_sets_are_compared_with_others() {
    let server = filled();
    let against = json!([{ "name": "Task 7", "rules": "STORE { city = \"Manila\" // the same\n }" }, { "name": "x", "rules": "" }]);
    let report = lint(&server, &json!({ "rules": "STORE { city = \"Manila\" }", "against": against }));
    assert_eq!(report["diagnostics"][0]["code"], "W519");
    assert!(report["diagnostics"][0]["message"].as_str().unwrap().contains("Task 7"), "{report}");
    assert_eq!(report["diagnostics"][0]["evidence"], Value::Null);
}

#[test]
fn a_rule_set_that_is_compared_has_its_own_rates() {
    let server = filled();
    for (date, hkd) in [("2026-01-30", "7.8"), ("2026-01-31", "8")] {
        let table = json!({ "date": date, "base": "USD", "rates": { "HKD": hkd } });
        assert_eq!(server.post("/api/v1/fx", &table).status, 200);
    }
    let rules = "STORE { minPriceRange > USD 5 ~fx }";
    let named = |name: &str, date: Value| json!({ "name": name, "rules": rules, "fxDate": date });
    let against = json!([named("then", json!("2026-01-30")), named("latest", Value::Null)]);
    let report = lint(&server, &json!({ "rules": rules, "against": against }));
    let found = report["diagnostics"].as_array().unwrap();
    let same: Vec<_> = found.iter().filter(|d| d["code"] == "W519").map(|d| d["message"].as_str().unwrap()).collect();
    assert!(matches!(same.as_slice(), [one] if one.contains("\"latest\"")), "{report}");
    let unknown = json!({ "rules": rules, "against": [named("Task 7", json!("2025-01-01"))] });
    let answer = server.post(LINT, &unknown);
    assert_eq!(answer.status, 404);
    assert!(answer.json()["detail"].as_str().unwrap().contains("Task 7"), "{}", answer.json());
}

#[test]
fn errors_of_the_rules_are_its_findings() {
    let server = filled();
    let rules = "STORE { storname = \"x\" }";
    let report = lint(&server, &json!({ "rules": rules }));
    let check = server.post("/api/v1/rules/check", &json!({ "rules": rules })).json();
    assert_eq!(report["ok"], json!(false));
    let fields = ["code", "severity", "span", "line", "column", "message", "fixes"];
    for field in fields {
        assert_eq!(report["diagnostics"][0][field], check["diagnostics"][0][field], "{field}");
    }
    assert_eq!(server.post(LINT, &json!({ "rules": rules, "more": 1 })).status, 400);
    assert_eq!(server.post(LINT, &json!({ "rules": rules, "fxDate": "2026-01-31" })).status, 404);
    assert_eq!(server.request("POST", LINT, &[("content-type", "application/json")], b"{}").status, 401);
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_line_lints_with_and_without_a_server() {
    let server = filled();
    let file = server.data().join("a.rules");
    let name = file.to_str().unwrap();
    std::fs::write(&file, "STORE { city = \"Cebu\" or city = \"Manila\" and city is set }").unwrap();
    let alone = penstock(&["rule", "lint", name]);
    let (out, findings) = said(&alone);
    assert!(alone.status.success() && out.starts_with("1 finding by logic alone"), "{out}{findings}");
    assert!(findings.contains("warning[W504]") && !findings.contains("W511"), "{findings}");
    let asked = penstock(&["rule", "lint", name, "--server", &server.url, "--key", &server.key]);
    let (out, findings) = said(&asked);
    assert!(asked.status.success() && out.starts_with("2 findings, as of "), "{out}{findings}");
    for part in [
        "warning[W511]",
        "help: write \"Cebu City\"",
        "warning[W504]",
        "items: 10 of 10, removed 0, such as STORE s9 \"Store 9\"",
        "items: 0 of 10; instead there are Cebu City (9)",
    ] {
        assert!(findings.contains(part), "{part} is not in\n{findings}");
    }
    std::fs::write(&file, "STORE { citty = \"Cebu\" }").unwrap();
    for arguments in [&["rule", "lint", name][..], &["rule", "lint", name, "--url", &server.url, "--key", &server.key]]
    {
        let output = penstock(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).1.contains("error[E103]"), "{}", said(&output).1);
    }
    let same = server.data().join("same.rules");
    std::fs::write(&file, "STORE { minPriceRange > USD 5 ~fx or city = \"Manila\" }").unwrap();
    std::fs::write(&same, "STORE{minPriceRange>USD 5 ~fx or city=\"Manila\"}").unwrap();
    let compared = ["rule", "lint", name, "--against", same.to_str().unwrap(), name];
    let (_, findings) = said(&penstock(&["rule", "lint", name, "--against", name]));
    assert!(findings.contains("error[E"), "there are no rates: {findings}");
    let table = json!({ "date": "2026-01-31", "base": "USD", "rates": { "HKD": "7.8" } });
    assert_eq!(server.post("/api/v1/fx", &table).status, 200);
    let rates = server.data().join("rates.json");
    std::fs::write(&rates, table.to_string()).unwrap();
    let rates = ["--rates", rates.to_str().unwrap()];
    let asking = ["--url", &server.url, "--key", &server.key, "--fx-date", "2026-01-31"];
    for with in [&rates[..], &asking] {
        let (_, findings) = said(&penstock(&[&compared, with].concat()));
        assert_eq!(findings.matches("warning[W519]").count(), 2, "{findings}");
        assert!(findings.contains("same.rules"), "{findings}");
    }
    let other_day = ["--url", &server.url, "--key", &server.key, "--fx-date", "2026-01-01"];
    assert_eq!(penstock(&[&compared, &other_day[..]].concat()).status.code(), Some(2));
    for wrong in [&["--url", &server.url][..], &["--fx-date", "2026-01-31"], &[&asking, &rates[..]].concat()] {
        let output = penstock(&[&compared, wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(said(&output).1.contains("Usage: "), "{}", said(&output).1);
    }
    let nowhere = penstock(&["rule", "lint", name, "--url", "http://127.0.0.1:1", "--key", "pk_x"]);
    assert_eq!(nowhere.status.code(), Some(2));
}
