//! Test results as JUnit writes them, which most CI systems show: a suite for each file
//! with findings, a failed test for each finding.

use crate::terminal::stand_in;
use nixamine_rules::wire::{Finding, Report};
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let unreadable = &report.summary.unreadable;
    let found = report.diagnostics.len() + unreadable.len();
    // Some readers take a report without tests for a run that went wrong.
    let tests = found.max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"nixamine\" tests=\"{tests}\" failures=\"{found}\" errors=\"0\">"
    )?;
    if found == 0 {
        writeln!(
            out,
            "  <testsuite name=\"nixamine\" tests=\"1\" failures=\"0\" errors=\"0\">\n    \
             <testcase name=\"no findings\" classname=\"nixamine\"/>\n  </testsuite>"
        )?;
    }
    for findings in report.diagnostics.chunk_by(|a, b| a.path == b.path) {
        let (path, number) = (escaped(&findings[0].path), findings.len());
        writeln!(
            out,
            "  <testsuite name=\"{path}\" tests=\"{number}\" failures=\"{number}\" errors=\"0\">"
        )?;
        for finding in findings {
            test(out, &path, finding)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    for it in unreadable {
        let (path, reason) = (escaped(&it.path), escaped(&it.reason));
        writeln!(
            out,
            "  <testsuite name=\"{path}\" tests=\"1\" failures=\"1\" errors=\"0\">\n    \
             <testcase name=\"unreadable\" classname=\"{path}\">\n      \
             <failure message=\"{reason}\" type=\"error\"/>\n    </testcase>\n  </testsuite>"
        )?;
    }
    writeln!(out, "</testsuites>")
}

fn test(out: &mut dyn Write, path: &str, finding: &Finding) -> io::Result<()> {
    let start = finding.range.start;
    let (line, column) = (start.line, start.column);
    let message = escaped(&finding.message);
    writeln!(
        out,
        "    <testcase name=\"{} at {line}:{column}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\">\n      \
         <failure message=\"{message}\" type=\"{}\">{path}:{line}:{column}: {message}\n{}</failure>\n    </testcase>",
        finding.rule,
        finding.severity.name(),
        escaped(&finding.url)
    )
}

/// Text as XML takes it: what it forbids altogether is shown by its stand-in.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => match stand_in(c) {
                Some(shown) => out.push_str(&shown),
                None => out.push(c),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_takes_every_text() {
        assert_eq!(
            escaped("a<b>&\"c\"\n\u{1b}"),
            "a&lt;b&gt;&amp;&quot;c&quot; \u{241b}"
        );
    }
}
