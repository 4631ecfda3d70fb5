//! Elements put into a sequence and taken out of it, as edits of the text.
//!
//! What is put in is laid out as its neighbours are. What is taken out takes one joiner and its own comments with it, and
//! no other's. Invariant: behind a comment that stays, or that comes, the line ends.

use super::reading::{Element, Gap, Reading, Sequence, Sort};
use crate::diagnostic::{Edit, Span};
use std::ops::Range;

/// What is put into a sequence: a text, and the comments above and behind it.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub before: Vec<String>,
    pub text: String,
    pub after: Option<String>,
}

/// White space before a joiner and behind it.
struct Style {
    before: String,
    behind: String,
}

impl Reading<'_> {
    /// An element with its comments, to be put elsewhere.
    pub fn chunk(&self, element: &Element) -> Chunk {
        let spelled = |span: &Span| span.of(self.text).trim_end().to_owned();
        Chunk {
            before: element.before.iter().map(spelled).collect(),
            text: element.span.of(self.text).to_owned(),
            after: element.after.as_ref().map(spelled),
        }
    }

    /// Puts a chunk before the element at `at`, or behind the last; `None` where what stands there was not read.
    pub fn insert(&self, sequence: &Sequence, at: usize, chunk: &Chunk) -> Option<Edit> {
        if !sequence.gaps.get(at)?.whole {
            return None;
        }
        match at.checked_sub(1) {
            _ if sequence.elements.is_empty() => Some(self.insert_alone(sequence, chunk)),
            None => Some(self.insert_first(sequence, chunk)),
            Some(previous) => Some(self.insert_behind(sequence, previous, chunk)),
        }
    }

    fn insert_alone(&self, sequence: &Sequence, chunk: &Chunk) -> Edit {
        let gap = &sequence.gaps[0];
        match sequence.sort {
            // What was the text's becomes the block's.
            Sort::Blocks => {
                let at = self.text.len();
                let line = if at == 0 || self.text.ends_with(['\n', '\r']) { "" } else { self.new_line };
                insertion(at, [line, &self.lines(chunk, self.new_line)].concat())
            }
            Sort::Values => insertion(gap.span.start, chunk.text.clone()),
            Sort::Groups | Sort::Rules => {
                let at = sequence.opening.map_or(gap.span.start, |c| c.end);
                let line = format!("{}{}  ", self.new_line, self.indent(gap.span.start));
                let many_lines = !gap.comments.is_empty() || gap.span.of(self.text).contains(['\n', '\r']);
                if many_lines || !chunk.before.is_empty() || chunk.after.is_some() {
                    let end = if self.line_ends(at) { String::new() } else { line[..line.len() - 2].to_owned() };
                    return insertion(at, [&line, &self.lines(chunk, &line), &end].map(String::as_str).concat());
                }
                let space = if gap.span.of(self.text).is_empty() { " " } else { "" };
                insertion(at, format!(" {}{space}", chunk.text))
            }
        }
    }

    fn insert_first(&self, sequence: &Sequence, chunk: &Chunk) -> Edit {
        let first = &sequence.elements[0];
        let at = first.before.first().unwrap_or(&first.span).start;
        let line = self.line(at);
        let style = self.style(sequence, 0);
        let text = self.lines(chunk, &line);
        if sequence.sort == Sort::Blocks {
            return insertion(at, [&text, self.new_line].concat());
        }
        let start = if chunk.before.is_empty() || self.begins_line(at) { "" } else { &line };
        let before = if chunk.after.is_some() { self.on_new_line(&style.before, &line) } else { style.before };
        insertion(at, [start, &text, &before, sequence.sort.joiner(), &style.behind].concat())
    }

    fn insert_behind(&self, sequence: &Sequence, previous: usize, chunk: &Chunk) -> Edit {
        let element = &sequence.elements[previous];
        let gap = &sequence.gaps[previous + 1];
        let line = self.line(element.span.start);
        let style = self.style(sequence, previous + 1);
        let text = self.lines(chunk, &line);
        let trailing = previous + 1 == sequence.elements.len() && gap.joiner.is_some();
        let own_end = element.after.unwrap_or(element.span).end;
        if let Some(joiner) = gap.joiner.filter(|j| trailing || j.start < own_end) {
            // The joiner stands already; another one goes behind what is put in.
            let comes = element.after.is_some() || !chunk.before.is_empty();
            let start = if comes { self.on_new_line(&style.behind, &line) } else { style.behind };
            let before = if chunk.after.is_some() { self.on_new_line(&style.before, &line) } else { style.before };
            let at = own_end.max(joiner.end);
            return insertion(at, [&start, &text, &before, sequence.sort.joiner()].map(|s: &str| s).concat());
        }
        let end = if chunk.after.is_none() || self.line_ends(own_end) { "" } else { &line };
        if sequence.sort == Sort::Blocks {
            return insertion(own_end, [self.new_line, &text, end].concat());
        }
        let before = match element.after.is_some() || !chunk.before.is_empty() {
            true => self.on_new_line(&style.before, &line),
            false => style.before,
        };
        // Comments stand above the joiner: behind it they might be the element's before.
        let above: String = chunk.before.iter().map(|comment| [&line, comment.as_str()].concat()).collect();
        let bare = self.lines(&Chunk { before: Vec::new(), ..chunk.clone() }, &line);
        insertion(own_end, [&above, &before, sequence.sort.joiner(), &style.behind, &bare, end].concat())
    }

    /// Several elements as they are joined at this place.
    pub fn joined(&self, sequence: &Sequence, at: usize, texts: &[String]) -> String {
        let joiner = match sequence.elements.is_empty() {
            true => format!("{} ", sequence.sort.joiner()),
            false => {
                let style = self.style(sequence, at);
                [&style.before, sequence.sort.joiner(), &style.behind].map(|s: &str| s).concat()
            }
        };
        texts.join(&joiner)
    }

    /// A chunk, its comments on lines of their own above it and behind it.
    fn lines(&self, chunk: &Chunk, line: &str) -> String {
        let mut out: String = chunk.before.iter().map(|comment| [comment.as_str(), line].concat()).collect();
        out.push_str(&chunk.text);
        if let Some(after) = &chunk.after {
            out.push(' ');
            out.push_str(after);
        }
        out
    }

    /// How joiners stand near the element at `at`.
    fn style(&self, sequence: &Sequence, at: usize) -> Style {
        let count = sequence.elements.len();
        let near = at.clamp(1, count.max(2) - 1);
        if let Some((gap, joiner)) = sequence.gaps.get(near).filter(|_| count > 1).and_then(|g| Some((g, g.joiner?))) {
            let (before, behind) = (Span { end: joiner.start, ..gap.span }, Span { start: joiner.end, ..gap.span });
            let space = if sequence.sort == Sort::Values { "" } else { " " };
            return Style { before: self.blank(before, gap, space), behind: self.blank(behind, gap, space) };
        }
        let first = sequence.elements[0].span.start;
        let own_line = self.begins_line(first) || sequence.sort == Sort::Rules && self.begins_titled_line(first);
        let line = self.line(first);
        let (before, behind) = match (sequence.sort, own_line) {
            (Sort::Rules, true) => (format!("{line}  "), " ".to_owned()),
            (Sort::Groups, true) => (line.clone(), line),
            (Sort::Values, true) => (String::new(), line),
            (Sort::Values, false) => (String::new(), " ".to_owned()),
            (_, _) => (" ".to_owned(), " ".to_owned()),
        };
        Style { before, behind }
    }

    /// The white space of a part of a gap without its comments: the last line's, or what stands there.
    fn blank(&self, part: Span, gap: &Gap, default: &str) -> String {
        let spelled = part.of(self.text);
        match spelled.rfind(['\n', '\r']) {
            Some(end) => [self.new_line, &spelled[end + 1..]].concat(),
            None if spelled.is_empty() || gap.comments.iter().any(|c| (part.start..part.end).contains(&c.start)) => {
                default.to_owned()
            }
            None => spelled.to_owned(),
        }
    }

    fn on_new_line(&self, blank: &str, line: &str) -> String {
        if blank.contains(['\n', '\r']) { blank.to_owned() } else { line.to_owned() }
    }

    /// Takes elements out; `None` where what stands around them was not read.
    pub fn remove(&self, sequence: &Sequence, range: Range<usize>) -> Option<Vec<Edit>> {
        let (left, right) = (&sequence.gaps[range.start], sequence.gaps.get(range.end)?);
        let elements = &sequence.elements[range.clone()];
        let (first, last) = (elements.first()?, elements.last()?);
        if !left.whole || !right.whole {
            return None;
        }
        let previous = range.start.checked_sub(1).map(|at| &sequence.elements[at]);
        // The joiner before goes, unless a comment behind it stays with what is before it.
        let stays = |joiner: &Span| previous.and_then(|p| p.after).is_some_and(|after| joiner.start < after.start);
        let is_last = range.end == sequence.elements.len();
        let joiner = match (left.joiner, right.joiner) {
            (Some(joiner), _) if is_last || !stays(&joiner) => Some(joiner),
            (_, joiner) => joiner,
        };
        let mut pieces = vec![Piece { span: first.span.to(last.span), goes: true, comment: false }];
        pieces.extend(left.joiner.iter().chain(&right.joiner).map(|&span| Piece {
            span,
            goes: Some(span) == joiner,
            comment: false,
        }));
        let (above, behind) = (first.before.first(), last.after);
        pieces.extend(left.comments.iter().map(|&span| Piece {
            span,
            goes: above.is_some_and(|a| a.start <= span.start),
            comment: true,
        }));
        pieces.extend(right.comments.iter().map(|&span| Piece { span, goes: behind == Some(span), comment: true }));
        pieces.sort_by_key(|p| p.span.start);
        let stays = previous.and_then(|p| p.after);
        let bounds = Span { start: left.span.start, end: right.span.end };
        Some(self.remove_pieces(&pieces, bounds, range.start == 0, stays))
    }

    /// Removes each run of pieces that go, with the white space on one side of it. `behind` is the comment that must stay
    /// on its line.
    fn remove_pieces(&self, pieces: &[Piece], bounds: Span, is_first: bool, behind: Option<Span>) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut at = 0;
        while let Some(start) = pieces[at..].iter().position(|p| p.goes).map(|p| at + p) {
            let end = pieces[start..].iter().position(|p| !p.goes).map_or(pieces.len(), |p| start + p);
            let previous = start.checked_sub(1).map(|p| pieces[p]);
            let next = pieces.get(end);
            let run = Span { start: pieces[start].span.start, end: pieces[end - 1].span.end };
            let around = Span {
                start: previous.map_or(bounds.start, |p| p.span.end),
                end: next.map_or(bounds.end, |p| p.span.start),
            };
            let before = Span { end: run.start, ..around }.of(self.text);
            let after = Span { start: run.end, ..around }.of(self.text);
            let follows = next.is_some_and(|p| p.comment && Some(p.span) != behind);
            let new_line = previous.is_some_and(|p| p.comment) || follows && around.start > 0;
            let joins = self.text[around.end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let preferred = if is_first || after.is_empty() && joins { [before, after] } else { [after, before] };
            let kept = match preferred.into_iter().find(|blank| !new_line || blank.contains(['\n', '\r'])) {
                Some(blank) => blank.to_owned(),
                None => self.line(around.start),
            };
            edits.push(trimmed(self.text, Edit { span: around, text: kept }));
            at = end;
        }
        edits
    }

    /// A line end, and the white space that the line of `at` begins with.
    pub fn line(&self, at: usize) -> String {
        [self.new_line, self.indent(at)].concat()
    }

    fn indent(&self, at: usize) -> &str {
        let line = &self.text[self.line_start(at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
    }

    /// Whether nothing stands before `at` on its line.
    pub fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim().is_empty()
    }

    /// Whether only a title or a parenthesis stands before `at` on its line.
    fn begins_titled_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim_start().starts_with(['"', '('])
    }

    /// Whether nothing follows `at` on its line.
    fn line_ends(&self, at: usize) -> bool {
        let rest = self.text[at..].trim_start_matches([' ', '\t']);
        rest.is_empty() || rest.starts_with(['\n', '\r'])
    }
}

/// A joiner, a comment or elements.
#[derive(Clone, Copy)]
struct Piece {
    span: Span,
    goes: bool,
    comment: bool,
}

/// An edit that replaces nothing.
pub(super) fn insertion(at: usize, text: String) -> Edit {
    Edit { span: Span { start: at, end: at }, text }
}

/// An edit without what it leaves as it was at its ends.
pub(super) fn trimmed(text: &str, edit: Edit) -> Edit {
    let old = edit.span.of(text);
    let start: usize = old.chars().zip(edit.text.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old, new) = (&old[start..], &edit.text[start..]);
    let pairs = old.chars().rev().zip(new.chars().rev());
    let end: usize = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let span = Span { start: edit.span.start + start, end: edit.span.end - end };
    Edit { span, text: new[..new.len() - end].to_owned() }
}
