//! Annotations of GitHub Actions.

use nixamine_rules::Severity;
use nixamine_rules::wire::Report;
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for finding in &report.diagnostics {
        let (start, end) = (finding.range.start, finding.range.end);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info | Severity::Hint => "notice",
        };
        write!(
            out,
            "::{command} file={},line={},endLine={}",
            property(&finding.path),
            start.line,
            end.line
        )?;
        // Columns only make sense to GitHub within one line.
        if start.line == end.line {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
        writeln!(
            out,
            ",title={}::{}",
            property(finding.rule),
            data(&finding.message)
        )?;
    }
    for unreadable in &report.summary.unreadable {
        writeln!(
            out,
            "::error file={},title=unreadable::{}",
            property(&unreadable.path),
            data(&unreadable.reason)
        )?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    escape(text, &['%', '\r', '\n'])
}

fn property(text: &str) -> String {
    escape(text, &['%', '\r', '\n', ':', ','])
}

fn escape(text: &str, special: &[char]) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(&c) {
            result.push_str(&format!("%{:02X}", c as u32));
        } else {
            match crate::terminal::stand_in(c) {
                Some(text) => result.push_str(&text),
                None => result.push(c),
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_runner_reads_them() {
        assert_eq!(data("50%: a,\nb\u{1b}"), "50%25: a,%0Ab\u{241b}");
        assert_eq!(property("a:b,c\r"), "a%3Ab%2Cc%0D");
    }
}
