//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Declaration, WorkspaceContext, dotted};

declare_rule! {
    /// An option that the project declares and nothing reads.
    ///
    /// ## Why
    ///
    /// Whoever sets it expects something to happen, and nothing does. Mostly the
    /// code that read it went and the option stayed, or the option was planned and
    /// never came to life.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   nixpkgs.hostPlatform = "x86_64-linux";
    ///   my.mail.relay = "mail.example.org";
    ///   my.mail.retries = 3;
    /// }
    /// # FILE: mail.nix
    /// { config, lib, ... }:
    /// let
    ///   cfg = config.my.mail;
    /// in
    /// {
    ///   options.my.mail = {
    ///     relay = lib.mkOption { type = lib.types.str; };
    ///     retries = lib.mkOption { type = lib.types.int; default = 5; };
    /// #   ^^^^^^^ nothing reads `my.mail.retries`
    ///   };
    ///   config.services.nullmailer.remotesFile = cfg.relay;
    /// }
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   nixpkgs.hostPlatform = "x86_64-linux";
    ///   my.mail.retries = 3;
    /// }
    /// # FILE: mail.nix
    /// { config, lib, ... }:
    /// let
    ///   cfg = config.my.mail;
    /// in
    /// {
    ///   options.my.mail.retries = lib.mkOption { type = lib.types.int; default = 5; };
    ///   # All of it is read.
    ///   config.environment.etc."mail.json".text = builtins.toJSON cfg;
    /// }
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    ///   };
    /// }
    /// ```
    ///
    /// An option counts as read where any text writes its last name other than to
    /// set something, or takes a set around it as a whole, and where a comment speaks
    /// of it with a dot in front. Modules that the flake
    /// hands out, internal and hidden options, and those in the namespaces of
    /// nixpkgs and Home Manager are silent.
    ///
    /// ## When to allow it
    ///
    /// When something outside of the repository reads it, such as a script with
    /// `nix eval`.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: what sets the option would have to go with it.
    pub struct UnusedOption {
        name: "unused-option",
        group: Workspace,
        tag: Unnecessary,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for UnusedOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_option(&self, declarations: &[Declaration<'_>], cx: &mut WorkspaceContext<'_>) {
        for it in declarations {
            let option = it.option;
            if option.range.is_empty() || cx.view().may_read(it.module, option) {
                continue;
            }
            let path: Vec<_> = option.path.iter().map(|name| name.as_str()).collect();
            let message = format!("nothing reads `{}`", dotted(&path));
            let diagnostic = Diagnostic::new(&Self::META, option.range, message)
                .label("declared here")
                .help("read it where it should act, or take it out with what sets it");
            cx.report(it.file, diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&UnusedOption::META);
    }

    #[test]
    fn what_may_be_read_is_silent() {
        let flake = r#"
# FILE: flake.nix
{
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    EXPORT
  };
}
"#;
        let rest = r#"
# FILE: a.nix
{ config, lib, ... }:
let cfg = config.my.a; inherit (config.my.b) second; in {
  options.my = {
    a.first = lib.mkOption { type = lib.types.int; };
#   ^^^^^^^ nothing reads `my.a.first`
    a.with-it = lib.mkOption { type = lib.types.int; };
    b.second = lib.mkOption { type = lib.types.int; };
    c.third = lib.mkOption { type = lib.types.int; };
    d.fourth = lib.mkOption { type = lib.types.int; internal = true; };
    e.fifth = lib.mkOption { type = lib.types.int; apply = x: x; };
    f.sixth = lib.mkEnableOption "sixth";
#   ^^^^^^^ nothing reads `my.f.sixth`
  };
  options.services.x.seventh = lib.mkOption { type = lib.types.int; };
  config.x = with cfg; with-it;
  config.y = map (name: config.my.c.${name}) [ ];
}
# FILE: host.nix
{ imports = [ ./a.nix ]; my.a.first = 1; my.f = { sixth = true; }; }
"#;
        check(
            &UnusedOption::META,
            &format!("{}{}", rest.trim_start(), flake.replace("EXPORT", "")),
        );
        let unmarked: Vec<_> = rest.lines().filter(|line| !line.contains('^')).collect();
        let exported = flake.replace("EXPORT", "nixosModules.a = ./a.nix;");
        check(
            &UnusedOption::META,
            &format!("{}\n{}", unmarked.join("\n").trim_start(), exported),
        );
    }
}
