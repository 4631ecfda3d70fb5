//! Random texts that mean something, written as badly as the grammar allows: every operator, titles, parentheses, words in
//! any case, comments and white space of any sort between any two tokens.

use jiff::tz::TimeZone;
use penstock_dsl::ast::{Literal, Operand, RuleBody, RuleSet};
use penstock_dsl::check::CheckOptions;
use penstock_dsl::fx::Rates;
use penstock_dsl::tree;
use proptest::prelude::*;
use proptest::sample::select;

/// A text and the comments in it, in order, without the white space at their ends.
#[derive(Clone, Debug)]
pub struct Sample {
    pub text: String,
    pub comments: Vec<String>,
}

/// A zone that is not UTC, so that a zone left out shows; and rates, so that `~fx` means something.
pub fn options() -> CheckOptions {
    let rates = [("HKD", "7.8"), ("PHP", "58.5"), ("JPY", "156")];
    let rates = Rates::new("2026-01-31", "USD", rates).unwrap();
    CheckOptions { time_zone: TimeZone::get("Asia/Hong_Kong").unwrap(), rates: Some(rates.into()) }
}

/// Rules by content type, tokens apart by a space; `␣` is one inside a token. `$S` is a string, `$L` a list of them, `$D` a date, `$T` a time.
const RULES: [(&str, &[&str]); 4] = [
    ("MERCHANT", &["all", "merchantName@zh ~ $S", "stdCategories all of $L", "merchantEmail is missing"]),
    (
        "STORE",
        &[
            "all",
            "city in $L",
            "`city` none of $L",
            "stdCategories all of $L",
            "storeName ~ $S",
            "storeName@zh-HK ~1 $S",
            "storeName@* contains $S",
            "storeName = $S",
            "address != $S",
            "externalRating in 1 .. 5",
            "externalRating >= -4.50",
            "externalRating in .. -1",
            "priceRange in HKD 100 .. 500 ~fx",
            "priceRange within ₱ 5 ..",
            "minPriceRange != RM 5",
            "maxPriceRange < hkd 10000 ~FX",
            "merchant.merchantName none of $L",
            "merchant.tag.custom.vip in $L",
            "ext.`ship-on-time` = true",
            "ext.`a.b``c␣//` != FALSE",
            "ext.opened before $T",
            "ext.n all of $L",
            "ext.and > 5",
            "ext.and is set",
            "tag.algo.scene in $L",
            "tag.custom.`vip␣2026` none of $L",
            "logoUrl is missing",
            "location is set",
        ],
    ),
    (
        "BENEFIT",
        &[
            "all",
            "benefitType in $L",
            "startTime before $D",
            "endTime > now ( ) + 1d12h",
            "endTime in now ( ) - 2w .. now ( )",
            "endTime in $D ..",
            "endTime <= $T",
            "endTime on $D",
            "endTime after now ( )",
            "amount = HK$ 50",
        ],
    ),
    (
        "LOCAL_SKU",
        &["all", "salePrice in PHP .. 500.00", "name contains $S", "keywords none of $L", "salePrice is set"],
    ),
];

/// Strings as they stand in a text; each has a word to look for, and some could be taken for something else.
const STRINGS: &[&str] = &[
    "\"a\"",
    "\"Café 東京\"",
    "\"no // comment\"",
    "\"} or { and ( \\\" x\"",
    "\"\\\\ a\\n\\t\"",
    "\"\\u00e9\\ud83d\\ude00 x\"",
    "\"\\u202e rtl\"",
    "\"`tick`\"",
    "\"a rather long value, as the names of some shops and their branches are\"",
    "\"1\"",
];

const COMMENTS: &[&str] =
    &["//", "// why", "//東京  \t", "// \"quote", "/// } or {", "// a // b\u{2028}c", "//\u{202e}x"];

const SPACES: &[&str] = &[" ", "\n", "\t", "\r\n", "\r", "\u{3000}", "\u{FEFF}", "\u{2028}", "\n\n\n", "\r\n\r\n  "];

/// What stands between two tokens.
#[derive(Clone, Debug)]
struct Gap {
    spaces: Vec<&'static str>,
    comment: Option<(&'static str, &'static str)>,
}

fn gap() -> impl Strategy<Value = Gap> {
    let spaces = prop_oneof![3 => Just(vec![]), 3 => Just(vec![" "]), 2 => prop::collection::vec(select(SPACES), 1..3)];
    let comment = (select(COMMENTS), select(vec!["\n", "\r\n", "\r", "\n\n"]));
    (spaces, prop::option::weighted(0.12, comment)).prop_map(|(spaces, comment)| Gap { spaces, comment })
}

fn any_case(word: &'static str) -> impl Strategy<Value = String> {
    any::<u8>().prop_map(move |capitals| {
        let raised = |(i, c): (usize, char)| if capitals >> (i % 8) & 1 == 1 { c.to_ascii_uppercase() } else { c };
        word.to_ascii_lowercase().chars().enumerate().map(raised).collect()
    })
}

/// The tokens of a list, some long.
fn list() -> impl Strategy<Value = Vec<String>> {
    let lengths = prop_oneof![4 => 1..4usize, 1 => 5..40usize];
    (lengths.prop_flat_map(|n| prop::collection::vec(select(STRINGS), n)), any::<bool>()).prop_map(|(values, comma)| {
        let mut tokens = vec!["(".to_owned()];
        for value in values {
            tokens.extend([value.to_owned(), ",".to_owned()]);
        }
        tokens.truncate(tokens.len() - usize::from(!comma));
        tokens.push(")".to_owned());
        tokens
    })
}

/// The tokens that a word of [`RULES`] stands for.
fn token(word: &'static str) -> BoxedStrategy<Vec<String>> {
    let one = |values: &'static [&'static str]| select(values).prop_map(|v| vec![v.to_owned()]).boxed();
    match word {
        "$S" => one(STRINGS),
        "$L" => list().boxed(),
        "$D" => one(&["2026-01-31", "2024-02-29"]),
        "$T" => one(&["2026-01-31T10:00", "2026-01-31 10:00:30", "2026-01-31t08:30:00.25+08:00", "2026-01-31 10:00z"]),
        _ if KEYWORDS.contains(&word) => any_case(word).prop_map(|word| vec![word]).boxed(),
        _ => Just(vec![word.replace('␣', " ")]).boxed(),
    }
}

const KEYWORDS: &[&str] =
    &["all", "in", "of", "none", "is", "set", "missing", "within", "contains", "before", "after", "on", "now", "true"];

fn rule(rules: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let negated = (select(rules), prop::bool::weighted(0.2));
    negated.prop_flat_map(|(rule, not)| {
        let not = Just(if not && rule != "all" { vec!["nOt".to_owned()] } else { Vec::new() }).boxed();
        let tokens: Vec<_> = std::iter::once(not).chain(rule.split(' ').map(token)).collect();
        tokens.prop_map(|tokens| tokens.concat())
    })
}

fn group(rules: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let title = prop::option::weighted(0.3, select(STRINGS));
    (title, any::<bool>(), prop::collection::vec((rule(rules), any_case("and")), 1..5)).prop_map(
        |(title, parens, rules)| {
            let mut tokens = Vec::new();
            tokens.extend(title.into_iter().flat_map(|title| [title.to_owned(), ":".to_owned()]));
            tokens.extend(parens.then(|| "(".to_owned()));
            for (at, (rule, and)) in rules.into_iter().enumerate() {
                tokens.extend((at > 0).then_some(and));
                tokens.extend(rule);
            }
            tokens.extend(parens.then(|| ")".to_owned()));
            tokens
        },
    )
}

fn block(at: usize) -> impl Strategy<Value = Vec<String>> {
    let (name, rules) = &RULES[at];
    let groups = prop::collection::vec((group(rules), any_case("or")), 1..5);
    (any_case(name), groups).prop_map(|(name, groups)| {
        let mut tokens = vec![name, "{".to_owned()];
        for (at, (group, or)) in groups.into_iter().enumerate() {
            tokens.extend((at > 0).then_some(or));
            tokens.extend(group);
        }
        tokens.push("}".to_owned());
        tokens
    })
}

fn tokens() -> impl Strategy<Value = Vec<String>> {
    let types = prop::sample::subsequence(vec![0, 1, 1, 2, 3], 1..4).prop_shuffle();
    let once = types.prop_map(|mut types| {
        let mut seen = [false; 4];
        types.retain(|&at| !std::mem::replace(&mut seen[at], true));
        types
    });
    once.prop_flat_map(|types| types.into_iter().map(block).collect::<Vec<_>>()).prop_map(|blocks| blocks.concat())
}

/// Texts that check without an error, with their comments.
pub fn samples() -> impl Strategy<Value = Sample> {
    (tokens(), prop::collection::vec(gap(), 1..60)).prop_map(|(tokens, gaps)| spread(&tokens, &gaps))
}

/// Puts gaps, over and over, around tokens.
fn spread(tokens: &[String], gaps: &[Gap]) -> Sample {
    let mut sample = Sample { text: String::new(), comments: Vec::new() };
    let mut gaps = gaps.iter().cycle();
    for token in tokens.iter().map(String::as_str).chain([""]) {
        let start = sample.text.len();
        if let Some(gap) = gaps.next() {
            gap.spaces.iter().for_each(|space| sample.text.push_str(space));
            if let Some((comment, end)) = gap.comment {
                sample.text.push_str(comment);
                sample.text.push_str(end);
                sample.comments.push(comment.trim_end().to_owned());
            }
        }
        if sample.text.len() == start && !may_touch(&sample.text, token) {
            sample.text.push(' ');
        }
        sample.text.push_str(token);
    }
    sample
}

/// Whether a token may follow a text without anything between.
fn may_touch(text: &str, token: &str) -> bool {
    let sign = |c: char| "{}(),\":=<>!~.+".contains(c);
    text.is_empty() || token.is_empty() || text.ends_with(sign) || token.starts_with(sign)
}

/// The comments of a text, in order, found without the crate's own lexer.
pub fn comments(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '`', '/']) {
        let quote = rest[at..].chars().next().unwrap();
        rest = &rest[at + 1..];
        if quote == '/' {
            let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            out.push(format!("/{}", rest[..end].trim_end()));
            rest = &rest[end..];
            continue;
        }
        let mut escaped = false;
        let close = rest.find(|c| {
            let closes = c == quote && !escaped;
            escaped = quote == '"' && c == '\\' && !escaped;
            closes
        });
        rest = &rest[close.unwrap() + 1..];
    }
    out
}

/// The tree of a text without places, each part in the one spelling that it has: what two layouts of a text share.
pub fn shape(text: &str) -> String {
    let parsed = tree(text);
    assert!(parsed.errors.is_empty(), "{text}\n{:?}", parsed.errors);
    outline(&parsed.rule_set)
}

fn outline(tree: &RuleSet) -> String {
    let mut out = String::new();
    for block in &tree.blocks {
        out += &format!("{}\n", block.content_type.node.to_uppercase());
        for group in &block.groups {
            out += &format!("  {:?}\n", group.title.as_ref().map(|title| &title.node));
            for rule in &group.rules {
                out += &format!("    {} {}\n", rule.not.is_some(), body(&rule.body));
            }
        }
    }
    out
}

fn body(body: &RuleBody) -> String {
    let RuleBody::Test { path, operation } = body else { return "all".to_owned() };
    let segments: Vec<&str> = path.segments.iter().map(|s| s.name.as_str()).collect();
    let locale = path.locale.as_ref().map(|l| &l.node);
    let values: Vec<String> = match &operation.operand {
        Operand::None => vec![],
        Operand::Value(value) => vec![literal(&value.literal)],
        Operand::List(values, _) => values.iter().map(|v| literal(&v.literal)).collect(),
        Operand::Range(range) => {
            let end = |value: &Option<_>| {
                value.as_ref().map_or("-".to_owned(), |v: &penstock_dsl::ast::Value| literal(&v.literal))
            };
            vec![format!("{:?}", range.currency.as_ref().map(|c| code(&c.node))), end(&range.low), end(&range.high)]
        }
    };
    let operator = operation.operator.node;
    format!("{segments:?} {locale:?} {operator:?} {values:?} {}", operation.fx.is_some())
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Date(spelled) => spelled.to_uppercase().replace(' ', "T"),
        Literal::Now(offset) => format!("{:?}", offset.as_ref().map(|o| (o.minus, &o.duration.node))),
        Literal::Money { currency, amount } => format!("{} {}", code(&currency.node), amount.node),
        other => format!("{other:?}"),
    }
}

fn code(spelled: &str) -> String {
    match spelled {
        "HK$" => "HKD".to_owned(),
        "₱" => "PHP".to_owned(),
        "RM" => "MYR".to_owned(),
        code => code.to_uppercase(),
    }
}
