//! The form by example: layout kept by changes, refusals, the wire, and how long large texts take.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::apply;
use penstock_dsl::form::{Change, GroupAt, Operator, Reason, RuleAt, RuleData, Value, change, form};
use penstock_dsl::{code, limits};
use std::time::{Duration, Instant};

/// Several times what a change takes; quadratic time would take more, even in an optimised build.
const TIME_MAX: Duration = Duration::from_secs(1);

fn data(text: &str) -> RuleData {
    let form = form(&format!("STORE {{ {text} }}"));
    assert!(form.complete, "{text}");
    form.blocks[0].groups[0].rules[0].data.clone()
}

/// The text after one change.
fn changed(text: &str, one: Change) -> String {
    let made = change(text, std::slice::from_ref(&one)).unwrap_or_else(|e| panic!("{e}: {one:?} of\n{text}"));
    assert_eq!(apply(text, &made.edits), made.text);
    made.text
}

fn rule_at(block: usize, group: usize, rule: usize) -> RuleAt {
    RuleAt { block, group, rule }
}

/// Every kind takes the operators that the form offers for it, and no other.
#[test]
fn the_operators_offered_are_those_the_checker_takes() {
    let operand = |operator: &str, text: &str| match operator {
        "is set" | "is missing" => String::new(),
        "none of" | "all of" => "(\"a\")".to_owned(),
        "in" => text.to_owned(),
        "within" if text.contains("..") => text.to_owned(),
        _ => text.split("..").next().unwrap().trim_matches(['(', ')']).to_owned(),
    };
    for (content_type, property, text) in [
        ("STORE", "city", "(\"a\")"),
        ("STORE", "stdCategories", "(\"a\")"),
        ("STORE", "storeName", "(\"a\")"),
        ("STORE", "externalRating", "1..2"),
        ("STORE", "minPriceRange", "HKD 1..2"),
        ("STORE", "priceRange", "HKD 1..2"),
        ("BENEFIT", "endTime", "2026-01-01..2026-01-02"),
        ("STORE", "location", "(\"a\")"),
        ("STORE", "logoUrl", "(\"a\")"),
        ("STORE", "tag.algo.x", "(\"a\")"),
    ] {
        for operator in Operator::ALL.map(Operator::symbol) {
            let text = format!("{content_type} {{ {property} {operator} {} }}", operand(operator, text));
            let offered = form(&text).blocks[0].groups[0].rules[0].operators.iter().any(|o| o.symbol() == operator);
            assert_eq!(check(&text, &CheckOptions::default()).expr.is_some(), offered, "{text}");
        }
    }
}

/// What a change makes of a text's layout: before and after, line for line.
#[test]
fn changes_keep_the_layout() {
    let add = |group, rule, text| Change::AddRule { at: rule_at(0, group, rule), data: data(text) };
    let set = |group, rule, text| Change::SetRule { at: rule_at(0, group, rule), data: data(text) };
    let remove = |group, rule| Change::RemoveRule { at: rule_at(0, group, rule) };
    let group = |group| GroupAt { block: 0, group };
    for (one, before, after) in [
        (add(0, 1, "all"), "STORE { city=\"a\" }", "STORE { city=\"a\" and all }"),
        (add(0, 1, "all"), "STORE { city=\"a\"}", "STORE { city=\"a\" and all}"),
        (add(0, 1, "all"), "STORE {\n  city=\"a\"\n}", "STORE {\n  city=\"a\"\n    and all\n}"),
        (add(0, 0, "all"), "STORE {\n  \"t\": city=\"a\" // c\n}", "STORE {\n  \"t\": all\n    and city=\"a\" // c\n}"),
        (
            add(0, 2, "all"),
            "STORE {\n  ext.a=1 AND // a\n  ext.b=1 // b\n}",
            "STORE {\n  ext.a=1 AND // a\n  ext.b=1 // b\n  and\n  all\n}",
        ),
        (
            add(0, 1, "all"),
            "STORE {\n  ext.a=1 and // a\n  ext.b=1\n}",
            "STORE {\n  ext.a=1 and // a\n  all and\n  ext.b=1\n}",
        ),
        (
            add(0, 1, "all"),
            "STORE {\n  ext.a=1 // a\n  // b\n  and ext.b=1\n}",
            "STORE {\n  ext.a=1 // a\n  and all\n  // b\n  and ext.b=1\n}",
        ),
        (remove(0, 0), "STORE { ext.a=1 and ext.b=1 }", "STORE { ext.b=1 }"),
        (remove(0, 1), "STORE { (ext.a=1 and ext.b=1) }", "STORE { (ext.a=1) }"),
        (
            remove(0, 1),
            "STORE {\n  ext.a=1 // a\n  // b\n  and ext.b=1 // b\n  // c\n  and ext.c=1 // c\n}",
            "STORE {\n  ext.a=1 // a\n  // c\n  and ext.c=1 // c\n}",
        ),
        (remove(0, 1), "STORE {\n  ext.a=1 and // a\n  ext.b=1 // b\n}", "STORE {\n  ext.a=1 // a\n}"),
        (remove(0, 0), "STORE { // s\n  // g\n  all // a\n  // s\n}", "STORE { // s\n  // s\n}"),
        (remove(1, 0), "STORE {\r\n  ext.a=1 // a\r\n  or ext.b=1\r\n}", "STORE {\r\n  ext.a=1 // a\r\n}"),
        (set(0, 0, "city in (\"a\")"), "STORE { city = \"b\" // c\n }", "STORE { city in (\"a\") // c\n }"),
        (
            set(0, 0, "not storeName ~2 \"a\""),
            "STORE { storeName\n  ~ // q\n  \"a\" }",
            "STORE { not storeName\n  ~2 // q\n  \"a\" }",
        ),
        (
            set(0, 0, "minPriceRange > HKD 7"),
            "STORE { `minPriceRange`   >  HK$ 5 }",
            "STORE { `minPriceRange`   >  HK$ 7 }",
        ),
        (set(0, 0, "ext.n in 1..7"), "STORE { ext.n in 1 .. 5 }", "STORE { ext.n in 1 .. 7 }"),
        (
            set(0, 0, "city in (\"a\", \"c\")"),
            "STORE { city in (\n  \"a\", // a\n  \"b\", // b\n  \"c\", // c\n) }",
            "STORE { city in (\n  \"a\", // a\n  \"c\", // c\n) }",
        ),
        (
            set(0, 0, "city in (\"a\", \"b\", \"c\")"),
            "STORE { city in (\n  \"a\", // a\n  \"b\", // b\n) }",
            "STORE { city in (\n  \"a\", // a\n  \"b\", // b\n  \"c\",\n) }",
        ),
        (
            Change::AddGroup { at: group(1), title: Some("u".to_owned()), data: data("all") },
            "STORE {\n  \"t\": ext.a=1 // a\n  // end\n}",
            "STORE {\n  \"t\": ext.a=1 // a\n  or\n  \"u\": all\n  // end\n}",
        ),
        (
            Change::MoveGroup { at: group(1), to: group(0) },
            "STORE {\n  ext.a=1 // a\n  or\n  // g\n  (ext.b=1) // b\n}",
            "STORE {\n  // g\n  (ext.b=1) // b\n  or\n  ext.a=1 // a\n}",
        ),
        (
            Change::MoveRule { at: rule_at(0, 0, 1), to: rule_at(0, 0, 0) },
            "STORE {\n  ext.a=1 // a\n  // b\n  and ext.b=1 // b\n}",
            "STORE {\n  // b\n  ext.b=1 // b\n  and ext.a=1 // a\n}",
        ),
        (Change::SetTitle { at: group(0), title: None }, "STORE { \"t\": // c\n  all }", "STORE { \n// c\n  all }"),
        (
            Change::RemoveBlock { block: 0 },
            "// s\nSTORE { all } // s\n// b\nBENEFIT { all }\n",
            "// b\nBENEFIT { all }\n",
        ),
    ] {
        assert_eq!(changed(before, one.clone()), after, "{one:?}");
    }
}

/// An edit stays within the rule that it changes, and in a long list within the values.
#[test]
fn edits_are_small() {
    let values: Vec<String> = (0..10_000).map(|n| format!("\"{}\"", n % 1_000)).collect();
    let text = format!("STORE {{ city in ({}) and all }}", values.join(","));
    let at = rule_at(0, 0, 0);
    let add = Change::AddValues { at, value: 5_000, values: vec![Value::Text { text: "x".to_owned() }] };
    let made = change(&text, &[add]).unwrap();
    assert_eq!(
        made.edits.iter().map(|e| (e.span.end - e.span.start, e.text.as_str())).collect::<Vec<_>>(),
        [(0, ",\"x\"")]
    );
    let made = change(&text, &[Change::RemoveValue { at, value: 5_000 }]).unwrap();
    assert_eq!(made.text.len(), text.len() - ",\"0\"".len());
    assert_eq!(made.edits.len(), 1);
}

#[test]
fn refusals_say_why() {
    let at = rule_at(0, 0, 0);
    let refused = |text: &str, one: Change| change(text, &[one]).unwrap_err().reason;
    let store = "STORE { city in (\"a\") }";
    assert_eq!(refused(store, Change::RemoveRule { at: rule_at(0, 0, 1) }), Reason::NoSuchPlace);
    assert_eq!(refused(store, Change::RemoveValue { at, value: 1 }), Reason::NoSuchPlace);
    assert_eq!(refused("STORE { all }", Change::SetValues { at, values: Vec::new() }), Reason::NoList);
    let word = Value::Word { word: "x) and all".to_owned() };
    assert_eq!(refused(store, Change::SetValues { at, values: vec![word] }), Reason::NoSuchRule);
    assert_eq!(
        refused("STORE { city // c\n = \"a\" }", Change::SetRule { at, data: data("all") }),
        Reason::CommentsInside
    );
    let group = GroupAt { block: 0, group: 1 };
    assert_eq!(refused("STORE { all or x y or all }", Change::RemoveGroup { at: group }), Reason::NotRead);
    let content_type = "STORE { all } STORE".to_owned();
    assert_eq!(refused(store, Change::AddBlock { block: 0, content_type, data: data("all") }), Reason::DoesNotFit);
    let long = "x".repeat(limits::TEXT_BYTES_MAX + 1);
    assert_eq!(refused(&long, Change::RemoveRule { at }), Reason::TextTooLong);
    let values = vec![Value::Text { text: long }];
    assert_eq!(refused(store, Change::SetValues { at, values }), Reason::TextTooLong);
    let values = vec![Value::Text { text: "x".repeat(limits::SPELLED_BYTES_MAX) }];
    assert_eq!(refused(store, Change::SetValues { at, values }), Reason::TextTooLong);
    let many = vec![Change::Negate { at, negated: true }; limits::CHANGES_MAX + 1];
    assert_eq!(change(store, &many).unwrap_err().reason, Reason::TooManyChanges);
    assert!(change(store, &many[1..]).is_ok());
    let error = change(store, &[Change::Negate { at, negated: true }, Change::RemoveBlock { block: 7 }]).unwrap_err();
    assert_eq!((error.at, error.reason), (1, Reason::NoSuchPlace));
}

/// A text with an error of syntax can be changed where it was read, and the error stays as it is.
#[test]
fn what_was_read_can_be_changed_beside_an_error() {
    let text = "STORE { city = \"a\" and ext.b = 1\n  or city == \"b\" and all }";
    assert!(!form(text).complete);
    let new = changed(text, Change::Negate { at: rule_at(0, 0, 1), negated: true });
    assert_eq!(new, text.replace("ext.b", "not ext.b"));
}

#[test]
fn the_wire_is_plain() {
    let text = "// s\nSTORE { \"t\": not ext.`a-b` in (\"x\") // r\n }";
    let form = serde_json::to_value(form(text)).unwrap();
    let rule = &form["blocks"][0]["groups"][0]["rules"][0];
    let want = r#"{"negated":true,"test":{"property":{"owner":"item","namespace":"ext","name":"a-b","locale":null},"operator":"in","distance":null,"operand":{"shape":"list","values":[{"type":"text","text":"x"}]},"fx":false}}"#;
    assert_eq!(rule["data"], serde_json::from_str::<serde_json::Value>(want).unwrap());
    assert_eq!((rule["path"].as_str(), rule["widget"].as_str()), (Some("ext.`a-b`"), Some("tagInput")));
    assert_eq!(rule["comments"][0]["text"], "r");
    assert_eq!(form["blocks"][0]["comments"][0]["place"], "before");
    let sent = r#"{"setRule":{"at":{"block":0,"group":0,"rule":0},"data":{"negated":false,"test":{"property":{"namespace":"property","name":"city"},"operator":"is set","operand":{"shape":"none"}}}}}"#;
    assert_eq!(changed(text, serde_json::from_str(sent).unwrap()), "// s\nSTORE { \"t\": city is set // r\n }");
}

/// The largest texts that a rule set may be, drawn and changed.
#[test]
fn large_texts_take_little_time() {
    let values: Vec<String> = (0..5_000).map(|n| format!("\"{n:04}\"")).collect();
    let rules = vec!["ext.reviewCount > 1000 // why\n  and ext.x = \"y\" // b\n"; 99].join(" and ");
    let many_rules = format!("STORE {{ city in ({}) and {rules} }}", values.join(","));
    let comments = "//\n".repeat(20_000);
    let many_comments = format!("STORE {{ all and city in (\"a\",\n{comments}\"b\") }}");
    let between_rules = format!("STORE {{ all and\n{comments} all }}");
    let at = |rule| rule_at(0, 0, rule);
    for (text, one) in [
        (&many_rules, Change::RemoveRule { at: at(100) }),
        (&many_rules, Change::SetValues { at: at(0), values: Vec::new() }),
        (&many_comments, Change::RemoveValue { at: at(1), value: 1 }),
        (&many_comments, Change::SetRule { at: at(1), data: data("city = \"a\"") }),
        (&between_rules, Change::RemoveRule { at: at(1) }),
        (&between_rules, Change::MoveRule { at: at(1), to: at(0) }),
    ] {
        assert!(text.len() <= limits::TEXT_BYTES_MAX, "{}", text.len());
        let start = Instant::now();
        changed(text, one.clone());
        assert!(start.elapsed() < TIME_MAX, "{:?} for {one:?}", start.elapsed());
    }
}

/// Broken texts are drawn as far as they can be, at once, and refuse or take a change.
#[test]
fn hostile_texts_are_drawn_fast() {
    for unit in [
        "(",
        ")",
        "{",
        "\"",
        "`",
        "// \n",
        "STORE{",
        "STORE{all}",
        "or ",
        "and all ",
        "all or ",
        "\"t\": ",
        "in (",
        "\r",
        "é",
    ] {
        for (before, after) in [("", ""), ("STORE { ", " }"), ("STORE { city in (\"x\", ", ") }")] {
            let room = limits::TEXT_BYTES_MAX - before.len() - after.len();
            let text = format!("{before}{}{after}", unit.repeat(room / unit.len()));
            let start = Instant::now();
            let drawn = form(&text);
            let _ = change(&text, &[Change::RemoveGroup { at: GroupAt { block: 0, group: 0 } }]);
            assert!(start.elapsed() < 2 * TIME_MAX, "{:?} for {before}{unit}", start.elapsed());
            assert_eq!(drawn.complete, drawn.errors.iter().all(|e| e.code == code::EMPTY_TEXT), "{before}{unit}");
        }
    }
}

/// Whatever rule the cases have, right or wrong, can be sent back and written anew.
#[test]
fn every_rule_of_the_cases_reads_back() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut count = 0;
    for file in files.filter(|path| path.extension().is_some_and(|e| e == "rules")) {
        let content = std::fs::read_to_string(file).unwrap();
        for text in content.split("=== ").filter_map(|case| case.split_once('\n')).map(|(_, text)| text) {
            let drawn = form(text);
            let rules = drawn.blocks.iter().flat_map(|b| &b.groups).flat_map(|g| &g.rules);
            for rule in rules {
                let data = rule.data.clone();
                let new = changed("", Change::AddBlock { block: 0, content_type: "STORE".to_owned(), data });
                let again = &form(&new).blocks[0].groups[0].rules[0];
                assert_eq!((&again.data, again.widget), (&rule.data, rule.widget), "{new}");
                count += 1;
            }
        }
    }
    assert!(count > 300, "{count}");
}
