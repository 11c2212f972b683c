//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Definition, Literal};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// The firewall is switched off.
    ///
    /// ## Why
    ///
    /// Then every service that listens is open to everybody on the network: the
    /// database, the debug port, what a program opens by itself. Mostly somebody was
    /// looking for a mistake and switched it off for the afternoon.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   networking.firewall.enable = false;
    /// #                              ^^^^^ the firewall is switched off
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   networking.firewall.allowedTCPPorts = [ 443 ];
    /// }
    /// ```
    ///
    /// Silent where the file brings rules of its own (anything called
    /// `nftables` or `iptables`, or `networking.nat`), under WSL, where Windows has the
    /// firewall, in containers, installers, virtual machines to try things out, and tests.
    ///
    /// ## When to allow it
    ///
    /// Where something else filters: the provider's firewall, or rules in another file.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: which ports have to stay open is for the owner to say.
    pub struct FirewallDisabled {
        name: "firewall-disabled",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 15,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for FirewallDisabled {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        let off = Literal::Bool(false);
        let found = facts.in_force(&["networking", "firewall", "enable"]);
        for definition in found.filter(|it| it.literal() == Some(&off)) {
            let mut all = facts.modules.iter().flat_map(|module| &module.definitions);
            if path::is_throwaway(cx.path()) || all.any(filters_otherwise) {
                return;
            }
            cx.report(
                Diagnostic::new(
                    &Self::META,
                    definition.value,
                    "the firewall is switched off",
                )
                .help("open the ports that are needed: `networking.firewall.allowedTCPPorts`"),
            );
        }
    }
}

/// Is something else there that filters, or says that something does?
fn filters_otherwise(definition: &Definition) -> bool {
    let names = || definition.path.iter().filter_map(|key| key.name.as_deref());
    let is_filter = names().any(|name| matches!(name, "nftables" | "iptables"))
        || definition.starts_with(&["networking", "nat"])
        || definition.starts_with(&["wsl"]);
    is_filter && definition.literal() != Some(&Literal::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&FirewallDisabled::META);
    }

    #[test]
    fn only_where_nothing_filters() {
        check(
            &FirewallDisabled::META,
            r#"
{ config, lib, ... }: {
  networking = lib.mkMerge [ { firewall = { enable = lib.mkDefault false; }; } ];
#                                                                  ^^^^^ the firewall
  networking.nftables.enable = false;
}
"#,
        );
        for silent in [
            "networking.firewall.enable = lib.mkDefault true;",
            "networking = { firewall.enable = false; nftables.ruleset = \"table ip x { }\"; };",
            "networking.firewall.enable = false; my.router.lan.nftables.rules = [ ];",
            "wsl.enable = true; networking.firewall.enable = false;",
            "networking.firewall.enable = false; networking.firewall = lib.mkForce { enable = true; };",
            "containers.x.config = { networking.firewall.enable = false; };",
            "networking.firewall.enable = lib.mkIf false false;",
        ] {
            check(
                &FirewallDisabled::META,
                &format!("{{ lib, ... }}: {{ {silent} }}"),
            );
        }
    }
}
