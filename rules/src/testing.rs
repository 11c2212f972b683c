//! Checking examples: files in one text, expected findings marked in place.
//!
//! A line `# FILE: path.nix` starts a file; without one the text is `module.nix`.
//! A file `nixamine.toml` is the configuration. Below a line a comment
//! `#  ^^^^ message` expects a finding under the marks whose message holds
//! `message`; such lines are not part of the file. `⟨[ × 600⟩` stands for six
//! hundred brackets, and a finding inside them is marked where they begin.

use crate::diagnostic::Applicability;
use crate::docs;
use crate::fixer;
use crate::linter::{Source, analyze};
use crate::rule::RuleMeta;
use crate::syntax::{Encoding, LineIndex};
use crate::workspace::{Presence, Workspace};
use crate::{Config, Settings};
use std::fmt::Write as _;

/// Checks that `rule` finds in `example` what is marked there, and nothing else.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn check(rule: &RuleMeta, example: &str) {
    let example = Example::read(example);
    let found = example.with_findings(rule);
    assert!(
        found == example.marked,
        "{}: expected\n{}\nfound\n{found}",
        rule.name,
        example.marked
    );
}

/// Checks as [`check`], then that applying the fixes at least as harmless as
/// `allow` gives `fixed`.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn check_fix(rule: &RuleMeta, example: &str, allow: Applicability, fixed: &str) {
    check(rule, example);
    let result = Example::read(example).fixed(rule, allow);
    assert!(
        result.trim() == fixed.trim(),
        "{}: expected\n{fixed}\nfixed\n{result}",
        rule.name
    );
}

/// Checks the fences of a rule's page: `nix bad`, `nix good`, and `nix fixed`
/// (what the fixes make of the bad one before it, `nix fixed safe` for the
/// safe ones alone).
///
/// # Panics
/// When one does not show what it says.
#[track_caller]
pub fn check_page(rule: &RuleMeta) {
    let mut bad: Option<String> = None;
    for fence in docs::fences(rule.page) {
        let words: Vec<_> = fence.info.split(' ').collect();
        match words.as_slice() {
            ["nix", "bad"] => {
                check(rule, &fence.code);
                assert!(
                    fence.code.contains("^"),
                    "{}: a bad example without a mark",
                    rule.name
                );
                bad = Some(fence.code);
            }
            ["nix", "good"] => check(rule, &fence.code),
            ["nix", "fixed", rest @ ..] => {
                let allow = match rest {
                    ["safe"] => Applicability::Safe,
                    ["manual"] => Applicability::Manual,
                    _ => Applicability::Unsafe,
                };
                let bad = bad.as_deref().expect("a fixed example follows a bad one");
                check_fix(rule, bad, allow, &fence.code);
            }
            ["nix", ..] => panic!("{}: what is a fence `{}`?", rule.name, fence.info),
            _ => {}
        }
    }
}

/// An example, read.
pub(crate) struct Example {
    pub(crate) files: Vec<(String, String)>,
    pub(crate) settings_text: String,
    /// The example with its marks, in the normal form of [`Example::with_findings`].
    marked: String,
    /// Lines that were written shorter than they are: as they are, as written.
    shortened: Vec<(String, String)>,
    /// Are there `# FILE:` lines?
    named: bool,
}

impl Example {
    pub(crate) fn read(text: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        let mut settings_text = String::new();
        let mut marked = String::new();
        let mut named = false;
        let mut into_settings = false;
        let mut shortened = Vec::new();
        for line in text.lines() {
            if let Some(path) = line.trim().strip_prefix("# FILE: ") {
                into_settings = path == "nixamine.toml";
                if !into_settings {
                    files.push((path.to_owned(), String::new()));
                    let _ = writeln!(marked, "# FILE: {path}");
                }
                named = true;
                continue;
            }
            if into_settings {
                settings_text.push_str(line);
                settings_text.push('\n');
                continue;
            }
            if files.is_empty() {
                if line.trim().is_empty() {
                    continue;
                }
                files.push(("module.nix".to_owned(), String::new()));
            }
            if let Some((column, width, message)) = mark(line) {
                let _ = writeln!(
                    marked,
                    "{}{} {message}",
                    " ".repeat(column),
                    "^".repeat(width)
                );
                continue;
            }
            let file = files.last_mut().expect("just made");
            let whole = repeat(line);
            if whole != line {
                shortened.push((whole.clone(), line.to_owned()));
            }
            file.1.push_str(&whole);
            file.1.push('\n');
            let _ = writeln!(marked, "{line}");
        }
        Self {
            files,
            settings_text,
            marked,
            shortened,
            named,
        }
    }

    fn settings(&self, rule: &RuleMeta) -> Settings {
        let config = Config::from_toml(&self.settings_text).expect("the example's configuration");
        Settings::new(config, &[rule.name.to_owned()], &[]).expect("the rule exists")
    }

    fn workspace(&self, settings: &Settings) -> Workspace {
        let documents = self
            .files
            .iter()
            .map(|(path, text)| analyze(Source::new(path.as_str(), text.as_str()), settings))
            .collect();
        let mut workspace = Workspace::new(documents, []);
        if self.named {
            workspace.is_whole(Presence::nothing_else());
        }
        workspace
    }

    /// The files with a mark below each line that has findings. A mark's
    /// message is the expected one where that is part of what was found.
    fn with_findings(&self, rule: &RuleMeta) -> String {
        let settings = self.settings(rule);
        let findings = self.workspace(&settings).check(&settings);
        let expected: Vec<_> = self.marked.lines().filter_map(bare_mark).collect();
        let mut out = String::new();
        for (path, text) in &self.files {
            if self.named {
                let _ = writeln!(out, "# FILE: {path}");
            }
            let file = findings
                .files
                .iter()
                .find(|file| &*file.path == path.as_str());
            let file = file.expect("every file is checked");
            let index = LineIndex::new(text);
            for (line, content) in text.lines().enumerate() {
                let short = self.shortened.iter().find(|(whole, _)| whole == content);
                let content = short.map_or(content, |(_, written)| written);
                let _ = writeln!(out, "{content}");
                for diagnostic in &file.diagnostics {
                    let start = index.position(text, diagnostic.range.start(), Encoding::Utf32);
                    let end = index.position(text, diagnostic.range.end(), Encoding::Utf32);
                    if start.line as usize != line {
                        continue;
                    }
                    let end = if end.line == start.line {
                        end.column
                    } else {
                        content.chars().count() as u32
                    };
                    let width = end.saturating_sub(start.column).max(1) as usize;
                    let column = match short {
                        Some(_) => content.chars().take_while(|c| *c != '⟨').count(),
                        None => start.column as usize,
                    };
                    let message = expected
                        .iter()
                        .find(|(c, w, text)| {
                            (*c, *w) == (column, width) && diagnostic.message.contains(text)
                        })
                        .map_or(diagnostic.message.as_str(), |(_, _, text)| text);
                    let _ = writeln!(out, "{}{} {message}", " ".repeat(column), "^".repeat(width));
                }
            }
        }
        out
    }

    fn fixed(&self, rule: &RuleMeta, allow: Applicability) -> String {
        let settings = self.settings(rule);
        let outcome = fixer::fix(self.workspace(&settings), &settings, allow, &|_| true);
        let mut out = String::new();
        for (path, text) in &self.files {
            if self.named {
                let _ = writeln!(out, "# FILE: {path}");
            }
            let changed = outcome
                .changed
                .iter()
                .find(|file| &*file.path == path.as_str());
            out.push_str(changed.map_or(text, |file| &file.after));
        }
        for file in &outcome.created {
            let _ = write!(out, "# FILE: {}\n{}", file.path, file.text);
        }
        out
    }
}

/// The line with `⟨text × count⟩` written out.
fn repeat(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, repeated)) = rest.split_once('⟨') {
        let (unit, behind) = repeated.split_once('⟩').expect("⟨ has its ⟩");
        let (unit, count) = unit.split_once(" × ").expect("⟨text × count⟩");
        out.push_str(before);
        out.push_str(&unit.repeat(count.parse().expect("a count")));
        rest = behind;
    }
    out + rest
}

/// `#   ^^^ message`: the column and width of the marks, and the message.
fn mark(line: &str) -> Option<(usize, usize, &str)> {
    let rest = line.trim_start().strip_prefix('#')?;
    rest.trim_start().starts_with('^').then_some(())?;
    let (column, width, message) = bare_mark(line)?;
    // `#^` marks the first column, which the `#` itself takes.
    Some(if line.starts_with("#^") {
        (0, width + 1, message)
    } else {
        (column, width, message)
    })
}

fn bare_mark(line: &str) -> Option<(usize, usize, &str)> {
    let column = line.find('^')?;
    if !line[..column].chars().all(|c| c == ' ' || c == '#') {
        return None;
    }
    let width = line[column..].bytes().take_while(|b| *b == b'^').count();
    Some((column, width, line[column + width..].trim()))
}
