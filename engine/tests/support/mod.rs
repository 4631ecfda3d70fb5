//! What engine tests share: real content read in place, an engine on a temporary folder, a small random generator.

#![allow(dead_code)]

use penstock_engine::command::{Command, CommandOutcome};
use penstock_engine::content::decode::{Context, decode};
use penstock_engine::content::item::Item;
use penstock_engine::engine::Asker;
use penstock_engine::{BatchMeta, Engine, ItemOutcome, TenantId};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

/// The time that tests say it is: 2026-06-01T00:00:00Z.
pub const NOW_MS: i64 = 1_780_272_000_000;

/// The folder of real content, or `None` (said aloud) where it is not there.
pub fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("PENSTOCK_DATA").map(PathBuf::from);
    let dir = dir.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    if dir.join("MANIFEST.tsv").exists() {
        return Some(dir);
    }
    eprintln!("no real content at {}: set PENSTOCK_DATA", dir.display());
    None
}

/// Lines of the bundled sample and, where it is there, of all real content, by tenant.
pub fn real_lines() -> BTreeMap<String, Vec<String>> {
    let bundled = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../demo");
    let mut folders = vec![bundled];
    if let Some(dir) = data_dir() {
        folders = vec![dir.join("open-licence"), dir.join("no-licence-stated")];
    }
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|dir| std::fs::read_dir(dir).expect("a folder of content").map(|entry| entry.unwrap().path()))
        .filter(|path| path.to_string_lossy().ends_with(".ndjson.zst"))
        .collect();
    files.sort();
    let mut by_tenant: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = zstd::decode_all(std::fs::File::open(&file).unwrap()).unwrap();
        for line in std::str::from_utf8(&text).unwrap().lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let tenant = value["tntInstId"].as_str().unwrap_or("DEMO").to_owned();
            by_tenant.entry(tenant).or_default().push(line.to_owned());
        }
    }
    by_tenant
}

/// Decodes a line of content, which must be acceptable.
pub fn item(tenant: &str, line: &str) -> Item {
    let raw: &RawValue = serde_json::from_str(line).unwrap();
    decode(raw, &Context { tenant, received_ms: NOW_MS }).unwrap_or_else(|r| panic!("{line}: {:?}", r.issues))
}

/// A tenant's id.
pub fn tenant(name: &str) -> TenantId {
    TenantId(name.into())
}

/// Submits a batch and waits for its outcomes.
pub fn submit(engine: &Engine, tenant: &TenantId, items: Vec<Item>) -> Vec<ItemOutcome> {
    let (send, outcomes) = mpsc::channel();
    let meta = BatchMeta { received_ms: NOW_MS, biz_date: None };
    engine.submit(tenant, items, meta, Box::new(move |result| send.send(result).unwrap()));
    outcomes.recv().unwrap().unwrap().1.items
}

/// Submits a command and waits for what became of it.
pub fn command(engine: &Engine, tenant: &TenantId, command: Command) -> CommandOutcome {
    let (send, outcome) = mpsc::channel();
    engine.command(tenant, command, Asker::new("test"), NOW_MS, Box::new(move |result| send.send(result).unwrap()));
    outcome.recv().unwrap().unwrap().1.command.unwrap()
}

/// splitmix64: small, seeded, the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
