//! Syntax errors in the words of a person.

use super::lexer::Lexer;
use super::{SyntaxError, SyntaxKind, TextRange, TextSize};

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
}

fn plain(range: TextRange, message: String) -> SyntaxError {
    SyntaxError {
        range,
        message,
        missing: None,
    }
}

/// `token` should follow what ends at `behind`; `found` does.
pub(super) fn missing(
    text: &str,
    behind: usize,
    found: Option<usize>,
    token: &'static str,
) -> SyntaxError {
    let message = match found {
        Some(found) => format!("missing `{token}` before {}", name(text, found)),
        None => format!("the file ends, but a `{token}` is missing"),
    };
    SyntaxError {
        range: range(behind, behind),
        message,
        missing: Some(token),
    }
}

/// What belongs together ends at `behind`, before `next`, without `wanted`.
pub(super) fn ends_early(text: &str, behind: usize, next: usize, wanted: &str) -> SyntaxError {
    let message = format!("{wanted} is missing before {}", name(text, next));
    plain(range(behind, behind), message)
}

/// Something else than `wanted` follows what ends at `behind`.
pub(super) fn unexpected(
    text: &str,
    behind: usize,
    found: Option<usize>,
    wanted: &str,
) -> SyntaxError {
    let Some(start) = found else {
        let message = if behind == 0 {
            "the file holds no expression".to_owned()
        } else {
            format!("the file ends where {wanted} should be")
        };
        return plain(range(behind, behind), message);
    };
    let end = Lexer::new(text).token(start).1;
    let shown = &text[start..end];
    if shown.starts_with("/*") {
        let message = "this comment is never closed".to_owned();
        return plain(range(start, start + 2), message);
    }
    if is_bad_path(shown) {
        return bad_path(text, start, end);
    }
    let message = match shown {
        "}" | ")" | "]" if wanted != "a value" => {
            format!("nothing is open that this `{shown}` could close")
        }
        ":" => "a function needs parentheses here".to_owned(),
        _ if wanted == "a value" || wanted == "a name" => {
            format!("expected {wanted}, found {}", name(text, start))
        }
        _ => format!("{} does not belong here", name(text, start)),
    };
    plain(range(start, end), message)
}

/// Does the lexer refuse this path?
fn is_bad_path(shown: &str) -> bool {
    shown.len() > 2 && (shown.ends_with('/') || shown.contains("//"))
}

pub(super) fn unclosed_string(start: usize, end: usize) -> SyntaxError {
    plain(range(start, end), "this string is never closed".to_owned())
}

pub(super) fn bad_path(text: &str, start: usize, end: usize) -> SyntaxError {
    let shown = &text[start..end];
    let what = match shown.ends_with('/') {
        true => "must not end in a slash",
        false => "must not hold two slashes in a row",
    };
    let shown: String = shown.chars().take(40).collect();
    plain(range(start, end), format!("the path `{shown}` {what}"))
}

pub(super) fn needs_parens(text: &str, start: usize, end: usize) -> SyntaxError {
    let message = format!("`{}` needs parentheses here", &text[start..end]);
    plain(range(start, end), message)
}

pub(super) fn not_associative(text: &str, start: usize, end: usize) -> SyntaxError {
    let message = format!(
        "`{}` cannot follow another comparison without parentheses",
        &text[start..end]
    );
    plain(range(start, end), message)
}

pub(super) fn bound_twice(at: usize) -> SyntaxError {
    let message = "a pattern can have only one name with `@`".to_owned();
    plain(range(at, at + 1), message)
}

/// A token as it is named in a message; a key with its whole path.
fn name(text: &str, start: usize) -> String {
    let mut lexer = Lexer::new(text);
    let mut end = lexer.token(start).1;
    let shown = &text[start..end];
    let mut chars = shown.chars();
    if let (Some(c), None) = (chars.next(), chars.next())
        && !c.is_ascii_graphic()
    {
        return format!("the character `{}` (U+{:04X})", c.escape_debug(), c as u32);
    }
    if lexer.token(start).0 == SyntaxKind::TOKEN_IDENT {
        while text[end..].starts_with('.') && end + 1 < text.len() {
            match lexer.token(end + 1) {
                (SyntaxKind::TOKEN_IDENT, behind) if behind - start <= 60 => end = behind,
                _ => break,
            }
        }
    }
    let shown: String = text[start..end].chars().take(60).collect();
    format!("`{shown}`")
}
