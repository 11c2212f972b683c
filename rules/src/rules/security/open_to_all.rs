//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Definition, Literal};
use crate::options::Known;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// Something is open to everybody on the network.
    ///
    /// ## Why
    ///
    /// For an inventory: a list of all that a machine lets in, to go through once in a
    /// while. Each is meant at the time; nobody takes back the port of a service that
    /// went.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   networking.firewall.allowedTCPPorts = [ 80 443 ];
    /// #                     ^^^^^^^^^^^^^^^ ports open to everybody: 80, 443
    ///   services.jellyfin.openFirewall = true;
    /// #                   ^^^^^^^^^^^^ opens its ports to everybody
    ///   services.prometheus.listenAddress = "0.0.0.0";
    /// #                     ^^^^^^^^^^^^^ listens on every address
    ///   virtualisation.oci-containers.containers.db.ports = [ "5432:5432" ];
    /// #                                             ^^^^^ `5432:5432` is published on every address, past the firewall
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   networking.firewall.interfaces.wg0.allowedTCPPorts = [ 80 443 ];
    ///   services.jellyfin.openFirewall = false;
    ///   services.prometheus.listenAddress = "127.0.0.1";
    ///   virtualisation.oci-containers.containers.db.ports = [ "127.0.0.1:5432:5432" ];
    /// }
    /// ```
    ///
    /// What is open on one interface only is not everybody's. Containers of NixOS, tests
    /// and virtual machines to try things out are silent.
    ///
    /// ## When to allow it
    ///
    /// For what is there to be reached. The rule is off by default: a server is full of
    /// such settings.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: who has to reach it is for the owner to say.
    pub struct OpenToAll {
        name: "open-to-all",
        group: Security,
        severity: Info,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for OpenToAll {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if path::is_throwaway(cx.path()) {
            return;
        }
        for definition in cx.facts().machine_definitions() {
            if let (Some(key), Some(message)) = (definition.path.last(), opens(definition)) {
                cx.report(
                    Diagnostic::new(&Self::META, key.range, message)
                        .help("open it on one interface or address, if not everybody needs it"),
                );
            }
        }
    }
}

/// What a definition opens, in words.
fn opens(definition: &Definition) -> Option<String> {
    let name = definition.path.last()?.name.as_deref()?;
    match name {
        "openFirewall" => {
            let is_open = definition.literal() == Some(&Literal::Bool(true));
            is_open.then(|| "opens its ports to everybody".to_owned())
        }
        "allowedTCPPorts" | "allowedUDPPorts" | "allowedTCPPortRanges" | "allowedUDPPortRanges" => {
            let is_every =
                definition.starts_with(&["networking", "firewall"]) && definition.path.len() == 3;
            ports(&definition.known).filter(|_| is_every)
        }
        "ports" if definition.starts_with(&["virtualisation", "oci-containers"]) => {
            let Known::List(ports) = &definition.known else {
                return None;
            };
            let port = ports.iter().find_map(published)?;
            Some(format!(
                "`{port}` is published on every address, past the firewall"
            ))
        }
        _ => {
            let is_address =
                ADDRESSES.contains(&name.to_ascii_lowercase().replace(['-', '_'], "").as_str());
            let Literal::String(address) = definition.literal().filter(|_| is_address)? else {
                return None;
            };
            is_every_address(address).then(|| "listens on every address".to_owned())
        }
    }
}

/// Names of settings that say where something listens; without regard to case, `-` and `_`.
const ADDRESSES: &[&str] = &[
    "address",
    "addr",
    "bind",
    "bindaddress",
    "bindaddr",
    "bindhost",
    "bindip",
    "host",
    "hostname",
    "httpaddr",
    "httphost",
    "http",
    "httplisten",
    "ip",
    "listen",
    "listenaddr",
    "listenaddress",
    "listenhost",
    "listenip",
    "rpcbindaddress",
    "serveraddress",
];

fn is_every_address(text: &str) -> bool {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(':');
    matches!(text, "::" | "*")
        || ["0.0.0.0", "[::]", "tcp://0.0.0.0", "http://0.0.0.0"]
            .iter()
            .any(|every| text.strip_prefix(every).is_some_and(ends))
}

/// A port of a container that is published without an address.
fn published(port: &Known) -> Option<&str> {
    let Known::Literal(Literal::String(port)) = port else {
        return None;
    };
    let (host, _) = port.rsplit_once(':')?;
    let is_every = host
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
        || is_every_address(host);
    is_every.then_some(port.as_str())
}

/// Those of a list.
fn ports(known: &Known) -> Option<String> {
    let Known::List(ports) = known else {
        return None;
    };
    let names: Vec<_> = ports
        .iter()
        .map(|port| match port {
            Known::Literal(literal) => literal.to_string(),
            _ => "…".to_owned(),
        })
        .collect();
    (!names.is_empty()).then(|| format!("ports open to everybody: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&OpenToAll::META);
    }

    #[test]
    fn what_is_open() {
        check(
            &OpenToAll::META,
            r#"
{ lib, config, ... }: {
  networking.firewall = lib.mkIf config.x { allowedUDPPorts = [ 53 config.y ]; };
#                                           ^^^^^^^^^^^^^^^ everybody: 53, …
  networking.firewall.allowedTCPPortRanges = [ { from = 1; to = 2; } ];
#                     ^^^^^^^^^^^^^^^^^^^^ everybody: …
  services.x.settings.http_addr = "0.0.0.0:80";
#                     ^^^^^^^^^ listens on every address
  services.x.settings.bind = lib.mkDefault "[::]:80";
#                     ^^^^ listens on every address
  virtualisation.oci-containers.containers.x = { ports = [ "127.0.0.1:1:1" "0.0.0.0:2:2/udp" ]; };
#                                                ^^^^^ `0.0.0.0:2:2/udp` is published
  networking.firewall.allowedTCPPorts = [ ];
  networking.hosts."0.0.0.0" = [ "x" ];
  networking.x.address = "10.0.0.1";
  services.x.openFirewall = lib.mkIf false true;
  containers.x.config.services.y.openFirewall = true;
}
"#,
        );
    }
}
