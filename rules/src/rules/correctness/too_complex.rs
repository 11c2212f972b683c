//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::FileContext;

declare_rule! {
    /// A file that nests too deep, or is too long, to be read safely.
    ///
    /// ## Why
    ///
    /// Nix itself gives up on such files, or needs a stack that not every
    /// machine has. Hand-written code nests to about 250 levels; this rule
    /// speaks up at 500 and at 32 MiB. Operators and arguments in a row nest,
    /// too: `a + b + c` is two levels. The file is not read any further: no other
    /// rule looks at it.
    ///
    /// ## Example
    ///
    /// `⟨[ × 600⟩` stands for six hundred opening brackets, which would fill
    /// this page:
    ///
    /// ```nix bad
    /// {
    ///   a = ⟨[ × 600⟩ 1 ⟨] × 600⟩;
    /// #     ^ the file was not read: the code nests too deep
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   a = [ [ [ [ [ [ [ [ 1 ] ] ] ] ] ] ] ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Generated data belongs into a JSON file that the module reads, or into
    /// `exclude`.
    ///
    /// ## Fix safety
    ///
    /// There is no fix.
    pub struct TooComplex {
        name: "too-complex",
        group: Correctness,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 30,
        fix: None,
        options: NoOptions,
    }
}

impl Rule for TooComplex {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if let Some(found) = cx.too_complex() {
            let message = format!("the file was not read: {}", found.reason);
            cx.report(
                Diagnostic::new(&Self::META, found.range, message)
                    .help("split it, move the data into a JSON file, or exclude it"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, Source, Workspace, analyze};

    fn count(text: &str) -> usize {
        let settings = Settings::default();
        let document = analyze(Source::new("deep.nix", text), &settings);
        let findings = Workspace::new(vec![document], []).check(&settings);
        findings
            .iter()
            .filter(|(_, d)| d.rule == &TooComplex::META)
            .count()
    }

    #[test]
    fn one_finding_for_a_deep_file_and_none_for_a_long_one() {
        assert_eq!(
            count(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))),
            1
        );
        assert_eq!(count(&format!("[ {} ]", "a ".repeat(100_000))), 0);
    }
}
