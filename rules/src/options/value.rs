//! What the reader of declarations knows of a value, and when it finds out.

use super::types::Type;
use crate::syntax::{SyntaxNode, TextRange};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What is known of a value.
#[derive(Clone)]
pub(super) enum Value {
    /// Nothing, but where it comes from: `config.services.x`. Empty when not even that.
    Opaque(SmolStr),
    /// It is never there: `throw`.
    Never,
    Null,
    Bool(bool),
    Int(i64),
    Float(SmolStr),
    Str(SmolStr),
    /// Text with parts that are not known.
    Text,
    /// A path below the root.
    Path(String),
    List(Rc<[Thunk]>),
    Set(Rc<Set>),
    Lambda(SyntaxNode, Scope),
    /// A function of a library, and the arguments that it has so far.
    Native(&'static str, Rc<[Thunk]>),
    /// `lib`, `types`, `builtins`.
    Room(Room),
    Type(Rc<TypeValue>),
    Rename(Rc<Rename>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Lib,
    Types,
    Ints,
    Numbers,
    Strings,
    Builtins,
}

/// `mkRenamedOptionModule` and its like: options that are something else now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rename {
    pub(super) from: Vec<SmolStr>,
    pub(super) to: Option<Vec<SmolStr>>,
    pub(super) removed: bool,
    pub(super) message: Option<SmolStr>,
    /// Is it another name that stays?
    pub(super) alias: bool,
}

/// A type before it is asked what it is made of.
pub(super) enum TypeValue {
    Plain(Type),
    /// One with others inside.
    Of(Wrap, Vec<Thunk>),
    /// One that has another name.
    Called(SmolStr, Rc<TypeValue>),
    /// One that names itself, of sets of these.
    NamedSet(SmolStr, Thunk),
    /// Its members.
    Enum(Thunk),
    /// Its modules: a list of them.
    Submodule(Thunk),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    NullOr,
    ListOf,
    NonEmptyListOf,
    AttrsOf,
    LazyAttrsOf,
    Either,
    OneOf,
    CoercedTo,
    Function,
    Unique,
    /// The same with another check.
    Same,
}

/// A set, as far as its names are known.
#[derive(Clone, Default)]
pub(super) struct Set {
    pub(super) entries: BTreeMap<SmolStr, Entry>,
    /// May it have others?
    pub(super) open: bool,
    /// May what it is updated with have replaced some?
    pub(super) unsure: bool,
    /// What has the names that it has not: `lib // { … }`.
    pub(super) base: Option<Room>,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: Thunk,
    /// Where the name is written: the file and the range.
    pub(super) key: Option<(u32, TextRange)>,
}

impl Set {
    pub(super) fn of(entries: impl IntoIterator<Item = (SmolStr, Thunk)>) -> Value {
        let entry = |(name, value)| (name, Entry { value, key: None });
        Value::Set(Rc::new(Self {
            entries: Self::gathered(entries.into_iter().map(entry)),
            ..Self::default()
        }))
    }

    /// Entries by name. They go in one by one, because `collect` would sort them, with
    /// code of its own for every iterator, which the module for browsers has to hold.
    pub(super) fn gathered(
        all: impl IntoIterator<Item = (SmolStr, Entry)>,
    ) -> BTreeMap<SmolStr, Entry> {
        let mut entries = BTreeMap::new();
        entries.extend(all);
        entries
    }

    pub(super) fn get(&self, name: &str) -> Option<&Thunk> {
        self.entries.get(name).map(|entry| &entry.value)
    }
}

/// A value that is found out when somebody asks.
#[derive(Clone)]
pub(super) struct Thunk(pub(super) Rc<Inner>);

pub(super) struct Inner {
    pub(super) state: RefCell<State>,
    /// What is written: the file and the expression.
    pub(super) code: Option<(u32, SyntaxNode)>,
}

pub(super) enum State {
    Code(Scope),
    Call(Value, Vec<Thunk>),
    Select(Thunk, SmolStr),
    /// What several bindings of one name say.
    Merge(Thunk, Thunk),
    Busy,
    Done(Value),
}

impl Thunk {
    pub(super) fn done(value: Value) -> Self {
        Self::new(State::Done(value), None)
    }

    pub(super) fn new(state: State, code: Option<(u32, SyntaxNode)>) -> Self {
        Self(Rc::new(Inner {
            state: RefCell::new(state),
            code,
        }))
    }

    pub(super) fn code(node: &SyntaxNode, scope: &Scope) -> Self {
        let code = Some((scope.file, node.clone()));
        Self::new(State::Code(scope.clone()), code)
    }

    pub(super) fn call(function: Value, arguments: Vec<Thunk>) -> Self {
        Self::new(State::Call(function, arguments), None)
    }
}

/// The names that an expression sees.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub(super) frame: Option<Rc<Frame>>,
    pub(super) file: u32,
}

pub(super) struct Frame {
    pub(super) names: Names,
    pub(super) parent: Option<Rc<Frame>>,
}

pub(super) enum Names {
    Known(RefCell<FxHashMap<SmolStr, Thunk>>),
    With(Thunk),
}

impl Scope {
    pub(super) fn push(&self, names: Names) -> Self {
        Self {
            frame: Some(Rc::new(Frame {
                names,
                parent: self.frame.clone(),
            })),
            file: self.file,
        }
    }

    pub(super) fn bind(&self, name: SmolStr, value: Thunk) {
        if let Some(frame) = &self.frame
            && let Names::Known(names) = &frame.names
        {
            names.borrow_mut().insert(name, value);
        }
    }
}

impl Value {
    pub(super) const fn unknown() -> Self {
        Self::Opaque(SmolStr::new_static(""))
    }

    pub(super) fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque(_) | Self::Never)
    }

    pub(super) fn plain(ty: Type) -> Self {
        Self::Type(Rc::new(TypeValue::Plain(ty)))
    }

    pub(super) fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Self::List(items.into_iter().map(Thunk::done).collect())
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}
