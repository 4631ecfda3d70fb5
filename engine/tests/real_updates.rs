//! The real update stream through many standing rule sets: fifteen daily snapshots of supermarket prices and offers, with their
//! tombstones. After each day every set equals what its rules select from scratch, and what explains a set agrees with it.

#[path = "support/rules.rs"]
mod rules;
mod support;

use penstock_dsl::check::check;
use penstock_dsl::fx::Rates;
use penstock_dsl::registry::ContentType;
use penstock_engine::command::{Command, CommandOutcome, PutSet};
use penstock_engine::content::document::Document;
use penstock_engine::content::item::Item;
use penstock_engine::difference::DifferenceRequest;
use penstock_engine::engine::Asker;
use penstock_engine::explain::Asked;
use penstock_engine::matcher::evaluate::{Facts, Tagged, matches};
use penstock_engine::supply::change::Stream;
use penstock_engine::{Engine, Options, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use support::{NOW_MS, Random, item, real_lines, submit, tenant};

/// Standing sets; fewer for a quick look.
fn sets() -> usize {
    std::env::var("PENSTOCK_SETS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// Lines by version, that is by day: a key stands in a day at most once.
fn days(tenant: &str) -> Vec<Vec<Item>> {
    let Some(lines) = real_lines().remove(tenant) else { return Vec::new() };
    let mut days: BTreeMap<i64, Vec<Item>> = BTreeMap::new();
    for line in lines {
        let item = item(tenant, &line);
        days.entry(item.version).or_default().push(item);
    }
    days.into_values().collect()
}

fn put_sets(engine: &Engine, tenant: &TenantId, texts: &[String]) {
    let (send, outcomes) = mpsc::channel();
    for (n, text) in texts.iter().enumerate() {
        let put = PutSet {
            name: format!("set {n:04}").into(),
            rules: text.as_str().into(),
            target_wallet: "gcash".into(),
            fx_date: None,
        };
        let send = send.clone();
        let reply = Box::new(move |result| send.send(result).unwrap());
        engine.command(tenant, Command::PutSet(put), Asker::new("test"), NOW_MS, reply);
        let outcome = outcomes.recv().unwrap().unwrap_or_else(|e| panic!("{e}")).1.command;
        assert!(matches!(outcome, Some(CommandOutcome::Set(_))), "{outcome:?}\n{text}");
    }
}

#[test]
fn real_updates_through_standing_sets_equal_scratch_after_each_day() {
    let days = days("ALIPAYHK");
    // Without the real content only the bundled sample is there, which has no updates.
    let Some((first, updates)) = days.split_first() else { return };
    let (dir, id) = (tempfile::tempdir().unwrap(), tenant("ALIPAYHK"));
    let mut engine = Engine::open(dir.path(), Options::default()).unwrap();
    let rates: Rates = (*rules::options().rates.unwrap()).clone();
    support::command(&engine, &id, Command::FxRates(rates));
    first.chunks(50).for_each(|batch| drop(submit(&engine, &id, batch.to_vec())));
    let documents: Vec<&Document> = first.iter().filter_map(|item| item.document.as_ref()).collect();
    let mut random = Random(4);
    let mut texts = Vec::new();
    while texts.len() < sets() {
        let text = rules::rule_set(&mut random, &documents);
        // A random piece may be a text that the language refuses.
        texts.extend(check(&text, &rules::options()).expr.map(|_| text));
    }
    put_sets(&engine, &id, &texts);
    all_agree(&engine, texts.len(), "at first");
    for (day, items) in updates.iter().enumerate() {
        items.chunks(50).for_each(|batch| drop(submit(&engine, &id, batch.to_vec())));
        all_agree(&engine, texts.len(), &format!("day {}", day + 1));
        if day % 5 == 2 {
            engine.shutdown();
            engine = Engine::open(dir.path(), Options::default()).unwrap();
            all_agree(&engine, texts.len(), "after a restart");
        }
    }
    let latest = latest(&days);
    equal_the_evaluator(&engine, &id, &texts, &latest);
    reports_agree(&engine, &id, &texts, &latest, &mut random);
    engine.shutdown();
}

fn all_agree(engine: &Engine, sets: usize, when: &str) {
    let mut seen = 0;
    engine.verify(|_, name, verdict| {
        let verdict = verdict.unwrap_or_else(|e| panic!("{when}: {name}: {e}"));
        assert!(verdict.differences.is_empty(), "{when}: {verdict:?}");
        seen += 1;
    });
    assert_eq!(seen, sets);
}

type Latest = BTreeMap<(ContentType, String), Item>;

fn latest(days: &[Vec<Item>]) -> Latest {
    let all = days.iter().flatten().cloned();
    all.map(|item| ((item.content_type, item.content_id.to_string()), item)).collect()
}

/// Every set has exactly the items that the bare evaluator selects, and its journal leads there.
fn equal_the_evaluator(engine: &Engine, id: &TenantId, texts: &[String], latest: &Latest) {
    let live: Vec<_> = latest.iter().filter_map(|(key, item)| Some((key, item.document.as_ref()?))).collect();
    let merchants: BTreeMap<&str, &Document> = live
        .iter()
        .filter(|((t, _), _)| *t == ContentType::Merchant)
        .map(|(key, document)| (document.merchant_id().unwrap_or(&key.1), *document))
        .collect();
    let now_ms = engine.tenant(id).unwrap().state.read().supply.now_ms;
    for (n, text) in texts.iter().enumerate() {
        let expr = check(text, &rules::options()).expr.unwrap();
        let selected = live.iter().filter(|(_, document)| {
            let merchant = document.merchant_id().and_then(|id| merchants.get(id)).map(|d| Tagged::from(*d));
            matches(&expr, Facts { item: Tagged::from(*document), merchant, now_ms })
        });
        let expected: BTreeSet<_> = selected.map(|((t, id), _)| (*t, id.clone())).collect();
        let mut replayed = BTreeSet::new();
        let changes = engine.set_changes(id, &format!("set {n:04}"), Stream::Matched, 0, usize::MAX).unwrap();
        for change in changes.changes {
            let key = (change.content_type, change.content_id.to_string());
            assert!(if change.entered { replayed.insert(key) } else { replayed.remove(&key) });
        }
        assert_eq!(replayed, expected, "{text}");
    }
}

/// Explanations, differences and simulations say of some items what the sets say.
fn reports_agree(engine: &Engine, id: &TenantId, texts: &[String], latest: &Latest, random: &mut Random) {
    let items: Vec<_> = latest.iter().collect();
    for _ in 0..200 {
        let ((content_type, content_id), item) = items[random.below(items.len())];
        let holding: BTreeSet<_> =
            engine.sets_holding(id, *content_type, content_id).into_iter().map(|(name, _)| name).collect();
        let n = random.below(texts.len());
        let name = format!("set {n:04}");
        let explained = engine.explain(id, &Asked::Set(&name), *content_type, content_id).unwrap().unwrap();
        assert_eq!(explained.matched, holding.contains(&*name), "{name}: {content_id}");
        // What is sent again changes nothing; a tombstone leaves everywhere.
        let again = engine.simulate(id, item).unwrap().unwrap();
        let after: BTreeSet<_> = again.sets.iter().filter(|s| s.after.is_some()).map(|s| s.name.clone()).collect();
        assert_eq!(after, holding, "{content_id}");
        let gone = engine.simulate(id, &Item { document: None, ..item.clone() }).unwrap().unwrap();
        assert!(gone.sets.iter().all(|set| set.before.is_some() && set.after.is_none()));
        assert_eq!(gone.sets.len(), holding.len());
    }
    for _ in 0..20 {
        let (a, b) = (random.below(texts.len()), random.below(texts.len()));
        let request =
            DifferenceRequest { before: texts[a].clone(), after: texts[b].clone(), fx_date: None, samples: 3 };
        let difference = engine.difference(id, &request).unwrap().unwrap();
        let size = |n: usize| engine.set(id, &format!("set {n:04}")).unwrap().funnel.matched;
        // Sets stand at the time of the last record, differences are of now; where rules read the clock they may differ.
        if !texts[a].contains("now()") && !texts[b].contains("now()") {
            assert_eq!(difference.removed + difference.kept, size(a));
            assert_eq!(difference.added + difference.kept, size(b));
        }
        assert_eq!(difference.added_items.len() as u64, difference.added.min(3));
        assert!(difference.added_items.iter().all(|item| !item.before.matched && item.after.matched));
    }
}
