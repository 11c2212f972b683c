//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Settings, WorkspaceContext, may_be_set_elsewhere, removal};

declare_rule! {
    /// A setting that says what the option says by itself.
    ///
    /// ## Why
    ///
    /// The line changes nothing today. Where it stands on purpose it keeps the
    /// value when the default changes; where it was copied it is one line more to
    /// read.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail.port = 25;
    /// #         ^^^^ `my.mail.port` is `25` by default
    ///   my.mail.host = "mail.example.org";
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail = {
    ///     port = lib.mkOption { type = lib.types.port; default = 25; };
    ///     host = lib.mkOption { type = lib.types.str; default = "localhost"; };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail.host = "mail.example.org";
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail = {
    ///     port = lib.mkOption { type = lib.types.port; default = 25; };
    ///     host = lib.mkOption { type = lib.types.str; default = "localhost"; };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ./base.nix ];
    ///   # Without it the value of base.nix would hold.
    ///   my.mail.port = 25;
    /// }
    /// # FILE: base.nix
    /// { lib, ... }:
    /// {
    ///   my.mail.port = lib.mkDefault 2525;
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail.port = lib.mkOption { type = lib.types.port; default = 25; };
    /// }
    /// ```
    ///
    /// An option that anything else sets as well is silent.
    ///
    /// ## When to allow it
    ///
    /// When the value is to stay whatever becomes of the default.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: the default may be another one some day.
    pub struct PinsDefault {
        name: "pins-default",
        group: Workspace,
        tag: Unnecessary,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 1,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for PinsDefault {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        let ([declared], [first, others @ ..]) = (settings.declared, settings.all.as_slice())
        else {
            return;
        };
        // A file may be a module under several names.
        if declared.says.partly
            || declared.says.maybe
            || !others.iter().all(|other| first.is(other))
        {
            return;
        }
        let Some(default) = declared.default.as_ref().and_then(|it| it.literal.as_ref()) else {
            return;
        };
        let (definition, view) = (first.definition, cx.view());
        let is_pinned = definition.path.len() == settings.path.len()
            && definition.literal() == Some(default)
            && definition.priorities.is_empty()
            && definition.update.is_none();
        let id = first.module;
        if !is_pinned || may_be_set_elsewhere(view, settings) {
            return;
        }
        if !view.meets_declaration(settings, id) || !view.is_evaluated(settings, id) {
            return;
        }
        let key = definition
            .path
            .last()
            .map_or(definition.binding, |key| key.range);
        let value = default.to_string();
        let message = match value.len() <= 60 {
            true => format!("`{}` is `{value}` by default", settings.name()),
            false => format!("`{}` is that by default", settings.name()),
        };
        let mut diagnostic = Diagnostic::new(&Self::META, key, message);
        diagnostic
            .related
            .extend(view.declared_at(settings, first.file));
        if let Some(range) = removal(view, first) {
            let edit = Edit::delete(range);
            diagnostic = diagnostic.fix(Fix::new(
                Applicability::Unsafe,
                "remove the setting",
                [edit],
            ));
        }
        cx.report(first.file, diagnostic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&PinsDefault::META);
    }

    #[test]
    fn only_literals_and_plain_definitions() {
        check(
            &PinsDefault::META,
            r#"
# FILE: host.nix
{ config, lib, ... }: {
  imports = [ ./a.nix ];
  my.on = false;
#    ^^ `my.on` is `false` by default
  my.forced = lib.mkForce 1;
  my.text = "a";
  my.made.enable = false;
  my.when = lib.mkIf config.x null;
#    ^^^^ `my.when` is `null` by default
}
# FILE: a.nix
{ lib, name, ... }: {
  my.made = lib.mkDefault lib.my.enabled;
  options.my = {
    made.enable = lib.mkEnableOption "x";
    on = lib.mkEnableOption "x";
    forced = lib.mkOption { default = 1; };
    text = lib.mkOption { default = name; };
    when = lib.mkOption { default = null; };
  };
}
"#,
        );
    }
}
