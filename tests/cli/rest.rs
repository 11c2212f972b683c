//! `explain`, `rules` and `init`.

use super::{FORCED, Folder};

#[test]
fn explain_shows_the_page() {
    let folder = Folder::new(&[]);
    // A program gets Markdown, a reader the page laid out.
    folder
        .run(&["explain", "mk-force"])
        .code(0)
        .out("# mk-force\n")
        .out("```nix");
    let run = folder
        .run(&["explain", "mk-force", "--color", "always"])
        .code(0);
    assert!(
        run.out.contains("\u{1b}[1m") && !run.out.contains("```"),
        "{}",
        run.out
    );
    folder
        .run(&["explain", "mkforce"])
        .code(2)
        .err("there is no rule `mkforce`; did you mean `mk-force`?");
    folder
        .run(&["explain", "zzz"])
        .code(2)
        .err("`nixamine rules` lists them all");
}

#[test]
fn rules_are_listed() {
    let folder = Folder::new(&[]);
    let run = folder.run(&["rules"]).code(0);
    let lines: Vec<_> = run.out.lines().collect();
    assert!(lines[0].starts_with("NAME "), "{}", run.out);
    let column = lines[0].find("GROUP").unwrap();
    let row = lines
        .iter()
        .find(|line| line.starts_with("mk-force "))
        .unwrap();
    assert!(row[column..].starts_with("module "), "{row}");

    let list = folder.run(&["rules", "--format", "json"]).code(0).json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), lines.len() - 1);
    let rule = list.iter().find(|rule| rule["name"] == "mk-force").unwrap();
    assert_eq!(rule["group"], "module");
    assert_eq!(rule["severity"], "warning");
    assert_eq!(rule["enabled"], true);
    assert_eq!(rule["fix"], "unsafe");
}

#[test]
fn init_writes_a_valid_configuration_once() {
    let folder = Folder::new(&[("a.nix", FORCED)]);
    folder.run(&["init"]).code(0).err("created nixamine.toml");
    let text = folder.read("nixamine.toml");
    assert!(text.contains("#mk-force = \"warning\"") && text.contains("#exclude = "));
    let run = folder.run(&["check"]).code(1);
    assert!(run.err.is_empty(), "{}", run.err);
    folder
        .run(&["init"])
        .code(2)
        .err("nixamine.toml exists and was left as it is");
    assert_eq!(folder.read("nixamine.toml"), text);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let folder = Folder::new(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = folder.run(&["completions", shell]).code(0);
        for word in ["changed-since", "report", "why"] {
            assert!(run.out.contains(word), "{shell}: no {word}");
        }
    }
    folder.run(&["completions", "sh"]).code(2);
    folder.run(&["man", "share/man1"]).code(0);
    let page = folder.read("share/man1/nixamine-check.1");
    assert!(
        page.contains("\\-\\-baseline") && page.contains("Exit codes"),
        "{page}"
    );
    assert!(
        folder
            .read("share/man1/nixamine.1")
            .contains("nixamine\\-report(1)")
    );
    folder.write("file", "");
    folder
        .run(&["man", "file/x"])
        .code(2)
        .err("cannot be written");
}
