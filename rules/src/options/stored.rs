//! Options as they are kept between runs: flat, and what is equal only once.
//! Submodules share much of what is in them, and nest; whoever reads this back
//! neither repeats nor recurses.

use super::types::{Text, Type};
use super::{Declared, DeclaredAt, DefaultValue, OptionEntry, OptionSet, Renamed, Says};
use crate::module::Literal;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::hash::Hash;
use std::sync::Arc;

/// A set of options and all that it is made of; what stands earlier is part of what
/// stands later, and the last set is the whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    texts: Vec<SmolStr>,
    literals: Vec<Literal>,
    types: Vec<StoredType>,
    declared: Vec<StoredDeclared>,
    sets: Vec<StoredSet>,
}

type At = u32;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum StoredType {
    Unknown,
    Bool,
    BoolByOr,
    Int(At, Option<i64>, Option<i64>),
    Float,
    Number(At),
    Text(Text),
    Joined(At),
    Path,
    SomePath,
    Package,
    Enum(Option<Vec<At>>),
    NullOr(At),
    ListOf(At),
    NonEmptyListOf(At),
    AttrsOf(At, bool),
    Attrs,
    Anything,
    Unspecified,
    Raw,
    Submodule(At),
    DeferredModule,
    Either(At, At),
    CoercedTo(At, At),
    Function(At),
    Unique(At),
    Tagged,
    Named(At),
    NamedSet(At, At),
    Called(At, At),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredDeclared {
    ty: At,
    default: Option<(Option<At>, At)>,
    description: Option<At>,
    says: Says,
    place: Option<(At, u32, u32)>,
    renamed: Option<StoredRenamed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredRenamed {
    to: Option<Vec<At>>,
    removed: bool,
    message: Option<At>,
    alias: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredSet {
    /// The name, the declarations, and the set of what is below.
    entries: Vec<(At, Vec<At>, Option<At>)>,
    open: bool,
    freeform: Option<At>,
}

/// Gives equal things the same number.
struct Table<T> {
    items: Vec<T>,
    known: FxHashMap<T, At>,
}

impl<T: Clone + Eq + Hash> Table<T> {
    fn new() -> Self {
        Self {
            items: Vec::new(),
            known: FxHashMap::default(),
        }
    }

    fn add(&mut self, item: T) -> At {
        let next = self.items.len() as At;
        let at = *self.known.entry(item.clone()).or_insert(next);
        if at == next {
            self.items.push(item);
        }
        at
    }
}

struct Writer {
    texts: Table<SmolStr>,
    /// With what tells them apart.
    literals: Table<(u8, SmolStr)>,
    literal_values: Vec<Literal>,
    types: Table<StoredType>,
    declared: Table<StoredDeclared>,
    sets: Table<StoredSet>,
    /// Submodules that were written.
    seen: FxHashMap<*const OptionSet, At>,
}

impl Stored {
    /// A set in the form in which it is kept.
    pub fn of(options: &OptionSet) -> Self {
        let mut writer = Writer {
            texts: Table::new(),
            literals: Table::new(),
            literal_values: Vec::new(),
            types: Table::new(),
            declared: Table::new(),
            sets: Table::new(),
            seen: FxHashMap::default(),
        };
        let whole = writer.set(options);
        let mut sets = writer.sets.items;
        // The whole is the last, even when a part is equal to it.
        if whole as usize + 1 != sets.len() {
            sets.push(sets[whole as usize].clone());
        }
        Self {
            texts: writer.texts.items,
            literals: writer.literal_values,
            types: writer.types.items,
            declared: writer.declared.items,
            sets,
        }
    }

    /// The set; `None` when this was not made by [`Stored::of`].
    pub fn restore(self) -> Option<OptionSet> {
        // Types, declarations and sets are parts of each other: each is made when
        // somebody asks, from parts that have smaller numbers of their kind.
        let mut reader = Reader {
            types: vec![None; self.types.len()],
            declared: vec![None; self.declared.len()],
            sets: vec![None; self.sets.len()],
            stored: &self,
            depth: 0,
        };
        let last = self.sets.len().checked_sub(1)?;
        let whole = reader.set(last as At)?;
        Some(OptionSet::clone(&whole))
    }
}

impl Writer {
    fn text(&mut self, text: &str) -> At {
        self.texts.add(text.into())
    }

    fn literal(&mut self, literal: &Literal) -> At {
        let key = match literal {
            Literal::Bool(value) => (0, value.to_string().into()),
            Literal::Integer(number) => (1, number.to_string().into()),
            Literal::Float(number) => (2, number.clone()),
            Literal::String(text) => (3, text.clone()),
            Literal::Null => (4, SmolStr::default()),
        };
        let at = self.literals.add(key);
        if at as usize == self.literal_values.len() {
            self.literal_values.push(literal.clone());
        }
        at
    }

    fn ty(&mut self, ty: &Type) -> At {
        let stored = match ty {
            Type::Unknown => StoredType::Unknown,
            Type::Bool => StoredType::Bool,
            Type::BoolByOr => StoredType::BoolByOr,
            Type::Int {
                name,
                least,
                greatest,
            } => StoredType::Int(self.text(name), *least, *greatest),
            Type::Float => StoredType::Float,
            Type::Number(name) => StoredType::Number(self.text(name)),
            Type::Text(text) => StoredType::Text(text.clone()),
            Type::Joined(separator) => StoredType::Joined(self.text(separator)),
            Type::Path => StoredType::Path,
            Type::SomePath => StoredType::SomePath,
            Type::Package => StoredType::Package,
            Type::Enum(members) => StoredType::Enum(
                members
                    .as_ref()
                    .map(|members| members.iter().map(|member| self.literal(member)).collect()),
            ),
            Type::NullOr(inner) => StoredType::NullOr(self.ty(inner)),
            Type::ListOf(inner) => StoredType::ListOf(self.ty(inner)),
            Type::NonEmptyListOf(inner) => StoredType::NonEmptyListOf(self.ty(inner)),
            Type::AttrsOf { element, lazy } => StoredType::AttrsOf(self.ty(element), *lazy),
            Type::Attrs => StoredType::Attrs,
            Type::Anything => StoredType::Anything,
            Type::Unspecified => StoredType::Unspecified,
            Type::Raw => StoredType::Raw,
            Type::Submodule(set) => {
                let key = Arc::as_ptr(set);
                let at = match self.seen.get(&key) {
                    Some(at) => *at,
                    None => {
                        let at = self.set(set);
                        self.seen.insert(key, at);
                        at
                    }
                };
                StoredType::Submodule(at)
            }
            Type::DeferredModule => StoredType::DeferredModule,
            Type::Either(a, b) => StoredType::Either(self.ty(a), self.ty(b)),
            Type::CoercedTo(a, b) => StoredType::CoercedTo(self.ty(a), self.ty(b)),
            Type::Function(inner) => StoredType::Function(self.ty(inner)),
            Type::Unique(inner) => StoredType::Unique(self.ty(inner)),
            Type::Tagged => StoredType::Tagged,
            Type::Named(name) => StoredType::Named(self.text(name)),
            Type::NamedSet(name, inner) => StoredType::NamedSet(self.text(name), self.ty(inner)),
            Type::Called(name, inner) => StoredType::Called(self.text(name), self.ty(inner)),
        };
        self.types.add(stored)
    }

    fn declared(&mut self, declared: &Declared) -> At {
        let ty = self.ty(&declared.ty);
        let default = declared.default.as_ref().map(|default| {
            let literal = default
                .literal
                .as_ref()
                .map(|literal| self.literal(literal));
            (literal, self.text(&default.text))
        });
        let description = declared.description.as_ref().map(|text| self.text(text));
        let place = declared.place.as_ref();
        let place = place.map(|place| (self.text(&place.file), place.start, place.end));
        let renamed = declared.renamed.as_ref().map(|renamed| {
            let to = renamed.to.as_ref();
            let to = to.map(|to| to.iter().map(|name| self.text(name)).collect());
            let message = renamed.message.as_ref().map(|text| self.text(text));
            let (removed, alias) = (renamed.removed, renamed.alias);
            StoredRenamed {
                to,
                removed,
                message,
                alias,
            }
        });
        self.declared.add(StoredDeclared {
            ty,
            default,
            description,
            says: declared.says,
            place,
            renamed,
        })
    }

    fn set(&mut self, set: &OptionSet) -> At {
        let mut entries = Vec::with_capacity(set.entries.len());
        for (name, entry) in &set.entries {
            let name = self.text(name);
            let declared = entry.declared.iter().map(|it| self.declared(it)).collect();
            let below = (entry.below != OptionSet::default()).then(|| self.set(&entry.below));
            entries.push((name, declared, below));
        }
        let freeform = set.freeform.as_ref().map(|ty| self.ty(ty));
        self.sets.add(StoredSet {
            entries,
            open: set.open,
            freeform,
        })
    }
}

/// What nests deeper was not made by anybody who declares options.
const DEEPEST: u32 = 400;

struct Reader<'s> {
    stored: &'s Stored,
    types: Vec<Option<Arc<Type>>>,
    declared: Vec<Option<Arc<Declared>>>,
    sets: Vec<Option<Arc<OptionSet>>>,
    depth: u32,
}

impl Reader<'_> {
    fn text(&self, at: At) -> Option<SmolStr> {
        self.stored.texts.get(at as usize).cloned()
    }

    fn ty(&mut self, at: At) -> Option<Arc<Type>> {
        if let Some(known) = self.types.get(at as usize)? {
            return Some(known.clone());
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let ty = match self.stored.types.get(at as usize)? {
            StoredType::Unknown => Type::Unknown,
            StoredType::Bool => Type::Bool,
            StoredType::BoolByOr => Type::BoolByOr,
            StoredType::Int(name, least, greatest) => Type::Int {
                name: self.text(*name)?,
                least: *least,
                greatest: *greatest,
            },
            StoredType::Float => Type::Float,
            StoredType::Number(name) => Type::Number(self.text(*name)?),
            StoredType::Text(text) => Type::Text(text.clone()),
            StoredType::Joined(separator) => Type::Joined(self.text(*separator)?),
            StoredType::Path => Type::Path,
            StoredType::SomePath => Type::SomePath,
            StoredType::Package => Type::Package,
            StoredType::Enum(None) => Type::Enum(None),
            StoredType::Enum(Some(members)) => {
                let literal = |at: &At| self.stored.literals.get(*at as usize).cloned();
                Type::Enum(Some(members.iter().map(literal).collect::<Option<_>>()?))
            }
            StoredType::NullOr(inner) => Type::NullOr(self.ty(*inner)?),
            StoredType::ListOf(inner) => Type::ListOf(self.ty(*inner)?),
            StoredType::NonEmptyListOf(inner) => Type::NonEmptyListOf(self.ty(*inner)?),
            StoredType::AttrsOf(inner, lazy) => Type::AttrsOf {
                element: self.ty(*inner)?,
                lazy: *lazy,
            },
            StoredType::Attrs => Type::Attrs,
            StoredType::Anything => Type::Anything,
            StoredType::Unspecified => Type::Unspecified,
            StoredType::Raw => Type::Raw,
            StoredType::Submodule(set) => Type::Submodule(self.set(*set)?),
            StoredType::DeferredModule => Type::DeferredModule,
            StoredType::Either(a, b) => Type::Either(self.ty(*a)?, self.ty(*b)?),
            StoredType::CoercedTo(a, b) => Type::CoercedTo(self.ty(*a)?, self.ty(*b)?),
            StoredType::Function(inner) => Type::Function(self.ty(*inner)?),
            StoredType::Unique(inner) => Type::Unique(self.ty(*inner)?),
            StoredType::Tagged => Type::Tagged,
            StoredType::Named(name) => Type::Named(self.text(*name)?),
            StoredType::NamedSet(name, inner) => {
                Type::NamedSet(self.text(*name)?, self.ty(*inner)?)
            }
            StoredType::Called(name, inner) => Type::Called(self.text(*name)?, self.ty(*inner)?),
        };
        self.depth -= 1;
        let ty = Arc::new(ty);
        self.types[at as usize] = Some(ty.clone());
        Some(ty)
    }

    fn declared(&mut self, at: At) -> Option<Arc<Declared>> {
        if let Some(known) = self.declared.get(at as usize)? {
            return Some(known.clone());
        }
        let stored = self.stored.declared.get(at as usize)?;
        let default = match stored.default {
            None => None,
            Some((literal, text)) => Some(DefaultValue {
                literal: match literal {
                    None => None,
                    Some(at) => Some(self.stored.literals.get(at as usize)?.clone()),
                },
                text: self.text(text)?,
            }),
        };
        let description = match stored.description {
            None => None,
            Some(at) => Some(self.text(at)?),
        };
        let place = match stored.place {
            None => None,
            Some((file, start, end)) => Some(DeclaredAt {
                file: self.text(file)?.as_str().into(),
                start,
                end,
            }),
        };
        let renamed = match &stored.renamed {
            None => None,
            Some(renamed) => Some(Renamed {
                to: match &renamed.to {
                    None => None,
                    Some(to) => Some(to.iter().map(|at| self.text(*at)).collect::<Option<_>>()?),
                },
                removed: renamed.removed,
                message: match renamed.message {
                    None => None,
                    Some(at) => Some(self.text(at)?),
                },
                alias: renamed.alias,
            }),
        };
        let (ty, says) = (stored.ty, stored.says);
        let declared = Arc::new(Declared {
            ty: Type::clone(&*self.ty(ty)?),
            default,
            description,
            says,
            place,
            renamed,
        });
        self.declared[at as usize] = Some(declared.clone());
        Some(declared)
    }

    fn set(&mut self, at: At) -> Option<Arc<OptionSet>> {
        if let Some(known) = self.sets.get(at as usize)? {
            return Some(known.clone());
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let stored = self.stored.sets.get(at as usize)?;
        let mut set = OptionSet {
            open: stored.open,
            ..OptionSet::default()
        };
        for (name, declared, below) in &stored.entries {
            let declared = declared
                .iter()
                .map(|at| self.declared(*at))
                .collect::<Option<_>>()?;
            let below = match below {
                None => OptionSet::default(),
                Some(at) => OptionSet::clone(&*self.set(*at)?),
            };
            set.entries
                .insert(self.text(*name)?, OptionEntry { declared, below });
        }
        if let Some(at) = stored.freeform {
            set.freeform = Some(Type::clone(&*self.ty(at)?));
        }
        self.depth -= 1;
        let set = Arc::new(set);
        self.sets[at as usize] = Some(set.clone());
        Some(set)
    }
}
