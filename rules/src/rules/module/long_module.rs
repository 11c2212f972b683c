//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::ModuleFacts;
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::syntax::{LineIndex, TextRange, TextSize};
use crate::workspace::FileContext;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

declare_rule! {
    /// A module is longer than a reader can hold in mind.
    ///
    /// ## Why
    ///
    /// One concern per file is what makes a configuration of a hundred modules
    /// readable: a file's name says what is in it, a review sees what a change
    /// touches, and two hosts can share a part. Long modules hold several
    /// concerns more often than one long one. The finding names the largest
    /// groups of settings with their line counts: those are the places to cut.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.long-module]
    /// max-lines = 6
    /// # FILE: server.nix
    /// { pkgs, ... }:
    /// #^^^^^^^^^^^^^ this module has 9 lines, more than 6
    /// {
    ///   services.nginx.enable = true;
    ///   services.nginx.virtualHosts.a = { };
    ///
    ///   services.postgresql.enable = true;
    ///
    ///   environment.systemPackages = [ pkgs.htop ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { ... }:
    /// {
    ///   imports = [ ./nginx.nix ./postgresql.nix ./packages.nix ];
    /// }
    /// ```
    ///
    /// Only modules count; packages, data and generated files may be long.
    ///
    /// ## When to allow it
    ///
    /// When the module is one long table (key bindings, a list of mounts) that
    /// would be no clearer in two files.
    ///
    /// ## Fix safety
    ///
    /// There is no automatic fix: which settings belong together is yours to
    /// say. The finding proposes the groups.
    ///
    /// ## Options
    ///
    /// `max-lines`: the longest module that is fine (default 200). `count`:
    /// `"physical"` lines (default), or `"code"` for those that hold more than
    /// comments and white space.
    pub struct LongModule {
        name: "long-module",
        group: Module,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 30,
        fix: None,
        options: Options,
    }
}

/// The options of [`LongModule`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The longest module that is fine, in lines.
    pub max_lines: u32,
    /// Which lines count.
    pub count: Count,
}

/// Which lines count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// All of them.
    Physical,
    /// Those with more than white space and comments.
    Code,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_lines: 200, count: Count::Physical }
    }
}

impl Rule for LongModule {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let options = cx.options::<Options>();
        let facts = cx.facts();
        let (lines, what) = match options.count {
            Count::Physical => (facts.lines.physical, "lines"),
            Count::Code => (facts.lines.code, "lines of code"),
        };
        // A licence is no part of what somebody has to hold in mind.
        let notice = &cx.text()[..usize::from(facts.header.insert_at)];
        let lines = match options.count {
            Count::Physical => lines - (notice.lines().count() as u32).min(lines),
            Count::Code => lines,
        };
        if path::is_test(cx.path()) {
            return;
        }
        if lines <= options.max_lines || facts.header.generated || !cx.is_module() {
            return;
        }
        let text = cx.text();
        let start = usize::from(facts.header.code_start);
        let len = text[start..].find(['\n', '\r']).unwrap_or(text.len() - start);
        let range = TextRange::at(TextSize::new(start as u32), TextSize::new(len as u32));
        let max = options.max_lines;
        let mut diagnostic = Diagnostic::new(
            &Self::META,
            range,
            format!("this module has {lines} {what}, more than {max}"),
        );
        if let Some(proposal) = proposal(&facts.modules[0], text) {
            diagnostic = diagnostic.help(proposal);
        }
        cx.report(diagnostic);
    }
}

/// Groups that are worth a file of their own, the largest first.
fn proposal(module: &ModuleFacts, text: &str) -> Option<String> {
    let index = LineIndex::new(text);
    let mut by_name: FxHashMap<&str, u32> = FxHashMap::default();
    for section in &module.sections {
        let lines = index.line(section.range.end()) - index.line(section.range.start()) + 1;
        *by_name.entry(&section.name).or_default() += lines;
    }
    let mut groups: Vec<(&str, u32)> = by_name.into_iter().collect();
    let total = groups.len();
    groups.retain(|(_, lines)| *lines >= 10);
    groups.sort_by_key(|(name, lines)| (std::cmp::Reverse(*lines), *name));
    if groups.is_empty() || total < 2 {
        return None;
    }
    let shown: Vec<_> =
        groups.iter().take(4).map(|(name, lines)| format!("`{name}` ({lines} lines)")).collect();
    Some(format!("split it by concern; the largest groups are {}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn code_lines_leave_out_comments_and_blanks() {
        check(
            &LongModule::META,
            "# FILE: nixamine.toml
rules.long-module = { max-lines = 3, count = \"code\" }
# FILE: a.nix
# one
# two

{ ... }: {
#^^^^^^^^^ this module has 5 lines of code, more than 3
  services.a = ''

  '';
}
",
        );
    }

    #[test]
    fn only_modules_that_people_write() {
        let long = "\n  a = 1;".repeat(300);
        check(&LongModule::META, &format!("{{{long}\n}}"));
        check(
            &LongModule::META,
            &format!("# Do not edit, generated by a script\n{{ ... }}: {{ services = {{{long}\n}}; }}"),
        );
        check(&LongModule::META, &format!("{{ stdenv }}: stdenv.mkDerivation {{{long}\n}}"));
    }
}
