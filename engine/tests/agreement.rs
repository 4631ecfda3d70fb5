//! One meaning, two evaluators: for random rules over all real content, the index with its overlay selects exactly the
//! items that the bare evaluator selects, whatever part of the content is indexed, newer than the index, or replaced.

#[path = "support/rules.rs"]
mod rules;
mod support;

use penstock_dsl::check::{CheckOptions, check};
use penstock_engine::content::document::Document;
use penstock_engine::content::item::Item;
use penstock_engine::matcher::evaluate::matches;
use penstock_engine::{Engine, Options, Outcome, TenantId, preview};
use std::collections::BTreeMap;
use support::{NOW_MS, Random, item, real_lines, submit, tenant};

/// Rule sets a tenant and stage; more for a longer hunt.
fn rule_sets() -> usize {
    std::env::var("PENSTOCK_RULE_SETS").ok().and_then(|n| n.parse().ok()).unwrap_or(120)
}

/// The latest documents by ordinal, kept beside the engine.
struct Mirror {
    tenant: TenantId,
    documents: BTreeMap<u32, Document>,
}

impl Mirror {
    fn submit(&mut self, engine: &Engine, items: &[Item]) {
        for batch in items.chunks(50) {
            let outcomes = submit(engine, &self.tenant, batch.to_vec());
            let tenant = engine.tenant(&self.tenant).unwrap();
            let state = tenant.state.read();
            for (item, outcome) in batch.iter().zip(outcomes) {
                let ordinal = state.catalog.ordinal(item.content_type, &item.content_id).unwrap();
                match (&item.document, outcome.outcome) {
                    (Some(document), Outcome::Applied) => drop(self.documents.insert(ordinal, document.clone())),
                    (None, Outcome::Applied) => drop(self.documents.remove(&ordinal)),
                    _ => {}
                }
            }
        }
    }

    fn agrees(&self, engine: &Engine, random: &mut Random, stage: &str) {
        let documents: Vec<&Document> = self.documents.values().collect();
        let snapshot = engine.tenant(&self.tenant).unwrap().state.read().snapshot.clone();
        let mut checked = 0;
        for _ in 0..rule_sets() {
            let text = rules::rule_set(random, &documents);
            // A random piece may be a text that the language refuses, such as a fuzzy query without a word.
            let Some(expr) = check(&text, &CheckOptions::default()).expr else { continue };
            checked += 1;
            let (_, found) = preview::matched_ordinals(&snapshot, &expr, NOW_MS).unwrap();
            let expected = self.documents.iter().filter(|(_, d)| matches(&expr, d, NOW_MS)).map(|(o, _)| *o);
            let expected: roaring::RoaringBitmap = expected.collect();
            if found != expected {
                let wrong = (&found ^ &expected).min().unwrap();
                let side = if found.contains(wrong) { "index only" } else { "evaluator only" };
                panic!("{} {stage}: {side}\n{text}\n{expr:?}\n{:?}", self.tenant.0, self.documents.get(&wrong));
            }
        }
        assert!(checked * 2 > rule_sets(), "{stage}: only {checked} of the random rule sets checked");
    }
}

#[test]
fn index_and_overlay_agree_with_the_bare_evaluator_on_real_content() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let mut random = Random(1);
    for (name, lines) in real_lines() {
        let items: Vec<Item> = lines.iter().map(|line| item(&name, line)).collect();
        let mut mirror = Mirror { tenant: tenant(&name), documents: BTreeMap::new() };
        let (first, second) = items.split_at(items.len() / 2);
        mirror.submit(&engine, first);
        engine.flush();
        mirror.agrees(&engine, &mut random, "indexed");
        mirror.submit(&engine, second);
        mirror.agrees(&engine, &mut random, "partly in the overlay");
        // New versions that swap contents and delete, so that the index's documents are out of date.
        let replaced = items.iter().step_by(7).enumerate().map(|(n, old)| Item {
            version: i64::MAX - 1,
            document: items[(n * 31) % items.len()]
                .document
                .clone()
                .filter(|d| d.content_type == old.content_type && n % 5 > 0),
            ..old.clone()
        });
        mirror.submit(&engine, &replaced.collect::<Vec<_>>());
        mirror.agrees(&engine, &mut random, "replaced in the overlay");
        engine.flush();
        mirror.agrees(&engine, &mut random, "replaced in the index");
    }
    engine.shutdown();
}
