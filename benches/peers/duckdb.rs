//! DuckDB as a peer of preview counts: writes the generated items as tables of the columns asked for, and has
//! `duckdb_counts.py` load them and answer.

use anyhow::{Context, Result, bail};
use penstock_dsl::text::{Token, fold, tokens};
use penstock_server::generate::Generator;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/duckdb_counts.py");

/// What DuckDB answered.
pub struct Answers {
    /// Its version.
    pub version: String,
    /// How long each query took, inside DuckDB's own process.
    pub took: Vec<Duration>,
    /// The row of counts of each query.
    pub counts: Vec<Vec<u64>>,
}

/// Asks two sets of as many queries on the first `items` items; `None` where DuckDB cannot be had.
pub fn ask(generator: &Generator, items: u64, sets: &[Vec<String>; 2]) -> Result<Option<[Answers; 2]>> {
    let folder = tempfile::tempdir()?;
    let Some(python) = python(folder.path()) else {
        println!("duckdb: cannot be installed here, left out");
        return Ok(None);
    };
    for (table, content_type) in [("products", "LOCAL_SKU"), ("benefits", "BENEFIT")] {
        write_table(generator, items, content_type, &folder.path().join(format!("{table}.ndjson")))?;
    }
    let queries: Vec<&String> = sets.iter().flatten().collect();
    std::fs::write(folder.path().join("queries.json"), serde_json::to_vec(&queries)?)?;
    let output = Command::new(python).arg(SCRIPT).arg(folder.path()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("{SCRIPT}: {}", output.status);
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let seconds: Vec<f64> = serde_json::from_value(answer["seconds"].clone())?;
    let counts: Vec<Vec<u64>> = serde_json::from_value(answer["counts"].clone())?;
    let version = answer["version"].as_str().context("version")?;
    let (first, second) = (0..sets[0].len(), sets[0].len()..queries.len());
    Ok(Some([first, second].map(|range| Answers {
        version: version.to_owned(),
        took: seconds[range.clone()].iter().map(|&s| Duration::from_secs_f64(s)).collect(),
        counts: counts[range].to_vec(),
    })))
}

/// A Python that has DuckDB: the machine's, or that of a new environment into which it is installed.
fn python(folder: &Path) -> Option<PathBuf> {
    let has = |python: &Path| works(Command::new(python).args(["-c", "import duckdb"]));
    let own = PathBuf::from("python3");
    if has(&own) {
        return Some(own);
    }
    let environment = folder.join("venv");
    let python = environment.join("bin/python");
    let made = works(Command::new(&own).args(["-m", "venv"]).arg(&environment))
        && works(Command::new(&python).args(["-m", "pip", "install", "-q", "duckdb"]));
    (made && has(&python)).then_some(python)
}

fn works(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn write_table(generator: &Generator, items: u64, content_type: &str, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let wanted = format!("{{\"contentType\":\"{content_type}\"");
    for n in 0..items {
        let line = generator.line(n);
        if line.starts_with(&wanted) {
            let item: Value = serde_json::from_str(&line)?;
            let info: Value = serde_json::from_str(item["contentInfo"].as_str().context("contentInfo")?)?;
            writeln!(file, "{}", columns(&info)?)?;
        }
    }
    file.flush()?;
    Ok(())
}

/// The columns that the questions ask for. Texts are folded and split here, so that DuckDB need not.
fn columns(info: &Value) -> Result<Value> {
    let names: Vec<String> = ["name", "benefitName"].iter().flat_map(|key| values(info, key)).collect();
    let words: Vec<&str> = names.iter().flat_map(|name| tokens(name)).filter_map(word).collect();
    let ext: Value = info["extInfo"].as_str().map_or(Ok(Value::Null), serde_json::from_str)?;
    let first = |keys: [&str; 2]| keys.iter().map(|key| info[key].clone()).find(|value| !value.is_null());
    Ok(json!({
        "name": names.join("\n"),
        "words": words,
        "brand": values(info, "brandName").join("\n"),
        "categories": info["stdCategories"],
        "tags": first(["keywords", "externalTags"]),
        "currency": info["salePrice"]["currency"],
        "cents": info["salePrice"]["cent"],
        "reviews": ext["reviewCount"],
        "discount": info["discount"].as_str().and_then(|text| text.parse::<u64>().ok()),
        "ends": first(["soldEndTime", "endTime"]),
        "benefit_type": info["benefitType"],
    }))
}

/// A property's base value and those of its locales, folded.
fn values(info: &Value, key: &str) -> Vec<String> {
    let locales = info["multilLang"].as_object().into_iter().flat_map(|locales| locales.values());
    let all = [info].into_iter().chain(locales).filter_map(|fields| fields[key].as_str());
    all.map(fold).collect()
}

fn word<'a>(token: Token<'a>) -> Option<&'a str> {
    match token {
        Token::Word(word) => Some(word),
        Token::Run(_) => None,
    }
}
