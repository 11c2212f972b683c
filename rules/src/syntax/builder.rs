//! Green nodes from the bottom up, equal small ones shared.
//!
//! rowan's own builder hashes whole subtrees again when its table grows. Here
//! two tables of fixed size map a hash to the last token or node that had it:
//! a collision costs a second copy and nothing else. What is seen for the first
//! time leaves only its hash, so that the many texts that stand once neither
//! push out those that stand often nor have to be let go of one by one.

use super::KIND_COUNT;
use super::SyntaxKind::{self, TOKEN_WHITESPACE};
use rowan::{GreenNode, GreenToken, NodeOrToken};

pub(super) type Element = NodeOrToken<GreenNode, GreenToken>;

/// Nodes with more children than this are not shared; few are equal.
const MOST_SHARED: usize = 8;
/// Longer texts (contents of strings, comments) hardly ever stand twice.
const LONGEST_SHARED: usize = 32;

struct Slot<T> {
    hash: u32,
    held: Option<T>,
}

struct Table<T> {
    slots: Vec<Slot<T>>,
    shift: u32,
}

impl<T> Table<T> {
    fn new(slots: usize) -> Self {
        Self {
            slots: std::iter::repeat_with(|| Slot {
                hash: 0,
                held: None,
            })
            .take(slots)
            .collect(),
            shift: 64 - slots.trailing_zeros(),
        }
    }

    /// The slot of a hash, if the hash was seen there before.
    #[inline]
    fn slot(&mut self, hash: u64) -> Option<&mut Option<T>> {
        let slot = &mut self.slots[(hash >> self.shift) as usize];
        let tag = hash as u32;
        if slot.hash == tag {
            return Some(&mut slot.held);
        }
        slot.hash = tag;
        slot.held = None;
        None
    }
}

/// What was seen.
pub(super) struct Tables {
    /// Tokens whose text follows from their kind, and a single blank.
    fixed: [Option<GreenToken>; KIND_COUNT],
    tokens: Table<GreenToken>,
    nodes: Table<GreenNode>,
}

/// No text has more of them.
const MOST_SLOTS: usize = 16 * 1024;

impl Tables {
    /// Tables for one text of `len` bytes.
    pub(super) fn for_text(len: usize) -> Box<Self> {
        Self::new((len / 16).next_power_of_two().clamp(64, MOST_SLOTS))
    }

    fn new(slots: usize) -> Box<Self> {
        Box::new(Self {
            fixed: [const { None }; KIND_COUNT],
            tokens: Table::new(slots),
            nodes: Table::new(slots),
        })
    }
}

/// Tokens and small nodes that the trees of several texts share. That makes the
/// trees of many short texts smaller, and sooner made.
#[derive(Default)]
pub struct Cache(Option<Box<Tables>>);

impl Cache {
    /// For a single text of `len` bytes.
    pub fn for_text(len: usize) -> Self {
        Self(Some(Tables::for_text(len)))
    }

    pub(super) fn take(&mut self) -> Box<Tables> {
        self.0.take().unwrap_or_else(|| Tables::new(MOST_SLOTS))
    }

    pub(super) fn put_back(&mut self, tables: Box<Tables>) {
        self.0 = Some(tables);
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

pub(super) struct Builder {
    /// Finished elements whose parent is still open, in order of the text.
    elements: Vec<Element>,
    /// The hashes of their contents; 0 for what is not shared.
    hashes: Vec<u64>,
    tables: Box<Tables>,
}

impl Builder {
    pub(super) fn new(tables: Box<Tables>) -> Self {
        Self {
            elements: Vec::with_capacity(256),
            hashes: Vec::with_capacity(256),
            tables,
        }
    }

    /// What was seen, for the next text.
    pub(super) fn into_tables(self) -> Box<Tables> {
        self.tables
    }

    /// How many elements are finished.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// Forgets elements.
    pub(super) fn truncate(&mut self, len: usize) {
        self.elements.truncate(len);
        self.hashes.truncate(len);
    }

    /// All elements.
    pub(super) fn into_elements(self) -> Vec<Element> {
        self.elements
    }

    /// The last element.
    pub(super) fn pop(&mut self) -> Option<Element> {
        self.hashes.pop();
        self.elements.pop()
    }

    #[inline]
    fn push(&mut self, hash: u64, element: Element) {
        self.hashes.push(hash);
        self.elements.push(element);
    }

    /// Adds a token whose text is the same for all of its kind.
    #[inline]
    pub(super) fn fixed_token(&mut self, kind: SyntaxKind, text: &str) {
        let slot = &mut self.tables.fixed[kind as usize];
        let token = match slot {
            Some(token) => token.clone(),
            None => slot.insert(GreenToken::new(raw(kind), text)).clone(),
        };
        self.push(mix(FIXED, kind as u64), NodeOrToken::Token(token));
    }

    /// Adds a token.
    #[inline]
    pub(super) fn token(&mut self, kind: SyntaxKind, text: &str) {
        if kind == TOKEN_WHITESPACE && text == " " {
            return self.fixed_token(kind, text);
        }
        if text.len() > LONGEST_SHARED {
            let token = GreenToken::new(raw(kind), text);
            return self.push(0, NodeOrToken::Token(token));
        }
        let hash = hash_text(kind, text);
        let token = self.shared_token(hash, kind, text);
        self.push(hash, NodeOrToken::Token(token));
    }

    #[inline]
    fn shared_token(&mut self, hash: u64, kind: SyntaxKind, text: &str) -> GreenToken {
        let new = || GreenToken::new(raw(kind), text);
        match self.tables.tokens.slot(hash) {
            None => new(),
            Some(Some(token)) if token.kind() == raw(kind) && token.text() == text => token.clone(),
            Some(held) => held.insert(new()).clone(),
        }
    }

    /// Adds a node that holds one token: a name, a literal.
    #[inline]
    pub(super) fn leaf(&mut self, kind: SyntaxKind, token: SyntaxKind, text: &str) {
        let new = || {
            let token = GreenToken::new(raw(token), text);
            GreenNode::new(raw(kind), [NodeOrToken::Token(token)])
        };
        if text.len() > LONGEST_SHARED {
            return self.push(0, NodeOrToken::Node(new()));
        }
        let hash = hash_text(kind, text);
        let node = {
            let is = |node: &GreenNode| {
                node.kind() == raw(kind)
                    && matches!(
                        node.children().next(),
                        Some(NodeOrToken::Token(found))
                            if found.text() == text && found.kind() == raw(token)
                    )
            };
            match self.tables.nodes.slot(hash) {
                None => new(),
                Some(Some(node)) if is(node) => node.clone(),
                Some(held) => held.insert(new()).clone(),
            }
        };
        self.push(hash, NodeOrToken::Node(node));
    }

    /// Makes a node of the elements from `first` on.
    #[inline]
    pub(super) fn node(&mut self, kind: SyntaxKind, first: usize) {
        let hash = self.node_hash(kind, first);
        self.hashes.truncate(first);
        if hash == 0 {
            let node = GreenNode::new(raw(kind), self.elements.drain(first..));
            return self.push(0, NodeOrToken::Node(node));
        }
        let elements = &self.elements[first..];
        // Two elements that live are the same if they lie at the same place,
        // and what a table holds lives.
        let is = |node: &GreenNode| {
            node.kind() == raw(kind)
                && node.children().len() == elements.len()
                && node.children().zip(elements).all(|pair| match pair {
                    (NodeOrToken::Node(a), NodeOrToken::Node(b)) => std::ptr::eq(a, &**b),
                    (NodeOrToken::Token(a), NodeOrToken::Token(b)) => std::ptr::eq(a, &**b),
                    _ => false,
                })
        };
        let slot = self.tables.nodes.slot(hash);
        let node = if let Some(Some(node)) = &slot
            && is(node)
        {
            let node = node.clone();
            self.elements.truncate(first);
            node
        } else {
            let node = GreenNode::new(raw(kind), self.elements.drain(first..));
            if let Some(held) = slot {
                *held = Some(node.clone());
            }
            node
        };
        self.push(hash, NodeOrToken::Node(node));
    }

    /// 0 when a node is not worth sharing.
    #[inline]
    fn node_hash(&self, kind: SyntaxKind, first: usize) -> u64 {
        let children = &self.hashes[first..];
        if children.len() > MOST_SHARED || children.contains(&0) {
            return 0;
        }
        // The hashes of children are mixed already: it is enough to tell places apart.
        let fold = |hash: u64, child: &u64| hash.rotate_left(11).wrapping_add(*child);
        mix(children.iter().fold(0, fold), NODE ^ kind as u64)
    }
}

/// What sets the hashes of punctuation and of nodes apart from those of texts.
const FIXED: u64 = 0x0d12_57c3_91b5_e217;
const NODE: u64 = 0x71c4_63bf_2a90_d58b;

pub(super) fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind as u16)
}

#[inline]
fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline]
fn hash_text(kind: SyntaxKind, text: &str) -> u64 {
    let mut hash = kind as u64 ^ (text.len() as u64) << 8;
    let mut chunks = text.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        hash = mix(
            hash,
            u64::from_le_bytes(chunk.try_into().unwrap_or_default()),
        );
    }
    let mut last = 0;
    for byte in chunks.remainder() {
        last = last << 8 | u64::from(*byte);
    }
    mix(hash, last)
}
