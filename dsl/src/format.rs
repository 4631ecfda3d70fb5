//! The one layout of a text (docs/language.md, Formatting): the tree is spelled by [`crate::print`] and laid out in lines,
//! and every comment is put back near what it stood at.
//!
//! Invariants: what comes out has the tree of what went in, but for places; it has its comments, in order; and it is laid
//! out already, so that formatting it again changes nothing. Meaning is not looked at.

mod comments;
mod group;

use crate::ast::{Block, RuleSet};
use crate::code;
use crate::diagnostic::{Diagnostic, Span};
use crate::lexeme::{Lexeme, lexemes};
use crate::limits::TEXT_BYTES_MAX;
use crate::tree::tree;
use comments::Comments;

/// Columns of a line, where rules and lists can be broken to keep to it. Each character counts as one.
const COLUMNS_MAX: usize = 100;

/// Lays a text out. Errors are those of its syntax, or that the text would be too long; what its names and values mean does
/// not matter. Never panics, and time grows with the text's length.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let tree = tree(text);
    if !tree.errors.is_empty() {
        return Err(tree.errors);
    }
    let lexemes = lexemes(text, &mut Vec::new());
    let comments = Comments::new(text, &lexemes);
    let mut layout = Layout { text, lexemes: &lexemes, comments, out: String::with_capacity(text.len()) };
    layout.rule_set(&tree.rule_set);
    match layout.out.len() {
        length if length > TEXT_BYTES_MAX => {
            let message =
                format!("the formatted text would be too long: {length} bytes, and at most {TEXT_BYTES_MAX} are read");
            Err(vec![Diagnostic::error(code::TEXT_TOO_LONG, Span { start: 0, end: 0 }, message)])
        }
        _ => Ok(layout.out),
    }
}

/// A walk over a tree in the text's order, so that the comments come in order too.
struct Layout<'t> {
    text: &'t str,
    lexemes: &'t [Lexeme],
    comments: Comments<'t>,
    out: String,
}

impl Layout<'_> {
    fn line(&mut self, indent: usize, line: &str, trailing: Option<&str>) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(line);
        if let Some(comment) = trailing {
            self.out.push(' ');
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }

    fn lines(&mut self, indent: usize, lines: &[&str]) {
        lines.iter().for_each(|line| self.line(indent, line, None));
    }

    fn rule_set(&mut self, tree: &RuleSet) {
        for (at, block) in tree.blocks.iter().enumerate() {
            let until = tree.blocks.get(at + 1).map_or(self.text.len(), |next| next.span.start);
            self.above(block.span.start, block.body.start);
            self.block(block, until);
        }
        self.above(self.text.len(), self.text.len());
    }

    /// The comments between blocks, up to `end`, and a blank line where one belongs: below a block, and where one stood. What
    /// follows them begins at `start`.
    fn above(&mut self, start: usize, end: usize) {
        let first = self.out.is_empty();
        let above = self.comments.paragraphs(start, end);
        for (at, (blank, comment)) in above.comments.iter().enumerate() {
            if if at == 0 { !first } else { *blank } {
                self.out.push('\n');
            }
            self.line(0, comment, None);
        }
        let is_last = start == self.text.len();
        if !is_last && if above.comments.is_empty() { !first } else { above.blank_after } {
            self.out.push('\n');
        }
    }

    fn block(&mut self, block: &Block, until: usize) {
        let first = block.groups.first().map_or(block.body.end, |g| g.span.start);
        let trailing = self.comments.trailing(block.body.start, first);
        self.line(0, &format!("{} {{", block.content_type.node.to_ascii_uppercase()), trailing);
        for (at, group) in block.groups.iter().enumerate() {
            let next = block.groups.get(at + 1);
            let or = next.map(|_| self.lexeme_after(group.span.end));
            self.group(group, or.map_or(block.body.end, |or| or.start));
            if let (Some(or), Some(next)) = (or, next) {
                let above = self.comments.before(or.start);
                self.lines(2, &above);
                let trailing = self.comments.trailing(or.end, next.span.start);
                self.line(2, "or", trailing);
            }
        }
        let above = self.comments.before(block.body.end);
        self.lines(2, &above);
        let trailing = self.comments.trailing(block.span.end, until);
        self.line(0, "}", trailing);
    }

    /// The word or sign that follows a place.
    fn lexeme_after(&self, place: usize) -> Span {
        let at = self.lexemes.partition_point(|l| l.span.start < place);
        self.lexemes.get(at).map_or(Span { start: place, end: place }, |l| l.span)
    }
}
