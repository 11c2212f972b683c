//! The diagnostic format of reviewdog, with safe fixes as suggestions.

use nixamine_rules::wire::{Place, Range, Report};
use nixamine_rules::{Applicability, Findings, Severity};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, findings: &Findings, report: &Report) -> io::Result<()> {
    // Both are in the same order; only the findings know the texts.
    let texts = findings
        .files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(|_| &*file.text));
    let diagnostics: Vec<Value> = texts
        .zip(&report.diagnostics)
        .map(|(text, finding)| {
            let own = |it: &&nixamine_rules::wire::FixProposal| {
                let is_here = it.edits.iter().all(|edit| edit.path == finding.path);
                it.applicability == Applicability::Safe && it.creates.is_empty() && is_here
            };
            // Reviewdog offers each suggestion by itself, so one edit has to do.
            let fixes = finding
                .fixes
                .iter()
                .filter(own)
                .filter(|it| it.edits.len() == 1);
            let suggestions: Vec<Value> = fixes
                .flat_map(|it| &it.edits)
                .map(|edit| json!({ "range": range(text, edit.range), "text": edit.text }))
                .collect();
            json!({
                "message": finding.message,
                "location": { "path": finding.path, "range": range(text, finding.range) },
                "severity": match finding.severity {
                    Severity::Error => "ERROR",
                    Severity::Warning => "WARNING",
                    Severity::Info | Severity::Hint => "INFO",
                },
                "code": { "value": finding.rule, "url": finding.url },
                "suggestions": suggestions,
            })
        })
        .chain(report.summary.unreadable.iter().map(|it| {
            json!({
                "message": format!("cannot be read: {}", it.reason),
                "location": { "path": it.path },
                "severity": "ERROR",
                "code": { "value": "unreadable" },
            })
        }))
        .collect();
    let value = json!({
        "source": { "name": "nixamine", "url": "https://nixamine.github.io" },
        "diagnostics": diagnostics,
    });
    super::json::write_value(out, &value)
}

fn range(text: &str, range: Range) -> Value {
    json!({ "start": place(text, range.start), "end": place(text, range.end) })
}

/// Columns count bytes of UTF-8 here.
fn place(text: &str, place: Place) -> Value {
    let before = &text[..(place.offset as usize).min(text.len())];
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    json!({ "line": place.line, "column": before.len() - start + 1 })
}
