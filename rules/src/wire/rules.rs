//! A rule and its page.

use super::SourceFile;
use crate::diagnostic::{Applicability, Severity};
use crate::rule::{Group, RuleMeta};
use crate::{docs, testing};
use serde::Serialize;

/// Everything about a rule that does not depend on a text.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleForm {
    /// The name.
    pub name: &'static str,
    /// Former names.
    pub aliases: &'static [&'static str],
    /// What it is about.
    pub group: Group,
    /// How bad a finding is unless something else is said.
    pub severity: Severity,
    /// On without being selected?
    pub enabled: bool,
    /// The best fix it offers, if any.
    pub fix: Option<Applicability>,
    /// How long mending one finding takes, in minutes.
    pub effort: u32,
    /// The first version that had it.
    pub since: &'static str,
    /// What it finds, in a sentence.
    pub summary: String,
    /// Its page, in Markdown.
    pub page: String,
    /// Where the page is published.
    pub url: String,
    /// The examples of the page.
    pub examples: Vec<Example>,
}

/// An example of a page.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Example {
    /// `bad` or `good`.
    pub kind: String,
    /// Its files, without the marks of expected findings.
    pub files: Vec<SourceFile>,
    /// The `nixamine.toml` that it needs; may be empty.
    pub config: String,
}

impl RuleForm {
    /// What is to be said of a rule.
    pub fn new(meta: &'static RuleMeta) -> Self {
        let fences = docs::fences(meta.page).into_iter();
        let examples = fences.filter_map(|fence| {
            let kind = fence.info.strip_prefix("nix ")?;
            matches!(kind, "bad" | "good").then(|| {
                let example = testing::Example::read(&fence.code);
                let files = example.files.into_iter();
                Example {
                    kind: kind.to_owned(),
                    files: files
                        .map(|(path, text)| SourceFile { path, text })
                        .collect(),
                    config: example.settings_text,
                }
            })
        });
        Self {
            name: meta.name,
            aliases: meta.aliases,
            group: meta.group,
            severity: meta.severity,
            enabled: meta.enabled,
            fix: meta.fix,
            effort: meta.effort,
            since: meta.since,
            summary: meta.summary().replace('\n', " "),
            page: docs::page(meta),
            url: meta.url(),
            examples: examples.collect(),
        }
    }
}
