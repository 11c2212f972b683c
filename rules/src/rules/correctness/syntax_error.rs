//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// Text that is not Nix.
    ///
    /// ## Why
    ///
    /// Nothing can be evaluated that imports the file, and Nixamine says nothing
    /// else about it: what a rule would read off a broken tree is guesswork.
    /// One missing character is one error: what follows from it is not shown, and
    /// by the indentation of the lines Nixamine finds out where the rest of the
    /// file goes on as it was.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   networking.hostName = "desk"
    /// #                             ^ missing `;` before `time.timeZone`
    ///   time.timeZone = "UTC";
    /// }
    /// ```
    ///
    /// ```nix fixed manual
    /// {
    ///   networking.hostName = "desk";
    ///   time.timeZone = "UTC";
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   networking.hostName = "desk";
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Never. A file that is a template for another tool and no Nix belongs into
    /// `exclude`.
    ///
    /// ## Fix safety
    ///
    /// Inserting the missing character is a guess about what was meant, so it is
    /// a choice of yours. `nixamine fix` never touches a file that does not parse.
    pub struct SyntaxError {
        name: "syntax-error",
        group: Correctness,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Manual),
        options: NoOptions,
    }
}

/// A file with more errors than this is no Nix; whoever mends the first thousand
/// sees the next.
const MOST_ERRORS: usize = 1_000;

impl Rule for SyntaxError {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for error in cx.errors().iter().take(MOST_ERRORS) {
            let mut diagnostic = Diagnostic::new(&Self::META, error.range, error.message.clone());
            if let Some(missing) = error.missing {
                let edit = Edit::insert(error.range.start(), missing);
                let title = format!("insert `{missing}`");
                diagnostic = diagnostic.fix(Fix::new(Applicability::Manual, title, [edit]));
            }
            cx.report(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn the_first_thousand_errors_are_enough() {
        let settings = crate::Settings::default();
        let source = crate::Source::new("a.nix", format!("{{\n{}}}\n", "  a = 1\n".repeat(3_000)));
        let document = crate::analyze(source, &settings);
        assert!(document.errors.len() > MOST_ERRORS);
        let findings = crate::Workspace::new(vec![document], []).check(&settings);
        assert_eq!(findings.files[0].diagnostics.len(), MOST_ERRORS);
    }

    #[test]
    fn the_message_names_what_is_missing_and_where() {
        for (text, column, message) in [
            ("{ a = (1 + 2; }", 12, "missing `)` before `;`"),
            ("{ a = [ 1 2; }", 11, "missing `]` before `;`"),
            ("{ a = (with b; c; }", 16, "missing `)` before `;`"),
            ("{ a = 1;", 8, "the file ends, but a `}` is missing"),
            ("{ a = { b = 1; ", 14, "the file ends, but a `}` is missing"),
            ("{ a = [ 1 2 }", 11, "missing `]` before `}`"),
            (
                "{ a = 1; } }",
                11,
                "nothing is open that this `}` could close",
            ),
            ("{ a = \"x; }", 6, "this string is never closed"),
            ("let a = 1 in a", 9, "missing `;` before `in`"),
            ("{ a = 1 b.c = 2; }", 7, "missing `;` before `b.c`"),
            (
                "{ a = ”x”; }",
                6,
                "expected a value, found the character `”` (U+201D)",
            ),
            ("# nothing\n", 0, "the file holds no expression"),
            ("if a then b", 11, "the file ends where `else` should be"),
        ] {
            let tree = crate::syntax::parse(text);
            let [error] = tree.errors() else {
                panic!("one error for {text}: {:?}", tree.errors())
            };
            assert!(error.message.contains(message), "{text}: {}", error.message);
            assert_eq!(
                u32::from(error.range.start()),
                column,
                "{text}: {}",
                error.message
            );
            if let Some(missing) = error.missing {
                let edit = crate::syntax::TextEdit {
                    range: error.range,
                    text: missing.to_owned(),
                };
                let mended = tree.edit(&edit);
                let next = mended
                    .errors()
                    .first()
                    .map_or(u32::MAX, |e| e.range.start().into());
                assert!(next >= column, "{text} with `{missing}` fails at {next}");
            }
        }
        check(
            &SyntaxError::META,
            "{ a = (let b = 1; in with b; assert b; b); c = let { body = 1; }; }",
        );
    }
}
