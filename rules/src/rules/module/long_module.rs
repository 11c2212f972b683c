//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, NewFile};
use crate::module::{ModuleFacts, Target};
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::sorted;
use crate::syntax::{TextRange, TextSize};
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
    /// Only modules count; packages, data, tests and generated files may be long.
    /// A licence at the top is not counted.
    ///
    /// ## When to allow it
    ///
    /// When the module is one long table (key bindings, a list of mounts) that
    /// would be no clearer in two files.
    ///
    /// ## Fix safety
    ///
    /// Which settings belong together is yours to say, so the fix is one to
    /// choose: it moves the largest group of settings, with its comments, to a
    /// file of its own that the module imports. It is offered where the settings
    /// stand right behind the arguments, without a `let` that they could use.
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
        fix: Some(Applicability::Manual),
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
        Self {
            max_lines: 200,
            count: Count::Physical,
        }
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
            Count::Physical => (facts.lines, "lines"),
            Count::Code => (cx.code_lines(), "lines of code"),
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
        let len = text[start..]
            .find(['\n', '\r'])
            .unwrap_or(text.len() - start);
        let range = TextRange::at(TextSize::new(start as u32), TextSize::new(len as u32));
        let max = options.max_lines;
        let mut diagnostic = Diagnostic::new(
            &Self::META,
            range,
            format!("this module has {lines} {what}, more than {max}"),
        );
        if let Some(proposal) = proposal(&facts.modules[0]) {
            diagnostic = diagnostic.help(proposal);
        }
        cx.report(diagnostic);
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        diagnostic.fixes.extend(split(cx));
    }
}

/// Groups with fewer lines than this are not worth a file of their own.
const LEAST_LINES: u32 = 10;

/// Moves the largest group of settings to a file of its own, where they mean
/// the same: the outermost set stands right behind the formals, which go along.
fn split(cx: &FileContext<'_>) -> Option<Fix> {
    let module = &cx.facts().modules[0];
    let body = module.plain_body?;
    let text = cx.text();
    let (name, lines) = groups(module).0.into_iter().find(|(name, _)| {
        // What also has a part below `config` would be torn apart.
        let parts = || {
            module
                .sections
                .iter()
                .filter(|section| section.name == *name)
        };
        parts().all(|section| section.is_outermost)
    })?;
    let parts: Vec<_> = module
        .sections
        .iter()
        .filter(|section| section.name == name)
        .collect();
    if parts.len() == module.sections.len() {
        return None;
    }
    let stem = name.rsplit('.').next()?;
    let is_name = stem
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let folder = path::parent(cx.path());
    let target = path::join(folder, &format!("{stem}.nix"))?;
    if !is_name
        || cx
            .view()
            .documents
            .iter()
            .any(|document| **document.path() == *target)
    {
        return None;
    }
    let slice = |range: TextRange| &text[std::ops::Range::<usize>::from(range)];
    let mut edits = Vec::new();
    let mut moved = slice(TextRange::new(module.range.start(), body.start())).to_owned();
    moved.push_str("{\n");
    for part in &parts {
        let whole = with_comments(text, part.range);
        moved.push_str(slice(whole).trim_matches(['\n', '\r']));
        moved.push('\n');
        edits.push(Edit::delete(whole));
    }
    moved.push_str("}\n");
    let import = format!("./{stem}.nix");
    let last = module
        .imports
        .iter()
        .rfind(|import| import.guards.is_empty() && matches!(import.target, Target::Path(_)));
    edits.push(match (last, module.has_imports) {
        (Some(last), _) => Edit::insert(last.range.end(), format!(" {import}")),
        (None, true) => return None,
        (None, false) => {
            let open = body.start() + TextSize::new(1);
            Edit::insert(open, format!("\n  imports = [ {import} ];\n"))
        }
    });
    let mut fix = Fix::new(
        Applicability::Manual,
        format!("move `{name}` ({lines} lines) to {target}"),
        edits,
    );
    fix.creates.push(NewFile {
        path: target.into(),
        text: moved,
    });
    Some(fix)
}

/// A binding with the comment lines right above it and the rest of its lines,
/// as far as nothing else stands there.
fn with_comments(text: &str, binding: TextRange) -> TextRange {
    let (start, end) = (usize::from(binding.start()), usize::from(binding.end()));
    let mut from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    if !text[from..start].trim().is_empty() {
        return binding;
    }
    while let Some(above) = text[..from].strip_suffix('\n') {
        let line = above.rfind('\n').map_or(0, |at| at + 1);
        if !above[line..].trim_start().starts_with('#') {
            break;
        }
        from = line;
    }
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let rest = text[end..line_end].trim();
    let to = if rest.is_empty() || rest.starts_with('#') {
        line_end
    } else {
        end
    };
    TextRange::new(TextSize::new(from as u32), TextSize::new(to as u32))
}

/// The groups of settings that are worth a file of their own, with their lines,
/// the largest first; and how many groups there are.
fn groups(module: &ModuleFacts) -> (Vec<(&str, u32)>, usize) {
    let count = module.sections.len();
    let mut by_name = FxHashMap::with_capacity_and_hasher(count, Default::default());
    for section in &module.sections {
        *by_name.entry(section.name.as_str()).or_default() += section.lines;
    }
    let total = by_name.len();
    let large = by_name
        .into_iter()
        .filter(|(_, lines)| *lines >= LEAST_LINES);
    let mut groups: Vec<(&str, u32)> = large.collect();
    sorted::sort_by_key(&mut groups, |(name, lines)| {
        (std::cmp::Reverse(*lines), *name)
    });
    (groups, total)
}

/// These groups, in words.
fn proposal(module: &ModuleFacts) -> Option<String> {
    let (groups, total) = groups(module);
    if groups.is_empty() || total < 2 {
        return None;
    }
    let shown: Vec<_> = groups
        .iter()
        .take(4)
        .map(|(name, lines)| format!("`{name}` ({lines} lines)"))
        .collect();
    Some(format!(
        "split it by concern; the largest groups are {}",
        shown.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

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
    fn the_largest_group_moves_with_its_comments() {
        let vhosts: String = (0..9).map(|i| format!("    host{i} = {{ }};\n")).collect();
        let nginx = format!(
            "  # The proxy.\n  services.nginx.virtualHosts = {{\n{vhosts}  }};\n  services.nginx.enable = true; # on\n"
        );
        let text = |imports: &str, nginx: &str, mark: &str| {
            format!(
                "# FILE: nixamine.toml\nrules.long-module.max-lines = 5\n# FILE: host.nix\n\
                 {{ pkgs, ... }}:\n{mark}{{\n{imports}\n  time.timeZone = \"UTC\";\n\n{nginx}\n  boot.tmp = 1;\n}}\n"
            )
        };
        let mark = "#^^^^^^^^^^^^^ this module has\n";
        let moved = format!("# FILE: nginx.nix\n{{ pkgs, ... }}:\n{{\n{nginx}}}\n");
        for (before, after) in [
            (
                "  imports = [ ./disk.nix ];",
                "  imports = [ ./disk.nix ./nginx.nix ];",
            ),
            ("", "  imports = [ ./nginx.nix ];\n\n"),
        ] {
            let fixed = text(after, "", "") + &moved;
            let fixed = fixed.split_once("max-lines = 5\n").unwrap().1;
            check_fix(
                &LongModule::META,
                &text(before, &nginx, mark),
                Applicability::Manual,
                fixed,
            );
        }
    }

    #[test]
    fn only_modules_that_people_write() {
        let long = "\n  a = 1;".repeat(300);
        check(&LongModule::META, &format!("{{{long}\n}}"));
        check(
            &LongModule::META,
            &format!(
                "# Do not edit, generated by a script\n{{ ... }}: {{ services = {{{long}\n}}; }}"
            ),
        );
        check(
            &LongModule::META,
            &format!("{{ stdenv }}: stdenv.mkDerivation {{{long}\n}}"),
        );
    }
}
