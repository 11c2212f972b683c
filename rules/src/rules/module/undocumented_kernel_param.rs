//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::comments::is_explained;
use crate::syntax::{SyntaxKind, SyntaxNode, parse};
use crate::workspace::FileContext;
use std::ops::Range;

declare_rule! {
    /// A kernel parameter or sysctl key that no comment explains.
    ///
    /// ## Why
    ///
    /// Hardly anybody knows `pcie_aspm=off` by heart, and in a year nobody knows
    /// which machine needed it. Such settings stay for ever because nobody dares to
    /// remove them.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   boot.kernelParams = [
    ///     "quiet"
    ///     "pcie_aspm=off"
    /// #   ^^^^^^^^^^^^^^^ no comment says why `pcie_aspm=off` is set
    ///   ];
    ///   boot.kernel.sysctl."vm.swappiness" = 10;
    /// #                    ^^^^^^^^^^^^^^^ no comment says why `vm.swappiness` is set
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   boot.kernelParams = [
    ///     # The network card falls asleep and never wakes up.
    ///     "pcie_aspm=off"
    ///     "iommu=pt" # faster than translating for the host
    ///   ];
    ///   boot.kernel.sysctl = {
    ///     # Keep programs in memory, there is plenty.
    ///     "vm.swappiness" = 10;
    ///     "vm.vfs_cache_pressure" = 50;
    ///   };
    /// }
    /// ```
    ///
    /// One comment speaks for all lines below it, up to the next blank one, and one
    /// above or behind a list for all of it. Code
    /// that is commented out is no explanation. `quiet` and `splash` explain
    /// themselves, and generated files are silent.
    ///
    /// ## When to allow it
    ///
    /// Where the page of your wiki that explains them all is named at the top.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: the reason is yours to write.
    pub struct UndocumentedKernelParam {
        name: "undocumented-kernel-param",
        group: Module,
        topic: Documentation,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

/// Parameters that everybody knows.
const KNOWN: &[&str] = &["quiet", "splash"];

impl Rule for UndocumentedKernelParam {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if cx.facts().header.generated || path::is_test(cx.path()) {
            return;
        }
        let text = cx.text();
        let mut found = Vec::new();
        for definition in cx.facts().modules.iter().flat_map(|it| &it.definitions) {
            let boot = definition.starts_with(&["boot"]);
            if !boot || is_explained(text, definition.binding) {
                continue;
            }
            if definition.names().as_deref() == Some(&["boot", "kernelParams"]) {
                let value = definition.value;
                let tree = parse(&text[Range::from(value)]);
                let params = tree.root().descendants().filter(is_param);
                found.extend(params.filter_map(|param| {
                    let range = param.text_range() + value.start();
                    let name = text[Range::from(range)]
                        .trim_matches(['"', '\''])
                        .to_owned();
                    let known = KNOWN.contains(&name.as_str());
                    (!known && !is_explained(text, range)).then_some((range, name))
                }));
            } else if definition.starts_with(&["boot", "kernel", "sysctl"])
                && let [.., key] = &*definition.path
                && let (4, Some(name)) = (definition.path.len(), &key.name)
            {
                found.push((key.range, name.to_string()));
            }
        }
        for (range, name) in found {
            let message = format!("no comment says why `{name}` is set");
            cx.report(
                Diagnostic::new(&Self::META, range, message)
                    .help("say above it, or behind it, what it is good for"),
            );
        }
    }
}

/// Is it one of the texts that a list, or an `optional`, adds?
fn is_param(node: &SyntaxNode) -> bool {
    let mut around = node.ancestors().skip(1);
    node.kind() == SyntaxKind::NODE_STRING
        && !around.any(|it| it.kind() == SyntaxKind::NODE_STRING)
        && node.parent().is_some_and(|parent| {
            matches!(
                parent.kind(),
                SyntaxKind::NODE_LIST | SyntaxKind::NODE_APPLY
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn what_is_added_and_what_is_asked() {
        check(
            &UndocumentedKernelParam::META,
            r#"{ lib, config, ... }: {
  boot = {
    kernelParams = lib.mkIf (config.a == "b") ([ "mitigations=off" ]
#                                                ^^^^^^^^^^^^^^^^^ why `mitigations=off` is set
      ++ lib.optional (config.c == "d") "nosmt=${toString (f "x")}"
#                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ why
    );
    kernelModules = [ "kvm" ];
  };
}"#,
        );
    }

    #[test]
    fn what_counts_as_a_reason() {
        check(
            &UndocumentedKernelParam::META,
            r#"{
  boot.kernel.sysctl = {
    # "kernel.sysrq" = 1;
    "kernel.sysrq" = 0;
#   ^^^^^^^^^^^^^^ why `kernel.sysrq` is set

    # Nobody else logs in.
    "kernel.panic" = 10;
    "kernel.panic_on_oops" = 1;
    ${"computed"} = 1;
  };
  # The whole list is for the old laptop.
  boot.kernelParams = [
    "a=1"

    "b=2"
  ];
}"#,
        );
        check(
            &UndocumentedKernelParam::META,
            "{\n  boot.kernelParams = [\n    \"a=1\"\n  ]; # the screen stays black without\n}",
        );
        check(
            &UndocumentedKernelParam::META,
            "# Do not modify this file! It was generated by nixos-generate-config.\n{ boot.kernelParams = [ \"a=1\" ]; }",
        );
    }
}
