//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::Irregularity;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// A module that is imported by `import` instead of by its path.
    ///
    /// ## Why
    ///
    /// The module system knows a module by its path: named twice it is read once, its
    /// errors name the file, and `disabledModules` finds it. What `import` returns is a
    /// set or function of nowhere. Named twice, its options are declared twice, which is
    /// an error, and its lists hold everything twice.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { pkgs, ... }:
    /// {
    ///   imports = [
    ///     (import ./printing.nix)
    /// #   ^^^^^^^^^^^^^^^^^^^^^^^ no longer knows where this module is from
    ///   ];
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { pkgs, ... }:
    /// {
    ///   imports = [
    ///     ./printing.nix
    ///   ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { inputs, ... }:
    /// {
    ///   imports = [
    ///     ./printing.nix
    ///     # A function that returns the module.
    ///     (import ./user.nix { name = "alice"; })
    ///   ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// When the module shall be there twice.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: a module that was read twice is read once, and a file that holds a path
    /// is none that can be named by its own.
    pub struct ImportInImports {
        name: "import-in-imports",
        group: Workspace,
        severity: Hint,
        enabled: true,
        since: "0.1.0",
        effort: 1,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for ImportInImports {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for (index, module) in cx.facts().modules.iter().enumerate() {
            for irregular in &module.irregular {
                let Irregularity::ImportedValue(path) = &irregular.what else {
                    continue;
                };
                if !cx.view().graph.is_module(cx.module_id(index)) {
                    continue;
                }
                let message = "the module system no longer knows where this module is from";
                let diagnostic = Diagnostic::new(&Self::META, irregular.range, message)
                    .label("a path will do")
                    .fix(Fix::new(
                        Applicability::Unsafe,
                        "name the path",
                        [Edit::replace(irregular.range, path.as_str())],
                    ));
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
    fn page() {
        crate::testing::check_page(&ImportInImports::META);
    }

    #[test]
    fn only_without_arguments() {
        check(
            &ImportInImports::META,
            r#"
{ lib, pkgs, ... }: {
  imports = [ (import <nixpkgs/x.nix>) (import ./b.nix { }) (import ./b.nix pkgs) (import pkgs.path) ]
#             ^^^^^^^^^^^^^^^^^^^^^^^^ no longer knows
    ++ import ./list.nix ++ map import [ ./c.nix ];
  programs.x.imports = [ (import ./x.nix) ];
  home-manager.users.alice = import ./home.nix;
  home-manager.users.bob = { imports = [ (import ./home.nix) ]; };
#                                        ^^^^^^^^^^^^^^^^^^^ no longer knows
}
"#,
        );
    }

    #[test]
    fn lists_of_other_configurations() {
        check(
            &ImportInImports::META,
            r#"
{ lib, pkgs, ... }: {
  home-manager.users.alice.imports = [ (import ./a.nix) ./b.nix (import ./c.nix { }) ];
#                                      ^^^^^^^^^^^^^^^^ no longer knows
  home-manager.sharedModules = lib.optional pkgs.x (import ./d.nix);
#                                                  ^^^^^^^^^^^^^^^^ no longer knows
  specialisation.x.configuration.imports = [ (import ./e.nix) ];
#                                            ^^^^^^^^^^^^^^^^ no longer knows
  containers.y = { config.imports = [ (import ./f.nix) ]; };
#                                     ^^^^^^^^^^^^^^^^ no longer knows
  home-manager.users.alice.programs.x.imports = [ (import ./x.nix) ];
}
"#,
        );
    }
}
