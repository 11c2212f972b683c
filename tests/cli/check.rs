//! `check`: what is read, what is reported, and the exit codes.

use super::{CLEAN, FORCED, Folder, UNUSED};

#[test]
fn exit_codes() {
    let folder = Folder::project(&[("a.nix", FORCED), ("clean.nix", CLEAN)]);
    folder
        .run(&["check", "clean.nix"])
        .code(0)
        .out("Found nothing in 1 file\n");
    folder
        .run(&["check"])
        .code(1)
        .out("Found 1 warning in 2 files\n");
    folder
        .run(&["check", "--fail-on", "error"])
        .code(0)
        .out("Found 1 warning");
    folder.run(&["check", "--fail-on", "never"]).code(0);
    folder
        .run(&["check", "a.nix", "absent.nix"])
        .code(2)
        .err("absent.nix: there is no such file");
    folder
        .run(&["check", "--no-such-option"])
        .code(2)
        .err("--no-such-option");
    folder.run(&["chek"]).code(2).err("check");
    folder.run(&["--help"]).code(0).out("Usage");
    folder
        .run(&["--version"])
        .code(0)
        .out(env!("CARGO_PKG_VERSION"));
    folder
        .run(&["check", "--stdin", "a.nix"])
        .code(2)
        .err("cannot be used with");
}

#[test]
fn severities_decide_what_is_shown_and_what_fails() {
    let folder = Folder::new(&[("a.nix", FORCED)]);
    folder.write("nixamine.toml", "[severity]\nmk-force = \"info\"\n");
    folder
        .run(&["check"])
        .code(0)
        .out("Found nothing in 1 file; hidden: 1 info (--show hint)\n");
    folder
        .run(&["check", "--show", "info"])
        .code(0)
        .out("info[mk-force]")
        .out("Found 1 info in");
    // What makes the run fail is shown.
    folder
        .run(&["check", "--fail-on", "info"])
        .code(1)
        .out("info[mk-force]");
    // Other formats carry everything.
    folder
        .run(&["check", "--format", "concise"])
        .code(0)
        .out("info[mk-force]");
    folder.write("nixamine.toml", "[severity]\nmk-force = \"error\"\n");
    folder
        .run(&["check", "--fail-on", "error"])
        .code(1)
        .out("Found 1 error in");
}

#[test]
fn selection() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    folder.run(&["check", "--ignore", "mk-force"]).code(0);
    folder.run(&["check", "--select", "unused"]).code(0);
    folder
        .run(&["check", "--select", "unused,mk-force"])
        .code(1);
    folder
        .run(&["check", "--select", "unused", "--select", "module"])
        .code(1);
    folder
        .run(&["check", "--select", "mk-forc"])
        .code(2)
        .err("there is no rule or group `mk-forc`; did you mean `mk-force`?");
    folder
        .run(&["check", "--ignore", "mk-forc"])
        .code(2)
        .err("did you mean `mk-force`?");
}

#[test]
fn only_what_was_named_is_reported() {
    let folder = Folder::project(&[("a.nix", FORCED), ("sub/b.nix", FORCED), ("c.nix", CLEAN)]);
    let run = folder.run(&["check", "sub", "--format", "concise"]).code(1);
    assert_eq!(run.out.lines().count(), 1);
    assert!(run.out.starts_with("sub/b.nix:3:"), "{}", run.out);
    // Broken files elsewhere in the project are not this run's business.
    folder.write("broken.nix", b"\xff");
    folder.run(&["check", "c.nix"]).code(0);
    folder.run(&["check"]).code(2);
}

#[test]
fn paths_are_relative_to_the_working_directory_or_absolute() {
    let folder = Folder::project(&[("a.nix", FORCED), ("sub/b.nix", FORCED)]);
    let output = folder
        .command(&["check", "..", "--format", "concise"])
        .current_dir(folder.path().join("sub"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with('/') && lines[0].contains("/a.nix:3:"),
        "{text}"
    );
    assert!(lines[1].starts_with("b.nix:3:"), "{text}");
}

#[test]
fn exclude_holds_unless_a_file_is_named() {
    let folder = Folder::new(&[("a.nix", FORCED), ("gen/b.nix", FORCED)]);
    folder.write("nixamine.toml", "exclude = [\"gen\"]\n");
    folder.run(&["check"]).code(1).out("in 1 file\n");
    folder
        .run(&["check", "gen/b.nix"])
        .code(1)
        .out("in 1 file\n");
    folder
        .run(&["check", "gen/b.nix", "--force-exclude"])
        .code(0)
        .out("in 0 files\n");
    folder
        .run(&["check", "--no-config"])
        .code(1)
        .out("in 2 files\n");
    folder.write("other.toml", "ignore = [\"mk-force\"]\n");
    folder
        .run(&["check", "--config", "other.toml"])
        .code(0)
        .out("in 2 files\n");
    folder
        .run(&["check", "--config", "absent.toml"])
        .code(2)
        .err("absent.toml: there is no such");
}

#[test]
fn git_ignored_and_hidden_files_are_left_out() {
    let folder = Folder::new(&[
        (".gitignore", "ignored.nix\n"),
        (".git/HEAD", ""),
        ("ignored.nix", FORCED),
        (".hidden/a.nix", FORCED),
        ("a.nix", CLEAN),
        ("readme.md", "{"),
    ]);
    folder.run(&["check"]).code(0).out("in 1 file\n");
    folder
        .run(&["check", "ignored.nix", ".hidden/a.nix"])
        .code(1)
        .out("in 2 files\n");
}

#[test]
fn standard_input_takes_the_place_of_a_file() {
    let folder = Folder::project(&[("a.nix", CLEAN), ("b.nix", FORCED)]);
    let stdin = [
        "check",
        "--stdin",
        "--format",
        "concise",
        "--stdin-filename",
    ];
    let check =
        |name, text: &str| folder.run_with_input(&[&stdin[..], &[name]].concat(), text.as_bytes());
    let run = check("a.nix", FORCED).code(1);
    assert!(
        run.out.starts_with("a.nix:3:") && run.out.lines().count() == 1,
        "{}",
        run.out
    );
    check("new/folder/c.nix", FORCED)
        .code(1)
        .out("new/folder/c.nix:3:");
    check("a.nix", CLEAN).code(0);
    folder
        .run_with_input(&["check", "--stdin"], FORCED.as_bytes())
        .code(1)
        .out("stdin.nix:3:");
    folder
        .run_with_input(&["check", "--stdin"], b"\xff")
        .code(2)
        .err("not UTF-8");
}

#[test]
fn threads_change_nothing() {
    let files: Vec<(String, &str)> = (0..40)
        .map(|i| {
            (
                format!("{i:02}.nix"),
                if i % 3 == 0 { FORCED } else { UNUSED },
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let folder = Folder::project(&files);
    let one = folder.run(&["check", "--format", "json", "--threads", "1"]);
    let many = folder.run(&["check", "--format", "json", "--threads", "8"]);
    assert_eq!(one.out, many.out);
    folder.run(&["check", "--threads", "0"]).code(2);
}
