//! Texts that cost other parsers their stack or minutes: one megabyte of each is
//! parsed, linted and dropped on a small stack. The times are printed, not
//! judged: machines are shared.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test"
)]

use nixamine_rules::syntax::parse;
use nixamine_rules::{Settings, Source, Workspace, analyze};
use std::time::Instant;

/// What is repeated, and what closes it.
const UNITS: &[(&str, &str)] = &[
    ("a.", "a"),
    ("-", "1"),
    ("<", ""),
    ("f a ", ""),
    ("[", "]"),
    ("(", ")"),
    ("{a=", "1;}"),
    ("!", "a"),
    ("a ++ ", "a"),
    ("a // ", "a"),
    ("a -> ", "a"),
    ("a + ", "a"),
    ("a.b or ", "c"),
    ("a or ", ""),
    ("a: ", "a"),
    ("if a then b else ", "c"),
    ("let a = 1; in ", "a"),
    ("with a; ", "b"),
    ("\"${", "}\""),
    ("''${", "}''"),
    ("a = {\n", ""),
    ("{\n a = [\n", ""),
    ("a = \"\n", ""),
    ("a = ''\n", ""),
    ("a = /*\n", ""),
    ("/*", ""),
    ("#", ""),
    ("}\n", ""),
    ("a = 1\n", ""),
    (" a = lib.mkForce { b = \"/home/a\"; }\n", ""),
    ("\"", ""),
    ("\"a\" ", ""),
    ("[ \"a\" ", ""),
    ("a.\"b\" ", ""),
    ("'", ""),
    ("$", ""),
    ("\u{fc}", ""),
    ("\0", ""),
    ("<a/", ""),
    ("a_.", ""),
    ("./a${", "}"),
];

#[test]
fn a_megabyte_of_anything_on_a_small_stack() {
    // A debug build needs more of everything.
    let (stack, bytes) = match cfg!(debug_assertions) {
        true => (2 << 20, 100_000),
        false => (1 << 20, 1_000_000),
    };
    let settings = Settings::new(Default::default(), &["all".to_owned()], &[])
        .unwrap_or_else(|_| Settings::default());
    let worker = std::thread::Builder::new()
        .stack_size(stack)
        .spawn(move || {
            let mut slowest = (0, String::new());
            for (open, close) in UNITS {
                let count = bytes / (open.len() + close.len());
                let nested = format!("{}{}", open.repeat(count), close.repeat(count));
                let shapes = [
                    nested.clone(),
                    format!("{{\n{nested}"),
                    format!("{{ a = {nested}; }}"),
                    format!("{{ a = [ {nested}"),
                ];
                for text in shapes {
                    let tree = parse(text.as_str());
                    assert!(tree.too_complex().is_some() || tree.root().text() == text.as_str());
                    drop(tree);
                    // Parsed, linted and dropped.
                    let start = Instant::now();
                    let document = analyze(Source::new("m.nix", text.as_str()), &settings);
                    drop(Workspace::new(vec![document], []).check(&settings));
                    let time = start.elapsed().as_millis();
                    println!("{time:5} ms {open:?} in {:?}", &text[..text.len().min(4)]);
                    if time > slowest.0 {
                        slowest = (time, open.to_string());
                    }
                }
            }
            println!("slowest: {} ms for {:?}", slowest.0, slowest.1);
        });
    worker.expect("a thread").join().expect("nothing panics");
}
