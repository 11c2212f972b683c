//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::Irregularity;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// A string in `imports` that is no absolute path.
    ///
    /// ## Why
    ///
    /// A path is written without quotes. The module system takes a string for a path
    /// only if it begins with `/`; at any other the evaluation fails, and says so about
    /// a file of nixpkgs.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { pkgs, ... }:
    /// {
    ///   imports = [ "./printing.nix" ];
    /// #             ^^^^^^^^^^^^^^^^ a string is no path
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// { pkgs, ... }:
    /// {
    ///   imports = [ ./printing.nix ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { inputs, modulesPath, ... }:
    /// {
    ///   imports = [
    ///     ./printing.nix
    ///     "${modulesPath}/profiles/minimal.nix"
    ///     (inputs.self + "/users.nix")
    ///   ];
    ///   # This option knows modules by their names.
    ///   disabledModules = [ "services/web-apps/x.nix" ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Never.
    ///
    /// ## Fix safety
    ///
    /// Taking the quotes off is safe: what was there before could not be evaluated. A
    /// string that is no path once its quotes are gone is left to you.
    ///
    /// ## References
    ///
    /// `collectStructuredModules` in `lib/modules.nix` of nixpkgs.
    pub struct StringImport {
        name: "string-import",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

impl Rule for StringImport {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for (index, module) in cx.facts().modules.iter().enumerate() {
            for irregular in &module.irregular {
                let Irregularity::ImportedText(text) = &irregular.what else {
                    continue;
                };
                let id = cx.module_id(index);
                if text.starts_with('/') || !cx.view().graph.is_module(id) {
                    continue;
                }
                // Other things have lists of that name, too.
                let names_file = text.contains('/') || text.ends_with(".nix");
                if !names_file && !cx.view().is_surely_module(id) {
                    continue;
                }
                let mut diagnostic =
                    Diagnostic::new(&Self::META, irregular.range, "a string is no path")
                        .label("cannot be imported");
                diagnostic = match is_path(text) {
                    true => diagnostic.fix(Fix::new(
                        Applicability::Safe,
                        "take the quotes off",
                        [Edit::replace(irregular.range, text.as_str())],
                    )),
                    false => diagnostic.help("write a path, as in `./module.nix`"),
                };
                cx.report(diagnostic);
            }
        }
    }
}

/// Is the text, without quotes, a path relative to the file?
fn is_path(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
        !part.is_empty() && part.bytes().all(is_plain)
    };
    let rest = text.strip_prefix("./").or_else(|| text.strip_prefix("../"));
    rest.is_some_and(|rest| rest.split('/').all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&StringImport::META);
    }

    #[test]
    fn only_what_is_imported() {
        check(
            &StringImport::META,
            r#"
{ lib, inputs, ... }: {
  imports = [ "/etc/nixos/x.nix" "x.nix" ] ++ lib.optional true "./y.nix"
#                                ^^^^^^^ a string is no path
#                                                               ^^^^^^^^^ a string is no path
    ++ map (name: ./. + name) [ "/z.nix" "./q.nix" ] ++ f "./r.nix" ++ [ "${inputs.x}/y" (f "./z") ];
  programs.x.imports = [ "./style.css" ];
}
"#,
        );
        check(
            &StringImport::META,
            "# FILE: data.nix\n{ imports = [ \"first\" \"second\" ]; }",
        );
        check(
            &StringImport::META,
            "{ imports = f; inputs = 1; outputs = [ \"./x\" ]; }",
        );
    }

    #[test]
    fn only_what_is_a_path() {
        check_fix(
            &StringImport::META,
            r#"
{ lib, ... }: {
  imports = [
    "../a b.nix"
#   ^^^^^^^^^^^^ a string
    ("../a-b/c_1.nix")
#   ^^^^^^^^^^^^^^^^^^ a string
    "./x/"
#   ^^^^^^ a string
    "./x//y"
#   ^^^^^^^^ a string
  ];
}
"#,
            Applicability::Safe,
            r#"
{ lib, ... }: {
  imports = [
    "../a b.nix"
    ../a-b/c_1.nix
    "./x/"
    "./x//y"
  ];
}
"#,
        );
    }
}
