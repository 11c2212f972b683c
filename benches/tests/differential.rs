//! Edited trees against parsed ones: after every edit of a session the tree must
//! be the one that a parse of the whole text gives.
//!
//! `NIXAMINE_EDITS` says how many edits (50,000 unless set), `NIXAMINE_SEED`
//! where to start, `NIXAMINE_CORPUS` a folder whose files are edited beside the
//! generated ones.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test"
)]

use nixamine_benches::{Random, corpus, module, sessions::Session};
use nixamine_rules::syntax::{Text, TextEdit, TextRange, Tree, parse};
use std::fmt::Write as _;

/// Texts that are hard on whoever splices.
const ODD: &[&str] = &[
    "{ a = 1; }",
    "{ a ? 1, b }: a",
    "{ }",
    "{}: { a = 1; }",
    "a@{ b, ... }: { c = b; }\n",
    "let a = 1; in { b = a; }\n",
    "[ a b (c d) ./e \"f\" ''g'' ]\n",
    "{\n  a = ''\n    x ''${ y } ''' z\n  '';\n  b = \"\\\"${a + \"}\"}\";\n}\n",
    "{ lib, ... }:\n{\n  a = {\n    b = {\n      c = [\n        1\n        2\n      ];\n    };\n  };\n  d = x: y: {\n    e = 1;\n  };\n}\n",
    "{\n a = 1;\n   b = 2;\nc = {\nd = 1;\n};\n    }\n",
    "{ a = if b then c else d; e = with f; g; h = assert i; j; }\n",
    "x: { inherit (x) a b; inherit c; }\n",
    "{\n  a = let\n    b = 1;\n  in\n  b;\n  c = 2;\n}\n",
    "{\r\n  a = 1;\r\n  b = \"x\";\r\n}\r\n",
    "\u{feff}{ a = 1; }\n",
    "{ a = b.c or d; e = -f; g = !h; i = j ? k.l; m = n -> o; p = q |> r; }\n",
    "{ \"a b\".${c}.d = ./e/${f}/g; h = <i/j>; k = ~/l; m = n:o; }\n",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

fn start(random: &mut Random, corpus: &[String]) -> String {
    if random.below(60) == 0 {
        // Longer than what is read behind an edit, with long characters in it.
        let text = module(random.below(1 << 30) as u64, 80_000);
        return text
            .replace("enable", "en\u{fc}ble")
            .replace("127.0.0.1", "\u{1f600}");
    }
    match random.below(if corpus.is_empty() { 2 } else { 4 }) {
        0 => ODD[random.below(ODD.len())].to_owned(),
        1 => {
            let bytes = 200 + random.below(3_000);
            module(random.below(1 << 30) as u64, bytes)
        }
        _ => corpus[random.below(corpus.len())].clone(),
    }
}

/// The difference between an edited tree and a parsed one, if there is one.
fn difference(tree: &Tree) -> Option<String> {
    let whole = parse(tree.text().clone());
    let mut out = String::new();
    if tree.green() != whole.green() {
        let (a, b) = (shown(tree), shown(&whole));
        let at = a.iter().zip(&b).position(|(a, b)| a != b).unwrap_or(0);
        let from = at.saturating_sub(3);
        let _ = writeln!(out, "tree: edited {:?}", &a[from..(at + 6).min(a.len())]);
        let _ = writeln!(out, "      parsed {:?}", &b[from..(at + 6).min(b.len())]);
    }
    if tree.errors() != whole.errors() {
        let _ = writeln!(out, "errors: edited {:?}", tree.errors());
        let _ = writeln!(out, "        parsed {:?}", whole.errors());
    }
    if whole.errors().is_empty() && tree.remembered() != whole.remembered() {
        let (a, b) = (tree.remembered(), whole.remembered());
        let _ = writeln!(out, "remembered: edited {a}\n            parsed {b}");
    }
    if tree.too_complex() != whole.too_complex() {
        let _ = writeln!(out, "too complex: {:?}", whole.too_complex());
    }
    (!out.is_empty()).then_some(out)
}

fn shown(tree: &Tree) -> Vec<String> {
    tree.root()
        .descendants_with_tokens()
        .map(|element| format!("{:?}@{:?}", element.kind(), element.text_range()))
        .collect()
}

#[test]
fn edited_trees_are_parsed_trees() {
    let edits = number("NIXAMINE_EDITS", 50_000);
    let seed = number("NIXAMINE_SEED", 1);
    eprintln!("seed {seed}, {edits} edits");
    let corpus = corpus(20_000);
    let mut random = Random::new(seed);
    let (mut done, mut session_seed) = (0, seed << 32);
    let (mut broken, mut spliced) = (0, 0);
    let (mut typed, mut typed_spliced) = (0, 0);
    while done < edits {
        session_seed += 1;
        let first = start(&mut random, &corpus);
        let from_module = first.contains("my.") && first.len() < 10_000;
        let mut tree = parse(first);
        let wild = [0, 0, 5, 30, 100][random.below(5)];
        let mut session = Session::new(session_seed, wild);
        for _ in 0..20 + random.below(200) {
            let (_, edit) = session.next(tree.text());
            let before = tree.text().clone();
            let change = tree.apply(&edit);
            let is_spliced = usize::from(change.range.len()) < tree.text().len();
            spliced += u64::from(is_spliced);
            if wild == 0 && from_module {
                typed += 1;
                typed_spliced += u64::from(is_spliced);
            }
            broken += u64::from(!tree.errors().is_empty());
            done += 1;
            if let Some(difference) = difference(&tree) {
                let (before, edit) = shrink(&before, &edit);
                panic!(
                    "seed {seed}, session {session_seed}:\n{difference}\nshrunk: {before:?}\nedit: {edit:?}"
                );
            }
            if tree.text().len() > 200_000 {
                break;
            }
        }
    }
    eprintln!("{done} edits, {broken} left a syntax error, {spliced} were spliced");
    eprintln!("of {typed} typed in modules {typed_spliced} were spliced");
    assert!(typed_spliced * 10 > typed * 8, "most keys are spliced");
}

/// Edits that once gave another tree than a parse, cut down.
const ONCE_WRONG: &[(&str, u32, u32, &str)] = &[
    ("{üt[\"\"]}}", 6, 6, "\n    '';\n    users.users.samba_3 = "),
    ("{a]i\n|>}", 6, 7, ""),
    ("{\nm={\n n;e\nk;_{} \"\"}", 16, 16, "a b c\n"),
    ("{\n    b={b=e;n=[\"\"];\n    };", 21, 22, ""),
    ("#\nlet{\n f\n e=;\n{}}", 10, 10, "g"),
    ("{=\"A\";a}", 6, 6, "\n"),
    ("./*\nlet { }", 10, 10, "*/"),
    ("{\n  a=let\n b==;\n */\n}", 16, 16, " "),
    ("{\n a=let\nb=1;in\n b;inherit c=2;}", 27, 27, ";"),
    ("{a let \nin\nb", 7, 8, "#"),
    ("let=\nin\ns", 4, 5, "x:y"),
    (
        "{\ng={t=\"\";\n s.itx=if a then b else c;/**/};\n}",
        16,
        16,
        " ",
    ),
    (
        "{x=if a then b else c;f={...}:{};\ne b=2;\nc={\nd=1;};}",
        35,
        36,
        "",
    ),
    ("{a=d;e=f;g[\"\"];;}", 10, 10, "="),
    ("let a=(x;in", 8, 8, ")"),
    ("{\no\nq=1;\"\";};", 8, 8, "\n"),
    (
        "{\"\n\".${c}.d=/${f};e=\"\";\n f={...}:{};\nk=l;m=n(x);a=[\"\"];}",
        24,
        24,
        "x",
    ),
    (
        "{...}:{\n  s={v=[\"\"];e=e;};d=let\n   d={\n x=\"\";x=\"\";p=\"\";\n};in([]''${s r.${o}}'');}",
        39,
        39,
        "t",
    ),
    (
        "#\nlet g=r;in{\n  r={a=\"\";\n   t=''\n''{t=t;d=0;};};\n c={\n \"\".t=\"\";\n   o={\n  n=[\"\"];\n };t=if f then\"\"else e;x=with s;[];};\n}",
        105,
        105,
        "e;\n      l = [ \"1\" \"${t c.p",
    ),
];

#[test]
fn what_once_went_wrong() {
    for &(text, start, end, with) in ONCE_WRONG {
        let mut tree = parse(text);
        tree.apply(&TextEdit {
            range: TextRange::new(start.into(), end.into()),
            text: with.to_owned(),
        });
        assert_eq!(difference(&tree), None, "{text:?}");
    }
}

#[test]
fn several_edits_and_undo_give_the_old_tree() {
    // As a notification brings them: one after the other, then all taken back.
    let text = module(3, 4_000);
    let (first, mut tree) = (parse(text.as_str()), parse(text.as_str()));
    let places: Vec<u32> = text.match_indices(" = ").map(|(at, _)| at as u32).collect();
    let insert = |at: u32, text: &str| TextEdit {
        range: TextRange::empty(at.into()),
        text: text.to_owned(),
    };
    // The last first, as editors send the edits of many cursors.
    for &at in places.iter().rev() {
        tree.apply(&insert(at, "X"));
    }
    assert_eq!(difference(&tree), None);
    for &at in &places {
        tree.apply(&TextEdit {
            range: TextRange::at(at.into(), 1.into()),
            text: String::new(),
        });
    }
    assert!(tree.green() == first.green() && tree.text() == first.text());
    let block = "\n  services.x = {\n    enable = true;\n  };".repeat(2_000);
    let at = text.find("  config = ").expect("it is in every module") as u32 - 1;
    tree.apply(&insert(at, &block));
    assert_eq!(difference(&tree), None);
}

/// A smaller text and edit that differ too, if the last edit alone is enough.
fn shrink(before: &Text, edit: &TextEdit) -> (String, TextEdit) {
    let fails = |text: &str, edit: &TextEdit| {
        let mut tree = parse(text);
        tree.apply(edit);
        difference(&tree).is_some()
    };
    let (mut text, mut edit) = (before.to_string(), edit.clone());
    if !fails(&text, &edit) {
        return (text, edit);
    }
    let mut size = text.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= text.len() {
            let (start, end) = (
                usize::from(edit.range.start()),
                usize::from(edit.range.end()),
            );
            let whole = text.is_char_boundary(at) && text.is_char_boundary(at + size);
            let mut smaller = edit.clone();
            if at + size <= start {
                smaller.range = edit.range - nixamine_rules::syntax::TextSize::new(size as u32);
            } else if at < end {
                at += 1;
                continue;
            }
            let mut cut = text.clone();
            if whole {
                cut.replace_range(at..at + size, "");
            }
            if whole && fails(&cut, &smaller) {
                (text, edit) = (cut, smaller);
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    (text, edit)
}
