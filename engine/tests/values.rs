//! Values and fill against a plain count over what was sent: through several segments, replaced and withdrawn items, items that
//! the index does not have yet, and more distinct values than a segment's list keeps.

mod support;

use penstock_dsl::registry::ContentType;
use penstock_dsl::text::fold;
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
            let content_type = if id.is_multiple_of(3) { ContentType::LocalSku } else { ContentType::Store };
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
    let sent = filled(&engine);
    // Twice: with an overlay, and without.
    for _ in 0..2 {
        values_agree(&engine, &sent);
        fills_agree(&engine, &sent);
        engine.flush();
    }
    engine.shutdown();
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
