//! Words for what the parser stumbled over.

use super::{SyntaxError, SyntaxKind, TextRange, TextSize};
use rnix::ParseError;

/// The first error in words; none when the parser has none.
///
/// One missing character makes this parser stumble to the end of the file, so
/// what comes after the first error is a consequence more often than a cause.
/// It also runs past a bracket that nobody closed before it complains, so the
/// brackets are looked at by themselves.
pub(super) fn describe(text: &str, errors: &[ParseError]) -> Vec<SyntaxError> {
    let end = TextSize::of(text);
    let parsed = errors
        .iter()
        .map(|error| describe_one(text, end, error))
        .min_by_key(|error| error.range.start());
    let Some(parsed) = parsed else {
        return Vec::new();
    };
    let nothing = rnix::tokenize(text).all(|(kind, _)| {
        matches!(
            kind,
            SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT
        )
    });
    if nothing {
        return vec![SyntaxError {
            range: TextRange::empty(TextSize::new(0)),
            message: "the file holds no expression; `{ }` is the smallest module".to_owned(),
            missing: None,
        }];
    }
    match unbalanced(text) {
        Some(found) if found.range.start() <= parsed.range.start() || parsed.missing.is_some() => {
            vec![found]
        }
        _ => vec![parsed],
    }
}

/// What can be open when a token comes that it cannot hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Brace,
    Bracket,
    Paren,
    Interpolation,
    String,
    Let,
}

impl Open {
    fn closer(self) -> &'static str {
        match self {
            Self::Brace | Self::Interpolation => "}",
            Self::Bracket => "]",
            Self::Paren => ")",
            Self::String => "\"",
            Self::Let => "in",
        }
    }
}

/// The first place where the brackets do not match.
fn unbalanced(text: &str) -> Option<SyntaxError> {
    use SyntaxKind::*;
    // What is open, where, and how many `with` and `assert` wait for their `;`.
    let mut stack: Vec<(Open, TextSize, u32)> = Vec::new();
    let mut heads = 0;
    let mut offset = TextSize::new(0);
    // Where the last thing before the current token ended.
    let mut last_end = offset;
    for (kind, token) in rnix::tokenize(text) {
        let start = offset;
        offset += TextSize::of(token);
        let open = match kind {
            TOKEN_L_BRACE => Some(Open::Brace),
            TOKEN_L_BRACK => Some(Open::Bracket),
            TOKEN_L_PAREN => Some(Open::Paren),
            TOKEN_INTERPOL_START => Some(Open::Interpolation),
            TOKEN_STRING_START => Some(Open::String),
            TOKEN_LET => Some(Open::Let),
            _ => None,
        };
        if let Some(open) = open {
            stack.push((open, start, heads));
            heads = 0;
        }
        let closes: &[Open] = match kind {
            TOKEN_R_BRACE => &[Open::Brace],
            TOKEN_R_BRACK => &[Open::Bracket],
            TOKEN_R_PAREN => &[Open::Paren],
            TOKEN_INTERPOL_END => &[Open::Interpolation],
            TOKEN_STRING_END => &[Open::String],
            TOKEN_IN => &[Open::Let],
            _ => &[],
        };
        let missing = |open: Open| SyntaxError {
            range: TextRange::empty(last_end),
            message: format!("missing `{}` before `{token}`", open.closer()),
            missing: (open != Open::Let).then_some(open.closer()),
        };
        match (stack.last().copied(), closes) {
            (Some((open, _, outer)), [closed]) if open == *closed => {
                stack.pop();
                heads = outer;
            }
            // The old `let { body = …; }` has no `in`.
            (Some((Open::Let, _, _)), [_]) if kind != TOKEN_IN => {
                let below = stack.iter().rposition(|(open, _, _)| *open != Open::Let);
                match below {
                    Some(below) if closes.contains(&stack[below].0) => {
                        heads = stack[below].2;
                        stack.truncate(below);
                    }
                    _ => return None,
                }
            }
            (Some((Open::Brace | Open::Interpolation, _, _)), [Open::Let]) => {}
            (Some((open, _, _)), [_]) => return Some(missing(open)),
            (None, [_]) => {
                return Some(SyntaxError {
                    range: TextRange::new(start, offset),
                    message: format!("nothing is open that this `{token}` could close"),
                    missing: None,
                });
            }
            (_, _) => {}
        }
        match kind {
            TOKEN_WITH | TOKEN_ASSERT => heads += 1,
            TOKEN_SEMICOLON if heads > 0 => heads -= 1,
            TOKEN_SEMICOLON => {
                if let Some((open @ (Open::Paren | Open::Bracket), _, _)) = stack.last() {
                    return Some(missing(*open));
                }
            }
            _ => {}
        }
        if !matches!(kind, TOKEN_WHITESPACE | TOKEN_COMMENT) {
            last_end = offset;
        }
    }
    let (open, start, _) = stack
        .into_iter()
        .rev()
        .find(|(open, _, _)| *open != Open::Let)?;
    if open == Open::String {
        return Some(SyntaxError {
            range: TextRange::at(start, TextSize::new(1)),
            message: "this string is never closed".to_owned(),
            missing: None,
        });
    }
    Some(SyntaxError {
        range: TextRange::empty(last_end),
        message: format!("the file ends, but a `{}` is missing", open.closer()),
        missing: Some(open.closer()),
    })
}

fn describe_one(text: &str, end: TextSize, error: &ParseError) -> SyntaxError {
    let last = TextRange::empty(TextSize::of(text.trim_end()).min(end));
    let plain = |range: TextRange, message: String| SyntaxError {
        range,
        message,
        missing: None,
    };
    match error {
        ParseError::Unexpected(range) | ParseError::UnexpectedExtra(range) => {
            let (range, found) = first_token(text, *range);
            plain(range, format!("{found} does not belong here"))
        }
        ParseError::UnexpectedWanted(_, range, wanted) => {
            let (range, found) = first_token(text, *range);
            match missing(wanted) {
                // `a = "x"` without `;` and `b.c = 1;` below it: the parser takes
                // the key for an argument and stumbles at its `=`.
                Some(";") if found == "`=`" => {
                    let (before, key) = before_key(text, usize::from(range.start()));
                    SyntaxError {
                        range: TextRange::empty(TextSize::new(before as u32)),
                        message: format!("missing `;` before `{key}`"),
                        missing: Some(";"),
                    }
                }
                Some(token) => {
                    let before = text[..usize::from(range.start())].trim_end().len();
                    SyntaxError {
                        range: TextRange::empty(TextSize::new(before as u32)),
                        message: format!("missing `{token}` before {found}"),
                        missing: Some(token),
                    }
                }
                None => plain(range, format!("expected {}, found {found}", list(wanted))),
            }
        }
        ParseError::UnexpectedDoubleBind(range) => plain(
            *range,
            "a pattern can have only one name with `@`".to_owned(),
        ),
        ParseError::UnexpectedEOF => plain(
            last,
            "the file ends in the middle of an expression".to_owned(),
        ),
        ParseError::UnexpectedEOFWanted(wanted) => match missing(wanted) {
            Some(token) => SyntaxError {
                range: last,
                message: format!("the file ends, but a `{token}` is missing"),
                missing: Some(token),
            },
            None => plain(
                last,
                format!("the file ends where {} should be", list(wanted)),
            ),
        },
        ParseError::DuplicatedArgs(range, name) => {
            plain(*range, format!("the function takes `{name}` twice"))
        }
        // The scan before the parse is stricter, so nobody should ever read this.
        other => plain(last, format!("this is not Nix: {other}")),
    }
}

/// The key in front of the `=` at `at`, and where what stands before it ends.
fn before_key(text: &str, at: usize) -> (usize, &str) {
    let head = text[..at].trim_end();
    let is_key = |c: char| c.is_alphanumeric() || "_-'.\"${}".contains(c);
    let rest = head.trim_end_matches(is_key);
    (rest.trim_end().len(), &head[rest.len()..])
}

/// The first token in `range` (which may reach over many) and its name.
fn first_token(text: &str, range: TextRange) -> (TextRange, String) {
    let from = usize::from(range.start());
    let mut offset = 0;
    for (kind, token) in rnix::tokenize(&text[from..]).take(64) {
        if !matches!(
            kind,
            SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT
        ) {
            let start = TextSize::new((from + offset) as u32);
            let shown: String = token.chars().take(30).collect();
            let name = match token.chars().next() {
                Some(c) if token.chars().count() == 1 && !c.is_ascii() => {
                    format!("the character `{c}` (U+{:04X})", c as u32)
                }
                _ => format!("`{shown}`"),
            };
            return (TextRange::at(start, TextSize::of(token)), name);
        }
        offset += token.len();
    }
    (
        TextRange::empty(range.start()),
        "the end of the file".to_owned(),
    )
}

/// The one punctuation mark whose absence explains the error.
fn missing(wanted: &[SyntaxKind]) -> Option<&'static str> {
    [
        (SyntaxKind::TOKEN_SEMICOLON, ";"),
        (SyntaxKind::TOKEN_R_BRACE, "}"),
        (SyntaxKind::TOKEN_R_PAREN, ")"),
        (SyntaxKind::TOKEN_R_BRACK, "]"),
        (SyntaxKind::TOKEN_ASSIGN, "="),
    ]
    .into_iter()
    .find(|(kind, _)| wanted == [*kind])
    .map(|(_, token)| token)
}

fn list(wanted: &[SyntaxKind]) -> String {
    if wanted.contains(&SyntaxKind::TOKEN_L_PAREN) {
        return "a value".to_owned();
    }
    if wanted.contains(&SyntaxKind::TOKEN_IDENT) {
        return "a name".to_owned();
    }
    let mut names: Vec<_> = wanted.iter().map(|kind| name(*kind)).collect();
    names.dedup();
    match names.split_last() {
        None => "something else".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

fn name(kind: SyntaxKind) -> String {
    use SyntaxKind::*;
    match kind {
        TOKEN_IDENT => "a name",
        TOKEN_ASSIGN => "`=`",
        TOKEN_SEMICOLON => "`;`",
        TOKEN_COLON => "`:`",
        TOKEN_COMMA => "`,`",
        TOKEN_AT => "`@`",
        TOKEN_DOT => "`.`",
        TOKEN_QUESTION => "`?`",
        TOKEN_ELLIPSIS => "`...`",
        TOKEN_THEN => "`then`",
        TOKEN_ELSE => "`else`",
        TOKEN_IN => "`in`",
        TOKEN_L_BRACE => "`{`",
        TOKEN_R_BRACE => "`}`",
        TOKEN_R_BRACK => "`]`",
        TOKEN_R_PAREN => "`)`",
        TOKEN_INTERPOL_END => "`}`",
        TOKEN_STRING_END => "the end of the string",
        _ => {
            let word = format!("{kind:?}").to_lowercase();
            return word
                .trim_start_matches("token_")
                .trim_start_matches("node_")
                .replace('_', " ");
        }
    }
    .to_owned()
}
