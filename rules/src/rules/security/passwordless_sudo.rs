//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Severity};
use crate::local::LocalContext;
use crate::module::Literal;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{bound_value, string_literal};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, TextSize, ast};
use crate::workspace::FileContext;

declare_rule! {
    /// Somebody may become root without a password.
    ///
    /// ## Why
    ///
    /// Whatever runs as such a user is root: a browser that was broken into, a build
    /// script, an editor's plugin. The password is what stands between the two.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   security.sudo.wheelNeedsPassword = false;
    /// #                                    ^^^^^ the group `wheel` needs no password for `sudo`
    ///   security.sudo.extraConfig = ''
    ///     backup ALL=(ALL) NOPASSWD: ALL
    /// #                    ^^^^^^^^ all commands without a password
    ///   '';
    ///   security.doas.extraRules = [
    ///     { users = [ "alice" ]; noPass = true; }
    /// #                          ^^^^^^ all commands without a password
    ///   ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   security.sudo.wheelNeedsPassword = true;
    ///   security.doas.extraRules = [
    ///     { users = [ "alice" ]; persist = true; }
    ///   ];
    /// }
    /// ```
    ///
    /// A rule for single commands is a hint: it is the right way to do it, as long as
    /// none of the commands runs others. Installers, virtual machines to try things out,
    /// containers and tests are silent, and so is a program that the file switches off.
    ///
    /// ## When to allow it
    ///
    /// Where everybody in `wheel` logs in with a key and has no password at all, as on
    /// servers that a tool deploys to. Say so in the suppression.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: somebody without a password would be locked out.
    pub struct PasswordlessSudo {
        name: "passwordless-sudo",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

const NOPASSWD: &str = "NOPASSWD";

impl Rule for PasswordlessSudo {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_STRING, SyntaxKind::NODE_ATTRPATH]
    }

    fn needles(&self) -> &'static [&'static str] {
        &[NOPASSWD, "noPass"]
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if path::is_throwaway(cx.path()) {
            return;
        }
        let facts = cx.facts();
        for program in ["sudo", "sudo-rs", "doas", "run0"] {
            if facts.switches(&["security", program, "enable"], false) {
                continue;
            }
            for definition in facts.in_force(&["security", program, "wheelNeedsPassword"]) {
                if definition.literal() == Some(&Literal::Bool(false)) {
                    let message = format!("the group `wheel` needs no password for `{program}`");
                    cx.report(
                        Diagnostic::new(&Self::META, definition.value, message).help(
                            "ask for it, or allow the single commands that have to do without",
                        ),
                    );
                }
            }
        }
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        if path::is_throwaway(cx.path()) {
            return;
        }
        let keys = cx.attr_path(node);
        let is_below = |name: &str| keys.iter().flatten().any(|key| key.starts_with(name));
        if node.kind() == SyntaxKind::NODE_ATTRPATH {
            if node.text() == "noPass" && is_below("doas") && is_true(node) {
                let set = node.parent().and_then(|binding| binding.parent());
                let single = set.is_some_and(|set| {
                    cx.saw(&set);
                    bound_value(&set, "cmd").is_some()
                });
                report(node.text_range(), single, cx);
            }
            return;
        }
        let literal = ast::Str::cast(node.clone()).and_then(|string| string_literal(&string));
        if literal.as_deref() == Some(NOPASSWD) {
            let around = node
                .ancestors()
                .find(|it| it.kind() == SyntaxKind::NODE_ATTR_SET);
            let command = around.and_then(|set| {
                cx.saw(&set);
                ast::Str::cast(bound_value(&set, "command")?)
            });
            let command = command.and_then(|command| string_literal(&command));
            report(node.text_range(), command.as_deref() != Some("ALL"), cx);
        } else if is_below("sudo") {
            in_text(node, cx);
        }
    }
}

/// Is the value of the binding with this key `true`?
fn is_true(attrpath: &SyntaxNode) -> bool {
    let value = attrpath.next_sibling();
    value.is_some_and(|value| value.kind() == SyntaxKind::NODE_IDENT && value.text() == "true")
}

/// The lines of a `sudoers` file.
fn in_text(node: &SyntaxNode, cx: &mut LocalContext<'_>) {
    let text = node.text().to_string();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let Some((before, behind)) = line.split_once(NOPASSWD) else {
            continue;
        };
        let Some(behind) = behind.trim_start().strip_prefix(':') else {
            continue;
        };
        if before.contains('#') {
            continue;
        }
        // Behind the tags, as in `SETENV: ALL`.
        let commands = behind.rsplit(": ").next().unwrap_or(behind);
        let all =
            commands.trim_matches(|it: char| it.is_whitespace() || matches!(it, '"' | '\'' | ';'));
        let range = TextRange::at(
            node.text_range().start() + TextSize::new((at + before.len()) as u32),
            TextSize::of(NOPASSWD),
        );
        report(range, all != "ALL", cx);
    }
}

fn report(range: TextRange, single: bool, cx: &mut LocalContext<'_>) {
    let diagnostic = match single {
        true => Diagnostic::new(
            &PasswordlessSudo::META,
            range,
            "a command without a password",
        )
        .severity(Severity::Hint)
        .help("make sure that it cannot run other commands or write files for somebody else"),
        false => Diagnostic::new(
            &PasswordlessSudo::META,
            range,
            "all commands without a password",
        )
        .help("name the commands that have to do without"),
    };
    cx.report(diagnostic);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&PasswordlessSudo::META);
    }

    #[test]
    fn what_holds_on_a_machine() {
        check(
            &PasswordlessSudo::META,
            r#"
{ config, lib, ... }: {
  security = lib.mkIf config.x {
    sudo-rs = lib.mkDefault { wheelNeedsPassword = false; };
#                                                  ^^^^^ for `sudo-rs`
    doas.wheelNeedsPassword = false;
    sudo.wheelNeedsPassword = !config.services.fprintd.enable;
  };
  security.doas.wheelNeedsPassword = lib.mkForce true;
  containers.web.config.security.sudo.wheelNeedsPassword = false;
  virtualisation.vmVariant.security.sudo.wheelNeedsPassword = false;
}
"#,
        );
        check(
            &PasswordlessSudo::META,
            "{ ... }: { security.sudo = { enable = false; wheelNeedsPassword = false; }; }",
        );
        check(
            &PasswordlessSudo::META,
            "# FILE: installer/base.nix\n{ ... }: { security.sudo.wheelNeedsPassword = false; }",
        );
    }

    #[test]
    fn single_commands_are_a_hint() {
        check(
            &PasswordlessSudo::META,
            r#"
{ pkgs, name, ... }: {
  security.sudo.extraRules = [
    { users = [ name ]; commands = [ { command = "ALL"; options = [ "SETENV" "NOPASSWD" ]; } ]; }
#                                                                            ^^^^^^^^^^ all commands
    { groups = [ "x" ]; commands = [ { command = "${pkgs.x}/bin/x"; options = [ "NOPASSWD" ]; } ]; }
#                                                                               ^^^^^^^^^^ a command
  ];
  security.sudo.extraConfig = ''
    # x ALL=(ALL) NOPASSWD: ALL
    x ALL=(ALL) NOPASSWD:SETENV: ALL
#               ^^^^^^^^ all commands
    x ALL=(root) NOPASSWD: /bin/x, /bin/y
#                ^^^^^^^^ a command
  '';
  security.doas.extraRules = [
    { noPass = true; cmd = "x"; }
#     ^^^^^^ a command
    { noPass = false; }
  ];
  programs.x.noPass = true;
  environment.etc.x.text = "NOPASSWD: ALL is what we do not write";
}
"#,
        );
    }
}
