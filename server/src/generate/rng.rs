//! The generator's random numbers: splitmix64, and the two distributions that merchants' content follows.
//!
//! Only integer and basic IEEE 754 arithmetic is used, never the platform's `exp` or `ln`: the same seed gives the same
//! bytes on every machine.

/// A small random number generator; equal starts give equal sequences.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The generator of number `n` in a `stream` (a use of randomness) of `seed`.
    pub fn of(seed: u64, stream: u64, n: u64) -> Self {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0xA076_1D64_78BD_642F));
        rng.0 = rng.bits() ^ n.wrapping_mul(0xE703_7ED1_A0B4_28DB);
        rng.0 = rng.bits();
        rng
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, evenly spread. `n` may be as large as 2^32.
    pub fn below(&mut self, n: u64) -> u64 {
        ((self.bits() >> 32) * n) >> 32
    }

    /// A number in `low..=high`, evenly spread.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A position in a list of `len`, the first ones more often: half of the draws fall in the first quarter.
    pub fn early(&mut self, len: usize) -> usize {
        let u = self.bits() >> 32;
        ((((u * u) >> 32) * len as u64) >> 32) as usize
    }

    /// A rank below `count` with frequency about 1/(rank + 1): Zipf's law.
    pub fn zipf(&mut self, count: u64) -> u64 {
        let top = log2(count as f64 + 1.0);
        (exp2(self.unit() * top) as u64).saturating_sub(1).min(count - 1)
    }

    /// A log-normal value with this median; `sigma` is the standard deviation of its logarithm to base 2.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp2(self.normal() * sigma)
    }

    /// About normal, mean 0 and deviation 1, within -6..6: the sum of twelve even draws.
    fn normal(&mut self) -> f64 {
        let sum: u64 = (0..3)
            .map(|_| {
                let b = self.bits();
                (b & 0xFFFF) + (b >> 16 & 0xFFFF) + (b >> 32 & 0xFFFF) + (b >> 48)
            })
            .sum();
        sum as f64 / 65_536.0 - 6.0
    }
}

/// 2 to the power of `x`, for `x` in -60..60, to about eight digits.
fn exp2(x: f64) -> f64 {
    let whole = x.floor();
    let y = (x - whole) * std::f64::consts::LN_2;
    let series = (1..=9u32).rev().fold(1.0, |sum, k| 1.0 + sum * y / f64::from(k));
    let scale = (1u64 << (whole.abs() as u32).min(60)) as f64;
    if whole < 0.0 { series / scale } else { series * scale }
}

/// The logarithm to base 2 of `x` >= 1, to about eight digits.
fn log2(x: f64) -> f64 {
    let whole = 63 - (x as u64).leading_zeros();
    let mantissa = x / (1u64 << whole) as f64;
    let y = (mantissa - 1.0) / (mantissa + 1.0);
    let square = y * y;
    let series = (0..9u32).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    f64::from(whole) + 2.0 * y * series / std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_and_logarithms_agree_with_the_platform() {
        for i in 1..200 {
            let x = f64::from(i) * 0.37;
            assert!((exp2(x - 30.0) / (x - 30.0).exp2() - 1.0).abs() < 1e-7, "{x}");
            assert!((log2(x + 1.0) - (x + 1.0).log2()).abs() < 1e-7, "{x}");
        }
    }

    #[test]
    fn zipf_prefers_low_ranks() {
        let mut rng = Rng::of(1, 2, 3);
        let ranks: Vec<u64> = (0..10_000).map(|_| rng.zipf(30_000)).collect();
        let first = ranks.iter().filter(|r| **r == 0).count();
        assert!((500..900).contains(&first), "{first}");
        assert!(ranks.iter().all(|r| *r < 30_000));
        assert!(ranks.iter().any(|r| *r > 20_000));
    }

    #[test]
    fn log_normal_has_its_median() {
        let mut rng = Rng::of(1, 2, 3);
        let below = (0..10_000).filter(|_| rng.log_normal(100.0, 1.3) < 100.0).count();
        assert!((4_800..5_200).contains(&below), "{below}");
    }
}
