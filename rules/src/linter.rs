//! From one text to everything that can be said of it alone: local findings
//! chunk by chunk, facts, suppressions.

use crate::config::{FileSettings, Settings};
use crate::diagnostic::Diagnostic;
use crate::module::{self, FileFacts};
use crate::rules::{self, Dispatch, RuleIndex};
use crate::semantics::{Env, Meaning, attr_name, sees_scope};
use crate::suppression::{self, Suppression};
use crate::syntax::comments::{self, Attached};
use crate::syntax::{
    self, AstNode, GreenNode, LineIndex, SyntaxError, SyntaxKind, SyntaxNode, SyntaxToken,
    TextRange, TextSize, TooComplex, Tree, ast,
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
    let dispatch = Dispatch::new(tree.text(), |rule| document.settings.is_on(rule));
    let chunks = if dispatch.is_empty() {
        Vec::new()
    } else {
        chunks(&tree, chunk_size)
    };
    for chunk in chunks {
        let path = &document.source.path;
        for mut finding in lint_chunk(&chunk, &dispatch, path, &document.settings) {
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
    enclosing: Arc<[Attached]>,
    /// How many of those bindings, the innermost first, start on its first line.
    on_first_line: usize,
    /// Its own comments.
    attached: Attached,
}

/// A binding (or `inherit`) around a node.
#[derive(Debug, Clone, Default, PartialEq, Hash)]
pub struct Statement {
    /// Its comments.
    pub comments: Attached,
    /// Does it start on the line of the innermost statement around the node?
    pub same_line: bool,
}

/// Cuts the spine of a file (functions, `let`, `with`, the outermost sets, down
/// through large sets) into chunks.
pub fn chunks(tree: &Tree, size: usize) -> Vec<Chunk> {
    let root = tree.root();
    let mut chunks = Vec::new();
    let mut lines: Option<LineIndex> = None;
    // Iterative: the spine of a file is as deep as somebody likes.
    let mut stack = vec![(root, ChunkContext::default(), Vec::new())];
    while let Some((node, context, starts)) = stack.pop() {
        if usize::from(node.text_range().len()) <= size || !is_spine(&node) {
            let mut context: ChunkContext = context;
            context.attached = attached(&node);
            let start = node.text_range().start();
            context.on_first_line = starts
                .iter()
                .rev()
                .take_while(|at| {
                    let lines = lines.get_or_insert_with(|| LineIndex::new(tree.text()));
                    lines.line(**at) == lines.line(start)
                })
                .count();
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
            let mut starts = starts.clone();
            if sees_scope(&node, &child) {
                context.env = inside.clone();
            }
            if node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE
                && child.kind() != SyntaxKind::NODE_ATTRPATH
            {
                context.path.extend(keys(&node));
                let outer = context.enclosing.iter().cloned();
                context.enclosing = outer.chain([attached(&node)]).collect();
                starts.push(node.text_range().start());
            }
            stack.push((child, context, starts));
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
fn lint_chunk(
    chunk: &Chunk,
    dispatch: &Dispatch,
    path: &str,
    settings: &FileSettings,
) -> Vec<Diagnostic> {
    let root = SyntaxNode::new_root(chunk.green.clone());
    let mut cx = LocalContext {
        chunk: &chunk.context,
        path,
        settings,
        rule: 0,
        envs: FxHashMap::default(),
        out: Vec::new(),
    };
    for node in root.descendants() {
        for &rule in dispatch.for_kind(node.kind()) {
            cx.rule = rule;
            rules::ALL[rule].check_node(&node, &mut cx);
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

    /// The bindings around `node`, innermost first; itself, if it is one.
    pub fn statements(&self, node: &SyntaxNode) -> Vec<Statement> {
        let is_statement = |node: &SyntaxNode| {
            matches!(
                node.kind(),
                SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
            )
        };
        let inside: Vec<_> = node.ancestors().filter(is_statement).collect();
        let root = node.ancestors().last().unwrap_or_else(|| node.clone());
        // What starts on the line of the innermost statement: nothing between
        // the two breaks the line.
        let target = inside.first().unwrap_or(&root).text_range().start();
        let same_line = |from: TextSize| {
            !root
                .text()
                .slice(TextRange::new(from, target))
                .contains_char('\n')
        };
        let mut statements: Vec<_> = inside
            .iter()
            .map(|node| Statement {
                comments: match node.parent() {
                    Some(_) => Attached::of(node),
                    None => self.chunk.attached.clone(),
                },
                same_line: same_line(node.text_range().start()),
            })
            .collect();
        let first_line = same_line(root.text_range().start());
        let enclosing = self.chunk.enclosing.iter().rev().enumerate();
        statements.extend(enclosing.map(|(distance, comments)| Statement {
            comments: comments.clone(),
            same_line: first_line && distance < self.chunk.on_first_line,
        }));
        statements
    }

    /// The comments on the line of `token`, and right above it, inside the
    /// innermost statement around it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs;
    use crate::workspace::Workspace;

    /// The findings of `text` with chunks of `size`, with everything on.
    fn findings(text: &str, size: usize) -> Vec<Diagnostic> {
        let settings = Settings::new(Default::default(), &["all".to_owned()], &[]).unwrap();
        let document = analyze_in_chunks(Source::new("module.nix", text), &settings, size);
        let mut findings = Workspace::new(vec![document], []).check(&settings);
        findings.files.remove(0).diagnostics
    }

    #[test]
    fn findings_do_not_depend_on_where_a_file_is_cut() {
        let mut checked = 0;
        for meta in rules::metas() {
            for fence in docs::fences(meta.page) {
                let whole = findings(&fence.code, usize::MAX);
                for size in [0, 16, 64, 200] {
                    assert_eq!(findings(&fence.code, size), whole, "{}: {size}", meta.name);
                }
                checked += whole.len();
            }
        }
        assert!(checked > 20, "the fences have findings: {checked}");
    }

    #[test]
    fn cutting_keeps_scopes_comments_and_paths() {
        let text = r#"{ lib, config, ... }:
            let f = lib.mkForce; in
            with lib;
            {
              # a reason
              a = f 1;
              b = { c = mkForce { d = 1; }; };
              e = mkIf config.x { g = f 2; # why
                h = mkForce 3; };
              i = mkMerge [ { j = f 4; } { k = x: f 5; } ];
              # forced on purpose
              l = { m = f 6; n = rec { f = 1; o = f 7; }; };
              options.p = mkOption { default = "/home/alice/q"; };
              users.users.alice = { home = "/home/alice"; r = "/home/alice/s"; };
            }"#;
        let whole = findings(text, usize::MAX);
        assert!(whole.len() >= 6, "{}", whole.len());
        for size in 0..400 {
            let cut = findings(text, size);
            for (a, b) in cut.iter().zip(&whole) {
                assert_eq!(a, b, "chunks of {size}");
            }
            assert_eq!(cut.len(), whole.len(), "chunks of {size}");
        }
    }

    #[test]
    fn chunks_cover_what_rules_look_at_once() {
        let text = "{ lib, ... }: let a = 1; in { b = 2; c = { d = [ 1 2 ]; e.f = 3; }; }";
        let tree = syntax::parse(text);
        for size in [0, 8, 1000] {
            let mut covered = vec![0u8; text.len()];
            for chunk in chunks(&tree, size) {
                let start = usize::from(chunk.offset);
                let len = usize::from(chunk.green.text_len());
                covered[start..start + len]
                    .iter_mut()
                    .for_each(|count| *count += 1);
            }
            assert!(
                covered.iter().all(|count| *count <= 1),
                "chunks of {size} overlap"
            );
            for word in ["lib", "1", "2", "3", "d", "f"] {
                let at = text.find(word).unwrap();
                assert_eq!(covered[at], 1, "chunks of {size} leave out {word}");
            }
        }
    }
}
