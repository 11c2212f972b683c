//! Modules to declarations.

use super::interpret::{Interpreter, Limits, NoSources, Sources};
use super::types::Type;
use super::value::{Entry, Rename, Set, Thunk, TypeValue, Value, Wrap};
use super::{Declared, DeclaredAt, DefaultValue, OptionSet, Renamed, Says};
use crate::module::Literal;
use crate::path;
use crate::semantics::without_parens;
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What modules declare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declarations {
    /// The options.
    pub options: OptionSet,
    /// Files that it imports as modules, relative to the root.
    pub imports: Vec<String>,
}

/// A library of modules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    /// The options of all its modules together.
    pub options: OptionSet,
    /// How many modules were read.
    pub modules: usize,
}

/// The declarations of the module expression `node`, of the file at `path`.
pub fn declarations_at(path: &str, node: &SyntaxNode, limits: Limits) -> Declarations {
    let interpreter = Interpreter::new(&NoSources, limits);
    let file = interpreter.file(path);
    let scope = interpreter.scope_at(node, file);
    let reader = Reader::new(&interpreter);
    let mut found = Declarations::default();
    // Modules that stand in its imports are asked by themselves.
    reader.own_only.set(true);
    reader.module(&Thunk::code(node, &scope), &mut found, 0);
    found.imports.clear();
    found
}

/// Reads the options of a library of modules: of all `files` whose value is a
/// module, but for those that only other expressions use. `extensions` are files
/// whose sets are added to `lib`, each with the name it has there.
pub fn library(sources: &dyn Sources, files: &[Arc<str>], extensions: &[(&str, &str)]) -> Library {
    let interpreter = Interpreter::new(sources, Limits::LARGE);
    let mut extra = Value::Set(Rc::new(Set::default()));
    for (name, file) in extensions {
        let function = interpreter.file_value(file);
        // They are functions of `{ lib }`, or overlays.
        let value = match interpreter.force(&function) {
            function @ Value::Lambda(..) if interpreter.formals(&function).is_some() => {
                let arguments = interpreter.arguments(&function);
                Thunk::call(function, vec![arguments])
            }
            other => Thunk::done(other),
        };
        let value = match interpreter.force(&value) {
            overlay @ Value::Lambda(..) => {
                let lib = || Thunk::done(Value::Room(super::value::Room::Lib));
                Thunk::call(overlay, vec![lib(), lib()])
            }
            other => Thunk::done(other),
        };
        let set = match name.is_empty() {
            true => interpreter.force(&value),
            false => Set::of([((*name).into(), value)]),
        };
        extra = interpreter.update(&extra, &set);
        let known = Thunk::done(extra.clone());
        interpreter.extra.replace(Some(known));
    }
    let reader = Reader::new(&interpreter);
    let mut found: Vec<(Arc<str>, Declarations)> = Vec::new();
    // Those that look at what others declare, and are not understood without it.
    let mut again: Vec<usize> = Vec::new();
    reader.seen.replace(Some(Vec::new()));
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut imported: FxHashSet<String> = FxHashSet::default();
    let mut queue: Vec<String> = files.iter().map(|file| file.to_string()).collect();
    queue.reverse();
    while let Some(file) = queue.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        interpreter.refuel();
        interpreter.wants_options.set(false);
        let mut own = Declarations::default();
        reader.module(&interpreter.file_value(&file), &mut own, 0);
        if interpreter.wants_options.get() && own.options.has_unknown_types() {
            again.push(found.len());
        }
        for import in std::mem::take(&mut own.imports) {
            let import = interpreter.nix_file(&import);
            imported.insert(import.clone());
            queue.push(import);
        }
        found.push((file.into(), own));
    }
    if !again.is_empty() {
        interpreter.refuel();
        let mut seen = Seen::default();
        for options in reader.seen.take().iter().flatten() {
            seen.add(&interpreter, options, 0);
        }
        let options = seen.value();
        interpreter.circles.borrow_mut().push(options.clone());
        interpreter.options.replace(Some(options));
        for index in again {
            interpreter.refuel();
            let (file, own) = &mut found[index];
            *own = Declarations::default();
            reader.module(&interpreter.file_value(file), own, 0);
            own.imports.clear();
        }
    }
    let used = interpreter.imported.borrow();
    let mut all = Library::default();
    for (file, own) in found {
        if used.contains(&*file) && !imported.contains(&*file) || own == Declarations::default() {
            continue;
        }
        all.modules += 1;
        all.options.absorb(&own.options);
    }
    all
}

/// The options of all modules, as the argument `options` has them.
#[derive(Default)]
struct Seen {
    option: Option<Thunk>,
    below: BTreeMap<SmolStr, Seen>,
}

impl Seen {
    fn add(&mut self, interpreter: &Interpreter<'_>, options: &Thunk, depth: u32) {
        let Value::Set(set) = interpreter.force(options) else {
            return;
        };
        if set.get("_type").is_some() {
            self.option.get_or_insert_with(|| options.clone());
        } else if depth < DEEPEST {
            for (name, entry) in &set.entries {
                let below = self.below.entry(name.clone()).or_default();
                below.add(interpreter, &entry.value, depth + 1);
            }
        }
    }

    /// Somebody else may declare more, at every path.
    fn value(self) -> Thunk {
        if let Some(option) = self.option {
            return option;
        }
        let below = self.below.into_iter();
        let entry = |(name, seen): (SmolStr, Self)| {
            let value = seen.value();
            (name, Entry { value, key: None })
        };
        Thunk::done(Value::Set(Rc::new(Set {
            entries: Set::gathered(below.map(entry)),
            open: true,
            ..Set::default()
        })))
    }
}

struct Reader<'i, 's> {
    /// The options of all modules that were read, where somebody wants them.
    seen: RefCell<Option<Vec<Thunk>>>,
    interpreter: &'i Interpreter<'s>,
    /// The submodules that were read, and those that are being read.
    submodules: RefCell<FxHashMap<*const TypeValue, Option<Arc<OptionSet>>>>,
    /// How many submodules are being read inside of each other.
    nesting: Cell<u32>,
    /// Are modules that are written down in `imports` left out?
    own_only: Cell<bool>,
    /// Keeps what the keys above point to.
    kept: RefCell<Vec<Rc<TypeValue>>>,
}

/// Submodules nest less deep than this; those that nest deeper hold themselves.
const MOST_NESTED: u32 = 6;

/// Modules and types nest less deep than this.
const DEEPEST: u32 = 24;

impl<'i, 's> Reader<'i, 's> {
    fn new(interpreter: &'i Interpreter<'s>) -> Self {
        Self {
            seen: RefCell::default(),
            interpreter,
            submodules: RefCell::default(),
            nesting: Cell::new(0),
            own_only: Cell::new(false),
            kept: RefCell::default(),
        }
    }

    /// What a module declares, with those that stand in its `imports`.
    fn module(&self, module: &Thunk, into: &mut Declarations, depth: u32) {
        if depth > DEEPEST {
            into.options.open = true;
            return;
        }
        let mut value = self.interpreter.force(module);
        if let Value::Lambda(..) = &value {
            let arguments = self.interpreter.arguments(&value);
            value = self.interpreter.apply(value, arguments);
        }
        match value {
            Value::Set(set) => self.module_set(&set, into, depth),
            Value::List(items) => items
                .iter()
                .for_each(|item| self.module(item, into, depth + 1)),
            Value::Path(path) => into.imports.push(path),
            Value::Rename(rename) => into
                .options
                .declare(&rename.from, Arc::new(renamed(&rename))),
            // What stands in `imports` and is not known may declare anything, but
            // then it is somebody else's.
            _ => {}
        }
    }

    fn module_set(&self, set: &Set, into: &mut Declarations, depth: u32) {
        let force = |thunk: &Thunk| self.interpreter.force(thunk);
        if let Some(Value::List(imports)) = set.get("imports").map(force) {
            for import in imports.iter() {
                let is_written = import.0.code.as_ref().is_some_and(|(_, node)| {
                    let kind = without_parens(node).kind();
                    matches!(kind, SyntaxKind::NODE_LAMBDA | SyntaxKind::NODE_ATTR_SET)
                });
                if !(is_written && self.own_only.get()) {
                    self.module(import, into, depth + 1);
                }
            }
        }
        if let Some(options) = set.get("options") {
            if self.nesting.get() == 0
                && let Some(seen) = &mut *self.seen.borrow_mut()
            {
                seen.push(options.clone());
            }
            let mut path = Vec::new();
            self.options(options, None, &mut path, false, &mut into.options);
        }
        let freeform = set.get("freeformType").cloned().or_else(|| {
            let config = set.get("config").map(force);
            let config = match config {
                Some(Value::Set(config)) => config,
                _ => {
                    return set
                        .get("_module")
                        .cloned()
                        .and_then(|it| self.freeform(&it));
                }
            };
            config
                .get("_module")
                .cloned()
                .and_then(|it| self.freeform(&it))
        });
        if let Some(freeform) = freeform {
            let ty = self.type_of(&force(&freeform), 0);
            into.options.freeform = Some(ty);
        }
    }

    fn freeform(&self, module: &Thunk) -> Option<Thunk> {
        match self.interpreter.force(module) {
            Value::Set(set) => set.get("freeformType").cloned(),
            _ => None,
        }
    }

    /// Options at `path`.
    fn options(
        &self,
        value: &Thunk,
        key: Option<(u32, TextRange)>,
        path: &mut Vec<SmolStr>,
        maybe: bool,
        into: &mut OptionSet,
    ) {
        if path.len() > DEEPEST as usize {
            return;
        }
        match self.interpreter.force(value) {
            Value::Set(set) => match set.get("_type") {
                // What is not known to be something else.
                Some(ty) if !matches!(self.interpreter.force(ty), Value::Str(ty) if ty != "option") => {
                    if !path.is_empty() {
                        let mut declared = self.declared(&set, key);
                        declared.says.maybe |= maybe;
                        into.declare(path, Arc::new(declared));
                    }
                }
                _ => {
                    for (name, entry) in &set.entries {
                        path.push(name.clone());
                        let maybe = maybe || set.unsure;
                        self.options(&entry.value, entry.key.or(key), path, maybe, into);
                        path.pop();
                    }
                    if set.open {
                        self.mark_open(path, into);
                    }
                }
            },
            Value::Never => {}
            _ => {
                // Something makes it that cannot be read: an option, or more.
                self.mark_open(path, into);
                if !path.is_empty() {
                    let says = Says {
                        partly: true,
                        ..Says::default()
                    };
                    let declared = Declared {
                        ty: Type::Unknown,
                        default: None,
                        description: None,
                        says,
                        place: self.place(key),
                        renamed: None,
                    };
                    into.declare(path, Arc::new(declared));
                }
            }
        }
    }

    fn mark_open(&self, path: &[SmolStr], into: &mut OptionSet) {
        match into.entry(path) {
            Some(entry) => entry.below.open = true,
            None => into.open = true,
        }
    }

    fn place(&self, key: Option<(u32, TextRange)>) -> Option<DeclaredAt> {
        let (file, range) = key?;
        Some(DeclaredAt {
            file: self.interpreter.file_path(file),
            start: range.start().into(),
            end: range.end().into(),
        })
    }

    fn declared(&self, set: &Set, key: Option<(u32, TextRange)>) -> Declared {
        let force = |name: &str| set.get(name).map(|value| self.interpreter.force(value));
        let is = |name: &str, value: bool| matches!(force(name), Some(Value::Bool(found)) if found == value);
        let ty = match force("type") {
            Some(_) | None if set.unsure => Type::Unknown,
            Some(ty) => self.type_of(&ty, 0),
            None if set.open => Type::Unknown,
            None => Type::Unspecified,
        };
        let default = set
            .get("default")
            .map(|value| self.default(value, set.get("defaultText")));
        let description = match force("description") {
            Some(Value::Str(text)) => Some(text),
            Some(Value::Set(text)) => text
                .get("text")
                .and_then(|text| self.interpreter.force(text).as_str().map(SmolStr::from)),
            _ => None,
        };
        Declared {
            ty,
            default,
            description: description.map(|text| text.trim().into()),
            says: Says {
                read_only: is("readOnly", true),
                internal: is("internal", true),
                hidden: is("visible", false),
                apply: set.get("apply").is_some(),
                ty: set.get("type").is_some(),
                default: set.get("default").is_some(),
                description: set.get("description").is_some(),
                example: set.get("example").is_some(),
                partly: set.open,
                maybe: set.unsure,
            },
            place: self.place(key),
            renamed: None,
        }
    }

    fn default(&self, value: &Thunk, text: Option<&Thunk>) -> DefaultValue {
        let written = |thunk: &Thunk| {
            let (_, node) = thunk.0.code.as_ref()?;
            Some(SmolStr::from(node.text().to_string()))
        };
        let literal = literal(&self.interpreter.force(value));
        let said = text.and_then(|text| match self.interpreter.force(text) {
            Value::Str(text) => Some(text),
            Value::Set(set) => {
                let text = self.interpreter.force(set.get("text")?);
                text.as_str().map(SmolStr::from)
            }
            _ => None,
        });
        let text = match (&literal, said) {
            (_, Some(said)) => Some(said),
            (Some(literal), None) => Some(literal.to_string().into()),
            (None, None) => written(value),
        };
        DefaultValue {
            literal,
            text: text.unwrap_or_default(),
        }
    }

    /// The type that a value is.
    fn type_of(&self, value: &Value, depth: u32) -> Type {
        let Value::Type(ty) = value else {
            return Type::Unknown;
        };
        if depth > DEEPEST {
            return Type::Unknown;
        }
        let inner = |thunk: &Thunk| self.type_of(&self.interpreter.force(thunk), depth + 1);
        match &**ty {
            TypeValue::Plain(ty) => ty.clone(),
            TypeValue::Called(name, inner) => {
                let inner = self.type_of(&Value::Type(inner.clone()), depth + 1);
                Type::Called(name.clone(), inner.into())
            }
            TypeValue::NamedSet(name, element) => {
                Type::NamedSet(name.clone(), inner(element).into())
            }
            TypeValue::Enum(members) => Type::Enum(self.members(members)),
            TypeValue::Submodule(modules) => Type::Submodule(self.submodule(ty, modules, depth)),
            TypeValue::Of(wrap, parts) => {
                let Some(first) = parts.first() else {
                    return Type::Unknown;
                };
                match wrap {
                    Wrap::NullOr => Type::NullOr(inner(first).into()),
                    Wrap::ListOf => Type::ListOf(inner(first).into()),
                    Wrap::NonEmptyListOf => Type::NonEmptyListOf(inner(first).into()),
                    Wrap::AttrsOf | Wrap::LazyAttrsOf => Type::AttrsOf {
                        element: inner(first).into(),
                        lazy: *wrap == Wrap::LazyAttrsOf,
                    },
                    Wrap::Function => Type::Function(inner(first).into()),
                    Wrap::Unique => Type::Unique(inner(first).into()),
                    Wrap::Same => inner(first),
                    Wrap::CoercedTo => match parts.as_slice() {
                        [from, to] => Type::CoercedTo(inner(from).into(), inner(to).into()),
                        _ => Type::Unknown,
                    },
                    Wrap::Either | Wrap::OneOf => {
                        let rest = parts[1..].iter().map(inner);
                        rest.fold(inner(first), |left, right| {
                            Type::Either(left.into(), right.into())
                        })
                    }
                }
            }
        }
    }

    /// The members of an enumeration; `None` when one is not known.
    fn members(&self, members: &Thunk) -> Option<Arc<[Literal]>> {
        match self.interpreter.force(members) {
            Value::List(items) => items
                .iter()
                .map(|item| literal(&self.interpreter.force(item)))
                .collect(),
            _ => None,
        }
    }

    fn submodule(&self, ty: &Rc<TypeValue>, modules: &Thunk, depth: u32) -> Arc<OptionSet> {
        let key = Rc::as_ptr(ty);
        let unknown = || {
            Arc::new(OptionSet {
                open: true,
                ..OptionSet::default()
            })
        };
        if let Some(known) = self.submodules.borrow().get(&key) {
            // One that holds itself is read no further.
            return known.clone().unwrap_or_else(unknown);
        }
        if depth > DEEPEST || self.nesting.get() >= MOST_NESTED {
            return unknown();
        }
        self.nesting.set(self.nesting.get() + 1);
        self.kept.borrow_mut().push(ty.clone());
        self.submodules.borrow_mut().insert(key, None);
        let mut found = Declarations::default();
        match self.interpreter.force(modules) {
            Value::List(modules) => {
                for module in modules.iter() {
                    self.submodule_part(module, &mut found, depth);
                }
            }
            _ => found.options.open = true,
        }
        if !found.imports.is_empty() {
            found.options.open = true;
        }
        self.nesting.set(self.nesting.get() - 1);
        let set = Arc::new(found.options);
        self.submodules.borrow_mut().insert(key, Some(set.clone()));
        set
    }

    fn submodule_part(&self, module: &Thunk, found: &mut Declarations, depth: u32) {
        match self.interpreter.force(module) {
            Value::Path(path) => {
                let value = Thunk::done(self.interpreter.import(&path));
                match self.interpreter.force(&value).is_opaque() {
                    true => found.options.open = true,
                    false => self.submodule_part(&value, found, depth + 1),
                }
            }
            value if value.is_opaque() => found.options.open = true,
            _ if depth > DEEPEST => found.options.open = true,
            _ => {
                self.module(module, found, depth + 1);
                for path in std::mem::take(&mut found.imports) {
                    let file = self.interpreter.nix_file(&path);
                    let value = Thunk::done(self.interpreter.import(&file));
                    self.submodule_part(&value, found, depth + 1);
                }
            }
        }
    }
}

fn renamed(rename: &Rename) -> Declared {
    Declared {
        ty: Type::Unknown,
        default: None,
        description: None,
        says: Says {
            hidden: true,
            ..Says::default()
        },
        place: None,
        renamed: Some(Renamed {
            to: rename.to.clone(),
            removed: rename.removed,
            message: rename.message.clone(),
            alias: rename.alias,
        }),
    }
}

fn literal(value: &Value) -> Option<Literal> {
    Some(match value {
        Value::Null => Literal::Null,
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(number) => Literal::Integer(*number),
        Value::Float(number) => Literal::Float(number.clone()),
        Value::Str(text) => Literal::String(text.clone()),
        _ => return None,
    })
}

/// The files of a library that are likely modules, from those that it has.
pub fn is_candidate(file: &str) -> bool {
    file.ends_with(".nix") && !path::is_sample(file) && path::file_name(file) != "flake.nix"
}
