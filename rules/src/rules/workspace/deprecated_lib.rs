//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Condition, Diagnostic, Edit, Fix};
use crate::local::LocalContext;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{Meaning, Origin, application, is_value};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, ast};

declare_rule! {
    /// A function or type that nixpkgs' library has given up.
    ///
    /// ## Why
    ///
    /// `lib.mdDoc`, `lib.literalExample`, `types.string` and a few more only
    /// warned for some releases, and are gone in newer ones: the next update of
    /// nixpkgs ends the evaluation.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   options.services.site.motd = lib.mkOption {
    ///     type = lib.types.string;
    /// #          ^^^^^^^^^^^^^^^^ `types.string` is gone from nixpkgs
    ///     example = lib.literalExample ''"Hello"'';
    /// #             ^^^^^^^^^^^^^^^^^^ `lib.literalExample` is gone from nixpkgs
    ///     description = lib.mdDoc "The message of the day.";
    /// #                 ^^^^^^^^^ `lib.mdDoc` is gone from nixpkgs
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// { lib, ... }:
    /// {
    ///   options.services.site.motd = lib.mkOption {
    ///     type = lib.types.string;
    ///     example = lib.literalExpression ''"Hello"'';
    ///     description = "The message of the day.";
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// let
    ///   # Whoever supports old releases asks first.
    ///   mdDoc = lib.mdDoc or (text: text);
    /// in
    /// {
    ///   options.services.site.motd = lib.mkOption {
    ///     type = lib.types.str;
    ///     description = mdDoc "The message of the day.";
    ///   };
    /// }
    /// ```
    ///
    /// Where the project has a library of its own that defines the name, in a file of a
    /// folder `lib`, as nixpkgs itself has, the name is silent.
    ///
    /// ## When to allow it
    ///
    /// In a module for releases of nixpkgs that still have the name, and only for
    /// these.
    ///
    /// ## Fix safety
    ///
    /// Safe where the replacement is the same value: `literalExpression` (since
    /// 21.11), `foldr`, `version`; and the text alone for `mdDoc`, which has done
    /// nothing since 23.11. Other types merge differently, so these are unsafe:
    /// `types.string` joins what several modules say, `types.str` is one text.
    ///
    /// ## References
    ///
    /// nixpkgs, pull requests 66346 (`types.string`), 136909 (`literalExample`),
    /// 303841 (`mdDoc`).
    pub struct DeprecatedLib {
        name: "deprecated-lib",
        group: Workspace,
        tag: Deprecated,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

/// What to do about a name.
#[derive(Clone, Copy)]
enum Way {
    /// It has another name now.
    Rename(&'static str, Applicability),
    /// It gives back what it gets.
    Unwrap,
    /// Somebody has to think.
    Think,
}

/// A name of the library.
struct Old {
    name: &'static str,
    /// Is it a type?
    is_type: bool,
    /// What has become of it.
    fate: &'static str,
    help: &'static str,
    way: Way,
}

const GONE: &str = "is gone from nixpkgs";
const WARNS: &str = "is deprecated";

/// As of nixpkgs of 2026; `lib/options.nix`, `types.nix`, `lists.nix`, `trivial.nix`,
/// `modules.nix`.
const OLD: &[Old] = &[
    Old {
        name: "mdDoc",
        is_type: false,
        fate: GONE,
        help: "descriptions are Markdown; write the text alone",
        way: Way::Unwrap,
    },
    Old {
        name: "literalExample",
        is_type: false,
        fate: GONE,
        help: "use `literalExpression`",
        way: Way::Rename("literalExpression", Applicability::Safe),
    },
    Old {
        name: "literalDocBook",
        is_type: false,
        fate: GONE,
        help: "write the text in Markdown, in `literalMD`",
        way: Way::Think,
    },
    Old {
        name: "string",
        is_type: true,
        fate: GONE,
        help: "use `types.str`, or `types.lines` or `types.separatedString` where several \
               modules add to one text",
        way: Way::Rename("str", Applicability::Unsafe),
    },
    Old {
        name: "loaOf",
        is_type: true,
        fate: WARNS,
        help: "use `types.attrsOf`",
        way: Way::Rename("attrsOf", Applicability::Unsafe),
    },
    Old {
        name: "fold",
        is_type: false,
        fate: WARNS,
        help: "use `foldr`",
        way: Way::Rename("foldr", Applicability::Safe),
    },
    Old {
        name: "nixpkgsVersion",
        is_type: false,
        fate: WARNS,
        help: "use `lib.version`",
        way: Way::Rename("version", Applicability::Safe),
    },
    Old {
        name: "mkAliasOptionModuleMD",
        is_type: false,
        fate: WARNS,
        help: "use `mkAliasOptionModule`",
        way: Way::Rename("mkAliasOptionModule", Applicability::Unsafe),
    },
    Old {
        name: "mkFixStrictness",
        is_type: false,
        fate: WARNS,
        help: "it does nothing; leave it out",
        way: Way::Unwrap,
    },
    Old {
        name: "mkAliasIfDef",
        is_type: false,
        fate: WARNS,
        help: "use `mkIf` with `isDefined` of the option",
        way: Way::Think,
    },
];

impl Rule for DeprecatedLib {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_IDENT, SyntaxKind::NODE_SELECT]
    }

    fn needles(&self) -> &'static [&'static str] {
        &[
            "mdDoc",
            "literalExample",
            "literalDocBook",
            "types.string",
            "loaOf",
            // By itself it is a common word.
            "lib.fold",
            "lists.fold",
            "nixpkgsVersion",
            "mkAliasOptionModuleMD",
            "mkFixStrictness",
            "mkAliasIfDef",
        ]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(old) = old_name(node, cx) else {
            return;
        };
        if is_asked_for(node, old.name, cx) {
            return;
        }
        let room = if old.is_type { "types" } else { "lib" };
        let message = format!("`{room}.{}` {}", old.name, old.fate);
        let mut diagnostic =
            Diagnostic::new(&Self::META, node.text_range(), message).help(old.help);
        diagnostic.only_if = Some(Condition::LibLacks {
            name: old.name,
            is_type: old.is_type,
        });
        diagnostic.fixes.extend(fix(node, old));
        cx.report(diagnostic);
    }
}

/// The old name that a node is, if the library has it and nobody else.
fn old_name(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<&'static Old> {
    if !is_value(node) {
        return None;
    }
    if ast::Select::cast(node.clone()).is_some_and(|select| select.default_expr().is_some()) {
        return None;
    }
    let last = node.last_token()?;
    let old = OLD.iter().find(|old| old.name == last.text())?;
    let meaning = cx.meaning(node)?;
    let is_it = match old.is_type {
        true => is_type(&meaning, old.name) && is_in_option(node, cx),
        false => meaning.lib_function() == Some(old.name),
    };
    is_it.then_some(old)
}

fn is_type(meaning: &Meaning, name: &str) -> bool {
    meaning.origin == Origin::Lib
        && matches!(meaning.path.as_slice(), [types, last] if types == "types" && last == name)
}

/// Does it stand in what `mkOption` gets? There are other libraries by the name of
/// `lib`, with types of their own.
fn is_in_option(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> bool {
    let calls = node.ancestors().filter_map(ast::Apply::cast);
    let mut functions = calls.filter_map(|call| call.lambda());
    functions.any(|function| {
        cx.saw(function.syntax());
        cx.lib_function(function.syntax())
            .is_some_and(|name| name == "mkOption")
    })
}

/// Is it used only where the library has it, under `if lib ? mdDoc`, or where it lacks
/// what came after it, as in `lib.literalMD or lib.literalDocBook`?
fn is_asked_for(node: &SyntaxNode, name: &str, cx: &mut LocalContext<'_>) -> bool {
    node.ancestors().any(|around| {
        let condition = ast::IfElse::cast(around.clone()).and_then(|it| it.condition());
        let default = ast::Select::cast(around).and_then(|it| it.default_expr());
        let speaks_of_it = condition.is_some_and(|it| {
            cx.saw(it.syntax());
            it.syntax().text().to_string().contains(name)
        });
        speaks_of_it
            || default.is_some_and(|it| it.syntax().text_range().contains_range(node.text_range()))
    })
}

fn fix(node: &SyntaxNode, old: &Old) -> Option<Fix> {
    match old.way {
        Way::Rename(new, applicability) => {
            // A name that an `inherit` or a `with` brought would have to be brought, too.
            let select = ast::Select::cast(node.clone())?;
            let last = select.attrpath()?.attrs().last()?;
            let edit = Edit::replace(last.syntax().text_range(), new);
            Some(Fix::new(applicability, format!("use `{new}`"), [edit]))
        }
        Way::Unwrap => {
            let call = node
                .parent()
                .filter(|it| it.kind() == SyntaxKind::NODE_APPLY)?;
            let (function, arguments) = application(&call)?;
            let [argument] = arguments.as_slice() else {
                return None;
            };
            if function != *node {
                return None;
            }
            // What is in the parentheses needs none.
            let whole = call
                .parent()
                .filter(|it| it.kind() == SyntaxKind::NODE_PAREN)
                .unwrap_or(call);
            let edit = Edit::replace(whole.text_range(), argument.text().to_string());
            Some(Fix::new(Applicability::Safe, "leave it out", [edit]))
        }
        Way::Think => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&DeprecatedLib::META);
    }

    #[test]
    fn names_are_resolved() {
        check(
            &DeprecatedLib::META,
            r#"
{ lib, pkgs, ... }:
let
  inherit (lib) mdDoc types;
  inherit (lib.options) literalExample;
  ours.mdDoc = text: text;
  string = lib.types.str;
in
{
  options.a = lib.mkOption {
    description = mdDoc "x";
#                 ^^^^^ `lib.mdDoc` is gone
    type = types.string;
#          ^^^^^^^^^^^^ `types.string` is gone
    example = literalExample "x";
#             ^^^^^^^^^^^^^^ `lib.literalExample` is gone
  };
  options.b = with lib; mkEnableOption (mdDoc "b");
#                                       ^^^^^ `lib.mdDoc` is gone
  options.c = lib.mkOption {
    description = ours.mdDoc "x";
    type = string;
    default = pkgs.types.string;
  };
  x = map lib.mdDoc [ "a" ] ++ lib.lists.fold (a: b: b) [ ] [ ];
#         ^^^^^^^^^ `lib.mdDoc` is gone
#                              ^^^^^^^^^^^^^^ `lib.fold` is deprecated
  y = lib.foldl' (a: b: b) [ ] [ ];
}
"#,
        );
    }

    #[test]
    fn whoever_asks_knows() {
        check(
            &DeprecatedLib::META,
            r#"
{ lib, ... }:
{
  a = if lib ? mdDoc then lib.mdDoc "x" else "x";
  b = lib.mdDoc or lib.id;
  d = lib.literalMD or (x: lib.literalDocBook "old");
  e = lib.options.create { type = lib.types.string; };
  c = if lib.hasAttr "mdDoc" lib then (text: lib.mdDoc text) else lib.id;
}
"#,
        );
    }

    #[test]
    fn a_library_of_its_own_says_what_there_is() {
        check(
            &DeprecatedLib::META,
            r#"
# FILE: vendor/nixpkgs/lib/options.nix
{ lib }: {
  literalExample =
    text: { _type = "literalExample"; inherit text; };
  isOld = mdDoc == null;
}
# FILE: vendor/nixpkgs/lib/types.nix
{ lib }: { types = {
  loaOf= elem: elem;
}; }
# FILE: vendor/nixpkgs/lib/strings.nix
{ lib }: rec {
  f = arg: let
    string = toString arg;
  in string;
}
# FILE: module.nix
{ lib, ... }: {
  options.a = lib.mkOption {
    example = lib.literalExample "x";
    description = lib.mdDoc "x";
#                 ^^^^^^^^^ `lib.mdDoc` is gone
    type = lib.types.loaOf lib.types.string;
#                          ^^^^^^^^^^^^^^^^ `types.string` is gone
  };
}
"#,
        );
    }

    #[test]
    fn what_is_left_stands_as_it_stood() {
        check_fix(
            &DeprecatedLib::META,
            r#"
{ lib, ... }:
{
  a = lib.mkEnableOption (lib.mdDoc "x");
#                         ^^^^^^^^^ gone
  b = lib.mkEnableOption (lib.mdDoc ("x" + "y"));
#                         ^^^^^^^^^ gone
  c = [ (lib.mdDoc "x") (f lib.mdDoc "x") ];
#        ^^^^^^^^^ gone
#                          ^^^^^^^^^ gone
  d = lib.fold f 1 [ ] + lib.nixpkgsVersion;
#     ^^^^^^^^ deprecated
#                        ^^^^^^^^^^^^^^^^^^ deprecated
}
"#,
            Applicability::Safe,
            r#"
{ lib, ... }:
{
  a = lib.mkEnableOption "x";
  b = lib.mkEnableOption ("x" + "y");
  c = [ "x" (f lib.mdDoc "x") ];
  d = lib.foldr f 1 [ ] + lib.version;
}
"#,
        );
    }
}
