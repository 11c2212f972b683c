//! Unified diffs that `git apply` and `patch -p1` accept byte for byte.

use crate::terminal;
use similar::{Algorithm, DiffOp, DiffTag};
use std::fmt::Write as _;

/// The difference between two texts of the file at `path`; without `before`
/// the file is new.
pub(crate) fn unified(path: &str, before: Option<&str>, after: &str) -> String {
    // Lines of a patch end at line feeds alone: a carriage return is content.
    let old: Vec<&str> = before.unwrap_or_default().split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut patch = match before {
        Some(_) => format!("--- {}\n", name("a", path)),
        None => "--- /dev/null\n".to_owned(),
    };
    let _ = writeln!(patch, "+++ {}", name("b", path));
    let ops = similar::capture_diff_slices(Algorithm::Myers, &old, &new);
    for hunk in similar::group_diff_ops(ops, 3) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let header = |start: usize, end: usize| match end - start {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            length => format!("{},{length}", start + 1),
        };
        let _ = writeln!(
            patch,
            "@@ -{} +{} @@",
            header(first.old_range().start, last.old_range().end),
            header(first.new_range().start, last.new_range().end),
        );
        for op in &hunk {
            push_op(&mut patch, op, &old, &new);
        }
    }
    patch
}

fn push_op(patch: &mut String, op: &DiffOp, old: &[&str], new: &[&str]) {
    let mut push = |sign: char, lines: &[&str]| {
        for line in lines {
            patch.push(sign);
            patch.push_str(line);
            if !line.ends_with('\n') {
                patch.push_str("\n\\ No newline at end of file\n");
            }
        }
    };
    match op.tag() {
        DiffTag::Equal => push(' ', &old[op.old_range()]),
        DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
            push('-', &old[op.old_range()]);
            push('+', &new[op.new_range()]);
        }
    }
}

/// The name of a file in a header, quoted as git does it where it must be.
fn name(side: &str, path: &str) -> String {
    let special = |c: char| c == '"' || c == '\\' || terminal::stand_in(c).is_some();
    if !path.contains(special) {
        // A tab ends a name that holds spaces.
        let end = if path.contains(' ') { "\t" } else { "" };
        return format!("{side}/{path}{end}");
    }
    let mut name = format!("\"{side}/");
    for c in path.chars() {
        match c {
            '"' | '\\' => name.extend(['\\', c]),
            c if special(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(name, "\\{byte:03o}");
                }
            }
            c => name.push(c),
        }
    }
    name.push('"');
    name
}

/// A patch for the eyes: coloured, and nothing in it steers the terminal.
pub(crate) fn for_terminal(patch: &str) -> String {
    let mut result = String::with_capacity(patch.len() * 2);
    for line in patch.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let style = if line.starts_with("--- ") || line.starts_with("+++ ") {
            Some(terminal::BOLD)
        } else {
            match line.as_bytes().first() {
                Some(b'-') => Some(terminal::BAD),
                Some(b'+') => Some(terminal::GOOD),
                Some(b'@') => Some(terminal::CODE),
                _ => None,
            }
        };
        // The carriage return of a line break would only clutter.
        let text = terminal::clean_lines(line.strip_suffix('\r').unwrap_or(line));
        match style {
            Some(style) => result.push_str(&terminal::paint(style, &text)),
            None => result.push_str(&text),
        }
        result.push('\n');
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_in_full() {
        let patch = unified("x y.nix", Some("a\nb\r\nc"), "a\nB\r\nc\n");
        assert_eq!(
            patch,
            "--- a/x y.nix\t\n+++ b/x y.nix\t\n@@ -1,3 +1,3 @@\n a\n-b\r\n-c\n\
             \\ No newline at end of file\n+B\r\n+c\n"
        );
        let new = unified("n.nix", None, "1\n2\n");
        assert_eq!(new, "--- /dev/null\n+++ b/n.nix\n@@ -0,0 +1,2 @@\n+1\n+2\n");
        assert_eq!(name("a", "\u{1b}\"ü"), "\"a/\\033\\\"ü\"");
    }

    #[test]
    fn eyes_see_no_raw_escapes() {
        let seen = for_terminal("+a\u{1b}[2J\r\n");
        assert!(
            seen.contains("a\u{241b}[2J") && !seen.contains('\r'),
            "{seen:?}"
        );
    }
}
