//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Severity};
use crate::module::{Irregularity, Origin};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// `config`, `options` or `pkgs` decides what is imported.
    ///
    /// ## Why
    ///
    /// What `config` and `options` hold is known once all modules have been read, and
    /// which these are, `imports` says. A question about them there ends in an infinite
    /// recursion. `pkgs` is an option, too (`_module.args.pkgs`), unless who evaluates
    /// the configuration passes it in `specialArgs`.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   imports = [ ./base.nix ] ++ lib.optional config.site.desktop ./desktop.nix;
    /// #                                          ^^^^^^^^^^^^^^^^^^^ `config` is known once all imports are
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, inputs, ... }:
    /// {
    ///   imports = [
    ///     ./base.nix
    ///     # What is passed in `specialArgs` is known in time.
    ///     inputs.disko.nixosModules.disko
    ///     # The settings of a module may ask everything.
    ///     { services.xserver.enable = config.site.desktop; }
    ///     (lib.mkIf config.site.desktop { services.printing.enable = true; })
    ///   ];
    /// }
    /// ```
    ///
    /// Of `pkgs` it is said as a warning, and not at all in a project that passes `pkgs`
    /// in `specialArgs`.
    ///
    /// ## When to allow it
    ///
    /// Of `config`, never. Of `pkgs`, where it comes with the special arguments.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: import the module in any case, and give it a switch of its own.
    pub struct ConfigInImports {
        name: "config-in-imports",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for ConfigInImports {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let view = cx.view();
        for (index, module) in cx.facts().modules.iter().enumerate() {
            for irregular in &module.irregular {
                let Irregularity::DecidesImports(argument, path) = &irregular.what else {
                    continue;
                };
                let id = cx.module_id(index);
                let is_config = argument == "config";
                if !view.graph.is_module(id)
                    || is_config && !view.has_own_config(cx.file(), index)
                    || !is_config && module.origin != Origin::File
                    || view.may_be_special(argument)
                {
                    continue;
                }
                let whole = match path.is_empty() {
                    true => argument.to_string(),
                    false => format!("{argument}.{path}"),
                };
                let (severity, message) = match argument == "pkgs" {
                    true => (
                        Severity::Warning,
                        "`pkgs` may be known only once all imports are".to_owned(),
                    ),
                    false => (
                        Severity::Error,
                        format!("`{argument}` is known once all imports are, and decides them"),
                    ),
                };
                let diagnostic = Diagnostic::new(&Self::META, irregular.range, message)
                    .severity(severity)
                    .label(format!("asks for `{whole}`"))
                    .help("import it in any case, and let the module decide what it sets");
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
        crate::testing::check_page(&ConfigInImports::META);
    }

    #[test]
    fn only_what_is_asked_in_any_case() {
        check(
            &ConfigInImports::META,
            r#"
{ config, options, lib, inputs, ... }:
let cfg = config.site; on = cfg.x && true; in {
  imports = [
    (if cfg.x then ./a.nix else { })
#       ^^^^^ `config` is known
    ./hosts/${config.networking.hostName}
#             ^^^^^^^^^^^^^^^^^^^^^^^^^^ `config` is known
    ({ ... }: { imports = lib.optional cfg.x ./y.nix; })
    { x = config.y; imports = lib.optional (!on) ./b.nix; }
#                                            ^^ `config` is known
    (lib.mkIf config.x { y = 1; })
    (import ./c.nix { inherit config; })
    (inputs.x.mkModule { inherit (config) y; })
    config.flake.nixosModules.x
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ `config` is known
  ] ++ lib.optionals (options ? site) [ ./d.nix ]
#                     ^^^^^^^ `options` is known
    ++ lib.optional (inputs ? x && config.y) ./e.nix
    ++ (if inputs ? x then lib.optional config.y ./f.nix else [ ]);
  home-manager.users.alice = {
    imports = lib.optional config.site.x ./home.nix;
  };
  specialisation.x.configuration.imports = lib.optional config.site.x ./home.nix;
  flake.modules.nixos.x = { imports = [ config.flake.modules.nixos.y ]; };
  flake.nixosModules.z.imports = [ config.flake.modules.nixos.y ];
}
"#,
        );
    }

    #[test]
    fn whose_config_it_is() {
        check(
            &ConfigInImports::META,
            r#"
{ config, lib, ... }: { lib, ... }: {
  imports = lib.optional config.x ./a.nix;
}
"#,
        );
        check(
            &ConfigInImports::META,
            r#"
{ osConfig, lib, ... }: {
  imports = lib.optional osConfig.x ./a.nix ++ lib.optional (osConfig.config or null != null) ./b.nix;
}
"#,
        );
    }

    #[test]
    fn packages_may_come_in_time() {
        check(
            &ConfigInImports::META,
            r#"
# FILE: a.nix
{ pkgs, lib, ... }: { imports = lib.optional pkgs.stdenv.isLinux ./x.nix; }
#                                            ^^^^^^^^^^^^^^^^^^^ `pkgs` may be known
"#,
        );
        check(
            &ConfigInImports::META,
            r#"
# FILE: flake.nix
{ outputs = { nixpkgs, ... }: f { specialArgs = { inherit inputs pkgs; }; }; }
# FILE: a.nix
{ pkgs, lib, ... }: { imports = lib.optional pkgs.stdenv.isLinux ./x.nix; }
"#,
        );
    }
}
