//! What crosses to JavaScript, as JSON. `types.d.ts` says the same to TypeScript.

use crate::places::Places;
use jiff::tz::TimeZone;
use penstock_dsl::check::{self, CheckOptions};
use penstock_dsl::complete::{self, Thing};
use penstock_dsl::cost::cost;
use penstock_dsl::fx::Rates;
use penstock_dsl::{form, format};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An answer's JSON, or the message of the error to throw.
pub type Answer = Result<String, Refused>;

/// Why a call has no answer.
#[derive(Debug)]
pub struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

fn refused(cause: impl ToString) -> Refused {
    Refused(cause.to_string())
}

/// A table of rates as JavaScript writes it: decimals by their digits.
#[derive(Deserialize)]
struct RatesIn {
    date: String,
    base: String,
    rates: BTreeMap<String, String>,
}

/// What a check depends on.
pub fn options(time_zone: Option<&str>, rates: Option<&str>) -> Result<CheckOptions, Refused> {
    let time_zone = match time_zone {
        Some(name) => TimeZone::get(name).map_err(|_| Refused(format!("unknown time zone {name:?}")))?,
        None => TimeZone::UTC,
    };
    let rates = match rates {
        Some(json) => {
            let RatesIn { date, base, rates } = serde_json::from_str(json).map_err(refused)?;
            let pairs = rates.iter().map(|(code, rate)| (code.as_str(), rate.as_str()));
            Some(Rates::new(&date, &base, pairs).map_err(refused)?.into())
        }
        None => None,
    };
    Ok(CheckOptions { time_zone, rates })
}

/// `Checked`.
pub fn check(text: &str, options: &CheckOptions) -> Answer {
    let checked = check::check(text, options);
    answer(
        text,
        &json!({
            "hash": checked.expr.as_ref().map(|expr| format!("{:032x}", expr.hash())),
            "fxDate": checked.fx_date,
            "cost": checked.expr.as_ref().map(cost),
            "diagnostics": checked.diagnostics,
        }),
    )
}

/// `Formatted`.
pub fn format(text: &str) -> Answer {
    match format::format(text) {
        Ok(formatted) => answer(text, &json!({ "text": formatted, "diagnostics": [] })),
        Err(errors) => answer(text, &json!({ "text": null, "diagnostics": errors })),
    }
}

/// `Form`.
pub fn form(text: &str) -> Answer {
    answer(text, &form::form(text))
}

/// `Changed`.
pub fn change(text: &str, changes: &str) -> Answer {
    let changes: Vec<form::Change> = serde_json::from_str(changes).map_err(refused)?;
    match form::change(text, &changes) {
        Ok(changed) => answer(text, &json!({ "text": changed.text, "edits": changed.edits, "refused": null })),
        Err(e) => {
            let refused = json!({ "at": e.at, "reason": e.reason, "message": e.reason.to_string() });
            answer(text, &json!({ "text": null, "edits": [], "refused": refused }))
        }
    }
}

/// `Completions`; the cursor is at a UTF-16 place.
pub fn complete(text: &str, at: usize) -> Answer {
    let completions = complete::complete_syntax(text, Places::new(text).byte(at));
    let candidates = completions.candidates.iter().map(|candidate| {
        json!({
            "label": candidate.label,
            "thing": thing(candidate.thing),
            "insert": candidate.insert,
            "cursor": Places::new(&candidate.insert).utf16(candidate.cursor),
            "detail": candidate.detail,
        })
    });
    let candidates: Vec<Value> = candidates.collect();
    answer(text, &json!({ "span": completions.span, "candidates": candidates }))
}

fn thing(thing: Thing) -> &'static str {
    match thing {
        Thing::ContentType => "contentType",
        Thing::Property => "property",
        Thing::Locale => "locale",
        Thing::Operator => "operator",
        Thing::Value => "value",
        Thing::Currency => "currency",
        Thing::Date => "date",
        Thing::Keyword => "keyword",
    }
}

/// JSON of an answer about `text`, every span in it with its UTF-16 places.
fn answer(text: &str, value: &impl Serialize) -> Answer {
    let mut value = serde_json::to_value(value).map_err(refused)?;
    Places::new(text).add_to(&mut value);
    Ok(value.to_string())
}
