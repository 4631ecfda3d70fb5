//! House rules: documented paths exist, crates and modules import only what the design allows, files stay readable.
//!
//! Only code is searched for names, not comments and strings: a module may say what it does not know.

use std::fs;
use std::path::{Path, PathBuf};

/// Longer files are hard to read; split them by responsibility.
const SOURCE_LINES_MAX: usize = 600;

/// Folders whose paths documents name from the top of the repository.
const TOP_FOLDERS: &[&str] = &[
    "benches", "console", "demo", "docs", "dsl", "engine", "fuzz", "grammar", "server", "src", "tests", "wasm", ".ci",
];

/// Where Rust source lies.
const SOURCE_FOLDERS: &[&str] = &["benches", "dsl", "engine", "fuzz", "server", "src", "tests", "wasm"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below `folder` with this extension, in a fixed order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && entry.file_name() != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources(folder: &str) -> Vec<PathBuf> {
    files(&root().join(folder), "rs")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A line without its comment and without what stands in quotes.
fn code(line: &str) -> String {
    let unquoted: Vec<&str> = line.split('"').step_by(2).collect();
    unquoted.join("\"").split("//").next().unwrap_or_default().to_owned()
}

/// Whether `word` stands in `line` as a whole identifier or as the beginning of `word_...`, in code.
fn names(line: &str, word: &str) -> bool {
    let code = code(line);
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(|c| c.is_alphanumeric())
    })
}

/// `file:line` of every line of `path` that names `word`.
fn uses(path: &Path, word: &str) -> Vec<String> {
    let text = read(path);
    let hits = text.lines().enumerate().filter(|(_, line)| names(line, word));
    hits.map(|(i, _)| format!("{}:{} names {word}", shown(path), i + 1)).collect()
}

/// Fails with every use of `word` in the crate folders, except in files that `allowed` accepts.
fn only_named_in(word: &str, folders: &[&str], allowed: impl Fn(&str) -> bool) {
    let found: Vec<String> = folders
        .iter()
        .flat_map(|folder| sources(folder))
        .filter(|path| !allowed(&shown(path)))
        .flat_map(|path| uses(&path, word))
        .collect();
    assert!(found.is_empty(), "{word} is named where it must not be:\n{}", found.join("\n"));
}

/// Fails when a crate's manifest names one of `words` as a dependency.
fn manifest_lacks(folder: &str, words: &[&str]) {
    let path = root().join(folder).join("Cargo.toml");
    let text = read(&path);
    for word in words {
        let named = text.lines().any(|line| line.starts_with(word));
        assert!(!named, "{} must not depend on {word}", shown(&path));
    }
}

#[test]
fn tantivy_is_named_only_by_the_index() {
    only_named_in("tantivy", &["dsl", "engine", "server", "src"], |file| {
        file.starts_with("engine/src/index/") || file == "engine/src/index.rs"
    });
    manifest_lacks("dsl", &["tantivy"]);
    manifest_lacks("server", &["tantivy"]);
}

#[test]
fn pest_is_named_only_by_the_parser() {
    let parser = |file: &str| {
        ["parser", "cst", "ast"]
            .iter()
            .any(|name| file == format!("dsl/src/{name}.rs") || file.starts_with(&format!("dsl/src/{name}/")))
    };
    only_named_in("pest", &["dsl", "engine", "server", "src"], parser);
    manifest_lacks("engine", &["pest"]);
    manifest_lacks("server", &["pest"]);
}

#[test]
fn the_language_and_the_engine_do_no_network() {
    for word in ["tokio", "axum"] {
        only_named_in(word, &["dsl", "engine", "wasm"], |_| false);
    }
    manifest_lacks("dsl", &["tokio", "axum"]);
    manifest_lacks("wasm", &["tokio", "axum", "penstock-engine", "penstock-server", "getrandom"]);
    manifest_lacks("engine", &["tokio", "axum"]);
}

/// Only the fold and the facade know more than one of what the log derives.
#[test]
fn derived_states_do_not_import_each_other() {
    const DERIVED: &[&str] = &["index", "matcher", "catalog", "supply", "task"];
    let mut found = Vec::new();
    for module in DERIVED {
        let single = root().join(format!("engine/src/{module}.rs"));
        let files = sources(&format!("engine/src/{module}")).into_iter().chain(single.exists().then_some(single));
        for path in files {
            let text = read(&path);
            for other in DERIVED.iter().filter(|other| *other != module) {
                let imports = |line: &str| imports_module(line, other);
                let hits = text.lines().enumerate().filter(|(_, line)| imports(line));
                found.extend(hits.map(|(i, _)| format!("{}:{} imports {other}", shown(&path), i + 1)));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether a line takes something from `crate::module`, alone or in a `use crate::{...}` list.
fn imports_module(line: &str, module: &str) -> bool {
    if names(line, &format!("crate::{module}")) {
        return true;
    }
    line.trim_start().starts_with("use crate::{") && names(line, module)
}

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = SOURCE_FOLDERS
        .iter()
        .flat_map(|folder| sources(folder))
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > SOURCE_LINES_MAX)
        .map(|(lines, path)| format!("{} has {lines} lines", shown(&path)))
        .collect();
    assert!(long.is_empty(), "more than {SOURCE_LINES_MAX} lines:\n{}", long.join("\n"));
}

/// A dependency without a reason is one that nobody decided on.
#[test]
fn every_dependency_has_a_reason() {
    let manifest = read(&root().join("Cargo.toml"));
    let reasons = read(&root().join("docs/dependencies.md"));
    let list = manifest.split("[workspace.dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
    let names = list.unwrap_or_default().lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let outside = names.filter(|name| !name.starts_with("penstock-"));
    let unexplained: Vec<&str> = outside.filter(|name| !reasons.contains(&format!("**{name}**"))).collect();
    assert!(unexplained.is_empty(), "docs/dependencies.md does not say why: {}", unexplained.join(", "));
}

#[test]
fn documented_paths_exist() {
    let mut documents = files(&root().join("docs"), "md");
    documents.extend(["README.md", "CHANGELOG.md", "demo/README.md"].map(|name| root().join(name)));
    let mut missing = Vec::new();
    for document in documents {
        let folder = document.parent().unwrap_or(root());
        let text = read(&document);
        let gone = code_paths(&text).map(|path| (root().join(path), path));
        let gone = gone.chain(links(&text).map(|path| (folder.join(path), path)));
        missing.extend(gone.filter(|(full, _)| !full.exists()).map(|(_, p)| format!("{} names {p}", shown(&document))));
    }
    assert!(missing.is_empty(), "documented paths that do not exist:\n{}", missing.join("\n"));
}

/// Paths in back quotes that begin with one of the top folders; of a pattern, the folder before its first star.
fn code_paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths = quoted.filter(|code| {
        let first = code.split('/').next().unwrap_or_default();
        code.contains('/') && TOP_FOLDERS.contains(&first) && !code.contains(' ')
    });
    paths.map(|path| path.find(['*', '{', '<']).map_or(path, |at| path[..at].rsplit_once('/').map_or("", |(f, _)| f)))
}

/// Targets of Markdown links that are files of this repository, without the part after `#`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let targets = targets.map(|target| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains(':') && !target.contains(' '))
}

#[test]
fn the_rules_see_what_they_should() {
    assert!(names("use tantivy::Index;", "tantivy"));
    assert!(names("use pest_derive::Parser;", "pest"));
    assert!(!names("let tempest = 1; // pest", "pest"));
    assert!(!names("let filter = \"info,tantivy=warn\";", "tantivy"));
    assert!(imports_module("use crate::{catalog, log};", "catalog"));
    assert!(imports_module("let c = crate::catalog::new();", "catalog"));
    assert!(!imports_module("let catalog = 1;", "catalog"));
    let text = "See `engine/src/index/`, `docs/*.md`, `cargo test` and [x](a.md#b), [y](https://a.b).";
    assert_eq!(code_paths(text).collect::<Vec<_>>(), ["engine/src/index/", "docs"]);
    assert_eq!(links(text).collect::<Vec<_>>(), ["a.md"]);
}
