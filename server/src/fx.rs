//! `/api/v1/fx`: the exchange rates that `~fx` rules convert at, a table a day.

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::commands::{decide, refused, unexpected};
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_dsl::fx::{Rates, RatesError};
use penstock_engine::command::{Command, CommandOutcome};
use rust_decimal::Decimal;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// The rates of a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FxRequest {
    /// The day from which they hold.
    #[schema(example = "2026-01-31")]
    date: String,
    /// The currency that the rates are for one unit of.
    #[schema(example = "USD")]
    base: String,
    /// Units of each currency for one unit of the base, as decimals: `7.8` or `"7.8"`.
    #[schema(value_type = BTreeMap<String, f64>, example = json!({"HKD": 7.8, "PHP": 58.5}))]
    rates: Pairs,
}

/// Currency codes and rates as sent: of a code that stands twice neither is dropped unseen.
#[derive(Debug)]
struct Pairs(Vec<(String, Rate)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of currency codes and rates")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

/// A decimal by its digits; never through floating point.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Rate {
    Number(serde_json::Number),
    Text(String),
}

impl Rate {
    fn digits(&self) -> String {
        match self {
            // JSON writers like exponents; `6.2e-05` is 0.000062, exactly.
            Rate::Number(number) => {
                let spelled = number.to_string();
                Decimal::from_scientific(&spelled).map_or(spelled, |plain| plain.to_string())
            }
            Rate::Text(text) => text.clone(),
        }
    }
}

impl FxRequest {
    /// The table, checked.
    pub fn table(&self) -> Result<Rates, RatesError> {
        let digits: Vec<(&str, String)> =
            self.rates.0.iter().map(|(code, rate)| (code.as_str(), rate.digits())).collect();
        Rates::new(&self.date, &self.base, digits.iter().map(|(code, rate)| (*code, rate.as_str())))
    }
}

/// What became of a table.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FxResponse {
    date: String,
    /// `APPLIED`, or `UNCHANGED` where the same table was there already.
    outcome: &'static str,
    /// The record that decided it.
    seq: u64,
}

/// Send exchange rates
///
/// A day's table never changes: the same one again is `UNCHANGED`, another one is refused. Rules use the latest day, or the
/// one that `fxDate` names.
#[utoipa::path(post, path = "/api/v1/fx", tag = "rules", request_body = FxRequest, responses(
    (status = 200, description = "The table is durable", body = FxResponse),
    (status = 400, description = "Not a table of rates", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The day has other rates, or lies ahead", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn send(
    State(app): State<App>,
    Tenant(tenant, by, ..): Tenant<need::ManageRates>,
    ApiJson(request): ApiJson<FxRequest>,
) -> Result<Json<FxResponse>, Problem> {
    let table = request.table().map_err(|e| Problem::bad_request(e.to_string()))?;
    let date = table.date();
    let (seq, outcome) = decide(&app, &tenant, by, Command::FxRates(table)).await?;
    let outcome = match outcome {
        CommandOutcome::Applied => "APPLIED",
        CommandOutcome::Unchanged => "UNCHANGED",
        CommandOutcome::Refused(refusal) => return Err(refused(refusal, "")),
        other => return Err(unexpected(&other)),
    };
    Ok(Json(FxResponse { date, outcome, seq }))
}

/// All tables.
#[derive(Debug, Serialize, ToSchema)]
pub struct FxTables {
    /// Latest first.
    tables: Vec<FxTable>,
}

/// The rates of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct FxTable {
    date: String,
    base: String,
    /// Decimals as strings.
    rates: BTreeMap<String, String>,
}

/// Tables that one answer lists.
const TABLES_LISTED_MAX: usize = 100;

/// List exchange rates
///
/// The latest hundred tables.
#[utoipa::path(get, path = "/api/v1/fx", tag = "rules", responses(
    (status = 200, description = "Tables, latest first", body = FxTables),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn list(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
) -> Result<Json<FxTables>, Problem> {
    let tables = app.ask(move |engine| engine.fx_tables(&tenant)).await?;
    let table = |rates: &Rates| FxTable {
        date: rates.date(),
        base: rates.base().to_string(),
        rates: rates.iter().map(|(currency, rate)| (currency.to_string(), rate.to_string())).collect(),
    };
    Ok(Json(FxTables { tables: tables.iter().take(TABLES_LISTED_MAX).map(|rates| table(rates)).collect() }))
}
