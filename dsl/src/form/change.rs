//! Changes of a form, made as edits of the text; and the proof, at each, that the text then has the form that was meant.

use super::data::{Form, FormValue, Operand, RuleData, Value};
use super::expected;
use super::reading::Reading;
use super::rule::RuleEdits;
use super::sequence::trimmed;
use crate::code;
use crate::diagnostic::{Diagnostic, Edit, Span, apply};
use crate::limits::{CHANGES_MAX, TEXT_BYTES_MAX};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A rule's place in the form. Where a rule is put, it is the place before the rule that stands there now; one past the
/// last rule is the group's end.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::RuleAt))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleAt {
    /// Index of the block.
    pub block: usize,
    /// Index of the group in it.
    pub group: usize,
    /// Index of the rule in that.
    pub rule: usize,
}

/// A group's place in the form; as with [`RuleAt`], where one is put it is the place before the group that stands there.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::GroupAt))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupAt {
    /// Index of the block.
    pub block: usize,
    /// Index of the group in it.
    pub group: usize,
}

/// One change of a form. Places are those before the change; of several changes each sees what the ones before it made.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Change))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Makes a rule say something else.
    SetRule {
        /// Which.
        at: RuleAt,
        /// What it says from now on.
        data: RuleData,
    },
    /// Writes `not` before a rule, or removes it.
    Negate {
        /// Which.
        at: RuleAt,
        /// Whether it is negated from now on.
        negated: bool,
    },
    /// Replaces all values of a list.
    SetValues {
        /// Which rule.
        at: RuleAt,
        /// From now on.
        values: Vec<FormValue>,
    },
    /// Puts values into a list.
    AddValues {
        /// Which rule.
        at: RuleAt,
        /// Before which value; the number of values for the end.
        value: usize,
        /// What comes in.
        values: Vec<FormValue>,
    },
    /// Takes a value out of a list.
    RemoveValue {
        /// Which rule.
        at: RuleAt,
        /// Which value.
        value: usize,
    },
    /// Adds a rule to a group.
    AddRule {
        /// Where.
        at: RuleAt,
        /// What it says.
        data: RuleData,
    },
    /// Removes a rule and its comments; a group's last rule takes the group with it.
    RemoveRule {
        /// Which.
        at: RuleAt,
    },
    /// Moves a rule with its comments.
    MoveRule {
        /// Which.
        at: RuleAt,
        /// Where to.
        to: RuleAt,
    },
    /// Sets a group's title, or removes it.
    SetTitle {
        /// Which group.
        at: GroupAt,
        /// From now on.
        title: Option<String>,
    },
    /// Adds a group of one rule to a block.
    AddGroup {
        /// Where.
        at: GroupAt,
        /// Its title.
        #[serde(default)]
        title: Option<String>,
        /// Its rule.
        data: RuleData,
    },
    /// Removes a group and its comments; a block's last group leaves the block empty, which the checker reports.
    RemoveGroup {
        /// Which.
        at: GroupAt,
    },
    /// Moves a group with its comments.
    MoveGroup {
        /// Which.
        at: GroupAt,
        /// Where to.
        to: GroupAt,
    },
    /// Puts a copy of a group, with its comments, behind it.
    DuplicateGroup {
        /// Which.
        at: GroupAt,
    },
    /// Adds a block of one group of one rule.
    #[serde(rename_all = "camelCase")]
    AddBlock {
        /// Before which block; the number of blocks for the end.
        block: usize,
        /// Its content type.
        content_type: String,
        /// Its rule.
        data: RuleData,
    },
    /// Removes a block and its comments; the last one leaves an empty text.
    RemoveBlock {
        /// Which.
        block: usize,
    },
}

/// What changes made of a text.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = form::Changed))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The new text.
    pub text: String,
    /// The way there from the old text: by place, not overlapping. Of several changes one edit around them all.
    pub edits: Vec<Edit>,
}

/// Why a change was not made; none of the call's changes was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeError {
    /// Index of the change that was refused.
    pub at: usize,
    /// Why.
    pub reason: Reason,
}

/// Why a change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Reason {
    /// More changes than one call may have.
    TooManyChanges,
    /// The text is too long, or would be.
    TextTooLong,
    /// The form has no such block, group, rule or value.
    NoSuchPlace,
    /// The rule has no list.
    NoList,
    /// No text reads as this rule.
    NoSuchRule,
    /// What stands around has an error of syntax.
    NotRead,
    /// Comments within the rule would be lost.
    CommentsInside,
    /// The text cannot take the change as it is laid out, or the change itself cannot be written.
    DoesNotFit,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::TooManyChanges => write!(f, "too many changes at once; at most {CHANGES_MAX} are made"),
            Reason::TextTooLong => write!(f, "the text has at most {TEXT_BYTES_MAX} bytes"),
            Reason::NoSuchPlace => f.write_str("there is nothing at this place; the text may have changed since"),
            Reason::NoList => f.write_str("this rule has no list of values"),
            Reason::NoSuchRule => f.write_str("no rule can be written like this: a name, a number, a date, a currency or a value has signs that it cannot have, or the operator does not take such values"),
            Reason::NotRead => f.write_str("what stands around this place could not be read; mend the text's errors first"),
            Reason::CommentsInside => f.write_str("comments within this rule would be lost; change it in the text"),
            Reason::DoesNotFit => f.write_str("the text cannot take this change; change it in the text"),
        }
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "change {}: {}", self.at + 1, self.reason)
    }
}

impl std::error::Error for ChangeError {}

/// Makes changes of a form in its text, in order; all of them or none.
pub fn change(text: &str, changes: &[Change]) -> Result<Changed, ChangeError> {
    if changes.len() > CHANGES_MAX {
        return Err(ChangeError { at: CHANGES_MAX, reason: Reason::TooManyChanges });
    }
    let mut new = text.to_owned();
    let mut edits = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        edits = step(&new, change).map_err(|reason| ChangeError { at, reason })?;
        new = apply(&new, &edits);
    }
    if changes.len() > 1 {
        let all = Edit { span: Span { start: 0, end: text.len() }, text: new.clone() };
        edits = vec![trimmed(text, all)];
    }
    edits.retain(|edit| edit.span.of(text) != edit.text);
    Ok(Changed { text: new, edits })
}

/// The edits of one change, proved.
fn step(text: &str, change: &Change) -> Result<Vec<Edit>, Reason> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Reason::TextTooLong);
    }
    let reading = Reading::new(text);
    let form = reading.form();
    let change = resolved(&form, change)?;
    let RuleEdits { mut edits, lost } = reading.make(&change)?;
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    if edits.windows(2).any(|pair| pair[1].span.start < pair[0].span.end) {
        return Err(Reason::DoesNotFit);
    }
    let new = apply(text, &edits);
    if new.len() > TEXT_BYTES_MAX {
        return Err(Reason::TextTooLong);
    }
    let want = expected::after(form, &change, &lost).ok_or(Reason::NoSuchPlace)?;
    let is = expected::bare(Reading::new(&new).form());
    let same = is.blocks == want.blocks && is.comments == want.comments && no_new_error(&want.errors, &is.errors);
    same.then_some(edits).ok_or(Reason::DoesNotFit)
}

/// Whether each error of syntax was there before.
fn no_new_error(old: &[Diagnostic], new: &[Diagnostic]) -> bool {
    let mut left: Vec<(&str, &str)> = old.iter().map(|e| (e.code, e.message.as_str())).collect();
    new.iter().filter(|e| e.code != code::EMPTY_TEXT).all(|e| {
        let found = left.iter().position(|l| *l == (e.code, e.message.as_str()));
        found.map(|at| left.swap_remove(at)).is_some()
    })
}

/// A change with those of parts of a rule written as what the rule says then.
fn resolved<'c>(form: &Form, change: &'c Change) -> Result<Cow<'c, Change>, Reason> {
    let at = match change {
        Change::Negate { at, .. }
        | Change::SetValues { at, .. }
        | Change::AddValues { at, .. }
        | Change::RemoveValue { at, .. } => *at,
        _ => return Ok(Cow::Borrowed(change)),
    };
    let rule = form.blocks.get(at.block).and_then(|b| b.groups.get(at.group)).and_then(|g| g.rules.get(at.rule));
    let mut data = rule.ok_or(Reason::NoSuchPlace)?.data.clone();
    match change {
        Change::Negate { negated, .. } => data.negated = *negated,
        Change::SetValues { values, .. } => list(&mut data)?.clone_from(values),
        Change::AddValues { value, values, .. } => {
            let list = list(&mut data)?;
            let tail = list.get(*value..).ok_or(Reason::NoSuchPlace)?.to_vec();
            list.truncate(*value);
            list.extend(values.iter().cloned().chain(tail));
        }
        Change::RemoveValue { value, .. } => {
            let list = list(&mut data)?;
            list.get(*value).ok_or(Reason::NoSuchPlace)?;
            list.remove(*value);
        }
        _ => {}
    }
    Ok(Cow::Owned(Change::SetRule { at, data }))
}

fn list(data: &mut RuleData) -> Result<&mut Vec<Value>, Reason> {
    match data.test.as_mut().map(|test| &mut test.operand) {
        Some(Operand::List { values }) => Ok(values),
        _ => Err(Reason::NoList),
    }
}
