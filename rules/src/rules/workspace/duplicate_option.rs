//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Declaration, WorkspaceContext, always_holds, can_meet, dotted};

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

impl Rule for DuplicateOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_option(&self, declarations: &[Declaration<'_>], cx: &mut WorkspaceContext<'_>) {
        if declarations.len() < 2 {
            return;
        }
        let view = cx.view();
        // Each with one that it clashes with: who mends that sees the next.
        let mut clashes = vec![None; declarations.len()];
        for configuration in &view.graph.configurations {
            let mut known: Vec<usize> = Vec::new();
            for (at, own) in declarations.iter().enumerate() {
                if !always_holds(configuration, own.module) {
                    continue;
                }
                let ways = |it: &Declaration<'_>| &configuration.members[&it.module];
                let clashing = known.iter().find(|other| {
                    let other = &declarations[**other];
                    let is_same = other.file == own.file && other.option.range == own.option.range;
                    !is_same
                        && can_meet(ways(other), &[], ways(own), &[])
                        && other.option.declared.clashes(&own.option.declared)
                });
                if let Some(other) = clashing.copied() {
                    clashes[at].get_or_insert(other);
                    clashes[other].get_or_insert(at);
                }
                if known.len() < MOST_KNOWN {
                    known.push(at);
                }
            }
        }
        for (own, other) in declarations.iter().zip(clashes) {
            let Some(other) = other.map(|other| declarations[other]) else {
                continue;
            };
            let path: Vec<_> = own.option.path.iter().map(|name| name.as_str()).collect();
            let other_path = view.documents[other.file].path();
            let place = match own.file == other.file {
                true => "in another place of this file".to_owned(),
                false => format!("in {other_path}"),
            };
            let message = format!("`{}` is also declared {place}", dotted(&path));
            let mut diagnostic = Diagnostic::new(&Self::META, own.option.range, message)
                .help("a second declaration may only add a type that merges");
            diagnostic.related.push(Related {
                path: (own.file != other.file).then(|| other_path.clone()),
                range: other.option.range,
                message: "declared here, too".to_owned(),
            });
            cx.report(own.file, diagnostic);
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
