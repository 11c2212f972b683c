//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Condition, Diagnostic, Edit, Fix, NewFile};
use crate::local::LocalContext;
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::semantics::{attr_name, bound_value, string_literal, without_parens};
use crate::syntax::{AstNode, NodeOrToken, SyntaxKind, SyntaxNode, ast, node_around};
use crate::workspace::FileContext;
use serde::Deserialize;
use smol_str::SmolStr;

declare_rule! {
    /// A long shell script stands inside a module.
    ///
    /// ## Why
    ///
    /// In a file of its own a script has highlighting, ShellCheck and `shfmt`, runs
    /// without a rebuild while somebody works on it, and needs none of the escapes that
    /// Nix asks for. The module is left with what it sets.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.inline-script]
    /// max-lines = 3
    /// # FILE: backup.nix
    /// { ... }:
    /// {
    ///   systemd.services.backup.script = ''
    /// #                                  ^^ a shell script of 4 lines
    ///     set -eu
    ///     for disk in /mnt/*; do
    ///       echo "''${disk#/mnt/}"
    ///     done
    ///   '';
    /// }
    /// ```
    ///
    /// ```nix fixed manual
    /// # FILE: backup.nix
    /// { ... }:
    /// {
    ///   systemd.services.backup.script = builtins.readFile ./backup.sh;
    /// }
    /// # FILE: backup.sh
    /// set -eu
    /// for disk in /mnt/*; do
    ///   echo "${disk#/mnt/}"
    /// done
    /// ```
    ///
    /// ```nix good
    /// { pkgs, ... }:
    /// {
    ///   systemd.services.backup.script = builtins.readFile ./backup.sh;
    ///   environment.systemPackages = [
    ///     (pkgs.writeShellScriptBin "again" ''
    ///       until "$@"; do sleep 1; done
    ///     '')
    ///   ];
    /// }
    /// ```
    ///
    /// A script is what `writeShellScript`, `writeShellScriptBin` and
    /// `writeShellApplication` take, a text that starts with `#!` and a shell, and the
    /// value of a setting for one: `script`, `preStart`, `shellHook`, `initContent`,
    /// `interactiveShellInit`, `system.activationScripts`, `home.activation`,
    /// `boot.initrd.postDeviceCommands` and their like. Lines that hold something count,
    /// and what is interpolated counts as a part of its line. Configuration of other
    /// programs, packages, tests and templates are silent.
    ///
    /// ## When to allow it
    ///
    /// When nearly every line of the script interpolates something.
    ///
    /// ## Fix safety
    ///
    /// A script that interpolates nothing can be moved to a file, which is read to the
    /// same text. What the file is called is yours to say, so the fix is one to choose.
    /// There is none for a script that interpolates something: hand it over as arguments
    /// or in the environment.
    ///
    /// ## Options
    ///
    /// `max-lines`: the longest script that is fine (default 50).
    pub struct InlineScript {
        name: "inline-script",
        group: Module,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 15,
        fix: Some(Applicability::Manual),
        options: Options,
    }
}

/// The options of [`InlineScript`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The longest script that is fine, in lines that hold something.
    pub max_lines: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_lines: 50 }
    }
}

impl Rule for InlineScript {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_STRING]
    }

    /// How texts of several lines begin.
    fn needles(&self) -> &'static [&'static str] {
        &["''\n"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let max = cx.options::<Options>().max_lines;
        let Some(start) = node.first_token().filter(|it| it.text() == "''") else {
            return;
        };
        // Most texts are short.
        if u32::from(node.text_range().len()) < max {
            return;
        }
        let lines = lines(node);
        let is_long = lines > max && is_script(node, &cx.attr_path(node));
        if !is_long || path::is_throwaway(cx.path()) {
            return;
        }
        let range = start.text_range();
        let message = format!("a shell script of {lines} lines in a module");
        let help = match is_plain(node) {
            true => "move it to a file, and read that with `builtins.readFile`",
            false => {
                "move it to a file, and hand over what it interpolates as arguments or in the environment"
            }
        };
        let mut finding = Diagnostic::new(&Self::META, range, message).help(help);
        finding.only_if = Some(Condition::Module(range.start()));
        cx.report(finding);
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        let around = node_around(&cx.root(), diagnostic.range);
        let string = ast::Str::cast(around).filter(|it| is_plain(it.syntax()));
        diagnostic
            .fixes
            .extend(string.and_then(|string| extract(&string, cx.path())));
    }
}

/// How many lines of a text hold something.
fn lines(string: &SyntaxNode) -> u32 {
    let mut count = 0;
    let mut holds = false;
    for part in string.children_with_tokens() {
        match part {
            NodeOrToken::Token(token) if token.kind() == SyntaxKind::TOKEN_STRING_CONTENT => {
                for (index, line) in token.text().split('\n').enumerate() {
                    if index > 0 {
                        count += u32::from(std::mem::take(&mut holds));
                    }
                    holds |= !line.trim().is_empty();
                }
            }
            NodeOrToken::Token(_) => {}
            NodeOrToken::Node(_) => holds = true,
        }
    }
    count + u32::from(holds)
}

/// Does a text interpolate nothing?
fn is_plain(string: &SyntaxNode) -> bool {
    string.children().next().is_none()
}

/// Functions that make a program of a text.
const WRITERS: &[&str] = &[
    "writeShellScript",
    "writeShellScriptBin",
    "writeBash",
    "writeBashBin",
    "writeDash",
    "writeDashBin",
];

/// Functions whose last argument is the text that they stand for.
const WRAPPERS: &[&str] = &[
    "mkIf",
    "mkMerge",
    "mkBefore",
    "mkAfter",
    "mkOrder",
    "mkDefault",
    "mkForce",
    "mkOverride",
    "optionalString",
    "entryAfter",
    "entryBefore",
    "entryBetween",
    "entryAnywhere",
    "stringAfter",
    "noDepEntry",
    "fullDepEntry",
];

/// Settings that are a script. What ends in `Hook` or `Commands` is one as well.
const SCRIPTS: &[&str] = &[
    "script",
    "preStart",
    "postStart",
    "preStop",
    "postStop",
    "reload",
    "shellInit",
    "shellInitLast",
    "loginShellInit",
    "interactiveShellInit",
    "promptInit",
    "extraInit",
    "initContent",
    "initExtra",
    "initExtraFirst",
    "initExtraBeforeCompInit",
    "completionInit",
    "bashrcExtra",
    "profileExtra",
    "loginExtra",
    "logoutExtra",
    "envExtra",
];

/// Is a text a shell script, by what it says or by where it stands, below these keys?
fn is_script(string: &SyntaxNode, keys: &[Option<SmolStr>]) -> bool {
    let keys: Vec<&str> = keys.iter().map(|it| it.as_deref().unwrap_or("")).collect();
    // A package of a flake is its own place.
    if let ["perSystem" | "flake", rest @ ..] | rest = keys.as_slice()
        && let ["packages" | "apps" | "checks", _, ..] = rest
    {
        return false;
    }
    if let Some(program) = interpreter(string) {
        return matches!(
            program.as_str(),
            "sh" | "bash" | "dash" | "zsh" | "ksh" | "fish"
        );
    }
    match place(string) {
        Place::Written(_) => true,
        Place::Value => is_setting(&keys),
        Place::Other => false,
    }
}

/// The program that the first line of a text names to run it.
fn interpreter(string: &SyntaxNode) -> Option<String> {
    let text = string.text().to_string();
    let line = text
        .trim_start_matches('\'')
        .trim_start()
        .strip_prefix("#!")?;
    let line = line.lines().next()?;
    let mut words = line.split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    let program = match program {
        "env" => words.find(|word| !word.starts_with('-'))?,
        program => program,
    };
    Some(program.to_owned())
}

/// Where a text stands.
enum Place {
    /// What a function makes a program of, and the program's name.
    Written(Option<SmolStr>),
    /// It is, or is part of, the value of a binding.
    Value,
    /// Somewhere else.
    Other,
}

fn place(string: &SyntaxNode) -> Place {
    let mut child = string.clone();
    while let Some(parent) = child.parent() {
        match parent.kind() {
            SyntaxKind::NODE_PAREN
            | SyntaxKind::NODE_LIST
            | SyntaxKind::NODE_BIN_OP
            | SyntaxKind::NODE_IF_ELSE
            | SyntaxKind::NODE_WITH => {}
            SyntaxKind::NODE_APPLY => match called(&parent) {
                Some((name, first)) if WRITERS.contains(&name.as_str()) => {
                    return Place::Written(first);
                }
                Some((name, _)) if WRAPPERS.contains(&name.as_str()) => {}
                _ => return Place::Other,
            },
            SyntaxKind::NODE_ATTRPATH_VALUE => return of_binding(&parent),
            _ => return Place::Other,
        }
        child = parent;
    }
    Place::Other
}

/// The last name of the function that is called, and its first argument, if that is a
/// text.
fn called(call: &SyntaxNode) -> Option<(SmolStr, Option<SmolStr>)> {
    let mut head = call.clone();
    let mut first = None;
    while let Some(apply) = ast::Apply::cast(head.clone()) {
        first = apply.argument();
        head = apply.lambda()?.syntax().clone();
    }
    let name = match ast::Expr::cast(head)? {
        ast::Expr::Ident(ident) => ident.ident_token()?.text().into(),
        ast::Expr::Select(select) => attr_name(&select.attrpath()?.attrs().last()?)?,
        _ => return None,
    };
    let first = first.and_then(|it| ast::Str::cast(without_parens(it.syntax())));
    Some((name, first.and_then(|it| string_literal(&it))))
}

/// The value of a binding: of `text` for `writeShellApplication`, or any other.
fn of_binding(binding: &SyntaxNode) -> Place {
    let Some(set) = binding.parent() else {
        return Place::Other;
    };
    if set.kind() == SyntaxKind::NODE_LET_IN {
        return Place::Other;
    }
    let call = set
        .parent()
        .filter(|it| it.kind() == SyntaxKind::NODE_APPLY);
    match call.and_then(|call| called(&call)) {
        Some((name, _)) if name == "writeShellApplication" => {
            let name = bound_value(&set, "name").and_then(ast::Str::cast);
            Place::Written(name.and_then(|it| string_literal(&it)))
        }
        _ => Place::Value,
    }
}

/// Is what these keys lead to a script?
fn is_setting(keys: &[&str]) -> bool {
    let is_activation =
        |pair: &[&str]| pair[0] == "activationScripts" || pair == ["home", "activation"];
    let Some(last) = keys.last() else {
        return false;
    };
    says_script(last) || keys.windows(2).any(is_activation)
}

/// Is a setting of this name a script?
fn says_script(key: &str) -> bool {
    SCRIPTS.contains(&key) || key.ends_with("Hook") || key.ends_with("Commands")
}

/// Moves a text that interpolates nothing to a file.
fn extract(string: &ast::Str, module: &str) -> Option<Fix> {
    let node = string.syntax();
    let text = string_literal(string).filter(|text| !text.contains('\r'))?;
    let name = name(node)?;
    let target = path::join(path::parent(module), &name)?;
    let parent = node.parent()?.kind();
    let is_element = matches!(parent, SyntaxKind::NODE_APPLY | SyntaxKind::NODE_LIST);
    let (open, close) = if is_element { ("(", ")") } else { ("", "") };
    let call = format!("{open}builtins.readFile ./{name}{close}");
    let mut fix = Fix::new(
        Applicability::Manual,
        format!("move it to {target}"),
        [Edit::replace(node.text_range(), call)],
    );
    fix.creates.push(NewFile {
        path: target.into(),
        text: text.into(),
    });
    Some(fix)
}

/// What a script's file may be called: as the program, or as what the setting is of.
fn name(string: &SyntaxNode) -> Option<String> {
    let mut keys: Vec<SmolStr> = Vec::new();
    for binding in string.ancestors().filter_map(ast::AttrpathValue::cast) {
        let attrs: Vec<_> = binding.attrpath()?.attrs().collect();
        keys.extend(attrs.iter().rev().filter_map(attr_name));
    }
    let is_name = |key: &&SmolStr| !says_script(key) && key.as_str() != "text";
    let stem = match place(string) {
        Place::Written(Some(name)) => name,
        _ => keys.iter().find(is_name)?.clone(),
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if stem.is_empty() || stem.starts_with(['.', '-']) || !stem.chars().all(is_part) {
        return None;
    }
    let shells = ["fish", "zsh"];
    let shell = shells.iter().find(|it| keys.iter().any(|key| key == *it));
    let extension = shell.copied().unwrap_or("sh");
    let stem = stem.strip_suffix(".sh").unwrap_or(&stem);
    Some(format!("{stem}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    /// With at most three lines.
    fn short(text: &str) -> String {
        format!("# FILE: nixamine.toml\nrules.inline-script.max-lines = 3\n# FILE: a.nix\n{text}")
    }

    #[test]
    fn what_is_a_script() {
        let script = "\n    one\n    two\n\n    three\n    four\n  ''";
        for (before, behind) in [
            ("system.activationScripts.a", ""),
            ("system.activationScripts.a.text", ""),
            (
                "home-manager.users.a = { home.activation = { a = dag.entryAfter [ \"b\" ]",
                "; }; }",
            ),
            ("home.packages = [ (pkgs.writeShellScriptBin \"a\"", ") ]"),
            (
                "systemd.services.a.serviceConfig.ExecStart = pkgs.writeShellApplication { name = \"a\"; text =",
                "; }",
            ),
            ("boot.initrd.postDeviceCommands = lib.mkAfter", ""),
            (
                "programs.zsh.initContent = lib.mkMerge [ (lib.mkOrder 1 (lib.mkIf b",
                ")) ]",
            ),
            ("services.a.preStart = b + lib.optionalString c", ""),
        ] {
            let before = match before.contains(" = ") {
                true => before.to_owned(),
                false => format!("{before} ="),
            };
            let marks = " ".repeat(before.chars().count());
            check(
                &InlineScript::META,
                &short(&format!(
                    "{{ pkgs, lib, config, b, c, dag, ... }}: {{\n{before} ''\n#{} ^^ a shell script of 4 lines{script}{behind};\n}}",
                    &marks[1..]
                )),
            );
        }
    }

    #[test]
    fn what_is_none() {
        let script = "''\n one\n two\n three\n four\n''";
        for setting in [
            "programs.neovim.extraConfig = SCRIPT",
            "programs.waybar.style = lib.mkForce SCRIPT",
            "environment.etc.a.text = SCRIPT",
            "services.a.script = toFile SCRIPT",
            "services.a.script = pkgs.writers.writePython3 \"a\" { } SCRIPT",
            "packages.a = pkgs.stdenv.mkDerivation { buildPhase = SCRIPT; }",
            "perSystem = { pkgs, ... }: { packages.a = pkgs.writeShellScriptBin \"a\" SCRIPT; }",
            "services.a.script = ''\n#!/usr/bin/env python3\n two\n three\n four\n''",
            "services.a.script = ''\n one ${\n b\n + c }\n\n two\n three\n''",
        ] {
            let setting = setting.replace("SCRIPT", script);
            let text = format!("{{ pkgs, lib, config, ... }}: {{\n{setting};\n}}");
            check(&InlineScript::META, &short(&text));
        }
        let package =
            "{ writeShellApplication }:\nwriteShellApplication { name = \"a\"; text = SCRIPT; }";
        check(
            &InlineScript::META,
            &short(&package.replace("SCRIPT", script)),
        );
        let test = "# FILE: tests/a.nix\n{ ... }: { systemd.services.a.script = SCRIPT; }";
        check(&InlineScript::META, &short(&test.replace("SCRIPT", script)));
    }

    #[test]
    fn what_says_that_it_is_one() {
        check(
            &InlineScript::META,
            &short(
                "{ pkgs, ... }: let a = pkgs.writeText \"a\" ''
#                                         ^^ a shell script of 4 lines
  #!${pkgs.bash}/bin/bash
  one
  two
  three
''; in {
  environment.etc.a.source = a;
}",
            ),
        );
    }

    #[test]
    fn escapes_are_written_out() {
        check_fix(
            &InlineScript::META,
            &short(
                r#"{ pkgs, ... }: {
  home.packages = [
    (pkgs.writeShellScriptBin "greet" ''
#                                     ^^ a shell script of 4 lines
      echo "''${USER:-you}" '''x''' $HOME
        if true; then
      	printf 'a''\tb'
        fi
    '')
  ];
}"#,
            ),
            Applicability::Manual,
            "# FILE: a.nix
{ pkgs, ... }: {
  home.packages = [
    (pkgs.writeShellScriptBin \"greet\" (builtins.readFile ./greet.sh))
  ];
}
# FILE: greet.sh
echo \"${USER:-you}\" ''x'' $HOME
  if true; then
\tprintf 'a\tb'
  fi
",
        );
    }
}
