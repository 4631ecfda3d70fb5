//! Lint with items as witnesses: what it adds to logic, with evidence, whether items are indexed or newer than the index.

mod support;

use penstock_dsl::check::CheckOptions;
use penstock_dsl::code;
use penstock_dsl::diagnostic::apply;
use penstock_dsl::fx::Rates;
use penstock_engine::content::item::Item;
use penstock_engine::lint::{AGAINST_MAX, LintFinding, LintReport, LintRequest, NamedRules, TIME_MAX, VALUES_MAX};
use penstock_engine::{Engine, Options};
use serde_json::{Value, json};
use std::time::Duration;
use support::{item, submit, tenant};

fn content(content_type: &str, id: &str, version: i64, info: &Value) -> Item {
    let line = json!({ "contentType": content_type, "contentId": id, "contentVersion": version, "contentStatus": 1,
        "contentInfo": info.to_string() });
    item("T", &line.to_string())
}

/// Forty stores in two cities; the last one has a rating in another language too.
fn stores() -> Vec<Item> {
    let store = |n: usize| {
        let city = if n.is_multiple_of(4) { "Manila" } else { "Cebu City" };
        let mut info = json!({ "storeName": format!("Store {n}"), "city": city, "externalRating": n % 5,
            "minPriceRange": { "amount": "100", "currency": if n.is_multiple_of(10) { "HKD" } else { "PHP" } } });
        if n == 39 {
            info["multilLang"] = json!({ "zh": { "externalRating": 9, "storeName": "店" } });
        }
        content("STORE", &format!("s{n}"), 1, &info)
    };
    (0..40).map(store).collect()
}

fn request(rules: &str) -> LintRequest {
    LintRequest { rules: rules.to_owned(), options: CheckOptions::default(), against: Vec::new(), time_max: TIME_MAX }
}

fn named(name: &str, rules: &str) -> NamedRules {
    NamedRules { name: name.to_owned(), rules: rules.to_owned(), options: CheckOptions::default() }
}

fn rates(hkd: &str) -> CheckOptions {
    let rates = Rates::new("2026-01-31", "USD", [("HKD", hkd)]).unwrap();
    CheckOptions { rates: Some(rates.into()), ..CheckOptions::default() }
}

struct Linting {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Linting {
    fn new(items: Vec<Item>) -> Linting {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(folder.path(), Options::default()).unwrap();
        submit(&engine, &tenant("T"), items);
        Linting { engine, _folder: folder }
    }

    fn report(&self, rules: &str) -> LintReport {
        self.engine.lint(&tenant("T"), &request(rules)).unwrap()
    }

    fn findings(&self, rules: &str) -> Vec<LintFinding> {
        self.report(rules).findings
    }

    fn codes(&self, rules: &str) -> Vec<&'static str> {
        self.findings(rules).iter().map(|f| f.diagnostic.code).collect()
    }
}

#[test]
fn every_finding_of_items_has_its_evidence() {
    let linting = Linting::new(stores());
    cases(&linting, "newer than the index");
    linting.engine.flush();
    cases(&linting, "indexed");
    let again = stores().into_iter().map(|old| Item { version: 2, payload_hash: 2, ..old });
    submit(&linting.engine, &tenant("T"), again.collect());
    cases(&linting, "replaced by newer ones");
    linting.engine.shutdown();
}

/// Rules, the codes of all findings, and of one of them: the message, matched, removed, only.
type Case = (&'static str, &'static [&'static str], usize, &'static str, [Option<u64>; 3]);

const CASES: &[Case] = &[
    ("MERCHANT { all }", &[code::NO_ITEM_OF_TYPE], 0, "there is no MERCHANT, so this block selects nothing", [None; 3]),
    (
        "STORE { city in (\"cebu city\", \"Manila\") }",
        &[code::UNSEEN_VALUE],
        0,
        "no STORE has the value \"cebu city\" in `city`; did you mean \"Cebu City\" (30 items)?",
        [Some(0), None, None],
    ),
    (
        "STORE { city != \"Cebu\" }",
        &[code::UNSEEN_VALUE],
        0,
        "no STORE has the value \"Cebu\" in `city`; did you mean \"Cebu City\" (30 items)?",
        [Some(0), None, None],
    ),
    (
        "STORE { city in (\"Cebu City\", \"a\", \"b\", \"c\", \"d\", \"e\", \"f\") }",
        &[code::UNSEEN_VALUE],
        0,
        "6 of the 7 values looked up are in no STORE's `city`: \"a\", \"b\", \"c\", \"d\", \"e\" ...",
        [Some(0), None, None],
    ),
    (
        "STORE { storeName in (\"store 1\", \"Sotre 2\") or ext.n = \"x\" }",
        &[code::UNSEEN_VALUE, code::UNSEEN_PROPERTY],
        0,
        "no STORE has the value \"Sotre 2\" in `storeName`; did you mean \"Store 2\" (1 item)?",
        [Some(0), None, None],
    ),
    (
        "STORE { storeName@zh = \"Store 1\" or storeName = \"店\" }",
        &[code::UNSEEN_VALUE],
        0,
        "no STORE has the value \"Store 1\" in `storeName@zh`",
        [Some(0), None, None],
    ),
    (
        "STORE { minPriceRange > USD 5 or city = \"Manila\" }",
        &[code::UNSEEN_CURRENCY],
        0,
        "no STORE has `minPriceRange` in USD; there are amounts in PHP (36), HKD (4)",
        [Some(0), None, None],
    ),
    (
        "STORE { priceRange within USD 1..5 or city = \"Manila\" }",
        &[code::UNSEEN_CURRENCY],
        0,
        "no STORE has `priceRange` in USD; there are amounts in PHP (36), HKD (4)",
        [Some(0), None, None],
    ),
    (
        "STORE { ext.stars > 3 or not ext.stars = \"a\" and city = \"Manila\" }",
        &[code::UNSEEN_PROPERTY],
        0,
        "no STORE has `ext.stars`",
        [Some(0), None, None],
    ),
    (
        "STORE { city = \"Manila\" and externalRating >= 0 }",
        &[code::IDLE_RULE],
        0,
        "this rule removes nothing: every STORE that passes the rest of the group passes it too (10)",
        [Some(40), Some(0), None],
    ),
    (
        "STORE { externalRating < 9 }",
        &[code::IDLE_RULE],
        0,
        "every STORE passes this rule (40)",
        [Some(40), Some(0), None],
    ),
    (
        "STORE { externalRating > 100 or city = \"Manila\" }",
        &[code::UNMET_RULE],
        0,
        "no STORE passes this rule",
        [Some(0), None, None],
    ),
    (
        "STORE { city = \"Manila\" or city = \"Cebu City\" and storeName = \"Store 4\" and externalRating = 4 }",
        &[code::EMPTY_GROUP],
        0,
        "each rule of this group has items, but no STORE passes all of them; without `storeName = \"Store 4\"` there would be 6",
        [Some(0), None, None],
    ),
    (
        "STORE { city = \"Manila\" or storeName = \"Store 4\" }",
        &[code::IDLE_GROUP],
        0,
        "this group adds nothing: every STORE in it (1) is in another group of the block too",
        [Some(1), None, Some(0)],
    ),
    (
        "STORE { externalRating > 100 }",
        &[code::EMPTY_SET, code::UNMET_RULE],
        0,
        "the rule set selects no item",
        [Some(0), None, None],
    ),
    (
        "STORE { city = \"Manila\" and city in (\"Manila\", \"Cebu City\") }",
        &[code::REDUNDANT_RULE],
        0,
        "what passes `city = \"Manila\"` passes this rule too, so it removes nothing",
        [Some(40), Some(0), None],
    ),
    (
        "STORE { city in (\"Manila\", \"Cebu City\") or city = \"Manila\" }",
        &[code::IDLE_RULE, code::CONTAINED_GROUP],
        1,
        "group 1 selects all that this group selects, so this one adds nothing",
        [Some(10), None, Some(0)],
    ),
    // Only the last store is rated twice, and it is nowhere near Manila.
    (
        "STORE { externalRating = 4 and externalRating = 9 or city = \"Manila\" }",
        &[code::IDLE_RULE],
        0,
        "this rule removes nothing: every STORE that passes the rest of the group passes it too (1)",
        [Some(8), Some(0), None],
    ),
    (
        "STORE { city = \"Manila\" and externalRating > 3 and externalRating < 2 or city = \"Cebu City\" }",
        &[code::SEVERAL_VALUES],
        0,
        "no value of `externalRating` passes both `externalRating > 3` and this rule; only a STORE with several values of it would",
        [Some(0), None, None],
    ),
];

fn cases(linting: &Linting, stage: &str) {
    for (rules, codes, at, message, [matched, removed, only]) in CASES {
        let findings = linting.findings(rules);
        let found: Vec<_> = findings.iter().map(|f| f.diagnostic.code).collect();
        assert_eq!(&found, codes, "{stage}: {rules}\n{findings:#?}");
        let Some(finding) = findings.get(*at) else { continue };
        assert_eq!(finding.diagnostic.message, *message, "{stage}: {rules}");
        let evidence = finding.evidence.as_ref().unwrap();
        assert_eq!(
            [evidence.matched, evidence.removed, evidence.only],
            [*matched, *removed, *only],
            "{stage}: {rules}"
        );
        assert_eq!(evidence.total, if rules.starts_with("STORE") { 40 } else { 0 }, "{stage}: {rules}");
    }
}

#[test]
fn claims_of_logic_are_shown_by_an_item() {
    let linting = Linting::new(stores());
    let findings = linting.findings("STORE { \"Wide\": city in (\"Manila\", \"Cebu City\") or city = \"Manila\" }");
    let item = findings[1].evidence.clone().unwrap().item.unwrap();
    assert_eq!((item.content_id.as_str(), item.title.as_deref()), ("s0", Some("Store 0")));
    assert_eq!(findings[1].related.len(), 1);
    let contradiction = linting.findings("STORE { city is missing and city = \"Manila\" or all }");
    assert_eq!(contradiction[0].diagnostic.code, code::CONTRADICTION);
    assert_eq!(contradiction[0].evidence.as_ref().unwrap().item, None);
}

#[test]
fn a_slip_is_mended_by_its_fix() {
    let linting = Linting::new(stores());
    let rules = "STORE { city in (\"Manlia\", \"Cebu City\") }";
    let fix = linting.findings(rules)[0].diagnostic.fixes[0].clone();
    assert_eq!(fix.title, "write \"Manila\"");
    let mended = apply(rules, &fix.edits);
    assert_eq!(mended, "STORE { city in (\"Manila\", \"Cebu City\") }");
    assert_eq!(linting.codes(&mended), [code::IDLE_RULE]);
}

#[test]
fn rule_sets_are_compared_by_meaning() {
    let linting = Linting::new(stores());
    let against = [
        ("the same", "store { // spelled otherwise\n \"T\": externalRating > 3 and city = \"Manila\" }"),
        ("another", "STORE { city = \"Manila\" }"),
        ("broken", "STORE {"),
    ];
    let against = against.map(|(name, rules)| named(name, rules)).to_vec();
    let request = LintRequest { against, ..request("STORE { city = \"Manila\" and externalRating > 3 }") };
    let report = linting.engine.lint(&tenant("T"), &request).unwrap();
    let findings: Vec<_> = report.findings.iter().map(|f| (f.diagnostic.code, f.diagnostic.message.as_str())).collect();
    let same = "the rule set \"the same\" selects the same items, for its rules are the same";
    assert_eq!(findings, [(code::DUPLICATE_RULE_SET, same)]);
    let elsewhere = linting.engine.lint(&tenant("NEW"), &request).unwrap();
    assert_eq!((elsewhere.as_of, elsewhere.findings.len()), (0, 1), "a tenant without content");
}

/// The same text at other rates selects other items.
#[test]
fn each_rule_set_is_checked_at_its_own_rates() {
    let linting = Linting::new(stores());
    let rules = "STORE { minPriceRange > USD 5 ~fx }";
    let other = |name: &str, hkd: &str| NamedRules { options: rates(hkd), ..named(name, rules) };
    let against = vec![other("then", "7.8"), other("now", "8"), named("without rates", rules)];
    let request = LintRequest { options: rates("8"), against, ..request(rules) };
    let report = linting.engine.lint(&tenant("T"), &request).unwrap();
    let same = report.findings.iter().filter(|f| f.diagnostic.code == code::DUPLICATE_RULE_SET);
    let messages: Vec<_> = same.map(|f| f.diagnostic.message.as_str()).collect();
    assert_eq!(messages, ["the rule set \"now\" selects the same items, for its rules are the same"]);
}

#[test]
fn more_rule_sets_than_are_compared_are_said_to_be_cut() {
    let linting = Linting::new(stores());
    let rules = "STORE { city = \"Manila\" }";
    let against = |others: usize| {
        let others = (0..others).map(|_| named("other", "STORE { all }"));
        let request = LintRequest { against: others.chain([named("same", rules)]).collect(), ..request(rules) };
        let report = linting.engine.lint(&tenant("T"), &request).unwrap();
        (report.truncated, report.findings.len())
    };
    assert_eq!((against(AGAINST_MAX - 1), against(AGAINST_MAX)), ((false, 1), (true, 0)));
}

/// Counts of the rule set itself stay; what would be looked up beside is left out, and the report says so.
#[test]
fn without_time_nothing_more_is_looked_up() {
    let linting = Linting::new(stores());
    let rules = "STORE { city = \"Cebu\" or city = \"Manila\" and city in (\"Manila\", \"Cebu City\") }";
    let against = vec![named("same", rules)];
    let request = LintRequest { time_max: Duration::ZERO, against, ..request(rules) };
    let report = linting.engine.lint(&tenant("T"), &request).unwrap();
    let codes: Vec<_> = report.findings.iter().map(|f| f.diagnostic.code).collect();
    assert_eq!((report.truncated, codes), (true, vec![code::UNMET_RULE, code::REDUNDANT_RULE]));
    let evidence = report.findings[1].evidence.as_ref().unwrap();
    assert_eq!((evidence.matched, &evidence.item), (Some(40), &None));
}

/// Items that show something, and what is there instead, are found for some findings only.
#[test]
fn what_is_shown_and_offered_has_limits() {
    let linting = Linting::new(stores());
    let shown = |groups: usize| {
        let group = |n: usize| format!("storeName = \"Store {n}\" and storeName in (\"Store {n}\", \"Store 39\")");
        let groups: Vec<String> = (0..groups).map(group).collect();
        let report = linting.report(&format!("STORE {{ {} }}", groups.join(" or ")));
        let shown = report.findings.iter().filter(|f| f.evidence.as_ref().is_some_and(|e| e.item.is_some())).count();
        (report.truncated, report.findings.len(), shown)
    };
    assert_eq!((shown(16), shown(17)), ((false, 16, 16), (true, 17, 16)));
    let offered = |groups: usize| {
        let group = |n: usize| format!("minPriceRange > USD {n}");
        let groups: Vec<String> = (0..groups).map(group).collect();
        let report = linting.report(&format!("STORE {{ {} or all }}", groups.join(" or ")));
        let unseen: Vec<&LintFinding> =
            report.findings.iter().filter(|f| f.diagnostic.code == code::UNSEEN_CURRENCY).collect();
        let offered = unseen.iter().filter(|f| !f.evidence.as_ref().unwrap().instead.is_empty()).count();
        (report.truncated, unseen.len(), offered)
    };
    assert_eq!((offered(4), offered(5)), ((false, 4, 4), (true, 5, 4)));
}

/// They are read from the property's own columns, whatever the price of the items is in.
#[test]
fn currencies_are_those_that_the_property_has() {
    let store = |n: usize, currency: &str, amount: &str| {
        let info = json!({ "storeName": format!("Store {n}"), "fee": { "amount": amount, "currency": currency },
            "minPriceRange": { "amount": "1", "currency": "PHP" } });
        content("STORE", &format!("s{n}"), 1, &info)
    };
    let wide = "0.000001";
    let items = vec![store(0, "JPY", "5"), store(1, "JPY", "6"), store(2, "KWD", wide)];
    let linting = Linting::new(items);
    let message = "no STORE has `ext.fee` in USD; there are amounts in JPY (2), KWD (1)";
    for stage in ["newer than the index", "indexed"] {
        let findings = linting.findings("STORE { ext.fee > USD 5 or all }");
        let found = findings.iter().find(|f| f.diagnostic.code == code::UNSEEN_CURRENCY).unwrap();
        assert_eq!(found.diagnostic.message, message, "{stage}");
        linting.engine.flush();
    }
}

#[test]
fn errors_are_findings_and_stop_lint() {
    let linting = Linting::new(stores());
    let report = linting.report("STORE { citty = \"x\" and all and all }");
    assert!(!report.ok);
    assert_eq!(report.findings.iter().map(|f| f.diagnostic.code).collect::<Vec<_>>(), [code::UNKNOWN_PROPERTY]);
    assert!(linting.report("STORE { all }").ok);
}

#[test]
fn a_merchant_s_properties_are_not_looked_up_at_the_item() {
    let linting = Linting::new(stores());
    let codes = linting.codes("STORE { merchant.merchantName = \"x\" or city = \"Manila\" }");
    assert_eq!(codes, [code::UNMET_RULE]);
}

/// Look-ups have a limit, and the report says where it was reached.
#[test]
fn long_lists_are_cut_and_said_to_be() {
    let linting = Linting::new(stores());
    let rules = |count: usize| {
        let values: Vec<String> = (0..count).map(|n| format!("\"v{n}\"")).collect();
        format!("STORE {{ city in ({}) or city = \"Manila\" }}", values.join(","))
    };
    let whole = linting.report(&rules(VALUES_MAX - 1));
    assert!(!whole.truncated && whole.findings.len() == 1, "{whole:?}");
    let cut = linting.report(&rules(VALUES_MAX + 1));
    let codes: Vec<_> = cut.findings.iter().map(|f| f.diagnostic.code).collect();
    assert_eq!((cut.truncated, codes), (true, vec![code::UNSEEN_VALUE, code::UNMET_RULE]));
    assert!(cut.findings[0].diagnostic.message.starts_with("1,000 of the 1,000 values looked up"), "{cut:?}");
}

/// In December 2025 and in March 2026.
const BEFORE: i64 = 1_764_547_200_000;
const AFTER: i64 = 1_772_323_200_000;

/// Content may give a property twice; where an item has both values, or it is too dear to find out, nobody is told otherwise.
#[test]
fn several_values_are_asked_for_only_where_no_item_surely_has_them() {
    let launched = |id: &str, days: &[i64]| content("STORE", id, 1, &json!({ "storeName": id, "launch": days }));
    let rules = |more: &str| {
        format!("STORE {{ ext.launch before 2026-01-01 and ext.launch after 2026-02-01{more} or storeName = \"one\" }}")
    };
    let one = Linting::new(vec![launched("one", &[BEFORE]), launched("other", &[AFTER])]);
    assert_eq!(one.codes(&rules("")), [code::SEVERAL_VALUES], "the group's count is the pair's");
    let dear = one.report(&rules(" and storeName = \"other\""));
    let codes: Vec<_> = dear.findings.iter().map(|f| f.diagnostic.code).collect();
    assert_eq!((dear.truncated, codes), (true, vec![code::EMPTY_GROUP]));
    let both = Linting::new(vec![launched("one", &[BEFORE, AFTER]), launched("other", &[AFTER])]);
    let report = both.report(&rules(""));
    assert!(
        !report.truncated && report.findings.iter().all(|f| f.diagnostic.code != code::SEVERAL_VALUES),
        "{report:?}"
    );
}

/// A claim that items disprove is no reason to keep silent on what is so.
#[test]
fn what_items_disprove_silences_nothing() {
    let linting = Linting::new(stores());
    let rules = "STORE { externalRating = 4 and externalRating = 9 and city = \"Manila\" or city = \"Cebu City\" }";
    let findings = linting.findings(rules);
    assert_eq!(findings.iter().map(|f| f.diagnostic.code).collect::<Vec<_>>(), [code::EMPTY_GROUP]);
    let message = &findings[0].diagnostic.message;
    assert!(message.ends_with("without `externalRating = 9` there would be 2"), "{message}");
}

/// Codes that need items; logic's own are in the language's tests.
#[test]
fn every_code_of_items_has_a_case() {
    let cased: Vec<&str> = CASES.iter().flat_map(|case| case.1).copied().chain([code::DUPLICATE_RULE_SET]).collect();
    for code in code::ALL.iter().filter(|code| code.starts_with("W51")) {
        assert!(cased.contains(code), "{code} has no case");
    }
}
