//! Words for what the parser stumbled over.

use super::{SyntaxError, SyntaxKind, TextRange, TextSize};
use rnix::ParseError;

/// The first error of `errors` in words.
///
/// One missing character makes this parser stumble to the end of the file, so
/// what comes after the first error is a consequence more often than a cause.
pub(super) fn describe(text: &str, errors: &[ParseError]) -> Vec<SyntaxError> {
    let end = TextSize::of(text);
    errors
        .iter()
        .map(|error| describe_one(text, end, error))
        .min_by_key(|error| error.range.start())
        .into_iter()
        .collect()
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
