//! What an expression in a list of modules names.

use super::Target;
use super::collect::is_operator;
use crate::semantics::{self, Env, without_parens};
use crate::syntax::{AstNode, AstToken, SyntaxKind, SyntaxNode, ast};
use smol_str::SmolStr;

/// A piece of a path: text, or something that is not known.
enum Piece {
    Text(String),
    /// The folder of the flake.
    Flake,
    /// A folder of another flake, or of nixpkgs.
    Foreign,
    Unknown(SmolStr),
}

fn pieces(expr: &SyntaxNode, env: &Env, out: &mut Vec<Piece>) {
    let expr = without_parens(expr);
    match expr.kind() {
        SyntaxKind::NODE_PATH_REL => {
            let Some(path) = ast::PathRel::cast(expr) else {
                return;
            };
            for part in path.parts() {
                match part {
                    ast::InterpolPart::Literal(text) => {
                        out.push(Piece::Text(text.syntax().text().to_owned()));
                    }
                    ast::InterpolPart::Interpolation(inner) => match inner.expr() {
                        Some(expr) => pieces(expr.syntax(), env, out),
                        None => out.push(Piece::Unknown(SmolStr::default())),
                    },
                }
            }
        }
        SyntaxKind::NODE_STRING => {
            let Some(string) = ast::Str::cast(expr) else {
                return;
            };
            for part in string.normalized_parts() {
                match part {
                    ast::InterpolPart::Literal(text) => out.push(Piece::Text(text)),
                    ast::InterpolPart::Interpolation(inner) => match inner.expr() {
                        Some(expr) => pieces(expr.syntax(), env, out),
                        None => out.push(Piece::Unknown(SmolStr::default())),
                    },
                }
            }
        }
        SyntaxKind::NODE_BIN_OP if is_operator(&expr, ast::BinOpKind::Add) => {
            for operand in expr.children() {
                pieces(&operand, env, out);
            }
        }
        SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT if is_own_flake(&expr, env) => {
            out.push(Piece::Flake);
        }
        SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT if is_foreign(&expr, env) => {
            out.push(Piece::Foreign);
        }
        _ => out.push(Piece::Unknown(expr.text().to_string().into())),
    }
}

/// `self`, `inputs.self`, `self.outPath`.
pub(super) fn is_own_flake(expr: &SyntaxNode, env: &Env) -> bool {
    let names = argument(expr, env).unwrap_or_default();
    let names: Vec<_> = names.iter().map(SmolStr::as_str).collect();
    matches!(
        names.as_slice(),
        ["self"] | ["self", "outPath"] | ["inputs", "self"] | ["inputs", "self", "outPath"]
    )
}

/// `modulesPath`, `pkgs.path`, `inputs.x`, `inputs.x.outPath`.
fn is_foreign(expr: &SyntaxNode, env: &Env) -> bool {
    let names = argument(expr, env).unwrap_or_default();
    let names: Vec<_> = names.iter().map(SmolStr::as_str).collect();
    matches!(
        names.as_slice(),
        ["modulesPath"] | ["pkgs", "path"] | ["inputs", _] | ["inputs", _, "outPath"]
    ) && !is_own_flake(expr, env)
}

/// The names that lead to something that a function is given.
fn argument(expr: &SyntaxNode, env: &Env) -> Option<Vec<SmolStr>> {
    let meaning = env.meaning(expr)?;
    let semantics::Origin::Argument(origin) = &meaning.origin else {
        return None;
    };
    let names = [origin.clone()].into_iter().chain(meaning.path);
    Some(names.collect())
}

/// The file or folder that an expression in an import list names.
pub(super) fn path_target(expr: &SyntaxNode, env: &Env) -> Target {
    let mut parts = Vec::new();
    pieces(expr, env, &mut parts);
    let mut rest = parts.as_slice();
    let from_flake = matches!(rest.first(), Some(Piece::Flake));
    if from_flake {
        rest = &rest[1..];
    } else if matches!(rest.first(), Some(Piece::Foreign)) {
        return Target::Foreign;
    } else {
        // A string that does not start with a path is a name, not a place.
        let relative = matches!(rest.first(), Some(Piece::Text(text)) if text.starts_with('.'));
        if !relative {
            return Target::Unknown;
        }
    }
    let (mut before, mut after, mut holes) = (String::new(), String::new(), 0);
    let mut hole = SmolStr::default();
    for piece in rest {
        match piece {
            Piece::Text(text) if holes == 0 => before.push_str(text),
            Piece::Text(text) => after.push_str(text),
            Piece::Unknown(text) => {
                holes += 1;
                hole = text.clone();
            }
            Piece::Flake | Piece::Foreign => return Target::Unknown,
        }
    }
    let before = before.trim_start_matches('/').to_owned();
    match (holes, from_flake) {
        (0, false) => Target::Path(before),
        (0, true) => Target::FromFlake(before),
        (1, _) => Target::Pattern {
            before,
            after,
            hole,
            from_flake,
        },
        _ => Target::Unknown,
    }
}

pub(super) fn tree(folder: &SyntaxNode, env: &Env, skip_underscore: bool) -> Target {
    match path_target(folder, env) {
        Target::Path(folder) => Target::Tree {
            folder,
            skip_underscore,
        },
        _ => Target::Unknown,
    }
}

/// A module by name: of this flake, or of another.
pub(super) fn named_target(expr: &SyntaxNode, env: &Env) -> Target {
    let Some(meaning) = env.meaning(expr) else {
        return Target::Unknown;
    };
    let mut names: Vec<&str> = match &meaning.origin {
        semantics::Origin::Config(_) => vec!["config"],
        semantics::Origin::Argument(name) => vec![name],
        _ => return Target::Unknown,
    };
    names.extend(meaning.path.iter().map(SmolStr::as_str));
    let own: &[&str] = match names.as_slice() {
        // Which ones these are, the module system decides.
        ["ezModules", name] => return Target::Named(format!("ezModules.{name}").into()),
        ["self" | "outputs" | "flake", rest @ ..]
        | ["inputs", "self", rest @ ..]
        | ["config", "flake", rest @ ..] => rest,
        // `inputs.x.nixosModules.y`, `x.nixosModules.y`
        [_, .., outputs, _] if outputs.ends_with("Modules") || *outputs == "nixosModules" => {
            return Target::Foreign;
        }
        [_, rest @ ..]
            if rest
                .iter()
                .any(|name| name.ends_with("Modules") || *name == "modules") =>
        {
            return Target::Foreign;
        }
        _ => return Target::Unknown,
    };
    match own {
        [
            outputs @ ("nixosModules" | "homeManagerModules" | "homeModules" | "darwinModules"),
            name,
        ] => Target::Named(format!("{outputs}.{name}").into()),
        ["modules", class, name] => Target::Named(format!("modules.{class}.{name}").into()),
        _ => Target::Unknown,
    }
}
