//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::Irregularity;
use crate::rule::{NoOptions, Rule, RuleMeta};
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
    /// There is no fix: what a branch stands for is for the owner to say. `optionalAttrs`
    /// becomes `mkIf`, and `if … then … else …` two of them in a `mkMerge`.
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
        fix: None,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

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
}
