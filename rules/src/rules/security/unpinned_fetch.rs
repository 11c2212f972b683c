//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::local::LocalContext;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{
    Origin, application, attr_name, bound_value, is_rec, string_literal, without_parens,
};
use crate::syntax::{AstNode, HasEntry, SyntaxKind, SyntaxNode, ast};
use smol_str::SmolStr;

declare_rule! {
    /// Something is fetched without a hash or a revision.
    ///
    /// ## Why
    ///
    /// What comes back tomorrow is not what was looked at today. Whoever controls the
    /// other end decides what is evaluated and built here, a machine cannot be built
    /// again as it was, and a flake refuses to evaluate it at all.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { pkgs, ... }:
    /// let
    ///   unstable = import (builtins.fetchTarball "https://example.org/nixpkgs.tar.gz") { };
    /// #                    ^^^^^^^^^^^^^^^^^^^^^ `fetchTarball` without a hash
    ///   tools = builtins.fetchGit {
    /// #         ^^^^^^^^^^^^^^^^^ `fetchGit` without a revision
    ///     url = "https://example.org/tools.git";
    ///     ref = "main";
    ///   };
    /// in
    /// {
    ///   environment.systemPackages = [ unstable.git tools ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// { pkgs, ... }:
    /// let
    ///   unstable = import (builtins.fetchTarball {
    ///     url = "https://example.org/nixpkgs.tar.gz";
    ///     sha256 = "0000000000000000000000000000000000000000000000000000";
    ///   }) { };
    ///   tools = builtins.fetchGit {
    ///     url = "https://example.org/tools.git";
    ///     rev = "0123456789abcdef0123456789abcdef01234567";
    ///   };
    /// in
    /// {
    ///   environment.systemPackages = [ unstable.git tools ];
    /// }
    /// ```
    ///
    /// The fetchers of `builtins` count: those of nixpkgs do not work without a hash.
    /// Silent where the address holds a whole revision or a part that is computed, where
    /// something local is fetched, where the arguments cannot be read, and in samples.
    ///
    /// ## When to allow it
    ///
    /// In a script that is there to look for the newest version.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: it would have to fetch. An input of the flake, with its place in
    /// `flake.lock`, is mostly the better way.
    pub struct UnpinnedFetch {
        name: "unpinned-fetch",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

/// The fetchers, with the arguments that pin what they fetch.
const FETCHERS: &[(&str, &[&str], &str)] = &[
    ("fetchTarball", &["sha256", "hash"], "a hash"),
    ("fetchurl", &["sha256", "hash"], "a hash"),
    ("fetchGit", &["rev", "narHash"], "a revision"),
    ("fetchTree", &["rev", "narHash"], "a revision or a hash"),
];

impl Rule for UnpinnedFetch {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["fetchTarball", "fetchurl", "fetchGit", "fetchTree"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some((function, arguments)) = application(node) else {
            return;
        };
        let [argument] = arguments.as_slice() else {
            return;
        };
        let argument = without_parens(argument);
        // Most calls say what they are without a look at names.
        if !may_move(&argument) || path::is_sample(cx.path()) {
            return;
        }
        let Some(meaning) = cx.meaning(&function) else {
            return;
        };
        let [name] = meaning.path.as_slice() else {
            return;
        };
        let fetcher = FETCHERS.iter().find(|(known, ..)| known == name);
        let Some((_, pins, what)) = fetcher.filter(|_| meaning.origin == Origin::Builtins) else {
            return;
        };
        let keys = keys(&argument).unwrap_or_default();
        if keys.iter().any(|key| pins.contains(&key.as_str())) {
            return;
        }
        let message = format!("`{name}` without {what}");
        let help = "pin it, or make it an input of the flake";
        cx.report(Diagnostic::new(&Self::META, function.text_range(), message).help(help));
    }
}

/// May what stands there be something else tomorrow, unless an argument pins it?
fn may_move(argument: &SyntaxNode) -> bool {
    match argument.kind() {
        SyntaxKind::NODE_STRING | SyntaxKind::NODE_LITERAL => is_far(argument),
        SyntaxKind::NODE_ATTR_SET => {
            let place = bound_value(argument, "url").or_else(|| {
                let kind = bound_value(argument, "type").and_then(text)?;
                matches!(kind.as_str(), "github" | "gitlab" | "sourcehut")
                    .then(|| bound_value(argument, "repo"))?
            });
            keys(argument).is_some() && place.is_some_and(|place| is_far(&place))
        }
        _ => false,
    }
}

fn text(node: SyntaxNode) -> Option<SmolStr> {
    match node.kind() {
        SyntaxKind::NODE_STRING => string_literal(&ast::Str::cast(node)?),
        SyntaxKind::NODE_LITERAL => Some(node.text().to_string().into()),
        _ => None,
    }
}

/// Is it written down, elsewhere than on this machine, and without a revision?
fn is_far(node: &SyntaxNode) -> bool {
    text(node.clone()).is_some_and(|text| {
        let is_local = text.starts_with(['/', '.']) || text.contains("file:");
        let mut words = text.split(|it: char| !it.is_ascii_hexdigit());
        !is_local && !words.any(|word| word.len() >= 40)
    })
}

/// The keys of a set, if all are written down and nothing else comes in.
fn keys(set: &SyntaxNode) -> Option<Vec<SmolStr>> {
    let set = ast::AttrSet::cast(set.clone()).filter(|set| !is_rec(set.syntax()))?;
    let mut keys = Vec::new();
    for entry in set.entries() {
        match entry {
            ast::Entry::AttrpathValue(binding) => {
                let first = binding.attrpath()?.attrs().next()?;
                keys.push(attr_name(&first)?);
            }
            ast::Entry::Inherit(inherit) => {
                for attr in inherit.attrs() {
                    keys.push(attr_name(&attr)?);
                }
            }
        }
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&UnpinnedFetch::META);
    }

    #[test]
    fn only_what_may_move() {
        check(
            &UnpinnedFetch::META,
            r#"
{ lib, pkgs, inputs, rev, ... }: let f = fetchTarball; inherit (builtins) fetchGit; in {
  a = fetchTarball "https://x.org/a.tar.gz";
#     ^^^^^^^^^^^^ `fetchTarball` without a hash
  b = (f "https://x.org/a.tar.gz");
#      ^ `fetchTarball` without a hash
  c = builtins.fetchurl { url = "https://x.org/a.jpg"; name = "a"; };
#     ^^^^^^^^^^^^^^^^^ `fetchurl` without a hash
  d = fetchGit { inherit rev; url = "https://x.org/a"; };
  e = fetchGit { url = "https://x.org/a"; ref = "refs/tags/1"; };
#     ^^^^^^^^ `fetchGit` without a revision
  f = builtins.fetchTree { type = "github"; owner = "x"; repo = "y"; };
#     ^^^^^^^^^^^^^^^^^^ `fetchTree` without a revision or a hash
  g = [
    (fetchGit ./.)
    (fetchGit "/srv/git/a")
    (fetchTarball "https://x.org/${rev}.tar.gz")
    (fetchTarball "https://x.org/0123456789abcdef0123456789abcdef01234567.tar.gz")
    (fetchTarball (inputs.a // { url = "https://x.org"; }))
    (fetchTarball { url = "https://x.org"; "${rev}" = "x"; })
    (fetchTarball { inherit (inputs.a) url sha256; })
    (builtins.fetchTree inputs.a)
    (pkgs.fetchurl { url = "https://x.org"; })
    (lib.fetchTarball "https://x.org")
    (builtins.fetchTree { type = "path"; path = "/x"; })
  ];
}
"#,
        );
        check(
            &UnpinnedFetch::META,
            "# FILE: templates/a.nix\nfetchTarball \"https://x.org/a.tar.gz\"",
        );
    }
}
