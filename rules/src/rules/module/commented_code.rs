//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::local::LocalContext;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::comments::is_code;
use crate::syntax::{NodeOrToken, SyntaxKind, TextRange, TextSize, parse};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::ops::Range;

declare_rule! {
    /// Settings are commented out.
    ///
    /// ## Why
    ///
    /// Nobody checks code in a comment: options are renamed, packages go, and the lines
    /// stay. Whoever reads them has to find out whether they are a plan, a leftover or a
    /// warning. What once was there, version control knows.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   services.openssh.enable = true;
    ///
    ///   # services.nginx = {
    /// # ^^^^^^^^^^^^^^^^^^^^ 3 lines of settings are commented out
    ///   #   enable = true;
    ///   # };
    ///
    ///   time.timeZone = "UTC";
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// {
    ///   services.openssh.enable = true;
    ///
    ///   time.timeZone = "UTC";
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   # Off until the certificate is there:
    ///   # services.nginx = {
    ///   #   enable = true;
    ///   # };
    ///
    ///   # services.openssh.enable = true;
    ///   # services.openssh.ports = [ 22 ];
    ///   time.timeZone = "UTC";
    /// }
    /// ```
    ///
    /// At least three lines count that follow each other and are whole settings. Where
    /// a line of words stands with them, it says what they are for: they may be an
    /// example, a choice or a reminder, and the rule is silent. So it is about samples,
    /// about the same key several times, which is a choice, and about what
    /// `nixos-generate-config` writes.
    ///
    /// ## When to allow it
    ///
    /// When the lines are there for a reason: say it in a line above them.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: the fix deletes the lines. Nothing that is evaluated changes, but what
    /// they say is gone from the file.
    pub struct CommentedCode {
        name: "commented-code",
        group: Module,
        tag: Unnecessary,
        severity: Hint,
        enabled: true,
        since: "0.1.0",
        effort: 2,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Fewer lines are an option that somebody keeps at hand.
const LEAST_LINES: usize = 3;

/// What comments among the lines say when they are there for a reason, in small letters.
const REASONS: &[&str] = &[
    "todo",
    "fixme",
    "xxx",
    "hack",
    "because",
    "until",
    "disable",
    "broken",
    "example",
    "e.g.",
    "uncomment",
    "http",
];

impl Rule for CommentedCode {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn needles(&self) -> &'static [&'static str] {
        &["#", "/*"]
    }

    fn check_text(&self, at: TextSize, cx: &mut LocalContext<'_>) -> TextRange {
        let text = cx.text();
        let at = usize::from(at);
        let block = match text[at..].starts_with('#') {
            true => Block::of_lines(text, at),
            false => Block::between_marks(text, at, cx),
        };
        let lines = block.code.lines().map(str::trim);
        let count = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .count();
        if count >= LEAST_LINES && !is_shown(cx.path()) && block.is_dead(cx) {
            let range = range(block.comment.clone());
            let message = format!("{count} lines of settings are commented out");
            let edit = Edit::delete(self::range(block.with_blanks(text)));
            cx.report(
                Diagnostic::new(&Self::META, range, message)
                    .help("delete them, or say in a line above why they stay")
                    .fix(Fix::new(Applicability::Unsafe, "delete the lines", [edit])),
            );
        }
        range(block.seen)
    }
}

/// Files that show what one may set.
fn is_shown(path: &str) -> bool {
    path::is_sample(path) || path::file_name(path) == "hardware-configuration.nix"
}

fn range(bytes: Range<usize>) -> TextRange {
    TextRange::new(
        TextSize::new(bytes.start as u32),
        TextSize::new(bytes.end as u32),
    )
}

/// Comment lines that follow each other, or what stands between `/*` and `*/`.
struct Block {
    comment: Range<usize>,
    /// What it says, without its marks; nothing where that cannot be settings.
    code: String,
    /// The last line above it that is not blank.
    above: Range<usize>,
    /// The part of the text that was looked at.
    seen: Range<usize>,
}

impl Block {
    fn none(seen: Range<usize>) -> Self {
        Self {
            comment: seen.start..seen.start,
            code: String::new(),
            above: seen.start..seen.start,
            seen,
        }
    }

    /// The block of lines whose first mark stands at `at`.
    fn of_lines(text: &str, at: usize) -> Self {
        let before = text[..at].trim_end_matches([' ', '\t']);
        if !(before.is_empty() || before.ends_with('\n')) {
            return Self::none(before.len()..at + 1);
        }
        let above = last_line(before.trim_end());
        let blanks = &before[above.end..];
        if continues(&before[above.clone()]) && blanks.matches('\n').count() == 1 {
            return Self::none(above.start..at + 1);
        }
        let lines = text[at..].split_inclusive('\n');
        let len: usize = lines.take_while(|line| continues(line)).map(str::len).sum();
        let end = at + text[at..at + len].trim_end().len();
        Self::new(text, at..end, &text[at..end], &['#'])
    }

    /// The comment between marks of which the first stands at `at`.
    fn between_marks(text: &str, at: usize, cx: &LocalContext<'_>) -> Self {
        let comment = cx.comment_at(TextSize::new(at as u32));
        let comment = comment.map_or(at..at, |comment| comment.text_range().into());
        let inner = text[comment.clone()].strip_prefix("/*");
        match inner.and_then(|inner| inner.strip_suffix("*/")) {
            // `/**` documents what follows.
            Some(code) if comment.start == at && !code.starts_with('*') => {
                Self::new(text, comment, code, &[])
            }
            _ => Self::none(at..at + 2),
        }
    }

    fn new(text: &str, comment: Range<usize>, words: &str, marks: &[char]) -> Self {
        let may_be_code = words.contains('=') && words.contains(';');
        let mut code = String::new();
        if may_be_code && words.lines().nth(LEAST_LINES - 1).is_some() {
            for line in words.lines() {
                code.push_str(line.trim_start().trim_start_matches(marks));
                code.push('\n');
            }
        }
        let above = last_line(text[..comment.start].trim_end());
        let rest = &text[comment.end..];
        let blanks = rest.len() - rest.trim_start().len();
        let seen = above.start..text.len().min(comment.end + blanks + 1);
        Self {
            comment,
            code,
            above,
            seen,
        }
    }

    /// Is it code, where settings stand, and do no words say why?
    fn is_dead(&self, cx: &LocalContext<'_>) -> bool {
        let above = &cx.text()[self.above.clone()];
        let above = above.trim();
        let is_comment = continues(above) || above.ends_with("*/");
        if above.ends_with(':') || is_comment && !is_code(above) {
            return false;
        }
        let start = TextSize::new(self.comment.start as u32);
        let comment = cx.comment_at(start);
        let comment = comment.filter(|comment| comment.text_range().start() == start);
        let around = comment.and_then(|comment| comment.parent());
        let stands_among_bindings = around.is_some_and(|around| {
            matches!(
                around.kind(),
                SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN
            )
        });
        stands_among_bindings && is_settings(&self.code)
    }

    /// The comment with its lines, and with the blank line below it if there is one above.
    fn with_blanks(&self, text: &str) -> Range<usize> {
        let Range { start, end } = self.comment;
        let before = text[..start].trim_end_matches([' ', '\t']);
        let rest = &text[end..];
        let mut lines = rest.split_inclusive('\n');
        let line = lines.next().unwrap_or_default();
        if !(before.is_empty() || before.ends_with('\n')) || !line.trim().is_empty() {
            return start..end;
        }
        let is_apart = before[self.above.end..].matches('\n').count() > 1;
        let blank = lines
            .next()
            .filter(|line| is_apart && line.trim().is_empty());
        before.len()..end + line.len() + blank.map_or(0, str::len)
    }
}

/// The last line of a text.
fn last_line(text: &str) -> Range<usize> {
    text.rfind('\n').map_or(0, |at| at + 1)..text.len()
}

/// Is a line part of a block? What is said to Nixamine is not.
fn continues(line: &str) -> bool {
    let words = line.trim_start().strip_prefix('#');
    words.is_some_and(|words| !words.trim_start().starts_with("nixamine:"))
}

/// Is it settings and nothing else, each once?
fn is_settings(code: &str) -> bool {
    let tree = parse(format!("{{{code}\n}}"));
    let root = tree.root();
    let Some(set) = root.first_child() else {
        return false;
    };
    if !tree.errors().is_empty() || set.kind() != SyntaxKind::NODE_ATTR_SET {
        return false;
    }
    let mut keys = FxHashSet::default();
    for binding in set.children() {
        let Some(key) = binding.first_child() else {
            return false;
        };
        let key = SmolStr::from(key.text().to_string());
        // Which cards get an address, `nixos-generate-config` leaves to the owner.
        if key.ends_with(".useDHCP") || !keys.insert(key) {
            return false;
        }
    }
    let mut tokens = root
        .descendants_with_tokens()
        .filter_map(NodeOrToken::into_token);
    !keys.is_empty()
        && !tokens.any(|token| {
            let comment = token.text().to_ascii_lowercase();
            token.kind() == SyntaxKind::TOKEN_COMMENT
                && REASONS.iter().any(|reason| comment.contains(reason))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::TextEdit;
    use crate::testing::{check, check_fix};
    use crate::{Document, Settings, Source, Workspace};

    #[test]
    fn blocks_of_settings() {
        check_fix(
            &CommentedCode::META,
            "{
  a = 1;
  # nixamine: this one is not part of it
  #b = 1;
# ^^^^^^^ 3 lines of settings are commented out
  #c.d = 2;
  #
  #inherit (x) y;
  e = 1;
  /*
# ^^ 3 lines
  f = {
    # the deep one
    g = 1;
  };
  */

  # # h
# ^^^^^ 3 lines
  # h = [
  #   1
  # ];

  i = [ /* j = 1;
    k = 2;
    l = 3; */ ];
  m = let
    ## n = 1;
#   ^^^^^^^^^ 3 lines
    ## o = 2;
    ## p = 3;
  in 1;
}",
            Applicability::Unsafe,
            "{
  a = 1;
  # nixamine: this one is not part of it
  e = 1;

  i = [ /* j = 1;
    k = 2;
    l = 3; */ ];
  m = let
  in 1;
}",
        );
    }

    #[test]
    fn what_is_there_for_a_reason() {
        for comment in [
            "# a = 1;\n  # b = 2;",
            "# Works on the laptop:\n  # a = 1;\n  # b = 2;\n  # c = 3;",
            "# a = 1;\n  # b = 2;\n  # c = 3;\n  # as the manual says",
            "# Uncomment what you need.\n\n  # a = 1;\n  # b = 2;\n  # c = 3;",
            "# a = {\n  #   # broken upstream\n  #   b = 2;\n  # };\n  # c = 3;",
            "# a = 1; # TODO try again\n  # b = 2;\n  # c = 3;",
            "# a = \"one\";\n  # a = \"two\";\n  # a = \"three\";",
            "# a = [ ... ];\n  # b = 2;\n  # c = 3;",
            "# 0 = off;\n  # 1 = on;\n  # 2 = auto;",
            "# a b = 1;\n  # the rest;\n  # of it all = 2;",
            "# };\n  # a = 1;\n  # b = 2;\n  # c = {",
            "# networking.interfaces.a.useDHCP = x;\n  # networking.interfaces.b.useDHCP = x;\n  # networking.interfaces.c.useDHCP = x;",
            "x = 1; # a = 1;\n  # b = 2;\n  # c = 3;",
            "x = [\n  # a = 1;\n  # b = 2;\n  # c = 3;\n  ];",
            "x = ''\n  # a = 1;\n  # b = 2;\n  # c = 3;\n  '';",
            "/* What could be set: */\n  # a = 1;\n  # b = 2;\n  # c = 3;",
            "x = 1; # or one of:\n  # a = 1;\n  # b = 2;\n  # c = 3;",
            "/** Sets\n  a = 1;\n  b = 2;\n  c = 3;\n  */",
            "/* Example:\n  a = 1;\n  b = 2;\n  c = 3;\n  */",
            "x = \"/*\n  a = 1;\n  b = 2;\n  c = 3;\n  */\";",
        ] {
            check(
                &CommentedCode::META,
                &format!("{{ x, ... }}:\n{{\n  {comment}\n\n  y = 1;\n}}"),
            );
        }
    }

    #[test]
    fn headers_and_samples() {
        let comment = "# a = 1;\n# b = 2;\n# c = 3;\n";
        check(
            &CommentedCode::META,
            &format!("{comment}{{ ... }}:\n{comment}{{ }}\n{comment}"),
        );
        for path in [
            "hosts/a/hardware-configuration.nix",
            "templates/a/default.nix",
        ] {
            let text = format!("# FILE: {path}\n{{ ... }}:\n{{\n  d = 1;\n{comment}}}\n");
            check(&CommentedCode::META, &text);
        }
    }

    #[test]
    fn edits_show_and_hide_it() {
        let text = "{\n  a = 1;\n\n  # b = 2;\n  # c = 3;\n  # d = 4;\n  e = 5;\n}\n";
        let settings = Settings::default();
        let document = Document::open(Source::new("a.nix", text), &settings);
        let mut workspace = Workspace::new(vec![document], []);
        workspace.join(&settings);
        assert_eq!(workspace.findings(0).len(), 1);
        for (old, new, count) in [
            ("d = 4", "d 4", 0),
            ("d 4", "d = 5", 1),
            ("\n\n  # b", "\n  # why\n  # b", 0),
            ("# why", "a.f = 1;", 1),
            ("# c", "c", 0),
        ] {
            let text = workspace.documents()[0].text();
            let start = text.find(old).expect("it is there") as u32;
            let edit = TextEdit {
                range: TextRange::at(start.into(), TextSize::of(old)),
                text: new.to_owned(),
            };
            workspace.edit("a.nix", &[edit], &settings);
            let found = workspace.findings(0);
            let found = found.iter().filter(|it| *it.rule() == CommentedCode::META);
            assert_eq!(found.count(), count, "{old:?} became {new:?}");
        }
    }
}
