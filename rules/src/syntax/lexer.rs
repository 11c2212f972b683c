//! Bytes to tokens, as Nix's own lexer cuts them: the longest match wins.
//!
//! The lexer keeps no mode. The parser knows whether it stands in code, in a
//! string or in a path, and calls the function for that place. Every function
//! looks at each byte a bounded number of times, over the whole text: what is
//! looked up far ahead (the end of a run of path characters, the end of a
//! comment) is remembered.

use super::SyntaxKind::{self, *};

const WHITE: u8 = 1;
const IDENT_START: u8 = 2;
const IDENT: u8 = 4;
const PATH: u8 = 8;
const URI: u8 = 16;
const DIGIT: u8 = 32;

/// What each byte may be part of.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let mut class = 0;
        if matches!(b, b' ' | b'\t' | b'\r' | b'\n') {
            class |= WHITE;
        }
        if b.is_ascii_alphabetic() || b == b'_' {
            class |= IDENT_START;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\'') {
            class |= IDENT;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+') {
            class |= PATH;
        }
        if b.is_ascii_alphanumeric() || is_uri_sign(b) {
            class |= URI;
        }
        if b.is_ascii_digit() {
            class |= DIGIT;
        }
        table[byte] = class;
        byte += 1;
    }
    table
};

const fn is_uri_sign(b: u8) -> bool {
    matches!(
        b,
        b'%' | b'/'
            | b'?'
            | b':'
            | b'@'
            | b'&'
            | b'='
            | b'+'
            | b'$'
            | b','
            | b'-'
            | b'_'
            | b'.'
            | b'!'
            | b'~'
            | b'*'
            | b'\''
    )
}

fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// How a piece of a string ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartEnd {
    /// With the closing quotes.
    Close,
    /// With a `${`.
    Interpolation,
    /// Not before the limit.
    Limit,
}

/// A text to cut.
pub(super) struct Lexer<'t> {
    bytes: &'t [u8],
    /// The last run of path characters that was measured: any position in it
    /// ends where it ends.
    run: Run,
    /// From here on no `*/` follows.
    no_comment_end: usize,
    /// The line that was looked at last: a place on it and its end. Lines can be
    /// as long as the text.
    line: (usize, usize),
}

#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    /// Behind the last `_` of the run.
    underscore: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            run: Run {
                start: 0,
                end: 0,
                underscore: 0,
            },
            no_comment_end: usize::MAX,
            line: (1, 0),
        }
    }

    /// Was a comment seen that is never closed?
    pub(super) fn has_open_comment(&self) -> bool {
        self.no_comment_end != usize::MAX
    }

    /// The byte at a position; 0 behind the end.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip(&self, mut at: usize, class: u8) -> usize {
        while at < self.bytes.len() && is(self.bytes[at], class) {
            at += 1;
        }
        at
    }

    /// The end of the white space or comment that starts here, and which of
    /// them it is; `None` when a token starts here.
    #[inline]
    pub(super) fn trivia(&mut self, at: usize) -> Option<(SyntaxKind, usize)> {
        match self.byte(at) {
            b' ' | b'\t' | b'\r' | b'\n' => Some((TOKEN_WHITESPACE, self.skip(at + 1, WHITE))),
            b'#' => Some((TOKEN_COMMENT, self.line_comment(at))),
            b'/' if self.byte(at + 1) == b'*' => {
                let end = self.block_comment(at)?;
                Some((TOKEN_COMMENT, end))
            }
            // A byte order mark is no Nix, but editors leave one.
            0xef if at == 0 && self.bytes.starts_with("\u{feff}".as_bytes()) => {
                Some((TOKEN_WHITESPACE, self.skip(3, WHITE)))
            }
            _ => None,
        }
    }

    /// Nix ends such a comment at `\r` too. The one of a `\r\n` stays with the
    /// comment, as rnix has it; nothing depends on which token holds it.
    fn line_comment(&self, at: usize) -> usize {
        let line = memchr::memchr(b'\n', &self.bytes[at..]);
        let end = line.map_or(self.bytes.len(), |found| at + found);
        match memchr::memchr(b'\r', &self.bytes[at..end]) {
            Some(found) if at + found + 1 < end => at + found,
            _ => end,
        }
    }

    /// `None` when the comment is never closed.
    fn block_comment(&mut self, at: usize) -> Option<usize> {
        if at >= self.no_comment_end {
            return None;
        }
        match memchr::memmem::find(&self.bytes[at + 2..], b"*/") {
            Some(found) => Some(at + 2 + found + 2),
            None => {
                self.no_comment_end = at;
                None
            }
        }
    }

    /// The run of path characters around `at`, from `at` on.
    fn run(&mut self, at: usize) -> Run {
        if at < self.run.start || at >= self.run.end {
            let end = self.skip(at, PATH);
            let underscore = memchr::memrchr(b'_', &self.bytes[at..end]);
            self.run = Run {
                start: at,
                end,
                underscore: underscore.map_or(at, |found| at + found + 1),
            };
        }
        self.run
    }

    /// Does a path go on at the `/` here?
    fn is_path_slash(&self, at: usize) -> bool {
        self.byte(at) == b'/'
            && (is(self.byte(at + 1), PATH)
                || self.byte(at + 1) == b'$' && self.byte(at + 2) == b'{')
    }

    /// The first piece of a path, which ends with the path or before a `${`.
    fn path(&self, at: usize, kind: SyntaxKind) -> (SyntaxKind, usize) {
        // The first byte may be a `~`.
        let end = self.path_part(at + 1);
        let text = &self.bytes[at..end];
        let goes_on = self.byte(end) == b'$' && self.byte(end + 1) == b'{';
        let doubled = || memchr::memmem::find(text, b"//").is_some();
        if !goes_on && (text.ends_with(b"/") || doubled()) {
            return (TOKEN_ERROR, end);
        }
        (kind, end)
    }

    /// The end of the path characters and slashes from here on.
    pub(super) fn path_part(&self, mut at: usize) -> usize {
        while is(self.byte(at), PATH) || self.byte(at) == b'/' {
            at += 1;
        }
        at
    }

    /// The token at a position that is neither trivia nor the end of the text.
    #[inline]
    pub(super) fn token(&mut self, at: usize) -> (SyntaxKind, usize) {
        let byte = self.bytes[at];
        if is(byte, IDENT_START) {
            return self.word(at);
        }
        let one = |kind| (kind, at + 1);
        let next = self.byte(at + 1);
        match byte {
            b';' => one(TOKEN_SEMICOLON),
            b'=' if next == b'=' => (TOKEN_EQUAL, at + 2),
            b'=' => one(TOKEN_ASSIGN),
            b'{' => one(TOKEN_L_BRACE),
            b'}' => one(TOKEN_R_BRACE),
            b'(' => one(TOKEN_L_PAREN),
            b')' => one(TOKEN_R_PAREN),
            b'[' => one(TOKEN_L_BRACK),
            b']' => one(TOKEN_R_BRACK),
            b'"' => one(TOKEN_STRING_START),
            b'\'' if next == b'\'' => (TOKEN_STRING_START, at + 2),
            b',' => one(TOKEN_COMMA),
            b':' => one(TOKEN_COLON),
            b'@' => one(TOKEN_AT),
            b'?' => one(TOKEN_QUESTION),
            b'*' => one(TOKEN_MUL),
            b'.' | b'+' | b'-' | b'0'..=b'9' => self.sign_or_number(at),
            b'/' if self.is_path_slash(at) => self.path(at, TOKEN_PATH_ABS),
            b'/' if next == b'/' => (TOKEN_UPDATE, at + 2),
            // A comment that is never closed.
            b'/' if next == b'*' => (TOKEN_ERROR, self.end_of_line(at)),
            b'/' => one(TOKEN_DIV),
            b'~' if self.is_path_slash(at + 1) => self.path(at, TOKEN_PATH_HOME),
            b'$' if next == b'{' => (TOKEN_INTERPOL_START, at + 2),
            b'!' if next == b'=' => (TOKEN_NOT_EQUAL, at + 2),
            b'!' => one(TOKEN_INVERT),
            b'&' if next == b'&' => (TOKEN_AND_AND, at + 2),
            b'|' if next == b'|' => (TOKEN_OR_OR, at + 2),
            b'|' if next == b'>' => (TOKEN_PIPE_RIGHT, at + 2),
            b'<' => match self.search_path(at) {
                Some(end) => (TOKEN_PATH_SEARCH, end),
                None if next == b'=' => (TOKEN_LESS_OR_EQ, at + 2),
                None if next == b'|' => (TOKEN_PIPE_LEFT, at + 2),
                None => one(TOKEN_LESS),
            },
            b'>' if next == b'=' => (TOKEN_MORE_OR_EQ, at + 2),
            b'>' => one(TOKEN_MORE),
            _ => {
                let mut end = at + 1;
                while self.byte(end) & 0xc0 == 0x80 {
                    end += 1;
                }
                (TOKEN_ERROR, end)
            }
        }
    }

    /// A name, a keyword, or a path or URI that starts like one.
    #[inline]
    fn word(&mut self, at: usize) -> (SyntaxKind, usize) {
        let mut end = at + 1;
        let mut quote = false;
        while end < self.bytes.len() && is(self.bytes[end], IDENT) {
            quote |= self.bytes[end] == b'\'';
            end += 1;
        }
        // Only path characters in front of a `/` make a path, and only those of
        // a scheme in front of a `:` a URI. A name with a prime has neither.
        if !quote && matches!(self.byte(end), b'.' | b'+' | b'/' | b':') {
            let run = self.run(at);
            if self.is_path_slash(run.end) {
                return self.path(at, TOKEN_PATH_REL);
            }
            if self.byte(run.end) == b':'
                && is(self.byte(run.end + 1), URI)
                && run.underscore <= at
                && self.bytes[at] != b'_'
            {
                return (TOKEN_URI, self.skip(run.end + 1, URI));
            }
        }
        (keyword(&self.bytes[at..end]), end)
    }

    /// `.`, `+`, `-`, a number, or a path that starts with one of them.
    fn sign_or_number(&mut self, at: usize) -> (SyntaxKind, usize) {
        let run = self.run(at);
        if self.is_path_slash(run.end) {
            return self.path(at, TOKEN_PATH_REL);
        }
        let next = self.byte(at + 1);
        match self.bytes[at] {
            b'+' if next == b'+' => (TOKEN_CONCAT, at + 2),
            b'+' => (TOKEN_ADD, at + 1),
            b'-' if next == b'>' => (TOKEN_IMPLICATION, at + 2),
            b'-' => (TOKEN_SUB, at + 1),
            b'.' if next == b'.' && self.byte(at + 2) == b'.' => (TOKEN_ELLIPSIS, at + 3),
            b'.' if is(next, DIGIT) => (TOKEN_FLOAT, self.fraction(at)),
            b'.' => (TOKEN_DOT, at + 1),
            first => {
                let end = self.skip(at, DIGIT);
                let point = self.byte(end) == b'.';
                // `1.` is a float and `0.` is not, says Nix.
                if point && (first != b'0' || end == at + 1 && is(self.byte(end + 1), DIGIT)) {
                    (TOKEN_FLOAT, self.fraction(end))
                } else {
                    (TOKEN_INTEGER, end)
                }
            }
        }
    }

    /// The end of a float whose point is here.
    fn fraction(&self, point: usize) -> usize {
        let end = self.skip(point + 1, DIGIT);
        if matches!(self.byte(end), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            if is(self.byte(end + 1 + sign), DIGIT) {
                return self.skip(end + 1 + sign, DIGIT);
            }
        }
        end
    }

    /// The end of a path in `<>`, if the `<` here opens one.
    fn search_path(&self, at: usize) -> Option<usize> {
        let mut end = at + 1;
        loop {
            let part = self.skip(end, PATH);
            if part == end {
                return None;
            }
            end = part + 1;
            match self.byte(part) {
                b'/' => {}
                b'>' => return Some(end),
                _ => return None,
            }
        }
    }

    /// The end of the content of a string from here on, and what ends it. The
    /// content ends at `limit` at the latest.
    pub(super) fn string_part(
        &self,
        mut at: usize,
        indented: bool,
        limit: usize,
    ) -> (usize, PartEnd) {
        let bytes = &self.bytes[..limit];
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let found = if indented {
                memchr::memchr2(b'\'', b'$', rest)
            } else {
                memchr::memchr3(b'"', b'\\', b'$', rest)
            };
            let Some(found) = found else {
                return (limit, PartEnd::Limit);
            };
            at += found;
            let next = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or(0);
            at += match bytes[at] {
                b'"' => return (at, PartEnd::Close),
                b'\\' => 1 + self.char_len(at + 1),
                b'$' => match next(1) {
                    b'{' => return (at, PartEnd::Interpolation),
                    b'$' => 2,
                    _ => 1,
                },
                _ => match (next(1), next(2)) {
                    (b'\'', b'\'' | b'$') => 3,
                    (b'\'', b'\\') => 3 + self.char_len(at + 3),
                    (b'\'', _) => return (at, PartEnd::Close),
                    _ => 1,
                },
            };
        }
    }

    /// The length of the character here; 0 at the end.
    fn char_len(&self, at: usize) -> usize {
        match self.bytes.get(at) {
            None => 0,
            Some(0..0x80) => 1,
            Some(0x80..0xe0) => 2,
            Some(0xe0..0xf0) => 3,
            Some(_) => 4,
        }
    }

    /// The end of the line that `at` is on, without its line break.
    pub(super) fn end_of_line(&mut self, at: usize) -> usize {
        if at >= self.line.0 && at <= self.line.1 {
            return self.line.1;
        }
        let found = memchr::memchr(b'\n', &self.bytes[at..]);
        let end = found.map_or(self.bytes.len(), |found| at + found);
        let end = match end > at && self.bytes[end - 1] == b'\r' {
            true => end - 1,
            false => end,
        };
        self.line = (at, end);
        end
    }

    /// The first position from `at` on that is no white space and no comment.
    pub(super) fn behind_trivia(&mut self, mut at: usize) -> usize {
        while let Some((_, end)) = self.trivia(at) {
            at = end;
        }
        at
    }
}

fn keyword(word: &[u8]) -> SyntaxKind {
    match word {
        b"if" => TOKEN_IF,
        b"in" => TOKEN_IN,
        b"or" => TOKEN_OR,
        b"let" => TOKEN_LET,
        b"rec" => TOKEN_REC,
        b"else" => TOKEN_ELSE,
        b"then" => TOKEN_THEN,
        b"with" => TOKEN_WITH,
        b"assert" => TOKEN_ASSERT,
        b"inherit" => TOKEN_INHERIT,
        _ => TOKEN_IDENT,
    }
}
