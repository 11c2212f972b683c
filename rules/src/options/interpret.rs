//! Reading declarations where they are made by functions.
//!
//! Options are declared by calls of helpers, in `let`, from lists of names. To
//! find them, the expressions on the way are read as far as the text alone
//! decides: lazily, without input or output, with a bound on depth and on steps.
//! What depends on `config`, on packages or on other inputs is *opaque*, and
//! stays so in whatever is made of it.

use super::value::{Entry, Frame, Names, Room, Scope, Set, State, Thunk, Value};
use crate::path;
use crate::semantics::{self, without_parens};
use crate::syntax::{AstNode, AstToken, HasEntry, SyntaxKind, SyntaxNode, TextRange, ast};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The files that declarations may be spread over.
pub trait Sources {
    /// The root node of a Nix file, by its path relative to the root.
    fn tree(&self, path: &str) -> Option<SyntaxNode>;
    /// What lies in a folder: names, and whether each is a folder.
    fn entries(&self, folder: &str) -> Vec<(SmolStr, bool)>;
    /// What a JSON file says.
    fn data(&self, path: &str) -> Option<Data>;
}

/// What a JSON file says.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number, as it is written.
    Float(SmolStr),
    /// A string.
    Text(SmolStr),
    /// An array.
    List(Vec<Data>),
    /// An object.
    Set(Vec<(SmolStr, Data)>),
}

/// One file only.
pub struct NoSources;

impl Sources for NoSources {
    fn tree(&self, _: &str) -> Option<SyntaxNode> {
        None
    }
    fn entries(&self, _: &str) -> Vec<(SmolStr, bool)> {
        Vec::new()
    }
    fn data(&self, _: &str) -> Option<Data> {
        None
    }
}

/// How far to read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Expressions inside of each other that are being read.
    pub depth: u32,
    /// Expressions read for one module.
    pub steps: u32,
}

impl Limits {
    /// For a thread with a stack of a megabyte.
    pub const SMALL: Self = Self {
        depth: 40,
        steps: 50_000,
    };
    /// For a thread with a big stack.
    pub const LARGE: Self = Self {
        depth: 600,
        steps: 2_000_000,
    };
}

pub(super) struct Interpreter<'s> {
    pub(super) sources: &'s dyn Sources,
    limits: Limits,
    depth: Cell<u32>,
    steps: Cell<u32>,
    files: RefCell<Vec<Arc<str>>>,
    values: RefCell<FxHashMap<String, Thunk>>,
    /// Files that some expression uses as a value.
    pub(super) imported: RefCell<FxHashSet<String>>,
    /// What a library adds to `lib`.
    pub(super) extra: RefCell<Option<Thunk>>,
    /// What modules get as `options`, once that is known.
    pub(super) options: RefCell<Option<Thunk>>,
    /// Did a module ask for `options`?
    pub(super) wants_options: Cell<bool>,
    /// Scopes see the values that see them, and some values themselves: who owns
    /// the reader takes these circles apart.
    frames: RefCell<Vec<Rc<Frame>>>,
    pub(super) circles: RefCell<Vec<Thunk>>,
}

impl Drop for Interpreter<'_> {
    fn drop(&mut self) {
        for frame in self.frames.take() {
            if let Names::Known(names) = &frame.names {
                names.take();
            }
        }
        for thunk in self.circles.take() {
            thunk.0.state.replace(State::Done(Value::unknown()));
        }
    }
}

impl<'s> Interpreter<'s> {
    pub(super) fn new(sources: &'s dyn Sources, limits: Limits) -> Self {
        Self {
            sources,
            limits,
            depth: Cell::new(0),
            steps: Cell::new(0),
            files: RefCell::default(),
            values: RefCell::default(),
            imported: RefCell::default(),
            extra: RefCell::default(),
            options: RefCell::default(),
            wants_options: Cell::new(false),
            frames: RefCell::default(),
            circles: RefCell::default(),
        }
    }

    /// A scope for names that see each other; [`Scope::bind`] gives them.
    fn open(&self, scope: &Scope) -> Scope {
        let inner = scope.push(Names::Known(RefCell::default()));
        self.frames.borrow_mut().extend(inner.frame.clone());
        inner
    }

    /// The next module has all steps again.
    pub(super) fn refuel(&self) {
        self.steps.set(0);
    }

    /// The number of a file.
    pub(super) fn file(&self, path: &str) -> u32 {
        let mut files = self.files.borrow_mut();
        let known = files.iter().position(|known| **known == *path);
        known.unwrap_or_else(|| {
            files.push(path.into());
            files.len() - 1
        }) as u32
    }

    pub(super) fn file_path(&self, file: u32) -> Arc<str> {
        self.files.borrow()[file as usize].clone()
    }

    /// The value of a file.
    pub(super) fn file_value(&self, path: &str) -> Thunk {
        if let Some(known) = self.values.borrow().get(path) {
            return known.clone();
        }
        let expr = self
            .sources
            .tree(path)
            .and_then(|root| ast::Root::cast(root)?.expr());
        let thunk = match expr {
            Some(expr) => Thunk::code(
                expr.syntax(),
                &Scope {
                    frame: None,
                    file: self.file(path),
                },
            ),
            None => Thunk::done(Value::unknown()),
        };
        self.values
            .borrow_mut()
            .insert(path.to_owned(), thunk.clone());
        thunk
    }

    /// The file that a path names: itself, or the `default.nix` of a folder.
    pub(super) fn nix_file(&self, path: &str) -> String {
        match path.ends_with(".nix") {
            true => path.to_owned(),
            false if path.is_empty() => "default.nix".to_owned(),
            false => format!("{path}/default.nix"),
        }
    }

    pub(super) fn force(&self, thunk: &Thunk) -> Value {
        let state = match &*thunk.0.state.borrow() {
            State::Done(value) => return value.clone(),
            State::Busy => return Value::unknown(),
            State::Code(_) | State::Call(..) | State::Select(..) | State::Merge(..) => None::<()>,
        };
        debug_assert!(state.is_none());
        let state = thunk.0.state.replace(State::Busy);
        let deep = self.depth.get() >= self.limits.depth;
        let value = match state {
            _ if deep => Value::unknown(),
            State::Code(scope) => match &thunk.0.code {
                Some((_, node)) => self.eval(node, &scope),
                None => Value::unknown(),
            },
            State::Call(function, arguments) => self.apply_all(function, arguments),
            State::Select(from, name) => {
                let from = self.force(&from);
                self.select(&from, &name)
                    .map_or(Value::unknown(), |found| self.force(&found))
            }
            State::Merge(a, b) => {
                let (a, b) = (self.force(&a), self.force(&b));
                self.union(&a, &b)
            }
            State::Busy | State::Done(_) => Value::unknown(),
        };
        thunk.0.state.replace(State::Done(value.clone()));
        value
    }

    /// Two sets that are written down as parts of one.
    pub(super) fn union(&self, a: &Value, b: &Value) -> Value {
        match (a, b) {
            (Value::Set(a), Value::Set(b)) => {
                let mut all = Set::clone(a);
                all.open |= b.open;
                for (name, entry) in &b.entries {
                    match all.entries.get_mut(name) {
                        Some(known) => {
                            let merged = State::Merge(known.value.clone(), entry.value.clone());
                            known.value = Thunk::new(merged, known.value.0.code.clone());
                        }
                        None => {
                            all.entries.insert(name.clone(), entry.clone());
                        }
                    }
                }
                Value::Set(Rc::new(all))
            }
            (Value::Set(known), other) | (other, Value::Set(known)) => match other.is_opaque() {
                true => Value::Set(Rc::new(Set {
                    entries: known.entries.clone(),
                    open: !matches!(other, Value::Never) || known.open,
                    unsure: known.unsure,
                    base: known.base,
                })),
                false => Value::unknown(),
            },
            (Value::Never, other) | (other, Value::Never) => other.clone(),
            _ => Value::unknown(),
        }
    }

    /// The value of an expression.
    pub(super) fn eval(&self, node: &SyntaxNode, scope: &Scope) -> Value {
        let steps = self.steps.get();
        if self.depth.get() >= self.limits.depth || steps >= self.limits.steps {
            return Value::unknown();
        }
        self.steps.set(steps + 1);
        self.depth.set(self.depth.get() + 1);
        let value = self.eval_inner(node, scope);
        self.depth.set(self.depth.get() - 1);
        value
    }

    fn eval_inner(&self, node: &SyntaxNode, scope: &Scope) -> Value {
        let node = without_parens(node);
        let Some(expr) = ast::Expr::cast(node.clone()) else {
            return Value::unknown();
        };
        match expr {
            ast::Expr::Literal(literal) => match literal.kind() {
                ast::LiteralKind::Integer(token) => {
                    token.value().map_or(Value::unknown(), Value::Int)
                }
                ast::LiteralKind::Float(token) => Value::Float(token.syntax().text().into()),
                ast::LiteralKind::Uri(token) => Value::Str(token.syntax().text().into()),
            },
            ast::Expr::Str(string) => self.string(&string, scope),
            ast::Expr::PathRel(path) => self.path(&path, scope),
            ast::Expr::Ident(ident) => match ident.ident_token() {
                Some(token) => self.name(token.text(), scope),
                None => Value::unknown(),
            },
            ast::Expr::Select(select) => self.selection(&select, scope),
            ast::Expr::HasAttr(has) => self.has(&has, scope),
            ast::Expr::Apply(apply) => {
                let (Some(function), Some(argument)) = (apply.lambda(), apply.argument()) else {
                    return Value::unknown();
                };
                let function = self.eval(function.syntax(), scope);
                self.apply(function, Thunk::code(argument.syntax(), scope))
            }
            ast::Expr::Lambda(_) => Value::Lambda(node, scope.clone()),
            ast::Expr::LetIn(let_in) => {
                let inner = self.open(scope);
                let names = self.entries(let_in.entries(), &inner, scope);
                for (name, entry) in &names.entries {
                    inner.bind(name.clone(), entry.value.clone());
                }
                match let_in.body() {
                    Some(body) => self.eval(body.syntax(), &inner),
                    None => Value::unknown(),
                }
            }
            ast::Expr::AttrSet(set) => {
                if !semantics::is_rec(&node) {
                    return Value::Set(Rc::new(self.entries(set.entries(), scope, scope)));
                }
                let inner = self.open(scope);
                let set = self.entries(set.entries(), &inner, scope);
                for (name, entry) in &set.entries {
                    inner.bind(name.clone(), entry.value.clone());
                }
                Value::Set(Rc::new(set))
            }
            ast::Expr::List(list) => Value::List(
                list.items()
                    .map(|item| Thunk::code(item.syntax(), scope))
                    .collect(),
            ),
            ast::Expr::With(with) => {
                let (Some(namespace), Some(body)) = (with.namespace(), with.body()) else {
                    return Value::unknown();
                };
                let namespace = Thunk::code(namespace.syntax(), scope);
                self.eval(body.syntax(), &scope.push(Names::With(namespace)))
            }
            ast::Expr::Assert(assert) => match assert.body() {
                Some(body) => self.eval(body.syntax(), scope),
                None => Value::unknown(),
            },
            ast::Expr::IfElse(choice) => {
                let (Some(condition), Some(yes), Some(no)) =
                    (choice.condition(), choice.body(), choice.else_body())
                else {
                    return Value::unknown();
                };
                match self.eval(condition.syntax(), scope) {
                    Value::Bool(true) => self.eval(yes.syntax(), scope),
                    Value::Bool(false) => self.eval(no.syntax(), scope),
                    _ => {
                        let (yes, no) = (
                            self.eval(yes.syntax(), scope),
                            self.eval(no.syntax(), scope),
                        );
                        self.union(&yes, &no)
                    }
                }
            }
            ast::Expr::BinOp(operation) => self.operation(&operation, scope),
            ast::Expr::UnaryOp(unary) => {
                let Some(operand) = unary.expr() else {
                    return Value::unknown();
                };
                match (unary.operator(), self.eval(operand.syntax(), scope)) {
                    (Some(ast::UnaryOpKind::Invert), Value::Bool(value)) => Value::Bool(!value),
                    (Some(ast::UnaryOpKind::Negate), Value::Int(number)) => {
                        number.checked_neg().map_or(Value::unknown(), Value::Int)
                    }
                    (Some(ast::UnaryOpKind::Negate), Value::Float(number)) => {
                        Value::Float(format!("-{number}").into())
                    }
                    _ => Value::unknown(),
                }
            }
            _ => Value::unknown(),
        }
    }

    fn string(&self, string: &ast::Str, scope: &Scope) -> Value {
        if let Some(text) = semantics::string_literal(string) {
            return Value::Str(text);
        }
        let mut text = String::new();
        for part in string.normalized_parts() {
            match part {
                ast::InterpolPart::Literal(part) => text.push_str(&part),
                ast::InterpolPart::Interpolation(inner) => {
                    let value = inner.expr().map(|expr| self.eval(expr.syntax(), scope));
                    match value {
                        Some(Value::Str(part)) => text.push_str(&part),
                        Some(Value::Int(part)) => text.push_str(&part.to_string()),
                        _ => return Value::Text,
                    }
                }
            }
        }
        Value::Str(text.into())
    }

    fn path(&self, path: &ast::PathRel, scope: &Scope) -> Value {
        let mut text = String::new();
        for part in path.parts() {
            match part {
                ast::InterpolPart::Literal(part) => text.push_str(part.syntax().text()),
                ast::InterpolPart::Interpolation(inner) => {
                    let value = inner.expr().map(|expr| self.eval(expr.syntax(), scope));
                    match value {
                        Some(Value::Str(part)) => text.push_str(&part),
                        _ => return Value::unknown(),
                    }
                }
            }
        }
        let file = self.file_path(scope.file);
        path::join(path::parent(&file), &text).map_or(Value::unknown(), Value::Path)
    }

    /// What a name stands for.
    fn name(&self, name: &str, scope: &Scope) -> Value {
        let mut next = scope.frame.as_ref();
        let mut withs = Vec::new();
        while let Some(frame) = next {
            match &frame.names {
                Names::Known(names) => {
                    let found = names.borrow().get(name).cloned();
                    if let Some(found) = found {
                        return self.force(&found);
                    }
                }
                Names::With(namespace) => withs.push(namespace.clone()),
            }
            next = frame.parent.as_ref();
        }
        match name {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            "null" => return Value::Null,
            "builtins" => return Value::Room(Room::Builtins),
            _ => {}
        }
        if let Some(global) = self.global(name) {
            return global;
        }
        for namespace in withs {
            let namespace = self.force(&namespace);
            // Whether a set that is not known has the name is not known either;
            // the names that declarations are made of are the library's.
            if namespace.is_opaque() {
                continue;
            }
            if let Some(found) = self.select(&namespace, name) {
                return self.force(&found);
            }
        }
        Value::unknown()
    }

    fn selection(&self, select: &ast::Select, scope: &Scope) -> Value {
        let (Some(base), Some(path)) = (select.expr(), select.attrpath()) else {
            return Value::unknown();
        };
        let mut value = self.eval(base.syntax(), scope);
        for attr in path.attrs() {
            let Some(name) = self.attr(&attr, scope) else {
                return Value::unknown();
            };
            match self.select(&value, &name) {
                Some(found) => value = self.force(&found),
                None => {
                    let known = matches!(&value, Value::Set(set) if !set.open);
                    return match select.default_expr() {
                        Some(default) if known => self.eval(default.syntax(), scope),
                        _ => Value::unknown(),
                    };
                }
            }
        }
        match (&value, select.default_expr()) {
            // It may not be there: what stands behind the `or` is more likely known.
            (Value::Opaque(_), Some(default)) => {
                let default = self.eval(default.syntax(), scope);
                match default {
                    Value::Set(_) => self.union(&default, &Value::unknown()),
                    _ => Value::unknown(),
                }
            }
            _ => value,
        }
    }

    fn has(&self, has: &ast::HasAttr, scope: &Scope) -> Value {
        let (Some(base), Some(path)) = (has.expr(), has.attrpath()) else {
            return Value::unknown();
        };
        let mut value = self.eval(base.syntax(), scope);
        for attr in path.attrs() {
            let Some(name) = self.attr(&attr, scope) else {
                return Value::unknown();
            };
            match (&value, self.select(&value, &name)) {
                (Value::Opaque(_) | Value::Never, _) => return Value::unknown(),
                (_, Some(found)) => value = self.force(&found),
                (Value::Set(set), None) if set.open => return Value::unknown(),
                (Value::Type(_) | Value::Room(_), None) => return Value::unknown(),
                (_, None) => return Value::Bool(false),
            }
        }
        Value::Bool(true)
    }

    /// The name that an attribute has.
    fn attr(&self, attr: &ast::Attr, scope: &Scope) -> Option<SmolStr> {
        if let Some(name) = semantics::attr_name(attr) {
            return Some(name);
        }
        let value = match attr {
            ast::Attr::Dynamic(dynamic) => self.eval(dynamic.expr()?.syntax(), scope),
            ast::Attr::Str(string) => self.string(string, scope),
            ast::Attr::Ident(_) => return None,
        };
        match value {
            Value::Str(name) => Some(name),
            _ => None,
        }
    }

    /// An attribute of a value.
    pub(super) fn select(&self, value: &Value, name: &str) -> Option<Thunk> {
        match value {
            Value::Set(set) => match set.get(name) {
                Some(found) => Some(found.clone()),
                None if set.base.is_some() => self.room(set.base?, name),
                None => set.open.then(|| Thunk::done(Value::unknown())),
            },
            Value::Room(room) => self.room(*room, name),
            Value::Opaque(from) => {
                let holder = from.rsplit('.').next().unwrap_or_default();
                let leads_to_lib =
                    holder == "args" || holder.starts_with("nixpkgs") || holder.ends_with("pkgs");
                let found = match name {
                    "lib" if leads_to_lib => Value::Room(Room::Lib),
                    _ if from.is_empty() => Value::unknown(),
                    _ => Value::Opaque(format!("{from}.{name}").into()),
                };
                Some(Thunk::done(found))
            }
            Value::Never => Some(Thunk::done(Value::Never)),
            Value::Type(_) => self.of_type(value, name).map(Thunk::done),
            _ => None,
        }
    }

    /// The set that entries make. They see `inner`, what they inherit `outer`.
    fn entries(
        &self,
        entries: impl Iterator<Item = ast::Entry>,
        inner: &Scope,
        outer: &Scope,
    ) -> Set {
        let mut set = Set::default();
        for entry in entries {
            match entry {
                ast::Entry::AttrpathValue(binding) => {
                    let (Some(path), Some(value)) = (binding.attrpath(), binding.value()) else {
                        continue;
                    };
                    let names: Option<Vec<_>> =
                        path.attrs().map(|attr| self.attr(&attr, inner)).collect();
                    let Some(names) = names else {
                        // Below which of the names known so far, nobody asks.
                        set.open = true;
                        continue;
                    };
                    // The name of an option starts behind `options`.
                    let whole = path.syntax().text_range();
                    let first = path
                        .attrs()
                        .nth(usize::from(names.len() > 1 && names[0] == "options"));
                    let start =
                        first.map_or(whole.start(), |attr| attr.syntax().text_range().start());
                    let key = (inner.file, TextRange::new(start, whole.end()));
                    add(&mut set, &names, key, Thunk::code(value.syntax(), inner));
                }
                ast::Entry::Inherit(inherit) => {
                    let from = inherit.from().and_then(|from| from.expr());
                    let from = from.map(|from| Thunk::code(from.syntax(), inner));
                    for attr in inherit.attrs() {
                        let Some(name) = semantics::attr_name(&attr) else {
                            continue;
                        };
                        let value = match &from {
                            Some(from) => {
                                Thunk::new(State::Select(from.clone(), name.clone()), None)
                            }
                            None => Thunk::code(attr.syntax(), outer),
                        };
                        let key = (inner.file, attr.syntax().text_range());
                        add(&mut set, &[name], key, value);
                    }
                }
            }
        }
        set
    }

    fn operation(&self, operation: &ast::BinOp, scope: &Scope) -> Value {
        use ast::BinOpKind as Op;
        let (Some(left), Some(right), Some(operator)) =
            (operation.lhs(), operation.rhs(), operation.operator())
        else {
            return Value::unknown();
        };
        let eval = |expr: &ast::Expr| self.eval(expr.syntax(), scope);
        match operator {
            Op::Update => self.update(&eval(&left), &eval(&right)),
            Op::Concat => match (eval(&left), eval(&right)) {
                (Value::List(a), Value::List(b)) => {
                    Value::List(a.iter().chain(b.iter()).cloned().collect())
                }
                // Half of a list of modules is better than none.
                (Value::List(known), other) | (other, Value::List(known)) if other.is_opaque() => {
                    Value::List(
                        known
                            .iter()
                            .cloned()
                            .chain([Thunk::done(Value::unknown())])
                            .collect(),
                    )
                }
                _ => Value::unknown(),
            },
            Op::Add => match (eval(&left), eval(&right)) {
                (Value::Str(a), Value::Str(b)) => Value::Str(format!("{a}{b}").into()),
                (Value::Path(a), Value::Str(b)) => {
                    path::join("", &format!("{a}{b}")).map_or(Value::unknown(), Value::Path)
                }
                (Value::Int(a), Value::Int(b)) => {
                    a.checked_add(b).map_or(Value::unknown(), Value::Int)
                }
                (Value::Str(_) | Value::Text, Value::Text | Value::Opaque(_))
                | (Value::Text, _) => Value::Text,
                _ => Value::unknown(),
            },
            Op::Sub | Op::Mul => match (eval(&left), eval(&right)) {
                (Value::Int(a), Value::Int(b)) => {
                    let result = if operator == Op::Sub {
                        a.checked_sub(b)
                    } else {
                        a.checked_mul(b)
                    };
                    result.map_or(Value::unknown(), Value::Int)
                }
                _ => Value::unknown(),
            },
            Op::And | Op::Or | Op::Implication => {
                let (left, right) = (eval(&left), || eval(&right));
                let decided = match operator {
                    Op::And => Value::Bool(false),
                    _ => Value::Bool(true),
                };
                match (operator, &left) {
                    (Op::And, Value::Bool(false))
                    | (Op::Or, Value::Bool(true))
                    | (Op::Implication, Value::Bool(false)) => decided,
                    (_, Value::Bool(_)) => right(),
                    // What is not known on one side may be decided by the other.
                    _ => match (operator, right()) {
                        (Op::And, Value::Bool(false)) => Value::Bool(false),
                        (Op::Or | Op::Implication, Value::Bool(true)) => Value::Bool(true),
                        _ => Value::unknown(),
                    },
                }
            }
            Op::Equal | Op::NotEqual => match self.equal(&eval(&left), &eval(&right)) {
                Some(equal) => Value::Bool(equal == (operator == Op::Equal)),
                None => Value::unknown(),
            },
            Op::Less | Op::LessOrEq | Op::More | Op::MoreOrEq => {
                match (eval(&left), eval(&right)) {
                    (Value::Int(a), Value::Int(b)) => Value::Bool(match operator {
                        Op::Less => a < b,
                        Op::LessOrEq => a <= b,
                        Op::More => a > b,
                        _ => a >= b,
                    }),
                    _ => Value::unknown(),
                }
            }
            Op::PipeLeft => self.apply(eval(&left), Thunk::code(right.syntax(), scope)),
            Op::PipeRight => self.apply(eval(&right), Thunk::code(left.syntax(), scope)),
            _ => Value::unknown(),
        }
    }

    /// `left // right`.
    pub(super) fn update(&self, left: &Value, right: &Value) -> Value {
        match (left, right) {
            (Value::Set(a), Value::Set(b)) => {
                let mut all = Set::clone(a);
                all.open |= b.open;
                all.unsure |= b.unsure;
                all.entries.extend(
                    b.entries
                        .iter()
                        .map(|(name, entry)| (name.clone(), entry.clone())),
                );
                Value::Set(Rc::new(all))
            }
            // `lib // builtins`, for short.
            (Value::Room(room), Value::Room(Room::Builtins)) => Value::Room(*room),
            (Value::Room(room), Value::Set(set)) => Value::Set(Rc::new(Set {
                base: Some(*room),
                ..Set::clone(set)
            })),
            // A type with another description is what it was.
            (Value::Type(ty), Value::Set(set)) => {
                match set.get("name").map(|name| self.force(name)) {
                    Some(Value::Str(name)) => {
                        Value::Type(Rc::new(super::value::TypeValue::Called(name, ty.clone())))
                    }
                    _ => left.clone(),
                }
            }
            (Value::Set(known), other) | (other, Value::Set(known)) if other.is_opaque() => {
                Value::Set(Rc::new(Set {
                    entries: known.entries.clone(),
                    open: true,
                    unsure: known.unsure || matches!(left, Value::Set(_)),
                    base: known.base,
                }))
            }
            _ => Value::unknown(),
        }
    }

    /// Are two values equal? `None` when that is not known.
    pub(super) fn equal(&self, a: &Value, b: &Value) -> Option<bool> {
        let kind = |value: &Value| match value {
            Value::Null => Some(0),
            Value::Bool(_) => Some(1),
            Value::Int(_) | Value::Float(_) => Some(2),
            Value::Str(_) | Value::Text => Some(3),
            Value::Path(_) => Some(4),
            Value::List(_) => Some(5),
            Value::Set(_) | Value::Type(_) | Value::Rename(_) | Value::Room(_) => Some(6),
            Value::Lambda(..) | Value::Native(..) => Some(7),
            Value::Opaque(_) | Value::Never => None,
        };
        if kind(a)? != kind(b)? {
            return Some(false);
        }
        match (a, b) {
            (Value::Null, _) => Some(true),
            (Value::Bool(a), Value::Bool(b)) => Some(a == b),
            (Value::Int(a), Value::Int(b)) => Some(a == b),
            (Value::Str(a), Value::Str(b)) => Some(a == b),
            (Value::Path(a), Value::Path(b)) => Some(a == b),
            (Value::List(a), Value::List(b)) if a.len() != b.len() => Some(false),
            (Value::List(a), Value::List(b)) => {
                let mut pairs = a.iter().zip(b.iter());
                let mut all = Some(true);
                pairs.try_for_each(|(a, b)| match self.equal(&self.force(a), &self.force(b)) {
                    Some(true) => Some(()),
                    other => {
                        all = other;
                        None
                    }
                });
                all
            }
            (Value::Set(a), Value::Set(b)) if !a.open && !b.open => {
                match a.entries.keys().eq(b.entries.keys()) {
                    false => Some(false),
                    true if a.entries.is_empty() => Some(true),
                    true => None,
                }
            }
            _ => None,
        }
    }

    pub(super) fn apply_all(&self, function: Value, arguments: Vec<Thunk>) -> Value {
        let mut value = function;
        for argument in arguments {
            value = self.apply(value, argument);
        }
        value
    }

    /// A function and its argument.
    pub(super) fn apply(&self, function: Value, argument: Thunk) -> Value {
        match function {
            Value::Lambda(node, scope) => self.call(&node, &scope, argument),
            Value::Native(name, known) => {
                let arguments: Vec<_> = known.iter().cloned().chain([argument]).collect();
                match self.arity(name) <= arguments.len() {
                    true => {
                        self.depth.set(self.depth.get() + 1);
                        let deep = self.depth.get() >= self.limits.depth;
                        let value = match deep {
                            true => Value::unknown(),
                            false => self.native(name, &arguments),
                        };
                        self.depth.set(self.depth.get() - 1);
                        value
                    }
                    false => Value::Native(name, arguments.into()),
                }
            }
            Value::Set(ref set) => match set.get("__functor") {
                Some(functor) => {
                    let functor = self.force(functor);
                    let own = self.apply(functor, Thunk::done(function.clone()));
                    self.apply(own, argument)
                }
                None => Value::unknown(),
            },
            Value::Opaque(from) => self.opaque_call(&from, &argument),
            Value::Never => Value::Never,
            _ => Value::unknown(),
        }
    }

    fn call(&self, node: &SyntaxNode, scope: &Scope, argument: Thunk) -> Value {
        let Some(lambda) = ast::Lambda::cast(node.clone()) else {
            return Value::unknown();
        };
        let (Some(param), Some(body)) = (lambda.param(), lambda.body()) else {
            return Value::unknown();
        };
        let inner = self.open(scope);
        match param {
            ast::Param::IdentParam(param) => {
                if let Some(token) = param.ident().and_then(|ident| ident.ident_token()) {
                    inner.bind(token.text().into(), argument);
                }
            }
            ast::Param::Pattern(pattern) => {
                let bound = pattern
                    .pat_bind()
                    .and_then(|bind| bind.ident()?.ident_token());
                if let Some(token) = bound {
                    inner.bind(token.text().into(), argument.clone());
                }
                let given = self.force(&argument);
                for entry in pattern.pat_entries() {
                    let Some(token) = entry.ident().and_then(|ident| ident.ident_token()) else {
                        continue;
                    };
                    let name = token.text();
                    let value = match (&given, entry.default()) {
                        (Value::Set(set), default) => match (set.get(name), default) {
                            (Some(value), _) => value.clone(),
                            (None, Some(default)) if !set.open => {
                                Thunk::code(default.syntax(), &inner)
                            }
                            _ => Thunk::done(Value::Opaque(name.into())),
                        },
                        _ => Thunk::done(Value::Opaque(name.into())),
                    };
                    inner.bind(name.into(), value);
                }
            }
        }
        self.eval(body.syntax(), &inner)
    }

    /// The names of the formals of a function, each with whether it has a default;
    /// `None` when it takes no set.
    pub(super) fn formals(&self, function: &Value) -> Option<Vec<(SmolStr, bool)>> {
        let Value::Lambda(node, _) = function else {
            return None;
        };
        match ast::Lambda::cast(node.clone())?.param()? {
            ast::Param::IdentParam(_) => None,
            ast::Param::Pattern(pattern) => Some(
                pattern
                    .pat_entries()
                    .filter_map(|entry| {
                        let token = entry.ident()?.ident_token()?;
                        Some((token.text().into(), entry.default().is_some()))
                    })
                    .collect(),
            ),
        }
    }

    /// The scope at a node of a file: what the expressions around it bind. Formals
    /// of functions are opaque, but for `lib`.
    pub(super) fn scope_at(&self, node: &SyntaxNode, file: u32) -> Scope {
        let ancestors: Vec<_> = node.ancestors().collect();
        let mut scope = Scope { frame: None, file };
        for pair in ancestors.windows(2).rev() {
            let (child, parent) = (&pair[0], &pair[1]);
            if !semantics::opens_scope(parent) || !semantics::sees_scope(parent, child) {
                continue;
            }
            let inner = match parent.kind() {
                SyntaxKind::NODE_WITH => {
                    let namespace =
                        ast::With::cast(parent.clone()).and_then(|with| with.namespace());
                    let Some(namespace) = namespace else { continue };
                    scope.push(Names::With(Thunk::code(namespace.syntax(), &scope)))
                }
                SyntaxKind::NODE_LAMBDA => {
                    let inner = self.open(&scope);
                    for name in semantics::formals(parent) {
                        let value = self.argument(&name);
                        inner.bind(name, value);
                    }
                    inner
                }
                kind => {
                    let inner = self.open(&scope);
                    let entries: Vec<_> = match kind {
                        SyntaxKind::NODE_LET_IN => ast::LetIn::cast(parent.clone())
                            .map(|it| it.entries().collect())
                            .unwrap_or_default(),
                        SyntaxKind::NODE_ATTR_SET => ast::AttrSet::cast(parent.clone())
                            .map(|it| it.entries().collect())
                            .unwrap_or_default(),
                        _ => Vec::new(),
                    };
                    let set = self.entries(entries.into_iter(), &inner, &scope);
                    for (name, entry) in set.entries {
                        inner.bind(name, entry.value);
                    }
                    inner
                }
            };
            scope = inner;
        }
        scope
    }

    /// What a module gets for a formal.
    pub(super) fn argument(&self, name: &str) -> Thunk {
        if name == "options"
            && let Some(options) = &*self.options.borrow()
        {
            return options.clone();
        }
        Thunk::done(match name {
            "lib" => Value::Room(Room::Lib),
            name => Value::Opaque(name.into()),
        })
    }

    /// The arguments of a module.
    pub(super) fn arguments(&self, function: &Value) -> Thunk {
        let names = self.formals(function).unwrap_or_default();
        if names.iter().any(|(name, _)| name == "options") {
            self.wants_options.set(true);
        }
        let mut entries: BTreeMap<SmolStr, Entry> = BTreeMap::new();
        for name in names
            .into_iter()
            .map(|(name, _)| name)
            .chain(["lib", "config", "pkgs", "options"].map(SmolStr::from))
        {
            let value = self.argument(&name);
            entries.insert(name, Entry { value, key: None });
        }
        Thunk::done(Value::Set(Rc::new(Set {
            entries,
            open: true,
            ..Set::default()
        })))
    }
}

/// Adds a value at a path of names.
fn add(set: &mut Set, names: &[SmolStr], key: (u32, TextRange), value: Thunk) {
    let Some((first, rest)) = names.split_first() else {
        return;
    };
    let value = rest.iter().rev().fold(value, |value, name| {
        let entry = Entry {
            value,
            key: Some(key),
        };
        let set = Set {
            entries: [(name.clone(), entry)].into(),
            ..Set::default()
        };
        Thunk::done(Value::Set(Rc::new(set)))
    });
    match set.entries.get_mut(first) {
        Some(known) => {
            let code = known.value.0.code.clone();
            known.value = Thunk::new(State::Merge(known.value.clone(), value), code);
        }
        None => {
            set.entries.insert(
                first.clone(),
                Entry {
                    value,
                    key: Some(key),
                },
            );
        }
    }
}
