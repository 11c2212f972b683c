//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::local::LocalContext;
use crate::mk_option::{Attribute, MkOption};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{Meaning, Origin, bound_value, formals, is_rec, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, WalkEvent, ast};
use crate::workspace::dotted;
use smol_str::SmolStr;

declare_rule! {
    /// The default of an option depends on the machine, and no `defaultText` says how.
    ///
    /// ## Why
    ///
    /// Manuals and editors show the default by evaluating it. One that reads `config`
    /// or `pkgs` is shown with what it is where the manual is made (a version, the
    /// home of somebody), or cannot be evaluated there at all, and the manual cannot
    /// be built. `defaultText` is shown in its place.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, pkgs, ... }:
    /// let
    ///   cfg = config.site.mail;
    /// in
    /// {
    ///   options.site.mail = {
    ///     package = lib.mkOption {
    ///       type = lib.types.package;
    ///       default = pkgs.postfix;
    /// #               ^^^^^^^^^^^^ this default reads `pkgs`, and there is no `defaultText`
    ///       description = "What delivers.";
    ///     };
    ///     queue = lib.mkOption {
    ///       type = lib.types.path;
    ///       default = "${cfg.dataDir}/queue";
    /// #               ^^^^^^^^^^^^^^^^^^^^^^ this default reads `config`, and
    ///       description = "Where mail waits.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { config, lib, pkgs, ... }:
    /// let
    ///   cfg = config.site.mail;
    /// in
    /// {
    ///   options.site.mail = {
    ///     package = lib.mkOption {
    ///       type = lib.types.package;
    ///       default = pkgs.postfix;
    ///       defaultText = lib.literalExpression "pkgs.postfix";
    ///       description = "What delivers.";
    ///     };
    ///     queue = lib.mkOption {
    ///       type = lib.types.path;
    ///       default = "${cfg.dataDir}/queue";
    ///       defaultText = lib.literalExpression "\"\${config.site.mail.dataDir}/queue\"";
    ///       description = "Where mail waits.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, pkgs, ... }:
    /// {
    ///   options.site.mail = {
    ///     package = lib.mkPackageOption pkgs "postfix" { };
    ///     port = lib.mkOption {
    ///       type = lib.types.port;
    ///       default = 25;
    ///       description = "Where it listens.";
    ///     };
    ///     render = lib.mkOption {
    ///       type = lib.types.functionTo lib.types.str;
    ///       # Shown as a function, whatever is in it.
    ///       default = name: "${pkgs.hello}/${name}";
    ///       description = "What makes a file of a name.";
    ///     };
    ///     domain = lib.mkOption {
    ///       type = lib.types.str;
    ///       default = config.networking.domain;
    ///       defaultText = lib.literalExpression "config.networking.domain";
    ///       description = "What stands behind the @.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// Names are followed through `let`, `inherit` and `with`. Internal and invisible
    /// options, tests, examples and templates are silent.
    ///
    /// ## When to allow it
    ///
    /// Where nobody makes a manual of the modules.
    ///
    /// ## Fix safety
    ///
    /// The fix shows the text of the default, with `cfg` written out, where it stands
    /// on one line. It changes only the manual, but what names from a `let` of the
    /// module mean to a reader only you can tell, so it is unsafe, and there is none
    /// where the default needs such a name.
    ///
    /// ## References
    ///
    /// "Option Declarations" in the manual of NixOS.
    pub struct MissingDefaultText {
        name: "missing-default-text",
        group: Module,
        topic: Documentation,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for MissingDefaultText {
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
        let Some(attribute) = option.find("default") else {
            return;
        };
        let Some(default) = &attribute.value else {
            return;
        };
        if option.find("defaultText").is_some() {
            return;
        }
        let mut fuel = FUEL;
        let Some(read) = read_by(default, cx, &mut fuel) else {
            return;
        };
        if !option.is_for_manuals(cx) {
            return;
        }
        let message = format!("this default reads `{read}`, and there is no `defaultText`");
        let mut diagnostic = Diagnostic::new(&Self::META, default.text_range(), message);
        diagnostic = diagnostic.help(match is_package(default, cx) {
            true => "add a `defaultText`, or use `mkPackageOption`, which has one",
            false => "say what it is in a `defaultText`",
        });
        diagnostic.fixes.extend(fix(attribute, default, cx));
        cx.report(diagnostic);
    }
}

/// How many names are looked up for one default: a `let` may lead to all of a file.
const FUEL: u32 = 100;

/// `config` or `pkgs`, if an expression reads it when its value is shown.
fn read_by(expr: &SyntaxNode, cx: &mut LocalContext<'_>, fuel: &mut u32) -> Option<&'static str> {
    let mut found = None;
    for name in names(expr) {
        *fuel = fuel.checked_sub(1)?;
        let read = match meaning(&name, cx) {
            Some(meaning) => origin(&meaning),
            None => bound_to(&name, cx).and_then(|value| read_by(&value, cx, fuel)),
        };
        match read {
            Some("config") => return read,
            read => found = found.or(read),
        }
    }
    found
}

/// The names that an expression reads when its value is shown: what a function in it
/// would read is not.
fn names(expr: &SyntaxNode) -> Vec<SyntaxNode> {
    let mut names = Vec::new();
    let mut walk = expr.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else {
            continue;
        };
        match node.kind() {
            SyntaxKind::NODE_LAMBDA => walk.skip_subtree(),
            SyntaxKind::NODE_IDENT => {
                let parent = node.parent().map(|parent| parent.kind());
                let is_key = matches!(
                    parent,
                    Some(SyntaxKind::NODE_ATTRPATH | SyntaxKind::NODE_INHERIT)
                );
                let is_literal =
                    node.text() == "true" || node.text() == "false" || node.text() == "null";
                if !is_key && !is_literal {
                    names.push(node);
                }
            }
            _ => {}
        }
    }
    names
}

/// What a name is, with what is selected from it.
fn meaning(name: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<Meaning> {
    let selection = name
        .parent()
        .filter(|parent| parent.kind() == SyntaxKind::NODE_SELECT);
    selection
        .and_then(|selection| cx.meaning(&selection))
        .or_else(|| cx.meaning(name))
}

fn origin(meaning: &Meaning) -> Option<&'static str> {
    match &meaning.origin {
        Origin::Config(_) => Some("config"),
        Origin::Argument(name) if name == "pkgs" => Some("pkgs"),
        _ => None,
    }
}

/// What a `let` or a recursive set binds a name to; of a function that is called its
/// body.
fn bound_to(name: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<SyntaxNode> {
    let text = name.text().to_string();
    for scope in name.ancestors() {
        let binds = match scope.kind() {
            SyntaxKind::NODE_LET_IN => true,
            SyntaxKind::NODE_ATTR_SET => is_rec(&scope),
            SyntaxKind::NODE_LAMBDA if formals(&scope).iter().any(|it| *it == text) => return None,
            _ => false,
        };
        if binds && let Some(mut value) = bound_value(&scope, &text) {
            cx.saw(&value);
            let is_called = name.parent().is_some_and(|it| {
                it.kind() == SyntaxKind::NODE_APPLY && it.first_child().as_ref() == Some(name)
            });
            while is_called && let Some(lambda) = ast::Lambda::cast(value.clone()) {
                value = without_parens(lambda.body()?.syntax());
            }
            return Some(value);
        }
    }
    None
}

fn is_package(default: &SyntaxNode, cx: &mut LocalContext<'_>) -> bool {
    let meaning = cx.meaning(default);
    meaning.is_some_and(|it| origin(&it) == Some("pkgs") && !it.path.is_empty())
}

/// Shows the text of the default.
fn fix(attribute: &Attribute, default: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<Fix> {
    // `default.a = …;`
    let path = ast::AttrpathValue::cast(default.parent()?)?.attrpath()?;
    if path.attrs().count() != 1 || default.text().contains_char('\n') {
        return None;
    }
    let literal = cx.env(default).spelling("literalExpression")?;
    let text = default.text().to_string();
    let mut shown = String::new();
    let mut done = 0;
    for name in names(default) {
        let meaning = cx.meaning(&name)?;
        if origin(&meaning) == Some("config") && name.text() != "config" {
            let range = name.text_range() - default.text_range().start();
            escape(&text[done..range.start().into()], &mut shown);
            let mut path = vec!["config"];
            path.extend(meaning.path.iter().map(SmolStr::as_str));
            escape(&dotted(&path), &mut shown);
            done = range.end().into();
        }
    }
    escape(&text[done..], &mut shown);
    let edit = attribute.put_behind("defaultText", &format!("{literal} \"{shown}\""));
    Some(Fix::new(
        Applicability::Unsafe,
        "show the text of the default",
        [edit],
    ))
}

/// Writes `text` as it stands between quotes.
fn escape(text: &str, out: &mut String) {
    for (at, c) in text.char_indices() {
        if matches!(c, '"' | '\\') || text[at..].starts_with("${") {
            out.push('\\');
        }
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    fn finds(text: &str) {
        check(&MissingDefaultText::META, text);
    }

    #[test]
    fn what_reads_nothing_is_silent() {
        for default in [
            "1",
            "[ ]",
            "\"pkgs.hello\"",
            "{ config = 1; pkgs.a = 2; }",
            "lib.mkDefault 1",
            "pkgs.lib.version",
            "options.a.default",
            "let config = { a = 1; }; in config.a",
            "ps: [ pkgs.hello ps.a ]",
            "{ config, ... }: { a = config.b; }",
            "builtins.map (config: config.a) [ ]",
            "own",
            "circle",
        ] {
            finds(&format!(
                "{{ config, lib, options, pkgs, ... }}: let own = [ lib.x ]; circle = [ circle ]; in {{ options.a = lib.mkOption {{ default = {default}; }}; }}"
            ));
        }
        finds("{ config, lib, ... }: { options.a = lib.mkOption { inherit (config) default; }; }");
        finds("{ lib, pkgs, ... }: { options.a = lib.mkPackageOption pkgs \"hello\" { }; }");
    }

    #[test]
    fn what_nobody_reads_is_silent() {
        for says in [
            "internal = true;",
            "visible = false;",
            "defaultText = \"x\";",
            "inherit defaultText;",
        ] {
            finds(&format!(
                "{{ config, lib, ... }}: {{ options.a = lib.mkOption {{ default = config.b; {says} }}; }}"
            ));
        }
        finds(
            "{ config, lib, x, ... }: { options.a = lib.mkOption { default = config.b; } // x; }",
        );
        finds(
            "
# FILE: examples/a.nix
{ config, lib, ... }: { options.a = lib.mkOption { default = config.b; }; }
",
        );
    }

    #[test]
    fn names_are_followed() {
        finds(
            "{ config, lib, pkgs, ... }: let
  inherit (config.my) home;
  cfg = config.my;
  made = pkgs.hello.override { };
  where = name: \"${cfg.dir}/${name}\";
  twice = [ made (where 1) ];
in with lib; {
  options = with cfg; {
    a = mkOption { default = home; };
#                            ^^^^ this default reads `config`
    b = mkOption { default = made; };
#                            ^^^^ this default reads `pkgs`
    c = mkOption { default = where \"x\"; };
#                            ^^^^^^^^^ this default reads `config`
    d = mkOption { default = if cfg.enable then made else null; };
#                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this default reads `config`
    e = mkOption { default = where; };
    f = mkOption { default = twice; };
#                            ^^^^^ this default reads `config`
    g = mkOption { default = config.x or 1; };
#                            ^^^^^^^^^^^^^ this default reads `config`
  };
}",
        );
    }

    #[test]
    fn a_default_is_shown_as_it_is_written() {
        check_fix(
            &MissingDefaultText::META,
            r#"
{ config, lib, pkgs, ... }:
let
  inherit (lib) literalExpression mkOption;
  cfg = config.my."a.b";
  name = lib.toLower cfg.name;
in
{
  options.a = mkOption { default = "${cfg.x}\n$${y}"; };
#                                  ^^^^^^^^^^^^^^^^^ reads `config`

  options.b = mkOption {

    # Why so.
    default = with pkgs; [ hello ]; # a comment
#             ^^^^^^^^^^^^^^^^^^^^ reads `pkgs`
  };
  options.c = mkOption { default = "${name}"; };
#                                  ^^^^^^^^^ reads `config`
  options.d = mkOption { default.e = cfg.x; };
#                                    ^^^^^ reads `config`
}"#,
            Applicability::Unsafe,
            r#"
{ config, lib, pkgs, ... }:
let
  inherit (lib) literalExpression mkOption;
  cfg = config.my."a.b";
  name = lib.toLower cfg.name;
in
{
  options.a = mkOption { default = "${cfg.x}\n$${y}"; defaultText = literalExpression "\"\${config.my.\"a.b\".x}\\n$\${y}\""; };

  options.b = mkOption {

    # Why so.
    default = with pkgs; [ hello ];
    defaultText = literalExpression "with pkgs; [ hello ]"; # a comment
  };
  options.c = mkOption { default = "${name}"; };
  options.d = mkOption { default.e = cfg.x; };
}"#,
        );
    }
}
