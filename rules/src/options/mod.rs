//! Options: what modules declare, and what may be set.
//!
//! Declarations are read without evaluation: [`read`] interprets what decides on
//! them, as far as the text alone tells.

mod declare;
mod interpret;
mod library;
mod stored;
mod types;
mod value;

pub use declare::{Declarations, Library, declarations_at, is_candidate, library};
pub use interpret::{Data, Limits, NoSources, Sources};
pub use stored::Stored;
pub use types::{Fit, Known, Meeting, Text, Type};

use crate::module::{Class, Literal};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Options below one place: those of a configuration, or of a submodule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptionSet {
    /// What lies here, by name.
    pub entries: BTreeMap<SmolStr, OptionEntry>,
    /// May there be names that could not be read?
    pub open: bool,
    /// The type of what is not declared.
    pub freeform: Option<Type>,
}

/// What lies at a name: an option, others below it, or both as far as anybody
/// can tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptionEntry {
    /// The declarations of the option.
    pub declared: Vec<Arc<Declared>>,
    /// The options below.
    pub below: OptionSet,
}

/// The declaration of an option.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Option<DefaultValue>,
    /// Its description, as it is written.
    pub description: Option<SmolStr>,
    /// What else it says.
    pub says: Says,
    /// Where it stands.
    pub place: Option<DeclaredAt>,
    /// Set when the name is one of the past.
    pub renamed: Option<Renamed>,
}

/// What else a declaration says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Says {
    /// It may be set only once.
    pub read_only: bool,
    /// It is for the modules themselves.
    pub internal: bool,
    /// It is not shown in manuals.
    pub hidden: bool,
    /// A function makes the value of what is set.
    pub apply: bool,
    /// It has a type.
    pub ty: bool,
    /// It has a default.
    pub default: bool,
    /// It has a description.
    pub description: bool,
    /// It has an example.
    pub example: bool,
    /// It comes from something that could not be read: what it says is not all.
    pub partly: bool,
    /// A condition decides whether it is declared.
    pub maybe: bool,
}

/// What a description says makes no difference to any module: while one types it,
/// nothing has to be linked again.
impl PartialEq for Declared {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            ty,
            default,
            description: _,
            says,
            place: _,
            renamed,
        } = self;
        (ty, default, says, renamed) == (&other.ty, &other.default, &other.says, &other.renamed)
    }
}

impl Declared {
    /// Do two declarations of one option both say something that only one may?
    pub fn clashes(&self, other: &Self) -> bool {
        let (a, b) = (self.says, other.says);
        let certain = !a.partly && !b.partly && !a.maybe && !b.maybe;
        certain
            && (a.default && b.default
                || a.description && b.description
                || a.example && b.example
                || a.apply && b.apply
                || a.ty && b.ty && self.ty.unites(&other.ty) == Fit::No)
    }
}

/// The default of an option.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultValue {
    /// Its value, if that is a literal.
    pub literal: Option<Literal>,
    /// Its text, or what `defaultText` says.
    pub text: SmolStr,
}

/// Where a declaration stands.
#[derive(Debug, Clone)]
pub struct DeclaredAt {
    /// The file, relative to the root of its library.
    pub file: Arc<str>,
    /// The start of the name there, in bytes.
    pub start: u32,
    /// Its end.
    pub end: u32,
}

/// What an option is now, when its name is one of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// What it is called now, as far as that is known.
    pub to: Option<Vec<SmolStr>>,
    /// Is it gone?
    pub removed: bool,
    /// What there is to say about it.
    pub message: Option<SmolStr>,
    /// Is the old name as good as the new one?
    pub alias: bool,
}

/// What a path of names leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'o> {
    /// An option, or something inside of one.
    Value {
        /// Its declarations; empty for what only a free form allows.
        declared: &'o [Arc<Declared>],
        /// How many names lead to the option itself.
        len: usize,
        /// The type of what lies at the whole path.
        ty: &'o Type,
    },
    /// Options further down.
    Namespace(&'o OptionSet),
    /// Nothing: no option has the name at this position of the path, among these.
    Missing(usize, &'o OptionSet),
    /// A value that has no attributes at this position of the path.
    NoSet {
        /// Its declarations.
        declared: &'o [Arc<Declared>],
        /// How many names lead to it.
        len: usize,
        /// Its type.
        ty: &'o Type,
    },
    /// That cannot be told.
    Unknown,
}

/// The options of a library, as they are kept between runs.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedLibrary {
    /// What it is called: `home-manager`.
    pub name: SmolStr,
    /// The module system that its options belong to.
    pub class: Class,
    /// Where its options begin: Nixvim's below `programs.nixvim` of a home.
    pub below: Vec<SmolStr>,
    /// Where it lies, as the door that read it calls the place.
    pub folder: SmolStr,
    /// The options.
    pub options: OptionSet,
}

/// A placeholder for any name, in paths that people read.
pub const ANY_NAME: &str = "<name>";

impl OptionSet {
    /// What a path leads to. `None` as a name is one that is computed.
    pub fn find<'o>(&'o self, path: &[Option<&str>]) -> Found<'o> {
        let mut set = self;
        let mut at = 0;
        while let Some(name) = path.get(at) {
            let Some(name) = name else {
                return Found::Unknown;
            };
            let Some(entry) = set.entries.get(*name) else {
                // What is not declared goes to the free form of the whole.
                return match &self.freeform {
                    Some(ty) => match inside(ty, &[], 0, path) {
                        Found::Value { ty, .. } => Found::Value {
                            declared: &[],
                            len: path.len(),
                            ty,
                        },
                        _ => Found::Unknown,
                    },
                    None if set.open => Found::Unknown,
                    None => Found::Missing(at, set),
                };
            };
            at += 1;
            if let Some(declared) = entry.declared.first() {
                let [_] = entry.declared.as_slice() else {
                    return several(entry, path, at);
                };
                if entry.below.open || !entry.below.entries.is_empty() {
                    return Found::Unknown;
                }
                return inside(&declared.ty, &entry.declared, at, &path[at..]);
            }
            set = &entry.below;
        }
        Found::Namespace(set)
    }

    /// The option that a path leads to or into: how many names lead to it, and what
    /// declares it.
    pub fn option(&self, path: &[Option<&str>]) -> Option<(usize, &[Arc<Declared>])> {
        let mut set = self;
        for (at, name) in path.iter().enumerate() {
            let entry = set.entries.get((*name)?)?;
            if !entry.declared.is_empty() {
                return Some((at + 1, &entry.declared));
            }
            set = &entry.below;
        }
        None
    }

    /// Adds what another set declares.
    pub fn absorb(&mut self, other: &Self) {
        self.open |= other.open;
        if self.freeform.is_none() {
            self.freeform.clone_from(&other.freeform);
        }
        for (name, entry) in &other.entries {
            match self.entries.get_mut(name) {
                Some(known) => {
                    known.declared.extend(entry.declared.iter().cloned());
                    known.below.absorb(&entry.below);
                }
                None => {
                    self.entries.insert(name.clone(), entry.clone());
                }
            }
        }
    }

    /// Is there an option of which no type is known?
    pub(crate) fn has_unknown_types(&self) -> bool {
        let mut found = false;
        self.each_own(&mut |_, declared| {
            found |= matches!(declared.ty, Type::Unknown) && declared.renamed.is_none();
        });
        found
    }

    /// Adds a declaration.
    pub fn declare(&mut self, path: &[SmolStr], declared: Arc<Declared>) {
        if let Some(entry) = self.entry(path) {
            entry.declared.push(declared);
        }
    }

    /// The entry at a path, made on the way.
    fn entry(&mut self, path: &[SmolStr]) -> Option<&mut OptionEntry> {
        let (first, rest) = path.split_first()?;
        let entry = self.entries.entry(first.clone()).or_default();
        match rest.is_empty() {
            true => Some(entry),
            false => entry.below.entry(rest),
        }
    }

    /// Calls `visit` with every option and its path, but not with those of
    /// submodules.
    pub fn each_own(&self, visit: &mut dyn FnMut(&[SmolStr], &Arc<Declared>)) {
        self.each_own_below(&mut Vec::new(), visit);
    }

    fn each_own_below(
        &self,
        path: &mut Vec<SmolStr>,
        visit: &mut dyn FnMut(&[SmolStr], &Arc<Declared>),
    ) {
        for (name, entry) in &self.entries {
            path.push(name.clone());
            entry
                .declared
                .iter()
                .for_each(|declared| visit(path, declared));
            entry.below.each_own_below(path, visit);
            path.pop();
        }
    }

    /// Calls `visit` with every option and its path, those of submodules too, with
    /// placeholders for names that the user chooses.
    pub fn each(&self, visit: &mut dyn FnMut(&[SmolStr], &Arc<Declared>)) {
        self.each_below(&mut Vec::new(), 0, visit);
    }

    fn each_below(
        &self,
        path: &mut Vec<SmolStr>,
        depth: u32,
        visit: &mut dyn FnMut(&[SmolStr], &Arc<Declared>),
    ) {
        for (name, entry) in &self.entries {
            path.push(name.clone());
            for declared in &entry.declared {
                visit(path, declared);
                let start = path.len();
                if let Some(set) = suboptions(&declared.ty, path)
                    && depth < 8
                {
                    set.each_below(path, depth + 1, visit);
                }
                path.truncate(start);
            }
            entry.below.each_below(path, depth, visit);
            path.pop();
        }
    }
}

/// An option that is declared several times: the types are united, which only
/// submodules and equal types can be.
fn several<'o>(entry: &'o OptionEntry, path: &[Option<&str>], at: usize) -> Found<'o> {
    let mut types = entry.declared.iter().filter(|declared| declared.says.ty);
    match (types.next(), types.next()) {
        (Some(only), None) => inside(&only.ty, &entry.declared, at, &path[at..]),
        (Some(first), Some(second)) if first.ty == second.ty && entry.declared.len() == 2 => {
            inside(&first.ty, &entry.declared, at, &path[at..])
        }
        _ => Found::Unknown,
    }
}

/// What lies at `rest` in a value of a type.
fn inside<'o>(
    ty: &'o Type,
    declared: &'o [Arc<Declared>],
    len: usize,
    rest: &[Option<&str>],
) -> Found<'o> {
    let [first, others @ ..] = rest else {
        return Found::Value { declared, len, ty };
    };
    match ty {
        Type::NullOr(inner) | Type::Unique(inner) | Type::Called(_, inner) => {
            inside(inner, declared, len, rest)
        }
        // The name that is chosen leads there, too.
        Type::AttrsOf { element, .. } => match inside(element, declared, len, others) {
            Found::Value {
                declared,
                len: inner,
                ty,
            } => Found::Value {
                declared,
                len: inner + usize::from(inner > len),
                ty,
            },
            Found::NoSet {
                declared,
                len: inner,
                ty,
            } => Found::NoSet {
                declared,
                len: inner + 1,
                ty,
            },
            Found::Missing(at, set) => Found::Missing(at + 1, set),
            other => other,
        },
        Type::Submodule(set) => match set.find(rest) {
            Found::Value {
                declared: own,
                len: inner,
                ty,
            } => match own.is_empty() {
                true => Found::Value { declared, len, ty },
                false => Found::Value {
                    declared: own,
                    len: len + inner,
                    ty,
                },
            },
            Found::NoSet {
                declared,
                len: inner,
                ty,
            } => Found::NoSet {
                declared,
                len: len + inner,
                ty,
            },
            Found::Missing(at, set) => {
                let known = first.is_some_and(|name| name.starts_with('_'));
                if known {
                    Found::Unknown
                } else {
                    Found::Missing(len + at, set)
                }
            }
            Found::Namespace(set) => Found::Namespace(set),
            Found::Unknown => Found::Unknown,
        },
        Type::Bool
        | Type::BoolByOr
        | Type::Int { .. }
        | Type::Float
        | Type::Number(_)
        | Type::Text(_)
        | Type::Joined(_)
        | Type::ListOf(_)
        | Type::NonEmptyListOf(_) => Found::NoSet { declared, len, ty },
        _ => Found::Unknown,
    }
}

/// The options inside of values of a type; `path` gets the placeholders on the way.
fn suboptions<'t>(ty: &'t Type, path: &mut Vec<SmolStr>) -> Option<&'t OptionSet> {
    match ty {
        Type::Submodule(set) => Some(set),
        Type::NullOr(inner) | Type::Unique(inner) | Type::Called(_, inner) => {
            suboptions(inner, path)
        }
        Type::AttrsOf { element, .. } | Type::NamedSet(_, element) => {
            path.push(ANY_NAME.into());
            suboptions(element, path)
        }
        Type::ListOf(element) | Type::NonEmptyListOf(element) => {
            path.push("*".into());
            suboptions(element, path)
        }
        Type::Either(left, right) => match suboptions(left, path) {
            Some(found) => Some(found),
            None => suboptions(right, path),
        },
        Type::CoercedTo(_, to) => suboptions(to, path),
        Type::Function(to) => {
            path.push("<function body>".into());
            suboptions(to, path)
        }
        _ => None,
    }
}
