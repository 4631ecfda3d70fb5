//! What holds for any input.

use crate::support::{codes, decode_text, item};
use penstock_dsl::registry::ContentType;
use penstock_engine::content::contents_info::document;
use penstock_engine::content::eligibility::missing_required;
use penstock_engine::content::payload::payload_hash;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Keys that mean something, and others.
fn key() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "storeName",
        "STORENAME",
        "skuName",
        "name",
        "externalTags",
        "minPriceRange",
        "maxPriceRange",
        "amount",
        "startTime",
        "location",
        "linkURL",
        "imageURLs",
        "externalRating",
        "extInfo",
        "extinfo",
        "multilLang",
        "multiLang",
        "en_PH",
        "en-PH",
        "zh-Hant",
        "currency",
        "currencyCode",
        "currencyValue",
        "cent",
        "centFactor",
        "storeId",
        "discount",
    ];
    prop_oneof![6 => select(KNOWN).prop_map(String::from), 1 => "\\PC{0,6}", 1 => "[a-d]"]
}

/// JSON text, numbers in any spelling, and strings that hold JSON.
fn json_text() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,22})?";
    let words =
        select(&["PHP", "HKD", "608", "22.2,114.1", "1551830400000", "", " ", "true", "Ab"][..]).prop_map(quoted);
    let leaf = prop_oneof![
        Just("null".to_string()),
        Just("true".to_string()),
        number,
        words,
        "\\PC{0,8}".prop_map(|text| quoted(&text)),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let object = prop::collection::vec((key(), inner.clone()), 0..6).prop_map(object_text).boxed();
        prop_oneof![
            2 => prop::collection::vec(inner, 0..4).prop_map(|members| format!("[{}]", members.join(","))),
            4 => object.clone(),
            1 => object.prop_map(|text| quoted(&text)),
        ]
    })
}

fn object() -> impl Strategy<Value = String> {
    prop::collection::vec((key(), json_text()), 0..8).prop_map(object_text)
}

fn object_text(members: Vec<(String, String)>) -> String {
    let members: Vec<String> = members.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn content_type() -> impl Strategy<Value = ContentType> {
    select(&ContentType::ALL[..])
}

proptest! {
    #[test]
    fn decoding_never_panics(text in prop_oneof![json_text(), object()], status in 0..3u8) {
        let _ = decode_text(&text);
        for content_type in ContentType::ALL {
            if let Ok(item) = decode_text(&item(content_type.name(), status, &text)) {
                item.document.as_ref().map(missing_required);
            }
        }
        payload_hash(true, &text);
    }

    #[test]
    fn junk_is_refused_and_never_panics(text in "\\PC{0,60}|[{}\\[\\]\",:0-9a]{0,30}") {
        let _ = document(ContentType::Store, &text);
        payload_hash(false, &text);
        let _ = decode_text(&item("STORE", 1, &text));
    }

    #[test]
    fn a_document_is_deterministic_sorted_and_the_same_after_a_round_trip(content_type in content_type(), info in object()) {
        let (first, issues) = document(content_type, &info).unwrap();
        let (second, again) = document(content_type, &info).unwrap();
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(codes(&issues), codes(&again));
        prop_assert!(first.declared.is_sorted_by(|a, b| a.0 < b.0));
        prop_assert!(first.ext.is_sorted_by(|a, b| a.0 < b.0));
        let bytes = postcard::to_stdvec(&first).unwrap();
        prop_assert_eq!(&first, &postcard::from_bytes(&bytes).unwrap());
        for issue in &issues {
            prop_assert!(!issue.message.contains(char::is_control), "{:?}", issue);
        }
    }

    /// Order of members, white space and escapes do not matter: neither for the hash, nor for what rules read.
    #[test]
    fn equal_payloads_have_equal_hashes_and_documents(content_type in content_type(), info in object(), seed in any::<u64>()) {
        let value: Value = serde_json::from_str(&info).unwrap();
        let other = respell(&value, &mut { seed });
        prop_assert_eq!(payload_hash(true, &info), payload_hash(true, &other), "{} {}", info, other);
        let (first, _) = document(content_type, &info).unwrap();
        let (second, _) = document(content_type, &other).unwrap();
        prop_assert_eq!(first, second);
    }

    #[test]
    fn unequal_payloads_have_unequal_hashes(a in object(), b in object()) {
        let (left, right): (Value, Value) = (serde_json::from_str(&a).unwrap(), serde_json::from_str(&b).unwrap());
        // Equal texts may hide behind unequal spellings of numbers, so only unequal hashes of equal values are errors.
        if left == right {
            prop_assert_eq!(payload_hash(true, &a), payload_hash(true, &b));
        }
        prop_assert_ne!(payload_hash(true, &a), payload_hash(false, &a));
    }
}

/// Another text of the same JSON: members shuffled, white space added, letters escaped.
fn respell(value: &Value, seed: &mut u64) -> String {
    let mut random = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize
    };
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for at in (1..members.len()).rev() {
                members.swap(at, random() % (at + 1));
            }
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{} :\t{}", escaped(key), respell(value, seed))).collect();
            format!("{{ {}\n}}", members.join(" , "))
        }
        Value::Array(members) => {
            format!("[ {}]", members.iter().map(|member| respell(member, seed)).collect::<Vec<_>>().join(" ,"))
        }
        Value::String(text) => escaped(text),
        other => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    let mut units = [0; 2];
    let escapes = text.chars().flat_map(|c| c.encode_utf16(&mut units).to_vec()).map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", escapes.collect::<String>())
}

#[test]
fn the_spelling_of_a_number_does_not_matter_but_its_value_and_type_do() {
    let hash = |value: &str| payload_hash(true, &format!("{{\"a\":{value}}}"));
    for same in ["160.00", "1.6e2", "1600E-1", "16e+1", "0.16e3"] {
        assert_eq!(hash("160"), hash(same), "{same}");
    }
    assert_eq!(hash("0"), hash("-0.0e7"));
    for other in ["160.01", "-160", "\"160\"", "[160]", "true", "null", "1600"] {
        assert_ne!(hash("160"), hash(other), "{other}");
    }
    assert_ne!(hash("{}"), hash("[]"));
    assert_ne!(hash("[1,2]"), hash("[2,1]"));
    assert_ne!(hash(r#"["ab","c"]"#), hash(r#"["a","bc"]"#));
    assert_eq!(hash(r#"{"x":1,"x":2}"#), hash(r#"{"x":2}"#));
    assert_eq!(payload_hash(true, "{\"\u{e9}\":\"/\"}"), payload_hash(true, r#" {"\u00e9" : "\/"} "#));
}

/// The hash is in the log: it must not change from one build to the next.
#[test]
fn the_hash_is_stable() {
    let info = json!({"b": [1.5, "x", null, true], "a": {"k": -2}}).to_string();
    assert_eq!(format!("{:032x}", payload_hash(true, &info)), "fc1fadd4cee493f7215324440b5b043d");
}

/// A large item takes time in proportion: nothing here is quadratic.
#[test]
fn a_megabyte_of_keys_locales_or_issues_is_quick() {
    let start = std::time::Instant::now();
    let members = |make: &dyn Fn(usize) -> String| (0..25_000).map(make).collect::<Vec<_>>().join(",");
    let infos = [
        format!("{{{}}}", members(&|i| format!("\"undeclared{i}\":\"a b\""))),
        format!("{{\"multilLang\":{{{}}}}}", members(&|i| format!("\"en-x-{i}\":{{\"city\":\"a\"}}"))),
        format!("{{\"multilLang\":{{{}}}}}", members(&|i| format!("\"bad tag {i}\":{{\"city\":\"a\"}}"))),
        format!("{{\"externalTags\":[{}]}}", members(&|i| format!("{{\"x\":{i}}}"))),
        format!("{{{}}}", members(&|_| "\"storeName\":\"a\"".into())),
        format!("{{\"externalRating\":{}}}", "9".repeat(1_000_000)),
        format!("{{\"externalRating\":0.{}1}}", "0".repeat(1_000_000)),
    ];
    for info in infos {
        let (document, issues) = document(ContentType::Store, &info).unwrap();
        assert!(issues.len() <= 101 && document.ext.len() <= 200);
        payload_hash(true, &info);
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
