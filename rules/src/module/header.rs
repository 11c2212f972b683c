//! The comment at the top of a file, and its lines.

use crate::syntax::{
    AstNode, NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextSize, Tree, ast, is_trivia,
};

/// What the top of a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Does a comment say what the file is for, before the code or right after
    /// the formals?
    pub present: bool,
    /// Does a comment say that the file is generated?
    pub generated: bool,
    /// Where the code starts.
    pub code_start: TextSize,
    /// Where a header would go.
    pub insert_at: TextSize,
}

impl Header {
    /// Reads the top of `tree`.
    pub(crate) fn of(path: &str, tree: &Tree) -> Self {
        let stem = crate::path::module_name(path);
        let root = tree.root();
        let mut header = Self::default();
        let first = top_comments(&root);
        let code = root
            .descendants_with_tokens()
            .filter_map(NodeOrToken::into_token)
            .find(|token| {
                !matches!(
                    token.kind(),
                    SyntaxKind::TOKEN_COMMENT | SyntaxKind::TOKEN_WHITESPACE
                )
            });
        header.code_start = code
            .map(|token| token.text_range().start())
            .unwrap_or_default();
        // A shebang, a licence and a byte order mark stay at the very top.
        if let Some(last_notice) = first
            .iter()
            .take_while(|c| kind(c.text()) != Kind::Purpose)
            .last()
            && kind(last_notice.text()) == Kind::Notice
        {
            header.insert_at = last_notice.text_range().end() + TextSize::new(1);
        } else if tree.text().starts_with('\u{feff}') {
            header.insert_at = TextSize::new(3);
        }
        header.insert_at = header.insert_at.min(TextSize::of(&**tree.text()));
        let mut comments = first;
        comments.extend(comments_in_body(&root, stem));
        header.generated = comments.iter().any(|comment| is_generated(comment.text()));
        header.present = says_something(&comments);
        header
    }
}

/// The comments before the first code of the file.
fn top_comments(root: &SyntaxNode) -> Vec<SyntaxToken> {
    root.descendants_with_tokens()
        .filter_map(NodeOrToken::into_token)
        .take_while(|token| {
            matches!(
                token.kind(),
                SyntaxKind::TOKEN_COMMENT | SyntaxKind::TOKEN_WHITESPACE
            )
        })
        .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT)
        .collect()
}

/// The comments right after the formals, right inside the outermost set, and
/// before the `let` that stands between them.
fn comments_in_body(root: &SyntaxNode, stem: &str) -> Vec<SyntaxToken> {
    let mut comments = Vec::new();
    let mut expr = ast::Root::cast(root.clone()).and_then(|root| root.expr());
    while let Some(ast::Expr::Lambda(lambda)) = &expr {
        let after_colon = lambda
            .syntax()
            .children_with_tokens()
            .skip_while(|element| element.kind() != SyntaxKind::TOKEN_COLON)
            .filter_map(NodeOrToken::into_token)
            .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT);
        comments.extend(after_colon);
        expr = lambda.body();
    }
    // `{ # Feature: …` and `let # …` count as well, through `let`, `with` and `mkIf`.
    while let Some(body) = expr {
        let body = body.syntax().clone();
        match body.kind() {
            SyntaxKind::NODE_LET_IN => comments.extend(opening(&body, SyntaxKind::TOKEN_LET, stem)),
            SyntaxKind::NODE_ATTR_SET => {
                comments.extend(opening(&body, SyntaxKind::TOKEN_L_BRACE, stem));
                break;
            }
            SyntaxKind::NODE_WITH | SyntaxKind::NODE_PAREN | SyntaxKind::NODE_APPLY => {}
            _ => break,
        }
        expr = body.last_child().and_then(ast::Expr::cast);
    }
    comments
}

/// The comments right behind the token that opens `node`, if they speak of the
/// whole file and not of the first entry: a blank line follows, or the entry is
/// the only one or bears the file's name.
fn opening(node: &SyntaxNode, opener: SyntaxKind, stem: &str) -> Vec<SyntaxToken> {
    let tokens: Vec<_> = node
        .children_with_tokens()
        .skip_while(|element| element.kind() != opener)
        .skip(1)
        .map_while(NodeOrToken::into_token)
        .collect();
    let blank = tokens
        .last()
        .is_some_and(|last| crate::syntax::comments::line_breaks(last) > 1);
    let mut entries = node.children();
    let first = entries.next();
    let only = opener == SyntaxKind::TOKEN_L_BRACE && entries.next().is_none();
    let namesake = first
        .and_then(|entry| entry.first_child())
        .is_some_and(|keys| !stem.is_empty() && keys.text().to_string().contains(stem));
    if !(blank || only || namesake) {
        return Vec::new();
    }
    tokens
        .into_iter()
        .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT)
        .collect()
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    /// Shebang, licence, editor settings, tool directives: not about the module.
    Notice,
    /// Nothing: a lone `#`, a line of dashes.
    Empty,
    /// TODO, a bare URL, code.
    Noise,
    /// Says something.
    Purpose,
}

/// The words of a comment, without its marks.
pub(crate) fn comment_text(comment: &str) -> &str {
    let text = comment.strip_prefix("/*").map_or_else(
        || comment.trim_start_matches('#'),
        |block| {
            block
                .strip_suffix("*/")
                .unwrap_or(block)
                .trim_start_matches('*')
        },
    );
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '-' | '=' | '*' | '~' | '_'))
}

fn kind(comment: &str) -> Kind {
    let text = comment_text(comment);
    let lower = text.to_ascii_lowercase();
    if comment.starts_with("#!")
        || [
            "copyright",
            "spdx-",
            "license",
            "licence",
            "all rights reserved",
        ]
        .iter()
        .any(|word| lower.contains(word))
        || [
            "vim:",
            "vi:",
            "ex:",
            "nixamine:",
            "deadnix:",
            "nixfmt:",
            "editorconfig",
            "shellcheck",
        ]
        .iter()
        .any(|word| lower.starts_with(word))
        || is_generated(comment)
    {
        Kind::Notice
    } else if !text.chars().any(char::is_alphabetic) {
        Kind::Empty
    } else if ["todo", "fixme", "xxx", "hack"]
        .iter()
        .any(|word| lower.starts_with(word))
        || (!text.contains(char::is_whitespace) && text.contains("://"))
        || crate::syntax::comments::is_code(text)
    {
        Kind::Noise
    } else {
        Kind::Purpose
    }
}

/// Do these comments, together, say what the module is for? A path alone
/// (`# modules/foo.nix`) repeats the file's name and says nothing.
fn says_something(comments: &[SyntaxToken]) -> bool {
    comments.iter().any(|comment| {
        let text = comment_text(comment.text());
        let is_path = text.ends_with(".nix") && !text.contains(char::is_whitespace);
        kind(comment.text()) == Kind::Purpose && !is_path
    })
}

fn is_generated(comment: &str) -> bool {
    let lower = comment.to_ascii_lowercase();
    [
        "generated by",
        "auto-generated",
        "autogenerated",
        "automatically generated",
        "do not edit",
        "do not modify",
        "@generated",
        "was generated",
        "file is generated",
    ]
    .iter()
    .any(|mark| lower.contains(mark))
}

/// How many lines of `tree` hold more than white space and comments.
pub(crate) fn code_lines(tree: &Tree) -> u32 {
    // A line has code when a token other than trivia touches it. On green
    // nodes, because this looks at every token.
    let (mut code, mut line, mut last_line) = (0, 0u32, None);
    let mut stack = vec![tree.green().children()];
    while let Some(children) = stack.last_mut() {
        match children.next() {
            None => {
                stack.pop();
            }
            Some(NodeOrToken::Node(node)) => stack.push(node.children()),
            Some(NodeOrToken::Token(token)) => {
                let breaks = token.text().bytes().filter(|b| *b == b'\n').count() as u32;
                if !is_trivia(token.kind()) {
                    let first = if last_line == Some(line) {
                        line + 1
                    } else {
                        line
                    };
                    code += (line + breaks + 1).saturating_sub(first);
                    last_line = Some(line + breaks);
                }
                line += breaks;
            }
        }
    }
    code
}
