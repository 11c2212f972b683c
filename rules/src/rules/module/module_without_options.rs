//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Class, Definition, ModuleFacts, Target, is_option_root};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::FileContext;

declare_rule! {
    /// A module sets things and offers no option to turn them off.
    ///
    /// ## Why
    ///
    /// Importing such a module is the only switch. Where all modules are imported
    /// everywhere and hosts choose by options, one without options is the odd one
    /// out: a host cannot leave it away, and cannot change a detail without
    /// forcing it.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: modules/printing.nix
    /// { pkgs, ... }:
    /// #^^^^^^^^^^^^^ this module sets `services.printing` and offers no options
    /// {
    ///   services.printing.enable = true;
    ///   services.printing.drivers = [ pkgs.gutenprint ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: modules/printing.nix
    /// { config, lib, pkgs, ... }:
    /// {
    ///   options.my.printing.enable = lib.mkEnableOption "printing";
    ///   config.services.printing = lib.mkIf config.my.printing.enable {
    ///     enable = true;
    ///     drivers = [ pkgs.gutenprint ];
    ///   };
    /// }
    /// # FILE: modules/default.nix
    /// {
    ///   imports = [ ./printing.nix ];
    ///   my.printing.enable = true;
    /// }
    /// # FILE: hosts/laptop.nix
    /// {
    ///   services.printing.enable = true;
    /// }
    /// ```
    ///
    /// Hosts and homes are silent: what a configuration names itself, with all that
    /// lies in its folder, what sets a host's name or a `stateVersion`, and what lies
    /// in folders such as `hosts` or `users`. So are modules with a condition around all that they set, modules
    /// that import others, and hardware.
    ///
    /// ## When to allow it
    ///
    /// The rule is off by default: plain modules that hosts import where they want
    /// them are as good a style.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: how the switch is called, and who turns it on, is yours
    /// to say.
    pub struct ModuleWithoutOptions {
        name: "module-without-options",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

/// Folders and files of what is one machine's, or one person's.
const OWN: &[&str] = &[
    "hosts",
    "host",
    "machines",
    "machine",
    "nodes",
    "systems",
    "homes",
    "configurations",
    "testbeds",
    "users",
    "user",
    "hardware",
    "home.nix",
    "configuration.nix",
    "hardware-configuration.nix",
    "disko.nix",
    "disks.nix",
    "shell.nix",
];

/// Settings that only a host or a home has.
const OF_ONE: &[&[&str]] = &[
    &["networking", "hostName"],
    &["networking", "hostId"],
    &["system", "stateVersion"],
    &["home", "stateVersion"],
    &["home", "username"],
    &["fileSystems"],
    &["disko"],
];

impl Rule for ModuleWithoutOptions {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        let Some(module) = facts.modules.first().filter(|_| cx.is_module()) else {
            return;
        };
        let path = cx.path();
        let class = cx.view().class(cx.file(), 0);
        if module.has_options
            || module.has_imports
            || !module.options.is_empty()
            || facts.header.generated
            || matches!(class, Class::FlakeParts | Class::Neovim)
            || path.split('/').any(|part| OWN.contains(&part))
            || path::is_sample(path)
            || is_named(cx, path)
        {
            return;
        }
        let is_of_one = |it: &Definition| OF_ONE.iter().any(|names| it.starts_with(names));
        if module.definitions.iter().any(is_of_one) {
            return;
        }
        let Some(name) = first_setting(module) else {
            return;
        };
        // What only sets options of the project is a choice among them.
        let root = name.split('.').next().unwrap_or_default();
        if class == Class::Unknown && !is_option_root(root) {
            return;
        }
        let message = format!("this module sets `{name}` and offers no options");
        let line = cx.text()[facts.header.code_start.into()..].lines().next();
        let line = TextRange::at(
            facts.header.code_start,
            (line.unwrap_or_default().trim_end().len() as u32).into(),
        );
        cx.report(
            Diagnostic::new(&Self::META, line, message)
                .help("declare an `enable` and set things in a `mkIf` on it"),
        );
    }
}

/// What a module sets without a condition.
fn first_setting(module: &ModuleFacts) -> Option<&str> {
    let mut plain = module.definitions.iter().filter(|it| it.guards.is_empty());
    let first = plain.next()?;
    let mut sections = module.sections.iter();
    let section = sections.find(|it| it.range.contains_range(first.binding))?;
    Some(&section.name)
}

/// Does a configuration, or an output of the flake, name the file or its folder?
fn is_named(cx: &FileContext<'_>, path: &str) -> bool {
    let documents = cx.view().documents.iter();
    let mut named = documents.flat_map(|document| {
        let base = path::parent(document.path());
        let facts = document.facts();
        let lists = facts.module_lists().flatten();
        let roots = facts
            .modules
            .iter()
            .filter(|it| it.origin == crate::module::Origin::Root);
        let roots = roots.flat_map(|module| &module.imports);
        let exports = facts.exports.iter().map(|(_, import)| import);
        lists
            .chain(roots)
            .chain(exports)
            .filter_map(move |import| match &import.target {
                Target::Path(written) => path::join(base, written),
                Target::FromFlake(written) => Some(written.clone()),
                _ => None,
            })
    });
    named.any(|named| {
        // A folder is one host's with all that lies in it.
        let folder = named.strip_suffix("/default.nix").unwrap_or(&named);
        let below = path.strip_prefix(folder);
        named == path || below.is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    fn silent(text: &str) {
        check(&ModuleWithoutOptions::META, text);
    }

    #[test]
    fn hosts_homes_and_aggregators() {
        silent("# FILE: hosts/a/net.nix\n{ services.a.b = 1; }");
        silent("# FILE: a.nix\n{ networking.hostName = \"a\"; services.a.b = 1; }");
        silent("# FILE: a.nix\n{ imports = [ ./b ]; services.a.b = 1; }");
        silent(
            "# FILE: a.nix\n{ lib, config, ... }: { config = lib.mkIf config.x { services.a.b = 1; }; }",
        );
        silent("# FILE: tests/a.nix\n{ services.a.b = 1; }");
        silent("# FILE: lib/a.nix\n{ lib }: { double = x: x * 2; }");
    }

    #[test]
    fn what_a_configuration_names() {
        let flake = "# FILE: flake.nix
{ outputs = { nixpkgs, ... }: { nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./a ]; }; }; }
";
        silent(&format!(
            "{flake}# FILE: a/default.nix\n{{ services.a.b = 1; }}"
        ));
        silent(&format!("{flake}# FILE: a/c.nix\n{{ services.a.b = 1; }}"));
        silent(&format!(
            "{flake}# FILE: b/c.nix\n{{ services.a.b = 1; }}\n#^^^^^^^^^^^^^^^^^^^^ sets `services.a`"
        ));
    }
}
