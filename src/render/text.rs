//! Findings as rustc prints its own: frames of source, marked and explained.

use super::frame::Source;
use crate::terminal::{self, clean};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use nixamine_rules::syntax::TextRange;
use nixamine_rules::{Diagnostic, FileFindings, Findings, Severity};
use std::collections::HashMap;
use std::sync::Arc;

/// A related place this near is shown in the same frame.
const NEAR: u32 = 6;

/// Renders findings; keeps the line starts of the files it has met.
pub(crate) struct TextRenderer<'f> {
    findings: &'f Findings,
    show: &'f dyn Fn(&str) -> String,
    renderer: Renderer,
    sources: HashMap<Arc<str>, Source<'f>>,
}

/// The renderer for frames.
pub(crate) fn renderer() -> Renderer {
    // Without a terminal as wide as rustc has it.
    Renderer::styled().term_width(terminal::terminal_width().unwrap_or(140))
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
        Severity::Hint => Level::NOTE.with_name("hint"),
    }
}

impl<'f> TextRenderer<'f> {
    pub(crate) fn new(findings: &'f Findings, show: &'f dyn Fn(&str) -> String) -> Self {
        Self {
            findings,
            show,
            renderer: renderer(),
            sources: HashMap::new(),
        }
    }

    /// One finding, with an empty line after it.
    pub(crate) fn render(&mut self, file: &'f FileFindings, diagnostic: &'f Diagnostic) -> String {
        let mut group = level(diagnostic.severity)
            .primary_title(clean(&diagnostic.message))
            .id(diagnostic.rule.name)
            .elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
        let mut corrections = Vec::new();
        let (near, far) = self.split_related(file, diagnostic);
        let mut marks = vec![Mark {
            range: diagnostic.range,
            kind: AnnotationKind::Primary,
            label: diagnostic.label.as_deref(),
        }];
        marks.extend(near);
        group = self.add_frame(group, &file.path, &marks, &mut corrections);
        for (path, mark) in far {
            group = self.add_frame(group, &path, &[mark], &mut corrections);
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(clean(help)));
        }
        for fix in &diagnostic.fixes {
            let applicability = match fix.applicability {
                nixamine_rules::Applicability::Safe => "safe",
                nixamine_rules::Applicability::Unsafe => "unsafe",
                nixamine_rules::Applicability::Manual => "by hand",
            };
            let text = format!("{} ({applicability})", clean(&fix.title));
            group = group.element(Level::HELP.with_name("fix").message(text));
        }
        group = group.element(Level::NOTE.with_name("see").message(diagnostic.rule.url()));
        let mut text = self.renderer.render(&[group]);
        for (wrong, right) in corrections {
            text = text.replacen(&wrong, &right, 1);
        }
        text.push_str("\n\n");
        text
    }

    /// The related places in the frame of the finding, and the others.
    #[allow(clippy::type_complexity, reason = "two lists of the same thing")]
    fn split_related(
        &mut self,
        file: &'f FileFindings,
        diagnostic: &'f Diagnostic,
    ) -> (Vec<Mark<'f>>, Vec<(Arc<str>, Mark<'f>)>) {
        let source = self.source(&file.path);
        let own = source.lines(diagnostic.range);
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for related in &diagnostic.related {
            let path = related.path.as_ref().unwrap_or(&file.path);
            let mark = Mark {
                range: related.range,
                kind: AnnotationKind::Context,
                label: Some(&related.message),
            };
            let lines = source.lines(related.range);
            if *path == file.path && lines.0 <= own.1 + NEAR && own.0 <= lines.1 + NEAR {
                near.push(mark);
            } else {
                far.push((path.clone(), mark));
            }
        }
        (near, far)
    }

    fn source(&mut self, path: &Arc<str>) -> &Source<'f> {
        let findings = self.findings;
        self.sources
            .entry(path.clone())
            .or_insert_with(|| Source::new(findings.text(path).map_or("", |text| text)))
    }

    fn add_frame<'g>(
        &mut self,
        group: Group<'g>,
        path: &Arc<str>,
        marks: &[Mark<'g>],
        corrections: &mut Vec<(String, String)>,
    ) -> Group<'g> {
        let shown = clean(&(self.show)(path)).into_owned();
        let source = self.source(path);
        let ranges: Vec<_> = marks.iter().map(|mark| mark.range).collect();
        let frame = source.frame(&ranges);
        // The header counts columns in the frame; a cut line has others.
        let (line, column) = source.position(marks[0].range.start());
        if column != frame.column(0) {
            corrections.push((
                format!("{shown}:{line}:{}", frame.column(0)),
                format!("{shown}:{line}:{column}"),
            ));
        }
        let annotations = marks.iter().zip(frame.ranges).map(|(mark, range)| {
            let annotation = mark.kind.span(range);
            match mark.label {
                Some(label) => annotation.label(clean(label)),
                None => annotation,
            }
        });
        group.element(
            Snippet::source(frame.text)
                .path(shown)
                .line_start(frame.first)
                .annotations(annotations.collect::<Vec<_>>()),
        )
    }
}

struct Mark<'f> {
    range: TextRange,
    kind: AnnotationKind,
    label: Option<&'f str>,
}
