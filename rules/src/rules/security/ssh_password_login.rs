//! See the rule's page below.

use super::ssh_root_login::set_to_yes;
use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// Passwords are enough to log in over SSH.
    ///
    /// ## Why
    ///
    /// Passwords are guessed by the thousand on every address that answers, and one
    /// weak one is enough. A key cannot be guessed.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   services.openssh.settings.PasswordAuthentication = true;
    /// #                                                    ^^^^ a password is enough to log in
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// {
    ///   services.openssh.settings.PasswordAuthentication = false;
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   services.openssh.settings = {
    ///     PasswordAuthentication = false;
    ///     KbdInteractiveAuthentication = false;
    ///   };
    /// }
    /// ```
    ///
    /// Only what the text says counts: NixOS allows passwords where nothing is said; a
    /// policy (`required-setting`) finds hosts that do not switch them off. Silent where
    /// the file switches the server off; in installers, virtual machines to try things
    /// out, containers and tests; and in `extraConfig` below a `Match`.
    ///
    /// ## When to allow it
    ///
    /// Where only a network of your own reaches the server.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: whoever has no key yet is locked out.
    pub struct SshPasswordLogin {
        name: "ssh-password-login",
        group: Security,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for SshPasswordLogin {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let keyword = "PasswordAuthentication";
        for (range, is_text) in set_to_yes(cx.facts(), cx.path(), keyword, "passwordAuthentication")
        {
            let mut diagnostic =
                Diagnostic::new(&Self::META, range, "a password is enough to log in")
                    .help("let people log in with keys");
            if !is_text {
                let edit = Edit::replace(range, "false");
                let title = "let people log in with keys only";
                diagnostic = diagnostic.fix(Fix::new(Applicability::Unsafe, title, [edit]));
            }
            cx.report(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&SshPasswordLogin::META);
    }

    #[test]
    fn what_the_text_says() {
        check(
            &SshPasswordLogin::META,
            r#"
{ lib, ... }: {
  services.openssh.settings = lib.mkForce { PasswordAuthentication = true; };
#                                                                    ^^^^ a password
  services.openssh.extraConfig = ''
#                                ^^ a password
    PasswordAuthentication yes
  '';
}
"#,
        );
        for silent in [
            "services.openssh.enable = true;",
            "services.openssh.settings.PasswordAuthentication = lib.mkDefault false;",
            "services.openssh = { enable = false; settings.PasswordAuthentication = true; };",
            "programs.ssh.settings.PasswordAuthentication = true;",
        ] {
            check(
                &SshPasswordLogin::META,
                &format!("{{ lib, ... }}: {{ {silent} }}"),
            );
        }
    }
}
