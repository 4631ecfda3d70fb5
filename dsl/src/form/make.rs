//! One change as edits of the text: which sequence it touches, and what is put in or taken out.
//!
//! Where a group's only rule moves, its group goes, and the group's comments go with the rule.

use super::change::{Change, GroupAt, Reason, RuleAt};
use super::project::in_parens;
use super::reading::{Reading, Sequence};
use super::rule::RuleEdits;
use super::sequence::{Chunk, insertion};
use super::spell;
use crate::ast;
use crate::diagnostic::{Edit, Span};
use crate::print;

type Edits = Result<Vec<Edit>, Reason>;

impl Reading<'_> {
    /// The edits of a change; parts of rules are changed by [`Change::SetRule`] alone.
    pub fn make(&self, change: &Change) -> Result<RuleEdits, Reason> {
        let edits = match change {
            Change::SetRule { at, data } => return self.set_rule(self.rule_at(*at)?, data),
            Change::Negate { .. }
            | Change::SetValues { .. }
            | Change::AddValues { .. }
            | Change::RemoveValue { .. } => Err(Reason::DoesNotFit),
            Change::AddRule { at, data } => {
                let sequence = self.rules_at(at.block, at.group)?;
                self.put(sequence, at.rule, &Chunk { text: spell::rule(data)?, ..Chunk::default() })
            }
            Change::RemoveRule { at } => self.remove_rule(*at),
            Change::MoveRule { at, to } => self.move_rule(*at, *to),
            Change::SetTitle { at, title } => self.set_title(*at, title.as_deref()),
            Change::AddGroup { at, title, data } => {
                let title = title.as_ref().map(|t| print::string(t) + ": ").unwrap_or_default();
                let text = title + &spell::rule(data)?;
                self.put(self.groups_at(at.block)?, at.group, &Chunk { text, ..Chunk::default() })
            }
            Change::RemoveGroup { at } => self.take(self.groups_at(at.block)?, at.group),
            Change::MoveGroup { at, to } => self.move_group(*at, *to),
            Change::DuplicateGroup { at } => {
                let sequence = self.groups_at(at.block)?;
                let element = sequence.elements.get(at.group).ok_or(Reason::NoSuchPlace)?;
                self.put(sequence, at.group + 1, &self.chunk(element))
            }
            Change::AddBlock { block, content_type, data } => {
                let (line, rule) = (self.new_line, spell::rule(data)?);
                let text = format!("{content_type} {{{line}  {rule}{line}}}");
                self.put(&self.blocks, *block, &Chunk { text, ..Chunk::default() })
            }
            Change::RemoveBlock { block } => self.take(&self.blocks, *block),
        };
        Ok(RuleEdits { edits: edits?, lost: Vec::new() })
    }

    fn groups_at(&self, block: usize) -> Result<&Sequence, Reason> {
        self.groups.get(block).ok_or(Reason::NoSuchPlace)
    }

    fn rules_at(&self, block: usize, group: usize) -> Result<&Sequence, Reason> {
        self.rules.get(block).and_then(|b| b.get(group)).ok_or(Reason::NoSuchPlace)
    }

    fn group_at(&self, at: GroupAt) -> Result<&ast::Group, Reason> {
        let block = self.tree.rule_set.blocks.get(at.block);
        block.and_then(|b| b.groups.get(at.group)).ok_or(Reason::NoSuchPlace)
    }

    fn rule_at(&self, at: RuleAt) -> Result<&ast::Rule, Reason> {
        self.group_at(at.group())?.rules.get(at.rule).ok_or(Reason::NoSuchPlace)
    }

    fn put(&self, sequence: &Sequence, at: usize, chunk: &Chunk) -> Edits {
        if at > sequence.elements.len() {
            return Err(Reason::NoSuchPlace);
        }
        self.insert(sequence, at, chunk).map(|edit| vec![edit]).ok_or(Reason::NotRead)
    }

    fn take(&self, sequence: &Sequence, at: usize) -> Edits {
        if at >= sequence.elements.len() {
            return Err(Reason::NoSuchPlace);
        }
        self.remove(sequence, at..at + 1).ok_or(Reason::NotRead)
    }

    fn remove_rule(&self, at: RuleAt) -> Edits {
        let rules = self.rules_at(at.block, at.group)?;
        match rules.elements.len() {
            1 if at.rule == 0 => self.take(self.groups_at(at.block)?, at.group),
            _ => self.take(rules, at.rule),
        }
    }

    fn move_rule(&self, at: RuleAt, to: RuleAt) -> Edits {
        self.rule_at(at)?;
        let (from, into) = (self.rules_at(at.block, at.group)?, self.rules_at(to.block, to.group)?);
        if to.rule > into.elements.len() {
            return Err(Reason::NoSuchPlace);
        }
        if at.group() == to.group() && (to.rule == at.rule || to.rule == at.rule + 1) {
            return Ok(Vec::new());
        }
        let mut chunk = self.chunk(&from.elements[at.rule]);
        if from.elements.len() == 1 {
            chunk.before = self.group_comments(at.group())?.map(|c| c.of(self.text).trim_end().to_owned()).collect();
        }
        let mut edits = self.put(into, to.rule, &chunk)?;
        edits.extend(self.remove_rule(at)?);
        Ok(edits)
    }

    /// The comments that are a group's and not one of its rules'.
    fn group_comments(&self, at: GroupAt) -> Result<impl Iterator<Item = &Span>, Reason> {
        let (group, element) = (self.group_at(at)?, &self.groups_at(at.block)?.elements[at.group]);
        let rules = self.rules_at(at.block, at.group)?;
        let head = Span { start: group.span.start, end: rules.elements[0].span.start };
        let closing = in_parens(group).then(|| rules.rest.iter().chain(&element.after));
        Ok(element.before.iter().chain(self.between(head)).chain(closing.into_iter().flatten()))
    }

    fn move_group(&self, at: GroupAt, to: GroupAt) -> Edits {
        self.group_at(at)?;
        let (from, into) = (self.groups_at(at.block)?, self.groups_at(to.block)?);
        if to.group > into.elements.len() {
            return Err(Reason::NoSuchPlace);
        }
        if at.block == to.block && (to.group == at.group || to.group == at.group + 1) {
            return Ok(Vec::new());
        }
        let mut edits = self.put(into, to.group, &self.chunk(&from.elements[at.group]))?;
        edits.extend(self.take(from, at.group)?);
        Ok(edits)
    }

    fn set_title(&self, at: GroupAt, title: Option<&str>) -> Edits {
        let group = self.group_at(at)?;
        match (&group.title, title) {
            (Some(old), Some(new)) if old.node == new => Ok(Vec::new()),
            (Some(old), Some(new)) => Ok(vec![Edit { span: old.span, text: print::string(new) }]),
            (None, Some(new)) => Ok(vec![insertion(group.span.start, print::string(new) + ": ")]),
            (None, None) => Ok(Vec::new()),
            (Some(old), None) => self.remove_title(old.span),
        }
    }

    /// Removes a title with its colon and the space behind it.
    fn remove_title(&self, title: Span) -> Edits {
        let colon = self.next_lexeme(title.end).filter(|l| l.of(self.text) == ":").ok_or(Reason::NotRead)?;
        let between = self.between(Span { start: title.end, end: colon.start });
        let rest = &self.text[colon.end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let span = Span { start: title.start, end: colon.end + blank };
        // Comments that stood in or behind the title are the group's, and must not come to stand behind something else.
        let line = self.line(title.start);
        let mut text: String = between.iter().map(|c| [c.of(self.text).trim_end(), &line].concat()).collect();
        if (!text.is_empty() || self.text[span.end..].starts_with("//")) && !self.begins_line(title.start) {
            text.insert_str(0, &line);
        }
        Ok(vec![Edit { span, text }])
    }
}

impl RuleAt {
    fn group(self) -> GroupAt {
        GroupAt { block: self.block, group: self.group }
    }
}
