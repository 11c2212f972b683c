//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Related};
use crate::local::LocalContext;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{attr_name, without_parens};
use crate::syntax::{AstNode, HasEntry, SyntaxKind, SyntaxNode, TextRange, ast};
use smol_str::SmolStr;

declare_rule! {
    /// `//` takes the right set's attribute and drops the left one's, with all that is in it.
    ///
    /// ## Why
    ///
    /// `//` looks at the first key only. In `{ s.a = 1; } // { s.b = 2; }` the right `s`
    /// takes the place of the left one, and `s.a` is gone without a word.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   services.nginx = {
    ///     settings.gzip = true;
    /// #   ^^^^^^^^^^^^^ the `settings` on the right takes the place of this one
    ///   } // {
    ///     settings.http2 = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { lib, ... }:
    /// {
    ///   services.nginx = lib.recursiveUpdate {
    ///     settings.gzip = true;
    ///   } {
    ///     settings.http2 = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   services.nginx = lib.mkMerge [
    ///     { settings.gzip = true; }
    ///     { settings.http2 = true; }
    ///   ];
    ///   # What is replaced is said again.
    ///   services.openssh = { settings.X11 = false; } // { settings.X11 = true; };
    ///   services.printing = { enable = true; } // { drivers = [ ]; };
    /// }
    /// ```
    ///
    /// A plain value that the right side replaces is what `//` is for, and silent.
    ///
    /// ## When to allow it
    ///
    /// When the left set shall go.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: what was lost begins to hold. `lib.recursiveUpdate` stands in for `//`
    /// where `lib` is known and no attribute is set on both sides; `lib.mkMerge` would
    /// do only where the module system reads the set.
    pub struct ShallowUpdate {
        name: "shallow-update",
        group: Workspace,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 3,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for ShallowUpdate {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_BIN_OP]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["//"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(update) = ast::BinOp::cast(node.clone()) else {
            return;
        };
        if update.operator() != Some(ast::BinOpKind::Update) {
            return;
        }
        let (Some(left), Some(right)) = (update.lhs(), update.rhs()) else {
            return;
        };
        let operands = [left.syntax().clone(), right.syntax().clone()];
        let (left, right) = (leaves(left.syntax()), leaves(right.syntax()));
        let mut said: Vec<&SmolStr> = Vec::new();
        for (path, range) in &left {
            let Some(first) = path.first().filter(|_| path.len() > 1) else {
                continue;
            };
            // A value in the place of a set says that it is not wanted.
            let mut others = right
                .iter()
                .filter(|(other, _)| other.first() == Some(first));
            let Some(other) = others.clone().next() else {
                continue;
            };
            let is_lost = others.all(|(other, _)| {
                other.len() > 1 && !path.starts_with(other) && !other.starts_with(path)
            });
            if !is_lost || said.contains(&first) {
                continue;
            }
            said.push(first);
            let message = format!("the `{first}` on the right takes the place of this one");
            let mut diagnostic = Diagnostic::new(&Self::META, *range, message)
                .label(format!("`{}` is lost", path.join(".")))
                .help("join them with `lib.mkMerge` or `lib.recursiveUpdate`");
            diagnostic.related.push(Related {
                path: None,
                range: other.1,
                message: "this one stays".to_owned(),
            });
            // One is enough for all that is lost.
            if said.len() == 1 && !meet(&left, &right) {
                diagnostic.fixes.extend(joined(node, &operands, cx));
            }
            cx.report(diagnostic);
        }
    }
}

/// Is something set on both sides? Two values that are sets, packages say, would be
/// mixed.
fn meet(left: &[Leaf], right: &[Leaf]) -> bool {
    let met = |a: &Leaf| {
        let mut right = right.iter();
        right.any(|b| a.0.starts_with(&b.0) || b.0.starts_with(&a.0))
    };
    left.iter().any(met)
}

/// `lib.recursiveUpdate` in the place of the operator.
fn joined(
    update: &SyntaxNode,
    [left, right]: &[SyntaxNode; 2],
    cx: &mut LocalContext<'_>,
) -> Option<Fix> {
    // What a set inherits, or computes the name of, nobody compared.
    if ![left, right].into_iter().all(is_plain) {
        return None;
    }
    let function = cx.env(update).spelling("recursiveUpdate")?;
    let tokens = update
        .children_with_tokens()
        .filter_map(|it| it.into_token());
    let operator = tokens
        .into_iter()
        .find(|token| token.kind() == SyntaxKind::TOKEN_UPDATE)?;
    let behind = operator.next_token().filter(|it| {
        let is_blank = it.kind() == SyntaxKind::TOKEN_WHITESPACE;
        is_blank && !it.text().contains('\n')
    });
    let end = behind.map_or(operator.text_range().end(), |it| it.text_range().end());
    let range = TextRange::new(operator.text_range().start(), end);
    let edits = [
        Edit::insert(left.text_range().start(), format!("{function} ")),
        Edit::delete(range),
    ];
    let title = "join them with `recursiveUpdate`";
    Some(Fix::new(Applicability::Unsafe, title, edits))
}

/// Is it a set all of whose names are written down, as deep as they were read?
fn is_plain(expr: &SyntaxNode) -> bool {
    let expr = without_parens(expr);
    let Some(set) = ast::AttrSet::cast(expr) else {
        return true;
    };
    set.entries().all(|entry| match entry {
        ast::Entry::Inherit(_) => false,
        ast::Entry::AttrpathValue(entry) => {
            let path = entry.attrpath();
            let named = path.is_some_and(|path| path.attrs().all(|it| attr_name(&it).is_some()));
            named && entry.value().is_some_and(|it| is_plain(it.syntax()))
        }
    })
}

/// A path that a set binds, with the place of its key.
type Leaf = (Vec<SmolStr>, TextRange);

/// The paths that a literal set binds, with the places of their keys; nothing of
/// what is computed.
fn leaves(expr: &SyntaxNode) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(&without_parens(expr), &[], &mut found, 0);
    found
}

fn collect(expr: &SyntaxNode, above: &[SmolStr], found: &mut Vec<Leaf>, depth: u32) {
    let Some(set) = ast::AttrSet::cast(expr.clone()).filter(|_| depth < 3) else {
        return;
    };
    for entry in set.entries() {
        let ast::Entry::AttrpathValue(entry) = entry else {
            continue;
        };
        let (Some(path), Some(value)) = (entry.attrpath(), entry.value()) else {
            continue;
        };
        let names: Option<Vec<_>> = path.attrs().map(|attr| attr_name(&attr)).collect();
        let Some(names) = names else { continue };
        let whole: Vec<_> = above.iter().cloned().chain(names).collect();
        let value = without_parens(value.syntax());
        let before = found.len();
        collect(&value, &whole, found, depth + 1);
        // A set of which nothing is known, or an empty one, is a value.
        if found.len() == before {
            found.push((whole, path.syntax().text_range()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&ShallowUpdate::META);
    }

    #[test]
    fn only_what_is_lost() {
        check(
            &ShallowUpdate::META,
            r#"
{ lib, ... }: {
  a = { s = { x = 1; }; t = 1; } // ({ s = { y = 2; }; });
#             ^ the `s` on the right takes the place
  b = { s.x = 1; } // { s = f; };
  c = { s = f; } // { s.x = 1; };
  d = { s.x = 1; } // { s.x = 2; s.y = 3; };
  e = { s.x = 1; } // { s = { }; };
  f = base // { s.x = 1; } // { s.y = 1; };
#               ^^^ the `s` on the right takes the place
  g = { s.x = 1; } // { ${s}.y = 1; };
  h = { s.x.a = 1; } // { s.x.b = 1; };
#       ^^^^^ the `s` on the right takes the place
}
"#,
        );
    }

    #[test]
    fn what_is_lost_is_joined() {
        check_fix(
            &ShallowUpdate::META,
            r#"
{ lib, pkgs, x, ... }: {
  a = { s.x = 1; t.u = 1; } # why
#       ^^^ the `s` on the right
#                ^^^ the `t` on the right
    // { s.y = 2; t.v = 2; };
  b = x // { s.x = 1; }//({ s.y = 2; });
#            ^^^ the `s` on the right
  c = [ ({ s.x = 1; } // { s.y = 2; }) ];
#          ^^^ the `s` on the right
  d = { s.x = 1; package = pkgs.a; } // { s.y = 2; package = pkgs.b; };
#       ^^^ the `s` on the right
  e = { s.x = 1; inherit (x) y; } // { s.y = 2; };
#       ^^^ the `s` on the right
  f = with lib; { s.x = 1; } // { s.y = 2; };
#                 ^^^ the `s` on the right
}
"#,
            Applicability::Unsafe,
            r#"
{ lib, pkgs, x, ... }: {
  a = lib.recursiveUpdate { s.x = 1; t.u = 1; } # why
    { s.y = 2; t.v = 2; };
  b = x // lib.recursiveUpdate { s.x = 1; }({ s.y = 2; });
  c = [ (lib.recursiveUpdate { s.x = 1; } { s.y = 2; }) ];
  d = { s.x = 1; package = pkgs.a; } // { s.y = 2; package = pkgs.b; };
  e = { s.x = 1; inherit (x) y; } // { s.y = 2; };
  f = with lib; recursiveUpdate { s.x = 1; } { s.y = 2; };
}
"#,
        );
        let text = "pkgs: { a = { s.x = 1; } // { s.y = 1; }; }\n# ^^^ the `s`\n";
        let text = text.replace("# ^^^", "#             ^^^");
        let plain = text.lines().next().unwrap_or_default();
        check_fix(&ShallowUpdate::META, &text, Applicability::Unsafe, plain);
    }
}
