//! Byte offsets to lines and columns, and back, in each encoding that a door
//! may need. Lines end at `\n`, `\r\n` or a lone `\r`, as the language server
//! protocol has it.

use super::{TextRange, TextSize};

/// What one column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16.
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A line and a column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// The column, from 0, in units of the encoding asked for.
    pub column: u32,
}

/// Where the lines of one text start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Finds the line starts of `text`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends {
                starts.push(at as u32 + 1);
            }
        }
        Self {
            starts,
            len: bytes.len() as u32,
        }
    }

    /// Follows an edit: `new_len` bytes stand where `old` was, and `text` is the
    /// text of now.
    pub fn edit(&mut self, text: &str, old: TextRange, new_len: usize) {
        let (start, old_end) = (u32::from(old.start()), u32::from(old.end()));
        let new_end = start + new_len as u32;
        // Whether a line starts at a place, the bytes on both sides of it decide.
        let from = self.starts.partition_point(|&at| at < start.max(1));
        let to = self.starts.partition_point(|&at| at <= old_end).max(from);
        let bytes = text.as_bytes();
        let starts_line = |at: &u32| {
            let at = *at as usize;
            match bytes[at - 1] {
                b'\n' => true,
                b'\r' => bytes.get(at) != Some(&b'\n'),
                _ => false,
            }
        };
        let new: Vec<u32> = (start.max(1)..=new_end).filter(starts_line).collect();
        let behind = from + new.len();
        self.starts.splice(from..to, new);
        for at in &mut self.starts[behind..] {
            *at = *at - old_end + new_end;
        }
        self.len = bytes.len() as u32;
    }

    /// How many lines there are; a text that ends in a line break has one more,
    /// empty, as editors count it.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line that holds `offset`, from 0.
    pub fn line(&self, offset: TextSize) -> u32 {
        let offset = u32::from(offset);
        (self.starts.partition_point(|&start| start <= offset) - 1) as u32
    }

    /// The byte at which `line` starts; the end of the text for lines after it.
    pub fn line_start(&self, line: u32) -> TextSize {
        self.starts
            .get(line as usize)
            .copied()
            .unwrap_or(self.len)
            .into()
    }

    /// The text of `line`, without its line break.
    pub fn line_text<'t>(&self, text: &'t str, line: u32) -> &'t str {
        let start = usize::from(self.line_start(line));
        let end = usize::from(self.line_start(line + 1));
        text[start..end].trim_end_matches(['\r', '\n'])
    }

    /// Line and column of a byte offset. An offset inside a character counts
    /// as the start of that character, one behind the text as its end.
    pub fn position(&self, text: &str, offset: TextSize, encoding: Encoding) -> Position {
        let mut offset = u32::from(offset).min(self.len) as usize;
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(TextSize::new(offset as u32));
        let before = &text[usize::from(self.line_start(line))..offset];
        let column = match encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.chars().map(char::len_utf16).sum(),
            Encoding::Utf32 => before.chars().count(),
        };
        Position {
            line,
            column: column as u32,
        }
    }

    /// The byte offset of a line and column; columns behind the end of a line
    /// mean its end.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> TextSize {
        if position.line as usize >= self.starts.len() {
            return self.len.into();
        }
        let start = usize::from(self.line_start(position.line));
        let line = self.line_text(text, position.line);
        let mut column = 0;
        for (at, c) in line.char_indices() {
            if column >= position.column {
                return TextSize::new((start + at) as u32);
            }
            column += match encoding {
                Encoding::Utf8 => c.len_utf8() as u32,
                Encoding::Utf16 => c.len_utf16() as u32,
                Encoding::Utf32 => 1,
            };
        }
        TextSize::new((start + line.len()) as u32)
    }
}

/// Where a text has characters that take another number of bytes than of UTF-16 code
/// units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utf16Index {
    /// Where such a character ends, and how many more bytes than code units the text
    /// has up to there.
    wide: Vec<(u32, u32)>,
}

impl Utf16Index {
    /// Reads `text`.
    pub fn new(text: &str) -> Self {
        let mut wide = Vec::new();
        let mut more = 0;
        let ascii = text.bytes().take_while(u8::is_ascii).count();
        for (at, c) in text[ascii..].char_indices() {
            let len = c.len_utf8();
            if len > 1 {
                more += (len - c.len_utf16()) as u32;
                wide.push(((ascii + at + len) as u32, more));
            }
        }
        Self { wide }
    }

    /// The code units before a byte, which must not lie inside of a character.
    pub fn to_utf16(&self, offset: TextSize) -> u32 {
        let offset = u32::from(offset);
        let before = self.wide.partition_point(|(end, _)| *end <= offset);
        offset - before.checked_sub(1).map_or(0, |last| self.wide[last].1)
    }

    /// The byte of `text` behind so many code units: between the two of a character
    /// the one behind it, behind the text its end.
    pub fn to_byte(&self, text: &str, units: u32) -> TextSize {
        let before = self.wide.partition_point(|(end, more)| end - more <= units);
        let more = before.checked_sub(1).map_or(0, |last| self.wide[last].1);
        let mut byte = (units as usize + more as usize).min(text.len());
        while !text.is_char_boundary(byte) {
            byte += 1;
        }
        TextSize::new(byte as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_and_back() {
        let text = "aü\u{ffff}🐧b🐧";
        let index = Utf16Index::new(text);
        let mut units = 0;
        for (at, c) in text.char_indices() {
            let at = TextSize::new(at as u32);
            assert_eq!(index.to_utf16(at), units);
            assert_eq!(index.to_byte(text, units), at);
            units += c.len_utf16() as u32;
        }
        assert_eq!(index.to_utf16((text.len() as u32).into()), units);
        assert_eq!(index.to_byte(text, 4), 10.into(), "inside of a penguin");
        for behind in [units, units + 1, u32::MAX] {
            assert_eq!(index.to_byte(text, behind), (text.len() as u32).into());
        }
    }

    #[test]
    fn an_edited_index_is_a_new_one() {
        let pieces = ["", "a", "\n", "\r", "\r\n", "ab\n\n", "\n\r"];
        for before in ["", "\r", "a\r\nb", "\n\r\n\r", "x\r\ry\n"] {
            for start in 0..=before.len() {
                for end in start..=before.len() {
                    for piece in pieces {
                        let mut index = LineIndex::new(before);
                        let mut text = before.to_owned();
                        text.replace_range(start..end, piece);
                        let range = TextRange::new((start as u32).into(), (end as u32).into());
                        index.edit(&text, range, piece.len());
                        assert_eq!(
                            index,
                            LineIndex::new(&text),
                            "{before:?} {range:?} {piece:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn lines_end_at_every_kind_of_break() {
        let text = "a\nb\r\nc\rd";
        let index = LineIndex::new(text);
        let lines: Vec<_> = (0..index.line_count())
            .map(|l| index.line_text(text, l))
            .collect();
        assert_eq!(lines, ["a", "b", "c", "d"]);
        assert_eq!(index.line(TextSize::new(4)), 1);
    }

    #[test]
    fn columns_in_every_encoding_and_back() {
        let text = "x\n\"🐧ü\" y";
        let index = LineIndex::new(text);
        let offset = TextSize::new(text.find('y').unwrap() as u32);
        for (encoding, column) in [
            (Encoding::Utf8, 9),
            (Encoding::Utf16, 6),
            (Encoding::Utf32, 5),
        ] {
            let position = index.position(text, offset, encoding);
            assert_eq!(position, Position { line: 1, column });
            assert_eq!(index.offset(text, position, encoding), offset);
        }
    }

    #[test]
    fn out_of_range_is_the_end() {
        let text = "ab\nc";
        let index = LineIndex::new(text);
        let at =
            |line, column| u32::from(index.offset(text, Position { line, column }, Encoding::Utf8));
        assert_eq!((at(0, 99), at(9, 0)), (2, 4));
        assert_eq!(
            index.position(text, TextSize::new(99), Encoding::Utf8).line,
            1
        );
    }
}
