//! The pieces of a file that copies are found by: a hash and a place for each run of
//! bindings, and for each long value, that is large enough to be missed.
//!
//! A run is as short as it can be, so that equal code in two files has equal runs
//! however far it goes on; what is equal in a row is joined later (see
//! [`crate::workspace`]). White space and comments do not count.

use crate::module::Moved;
use crate::semantics::written;
use crate::syntax::{
    GreenNodeData, NodeOrToken, SyntaxElement, SyntaxKind, SyntaxNode, TextRange, TextSize, Tree,
    is_trivia,
};

/// A piece of code that may stand elsewhere, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Equal for equal code.
    pub(crate) hash: u64,
    /// Where it is.
    pub(crate) range: TextRange,
}

/// What is longer than this, in bytes, is compared by what it holds.
const LONGEST: u32 = 8_192;

/// The pieces of a file, of at least `least` tokens.
pub(crate) fn read(tree: &Tree, least: u32) -> Vec<Piece> {
    let mut reader = Reader::new(least, None);
    reader.node(tree.green(), 0);
    reader.out.shrink_to_fit();
    reader.out
}

/// Brings pieces up to date: what an edit did not touch has moved with the text.
pub(crate) fn update(pieces: &mut Vec<Piece>, tree: &Tree, least: u32, moved: Moved) {
    pieces.retain_mut(|piece| {
        let stays = !moved.touches(piece.range);
        moved.range(&mut piece.range);
        stays
    });
    let mut reader = Reader::new(least, Some(moved.new));
    reader.again(&tree.root(), moved.new);
    pieces.extend(reader.out);
}

/// What a part of the code amounts to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    hash: u64,
    tokens: u32,
    /// Does it end every run?
    ends: bool,
}

/// An entry of a set or `let`.
struct Unit {
    range: TextRange,
    sum: Sum,
}

fn mix(hash: u64, more: u64) -> u64 {
    let hash = (hash.rotate_left(23) ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.hash = mix(self.hash, other.hash);
        self.tokens = self.tokens.saturating_add(other.tokens);
    }

    /// A single token.
    fn of(token: &str) -> Self {
        let mut sum = Self::default();
        sum.word(token.as_bytes());
        sum.tokens = 1;
        sum
    }

    fn word(&mut self, word: &[u8]) {
        let (chunks, rest) = word.as_chunks::<8>();
        let rest = rest
            .iter()
            .fold(word.len() as u64, |all, byte| all << 8 | u64::from(*byte));
        let chunks = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk));
        let hash = chunks.fold(rest, mix);
        self.hash = mix(self.hash, hash);
    }

    /// A text counts by its words: indentation may differ, and many stand on a line.
    fn text(&mut self, text: &str) {
        let mut words = 0;
        for word in text.split_ascii_whitespace() {
            self.word(word.as_bytes());
            words += 1;
        }
        self.tokens += 1 + words / 2;
    }
}

/// The name that a node is, as a third of them are.
fn name(node: &GreenNodeData) -> Option<&str> {
    let is_name = node.kind().0 == SyntaxKind::NODE_IDENT as u16;
    is_name.then(|| written(node))?
}

/// Does a key lead to what nobody shares: what the file imports, or the release that a
/// machine began with?
fn is_own(path: &GreenNodeData) -> bool {
    let last = path
        .children()
        .filter_map(NodeOrToken::into_node)
        .next_back();
    matches!(last.and_then(written), Some("imports" | "stateVersion"))
}

/// What a switch counts, or an option that is declared by a function for its kind: in
/// many files the same, because there is no other way to say it.
const IDIOM: u32 = 2;

/// Is a value `true` or `false`, or does it call `mkEnableOption` and its like?
fn is_idiomatic(value: &GreenNodeData) -> bool {
    if value.kind().0 == SyntaxKind::NODE_IDENT as u16 {
        return matches!(written(value), Some("true" | "false"));
    }
    let mut head = value;
    while head.kind().0 == SyntaxKind::NODE_APPLY as u16 {
        match head.children().next() {
            Some(NodeOrToken::Node(function)) => head = function,
            _ => return false,
        }
    }
    // What is called, by the last name of `lib.mkEnableOption`.
    while matches!(head.kind().0, SELECT | PATH) {
        match head.children().last() {
            Some(NodeOrToken::Node(last)) => head = last,
            _ => return false,
        }
    }
    let is_option =
        |name: &str| name.starts_with("mk") && name.ends_with("Option") && name != "mkOption";
    head.kind().0 == SyntaxKind::NODE_IDENT as u16 && written(head).is_some_and(is_option)
}

struct Reader {
    least: u32,
    /// Only what touches this is wanted.
    part: Option<TextRange>,
    units: Vec<Unit>,
    out: Vec<Piece>,
}

impl Reader {
    fn new(least: u32, part: Option<TextRange>) -> Self {
        Self {
            least,
            part,
            units: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Reads what starts at `at`, and all pieces in it.
    fn node(&mut self, node: &GreenNodeData, at: u32) -> Sum {
        let kind = node.kind().0;
        let holds = holds_entries(kind) && self.least < u32::MAX;
        let binds = kind == BINDING;
        let first = self.units.len();
        let mut sum = Sum::default();
        let (mut is_idiom, mut ends) = (false, false);
        let mut at = at;
        for child in node.children() {
            let len = u32::from(child.text_len());
            match child {
                NodeOrToken::Token(token) if is_trivia(token.kind()) => {}
                NodeOrToken::Token(token) if token.kind().0 == CONTENT => sum.text(token.text()),
                NodeOrToken::Token(token) => {
                    sum.word(token.text().as_bytes());
                    sum.tokens += 1;
                }
                NodeOrToken::Node(node) => {
                    let mut part = match name(node) {
                        Some(name) => Sum::of(name),
                        None => self.node(node, at),
                    };
                    part.ends |= len > LONGEST;
                    let range = TextRange::at(TextSize::new(at), TextSize::new(len));
                    if holds && is_entry(node.kind().0) {
                        self.units.push(Unit { range, sum: part });
                    } else if binds && node.kind().0 == PATH {
                        ends = is_own(node);
                    } else if binds && !ends {
                        self.value(node.kind().0, range, part);
                        is_idiom = is_idiomatic(node);
                    }
                    sum.add(part);
                }
            }
            at += len;
        }
        if holds {
            self.runs(first);
            self.units.truncate(first);
        }
        if is_idiom {
            sum.tokens = IDIOM;
        }
        sum.ends = ends;
        sum
    }

    fn piece(&mut self, hash: u64, range: TextRange) {
        let is_wanted =
            |part: TextRange| range.start() <= part.end() && part.start() <= range.end();
        if self.part.is_none_or(is_wanted) {
            self.out.push(Piece { hash, range });
        }
    }

    /// A value that may have another name elsewhere. What a set holds is compared entry
    /// by entry.
    fn value(&mut self, kind: u16, range: TextRange, sum: Sum) {
        let is_long = u32::from(range.len()) > LONGEST;
        if sum.tokens >= self.least && !is_long && kind != SET {
            self.piece(!sum.hash, range);
        }
    }

    /// The runs of the units from `first` on.
    fn runs(&mut self, first: usize) {
        for from in first..self.units.len() {
            let mut run = Sum::default();
            for to in from..self.units.len() {
                let unit = &self.units[to];
                if unit.sum.ends {
                    break;
                }
                run.add(unit.sum);
                if run.tokens >= self.least {
                    let range = self.units[from].range.cover(unit.range);
                    self.piece(run.hash, range);
                    break;
                }
            }
        }
    }

    /// Reads all pieces in a node that touch a part.
    fn again(&mut self, node: &SyntaxNode, part: TextRange) {
        let kind = node.kind() as u16;
        if holds_entries(kind) {
            self.around(node, part);
            self.runs(0);
            self.units.clear();
        }
        let path = node.first_child().filter(|_| kind == BINDING);
        let is_named = path.as_ref().is_some_and(|path| !is_own(path.green()));
        let mut next = first_at(node, part);
        while let Some(element) = next.filter(|it| it.text_range().start() <= part.end()) {
            next = element.next_sibling_or_token();
            let NodeOrToken::Node(child) = element else {
                continue;
            };
            let range = child.text_range();
            if range.end() < part.start() {
                continue;
            }
            let is_value = is_named && path.as_ref() != Some(&child);
            if is_value && u32::from(range.len()) <= LONGEST {
                let sum = sum(&child);
                self.value(child.kind() as u16, range, sum);
            }
            self.again(&child, part);
        }
    }

    /// The entries of a set around a part: as many as runs can have that touch it.
    fn around(&mut self, set: &SyntaxNode, part: TextRange) {
        let anchor = first_at(set, part);
        let mut enough = 0;
        let mut element = anchor.clone();
        while let Some(current) = element.filter(|_| enough < self.least) {
            element = current.prev_sibling_or_token();
            if let Some(unit) = unit(current) {
                if unit.range.end() < part.start() {
                    enough = unit.sum.tokens.saturating_add(enough);
                }
                self.units.push(unit);
            }
        }
        self.units.reverse();
        let mut enough = 0;
        let mut element = anchor.and_then(|it| it.next_sibling_or_token());
        while let Some(current) = element.filter(|_| enough < self.least) {
            element = current.next_sibling_or_token();
            if let Some(unit) = unit(current) {
                if unit.range.start() > part.end() {
                    enough = unit.sum.tokens.saturating_add(enough);
                }
                self.units.push(unit);
            }
        }
    }
}

/// The first child of a node that a part may touch.
fn first_at(node: &SyntaxNode, part: TextRange) -> Option<SyntaxElement> {
    let start = part.start().checked_sub(TextSize::new(1));
    let byte = start.map(|start| TextRange::at(start, TextSize::new(1)));
    let byte = byte.filter(|byte| node.text_range().contains_range(*byte));
    byte.and_then(|byte| node.child_or_token_at_range(byte))
        .or_else(|| node.first_child_or_token())
}

fn unit(element: SyntaxElement) -> Option<Unit> {
    let node = element
        .into_node()
        .filter(|it| is_entry(it.kind() as u16))?;
    let range = node.text_range();
    let is_long = u32::from(range.len()) > LONGEST;
    let sum = match is_long {
        true => Sum {
            hash: 0,
            tokens: u32::MAX,
            ends: true,
        },
        false => sum(&node),
    };
    Some(Unit { range, sum })
}

fn sum(node: &SyntaxNode) -> Sum {
    // Nothing is wanted but the sum.
    Reader::new(u32::MAX, None).node(node.green(), 0)
}

const BINDING: u16 = SyntaxKind::NODE_ATTRPATH_VALUE as u16;
const CONTENT: u16 = SyntaxKind::TOKEN_STRING_CONTENT as u16;
const SELECT: u16 = SyntaxKind::NODE_SELECT as u16;
const SET: u16 = SyntaxKind::NODE_ATTR_SET as u16;
const PATH: u16 = SyntaxKind::NODE_ATTRPATH as u16;

fn is_entry(kind: u16) -> bool {
    kind == BINDING || kind == SyntaxKind::NODE_INHERIT as u16
}

fn holds_entries(kind: u16) -> bool {
    kind == SET
        || kind == SyntaxKind::NODE_LET_IN as u16
        || kind == SyntaxKind::NODE_LEGACY_LET as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{TextEdit, parse};

    fn sorted(mut pieces: Vec<Piece>) -> Vec<(u32, u32, u64)> {
        let key = |it: &Piece| (it.range.start().into(), it.range.end().into(), it.hash);
        let mut all: Vec<_> = pieces.drain(..).map(|it| key(&it)).collect();
        crate::sorted::sort(&mut all);
        all
    }

    #[test]
    fn edits_leave_the_pieces_of_the_new_text() {
        let text = "{ lib, ... }: let f = x: { a = [ x 1 2 3 ]; }; in {
  imports = [ ./a.nix ];
  services.a = { b = f 1; c = \"d e f\"; ${\"g\"}.h = true; };
  # why
  services.i.j = let k = { l = 1; m = 2; }; in [ k k k k ];
  services.n = lib.mkIf o { p = ''
    q r s
  ''; t.u = lib.mkEnableOption \"v\"; };
  inherit (f) w x y;
}
";
        for least in [6, 16] {
            for (at, _) in text.char_indices().step_by(3) {
                for (gone, new) in [
                    (0, " z = 1; "),
                    (0, "}"),
                    (1, ""),
                    (0, "#"),
                    (3, "k"),
                    (0, " "),
                ] {
                    if !text.is_char_boundary(at + gone) || at + gone > text.len() {
                        continue;
                    }
                    let mut tree = parse(text);
                    let mut pieces = read(&tree, least);
                    let range = TextRange::at(TextSize::new(at as u32), TextSize::new(gone as u32));
                    let change = tree.apply(&TextEdit {
                        range,
                        text: new.to_owned(),
                    });
                    let old = TextRange::at(change.range.start(), change.old_len);
                    let new = change.range;
                    update(&mut pieces, &tree, least, Moved { old, new });
                    let whole = sorted(read(&tree, least));
                    assert_eq!(sorted(pieces), whole, "{}", &**tree.text());
                }
            }
        }
    }

    #[test]
    fn white_space_comments_and_imports_do_not_count() {
        let hashes =
            |text: &str| -> Vec<u64> { read(&parse(text), 12).iter().map(|it| it.hash).collect() };
        let one = hashes("{ a = f 1 2; b = [ 1 2 3 ]; }");
        assert_eq!(one.len(), 1);
        assert_eq!(one, hashes("{a=f 1 2;# x\n\n b = /* y */ [\n1 2 3 ]; }"));
        assert_eq!(
            one,
            hashes("{ imports = [ 1 2 3 4 5 6 7 8 9 ]; a = f 1 2; b = [ 1 2 3 ]; }")
        );
        assert_ne!(one, hashes("{ a = f 1 2; b = [ 1 2 4 ]; }"));
    }
}
