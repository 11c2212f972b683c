//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::local::LocalContext;
use crate::mk_option::MkOption;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{Origin, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, ast};

declare_rule! {
    /// An option without a type takes anything.
    ///
    /// ## Why
    ///
    /// Without `type` a typing mistake reaches the generated file, or the
    /// running service, instead of the evaluation. Worse, an untyped option
    /// merges its definitions by guessing: booleans are or-ed, strings are
    /// concatenated, lists are joined.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   options.services.hello.port = lib.mkOption {
    /// #                               ^^^^^^^^^^^^ the option `services.hello.port` has no type
    ///     default = 8080;
    ///     description = "Where it listens.";
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { lib, ... }:
    /// {
    ///   options.services.hello.port = lib.mkOption {
    ///     type = lib.types.int;
    ///     default = 8080;
    ///     description = "Where it listens.";
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   options.services.hello.port = lib.mkOption {
    ///     type = lib.types.port;
    ///     default = 8080;
    ///   };
    ///   # Declared upstream with its type; this only adds to it.
    ///   options.services.other.package = lib.mkOption {
    ///     apply = package: package.override { withGui = false; };
    ///   };
    /// }
    /// ```
    ///
    /// Declarations that only extend another module's option (nothing but
    /// `apply`, `defaultText` or the like) take the type from there and are
    /// silent, and so is everything whose argument is not written down as a set.
    /// A `readOnly` option has one definition and nothing to merge: a hint.
    ///
    /// ## When to allow it
    ///
    /// When an option really takes anything, say so: `lib.types.raw` or
    /// `lib.types.anything`.
    ///
    /// ## Fix safety
    ///
    /// The fix proposes the type of the default. It is unsafe: the option may
    /// be set to something else somewhere, and a typed option merges differently.
    pub struct UntypedOption {
        name: "untyped-option",
        group: Module,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for UntypedOption {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["mkOption"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(option) = MkOption::of(node, cx) else {
            return;
        };
        // What is left of an option that was removed: hidden, and null.
        let null = option.value("default");
        if option.is_hidden() && null.is_some_and(|value| value.text() == "null") {
            return;
        }
        if option.find("type").is_some() || option.only_extends() {
            return;
        }
        if let Some(types) = option.find("types") {
            let range = types.key;
            cx.report(
                Diagnostic::new(&Self::META, range, "an option has a `type`, not `types`")
                    .label("nothing reads this")
                    .fix(Fix::new(
                        Applicability::Unsafe,
                        "write `type`",
                        [Edit::replace(range, "type")],
                    )),
            );
            return;
        }
        let message = format!("{} has no type", option.named(cx));
        let mut diagnostic = Diagnostic::new(&Self::META, option.function.text_range(), message)
            .help("give it the tightest `type` that fits its values");
        // With one definition there is nothing to merge; the type only tells.
        if option.find("readOnly").is_some() {
            diagnostic.severity = Severity::Hint;
        }
        if let Some(name) = option.value("default").and_then(|it| type_of(it, cx))
            && let Some(types) = option.types(cx)
        {
            let name = match name.strip_prefix("listOf ") {
                Some(element) => format!("{types}listOf {types}{element}"),
                None => format!("{types}{name}"),
            };
            let title = format!("add `type = {name}`");
            let edit = option.add("type", &name);
            let fix = edit.map(|edit| Fix::new(Applicability::Unsafe, title, [edit]));
            diagnostic.fixes.extend(fix);
        }
        cx.report(diagnostic);
    }
}

/// The type that a default suggests.
fn type_of(default: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<&'static str> {
    let default = without_parens(default);
    match ast::Expr::cast(default.clone())? {
        ast::Expr::Literal(literal) => match literal.kind() {
            ast::LiteralKind::Integer(_) => Some("int"),
            ast::LiteralKind::Float(_) => Some("float"),
            ast::LiteralKind::Uri(_) => Some("str"),
        },
        ast::Expr::Str(string) => {
            let indented = string.syntax().first_token()?.text() == "''";
            Some(if indented { "lines" } else { "str" })
        }
        ast::Expr::Ident(ident) => match ident.ident_token()?.text() {
            "true" | "false" => Some("bool"),
            _ => None,
        },
        ast::Expr::List(list) => {
            let strings = list.items().all(|item| matches!(item, ast::Expr::Str(_)));
            (strings && list.items().next().is_some()).then_some("listOf str")
        }
        ast::Expr::PathRel(_) | ast::Expr::PathAbs(_) | ast::Expr::PathHome(_) => Some("path"),
        ast::Expr::Select(_) => {
            let meaning = cx.meaning(&default)?;
            let package =
                meaning.origin == Origin::Argument("pkgs".into()) && meaning.path.len() == 1;
            // `pkgs.texlive` is a set of packages; the option's name knows.
            let named = cx.attr_path(&default).into_iter().rev().nth(1).flatten();
            let named = named.is_some_and(|name| name.to_ascii_lowercase().ends_with("package"));
            (package && named).then_some("package")
        }
        ast::Expr::HasAttr(_) => Some("bool"),
        ast::Expr::BinOp(operation) => {
            use ast::BinOpKind::*;
            let logical = matches!(
                operation.operator()?,
                And | Or | Implication | Equal | NotEqual | Less | LessOrEq | More | MoreOrEq
            );
            logical.then_some("bool")
        }
        ast::Expr::UnaryOp(unary) => {
            (unary.operator()? == ast::UnaryOpKind::Invert).then_some("bool")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    fn finds(text: &str) {
        check(&UntypedOption::META, text);
    }

    #[test]
    fn what_counts_as_typed() {
        finds("{ lib, ... }: { options.a = lib.mkOption { inherit type; default = 1; }; }");
        finds("{ lib, t, ... }: { options.a = lib.mkOption { inherit (t) type; default = 1; }; }");
        finds("{ lib, x, ... }: { options.a = lib.mkOption ({ default = 1; } // x); }");
        finds("{ lib, ... }: { options.a = lib.mkOption ({ default = 1; } // { type = 1; }); }");
        finds("{ lib, args, ... }: { options.a = lib.mkOption args; }");
        finds("{ lib, ... }: { options.a = lib.mkOption { ${x} = 1; default = 1; }; }");
        finds("{ lib, ... }: { options.a = lib.mkOption { type.foo = 1; }; }");
        finds(
            "{ lib, ... }: { options.a = lib.mkEnableOption \"x\" // lib.mkOption { default = true; }; }",
        );
        finds("{ lib, ... }: { options.a = (lib.mkOption { default = true; }) // lib.x; }");
        finds("{ lib, ... }: { options.a = lib.mkOption { visible = false; default = null; }; }");
    }

    #[test]
    fn what_extends_is_silent() {
        finds("{ lib, ... }: { options.a = lib.mkOption { }; }");
        finds("{ lib, ... }: { options.a = lib.mkOption { apply = x: x; }; }");
        finds("{ lib, ... }: { options.a = lib.mkOption { defaultText = 1; }; }");
    }

    #[test]
    fn only_the_module_systems_own() {
        finds("{ mkOption, ... }: { a = mkOption { default = 1; }; }");
        finds("{ args, ... }: { a = args.mkOption { default = 1; }; }");
        finds(
            "{ lib, ... }: with lib; {
  options.a.b = mkOption { default = [ \"x\" ]; };
#               ^^^^^^^^ the option `a.b` has no type
}",
        );
    }

    #[test]
    fn the_proposed_type_fits_the_default() {
        for (default, proposed) in [
            ("true", Some("bool")),
            ("cfg.a && !cfg.b", Some("bool")),
            ("\"x\"", Some("str")),
            ("[ \"x\" ]", Some("listOf lib.types.str")),
            ("[ ]", None),
            ("null", None),
            ("pkgs.texlive", None),
        ] {
            let text = format!(
                "{{ lib, pkgs, ... }}: {{ options.a = lib.mkOption {{ default = {default}; }}; }}"
            );
            let only = ["untyped-option".to_owned()];
            let settings = crate::Settings::new(crate::Config::default(), &only, &[])
                .expect("the rule exists");
            let document = crate::analyze(crate::Source::new("a.nix", text), &settings);
            let findings = crate::Workspace::new(vec![document], []).check(&settings);
            let fix = findings
                .iter()
                .next()
                .expect("a finding")
                .1
                .fixes
                .first()
                .cloned();
            let title = fix.map(|fix| fix.title);
            let expected = proposed.map(|name| format!("add `type = lib.types.{name}`"));
            assert_eq!(title, expected, "{default}");
        }
    }

    #[test]
    fn a_misspelt_type_has_its_own_message() {
        finds(
            "{ lib, ... }: {
  options.a = lib.mkOption { types = lib.types.int; };
#                            ^^^^^ an option has a `type`, not `types`
}",
        );
    }
}
