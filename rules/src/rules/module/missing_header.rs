//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::syntax::rest_of_line;
use crate::workspace::FileContext;
use serde::Deserialize;
use std::fmt::Write as _;

declare_rule! {
    /// A long module does not say what it is for.
    ///
    /// ## Why
    ///
    /// Somebody who opens the file in a year wants to know what it provides and
    /// what it depends on before reading all of it. A comment of one line at the
    /// top, or right behind the arguments, is enough.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.missing-header]
    /// min-lines = 3
    /// # FILE: modules/backup.nix
    /// { lib, ... }:
    /// #^^^^^^^^^^^^ no comment says what this module is for
    /// {
    ///   options.backup.target = lib.mkOption { type = lib.types.str; };
    ///   config.services.restic.enable = true;
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: modules/backup.nix
    /// # Module: backup
    /// # Purpose:
    /// # Options: backup.target
    /// # Sets: services.restic
    ///
    /// { lib, ... }:
    /// {
    ///   options.backup.target = lib.mkOption { type = lib.types.str; };
    ///   config.services.restic.enable = true;
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// # Feature: nightly backups to the NAS, with pruning.
    /// {
    ///   options.backup.target = lib.mkOption { type = lib.types.str; };
    ///   config.services.restic.enable = true;
    /// }
    /// ```
    ///
    /// A licence, a shebang, a generated notice, a bare URL, a TODO, commented
    /// code or the file's own path do not say what a module is for, and neither
    /// does a comment right above the first of several settings. Files that are
    /// no modules, generated files, tests, templates and examples are silent.
    ///
    /// Few public repositories have headers, so this is a hint; where at least
    /// a third of the repository's modules of that length have one, it is an
    /// info: there it is the house's own habit.
    ///
    /// ## When to allow it
    ///
    /// Where the file's name says it all.
    ///
    /// ## Fix safety
    ///
    /// The fix inserts a template to fill in, with the options and settings that
    /// the module has. It changes no meaning, but it needs your words, so it is
    /// not applied without being asked for.
    ///
    /// ## Options
    ///
    /// `min-lines`: the shortest module that needs a header (default 40). When
    /// the rule is selected by its name or by `all` and the option is not set,
    /// every module needs one.
    pub struct MissingHeader {
        name: "missing-header",
        group: Module,
        topic: Documentation,
        severity: Hint,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: Options,
    }
}

/// The options of [`MissingHeader`].
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The shortest module that needs a header, in lines.
    pub min_lines: Option<u32>,
}

const DEFAULT_MIN_LINES: u32 = 40;

impl Rule for MissingHeader {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        let min_lines = cx
            .options::<Options>()
            .min_lines
            .unwrap_or(if cx.is_named() { 0 } else { DEFAULT_MIN_LINES });
        if facts.lines < min_lines
            || facts.header.present
            || facts.header.generated
            || path::is_test(cx.path())
            || path::is_sample(cx.path())
            || !cx.is_module()
        {
            return;
        }
        let severity = if cx.view().habits().headers {
            Severity::Info
        } else {
            Severity::Hint
        };
        cx.report(
            Diagnostic::new(
                &Self::META,
                rest_of_line(cx.text(), facts.header.code_start),
                "no comment says what this module is for",
            )
            .severity(severity)
            .help("one line above the arguments, or right behind them, is enough"),
        );
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        let edit = Edit::insert(cx.facts().header.insert_at, template(cx));
        let title = "insert a header to fill in";
        diagnostic
            .fixes
            .push(Fix::new(Applicability::Unsafe, title, [edit]));
    }
}

/// More names than this make the header longer than what it describes.
const MOST_NAMES: usize = 8;

fn template(cx: &FileContext<'_>) -> String {
    let name = path::module_name(cx.path());
    let module = &cx.facts().modules[0];
    let mut out = format!("# Module: {name}\n# Purpose:\n");
    let options = module.options.iter().map(|option| option.path.join("."));
    let sections = module
        .sections
        .iter()
        .map(|section| section.name.to_string());
    for (title, names) in [("Options", unique(options)), ("Sets", unique(sections))] {
        if !names.is_empty() {
            let more = if names.len() > MOST_NAMES {
                ", …"
            } else {
                ""
            };
            let shown: Vec<_> = names.into_iter().take(MOST_NAMES).collect();
            let _ = writeln!(out, "# {title}: {}{more}", shown.join(", "));
        }
    }
    out.push('\n');
    // Every line of the file ends the same way.
    if cx.text().contains("\r\n") {
        out.replace('\n', "\r\n")
    } else {
        out
    }
}

/// The first names, each once, and one more than are shown.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for name in names {
        if seen.len() > MOST_NAMES {
            break;
        }
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    fn has_header(top: &str) {
        check(
            &MissingHeader::META,
            &format!("{top}\n{{ lib, ... }}: {{ services.a = 1; }}"),
        );
    }

    fn has_none(top: &str) {
        let mark = "#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no comment says";
        let example = format!("{top}\n{{ lib, ... }}: {{ services.abc = 1; }}\n{mark}\n");
        check(&MissingHeader::META, &example);
    }

    #[test]
    fn what_counts_as_a_header() {
        has_header("# Feature: backups");
        has_header("/** Backups of the NAS. */");
        has_header("# SPDX-License-Identifier: MIT\n#\n# Nightly backups.");
        has_header("###############\n# Backups here #\n###############");
        check(
            &MissingHeader::META,
            "{ lib, ... }:\n# Module: backups\n{ services.a = 1; }",
        );
        check(
            &MissingHeader::META,
            "{ lib, ... }: {\n  # Backups to the NAS\n  services.a = 1; }",
        );
    }

    #[test]
    fn what_does_not() {
        has_none("# Copyright 2024 somebody");
        has_none("#!/usr/bin/env nix-shell");
        has_none("# https://nixos.wiki/wiki/Restic");
        has_none("# TODO: describe");
        has_none("#");
        has_none("# modules/backup.nix");
        has_none("# services.restic.enable = true;");
    }

    #[test]
    fn a_comment_on_the_first_setting_is_none() {
        let body = "{ lib, ... }: {\n  # The reverse proxy.\n@  services.nginx = 1;\n  b = 2;\n}";
        let mark = "{ lib, ... }: {\n#^^^^^^^^^^^^^^ no comment says\n";
        check(
            &MissingHeader::META,
            &body.replace('@', "").replace("{ lib, ... }: {\n", mark),
        );
        check(&MissingHeader::META, &body.replace('@', "\n"));
        check(
            &MissingHeader::META,
            &format!("# FILE: nginx.nix\n{}", body.replace('@', "")),
        );
    }

    #[test]
    fn only_modules_that_people_write() {
        has_header("# This file was generated by nixos-generate-config. Do not modify it.");
        check(
            &MissingHeader::META,
            "{ stdenv, fetchurl }: stdenv.mkDerivation { name = \"x\"; }",
        );
        check(&MissingHeader::META, "{ lib }: { double = x: x * 2; }");
        check(&MissingHeader::META, "[ 1 2 3 ]");
        check(
            &MissingHeader::META,
            "lib: { imports = [ ]; services.a = 1; }",
        );
        check(
            &MissingHeader::META,
            "{ lib, name, dir ? name, ... }: { environment.A = dir; path = 1; }",
        );
        check(
            &MissingHeader::META,
            "# FILE: tests/a.nix\n{ lib, ... }: { services.a = 1; }",
        );
    }
}
