//! From one text to everything that can be said of it alone: local findings
//! chunk by chunk, facts, suppressions.

use crate::config::{FileSettings, Settings};
use crate::diagnostic::Diagnostic;
use crate::module::{self, FileFacts};
use crate::rules::{self, RuleIndex};
use crate::semantics::{Env, Meaning, attr_name, sees_scope};
use crate::suppression::{self, Suppression};
use crate::syntax::comments::{self, Attached};
use crate::syntax::{
    self, AstNode, GreenNode, SyntaxError, SyntaxKind, SyntaxNode, SyntaxToken, TextRange,
    TextSize, TooComplex, ast,
};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// A text and its place.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, relative to the root, with `/`.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

impl Source {
    /// A text at a path.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
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
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) suppressions: Vec<Suppression>,
}

impl Document {
    /// The file, relative to the root.
    pub fn path(&self) -> &Arc<str> {
        &self.source.path
    }

    /// Its text.
    pub fn text(&self) -> &Arc<str> {
        &self.source.text
    }

    /// Its facts.
    pub fn facts(&self) -> &FileFacts {
        &self.facts
    }
}

/// Chunks are cut until they are no longer than this, in bytes.
pub const CHUNK_SIZE: usize = 4096;

/// Reads, parses and lints one file by itself.
pub fn analyze(source: Source, settings: &Settings) -> Document {
    analyze_in_chunks(source, settings, CHUNK_SIZE)
}

/// As [`analyze`], with another size of chunks. The findings are the same for
/// every size; tests prove it.
pub fn analyze_in_chunks(source: Source, settings: &Settings, chunk_size: usize) -> Document {
    let settings = settings.for_path(&source.path);
    let tree = syntax::parse(source.text.clone());
    let mut document = Document {
        source,
        settings,
        errors: tree.errors().to_vec(),
        too_complex: tree.too_complex().cloned(),
        facts: FileFacts::default(),
        findings: Vec::new(),
        suppressions: Vec::new(),
    };
    // What a rule would read off a broken tree is guesswork.
    if !document.errors.is_empty() || document.too_complex.is_some() {
        return document;
    }
    document.facts = module::collect(&document.source.path, &tree);
    document.suppressions = suppression::collect(&tree);
    for chunk in chunks(&tree.root(), chunk_size) {
        let path = &document.source.path;
        for mut finding in lint_chunk(&chunk.green, &chunk.context, path, &document.settings) {
            finding.shift(chunk.offset);
            document.findings.push(finding);
        }
    }
    document
}

/// A piece of a file that local rules see as a tree of its own.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The piece.
    pub green: GreenNode,
    /// Where it starts in the file.
    pub offset: TextSize,
    /// Everything outside it that matters inside it.
    pub context: ChunkContext,
}

/// Everything outside a chunk that a local rule may know. Two chunks with equal
/// green nodes and equal contexts have equal findings.
#[derive(Debug, Clone, Default, PartialEq, Hash)]
pub struct ChunkContext {
    /// What names mean.
    env: Env,
    /// The keys of the bindings around it, outermost first; `None` is computed.
    path: Vec<Option<SmolStr>>,
    /// The comments of the bindings around it, innermost last.
    enclosing: Vec<Attached>,
    /// Its own comments.
    attached: Attached,
}

/// Cuts the spine of a file (functions, `let`, `with`, the outermost sets, down
/// through large sets) into chunks.
pub fn chunks(root: &SyntaxNode, size: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    // Iterative: the spine of a file is as deep as somebody likes.
    let mut stack = vec![(root.clone(), ChunkContext::default())];
    while let Some((node, context)) = stack.pop() {
        if usize::from(node.text_range().len()) <= size || !is_spine(&node) {
            let context = ChunkContext {
                attached: attached(&node),
                ..context
            };
            chunks.push(Chunk {
                green: node.green().to_owned(),
                offset: node.text_range().start(),
                context,
            });
            continue;
        }
        let inside = context.env.enter(&node);
        let first = stack.len();
        for child in node.children() {
            let mut context = context.clone();
            if sees_scope(&node, &child) {
                context.env = inside.clone();
            }
            if node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE
                && child.kind() != SyntaxKind::NODE_ATTRPATH
            {
                context.path.extend(keys(&node));
                context.enclosing.push(attached(&node));
            }
            stack.push((child, context));
        }
        // The stack gives back what was pushed last; the file is read from the top.
        stack[first..].reverse();
    }
    chunks
}

/// May a node be cut? Rules never look at such nodes themselves, only at what
/// they hold.
fn is_spine(node: &SyntaxNode) -> bool {
    match node.kind() {
        SyntaxKind::NODE_ROOT
        | SyntaxKind::NODE_LAMBDA
        | SyntaxKind::NODE_LET_IN
        | SyntaxKind::NODE_WITH
        | SyntaxKind::NODE_ATTR_SET => true,
        SyntaxKind::NODE_PAREN | SyntaxKind::NODE_ATTRPATH_VALUE => {
            node.last_child().is_some_and(|child| is_spine(&child))
        }
        // `mkIf condition { … }` and `mkMerge [ { … } ]`.
        SyntaxKind::NODE_APPLY => {
            let head = || node.first_child()?.last_token();
            let mut function = node.first_child();
            while let Some(inner) = function.filter(|f| f.kind() == SyntaxKind::NODE_APPLY) {
                function = inner.first_child();
                if let Some(token) = function.as_ref().and_then(SyntaxNode::last_token)
                    && token.text() == "mkIf"
                {
                    return node.last_child().is_some_and(|child| is_spine(&child));
                }
            }
            head().is_some_and(|token| token.text() == "mkMerge")
                && node
                    .last_child()
                    .is_some_and(|child| child.kind() == SyntaxKind::NODE_LIST)
        }
        SyntaxKind::NODE_LIST => node
            .parent()
            .is_some_and(|parent| parent.kind() == SyntaxKind::NODE_APPLY && is_spine(&parent)),
        _ => false,
    }
}

fn attached(node: &SyntaxNode) -> Attached {
    match node.kind() {
        SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT => Attached::of(node),
        _ => Attached::default(),
    }
}

/// The keys of a binding.
fn keys(binding: &SyntaxNode) -> Vec<Option<SmolStr>> {
    ast::AttrpathValue::cast(binding.clone())
        .and_then(|binding| binding.attrpath())
        .map(|path| path.attrs().map(|attr| attr_name(&attr)).collect())
        .unwrap_or_default()
}

/// Runs the local rules over one chunk. Ranges are relative to the chunk.
pub fn lint_chunk(
    green: &GreenNode,
    context: &ChunkContext,
    path: &str,
    settings: &FileSettings,
) -> Vec<Diagnostic> {
    let root = SyntaxNode::new_root(green.clone());
    let mut cx = LocalContext {
        chunk: context,
        path,
        settings,
        rule: 0,
        envs: FxHashMap::default(),
        out: Vec::new(),
    };
    for node in root.descendants() {
        for &rule in rules::for_kind(node.kind()) {
            if settings.is_on(rule) {
                cx.rule = rule;
                rules::ALL[rule].check_node(&node, &mut cx);
            }
        }
    }
    cx.out
}

/// What a local rule sees beside the node.
pub struct LocalContext<'a> {
    chunk: &'a ChunkContext,
    path: &'a str,
    settings: &'a FileSettings,
    rule: RuleIndex,
    /// The scopes inside the chunk, by the node that opens them.
    envs: FxHashMap<(SyntaxKind, TextRange), Env>,
    out: Vec<Diagnostic>,
}

impl LocalContext<'_> {
    /// Reports a finding; its ranges are those of the chunk's nodes.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }

    /// The file, relative to the root.
    pub fn path(&self) -> &str {
        self.path
    }

    /// The options of the rule.
    pub fn options<T: 'static>(&self) -> &T {
        self.settings.options(self.rule)
    }

    /// The scopes that `node` sees.
    pub fn env(&mut self, node: &SyntaxNode) -> Env {
        // From the node up to the first scope that is known, then down again.
        let mut opened = Vec::new();
        let mut env = self.chunk.env.clone();
        let mut child = node.clone();
        while let Some(parent) = child.parent() {
            if opens_scope(&parent) && sees_scope(&parent, &child) {
                if let Some(known) = self.envs.get(&(parent.kind(), parent.text_range())) {
                    env = known.clone();
                    break;
                }
                opened.push(parent.clone());
            }
            child = parent;
        }
        for node in opened.into_iter().rev() {
            env = env.enter(&node);
            self.envs
                .insert((node.kind(), node.text_range()), env.clone());
        }
        env
    }

    /// What an expression is known to be.
    pub fn meaning(&mut self, expr: &SyntaxNode) -> Option<Meaning> {
        self.env(expr).meaning(expr)
    }

    /// The name of the function of `lib` that an expression is.
    pub fn lib_function(&mut self, expr: &SyntaxNode) -> Option<SmolStr> {
        self.meaning(expr)?.lib_function().map(SmolStr::from)
    }

    /// The keys of all bindings around `node`, outermost first; its own, if it
    /// is a binding, are not among them.
    pub fn attr_path(&self, node: &SyntaxNode) -> Vec<Option<SmolStr>> {
        let mut parts = Vec::new();
        let mut child = node.clone();
        while let Some(parent) = child.parent() {
            if parent.kind() == SyntaxKind::NODE_ATTRPATH_VALUE
                && child.kind() != SyntaxKind::NODE_ATTRPATH
            {
                parts.push(keys(&parent));
            }
            child = parent;
        }
        let mut path = self.chunk.path.clone();
        path.extend(parts.into_iter().rev().flatten());
        path
    }

    /// The comments of the innermost binding (or `inherit`) around `node`.
    pub fn statement_comments(&self, node: &SyntaxNode) -> Attached {
        self.statements(node).next().unwrap_or_default()
    }

    /// The comments of the bindings around `node`, innermost first.
    pub fn statements(&self, node: &SyntaxNode) -> impl Iterator<Item = Attached> + '_ {
        let inner = node
            .ancestors()
            .filter(|node| {
                matches!(
                    node.kind(),
                    SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
                )
            })
            .map(|node| match node.parent() {
                Some(_) => Attached::of(&node),
                None => self.chunk.attached.clone(),
            });
        inner.chain(self.chunk.enclosing.iter().rev().cloned())
    }

    /// The comments on the line of `token`, and right above it, in the chunk.
    pub fn comments_around(&self, token: &SyntaxToken) -> Vec<SmolStr> {
        comments::around_line(token)
    }
}

fn opens_scope(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::NODE_LAMBDA
            | SyntaxKind::NODE_LET_IN
            | SyntaxKind::NODE_LEGACY_LET
            | SyntaxKind::NODE_WITH
            | SyntaxKind::NODE_ATTR_SET
    )
}
