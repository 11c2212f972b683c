//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::local::LocalContext;
use crate::rule::{Rule, RuleMeta};
use crate::syntax::{TextRange, TextSize, rest_of_line};
use serde::Deserialize;
use std::any::Any;
use std::ops::Range;

declare_rule! {
    /// A comment says that something is left to do.
    ///
    /// ## Why
    ///
    /// What is written down in a comment is found again by whoever happens to read
    /// that file. This is the list of all of them, for a review or before a release.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   # TODO: ask the provider for a second address
    /// #   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ TODO: ask the provider for a second address
    ///   networking.useDHCP = true;
    ///   services.openssh.enable = true; # only from inside, FIXME(alice)
    /// #                                                     ^^^^^^^^^^^^ FIXME(alice)
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   # The bot reads the TODO list of the wiki.
    ///   services.hackmd.enable = true;
    ///   services.bot.topic = "TODO: say something";
    /// }
    /// ```
    ///
    /// A marker counts at the beginning of a line of the comment or at its end, or with
    /// `:` or `(` behind it. Small letters are words.
    ///
    /// ## When to allow it
    ///
    /// The rule is off by default, and to be switched on for a list.
    ///
    /// ## Fix safety
    ///
    /// There is no fix.
    ///
    /// ## Options
    ///
    /// `markers`: the words that are looked for (default `TODO`, `FIXME`, `XXX` and
    /// `HACK`).
    pub struct TodoComment {
        name: "todo-comment",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 15,
        fix: None,
        options: Options,
    }
}

/// The options of [`TodoComment`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The words that are looked for.
    pub markers: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            markers: ["TODO", "FIXME", "XXX", "HACK"].map(String::from).into(),
        }
    }
}

/// So much of a remark is shown, in characters.
const LONGEST_REMARK: usize = 160;

impl Rule for TodoComment {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn words<'o>(&self, options: &'o dyn Any) -> &'o [String] {
        let options = options.downcast_ref::<Options>();
        options.map_or(&[], |options| &options.markers)
    }

    fn check_text(&self, at: TextSize, cx: &mut LocalContext<'_>) -> TextRange {
        let Some(comment) = cx.comment_at(at) else {
            return TextRange::empty(at);
        };
        let comment = comment.text_range();
        let before = &cx.text()[usize::from(comment.start())..usize::from(at)];
        let words = before.trim_end_matches(|it: char| !it.is_alphanumeric() && it != '\n');
        let marks = &before[words.len()..];
        let is_first = words.is_empty() || words.ends_with('\n') || marks.contains('#');
        let text = &cx.text()[..usize::from(comment.end())];
        let rest = &text[usize::from(at)..];
        let end = rest.char_indices().nth(LONGEST_REMARK);
        let line = rest_of_line(&rest[..end.map_or(rest.len(), |(end, _)| end)], 0.into());
        let remark = rest[Range::from(line)].trim_end_matches("*/").trim_end();
        let markers = cx.options::<Options>().markers.iter();
        let mut behind = markers.filter_map(|marker| remark.strip_prefix(marker.as_str()));
        let is_one = |behind: &str| match behind.is_empty() {
            true => marks.ends_with([' ', '#', '*']),
            false => behind.starts_with([':', '(']),
        };
        if is_first || behind.any(is_one) {
            let range = TextRange::at(at, TextSize::of(remark));
            cx.report(Diagnostic::new(&Self::META, range, remark));
        }
        comment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn markers_in_comments() {
        check(
            &TodoComment::META,
            "{
  # - TODO later
#     ^^^^^^^^^^ TODO later
  # a = 1; # HACK around it
#            ^^^^^^^^^^^^^^ HACK around it
  /* why
   * XXX: so */
#    ^^^^^^^ XXX: so
  /*TODO*/
#   ^^^^ TODO
  b = 1; # or 2? FIXME
#                ^^^^^ FIXME
}",
        );
    }

    #[test]
    fn words_that_are_no_markers() {
        check(
            &TodoComment::META,
            "{
  # hackmd, MYTODO: TODO_LIST, XXXX, FIXME-1
  # see TODO.md, todo: nothing
  # the path is /dev/sdXXX
  a = \"# TODO: no\";
  b = ''
    # TODO: no
  '';
  TODO = c.FIXME;
  # TODO_LIST = 1;
  # the format is XXX.XXX
}",
        );
    }

    #[test]
    fn markers_of_ones_own() {
        check(
            &TodoComment::META,
            "# FILE: nixamine.toml
[rules.todo-comment]
markers = [\"BUG\", \"\"]
# FILE: a.nix
{
  # BUG: it hangs
#   ^^^^^^^^^^^^^ BUG: it hangs
  # TODO: nothing
  a = 1;
}",
        );
    }
}
