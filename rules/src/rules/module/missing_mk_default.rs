//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{DEFAULT_PRIORITY, Definition, Literal, Origin};
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::workspace::{FileContext, dotted};
use serde::Deserialize;

declare_rule! {
    /// A shared profile sets a plain value, which no host can change without forcing it.
    ///
    /// ## Why
    ///
    /// A profile or role is what several machines have in common. With `mkDefault`
    /// a host that differs just says so; without it the host's own line is a
    /// conflict, and the answer is a `mkForce` that nobody understands later.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: profiles/server.nix
    /// { lib, ... }:
    /// {
    ///   services.openssh.enable = true;
    /// #                           ^^^^ a host cannot change `services.openssh.enable` without forcing it
    ///   time.timeZone = lib.mkDefault "UTC";
    ///   environment.systemPackages = [ ];
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: profiles/server.nix
    /// { lib, ... }:
    /// {
    ///   services.openssh.enable = lib.mkDefault true;
    ///   time.timeZone = lib.mkDefault "UTC";
    ///   environment.systemPackages = [ ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: profiles/server.nix
    /// { lib, ... }:
    /// {
    ///   services.openssh.enable = lib.mkDefault true;
    ///   # Whatever a host says.
    ///   networking.firewall.enable = lib.mkForce true;
    /// }
    /// # FILE: hosts/web.nix
    /// {
    ///   services.openssh.enable = false;
    /// }
    /// ```
    ///
    /// Only truth values, numbers, `null` and texts of one line are reported: lists,
    /// sets and longer texts are merged, or are no detail that a host would change.
    /// Silent is what no host changes: `stateVersion` and its like, and the units,
    /// users and files that the profile makes itself.
    ///
    /// ## When to allow it
    ///
    /// Where a host must not differ: a suppression with a reason says so, or a
    /// `mkForce` with one.
    ///
    /// ## Fix safety
    ///
    /// The fix writes `lib.mkDefault`. It is unsafe: another plain value elsewhere
    /// wins from now on, and an option of the type `attrs` would take the default
    /// for a value.
    ///
    /// ## Options
    ///
    /// `folders`: globs of the shared folders, such as `"nixos/base"` (default: the
    /// folders `profiles`, `roles`, `common` and `shared`, wherever they lie).
    pub struct MissingMkDefault {
        name: "missing-mk-default",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Unsafe),
        options: Options,
    }
}

/// The options of [`MissingMkDefault`].
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Globs of the folders that several hosts share.
    pub folders: Option<Vec<String>>,
}

/// Folders that several hosts share, unless the configuration names others.
const SHARED: &[&str] = &["profiles", "roles", "common", "shared"];

/// Options that are a note for the machine.
const NOTES: &[&str] = &[
    "stateVersion",
    "hostPlatform",
    "hostName",
    "username",
    "homeDirectory",
    "uid",
    "gid",
];

/// Things that a profile makes itself, which are its own.
const MADE: &[&[&str]] = &[
    &["systemd", "services"],
    &["systemd", "user"],
    &["launchd"],
    &["users"],
    &["environment", "etc"],
    &["home", "file"],
    &["xdg", "configFile"],
    &["fileSystems"],
    &["disko"],
];

impl Rule for MissingMkDefault {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let path = cx.path();
        let is_shared = match &cx.options::<Options>().folders {
            Some(globs) => globs.iter().any(|glob| path::glob_matches(glob, path)),
            None => path::parent(path)
                .split('/')
                .any(|part| SHARED.contains(&part)),
        };
        if !is_shared || cx.facts().header.generated || path::is_sample(path) {
            return;
        }
        let mut found = Vec::new();
        for (index, module) in cx.facts().modules.iter().enumerate() {
            let of_hosts = matches!(module.origin, Origin::File | Origin::Named(_));
            if of_hosts && cx.view().graph.is_module(cx.module_id(index)) {
                let plain = module.definitions.iter().filter(|it| is_plain(it));
                found.extend(plain.map(|it| (it, module.has_lib)));
            }
        }
        for (definition, has_lib) in found {
            let Some(names) = definition.names() else {
                continue;
            };
            let message = format!(
                "a host cannot change `{}` without forcing it",
                dotted(&names)
            );
            let range = definition.value;
            let mut finding = Diagnostic::new(&Self::META, range, message)
                .help("`lib.mkDefault` lets a host have a value of its own");
            if has_lib {
                let edit = Edit::insert(range.start(), "lib.mkDefault ");
                let fix = Fix::new(Applicability::Unsafe, "make it a default", [edit]);
                finding = finding.fix(fix);
            }
            cx.report(finding);
        }
    }
}

fn is_plain(definition: &Definition) -> bool {
    let is_detail = match definition.literal() {
        Some(Literal::String(text)) => !text.contains('\n'),
        literal => literal.is_some(),
    };
    let last = definition.path.last().and_then(|key| key.name.as_deref());
    is_detail
        && definition.update.is_none()
        && definition.option_priority(definition.path.len()) == DEFAULT_PRIORITY
        && definition.path.len() > 1
        && !MADE.iter().any(|names| definition.starts_with(names))
        && !last.is_some_and(|name| NOTES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn what_a_host_would_change() {
        check(
            &MissingMkDefault::META,
            r#"# FILE: nixos/common/a.nix
{ config, lib, ... }:
{
  a = lib.mkMerge [
    { b = 1; }
#         ^ cannot change `a.b`
    (lib.mkIf config.x { c = null; })
#                            ^^^^ cannot change `a.c`
  ];
  services.x = {
    d = lib.mkOverride 90 2;
    e = ''
      f
    '';
    g = config.h;
    i = { h = 1; } // { j = 1; };
  };
  system.stateVersion = "25.05";
  systemd.services.backup.startAt = "daily";
  home-manager.users.alice.k.l = 1;
#                                ^ cannot change `home-manager.users.alice.k.l`
}
# FILE: hosts/a.nix
{ services.x.d = 1; }"#,
        );
    }

    #[test]
    fn folders_are_configured() {
        check_fix(
            &MissingMkDefault::META,
            r#"# FILE: nixamine.toml
[rules.missing-mk-default]
folders = ["nixos/base"]
# FILE: nixos/base/a.nix
{ lib, ... }: { services.a.b = 1; }
#                              ^ cannot change
# FILE: profiles/a.nix
{ lib, ... }: { services.a.b = 1; }"#,
            Applicability::Unsafe,
            "# FILE: nixos/base/a.nix
{ lib, ... }: { services.a.b = lib.mkDefault 1; }
# FILE: profiles/a.nix
{ lib, ... }: { services.a.b = 1; }",
        );
    }
}
