//! Positions of the protocol and of the engine.
//!
//! The protocol counts lines and columns from 0, columns in the units that
//! client and server agreed on; the engine counts bytes.

use nixamine_rules::syntax::{Encoding, LineIndex, Position, TextRange};
use serde::{Deserialize, Serialize};

/// A position as the protocol writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProtocolPosition {
    /// The line, from 0.
    pub line: u32,
    /// The column, from 0.
    pub character: u32,
}

/// A range as the protocol writes it; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolRange {
    /// Where it starts.
    pub start: ProtocolPosition,
    /// Where it ends.
    pub end: ProtocolPosition,
}

/// The encoding to speak, from those the client offers in
/// `general.positionEncodings`. UTF-16 is what a client speaks that offers
/// nothing, and UTF-8 costs least, because it counts as the engine does.
pub fn negotiate(offered: &[&str]) -> Encoding {
    if offered.contains(&"utf-8") {
        return Encoding::Utf8;
    }
    let known = |name: &&str| match *name {
        "utf-16" => Some(Encoding::Utf16),
        "utf-32" => Some(Encoding::Utf32),
        _ => None,
    };
    offered.iter().find_map(known).unwrap_or(Encoding::Utf16)
}

/// A range of the engine as the protocol writes it.
pub fn to_protocol(
    text: &str,
    lines: &LineIndex,
    range: TextRange,
    encoding: Encoding,
) -> ProtocolRange {
    let place = |offset| {
        let Position { line, column } = lines.position(text, offset, encoding);
        ProtocolPosition {
            line,
            character: column,
        }
    };
    ProtocolRange {
        start: place(range.start()),
        end: place(range.end()),
    }
}

/// A range of the protocol as the engine counts it. Places behind the end of a
/// line or of the text mean that end; an end before the start means the start.
pub fn from_protocol(
    text: &str,
    lines: &LineIndex,
    range: ProtocolRange,
    encoding: Encoding,
) -> TextRange {
    let offset = |place: ProtocolPosition| {
        let position = Position {
            line: place.line,
            column: place.character,
        };
        lines.offset(text, position, encoding)
    };
    let start = offset(range.start);
    TextRange::new(start, offset(range.end).max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_common_encoding_wins() {
        assert_eq!(negotiate(&[]), Encoding::Utf16);
        assert_eq!(negotiate(&["utf-16", "utf-8"]), Encoding::Utf8);
        assert_eq!(negotiate(&["utf-32", "utf-16"]), Encoding::Utf32);
        assert_eq!(negotiate(&["utf-7"]), Encoding::Utf16);
    }

    #[test]
    fn ranges_survive_the_way_there_and_back() {
        let text = "{\r\n  a = \"🐧ü\"; # x\r}";
        let lines = LineIndex::new(text);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (start, _) in text.char_indices() {
                for (end, _) in text.char_indices().filter(|(end, _)| *end >= start) {
                    // Between the two bytes of a line break there is no place.
                    if [start, end].iter().any(|at| text[*at..].starts_with('\n')) {
                        continue;
                    }
                    let range = TextRange::new((start as u32).into(), (end as u32).into());
                    let there = to_protocol(text, &lines, range, encoding);
                    assert_eq!(from_protocol(text, &lines, there, encoding), range);
                }
            }
        }
    }

    #[test]
    fn nonsense_is_clamped() {
        let text = "ab\nc";
        let lines = LineIndex::new(text);
        let at = |line, character| ProtocolPosition { line, character };
        let range = ProtocolRange {
            start: at(1, 9),
            end: at(0, 1),
        };
        let clamped = from_protocol(text, &lines, range, Encoding::Utf16);
        assert_eq!(clamped, TextRange::empty(4.into()));
    }
}
