//! Findings in each format.

pub(crate) mod concise;
pub(crate) mod errfmt;
pub(crate) mod frame;
pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod rdjson;
pub(crate) mod sarif;
pub(crate) mod text;

use crate::terminal;
use anstyle::Style;
use nixamine_rules::Severity;

/// The colour of a severity.
pub(crate) fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => terminal::ERROR,
        Severity::Warning => terminal::WARNING,
        Severity::Info => terminal::INFO,
        Severity::Hint => terminal::HINT,
    }
}
