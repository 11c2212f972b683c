//! From one text to everything that can be said of it alone: local findings,
//! facts, suppressions.

use crate::config::{FileSettings, Settings};
use crate::live::Live;
use crate::local::{Hit, Wanted, judge_all};
use crate::module::{self, FileFacts};
use crate::pieces::{self, Piece};
use crate::rules::module::duplicate_code::least;
use crate::suppression::{self, Suppression};
use crate::syntax::{self, Cache, SyntaxError, Text, TooComplex, Tree};
use std::sync::{Arc, OnceLock};

/// A text and its place.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, relative to the root, with `/`.
    pub path: Arc<str>,
    /// Its text.
    pub text: Text,
}

impl Source {
    /// A text at a path.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Text>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

/// A file that was read, parsed and linted by itself. What it takes other
/// files to say comes from [`crate::Workspace::check`].
#[derive(Debug)]
pub struct Document {
    pub(crate) source: Source,
    pub(crate) settings: Arc<FileSettings>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) too_complex: Option<TooComplex>,
    pub(crate) facts: FileFacts,
    /// How many lines hold more than white space and comments.
    pub(crate) code_lines: OnceLock<u32>,
    pub(crate) hits: Vec<Hit>,
    /// What copies of its code are found by.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) suppressions: Vec<Suppression>,
    /// What only an open file keeps.
    pub(crate) live: Option<Box<Live>>,
}

/// Reads, parses and lints one file by itself.
pub fn analyze(source: Source, settings: &Settings) -> Document {
    analyze_with(&mut Cache::for_text(source.text.len()), source, settings)
}

/// As [`analyze`], for one of many files.
pub fn analyze_with(cache: &mut Cache, source: Source, settings: &Settings) -> Document {
    let tree = syntax::parse_once(cache, source.text.clone());
    let mut document = Document::of(source.path, &tree, settings);
    let mut wanted = Wanted::new(&document.settings);
    if document.too_complex.is_none() {
        let mut hits = judge_all(&tree, &document.source.path, &mut wanted, false);
        // Nobody will ask what the others depend on.
        hits.retain(|hit| !hit.findings().0.is_empty());
        hits.shrink_to_fit();
        document.hits = hits;
    }
    document
}

impl Document {
    /// All but what local rules say.
    pub(crate) fn of(path: Arc<str>, tree: &Tree, settings: &Settings) -> Self {
        let settings = settings.for_path(&path);
        let readable = tree.too_complex().is_none();
        let facts = match readable {
            true => module::collect(&path, tree),
            false => FileFacts::default(),
        };
        // What is no module now will be one only by an edit.
        let least = least(&path, &settings).filter(|_| !facts.modules.is_empty());
        Self {
            pieces: least.map_or_else(Vec::new, |least| pieces::read(tree, least)),
            errors: tree.errors().to_vec(),
            too_complex: tree.too_complex().cloned(),
            facts,
            code_lines: OnceLock::new(),
            hits: Vec::new(),
            suppressions: suppression::collect(tree),
            source: Source {
                path,
                text: tree.text().clone(),
            },
            settings,
            live: None,
        }
    }

    /// The file, relative to the root.
    pub fn path(&self) -> &Arc<str> {
        &self.source.path
    }

    /// Its text.
    pub fn text(&self) -> &Text {
        &self.source.text
    }

    /// Its facts.
    pub fn facts(&self) -> &FileFacts {
        &self.facts
    }

    /// The comments in it that allow findings.
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// How many of its lines hold more than white space and comments; counted when
    /// somebody first asks, because few do.
    pub fn code_lines(&self) -> u32 {
        *self.code_lines.get_or_init(|| match self.tree() {
            Some(tree) => module::code_lines(tree),
            None => module::code_lines(&syntax::parse(self.source.text.clone())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn whole_statements_of_a_broken_file_are_judged() {
        let rules = |text: &str| -> Vec<_> {
            let settings = Settings::default();
            let document = analyze(Source::new("module.nix", text), &settings);
            let findings = Workspace::new(vec![document], []).check(&settings);
            findings.iter().map(|(_, found)| found.rule.name).collect()
        };
        let whole = "{ lib, ... }:\n{\n  a = ;\n  services.b = lib.mkForce 1;\n}\n";
        assert_eq!(rules(whole), ["syntax-error", "mk-force"]);
        let broken = "{ lib, ... }:\n{\n  services.b = lib.mkForce (1;\n}\n";
        assert_eq!(rules(broken), ["syntax-error"]);
    }

    #[test]
    fn deep_code_is_read_in_time() {
        // Just below the limits, with something to look for at the bottom: a
        // walk that doubles its work per level would never end.
        for (open, close) in [
            ("if a then lib.mkForce 1 else ", ""),
            ("lib.mkIf a (", ")"),
            ("{ # why\n a = ", "; }"),
            ("[ ", " ]"),
            ("(x: ", ")"),
            ("map (x: { a = ", "; }) [ ]"),
            ("let a = 1; in ", ""),
            ("with lib; ", ""),
            ("{ a = 1; } // { b = ", "; }"),
            ("lib.mkMerge [ ", " ]"),
            ("lib.mkIf a [ ", " ]"),
            ("lib.mkMerge (lib.mkIf a [ ", " ])"),
        ] {
            let count = 60;
            let core = "lib.mkForce \"/home/alice/x\"";
            let value = format!("{}{core}{}", open.repeat(count), close.repeat(count));
            let text = format!("{{ lib, config, ... }}: {{\n # because\n z.y = {value};\n}}");
            let source = Source::new("module.nix", text.as_str());
            let document = analyze(source, &Settings::default());
            let read = document.errors.is_empty() && document.too_complex.is_none();
            assert!(read, "{open}");
            assert!(document.facts().modules.len() < 1_000, "{open}");
        }
    }
}
