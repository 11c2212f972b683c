//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{Definition, ModuleFacts};
use crate::options::Renamed;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::{Settings, WorkspaceContext, dotted};
use smol_str::SmolStr;

declare_rule! {
    /// A setting of an option that has another name now, or is gone.
    ///
    /// ## Why
    ///
    /// A renamed option warns at every evaluation, and one day the old name goes.
    /// An option that was removed stops the evaluation at once, with a message
    /// that says what to do instead.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail = {
    ///     server = "mail.example.org";
    /// #   ^^^^^^ `my.mail.server` is called `my.mail.host` now
    ///     secure = true;
    /// #   ^^^^^^ `my.mail.secure` was removed: TLS is always on.
    ///   };
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   imports = [
    ///     (lib.mkRenamedOptionModule [ "my" "mail" "server" ] [ "my" "mail" "host" ])
    ///     (lib.mkRemovedOptionModule [ "my" "mail" "secure" ] "TLS is always on.")
    ///   ];
    ///   options.my.mail.host = lib.mkOption { type = lib.types.str; };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail = {
    ///     host = "mail.example.org";
    ///     secure = true;
    ///   };
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   imports = [
    ///     (lib.mkRenamedOptionModule [ "my" "mail" "server" ] [ "my" "mail" "host" ])
    ///     (lib.mkRemovedOptionModule [ "my" "mail" "secure" ] "TLS is always on.")
    ///   ];
    ///   options.my.mail.host = lib.mkOption { type = lib.types.str; };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail.host = "mail.example.org";
    ///   # Another name that stays.
    ///   my.post.host = "post.example.org";
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   imports = [
    ///     (lib.mkRenamedOptionModule [ "my" "mail" "server" ] [ "my" "mail" "host" ])
    ///     (lib.mkAliasOptionModule [ "my" "post" ] [ "my" "mail" ])
    ///   ];
    ///   options.my.mail.host = lib.mkOption { type = lib.types.str; };
    /// }
    /// ```
    ///
    /// Old names are known from the modules of the project and from indexed
    /// libraries.
    ///
    /// ## When to allow it
    ///
    /// When the configuration is also built with a release that only has the old
    /// name.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: the library that is built with may be older than the one that was
    /// indexed. There is no fix where something else sets the new name already,
    /// or where values have changed with the name.
    ///
    /// ## References
    ///
    /// `mkRenamedOptionModule` and `mkRemovedOptionModule` in `lib/modules.nix` of
    /// nixpkgs.
    pub struct RenamedOption {
        name: "renamed-option",
        group: Workspace,
        tag: Deprecated,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// A message that is longer than this is a help.
const LONG: usize = 120;

impl Rule for RenamedOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        let [declared] = settings.declared else {
            return;
        };
        let Some(renamed) = &declared.renamed else {
            return;
        };
        if renamed.alias || declared.says.maybe {
            return;
        }
        let view = cx.view();
        let name = settings.name();
        let (message, help) = describe(&name, renamed);
        for setting in &settings.all {
            let definition = setting.definition;
            // Whoever asks what options there are sets the name that there is.
            let asks = definition
                .guards
                .iter()
                .any(|guard| guard.to_string().contains("options"));
            let id = setting.module;
            if asks || !view.meets_declaration(settings, id) || !view.is_evaluated(settings, id) {
                continue;
            }
            let Some(key) = definition.path.get(settings.path.len() - 1) else {
                continue;
            };
            let mut diagnostic = Diagnostic::new(&Self::META, key.range, message.clone()).label(
                if renamed.removed {
                    "removed"
                } else {
                    "renamed"
                },
            );
            if let Some(help) = &help {
                diagnostic = diagnostic.help(help.clone());
            }
            let is_same_value = renamed.message.is_none() && !renamed.removed;
            if let Some(to) = renamed.to.as_ref().filter(|_| is_same_value)
                && let Some((range, text)) = rewritten(definition, settings.path.len(), to)
                && !sets(view.module(id), definition, to)
            {
                let title = format!("set `{}`", dotted_names(to));
                let edit = Edit::replace(range, text);
                diagnostic = diagnostic.fix(Fix::new(Applicability::Unsafe, title, [edit]));
            }
            cx.report(setting.file, diagnostic);
        }
    }
}

/// What there is to say of a name of the past.
fn describe(name: &str, renamed: &Renamed) -> (String, Option<String>) {
    let said = renamed.message.as_deref().unwrap_or_default();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let to = renamed.to.as_deref().map(dotted_names);
    let (mut message, said) = match (renamed.removed, to) {
        (true, _) => (format!("`{name}` was removed"), said),
        (false, Some(to)) => (format!("`{name}` is called `{to}` now"), said),
        (false, None) => (format!("`{name}` has another name now"), said),
    };
    if said.is_empty() {
        return (message, None);
    }
    if said.len() > LONG {
        return (message, Some(said));
    }
    message.push_str(if renamed.removed { ": " } else { "; " });
    message.push_str(&said);
    (message, None)
}

fn dotted_names(names: &[SmolStr]) -> String {
    dotted(&names.iter().map(SmolStr::as_str).collect::<Vec<_>>())
}

/// The keys to replace and what they become, where the binding itself holds all in
/// which the new name differs.
fn rewritten(definition: &Definition, len: usize, to: &[SmolStr]) -> Option<(TextRange, String)> {
    let path = &definition.path;
    // An `inherit` names the variable as well.
    let last = path.last()?;
    if definition.value.start() < last.range.end() {
        return None;
    }
    let first = path
        .iter()
        .position(|key| key.range.start() >= definition.binding.start())?;
    let around = path[..first].iter().map(|key| key.name.as_deref());
    if first >= len
        || first >= to.len()
        || !around.eq(to[..first].iter().map(|name| Some(name.as_str())))
    {
        return None;
    }
    let range = TextRange::new(path[first].range.start(), path[len - 1].range.end());
    let names: Vec<_> = to[first..].iter().map(SmolStr::as_str).collect();
    Some((range, dotted(&names)))
}

/// Does another definition of the module set the new name, or what holds it?
fn sets(module: &ModuleFacts, own: &Definition, to: &[SmolStr]) -> bool {
    module.definitions.iter().any(|other| {
        let mut keys = other.path.iter().zip(to);
        other.value != own.value && keys.all(|(key, name)| key.name.as_ref() == Some(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&RenamedOption::META);
    }

    #[test]
    fn paths_are_rewritten_where_one_binding_holds_them() {
        check_fix(
            &RenamedOption::META,
            r#"
# FILE: a.nix
{ lib, ... }: {
  imports = [
    (lib.mkRenamedOptionModule [ "my" "old" ] [ "my" "new" "a-b" "1" ])
    (lib.mkRenamedOptionModule [ "my" "gone" ] [ "your" "x" ])
    (lib.mkRenamedOptionModule [ "my" "taken" ] [ "your" "taken" ])
    (lib.mkChangedOptionModule [ "my" "changed" ] [ "your" "y" ] (config: 1))
  ];
}
# FILE: host.nix
{ config, lib, old, ... }: {
  imports = [ ./a.nix ];
  my.old.inner.x = 1;
#    ^^^ `my.old` is called `my.new.a-b."1"` now
  my = {
    gone = 2;
#   ^^^^ `my.gone` is called `your.x` now
    inherit old;
#           ^^^ `my.old` is called
    changed = 1;
#   ^^^^^^^ `my.changed` is called `your.y` now; its values have changed
  };
  config.my."old" = lib.mkIf config.x 3;
#           ^^^^^ `my.old` is called
  my.taken = 1;
#    ^^^^^ `my.taken` is called
  your.taken = 2;
}
"#,
            Applicability::Unsafe,
            r#"
# FILE: a.nix
{ lib, ... }: {
  imports = [
    (lib.mkRenamedOptionModule [ "my" "old" ] [ "my" "new" "a-b" "1" ])
    (lib.mkRenamedOptionModule [ "my" "gone" ] [ "your" "x" ])
    (lib.mkRenamedOptionModule [ "my" "taken" ] [ "your" "taken" ])
    (lib.mkChangedOptionModule [ "my" "changed" ] [ "your" "y" ] (config: 1))
  ];
}
# FILE: host.nix
{ config, lib, old, ... }: {
  imports = [ ./a.nix ];
  my.new.a-b."1".inner.x = 1;
  my = {
    gone = 2;
    inherit old;
    changed = 1;
  };
  config.my.new.a-b."1" = lib.mkIf config.x 3;
  my.taken = 1;
  your.taken = 2;
}
"#,
        );
    }

    #[test]
    fn names_that_somebody_still_declares_are_silent() {
        check(
            &RenamedOption::META,
            r#"
# FILE: a.nix
{ lib, ... }: {
  imports = [
    (lib.mkRenamedOptionModule [ "my" "old" ] [ "my" "new" ])
    (lib.mkAliasOptionModule [ "my" "alias" ] [ "my" "new" ])
  ];
  options.my.old = lib.mkOption { type = lib.types.int; };
}
# FILE: host.nix
{ imports = [ ./a.nix ]; my.old = 1; my.alias = 1; }
# FILE: other.nix
{ my.old = 1; }
"#,
        );
    }
}
