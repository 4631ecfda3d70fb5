//! What may stand at a cursor.

use super::walk::{Place, Walk};
use crate::ast::Operator;
use crate::check;
use crate::check::operator::Kindred;
use crate::diagnostic::Span;
use crate::expr::{Owner, Subject};
use crate::lexeme::{Lexeme, Shape, is_word, lexemes};
use crate::limits::TEXT_BYTES_MAX;
use crate::registry::ContentType;

/// Which names a path may go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The first name of a path: a declared property, `ext.<key>`, a tag, `merchant.<property>`.
    Any,
    /// A key after `ext.`.
    Ext,
    /// `algo` or `custom`, after `tag.`.
    TagSource,
    /// A tag written by a model.
    TagAlgo,
    /// A tag written by a wallet.
    TagCustom,
}

/// One sort of thing that may stand at a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A content type.
    ContentType,
    /// A property.
    Property {
        /// Whose.
        owner: Owner,
        /// Which part of its name.
        names: Names,
    },
    /// A locale, after `@`.
    Locale,
    /// An operator.
    Operator,
    /// A value of the property, as a string.
    Value {
        /// Whether it stands in parentheses; a list operator's first value does not yet.
        in_list: bool,
        /// Values that the list has already.
        listed: Vec<String>,
    },
    /// `true` or `false`.
    Boolean,
    /// A currency.
    Currency,
    /// A number.
    Number,
    /// A date or `now()`.
    Date,
    /// A duration, or `+` and a duration where `now()` stands before it.
    Duration {
        /// Whether the sign is there.
        signed: bool,
    },
    /// A word or sign of the language.
    Keyword(&'static str),
}

/// A cursor's place in a text.
#[derive(Clone, Debug)]
pub struct Context {
    /// What a completion replaces: the word, string, name or sign that the cursor is in or at the end of.
    pub span: Span,
    /// What of it stands before the cursor, without its quote.
    pub prefix: String,
    /// The quotation mark or backtick that it begins with.
    pub quote: Option<char>,
    /// The block's content type.
    pub content_type: Option<ContentType>,
    /// Before a content type: types that have a block elsewhere in the text.
    pub types_used: Vec<ContentType>,
    /// The rule's property.
    pub subject: Option<Subject>,
    /// The rule's operator.
    pub operator: Option<Operator>,
    /// What may stand here; nothing in comments, titles and numbers.
    pub expected: Vec<Expected>,
    /// What the property takes; all that an undeclared key takes where the property is not known.
    pub(crate) kindred: Kindred,
}

/// The place of a cursor at byte `offset`, also in a text that does not parse. An offset inside a character is its start; one
/// beyond the end, or beyond what is read of a text, is the end.
pub fn context(text: &str, offset: usize) -> Context {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    let offset = text.floor_char_boundary(offset);
    let before = lexemes(&text[..offset], &mut Vec::new());
    if in_comment(&text[before.last().map_or(0, |l| l.span.end)..offset]) {
        return nowhere(offset);
    }
    let tail = Tail::of(text, offset, &before);
    let mut walk = Walk::new(text);
    before[..tail.at].iter().for_each(|&lexeme| walk.feed(lexeme));
    if tail.is_operator && !matches!(walk.place, Place::Operator | Place::Rest) {
        before[tail.at..].iter().for_each(|&lexeme| walk.feed(lexeme));
        return place(text, &walk, Tail { at: before.len(), ..Tail::none(offset) });
    }
    place(text, &walk, tail)
}

fn nowhere(offset: usize) -> Context {
    Context {
        span: Span { start: offset, end: offset },
        prefix: String::new(),
        quote: None,
        content_type: None,
        types_used: Vec::new(),
        subject: None,
        operator: None,
        expected: Vec::new(),
        kindred: Kindred::Open,
    }
}

/// Whether white space and comments end within a comment.
fn in_comment(gap: &str) -> bool {
    gap.rsplit(['\n', '\r']).next().is_some_and(|line| line.contains("//"))
}

/// What the cursor is in or at the end of.
struct Tail {
    /// How many lexemes stand before it.
    at: usize,
    span: Span,
    prefix: String,
    quote: Option<char>,
    is_operator: bool,
}

impl Tail {
    fn none(offset: usize) -> Self {
        let span = Span { start: offset, end: offset };
        Tail { at: 0, span, prefix: String::new(), quote: None, is_operator: false }
    }

    fn of(text: &str, offset: usize, before: &[Lexeme]) -> Self {
        let none = Tail { at: before.len(), ..Tail::none(offset) };
        let Some(last) = before.last().filter(|l| l.span.end == offset) else { return none };
        let (at, start) = (before.len() - 1, last.span.start);
        let spelled = last.span.of(text);
        match (last.shape, spelled.chars().next()) {
            (Shape::Word, _) => {
                let rest = text[offset..].find(|c| !is_word(c)).unwrap_or(text.len() - offset);
                let span = Span { start, end: offset + rest };
                Tail { at, span, prefix: spelled.to_owned(), ..none }
            }
            (Shape::Broken, Some(quote @ ('"' | '`'))) => {
                let span = Span { start, end: quoted_end(text, offset, quote) };
                Tail { at, span, prefix: typed(&spelled[1..], quote), quote: Some(quote), ..none }
            }
            (Shape::Sign(sign), _) if is_operator_sign(sign) => {
                let touching = before.windows(2).rev().take_while(|pair| {
                    let signs = |l: &Lexeme| matches!(l.shape, Shape::Sign(s) if is_operator_sign(s));
                    pair[0].span.end == pair[1].span.start && pair.iter().all(signs)
                });
                let at = at - touching.count();
                let span = Span { start: before[at].span.start, end: offset };
                Tail { at, span, prefix: span.of(text).to_owned(), is_operator: true, ..none }
            }
            _ => none,
        }
    }
}

fn is_operator_sign(sign: char) -> bool {
    matches!(sign, '<' | '>' | '=' | '!' | '~')
}

/// What a string or name that is being written stands for; an escape that is not whole yet is left out.
fn typed(inner: &str, quote: char) -> String {
    if quote == '`' {
        return inner.replace("``", "`");
    }
    let closed = format!("\"{inner}\"");
    let span = Span { start: 0, end: closed.len() };
    crate::parser::string(&closed, span, &mut Vec::new()).node
}

/// Where the string or name around `offset` ends. One that is being written takes the next string's quotation mark for its
/// own end; it is open where the rest of the line has whole strings without it.
fn quoted_end(text: &str, offset: usize, quote: char) -> usize {
    let rest = &text[offset..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    let whole = lexemes(line, &mut Vec::new()).iter().all(|l| l.shape != Shape::Broken);
    let mut escaped = false;
    for (at, c) in line.char_indices().filter(|_| !whole) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return offset + at + 1,
            _ => {}
        }
    }
    offset
}

/// The context of a walk's end and the tail after it.
fn place(text: &str, walk: &Walk<'_>, mut tail: Tail) -> Context {
    let resolved = (!walk.path.segments.is_empty() && !matches!(walk.place, Place::Segment))
        .then(|| check::subject(text, &walk.path, walk.content_type))
        .flatten();
    let (subject, kindred) = resolved.map_or((None, Kindred::Open), |(s, k)| (Some(s), k));
    let expected = expected(walk, kindred, &tail);
    if matches!(expected.first(), Some(Expected::Property { names: Names::Any, .. })) {
        tail.span.end = path_end(text, tail.span.end);
    }
    if let (Place::Fx, Some(last)) = (walk.place, walk.last) {
        tail.prefix.insert(0, '~');
        tail.span.start = last.span.start;
    }
    let types_used = match walk.place {
        Place::Outside => walk.closed.iter().copied().chain(types_after(&text[tail.span.end..])).collect(),
        _ => Vec::new(),
    };
    Context {
        span: tail.span,
        prefix: tail.prefix,
        quote: tail.quote,
        content_type: walk.content_type,
        types_used,
        subject,
        operator: walk.operator,
        expected,
        kindred,
    }
}

/// Types of the blocks in a text that begins between blocks, or in a block's header.
fn types_after(rest: &str) -> Vec<ContentType> {
    let mut walk = Walk::new(rest);
    lexemes(rest, &mut Vec::new()).into_iter().for_each(|lexeme| walk.feed(lexeme));
    walk.closed.extend(walk.content_type);
    walk.closed
}

/// The end of the path that goes on at `at`: a first name is replaced with all that follows it.
fn path_end(text: &str, mut at: usize) -> usize {
    while let Some(rest) = text[at..].strip_prefix('.') {
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let quoted = rest.strip_prefix('`').and_then(|inner| inner.find(['`', '\n'])).map(|end| end + 2);
        match quoted.unwrap_or(word) {
            0 => break,
            length if text.is_char_boundary(at + 1 + length) => at += 1 + length,
            _ => break,
        }
    }
    at
}

fn expected(walk: &Walk<'_>, kindred: Kindred, tail: &Tail) -> Vec<Expected> {
    use Expected::{Keyword, Property};
    let begins_number = tail.prefix.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let in_literal = walk.touches(tail.span.start)
        && walk.last.is_some_and(|l| matches!(l.shape, Shape::Word | Shape::Sign('.' | ':' | '+')));
    let place = walk.place;
    match tail.quote {
        Some('"') if !matches!(place, Place::Operand | Place::ListValue | Place::ListNext) => return Vec::new(),
        Some('`') if !matches!(place, Place::RuleStart | Place::AfterNot | Place::Segment) => return Vec::new(),
        _ => {}
    }
    let property = |names| Property { owner: Owner::Item, names };
    match place {
        Place::Duration => vec![Expected::Duration { signed: true }],
        // A number, date or duration is being written: nobody knows which.
        _ if tail.quote.is_none() && begins_number && !matches!(place, Place::Segment) => Vec::new(),
        Place::Rest | Place::Shift if in_literal && !tail.is_operator => Vec::new(),
        Place::Outside => vec![Expected::ContentType],
        Place::Header => vec![Keyword("{")],
        Place::RuleStart => vec![property(Names::Any), Keyword("not"), Keyword("all")],
        Place::AfterNot => vec![property(Names::Any)],
        Place::Segment => segment(walk).into_iter().collect(),
        Place::Locale if kindred.has_locales() => vec![Expected::Locale],
        Place::Locale => Vec::new(),
        Place::Operator if tail.quote.is_none() => vec![Expected::Operator],
        Place::Operator => Vec::new(),
        Place::Presence => vec![Keyword("set"), Keyword("missing")],
        Place::Of => vec![Keyword("of")],
        Place::Operand => operand(walk, kindred),
        Place::ListValue => value(walk, true),
        Place::ListNext if tail.quote.is_some() => value(walk, true),
        Place::ListNext => vec![Keyword(","), Keyword(")")],
        Place::Amount => vec![Expected::Number],
        Place::RangeEnd if is_time(walk, kindred) => vec![Expected::Date],
        Place::RangeEnd => vec![Expected::Number],
        Place::Now => Vec::new(),
        Place::Fx => vec![Keyword("~fx")],
        Place::Shift => [Expected::Duration { signed: false }].into_iter().chain(after_rule(walk)).collect(),
        Place::Rest => after_rule(walk),
        Place::GroupEnd => vec![Keyword("or"), Keyword("}")],
    }
}

/// What a path may go on with after a dot.
fn segment(walk: &Walk<'_>) -> Option<Expected> {
    let names: Vec<&str> = walk.path.segments.iter().map(|s| s.name.as_str()).collect();
    let (owner, names) = match names.as_slice() {
        ["merchant", rest @ ..] => (Owner::Merchant, rest),
        names => (Owner::Item, names),
    };
    let names = match (owner, names) {
        (Owner::Merchant, []) => Names::Any,
        (_, ["ext"]) => Names::Ext,
        (_, ["tag"]) => Names::TagSource,
        (_, ["tag", "algo"]) => Names::TagAlgo,
        (_, ["tag", "custom"]) => Names::TagCustom,
        _ => return None,
    };
    Some(Expected::Property { owner, names })
}

fn operand(walk: &Walk<'_>, kindred: Kindred) -> Vec<Expected> {
    let listing = matches!(walk.operator, Some(Operator::In | Operator::AllOf | Operator::NoneOf));
    let compared = matches!(walk.operator, Some(Operator::Equal | Operator::NotEqual));
    match kindred {
        _ if is_time(walk, kindred) => vec![Expected::Date],
        Kindred::Keyword(_) | Kindred::Text | Kindred::OpenText => value(walk, false),
        Kindred::Number => vec![Expected::Number],
        Kindred::Money | Kindred::PriceRange => vec![Expected::Currency],
        Kindred::Open => {
            let mut all = Vec::new();
            match walk.operator {
                Some(Operator::Within) => {}
                Some(Operator::Fuzzy(_) | Operator::Contains) | None => all.extend(value(walk, false)),
                _ if listing || compared => all.extend(value(walk, false)),
                _ => all.push(Expected::Number),
            }
            all.extend(compared.then_some(Expected::Boolean));
            all
        }
        Kindred::Bool => vec![Expected::Boolean],
        Kindred::Time | Kindred::Presence(_) => Vec::new(),
    }
}

fn is_time(walk: &Walk<'_>, kindred: Kindred) -> bool {
    let temporal = matches!(walk.operator, Some(Operator::Before | Operator::After | Operator::On));
    kindred == Kindred::Time || kindred == Kindred::Open && temporal
}

fn value(walk: &Walk<'_>, in_list: bool) -> Vec<Expected> {
    let operator = walk.operator;
    let listing = matches!(operator, Some(Operator::In | Operator::AllOf | Operator::NoneOf));
    vec![Expected::Value { in_list: in_list || !listing, listed: walk.listed.clone() }]
}

fn after_rule(walk: &Walk<'_>) -> Vec<Expected> {
    let converts = walk.has_currency && !walk.has_fx;
    // `or` is between groups: an open one is closed first.
    let mut words = if walk.in_group { vec!["and", ")"] } else { vec!["and", "or", "}"] };
    words.extend(converts.then_some("~fx"));
    words.into_iter().map(Expected::Keyword).collect()
}
