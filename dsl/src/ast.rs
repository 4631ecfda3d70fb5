//! The tree of a text: what was written, with a span on every node, before any name or type is looked at.
//!
//! Invariant: every span lies in the text and on character boundaries. The tree says nothing about meaning; values keep
//! the operator's spelling (strings with their escapes resolved). It does not know who parsed it.

use crate::diagnostic::Span;

/// Something with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The thing.
    pub node: T,
    /// Its place.
    pub span: Span,
}

/// A whole text: blocks in OR.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RuleSet {
    /// In the text's order.
    pub blocks: Vec<Block>,
}

/// `TYPE { ... }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The type's name as written.
    pub content_type: Spanned<String>,
    /// Groups in OR; none in an empty block.
    pub groups: Vec<Group>,
    /// Whether rules stand here that could not be read; that was reported.
    pub lost: bool,
    /// What stands between the braces.
    pub body: Span,
    /// From the name to the closing brace.
    pub span: Span,
}

/// Rules in AND.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The operator's title.
    pub title: Option<Spanned<String>>,
    /// In the text's order.
    pub rules: Vec<Rule>,
    /// From the title, if there is one, to the last rule's end.
    pub span: Span,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The place of `not`.
    pub not: Option<Span>,
    /// What must hold.
    pub body: RuleBody,
    /// From `not` or the property to the value's end.
    pub span: Span,
}

/// What a rule asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleBody {
    /// `all`.
    All,
    /// `property operator value`.
    Test {
        /// The property.
        path: Path,
        /// Operator and value.
        operation: Box<Operation>,
    },
}

/// A property as written: `name`, `ext.name`, `tag.algo.name@locale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub segments: Vec<Segment>,
    /// What stands after `@`.
    pub locale: Option<Spanned<String>>,
    /// All of it.
    pub span: Span,
}

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The name, without its quotes.
    pub name: String,
    /// Whether it stood in backticks.
    pub quoted: bool,
    /// With the quotes.
    pub span: Span,
}

/// An operator and what stands on its right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Which operator.
    pub operator: Spanned<Operator>,
    /// Its right side.
    pub operand: Operand,
    /// The place of `~fx`.
    pub fx: Option<Span>,
    /// Operator and operand.
    pub span: Span,
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `in`
    In,
    /// `all of`
    AllOf,
    /// `none of`
    NoneOf,
    /// `within`
    Within,
    /// `contains`
    Contains,
    /// `~`, with a distance when one is given
    Fuzzy(Option<u8>),
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `before`
    Before,
    /// `after`
    After,
    /// `on`
    On,
    /// `is set`
    IsSet,
    /// `is missing`
    IsMissing,
}

impl Operator {
    /// The canonical spelling.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::In => "in",
            Operator::AllOf => "all of",
            Operator::NoneOf => "none of",
            Operator::Within => "within",
            Operator::Contains => "contains",
            Operator::Fuzzy(_) => "~",
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
            Operator::Before => "before",
            Operator::After => "after",
            Operator::On => "on",
            Operator::IsSet => "is set",
            Operator::IsMissing => "is missing",
        }
    }
}

/// What stands on an operator's right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Nothing (`is set`).
    None,
    /// One value.
    Value(Value),
    /// `(a, b)`
    List(Vec<Value>, Span),
    /// `a..b`
    Range(Range),
}

/// `a..b`, perhaps with a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The currency before the first end.
    pub currency: Option<Spanned<String>>,
    /// A currency where none belongs: before the second end, or after it.
    pub stray_currency: Option<Spanned<String>>,
    /// The lower end.
    pub low: Option<Value>,
    /// The upper end.
    pub high: Option<Value>,
    /// All of it.
    pub span: Span,
}

/// A literal and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub literal: Literal,
    /// Its place.
    pub span: Span,
}

/// A literal as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A string, escapes resolved.
    Text(String),
    /// A number's spelling.
    Number(String),
    /// A date's or date-time's spelling.
    Date(String),
    /// `now()`, plus or minus a duration.
    Now(Option<Offset>),
    /// `true` or `false`.
    Bool(bool),
    /// `HKD 500`.
    Money {
        /// Code or symbol.
        currency: Spanned<String>,
        /// The amount's spelling.
        amount: Spanned<String>,
    },
    /// `500 HKD`, which is refused.
    ReversedMoney {
        /// Code or symbol.
        currency: Spanned<String>,
        /// The amount's spelling.
        amount: Spanned<String>,
    },
    /// A word without quotes, which is refused.
    Word(String),
}

/// What is added to `now()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Whether it is taken away.
    pub minus: bool,
    /// The duration's spelling.
    pub duration: Spanned<String>,
}
