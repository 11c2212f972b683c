//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::local::LocalContext;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::Origin;
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, ast};

declare_rule! {
    /// `stateVersion` follows the current release.
    ///
    /// ## Why
    ///
    /// `stateVersion` says with which release a system was set up, so that modules keep
    /// the data and defaults of that time. Computed from the release it changes with
    /// every upgrade: a database of another version is started on the old data, a
    /// service moves its folder.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   system.stateVersion = lib.trivial.release;
    /// #                       ^^^^^^^^^^^^^^^^^^^ changes with every upgrade
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   system.stateVersion = lib.mkDefault "24.05";
    /// }
    /// ```
    ///
    /// Silent where a folder, a name or a condition says `iso`, `installer`, `test`,
    /// `vm` or the like.
    ///
    /// ## When to allow it
    ///
    /// Where nothing outlives an upgrade: installation media, tests, virtual machines
    /// that are thrown away.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: only the owner knows with which release the system was set up.
    pub struct StateVersionNotLiteral {
        name: "state-version-not-literal",
        group: Workspace,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for StateVersionNotLiteral {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_ATTRPATH]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["stateVersion"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(binding) = node.parent().and_then(ast::AttrpathValue::cast) else {
            return;
        };
        let mut path = cx.attr_path(binding.syntax());
        let own = ast::Attrpath::cast(node.clone()).into_iter();
        let own = own.flat_map(|path| path.attrs().collect::<Vec<_>>());
        path.extend(own.map(|attr| crate::semantics::attr_name(&attr)));
        let names: Vec<_> = path.iter().map(|name| name.as_deref()).collect();
        if !matches!(
            names.as_slice(),
            [.., Some("system" | "home"), Some("stateVersion")]
        ) {
            return;
        }
        // A declaration gives the default to those who say nothing.
        if names.contains(&Some("options")) || is_short_lived(cx.path()) {
            return;
        }
        if names.iter().flatten().any(|name| is_short_lived(name)) {
            return;
        }
        let Some(value) = binding.value() else { return };
        let selections = value.syntax().descendants().filter(|node| {
            matches!(
                node.kind(),
                SyntaxKind::NODE_SELECT | SyntaxKind::NODE_IDENT
            ) && crate::semantics::is_value(node)
        });
        for selection in selections {
            let Some(meaning) = cx.meaning(&selection) else {
                continue;
            };
            let names: Vec<_> = meaning.path.iter().map(|name| name.as_str()).collect();
            let follows = match &meaning.origin {
                Origin::Lib => matches!(
                    names.as_slice(),
                    ["trivial", "release" | "version"] | ["release" | "version" | "nixpkgsVersion"]
                ),
                Origin::Config(_) => matches!(
                    names.as_slice(),
                    ["system", "nixos", "release" | "version"]
                        | ["home", "version", "release" | "full"]
                ),
                Origin::Argument(_) | Origin::Builtins => false,
            };
            if follows && !is_for_short_lived(&selection, cx) {
                cx.report(
                    Diagnostic::new(
                        &Self::META,
                        selection.text_range(),
                        "`stateVersion` changes with every upgrade",
                    )
                    .label("the current release")
                    .help("write down the release with which the system was set up"),
                );
            }
        }
    }
}

/// Does a name speak of a system that does not outlive an upgrade?
fn is_short_lived(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_ascii_alphabetic());
    words.into_iter().any(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "test"
                | "tests"
                | "testing"
                | "testbed"
                | "iso"
                | "installer"
                | "live"
                | "livecd"
                | "image"
                | "vm"
                | "ephemeral"
                | "example"
                | "examples"
        )
    })
}

/// Does a condition around `node` speak of such a system?
fn is_for_short_lived(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> bool {
    let around: Vec<_> = node
        .ancestors()
        .filter(|it| it.kind() == SyntaxKind::NODE_APPLY)
        .collect();
    around.into_iter().any(|call| {
        if cx
            .lib_call(&call, &[("mkIf", 2), ("optionalAttrs", 2)])
            .is_none()
        {
            return false;
        }
        let Some((_, arguments)) = crate::semantics::application(&call) else {
            return false;
        };
        let [condition, _] = arguments.as_slice() else {
            return false;
        };
        cx.saw(condition);
        is_short_lived(&condition.text().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&StateVersionNotLiteral::META);
    }

    #[test]
    fn only_the_current_release() {
        check(
            &StateVersionNotLiteral::META,
            r#"
{ config, lib, stateVersion, osConfig, ... }: {
  system.stateVersion = config.system.nixos.release;
#                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ changes with every upgrade
  home = { stateVersion = lib.mkDefault (lib.versions.majorMinor lib.version); };
#                                                                ^^^^^^^^^^^ changes with every upgrade
  a.system = { inherit stateVersion; };
  b.system.stateVersion = stateVersion;
  c.home.stateVersion = osConfig.system.stateVersion;
  d.home.stateVersion = config.system.stateVersion;
  e.services.x.stateVersion = lib.version;
  f.system.stateVersion = "24.05"; # lib.trivial.release
  options.system.stateVersion = lib.mkOption { default = lib.trivial.release; };
  system = lib.mkIf host.is.iso { stateVersion = lib.mkForce lib.trivial.release; };
  g = lib.mapAttrs (name: image: 1) { system.stateVersion = lib.version; };
#                                                           ^^^^^^^^^^^ changes with every upgrade
  nixosConfigurations.example-common.system.stateVersion = config.system.nixos.version;
}
"#,
        );
    }
}
