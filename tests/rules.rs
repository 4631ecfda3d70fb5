//! Over HTTP and on the command line: rule texts checked, formatted, read back, drawn as a form and changed by it.

mod support;

use serde_json::{Value, json};
use std::process::Output;
use support::{Server, penstock};

const TEXT: &str =
    "store{ // all of them\n \"Cheap\":minPriceRange<hkd 50 and city in(\"Cebu\",\"Manila\")or storeName~\"ramen\" }";

fn rules(server: &Server, operation: &str, body: &Value) -> support::Answer {
    server.post(&format!("/api/v1/rules/{operation}"), body)
}

#[test]
fn a_text_is_formatted_and_read_back() {
    let server = Server::start();
    let formatted = rules(&server, "format", &json!({ "rules": TEXT })).json()["rules"].as_str().unwrap().to_string();
    assert!(formatted.starts_with("STORE { // all of them\n"), "{formatted}");
    assert!(formatted.contains("minPriceRange < HKD 50 and city in (\"Cebu\", \"Manila\")"), "{formatted}");
    let hash = |text: &str| rules(&server, "check", &json!({ "rules": text })).json()["hash"].clone();
    assert_eq!(hash(&formatted), hash(TEXT));
    let broken = rules(&server, "format", &json!({ "rules": "STORE { city = }" }));
    assert_eq!((broken.status, &broken.json()["diagnostics"][0]["code"]), (422, &json!("E010")));

    let english = rules(&server, "echo", &json!({ "rules": TEXT })).json();
    assert_eq!(english["selections"][0]["groups"][0]["title"], "“Cheap”:");
    assert!(english["text"].as_str().unwrap().contains("less than HKD 50"), "{english}");
    let chinese = rules(&server, "echo", &json!({ "rules": TEXT, "language": "zh-Hant" })).json();
    assert!(chinese["text"].as_str().unwrap().contains("門店"), "{chinese}");
    assert_eq!(rules(&server, "echo", &json!({ "rules": TEXT, "language": "fr" })).status, 400);
    assert_eq!(rules(&server, "echo", &json!({ "rules": "STORE { storname ~ \"x\" }" })).status, 422);
}

#[test]
fn a_form_changes_a_text_where_it_was_changed_and_nowhere_else() {
    let server = Server::start();
    let form = rules(&server, "form", &json!({ "rules": TEXT })).json();
    let rule = &form["blocks"][0]["groups"][0]["rules"][1];
    assert_eq!((&rule["widget"], &rule["path"]), (&json!("keywordPicker"), &json!("city")));
    let at = json!({ "block": 0, "group": 0, "rule": 1 });

    let mut data = rule["data"].clone();
    let same =
        rules(&server, "text", &json!({ "rules": TEXT, "changes": [{ "setRule": { "at": at, "data": data } }] }))
            .json();
    assert_eq!((same["rules"].as_str(), &same["edits"]), (Some(TEXT), &json!([])));

    data["negated"] = json!(true);
    let changes = json!([{ "setRule": { "at": at, "data": data } }]);
    let changed = rules(&server, "text", &json!({ "rules": TEXT, "changes": changes })).json();
    assert_eq!(changed["rules"].as_str().unwrap(), TEXT.replace("city in", "not city in"));
    assert_eq!(changed["form"]["blocks"][0]["groups"][0]["rules"][1]["data"]["negated"], true);

    let nowhere = json!([{ "removeRule": { "at": { "block": 7, "group": 0, "rule": 0 } } }]);
    assert_eq!(rules(&server, "text", &json!({ "rules": TEXT, "changes": nowhere })).status, 409);
    assert_eq!(rules(&server, "text", &json!({ "rules": TEXT, "changes": [{ "fly": {} }] })).status, 400);
}

fn text(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap())
}

#[test]
fn the_command_line_formats_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_string()
    };
    let file = path("set.rules", TEXT);
    assert_eq!(text(&penstock(&["rule", "fmt", "--check", &file])).0, Some(1));
    let (code, formatted) = text(&penstock(&["rule", "fmt", &file]));
    assert_eq!((code, std::fs::read_to_string(&file).unwrap().as_str()), (Some(0), TEXT));
    assert_eq!(text(&penstock(&["rule", "fmt", "--write", &file])), (Some(0), String::new()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), formatted);
    assert_eq!(text(&penstock(&["rule", "fmt", "--check", &file])).0, Some(0));
    let (code, chinese) = text(&penstock(&["rule", "echo", "--language", "zh-hant", &file]));
    assert!(code == Some(0) && chinese.contains("HKD 50"), "{chinese}");

    let converted = path("fx.rules", "STORE { minPriceRange < HKD 50 ~fx }");
    assert_eq!(text(&penstock(&["rule", "check", &converted])).0, Some(1));
    let rates = path("rates.json", r#"{ "date": "2026-01-31", "base": "USD", "rates": { "HKD": 7.8 } }"#);
    assert_eq!(text(&penstock(&["rule", "check", &converted, "--rates", &rates])).0, Some(0));
    let (_, english) = text(&penstock(&["rule", "echo", &converted, "--rates", &rates]));
    assert!(english.contains("2026-01-31"), "{english}");
}
