//! From one text to everything that can be said of it alone: local findings
//! chunk by chunk, facts, suppressions.

use crate::config::{FileSettings, Settings};
use crate::diagnostic::Diagnostic;
use crate::module::{self, FileFacts};
use crate::rules::{self, Dispatch, RuleIndex};
use crate::semantics::{Env, Meaning, attr_name, sees_scope};
use crate::suppression::{self, Suppression};
use crate::syntax::comments::{self, Attached, Heads};
use crate::syntax::{
    self, AstNode, GreenNode, LineIndex, SyntaxError, SyntaxKind, SyntaxNode, SyntaxToken, Text,
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
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) suppressions: Vec<Suppression>,
}

impl Document {
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
    /// The comments of the statements around it, innermost last.
    enclosing: Arc<[Attached]>,
    /// How many of those statements, the innermost first, start on its first line.
    on_first_line: usize,
    /// What stands before it in each of those statements, the innermost last:
    /// the heads of the statements that come first on the way to it.
    before: Arc<[Heads]>,
    /// Its own comments, if it is a statement.
    attached: Option<Attached>,
}

/// A statement (a binding, an `inherit`, an element of a list that holds
/// bindings) around a node.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its comments.
    pub comments: Attached,
    /// Does it start on the line of the innermost statement around the node?
    pub same_line: bool,
    /// What stands in it before the innermost statement around the node.
    pub before: Heads,
}

/// Cuts the spine of a file (functions, `let`, `with`, the outermost sets, down
/// through large sets) into chunks.
pub fn chunks(tree: &Tree, size: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut lines: Option<LineIndex> = None;
    // Iterative: the spine of a file is as deep as somebody likes. With each
    // node go the starts of the statements around it, and what stands before
    // each of these in its set.
    let mut stack = vec![(
        tree.root(),
        ChunkContext::default(),
        Vec::<(TextSize, Heads)>::new(),
    )];
    while let Some((node, mut context, around)) = stack.pop() {
        if usize::from(node.text_range().len()) <= size || !is_spine(&node) {
            let start = node.text_range().start();
            if !around.is_empty() {
                let lines = lines.get_or_insert_with(|| LineIndex::new(tree.text()));
                let line = lines.line(start);
                context.on_first_line = around
                    .iter()
                    .rev()
                    .take_while(|(at, _)| lines.line(*at) == line)
                    .count();
                let mut heads = match comments::is_statement(&node) {
                    true => Heads::before(&node),
                    false => Heads::default(),
                };
                let mut before = Vec::with_capacity(around.len());
                for (_, outer) in around.iter().rev() {
                    before.push(heads.clone());
                    heads.add(outer);
                }
                before.reverse();
                context.before = before.into();
            }
            context.attached = comments::is_statement(&node).then(|| Attached::of(&node));
            chunks.push(Chunk {
                green: node.green().to_owned(),
                offset: start,
                context,
            });
            continue;
        }
        let inside = context.env.enter(&node);
        let mut inner = context.clone();
        let mut inner_around = around.clone();
        if comments::is_statement(&node) {
            if node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE {
                inner.path.extend(keys(&node));
            }
            let outer = context.enclosing.iter().cloned();
            inner.enclosing = outer.chain([Attached::of(&node)]).collect();
            inner_around.push((node.text_range().start(), Heads::before(&node)));
        }
        let pushed = stack.len();
        for child in node.children() {
            let (mut context, around) = if child.kind() == SyntaxKind::NODE_ATTRPATH {
                (context.clone(), around.clone())
            } else {
                (inner.clone(), inner_around.clone())
            };
            if sees_scope(&node, &child) {
                context.env = inside.clone();
            }
            stack.push((child, context, around));
        }
        // The stack gives back what was pushed last; the file is read from the top.
        stack[pushed..].reverse();
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
        SyntaxKind::NODE_APPLY => match applied_name(node).as_deref() {
            Some("mkIf") => node.last_child().is_some_and(|content| is_spine(&content)),
            Some("mkMerge") => node
                .last_child()
                .is_some_and(|list| list.kind() == SyntaxKind::NODE_LIST),
            _ => false,
        },
        SyntaxKind::NODE_LIST => node.parent().is_some_and(|parent| {
            parent.kind() == SyntaxKind::NODE_APPLY
                && applied_name(&parent).as_deref() == Some("mkMerge")
        }),
        _ => false,
    }
}

/// The last name of the function that an application with one or two
/// arguments applies: `mkIf condition { … }`, `mkMerge [ { … } ]`.
fn applied_name(application: &SyntaxNode) -> Option<SmolStr> {
    let mut function = application.first_child()?;
    if function.kind() == SyntaxKind::NODE_APPLY {
        function = function.first_child()?;
    }
    Some(function.last_token()?.text().into())
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

    /// The statements around `node`, innermost first; itself, if it is one.
    pub fn statements(&self, node: &SyntaxNode) -> Vec<Statement> {
        let ancestors: Vec<_> = node.ancestors().collect();
        let root = ancestors.last().unwrap_or(node);
        let is_statement = |node: &SyntaxNode| match node.parent() {
            Some(_) => comments::is_statement(node),
            None => self.chunk.attached.is_some(),
        };
        // An element of a list is one only for the bindings in it.
        let inside: Vec<_> = ancestors
            .iter()
            .filter(|node| is_statement(node))
            .skip_while(|node| !is_binding(node))
            .collect();
        let target = inside.first().copied().unwrap_or(root).text_range().start();
        let same_line = |from: TextSize| {
            !root
                .text()
                .slice(TextRange::new(from, target))
                .contains_char('\n')
        };
        let mut before = Heads::default();
        let mut statements: Vec<_> = inside
            .iter()
            .map(|node| {
                let inner = before.clone();
                if node.parent().is_some() {
                    before.add(&Heads::before(node));
                }
                Statement {
                    comments: match (&self.chunk.attached, node.parent()) {
                        (Some(own), None) => own.clone(),
                        _ => Attached::of(node),
                    },
                    same_line: same_line(node.text_range().start()),
                    before: inner,
                }
            })
            .collect();
        let first_line = same_line(root.text_range().start());
        let no_binding = inside.is_empty();
        let enclosing = self
            .chunk
            .enclosing
            .iter()
            .zip(self.chunk.before.iter())
            .rev()
            .enumerate();
        let enclosing =
            enclosing.skip_while(|(_, (comments, _))| no_binding && comments.is_element);
        statements.extend(enclosing.map(|(distance, (comments, outside))| {
            let mut before = before.clone();
            before.add(outside);
            Statement {
                comments: comments.clone(),
                same_line: first_line && distance < self.chunk.on_first_line,
                before,
            }
        }));
        statements
    }

    /// The comments on the line of `token`, and right above it, inside the
    /// innermost statement around it.
    pub fn comments_around(&self, token: &SyntaxToken) -> Vec<SmolStr> {
        comments::around_line(token)
    }
}

fn is_binding(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
    )
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
            for size in [0, CHUNK_SIZE] {
                let source = Source::new("module.nix", text.as_str());
                let document = analyze_in_chunks(source, &Settings::default(), size);
                let read = document.errors.is_empty() && document.too_complex.is_none();
                assert!(read, "{open} in chunks of {size}");
            }
        }
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
