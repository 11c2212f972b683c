//! `fix`: files, patches and standard input.

use super::{CLEAN, FORCED, Folder, UNUSED};
use std::process::{Command, Stdio};

fn fixed_unused() -> String {
    UNUSED.replace("  # nixamine: allow(mk-force) long gone\n", "")
}

#[test]
fn safe_fixes_only_unless_told() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b.nix", UNUSED), ("c.nix", CLEAN)]);
    folder
        .run(&["fix"])
        .code(0)
        .out("fixed b.nix (1 fix)\n")
        .err("Applied 1 fix in 1 file; remaining: 1 warning (see `nixamine check`)\n");
    assert_eq!(folder.read("b.nix"), fixed_unused());
    assert_eq!(folder.read("a.nix"), FORCED);
    folder.run(&["fix"]).code(0).err("Nothing to fix");
    folder
        .run(&["fix", "--unsafe-fixes"])
        .code(0)
        .out("fixed a.nix");
    assert!(!folder.read("a.nix").contains("mkForce"));
    folder.run(&["check"]).code(0);
}

#[test]
fn exit_codes() {
    let folder = Folder::project(&[("b.nix", UNUSED)]);
    folder.run(&["fix", "--diff"]).code(1);
    folder.run(&["fix", "--exit-nonzero-on-fix"]).code(1);
    folder.run(&["fix", "--exit-nonzero-on-fix"]).code(0);
    folder.run(&["fix", "--diff"]).code(0);
    folder.run(&["fix", "absent"]).code(2);
}

#[test]
fn only_what_was_named_is_fixed() {
    let folder = Folder::project(&[("a.nix", UNUSED), ("b.nix", UNUSED)]);
    folder.run(&["fix", "b.nix"]).code(0);
    assert_eq!(folder.read("a.nix"), UNUSED);
    assert_eq!(folder.read("b.nix"), fixed_unused());
}

#[test]
fn a_broken_file_is_never_fixed() {
    let broken = format!("{UNUSED} = ;");
    let folder = Folder::project(&[("a.nix", &broken)]);
    folder.run(&["fix", "--unsafe-fixes"]);
    assert_eq!(folder.read("a.nix"), broken);
}

#[test]
fn a_patch_does_what_fix_does() {
    let crlf = UNUSED.replace('\n', "\r\n");
    let no_newline = UNUSED.trim_end();
    let files = [
        ("a.nix", UNUSED),
        ("sub dir/crlf.nix", &crlf),
        ("end.nix", no_newline),
        ("\u{fc}\"quote.nix", UNUSED),
        ("force.nix", FORCED),
    ];
    let fixed = Folder::project(&files);
    fixed.run(&["fix", "--unsafe-fixes"]).code(0);
    for tool in [
        &["git", "apply", "patch"][..],
        &["patch", "-p1", "--binary", "-i", "patch"],
    ] {
        let folder = Folder::project(&files);
        let run = folder.run(&["fix", "--diff", "--unsafe-fixes"]).code(1);
        assert!(
            run.out
                .contains("--- a/a.nix\n+++ b/a.nix\n@@ -1,5 +1,4 @@\n"),
            "{}",
            run.out
        );
        folder.write("patch", &run.out);
        let Ok(output) = Command::new(tool[0])
            .args(&tool[1..])
            .current_dir(folder.path())
            .output()
        else {
            continue;
        };
        assert!(
            output.status.success(),
            "{tool:?}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            run.out
        );
        for (path, before) in files {
            assert_eq!(folder.read(path), fixed.read(path), "{tool:?}: {path}");
            assert_ne!(folder.read(path), before, "{path}");
        }
    }
}

#[test]
fn standard_input_to_standard_output() {
    let folder = Folder::project(&[("a.nix", CLEAN)]);
    let arguments = ["fix", "--stdin", "--stdin-filename", "a.nix"];
    let fix = |text: &[u8]| folder.run_with_input(&arguments, text);
    assert_eq!(fix(UNUSED.as_bytes()).code(0).out, fixed_unused());
    assert_eq!(fix(CLEAN.as_bytes()).code(0).out, CLEAN);
    assert_eq!(fix(b"{ a = \r\n").out, "{ a = \r\n");
    assert_eq!(fix(b"").code(0).out, "");
    // The file itself stays.
    assert_eq!(folder.read("a.nix"), CLEAN);
    let patch = folder.run_with_input(&[&arguments[..], &["--diff"]].concat(), UNUSED.as_bytes());
    patch.code(1).out("--- a/a.nix\n");
    let mut child = folder
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"\xff\0").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), &output.stdout[..]),
        (Some(2), &b"\xff\0"[..])
    );
}

#[cfg(unix)]
#[test]
fn mode_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::project(&[("real/a.nix", UNUSED), ("locked.nix", UNUSED)]);
    let real = folder.path().join("real/a.nix");
    std::fs::set_permissions(&real, PermissionsExt::from_mode(0o755)).unwrap();
    symlink("real/a.nix", folder.path().join("link.nix")).unwrap();
    folder.run(&["fix", "link.nix"]).code(0);
    assert!(folder.path().join("link.nix").is_symlink());
    assert_eq!(folder.read("real/a.nix"), fixed_unused());
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o755);

    let locked = folder.path().join("locked.nix");
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o444)).unwrap();
    folder
        .run(&["fix", "locked.nix"])
        .code(2)
        .err("locked.nix: read-only");
    assert_eq!(folder.read("locked.nix"), UNUSED);
}

#[test]
fn two_runs_at_once_lose_nothing() {
    let names: Vec<_> = (0..20).map(|i| format!("{i}.nix")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), UNUSED)).collect();
    let folder = Folder::project(&files);
    let runs: Vec<_> = (0..4)
        .map(|_| {
            folder
                .command(&["fix"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut run in runs {
        // Both found the same, so whoever comes later has nothing left to do.
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    for name in &names {
        assert_eq!(folder.read(name), fixed_unused());
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        names.len() + 1
    );
}
