//! Stretches of ordered values, cut between values: what lies inside, apart or side by side.
//!
//! Every answer is `true` only where it certainly is: of points in time, a fixed one and one that moves with the clock have
//! no order.

use crate::expr::{Interval, TimePoint};
use rust_decimal::Decimal;
use std::ops::Bound;

/// Something that has a place on a line.
pub trait Position: Copy {
    /// Whether `self` certainly is not after `other`.
    fn at_most(self, other: Self) -> bool;
    /// Whether `self` certainly is before `other`.
    fn below(self, other: Self) -> bool;
    /// The place right after `self`, where values have one.
    fn next(self) -> Option<Self>;
}

impl Position for Decimal {
    fn at_most(self, other: Self) -> bool {
        self <= other
    }

    fn below(self, other: Self) -> bool {
        self < other
    }

    fn next(self) -> Option<Self> {
        None
    }
}

impl Position for TimePoint {
    fn at_most(self, other: Self) -> bool {
        match (self, other) {
            (TimePoint::At(a), TimePoint::At(b)) | (TimePoint::FromNow(a), TimePoint::FromNow(b)) => a <= b,
            _ => false,
        }
    }

    fn below(self, other: Self) -> bool {
        self.at_most(other) && self != other
    }

    fn next(self) -> Option<Self> {
        match self {
            TimePoint::At(ms) => ms.checked_add(1).map(TimePoint::At),
            TimePoint::FromNow(ms) => ms.checked_add(1).map(TimePoint::FromNow),
        }
    }
}

/// A place between values.
#[derive(Clone, Copy, Debug)]
enum Cut<T> {
    Start,
    Before(T),
    After(T),
    End,
}

impl<T: Position> Cut<T> {
    fn after(value: T) -> Self {
        value.next().map_or(Cut::After(value), Cut::Before)
    }

    fn at_most(self, other: Self) -> bool {
        match (self, other) {
            (Cut::Start, _) | (_, Cut::End) => true,
            (_, Cut::Start) | (Cut::End, _) => false,
            (Cut::After(a), Cut::Before(b)) => a.below(b),
            (Cut::Before(a) | Cut::After(a), Cut::Before(b) | Cut::After(b)) => a.at_most(b),
        }
    }
}

/// The values between two cuts.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<T> {
    from: Cut<T>,
    to: Cut<T>,
}

impl<T: Position> Stretch<T> {
    /// Every value.
    pub fn all() -> Self {
        Stretch { from: Cut::Start, to: Cut::End }
    }

    /// The values of an interval.
    pub fn of(interval: &Interval<T>) -> Self {
        let from = match interval.low {
            Bound::Included(low) => Cut::Before(low),
            Bound::Excluded(low) => Cut::after(low),
            Bound::Unbounded => Cut::Start,
        };
        let to = match interval.high {
            Bound::Included(high) => Cut::after(high),
            Bound::Excluded(high) => Cut::Before(high),
            Bound::Unbounded => Cut::End,
        };
        Stretch { from, to }
    }

    /// Whether nothing lies in it.
    pub fn is_empty(self) -> bool {
        self.to.at_most(self.from)
    }

    /// Whether every value of it lies in `other`.
    pub fn inside(self, other: Self) -> bool {
        other.from.at_most(self.from) && self.to.at_most(other.to)
    }

    /// Whether the two share no value.
    pub fn apart(self, other: Self) -> bool {
        self.to.at_most(other.from) || other.to.at_most(self.from)
    }

    /// Whether every value of it lies in one of `others`.
    pub fn covered(self, mut others: Vec<Self>) -> bool {
        let mut reached = self.from;
        while !self.to.at_most(reached) {
            let goes_on = |other: &Self| other.from.at_most(reached) && reached.at_most(other.to);
            match others.iter().position(goes_on) {
                Some(at) => reached = others.swap_remove(at).to,
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bound() -> impl Strategy<Value = Bound<Decimal>> {
        let value = (-4i64..8).prop_map(|n| Decimal::new(n * 5, 1));
        prop_oneof![Just(Bound::Unbounded), value.clone().prop_map(Bound::Included), value.prop_map(Bound::Excluded)]
    }

    fn interval() -> impl Strategy<Value = Interval<Decimal>> {
        (bound(), bound()).prop_map(|(low, high)| Interval { low, high })
    }

    proptest! {
        #[test]
        fn what_is_claimed_holds_for_every_value(a in interval(), others in prop::collection::vec(interval(), 0..4)) {
            let stretch = Stretch::of(&a);
            let stretches: Vec<_> = others.iter().map(Stretch::of).collect();
            for value in (-60..120).map(|n| Decimal::new(n, 1) / Decimal::from(2)) {
                let within = a.contains(&value);
                prop_assert!(!(within && stretch.is_empty()), "{value}");
                for (other, b) in others.iter().zip(&stretches) {
                    prop_assert!(!(within && stretch.inside(*b)) || other.contains(&value), "{value}");
                    prop_assert!(!(within && stretch.apart(*b) && other.contains(&value)), "{value}");
                }
                if within && stretch.covered(stretches.clone()) {
                    prop_assert!(others.iter().any(|other| other.contains(&value)), "{value}");
                }
            }
        }
    }

    #[test]
    fn what_certainly_is_so_is_seen() {
        let at = |low, high| Stretch::of(&Interval { low, high });
        let n = |n: i64| Decimal::from(n);
        let below_five = at(Bound::Unbounded, Bound::Excluded(n(5)));
        let from_five = at(Bound::Included(n(5)), Bound::Unbounded);
        let above_five = at(Bound::Excluded(n(5)), Bound::Unbounded);
        assert!(below_five.apart(from_five) && above_five.inside(from_five) && !from_five.inside(above_five));
        assert!(Stretch::all().covered(vec![from_five, below_five]));
        assert!(!Stretch::all().covered(vec![above_five, below_five]));
        assert!(at(Bound::Included(n(5)), Bound::Excluded(n(5))).is_empty());
    }

    #[test]
    fn the_clock_has_no_place_among_fixed_times() {
        let until = |at| Stretch::of(&Interval { low: Bound::Unbounded, high: Bound::Excluded(at) });
        let from = |at| Stretch::of(&Interval { low: Bound::Included(at), high: Bound::Unbounded });
        let (fixed, now) = (TimePoint::At(5), TimePoint::FromNow(0));
        assert!(!until(fixed).apart(from(now)) && !until(fixed).inside(until(now)));
        assert!(Stretch::all().covered(vec![until(fixed), from(now), from(fixed)]));
        assert!(!Stretch::all().covered(vec![until(fixed), from(now)]));
        let after = Stretch::of(&Interval { low: Bound::Excluded(fixed), high: Bound::Unbounded });
        assert!(from(TimePoint::At(6)).inside(after), "times are whole milliseconds");
    }
}
