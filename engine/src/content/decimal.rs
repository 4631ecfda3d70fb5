//! JSON numbers as decimals, exactly: never through floating point (LANGUAGE.md, Numbers).

use rust_decimal::Decimal;

/// Digits before and after the point that a number may have and still be read.
const MAX_DIGITS: i64 = 28;
/// A number's text is written out with up to this many zeros that it did not have; beyond, with an exponent.
const MAX_ZEROS: i64 = 100;
/// Exponents end here.
const EXPONENT_LIMIT: i64 = i64::MAX / 4;

/// A number in canonical form: `digits` x 10^`exponent`, without leading or trailing zeros; zero has no digits. Two
/// numbers are equal exactly when these are (exponents beyond [`EXPONENT_LIMIT`] are taken as it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Canonical {
    pub(crate) negative: bool,
    pub(crate) digits: String,
    pub(crate) exponent: i64,
}

impl Canonical {
    /// Reads a number that the JSON grammar, or [`is_plain`], has accepted.
    pub(crate) fn of(text: &str) -> Canonical {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, ""));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = [whole, fraction].concat();
        let mut exponent = read_exponent(power) - fraction.len() as i64;
        let kept = digits.trim_end_matches('0').len();
        exponent += (digits.len() - kept) as i64;
        digits.truncate(kept);
        digits.drain(..digits.len() - digits.trim_start_matches('0').len());
        match digits.is_empty() {
            true => Canonical { negative: false, digits, exponent: 0 },
            false => Canonical { negative, digits, exponent },
        }
    }

    /// The value; `None` where it needs more than 28 digits.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        let count = self.digits.len() as i64;
        let written = if self.exponent >= 0 { count + self.exponent } else { count.max(-self.exponent) };
        if written > MAX_DIGITS {
            return None;
        }
        let mut mantissa: i128 = if self.digits.is_empty() { 0 } else { self.digits.parse().ok()? };
        if self.exponent > 0 {
            mantissa *= 10i128.pow(self.exponent as u32);
        }
        let signed = if self.negative { -mantissa } else { mantissa };
        Some(Decimal::from_i128_with_scale(signed, self.exponent.min(0).unsigned_abs() as u32))
    }

    /// Decimal text, the same for all spellings of a number (`160` for `160.00` and `1.6e2`).
    pub(crate) fn text(&self) -> String {
        let count = self.digits.len() as i64;
        let sign = if self.negative { "-" } else { "" };
        let point = count + self.exponent;
        if self.digits.is_empty() {
            "0".into()
        } else if self.exponent > MAX_ZEROS || point < -MAX_ZEROS {
            format!("{sign}{}e{}", self.digits, self.exponent)
        } else if self.exponent >= 0 {
            format!("{sign}{}{}", self.digits, "0".repeat(self.exponent as usize))
        } else if point > 0 {
            let (whole, fraction) = self.digits.split_at(point as usize);
            format!("{sign}{whole}.{fraction}")
        } else {
            format!("{sign}0.{}{}", "0".repeat(point.unsigned_abs() as usize), self.digits)
        }
    }
}

/// Whether a text is a plain decimal: `-?digits[.digits]`, leading zeros allowed.
pub(crate) fn is_plain(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction)
}

/// A plain decimal's value.
pub(crate) fn plain(text: &str) -> Option<Decimal> {
    if is_plain(text) { decimal(text) } else { None }
}

/// The value of a number in JSON's grammar.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    match short(text) {
        Some(value) => Some(value),
        None => Canonical::of(text).decimal(),
    }
}

/// The common case, up to 18 digits and no exponent, without allocating. The result has no trailing zeros.
fn short(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if digits.len() > 19 {
        return None;
    }
    let (mut mantissa, mut scale, mut point) = (0i64, 0u32, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                scale += u32::from(point);
            }
            b'.' => point = true,
            _ => return None,
        }
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Some(Decimal::new(if negative { -mantissa } else { mantissa }, scale))
}

/// An exponent, clamped so that sums with a text's length cannot overflow.
fn read_exponent(text: &str) -> i64 {
    match text.parse::<i64>() {
        Ok(exponent) => exponent.clamp(-EXPONENT_LIMIT, EXPONENT_LIMIT),
        Err(_) if text.is_empty() => 0,
        Err(_) if text.starts_with('-') => -EXPONENT_LIMIT,
        Err(_) => EXPONENT_LIMIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_a_number_are_one() {
        for (spelling, text) in [
            ("160.00", "160"),
            ("1.6e2", "160"),
            ("1600E-1", "160"),
            ("-0.0", "0"),
            ("0e999999999999999999999", "0"),
            ("0.0050", "0.005"),
            ("-12.5", "-12.5"),
            ("1e400", "1e400"),
            ("1.5e-400", "15e-401"),
        ] {
            assert_eq!(Canonical::of(spelling).text(), text, "{spelling}");
        }
        let long = "7".repeat(300);
        assert_eq!(Canonical::of(&long).text(), long);
        assert_eq!(Canonical::of("1e100").text(), format!("1{}", "0".repeat(100)));
        assert_eq!(Canonical::of("1e-101").text(), format!("0.{}1", "0".repeat(100)));
    }

    #[test]
    fn twenty_eight_digits_are_the_limit() {
        let nines = "9".repeat(28);
        assert_eq!(decimal(&nines).map(|d| d.to_string()), Some(nines));
        assert_eq!(decimal(&"9".repeat(29)), None);
        assert_eq!(decimal("1e27").map(|d| d.to_string()), Some(format!("1{}", "0".repeat(27))));
        assert_eq!(decimal("1e28"), None);
        assert_eq!(decimal("1e-28").map(|d| d.scale()), Some(28));
        assert_eq!(decimal("1e-29"), None);
        assert_eq!(
            decimal("123456789.12345678901234567890").map(|d| d.to_string()).unwrap(),
            "123456789.1234567890123456789"
        );
        for extreme in
            ["1e9223372036854775807", "1e-9223372036854775808", "12e99999999999999999999", "1e-99999999999999999999"]
        {
            assert_eq!(decimal(extreme), None, "{extreme}");
        }
        assert_eq!(decimal("-0.0").unwrap(), Decimal::ZERO);
    }

    #[test]
    fn plain_decimals() {
        for text in ["0", "-1", "007", "1.50", "-0.5"] {
            assert!(is_plain(text), "{text}");
        }
        for text in ["", "-", "+1", "1.", ".5", "1e3", "1,000", "1.2.3", " 1", "٣"] {
            assert!(!is_plain(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long_way(text in "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,8})?") {
            let long = Canonical::of(&text).decimal().unwrap();
            let short = decimal(&text).unwrap();
            prop_assert_eq!(long.serialize(), short.serialize());
        }
    }
}
