//! What a name means: lexical scopes, `with`, and what of all that can be
//! known without evaluation.
//!
//! Scopes are chains of frames. The frames outside a chunk come with its
//! context, those inside are made from its own tree when somebody asks, so
//! that a rule sees the same whether the chunk is a file or one binding.

use crate::syntax::{AstNode, HasEntry, SyntaxKind, SyntaxNode, ast};
use smol_str::SmolStr;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Where a chain of selections starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// `lib`, of nixpkgs.
    Lib,
    /// `builtins`, and the names that are global without it.
    Builtins,
    /// `config`, as the lambda at this depth of the scope chain binds it.
    Config(u32),
    /// Another formal, by its name: `pkgs`, `inputs`, `osConfig` …
    Argument(SmolStr),
}

/// What an expression is known to be: an origin and a chain of attributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meaning {
    /// Where the chain starts.
    pub origin: Origin,
    /// The attributes selected from it.
    pub path: Vec<SmolStr>,
}

impl Meaning {
    fn new(origin: Origin) -> Self {
        Self {
            origin,
            path: Vec::new(),
        }
    }

    /// The meaning of `self.name`.
    #[must_use]
    fn select(mut self, name: &SmolStr) -> Self {
        let leads_to_lib = match &self.origin {
            // `pkgs.lib`, `nixpkgs.lib`, `inputs.nixpkgs.lib`, `args.lib`.
            Origin::Argument(origin) => match self.path.last().unwrap_or(origin).as_str() {
                "pkgs" | "args" | "attrs" => true,
                holder => holder.starts_with("nixpkgs") || holder.ends_with("pkgs"),
            },
            _ => false,
        };
        if name == "lib" && leads_to_lib {
            return Self::new(Origin::Lib);
        }
        self.path.push(name.clone());
        self
    }

    /// The name of a function of `lib`, whichever door it was reached through:
    /// `lib.mkForce` and `lib.modules.mkForce` are both `mkForce`.
    pub fn lib_function(&self) -> Option<&str> {
        match (&self.origin, self.path.as_slice()) {
            (Origin::Lib, [name]) => Some(name),
            (Origin::Lib, [room, name]) if LIB_ROOMS.contains(&room.as_str()) => Some(name),
            _ => None,
        }
    }
}

/// The parts of `lib` whose members `lib` also has itself.
const LIB_ROOMS: &[&str] = &[
    "attrsets",
    "lists",
    "modules",
    "options",
    "strings",
    "trivial",
    "filesystem",
    "meta",
    "sources",
    "fixedPoints",
];

/// What a frame says about one name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Binding {
    /// A formal or a simple parameter.
    Parameter,
    /// `name = head.path…;`, seen from inside the frame.
    Alias { head: SmolStr, path: Vec<SmolStr> },
    /// `inherit name;`: what the name means outside the frame.
    Outer,
    /// Something that cannot be known.
    Opaque,
}

/// One scope.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Scope {
    /// Names of a lambda, a `let` or a `rec`.
    Names {
        names: Vec<(SmolStr, Binding)>,
        lambda: bool,
    },
    /// `with head.path…;`; `None` when it is another kind of expression.
    With(Option<(SmolStr, Vec<SmolStr>)>),
}

/// A chain of scopes, the innermost first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Env(Option<Arc<Frame>>);

#[derive(Debug)]
struct Frame {
    scope: Scope,
    parent: Env,
    /// Lambdas in the chain, this one included.
    lambdas: u32,
    hash: u64,
}

impl PartialEq for Env {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                Arc::ptr_eq(a, b) || a.hash == b.hash && a.scope == b.scope && a.parent == b.parent
            }
            _ => false,
        }
    }
}

impl Hash for Env {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash_value().hash(state);
    }
}

/// More links than this in a chain of aliases are a cycle or a joke.
const FUEL: u32 = 32;

impl Env {
    fn push(&self, scope: Scope) -> Self {
        let lambda = matches!(scope, Scope::Names { lambda: true, .. });
        let mut hasher = rustc_hash::FxHasher::default();
        (self.hash_value(), &scope).hash(&mut hasher);
        Self(Some(Arc::new(Frame {
            lambdas: self.depth() + u32::from(lambda),
            hash: hasher.finish(),
            scope,
            parent: self.clone(),
        })))
    }

    fn hash_value(&self) -> u64 {
        self.0.as_ref().map_or(0, |frame| frame.hash)
    }

    /// How many lambdas are in the chain.
    pub fn depth(&self) -> u32 {
        self.0.as_ref().map_or(0, |frame| frame.lambdas)
    }

    /// The chain as the body of `node` sees it (and, for `let` and `rec`, its
    /// bindings; for a lambda, the defaults of its formals). `self` is what
    /// `node` sees. Nodes that open no scope give `self`.
    #[must_use]
    pub fn enter(&self, node: &SyntaxNode) -> Self {
        match scope_of(node) {
            Some(scope) => self.push(scope),
            None => self.clone(),
        }
    }

    /// The meaning of a name.
    pub fn lookup(&self, name: &str) -> Option<Meaning> {
        self.lookup_with(name, FUEL)
    }

    fn lookup_with(&self, name: &str, fuel: u32) -> Option<Meaning> {
        let fuel = fuel.checked_sub(1)?;
        let mut env = self;
        let mut withs = Vec::new();
        while let Some(frame) = &env.0 {
            match &frame.scope {
                Scope::Names { names, .. } => {
                    if let Some((_, binding)) = names.iter().find(|(bound, _)| bound == name) {
                        return match binding {
                            Binding::Parameter => Some(parameter(name, frame.lambdas)),
                            Binding::Outer => frame.parent.lookup_with(name, fuel),
                            Binding::Opaque => None,
                            Binding::Alias { head, path } => {
                                let head = env.lookup_with(head, fuel)?;
                                Some(path.iter().fold(head, |meaning, name| meaning.select(name)))
                            }
                        };
                    }
                }
                Scope::With(namespace) => withs.push((&frame.parent, namespace)),
            }
            env = &frame.parent;
        }
        if is_global(name) {
            let meaning = Meaning::new(Origin::Builtins);
            return Some(match name {
                "builtins" => meaning,
                name => meaning.select(&name.into()),
            });
        }
        // Which of several namespaces has the name cannot be known, but the
        // names that rules ask for are lib's, so lib wins where it is one.
        let mut meanings = withs.into_iter().filter_map(|(env, namespace)| {
            let (head, path) = namespace.as_ref()?;
            let head = env.lookup_with(head, fuel)?;
            Some(path.iter().fold(head, |meaning, name| meaning.select(name)))
        });
        let first = meanings.next()?;
        let namespace = if first.origin == Origin::Lib && first.path.is_empty() {
            first
        } else {
            meanings
                .find(|m| m.origin == Origin::Lib && m.path.is_empty())
                .unwrap_or(first)
        };
        Some(namespace.select(&name.into()))
    }

    /// The meaning of an expression: a name, a chain of selections, or either
    /// in parentheses.
    pub fn meaning(&self, expr: &SyntaxNode) -> Option<Meaning> {
        let (head, path) = selection(expr)?;
        let head = self.lookup(&head)?;
        Some(path.iter().fold(head, |meaning, name| meaning.select(name)))
    }
}

fn parameter(name: &str, depth: u32) -> Meaning {
    Meaning::new(match name {
        "lib" => Origin::Lib,
        "config" => Origin::Config(depth),
        name => Origin::Argument(name.into()),
    })
}

fn is_global(name: &str) -> bool {
    matches!(
        name,
        "builtins"
            | "import"
            | "map"
            | "toString"
            | "throw"
            | "abort"
            | "baseNameOf"
            | "dirOf"
            | "removeAttrs"
            | "isNull"
            | "fetchTarball"
            | "fetchGit"
            | "fetchTree"
            | "fetchMercurial"
            | "derivation"
            | "derivationStrict"
            | "placeholder"
            | "scopedImport"
            | "true"
            | "false"
            | "null"
    )
}

/// The scope that `node` opens, if it opens one.
fn scope_of(node: &SyntaxNode) -> Option<Scope> {
    match node.kind() {
        SyntaxKind::NODE_LAMBDA => {
            let mut names = Vec::new();
            match ast::Lambda::cast(node.clone())?.param()? {
                ast::Param::IdentParam(param) => {
                    names.push((ident_text(&param.ident()?), Binding::Parameter));
                }
                ast::Param::Pattern(pattern) => {
                    let bind = pattern.pat_bind().and_then(|bind| bind.ident());
                    // `args@{ … }` reaches every formal.
                    if let Some(name) = bind {
                        names.push((ident_text(&name), Binding::Parameter));
                    }
                    for entry in pattern.pat_entries() {
                        if let Some(name) = entry.ident() {
                            names.push((ident_text(&name), Binding::Parameter));
                        }
                    }
                }
            }
            Some(Scope::Names {
                names,
                lambda: true,
            })
        }
        SyntaxKind::NODE_LET_IN => {
            let names = bound_names(&ast::LetIn::cast(node.clone())?);
            Some(Scope::Names {
                names,
                lambda: false,
            })
        }
        SyntaxKind::NODE_LEGACY_LET => {
            let names = bound_names(&ast::LegacyLet::cast(node.clone())?);
            Some(Scope::Names {
                names,
                lambda: false,
            })
        }
        SyntaxKind::NODE_ATTR_SET => {
            let set = ast::AttrSet::cast(node.clone())?;
            set.rec_token()?;
            Some(Scope::Names {
                names: bound_names(&set),
                lambda: false,
            })
        }
        SyntaxKind::NODE_WITH => {
            let namespace = ast::With::cast(node.clone())?.namespace()?;
            Some(Scope::With(selection(namespace.syntax())))
        }
        _ => None,
    }
}

fn ident_text(ident: &ast::Ident) -> SmolStr {
    ident
        .ident_token()
        .map(|token| token.text().into())
        .unwrap_or_default()
}

fn bound_names(entries: &impl HasEntry) -> Vec<(SmolStr, Binding)> {
    let mut names = Vec::new();
    for entry in entries.entries() {
        match entry {
            ast::Entry::AttrpathValue(binding) => {
                let Some(path) = binding.attrpath() else {
                    continue;
                };
                let mut attrs = path.attrs();
                let Some(name) = attrs.next().as_ref().and_then(attr_name) else {
                    continue;
                };
                let single = attrs.next().is_none();
                let value = binding.value().filter(|_| single);
                let binding = match value.and_then(|value| selection(value.syntax())) {
                    Some((head, path)) => Binding::Alias { head, path },
                    None => Binding::Opaque,
                };
                names.push((name, binding));
            }
            ast::Entry::Inherit(inherit) => {
                let from = inherit.from().and_then(|from| from.expr());
                for attr in inherit.attrs() {
                    let Some(name) = attr_name(&attr) else {
                        continue;
                    };
                    let binding = match &from {
                        None => Binding::Outer,
                        Some(from) => match selection(from.syntax()) {
                            Some((head, mut path)) => {
                                path.push(name.clone());
                                Binding::Alias { head, path }
                            }
                            None => Binding::Opaque,
                        },
                    };
                    names.push((name, binding));
                }
            }
        }
    }
    names
}

/// The name of an attribute that is written down: `a`, `"a"` or `${"a"}`.
pub fn attr_name(attr: &ast::Attr) -> Option<SmolStr> {
    match attr {
        ast::Attr::Ident(ident) => Some(ident_text(ident)),
        ast::Attr::Str(string) => string_literal(string),
        ast::Attr::Dynamic(dynamic) => match dynamic.expr()? {
            ast::Expr::Str(string) => string_literal(&string),
            _ => None,
        },
    }
}

/// The value of a string without interpolation.
pub fn string_literal(string: &ast::Str) -> Option<SmolStr> {
    let mut parts = string.normalized_parts();
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Some(SmolStr::default()),
        (Some(ast::InterpolPart::Literal(text)), true) => Some(text.into()),
        _ => None,
    }
}

/// A name and the attributes selected from it: `lib.modules.mkForce`.
fn selection(expr: &SyntaxNode) -> Option<(SmolStr, Vec<SmolStr>)> {
    let expr = without_parens(expr);
    match expr.kind() {
        SyntaxKind::NODE_IDENT => Some((ident_text(&ast::Ident::cast(expr)?), Vec::new())),
        SyntaxKind::NODE_SELECT => {
            let select = ast::Select::cast(expr)?;
            // `a.b or c` may be either.
            if select.default_expr().is_some() {
                return None;
            }
            let (head, mut path) = selection(select.expr()?.syntax())?;
            for attr in select.attrpath()?.attrs() {
                path.push(attr_name(&attr)?);
            }
            Some((head, path))
        }
        _ => None,
    }
}

/// The expression inside any number of parentheses.
pub fn without_parens(expr: &SyntaxNode) -> SyntaxNode {
    let mut expr = expr.clone();
    while expr.kind() == SyntaxKind::NODE_PAREN {
        match expr.first_child() {
            Some(inner) => expr = inner,
            None => break,
        }
    }
    expr
}

/// The function and the arguments of an application, parentheses around the
/// function removed: `lib.mkOverride 10 x` gives `lib.mkOverride` and `10`, `x`.
pub fn application(expr: &SyntaxNode) -> Option<(SyntaxNode, Vec<SyntaxNode>)> {
    let mut arguments = Vec::new();
    let mut function = expr.clone();
    while function.kind() == SyntaxKind::NODE_APPLY {
        let mut children = function.children();
        let lambda = children.next()?;
        arguments.push(children.next()?);
        function = without_parens(&lambda);
    }
    arguments.reverse();
    (!arguments.is_empty()).then_some((function, arguments))
}

/// Does `child` of `parent` see the scope that `parent` opens?
pub fn sees_scope(parent: &SyntaxNode, child: &SyntaxNode) -> bool {
    match parent.kind() {
        // The namespace of a `with` does not see itself.
        SyntaxKind::NODE_WITH => ast::With::cast(parent.clone())
            .and_then(|with| with.body())
            .is_some_and(|body| body.syntax().text_range() == child.text_range()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    /// The meaning of the name `it` (or of the selection it heads) in `text`.
    #[track_caller]
    fn meaning(text: &str) -> Option<Meaning> {
        let root = parse(text).root();
        let at = root
            .descendants()
            .filter(|node| matches!(node.kind(), SyntaxKind::NODE_IDENT))
            .filter(|node| node.text() == "it")
            .last()
            .expect("the text names `it`");
        let mut env = Env::default();
        let ancestors: Vec<_> = at.ancestors().collect();
        for pair in ancestors.windows(2).rev() {
            let [child, parent] = pair else {
                unreachable!()
            };
            if sees_scope(parent, child) {
                env = env.enter(parent);
            }
        }
        env.lookup("it")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match meaning(text) {
            None => "?".to_owned(),
            Some(meaning) => {
                let origin = match meaning.origin {
                    Origin::Lib => "lib".to_owned(),
                    Origin::Builtins => "builtins".to_owned(),
                    Origin::Config(depth) => format!("config#{depth}"),
                    Origin::Argument(name) => format!("({name})"),
                };
                let path = meaning.path.iter().map(|name| format!(".{name}"));
                path.fold(origin, |all, name| all + &name)
            }
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn names_are_resolved() {
        check("{ lib, ... }: with lib; it", "lib.it");
        check("{ lib, ... }: let inherit (lib) it; in it", "lib.it");
        check(
            "{ lib, ... }: let it = lib.modules.mkForce; in it",
            "lib.modules.mkForce",
        );
        check(
            "{ lib, ... }: let l = lib; it = l.mkForce; in it",
            "lib.mkForce",
        );
        check(
            "{ pkgs, ... }: let it = pkgs.lib.mkForce; in it",
            "lib.mkForce",
        );
        check(
            "{ inputs, ... }: let it = inputs.nixpkgs.lib.x; in it",
            "lib.x",
        );
        check("args@{ ... }: let it = args.lib.x; in it", "lib.x");
        check(
            "{ config, ... }: let it = config.services.x; in it",
            "config#1.services.x",
        );
        check(
            "{ config, ... }: { config, ... }: let it = config; in it",
            "config#2",
        );
        check("let it = it; in it", "?");
        check("{ lib, ... }: let it = x: x; in with lib; it", "?");
        check("{ lib, ... }: with lib; let it = 1; in it", "?");
        check("{ lib, pkgs, ... }: with lib; with pkgs; it", "lib.it");
        check(
            "{ lib, pkgs, ... }: let it = lib.a; in { inherit it; b = it; }",
            "lib.a",
        );
        check("{ lib, it, ... }: it", "(it)");
        check("{ lib }: rec { it = lib.y; z = it; }", "lib.y");
        check("{ lib }: { it = lib.y; z = it; }", "?");
        check("{ lib, ... }: let x.it = 1; in with lib; it", "lib.it");
        check("{ lib, ... }: let it = (lib.mkForce); in it", "lib.mkForce");
        check("{ lib, ... }: let it = lib.a or lib.b; in it", "?");
    }
}
