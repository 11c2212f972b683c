//! What reaches a terminal: nothing that could steer it.

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::fmt::Write as _;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const INFO: Style = AnsiColor::BrightBlue.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::BrightCyan.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const CODE: Style = AnsiColor::Cyan.on_default();

/// `text` in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A visible stand-in for a character that a terminal would obey, or that
/// would show text in another order than it is read.
pub(crate) fn stand_in(c: char) -> Option<Cow<'static, str>> {
    Some(match c {
        '\0'..='\u{1f}' => {
            let picture = char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}');
            picture.to_string().into()
        }
        '\u{7f}' => "\u{2421}".into(),
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => c.escape_unicode().to_string().into(),
        _ => return None,
    })
}

/// `text` with stand-ins; line breaks too, so that it stays one line.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| stand_in(c).is_none()) {
        return text.into();
    }
    let mut result = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match stand_in(c) {
            Some(stand_in) => result.push_str(&stand_in),
            None => result.push(c),
        }
    }
    result.into()
}

/// `text` with stand-ins, its lines and tabs kept.
pub(crate) fn clean_lines(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match stand_in(c) {
            Some(stand_in) if c != '\n' && c != '\t' => result.push_str(&stand_in),
            _ => result.push(c),
        }
    }
    result
}

/// The width of the terminal, if there is one.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).max(40))
}

/// The width for running text: that of the terminal, as far as lines stay readable.
pub(crate) fn width() -> usize {
    terminal_width().map_or(80, |width| width.min(100))
}

/// Does somebody look at this stream: a terminal, or a pager behind `--color always`?
pub(crate) fn is_watched<S: anstream::stream::RawStream>(stream: &S) -> bool {
    stream.is_terminal() || anstream::AutoStream::choice(stream) == ColorChoice::Always
}

/// "1 file", "2 files".
pub(crate) fn count(number: usize, noun: &str) -> String {
    let mut result = number.to_string();
    let _ = write!(result, " {noun}{}", if number == 1 { "" } else { "s" });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_remains() {
        assert_eq!(
            clean("a\u{1b}[31m\r\n\u{7f}"),
            "a\u{241b}[31m\u{240d}\u{240a}\u{2421}"
        );
        assert_eq!(clean("\u{202e}x\u{9b}"), "\\u{202e}x\\u{9b}");
        assert_eq!(clean_lines("a\tb\r\nc"), "a\tb\u{240d}\nc");
        assert!(matches!(clean("plain ü 🐧"), Cow::Borrowed(_)));
    }
}
