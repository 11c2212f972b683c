//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related, Severity};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{Asks, Judged, Standing, Verdict, WorkspaceContext};

declare_rule! {
    /// A host lacks a setting that a policy of the repository requires.
    ///
    /// ## Why
    ///
    /// "Every laptop has AppArmor", "whatever holds state is backed up": such a
    /// rule is agreed on once, and the module that would break it is written two
    /// years later. Written down in `nixamine.toml`, it is judged for each host
    /// with each change. A policy names an option, the value that it must have, the
    /// hosts (all of them by default, as globs of their names) and the reason:
    ///
    /// ```toml
    /// [[require]]
    /// option = "security.apparmor.enable"
    /// value = true
    /// hosts = ["laptop-*"]
    /// reason = "laptops leave the house"
    ///
    /// [[require]]
    /// option = "services.restic.backups"   # without a value: that something is set
    ///
    /// [[require]]
    /// option = "programs.zsh.enable"
    /// value = true
    /// class = "home-manager"               # "nixos" by default; or "darwin"
    /// ```
    ///
    /// For an option that holds a list, `value = ["a", "b"]` asks for these
    /// elements among others.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [[require]]
    /// option = "security.apparmor.enable"
    /// value = true
    ///
    /// [[require]]
    /// option = "services.restic.backups"
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem { modules = [ ./laptop.nix ]; };
    ///   };
    /// }
    /// # FILE: laptop.nix
    /// { lib, ... }:
    /// #^^^^^^^^^^^^ `laptop` does not set `security.apparmor.enable` to `true`: here it is `false`
    /// #^^^^^^^^^^^^ `laptop` does not set `services.restic.backups`
    /// {
    ///   security.apparmor.enable = false;
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: nixamine.toml
    /// [[require]]
    /// option = "security.apparmor.enable"
    /// value = true
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem { modules = [ ./laptop.nix ]; };
    ///   };
    /// }
    /// # FILE: laptop.nix
    /// { imports = [ ./hardening.nix ]; }
    /// # FILE: hardening.nix
    /// { lib, ... }: { security.apparmor.enable = lib.mkDefault true; }
    /// ```
    ///
    /// The setting that wins on the host decides. Under a condition, or where the
    /// host imports something that Nixamine cannot follow, the finding is an info
    /// that says "may". A value that is computed is believed. The default of an
    /// option counts where its declaration is known. What the modules of flake
    /// inputs set is not seen: set it yourself, so that it stays.
    ///
    /// ## When to allow it
    ///
    /// When a host is an exception: leave it out of `hosts`, or allow the rule on the
    /// first line of its module with a reason.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: where the setting belongs is yours to say.
    pub struct RequiredSetting {
        name: "required-setting",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 15,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for RequiredSetting {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_policy(&self, judged: &Judged<'_>, cx: &mut WorkspaceContext<'_>) {
        if judged.asks == Asks::Require {
            report(&Self::META, judged, cx);
        }
    }
}

/// Reports the hosts that do not keep a policy, those that start from the same module
/// together.
pub(super) fn report(meta: &'static RuleMeta, judged: &Judged<'_>, cx: &mut WorkspaceContext<'_>) {
    let policy = judged.policy;
    let mut left: Vec<&Verdict> = judged.verdicts.iter().collect();
    left.retain(|it| matches!(it.standing, Standing::Broken | Standing::Unsure));
    while let Some(first) = left.first().copied() {
        let is_same =
            |it: &Verdict| (it.site, it.standing, it.by) == (first.site, first.standing, first.by);
        let mut hosts: Vec<String> = Vec::new();
        for verdict in left.iter().filter(|it| is_same(it)) {
            let host = format!("`{}`", verdict.host);
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        left.retain(|it| !is_same(it));
        let message = message(judged, first, &hosts);
        let mut finding = Diagnostic::new(meta, first.site.range, message);
        if first.standing == Standing::Unsure {
            finding = finding.severity(Severity::Info);
        }
        let help = match &policy.reason {
            Some(reason) => format!("`nixamine.toml` says why: {reason}"),
            None => "`nixamine.toml` asks for it".to_owned(),
        };
        finding = finding.help(help);
        if let Some(by) = first.by {
            let path = cx.view().documents[by.file].path().clone();
            let label = match first.standing {
                Standing::Unsure => "under a condition",
                _ => "set here",
            };
            finding.related.push(Related {
                path: (by.file != first.site.file).then_some(path),
                range: by.range,
                message: label.to_owned(),
            });
        }
        cx.report(first.site.file, finding);
    }
}

fn message(judged: &Judged<'_>, verdict: &Verdict, hosts: &[String]) -> String {
    let option = judged.policy.name();
    let asked = judged.policy.value.as_ref().map(ToString::to_string);
    let hosts = hosts.join(", ");
    let may = match verdict.standing {
        Standing::Unsure => "may",
        _ => "does",
    };
    let mut message = match (judged.asks, &asked) {
        (Asks::Require, Some(value)) => {
            format!("{hosts} {may} not set `{option}` to `{value}`")
        }
        (Asks::Require, None) => format!("{hosts} {may} not set `{option}`"),
        (Asks::Forbid, Some(value)) => {
            let sets = if may == "may" { "may set" } else { "sets" };
            format!("{hosts} {sets} `{option}` to `{value}`, which is forbidden")
        }
        (Asks::Forbid, None) => {
            let sets = if may == "may" { "may set" } else { "sets" };
            format!("{hosts} {sets} `{option}`, which is forbidden")
        }
    };
    let other = verdict
        .value
        .as_ref()
        .filter(|it| asked.as_ref() != Some(it));
    if let Some(value) = other {
        let place = if verdict.by.is_some() {
            "here"
        } else {
            "by default"
        };
        message.push_str(&format!(": {place} it is `{value}`"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linter::{Document, Source};
    use crate::syntax::{TextEdit, TextRange};
    use crate::testing::check;
    use crate::{Config, Settings, Workspace};

    const FLAKE: &str = "# FILE: flake.nix
{ outputs = { nixpkgs, ... }: { nixosConfigurations.pc = nixpkgs.lib.nixosSystem { modules = [ ./pc.nix ]; }; }; }
";

    /// What is said of the host's module, which is one line, below it.
    #[track_caller]
    fn says(policy: &str, host: &str, others: &str, message: &str) {
        let mark = match message {
            "" => String::new(),
            message => format!("#{} {message}\n", "^".repeat(host.len() - 1)),
        };
        check(
            &RequiredSetting::META,
            &format!(
                "# FILE: nixamine.toml\n[[require]]\n{policy}\n{FLAKE}# FILE: pc.nix\n{host}\n{mark}{others}"
            ),
        );
    }

    const ON: &str = "option = \"a.on\"\nvalue = true";

    #[test]
    fn the_setting_that_wins_decides() {
        says(ON, "{ a.on = true; }", "", "");
        says(
            ON,
            "{ a.on = false; }",
            "",
            "`pc` does not set `a.on` to `true`: here it is `false`",
        );
        says(
            ON,
            "{ b.on = true; }",
            "",
            "`pc` does not set `a.on` to `true`",
        );
        let weak = "# FILE: b.nix\n{ lib, ... }: { a.on = lib.mkDefault false; }\n";
        says(ON, "{ imports = [ ./b.nix ]; a.on = true; }", weak, "");
        let strong = "# FILE: b.nix\n{ lib, ... }: { a.on = lib.mkForce false; }\n";
        says(
            ON,
            "{ imports = [ ./b.nix ]; a.on = true; }",
            strong,
            "`pc` does not set `a.on` to `true`: here it is `false`",
        );
    }

    #[test]
    fn conditions_and_gaps_leave_doubt() {
        says(
            ON,
            "{ config, lib, ... }: { a.on = lib.mkIf config.b true; }",
            "",
            "`pc` may not set `a.on` to `true`",
        );
        says(
            ON,
            "{ config, lib, ... }: { a.on = lib.mkMerge [ true (lib.mkIf config.b (lib.mkForce false)) ]; }",
            "",
            "`pc` may not set `a.on` to `true`: here it is `false`",
        );
        says(
            ON,
            "{ x, ... }: { imports = [ (x.find ./b) ]; }",
            "",
            "`pc` may not set `a.on` to `true`",
        );
        // Whatever is computed is believed.
        says(ON, "{ config, ... }: { a.on = config.b; }", "", "");
        says(ON, "{ config, ... }: { a = config.b; }", "", "");
    }

    #[test]
    fn defaults_count_where_they_are_known() {
        let declared = |default: &str| {
            format!(
                "# FILE: o.nix\n{{ lib, ... }}: {{ options.a.on = lib.mkOption {{ type = lib.types.bool; default = {default}; }}; }}\n"
            )
        };
        let host = "{ imports = [ ./o.nix ]; }";
        says(ON, host, &declared("true"), "");
        says(
            ON,
            host,
            &declared("false"),
            "`pc` does not set `a.on` to `true`: by default it is `false`",
        );
    }

    #[test]
    fn lists_hold_elements_and_sets_hold_settings() {
        let list = "option = \"a.l\"\nvalue = [ \"x\", \"y\" ]";
        let both = "# FILE: b.nix\n{ a.l = [ \"y\" ]; }\n";
        says(
            list,
            "{ imports = [ ./b.nix ]; a.l = [ \"x\" ]; }",
            both,
            "",
        );
        says(
            list,
            "{ a.l = [ \"x\" ]; }",
            "",
            "`pc` does not set `a.l` to `[ \"x\" \"y\" ]`",
        );
        says(list, "{ x, ... }: { a.l = [ \"x\" x.name ]; }", "", "");
        let any = "option = \"a.backups\"";
        says(any, "{ a.backups.daily.paths = [ ]; }", "", "");
        says(
            any,
            "{ a.backups = null; }",
            "",
            "`pc` does not set `a.backups`",
        );
        says(any, "{ a.other = 1; }", "", "`pc` does not set `a.backups`");
        let quoted = "option = 'environment.persistence.\"/persist\"'";
        says(
            quoted,
            "{ environment.persistence.\"/persist\".directories = [ ]; }",
            "",
            "",
        );
    }

    #[test]
    fn only_the_hosts_that_are_named() {
        let about = |hosts: &str| format!("{ON}\nhosts = [ \"{hosts}\" ]");
        let message = "`pc` does not set `a.on` to `true`";
        says(&about("p*"), "{ b = 1; }", "", message);
        says(&about("laptop"), "{ b = 1; }", "", "");
        let home = format!("{ON}\nclass = \"home-manager\"");
        says(&home, "{ b = 1; }", "", "");
    }

    #[test]
    fn an_edit_elsewhere_is_judged() {
        let config =
            Config::from_toml("[[require]]\noption = \"a.on\"\nvalue = true").expect("right");
        let settings = Settings::new(config, &[], &[]).expect("right");
        let files = [
            ("b.nix", "{ a.on = true; }"),
            ("flake.nix", FLAKE.split_once('\n').expect("two lines").1),
            ("pc.nix", "{ imports = [ ./b.nix ]; c = 1; }"),
        ];
        let open = |(path, text): (&str, &str)| Document::open(Source::new(path, text), &settings);
        let mut workspace = Workspace::new(files.into_iter().map(open).collect(), []);
        workspace.join(&settings);
        let found = |workspace: &Workspace| {
            let all = workspace.findings(2).into_iter();
            let own = all.filter(|it| it.rule().name == "required-setting");
            own.map(|it| (u32::from(it.range.start()), it.message().to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&workspace), []);
        let at = |start: u32, len: u32, text: &str| TextEdit {
            range: TextRange::at(start.into(), len.into()),
            text: text.to_owned(),
        };
        let edited = workspace.edit("b.nix", &[at(9, 4, "false")], &settings);
        assert_eq!(edited.others, [2]);
        let message = "`pc` does not set `a.on` to `true`: here it is `false`".to_owned();
        assert_eq!(found(&workspace), [(0, message.clone())]);
        // It moves with its line, and its other place with the other file.
        workspace.edit("pc.nix", &[at(0, 0, "\n\n")], &settings);
        assert_eq!(found(&workspace), [(2, message)]);
        workspace.edit("b.nix", &[at(0, 0, "\n")], &settings);
        let related = workspace.findings(2);
        let related: Vec<_> = related
            .iter()
            .flat_map(|it| it.related())
            .map(|it| it.range)
            .collect();
        assert_eq!(related, [TextRange::at(5.into(), 2.into())]);
        workspace.edit("b.nix", &[at(10, 5, "true")], &settings);
        assert_eq!(found(&workspace), []);
    }

    #[test]
    fn what_is_no_policy_is_an_error() {
        for (text, message) in [
            ("[[require]]\nvalue = 1", "option"),
            ("[[require]]\noption = \"a..b\"", "is no option"),
            (
                "[[require]]\noption = \"a\"\nvalu = 1",
                "did you mean `value`",
            ),
            ("require = 1", "write `[[require]]`"),
            (
                "[[forbid]]\noption = \"a\"\nclass = \"linux\"",
                "there is no class",
            ),
        ] {
            let error = Config::from_toml(text).expect_err(text);
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }
}
