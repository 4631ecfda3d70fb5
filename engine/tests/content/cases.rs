//! One row a decision: the envelope (D-01, D-14, D-17, D-22, D-73, D-75) and values by kind (D-10, D-11, D-24, D-25, D-74).

use crate::support::{NOW_MS, check, codes, decode_text, item, read, show};
use penstock_dsl::registry::ContentType::{Benefit, LocalSku, Merchant, Store};
use penstock_engine::content::contents_info::MAX_CONTENT_INFO_BYTES;
use penstock_engine::content::eligibility::missing_required;
use penstock_engine::content::issue::Severity;

/// An item from its members, each given by default and replaced or (by an empty text) left out.
fn with(changes: &[(&str, &str)]) -> String {
    let mut members = vec![
        ("contentType", r#""STORE""#),
        ("contentId", r#""1""#),
        ("contentInfo", r#""{}""#),
        ("contentStatus", "1"),
        ("contentVersion", "7"),
    ];
    for change in changes {
        members.retain(|(name, _)| *name != change.0);
        members.push(*change);
    }
    let members = members.iter().filter(|(_, value)| !value.is_empty());
    let members: Vec<String> = members.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn envelopes_are_checked() {
    for (name, value, expected) in [
        ("contentType", "", "FIELD_MISSING /contentType"),
        ("contentType", "null", "FIELD_MISSING /contentType"),
        ("contentType", "4", "FIELD_INVALID /contentType"),
        ("contentType", r#""HOTEL""#, "CONTENT_TYPE_UNKNOWN /contentType"),
        ("contentType", r#""\n\u0000""#, "CONTENT_TYPE_UNKNOWN /contentType"),
        ("contentType", r#""store""#, ""),
        ("contentType", r#""LOCAL_SKU""#, ""),
        ("contentType", r#""sku""#, "CONTENT_TYPE_ALIAS /contentType"),
        ("contentId", "", "FIELD_MISSING /contentId"),
        ("contentId", r#""""#, "FIELD_INVALID /contentId"),
        ("contentId", "12", "FIELD_INVALID /contentId"),
        ("contentVersion", "", "FIELD_MISSING /contentVersion"),
        ("contentVersion", "0", ""),
        ("contentVersion", "9223372036854775807", ""),
        ("contentVersion", "9223372036854775808", "FIELD_INVALID /contentVersion"),
        ("contentVersion", "-1", "FIELD_INVALID /contentVersion"),
        ("contentVersion", "7.0", "FIELD_INVALID /contentVersion"),
        ("contentVersion", "7e0", "FIELD_INVALID /contentVersion"),
        ("contentVersion", r#""7""#, "FIELD_INVALID /contentVersion"),
        ("contentStatus", "", "FIELD_MISSING /contentStatus"),
        ("contentStatus", "2", "FIELD_INVALID /contentStatus"),
        ("contentStatus", "true", "FIELD_INVALID /contentStatus"),
        ("contentStatus", r#""1""#, "FIELD_INVALID /contentStatus"),
        ("contentStatus", "1.0", "FIELD_INVALID /contentStatus"),
        ("contentInfo", "", "FIELD_MISSING /contentInfo"),
        ("contentInfo", "null", "FIELD_MISSING /contentInfo"),
        ("contentInfo", "{}", "FIELD_INVALID /contentInfo"),
        ("contentInfo", r#""""#, "CONTENT_INFO_NOT_JSON /contentInfo"),
        ("contentInfo", r#""{""#, "CONTENT_INFO_NOT_JSON /contentInfo"),
        ("contentInfo", r#""[]""#, "CONTENT_INFO_NOT_OBJECT /contentInfo"),
        ("contentInfo", r#""null""#, "CONTENT_INFO_NOT_OBJECT /contentInfo"),
        ("tntInstId", r#""GCASH""#, ""),
        ("tntInstId", "null", ""),
        ("tntInstId", r#""gcash""#, "TENANT_MISMATCH /tntInstId"),
        ("tntInstId", r#""""#, "TENANT_MISMATCH /tntInstId"),
        ("tntInstId", "7", "TENANT_MISMATCH /tntInstId"),
        ("requestTime", "[[{}]]", ""),
    ] {
        let found = decode_text(&with(&[(name, value)]));
        let issues = found.as_ref().map_or_else(|refused| &refused.issues, |item| &item.issues);
        assert_eq!(codes(issues), expected, "{name}: {value}");
        let errors = issues.iter().any(|issue| issue.severity == Severity::Error);
        assert_eq!(found.is_err(), errors, "{name}: {value}");
    }
    for no_item in ["7", "null", "[]", r#""x""#] {
        assert_eq!(codes(&decode_text(no_item).unwrap_err().issues), "ITEM_NOT_OBJECT ");
    }
}

#[test]
fn a_refusal_names_everything_wrong_and_echoes_what_could_be_read() {
    let refused = decode_text(&with(&[("contentType", r#""sku""#), ("contentStatus", "5"), ("contentInfo", r#""[""#)]));
    let refused = refused.unwrap_err();
    assert_eq!(
        codes(&refused.issues),
        "CONTENT_TYPE_ALIAS /contentType; FIELD_INVALID /contentStatus; CONTENT_INFO_NOT_JSON /contentInfo"
    );
    assert_eq!(refused.content_type.as_deref(), Some("LOCAL_SKU"));
    assert_eq!((refused.content_id.as_deref(), refused.content_version), (Some("1"), Some(7)));
    let unknown = decode_text(&with(&[("contentType", r#""HOTEL""#), ("contentVersion", "1.5")])).unwrap_err();
    assert_eq!((unknown.content_type.as_deref(), unknown.content_version), (Some("HOTEL"), None));
}

#[test]
fn of_repeated_members_the_last_counts() {
    let item = with(&[]).replacen('{', r#"{"contentId":"9","contentVersion":"x","#, 1);
    let item = decode_text(&item).unwrap();
    assert_eq!((&*item.content_id, item.version), ("1", 7));
}

#[test]
fn members_of_no_interest_may_be_of_any_depth() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(decode_text(&with(&[("requestTime", &deep)])).is_ok());
    let refused = decode_text(&with(&[("contentId", &deep)])).unwrap_err();
    assert_eq!(codes(&refused.issues), "FIELD_INVALID /contentId");
}

#[test]
fn limits_of_the_envelope_are_exact() {
    let id = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    assert!(decode_text(&with(&[("contentId", &id(1024))])).is_ok());
    assert_eq!(codes(&decode_text(&with(&[("contentId", &id(1025))])).unwrap_err().issues), "FIELD_INVALID /contentId");
    let info = |bytes: usize| item("STORE", 1, &format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8)));
    assert!(decode_text(&info(MAX_CONTENT_INFO_BYTES)).is_ok());
    let refused = decode_text(&info(MAX_CONTENT_INFO_BYTES + 1)).unwrap_err();
    assert_eq!(codes(&refused.issues), "CONTENT_INFO_TOO_LONG /contentInfo");
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert!(decode_text(&item("STORE", 1, &nested(32))).is_ok());
    for (levels, status) in [(33, 1), (100_000, 1), (33, 0)] {
        let refused = decode_text(&item("STORE", status, &nested(levels))).unwrap_err();
        assert_eq!(codes(&refused.issues), "CONTENT_INFO_TOO_DEEP /contentInfo");
    }
}

#[test]
fn a_tombstones_content_info_must_be_an_object_too() {
    for (info, code) in
        [("junk", "CONTENT_INFO_NOT_JSON"), ("7", "CONTENT_INFO_NOT_OBJECT"), ("null", "CONTENT_INFO_NOT_OBJECT")]
    {
        let refused = decode_text(&item("STORE", 0, info)).unwrap_err();
        assert_eq!(codes(&refused.issues), format!("{code} /contentInfo"));
    }
    let kept = decode_text(&item("STORE", 0, r#"{"storeName":[1,2]}"#)).unwrap();
    assert_eq!((&*kept.content_info, kept.document, kept.issues), (r#"{"storeName":[1,2]}"#, None, vec![]));
}

#[test]
fn versions_from_the_future_are_told() {
    let day = 24 * 60 * 60 * 1000;
    for (version, told) in [
        (NOW_MS + day, false),
        (NOW_MS + day + 1, true),
        (9_999_999_999_999, true),
        (20_270_102_000_000, false),
        (i64::MAX, false),
    ] {
        let item = decode_text(&with(&[("contentVersion", &version.to_string())])).unwrap();
        let expected = if told { "VERSION_FROM_FUTURE /contentVersion" } else { "" };
        assert_eq!(codes(&item.issues), expected, "{version}");
    }
}

#[test]
fn messages_are_short_and_without_control_characters() {
    let junk = "\u{0}\u{202e}\n".repeat(500);
    let info = serde_json::json!({"externalRating": junk, "location": junk, "startTime": junk, (junk.clone()): 1,
        "minPriceRange": {"amount": 1, "currency": "PHP", "currencyCode": junk}, "multilLang": {(junk.clone()): {}, "a\nb": {}}});
    let (_, issues) = read(Store, &info.to_string());
    assert_eq!(issues.len(), 6, "{issues:?}");
    for issue in issues {
        assert!(issue.message.chars().count() < 900 && !issue.message.contains(char::is_control), "{issue:?}");
        assert!(issue.pointer.len() < 300, "{issue:?}");
    }
}

#[test]
fn keys_match_in_any_case_and_the_nearest_spelling_wins() {
    check(
        Store,
        &[
            (r#"{"STORENAME":"a"}"#, "storeName", "a", ""),
            (r#"{"linkUrl":"a"}"#, "linkUrl", "set", ""),
            (r#"{"storename":"b","storeName":"a"}"#, "storeName", "a", "DUPLICATE_KEY /contentInfo/storename"),
            (r#"{"storename":"b","STORENAME":"a"}"#, "storeName", "a", "DUPLICATE_KEY /contentInfo/storename"),
            (r#"{"STORENAME":"a","storename":"b"}"#, "storeName", "a", "DUPLICATE_KEY /contentInfo/storename"),
            (r#"{"storeName":"","storename":"b"}"#, "storeName", "b", ""),
            (r#"{"storeName":"a","storeName":"b"}"#, "storeName", "b", "DUPLICATE_KEY /contentInfo"),
            (r#"{"storeName":"b","storename":null}"#, "storeName", "b", ""),
        ],
    );
    check(
        LocalSku,
        &[
            (r#"{"skuName":"a"}"#, "name", "a", ""),
            (r#"{"SkuName":"a"}"#, "name", "a", ""),
            (r#"{"skuName":"b","name":"a"}"#, "name", "a", "DUPLICATE_KEY /contentInfo/skuName"),
            (r#"{"skuName":"b","NAME":"a"}"#, "name", "a", "DUPLICATE_KEY /contentInfo/skuName"),
            (r#"{"skuName":"b","name":[]}"#, "name", "b", ""),
            (
                r#"{"skuName":"b","name":{"x":1}}"#,
                "name",
                "-",
                "DUPLICATE_KEY /contentInfo/skuName; WRONG_TYPE /contentInfo/name",
            ),
            (r#"{"description":"a"}"#, "detailDesc", "a", ""),
            (r#"{"storeId":"a"}"#, "storeIds", "a", ""),
            (r#"{"storeId":["a","b"]}"#, "storeIds", "a,b", ""),
            (r#"{"storeIds":"a"}"#, "storeIds", "a", "VALUE_COERCED /contentInfo/storeIds"),
        ],
    );
}

#[test]
fn what_is_missing() {
    for nothing in ["null", r#""""#, r#"" \t\u3000""#, "[]", "{}", r#"[""," ",null]"#] {
        for name in
            ["storeName", "city", "externalTags", "externalRating", "minPriceRange", "location", "linkURL", "ext.x"]
        {
            let info = format!("{{\"{}\":{nothing}}}", name.trim_start_matches("ext."));
            let (document, issues) = read(Store, &info);
            assert_eq!((document.declared.len(), document.ext.len(), codes(&issues)), (0, 0, "".into()), "{info}");
        }
    }
    check(Store, &[("{\"storeName\":\"\u{200b}\"}", "storeName", "-", ""), ("{\"x\":\"\u{200b}\"}", "ext.x", "-", "")]);
}

#[test]
fn texts_and_keywords() {
    check(
        Store,
        &[
            (r#"{"storeName":"  Café \n"}"#, "storeName", "Café", ""),
            (r#"{"storeName":160.00}"#, "storeName", "160", "VALUE_COERCED /contentInfo/storeName"),
            (r#"{"storeName":true}"#, "storeName", "true", "VALUE_COERCED /contentInfo/storeName"),
            (r#"{"storeName":["a",""]}"#, "storeName", "a", "VALUE_COERCED /contentInfo/storeName"),
            (r#"{"storeName":["a","b"]}"#, "storeName", "-", "WRONG_TYPE /contentInfo/storeName"),
            (r#"{"storeName":{"a":1}}"#, "storeName", "-", "WRONG_TYPE /contentInfo/storeName"),
            (r#"{"storeName":[["a"]]}"#, "storeName", "-", "WRONG_TYPE /contentInfo/storeName"),
            (r#"{"city":" 0012 "}"#, "city", "0012", ""),
            (r#"{"city":12}"#, "city", "12", "VALUE_COERCED /contentInfo/city"),
            (r#"{"city":1e400}"#, "city", "1e400", "VALUE_COERCED /contentInfo/city"),
            (r#"{"city":["a","b"]}"#, "city", "-", "WRONG_TYPE /contentInfo/city"),
        ],
    );
}

#[test]
fn lists() {
    check(
        Store,
        &[
            (r#"{"externalTags":[" a ","b","a",null,""]}"#, "externalTags", "a,b,a", ""),
            (r#"{"externalTags":"a, b"}"#, "externalTags", "a, b", "VALUE_COERCED /contentInfo/externalTags"),
            (
                r#"{"externalTags":["a",1.50,true]}"#,
                "externalTags",
                "a,1.5,true",
                "VALUE_COERCED /contentInfo/externalTags",
            ),
            (
                r#"{"externalTags":["a",{"x":1},["b"]]}"#,
                "externalTags",
                "a",
                "WRONG_TYPE /contentInfo/externalTags/1; WRONG_TYPE /contentInfo/externalTags/2",
            ),
            (r#"{"externalTags":[{"x":1}]}"#, "externalTags", "-", "WRONG_TYPE /contentInfo/externalTags/0"),
            (r#"{"externalTags":{"x":1}}"#, "externalTags", "-", "WRONG_TYPE /contentInfo/externalTags"),
        ],
    );
}

#[test]
fn numbers_are_exact() {
    check(
        Store,
        &[
            (r#"{"externalRating":"4.50"}"#, "externalRating", "4.5", ""),
            (r#"{"externalRating":4.5}"#, "externalRating", "4.5", ""),
            (r#"{"externalRating":0.1e1}"#, "externalRating", "1", ""),
            (r#"{"externalRating":"007"}"#, "externalRating", "7", ""),
            (
                r#"{"externalRating":0.1234567890123456789012345678}"#,
                "externalRating",
                "0.1234567890123456789012345678",
                "",
            ),
            (
                r#"{"externalRating":12345678901234567890123456789}"#,
                "externalRating",
                "-",
                "NUMBER_UNREADABLE /contentInfo/externalRating",
            ),
            (
                r#"{"externalRating":"4.5 stars"}"#,
                "externalRating",
                "-",
                "NUMBER_UNREADABLE /contentInfo/externalRating",
            ),
            (r#"{"externalRating":"1e3"}"#, "externalRating", "-", "NUMBER_UNREADABLE /contentInfo/externalRating"),
            (r#"{"externalRating":false}"#, "externalRating", "-", "WRONG_TYPE /contentInfo/externalRating"),
            (r#"{"externalRating":[4]}"#, "externalRating", "4", "VALUE_COERCED /contentInfo/externalRating"),
            (r#"{"externalRating":[4,5]}"#, "externalRating", "-", "WRONG_TYPE /contentInfo/externalRating"),
        ],
    );
    check(LocalSku, &[(r#"{"discount":"80"}"#, "discount", "80", ""), (r#"{"discount":80}"#, "discount", "80", "")]);
}

#[test]
fn times_are_milliseconds_or_guessed_seconds() {
    check(
        Benefit,
        &[
            (r#"{"startTime":1551830400000}"#, "startTime", "1551830400000", ""),
            (r#"{"startTime":"1551830400000"}"#, "startTime", "1551830400000", ""),
            (r#"{"startTime":1.5518304e12}"#, "startTime", "1551830400000", ""),
            (r#"{"startTime":100000000000}"#, "startTime", "100000000000", ""),
            (r#"{"startTime":99999999999}"#, "startTime", "99999999999000", "TIME_UNIT_GUESSED /contentInfo/startTime"),
            (r#"{"startTime":-5}"#, "startTime", "-5000", "TIME_UNIT_GUESSED /contentInfo/startTime"),
            (r#"{"startTime":0}"#, "startTime", "0", ""),
            (r#"{"startTime":9223372036854775807}"#, "startTime", "9223372036854775807", ""),
            (r#"{"startTime":9223372036854775808}"#, "startTime", "-", "TIME_UNREADABLE /contentInfo/startTime"),
            (r#"{"startTime":1551830400000.5}"#, "startTime", "-", "TIME_UNREADABLE /contentInfo/startTime"),
            (r#"{"startTime":"2024-08-14"}"#, "startTime", "-", "TIME_UNREADABLE /contentInfo/startTime"),
            (r#"{"startTime":true}"#, "startTime", "-", "WRONG_TYPE /contentInfo/startTime"),
        ],
    );
}

#[test]
fn locations_and_links_are_presence_only() {
    check(
        Store,
        &[
            (r#"{"location":"22.27524, -114.187487"}"#, "location", "set", ""),
            (r#"{"location":"0,0"}"#, "location", "set", ""),
            (r#"{"location":"91,0"}"#, "location", "-", "LOCATION_MALFORMED /contentInfo/location"),
            (r#"{"location":"22.27524"}"#, "location", "-", "LOCATION_MALFORMED /contentInfo/location"),
            (r#"{"location":"NaN,1e5"}"#, "location", "-", "LOCATION_MALFORMED /contentInfo/location"),
            (r#"{"location":[1,2]}"#, "location", "-", "WRONG_TYPE /contentInfo/location"),
            (r#"{"imageURLs":["a","b"]}"#, "imageUrls", "set", ""),
            (r#"{"imageURLs":"a"}"#, "imageUrls", "set", "VALUE_COERCED /contentInfo/imageURLs"),
            (r#"{"linkURL":["a","b"]}"#, "linkUrl", "set", "VALUE_COERCED /contentInfo/linkURL"),
            (r#"{"linkURL":[{"a":1}]}"#, "linkUrl", "-", "WRONG_TYPE /contentInfo/linkURL"),
            (r#"{"linkURL":{"a":1}}"#, "linkUrl", "-", "WRONG_TYPE /contentInfo/linkURL"),
        ],
    );
}

#[test]
fn undeclared_keys() {
    check(
        Store,
        &[
            (r#"{"x":" Ab "}"#, "ext.x", r#""Ab""#, ""),
            (r#"{"X":"a","x":"b"}"#, "ext.x", r#""b""#, ""),
            (r#"{"x":"007.50"}"#, "ext.x", r#""007.50"=7.5"#, ""),
            (r#"{"x":160.00}"#, "ext.x", "#160", ""),
            (
                r#"{"x":12345678901234567890123456789}"#,
                "ext.x",
                "#12345678901234567890123456789?",
                "NUMBER_UNREADABLE /contentInfo/x",
            ),
            (r#"{"x":[1,"a",true,null,{"a":1},["b"]]}"#, "ext.x", r#"#1,"a",true"#, ""),
            (r#"{"x":{"a":1}}"#, "ext.x", "-", ""),
            (r#"{"x":{"amount":5,"currency":"JPY"}}"#, "ext.x", "JPY 5", ""),
            (r#"{"x":{"amount":5,"currency":"??"}}"#, "ext.x", "-", "CURRENCY_MISSING /contentInfo/x"),
            (r#"{"priceRange":"3"}"#, "ext.priceRange", r#""3"=3"#, ""),
            (r#"{"multilLang":{"en":{"x":"a"}},"x":"b"}"#, "ext.x", r#""b" | en="a""#, ""),
            (r#"{"extInfo":"{\"x\":\"a\",\"storeName\":1}"}"#, "ext.storeName", "#1", ""),
            (r#"{"extInfo":{"x":"a"}}"#, "ext.x", r#""a""#, ""),
            (r#"{"extInfo":"{\"x\":\"a\"}","x":"b"}"#, "ext.x", r#""b""#, "DUPLICATE_KEY /contentInfo/extInfo/x"),
            (r#"{"extInfo":"{\"x\":1,\"x\":2}"}"#, "ext.x", "#2", "DUPLICATE_KEY /contentInfo/extInfo"),
            (r#"{"extInfo":"free text"}"#, "ext.extInfo", r#""free text""#, "EXT_INFO_UNREADABLE /contentInfo/extInfo"),
            (r#"{"extInfo":"[1]"}"#, "ext.extInfo", r#""[1]""#, "EXT_INFO_UNREADABLE /contentInfo/extInfo"),
            (r#"{"extInfo":["a",2]}"#, "ext.extInfo", r#""a",#2"#, "EXT_INFO_UNREADABLE /contentInfo/extInfo"),
            (
                r#"{"extInfo":"{\"a/b~\":{\"amount\":1,\"currency\":\"?\"}}"}"#,
                "ext.a",
                "-",
                "CURRENCY_MISSING /contentInfo/extInfo/a~1b~0",
            ),
        ],
    );
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(32), "]".repeat(32));
    let (document, issues) = read(Store, &serde_json::json!({ "extInfo": deep }).to_string());
    assert_eq!(codes(&issues), "EXT_INFO_UNREADABLE /contentInfo/extInfo");
    assert!(document.ext("extInfo").is_some());
}

#[test]
fn two_hundred_undeclared_keys_are_reached_in_order_of_appearance() {
    let own: String = (0..150).map(|i| format!("\"own{i}\":1,\"none{i}\":{{}},")).collect();
    let inside = |count: usize| (0..count).map(|i| format!("\\\"in{i}\\\":1")).collect::<Vec<_>>().join(",");
    let info = |count| format!("{{\"extInfo\":\"{{{}}}\",{own}\"storeName\":\"a\"}}", inside(count));
    let (document, issues) = read(Store, &info(50));
    assert_eq!((document.ext.len(), codes(&issues)), (200, "".into()));
    let (document, issues) = read(Store, &info(51));
    assert_eq!((document.ext.len(), codes(&issues)), (200, "UNDECLARED_KEYS_EXCEEDED /contentInfo".into()));
    assert!(document.ext("own149").is_some() && document.ext("in49").is_some() && document.ext("in50").is_none());
}

#[test]
fn keys_are_at_most_256_bytes_long() {
    let key = "k".repeat(257);
    let info =
        format!(r#"{{"{}":1,"{key}":1,"multilLang":{{"en":{{"{key}":1}}}},"extInfo":"{{\"{key}\":1}}"}}"#, &key[1..]);
    let (document, issues) = read(Store, &info);
    assert_eq!(document.ext.len(), 1);
    let expected =
        "KEY_TOO_LONG /contentInfo; KEY_TOO_LONG /contentInfo/multilLang/en; KEY_TOO_LONG /contentInfo/extInfo";
    assert_eq!(codes(&issues), expected);
}

#[test]
fn required_properties_follow_each_types_table() {
    let (merchant, _) = read(Merchant, "{}");
    assert_eq!(missing_required(&merchant).len(), 9);
    let (merchant, _) = read(Merchant, r#"{"multilLang":{"en":{"merchantName":"a"}}}"#);
    let missing = missing_required(&merchant);
    assert!(missing.len() == 7 && !missing.contains(&"merchantName") && !missing.contains(&"multilLang"));
    for (content_type, count) in [(Benefit, 4), (Store, 9), (LocalSku, 5)] {
        assert_eq!(missing_required(&read(content_type, "{}").0).len(), count);
    }
}

#[test]
fn headline_values() {
    let (store, _) =
        read(Store, r#"{"multilLang":{"zh":{"storeName":"b"},"en":{"storeName":"a"}},"externalCategories":["x"]}"#);
    assert_eq!((store.title(), store.categories().len()), (Some("a"), 1));
    let (store, _) = read(
        Store,
        r#"{"stdCategories":["s"],"externalCategories":["x"],"maxPriceRange":{"amount":9,"currency":"HKD"}}"#,
    );
    assert_eq!(&*store.categories()[0], "s");
    assert_eq!(store.price().unwrap().amount.to_string(), "9");
    let (benefit, _) = read(Benefit, r#"{"benefitName":"a","amount":{"amount":3,"currency":"HKD"},"merchantId":7}"#);
    assert_eq!((benefit.title(), benefit.merchant_id()), (Some("a"), Some("7")));
    assert_eq!(show(&benefit, "amount"), "HKD 3");
    assert_eq!(read(Merchant, "{}").0.price(), None);
}
