//! Predicates in few bytes. Most questions are seldom read, and there are many of them.
//!
//! Invariant: what is unpacked equals what was packed. Equal predicates have equal bytes, but for decimals that are written with
//! different scales.

use penstock_dsl::expr::{
    Fuzzy, FuzzyWord, Interval, MoneyRange, Owner, Predicate, PropertyRef, Subject, Test, TimePoint,
};
use penstock_dsl::registry::{Currency, PropId};
use rust_decimal::Decimal;
use std::ops::Bound;

/// What begins the tests that are read in place.
pub(super) const KEYWORD_IN: u8 = 1;
pub(super) const KEYWORD_ALL: u8 = 2;
pub(super) const TEXT_IN: u8 = 3;
pub(super) const TEXT_ALL: u8 = 4;
pub(super) const CONTAINS: u8 = 5;
pub(super) const FUZZY: u8 = 6;

/// A predicate in few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed<'a>(pub &'a [u8]);

/// Packs a predicate.
pub fn pack(predicate: &Predicate) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(64));
    if let Predicate::Test { subject, test } = predicate {
        out.subject(subject);
        out.test(test);
    }
    out.0
}

impl<'a> Packed<'a> {
    /// The predicate.
    pub fn unpack(self) -> Predicate {
        if self.0.is_empty() {
            return Predicate::All;
        }
        let mut bytes = Reader(self.0);
        Predicate::Test { subject: bytes.subject(), test: bytes.test() }
    }

    /// Its bytes, to be read where they lie; `None` for what every item passes.
    pub(super) fn reader(self) -> Option<Reader<'a>> {
        (!self.0.is_empty()).then_some(Reader(self.0))
    }
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Small numbers of either sign are short.
    fn signed(&mut self, number: i128) {
        self.number((number << 1 ^ number >> 127) as u128);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u128);
        self.0.extend(text.as_bytes());
    }

    fn each<T>(&mut self, list: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(list.len() as u128);
        list.iter().for_each(|item| write(self, item));
    }

    fn texts(&mut self, list: &[String]) {
        self.each(list, |out, text| out.text(text));
    }

    fn interval<T>(&mut self, interval: &Interval<T>, write: impl Fn(&mut Self, &T)) {
        for bound in [&interval.low, &interval.high] {
            match bound {
                Bound::Unbounded => self.0.push(0),
                Bound::Included(end) => {
                    self.0.push(1);
                    write(self, end);
                }
                Bound::Excluded(end) => {
                    self.0.push(2);
                    write(self, end);
                }
            }
        }
    }

    fn decimals(&mut self, interval: &Interval<Decimal>) {
        self.interval(interval, |out, decimal| {
            out.0.push(decimal.scale() as u8);
            out.signed(decimal.mantissa());
        });
    }

    fn subject(&mut self, subject: &Subject) {
        self.0.push(match subject.of {
            Owner::Item => 0,
            Owner::Merchant => 1,
        });
        let mut named = |tag: u8, name: &str| {
            self.0.push(tag);
            self.text(name);
        };
        match &subject.property {
            PropertyRef::Declared(id) => {
                self.0.push(0);
                self.number(id.0.into());
            }
            PropertyRef::Ext(name) => named(1, name),
            PropertyRef::TagAlgo(name) => named(2, name),
            PropertyRef::TagCustom(name) => named(3, name),
        }
        self.each(subject.locale.as_slice(), |out, locale| out.text(locale));
    }

    fn ranges(&mut self, ranges: &[MoneyRange]) {
        self.each(ranges, |out, range| {
            out.text(range.currency.code());
            out.decimals(&range.amounts);
        });
    }

    fn test(&mut self, test: &Test) {
        self.0.push(tag(test));
        match test {
            Test::IsSet => {}
            Test::KeywordIn(list) | Test::KeywordAll(list) | Test::TextIn(list) | Test::TextAll(list) => {
                self.texts(list);
            }
            Test::Contains(needle) => self.text(needle),
            Test::Fuzzy(Fuzzy { words, runs }) => {
                self.each(words, |out, word| {
                    out.text(&word.text);
                    out.0.extend([word.distance, word.prefix.into()]);
                });
                self.texts(runs);
            }
            Test::Number(interval) => self.decimals(interval),
            Test::Money(ranges) | Test::PriceOverlaps(ranges) | Test::PriceWithin(ranges) => self.ranges(ranges),
            Test::Time(interval) => self.interval(interval, |out, point| {
                let (tag, ms) = match point {
                    TimePoint::At(ms) => (0, ms),
                    TimePoint::FromNow(ms) => (1, ms),
                };
                out.0.push(tag);
                out.signed((*ms).into());
            }),
            Test::Bool(is) => self.0.push((*is).into()),
        }
    }
}

fn tag(test: &Test) -> u8 {
    match test {
        Test::IsSet => 0,
        Test::KeywordIn(_) => KEYWORD_IN,
        Test::KeywordAll(_) => KEYWORD_ALL,
        Test::TextIn(_) => TEXT_IN,
        Test::TextAll(_) => TEXT_ALL,
        Test::Contains(_) => CONTAINS,
        Test::Fuzzy(_) => FUZZY,
        Test::Number(_) => 7,
        Test::Money(_) => 8,
        Test::PriceOverlaps(_) => 9,
        Test::PriceWithin(_) => 10,
        Test::Time(_) => 11,
        Test::Bool(_) => 12,
    }
}

/// What is left to read of what a [`Writer`] has written; nothing else is ever read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().expect("as it was written");
        self.0 = rest;
        *first
    }

    pub(super) fn number(&mut self) -> u128 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u128::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }

    fn signed(&mut self) -> i128 {
        let number = self.number();
        (number >> 1) as i128 ^ -((number & 1) as i128)
    }

    pub(super) fn str(&mut self) -> &'a str {
        let length = self.number() as usize;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(text).expect("as it was written")
    }

    fn text(&mut self) -> String {
        self.str().to_owned()
    }

    fn each<T>(&mut self, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    fn interval<T>(&mut self, read: impl Fn(&mut Self) -> T) -> Interval<T> {
        let bound = |bytes: &mut Self| match bytes.byte() {
            0 => Bound::Unbounded,
            1 => Bound::Included(read(bytes)),
            _ => Bound::Excluded(read(bytes)),
        };
        Interval { low: bound(self), high: bound(self) }
    }

    fn decimals(&mut self) -> Interval<Decimal> {
        self.interval(|bytes| {
            let scale = bytes.byte().into();
            Decimal::from_i128_with_scale(bytes.signed(), scale)
        })
    }

    fn subject(&mut self) -> Subject {
        let of = if self.byte() == 0 { Owner::Item } else { Owner::Merchant };
        let property = match self.byte() {
            0 => PropertyRef::Declared(PropId(self.number() as u16)),
            1 => PropertyRef::Ext(self.text()),
            2 => PropertyRef::TagAlgo(self.text()),
            _ => PropertyRef::TagCustom(self.text()),
        };
        Subject { of, property, locale: self.each(Self::text).pop() }
    }

    fn ranges(&mut self) -> Vec<MoneyRange> {
        self.each(|bytes| MoneyRange {
            currency: Currency::from_code(bytes.str()).expect("as it was written"),
            amounts: bytes.decimals(),
        })
    }

    fn fuzzy(&mut self) -> Fuzzy {
        let words =
            self.each(|bytes| FuzzyWord { text: bytes.text(), distance: bytes.byte(), prefix: bytes.byte() != 0 });
        Fuzzy { words, runs: self.each(Self::text) }
    }

    fn test(&mut self) -> Test {
        match self.byte() {
            0 => Test::IsSet,
            KEYWORD_IN => Test::KeywordIn(self.each(Self::text)),
            KEYWORD_ALL => Test::KeywordAll(self.each(Self::text)),
            TEXT_IN => Test::TextIn(self.each(Self::text)),
            TEXT_ALL => Test::TextAll(self.each(Self::text)),
            CONTAINS => Test::Contains(self.text()),
            FUZZY => Test::Fuzzy(self.fuzzy()),
            7 => Test::Number(self.decimals()),
            8 => Test::Money(self.ranges()),
            9 => Test::PriceOverlaps(self.ranges()),
            10 => Test::PriceWithin(self.ranges()),
            11 => Test::Time(self.interval(|bytes| match bytes.byte() {
                0 => TimePoint::At(bytes.signed() as i64),
                _ => TimePoint::FromNow(bytes.signed() as i64),
            })),
            _ => Test::Bool(self.byte() != 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-c한é\u{0}]{0,5}", Just("x".repeat(300))]
    }

    fn interval<T: Clone + std::fmt::Debug>(
        ends: impl Strategy<Value = T> + Clone,
    ) -> impl Strategy<Value = Interval<T>> {
        let bound = |end: T, kind| match kind {
            0 => Bound::Unbounded,
            1 => Bound::Included(end),
            _ => Bound::Excluded(end),
        };
        (ends.clone(), 0..3, ends, 0..3)
            .prop_map(move |(low, a, high, b)| Interval { low: bound(low, a), high: bound(high, b) })
    }

    fn decimals() -> impl Strategy<Value = Interval<Decimal>> {
        let mantissa = prop_oneof![any::<i64>().prop_map(i128::from), Just((1 << 96) - 1), Just(1 - (1 << 96))];
        interval((mantissa, 0..=28u32).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale)))
    }

    fn ranges() -> impl Strategy<Value = Vec<MoneyRange>> {
        let currency =
            prop::sample::select(vec!["HKD", "JPY", "KWD"]).prop_map(|code| Currency::from_code(code).unwrap());
        prop::collection::vec((currency, decimals()), 0..3)
            .prop_map(|list| list.into_iter().map(|(currency, amounts)| MoneyRange { currency, amounts }).collect())
    }

    fn test() -> impl Strategy<Value = Test> {
        let texts = || prop::collection::vec(text(), 0..4);
        let word = (text(), 0..3u8, any::<bool>());
        let words =
            prop::collection::vec(word.prop_map(|(text, distance, prefix)| FuzzyWord { text, distance, prefix }), 0..3);
        let point = prop_oneof![any::<i64>().prop_map(TimePoint::At), any::<i64>().prop_map(TimePoint::FromNow)];
        prop_oneof![
            Just(Test::IsSet),
            texts().prop_map(Test::KeywordIn),
            texts().prop_map(Test::KeywordAll),
            texts().prop_map(Test::TextIn),
            texts().prop_map(Test::TextAll),
            text().prop_map(Test::Contains),
            (words, texts()).prop_map(|(words, runs)| Test::Fuzzy(Fuzzy { words, runs })),
            decimals().prop_map(Test::Number),
            ranges().prop_map(Test::Money),
            ranges().prop_map(Test::PriceOverlaps),
            ranges().prop_map(Test::PriceWithin),
            interval(point).prop_map(Test::Time),
            any::<bool>().prop_map(Test::Bool),
        ]
    }

    fn subject() -> impl Strategy<Value = Subject> {
        let property = prop_oneof![
            any::<u16>().prop_map(|id| PropertyRef::Declared(PropId(id))),
            text().prop_map(PropertyRef::Ext),
            text().prop_map(PropertyRef::TagAlgo),
            text().prop_map(PropertyRef::TagCustom),
        ];
        (prop::sample::select(vec![Owner::Item, Owner::Merchant]), property, prop::option::of(text()))
            .prop_map(|(of, property, locale)| Subject { of, property, locale })
    }

    proptest! {
        #[test]
        fn unpacks_what_was_packed(subject in subject(), test in test()) {
            let predicate = Predicate::Test { subject, test };
            prop_assert_eq!(Packed(&pack(&predicate)).unpack(), predicate);
        }
    }

    #[test]
    fn every_item_is_no_bytes() {
        assert!(pack(&Predicate::All).is_empty());
        assert_eq!(Packed(&[]).unpack(), Predicate::All);
    }
}
