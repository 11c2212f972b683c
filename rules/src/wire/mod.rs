//! The one serialised form of findings, the same behind every door. It is a
//! contract: `schemas/output.schema.json` is made from it, and [`VERSION`]
//! changes when a reader of the old form would go wrong.

mod drawing;
mod facts;
mod options;
mod rules;
mod tree;

pub use drawing::{Drawing, DrawnEdge, DrawnNode};
pub use facts::{Declaration, FileForm, Header, ImportForm, ModuleForm, Section, Setting};
pub use options::{
    Former, HostForm, ImportGraph, ImportLine, ListedForm, Location, OptionForm, OutcomeForm,
    SettingForm, StandingForm,
};
pub use rules::{Example, RuleForm};
pub use tree::TreeForm;

use crate::config::ConfigError;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Severity};
use crate::rule::Group;
use crate::syntax::{Encoding, LineIndex, Text, TextRange, TextSize, Utf16Index};
use crate::workspace::{Findings, Placed, Workspace};
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
    /// How to do it right.
    pub help: Option<String>,
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
    /// Where it is in the file, from 0; a byte order mark counts. In bytes, or in
    /// code units of UTF-16 where JavaScript asked for these.
    pub offset: u32,
}

/// What [`Place::offset`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offsets {
    /// Bytes.
    #[default]
    Bytes,
    /// Code units of UTF-16, as in the strings of JavaScript.
    Utf16,
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

/// A file and its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceFile {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What fixing did.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fixed {
    /// The files that are another now.
    pub changed: Vec<SourceFile>,
    /// The files that are new.
    pub created: Vec<SourceFile>,
    /// How many fixes were applied.
    pub applied: usize,
    /// How many would have broken the syntax or lost a comment, and were not applied.
    pub refused: usize,
}

/// Something wrong with a configuration.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfigProblem {
    /// An error means that the configuration cannot be used.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub range: Option<Range>,
}

impl ConfigProblem {
    /// A problem of the configuration `text`.
    pub fn new(problem: &ConfigError, severity: Severity, text: &str, offsets: Offsets) -> Self {
        let range = problem.span.clone().map(|span| {
            let at = |at: usize| TextSize::new(at as u32);
            let range = TextRange::new(at(span.start), at(span.end));
            Measured::new(text.into(), offsets).range(range)
        });
        Self {
            severity,
            message: problem.message.clone(),
            range,
        }
    }
}

/// All forms that the package for JavaScript gives, for its schema.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[allow(dead_code, reason = "only its schema is wanted")]
pub(crate) struct Package {
    report: Report,
    facts: FileForm,
    tree: TreeForm,
    rules: Vec<RuleForm>,
    fixed: Fixed,
    problems: Vec<ConfigProblem>,
    options: Vec<OptionForm>,
    listed: Vec<ListedForm>,
    imports: ImportGraph,
    drawing: Drawing,
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
        Self::with_offsets(findings, show, unreadable, Offsets::Bytes)
    }

    /// As [`Report::new`], with another unit for [`Place::offset`].
    pub fn with_offsets(
        findings: &Findings,
        show: &dyn Fn(&str) -> String,
        unreadable: Vec<Unreadable>,
        offsets: Offsets,
    ) -> Self {
        let summary = Summary::new(findings, unreadable);
        let text_of = |path: &str| findings.text(path).cloned();
        let mut writer = Writer::new(&text_of, show, offsets);
        let mut diagnostics = Vec::new();
        for file in &findings.files {
            let prints = fingerprints(&file.path, &file.text, &file.diagnostics);
            for (diagnostic, fingerprint) in file.diagnostics.iter().zip(prints) {
                diagnostics.push(writer.finding(&file.path, diagnostic, fingerprint));
            }
        }
        Self {
            version: VERSION,
            diagnostics,
            summary,
        }
    }
}

/// The findings of one file of a joined workspace. Fixes that take time to find
/// are missing: [`complete`] has them.
pub fn findings_of(workspace: &Workspace, file: usize, offsets: Offsets) -> Vec<Finding> {
    let found = workspace.findings(file).into_iter();
    written(workspace, file, found.map(Placed::into_diagnostic), offsets)
}

/// The finding at a place of [`findings_of`], with every way to mend it.
pub fn complete(
    workspace: &Workspace,
    file: usize,
    index: usize,
    offsets: Offsets,
) -> Option<Finding> {
    let found = workspace.findings(file).into_iter().enumerate();
    let found = found.map(|(at, placed)| {
        let mut finding = placed.into_diagnostic();
        if at == index {
            workspace.complete(file, &mut finding);
        }
        finding
    });
    written(workspace, file, found, offsets)
        .into_iter()
        .nth(index)
}

fn written(
    workspace: &Workspace,
    file: usize,
    found: impl Iterator<Item = Diagnostic>,
    offsets: Offsets,
) -> Vec<Finding> {
    let document = &workspace.documents()[file];
    let found: Vec<Diagnostic> = found.collect();
    let prints = fingerprints(document.path(), document.text(), &found);
    let text_of = |path: &str| text_in(workspace, path);
    let mut writer = Writer::new(&text_of, &str::to_owned, offsets);
    let all = found.iter().zip(prints);
    all.map(|(found, print)| writer.finding(document.path(), found, print))
        .collect()
}

/// Edits of a file of a workspace.
pub fn edits_of(
    workspace: &Workspace,
    file: usize,
    edits: &[Edit],
    offsets: Offsets,
) -> Vec<FileEdit> {
    let text_of = |path: &str| text_in(workspace, path);
    let mut writer = Writer::new(&text_of, &str::to_owned, offsets);
    let own = workspace.documents()[file].path();
    edits.iter().map(|edit| writer.edit(own, edit)).collect()
}

fn text_in(workspace: &Workspace, path: &str) -> Option<Text> {
    let file = workspace.position(path)?;
    Some(workspace.documents()[file].text().clone())
}

/// Writes ranges down. What it takes for a text is made once.
struct Writer<'w> {
    text_of: &'w dyn Fn(&str) -> Option<Text>,
    show: &'w dyn Fn(&str) -> String,
    offsets: Offsets,
    texts: FxHashMap<Arc<str>, Measured>,
}

impl<'w> Writer<'w> {
    fn new(
        text_of: &'w dyn Fn(&str) -> Option<Text>,
        show: &'w dyn Fn(&str) -> String,
        offsets: Offsets,
    ) -> Self {
        Self {
            text_of,
            show,
            offsets,
            texts: FxHashMap::default(),
        }
    }

    fn range(&mut self, path: &Arc<str>, range: TextRange) -> Range {
        let (text_of, offsets) = (self.text_of, self.offsets);
        let entry = self.texts.entry(path.clone());
        let measured = entry.or_insert_with(|| {
            let text = text_of(path).unwrap_or_default();
            Measured::new(text, offsets)
        });
        measured.range(range)
    }

    fn edit(&mut self, own: &Arc<str>, edit: &Edit) -> FileEdit {
        let path = edit.path.as_ref().unwrap_or(own);
        FileEdit {
            path: (self.show)(path),
            range: self.range(path, edit.range),
            text: edit.text.clone(),
        }
    }

    fn finding(&mut self, own: &Arc<str>, found: &Diagnostic, fingerprint: String) -> Finding {
        let related = found.related.iter().map(|related| {
            let path = related.path.as_ref().unwrap_or(own);
            RelatedPlace {
                message: related.message.clone(),
                path: (self.show)(path),
                range: self.range(path, related.range),
            }
        });
        let related = related.collect();
        let fixes = found.fixes.iter().map(|fix| FixProposal {
            title: fix.title.clone(),
            applicability: fix.applicability,
            edits: fix.edits.iter().map(|edit| self.edit(own, edit)).collect(),
            creates: fix
                .creates
                .iter()
                .map(|file| FileCreation {
                    path: (self.show)(&file.path),
                    text: file.text.clone(),
                })
                .collect(),
        });
        let fixes = fixes.collect();
        Finding {
            rule: found.rule.name,
            group: found.rule.group,
            severity: found.severity,
            message: found.message.clone(),
            help: found.help.clone(),
            path: (self.show)(own),
            range: self.range(own, found.range),
            related,
            fixes,
            url: found.rule.url(),
            fingerprint,
        }
    }
}

/// A text and what it takes to say where something is in it.
struct Measured {
    text: Text,
    lines: LineIndex,
    units: Option<Utf16Index>,
}

impl Measured {
    fn new(text: Text, offsets: Offsets) -> Self {
        Self {
            lines: LineIndex::new(&text),
            units: (offsets == Offsets::Utf16).then(|| Utf16Index::new(&text)),
            text,
        }
    }

    fn range(&self, range: TextRange) -> Range {
        let place = |offset: TextSize| {
            let position = self.lines.position(&self.text, offset, Encoding::Utf32);
            let units = self.units.as_ref();
            Place {
                line: position.line + 1,
                column: position.column + 1,
                offset: units.map_or(offset.into(), |units| units.to_utf16(offset)),
            }
        };
        Range {
            start: place(range.start()),
            end: place(range.end()),
        }
    }
}

/// A fingerprint for each finding of a file: of its rule, its path, its text
/// without regard to white space and to how functions of the library are spelled, and
/// its ordinal among equals.
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
                // `lib.modules.mkForce`, `lib.mkForce` and `mkForce` are one.
                let name = word.strip_prefix("lib.");
                let name = name.and_then(|path| path.rsplit('.').next());
                hash.write(name.unwrap_or(word));
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
        let spelled =
            prints("{ lib, ... }: with lib; { a = lib.modules.mkForce 1; b = mkForce 1; }");
        assert_eq!(before, spelled);
        let others = prints("{ lib, ... }: { a = lib.mkVMOverride 1; b = lib.mkForce 1; }");
        assert_ne!(before[0], others[0]);
    }
}
