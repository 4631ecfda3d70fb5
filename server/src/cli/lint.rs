//! `penstock rule lint`: what a right rule text says that its writer hardly wants.
//!
//! Logic alone needs no server; with one, its items are witnesses.

use super::Verdict;
use super::client::Client;
use super::terminal::{cut, safe, thousands};
use anyhow::Context;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::code;
use penstock_dsl::diagnostic::{Diagnostic, Severity, Span, render};
use penstock_dsl::lint::lint;
use serde::Deserialize;
use std::io::Write as _;
use std::path::PathBuf;

/// Columns of an item's title.
const TITLE_COLUMNS: usize = 44;

#[derive(clap::Args)]
pub struct Args {
    /// The file, or `-` for standard input.
    file: PathBuf,
    /// A server whose items are asked; without one, only what needs no items is found.
    #[arg(long, alias = "server", env = "PENSTOCK_URL")]
    url: Option<String>,
    /// An API key of the server.
    #[arg(long, env = "PENSTOCK_KEY")]
    key: Option<String>,
    #[command(flatten)]
    rates: super::rule::RatesFile,
}

pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let (name, text) = super::rule::read(&args.file)?;
    match (&args.url, &args.key) {
        (Some(url), Some(key)) => with_items(&name, &text, url, key),
        _ => by_logic(&name, &text, &args.rates.options()?),
    }
}

fn by_logic(name: &str, text: &str, options: &CheckOptions) -> anyhow::Result<Verdict> {
    let checked = check(text, options);
    let mut found = checked.diagnostics;
    if let Some(expr) = &checked.expr {
        found.extend(lint(text, expr).into_iter().map(|finding| finding.diagnostic));
        found.sort_by_key(|d| (d.span.start, d.span.end, d.code));
    }
    eprint!("{}", render(text, name, &found));
    if checked.expr.is_none() {
        return Ok(Verdict::No);
    }
    let findings = counted(found.len());
    writeln!(std::io::stdout(), "{findings} by logic alone; --url and --key of a server also ask its items")?;
    Ok(Verdict::Done)
}

fn with_items(name: &str, text: &str, url: &str, key: &str) -> anyhow::Result<Verdict> {
    let client = Client::new(url, 1);
    let request = serde_json::json!({ "rules": text }).to_string();
    let reply = client
        .post("/api/v1/rules/lint", key, request.as_bytes())
        .with_context(|| format!("no answer from {}", client.url()))?;
    anyhow::ensure!(reply.status == 200, reply.words());
    let report: Report = serde_json::from_slice(&reply.body).context("this is no lint report")?;
    for finding in &report.diagnostics {
        eprint!("{}", finding.text(text, name));
    }
    if !report.ok {
        return Ok(Verdict::No);
    }
    let cut_short = if report.truncated { "; not everything was looked up" } else { "" };
    let findings = counted(report.diagnostics.len());
    writeln!(std::io::stdout(), "{findings}, as of {}{cut_short}", report.as_of)?;
    Ok(Verdict::Done)
}

/// `no findings`, `1 finding`, `12 findings`.
fn counted(findings: usize) -> String {
    match findings {
        0 => "no findings".to_string(),
        1 => "1 finding".to_string(),
        n => format!("{} findings", thousands(n as u64)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    ok: bool,
    as_of: u64,
    diagnostics: Vec<Finding>,
    truncated: bool,
}

#[derive(Deserialize)]
struct Finding {
    code: String,
    severity: String,
    span: Place,
    message: String,
    fixes: Vec<Fix>,
    evidence: Option<Evidence>,
}

#[derive(Deserialize)]
struct Place {
    start: usize,
    end: usize,
}

#[derive(Deserialize)]
struct Fix {
    title: String,
}

#[derive(Deserialize)]
struct Evidence {
    total: u64,
    matched: Option<u64>,
    item: Option<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    content_type: String,
    content_id: String,
    title: Option<String>,
}

impl Finding {
    /// As `rule check` shows findings, and a line of evidence.
    fn text(&self, text: &str, file_name: &str) -> String {
        let Some(&code) = code::ALL.iter().find(|code| **code == self.code) else {
            // A newer server may know more codes.
            return format!("{}: {}\n\n", safe(&self.code), safe(&self.message));
        };
        let severity = if self.severity == "error" { Severity::Error } else { Severity::Warning };
        let span = Span { start: self.span.start, end: self.span.end.max(self.span.start) };
        let mut shown = Diagnostic { severity, ..Diagnostic::warning(code, span, self.message.as_str()) };
        for fix in &self.fixes {
            shown = shown.fix(fix.title.as_str(), span, "");
        }
        let mut out = render(text, file_name, &[shown]);
        if let Some(line) = self.evidence.as_ref().and_then(Evidence::line) {
            out.push_str(&format!("  = items: {line}\n"));
        }
        out + "\n"
    }
}

impl Evidence {
    fn line(&self) -> Option<String> {
        let matched = thousands(self.matched?);
        let line = format!("{matched} of {}", thousands(self.total));
        Some(match &self.item {
            Some(item) => {
                let title = item.title.as_ref().map(|t| format!(" \"{}\"", cut(t, TITLE_COLUMNS))).unwrap_or_default();
                format!("{line}, such as {} {}{title}", safe(&item.content_type), safe(&item.content_id))
            }
            None => line,
        })
    }
}
