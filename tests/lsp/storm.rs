//! Very many edits.

use crate::change;
use crate::client::{Client, Folder, offset};
use serde_json::{Value, json};

/// A small generator of pseudo-random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const PIECES: &[&str] = &[
    "a",
    "x = 1;",
    "{",
    "}",
    "\"",
    "''",
    "\n",
    "\r\n",
    "\r",
    "🐧",
    "ü",
    "𝄞𝄞",
    "# c\n",
    "${",
    "/*",
    "*/",
    " ",
    "lib.mkForce ",
    "\"/home/alice\"",
    "\n  b.c = [ 1 ];\n",
    ";",
    "in",
    "let",
    "boot.kernel.sysctl.\"vm.x\" = 1;\r\n",
];

/// How a client tells of edits.
#[derive(Clone, Copy, Debug)]
enum Habit {
    /// One at a time, each for itself.
    Single,
    /// Several in one notification, each in the text that the one before left.
    Several,
    /// From the end of the text to its start, as multiple cursors do.
    Backwards,
    /// Now and then the whole text.
    Whole,
}

fn position(text: &str, at: usize) -> Value {
    let before = &text[..at];
    let mut line = 0;
    let mut start = 0;
    let bytes = before.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let ends = match byte {
            b'\n' => true,
            b'\r' => text.as_bytes().get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends {
            line += 1;
            start = index + 1;
        }
    }
    let character: usize = before[start..].chars().map(char::len_utf16).sum();
    json!({ "line": line, "character": character })
}

/// An edit somewhere in `text`, made; as the protocol says it.
fn edit(random: &mut Random, text: &mut String, below: usize) -> (Value, usize) {
    let boundary = |text: &str, mut at: usize| {
        // Between the two bytes of a line break there is no place.
        while !text.is_char_boundary(at)
            || at > 0 && text[..at].ends_with('\r') && text[at..].starts_with('\n')
        {
            at -= 1;
        }
        at
    };
    let start = boundary(text, random.below(below.min(text.len()) + 1));
    let most = match text.len() > 1_500 {
        true => 60,
        false => 8,
    };
    let end = boundary(
        text,
        (start + random.below(most))
            .min(text.len())
            .min(below.max(start)),
    );
    let end = end.max(start);
    let piece = *random.pick(PIECES);
    let range = json!({ "start": position(text, start), "end": position(text, end) });
    assert_eq!(offset(text, &range["start"]), start);
    text.replace_range(start..end, piece);
    (json!({ "range": range, "text": piece }), start)
}

#[test]
fn a_hundred_thousand_edits_keep_the_text() {
    let seed = std::env::var("NIXAMINE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(4);
    let mut random = Random(seed);
    let folder = Folder::new(&[("nixamine.toml", "")]);
    let mut client = Client::open(&folder.path());
    let mut edits = 0;
    let habits = [
        Habit::Single,
        Habit::Several,
        Habit::Backwards,
        Habit::Whole,
    ];
    let mut round = 0;
    while edits < 100_000 {
        let habit = habits[round % habits.len()];
        let uri = folder.uri(&format!("{round}.nix"));
        round += 1;
        let mut text = "{ lib, ... }:\r\n{\n  a = \"🐧\";\n}\n".to_owned();
        client.did_open(&uri, &text);
        for version in 2..=1_000 {
            let mut changes = Vec::new();
            let count = match habit {
                Habit::Single => 1,
                Habit::Several | Habit::Backwards => 1 + random.below(4),
                Habit::Whole => 1 + random.below(2),
            };
            let mut below = usize::MAX;
            for _ in 0..count {
                let (said, start) = edit(&mut random, &mut text, below);
                changes.push(said);
                if let Habit::Backwards = habit {
                    below = start;
                }
            }
            if matches!(habit, Habit::Whole) && random.below(50) == 0 {
                changes.push(json!({ "text": text }));
            }
            edits += changes.len();
            client.did_change(&uri, version, Value::Array(changes));
            if version % 250 == 0 {
                assert_eq!(
                    client.text(&uri),
                    text,
                    "seed {seed}, {habit:?}, version {version}"
                );
            }
        }
        assert_eq!(client.text(&uri), text, "seed {seed}, {habit:?}");
        // What is said is said of the last version, and no place lies outside.
        let findings = client.findings_of(&uri, 1_000);
        let lines = text.len();
        for finding in findings {
            assert!(finding["range"]["end"]["line"].as_u64().unwrap() as usize <= lines);
        }
        client.notify(
            "textDocument/didClose",
            json!({ "textDocument": { "uri": uri } }),
        );
    }
    assert_eq!(client.exit(), Some(0));
}

#[test]
fn two_thousand_edits_at_once_are_made_in_order() {
    let folder = Folder::new(&[("nixamine.toml", "")]);
    let mut client = Client::open(&folder.path());
    let uri = folder.uri("storm.nix");
    client.did_open(&uri, "{ }");
    let mut bytes = Vec::new();
    let mut expected = String::new();
    let mut asked = Vec::new();
    for number in 0..2_000_i64 {
        let word = format!("{number} ");
        let at = expected.len() as u32;
        expected.push_str(&word);
        let document = json!({ "uri": uri, "version": number + 2 });
        let params =
            json!({ "textDocument": document, "contentChanges": [change(0, at, at, &word)] });
        bytes.extend(Client::frame(
            &json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }),
        ));
        if number % 20 == 0 {
            let id = 10_000 + number;
            let position = json!({ "line": 0, "character": 0 });
            let params = json!({ "textDocument": { "uri": uri }, "position": position });
            bytes.extend(Client::frame(
                &json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": params }),
            ));
            asked.push(id);
            if number % 40 == 0 {
                bytes.extend(Client::frame(
                    &json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": id } }),
                ));
            }
        }
    }
    client.raw(&bytes);
    for id in asked {
        let answer = client.answer(id);
        // An answer, or the word that it was cancelled.
        let error = &answer["error"]["code"];
        assert!(error.is_null() || *error == -32800, "{answer}");
    }
    assert_eq!(client.text(&uri), format!("{expected}{{ }}"));
    client.findings_of(&uri, 2_001);
    assert!(client.publications < 2_000, "what is overtaken is not said");
}
