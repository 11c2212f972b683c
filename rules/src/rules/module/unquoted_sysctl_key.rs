//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::FileContext;

declare_rule! {
    /// A sysctl key with dots and without quotes is a nested set, not a key.
    ///
    /// ## Why
    ///
    /// `boot.kernel.sysctl` maps whole names like `"vm.swappiness"` to values.
    /// Without the quotes Nix reads the dots as nesting, and the module system
    /// refuses the set that comes out: the value of `vm` is neither a string
    /// nor a number.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   boot.kernel.sysctl.vm.swappiness = 10;
    /// #                    ^^^^^^^^^^^^^ `vm.swappiness` is a nested set here, not a sysctl key
    ///   boot.kernel.sysctl = {
    ///     net.core.somaxconn = 1024;
    /// #   ^^^^^^^^^^^^^^^^^^ `net.core.somaxconn` is a nested set
    ///     kernel = {
    ///       panic = 10;
    /// #     ^^^^^ `kernel.panic` is a nested set
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// {
    ///   boot.kernel.sysctl."vm.swappiness" = 10;
    ///   boot.kernel.sysctl = {
    ///     "net.core.somaxconn" = 1024;
    ///     kernel = {
    ///       panic = 10;
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   boot.kernel.sysctl."vm.swappiness" = 10;
    ///   boot.kernel.sysctl = {
    ///     "net.core.somaxconn" = 1024;
    ///   };
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Never: such a module does not evaluate.
    ///
    /// ## Fix safety
    ///
    /// Quoting is safe: what was there before could not be evaluated. A nested
    /// set with braces is left to you.
    pub struct UnquotedSysctlKey {
        name: "unquoted-sysctl-key",
        group: Module,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

/// The option, and how many keys lead to it.
const OPTION: &[&str] = &["boot", "kernel", "sysctl"];

impl Rule for UnquotedSysctlKey {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let text = cx.text();
        for module in &cx.facts().modules {
            for definition in &module.definitions {
                let keys = &definition.path;
                if !definition.starts_with(OPTION) || keys.len() < OPTION.len() + 2 {
                    continue;
                }
                let keys = &keys[OPTION.len()..];
                let Some(names) = keys
                    .iter()
                    .map(|key| key.name.as_deref())
                    .collect::<Option<Vec<_>>>()
                else {
                    continue;
                };
                let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
                    continue;
                };
                let key = names.join(".");
                // Written in one piece, the key can be quoted in one piece.
                let (whole, one_piece) = if first.range.start() < last.range.end() {
                    let whole = TextRange::new(first.range.start(), last.range.end());
                    (whole, text[std::ops::Range::<usize>::from(whole)] == key)
                } else {
                    (last.range, false)
                };
                let range = if one_piece { whole } else { last.range };
                let message = format!("`{key}` is a nested set here, not a sysctl key");
                let mut diagnostic = Diagnostic::new(&Self::META, range, message)
                    .help(format!("quote the whole key: `\"{key}\"`"));
                if one_piece {
                    let edit = Edit::replace(range, format!("\"{key}\""));
                    diagnostic =
                        diagnostic.fix(Fix::new(Applicability::Safe, "quote the key", [edit]));
                }
                cx.report(diagnostic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn only_definitions_of_modules() {
        check(
            &UnquotedSysctlKey::META,
            "{ pkgs, ... }: { boot.kernel.sysctl.\"vm.x\" = 1; }",
        );
        check(
            &UnquotedSysctlKey::META,
            "{ pkgs, ... }: { boot.kernel.sysctl.${pkgs.x}.y = 1; }",
        );
        check(
            &UnquotedSysctlKey::META,
            "{ pkgs, ... }: { boot.kernel.sysctl.x = 1; }",
        );
        check(
            &UnquotedSysctlKey::META,
            "final: prev: { boot.kernel.sysctl.x.y = 1; }",
        );
        check(
            &UnquotedSysctlKey::META,
            "{ lib, ... }: { config = lib.mkIf true {
  boot.kernel = lib.mkMerge [ { sysctl.\"net.ipv4\".x = 1; } ];
#                                                 ^ `net.ipv4.x` is a nested set
}; }",
        );
    }
}
