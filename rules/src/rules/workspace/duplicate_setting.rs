//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Related, Severity};
use crate::module::Literal;
use crate::options::{Known, Meeting, Type};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::sorted;
use crate::workspace::{
    Setting, Settings, View, WorkspaceContext, always_goes_with, dotted, removal, rivals,
};

declare_rule! {
    /// Two modules that always come together say the same.
    ///
    /// ## Why
    ///
    /// Where two modules set an option to the same value, one of the lines does
    /// nothing, until somebody changes the other: then the evaluation fails. Lists
    /// and texts do not fail, they hold everything twice.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./site.nix ];
    ///   site.domain = "example.org";
    ///   site.mirrors = [ "one.example.org" "two.example.org" ];
    /// #      ^^^^^^^ `site.mirrors` holds these twice: site.nix adds them, too
    /// }
    /// # FILE: site.nix
    /// { lib, ... }:
    /// {
    ///   imports = [ ./mail.nix ];
    ///   options.site = {
    ///     domain = lib.mkOption { type = lib.types.str; };
    ///     mirrors = lib.mkOption { type = lib.types.listOf lib.types.str; };
    ///   };
    ///   config.site.domain = "example.org";
    /// #             ^^^^^^ `site.domain` is set to `"example.org"` in host.nix, too
    ///   config.site.mirrors = [ "one.example.org" "two.example.org" "three.example.org" ];
    /// }
    /// # FILE: mail.nix
    /// { }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./mail.nix ./web.nix ];
    ///   site.quiet = true;
    /// }
    /// # FILE: other.nix
    /// {
    ///   imports = [ ./web.nix ];
    /// }
    /// # FILE: mail.nix
    /// { lib, ... }:
    /// {
    ///   imports = [ ./site.nix ];
    ///   # Each module switches on what it needs.
    ///   site.quiet = true;
    ///   site.name = lib.mkDefault "mail";
    ///   site.ports = [ 80 ];
    /// }
    /// # FILE: web.nix
    /// {
    ///   imports = [ ./site.nix ];
    ///   site.name = "mail";
    ///   site.ports = [ 80 ];
    /// }
    /// # FILE: site.nix
    /// { lib, ... }:
    /// {
    ///   options.site = {
    ///     quiet = lib.mkEnableOption "quiet";
    ///     name = lib.mkOption { type = lib.types.str; };
    ///     ports = lib.mkOption { type = lib.types.listOf lib.types.port; };
    ///   };
    /// }
    /// ```
    ///
    /// Only what every host sets anyway is reported: modules that some host has
    /// without each other stand for themselves. So do modules that the flake hands
    /// out. Switches (`enable = true`) may be repeated by all who need them, and a
    /// list may share one element with another.
    ///
    /// ## When to allow it
    ///
    /// When a module is to be complete for whoever copies it.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: a module without the line depends on the other one.
    ///
    /// ## References
    ///
    /// `mergeEqualOption` in `lib/options.nix` of nixpkgs.
    pub struct DuplicateSetting {
        name: "duplicate-setting",
        group: Workspace,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// What is said twice.
#[derive(Clone, Copy, PartialEq)]
enum Twice {
    /// A value.
    Value,
    /// All elements of the one list, in this order of the two.
    Elements { first: bool, second: bool },
    /// A text that is joined with itself.
    Text,
}

impl Rule for DuplicateSetting {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        // These have a rule of their own.
        if settings.path == ["boot", "kernel", "sysctl"] {
            return;
        }
        // Whatever makes the value may take out what stands twice.
        if settings
            .declared
            .iter()
            .any(|it| it.says.apply || it.says.partly || it.says.maybe)
        {
            return;
        }
        let view = cx.view();
        let mut all: sorted::Map<(usize, u32), (Setting<'_>, Setting<'_>, Twice)> =
            sorted::Map::new();
        rivals(view.graph, settings, &mut |rivals| {
            let (a, b) = (rivals.a, rivals.b);
            let Some(twice) = twice(rivals.ty, &a, &b) else {
                return;
            };
            // Of two that always come together the later one is reported.
            let place = |it: &Setting<'_>| (it.file, it.definition.binding.start());
            let (first, second) = if place(&a) < place(&b) {
                (a, b)
            } else {
                (b, a)
            };
            let is_first = std::ptr::eq(first.definition, a.definition);
            for (own, other, is_a) in [(second, first, !is_first), (first, second, is_first)] {
                let may_go = match twice {
                    Twice::Elements { first, second } => {
                        if is_a {
                            first
                        } else {
                            second
                        }
                    }
                    _ => true,
                };
                let at = (own.file, own.definition.value.start().into());
                let is_judged = !is_generated(view, &own)
                    && may_go
                    && view.meets_declaration(settings, own.module)
                    && view.is_evaluated(settings, own.module);
                let told = (other.file, other.definition.value.start().into());
                if is_judged
                    && all.get(&told).is_none()
                    && always_goes_with(view.graph, &own, &other) == Some(true)
                {
                    all.or_insert(at, || (own, other, twice));
                    break;
                }
            }
        });
        for (_, (own, other, twice)) in all {
            let diagnostic = describe(view, &own, &other, twice);
            cx.report(own.file, diagnostic);
        }
    }
}

/// Do two definitions say the same, so that one would do?
fn twice(ty: &Type, a: &Setting<'_>, b: &Setting<'_>) -> Option<Twice> {
    let known = (&a.definition.known, &b.definition.known);
    if ty.meet(known.0, known.1) != Meeting::Merge {
        return None;
    }
    match known {
        // A switch that several modules need.
        (Known::Literal(Literal::Bool(_) | Literal::Null), _) => None,
        (Known::Literal(x), Known::Literal(y)) if x == y => {
            let is_empty = matches!(x, Literal::String(text) if text.is_empty());
            match joins(ty) {
                _ if is_empty => None,
                true => Some(Twice::Text),
                false => Some(Twice::Value),
            }
        }
        (Known::List(x), Known::List(y)) if is_list(ty) => {
            let is_literal = |it: &Known| matches!(it, Known::Literal(_));
            if !x.iter().chain(&**y).all(is_literal) {
                return None;
            }
            // One that both need is no copy.
            let within =
                |x: &[Known], y: &[Known]| x.len() > 1 && x.iter().all(|it| y.contains(it));
            let (first, second) = (within(x, y), within(y, x));
            (first || second).then_some(Twice::Elements { first, second })
        }
        _ => None,
    }
}

fn is_list(ty: &Type) -> bool {
    match ty {
        Type::ListOf(_) | Type::NonEmptyListOf(_) => true,
        Type::NullOr(inner) | Type::Called(_, inner) => is_list(inner),
        _ => false,
    }
}

fn joins(ty: &Type) -> bool {
    match ty {
        Type::Joined(_) => true,
        Type::NullOr(inner) | Type::Called(_, inner) => joins(inner),
        _ => false,
    }
}

/// Is it in a file that a tool writes?
fn is_generated(view: &View<'_>, setting: &Setting<'_>) -> bool {
    let document = &view.documents[setting.file];
    let name = document.path().rsplit('/').next();
    document.facts().header.generated || name == Some("hardware-configuration.nix")
}

fn describe(view: &View<'_>, own: &Setting<'_>, other: &Setting<'_>, twice: Twice) -> Diagnostic {
    let path: Vec<_> = own
        .definition
        .path
        .iter()
        .filter_map(|key| key.name.as_deref())
        .collect();
    let name = dotted(&path);
    let other_path = view.documents[other.file].path();
    let place = match own.file == other.file {
        true => "elsewhere in this file".to_owned(),
        false => format!("in {other_path}"),
    };
    let adds = match own.file == other.file {
        true => "this file adds them elsewhere, too".to_owned(),
        false => format!("{other_path} adds them, too"),
    };
    let (message, severity) = match (twice, own.definition.literal()) {
        (Twice::Elements { .. }, _) => (
            format!("`{name}` holds these twice: {adds}"),
            Severity::Warning,
        ),
        (Twice::Value, Some(value)) if value.to_string().len() <= 60 => (
            format!("`{name}` is set to `{value}` {place}, too"),
            Severity::Info,
        ),
        (Twice::Text, _) => (
            format!("`{name}` holds this text twice: it stands {place}, too"),
            Severity::Warning,
        ),
        (Twice::Value, _) => (
            format!("`{name}` is set to the same {place}"),
            Severity::Info,
        ),
    };
    let key = |setting: &Setting<'_>| {
        setting
            .definition
            .path
            .last()
            .map_or(setting.definition.binding, |key| key.range)
    };
    let mut diagnostic = Diagnostic::new(&DuplicateSetting::META, key(own), message)
        .severity(severity)
        .help("every configuration with this line has the other one as well");
    diagnostic.related.push(Related {
        path: (own.file != other.file).then(|| other_path.clone()),
        range: key(other),
        message: "set here, too".to_owned(),
    });
    if let Some(range) = removal(view, own) {
        let edit = Edit::delete(range);
        diagnostic = diagnostic.fix(Fix::new(Applicability::Unsafe, "remove this one", [edit]));
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_fix;

    #[test]
    fn page() {
        crate::testing::check_page(&DuplicateSetting::META);
    }

    #[test]
    fn what_goes_with_another_may_go() {
        let rest = r#"
# FILE: b.nix
{ config, lib, ... }: {
  my.a = "x";
  my.text = "line";
  my.list = [ "a" "b" ];
  my.set.n.size = 3;
  my.when = lib.mkIf config.my.on "x";
  my.both = lib.mkIf config.my.on "x";
  my.on = true;
  my.tool = 1;
}
# FILE: options.nix
{ lib, ... }: {
  options.my = {
    a = lib.mkOption { type = lib.types.str; };
    text = lib.mkOption { type = lib.types.lines; };
    list = lib.mkOption { type = lib.types.listOf lib.types.str; };
    set = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { options.size = lib.mkOption { type = lib.types.int; }; }); };
    when = lib.mkOption { type = lib.types.str; };
    both = lib.mkOption { type = lib.types.str; };
    on = lib.mkEnableOption "x";
    tool = lib.mkOption { type = lib.types.int; };
    made = lib.mkOption { type = lib.types.listOf lib.types.str; apply = lib.unique; };
  };
}
# FILE: one.nix
{ imports = [ ./options.nix ./b.nix ]; }
# FILE: two.nix
{ imports = [ ./options.nix ./b.nix ./z.nix ]; my.made = [ "a" "b" ]; }
"#;
        let bad = r#"
# FILE: z.nix
{ config, lib, ... }: {
  my.a = "x";
#    ^ `my.a` is set to `"x"` in b.nix, too
  my.text = "line";
#    ^^^^ `my.text` holds this text twice
  my.list = [ "b" "a" ];
#    ^^^^ `my.list` holds these twice: b.nix adds them, too
  my.set = { n.size = 3; };
#              ^^^^ `my.set.n.size` is set to `3` in b.nix, too
  my.when = "x";
  my.both = lib.mkIf config.my.on "x";
#    ^^^^ `my.both` is set to `"x"`
  my.on = true;
  my.tool = lib.mkForce 1;
  my.made = [ "a" "b" ];
}
"#;
        let fixed = r#"
# FILE: z.nix
{ config, lib, ... }: {
  my.set = {  };
  my.when = "x";
  my.on = true;
  my.tool = lib.mkForce 1;
  my.made = [ "a" "b" ];
}
"#;
        check_fix(
            &DuplicateSetting::META,
            &format!("{}{rest}", bad.trim_start()),
            Applicability::Unsafe,
            &format!("{}{rest}", fixed.trim_start()),
        );
    }
}
