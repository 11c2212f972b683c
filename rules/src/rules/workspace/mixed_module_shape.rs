//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// Settings beside a top-level `options` or `config`.
    ///
    /// ## Why
    ///
    /// A module is either a set of settings, or a set of `imports`, `options` and
    /// `config`. Once it has one of the last two, a setting beside them is an error:
    /// "Module … has an unsupported attribute".
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: default.nix
    /// { imports = [ ./desktop.nix ]; }
    /// # FILE: desktop.nix
    /// { lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   services.printing.enable = true;
    /// # ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `services.printing` stands beside `options`
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   imports = [ ./printing.nix ];
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config.services.printing.enable = true;
    /// }
    /// ```
    ///
    /// A file of that shape that no module of the project imports is silent: other
    /// things have `options`, too.
    ///
    /// ## When to allow it
    ///
    /// Never: it does not evaluate.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: move the settings into `config`.
    ///
    /// ## References
    ///
    /// `unifyModuleSyntax` in `lib/modules.nix` of nixpkgs.
    pub struct MixedModuleShape {
        name: "mixed-module-shape",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

/// Beside what is not taken for a section: what else may stand there.
const ALLOWED: &[&str] = &[
    "_class",
    "_file",
    "key",
    "meta",
    "freeformType",
    "disabledModules",
];

impl Rule for MixedModuleShape {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for (index, module) in cx.facts().modules.iter().enumerate() {
            let beside = match (module.has_options, module.has_config) {
                (true, _) => "options",
                (_, true) => "config",
                _ => continue,
            };
            let is_odd = |name: &str| {
                let first = name.split('.').next().unwrap_or(name);
                !ALLOWED.contains(&first)
            };
            let mut odd = module
                .sections
                .iter()
                .filter(|section| section.is_outermost && is_odd(&section.name));
            let Some(first) = odd.next() else { continue };
            // Several sets may be one each, and a set that is an operand loses entries.
            if module.outermost_sets != 1 || !cx.view().is_surely_module(cx.module_id(index)) {
                continue;
            }
            let message = format!("`{}` stands beside `{beside}`", first.name);
            let mut diagnostic = Diagnostic::new(&Self::META, first.range, message)
                .label("no module has both")
                .help("move it into `config`");
            diagnostic.related = odd
                .map(|section| Related {
                    path: None,
                    range: section.range,
                    message: "and this one".to_owned(),
                })
                .collect();
            cx.report(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&MixedModuleShape::META);
    }

    #[test]
    fn only_modules() {
        check(
            &MixedModuleShape::META,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./b.nix ./c.nix ./d.nix ]; containers.x = import ./value.nix; }
# FILE: a.nix
{ lib, ... }: {
  _class = "nixos"; _file = "x"; key = "y"; disabledModules = [ ]; imports = [ ]; meta.maintainers = [ ];
  freeformType = lib.types.anything;
  options.x = lib.mkOption { type = lib.types.int; };
  config.x = 1;
}
# FILE: b.nix
{ lib, ... }: let y = 1; in {
  config.x = y;
  assertions = [ ];
# ^^^^^^^^^^^^^^^^^ `assertions` stands beside `config`
  _module.args.z = 1;
}
# FILE: c.nix
{ lib, ... }: if lib.x then { config.x = 1; } else { services.x = 1; }
# FILE: d.nix
{ lib, ... }: { services.x = { options.y = 1; config = 2; z = 3; }; }
# FILE: alone.nix
{ lib, ... }: {
  options.x = lib.mkOption { type = lib.types.int; };
  extraConfig = "";
}
# FILE: value.nix
{ config = { services.x = 1; }; autoStart = true; }
"#,
        );
    }
}
