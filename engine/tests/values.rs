//! Values and fill against a plain count over what was sent: through several segments, replaced and withdrawn items, items that
//! the index does not have yet, and more distinct values than a segment's list keeps. Completion and hover likewise.

mod support;

use penstock_dsl::complete::rank::value_fit;
use penstock_dsl::registry::ContentType;
use penstock_dsl::text::fold;
use penstock_engine::complete::CompleteRequest;
use penstock_engine::{Engine, Options, ValuesRequest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use support::{Random, item, submit, tenant};

const ITEMS: usize = 6_000;
const ROUNDS: usize = 6;
const WRITES_A_ROUND: usize = 2_000;

/// The latest content of every item; none where it was withdrawn.
type Sent = BTreeMap<(ContentType, usize), Option<Value>>;

fn content(random: &mut Random, content_type: ContentType, id: usize) -> Value {
    const NAMES: &[&str] = &["Ａroma", "aroma Bar", "Éclair", "eclair", "東京 cafe", "(bar)", "Zoo", "0 to 9", "be"];
    let common = ["hotel", "Hostel", "food", "ho chi", "ÉTÉ"];
    let mut info = json!({ "merchantId": format!("m{:04}", random.below(40) * random.below(80)) });
    let category = |random: &mut Random| match random.chance(3) {
        true => format!("rare {}", random.below(4_000)),
        false => (*random.pick(&common)).to_owned(),
    };
    info["stdCategories"] = json!([category(random), category(random)]);
    info["multilLang"] = json!({ "zh-HK": { "stdCategories": [category(random)] } });
    if content_type == ContentType::Store {
        info["storeId"] = json!(format!("id-{id:05}"));
        info["storeName"] = json!(format!("{} {}", random.pick(NAMES), random.below(300)));
        if random.chance(2) {
            info["city"] = json!(format!("c{}", random.below(12)));
        }
    }
    if random.chance(4) {
        info["shelf"] = json!([random.below(20), format!("x{}", random.below(5))]);
    }
    info
}

fn filled(engine: &Engine) -> Sent {
    let mut sent = Sent::new();
    let mut random = Random(11);
    for round in 0..ROUNDS {
        let mut items = Vec::new();
        for _ in 0..WRITES_A_ROUND {
            let id = random.below(ITEMS);
            let content_type = type_of(id);
            let info = (!random.chance(9)).then(|| content(&mut random, content_type, id));
            let status = i32::from(info.is_some());
            let text = info.clone().unwrap_or_else(|| json!({})).to_string();
            let version = 1 + items.len() + round * WRITES_A_ROUND;
            let line = json!({ "contentType": content_type.name(), "contentId": format!("i{id}"), "contentVersion": version,
                               "contentStatus": status, "contentInfo": text });
            items.push(item("T", &line.to_string()));
            sent.insert((content_type, id), info);
        }
        for batch in items.chunks(500) {
            submit(engine, &tenant("T"), batch.to_vec());
        }
        // The last round stays in the overlay, as far as the feed thread leaves it there.
        if round + 1 < ROUNDS {
            engine.flush();
        }
    }
    sent
}

fn values_of(info: &Value, key: &str) -> BTreeSet<String> {
    let base = info.get(key).into_iter();
    let all = base.chain(info.pointer(&format!("/multilLang/zh-HK/{key}")));
    let scalars = all.flat_map(|v| v.as_array().cloned().unwrap_or_else(|| vec![v.clone()]));
    scalars.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
}

fn of_type(sent: &Sent, content_type: Option<ContentType>) -> impl Iterator<Item = &Value> {
    let of_type = sent.iter().filter(move |((t, _), _)| content_type.is_none_or(|wanted| wanted == *t));
    of_type.filter_map(|(_, info)| info.as_ref())
}

#[test]
fn values_and_fill_are_those_of_a_plain_count() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let mut sent = filled(&engine);
    // Twice: with an overlay, and without.
    for _ in 0..2 {
        values_agree(&engine, &sent);
        fills_agree(&engine, &sent);
        completions_agree(&engine, &sent);
        hovers_agree(&engine, &sent);
        engine.flush();
    }
    // A few items go at a time, so that what is known of the segments is corrected.
    for round in 0..6 {
        for id in [round, 100 + round, 200 + 3 * round] {
            withdraw(&engine, &mut sent, id);
        }
        fills_agree(&engine, &sent);
        if round % 2 == 1 {
            engine.flush();
            fills_agree(&engine, &sent);
        }
    }
    hovers_agree(&engine, &sent);
    engine.shutdown();
}

fn type_of(id: usize) -> ContentType {
    if id.is_multiple_of(3) { ContentType::LocalSku } else { ContentType::Store }
}

fn withdraw(engine: &Engine, sent: &mut Sent, id: usize) {
    let content_type = type_of(id);
    let line = json!({ "contentType": content_type.name(), "contentId": format!("i{id}"), "contentVersion": 1_000_000,
                       "contentStatus": 0, "contentInfo": "{}" });
    submit(engine, &tenant("T"), vec![item("T", &line.to_string())]);
    sent.insert((content_type, id), None);
}

/// Stores by distinct value of a key.
fn stores_by_value(sent: &Sent, key: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let values = of_type(sent, Some(ContentType::Store)).flat_map(|info| values_of(info, key));
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts
}

/// What is typed may be a value's beginning, a word further in, or a slip.
fn completions_agree(engine: &Engine, sent: &Sent) {
    for (key, typed) in [
        ("stdCategories", "chi"),
        ("stdCategories", "hotle"),
        ("stdCategories", "fodo"),
        ("city", "1"),
        ("storeName", "bar"),
        ("storeName", "aorma bar"),
        ("merchantId", "zz"),
    ] {
        let rules = format!("STORE {{ {key} = \"{typed}");
        let request = CompleteRequest { offset: rules.len(), rules, limit: 200 };
        let found = engine.complete(&tenant("T"), &request).unwrap();
        let counts = stores_by_value(sent, key);
        let mut shown = BTreeMap::new();
        for offer in &found.candidates {
            let value = offer.candidate.label.clone();
            assert_eq!(offer.items, counts.get(&value).copied(), "{key} {typed}: {value}");
            assert!(value_fit(typed, &fold(&value)).is_some(), "{key} {typed}: {value}");
            shown.insert(value, offer.items.unwrap());
        }
        let fitting = counts.into_iter().filter(|(value, _)| value_fit(typed, &fold(value)).is_some());
        // What is rare may be in no list.
        let missing = fitting.filter(|(value, count)| !shown.contains_key(value) && (*count > 20 || !found.truncated));
        assert_eq!(missing.collect::<Vec<_>>(), [], "{key} {typed}");
        assert_eq!(shown.is_empty(), typed == "zz", "{key} {typed}");
    }
}

/// A value's count is that of the rule with it alone, however many others stand beside it.
fn hovers_agree(engine: &Engine, sent: &Sent) {
    let part = |info: &Value, key: &str, holds: &dyn Fn(&str) -> bool| values_of(info, key).iter().any(|v| holds(v));
    let folded = |typed: &str| fold(typed);
    let count = |holds: &dyn Fn(&Value) -> bool| {
        of_type(sent, Some(ContentType::Store)).filter(|info| holds(info)).count() as u64
    };
    let hk = |info: &Value, value: &str| {
        let list = info.pointer("/multilLang/zh-HK/stdCategories").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|v| v == value))
    };
    let name = of_type(sent, Some(ContentType::Store)).next().unwrap()["storeName"].as_str().unwrap().to_uppercase();
    for (rules, expected) in [
        (format!("storeName = \"|{name}\""), count(&|i| part(i, "storeName", &|v| fold(v) == folded(&name)))),
        ("storeName contains \"A B|\"".into(), count(&|i| part(i, "storeName", &|v| fold(v).contains("a b")))),
        ("stdCategories in (\"x\", \"hot|el\")".into(), count(&|i| part(i, "stdCategories", &|v| v == "hotel"))),
        (
            "not stdCategories none of (\"hot|el\", \"food\")".into(),
            count(&|i| part(i, "stdCategories", &|v| v == "hotel")),
        ),
        ("stdCategories@zh in (\"hot|el\")".into(), count(&|i| hk(i, "hotel"))),
        ("ext.shelf = \"X|3\"".into(), count(&|i| part(i, "shelf", &|v| v == "x3"))),
    ] {
        let marked = format!("STORE {{ {rules} }}");
        let offset = marked.find('|').unwrap();
        let hover = engine.hover(&tenant("T"), &marked.replacen('|', "", 1), offset).unwrap().unwrap();
        assert_eq!((hover.what, hover.items), ("value", Some(expected)), "{marked}");
        assert!(expected > 0 && hover.of > hover.items, "{marked}");
        assert_eq!(hover.of, Some(of_type(sent, Some(ContentType::Store)).count() as u64), "{marked}");
    }
}

fn values_agree(engine: &Engine, sent: &Sent) {
    let mut proven = 0;
    let prefixes =
        ["", "h", "ho", "HOT", "a", "e", "ete", "東", "(", "0", "id-0", "id-0001", "rare 12", "m00", "x", "zzz"];
    let types = [None, Some(ContentType::Store), Some(ContentType::LocalSku), Some(ContentType::Merchant)];
    for key in ["merchantId", "stdCategories", "storeId", "storeName", "city", "shelf"] {
        for (content_type, prefix) in types.iter().flat_map(|t| prefixes.map(|prefix| (*t, prefix))) {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for info in of_type(sent, content_type) {
                let matching = values_of(info, key).into_iter().filter(|v| fold(v).starts_with(&fold(prefix)));
                matching.for_each(|value| *counts.entry(value).or_default() += 1);
            }
            let property = if key == "shelf" { "ext.shelf" } else { key };
            let request = ValuesRequest { content_type, property: property.into(), prefix: prefix.into(), limit: 20 };
            let list = engine.values(&tenant("T"), &request).unwrap();
            let at = format!("{property} {content_type:?} {prefix:?}: {list:?}");
            assert!(list.values.iter().all(|(value, count)| counts.get(value) == Some(count)), "{at}");
            assert_eq!(list.values.len(), counts.len().min(20), "{at}");
            assert!(list.distinct_max >= counts.len() as u64, "{at}");
            assert!(list.truncated || list.distinct_max == counts.len() as u64, "{at}");
            assert!(list.truncated || list.exact, "{at}");
            let mut best: Vec<(String, u64)> = counts.into_iter().collect();
            best.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            if list.exact {
                assert_eq!(list.values, best[..list.values.len()], "{at}");
                proven += 1;
            } else {
                assert!(list.values.iter().all(|(_, count)| *count <= 20), "a frequent value is always proven: {at}");
            }
        }
    }
    assert!(proven > 300, "{proven}");
}

fn fills_agree(engine: &Engine, sent: &Sent) {
    let properties = engine.properties(&tenant("T")).unwrap();
    for (key, name) in
        [("merchantId", "merchantId"), ("city", "city"), ("stdCategories", "stdCategories"), ("shelf", "ext.shelf")]
    {
        for content_type in [ContentType::Store, ContentType::LocalSku] {
            let infos: Vec<&Value> = of_type(sent, Some(content_type)).collect();
            let filled = infos.iter().filter(|info| info.get(key).is_some()).count() as u64;
            let info = properties.iter().find(|p| p.name == name && p.content_type == content_type);
            let counted = info.map(|p| (p.filled, p.of));
            let declared = key != "city" || content_type == ContentType::Store;
            assert_eq!(counted, declared.then_some((filled, infos.len() as u64)), "{name} {content_type}");
        }
    }
}
