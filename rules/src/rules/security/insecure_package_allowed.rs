//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::local::LocalContext;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{string_literal, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, ast};

declare_rule! {
    /// A package that nixpkgs calls insecure is allowed.
    ///
    /// ## Why
    ///
    /// Such a package has holes that are known and that nobody mends. The exception is
    /// made in a minute, to get on with an update, and stays when the reason is long
    /// gone.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   nixpkgs.config.permittedInsecurePackages = [
    ///     "olm-3.2.16"
    /// #   ^^^^^^^^^^^^ `olm-3.2.16` is allowed although it has known holes
    ///   ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   nixpkgs.config.permittedInsecurePackages = [ ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Where nothing else does the work and the holes do not matter here; say why in the
    /// suppression, and look again with the next release.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: without the exception what needs the package does not evaluate.
    pub struct InsecurePackageAllowed {
        name: "insecure-package-allowed",
        group: Security,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 20,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for InsecurePackageAllowed {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_ATTRPATH]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["permittedInsecurePackages", "allowInsecure"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let (Some(binding), Some(value)) = (node.parent(), node.next_sibling()) else {
            return;
        };
        let keys = cx.whole_path(&binding);
        let Some((Some(last), above)) = keys.split_last() else {
            return;
        };
        let is_sample = |key: &str| matches!(key, "example" | "options");
        if above.iter().flatten().any(|key| is_sample(key)) || path::is_test(cx.path()) {
            return;
        }
        match last.as_str() {
            "permittedInsecurePackages" => packages(&without_parens(&value), cx),
            // Other programs have a setting of that name.
            "allowInsecure" if is_true(&value) && is_nixpkgs(above, cx.path()) => {
                report(
                    node.text_range(),
                    "every package with known holes is allowed",
                    cx,
                );
            }
            _ => {}
        }
    }
}

fn is_nixpkgs<T: AsRef<str>>(above: &[Option<T>], file: &str) -> bool {
    match above.last() {
        Some(key) => key.as_ref().is_some_and(|key| key.as_ref() == "config"),
        None => file.ends_with("nixpkgs/config.nix"),
    }
}

fn is_true(value: &SyntaxNode) -> bool {
    value.kind() == SyntaxKind::NODE_IDENT && value.text() == "true"
}

/// The packages in a list, and in lists that are joined.
fn packages(value: &SyntaxNode, cx: &mut LocalContext<'_>) {
    match value.kind() {
        SyntaxKind::NODE_LIST => {
            for element in value.children().filter_map(ast::Str::cast) {
                if let Some(name) = string_literal(&element) {
                    let message = format!("`{name}` is allowed although it has known holes");
                    report(element.syntax().text_range(), message, cx);
                }
            }
        }
        SyntaxKind::NODE_BIN_OP => {
            for operand in value.children() {
                packages(&without_parens(&operand), cx);
            }
        }
        _ => {}
    }
}

fn report(range: TextRange, message: impl Into<String>, cx: &mut LocalContext<'_>) {
    let help = "look for another package, or for a release that is looked after";
    cx.report(Diagnostic::new(&InsecurePackageAllowed::META, range, message).help(help));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&InsecurePackageAllowed::META);
    }

    #[test]
    fn wherever_nixpkgs_is_configured() {
        check(
            &InsecurePackageAllowed::META,
            r#"
{ lib, nixpkgs, ... }: {
  pkgs = import nixpkgs {
    config = {
      allowInsecure = true;
#     ^^^^^^^^^^^^^ every package
      permittedInsecurePackages = [ "a-1" ] ++ lib.optional true "b-1";
#                                   ^^^^^ `a-1`
    };
  };
  services.v2ray.tls.allowInsecure = true;
  nixpkgs.config.allowInsecure = false;
  nixpkgs.config.permittedInsecurePackages = map (x: x) [ "c-1" ];
  options.x.example = { permittedInsecurePackages = [ "d-1" ]; };
}
"#,
        );
        check(
            &InsecurePackageAllowed::META,
            "# FILE: home/.config/nixpkgs/config.nix\n{ allowInsecure = true;\n# ^^^^^^^^^^^^^ every package\n}",
        );
    }
}
