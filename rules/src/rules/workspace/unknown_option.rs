//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::module::{Class, Guard};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::rules::did_you_mean;
use crate::workspace::{Completeness, Settings, WorkspaceContext, dotted};

declare_rule! {
    /// A setting of an option that does not exist.
    ///
    /// ## Why
    ///
    /// Nothing reads it, and the evaluation of every host that imports the module
    /// stops with "The option … does not exist". Mostly it is a slip, or the
    /// option had another name in the module that it was copied from.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: backup.nix
    /// { lib, ... }:
    /// {
    ///   options.my.backup = {
    ///     enable = lib.mkEnableOption "backups";
    ///     interval = lib.mkOption {
    ///       type = lib.types.str;
    ///       default = "daily";
    ///     };
    ///   };
    /// }
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./backup.nix ];
    ///   my.backup.enable = true;
    ///   my.backup.intervall = "weekly";
    /// #           ^^^^^^^^^ there is no option `my.backup.intervall`; did you mean `interval`?
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: backup.nix
    /// { lib, ... }:
    /// {
    ///   options.my.backup = {
    ///     enable = lib.mkEnableOption "backups";
    ///     interval = lib.mkOption {
    ///       type = lib.types.str;
    ///       default = "daily";
    ///     };
    ///   };
    /// }
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./backup.nix ];
    ///   my.backup.enable = true;
    ///   my.backup.interval = "weekly";
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: backup.nix
    /// { lib, ... }:
    /// {
    ///   options.my.backup.settings = lib.mkOption {
    ///     type = lib.types.attrsOf lib.types.anything;
    ///   };
    /// }
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./backup.nix ];
    ///   # Whatever is inside of such an option is its owner's.
    ///   my.backup.settings.intervall = "weekly";
    ///   # Declared elsewhere, as far as anybody knows here.
    ///   services.backup.intervall = "weekly";
    /// }
    /// ```
    ///
    /// A name is judged where all options around it are known: in namespaces that
    /// the project declares by itself, and in those of libraries that are indexed.
    /// Where modules of other flakes may declare more, only what is nearly the
    /// name of an option is reported. Below a condition the finding is a warning.
    ///
    /// ## When to allow it
    ///
    /// When a module that cannot be seen here declares the option.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: something is set that was not set before.
    ///
    /// ## References
    ///
    /// `checkUnmatched` in `lib/modules.nix` of nixpkgs.
    pub struct UnknownOption {
        name: "unknown-option",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Are the names so near to each other that one is likely meant for the other?
fn is_slip(name: &str, near: &str) -> bool {
    let most = if name.len() < 8 { 1 } else { 2 };
    name.len() > 3 && strsim::damerau_levenshtein(name, near) <= most
}

/// Names that mean something to the module system itself.
const OWN: &[&str] = &[
    "_module",
    "_file",
    "_class",
    "warnings",
    "assertions",
    "meta",
    "lib",
];

impl Rule for UnknownOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        let (Some(among), Some((name, around))) = (settings.among, settings.path.split_last())
        else {
            return;
        };
        let options = cx.view().options();
        // Nobody adds to what an option takes.
        let path: Vec<_> = around.iter().copied().map(Some).collect();
        let all = options.all(settings.class);
        let inside = all.and_then(|all| all.option(&path)).map(|(len, _)| len);
        if settings.shared && inside.is_none() || OWN.contains(name) || name.starts_with('_') {
            return;
        }
        let near = did_you_mean(name, among.entries.keys().map(|known| known.as_str()));
        // A type that is put together from modules may have more than was read.
        if inside.is_some() && !near.is_some_and(|near| is_slip(name, near)) {
            return;
        }
        match options.is_complete(settings.class, &settings.path, around.len()) {
            Completeness::Unknown => return,
            Completeness::ButForOthers => {
                // Others add whole namespaces more than options to those there are.
                let is_slip = near.is_some_and(|near| is_slip(name, near));
                if around.len() < 2 && settings.class != Class::Unknown || !is_slip {
                    return;
                }
            }
            // A module that nobody saw imported may bring a namespace.
            Completeness::All
                if around.is_empty() && !near.is_some_and(|near| is_slip(name, near)) =>
            {
                return;
            }
            Completeness::All => {}
        }
        for setting in &settings.all {
            let definition = setting.definition;
            // Whoever asks what options there are knows what he does.
            let asks = definition
                .guards
                .iter()
                .any(|guard| guard.to_string().contains("options"));
            // Into what gives way, or is hidden, nobody looks.
            let is_lost = || {
                inside.is_some_and(|len| {
                    let all = cx.view().settings_of(settings.class, &settings.path[..len]);
                    let graph = cx.view().graph;
                    definition.is_hidden(len)
                        || all.is_some_and(|all| all.is_overridden(graph, setting))
                })
            };
            if asks
                || definition.is_dropped()
                || definition.update.is_some()
                || !cx.view().is_evaluated(settings, setting.module)
                || is_lost()
            {
                continue;
            }
            let key = &definition.path[around.len()];
            let full = dotted(&settings.path);
            let message = match near {
                Some(near) => format!("there is no option `{full}`; did you mean `{near}`?"),
                None => format!("there is no option `{full}`"),
            };
            let certain = definition.guards.iter().all(Guard::is_choice);
            let mut diagnostic = Diagnostic::new(&Self::META, key.range, message)
                .severity(if certain {
                    Severity::Error
                } else {
                    Severity::Warning
                })
                .label("not declared");
            if !around.is_empty() {
                let known: Vec<_> = among
                    .entries
                    .keys()
                    .take(8)
                    .map(|known| format!("`{known}`"))
                    .collect();
                let more = among.entries.len().saturating_sub(known.len());
                let more = if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                diagnostic = diagnostic.help(format!(
                    "`{}` has {}{more}",
                    dotted(around),
                    known.join(", ")
                ));
            }
            if let Some(near) = near {
                let edit = Edit::replace(key.range, dotted(&[near]));
                let fix = Fix::new(Applicability::Unsafe, format!("set `{near}`"), [edit]);
                diagnostic = diagnostic.fix(fix);
            }
            cx.report(setting.file, diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&UnknownOption::META);
    }

    #[test]
    fn what_may_be_declared_elsewhere_is_silent() {
        check(
            &UnknownOption::META,
            r#"
# FILE: a.nix
{ lib, name, ... }: {
  options.my.a = lib.mkEnableOption "a";
  # An addition to somebody else's options.
  options.services.nginx.extra = lib.mkEnableOption "x";
  options.open.${name}.x = lib.mkEnableOption "x";
  options.made = lib.my.mkOptions { };
  options.form = lib.mkOption {
    type = lib.types.submodule { freeformType = lib.types.attrs; options.x = lib.mkEnableOption "x"; };
  };
}
# FILE: host.nix
{ options, lib, ... }: {
  imports = [ ./a.nix ];
  services.nginx.enable = true;
  open.foo.y = 1;
  open.bar = 1;
  made.z = 1;
  form.y = 1;
  my = lib.optionalAttrs (options ? my.c) { c = 1; };
  my.b = 1;
#    ^ there is no option `my.b`
  my.a = true;
}
"#,
        );
    }

    #[test]
    fn where_others_declare_only_slips_are_reported() {
        check(
            &UnknownOption::META,
            r#"
# FILE: a.nix
{ lib, ... }: {
  options.my.first = lib.mkEnableOption "a";
}
# FILE: host.nix
{ inputs, ... }: {
  imports = [ ./a.nix inputs.other.nixosModules.default ];
  my.second = true;
  my.frist = true;
#    ^^^^^ there is no option `my.frist`; did you mean `first`?
}
"#,
        );
    }

    #[test]
    fn a_root_that_others_share_is_silent() {
        check(
            &UnknownOption::META,
            r#"
# FILE: a.nix
{ lib, ... }: { options.stylix.targets.mine.enable = lib.mkEnableOption "a"; }
# FILE: host.nix
{
  imports = [ ./a.nix ];
  stylix.image = ./x.png;
  stylix.polarity = "dark";
  stylix.fonts.sizes.desktop = 11;
}
"#,
        );
    }

    #[test]
    fn a_switch_for_what_others_declare_is_silent() {
        check(
            &UnknownOption::META,
            r#"
# FILE: host.nix
{ imports = [ ./nvidia.nix ]; }
# FILE: nvidia.nix
{ config, lib, ... }: {
  options.hardware.nvidia.enable = lib.mkEnableOption "the drivers";
  options.hardware.nvidia.powerSaving = lib.mkEnableOption "less noise";
  config.hardware.nvidia.modesetting.enable = true;
  config.hardware.nvidia.powerSavings = true;
#                        ^^^^^^^^^^^^ did you mean `powerSaving`?
}
"#,
        );
    }
}
