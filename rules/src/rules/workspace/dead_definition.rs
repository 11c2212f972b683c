//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Definition, Guard};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::sorted;
use crate::syntax::{TextRange, TextSize};
use crate::workspace::FileContext;

declare_rule! {
    /// Settings below a condition that never holds.
    ///
    /// ## Why
    ///
    /// `mkIf false`, or a condition inside of its own opposite: the settings are
    /// there to read and never there to act. Code that is to come back is in the
    /// history; code that was meant to act has a mistake in its condition.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   services = lib.mkIf config.site.server {
    ///     openssh.enable = true;
    ///     printing = lib.mkIf (!config.site.server) {
    ///       enable = true;
    /// #     ^^^^^^^^^^^^^^ this is never set: `config.site.server` and `!config.site.server`
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// {
    ///   services.openssh.enable = lib.mkIf config.site.server true;
    ///   services.printing.enable = lib.mkIf (!config.site.server) true;
    /// }
    /// ```
    ///
    /// Tests are silent: they try out what becomes of such settings.
    ///
    /// ## When to allow it
    ///
    /// Where `mkIf false` keeps something at hand on purpose.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: whether the code or the condition is wrong is for the
    /// owner to say.
    pub struct DeadDefinition {
        name: "dead-definition",
        group: Workspace,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for DeadDefinition {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        // A test tries out what happens to it.
        if path::is_test(cx.path()) {
            return;
        }
        let facts = cx.facts();
        for module in &facts.modules {
            // One finding for all that hangs on the same conditions.
            let mut told: Vec<&std::sync::Arc<[Guard]>> = Vec::new();
            let mut count = 0;
            let mut live: Option<Vec<TextSize>> = None;
            for definition in &module.definitions {
                let Some(why) = never(definition) else {
                    continue;
                };
                if told.iter().any(|known| **known == definition.guards) {
                    continue;
                }
                // Another branch or part of the same binding is set.
                let live = live.get_or_insert_with(|| starts_of_live(&module.definitions));
                let (start, end) = (definition.binding.start(), definition.binding.end());
                let next = live.partition_point(|it| *it < start);
                if live.get(next).is_some_and(|it| *it < end) {
                    continue;
                }
                told.push(&definition.guards);
                count += 1;
                if count > 20 {
                    break;
                }
                let range = TextRange::new(definition.binding.start(), definition.binding.end());
                cx.report(Diagnostic::new(
                    &Self::META,
                    range,
                    format!("this is never set: {why}"),
                ));
            }
        }
    }
}

/// Where the bindings start of which something is set.
fn starts_of_live(definitions: &[Definition]) -> Vec<TextSize> {
    let live = definitions.iter().filter(|it| never(it).is_none());
    let mut starts: Vec<_> = live.map(|it| it.binding.start()).collect();
    sorted::sort(&mut starts);
    starts
}

/// Why a definition never counts.
fn never(definition: &Definition) -> Option<String> {
    let guards = &definition.guards;
    if guards.iter().any(Guard::is_never) {
        return Some("its condition is `false`".to_owned());
    }
    guards.iter().enumerate().find_map(|(at, guard)| {
        let earlier = guards[..at]
            .iter()
            .find(|earlier| earlier.contradicts(guard))?;
        Some(format!("`{earlier}` and `{guard}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&DeadDefinition::META);
    }

    #[test]
    fn one_finding_for_one_condition() {
        check(
            &DeadDefinition::META,
            r#"
{ config, lib, ... }: {
  a = lib.mkIf false {
    x = 1;
#   ^^^^^^ this is never set: its condition is `false`
    y = 2;
  };
  b = lib.mkIf (config.s == "x") (lib.mkIf (config.s == "y") 1);
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is never set
  c = lib.mkIf config.s (lib.mkIf config.t 1);
}
"#,
        );
    }
    #[test]
    fn a_binding_of_which_a_part_is_set_is_silent() {
        check(
            &DeadDefinition::META,
            r#"
{ config, lib, ... }: {
  a = lib.mkIf config.s { x = if config.s then 1 else null; };
  b = if true then { y = 1; } else null;
  c = lib.mkMerge [ (lib.mkIf false "x") "y" ];
  d = lib.mkMerge [
    (lib.mkIf false { x = 1; })
#                     ^^^^^^ this is never set: its condition is `false`
    { y = 1; }
  ];
  e = lib.mkMerge [ (lib.mkIf (!config.t) (lib.mkIf config.t 1)) (lib.mkIf false 2) ];
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is never set: `!config.t`
}
"#,
        );
    }

    #[test]
    fn tests_are_silent() {
        check(
            &DeadDefinition::META,
            "# FILE: tests/merge.nix\n{ lib, ... }: { services.x = lib.mkIf false 1; }",
        );
    }
}
