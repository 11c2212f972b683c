//! What a name means: lexical scopes, `with`, and what of all that can be
//! known without evaluation.
//!
//! Scopes are chains of frames. A chain can write down which names somebody asked
//! for, so that when an edit binds one otherwise only those need to ask again.

use crate::syntax::{
    AstNode, GreenNodeData, HasEntry, NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, ast,
};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;
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

/// What a scope says about one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A formal or a simple parameter.
    Parameter,
    /// `name = head.path…;`, seen from inside the scope.
    Alias { head: SmolStr, path: Vec<SmolStr> },
    /// `inherit name;`: what the name means outside the scope.
    Outer,
    /// Something that cannot be known.
    Opaque,
}

/// One scope.
#[derive(Debug, Clone)]
enum Scope {
    /// Names of a lambda, a `let` or a `rec`.
    Names { names: Names, lambda: bool },
    /// `with head.path…;`; `None` when it is another kind of expression.
    With(Option<(SmolStr, Vec<SmolStr>)>),
}

/// The names of a scope. A name may be bound in several ways: `a.b = 1; a.c = 2;`.
#[derive(Debug, Clone, Default)]
struct Names(FxHashMap<SmolStr, Vec<Binding>>);

impl Names {
    fn add(&mut self, name: SmolStr, binding: Binding) {
        self.0.entry(name).or_default().push(binding);
    }

    /// What a name is; opaque when its bindings do not agree.
    fn get(&self, name: &str) -> Option<&Binding> {
        let bindings = self.0.get(name)?;
        let first = bindings.first()?;
        let agree = bindings.iter().all(|binding| binding == first);
        Some(if agree { first } else { &Binding::Opaque })
    }
}

/// A chain of scopes, the innermost first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Env {
    frame: Option<Arc<Frame>>,
    asked: Option<Asked>,
}

/// The names that somebody looked up, with those that they led to.
pub(crate) type Asked = Rc<RefCell<Vec<SmolStr>>>;

#[derive(Debug)]
struct Frame {
    scope: Scope,
    parent: Option<Arc<Frame>>,
    /// Lambdas in the chain, this one included.
    lambdas: u32,
}

/// More links than this in a chain of aliases are a cycle or a joke.
const FUEL: u32 = 32;

impl Env {
    /// An empty chain that writes down what it is asked.
    pub(crate) fn asking(asked: Asked) -> Self {
        Self {
            frame: None,
            asked: Some(asked),
        }
    }

    /// The chain inside of `scope`.
    #[must_use]
    fn push(&self, scope: Scope) -> Self {
        let lambda = matches!(scope, Scope::Names { lambda: true, .. });
        let frame = Arc::new(Frame {
            lambdas: self.depth() + u32::from(lambda),
            scope,
            parent: self.frame.clone(),
        });
        Self {
            frame: Some(frame),
            asked: self.asked.clone(),
        }
    }

    /// How many lambdas are in the chain.
    pub fn depth(&self) -> u32 {
        self.frame.as_ref().map_or(0, |frame| frame.lambdas)
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

    /// Does the innermost scope itself bind a name?
    pub(crate) fn binds(&self, name: &str) -> bool {
        let scope = self.frame.as_ref().map(|frame| &frame.scope);
        matches!(scope, Some(Scope::Names { names, .. }) if names.get(name).is_some())
    }

    /// The meaning of a name.
    pub fn lookup(&self, name: &str) -> Option<Meaning> {
        Self::lookup_in(self.frame.as_ref(), self.asked.as_ref(), name, FUEL)
    }

    fn lookup_in(
        from: Option<&Arc<Frame>>,
        asked: Option<&Asked>,
        name: &str,
        fuel: u32,
    ) -> Option<Meaning> {
        let fuel = fuel.checked_sub(1)?;
        if let Some(asked) = asked {
            asked.borrow_mut().push(name.into());
        }
        let mut next = from;
        let mut withs = Vec::new();
        while let Some(frame) = next {
            match &frame.scope {
                Scope::Names { names, .. } => {
                    if let Some(binding) = names.get(name) {
                        return match binding {
                            Binding::Parameter => Some(parameter(name, frame.lambdas)),
                            Binding::Outer => {
                                Self::lookup_in(frame.parent.as_ref(), asked, name, fuel)
                            }
                            Binding::Opaque => None,
                            Binding::Alias { head, path } => {
                                let head = Self::lookup_in(next, asked, head, fuel)?;
                                Some(path.iter().fold(head, |meaning, name| meaning.select(name)))
                            }
                        };
                    }
                }
                Scope::With(namespace) => withs.push((frame.parent.as_ref(), namespace)),
            }
            next = frame.parent.as_ref();
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
        let mut meanings = withs.into_iter().filter_map(|(outside, namespace)| {
            let (head, path) = namespace.as_ref()?;
            let head = Self::lookup_in(outside, asked, head, fuel)?;
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

    /// How a function of `lib` may be written here: by its name alone where that is
    /// known, else through `lib`.
    pub fn spelling(&self, function: &str) -> Option<String> {
        let is_it = |meaning: Meaning| meaning.lib_function() == Some(function);
        if self.lookup(function).is_some_and(is_it) {
            return Some(function.to_owned());
        }
        let lib = self.lookup("lib")?;
        let is_lib = lib.origin == Origin::Lib && lib.path.is_empty();
        is_lib.then(|| format!("lib.{function}"))
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
    let scope = |names: Vec<(SmolStr, Binding)>, lambda| {
        let mut all = Names::default();
        names
            .into_iter()
            .for_each(|(name, binding)| all.add(name, binding));
        Some(Scope::Names { names: all, lambda })
    };
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
            scope(names, true)
        }
        SyntaxKind::NODE_LET_IN => scope(
            bound_names(ast::LetIn::cast(node.clone())?.entries()),
            false,
        ),
        SyntaxKind::NODE_LEGACY_LET => scope(
            bound_names(ast::LegacyLet::cast(node.clone())?.entries()),
            false,
        ),
        SyntaxKind::NODE_ATTR_SET => {
            if !is_rec(node) {
                return None;
            }
            let set = ast::AttrSet::cast(node.clone())?;
            scope(bound_names(set.entries()), false)
        }
        SyntaxKind::NODE_WITH => {
            let namespace = ast::With::cast(node.clone())?.namespace()?;
            Some(Scope::With(selection(namespace.syntax())))
        }
        _ => None,
    }
}

fn ident_text(ident: &ast::Ident) -> SmolStr {
    written(ident.syntax().green()).map_or_else(SmolStr::default, SmolStr::from)
}

/// The text of a name or of a string that says just what is written, read off the
/// green node: both are looked at for every key of a module.
pub(crate) fn written(node: &GreenNodeData) -> Option<&str> {
    let mut tokens = node.children().map(NodeOrToken::into_token);
    let first = tokens.next()??;
    if node.kind().0 == SyntaxKind::NODE_IDENT as u16 {
        return Some(first.text());
    }
    if node.kind().0 != SyntaxKind::NODE_STRING as u16 || first.text() != "\"" {
        return None;
    }
    let content = tokens.next()??;
    let is_plain = content.kind().0 == SyntaxKind::TOKEN_STRING_CONTENT as u16
        && memchr::memchr2(b'\\', b'\r', content.text().as_bytes()).is_none()
        && tokens.next()?.is_some()
        && tokens.next().is_none();
    is_plain.then(|| content.text())
}

/// The names that entries bind, each with what it is.
pub(crate) fn bound_names(entries: impl Iterator<Item = ast::Entry>) -> Vec<(SmolStr, Binding)> {
    let mut names = Vec::new();
    for entry in entries {
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

/// The value that a set binds a name to by itself.
pub fn bound_value(set: &SyntaxNode, name: &str) -> Option<SyntaxNode> {
    let mut bindings = set.children().filter_map(ast::AttrpathValue::cast);
    let binding = bindings.find(|binding| {
        let mut attrs = binding.attrpath().into_iter().flat_map(|it| it.attrs());
        attrs.next().as_ref().and_then(attr_name).as_deref() == Some(name) && attrs.next().is_none()
    })?;
    Some(without_parens(binding.value()?.syntax()))
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
    if let Some(text) = written(string.syntax().green()) {
        return Some(text.into());
    }
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
        SyntaxKind::NODE_BIN_OP => selection(&beside_builtins(expr)?),
        _ => None,
    }
}

/// The library in `lib // builtins`, as people join the two: the one that has the names
/// that nobody asks `builtins` for.
fn beside_builtins(expr: SyntaxNode) -> Option<SyntaxNode> {
    let operation = ast::BinOp::cast(expr)?;
    if operation.operator() != Some(ast::BinOpKind::Update) {
        return None;
    }
    let left = operation.lhs()?.syntax().clone();
    let right = operation.rhs()?.syntax().clone();
    match (is_builtins(&left), is_builtins(&right)) {
        (false, true) => Some(left),
        (true, false) => Some(right),
        _ => None,
    }
}

fn is_builtins(expr: &SyntaxNode) -> bool {
    expr.kind() == SyntaxKind::NODE_IDENT && expr.text() == "builtins"
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

/// A function of nixpkgs' library with all its arguments.
#[derive(Debug, Clone)]
pub struct LibCall {
    /// The name that the library gives it.
    pub name: SmolStr,
    /// The whole of it.
    pub call: SyntaxNode,
    /// The function, as it is written.
    pub function: SyntaxNode,
    /// The last argument.
    pub value: SyntaxNode,
}

/// Is a name or selection a value here, and not part of a longer selection, a key, a
/// formal or an entry of an `inherit`?
pub fn is_value(node: &SyntaxNode) -> bool {
    let parent = node.parent().map(|parent| parent.kind());
    parent.is_some_and(|kind| {
        !matches!(
            kind,
            SyntaxKind::NODE_SELECT
                | SyntaxKind::NODE_ATTRPATH
                | SyntaxKind::NODE_INHERIT
                | SyntaxKind::NODE_PAT_ENTRY
                | SyntaxKind::NODE_PAT_BIND
                | SyntaxKind::NODE_IDENT_PARAM
        )
    })
}

/// The names that a lambda binds.
pub(crate) fn formals(lambda: &SyntaxNode) -> Vec<SmolStr> {
    match scope_of(lambda) {
        Some(Scope::Names {
            names,
            lambda: true,
        }) => names.0.into_keys().collect(),
        _ => Vec::new(),
    }
}

/// Does `node` open a scope?
pub(crate) fn opens_scope(node: &SyntaxNode) -> bool {
    match node.kind() {
        SyntaxKind::NODE_LAMBDA
        | SyntaxKind::NODE_LET_IN
        | SyntaxKind::NODE_LEGACY_LET
        | SyntaxKind::NODE_WITH => true,
        SyntaxKind::NODE_ATTR_SET => is_rec(node),
        _ => false,
    }
}

/// Is a set recursive? What the typed node says takes a look at every child of a
/// set that is not.
pub(crate) fn is_rec(set: &SyntaxNode) -> bool {
    let first = set.first_child_or_token();
    first.is_some_and(|first| first.kind() == SyntaxKind::TOKEN_REC)
}

/// The part of a selection that gives a binding another name: `lib.mkForce` in
/// `f = (lib.mkForce);`. The name, if `token` stands in such a part.
pub(crate) fn alias_of(token: &SyntaxToken) -> Option<SmolStr> {
    let mut node = token.parent()?;
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            SyntaxKind::NODE_SELECT | SyntaxKind::NODE_PAREN | SyntaxKind::NODE_IDENT => {
                node = parent
            }
            SyntaxKind::NODE_ATTRPATH
                if parent
                    .parent()
                    .is_some_and(|above| above.kind() == SyntaxKind::NODE_SELECT) =>
            {
                node = parent;
            }
            SyntaxKind::NODE_ATTRPATH_VALUE => {
                let binding = ast::AttrpathValue::cast(parent)?;
                let mut attrs = binding.attrpath()?.attrs();
                let name = attr_name(&attrs.next()?)?;
                return (attrs.next().is_none() && node.kind() != SyntaxKind::NODE_ATTRPATH)
                    .then_some(name);
            }
            _ => return None,
        }
    }
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
        check(
            "{ nixpkgs, ... }: let it = (nixpkgs.lib // builtins).x; in it",
            "lib.x",
        );
        check("{ lib, ... }: with builtins // lib; it", "lib.it");
        check("{ lib, ... }: let it = lib // { }; in it", "?");
        check("{ lib, ... }: let it = lib ++ builtins; in it", "?");
    }
}
