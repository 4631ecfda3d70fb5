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
use penstock_dsl::lint::{duplicate_of, lint};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;

/// Columns of an item's title, and of a value.
const TITLE_COLUMNS: usize = 44;
/// Values that are shown instead.
const INSTEAD_SHOWN: usize = 5;

#[derive(clap::Args)]
pub struct Args {
    /// The file, or `-` for standard input.
    file: PathBuf,
    /// A server whose items are asked; without one, only what needs no items is found.
    #[arg(long, alias = "server", env = "PENSTOCK_URL", requires = "key", conflicts_with = "rates")]
    url: Option<String>,
    /// An API key of the server.
    #[arg(long, env = "PENSTOCK_KEY")]
    key: Option<String>,
    /// The day whose exchange rates of the server `~fx` converts at, such as 2026-01-31; the latest if not given.
    #[arg(long, value_name = "DATE", requires = "url")]
    fx_date: Option<String>,
    /// Files of other rule sets, to be told which are the same but for their spelling.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    against: Vec<PathBuf>,
    #[command(flatten)]
    rates: super::rule::RatesFile,
}

/// A rule set to compare with, called by its file's name.
struct Other {
    name: String,
    rules: String,
}

pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let (name, text) = super::rule::read(&args.file)?;
    let other = |file| super::rule::read(file).map(|(name, rules)| Other { name, rules });
    let against = args.against.iter().map(other).collect::<anyhow::Result<Vec<_>>>()?;
    match (&args.url, &args.key) {
        (Some(url), Some(key)) => {
            let request = request(&text, &against, args.fx_date.as_deref());
            with_items(&name, &text, url, key, &request)
        }
        _ => by_logic(&name, &text, &against, &args.rates.options()?),
    }
}

/// One day's rates for all, for all stand side by side.
fn request(text: &str, against: &[Other], fx_date: Option<&str>) -> String {
    let other = |other: &Other| json!({ "name": other.name, "rules": other.rules, "fxDate": fx_date });
    let against: Vec<Value> = against.iter().map(other).collect();
    json!({ "rules": text, "against": against, "fxDate": fx_date }).to_string()
}

fn by_logic(name: &str, text: &str, against: &[Other], options: &CheckOptions) -> anyhow::Result<Verdict> {
    let checked = check(text, options);
    let mut found = checked.diagnostics;
    if let Some(expr) = &checked.expr {
        found.extend(lint(text, expr).into_iter().map(|finding| finding.diagnostic));
        let meant = |other: &Other| check(&other.rules, options).expr;
        found.extend(against.iter().filter_map(|other| duplicate_of(expr, &other.name, &meant(other)?)));
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

fn with_items(name: &str, text: &str, url: &str, key: &str, request: &str) -> anyhow::Result<Verdict> {
    let client = Client::new(url, 1);
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
    removed: Option<u64>,
    only: Option<u64>,
    item: Option<Item>,
    instead: Vec<Instead>,
}

#[derive(Deserialize)]
struct Instead {
    value: String,
    count: u64,
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
    /// `10 of 40, removed 0, such as STORE s9 "Store 9"`.
    fn line(&self) -> Option<String> {
        let mut line = format!("{} of {}", thousands(self.matched?), thousands(self.total));
        for (what, count) in [("removed", self.removed), ("in no other group", self.only)] {
            line.extend(count.map(|count| format!(", {what} {}", thousands(count))));
        }
        if let Some(item) = &self.item {
            let title = item.title.as_ref().map(|t| format!(" \"{}\"", cut(t, TITLE_COLUMNS))).unwrap_or_default();
            line += &format!(", such as {} {}{title}", safe(&item.content_type), safe(&item.content_id));
        }
        let value = |v: &Instead| format!("{} ({})", cut(&v.value, TITLE_COLUMNS), thousands(v.count));
        let values: Vec<String> = self.instead.iter().take(INSTEAD_SHOWN).map(value).collect();
        if !values.is_empty() {
            let more = if self.instead.len() > values.len() { " ..." } else { "" };
            line += &format!("; instead there are {}{more}", values.join(", "));
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_server_says_steers_the_terminal() {
        let finding = |code: &str| {
            let evidence = json!({ "total": 2000, "matched": 0, "removed": 1, "only": 0,
                "item": { "contentType": "A\u{1b}[2J", "contentId": "B\u{1b}[2J", "title": "C\u{1b}[2J" },
                "instead": [{ "value": "D\u{1b}[2J", "count": 3 }] });
            let span = json!({ "start": 7, "end": 900 });
            let finding = json!({ "code": code, "severity": "warning", "span": span, "message": "E\u{1b}[2J",
                "fixes": [{ "title": "F\u{1b}[2J" }], "evidence": evidence });
            serde_json::from_value::<Finding>(finding).unwrap().text("STORE { all }", "a\u{1b}[2J.rules")
        };
        let (known, newer) = (finding("W514"), finding("W9\u{1b}[2J"));
        assert!(!known.contains('\u{1b}') && !newer.contains('\u{1b}'), "{known}{newer}");
        let line = "items: 0 of 2,000, removed 1, in no other group 0, such as A\\u{1b}[2J B\\u{1b}[2J \"C\\u{1b}[2J\"";
        assert!(known.contains(line), "{known}");
        assert!(known.contains("; instead there are D\\u{1b}[2J (3)\n"), "{known}");
    }
}
