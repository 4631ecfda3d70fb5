//! All real content through `penstock load`: every line is taken, but for those that repeat an id and version with other
//! content, which the content's own notes tell of.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use support::{Server, penstock};

/// Where the real content is; the bundled sample where it is not.
fn files() -> (Vec<PathBuf>, bool) {
    let dir = std::env::var_os("PENSTOCK_DATA").map_or_else(|| support::repository("../shared/data"), PathBuf::from);
    let whole = dir.join("MANIFEST.tsv").exists();
    let folders = match whole {
        true => vec![dir.join("open-licence"), dir.join("no-licence-stated")],
        false => {
            eprintln!("no real content at {}: loading the bundled sample instead", dir.display());
            vec![support::repository("demo")]
        }
    };
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()));
    let mut files: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(".ndjson.zst")).collect();
    files.sort();
    (files, whole)
}

/// Every line, by tenant, type and id: how many different versions and contents there are.
fn lines(files: &[PathBuf]) -> Vec<serde_json::Value> {
    let mut lines = Vec::new();
    for file in files {
        let text = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
        lines.extend(text.split(|&b| b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()));
    }
    lines
}

#[test]
fn all_real_content_loads_and_each_refusal_is_a_repeated_id_with_other_content() {
    let (files, whole) = files();
    let lines = lines(&files);
    let server = Server::start();
    let copies = tempfile::tempdir().unwrap();
    let mut arguments =
        vec!["load".to_string(), "--quiet".into(), "--allow-refused".into(), "--url".into(), server.url.clone()];
    let mut keys = BTreeMap::new();
    for line in &lines {
        let tenant = line["tntInstId"].as_str().unwrap_or("T").to_string();
        keys.entry(tenant).or_insert_with_key(|tenant| server.add_key(tenant));
    }
    for (tenant, key) in &keys {
        arguments.extend(["--key".into(), format!("{tenant}={key}")]);
        if tenant == "T" {
            arguments.extend(["--key".into(), key.clone()]);
        }
    }
    for file in &files {
        // A copy, for the load notes its progress beside the file.
        let copy = copies.path().join(file.file_name().unwrap());
        std::fs::write(&copy, std::fs::read(file).unwrap()).unwrap();
        arguments.push(copy.to_str().unwrap().into());
    }
    let output = penstock(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{output:?}");

    // What the version gate must make of these lines, told from the lines alone.
    let mut latest: BTreeMap<_, (i64, &serde_json::Value)> = BTreeMap::new();
    let mut conflicts = 0;
    for line in &lines {
        let tenant = line["tntInstId"].as_str().unwrap_or("T");
        let key = (tenant, line["contentType"].as_str().unwrap(), line["contentId"].as_str().unwrap());
        let version = line["contentVersion"].as_i64().unwrap();
        match latest.get(&key) {
            Some((known, first)) if *known == version => {
                conflicts += usize::from(
                    first["contentInfo"] != line["contentInfo"] || first["contentStatus"] != line["contentStatus"],
                );
            }
            Some((known, _)) if *known > version => {}
            _ => drop(latest.insert(key, (version, line))),
        }
    }
    let summary = String::from_utf8(output.stdout).unwrap();
    let refused = String::from_utf8_lossy(&output.stderr).lines().filter(|l| l.contains("VERSION_CONFLICT")).count();
    assert_eq!(refused, conflicts, "{summary}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("INVALID"), "{summary}");
    if whole {
        // The notes: 106 Bangkok rows with a damaged id that another row has (a STORE and a LOCAL_SKU each), one event
        // six times with six merchants.
        assert_eq!(conflicts, 2 * 106 + 5, "{summary}");
    }
    for (tenant, key) in &keys {
        let count_of = |content_type: &str| {
            let answer = server.request(
                "POST",
                "/api/v1/preview",
                &[("authorization", &format!("Bearer {key}")), ("content-type", "application/json")],
                format!("{{\"rules\":\"{content_type} {{ all }}\",\"limit\":0}}").as_bytes(),
            );
            answer.json()["counts"]["matched"].as_u64().unwrap() as usize
        };
        for content_type in ["MERCHANT", "STORE", "BENEFIT", "LOCAL_SKU"] {
            let live = latest
                .iter()
                .filter(|((t, c, _), (_, line))| t == tenant && *c == content_type && line["contentStatus"] == 1);
            assert_eq!(count_of(content_type), live.count(), "{tenant} {content_type}");
        }
    }
}
