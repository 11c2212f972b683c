//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Definition, Key, Literal};
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::syntax::TextRange;
use crate::workspace::FileContext;
use serde::Deserialize;

declare_rule! {
    /// Many language servers are on in every Neovim, whoever needs them.
    ///
    /// ## Why
    ///
    /// Each server of a Nixvim configuration brings its package: a few compilers and
    /// runtimes later an editor on a small server takes gigabytes. A condition per
    /// language, or per kind of machine, keeps them where they are wanted.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.ungated-language-server]
    /// max-servers = 2
    /// # FILE: lsp.nix
    /// {
    ///   plugins.lsp.servers = {
    ///     gopls.enable = true;
    /// #   ^^^^^^^^^^^^ 3 language servers are on without a condition
    ///     hls.enable = true;
    ///     jdtls.enable = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: nixamine.toml
    /// [rules.ungated-language-server]
    /// max-servers = 2
    /// # FILE: lsp.nix
    /// { config, lib, ... }:
    /// {
    ///   plugins.lsp.servers = lib.mkMerge [
    ///     { nil_ls.enable = true; }
    ///     (lib.mkIf config.my.programming {
    ///       gopls.enable = true;
    ///       hls.enable = true;
    ///       jdtls.enable = true;
    ///     })
    ///   ];
    /// }
    /// ```
    ///
    /// A server without a package (`package = null`) is not counted, and neither is
    /// one whose `enable` is computed.
    ///
    /// ## When to allow it
    ///
    /// On a machine that is there to write programs.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: which condition is meant, only you can tell.
    ///
    /// ## Options
    ///
    /// `max-servers`: how many servers one module may turn on (default 5).
    pub struct UngatedLanguageServer {
        name: "ungated-language-server",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: Options,
    }
}

/// The options of [`UngatedLanguageServer`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// How many servers one module may turn on without a condition.
    pub max_servers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_servers: 5 }
    }
}

impl Rule for UngatedLanguageServer {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let most = cx.options::<Options>().max_servers;
        if path::is_sample(cx.path()) {
            return;
        }
        for module in &cx.facts().modules {
            let all = &module.definitions;
            let has_none = |keys: &[Key]| all.iter().any(|it| is_without_package(it, keys));
            let on = all
                .iter()
                .filter(|it| server(it).is_some_and(|keys| !has_none(keys)));
            let on: Vec<_> = on.collect();
            let [first, ..] = on.as_slice() else { continue };
            if on.len() <= most {
                continue;
            }
            let own = first.path.iter().map(|key| key.range);
            let own = own.filter(|key| first.binding.contains_range(*key));
            let range = own.reduce(TextRange::cover).unwrap_or(first.binding);
            let message = format!("{} language servers are on without a condition", on.len());
            cx.report(
                Diagnostic::new(&Self::META, range, message)
                    .label("and all that follow")
                    .help("put them into a `mkIf`, by language or by machine"),
            );
        }
    }
}

/// The keys of the server that a definition turns on for everybody.
fn server(definition: &Definition) -> Option<&[Key]> {
    let (last, keys) = definition.path.split_last()?;
    let [.., lsp, servers, _] = keys else {
        return None;
    };
    let is = |key: &Key, name: &str| key.name.as_deref() == Some(name);
    let on = is(last, "enable")
        && is(servers, "servers")
        && is(lsp, "lsp")
        && definition.literal() == Some(&Literal::Bool(true))
        && definition.guards.is_empty()
        && definition.update.is_none();
    on.then_some(keys)
}

fn is_without_package(definition: &Definition, server: &[Key]) -> bool {
    let Some((last, keys)) = definition.path.split_last() else {
        return false;
    };
    last.name.as_deref() == Some("package")
        && definition.literal() == Some(&Literal::Null)
        && keys.len() == server.len()
        && keys.iter().zip(server).all(|(a, b)| a.name == b.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn only_servers_that_are_on_and_bring_something() {
        let set = |more: &str| {
            format!(
                "{{ config, ... }}: {{
  programs.nixvim.plugins.lsp.servers = {{
    a.enable = true;
    b = {{ enable = true; package = null; }};
    c.enable = config.c;
    d.enable = false;
    e = {{ enable = true; settings.enable = true; }};
    f.enable = true;
    g.enable = true;
    h.enable = true;
{more}  }};
}}"
            )
        };
        check(&UngatedLanguageServer::META, &set(""));
        let marked = set("    i.enable = true;\n").replace(
            "a.enable = true;\n",
            "a.enable = true;\n#   ^^^^^^^^ 6 language servers are on\n",
        );
        check(&UngatedLanguageServer::META, &marked);
    }
}
