//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::is_option_root;
use crate::path;
use crate::rule::{Rule, RuleMeta};
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
    /// is reported. Names of the past, names that are the file's too, what lies below
    /// `settings` and its like (a program's own names), options below names of NixOS and Home Manager
    /// (for the prefix), and what lies in tests, examples and templates are silent.
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
        for option in cx.facts().modules.iter().flat_map(|it| &it.options) {
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
                && last_root.replace(root) != Some(root)
            {
                found.push((option.range, format!("`{name}` is not below `{prefix}`")));
            }
            if let (Some(case), Some(own)) = (case, Case::of(last))
                && own != case
                && !is_of_a_program(&path, cx.path())
            {
                let (own, case) = (own.name(), case.name());
                found.push((
                    option.range,
                    format!("`{name}` is {own}, options here are {case}"),
                ));
            }
        }
        for (range, message) in found {
            cx.report(Diagnostic::new(&Self::META, range, message));
        }
    }
}

/// Names of things, which somebody else gave to them.
const OTHERS: &[&str] = &["settings", "defaults", "plugins", "servers"];

/// Is the last name that of what the module is about, or one of a program's own settings?
fn is_of_a_program(option: &[&str], file: &str) -> bool {
    let last = option.last().copied().unwrap_or_default();
    // A service of its own beside those of NixOS.
    let is_service = option.len() < 2 || option.len() == 2 && is_option_root(option[0]);
    is_service || last == path::module_name(file) || option.iter().any(|name| OTHERS.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn the_repository_has_a_habit() {
        let most: String = ('a'..'s')
            .map(|letter| {
                let option = format!("options.my.{letter}B = lib.mkEnableOption \"x\";");
                format!("# FILE: {letter}.nix\n{{ lib, ... }}: {{ {option} }}\n")
            })
            .collect();
        check(
            &OptionNaming::META,
            &format!(
                "{most}# FILE: x.nix
{{ lib, ... }}: {{
  options.my.some_thing = lib.mkEnableOption \"x\";
#         ^^^^^^^^^^^^^ `my.some_thing` is snake_case, options here are camelCase
  options.your.thing = lib.mkEnableOption \"x\";
#         ^^^^^^^^^^ `your.thing` is not below `my`
  options.your.other = lib.mkEnableOption \"x\";
  options.my.settings.icon_size = lib.mkEnableOption \"x\";
}}
# FILE: is-vm.nix
{{ lib, ... }}: {{ options.my.is-vm = lib.mkEnableOption \"x\"; }}"
            ),
        );
        check(
            &OptionNaming::META,
            "{ lib, ... }: { options.my.some_thing = lib.mkEnableOption \"x\"; options.my.aB = lib.mkEnableOption \"x\"; }",
        );
    }
}
