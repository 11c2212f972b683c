//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::{DEFAULT_PRIORITY, Literal};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Setting, Settings, WorkspaceContext, always_goes_with, dotted};

declare_rule! {
    /// A setting that every host overrides.
    ///
    /// ## Why
    ///
    /// A plain definition says what is wanted. Where each host that has it also
    /// has a forced one, it is never what happens, and whoever reads it is misled.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// { lib, ... }:
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail.port = lib.mkForce 2525;
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail.port = lib.mkOption { type = lib.types.port; };
    ///   config.my.mail.port = 25;
    /// #                ^^^^ `my.mail.port` always gives way to a forced value in host.nix
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// { lib, ... }:
    /// {
    ///   imports = [ ./mail.nix ];
    ///   my.mail.port = lib.mkForce 2525;
    /// }
    /// # FILE: other.nix
    /// {
    ///   # This one has the port as it is.
    ///   imports = [ ./mail.nix ];
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   options.my.mail.port = lib.mkOption { type = lib.types.port; };
    ///   config.my.mail.port = 25;
    /// }
    /// ```
    ///
    /// A default (`mkDefault`) gives way by its nature and is silent.
    ///
    /// ## When to allow it
    ///
    /// When the module is made for more hosts than there are.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: whether the one or the other was meant is for the owner to
    /// say.
    pub struct SilentOverride {
        name: "silent-override",
        group: Workspace,
        tag: Unnecessary,
        severity: Info,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for SilentOverride {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        if settings.ty.is_none() {
            return;
        }
        let len = settings.path.len();
        let view = cx.view();
        let priority = |setting: &Setting<'_>| setting.definition.option_priority(len);
        let forced: Vec<_> = settings
            .all
            .iter()
            .filter(|it| priority(it) < DEFAULT_PRIORITY)
            .collect();
        if forced.is_empty() {
            return;
        }
        for own in settings
            .all
            .iter()
            .filter(|it| priority(it) == DEFAULT_PRIORITY)
        {
            let stronger = forced.iter().find(|other| {
                !own.is(other) && always_goes_with(view.graph, own, other) == Some(true)
            });
            let Some(other) = stronger else { continue };
            let switches = |a: &Setting<'_>, b: &Setting<'_>| {
                let both = (a.definition.literal(), b.definition.literal());
                matches!(both, (Some(Literal::Bool(a)), Some(Literal::Bool(b))) if a != b)
            };
            // `contradiction` says that.
            if own.module == other.module && switches(own, other) {
                continue;
            }
            let id = own.module;
            if !view.meets_declaration(settings, id) || !view.is_evaluated(settings, id) {
                continue;
            }
            let path: Vec<_> = own
                .definition
                .path
                .iter()
                .filter_map(|key| key.name.as_deref())
                .collect();
            let other_path = view.documents[other.file].path();
            let place = match own.file == other.file {
                true => "in this file".to_owned(),
                false => format!("in {other_path}"),
            };
            let key = |setting: &Setting<'_>| {
                setting
                    .definition
                    .path
                    .last()
                    .map_or(setting.definition.binding, |key| key.range)
            };
            let message = format!(
                "`{}` always gives way to a forced value {place}",
                dotted(&path)
            );
            let mut diagnostic = Diagnostic::new(&Self::META, key(own), message)
                .help("take it out, or let it be a default (`mkDefault`)");
            diagnostic.related.push(Related {
                path: (own.file != other.file).then(|| other_path.clone()),
                range: key(other),
                message: "forced here".to_owned(),
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
        crate::testing::check_page(&SilentOverride::META);
    }

    #[test]
    fn what_may_win_somewhere_is_silent() {
        check(
            &SilentOverride::META,
            r#"
# FILE: host.nix
{ config, lib, ... }: {
  imports = [ ./a.nix ];
  my.list = lib.mkForce [ ];
  my.set = lib.mkForce { z = 1; };
  my.when = lib.mkIf config.x (lib.mkForce 1);
  my.inner.y.z = lib.mkForce 1;
  my.weak = lib.mkForce 1;
  my.both = lib.mkIf config.x (lib.mkForce 1);
}
# FILE: a.nix
{ config, lib, ... }: {
  options.my = {
    list = lib.mkOption { type = lib.types.listOf lib.types.int; };
    set = lib.mkOption { type = lib.types.attrsOf lib.types.int; };
    when = lib.mkOption { type = lib.types.int; };
    inner = lib.mkOption { type = lib.types.attrsOf lib.types.anything; };
    weak = lib.mkOption { type = lib.types.int; };
    both = lib.mkOption { type = lib.types.int; };
  };
  config.my = {
    list = [ 1 ];
#   ^^^^ `my.list` always gives way
    set.x = 1;
#       ^ `my.set.x` always gives way
    when = 2;
    inner.x = 1;
    weak = lib.mkDefault 2;
    both = lib.mkIf config.x 2;
#   ^^^^ `my.both` always gives way
  };
}
"#,
        );
    }
}
