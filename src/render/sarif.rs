//! SARIF 2.1.0, the exchange format of static analysers.

use nixamine_rules::wire::{FixProposal, Range, Report};
use nixamine_rules::{Applicability, Severity, rules};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    super::json::write_value(out, &log(report))
}

fn log(report: &Report) -> Value {
    let names: Vec<_> = rules::metas().map(|meta| meta.name).collect();
    let results: Vec<_> = report
        .diagnostics
        .iter()
        .map(|finding| {
            let mut result = json!({
                "ruleId": finding.rule,
                "level": level(finding.severity),
                "message": { "text": finding.message },
                "locations": [location(&finding.path, finding.range)],
                "partialFingerprints": { "nixamine/v1": finding.fingerprint },
            });
            if let Some(index) = names.iter().position(|name| *name == finding.rule) {
                result["ruleIndex"] = index.into();
            }
            if !finding.related.is_empty() {
                let related = finding.related.iter().enumerate().map(|(id, related)| {
                    let mut location = location(&related.path, related.range);
                    location["id"] = id.into();
                    location["message"] = json!({ "text": related.message });
                    location
                });
                result["relatedLocations"] = related.collect();
            }
            // Readers apply what they find here, so only what is always right.
            let fixes: Vec<_> = finding
                .fixes
                .iter()
                .filter(|fix| fix.applicability == Applicability::Safe && fix.creates.is_empty())
                .map(fix_object)
                .collect();
            if !fixes.is_empty() {
                result["fixes"] = fixes.into();
            }
            result
        })
        .collect();
    let notifications: Vec<_> = report
        .summary
        .unreadable
        .iter()
        .map(|unreadable| {
            json!({
                "level": "error",
                "message": { "text": format!("cannot be read: {}", unreadable.reason) },
                "locations": [{
                    "physicalLocation": { "artifactLocation": { "uri": uri(&unreadable.path) } }
                }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Nixamine",
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules::metas().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "newlineSequences": ["\r\n", "\n", "\r"],
            "invocations": [{
                "executionSuccessful": report.summary.unreadable.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn rule(meta: &nixamine_rules::RuleMeta) -> Value {
    let mut tags = vec!["nix"];
    tags.push(meta.group.name());
    json!({
        "id": meta.name,
        "name": meta.name,
        "shortDescription": { "text": meta.summary() },
        "fullDescription": { "text": meta.summary() },
        "help": { "text": meta.summary(), "markdown": meta.page },
        "helpUri": meta.url(),
        "defaultConfiguration": { "enabled": meta.enabled, "level": level(meta.severity) },
        "properties": { "group": meta.group.name(), "since": meta.since, "tags": tags },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "note",
    }
}

fn location(path: &str, range: Range) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(path) },
            "region": region(range),
        },
    })
}

fn region(range: Range) -> Value {
    json!({
        "startLine": range.start.line,
        "startColumn": range.start.column,
        "endLine": range.end.line,
        "endColumn": range.end.column,
    })
}

fn fix_object(fix: &FixProposal) -> Value {
    let mut changes: Vec<(&str, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let replacement = json!({
            "deletedRegion": region(edit.range),
            "insertedContent": { "text": edit.text },
        });
        match changes.iter_mut().find(|(path, _)| *path == edit.path) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((&edit.path, vec![replacement])),
        }
    }
    let changes: Vec<_> = changes
        .into_iter()
        .map(|(path, replacements)| {
            json!({ "artifactLocation": { "uri": uri(path) }, "replacements": replacements })
        })
        .collect();
    json!({ "description": { "text": fix.title }, "artifactChanges": changes })
}

/// A relative path as a relative reference, an absolute one as a `file:` URI.
fn uri(path: &str) -> String {
    let mut result = String::with_capacity(path.len());
    if path.starts_with('/') {
        result.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => result.push(byte as char),
            b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' | b'=' => {
                result.push(byte as char);
            }
            byte => result.push_str(&format!("%{byte:02X}")),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ü%.nix"), "a%20b/%C3%BC%25.nix");
        assert_eq!(uri("/x/a.nix"), "file:///x/a.nix");
        assert_eq!(uri("c:d/a.nix"), "c%3Ad/a.nix");
    }
}
