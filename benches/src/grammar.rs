//! Random Nix: every construct of the language, with trivia wherever it may stand.

use crate::Random;

const NAMES: &[&str] = &[
    "a", "b", "foo", "x'", "a-b", "_c", "lib", "config", "ifx", "inn", "orx", "letter", "__curPos",
];
const ATOMS: &[&str] = &[
    "1",
    "0",
    "1.5",
    ".5",
    "1.0e10",
    "true",
    "null",
    "./a",
    "../b/c.nix",
    "/etc/nixos",
    "~/x",
    "<nixpkgs>",
    "<nixpkgs/lib>",
    "http://a.b/c?d=e",
    "x:y",
    "a/b",
    "./a-${b}/c",
    "/${a}",
    "\"\"",
    "''''",
    "{ }",
    "[ ]",
    "rec { }",
];
const STRING_PARTS: &[&str] = &[
    "text", "\\n", "\\\"", "\\${", "$", "$$", "$${", "'", "''", "#", "/*", "{", "}", "\u{fc}",
    "\n  ",
];
const INDENTED_PARTS: &[&str] = &[
    "text", "''${", "'''", "''\\n", "$", "$$", "$${", "\"", "' ", "#", "/*", "{", "}", "\u{fc}",
    "\n    ",
];
const BINARY: &[(&str, u8)] = &[
    ("->", 3),
    ("||", 4),
    ("&&", 5),
    ("==", 6),
    ("!=", 6),
    ("<", 7),
    (">=", 7),
    ("//", 8),
    ("+", 10),
    ("-", 10),
    ("*", 11),
    ("/", 11),
    ("++", 12),
];

/// A random expression that Nix can parse; `size` bounds how much it branches.
pub fn expression(random: &mut Random, size: u32) -> String {
    let mut out = String::new();
    Writer {
        random,
        out: &mut out,
    }
    .expr(size);
    out
}

struct Writer<'w> {
    random: &'w mut Random,
    out: &'w mut String,
}

impl Writer<'_> {
    fn gap(&mut self) {
        let gap = match self.random.below(12) {
            0 => "\n",
            1 => "\n\n    ",
            2 => " # a comment \"with { signs\n",
            3 => " /* and\n another */ ",
            4 => "\t",
            5 => "\r\n",
            _ => " ",
        };
        self.out.push_str(gap);
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A token with trivia in front of it.
    fn token(&mut self, text: &str) {
        self.gap();
        self.push(text);
    }

    fn name(&mut self) {
        let name = self.random.pick(NAMES);
        self.token(name);
    }

    fn expr(&mut self, size: u32) {
        let smaller = size.saturating_sub(1);
        match self.random.below(if size == 0 { 3 } else { 12 }) {
            3 => {
                self.name();
                self.token(":");
                self.expr(smaller);
            }
            4 => self.pattern(smaller),
            5 => {
                self.token("let");
                self.bindings(smaller);
                self.token("in");
                self.expr(smaller);
            }
            6 => {
                let head = self.random.pick(&["with", "assert"]);
                self.token(head);
                self.expr(smaller);
                self.token(";");
                self.expr(smaller);
            }
            7 => {
                for word in ["if", "then", "else"] {
                    self.token(word);
                    self.expr(smaller);
                }
            }
            _ => self.operators(1, smaller),
        }
    }

    fn pattern(&mut self, size: u32) {
        let bind = self.random.below(3);
        if bind == 1 {
            self.name();
            self.token("@");
        }
        self.token("{");
        let count = self.random.below(4);
        for index in 0..count {
            self.name();
            if self.random.below(3) == 0 {
                self.token("?");
                self.expr(size.min(1));
            }
            if index + 1 < count || self.random.below(3) == 0 {
                self.token(",");
            } else {
                break;
            }
        }
        if self.out.ends_with([',', '{']) && self.random.below(2) == 0 {
            self.token("...");
        }
        self.token("}");
        if bind == 2 {
            self.token("@");
            self.name();
        }
        self.token(":");
        self.expr(size);
    }

    fn operators(&mut self, min: u8, size: u32) {
        let smaller = size.saturating_sub(1);
        if min <= 9 && self.random.below(12) == 0 {
            self.token("!");
            return self.operators(10, smaller);
        }
        if self.random.below(16) == 0 {
            self.token("-");
            return self.application(smaller);
        }
        if size == 0 || self.random.below(2) == 0 {
            self.application(smaller);
            if min <= 13 && self.random.below(12) == 0 {
                self.token("?");
                self.path(smaller);
            }
            return;
        }
        let (operator, precedence) = BINARY[self.random.below(BINARY.len())];
        if precedence < min {
            return self.application(smaller);
        }
        self.operators(precedence + 1, smaller);
        self.gap();
        self.token(operator);
        self.gap();
        let right = matches!(operator, "->" | "//" | "++") && self.random.below(2) == 0;
        self.operators(precedence + u8::from(!right), smaller);
    }

    fn application(&mut self, size: u32) {
        self.select(size);
        for _ in 0..self.random.below(3) {
            self.select(size.saturating_sub(1));
        }
    }

    fn select(&mut self, size: u32) {
        self.simple(size);
        if self.random.below(4) == 0 {
            self.token(".");
            self.path(size);
            if self.random.below(3) == 0 {
                self.token("or");
                self.simple(size.saturating_sub(1));
            }
        }
    }

    fn path(&mut self, size: u32) {
        self.attr(size);
        while self.random.below(3) == 0 {
            self.token(".");
            self.attr(size);
        }
    }

    fn attr(&mut self, size: u32) {
        match self.random.below(8) {
            0 => self.string(size),
            1 => {
                self.token("${");
                self.expr(size.min(1));
                self.token("}");
            }
            2 => self.token("or"),
            _ => self.name(),
        }
    }

    fn simple(&mut self, size: u32) {
        let smaller = size.saturating_sub(1);
        match self.random.below(if size == 0 { 3 } else { 9 }) {
            0 | 1 => self.name(),
            2 => {
                let atom = self.random.pick(ATOMS);
                self.token(atom);
                self.gap();
            }
            3 => {
                self.token("(");
                self.expr(smaller);
                self.token(")");
            }
            4 | 5 => {
                if self.random.below(4) == 0 {
                    self.token("rec");
                }
                self.token("{");
                self.bindings(smaller);
                self.token("}");
            }
            6 => {
                self.token("[");
                for _ in 0..self.random.below(4) {
                    self.select(smaller);
                }
                self.token("]");
            }
            7 => self.string(smaller),
            _ => {
                self.token("''");
                self.parts(INDENTED_PARTS, smaller);
                self.push("''");
            }
        }
    }

    fn string(&mut self, size: u32) {
        self.token("\"");
        self.parts(STRING_PARTS, size);
        self.push("\"");
    }

    fn parts(&mut self, parts: &[&str], size: u32) {
        for _ in 0..self.random.below(4) {
            // A `$` or `'` must not swallow what follows it.
            if self.out.ends_with(['$', '\'']) {
                self.push(" ");
            }
            if self.random.below(4) == 0 {
                self.push("${");
                self.expr(size.min(1));
                self.token("}");
            } else {
                let part = self.random.pick(parts);
                self.push(part);
            }
        }
        if self.out.ends_with(['$', '\'']) {
            self.push(" ");
        }
    }

    fn bindings(&mut self, size: u32) {
        for _ in 0..self.random.below(4) {
            if self.random.below(4) == 0 {
                self.token("inherit");
                if self.random.below(2) == 0 {
                    self.token("(");
                    self.expr(size.min(1));
                    self.token(")");
                }
                for _ in 0..self.random.below(3) {
                    self.name();
                }
            } else {
                self.path(size);
                self.token("=");
                self.expr(size);
            }
            self.token(";");
        }
    }
}
