//! Over HTTP: what stops a task's items, as counts, pages and files; and the audit trail as a file.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use support::market::{Market, merchant, ok, store_of};
use support::{Answer, item};

const RULES: &str = "STORE { all } BENEFIT { all }";

/// Items with everything that can stop one: fields, onboarding, risk, and several at once.
fn stopped() -> (Market, String) {
    let mut market = Market::open();
    market.prepare("HK", "GCASH", &[("M1", &["2102900000001172"]), ("M2", &[])]);
    let nameless = |id: &str, merchant: &str| item("STORE", id, 1, &json!({ "merchantId": merchant }));
    let items = [
        store_of("M1", "good", 1, &["hotel"]),
        nameless("nameless", "M1"),
        nameless("both", "EVIL"),
        store_of("EVIL", "=cmd|' /C calc'!A0", 9, &[]),
        item("STORE", "bare", 1, &json!({ "ext": 1 })),
        store_of("M2", "risky", 1, &[]),
        item("BENEFIT", "b", 1, &json!({ "merchantId": "M1", "amount": { "amount": "1", "currency": "HKD" } })),
        merchant("EVIL", "=HYPERLINK(\"http://x\",\"y\")\u{1}"),
    ];
    market.sync("HK", &items);
    let decision = json!({ "targetWallet": "GCASH", "contentType": "STORE", "contentId": "risky", "decision": "STOP",
        "reason": "counterfeit", "version": 1 });
    ok(market.server.post("/api/v1/risk", &json!({ "decisions": [decision] })));
    let task = market.draft("HK", "GCASH", "all", RULES);
    (market, task)
}

/// `id code field` of each row.
fn rows_of(rows: &[Vec<String>]) -> Vec<String> {
    let mut all: Vec<String> = rows.iter().map(|row| format!("{} {} {}", row[3], row[5], row[6])).collect();
    all.sort();
    all
}

const ALL: [&str; 8] = [
    "=cmd|' /C calc'!A0 MERCHANT_NOT_ONBOARDED ",
    "b MISSING_FIELD benefitName",
    "bare MISSING_FIELD merchantId",
    "bare MISSING_FIELD storeName",
    "both MERCHANT_NOT_ONBOARDED ",
    "both MISSING_FIELD storeName",
    "nameless MISSING_FIELD storeName",
    "risky RISK_STOPPED ",
];

#[test]
fn ineligible_supply_is_counted_by_type_and_reason_and_listed() {
    let (market, task) = stopped();
    let found = market.read("sop", &format!("/api/v1/tasks/{task}/ineligible"));
    let store = &found["contentTypes"][0];
    let parts = ["ineligible", "missingField", "merchantNotOnboarded", "riskStopped"].map(|part| store[part].clone());
    assert_eq!((&store["contentType"], parts), (&json!("STORE"), [json!(4), json!(3), json!(2), json!(1)]), "{found}");
    let issues: BTreeMap<String, Value> = store["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| {
            let field = issue["field"].as_str().unwrap_or_default();
            (
                format!("{} {field} {}", issue["code"].as_str().unwrap(), issue["owner"].as_str().unwrap()),
                issue["items"].clone(),
            )
        })
        .collect();
    assert_eq!(
        json!(issues),
        json!({
            "MISSING_FIELD merchantId MERCHANT": 1, "MISSING_FIELD storeName MERCHANT": 3,
            "MERCHANT_NOT_ONBOARDED  ASAP": 2, "RISK_STOPPED  WALLET": 1,
        })
    );
    assert_eq!(store["issues"][0]["doc"], "docs/ineligible-supply.md#missing_field");
    let merchant = &found["merchants"][0];
    assert_eq!(
        (&merchant["merchantId"], &merchant["items"], &found["merchantsTotal"]),
        (&json!("EVIL"), &json!(2), &json!(1))
    );
    assert!(merchant["name"].as_str().unwrap().starts_with("=HYPERLINK"), "JSON says what it is");
    assert_eq!((&found["rows"], &found["contentTypes"][1]["missingField"]), (&json!(8), &json!(1)));

    let list = |query: &str| {
        let (mut ids, mut after) = (Vec::new(), String::new());
        loop {
            let page = market.read("sop", &format!("/api/v1/tasks/{task}/ineligible/items?limit=2{query}{after}"));
            ids.extend(page["items"].as_array().unwrap().iter().map(|i| i["contentId"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => {
                    assert_eq!(page["total"], ids.len());
                    return ids;
                }
            }
        }
    };
    assert_eq!(list(""), ["nameless", "both", "=cmd|' /C calc'!A0", "bare", "risky", "b"]);
    assert_eq!(list("&contentType=STORE&reason=MISSING_FIELD"), ["nameless", "both", "bare"]);
    assert_eq!(list("&field=merchantId"), ["bare"]);
    assert_eq!(list("&merchantId=EVIL"), ["both", "=cmd|' /C calc'!A0"]);
    assert_eq!(list("&merchantId=EVIL&reason=MISSING_FIELD"), ["both"]);
    assert_eq!(list("&reason=RISK_STOPPED"), ["risky"]);
    assert!(list("&merchantId=nobody").is_empty());
    let both = market.read("sop", &format!("/api/v1/tasks/{task}/ineligible/items?merchantId=EVIL"));
    assert_eq!(both["items"][0]["issues"].as_array().unwrap().len(), 2, "{both}");
    for bad in ["reason=missing", "contentType=SHOP", "limit=0", "what=1", "after=x y"] {
        let answer = market.ask(
            "sop",
            "GET",
            &format!("/api/v1/tasks/{task}/ineligible/items?{}", bad.replace(' ', "%20")),
            &Value::Null,
        );
        assert_eq!(answer.status, 400, "{bad}");
    }
    // A draft is its source's alone.
    for (who, path) in [("sup", "ineligible"), ("sop2", "ineligible/items"), ("sup", "ineligible/download")] {
        assert_eq!(market.ask(who, "GET", &format!("/api/v1/tasks/{task}/{path}"), &Value::Null).status, 404, "{who}");
    }

    // What is mended goes through by itself.
    let mut market = market;
    market.sync("HK", &[store_of("M1", "nameless", 2, &[])]);
    let found = market.read("sop", &format!("/api/v1/tasks/{task}/ineligible"));
    assert_eq!((&found["contentTypes"][0]["missingField"], &found["rows"]), (&json!(2), &json!(7)));
}

fn download(market: &Market, task: &str, query: &str) -> Answer {
    let answer = market.ask("sop", "GET", &format!("/api/v1/tasks/{task}/ineligible/download?{query}"), &Value::Null);
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    answer
}

/// The records of a CSV file, by RFC 4180.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {
                assert_eq!(rest.next(), Some('\n'));
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    assert!(record.is_empty() && field.is_empty(), "the file ends inside a record");
    records
}

#[test]
fn downloads_have_a_row_an_item_and_issue_and_run_nothing() {
    let (market, task) = stopped();
    let file = download(&market, &task, "");
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"HK-1-ineligible.csv\""));
    assert_eq!(file.header("x-total-count"), Some("8"));
    let text = String::from_utf8(file.body).unwrap();
    let mut records = csv(text.strip_prefix('\u{feff}').unwrap());
    let head = records.remove(0);
    assert_eq!(head.join(","), "merchantId,merchantName,contentType,contentId,contentVersion,code,field,owner");
    let mut wanted: Vec<String> = ALL.iter().map(|row| row.replace("=cmd", "'=cmd")).collect();
    wanted.sort();
    assert_eq!(rows_of(&records), wanted);
    let evil = records.iter().find(|row| row[3].contains("cmd")).unwrap();
    assert_eq!(evil[1], "'=HYPERLINK(\"http://x\",\"y\")", "without the control character at its end");
    assert_eq!((&*evil[4], &*evil[7]), ("9", "ASAP"));

    let file = download(&market, &task, "format=json");
    let rows = file.json();
    let texts = |row: &Value| {
        head.iter().map(|name| row[name].as_str().map_or_else(String::new, str::to_owned)).collect::<Vec<_>>()
    };
    let read: Vec<Vec<String>> = rows.as_array().unwrap().iter().map(texts).collect();
    assert_eq!(rows_of(&read), ALL);
    assert_eq!(rows[0]["contentVersion"], 1);
    let few = download(&market, &task, "format=json&reason=MERCHANT_NOT_ONBOARDED&contentType=STORE");
    assert_eq!((few.header("x-total-count"), few.json().as_array().unwrap().len()), (Some("2"), 2));
    assert_eq!(download(&market, &task, "format=json&merchantId=nobody").json(), json!([]));

    let file = download(&market, &task, "format=xlsx");
    assert_eq!(file.header("x-total-count"), Some("8"));
    assert!(file.header("content-disposition").unwrap().ends_with("ineligible.xlsx\""));
    let sheet = unzipped(&file.body, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>"), "no cell is a formula");
    assert!(sheet.contains("=HYPERLINK("), "{sheet}");
    assert!(!sheet.contains('\u{1}') && !sheet.contains("_x0001_"));
    assert_eq!(sheet.matches("<row ").count(), 9, "{sheet}");
    let wrong = market.ask("sop", "GET", &format!("/api/v1/tasks/{task}/ineligible/download?format=pdf"), &Value::Null);
    assert_eq!(wrong.status, 400);
}

/// A file of a ZIP archive.
fn unzipped(archive: &[u8], name: &str) -> String {
    let at = archive.windows(name.len()).position(|w| w == name.as_bytes()).unwrap_or_else(|| panic!("no {name}"));
    let extra = usize::from(u16::from_le_bytes([archive[at - 2], archive[at - 1]]));
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(&archive[at + name.len() + extra..]).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_download_of_many_items_is_whole() {
    let mut market = Market::open();
    market.prepare("HK", "GCASH", &[("another", &["A-1"])]);
    let items: Vec<Value> = (0..2_300).map(|n| store_of("M", &format!("s{n}"), 1, &[])).collect();
    items.chunks(50).for_each(|batch| market.sync("HK", batch));
    let task = market.draft("HK", "GCASH", "all", "STORE { all }");
    for format in ["csv", "json", "xlsx"] {
        let file = download(&market, &task, &format!("format={format}"));
        assert_eq!(file.header("x-total-count"), Some("2300"));
        let rows = match format {
            "csv" => csv(&String::from_utf8(file.body).unwrap()).len() - 1,
            "json" => file.json().as_array().unwrap().len(),
            _ => unzipped(&file.body, "xl/worksheets/sheet1.xml").matches("<row ").count() - 1,
        };
        assert_eq!(rows, 2_300, "{format}");
    }
}

#[test]
fn the_whole_audit_trail_is_a_file() {
    let (market, task) = stopped();
    for n in 0..1_200 {
        let body = json!({ "required": ["storeName"], "version": n + 2 });
        ok(market.server.put("/api/v1/wallets/GCASH/policies/STORE", &body));
    }
    let export = |who: &str, query: &str| {
        let answer = market.ask(who, "GET", &format!("/api/v1/audit/export?{query}"), &Value::Null);
        assert_eq!(answer.status, 200);
        let total: usize = answer.header("x-total-count").unwrap().parse().unwrap();
        (total, String::from_utf8(answer.body).unwrap())
    };
    let (total, text) = export("audit", "");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(total > 1_200 && lines.len() == total, "{total} {}", lines.len());
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = market.read("audit", &format!("/api/v1/audit?order=asc&limit=1000{after}"));
        listed.extend(page["entries"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(lines, listed, "the file says what the list says");
    let (total, text) = export("sop", "format=csv");
    assert_eq!(csv(&text).len(), total + 1);
    let (total, text) = export("sop", &format!("task={task}"));
    assert_eq!((total, text.lines().count()), (1, 1), "{text}");
    assert_eq!(market.ask("sop", "GET", "/api/v1/audit/export?format=xlsx", &Value::Null).status, 400);
    assert_eq!(market.ask("sup", "GET", "/api/v1/audit/export", &Value::Null).status, 403);
}
