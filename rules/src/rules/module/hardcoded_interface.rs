//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Definition, Literal, Origin};
use crate::options::Known;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::FileContext;

declare_rule! {
    /// A module for several machines names the network card of one.
    ///
    /// ## Why
    ///
    /// `enp0s31f6` is a card in a slot, `wlan0` whatever the kernel found first. On
    /// another machine the name leads nowhere, and mostly nothing says so: the
    /// firewall opens a port on no interface, the bridge has no member.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./hosts/a ./modules/lan.nix ]; };
    ///     nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ ./hosts/b ./modules/lan.nix ]; };
    ///   };
    /// }
    /// # FILE: hosts/a/default.nix
    /// { networking.hostName = "a"; }
    /// # FILE: hosts/b/default.nix
    /// { networking.hostName = "b"; }
    /// # FILE: modules/lan.nix
    /// { ... }:
    /// {
    ///   networking.interfaces.enp0s31f6.useDHCP = true;
    /// #                       ^^^^^^^^^ `enp0s31f6` is the network card of one machine
    ///   networking.nat.externalInterface = "wlp2s0";
    /// #                ^^^^^^^^^^^^^^^^^ `wlp2s0` is the network card of one machine
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./hosts/a ./modules/lan.nix ]; };
    ///     nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ ./hosts/b ./modules/lan.nix ]; };
    ///   };
    /// }
    /// # FILE: hosts/a/default.nix
    /// { networking.interfaces.enp0s31f6.useDHCP = true; my.lan.interface = "enp0s31f6"; }
    /// # FILE: hosts/b/default.nix
    /// { my.lan.interface = "eno1"; }
    /// # FILE: modules/lan.nix
    /// { config, lib, ... }:
    /// {
    ///   options.my.lan.interface = lib.mkOption {
    ///     type = lib.types.str;
    ///     description = "What the network hangs on.";
    ///   };
    ///   config.networking.nat.externalInterface = config.my.lan.interface;
    /// }
    /// ```
    ///
    /// Files of one host are the place for such names: those in a folder `hosts`,
    /// `machines`, `systems` or `nodes`, those about hardware, and every module that one
    /// host alone imports. Inside of containers, virtual machines and tests `eth0` is
    /// what it is called.
    ///
    /// ## When to allow it
    ///
    /// When all machines are alike, or a rule of udev or systemd gives the name.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: an option of the module, which each host sets, is the usual
    /// way.
    pub struct HardcodedInterface {
        name: "hardcoded-interface",
        group: Module,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for HardcodedInterface {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        for (index, module) in facts.modules.iter().enumerate() {
            // A container's own.
            if matches!(module.origin, Origin::Root | Origin::Variant) {
                continue;
            }
            let found: Vec<_> = module.definitions.iter().filter_map(named).collect();
            if found.is_empty() || is_of_one_machine(cx, index) {
                continue;
            }
            for (name, range) in found {
                let message = format!("`{name}` is the network card of one machine");
                cx.report(
                    Diagnostic::new(&Self::META, range, message)
                        .help("make an option of it, and let each host say its own"),
                );
            }
        }
    }
}

/// The card that a definition names, and where: as a key, or as (a part of) its value.
fn named(definition: &Definition) -> Option<(&str, TextRange)> {
    let within = ["containers", "virtualisation", "microvm", "nodes", "boot"];
    let first = definition.path.first()?.name.as_deref();
    if first.is_some_and(|first| within.contains(&first)) {
        return None;
    }
    let key = definition.path.iter().find_map(|key| {
        let name = key.name.as_deref()?;
        is_card(name).then_some((name, key.range))
    });
    let last = definition.path.last()?.range;
    key.or_else(|| {
        let name = match &definition.known {
            Known::List(items) => items.iter().find_map(card_in),
            known => card_in(known),
        };
        name.map(|name| (name, last))
    })
}

/// The card that a value is.
fn card_in(known: &Known) -> Option<&str> {
    match known {
        Known::Literal(Literal::String(text)) if is_card(text) => Some(text),
        _ => None,
    }
}

/// Is it a name that the kernel or systemd gives a card: `eth0`, `enp3s0f1`, `wlo1`,
/// `wlx0123456789ab`?
fn is_card(name: &str) -> bool {
    let rest = ["eth", "wlan", "wwan"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    if let Some(number) = rest {
        return is_number(number) && number.len() <= 2;
    }
    let Some(rest) = ["en", "wl", "ww"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
    else {
        return false;
    };
    if let Some(address) = rest.strip_prefix('x') {
        return address.len() == 12 && address.bytes().all(|it| it.is_ascii_hexdigit());
    }
    // Letters, each with a number: the bus, the slot, the function, the port.
    let Some(kind) = rest.chars().next().filter(|it| "osp".contains(*it)) else {
        return false;
    };
    let mut rest = rest;
    let mut parts = 0;
    while let Some(letter) = rest.chars().next() {
        // The name that the card itself gives a port.
        if letter == 'n' && parts > 0 {
            return rest.len() > 1 && rest.bytes().all(|it| it.is_ascii_alphanumeric());
        }
        if !"ospfduic".contains(letter) {
            return false;
        }
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 5 {
            return false;
        }
        rest = &rest[1 + digits..];
        parts += 1;
    }
    // `enp3` alone is no card; `eno1` and `ens3` are.
    parts >= if kind == 'p' { 2 } else { 1 }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// Belongs the module to one machine, as far as anybody can tell?
fn is_of_one_machine(cx: &FileContext<'_>, index: usize) -> bool {
    let own = cx.path();
    let about = own.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        let words = [
            "host", "machine", "system", "node", "server", "hardware", "device", "router",
        ];
        words.iter().any(|word| part.starts_with(word)) || part.contains("hardware")
    });
    if about || path::is_test(own) || path::is_sample(own) {
        return true;
    }
    let graph = cx.view().graph;
    let id = cx.module_id(index);
    let mut holding: Vec<&str> = Vec::new();
    for configuration in &graph.configurations {
        if configuration.members.contains_key(&id) && !holding.contains(&&*configuration.name) {
            holding.push(&configuration.name);
        }
    }
    holding.len() < 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn cards_have_names_of_their_own() {
        for name in [
            "eth0",
            "wlan1",
            "enp0s31f6",
            "eno1",
            "ens18",
            "wlp2s0",
            "wlo1",
            "enx0123456789ab",
            "enP4p65s0",
            "wwan0",
            "enp5s0f0np0",
        ] {
            let expected = name != "enP4p65s0";
            assert_eq!(is_card(name), expected, "{name}");
        }
        for name in [
            "ethernet",
            "eth",
            "en",
            "ens",
            "enp3",
            "enable",
            "wl*",
            "wg0",
            "lo",
            "br0",
            "eth0.100",
            "environment",
            "wlroots",
            "enx",
            "ens1x",
            "endpoint1",
            "enc0de",
        ] {
            assert!(!is_card(name), "{name}");
        }
    }

    /// A module that two hosts import.
    #[track_caller]
    fn shared(path: &str, module: &str) {
        check(
            &HardcodedInterface::META,
            &format!(
                "# FILE: flake.nix
{{ outputs = {{ nixpkgs, ... }}: {{
  nixosConfigurations.a = nixpkgs.lib.nixosSystem {{ modules = [ ./x/a.nix ./{path} ]; }};
  nixosConfigurations.b = nixpkgs.lib.nixosSystem {{ modules = [ ./y/b.nix ./{path} ]; }};
}}; }}
# FILE: {path}
{module}
# FILE: x/a.nix
{{ networking.interfaces.eth0.useDHCP = true; }}
# FILE: y/b.nix
{{ networking.interfaces.eth0.useDHCP = true; }}
"
            ),
        );
    }

    #[test]
    fn keys_values_and_lists() {
        shared(
            "modules/lan.nix",
            "{ lib, ... }: {
  networking.firewall.interfaces = { wlan0.allowedTCPPorts = [ 22 ]; };
#                                    ^^^^^ `wlan0` is the network card
  networking.bridges.br0.interfaces = [ \"tap0\" \"eno1\" ];
#                        ^^^^^^^^^^ `eno1` is the network card
  services.hostapd.radios.\"wlp1s0\" = lib.mkDefault { };
#                         ^^^^^^^^ `wlp1s0` is the network card
}",
        );
    }

    #[test]
    fn what_no_machine_owns_is_silent() {
        shared(
            "modules/lan.nix",
            "{ config, ... }: {
  containers.web.config.networking.interfaces.eth0.useDHCP = true;
  networking.interfaces.wg0.mtu = 1400;
  networking.nat.externalInterface = config.my.interface;
  systemd.network.networks.lan.matchConfig.Name = \"en*\";
}",
        );
        for path in [
            "hosts/common.nix",
            "modules/hardware/card.nix",
            "tests/lan.nix",
        ] {
            shared(path, "{ networking.interfaces.eth0.useDHCP = true; }");
        }
    }

    #[test]
    fn what_one_host_imports_is_its_own() {
        check(
            &HardcodedInterface::META,
            "# FILE: flake.nix
{ outputs = { nixpkgs, ... }: {
  nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./x/a.nix ./modules/lan.nix ]; };
  nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ ./y/b.nix ]; };
}; }
# FILE: modules/lan.nix
{ networking.interfaces.eth0.useDHCP = true; }
# FILE: x/a.nix
{ networking.hostName = \"a\"; }
# FILE: y/b.nix
{ networking.hostName = \"b\"; }
",
        );
    }
}
