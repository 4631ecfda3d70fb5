//! The comments of a text, handed out in order to what is written: a comment on the line of what stands before it stays
//! there, every other one goes on a line of its own above what comes next.

use crate::diagnostic::Span;
use crate::lexeme::{self, Lexeme};

/// The comments that are not written yet.
pub(super) struct Comments<'t> {
    text: &'t str,
    spans: Vec<Span>,
    next: usize,
}

/// The comments between two blocks.
pub(super) struct Paragraphs<'t> {
    /// Each with whether a blank line stood above it.
    pub comments: Vec<(bool, &'t str)>,
    /// Whether a blank line stood below the last.
    pub blank_after: bool,
}

impl<'t> Comments<'t> {
    pub fn new(text: &'t str, lexemes: &[Lexeme]) -> Self {
        Comments { text, spans: lexeme::comments(text, lexemes), next: 0 }
    }

    /// The comments that begin before `place`, for lines of their own.
    pub fn before(&mut self, place: usize) -> Vec<&'t str> {
        std::iter::from_fn(|| self.take(place)).collect()
    }

    /// The comment on the line on which something ends, if it begins before `until`.
    pub fn trailing(&mut self, end: usize, until: usize) -> Option<&'t str> {
        // Looked for no further than this, so that no gap is read twice.
        let next = self.peek().filter(|next| *next < until)?;
        if line_ends(&self.text[end.min(next)..next]) > 0 {
            return None;
        }
        self.take(until)
    }

    /// Where the next comment begins.
    fn peek(&self) -> Option<usize> {
        self.spans.get(self.next).map(|span| span.start)
    }

    /// The comments that begin before `end`, with the blank lines around them; what comes next begins at `start`.
    pub fn paragraphs(&mut self, start: usize, end: usize) -> Paragraphs<'t> {
        let mut comments = Vec::new();
        let mut last = None;
        while let Some(place) = self.peek() {
            let Some(comment) = self.take(end) else { break };
            comments.push((last.is_some_and(|last| self.is_blank(last, place)), comment));
            last = Some(self.spans[self.next - 1].end);
        }
        Paragraphs { comments, blank_after: last.is_some_and(|last| last < start && self.is_blank(last, start)) }
    }

    fn is_blank(&self, from: usize, to: usize) -> bool {
        line_ends(&self.text[from..to]) > 1
    }

    fn take(&mut self, before: usize) -> Option<&'t str> {
        let span = *self.spans.get(self.next).filter(|span| span.start < before)?;
        self.next += 1;
        Some(span.of(self.text).trim_end())
    }
}

/// How many lines end in a text; `\r\n` ends one.
fn line_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |at: usize| bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|&at| ends(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_way() {
        for (text, ends) in [("", 0), (" \u{2028}", 0), ("\n", 1), ("\r\n", 1), ("\r", 1), ("\r\r\n\n", 3)] {
            assert_eq!(line_ends(text), ends, "{text:?}");
        }
    }

    #[test]
    fn comments_are_handed_out_once_and_in_order() {
        let text = "a // 1  \n//2\nb \"// no\" //3\u{3000}";
        let lexemes = lexeme::lexemes(text, &mut Vec::new());
        let mut comments = Comments::new(text, &lexemes);
        let b = text.find('b').unwrap();
        assert_eq!(comments.trailing(1, b), Some("// 1"));
        assert_eq!(comments.trailing(1, b), None);
        assert_eq!(comments.before(b), ["//2"]);
        assert_eq!(comments.trailing(b, text.len()), Some("//3"));
        assert_eq!(comments.before(text.len()), [""; 0]);
    }
}
