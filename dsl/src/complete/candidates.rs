//! What the language and the registry offer at a place, and how each thing is written there.

use super::context::{Context, Expected, Names};
use super::words::{keyword_help, operator_help};
use super::{Candidate, Thing};
use crate::ast::Operator;
use crate::check::literals::COMMON_CURRENCIES;
use crate::check::operator::Kindred;
use crate::expr::{Owner, PropertyRef};
use crate::print;
use crate::registry::{BENEFIT_TYPES, ContentType, Kind, PropId};
use crate::vocabulary;

/// Languages and regions of the wallets and of their travellers.
const COMMON_LOCALES: &[(&str, &str)] = &[
    ("en", "English"),
    ("zh", "Chinese"),
    ("zh-Hant", "Traditional Chinese"),
    ("zh-Hans", "Simplified Chinese"),
    ("zh-HK", "Chinese, Hong Kong"),
    ("en-HK", "English, Hong Kong"),
    ("en-PH", "English, Philippines"),
    ("fil", "Filipino"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("th", "Thai"),
    ("ms", "Malay"),
    ("id", "Indonesian"),
    ("vi", "Vietnamese"),
    ("*", "any language, the base value left out"),
];

const DATES: &[(&str, &str)] = &[
    ("now()", "the time at which content is evaluated"),
    ("now() + 7d", "in 7 days"),
    ("now() - 7d", "7 days ago"),
    ("2026-01-31", "a day"),
    ("2026-01-31T10:00", "a time"),
];

const DURATIONS: &[(&str, &str)] =
    &[("1d", "a day"), ("7d", "a week"), ("30d", "30 days"), ("12h", "12 hours"), ("1d12h", "a day and a half")];

/// Everything that may stand at the place, in a sensible order.
pub(super) fn offers(text: &str, context: &Context) -> Vec<Candidate> {
    let place = Place::of(text, context);
    context.expected.iter().flat_map(|expected| place.offer(expected)).collect()
}

pub(super) fn undeclared(context: &Context, key: &str) -> Option<Candidate> {
    let spelled = if print::is_identifier(key) { key.to_owned() } else { print::quoted_name(key) };
    let label = match names(context)? {
        (_, Names::Any) if context.quote.is_none() => format!("ext.{spelled}"),
        (_, Names::Ext) => spelled,
        _ => return None,
    };
    Some(plain(Thing::Property, label.clone(), label, "undeclared key"))
}

pub(super) fn value(context: &Context, value: &str) -> Option<Candidate> {
    let (in_list, listed) = context.expected.iter().find_map(|expected| match expected {
        Expected::Value { in_list, listed } => Some((*in_list, listed)),
        _ => None,
    })?;
    if listed.iter().any(|listed| listed == value) {
        return None;
    }
    let string = print::string(value);
    let detail = match &context.subject {
        Some(subject) if is_benefit_type(&subject.property) => {
            vocabulary::benefit_type(value).map(|term| term.en).unwrap_or_default()
        }
        _ => "",
    };
    let mut candidate = plain(Thing::Value, value.to_owned(), string, detail);
    // Where the string is there already, its list is too.
    if !in_list && context.quote.is_none() {
        candidate.cursor = candidate.insert.len() + 1;
        candidate.insert = format!("({})", candidate.insert);
    }
    Some(candidate)
}

fn kind(context: &Context) -> Option<Kind> {
    match context.subject.as_ref()?.property {
        PropertyRef::Declared(id) => Some(id.kind()),
        PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => Some(Kind::List),
        PropertyRef::Ext(_) => None,
    }
}

fn is_benefit_type(property: &PropertyRef) -> bool {
    matches!(property, PropertyRef::Declared(id) if id.name() == "benefitType")
}

/// Whose names may stand at the place, and which.
fn names(context: &Context) -> Option<(Owner, Names)> {
    context.expected.iter().find_map(|expected| match expected {
        Expected::Property { owner, names } => Some((*owner, *names)),
        _ => None,
    })
}

fn plain(thing: Thing, label: impl Into<String>, insert: impl Into<String>, detail: impl Into<String>) -> Candidate {
    let insert = insert.into();
    Candidate { label: label.into(), thing, cursor: insert.len(), insert, detail: detail.into() }
}

/// A place and what stands around it.
struct Place<'a> {
    context: &'a Context,
    /// Whether a word needs a space before it.
    space_before: bool,
    /// What follows on the line.
    rest: &'a str,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, context: &'a Context) -> Self {
        let before = text[..context.span.start].chars().next_back();
        let after = &text[context.span.end..];
        Place {
            context,
            space_before: before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '"' | '`' | ')')),
            rest: after.lines().next().unwrap_or_default(),
        }
    }

    /// Whether nothing that belongs to the thing stands behind it.
    fn ends_here(&self) -> bool {
        let rest = self.rest.trim_start();
        let word = |word: &str| {
            let (Some(head), tail) = (rest.get(..word.len()), rest.get(word.len()..)) else { return false };
            head.eq_ignore_ascii_case(word) && !tail.unwrap_or_default().starts_with(char::is_alphanumeric)
        };
        rest.is_empty() || rest.starts_with(['}', ')', '/']) || word("and") || word("or")
    }

    /// A candidate that is set apart from what stands before it, and followed by a space or what `operand` says.
    fn spaced(&self, thing: Thing, label: &str, operand: Option<&str>, detail: &str) -> Candidate {
        let before = if self.space_before { " " } else { "" };
        let after = match operand {
            Some(operand) if self.ends_here() => operand,
            _ if self.rest.starts_with(char::is_whitespace) => "",
            _ => " ",
        };
        let mut candidate = plain(thing, label, format!("{before}{label}{after}"), detail);
        // Between the brackets and quotes that `operand` opens and closes.
        candidate.cursor -= after.trim_end_matches([')', '"', ' ', '}']).len().abs_diff(after.len()) / 2;
        candidate
    }

    fn offer(&self, expected: &Expected) -> Vec<Candidate> {
        let pairs = |thing, pairs: &[(&str, &str)]| -> Vec<Candidate> {
            pairs.iter().map(|(label, detail)| plain(thing, *label, *label, *detail)).collect()
        };
        match expected {
            Expected::ContentType => self.content_types(),
            Expected::Property { owner, names } => self.properties(*owner, *names),
            Expected::Locale => pairs(Thing::Locale, COMMON_LOCALES),
            Expected::Operator => self.context.kindred.takes().iter().map(|&o| self.operator(o)).collect(),
            Expected::Value { .. } => self.known_values(),
            Expected::Boolean => pairs(Thing::Value, &[("true", ""), ("false", "")]),
            Expected::Currency => {
                COMMON_CURRENCIES.iter().map(|code| self.spaced(Thing::Currency, code, None, "")).collect()
            }
            Expected::Number => Vec::new(),
            Expected::Date => pairs(Thing::Date, DATES),
            Expected::Duration { signed: true } => pairs(Thing::Date, DURATIONS),
            Expected::Duration { signed: false } => {
                vec![
                    self.spaced(Thing::Date, "+ 7d", None, "in 7 days"),
                    self.spaced(Thing::Date, "- 7d", None, "7 days ago"),
                ]
            }
            Expected::Keyword(word) => vec![self.keyword(word)],
        }
    }

    fn content_types(&self) -> Vec<Candidate> {
        let unused = ContentType::ALL.into_iter().filter(|t| !self.context.types_used.contains(t));
        unused
            .map(|t| {
                let mut candidate = self.spaced(Thing::ContentType, t.name(), None, vocabulary::content_type(t).many);
                if self.rest.trim().is_empty() {
                    candidate = plain(Thing::ContentType, t.name(), format!("{t} {{  }}"), candidate.detail);
                    candidate.cursor -= 2;
                }
                candidate
            })
            .collect()
    }

    fn properties(&self, owner: Owner, names: Names) -> Vec<Candidate> {
        let prefixes: &[(&str, &str)] = match (owner, names) {
            (_, Names::TagSource) => &[("algo.", "tags written by models"), ("custom.", "tags written by a wallet")],
            (_, Names::Ext | Names::TagAlgo | Names::TagCustom) => &[],
            (Owner::Item, Names::Any) => &[
                ("ext.", "a key that is not declared"),
                ("tag.algo.", "tags written by models"),
                ("tag.custom.", "tags written by a wallet"),
                ("merchant.", "a property of the item's merchant"),
            ],
            (Owner::Merchant, Names::Any) => &[("ext.", "a key that is not declared")],
        };
        let of = if owner == Owner::Merchant { Some(ContentType::Merchant) } else { self.context.content_type };
        let declared = PropId::all().filter(|id| of.is_none_or(|t| id.get().declared_by(t).is_some()));
        let declared = declared.filter(|_| names == Names::Any).map(|id| {
            let detail = format!("{}: {}", vocabulary::words(id).label, vocabulary::kind(id.kind()).en);
            plain(Thing::Property, id.name(), id.name(), detail)
        });
        let prefixes = prefixes.iter().map(|(label, detail)| plain(Thing::Property, *label, *label, *detail));
        // No declared name stands in backticks.
        declared.chain(prefixes).filter(|_| self.context.quote.is_none()).collect()
    }

    fn operator(&self, operator: Operator) -> Candidate {
        use Operator::{AllOf, Contains, Equal, Fuzzy, In, IsMissing, IsSet, NoneOf, NotEqual};
        let kindred = self.context.kindred;
        let strings = matches!(kindred, Kindred::Keyword(_) | Kindred::Text | Kindred::OpenText | Kindred::Open);
        let operand = match operator {
            In | AllOf | NoneOf if strings => Some(" (\"\")"),
            Contains | Fuzzy(_) => Some(" \"\""),
            Equal | NotEqual if strings && kindred != Kindred::Open => Some(" \"\""),
            IsSet | IsMissing if self.ends_here() => Some(" "),
            _ => None,
        };
        let help = operator_help(operator, kind(self.context));
        let mut candidate = self.spaced(Thing::Operator, operator.symbol(), operand, help);
        if let Some(operand) = operand.filter(|o| o.contains('"') && candidate.insert.ends_with(o)) {
            candidate.cursor = candidate.insert.len() - (operand.len() - operand.rfind('"').unwrap_or(0));
        }
        candidate
    }

    /// Values that the registry itself knows.
    fn known_values(&self) -> Vec<Candidate> {
        match &self.context.subject {
            Some(subject) if is_benefit_type(&subject.property) => {
                BENEFIT_TYPES.iter().filter_map(|(code, _)| value(self.context, code)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn keyword(&self, word: &'static str) -> Candidate {
        let detail = keyword_help(word);
        match word {
            ")" | "," => plain(Thing::Keyword, word, if word == "," { ", " } else { word }, detail),
            _ => self.spaced(Thing::Keyword, word, None, detail),
        }
    }
}
