//! The tenant's tables of exchange rates, one a day, for ever as they were first sent: what `~fx` rules convert at.
//!
//! A table never changes, so a rule set that was approved at the rates of a day keeps its meaning.

use penstock_dsl::fx::Rates;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// Days kept: more than ten years of daily tables. None is ever dropped, for rule sets are pinned to them.
pub const TABLES_MAX: usize = 4_000;
/// How far ahead of the record a table may be dated: somewhere it is tomorrow already.
const AHEAD_MS_MAX: i64 = 24 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// Why a table was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FxRefused {
    /// There are other rates of this day already.
    #[error(
        "the rates of {0} are there already, and others; a day's rates never change, so send them with another date"
    )]
    DayTaken(String),
    /// There are as many tables as are kept.
    #[error("there are rates of {TABLES_MAX} days already, which is all that are kept")]
    Full,
    /// The day has not come yet.
    #[error("{0} lies in the future; rates are dated by the day from which they hold")]
    Future(String),
}

/// Tables by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FxTables {
    by_date: BTreeMap<String, Arc<Rates>>,
}

impl FxTables {
    /// Takes a table in, at a record of `now_ms`; tells whether it was new.
    pub fn put(&mut self, rates: Rates, now_ms: i64) -> Result<bool, FxRefused> {
        let date = rates.date();
        if let Some(known) = self.by_date.get(&date) {
            return if **known == rates { Ok(false) } else { Err(FxRefused::DayTaken(date)) };
        }
        if rates.day_start_ms() > now_ms.saturating_add(AHEAD_MS_MAX).div_euclid(DAY_MS) * DAY_MS {
            return Err(FxRefused::Future(date));
        }
        if self.by_date.len() >= TABLES_MAX {
            return Err(FxRefused::Full);
        }
        self.by_date.insert(date, Arc::new(rates));
        Ok(true)
    }

    /// The table of a day (`2026-01-31`), or the latest.
    pub fn get(&self, date: Option<&str>) -> Option<&Arc<Rates>> {
        match date {
            Some(date) => self.by_date.get(date),
            None => self.by_date.last_key_value().map(|(_, rates)| rates),
        }
    }

    /// All tables, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Rates>> {
        self.by_date.values()
    }

    /// Takes tables of a checkpoint.
    pub fn of(tables: Vec<Rates>) -> Self {
        FxTables { by_date: tables.into_iter().map(|rates| (rates.date(), Arc::new(rates))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(date: &str, hkd: &str) -> Rates {
        Rates::new(date, "USD", [("HKD", hkd)]).unwrap()
    }

    #[test]
    fn a_day_has_one_table_for_ever() {
        let mut tables = FxTables::default();
        let now_ms = 1_780_272_000_000; // 2026-06-01T00:00:00Z
        assert_eq!(tables.put(rates("2026-05-31", "7.8"), now_ms), Ok(true));
        assert_eq!(tables.put(rates("2026-05-31", "7.80"), now_ms), Ok(false));
        assert_eq!(tables.put(rates("2026-05-31", "7.9"), now_ms), Err(FxRefused::DayTaken("2026-05-31".into())));
        assert_eq!(tables.put(rates("2026-06-02", "7.9"), now_ms), Ok(true));
        assert_eq!(tables.put(rates("2026-06-03", "7.9"), now_ms), Err(FxRefused::Future("2026-06-03".into())));
        assert_eq!(tables.put(rates("2026-05-01", "7.7"), now_ms), Ok(true));
        assert_eq!(tables.get(None).unwrap().date(), "2026-06-02");
        assert_eq!(tables.get(Some("2026-05-01")).unwrap().date(), "2026-05-01");
        assert_eq!(tables.get(Some("2026-05-02")), None);
        assert_eq!(tables.get(Some("2026-05-01")).unwrap().base().code(), "USD");
        assert_eq!(FxTables::of(tables.iter().map(|rates| Rates::clone(rates)).collect()), tables);
    }

    #[test]
    fn no_day_is_dropped_for_another() {
        let mut tables = FxTables::default();
        let now_ms = 1_780_272_000_000;
        let days = (0..TABLES_MAX).map(|n| format!("{}-{:02}-{:02}", 1900 + n / 300, 1 + n / 25 % 12, 1 + n % 25));
        for date in days {
            assert_eq!(tables.put(rates(&date, "7.8"), now_ms), Ok(true), "{date}");
        }
        assert_eq!(tables.put(rates("2026-05-31", "7.8"), now_ms), Err(FxRefused::Full));
        assert_eq!(tables.put(rates("1900-01-01", "7.8"), now_ms), Ok(false));
    }
}
