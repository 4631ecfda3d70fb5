//! `POST /asap/synchronizeContent` over HTTP: outcomes, limits, encodings, credentials.

mod support;

use serde_json::{Value, json};
use std::io::Write;
use support::{SYNC, Server, outcomes, store, tombstone};

const MIB: usize = 1024 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `resultStatus resultCode`, told the same by the wrapper and the flat copy.
fn result(answer: &Value) -> String {
    for field in ["resultCode", "resultStatus", "resultMessage"] {
        assert_eq!(answer["result"][field], answer[field], "{answer}");
        assert!(answer[field].is_string(), "{answer}");
    }
    format!("{} {}", answer["resultStatus"].as_str().unwrap(), answer["resultCode"].as_str().unwrap())
}

fn numbered(count: usize) -> Vec<Value> {
    (0..count).map(|n| store(&format!("s{n}"), 1, &json!({ "storeName": format!("Store {n}") }))).collect()
}

#[test]
fn g3_replays_are_stale_duplicate_or_applied() {
    let server = Server::start();
    let request: Value = serde_json::from_slice(
        &std::fs::read(support::repository("engine/tests/content/fixtures/store.json")).unwrap(),
    )
    .unwrap();
    let sample = &request["contents"][0];
    let at = |version: i64| {
        let mut item = sample.clone();
        item["contentVersion"] = json!(version);
        item.as_object_mut().unwrap().remove("tntInstId");
        item
    };
    let version = sample["contentVersion"].as_i64().unwrap();
    let answer = server.sync(&[at(version)]);
    assert_eq!(result(&answer), "S SUCCESS");
    assert_eq!(answer["itemResults"][0]["contentId"], sample["contentId"]);
    assert_eq!(answer["itemResults"][0]["contentVersion"], json!(version));
    assert_eq!(server.outcomes(&[at(version - 1)]), ["STALE_IGNORED"]);
    assert_eq!(server.outcomes(&[at(version)]), ["DUPLICATE"]);
    assert_eq!(server.outcomes(&[at(version + 1)]), ["APPLIED"]);
    assert_eq!(server.matched("STORE { storeName ~ \"mcdonalds\" }"), 1);
}

#[test]
fn g4_fifty_items_are_taken_more_or_none_are_not() {
    let server = Server::start();
    let answer = server.sync(&numbered(51));
    assert_eq!(result(&answer), "F PARAM_ILLEGAL");
    assert!(answer.get("itemResults").is_none());
    assert_eq!(result(&server.sync(&[])), "F PARAM_ILLEGAL");
    assert_eq!(server.matched("STORE { all }"), 0, "nothing was applied");
    let answer = server.sync(&numbered(50));
    assert_eq!(result(&answer), "S SUCCESS");
    assert_eq!(outcomes(&answer), vec!["APPLIED"; 50]);
    assert_eq!(server.matched("STORE { all }"), 50, "and visible in the very next preview");
}

#[test]
fn g5_a_tombstone_is_not_undone_by_an_older_version() {
    let server = Server::start();
    let valid = |version| store("x", version, &json!({ "storeName": "X" }));
    assert_eq!(server.outcomes(&[valid(3)]), ["APPLIED"]);
    assert_eq!(server.outcomes(&[tombstone("STORE", "x", 5)]), ["APPLIED"]);
    assert_eq!(server.outcomes(&[valid(4)]), ["STALE_IGNORED"]);
    assert_eq!(server.matched("STORE { all }"), 0);
    assert_eq!(server.get("/api/v1/items/STORE/x").status, 404);
    assert_eq!(server.outcomes(&[valid(6)]), ["APPLIED"]);
    assert_eq!(server.matched("STORE { all }"), 1);
}

#[test]
fn each_item_has_its_own_outcome_in_the_requests_order() {
    let server = Server::start();
    let answer = server.sync(&[
        store("a", 2, &json!({ "storeName": "A2" })),
        json!("no item"),
        store("a", 1, &json!({ "storeName": "A1" })),
        json!({ "contentType": "SHOP", "contentId": "b", "contentVersion": 1, "contentStatus": 1, "contentInfo": "{}" }),
        store("a", 2, &json!({ "storeName": "other" })),
        json!({ "contentType": "sku", "contentId": "c", "contentVersion": 7, "contentStatus": 1, "contentInfo": "{}" }),
        json!({ "contentType": "STORE", "contentId": "d", "contentVersion": 1, "contentStatus": 1, "contentInfo": "[" }),
        store("a", 3, &json!({ "storeName": "A3" })),
    ]);
    assert_eq!(result(&answer), "F PARTIAL_FAILURE");
    let expected =
        ["APPLIED", "INVALID", "STALE_IGNORED", "INVALID", "VERSION_CONFLICT", "APPLIED", "INVALID", "APPLIED"];
    assert_eq!(outcomes(&answer), expected);
    let results = &answer["itemResults"];
    assert_eq!(results[1]["contentType"], Value::Null);
    assert_eq!(results[3]["contentType"], "SHOP", "as sent where it is none of ours");
    assert_eq!(results[5]["contentType"], "LOCAL_SKU", "canonical where it is an alias");
    assert_eq!(results[5]["issues"][0]["code"], "CONTENT_TYPE_ALIAS");
    assert_eq!(results[6]["issues"][0]["severity"], "ERROR");
    assert!(results[6]["issues"][0]["pointer"].as_str().unwrap().starts_with("/contentInfo"));
    assert_eq!(server.get("/api/v1/items/store/a").json()["title"], "A3");
}

#[test]
fn validate_only_tells_the_outcomes_and_stores_nothing() {
    let server = Server::start();
    server.sync(&[store("a", 5, &json!({ "storeName": "A" }))]);
    let before = server.preview("STORE { all }", 10, None);
    let body = json!({ "contents": [
        store("a", 4, &json!({})), store("a", 6, &json!({ "storeName": "new" })), store("b", 1, &json!({})), json!(1),
    ]});
    for query in ["?validateOnly=true", "?validateOnly", "?a=b&validateOnly=true"] {
        let answer = server.post(&format!("{SYNC}{query}"), &body).json();
        assert_eq!(outcomes(&answer), ["STALE_IGNORED", "APPLIED", "APPLIED", "INVALID"]);
        assert_eq!((result(&answer).as_str(), &answer["validateOnly"]), ("F PARTIAL_FAILURE", &json!(true)));
    }
    let answer = server.post(&format!("{SYNC}?validateOnly=maybe"), &body);
    assert_eq!((answer.status, result(&answer.json()).as_str()), (400, "F PARAM_ILLEGAL"));
    let after = server.preview("STORE { all }", 10, None);
    assert_eq!((&before["asOf"], &before["items"]), (&after["asOf"], &after["items"]));
}

#[test]
fn the_tenant_comes_from_the_key() {
    let server = Server::start();
    let body = json!({ "contents": numbered(1) }).to_string();
    let post = |headers: &[(&str, &str)]| server.request("POST", SYNC, headers, body.as_bytes());
    let revoked = server.add_key("T");
    support::penstock(&["key", "revoke", "--data", server.data().to_str().unwrap(), &revoked]);
    for authorization in [None, Some("Bearer pk_nope"), Some("Basic abc"), Some(revoked.as_str())] {
        let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        let answer = post(&headers);
        assert_eq!((answer.status, result(&answer.json()).as_str()), (401, "F ACCESS_DENIED"), "{authorization:?}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
    let other = server.add_key("OTHER");
    assert_eq!(post(&[("authorization", &format!("bEaReR {other}"))]).status, 200, "a new key counts at once");
    assert_eq!(server.matched("STORE { all }"), 0, "another tenant's items are not ours");
    let mut item = numbered(1).remove(0);
    item["tntInstId"] = json!("OTHER");
    let answer = server.sync(&[item.clone()]);
    assert_eq!(answer["itemResults"][0]["issues"][0]["code"], "TENANT_MISMATCH");
    item["tntInstId"] = json!("T");
    assert_eq!(server.outcomes(&[item]), ["APPLIED"]);
}

/// Headers, body, expected status and result.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);

#[test]
fn what_is_not_json_is_refused_by_its_status() {
    let server = Server::start();
    let body = json!({ "contents": numbered(1) }).to_string();
    let latin1 = b"{\"contents\":[{\"contentId\":\"caf\xe9\"}]}";
    let cut = &gzip(body.as_bytes())[..30];
    let cases: [Case<'_>; 12] = [
        (&[], b"", 400, "F BODY_NOT_JSON"),
        (&[], b"{\"contents\":[", 400, "F BODY_NOT_JSON"),
        (&[], b"contents=1", 400, "F BODY_NOT_JSON"),
        (&[], latin1, 400, "F BODY_NOT_JSON"),
        (&[], b"[]", 200, "F PARAM_ILLEGAL"),
        (&[], b"{\"contents\":{}}", 200, "F PARAM_ILLEGAL"),
        (&[], b"{\"content\":[]}", 200, "F PARAM_ILLEGAL"),
        (&[("content-type", "text/plain")], body.as_bytes(), 415, "F UNSUPPORTED_CONTENT_TYPE"),
        (&[("content-encoding", "br")], body.as_bytes(), 415, "F UNSUPPORTED_CONTENT_ENCODING"),
        (&[("content-encoding", "gzip")], body.as_bytes(), 400, "F BODY_DAMAGED"),
        (&[("content-encoding", "zstd")], body.as_bytes(), 400, "F BODY_DAMAGED"),
        (&[("content-encoding", "gzip")], cut, 400, "F BODY_DAMAGED"),
    ];
    for (headers, body, status, expected) in cases {
        let answer = server.post_bytes(SYNC, headers, body);
        let told = (answer.status, result(&answer.json()));
        assert_eq!(told, (status, expected.to_string()), "{headers:?} {:?}", String::from_utf8_lossy(body));
    }
    for content_type in ["application/json; charset=UTF-8", "Application/Json", "application/cloudevents+json"] {
        assert_eq!(server.post_bytes(SYNC, &[("content-type", content_type)], body.as_bytes()).status, 200);
    }
    let answer = server.get(SYNC);
    assert_eq!((answer.status, result(&answer.json()).as_str()), (405, "F METHOD_NOT_SUPPORTED"));
}

#[test]
fn bodies_are_bounded_as_sent_and_after_decompression() {
    let server = Server::start();
    let padded = |bytes: usize| {
        let mut body = json!({ "contents": numbered(1) }).to_string().into_bytes();
        body.resize(bytes, b' ');
        body
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let send = |coding: &str, body: &[u8]| {
        let answer = server.post_bytes(SYNC, &[("content-encoding", coding)], body);
        (answer.status, result(&answer.json()))
    };
    let (whole, over) = (padded(10 * MIB), padded(10 * MIB + 1));
    let success = (200, "S SUCCESS".to_string());
    let too_large = (413, "F BODY_TOO_LARGE".to_string());
    assert_eq!(send("identity", &whole), success);
    assert_eq!(send("gzip", &gzip(&whole)), success);
    assert_eq!(send("ZSTD", &zstd(&whole)), success);
    assert_eq!(send("identity", &over), too_large);
    assert_eq!(send("gzip", &gzip(&over)), too_large);
    assert_eq!(send("zstd", &zstd(&over)), too_large);
    // A gigabyte of zeros in a small body: answered, and without its memory.
    let bomb = zstd(&vec![b' '; 1024 * MIB]);
    assert!(bomb.len() < MIB);
    assert_eq!(send("zstd", &bomb), too_large);
    assert_eq!(send("gzip", &gzip(&vec![b' '; 256 * MIB])), too_large);
    assert_eq!(server.outcomes(&numbered(1)), ["DUPLICATE"], "the server goes on");
}

#[test]
fn nesting_is_bounded() {
    let server = Server::start();
    let nested = |depth: usize| {
        // The object, the list and the item are the first three.
        let deep = format!("{}{}", "[".repeat(depth - 3), "]".repeat(depth - 3));
        let item = store("a", 1, &json!({})).to_string();
        format!("{{\"contents\":[{},\"more\":{deep}}}]}}", &item[..item.len() - 1])
    };
    for (depth, status, expected) in
        [(32, 200, "S SUCCESS"), (33, 413, "F BODY_TOO_DEEP"), (100_000, 413, "F BODY_TOO_DEEP")]
    {
        let answer = server.post_bytes(SYNC, &[], nested(depth).as_bytes());
        assert_eq!((answer.status, result(&answer.json()).as_str()), (status, expected), "{depth}");
    }
}

#[test]
fn a_business_date_is_optional_and_an_unreadable_one_is_said() {
    let server = Server::start();
    let body = |date: Value| json!({ "contents": numbered(1), "bizDate": date, "requestTime": 1 });
    for good in [json!("2026-06-01"), json!("2026-06-01T08:00:00+08:00"), json!(1_764_000_000_000_i64), Value::Null] {
        let answer = server.post(SYNC, &body(good.clone())).json();
        assert_eq!((result(&answer).as_str(), answer.get("issues")), ("S SUCCESS", None), "{good}");
    }
    let answer = server.post(SYNC, &body(json!("1st of June"))).json();
    assert_eq!(result(&answer), "S SUCCESS");
    assert_eq!(answer["issues"][0]["code"], "BIZ_DATE_UNREADABLE");
}

#[test]
fn the_flat_copy_can_be_switched_off() {
    let server = Server::start_with(&["--no-flat-result"]);
    let answer = server.sync(&numbered(1));
    assert_eq!(answer["result"]["resultStatus"], "S");
    assert!(answer.get("resultStatus").is_none());
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill_and_after_a_stop() {
    let server = Server::start();
    server.sync(&numbered(20));
    let server = server.kill_and_restart();
    assert_eq!(server.matched("STORE { all }"), 20);
    assert_eq!(server.outcomes(&numbered(1)), ["DUPLICATE"]);
    server.sync(&[store("late", 1, &json!({ "storeName": "Late" }))]);
    let server = server.stop_and_restart();
    assert_eq!(server.matched("STORE { storeName = \"late\" }"), 1);
}
