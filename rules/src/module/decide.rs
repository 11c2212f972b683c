//! What in a module stands where it cannot work, or decides more than it may: the
//! imports and the shape of a module are read before there is a `config`.

use super::collect::{is_operator, let_value};
use super::env_at;
use crate::semantics::{self, Env, Meaning, application, string_literal, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, ast};
use smol_str::SmolStr;

/// Something in a module that the structure of modules does not provide for.
#[derive(Debug, Clone, PartialEq)]
pub struct Irregular {
    /// What it is.
    pub what: Irregularity,
    /// Its text.
    pub range: TextRange,
}

/// What can be irregular about a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Irregularity {
    /// `imports` in a condition or merge that is the module, or among its settings.
    MisplacedImports {
        /// Is it among the settings?
        in_config: bool,
        /// Is it there in any case, however conditions turn out?
        certain: bool,
    },
    /// An import that is a string: its value.
    ImportedText(SmolStr),
    /// An import that is read by `import`, without arguments: the path, as it is
    /// written.
    ImportedValue(SmolStr),
    /// What has to be known before the imports are: the name of the argument, and
    /// what is selected from it.
    DecidesImports(SmolStr, SmolStr),
    /// What has to be known before it is known which options the module sets.
    DecidesShape(SmolStr),
}

/// Names that are followed for one expression.
const MOST_FOLLOWED: u32 = 8;

/// Looks for what decides in the place of a module, whose functions are `depth`.
pub(super) struct Decides<'o> {
    /// How deep the function of the module stands.
    pub(super) depth: u32,
    /// Is it the only function of the file so far? Then its other arguments are
    /// those of the module system.
    pub(super) arguments: bool,
    pub(super) found: &'o mut Vec<(TextRange, Meaning)>,
    pub(super) followed: u32,
}

impl<'o> Decides<'o> {
    pub(super) fn new(depth: u32, found: &'o mut Vec<(TextRange, Meaning)>) -> Self {
        Self {
            depth,
            arguments: depth == 1,
            found,
            followed: 0,
        }
    }

    /// An expression in the place of a list of modules.
    pub(super) fn list(&mut self, expr: &SyntaxNode, env: &Env) {
        let expr = &without_parens(expr);
        match expr.kind() {
            SyntaxKind::NODE_LIST => {
                for element in expr.children() {
                    self.element(&element, env);
                }
            }
            SyntaxKind::NODE_BIN_OP if is_operator(expr, ast::BinOpKind::Concat) => {
                for operand in expr.children() {
                    self.list(&operand, env);
                }
            }
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
                if let Some(body) = expr.last_child() {
                    self.list(&body, &env.enter(expr));
                }
            }
            SyntaxKind::NODE_APPLY => match lib_call(expr, env) {
                Some((name, arguments)) => match (name.as_str(), arguments.as_slice()) {
                    ("flatten" | "concatLists" | "unique", [list]) => self.list(list, env),
                    _ => self.value(expr, env),
                },
                None => self.value(expr, env),
            },
            _ => self.value(expr, env),
        }
    }

    /// A module in a list.
    fn element(&mut self, expr: &SyntaxNode, env: &Env) {
        let expr = &without_parens(expr);
        match lib_call(expr, env) {
            // The module system waits with the condition, but not with what it is for.
            Some((name, arguments)) if name == "mkIf" => {
                if let [_, content] = arguments.as_slice() {
                    self.shape(content, env);
                }
            }
            _ => self.value(expr, env),
        }
    }

    /// An expression in the place of a set of settings.
    pub(super) fn shape(&mut self, expr: &SyntaxNode, env: &Env) {
        let expr = &without_parens(expr);
        match lib_call(expr, env) {
            Some((name, arguments)) => match (name.as_str(), arguments.as_slice()) {
                ("mkIf" | "mkOverride", [_, content])
                | (
                    "mkForce"
                    | "mkDefault"
                    | "mkVMOverride"
                    | "mkImageMediaOverride"
                    | "mkOptionDefault",
                    [content],
                ) => self.shape(content, env),
                ("mkMerge", [list]) => self.shapes(list, env),
                _ => self.value(expr, env),
            },
            None => match expr.kind() {
                SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
                    if let Some(body) = expr.last_child() {
                        self.shape(&body, &env.enter(expr));
                    }
                }
                _ => self.value(expr, env),
            },
        }
    }

    /// The list of a `mkMerge`.
    fn shapes(&mut self, expr: &SyntaxNode, env: &Env) {
        let expr = &without_parens(expr);
        match expr.kind() {
            SyntaxKind::NODE_LIST => {
                for element in expr.children() {
                    self.shape(&element, env);
                }
            }
            SyntaxKind::NODE_BIN_OP if is_operator(expr, ast::BinOpKind::Concat) => {
                for operand in expr.children() {
                    self.shapes(&operand, env);
                }
            }
            _ => self.value(expr, env),
        }
    }

    /// What has to be known before it is known what kind of value an expression has,
    /// which attributes a set has, or how long a list is. Only what is needed in any
    /// case: of two branches neither is.
    fn value(&mut self, expr: &SyntaxNode, env: &Env) {
        let expr = &without_parens(expr);
        match expr.kind() {
            SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT => self.name(expr, env),
            SyntaxKind::NODE_IF_ELSE => {
                let condition = ast::IfElse::cast(expr.clone()).and_then(|it| it.condition());
                if let Some(condition) = condition {
                    self.value(condition.syntax(), env);
                }
            }
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
                if let Some(body) = expr.last_child() {
                    self.value(&body, &env.enter(expr));
                }
            }
            SyntaxKind::NODE_HAS_ATTR | SyntaxKind::NODE_UNARY_OP => {
                if let Some(operand) = expr.first_child() {
                    self.value(&operand, env);
                }
            }
            SyntaxKind::NODE_STRING | SyntaxKind::NODE_PATH_REL => {
                let parts = expr.children();
                for part in parts.filter(|part| part.kind() == SyntaxKind::NODE_INTERPOL) {
                    if let Some(part) = part.first_child() {
                        self.value(&part, env);
                    }
                }
            }
            SyntaxKind::NODE_BIN_OP => {
                let Some(operation) = ast::BinOp::cast(expr.clone()) else {
                    return;
                };
                let both = !matches!(
                    operation.operator(),
                    None | Some(
                        ast::BinOpKind::And | ast::BinOpKind::Or | ast::BinOpKind::Implication
                    )
                );
                if let Some(left) = operation.lhs() {
                    self.value(left.syntax(), env);
                }
                if let Some(right) = operation.rhs().filter(|_| both) {
                    self.value(right.syntax(), env);
                }
            }
            SyntaxKind::NODE_APPLY => {
                let Some((name, arguments)) = lib_call(expr, env) else {
                    return;
                };
                match (name.as_str(), arguments.as_slice()) {
                    ("optional" | "optionals" | "optionalAttrs" | "optionalString", [first, _]) => {
                        self.value(first, env);
                    }
                    (
                        "map" | "filter" | "hasAttr" | "mapAttrsToList" | "mapAttrs"
                        | "filterAttrs" | "concatMap",
                        [_, last],
                    )
                    | (
                        "import" | "attrNames" | "attrValues" | "length" | "head" | "isString"
                        | "toString",
                        [last],
                    ) => self.value(last, env),
                    ("hasPrefix" | "hasSuffix" | "recursiveUpdate" | "versionAtLeast", [a, b]) => {
                        self.value(a, env);
                        self.value(b, env);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, expr: &SyntaxNode, env: &Env) {
        // `config.x or false` needs `config` all the same.
        let of_or = ast::Select::cast(expr.clone())
            .filter(|select| select.default_expr().is_some())
            .and_then(|select| select.expr());
        let named = of_or.map_or_else(|| expr.clone(), |it| it.syntax().clone());
        if let Some(meaning) = env.meaning(&named) {
            let is_own = match &meaning.origin {
                semantics::Origin::Config(depth) => *depth == self.depth,
                semantics::Origin::Argument(name) => {
                    self.arguments && matches!(name.as_str(), "options" | "pkgs")
                }
                _ => false,
            };
            if is_own {
                self.found.push((expr.text_range(), meaning));
            }
            return;
        }
        if expr.kind() == SyntaxKind::NODE_IDENT
            && self.followed < MOST_FOLLOWED
            && let Some(bound) = let_value(expr)
        {
            self.followed += 1;
            let env = env_at(&bound);
            let before = self.found.len();
            self.value(&bound, &env);
            // It is said where it decides.
            for (range, _) in &mut self.found[before..] {
                *range = expr.text_range();
            }
        }
    }
}

/// A function of `lib` or `builtins` and its arguments.
fn lib_call(expr: &SyntaxNode, env: &Env) -> Option<(SmolStr, Vec<SyntaxNode>)> {
    let (function, arguments) = application(expr)?;
    let meaning = env.meaning(&function)?;
    let name = match (&meaning.origin, meaning.path.as_slice()) {
        (semantics::Origin::Builtins, [name]) => name.clone(),
        _ => meaning.lib_function()?.into(),
    };
    Some((name, arguments))
}

/// The elements of a list of imports that are no modules, or no longer known by
/// their path.
pub(super) fn elements(expr: &SyntaxNode, env: &Env, found: &mut Vec<Irregular>) {
    let expr = &without_parens(expr);
    match expr.kind() {
        SyntaxKind::NODE_LIST => {
            for element in expr.children() {
                found.extend(element_of(&element, env));
            }
        }
        SyntaxKind::NODE_BIN_OP if is_operator(expr, ast::BinOpKind::Concat) => {
            for operand in expr.children() {
                elements(&operand, env, found);
            }
        }
        SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
            if let Some(body) = expr.last_child() {
                elements(&body, &env.enter(expr), found);
            }
        }
        SyntaxKind::NODE_IF_ELSE => {
            for branch in expr.children().skip(1) {
                elements(&branch, env, found);
            }
        }
        SyntaxKind::NODE_APPLY => {
            let Some((name, arguments)) = lib_call(expr, env) else {
                return;
            };
            match (name.as_str(), arguments.as_slice()) {
                ("optionals", [_, list]) => elements(list, env, found),
                ("optional", [_, element]) => found.extend(element_of(element, env)),
                _ => {}
            }
        }
        _ => {}
    }
}

fn element_of(written: &SyntaxNode, env: &Env) -> Option<Irregular> {
    let expr = without_parens(written);
    let what = match expr.kind() {
        SyntaxKind::NODE_STRING => {
            Irregularity::ImportedText(string_literal(&ast::Str::cast(expr)?)?)
        }
        SyntaxKind::NODE_APPLY => {
            let (name, arguments) = lib_call(&expr, env)?;
            let [path] = arguments.as_slice() else {
                return None;
            };
            let path = without_parens(path);
            let is_path = matches!(
                path.kind(),
                SyntaxKind::NODE_PATH_REL
                    | SyntaxKind::NODE_PATH_ABS
                    | SyntaxKind::NODE_PATH_HOME
                    | SyntaxKind::NODE_PATH_SEARCH
            );
            if name != "import" || !is_path {
                return None;
            }
            Irregularity::ImportedValue(path.text().to_string().into())
        }
        _ => return None,
    };
    Some(Irregular {
        what,
        range: written.text_range(),
    })
}
