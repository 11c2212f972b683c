//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::OptionDeclaration;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{ModuleId, WorkspaceContext, always_holds, can_meet, declaring, dotted};
use rustc_hash::{FxHashMap, FxHashSet};

declare_rule! {
    /// An option that two modules of one host declare.
    ///
    /// ## Why
    ///
    /// A second declaration may add a type that merges, and nothing else. Where
    /// both give a default, a description, an example or an `apply`, the
    /// evaluation stops with "is already declared". Mostly a module was copied
    /// and its option kept the name.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ./news.nix ];
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail.enable = lib.mkEnableOption "mail";
    /// #         ^^^^^^^^^^^^^^ `my.mail.enable` is also declared in news.nix
    /// }
    /// # FILE: news.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail.enable = lib.mkEnableOption "news";
    /// #         ^^^^^^^^^^^^^^ `my.mail.enable` is also declared in mail.nix
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ./news.nix ];
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.feeds = lib.mkOption {
    ///     type = lib.types.attrsOf (lib.types.submodule { options.mail = lib.mkEnableOption "mail"; });
    ///     default = { };
    ///   };
    /// }
    /// # FILE: news.nix
    /// { lib, ... }:
    /// {
    ///   # Submodules merge.
    ///   options.my.feeds = lib.mkOption {
    ///     type = lib.types.attrsOf (lib.types.submodule { options.news = lib.mkEnableOption "news"; });
    ///   };
    /// }
    /// ```
    ///
    /// Modules that no host imports together are silent, and so are declarations
    /// that depend on a condition. In the submodules of an `attrsOf` or a `listOf`
    /// Nix looks as soon as there is one; they are silent, too.
    ///
    /// ## When to allow it
    ///
    /// Never.
    ///
    /// ## Fix safety
    ///
    /// There is no fix.
    ///
    /// ## References
    ///
    /// `mergeOptionDecls` in `lib/modules.nix` of nixpkgs.
    pub struct DuplicateOption {
        name: "duplicate-option",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

/// An option is compared with so many of the same name.
const MOST_KNOWN: usize = 8;

type Declaring<'v> = (ModuleId, &'v OptionDeclaration);

impl Rule for DuplicateOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_declarations(&self, cx: &mut WorkspaceContext<'_>) {
        let view = cx.view();
        // Each with one that it clashes with: who mends that sees the next.
        let mut told: FxHashSet<*const OptionDeclaration> = FxHashSet::default();
        let mut pairs: Vec<(Declaring<'_>, Declaring<'_>)> = Vec::new();
        for configuration in &view.graph.configurations {
            let mut first: FxHashMap<&[_], Vec<Declaring<'_>>> = FxHashMap::default();
            for (id, module) in declaring(view, configuration) {
                if !always_holds(configuration, id) {
                    continue;
                }
                for option in &module.options {
                    let known = first.entry(option.path.as_slice()).or_default();
                    let clashing = known.iter().find(|(other_id, other)| {
                        let ways = |id: &ModuleId| &configuration.members[id];
                        let is_same = view.graph.place(*other_id).0 == view.graph.place(id).0
                            && other.range == option.range;
                        !is_same
                            && can_meet(ways(other_id), &[], ways(&id), &[])
                            && other.declared.clashes(&option.declared)
                    });
                    if let Some(other) = clashing {
                        for (own, other) in [((id, option), *other), (*other, (id, option))] {
                            if told.insert(std::ptr::from_ref(own.1)) {
                                pairs.push((own, other));
                            }
                        }
                    }
                    if known.len() < MOST_KNOWN {
                        known.push((id, option));
                    }
                }
            }
        }
        for ((id, option), (other_id, other)) in pairs {
            let (file, _) = view.graph.place(id);
            let (other_file, _) = view.graph.place(other_id);
            let path: Vec<_> = option.path.iter().map(|name| name.as_str()).collect();
            let other_path = view.documents[other_file].path();
            let place = match file == other_file {
                true => "in another place of this file".to_owned(),
                false => format!("in {other_path}"),
            };
            let message = format!("`{}` is also declared {place}", dotted(&path));
            let mut diagnostic = Diagnostic::new(&Self::META, option.range, message)
                .help("a second declaration may only add a type that merges");
            diagnostic.related.push(Related {
                path: (file != other_file).then(|| other_path.clone()),
                range: other.range,
                message: "declared here, too".to_owned(),
            });
            cx.report(file, diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&DuplicateOption::META);
    }

    #[test]
    fn elements_are_only_looked_into_when_there_are_some() {
        let settings = crate::Settings::default();
        let module = "{ lib, ... }: { options.x = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { options.y = lib.mkOption { default = 1; }; }); }; options.z = lib.mkEnableOption \"z\"; }";
        let files = [
            ("host.nix", "{ imports = [ ./a.nix ./b.nix ]; }"),
            ("a.nix", module),
            ("b.nix", module),
        ];
        let documents =
            files.map(|(path, text)| crate::analyze(crate::Source::new(path, text), &settings));
        let found = crate::Workspace::new(documents.into(), []).check(&settings);
        let found: Vec<_> = found
            .iter()
            .filter(|(file, found)| &*file.path == "a.nix" && found.rule.name == "duplicate-option")
            .map(|(_, found)| found.message.as_str())
            .collect();
        assert_eq!(found, ["`z` is also declared in b.nix"]);
    }

    #[test]
    fn what_may_be_declared_twice() {
        check(
            &DuplicateOption::META,
            r#"
# FILE: host.nix
{ imports = [ ./a.nix ./b.nix ]; }
# FILE: other.nix
{ imports = [ ./c.nix ]; }
# FILE: a.nix
{ lib, config, ... }: {
  options.x = lib.mkOption { default = 1; description = "x"; };
  options.y = lib.optionalAttrs config.z (lib.mkEnableOption "y");
  options.z = lib.mkEnableOption "z";
}
# FILE: b.nix
{ lib, ... }: {
  options.x = lib.mkOption { type = lib.types.int; };
  options.y = lib.mkEnableOption "y";
}
# FILE: c.nix
{ lib, ... }: { options.z = lib.mkEnableOption "z"; }
"#,
        );
    }
}
