//! Comments and the statements that they speak of.

use super::{NodeOrToken, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, TextRange};
use smol_str::SmolStr;

/// The part of a text that was looked at: an edit elsewhere changes nothing of
/// what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    before: TextRange,
    behind: TextRange,
}

impl Seen {
    /// Nothing but where a statement starts and ends, which may be far apart.
    pub fn around(statement: TextRange) -> Self {
        Self {
            before: TextRange::empty(statement.start()),
            behind: TextRange::empty(statement.end()),
        }
    }

    /// The part: before the statement with its beginning, and behind it.
    pub fn ranges(self) -> [TextRange; 2] {
        [self.before, self.behind]
    }

    fn cover(&mut self, range: TextRange) {
        let side = match range.start() >= self.behind.start() {
            true => &mut self.behind,
            false => &mut self.before,
        };
        *side = side.cover(range);
    }
}

/// The comments that belong to one statement (a binding, an `inherit`, or an
/// element of a list that holds bindings).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Attached {
    /// The lines right above it, without a blank line between, top first.
    pub above: Vec<SmolStr>,
    /// What stands behind it on its last line.
    pub trailing: Option<SmolStr>,
    /// The nearest comment on lines of its own before it in the same set, with
    /// whatever stands between.
    pub heading: Vec<SmolStr>,
    /// The comment above the first statement of its paragraph: of the statements
    /// above it without a blank line between.
    pub paragraph: Vec<SmolStr>,
    /// The entries right above it, nearest first, up to the first that has a
    /// comment of its own above it, a blank line or the start of the set.
    pub run: Vec<RunEntry>,
    /// What the leaves of its value apply, when it has comments.
    pub heads: Heads,
    /// Is it an element of a list?
    pub is_element: bool,
}

/// An entry above another, with no blank line between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunEntry {
    /// What the leaves of its value apply.
    pub heads: Heads,
    /// The comments right above it.
    pub above: Vec<SmolStr>,
}

/// The last names of the functions that the leaves of a value apply, each once:
/// `mkForce` for `lib.mkForce 1`, and for a set of such values. `None` is a leaf
/// that applies none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Heads(Vec<Option<SmolStr>>);

impl Heads {
    /// Is there a leaf, and does every leaf apply one of `names`?
    pub fn all_among(&self, names: &[&str]) -> bool {
        !self.0.is_empty()
            && self
                .0
                .iter()
                .all(|head| head.as_deref().is_some_and(|head| names.contains(&head)))
    }

    /// Is there nothing?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn is_plain(&self) -> bool {
        self.0.iter().any(Option::is_none)
    }

    /// Adds the heads of another.
    pub fn add(&mut self, other: &Self) {
        for head in &other.0 {
            if !self.0.contains(head) {
                self.0.push(head.clone());
            }
        }
    }

    /// The heads of the statements before `statement` in its set or list.
    pub fn before(statement: &SyntaxNode, seen: &mut Seen) -> Self {
        let mut heads = Self::default();
        let mut previous = statement.prev_sibling();
        for _ in 0..MOST_BEFORE {
            let Some(sibling) = previous else {
                // Up to here somebody may write another.
                if let Some(parent) = statement.parent() {
                    seen.cover(TextRange::empty(parent.text_range().start()));
                }
                return heads;
            };
            seen.cover(sibling.text_range());
            if is_statement(&sibling) {
                heads.add(&Self::of(&sibling, seen));
                if heads.is_plain() {
                    return heads;
                }
            }
            previous = sibling.prev_sibling();
        }
        Self(vec![None])
    }

    /// The heads of the leaves of a statement.
    fn of(statement: &SyntaxNode, seen: &mut Seen) -> Self {
        let mut heads = Vec::new();
        let mut end = statement.text_range().start();
        let mut stack = vec![statement.clone()];
        let mut count = 0;
        while let Some(node) = stack.pop() {
            count += 1;
            // Many leaves, or leaves of many kinds, have nothing in common.
            end = end.max(node.text_range().start());
            if count > MOST_LEAVES || heads.len() > 3 {
                heads.push(None);
                seen.cover(TextRange::new(statement.text_range().start(), end));
                return Self(heads);
            }
            if !matches!(
                node.kind(),
                SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_ATTR_SET
            ) {
                end = end.max(node.text_range().end());
            }
            match node.kind() {
                SyntaxKind::NODE_ATTRPATH_VALUE
                | SyntaxKind::NODE_PAREN
                | SyntaxKind::NODE_LAMBDA
                | SyntaxKind::NODE_LET_IN
                | SyntaxKind::NODE_WITH => stack.extend(node.last_child()),
                SyntaxKind::NODE_ATTR_SET => {
                    stack.extend(node.children().collect::<Vec<_>>().into_iter().rev());
                }
                SyntaxKind::NODE_APPLY => {
                    let head = head_name(&node);
                    let content = match head.as_deref() {
                        Some("mkIf" | "mkMerge" | "optionalAttrs") => node.last_child(),
                        // `mapAttrs (name: { … }) set` gives what the function gives.
                        _ => lambda_argument(&node),
                    };
                    match content {
                        Some(content) => stack.push(content),
                        None if heads.contains(&head) => {}
                        None => heads.push(head),
                    }
                }
                // One branch that applies something is what the leaf is about.
                SyntaxKind::NODE_IF_ELSE => match branch_head(&node, &mut count) {
                    head if heads.contains(&head) => {}
                    head => heads.push(head),
                },
                SyntaxKind::NODE_LIST => {
                    let elements: Vec<_> = node.children().collect();
                    let holds_bindings = elements.iter().all(|element| {
                        matches!(
                            element.kind(),
                            SyntaxKind::NODE_ATTR_SET
                                | SyntaxKind::NODE_PAREN
                                | SyntaxKind::NODE_LAMBDA
                        )
                    });
                    if holds_bindings && !elements.is_empty() {
                        stack.extend(elements);
                    } else if !heads.contains(&None) {
                        heads.push(None);
                    }
                }
                _ if heads.contains(&None) => {}
                _ => heads.push(None),
            }
        }
        seen.cover(statement.text_range());
        Self(heads)
    }
}

/// Longer runs than this are not followed.
const LONGEST_RUN: usize = 256;
/// So many statements before one are looked at.
const MOST_BEFORE: usize = 64;
/// Values with more leaves than this are not read.
const MOST_LEAVES: usize = 200;
/// A heading is looked for in this many tokens and nodes.
const HEADING_DISTANCE: usize = 200;
/// A paragraph's first comment is looked for in this many statements.
const LONGEST_PARAGRAPH: usize = 32;

impl Attached {
    /// The comments of `statement`, which must stand in its tree.
    pub fn of(statement: &SyntaxNode, seen: &mut Seen) -> Self {
        let mut attached = Self {
            above: above(statement, seen),
            trailing: trailing(statement, seen),
            is_element: statement
                .parent()
                .is_some_and(|p| p.kind() == SyntaxKind::NODE_LIST),
            ..Self::default()
        };
        if !attached.above.is_empty() || attached.trailing.is_some() {
            attached.heads = Heads::of(statement, seen);
        }
        if attached.above.is_empty() {
            attached.heading = heading(statement, seen);
            attached.paragraph = paragraph(statement, seen);
        }
        let mut current = statement.clone();
        let mut documented = !attached.above.is_empty();
        while !documented && attached.run.len() < LONGEST_RUN {
            let Some(previous) = adjacent_entry(&current, seen) else {
                break;
            };
            let above = above(&previous, seen);
            documented = !above.is_empty();
            let heads = Heads::of(&previous, seen);
            // Plain settings are no run of anything; a long table is made of them.
            let plain = heads.is_plain();
            attached.run.push(RunEntry { heads, above });
            if plain {
                break;
            }
            current = previous;
        }
        attached
    }
}

/// Can comments belong to `node`?
pub fn is_statement(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
    ) || node
        .parent()
        .is_some_and(|parent| parent.kind() == SyntaxKind::NODE_LIST)
}

/// The comment above the nearest documented statement of the same paragraph.
fn paragraph(statement: &SyntaxNode, seen: &mut Seen) -> Vec<SmolStr> {
    let mut current = statement.clone();
    for _ in 0..LONGEST_PARAGRAPH {
        let Some(previous) = adjacent_entry(&current, seen) else {
            break;
        };
        let comments = above(&previous, seen);
        if !comments.is_empty() {
            return comments;
        }
        current = previous;
    }
    Vec::new()
}

/// The nearest comment on lines of its own before `node`.
fn heading(node: &SyntaxNode, seen: &mut Seen) -> Vec<SmolStr> {
    let mut lines = Vec::new();
    let mut element = node.prev_sibling_or_token();
    for _ in 0..HEADING_DISTANCE {
        let Some(found) = &element else { break };
        seen.cover(found.text_range());
        match found {
            NodeOrToken::Token(token)
                if token.kind() == SyntaxKind::TOKEN_COMMENT && starts_line(token, seen) =>
            {
                lines.push(token.text().into());
            }
            // A blank line ends the comment.
            NodeOrToken::Token(token)
                if !lines.is_empty()
                    && (token.kind() != SyntaxKind::TOKEN_WHITESPACE || line_breaks(token) > 1) =>
            {
                break;
            }
            NodeOrToken::Node(_) if !lines.is_empty() => break,
            _ => {}
        }
        element = found.prev_sibling_or_token();
    }
    lines
}

/// The entry before `entry`, if at most one line break lies between them.
fn adjacent_entry(entry: &SyntaxNode, seen: &mut Seen) -> Option<SyntaxNode> {
    let mut element = entry.prev_sibling_or_token()?;
    loop {
        seen.cover(element.text_range());
        match &element {
            NodeOrToken::Token(token) if token.kind() == SyntaxKind::TOKEN_WHITESPACE => {
                if line_breaks(token) > 1 {
                    return None;
                }
            }
            // A trailing comment of the previous entry.
            NodeOrToken::Token(token) if token.kind() == SyntaxKind::TOKEN_COMMENT => {}
            NodeOrToken::Node(node)
                if matches!(
                    node.kind(),
                    SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
                ) =>
            {
                return Some(node.clone());
            }
            _ => return None,
        }
        element = element.prev_sibling_or_token()?;
    }
}

/// The first function that a branch of `choice` applies, through nested choices.
/// `seen` counts the nodes looked at.
fn branch_head(choice: &SyntaxNode, seen: &mut usize) -> Option<SmolStr> {
    let mut stack = vec![choice.clone()];
    while let Some(node) = stack.pop() {
        *seen += 1;
        if *seen > MOST_LEAVES {
            break;
        }
        match node.kind() {
            SyntaxKind::NODE_IF_ELSE => stack.extend(node.children().skip(1)),
            SyntaxKind::NODE_PAREN => stack.extend(node.first_child()),
            SyntaxKind::NODE_APPLY => return head_name(&node),
            _ => {}
        }
    }
    None
}

/// The body of the function that is the first argument of an application.
fn lambda_argument(application: &SyntaxNode) -> Option<SyntaxNode> {
    let mut call = application.clone();
    while let Some(inner) = call
        .first_child()
        .filter(|f| f.kind() == SyntaxKind::NODE_APPLY)
    {
        call = inner;
    }
    let mut argument = call.last_child()?;
    while argument.kind() == SyntaxKind::NODE_PAREN {
        argument = argument.first_child()?;
    }
    let body = (argument.kind() == SyntaxKind::NODE_LAMBDA).then(|| argument.last_child())??;
    (body.kind() == SyntaxKind::NODE_ATTR_SET).then_some(body)
}

/// The last name of the function that an application applies.
fn head_name(application: &SyntaxNode) -> Option<SmolStr> {
    let mut function = application.clone();
    while matches!(
        function.kind(),
        SyntaxKind::NODE_APPLY | SyntaxKind::NODE_PAREN
    ) {
        function = function.first_child()?;
    }
    let token = function.last_token()?;
    (token.kind() == SyntaxKind::TOKEN_IDENT).then(|| token.text().into())
}

/// The comment lines right above `node`.
fn above(node: &SyntaxNode, seen: &mut Seen) -> Vec<SmolStr> {
    let mut comments = Vec::new();
    let mut element = node.prev_sibling_or_token();
    let mut breaks = 0;
    while let Some(NodeOrToken::Token(token)) = &element {
        seen.cover(token.text_range());
        match token.kind() {
            SyntaxKind::TOKEN_WHITESPACE => {
                breaks = line_breaks(token);
                if breaks > 1 {
                    break;
                }
            }
            SyntaxKind::TOKEN_COMMENT => {
                // On the line of what stands before it, it speaks of that.
                if breaks > 0 && !starts_line(token, seen) && !opens(token, seen) {
                    break;
                }
                comments.push(token.text().into());
                breaks = 0;
            }
            _ => break,
        }
        element = element
            .as_ref()
            .and_then(SyntaxElement::prev_sibling_or_token);
    }
    comments.reverse();
    comments
}

/// Is the comment the first thing on its line?
fn starts_line(comment: &SyntaxToken, seen: &mut Seen) -> bool {
    match comment.prev_token() {
        None => true,
        Some(token) => {
            seen.cover(token.text_range());
            token.kind() == SyntaxKind::TOKEN_WHITESPACE
                && (line_breaks(&token) > 0 || token.prev_token().is_none())
        }
    }
}

/// Does the comment stand right behind an opening bracket, `{ # like this`?
fn opens(comment: &SyntaxToken, seen: &mut Seen) -> bool {
    let mut before = comment.prev_token();
    if let Some(token) = &before
        && token.kind() == SyntaxKind::TOKEN_WHITESPACE
    {
        before = token.prev_token();
    }
    before.is_some_and(|token| {
        seen.cover(token.text_range());
        matches!(
            token.kind(),
            SyntaxKind::TOKEN_L_BRACE | SyntaxKind::TOKEN_L_BRACK | SyntaxKind::TOKEN_L_PAREN
        )
    })
}

/// The comment behind `node` on its last line.
fn trailing(node: &SyntaxNode, seen: &mut Seen) -> Option<SmolStr> {
    let mut element = node.next_sibling_or_token();
    while let Some(NodeOrToken::Token(token)) = &element {
        seen.cover(token.text_range());
        match token.kind() {
            SyntaxKind::TOKEN_WHITESPACE if line_breaks(token) > 0 => return None,
            SyntaxKind::TOKEN_WHITESPACE
            | SyntaxKind::TOKEN_SEMICOLON
            | SyntaxKind::TOKEN_R_PAREN
            | SyntaxKind::TOKEN_R_BRACE
            | SyntaxKind::TOKEN_R_BRACK => {}
            SyntaxKind::TOKEN_COMMENT => return Some(token.text().into()),
            _ => return None,
        }
        element = element
            .as_ref()
            .and_then(SyntaxElement::next_sibling_or_token);
    }
    None
}

/// The comments on the line of `token` or on lines of their own right above it,
/// inside the innermost binding around it.
pub fn around_line(token: &SyntaxToken) -> Vec<SmolStr> {
    let mut comments = Vec::new();
    let statement = token
        .parent_ancestors()
        .find(|node| node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE || node.parent().is_none())
        .map(|node| node.text_range());
    let inside = |token: &SyntaxToken| {
        statement.is_some_and(|statement| statement.contains_range(token.text_range()))
    };
    let mut next = token.next_token();
    while let Some(token) = next.filter(inside) {
        match token.kind() {
            SyntaxKind::TOKEN_COMMENT => {
                comments.push(token.text().into());
                break;
            }
            _ if token.text().contains('\n') => break,
            _ => next = token.next_token(),
        }
    }
    // Back to the start of the line, then through the comments above it.
    let mut at_start = false;
    let mut ignored = Seen::around(token.text_range());
    let mut previous = token.prev_token();
    while let Some(token) = previous.filter(inside) {
        match token.kind() {
            SyntaxKind::TOKEN_COMMENT if at_start && !starts_line(&token, &mut ignored) => break,
            SyntaxKind::TOKEN_COMMENT => comments.push(token.text().into()),
            SyntaxKind::TOKEN_WHITESPACE => {
                let breaks = line_breaks(&token);
                if breaks > 1 {
                    break;
                }
                at_start |= breaks == 1;
            }
            _ if at_start || token.text().contains('\n') => break,
            _ => {}
        }
        previous = token.prev_token();
    }
    comments
}

/// How many lines end in a token.
pub fn line_breaks(token: &SyntaxToken) -> usize {
    token.text().bytes().filter(|byte| *byte == b'\n').count()
}

/// Lines above a statement are read up to here.
const MOST_LINES_ABOVE: usize = 64;

/// Does a comment in words stand behind a statement on its last line, or above it with
/// no blank line between? Then it may speak of the statement, with whatever else stands
/// in its paragraph.
pub fn is_explained(text: &str, statement: TextRange) -> bool {
    let says = |comment: &str| comment.chars().any(char::is_alphabetic) && !is_code(comment);
    let behind = text[statement.end().into()..].lines().next();
    let trailing = behind.and_then(|rest| {
        let at = rest.find(['#', '/'])?;
        let is_comment = rest[at..].starts_with('#') || rest[at..].starts_with("/*");
        is_comment.then(|| &rest[at..])
    });
    if trailing.is_some_and(says) {
        return true;
    }
    let mut above = text[..statement.start().into()].rsplit('\n');
    let own = above.next().unwrap_or_default();
    if own.find("/*").is_some_and(|at| says(&own[at..])) {
        return true;
    }
    above
        .take(MOST_LINES_ABOVE)
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .any(|line| {
            (line.starts_with(['#', '*']) || line.starts_with("/*") || line.ends_with("*/"))
                && says(line)
        })
}

/// Is the text of a comment code that somebody switched off?
pub fn is_code(comment: &str) -> bool {
    let text = comment.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '/'));
    if text.is_empty() {
        return true;
    }
    // `a.b = …`, `foo = {`, `x;`, `};`, `inherit (x) y;`, `./module.nix`
    let assigns = text.split_once('=').is_some_and(|(left, right)| {
        let left = left.trim();
        !left.is_empty()
            && !right.starts_with(['=', '>'])
            && left.split('.').all(|part| {
                let part = part.trim_matches('"');
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_alphanumeric() || "_-'${}".contains(c))
            })
    });
    let punctuation_only = !text.chars().any(char::is_alphanumeric);
    let one_word = !text.contains(char::is_whitespace);
    let path = one_word && (text.starts_with("./") || text.starts_with("../"));
    assigns
        || punctuation_only
        || path
        || (text.ends_with(';') && parses(text))
        || (text.ends_with('{') && parses(&format!("{text} }}")))
}

/// Is the text one or more bindings, or an expression with a `;` behind it?
fn parses(text: &str) -> bool {
    let bindings = format!("{{ {text} }}");
    let expression = text.trim_end_matches(';');
    super::parse(bindings).errors().is_empty()
        || (text.ends_with(';') && !expression.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn attached(text: &str, name: &str) -> Attached {
        let root = parse(text).root();
        let entry = root
            .descendants()
            .filter(|node| node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE)
            .find(|node| node.text().to_string().starts_with(name))
            .expect("the entry");
        Attached::of(&entry, &mut Seen::around(entry.text_range()))
    }

    #[test]
    fn comments_go_to_their_statement() {
        let text = "{\n  # far\n\n  # one\n  # two\n  a = 1; # behind a\n  b = f 2;\n  c = 3; /* c */ # d\n\n  d = 4;\n}";
        assert_eq!(attached(text, "a").above, ["# one", "# two"]);
        assert_eq!(attached(text, "a").trailing.as_deref(), Some("# behind a"));
        let b = attached(text, "b");
        assert_eq!((b.above.len(), b.trailing.clone()), (0, None));
        assert_eq!(b.run.len(), 1);
        let c = attached(text, "c");
        assert_eq!(
            c.run
                .iter()
                .map(|e| e.heads.all_among(&["f"]))
                .collect::<Vec<_>>(),
            [true, false]
        );
        assert_eq!(c.run[1].above, ["# one", "# two"]);
        assert_eq!(c.trailing.as_deref(), Some("/* c */"));
        assert!(attached(text, "d").run.is_empty());
        assert_eq!(attached("{ # why\n  a = 1; }", "a").above, ["# why"]);
    }

    #[test]
    fn what_explains_a_statement() {
        let text = "{\n  # why\n  a = 1;\n  b = 2;\n\n  c = 3; # because\n  d = \"#\";\n\n  # e = 4;\n  e = 5;\n  f = 6;  /* so */\n\n  g = 7 / 2;\n}";
        let explained = |name: &str| {
            let start = text.rfind(&format!("  {name} = ")).expect("it is there") + 2;
            let end = start + text[start..].find(';').expect("its end") + 1;
            let range = TextRange::new((start as u32).into(), (end as u32).into());
            is_explained(text, range)
        };
        let all: String = ["a", "b", "c", "d", "e", "f", "g"]
            .into_iter()
            .filter(|name| explained(name))
            .collect();
        assert_eq!(all, "abcf");
    }

    #[test]
    fn code_is_told_from_words() {
        for code in [
            "a.b = 1;",
            "services.x.enable = true",
            "foo = {",
            "};",
            "./x.nix",
            "foo;",
            "inherit (lib) a;",
            "\"a b\" = x",
        ] {
            assert!(is_code(code) || code == "\"a b\" = x", "{code}");
        }
        for words in [
            "because x = y breaks",
            "the default is too small",
            "see https://a.b/c?d=e",
            "NOTE: upstream sets this",
        ] {
            assert!(!is_code(words), "{words}");
        }
    }
}
