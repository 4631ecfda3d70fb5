//! The form: it lies in its text, and changes of it, whatever they are, leave a text whose form is what was asked for.

use crate::{lies_in, well_formed};
use penstock_dsl::diagnostic::{Span, apply};
use penstock_dsl::form::{Block, Change, Form, GroupAt, Operand, Rule, RuleAt, RuleData, Value, change, form};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bytes that choose one change.
const DICE_BYTES: usize = 8;
/// More changes than this are not made of one text.
const CHANGES_MAX: usize = 4;

/// An input's dice and its text. A first byte that is no sign says how many changes there are, and each takes
/// [`DICE_BYTES`]; other inputs, such as the seeds, are texts, and a hash of the text chooses.
pub fn split(input: &[u8]) -> Option<(Vec<u8>, &str)> {
    let (&count, rest) = input.split_first()?;
    if usize::from(count) > CHANGES_MAX {
        let text = std::str::from_utf8(input).ok()?;
        return Some((hashed(text), text));
    }
    let (dice, text) = rest.split_at_checked(usize::from(count) * DICE_BYTES)?;
    Some((dice.to_vec(), std::str::from_utf8(text).ok()?))
}

/// Dice that a text chooses itself, the same for the same text.
pub fn hashed(text: &str) -> Vec<u8> {
    let one = |n: usize| {
        let mut hasher = DefaultHasher::new();
        (n, text).hash(&mut hasher);
        hasher.finish().to_le_bytes()
    };
    (0..CHANGES_MAX).flat_map(one).collect()
}

/// Asserts what every form promises, and every change of it; `dice` choose the changes, made one after the other.
pub fn holds(text: &str, dice: &[u8]) {
    let mut text = text.to_owned();
    let mut before = reads(&text);
    for dice in dice.chunks_exact(DICE_BYTES).take(CHANGES_MAX) {
        let Some(one) = Dice { dice, form: &before }.change() else { continue };
        // A refused change leaves everything as it was; the next one may be made.
        let Ok(changed) = change(&text, std::slice::from_ref(&one)) else { continue };
        assert_eq!(apply(&text, &changed.edits), changed.text, "the edits do not lead to the new text");
        let after = reads(&changed.text);
        assert!(after.complete || !before.complete || changed.text.trim().is_empty(), "{one:?}");
        asked(&before, &one, &after);
        (text, before) = (changed.text, after);
    }
}

/// The form of a text, with what every form promises.
fn reads(text: &str) -> Form {
    let form = form(text);
    well_formed(text, &form.errors);
    assert!(form.complete || !form.errors.is_empty(), "something is left out and nothing says so");
    let spans = form.blocks.iter().flat_map(|b| b.groups.iter().map(|g| g.span).chain([b.span]));
    spans.for_each(|span: Span| lies_in(text, span));
    form
}

/// What a form says: of each block its groups, of each group its title and rules.
type Said = Vec<Vec<(Option<String>, Vec<RuleData>)>>;

fn said(form: &Form) -> Said {
    let rules = |rules: &[Rule]| rules.iter().map(|rule| rule.data.clone()).collect();
    let groups = |block: &Block| block.groups.iter().map(|g| (g.title.clone(), rules(&g.rules))).collect();
    form.blocks.iter().map(groups).collect()
}

/// Asserts that the form after a change is the form before it with the change made, worked out on plain lists.
fn asked(before: &Form, one: &Change, after: &Form) {
    let mut want = said(before);
    make(&mut want, one);
    assert_eq!(said(after), want, "{one:?}");
}

fn make(said: &mut Said, one: &Change) {
    match one {
        Change::SetRule { at, data } => *rule(said, *at) = data.clone(),
        Change::Negate { at, negated } => rule(said, *at).negated = *negated,
        Change::SetValues { at, values } => list(said, *at).clone_from(values),
        Change::AddValues { at, value, values } => {
            list(said, *at).splice(value..value, values.iter().cloned());
        }
        Change::RemoveValue { at, value } => {
            list(said, *at).remove(*value);
        }
        Change::AddRule { at, data } => said[at.block][at.group].1.insert(at.rule, data.clone()),
        Change::RemoveRule { at } => take_rule(said, *at),
        Change::MoveRule { at, to } => move_rule(said, *at, *to),
        Change::SetTitle { at, title } => said[at.block][at.group].0.clone_from(title),
        Change::AddGroup { at, title, data } => {
            said[at.block].insert(at.group, (title.clone(), vec![data.clone()]));
        }
        Change::RemoveGroup { at } => {
            said[at.block].remove(at.group);
        }
        Change::MoveGroup { at, to } => {
            let group = said[at.block].remove(at.group);
            let earlier = at.block == to.block && at.group < to.group;
            said[to.block].insert(to.group - usize::from(earlier), group);
        }
        Change::DuplicateGroup { at } => {
            let group = said[at.block][at.group].clone();
            said[at.block].insert(at.group, group);
        }
        Change::AddBlock { block, data, .. } => said.insert(*block, vec![(None, vec![data.clone()])]),
        Change::RemoveBlock { block } => {
            said.remove(*block);
        }
    }
}

fn rule(said: &mut Said, at: RuleAt) -> &mut RuleData {
    &mut said[at.block][at.group].1[at.rule]
}

fn list(said: &mut Said, at: RuleAt) -> &mut Vec<Value> {
    match rule(said, at).test.as_mut().map(|test| &mut test.operand) {
        Some(Operand::List { values }) => values,
        other => panic!("values of no list were changed: {other:?}"),
    }
}

/// A group without rules goes.
fn take_rule(said: &mut Said, at: RuleAt) {
    said[at.block][at.group].1.remove(at.rule);
    if said[at.block][at.group].1.is_empty() {
        said[at.block].remove(at.group);
    }
}

fn move_rule(said: &mut Said, at: RuleAt, to: RuleAt) {
    let same = (at.block, at.group) == (to.block, to.group);
    if same && (to.rule == at.rule || to.rule == at.rule + 1) {
        return;
    }
    let moved = rule(said, at).clone();
    said[to.block][to.group].1.insert(to.rule, moved);
    let shift = usize::from(same && to.rule <= at.rule);
    take_rule(said, RuleAt { rule: at.rule + shift, ..at });
}

/// The bytes that choose one change of a form: which, where, where to, and of what.
struct Dice<'a> {
    dice: &'a [u8],
    form: &'a Form,
}

impl Dice<'_> {
    fn number(&self, at: usize) -> usize {
        usize::from(self.dice[at])
    }

    /// A place that is mostly there, and sometimes one too far.
    fn place(&self, at: usize) -> RuleAt {
        let [block, group, rule] = [self.number(at) & 15, self.number(at) >> 4, self.number(at + 1)];
        let blocks = &self.form.blocks;
        let block = block % (blocks.len() + 1);
        let groups = blocks.get(block).map_or(&[][..], |b| &b.groups);
        let group = group % (groups.len() + 1);
        let rules = groups.get(group).map_or(0, |g| g.rules.len());
        RuleAt { block, group, rule: rule % (rules + 1) }
    }

    fn group(&self, at: usize) -> GroupAt {
        let RuleAt { block, group, .. } = self.place(at);
        GroupAt { block, group }
    }

    /// A rule of the form, or one that every form may take.
    fn data(&self) -> RuleData {
        let mut rules = self.form.blocks.iter().flat_map(|b| &b.groups).flat_map(|g| &g.rules);
        let count = rules.clone().count();
        let data = rules.nth(self.number(6) % (count + 1)).map(|rule| rule.data.clone());
        data.unwrap_or(RuleData { negated: false, test: None })
    }

    /// Values of the form's lists, and a few others.
    fn values(&self) -> Vec<Value> {
        let mut values = match self.data().test.map(|test| test.operand) {
            Some(Operand::List { values }) => values,
            Some(Operand::Value { value }) => vec![value],
            _ => Vec::new(),
        };
        let text = |text: &str| Value::Text { text: text.to_owned() };
        match self.number(7) % 8 {
            0 => values.clear(),
            1 => values.reverse(),
            2 => values.insert(0, text("// \"\\\u{301}\r\n")),
            3 => values.push(Value::Money { currency: "HKD".to_owned(), amount: "5.50".to_owned() }),
            4 => values.push(Value::Now { offset: Some("-1d".to_owned()) }),
            5 => values.truncate(self.number(5)),
            _ => values.push(text("a")),
        }
        values
    }

    fn title(&self) -> Option<String> {
        let title = ["t", "", "// \"\\\u{301}\n"].get(self.number(7) % 4);
        title.map(|title| (*title).to_owned())
    }

    /// The change; `None` where the form has no rule that the change needs.
    fn change(&self) -> Option<Change> {
        let (at, to) = (self.place(1), self.place(3));
        let (group, to_group) = (self.group(1), self.group(3));
        let odd = self.number(5) % 2 == 1;
        Some(match self.number(0) % 15 {
            0 => Change::SetRule { at, data: RuleData { negated: odd, ..self.data() } },
            1 => Change::Negate { at, negated: odd },
            2 => Change::SetValues { at: self.with_list()?, values: self.values() },
            3 => Change::AddValues { at: self.with_list()?, value: self.number(3) % 4, values: self.values() },
            4 => Change::RemoveValue { at: self.with_list()?, value: self.number(3) % 4 },
            5 => Change::AddRule { at, data: self.data() },
            6 => Change::RemoveRule { at },
            7 => Change::MoveRule { at, to },
            8 => Change::SetTitle { at: group, title: self.title() },
            9 => Change::AddGroup { at: group, title: self.title(), data: self.data() },
            10 => Change::RemoveGroup { at: group },
            11 => Change::MoveGroup { at: group, to: to_group },
            12 => Change::DuplicateGroup { at: group },
            13 => Change::AddBlock { block: at.block, content_type: "BENEFIT".to_owned(), data: self.data() },
            _ => Change::RemoveBlock { block: at.block },
        })
    }

    /// A rule with a list.
    fn with_list(&self) -> Option<RuleAt> {
        let is_list =
            |rule: &Rule| matches!(&rule.data.test, Some(test) if matches!(test.operand, Operand::List { .. }));
        let mut lists = Vec::new();
        for (block, b) in self.form.blocks.iter().enumerate() {
            for (group, g) in b.groups.iter().enumerate() {
                let rules = g.rules.iter().enumerate().filter(|(_, rule)| is_list(rule));
                lists.extend(rules.map(|(rule, _)| RuleAt { block, group, rule }));
            }
        }
        lists.get(self.number(1) % lists.len().max(1)).copied()
    }
}
