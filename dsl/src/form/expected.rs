//! A change made in the form as data: what the new text must read as. The text's edits know nothing of this.

use super::change::{Change, GroupAt, RuleAt};
use super::data::{Block, Comment, Form, Group, Place, Rule, RuleData};
use crate::code;
use crate::diagnostic::Span;
use crate::registry::ContentType;

/// The form after a change, without places in the text; `lost`, by place, are comments that go with values that are
/// taken out. `None` where there is no such place.
pub(super) fn after(mut form: Form, change: &Change, lost: &[Span]) -> Option<Form> {
    if let Change::SetRule { at, .. } = change {
        let comments = &mut group(&mut form, at.block, at.group)?.rules.get_mut(at.rule)?.comments;
        comments.retain(|c| lost.binary_search_by_key(&c.span.start, |l| l.start).is_err());
    }
    let mut form = bare(form);
    match change {
        Change::SetRule { at, data } => {
            let rule = group(&mut form, at.block, at.group)?.rules.get_mut(at.rule)?;
            *rule = Rule::new(data.clone(), std::mem::take(&mut rule.comments), Span::default());
        }
        Change::Negate { .. } | Change::SetValues { .. } | Change::AddValues { .. } | Change::RemoveValue { .. } => {
            return None;
        }
        Change::AddRule { at, data } => put_rule(&mut form, *at, new_rule(data))?,
        Change::RemoveRule { at } => {
            take_rule(&mut form, *at)?;
        }
        Change::MoveRule { at, to } => move_rule(&mut form, *at, *to)?,
        Change::SetTitle { at, title } => group(&mut form, at.block, at.group)?.title.clone_from(title),
        Change::AddGroup { at, title, data } => {
            put(&mut form.blocks.get_mut(at.block)?.groups, at.group, new_group(title.clone(), data))?;
        }
        Change::RemoveGroup { at } => {
            take(&mut form.blocks.get_mut(at.block)?.groups, at.group)?;
        }
        Change::MoveGroup { at, to } => move_group(&mut form, *at, *to)?,
        Change::DuplicateGroup { at } => {
            let copy = group(&mut form, at.block, at.group)?.clone();
            put(&mut form.blocks.get_mut(at.block)?.groups, at.group + 1, copy)?;
        }
        Change::AddBlock { block, content_type, data } => {
            let mut new = Block {
                canonical_type: ContentType::from_name(content_type),
                content_type: content_type.clone(),
                groups: vec![new_group(None, data)],
                comments: Vec::new(),
                span: Span::default(),
            };
            // Comments of a text without blocks stand above the first one.
            if form.blocks.is_empty() {
                let above = std::mem::take(&mut form.comments).into_iter();
                new.comments.extend(above.map(|c| Comment { place: Place::Before, ..c }));
            }
            put(&mut form.blocks, *block, new)?;
        }
        Change::RemoveBlock { block } => {
            take(&mut form.blocks, *block)?;
        }
    }
    Some(form)
}

/// A form without places in the text, and without the error that says that there is nothing.
pub(super) fn bare(mut form: Form) -> Form {
    let clear = |comments: &mut Vec<Comment>| comments.iter_mut().for_each(|c| c.span = Span::default());
    clear(&mut form.comments);
    for block in &mut form.blocks {
        block.span = Span::default();
        clear(&mut block.comments);
        for group in &mut block.groups {
            group.span = Span::default();
            clear(&mut group.comments);
            for rule in &mut group.rules {
                rule.span = Span::default();
                clear(&mut rule.comments);
            }
        }
    }
    form.errors.retain(|e| e.code != code::EMPTY_TEXT);
    form
}

fn new_rule(data: &RuleData) -> Rule {
    Rule::new(data.clone(), Vec::new(), Span::default())
}

fn new_group(title: Option<String>, data: &RuleData) -> Group {
    Group { title, rules: vec![new_rule(data)], comments: Vec::new(), span: Span::default() }
}

fn group(form: &mut Form, block: usize, group: usize) -> Option<&mut Group> {
    form.blocks.get_mut(block)?.groups.get_mut(group)
}

fn put<T>(list: &mut Vec<T>, at: usize, new: T) -> Option<()> {
    (at <= list.len()).then(|| list.insert(at, new))
}

fn take<T>(list: &mut Vec<T>, at: usize) -> Option<T> {
    (at < list.len()).then(|| list.remove(at))
}

fn put_rule(form: &mut Form, at: RuleAt, rule: Rule) -> Option<()> {
    let group = group(form, at.block, at.group)?;
    put(&mut group.rules, at.rule, rule)?;
    raise(group);
    Some(())
}

/// Takes a rule out; a group without rules goes.
fn take_rule(form: &mut Form, at: RuleAt) -> Option<Rule> {
    let group = group(form, at.block, at.group)?;
    let rule = take(&mut group.rules, at.rule)?;
    raise(group);
    if group.rules.is_empty() {
        take(&mut form.blocks.get_mut(at.block)?.groups, at.group)?;
    }
    Some(rule)
}

/// What stands above a group's first rule is the group's.
fn raise(group: &mut Group) {
    let Some(first) = group.rules.first_mut() else { return };
    let count = first.comments.iter().take_while(|c| c.place == Place::Before).count();
    let above = group.comments.iter().take_while(|c| c.place == Place::Before).count();
    group.comments.splice(above..above, first.comments.drain(..count));
}

fn move_rule(form: &mut Form, at: RuleAt, to: RuleAt) -> Option<()> {
    let same = (at.block, at.group) == (to.block, to.group);
    if same && (to.rule == at.rule || to.rule == at.rule + 1) {
        return Some(());
    }
    // The first rule's comments stay the group's; those of the rule that comes first then become it.
    let source = group(form, at.block, at.group)?;
    let mut rule = source.rules.get(at.rule)?.clone();
    // A group that loses its only rule goes, and its comments go with the rule.
    if source.rules.len() == 1 {
        let above = source.comments.iter().map(|c| Comment { place: Place::Before, ..c.clone() });
        rule.comments.splice(0..0, above);
    }
    put_rule(form, to, rule)?;
    let shift = usize::from(same && to.rule <= at.rule);
    take_rule(form, RuleAt { rule: at.rule + shift, ..at })?;
    Some(())
}

fn move_group(form: &mut Form, at: GroupAt, to: GroupAt) -> Option<()> {
    if at.block == to.block && (to.group == at.group || to.group == at.group + 1) {
        return Some(());
    }
    let copy = group(form, at.block, at.group)?.clone();
    put(&mut form.blocks.get_mut(to.block)?.groups, to.group, copy)?;
    let shift = usize::from(at.block == to.block && to.group <= at.group);
    take(&mut form.blocks.get_mut(at.block)?.groups, at.group + shift)?;
    Some(())
}
