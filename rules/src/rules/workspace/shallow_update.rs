//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
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
    /// { ... }:
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
    /// There is no fix: `lib.mkMerge` joins settings, `lib.recursiveUpdate` any sets.
    pub struct ShallowUpdate {
        name: "shallow-update",
        group: Workspace,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 3,
        fix: None,
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
            cx.report(diagnostic);
        }
    }
}

/// The paths that a literal set binds, with the places of their keys; nothing of
/// what is computed.
fn leaves(expr: &SyntaxNode) -> Vec<(Vec<SmolStr>, TextRange)> {
    let mut found = Vec::new();
    collect(&without_parens(expr), &[], &mut found, 0);
    found
}

fn collect(
    expr: &SyntaxNode,
    above: &[SmolStr],
    found: &mut Vec<(Vec<SmolStr>, TextRange)>,
    depth: u32,
) {
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
    use crate::testing::check;

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
}
