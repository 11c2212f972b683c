//! What keeps a repository from getting worse: baselines, changed files, and the formats
//! that CI systems read.

use super::{CLEAN, FORCED, Folder, UNUSED};
use serde_json::Value;
use std::process::Command;

const BASELINE: &[&str] = &["check", "--baseline", "known.json"];
const WRITE: &[&str] = &["check", "--baseline", "known.json", "--write-baseline"];

#[test]
fn a_baseline_silences_what_was_there_wherever_it_moves() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b/c.nix", FORCED)]);
    folder
        .run(BASELINE)
        .code(2)
        .err("--write-baseline makes it");
    folder.run(WRITE).code(0).err("2 findings written");
    folder
        .run(BASELINE)
        .code(0)
        .out("Found nothing in 2 files; 2 in the baseline");
    // Lines move, and the indentation changes.
    folder.write("a.nix", FORCED.replace("  services", "\n\n\n    services"));
    folder.run(BASELINE).code(0);
    // One more of the same is new, one less is none.
    let twice = FORCED.replace("}\n", "  x.enable = lib.mkForce false;\n}\n");
    folder.write("a.nix", &twice);
    let run = folder
        .run(&[BASELINE, &["--format", "concise"]].concat())
        .code(1);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    assert!(run.out.starts_with("a.nix:4:"), "{}", run.out);
    folder.write("a.nix", CLEAN);
    folder.run(BASELINE).code(0).out("1 in the baseline");
    // From another folder it means the same files.
    let inner = folder
        .command(&["check", "--baseline", "../known.json", "c.nix"])
        .current_dir(folder.path().join("b"))
        .output()
        .unwrap();
    assert_eq!(inner.status.code(), Some(0), "{inner:?}");
}

#[test]
fn what_is_no_baseline_is_said() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    for (text, message) in [
        ("", "is no baseline"),
        ("{\"version\":2,\"files\":{}}", "version 2"),
        ("{\"version\":1,\"files\":[]}", "is no baseline"),
    ] {
        folder.write("known.json", text);
        folder.run(BASELINE).code(2).err(message);
    }
    folder
        .run(&["check", "--write-baseline"])
        .code(2)
        .err("--baseline");
}

fn git(folder: &Folder, arguments: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
}

#[test]
fn only_what_changed_since_a_revision() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b.nix", FORCED), ("sub/c.nix", CLEAN)]);
    let since =
        |revision: &str| folder.run(&["check", "--format", "concise", "--changed-since", revision]);
    since("HEAD").code(2).err("git");
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "one"]);
    since("HEAD").code(0);
    since("nowhere").code(2).err("`nowhere` is no revision");
    since("--output=x").code(2);
    assert!(!folder.path().join("x").exists());
    // One changes in the index, one is new, one is committed, one goes.
    folder.write("sub/c.nix", FORCED);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "two"]);
    folder.write("d ü.nix", FORCED);
    folder.write("a.nix", format!("\n{FORCED}"));
    git(&folder, &["add", "a.nix"]);
    std::fs::remove_file(folder.path().join("b.nix")).unwrap();
    let run = since("HEAD~").code(1);
    let mut paths: Vec<_> = run
        .out
        .lines()
        .map(|it| it.split(':').next().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["a.nix", "d ü.nix", "sub/c.nix"]);
    // From within a folder, too.
    let inner = folder
        .command(&[
            "check",
            "--format",
            "concise",
            "--changed-since",
            "HEAD~",
            "c.nix",
        ])
        .current_dir(folder.path().join("sub"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(inner.stdout).unwrap().lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn nothing_of_the_repository_runs() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::project(&[("a.nix", FORCED)]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "one"]);
    let trap = folder.write(
        "trap.sh",
        "#!/bin/sh\necho ran >> \"$(dirname \"$0\")/ran\"\n",
    );
    std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    for (key, value) in [
        ("core.fsmonitor", trap),
        ("diff.external", trap),
        ("core.pager", trap),
        ("core.hooksPath", folder.path().to_str().unwrap()),
        ("filter.x.clean", trap),
    ] {
        git(&folder, &["config", key, value]);
    }
    folder.write(".gitattributes", "* filter=x diff=x\n");
    folder.write("a.nix", format!("\n{FORCED}"));
    folder.run(&["check", "--changed-since", "HEAD"]).code(1);
    // Written again as it was.
    folder.write("a.nix", FORCED);
    folder.run(&["check", "--changed-since", "HEAD"]).code(0);
    assert!(!folder.path().join("ran").exists());
}

#[test]
fn gitlab_reads_code_quality() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b.nix", UNUSED)]);
    let run = folder.run(&["check", "--format", "gitlab"]).code(1);
    let all: Value = serde_json::from_str(&run.out).unwrap();
    let first = &all[0];
    assert_eq!(first["location"]["path"], "a.nix");
    assert_eq!(first["location"]["lines"]["begin"], 3);
    assert_eq!(first["check_name"], "mk-force");
    assert_eq!(first["severity"], "major");
    assert_eq!(first["fingerprint"].as_str().unwrap().len(), 16);
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert!(
        run.err.contains("Found 2 warnings") || run.err.is_empty(),
        "{}",
        run.err
    );
    folder.write("a.nix", CLEAN);
    folder.write("b.nix", CLEAN);
    assert_eq!(
        folder
            .run(&["check", "--format", "gitlab"])
            .code(0)
            .out
            .trim(),
        "[]"
    );
}

#[test]
fn junit_is_well_formed_whatever_stands_in_a_file() {
    let text = "{ lib, ... }:\n{\n  a.\"<&\\\"\u{1b}]]>\" = lib.mkForce 1;\n  x = ;\n}\n";
    let folder = Folder::project(&[("a&<b>.nix", text), ("c.nix", FORCED)]);
    let run = folder.run(&["check", "--format", "junit"]).code(1);
    let mut open: Vec<&str> = Vec::new();
    for tag in run.out.split('<').skip(2) {
        let (tag, rest) = tag.split_once('>').unwrap();
        assert!(!rest.contains('&') || rest.contains(';'), "{rest}");
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && !run.out.contains('\u{1b}'));
    let run = run
        .out("<testsuite name=\"a&amp;&lt;b&gt;.nix\"")
        .out("line=\"3\"");
    let number = run.out.matches("<testcase ").count();
    assert!(run.out.contains(&format!(
        "<testsuites name=\"nixamine\" tests=\"{number}\" failures=\"{number}\""
    )));
    let clean = Folder::project(&[("a.nix", CLEAN)]);
    clean
        .run(&["check", "--format", "junit"])
        .code(0)
        .out("tests=\"1\" failures=\"0\"");
}

#[test]
fn reviewdog_counts_columns_in_bytes() {
    let folder = Folder::project(&[
        ("a.nix", "{ lib, ... }:\n{ a.\"ü🐧\" = lib.mkForce 1; }\n"),
        ("b.nix", UNUSED),
    ]);
    let run = folder.run(&["check", "--format", "rdjson"]).code(1);
    let all: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(all["source"]["name"], "nixamine");
    let first = &all["diagnostics"][0];
    assert_eq!(first["location"]["range"]["start"]["line"], 2);
    assert_eq!(first["location"]["range"]["start"]["column"], 16);
    assert_eq!(first["code"]["value"], "mk-force");
    assert!(
        first["suggestions"].as_array().unwrap().is_empty(),
        "unsafe ones are not offered"
    );
    let second = &all["diagnostics"][1];
    assert_eq!(second["location"]["path"], "b.nix");
    assert_eq!(
        second["suggestions"].as_array().unwrap().len(),
        1,
        "{second}"
    );
}

#[test]
fn editors_read_errfmt() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    let run = folder.run(&["check", "--format", "errfmt"]).code(1);
    let (path, rest) = run.out.lines().next().unwrap().split_once('>').unwrap();
    let parts: Vec<_> = rest.splitn(5, ':').collect();
    assert_eq!((path, &parts[..3]), ("a.nix", &["3", "29", "W"][..]));
    assert!(parts[3].parse::<u32>().unwrap() > 0 && parts[4].ends_with("[mk-force]"));
}
