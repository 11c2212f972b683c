//! One line for each finding in the form that statix gives to editors. For Vim:
//! `set errorformat=%f>%l:%c:%t:%n:%m`.

use crate::terminal::clean;
use nixamine_rules::wire::Report;
use nixamine_rules::{Severity, rules};
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for finding in &report.diagnostics {
        let start = finding.range.start;
        let letter = match finding.severity {
            Severity::Error => 'E',
            Severity::Warning => 'W',
            Severity::Info => 'I',
            Severity::Hint => 'N',
        };
        // Vim wants a number there; the name of the rule stands behind the message.
        let number = rules::find(finding.rule).map_or(0, |(index, _)| index + 1);
        writeln!(
            out,
            "{}>{}:{}:{letter}:{number}:{} [{}]",
            clean(&finding.path),
            start.line,
            start.column,
            clean(&finding.message),
            finding.rule
        )?;
    }
    Ok(())
}
