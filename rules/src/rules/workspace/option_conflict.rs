//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Related, Severity};
use crate::options::Meeting;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::sorted;
use crate::workspace::{
    Setting, Settings, View, WorkspaceContext, dotted, holds, rivals, switches_off,
};

declare_rule! {
    /// Two modules of one host give an option values that cannot both be.
    ///
    /// ## Why
    ///
    /// Most options take one value. Where two definitions of the same priority
    /// say different things, the evaluation stops with "conflicting definition
    /// values"; for packages and some other types even two equal ones are one too
    /// many. The host that imports both modules finds out, perhaps weeks later.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./options.nix ./desktop.nix ./laptop.nix ];
    /// }
    /// # FILE: desktop.nix
    /// {
    ///   my.theme = "light";
    /// #    ^^^^^ `my.theme` is `"dark"` in laptop.nix, with the same priority
    ///   my.fonts = [ "Inter" ];
    /// }
    /// # FILE: laptop.nix
    /// {
    ///   my.theme = "dark";
    /// #    ^^^^^ `my.theme` is `"light"` in desktop.nix, with the same priority
    ///   my.fonts = [ "Iosevka" ];
    /// }
    /// # FILE: options.nix
    /// { lib, ... }:
    /// {
    ///   options.my = {
    ///     theme = lib.mkOption { type = lib.types.str; };
    ///     fonts = lib.mkOption { type = lib.types.listOf lib.types.str; };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./options.nix ./desktop.nix ./laptop.nix ];
    /// }
    /// # FILE: desktop.nix
    /// { lib, ... }:
    /// {
    ///   my.theme = lib.mkDefault "light";
    /// }
    /// # FILE: laptop.nix
    /// {
    ///   my.theme = "dark";
    /// }
    /// # FILE: options.nix
    /// { lib, ... }:
    /// {
    ///   options.my.theme = lib.mkOption { type = lib.types.str; };
    /// }
    /// ```
    ///
    /// The type decides: lists, lines and sets merge. Priorities are compared as
    /// the module system does, also inside of submodules. Where a condition
    /// decides whether both hold, the finding is a warning that says "may";
    /// conditions that exclude each other and hosts that never meet are silent, and
    /// so is what a switch of the project's own turns off on every host.
    ///
    /// ## When to allow it
    ///
    /// When two conditions exclude each other for a reason that the text does not
    /// show.
    ///
    /// ## Fix safety
    ///
    /// Which of the two should win is a choice, offered in the editor.
    ///
    /// ## References
    ///
    /// `mergeEqualOption` and `mergeOneOption` in `lib/options.nix` of nixpkgs.
    pub struct OptionConflict {
        name: "option-conflict",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: Some(Applicability::Manual),
        options: NoOptions,
    }
}

/// A finding that names more others than this is not read to its end.
const MOST_OTHERS: usize = 12;

/// What stands against a definition.
struct Conflict<'v> {
    own: Setting<'v>,
    others: Vec<Setting<'v>>,
    meeting: Meeting,
    certain: bool,
}

impl Rule for OptionConflict {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        // These have a rule of their own.
        if settings.path == ["boot", "kernel", "sysctl"] {
            return;
        }
        let view = cx.view();
        let mut all: sorted::Map<(usize, u32), Conflict<'_>> = sorted::Map::new();
        rivals(view.graph, settings, &mut |rivals| {
            let meeting = rivals
                .ty
                .meet(&rivals.a.definition.known, &rivals.b.definition.known);
            if matches!(meeting, Meeting::Merge | Meeting::Unsure) {
                return;
            }
            // What the switches say on which they depend.
            let held = |setting| match rivals.certain {
                true => Some(true),
                false => holds(view, rivals.configuration, setting),
            };
            let held = [held(&rivals.a), held(&rivals.b)];
            if held.contains(&Some(false)) {
                return;
            }
            let certain = held == [Some(true); 2];
            let off = |one, other| switches_off(view, rivals.configuration, one, other);
            if !certain && (off(&rivals.a, &rivals.b) || off(&rivals.b, &rivals.a)) {
                return;
            }
            // Whoever writes two conditions into one file sees both.
            if !certain && rivals.a.file == rivals.b.file {
                return;
            }
            for (own, other) in [(rivals.a, rivals.b), (rivals.b, rivals.a)] {
                let at = (own.file, own.definition.value.start().into());
                let conflict = all.or_insert(at, || Conflict {
                    own,
                    others: Vec::new(),
                    meeting,
                    certain: false,
                });
                conflict.certain |= certain;
                let is_known = conflict
                    .others
                    .iter()
                    .any(|known| std::ptr::eq(known.definition, other.definition));
                if !is_known && conflict.others.len() < MOST_OTHERS {
                    conflict.others.push(other);
                }
            }
        });
        for (_, conflict) in all {
            let id = conflict.own.module;
            if !view.meets_declaration(settings, id) || !view.is_evaluated(settings, id) {
                continue;
            }
            let diagnostic = describe(&conflict, view);
            cx.report(conflict.own.file, diagnostic);
        }
    }
}

fn describe(conflict: &Conflict<'_>, view: &View<'_>) -> Diagnostic {
    let own = conflict.own;
    let path: Vec<_> = own
        .definition
        .path
        .iter()
        .filter_map(|key| key.name.as_deref())
        .collect();
    let name = dotted(&path);
    let path_of = |setting: &Setting<'_>| view.documents[setting.file].path().clone();
    let mut others = conflict.others.clone();
    sorted::sort_by_key(&mut others, |other| {
        (path_of(other), other.definition.binding.start())
    });
    let mut files: Vec<String> = Vec::new();
    for other in &others {
        let file = match other.file == own.file {
            true => "this file".to_owned(),
            false => path_of(other).to_string(),
        };
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let where_to = match files.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
        [] => String::new(),
    };
    let is = if conflict.certain { "is" } else { "may be" };
    let message = match (conflict.meeting, others.as_slice()) {
        (Meeting::Differ, [other]) => match other.definition.literal() {
            Some(value) => format!("`{name}` {is} `{value}` in {where_to}, with the same priority"),
            None => format!("`{name}` {is} something else in {where_to}, with the same priority"),
        },
        (Meeting::Differ, _) => {
            format!("`{name}` {is} something else in {where_to}, with the same priority")
        }
        (Meeting::NullAndNot, _) => {
            format!(
                "`{name}` {is} null in one place and not in another ({where_to}), with the same priority"
            )
        }
        _ => format!("`{name}` {is} set in {where_to}, too; it takes one definition"),
    };
    let severity = if conflict.certain {
        Severity::Error
    } else {
        Severity::Warning
    };
    let key = own
        .definition
        .path
        .last()
        .map_or(own.definition.binding, |key| key.range);
    let mut diagnostic = Diagnostic::new(&OptionConflict::META, key, message)
        .severity(severity)
        .help(match conflict.certain {
            true => "let one of them give way with `mkDefault`, or force the other with a reason",
            false => {
                "when both conditions hold, the evaluation fails; let one give way with `mkDefault`"
            }
        });
    for other in &others {
        let key = other.definition.path.last();
        diagnostic.related.push(Related {
            path: (other.file != own.file).then(|| path_of(other)),
            range: key.map_or(other.definition.binding, |key| key.range),
            message: if conflict.certain {
                "set here, too"
            } else {
                "may be set here, too"
            }
            .to_owned(),
        });
    }
    let module = view.module(own.module);
    if module.has_lib && own.definition.literal().is_some() && own.definition.priorities.is_empty()
    {
        let insert = |function: &str| {
            [Edit::insert(
                own.definition.value.start(),
                format!("lib.{function} "),
            )]
        };
        diagnostic = diagnostic
            .fix(Fix::new(
                Applicability::Manual,
                "let this one give way (`mkDefault`)",
                insert("mkDefault"),
            ))
            .fix(Fix::new(
                Applicability::Manual,
                "let this one win (`mkForce`)",
                insert("mkForce"),
            ));
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn switches_decide() {
        let rest = r#"
# FILE: options.nix
{ lib, ... }: {
  options.my.theme = lib.mkOption { type = lib.types.str; };
  options.my.other = lib.mkOption { type = lib.types.str; };
  options.my.suite.enable = lib.mkEnableOption "both";
  options.my.foot.enable = lib.mkEnableOption "foot";
  options.my.kitty.enable = lib.mkEnableOption "kitty";
  options.my.weak.enable = lib.mkEnableOption "weak";
}
# FILE: suite.nix
{ config, lib, ... }: {
  config = lib.mkIf config.my.suite.enable {
    my.foot.enable = true;
    my.weak.enable = lib.mkDefault true;
  };
}
"#;
        let on = r#"
# FILE: foot.nix
{ config, lib, ... }: let cfg = config.my.foot; in {
  config = lib.mkIf cfg.enable {
    my.theme = "foot";
#      ^^^^^ `my.theme` is `"kitty"` in kitty.nix
    my.other = "foot";
  };
}
# FILE: host.nix
{ imports = [ ./options.nix ./suite.nix ./foot.nix ./kitty.nix ./weak.nix ]; my.suite.enable = true; my.kitty.enable = true; my.weak.enable = false; }
# FILE: kitty.nix
{ config, lib, ... }: let cfg = config.my.kitty; in {
  config = lib.mkIf cfg.enable { my.theme = "kitty"; };
#                                   ^^^^^ `my.theme` is `"foot"` in foot.nix
}
# FILE: weak.nix
{ config, lib, ... }: {
  my.other = lib.mkIf config.my.weak.enable "weak";
}
"#;
        let doubtful = r#"
# FILE: foot.nix
{ config, lib, ... }: let cfg = config.my.foot; in {
  config = lib.mkIf cfg.enable {
    my.theme = "foot";
#      ^^^^^ `my.theme` may be `"kitty"` in kitty.nix
  };
}
# FILE: host.nix
{ lib, ... }: { imports = [ ./options.nix ./suite.nix ./foot.nix ./kitty.nix ]; my.suite.enable = true; my.kitty = lib.my.enabled; }
# FILE: kitty.nix
{ config, lib, ... }: let cfg = config.my.kitty; in {
  config = lib.mkIf cfg.enable { my.theme = "kitty"; };
#                                   ^^^^^ `my.theme` may be `"foot"` in foot.nix
}
"#;
        let off = r#"
# FILE: foot.nix
{ config, lib, ... }: { my.theme = lib.mkIf config.my.foot.enable "foot"; }
# FILE: host.nix
{ imports = [ ./options.nix ./suite.nix ./foot.nix ./kitty.nix ]; my.suite.enable = true; }
# FILE: kitty.nix
{ config, lib, ... }: { my.theme = lib.mkIf config.my.kitty.enable "kitty"; }
"#;
        for part in [on, doubtful, off] {
            check(
                &OptionConflict::META,
                &format!("{}{rest}", part.trim_start()),
            );
        }
    }

    #[test]
    fn page() {
        crate::testing::check_page(&OptionConflict::META);
    }

    #[test]
    fn types_and_priorities_decide() {
        check(
            &OptionConflict::META,
            r#"
# FILE: host.nix
{ imports = [ ./options.nix ./a.nix ./b.nix ]; }
# FILE: a.nix
{ config, lib, pkgs, ... }: {
  my.list = [ 1 ];
  my.text = "a";
  my.tool = pkgs.a;
#    ^^^^ `my.tool` is set in b.nix, too; it takes one definition
  my.maybe = null;
#    ^^^^^ `my.maybe` is null in one place and not in another (b.nix)
  my.weak = lib.mkDefault 1;
  my.strong = lib.mkForce 1;
#    ^^^^^^ `my.strong` is `2` in b.nix
  my.when = lib.mkIf config.my.x 1;
#    ^^^^ `my.when` may be `2` in b.nix
  my.never = lib.mkIf config.my.x 1;
  my.sub.a.size = 1;
#          ^^^^ `my.sub.a.size` is `2` in b.nix
  my.sub.b.size = 1;
  my.sub.c = lib.mkForce { size = 1; };
  my.or = true;
  my.known = config.my.x;
}
# FILE: b.nix
{ config, lib, pkgs, ... }: {
  my.list = [ 2 ];
  my.text = "b";
  my.tool = pkgs.a;
#    ^^^^ `my.tool` is set in a.nix, too
  my.maybe = 2;
#    ^^^^^ `my.maybe` is null
  my.weak = 2;
  my.strong = lib.mkForce 2;
#    ^^^^^^ `my.strong` is `1` in a.nix
  my.when = 2;
#    ^^^^ `my.when` may be `1` in a.nix
  my.never = lib.mkIf (!config.my.x) 2;
  my.sub.a.size = 2;
#          ^^^^ `my.sub.a.size` is `1` in a.nix
  my.sub.b.size = lib.mkDefault 2;
  my.sub.c.size = 2;
  my.or = false;
  my.known = true;
}
# FILE: options.nix
{ lib, ... }: {
  options.my = {
    list = lib.mkOption { type = lib.types.listOf lib.types.int; };
    text = lib.mkOption { type = lib.types.lines; };
    tool = lib.mkOption { type = lib.types.package; };
    maybe = lib.mkOption { type = lib.types.nullOr lib.types.int; };
    weak = lib.mkOption { type = lib.types.int; };
    strong = lib.mkOption { type = lib.types.int; };
    when = lib.mkOption { type = lib.types.int; };
    never = lib.mkOption { type = lib.types.int; };
    or = lib.mkOption { type = lib.types.boolByOr; };
    known = lib.mkOption { type = lib.types.bool; };
    x = lib.mkOption { type = lib.types.bool; };
    sub = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule {
        options.size = lib.mkOption { type = lib.types.int; };
      });
    };
  };
}
"#,
        );
    }

    #[test]
    fn one_that_switches_the_other_off_is_silent() {
        check(
            &OptionConflict::META,
            r#"
# FILE: bar.nix
{ config, lib, ... }: {
  config = lib.mkIf config.my.bar.enable {
    my.lock.enable = false;
    my.command = "bar lock";
    my.color = "red";
#      ^^^^^ `my.color` may be `"blue"` in weak.nix
  };
}
# FILE: host.nix
{ lib, ... }: {
  imports = [ ./bar.nix ./lock.nix ./options.nix ./weak.nix ];
  my.bar.enable = lib.my.flag;
  my.lock.enable = lib.mkDefault true;
  my.weak.enable = lib.my.flag;
}
# FILE: lock.nix
{ config, lib, ... }: {
  config = lib.mkIf config.my.lock.enable { my.command = "lock"; };
}
# FILE: options.nix
{ lib, ... }: {
  options.my.command = lib.mkOption { type = lib.types.str; };
  options.my.color = lib.mkOption { type = lib.types.str; };
  options.my.bar.enable = lib.mkEnableOption "bar";
  options.my.lock.enable = lib.mkEnableOption "lock";
  options.my.weak.enable = lib.mkEnableOption "weak";
}
# FILE: weak.nix
{ config, lib, ... }: {
  config = lib.mkIf config.my.weak.enable {
    my.bar.enable = lib.mkDefault false;
    my.color = "blue";
#      ^^^^^ `my.color` may be `"red"` in bar.nix
  };
}
"#,
        );
    }

    #[test]
    fn conditions_are_followed_to_what_they_are() {
        check(
            &OptionConflict::META,
            r#"
# FILE: gpt.nix
{ config, lib, ... }:
let
  inherit (lib) mkIf;
  enabled = scheme == "gpt";
  scheme = config.my.scheme;
in
{
  my.output = mkIf (enabled) "gpt";
}
# FILE: host.nix
{ imports = [ ./gpt.nix ./mbr.nix ./raw.nix ./options.nix ]; }
# FILE: mbr.nix
{ config, lib, ... }: let enabled = config.my.scheme == "mbr"; in {
  my.output = lib.mkIf enabled "mbr";
  my.other = lib.mkIf (enabled || config.x) "mbr";
#    ^^^^^ `my.other` may be `"raw"` in raw.nix
}
# FILE: options.nix
{ lib, ... }: {
  options.my.scheme = lib.mkOption { type = lib.types.str; };
  options.my.output = lib.mkOption { type = lib.types.str; };
  options.my.other = lib.mkOption { type = lib.types.str; };
}
# FILE: raw.nix
{ config, lib, ... }: let enabled = config.my.scheme == "raw"; in {
  my.output = lib.mkIf enabled "raw";
  my.other = lib.mkIf (!(enabled || config.x)) "raw";
#    ^^^^^ `my.other` may be `"mbr"` in mbr.nix
}
"#,
        );
    }
}
