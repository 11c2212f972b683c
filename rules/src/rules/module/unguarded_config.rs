//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::{Definition, Key, ModuleFacts, Origin};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::{FileContext, dotted, has_word, is_identifier};
use smol_str::SmolStr;
use std::ops::Range;

declare_rule! {
    /// A module has a switch of its own and sets things that the switch does not turn off.
    ///
    /// ## Why
    ///
    /// A module that declares `my.backup.enable` promises to do nothing until
    /// somebody enables it. What stands outside of its `mkIf` happens on every
    /// machine that imports the module, and nobody who reads `enable = false`
    /// expects that.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: modules/backup.nix
    /// { config, lib, pkgs, ... }:
    /// let
    ///   cfg = config.my.backup;
    /// in
    /// {
    ///   options.my.backup.enable = lib.mkEnableOption "backups";
    ///   config = {
    ///     environment.systemPackages = [ pkgs.restic ];
    /// #   ^^^^^^^^^^^^^^^^^^^^^^^^^^ `environment.systemPackages` is set even where `my.backup.enable` is off
    ///     services.restic.backups = lib.mkIf cfg.enable { };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: modules/backup.nix
    /// { config, lib, pkgs, ... }:
    /// let
    ///   cfg = config.my.backup;
    /// in
    /// {
    ///   options.my.backup = {
    ///     enable = lib.mkEnableOption "backups";
    ///     hour = lib.mkOption { type = lib.types.int; default = 3; };
    ///   };
    ///   config = lib.mkMerge [
    ///     {
    ///       assertions = [ { assertion = cfg.hour < 24; message = "no such hour"; } ];
    ///       # A default for somebody else.
    ///       services.cron.enable = lib.mkDefault true;
    ///     }
    ///     (lib.mkIf cfg.enable {
    ///       environment.systemPackages = [ pkgs.restic ];
    ///     })
    ///   ];
    /// }
    /// ```
    ///
    /// Only a switch that has the name of the file, or of its folder, is the switch
    /// of the module: `backup.enable` in `backup.nix`. Silent are settings under a
    /// condition, whatever it asks; values that read the module's own options, or a
    /// name made of them; defaults (`mkDefault`); the module's own options;
    /// assertions, warnings and what is said to nixpkgs; settings beside an `enable`
    /// that is guarded, for without it they do nothing; and modules with other
    /// options than those of the switch.
    ///
    /// ## When to allow it
    ///
    /// Where the setting belongs to every machine. It is clearer in a module
    /// without a switch.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: whoever imports the module may count on the setting.
    pub struct UnguardedConfig {
        name: "unguarded-config",
        group: Module,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for UnguardedConfig {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for (index, module) in cx.facts().modules.iter().enumerate() {
            let Some(switch) = switch(module).filter(|path| is_named(path, module, cx.path()))
            else {
                continue;
            };
            // Beside `options` nothing is a setting.
            let mixed = module.has_options && module.sections.iter().any(|it| it.is_outermost);
            if mixed || path::is_test(cx.path()) || !cx.view().graph.is_module(cx.module_id(index))
            {
                continue;
            }
            let outside = outside(module, switch, cx.text());
            let Some(first) = outside.first() else {
                continue;
            };
            let names: Vec<_> = switch.iter().map(SmolStr::as_str).collect();
            let message = format!(
                "`{}` is set even where `{}` is off",
                name(first),
                dotted(&names)
            );
            let mut finding = Diagnostic::new(&Self::META, keys(first), message)
                .help("put it into the `mkIf`, or into a module without a switch");
            finding.related = outside[1..]
                .iter()
                .map(|definition| Related {
                    path: None,
                    range: keys(definition),
                    message: "and so is this".to_owned(),
                })
                .collect();
            cx.report(finding);
        }
    }
}

/// Settings that are there to be read by everybody, or that change nothing by themselves.
const HARMLESS: &[&str] = &["assertions", "warnings", "_module", "lib", "nixpkgs"];

/// The option that turns a module on: an `enable` beside or below which all other
/// options of the module lie.
fn switch(module: &ModuleFacts) -> Option<&[SmolStr]> {
    let current = module
        .options
        .iter()
        .filter(|it| it.declared.renamed.is_none());
    let mut options = current.map(|option| option.path.as_slice());
    let is_switch =
        |path: &&[SmolStr]| path.len() > 1 && path.last().is_some_and(|it| it == "enable");
    let shortest = options
        .clone()
        .filter(is_switch)
        .min_by_key(|path| path.len())?;
    let around = &shortest[..shortest.len() - 1];
    options
        .all(|path| path.starts_with(around))
        .then_some(shortest)
}

/// Has the module the name of what its switch turns on? Else it may be the switch of a
/// part only.
fn is_named(switch: &[SmolStr], module: &ModuleFacts, path: &str) -> bool {
    let name = match &module.origin {
        Origin::File => path::module_name(path),
        Origin::Named(name) => name.rsplit('.').next().unwrap_or_default(),
        _ => return false,
    };
    let plain = |name: &str| name.replace(['-', '_'], "").to_ascii_lowercase();
    switch
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|of| plain(of) == plain(name))
}

/// The settings of a module that nothing turns off.
fn outside<'m>(module: &'m ModuleFacts, switch: &[SmolStr], text: &str) -> Vec<&'m Definition> {
    let plain: Vec<_> = module
        .definitions
        .iter()
        .filter(|definition| is_unconditional(definition, switch))
        .collect();
    if plain.is_empty() {
        return plain;
    }
    let own = own_names(module, switch, text);
    let reads = |definition: &Definition| {
        let binding = &text[Range::from(definition.binding)];
        let value = match binding.starts_with("inherit") {
            true => binding,
            false => &text[Range::from(definition.value)],
        };
        definition.literal().is_none() && own.iter().any(|name| has_word(value, name))
    };
    let (free, mut gated): (Vec<_>, Vec<_>) = plain.into_iter().partition(|it| !reads(it));
    gated.extend(module.definitions.iter().filter(|it| !it.guards.is_empty()));
    free.into_iter()
        .filter(|definition| !gated.iter().any(|gate| turns_off(gate, definition)))
        .collect()
}

fn is_unconditional(definition: &Definition, switch: &[SmolStr]) -> bool {
    let Some(names) = definition.names() else {
        return false;
    };
    let own = &switch[..switch.len() - 1];
    definition.guards.is_empty()
        && definition.update.is_none()
        && definition.option_priority(names.len()) < DEFAULTS
        && !HARMLESS.contains(&names[0])
        && !own.iter().zip(&names).all(|(a, b)| a == b)
}

/// From this priority on a definition is only a proposal.
const DEFAULTS: u32 = 900;

/// Is it the `enable` of something that the definition is about?
fn turns_off(gate: &Definition, definition: &Definition) -> bool {
    let Some((last, around)) = gate.path.split_last() else {
        return false;
    };
    let same = |(a, b): (&Key, &Key)| a.name.is_some() && a.name == b.name;
    last.name.as_deref() == Some("enable")
        && around.len() < definition.path.len()
        && around.iter().zip(definition.path.iter()).all(same)
}

/// The names that may mean the options of the module, or something made of them.
fn own_names<'t>(module: &ModuleFacts, switch: &'t [SmolStr], text: &'t str) -> Vec<&'t str> {
    let mut names = vec!["cfg"];
    names.extend(switch.iter().rev().nth(1).map(SmolStr::as_str));
    let before = &text[Range::from(module.head())];
    for statement in before.split(';') {
        if names.iter().any(|name| has_word(statement, name)) {
            match statement.split_once("inherit") {
                Some((_, inherited)) => names.extend(words(inherited)),
                None => names.extend(statement.split('=').filter_map(|it| words(it).last())),
            }
        }
    }
    names
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_'-".contains(c);
    text.split(move |c| !is_name(c))
        .filter(|word| is_identifier(word))
}

/// The keys of a setting in its binding.
fn keys(definition: &Definition) -> TextRange {
    let own = definition.path.iter().map(|key| key.range);
    let own = own.filter(|key| definition.binding.contains_range(*key));
    own.reduce(TextRange::cover).unwrap_or(definition.binding)
}

fn name(definition: &Definition) -> String {
    dotted(&definition.names().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    fn in_backup(settings: &str) {
        let head = "# FILE: backup.nix\n{ config, lib, pkgs, ... }:\nlet\n  cfg = config.my.backup;\n  on = cfg.enable;\n  inherit (cfg) hour;\n  tools = [ pkgs.restic ];\nin\n{\n  options.my.backup = {\n    enable = lib.mkEnableOption \"x\";\n    hour = lib.mkOption { };\n  };\n";
        check(&UnguardedConfig::META, &format!("{head}{settings}\n}}\n"));
    }

    #[test]
    fn what_the_switch_turns_off() {
        in_backup("  config = lib.mkIf cfg.enable { a.b = 1; };");
        in_backup("  config = lib.mkMerge [ (lib.mkIf on { a.b = 1; }) ];");
        in_backup("  config.a.b = lib.optionals on [ 1 ];");
        in_backup("  config.a = { inherit (cfg) enable; b = 1; };");
        in_backup("  config.a.enable = on;\n  config.a.x.b = [ 1 ];");
        in_backup("  config.a = lib.mkIf config.other { b = 1; };");
        in_backup("  config.a = { b = hour; } // lib.optionalAttrs on { c = 1; };");
        in_backup("  config.my.backup.hour = 3;\n  config.nixpkgs.overlays = [ ];");
        in_backup("  config.a = lib.mkDefault { b = 1; };");
    }

    #[test]
    fn what_it_does_not() {
        in_backup(
            "  config = lib.mkMerge [
    { a.b = tools; }
#     ^^^ `a.b` is set even where `my.backup.enable` is off
    (lib.mkIf on { a.c = 1; })
  ];",
        );
        in_backup(
            "  config = {
    a.enable = true;
#   ^^^^^^^^ `a.enable` is set
    a.b = 1;
  };",
        );
    }

    #[test]
    fn whose_switch_it_is() {
        let with = |path: &str, options: &str| {
            check(
                &UnguardedConfig::META,
                &format!(
                    "# FILE: {path}\n{{ lib, ... }}: {{ options.my = {{ {options} }}; config.a.b = 1; }}"
                ),
            );
        };
        // Of a part.
        with("net.nix", "net.ssh.enable = lib.mkEnableOption \"x\";");
        with(
            "net.nix",
            "net.enable = lib.mkEnableOption \"x\"; dns = lib.mkOption { };",
        );
        with("net.nix", "net.level = lib.mkOption { };");
        with("tests/net.nix", "net.enable = lib.mkEnableOption \"x\";");
        check(
            &UnguardedConfig::META,
            "# FILE: a/wake-on-lan/default.nix
{ lib, ... }: {
  options.my.wakeOnLan.enable = lib.mkEnableOption \"x\";
  config.a.b = 1;
#        ^^^ `a.b` is set
}",
        );
        // A name of the past, and what stands where no settings are.
        check(
            &UnguardedConfig::META,
            "# FILE: net.nix
{ lib, ... }: {
  imports = [ (lib.mkRemovedOptionModule [ \"my\" \"net\" \"enable\" ] \"x\") ];
  config.a.b = 1;
}",
        );
        check(
            &UnguardedConfig::META,
            "# FILE: net.nix
# The network.
{ lib, ... }: {
  imports = [ (lib.mkRemovedOptionModule [ \"my\" \"old\" ] \"x\") ];
  options.my.net.enable = lib.mkEnableOption \"x\";
  config.a.b = [ 1 ];
#        ^^^ `a.b` is set
}",
        );
        check(
            &UnguardedConfig::META,
            "# FILE: net.nix
{ lib, ... }: {
  options.net.enable = lib.mkEnableOption \"x\";
  wrappers = lib.mkOption { };
}",
        );
    }
}
