//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::module::{Literal, OptionDeclaration};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{FileContext, dotted, has_word};
use smol_str::SmolStr;

declare_rule! {
    /// A description demands something of an option that nothing checks.
    ///
    /// ## Why
    ///
    /// "Required when `tls` is on" in a description is a promise that the module
    /// does not keep: who forgets the option finds out when the service fails. An
    /// assertion says it while the configuration is built, in your own words.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, lib, ... }:
    /// {
    ///   options.my.web = {
    ///     tls = lib.mkEnableOption "TLS";
    ///     certificate = lib.mkOption {
    /// #   ^^^^^^^^^^^ `my.web.certificate` is said to be required, and nothing checks that
    ///       type = lib.types.nullOr lib.types.path;
    ///       default = null;
    ///       description = "The certificate. Required if TLS is on.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, lib, ... }:
    /// let
    ///   cfg = config.my.web;
    /// in
    /// {
    ///   options.my.web = {
    ///     tls = lib.mkEnableOption "TLS";
    ///     certificate = lib.mkOption {
    ///       type = lib.types.nullOr lib.types.path;
    ///       default = null;
    ///       description = "The certificate. Required if TLS is on.";
    ///     };
    ///     domain = lib.mkOption {
    ///       type = lib.types.str;
    ///       description = "The domain. This option is required.";
    ///     };
    ///   };
    ///   config.assertions = [
    ///     {
    ///       assertion = cfg.tls -> cfg.certificate != null;
    ///       message = "my.web.tls needs my.web.certificate";
    ///     }
    ///   ];
    /// }
    /// ```
    ///
    /// A description of a few lines demands something when it says that the option excludes another
    /// one, or that it is required while its default is nothing. An option without a default is checked by the module system itself, and assertions,
    /// warnings and `throw` in the same file that name the option count as checks.
    ///
    /// ## When to allow it
    ///
    /// Where the program itself checks, and says so well.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: what has to hold, the description only tells in words.
    pub struct MissingAssertion {
        name: "missing-assertion",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 15,
        fix: None,
        options: NoOptions,
    }
}

/// What says that an option excludes another one, in lower case.
const EXCLUSIVE: &[&str] = &[
    "mutually exclusive",
    "cannot be used with",
    "cannot be used together",
    "cannot be combined",
    "conflicts with",
];

/// What says that an option has to be set, in lower case.
const REQUIRED: &[&str] = &[
    "required if",
    "required when",
    "option is required",
    "must be set",
    "has to be set",
    "needs to be set",
];

impl Rule for MissingAssertion {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if path::is_sample(cx.path()) {
            return;
        }
        let text = cx.text();
        let mut found = Vec::new();
        for option in cx.facts().modules.iter().flat_map(|it| &it.options) {
            if let Some(demand) = demand(option)
                && let Some(name) = option.path.last()
                && !is_checked(text, option, name)
            {
                found.push((option, demand));
            }
        }
        for (option, demand) in found {
            let path: Vec<_> = option.path.iter().map(SmolStr::as_str).collect();
            let message = format!(
                "`{}` is said to {demand}, and nothing checks that",
                dotted(&path)
            );
            cx.report(
                Diagnostic::new(&Self::META, option.range, message)
                    .help("add an assertion, or a warning, that names the option"),
            );
        }
    }
}

/// What the description of an option demands.
fn demand(option: &OptionDeclaration) -> Option<&'static str> {
    let declared = &option.declared;
    if declared.renamed.is_some()
        || declared.says.internal
        || declared.says.read_only
        || !declared.says.default
    {
        return None;
    }
    let text = declared.description.as_deref()?.to_ascii_lowercase();
    // A long text speaks of other things, too.
    if text.len() > LONG {
        return None;
    }
    let says = |words: &&str| {
        let at = text.find(words);
        let before = |at: usize| text[..at].trim_end();
        at.is_some_and(|at| {
            !["avoid", "avoids"]
                .iter()
                .any(|word| before(at).ends_with(word))
        })
    };
    if EXCLUSIVE.iter().any(says) {
        return Some("be exclusive");
    }
    // What is nothing until it is set.
    let default = declared.default.as_ref()?;
    let is_nothing = match &default.literal {
        Some(Literal::Null) => true,
        Some(Literal::String(text)) => text.is_empty(),
        _ => matches!(&*default.text, "[ ]" | "[]" | "{ }" | "{}"),
    };
    (is_nothing && REQUIRED.iter().any(says)).then_some("be required")
}

/// A description of more bytes is not judged.
const LONG: usize = 400;

/// Words with which a check begins.
const CHECKS: &[&str] = &["assert", "warn", "throw"];
/// A check is read so many lines before its first word and behind it.
const LINES: (usize, usize) = (6, 24);

/// Does a check of the file name the option?
fn is_checked(text: &str, option: &OptionDeclaration, name: &str) -> bool {
    let declared = text[..option.range.start().into()].matches('\n').count();
    let lines: Vec<_> = text.lines().collect();
    let checks =
        (0..lines.len()).filter(|at| CHECKS.iter().any(|check| lines[*at].contains(check)));
    let mut around =
        checks.flat_map(|at| at.saturating_sub(LINES.0)..(at + LINES.1).min(lines.len()));
    around.any(|at| at != declared && has_word(lines[at], name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn what_is_demanded_and_what_is_checked() {
        let text = |says: &str, more: &str| {
            format!(
                "{{ config, lib, ... }}: {{\n  options.my.key = lib.mkOption {{ {says} }};\n{more}}}"
            )
        };
        let silent = |says: &str, more: &str| check(&MissingAssertion::META, &text(says, more));
        let demand = "default = null; description = \"Required if `a` is on.\";";
        silent("description = \"Required if `a` is on.\";", "");
        silent("default = null; description = \"The key.\";", "");
        silent(
            "default = true; description = \"A restart is required when it changes.\";",
            "",
        );
        silent(
            "default = null; description = \"Another key avoids conflicts with vim.\";",
            "",
        );
        silent(&format!("{demand} internal = true;"), "");
        silent(
            demand,
            "  config.warnings = lib.optional (config.my.key == null) \"no key\";\n",
        );
        silent(
            demand,
            "  config.a = if config.my.key == null then throw \"no key\" else 1;\n",
        );
        let marked = text(demand, "").replace(
            "\n}",
            "\n#         ^^^^^^ `my.key` is said to be required\n}",
        );
        check(&MissingAssertion::META, &marked);
    }
}
