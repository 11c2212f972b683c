//! Text to tree. The only place that knows which parser builds the tree:
//! rules import this module, never a parser crate.

mod builder;
pub mod comments;
mod edit;
mod find;
mod layout;
mod lexer;
mod limits;
mod lines;
mod message;
mod parser;
mod text;

use crate::sorted;
pub use builder::Cache;
pub use edit::Change;
pub use find::{node_around, token_at};
pub use limits::{MAX_BYTES, MAX_DEPTH, TooComplex};
pub use lines::{Encoding, LineIndex, Position, Utf16Index};
pub use rnix::ast::{self, AstToken, HasEntry};
pub use rnix::{
    NodeOrToken, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize,
    TokenAtOffset, WalkEvent,
};
pub use rowan::ast::AstNode;
pub use rowan::{Direction, GreenNode, GreenNodeData};
pub use text::Text;

/// How many kinds there are; a table indexed by [`SyntaxKind`] has this length.
///
/// `NODE_WITH` is the last kind of rnix 0.15, which keeps its own maximum
/// private. The test `kind_count_covers_every_kind` fails when that changes.
pub const KIND_COUNT: usize = SyntaxKind::NODE_WITH as usize + 1;

/// Is a green token white space or a comment?
pub fn is_trivia(kind: rowan::SyntaxKind) -> bool {
    kind.0 == SyntaxKind::TOKEN_WHITESPACE as u16 || kind.0 == SyntaxKind::TOKEN_COMMENT as u16
}

/// A place where the text is not Nix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where, in bytes of the text. Empty ranges sit between two characters.
    pub range: TextRange,
    /// What is wrong, for a person.
    pub message: String,
    /// Text whose insertion at the start of `range` is likely to repair it.
    pub missing: Option<&'static str>,
}

/// One change of a text: `range` of the old text is replaced by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// Bytes of the old text that go.
    pub range: TextRange,
    /// What comes instead.
    pub text: String,
}

/// A parsed text: the text, its lossless green tree and its syntax errors.
#[derive(Debug, Clone)]
pub struct Tree {
    text: Text,
    green: GreenNode,
    errors: Vec<SyntaxError>,
    too_complex: Option<TooComplex>,
    /// Where something does not lie where its indentation says.
    unclean: Vec<parser::Unclean>,
    /// Why the text as a whole is not Nix; `None` when it is.
    proof: Option<edit::Proof>,
    /// How many more `{`, `(` and `[` there are than what closes them.
    surplus: [i32; 3],
    /// The starts of the bindings that were read tolerantly inside a fence.
    damaged: Vec<usize>,
    /// Where errors are that follow from others and are not reported.
    hidden: Vec<usize>,
    /// Does something broken depend on text far behind it, or was it not written
    /// down where the layout lies?
    far: bool,
}

/// From a place to the end of its line, without the blanks there.
pub(crate) fn rest_of_line(text: &str, at: TextSize) -> TextRange {
    let rest = &text[usize::from(at)..];
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    TextRange::at(at, TextSize::of(line.trim_end()))
}

/// Parses `text`. Every text has a tree; what is not Nix is in
/// [`Tree::errors`]. A text over the limits has an empty tree and
/// [`Tree::too_complex`] says why.
pub fn parse(text: impl Into<Text>) -> Tree {
    let text = text.into();
    parse_with(&mut Cache::for_text(text.len()), text)
}

/// As [`parse`], sharing what is equal with other trees of the same cache.
pub fn parse_with(cache: &mut Cache, text: impl Into<Text>) -> Tree {
    read(cache, text.into(), true)
}

/// As [`parse_with`], for a tree that nobody edits: an edit would read all again.
pub fn parse_once(cache: &mut Cache, text: impl Into<Text>) -> Tree {
    read(cache, text.into(), false)
}

fn read(cache: &mut Cache, text: Text, for_edits: bool) -> Tree {
    if text.len() > MAX_BYTES {
        return Tree::too_complex_at(text, 0, "the file is larger than 32 MiB");
    }
    let mut parser = parser::Parser::new(&text, cache.take(), for_edits);
    let green = parser.file();
    let far = !for_edits || parser.is_far();
    cache.put_back(parser.builder.into_tables());
    match green {
        Some(green) => {
            let (unclean, errors) = (parser.unclean, parser.errors);
            let (mut hidden, mut damaged) = (parser.hidden, parser.damaged);
            sorted::sort(&mut hidden);
            hidden.dedup();
            sorted::sort(&mut damaged);
            let entry = parser.entry_start.unwrap_or(0);
            let failed = parser.failed.map(|at| (entry, at));
            let proof = failed.map(|(from, to)| {
                let errors = errors.iter().map(|error| error.range.start().into());
                let places = errors.chain(hidden.iter().copied());
                edit::Proof::new(&text, &green, places, from, to)
            });
            let (proof, surplus) = proof.unzip();
            Tree {
                text,
                green,
                errors,
                too_complex: None,
                unclean,
                proof,
                surplus: surplus.unwrap_or_default(),
                damaged,
                hidden,
                far,
            }
        }
        None => {
            let at = parser.too_deep.unwrap_or(0);
            Tree::too_complex_at(text, at, "the code nests too deep")
        }
    }
}

impl Tree {
    fn too_complex_at(text: Text, at: usize, reason: &'static str) -> Self {
        let len = text[at..].chars().next().map_or(0, char::len_utf8);
        let range = TextRange::at(TextSize::new(at as u32), TextSize::new(len as u32));
        Self {
            text,
            green: GreenNode::new(rowan::SyntaxKind(SyntaxKind::NODE_ROOT as u16), []),
            errors: Vec::new(),
            too_complex: Some(TooComplex { range, reason }),
            unclean: Vec::new(),
            proof: None,
            surplus: [0; 3],
            damaged: Vec::new(),
            hidden: Vec::new(),
            far: false,
        }
    }

    /// The tree of the text after `edit`.
    ///
    /// # Panics
    /// When the range of the edit is not one of this text.
    pub fn edit(&self, edit: &TextEdit) -> Tree {
        let mut tree = self.clone();
        tree.apply(edit);
        tree
    }

    /// What the tree of a text without errors knows beside it for the edits to
    /// come: the same, however it was made. For tests.
    #[doc(hidden)]
    pub fn remembered(&self) -> String {
        let mut unclean = self.unclean.clone();
        sorted::sort(&mut unclean);
        unclean.dedup();
        unclean.truncate(parser::MOST_UNCLEAN);
        format!("{unclean:?}")
    }

    /// The text the tree was made from, byte for byte.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The green tree.
    pub fn green(&self) -> &GreenNode {
        &self.green
    }

    /// A cursor at the root.
    pub fn root(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// Where the text is not Nix, in order of position.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// Is what stands in `range` as somebody wrote it: is nothing in it, or
    /// right at its ends, that is not Nix?
    pub fn is_intact(&self, range: TextRange) -> bool {
        if self.errors.is_empty() && self.hidden.is_empty() && self.damaged.is_empty() {
            return true;
        }
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        let none_of = |places: &[usize], end: usize| {
            let first = places.partition_point(|at| *at < start);
            places.get(first).is_none_or(|at| *at >= end)
        };
        let first = self
            .errors
            .partition_point(|error| error.range.start() < range.start());
        let error = self.errors.get(first);
        error.is_none_or(|error| error.range.start() > range.end())
            && none_of(&self.hidden, end + 1)
            && none_of(&self.damaged, end)
    }

    /// Set when the text is over the limits and was not parsed.
    pub fn too_complex(&self) -> Option<&TooComplex> {
        self.too_complex.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_count_covers_every_kind() {
        // Every construct of the language, so every node kind a tree can hold.
        let text = r#"{ a, b ? 1, ... }@c: assert true; with c; let inherit (c) d; in
            rec { x = if a then -b else !d; "y" = [ ./p /q ~/r <s> u:v 1.0 ]; z = a.b or c ? ${d};
                  i = x: (x + "${a}"); legacy = let { body = 1; }; e = c: __curPos; }"#;
        let tree = parse(text);
        let mut last = 0;
        for element in tree.root().descendants_with_tokens() {
            last = last.max(element.kind() as usize);
            assert!(
                (element.kind() as usize) < KIND_COUNT,
                "{:?}",
                element.kind()
            );
        }
        assert_eq!(
            last,
            KIND_COUNT - 1,
            "NODE_WITH is the last kind and stands in the text"
        );
    }

    #[test]
    fn trees_of_a_cache_are_those_of_a_parse() {
        let mut cache = Cache::default();
        for text in [
            "{ a.b = true; c = [ 1 1 1 ]; }",
            "{ a.b = true; c = [ 1 1 1 ]; a = 'x'; }",
            "{ a.b = true;\n  c = [ 1 (1 ];\n  d = 1;\n}",
            "{ a.b = true; c = [ 1 1 1 ]; }",
        ] {
            let whole = parse(text);
            for mut tree in [parse_with(&mut cache, text), parse_once(&mut cache, text)] {
                assert_eq!(tree.green(), whole.green(), "{text}");
                assert_eq!(tree.errors(), whole.errors(), "{text}");
                let edit = TextEdit {
                    range: TextRange::at(2.into(), 1.into()),
                    text: "aa".into(),
                };
                tree.apply(&edit);
                let edited = whole.edit(&edit);
                assert_eq!(tree.green(), edited.green(), "{text}");
                assert_eq!(tree.remembered(), edited.remembered(), "{text}");
            }
        }
    }

    #[test]
    fn a_tree_is_lossless_and_edits_apply() {
        let tree = parse("\u{feff}{ a = 1; }\r\n");
        assert!(tree.errors().is_empty());
        assert_eq!(
            tree.text().len(),
            usize::from(tree.root().text_range().len())
        );
        let edit = TextEdit {
            range: TextRange::new(9.into(), 10.into()),
            text: "22".into(),
        };
        assert_eq!(&**tree.edit(&edit).text(), "\u{feff}{ a = 22; }\r\n");
    }
}
