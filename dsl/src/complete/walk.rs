//! Where in the language a cursor stands: a walk over the lexemes before it.
//!
//! The language is flat (block, group, rule), so a few remembered things are enough, and a slip is forgotten at the next
//! `and`, `or` or brace. What the walk does not understand it skips: it never fails, and reports nothing.

use crate::ast::{Operator, Path, Segment, Spanned};
use crate::diagnostic::Span;
use crate::lexeme::{Lexeme, Shape};
use crate::literal::{self, CurrencySpelling};
use crate::registry::ContentType;
use crate::syntax::begins_rule;

/// What was read last, by what may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Before a content type.
    Outside,
    /// After a content type's name.
    Header,
    /// Before a rule.
    RuleStart,
    /// After `not`.
    AfterNot,
    /// After a dot of a path.
    Segment,
    /// After `@`.
    Locale,
    /// After a path.
    Operator,
    /// After `is`.
    Presence,
    /// After `all` or `none`.
    Of,
    /// After an operator.
    Operand,
    /// In a list, before a value.
    ListValue,
    /// In a list, after a value.
    ListNext,
    /// After a currency.
    Amount,
    /// After `..`.
    RangeEnd,
    /// After the word `now`.
    Now,
    /// After `now()`.
    Shift,
    /// After `now() +`.
    Duration,
    /// After a value: the rule may end here.
    Rest,
    /// After the `~` of `~fx`.
    Fx,
    /// After a group's closing parenthesis.
    GroupEnd,
}

/// What the lexemes so far say.
pub(super) struct Walk<'t> {
    text: &'t str,
    pub place: Place,
    /// The open block's type.
    pub content_type: Option<ContentType>,
    /// Types of the blocks before it.
    pub closed: Vec<ContentType>,
    /// Whether a group's parenthesis is open.
    pub in_group: bool,
    /// The current rule's property.
    pub path: Path,
    /// The current rule's operator.
    pub operator: Option<Operator>,
    /// Values that the current list has.
    pub listed: Vec<String>,
    /// Whether a currency stands in the operand.
    pub has_currency: bool,
    /// Whether `~fx` stands after it.
    pub has_fx: bool,
    pub last: Option<Lexeme>,
}

impl<'t> Walk<'t> {
    pub fn new(text: &'t str) -> Self {
        Walk {
            text,
            place: Place::Outside,
            content_type: None,
            closed: Vec::new(),
            in_group: false,
            path: no_path(),
            operator: None,
            listed: Vec::new(),
            has_currency: false,
            has_fx: false,
            last: None,
        }
    }

    /// Takes the next lexeme.
    pub fn feed(&mut self, lexeme: Lexeme) {
        match lexeme.shape {
            Shape::Sign('{') => self.open(),
            Shape::Sign('}') => self.close(),
            Shape::Sign(sign) => self.sign(sign, lexeme.span),
            Shape::Word => self.word(lexeme.span),
            Shape::Quoted => self.name(lexeme.span, true),
            Shape::Text => self.string(lexeme.span),
            Shape::Broken if lexeme.span.of(self.text).starts_with('`') => self.name(lexeme.span, true),
            Shape::Broken => self.string(lexeme.span),
        }
        self.last = Some(lexeme);
    }

    /// Whether nothing stands between the lexeme before and `at`.
    pub fn touches(&self, at: usize) -> bool {
        self.last.is_some_and(|last| last.span.end == at)
    }

    fn after_sign(&self, signs: &[char], at: usize) -> bool {
        self.touches(at) && self.last.is_some_and(|l| matches!(l.shape, Shape::Sign(s) if signs.contains(&s)))
    }

    fn open(&mut self) {
        let name = self.last.filter(|l| l.shape == Shape::Word).map_or("", |l| l.span.of(self.text));
        let named = ContentType::from_name(name);
        let outside = matches!(self.place, Place::Outside | Place::Header);
        if outside || named.is_some() {
            // Where a block is not closed, the next one's name closes it.
            if !outside {
                self.closed.extend(self.content_type);
            }
            self.content_type = named;
            self.in_group = false;
            self.rule();
        }
    }

    fn close(&mut self) {
        self.closed.extend(self.content_type.take());
        self.place = Place::Outside;
    }

    /// A rule may begin here.
    fn rule(&mut self) {
        self.place = Place::RuleStart;
        self.path = no_path();
        self.operator = None;
        self.listed.clear();
        self.has_currency = false;
        self.has_fx = false;
    }

    fn operand(&mut self, operator: Operator) {
        self.operator = Some(operator);
        self.place = Place::Operand;
    }

    fn sign(&mut self, sign: char, span: Span) {
        match (self.place, sign) {
            (Place::RuleStart, '(') => self.in_group = true,
            (Place::Operator, '.') => self.place = Place::Segment,
            (Place::Operator, '@') => self.place = Place::Locale,
            (Place::Locale, '*') => self.place = Place::Operator,
            (Place::Operator, '=') => {
                self.operand(if self.after_sign(&['!'], span.start) { Operator::NotEqual } else { Operator::Equal });
            }
            (Place::Operator, '<') => self.operand(Operator::Less),
            (Place::Operator, '>') => self.operand(Operator::Greater),
            (Place::Operator, '~') => self.operand(Operator::Fuzzy(None)),
            (Place::Operand, '=') if self.after_sign(&['<'], span.start) => self.operand(Operator::AtMost),
            (Place::Operand, '=') if self.after_sign(&['>'], span.start) => self.operand(Operator::AtLeast),
            (Place::Operand, '(') => self.place = Place::ListValue,
            (Place::ListNext, ',') => self.place = Place::ListValue,
            (Place::ListValue | Place::ListNext, ')') => self.place = Place::Rest,
            (Place::Now, ')') => self.place = Place::Shift,
            (Place::Shift, '+') => self.place = Place::Duration,
            (Place::Operand | Place::Amount | Place::Rest | Place::Shift, '.')
                if self.after_sign(&['.'], span.start) =>
            {
                self.place = Place::RangeEnd;
            }
            (Place::Rest | Place::Shift, ')') => {
                self.in_group = false;
                self.place = Place::GroupEnd;
            }
            (Place::Rest, '~') => self.place = Place::Fx,
            (Place::Operand, sign) if sign == '$' || !sign.is_ascii() => self.currency(),
            _ => {}
        }
    }

    fn currency(&mut self) {
        self.has_currency = true;
        self.place = Place::Amount;
    }

    fn word(&mut self, span: Span) {
        let word = span.of(self.text).to_ascii_lowercase();
        let joins = matches!(word.as_str(), "and" | "or");
        match self.place {
            Place::Segment => self.name(span, false),
            Place::Locale => {
                self.path.locale = Some(Spanned { node: span.of(self.text).to_owned(), span });
                self.place = Place::Operator;
            }
            Place::Outside | Place::Header => self.place = Place::Header,
            _ if joins => self.rule(),
            Place::RuleStart if word == "not" => self.place = Place::AfterNot,
            Place::RuleStart | Place::AfterNot if word == "all" => self.place = Place::Rest,
            Place::RuleStart | Place::AfterNot => self.name(span, false),
            Place::Operator => self.operator_word(&word),
            Place::Presence => self.place = Place::Rest,
            Place::Of => self.place = Place::Operand,
            Place::Operand => self.operand_word(&word, span),
            Place::RangeEnd if word == "now" => self.place = Place::Now,
            Place::ListValue => self.place = Place::ListNext,
            Place::Amount | Place::RangeEnd | Place::Duration => self.place = Place::Rest,
            Place::Shift if word == "-" => self.place = Place::Duration,
            Place::Fx => {
                self.has_fx = true;
                self.place = Place::Rest;
            }
            // Where `and` is missing.
            Place::Rest | Place::Shift if begins_rule(span.of(self.text)) && !self.touches(span.start) => {
                self.rule();
                self.word(span);
            }
            Place::Shift => self.place = Place::Rest,
            Place::ListNext | Place::Now | Place::Rest | Place::GroupEnd => {}
        }
    }

    fn operator_word(&mut self, word: &str) {
        match word {
            "is" => self.place = Place::Presence,
            "in" => self.operand(Operator::In),
            "within" => self.operand(Operator::Within),
            "contains" => self.operand(Operator::Contains),
            "before" => self.operand(Operator::Before),
            "after" => self.operand(Operator::After),
            "on" => self.operand(Operator::On),
            "all" | "none" => {
                self.operator = Some(if word == "all" { Operator::AllOf } else { Operator::NoneOf });
                self.place = Place::Of;
            }
            // Another language's operator, perhaps: what follows is a value.
            _ => {
                self.operator = None;
                self.place = Place::Operand;
            }
        }
    }

    fn operand_word(&mut self, word: &str, span: Span) {
        let distance = matches!(self.operator, Some(Operator::Fuzzy(None))) && self.after_sign(&['~'], span.start);
        match word {
            "now" => self.place = Place::Now,
            _ if distance => self.operator = Some(Operator::Fuzzy(Some(word.parse().unwrap_or(u8::MAX)))),
            _ if !matches!(literal::currency(word), CurrencySpelling::Unknown) => self.currency(),
            // The letters of `HK$`.
            _ if self.text[span.end..].starts_with('$') => {}
            _ => self.place = Place::Rest,
        }
    }

    /// A name of a path.
    fn name(&mut self, span: Span, quoted: bool) {
        if !matches!(self.place, Place::RuleStart | Place::AfterNot | Place::Segment) {
            return;
        }
        let spelled = span.of(self.text);
        let inner = spelled.trim_start_matches('`').trim_end_matches('`');
        let name = if quoted { inner.replace("``", "`") } else { spelled.to_owned() };
        self.path.segments.push(Segment { name, quoted, span });
        self.path.span = self.path.segments[0].span.to(span);
        self.place = Place::Operator;
    }

    fn string(&mut self, span: Span) {
        match self.place {
            Place::ListValue | Place::ListNext => {
                self.listed.push(crate::parser::string(self.text, span, &mut Vec::new()).node);
                self.place = Place::ListNext;
            }
            Place::Operand | Place::RangeEnd | Place::Amount => self.place = Place::Rest,
            // A title, or something that does not belong here.
            _ => {}
        }
    }
}

fn no_path() -> Path {
    Path { segments: Vec::new(), locale: None, span: Span::default() }
}
