//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::{DEFAULT_PRIORITY, Guard};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Setting, Settings, WorkspaceContext, always_holds};

declare_rule! {
    /// A read-only option that is set once too often.
    ///
    /// ## Why
    ///
    /// An option with `readOnly = true` takes one definition, and its default
    /// counts as one. One more, and the evaluation stops with "is read-only, but
    /// it's set multiple times".
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./version.nix ];
    ///   my.version = "2";
    /// #    ^^^^^^^ `my.version` is read-only and has a default
    /// }
    /// # FILE: version.nix
    /// { lib, ... }:
    /// {
    ///   options.my.version = lib.mkOption {
    ///     type = lib.types.str;
    ///     default = "1";
    ///     readOnly = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./version.nix ];
    ///   my.version = "2";
    /// }
    /// # FILE: version.nix
    /// { lib, ... }:
    /// {
    ///   options.my.version = lib.mkOption {
    ///     type = lib.types.str;
    ///     readOnly = true;
    ///   };
    /// }
    /// ```
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
    /// `evalOptionValue` in `lib/modules.nix` of nixpkgs.
    pub struct ReadOnlySet {
        name: "read-only-set",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for ReadOnlySet {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        let all = settings.declared.iter();
        if !all.clone().any(|declared| declared.says.read_only)
            || all
                .clone()
                .any(|declared| declared.says.partly || declared.says.maybe)
        {
            return;
        }
        let has_default = all.clone().any(|declared| declared.default.is_some());
        if !settings
            .all
            .iter()
            .any(|it| cx.view().meets_declaration(settings, it.module))
        {
            return;
        }
        let view = cx.view();
        for configuration in &view.graph.configurations {
            let mut certain: Vec<&Setting<'_>> = settings
                .all
                .iter()
                .filter(|setting| {
                    let definition = setting.definition;
                    definition.path.len() >= settings.path.len()
                        && definition.update.is_none()
                        && definition.guards.iter().all(Guard::is_choice)
                        && always_holds(configuration, setting.module)
                })
                .collect();
            // Parts of one set are one definition, and what `mkMerge` merges at one key.
            certain.dedup_by(|a, b| {
                let key = |it: &Setting<'_>| it.definition.path.last().map(|key| key.range);
                if a.file == b.file && key(a) == key(b) {
                    return true;
                }
                let is_part = |it: &Setting<'_>| it.definition.path.len() > settings.path.len();
                a.module == b.module && is_part(a) && is_part(b)
            });
            let name = settings.name();
            let mut report = |setting: &Setting<'_>, message: String, related: Option<Related>| {
                let key = setting
                    .definition
                    .path
                    .last()
                    .map_or(setting.definition.binding, |key| key.range);
                let mut diagnostic = Diagnostic::new(&Self::META, key, message);
                diagnostic.related.extend(related);
                cx.report(setting.file, diagnostic);
            };
            match certain.as_slice() {
                [setting] if has_default => {
                    let related = view.declared_at(settings, setting.file);
                    report(
                        setting,
                        format!("`{name}` is read-only and has a default"),
                        related,
                    );
                }
                [first, others @ ..] if !others.is_empty() => {
                    for setting in others.iter().filter(|it| !it.is(first)) {
                        let priority = first.definition.priorities.first();
                        let related = Related {
                            path: (first.file != setting.file)
                                .then(|| view.documents[first.file].path().clone()),
                            range: first.definition.binding,
                            message: match priority.map_or(DEFAULT_PRIORITY, |(_, it)| *it) {
                                DEFAULT_PRIORITY => "set here",
                                _ => "set here, whatever the priority",
                            }
                            .to_owned(),
                        };
                        report(
                            setting,
                            format!("`{name}` is read-only and set twice"),
                            Some(related),
                        );
                    }
                }
                _ => {}
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
        crate::testing::check_page(&ReadOnlySet::META);
    }

    #[test]
    fn one_definition_is_enough() {
        check(
            &ReadOnlySet::META,
            r#"
# FILE: host.nix
{ imports = [ ./version.nix ./other.nix ]; my.twice = 1; my.maybe = 1; my.once = 1; }
# FILE: other.nix
{ config, lib, ... }: {
  my.twice = lib.mkForce 1;
#    ^^^^^ `my.twice` is read-only and set twice
  my.maybe = lib.mkIf config.x 1;
}
# FILE: version.nix
{ lib, ... }: {
  options.my.once = lib.mkOption { type = lib.types.int; readOnly = true; };
  options.my.twice = lib.mkOption { type = lib.types.int; readOnly = true; };
  options.my.maybe = lib.mkOption { type = lib.types.int; readOnly = true; };
}
"#,
        );
    }
}
