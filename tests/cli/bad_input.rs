//! Input that is not as it should be: a clear word, the right code, no panic.

use super::{CLEAN, FORCED, Folder};
use std::time::{Duration, Instant};

#[track_caller]
fn unreadable(bytes: &[u8], reason: &str) {
    let folder = Folder::project(&[("good.nix", FORCED)]);
    folder.write("bad.nix", bytes);
    for command in ["check", "fix"] {
        folder
            .run(&[command])
            .code(2)
            .err(&format!("bad.nix: {reason}"));
    }
    // The rest is checked, the reason is in every format, and `exclude` helps.
    folder.run(&["check"]).out("mk-force");
    for format in ["json", "sarif", "github"] {
        folder
            .run(&["check", "--format", format])
            .code(2)
            .out("bad.nix")
            .out(reason);
    }
    folder.write("nixamine.toml", "exclude = [\"bad.nix\"]\n");
    folder.run(&["check"]).code(1);
}

#[test]
fn bytes_that_are_no_text() {
    unreadable(b"{ a = \"\xe4\"; }", "not UTF-8 (byte 0xe4 in line 1)");
    unreadable(b"\0GITCRYPT\0\x9c\x8a", "encrypted by git-crypt");
    unreadable(b"{ a = \0; }", "binary file (it holds NUL bytes)");
    unreadable(b"\xff\xfe{\0}\0", "UTF-16");
}

#[test]
fn unusual_but_valid_text() {
    let folder = Folder::project(&[("a.nix", "")]);
    let check = |text: &str| {
        folder.write("a.nix", text);
        folder.run(&["check", "--format", "json"])
    };
    let place = |text: &str| {
        let report = check(text).code(1).json();
        let start = &report["diagnostics"][0]["range"]["start"];
        [&start["line"], &start["column"], &start["offset"]].map(|n| n.as_u64().unwrap())
    };
    assert_eq!(place(FORCED), [3, 29, 44]);
    assert_eq!(place(&format!("\u{feff}{FORCED}")), [3, 29, 47]);
    assert_eq!(place(&FORCED.replace('\n', "\r\n")), [3, 29, 46]);
    assert_eq!(place(&FORCED.replace('\n', "\r")), [3, 29, 44]);
    for text in [
        "",
        "\u{feff}",
        "# only a comment\n",
        "\r\n\r\n",
        "/* a\r b */",
        "# x",
    ] {
        let run = check(text);
        assert!(run.code < 2 && run.err.is_empty(), "{text:?}: {run:?}");
        assert_eq!(run.json()["summary"]["files"], 1);
        let fixed = folder.run(&["fix"]);
        assert!(
            fixed.code == 0 && folder.read("a.nix") == text,
            "{text:?}: {fixed:?}"
        );
    }
    // Text output draws frames of all of these too.
    for text in [&FORCED.replace('\n', "\r"), &FORCED.replace('\n', "\r\n")] {
        folder.write("a.nix", text);
        let run = folder
            .run(&["check"])
            .code(1)
            .out("3 |   services.openssh.enable");
        assert!(!run.out.contains('\r'));
    }
}

#[test]
fn nesting_without_end() {
    let many = |text: &str| text.repeat(100_000);
    let texts = [
        many("["),
        many("("),
        many("{a="),
        many("!"),
        many("-"),
        format!("1{}", many("++1")),
        format!("a{}", many(".a")),
        format!("f{}", many(" a")),
        format!("{}1", many("let a = 1; in ")),
        format!("{}1", many("x: ")),
        many("\"${"),
        many("''${"),
        many("if a then "),
    ];
    let started = Instant::now();
    let folder = Folder::project(&[("good.nix", FORCED)]);
    for (at, text) in texts.iter().enumerate() {
        folder.write(&format!("{at:02}.nix"), text);
    }
    let report = folder.run(&["check", "--format", "json"]).code(1).json();
    assert!(
        report["summary"]["unreadable"]
            .as_array()
            .unwrap()
            .is_empty(),
        "{report:.300}"
    );
    assert_eq!(report["summary"]["files"], texts.len() + 1);
    let found = |path: &str| {
        let findings = report["diagnostics"].as_array().unwrap();
        findings
            .iter()
            .filter(|finding| finding["path"] == path)
            .count()
    };
    assert_eq!(found("good.nix"), 1);
    folder.run(&["check"]).code(1);
    folder.run(&["fix", "--unsafe-fixes"]).code(0);
    for (at, text) in texts.iter().enumerate() {
        assert_eq!(folder.read(&format!("{at:02}.nix")), *text);
    }
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}

#[cfg(unix)]
#[test]
fn things_that_are_no_files() {
    use std::os::unix::fs::symlink;
    let folder = Folder::project(&[("a.nix/default.nix", FORCED), ("real.nix", CLEAN)]);
    let path = |name: &str| folder.path().join(name);
    symlink(".", path("loop")).unwrap();
    symlink("self.nix", path("self.nix")).unwrap();
    symlink("nowhere", path("dangling.nix")).unwrap();
    symlink("real.nix", path("link.nix")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe.nix"))
        .status();
    // None of them is a file of the project; a folder may be called as it likes.
    folder
        .run(&["check"])
        .code(1)
        .out("--> a.nix/default.nix:3")
        .out("in 2 files\n");
    folder.run(&["check", "loop"]).code(1).out("in 2 files\n");
    folder
        .run(&["check", "dangling.nix"])
        .code(2)
        .err("a symbolic link that points to nothing");
    folder.run(&["check", "self.nix"]).code(2).err("self.nix: ");
    folder
        .run(&["check", "link.nix"])
        .code(0)
        .out("in 1 file\n");
    if made.is_ok_and(|status| status.success()) {
        folder
            .run(&["check", "pipe.nix"])
            .code(2)
            .err("pipe.nix: not a regular file");
    }
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::project(&[
        ("a.nix", CLEAN),
        ("secret.nix", CLEAN),
        ("closed/b.nix", CLEAN),
    ]);
    let secret = folder.path().join("secret.nix");
    let closed = folder.path().join("closed");
    for path in [&secret, &closed] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o000)).unwrap();
    }
    // The superuser reads everything, and then there is nothing to see here.
    if std::fs::read(&secret).is_err() {
        let run = folder.run(&["check"]).code(2);
        run.err("secret.nix: permission denied")
            .err("closed: permission denied");
    }
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn a_broken_configuration_is_shown_where_it_breaks() {
    let folder = Folder::new(&[("a.nix", FORCED)]);
    folder.write("nixamine.toml", "# comment\n\nexclud = []\n");
    for command in ["check", "fix"] {
        folder
            .run(&[command])
            .code(2)
            .err("did you mean `exclude`?")
            .err("--> nixamine.toml:3:1\n")
            .err("3 | exclud = []\n")
            .err("| ^^^^^^");
    }
    folder.write("nixamine.toml", "exclude = [\n");
    folder.run(&["check"]).code(2).err("--> nixamine.toml:");
    folder.write("nixamine.toml", b"\xff");
    folder
        .run(&["check"])
        .code(2)
        .err("nixamine.toml: not UTF-8");
    folder.write("nixamine.toml", "required-version = \">=99\"\n");
    folder
        .run(&["check"])
        .code(2)
        .err("asks for Nixamine >=99")
        .err("nixamine.toml:1:");
    // A rule of a newer version is no reason to stop.
    folder.write("nixamine.toml", "[severity]\nmk-forc = \"error\"\n");
    folder
        .run(&["check"])
        .code(1)
        .err("warning: there is no rule or group `mk-forc`; did you mean `mk-force`?")
        .err("nixamine.toml:2:1");
}

#[cfg(unix)]
#[test]
fn nothing_steers_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let name = format!("x{evil}.nix");
    let text = format!("{{ lib, ... }}:\n{{\n  \"{evil}\" = lib.mkForce \"{evil}\";\n");
    let folder = Folder::project(&[(&name, &format!("{text}}}\n")), ("broken.nix", &text)]);
    folder.write(&format!("bad{evil}.nix"), b"\0");
    for format in ["text", "concise", "json", "sarif", "github"] {
        let run = folder
            .run(&["check", "--format", format, "--show", "hint"])
            .code(2);
        for text in [&run.out, &run.err] {
            for c in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'] {
                assert!(!text.contains(c), "{format}: {c:?} in {text}");
            }
        }
        assert!(run.out.contains("owned"));
    }
    // Nor does a colour bring anything but colours with it.
    let run = folder.run(&["check", "--color", "always"]).code(2);
    for text in [&run.out, &run.err] {
        for c in ['\u{7}', '\u{9b}', '\u{202e}'] {
            assert!(!text.contains(c), "{c:?} in {text}");
        }
        assert!(!text.contains("\u{1b}]"), "{text}");
    }
    // For the eyes of somebody; a pipe to `patch` gets the bytes.
    let run = folder
        .run(&["fix", "--unsafe-fixes", "--diff", "--color", "always"])
        .code(2);
    for c in ['\u{7}', '\u{9b}', '\u{202e}'] {
        assert!(!run.out.contains(c) && !run.err.contains(c), "{c:?}");
    }
    folder
        .run(&["check", &format!("no{evil}")])
        .code(2)
        .err("no\u{241b}]0;owned");
}
