//! A text as it is laid out: the tree, and which comment belongs to what.
//!
//! Blocks, the groups of a block, the rules of a group and the values of a list are each a [`Sequence`]: elements with
//! gaps around them that hold white space, comments and a joiner. Invariant: a comment outside of rules belongs to one
//! thing alone. What stands behind an element on its last line is the element's, and so is what stands on lines of its
//! own above it; what stands above a group's first rule is the group's.

use crate::ast;
use crate::diagnostic::Span;
use crate::lexeme::{Lexeme, comments, lexemes};
use crate::limits::TEXT_BYTES_MAX;
use crate::tree::{Tree, tree};

/// A text, its tree and its layout. All lists are by place.
pub(super) struct Reading<'a> {
    pub text: &'a str,
    pub tree: Tree,
    pub blocks: Sequence,
    /// One a block.
    pub groups: Vec<Sequence>,
    /// One a group of each block.
    pub rules: Vec<Vec<Sequence>>,
    /// The text's line end.
    pub new_line: &'static str,
    lexemes: Vec<Lexeme>,
    comments: Vec<Span>,
}

/// What a sequence is made of; decides its joiner and whose the comments at its ends are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Blocks,
    Groups,
    Rules,
    Values,
}

impl Sort {
    /// What stands between two elements.
    pub fn joiner(self) -> &'static str {
        match self {
            Sort::Blocks => "",
            Sort::Groups => "or",
            Sort::Rules => "and",
            Sort::Values => ",",
        }
    }
}

/// Elements and the gaps around them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence {
    pub sort: Sort,
    pub elements: Vec<Element>,
    /// One more than elements.
    pub gaps: Vec<Gap>,
    /// The comment behind what opens a sequence of groups, on its line.
    pub opening: Option<Span>,
    /// The comments of the last gap that are not the last element's.
    pub rest: Vec<Span>,
}

/// One element and the comments outside of it that are its own.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub before: Vec<Span>,
    pub span: Span,
    pub after: Option<Span>,
}

/// What stands between two elements, or at an end.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    pub span: Span,
    pub joiner: Option<Span>,
    pub comments: Vec<Span>,
    /// Whether nothing else stands here.
    pub whole: bool,
}

impl<'a> Reading<'a> {
    /// Reads a text.
    pub fn new(text: &'a str) -> Self {
        let tree = tree(text);
        let lexemes = if text.len() > TEXT_BYTES_MAX { Vec::new() } else { lexemes(text, &mut Vec::new()) };
        let comments = if text.len() > TEXT_BYTES_MAX { Vec::new() } else { comments(text, &lexemes) };
        let blocks = Sequence::default();
        let new_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let (groups, rules) = (Vec::new(), Vec::new());
        let mut reading = Reading { text, tree, blocks, groups, rules, new_line, lexemes, comments };
        let blocks = &reading.tree.rule_set.blocks;
        let spans: Vec<Span> = blocks.iter().map(|b| b.span).collect();
        reading.blocks = reading.sequence(Sort::Blocks, &spans, Span { start: 0, end: text.len() });
        reading.groups = blocks.iter().map(|b| reading.groups_of(b)).collect();
        reading.rules = blocks.iter().map(|b| b.groups.iter().map(|g| reading.rules_of(g)).collect()).collect();
        reading
    }

    fn groups_of(&self, block: &ast::Block) -> Sequence {
        let spans: Vec<Span> = block.groups.iter().map(|g| g.span).collect();
        self.sequence(Sort::Groups, &spans, block.body)
    }

    /// The rules of a group; the gaps at its ends reach to the neighbouring lexemes.
    fn rules_of(&self, group: &ast::Group) -> Sequence {
        let spans: Vec<Span> = group.rules.iter().map(|r| r.span).collect();
        let (start, end) = (spans.first().map_or(0, |s| s.start), spans.last().map_or(0, |s| s.end));
        let before = self.lexemes.partition_point(|l| l.span.start < start).checked_sub(1);
        let start = before.map_or(0, |at| self.lexemes[at].span.end);
        let next = self.lexemes.partition_point(|l| l.span.start < end);
        let end = self.lexemes.get(next).map_or(self.text.len(), |l| l.span.start);
        self.sequence(Sort::Rules, &spans, Span { start, end })
    }

    /// The values of a list; `list` is the place of its parentheses.
    pub fn values_of(&self, values: &[ast::Value], list: Span) -> Sequence {
        let spans: Vec<Span> = values.iter().map(|v| v.span).collect();
        self.sequence(Sort::Values, &spans, Span { start: list.start + 1, end: list.end - 1 })
    }

    fn sequence(&self, sort: Sort, spans: &[Span], bounds: Span) -> Sequence {
        let starts = std::iter::once(bounds.start).chain(spans.iter().map(|s| s.end));
        let ends = spans.iter().map(|s| s.start).chain([bounds.end]);
        let inner = 1..spans.len();
        let gaps = starts.zip(ends).enumerate().map(|(at, (start, end))| {
            let trailing = sort == Sort::Values && at == spans.len() && at > 0;
            self.gap(Span { start, end: end.max(start) }, sort, inner.contains(&at), trailing)
        });
        let mut sequence = Sequence { sort, gaps: gaps.collect(), ..Sequence::default() };
        sequence.opening = self.on_line(&sequence.gaps[0], sort).filter(|_| sort == Sort::Groups);
        sequence.elements = spans.iter().enumerate().map(|(at, &span)| self.element(&sequence, at, span)).collect();
        let taken = match sequence.elements.last() {
            Some(last) => last.after.is_some(),
            None => sequence.opening.is_some(),
        };
        sequence.rest = sequence.gaps[spans.len()].comments[usize::from(taken)..].to_vec();
        sequence
    }

    fn gap(&self, span: Span, sort: Sort, joined: bool, may_be_joined: bool) -> Gap {
        let first = self.lexemes.partition_point(|l| l.span.start < span.start);
        let last = self.lexemes.partition_point(|l| l.span.start < span.end);
        let lexemes = &self.lexemes[first..last];
        let is_joiner = |l: &&Lexeme| l.span.of(self.text).eq_ignore_ascii_case(sort.joiner());
        let joiner = lexemes.first().filter(|l| lexemes.len() == 1 && (joined || may_be_joined) && is_joiner(l));
        let whole = match joined && sort != Sort::Blocks {
            true => joiner.is_some(),
            false => lexemes.len() == usize::from(joiner.is_some()),
        };
        Gap { span, joiner: joiner.map(|l| l.span), comments: self.between(span).to_vec(), whole }
    }

    fn element(&self, sequence: &Sequence, at: usize, span: Span) -> Element {
        let before = &sequence.gaps[at];
        let others = match (at, sequence.sort) {
            (0, Sort::Rules | Sort::Values) => before.comments.len(),
            (0, Sort::Groups) => usize::from(sequence.opening.is_some()),
            (0, Sort::Blocks) => 0,
            _ => usize::from(self.on_line(before, sequence.sort).is_some()),
        };
        let after = self.on_line(&sequence.gaps[at + 1], sequence.sort);
        Element { before: before.comments[others..].to_vec(), span, after }
    }

    /// The comment of a gap that stands on the line where the gap begins. One behind `or` looks ahead.
    fn on_line(&self, gap: &Gap, sort: Sort) -> Option<Span> {
        let first = *gap.comments.first()?;
        let same_line = !self.text[gap.span.start..first.start].contains(['\n', '\r']);
        let looks_ahead = sort == Sort::Groups && gap.joiner.is_some_and(|j| j.start < first.start);
        (same_line && !looks_ahead).then_some(first)
    }

    /// The comments within a span.
    pub fn between(&self, span: Span) -> &[Span] {
        let first = self.comments.partition_point(|c| c.start < span.start);
        let last = self.comments.partition_point(|c| c.start < span.end).max(first);
        &self.comments[first..last]
    }

    /// The lexeme that begins at a place or behind it.
    pub fn next_lexeme(&self, at: usize) -> Option<Span> {
        let next = self.lexemes.partition_point(|l| l.span.start < at);
        self.lexemes.get(next).map(|l| l.span)
    }
}
