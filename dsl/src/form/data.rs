//! The form as plain data: what the console draws, and what it sends back.
//!
//! Strings are without their escapes; numbers, amounts and dates are text, so that nothing is rounded on the way. What
//! only a faulty text has (a word without quotes, an amount before its currency) has its place here too: every text that
//! the grammar takes is drawable.

use crate::ast;
use crate::diagnostic::{Diagnostic, Span};
use crate::registry::{ContentType, Kind};
use serde::{Deserialize, Serialize};

/// A whole text.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Form))]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// In the text's order.
    pub blocks: Vec<Block>,
    /// Comments after the last block.
    pub comments: Vec<Comment>,
    /// Whether the form holds all of the text; not so where an error of syntax stopped the reading of some part.
    pub complete: bool,
    /// Errors of syntax.
    pub errors: Vec<Diagnostic>,
}

/// The rules for one content type.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Block))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// As written.
    pub content_type: String,
    /// Which type that is, if it is one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub canonical_type: Option<ContentType>,
    /// Joined by `or`; none in an empty block.
    pub groups: Vec<Group>,
    /// Above the block and on the line of its `{` (before), above its `}` and behind it (after).
    pub comments: Vec<Comment>,
    /// From the type to the closing brace.
    pub span: Span,
}

/// Rules joined by `and`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Group))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The operator's title.
    pub title: Option<String>,
    /// At least one.
    pub rules: Vec<Rule>,
    /// All above its first rule (before), those above its `)` and behind it (after).
    pub comments: Vec<Comment>,
    /// From the title or the parenthesis, if there is one, to the end of the last rule or the parenthesis.
    pub span: Span,
}

/// One rule: its data, and how to draw it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Rule))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// What it says; a change sends this back.
    pub data: RuleData,
    /// The property's canonical spelling; none for `all`.
    pub path: Option<String>,
    /// The property's kind where it is declared.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub kind: Option<Kind>,
    /// What draws it.
    pub widget: Widget,
    /// The operators that the property may take, for a drop-down; none for `all`.
    pub operators: Vec<Operator>,
    /// On lines of their own above it (before), within it (inside), behind it on its last line (after).
    pub comments: Vec<Comment>,
    /// From `not` or the property to the value's end.
    pub span: Span,
}

/// A comment.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Comment))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// Without `//` and the white space around.
    pub text: String,
    /// Where it stands, seen from what it belongs to.
    pub place: Place,
    /// With the `//`.
    pub span: Span,
}

/// Where a comment stands, seen from what it belongs to.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Place))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// Above it.
    Before,
    /// Within it.
    Inside,
    /// Behind it, or under it.
    After,
}

/// What a rule says.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::RuleData))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleData {
    /// Whether `not` stands before it.
    pub negated: bool,
    /// What is asked; none is `all`.
    pub test: Option<Test>,
}

/// `property operator values`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Test))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// What is read.
    pub property: Property,
    /// The operator.
    pub operator: Operator,
    /// The distance of `~`, where one is given.
    #[serde(default)]
    pub distance: Option<u8>,
    /// What stands on the right.
    pub operand: Operand,
    /// Whether `~fx` stands behind it.
    #[serde(default)]
    pub fx: bool,
}

/// A property in its parts.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Property))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// Whose it is.
    #[serde(default)]
    pub owner: Owner,
    /// What `name` is a name of.
    pub namespace: Namespace,
    /// Without backticks, except in [`Namespace::Other`].
    pub name: String,
    /// What stands after `@`.
    #[serde(default)]
    pub locale: Option<String>,
}

/// Whose property a rule reads.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Owner))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// The item's own.
    #[default]
    Item,
    /// The item's merchant's: `merchant.<property>`.
    Merchant,
}

/// What a property's name is a name of.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Namespace))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Namespace {
    /// A property: `city`.
    Property,
    /// An undeclared key: `ext.<key>`.
    Ext,
    /// `tag.algo.<name>`
    TagAlgo,
    /// `tag.custom.<name>`
    TagCustom,
    /// Another path, which no property has; `name` is its spelling.
    Other,
}

/// An operator, by its canonical symbol; `~` without its distance.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Operator, value_type = String))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Operator(ast::Operator);

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 17] = {
        use ast::Operator::{
            After, AllOf, AtLeast, AtMost, Before, Contains, Equal, Fuzzy, Greater, In, IsMissing, IsSet, Less, NoneOf,
            NotEqual, On, Within,
        };
        [
            Operator(In),
            Operator(AllOf),
            Operator(NoneOf),
            Operator(Within),
            Operator(Contains),
            Operator(Fuzzy(None)),
            Operator(Equal),
            Operator(NotEqual),
            Operator(Less),
            Operator(AtMost),
            Operator(Greater),
            Operator(AtLeast),
            Operator(Before),
            Operator(After),
            Operator(On),
            Operator(IsSet),
            Operator(IsMissing),
        ]
    };

    /// The operator of a tree, without its distance.
    pub fn of(operator: ast::Operator) -> Self {
        match operator {
            ast::Operator::Fuzzy(_) => Operator(ast::Operator::Fuzzy(None)),
            other => Operator(other),
        }
    }

    /// The operator of a tree with this distance; only `~` has one.
    pub fn with_distance(self, distance: Option<u8>) -> ast::Operator {
        match self.0 {
            ast::Operator::Fuzzy(_) => ast::Operator::Fuzzy(distance),
            other => other,
        }
    }

    /// The canonical spelling.
    pub fn symbol(self) -> &'static str {
        self.0.symbol()
    }
}

impl TryFrom<String> for Operator {
    type Error = String;

    fn try_from(symbol: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|o| o.symbol() == symbol);
        found.ok_or_else(|| format!("there is no operator `{symbol}`"))
    }
}

impl From<Operator> for &'static str {
    fn from(operator: Operator) -> Self {
        operator.symbol()
    }
}

/// What stands on an operator's right.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Operand))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "camelCase")]
pub enum Operand {
    /// Nothing (`is set`).
    None,
    /// One value.
    Value {
        /// The value.
        value: FormValue,
    },
    /// `("a", "b")`
    List {
        /// In the text's order.
        values: Vec<FormValue>,
    },
    /// `1..5`, `HKD 100..500`
    #[serde(rename_all = "camelCase")]
    Range {
        /// The currency's code, or what is written where it is none that is known.
        #[serde(default)]
        currency: Option<String>,
        /// The lower end.
        #[serde(default)]
        low: Option<FormValue>,
        /// The upper end.
        #[serde(default)]
        high: Option<FormValue>,
        /// A currency where none belongs, which is refused: before the second end, or after it.
        #[serde(default)]
        stray_currency: Option<String>,
    },
}

/// A [`Value`]; by that name it would be any JSON to the OpenAPI document.
pub type FormValue = Value;

/// A value.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Value))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Value {
    /// A string.
    Text {
        /// Without quotation marks and escapes.
        text: String,
    },
    /// A number.
    Number {
        /// As written: `-1.50`.
        number: String,
    },
    /// A date, or a date and time.
    Date {
        /// `2026-01-31`, `2026-01-31T10:00+08:00`.
        date: String,
    },
    /// `now()`
    Now {
        /// What is added to it or taken away: `+7d`, `-1d12h`.
        #[serde(default)]
        offset: Option<String>,
    },
    /// `true` or `false`.
    Boolean {
        /// Which of the two.
        boolean: bool,
    },
    /// An amount of money.
    Money {
        /// The currency's code, or what is written where it is none that is known.
        currency: String,
        /// As written.
        amount: String,
    },
    /// `500 HKD`, which is refused.
    ReversedMoney {
        /// As written.
        currency: String,
        /// As written.
        amount: String,
    },
    /// A word without quotation marks, which is refused.
    Word {
        /// As written.
        word: String,
    },
}

/// What draws a rule.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Widget))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Widget {
    /// `all`: every item of the type.
    All,
    /// `is set`, `is missing`: nothing to fill in.
    Presence,
    /// Values that content has, to choose from: keywords, lists, tags.
    KeywordPicker,
    /// Free strings: whole texts.
    TagInput,
    /// One string that a text is compared with.
    TextMatch,
    /// One number.
    Number,
    /// A range of numbers.
    NumberRange,
    /// One amount.
    Money,
    /// A range of amounts of one currency.
    MoneyRange,
    /// One date, time or `now()`.
    DateTime,
    /// A range of these.
    DateRange,
    /// `true` or `false`.
    Boolean,
    /// None of these: operator and values do not fit each other; the checker says what is wrong. Drawn as text.
    Text,
}
