//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::local::words;
use crate::module::{Class, is_option_root};
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::syntax::{TextRange, TextSize};
use crate::workspace::{Case, FileContext, dotted};
use serde::Deserialize;
use smol_str::SmolStr;

declare_rule! {
    /// An option is called otherwise than the repository's other options.
    ///
    /// ## Why
    ///
    /// Options that all begin with one name are found by it, and never meet those of
    /// NixOS. Where some are `maxSize` and some are `max-size`, everybody looks
    /// twice.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.option-naming]
    /// prefix = "my"
    /// case = "camel"
    /// # FILE: backup.nix
    /// { lib, ... }:
    /// {
    ///   options.my.backup.maxSize = lib.mkOption { type = lib.types.int; };
    ///   options.my.backup.min-age = lib.mkOption { type = lib.types.int; };
    /// #         ^^^^^^^^^^^^^^^^^ `my.backup.min-age` is kebab-case, options here are camelCase
    ///   options.tools.backup = lib.mkEnableOption "the tools";
    /// #         ^^^^^^^^^^^^ `tools.backup` is not below `my`
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: nixamine.toml
    /// [rules.option-naming]
    /// prefix = "my"
    /// case = "camel"
    /// # FILE: backup.nix
    /// { lib, ... }:
    /// {
    ///   options.my.backup.maxSize = lib.mkOption { type = lib.types.int; };
    ///   # More of what NixOS has.
    ///   options.services.restic.retries = lib.mkOption { type = lib.types.int; };
    /// }
    /// ```
    ///
    /// What is not configured is what nearly all options of the repository do: five
    /// of six, where there are at least eight; those of one prefix stand in three files at
    /// least. Where there is no such habit, nothing
    /// is reported. Names that somebody else gave are silent: those of the past, those
    /// with the name of the file or of what they are about in them, what lies below
    /// `settings`, `keymaps` and their like or right below `services` and `programs`, and
    /// files with several odd ones or that set something of the name, which follow a program. So are, for the prefix, options
    /// below names of NixOS and Home Manager and modules of other systems, and all in
    /// tests, examples and templates.
    ///
    /// ## When to allow it
    ///
    /// Where the option takes the name that a program gives to it.
    ///
    /// ## Fix safety
    ///
    /// There is no fix here; in an editor, renaming an option renames its uses.
    ///
    /// ## Options
    ///
    /// `prefix`: the name that options begin with. `case`: `"camel"`, `"kebab"` or
    /// `"snake"`.
    pub struct OptionNaming {
        name: "option-naming",
        group: Module,
        topic: Architecture,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: Options,
    }
}

/// The options of [`OptionNaming`].
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The name that options begin with.
    pub prefix: Option<String>,
    /// How names of several words are written.
    pub case: Option<Case>,
}

impl Rule for OptionNaming {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if path::is_sample(cx.path()) {
            return;
        }
        let options = cx.options::<Options>();
        let habit = &cx.view().habits().naming;
        let prefix = options.prefix.as_deref().or(habit.prefix.as_deref());
        let case = options.case.or(habit.case);
        let mut last_root: Option<&str> = None;
        let mut found = Vec::new();
        let mut odd = Vec::new();
        let modules = cx.facts().modules.iter().enumerate();
        for (module, option) in
            modules.flat_map(|(at, it)| it.options.iter().map(move |option| (at, option)))
        {
            let (Some(root), Some(last)) = (option.path.first(), option.path.last()) else {
                continue;
            };
            if option.declared.renamed.is_some() || option.range.is_empty() {
                continue;
            }
            let path: Vec<_> = option.path.iter().map(SmolStr::as_str).collect();
            let name = dotted(&path);
            // Once for all that lies below the same name.
            if let Some(prefix) = prefix.filter(|prefix| root != prefix)
                && !is_option_root(root)
                && (options.prefix.is_some() || is_of_a_machine(cx.view().class(cx.file(), module)))
                && last_root.replace(root) != Some(root)
            {
                found.push((option.range, format!("`{name}` is not below `{prefix}`")));
            }
            if let (Some(case), Some(own)) = (case, Case::of(last))
                && own != case
                && !is_of_a_program(&path, cx.path())
                && !is_passed_on(last, option.range, cx.text())
            {
                let (own, case) = (own.name(), case.name());
                odd.push((
                    option.range,
                    format!("`{name}` is {own}, options here are {case}"),
                ));
            }
        }
        // Several follow the program that the module is about.
        if odd.len() == 1 {
            found.append(&mut odd);
        }
        for (range, message) in found {
            cx.report(Diagnostic::new(&Self::META, range, message));
        }
    }
}

/// Names of things, which somebody else gave to them.
const OTHERS: &[&str] = &[
    "settings", "config", "defaults", "plugins", "servers", "keymaps", "mappings",
];

/// Does a module system have the options of the repository?
fn is_of_a_machine(class: Class) -> bool {
    matches!(class, Class::NixOs | Class::HomeManager | Class::Darwin)
}

/// Is the last name that of what the module is about, or one of a program's own settings?
fn is_of_a_program(option: &[&str], file: &str) -> bool {
    let last = option.last().copied().unwrap_or_default();
    // A service of its own beside those of NixOS.
    let is_service = option.len() < 2 || option.len() == 2 && is_option_root(option[0]);
    // `adw-gtk3`
    let is_product = last.bytes().any(|byte| byte.is_ascii_digit());
    let above = option.iter().rev().skip(1);
    let is_named = matches!(above.clone().next(), Some(&"services" | &"programs"))
        || above
            .chain([&path::module_name(file)])
            .any(|name| name.len() > 3 && last.contains(name));
    is_service || is_product || is_named || option.iter().any(|name| OTHERS.contains(name))
}

/// Does the file write the name elsewhere for something that it sets: what it hands on
/// to a program?
fn is_passed_on(name: &str, declared: TextRange, text: &str) -> bool {
    words(text, name, 0..text.len()).any(|at| {
        let behind = text[at + name.len()..].trim_start().strip_prefix('=');
        let is_set = behind.is_some_and(|behind| !behind.starts_with('='));
        is_set && !declared.contains(TextSize::new(at as u32))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn the_repository_has_a_habit() {
        let most: String = ('a'..'s')
            .map(|letter| {
                let option = |at| format!("options.my.{letter}{at} = lib.mkEnableOption \"x\";");
                let options = ["B", "C", "D"].map(option).concat();
                format!("# FILE: {letter}.nix\n{{ lib, ... }}: {{ {options} }}\n")
            })
            .collect();
        check(
            &OptionNaming::META,
            &format!(
                "{most}# FILE: modules/home/x.nix
{{ lib, ... }}: {{
  options.my.some_thing = lib.mkEnableOption \"x\";
#         ^^^^^^^^^^^^^ `my.some_thing` is snake_case, options here are camelCase
  options.your.thing = lib.mkEnableOption \"x\";
#         ^^^^^^^^^^ `your.thing` is not below `my`
  options.your.other = lib.mkEnableOption \"x\";
  options.my.settings.icon_size = lib.mkEnableOption \"x\";
}}
# FILE: is-vm.nix
{{ lib, ... }}: {{ options.my.is-vm = lib.mkEnableOption \"x\"; }}
# FILE: nixos/bar.nix
{{ lib, ... }}: {{
  options.my.services.foo-bar = lib.mkEnableOption \"x\";
  options.my.foot.foot-server = lib.mkEnableOption \"x\";
  options.my.foot.keymaps.go_on = lib.mkEnableOption \"x\";
}}
# FILE: nixos/borders.nix
{{ lib, ... }}: {{
  options.my.borders.active_color = lib.mkOption {{ }};
  options.my.borders.blur_radius = lib.mkOption {{ }};
}}
# FILE: nixos/desktop.nix
{{ lib, cfg, f, ... }}: {{
  options.my.desktop.color-scheme = lib.mkOption {{ }};
  config.x = f {{ color-scheme = if cfg.color-scheme == 1 then 2 else 3; }};
}}
# FILE: nixos/shell.nix
{{ lib, cfg, ... }}: {{
  options.my.user.prompt-init = lib.mkOption {{ }};
#         ^^^^^^^^^^^^^^^^^^^ `my.user.prompt-init` is kebab-case, options here are camelCase
  config.x = cfg.user.prompt-init == 1;
}}
# FILE: colmena/nodes.nix
{{ lib, ... }}: {{ options.nodes = lib.mkOption {{ }}; }}"
            ),
        );
        check(
            &OptionNaming::META,
            "{ lib, ... }: { options.my.some_thing = lib.mkEnableOption \"x\"; options.my.aB = lib.mkEnableOption \"x\"; }",
        );
    }
}
