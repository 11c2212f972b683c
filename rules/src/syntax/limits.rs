//! A linear scan before parsing that turns away what would cost a parser its
//! stack or more than linear time: depth from brackets, operator chains, unary
//! chains, applications and prefix keywords, and long runs of characters that
//! the tokenizer reads again and again to see whether they are a path.
//!
//! The scan over-estimates the depth of the tree a little and never
//! under-estimates it, so a text that passes is safe on every stack.

use super::{TextRange, TextSize};

/// The deepest tree that is parsed. Real code nests to about 250.
pub const MAX_DEPTH: u32 = 500;
/// The longest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 32 << 20;
/// The longest run of path characters outside strings and comments, in bytes.
pub const MAX_WORD: usize = 1024;

/// Why a text was not parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooComplex {
    /// Where the limit was crossed, in bytes.
    pub range: TextRange,
    /// What was too much.
    pub reason: &'static str,
}

/// What a `}` or a quote closes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `{`, `(` or the file itself.
    Group,
    /// `[`: its elements do not apply to each other.
    List,
    /// `let`, which `in` closes.
    Let,
    /// `with` or `assert`, which `;` closes.
    Head,
    /// `${`, in a string, a path or a key.
    Interpolation,
    /// `"`.
    String,
    /// `''`.
    Indented,
}

struct Level {
    open: Open,
    /// Nested levels that operators, prefixes and lambdas opened since the last `;` or `,`.
    chain: u32,
    /// Operands in a row since the last operator: arguments of one application.
    operands: u32,
    /// Longest application of this chain, kept when an operator ends it.
    longest: u32,
}

impl Level {
    fn new(open: Open) -> Self {
        Self {
            open,
            chain: 0,
            operands: 0,
            longest: 0,
        }
    }
    fn depth(&self) -> u32 {
        1 + self.chain + self.longest.max(self.operands)
    }
}

/// Reads `text` once and says whether it may be parsed.
pub(super) fn scan(text: &str) -> Result<(), TooComplex> {
    let too = |at: usize, len: usize, reason| {
        let end = (at + len).min(text.len());
        Err(TooComplex {
            range: TextRange::new(TextSize::new(at as u32), TextSize::new(end as u32)),
            reason,
        })
    };
    if text.len() > MAX_BYTES {
        return too(0, 0, "the file is larger than 32 MiB");
    }
    let bytes = text.as_bytes();
    let peek = |at: usize| bytes.get(at).copied().unwrap_or(0);
    // The levels that are open, the innermost last, and the depth of all but it.
    let mut levels = vec![Level::new(Open::Group)];
    let mut outer = 0u32;
    let mut at = 0;
    // The run of path characters being read, for the tokenizer's look-ahead.
    let mut word_start = 0;

    while at < bytes.len() {
        let level = levels
            .last_mut()
            .expect("the file's own level is never closed");
        let byte = bytes[at];
        match level.open {
            Open::String | Open::Indented => {
                let indented = level.open == Open::Indented;
                let (step, closes, opens) = match byte {
                    b'$' if peek(at + 1) == b'{' => (2, false, true),
                    b'$' if peek(at + 1) == b'$' => (2, false, false),
                    b'\\' if !indented => (2, false, false),
                    b'"' if !indented => (1, true, false),
                    b'\'' if indented && peek(at + 1) == b'\'' => match peek(at + 2) {
                        b'\'' | b'$' => (3, false, false),
                        b'\\' => (4, false, false),
                        _ => (2, true, false),
                    },
                    _ => (1, false, false),
                };
                at += step;
                word_start = at;
                if opens {
                    outer += level.depth();
                    levels.push(Level::new(Open::Interpolation));
                } else if closes {
                    levels.pop();
                    let level = levels.last().expect("a string stands in a level");
                    outer -= level.depth();
                }
                continue;
            }
            Open::Group | Open::List | Open::Interpolation | Open::Let | Open::Head => {}
        }
        let in_list = level.open == Open::List;
        let mut open = None;
        let mut close = None;
        let start = at;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => {
                at = memchr(bytes, at, b'\n');
            }
            b'/' if peek(at + 1) == b'*' => {
                at = text[at + 2..]
                    .find("*/")
                    .map_or(bytes.len(), |found| at + found + 4);
            }
            b'"' => {
                at += 1;
                open = Some(Open::String);
            }
            b'\'' if peek(at + 1) == b'\'' => {
                at += 2;
                open = Some(Open::Indented);
            }
            b'$' if peek(at + 1) == b'{' => {
                at += 2;
                open = Some(Open::Interpolation);
            }
            b'{' | b'(' => {
                at += 1;
                open = Some(Open::Group);
            }
            b'[' => {
                at += 1;
                open = Some(Open::List);
            }
            b'}' | b')' | b']' => {
                at += 1;
                close = Some(byte);
            }
            b';' if level.open == Open::Head => {
                at += 1;
                close = Some(byte);
            }
            b';' | b',' => {
                at += 1;
                *level = Level::new(level.open);
            }
            b'<' if search_path(bytes, at).is_some() => {
                at = search_path(bytes, at).unwrap_or(at + 1);
                level.operands += u32::from(!in_list);
            }
            _ if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                match &bytes[start..at] {
                    b"let" if !starts_group(bytes, at) => open = Some(Open::Let),
                    b"in" if level.open == Open::Let => close = Some(b'i'),
                    b"with" | b"assert" => open = Some(Open::Head),
                    b"if" | b"then" | b"else" | b"let" | b"in" | b"or" | b"rec" => {
                        level.operator();
                    }
                    // Elements of a list neither apply to each other nor take operators.
                    _ if in_list => {}
                    // A word of signs only is operators: `---`, `++`, `//`.
                    word if word.iter().all(|b| matches!(b, b'+' | b'-' | b'/' | b'.')) => {
                        let doubles = word
                            .chunks(2)
                            .filter(|w| matches!(*w, b"++" | b"//"))
                            .count();
                        (doubles..word.len()).for_each(|_| level.operator());
                    }
                    word => {
                        // `a++b` and `1-1` are operators between operands to the parser.
                        let number = word[0].is_ascii_digit();
                        let signs = word
                            .iter()
                            .filter(|b| **b == b'+' || number && matches!(b, b'-' | b'/'));
                        level.chain += signs.count() as u32;
                        level.operands += 1;
                    }
                }
            }
            _ => {
                // Operators, `:`, `@`, `?`, `=`, and what is no Nix at all.
                let two = matches!(
                    (byte, peek(at + 1)),
                    (b'=' | b'!' | b'<' | b'>', b'=') | (b'&', b'&') | (b'|', b'|' | b'>')
                );
                at += 1 + usize::from(two);
                if !in_list {
                    level.operator();
                }
            }
        }
        // `<`, `>` and `~` take part in the tokenizer's look-ahead too.
        let comment = matches!(&bytes[start..at], [b'/', b'*', ..]);
        if !comment && (is_word(byte) || matches!(byte, b'<' | b'>' | b'~')) {
            if at - word_start > MAX_WORD {
                return too(word_start, MAX_WORD, "an endless word without a space");
            }
        } else {
            word_start = at;
        }
        let level = levels
            .last_mut()
            .expect("the file's own level is never closed");
        if close.is_none() && outer + level.depth() > MAX_DEPTH {
            return too(start, 1, "the code nests too deep");
        }
        if let Some(open) = open {
            if !in_list {
                level.operands += 1;
            }
            outer += level.depth();
            levels.push(Level::new(open));
            if outer > MAX_DEPTH {
                return too(start, 1, "the code nests too deep");
            }
        } else if let Some(closer) = close {
            // A closer of another kind closes nothing: the parser skips it too,
            // and what it would have closed goes on nesting.
            let unfinished = levels
                .iter()
                .rev()
                .take_while(|l| matches!(l.open, Open::Let | Open::Head))
                .count();
            let own = matches!(closer, b'i' | b';');
            let skipped = if own { 0 } else { unfinished };
            let target = levels.len() - 1 - skipped.min(levels.len() - 1);
            let matches = match levels[target].open {
                Open::Group => matches!(closer, b'}' | b')'),
                Open::List => closer == b']',
                Open::Interpolation => closer == b'}',
                Open::Let => closer == b'i',
                Open::Head => closer == b';',
                Open::String | Open::Indented => false,
            };
            if matches && target > 0 {
                while levels.len() > target {
                    levels.pop();
                    outer -= levels.last().expect("the target is not the first").depth();
                }
                if own {
                    levels.last_mut().expect("checked above").operator();
                }
            }
        }
    }
    Ok(())
}

impl Level {
    /// An operator or a prefix keyword: what follows is one level deeper.
    fn operator(&mut self) {
        self.chain += 1;
        self.longest = self.longest.max(self.operands);
        self.operands = 0;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'+' | b'-') || byte >= 0x80
}

/// Where the search path (`<nixpkgs/lib>`) that starts at `at` ends, if one does.
fn search_path(bytes: &[u8], at: usize) -> Option<usize> {
    let len = bytes[at + 1..]
        .iter()
        .take(MAX_WORD)
        .position(|&b| !is_word(b))?;
    (len > 0 && bytes[at + 1 + len] == b'>').then_some(at + len + 2)
}

/// Is a `{` the next thing, as in the old `let { body = 1; }`?
fn starts_group(bytes: &[u8], at: usize) -> bool {
    bytes[at..].iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

fn memchr(bytes: &[u8], from: usize, byte: u8) -> usize {
    bytes[from..]
        .iter()
        .position(|&b| b == byte)
        .map_or(bytes.len(), |found| from + found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    /// The depth of the green tree, the thing the scan must not under-estimate.
    fn depth(text: &str) -> u32 {
        let (mut depth, mut deepest) = (0, 0);
        for event in rnix::Root::parse(text).syntax().preorder() {
            match event {
                rnix::WalkEvent::Enter(_) => depth += 1,
                rnix::WalkEvent::Leave(_) => depth -= 1,
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    /// Units whose repetition nests; the second text closes what they open.
    const NESTING: &[(&str, &str)] = &[
        ("[", "]"),
        ("(", ")"),
        ("{a=", "1;}"),
        ("!", "a"),
        ("-", "1"),
        ("- ", "1"),
        ("a ++ ", "b"),
        ("a++", "b"),
        ("a//", "b"),
        ("a // ", "b"),
        ("1 - ", "1"),
        ("1-", "1"),
        ("1+", "1"),
        ("a -> ", "b"),
        ("a || ", "b"),
        ("a ? b || ", "c"),
        ("a.b or ", "c"),
        ("f ", "a"),
        ("f \"\" ", "a"),
        ("a: ", "a"),
        ("{a}: ", "a"),
        ("if a then b else ", "c"),
        ("if ", ""),
        ("let a = 1; in ", "a"),
        ("let a = 1; b = 2; in ", "a"),
        ("let a = ", ""),
        ("with a; ", "b"),
        ("assert a; ", "b"),
        ("assert a == b; ", "b"),
        ("with ", ""),
        ("assert (", ") == b; b"),
        ("a == b && ", "b"),
        ("\"${", "}\""),
        ("''${", "}''"),
        ("./a${", "}"),
        ("a.${", "}"),
        ("a |> ", "b"),
        ("( ] ", ""),
        ("[ } ", ""),
        ("{ ) ", ""),
        ("rec { a = let b = ", ""),
        ("a.b.c or (", ")"),
        ("[ (", ") ]"),
        ("[ ! ", "]"),
        ("[ a or ", "]"),
        ("[ a.b or ", "]"),
        ("let { a = ", "1; }"),
        ("inherit (", ")"),
        ("{ a ? ", "}: 1"),
    ];

    #[test]
    fn a_text_that_passes_is_no_deeper_than_the_limit() {
        for (open, close) in NESTING {
            for count in [10, 60, 120, 240, 480, 700] {
                let text = format!("{}{}", open.repeat(count), close.repeat(count));
                if scan(&text).is_ok() {
                    // Some levels of the source are two of the tree.
                    let depth = depth(&text);
                    assert!(depth <= 3 * MAX_DEPTH, "{open:?} x {count}: depth {depth}");
                }
                if count <= 60 {
                    assert_eq!(scan(&text), Ok(()), "{open:?} x {count} is not too deep");
                }
            }
        }
    }

    #[test]
    fn a_hundred_thousand_of_anything_neither_crashes_nor_hangs() {
        for (open, close) in NESTING {
            let text = format!("{}{}", open.repeat(100_000), close.repeat(100_000));
            assert!(parse(&*text).too_complex().is_some(), "{open:?}");
        }
        for unit in [
            "a.", "a", "-", "<", "+", "/", ".", "~", "a-b_", "1", "\u{fc}",
        ] {
            let text = unit.repeat(100_000);
            assert!(parse(&*text).too_complex().is_some(), "{unit:?}");
        }
    }

    #[test]
    fn long_is_not_deep() {
        for unit in [
            "a = b ++ c; ",
            "a = with b; [ c <d> (e: f) ./g \"h${i}\" ]; ",
            "a = let b = 1; in b; ",
            "inherit (a) b c; ",
            "a = assert b == c && d != e -> f; g; ",
            "# it's a \"comment\" [[[ \n",
            "/* [[[ */ ",
            concat!(
                "/* ",
                "[[[ 0123456789 0123456789 0123456789 0123456789 ",
                "\n\n */ "
            ),
            "a = '' ''${ [[[ ''' $${ ''; ",
            "a = \"[[[ \\\" $${ \"; ",
        ] {
            let text = format!("{{ {} }}", unit.repeat(5_000));
            assert_eq!(scan(&text), Ok(()), "{unit}");
        }
        // Each of these is one level, whatever its condition holds.
        let asserts = "assert (f a).b == \"c\" && ! d -> e ++ g; ".repeat(300);
        assert_eq!(scan(&format!("{asserts} 1")), Ok(()));
        let comment = "[ a ".repeat(2_000);
        assert_eq!(scan(&format!("/* {comment} */ 1")), Ok(()));
        assert_eq!(
            scan(&format!("[ {} ]", "a <b> http://c.d/e !x ".repeat(5_000))),
            Ok(())
        );
        assert_eq!(
            scan(&format!("{{ {} }}: 1", "a ? b, ".repeat(5_000))),
            Ok(())
        );
    }
}
