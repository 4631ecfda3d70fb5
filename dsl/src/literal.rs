//! What literals mean: numbers, currencies, dates and durations. Pure functions of their spelling (and the zone).

use crate::limits::{DURATION_MS_MAX, NUMBER_DIGITS_MAX};
use crate::registry::Currency;
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;

/// Reads `-?digits[.digits]` of up to [`NUMBER_DIGITS_MAX`] digits; leading zeros, and trailing ones of the fraction, do
/// not count. The result is normalized: `1.50` is `1.5`, `-0` is `0`. No sign `+`, no exponent, no white space.
pub fn decimal(spelled: &str) -> Option<Decimal> {
    let (sign, digits) = match spelled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", spelled),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.len() + fraction.len() > NUMBER_DIGITS_MAX {
        return None;
    }
    let value = Decimal::from_str_exact(&format!("{sign}0{whole}.{fraction}0")).ok();
    let value = value.or_else(|| Decimal::from_str_exact(&format!("{sign}0{whole}.{fraction}")).ok())?.normalize();
    Some(if value.is_zero() { Decimal::ZERO } else { value })
}

/// Milliseconds of a day of 24 hours.
const DAY_MS: i64 = 86_400_000;

/// What a currency's spelling stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurrencySpelling {
    /// A code, or a symbol that stands for one.
    Known(Currency),
    /// A sign of several currencies; the likeliest codes.
    Ambiguous(&'static [&'static str]),
    /// A sign that the language does not have, but whose code is clear.
    Other(&'static str),
    /// No currency.
    Unknown,
}

/// Signs that are not accepted because they are not on the language's short list, but that say which code is meant.
const OTHER_SIGNS: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("NT$", "TWD"),
    ("S$", "SGD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("C$", "CAD"),
    ("CA$", "CAD"),
    ("NZ$", "NZD"),
    ("MO$", "MOP"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₫", "VND"),
    ("CN¥", "CNY"),
    ("JP¥", "JPY"),
    ("元", "CNY"),
];

/// Reads a currency's code (any case) or one of the symbols `HK$ ₱ ฿ RM ₩`.
pub fn currency(spelled: &str) -> CurrencySpelling {
    let upper = spelled.to_ascii_uppercase();
    let code = match upper.as_str() {
        "$" | "＄" => return CurrencySpelling::Ambiguous(&["HKD", "USD", "SGD", "TWD"]),
        "¥" | "￥" => return CurrencySpelling::Ambiguous(&["CNY", "JPY"]),
        "HK$" => "HKD",
        "₱" => "PHP",
        "฿" => "THB",
        "RM" => "MYR",
        "₩" | "￦" => "KRW",
        other => other,
    };
    let other = OTHER_SIGNS.iter().find(|(sign, _)| *sign == code);
    match (Currency::from_code(code), other) {
        (Some(currency), _) => CurrencySpelling::Known(currency),
        (None, Some((_, code))) => CurrencySpelling::Other(code),
        (None, None) => CurrencySpelling::Unknown,
    }
}

/// Length of `2026-01-31`.
const DAY_BYTES: usize = 10;

/// What a date literal names. Epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateLiteral {
    /// A whole day of the zone, from its first millisecond to one past its last.
    Day {
        /// First millisecond.
        start: i64,
        /// One past the last.
        end: i64,
    },
    /// A point in time.
    Instant(i64),
}

/// Reads `2026-01-31`, `2026-01-31T10:00`, `2026-01-31T10:00:00.5+08:00`; without an offset it is read in `zone`. A time
/// that a clock change skips is read as its zone's rules before the change would have it; one that occurs twice is the first.
pub fn date(spelled: &str, zone: &TimeZone) -> Option<DateLiteral> {
    let (spelled_day, clock) = spelled.split_at_checked(DAY_BYTES)?;
    let day = day(spelled_day)?;
    let ms = |zoned: Zoned| zoned.timestamp().as_millisecond();
    if clock.is_empty() {
        let start = ms(day.to_zoned(zone.clone()).ok()?);
        // The last day of all has no next one; many write it for "never".
        let next = day.tomorrow().ok().and_then(|next| next.to_zoned(zone.clone()).ok());
        let end = next.map_or(start + DAY_MS, ms);
        return Some(DateLiteral::Day { start, end });
    }
    let spelled = spelled.to_ascii_uppercase().replacen(' ', "T", 1);
    let instant = match clock.bytes().skip(1).any(|b| matches!(b, b'Z' | b'z' | b'+' | b'-')) {
        true => spelled.parse::<Timestamp>().ok()?.as_millisecond(),
        false => ms(spelled.parse::<civil::DateTime>().ok()?.to_zoned(zone.clone()).ok()?),
    };
    Some(DateLiteral::Instant(instant))
}

/// Reads `2026-01-31`, and no other spelling of a day.
pub(crate) fn day(spelled: &str) -> Option<civil::Date> {
    let fits = |(i, b): (usize, u8)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    let written = spelled.len() == DAY_BYTES && spelled.bytes().enumerate().all(fits);
    written.then(|| spelled.parse().ok())?
}

/// Milliseconds of a duration such as `7d` or `1d12h`; at most [`DURATION_MS_MAX`]. A day is 24 hours, a week seven days.
pub fn duration_ms(spelled: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = spelled;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count: i64 = rest[..digits].parse().ok()?;
        let unit_ms = match rest[digits..].chars().next()? {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => DAY_MS,
            'w' => 604_800_000,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(unit_ms)?)?;
        rest = &rest[digits + 1..];
    }
    (total <= DURATION_MS_MAX).then_some(total)
}

/// A point in time as rules may write it, in UTC; its milliseconds where it is too far away for a date.
pub fn time_point(epoch_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(epoch_ms) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{epoch_ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_up_to_28_digits() {
        let read = |text: &str| decimal(text).map(|d| d.to_string());
        assert_eq!(read("007.50").as_deref(), Some("7.5"));
        assert_eq!(read("-0.0").as_deref(), Some("0"));
        assert_eq!(read("1234567890123456789012345678").as_deref(), Some("1234567890123456789012345678"));
        assert_eq!(read("9999999999999999999999999999").as_deref(), Some("9999999999999999999999999999"));
        assert_eq!(read("0.0000000000000000000000000001").as_deref(), Some("0.0000000000000000000000000001"));
        assert_eq!(read("99999999999999.99999999999999").as_deref(), Some("99999999999999.99999999999999"));
        for wrong in ["", "-", "1.", ".5", "+1", "1e5", " 1", "1,000", "12345678901234567890123456789", "٣"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_are_days_of_the_zone() {
        let hk = TimeZone::get("Asia/Hong_Kong").unwrap();
        let start = 1_769_788_800_000; // 2026-01-31T00:00 in Hong Kong, 16:00 the day before in UTC
        assert_eq!(date("2026-01-31", &hk), Some(DateLiteral::Day { start, end: start + 86_400_000 }));
        assert_eq!(date("2026-01-31T08:30", &hk), Some(DateLiteral::Instant(start + 30_600_000)));
        assert_eq!(date("2026-01-31 08:30:00", &hk), Some(DateLiteral::Instant(start + 30_600_000)));
        for same in ["2026-01-31T00:30:00.250Z", "2026-01-31t08:30:00.25+08:00", "2026-01-30 19:30:00.25-0500"] {
            assert_eq!(date(same, &hk), Some(DateLiteral::Instant(start + 30_600_250)), "{same}");
        }
        for wrong in ["2026-02-30", "2026-1-05", "26-01-01", "2026-01-01T25:00", "9999-12-31T99:99Z"] {
            assert_eq!(date(wrong, &hk), None, "{wrong}");
        }
    }

    #[test]
    fn days_follow_clock_changes() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours = |day: &str| match date(day, &zone) {
            Some(DateLiteral::Day { start, end }) => (end - start) / 3_600_000,
            other => panic!("{other:?}"),
        };
        assert_eq!([hours("2026-03-29"), hours("2026-10-25"), hours("2026-06-01")], [23, 25, 24]);
    }

    #[test]
    fn durations_add_up() {
        assert_eq!(duration_ms("1d12h"), Some(129_600_000));
        assert_eq!(duration_ms("2w"), Some(1_209_600_000));
        for wrong in ["7", "7y", "d", "99999999999999999999s", "200000w", "9223372036854775807s"] {
            assert_eq!(duration_ms(wrong), None, "{wrong}");
        }
    }
}
