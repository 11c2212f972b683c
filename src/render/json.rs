//! The contract itself, on one line.

use crate::terminal::stand_in;
use nixamine_rules::wire::Report;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    write_value(out, report)
}

/// Any value, on one line that no terminal obeys.
pub(crate) fn write_value(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Escaped);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Escapes not only what JSON demands, but all that could steer a terminal.
struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            if stand_in(c).is_some() {
                writer.write_all(&fragment.as_bytes()[plain..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                plain = at + c.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_still_means_the_same() {
        let text = "a\u{1b}\u{9b}\u{202e}ü🐧\u{e0001}\"\\\n";
        let mut out = Vec::new();
        write_value(&mut out, &text).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert!(
            line.trim_end().chars().all(|c| stand_in(c).is_none()),
            "{line}"
        );
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
