//! All of the real data, read in place; nothing of it is in the project.

use crate::support::decode_for;
use penstock_engine::content::eligibility::missing_required;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The folder: `PENSTOCK_DATA`, or `shared/data` beside the repository.
fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("PENSTOCK_DATA").map_or(beside, PathBuf::from)
}

#[derive(serde::Deserialize)]
struct Line {
    #[serde(rename = "tntInstId")]
    tenant: String,
}

/// What a file's items came to.
#[derive(Default)]
struct Tally {
    lines: usize,
    codes: BTreeMap<&'static str, usize>,
    spent: Duration,
}

fn tally(path: &Path) -> Tally {
    let mut tally = Tally::default();
    let reader = zstd::Decoder::new(fs::File::open(path).unwrap()).unwrap();
    for line in BufReader::new(reader).lines() {
        let line = line.unwrap();
        let tenant = serde_json::from_str::<Line>(&line).unwrap().tenant;
        let start = Instant::now();
        let item = decode_for(&line, &tenant).unwrap_or_else(|refused| panic!("{line}: {refused:?}"));
        tally.spent += start.elapsed();
        tally.lines += 1;
        item.issues.iter().for_each(|issue| *tally.codes.entry(issue.code).or_default() += 1);
        if let Some(document) = &item.document {
            missing_required(document);
            assert_sorted(document);
        }
    }
    tally
}

/// The order that [`penstock_engine::content::document::Document`] promises.
fn assert_sorted(document: &penstock_engine::content::document::Document) {
    assert!(document.declared.is_sorted_by(|a, b| a.0 < b.0));
    assert!(document.ext.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn every_line_of_the_real_data_decodes_with_the_issues_that_its_notes_explain() {
    let folder = folder();
    if !folder.exists() {
        println!("no real data at {}: skipped", folder.display());
        return;
    }
    let mut found = String::new();
    let (mut lines, mut spent) = (0, Duration::ZERO);
    for kind in ["open-licence", "no-licence-stated"] {
        let Ok(files) = fs::read_dir(folder.join(kind)) else { continue };
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        for path in files.iter().filter(|path| path.extension().is_some_and(|ext| ext == "zst")) {
            let tally = tally(path);
            let name = path.file_name().unwrap().to_string_lossy();
            let codes: Vec<String> = tally.codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
            found += &format!("{}: {} lines; {}\n", name.trim_end_matches(".ndjson.zst"), tally.lines, codes.join(", "));
            lines += tally.lines;
            spent += tally.spent;
        }
    }
    println!("{lines} items, {:.1} us each\n{found}", spent.as_secs_f64() * 1e6 / lines as f64);
}
