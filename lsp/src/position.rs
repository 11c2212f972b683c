//! Positions of the protocol and of the engine.
//!
//! The protocol counts lines and columns from 0, columns in the units that
//! client and server agreed on; the engine counts bytes.

use nixamine_rules::syntax::{Encoding, LineIndex, Position, TextRange, TextSize};
use tower_lsp::lsp_types::{self, PositionEncodingKind, Range};

/// The encoding to speak, from those the client offers in
/// `general.positionEncodings`. UTF-16 is what a client speaks that offers
/// nothing, and UTF-8 costs least, because it counts as the engine does.
pub(crate) fn negotiate(offered: &[PositionEncodingKind]) -> Encoding {
    if offered.contains(&PositionEncodingKind::UTF8) {
        return Encoding::Utf8;
    }
    let known = |name: &PositionEncodingKind| match name.as_str() {
        "utf-16" => Some(Encoding::Utf16),
        "utf-32" => Some(Encoding::Utf32),
        _ => None,
    };
    offered.iter().find_map(known).unwrap_or(Encoding::Utf16)
}

/// The name of an encoding.
pub(crate) fn name(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}

/// A text with its lines, as a client counts them.
#[derive(Clone, Copy)]
pub(crate) struct Measured<'t> {
    pub(crate) text: &'t str,
    pub(crate) lines: &'t LineIndex,
    pub(crate) encoding: Encoding,
}

impl Measured<'_> {
    /// A place of the engine as the protocol writes it.
    pub(crate) fn to_position(self, offset: TextSize) -> lsp_types::Position {
        let Position { line, column } = self.lines.position(self.text, offset, self.encoding);
        lsp_types::Position {
            line,
            character: column,
        }
    }

    /// A range of the engine as the protocol writes it.
    pub(crate) fn to_range(self, range: TextRange) -> Range {
        Range {
            start: self.to_position(range.start()),
            end: self.to_position(range.end()),
        }
    }

    /// A place of the protocol as the engine counts it. One behind the end of a
    /// line or of the text means that end.
    pub(crate) fn offset(self, position: lsp_types::Position) -> TextSize {
        let position = Position {
            line: position.line,
            column: position.character,
        };
        self.lines.offset(self.text, position, self.encoding)
    }

    /// A range of the protocol as the engine counts it; an end before the start
    /// means the start.
    pub(crate) fn range(self, range: Range) -> TextRange {
        let start = self.offset(range.start);
        TextRange::new(start, self.offset(range.end).max(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_common_encoding_wins() {
        let kinds = |names: &[&'static str]| -> Vec<_> {
            names
                .iter()
                .map(|name| PositionEncodingKind::new(name))
                .collect()
        };
        assert_eq!(negotiate(&[]), Encoding::Utf16);
        assert_eq!(negotiate(&kinds(&["utf-16", "utf-8"])), Encoding::Utf8);
        assert_eq!(negotiate(&kinds(&["utf-32", "utf-16"])), Encoding::Utf32);
        assert_eq!(negotiate(&kinds(&["utf-7"])), Encoding::Utf16);
    }

    #[test]
    fn ranges_survive_the_way_there_and_back() {
        let text = "{\r\n  a = \"🐧ü\"; # x\r}";
        let lines = &LineIndex::new(text);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let measured = Measured {
                text,
                lines,
                encoding,
            };
            for (start, _) in text.char_indices() {
                for (end, _) in text.char_indices().filter(|(end, _)| *end >= start) {
                    // Between the two bytes of a line break there is no place.
                    if [start, end].iter().any(|at| text[*at..].starts_with('\n')) {
                        continue;
                    }
                    let range = TextRange::new((start as u32).into(), (end as u32).into());
                    assert_eq!(measured.range(measured.to_range(range)), range);
                }
            }
        }
    }

    #[test]
    fn nonsense_is_clamped() {
        let text = "ab\nc🐧d";
        let lines = &LineIndex::new(text);
        let measured = Measured {
            text,
            lines,
            encoding: Encoding::Utf16,
        };
        let at = |line, character| lsp_types::Position { line, character };
        let range = |start, end| measured.range(Range { start, end });
        assert_eq!(range(at(1, 99), at(0, 1)), TextRange::empty(9.into()));
        assert_eq!(range(at(7, 0), at(9, 9)), TextRange::empty(9.into()));
        // Inside of a surrogate pair is behind it.
        assert_eq!(measured.offset(at(1, 2)), TextSize::new(8));
    }
}
