//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::syntax::comments::is_code;
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize, token_at};
use crate::workspace::FileContext;
use serde::Deserialize;
use std::ops::Range;

declare_rule! {
    /// A line is longer than a screen is wide.
    ///
    /// ## Why
    ///
    /// Of a line that runs out of the window, and of two that stand side by side in a
    /// review, nobody reads the end.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: nixamine.toml
    /// [rules.long-line]
    /// max-length = 50
    /// # FILE: fonts.nix
    /// { pkgs, ... }:
    /// {
    ///   fonts.packages = with pkgs; [ noto-fonts inter fira-code ];
    /// #                                                 ^^^^^^^^^^^ this line has 61 characters, more than 50
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: nixamine.toml
    /// [rules.long-line]
    /// max-length = 50
    /// # FILE: fonts.nix
    /// {
    ///   # https://example.org/a/page/with/a/long/address/that/has/to/stay
    ///   fonts.fontconfig.defaultFonts.monospace = [ "Fira Code Retina" ];
    /// }
    /// ```
    ///
    /// Silent are lines that are so long because of a string, a path, an address or
    /// another word that cannot be broken, commented-out and generated code, tables and
    /// types in comments, and `/** … */`, which is Markdown. A tab is one character.
    ///
    /// ## When to allow it
    ///
    /// Where a table is easier to read in long lines.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: a formatter breaks lines.
    ///
    /// ## Options
    ///
    /// `max-length`: the longest line that is fine, in characters (default 120).
    pub struct LongLine {
        name: "long-line",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 2,
        fix: None,
        options: Options,
    }
}

/// The options of [`LongLine`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The longest line that is fine, in characters.
    pub max_length: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_length: 120 }
    }
}

/// Words in comments that are longer are hashes, addresses and the like.
const LONGEST_WORD: usize = 30;

impl Rule for LongLine {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let max = cx.options::<Options>().max_length as usize;
        if cx.facts().header.generated || cx.too_complex().is_some() {
            return;
        }
        let text = cx.text();
        let mut root = None;
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let at = start;
            start += line.len();
            let line = line.trim_end();
            let Some((limit, _)) = line.char_indices().nth(max).filter(|_| line.len() > max) else {
                continue;
            };
            let length = line.chars().count();
            let line = TextRange::at(TextSize::new(at as u32), TextSize::of(line));
            let root = root.get_or_insert_with(|| cx.root());
            if length - unbreakable(root, line, text) > max {
                let range = TextRange::new(line.start() + TextSize::new(limit as u32), line.end());
                let message = format!("this line has {length} characters, more than {max}");
                cx.report(Diagnostic::new(&Self::META, range, message));
            }
        }
    }
}

/// Does a comment document what follows, in Markdown?
fn is_doc(comment: &str) -> bool {
    comment.starts_with("/**")
}

/// Is a line of a comment code, a type or a row of a table, which stay as they are?
fn is_set(comment: &str) -> bool {
    let words = comment.trim_start_matches(['#', ' ']);
    is_code(comment) || words.contains("   ") || words.contains(" :: ")
}

/// How many characters of a line the longest thing takes that cannot be broken.
fn unbreakable(root: &SyntaxNode, line: TextRange, text: &str) -> usize {
    let mut longest = 0;
    let mut next = token_at(root, line.start());
    while let Some(token) = next.filter(|token| token.text_range().start() < line.end()) {
        let things = token.parent_ancestors().filter(|node| {
            matches!(
                node.kind(),
                SyntaxKind::NODE_STRING
                    | SyntaxKind::NODE_PATH_ABS
                    | SyntaxKind::NODE_PATH_HOME
                    | SyntaxKind::NODE_PATH_REL
                    | SyntaxKind::NODE_PATH_SEARCH
            )
        });
        let thing = things.last().map(|thing| thing.text_range());
        let part = thing.unwrap_or(token.text_range()).intersect(line);
        let part = &text[Range::from(part.unwrap_or_default())];
        let is_comment = token.kind() == SyntaxKind::TOKEN_COMMENT;
        longest = longest.max(if is_comment && !is_set(part) && !is_doc(token.text()) {
            let words = part.split_whitespace().map(|word| word.chars().count());
            words.filter(|word| *word > LONGEST_WORD).sum()
        } else if is_comment || thing.is_some() || token.kind() == SyntaxKind::TOKEN_URI {
            part.chars().count()
        } else {
            0
        });
        next = token.next_token();
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn long_because_of_what_cannot_be_broken() {
        check(
            &LongLine::META,
            "# FILE: nixamine.toml
rules.long-line.max-length = 30
# FILE: a.nix
{
  a = \"a text of more than thirty characters\";
  b = ''
    a text of more than thirty characters ${toString (x + 1)} too
  '';
  c = ./a/path/of/more/than/thirty/characters.nix;
  d = ./a/path/${of}/more/than/thirty/characters.nix;
  e = https://example.org/thirty/characters;
  # see sha256-0000000000000000000000000000000
  # f.g.h.i.j.k.l.m.n.o.p = q.r.s.t.u;
  # one      two      three      four
  # f :: Something -> Something -> Other
  /**
    words that somebody may break at will
  */
  # ü: exactly thirty, so it i
}",
        );
    }

    #[test]
    fn lines_to_break() {
        check(
            &LongLine::META,
            "# FILE: nixamine.toml
rules.long-line.max-length = 30
# FILE: a.nix
{
  a = [ \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" ];
#                             ^^^^ this line has 34 characters
  # words that somebody may break at will
#                             ^^^^^^^^^^^ this line has 41
  /*
  words that somebody may break at will
#                             ^^^^^^^^^ this line has 39
  */
  b = { c.d.e = 1; }; # what follows it
#                             ^^^^^^^^^ this line has 39
}",
        );
    }

    #[test]
    fn generated_code() {
        check(
            &LongLine::META,
            "# FILE: nixamine.toml
rules.long-line.max-length = 30
# FILE: a.nix
# Generated by a script
{
  a = [ 1 2 3 4 5 6 7 8 9 10 11 12 13 ];
}",
        );
    }
}
