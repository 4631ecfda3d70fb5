//! Text to tree. The only file that names pest: what it gives is [`crate::ast`] and [`Diagnostic`]s.
//!
//! The grammar does not recurse, so hostile nesting cannot grow the stack; the caller bounds the text's length. A string
//! whose escapes are wrong stays in the tree, with a finding.

use crate::ast::{
    Block, Group, Literal, Offset, Operand, Operation, Operator, Path, Range, Rule as RuleNode, RuleBody, RuleSet,
    Segment, Spanned, Value,
};
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{CONTENT_TYPE, PRESENCE};
use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

mod generated {
    #![allow(missing_docs)]
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/rule.pest"]
    pub(super) struct Grammar;
}
use generated::{Grammar, Rule};

/// Where the grammar stopped, and what it looked for there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Byte offset of the first character that does not fit.
    pub at: usize,
    /// What would have fitted, in the operator's words, without repeats.
    pub expected: Vec<&'static str>,
}

impl Stop {
    /// Whether a whole rule stands before the stop.
    pub fn after_rule(&self) -> bool {
        self.expected.contains(&"`and`")
    }
}

/// Parses a whole text. Findings about escapes go to `findings`.
pub fn parse_rule_set(text: &str, findings: &mut Vec<Diagnostic>) -> Result<RuleSet, Stop> {
    let mut pairs = Grammar::parse(Rule::rule_set, text).map_err(|e| stop(&e, 0))?;
    let mut build = Build { offset: 0, findings };
    let root = pairs.next().into_iter().flat_map(Pair::into_inner);
    Ok(RuleSet { blocks: root.filter(|p| p.as_rule() == Rule::block).map(|p| build.block(p)).collect() })
}

/// Parses the one rule that should fill `piece`, which begins at byte `offset` of the text.
pub fn parse_rule(piece: &str, offset: usize, findings: &mut Vec<Diagnostic>) -> Result<RuleNode, Stop> {
    let mut pairs = Grammar::parse(Rule::rule_only, piece).map_err(|e| stop(&e, offset))?;
    let mut build = Build { offset, findings };
    let rule = pairs.next().and_then(|p| p.into_inner().find(|p| p.as_rule() == Rule::rule));
    rule.map(|p| build.rule(p)).ok_or(Stop { at: offset, expected: vec!["a rule"] })
}

/// The value of the string literal at `span`.
pub fn string(text: &str, span: Span, findings: &mut Vec<Diagnostic>) -> Spanned<String> {
    let spelled = span.of(text);
    let inner = spelled.get(1..spelled.len().saturating_sub(1)).unwrap_or_default();
    Spanned { node: unescape(inner, span.start + 1, findings), span }
}

fn stop(error: &Error<Rule>, offset: usize) -> Stop {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let mut expected: Vec<&'static str> = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.iter().flat_map(|&r| describe(r)).copied().collect(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    expected.sort_unstable();
    expected.dedup();
    Stop { at: offset + at, expected }
}

/// What a grammar rule is to an operator; empty where another rule says it better.
fn describe(expected: Rule) -> &'static [&'static str] {
    match expected {
        Rule::EOI => &["`and`", "`or`", "`}`"],
        Rule::block | Rule::content_type => &[CONTENT_TYPE],
        Rule::group | Rule::rule | Rule::path | Rule::not | Rule::title | Rule::open_group => &["a rule"],
        Rule::all => &["a rule"],
        Rule::and => &["`and`"],
        Rule::or => &["`or`"],
        Rule::open_block => &["`{`"],
        Rule::close_block => &["`}`"],
        Rule::close_group | Rule::close_list => &["`)`"],
        Rule::open_list | Rule::list => &["a list in parentheses"],
        Rule::comma => &["`,`"],
        Rule::segment | Rule::plain | Rule::quoted => &["a name"],
        Rule::locale => &["a locale such as `zh-HK`"],
        Rule::operation | Rule::presence | Rule::within | Rule::none_of | Rule::all_of | Rule::any_of => OPERATOR,
        Rule::contains | Rule::fuzzy | Rule::compare | Rule::tilde | Rule::comparator | Rule::kw_contains => OPERATOR,
        Rule::kw_is | Rule::kw_in | Rule::kw_all | Rule::kw_none | Rule::kw_within => OPERATOR,
        Rule::set | Rule::missing => &[PRESENCE],
        Rule::kw_of => &["`of`"],
        Rule::value
        | Rule::string
        | Rule::word
        | Rule::boolean
        | Rule::date
        | Rule::clock
        | Rule::now
        | Rule::now_call => &["a value"],
        Rule::money | Rule::reversed_money | Rule::bound => &["a value"],
        Rule::number => &["a number"],
        Rule::range => &["a range such as `1..5`"],
        Rule::currency => &["a currency"],
        Rule::duration => &["a duration such as `7d`"],
        Rule::dots | Rule::plus_minus | Rule::distance | Rule::fx => &[],
        Rule::second_currency | Rule::late_currency => &[],
        Rule::WHITESPACE | Rule::COMMENT => &[],
        Rule::rule_set | Rule::rule_only | Rule::rules | Rule::test | Rule::sign => &[],
        Rule::name | Rule::name_char | Rule::reserved | Rule::keyword | Rule::currency_more => &[],
    }
}
const OPERATOR: &[&str] = &["an operator such as `in`, `=` or `~`"];

/// Builds the tree from pest's pairs. The grammar fixes which pairs there are; a pair that no arm knows is skipped.
struct Build<'a> {
    /// Where the parsed text begins in the whole.
    offset: usize,
    findings: &'a mut Vec<Diagnostic>,
}

impl Build<'_> {
    /// A pair's place, up to the end of its last part: pest counts the space before an optional part that is not there.
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let mut last = pair.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        Span { start: self.offset + span.start(), end: self.offset + last.as_span().end() }
    }

    fn spelled(&self, pair: &Pair<'_, Rule>) -> Spanned<String> {
        Spanned { node: pair.as_str().to_owned(), span: self.span(pair) }
    }

    fn block(&mut self, pair: Pair<'_, Rule>) -> Block {
        let span = self.span(&pair);
        let mut block = Block {
            content_type: Spanned { node: String::new(), span },
            groups: Vec::new(),
            lost: false,
            body: Span { start: span.end, end: span.end },
            span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::content_type => block.content_type = self.spelled(&part),
                Rule::open_block => block.body.start = self.span(&part).end,
                Rule::close_block => block.body.end = self.span(&part).start,
                Rule::group => block.groups.push(self.group(part)),
                _ => {}
            }
        }
        block
    }

    fn group(&mut self, pair: Pair<'_, Rule>) -> Group {
        let mut group = Group { title: None, rules: Vec::new(), span: self.span(&pair) };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::title => group.title = part.into_inner().next().map(|p| self.string(&p)),
                Rule::rule => group.rules.push(self.rule(part)),
                _ => {}
            }
        }
        group
    }

    fn rule(&mut self, pair: Pair<'_, Rule>) -> RuleNode {
        let span = self.span(&pair);
        let (mut not, mut path, mut operation) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::not => not = Some(self.span(&part)),
                Rule::path => path = Some(self.path(part)),
                Rule::operation => operation = part.into_inner().next().map(|p| self.operation(p)),
                _ => {}
            }
        }
        let body = match (path, operation) {
            (Some(path), Some(operation)) => RuleBody::Test { path, operation: Box::new(operation) },
            _ => RuleBody::All,
        };
        RuleNode { not, body, span }
    }

    fn path(&mut self, pair: Pair<'_, Rule>) -> Path {
        let mut path = Path { segments: Vec::new(), locale: None, span: self.span(&pair) };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::segment => path.segments.push(self.segment(&part)),
                Rule::locale => path.locale = Some(self.spelled(&part)),
                _ => {}
            }
        }
        path
    }

    fn segment(&self, pair: &Pair<'_, Rule>) -> Segment {
        let span = self.span(pair);
        let spelled = pair.as_str();
        match spelled.strip_prefix('`').and_then(|s| s.strip_suffix('`')) {
            Some(inner) => Segment { name: inner.replace("``", "`"), quoted: true, span },
            None => Segment { name: spelled.to_owned(), quoted: false, span },
        }
    }

    fn operation(&mut self, pair: Pair<'_, Rule>) -> Operation {
        let span = self.span(&pair);
        let mut operator = match pair.as_rule() {
            Rule::within => Operator::Within,
            Rule::none_of => Operator::NoneOf,
            Rule::all_of => Operator::AllOf,
            Rule::any_of => Operator::In,
            Rule::contains => Operator::Contains,
            _ => Operator::IsSet,
        };
        let mut operator_span = Span { start: span.start, end: span.start };
        let (mut operand, mut fx) = (Operand::None, None);
        for part in pair.into_inner() {
            let part_span = self.span(&part);
            match part.as_rule() {
                Rule::list => operand = self.list(part),
                Rule::range => operand = Operand::Range(self.range(part)),
                Rule::value => operand = self.value(part).map_or(Operand::None, Operand::Value),
                Rule::fx => fx = Some(part_span),
                part_of_operator => {
                    operator_span.end = part_span.end;
                    match part_of_operator {
                        Rule::missing => operator = Operator::IsMissing,
                        Rule::tilde => operator = Operator::Fuzzy(part.into_inner().next().map(distance)),
                        Rule::comparator => operator = comparator(part.as_str()),
                        _ => {}
                    }
                }
            }
        }
        Operation { operator: Spanned { node: operator, span: operator_span }, operand, fx, span }
    }

    fn list(&mut self, pair: Pair<'_, Rule>) -> Operand {
        let span = self.span(&pair);
        let values = pair.into_inner().filter(|p| p.as_rule() == Rule::value);
        Operand::List(values.filter_map(|p| self.value(p)).collect(), span)
    }

    fn range(&mut self, pair: Pair<'_, Rule>) -> Range {
        let mut range = Range { currency: None, stray_currency: None, low: None, high: None, span: self.span(&pair) };
        let mut past_dots = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::currency => range.currency = Some(self.spelled(&part)),
                Rule::second_currency | Rule::late_currency => range.stray_currency = Some(self.spelled(&part)),
                Rule::dots => past_dots = true,
                Rule::bound if past_dots => range.high = self.value(part),
                Rule::bound => range.low = self.value(part),
                _ => {}
            }
        }
        range
    }

    /// A `value` or `bound`: one literal inside.
    fn value(&mut self, pair: Pair<'_, Rule>) -> Option<Value> {
        let inner = pair.into_inner().next()?;
        Some(Value { span: self.span(&inner), literal: self.literal(inner) })
    }

    fn literal(&mut self, pair: Pair<'_, Rule>) -> Literal {
        let spelled = pair.as_str();
        match pair.as_rule() {
            Rule::string => Literal::Text(self.string(&pair).node),
            Rule::date => Literal::Date(spelled.to_owned()),
            Rule::now => Literal::Now(self.offset(pair)),
            Rule::money | Rule::reversed_money => self.money(pair),
            Rule::number => Literal::Number(spelled.to_owned()),
            Rule::boolean => Literal::Bool(spelled.eq_ignore_ascii_case("true")),
            _ => Literal::Word(spelled.to_owned()),
        }
    }

    fn offset(&self, pair: Pair<'_, Rule>) -> Option<Offset> {
        let mut inner = pair.into_inner().skip(1);
        let minus = inner.next()?.as_str() == "-";
        Some(Offset { minus, duration: self.spelled(&inner.next()?) })
    }

    fn money(&self, pair: Pair<'_, Rule>) -> Literal {
        let reversed = pair.as_rule() == Rule::reversed_money;
        let empty = Spanned { node: String::new(), span: self.span(&pair) };
        let (mut currency, mut amount) = (empty.clone(), empty);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::number => amount = self.spelled(&part),
                _ => currency = self.spelled(&part),
            }
        }
        match reversed {
            true => Literal::ReversedMoney { currency, amount },
            false => Literal::Money { currency, amount },
        }
    }

    fn string(&mut self, pair: &Pair<'_, Rule>) -> Spanned<String> {
        let span = self.span(pair);
        let spelled = pair.as_str();
        let inner = spelled.get(1..spelled.len().saturating_sub(1)).unwrap_or_default();
        Spanned { node: unescape(inner, span.start + 1, self.findings), span }
    }
}

/// Resolves `\" \\ \n \t \uXXXX`; `at` is where `inner` begins. UTF-16 surrogates may be written as a pair.
fn unescape(inner: &str, at: usize, findings: &mut Vec<Diagnostic>) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(found) = rest.find('\\') {
        out.push_str(&rest[..found]);
        rest = &rest[found..];
        let length = match escape(rest) {
            Some((c, length)) => {
                out.push(c);
                length
            }
            None => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                findings.push(bad_escape(&rest[..length], at + inner.len() - rest.len()));
                length
            }
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn bad_escape(spelled: &str, start: usize) -> Diagnostic {
    let span = Span { start, end: start + spelled.len() };
    let message = format!(
        "`{spelled}` is no escape; there are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u` with four hexadecimal digits"
    );
    let double = Span { start, end: start + 1 };
    Diagnostic::error(code::BAD_ESCAPE, span, message).fix("write a backslash as `\\\\`", double, "\\\\")
}

/// One escape at the start of `text`, and its length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().get(1)? {
        b'"' => Some(('"', 2)),
        b'\\' => Some(('\\', 2)),
        b'n' => Some(('\n', 2)),
        b't' => Some(('\t', 2)),
        b'u' => {
            let high = code_unit(text)?;
            match char::from_u32(high) {
                Some(c) => Some((c, 6)),
                None => {
                    let low = code_unit(text.get(6..)?)?;
                    let c = char::decode_utf16([high as u16, low as u16]).next()?.ok()?;
                    Some((c, 12))
                }
            }
        }
        _ => None,
    }
}

fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// A distance as written; what does not fit is 255, and above every limit.
fn distance(pair: Pair<'_, Rule>) -> u8 {
    pair.as_str().parse().unwrap_or(u8::MAX)
}

fn comparator(spelled: &str) -> Operator {
    match spelled.to_ascii_lowercase().as_str() {
        "=" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::AtMost,
        ">" => Operator::Greater,
        ">=" => Operator::AtLeast,
        "before" => Operator::Before,
        "after" => Operator::After,
        _ => Operator::On,
    }
}
