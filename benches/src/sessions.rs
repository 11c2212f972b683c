//! Editing as people do it, and worse: seeded sequences of edits.

use crate::Random;
use nixamine_rules::syntax::{TextEdit, TextRange, TextSize};

/// What a keystroke of a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A letter or digit.
    Letter,
    /// `"`, `''` or a part of it.
    Quote,
    /// A bracket of any kind.
    Brace,
    /// `;`, `=`, `.` and other signs.
    Sign,
    /// A line break.
    Newline,
    /// A character or a piece of the text goes.
    Delete,
    /// Several lines come.
    Paste,
    /// The last edit is taken back.
    Undo,
}

/// A session in one text: asks for edits, one after the other.
pub struct Session {
    random: Random,
    /// Where the cursor is, in bytes.
    cursor: usize,
    /// What is still to be typed, the next key last.
    queue: Vec<char>,
    /// The inverse of the last edit.
    undo: Option<TextEdit>,
    /// How much of it is not like typing, in percent.
    wild: usize,
}

/// Bindings that people type and paste.
const BINDINGS: &[&str] = &[
    "services.foo.enable = true;\n",
    "networking.hostName = \"desk\";\n",
    "programs.git = {\n  enable = true;\n  userName = \"A\";\n};\n",
    "a.b = lib.mkForce [ \"x\" ./y.nix ];\n",
    "text = \'\'\n  echo ${toString x}\n\'\';\n",
    "# a comment with a \"quote\n",
    "inherit (pkgs) git;\n",
    "x = if a then b else c;\n",
    "boot.kernel.sysctl = {\n  \"net.ipv4.ip_forward\" = 1;\n  \"vm.swappiness\" = 10;\n};\n\n",
    "f = { pkgs, ... }: { home = \"/home/alice\"; };\n",
];

/// What else people type.
const TYPED: &[&str] = &[
    "  services.foo.enable = true;\n",
    "  networking.hostName = \"desk\";\n",
    "  programs.git = {\n    enable = true;\n    userName = \"A\";\n  };\n",
    "  a.b = lib.mkForce [ \"x\" ./y.nix ];\n",
    "    text = ''\n      echo ${toString x}\n    '';\n",
    "  # a comment with a \"quote\n",
    "  inherit (pkgs) git;\n",
    "  x = if a then b else c;\n",
    "  y = let z = 1; in z + 1;\n",
    "  f = { pkgs, ... }: { };\n",
    "\"${foo}/bar\"",
    "/* x */ ",
    "lib.mkDefault ",
    ", lib",
    "{ }",
    "(x: x)",
    "let\n  q = 1;\nin\n",
];

/// What is pasted.
const PASTED: &[&str] = &[
    "  boot.kernel.sysctl = {\n    \"net.ipv4.ip_forward\" = 1;\n    \"vm.swappiness\" = 10;\n  };\n\n  users.users.alice = {\n    isNormalUser = true;\n    home = \"/home/alice\";\n  };\n",
    "foo = { bar = [ 1 2 3 ]; };\n",
    "{\n",
    "};\n",
    "\n}\n",
    "''\n  raw text with } and \" and ${x}\n''",
    "]; [ (",
    "a b c\n",
    "\u{1f600} \u{fc}",
    "\r\n",
    "/*",
    "*/",
    "#",
];

/// Characters that tokens start, end or change with.
const SIGNS: &[&str] = &[
    "\"", "'", "''", "{", "}", "[", "]", "(", ")", ";", "=", ".", ":", "@", "?", ",", "$", "${",
    "\\", "/", "*", "/*", "*/", "#", "\n", " ", "-", "+", "<", ">", "!", "&&", "||", "|>", "<|",
    "//", "++", "->", "or", "in", "let", "rec", "with", "if", "then", "else", "assert", "inherit",
    "a", "_", "1", "1.", ".5", "e", "~/", "./", "a:", "x:y", "\t", "\r\n", "\u{fc}", "...", "  ",
    "\n  ", "\n    ",
];

impl Session {
    /// A session with a seed; `wild` percent of the edits are no typing.
    pub fn new(seed: u64, wild: usize) -> Self {
        Self {
            random: Random::new(seed),
            cursor: 0,
            queue: Vec::new(),
            undo: None,
            wild,
        }
    }

    /// The next edit of `text`, and what kind it is.
    pub fn next(&mut self, text: &str) -> (Key, TextEdit) {
        let (key, start, end, with) = self.choose(text);
        self.undo = Some(TextEdit {
            range: TextRange::at(size(start), TextSize::of(with.as_str())),
            text: text[start..end].to_owned(),
        });
        self.cursor = start + with.len();
        let range = TextRange::new(size(start), size(end));
        (key, TextEdit { range, text: with })
    }

    fn choose(&mut self, text: &str) -> (Key, usize, usize, String) {
        if self.random.below(100) < self.wild {
            return self.wild_edit(text);
        }
        if self.queue.is_empty() {
            for _ in 0..20 {
                self.cursor = floor(text, self.random.below(text.len() + 1));
                if self.wild > 0 || binding_near(text, self.cursor).is_some() {
                    break;
                }
            }
            let mut typed = self.random.pick(TYPED);
            // Mostly a new binding in front of another one.
            if let Some(at) = binding_near(text, self.cursor)
                && (self.wild == 0 || self.random.below(2) > 0)
            {
                // On a new line above it, indented as editors do it.
                let line = text[..at].rfind('\n').map_or(0, |found| found + 1);
                let indent = &text[line..at];
                typed = self.random.pick(BINDINGS);
                self.cursor = line - 1;
                let typed = typed.trim_end().replace('\n', &format!("\n{indent}"));
                let whole = format!("\n{indent}{typed}");
                self.queue = whole.chars().rev().collect();
                let keys = 1 + indent.len();
                let start = self.queue.len() - keys;
                let first: String = self.queue.drain(start..).rev().collect();
                return (Key::Newline, self.cursor, self.cursor, first);
            }
            self.queue = typed.chars().rev().collect();
        }
        self.cursor = floor(text, self.cursor.min(text.len()));
        let cursor = self.cursor;
        match self.random.below(40) {
            // A slip of the finger, taken back.
            0 if cursor > 0 => {
                let from = floor(text, cursor - 1);
                let gone = text[from..cursor].to_owned();
                self.queue.extend(gone.chars().rev());
                (Key::Delete, from, cursor, String::new())
            }
            1 if self.queue.is_empty() || self.wild > 0 => {
                let paste = self
                    .random
                    .pick(if self.wild > 0 { PASTED } else { BINDINGS });
                (Key::Paste, cursor, cursor, paste.to_owned())
            }
            2 if self.undo.is_some() && self.wild > 0 => {
                let undo = self.undo.take().unwrap_or_else(|| TextEdit {
                    range: TextRange::empty(size(cursor)),
                    text: String::new(),
                });
                let range = std::ops::Range::<usize>::from(undo.range);
                (Key::Undo, range.start, range.end, undo.text)
            }
            _ => {
                let c = self.queue.pop().unwrap_or(' ');
                let key = match c {
                    '"' | '\'' => Key::Quote,
                    '{' | '}' | '[' | ']' | '(' | ')' => Key::Brace,
                    '\n' => Key::Newline,
                    c if c.is_alphanumeric() => Key::Letter,
                    _ => Key::Sign,
                };
                (key, cursor, cursor, c.to_string())
            }
        }
    }

    fn wild_edit(&mut self, text: &str) -> (Key, usize, usize, String) {
        let start = floor(text, self.random.below(text.len() + 1));
        let len = match self.random.below(10) {
            0..=5 => 0,
            6 | 7 => 1,
            8 => self.random.below(12),
            _ => self.random.below(200),
        };
        let end = floor(text, (start + len).min(text.len())).max(start);
        let with = match self.random.below(8) {
            0 if end > start => String::new(),
            1 => self.random.pick(PASTED).to_owned(),
            2 => {
                // Another piece of the same text.
                let from = floor(text, self.random.below(text.len() + 1));
                let to = floor(text, (from + self.random.below(120)).min(text.len()));
                text[from..to.max(from)].to_owned()
            }
            _ => self.random.pick(SIGNS).to_owned(),
        };
        let key = if with.is_empty() {
            Key::Delete
        } else if with.len() > 8 {
            Key::Paste
        } else {
            Key::Sign
        };
        (key, start, end, with)
    }
}

/// The start of a binding that is the first thing on its line, near `at`.
fn binding_near(text: &str, at: usize) -> Option<usize> {
    let mut line = text[..at].rfind('\n')? + 1;
    for _ in 0..20 {
        let here = &text[line..];
        let end = here.find('\n')?;
        let blanks = here.len() - here.trim_start_matches(' ').len();
        let shown = &here[..end];
        let before = text[..line].trim_end();
        if blanks > 0
            && shown.contains(" = ")
            && here.as_bytes()[blanks].is_ascii_alphabetic()
            && (before.ends_with(';') || before.ends_with('{'))
        {
            return Some(line + blanks);
        }
        line += end + 1;
    }
    None
}

fn size(at: usize) -> TextSize {
    TextSize::new(at as u32)
}

/// The last place at or before `at` between two characters.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
