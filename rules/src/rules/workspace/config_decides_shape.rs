//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{Irregularity, env_at};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{application, without_parens};
use crate::syntax::{self, AstNode, HasEntry, SyntaxKind, SyntaxNode, TextRange, ast};
use crate::workspace::FileContext;

declare_rule! {
    /// `config` decides which options a module sets.
    ///
    /// ## Why
    ///
    /// To find the value of any option, the module system has to know which options each
    /// module sets. Where that hangs on `config` (`optionalAttrs config.x { … }`, `if
    /// config.x then { … } else { … }`), it has to know a value first: an infinite
    /// recursion. `mkIf` says what is set in any case, and waits with the condition.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config = lib.optionalAttrs config.site.desktop {
    /// #                            ^^^^^^^^^^^^^^^^^^^ `config` decides which options are set
    ///     services.xserver.enable = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { config, lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config = lib.mkIf config.site.desktop {
    ///     services.xserver.enable = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config = lib.mkIf config.site.desktop {
    ///     # In the value of an option that takes any set it is fine.
    ///     environment.etc = lib.optionalAttrs config.site.desktop { "x".text = "y"; };
    ///   };
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Never: it does not evaluate.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: a module that did not evaluate begins to. `optionalAttrs`, and an `if` whose
    /// `else` is empty, become `mkIf`. There is no fix beside `//`, which cannot join what
    /// `mkIf` makes, and for the module itself, which has to be a set.
    ///
    /// ## References
    ///
    /// `pushDownProperties` in `lib/modules.nix` of nixpkgs.
    pub struct ConfigDecidesShape {
        name: "config-decides-shape",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for ConfigDecidesShape {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let view = cx.view();
        for (index, module) in cx.facts().modules.iter().enumerate() {
            for irregular in &module.irregular {
                let Irregularity::DecidesShape(path) = &irregular.what else {
                    continue;
                };
                if !view.is_surely_module(cx.module_id(index))
                    || !view.has_own_config(cx.file(), index)
                {
                    continue;
                }
                let whole = match path.is_empty() {
                    true => "config".to_owned(),
                    false => format!("config.{path}"),
                };
                let message = "`config` decides which options are set, and so itself";
                let diagnostic = Diagnostic::new(&Self::META, irregular.range, message)
                    .label(format!("asks for `{whole}`"))
                    .help("say it with `lib.mkIf`, which waits with the condition");
                cx.report(diagnostic);
            }
        }
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        diagnostic
            .fixes
            .extend(waiting(diagnostic.range, cx.text()));
    }
}

/// `mkIf` in the place of the choice whose condition the text at `range` belongs to.
fn waiting(range: TextRange, text: &str) -> Option<Fix> {
    let tree = syntax::parse(text);
    if !tree.errors().is_empty() {
        return None;
    }
    let around = tree.root().covering_element(range);
    let mut around = around.ancestors().filter(are_settings);
    let edits = around.find_map(|node| match node.kind() {
        SyntaxKind::NODE_APPLY => of_call(&node, range),
        SyntaxKind::NODE_IF_ELSE => of_branch(&node, range),
        _ => None,
    })?;
    let title = "let `mkIf` wait with the condition";
    Some(Fix::new(Applicability::Unsafe, title, edits))
}

/// Does an expression stand where a set of settings is expected, and `mkIf` may be?
fn are_settings(expr: &SyntaxNode) -> bool {
    let Some(parent) = expr.parent() else {
        return false;
    };
    let is_last = parent.last_child().as_ref() == Some(expr);
    match parent.kind() {
        SyntaxKind::NODE_ATTRPATH_VALUE => true,
        SyntaxKind::NODE_PAREN => are_settings(&parent),
        SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => is_last && are_settings(&parent),
        SyntaxKind::NODE_APPLY => {
            is_last && is_call(&parent, &["mkIf", "mkForce", "mkDefault"]) && are_settings(&parent)
        }
        SyntaxKind::NODE_LIST => parent
            .ancestors()
            .skip(1)
            .find(|it| it.kind() != SyntaxKind::NODE_PAREN)
            .is_some_and(|it| is_call(&it, &["mkMerge"]) && are_settings(&it)),
        _ => false,
    }
}

/// Is it a call of one of these functions of `lib`?
fn is_call(expr: &SyntaxNode, names: &[&str]) -> bool {
    let function = application(expr).and_then(|(function, _)| env_at(expr).meaning(&function));
    let name = function.as_ref().and_then(|it| it.lib_function());
    name.is_some_and(|name| names.contains(&name))
}

/// `lib.optionalAttrs c { … }`.
fn of_call(call: &SyntaxNode, asked: TextRange) -> Option<Vec<Edit>> {
    let (function, arguments) = application(call)?;
    let [condition, _] = arguments.as_slice() else {
        return None;
    };
    let is_it = is_call(call, &["optionalAttrs"]) && condition.text_range().contains_range(asked);
    let mk_if = env_at(call).spelling("mkIf").filter(|_| is_it)?;
    Some(vec![Edit::replace(function.text_range(), mk_if)])
}

/// `if c then { … } else { }`.
fn of_branch(branch: &SyntaxNode, asked: TextRange) -> Option<Vec<Edit>> {
    let choice = ast::IfElse::cast(branch.clone())?;
    let condition = choice.condition()?.syntax().clone();
    let (settings, none) = (choice.body()?, choice.else_body()?);
    let none = ast::AttrSet::cast(without_parens(none.syntax()))?;
    let is_it = condition.text_range().contains_range(asked)
        && none.entries().next().is_none()
        && without_parens(settings.syntax()).kind() == SyntaxKind::NODE_ATTR_SET;
    let mk_if = env_at(branch).spelling("mkIf").filter(|_| is_it)?;
    let (start, end) = (branch.text_range().start(), branch.text_range().end());
    let (condition, settings) = (condition.text_range(), settings.syntax().text_range());
    Some(vec![
        Edit::replace(
            TextRange::new(start, condition.start()),
            format!("{mk_if} ("),
        ),
        Edit::replace(TextRange::new(condition.end(), settings.start()), ") "),
        Edit::delete(TextRange::new(settings.end(), end)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&ConfigDecidesShape::META);
    }

    #[test]
    fn only_at_the_top() {
        check(
            &ConfigDecidesShape::META,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./b.nix ./c.nix ./d.nix ./e.nix ]; }
# FILE: a.nix
{ config, lib, ... }: let cfg = config.site; in {
  config = lib.mkMerge [
    (lib.mkIf cfg.x (lib.optionalAttrs cfg.y { a = 1; }))
#                                      ^^^^^ `config` decides
    (lib.mkIf cfg.x { services = lib.optionalAttrs cfg.y { a = 1; }; })
    ({ a = 1; } // (if cfg.x or false then { b = 2; } else { }))
#                      ^^^^^^^^^^^^^^ `config` decides
    (lib.optionalAttrs lib.x { a = 1; })
  ];
}
# FILE: b.nix
{ config, lib, ... }: { programs.a = 1; } // lib.optionalAttrs (config.x == 1) { programs.b = 2; }
#                                                               ^^^^^^^^ `config` decides
# FILE: c.nix
{ config, lib, ... }: { lib, ... }: { config = lib.optionalAttrs config.x { a = 1; }; }
# FILE: d.nix
{ options, lib, osConfig, ... }: {
  config = lib.optionalAttrs (options ? x) { a = 1; } // lib.optionalAttrs osConfig.x { b = 1; };
}
# FILE: e.nix
{ config, lib, ... }: {
  home-manager.users.alice = lib.optionalAttrs config.x { a = 1; };
  specialisation.x.configuration = lib.optionalAttrs config.x { a = 1; };
}
# FILE: f.nix
{ config, lib, ... }: if config.x then { programs.a = 1; } else { }
"#,
        );
    }

    #[test]
    fn what_may_wait_waits() {
        check_fix(
            &ConfigDecidesShape::META,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./c.nix ]; }
# FILE: a.nix
{ config, lib, ... }: let inherit (lib) mkIf mkMerge; in {
  config = mkMerge [
    (if config.x == 1 then { a = 1; } else { })
#       ^^^^^^^^ `config` decides
    (if config.y then { a = 1; } else { b = 1; })
#       ^^^^^^^^ `config` decides
    (mkIf config.z (lib.optionalAttrs (config.a == 2) { a = 1; }))
#                                      ^^^^^^^^ `config` decides
    ({ a = 1; } // lib.optionalAttrs config.c { b = 1; })
#                                    ^^^^^^^^ `config` decides
  ];
}
# FILE: c.nix
{ config, optionalAttrs, mkIf, ... }: with { inherit (optionalAttrs) lib; }; {
  config = if config.x then { a = 1; } else { };
#             ^^^^^^^^ `config` decides
}
"#,
            Applicability::Unsafe,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./c.nix ]; }
# FILE: a.nix
{ config, lib, ... }: let inherit (lib) mkIf mkMerge; in {
  config = mkMerge [
    (mkIf (config.x == 1) { a = 1; })
    (if config.y then { a = 1; } else { b = 1; })
    (mkIf config.z (mkIf (config.a == 2) { a = 1; }))
    ({ a = 1; } // lib.optionalAttrs config.c { b = 1; })
  ];
}
# FILE: c.nix
{ config, optionalAttrs, mkIf, ... }: with { inherit (optionalAttrs) lib; }; {
  config = if config.x then { a = 1; } else { };
}
"#,
        );
    }
}
