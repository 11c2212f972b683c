//! See the rule's page below.

use super::required_setting::report;
use crate::declare_rule;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Asks, Judged, WorkspaceContext};

declare_rule! {
    /// A host has a setting that a policy of the repository forbids.
    ///
    /// ## Why
    ///
    /// Some settings must never come back: the test account, the port that was
    /// opened for an afternoon, a service that was replaced. Written down in
    /// `nixamine.toml`, each host is judged with each change. A policy names an
    /// option, the value that it must not have, the hosts (all of them by default, as
    /// globs of their names) and the reason:
    ///
    /// ```toml
    /// [[forbid]]
    /// option = "services.openssh.settings.PermitRootLogin"
    /// value = "yes"
    /// reason = "root logs in by console only"
    ///
    /// [[forbid]]
    /// option = "services.xserver.displayManager.autoLogin"   # whatever the value
    /// hosts = ["laptop-*"]
    ///
    /// [[forbid]]
    /// option = "networking.firewall.allowedTCPPorts"
    /// value = [23, 3389]                                     # none of these elements
    /// ```
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [[forbid]]
    /// option = "networking.firewall.allowedTCPPorts"
    /// value = [23, 3389]
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem { modules = [ ./laptop.nix ]; };
    ///   };
    /// }
    /// # FILE: laptop.nix
    /// { lib, ... }:
    /// #^^^^^^^^^^^^ `laptop` sets `networking.firewall.allowedTCPPorts` to `[ 23 3389 ]`, which is forbidden: here it is `3389`
    /// {
    ///   networking.firewall.allowedTCPPorts = [ 22 3389 ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: nixamine.toml
    /// [[forbid]]
    /// option = "services.openssh.settings.PermitRootLogin"
    /// value = "yes"
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem { modules = [ ./laptop.nix ]; };
    ///   };
    /// }
    /// # FILE: laptop.nix
    /// { lib, ... }: {
    ///   imports = [ ./ssh.nix ];
    ///   services.openssh.settings.PermitRootLogin = lib.mkForce "no";
    /// }
    /// # FILE: ssh.nix
    /// { services.openssh.settings.PermitRootLogin = "yes"; }
    /// ```
    ///
    /// The setting that wins on the host decides, as with `required-setting`; under a
    /// condition the finding is an info that says "may".
    ///
    /// ## When to allow it
    ///
    /// When a host is an exception: leave it out of `hosts`, or allow the rule on the
    /// first line of its module with a reason.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: something may depend on the setting.
    pub struct ForbiddenSetting {
        name: "forbidden-setting",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 15,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for ForbiddenSetting {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_policy(&self, judged: &Judged<'_>, cx: &mut WorkspaceContext<'_>) {
        if judged.asks == Asks::Forbid {
            report(&Self::META, judged, cx);
        }
    }
}
