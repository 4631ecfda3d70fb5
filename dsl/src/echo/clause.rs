//! A rule as a clause: what it is about and what it claims of it, in no language yet.
//!
//! Which reading a rule has comes from its meaning; how values are spelled, from the text.

use crate::ast::{self, Literal, Operand, Operation, Operator, RuleBody, Value};
use crate::check::CheckOptions;
use crate::expr::{self, Owner, Predicate, PropertyRef, Test};
use crate::literal::{CurrencySpelling, currency};
use crate::registry::{Kind, PropId};
use crate::vocabulary::{self, Term, Words};
use std::collections::BTreeSet;

/// A rule.
pub(super) struct Clause<'a> {
    pub subject: Subject<'a>,
    pub claim: Claim<'a>,
    /// Whether the claim does not hold; true of a missing value too.
    pub negated: bool,
}

/// What a rule is about.
pub(super) struct Subject<'a> {
    pub of_merchant: bool,
    pub name: Name<'a>,
    /// The language that it is restricted to; `*` is any, but not the base value.
    pub locale: Option<&'a str>,
}

/// A property's name.
pub(super) enum Name<'a> {
    Declared(&'static Words),
    Extra(&'a str),
    AlgorithmTag(&'a str),
    CustomTag(&'a str),
}

/// What a rule says of its subject.
pub(super) enum Claim<'a> {
    Given,
    Is(bool),
    /// A value is one of these; `list` where the subject holds several values by its nature.
    AnyOf {
        values: Vec<Choice<'a>>,
        list: bool,
    },
    AllOf(Vec<Choice<'a>>),
    Contains(&'a str),
    /// Words of a query; `several` where it has more than one; how many slips each may have, if the text says.
    Words {
        query: &'a str,
        several: bool,
        slips: Option<u8>,
    },
    Number(Reach<String>),
    Money {
        amount: Reach<String>,
        rates: Option<String>,
    },
    /// A range of prices that lies at least partly, or `entirely`, here.
    Prices {
        reach: Reach<String>,
        rates: Option<String>,
        entirely: bool,
    },
    /// With the zone of what names none.
    Time {
        at: Reach<Moment<'a>>,
        zone: Option<String>,
    },
}

/// A value of a list, with the name that its code has.
pub(super) struct Choice<'a> {
    pub value: &'a str,
    pub code: Option<Code>,
}

/// What a code stands for.
#[derive(Clone, Copy)]
pub(super) enum Code {
    Known(Term),
    Unknown,
}

/// Where an ordered value lies.
pub(super) enum Reach<T> {
    Equal(T),
    Below(T),
    AtMost(T),
    Above(T),
    AtLeast(T),
    /// Both ends included.
    Between(T, T),
}

/// A time as a rule names it.
pub(super) enum Moment<'a> {
    /// A whole day.
    Day(&'a str),
    /// Day and clock, and the offset if it has its own: `Z` or `+08:00`.
    Instant(String, Option<String>),
    /// The time of evaluation, moved by a duration's parts: number and unit (s, m, h, d, w).
    Now { minus: bool, parts: Vec<(&'a str, char)> },
}

/// What needs explaining when it was said; in the order of explanation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    NothingElse,
    Text,
    Exact,
    AllOf,
    Words,
    DefaultSlips,
    Slips,
    AllLanguages,
    Language,
    AnyLanguage,
    OtherCurrency,
    NoRate,
    Evaluation,
    NotGiven,
    Extra,
    Merchant,
}

impl<'a> Clause<'a> {
    /// A rule's clause; `None` for `all`. `written` and `meant` are the same rule.
    pub fn new(written: &'a ast::Rule, meant: &'a expr::Rule, options: &CheckOptions) -> Option<Self> {
        let (RuleBody::Test { path, operation }, Predicate::Test { subject, test }) = (&written.body, &meant.predicate)
        else {
            return None;
        };
        let name = match &subject.property {
            PropertyRef::Declared(id) => Name::Declared(vocabulary::words(*id)),
            PropertyRef::Ext(key) => Name::Extra(key),
            PropertyRef::TagAlgo(name) => Name::AlgorithmTag(name),
            PropertyRef::TagCustom(name) => Name::CustomTag(name),
        };
        let locale = path.locale.as_ref().map(|locale| locale.node.as_str());
        let claim = claim(operation, &subject.property, test, options)?;
        let subject = Subject { of_merchant: subject.of == Owner::Merchant, name, locale };
        Some(Clause { subject, claim, negated: meant.negated })
    }

    /// Adds what needs explaining in this clause.
    pub fn notes(&self, notes: &mut BTreeSet<Note>) {
        let of_extra = matches!(self.subject.name, Name::Extra(_));
        let may_be_missing = self.negated || matches!(self.claim, Claim::Given);
        notes.extend(may_be_missing.then_some(Note::NotGiven));
        notes.extend(of_extra.then_some(Note::Extra));
        notes.extend(self.subject.of_merchant.then_some(Note::Merchant));
        notes.extend(self.subject.locale.map(|l| if l == "*" { Note::AnyLanguage } else { Note::Language }));
        let localized = |words: &Words| PropId::from_name(words.name).is_some_and(|id| has_languages(id.kind()));
        let in_all = of_extra || matches!(self.subject.name, Name::Declared(words) if localized(words));
        let values = !matches!(self.claim, Claim::Given | Claim::Number(_) | Claim::Money { .. } | Claim::Time { .. });
        notes.extend((in_all && values && self.subject.locale.is_none()).then_some(Note::AllLanguages));
        let is_text = of_extra || matches!(self.subject.name, Name::Declared(words) if is_text(words));
        let compared = if is_text { Note::Text } else { Note::Exact };
        match &self.claim {
            Claim::Given | Claim::Is(_) | Claim::Number(_) => {}
            Claim::AnyOf { .. } => notes.extend([compared]),
            Claim::AllOf(_) => notes.extend([compared, Note::AllOf]),
            Claim::Contains(_) => notes.extend([Note::Text]),
            Claim::Words { slips, .. } => {
                notes.extend([Note::Text, Note::Words]);
                notes.extend(slips.is_none().then_some(Note::DefaultSlips));
                notes.extend((*slips != Some(0)).then_some(Note::Slips));
            }
            Claim::Money { rates, .. } | Claim::Prices { rates, .. } => {
                notes.extend([if rates.is_some() { Note::NoRate } else { Note::OtherCurrency }]);
            }
            Claim::Time { at, .. } => notes.extend(at.any(Moment::is_now).then_some(Note::Evaluation)),
        }
    }
}

/// Whether content gives values of a kind by language.
fn has_languages(kind: Kind) -> bool {
    matches!(kind, Kind::Keyword | Kind::List | Kind::Text)
}

fn is_text(words: &Words) -> bool {
    PropId::from_name(words.name).is_some_and(|id| id.kind() == Kind::Text)
}

fn claim<'a>(
    operation: &'a Operation,
    property: &PropertyRef,
    test: &Test,
    options: &CheckOptions,
) -> Option<Claim<'a>> {
    let rates = || operation.fx.and(options.rates.as_ref()).map(|rates| rates.date());
    Some(match test {
        Test::IsSet => Claim::Given,
        Test::Bool(value) => Claim::Is(*value),
        Test::KeywordIn(_) | Test::TextIn(_) => {
            Claim::AnyOf { values: choices(operation, property), list: holds_list(property) }
        }
        Test::KeywordAll(_) | Test::TextAll(_) => Claim::AllOf(choices(operation, property)),
        Test::Contains(_) => Claim::Contains(string(operation)?),
        Test::Fuzzy(query) => {
            let slips = match operation.operator.node {
                Operator::Fuzzy(distance) => distance,
                _ => None,
            };
            Claim::Words { query: string(operation)?, several: query.words.len() + query.runs.len() > 1, slips }
        }
        Test::Number(_) => Claim::Number(reach(operation, number)?),
        Test::Money(_) => Claim::Money { amount: amount(operation)?, rates: rates() },
        Test::PriceOverlaps(_) => Claim::Prices { reach: amount(operation)?, rates: rates(), entirely: false },
        Test::PriceWithin(_) => Claim::Prices { reach: amount(operation)?, rates: rates(), entirely: true },
        Test::Time(_) => {
            let at = reach(operation, moment)?;
            let zone = at.any(Moment::is_in_zone).then(|| zone(options));
            Claim::Time { at, zone }
        }
    })
}

fn holds_list(property: &PropertyRef) -> bool {
    match property {
        PropertyRef::Declared(id) => id.kind() == Kind::List,
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => true,
        PropertyRef::Ext(_) => false,
    }
}

fn choices<'a>(operation: &'a Operation, property: &PropertyRef) -> Vec<Choice<'a>> {
    let values = match &operation.operand {
        Operand::Value(value) => std::slice::from_ref(value),
        Operand::List(values, _) => values,
        Operand::None | Operand::Range(_) => &[],
    };
    let is_benefit_type = matches!(property, PropertyRef::Declared(id) if id.name() == "benefitType");
    let code = |value: &str| vocabulary::benefit_type(value.trim()).map_or(Code::Unknown, Code::Known);
    let texts = values.iter().filter_map(text);
    texts.map(|value| Choice { value, code: is_benefit_type.then(|| code(value)) }).collect()
}

fn string(operation: &Operation) -> Option<&str> {
    match &operation.operand {
        Operand::Value(value) => text(value),
        Operand::None | Operand::List(..) | Operand::Range(_) => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match &value.literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// Where the values of a comparison or range lie; `read` reads one.
fn reach<'a, T>(operation: &'a Operation, read: impl Fn(&'a Value) -> Option<T>) -> Option<Reach<T>> {
    match &operation.operand {
        Operand::Value(value) => {
            let value = read(value)?;
            Some(match operation.operator.node {
                Operator::Less | Operator::Before => Reach::Below(value),
                Operator::AtMost => Reach::AtMost(value),
                Operator::Greater | Operator::After => Reach::Above(value),
                Operator::AtLeast => Reach::AtLeast(value),
                _ => Reach::Equal(value),
            })
        }
        Operand::Range(range) => match (&range.low, &range.high) {
            (Some(low), Some(high)) => Some(Reach::Between(read(low)?, read(high)?)),
            (Some(low), None) => Some(Reach::AtLeast(read(low)?)),
            (None, Some(high)) => Some(Reach::AtMost(read(high)?)),
            (None, None) => None,
        },
        Operand::None | Operand::List(..) => None,
    }
}

fn number(value: &Value) -> Option<String> {
    match &value.literal {
        Literal::Number(spelled) => Some(spelled.clone()),
        Literal::Money { currency, amount } => Some(with_code(&currency.node, &amount.node)),
        _ => None,
    }
}

/// Amounts with their currency, which a range has once.
fn amount(operation: &Operation) -> Option<Reach<String>> {
    let currency = match &operation.operand {
        Operand::Range(range) => range.currency.as_ref(),
        _ => None,
    };
    reach(operation, |value| {
        let amount = number(value)?;
        Some(currency.map_or_else(|| amount.clone(), |currency| with_code(&currency.node, &amount)))
    })
}

fn with_code(spelled: &str, amount: &str) -> String {
    match currency(spelled) {
        CurrencySpelling::Known(currency) => format!("{currency} {amount}"),
        _ => format!("{spelled} {amount}"),
    }
}

fn moment(value: &Value) -> Option<Moment<'_>> {
    match &value.literal {
        Literal::Date(spelled) => match spelled.split_at_checked(10)? {
            (day, "") => Some(Moment::Day(day)),
            (day, clock) => {
                let clock = &clock[1..];
                let at = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
                let offset = (at < clock.len()).then(|| clock[at..].to_ascii_uppercase());
                Some(Moment::Instant(format!("{day} {}", &clock[..at]), offset))
            }
        },
        Literal::Now(None) => Some(Moment::Now { minus: false, parts: Vec::new() }),
        Literal::Now(Some(offset)) => {
            let parts = offset.duration.node.split_inclusive(|c: char| c.is_ascii_alphabetic());
            let parts = parts.filter_map(|part| part.chars().next_back().map(|unit| (&part[..part.len() - 1], unit)));
            Some(Moment::Now { minus: offset.minus, parts: parts.collect() })
        }
        _ => None,
    }
}

/// The name of the zone of times that name none.
fn zone(options: &CheckOptions) -> String {
    let zone = &options.time_zone;
    let offset = || zone.to_fixed_offset().map_or_else(|_| "local".to_owned(), |offset| format!("UTC{offset}"));
    zone.iana_name().map_or_else(offset, str::to_owned)
}

impl Moment<'_> {
    fn is_now(&self) -> bool {
        matches!(self, Moment::Now { .. })
    }

    /// Whether the zone decides what it is.
    fn is_in_zone(&self) -> bool {
        matches!(self, Moment::Day(_) | Moment::Instant(_, None))
    }
}

impl<T> Reach<T> {
    fn any(&self, is: impl Fn(&T) -> bool) -> bool {
        match self {
            Reach::Equal(x) | Reach::Below(x) | Reach::AtMost(x) | Reach::Above(x) | Reach::AtLeast(x) => is(x),
            Reach::Between(low, high) => is(low) || is(high),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::{TimeZone, offset};

    #[test]
    fn zones_have_names() {
        let name = |time_zone| zone(&CheckOptions { time_zone, rates: None });
        assert_eq!(name(TimeZone::UTC), "UTC");
        assert_eq!(name(TimeZone::fixed(offset(8))), "UTC+08");
        assert_eq!(name(TimeZone::get("Asia/Hong_Kong").unwrap()), "Asia/Hong_Kong");
    }
}
