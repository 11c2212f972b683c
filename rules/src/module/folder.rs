//! Lists of modules that are read off a folder: `readDir` and what people filter and
//! map its answer with.
//!
//! What an expression reads is followed step by step: the entries of a folder, their
//! names, the paths made of them. A step that is not understood ends it, and the list
//! is unknown; only a filter that is not understood leaves each file in doubt.

use super::collect::{env_at, is_operator, let_value};
use super::guard::normalise;
use crate::semantics::{Env, Origin, application, string_literal, without_parens};
use crate::syntax::{AstNode, AstToken, SyntaxKind, SyntaxNode, ast};
use smol_str::SmolStr;

/// A list of modules that is read off a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// The folder.
    pub(crate) read: Spot,
    /// Is every file below meant, and not what stands in the folder itself?
    pub(crate) is_deep: bool,
    /// What is kept has to pass all of these.
    pub(crate) wanted: Vec<Wanted>,
    /// What is imported for an entry. Means nothing where every file below is meant.
    pub(crate) import: Spot,
}

/// A path, in which the name of an entry may stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spot {
    /// Relative to the folder of the flake?
    pub(crate) from_flake: bool,
    pub(crate) before: String,
    pub(crate) has_name: bool,
    pub(crate) after: String,
}

impl Spot {
    /// A folder of the flake.
    pub(crate) fn flake(path: &str) -> Self {
        Self {
            from_flake: true,
            before: format!("/{path}"),
            ..Self::default()
        }
    }

    fn push(&mut self, text: &str) {
        match self.has_name {
            true => self.after.push_str(text),
            false => self.before.push_str(text),
        }
    }

    /// The path for an entry.
    pub(crate) fn of(&self, name: &str) -> String {
        match self.has_name {
            true => format!("{}{name}{}", self.before, self.after),
            false => self.before.clone(),
        }
    }
}

/// What a filter asks of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    /// It has this name.
    Name(SmolStr),
    /// Its name ends so.
    Suffix(SmolStr),
    /// Its name starts so.
    Prefix(SmolStr),
    /// It is of this type.
    Type(SmolStr),
    /// It is this file.
    File(Spot),
    /// There is such a file.
    Exists(Spot),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    /// Something that is not understood, as it is written.
    Doubt(SmolStr),
}

/// An entry of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry<'p> {
    pub(crate) name: &'p str,
    pub(crate) is_folder: bool,
    /// From the root of the workspace.
    pub(crate) path: &'p str,
}

impl Wanted {
    /// Does an entry pass? `None` when that is not known. `find` gives the path from
    /// the root of the workspace, `exists` says of one whether it is there.
    pub(crate) fn keeps(
        &self,
        entry: &Entry<'_>,
        find: &dyn Fn(&Spot, &str) -> Option<String>,
        exists: &dyn Fn(&str) -> Option<bool>,
    ) -> Option<bool> {
        let each = |all: &[Self], until: bool| {
            let mut known = true;
            for it in all {
                match it.keeps(entry, find, exists) {
                    Some(kept) if kept == until => return Some(until),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(!until)
        };
        match self {
            Self::Name(name) => Some(entry.name == name),
            Self::Suffix(end) => Some(entry.name.ends_with(end.as_str())),
            Self::Prefix(start) => Some(entry.name.starts_with(start.as_str())),
            Self::Type(name) => match name.as_str() {
                "directory" => Some(entry.is_folder),
                "regular" => Some(!entry.is_folder),
                _ => Some(false),
            },
            Self::File(spot) => find(spot, "").map(|path| path == entry.path),
            Self::Exists(spot) => find(spot, entry.name).and_then(|path| exists(&path)),
            Self::Not(inner) => inner.keeps(entry, find, exists).map(|kept| !kept),
            Self::All(all) => each(all, false),
            Self::Any(all) => each(all, true),
            Self::Doubt(_) => None,
        }
    }

    /// What is not understood.
    pub(crate) fn doubt(&self) -> Option<&str> {
        match self {
            Self::Not(inner) => inner.doubt(),
            Self::All(all) | Self::Any(all) => all.iter().find_map(Self::doubt),
            Self::Doubt(text) => Some(text),
            Self::Exists(_) => Some("pathExists"),
            _ => None,
        }
    }
}

/// Without one of these in its text a file reads no folder.
pub(super) const READERS: [&[u8]; 2] = [b"readDir", b"listFilesRecursive"];

/// More names and functions than this are not followed for one list.
const FUEL: u32 = 40;

/// What a step makes of a folder.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// The path of the folder.
    Place,
    /// A set of names and types, as `readDir` gives it.
    Entries,
    /// A list of names.
    Names,
    /// A set of names and paths.
    Mapped,
    /// A list of paths.
    Paths,
    /// A list of all files below, and whether they are strings.
    Files { strings: bool },
}

struct Value {
    kind: Kind,
    folder: Folder,
}

/// What a variable of a function stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Subject {
    Name,
    Type,
    File { string: bool },
    Other,
}

type Scope = Vec<(SmolStr, Subject)>;

enum Argument {
    Code(SyntaxNode),
    Subject(Subject),
}

/// What a function makes of the name of an entry.
enum Made {
    Name,
    Path(Spot),
}

/// The folder that a list of modules is read off, and the expressions elsewhere in
/// the file that decide it.
pub(super) fn listing(expr: &SyntaxNode, env: &Env) -> (Option<Folder>, Vec<SyntaxNode>) {
    let mut reader = Reader {
        fuel: FUEL,
        followed: Vec::new(),
        root: None,
    };
    let value = reader.eval(expr, env);
    let value = value.filter(|it| matches!(it.kind, Kind::Paths | Kind::Files { .. }));
    (value.map(|value| value.folder), reader.followed)
}

/// The folder that an expression names. `root` is what it may call
/// `config.ezConfigs.root`.
pub(super) fn place(expr: &SyntaxNode, env: &Env, root: Option<&Spot>) -> Option<Spot> {
    let mut reader = Reader {
        fuel: FUEL,
        followed: Vec::new(),
        root: root.cloned(),
    };
    let spot = reader.spot(expr, &Scope::new(), env)?;
    (!spot.has_name).then_some(spot)
}

struct Reader {
    fuel: u32,
    followed: Vec<SyntaxNode>,
    root: Option<Spot>,
}

impl Reader {
    fn burn(&mut self) -> Option<()> {
        self.fuel = self.fuel.checked_sub(1)?;
        Some(())
    }

    /// What a `let` of the file binds a name to.
    fn follow(&mut self, name: &SyntaxNode) -> Option<(SyntaxNode, Env)> {
        if name.kind() != SyntaxKind::NODE_IDENT {
            return None;
        }
        let bound = let_value(name)?;
        self.burn()?;
        self.followed.push(bound.clone());
        let env = env_at(&bound);
        Some((without_parens(&bound), env))
    }

    fn eval(&mut self, expr: &SyntaxNode, env: &Env) -> Option<Value> {
        self.burn()?;
        let expr = without_parens(expr);
        match expr.kind() {
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
                self.eval(&expr.last_child()?, &env.enter(&expr))
            }
            SyntaxKind::NODE_BIN_OP if is_operator(&expr, ast::BinOpKind::PipeRight) => {
                let pipe = ast::BinOp::cast(expr)?;
                let value = self.eval(pipe.lhs()?.syntax(), env)?;
                self.apply(pipe.rhs()?.syntax(), env, value)
            }
            SyntaxKind::NODE_APPLY => self.call(&expr, env),
            SyntaxKind::NODE_IDENT => match self.follow(&expr) {
                Some((bound, env)) => self.eval(&bound, &env),
                None => self.place(&expr, env),
            },
            _ => self.place(&expr, env),
        }
    }

    fn place(&mut self, expr: &SyntaxNode, env: &Env) -> Option<Value> {
        let read = self.spot(expr, &Vec::new(), env)?;
        let import = read.clone();
        (!read.has_name).then_some(Value {
            kind: Kind::Place,
            folder: Folder {
                read,
                is_deep: false,
                wanted: Vec::new(),
                import,
            },
        })
    }

    fn call(&mut self, expr: &SyntaxNode, env: &Env) -> Option<Value> {
        let (function, arguments) = application(expr)?;
        match (name_of(&function, env).as_deref(), arguments.as_slice()) {
            (Some("pipe"), [start, steps]) => {
                let steps = without_parens(steps);
                if steps.kind() != SyntaxKind::NODE_LIST {
                    return None;
                }
                let mut value = self.eval(start, env)?;
                for step in steps.children() {
                    value = self.apply(&step, env, value)?;
                }
                Some(value)
            }
            (Some("forEach"), [list, function]) => {
                let value = self.eval(list, env)?;
                self.step("map", std::slice::from_ref(function), env, value)
            }
            (Some("removeAttrs"), [set, names]) => {
                let mut value = self.eval(set, env)?;
                if !matches!(value.kind, Kind::Entries | Kind::Mapped) {
                    return None;
                }
                let names = names_in(names)?.into_iter().map(Wanted::Name).collect();
                let none = Wanted::Not(Box::new(Wanted::Any(names)));
                value.folder.wanted.push(none);
                Some(value)
            }
            (Some("append"), _) => self.place(expr, env),
            (Some(name), [first @ .., last]) => {
                let value = self.eval(last, env)?;
                self.step(name, first, env, value)
            }
            _ => None,
        }
    }

    /// A function without its last argument, which is `value`.
    fn apply(&mut self, function: &SyntaxNode, env: &Env, value: Value) -> Option<Value> {
        self.burn()?;
        let function = without_parens(function);
        match application(&function) {
            Some((function, arguments)) => {
                let name = name_of(&function, env)?;
                self.step(&name, &arguments, env, value)
            }
            None => self.step(&name_of(&function, env)?, &[], env, value),
        }
    }

    fn step(
        &mut self,
        name: &str,
        arguments: &[SyntaxNode],
        env: &Env,
        mut value: Value,
    ) -> Option<Value> {
        let kind = match (name, arguments, value.kind) {
            ("readDir", [], Kind::Place) => Kind::Entries,
            ("listFilesRecursive", [], Kind::Place) => {
                value.folder.is_deep = true;
                Kind::Files { strings: false }
            }
            ("attrNames", [], Kind::Entries | Kind::Mapped) => Kind::Names,
            ("attrValues", [], Kind::Mapped) => Kind::Paths,
            ("flatten" | "unique" | "naturalSort", [], Kind::Names | Kind::Paths) => value.kind,
            ("filterAttrs", [predicate], Kind::Entries) => {
                let subjects = [Subject::Name, Subject::Type];
                let wanted = self.predicate(predicate, &subjects, env);
                value.folder.wanted.push(wanted);
                value.kind
            }
            ("filterAttrs", [predicate], Kind::Mapped) => {
                let subjects = [Subject::Name, Subject::Other];
                let wanted = self.predicate(predicate, &subjects, env);
                value.folder.wanted.push(wanted);
                value.kind
            }
            ("filter", [predicate], Kind::Names | Kind::Paths | Kind::Files { .. }) => {
                let subject = match value.kind {
                    Kind::Names => Subject::Name,
                    Kind::Files { strings } => Subject::File { string: strings },
                    _ => Subject::Other,
                };
                let wanted = self.predicate(predicate, &[subject], env);
                value.folder.wanted.push(wanted);
                value.kind
            }
            ("remove", [name], Kind::Names) => {
                let name = text_of(name)?;
                let not = Wanted::Not(Box::new(Wanted::Name(name)));
                value.folder.wanted.push(not);
                value.kind
            }
            ("subtractLists", [names], Kind::Names) => {
                let names = names_in(names)?.into_iter().map(Wanted::Name).collect();
                let not = Wanted::Not(Box::new(Wanted::Any(names)));
                value.folder.wanted.push(not);
                value.kind
            }
            ("map", [function], Kind::Files { .. } | Kind::Paths) => {
                let function = without_parens(function);
                match (name_of(&function, env).as_deref(), value.kind) {
                    (Some("toString"), Kind::Files { .. }) => Kind::Files { strings: true },
                    (Some("import"), kind) => kind,
                    _ => return None,
                }
            }
            ("map", [function], Kind::Names) => {
                match self.made(function, &[Subject::Name], env)? {
                    Made::Name => Kind::Names,
                    Made::Path(spot) => {
                        value.folder.import = spot;
                        Kind::Paths
                    }
                }
            }
            ("mapAttrs" | "mapAttrsToList", [function], Kind::Entries) => {
                let subjects = [Subject::Name, Subject::Type];
                match (self.made(function, &subjects, env)?, name) {
                    (Made::Name, "mapAttrsToList") => Kind::Names,
                    (Made::Name, _) => return None,
                    (Made::Path(spot), name) => {
                        value.folder.import = spot;
                        match name {
                            "mapAttrs" => Kind::Mapped,
                            _ => Kind::Paths,
                        }
                    }
                }
            }
            _ => return None,
        };
        value.kind = kind;
        Some(value)
    }

    /// The body of a function for which `subjects` are what it gets, and what its
    /// variables stand for.
    fn body(
        &mut self,
        function: &SyntaxNode,
        subjects: &[Subject],
        env: &Env,
    ) -> Option<(SyntaxNode, Scope, Env)> {
        self.burn()?;
        let function = without_parens(function);
        if function.kind() == SyntaxKind::NODE_IDENT {
            let (bound, env) = self.follow(&function)?;
            return self.body(&bound, subjects, &env);
        }
        let (mut body, mut env, mut scope) = (function, env.clone(), Scope::new());
        for subject in subjects {
            let lambda = ast::Lambda::cast(body.clone())?;
            let ast::Param::IdentParam(param) = lambda.param()? else {
                return None;
            };
            let name = param.ident()?.ident_token()?.text().into();
            scope.push((name, *subject));
            env = env.enter(&body);
            body = without_parens(lambda.body()?.syntax());
        }
        Some((body, scope, env))
    }

    /// What a function makes of the name of an entry.
    fn made(&mut self, function: &SyntaxNode, subjects: &[Subject], env: &Env) -> Option<Made> {
        let function = without_parens(function);
        // `lib.path.append ./modules`
        if let Some((append, arguments)) = application(&function)
            && let [folder] = arguments.as_slice()
            && name_of(&append, env).as_deref() == Some("append")
        {
            let mut spot = self.spot(folder, &Scope::new(), env)?;
            if spot.has_name {
                return None;
            }
            spot.before.push('/');
            spot.has_name = true;
            return Some(Made::Path(spot));
        }
        let (body, scope, env) = self.body(&function, subjects, env)?;
        self.made_of(&body, &scope, &env)
    }

    fn made_of(&mut self, body: &SyntaxNode, scope: &Scope, env: &Env) -> Option<Made> {
        self.burn()?;
        let body = without_parens(body);
        if subject_of(&body, scope) == Some(Subject::Name) {
            return Some(Made::Name);
        }
        if let Some((function, arguments)) = application(&body) {
            match (name_of(&function, env).as_deref(), arguments.as_slice()) {
                (Some("import"), [path]) => {
                    let spot = self.spot(path, scope, env)?;
                    return spot.has_name.then_some(Made::Path(spot));
                }
                (Some("append"), _) => {}
                (None, arguments) if function.kind() == SyntaxKind::NODE_IDENT => {
                    let subjects: Option<Vec<_>> = arguments
                        .iter()
                        .map(|argument| subject_of(argument, scope))
                        .collect();
                    let (body, scope, env) = self.body(&function, &subjects?, env)?;
                    return self.made_of(&body, &scope, &env);
                }
                _ => return None,
            }
        }
        let spot = self.spot(&body, scope, env)?;
        spot.has_name.then_some(Made::Path(spot))
    }

    /// A path in which the name of an entry may stand.
    fn spot(&mut self, expr: &SyntaxNode, scope: &Scope, env: &Env) -> Option<Spot> {
        let mut spot = Spot::default();
        self.pieces(expr, scope, env, &mut spot)?;
        // A string that does not start with a path is a name, not a place.
        (spot.from_flake || spot.before.starts_with('.')).then_some(spot)
    }

    fn pieces(
        &mut self,
        expr: &SyntaxNode,
        scope: &Scope,
        env: &Env,
        out: &mut Spot,
    ) -> Option<()> {
        self.burn()?;
        let expr = without_parens(expr);
        if let Some(subject) = subject_of(&expr, scope) {
            if subject != Subject::Name || out.has_name {
                return None;
            }
            out.has_name = true;
            return Some(());
        }
        match expr.kind() {
            SyntaxKind::NODE_PATH_REL => {
                for part in ast::PathRel::cast(expr)?.parts() {
                    match part {
                        ast::InterpolPart::Literal(text) => out.push(text.syntax().text()),
                        ast::InterpolPart::Interpolation(inner) => {
                            self.pieces(inner.expr()?.syntax(), scope, env, out)?;
                        }
                    }
                }
                Some(())
            }
            SyntaxKind::NODE_STRING => {
                for part in ast::Str::cast(expr)?.normalized_parts() {
                    match part {
                        ast::InterpolPart::Literal(text) => out.push(&text),
                        ast::InterpolPart::Interpolation(inner) => {
                            self.pieces(inner.expr()?.syntax(), scope, env, out)?;
                        }
                    }
                }
                Some(())
            }
            SyntaxKind::NODE_BIN_OP if is_operator(&expr, ast::BinOpKind::Add) => {
                for operand in expr.children() {
                    self.pieces(&operand, scope, env, out)?;
                }
                Some(())
            }
            SyntaxKind::NODE_APPLY => {
                let (function, arguments) = application(&expr)?;
                match (name_of(&function, env)?.as_str(), arguments.as_slice()) {
                    ("append", [folder, name]) => {
                        self.pieces(folder, scope, env, out)?;
                        out.push("/");
                        self.pieces(name, scope, env, out)
                    }
                    ("toString", [path]) => self.pieces(path, scope, env, out),
                    _ => None,
                }
            }
            SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT => {
                if super::targets::is_own_flake(&expr, env) {
                    let first = out.before.is_empty() && !out.has_name && !out.from_flake;
                    out.from_flake = true;
                    return first.then_some(());
                }
                if let Some(root) = self.root.clone().filter(|_| is_root_option(&expr, env)) {
                    let first = out.before.is_empty() && !out.has_name && !out.from_flake;
                    *out = root;
                    return first.then_some(());
                }
                let (bound, env) = self.follow(&expr)?;
                // The variables of the function mean nothing there.
                self.pieces(&bound, &Scope::new(), &env, out)
            }
            _ => None,
        }
    }

    /// Which entries a predicate keeps.
    fn predicate(&mut self, predicate: &SyntaxNode, subjects: &[Subject], env: &Env) -> Wanted {
        let found = match application(&without_parens(predicate)) {
            // `lib.hasSuffix ".nix"`
            Some((function, arguments)) => {
                let mut all: Vec<_> = arguments.into_iter().map(Argument::Code).collect();
                all.extend(subjects.iter().map(|it| Argument::Subject(*it)));
                self.asked(&function, &all, &Scope::new(), env)
            }
            None => self
                .body(predicate, subjects, env)
                .map(|(body, scope, env)| self.test(&body, &scope, &env)),
        };
        found.unwrap_or_else(|| doubt(predicate, env))
    }

    fn test(&mut self, expr: &SyntaxNode, scope: &Scope, env: &Env) -> Wanted {
        self.understood(expr, scope, env)
            .unwrap_or_else(|| doubt(expr, env))
    }

    fn understood(&mut self, expr: &SyntaxNode, scope: &Scope, env: &Env) -> Option<Wanted> {
        self.burn()?;
        let expr = without_parens(expr);
        match expr.kind() {
            SyntaxKind::NODE_UNARY_OP => {
                let unary = ast::UnaryOp::cast(expr)?;
                if unary.operator() != Some(ast::UnaryOpKind::Invert) {
                    return None;
                }
                let inner = self.test(unary.expr()?.syntax(), scope, env);
                Some(Wanted::Not(Box::new(inner)))
            }
            SyntaxKind::NODE_BIN_OP => {
                let operation = ast::BinOp::cast(expr)?;
                let left = operation.lhs()?.syntax().clone();
                let right = operation.rhs()?.syntax().clone();
                match operation.operator()? {
                    ast::BinOpKind::And => Some(Wanted::All(vec![
                        self.test(&left, scope, env),
                        self.test(&right, scope, env),
                    ])),
                    ast::BinOpKind::Or => Some(Wanted::Any(vec![
                        self.test(&left, scope, env),
                        self.test(&right, scope, env),
                    ])),
                    ast::BinOpKind::Equal => self.equal(&left, &right, scope, env),
                    ast::BinOpKind::NotEqual => {
                        let equal = self.equal(&left, &right, scope, env)?;
                        Some(Wanted::Not(Box::new(equal)))
                    }
                    _ => None,
                }
            }
            SyntaxKind::NODE_APPLY => {
                let (function, arguments) = application(&expr)?;
                let all: Vec<_> = arguments.into_iter().map(Argument::Code).collect();
                self.asked(&function, &all, scope, env)
            }
            SyntaxKind::NODE_IDENT => {
                let meaning = env.meaning(&expr)?;
                let path: Vec<_> = meaning.path.iter().map(SmolStr::as_str).collect();
                match (&meaning.origin, path.as_slice()) {
                    (Origin::Builtins, ["true"]) => Some(Wanted::All(Vec::new())),
                    (Origin::Builtins, ["false"]) => Some(Wanted::Any(Vec::new())),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn equal(
        &mut self,
        left: &SyntaxNode,
        right: &SyntaxNode,
        scope: &Scope,
        env: &Env,
    ) -> Option<Wanted> {
        let (subject, other) = match self.subject(left, scope, env) {
            Some(subject) => (subject, right),
            None => (self.subject(right, scope, env)?, left),
        };
        match subject {
            Subject::Name => text_of(other).map(Wanted::Name),
            Subject::Type => text_of(other).map(Wanted::Type),
            Subject::File { string } => {
                // A path equals no string.
                let is_path = without_parens(other).kind() == SyntaxKind::NODE_PATH_REL;
                let spot = self.spot(other, &Scope::new(), env)?;
                (is_path != string && !spot.has_name).then_some(Wanted::File(spot))
            }
            Subject::Other => None,
        }
    }

    /// What a call asks of an entry.
    fn asked(
        &mut self,
        function: &SyntaxNode,
        arguments: &[Argument],
        scope: &Scope,
        env: &Env,
    ) -> Option<Wanted> {
        let mut subject = |argument: &Argument| match argument {
            Argument::Code(code) => self.subject(code, scope, env),
            Argument::Subject(subject) => Some(*subject),
        };
        match (name_of(function, env).as_deref(), arguments) {
            (Some("hasSuffix"), [Argument::Code(text), it]) => match subject(it)? {
                Subject::Name | Subject::File { .. } => text_of(text).map(Wanted::Suffix),
                _ => None,
            },
            (Some("hasPrefix"), [Argument::Code(text), it]) => match subject(it)? {
                Subject::Name => text_of(text).map(Wanted::Prefix),
                _ => None,
            },
            (Some("elem"), [it, Argument::Code(list)]) => {
                let subject = subject(it)?;
                let names = names_in(list)?.into_iter();
                match subject {
                    Subject::Name => Some(Wanted::Any(names.map(Wanted::Name).collect())),
                    Subject::Type => Some(Wanted::Any(names.map(Wanted::Type).collect())),
                    _ => None,
                }
            }
            (Some("pathExists"), [Argument::Code(path)]) => {
                let spot = self.spot(path, scope, env)?;
                spot.has_name.then_some(Wanted::Exists(spot))
            }
            (None, arguments) => {
                let subjects: Option<Vec<_>> = arguments.iter().map(subject).collect();
                let (body, scope, env) = self.body(function, &subjects?, env)?;
                Some(self.test(&body, &scope, &env))
            }
            _ => None,
        }
    }

    /// What an expression in a predicate speaks of.
    fn subject(&mut self, expr: &SyntaxNode, scope: &Scope, env: &Env) -> Option<Subject> {
        if let Some(subject) = subject_of(expr, scope) {
            return Some(subject);
        }
        let (function, arguments) = application(&without_parens(expr))?;
        let [argument] = arguments.as_slice() else {
            return None;
        };
        match (
            name_of(&function, env)?.as_str(),
            self.subject(argument, scope, env)?,
        ) {
            ("toString", Subject::File { .. }) => Some(Subject::File { string: true }),
            ("toString", subject @ (Subject::Name | Subject::Type)) => Some(subject),
            ("baseNameOf", Subject::File { .. } | Subject::Name) => Some(Subject::Name),
            _ => None,
        }
    }
}

/// The name of a function of `lib` or of Nix itself.
fn name_of(function: &SyntaxNode, env: &Env) -> Option<SmolStr> {
    let meaning = env.meaning(function)?;
    if let Some(name) = meaning.lib_function() {
        return Some(name.into());
    }
    match (&meaning.origin, meaning.path.as_slice()) {
        (Origin::Builtins, [name]) => Some(name.clone()),
        (Origin::Lib, [room, name]) if room == "path" => Some(name.clone()),
        _ => None,
    }
}

/// `config.ezConfigs.root`
fn is_root_option(expr: &SyntaxNode, env: &Env) -> bool {
    env.meaning(expr).is_some_and(|meaning| {
        matches!(meaning.origin, Origin::Config(_)) && meaning.path == ["ezConfigs", "root"]
    })
}

/// The variable that an expression is.
fn subject_of(expr: &SyntaxNode, scope: &Scope) -> Option<Subject> {
    let name = ast::Ident::cast(without_parens(expr))?;
    let name = name.ident_token()?;
    let found = scope.iter().rev().find(|(own, _)| own == name.text())?;
    Some(found.1)
}

fn text_of(expr: &SyntaxNode) -> Option<SmolStr> {
    string_literal(&ast::Str::cast(without_parens(expr))?)
}

fn names_in(list: &SyntaxNode) -> Option<Vec<SmolStr>> {
    let list = without_parens(list);
    if list.kind() != SyntaxKind::NODE_LIST {
        return None;
    }
    list.children().map(|it| text_of(&it)).collect()
}

fn doubt(condition: &SyntaxNode, env: &Env) -> Wanted {
    Wanted::Doubt(normalise(condition, env))
}
