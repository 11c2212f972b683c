//! See the rule's page below.

use crate::config::FileSettings;
use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::lines_of;
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::rules;
use crate::syntax::{TextRange, TextSize};
use crate::workspace::{Copies, View};
use serde::Deserialize;

declare_rule! {
    /// The same code stands in two modules.
    ///
    /// ## Why
    ///
    /// Copies drift apart: what is mended here stays wrong there, and nobody knows
    /// whether a difference is meant. In a module that both import, it is said once.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.duplicate-code]
    /// min-tokens = 20
    /// # FILE: hosts/a.nix
    /// { ... }:
    /// {
    ///   networking.hostName = "a";
    ///   services.nginx.user = "web";
    /// # ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 3 lines also stand in hosts/b.nix
    ///   services.nginx.recommendedTlsSettings = true;
    ///   services.nginx.virtualHosts."example.org".root = "/srv/www";
    /// }
    /// # FILE: hosts/b.nix
    /// { ... }:
    /// {
    ///   # The other one.
    ///   services.nginx.user = "web";
    ///   services.nginx.recommendedTlsSettings = true;
    ///
    ///   services.nginx.virtualHosts."example.org" .root = "/srv/www";
    ///   networking.hostName = "b";
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: nixamine.toml
    /// [rules.duplicate-code]
    /// min-tokens = 20
    /// # FILE: hosts/a.nix
    /// {
    ///   imports = [ ../nginx.nix ];
    ///   networking.hostName = "a";
    /// }
    /// # FILE: hosts/b.nix
    /// {
    ///   imports = [ ../nginx.nix ];
    ///   networking.hostName = "b";
    /// }
    /// # FILE: nginx.nix
    /// { ... }:
    /// {
    ///   services.nginx.user = "web";
    ///   services.nginx.recommendedTlsSettings = true;
    ///   services.nginx.virtualHosts."example.org".root = "/srv/www";
    /// }
    /// ```
    ///
    /// Code is the same where all its tokens are; white space and comments do not count.
    /// What is compared are bindings in a row and the values of bindings, but for
    /// `imports` and `stateVersion`. Files that have several pieces in common are told
    /// once, in the first of them. Generated files, files about the hardware and the
    /// disks of a machine, tests, templates, examples and vendored files are silent.
    ///
    /// ## When to allow it
    ///
    /// When the copies are meant to drift apart.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: where the shared part belongs, and what it is called, is yours to
    /// say.
    ///
    /// ## Options
    ///
    /// `min-tokens`: how much has to be the same, in tokens (default 60). `a.b = 1;` has
    /// six; two words of a text count as one, and a switch (`x.enable = true;`) or an
    /// option like `mkEnableOption "x"` as two.
    pub struct DuplicateCode {
        name: "duplicate-code",
        group: Module,
        topic: Architecture,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 20,
        fix: None,
        options: Options,
    }
}

/// The options of [`DuplicateCode`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// How much has to be the same, in tokens.
    pub min_tokens: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_tokens: 60 }
    }
}

impl Rule for DuplicateCode {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }
}

/// How large pieces of a file have to be; `None` when they do not matter.
pub(crate) fn least(path: &str, settings: &FileSettings) -> Option<u32> {
    let rule = rules::index_of(&DuplicateCode::META);
    let is_foreign = |part: &str| {
        matches!(
            part,
            "vendor" | "vendored" | "third_party" | "third-party" | "external"
        )
    };
    // How one machine is made: what changes there, changes nowhere else.
    let is_machine = ["hardware", "disk", "partition", "filesystem"]
        .iter()
        .any(|word| path::file_name(path).contains(word))
        || path::file_name(path) == "fs.nix";
    let is_silent = is_machine || path.split('/').any(is_foreign) || path::is_throwaway(path);
    (settings.is_on(rule) && !is_silent).then(|| settings.options::<Options>(rule).min_tokens)
}

/// The finding for copies, in the first file that has them.
pub(crate) fn describe(view: &View<'_>, copies: &Copies) -> Diagnostic {
    let (first, others) = (copies.files[0], &copies.files[1..]);
    let text = view.documents[first].text();
    let lines = lines_of(text, copies.ranges[0]);
    let subject = match lines {
        1 => "1 line also stands".to_owned(),
        lines => format!("{lines} lines also stand"),
    };
    let message = match others {
        [other] => format!("{subject} in {}", view.documents[*other].path()),
        others => format!("{subject} in {} other modules", others.len()),
    };
    let mut finding = Diagnostic::new(
        &DuplicateCode::META,
        first_line(text, copies.ranges[0]),
        message,
    );
    let shared = "say it once, in a module that all of them import";
    finding = finding.help(match copies.more.len() {
        0 => shared.to_owned(),
        1 => format!("{shared}; they share 1 more piece"),
        more => format!("{shared}; they share {more} more pieces"),
    });
    for (file, range) in others.iter().zip(&copies.ranges[1..]) {
        let document = &view.documents[*file];
        finding.related.push(Related {
            path: Some(document.path().clone()),
            range: first_line(document.text(), *range),
            message: "and here".to_owned(),
        });
    }
    finding
}

/// A range as far as its first line goes.
fn first_line(text: &str, range: TextRange) -> TextRange {
    let line = text[std::ops::Range::<usize>::from(range)]
        .split(['\n', '\r'])
        .next();
    TextRange::at(range.start(), TextSize::of(line.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    /// Enough for a finding.
    const LONG: &str = "  services.nginx.user = \"web\";
  services.nginx.group = \"www\";
  services.nginx.package = pkgs.nginx.override { withDebug = 1; };
  services.nginx.virtualHosts.\"example.org\" = { root = \"/srv/www\"; listen = [ 80 443 ]; };
  services.nginx.appendConfig = ''
    worker_processes auto;
  '';
";

    #[track_caller]
    fn files(files: &[(&str, &str)]) {
        let all = files.iter().map(|(path, text)| {
            let text = text.replace("LONG", LONG.trim());
            format!("# FILE: {path}\n{text}\n")
        });
        check(&DuplicateCode::META, &all.collect::<String>());
    }

    #[test]
    fn three_copies_are_one_finding() {
        files(&[
            (
                "a.nix",
                "{ pkgs, ... }: {
  networking.hostName = \"a\";
  services.nginx.user = \"web\";
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 7 lines also stand in 2 other modules
  services.nginx.group = \"www\";
  services.nginx.package = pkgs.nginx.override { withDebug = 1; };
  services.nginx.virtualHosts.\"example.org\" = { root = \"/srv/www\"; listen = [ 80 443 ]; };
  services.nginx.appendConfig = ''
    worker_processes auto;
  '';
  time.timeZone = \"UTC\";
}",
            ),
            (
                "b.nix",
                "{ pkgs, lib, ... }: { services.a.b = lib.mkIf c { x = 1; }; LONG }",
            ),
            (
                "c.nix",
                "{ pkgs, lib, ... }: { config = lib.mkIf d { LONG }; }",
            ),
            // Not all of it.
            (
                "d.nix",
                "{ pkgs, lib, ... }: { services.nginx.user = \"web\"; services.nginx.group = \"www\"; }",
            ),
        ]);
    }

    #[test]
    fn files_that_share_more_are_told_once() {
        files(&[
            (
                "a.nix",
                "{ pkgs, ... }: {
  services.nginx.user = \"web\";
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 7 lines also stand in b.nix
  services.nginx.group = \"www\";
  services.nginx.package = pkgs.nginx.override { withDebug = 1; };
  services.nginx.virtualHosts.\"example.org\" = { root = \"/srv/www\"; listen = [ 80 443 ]; };
  services.nginx.appendConfig = ''
    worker_processes auto;
  '';
  services.x.a = 1;
  services.y = { a = f { b = [ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 ]; }; };
}",
            ),
            ("b.nix", "{ pkgs, ... }: { LONG
  services.x.a = 2;
  services.z = { a = f { b = [ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 ]; }; }; }"),
        ]);
    }

    #[test]
    fn what_may_be_the_same() {
        let module = "{ pkgs, ... }: { networking.domain = \"x\"; LONG }";
        for other in [
            "hosts/a/hardware-configuration.nix",
            "hosts/a/disko.nix",
            "tests/a.nix",
            "templates/a/default.nix",
            "vendor/a.nix",
        ] {
            files(&[("a.nix", module), (other, module)]);
        }
        // A package, and what a program wrote.
        files(&[
            ("a.nix", module),
            ("b.nix", "{ stdenv, pkgs }: stdenv.mkDerivation { LONG }"),
            (
                "c.nix",
                "# Do not edit: generated by x\n{ pkgs, ... }: { LONG }",
            ),
        ]);
        // Switches, and options that there is one way to declare.
        let switches: String = (0..12)
            .map(|it| format!("  services.x{it}.enable = true;\n"))
            .collect();
        let options: String = (0..12)
            .map(|it| format!("  options.my.x{it} = lib.mkEnableOption \"the x\";\n"))
            .collect();
        let module = format!("{{ lib, ... }}: {{\n{switches}{options}}}");
        files(&[("a.nix", &module), ("b.nix", &module)]);
    }
}
