//! What indentation says about where things end. Used only for texts that are
//! not Nix as they stand: in those, people's layout is the best witness of what
//! was meant.

/// The column of a token that is the first on its line, in bytes.
pub(super) fn column(text: &str, at: usize) -> Option<usize> {
    let before = &text.as_bytes()[..at];
    // Lines can be long; only their blanks are looked at.
    let blanks = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'));
    let column = blanks.count();
    let first = at == column || before[at - column - 1] == b'\n';
    first.then_some(column)
}

/// How far the line of `at` is indented, in bytes.
fn indent(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at];
    let line = memchr::memrchr(b'\n', before).map_or(0, |found| found + 1);
    blanks(text.as_bytes(), line) - line
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

/// The start and the column of the first thing on each line behind `at`, empty
/// lines and comments left out.
fn lines_behind(text: &str, at: usize) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let mut next = at;
    std::iter::from_fn(move || {
        loop {
            let line = next + memchr::memchr(b'\n', &bytes[next..])? + 1;
            let first = blanks(bytes, line);
            next = line;
            if !matches!(bytes.get(first), None | Some(b'\n' | b'\r' | b'#')) {
                return Some((first, first - line));
            }
        }
    })
}

/// Where the lines of the binding at `start` end, at `limit` at the latest, and
/// its column: lines that are indented deeper are its own, and lines at its
/// column that start with a closing bracket or an operator. `None` when it is
/// not the first thing on its line.
pub(super) fn fence(text: &str, start: usize, limit: usize) -> Option<(usize, usize)> {
    let base = column(text, start)?;
    Some((own_lines_end(text, start, limit, base), base))
}

/// Where the lines behind `from` no longer belong to a binding at column `base`.
pub(super) fn own_lines_end(text: &str, from: usize, limit: usize, base: usize) -> usize {
    lines_behind(&text[..limit], from)
        .find(|(first, column)| !is_own_line(text, *first, *column, base))
        .map_or(limit, |(first, _)| first)
}

/// The smallest column of the lines that start in `from..=to` and do not belong to
/// a binding at column `base`.
#[inline]
pub(super) fn leftmost_outside(text: &str, from: usize, to: usize, base: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\n', &bytes[from..to])
        .filter_map(|found| {
            let line = from + found + 1;
            let first = blanks(bytes, line);
            let skipped = matches!(bytes.get(first), None | Some(b'\n' | b'\r' | b'#'));
            let column = first - line;
            (!skipped && !is_own_line(text, first, column, base)).then_some(column)
        })
        .min()
}

/// Does the line whose first thing is at `first`, at `column`, belong to a binding
/// at column `base` above it?
pub(super) fn is_own_line(text: &str, first: usize, column: usize, base: usize) -> bool {
    column > base || column == base && !starts_binding(text, first)
}

/// Does the line that starts here start a binding, as opposed to going on with one?
fn starts_binding(text: &str, at: usize) -> bool {
    let rest = &text.as_bytes()[at..];
    match rest[0] {
        b'"' => true,
        b'$' => rest.get(1) == Some(&b'{'),
        b if b.is_ascii_alphabetic() || b == b'_' => {
            let len = rest
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\''))
                .count();
            !matches!(
                &rest[..len],
                b"in" | b"then" | b"else" | b"or" | b"with" | b"let" | b"if" | b"assert" | b"rec"
            )
        }
        _ => false,
    }
}

/// Does `closer` start its line, further to the right than the line of `opener`?
pub(super) fn is_right_of(text: &str, opener: usize, closer: usize) -> bool {
    column(text, closer).is_some_and(|column| column > indent(text, opener))
}

/// Is the `}` at `closer` too far to the right for the set that the line of
/// `opener` opens, and does another one follow that fits?
pub(super) fn is_stray(text: &str, opener: usize, closer: usize, limit: usize) -> bool {
    if !is_right_of(text, opener, closer) {
        return false;
    }
    let found = column(text, closer).unwrap_or_default();
    lines_behind(text, closer)
        .take_while(|(first, _)| *first < limit)
        .filter(|(first, column)| text.as_bytes()[*first] == b'}' && *column < found)
        .any(|(_, column)| column >= indent(text, opener))
}
