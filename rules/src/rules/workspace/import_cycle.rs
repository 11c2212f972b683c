//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::Target;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::WorkspaceContext;

declare_rule! {
    /// Modules that import each other in a circle.
    ///
    /// ## Why
    ///
    /// Nix reads the imports of a module before it looks whether it has seen the
    /// module already. In a circle it never gets that far: the evaluation ends with
    /// a stack overflow that names none of the files.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: default.nix
    /// {
    ///   imports = [
    ///     ./.
    /// #   ^^^ this import leads back to this module
    ///   ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, pkgs, ... }:
    /// {
    ///   imports = [ ./other.nix ];
    ///   # Another configuration may import this module.
    ///   specialisation.quiet.configuration.services.printing.enable = false;
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Never: it does not evaluate.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: which of the imports has to go is for the owner to say.
    pub struct ImportCycle {
        name: "import-cycle",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for ImportCycle {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    // The places in other files move with their text only there.
    fn check_imports(&self, cx: &mut WorkspaceContext<'_>) {
        let view = cx.view();
        let modules = view
            .documents
            .iter()
            .enumerate()
            .flat_map(|(file, document)| {
                let modules = document.facts.modules.iter().enumerate();
                modules.map(move |(index, module)| (file, view.graph.id(file, index), module))
            });
        for (file, id, module) in modules {
            if !view.graph.is_module(id) || !view.graph.leads_into_cycle(id) {
                continue;
            }
            for (position, import) in module.imports.iter().enumerate() {
                // A whole folder may leave the importing file out by a way that
                // cannot be seen.
                if !matches!(import.target, Target::Path(_) | Target::FromFlake(_)) {
                    continue;
                }
                let Some(way) = view.graph.cycle(id, position) else {
                    continue;
                };
                let message = match way.len() {
                    1 => "this import leads back to this module".to_owned(),
                    _ => {
                        let files = way[1..].iter().map(|(id, _)| {
                            let file = view.graph.place(*id).0;
                            format!("`{}`", view.documents[file].path())
                        });
                        let files: Vec<_> = files.collect();
                        format!("this import leads back here through {}", files.join(", "))
                    }
                };
                let mut finding = Diagnostic::new(&Self::META, import.range, message)
                    .label("the evaluation never ends");
                finding.related = way[1..]
                    .iter()
                    .map(|(id, position)| {
                        let other = view.graph.place(*id).0;
                        Related {
                            path: (other != file).then(|| view.documents[other].path().clone()),
                            range: view.module(*id).imports[*position].range,
                            message: "and this one goes on".to_owned(),
                        }
                    })
                    .collect();
                cx.report(file, finding);
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
        crate::testing::check_page(&ImportCycle::META);
    }

    /// As evalModules does: every circle of paths overflows, however long it is, a
    /// condition that is not known may end it.
    #[test]
    fn circles_of_paths() {
        check(
            &ImportCycle::META,
            r#"
# FILE: a.nix
{ imports = [ ./b.nix ]; }
#             ^^^^^^^ this import leads back here through `b.nix`, `c.nix`
# FILE: b.nix
{ imports = [ ./c.nix ]; }
#             ^^^^^^^ this import leads back here through `c.nix`, `a.nix`
# FILE: c.nix
{ lib, ... }: { imports = [ ./a.nix ./d.nix ] ++ lib.optional true ./c.nix; }
#                           ^^^^^^^ this import leads back here through `a.nix`, `b.nix`
#                                                                  ^^^^^^^ this import leads back to this module
# FILE: d.nix
{ x = 1; }
# FILE: e.nix
{ inputs, lib, ... }: { imports = lib.optionals inputs.self.twice [ ./e.nix ] ++ [ ./a.nix ]; }
"#,
        );
    }
}
