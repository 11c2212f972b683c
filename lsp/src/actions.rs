//! What the client may do about findings.

use crate::convert::diagnostic;
use crate::session::{Home, Question, Session};
use nixamine_rules::fixer::fixes_of_file;
use nixamine_rules::suppression::{Reach, allow};
use nixamine_rules::syntax::{LineIndex, TextRange};
use nixamine_rules::{Applicability, Diagnostic, Edit, Fix, Placed};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use tower_lsp::lsp_types::{
    self, CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse,
    Command, ExecuteCommandParams, NumberOrString, Position, Range, Url,
};

/// Reads all files again.
pub(crate) const REINDEX: &str = "nixamine.reindex";
/// Puts the cursor where something is to be written.
pub(crate) const SELECT: &str = "nixamine.select";

/// The kind of the action that applies all safe fixes.
pub(crate) fn fix_all_kind() -> CodeActionKind {
    CodeActionKind::new("source.fixAll.nixamine")
}

/// What a client sends back to have an action worked out.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    uri: Url,
    version: i32,
    /// The rule whose findings are mended; all of them without one.
    rule: Option<String>,
}

/// Is an action of this kind asked for?
fn wants(only: Option<&[CodeActionKind]>, kind: &CodeActionKind) -> bool {
    only.is_none_or(|only| {
        only.iter().any(|wanted| {
            let (wanted, kind) = (wanted.as_str(), kind.as_str());
            wanted.is_empty()
                || kind
                    .strip_prefix(wanted)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

impl Session {
    /// The actions for a part of a document.
    pub(crate) fn code_actions(&self, params: &CodeActionParams) -> Option<CodeActionResponse> {
        let uri = &params.text_document.uri;
        let open = self.open(uri)?;
        let home = self.home(uri)?.clone();
        let space = self.spaces.get(&home.space)?;
        let (file, document) = space.document(&home.path)?;
        let measured = open.measured(self.encoding);
        let part = measured.range(params.range);
        let only = params.context.only.as_deref();
        let mut actions = Vec::new();
        let findings = space.workspace.findings(file);
        // Those in the part, and those that the client means: some name all of the line.
        let code = |known: &lsp_types::Diagnostic, found: &Placed<'_>| {
            known.code.as_ref().is_some_and(|code| match code {
                NumberOrString::String(code) => *code == found.rule().name,
                NumberOrString::Number(_) => false,
            })
        };
        let touches = |found: &&Placed<'_>| {
            found.range.intersect(part).is_some()
                || params.context.diagnostics.iter().any(|known| {
                    code(known, found) && known.range == measured.to_range(found.range)
                })
        };
        if wants(only, &CodeActionKind::QUICKFIX) {
            let mut rules = BTreeSet::new();
            for found in findings.iter().filter(touches) {
                let shown = self.shown(found, &home, uri)?;
                let mut found = found.clone().into_diagnostic();
                space.workspace.complete(file, &mut found);
                for (index, fix) in found.fixes.iter().enumerate() {
                    let Some(edit) = self.workspace_edit(&home, fix) else {
                        continue;
                    };
                    let is_safe = fix.applicability == Applicability::Safe;
                    actions.push(CodeAction {
                        title: format!("{} ({})", fix.title, found.rule.name),
                        kind: Some(CodeActionKind::QUICKFIX),
                        diagnostics: Some(vec![shown.clone()]),
                        edit: Some(edit),
                        command: self.fill_in(uri, document.text(), fix),
                        is_preferred: (is_safe && index == 0).then_some(true),
                        ..CodeAction::default()
                    });
                }
                rules.insert((found.rule.name, found.range.start(), found.range.end()));
            }
            let mut named = BTreeSet::new();
            for (rule, start, end) in rules {
                if !named.insert(rule) {
                    continue;
                }
                let several = findings
                    .iter()
                    .filter(|found| found.rule().name == rule)
                    .count()
                    > 1;
                let is_safe = |found: &Placed<'_>| found.rule().name == rule && found.may_be_safe();
                if several && findings.iter().any(is_safe) {
                    let title = format!("fix all of {rule} in this file");
                    let kind = CodeActionKind::QUICKFIX;
                    actions.extend(self.fix_all(uri, title, kind, Some(rule)));
                }
                let range = TextRange::new(start, end);
                actions.extend(self.allowing(uri, &home, range, rule));
            }
            for suppression in document.suppressions() {
                if suppression.comment.intersect(part).is_some() {
                    let fix = Fix::new(
                        Applicability::Manual,
                        "look for this again",
                        [Edit::delete(suppression.removal)],
                    );
                    actions.push(CodeAction {
                        title: fix.title.clone(),
                        kind: Some(CodeActionKind::QUICKFIX),
                        edit: self.workspace_edit(&home, &fix),
                        ..CodeAction::default()
                    });
                }
            }
        }
        // Nobody wants to see it in every list of actions.
        let asked = only.is_some() && wants(only, &fix_all_kind());
        if asked && findings.iter().any(Placed::may_be_safe) {
            let title = "apply all safe fixes".to_owned();
            actions.extend(self.fix_all(uri, title, fix_all_kind(), None));
        }
        let actions = actions.into_iter().map(CodeActionOrCommand::CodeAction);
        Some(actions.collect())
    }

    /// A finding as it was published.
    fn shown(&self, found: &Placed<'_>, home: &Home, uri: &Url) -> Option<lsp_types::Diagnostic> {
        let open = self.open(uri)?;
        let mut place = |path: &str, range| {
            let other = Home {
                space: home.space,
                path: path.into(),
            };
            self.place(&other, range)
        };
        Some(diagnostic(
            found,
            open.measured(self.encoding),
            &mut place,
            uri,
        ))
    }

    /// Applies the safe fixes of a file, worked out when it is chosen.
    fn fix_all(
        &self,
        uri: &Url,
        title: String,
        kind: CodeActionKind,
        rule: Option<&str>,
    ) -> Option<CodeAction> {
        let pending = Pending {
            uri: uri.clone(),
            version: self.open(uri)?.version,
            rule: rule.map(str::to_owned),
        };
        let action = CodeAction {
            title,
            kind: Some(kind),
            data: serde_json::to_value(pending).ok(),
            ..CodeAction::default()
        };
        match self.client.resolves_actions {
            true => Some(action),
            false => self.resolve(action).filter(|action| action.edit.is_some()),
        }
    }

    /// Works out an action. `None` when the text has changed since.
    pub(crate) fn resolve(&self, mut action: CodeAction) -> Option<CodeAction> {
        let Some(data) = &action.data else {
            return Some(action);
        };
        let pending = Pending::deserialize(data).ok()?;
        let open = self
            .open(&pending.uri)
            .filter(|open| open.version == pending.version)?;
        let home = self.home(&pending.uri)?;
        let space = self.spaces.get(&home.space)?;
        let (file, document) = space.document(&home.path)?;
        if **document.text() != *open.text {
            return None;
        }
        let wanted = |found: &Diagnostic| {
            pending
                .rule
                .as_ref()
                .is_none_or(|rule| found.rule.name == *rule)
        };
        let edits = fixes_of_file(&space.workspace, file, Applicability::Safe, &wanted);
        if !edits.is_empty() {
            let fix = Fix::new(Applicability::Safe, "", edits);
            action.edit = self.workspace_edit(home, &fix);
        }
        Some(action)
    }

    /// The comments that allow a finding.
    fn allowing(&self, uri: &Url, home: &Home, range: TextRange, rule: &str) -> Vec<CodeAction> {
        let tree = self.spaces.get(&home.space).and_then(|space| {
            let (_, document) = space.document(&home.path)?;
            document.tree()
        });
        let Some(tree) = tree else { return Vec::new() };
        let reaches = [
            (Reach::Line, "in this line"),
            (Reach::Statement, "in this binding"),
            (Reach::File, "in this file"),
        ];
        let all = reaches.into_iter().filter_map(|(reach, place)| {
            let mut edit = allow(tree, range, rule, reach)?;
            let line_break = edit.text.len() - edit.text.trim_end_matches(['\r', '\n']).len();
            let mut end = edit.text.len() - line_break;
            if self.client.shows_documents {
                // The reason is written next.
                edit.text.insert(end, ' ');
                end += 1;
            }
            let title = format!("allow {rule} {place}");
            let fix = Fix::new(Applicability::Manual, title, [edit]).blank(end);
            Some(CodeAction {
                title: fix.title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                edit: self.workspace_edit(home, &fix),
                command: self.fill_in(uri, tree.text(), &fix),
                ..CodeAction::default()
            })
        });
        all.collect()
    }

    /// Puts the cursor where something is left to write after a fix of a file whose
    /// text is `text`.
    fn fill_in(&self, uri: &Url, text: &str, fix: &Fix) -> Option<Command> {
        let (blank, edit) = (fix.blank?, fix.edits.first()?);
        self.client.shows_documents.then(|| Command {
            title: "write the reason".to_owned(),
            command: SELECT.to_owned(),
            arguments: Some(vec![json!(uri), json!(self.place_after(text, edit, blank))]),
        })
    }

    /// Where a place inside of what an edit inserts will be.
    fn place_after(&self, text: &str, edit: &Edit, inside: usize) -> Position {
        let start = usize::from(edit.range.start());
        let mut after = text[..start].to_owned();
        after.push_str(&edit.text[..inside]);
        let lines = LineIndex::new(&after);
        let measured = crate::position::Measured {
            text: &after,
            lines: &lines,
            encoding: self.encoding,
        };
        measured.to_position((after.len() as u32).into())
    }

    /// Does what a command says. Returns whether there is such a command.
    pub(crate) fn execute(&mut self, params: &ExecuteCommandParams) -> bool {
        match params.command.as_str() {
            REINDEX => {
                let spaces: Vec<u32> = self.spaces.keys().copied().collect();
                for space in spaces {
                    self.read_space(space);
                }
                true
            }
            SELECT => {
                let [uri, at] = params.arguments.as_slice() else {
                    return false;
                };
                let (Ok(uri), Ok(at)) = (Url::deserialize(uri), Position::deserialize(at)) else {
                    return false;
                };
                self.ask(Question::Select(uri, Range::new(at, at)));
                true
            }
            _ => false,
        }
    }
}
