//! `~fx`: one range of money becomes one exact range a currency, at the rates that the check was given.

use super::Checker;
use super::operator::Kindred;
use crate::ast::Operation;
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::{Interval, MoneyRange};
use crate::fx::Rates;
use crate::registry::Currency;
use rust_decimal::Decimal;
use std::ops::Bound;

impl Checker<'_> {
    /// Reports `~fx` on a rule that compares no money.
    pub(super) fn fx_fits(&mut self, kindred: Kindred, operation: &Operation) {
        let money = matches!(kindred, Kindred::Money | Kindred::PriceRange);
        if let Some(span) = operation.fx.filter(|_| !money) {
            let message = "`~fx` converts amounts of money, and this rule compares none";
            self.report(Diagnostic::error(code::FX_WITHOUT_MONEY, span, message).fix("remove `~fx`", span, ""));
        }
    }

    /// The ranges of a money rule: its own, or with `~fx` one for each currency of the rates.
    pub(super) fn converted(
        &mut self,
        operation: &Operation,
        currency: Currency,
        amounts: Interval<Decimal>,
    ) -> Option<Vec<MoneyRange>> {
        let Some(span) = operation.fx else { return Some(vec![MoneyRange { currency, amounts }]) };
        let Some(rates) = self.options.rates.clone() else {
            let message = "there are no exchange rates yet, so nothing can be converted";
            self.report(Diagnostic::error(code::NO_RATES, span, message).fix("remove `~fx`", span, ""));
            return None;
        };
        if !rates.has(currency) {
            let message = format!("the exchange rates of {} have none for {currency}", rates.date());
            self.report(Diagnostic::error(code::NO_RATES, span, message).fix("remove `~fx`", span, ""));
            return None;
        }
        self.converted = true;
        let all = rates.iter().map(|(to, _)| self.range_in(&rates, &amounts, currency, to, span));
        all.collect()
    }

    fn range_in(
        &mut self,
        rates: &Rates,
        amounts: &Interval<Decimal>,
        from: Currency,
        to: Currency,
        span: Span,
    ) -> Option<MoneyRange> {
        let end = |bound: &Bound<Decimal>| {
            Some(match bound {
                Bound::Included(amount) => Bound::Included(rates.convert(*amount, from, to)?),
                Bound::Excluded(amount) => Bound::Excluded(rates.convert(*amount, from, to)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        let (low, high) = (end(&amounts.low), end(&amounts.high));
        match (low, high) {
            (Some(low), Some(high)) => Some(MoneyRange { currency: to, amounts: Interval { low, high } }),
            _ => {
                let message =
                    format!("at the rates of {} an amount of this rule has more than 28 digits in {to}", rates.date());
                self.error(code::NUMBER_TOO_LONG, span, message);
                None
            }
        }
    }
}
