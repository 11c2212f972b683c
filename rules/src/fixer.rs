//! Applying fixes to a workspace, in memory, until nothing is left to apply.

use crate::diagnostic::{Applicability, Edit, NewFile};
use crate::workspace::{Findings, Workspace};
use crate::Settings;
use std::sync::Arc;

/// A file that fixes changed.
#[derive(Debug, Clone)]
pub struct FixedFile {
    /// The file, relative to the root.
    pub path: Arc<str>,
    /// Its text as it was.
    pub before: Arc<str>,
    /// Its text after the fixes.
    pub after: Arc<str>,
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
