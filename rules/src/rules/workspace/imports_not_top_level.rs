//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Severity};
use crate::module::Irregularity;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// `imports` in `config`, or in a `mkIf` or `mkMerge` that is the module.
    ///
    /// ## Why
    ///
    /// The module system reads `imports` off the module itself, before it knows any
    /// setting. What stands in `config`, or below a condition, is settings, and
    /// there is no option `imports`: the evaluation fails, whether the condition
    /// holds or not.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config = lib.mkIf config.site.desktop {
    ///     imports = [ ./desktop.nix ];
    /// #   ^^^^^^^ there is no option `imports`
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// {
    ///   imports = [ ./desktop.nix ];
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   # A module of another configuration has imports of its own.
    ///   config.home-manager.users.alice.imports = [ ./home.nix ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Where the module system of your own has an option of that name.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: import the module in any case and give it a switch of its own.
    ///
    /// ## References
    ///
    /// `unifyModuleSyntax` in `lib/modules.nix` of nixpkgs.
    pub struct ImportsNotTopLevel {
        name: "imports-not-top-level",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for ImportsNotTopLevel {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for (index, module) in cx.facts().modules.iter().enumerate() {
            for irregular in &module.irregular {
                let Irregularity::MisplacedImports { in_config, certain } = irregular.what else {
                    continue;
                };
                // Names that are not declared may be settings of a freeform type.
                if !cx.view().is_surely_module(cx.module_id(index))
                    || cx.text().contains("freeformType")
                {
                    continue;
                }
                let place = match in_config {
                    true => "among settings",
                    false => "in a condition or merge",
                };
                let message = format!("`imports` stands {place}, and there is no option `imports`");
                let diagnostic = Diagnostic::new(&Self::META, irregular.range, message)
                    .severity(match certain {
                        true => Severity::Error,
                        false => Severity::Warning,
                    })
                    .label("taken for a setting")
                    .help("import it in any case, beside `config`, and let it decide what it sets");
                cx.report(diagnostic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&ImportsNotTopLevel::META);
    }

    #[test]
    fn only_the_modules_own() {
        check(
            &ImportsNotTopLevel::META,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./b.nix ./c.nix ./d.nix ./e.nix ]; }
# FILE: a.nix
{ config, lib, ... }: lib.mkIf config.x {
  imports = [ ];
# ^^^^^^^ in a condition or merge
  programs.x.enable = true;
}
# FILE: b.nix
{ config, lib, ... }: {
  config = lib.mkMerge [
    { imports = [ ]; }
#     ^^^^^^^ among settings
    (lib.optionalAttrs lib.x { imports = [ ]; })
#                              ^^^^^^^ among settings
  ];
}
# FILE: c.nix
{ config, lib, ... }: {
  config.imports = [ ];
# ^^^^^^^^^^^^^^ among settings
}
# FILE: d.nix
{ config, lib, ... }: {
  containers.web.config.imports = [ ];
  containers.web = { config = { imports = [ ]; }; };
  config.programs.x.settings.imports = [ ];
  config.programs.y.config = { imports = [ ]; };
  specialisation.x.configuration = { imports = [ ]; };
}
# FILE: e.nix
{ config, lib, ... }: {
  containers.db = import ./value.nix;
  imports = lib.mkIf true [ ];
}
# FILE: value.nix
{ config = { imports = [ ]; }; autoStart = true; }
"#,
        );
    }

    #[test]
    fn who_accepts_any_name() {
        check(
            &ImportsNotTopLevel::META,
            r#"
{ lib, ... }: {
  freeformType = lib.types.attrsOf lib.types.anything;
  options.x = lib.mkOption { type = lib.types.int; };
  config.imports = [ ];
}
"#,
        );
    }
}
