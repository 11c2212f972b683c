//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{FileFacts, Literal};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::FileContext;

declare_rule! {
    /// Root may log in over SSH with a password.
    ///
    /// ## Why
    ///
    /// Every machine has the account `root`, so whoever guesses passwords tries it
    /// first, and has everything with the first hit. Nobody can tell afterwards who it
    /// was, either.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   services.openssh = {
    ///     enable = true;
    ///     settings.PermitRootLogin = "yes";
    /// #                              ^^^^^ root may log in with a password
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// {
    ///   services.openssh = {
    ///     enable = true;
    ///     settings.PermitRootLogin = "prohibit-password";
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   services.openssh = {
    ///     enable = true;
    ///     # The keys alone are asked for.
    ///     settings.PermitRootLogin = "prohibit-password";
    ///   };
    /// }
    /// ```
    ///
    /// `"prohibit-password"` is the default. Silent where the file switches off both
    /// `PasswordAuthentication` and `KbdInteractiveAuthentication`, or the server; in
    /// installers, virtual machines to try things out, containers and tests; and in
    /// `extraConfig` below a `Match`.
    ///
    /// ## When to allow it
    ///
    /// Hardly ever on a machine that a network reaches.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: whoever has no key yet is locked out.
    pub struct SshRootLogin {
        name: "ssh-root-login",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Where the server is.
const SSH: [&str; 2] = ["services", "openssh"];

impl Rule for SshRootLogin {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        let found = set_to_yes(facts, cx.path(), "PermitRootLogin", "permitRootLogin");
        let is_off = |setting| facts.switches(&[SSH[0], SSH[1], "settings", setting], false);
        if found.is_empty()
            || is_off("PasswordAuthentication") && is_off("KbdInteractiveAuthentication")
        {
            return;
        }
        for (range, is_text) in found {
            let message = "root may log in with a password";
            let mut diagnostic = Diagnostic::new(&Self::META, range, message)
                .help("log in as somebody else, or with a key: `\"prohibit-password\"`");
            if !is_text {
                let edit = Edit::replace(range, "\"prohibit-password\"");
                let title = "let root log in with keys only";
                diagnostic = diagnostic.fix(Fix::new(Applicability::Unsafe, title, [edit]));
            }
            cx.report(diagnostic);
        }
    }
}

/// Where a file sets what OpenSSH calls `keyword`, and once had the option `old`, to yes,
/// and whether it stands in a text with more.
pub(super) fn set_to_yes(
    facts: &FileFacts,
    file: &str,
    keyword: &str,
    old: &str,
) -> Vec<(TextRange, bool)> {
    let mut found = Vec::new();
    let [services, openssh] = SSH;
    for path in [
        &[services, openssh, "settings", keyword][..],
        &[services, openssh, old],
    ] {
        found.extend(facts.in_force(path).filter_map(|it| {
            let is_yes = match it.literal()? {
                Literal::Bool(value) => *value,
                Literal::String(value) => value == "yes",
                _ => false,
            };
            is_yes.then_some((it.value, false))
        }));
    }
    found.extend(
        facts
            .in_force(&[services, openssh, "extraConfig"])
            .filter_map(|it| {
                let Literal::String(text) = it.literal()? else {
                    return None;
                };
                says_yes(text, keyword).then_some((it.value, true))
            }),
    );
    if path::is_throwaway(file) || facts.switches(&[services, openssh, "enable"], false) {
        found.clear();
    }
    found
}

/// Does `sshd_config` set a keyword to yes, for everybody?
fn says_yes(text: &str, keyword: &str) -> bool {
    for line in text.lines() {
        let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
        match (words.next(), words.next()) {
            (Some(first), _) if first.eq_ignore_ascii_case("match") => return false,
            // The first one counts.
            (Some(first), Some(value)) if first.eq_ignore_ascii_case(keyword) => {
                return value == "yes";
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&SshRootLogin::META);
    }

    #[test]
    fn only_with_a_password() {
        check(
            &SshRootLogin::META,
            r#"
{ config, lib, ... }: {
  services.openssh = lib.mkIf config.x { settings = { PermitRootLogin = lib.mkDefault "yes"; }; };
#                                                                                     ^^^^^ root may
  services.openssh.permitRootLogin = if config.y then "yes" else "no";
#                                                     ^^^^^ root may
  services.openssh.extraConfig = "permitrootlogin yes\nMatch User x";
#                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ root may
}
"#,
        );
        for silent in [
            "services.openssh.settings.PermitRootLogin = \"without-password\";",
            "services.openssh.settings.PermitRootLogin = if x == \"iso\" then \"yes\" else \"no\";",
            "services.openssh.extraConfig = \"# PermitRootLogin yes\\nPermitRootLogin no\\nPermitRootLogin yes\";",
            "services.openssh.extraConfig = \"Match Address 10.0.0.0/8\\n  PermitRootLogin yes\";",
            "services.openssh = { enable = false; settings.PermitRootLogin = \"yes\"; };",
            "services.openssh.settings = { PermitRootLogin = \"yes\"; PasswordAuthentication = false; \
             KbdInteractiveAuthentication = false; };",
            "services.openssh.settings.PermitRootLogin = lib.mkMerge [ \"yes\" (lib.mkForce \"no\") ];",
            "containers.x.config.services.openssh.settings.PermitRootLogin = \"yes\";",
        ] {
            check(
                &SshRootLogin::META,
                &format!("{{ lib, ... }}: {{ {silent} }}"),
            );
        }
    }
}
