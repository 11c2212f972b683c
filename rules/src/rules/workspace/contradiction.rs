//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::{Definition, Literal};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{FileContext, dotted};
use rustc_hash::FxHashMap;

declare_rule! {
    /// A file that switches something on and off.
    ///
    /// ## Why
    ///
    /// `enable = true` here and `enable = lib.mkForce false` further down: one of
    /// the two is dead, and whoever reads the first one believes it.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   config = lib.mkMerge [
    ///     {
    ///       services.printing.enable = true;
    /// #                       ^^^^^^ `services.printing.enable` is `true` here and forced to `false` below
    ///       services.avahi.enable = true;
    ///     }
    ///     {
    ///       services.printing.enable = lib.mkForce false;
    ///     }
    ///   ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// {
    ///   services.printing.enable = true;
    ///   # Conditions choose between them.
    ///   services.avahi.enable = lib.mkMerge [
    ///     true
    ///     (lib.mkIf config.site.quiet (lib.mkForce false))
    ///   ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Hardly ever: both stand in one file.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: which of them was meant is for the owner to say.
    pub struct Contradiction {
        name: "contradiction",
        group: Workspace,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for Contradiction {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        for module in &facts.modules {
            let mut forced: Vec<&Definition> = module
                .definitions
                .iter()
                .filter(|it| it.update.is_none() && !it.priorities.is_empty())
                .collect();
            forced.retain(|it| switch(it).is_some());
            if forced.is_empty() {
                continue;
            }
            let mut by_path: FxHashMap<Vec<&str>, Vec<&Definition>> = FxHashMap::default();
            for definition in &module.definitions {
                if definition.update.is_none()
                    && switch(definition).is_some()
                    && let Some(names) = definition.names()
                {
                    by_path.entry(names).or_default().push(definition);
                }
            }
            for strong in forced {
                let Some(names) = strong.names() else {
                    continue;
                };
                let len = names.len();
                let Some(others) = by_path.get(&names) else {
                    continue;
                };
                for weak in others {
                    // A default gives way by its nature.
                    let says_so = weak.option_priority(len) <= crate::module::DEFAULT_PRIORITY;
                    let (Some(value), Some(forced)) = (switch(weak), switch(strong)) else {
                        continue;
                    };
                    let (Some(key), Some(other)) = (weak.path.last(), strong.path.last()) else {
                        continue;
                    };
                    if !says_so || value == forced || !strong.silences(weak, len) {
                        continue;
                    }
                    let place = if other.range.start() > key.range.start() {
                        "below"
                    } else {
                        "above"
                    };
                    let name = dotted(&names);
                    let message =
                        format!("`{name}` is `{value}` here and forced to `{forced}` {place}");
                    let mut diagnostic =
                        Diagnostic::new(&Self::META, key.range, message).label("this one is dead");
                    diagnostic.related.push(Related {
                        path: None,
                        range: other.range,
                        message: "forced here".to_owned(),
                    });
                    cx.report(diagnostic);
                }
            }
        }
    }
}

fn switch(definition: &Definition) -> Option<bool> {
    match definition.literal()? {
        Literal::Bool(value) => Some(*value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&Contradiction::META);
    }

    #[test]
    fn only_what_is_dead_for_certain() {
        check(
            &Contradiction::META,
            r#"
{ config, lib, ... }: {
  a.x = lib.mkForce false;
  a = lib.mkMerge [ { x = true; } ];
#                     ^ `a.x` is `true` here and forced to `false` above
  b.x = lib.mkDefault true;
  b = lib.mkForce { x = false; };
  c.x = true;
  c = lib.mkIf config.y { x = lib.mkForce false; };
  d = lib.mkMerge [ { x = true; } (lib.mkForce { x = true; }) ];
  f = lib.mkIf config.y { x = true; };
#                         ^ `f.x` is `true` here and forced to `false` below
  f.x = lib.mkIf config.y (lib.mkForce false);
  g = lib.mkIf config.y { x = true; };
  g.x = lib.mkIf (!config.y) (lib.mkForce false);
  e = { x = true; } // { x = lib.mkForce false; };
}
"#,
        );
    }
}
