//! Findings and edits, as the protocol has them.

use crate::position::Measured;
use crate::session::{Home, Session};
use crate::space::{ConfigProblems, Space};
use nixamine_rules::syntax::{LineIndex, TextRange, TextSize};
use nixamine_rules::{Edit, Fix, Placed, Severity, Tag};
use std::collections::HashMap;
use tower_lsp::lsp_types::{
    self, CodeDescription, CreateFile, CreateFileOptions, DiagnosticRelatedInformation,
    DiagnosticSeverity, DiagnosticTag, DocumentChangeOperation, DocumentChanges, Location,
    NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier, Range, ResourceOp,
    TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

/// Who found it.
pub(crate) const SOURCE: &str = "nixamine";

/// More other places of a finding nobody looks at.
const MOST_RELATED: usize = 16;

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Info => DiagnosticSeverity::INFORMATION,
        Severity::Hint => DiagnosticSeverity::HINT,
    }
}

/// The finding of a file. `place` says where a range of some file is.
pub(crate) fn diagnostic(
    found: &Placed<'_>,
    measured: Measured<'_>,
    place: &mut dyn FnMut(&str, TextRange) -> Option<Location>,
    own: &Url,
) -> lsp_types::Diagnostic {
    let related = found.related().take(MOST_RELATED);
    let related = related.filter_map(|related| {
        let location = match related.path {
            Some(path) => place(path, related.range)?,
            None => Location::new(own.clone(), measured.to_range(related.range)),
        };
        Some(DiagnosticRelatedInformation {
            location,
            message: related.message.to_owned(),
        })
    });
    let related: Vec<_> = related.collect();
    let mut message = found.message().to_owned();
    if let Some(help) = found.help() {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let tag = found.rule().tag.map(|tag| match tag {
        Tag::Unnecessary => DiagnosticTag::UNNECESSARY,
        Tag::Deprecated => DiagnosticTag::DEPRECATED,
    });
    let href = Url::parse(&found.rule().url()).ok();
    lsp_types::Diagnostic {
        range: measured.to_range(found.range),
        severity: Some(severity(found.severity)),
        code: Some(NumberOrString::String(found.rule().name.to_owned())),
        code_description: href.map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: tag.map(|tag| vec![tag]),
        data: None,
    }
}

/// What is wrong with a configuration file.
pub(crate) fn config_diagnostics(
    problems: &ConfigProblems,
    encoding: nixamine_rules::syntax::Encoding,
) -> Vec<lsp_types::Diagnostic> {
    let lines = LineIndex::new(&problems.text);
    let measured = Measured {
        text: &problems.text,
        lines: &lines,
        encoding,
    };
    let warnings = problems.warnings.iter();
    let warnings = warnings.map(|warning| (warning, DiagnosticSeverity::WARNING));
    let errors = problems.error.iter();
    let all = errors
        .map(|error| (error, DiagnosticSeverity::ERROR))
        .chain(warnings);
    let found = all.map(|(problem, severity)| {
        let range = problem.span.clone().map_or(Range::default(), |span| {
            let range = TextRange::new(
                TextSize::new(span.start as u32),
                TextSize::new(span.end as u32),
            );
            measured.to_range(range)
        });
        lsp_types::Diagnostic {
            range,
            severity: Some(severity),
            code: Some(NumberOrString::String("configuration".to_owned())),
            source: Some(SOURCE.to_owned()),
            message: problem.message.clone(),
            ..lsp_types::Diagnostic::default()
        }
    });
    found.collect()
}

impl Session {
    /// The edits of a fix of a finding in the file at `path`. `None` when the
    /// client cannot carry them out.
    pub(crate) fn workspace_edit(&self, home: &Home, fix: &Fix) -> Option<WorkspaceEdit> {
        let space = self.spaces.get(&home.space)?;
        if !fix.edits.iter().all(|edit| space.knows(edit)) {
            return None;
        }
        let mut changes = Vec::new();
        for file in &fix.creates {
            if !self.client.creates {
                return None;
            }
            let uri = Url::from_file_path(space.disk(&file.path)).ok()?;
            changes.push(DocumentChangeOperation::Op(ResourceOp::Create(
                CreateFile {
                    uri: uri.clone(),
                    options: Some(CreateFileOptions {
                        overwrite: Some(false),
                        ignore_if_exists: Some(false),
                    }),
                    annotation_id: None,
                },
            )));
            let text = TextEdit::new(Range::default(), file.text.clone());
            changes.push(edit_of(uri, None, vec![text]));
        }
        changes.extend(self.changes(home, space, &fix.edits)?);
        Some(self.as_client_takes_it(changes))
    }

    /// Edits of files of a space, those without a path of the file at hand.
    pub(crate) fn edit_of_files(
        &self,
        home: &Home,
        space: &Space,
        edits: Vec<Edit>,
    ) -> Option<WorkspaceEdit> {
        let changes = self.changes(home, space, &edits)?;
        Some(self.as_client_takes_it(changes))
    }

    fn changes(
        &self,
        home: &Home,
        space: &Space,
        edits: &[Edit],
    ) -> Option<Vec<DocumentChangeOperation>> {
        let mut by_file: Vec<(&str, Vec<&Edit>)> = Vec::new();
        for edit in edits {
            let path = edit.path.as_deref().unwrap_or(&home.path);
            match by_file.iter_mut().find(|(known, _)| *known == path) {
                Some((_, edits)) => edits.push(edit),
                None => by_file.push((path, vec![edit])),
            }
        }
        let change = |(path, edits): (&str, Vec<&Edit>)| {
            let (uri, version, edits) = self.edits_of(home, space, path, &edits)?;
            Some(edit_of(uri, version, edits))
        };
        by_file.into_iter().map(change).collect()
    }

    fn edits_of(
        &self,
        home: &Home,
        space: &Space,
        path: &str,
        edits: &[&Edit],
    ) -> Option<(Url, Option<i32>, Vec<TextEdit>)> {
        let at = Home {
            space: home.space,
            path: path.into(),
        };
        let convert = |measured: Measured<'_>| -> Vec<TextEdit> {
            let edit =
                |edit: &&Edit| TextEdit::new(measured.to_range(edit.range), edit.text.clone());
            edits.iter().map(edit).collect()
        };
        if let Some((uri, open)) = self.open_at(&at) {
            return Some((
                uri.clone(),
                Some(open.version),
                convert(open.measured(self.encoding)),
            ));
        }
        let (_, document) = space.document(path)?;
        let lines = LineIndex::new(document.text());
        let measured = Measured {
            text: document.text(),
            lines: &lines,
            encoding: self.encoding,
        };
        Some((self.uri_of(&at)?, None, convert(measured)))
    }

    fn as_client_takes_it(&self, changes: Vec<DocumentChangeOperation>) -> WorkspaceEdit {
        if self.client.document_changes {
            return WorkspaceEdit {
                document_changes: Some(DocumentChanges::Operations(changes)),
                ..WorkspaceEdit::default()
            };
        }
        let mut plain: HashMap<Url, Vec<TextEdit>> = HashMap::new();
        for change in changes {
            if let DocumentChangeOperation::Edit(edit) = change {
                let edits = edit.edits.into_iter().map(|edit| match edit {
                    OneOf::Left(edit) => edit,
                    OneOf::Right(annotated) => annotated.text_edit,
                });
                plain
                    .entry(edit.text_document.uri)
                    .or_default()
                    .extend(edits);
            }
        }
        WorkspaceEdit::new(plain)
    }
}

fn edit_of(uri: Url, version: Option<i32>, edits: Vec<TextEdit>) -> DocumentChangeOperation {
    DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    })
}
