//! Text to as much of a tree as can be had: the whole at once where it parses, else block by block and rule by rule, so
//! that one slip hides no other.
//!
//! Invariants: a text that the grammar takes as a whole gives that tree and no finding of syntax; one that it does not
//! take gives at least one error. Where a piece was reported already, what follows from it is not reported again.

use crate::ast::{Block, Group, Rule, RuleSet, Spanned};
use crate::code;
use crate::diagnostic::{Diagnostic, Edit, Fix, Span};
use crate::lexeme::{Lexeme, Shape, lexemes};
use crate::limits::DIAGNOSTICS_MAX;
use crate::parser::{self, Stop};
use crate::registry::ContentType;
use crate::syntax;
use std::collections::BTreeSet;
use std::ops::Range;

/// Parses a text; where it has an error of syntax, the tree holds what could be read around it.
pub fn parse(text: &str, findings: &mut Vec<Diagnostic>) -> RuleSet {
    let found = findings.len();
    let lexemes = lexemes(text, findings);
    if lexemes.is_empty() {
        let message = "there is no rule here yet; write a block, such as `STORE { all }`";
        findings.push(Diagnostic::error(code::EMPTY_TEXT, Span { start: 0, end: 0 }, message));
        return RuleSet::default();
    }
    let stop = match findings.len() == found {
        true => match parser::parse_rule_set(text, findings) {
            Ok(tree) => return tree,
            Err(stop) => Some(stop),
        },
        false => None,
    };
    let mut recovery = Recovery { text, lexemes: &lexemes, at: 0, findings };
    let tree = recovery.rule_set();
    if let (Some(stop), true) = (stop, findings.len() == found) {
        // The two ways disagree; the grammar is right.
        findings.push(syntax::error(text, &lexemes, &stop));
    }
    tree
}

/// A walk over the lexemes of a text that does not parse as a whole.
struct Recovery<'a> {
    text: &'a str,
    lexemes: &'a [Lexeme],
    at: usize,
    findings: &'a mut Vec<Diagnostic>,
}

impl<'a> Recovery<'a> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.findings.push(Diagnostic::error(code, span, message));
    }

    /// Reports that something else was expected at this lexeme, or at the text's end.
    fn expected(&mut self, at: usize, expected: &'static str) {
        let start = self.lexemes.get(at).map_or(self.text.len(), |l| l.span.start);
        let stop = Stop { at: start, expected: vec![expected] };
        self.findings.push(syntax::error(self.text, self.lexemes, &stop));
    }

    fn is_full(&self) -> bool {
        self.findings.len() > 2 * DIAGNOSTICS_MAX
    }

    fn rule_set(&mut self) -> RuleSet {
        let mut tree = RuleSet::default();
        while self.at < self.lexemes.len() && !self.is_full() {
            let content_type = self.header();
            if self.at >= self.lexemes.len() {
                break;
            }
            let open = self.at;
            let end = self.block_end(open);
            let groups = Body::new(self, open + 1..end).read();
            let body = Span {
                start: self.lexemes[open].span.end,
                end: self.lexemes.get(end).map_or(self.text.len(), |l| l.span.start),
            };
            let closed = self.lexemes.get(end).is_some_and(|l| l.shape == Shape::Sign('}'));
            self.at = if closed { end + 1 } else { end };
            // A block that lost its type was reported; the check need not ask for it.
            if let Some(content_type) = content_type {
                let (groups, lost) = groups.map_or((Vec::new(), true), |groups| (groups, false));
                let span = content_type.span.to(Span { start: body.end, end: body.end + usize::from(closed) });
                tree.blocks.push(Block { content_type, groups, lost, body, span });
            }
        }
        tree
    }

    /// What stands before `{`: one word. Leaves the position at the `{`, or at the end.
    fn header(&mut self) -> Option<Spanned<String>> {
        let start = self.at;
        let rest = &self.lexemes[start..];
        let length = rest.iter().position(|l| l.shape == Shape::Sign('{')).unwrap_or(rest.len());
        self.at = start + length;
        let header = &rest[..length];
        let closed = self.at < self.lexemes.len();
        let names_type = |offset: usize| offset < length && self.is_type(start + offset);
        match header {
            [one] if one.shape == Shape::Word && closed => {}
            [one] if one.shape == Shape::Word => self.expected(self.at, "`{`"),
            [first, ..] if first.shape == Shape::Sign('}') => {
                self.error(code::UNBALANCED, first.span, "no block is open here; remove this `}`");
            }
            [first, ..] if first.shape == Shape::Broken => {}
            [_, ..] if names_type(0) => self.expected(start + 1, "`{`"),
            _ => self.expected(start, syntax::CONTENT_TYPE),
        }
        let named = if length > 1 && self.is_type(start + length - 1) { header.last() } else { header.first() };
        let word = named.filter(|l| l.shape == Shape::Word);
        word.map(|l| Spanned { node: l.span.of(self.text).to_owned(), span: l.span })
    }

    /// The lexeme that ends the block opened at `open`: its `}`, the name of a next block, or the text's end.
    fn block_end(&mut self, open: usize) -> usize {
        let mut depth = 0usize;
        for at in open + 1..self.lexemes.len() {
            match self.lexemes[at].shape {
                Shape::Sign('}') if depth == 0 => return at,
                Shape::Sign('}') => depth -= 1,
                Shape::Sign('{') if self.is_type(at - 1) => {
                    self.unclosed_block(open, at - 1);
                    return at - 1;
                }
                Shape::Sign('{') => depth += 1,
                _ => {}
            }
        }
        self.unclosed_block(open, self.lexemes.len());
        self.lexemes.len()
    }

    fn unclosed_block(&mut self, open: usize, end: usize) {
        let hidden = |l: &Lexeme| l.shape == Shape::Broken && l.span.of(self.text).contains('}');
        if self.lexemes[open..end].iter().any(hidden) {
            return;
        }
        let at = self.lexemes[end - 1].span.end;
        let finding = Diagnostic::error(code::UNBALANCED, self.lexemes[open].span, "this `{` has no `}`");
        self.findings.push(finding.fix("close the block", Span { start: at, end: at }, "\n}"));
    }

    /// Whether the lexeme is this keyword, and no part of a path.
    fn is_keyword(&self, at: usize, keyword: &str) -> bool {
        let lexeme = &self.lexemes[at];
        let before = &self.text[..lexeme.span.start];
        let in_path = before.ends_with(['.', '@']) && !before.ends_with("..");
        lexeme.shape == Shape::Word && !in_path && lexeme.span.of(self.text).eq_ignore_ascii_case(keyword)
    }

    /// Whether a parenthesis follows something it can belong to: an operator, or `now`. Others stand around rules.
    fn opens_list(&self, at: usize) -> bool {
        let before = self.lexemes[at - 1];
        match before.shape {
            Shape::Word => !["and", "or", "not"].iter().any(|word| self.is_keyword(at - 1, word)),
            Shape::Sign(c) => !matches!(c, '{' | '(' | ':'),
            Shape::Text | Shape::Quoted | Shape::Broken => true,
        }
    }

    /// Parentheses that do not stand around a whole group; without them is what was meant, if they do no work.
    fn nested(&mut self, open: usize, close: usize) {
        let (first, last) = (self.lexemes[open].span, self.lexemes[close].span);
        let message = "parentheses stand only around a whole group: a block is groups joined by `or`, a group is rules joined by `and`";
        let mut finding = Diagnostic::error(code::NESTED, first, message);
        let needed = self.is_keyword(open - 1, "not") || (open..close).any(|at| self.is_keyword(at, "or"));
        if !needed {
            let edits = vec![Edit { span: first, text: String::new() }, Edit { span: last, text: String::new() }];
            finding.fixes.push(Fix { title: "remove the parentheses".to_owned(), edits });
        }
        self.findings.push(finding);
    }

    fn is_type(&self, at: usize) -> bool {
        let lexeme = &self.lexemes[at];
        let word = lexeme.span.of(self.text);
        lexeme.shape == Shape::Word && (ContentType::from_name(word).is_some() || word.eq_ignore_ascii_case("SKU"))
    }
}

/// A block's body, cut flatly: at each `or` into groups, at each `and` into rules. Ranges are of lexemes.
struct Body<'r, 'a> {
    recovery: &'r mut Recovery<'a>,
    groups: Vec<Vec<Range<usize>>>,
    /// Parentheses that are no list's, opening and closing ones; no piece contains them.
    structural: BTreeSet<usize>,
    lost: bool,
}

impl<'r, 'a> Body<'r, 'a> {
    fn new(recovery: &'r mut Recovery<'a>, lexemes: Range<usize>) -> Self {
        let mut groups = vec![Vec::new()];
        let mut start = lexemes.start;
        for at in lexemes.clone() {
            let or = recovery.is_keyword(at, "or");
            if or || recovery.is_keyword(at, "and") {
                groups.last_mut().into_iter().for_each(|g: &mut Vec<_>| g.push(start..at));
                groups.extend(or.then(Vec::new));
                start = at + 1;
            }
        }
        groups.last_mut().into_iter().for_each(|g| g.push(start..lexemes.end));
        Body { recovery, groups, structural: BTreeSet::new(), lost: false }
    }

    /// The groups; `None` where rules could not be read and none is left.
    fn read(mut self) -> Option<Vec<Group>> {
        let pieces = std::mem::take(&mut self.groups);
        let ends = pieces.first().and_then(|g| g.first()).zip(pieces.last().and_then(|g| g.last()));
        if ends.is_none_or(|(first, last)| first.start == last.end) {
            return Some(Vec::new());
        }
        let titles: Vec<_> = pieces.iter().map(|g| self.title(&g[0])).collect();
        self.parens(&pieces, &titles);
        let groups: Vec<Group> =
            pieces.iter().zip(titles).filter_map(|(rules, title)| self.group(rules, title)).collect();
        (!self.lost || !groups.is_empty()).then_some(groups)
    }

    /// A group's title, when it begins with one.
    fn title(&mut self, first: &Range<usize>) -> Option<Spanned<String>> {
        let lexemes = &self.recovery.lexemes[first.clone()];
        match lexemes {
            [text, colon, ..] if text.shape == Shape::Text && colon.shape == Shape::Sign(':') => {
                Some(parser::string(self.recovery.text, text.span, self.recovery.findings))
            }
            _ => None,
        }
    }

    /// Finds the parentheses that are no list's and reports those that do not stand around one whole group.
    fn parens(&mut self, pieces: &[Vec<Range<usize>>], titles: &[Option<Spanned<String>>]) {
        let mut open: Vec<(usize, bool)> = Vec::new();
        let mut innermost = 0;
        for (group, title) in pieces.iter().zip(titles) {
            let first = group[0].start + if title.is_some() { 2 } else { 0 };
            let last = group[group.len() - 1].end;
            for piece in group {
                for at in piece.clone() {
                    match self.recovery.lexemes[at].shape {
                        Shape::Sign('(') => open.push((at, self.recovery.opens_list(at))),
                        Shape::Sign(')') => {
                            if let Some((start, false)) = open.pop() {
                                self.structural.extend([start, at]);
                                // What stands around reported parentheses is reported with them.
                                if (start != first || at + 1 != last) && innermost <= start {
                                    innermost = start;
                                    self.recovery.nested(start, at);
                                }
                            }
                        }
                        _ => {}
                    }
                }
                // A list left open ends with its rule; reading the rule reports it.
                while open.last().is_some_and(|(_, list)| *list) {
                    open.pop();
                }
            }
        }
        for (start, _) in open {
            self.structural.insert(start);
            let span = self.recovery.lexemes[start].span;
            self.recovery.error(code::UNBALANCED, span, "this `(` has no `)`");
        }
    }

    fn group(&mut self, pieces: &[Range<usize>], title: Option<Spanned<String>>) -> Option<Group> {
        let skipped = if title.is_some() { 2 } else { 0 };
        let mut rules = Vec::new();
        for (i, piece) in pieces.iter().enumerate() {
            self.rule(piece.start + if i == 0 { skipped } else { 0 }..piece.end, &mut rules);
        }
        let (first, last) = (rules.first()?.span, rules.last()?.span);
        let span = title.as_ref().map_or(first, |title| title.span).to(last);
        Some(Group { title, rules, span })
    }

    /// Reads the rule of a piece, and what follows it where `and` is missing.
    fn rule(&mut self, mut piece: Range<usize>, rules: &mut Vec<Rule>) {
        let had_parens = piece.clone().any(|at| self.structural.contains(&at));
        while self.structural.contains(&piece.start) && !piece.is_empty() {
            piece.start += 1;
        }
        while !piece.is_empty() && self.structural.contains(&(piece.end - 1)) {
            piece.end -= 1;
        }
        let reported = |at| self.structural.contains(&at) || self.recovery.lexemes[at].shape == Shape::Broken;
        if piece.is_empty() && !had_parens {
            self.recovery.expected(piece.end, "a rule");
        }
        if piece.is_empty() || piece.clone().any(reported) {
            self.lost = true;
            return;
        }
        let mut rest = Some(piece.clone());
        while let Some(piece) = rest.filter(|_| !self.recovery.is_full()) {
            rest = self.parse(&piece, rules);
        }
    }

    /// Parses one rule; gives what follows it where that begins another.
    fn parse(&mut self, piece: &Range<usize>, rules: &mut Vec<Rule>) -> Option<Range<usize>> {
        let Recovery { text, lexemes, findings, .. } = &mut *self.recovery;
        let span = lexemes[piece.start].span.to(lexemes[piece.end - 1].span);
        let stop = match parser::parse_rule(span.of(text), span.start, findings) {
            Ok(rule) => {
                rules.push(rule);
                return None;
            }
            Err(stop) => stop,
        };
        self.lost = true;
        findings.push(syntax::error(text, lexemes, &stop));
        if !stop.after_rule() {
            return None;
        }
        // Up to the stop there is a whole rule.
        let before = text[span.start..stop.at].trim_end();
        rules.extend(parser::parse_rule(before, span.start, findings));
        let mut next = lexemes.partition_point(|l| l.span.end <= stop.at);
        while next < piece.end && matches!(lexemes[next].shape, Shape::Sign(',' | ';' | '&' | '|')) {
            next += 1;
        }
        let again = next > piece.start && next < piece.end && syntax::begins_rule(lexemes[next].span.of(text));
        again.then_some(next..piece.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types, titles and rules; the walk does not know where a group's parentheses stand.
    fn outline(tree: &RuleSet) -> Vec<(&str, Option<&str>, &[Rule])> {
        let groups = tree.blocks.iter().flat_map(|b| b.groups.iter().map(move |g| (b, g)));
        groups
            .map(|(b, g)| (b.content_type.node.as_str(), g.title.as_ref().map(|t| t.node.as_str()), g.rules.as_slice()))
            .collect()
    }

    /// The walk around errors must read what is right as the grammar reads it.
    #[test]
    fn both_ways_read_valid_texts_alike() {
        let cases = include_str!("../tests/cases/operators.rules").split("=== ").skip(1);
        let mut compared = 0;
        for text in cases.map(|case| case.split_once('\n').map_or("", |(_, text)| text)) {
            let mut findings = Vec::new();
            let Ok(whole) = parser::parse_rule_set(text, &mut findings) else { continue };
            let lexemes = lexemes(text, &mut findings);
            let walked = Recovery { text, lexemes: &lexemes, at: 0, findings: &mut findings }.rule_set();
            assert_eq!(outline(&walked), outline(&whole), "{text}");
            assert_eq!(findings, [], "{text}");
            compared += 1;
        }
        assert!(compared > 15);
    }
}
