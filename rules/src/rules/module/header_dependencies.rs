//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{FileFacts, ModuleFacts, is_option_root};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::{TextRange, TextSize};
use crate::workspace::{FileContext, has_word};
use smol_str::SmolStr;

declare_rule! {
    /// A module reads options of another one that its header does not name.
    ///
    /// ## Why
    ///
    /// A module that asks `config.my.network` fails where the network module is not
    /// imported. A header that says so tells what has to come along when the module
    /// moves to another host, or to another repository.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # Module: backup
    /// # Nightly copies to another machine.
    /// { config, ... }:
    /// {
    ///   services.restic.backups.home.repository = "sftp:${config.my.network.nas}:/copies";
    /// #                                                   ^^^^^^^^^^^^^^^^^ the header does not name `my.network`
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # Module: backup
    /// # Nightly copies to another machine.
    /// # Depends on: my.network
    /// { config, ... }:
    /// {
    ///   services.restic.backups.home.repository = "sftp:${config.my.network.nas}:/copies";
    /// }
    /// ```
    ///
    /// ```nix good
    /// # Module: backup
    /// # Nightly copies to the machine that the network module knows.
    /// { config, lib, ... }:
    /// {
    ///   options.my.backup.hour = lib.mkOption { type = lib.types.int; };
    ///   config.services.restic.backups.home.repository = "sftp:${config.my.network.nas}:/copies";
    ///   config.services.cron.enable = config.my.backup.hour > 3 && config.networking.domain != null;
    /// }
    /// ```
    ///
    /// Only modules with a header are judged (`missing-header` asks for one), and
    /// only options outside of the namespaces of NixOS and Home Manager. A header
    /// names a module when it has the name of its options, or the last part of it,
    /// as a word. Options that have the file's or its folder's name in their path
    /// are the module's own.
    ///
    /// ## When to allow it
    ///
    /// For options that every module of the repository may count on.
    ///
    /// ## Fix safety
    ///
    /// The fix adds a comment, and so changes nothing that is evaluated; it is
    /// unsafe because the words are yours.
    pub struct HeaderDependencies {
        name: "header-dependencies",
        group: Module,
        topic: Documentation,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Names below `config` that no module of the repository declares.
const EVERYWHERE: &[&str] = &["lib", "meta", "ids", "passthru", "key"];

impl Rule for HeaderDependencies {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        if !facts.header.present || !cx.is_module() || path::is_sample(cx.path()) {
            return;
        }
        let module = &facts.modules[0];
        if module.config_depth.is_none() {
            return;
        }
        let text = cx.text();
        let header = comments_at_top(text, facts);
        let mut known: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for (range, end) in reads(text) {
            let name = &text[range].trim_start_matches("config.");
            // Parts of one module read its options.
            let mut whole = text[range.start().into()..end].split('.');
            if whole.any(|part| is_about(cx.path(), part)) {
                continue;
            }
            let last = name.rsplit('.').next().unwrap_or_default();
            if known.contains(name) || is_own(module, name) || has_word(&header, last) {
                continue;
            }
            known.push(name);
            found.push((range, *name));
        }
        for (range, name) in found {
            let message = format!("the header does not name `{name}`");
            let mut finding = Diagnostic::new(&Self::META, range, message)
                .help("say in the header on which modules this one depends");
            if let Some(edit) = mention(text, name) {
                let fix = Fix::new(Applicability::Unsafe, "add it to the header", [edit]);
                finding = finding.fix(fix);
            }
            cx.report(finding);
        }
    }
}

/// The comments before the first setting.
fn comments_at_top(text: &str, facts: &FileFacts) -> String {
    let end = facts.modules[0].head().end();
    let top = text[..end.into()].lines().map(str::trim);
    let mut inside = false;
    let comments = top.filter(|line| {
        inside |= line.starts_with("/*");
        let is_comment = inside || line.contains('#');
        inside &= !line.contains("*/");
        is_comment
    });
    comments.collect::<Vec<_>>().join("\n")
}

/// Where a text reads `config.a.b` of modules that are not those of NixOS: `config` and
/// the first names of the path, and where the path ends.
fn reads(text: &str) -> impl Iterator<Item = (TextRange, usize)> {
    let bytes = text.as_bytes();
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'');
    memchr::memmem::find_iter(bytes, "config.").filter_map(move |at| {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        if before.is_some_and(|byte| in_name(&byte) || matches!(byte, b'.' | b'/' | b'"')) {
            return None;
        }
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        if line.trim_start().starts_with('#') {
            return None;
        }
        let start = at + "config.".len();
        let len_at = |at: usize| bytes[at..].iter().take_while(|byte| in_name(byte)).count();
        let first = start + len_at(start);
        let root = &text[start..first];
        if root.is_empty()
            || is_option_root(root)
            || EVERYWHERE.contains(&root)
            || bytes.get(first) != Some(&b'.')
        {
            return None;
        }
        let second = first + 1 + len_at(first + 1);
        // `config.my.x` alone is an option of its own, and `config.my.${name}` nobody knows.
        let end = match bytes.get(second) {
            Some(b'.') if second > first + 1 => second,
            _ => first,
        };
        let rest = text[end..].find(|c: char| !c.is_ascii_alphanumeric() && !"._-'".contains(c));
        let range = TextRange::new(TextSize::new(at as u32), TextSize::new(end as u32));
        Some((range, rest.map_or(text.len(), |len| end + len)))
    })
}

/// Has the file, or its folder, that name?
fn is_about(file: &str, name: &str) -> bool {
    let folder = path::parent(file);
    name == path::module_name(file) || name == path::file_name(folder)
}

/// Does the module declare options there itself?
fn is_own(module: &ModuleFacts, name: &str) -> bool {
    let names: Vec<_> = name.split('.').collect();
    module.options.iter().any(|option| {
        let path: Vec<_> = option.path.iter().map(SmolStr::as_str).collect();
        path.starts_with(&names)
    })
}

/// The edit that adds a name to the comment at the very top.
fn mention(text: &str, name: &str) -> Option<Edit> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.starts_with('#') || !line.ends_with('\n') {
            break;
        }
        at += line.len();
    }
    let end = if text[..at].ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    (at > 0).then(|| {
        Edit::insert(
            TextSize::new(at as u32),
            format!("# Depends on: {name}{end}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn several_are_named() {
        check_fix(
            &HeaderDependencies::META,
            "# Backups.
# Depends on: my.disks
{ config, ... }:
{
  services.a = config.my.network.nas;
#              ^^^^^^^^^^^^^^^^^ does not name `my.network`
  b = config.my.network.name or config.my.disks.x;
  c = config.theme.dark;
#     ^^^^^^^^^^^^ does not name `theme`
}",
            Applicability::Unsafe,
            "# Backups.
# Depends on: my.disks
# Depends on: my.network
# Depends on: theme
{ config, ... }:
{
  services.a = config.my.network.nas;
  b = config.my.network.name or config.my.disks.x;
  c = config.theme.dark;
}",
        );
    }

    #[test]
    fn what_is_nobodys_or_its_own() {
        check(
            &HeaderDependencies::META,
            "# Backups.
{ config, pkgs, ... }:
{
  options.my.backup.hour = pkgs.lib.mkOption { };
  config = {
    a = config.my.backup.hour;
    b = config.services.x.y;
    c = ./config.json.d/x;
    d = pkgs.config.x.y.z;
    # config.my.old.x
    e = \"config.toml.x.y\";
  };
}",
        );
        check(
            &HeaderDependencies::META,
            "{ config, ... }: { services.a = config.my.b.c; }",
        );
    }
}
