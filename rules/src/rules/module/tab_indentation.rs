//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize, rest_of_line, token_at};
use crate::workspace::FileContext;
use std::ops::Range;

declare_rule! {
    /// Code is indented with tabs.
    ///
    /// ## Why
    ///
    /// Nix code is indented with two spaces: nixpkgs has it so, and so do the
    /// formatters. A tab is as wide as each reader's editor wants it, so lines with tabs
    /// and lines with spaces stand together for nobody but their author.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    /// 	services.openssh = {
    /// #^^^^^^^^^^^^^^^^^^^^ this is indented with tabs
    /// 		enable = true;
    /// 	};
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// {
    ///   services.openssh = {
    ///     enable = true;
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   environment.etc."Makefile".text = ''
    ///     all:
    ///     	true
    ///   '';
    /// }
    /// ```
    ///
    /// There is one finding for a file, where its first tab stands. What belongs to a
    /// text or to a comment of several lines counts as little as tabs behind code.
    ///
    /// ## When to allow it
    ///
    /// When the whole repository has tabs, by choice: `ignore = ["tab-indentation"]`.
    ///
    /// ## Fix safety
    ///
    /// Safe: all tabs of the file that indent code become spaces, and nothing else
    /// changes. Each takes two, or as many as bring the lines in line with those around
    /// them that have spaces. Texts stay as they are, because there a tab is a tab.
    pub struct TabIndentation {
        name: "tab-indentation",
        group: Module,
        severity: Hint,
        enabled: true,
        since: "0.1.0",
        effort: 1,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

impl Rule for TabIndentation {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let text = cx.text();
        let Some(mut at) = memchr::memchr(b'\t', text.as_bytes()) else {
            return;
        };
        // In a text that is not Nix nobody knows where strings end.
        if cx.facts().header.generated || !cx.errors().is_empty() {
            return;
        }
        let root = cx.root();
        while let Some(tab) = memchr::memchr(b'\t', &text.as_bytes()[at..]) {
            let tab = at + tab;
            let line = text[..tab].rfind('\n').map_or(0, |end| end + 1);
            at = text[tab..].find('\n').map_or(text.len(), |end| tab + end);
            if !text[line..tab].trim_start_matches(' ').is_empty() {
                continue;
            }
            match indentation(&root, text, line) {
                Ok(blanks) if !text[usize::from(blanks.end())..].starts_with(['\n', '\r']) => {
                    let range = rest_of_line(text, blanks.start());
                    cx.report(Diagnostic::new(
                        &Self::META,
                        range,
                        "this is indented with tabs",
                    ));
                    return;
                }
                Ok(_) => {}
                Err(end) => at = at.max(end),
            }
        }
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        let edits = mended(&cx.root(), cx.text());
        diagnostic.fixes.push(Fix::new(
            Applicability::Safe,
            "indent the file with spaces",
            edits,
        ));
    }
}

/// The white space at the beginning of a line of code, or where what the line begins in
/// ends: a text or a comment.
fn indentation(root: &SyntaxNode, text: &str, line: usize) -> Result<TextRange, usize> {
    let start = TextSize::new(line as u32);
    let Some(token) = token_at(root, start) else {
        return Err(line);
    };
    let range = token.text_range();
    let is_blank = token.kind() == SyntaxKind::TOKEN_WHITESPACE;
    let mut around = token.parent_ancestors();
    if !is_blank && range.start() < start
        || around.any(|node| node.kind() == SyntaxKind::NODE_STRING)
    {
        return Err(range.end().into());
    }
    let rest = &text[line..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    Ok(TextRange::at(start, TextSize::new(blanks as u32)))
}

/// A line of code: what stands before it, where, and what it is.
struct Line<'t> {
    range: TextRange,
    blanks: &'t str,
    code: &'t str,
}

impl Line<'_> {
    fn has_tab(&self) -> bool {
        self.blanks.contains('\t')
    }

    /// Where its code begins when a tab leads to the next multiple of `width`.
    fn column(&self, width: usize) -> usize {
        self.blanks.bytes().fold(0, |column, blank| match blank {
            b'\t' => (column / width + 1) * width,
            _ => column + 1,
        })
    }

    /// Does it stand where one expects it below `above`?
    fn fits(&self, above: &Self, width: usize) -> bool {
        let opens = above.code.ends_with(['{', '[', '(', '=']) || above.code.ends_with("let");
        let closes = self.code.starts_with(['}', ']', ')']) || self.code.starts_with("in ");
        let (above, own) = (above.column(width), self.column(width));
        match (opens, closes) {
            (true, false) => own > above,
            (false, true) => own < above,
            _ => own == above,
        }
    }
}

/// What makes spaces of all tabs that indent code.
fn mended(root: &SyntaxNode, text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Ok(range) = indentation(root, text, start) {
            let blanks = &text[Range::from(range)];
            let code = line[blanks.len()..].trim_end();
            let line = Line {
                range,
                blanks,
                code,
            };
            match code.is_empty() {
                true if line.has_tab() => edits.push(Edit::delete(range)),
                true => {}
                false => lines.push(line),
            }
        }
        start += line.len();
    }
    // Lines with tabs that follow each other had one author and one width, which those
    // around them tell: the one with which most stand where one expects them.
    let mut first = 0;
    while first < lines.len() {
        let len = lines[first..]
            .iter()
            .take_while(|line| line.has_tab())
            .count();
        let end = first + len;
        let around = &lines[first.saturating_sub(1)..lines.len().min(end + 1)];
        let fitting = |width: &usize| {
            let pairs = around.windows(2);
            pairs.filter(|pair| pair[1].fits(&pair[0], *width)).count()
        };
        let width = [8, 4, 2].into_iter().max_by_key(fitting).unwrap_or(2);
        for line in &lines[first..end] {
            edits.push(Edit::replace(line.range, " ".repeat(line.column(width))));
        }
        first = end.max(first + 1);
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn texts_and_comments_keep_their_tabs() {
        check_fix(
            &TabIndentation::META,
            "{
\ta = ''
#^^^^^^ this is indented with tabs
\t\tb ${
\t\tc
\t\t}
\t'';\td = 1;
\t
\t/* e
\t\tf */
\tg = [\t1 ];
}",
            Applicability::Safe,
            "{
  a = ''
\t\tb ${
\t\tc
\t\t}
\t'';\td = 1;

  /* e
\t\tf */
  g = [\t1 ];
}",
        );
    }

    #[test]
    fn nothing_to_mend() {
        for text in [
            "{\n  a = ''\n\tb\n\t'';\n  c =\t1;\n\t\n}",
            "{\n  /*\n\ta\n\t*/\n}",
            "# generated by a script\n{\n\ta = 1;\n}",
            "{ a = \"\n\tb\n\t${c}\n\t\"; }",
        ] {
            check(&TabIndentation::META, text);
        }
    }

    #[test]
    fn a_tab_is_as_wide_as_the_lines_around_it_say() {
        for (text, fixed) in [
            (
                "{\n    a = b {\n\tc = [\n#^^^^^ tabs\n\t    d\n\t];\n\n        e = 1;\n    };\n}",
                "{\n    a = b {\n        c = [\n            d\n        ];\n\n        e = 1;\n    };\n}",
            ),
            (
                "{\n  a = {\n\tb = 1;\n#^^^^^^ tabs\n\tc = 2;\n  };\n}",
                "{\n  a = {\n    b = 1;\n    c = 2;\n  };\n}",
            ),
            (
                "let\n\ta = 1;\n#^^^^^^ tabs\n\tb =\n\t\t2;\nin\n{\n\tc = if a\n\t\tthen b\n\t\telse c;\n}",
                "let\n  a = 1;\n  b =\n    2;\nin\n{\n  c = if a\n    then b\n    else c;\n}",
            ),
        ] {
            check_fix(&TabIndentation::META, text, Applicability::Safe, fixed);
        }
    }
}
