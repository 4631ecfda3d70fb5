//! Exchange rates of a day, and the exact conversion that `~fx` makes with them (LANGUAGE.md, Money).
//!
//! Invariants: a table has its base at rate 1, every rate is above zero, and nothing is ever computed in floating point.

use crate::literal;
use crate::registry::Currency;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use num_bigint::{BigInt, Sign};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The rates of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain", into = "Plain")]
pub struct Rates {
    date: Date,
    base: Currency,
    /// Units of the currency for one unit of the base.
    rates: BTreeMap<Currency, Decimal>,
}

/// Why a table of rates is refused, in words for the one who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatesError(pub String);

impl fmt::Display for RatesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RatesError {}

/// A table as it is written down: decimals by their digits.
#[derive(Serialize, Deserialize)]
struct Plain {
    date: String,
    base: String,
    rates: Vec<(String, String)>,
}

impl Rates {
    /// A table of `date` (`2026-01-31`): for each currency, how many units one unit of `base` buys. Codes are ISO 4217, rates
    /// plain decimals above zero. The base itself may be left out.
    pub fn new<'a>(
        date: &str,
        base: &str,
        rates: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Rates, RatesError> {
        let wrong = |what: String| Err(RatesError(what));
        let Some(day) = literal::day(date) else {
            return wrong(format!("{date:?} is no date; write it as 2026-01-31"));
        };
        let unknown = |code: &str| RatesError(format!("{code:?} is no ISO 4217 currency code"));
        let base = Currency::from_code(base).ok_or_else(|| unknown(base))?;
        let mut table = BTreeMap::from([(base, Decimal::ONE)]);
        for (code, spelled) in rates {
            let currency = Currency::from_code(code).ok_or_else(|| unknown(code))?;
            let Some(rate) = literal::decimal(spelled).filter(|rate| *rate > Decimal::ZERO) else {
                return wrong(format!("the rate of {currency}, {spelled:?}, is no decimal number above zero"));
            };
            if currency == base && rate != Decimal::ONE {
                return wrong(format!("{base} is the base, so its rate is 1"));
            }
            if table.insert(currency, rate).is_some() && currency != base {
                return wrong(format!("{currency} has two rates"));
            }
        }
        match table.len() {
            1 => wrong("a table needs at least one rate beside its base".to_owned()),
            _ => Ok(Rates { date: day, base, rates: table }),
        }
    }

    /// The day, as `2026-01-31`.
    pub fn date(&self) -> String {
        self.date.to_string()
    }

    /// Epoch milliseconds at which the day begins in UTC.
    pub fn day_start_ms(&self) -> i64 {
        self.date.to_zoned(TimeZone::UTC).map_or(i64::MAX, |start| start.timestamp().as_millisecond())
    }

    /// The currency whose rate is 1.
    pub fn base(&self) -> Currency {
        self.base
    }

    /// Every currency with its rate, by code.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Currency, Decimal)> {
        self.rates.iter().map(|(currency, rate)| (*currency, *rate))
    }

    /// Whether the table has a currency.
    pub fn has(&self, currency: Currency) -> bool {
        self.rates.contains_key(&currency)
    }

    /// `amount` x rate of `to` / rate of `from`, rounded half-even to the minor unit of `to`; an amount in its own currency
    /// stays as it is. `None` where the table lacks a currency or the result has more than 28 digits.
    pub fn convert(&self, amount: Decimal, from: Currency, to: Currency) -> Option<Decimal> {
        if from == to {
            return self.has(from).then_some(amount);
        }
        let (from, rate) = (self.rates.get(&from)?, self.rates.get(&to)?);
        let exponent = to.exponent();
        // mantissas times a power of ten: amount and rate over `from`, counted in minor units.
        let mut over = BigInt::from(amount.mantissa()) * BigInt::from(rate.mantissa());
        let mut under = BigInt::from(from.mantissa());
        let ten = BigInt::from(10);
        over *= ten.pow(from.scale() + exponent);
        under *= ten.pow(amount.scale() + rate.scale());
        let units: i128 = divide_half_even(over, under).try_into().ok()?;
        let converted = Decimal::try_from_i128_with_scale(units, exponent).ok()?.normalize();
        literal::decimal(&converted.to_string())
    }
}

/// The quotient rounded to the nearest whole number, ties to the even one; `under` is above zero.
fn divide_half_even(over: BigInt, under: BigInt) -> BigInt {
    let negative = over.sign() == Sign::Minus;
    let over = BigInt::from(over.magnitude().clone());
    let (mut quotient, rest) = (&over / &under, &over % &under);
    let twice: BigInt = rest * 2;
    if twice > under || (twice == under && quotient.bit(0)) {
        quotient += 1;
    }
    if negative { -quotient } else { quotient }
}

impl TryFrom<Plain> for Rates {
    type Error = RatesError;

    fn try_from(plain: Plain) -> Result<Self, RatesError> {
        Rates::new(&plain.date, &plain.base, plain.rates.iter().map(|(code, rate)| (code.as_str(), rate.as_str())))
    }
}

impl From<Rates> for Plain {
    fn from(table: Rates) -> Plain {
        let rates = table.iter().map(|(currency, rate)| (currency.to_string(), rate.to_string())).collect();
        Plain { date: table.date(), base: table.base.to_string(), rates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Rates {
        Rates::new("2026-01-31", "USD", [("HKD", "7.8"), ("PHP", "58.5"), ("JPY", "156"), ("KWD", "0.3")]).unwrap()
    }

    fn convert(amount: &str, from: &str, to: &str) -> String {
        let currency = |code| Currency::from_code(code).unwrap();
        table().convert(literal::decimal(amount).unwrap(), currency(from), currency(to)).unwrap().to_string()
    }

    #[test]
    fn amounts_are_rounded_half_even_to_the_minor_unit() {
        for (amount, from, to, expected) in [
            ("100", "HKD", "PHP", "750"),
            ("1", "HKD", "USD", "0.13"),
            ("100.005", "HKD", "HKD", "100.005"),
            // 0.5 and 1.5 yen: both to the even neighbour.
            ("0.025", "HKD", "JPY", "0"),
            ("0.075", "HKD", "JPY", "2"),
            ("-0.075", "HKD", "JPY", "-2"),
            ("1", "USD", "KWD", "0.3"),
            ("1", "JPY", "KWD", "0.002"),
        ] {
            assert_eq!(convert(amount, from, to), expected, "{amount} {from} to {to}");
        }
    }

    #[test]
    fn what_cannot_be_converted_is_none() {
        let currency = |code| Currency::from_code(code).unwrap();
        assert_eq!(table().convert(Decimal::ONE, currency("USD"), currency("EUR")), None);
        let most = literal::decimal("9999999999999999999999999999").unwrap();
        assert_eq!(table().convert(most, currency("USD"), currency("JPY")), None);
    }

    #[test]
    fn tables_are_checked() {
        let refused = |date, base, rates: &[(&'static str, &'static str)]| {
            Rates::new(date, base, rates.iter().copied()).unwrap_err().0
        };
        for date in ["2026-02-30", "20260131", "2026-01-31T10:00", "2026-01-31 ", "+002026-01-31", "2026-1-31", ""] {
            assert!(refused(date, "USD", &[("HKD", "7.8")]).contains("no date"), "{date}");
        }
        assert!(refused("2026-02-01", "ABC", &[("HKD", "7.8")]).contains("ISO 4217"));
        assert!(refused("2026-02-01", "USD", &[("HKD", "0")]).contains("above zero"));
        assert!(refused("2026-02-01", "USD", &[("HKD", "1e3")]).contains("above zero"));
        assert!(refused("2026-02-01", "USD", &[("HKD", "7.8"), ("hkd", "7.9")]).contains("two rates"));
        assert!(refused("2026-02-01", "USD", &[("USD", "2")]).contains("base"));
        assert!(refused("2026-02-01", "USD", &[("USD", "1")]).contains("at least one"));
    }

    #[test]
    fn a_table_survives_being_written() {
        let json = serde_json::to_string(&table()).unwrap();
        assert_eq!(serde_json::from_str::<Rates>(&json).unwrap(), table());
        assert!(serde_json::from_str::<Rates>(&json.replace("7.8", "-1")).is_err());
    }
}
