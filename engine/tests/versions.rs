//! No older version ever overwrites a newer one, whatever the order, repetition or concurrency; a tombstone counts.

mod support;

use penstock_engine::content::item::Item;
use penstock_engine::{Engine, Options, Outcome, SubmitError};
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;
use support::{NOW_MS, Random, item, submit, tenant};

const ITEMS: usize = 40;
const WRITES: usize = 100_000;
const CLIENTS: u64 = 8;

fn version_of(id: usize, version: i64) -> Item {
    let info = format!("{{\"storeName\":\"Store {id} at {version}\",\"city\":\"c{}\"}}", version % 3);
    let status = i32::from(version % 11 != 0);
    let info = serde_json::to_string(&info).unwrap();
    let line = format!(
        "{{\"contentType\":\"STORE\",\"contentId\":\"s{id}\",\"contentVersion\":{version},\"contentStatus\":{status},\"contentInfo\":{info}}}"
    );
    item("T", &line)
}

/// Submits until the queue takes it.
fn submit_patiently(engine: &Engine, items: &[Item]) -> Vec<Outcome> {
    loop {
        let (send, outcomes) = mpsc::channel();
        let meta = penstock_engine::BatchMeta { received_ms: NOW_MS, biz_date: None };
        engine.submit(&tenant("T"), items.to_vec(), meta, Box::new(move |result| send.send(result).unwrap()));
        match outcomes.recv().unwrap() {
            Ok((_, outcome)) => return outcome.items.into_iter().map(|o| o.outcome).collect(),
            Err(SubmitError::Overloaded { .. }) => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn an_item_pushed_by_many_clients_in_any_order_ends_at_its_highest_version() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let highest: Vec<BTreeMap<usize, i64>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|seed| {
                scope.spawn({
                    let engine = &engine;
                    move || client(engine, seed)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let tenant = engine.tenant(&tenant("T")).unwrap();
    let state = tenant.state.read();
    for id in 0..ITEMS {
        let highest = highest.iter().filter_map(|client| client.get(&id)).max().unwrap();
        let ordinal = state.catalog.ordinal(penstock_dsl::registry::ContentType::Store, &format!("s{id}")).unwrap();
        let entry = state.catalog.entry(ordinal).unwrap();
        assert_eq!((entry.version, entry.live), (*highest, highest % 11 != 0), "s{id}");
    }
    drop(state);
    engine.shutdown();
}

/// One client's writes; the highest version that it sent of each item.
fn client(engine: &Engine, seed: u64) -> BTreeMap<usize, i64> {
    let mut random = Random(seed);
    let mut highest = BTreeMap::new();
    for _ in 0..WRITES / CLIENTS as usize / 50 {
        let batch: Vec<Item> = (0..50)
            .map(|_| {
                let (id, version) = (random.below(ITEMS), 1 + random.below(5_000) as i64);
                let known = highest.entry(id).or_insert(version);
                *known = version.max(*known);
                version_of(id, version)
            })
            .collect();
        // Versions are a function of (id, version), so none can conflict.
        assert!(submit_patiently(engine, &batch).iter().all(|o| *o != Outcome::VersionConflict));
    }
    highest
}

#[test]
fn several_versions_in_one_request_count_as_sent_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let batch = vec![version_of(1, 5), version_of(1, 4), version_of(1, 5), version_of(1, 7), version_of(1, 6)];
    let expected =
        [Outcome::Applied, Outcome::StaleIgnored, Outcome::Duplicate, Outcome::Applied, Outcome::StaleIgnored];
    let t = tenant("T");
    let validated: Vec<_> = engine.validate(&t, &batch).into_iter().map(|o| o.outcome).collect();
    assert_eq!(validated, expected, "validating says what submitting does");
    let outcomes: Vec<_> = submit(&engine, &t, batch).into_iter().map(|o| o.outcome).collect();
    assert_eq!(outcomes, expected);
    let mut other = version_of(1, 7);
    other.payload_hash ^= 1;
    let conflict = submit(&engine, &t, vec![other]).remove(0);
    assert_eq!(conflict.outcome, Outcome::VersionConflict);
    assert_eq!(conflict.issues.last().unwrap().code, "VERSION_CONFLICT");
    engine.shutdown();
}
