//! Pieces of source for a code frame: only the lines that matter, safe to
//! print, and short enough to read even when the file is one long line.

use crate::terminal::stand_in;
use nixamine_rules::syntax::{Encoding, LineIndex, TextRange, TextSize};
use std::ops::Range;

/// Characters of a line that are kept around what is marked.
const BEFORE: usize = 60;
/// Longer lines are cut.
const LINE: usize = 240;

/// A text with its line starts.
pub(crate) struct Source<'t> {
    text: &'t str,
    index: LineIndex,
}

impl<'t> Source<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            index: LineIndex::new(text),
        }
    }

    /// Line and column, from 1.
    pub(crate) fn position(&self, offset: TextSize) -> (u32, u32) {
        let position = self.index.position(self.text, offset, Encoding::Utf32);
        (position.line + 1, position.column + 1)
    }

    /// The first and last line of a range, from 0.
    pub(crate) fn lines(&self, range: TextRange) -> (u32, u32) {
        // A range that ends with a line break ends on the line before it.
        let end = range.end().max(range.start() + TextSize::new(1)) - TextSize::new(1);
        (
            self.index.line(range.start()),
            self.index.line(end.max(range.start())),
        )
    }

    /// The lines that hold `ranges`, the first of which decides what is kept of
    /// a long line.
    pub(crate) fn frame(&self, ranges: &[TextRange]) -> Frame {
        let lines = ranges.iter().map(|range| self.lines(*range));
        let (first, last) = lines
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .unwrap_or((0, 0));
        let mut bounds: Vec<(usize, usize)> = ranges
            .iter()
            .flat_map(|range| [range.start(), range.end()])
            .map(|offset| (usize::from(offset).min(self.text.len()), 0))
            .collect();
        let mut text = String::new();
        for line in first..=last {
            let start = usize::from(self.index.line_start(line));
            let content = self.index.line_text(self.text, line);
            let next = usize::from(self.index.line_start(line + 1)).max(start + content.len());
            self.push_line(&mut text, &mut bounds, content, start, next);
            text.push('\n');
        }
        let ranges = bounds
            .chunks_exact(2)
            .map(|pair| pair[0].1..pair[1].1.max(pair[0].1))
            .collect();
        Frame {
            text,
            first: first as usize + 1,
            ranges,
        }
    }

    /// Adds one line and moves the bounds that lie in it.
    fn push_line(
        &self,
        out: &mut String,
        bounds: &mut [(usize, usize)],
        content: &str,
        start: usize,
        next: usize,
    ) {
        let begin = out.len();
        let last_line = next == self.text.len();
        let here = |at: usize| at >= start && (at < next || (last_line && at == next));
        let (mut kept, mut cut_after) = (0..content.len(), false);
        if content.len() > LINE && content.chars().nth(LINE).is_some() {
            let focus = bounds.iter().map(|bound| bound.0).find(|at| here(*at));
            let focus = focus.map_or(0, |at| (at - start).min(content.len()));
            let from = content[..focus].char_indices().rev().take(BEFORE).last();
            kept.start = from.map_or(focus, |(at, _)| at);
            let to = content[kept.start..].char_indices().nth(LINE);
            kept.end = to.map_or(content.len(), |(at, _)| kept.start + at);
            cut_after = kept.end < content.len();
        }
        if kept.start > 0 {
            out.push('…');
        }
        for (at, c) in content[kept.clone()].char_indices() {
            let at = start + kept.start + at;
            for bound in bounds.iter_mut().filter(|bound| bound.0 == at) {
                bound.1 = out.len();
            }
            out.push(one_for_one(c));
        }
        let end = out.len();
        if cut_after {
            out.push('…');
        }
        for bound in bounds.iter_mut().filter(|bound| here(bound.0)) {
            if bound.0 >= start + kept.end {
                bound.1 = end;
            } else if bound.0 < start + kept.start {
                bound.1 = begin;
            }
        }
    }
}

/// A printable character in place of `c`. One for one, so that columns stay.
fn one_for_one(c: char) -> char {
    match stand_in(c) {
        Some(_) if c == '\t' => c,
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) => only,
                _ => '\u{fffd}',
            }
        }
        None => c,
    }
}

/// Lines of a source.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) text: String,
    /// The number of the first line, from 1.
    pub(crate) first: usize,
    /// The ranges that were asked for, as bytes of `text`.
    pub(crate) ranges: Vec<Range<usize>>,
}

impl Frame {
    /// The column at which a reader of this frame alone would see the range.
    pub(crate) fn column(&self, range: usize) -> u32 {
        let start = self.ranges[range].start;
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        self.text[line..start].chars().count() as u32 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str, part: &str) -> (String, String) {
        let at = text.find(part).unwrap() as u32;
        let range = TextRange::at(at.into(), TextSize::of(part));
        let frame = Source::new(text).frame(&[range]);
        (frame.text[frame.ranges[0].clone()].to_owned(), frame.text)
    }

    #[test]
    fn only_the_lines_of_the_range_and_safe_ones() {
        let text = "a\r\n\tb = \"\u{1b}[31m\u{202e}\";\rc\n";
        let (marked, lines) = frame(text, "\"\u{1b}[31m\u{202e}\"");
        assert_eq!(lines, "\tb = \"\u{241b}[31m\u{fffd}\";\n");
        assert_eq!(marked, "\"\u{241b}[31m\u{fffd}\"");
    }

    #[test]
    fn a_long_line_is_cut_around_the_range() {
        let text = format!("{}needle{}", "x ".repeat(50_000), " y".repeat(50_000));
        let (marked, line) = frame(&text, "needle");
        assert_eq!(marked, "needle");
        assert!(line.len() < 300 && line.starts_with('…') && line.ends_with("…\n"));
        let (marked, line) = frame(&text, &text);
        assert!(line.len() < 300 && marked.starts_with("x x") && !marked.contains('…'));
    }

    #[test]
    fn ranges_at_the_edges() {
        for (text, range, expected) in [
            ("", (0, 0), "\n"),
            ("a\n", (2, 2), "\n"),
            ("a\nb\n", (0, 2), "a\n"),
            ("a\nb\nc", (0, 4), "a\nb\n"),
            ("a", (1, 1), "a\n"),
        ] {
            let range = TextRange::new(range.0.into(), range.1.into());
            let frame = Source::new(text).frame(&[range]);
            assert_eq!(frame.text, expected, "{text:?} {range:?}");
            assert!(frame.ranges[0].end <= frame.text.len());
        }
    }
}
