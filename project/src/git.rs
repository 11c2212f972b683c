//! What git knows of a project. Nothing of the repository runs: no hook, no monitor of
//! the file system, no filter, no program that its configuration names.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Which of some files, relative to `root` and with `/`, are another than in a revision,
/// or new. A file of which git keeps another form than the one on the disk (other ends
/// of lines) counts as changed.
///
/// # Errors
/// When there is no git, no repository, or no such revision; the text says which.
pub fn changed_since<'p>(
    root: &Path,
    revision: &str,
    paths: impl IntoIterator<Item = &'p str>,
) -> Result<BTreeSet<String>, String> {
    let name = format!("{revision}^{{commit}}");
    let verify = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &name,
    ];
    let commit = git(root, &verify, "").map_err(|error| match error.as_str() {
        "" => format!("`{revision}` is no revision of this repository; in CI, fetch its history"),
        _ => error,
    })?;
    // `git diff` asks the filters of the repository what a file is, even by way of its
    // index; names and hashes ask nobody.
    let tree = git(
        root,
        &["ls-tree", "-r", "-z", "--full-name", commit.trim(), "."],
        "",
    )?;
    let prefix = git(root, &["rev-parse", "--show-prefix"], "")?;
    let prefix = prefix.trim_end_matches('\n');
    let mut known: Vec<(&str, &str)> = tree
        .split('\0')
        .filter_map(|entry| {
            let (about, path) = entry.split_once('\t')?;
            Some((path.strip_prefix(prefix)?, about.split(' ').nth(2)?))
        })
        .collect();
    known.sort_unstable();
    let mut changed = BTreeSet::new();
    let mut asked = Vec::new();
    for path in paths {
        match known.binary_search_by_key(&path, |(path, _)| path) {
            // Paths go to git in lines.
            Ok(at) if !path.contains('\n') => asked.push((path, known[at].1)),
            _ => {
                changed.insert(path.to_owned());
            }
        }
    }
    let lines: String = asked.iter().flat_map(|(path, _)| [path, "\n"]).collect();
    let hashes = git(
        root,
        &["hash-object", "--no-filters", "--stdin-paths"],
        &lines,
    )?;
    let mut hashes = hashes.lines();
    let others = asked.iter().filter(|(_, hash)| hashes.next() != Some(hash));
    changed.extend(others.map(|(path, _)| (*path).to_owned()));
    Ok(changed)
}

/// What git prints. The error is what it says, which may be nothing.
fn git(root: &Path, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut command = Command::new("git");
    command
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .arg("--no-pager")
        .args(arguments)
        .current_dir(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let failed = |error: std::io::Error| format!("git cannot be started: {error}");
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    // Git answers while it reads, so both have to go on.
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // Who does not read all of it says why in the end.
            let _ = stdin.map(|mut stdin| stdin.write_all(input.as_bytes()));
        });
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or_default();
    let line = line.trim_start_matches("fatal: ");
    Err(match line {
        "" => String::new(),
        line => format!("git says: {line}"),
    })
}
