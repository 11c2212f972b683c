//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::local::LocalContext;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{LibCall, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, ast};

declare_rule! {
    /// `//` with a `mkIf`, `mkMerge` or priority loses the other side.
    ///
    /// ## Why
    ///
    /// `mkIf` and its like do not return settings but a small set with the tag
    /// `_type`, which the module system takes apart later. `//` puts that tag and
    /// the plain settings into one set; the module system sees the tag, reads what
    /// belongs to it, and ignores the rest without a word, whether the condition
    /// holds or not.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   services.nginx = {
    ///     enable = true;
    ///   } // lib.mkIf config.site.tls {
    /// #   ^^ what stands left of it is lost
    ///     recommendedTlsSettings = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { config, lib, ... }:
    /// {
    ///   services.nginx = lib.mkMerge [ {
    ///     enable = true;
    ///   } (lib.mkIf config.site.tls {
    ///     recommendedTlsSettings = true;
    ///   }) ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// {
    ///   services.nginx = lib.mkMerge [
    ///     { enable = true; }
    ///     (lib.mkIf config.site.tls { recommendedTlsSettings = true; })
    ///   ];
    ///   # What the condition decides is known when the option is read.
    ///   services.openssh.settings = {
    ///     UseDns = false;
    ///   } // lib.optionalAttrs config.site.strict { PermitRootLogin = "no"; };
    /// }
    /// ```
    ///
    /// A side that is an empty set, or only says `_file` or `key`, is silent.
    ///
    /// ## When to allow it
    ///
    /// Never in what the module system reads.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: the settings that were lost begin to hold.
    ///
    /// ## References
    ///
    /// `dischargeProperties` and `pushDownProperties` in `lib/modules.nix` of nixpkgs.
    pub struct UpdateWithMkif {
        name: "update-with-mkif",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// The functions of `lib` that return a tagged set, with how many arguments.
const TAGGING: &[(&str, usize)] = &[
    ("mkIf", 2),
    ("mkMerge", 1),
    ("mkForce", 1),
    ("mkDefault", 1),
    ("mkOverride", 2),
    ("mkVMOverride", 1),
    ("mkImageMediaOverride", 1),
    ("mkOptionDefault", 1),
    ("mkBefore", 1),
    ("mkAfter", 1),
    ("mkOrder", 2),
];

impl Rule for UpdateWithMkif {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_BIN_OP]
    }

    fn needles(&self) -> &'static [&'static str] {
        &[
            "mkIf",
            "mkMerge",
            "mkForce",
            "mkDefault",
            "Override",
            "mkOptionDefault",
            "mkBefore",
            "mkAfter",
            "mkOrder",
        ]
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
        let (left, right) = (left.syntax(), right.syntax());
        // The tag of the right side wins; what the left one said by it is lost.
        let (lost, side) = if tagged(right, cx).is_some() {
            (left, "left")
        } else if tagged(left, cx).is_some() {
            (right, "right")
        } else {
            return;
        };
        if says_nothing(lost) {
            return;
        }
        let Some(operator) = operator(node) else {
            return;
        };
        let message = format!("what stands {side} of it is lost");
        let mut diagnostic = Diagnostic::new(&Self::META, operator, message)
            .help("join them with `mkMerge`, or use `optionalAttrs` for the condition");
        diagnostic.fixes.extend(merged(node, left, right, cx));
        cx.report(diagnostic);
    }
}

/// The call that an expression is, if it makes a set with a tag.
fn tagged(expr: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<LibCall> {
    cx.lib_call(&without_parens(expr), TAGGING)
}

/// Is a set empty, but for the names by which a module is known in messages?
fn says_nothing(expr: &SyntaxNode) -> bool {
    let expr = without_parens(expr);
    expr.kind() == SyntaxKind::NODE_ATTR_SET
        && expr.children().all(|entry| {
            let binding = ast::AttrpathValue::cast(entry);
            let path = binding.and_then(|binding| binding.attrpath());
            path.is_some_and(|path| {
                ["_file", "key"]
                    .iter()
                    .any(|name| path.syntax().text() == *name)
            })
        })
}

fn operator(update: &SyntaxNode) -> Option<TextRange> {
    let mut tokens = update
        .children_with_tokens()
        .filter_map(|it| it.into_token());
    let operator = tokens.find(|token| token.kind() == SyntaxKind::TOKEN_UPDATE)?;
    Some(operator.text_range())
}

/// Both sides in a list of `mkMerge`, where a value may be that.
fn merged(
    update: &SyntaxNode,
    left: &SyntaxNode,
    right: &SyntaxNode,
    cx: &mut LocalContext<'_>,
) -> Option<Fix> {
    // Part of a chain, or a module itself, whose imports and options no merge may hold.
    if update.parent()?.kind() != SyntaxKind::NODE_ATTRPATH_VALUE {
        return None;
    }
    let function = tagged(right, cx).or_else(|| tagged(left, cx))?.function;
    let merge = match ast::Select::cast(function.clone()) {
        Some(select) => {
            let last = select.attrpath()?.attrs().last()?;
            let written = function.text().to_string();
            let before = last.syntax().text_range().start() - function.text_range().start();
            format!("{}mkMerge", &written[..usize::from(before)])
        }
        // A bare name: so must the other one be.
        None => {
            let meaning = cx.env(update).lookup("mkMerge")?;
            (meaning.lib_function() == Some("mkMerge")).then(|| "mkMerge".to_owned())?
        }
    };
    // Elements of a list stand in parentheses unless they are one thing.
    let wrapped = |expr: &SyntaxNode| match expr.kind() {
        SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_PAREN | SyntaxKind::NODE_IDENT => ("", ""),
        _ => ("(", ")"),
    };
    let (open_left, close_left) = wrapped(left);
    let (open_right, close_right) = wrapped(right);
    let between = TextRange::new(left.text_range().end(), right.text_range().start());
    let whole = update.text();
    let from = update.text_range().start();
    let written = whole.slice(between - from).to_string();
    // A comment or a line break between them is left to whoever wrote it.
    if written.trim() != "//" || written.contains('\n') {
        return None;
    }
    let edits = [
        Edit::insert(left.text_range().start(), format!("{merge} [ {open_left}")),
        Edit::replace(between, format!("{close_left} {open_right}")),
        Edit::insert(right.text_range().end(), format!("{close_right} ]")),
    ];
    Some(Fix::new(
        Applicability::Unsafe,
        "join them with `mkMerge`",
        edits,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&UpdateWithMkif::META);
    }

    #[test]
    fn both_sides_are_read() {
        check(
            &UpdateWithMkif::META,
            r#"
{ config, lib, ... }:
let
  inherit (lib) mkIf mkMerge;
  on = mkIf config.x;
in
{
  a = mkIf config.x { b = 1; } // { c = 2; };
#                              ^^ what stands right of it is lost
  b = { b = 1; } // mkMerge [ { } ];
#                ^^ what stands left of it is lost
  c = { } // mkIf config.x { b = 1; };
  i = [ ({ _file = "here"; } // mkIf config.x { b = 1; }) ];
  d = base // (lib.mkForce { b = 1; });
#          ^^ what stands left of it is lost
  # A function that waits for its second argument is none of these sets.
  e = { b = 1; } // on { };
  f = { b = 1; } // lib.optionalAttrs config.x { c = 1; };
  g = { b = mkIf config.x 1; } // { c = 2; };
  h = { b = 1; } // mkif config.x { };
}
"#,
        );
    }

    #[test]
    fn the_merge_is_found_as_the_condition_was() {
        check_fix(
            &UpdateWithMkif::META,
            r#"
{ config, lib, ... }:
with lib;
{
  a = { b = 1; } // mkIf config.x { c = 2; };
#                ^^ lost
  d = f x // (mkIf config.x { c = 2; });
#         ^^ lost
  e = { b = 1; } # why
    // mkIf config.x { c = 2; };
#   ^^ lost
}
"#,
            Applicability::Unsafe,
            r#"
{ config, lib, ... }:
with lib;
{
  a = mkMerge [ { b = 1; } (mkIf config.x { c = 2; }) ];
  d = mkMerge [ (f x) (mkIf config.x { c = 2; }) ];
  e = { b = 1; } # why
    // mkIf config.x { c = 2; };
}
"#,
        );
    }

    #[test]
    fn a_module_gets_no_fix() {
        let text = r#"
{ config, lib, ... }:
{
  imports = [ ./a.nix ];
} // lib.mkIf config.x { c = 2; }
# ^^ lost
"#;
        check_fix(
            &UpdateWithMkif::META,
            text,
            Applicability::Unsafe,
            &text.replace("# ^^ lost\n", ""),
        );
    }
}
