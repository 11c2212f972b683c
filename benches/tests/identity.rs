//! The tree of a text without errors is the tree of rnix, node for node and token
//! for token; where rnix sees an error, so do we, but for the cases that Nix
//! itself accepts.
//!
//! `NIXAMINE_SEED` and `NIXAMINE_CORPUS` as in `differential.rs`.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test"
)]

use nixamine_benches::{Random, corpus, grammar, module, package_set};
use nixamine_rules::syntax::parse;

fn seed() -> u64 {
    let seed = std::env::var("NIXAMINE_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// Is the text without errors? Then both trees are the same.
fn compare(text: &str) -> bool {
    let ours = parse(text);
    let rnix = rnix::Root::parse(text);
    assert_eq!(ours.root().text(), text, "the tree holds the text");
    if rnix.errors().is_empty() {
        assert_eq!(ours.errors(), [], "rnix reads it: {text:?}");
        assert!(
            rnix.syntax().green().to_owned() == *ours.green(),
            "{text:?}\nrnix: {:#?}\nours: {:#?}",
            rnix.syntax(),
            ours.root()
        );
    }
    ours.errors().is_empty()
}

#[test]
fn random_nix_has_the_tree_of_rnix() {
    let seed = seed();
    eprintln!("seed {seed}");
    let mut random = Random::new(seed);
    let mut whole = 0;
    for _ in 0..20_000 {
        whole += u32::from(compare(&grammar::expression(&mut random, 4)));
    }
    assert!(whole > 19_000, "what is written is Nix: {whole}");
}

#[test]
fn broken_nix_is_kept_and_seen() {
    let mut random = Random::new(seed());
    let (mut broken, mut unseen, mut refused) = (0, 0, 0);
    for _ in 0..20_000 {
        let mut text = grammar::expression(&mut random, 3);
        let mut at = random.below(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.remove(at);
        let (ours, rnix) = (parse(text.as_str()), rnix::Root::parse(&text));
        assert_eq!(ours.root().text(), text.as_str(), "the tree holds the text");
        match (ours.errors().first(), rnix.errors().is_empty()) {
            (None, true) => assert!(
                rnix.syntax().green().to_owned() == *ours.green(),
                "{text:?}"
            ),
            // `f x: y`, `a or .b`, `(a ]`: Nix refuses what rnix reads.
            (Some(_), true) => refused += 1,
            (found, false) => {
                broken += 1;
                unseen += u32::from(found.is_none());
            }
        }
    }
    // rnix refuses a few things that Nix reads: `a + !b`, `1.5e`, `[ let { } ]`.
    assert!(
        broken > 1_000 && unseen * 20 < broken,
        "{unseen} of {broken}"
    );
    assert!(refused * 20 < broken, "{refused} beside {broken}");
}

#[test]
fn what_nix_itself_decides() {
    // Each was given to `nix-instantiate --parse`.
    for text in [
        "a: b: a + !b",
        "[ let { body = 1; } ]",
        "./${\"a\"}//b",
        "./a/b//${\"c\"}",
        "a: b: c: a <b<c>",
        "e: 1.5e",
        "a: a.b or c.d or e",
        "{ or = 1; }.or",
        "a: a ? b ? c",
        "{ inherit ${\"a\"}; }",
        "# a comment\rx: 1",
    ] {
        assert_eq!(parse(text).errors(), [], "{text}");
    }
    for text in [
        "f x: x",
        "1 + x: x",
        "a == b == c",
        "./a//b",
        "./a/",
        "./a/${\"b\"}/",
        "~/",
        "0.",
        "<a//b>",
        "[ - 1 ]",
        "a\u{a0}b",
        "\u{c}1",
    ] {
        assert!(!parse(text).errors().is_empty(), "{text}");
    }
}

#[test]
fn generated_files_have_the_tree_of_rnix() {
    for seed in 0..20 {
        assert!(compare(&module(seed, 20_000)));
        assert!(compare(&package_set(seed, 20_000)));
    }
}

#[test]
fn real_files_have_the_tree_of_rnix() {
    for text in corpus(usize::MAX) {
        if !text.starts_with('\u{feff}') {
            compare(&text);
        }
    }
}
