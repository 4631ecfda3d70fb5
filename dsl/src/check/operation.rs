//! Operator and value to a typed test, by the property's kind.

use super::Checker;
use super::literals::Moment;
use super::operator::Kindred;
use crate::ast::{Literal, Operand, Operation, Operator, Path, Range, Value};
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::{Fuzzy, FuzzyWord, Interval, Test, TimePoint};
use crate::limits::FUZZY_WORD_CHARS_MAX;
use crate::registry::{BENEFIT_TYPES, Currency};
use crate::text;
use rust_decimal::Decimal;
use std::ops::Bound;

/// A test and whether the operator negates it; `None` where an error was reported.
pub(super) type Tested = Option<(bool, Test)>;

impl Checker<'_> {
    /// Types an operation for a property of this kind. Without one the property is unknown, and only what is wrong with
    /// the literals themselves is reported.
    pub(super) fn operation(&mut self, path: &Path, kindred: Option<Kindred>, operation: &Operation) -> Tested {
        match operation.operator.node {
            Operator::IsSet => return Some((false, Test::IsSet)),
            Operator::IsMissing => return Some((true, Test::IsSet)),
            _ => {}
        }
        let kindred = match kindred {
            Some(Kindred::Open) => match Kindred::asked_by(operation) {
                Some(kindred) => kindred,
                None => return self.does_not_tell(path, operation),
            },
            Some(kindred) => kindred,
            None => Kindred::asked_by(operation)?,
        };
        let subject = Subject { path, kindred };
        self.fx_fits(kindred, operation);
        match kindred {
            Kindred::Keyword(_) => self.keyword(&subject, operation),
            Kindred::Text | Kindred::OpenText => self.text_test(&subject, operation),
            Kindred::Number => self.number_test(&subject, operation),
            Kindred::Money => self.money_test(&subject, operation),
            Kindred::PriceRange => self.price_range_test(&subject, operation),
            Kindred::Time => self.time_test(&subject, operation),
            Kindred::Bool => self.bool_test(&subject, operation),
            Kindred::Presence(_) | Kindred::Open => self.does_not_fit(&subject, operation),
        }
    }

    /// An undeclared key with `within`, or with a range that has no end.
    fn does_not_tell(&mut self, path: &Path, operation: &Operation) -> Tested {
        match &operation.operand {
            Operand::Range(range) if operation.operator.node == Operator::In => self.open_range(range),
            _ => self.does_not_fit(&Subject { path, kindred: Kindred::Open }, operation),
        }
    }

    fn does_not_fit(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        let operator = operation.operator.node.symbol();
        let Subject { path, kindred } = subject;
        let name = path.span.of(self.text);
        let operators = kindred.operators();
        let message = match kindred {
            Kindred::OpenText => {
                format!("`{operator}` does not go with a string; on an undeclared key strings take {operators}")
            }
            Kindred::Bool => format!("`{operator}` does not go with `true` and `false`, which take {operators}"),
            Kindred::Open => format!("`{operator}` reads only the price range of a STORE; `{name}` takes {operators}"),
            _ => format!("`{operator}` does not fit `{name}`, which is {}; it takes {operators}", kindred.noun()),
        };
        let finding = Diagnostic::error(code::OPERATOR_DOES_NOT_FIT, operation.operator.span, message);
        let instead = match (operation.operator.node, kindred) {
            (Operator::Before, Kindred::Number | Kindred::Money) => Some("<"),
            (Operator::After, Kindred::Number | Kindred::Money) => Some(">"),
            (Operator::On, Kindred::Number | Kindred::Money) => Some("="),
            (Operator::Within, Kindred::Number | Kindred::Money | Kindred::Time) => Some("in"),
            (Operator::Contains, Kindred::Keyword(_)) => Some("="),
            _ => None,
        };
        self.report(match instead {
            Some(instead) => finding.fix(format!("write `{instead}`"), operation.operator.span, instead),
            None => finding,
        });
        None
    }

    fn open_range<T>(&mut self, range: &Range) -> Option<T> {
        self.error(code::OPEN_RANGE, range.span, "a range needs at least one end: `1..5`, `1..` or `..5`");
        None
    }

    /// The strings of `=`, `!=` or a list operator; a list operator's single value without parentheses is refused.
    fn values<'o>(&mut self, subject: &Subject<'_>, operation: &'o Operation) -> Option<&'o [Value]> {
        let operator = operation.operator.node.symbol();
        let compared = matches!(operation.operator.node, Operator::Equal | Operator::NotEqual);
        match &operation.operand {
            Operand::List(values, span) if values.is_empty() => {
                self.error(code::LIST_SHAPE, *span, format!("`{operator}` needs at least one value"));
                None
            }
            Operand::List(values, _) => Some(values),
            Operand::Value(value) if compared => Some(std::slice::from_ref(value)),
            Operand::Value(value) => {
                let fixed = match &value.literal {
                    Literal::Word(word) => format!("(\"{word}\")"),
                    _ => format!("({})", value.span.of(self.text)),
                };
                let message = format!("`{operator}` takes a list in parentheses: `{operator} {fixed}`");
                let finding = Diagnostic::error(code::LIST_SHAPE, value.span, message);
                self.report(finding.fix("add parentheses", value.span, fixed));
                None
            }
            Operand::Range(range) => {
                let name = subject.path.span.of(self.text);
                let (noun, operators) = (subject.kindred.noun(), subject.kindred.operators());
                let message = format!("`{name}` is {noun}, which has no ranges; it takes {operators}");
                self.error(code::LIST_SHAPE, range.span, message);
                None
            }
            Operand::None => None,
        }
    }

    /// The range of `in` or `within`; a list or single value is refused.
    fn range<'o>(&mut self, subject: &Subject<'_>, operation: &'o Operation, example: &str) -> Option<&'o Range> {
        let operator = operation.operator.node.symbol();
        match &operation.operand {
            Operand::Range(range) if range.low.is_none() && range.high.is_none() => self.open_range(range),
            Operand::Range(range) => Some(range),
            Operand::Value(value) => {
                let spelled = value.span.of(self.text);
                let message = format!("`{operator}` takes a range here, such as `{operator} {example}`");
                let finding = Diagnostic::error(code::LIST_SHAPE, value.span, message);
                let whole = operation.operator.span.to(value.span);
                self.report(match (&value.literal, subject.kindred) {
                    (Literal::Money { amount, .. }, Kindred::PriceRange) => {
                        let fixed = format!("{operator} {spelled}..{}", amount.node);
                        finding.fix(format!("write `{fixed}`"), whole, fixed)
                    }
                    (_, Kindred::PriceRange) => finding,
                    _ => finding.fix(format!("write `= {spelled}`"), whole, format!("= {spelled}")),
                });
                None
            }
            Operand::List(_, span) => {
                let message =
                    format!("`{operator}` takes a range here, such as `{operator} {example}`; lists are for strings");
                self.error(code::LIST_SHAPE, *span, message);
                None
            }
            Operand::None => None,
        }
    }

    fn keyword(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        let all = match operation.operator.node {
            Operator::In | Operator::NoneOf | Operator::Equal | Operator::NotEqual => false,
            Operator::AllOf => true,
            _ => return self.does_not_fit(subject, operation),
        };
        let values = self.values(subject, operation)?;
        let keywords = self.strings(values, |s| s.trim().to_owned())?;
        let test = match all && keywords.len() > 1 {
            true => Test::KeywordAll(keywords),
            false => Test::KeywordIn(keywords),
        };
        if subject.path.segments.len() == 1 && subject.path.segments[0].name == "benefitType" {
            self.benefit_types(values);
        }
        Some((is_negative(operation.operator.node), test))
    }

    fn benefit_types(&mut self, values: &[Value]) {
        let known: Vec<String> = BENEFIT_TYPES.iter().map(|(code, name)| format!("{code} {name}")).collect();
        for value in values {
            let spelled = value.literal.as_text().unwrap_or_default().trim();
            if !BENEFIT_TYPES.iter().any(|(code, _)| *code == spelled) {
                let message = format!("`{spelled}` is no known benefitType; known are {}", known.join(", "));
                self.report(Diagnostic::warning(code::UNKNOWN_BENEFIT_TYPE, value.span, message));
            }
        }
    }

    fn text_test(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        let operator = operation.operator.node;
        let all = match (operator, &operation.operand) {
            (Operator::Fuzzy(distance), Operand::Value(value)) => {
                let query = self.fuzzy(operation.operator.span, distance, value)?;
                return Some((false, Test::Fuzzy(query)));
            }
            (Operator::Contains, Operand::Value(value)) => {
                return Some((false, Test::Contains(self.needle(value)?)));
            }
            (Operator::In | Operator::NoneOf | Operator::Equal | Operator::NotEqual, _) => false,
            (Operator::AllOf, _) if subject.kindred == Kindred::OpenText => true,
            _ => return self.does_not_fit(subject, operation),
        };
        let values = self.values(subject, operation)?;
        let folded = self.strings(values, text::fold)?;
        let test = match all && folded.len() > 1 {
            true => Test::TextAll(folded),
            false => Test::TextIn(folded),
        };
        Some((is_negative(operator), test))
    }

    fn needle(&mut self, value: &Value) -> Option<String> {
        let folded = text::fold(self.string(value)?);
        if folded.is_empty() {
            self.error(
                code::NOTHING_TO_FIND,
                value.span,
                "there is nothing to look for in this string; write `is set` for any text",
            );
            return None;
        }
        Some(folded)
    }

    fn fuzzy(&mut self, operator: Span, distance: Option<u8>, value: &Value) -> Option<Fuzzy> {
        if distance.is_some_and(|d| d > 2) {
            let message = "a fuzzy distance is 0, 1 or 2: `~`, `~0`, `~1` or `~2`";
            self.report(Diagnostic::error(code::BAD_DISTANCE, operator, message).fix("write `~2`", operator, "~2"));
            return None;
        }
        let folded = text::fold(self.string(value)?);
        let query = fuzzy(&folded, distance);
        if query.words.is_empty() && query.runs.is_empty() {
            let message = "`~` needs a word with a letter or a digit; to find signs, use `contains`";
            self.error(code::NOTHING_TO_FIND, value.span, message);
            return None;
        }
        if query.words.iter().any(|w| w.text.chars().count() > FUZZY_WORD_CHARS_MAX) {
            let message =
                format!("a word of a `~` query has at most {FUZZY_WORD_CHARS_MAX} characters; use `contains`");
            self.error(code::WORD_TOO_LONG, value.span, message);
            return None;
        }
        Some(query)
    }

    fn number_test(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        match (operation.operator.node, &operation.operand) {
            (Operator::In, _) => {
                let range = self.range(subject, operation, "1..5")?;
                self.no_currency(range)?;
                let interval = self.ends(range, |checker, value| checker.number(value))?;
                Some((false, Test::Number(interval)))
            }
            (operator, Operand::Value(value)) if is_comparison(operator) => {
                let (negated, interval) = compare(operator, self.number(value)?)?;
                Some((negated, Test::Number(interval)))
            }
            _ => self.does_not_fit(subject, operation),
        }
    }

    fn money_test(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        match (operation.operator.node, &operation.operand) {
            (Operator::In, _) => {
                let (currency, interval) = self.money_range(subject, operation)?;
                Some((false, Test::Money(self.converted(operation, currency, interval)?)))
            }
            (operator, Operand::Value(value)) if is_comparison(operator) => {
                let (currency, amount) = self.money(value)?;
                let (negated, interval) = compare(operator, amount)?;
                Some((negated, Test::Money(self.converted(operation, currency, interval)?)))
            }
            _ => self.does_not_fit(subject, operation),
        }
    }

    fn price_range_test(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        let test = match operation.operator.node {
            Operator::In => Test::PriceOverlaps,
            Operator::Within => Test::PriceWithin,
            _ => return self.does_not_fit(subject, operation),
        };
        let (currency, interval) = self.money_range(subject, operation)?;
        Some((false, test(self.converted(operation, currency, interval)?)))
    }

    fn money_range(&mut self, subject: &Subject<'_>, operation: &Operation) -> Option<(Currency, Interval<Decimal>)> {
        let range = self.range(subject, operation, "HKD 100..500")?;
        let currency = self.range_currency(range);
        let interval = self.ends(range, |checker, value| checker.number(value));
        Some((currency?, interval?))
    }

    /// Both ends of a range, inclusive; the lower must not be above the upper.
    fn ends<T: Ord>(
        &mut self,
        range: &Range,
        mut read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Option<Interval<T>> {
        let mut end = |checker: &mut Self, value: &Option<Value>| match value {
            Some(value) => read(checker, value).map(Bound::Included),
            None => Some(Bound::Unbounded),
        };
        let (low, high) = (end(self, &range.low), end(self, &range.high));
        let interval = Interval { low: low?, high: high? };
        if let (Bound::Included(low), Bound::Included(high)) = (&interval.low, &interval.high)
            && low > high
        {
            self.empty_range(range);
            return None;
        }
        Some(interval)
    }

    fn empty_range(&mut self, range: &Range) {
        let message = "nothing lies in this range: its first end is above its second";
        let mut finding = Diagnostic::error(code::EMPTY_RANGE, range.span, message);
        if let (Some(low), Some(high)) = (&range.low, &range.high) {
            let swapped = format!("{}..{}", high.span.of(self.text), low.span.of(self.text));
            finding = finding.fix("swap the ends", low.span.to(high.span), swapped);
        }
        self.report(finding);
    }

    fn time_test(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        match (operation.operator.node, &operation.operand) {
            (Operator::In, _) => {
                let range = self.range(subject, operation, "2026-01-01..2026-01-31")?;
                self.no_currency(range)?;
                Some((false, Test::Time(self.time_range(range)?)))
            }
            (Operator::On, Operand::Value(value)) => match self.moment(value)? {
                moment @ Moment::Day { .. } => Some((false, Test::Time(moment.interval(Operator::Equal)?.1))),
                Moment::Instant(_) => self.on_takes_a_day(operation, value),
            },
            (operator, Operand::Value(value)) if is_comparison(operator) || is_temporal(operator) => {
                let (negated, interval) = self.moment(value)?.interval(operator)?;
                Some((negated, Test::Time(interval)))
            }
            _ => self.does_not_fit(subject, operation),
        }
    }

    fn on_takes_a_day(&mut self, operation: &Operation, value: &Value) -> Tested {
        let message = "`on` takes a day, without a time; for one millisecond write `=`";
        let finding = Diagnostic::error(code::ON_TAKES_A_DAY, value.span, message);
        self.report(finding.fix("write `=`", operation.operator.span, "="));
        None
    }

    fn time_range(&mut self, range: &Range) -> Option<Interval<TimePoint>> {
        let low = range.low.as_ref().map(|v| self.moment(v));
        let high = range.high.as_ref().map(|v| self.moment(v));
        let low = match low {
            Some(moment) => moment?.interval(Operator::AtLeast)?.1.low,
            None => Bound::Unbounded,
        };
        let high = match high {
            Some(moment) => moment?.interval(Operator::AtMost)?.1.high,
            None => Bound::Unbounded,
        };
        let empty = match (&low, &high) {
            (Bound::Included(low), Bound::Included(high)) => same_clock(*low, *high) && low > high,
            (Bound::Included(low), Bound::Excluded(high)) => same_clock(*low, *high) && low >= high,
            _ => false,
        };
        if empty {
            self.empty_range(range);
            return None;
        }
        Some(Interval { low, high })
    }

    fn bool_test(&mut self, subject: &Subject<'_>, operation: &Operation) -> Tested {
        match (operation.operator.node, &operation.operand) {
            (Operator::Equal, Operand::Value(value)) => Some((false, Test::Bool(value.literal.as_bool()?))),
            (Operator::NotEqual, Operand::Value(value)) => Some((true, Test::Bool(value.literal.as_bool()?))),
            _ => self.does_not_fit(subject, operation),
        }
    }
}

/// What an operation is about: the path, for messages, and the kind.
struct Subject<'p> {
    path: &'p Path,
    kindred: Kindred,
}

/// Comparable only when both are fixed, or both move with the clock.
fn same_clock(a: TimePoint, b: TimePoint) -> bool {
    matches!((a, b), (TimePoint::At(_), TimePoint::At(_)) | (TimePoint::FromNow(_), TimePoint::FromNow(_)))
}

fn is_comparison(operator: Operator) -> bool {
    use Operator::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
    matches!(operator, Equal | NotEqual | Less | AtMost | Greater | AtLeast)
}

fn is_temporal(operator: Operator) -> bool {
    matches!(operator, Operator::Before | Operator::After)
}

/// The interval of a comparison and whether it is negated; `None` for other operators.
fn compare<T: Ord + Clone>(operator: Operator, value: T) -> Option<(bool, Interval<T>)> {
    let interval = match operator {
        Operator::Equal | Operator::NotEqual => Interval::exactly(value),
        Operator::Less => Interval { low: Bound::Unbounded, high: Bound::Excluded(value) },
        Operator::AtMost => Interval { low: Bound::Unbounded, high: Bound::Included(value) },
        Operator::Greater => Interval { low: Bound::Excluded(value), high: Bound::Unbounded },
        Operator::AtLeast => Interval { low: Bound::Included(value), high: Bound::Unbounded },
        _ => return None,
    };
    Some((is_negative(operator), interval))
}

/// Whether an operator is the negation of a positive test.
fn is_negative(operator: Operator) -> bool {
    matches!(operator, Operator::NoneOf | Operator::NotEqual)
}

/// The query of a folded text. Words and runs are sorted; of one word asked twice the stricter stays.
fn fuzzy(folded: &str, distance: Option<u8>) -> Fuzzy {
    let tokens = text::tokens(folded);
    let last = tokens.len().saturating_sub(1);
    let (mut words, mut runs) = (Vec::new(), Vec::new());
    for (at, token) in tokens.into_iter().enumerate() {
        match token {
            text::Token::Word(word) => words.push(FuzzyWord {
                text: word.to_owned(),
                distance: distance.unwrap_or_else(|| text::default_distance(word)),
                prefix: at == last,
            }),
            text::Token::Run(run) => runs.push(run.to_owned()),
        }
    }
    words.sort();
    words.dedup_by(|next, kept| next.text == kept.text);
    runs.sort();
    runs.dedup();
    Fuzzy { words, runs }
}
