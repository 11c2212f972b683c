//! Conditions under which a definition holds.

use super::collect::{env_at, let_value};
use crate::semantics::{Env, Origin, without_parens};
use crate::syntax::{AstNode, NodeOrToken, SyntaxKind, SyntaxNode, ast};
use smol_str::SmolStr;

/// A condition, normalised: names are what they stand for, white space and
/// comments are gone, an outer `!` is in `negated`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guard {
    text: SmolStr,
    negated: bool,
    /// `x == literal` as `x` and the literal.
    equals: Option<(SmolStr, SmolStr)>,
}

/// Names that are followed into each other.
const MOST_FOLLOWED: u32 = 4;
/// What names stand for is written out until a condition is so long, in bytes.
const LONGEST: usize = 400;

impl Guard {
    /// The guards that `condition` makes: one for each operand of `&&`.
    /// `true` makes none.
    pub(super) fn of(condition: &SyntaxNode, negated: bool, env: &Env) -> Vec<Self> {
        Self::following(condition, negated, env, MOST_FOLLOWED)
    }

    fn following(condition: &SyntaxNode, negated: bool, env: &Env, fuel: u32) -> Vec<Self> {
        let condition = without_parens(condition);
        // The name says nothing in another file.
        if fuel > 0
            && let Some(bound) = named(&condition, env)
        {
            return Self::following(&bound, negated, &env_at(&bound), fuel - 1);
        }
        if let Some(unary) = ast::UnaryOp::cast(condition.clone())
            && unary.operator() == Some(ast::UnaryOpKind::Invert)
            && let Some(operand) = unary.expr()
        {
            return Self::following(operand.syntax(), !negated, env, fuel);
        }
        if let Some(operation) = ast::BinOp::cast(condition.clone())
            && let (Some(left), Some(right)) = (operation.lhs(), operation.rhs())
        {
            match operation.operator() {
                Some(ast::BinOpKind::And) if !negated => {
                    let mut guards = Self::following(left.syntax(), false, env, fuel);
                    guards.extend(Self::following(right.syntax(), false, env, fuel));
                    return guards;
                }
                Some(op @ (ast::BinOpKind::Equal | ast::BinOpKind::NotEqual)) => {
                    let (left, right) = (
                        normalise(left.syntax(), env),
                        normalise(right.syntax(), env),
                    );
                    let negated = negated != (op == ast::BinOpKind::NotEqual);
                    let text = format!("{left}=={right}").into();
                    let equals = is_literal(&right).then_some((left, right));
                    return vec![Self {
                        text,
                        negated,
                        equals,
                    }];
                }
                _ => {}
            }
        }
        let text = normalise(&condition, env);
        if text == if negated { "false" } else { "true" } {
            return Vec::new();
        }
        vec![Self {
            text,
            negated,
            equals: None,
        }]
    }

    /// The choice of one of several files by the expression `hole`: two
    /// different ones never meet.
    pub(crate) fn choice(hole: &str, name: &str) -> Self {
        let (hole, name): (SmolStr, SmolStr) = (format!("choice {hole}").into(), name.into());
        Self {
            text: format!("{hole}=={name}").into(),
            negated: false,
            equals: Some((hole, name)),
        }
    }

    /// Whether a filter that is not understood keeps a file: nobody knows, and of
    /// two files it may keep one.
    pub(crate) fn doubt(filter: &str, name: &str) -> Self {
        Self {
            text: format!("({filter}) \"{name}\"").into(),
            negated: false,
            equals: None,
        }
    }

    /// Does it pick a configuration, and so leave no doubt within one?
    pub fn is_choice(&self) -> bool {
        self.text.starts_with("choice ")
    }

    /// Of a choice: what is chosen for, and which one.
    pub fn chosen(&self) -> Option<(&str, &str)> {
        let (hole, name) = self.equals.as_ref().filter(|_| self.is_choice())?;
        Some((hole, name))
    }

    /// The option whose value it is, as `config.x.enable` is, and whether the
    /// opposite is asked for.
    pub(crate) fn option(&self) -> Option<(Vec<&str>, bool)> {
        let path = self.text.strip_prefix("config.")?;
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let is_path = path.bytes().all(is_plain) && self.equals.is_none();
        is_path.then(|| (path.split('.').collect(), self.negated))
    }

    /// The guard of code that never runs.
    pub fn is_never(&self) -> bool {
        self.text == if self.negated { "true" } else { "false" }
    }

    /// Can both never hold at once?
    pub fn contradicts(&self, other: &Self) -> bool {
        if self.text == other.text {
            return self.negated != other.negated;
        }
        match (&self.equals, &other.equals) {
            (Some((left, a)), Some((right, b))) => {
                left == right && a != b && !self.negated && !other.negated
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.text.strip_prefix("choice ").unwrap_or(&self.text);
        match self.negated {
            true if text.contains([' ', '=']) => write!(f, "!({text})"),
            true => write!(f, "!{text}"),
            false => f.write_str(text),
        }
    }
}

fn is_literal(text: &str) -> bool {
    text.starts_with(|c: char| c == '"' || c.is_ascii_digit()) && !text.contains("${")
}

/// The text of an expression without trivia and with names resolved, so that
/// `cfg.enable` and `config.services.x.enable` are the same.
pub(super) fn normalise(expr: &SyntaxNode, env: &Env) -> SmolStr {
    let mut text = String::new();
    write(expr, env, MOST_FOLLOWED, &mut text);
    text.into()
}

/// What a name is bound to by a `let`, if it is no other name for something known.
fn named(expr: &SyntaxNode, env: &Env) -> Option<SyntaxNode> {
    let is_name = expr.kind() == SyntaxKind::NODE_IDENT && env.meaning(expr).is_none();
    is_name.then(|| let_value(expr)).flatten()
}

fn write(node: &SyntaxNode, env: &Env, fuel: u32, out: &mut String) {
    if matches!(
        node.kind(),
        SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT
    ) && let Some(meaning) = env.meaning(node)
    {
        match &meaning.origin {
            Origin::Lib => out.push_str("lib"),
            Origin::Builtins => {}
            // Modules of one configuration share their `config`.
            Origin::Config(_) => out.push_str("config"),
            Origin::Argument(name) => out.push_str(name),
        }
        for name in &meaning.path {
            if !out.is_empty() && meaning.origin != Origin::Builtins {
                out.push('.');
            }
            out.push_str(name);
        }
        return;
    }
    if fuel > 0
        && out.len() < LONGEST
        && let Some(bound) = named(node, env)
        && usize::from(bound.text_range().len()) < LONGEST
    {
        out.push('(');
        write(&without_parens(&bound), &env_at(&bound), fuel - 1, out);
        out.push(')');
        return;
    }
    let parens = node.kind() == SyntaxKind::NODE_PAREN;
    for element in node.children_with_tokens() {
        match element {
            NodeOrToken::Node(child) => {
                if node.kind() == SyntaxKind::NODE_APPLY && !out.is_empty() {
                    out.push(' ');
                }
                write(&child, env, fuel, out);
            }
            NodeOrToken::Token(token) => match token.kind() {
                SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT => {}
                SyntaxKind::TOKEN_L_PAREN | SyntaxKind::TOKEN_R_PAREN if !parens => {}
                _ => out.push_str(token.text()),
            },
        }
    }
}
