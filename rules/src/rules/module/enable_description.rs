//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::local::LocalContext;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::without_parens;
use crate::syntax::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};

declare_rule! {
    /// `mkEnableOption` says "Whether to enable" by itself.
    ///
    /// ## Why
    ///
    /// The description of the option is made of the text: "Whether to enable …",
    /// with a full stop behind it. A text that brings them along has them twice
    /// in the manual: "Whether to enable Enable the backup..".
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   options.site.backup.enable = lib.mkEnableOption "Whether to enable the backup.";
    /// #                                                  ^^^^^^^^^^^^^^^^^^ `mkEnableOption` says this itself
    ///   options.site.mail.enable = lib.mkEnableOption "the mail server.";
    /// #                                                               ^ `mkEnableOption` ends
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// { lib, ... }:
    /// {
    ///   options.site.backup.enable = lib.mkEnableOption "the backup";
    ///   options.site.mail.enable = lib.mkEnableOption "the mail server";
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   options.site.backup.enable = lib.mkEnableOption "the backup, the mirror etc.";
    ///   options.site.logs.enable = lib.mkOption {
    ///     type = lib.types.bool;
    ///     default = false;
    ///     description = "Whether to enable the logs.";
    ///   };
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// When the thing is really called so: a program by the name of "Enable It".
    ///
    /// ## Fix safety
    ///
    /// Safe: only the text in the manual changes. A text of which nothing would
    /// be left, and one that begins with another "whether", is yours to write.
    ///
    /// ## References
    ///
    /// `mkEnableOption` in `lib/options.nix` of nixpkgs.
    pub struct EnableDescription {
        name: "enable-description",
        group: Module,
        severity: Hint,
        enabled: true,
        since: "0.1.0",
        effort: 1,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

/// How texts begin that say it again, in small letters, longest first.
const OPENINGS: &[&str] = &[
    "whether or not to enable ",
    "whether to enable ",
    "enables ",
    "enable ",
];

impl Rule for EnableDescription {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["mkEnableOption"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(call) = cx.lib_call(node, &[("mkEnableOption", 1)]) else {
            return;
        };
        let text = without_parens(&call.value);
        if text.kind() == SyntaxKind::NODE_STRING
            && let Some(finding) = judge(&text)
        {
            cx.report(finding);
        }
    }
}

fn judge(text: &SyntaxNode) -> Option<Diagnostic> {
    let parts = || text.children_with_tokens().filter(|it| !is_quote(it));
    let first = parts().next()?.into_token();
    let last = parts().last()?.into_token();
    let opening = first.as_ref().and_then(opening);
    let stop = last.as_ref().and_then(full_stop);
    let says = EnableDescription::says;
    if let Some((range, is_whole)) = opening {
        let mut finding = says(range, "`mkEnableOption` says this itself");
        let rest = text.text_range().len() - range.len();
        if is_whole && rest > TextSize::new(2) {
            let edits = [Some(range), stop].into_iter().flatten().map(Edit::delete);
            finding = finding.fix(Fix::new(Applicability::Safe, "leave it out", edits));
        }
        return Some(finding.help("write only what is enabled"));
    }
    let stop = stop?;
    let fix = Fix::new(Applicability::Safe, "take it out", [Edit::delete(stop)]);
    Some(says(stop, "`mkEnableOption` ends with a full stop itself").fix(fix))
}

impl EnableDescription {
    fn says(range: TextRange, message: &str) -> Diagnostic {
        Diagnostic::new(&Self::META, range, message)
    }
}

fn is_quote(part: &NodeOrToken<SyntaxNode, SyntaxToken>) -> bool {
    matches!(
        part.kind(),
        SyntaxKind::TOKEN_STRING_START | SyntaxKind::TOKEN_STRING_END
    )
}

/// What a text begins with that it need not say; and is that all of what it says
/// about enabling?
fn opening(first: &SyntaxToken) -> Option<(TextRange, bool)> {
    let text = first.text();
    let small = text.trim_start().to_ascii_lowercase();
    let start = first.text_range().start() + TextSize::of(text) - TextSize::of(text.trim_start());
    let known = OPENINGS.iter().find(|it| small.starts_with(*it));
    if let Some(known) = known {
        return Some((TextRange::at(start, TextSize::of(*known)), true));
    }
    let word = small.split(|it: char| !it.is_alphabetic()).next()?;
    let is_alone = word == small.trim_end() && matches!(word, "enable" | "enables" | "enabled");
    let is_it = is_alone || word == "whether";
    is_it.then(|| (TextRange::at(start, TextSize::of(word)), false))
}

/// The full stop that a text ends with.
fn full_stop(last: &SyntaxToken) -> Option<TextRange> {
    let text = last.text().trim_end();
    let before = text.strip_suffix('.')?;
    let word = before.rsplit(char::is_whitespace).next()?;
    // `etc.`, `...`, `e.g.`
    let belongs = word.contains('.') || matches!(word, "" | "etc" | "al" | "co" | "inc");
    let end = last.text_range().start() + TextSize::of(text);
    (!belongs).then(|| TextRange::new(end - TextSize::new(1), end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn what_is_said_twice() {
        check_fix(
            &EnableDescription::META,
            r#"
{ lib, name, ... }: with lib; {
  options.a = mkEnableOption "Enable the ${name} server.";
#                             ^^^^^^^ `mkEnableOption` says this itself
  options.b = mkEnableOption ''
    whether or not to enable b.
#   ^^^^^^^^^^^^^^^^^^^^^^^^^ `mkEnableOption` says this itself
  '';
  options.c = mkEnableOption ("enables " + name);
  options.d = mkEnableOption "enable ${name}" // { default = true; };
#                             ^^^^^^^ `mkEnableOption` says this itself
  options.e = mkEnableOption "Whether this is a laptop";
#                             ^^^^^^^ `mkEnableOption` says this itself
  options.f = mkEnableOption "enable";
#                             ^^^^^^ `mkEnableOption` says this itself
  options.g = mkEnableOption "Enable ";
#                             ^^^^^^^ `mkEnableOption` says this itself
}
"#,
            Applicability::Safe,
            r#"
{ lib, name, ... }: with lib; {
  options.a = mkEnableOption "the ${name} server";
  options.b = mkEnableOption ''
    b
  '';
  options.c = mkEnableOption ("enables " + name);
  options.d = mkEnableOption "${name}" // { default = true; };
  options.e = mkEnableOption "Whether this is a laptop";
  options.f = mkEnableOption "enable";
  options.g = mkEnableOption "Enable ";
}
"#,
        );
    }

    #[test]
    fn what_is_fine() {
        check(
            &EnableDescription::META,
            r#"
{ lib, mkEnableOption, name, ... }: {
  options.a = lib.mkEnableOption "enabler of things";
  options.b = lib.mkEnableOption "";
  options.c = lib.mkEnableOption "A, B ...";
  options.d = lib.mkEnableOption "the program called ${name}";
  options.e = mkEnableOption "Enable it.";
  options.f = lib.mkEnableOption name;
  options.g = lib.mkEnableOption "the parser for Node.js, i.e.";
  options.h = map lib.mkEnableOption [ "Enable x" ];
}
"#,
        );
    }
}
