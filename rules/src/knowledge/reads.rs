//! Where a text reads options: `config.a.b`, `cfg.b`, `inherit (cfg) b`, and what
//! `with cfg` leaves open.

use crate::module::env_at;
use crate::semantics::{self, Env, Meaning, Origin, attr_name};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, TextSize, ast, token_at};
use smol_str::SmolStr;

/// Something that reads an option.
#[derive(Debug)]
pub(super) struct Read {
    /// Whose option.
    pub of: Of,
    /// The path that is read, as far as it is written down.
    pub path: Vec<SmolStr>,
    /// Where the last names of the path stand.
    pub sites: Vec<TextRange>,
    /// The whole.
    pub range: TextRange,
    /// How the names get there.
    pub form: Form,
}

/// Whose options are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Those of the `config` that the lambda at this depth binds.
    Own(u32),
    /// Those of the system around.
    System,
}

/// How names of a path are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As attributes: `cfg.port`.
    Selected,
    /// As names that come into being: `inherit (cfg) port`.
    Inherited,
    /// As a name that stands for it: `cfg`, or `port` under `with cfg`.
    Name,
}

/// Calls with everything that reads an option.
pub(super) fn each(root: &SyntaxNode, visit: &mut dyn FnMut(&Read)) {
    let mut stack = vec![(root.clone(), Env::default())];
    while let Some((node, env)) = stack.pop() {
        of_node(&node, &env, visit);
        let inner = env.enter(&node);
        for child in node.children() {
            // The names of attributes are no expressions.
            if child.kind() == SyntaxKind::NODE_ATTRPATH && !is_dynamic(&child) {
                continue;
            }
            let sees = semantics::sees_scope(&node, &child);
            let env = if sees { &inner } else { &env };
            stack.push((child, env.clone()));
        }
    }
}

fn is_dynamic(path: &SyntaxNode) -> bool {
    let mut parts = path.children();
    parts.any(|part| part.kind() != SyntaxKind::NODE_IDENT)
}

/// What reads an option at a place.
pub(super) fn at(root: &SyntaxNode, at: TextSize) -> Option<Read> {
    let before = at.checked_sub(1.into());
    let tokens = [token_at(root, at), before.and_then(|at| token_at(root, at))];
    for token in tokens.into_iter().flatten() {
        for node in token.parent_ancestors().take(4) {
            let mut found = None;
            of_node(&node, &env_at(&node), &mut |read| {
                if read.sites.iter().any(|site| site.contains_inclusive(at)) {
                    found.get_or_insert_with(|| Read {
                        of: match read.of {
                            Of::Own(depth) => Of::Own(depth),
                            Of::System => Of::System,
                        },
                        path: read.path.clone(),
                        sites: read.sites.clone(),
                        ..*read
                    });
                }
            });
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// What the node itself reads.
fn of_node(node: &SyntaxNode, env: &Env, visit: &mut dyn FnMut(&Read)) {
    match node.kind() {
        SyntaxKind::NODE_SELECT | SyntaxKind::NODE_HAS_ATTR => {
            let Some(base) = node.first_child() else {
                return;
            };
            let Some((of, path)) = env.meaning(&base).and_then(option_of) else {
                return;
            };
            let attrs = node.children().find_map(ast::Attrpath::cast);
            let attrs = attrs.iter().flat_map(ast::Attrpath::attrs);
            read(node, (of, path), attrs, Form::Selected, visit);
        }
        SyntaxKind::NODE_INHERIT => {
            let Some(inherit) = ast::Inherit::cast(node.clone()) else {
                return;
            };
            let Some(from) = inherit.from().and_then(|from| from.expr()) else {
                return;
            };
            for attr in inherit.attrs() {
                let Some((of, path)) = env.meaning(from.syntax()).and_then(option_of) else {
                    return;
                };
                read(node, (of, path), [attr].into_iter(), Form::Inherited, visit);
            }
        }
        SyntaxKind::NODE_IDENT => {
            let is_name = node.parent().is_some_and(|parent| {
                !matches!(
                    parent.kind(),
                    SyntaxKind::NODE_ATTRPATH
                        | SyntaxKind::NODE_INHERIT
                        | SyntaxKind::NODE_IDENT_PARAM
                        | SyntaxKind::NODE_PAT_ENTRY
                        | SyntaxKind::NODE_PAT_BIND
                )
            });
            if !is_name {
                return;
            }
            if let Some((of, path)) = env.meaning(node).and_then(option_of)
                && !path.is_empty()
            {
                visit(&Read {
                    of,
                    path,
                    sites: vec![node.text_range()],
                    range: node.text_range(),
                    form: Form::Name,
                });
            }
        }
        _ => {}
    }
}

fn read(
    node: &SyntaxNode,
    (of, mut path): (Of, Vec<SmolStr>),
    attrs: impl Iterator<Item = ast::Attr>,
    form: Form,
    visit: &mut dyn FnMut(&Read),
) {
    let mut sites = Vec::new();
    for attr in attrs {
        let Some(name) = attr_name(&attr) else { break };
        path.push(name);
        sites.push(attr.syntax().text_range());
    }
    if !sites.is_empty() {
        visit(&Read {
            of,
            path,
            sites,
            range: node.text_range(),
            form,
        });
    }
}

/// The option that something is.
fn option_of(meaning: Meaning) -> Option<(Of, Vec<SmolStr>)> {
    match meaning.origin {
        Origin::Config(depth) => Some((Of::Own(depth), meaning.path)),
        Origin::Argument(name) => matches!(
            name.as_str(),
            "osConfig" | "nixosConfig" | "darwinConfig" | "systemConfig"
        )
        .then_some((Of::System, meaning.path)),
        _ => None,
    }
}

/// Does no scope but a `with` bind the name that stands somewhere?
pub(super) fn is_through_with(root: &SyntaxNode, range: TextRange, name: &str) -> bool {
    let node = crate::syntax::node_around(root, range);
    let ancestors: Vec<_> = node.ancestors().collect();
    let scopes = ancestors
        .windows(2)
        .filter(|pair| semantics::sees_scope(&pair[1], &pair[0]));
    let mut with = false;
    for pair in scopes {
        if pair[1].kind() == SyntaxKind::NODE_WITH {
            with = true;
        } else if Env::default().enter(&pair[1]).binds(name) {
            return false;
        }
    }
    with
}
