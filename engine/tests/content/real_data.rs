//! All of the real data, read in place; nothing of it is in the project.

use crate::support::decode_for;
use penstock_engine::content::eligibility::missing_required;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Issues that the folder's README explains, by file: one product code that the source holds as a number. Everything else
/// that it lists (zero prices and ratings, `0,0` locations, control characters, damaged ids) is no issue of a single item.
const EXPLAINED: [(&str, &str); 2] =
    [("hk-pricewatch-initial", "VALUE_COERCED 1"), ("hk-pricewatch-updates", "VALUE_COERCED 1")];
/// Tombstones by file (README, Files).
const TOMBSTONES: [(&str, usize); 1] = [("hk-pricewatch-updates", 78 + 1_350)];
/// Valid items without a name (README, Known quirks: eight Bangkok rows, a store and a product each).
const NAMELESS: [(&str, usize); 1] = [("airbnb-bangkok", 16)];

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
    tombstones: usize,
    nameless: usize,
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
        match &item.document {
            None => tally.tombstones += 1,
            Some(document) => {
                missing_required(document);
                tally.nameless += usize::from(document.title().is_none());
                assert!(document.declared.is_sorted_by(|a, b| a.0 < b.0));
                assert!(document.ext.is_sorted_by(|a, b| a.0 < b.0));
            }
        }
    }
    tally
}

/// Lines of each file, by the manifest.
fn manifest(folder: &Path) -> HashMap<String, usize> {
    let text = fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let row = |line: &str| {
        let mut cells = line.split('\t');
        Some((cells.next()?.to_owned(), cells.next()?.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

fn look_up<T: Copy + Default>(table: &[(&str, T)], name: &str) -> T {
    table.iter().find(|(file, _)| *file == name).map(|(_, value)| *value).unwrap_or_default()
}

/// A folder that is not there (the data may come in part) is passed over; a file that is there counts in full.
#[test]
fn every_line_of_the_real_data_decodes_with_only_the_issues_that_its_readme_explains() {
    let folder = folder();
    if !folder.exists() {
        println!("no real data at {}: skipped", folder.display());
        return;
    }
    let (mut lines, mut spent) = (0, Duration::ZERO);
    for (file, count) in manifest(&folder) {
        let path = folder.join(format!("{file}.zst"));
        if !path.exists() {
            println!("no {}: skipped", path.display());
            continue;
        }
        let tally = tally(&path);
        let name = file.rsplit('/').next().unwrap().trim_end_matches(".ndjson");
        let codes: Vec<String> = tally.codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
        assert_eq!(tally.lines, count, "{name}: lines");
        assert_eq!(codes.join(", "), look_up(&EXPLAINED, name), "{name}: issues");
        assert_eq!(tally.tombstones, look_up(&TOMBSTONES, name), "{name}: tombstones");
        assert_eq!(tally.nameless, look_up(&NAMELESS, name), "{name}: nameless");
        lines += tally.lines;
        spent += tally.spent;
    }
    println!("{lines} items, {:.1} us each", spent.as_secs_f64() * 1e6 / lines.max(1) as f64);
}
