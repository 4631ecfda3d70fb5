//! Prints what the library says of every text of `tests/cases`, as one line of JSON a text. Other builds of the language,
//! such as the one for browsers, are compared with it.
//!
//! Each text comes twice: as it is, and behind a comment in which characters, bytes and UTF-16 code units differ in
//! number, so that no place is the same in all three.

use jiff::tz::TimeZone;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::complete::complete_syntax;
use penstock_dsl::cost::cost;
use penstock_dsl::form::{Change, GroupAt, change, form};
use penstock_dsl::format;
use penstock_dsl::fx::Rates;
use serde_json::{Value, json};
use std::path::Path;

/// Not UTC, so that a zone left out shows.
const TIME_ZONE: &str = "Asia/Hong_Kong";
const RATES: (&str, &str, [(&str, &str); 3]) = ("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5"), ("JPY", "156")]);
const COMMENT: &str = "// é \u{301} 東京 😀\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (date, base, rates) = RATES;
    let options =
        CheckOptions { time_zone: TimeZone::get(TIME_ZONE)?, rates: Some(Rates::new(date, base, rates)?.into()) };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rules"));
    files.sort();
    for file in files {
        let content = std::fs::read_to_string(&file)?;
        for (name, text) in content.split("=== ").filter_map(|case| case.split_once('\n')) {
            println!("{}", outcome(name, text.trim_end(), &options));
            println!("{}", outcome(name, &format!("{COMMENT}{}", text.trim_end()), &options));
        }
    }
    Ok(())
}

fn outcome(name: &str, text: &str, options: &CheckOptions) -> Value {
    let (date, base, rates) = RATES;
    let rates: Value = rates.iter().map(|(code, rate)| ((*code).to_owned(), json!(rate))).collect();
    let checked = check(text, options);
    json!({
        "name": name,
        "text": text,
        "timeZone": TIME_ZONE,
        "rates": { "date": date, "base": base, "rates": rates },
        "check": {
            "hash": checked.expr.as_ref().map(|expr| format!("{:032x}", expr.hash())),
            "fxDate": checked.fx_date,
            "cost": checked.expr.as_ref().map(cost),
            "diagnostics": checked.diagnostics,
        },
        "format": match format::format(text) {
            Ok(formatted) => json!({ "text": formatted, "diagnostics": [] }),
            Err(errors) => json!({ "text": null, "diagnostics": errors }),
        },
        "form": form(text),
        "change": match change(text, &[Change::DuplicateGroup { at: GroupAt { block: 0, group: 0 } }]) {
            Ok(changed) => json!({ "text": changed.text, "edits": changed.edits, "refused": null }),
            Err(e) => {
                let refused = json!({ "at": e.at, "reason": e.reason, "message": e.reason.to_string() });
                json!({ "text": null, "edits": [], "refused": refused })
            }
        },
        "completions": completions(text),
    })
}

/// What is offered at the end and in the middle of a text.
fn completions(text: &str) -> Vec<Value> {
    let offsets = [text.len(), text.floor_char_boundary(text.len() / 2)];
    let offered = offsets.map(|at| (at, complete_syntax(text, at)));
    offered
        .into_iter()
        .map(|(at, offered)| {
            let labels: Vec<&str> = offered.candidates.iter().map(|candidate| candidate.label.as_str()).collect();
            json!({ "at": at, "span": offered.span, "labels": labels })
        })
        .collect()
}
