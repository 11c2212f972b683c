//! Comments that allow a finding: `# nixamine: allow(rule, …) reason`.

use crate::diagnostic::Edit;
use crate::module::{Header, Moved};
use crate::syntax::{
    SyntaxElement, SyntaxKind, SyntaxToken, TextRange, TextSize, Tree, node_around, token_at,
};
use std::ops::Range;

/// A name in a suppression, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The name of a rule or group, as written.
    pub name: String,
    /// Where it stands.
    pub range: TextRange,
}

/// A comment that allows findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// What it allows.
    pub allowed: Vec<Allowed>,
    /// Where it allows it; a finding must start here.
    pub scope: TextRange,
    /// The comment.
    pub comment: TextRange,
    /// Does it say why?
    pub has_reason: bool,
    /// What goes when the comment goes: with its line, if it has one of its own.
    pub removal: TextRange,
    /// The part of the text that decided all this.
    pub(crate) seen: TextRange,
}

/// What a new suppression allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The line of the finding.
    Line,
    /// The binding around the finding.
    Statement,
    /// The whole file.
    File,
}

/// The edit that allows the findings of `rule` at a place, with as much reach. The
/// reason belongs at the end of the comment. `None` where no comment fits.
pub fn allow(tree: &Tree, at: TextRange, rule: &str, reach: Reach) -> Option<Edit> {
    let text = &**tree.text();
    let eol = match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let line_start = |at: TextSize| {
        let found = text[..usize::from(at)].rfind(['\n', '\r']);
        TextSize::new(found.map_or(0, |found| found as u32 + 1))
    };
    match reach {
        Reach::Line => {
            let rest = &text[usize::from(at.start())..];
            let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
            let end = at.start() + TextSize::new(len as u32);
            // In a text or a comment that goes on, this would be no comment.
            let root = tree.root();
            let before = token_at(&root, end.checked_sub(TextSize::new(1))?)?;
            let is_blank = before.kind() == SyntaxKind::TOKEN_WHITESPACE;
            let behind = token_at(&root, end).filter(|_| usize::from(end) < text.len());
            let goes_on = behind.is_some_and(|token| token.kind() != SyntaxKind::TOKEN_WHITESPACE);
            if goes_on || before.kind() == SyntaxKind::TOKEN_COMMENT {
                return None;
            }
            let blank = match is_blank {
                true => "",
                false => " ",
            };
            Some(Edit::insert(
                end,
                format!("{blank}# nixamine: allow({rule})"),
            ))
        }
        Reach::Statement => {
            let around = node_around(&tree.root(), at).ancestors();
            let mut statements = around.filter(|node| {
                matches!(
                    node.kind(),
                    SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
                )
            });
            statements.find_map(|statement| {
                let start = statement.text_range().start();
                let line = line_start(start);
                let indent = &text[usize::from(line)..usize::from(start)];
                let alone = indent.chars().all(|c| matches!(c, ' ' | '\t'));
                let comment = format!("{indent}# nixamine: allow({rule}){eol}");
                alone.then(|| Edit::insert(line, comment))
            })
        }
        Reach::File => {
            let at = Header::of("", tree).insert_at;
            Some(Edit::insert(
                at,
                format!("# nixamine: allow-file({rule}){eol}"),
            ))
        }
    }
}

/// The suppressions of a file.
pub fn collect(tree: &Tree) -> Vec<Suppression> {
    let mut all = Vec::new();
    collect_in(tree, 0..tree.text().len(), &mut all);
    all
}

const MARK: &str = "nixamine:";

/// A part of a text of `len` bytes, with all that a mark needs that touches it.
pub(crate) fn around_mark(part: Range<usize>, len: usize) -> Range<usize> {
    part.start.saturating_sub(MARK.len())..len.min(part.end + MARK.len())
}

impl Suppression {
    pub(crate) fn shift(&mut self, moved: Moved) {
        for allowed in &mut self.allowed {
            moved.range(&mut allowed.range);
        }
        moved.range(&mut self.scope);
        moved.range(&mut self.comment);
        moved.range(&mut self.removal);
        moved.range(&mut self.seen);
    }
}

/// Adds the suppressions whose mark stands in a part of the text.
pub(crate) fn collect_in(tree: &Tree, part: Range<usize>, all: &mut Vec<Suppression>) {
    let root = tree.root();
    for at in memchr::memmem::find_iter(&tree.text().as_bytes()[part.clone()], MARK) {
        let at = TextSize::new((part.start + at) as u32);
        let comment = token_at(&root, at).filter(|t| t.kind() == SyntaxKind::TOKEN_COMMENT);
        let Some(comment) = comment else { continue };
        let known = |known: &Suppression| known.comment == comment.text_range();
        if !all.iter().rev().take(2).any(known) {
            all.extend(read(&comment, tree));
        }
    }
}

fn read(comment: &SyntaxToken, tree: &Tree) -> Option<Suppression> {
    let text = comment.text();
    let body = text.trim_start_matches(['#', '/', '*']).trim_start();
    let directive = body.strip_prefix("nixamine:")?.trim_start();
    let (whole_file, list) = match directive.strip_prefix("allow-file") {
        Some(rest) => (true, rest),
        None => (false, directive.strip_prefix("allow")?),
    };
    let (names, reason) = list.trim_start().strip_prefix('(')?.split_once(')')?;
    let list_start = names.as_ptr() as usize - text.as_ptr() as usize;
    let start = comment.text_range().start();
    let mut allowed = Vec::new();
    let mut offset = list_start;
    for part in names.split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let lead = part.len() - part.trim_start().len();
            let at = start + TextSize::new((offset + lead) as u32);
            allowed.push(Allowed {
                name: name.to_owned(),
                range: TextRange::at(at, TextSize::of(name)),
            });
        }
        offset += part.len() + 1;
    }
    let reason = reason
        .trim_end_matches("*/")
        .trim_matches(|c: char| !c.is_alphanumeric());
    let file = TextRange::up_to(TextSize::of(&**tree.text()) + TextSize::new(1));
    let code = &**tree.text();
    // Lines end as editors end them: at `\n`, `\r\n` or a lone `\r`.
    let line_end_after = |at: TextSize| {
        let rest = &code.as_bytes()[usize::from(at)..];
        let found = memchr::memchr2(b'\n', b'\r', rest);
        let len = found.map_or(rest.len(), |found| {
            let pair = rest[found] == b'\r' && rest.get(found + 1) == Some(&b'\n');
            found + 1 + usize::from(pair)
        });
        at + TextSize::new(len as u32)
    };
    let line_start = code[..usize::from(start)]
        .rfind(['\n', '\r'])
        .map_or(TextSize::new(0), |found| TextSize::new(found as u32 + 1));
    let line_end = line_end_after(start);
    let next_line_end = line_end_after(line_end);
    let comment_end = comment.text_range().end();
    let before = &code[usize::from(line_start)..usize::from(start)];
    let alone = before.chars().all(|c| c.is_whitespace() || c == '\u{feff}');
    let scope = if whole_file {
        file
    } else if alone {
        // The statement below, however long it is.
        let end = statement_below(comment).map_or(line_end, |range| range.end());
        TextRange::new(start, end.max(next_line_end))
    } else {
        TextRange::new(line_start, line_end.max(comment.text_range().end()))
    };
    let ends_line = comment_end <= line_end
        && code[usize::from(comment_end)..usize::from(line_end)]
            .trim()
            .is_empty();
    let removal = if alone && ends_line {
        TextRange::new(line_start, line_end)
    } else if alone {
        // Code follows on the line and keeps its indentation.
        let behind = &tree.text()[usize::from(comment.text_range().end())..];
        let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
        let end = comment.text_range().end() + TextSize::new(blanks as u32);
        TextRange::new(start, end)
    } else {
        // Behind code, the blanks before it go too.
        let before = &tree.text()[..usize::from(start)];
        let kept = before.trim_end_matches([' ', '\t']).len();
        TextRange::new(TextSize::new(kept as u32), comment.text_range().end())
    };
    let lines = TextRange::new(line_start, next_line_end).cover(comment.text_range());
    let seen = if whole_file {
        lines
    } else {
        lines.cover(scope)
    };
    Some(Suppression {
        seen: seen.cover(removal),
        allowed,
        scope,
        comment: comment.text_range(),
        has_reason: !reason.is_empty(),
        removal,
    })
}

/// The next thing after a comment and the comments below it.
fn statement_below(comment: &SyntaxToken) -> Option<TextRange> {
    let mut element = SyntaxElement::from(comment.clone()).next_sibling_or_token();
    while let Some(found) = &element {
        match found.kind() {
            SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT => {
                element = found.next_sibling_or_token();
            }
            _ => return Some(found.text_range()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixer::apply_edits;
    use crate::syntax::parse;
    use crate::{Settings, Source, Workspace, analyze};

    fn findings(text: &str) -> Vec<TextRange> {
        let settings = Settings::default();
        let document = analyze(Source::new("a.nix", text), &settings);
        let mut workspace = Workspace::new(vec![document], []);
        workspace.join(&settings);
        workspace
            .findings(0)
            .iter()
            .map(|found| found.range)
            .collect()
    }

    #[test]
    fn what_is_allowed_is_not_found() {
        use Reach::*;
        for (text, reaches) in [
            (
                "{ lib, ... }:\n{\n  a = lib.mkForce 1;\n}\n",
                &[Line, Statement, File][..],
            ),
            (
                "{ lib, ... }:\r\n{\r\n  a =\r\n    lib.mkForce 1;\r\n}",
                &[Line, Statement, File],
            ),
            ("{ lib, ... }: { a = lib.mkForce 1; }", &[Line, File]),
            (
                "{ lib, ... }:\n{\n  a.b = { c = lib.mkForce 1; };\n}\n",
                &[Line, Statement, File],
            ),
            // A comment would be a part of the text here.
            (
                "{ lib, ... }:\n{\n  a = lib.mkForce ''\n    b\n  '';\n}\n",
                &[Statement, File],
            ),
        ] {
            let found = findings(text);
            assert_eq!(found.len(), 1, "{text}");
            for reach in [Line, Statement, File] {
                let edit = allow(&parse(text), found[0], "mk-force", reach);
                assert_eq!(edit.is_some(), reaches.contains(&reach), "{reach:?} {text}");
                if let Some(edit) = edit {
                    let after = apply_edits(text, [&edit]).expect("it is a range of the text");
                    assert!(findings(&after).is_empty(), "{reach:?} {after}");
                }
            }
        }
    }

    fn covered(text: &str) -> Vec<String> {
        collect(&parse(text))
            .iter()
            .map(|s| {
                let end = usize::from(s.scope.end()).min(text.len());
                text[usize::from(s.scope.start())..end].to_owned()
            })
            .collect()
    }

    #[test]
    fn scopes() {
        let trailing = "{\n  a = 1; # nixamine: allow(mk-force)\n  b = 2;\n}";
        assert_eq!(
            covered(trailing),
            ["  a = 1; # nixamine: allow(mk-force)\n"]
        );
        let above = "{\n  # nixamine: allow(x) why\n  a = {\n    c = 1;\n  };\n  b = 2;\n}";
        assert!(covered(above)[0].ends_with("  };"), "{:?}", covered(above));
        let file = "# nixamine: allow-file(x)\n{ }";
        assert_eq!(covered(file)[0], file);
    }

    #[test]
    fn names_and_reasons() {
        let all = collect(&parse(
            "# nixamine: allow( mk-force,long-module ) vendor default\n{ }",
        ));
        let names: Vec<_> = all[0].allowed.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["mk-force", "long-module"]);
        assert!(all[0].has_reason);
        assert!(!collect(&parse("{ } # nixamine: allow(x)"))[0].has_reason);
        assert!(collect(&parse("# nixamine: is nice\n{ }")).is_empty());
    }
}
