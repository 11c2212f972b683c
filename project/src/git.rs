//! What git knows of a project. Nothing of the repository runs: no hook, no monitor of
//! the file system, no program that its configuration names.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// The files that are another than in a revision, or new, relative to `root`, with `/`.
///
/// # Errors
/// When there is no git, no repository, or no such revision; the text says which.
pub fn changed_since(root: &Path, revision: &str) -> Result<BTreeSet<String>, String> {
    let commit = git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &format!("{revision}^{{commit}}"),
        ],
    )
    .map_err(|error| match error {
        Failed::Start(text) => text,
        Failed::Said(text) if text.is_empty() => {
            format!("`{revision}` is no revision of this repository; in CI, fetch its history")
        }
        Failed::Said(text) => text,
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let said = |error: Failed| match error {
        Failed::Start(text) | Failed::Said(text) => text,
    };
    // `git diff` would run the filters of the repository to compare; this compares what
    // the index knows.
    let listed = git(
        root,
        &[
            "diff-index",
            "--raw",
            "--no-abbrev",
            "-z",
            "--relative",
            "--no-renames",
            "--ignore-submodules",
            "--diff-filter=d",
            &commit,
            "--",
        ],
    );
    let listed = listed.map_err(said)?;
    let mut parts = listed.split(|byte| *byte == 0);
    let mut files = BTreeSet::new();
    while let (Some(entry), Some(path)) = (parts.next(), parts.next()) {
        let path = String::from_utf8_lossy(path).into_owned();
        let entry = String::from_utf8_lossy(entry).into_owned();
        let mut words = entry.split(' ').skip(2);
        let (Some(old), Some(new)) = (words.next(), words.next()) else {
            continue;
        };
        // No hash: the file was touched, and may be the same.
        let is_same = new.bytes().all(|it| it == b'0') && hash(root, &path).as_deref() == Some(old);
        if !is_same {
            files.insert(path);
        }
    }
    let new = git(root, &["ls-files", "--others", "--exclude-standard", "-z"]);
    let new = new.map_err(said)?;
    let paths = new.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    files.extend(paths.map(|path| String::from_utf8_lossy(path).into_owned()));
    Ok(files)
}

/// What git would call the content of a file, if it took it as it is.
fn hash(root: &Path, path: &str) -> Option<String> {
    let out = git(root, &["hash-object", "--no-filters", "--", path]).ok()?;
    Some(String::from_utf8_lossy(&out).trim().to_owned())
}

enum Failed {
    Start(String),
    Said(String),
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failed> {
    let output = Command::new("git")
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(["-c", "core.quotePath=false", "--no-pager"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failed::Start(format!("git cannot be started: {error}")))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().next().unwrap_or_default();
            let line = line.trim_start_matches("fatal: ");
            Err(Failed::Said(match line {
                "" => String::new(),
                line => format!("git says: {line}"),
            }))
        }
    }
}
