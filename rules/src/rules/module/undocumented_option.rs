//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Condition, Diagnostic};
use crate::local::LocalContext;
use crate::mk_option::MkOption;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::{SyntaxKind, SyntaxNode};

declare_rule! {
    /// Nothing says what an option does.
    ///
    /// ## Why
    ///
    /// The description is what hosts, editors and manuals show of an option. Without
    /// one, whoever sets it has to read the module. The manual of NixOS and
    /// `nixosOptionsDoc` even refuse to be built with such an option.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   options.site.mail.domain = lib.mkOption {
    /// #                            ^^^^^^^^^^^^ the option `site.mail.domain` has no description
    ///     type = lib.types.str;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   options.site.mail = {
    ///     enable = lib.mkEnableOption "the mail server";
    ///     domain = lib.mkOption {
    ///       type = lib.types.str;
    ///       description = "What stands behind the @ of addresses.";
    ///     };
    ///     # Nobody sets this by hand.
    ///     hostKeys = lib.mkOption {
    ///       type = lib.types.attrs;
    ///       internal = true;
    ///     };
    ///   };
    ///   # NixOS declares and describes it; this only adds to its type.
    ///   options.services.nginx.virtualHosts = lib.mkOption {
    ///     type = lib.types.attrsOf (lib.types.submodule ./virtual-host.nix);
    ///   };
    /// }
    /// ```
    ///
    /// A description that is inherited or brought by `//` counts. Silent are internal
    /// and invisible options, what lies below them, names that begin with `_`,
    /// declarations that add a type to an option of somebody else, what a function
    /// makes or a `let` keeps for others to describe, outputs of flakes, libraries in a
    /// folder `lib`, tests, examples and templates.
    ///
    /// ## When to allow it
    ///
    /// Where the modules are only for oneself, and the names say it all: ignore the
    /// rule in `nixamine.toml`.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: only you know what the option is for.
    ///
    /// ## References
    ///
    /// "Option Declarations" in the manual of NixOS.
    pub struct UndocumentedOption {
        name: "undocumented-option",
        group: Module,
        topic: Documentation,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for UndocumentedOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["mkOption"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(option) = MkOption::of(node, cx) else {
            return;
        };
        if option.find("description").is_some()
            || option.only_extends()
            || adds_a_type(&option)
            || is_of_outputs(&option, cx)
            || is_for_others(node, cx)
            || is_of_a_library(cx.path())
            || !option.is_for_manuals(cx)
        {
            return;
        }
        let message = format!("{} has no description", option.named(cx));
        let path = option.path(cx);
        let is_switch = path.last().is_some_and(|name| name == "enable");
        let help = match is_switch {
            true => "add a `description`, or use `mkEnableOption`, which makes one",
            false => "add a `description`",
        };
        let range = option.function.text_range();
        let mut diagnostic = Diagnostic::new(&Self::META, range, message).help(help);
        // Another declaration of the same option may describe it.
        diagnostic.only_if = Some(Condition::Undescribed {
            at: range.start(),
            path,
        });
        cx.report(diagnostic);
    }
}

/// Does it say nothing but a type of those that merge, as one does to add to an option
/// of somebody else? Such a declaration must not describe the option again.
fn adds_a_type(option: &MkOption) -> bool {
    let [only] = option.attributes.as_slice() else {
        return false;
    };
    let ty = only.value.as_ref().filter(|_| only.name == "type");
    ty.is_some_and(|ty| {
        let ty = ty.text().to_string();
        ty.contains("ubmodule") || ty.contains("enum")
    })
}

/// Is it there only so that several modules may add to what everybody knows: outputs of
/// a flake, the library of a configuration?
fn is_of_outputs(option: &MkOption, cx: &LocalContext<'_>) -> bool {
    let path = option.path(cx);
    let root = path.first().map(|root| root.as_str());
    root == Some("flake") || root == Some("lib") && path.len() == 1
}

fn is_below_options(node: &SyntaxNode, cx: &LocalContext<'_>) -> bool {
    let path = cx.attr_path(node);
    path.iter().flatten().any(|name| name == "options")
}

/// Is it what a function makes or takes, or a `let` keeps, for others to describe?
fn is_for_others(node: &SyntaxNode, cx: &LocalContext<'_>) -> bool {
    use SyntaxKind::*;
    let kinds = node.ancestors().skip(1).map(|it| it.kind());
    let mut around = kinds.skip_while(|kind| matches!(kind, NODE_PAREN | NODE_LET_IN | NODE_WITH));
    let is_it = match around.next() {
        Some(NODE_ATTRPATH_VALUE) => match around.next() {
            Some(NODE_LET_IN) => return true,
            // `make { option = mkOption { … }; }`
            _ => around.next() == Some(NODE_APPLY),
        },
        kind => kind == Some(NODE_LAMBDA),
    };
    is_it && !is_below_options(node, cx)
}

/// Is it part of a library, which makes types and options for modules?
fn is_of_a_library(path: &str) -> bool {
    path.split('/').any(|part| part == "lib")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    fn finds(text: &str) {
        check(&UndocumentedOption::META, text);
    }

    #[test]
    fn what_counts_as_described() {
        finds("{ lib, description, ... }: { options.a = lib.mkOption { inherit description; }; }");
        finds("{ lib, d, ... }: { options.a = lib.mkOption { inherit (d) description type; }; }");
        finds(
            "{ lib, ... }: { options.a = lib.mkOption ({ default = 1; } // { description = \"x\"; }); }",
        );
        finds("{ lib, x, ... }: { options.a = lib.mkOption ({ default = 1; } // x); }");
        finds("{ lib, x, ... }: { options.a = lib.mkOption { default = 1; } // x; }");
        finds("{ lib, args, ... }: { options.a = lib.mkOption args; }");
        finds("{ lib, ... }: { options.a = lib.mkEnableOption \"x\"; }");
        finds("{ mkOption, ... }: { options.a = mkOption { default = 1; }; }");
    }

    #[test]
    fn what_is_hidden_is_silent() {
        finds("{ lib, ... }: { options.a = lib.mkOption { internal = true; default = 1; }; }");
        finds("{ lib, ... }: { options.my._a.b = lib.mkOption { default = 1; }; }");
        finds("{ lib, ... }: { options.a = lib.mkOption { visible = false; default = 1; }; }");
        finds(
            "{ lib, ... }: { options.a = lib.mkOption { internal = true; type = lib.types.submodule { options.b = lib.mkOption { default = 1; }; }; }; }",
        );
        finds(
            "
# FILE: tests/a.nix
{ lib, ... }: { options.a = lib.mkOption { default = 1; }; }
# FILE: modules/a/test.nix
{ lib, ... }: { options.a = lib.mkOption { default = 1; }; }
# FILE: lib/types.nix
{ lib, ... }: { options.a = lib.mkOption { default = 1; }; }
",
        );
    }

    #[test]
    fn what_extends_is_silent() {
        finds("{ lib, ... }: { options.a = lib.mkOption { apply = x: x; }; }");
        finds(
            "{ lib, ... }: { options.services.a.b = lib.mkOption { type = lib.types.enum [ \"x\" ]; }; }",
        );
        finds("{ lib, ... }: { options.lib = lib.mkOption { type = lib.types.attrs; }; }");
        finds("{ lib, ... }: { options.flake.a = lib.mkOption { default = { }; }; }");
        finds(
            "{ lib, ... }: { type = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule ./a.nix); }; }",
        );
        finds(
            "
# FILE: a.nix
{ lib, ... }: { options.my.a = lib.mkOption { default = 1; }; }
# FILE: b.nix
{ lib, ... }: { options.my.a = lib.mkOption { type = lib.types.int; description = \"x\"; }; }
",
        );
        finds(
            "{ lib, ... }: {
  options.services.a.b = lib.mkOption { type = lib.types.str; };
#                        ^^^^^^^^^^^^ the option `services.a.b` has no description
  options.my.b = lib.mkOption { type = lib.types.enum [ \"x\" ]; default = \"x\"; };
#                ^^^^^^^^^^^^ the option `my.b` has no description
}",
        );
    }

    #[test]
    fn functions_leave_it_to_others() {
        finds(
            "{ lib, ... }: let make = default: lib.mkOption { inherit default; }; in { options.a = make 1; }",
        );
        finds(
            "{ lib, ... }: let
  make = name: { port = lib.mkOption { default = 1; }; };
#                       ^^^^^^^^^^^^ `make.port` has no description
in {
  options.a = lib.mapAttrs (name: default: lib.mkOption { inherit default; }) { b = 1; };
#                                          ^^^^^^^^^^^^ `a` has no description
}",
        );
    }

    #[test]
    fn options_of_submodules_count() {
        finds(
            "{ lib, ... }: {
  options.a = lib.mkOption {
    description = \"x\";
    type = lib.types.submodule { options.b.enable = lib.mkOption { type = lib.types.bool; }; };
#                                                   ^^^^^^^^^^^^ the option `b.enable` has no description
  };
}",
        );
    }
}
