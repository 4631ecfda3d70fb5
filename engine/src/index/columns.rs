//! Numbers in the index: scaled integers in columns where they fit, decimals as terms where they do not.
//!
//! A value that is a whole number of ten-thousandths and fits an `i64` stands in a column; any other stands as a "wide"
//! term. Each value stands in exactly one of the two, so a range asked of both is exact, and no float is involved.

use super::terms::{self, PropertyKey};
use crate::content::document::{Document, ExtValue, Values};
use penstock_dsl::expr::Interval;
use penstock_dsl::registry::Currency;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};

/// Decimal places that columns keep.
pub const SCALE: u32 = 4;

/// An item's numbers by column name, and its wide terms.
#[derive(Default)]
pub struct Numbers {
    /// Column name (without the field) to values.
    pub columns: BTreeMap<String, Vec<i64>>,
    /// Terms for what does not fit.
    pub wide: Vec<Vec<u8>>,
}

/// The scaled integer of a decimal, when it is exact and fits.
pub fn scaled(value: Decimal) -> Option<i64> {
    let scaled = value.checked_mul(Decimal::from(10_i64.pow(SCALE)))?;
    if scaled.fract().is_zero() { scaled.trunc().to_i64() } else { None }
}

/// The scaled integers inside an interval of decimals; `None` when there is none.
pub fn scaled_range(interval: &Interval<Decimal>) -> Option<RangeInclusive<i64>> {
    let low = match &interval.low {
        Bound::Unbounded => i64::MIN,
        Bound::Included(low) => first_at_or_above(*low)?,
        Bound::Excluded(low) => match scaled(*low) {
            Some(exact) => exact.checked_add(1)?,
            None => first_at_or_above(*low)?,
        },
    };
    let high = match &interval.high {
        Bound::Unbounded => i64::MAX,
        Bound::Included(high) => last_at_or_below(*high)?,
        Bound::Excluded(high) => match scaled(*high) {
            Some(exact) => exact.checked_sub(1)?,
            None => last_at_or_below(*high)?,
        },
    };
    (low <= high).then_some(low..=high)
}

/// The smallest column value at or above a decimal; `None` when it is above them all.
fn first_at_or_above(value: Decimal) -> Option<i64> {
    clamped(value, Decimal::ceil, i64::MIN, true)
}

/// The largest column value at or below a decimal; `None` when it is below them all.
fn last_at_or_below(value: Decimal) -> Option<i64> {
    clamped(value, Decimal::floor, i64::MAX, false)
}

fn clamped(value: Decimal, round: fn(&Decimal) -> Decimal, near: i64, near_is_negative: bool) -> Option<i64> {
    let scaled = value.checked_mul(Decimal::from(10_i64.pow(SCALE))).map(|s| round(&s));
    match scaled.and_then(|s| s.to_i64()) {
        Some(fits) => Some(fits),
        // Out of range: on the near side every column value qualifies, on the far side none does.
        None if value.is_sign_negative() == near_is_negative => Some(near),
        None => None,
    }
}

/// The column name of a property's money in one currency.
pub fn money_column(property: PropertyKey<'_>, currency: Currency) -> String {
    format!("{}_{}", property.column(), currency.code())
}

/// The column names of the two ends of a price range in one currency.
pub fn range_columns(property: PropertyKey<'_>, currency: Currency) -> (String, String) {
    let name = money_column(property, currency);
    (format!("{name}_low"), format!("{name}_high"))
}

impl Numbers {
    /// All numbers of a document.
    pub fn of(document: &Document) -> Self {
        let mut numbers = Numbers::default();
        for (id, values) in &document.declared {
            let property = PropertyKey::Declared(id.0);
            match values {
                Values::Numbers(v) => v.iter().for_each(|n| numbers.decimal(property, None, n.value)),
                Values::Money(v) => {
                    v.iter().for_each(|m| numbers.decimal(property, Some(m.value.currency), m.value.amount));
                }
                Values::Times(v) => v.iter().for_each(|t| numbers.column(property.column(), t.value)),
                Values::PriceRange(range) => numbers.price_range(property, range.currency, range.low, range.high),
                Values::Presence(_) | Values::Keywords(_) | Values::Texts(_) => {}
            }
        }
        for (key, lists) in &document.ext {
            let property = PropertyKey::Ext(key);
            for value in lists.iter().flat_map(|list| &list.value) {
                match value {
                    ExtValue::Money(money) => numbers.decimal(property, Some(money.currency), money.amount),
                    _ => value.number().into_iter().for_each(|n| numbers.decimal(property, None, n)),
                }
            }
        }
        numbers
    }

    fn column(&mut self, name: String, value: i64) {
        self.columns.entry(name).or_default().push(value);
    }

    fn decimal(&mut self, property: PropertyKey<'_>, currency: Option<Currency>, value: Decimal) {
        match (scaled(value), currency) {
            (Some(fits), None) => self.column(property.column(), fits),
            (Some(fits), Some(currency)) => self.column(money_column(property, currency), fits),
            (None, _) => {
                let mut term = terms::wide_prefix(property, currency.as_ref().map(|c| c.code()));
                term.extend_from_slice(value.to_string().as_bytes());
                self.wide.push(term);
            }
        }
    }

    /// Both ends stand in columns, or the whole range as one wide term `low/high`.
    fn price_range(&mut self, property: PropertyKey<'_>, currency: Currency, low: Decimal, high: Decimal) {
        if let (Some(low), Some(high)) = (scaled(low), scaled(high)) {
            let (low_column, high_column) = range_columns(property, currency);
            self.column(low_column, low);
            self.column(high_column, high);
            return;
        }
        let mut term = terms::wide_prefix(property, Some(currency.code()));
        term.extend_from_slice(format!("{low}/{high}").as_bytes());
        self.wide.push(term);
    }
}

/// The decimal of a wide term, given its bytes after [`terms::wide_prefix`].
pub fn wide_value(rest: &[u8]) -> Option<Decimal> {
    std::str::from_utf8(rest).ok()?.parse().ok()
}

/// The ends of a wide price range.
pub fn wide_range(rest: &[u8]) -> Option<(Decimal, Decimal)> {
    let (low, high) = std::str::from_utf8(rest).ok()?.split_once('/')?;
    Some((low.parse().ok()?, high.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal() -> impl Strategy<Value = Decimal> {
        (any::<i64>(), 0u32..8).prop_map(|(m, scale)| Decimal::new(m, scale))
    }

    fn bound() -> impl Strategy<Value = Bound<Decimal>> {
        prop_oneof![
            Just(Bound::Unbounded),
            decimal().prop_map(Bound::Included),
            decimal().prop_map(Bound::Excluded),
            (-3i64..3, 0u32..6).prop_map(|(m, s)| Bound::Excluded(Decimal::new(m, s))),
        ]
    }

    proptest! {
        #[test]
        fn a_scaled_range_holds_exactly_the_interval_s_scaled_values(
            low in bound(), high in bound(), value in prop_oneof![decimal(), (-30i64..30, 0u32..5).prop_map(|(m, s)| Decimal::new(m, s))]
        ) {
            let interval = Interval { low, high };
            if let Some(column) = scaled(value) {
                let inside = scaled_range(&interval).is_some_and(|range| range.contains(&column));
                prop_assert_eq!(inside, interval.contains(&value));
            }
        }
    }
}
