//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::local::LocalContext;
use crate::module::{Definition, Guard};
use crate::options::Known;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{LibCall, without_parens};
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange};
use crate::workspace::{Settings, WorkspaceContext};

declare_rule! {
    /// A value in a priority in a priority never becomes a value.
    ///
    /// ## Why
    ///
    /// The module system takes one priority off a definition. Under
    /// `mkForce (mkDefault 1)` it finds the set that `mkDefault` returned where a
    /// number should be, and the evaluation fails; an option without a type gets
    /// that set as its value. The same holds for a `mkIf` or `mkMerge` inside of a
    /// priority: they belong outside.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   boot.loader.timeout = lib.mkForce (lib.mkDefault 3);
    /// #                                    ^^^^^^^^^^^^^ `mkDefault` inside of `mkForce`
    ///   services.xserver.videoDrivers = lib.mkForce (
    ///     lib.mkIf config.site.nvidia [ "nvidia" ]
    /// #   ^^^^^^^^ `mkIf` inside of `mkForce`
    ///   );
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { config, lib, ... }:
    /// {
    ///   boot.loader.timeout = lib.mkForce 3;
    ///   services.xserver.videoDrivers = lib.mkIf config.site.nvidia (
    ///     lib.mkForce [ "nvidia" ]
    ///   );
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// {
    ///   boot.loader.timeout = lib.mkIf config.site.fast (lib.mkForce 0);
    ///   # A set is taken apart first; each priority meets its own option.
    ///   services.openssh = lib.mkForce {
    ///     enable = true;
    ///     ports = lib.mkDefault [ 2222 ];
    ///   };
    /// }
    /// ```
    ///
    /// Where the innermost value is not written down as text, number, list, truth
    /// value or null, the option may hold a submodule, which takes the inner
    /// priority off itself; then the rule is silent.
    ///
    /// ## When to allow it
    ///
    /// Never.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: a value takes the place of an error, with the outer priority.
    ///
    /// ## References
    ///
    /// `mergeDefinitions` in `lib/modules.nix` of nixpkgs.
    pub struct NestedPriority {
        name: "nested-priority",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// The functions of `lib` that give a value a priority, with how many arguments.
const PRIORITIES: &[(&str, usize)] = &[
    ("mkForce", 1),
    ("mkDefault", 1),
    ("mkOverride", 2),
    ("mkVMOverride", 1),
    ("mkImageMediaOverride", 1),
    ("mkOptionDefault", 1),
];

/// Those that have to stand outside of a priority.
const OUTSIDE: &[(&str, usize)] = &[("mkIf", 2), ("mkMerge", 1)];

impl Rule for NestedPriority {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["mkForce", "mkDefault", "Override", "mkOptionDefault"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        // Most have a plain value, for which no name has to be looked up.
        let is_call = |it: SyntaxNode| without_parens(&it).kind() == SyntaxKind::NODE_APPLY;
        if !node.last_child().is_some_and(is_call) {
            return;
        }
        let Some(outer) = cx.lib_call(node, PRIORITIES) else {
            return;
        };
        let value = without_parens(&outer.value);
        let inner = cx.lib_call(&value, PRIORITIES);
        // Of two priorities one has to go; all else changes places.
        let is_doubled = inner.is_some();
        let Some(inner) = inner.or_else(|| cx.lib_call(&value, OUTSIDE)) else {
            return;
        };
        if !is_leaf(&inner, cx) {
            return;
        }
        let message = format!("`{}` inside of `{}`", inner.name, outer.name);
        let mut diagnostic = Diagnostic::new(&Self::META, inner.function.text_range(), message)
            .label("taken for the value")
            .help(match is_doubled {
                true => "keep one of the two",
                false => "swap them: what decides stands outside, the priority inside",
            });
        diagnostic.fixes.extend(match is_doubled {
            true => Some(without(&outer, &inner)),
            false => swapped(&outer, &inner),
        });
        cx.report(diagnostic);
    }

    /// What stands in a set that has a priority or a condition of its own. Only the
    /// option tells whether both belong to it.
    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        let Some(ty) = settings.ty else { return };
        let len = settings.path.len();
        // To one that takes sets the inner one may belong.
        if settings
            .all
            .iter()
            .all(|it| hidden(it.definition, len).is_none())
            || ty.takes_properties()
        {
            return;
        }
        let mut last = None;
        for setting in &settings.all {
            let definition = setting.definition;
            let Some(what) = hidden(definition, len) else {
                continue;
            };
            let view = cx.view();
            if definition.path.len() < len
                || is_shown(definition, len)
                || definition.update.is_some()
                || definition.is_dropped()
                || settings.is_overridden(cx.view().graph, setting)
                || !view.is_evaluated(settings, setting.module)
                || !view.meets_declaration(settings, setting.module)
            {
                continue;
            }
            // Parts of one set.
            let place = (setting.file, key_of(definition, len));
            if last.replace(place) == Some(place) {
                continue;
            }
            let name = settings.name();
            let message = format!("`{name}` has {what} inside of a priority");
            let certain = definition.guards.iter().all(Guard::is_choice);
            let diagnostic = Diagnostic::new(&Self::META, place.1, message)
                .severity(match certain {
                    true => Severity::Error,
                    false => Severity::Warning,
                })
                .label("taken for the value")
                .help("give priorities where the option is set, inside of conditions");
            cx.report(setting.file, diagnostic);
        }
    }
}

/// The text of the key of the option.
fn key_of(definition: &Definition, len: usize) -> TextRange {
    definition.path[len - 1].range
}

/// What of a definition is inside of a priority that the option itself takes: how
/// people would call it.
fn hidden(definition: &Definition, len: usize) -> Option<&'static str> {
    let second = definition.priorities.get(1);
    definition.is_hidden(len).then_some(match second {
        Some((at, _)) if *at <= len => "a priority",
        _ => "a condition",
    })
}

/// Is it shown by the local rule, which sees a value that is no set right inside of
/// both?
fn is_shown(definition: &Definition, len: usize) -> bool {
    let direct = match definition.priorities.as_slice() {
        [(outer, _), (inner, _), ..] => outer == inner,
        [(outer, _)] => *outer == len,
        [] => false,
    };
    let leaf = matches!(
        definition.known,
        Known::Literal(_) | Known::Text | Known::List(_)
    );
    direct && leaf && definition.path.len() == len
}

/// Keeps the outer one of two priorities.
fn without(outer: &LibCall, inner: &LibCall) -> Fix {
    // Parentheses around the inner one are around its value then, which needs none.
    let edit = Edit::replace(outer.value.text_range(), inner.value.text().to_string());
    Fix::new(
        Applicability::Unsafe,
        format!("keep `{}`", outer.name),
        [edit],
    )
}

/// Makes the inner one the outer one. Both give what they get to their last argument.
fn swapped(outer: &LibCall, inner: &LibCall) -> Option<Fix> {
    if inner.name == "mkMerge" {
        return None;
    }
    let head = |call: &LibCall| {
        TextRange::new(
            call.call.text_range().start(),
            call.value.text_range().start(),
        )
    };
    let text = |call: &LibCall| {
        let head = head(call);
        call.call
            .text()
            .slice(TextRange::up_to(head.len()))
            .to_string()
    };
    let edits = [
        Edit::replace(head(outer), text(inner)),
        Edit::replace(head(inner), text(outer)),
    ];
    Some(Fix::new(Applicability::Unsafe, "swap them", edits))
}

/// Is the innermost value one that no submodule is?
fn is_leaf(call: &LibCall, cx: &mut LocalContext<'_>) -> bool {
    let value = without_parens(&call.value);
    if let Some(inner) = cx.lib_call(&value, PRIORITIES) {
        return is_leaf(&inner, cx);
    }
    match value.kind() {
        SyntaxKind::NODE_LITERAL | SyntaxKind::NODE_STRING => true,
        // The definitions of `mkMerge` may be sets.
        SyntaxKind::NODE_LIST => {
            call.name != "mkMerge"
                || value.children().any(|it| {
                    let it = without_parens(&it).kind();
                    matches!(
                        it,
                        SyntaxKind::NODE_LITERAL | SyntaxKind::NODE_STRING | SyntaxKind::NODE_LIST
                    )
                })
        }
        SyntaxKind::NODE_IDENT => {
            matches!(value.text().to_string().as_str(), "true" | "false" | "null")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&NestedPriority::META);
    }

    #[test]
    fn an_option_takes_the_inner_one_for_its_value() {
        check(
            &NestedPriority::META,
            r#"
# FILE: flake.nix
{ outputs = { nixpkgs, ... }: { nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./a.nix ]; }; }; }
# FILE: a.nix
{ config, lib, ... }:
{
  options.s.x = lib.mkOption { type = lib.types.int; };
  options.s.y = lib.mkOption { type = lib.types.int; };
  options.s.z = lib.mkOption { type = lib.types.attrsOf lib.types.int; };
  options.s.lost = lib.mkOption { type = lib.types.int; };
  config = lib.mkMerge [
    { s = lib.mkForce { x = lib.mkDefault 1; }; }
#                       ^ `s.x` has a priority inside of a priority
    (lib.mkForce { s.y = lib.mkIf config.flag 1; })
#                    ^ `s.y` has a condition inside of a priority
    { s = lib.mkForce { z = { a = lib.mkDefault 1; }; }; }
    { s = lib.mkDefault { lost = lib.mkForce 2; }; }
    { s.lost = 1; }
  ];
}
"#,
        );
    }

    #[test]
    fn only_what_cannot_be_a_submodule() {
        check(
            &NestedPriority::META,
            r#"
{ config, lib, ... }:
with lib;
{
  a = mkForce (mkDefault "x");
#              ^^^^^^^^^ `mkDefault` inside of `mkForce`
  b = mkOverride 40 (lib.mkForce null);
#                    ^^^^^^^^^^^ `mkForce` inside of `mkOverride`
  c = mkDefault (mkMerge [ [ 1 ] [ 2 ] ]);
#                ^^^^^^^ `mkMerge` inside of `mkDefault`
  d = mkDefault (mkMerge [ { x = 1; } config.y ]);
  e = mkForce (mkDefault { x = 1; });
  f = mkForce (mkDefault config.x);
  g = mkForce (mkIf config.x { y = 1; });
  h = mkIf config.x (mkForce 1);
  i = mkForce { x = mkDefault 1; };
  j = map mkForce [ (mkDefault 1) ];
  k = mkForce (mkBefore [ 1 ]);
  # There are types that take the order off themselves.
  l = mkAfter (mkForce [ 1 ]);
}
"#,
        );
    }

    #[test]
    fn one_stays() {
        check_fix(
            &NestedPriority::META,
            r#"
{ config, lib, ... }:
{
  a = lib.mkOverride 40 (lib.mkDefault (-1));
  b = lib.mkForce (lib.mkDefault ("x"));
#                  ^^^^^^^^^^^^^ inside of
  c = lib.mkForce (lib.mkIf (a && b) true);
#                  ^^^^^^^^ inside of
}
"#,
            Applicability::Unsafe,
            r#"
{ config, lib, ... }:
{
  a = lib.mkOverride 40 (lib.mkDefault (-1));
  b = lib.mkForce ("x");
  c = lib.mkIf (a && b) (lib.mkForce true);
}
"#,
        );
    }
}
