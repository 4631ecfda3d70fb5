//! Recovery: the log is the only ground state, and folding it again gives the same state, byte for byte, whatever of the
//! derived files is there, old, damaged or gone.

mod support;

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::fx::Rates;
use penstock_engine::checkpoint::Body;
use penstock_engine::command::{Command, CommandOutcome, ItemKey, OnboardingWrite, PutSet, Refusal, TagWrite};
use penstock_engine::content::item::Item;
use penstock_engine::fx::FxRefused;
use penstock_engine::sets::SetChange;
use penstock_engine::supply::change::Stream;
use penstock_engine::supply::tags::{TagKind, TagName};
use penstock_engine::supply::wallet::Onboarding;
use penstock_engine::{Engine, OpenError, Options, PreviewRequest, TenantId, preview};
use std::path::Path;
use support::{NOW_MS, command, item, real_lines, submit, tenant};

const RULES: &str = "STORE { storeName ~ \"cafe\" or city is set and not externalTags in (\"takeout\") }
                     MERCHANT { merchantName contains \"a\" } LOCAL_SKU { salePrice in HKD 10..50 }";

struct Store {
    dir: tempfile::TempDir,
    tenant: TenantId,
}

/// What a store answers: its checkpoint's bytes, the ordinals of a rule set, and the journals of its standing sets.
#[derive(PartialEq)]
struct Derived {
    checkpoint: Vec<u8>,
    matched: Vec<u32>,
    journals: Vec<(Box<str>, Vec<SetChange>)>,
}

/// Rules of standing sets, and what some of them become.
const SETS: &[(&str, &str)] = &[
    ("names", RULES),
    (
        "merchants",
        "LOCAL_SKU { merchant.merchantName is set and name contains \"a\" } STORE { merchant.tag.algo.big is set }",
    ),
    (
        "tags",
        "STORE { tag.custom.season in (\"summer\") } LOCAL_SKU { tag.custom.season is set } MERCHANT { tag.algo.big is set }",
    ),
    ("all", "STORE { all } LOCAL_SKU { all } MERCHANT { all } BENEFIT { all }"),
    (
        "names",
        "STORE { storeName contains \"a\" } MERCHANT { merchantName ~ \"coffee\" } LOCAL_SKU { salePrice > HKD 20 }",
    ),
];

fn put_set(engine: &Engine, tenant: &TenantId, (name, rules): (&str, &str)) {
    let put = PutSet { name: name.into(), rules: rules.into(), target_wallet: "gcash".into(), fx_date: None };
    let outcome = command(engine, tenant, Command::PutSet(put));
    assert!(matches!(outcome, CommandOutcome::Set(_)), "{outcome:?}");
}

/// Tags and an onboarding about an item that was sent.
fn tag(engine: &Engine, tenant: &TenantId, of: &Item, version: i64) {
    let item = ItemKey { content_type: of.content_type, content_id: of.content_id.clone() };
    let name = |kind, name: &str| TagName { kind, name: name.into() };
    let write = |tag, values: &[&str]| {
        let values = values.iter().map(|value| Box::from(*value)).collect();
        TagWrite { tag, item: item.clone(), values, version }
    };
    let season: &[&str] = if version % 3 == 0 { &[] } else { &["summer", "spring"] };
    let tags = vec![write(name(TagKind::Custom, "season"), season), write(name(TagKind::Algo, "big"), &["yes"])];
    command(engine, tenant, Command::Tags(tags));
    let merchant_id = of.document.as_ref().and_then(|document| document.merchant_id()).unwrap_or("nobody");
    let onboarding = Onboarding { onboarded: version % 2 == 0, account_ids: vec!["2102900000001172".into()] };
    let write = OnboardingWrite { wallet: "gcash".into(), merchant_id: merchant_id.into(), onboarding, version };
    command(engine, tenant, Command::Onboarding(vec![write]));
}

fn derived(engine: &Engine, tenant: &TenantId) -> Derived {
    let tenant = engine.tenant(tenant).unwrap();
    let expr = check(RULES, &CheckOptions::default()).expr.unwrap();
    let (seq, matched) = preview::matched_ordinals(&tenant, &expr, NOW_MS).unwrap();
    let journals = engine.sets(&tenant.id, None, 100).into_iter().map(|set| {
        let journal = engine.set_changes(&tenant.id, &set.name, Stream::Deliverable, 0, usize::MAX).unwrap();
        let mut changes = engine.set_changes(&tenant.id, &set.name, Stream::Matched, 0, usize::MAX).unwrap().changes;
        let replayed = changes.iter().filter(|c| c.entered).count() - changes.iter().filter(|c| !c.entered).count();
        assert_eq!(replayed as u64, set.funnel.matched, "the journal of {}", set.name);
        let expr = check(&set.rules, &CheckOptions::default()).expr.unwrap();
        let (_, scratch) = preview::matched_ordinals(&tenant, &expr, NOW_MS).unwrap();
        assert_eq!(set.funnel.matched, scratch.len(), "{}", set.name);
        changes.extend(journal.changes);
        (set.name, changes)
    });
    let journals = journals.collect();
    let state = tenant.state.read();
    assert_eq!(seq, state.seq);
    Derived { checkpoint: Body::of(&state).to_bytes().unwrap(), matched: matched.iter().collect(), journals }
}

/// A store with content and several versions of a part of it, and what it answered before it was closed.
fn store(lines_max: usize) -> (Store, Derived) {
    let (name, lines) = real_lines().into_iter().max_by_key(|(_, lines)| lines.len().min(20_000)).unwrap();
    let store = Store { dir: tempfile::tempdir().unwrap(), tenant: tenant(&name) };
    let engine = open(store.dir.path());
    for (n, batch) in lines[..lines.len().min(lines_max)].chunks(50).enumerate() {
        let mut items: Vec<_> = batch.iter().map(|line| item(&name, line)).collect();
        submit(&engine, &store.tenant, items.clone());
        if let Some(set) = SETS.get(n / 2).filter(|_| n % 2 == 1) {
            put_set(&engine, &store.tenant, *set);
        }
        if n % 2 == 0 {
            tag(&engine, &store.tenant, &items[n % items.len()], n as i64);
            tag(&engine, &store.tenant, &items[0], n as i64 + 1);
        }
        if n % 3 == 0 {
            for item in &mut items {
                item.version += 1;
                item.content_info = item.content_info.replace("Cafe", "Bar").into();
            }
            let items = items.iter().map(|i| reread(i, &name)).collect();
            submit(&engine, &store.tenant, items);
        }
    }
    let before = derived(&engine, &store.tenant);
    engine.shutdown();
    (store, before)
}

/// The item as a merchant would send it.
fn reread(item: &penstock_engine::content::item::Item, tenant: &str) -> penstock_engine::content::item::Item {
    let line = serde_json::json!({
        "contentType": item.content_type.name(), "contentId": &*item.content_id, "contentVersion": item.version,
        "contentStatus": u8::from(item.document.is_some()), "contentInfo": &*item.content_info,
    });
    support::item(tenant, &line.to_string())
}

fn open(dir: &Path) -> Engine {
    Engine::open(dir, Options::default()).unwrap()
}

fn reopened(store: &Store) -> Derived {
    let engine = open(store.dir.path());
    let after = derived(&engine, &store.tenant);
    engine.flush();
    let indexed = derived(&engine, &store.tenant);
    assert!(indexed.checkpoint == after.checkpoint, "indexing changed the state");
    assert_eq!(indexed.matched, after.matched, "indexing changed an answer");
    engine.shutdown();
    after
}

#[test]
fn every_loss_of_derived_state_is_made_good_from_the_log() {
    let (store, before) = store(8_000);
    assert!(!before.matched.is_empty());
    let tenant_dir = store.dir.path().join("tenants").join(&*store.tenant.0);
    let checkpoint = tenant_dir.join("checkpoint");
    assert!(reopened(&store) == before, "after an orderly stop");
    std::fs::remove_file(&checkpoint).unwrap();
    assert!(reopened(&store) == before, "without a checkpoint");
    std::fs::remove_dir_all(tenant_dir.join("index")).unwrap();
    assert!(reopened(&store) == before, "without an index");
    std::fs::remove_dir_all(&tenant_dir).unwrap();
    assert!(reopened(&store) == before, "without both");
    let mut bytes = std::fs::read(&checkpoint).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&checkpoint, &bytes).unwrap();
    assert!(reopened(&store) == before, "with a damaged checkpoint");
    std::fs::remove_file(tenant_dir.join("journal.db")).unwrap();
    assert!(reopened(&store) == before, "without a journal");
    std::fs::remove_file(&checkpoint).unwrap();
    std::fs::write(tenant_dir.join("journal.db"), "no database").unwrap();
    assert!(reopened(&store) == before, "without a checkpoint and with a damaged journal");
    std::fs::write(tenant_dir.join("index/meta.json"), "{").unwrap();
    assert!(reopened(&store) == before, "with a damaged index");
}

#[test]
fn an_old_checkpoint_or_index_only_makes_the_start_longer() {
    let (store, _) = store(2_000);
    let tenant_dir = store.dir.path().join("tenants").join(&*store.tenant.0);
    let old = tempfile::tempdir().unwrap();
    copy(&tenant_dir, old.path());
    let engine = open(store.dir.path());
    let lines = &real_lines()[&*store.tenant.0];
    for batch in lines[2_000.min(lines.len() / 2)..].chunks(50).take(40) {
        submit(&engine, &store.tenant, batch.iter().map(|line| item(&store.tenant.0, line)).collect());
    }
    let before = derived(&engine, &store.tenant);
    engine.shutdown();
    std::fs::copy(old.path().join("checkpoint"), tenant_dir.join("checkpoint")).unwrap();
    assert!(reopened(&store) == before, "with an old checkpoint and a new index");
    std::fs::remove_dir_all(tenant_dir.join("index")).unwrap();
    copy(&old.path().join("index"), &tenant_dir.join("index"));
    assert!(reopened(&store) == before, "with a new checkpoint and an old index");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn damage_in_the_log_stops_the_start_and_names_the_place() {
    let (store, _) = store(1_000);
    std::fs::remove_dir_all(store.dir.path().join("tenants")).unwrap();
    let log = rusqlite::Connection::open(store.dir.path().join("log.db")).unwrap();
    log.execute("UPDATE log SET body = zeroblob(length(body)) WHERE seq = 7", []).unwrap();
    drop(log);
    let error = Engine::open(store.dir.path(), Options::default()).err().unwrap().to_string();
    assert!(error.contains("record 7") && error.contains(&*store.tenant.0), "{error}");
    let log = rusqlite::Connection::open(store.dir.path().join("log.db")).unwrap();
    log.execute("DELETE FROM log WHERE seq = 7", []).unwrap();
    drop(log);
    let error = Engine::open(store.dir.path(), Options::default()).err().unwrap().to_string();
    assert!(error.contains("record 7") && error.contains("missing"), "{error}");
}

#[test]
fn damage_anywhere_in_the_index_is_found_at_the_start_and_mended() {
    let (store, before) = store(2_000);
    let index = store.dir.path().join("tenants").join(&*store.tenant.0).join("index");
    for extension in ["term", "idx", "fast", "store", "fieldnorm"] {
        let files = std::fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|path| path.extension().is_some_and(|e| e == extension)) {
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            std::fs::write(&file, bytes).unwrap();
        }
        assert!(reopened(&store) == before, "with damaged .{extension} files");
    }
}

#[test]
fn a_log_that_has_lost_records_is_not_taken_for_the_truth() {
    let (store, _) = store(500);
    let log = store.dir.path().join("log.db");
    let connection = rusqlite::Connection::open(&log).unwrap();
    connection.execute("DELETE FROM log WHERE seq > 3", []).unwrap();
    connection.execute("UPDATE head SET seq = 3", []).unwrap();
    drop(connection);
    let error = Engine::open(store.dir.path(), Options::default()).err().unwrap().to_string();
    assert!(error.contains("record 3") && error.contains("lost records"), "{error}");
    std::fs::remove_file(&log).unwrap();
    let error = Engine::open(store.dir.path(), Options::default()).err().unwrap().to_string();
    assert!(error.contains("record 0") && error.contains("lost records"), "{error}");
}

#[test]
fn two_processes_never_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    assert!(matches!(Engine::open(dir.path(), Options::default()), Err(OpenError::InUse { .. })));
    engine.shutdown();
}

#[test]
fn pages_stay_those_of_their_snapshot_while_content_changes() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let t = tenant("T");
    let store = |n: usize, version: usize, city: &str| {
        let info = serde_json::json!({ "storeName": format!("Store {n}"), "city": city }).to_string();
        let line = serde_json::json!({ "contentType": "STORE", "contentId": format!("s{n}"), "contentVersion": version,
            "contentStatus": 1, "contentInfo": info });
        item("T", &line.to_string())
    };
    for batch in (0..300).collect::<Vec<_>>().chunks(50) {
        submit(&engine, &t, batch.iter().map(|&n| store(n, 1, if n % 2 == 0 { "even" } else { "odd" })).collect());
    }
    let rules = "STORE { city = \"even\" }";
    let request = |after| PreviewRequest {
        rules: rules.into(),
        limit: 7,
        after,
        facets: true,
        fx_date: None,
        target_wallet: None,
    };
    let mut page = engine.preview(&t, &request(None)).unwrap();
    let (as_of, counts) = (page.as_of, page.counts.clone());
    let mut seen = Vec::new();
    let mut version = 2;
    loop {
        assert_eq!((page.as_of, &page.counts), (as_of, &counts));
        seen.extend(page.items.iter().map(|i| (i.content_id.clone(), i.content_version)));
        // Everything moves to the other city, twice, while the operator turns pages.
        submit(&engine, &t, (version..version + 50).map(|n| store(n % 300, version, "odd")).collect());
        version += 13;
        let Some(next) = page.next.clone() else { break };
        page = engine.preview(&t, &request(Some(next))).unwrap();
    }
    let expected: Vec<_> = (0..300).step_by(2).map(|n| (format!("s{n}"), 1)).collect();
    assert_eq!(seen, expected);
    let now = engine.preview(&t, &request(None)).unwrap();
    assert!(now.counts.matched < 150 && now.as_of > as_of);
    engine.shutdown();
}

/// Rates are content of the tenant's log like any other: there after a restart, from the checkpoint or from the log.
#[test]
fn exchange_rates_survive_and_never_change() {
    let (dir, id) = (tempfile::tempdir().unwrap(), tenant("FX"));
    let rates = |date, hkd| Command::FxRates(Rates::new(date, "USD", [("HKD", hkd)]).unwrap());
    let taken = CommandOutcome::Refused(Refusal::Fx(FxRefused::DayTaken("2026-05-01".into())));
    let engine = open(dir.path());
    assert_eq!(command(&engine, &id, rates("2026-05-01", "7.8")), CommandOutcome::Applied);
    assert_eq!(command(&engine, &id, rates("2026-05-02", "7.7")), CommandOutcome::Applied);
    assert_eq!(command(&engine, &id, rates("2026-05-01", "7.8")), CommandOutcome::Unchanged);
    assert_eq!(command(&engine, &id, rates("2026-05-01", "7.9")), taken);
    engine.shutdown();
    for without_checkpoint in [false, true] {
        if without_checkpoint {
            std::fs::remove_file(dir.path().join("tenants/FX/checkpoint")).unwrap();
        }
        let engine = open(dir.path());
        let dates: Vec<String> = engine.fx_tables(&id).iter().map(|rates| rates.date()).collect();
        assert_eq!(dates, ["2026-05-02", "2026-05-01"]);
        assert_eq!(command(&engine, &id, rates("2026-05-01", "7.9")), taken);
        engine.shutdown();
    }
}
