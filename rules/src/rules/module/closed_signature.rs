//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{FileContext, Importer};

declare_rule! {
    /// A module without `...` is given arguments that it does not take.
    ///
    /// ## Why
    ///
    /// The module system hands every module `config`, `options`, `lib` and all
    /// special arguments, whatever its formals name. A function without `...`
    /// refuses what it does not name: "called with unexpected argument".
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    ///   };
    /// }
    /// # FILE: host.nix
    /// { imports = [ ./shell.nix ]; }
    /// # FILE: shell.nix
    /// { config, pkgs }:
    /// #^^^^^^^^^^^^^^^ this module takes no other arguments
    /// {
    ///   environment.systemPackages = [ pkgs.fish ];
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    ///   };
    /// }
    /// # FILE: host.nix
    /// { imports = [ ./shell.nix ]; }
    /// # FILE: shell.nix
    /// { config, pkgs, ... }:
    /// {
    ///   environment.systemPackages = [ pkgs.fish ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// { pkgs, ... }:
    /// {
    ///   imports = [ (import ./user.nix { name = "alice"; }) ];
    ///   environment.systemPackages = [ (pkgs.callPackage ./tool.nix { }) ];
    /// }
    /// # FILE: user.nix
    /// { name }: { users.users.${name}.isNormalUser = true; }
    /// # FILE: tool.nix
    /// { stdenv }: stdenv.mkDerivation { name = "tool"; }
    /// ```
    ///
    /// Only what a list of modules names by its path is judged: helpers and
    /// packages are called with just what they name, and look the same. In a
    /// module that no configuration holds, the import is a warning.
    ///
    /// ## When to allow it
    ///
    /// Never; it cannot be evaluated.
    ///
    /// ## Fix safety
    ///
    /// Adding `...` is safe: whoever calls the function with what it names gets
    /// what he got before.
    ///
    /// ## References
    ///
    /// `applyModuleArgs` in `lib/modules.nix` of nixpkgs.
    pub struct ClosedSignature {
        name: "closed-signature",
        group: Module,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 1,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

impl Rule for ClosedSignature {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let Some(closed) = &cx.facts().closed else {
            return;
        };
        let Some((importer, certain)) = importer(cx) else {
            return;
        };
        let path = cx.view().documents[importer.file].path();
        let mut diagnostic = Diagnostic::new(
            &Self::META,
            closed.range,
            "this module takes no other arguments than these",
        )
        .label(format!("`{path}` imports it"))
        .help("add `...`: the module system passes more")
        .fix(Fix::new(
            Applicability::Safe,
            "add `...`",
            [Edit::insert(closed.open_at, closed.opening.as_str())],
        ));
        if !certain {
            diagnostic = diagnostic.severity(Severity::Warning);
        }
        cx.report(diagnostic);
    }
}

/// Who imports the file as a module, whatever else is the case; and does some
/// configuration do so? One that does comes first.
fn importer<'a>(cx: &FileContext<'a>) -> Option<(Importer<'a>, bool)> {
    let view = cx.view();
    let folder = match path::file_name(cx.path()) {
        "default.nix" => view.importers(path::parent(cx.path())),
        _ => &[],
    };
    let all = view.importers(cx.path()).iter().chain(folder);
    let plain = all.filter(|it| it.import.is_plain() && it.import.guards.is_empty());
    let judged = plain.filter_map(|it| Some((*it, view.reads_imports(it.file, it.by)?)));
    judged.reduce(|first, next| if next.1 && !first.1 { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    /// The files of a flake with a host.
    fn host(rest: &str) -> String {
        format!(
            "# FILE: flake.nix
{{ outputs = {{ nixpkgs, ... }}: {{
  nixosConfigurations.a = nixpkgs.lib.nixosSystem {{ modules = [ ./host.nix ]; }};
}}; }}
{rest}"
        )
    }

    #[test]
    fn only_what_is_imported_by_its_path() {
        check(
            &ClosedSignature::META,
            &host(
                r#"
# FILE: host.nix
{ lib, config, ... }: {
  imports = [ ./folder ./bound.nix (import ./called.nix { inherit lib; }) ]
    ++ map (file: import file { inherit lib; }) [ ./mapped.nix ]
    ++ lib.optional config.x ./maybe.nix;
  home-manager.users.alice = import ./home.nix;
}
# FILE: folder/default.nix
{ }: { services.a.enable = true; }
#^^ this module takes
# FILE: bound.nix
let x = 1; in { lib }@args: { services.a.x = x; }
#             ^^^^^^^^^^^^ this module takes
# FILE: called.nix
{ lib }: { services.a.enable = true; }
# FILE: mapped.nix
{ lib }: { services.a.enable = true; }
# FILE: maybe.nix
{ lib }: { services.a.enable = true; }
# FILE: home.nix
args: { services.a.enable = true; }
# FILE: nobody.nix
{ lib }: { services.a.enable = true; }
"#,
            ),
        );
    }

    #[test]
    fn special_arguments_do_not_open_it() {
        check(
            &ClosedSignature::META,
            &host(
                r#"
# FILE: host.nix
{ imports = [ ./user.nix ]; }
# FILE: user.nix
{ pkgs, user }: { services.a.x = user; }
#^^^^^^^^^^^^^ this module takes
"#,
            ),
        );
    }

    #[test]
    fn other_lists_are_no_modules() {
        check(
            &ClosedSignature::META,
            r#"
# FILE: flake.nix
{ outputs = { self, ... }: { x = self.lib.something { modules = [ ./a.nix ]; }; }; }
# FILE: a.nix
{ lib }: { services.a.enable = true; }
# FILE: tree.nix
lib: { parts = { imports = [ ./a.nix ]; }; }
"#,
        );
    }

    #[test]
    fn the_dots_go_where_the_others_are() {
        let host = "# FILE: host.nix\n{ imports = [ ./a.nix ]; options = { }; }\n# FILE: a.nix\n";
        for (before, after) in [
            ("{ }", "{ ... }"),
            ("{}", "{ ... }"),
            ("{ a }", "{ a, ... }"),
            ("{ a, }", "{ a, ... }"),
            ("{ a, b }", "{ a, b, ... }"),
            ("{ a ? [ ], b, }", "{ a ? [ ], b, ... }"),
            (
                "{ lib\n, b ? { c = 1; }\n}",
                "{ lib\n, b ? { c = 1; }\n, ...\n}",
            ),
            ("{\n  a,\n  b,\n}", "{\n  a,\n  b,\n  ...\n}"),
            ("{\n  a,\n  b\n}", "{\n  a,\n  b,\n  ...\n}"),
            ("{ a, # one\n  b # two\n}", "{ a, # one\n  b, ... # two\n}"),
        ] {
            let body = ": { services.a.enable = true; }\n";
            let (first, rest) = before.split_once('\n').unwrap_or((before, ""));
            let mark = "^".repeat(first.len());
            let example = match rest {
                "" => format!("{host}with x; {before}{body}#       {mark} this module takes\n"),
                rest => {
                    format!("{host}with x; {first}\n#       {mark} this module takes\n{rest}{body}")
                }
            };
            let fixed = format!("{host}with x; {after}{body}");
            check_fix(
                &ClosedSignature::META,
                &example,
                Applicability::Safe,
                &fixed,
            );
        }
    }
}
