//! One meaning, four ways: every case of the language's test folder is answered alike by the index with its overlay, by the bare
//! evaluator, and by the matcher with its candidates and without; and kept alike as a standing set.

#[path = "support/strange.rs"]
mod strange;
mod support;

#[path = "support/rules.rs"]
mod rules;

use penstock_dsl::check::check;
use penstock_dsl::expr::Expr;
use penstock_dsl::registry::ContentType;
use penstock_engine::command::{Command, CommandOutcome, PutSet};
use penstock_engine::content::document::Document;
use penstock_engine::content::item::Item;
use penstock_engine::matcher::evaluate::{Facts, Tagged, matches};
use penstock_engine::matcher::groups::GroupProbe;
use penstock_engine::{Engine, Options, Outcome, TenantId, preview};
use std::collections::BTreeMap;
use std::path::PathBuf;
use support::{NOW_MS, Random, item, real_lines, submit, tenant};

/// Real items of each tenant.
const REAL_ITEMS: usize = 400;

/// The cases that check, by title.
fn cases() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../dsl/tests/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rules"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for case in text.split("=== ").skip(1) {
            let (title, rules) = case.split_once('\n').unwrap();
            let rules = rules.trim_end().to_owned();
            if check(&rules, &rules::options()).expr.is_some() {
                cases.push((format!("{}: {title}", file.file_stem().unwrap().to_string_lossy()), rules));
            }
        }
    }
    cases
}

/// Strange items and some real ones of every tenant, as of one tenant.
fn content() -> Vec<Item> {
    let mut random = Random(7);
    let mut items: Vec<Item> = (0..400).map(|id| strange::item(&mut random, id, 1)).collect();
    for (name, lines) in real_lines() {
        let step = (lines.len() / REAL_ITEMS).max(1);
        items.extend(lines.iter().step_by(step).map(|line| item(&name, line)));
    }
    items
}

struct Content {
    documents: BTreeMap<u32, Document>,
    by_merchant: BTreeMap<String, Document>,
}

/// Sends items and remembers what became of them.
fn send(engine: &Engine, id: &TenantId, items: &[Item], documents: &mut BTreeMap<u32, Document>) {
    for batch in items.chunks(50) {
        let outcomes = submit(engine, id, batch.to_vec());
        let tenant = engine.tenant(id).unwrap();
        let state = tenant.state.read();
        for (item, outcome) in batch.iter().zip(outcomes) {
            let ordinal = state.catalog.ordinal(item.content_type, &item.content_id).unwrap();
            match (&item.document, outcome.outcome) {
                (Some(document), Outcome::Applied) => drop(documents.insert(ordinal, document.clone())),
                (None, Outcome::Applied) => drop(documents.remove(&ordinal)),
                _ => {}
            }
        }
    }
}

/// The MERCHANT items by what items call them (D-77).
fn merchants(engine: &Engine, id: &TenantId, documents: &BTreeMap<u32, Document>) -> BTreeMap<String, Document> {
    let tenant = engine.tenant(id).unwrap();
    let state = tenant.state.read();
    let named = documents.values().filter_map(Document::merchant_id);
    let behind = named.filter_map(|id| {
        let ordinal = state.merchant_item(state.names.merchants.find(id)?)?;
        Some((id.to_owned(), documents.get(&ordinal)?.clone()))
    });
    behind.collect()
}

fn evaluated(content: &Content, expr: &Expr) -> roaring::RoaringBitmap {
    let passes = |document: &Document| {
        let merchant = document.merchant_id().and_then(|id| content.by_merchant.get(id)).map(Tagged::from);
        matches(expr, Facts { item: Tagged::from(document), merchant, now_ms: NOW_MS })
    };
    content.documents.iter().filter(|(_, document)| passes(document)).map(|(ordinal, _)| *ordinal).collect()
}

#[test]
fn every_case_of_the_language_means_the_same_in_four_ways() {
    let (dir, id) = (tempfile::tempdir().unwrap(), tenant("T"));
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let rates = (*rules::options().rates.unwrap()).clone();
    support::command(&engine, &id, Command::FxRates(rates));
    let (items, cases) = (content(), cases());
    assert!(cases.len() >= 25, "{}", cases.len());
    let mut documents = BTreeMap::new();
    let (first, second) = items.split_at(items.len() / 2);
    send(&engine, &id, first, &mut documents);
    for (title, text) in &cases {
        let put = PutSet {
            name: title.as_str().into(),
            rules: text.as_str().into(),
            target_wallet: "gcash".into(),
            fx_date: None,
        };
        let outcome = support::command(&engine, &id, Command::PutSet(put));
        assert!(matches!(outcome, CommandOutcome::Set(_)), "{title}: {outcome:?}");
    }
    // Of what comes now the matcher decides; what was there has been looked up.
    send(&engine, &id, second, &mut documents);
    engine.flush();
    let by_merchant = merchants(&engine, &id, &documents);
    let content = Content { documents, by_merchant };
    let tenant = engine.tenant(&id).unwrap();
    for (title, text) in &cases {
        let expr = check(text, &rules::options()).expr.unwrap();
        let (_, found) = preview::matched_ordinals(&tenant, &expr, NOW_MS).unwrap();
        assert_eq!(found, evaluated(&content, &expr), "{title}: index and evaluator");
    }
    let mut probe = GroupProbe::default();
    for document in content.documents.values() {
        let state = tenant.state.read();
        let scanned = state.groups.scan(document);
        assert_eq!(state.groups.matching(document, &mut probe), scanned, "candidates and scan: {document:?}");
    }
    let mut verified = 0;
    engine.verify(|_, name, verdict| {
        let verdict = verdict.unwrap();
        assert!(verdict.differences.is_empty(), "{name}: {verdict:?}");
        verified += 1;
    });
    assert_eq!(verified, cases.iter().map(|(title, _)| title).collect::<std::collections::BTreeSet<_>>().len());
    assert!(content.documents.values().any(|document| document.content_type == ContentType::Benefit));
    engine.shutdown();
}
