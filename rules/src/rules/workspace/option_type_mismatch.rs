//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Severity};
use crate::module::{Guard, Literal};
use crate::options::{ANY_NAME, Fit, Found, Known, Type};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Settings, WorkspaceContext};

declare_rule! {
    /// A value that the type of the option does not take.
    ///
    /// ## Why
    ///
    /// An option says what its values are. A number in quotation marks, a package
    /// by its name, one string where a list belongs: the evaluation stops there,
    /// once something reads the option.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   options.my.web = {
    ///     port = lib.mkOption {
    ///       type = lib.types.port;
    ///       default = 80;
    ///     };
    ///     level = lib.mkOption {
    ///       type = lib.types.enum [ "low" "high" ];
    ///       default = "low";
    ///     };
    ///     names = lib.mkOption {
    ///       type = lib.types.listOf lib.types.str;
    ///       default = [ ];
    ///     };
    ///   };
    ///   config.my.web = {
    ///     port = "8080";
    /// #          ^^^^^^ `my.web.port` takes an integer between 0 and 65535 (both inclusive), not a string
    ///     level = "middle";
    /// #           ^^^^^^^^ `my.web.level` takes one of "low", "high", not "middle"
    ///     names = "example.org";
    /// #           ^^^^^^^^^^^^^ `my.web.names` takes a list of string, not a string
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   options.my.web.port = lib.mkOption {
    ///     type = lib.types.nullOr lib.types.port;
    ///     default = null;
    ///   };
    ///   config.my.web.port = 8080;
    /// }
    /// ```
    ///
    /// Types are those of options that the project declares, and of libraries
    /// that are indexed. What a value is that is computed, or a type that is made
    /// by a function that cannot be read, nobody says anything about. Below a
    /// condition the finding is a warning.
    ///
    /// ## When to allow it
    ///
    /// Never.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: what was meant is for the owner to say.
    ///
    /// ## References
    ///
    /// `lib/types.nix` of nixpkgs.
    pub struct OptionTypeMismatch {
        name: "option-type-mismatch",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for OptionTypeMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        if settings.ty.is_none() {
            return;
        }
        for setting in &settings.all {
            let definition = setting.definition;
            // What a priority hides is another value.
            let is_never = definition.is_dropped() || definition.is_hidden(settings.path.len());
            if definition.update.is_some()
                || is_never
                || settings.is_overridden(cx.view().graph, setting)
            {
                continue;
            }
            let names: Vec<_> = definition
                .path
                .iter()
                .map(|key| key.name.as_deref())
                .collect();
            let (ty, len, known) = match cx.view().options().find(settings.class, &names) {
                Found::Value { ty, .. } => (ty, names.len(), &definition.known),
                Found::NoSet { ty, len, .. } => (ty, len, &Known::Set),
                _ => continue,
            };
            if ty.accepts(known) != Fit::No || !cx.view().is_evaluated(settings, setting.module) {
                continue;
            }
            if !cx.view().meets_declaration(settings, setting.module) {
                continue;
            }
            let path: Vec<_> = names[..len]
                .iter()
                .map(|name| name.unwrap_or(ANY_NAME))
                .collect();
            let name = crate::workspace::dotted(&path);
            let certain = definition.guards.iter().all(Guard::is_choice);
            let range = match known {
                Known::Set => definition.path[len - 1].range,
                _ => definition.value,
            };
            let message = match element(ty, known) {
                Some(element) => {
                    format!(
                        "`{name}` takes {}, but one element is {}",
                        a(ty),
                        words(element)
                    )
                }
                None => format!("`{name}` takes {}, not {}", a(ty), value(ty, known)),
            };
            let severity = if certain {
                Severity::Error
            } else {
                Severity::Warning
            };
            let mut diagnostic = Diagnostic::new(&Self::META, range, message).severity(severity);
            diagnostic
                .related
                .extend(cx.view().declared_at(settings, setting.file));
            cx.report(setting.file, diagnostic);
        }
    }
}

/// The element of a list that does not fit.
fn element<'k>(ty: &Type, known: &'k Known) -> Option<&'k Known> {
    match (ty, known) {
        (Type::ListOf(inner) | Type::NonEmptyListOf(inner), Known::List(values)) => {
            values.iter().find(|value| inner.accepts(value) == Fit::No)
        }
        (Type::NullOr(inner) | Type::Unique(inner), _) => element(inner, known),
        _ => None,
    }
}

/// A type with its article.
fn a(ty: &Type) -> String {
    let text = ty.to_string();
    let vowel = text.starts_with(['a', 'e', 'i', 'o', 'u']) && !text.starts_with("uni");
    match ty {
        Type::Enum(_) | Type::NullOr(_) | Type::Joined(_) | Type::Anything => text,
        _ if vowel => format!("an {text}"),
        _ => format!("a {text}"),
    }
}

/// A value, as it is written where that says more than its kind.
fn value(ty: &Type, known: &Known) -> String {
    fn has_members(ty: &Type) -> bool {
        match ty {
            Type::Enum(_) | Type::Int { .. } => true,
            Type::NullOr(inner) | Type::Unique(inner) => has_members(inner),
            Type::Either(left, right) => has_members(left) || has_members(right),
            _ => false,
        }
    }
    match known {
        Known::Literal(literal @ Literal::Integer(_)) if has_members(ty) => literal.to_string(),
        Known::Literal(literal @ Literal::String(text))
            if has_members(ty) && text.len() < 40 && !matches!(ty, Type::Int { .. }) =>
        {
            literal.to_string()
        }
        _ => words(known).to_owned(),
    }
}

/// The kind of a value.
fn words(known: &Known) -> &'static str {
    match known {
        Known::Literal(Literal::Bool(true)) => "`true`",
        Known::Literal(Literal::Bool(false)) => "`false`",
        Known::Literal(Literal::Integer(_)) => "an integer",
        Known::Literal(Literal::Float(_)) => "a floating point number",
        Known::Literal(Literal::String(_)) | Known::Text => "a string",
        Known::Literal(Literal::Null) => "`null`",
        Known::Path => "a path",
        Known::List(_) => "a list",
        Known::Set => "a set",
        Known::Function => "a function",
        Known::Unknown => "this",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&OptionTypeMismatch::META);
    }

    #[test]
    fn only_what_is_certain_is_said() {
        check(
            &OptionTypeMismatch::META,
            r#"
# FILE: host.nix
{ config, lib, pkgs, ... }:
let
  port = lib.types.either lib.types.port (lib.types.enum [ "auto" ]);
in
{
  options.my = {
    port = lib.mkOption { type = port; };
    tool = lib.mkPackageOption pkgs "git" { nullable = true; };
    sub = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule ({ name, ... }: {
        options.size = lib.mkOption { type = lib.types.ints.between 1 9; };
        options.more = lib.mkEnableOption name;
      }));
    };
    own = lib.mkOption { type = lib.my.type; };
    whole = lib.mkOption ({ type = lib.types.int; } // config.x);
    forced = lib.mkOption { type = lib.types.int; };
    list = lib.mkOption { type = lib.types.listOf lib.types.int; };
    flag = lib.mkOption { type = lib.types.bool; };
  };
  config = {
    my.port = lib.mkDefault "auto";
    my.tool = "git";
#             ^^^^^ `my.tool` takes null or package, not a string
    my.own = 1;
    my.whole = "x";
    my.forced = lib.mkMerge [ "x" (lib.mkForce 1) ];
    my.list = [ 1 "2" config.x ];
#             ^^^^^^^^^^^^^^^^^^ `my.list` takes a list of signed integer, but one element is a string
    my.flag.enable = true;
#      ^^^^ `my.flag` takes a boolean, not a set
    my.sub.a = {
      size = 10;
#            ^^ `my.sub.a.size` takes an integer between 1 and 9 (both inclusive), not 10
      more = lib.mkIf config.x "yes";
#                              ^^^^^ `my.sub.a.more` takes a boolean, not a string
    };
    my.sub.b = lib.mkIf false { size = "x"; };
    my.sub.${config.x} = { size = "x"; };
#                                 ^^^ `my.sub.<name>.size` takes an integer
  };
}
"#,
        );
    }

    #[test]
    fn declarations_that_differ_are_not_judged() {
        check(
            &OptionTypeMismatch::META,
            r#"
# FILE: a.nix
{ lib, ... }: { options.my.x = lib.mkOption { type = lib.types.int; }; }
# FILE: b.nix
{ lib, ... }: { options.my.x = lib.mkOption { type = lib.types.str; }; }
# FILE: host.nix
{ lib, ... }: { imports = [ ./a.nix ]; my.x = "y"; }
"#,
        );
    }
}
