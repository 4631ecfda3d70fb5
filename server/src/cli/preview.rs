//! `penstock preview`: what a rule set matches, as text.

use super::Verdict;
use super::client::{Client, Reply};
use super::terminal::{cut, safe, safe_json, table, thousands};
use anyhow::Context;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::code;
use penstock_dsl::diagnostic::{Diagnostic, render};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// Columns of a rule's text and of an item's title.
const RULE_COLUMNS: usize = 70;
const TITLE_COLUMNS: usize = 44;
/// Facet values that are shown.
const FACET_VALUES: usize = 5;

#[derive(clap::Args)]
pub struct Args {
    /// The rule text, or `-` to read it from standard input.
    rules: String,
    /// The server.
    #[arg(long, default_value = super::URL, env = "PENSTOCK_URL")]
    url: String,
    /// An API key.
    #[arg(long, env = "PENSTOCK_KEY")]
    key: String,
    /// Items to show, 0 to 1,000.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Go on after a page: the cursor that it ended with.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    #[arg(long, value_name = "DATE")]
    fx_date: Option<String>,
    /// Print the server's JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let rules = match args.rules.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).context("stdin")?,
        text => text.to_string(),
    };
    // The same check as the server's, here for its carets.
    let mut findings = check(&rules, &CheckOptions::default()).diagnostics;
    // But the exchange rates are the server's.
    findings.retain(|finding| finding.code != code::NO_RATES);
    eprint!("{}", render(&rules, "rules", &findings));
    if findings.iter().any(Diagnostic::is_error) {
        return Ok(Verdict::No);
    }
    let client = Client::new(&args.url, 1);
    let request =
        serde_json::json!({ "rules": rules, "limit": args.limit, "after": args.after, "fxDate": args.fx_date });
    let reply = client
        .post("/api/v1/preview", &args.key, request.to_string().as_bytes())
        .with_context(|| format!("no answer from {}", client.url()))?;
    if reply.status != 200 {
        return refused(&reply);
    }
    let mut out = std::io::stdout().lock();
    match args.json {
        true => {
            out.write_all(safe_json(&String::from_utf8_lossy(&reply.body)).as_bytes())?;
            out.write_all(b"\n")?;
        }
        false => {
            let preview: Preview = serde_json::from_slice(&reply.body).context("this is no preview")?;
            out.write_all(preview.text().as_bytes())?;
        }
    }
    Ok(Verdict::Done)
}

fn refused(reply: &Reply) -> anyhow::Result<Verdict> {
    let problem: Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
    for found in &problem.diagnostics {
        eprintln!("rules:{}:{}: {} {}", found.line, found.column, safe(&found.code), safe(&found.message));
    }
    anyhow::bail!(reply.words());
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    diagnostics: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    code: String,
    line: usize,
    column: usize,
    message: String,
}

/// What of a preview is shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    as_of: u64,
    counts: Counts,
    items: Vec<Item>,
    next: Option<String>,
    facets: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Counts {
    matched: u64,
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    content_type: String,
    total: u64,
    matched: u64,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    title: Option<String>,
    matched: u64,
    only: u64,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    text: String,
    matched: u64,
    removed: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    content_type: String,
    content_id: String,
    content_version: i64,
    title: Option<String>,
    price: Option<Price>,
    missing_required: Vec<String>,
}

#[derive(Deserialize)]
struct Price {
    currency: String,
    amount: String,
}

#[derive(Deserialize)]
struct Facet {
    top: Vec<Value>,
    distinct: u64,
}

#[derive(Deserialize)]
struct Value {
    value: String,
    count: u64,
}

impl Preview {
    /// How many items match.
    pub fn matched(&self) -> u64 {
        self.counts.matched
    }

    fn text(&self) -> String {
        let matched = thousands(self.counts.matched);
        let mut out = format!("{matched} matched, as of {}\n\n{}", self.as_of, table(&self.count_rows(), &[1, 2, 3]));
        if !self.items.is_empty() {
            out.push_str(&format!("\n{}", table(&self.item_rows(), &[4])));
        }
        for (name, facet) in self.facets.iter().flatten() {
            out.push_str(&facet_line(name, facet));
        }
        if let Some(next) = &self.next {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\nmore: --after {}", safe(next));
        }
        out
    }

    fn count_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![["", "MATCHED", "ONLY", "REMOVES"].map(String::from).to_vec()];
        let mut row = |name: String, matched: u64, only: Option<u64>, removed: Option<u64>| {
            let optional = |n: Option<u64>| n.map_or_else(String::new, thousands);
            rows.push(vec![name, thousands(matched), optional(only), optional(removed)]);
        };
        for block in &self.counts.blocks {
            row(format!("{} (of {})", safe(&block.content_type), thousands(block.total)), block.matched, None, None);
            for (at, group) in block.groups.iter().enumerate() {
                let title = group.title.as_ref().map_or_else(|| format!("group {}", at + 1), |t| format!("\"{t}\""));
                row(format!("  {}", cut(&title, RULE_COLUMNS)), group.matched, Some(group.only), None);
                for rule in &group.rules {
                    let text = rule.text.split_whitespace().collect::<Vec<_>>().join(" ");
                    row(format!("    {}", cut(&text, RULE_COLUMNS)), rule.matched, None, Some(rule.removed));
                }
            }
        }
        rows
    }

    fn item_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![["TYPE", "ID", "VERSION", "TITLE", "PRICE", "MISSING"].map(String::from).to_vec()];
        for item in &self.items {
            let price = item.price.as_ref().map(|price| format!("{} {}", safe(&price.currency), safe(&price.amount)));
            rows.push(vec![
                cut(&item.content_type, 12),
                cut(&item.content_id, 24),
                item.content_version.to_string(),
                cut(item.title.as_deref().unwrap_or("-"), TITLE_COLUMNS),
                price.unwrap_or_else(|| "-".to_string()),
                item.missing_required.len().to_string(),
            ]);
        }
        rows
    }
}

/// `merchants: 12 distinct: a 7, b 5`; nothing for what is no such facet.
fn facet_line(name: &str, facet: &serde_json::Value) -> String {
    let Ok(facet) = Facet::deserialize(facet) else { return String::new() };
    if facet.top.is_empty() {
        return String::new();
    }
    let top = facet.top.iter().take(FACET_VALUES).map(|v| format!("{} {}", cut(&v.value, 24), thousands(v.count)));
    let top = top.collect::<Vec<_>>().join(", ");
    format!("\n{} ({}): {top}\n", safe(name), thousands(facet.distinct))
}
