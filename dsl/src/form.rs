//! The form: a text as plain data that a console draws, and changes of the form as edits of the text.
//!
//! The text is the only truth. [`form`] projects it: blocks, groups and rules with their places, and every comment with
//! what it belongs to. [`change`] edits it: an edit touches what it changes and nothing else, so that comments, titles,
//! order and white space survive, and switching between text and form rewrites nothing.
//!
//! Invariants: after a change the form of the new text is the old form with that change made, or the change is refused;
//! every text that the grammar takes has a form that holds all of it. The form says nothing about meaning: what kinds and
//! limits ask is the checker's business, and a change that they refuse is made all the same.

mod change;
mod data;
mod expected;
mod make;
mod project;
mod reading;
mod rule;
mod sequence;
mod spell;

pub use change::{Change, ChangeError, Changed, GroupAt, Reason, RuleAt, change};
pub use data::{
    Block, Comment, Form, Group, Namespace, Operand, Operator, Owner, Place, Property, Rule, RuleData, Test, Value,
    Widget,
};

/// The form of a text. Never panics; a text with errors of syntax gives what could be read, and says so.
pub fn form(text: &str) -> Form {
    reading::Reading::new(text).form()
}
