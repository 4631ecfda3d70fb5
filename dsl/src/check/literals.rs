//! Literals as the rule needs them, each with an error that says how to write it instead.

use super::Checker;
use crate::ast::{Literal, Operator, Range, Spanned, Value};
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::{Interval, TimePoint};
use crate::literal::{self, CurrencySpelling, DateLiteral};
use crate::registry::Currency;
use crate::suggest::nearest;
use rust_decimal::Decimal;
use std::ops::Bound;

/// Currencies that a slip of the pen is compared with, and that a completion offers.
pub(crate) const COMMON_CURRENCIES: &[&str] = &[
    "HKD", "PHP", "THB", "MYR", "KRW", "USD", "CNY", "JPY", "SGD", "TWD", "MOP", "IDR", "VND", "EUR", "GBP", "AUD",
    "INR",
];

/// What a date operator's right side names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// A whole day.
    Day { start: TimePoint, end: TimePoint },
    /// A point in time.
    Instant(TimePoint),
}

impl Moment {
    /// What a comparison with this moment selects, and whether it is negated; `None` for other operators.
    pub(super) fn interval(self, operator: Operator) -> Option<(bool, Interval<TimePoint>)> {
        let (first, past) = match self {
            Moment::Day { start, end } => (Bound::Included(start), Bound::Excluded(end)),
            Moment::Instant(at) => (Bound::Included(at), Bound::Included(at)),
        };
        let (low, high) = match operator {
            Operator::Equal | Operator::NotEqual => (first, past),
            Operator::Less | Operator::Before => (Bound::Unbounded, other_side(first)),
            Operator::Greater | Operator::After => (other_side(past), Bound::Unbounded),
            Operator::AtMost => (Bound::Unbounded, past),
            Operator::AtLeast => (first, Bound::Unbounded),
            _ => return None,
        };
        Some((operator == Operator::NotEqual, Interval { low, high }))
    }
}

/// The bound that begins where this one ends.
fn other_side(bound: Bound<TimePoint>) -> Bound<TimePoint> {
    match bound {
        Bound::Included(at) => Bound::Excluded(at),
        Bound::Excluded(at) => Bound::Included(at),
        Bound::Unbounded => Bound::Unbounded,
    }
}

impl Literal {
    /// A string's value.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Literal::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean's value.
    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Literal::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl Checker<'_> {
    /// Strings, each brought into shape, sorted and without repeats; an empty one is an error.
    pub(super) fn strings(&mut self, values: &[Value], shape: impl Fn(&str) -> String) -> Option<Vec<String>> {
        let mut out = Vec::with_capacity(values.len());
        for value in values {
            let shaped = self.string(value).map(&shape);
            match shaped {
                Some(shaped) if shaped.is_empty() => {
                    let message = "no value is empty: an empty string counts as missing; write `is missing`";
                    self.error(code::EMPTY_STRING, value.span, message);
                }
                Some(shaped) => out.push(shaped),
                None => {}
            }
        }
        let complete = out.len() == values.len();
        out.sort_unstable();
        out.dedup();
        complete.then_some(out)
    }

    pub(super) fn string<'v>(&mut self, value: &'v Value) -> Option<&'v str> {
        match &value.literal {
            Literal::Text(text) => Some(text),
            Literal::Word(word) => self.unquoted(word, value.span),
            _ => {
                let spelled = value.span.of(self.text);
                let message = "a string is needed here, in quotation marks";
                let finding = Diagnostic::error(code::VALUE_DOES_NOT_FIT, value.span, message);
                self.report(finding.fix("add quotation marks", value.span, format!("\"{spelled}\"")));
                None
            }
        }
    }

    fn unquoted<T>(&mut self, word: &str, span: Span) -> Option<T> {
        let message = format!("`{word}` is no value; a string stands in quotation marks");
        let finding = Diagnostic::error(code::UNQUOTED, span, message);
        self.report(finding.fix("add quotation marks", span, format!("\"{word}\"")));
        None
    }

    /// A value of the wrong sort: `want` says what belongs there; a string that would do is offered without its quotes.
    fn wrong_value<T>(
        &mut self,
        value: &Value,
        (want, example): (&str, &str),
        would_do: impl Fn(&str) -> bool,
    ) -> Option<T> {
        let message = format!("{want} is needed here, such as {example}");
        let finding = Diagnostic::error(code::VALUE_DOES_NOT_FIT, value.span, message);
        let unquoted = value.literal.as_text().map(str::trim).filter(|text| would_do(text));
        self.report(match unquoted {
            Some(text) => finding.fix("remove the quotation marks", value.span, text),
            None => finding,
        });
        None
    }

    pub(super) fn number(&mut self, value: &Value) -> Option<Decimal> {
        match &value.literal {
            Literal::Number(spelled) => self.decimal(spelled, value.span),
            Literal::Money { amount, .. } | Literal::ReversedMoney { amount, .. } => {
                let message = "a number has no currency";
                let finding = Diagnostic::error(code::STRAY_CURRENCY, value.span, message);
                self.report(finding.fix("remove the currency", value.span, amount.node.clone()));
                None
            }
            _ => self.wrong_value(value, ("a number", "`4.5`"), |text| literal::decimal(text).is_some()),
        }
    }

    fn decimal(&mut self, spelled: &str, span: Span) -> Option<Decimal> {
        let value = literal::decimal(spelled);
        if value.is_none() {
            self.error(code::NUMBER_TOO_LONG, span, "a number has at most 28 digits");
        }
        value
    }

    pub(super) fn money(&mut self, value: &Value) -> Option<(Currency, Decimal)> {
        match &value.literal {
            Literal::Money { currency, amount } => {
                let (currency, amount) = (self.currency(currency), self.decimal(&amount.node, amount.span));
                Some((currency?, amount?))
            }
            Literal::ReversedMoney { currency, amount } => {
                let fixed = format!("{} {}", currency.node, amount.node);
                let message = format!("the currency stands before the amount: `{fixed}`");
                let finding = Diagnostic::error(code::STRAY_CURRENCY, value.span, message);
                self.report(finding.fix(format!("write `{fixed}`"), value.span, fixed));
                None
            }
            Literal::Number(spelled) => self.without_currency(value.span, spelled),
            _ => self.wrong_value(value, ("an amount of money", "`HKD 500`"), |text| {
                text.split_once(' ').is_some_and(|(code, amount)| {
                    Currency::from_code(code).is_some() && literal::decimal(amount).is_some()
                })
            }),
        }
    }

    fn without_currency<T>(&mut self, span: Span, spelled: &str) -> Option<T> {
        let message = format!("an amount of money needs its currency: `HKD {spelled}`, `PHP {spelled}`");
        self.error(code::NO_CURRENCY, span, message);
        None
    }

    /// The currency of a money range, which stands once, before its first end.
    pub(super) fn range_currency(&mut self, range: &Range) -> Option<Currency> {
        match (&range.currency, &range.stray_currency) {
            (None, None) => self.without_currency(range.span, range.span.of(self.text)),
            (Some(currency), None) => self.currency(currency),
            (first, Some(stray)) => {
                let message = "the currency of a range stands once, before it: `HKD 100..500`";
                let mut finding = Diagnostic::error(code::STRAY_CURRENCY, stray.span, message);
                let ends = [&range.low, &range.high].map(|end| end.as_ref().map_or("", |v| v.span.of(self.text)));
                let same = first.as_ref().is_none_or(|f| f.node.eq_ignore_ascii_case(&stray.node));
                if same {
                    let fixed = format!("{} {}..{}", stray.node, ends[0], ends[1]);
                    finding = finding.fix(format!("write `{fixed}`"), range.span, fixed);
                }
                self.report(finding);
                None
            }
        }
    }

    /// Reports a currency on a range of numbers or dates.
    pub(super) fn no_currency(&mut self, range: &Range) -> Option<()> {
        match range.currency.as_ref().or(range.stray_currency.as_ref()) {
            Some(currency) => {
                let finding = Diagnostic::error(code::STRAY_CURRENCY, currency.span, "no currency belongs here");
                self.report(finding.fix("remove the currency", currency.span, ""));
                None
            }
            None => Some(()),
        }
    }

    fn currency(&mut self, spelling: &Spanned<String>) -> Option<Currency> {
        let (name, span) = (&spelling.node, spelling.span);
        let next_is_digit = self.text[span.end..].starts_with(|c: char| c.is_ascii_digit());
        let replace = |code: &str| if next_is_digit { format!("{code} ") } else { code.to_owned() };
        let finding = match literal::currency(name) {
            CurrencySpelling::Known(currency) => return Some(currency),
            CurrencySpelling::Ambiguous(codes) => {
                let message = format!("`{name}` stands for several currencies; write the code: {}", codes.join(", "));
                let finding = Diagnostic::error(code::AMBIGUOUS_CURRENCY, span, message);
                codes.iter().fold(finding, |f, code| f.fix(format!("write `{code}`"), span, replace(code)))
            }
            CurrencySpelling::Other(code) => {
                let message = format!("`{name}` is not read as a currency; write the code: {code}");
                Diagnostic::error(code::UNKNOWN_CURRENCY, span, message).fix(
                    format!("write `{code}`"),
                    span,
                    replace(code),
                )
            }
            CurrencySpelling::Unknown => match nearest(name, COMMON_CURRENCIES.iter().copied()) {
                Some(near) => {
                    let message = format!("unknown currency `{name}`; did you mean `{near}`?");
                    Diagnostic::error(code::UNKNOWN_CURRENCY, span, message).fix(
                        format!("write `{near}`"),
                        span,
                        replace(near),
                    )
                }
                None => {
                    let message = format!("unknown currency `{name}`; write its three-letter code, such as HKD");
                    Diagnostic::error(code::UNKNOWN_CURRENCY, span, message)
                }
            },
        };
        self.report(finding);
        None
    }

    pub(super) fn moment(&mut self, value: &Value) -> Option<Moment> {
        match &value.literal {
            Literal::Date(spelled) => self.date(spelled, value.span),
            Literal::Now(None) => Some(Moment::Instant(TimePoint::FromNow(0))),
            Literal::Now(Some(offset)) => {
                let ms = literal::duration_ms(&offset.duration.node);
                if ms.is_none() {
                    let message = "a duration is a number and a unit, such as `7d` or `1d12h` (s, m, h, d, w), of at most 100 years";
                    self.error(code::BAD_DURATION, offset.duration.span, message);
                }
                ms.map(|ms| Moment::Instant(TimePoint::FromNow(if offset.minus { -ms } else { ms })))
            }
            _ => {
                let is_date = |text: &str| literal::date(text, &self.options.time_zone).is_some();
                let fits = value.literal.as_text().is_some_and(|t| is_date(t.trim()));
                self.wrong_value(value, ("a date", "`2026-01-31` or `now() + 7d`"), |_| fits)
            }
        }
    }

    fn date(&mut self, spelled: &str, span: Span) -> Option<Moment> {
        match literal::date(spelled, &self.options.time_zone) {
            Some(DateLiteral::Day { start, end }) => {
                Some(Moment::Day { start: TimePoint::At(start), end: TimePoint::At(end) })
            }
            Some(DateLiteral::Instant(at)) => Some(Moment::Instant(TimePoint::At(at))),
            None => {
                let message = format!(
                    "`{spelled}` is no date; write `2026-01-31`, `2026-01-31T10:00` or `2026-01-31T10:00+08:00`"
                );
                self.report(Diagnostic::error(code::BAD_DATE, span, message));
                None
            }
        }
    }
}
