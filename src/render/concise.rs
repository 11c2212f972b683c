//! One line for each finding.

use crate::terminal::{self, clean, paint};
use nixamine_rules::wire::Report;
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for finding in &report.diagnostics {
        let start = finding.range.start;
        let severity = format!("{}[{}]", finding.severity.name(), finding.rule);
        writeln!(
            out,
            "{}:{}:{}: {} {}",
            clean(&finding.path),
            start.line,
            start.column,
            paint(super::style(finding.severity), &severity),
            paint(terminal::BOLD, &clean(&finding.message)),
        )?;
    }
    Ok(())
}
