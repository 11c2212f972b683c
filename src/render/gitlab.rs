//! Code Quality reports of GitLab.

use nixamine_rules::Severity;
use nixamine_rules::wire::Report;
use serde_json::{Value, json};
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let findings = report.diagnostics.iter().map(|finding| {
        json!({
            "description": finding.message,
            "check_name": finding.rule,
            "fingerprint": finding.fingerprint,
            "severity": match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "minor",
                Severity::Hint => "info",
            },
            "location": {
                "path": finding.path,
                "lines": { "begin": finding.range.start.line, "end": finding.range.end.line },
            },
        })
    });
    let unreadable = report.summary.unreadable.iter().map(|it| {
        json!({
            "description": format!("cannot be read: {}", it.reason),
            "check_name": "unreadable",
            "fingerprint": format!("unreadable:{}", it.path),
            "severity": "critical",
            "location": { "path": it.path, "lines": { "begin": 1 } },
        })
    });
    let all: Vec<Value> = findings.chain(unreadable).collect();
    super::json::write_value(out, &all)
}
