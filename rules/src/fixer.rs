//! Applying fixes to a workspace, in memory, until nothing is left to apply.

use crate::Settings;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, NewFile};
use crate::linter::{Source, analyze};
use crate::sorted;
use crate::syntax::{self, NodeOrToken, SyntaxKind, Text, TextRange};
use crate::workspace::{Findings, Workspace};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::Arc;

/// A file that fixes changed.
#[derive(Debug, Clone)]
pub struct FixedFile {
    /// The file, relative to the root.
    pub path: Arc<str>,
    /// Its text as it was.
    pub before: Text,
    /// Its text after the fixes.
    pub after: Text,
    /// How many fixes were applied in it.
    pub applied: usize,
}

/// What fixing did.
#[derive(Debug)]
pub struct FixOutcome {
    /// The files that changed, by path.
    pub changed: Vec<FixedFile>,
    /// The files to create.
    pub created: Vec<NewFile>,
    /// How many fixes were applied.
    pub applied: usize,
    /// How many fixes would have broken the syntax or lost a comment, and were not applied.
    pub refused: usize,
    /// What is still found afterwards.
    pub remaining: Findings,
}

/// More rounds than this mean that two fixes undo each other.
const MOST_ROUNDS: usize = 64;

/// Applies the fixes of `workspace` that are at least as harmless as `allow`,
/// to the files that `only` names, round after round until none is left.
///
/// Of overlapping fixes the first in the file wins and the others wait for the
/// next round. A fix that would break the syntax of a file is refused, and one that
/// loses a comment which it is not about. Files that do not parse are left alone,
/// because nothing but their syntax error is found in them.
pub fn fix(
    mut workspace: Workspace,
    settings: &Settings,
    allow: Applicability,
    only: &dyn Fn(&str) -> bool,
) -> FixOutcome {
    let mut changed: sorted::Map<Arc<str>, FixedFile> = sorted::Map::new();
    let mut created: Vec<NewFile> = Vec::new();
    let mut state = State::default();
    let mut findings = workspace.check(settings);
    for _ in 0..MOST_ROUNDS {
        let units = state.plan(&findings, allow, only);
        if units.is_empty() {
            break;
        }
        for unit in units {
            let Some(after) = unit.apply(&findings) else {
                state.refuse(unit);
                continue;
            };
            for (path, before, after) in after {
                let entry = changed.or_insert(path.clone(), || FixedFile {
                    path: path.clone(),
                    before,
                    after: after.clone(),
                    applied: 0,
                });
                entry.after = after.clone();
                entry.applied += unit.fixes.iter().filter(|(home, _)| *home == path).count();
                workspace.replace(analyze(Source::new(path, after), settings));
            }
            let own = unit.fixes.iter().flat_map(|(_, fix)| &fix.creates);
            for file in own.clone() {
                workspace.mention(&file.path);
            }
            created.extend(own.cloned());
        }
        findings = workspace.check(settings);
    }
    let changed = changed.into_iter().map(|(_, file)| file);
    let changed: Vec<_> = changed.filter(|file| file.before != file.after).collect();
    findings.retain(only);
    FixOutcome {
        applied: changed.iter().map(|file| file.applied).sum(),
        changed,
        created,
        refused: state.refused.len(),
        remaining: findings,
    }
}

/// The edits of one round of fixes in a single file, to its text of now: of the
/// findings that `wanted` names the first fix that is at least as harmless as
/// `allow` and changes nothing but the file. Of those that touch the first wins.
/// What would break the syntax or lose a comment is left out.
///
/// The workspace must be joined.
pub fn fixes_of_file(
    workspace: &Workspace,
    file: usize,
    allow: Applicability,
    wanted: &dyn Fn(&Diagnostic) -> bool,
) -> Vec<Edit> {
    let text = workspace.documents()[file].text();
    let mut taken: Vec<Fix> = Vec::new();
    for placed in workspace.findings(file) {
        let mut finding = placed.into_diagnostic();
        if !wanted(&finding) {
            continue;
        }
        workspace.complete(file, &mut finding);
        let own =
            |fix: &Fix| fix.creates.is_empty() && fix.edits.iter().all(|edit| edit.path.is_none());
        let mut fixes = finding.fixes.into_iter();
        let Some(fix) = fixes.find(|fix| fix.applicability >= allow && own(fix)) else {
            continue;
        };
        let touches = |edit: &Edit| {
            let mut known = taken.iter().flat_map(|fix| &fix.edits);
            known.any(|known| known.range.intersect(edit.range).is_some())
        };
        if !fix.edits.iter().any(touches) {
            taken.push(fix);
        }
    }
    if taken.is_empty() {
        return Vec::new();
    }
    let harmless = |fixes: &[Fix]| {
        let edits: Vec<_> = fixes.iter().flat_map(|fix| &fix.edits).collect();
        let before = without_taken(text, &edits);
        let after = apply_edits(text, edits);
        before.zip(after).is_some_and(|(before, after)| {
            let (before, after) = (before.as_str(), after.as_str());
            keeps_syntax(after) && keeps_comments(std::iter::once(before), std::iter::once(after))
        })
    };
    if !harmless(&taken) {
        // Together they do harm: those that do none alone, if that is enough.
        taken.retain(|fix| harmless(std::slice::from_ref(fix)));
        if !harmless(&taken) {
            return Vec::new();
        }
    }
    taken.into_iter().flat_map(|fix| fix.edits).collect()
}

/// A file with its text before and after.
type Changed = (Arc<str>, Text, Text);

/// The fixes that are applied together, or not at all.
struct Unit {
    /// Each with the file of its finding.
    fixes: Vec<(Arc<str>, Fix)>,
}

#[derive(Default)]
struct State {
    /// Fixes that were tried alone and did harm.
    refused: FxHashSet<(Arc<str>, String)>,
    /// Files in which fixes are tried one at a time, because together they did harm.
    careful: FxHashSet<Arc<str>>,
}

impl State {
    /// The next fixes to apply: no two touch, those of one file go together,
    /// one that changes several files goes alone.
    fn plan(
        &self,
        findings: &Findings,
        allow: Applicability,
        only: &dyn Fn(&str) -> bool,
    ) -> Vec<Unit> {
        let mut taken: FxHashMap<Arc<str>, Vec<TextRange>> = FxHashMap::default();
        let mut whole: FxHashSet<Arc<str>> = FxHashSet::default();
        let mut by_file: sorted::Map<Arc<str>, Unit> = sorted::Map::new();
        let mut units = Vec::new();
        for (file, diagnostic) in findings.iter() {
            let Some(fix) = diagnostic
                .fixes
                .iter()
                .find(|fix| fix.applicability >= allow)
            else {
                continue;
            };
            let home = &file.path;
            let places: Vec<(Arc<str>, TextRange)> = fix
                .edits
                .iter()
                .map(|edit| {
                    (
                        edit.path.clone().unwrap_or_else(|| home.clone()),
                        edit.range,
                    )
                })
                .collect();
            let several = places.iter().any(|(path, _)| path != home);
            let blocked = places.iter().any(|(path, range)| {
                !only(path)
                    || whole.contains(path)
                    || taken.get(path).is_some_and(|ranges| {
                        several
                            || self.careful.contains(path)
                            || ranges.iter().any(|known| known.intersect(*range).is_some())
                    })
            });
            if places.is_empty() || blocked || self.refused.contains(&signature(home, fix)) {
                continue;
            }
            for (path, range) in places {
                if several {
                    whole.insert(path.clone());
                }
                taken.entry(path).or_default().push(range);
            }
            let fix = (home.clone(), fix.clone());
            if several {
                units.push(Unit { fixes: vec![fix] });
            } else {
                by_file
                    .or_insert(home.clone(), || Unit { fixes: Vec::new() })
                    .fixes
                    .push(fix);
            }
        }
        units.extend(by_file.into_iter().map(|(_, unit)| unit));
        units
    }

    fn refuse(&mut self, unit: Unit) {
        match unit.fixes.as_slice() {
            [(home, fix)] => {
                self.refused.insert(signature(home, fix));
            }
            fixes => self
                .careful
                .extend(fixes.iter().map(|(home, _)| home.clone())),
        }
    }
}

/// What a fix is, without its place, which other fixes move.
fn signature(home: &Arc<str>, fix: &Fix) -> (Arc<str>, String) {
    let texts = fix
        .edits
        .iter()
        .map(|edit| format!("\0{}\0{}", u32::from(edit.range.len()), edit.text));
    (
        home.clone(),
        texts.fold(fix.title.clone(), |all, text| all + &text),
    )
}

impl Unit {
    /// The texts of its files before and after; `None` when a fix would do harm.
    fn apply(&self, findings: &Findings) -> Option<Vec<Changed>> {
        let mut edits: sorted::Map<Arc<str>, Vec<&Edit>> = sorted::Map::new();
        for (home, fix) in &self.fixes {
            for edit in &fix.edits {
                let path = edit.path.clone().unwrap_or_else(|| home.clone());
                edits.or_insert(path, Vec::new).push(edit);
            }
        }
        let mut texts = Vec::new();
        let mut kept = Vec::new();
        for (path, edits) in edits {
            let before = findings.text(&path)?.clone();
            kept.push(without_taken(&before, &edits)?);
            let after: Text = apply_edits(&before, edits)?.into();
            if !keeps_syntax(&after) {
                return None;
            }
            texts.push((path, before, after));
        }
        // A comment may move to another file of the same fix.
        let created = self
            .fixes
            .iter()
            .flat_map(|(_, fix)| &fix.creates)
            .map(|file| &*file.text);
        let before = kept.iter().map(String::as_str);
        let after = texts.iter().map(|(_, _, after)| &**after).chain(created);
        if !keeps_comments(before, after) {
            return None;
        }
        Some(texts)
    }
}

/// `text` after `edits`; `None` when they overlap or are no ranges of the text.
pub fn apply_edits<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    sorted::sort_by_key(&mut edits, |edit| (edit.range.start(), edit.range.end()));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let range = std::ops::Range::<usize>::from(edit.range);
        out.push_str(text.get(done..range.start)?);
        text.get(range.clone())?;
        out.push_str(&edit.text);
        done = range.end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// Is the text Nix?
fn keeps_syntax(text: &str) -> bool {
    let tree = syntax::parse(text);
    tree.errors().is_empty() && tree.too_complex().is_none()
}

/// `text` without the comments that go because edits delete them and nothing else.
fn without_taken(text: &str, edits: &[&Edit]) -> Option<String> {
    let takes = |edit: &&Edit| {
        let taken = text.get(Range::<usize>::from(edit.range));
        edit.text.is_empty() && taken.is_some_and(is_trivia)
    };
    let taking: Vec<&Edit> = edits.iter().copied().filter(takes).collect();
    apply_edits(text, taking)
}

/// Is a text nothing but comments and white space?
fn is_trivia(text: &str) -> bool {
    let tree = syntax::parse(text);
    let mut elements = tree.green().children();
    elements.all(|element| syntax::is_trivia(element.kind()))
}

/// Does every comment of the texts before stand in those after? Comments to
/// Nixamine itself may go.
fn keeps_comments<'t>(
    before: impl Iterator<Item = &'t str>,
    after: impl Iterator<Item = &'t str>,
) -> bool {
    let comments = |text: &str| -> Vec<String> {
        syntax::parse(text)
            .root()
            .descendants_with_tokens()
            .filter_map(NodeOrToken::into_token)
            .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT)
            .map(|token| {
                token
                    .text()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .filter(|comment| !comment.contains("nixamine:"))
            .collect()
    };
    let mut before: Vec<_> = before.flat_map(comments).collect();
    let mut after: Vec<_> = after.flat_map(comments).collect();
    sorted::sort(&mut before);
    sorted::sort(&mut after);
    let mut kept = after.into_iter();
    before
        .into_iter()
        .all(|comment| kept.any(|other| other == comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> FixOutcome {
        let settings = Settings::default();
        let document = analyze(Source::new("a.nix", text), &settings);
        fix(
            Workspace::new(vec![document], []),
            &settings,
            Applicability::Unsafe,
            &|_| true,
        )
    }

    #[test]
    fn fixes_reach_a_fixpoint() {
        let text = "{ lib, ... }: { a = lib.mkForce 1; b = lib.mkForce (lib.mkForce 2); }";
        let outcome = fixed(text);
        assert_eq!(
            &*outcome.changed[0].after,
            "{ lib, ... }: { a = 1; b = 2; }"
        );
        assert_eq!(outcome.remaining.files[0].diagnostics.len(), 0);
        assert_eq!(outcome.applied, 3);
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let outcome = fixed("{ lib, ... }: { a = lib.mkForce 1; b = }");
        assert!(outcome.changed.is_empty());
    }

    #[test]
    fn syntax_and_comments_are_kept() {
        let kept = |before, after: &[&'static str]| {
            keeps_comments(std::iter::once(before), after.iter().copied())
        };
        assert!(kept("{ a = 1; # x\n}", &["{ # x\n}"]));
        assert!(kept("{ a = 1; # x\n}", &["{ }", "{ a = 1; # x\n}"]));
        assert!(!kept("{ a = 1; # x\n}", &["{ a = 1; }"]));
        assert!(!kept("{ # x\n # x\n}", &["{ # x\n}"]));
        assert!(kept("{ } # nixamine: allow(x)", &["{ }"]));
        let text = "{ # x\n a = 1; # y\n}";
        let taken = |range: Range<u32>| {
            let edit = Edit::delete(TextRange::new(range.start.into(), range.end.into()));
            without_taken(text, &[&edit]).is_some_and(|kept| kept != text)
        };
        assert!(taken(2..5) && taken(2..7) && !taken(2..8));
        assert!(keeps_syntax("{ a = 1; }") && !keeps_syntax("{ a = 1 }"));
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let edit = |a: u32, b: u32| Edit::replace(TextRange::new(a.into(), b.into()), "x");
        assert_eq!(apply_edits("abcd", [&edit(1, 3), &edit(2, 4)]), None);
        assert_eq!(
            apply_edits("abcd", [&edit(2, 4), &edit(0, 1)]).as_deref(),
            Some("xbx")
        );
        assert_eq!(apply_edits("ab", [&edit(1, 9)]), None);
    }
}
