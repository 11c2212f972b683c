//! The one serialised form of findings, the same behind every door. It is a
//! contract: `schemas/output.schema.json` is made from it, and [`VERSION`]
//! changes when a reader of the old form would go wrong.

use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::rule::Group;
use crate::syntax::{Encoding, LineIndex, Text, TextRange, TextSize};
use crate::workspace::Findings;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::sync::Arc;

/// The version of the form.
pub const VERSION: u32 = 1;

/// Everything that one run found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The findings, by path and position.
    pub diagnostics: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
}

/// A finding.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// The rule's group.
    pub group: Group,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, relative to the working directory, with `/`; absolute outside it.
    pub path: String,
    /// Where.
    pub range: Range,
    /// Other places that belong to it.
    pub related: Vec<RelatedPlace>,
    /// Ways to mend it, the preferred one first.
    pub fixes: Vec<FixProposal>,
    /// The rule's page.
    pub url: String,
    /// The same for the same finding after its lines moved.
    pub fingerprint: String,
}

/// A range of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Range {
    /// The first character.
    pub start: Place,
    /// The one after the last character.
    pub end: Place,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The line, from 1; lines end at `\n`, `\r\n` or a lone `\r`.
    pub line: u32,
    /// The column, from 1, in Unicode scalar values.
    pub column: u32,
    /// The byte of the file, from 0; a byte order mark counts.
    pub offset: u32,
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelatedPlace {
    /// What is there.
    pub message: String,
    /// The file, as in [`Finding::path`].
    pub path: String,
    /// Where.
    pub range: Range,
}

/// A way to mend a finding.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FixProposal {
    /// What it does.
    pub title: String,
    /// Who may apply it.
    pub applicability: Applicability,
    /// The changes, not overlapping.
    pub edits: Vec<FileEdit>,
    /// The files it creates.
    pub creates: Vec<FileCreation>,
}

/// One replaced piece of text.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileEdit {
    /// The file, as in [`Finding::path`].
    pub path: String,
    /// What goes.
    pub range: Range,
    /// What comes instead.
    pub text: String,
}

/// A file that a fix creates.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileCreation {
    /// The file, as in [`Finding::path`].
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// The counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// Files that were checked.
    pub files: usize,
    /// Findings of this severity.
    pub errors: usize,
    /// Findings of this severity.
    pub warnings: usize,
    /// Findings of this severity.
    pub infos: usize,
    /// Findings of this severity.
    pub hints: usize,
    /// Findings that a suppression comment allows.
    pub suppressed: usize,
    /// Files that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unreadable {
    /// The file, as in [`Finding::path`].
    pub path: String,
    /// Why.
    pub reason: String,
}

impl Summary {
    /// The counts of `findings`.
    pub fn new(findings: &Findings, unreadable: Vec<Unreadable>) -> Self {
        let mut summary = Self {
            files: findings.files.len(),
            unreadable,
            ..Self::default()
        };
        for file in &findings.files {
            summary.suppressed += file.suppressed;
            for diagnostic in &file.diagnostics {
                *match diagnostic.severity {
                    Severity::Error => &mut summary.errors,
                    Severity::Warning => &mut summary.warnings,
                    Severity::Info => &mut summary.infos,
                    Severity::Hint => &mut summary.hints,
                } += 1;
            }
        }
        summary
    }
}

impl Report {
    /// Writes `findings` down. `show` turns a path of the engine into the one
    /// that a reader sees.
    pub fn new(
        findings: &Findings,
        show: &dyn Fn(&str) -> String,
        unreadable: Vec<Unreadable>,
    ) -> Self {
        let summary = Summary::new(findings, unreadable);
        let mut lines = Lines {
            findings,
            indexes: FxHashMap::default(),
        };
        let mut diagnostics = Vec::new();
        for file in &findings.files {
            let prints = fingerprints(&file.path, &file.text, &file.diagnostics);
            for (diagnostic, fingerprint) in file.diagnostics.iter().zip(prints) {
                let at = |path: &Option<Arc<str>>| path.clone().unwrap_or(file.path.clone());
                diagnostics.push(Finding {
                    rule: diagnostic.rule.name,
                    group: diagnostic.rule.group,
                    severity: diagnostic.severity,
                    message: diagnostic.message.clone(),
                    path: show(&file.path),
                    range: lines.range(&file.path, diagnostic.range),
                    related: diagnostic
                        .related
                        .iter()
                        .map(|related| RelatedPlace {
                            message: related.message.clone(),
                            path: show(&at(&related.path)),
                            range: lines.range(&at(&related.path), related.range),
                        })
                        .collect(),
                    fixes: diagnostic
                        .fixes
                        .iter()
                        .map(|fix| FixProposal {
                            title: fix.title.clone(),
                            applicability: fix.applicability,
                            edits: fix
                                .edits
                                .iter()
                                .map(|edit| FileEdit {
                                    path: show(&at(&edit.path)),
                                    range: lines.range(&at(&edit.path), edit.range),
                                    text: edit.text.clone(),
                                })
                                .collect(),
                            creates: fix
                                .creates
                                .iter()
                                .map(|file| FileCreation {
                                    path: show(&file.path),
                                    text: file.text.clone(),
                                })
                                .collect(),
                        })
                        .collect(),
                    url: diagnostic.rule.url(),
                    fingerprint,
                });
            }
        }
        Self {
            version: VERSION,
            diagnostics,
            summary,
        }
    }
}

/// Line indexes of the files that findings speak of, each made once.
struct Lines<'f> {
    findings: &'f Findings,
    indexes: FxHashMap<Arc<str>, (Text, LineIndex)>,
}

impl Lines<'_> {
    fn range(&mut self, path: &Arc<str>, range: TextRange) -> Range {
        let findings = self.findings;
        let (text, index) = self.indexes.entry(path.clone()).or_insert_with(|| {
            let text = findings.text(path).cloned().unwrap_or_default();
            let index = LineIndex::new(&text);
            (text, index)
        });
        let place = |offset: TextSize| {
            let position = index.position(text, offset, Encoding::Utf32);
            Place {
                line: position.line + 1,
                column: position.column + 1,
                offset: offset.into(),
            }
        };
        Range {
            start: place(range.start()),
            end: place(range.end()),
        }
    }
}

/// A fingerprint for each finding of a file: of its rule, its path, its text
/// without regard to white space, and its ordinal among equals.
pub fn fingerprints(path: &str, text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut seen: FxHashMap<u64, u64> = FxHashMap::default();
    diagnostics
        .iter()
        .map(|diagnostic| {
            let range = std::ops::Range::<usize>::from(diagnostic.range);
            let mut hash = Fnv::new();
            hash.write(diagnostic.rule.name);
            hash.write(path);
            for word in text.get(range).unwrap_or_default().split_whitespace() {
                hash.write(word);
            }
            let ordinal = seen.entry(hash.0).or_default();
            *ordinal += 1;
            hash.write(&ordinal.to_string());
            format!("{:016x}", hash.0)
        })
        .collect()
}

/// FNV-1a with 64 bits: short, and the same on every machine and in every
/// version, which the standard library's hasher does not promise.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
    fn write(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, Source, analyze, workspace::Workspace};

    fn report(text: &str) -> Report {
        let settings = Settings::default();
        let document = analyze(Source::new("a.nix", text), &settings);
        let findings = Workspace::new(vec![document], []).check(&settings);
        Report::new(&findings, &|path| format!("x/{path}"), Vec::new())
    }

    #[test]
    fn places_count_as_the_contract_says() {
        let report = report("\u{feff}{ lib, ... }:\r\n{ a.\"ü🐧\" = lib.mkForce 1; }");
        let finding = &report.diagnostics[0];
        assert_eq!(finding.path, "x/a.nix");
        let Place {
            line,
            column,
            offset,
        } = finding.range.start;
        assert_eq!((line, column, offset), (2, 12, 33));
    }

    #[test]
    fn fingerprints_survive_moved_lines_and_tell_equals_apart() {
        let prints = |text: &str| -> Vec<String> {
            report(text)
                .diagnostics
                .into_iter()
                .map(|d| d.fingerprint)
                .collect()
        };
        let before = prints("{ lib, ... }: { a = lib.mkForce 1;\n b = lib.mkForce 1; }");
        let after = prints("{ lib, ... }: {\n\n\n a = lib.mkForce 1;\n  b =  lib.mkForce 1; }");
        assert_eq!(before.len(), 2);
        assert_ne!(before[0], before[1]);
        assert_eq!(before, after);
    }
}
