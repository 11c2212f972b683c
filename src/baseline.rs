//! Findings that were there before: they are counted, and not said again.

use crate::run::Failure;
use nixamine_project::write;
use nixamine_rules::{Findings, wire};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

/// The version of the file.
const VERSION: u32 = 1;

/// Fingerprints by file, so that a change of one file is a small change here.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    version: u32,
    files: BTreeMap<String, BTreeSet<String>>,
}

impl Baseline {
    /// Reads one.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => fail(path, "does not exist; --write-baseline makes it"),
            _ => fail(path, error),
        })?;
        let baseline: Self = serde_json::from_str(&text)
            .map_err(|error| fail(path, format_args!("is no baseline of nixamine: {error}")))?;
        match baseline.version {
            VERSION => Ok(baseline),
            other => Err(fail(
                path,
                format_args!("is a baseline of version {other}, which this nixamine does not know"),
            )),
        }
    }

    /// Everything that was found.
    pub(crate) fn of(findings: &Findings) -> Self {
        let mut baseline = Self {
            version: VERSION,
            ..Self::default()
        };
        for file in &findings.files {
            let prints = wire::fingerprints(&file.path, &file.text, &file.diagnostics);
            if !prints.is_empty() {
                let prints = prints.into_iter().collect();
                baseline.files.insert(file.path.to_string(), prints);
            }
        }
        baseline
    }

    /// How many findings it holds.
    pub(crate) fn len(&self) -> usize {
        self.files.values().map(BTreeSet::len).sum()
    }

    /// Writes it, in lines, for a repository.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| fail(path, error))?;
        bytes.push(b'\n');
        write::output(path, &bytes)
            .map_err(|error| fail(path, format_args!("cannot be written: {error}")))
    }

    /// Takes out what it holds. Returns how many that were.
    pub(crate) fn apply(&self, findings: &mut Findings) -> usize {
        let mut gone = 0;
        for file in &mut findings.files {
            let Some(known) = self.files.get(&*file.path) else {
                continue;
            };
            let prints = wire::fingerprints(&file.path, &file.text, &file.diagnostics);
            let mut prints = prints.iter();
            let before = file.diagnostics.len();
            file.diagnostics
                .retain(|_| prints.next().is_none_or(|print| !known.contains(print)));
            gone += before - file.diagnostics.len();
        }
        gone
    }
}

fn fail(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure::new(format_args!("{}: {what}", path.display()))
}
